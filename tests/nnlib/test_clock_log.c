/* Time and the log. */
#include "lib/base/lg.h"
#include "tests/support/test.h"
#include <errno.h>
#include <time.h>
#include <unistd.h>

TEST(clock_goes_forward)
{
    double before = lg_now();
    CHECK(before > 0);
    for (int i = 0; i < 1000; i++) {
        double now = lg_now();
        CHECK(now >= before);
        before = now;
    }
}

TEST(time_iso)
{
    char text[32];
    struct tm day = {0};
    time_t before = time(NULL);
    lg_time_iso(text);
    CHECK_INT(strlen(text), 27);
    char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &day);
    CHECK(end != NULL);
    CHECK(end[0] == '.' && end[7] == 'Z' && !end[8]);
    time_t got = timegm(&day);
    CHECK(got >= before && got <= before + 60);
}

/* What the log writes, with stderr turned into a file. LOGOLENS_LOG is read at the first line, so there is one level a
 * process: `info` here. */
TEST(log_lines)
{
    char path[] = "/tmp/lg_log_XXXXXX", text[8192] = "";
    int file = mkstemp(path), keep = dup(2);
    CHECK(file >= 0 && keep >= 0);
    setenv("LOGOLENS_LOG", "Info", 1);
    static char long_text[5000];
    memset(long_text, 'x', sizeof long_text - 1);
    fflush(stderr);
    dup2(file, 2);
    lg_thread_name("a-name-that-is-too-long");
    errno = ENOSPC;
    lg_log(LG_LOG_ERROR, "one %d", 1);
    int after = errno;
    lg_log(LG_LOG_INFO, "two\nlines\x1b[31m");
    lg_log(LG_LOG_DEBUG, "not wanted");
    lg_log(LG_LOG_WARN, "%s", long_text);
    dup2(keep, 2);
    close(keep);
    CHECK_INT(after, ENOSPC);
    ssize_t n = pread(file, text, sizeof text - 1, 0);
    close(file);
    remove(path);
    CHECK(n > 0);
    text[n] = 0;
    CHECK_HAS(text, " error a-name-that-is- one 1\n");
    CHECK_HAS(text, "two lines [31m\n");
    CHECK(!strstr(text, "not wanted"));
    int lines = 0;
    for (char *p = text; *p; p++) lines += *p == '\n';
    CHECK_INT(lines, 3);
    CHECK_HAS(text, "xxx\n");
}

/* Nobody reads the pipe: whoever logs goes on, and what is read later says that something is missing. */
TEST(a_full_pipe_is_not_waited_for)
{
    int ends[2];
    char text[70000];
    CHECK(pipe(ends) == 0);
    lg_log_fd(ends[1]);
    for (int i = 0; i < 5000; i++) lg_log(LG_LOG_ERROR, "line %d of many that nobody takes", i);
    CHECK(!lg_takes(ends[1]));
    ssize_t n = read(ends[0], text, sizeof text - 1);
    CHECK(n > 4096 && n < 5000 * 40);
    text[n] = 0;
    CHECK_HAS(text, "line 0 of many");
    CHECK(text[n - 1] == '\n' && !strstr(text, "line 4999"));
    int lines = 0;
    for (ssize_t i = 0; i < n; i++) lines += text[i] == '\n';
    lg_log(LG_LOG_ERROR, "one more");
    n = read(ends[0], text, sizeof text - 1);
    lg_log_fd(STDERR_FILENO);
    char want[100];
    snprintf(want, sizeof want, "lines of the log that had no room: %d\n", 5000 - lines);
    text[n < 0 ? 0 : n] = 0;
    CHECK_HAS(text, want);
    CHECK_HAS(text, "one more\n");
    lg_log_fd(ends[1]);
    lg_log(LG_LOG_ERROR, "and another");
    lg_log_fd(STDERR_FILENO);
    n = read(ends[0], text, sizeof text - 1);
    text[n < 0 ? 0 : n] = 0;
    CHECK(strstr(text, "and another\n") && !strstr(text, "no room")); /* it was said */
    close(ends[1]);
    CHECK(!lg_takes(ends[1])); /* nor is it written to what is gone */
    close(ends[0]);
}
