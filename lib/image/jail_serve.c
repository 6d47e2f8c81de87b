/* jail_serve.c - the helper's side of jail.h: gives everything up, then decodes one file after the other. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lib/base/confine.h"
#include "lib/image/jail.h"
#include "lib/image/jail_parts.h"
#include "lib/base/banned.h"

/* The picture itself, and once more while it is turned or while a JPEG in several scans is held. */
#define JAIL_HEAP (3 * (size_t)IMG_MAX_PIXELS + IMG_MAX_MEMORY)

/* ---- decoding ---- */
static void fill_answer(img_jail_answer *a, const img_picture *p, const img_info *info)
{
    *a = (img_jail_answer){.h = p->h,
                           .w = p->w,
                           .c = p->c,
                           .format = (int32_t)info->format,
                           .full_w = info->w,
                           .full_h = info->h,
                           .channels = info->channels,
                           .orientation = info->orientation,
                           .scale = info->scale,
                           .alpha = info->alpha,
                           .repaired = info->repaired};
}

static void one_turn(img_jail_page *page)
{
    lg_err err = {0};
    img_picture p = {0};
    img_info info = {0};
    img_jail_answer answer = {0};
    const img_jail_ask *ask = &page->ask;
    img_decode_options want = {.channels = ask->channels,
                               .min_w = ask->min_w,
                               .min_h = ask->min_h,
                               .max_pixels = ask->max_pixels,
                               .max_bytes = (size_t)ask->max_bytes};
    img_room room = {img_jail_pixels(page), JAIL_SIZE - JAIL_PIXEL_AT};
    lg_status st = img_decode_into(img_jail_file(page), (size_t)ask->len, &want, room, &p, &info, &err);
    if (st == LG_OK) fill_answer(&answer, &p, &info);
    answer.status = (uint32_t)st;
    memcpy(answer.why, err.why, sizeof answer.why);
    page->answer = answer;
}

/* When the parent ends, however it does, its end of the lifeline closes: the kernel then sends SIGIO, which ends this
 * process wherever it is. (PR_SET_PDEATHSIG would speak of the thread that started the helper.) */
static bool hold_lifeline(void)
{
    struct pollfd line = {.fd = JAIL_LIFELINE};
    if (fcntl(JAIL_LIFELINE, F_SETOWN, getpid()) || fcntl(JAIL_LIFELINE, F_SETFL, O_NONBLOCK | O_ASYNC)) return false;
    return poll(&line, 1, 0) == 0;
}

int img_jail_serve(void)
{
    struct stat memory;
    char turn = 0;
    if (fstat(JAIL_MEMORY, &memory) || memory.st_size != (off_t)JAIL_SIZE || !hold_lifeline()) {
        fputs("logolens sandbox: the kernel starts this by itself to decode pictures; try `logolens sandbox --check`\n",
              stderr);
        return 2;
    }
    img_jail_page *page = mmap(NULL, JAIL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, JAIL_MEMORY, 0);
    if (page == MAP_FAILED) return 2;
    close(JAIL_MEMORY);
    lg_close_from(JAIL_FIRST_UNUSED);
    page->confined = lg_confine(JAIL_HEAP);
    page->size = sizeof *page;
    while (write(JAIL_SOCKET, &turn, 1) == 1 && read(JAIL_SOCKET, &turn, 1) == 1) one_turn(page);
    return 0;
}

/* ---- self-check ---- */
static bool opens_file(void)
{
    return open("/proc/self/exe", O_RDONLY | O_CLOEXEC) >= 0;
}
static bool makes_file(void)
{
    return open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) >= 0;
}
static bool lists_folder(void)
{
    return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0;
}
static bool opens_socket(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0;
}
static bool opens_local_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0;
}
static bool starts_process(void)
{
    pid_t pid = fork();
    if (pid == 0) _exit(0);
    if (pid > 0) waitpid(pid, NULL, 0);
    return pid >= 0;
}
static bool runs_program(void)
{
    char *const argv[] = {(char[]){"false"}, NULL}, *const env[] = {NULL};
    execve("/bin/false", argv, env);
    return errno != EPERM && errno != EACCES;
}
static bool signals_parent(void)
{
    return kill(getppid(), 0) == 0;
}
static bool maps_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static const struct {
    const char *what;
    bool (*succeeds)(void);
} trials[] = {
    {"read a file", opens_file},
    {"make a file", makes_file},
    {"list a folder", lists_folder},
    {"open a network socket", opens_socket},
    {"open a local socket", opens_local_socket},
    {"signal its parent", signals_parent},
    {"map memory as code", maps_code},
    {"start a process", starts_process},
    {"run a program", runs_program}, /* last: where it succeeds, /bin/false says so by its status */
};

/* One write a line: stdio would ask the file what it is. */
static bool say(int fd, const char *what, const char *how)
{
    char line[128];
    int n = snprintf(line, sizeof line, "%-22s %s\n", what, how);
    return write(fd, line, (size_t)n) == n;
}

static int try_all(int out)
{
    int possible = 0;
    lg_close_from(out + 1);
    unsigned held = lg_confine(JAIL_HEAP);
    bool said = say(out, "limits", held & LG_CONFINED_LIMITS ? "in force" : "NOT THERE") &&
                say(out, "Landlock", held & LG_CONFINED_FILES ? "in force" : "not there") &&
                say(out, "seccomp", held & LG_CONFINED_CALLS ? "in force" : "NOT THERE");
    for (size_t i = 0; said && i < sizeof trials / sizeof *trials; i++) {
        bool can = trials[i].succeeds();
        possible += can;
        said = say(out, trials[i].what, can ? "POSSIBLE" : "refused");
    }
    return possible || !said;
}

/* In a process of its own, which speaks through a pipe: it could not write to a file any more. */
int img_jail_check(void)
{
    char text[4096];
    int ends[2], status = 0;
    if (pipe2(ends, O_CLOEXEC)) return 1;
    pid_t pid = fork();
    if (pid == 0) _exit(try_all(ends[1]));
    close(ends[1]);
    for (ssize_t n; pid > 0 && (n = read(ends[0], text, sizeof text)) > 0;) fwrite(text, 1, (size_t)n, stdout);
    close(ends[0]);
    return pid < 0 || waitpid(pid, &status, 0) != pid || status ? 1 : 0;
}
