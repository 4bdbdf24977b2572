#define _GNU_SOURCE
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/falloc.h>
#include <linux/stat.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

/* What a call answered: its errno's name, or the number. */
#define CALL(name, call)                                                        \
    do {                                                                        \
        long result_ = (long)(call);                                            \
        if (result_ < 0) say(name, "%s", error_name(errno));                    \
        else say(name, "%ld", result_);                                         \
    } while (0)
/* A call whose number means nothing, such as open(2). */
#define OK(name, call)                                                          \
    do {                                                                        \
        long result_ = (long)(call);                                            \
        say(name, "%s", result_ < 0 ? error_name(errno) : "ok");                \
    } while (0)

static int make(const char *name, const char *text) {
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (fd >= 0 && *text && write(fd, text, strlen(text)) < 0) say("make", "%s: %s", name, error_name(errno));
    return fd;
}

static void put(const char *name, const char *text) {
    int fd = make(name, text);
    if (fd >= 0) close(fd);
}

static void tell(const char *key, const char *name) {
    struct stat st;
    if (lstat(name, &st)) return say(key, "%s", error_name(errno));
    say(key, "mode %o owner %u:%u links %lu size %ld", st.st_mode, st.st_uid, st.st_gid, S_ISDIR(st.st_mode) ? 0 : (long)st.st_nlink,
        S_ISREG(st.st_mode) || S_ISLNK(st.st_mode) ? (long)st.st_size : 0);
}

static void read_all(const char *key, const char *name) {
    char text[4096];
    int fd = open(name, O_RDONLY);
    if (fd < 0) return say(key, "%s", error_name(errno));
    ssize_t got = read(fd, text, sizeof text - 1);
    if (got < 0) say(key, "%s", error_name(errno));
    else { text[got] = 0; say(key, "%s", text); }
    close(fd);
}

/* Runs `body` in a child, and waits for it. */
#define CHILD(...)                                                              \
    do {                                                                        \
        fflush(stdout);                                                         \
        pid_t child_ = fork();                                                  \
        if (child_ == 0) { __VA_ARGS__; fflush(stdout); _exit(0); }                    \
        int status_;                                                            \
        waitpid(child_, &status_, 0);                                           \
        if (WIFSIGNALED(status_)) say("child", "signal %d", WTERMSIG(status_)); \
    } while (0)

static void opening(void) {
    OK("open missing", open("missing", O_RDONLY));
    OK("open create", open("a", O_RDWR | O_CREAT, 0640));
    tell("open create mode", "a");
    OK("open create again", open("a", O_RDWR | O_CREAT, 0640));
    OK("open exclusive", open("a", O_RDWR | O_CREAT | O_EXCL, 0640));
    OK("open directory for writing", open(".", O_WRONLY));
    OK("open file as directory", open("a", O_RDONLY | O_DIRECTORY));
    OK("open below a file", open("a/b", O_RDONLY));
    OK("open create below missing", open("missing/b", O_RDWR | O_CREAT, 0644));
    OK("open with slash", open("new/", O_RDWR | O_CREAT, 0644));
    OK("open path", open("a", O_PATH));
    OK("open no time", open("a", O_RDONLY | O_NOATIME));
    OK("open sync", open("a", O_RDWR | O_SYNC));
    OK("open data sync", open("a", O_RDWR | O_DSYNC));
    OK("open empty name", open("", O_RDONLY));
    OK("open setuid", open("setuid", O_RDWR | O_CREAT, 04755));
    tell("open setuid mode", "setuid");
    umask(0);
    OK("open without mask", open("unmasked", O_RDWR | O_CREAT, 0666));
    tell("open without mask mode", "unmasked");
    OK("mkdir without mask", mkdir("unmasked-directory", 07777));
    tell("mkdir without mask mode", "unmasked-directory");
    umask(022);

    put("truncated", "twelve bytes");
    OK("open truncate", open("truncated", O_WRONLY | O_TRUNC));
    tell("open truncate size", "truncated");
    put("truncated", "twelve bytes");
    OK("open truncate for reading", open("truncated", O_RDONLY | O_TRUNC));
    tell("open truncate for reading size", "truncated");

    int fd = open("appended", O_RDWR | O_CREAT | O_APPEND, 0644);
    CALL("append", write(fd, "one", 3));
    lseek(fd, 0, SEEK_SET);
    CALL("append at the start", write(fd, "two", 3));
    CALL("append by pwrite", pwrite(fd, "six", 3, 0));
    read_all("append gives", "appended");
    close(fd);

    fd = open(".", O_RDWR | O_TMPFILE, 0600);
    OK("O_TMPFILE", fd);
    if (fd >= 0) {
        char path[64];
        CALL("O_TMPFILE write", write(fd, "nameless", 8));
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        CALL("O_TMPFILE link", linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
        read_all("O_TMPFILE gives", "named");
        close(fd);
    }
    OK("O_TMPFILE exclusive", open(".", O_RDWR | O_TMPFILE | O_EXCL, 0600));

    fd = open("direct", O_RDWR | O_CREAT | O_DIRECT, 0644);
    OK("O_DIRECT", fd);
    if (fd >= 0) {
        char *block = NULL;
        if (posix_memalign((void **)&block, 4096, 8192)) abort();
        memset(block, 'd', 8192);
        CALL("O_DIRECT write", pwrite(fd, block, 8192, 0));
        CALL("O_DIRECT read", pread(fd, block, 4096, 4096));
        CALL("O_DIRECT read beyond", pread(fd, block, 4096, 8192));
        free(block);
        close(fd);
    }
    fd = open(".", O_RDONLY | O_DIRECTORY);
    OK("fsync directory", fsync(fd));
    OK("fdatasync directory", fdatasync(fd));
    OK("syncfs", syncfs(fd));
    close(fd);
    struct { unsigned long long flags, mode, resolve; } how = {O_RDONLY, 0, 0x08};
    OK("openat2 beneath", syscall(SYS_openat2, AT_FDCWD, "a", &how, sizeof how));
    OK("openat2 beneath above", syscall(SYS_openat2, AT_FDCWD, "../x", &how, sizeof how));
    CALL("access missing", access("missing", F_OK));
    CALL("access write", access("a", W_OK));
    CALL("access execute", access("a", X_OK));
    CALL("creat", close(creat("created", 0600)));
}

static void names(void) {
    char longest[300];
    memset(longest, 'n', sizeof longest);
    longest[255] = 0;
    OK("name of 255", open(longest, O_RDWR | O_CREAT, 0644));
    tell("name of 255 is", longest);
    CALL("name of 255 unlink", unlink(longest));
    longest[255] = 'n';
    longest[256] = 0;
    OK("name of 256", open(longest, O_RDWR | O_CREAT, 0644));
    OK("name with newline", open("new\nline", O_RDWR | O_CREAT, 0644));
    OK("name not UTF-8", open("\xff\xfe", O_RDWR | O_CREAT, 0644));
    OK("name with backslash", open("back\\slash", O_RDWR | O_CREAT, 0644));
    OK("name in Unicode", open("\xc3\xa9\xe2\x82\xac", O_RDWR | O_CREAT, 0644));
    OK("name other case", open("CASE", O_RDWR | O_CREAT | O_EXCL, 0644));
    OK("name other case again", open("case", O_RDWR | O_CREAT | O_EXCL, 0644));
    OK("name of dots", open("...", O_RDWR | O_CREAT | O_EXCL, 0644));
    OK("name with leading space", open(" space ", O_RDWR | O_CREAT | O_EXCL, 0644));

    int here = open(".", O_RDONLY | O_DIRECTORY), at = dup(here), depth = 0;
    for (; depth < 60; depth++) {
        if (mkdirat(at, "a-directory-whose-path-becomes-longer-than-a-page-in-the-end-of-it-all", 0755)) break;
        int next = openat(at, "a-directory-whose-path-becomes-longer-than-a-page-in-the-end-of-it-all", O_RDONLY | O_DIRECTORY);
        if (next < 0) break;
        close(at);
        at = next;
    }
    say("deep path", "%d %s", depth, depth < 60 ? error_name(errno) : "ok");
    OK("deep file", openat(at, "file", O_RDWR | O_CREAT, 0644));
    char path[PATH_MAX * 2];
    if (fchdir(at)) say("deep chdir", "%s", error_name(errno));
    CALL("deep getcwd", syscall(SYS_getcwd, path, sizeof path) > 0 ? 0 : -1);
    if (fchdir(here)) say("deep chdir back", "%s", error_name(errno));
    close(at);
    memset(path, 'p', sizeof path);
    path[PATH_MAX] = 0;
    OK("path of 4096", open(path, O_RDONLY));
    close(here);
}

static void links(void) {
    put("target", "target");
    CALL("link", link("target", "hard"));
    tell("link count", "target");
    CALL("link exists", link("target", "hard"));
    CALL("link missing", link("missing", "hard2"));
    CALL("link directory", link(".", "hard3"));
    CALL("symlink", symlink("target", "soft"));
    tell("symlink is", "soft");
    read_all("symlink read", "soft");
    CALL("symlink exists", symlink("target", "soft"));
    CALL("symlink empty", symlink("", "soft-empty"));
    CALL("symlink dangling", symlink("nowhere", "dangling"));
    OK("open dangling", open("dangling", O_RDONLY));
    OK("create through dangling", open("dangling", O_RDWR | O_CREAT, 0644));
    tell("create through dangling made", "nowhere");
    OK("create exclusive through a link", open("soft", O_RDWR | O_CREAT | O_EXCL, 0644));
    OK("no follow", open("soft", O_RDONLY | O_NOFOLLOW));
    CALL("link to a symlink", link("soft", "hard-soft"));
    tell("link to a symlink is", "hard-soft");
    CALL("link following", linkat(AT_FDCWD, "soft", AT_FDCWD, "hard-followed", AT_SYMLINK_FOLLOW));
    tell("link following is", "hard-followed");
    CALL("loop a", symlink("loop-b", "loop-a"));
    CALL("loop b", symlink("loop-a", "loop-b"));
    OK("open loop", open("loop-a", O_RDONLY));
    CALL("lchown", lchown("soft", 1000, 1000));
    tell("lchown gives", "soft");
    char long_target[4000];
    memset(long_target, 't', sizeof long_target - 1);
    long_target[sizeof long_target - 1] = 0;
    CALL("symlink long", symlink(long_target, "soft-long"));
    tell("symlink long is", "soft-long");
    CALL("readlink of a file", readlink("target", long_target, 10));
    CALL("readlink short", readlink("soft", long_target, 3));
    CALL("unlink link", unlink("hard"));
    tell("unlink link leaves", "target");
}

static void renames(void) {
    put("r1", "one");
    put("r2", "two");
    mkdir("rd1", 0755);
    mkdir("rd2", 0755);
    put("rd2/full", "");
    CALL("rename", rename("r1", "r3"));
    CALL("rename over", rename("r3", "r2"));
    read_all("rename over gives", "r2");
    CALL("rename missing", rename("missing", "r4"));
    CALL("rename file over directory", rename("r2", "rd1"));
    CALL("rename directory over file", rename("rd1", "r2"));
    CALL("rename directory over full", rename("rd1", "rd2"));
    CALL("rename directory", rename("rd1", "rd3"));
    CALL("rename into itself", rename("rd3", "rd3/x"));
    CALL("rename to itself", rename("r2", "r2"));
    put("n1", "one");
    put("n2", "two");
    CALL("renameat2 noreplace", renameat2(AT_FDCWD, "n1", AT_FDCWD, "n2", RENAME_NOREPLACE));
    CALL("renameat2 noreplace new", renameat2(AT_FDCWD, "n1", AT_FDCWD, "n3", RENAME_NOREPLACE));
    put("x1", "one");
    put("x2", "two");
    CALL("renameat2 exchange", renameat2(AT_FDCWD, "x1", AT_FDCWD, "x2", RENAME_EXCHANGE));
    read_all("renameat2 exchange gives", "x1");
    CALL("renameat2 whiteout", renameat2(AT_FDCWD, "x1", AT_FDCWD, "x3", RENAME_WHITEOUT));
    CALL("renameat2 both", renameat2(AT_FDCWD, "x2", AT_FDCWD, "x3", RENAME_NOREPLACE | RENAME_EXCHANGE));
    CALL("renameat2 unknown", renameat2(AT_FDCWD, "x2", AT_FDCWD, "x3", 1 << 10));
    int fd = make("opened", "content");
    CALL("rename opened", rename("opened", "opened2"));
    CALL("rename opened write", pwrite(fd, "C", 1, 0));
    read_all("rename opened gives", "opened2");
    close(fd);
    fd = open("rd3", O_RDONLY | O_DIRECTORY);
    CALL("rename opened directory", rename("rd3", "rd4"));
    OK("rename opened directory create", openat(fd, "inside", O_RDWR | O_CREAT, 0644));
    tell("rename opened directory gives", "rd4/inside");
    close(fd);
    CALL("rename across", rename("n2", "/dev/shm/n2"));
}

static void special(void) {
    CALL("mkfifo", mkfifo("fifo", 0640));
    tell("mkfifo is", "fifo");
    int fd = open("fifo", O_RDWR | O_NONBLOCK);
    OK("fifo open", fd);
    if (fd >= 0) {
        char byte;
        CALL("fifo write", write(fd, "f", 1));
        CALL("fifo read", read(fd, &byte, 1));
        close(fd);
    }
    OK("fifo open without reader", open("fifo", O_WRONLY | O_NONBLOCK));
    CALL("mknod char", mknod("null", S_IFCHR | 0666, makedev(1, 3)));
    tell("mknod char is", "null");
    OK("mknod char open", open("null", O_RDWR));
    CALL("mknod block", mknod("block", S_IFBLK | 0600, makedev(7, 250)));
    tell("mknod block is", "block");
    CALL("mknod socket", mknod("socket-node", S_IFSOCK | 0600, 0));
    tell("mknod socket is", "socket-node");
    CALL("mknod file", mknod("file-node", S_IFREG | 0600, 0));
    tell("mknod file is", "file-node");
    CALL("mknod whiteout", mknod("whiteout", S_IFCHR | 0600, 0));
    tell("mknod whiteout is", "whiteout");
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    CALL("bind", bind(server, (struct sockaddr *)&name, sizeof name));
    CALL("listen", listen(server, 1));
    CALL("connect", connect(client, (struct sockaddr *)&name, sizeof name));
    OK("accept", accept(server, NULL, NULL));
    tell("bind made", "socket");
    OK("socket open", open("socket", O_RDWR));
    CALL("bind again", bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, sizeof name));
    close(server);
    close(client);
}

static void unlinked(void) {
    struct stat st = {0};
    char text[16] = "";
    int fd = make("gone", "content");
    CALL("unlink open", unlink("gone"));
    CALL("unlinked fstat", fstat(fd, &st));
    say("unlinked links", "%lu size %ld", (unsigned long)st.st_nlink, (long)st.st_size);
    CALL("unlinked read", pread(fd, text, 7, 0));
    say("unlinked content", "%s", text);
    CALL("unlinked write", pwrite(fd, "more", 4, 7));
    CALL("unlinked truncate", ftruncate(fd, 3));
    CALL("unlinked chmod", fchmod(fd, 0600));
    CALL("unlinked chown", fchown(fd, 1000, 1000));
    CALL("unlinked times", futimens(fd, NULL));
    CALL("unlinked sync", fsync(fd));
    CALL("unlinked xattr", fsetxattr(fd, "user.x", "1", 1, 0));
    CALL("unlinked fstat again", fstat(fd, &st));
    say("unlinked is", "mode %o owner %u:%u size %ld", st.st_mode, st.st_uid, st.st_gid, (long)st.st_size);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    OK("unlinked open by proc", open(path, O_RDONLY));
    CALL("unlinked link", linkat(AT_FDCWD, path, AT_FDCWD, "back", AT_SYMLINK_FOLLOW));
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    say("unlinked mmap", "%s", map == MAP_FAILED ? error_name(errno) : "ok");
    close(fd);
    put("replaced", "old");
    fd = open("replaced", O_RDWR);
    put("replacing", "new");
    rename("replacing", "replaced");
    CALL("replaced read", pread(fd, text, 3, 0));
    say("replaced content", "%.3s", text);
    CALL("replaced fstat", fstat(fd, &st));
    say("replaced links", "%lu", (unsigned long)st.st_nlink);
    close(fd);
    mkdir("gone-directory", 0755);
    fd = open("gone-directory", O_RDONLY | O_DIRECTORY);
    CALL("rmdir open", rmdir("gone-directory"));
    OK("removed directory create", openat(fd, "x", O_RDWR | O_CREAT, 0644));
    CALL("removed directory fstat", fstat(fd, &st));
    mkdir("gone-directory", 0755);
    CALL("removed directory chmod", fchmod(fd, 0700));
    CALL("removed directory times", futimens(fd, NULL));
    fstat(fd, &st);
    say("removed directory is", "mode %o", st.st_mode);
    stat("gone-directory", &st);
    say("directory of its name is", "mode %o", st.st_mode);
    close(fd);
    CALL("unlink directory", unlink("."));
    mkdir("full", 0755);
    put("full/x", "");
    CALL("rmdir full", rmdir("full"));
    CALL("rmdir file", rmdir("replaced"));
    CALL("rmdir dot", rmdir("."));
    CALL("unlink missing", unlink("missing"));
}

/* What is in a file, by its descriptor, with its length; zeroes are dots. */
static void show_content(const char *key, int fd) {
    char text[64];
    struct stat st = {0};
    ssize_t got = pread(fd, text, sizeof text - 1, 0);
    for (ssize_t i = 0; i < got; i++) if (!text[i]) text[i] = '.';
    text[got < 0 ? 0 : got] = 0;
    fstat(fd, &st);
    say(key, "%s of %ld mode %o", text, (long)st.st_size, st.st_mode & 07777);
}

static void show_named(const char *key, const char *name) {
    int fd = open(name, O_RDONLY);
    if (fd < 0) { say(key, "%s", error_name(errno)); return; }
    show_content(key, fd);
    close(fd);
}

/* Changes an open file by its descriptor, and shows it and the file that has the name now. */
static void change(const char *what, int fd, off_t length, mode_t mode, const char *name) {
    char key[64];
    snprintf(key, sizeof key, "%s truncate", what);
    CALL(key, ftruncate(fd, length));
    snprintf(key, sizeof key, "%s chmod", what);
    CALL(key, fchmod(fd, mode));
    snprintf(key, sizeof key, "%s old", what);
    show_content(key, fd);
    snprintf(key, sizeof key, "%s new", what);
    show_named(key, name);
    close(fd);
}

/* A file whose name is gone, or another file's. */
static void nameless(void) {
    char byte = 'x';
    int fd = make("resized", "0123456789");
    unlink("resized");
    CALL("nameless grow", ftruncate(fd, 100000));
    CALL("nameless read of what it grew by", pread(fd, &byte, 1, 50000));
    say("nameless byte", "%d", byte);
    CALL("nameless shrink", ftruncate(fd, 3));
    show_content("nameless shrunk", fd);
    CALL("nameless grow again", ftruncate(fd, 20));
    show_content("nameless grown again", fd);
    CALL("nameless write beyond", pwrite(fd, "end", 3, 40));
    show_content("nameless written", fd);
    CALL("nameless to nothing", ftruncate(fd, 0));
    CALL("nameless write", pwrite(fd, "all", 3, 5));
    CALL("nameless sync", fsync(fd));
    show_content("nameless anew", fd);
    CALL("nameless grow for a map", ftruncate(fd, 10000));
    char *map = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) {
        memcpy(map + 9000, "mapped", 6);
        CALL("nameless msync", msync(map, 10000, MS_SYNC));
        munmap(map, 10000);
        char text[8] = "";
        CALL("nameless read of the map", pread(fd, text, 6, 9000));
        say("nameless map", "%s", text);
    }
    CALL("nameless chmod", fchmod(fd, 0601));
    CALL("nameless times", futimens(fd, (struct timespec[2]){{1, 2}, {3, 4}}));
    struct stat st = {0};
    fstat(fd, &st);
    say("nameless is", "mode %o time %ld.%ld size %ld links %lu", st.st_mode, (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long)st.st_size, (unsigned long)st.st_nlink);
    close(fd);

    fd = make("again", "first");
    unlink("again");
    close(make("again", "second"));
    change("namesake", fd, 2, 0611, "again");

    fd = make("overwritten", "first");
    close(make("overwriting", "second"));
    rename("overwriting", "overwritten");
    change("overwritten", fd, 2, 0611, "overwritten");

    fd = make("one-name", "content");
    CALL("other name", link("one-name", "other-name"));
    unlink("one-name");
    int other = dup(fd);
    change("other name", fd, 4, 0622, "other-name");
    CALL("other name chmod by it", chmod("other-name", 0633));
    show_content("other name then", other);
    close(other);
}

static void attributes(void) {
    char value[256];
    put("x", "");
    CALL("setxattr user", setxattr("x", "user.name", "value", 5, 0));
    CALL("getxattr user", getxattr("x", "user.name", value, sizeof value));
    CALL("getxattr size", getxattr("x", "user.name", NULL, 0));
    CALL("getxattr short", getxattr("x", "user.name", value, 2));
    CALL("getxattr missing", getxattr("x", "user.none", value, sizeof value));
    CALL("setxattr create", setxattr("x", "user.name", "again", 5, XATTR_CREATE));
    CALL("setxattr replace", setxattr("x", "user.none", "again", 5, XATTR_REPLACE));
    CALL("setxattr empty", setxattr("x", "user.empty", "", 0, 0));
    CALL("listxattr", listxattr("x", value, sizeof value));
    CALL("removexattr", removexattr("x", "user.name"));
    CALL("removexattr missing", removexattr("x", "user.name"));
    CALL("setxattr trusted", setxattr("x", "trusted.name", "value", 5, 0));
    CALL("getxattr trusted", getxattr("x", "trusted.name", value, sizeof value));
    CALL("setxattr security", setxattr("x", "security.name", "value", 5, 0));
    CALL("getxattr security", getxattr("x", "security.name", value, sizeof value));
    CALL("setxattr unknown", setxattr("x", "nothing.name", "value", 5, 0));
    /* vfs_cap_data, revision 2: cap_net_raw in the permitted set. */
    unsigned capability[5] = {0x02000001, 1 << 13, 0, 0, 0};
    CALL("setxattr capability", setxattr("x", "security.capability", capability, sizeof capability, 0));
    CALL("getxattr capability", getxattr("x", "security.capability", value, sizeof value));
    int fd = open("x", O_WRONLY);
    CALL("capability write", write(fd, "x", 1));
    close(fd);
    CALL("capability after write", getxattr("x", "security.capability", value, sizeof value));
    /* posix_acl_xattr: user::rw-, user:1000:r--, group::r--, mask::r--, other::r-- */
    unsigned char acl[] = {2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 0xe8, 3, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255,
        16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 4, 0, 255, 255, 255, 255};
    put("acl", "");
    CALL("setxattr acl", setxattr("acl", "system.posix_acl_access", acl, sizeof acl, 0));
    CALL("getxattr acl", getxattr("acl", "system.posix_acl_access", value, sizeof value));
    mkdir("acl-directory", 0755);
    CALL("setxattr default acl", setxattr("acl-directory", "system.posix_acl_default", acl, sizeof acl, 0));
    put("acl-directory/heir", "");
    CALL("acl inherited", getxattr("acl-directory/heir", "system.posix_acl_access", value, sizeof value));
    tell("acl inherited mode", "acl-directory/heir");
    symlink("x", "xl");
    CALL("lsetxattr user", lsetxattr("xl", "user.name", "value", 5, 0));
    CALL("lsetxattr trusted", lsetxattr("xl", "trusted.name", "value", 5, 0));
    static char big[70000];
    memset(big, 'b', sizeof big);
    CALL("setxattr 1000 bytes", setxattr("x", "user.big", big, 1000, 0));
    CALL("setxattr 70000 bytes", setxattr("x", "user.big", big, sizeof big, 0));
}

static void owners(void) {
    put("own", "content");
    CALL("chmod", chmod("own", 04755));
    tell("chmod gives", "own");
    int fd = open("own", O_WRONLY);
    CALL("setuid write", write(fd, "x", 1));
    tell("setuid after write", "own");
    close(fd);
    chmod("own", 06755);
    CALL("setuid truncate", truncate("own", 2));
    tell("setuid after truncate", "own");
    chmod("own", 06755);
    CALL("chown", chown("own", 1000, 1000));
    tell("setuid after chown", "own");
    CALL("chown -1", chown("own", -1, -1));
    CALL("chown large", chown("own", 4000000000u, 4000000000u));
    tell("chown large gives", "own");
    CALL("chown back", chown("own", 0, 0));
    CALL("chmod sticky", chmod("own", 01644));
    tell("chmod sticky gives", "own");
    CALL("chmod 0", chmod("own", 0));
    OK("open mode 0", open("own", O_RDWR));
    CALL("fchmodat2 nofollow", syscall(452, AT_FDCWD, "own", 0600, AT_SYMLINK_NOFOLLOW));
    mkdir("setgid", 0755);
    CALL("setgid directory chown", chown("setgid", 0, 1000));
    CALL("setgid directory", chmod("setgid", 02775));
    put("setgid/file", "");
    tell("setgid inherited", "setgid/file");
    mkdir("setgid/directory", 0755);
    tell("setgid inherited by a directory", "setgid/directory");
    /* As a user without any capability. */
    put("private", "secret");
    chmod("private", 0600);
    put("public", "text");
    chmod("public", 0666);
    mkdir("sticky", 0755);
    chmod("sticky", 01777);
    put("sticky/root", "");
    mkdir("closed", 0700);
    put("closed/file", "");
    mkdir("execute-only", 0711);
    put("execute-only/file", "");
    put("program", "#!/nothing\n");
    CHILD({
        if (setgid(1000) || setuid(1000)) say("user", "%s", error_name(errno));
        OK("user reads private", open("private", O_RDONLY));
        OK("user writes public", open("public", O_RDWR));
        OK("user creates", open("by-user", O_RDWR | O_CREAT, 0644));
        OK("user creates in sticky", open("sticky/user", O_RDWR | O_CREAT, 0644));
        tell("user created", "sticky/user");
        CALL("user unlinks root's in sticky", unlink("sticky/root"));
        CALL("user renames root's in sticky", rename("sticky/root", "sticky/mine"));
        CALL("user chmods", chmod("public", 0777));
        CALL("user chowns", chown("sticky/user", 0, 0));
        CALL("user chmods own", chmod("sticky/user", 0600));
        CALL("user chgrp own to a foreign", chown("sticky/user", -1, 5));
        OK("user in closed", open("closed/file", O_RDONLY));
        OK("user lists closed", open("closed", O_RDONLY | O_DIRECTORY));
        OK("user in execute-only", open("execute-only/file", O_RDONLY));
        OK("user lists execute-only", open("execute-only", O_RDONLY | O_DIRECTORY));
        CALL("user executes", execl("program", "program", (char *)NULL));
        CALL("user mknod", mknod("sticky/null", S_IFCHR | 0666, makedev(1, 3)));
        CALL("user trusted", setxattr("sticky/user", "trusted.x", "1", 1, 0));
        CALL("user utimes of root's", utimensat(AT_FDCWD, "public", (struct timespec[]){{1, 0}, {1, 0}}, 0));
        CALL("user utimes now", utimensat(AT_FDCWD, "public", NULL, 0));
        CALL("user links private", link("private", "sticky/link"));
        chmod("sticky/user", 06755);
        int own = open("sticky/user", O_WRONLY);
        CALL("user setuid write", write(own, "x", 1));
        tell("user setuid after write", "sticky/user");
    });
    CALL("unlink in sticky as root", unlink("sticky/root"));
    CALL("root executes without x", execl("program", "program", (char *)NULL));
}

static void times(void) {
    struct stat st;
    put("t", "x");
    struct timespec set[2] = {{1000000000, 123456789}, {1500000000, 987654321}};
    CALL("utimensat", utimensat(AT_FDCWD, "t", set, 0));
    stat("t", &st);
    say("utimensat gives", "%ld.%09ld %ld.%09ld", st.st_atim.tv_sec, st.st_atim.tv_nsec, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    set[0].tv_nsec = UTIME_OMIT;
    set[1] = (struct timespec){-1000, 1};
    CALL("utimensat before 1970", utimensat(AT_FDCWD, "t", set, 0));
    stat("t", &st);
    say("utimensat before 1970 gives", "%ld.%09ld %ld.%09ld", st.st_atim.tv_sec, st.st_atim.tv_nsec, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    set[1] = (struct timespec){5000000000, 999999999};
    CALL("utimensat after 2038", utimensat(AT_FDCWD, "t", set, 0));
    stat("t", &st);
    say("utimensat after 2038 gives", "%ld.%09ld", st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    symlink("t", "tl");
    set[0] = set[1] = (struct timespec){1234567890, 5};
    CALL("utimensat link", utimensat(AT_FDCWD, "tl", set, AT_SYMLINK_NOFOLLOW));
    lstat("tl", &st);
    say("utimensat link gives", "%ld.%09ld", st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    struct statx x;
    memset(&x, 0, sizeof x);
    CALL("statx", syscall(SYS_statx, AT_FDCWD, "t", 0, STATX_BASIC_STATS | STATX_BTIME, &x));
    say("statx gives", "mask %x birth %s mode %o", x.stx_mask & (STATX_BASIC_STATS | STATX_BTIME), x.stx_btime.tv_sec ? "yes" : "no", x.stx_mode);
    struct timespec before, middle;
    clock_gettime(CLOCK_REALTIME, &before);
    int fd = open("t", O_RDWR);
    if (pwrite(fd, "y", 1, 0) < 0) say("times write", "%s", error_name(errno));
    fsync(fd);
    fstat(fd, &st);
    middle = st.st_mtim;
    say("write updates mtime", "%s", middle.tv_sec >= before.tv_sec - 1 && middle.tv_sec <= before.tv_sec + 5 ? "yes" : "no");
    close(fd);
}

static void space(void) {
    struct stat st;
    char text[16];
    int fd = make("s", "");
    CALL("truncate up", ftruncate(fd, 1 << 20));
    CALL("truncate read hole", pread(fd, text, 4, 1000));
    say("truncate hole", "%d", text[0]);
    CALL("truncate negative", ftruncate(fd, -1));
    CALL("truncate huge", ftruncate(fd, 1L << 40));
    fstat(fd, &st);
    say("truncate huge gives", "%ld", (long)st.st_size);
    CALL("truncate maximum", ftruncate(fd, LONG_MAX));
    CALL("write far", pwrite(fd, "x", 1, 1L << 36));
    CALL("truncate zero", ftruncate(fd, 0));
    CALL("truncate directory", truncate(".", 0));
    CALL("fallocate", fallocate(fd, 0, 0, 65536));
    fstat(fd, &st);
    say("fallocate gives", "%ld %s", (long)st.st_size, st.st_blocks >= 128 ? "allocated" : "not allocated");
    CALL("fallocate keep size", fallocate(fd, FALLOC_FL_KEEP_SIZE, 65536, 65536));
    fstat(fd, &st);
    say("fallocate keep size gives", "%ld", (long)st.st_size);
    CALL("fill", pwrite(fd, "0123456789", 10, 0));
    CALL("punch hole", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
    CALL("punch hole read", pread(fd, text, 4, 0));
    say("punch hole gives", "%d", text[0]);
    CALL("zero range", fallocate(fd, FALLOC_FL_ZERO_RANGE, 4096, 4096));
    CALL("collapse range", fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096));
    CALL("insert range", fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, 4096));
    CALL("posix_fallocate", posix_fallocate(fd, 0, 200000) == 0 ? 0 : -1);
    close(fd);
    fd = make("holes", "");
    ftruncate(fd, 4 << 20);
    pwrite(fd, "data", 4, 2 << 20);
    fsync(fd);
    CALL("SEEK_DATA", lseek(fd, 0, SEEK_DATA));
    CALL("SEEK_HOLE", lseek(fd, 2 << 20, SEEK_HOLE));
    CALL("SEEK_DATA beyond", lseek(fd, 8 << 20, SEEK_DATA));
    CALL("SEEK_END", lseek(fd, 0, SEEK_END));
    CALL("SEEK negative", lseek(fd, -1, SEEK_SET));
    fstat(fd, &st);
    say("sparse", "%s", st.st_blocks * 512 < 1 << 20 ? "yes" : "no");
    close(fd);
    struct statvfs fs;
    CALL("statvfs", statvfs(".", &fs));
    say("statvfs gives", "names of %lu, %s", fs.f_namemax, fs.f_blocks > 0 && fs.f_bavail > 0 ? "space" : "no space");
}

static void locks(void) {
    int fd = make("l", "lock me");
    CALL("flock", flock(fd, LOCK_EX | LOCK_NB));
    CHILD({
        int other = open("l", O_RDWR);
        CALL("flock by another", flock(other, LOCK_EX | LOCK_NB));
        CALL("flock shared by another", flock(other, LOCK_SH | LOCK_NB));
    });
    CALL("flock shared", flock(fd, LOCK_SH | LOCK_NB));
    CHILD({
        int other = open("l", O_RDWR);
        CALL("flock shared by both", flock(other, LOCK_SH | LOCK_NB));
    });
    CALL("flock unlock", flock(fd, LOCK_UN));
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 4};
    CALL("fcntl lock", fcntl(fd, F_SETLK, &lock));
    CHILD({
        int other = open("l", O_RDWR);
        struct flock wish = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 1};
        CALL("fcntl by another", fcntl(other, F_SETLK, &wish));
        CALL("fcntl getlk", fcntl(other, F_GETLK, &wish));
        say("fcntl getlk gives", "type %d start %ld length %ld", wish.l_type, (long)wish.l_start, (long)wish.l_len);
        wish = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 4, .l_len = 1};
        CALL("fcntl beside", fcntl(other, F_SETLK, &wish));
    });
    lock.l_type = F_UNLCK;
    CALL("fcntl unlock", fcntl(fd, F_SETLK, &lock));
    lock.l_type = F_WRLCK;
    lock.l_pid = 0;
    CALL("OFD lock", fcntl(fd, F_OFD_SETLK, &lock));
    int second = open("l", O_RDWR);
    CALL("OFD lock by the same process", fcntl(second, F_OFD_SETLK, &lock));
    CALL("lease", fcntl(fd, F_SETLEASE, F_WRLCK));
    close(second);
    close(fd);
}

static void mapping(void) {
    int fd = make("m", "");
    ftruncate(fd, 8192);
    char *shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    say("mmap shared", "%s", shared == MAP_FAILED ? error_name(errno) : "ok");
    if (shared != MAP_FAILED) {
        strcpy(shared, "mapped");
        CALL("msync", msync(shared, 8192, MS_SYNC));
        read_all("mmap shared read", "m");
        pwrite(fd, "WRITTEN", 7, 4096);
        say("mmap sees a write", "%.7s", shared + 4096);
        CHILD({ strcpy(shared, "child"); });
        say("mmap sees a child", "%.5s", shared);
        munmap(shared, 8192);
    }
    char *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    say("mmap private", "%s", private == MAP_FAILED ? error_name(errno) : "ok");
    if (private != MAP_FAILED) {
        strcpy(private, "PRIVATE");
        read_all("mmap private read", "m");
    }
    void *execute = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    say("mmap execute", "%s", execute == MAP_FAILED ? error_name(errno) : "ok");
    int readonly = open("m", O_RDONLY);
    void *refused = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, readonly, 0);
    say("mmap shared of a reader", "%s", refused == MAP_FAILED ? error_name(errno) : "ok");
    CHILD({
        char *beyond = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 8192);
        say("mmap beyond", "%s", beyond == MAP_FAILED ? error_name(errno) : "ok");
        fflush(stdout);
        if (beyond != MAP_FAILED) say("mmap beyond read", "%d", beyond[0]);
    });
    CALL("readahead", readahead(fd, 0, 8192));
    CALL("fadvise", posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED));
    close(readonly);
    close(fd);
}

static void directories(void) {
    enum { COUNT = 300 };
    mkdir("many", 0755);
    int here = open("many", O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < COUNT; i++) {
        char name[64];
        snprintf(name, sizeof name, "an-entry-with-a-name-of-some-length-%04d", i);
        int fd = openat(here, name, O_RDWR | O_CREAT, 0644);
        if (fd >= 0) close(fd);
    }
    DIR *all = opendir("many");
    if (!all) return say("opendir", "%s", error_name(errno));
    int seen = 0, types = 0, dots = 0;
    long position = -1;
    char at[256] = "";
    for (struct dirent *entry; (entry = readdir(all));) {
        if (entry->d_name[0] == '.') { dots++; continue; }
        if (seen == 150) strcpy(at, entry->d_name);
        seen++;
        if (entry->d_type == DT_REG) types++;
        if (seen == 150) position = telldir(all);
    }
    say("readdir", "%d entries, %d types, %d dots", seen, types, dots);
    seekdir(all, position);
    struct dirent *again = readdir(all);
    say("seekdir", "%s", again && !strcmp(again->d_name, at) ? "the same entry" : "another entry");
    rewinddir(all);
    int removed = 0, listed = 0;
    for (struct dirent *entry; (entry = readdir(all));) {
        if (entry->d_name[0] == '.') continue;
        listed++;
        if (!unlinkat(here, entry->d_name, 0)) removed++;
    }
    say("readdir while removing", "%d listed, %d removed", listed, removed);
    closedir(all);
    CALL("rmdir many", rmdir("many"));
    close(here);
}

static void watching(void) {
    int watch = inotify_init1(IN_NONBLOCK);
    mkdir("watched", 0755);
    CALL("inotify add", inotify_add_watch(watch, "watched", IN_ALL_EVENTS));
    put("watched/new", "text");
    rename("watched/new", "watched/moved");
    unlink("watched/moved");
    char events[4096] __attribute__((aligned(8)));
    ssize_t got = read(watch, events, sizeof events);
    unsigned mask = 0;
    for (char *at = events; got > 0 && at < events + got;) {
        struct inotify_event *event = (struct inotify_event *)at;
        mask |= event->mask;
        at += sizeof *event + event->len;
    }
    say("inotify events", "%x", mask);
    close(watch);
}

static void copying(void) {
    void *volatile nowhere = (void *)1;
    int from = make("from", "copied content"), to = make("to", "");
    off_t offset = 0;
    CALL("sendfile", sendfile(to, from, &offset, 14));
    read_all("sendfile gives", "to");
    loff_t in = 0, out = 0;
    CALL("copy_file_range", copy_file_range(from, &in, to, &out, 6, 0));
    in = 0;
    out = 6;
    CALL("copy_file_range same file", copy_file_range(to, &in, to, &out, 6, 0));
    int pipes[2];
    if (pipe(pipes)) abort();
    in = 0;
    CALL("splice in", splice(from, &in, pipes[1], NULL, 14, 0));
    out = 0;
    CALL("splice out", splice(pipes[0], NULL, to, &out, 14, 0));
    OK("clone", syscall(SYS_ioctl, to, 0x40049409, from));
    CALL("write bad buffer", write(to, nowhere, 10));
    CALL("write nothing", write(to, "", 0));
    CALL("read directory", read(open(".", O_RDONLY), pipes, 4));
    CALL("pwrite negative", pwrite(to, "x", 1, -1));
    char big[1 << 16];
    memset(big, 'z', sizeof big);
    long total = 0;
    for (int i = 0; i < 64; i++) total += write(to, big, sizeof big);
    say("write 4 MiB", "%ld", total);
    struct stat st;
    fstat(to, &st);
    say("write 4 MiB gives", "%ld", (long)st.st_size);
    close(from);
    close(to);
}

static void handles(void) {
    struct stat one, two;
    put("i1", "");
    stat("i1", &one);
    rename("i1", "i2");
    stat("i2", &two);
    say("inode after rename", "%s", one.st_ino == two.st_ino ? "the same" : "another");
    link("i2", "i3");
    stat("i3", &two);
    say("inode of a link", "%s", one.st_ino == two.st_ino ? "the same" : "another");
    mkdir("id", 0755);
    stat("id", &two);
    say("device of a directory", "%s", one.st_dev == two.st_dev ? "the same" : "another");
    struct { unsigned bytes; int type; unsigned char handle[128]; } handle = {.bytes = 128};
    int mount = 0;
    OK("name_to_handle_at", syscall(SYS_name_to_handle_at, AT_FDCWD, "i2", &handle, &mount, 0));
    unsigned flags = 0;
    int fd = open("i2", O_RDONLY);
    OK("FS_IOC_GETFLAGS", syscall(SYS_ioctl, fd, 0x80086601, &flags));
    close(fd);
}

int files(const char *directory) {
    umask(022);
    if (chdir(directory)) {
        say("chdir", "%s", error_name(errno));
        return 1;
    }
    /* Each part in a directory of its own. */
    static const struct { const char *name; void (*run)(void); } parts[] = {{"opening", opening}, {"names", names}, {"links", links},
        {"renames", renames}, {"special", special}, {"unlinked", unlinked}, {"nameless", nameless}, {"attributes", attributes}, {"owners", owners},
        {"times", times}, {"space", space}, {"locks", locks}, {"mapping", mapping}, {"directories", directories},
        {"watching", watching}, {"copying", copying}, {"handles", handles}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (mkdir(parts[i].name, 0755) && errno != EEXIST) say(parts[i].name, "mkdir %s", error_name(errno));
        CHILD({
            if (chdir(parts[i].name)) say(parts[i].name, "chdir %s", error_name(errno));
            else parts[i].run();
        });
    }
    say("end", "of files");
    return 0;
}
