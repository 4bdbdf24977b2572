#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void say(const char *key, const char *format, ...) {
    char *value;
    va_list list;
    va_start(list, format);
    if (vasprintf(&value, format, list) < 0) abort();
    va_end(list);
    printf("%s\t", key);
    for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
        if (*c < 0x20 || *c == '\\' || *c == 0x7f) printf("\\%03o", *c);
        else putchar(*c);
    }
    putchar('\n');
    free(value);
}

const char *error_name(int error) {
    static char number[16];
    const char *name = strerrorname_np(error);
    if (name) return name;
    snprintf(number, sizeof number, "%d", error);
    return number;
}

int main(int argc, char **argv) {
    /* All of it or nothing: what a signal leaves does not depend on how much there was. */
    static char output[1 << 20];
    setvbuf(stdout, output, _IOFBF, sizeof output);
    if (argc >= 2 && !strcmp(argv[1], "view")) return view(argc - 2, argv + 2);
    if (argc == 3 && !strcmp(argv[1], "files")) return files(argv[2]);
    int status = argc >= 2 ? act(argv[1], argc - 2, argv + 2) : -1;
    if (status >= 0) return status;
    /* Started with other arguments on purpose: the view then shows them. */
    return view(0, NULL);
}
