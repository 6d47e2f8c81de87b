/* clock_log.c - time, and the log on stderr: one write a line, so that lines of several threads stay whole. */
#include "lib/base/lg.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/banned.h"

double lg_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void utc_now(struct tm *day, long *nanoseconds)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, day);
    *nanoseconds = t.tv_nsec;
}

void lg_time_iso(char out[32])
{
    struct tm day;
    long ns;
    utc_now(&day, &ns);
    size_t n = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &day);
    snprintf(out + n, 32 - n, ".%06ldZ", ns / 1000);
}

static _Thread_local char thread_name[16];

/* The first thread keeps its name for the system: there it is the name of the process, which people look for. */
void lg_thread_name(const char *name)
{
    snprintf(thread_name, sizeof thread_name, "%s", name);
#ifdef __linux__
    if (syscall(SYS_gettid) != getpid()) pthread_setname_np(pthread_self(), thread_name);
#endif
}

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static int level_wanted = LG_LOG_WARN; /* written once, under the pthread_once below */
static pthread_once_t level_once = PTHREAD_ONCE_INIT;

static void level_read(void)
{
    const char *text = getenv("LOGOLENS_LOG");
    for (int i = LG_LOG_ERROR; text && i <= LG_LOG_DEBUG; i++)
        if (lg_casecmp(text, level_names[i]) == 0) level_wanted = i;
}

static size_t (*log_filter)(char *text, size_t len);

void lg_log_filter(size_t (*filter)(char *text, size_t len))
{
    log_filter = filter;
}

static atomic_int log_fd = STDERR_FILENO;

void lg_log_fd(int fd)
{
    atomic_store(&log_fd, fd);
}

/* Length of what snprintf left in a field of this size. */
static size_t written(int n, size_t size)
{
    return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

bool lg_takes(int fd)
{
    struct pollfd item = {.fd = fd, .events = POLLOUT};
    return poll(&item, 1, 0) == 1 && (item.revents & POLLOUT);
}

static atomic_uint lost; /* lines since the last one that was written */

static void write_line(const char *line, size_t len)
{
    int fd = atomic_load(&log_fd);
    if (!lg_takes(fd) || write(fd, line, len) < 0) atomic_fetch_add(&lost, 1);
}

static void tell_of_the_lost(const char *line, size_t prefix)
{
    char text[128];
    unsigned count = lg_takes(atomic_load(&log_fd)) ? atomic_exchange(&lost, 0) : 0;
    if (!count) return;
    int n = snprintf(text, sizeof text, "%.*slines of the log that had no room: %u\n", (int)prefix, line, count);
    write_line(text, written(n, sizeof text));
}

void lg_log(lg_log_level level, const char *fmt, ...)
{
    int keep = errno;
    pthread_once(&level_once, level_read);
    if ((int)level > level_wanted || level < LG_LOG_ERROR) return;
    struct tm day;
    long ns;
    char line[2048];
    utc_now(&day, &ns);
    size_t n = strftime(line, sizeof line, "%H:%M:%S", &day);
    n += written(
        snprintf(line + n, sizeof line - n, ".%03ld %-5s %-15s ", ns / 1000000, level_names[level], thread_name),
        sizeof line - n);
    size_t prefix = n;
    va_list ap;
    va_start(ap, fmt);
    n += written(vsnprintf(line + n, sizeof line - n, fmt, ap), sizeof line - n);
    va_end(ap);
    if (log_filter) n = log_filter(line, n);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f) line[i] = ' '; /* one event, one line */
    line[n] = '\n';
    tell_of_the_lost(line, prefix);
    write_line(line, n + 1);
    errno = keep;
}
