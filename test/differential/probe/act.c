#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void announce(const char *text) {
    printf("%s\n", text);
    fflush(stdout);
}

static void on_term(int signal) {
    (void)signal;
    _exit(7);
}

static void on_resize(int signal) { (void)signal; }

/* Waits for ever; children are reaped, as pid 1 should. */
static _Noreturn void hold(void) {
    announce("holding");
    for (;;) {
        if (waitpid(-1, NULL, 0) < 0) pause();
    }
}

/* Copies stdin to stdout until the end of it. */
static int copy(void) {
    char bytes[65536];
    ssize_t got;
    announce("copying");
    while ((got = read(0, bytes, sizeof bytes)) > 0) {
        for (ssize_t done = 0; done < got;) {
            ssize_t put = write(1, bytes + done, got - done);
            if (put < 0) return 3;
            done += put;
        }
    }
    return got < 0 ? 2 : 0;
}

/* `count` bytes of a pattern to stdout, and as many to stderr when asked. */
static int flood(long count, int errors_too) {
    char bytes[4096];
    for (long done = 0; done < count; done += sizeof bytes) {
        for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = 'a' + (done / sizeof bytes + i) % 26;
        size_t part = count - done < (long)sizeof bytes ? (size_t)(count - done) : sizeof bytes;
        if (write(1, bytes, part) != (ssize_t)part) return 3;
        if (errors_too && write(2, bytes, part) != (ssize_t)part) return 3;
    }
    return 0;
}

/* Takes the lock of a file if it is free, and keeps it. */
static int lock(const char *path) {
    struct stat st = {0};
    int fd = open(path, O_RDONLY);
    int failed = fd < 0 || fstat(fd, &st) || flock(fd, LOCK_EX | LOCK_NB);
    printf("lock of %lu: %s\n", (unsigned long)st.st_ino, failed ? error_name(errno) : "taken");
    hold();
}

static void print_size(void) {
    struct winsize size = {0};
    if (ioctl(0, TIOCGWINSZ, &size)) printf("size %s\n", error_name(errno));
    else printf("size %ux%u\n", size.ws_col, size.ws_row);
    fflush(stdout);
}

/* Prints the terminal's size now and after each SIGWINCH, `count` times. */
static int sizes(int count) {
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGWINCH);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    struct sigaction action = {.sa_handler = on_resize};
    sigaction(SIGWINCH, &action, NULL);
    print_size();
    struct timespec limit = {.tv_sec = 30};
    for (int i = 0; i < count; i++) {
        if (sigtimedwait(&blocked, NULL, &limit) < 0) return 4;
        print_size();
    }
    return 0;
}

/* Of each standard stream who owns it, and whether it can be opened by its name. */
static int streams(void) {
    for (int fd = 0; fd < 3; fd++) {
        struct stat st;
        char path[32];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (fstat(fd, &st)) return 2;
        int again = open(path, (fd == 0 ? O_RDONLY : O_WRONLY) | O_NONBLOCK | O_NOCTTY);
        printf("%d of %u:%u %s\n", fd, st.st_uid, st.st_gid, again < 0 ? error_name(errno) : "opens");
    }
    fflush(stdout);
    return 0;
}

/* Sets output flags of the terminal, and writes what they are about in pieces of many sizes. */
static int paint(unsigned flags) {
    static const char special[] = "\n\n\n\r\t\t\b\f\v\033\007\r\n\x7f\xc3\xa4\xff";
    struct termios settings;
    if (tcgetattr(1, &settings)) return 2;
    settings.c_oflag = OPOST | flags;
    if (tcsetattr(1, TCSADRAIN, &settings)) return 2;
    unsigned number = 1;
    for (int piece = 0; piece < 60; piece++) {
        char bytes[10000];
        number = number * 1103515245 + 12345;
        size_t length = (number >> 16) % (piece % 4 ? 100 : sizeof bytes);
        for (size_t i = 0; i < length; i++) {
            number = number * 1103515245 + 12345;
            unsigned choice = number >> 16;
            bytes[i] = choice % 11 ? 'a' + choice % 26 : special[choice / 11 % (sizeof special - 1)];
        }
        for (size_t done = 0; done < length;) {
            ssize_t put = write(1, bytes + done, length - done);
            if (put < 0) return 3;
            done += put;
        }
    }
    return 0;
}

/* How long the lines are that are typed, read `size` bytes at a time. */
static int typed(long size) {
    static char bytes[65536];
    struct termios settings;
    if (tcgetattr(0, &settings)) return 2;
    settings.c_lflag &= ~ECHO;
    if (tcsetattr(0, TCSADRAIN, &settings)) return 2;
    announce("ready");
    ssize_t got;
    while ((got = read(0, bytes, size)) > 0) printf("%zd ", got);
    printf("end\n");
    return got < 0 ? 3 : 0;
}

int act(const char *name, int count, char **args) {
    long number = count > 0 ? atol(args[0]) : 0;
    if (!strcmp(name, "exit")) return (int)number & 255;
    if (!strcmp(name, "hold")) hold();
    if (!strcmp(name, "copy")) return copy();
    if (!strcmp(name, "flood")) return flood(number, count > 1);
    if (!strcmp(name, "lock")) return lock(args[0]);
    if (!strcmp(name, "sizes")) return sizes((int)number);
    if (!strcmp(name, "streams")) return streams();
    if (!strcmp(name, "paint")) return paint((unsigned)number);
    if (!strcmp(name, "typed")) return typed(number);
    if (!strcmp(name, "signal")) {
        signal((int)number, SIG_DFL);
        kill(getpid(), (int)number);
        /* pid 1 is spared by its own signals. */
        return 99;
    }
    if (!strcmp(name, "child-signal")) {
        pid_t child = fork();
        if (child == 0) {
            raise((int)number);
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    if (!strcmp(name, "term")) {
        signal(SIGTERM, on_term);
        hold();
    }
    if (!strcmp(name, "stubborn")) {
        signal(SIGTERM, SIG_IGN);
        hold();
    }
    /* Children that outlive it, holding stdout or not. */
    if (!strcmp(name, "orphan")) {
        if (fork() == 0) {
            for (;;) pause();
        }
        announce("orphaned");
        return 0;
    }
    if (!strcmp(name, "family")) {
        for (long i = 0; i < number; i++) {
            if (fork() == 0) {
                for (;;) pause();
            }
        }
        hold();
    }
    if (!strcmp(name, "close")) {
        close(1);
        close(2);
        for (;;) pause();
    }
    if (!strcmp(name, "ready-exit")) {
        char byte;
        announce("ready");
        while (read(0, &byte, 1) > 0) {
        }
        return (int)number & 255;
    }
    return -1;
}
