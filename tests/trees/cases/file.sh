# packages: file
printf '#!/bin/sh\n' > a; printf '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x02\0\0\0' > b; gzip -nc a > c; printf 'int main(void) { return 0; }\n#include <stdio.h>\n' > d
printf '%%PDF-1.4\n' > e; mkdir f; ln -s a g; file -b a b c d e f g; file -i a b c d e f g; file /dev/null; file --version | head -1
