#define _GNU_SOURCE
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

extern char **environ;

/* The first `limit` bytes of a file; NULL with errno. Static: good until the next call. */
static char *contents(const char *path, ssize_t *length) {
    static char bytes[1 << 20];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return NULL;
    ssize_t total = 0, got;
    while ((got = read(fd, bytes + total, sizeof bytes - 1 - total)) > 0) total += got;
    int error = errno;
    close(fd);
    if (got < 0 && total == 0) { errno = error; return NULL; }
    bytes[total] = 0;
    if (length) *length = total;
    return bytes;
}

static void show_command_line(void) {
    ssize_t length = 0;
    char *text = contents("/proc/self/cmdline", &length);
    if (!text) return say("args", "%s", error_name(errno));
    for (ssize_t i = 0; i + 1 < length; i++) if (text[i] == 0) text[i] = '\n';
    say("args", "%s", text);
}

static void show_environment(void) {
    char *all = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&all, &size);
    for (char **entry = environ; *entry; entry++) fprintf(out, "%s\n", *entry);
    fclose(out);
    say("env", "%s", all);
    free(all);
}

static void show_status(void) {
    static const char *const wanted[] = {"Umask", "Uid", "Gid", "Groups", "SigQ", "SigBlk", "SigIgn", "SigCgt", "CapInh", "CapPrm",
        "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters", "Speculation_Store_Bypass", "THP_enabled", "CoreDumping"};
    char *text = contents("/proc/self/status", NULL);
    if (!text) return say("status", "%s", error_name(errno));
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char *colon = strchr(line, ':');
        if (!colon) continue;
        *colon = 0;
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
            if (strcmp(line, wanted[i]) || !strcmp(line, "SigQ")) continue;
            char key[64];
            snprintf(key, sizeof key, "status.%s", line);
            say(key, "%s", colon + 1 + strspn(colon + 1, " \t"));
        }
    }
}

static void show_limits(void) {
    static const char *const names[] = {"CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS",
        "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME"};
    for (int i = 0; i < 16; i++) {
        struct rlimit limit;
        char key[32];
        snprintf(key, sizeof key, "limit.%s", names[i]);
        if (syscall(SYS_getrlimit, i, &limit)) say(key, "%s", error_name(errno));
        else say(key, "%llu %llu", (unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_max);
    }
}

static void show_process(void) {
    char path[PATH_MAX];
    long length = syscall(SYS_getcwd, path, sizeof path);
    say("cwd", "%s", length < 0 ? error_name(errno) : path);
    struct utsname names;
    uname(&names);
    say("hostname", "%s", names.nodename);
    say("domainname", "%s", names.domainname);
    say("machine", "%s %s", names.sysname, names.machine);
    char *text = contents("/proc/self/oom_score_adj", NULL);
    say("oom_score_adj", "%s", text ? text : error_name(errno));
    text = contents("/proc/self/coredump_filter", NULL);
    say("coredump_filter", "%s", text ? text : error_name(errno));
    say("pid", "%d", (int)getpid());
    say("ppid", "%d", (int)getppid());
    say("session", "%s", getsid(0) == getpid() ? "its own" : "another's");
    say("process group", "%s", getpgid(0) == getpid() ? "its own" : "another's");
    int tty = open("/dev/tty", O_RDWR | O_NOCTTY);
    say("controlling terminal", "%s", tty < 0 ? error_name(errno) : "yes");
    if (tty >= 0) close(tty);
    struct sched_param param;
    sched_getparam(0, &param);
    say("scheduler", "policy %d priority %d nice %d", sched_getscheduler(0), param.sched_priority, getpriority(PRIO_PROCESS, 0));
    say("ioprio", "%ld", syscall(SYS_ioprio_get, 1, 0));
    say("personality", "%x", personality(0xffffffff));
    int death = 0, subreaper = 0;
    prctl(PR_GET_PDEATHSIG, &death);
    prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
    say("prctl", "dumpable %d keepcaps %d securebits %x pdeathsig %d subreaper %d thp_disable %d", prctl(PR_GET_DUMPABLE),
        prctl(PR_GET_KEEPCAPS), prctl(PR_GET_SECUREBITS), death, subreaper, prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    ssize_t have = readlink("/proc/self/exe", path, sizeof path - 1);
    say("exe", "%.*s", have < 0 ? 0 : (int)have, path);
    have = readlink("/proc/self/root", path, sizeof path - 1);
    say("root", "%.*s", have < 0 ? 0 : (int)have, path);
}

static const char *kind(mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFREG: return "file";
    case S_IFDIR: return "directory";
    case S_IFLNK: return "link";
    case S_IFIFO: return "fifo";
    case S_IFSOCK: return "socket";
    case S_IFCHR: return "char";
    case S_IFBLK: return "block";
    default: return "unknown";
    }
}

static void show_descriptors(void) {
    for (int fd = 0; fd < 64; fd++) {
        struct stat st;
        char key[32];
        if (fstat(fd, &st)) {
            if (fd > 2) continue;
            snprintf(key, sizeof key, "fd.%d", fd);
            say(key, "%s", error_name(errno));
            continue;
        }
        snprintf(key, sizeof key, "fd.%d", fd);
        int flags = fcntl(fd, F_GETFL);
        say(key, "%s%s flags %o mode %o owner %u:%u", isatty(fd) ? "terminal " : "", kind(st.st_mode),
            flags & (O_ACCMODE | O_APPEND | O_NONBLOCK | O_PATH), st.st_mode & 07777, st.st_uid, st.st_gid);
        if (S_ISCHR(st.st_mode) && !isatty(fd)) {
            snprintf(key, sizeof key, "fd.%d.device", fd);
            say(key, "%u:%u", major(st.st_rdev), minor(st.st_rdev));
        }
        struct termios settings;
        struct winsize size;
        if (isatty(fd) && !tcgetattr(fd, &settings)) {
            snprintf(key, sizeof key, "fd.%d.termios", fd);
            say(key, "in %o out %o control %o local %o speed %u min %d time %d", settings.c_iflag, settings.c_oflag, settings.c_cflag,
                settings.c_lflag, cfgetospeed(&settings), settings.c_cc[VMIN], settings.c_cc[VTIME]);
            if (!ioctl(fd, TIOCGWINSZ, &size)) {
                snprintf(key, sizeof key, "fd.%d.size", fd);
                say(key, "%ux%u", size.ws_col, size.ws_row);
            }
        }
    }
}

/* Cuts the next field off; fields are separated by one space, and may be empty. */
static char *field(char **rest) {
    char *start = *rest, *end = strchr(start, ' ');
    if (end) *end = 0;
    *rest = end ? end + 1 : start + strlen(start);
    return start;
}

/* Type, options, propagation, root, super options of each mount, in the order of mounting; neither numbers nor the host's paths. */
static void show_mounts(void) {
    char *text = contents("/proc/self/mountinfo", NULL);
    if (!text) return say("mounts", "%s", error_name(errno));
    for (char *end; (end = strchr(text, '\n')); text = end + 1) {
        *end = 0;
        char propagation[256] = "", key[PATH_MAX + 8];
        for (int number = 0; number < 3; number++) field(&text);
        char *root = field(&text);
        snprintf(key, sizeof key, "mount.%s", field(&text));
        char *options = field(&text);
        for (char *word; strcmp(word = field(&text), "-") && *text;) {
            strncat(propagation, " ", sizeof propagation - strlen(propagation) - 1);
            strncat(propagation, word, strcspn(word, ":"));
        }
        char *type = field(&text);
        field(&text);
        say(key, "%s %s propagation%s root %s super %s", type, options, *propagation ? propagation : " private", root, text);
    }
}

static void show_tree(const char *prefix, const char *directory, int depth) {
    struct dirent **entries;
    int count = scandir(directory, &entries, NULL, alphasort);
    if (count < 0) {
        char key[PATH_MAX + 8];
        snprintf(key, sizeof key, "%s.%s", prefix, directory);
        return say(key, "%s", error_name(errno));
    }
    for (int i = 0; i < count; i++) {
        char *name = entries[i]->d_name;
        char path[PATH_MAX], key[PATH_MAX + 16], target[PATH_MAX] = "";
        struct stat st;
        if (strcmp(name, ".") && strcmp(name, "..")) {
            snprintf(path, sizeof path, "%s/%s", directory, name);
            snprintf(key, sizeof key, "%s.%s", prefix, path);
            if (lstat(path, &st)) say(key, "%s", error_name(errno));
            else if (S_ISLNK(st.st_mode)) {
                ssize_t length = readlink(path, target, sizeof target - 1);
                say(key, "link to %.*s", length < 0 ? 0 : (int)length, target);
            } else if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) {
                say(key, "%s %u:%u mode %o owner %u:%u", kind(st.st_mode), major(st.st_rdev), minor(st.st_rdev), st.st_mode & 07777, st.st_uid, st.st_gid);
            } else say(key, "%s mode %o owner %u:%u", kind(st.st_mode), st.st_mode & 07777, st.st_uid, st.st_gid);
            if (S_ISDIR(st.st_mode) && depth > 0 && strcmp(path, "/dev/fd")) show_tree(prefix, path, depth - 1);
        }
        free(entries[i]);
    }
    free(entries);
}

static void show_stat(const char *key, const char *path, int follow) {
    struct stat st;
    if (fstatat(AT_FDCWD, path, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW)) return say(key, "%s", error_name(errno));
    if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
        return say(key, "%s %u:%u mode %o owner %u:%u", kind(st.st_mode), major(st.st_rdev), minor(st.st_rdev), st.st_mode & 07777, st.st_uid, st.st_gid);
    say(key, "%s mode %o owner %u:%u", kind(st.st_mode), st.st_mode & 07777, st.st_uid, st.st_gid);
}

/* The first file that there is: its name and what it says. */
static void show_first(const char *key, const char *const *paths) {
    for (; *paths; paths++) {
        char *text = contents(*paths, NULL);
        if (text) return say(key, "%s %s", strrchr(*paths, '/') + 1, text);
    }
    say(key, "none");
}

/* The container's own cgroup at /sys/fs/cgroup, v2 or v1: values of the same meaning have one name. */
static void show_cgroup(void) {
#define G "/sys/fs/cgroup/"
    static const char *const memory[] = {G "memory.max", G "memory/memory.limit_in_bytes", NULL};
    static const char *const reservation[] = {G "memory.low", G "memory/memory.soft_limit_in_bytes", NULL};
    static const char *const swap[] = {G "memory.swap.max", G "memory/memory.memsw.limit_in_bytes", NULL};
    static const char *const pids[] = {G "pids.max", G "pids/pids.max", NULL};
    static const char *const weight[] = {G "cpu.weight", G "cpu/cpu.shares", G "cpu,cpuacct/cpu.shares", NULL};
    static const char *const quota[] = {G "cpu.max", G "cpu/cpu.cfs_quota_us", G "cpu,cpuacct/cpu.cfs_quota_us", NULL};
    static const char *const period[] = {G "cpu.max", G "cpu/cpu.cfs_period_us", G "cpu,cpuacct/cpu.cfs_period_us", NULL};
    static const char *const idle[] = {G "cpu.idle", G "cpu/cpu.idle", G "cpu,cpuacct/cpu.idle", NULL};
    static const char *const burst[] = {G "cpu.max.burst", G "cpu/cpu.cfs_burst_us", G "cpu,cpuacct/cpu.cfs_burst_us", NULL};
    show_first("cgroup.memory", memory);
    show_first("cgroup.memory reservation", reservation);
    show_first("cgroup.swap", swap);
    show_first("cgroup.pids", pids);
    show_first("cgroup.cpu weight", weight);
    show_first("cgroup.cpu quota", quota);
    show_first("cgroup.cpu period", period);
    show_first("cgroup.cpu idle", idle);
    show_first("cgroup.cpu burst", burst);
}

/* A device rule shows in what open(2) says of a node made here. */
static void try_device(const char *key, const char *numbers) {
    char type;
    unsigned high, low;
    if (sscanf(numbers, "%c,%u,%u", &type, &high, &low) != 3) return say(key, "a question that nobody understands");
    char path[] = "/dev/probe-node";
    if (mknod(path, (type == 'b' ? S_IFBLK : S_IFCHR) | 0600, makedev(high, low))) return say(key, "mknod %s", error_name(errno));
    static const int access[] = {O_RDONLY, O_WRONLY, O_RDWR};
    char results[3][32];
    for (int i = 0; i < 3; i++) {
        int fd = open(path, access[i] | O_NONBLOCK | O_NOCTTY);
        snprintf(results[i], sizeof results[i], "%s", fd < 0 ? error_name(errno) : "ok");
        if (fd >= 0) close(fd);
    }
    say(key, "mknod ok read %s write %s both %s", results[0], results[1], results[2]);
    unlink(path);
}

static void answer(char *question) {
    char *path = strchr(question, ':');
    if (!path) return say(question, "a question that nobody understands");
    char *key = strdup(question);
    *path++ = 0;
    char *text;
    int fd;
    if (!strcmp(question, "read")) {
        text = contents(path, NULL);
        say(key, "%s", text ? text : error_name(errno));
    } else if (!strcmp(question, "stat")) show_stat(key, path, 1);
    else if (!strcmp(question, "lstat")) show_stat(key, path, 0);
    else if (!strcmp(question, "ls")) show_tree(key, path, 0);
    else if (!strcmp(question, "tree")) show_tree(key, path, 3);
    else if (!strcmp(question, "write")) {
        fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY);
        say(key, "%s", fd < 0 ? error_name(errno) : "ok");
        if (fd >= 0) close(fd);
    } else if (!strcmp(question, "create")) {
        fd = open(path, O_WRONLY | O_CREAT, 0666);
        say(key, "%s", fd < 0 ? error_name(errno) : "ok");
        if (fd >= 0) { show_stat(key, path, 1); close(fd); unlink(path); }
    } else if (!strcmp(question, "mkdir")) {
        int failed = mkdir(path, 0777);
        say(key, "%s", failed ? error_name(errno) : "ok");
        if (!failed) { show_stat(key, path, 1); rmdir(path); }
    } else if (!strcmp(question, "readlink")) {
        char target[PATH_MAX];
        ssize_t length = readlink(path, target, sizeof target);
        say(key, "%.*s", length < 0 ? (int)strlen(error_name(errno)) : (int)length, length < 0 ? error_name(errno) : target);
    } else if (!strcmp(question, "device")) try_device(key, path);
    else if (!strcmp(question, "cgroup")) show_cgroup();
    else if (!strcmp(question, "syscall")) {
        long result = syscall(atol(path), -1, -1, -1, -1, -1, -1);
        say(key, "%s", result < 0 ? error_name(errno) : "ok");
    } else if (!strcmp(question, "run")) {
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            execl(path, path, (char *)NULL);
            say(key, "execve %s", error_name(errno));
            fflush(stdout);
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        say(key, WIFEXITED(status) ? "exit %d" : "signal %d", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    } else say(key, "a question that nobody understands");
    free(key);
}

int view(int count, char **questions) {
    /* First what looking itself would change. */
    show_descriptors();
    show_status();
    show_limits();
    show_command_line();
    show_environment();
    show_process();
    show_mounts();
    show_tree("dev", "/dev", 2);
    show_stat("stat./", "/", 0);
    for (int i = 0; i < count; i++) answer(questions[i]);
    say("end", "of view");
    return 0;
}
