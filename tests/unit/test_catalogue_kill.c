/* The catalogue under what can happen to a program: kill -9 at any moment, several programs at once, no room. */
#include "lib/store/catalogue.h"
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/support/catalogue.h"

static lg_err err;

enum { PER_PAGE = 4, ALL_DUE = 100000 }; /* who was killed before it could fetch leaves any number of pictures */

/* Page `number` of a scrape is always the same; posts of neighbouring pages overlap by one. */
static lg_status page_put(store_catalogue *c, store_scrape *s, uint64_t pages, lg_err *e)
{
    char id[PER_PAGE][40], text[PER_PAGE][80], url[PER_PAGE][80], who[PER_PAGE][20], next[30];
    store_post post[PER_PAGE] = {0};
    store_media media[PER_PAGE] = {0};
    for (uint64_t i = 0; i < PER_PAGE; i++) {
        uint64_t n = s->pages * (PER_PAGE - 1) + i;
        snprintf(id[i], sizeof id[i], "%llu", (unsigned long long)n);
        snprintf(text[i], sizeof text[i], "text of post %llu", (unsigned long long)n);
        snprintf(url[i], sizeof url[i], "https://m.example/%llu", (unsigned long long)n);
        snprintf(who[i], sizeof who[i], "person%llu", (unsigned long long)(n % 7));
        media[i] = (store_media){.url = url[i], .type = "photo", .width = -1, .height = -1};
        post[i] = (store_post){.id = id[i],
                               .text = text[i],
                               .time = (int64_t)n,
                               .likes = -1,
                               .reposts = -1,
                               .replies = -1,
                               .author_handle = who[i],
                               .media = &media[i],
                               .media_count = 1};
    }
    snprintf(next, sizeof next, "c%llu", (unsigned long long)(s->pages + 1));
    store_page page = {.post = post, .count = PER_PAGE, .given = PER_PAGE, .next = s->pages + 1 < pages ? next : NULL};
    return store_catalogue_page(c, s, &page, NULL, e);
}

/* What a worker has kept, pages and pictures, and how much it keeps before it stands still: whoever is to be killed
 * must not have ended before, however late the kill is. */
typedef struct pace {
    atomic_int kept, most;
} pace;

static pace *paced; /* shared with the worker; NULL: it does not stand still */

static void keep_pace(void)
{
    if (!paced) return;
    int kept = atomic_fetch_add(&paced->kept, 1) + 1;
    while (kept >= atomic_load(&paced->most)) pause();
}

static lg_status picture_put(void *ctx, int64_t media, const char *url, lg_err *e)
{
    char sha[65];
    lg_status st = store_catalogue_image(ctx, media, url, strlen(url), "jpeg", 1, 1, sha, e);
    keep_pace();
    return st;
}

/* Goes on with the scrape until it is done, each page with its pictures. */
static lg_status work(store_catalogue *c, uint64_t pages, lg_err *e)
{
    store_scrape s;
    lg_status st = store_catalogue_scrape(c, "twitter", "q", NULL, true, &s, e);
    while (!st && !s.done) {
        st = page_put(c, &s, pages, e);
        keep_pace();
        if (!st) st = store_catalogue_due(c, s.id, ALL_DUE, picture_put, c, e);
    }
    if (!st) st = store_catalogue_due(c, s.id, ALL_DUE, picture_put, c, e);
    store_scrape_release(&s);
    return st;
}

/* The end of a program that could not: its status is the code. */
static void complain(const lg_err *e)
{
    if (e->code != 733) printf("LL%03d %s (%s) [%s:%d]\n", e->code, e->msg, e->why, e->file, e->line);
    fflush(stdout);
    _exit(e->code % 256);
}

/* A program of its own that works; its exit status is the code of what went wrong, or 0. */
static pid_t worker(uint64_t pages)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid) return pid;
    lg_err e = {0};
    store_catalogue *c = NULL;
    if (store_catalogue_open(cat_folder, NULL, &c, &e) || work(c, pages, &e)) complain(&e);
    store_catalogue_close(c);
    _exit(0);
}

static void sleep_us(unsigned us)
{
    nanosleep(&(struct timespec){.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000}, NULL);
}

/* What must hold at every moment: marks and posts go together, every picture that is named is there. */
static uint64_t look(bool deep)
{
    store_catalogue *c = cat_open();
    store_scrape s = cat_scrape(c, "q");
    CHECK_OK(store_catalogue_check(c, deep, &err));
    CHECK_INT(s.posts, s.pages ? s.pages * (PER_PAGE - 1) + 1 : 0);
    CHECK_INT(s.given, s.pages * PER_PAGE);
    store_counts n;
    CHECK_OK(store_catalogue_counts(c, &n, &err));
    CHECK_INT(n.posts, s.posts);
    CHECK_INT(n.media, s.posts);
    uint64_t pages = s.pages;
    store_scrape_release(&s);
    store_catalogue_close(c);
    return pages;
}

static char *all_rows(void)
{
    store_catalogue *c = cat_open();
    char *rows = strdup(cat_rows(c, &(store_filter){.pictures = true}));
    store_catalogue_close(c);
    return rows;
}

/* Until it has kept so much, or has ended; a child that has is left to be waited for. */
static void wait_until_kept(pid_t pid, int much)
{
    siginfo_t info = {0};
    while (atomic_load(&paced->kept) < much && !info.si_pid) {
        sleep_us(50);
        CHECK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0);
    }
}

/* Starts a worker that keeps `most` things at most, and kills it: at any moment of a few milliseconds, or of the moments
 * after it has kept all but one of them. Gives its status. */
static int kill_one(lg_rng *rng, uint64_t pages, bool anywhere)
{
    int status, most = 2 + (int)lg_rng_below(rng, 4);
    atomic_store(&paced->kept, 0), atomic_store(&paced->most, most);
    pid_t pid = worker(pages);
    if (!anywhere) wait_until_kept(pid, most - 1);
    sleep_us(anywhere ? 300 + (unsigned)lg_rng_below(rng, 6000) : (unsigned)lg_rng_below(rng, 600));
    kill(pid, SIGKILL);
    CHECK(waitpid(pid, &status, 0) == pid);
    return status;
}

TEST(killed_a_hundred_times_it_comes_to_the_same_set)
{
    enum { ROUNDS = 100, PAGES = 60 };
    lg_rng rng;
    int status, killed = 0;
    uint64_t last = 0, moved = 0;
    lg_rng_init(&rng, 5);
    store_catalogue_close(cat_new());
    paced = mmap(NULL, sizeof *paced, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(paced != MAP_FAILED);
    for (int i = 0; i < ROUNDS; i++) {
        status = kill_one(&rng, PAGES, i % 2);
        if (WIFEXITED(status)) CHECK_INT(WEXITSTATUS(status), 0);
        killed += WIFSIGNALED(status);
        uint64_t pages = look(i % 10 == 0);
        CHECK(pages >= last);
        moved += pages > last;
        last = pages;
    }
    munmap(paced, sizeof *paced);
    paced = NULL;
    pid_t pid = worker(PAGES);
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK_INT(look(true), PAGES);
    char *torn = all_rows();
    store_catalogue *c = cat_open();
    CHECK_OK(store_catalogue_sweep(c, &err)); /* files that were written for rows that were never kept */
    CHECK_INT(cat_files(), PAGES * (PER_PAGE - 1) + 1);
    store_catalogue_close(c);
    c = cat_new();
    CHECK_OK(work(c, PAGES, &err));
    store_catalogue_close(c);
    char *whole = all_rows();
    CHECK_STR(torn, whole);
    free(torn), free(whole);
    CHECK(killed > ROUNDS / 4 && moved > 9); /* else this tried nothing */
}

TEST(two_programs_at_once_share_the_work)
{
    enum { PAGES = 40, WORKERS = 3 };
    int status, ended = 0, overtaken = 0;
    pid_t pid[WORKERS];
    cat_folder_new(); /* nobody has made it yet: they make it at once, too */
    for (int i = 0; i < WORKERS; i++) pid[i] = worker(PAGES);
    for (int i = 0; i < WORKERS; i++) {
        CHECK(waitpid(pid[i], &status, 0) == pid[i] && WIFEXITED(status));
        ended += WEXITSTATUS(status) == 0;
        overtaken += WEXITSTATUS(status) == 733 % 256;
    }
    CHECK_INT(ended + overtaken, WORKERS);
    CHECK(ended >= 1);
    CHECK_INT(look(true), PAGES);
}

/* Another scrape each: nobody is refused, nobody's posts are lost. */
static void own_work(int me, int pages)
{
    lg_err e = {0};
    store_catalogue *c;
    store_scrape s;
    char query[20], id[30];
    snprintf(query, sizeof query, "mine %d", me);
    if (store_catalogue_open(cat_folder, NULL, &c, &e)) complain(&e);
    if (store_catalogue_scrape(c, "mastodon", query, NULL, true, &s, &e)) complain(&e);
    for (int i = 0; i < pages; i++) {
        snprintf(id, sizeof id, "%d-%d", me, i);
        store_post p = {.id = id, .time = i, .likes = -1, .reposts = -1, .replies = -1, .author_handle = query};
        if (store_catalogue_page(c, &s, &(store_page){.post = &p, .count = 1, .given = 1, .next = "n"}, NULL, &e))
            complain(&e);
    }
    store_scrape_release(&s);
    store_catalogue_close(c);
    _exit(0);
}

TEST(four_programs_write_and_nothing_is_lost)
{
    enum { WORKERS = 4, PAGES = 50 };
    pid_t pid[WORKERS];
    int status;
    cat_folder_new();
    fflush(stdout);
    for (int i = 0; i < WORKERS; i++)
        if ((pid[i] = fork()) == 0) own_work(i, PAGES);
    for (int i = 0; i < WORKERS; i++) {
        CHECK(waitpid(pid[i], &status, 0) == pid[i] && WIFEXITED(status));
        CHECK_INT(WEXITSTATUS(status), 0);
    }
    store_catalogue *c = cat_open();
    store_counts n;
    CHECK_OK(store_catalogue_counts(c, &n, &err));
    CHECK_INT(n.posts, WORKERS * PAGES);
    CHECK_INT(n.users, WORKERS);
    CHECK_OK(store_catalogue_check(c, true, &err));
    store_catalogue_close(c);
}

/* ---- a forgotten person and a kill ---- */
TEST(forgetting_that_was_killed_is_finished_by_the_next_opening)
{
    store_catalogue *c = cat_new();
    char command[400];
    cat_fill(c, "ann_example", "783214", "1", 40);
    cat_fill(c, "bob", "8", "b", 40);
    store_catalogue_close(c);
    for (int i = 0; i < 12; i++) {
        fflush(stdout);
        pid_t pid = fork();
        if (!pid) {
            lg_err e = {0};
            store_forgotten f;
            if (store_catalogue_open(cat_folder, NULL, &c, &e) == LG_OK &&
                store_catalogue_forget_user(c, NULL, "ann_example", &f, &e) && e.code != 735)
                _exit(1);
            _exit(0);
        }
        int status;
        sleep_us((unsigned)i * 700);
        kill(pid, SIGKILL);
        CHECK(waitpid(pid, &status, 0) == pid);
        if (WIFEXITED(status)) CHECK_INT(WEXITSTATUS(status), 0);
        c = cat_open();
        CHECK_OK(store_catalogue_check(c, true, &err));
        store_counts n;
        CHECK_OK(store_catalogue_counts(c, &n, &err));
        CHECK(n.posts == 80 || n.posts == 40); /* all of theirs or none */
        store_catalogue_close(c);
        if (n.posts == 40) break;
    }
    c = cat_open();
    store_forgotten f;
    if (store_catalogue_forget_user(c, NULL, "ann_example", &f, &err)) CHECK_INT(err.code, 735);
    lg_err_clear(&err);
    store_catalogue_close(c);
    snprintf(command, sizeof command, "cat '%s'/cat* | grep -a -c ann_example >/dev/null", cat_folder);
    CHECK(system(command) != 0);
}

/* ---- no room ---- */
/* A limit on the length of files stands in for a full disk: the same failure at the same calls. */
static void limited_work(rlim_t bytes)
{
    lg_err e = {0};
    store_catalogue *c;
    signal(SIGXFSZ, SIG_IGN);
    if (store_catalogue_open(cat_folder, NULL, &c, &e)) _exit(e.code % 256);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){bytes, bytes});
    lg_status st = work(c, 400, &e);
    if (st && (!*e.msg || !*e.hint)) printf("LL%03d %s (%s)\n", e.code, e.msg, e.why), fflush(stdout), _exit(1);
    store_catalogue_close(c);
    _exit(st ? e.code % 256 : 0);
}

TEST(no_room_is_said_and_what_was_kept_stays)
{
    int status;
    store_catalogue_close(cat_new());
    uint64_t last = 0;
    for (rlim_t kb = 60; kb <= 560; kb += 100) {
        fflush(stdout);
        pid_t pid = fork();
        if (!pid) limited_work(kb << 10);
        CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
        CHECK_INT(WEXITSTATUS(status), 731 % 256);
        uint64_t pages = look(true);
        CHECK(pages >= last);
        last = pages;
    }
    CHECK(last > 5);
}

TEST(a_picture_that_finds_no_room_is_not_named)
{
    int status;
    store_catalogue *c = cat_new();
    cat_fill(c, "ann", "7", "1", 1);
    store_catalogue_close(c);
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        static char large[1 << 20];
        char sha[65];
        lg_err e = {0};
        signal(SIGXFSZ, SIG_IGN);
        if (store_catalogue_open(cat_folder, NULL, &c, &e)) _exit(1);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){300000, 300000});
        lg_status st = store_catalogue_image(c, 1, large, sizeof large, "jpeg", 1, 1, sha, &e);
        _exit(st ? e.code % 256 : 2);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), 731 % 256);
    c = cat_open();
    store_counts n;
    CHECK_OK(store_catalogue_counts(c, &n, &err));
    CHECK_INT(n.images, 0);
    CHECK_INT(cat_due(c, 0), 1);
    CHECK_INT(cat_files(), 0);
    CHECK_OK(store_catalogue_check(c, true, &err));
    store_catalogue_close(c);
}

TEST(a_locked_file_is_said_and_waiting_for_it_can_be_ended)
{
    char file[300];
    sqlite3 *writer;
    store_catalogue *c = cat_new();
    store_scrape s = cat_scrape(c, "q");
    snprintf(file, sizeof file, "%s/catalogue.sqlite", cat_folder);
    CHECK(sqlite3_open(file, &writer) == SQLITE_OK);
    CHECK(sqlite3_exec(writer, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
    cat_cancel_soon(c);
    CHECK_INT(page_put(c, &s, 5, &err), LG_E_INTERRUPTED);
    lg_err_clear(&err);
    lg_cancel_clear(&cat_cancel);
    CHECK_INT(s.pages, 0);
    CHECK(sqlite3_exec(writer, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(writer);
    CHECK_OK(page_put(c, &s, 5, &err));
    store_scrape_release(&s);
    store_catalogue_close(c);
}
