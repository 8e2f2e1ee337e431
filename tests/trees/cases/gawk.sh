# packages: gawk
gawk 'BEGIN { for (i = 1; i <= 5; i++) s += sqrt(i) * exp(-i) + sin(i) * cos(i) + atan2(i, 3) + log(i); printf "%.15g\n", s; print 2^53, 1e300 * 1e10, int(-3.7), -7 % 3, substr("hello", 2, 3), length("größe"), strtonum("0x1f"), toupper("abc") }'
seq 100000 | gawk '{ a[$1 % 97] += $1 } END { n = asorti(a, k, "@ind_num_asc"); for (i = 1; i <= n; i += 20) print k[i], a[k[i]] }'
echo 'a:b:c' | gawk -F: -v OFS=- '{ $2 = "x"; print; print NF }'; gawk 'BEGIN { printf "%d %5.3f %e %g %c %s|%-5s|\n", 42.9, 3.14159, 12345.678, 1e-5, 65, "s", "l" }'
gawk 'BEGIN { while (("seq 3" | getline x) > 0) print "got", x; "date -u -d @0 +%Y" | getline y; print y; print strftime("%F", 86400, 1); print gensub(/(a+)/, "<\\1>", "g", "baab") }'
gawk -M 'BEGIN { print 2^200 }' 2>&1; gawk 'BEGIN { srand(1); x = rand(); print (x >= 0 && x < 1), xor(5, 3), lshift(1, 40) }'
