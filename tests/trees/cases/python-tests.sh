# packages: libpython3.11-testsuite|libpython3.13-testsuite
# limit: 900
# CPython's own regression tests: the results are the amd64 build's. Debian 12 packages no test_sqlite3.
for t in int float math cmath struct json re os posix signal subprocess threading thread multiprocessing_fork multiprocessing_spawn select socket ssl sqlite3 asyncio mmap time io hashlib zlib faulthandler ctypes; do
    python3 -W ignore -m test test_$t > log 2>&1 < /dev/null; echo $t $?
    grep -E '^(FAIL|ERROR): ' log | sort -u
done
