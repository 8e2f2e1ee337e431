/* Variable arguments of every class, by registers and by stack. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct Big {
    double d[5];
} Big;
typedef struct Hfa {
    float a, b, c;
} Hfa;

static double sum(const char *kinds, ...)
{
    va_list ap;
    double s = 0;
    va_start(ap, kinds);
    for (; *kinds; kinds++)
        switch (*kinds) {
        case 'i':
            s += va_arg(ap, int);
            break;
        case 'l':
            s += (double) va_arg(ap, long long);
            break;
        case 'd':
            s += va_arg(ap, double);
            break;
        case 'L':
            s += (double) va_arg(ap, long double);
            break;
        case 's':
            s += (double) strlen(va_arg(ap, char *));
            break;
        case 'B':
            s += va_arg(ap, Big).d[3];
            break;
        case 'H':
            s += va_arg(ap, Hfa).c;
            break;
        }
    va_end(ap);
    return s;
}

int main(void)
{
    Big b = {{1, 2, 3, 4, 5}};
    Hfa h = {1, 2, 3.5f};
    printf("%.6f\n", sum("iiiiiiiiii", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
    printf("%.6f\n", sum("dddddddddd", 1., 2., 3., 4., 5., 6., 7., 8., 9., 10.5));
    printf("%.6f\n", sum("ildLsBHildLsBH", 1, 2ll, 3., 4.L, "five", b, h, -1, -2ll, -3., -4.25L, "x",
                         b, h));
    char text[200];
    snprintf(text, sizeof(text), "%5d|%-8s|%+.3e|%08.3f|%lld|%x|%c|%Lf|%a", 42, "abc", 12345.678,
             -3.14159, -1234567890123ll, 0xbeef, 'z', 2.5L, 0.1);
    puts(text);
    int a = 0;
    double d = 0;
    long long l = 0;
    char w[20];
    int n = sscanf("17 -2.5e3 hello 99999999999", "%d %lf %19s %lld", &a, &d, w, &l);
    printf("%d %d %f %s %lld\n", n, a, d, w, l);
    return 0;
}
