# packages: tmux
tmux -L t -f /dev/null new-session -d -x 80 -y 24 'PS1="$ " sh'; sleep 2; tmux -L t send-keys 'echo $((6 * 7)) $TERM; stty size; tty | cut -c1-8; printf "a\tb\n"' Enter
for i in 1 2 3 4 5 6 7 8 9; do sleep 1; tmux -L t capture-pane -p > o; grep -q '^42' o && grep -q '^a ' o && break; done
grep -v '^\$\|^$' o | grep -v 'echo \$'; tmux -L t split-window -h; tmux -L t list-panes | wc -l; tmux -L t resize-window -x 100 -y 30; tmux -L t display -p '#{window_width}'; tmux -L t kill-server; tmux -V
