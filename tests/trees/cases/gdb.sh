# packages: gdb
gdb --version | head -1; gdb -batch -ex 'print 6 * 7' -ex 'python print(sum(range(10)))' -ex 'p/x 255' 2>&1
