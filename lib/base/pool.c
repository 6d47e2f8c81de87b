/* pool.c - a job is opened under the lock; workers join it under the lock, take pieces from an atomic counter without
 * it, and leave under it. The caller works too, closes the job to latecomers, and waits until the last has left; so a
 * worker that wakes late never meets a job that is over, and nothing is left of one job when the next begins. */
#include "lib/base/pool.h"
#include "lib/base/cgroup.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { POOL_MAX = 256, SPIN = 1000 };

typedef struct pool_worker {
    lg_pool *pool;
    pthread_t thread;
    int number;
} pool_worker;

struct lg_pool {
    pthread_mutex_t turn; /* held for a whole run: one job at a time */
    pthread_mutex_t lock; /* guards what follows, down to `left` */
    pthread_cond_t wake;  /* a job was opened, or stop */
    pthread_cond_t left;  /* the last worker left the job */
    lg_pool_fn *fn;
    void *ctx;
    int pieces, sleeping, size, spin;
    bool open, stop;
    atomic_uint serial; /* counts the jobs; changed under the lock, read without it by those who spin */
    atomic_int active;  /* workers in the job; changed under the lock, read without it by the caller who spins */
    _Alignas(64) atomic_llong next; /* the next piece nobody has taken */
    _Alignas(64) pool_worker worker[POOL_MAX];
};

static _Thread_local const lg_pool *inside; /* the pool whose piece this thread is running */

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void take_pieces(lg_pool *pool, lg_pool_fn *fn, void *ctx, int pieces, int worker)
{
    inside = pool;
    for (;;) {
        long long piece = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (piece >= pieces) break;
        fn(ctx, (int)piece, worker);
    }
    inside = NULL;
}

/* Waits a moment for a job newer than `seen` without giving the core away; the truth is read under the lock later. */
static void spin_for_job(lg_pool *pool, unsigned seen)
{
    for (int i = 0; i < pool->spin; i++) {
        if (atomic_load_explicit(&pool->serial, memory_order_relaxed) != seen) return;
        pause_briefly();
    }
}

static void *worker_main(void *arg)
{
    pool_worker *me = arg;
    lg_pool *pool = me->pool;
    char name[16];
    unsigned seen = 0;
    snprintf(name, sizeof name, "pool-%d", me->number);
    lg_thread_name(name);
    for (;;) {
        spin_for_job(pool, seen);
        pthread_mutex_lock(&pool->lock);
        while (!pool->stop && !(pool->open && atomic_load_explicit(&pool->serial, memory_order_relaxed) != seen)) {
            pool->sleeping++;
            pthread_cond_wait(&pool->wake, &pool->lock);
            pool->sleeping--;
        }
        if (pool->stop) break;
        seen = atomic_load_explicit(&pool->serial, memory_order_relaxed);
        atomic_fetch_add_explicit(&pool->active, 1, memory_order_relaxed);
        lg_pool_fn *fn = pool->fn;
        void *ctx = pool->ctx;
        int pieces = pool->pieces;
        pthread_mutex_unlock(&pool->lock);

        take_pieces(pool, fn, ctx, pieces, me->number);

        pthread_mutex_lock(&pool->lock);
        if (atomic_fetch_sub_explicit(&pool->active, 1, memory_order_release) == 1) pthread_cond_signal(&pool->left);
        pthread_mutex_unlock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void job_open(lg_pool *pool, int pieces, lg_pool_fn *fn, void *ctx)
{
    pthread_mutex_lock(&pool->lock);
    pool->fn = fn;
    pool->ctx = ctx;
    pool->pieces = pieces;
    pool->open = true;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    atomic_fetch_add_explicit(&pool->serial, 1, memory_order_relaxed);
    int helpers = pieces - 1 < pool->sleeping ? pieces - 1 : pool->sleeping;
    for (int i = 0; i < helpers; i++) pthread_cond_signal(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

static void job_close(lg_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->open = false;
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->spin && atomic_load_explicit(&pool->active, memory_order_acquire); i++) pause_briefly();
    pthread_mutex_lock(&pool->lock);
    while (atomic_load_explicit(&pool->active, memory_order_relaxed)) pthread_cond_wait(&pool->left, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

void lg_pool_run(lg_pool *pool, int pieces, lg_pool_fn *fn, void *ctx)
{
    if (!pool) {
        for (int i = 0; i < pieces; i++) fn(ctx, i, 0);
        return;
    }
    LG_BUG_ON(inside == pool);
    if (pieces <= 0) return;
    pthread_mutex_lock(&pool->turn);
    bool alone = pieces == 1 || pool->size == 1;
    if (alone) {
        atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    } else {
        job_open(pool, pieces, fn, ctx);
    }
    const lg_pool *outer = inside; /* a piece of another pool may be running us */
    take_pieces(pool, fn, ctx, pieces, 0);
    inside = outer;
    if (!alone) job_close(pool);
    pthread_mutex_unlock(&pool->turn);
}

/* Starts the workers with all signals blocked, so that signals reach the threads that wait for them. A system that
 * refuses a thread leaves a smaller pool: results do not depend on its size. */
static void workers_start(lg_pool *pool, int threads)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 1; i < threads; i++) {
        pool_worker *w = &pool->worker[i];
        *w = (pool_worker){.pool = pool, .number = i};
        int failed = pthread_create(&w->thread, NULL, worker_main, w);
        if (failed) {
            lg_log(LG_LOG_WARN, "only %d of %d threads could be started: %s", i, threads, strerror(failed));
            break;
        }
        pool->size = i + 1;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

lg_status lg_pool_new(int threads, lg_pool **out, lg_err *err)
{
    lg_pool *pool = lg_alloc(1, sizeof *pool, err);
    if (!pool) return err->status;
    int cores = lg_pool_default_size();
    if (threads <= 0) threads = cores;
    if (threads > POOL_MAX) threads = POOL_MAX;
    pthread_mutex_init(&pool->turn, NULL);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->left, NULL);
    pool->size = 1;
    pool->spin = threads <= cores ? SPIN : 0; /* with more threads than cores a spinning one is in the others' way */
    workers_start(pool, threads);
    *out = pool;
    return LG_OK;
}

void lg_pool_free(lg_pool *pool)
{
    if (!pool) return;
    pthread_mutex_lock(&pool->lock);
    pool->stop = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 1; i < pool->size; i++) pthread_join(pool->worker[i].thread, NULL);
    pthread_cond_destroy(&pool->left);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    pthread_mutex_destroy(&pool->turn);
    lg_free(pool);
}

int lg_pool_size(const lg_pool *pool)
{
    return pool ? pool->size : 1;
}

int lg_pool_default_size(void)
{
    int cores = 1;
#ifdef __linux__
    cpu_set_t mask[8]; /* 8192 cores */
    if (sched_getaffinity(0, sizeof mask, mask) == 0) cores = CPU_COUNT_S(sizeof mask, mask);
#endif
    double quota = lg_cgroup_cores("/proc/self/cgroup", "/sys/fs/cgroup");
    if (quota > 0 && quota < cores) cores = (int)(quota + 0.999);
    return cores < 1 ? 1 : cores;
}
