# packages: cmake ninja-build g++ make
# limit: 180
cat > CMakeLists.txt <<'X'
cmake_minimum_required(VERSION 3.20)
project(t C CXX)
include(CheckTypeSize)
check_type_size(long LONG)
message(STATUS "long ${LONG}")
add_library(a SHARED a.c)
add_executable(t m.cc)
target_link_libraries(t a)
enable_testing()
add_test(NAME run COMMAND t)
X
echo 'int a(void) { return 42; }' > a.c; printf '#include <cstdio>\nextern "C" int a(void);\nint main() { std::printf("%%d\\n", a()); return a() - 42; }\n' > m.cc
for g in Ninja 'Unix Makefiles'; do cmake -G "$g" -B "b-$g" . > log; grep -e '-- long' log; cmake --build "b-$g" -j 2 > log2 2>&1; echo $?; "b-$g/t"; ctest --test-dir "b-$g" | grep 'tests passed'; done
