/* Rows kept by key: what was added is found, in this store and in the next, whatever befell the files meanwhile. */
#include "lib/store/feature_store.h"
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include "tests/support/dataset.h"

enum { FLOATS = 300 };
static lg_err err;
static char folder[200];
static const char one[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static const char three[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd00";
static const char two[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdee";

/* An empty place for the files. */
static void begin(void)
{
    static char cache[100];
    if (!*cache) {
        snprintf(cache, sizeof cache, "%s/cache", ds_new());
        CHECK(mkdir(cache, 0700) == 0);
        CHECK_OK(lg_reach_own(cache, &err));
        snprintf(folder, sizeof folder, "%s/features", cache);
    }
    lg_err_clear(&err);
    if (lg_reach_remove(folder, &err)) CHECK_INT(err.code, 302);
    lg_err_clear(&err);
}

static void key_of(uint64_t i, uint8_t key[STORE_KEY])
{
    lg_rng rng;
    lg_rng_init(&rng, i);
    for (int k = 0; k < STORE_KEY / 8; k++) {
        uint64_t bits = lg_rng_next(&rng);
        memcpy(key + 8 * k, &bits, 8);
    }
}

static void row_of(uint64_t i, float *row, size_t floats)
{
    for (size_t k = 0; k < floats; k++) row[k] = (float)(i * 1000 + k) * 0.5f;
}

static store_features *open_as(const char *fingerprint, size_t floats, uint64_t bytes)
{
    store_features *s = NULL;
    const store_features_options o = {
        .folder = folder, .fingerprint = fingerprint, .floats = floats, .most_bytes = bytes};
    lg_err_clear(&err);
    CHECK_OK(store_features_open(&o, &s, &err));
    return s;
}
#define OPEN() open_as(one, FLOATS, (uint64_t)1 << 30)

static void add(store_features *s, uint64_t from, uint64_t to)
{
    uint8_t key[1][STORE_KEY];
    float row[FLOATS];
    for (uint64_t i = from; i < to; i++) {
        key_of(i, key[0]), row_of(i, row, FLOATS);
        CHECK_OK(store_features_add(s, (const uint8_t(*)[STORE_KEY])key, row, 1, &err));
    }
}

/* How many of these rows are there; each that is must be right. */
static uint64_t found(const store_features *s, uint64_t from, uint64_t to)
{
    uint64_t n = 0;
    float want[FLOATS];
    uint8_t key[STORE_KEY];
    for (uint64_t i = from; i < to; i++) {
        key_of(i, key), row_of(i, want, FLOATS);
        const float *row = store_features_find(s, key);
        if (row && memcmp(row, want, sizeof want)) TEST_FAIL("row %d is another one", (int)i);
        n += row != NULL;
    }
    return n;
}

static uint64_t found_anew(uint64_t from, uint64_t to)
{
    store_features *s = OPEN();
    uint64_t n = found(s, from, to);
    CHECK_INT(store_features_count(s), n);
    store_features_close(s);
    return n;
}

/* Calls fn for each file; returns how many there are. */
static int each_file(void (*fn)(const char *path))
{
    int n = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[600];
        if (e->d_name[0] == '.' && (e->d_name[1] == 0 || e->d_name[1] == '.')) continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (fn) fn(path);
        n++;
    }
    if (dir) closedir(dir);
    return n;
}

static uint64_t folder_bytes;
static void add_size(const char *path)
{
    struct stat st;
    CHECK(stat(path, &st) == 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    folder_bytes += (uint64_t)st.st_size;
}

static uint64_t bytes_there(void)
{
    folder_bytes = 0;
    each_file(add_size);
    return folder_bytes;
}

TEST(what_is_added_is_found_again)
{
    begin();
    store_features *s = OPEN();
    CHECK_INT(found(s, 0, 10), 0);
    add(s, 0, 20000); /* 24 MB: three files and a bit */
    CHECK_INT(found(s, 0, 20000), 20000);
    CHECK_INT(found(s, 20000, 20100), 0);
    CHECK(!store_features_trouble(s));
    store_features_close(s);
    CHECK_INT(each_file(add_size), 3);
    CHECK_INT(found_anew(0, 20000), 20000);
    s = OPEN();
    add(s, 0, 20001); /* only what is new is written */
    store_features_close(s);
    CHECK_INT(each_file(NULL), 4);
    CHECK_INT(found_anew(0, 20001), 20001);
}

TEST(another_fingerprint_has_its_own_rows)
{
    begin();
    store_features *s = OPEN(), *t = open_as(two, FLOATS, (uint64_t)1 << 30);
    add(s, 0, 5);
    CHECK_INT(found(t, 0, 5), 0);
    add(t, 3, 9);
    store_features_close(s), store_features_close(t);
    CHECK_INT(found_anew(0, 9), 5);
    t = open_as(two, FLOATS, (uint64_t)1 << 30);
    CHECK_INT(found(t, 0, 9), 6);
    store_features_close(t);
}

TEST(rows_of_another_length_are_not_served)
{
    begin();
    store_features *s = OPEN();
    add(s, 0, 5);
    store_features_close(s);
    s = open_as(one, FLOATS - 1, (uint64_t)1 << 30);
    uint8_t key[STORE_KEY];
    key_of(1, key);
    CHECK(!store_features_find(s, key));
    store_features_close(s);
    CHECK_INT(each_file(NULL), 0); /* under this name it can only be damage */
}

TEST(memory_alone)
{
    begin();
    store_features *s = NULL;
    const store_features_options o = {.fingerprint = one, .floats = FLOATS, .most_memory = 20 << 20};
    CHECK_OK(store_features_open(&o, &s, &err));
    add(s, 0, 6000);
    CHECK_INT(found(s, 0, 6000), 6000);
    CHECK(!store_features_trouble(s));
    add(s, 6000, 20000);
    CHECK(store_features_trouble(s));
    CHECK(found(s, 0, 20000) > 12000 && found(s, 0, 20000) < 18000);
    store_features_close(s);
    CHECK_INT(each_file(NULL), 0);
}

/* ---- damage ---- */
static int cut_to, flip_at;
static void cut(const char *path)
{
    CHECK(truncate(path, cut_to) == 0);
}

static void flip(const char *path)
{
    unsigned char byte;
    int fd = open(path, O_RDWR);
    CHECK(fd >= 0 && pread(fd, &byte, 1, flip_at) == 1);
    byte ^= 0x10;
    CHECK(pwrite(fd, &byte, 1, flip_at) == 1);
    close(fd);
}

TEST(a_file_that_was_cut_is_made_again)
{
    static const int lengths[] = {0, 1, 63, 64, 100, 64 + 400, 4000, 64 + 64 * 7 + 10 * FLOATS * 4 - 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        begin();
        store_features *s = OPEN();
        add(s, 0, 10);
        store_features_close(s);
        cut_to = lengths[i];
        each_file(cut);
        s = OPEN();
        CHECK_INT(store_features_count(s), 0);
        CHECK_INT(each_file(NULL), 0);
        add(s, 0, 10);
        store_features_close(s);
        CHECK_INT(found_anew(0, 10), 10);
    }
}

TEST(every_bit_counts)
{
    int size = 64 + 448 + 10 * FLOATS * 4;
    for (flip_at = 0; flip_at < size; flip_at += flip_at < 64 ? 5 : flip_at < 600 ? 17 : 1501) {
        begin();
        store_features *s = OPEN();
        add(s, 0, 10);
        store_features_close(s);
        CHECK_INT(bytes_there(), size);
        each_file(flip);
        s = OPEN();
        uint64_t left = found(s, 0, 10);
        bool in_gap = flip_at >= 64 + 400 && flip_at < 512;
        CHECK_INT(left, in_gap ? 10 : flip_at < 512 ? 0 : 9); /* a row that changed is not there, all others are */
        add(s, 0, 10);
        CHECK_INT(found(s, 0, 10), 10);
        store_features_close(s);
        CHECK(found_anew(0, 10) == (flip_at < 512 ? 10 : 1)); /* the damaged file is gone, and the rest of it */
        s = OPEN();
        add(s, 0, 10);
        store_features_close(s);
        CHECK_INT(found_anew(0, 10), 10);
    }
}

/* A damaged file of one row and the one that replaces it have one name. */
TEST(a_damaged_row_alone_is_replaced)
{
    begin();
    store_features *s = OPEN();
    add(s, 0, 1);
    store_features_close(s);
    flip_at = 64 + 64 + 7;
    each_file(flip);
    s = OPEN();
    CHECK_INT(found(s, 0, 1), 0);
    add(s, 0, 1);
    store_features_close(s);
    CHECK_INT(found_anew(0, 1), 1);
}

/* ---- several at once ---- */
TEST(two_writers_lose_nothing)
{
    begin();
    pid_t child[2];
    for (int k = 0; k < 2; k++) {
        child[k] = fork();
        if (child[k]) continue;
        for (int i = 0; i < 12; i++) {
            store_features *s = OPEN();
            add(s, (uint64_t)(k * 100 + i * 10), (uint64_t)(k * 100 + i * 10 + 30)); /* some of them are the other's */
            store_features_close(s);
        }
        _exit(0);
    }
    for (int k = 0; k < 2; k++) {
        int status = 1;
        CHECK(waitpid(child[k], &status, 0) == child[k]);
        CHECK_INT(status, 0);
    }
    CHECK_INT(found_anew(0, 240), 240);
}

TEST(a_reader_keeps_what_another_takes_away)
{
    begin();
    store_features *s = OPEN();
    add(s, 0, 100);
    store_features_flush(s);
    store_features *reader = OPEN(), *other = open_as(two, FLOATS, 40 << 20);
    CHECK_INT(found(reader, 0, 50), 50);
    add(other, 0, 100);
    store_features_close(other);
    char line[300];
    snprintf(line, sizeof line, "rm -r '%s'", folder);
    CHECK(system(line) == 0);
    CHECK_INT(found(reader, 0, 100), 100);
    CHECK_INT(found(s, 0, 100), 100);
    add(s, 100, 150); /* the folder is made again */
    store_features_close(s), store_features_close(reader);
    CHECK_INT(found_anew(0, 150), 50);
}

/* Files of a few rows each become one when there are many of them. */
TEST(many_small_files_become_one)
{
    begin();
    for (uint64_t i = 0; i < 40; i++) {
        store_features *s = OPEN();
        add(s, i * 3, i * 3 + 3);
        store_features_close(s);
        CHECK(each_file(NULL) < 20);
    }
    CHECK_INT(found_anew(0, 120), 120);
}

/* A kill between the writing of that one and the going of the others: the next store makes the same one again. */
TEST(what_becomes_one_twice_is_still_there)
{
    char line[700];
    begin();
    for (uint64_t i = 0; i < 17; i++) {
        store_features *s = OPEN();
        add(s, i, i + 1);
        store_features_close(s);
    }
    snprintf(line, sizeof line, "cp -r '%s' '%s.kept'", folder, folder);
    CHECK(system(line) == 0);
    CHECK_INT(found_anew(0, 17), 17);
    CHECK_INT(each_file(NULL), 1);
    snprintf(line, sizeof line, "cp '%s.kept/'* '%s/' && rm -r '%s.kept'", folder, folder, folder);
    for (int i = 0; i < 3; i++) {
        if (i == 0) CHECK(system(line) == 0);
        CHECK_INT(found_anew(0, 17), 17);
    }
    CHECK_INT(each_file(NULL), 1);
}

/* Killed at any moment: what was written is there, whole; nothing else is in the way of the next. */
TEST(killed_while_it_adds)
{
    begin();
    uint64_t before = 0;
    for (int round = 0; round < 20 || (!before && round < 500); round++) { /* some must come to write something */
        pid_t child = fork();
        if (child == 0) {
            store_features *s = OPEN();
            for (uint64_t i = 0;; i += 10) {
                add(s, i, i + 10);
                store_features_flush(s);
                if (i % 150 == 140) store_features_close(s), s = OPEN();
            }
        }
        const struct timespec pause = {.tv_nsec = (1 + round % 9) * 2 * 1000 * 1000};
        nanosleep(&pause, NULL);
        CHECK(kill(child, SIGKILL) == 0);
        CHECK(waitpid(child, NULL, 0) == child);
        uint64_t now = found_anew(0, 100000);
        CHECK(now >= before && now % 10 == 0);
        before = now;
    }
    CHECK(before > 0);
}

typedef struct finder {
    const store_features *store;
    uint64_t found;
} finder;

static void *find_all(void *ctx)
{
    finder *f = ctx;
    uint8_t key[STORE_KEY];
    for (uint64_t i = 0; i < 3000; i++) {
        key_of(i, key);
        const float *row = store_features_find(f->store, key);
        f->found += row && row[1] == (float)(i * 1000 + 1) * 0.5f;
    }
    return NULL;
}

TEST(several_threads_find)
{
    begin();
    store_features *s = OPEN();
    add(s, 0, 3000);
    store_features_close(s);
    s = OPEN();
    pthread_t thread[4];
    finder f[4];
    for (int i = 0; i < 4; i++) {
        f[i] = (finder){.store = s};
        CHECK(pthread_create(&thread[i], NULL, find_all, &f[i]) == 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
        CHECK_INT(f[i].found, 3000);
    }
    store_features_close(s);
}

/* ---- bounds ---- */
static void make_old(const char *path)
{
    const struct timespec times[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};
    CHECK(utimensat(AT_FDCWD, path, times, 0) == 0);
}

TEST(the_bound_is_kept_and_the_oldest_go)
{
    const uint64_t bound = 40 << 20;
    begin();
    store_features *s = open_as(two, FLOATS, bound);
    add(s, 0, 20000); /* 25 MB */
    store_features_close(s);
    each_file(make_old);
    s = open_as(one, FLOATS, bound);
    add(s, 0, 20000);
    CHECK(!store_features_trouble(s));
    store_features_close(s);
    CHECK(bytes_there() <= bound);
    CHECK_INT(found_anew(0, 20000), 20000);
    s = open_as(two, FLOATS, bound);
    uint64_t left = found(s, 0, 20000);
    CHECK(left > 0 && left < 20000); /* as much as has room beside */
    store_features_close(s);
    s = open_as(three, FLOATS, bound / 2);
    add(s, 0, 1);
    store_features_close(s);
    CHECK(bytes_there() <= bound / 2);
}

TEST(more_than_the_bound_stays_in_memory)
{
    begin();
    store_features *s = open_as(one, FLOATS, 36 << 20);
    add(s, 0, 35000); /* 43 MB */
    CHECK(store_features_trouble(s));
    CHECK_HAS(store_features_trouble(s), "36 MB");
    CHECK_INT(found(s, 0, 35000), 35000);
    store_features_close(s);
    CHECK(bytes_there() <= 36 << 20 && bytes_there() > 20 << 20);
    CHECK(found_anew(0, 35000) > 15000);
}

/* A disk that takes no more: what was written stays, the rest is in memory, nothing fails. */
TEST(a_full_disk_is_told_once_and_nothing_fails)
{
    begin();
    pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = 100000, .rlim_max = 100000});
        store_features *s = OPEN();
        add(s, 0, 20);
        store_features_flush(s);
        if (store_features_trouble(s) || found(s, 0, 20) != 20) _exit(1);
        add(s, 20, 9000);
        store_features_flush(s);
        if (!store_features_trouble(s) || found(s, 0, 9000) != 9000) _exit(2);
        store_features_close(s);
        _exit(0);
    }
    int status = 1;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_INT(status, 0);
    CHECK_INT(found_anew(0, 9000), 20);
    CHECK_INT(each_file(NULL), 1);
}

TEST(a_folder_out_of_reach_keeps_nothing_and_says_so)
{
    begin();
    store_features *s = NULL;
    const store_features_options o = {.folder = "/usr/features", .fingerprint = one, .floats = FLOATS};
    CHECK_OK(store_features_open(&o, &s, &err));
    add(s, 0, 10);
    store_features_flush(s);
    CHECK(store_features_trouble(s));
    CHECK_INT(found(s, 0, 10), 10);
    store_features_close(s);
}

/* Each allocation fails once: an error or nothing kept, never a crash or a wrong row. */
TEST(memory_is_refused_at_any_point)
{
    for (long at = 1; at < 60; at++) {
        begin();
        store_features *s = OPEN();
        add(s, 0, 300);
        store_features_close(s);
        uint8_t keys[2][STORE_KEY];
        float rows[2 * FLOATS];
        for (uint64_t i = 0; i < 2; i++) key_of(1000 + i, keys[i]), row_of(1000 + i, rows + i * FLOATS, FLOATS);
        const store_features_options o = {.folder = folder, .fingerprint = one, .floats = FLOATS};
        lg_err_clear(&err);
        s = NULL;
        lg_alloc_fail_at(at, false);
        lg_status st = store_features_open(&o, &s, &err);
        if (st == LG_OK) st = store_features_add(s, (const uint8_t(*)[STORE_KEY])keys, rows, 2, &err);
        if (s && st == LG_OK) found(s, 0, 1002);
        store_features_close(s);
        lg_alloc_fail_at(0, false);
        CHECK(st == LG_OK || err.code == 901);
        s = OPEN();
        CHECK_INT(found(s, 0, 300), 300);
        store_features_close(s);
    }
}

TEST(a_million_keys)
{
    enum { MANY = 1000000 };
    begin();
    store_features *s = NULL;
    const store_features_options o = {.fingerprint = one, .floats = 1, .most_memory = (uint64_t)1 << 30};
    CHECK_OK(store_features_open(&o, &s, &err));
    uint8_t key[1][STORE_KEY];
    for (uint64_t i = 0; i < MANY; i++) {
        float row = (float)i;
        key_of(i, key[0]);
        CHECK_OK(store_features_add(s, (const uint8_t(*)[STORE_KEY])key, &row, 1, &err));
    }
    CHECK_INT(store_features_count(s), MANY);
    for (uint64_t i = 0; i < MANY; i++) {
        key_of(i, key[0]);
        const float *row = store_features_find(s, key[0]);
        if (!row || *row != (float)i) TEST_FAIL("key %d", (int)i);
    }
    store_features_close(s);
}
