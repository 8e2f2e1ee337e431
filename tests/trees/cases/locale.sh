# packages: locales
mkdir l; localedef -i de_DE -f UTF-8 ./l/de_DE.UTF-8; echo $?; LOCPATH=$PWD/l LC_ALL=de_DE.UTF-8 date -u -d @0 +'%A %B'; printf 'z\nä\na\n' | LOCPATH=$PWD/l LC_ALL=de_DE.UTF-8 sort; ls l/de_DE.UTF-8; ldconfig -p | grep -c libc.so.6
