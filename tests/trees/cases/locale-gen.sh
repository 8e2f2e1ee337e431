# packages: locales
# limit: 120
# The tree's own locale archive and library cache, made anew; both are as before at the end.
cp -a /etc/locale.gen gen; echo 'fr_FR.UTF-8 UTF-8' > /etc/locale.gen; locale-gen; echo $?; locale -a | grep fr; LC_ALL=fr_FR.UTF-8 date -u -d @0 +'%A %B'; cp -a gen /etc/locale.gen; rm -f /usr/lib/locale/locale-archive; locale -a | grep -c fr
cp -a /etc/ld.so.cache cache; rm /etc/ld.so.cache; ldconfig; echo $?; ldconfig -p | grep -c 'libc.so.6 '; ldconfig -v 2> /dev/null | grep -c '^	libc.so.6 '
mkdir l; cp -P /lib/*/libz.so.1* l; rm l/libz.so.1; ldconfig -n l; ls -l l | grep -c -e '->'; mv cache /etc/ld.so.cache
