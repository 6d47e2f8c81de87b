/* Pixels are the same wherever they are kept: in memory, on disk, or nowhere. */
#include <pthread.h>
#include "lib/data/cache.h"
#include "lib/data/clean.h"
#include "tests/support/load.h"

enum { IMAGES = 24, SIDE = 16, BYTES = SIDE * SIDE * 3 };
#define NONE DATA_CACHE_NONE

static uint8_t expected[IMAGES][BYTES];

/* A shop of 24 pictures, cached as said. */
static void open_set(uint64_t memory, uint64_t early, uint64_t disk)
{
    char name[64];
    ds_new();
    for (int i = 0; i < IMAGES; i++) {
        snprintf(name, sizeof name, "%s/%02d.png", i % 2 ? "nike" : "puma", i);
        ds_picture(name, i, 40 + i, 50, 3, 0);
    }
    data_cache_setup(
        &(data_cache_limits){.memory = memory, .early = early, .disk = disk, .folder = disk ? ds_folder : NULL});
    CHECK_OK(LOAD(.size = {SIDE, SIDE, 0}));
}

static uint64_t used_memory(void)
{
    uint64_t memory;
    data_cache_used(&memory, NULL);
    return memory;
}

static uint64_t used_disk(void)
{
    uint64_t disk;
    data_cache_used(NULL, &disk);
    return disk;
}

static void check_pixels(void)
{
    for (size_t i = 0; i < IMAGES; i++) CHECK(memcmp(ds_pixels(set, i), expected[i], BYTES) == 0);
}

/* All in memory: what the others must equal. */
TEST(in_memory)
{
    open_set(0, 0, 0);
    uint64_t before = data_cache_misses();
    for (size_t i = 0; i < IMAGES; i++) memcpy(expected[i], ds_pixels(set, i), BYTES);
    CHECK(memcmp(expected[0], expected[1], BYTES) != 0);
    CHECK_INT(data_cache_misses(), before);
    CHECK(used_memory() >= IMAGES * BYTES);
    CHECK_INT(used_disk(), 0);
    let_go();
    CHECK_INT(used_memory(), 0);
}

TEST(nowhere)
{
    open_set(NONE, NONE, 0);
    uint64_t before = data_cache_misses();
    check_pixels();
    check_pixels();
    CHECK_INT(data_cache_misses() - before, 2 * IMAGES);
    CHECK_INT(used_memory(), 0);
    let_go();
}

TEST(on_disk)
{
    open_set(NONE, NONE, 1 << 30);
    uint64_t before = data_cache_misses();
    check_pixels();
    check_pixels();
    CHECK_INT(data_cache_misses(), before);
    CHECK_INT(used_memory(), 0);
    CHECK_INT(used_disk(), IMAGES * BYTES);
    let_go();
    CHECK_INT(used_disk(), 0);
}

TEST(some_on_disk_some_nowhere)
{
    open_set(NONE, NONE, 10 * BYTES);
    uint64_t before = data_cache_misses();
    check_pixels();
    CHECK_INT(data_cache_misses() - before, IMAGES - 10);
    CHECK_INT(used_disk(), 10 * BYTES);
    let_go();
}

/* Without a limit of the user's own it is a share of what is free: a quarter for pixels, half for what is unpacked,
 * whichever of the two comes first. */
TEST(what_is_free)
{
    uint64_t before, after;
    int fd = -1;
    open_set(NONE, NONE, 0);
    let_go();
    data_cache_setup(&(data_cache_limits){.memory = NONE, .folder = ds_folder});
    CHECK_OK(data_cache_scratch(&fd, &before, &err));
    close(fd);
    CHECK_OK(LOAD(.size = {SIDE, SIDE, 0}));
    CHECK_INT(used_disk(), IMAGES * BYTES);
    check_pixels();
    CHECK_OK(data_cache_scratch(&fd, &after, &err));
    close(fd);
    CHECK(after > before / 4 * 3); /* others write to this disk, too */
    let_go();
    data_cache_setup(&(data_cache_limits){0});
}

/* `load` keeps nothing in memory; the first round fetches from disk, and memory keeps what it brought. */
TEST(from_disk_to_memory)
{
    open_set(0, NONE, 1 << 30);
    CHECK_INT(used_memory(), 0);
    check_pixels();
    CHECK(used_memory() >= IMAGES * BYTES);
    check_pixels();
    let_go();
    CHECK_INT(used_memory() + used_disk(), 0);
}

/* A set that was not kept when it was loaded is decoded once, in the first round. */
TEST(decoded_once)
{
    open_set(0, NONE, 0);
    uint64_t before = data_cache_misses();
    check_pixels();
    check_pixels();
    CHECK_INT(data_cache_misses() - before, IMAGES);
    let_go();
}

TEST(files_that_changed_or_went)
{
    lg_err gone = {0};
    data_room room = {0};
    const uint8_t *px;
    open_set(NONE, NONE, 0);
    ds_picture("nike/01.png", 99, 41, 50, 3, 0);
    CHECK(data_pixels(set, 0, &room, &px, &err) == LG_E_DATA);
    CHECK_INT(err.code, 317);
    CHECK(strstr(err.msg, "nike/01.png") != NULL);
    char path[512];
    snprintf(path, sizeof path, "%s/nike/03.png", ds_folder);
    CHECK_INT(remove(path), 0);
    float x[BYTES];
    CHECK(data_fill(set, (const uint32_t[]){1}, 1, x, NULL, &gone) != LG_OK);
    CHECK_INT(gone.code, 302);
    CHECK_HAS(gone.msg, "nike/03.png is gone");
    CHECK(memcmp(ds_pixels(set, 2), expected[2], BYTES) == 0);
    data_room_release(&room);
    /* what is measured of pixels is told too, and no number made up */
    data_value value;
    lg_err_clear(&err);
    lg_err_clear(&gone);
    CHECK(data_field(set, 2, "sharpness", &value, &err) && value.number > 0);
    CHECK(!data_field(set, 0, "sharpness", &value, &err));
    CHECK_INT(err.code, 317);
    lg_err_clear(&err);
    CHECK(data_split(set, &(data_split_spec){.cut = {.train = 0.5, .val = 0.5}, .by = "glare"}, &next, NULL, &gone) !=
          LG_OK);
    CHECK_INT(gone.code, 317);
    let_go();
}

/* Combined sets hold no pixels of their own, also when one of them was combined itself. */
TEST(combined_sets_share)
{
    open_set(0, 0, 0);
    data_set *both = NULL, *all = NULL;
    uint64_t before = used_memory();
    CHECK_OK(data_combine((const data_set *const[]){set, set}, 2, &both, &err));
    CHECK_OK(data_combine((const data_set *const[]){both, set}, 2, &all, &err));
    let_go();
    data_unref(both);
    CHECK_INT(used_memory(), before);
    CHECK_INT(data_count(all), 3 * IMAGES);
    for (size_t i = 0; i < 3 * IMAGES; i++) CHECK(memcmp(ds_pixels(all, i), expected[i % IMAGES], BYTES) == 0);
    data_unref(all);
    CHECK_INT(used_memory(), 0);
}

/* What rules make is the same from the cache and from the files. */
TEST(cleaned_pixels)
{
    static uint8_t cleaned[IMAGES][BYTES];
    for (int kept = 1; kept >= 0; kept--) {
        data_clean_report cleaning = {0};
        open_set(kept ? 0 : NONE, kept ? 0 : NONE, 0);
        data_rules rules = data_rules_of(set);
        rules.glare = 120;
        rules.blur = 0.0001;
        CHECK_OK(data_clean(set, &(data_clean_spec){.rules = rules}, &next, &cleaning, &err));
        CHECK(cleaning.rule[DATA_RULE_GLARE].images > 0);
        CHECK_INT(data_count(next), IMAGES);
        for (size_t i = 0; i < IMAGES; i++) {
            if (kept) memcpy(cleaned[i], ds_pixels(next, i), BYTES);
            CHECK(memcmp(ds_pixels(next, i), cleaned[i], BYTES) == 0);
        }
        CHECK(memcmp(cleaned, expected, sizeof cleaned) != 0);
        data_clean_report_release(&cleaning);
        let_go();
    }
}

TEST(grey_sets)
{
    static uint8_t grey[6][64];
    for (int kept = 1; kept >= 0; kept--) {
        char name[64];
        ds_new();
        for (int i = 0; i < 6; i++) {
            snprintf(name, sizeof name, "%s/%02d.png", i % 2 ? "nike" : "puma", i);
            ds_picture(name, i, 30, 30, 1, 0);
        }
        data_cache_setup(&(data_cache_limits){.memory = kept ? 0 : NONE});
        CHECK_OK(LOAD(.size = {8, 8, 0}));
        CHECK_INT(data_shape(set).c, 1);
        for (size_t i = 0; i < 6; i++) {
            if (kept) memcpy(grey[i], ds_pixels(set, i), 64);
            CHECK(memcmp(ds_pixels(set, i), grey[i], 64) == 0);
        }
        let_go();
    }
}

/* Several threads ask for the same images at once, while these go from disk to memory and from files to disk. */
typedef struct reader {
    int first;
    int wrong;
} reader;

static void *read_all(void *ctx)
{
    reader *r = ctx;
    data_room room = {0};
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < IMAGES; i++) {
            lg_err failed = {0};
            const uint8_t *px = NULL;
            size_t at = (size_t)((i * 7 + r->first) % IMAGES);
            if (data_pixels(set, at, &room, &px, &failed) || memcmp(px, expected[at], BYTES)) r->wrong++;
        }
    data_room_release(&room);
    return NULL;
}

TEST(many_threads)
{
    const uint64_t limits[][3] = {{0, NONE, 1 << 30}, {0, NONE, 0}, {NONE, NONE, 9 * BYTES}};
    for (int k = 0; k < 3; k++) {
        pthread_t thread[4];
        reader r[4];
        open_set(limits[k][0], limits[k][1], limits[k][2]);
        for (int i = 0; i < 4; i++) {
            r[i] = (reader){.first = i * 3};
            CHECK_INT(pthread_create(&thread[i], NULL, read_all, &r[i]), 0);
        }
        for (int i = 0; i < 4; i++) {
            pthread_join(thread[i], NULL);
            CHECK_INT(r[i].wrong, 0);
        }
        let_go();
        CHECK_INT(used_memory() + used_disk(), 0);
    }
}
