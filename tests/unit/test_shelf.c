/* The bounded folder of runs: what is put is got, the oldest go, and leftovers of killed writers are taken away. */
#include "lib/store/shelf.h"
#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>
#include "tests/support/dataset.h"

static lg_err err;
static lg_buf got;
static char folder[200];

static store_shelf shelf_of(size_t files, uint64_t bytes)
{
    static char base[100];
    snprintf(base, sizeof base, "%s", ds_new());
    snprintf(folder, sizeof folder, "%s/data/runs", base);
    mkdir(strcat(base, "/data"), 0700);
    CHECK_OK(lg_reach_own(base, &err));
    lg_err_clear(&err);
    return (store_shelf){.folder = folder, .ending = ".lrun", .most_files = files, .most_bytes = bytes};
}

static bool get(const store_shelf *shelf, const char *key)
{
    bool found;
    lg_buf_release(&got);
    lg_buf_init(&got, 0);
    CHECK_OK(store_shelf_get(shelf, key, &got, &found, &err));
    return found;
}

/* Sets when a file was used last, so many seconds ago. */
static void age(const char *name, int seconds)
{
    char path[300];
    struct timespec times[2];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec -= seconds;
    times[1] = times[0];
    CHECK(utimensat(AT_FDCWD, path, times, 0) == 0);
}

static bool there(const char *name)
{
    char path[300];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &st) == 0;
}

TEST(what_is_put_is_got)
{
    store_shelf shelf = shelf_of(10, 1 << 20);
    struct stat st;
    char path[300];
    CHECK(!get(&shelf, "a1"));
    CHECK_OK(store_shelf_put(&shelf, "a1", "one", 3, false, &err));
    CHECK(get(&shelf, "a1"));
    CHECK_STR(lg_buf_str(&got), "one");
    CHECK_OK(store_shelf_put(&shelf, "a1", "another", 7, true, &err));
    CHECK(get(&shelf, "a1"));
    CHECK_STR(lg_buf_str(&got), "another");
    snprintf(path, sizeof path, "%s/a1.lrun", folder);
    CHECK(stat(path, &st) == 0);
    CHECK_INT(st.st_mode & 0777, 0600); /* nobody else's business */
    CHECK(store_shelf_put(&shelf, "big", folder, (1 << 18) + 1, true, &err) == LG_E_LIMIT);
    CHECK_INT(err.code, 303);
}

TEST(the_oldest_go)
{
    store_shelf shelf = shelf_of(3, 1 << 20);
    char key[16], name[24];
    for (int i = 0; i < 6; i++) {
        snprintf(key, sizeof key, "k%d", i), snprintf(name, sizeof name, "k%d.lrun", i);
        CHECK_OK(store_shelf_put(&shelf, key, "x", 1, false, &err));
        age(name, 600 - 100 * i);
    }
    CHECK(get(&shelf, "k0")); /* used now */
    CHECK_OK(store_shelf_trim(&shelf, &err));
    CHECK(there("k0.lrun") && there("k5.lrun") && there("k4.lrun"));
    CHECK(!there("k1.lrun") && !there("k2.lrun") && !there("k3.lrun"));
}

TEST(no_more_bytes_than_allowed)
{
    char data[400] = "";
    store_shelf shelf = shelf_of(100, 1600);
    for (int i = 0; i < 6; i++) {
        char key[16], name[24];
        snprintf(key, sizeof key, "k%d", i), snprintf(name, sizeof name, "k%d.lrun", i);
        CHECK_OK(store_shelf_put(&shelf, key, data, sizeof data, false, &err));
        age(name, 600 - 100 * i);
    }
    CHECK_OK(store_shelf_trim(&shelf, &err));
    CHECK(!there("k0.lrun") && !there("k1.lrun") && there("k2.lrun") && there("k5.lrun"));
}

TEST(what_is_not_ours_stays_and_leftovers_go)
{
    store_shelf shelf = shelf_of(1, 1 << 20);
    char dead[64], alive[64];
    CHECK_OK(store_shelf_put(&shelf, "k", "x", 1, false, &err));
    pid_t child = fork();
    if (child == 0) _exit(0);
    CHECK(waitpid(child, NULL, 0) == child); /* a process that is no more */
    snprintf(dead, sizeof dead, "data/runs/.logolens-%ld-7.tmp", (long)child);
    snprintf(alive, sizeof alive, "data/runs/.logolens-%ld-9999.tmp", (long)getpid());
    ds_text(dead, "half"), ds_text(alive, "half"), ds_text("data/runs/notes.txt", "mine");
    CHECK_OK(store_shelf_trim(&shelf, &err));
    CHECK(there(dead + 10)); /* too young to be sure */
    age(dead + 10, 120), age(alive + 10, 120);
    CHECK_OK(store_shelf_trim(&shelf, &err));
    CHECK(!there(dead + 10) && there(alive + 10) && there("notes.txt") && there("k.lrun"));
}

TEST(a_shelf_that_is_not_there_is_empty)
{
    store_shelf shelf = shelf_of(1, 1 << 20);
    CHECK(!get(&shelf, "k"));
    CHECK_OK(lg_reach_tidy(folder, &err));
}
