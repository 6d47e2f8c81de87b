/* The pool: every piece once, the same result whatever its size, reuse, callers side by side, quotas of containers. */
#include "lib/base/cgroup.h"
#include "lib/base/pool.h"
#include "tests/support/test.h"
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

enum { PIECES = 257 };
typedef struct job {
    int times[PIECES];
    double part[PIECES];
    int size;
    atomic_int outside;            /* pieces given a worker number out of range */
    atomic_int in_use[64], shared; /* two pieces at once on one worker number */
} job;

static void work(void *ctx, int piece, int worker)
{
    job *j = ctx;
    if (worker < 0 || worker >= j->size) atomic_fetch_add(&j->outside, 1);
    if (atomic_exchange(&j->in_use[worker], 1)) atomic_fetch_add(&j->shared, 1);
    j->times[piece]++;
    double sum = 0;
    for (int i = 1; i <= piece; i++) sum += 1.0 / i;
    j->part[piece] = sum;
    atomic_store(&j->in_use[worker], 0);
}

static double total(lg_pool *pool)
{
    static job j; /* one run at a time in this test */
    memset(&j, 0, sizeof j);
    j.size = lg_pool_size(pool);
    lg_pool_run(pool, PIECES, work, &j);
    double sum = 0;
    for (int i = 0; i < PIECES; i++) {
        CHECK_INT(j.times[i], 1);
        sum += j.part[i];
    }
    CHECK_INT(atomic_load(&j.outside), 0);
    CHECK_INT(atomic_load(&j.shared), 0);
    return sum;
}

TEST(same_result_for_every_size)
{
    double alone = total(NULL);
    for (int threads = 1; threads <= 8; threads++) {
        lg_err err = {0};
        lg_pool *pool;
        CHECK_OK(lg_pool_new(threads, &pool, &err));
        CHECK_INT(lg_pool_size(pool), threads);
        for (int i = 0; i < 20; i++) CHECK(total(pool) == alone);
        lg_pool_free(pool);
    }
}

static void count(void *ctx, int piece, int worker)
{
    (void)worker;
    ((unsigned char *)ctx)[piece]++; /* unsynchronised on purpose: what the pool promises must order it */
}

TEST(ten_thousand_runs_without_allocating)
{
    for (int threads = 1; threads <= 8; threads++) {
        lg_err err = {0};
        lg_pool *pool;
        unsigned char seen[7] = {0}, want = 0;
        CHECK_OK(lg_pool_new(threads, &pool, &err));
        long before = lg_alloc_count();
        for (int run = 0; run < 10000; run++) {
            int pieces = run % 8;
            lg_pool_run(pool, pieces, count, seen);
            if (pieces == 7) want++;
        }
        CHECK_INT(lg_alloc_count(), before);
        CHECK_INT(seen[6], want);
        lg_pool_free(pool);
    }
}

typedef struct caller {
    lg_pool *pool;
    long sum;
} caller;

static void add_up(void *ctx, int piece, int worker)
{
    (void)worker;
    ((long *)ctx)[piece] += piece;
}

static void *call_often(void *arg)
{
    caller *c = arg;
    long part[16] = {0};
    for (int i = 0; i < 500; i++) lg_pool_run(c->pool, 16, add_up, part);
    for (int i = 0; i < 16; i++) c->sum += part[i];
    return NULL;
}

TEST(callers_side_by_side)
{
    lg_err err = {0};
    lg_pool *pool;
    pthread_t thread[4];
    caller c[4];
    CHECK_OK(lg_pool_new(3, &pool, &err));
    for (int i = 0; i < 4; i++) {
        c[i] = (caller){.pool = pool};
        CHECK_INT(pthread_create(&thread[i], NULL, call_often, &c[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
        CHECK_INT(c[i].sum, 500 * 120);
    }
    lg_pool_free(pool);
}

static void run_inner(void *ctx, int piece, int worker)
{
    (void)piece, (void)worker;
    unsigned char seen[4] = {0};
    lg_pool_run(ctx, 4, count, seen);
    LG_BUG_ON(seen[0] + seen[1] + seen[2] + seen[3] != 4);
}

TEST(a_piece_may_use_another_pool)
{
    lg_err err = {0};
    lg_pool *outer, *inner;
    CHECK_OK(lg_pool_new(3, &outer, &err));
    CHECK_OK(lg_pool_new(2, &inner, &err));
    for (int i = 0; i < 100; i++) lg_pool_run(outer, 9, run_inner, inner);
    lg_pool_free(outer);
    lg_pool_free(inner);
}

typedef struct mask_job {
    atomic_bool met, open; /* a worker took part; one of them could get SIGINT */
} mask_job;

/* The caller's piece waits (10 s at most) for a worker to take another: so the job really is shared out. */
static void masked(void *ctx, int piece, int worker)
{
    (void)piece;
    mask_job *j = ctx;
    sigset_t now;
    for (int i = 0; worker == 0 && i < 10000 && !atomic_load(&j->met); i++) usleep(1000);
    if (worker == 0) return;
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    if (!sigismember(&now, SIGINT)) atomic_store(&j->open, true);
    atomic_store(&j->met, true);
}

TEST(workers_take_part_and_block_signals)
{
    lg_err err = {0};
    lg_pool *pool;
    mask_job j = {0};
    sigset_t now;
    CHECK_OK(lg_pool_new(2, &pool, &err));
    lg_pool_run(pool, 2, masked, &j);
    lg_pool_free(pool);
    CHECK(atomic_load(&j.met));
    CHECK(!atomic_load(&j.open));
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    CHECK(!sigismember(&now, SIGINT)); /* the caller's mask is as it was */
}

TEST(odd_sizes)
{
    lg_err err = {0};
    lg_pool *pool;
    CHECK_OK(lg_pool_new(0, &pool, &err));
    CHECK_INT(lg_pool_size(pool), lg_pool_default_size());
    lg_pool_run(pool, 0, count, NULL);
    lg_pool_run(pool, -5, count, NULL);
    lg_pool_free(pool);
    lg_pool_free(NULL);
    CHECK_INT(lg_pool_size(NULL), 1);
    lg_alloc_fail_at(1, false);
    CHECK_INT(lg_pool_new(2, &pool, &err), LG_E_MEMORY);
}

/* ---- quotas ---- */
static char folder[64];

static void put(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *f = fopen(path, "w");
    if (!f) TEST_FAIL("cannot write %s", path);
    fputs(text, f);
    fclose(f);
}

static double cores(const char *self)
{
    char file[128];
    put("self", self);
    snprintf(file, sizeof file, "%s/self", folder);
    return lg_cgroup_cores(file, folder);
}

static double memory(const char *self)
{
    char file[128];
    put("self", self);
    snprintf(file, sizeof file, "%s/self", folder);
    return lg_cgroup_memory(file, folder);
}

TEST(memory_of_control_groups)
{
    snprintf(folder, sizeof folder, "/tmp/lg_pool_XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    CHECK_NEAR(memory("0::/\n"), 0, 0);
    put("a/memory.max", "max\n");
    CHECK_NEAR(memory("0::/a\n"), 0, 0);
    put("a/b/memory.max", "2147483648\n");
    CHECK_NEAR(memory("0::/a/b\n"), 2147483648.0, 0);
    put("a/memory.max", "1000000\n");
    CHECK_NEAR(memory("0::/a/b\n"), 1e6, 0);
    put("memory/x/memory.limit_in_bytes", "5000000\n");
    put("memory/memory.limit_in_bytes", "9223372036854771712\n"); /* version 1 for none */
    CHECK_NEAR(memory("4:cpu,cpuacct:/x\n11:memory:/x\n"), 5e6, 0);
    CHECK_NEAR(memory("11:memory:/elsewhere\n"), 0, 0);
    CHECK(lg_memory() > 1e6 && lg_memory() <= (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE));
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    CHECK_INT(system(command), 0);
}

TEST(quota_of_control_groups)
{
    snprintf(folder, sizeof folder, "/tmp/lg_pool_XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    CHECK_NEAR(cores("0::/\n"), 0, 0);
    put("a/cpu.max", "max 100000\n");
    CHECK_NEAR(cores("0::/a\n"), 0, 0);
    put("a/b/cpu.max", "250000 100000\n");
    CHECK_NEAR(cores("0::/a/b\n"), 2.5, 0);
    put("a/cpu.max", "50000 100000\n");
    CHECK_NEAR(cores("0::/a/b\n"), 0.5, 0); /* the group above is the narrower one */
    CHECK_NEAR(cores("0::/not/visible/here\n"), 0, 0);
    put("cpu/docker/cpu.cfs_quota_us", "300000\n");
    put("cpu/docker/cpu.cfs_period_us", "100000\n");
    CHECK_NEAR(cores("11:memory:/x\n4:cpu,cpuacct:/docker\n1:name=systemd:/docker\n"), 3, 0);
    put("cpu/docker/cpu.cfs_quota_us", "-1\n");
    CHECK_NEAR(cores("4:cpu,cpuacct:/docker\n"), 0, 0);
    put("a/cpu.max", "rubbish\n");
    CHECK_NEAR(cores("0::/a\n"), 0, 0);
    CHECK_NEAR(cores("nonsense\n::\n0:\n"), 0, 0);
    CHECK_NEAR(cores("0::/../../etc\n"), 0, 0);
    CHECK_NEAR(lg_cgroup_cores("/nowhere/at/all", folder), 0, 0);
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    CHECK_INT(system(command), 0);
    CHECK(lg_pool_default_size() >= 1);
    CHECK(lg_pool_default_size() <= sysconf(_SC_NPROCESSORS_CONF));
}
