# packages: dash
fib() { [ "$1" -lt 2 ] && { echo "$1"; return; }; echo $(( $(fib $(($1 - 1))) + $(fib $(($1 - 2))) )); }
fib 9
for i in 1 2 3; do echo $i; done | while read x; do echo "got $x"; done
(sleep 0.1; echo late) & echo early; wait
trap 'echo trapped' USR1; kill -USR1 $$; trap 'echo bye' EXIT
cat <<X | tr a-z A-Z
here ${undefined:-document} $((1 << 40)) $((-7 / 2)) $((-7 % 2))
X
sh -c 'exit 7'; echo $?
sh -c 'kill -SEGV $$'; echo $?
set -- a 'b c' d; for x in "$@"; do echo "<$x>"; done; echo ${#1} ${1##*/} "${2% *}"
