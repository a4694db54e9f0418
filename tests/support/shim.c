/* Put before libc by LD_PRELOAD: writes down what a process writes and syncs, or lets its disk fail on request.
 *
 * TRACE_FILE: a log of every write, sync, rename, creation and removal below TRACE_ROOT, in order.
 * FAULT_FILE: while this file exists, fsync and fdatasync fail with EIO, as do writes if its first letter is 'w'.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int out = -2;
static ssize_t (*real_write)(int, const void *, size_t);

#define REAL(result, name, ...) \
    static result (*real)(__VA_ARGS__); \
    if (!real) real = dlsym(RTLD_NEXT, #name)

static int traced(void) {
    if (out == -2) {
        char *name = getenv("TRACE_FILE");
        real_write = dlsym(RTLD_NEXT, "write");
        int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
        out = name ? real_open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    }
    return out >= 0;
}

static int below(const char *path) {
    char *root = getenv("TRACE_ROOT");
    return root && path && strncmp(path, root, strlen(root)) == 0;
}

static int named(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, PATH_MAX - 1);
    if (size < 0) return 0;
    path[size] = 0;
    return below(path);
}

static void tell(char kind, const char *path, const char *other, off_t at, const void *data, size_t size) {
    char head[2 * PATH_MAX + 64];
    int length = snprintf(head, sizeof head, "%c\t%s\t%s\t%lld\t%zu\n", kind, path, other, (long long)at, size);
    real_write(out, head, length);
    if (data) real_write(out, data, size);
}

static int failing(int fd, char wanted) {
    char *name = getenv("FAULT_FILE"), path[PATH_MAX], kind = 0;
    if (!name || !named(fd, path)) return 0;
    int file = open(name, O_RDONLY);
    if (file < 0) return 0;
    if (read(file, &kind, 1) < 0) kind = 0;
    close(file);
    return wanted == 's' || kind == 'w';
}

static ssize_t put(ssize_t done, int fd, const void *data, off_t at) {
    char path[PATH_MAX];
    if (done > 0 && traced() && named(fd, path)) tell('w', path, "", at, data, done);
    return done;
}

#define PWRITE(name) \
    ssize_t name(int fd, const void *data, size_t size, off_t at) { \
        REAL(ssize_t, name, int, const void *, size_t, off_t); \
        if (failing(fd, 'w')) { errno = EIO; return -1; } \
        pthread_mutex_lock(&turn); \
        ssize_t done = put(real(fd, data, size, at), fd, data, at); \
        pthread_mutex_unlock(&turn); \
        return done; \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t);
    if (failing(fd, 'w')) { errno = EIO; return -1; }
    pthread_mutex_lock(&turn);
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (fcntl(fd, F_GETFL) & O_APPEND) at = lseek(fd, 0, SEEK_END);
    ssize_t done = put(real(fd, data, size), fd, data, at);
    pthread_mutex_unlock(&turn);
    return done;
}

#define SYNC(name) \
    int name(int fd) { \
        REAL(int, name, int); \
        char path[PATH_MAX]; \
        if (failing(fd, 's')) { errno = EIO; return -1; } \
        pthread_mutex_lock(&turn); \
        int done = real(fd); \
        if (!done && traced() && named(fd, path)) tell('s', path, "", 0, NULL, 0); \
        pthread_mutex_unlock(&turn); \
        return done; \
    }
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name) \
    int name(int fd, off_t size) { \
        REAL(int, name, int, off_t); \
        char path[PATH_MAX]; \
        pthread_mutex_lock(&turn); \
        int done = real(fd, size); \
        if (!done && traced() && named(fd, path)) tell('t', path, "", size, NULL, 0); \
        pthread_mutex_unlock(&turn); \
        return done; \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(int, name, const char *, int, ...); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        if (!below(path)) return real(path, flags, mode); \
        pthread_mutex_lock(&turn); \
        int fresh = flags & O_CREAT && access(path, F_OK) != 0; \
        int fd = real(path, flags, mode); \
        if (fd >= 0 && fresh && traced()) tell('c', path, "", 0, NULL, 0); \
        if (fd >= 0 && !fresh && flags & O_TRUNC && traced()) tell('t', path, "", 0, NULL, 0); \
        pthread_mutex_unlock(&turn); \
        return fd; \
    }
OPEN(open)
OPEN(open64)

int rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *);
    pthread_mutex_lock(&turn);
    int done = real(from, to);
    if (!done && below(to) && traced()) tell('r', from, to, 0, NULL, 0);
    pthread_mutex_unlock(&turn);
    return done;
}

int unlink(const char *path) {
    REAL(int, unlink, const char *);
    pthread_mutex_lock(&turn);
    int done = real(path);
    if (!done && below(path) && traced()) tell('u', path, "", 0, NULL, 0);
    pthread_mutex_unlock(&turn);
    return done;
}

int mkdir(const char *path, mode_t mode) {
    REAL(int, mkdir, const char *, mode_t);
    pthread_mutex_lock(&turn);
    int done = real(path, mode);
    if (!done && below(path) && traced()) tell('m', path, "", 0, NULL, 0);
    pthread_mutex_unlock(&turn);
    return done;
}
