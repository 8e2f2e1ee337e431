/* Children that all do the same, one after the other, with marks on standard error around it: with
 * -d in_asm the log shows how much each had to translate. */
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned mix(unsigned n)
{
    unsigned x = 1;
    for (unsigned i = 0; i < 3; i++)
        x = x * 7 + n + i;
    return x & 63;
}

int main(void)
{
    int st, sum = 0;
    for (unsigned i = 0; i < 8; i++) {
        write(2, "mark\n", 5);
        pid_t p = fork();
        if (p == 0)
            _exit((int)mix(3));
        waitpid(p, &st, 0);
        sum += WEXITSTATUS(st) == (int)mix(3);
    }
    write(2, "mark\n", 5);
    return sum == 8 ? 0 : 1;
}
