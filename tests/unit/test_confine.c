/* What a process gives up is gone: each part in a child of its own, since nothing of it can be undone. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/support/test.h"
#include "lib/base/confine.h"

static const size_t ROOM = 64u << 20;

/* The status a child ends with, 128 + the signal where one ended it. */
static int in_child(int (*run)(void))
{
    int status = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) _exit(run());
    if (waitpid(pid, &status, 0) != pid) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#define REFUSED(call) (errno = 0, (long)(call) == -1 && errno == EPERM)

/* EPERM is the filter's own answer: limits and Landlock say something else. */
static int filter_refuses(void)
{
    if (!(lg_confine(ROOM) & LG_CONFINED_CALLS)) return 99;
    if (!REFUSED(open("/proc/self/exe", O_RDONLY))) return 1;
    if (!REFUSED(socket(AF_INET, SOCK_STREAM, 0))) return 2;
    if (!REFUSED(socket(AF_UNIX, SOCK_STREAM, 0))) return 3;
    if (!REFUSED(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) return 4;
    if (!REFUSED(fork())) return 5;
    if (!REFUSED(kill(getppid(), 0))) return 6;
    if (!REFUSED(unlink("/nowhere"))) return 7;
    if (!REFUSED(dup(0))) return 8;
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return 9;
    if (!REFUSED(mprotect(p, 4096, PROT_READ | PROT_EXEC))) return 10;
    return mprotect(p, 4096, PROT_READ) ? 11 : 0;
}

TEST(the_filter_refuses)
{
    int how = in_child(filter_refuses);
    if (how == 99) SKIP("this system has no seccomp");
    CHECK_INT(how, 0);
}

static int memory_ends(void)
{
    lg_err err = {0};
    if (!(lg_confine(ROOM) & LG_CONFINED_LIMITS)) return 1;
    void *small = lg_alloc(1, ROOM / 2, &err), *large = lg_alloc(1, 2 * ROOM, &err);
    int right = small && !large && err.status == LG_E_MEMORY;
    lg_free(small);
    lg_free(large);
    return right ? 0 : 2;
}

TEST(memory_has_an_end)
{
    if (LG_SANITIZED) SKIP("sanitizers map terabytes");
    CHECK_INT(in_child(memory_ends), 0);
}

static int pipe_stays(void)
{
    int ends[2];
    char byte = 7;
    if (pipe(ends)) return 1;
    lg_close_from((ends[0] > ends[1] ? ends[0] : ends[1]) + 1);
    lg_confine(0);
    if (write(ends[1], &byte, 1) != 1 || (byte = 0, read(ends[0], &byte, 1)) != 1) return 2;
    return byte == 7 ? 0 : 3;
}

TEST(what_is_open_stays_usable)
{
    CHECK_INT(in_child(pipe_stays), 0);
}

static int all_closed(void)
{
    int low = open("/dev/null", O_RDONLY), high = fcntl(low, F_DUPFD, 300);
    if (low < 0 || high < 300) return 1;
    lg_close_from(low + 1);
    if (fcntl(low, F_GETFD) < 0) return 2;
    return fcntl(high, F_GETFD) < 0 && errno == EBADF ? 0 : 3;
}

TEST(close_from)
{
    CHECK_INT(in_child(all_closed), 0);
}
