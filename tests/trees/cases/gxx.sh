# packages: g++
# limit: 180
cat > m.cc <<'X'
#include <algorithm>
#include <future>
#include <iostream>
#include <map>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
struct D { int n; explicit D(int k) : n(k) {} ~D() { std::cout << "~" << n << ' '; } };
static int deep(int n) { D d(n); if (n == 0) throw std::runtime_error("bottom"); return deep(n - 1) + 1; }
int main() {
    std::map<std::string, int> m; for (int i = 0; i < 1000; i++) m[std::to_string(i % 37)] += i;
    for (auto &[k, v] : m) if (v % 5 == 0) std::cout << k << '=' << v << ' ';
    try { deep(3); } catch (const std::exception &e) { std::cout << e.what() << '\n'; }
    std::vector<std::future<long>> f; for (int t = 0; t < 4; t++) f.push_back(std::async(std::launch::async, [t] { long s = 0; for (int i = 0; i < 100000; i++) s += i * t; return s; }));
    long s = 0; for (auto &x : f) s += x.get(); std::cout << s << '\n';
    std::smatch r; std::string t = "key-42"; if (std::regex_match(t, r, std::regex("(\\w+)-(\\d+)"))) std::cout << r[1] << ' ' << r[2] << '\n';
    std::vector<double> v{3.5, 1.25, 2}; std::sort(v.begin(), v.end()); for (double d : v) std::cout << d << ' '; std::cout << std::stod("1e-3") << '\n';
}
X
for o in -O0 "-O2 -std=c++20" "-O2 -flto"; do g++ $o -pthread -o t m.cc && ./t; echo "$o $?"; done
