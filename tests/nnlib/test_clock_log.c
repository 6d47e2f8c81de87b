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
