/* confine.c - limits, Landlock and a seccomp filter, all through plain system calls. */
#include "lib/base/confine.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/banned.h"

/* ---- limits ---- */
/* Pages mapped now, in bytes; 0 where it cannot be told. */
static size_t mapped_now(void)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f) return 0;
    if (fscanf(f, "%lu", &pages) != 1) pages = 0;
    fclose(f);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static bool limit(int what, size_t most)
{
    struct rlimit r = {.rlim_cur = most, .rlim_max = most};
    return setrlimit((__rlimit_resource_t)what, &r) == 0;
}

/* The last descriptors were opened before this. */
static bool limit_all(size_t now, size_t memory)
{
    bool held = !now || limit(RLIMIT_AS, now + memory);
    held &= limit(RLIMIT_CORE, 0);
    held &= limit(RLIMIT_FSIZE, 0);
    held &= limit(RLIMIT_NPROC, 0);
    return limit(RLIMIT_NOFILE, 0) && held;
}

/* ---- Landlock: rights are handled, and no rule gives any back ---- */
/* The numbers of the calls are the same on all processors; headers older than the running kernel lack the newer
 * rights, so that they are written out. */
enum { LANDLOCK_CREATE = 444, LANDLOCK_RESTRICT = 446, LANDLOCK_VERSION = 1 };
typedef struct ruleset {
    uint64_t files, net, scoped;
} ruleset;

static bool landlock(void)
{
    static const uint64_t files[] = {[1] = 0x1fff, [2] = 0x3fff, [3] = 0x7fff, [4] = 0x7fff, [5] = 0xffff};
    long version = syscall(LANDLOCK_CREATE, NULL, 0, LANDLOCK_VERSION);
    if (version < 1) return false;
    ruleset rules = {.files = files[version < 5 ? version : 5]};
    size_t size = sizeof rules.files;
    if (version >= 4) rules.net = 3, size += sizeof rules.net;       /* bind, connect */
    if (version >= 6) rules.scoped = 3, size += sizeof rules.scoped; /* abstract sockets, signals */
    long fd = syscall(LANDLOCK_CREATE, &rules, size, 0);
    if (fd < 0) return false;
    bool held = syscall(LANDLOCK_RESTRICT, (int)fd, 0) == 0;
    close((int)fd);
    return held;
}

/* ---- seccomp ---- */
#if defined(__x86_64__)
#define FILTER_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define FILTER_ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef FILTER_ARCH
/* What a decoder, the C library's memory and the sanitizers' runtime call. */
static const int allowed[] = {
    SYS_read,          SYS_write,           SYS_close,          SYS_exit,        SYS_exit_group,
    SYS_brk,           SYS_munmap,          SYS_mremap,         SYS_madvise,     SYS_futex,
    SYS_getpid,        SYS_gettid,          SYS_rt_sigprocmask, SYS_sigaltstack, SYS_rt_sigreturn,
    SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep,      SYS_sched_yield, SYS_restart_syscall,
};
enum { ALLOWED = sizeof allowed / sizeof *allowed, RULES = 4 + 2 * ALLOWED + 7 };

/* Each call that is allowed ends the filter at once; of mmap and mprotect the third argument decides. */
static size_t write_filter(struct sock_filter f[RULES])
{
    const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const struct sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    size_t n = 0;
    f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FILTER_ARCH, 1, 0);
    f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < ALLOWED; i++) {
        f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)allowed[i], 0, 1);
        f[n++] = allow;
    }
    f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 2, 0);
    f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 1, 0);
    f[n++] = refuse;
    f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2]));
    f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1);
    f[n++] = refuse;
    f[n++] = allow;
    return n;
}

static bool filter_calls(void)
{
    struct sock_filter filter[RULES];
    struct sock_fprog program = {.filter = filter};
    program.len = (unsigned short)write_filter(filter);
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
#else
static bool filter_calls(void)
{
    return false;
}
#endif

unsigned lg_confine(size_t memory)
{
    unsigned held = 0;
    size_t now = memory && !LG_SANITIZED ? mapped_now() : 0;
    prctl(PR_SET_DUMPABLE, 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && landlock()) held |= LG_CONFINED_FILES;
    if (limit_all(now, memory)) held |= LG_CONFINED_LIMITS;
    if (filter_calls()) held |= LG_CONFINED_CALLS;
    return held;
}

void lg_close_from(int first)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, (unsigned)first, ~0u, 0) == 0) return;
#endif
    struct rlimit r;
    int most = getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < 65536 ? (int)r.rlim_cur : 65536;
    for (int fd = first; fd < most; fd++) close(fd);
}
