# packages: vim
seq 1000 > f; vim -u NONE -es f -c '%s/\(.\)\1/<\1>/ge' -c 'g/5$/d' -c 'normal ggdd' -c 'sort! n' -c wq < /dev/null; md5sum f; wc -l f
vim -u NONE -es -c 'let x = map(range(5), "v:val * v:val")' -c 'call writefile([string(x), strftime("%Y", 0), printf("%.3f", 10 / 3.0)], "o")' -c qa! < /dev/null; cat o; vim --version | head -1 | cut -d' ' -f1-5
