// C++ exceptions through several frames, destructors, iostream, containers, strings.
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

struct Guard {
    int id;
    explicit Guard(int i) : id(i) {}
    ~Guard() { std::cout << "~" << id << " "; }
};

static int level(int n)
{
    Guard g(n);
    if (n == 0)
        throw std::runtime_error("bottom");
    try {
        return level(n - 1);
    } catch (const std::logic_error &) {
        return -1;
    }
}

struct Base {
    virtual ~Base() = default;
    virtual double area() const = 0;
};
struct Square : Base {
    double s;
    explicit Square(double x) : s(x) {}
    double area() const override { return s * s; }
};
struct Circle : Base {
    double r;
    explicit Circle(double x) : r(x) {}
    double area() const override { return 3.14159265358979 * r * r; }
};

int main()
{
    for (int i = 0; i < 4; i++)
        try {
            level(i);
        } catch (const std::exception &e) {
            std::cout << e.what() << '\n';
        }
    try {
        std::vector<int>().at(3);
    } catch (const std::out_of_range &) {
        std::cout << "range\n";
    }
    std::map<std::string, int> words;
    std::istringstream in("the quick brown fox jumps over the lazy dog the end");
    for (std::string w; in >> w;)
        words[w]++;
    for (auto &[w, n] : words)
        std::cout << w << '=' << n << ' ';
    std::cout << '\n';
    std::vector<std::unique_ptr<Base>> shapes;
    for (int i = 1; i < 6; i++)
        if (i & 1)
            shapes.emplace_back(new Square(i * .5));
        else
            shapes.emplace_back(new Circle(i * .25));
    std::sort(shapes.begin(), shapes.end(), [](auto &a, auto &b) { return a->area() < b->area(); });
    for (auto &s : shapes)
        std::cout << std::fixed << std::setprecision(6) << s->area() << ' ';
    std::cout << std::hex << 255 << std::oct << 64 << '\n';
    return 0;
}
