# packages: procps psmisc
# The process is the guest's: names and command lines are those of the program.
sleep 77 & p=$!
sleep 0.3
ps -o comm=,args= -p $p; pgrep -x sleep > found; grep -qx $p found && echo pgrep; cat /proc/$p/comm; tr '\0' ' ' < /proc/$p/cmdline; echo
ps -eo stat=,comm= | grep -c '[s]leep'; pidof sleep | wc -w; kill $p; wait $p 2> /dev/null; echo $?; pgrep -x sleep; uptime > /dev/null && free | head -1
cat /proc/self/comm; tr '\0' '|' < /proc/self/cmdline; echo; readlink /proc/self/exe; ps -o nlwp= -p $$; grep -c '^Threads:.1$' /proc/self/status; top -b -n 1 | head -1 | cut -c1-3; vmstat > /dev/null; echo $?
grep -o '\[stack\]\|\[heap\]' /proc/self/maps | sort; ls /proc/self/fd | wc -l; ls -l /proc/self/fd/0 | grep -c null; cut -d' ' -f2 /proc/self/stat; ls /proc/self/task | wc -l; sysctl kernel.ostype; pmap $$ > /dev/null; echo $?
