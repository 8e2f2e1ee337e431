# packages: grep
# PCRE2's JIT makes code at run time.
seq 1 100000 > n
grep -c '7.*3' n; grep -E '^(12|34)+$' n; grep -P '^(?=.*7)(?!.*3)\d{5}$' n | md5sum
grep -oP '(?<=9)9(?=8)' n | wc -l; grep -P '(\d)\1\1\1' n | tail -3; grep -w -F -e 77 -e 88 n
printf 'Größe\nGRÖSSE\n' | grep -iP 'größe'; grep -rn 5555 n | head -2; grep -q zzz n; echo $?
grep -P '^(.+)\1$' n | wc -l; printf 'a\0b\n' | grep -c b; grep -A1 -B1 -n '^500$' n
