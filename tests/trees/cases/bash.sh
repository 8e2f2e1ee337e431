# packages: bash
bash <<'X'
declare -A m=([one]=1 [two]=2 [three]=3); for k in $(printf '%s\n' "${!m[@]}" | sort); do echo "$k=${m[$k]}"; done
a=(5 3 9); echo "${a[@]: -2}" "${#a[@]}" "${a[*]/3/x}"
[[ "foo-123" =~ ^([a-z]+)-([0-9]+)$ ]] && echo "${BASH_REMATCH[@]:1}"
diff <(seq 1 5) <(seq 2 6); echo "status $?"
coproc cat; echo via coproc >&"${COPROC[1]}"; read -r line <&"${COPROC[0]}"; echo "$line"
printf '%5.2f|%-6s|%q|%x\n' 3.14159 ab 'a b' 255
f() { local i; for ((i = 0; i < 3; i++)); do echo $((i ** 5)); done; }; f
echo {a..e}{1..2} ${BASH_VERSINFO[0]}; mapfile -t lines < <(seq 3); echo "${lines[@]}"
set -o pipefail; false | true; echo "pipe $? ${PIPESTATUS[@]}"
shopt -s extglob; x=foobar; echo ${x//+(o)/0} ${x^^} ${x@Q}
jobs -p | wc -l; sleep 5 & kill %1; wait %1 2> /dev/null; echo $?
ulimit -n 77; ulimit -n; trap 'echo int' INT; kill -INT $$; sleep 0; echo ${SECONDS:+s} $BASHPID | cut -c1
X
