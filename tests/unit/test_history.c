/* The history of cells: what was run is found again, after a restart, a kill and trouble with the file. */
#include "lib/store/history_store.h"
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lib/base/reach.h"
#include "tests/support/test.h"

static lg_err err;
static char base[100], folder[120], file[160];
static lg_buf told;

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st, (void)kind, (void)where;
    return remove(path);
}

static void clean(void)
{
    nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    lg_buf_release(&told);
}

/* In memory where the system has such a place, as nothing here waits for a disk. */
static void base_new(void)
{
    snprintf(base, sizeof base, "/dev/shm/logolens-history-XXXXXX");
    if (!mkdtemp(base)) {
        snprintf(base, sizeof base, "/tmp/logolens-history-XXXXXX");
        CHECK(mkdtemp(base));
    }
    atexit(clean);
    CHECK_OK(lg_reach_init(NULL, &err));
    CHECK_OK(lg_reach_own(base, &err));
}

/* A folder of its own for each test. */
static void begin(void)
{
    static int count;
    err = (lg_err){0};
    if (!count) base_new();
    else nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    snprintf(folder, sizeof folder, "%.90s/data%d", base, count++);
    snprintf(file, sizeof file, "%s/history.sqlite", folder);
    mkdir(folder, 0700);
}

static store_history *open_history(void)
{
    store_history *h;
    CHECK_OK(store_history_new(&h, &err));
    CHECK_OK(store_history_keep(h, folder, &err));
    return h;
}

static void add(store_history *h, int session, int line, const char *input, const char *output)
{
    store_history_add(h, session,
                      &(store_cell){.line = line,
                                    .input = input,
                                    .input_len = strlen(input),
                                    .output = output,
                                    .output_len = output ? strlen(output) : 0});
}

static bool tell(void *ctx, const store_cell *cell)
{
    (void)ctx;
    lg_buf_addf(&told, "%lld.%lld ", (long long)cell->session, (long long)cell->line);
    lg_buf_add(&told, cell->input, cell->input_len);
    if (cell->output) lg_buf_adds(&told, " = ");
    lg_buf_add(&told, cell->output ? cell->output : "", cell->output_len);
    lg_buf_addc(&told, '\n');
    return true;
}

static const char *find(store_history *h, int session, store_history_ask ask)
{
    if (!told.limit) lg_buf_init(&told, 0);
    lg_buf_clear(&told);
    CHECK_OK(store_history_find(h, session, &ask, tell, NULL, &err));
    return lg_buf_str(&told);
}

static const char *tail(store_history *h, int session, int most)
{
    return find(h, session, (store_history_ask){.how = STORE_TAIL, .most = most});
}

static const char *range(store_history *h, int session, int of, int start, int stop)
{
    return find(h, session,
                (store_history_ask){.how = STORE_RANGE, .of = of, .start = start, .stop = stop, .most = INT64_MAX});
}

static const char *search(store_history *h, int session, const char *pattern, int most, bool unique)
{
    return find(
        h, session,
        (store_history_ask){
            .how = STORE_SEARCH, .pattern = pattern, .pattern_len = strlen(pattern), .most = most, .unique = unique});
}

/* One session of an own program, which ends in order. */
static void one_session(const char *first, const char *second)
{
    store_history *h = open_history();
    int s = store_history_begin(h);
    add(h, s, 1, first, NULL);
    if (second) add(h, s, 2, second, "42");
    store_history_free(h);
}

/* The same, and all of it is in the file. */
static void one_session_in_the_file(const char *input)
{
    store_history *h = open_history();
    add(h, store_history_begin(h), 1, input, NULL);
    CHECK_OK(store_history_settle(h, &err));
    store_history_free(h);
}

static int count_files(const char *below)
{
    char path[200];
    int n = 0;
    snprintf(path, sizeof path, "%s/%s", folder, below);
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));) n += e->d_name[0] != '.';
    if (dir) closedir(dir);
    return n;
}

/* ---- asking ---- */
TEST(cells_are_found_again_after_a_restart)
{
    begin();
    one_session("say one", "(6*7)");
    one_session("say two", NULL);
    store_history *h = open_history();
    int s = store_history_begin(h);
    CHECK_STR(tail(h, s, 100), "1.1 say one\n1.2 (6*7) = 42\n2.1 say two\n");
    add(h, s, 1, "say three", NULL);
    CHECK_STR(tail(h, s, 2), "2.1 say two\n3.1 say three\n");
    CHECK_STR(tail(h, s, 0), "");
    CHECK_STR(range(h, s, 1, 2, 9), "1.2 (6*7) = 42\n");
    CHECK_STR(range(h, s, 0, 0, 9), "3.1 say three\n");
    CHECK_STR(range(h, s, 3, 0, 9), "3.1 say three\n");
    CHECK_STR(range(h, s, -1, 0, 9), "2.1 say two\n");
    CHECK_STR(range(h, s, -2, 1, 2), "1.1 say one\n");
    CHECK_STR(range(h, s, -2, -1, 9), "1.2 (6*7) = 42\n");
    CHECK_STR(range(h, s, -2, 0, -1), "1.1 say one\n");
    CHECK_STR(range(h, s, -3, 0, 9), "");
    CHECK_STR(range(h, s, 77, 0, 9), "");
    store_history_free(h);
    CHECK_INT(count_files("history.pending"), 0);
}

TEST(a_session_without_a_cell_takes_no_number)
{
    begin();
    one_session("say one", NULL);
    store_history *h = open_history();
    int s = store_history_begin(h);
    CHECK_STR(range(h, s, -1, 0, 9), "1.1 say one\n");
    store_history_free(h);
    one_session("say two", NULL);
    h = open_history();
    CHECK_STR(tail(h, store_history_begin(h), 1), "2.1 say two\n");
    store_history_free(h);
}

TEST(searching)
{
    begin();
    one_session("say alpha", "show");
    store_history *h = open_history();
    int s = store_history_begin(h);
    add(h, s, 1, "say beta", NULL);
    add(h, s, 2, "say alpha", NULL);
    add(h, s, 3, "say b\xc3\xa4ta", NULL);
    CHECK_STR(search(h, s, "*", 100, false),
              "1.1 say alpha\n1.2 show = 42\n2.1 say beta\n2.2 say alpha\n2.3 say b\xc3\xa4ta\n");
    CHECK_STR(search(h, s, "say b?ta", 100, false), "2.1 say beta\n2.3 say b\xc3\xa4ta\n");
    CHECK_STR(search(h, s, "say*", 2, false), "2.2 say alpha\n2.3 say b\xc3\xa4ta\n");
    CHECK_STR(search(h, s, "say*a", 100, true), "2.1 say beta\n2.2 say alpha\n2.3 say b\xc3\xa4ta\n");
    CHECK_STR(search(h, s, "*alpha", 1, true), "2.2 say alpha\n");
    CHECK_STR(search(h, s, "alpha", 100, false), "");
    store_history_free(h);
}

TEST(many_different_inputs_are_each_found_once)
{
    begin();
    store_history *h = open_history();
    int s = store_history_begin(h), lines = 0;
    char input[40];
    for (int i = 1; i <= 3000; i++) {
        snprintf(input, sizeof input, "say %d", i % 1000);
        add(h, s, i, input, NULL);
    }
    const char *found = search(h, s, "say *", 100000, true);
    for (const char *at = found; (at = strchr(at, '\n')); at++) lines++;
    CHECK_INT(lines, 1000);
    CHECK(strncmp(found, "1.2001 say 1\n", 13) == 0);
    store_history_free(h);
}

TEST(any_text_comes_back_as_it_was)
{
    begin();
    static const char input[] = "say \xf0\x9d\x90\x9a\n\0\t'\";--", output[] = "\0x";
    store_history *h = open_history();
    int s = store_history_begin(h);
    store_history_add(h, s, &(store_cell){.line = 1, .input = input, .input_len = sizeof input - 1});
    store_history_add(
        h, s, &(store_cell){.line = 2, .input = "", .output = output, .input_len = 0, .output_len = sizeof output - 1});
    for (int i = 0; i < 2; i++) {
        CHECK_OK(store_history_settle(h, &err));
        tail(h, s, 10);
        CHECK_INT(told.len, strlen("1.1 ") + sizeof input - 1 + strlen("\n1.2  = ") + sizeof output - 1 + 1);
        CHECK(memcmp(told.data + 4, input, sizeof input - 1) == 0);
    }
    store_history_free(h);
}

TEST(subsessions_are_sessions_of_their_own)
{
    begin();
    store_history *h = open_history();
    int a = store_history_begin(h), b = store_history_begin(h);
    add(h, b, 1, "in b", NULL);
    add(h, a, 1, "in a", NULL);
    CHECK_STR(tail(h, a, 10), "1.1 in b\n2.1 in a\n");
    CHECK_STR(tail(h, b, 10), "2.1 in a\n1.1 in b\n");
    CHECK_STR(range(h, a, 0, 0, 9), "2.1 in a\n");
    store_history_free(h);
}

TEST(wildcards)
{
#define MATCH(pattern, text) store_wildcard_match(pattern, strlen(pattern), text, strlen(text))
    CHECK(MATCH("", "") && MATCH("*", "") && MATCH("*", "abc") && MATCH("a*c", "abbbc") && MATCH("*b*", "abc"));
    CHECK(!MATCH("", "a") && !MATCH("a", "ab") && !MATCH("a*d", "abc") && !MATCH("?", "") && MATCH("a?c", "abc"));
    CHECK(MATCH("?", "\xc3\xa9") && !MATCH("??", "\xc3\xa9"));
    char stars[64], text[4001];
    for (int i = 0; i < 63; i++) stars[i] = i % 2 ? '*' : 'a';
    stars[63] = 0;
    memset(text, 'a', 4000), text[4000] = 0;
    CHECK(MATCH(stars, text));
    stars[62] = 'b'; /* must not take for ever to fail */
    CHECK(!MATCH(stars, text));
}

/* ---- kills ---- */
TEST(what_was_added_survives_a_kill_at_once)
{
    begin();
    for (int i = 0; i < 20; i++) {
        fflush(stdout);
        pid_t pid = fork();
        if (!pid) {
            store_history *h = open_history();
            int s = store_history_begin(h);
            add(h, s, 1, "say first", "1");
            if (i % 3 == 1 && store_history_settle(h, &err)) _exit(1);
            add(h, s, 2, "say last", NULL);
            if (i % 3 == 2) usleep((unsigned)(95000 + i * 500)); /* while the thread writes */
            kill(getpid(), SIGKILL);
        }
        int status;
        CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
    }
    store_history *h = open_history();
    int s = store_history_begin(h);
    char want[60];
    for (int i = 1; i <= 20; i++) {
        snprintf(want, sizeof want, "%d.1 say first = 1\n%d.2 say last\n", i, i);
        CHECK_STR(range(h, s, i, 0, 100), want);
    }
    CHECK_STR(range(h, s, 21, 0, 100), "");
    store_history_free(h);
    CHECK_INT(count_files("history.pending"), 0);
}

/* The one journal there is, whose program was killed. */
static void left_journal(char path[500])
{
    char pending[200];
    snprintf(pending, sizeof pending, "%s/history.pending", folder);
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        store_history *h = open_history();
        int s = store_history_begin(h);
        for (int i = 1; i <= 3; i++) add(h, s, i, "say it", NULL);
        kill(getpid(), SIGKILL);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
    DIR *dir = opendir(pending);
    CHECK(dir);
    for (struct dirent *e; (e = readdir(dir));)
        if (e->d_name[0] != '.') snprintf(path, 500, "%s/%s", pending, e->d_name);
    closedir(dir);
}

TEST(a_record_that_was_cut_off_costs_no_other)
{
    char path[500];
    struct stat st;
    for (int cut = 1; cut < 80; cut += 13) {
        begin();
        left_journal(path);
        CHECK(stat(path, &st) == 0);
        CHECK(truncate(path, st.st_size - cut) == 0);
        store_history *h = open_history();
        CHECK_STR(tail(h, store_history_begin(h), 10), "1.1 say it\n1.2 say it\n");
        store_history_free(h);
    }
}

TEST(a_record_with_other_bytes_ends_the_reading)
{
    char path[500];
    for (int at = 0; at < 250; at += 7) {
        begin();
        left_journal(path);
        int fd = open(path, O_RDWR);
        char c;
        CHECK(fd >= 0 && pread(fd, &c, 1, at) == 1);
        c = (char)(c ^ 0x80);
        CHECK(pwrite(fd, &c, 1, at) == 1);
        close(fd);
        store_history *h = open_history();
        const char *found = tail(h, store_history_begin(h), 10);
        CHECK(strlen(found) <= strlen("1.1 say it\n1.2 say it\n1.3 say it\n"));
        if (at > 100) CHECK_HAS(found, "1.1 say it\n");
        store_history_free(h);
    }
}

TEST(a_journal_of_a_program_that_runs_is_left_alone)
{
    char path[500];
    begin();
    left_journal(path);
    int fd = open(path, O_RDWR);
    CHECK(fd >= 0 && flock(fd, LOCK_EX) == 0);
    store_history *h = open_history();
    CHECK_STR(tail(h, store_history_begin(h), 10), "");
    store_history_free(h);
    close(fd);
    h = open_history();
    CHECK_STR(tail(h, store_history_begin(h), 10), "1.1 say it\n1.2 say it\n1.3 say it\n");
    store_history_free(h);
}

/* ---- several programs ---- */
enum { PROGRAMS = 4, EACH = 150 };

TEST(several_programs_at_once)
{
    pid_t pid[PROGRAMS];
    begin();
    fflush(stdout);
    for (int p = 0; p < PROGRAMS; p++) {
        if ((pid[p] = fork())) continue;
        char input[40];
        store_history *h = open_history();
        int s = store_history_begin(h);
        for (int i = 1; i <= EACH; i++) {
            snprintf(input, sizeof input, "program %d", p);
            add(h, s, i, input, NULL);
            if (i % 10 == 0 && store_history_settle(h, &err)) _exit(1);
        }
        store_history_free(h);
        _exit(0);
    }
    for (int p = 0; p < PROGRAMS; p++) {
        int status;
        CHECK(waitpid(pid[p], &status, 0) == pid[p] && WIFEXITED(status));
        CHECK_INT(WEXITSTATUS(status), 0);
    }
    store_history *h = open_history();
    int s = store_history_begin(h);
    for (int p = 1; p <= PROGRAMS; p++) {
        char first[40], other[40];
        const char *found = range(h, s, p, 0, 1000);
        int lines = 0;
        for (const char *at = found; (at = strchr(at, '\n')); at++) lines++;
        CHECK_INT(lines, EACH);
        CHECK(sscanf(found, "%*s %39[^\n]", first) == 1);
        for (const char *at = found; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
            CHECK(sscanf(at, "%*s %39[^\n]", other) == 1 && strcmp(first, other) == 0);
    }
    store_history_free(h);
}

static void *add_many(void *arg)
{
    store_history *h = arg;
    int s = store_history_begin(h);
    for (int i = 1; i <= 300; i++) add(h, s, i, "in a thread", NULL);
    return NULL;
}

static bool count_one(void *ctx, const store_cell *cell)
{
    (void)cell;
    ++*(int *)ctx;
    return true;
}

TEST(threads_add_while_another_asks)
{
    pthread_t thread[3];
    begin();
    store_history *h = open_history();
    int s = store_history_begin(h), count = 0;
    const store_history_ask all = {.how = STORE_TAIL, .most = 10000};
    for (int i = 0; i < 3; i++) CHECK(pthread_create(&thread[i], NULL, add_many, h) == 0);
    for (int i = 0; i < 10; i++) CHECK_OK(store_history_find(h, s, &all, count_one, &count, &err));
    for (int i = 0; i < 3; i++) pthread_join(thread[i], NULL);
    count = 0;
    CHECK_OK(store_history_find(h, s, &all, count_one, &count, &err));
    CHECK_INT(count, 900);
    store_history_free(h);
}

static void *add_one(void *arg)
{
    add(arg, store_history_begin(arg), 1, "meanwhile", NULL);
    return NULL;
}

/* In the middle of an answer; a cell that waited for its end would wait for ever. */
static bool add_meanwhile(void *ctx, const store_cell *cell)
{
    pthread_t other;
    struct timespec patience;
    (void)cell;
    clock_gettime(CLOCK_REALTIME, &patience);
    patience.tv_sec += 20;
    CHECK(pthread_create(&other, NULL, add_one, ctx) == 0);
    CHECK_INT(pthread_timedjoin_np(other, NULL, &patience), 0);
    return true;
}

TEST(cells_are_added_while_the_file_is_read)
{
    begin();
    one_session_in_the_file("in the file");
    store_history *h = open_history();
    int s = store_history_begin(h);
    const store_history_ask all = {.how = STORE_TAIL, .most = 10};
    CHECK_OK(store_history_find(h, s, &all, add_meanwhile, h, &err));
    CHECK_STR(tail(h, s, 10), "1.1 in the file\n2.1 meanwhile\n");
    store_history_free(h);
}

/* ---- trouble with the file ---- */
static void write_file(const char *path, const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && write(fd, text, len) == (ssize_t)len);
    close(fd);
}

TEST(a_damaged_file_is_put_aside)
{
    char aside[200], junk[9000];
    struct stat st;
    begin();
    snprintf(aside, sizeof aside, "%s/history.damaged.sqlite", folder);
    for (size_t i = 0; i < sizeof junk; i++) junk[i] = (char)(i * 37);
    write_file(file, junk, sizeof junk);
    one_session("say one", NULL);
    store_history *h = open_history();
    CHECK_STR(tail(h, store_history_begin(h), 10), "1.1 say one\n");
    store_history_free(h);
    CHECK(stat(aside, &st) == 0 && st.st_size == sizeof junk);
}

TEST(a_file_that_is_damaged_while_it_is_open_is_put_aside)
{
    char zeros[4096] = {0};
    begin();
    one_session_in_the_file("say one");
    sqlite3 *db;
    CHECK(sqlite3_open(file, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    int fd = open(file, O_RDWR);
    struct stat st;
    CHECK(fd >= 0 && fstat(fd, &st) == 0);
    memset(zeros, 0x5a, sizeof zeros);
    for (off_t at = 4096; at < st.st_size; at += 4096) CHECK(pwrite(fd, zeros, 4096, at) == 4096);
    close(fd);
    store_history *h = open_history();
    int s = store_history_begin(h);
    add(h, s, 1, "say two", NULL);
    CHECK_STR(tail(h, s, 10), "1.1 say two\n");
    store_history_free(h);
    one_session("say three", NULL);
    h = open_history();
    CHECK_STR(tail(h, store_history_begin(h), 10), "1.1 say two\n2.1 say three\n");
    store_history_free(h);
}

/* A program that has the file open until it is killed: pages stand in the log, and their places in its index. */
static pid_t other_program(void)
{
    static const char writes[] = "UPDATE cells SET input = 'say old'; PRAGMA wal_checkpoint(RESTART);"
                                 "UPDATE cells SET input = 'say older'";
    int ready[2];
    char c;
    CHECK(pipe(ready) == 0);
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        sqlite3 *db;
        bool good = sqlite3_open(file, &db) == SQLITE_OK && sqlite3_exec(db, writes, NULL, NULL, NULL) == SQLITE_OK;
        if (good && write(ready[1], "x", 1) == 1) pause();
        _exit(1);
    }
    close(ready[1]);
    CHECK(read(ready[0], &c, 1) == 1);
    close(ready[0]);
    return pid;
}

/* What goes into a log that it takes for its own from the index is lost with the last who knows that index. */
TEST(a_new_file_meets_no_log_of_the_damaged_one)
{
    char junk[4096];
    begin();
    one_session_in_the_file("say one");
    pid_t other = other_program();
    memset(junk, 0x5a, sizeof junk);
    int fd = open(file, O_WRONLY);
    CHECK(fd >= 0 && pwrite(fd, junk, sizeof junk, 0) == sizeof junk);
    close(fd);
    one_session_in_the_file("say two");
    one_session_in_the_file("say three");
    CHECK(kill(other, SIGKILL) == 0 && waitpid(other, NULL, 0) == other);
    store_history *h = open_history();
    CHECK_STR(tail(h, store_history_begin(h), 10), "1.1 say two\n2.1 say three\n");
    store_history_free(h);
}

/* Cells are answered from memory, and the file stays as it is. */
static void only_in_memory(int code)
{
    char before[20000], after[20000];
    int fd = open(file, O_RDONLY);
    ssize_t len = fd >= 0 ? read(fd, before, sizeof before) : -1;
    close(fd);
    store_history *h = open_history();
    int s = store_history_begin(h);
    add(h, s, 1, "say one", NULL);
    add(h, s, 2, "say two", "2");
    CHECK(store_history_settle(h, &err) != LG_OK);
    CHECK_INT(err.code, code);
    lg_err_clear(&err);
    CHECK_STR(tail(h, s, 10), "1.1 say one\n1.2 say two = 2\n");
    CHECK_STR(search(h, s, "*one", 10, true), "1.1 say one\n");
    CHECK_STR(range(h, s, 0, 2, 3), "1.2 say two = 2\n");
    CHECK_STR(range(h, s, -1, 0, 9), "");
    store_history_free(h);
    CHECK_INT(count_files("history.pending"), 0);
    fd = open(file, O_RDONLY);
    CHECK_INT(fd >= 0 ? read(fd, after, sizeof after) : -1, len);
    if (len > 0) CHECK(memcmp(before, after, (size_t)len) == 0);
    close(fd);
}

static void make_with(const char *sql)
{
    sqlite3 *db;
    CHECK(sqlite3_open(file, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
}

TEST(a_file_of_another_program_is_left_alone)
{
    begin();
    make_with("CREATE TABLE notes(text); INSERT INTO notes VALUES('mine')");
    only_in_memory(518);
}

TEST(a_file_of_a_newer_version_is_left_alone)
{
    begin();
    make_with("PRAGMA application_id = 1279739977; PRAGMA user_version = 2; CREATE TABLE cells(other)");
    only_in_memory(518);
}

TEST(a_file_that_was_just_made_gets_its_tables)
{
    begin();
    make_with("PRAGMA application_id = 1279739977");
    one_session("say one", NULL);
    store_history *h = open_history();
    CHECK_STR(tail(h, store_history_begin(h), 10), "1.1 say one\n");
    store_history_free(h);
}

TEST(a_folder_in_the_place_of_the_file)
{
    begin();
    mkdir(file, 0700);
    only_in_memory(518);
}

TEST(a_file_in_the_place_of_the_journals)
{
    char pending[200];
    begin();
    snprintf(pending, sizeof pending, "%s/history.pending", folder);
    write_file(pending, "", 0);
    store_history *h = open_history();
    add(h, store_history_begin(h), 1, "say one", NULL);
    store_history_free(h);
    h = open_history();
    CHECK_STR(tail(h, store_history_begin(h), 10), "1.1 say one\n");
    store_history_free(h);
}

TEST(nothing_can_be_written_into_the_folder)
{
    if (geteuid() == 0) { /* whom no permission stops */
        begin();
        rmdir(folder);
        write_file(folder, "", 0);
    } else {
        begin();
        chmod(folder, 0500);
    }
    store_history *h = open_history();
    int s = store_history_begin(h);
    add(h, s, 1, "say one", NULL);
    CHECK(store_history_settle(h, &err) != LG_OK);
    lg_err_clear(&err);
    CHECK_STR(tail(h, s, 10), "1.1 say one\n");
    store_history_free(h);
    chmod(folder, 0700);
}

/* A limit on the length of files stands in for a full disk: the same failure at the same calls. */
TEST(a_full_disk_costs_nothing_until_there_is_room_again)
{
    begin();
    one_session("say before", NULL);
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        static char large[200001];
        struct rlimit all;
        memset(large, 'x', sizeof large - 1);
        signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &all);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){150000, all.rlim_max});
        store_history *h = open_history();
        int s = store_history_begin(h);
        for (int i = 1; i <= 3; i++) add(h, s, i, large, NULL);
        if (store_history_settle(h, &err) == LG_OK || err.code != 518) _exit(1);
        if (!strstr(err.why, "room")) _exit(2);
        lg_err_clear(&err);
        int count = 0;
        const store_history_ask everything = {.how = STORE_TAIL, .most = 10};
        if (store_history_find(h, s, &everything, count_one, &count, &err) || count != 4) _exit(3);
        setrlimit(RLIMIT_FSIZE, &all);
        if (store_history_settle(h, &err)) _exit(4);
        kill(getpid(), SIGKILL);
    }
    int status, count = 0;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_INT(WIFEXITED(status) ? WEXITSTATUS(status) : 0, 0);
    store_history *h = open_history();
    CHECK_OK(store_history_find(h, store_history_begin(h), &(store_history_ask){.how = STORE_TAIL, .most = 10},
                                count_one, &count, &err));
    CHECK_INT(count, 4);
    store_history_free(h);
    one_session("say after", NULL); /* a session of its own: the number that was taken back was given anew */
    h = open_history();
    count = 0;
    CHECK_OK(store_history_find(h, store_history_begin(h), &(store_history_ask){.how = STORE_TAIL, .most = 10},
                                count_one, &count, &err));
    CHECK_INT(count, 5);
    store_history_free(h);
}

/* Another program that is in the middle of something, until let_go. */
static sqlite3 *hold(const char *begins)
{
    sqlite3 *db;
    CHECK(sqlite3_open(file, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, begins, NULL, NULL, NULL) == SQLITE_OK);
    return db;
}

static void let_go(sqlite3 *db)
{
    CHECK(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
}

TEST(another_program_that_writes_for_long_is_not_waited_for_when_adding)
{
    begin();
    one_session_in_the_file("say one");
    sqlite3 *db = hold("BEGIN IMMEDIATE");
    store_history *h = open_history();
    int s = store_history_begin(h);
    add(h, s, 1, "say two", NULL);
    CHECK_STR(tail(h, s, 10), "1.1 say one\n2.1 say two\n");
    let_go(db);
    CHECK_OK(store_history_settle(h, &err));
    store_history_free(h);
}

/* Whoever ends while the file is locked leaves its cells to the next. */
TEST(a_file_that_is_locked_at_the_end_costs_nothing)
{
    begin();
    make_with("PRAGMA application_id = 1279739977");
    sqlite3 *db = hold("BEGIN EXCLUSIVE");
    store_history *h = open_history();
    add(h, store_history_begin(h), 1, "say one", NULL);
    CHECK(store_history_settle(h, &err) != LG_OK);
    CHECK_INT(err.code, 518);
    lg_err_clear(&err);
    store_history_free(h);
    let_go(db);
    h = open_history();
    CHECK_STR(tail(h, store_history_begin(h), 10), "1.1 say one\n");
    store_history_free(h);
}

TEST(nobody_else_can_read_it)
{
    struct stat st;
    begin();
    mode_t before = umask(0);
    store_history *h = open_history();
    int s = store_history_begin(h);
    add(h, s, 1, "say one", NULL);
    CHECK_OK(store_history_settle(h, &err));
    char path[500], pending[200];
    snprintf(pending, sizeof pending, "%s/history.pending", folder);
    CHECK(stat(pending, &st) == 0 && (st.st_mode & 0777) == 0700);
    int seen = 0;
    for (int i = 0; i < 2; i++) {
        DIR *dir = opendir(i ? pending : folder);
        CHECK(dir);
        for (struct dirent *e; (e = readdir(dir));) {
            snprintf(path, sizeof path, "%s/%s", i ? pending : folder, e->d_name);
            if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) continue;
            CHECK_INT(st.st_mode & 0777, 0600);
            seen++;
        }
        closedir(dir);
    }
    CHECK(seen >= 3); /* the file, its log and the journal */
    store_history_free(h);
    umask(before);
}

/* ---- bounds ---- */
TEST(without_a_folder_the_newest_cells_are_known)
{
    store_history *h;
    err = (lg_err){0};
    CHECK_OK(store_history_new(&h, &err));
    int s = store_history_begin(h), count = 0;
    char input[20];
    for (int i = 1; i <= 10100; i++) {
        snprintf(input, sizeof input, "say %d", i);
        add(h, s, i, input, NULL);
    }
    CHECK_OK(
        store_history_find(h, s, &(store_history_ask){.how = STORE_TAIL, .most = 100000}, count_one, &count, &err));
    CHECK_INT(count, 10000);
    CHECK_STR(tail(h, s, 1), "1.10100 say 10100\n");
    /* all of them are being read now: none makes room for a new one */
    const store_history_ask newest = {.how = STORE_TAIL, .most = 3};
    CHECK_OK(store_history_find(h, s, &newest, add_meanwhile, h, &err));
    CHECK_STR(tail(h, s, 2), "1.10099 say 10099\n1.10100 say 10100\n");
    add(h, s, 10101, "say more", NULL);
    CHECK_STR(tail(h, s, 2), "1.10100 say 10100\n1.10101 say more\n");
    store_history_free(h);
}

TEST(the_file_stays_small)
{
    static char large[1 << 20];
    struct stat st;
    begin();
    memset(large, 'x', sizeof large - 1);
    store_history *h = open_history();
    int s = store_history_begin(h), count = 0;
    for (int i = 1; i <= 80; i++) {
        add(h, s, i, large, NULL);
        if (i % 10 == 0) CHECK_OK(store_history_settle(h, &err));
    }
    CHECK_OK(store_history_find(h, s, &(store_history_ask){.how = STORE_TAIL, .most = 1000}, count_one, &count, &err));
    CHECK(count >= 25 && count <= 32 + 4);
    CHECK_STR(range(h, s, 0, 0, 30), "");
    CHECK(stat(file, &st) == 0 && st.st_size < 60 << 20);
    store_history_free(h);
}

TEST(a_cell_that_is_too_long_is_not_kept)
{
    size_t len = (33u << 20);
    begin();
    char *text = malloc(len + 1);
    CHECK(text);
    memset(text, 'x', len), text[len] = 0;
    store_history *h = open_history();
    int s = store_history_begin(h);
    add(h, s, 1, text, NULL);
    add(h, s, 2, "short", NULL);
    free(text);
    CHECK_STR(tail(h, s, 10), "1.2 short\n");
    store_history_free(h);
}

TEST(out_of_memory_loses_cells_and_nothing_else)
{
    begin();
    one_session("say one", "(6*7)");
    for (long nth = 1; nth < 40; nth++) {
        store_history *h = open_history();
        int s = store_history_begin(h);
        lg_buf_clear(&told);
        lg_alloc_fail_at(nth, true);
        add(h, s, 1, "say two", NULL);
        lg_status st = store_history_find(
            h, s,
            &(store_history_ask){.how = STORE_SEARCH, .most = 5, .unique = true, .pattern = "*", .pattern_len = 1},
            tell, NULL, &err);
        lg_alloc_fail_at(0, false);
        if (st) CHECK_INT(err.code, 901);
        lg_err_clear(&err);
        store_history_free(h);
    }
    store_history *h = open_history();
    CHECK_HAS(tail(h, store_history_begin(h), 100), "1.1 say one\n1.2 (6*7) = 42\n");
    store_history_free(h);
}

/* ---- forgetting ---- */
TEST(cells_that_name_somebody_are_taken_out)
{
    begin();
    static const char *const names[] = {"ann_example", "ann", "7", "1234567"};
    char command[400];
    size_t cells;
    store_history *h = open_history();
    int s = store_history_begin(h);
    add(h, s, 1, "scrape twitter user Ann into posts", NULL);
    add(h, s, 2, "annotate the banner, epochs 7", NULL);
    add(h, s, 3, "posts", "1 of @ann_example, 2 of others");
    add(h, s, 4, "show 1234567", NULL);
    CHECK_OK(store_history_settle(h, &err));
    add(h, s, 5, "user ann", NULL); /* waits */
    CHECK_OK(store_history_forget(h, names, 4, &cells, &err));
    CHECK_INT(cells, 4);
    add(h, s, 6, "delete user ANN", NULL);
    add(h, s, 7, "say done", NULL);
    CHECK_STR(tail(h, s, 100), "1.2 annotate the banner, epochs 7\n1.7 say done\n");
    store_history_free(h);
    snprintf(command, sizeof command,
             "cat '%s'/history* '%s'/history.pending/* 2>/dev/null | grep -a -i -q ann_example", folder, folder);
    CHECK(system(command) != 0);
    h = open_history();
    CHECK_STR(tail(h, store_history_begin(h), 100), "1.2 annotate the banner, epochs 7\n1.7 say done\n");
    store_history_free(h);
}

TEST(what_is_only_in_memory_is_forgotten_too)
{
    store_history *h;
    size_t cells;
    static const char *const name[] = {"ann"};
    err = (lg_err){0};
    CHECK_OK(store_history_new(&h, &err));
    int s = store_history_begin(h);
    add(h, s, 1, "user ann", NULL);
    add(h, s, 2, "say one", NULL);
    CHECK_OK(store_history_forget(h, name, 1, &cells, &err));
    CHECK_INT(cells, 1);
    CHECK_STR(tail(h, s, 10), "1.2 say one\n");
    store_history_free(h);
}
