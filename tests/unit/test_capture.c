/* Descriptors 1 and 2 while a library prints: the end must not wait for it. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kernel/jupyter/capture.h"
#include "tests/support/test.h"

static atomic_bool enough;

static void *print_on(void *unused)
{
    while (!atomic_load(&enough)) printf("a library that prints on\n");
    fflush(stdout);
    return unused;
}

/* Until the pipe has no more room: who prints waits, and has stdout locked. */
static void until_full(int pipe)
{
    int before = -1, now = 0;
    while (now != before || now < 60 << 10) {
        before = now;
        usleep(20000);
        CHECK(ioctl(pipe, FIONREAD, &now) == 0);
    }
}

TEST(the_end_does_not_wait_for_a_library_that_prints)
{
    char name[] = "/tmp/logolens-capture-XXXXXX";
    int file = mkstemp(name), out = dup(STDOUT_FILENO);
    pthread_t library;
    jp_capture capture;
    signal(SIGPIPE, SIG_IGN); /* as the kernel does */
    fflush(stdout);
    CHECK(file >= 0 && dup2(file, STDOUT_FILENO) == STDOUT_FILENO);
    jp_capture_init(&capture);
    jp_capture_open(&capture);
    CHECK(pthread_create(&library, NULL, print_on, NULL) == 0);
    until_full(capture.end[0]);
    jp_capture_close(&capture);
    atomic_store(&enough, true);
    pthread_join(library, NULL);
    CHECK(lseek(file, 0, SEEK_END) >= 60 << 10); /* what was printed before is not lost */
    dup2(out, STDOUT_FILENO);
    close(file), close(out);
    unlink(name);
}

TEST(another_in_its_place_ends_the_pipe)
{
    int out = dup(STDOUT_FILENO);
    jp_capture capture;
    fflush(stdout);
    jp_capture_init(&capture);
    jp_capture_open(&capture);
    bool before = jp_capture_take(&capture, 0);
    dup2(out, STDOUT_FILENO); /* as a library may */
    bool after = jp_capture_take(&capture, 0);
    jp_capture_close(&capture);
    CHECK(before);
    CHECK(!after); /* and the I/O thread, which it would wake for ever, looks there no more */
    close(out);
}
