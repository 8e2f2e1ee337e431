/* Prints its arguments and the variable MARK. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        printf("%s ", argv[i]);
    printf("%s\n", getenv("MARK") ? getenv("MARK") : "-");
    return 0;
}
