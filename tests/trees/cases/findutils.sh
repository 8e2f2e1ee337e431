# packages: findutils
mkdir -p a/b/c; touch a/1 a/b/2 a/b/c/3.txt; chmod 600 a/1
find a -name '*.txt' -o -type d | sort; find a -type f -printf '%f %m %d\n' | sort; find a -perm 600
find a -type f -print0 | sort -z | xargs -0 -n1 -P2 basename | sort; seq 2000 | xargs -n 100 echo | wc -l
find a -newer a/1 -type f | wc -l; find a -depth -delete; ls a 2>&1 | wc -l; find /usr/bin -name 'x*args'
