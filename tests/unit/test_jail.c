/* The sandboxed helper: what it decodes is what img_decode decodes; what goes wrong there is one file's failure; what
 * it gave up is gone; it ends with its parent. Called as `test_jail sandbox` this program is a helper that lies. */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/support/test.h"
#include "lib/base/confine.h"
#include "lib/base/pool.h"
#include "lib/image/jail.h"
#include "lib/image/jail_parts.h"
#include "lib/image/png.h"

/* ---- a helper that lies: the first byte of the file says how ---- */
enum { DIE = 1, HANG, HUGE, STRANGER, ENDLESS_TEXT, MISFIT };

static void lie(img_jail_page *page)
{
    img_jail_answer a = {.h = 4, .w = 4, .c = 3, .format = IMG_PNG, .full_w = 4, .full_h = 4};
    a.channels = 3;
    a.orientation = a.scale = 1;
    int how = img_jail_file(page)[0];
    if (how == DIE) raise(SIGSEGV);
    if (how == HANG) pause();
    if (how == HUGE) a.h = a.w = a.full_h = a.full_w = 65535;
    if (how == STRANGER) a.status = 77;
    if (how == MISFIT) a.w = 4000;
    if (how == ENDLESS_TEXT) {
        a.status = LG_E_FORMAT;
        memset(a.why, 'x', sizeof a.why);
    }
    page->answer = a;
}

__attribute__((constructor)) static void be_a_liar(int argc, char **argv)
{
    char byte = 0;
    if (argc != 2 || strcmp(argv[1], "sandbox")) return;
    signal(SIGSEGV, SIG_DFL);
    img_jail_page *page = mmap(NULL, JAIL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, JAIL_MEMORY, 0);
    page->size = sizeof *page;
    page->confined = LG_CONFINED_CALLS;
    while (write(JAIL_SOCKET, &byte, 1) == 1 && read(JAIL_SOCKET, &byte, 1) == 1) lie(page);
    _exit(0);
}

/* ---- set-up ---- */
/* build/logolens beside build/tests/unit/test_jail, of the same flavour. */
static const char *program(void)
{
    static char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);
    CHECK(n > 0);
    path[n] = 0;
    char *at = strstr(path, "/tests/unit/");
    CHECK(at != NULL);
    strcpy(at, "/logolens");
    CHECK(access(path, X_OK) == 0);
    return path;
}

static void start(double seconds)
{
    img_jail_setup(&(img_jail_options){.program = program(), .seconds = seconds});
}

static void stop(void)
{
    img_jail_setup(&(img_jail_options){0});
}

static lg_buf png_of(int h, int w, unsigned seed)
{
    lg_err err = {0};
    lg_rng rng;
    lg_buf b;
    img_picture p = {0};
    lg_rng_init(&rng, seed);
    lg_buf_init(&b, 0);
    CHECK_OK(img_picture_init(&p, h, w, 3, &err));
    for (size_t i = 0; i < img_size(&p); i++) p.px[i] = (uint8_t)(lg_rng_next(&rng) % 9 + i % 200);
    CHECK_OK(img_png_write(&p, 1, &b, &err));
    img_picture_release(&p);
    return b;
}

/* One that takes long to decode, and longer to make: for all tests, which do not release it. */
static lg_buf large_png(void)
{
    static lg_buf made;
    if (!made.len) made = png_of(4000, 4000, 3);
    return made;
}

/* What /proc/PID/stat says behind the name: the state, the parent, ... */
static bool read_stat(pid_t pid, char *state, int *parent, unsigned long *ticks)
{
    char path[64], line[1024];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    bool read = f && fgets(line, sizeof line, f);
    if (f) fclose(f);
    char *at = read ? strrchr(line, ')') : NULL;
    if (!at) return false;
    if (sscanf(at + 2, "%c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", state, parent, &user, &system) != 4)
        return false;
    *ticks = user + system;
    return true;
}

/* The helpers that live now, as the system sees them. */
static int helpers(pid_t *first)
{
    int found = 0, parent;
    char state;
    unsigned long ticks;
    DIR *all = opendir("/proc");
    for (struct dirent *e; (e = readdir(all));) {
        pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
        if (pid <= 0 || !read_stat(pid, &state, &parent, &ticks) || parent != getpid() || state == 'Z') continue;
        *first = pid;
        found++;
    }
    closedir(all);
    return found;
}

static pid_t only_helper(void)
{
    pid_t pid = 0;
    CHECK_INT(helpers(&pid), 1);
    return pid;
}

static lg_status decode(const lg_buf *b, lg_err *err)
{
    img_picture p = {0};
    *err = (lg_err){0};
    lg_status st = img_jail_decode(b->data, b->len, NULL, &p, NULL, err);
    img_picture_release(&p);
    return st;
}

/* ---- the same as img_decode ---- */
static bool same_view(img_view a, img_view b)
{
    return a.x0 == b.x0 && a.y0 == b.y0 && a.x1 == b.x1 && a.y1 == b.y1 && a.scale == b.scale;
}

typedef lg_status decoder(const void *bytes, size_t len, const img_decode_options *want, img_picture *out,
                          img_info *info, lg_err *err);

static bool same_by(decoder *in_helper, const void *bytes, size_t len, const img_decode_options *want)
{
    img_picture a = {0}, b = {0};
    img_info here = {0}, there = {0};
    lg_err e = {0}, f = {0};
    lg_status st = img_decode(bytes, len, want, &a, &here, &e);
    bool equal = in_helper(bytes, len, want, &b, &there, &f) == st && e.code == f.code && !strcmp(e.msg, f.msg) &&
                 !strcmp(e.why, f.why) && a.h == b.h && a.w == b.w && a.c == b.c;
    if (equal && st == LG_OK)
        equal = !memcmp(a.px, b.px, img_size(&a)) && here.format == there.format && here.w == there.w &&
                here.h == there.h && here.channels == there.channels && here.orientation == there.orientation &&
                here.scale == there.scale && here.alpha == there.alpha && here.repaired == there.repaired &&
                same_view(here.view, there.view);
    if (!equal) printf("    here %s (%s), there %s (%s)\n", e.msg, e.why, f.msg, f.why);
    img_picture_release(&a);
    img_picture_release(&b);
    return equal;
}

static bool same(const void *bytes, size_t len, const img_decode_options *want)
{
    return same_by(img_jail_decode, bytes, len, want) && same_by(img_jail_lend, bytes, len, want);
}

static int compare_file(const char *path)
{
    struct stat about;
    FILE *in = fopen(path, "rb");
    if (!in || fstat(fileno(in), &about) || !S_ISREG(about.st_mode)) {
        if (in) fclose(in);
        return 0;
    }
    size_t len = (size_t)about.st_size;
    char *bytes = malloc(len + 1);
    bool all = fread(bytes, 1, len, in) == len;
    fclose(in);
    img_decode_options small = {.channels = 3, .min_w = 48, .min_h = 48};
    bool equal = all && same(bytes, len, NULL) && same(bytes, len, &small);
    if (!equal) printf("    %s\n", path);
    free(bytes);
    return equal ? 1 : -1;
}

TEST(corpus_has_the_same_verdicts_pixels_and_words)
{
    char list[PATH_MAX], line[4096];
    SKIP_IN_TSAN();
    const char *root = test_shared("corpora");
    snprintf(list, sizeof list, "%s/images/verdicts.tsv", root);
    FILE *in = fopen(list, "r");
    CHECK(in != NULL);
    start(0);
    int equal = 0, other = 0;
    while (fgets(line, sizeof line, in)) {
        char path[PATH_MAX + 4096];
        line[strcspn(line, "\t\n")] = 0;
        snprintf(path, sizeof path, "%s/%s", root, line);
        int how = compare_file(path);
        equal += how > 0;
        other += how < 0;
    }
    fclose(in);
    stop();
    printf("    %d files equal, %d not\n", equal, other);
    CHECK_INT(other, 0);
    CHECK(equal > 1000);
}

static void decode_piece(void *ctx, int piece, int worker)
{
    (void)worker;
    lg_buf *b = ctx;
    if (!same(b[piece % 8].data, b[piece % 8].len, NULL)) b[8].len = 1;
}

TEST(many_threads_share_a_few_helpers)
{
    lg_err err = {0};
    lg_buf b[9] = {0};
    lg_pool *pool = NULL;
    pid_t first;
    for (unsigned i = 0; i < 8; i++) b[i] = png_of(20 + 13 * (int)i, 30, i);
    start(0);
    CHECK_OK(lg_pool_new(4, &pool, &err));
    lg_pool_run(pool, 400, decode_piece, b);
    lg_pool_free(pool);
    int n = helpers(&first);
    CHECK(n >= 1 && n <= 4);
    CHECK_INT(b[8].len, 0);
    CHECK(same(b[0].data, b[0].len, NULL)); /* the thread that started a helper may have ended */
    stop();
    CHECK_INT(helpers(&first), 0);
    for (int i = 0; i < 8; i++) lg_buf_release(&b[i]);
}

TEST(a_helper_waits_until_what_it_lent_is_released)
{
    lg_err err = {0};
    lg_buf b = png_of(20, 30, 1), other = png_of(40, 30, 2);
    img_picture here = {0}, lent = {0};
    pid_t first;
    char state;
    int parent;
    unsigned long ticks;
    start(0);
    CHECK_OK(img_decode(b.data, b.len, NULL, &here, NULL, &err));
    CHECK_OK(img_jail_lend(b.data, b.len, NULL, &lent, NULL, &err));
    CHECK_OK(decode(&other, &err));
    CHECK_INT(helpers(&first), 2); /* the other picture was another helper's */
    CHECK(memcmp(here.px, lent.px, img_size(&here)) == 0);
    img_jail_stop();
    pid_t pid = only_helper();
    CHECK(memcmp(here.px, lent.px, img_size(&here)) == 0);
    kill(pid, SIGKILL); /* its memory is ours too */
    while (read_stat(pid, &state, &parent, &ticks) && state != 'Z') usleep(1000); /* else it may still be asked */
    CHECK(memcmp(here.px, lent.px, img_size(&here)) == 0);
    img_picture_release(&lent);
    CHECK(lent.px == NULL && lent.lender == NULL);
    CHECK_OK(decode(&other, &err));
    CHECK(only_helper() != pid);
    stop();
    CHECK_OK(img_jail_lend(b.data, b.len, NULL, &lent, NULL, &err));
    CHECK(lent.lender == NULL && memcmp(here.px, lent.px, img_size(&here)) == 0); /* decoded here */
    img_picture_release(&lent);
    img_picture_release(&here);
    lg_buf_release(&b);
    lg_buf_release(&other);
}

TEST(limits_of_the_options_hold)
{
    lg_buf b = png_of(20, 20, 1);
    start(0);
    CHECK(same(b.data, b.len, &(img_decode_options){.max_pixels = 399}));
    CHECK(same(b.data, b.len, &(img_decode_options){.max_bytes = 10}));
    CHECK(same(b.data, b.len, &(img_decode_options){.channels = 1}));
    CHECK(same(b.data, 0, NULL) && same(NULL, 0, NULL));
    stop();
    lg_buf_release(&b);
}

/* ---- what goes wrong is one file's failure ---- */
typedef struct victim {
    lg_buf bytes;
    lg_status st;
    lg_err err;
    atomic_bool done;
} victim;

static void *decode_victim(void *ctx)
{
    victim *v = ctx;
    v->st = decode(&v->bytes, &v->err);
    atomic_store(&v->done, true);
    return NULL;
}

/* Kills the helper in the middle of it, unless it was quicker than we were: false then. */
static bool kill_while_it_decodes(victim *v, pid_t pid)
{
    pthread_t thread;
    char state = 0;
    int parent;
    unsigned long before = 0, now = 0;
    CHECK(read_stat(pid, &state, &parent, &before));
    CHECK_INT(pthread_create(&thread, NULL, decode_victim, v), 0);
    while (!atomic_load(&v->done) && read_stat(pid, &state, &parent, &now) && now < before + 3) usleep(2000);
    kill(pid, SIGKILL);
    pthread_join(thread, NULL);
    return v->st != LG_OK;
}

TEST(a_helper_killed_while_it_decodes_costs_that_file_only)
{
    lg_err err = {0};
    lg_buf small = png_of(9, 9, 2);
    victim v;
    pid_t pid;
    start(0);
    for (int tries = 0; tries < 20; tries++) {
        v = (victim){.bytes = large_png()};
        CHECK_OK(decode(&small, &err));
        pid = only_helper();
        if (kill_while_it_decodes(&v, pid)) break;
    }
    CHECK_INT(v.st, LG_E_FORMAT);
    CHECK_INT(v.err.code, 305);
    CHECK_HAS(v.err.why, "crashed (signal 9)");
    CHECK_OK(decode(&small, &err));
    CHECK(only_helper() != pid);
    stop();
    lg_buf_release(&small);
}

/* Three threads, one helper, and no second one can be started: when it dies none waits for ever. */
TEST(who_waits_for_a_helper_that_dies_goes_on)
{
    enum { THREADS = 3 };
    lg_err err = {0};
    pthread_t thread[THREADS];
    victim v[THREADS];
    struct timespec until;
    char link[] = "/tmp/test_jail_link_XXXXXX";
    int crashed = 0;
    CHECK(mkdtemp(link) && rmdir(link) == 0 && symlink(program(), link) == 0);
    img_jail_setup(&(img_jail_options){.program = link});
    for (unsigned i = 0; i < THREADS; i++) v[i] = (victim){.bytes = png_of(9, 9, i)};
    CHECK_OK(decode(&v[0].bytes, &err));
    pid_t pid = only_helper();
    CHECK(kill(pid, SIGSTOP) == 0 && unlink(link) == 0);
    for (int i = 0; i < THREADS; i++) CHECK_INT(pthread_create(&thread[i], NULL, decode_victim, &v[i]), 0);
    usleep(300000); /* the two without a helper wait by now; should they come later, they find none */
    kill(pid, SIGKILL);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 120;
    for (int i = 0; i < THREADS; i++) CHECK_INT(pthread_timedjoin_np(thread[i], NULL, &until), 0);
    for (int i = 0; i < THREADS; i++) crashed += v[i].st != LG_OK, lg_buf_release(&v[i].bytes);
    CHECK(crashed <= 1);
    stop();
}

TEST(a_helper_killed_while_idle_costs_nothing)
{
    lg_err err = {0};
    lg_buf b = png_of(9, 9, 2);
    char state;
    int parent;
    unsigned long ticks;
    start(0);
    for (int i = 0; i < 3; i++) {
        CHECK_OK(decode(&b, &err));
        pid_t pid = only_helper();
        kill(pid, SIGKILL);
        while (read_stat(pid, &state, &parent, &ticks) && state != 'Z') usleep(1000);
    }
    CHECK_OK(decode(&b, &err));
    stop();
    lg_buf_release(&b);
}

TEST(a_file_that_takes_too_long_is_stopped)
{
    lg_err err = {0};
    lg_buf slow = large_png(), quick = png_of(9, 9, 2);
    start(0.04);
    CHECK_INT(decode(&slow, &err), LG_E_LIMIT);
    CHECK_INT(err.code, 305);
    CHECK_STR(err.why, "decoding it takes more than 0.04 s");
    CHECK_OK(decode(&quick, &err));
    stop();
    lg_buf_release(&quick);
}

TEST(a_helper_that_lies_is_not_believed)
{
    static const struct {
        char how;
        lg_status st;
        const char *why;
    } lies[] = {
        {DIE, LG_E_FORMAT, "crashed"},           {HANG, LG_E_LIMIT, "takes more than 0.02 s"},
        {HUGE, LG_E_FORMAT, "what cannot be"},   {STRANGER, LG_E_FORMAT, "what cannot be"},
        {MISFIT, LG_E_FORMAT, "what cannot be"}, {ENDLESS_TEXT, LG_E_FORMAT, "what cannot be"},
    };
    char bytes[8] = "", self[PATH_MAX] = "";
    img_picture p = {0};
    CHECK(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    img_jail_setup(&(img_jail_options){.program = self, .seconds = 0.02});
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        lg_err err = {0};
        bytes[0] = lies[i].how;
        CHECK_INT(img_jail_decode(bytes, sizeof bytes, NULL, &p, NULL, &err), lies[i].st);
        CHECK_INT(err.code, 305);
        CHECK_HAS(err.why, lies[i].why);
        CHECK(p.px == NULL);
        CHECK(img_jail_lend(bytes, sizeof bytes, NULL, &p, NULL, &err) == lies[i].st && p.px == NULL);
    }
    lg_err err = {0};
    bytes[0] = 0;
    CHECK_OK(img_jail_decode(bytes, sizeof bytes, NULL, &p, NULL, &err));
    CHECK_INT(img_size(&p), 48);
    img_picture_release(&p);
    stop();
}

TEST(implausible_answers)
{
    const img_jail_ask ask = {.max_pixels = 1000, .channels = 3};
    const img_jail_answer good = {.h = 10,
                                  .w = 10,
                                  .c = 3,
                                  .format = IMG_JPEG,
                                  .full_w = 20,
                                  .full_h = 19,
                                  .channels = 3,
                                  .orientation = 8,
                                  .scale = 2};
    CHECK(img_jail_plausible(&ask, &good));
#define REFUSES(change)                                                                                                \
    do {                                                                                                               \
        img_jail_answer a = good;                                                                                      \
        a.change;                                                                                                      \
        CHECK(!img_jail_plausible(&ask, &a));                                                                          \
    } while (0)
    REFUSES(h = 11);
    REFUSES(w = -10);
    REFUSES(c = 1);
    REFUSES(c = 4);
    REFUSES(full_w = 0);
    REFUSES(full_h = 65536);
    REFUSES(scale = 3);
    REFUSES(scale = 0);
    REFUSES(orientation = 9);
    REFUSES(format = IMG_UNKNOWN);
    REFUSES(channels = 2);
    REFUSES(status = LG_E_INTERNAL);
    REFUSES(status = UINT32_MAX);
    REFUSES(why[0] = '\33');
    REFUSES(why[0] = '\xc3');
    img_jail_answer large = good;
    large.full_w = large.full_h = 40;
    large.w = large.h = 20;
    CHECK(!img_jail_plausible(&ask, &large));
}

TEST(without_a_helper_pictures_are_decoded_here)
{
    lg_err err = {0};
    lg_buf b = png_of(9, 9, 2);
    pid_t first;
    img_jail_setup(&(img_jail_options){.program = "/nowhere/logolens"});
    CHECK_OK(decode(&b, &err));
    img_jail_setup(&(img_jail_options){.program = "/bin/false"});
    CHECK_OK(decode(&b, &err));
    CHECK_INT(helpers(&first), 0);
    stop();
    CHECK_OK(decode(&b, &err));
    lg_buf_release(&b);
}

/* ---- what it gave up ---- */
static void *start_with_signals_blocked(void *ctx)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    victim *v = ctx;
    return decode_victim(v);
}

static long status_of(pid_t pid, const char *field, int base)
{
    char path[64], line[256];
    long value = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, field, strlen(field)) && line[strlen(field)] == ':')
            value = strtol(line + strlen(field) + 1, NULL, base);
    if (f) fclose(f);
    return value;
}

TEST(the_helper_is_confined)
{
    pthread_t thread;
    struct rlimit r;
    victim v = {.bytes = png_of(9, 9, 2)};
    start(0);
    CHECK_INT(pthread_create(&thread, NULL, start_with_signals_blocked, &v), 0);
    pthread_join(thread, NULL);
    CHECK_INT(v.st, LG_OK);
    pid_t pid = only_helper();
    CHECK_INT(getpgid(pid), pid); /* Ctrl-C goes to the group of the parent */
    CHECK_INT(status_of(pid, "NoNewPrivs", 10), 1);
    CHECK_INT(status_of(pid, "Seccomp", 10), 2);
    CHECK_INT(status_of(pid, "SigBlk", 16), 0);
    static const int none[] = {RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_CORE};
    for (int i = 0; i < 3; i++) {
        CHECK_INT(prlimit(pid, (enum __rlimit_resource)none[i], NULL, &r), 0);
        CHECK_INT(r.rlim_max, 0);
    }
    CHECK_INT(prlimit(pid, RLIMIT_AS, NULL, &r), 0);
    CHECK(LG_SANITIZED || r.rlim_max < (rlim_t)1 << 30);
    stop();
    lg_buf_release(&v.bytes);
}

TEST(nothing_is_possible_inside)
{
    char command[PATH_MAX + 64], text[4096] = "";
    snprintf(command, sizeof command, "'%s' sandbox --check", program());
    FILE *out = popen(command, "r");
    CHECK(out != NULL);
    size_t n = fread(text, 1, sizeof text - 1, out);
    int status = pclose(out);
    text[n] = 0;
    if (status) printf("%s", text);
    CHECK_INT(status, 0);
    CHECK(!strstr(text, "POSSIBLE"));
    CHECK_HAS(text, "open a network socket  refused");
    CHECK_HAS(text, "run a program          refused");
}

/* ---- it ends with its parent ---- */
TEST(helpers_end_when_their_parent_is_killed)
{
    int ends[2], status = 0, rest = 0;
    pid_t helper = 0;
    lg_err err = {0};
    lg_buf b = png_of(9, 9, 2);
    CHECK_INT(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); /* what the child leaves comes to us, and can be waited for */
    CHECK_INT(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        start(0);
        if (decode(&b, &err) || helpers(&helper) != 1) _exit(1);
        if (kill(helper, SIGSTOP)) _exit(1); /* it could not read that the socket is closed */
        if (write(ends[1], &helper, sizeof helper) != sizeof helper) _exit(1);
        pause();
    }
    close(ends[1]);
    CHECK_INT(read(ends[0], &helper, sizeof helper), sizeof helper);
    close(ends[0]);
    kill(child, SIGKILL);
    CHECK_INT(waitpid(child, &status, 0), child);
    kill(helper, SIGCONT);
    CHECK_INT(waitpid(helper, &rest, 0), helper);
    CHECK(WIFSIGNALED(rest) && WTERMSIG(rest) == SIGIO);
    lg_buf_release(&b);
}
