/* Cleaning and augmentation over a dataset: rules are decided once and stored, variants are for training images only.
 */
#include "lib/data/clean.h"
#include <math.h>
#include "lib/base/pool.h"
#include "tests/support/load.h"

static data_clean_report cleaned;

static lg_status clean(data_rules rules, lg_pool *pool)
{
    data_unref(next);
    next = NULL;
    lg_err_clear(&err);
    data_clean_report_release(&cleaned);
    return data_clean(set, &(data_clean_spec){.rules = rules, .pool = pool}, &next, &cleaned, &err);
}

static void load_three(void)
{
    three_folders(20);
    CHECK_OK(LOAD(.size = {16, 16, 3}));
}

static data_augment ten(void)
{
    data_augment augment = {.times = 10, .seed = 3};
    CHECK(img_augment_set(&augment.how, "rotate", 15) && img_augment_set(&augment.how, "shift", 0.1));
    CHECK(img_augment_set(&augment.how, "noise", 0.1));
    return augment;
}

TEST(texts_of_rules_come_back)
{
    lg_buf text;
    data_rules rules = DATA_RULES_NONE, back;
    lg_err_clear(&err);
    rules.size = (data_size){48, 64, 3}, rules.fit = IMG_FIT_PAD;
    rules.glare = 240, rules.replace = DATA_FILL_MEAN, rules.drop = true, rules.dark = 0.1, rules.bright = 0.95;
    rules.blur = 12.5, rules.dedupe = true, rules.near = 3, rules.low = -1;
    lg_buf_init(&text, 0);
    data_rules_text(&rules, &text);
    CHECK_STR(lg_buf_str(&text),
              "size 48x64x3 fit pad glare 240 replace mean drop brightness 0.1..0.95 blur 12.5 dedupe "
              "near 3 scale -1..1");
    CHECK_OK(data_rules_read(lg_buf_str(&text), &back, &err));
    lg_buf again;
    lg_buf_init(&again, 0);
    data_rules_text(&back, &again);
    CHECK_STR(lg_buf_str(&again), lg_buf_str(&text));
    const char *const wrong[] = {"size",     "size 4",      "glare 300",       "glare",
                                 "colour 3", "scale 1..0",  "brightness 0..2", "size 9999x1x3",
                                 "near -1",  "replace all", "blur nan"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        lg_err_clear(&err);
        CHECK(data_rules_read(wrong[i], &back, &err) == LG_E_FORMAT && err.code == 331);
    }
    data_augment augment = ten(), same;
    augment.fresh = true;
    lg_buf_clear(&text), lg_buf_clear(&again);
    data_augment_text(&augment, &text);
    lg_err_clear(&err);
    CHECK_OK(data_augment_read(lg_buf_str(&text), &same, &err));
    data_augment_text(&same, &again);
    CHECK_STR(lg_buf_str(&again), lg_buf_str(&text));
    CHECK(same.fresh && same.times == 10 && same.seed == 3);
    rules.dark = 1.0 / 3, rules.blur = 12.000000000001, rules.high = 0.1 + 0.2;
    CHECK(img_augment_set(&augment.how, "rotate", 14.999999999999998));
    lg_buf_clear(&text), lg_buf_clear(&again);
    data_rules_text(&rules, &text), data_augment_text(&augment, &again);
    CHECK_OK(data_rules_read(lg_buf_str(&text), &back, &err));
    CHECK_OK(data_augment_read(lg_buf_str(&again), &same, &err));
    CHECK(back.dark == rules.dark && back.blur == rules.blur && back.high == rules.high);
    CHECK(memcmp(same.how.strength, augment.how.strength, sizeof same.how.strength) == 0);
    CHECK(data_augment_read("x10 rotate 999 seed 1", &same, &err) == LG_E_FORMAT);
    lg_err_clear(&err);
    CHECK(data_augment_read("10", &same, &err) == LG_E_FORMAT);
    lg_buf_release(&text);
    lg_buf_release(&again);
}

TEST(variants_are_for_training_images_only)
{
    load_three();
    data_augment augment = ten();
    CHECK_OK(data_augmented(set, &augment, &next, &err));
    for (int part = DATA_NONE; part < DATA_SPLITS; part++) {
        data_set *rows = NULL;
        CHECK_OK(data_part(next, (data_split_kind)part, &rows, &err));
        CHECK_INT(data_variants(rows), part == DATA_TRAIN ? 10 : 1);
        uint8_t px[16 * 16 * 3];
        for (size_t i = 0; i < data_count(rows); i++)
            for (int v = 0; v < 10; v++) {
                data_image image;
                data_image_at(rows, i, &image);
                CHECK_OK(data_variant_pixels(rows, i, v, 0, px, &err));
                bool same = memcmp(px, ds_pixels(rows, i), sizeof px) == 0;
                CHECK(same == (v == 0 || image.split != DATA_TRAIN));
            }
        data_unref(rows);
    }
    data_set *none = NULL;
    CHECK_OK(data_augmented(next, &(data_augment){.times = 1}, &none, &err));
    CHECK_INT(data_augment_of(none).times, 0);
    char a[65], b[65], c[65];
    CHECK_OK(data_fingerprint(set, a, &err));
    CHECK_OK(data_fingerprint(next, b, &err));
    CHECK_OK(data_fingerprint(none, c, &err));
    CHECK(strcmp(a, b) != 0 && strcmp(a, c) == 0);
    data_unref(none);
    let_go();
}

typedef struct filling {
    const data_set *train;
    float *x;
    int32_t y[240];
    uint32_t epoch;
} filling;

static void fill_piece(void *ctx, int piece, int worker)
{
    (void)worker;
    filling *f = ctx;
    int64_t item = piece;
    lg_err failed = {0};
    CHECK_OK(data_fill_variants(f->train, f->epoch, &item, 1, f->x + (size_t)piece * 768, f->y + piece, &failed));
}

static void fill_all(filling *f, int threads, uint32_t epoch)
{
    lg_pool *pool = NULL;
    CHECK_OK(lg_pool_new(threads, &pool, &err));
    f->epoch = epoch;
    lg_pool_run(pool, 240, fill_piece, f);
    lg_pool_free(pool);
}

TEST(any_number_of_threads_fills_the_same)
{
    load_three();
    data_augment augment = ten();
    for (int fresh = 0; fresh < 2; fresh++) {
        data_set *train = NULL;
        augment.fresh = fresh;
        data_unref(next);
        next = NULL;
        CHECK_OK(data_augmented(set, &augment, &next, &err));
        CHECK_OK(data_part(next, DATA_TRAIN, &train, &err));
        CHECK(data_count(train) * 10 >= 240);
        filling one = {.train = train}, more = {.train = train};
        one.x = lg_alloc(240 * 768, sizeof *one.x, &err), more.x = lg_alloc(240 * 768, sizeof *more.x, &err);
        fill_all(&one, 1, 0);
        fill_all(&more, 3, 0);
        CHECK(memcmp(one.x, more.x, 240 * 768 * sizeof *one.x) == 0 && memcmp(one.y, more.y, sizeof one.y) == 0);
        fill_all(&more, 3, 1); /* the next epoch */
        CHECK((memcmp(one.x, more.x, 240 * 768 * sizeof *one.x) == 0) == !fresh);
        lg_free(one.x);
        lg_free(more.x);
        data_unref(train);
    }
    let_go();
}

TEST(brightness_and_blur_leave_out_what_they_measure)
{
    load_three();
    data_rules rules = data_rules_of(set);
    rules.dark = 0.5;
    CHECK_OK(clean(rules, NULL));
    size_t n = 0;
    for (size_t i = 0; i < data_count(set); i++) {
        data_size s = data_shape(set);
        const img_picture p = {.h = s.h, .w = s.w, .c = s.c, .px = (uint8_t *)ds_pixels(set, i)};
        data_image image;
        data_image_at(set, i, &image);
        bool stays = (float)img_op_find("brightness")->measure(&p) >= 0.5f;
        CHECK((data_row_of(next, image.id) >= 0) == stays);
        n += !stays;
    }
    CHECK(n == cleaned.gones && n == cleaned.rule[DATA_RULE_BRIGHTNESS].images);
    CHECK_INT(cleaned.asked[DATA_RULE_BRIGHTNESS], data_count(set));
    CHECK(data_rules_of(next).dark == 0.5);
    rules.dark = 0, rules.blur = 1e9;
    CHECK(clean(rules, NULL) == LG_E_DATA && err.code == 341);
    CHECK_STR(err.msg, "these rules leave no images");
    data_clean_report_release(&cleaned);
    let_go();
}

TEST(a_rule_for_some_images_is_none_of_the_dataset)
{
    bool only[60] = {0};
    load_three();
    size_t n = data_count(set);
    CHECK_INT(n, 60);
    for (size_t i = 0; i < n; i++) only[i] = i % 2;
    data_rules rules = data_rules_of(set);
    rules.bright = 1e-6, rules.drop = true;
    data_unref(next);
    next = NULL;
    data_clean_report_release(&cleaned);
    CHECK_OK(data_clean(set, &(data_clean_spec){.rules = rules, .only = only}, &next, &cleaned, &err));
    CHECK_INT(cleaned.asked[DATA_RULE_BRIGHTNESS], n / 2);
    CHECK(cleaned.gones > 0 && data_count(next) == n - cleaned.gones);
    for (size_t i = 0; i < cleaned.gones; i++) CHECK(only[data_row_of(set, cleaned.gone[i].id)]);
    CHECK(data_rules_of(next).bright >= 1 && !data_rules_of(next).drop);
    data_clean_report_release(&cleaned);
    let_go();
}

TEST(cleaning_does_not_depend_on_threads_and_is_never_done_twice)
{
    char a[65], b[65];
    lg_pool *pool = NULL;
    load_three();
    CHECK_OK(lg_pool_new(3, &pool, &err));
    data_rules rules = data_rules_of(set);
    rules.glare = 150;
    CHECK_OK(clean(rules, NULL));
    CHECK_OK(data_fingerprint(next, a, &err));
    data_set *first = data_ref(next), *kept = set;
    CHECK_OK(clean(rules, pool));
    for (size_t i = 0; i < data_count(set); i++)
        CHECK(memcmp(ds_pixels(first, i), ds_pixels(next, i), 16 * 16 * 3) == 0);
    set = first; /* cleaning what is clean begins with the originals again */
    CHECK_OK(clean(rules, pool));
    CHECK_OK(data_fingerprint(next, b, &err));
    CHECK_STR(a, b);
    for (size_t i = 0; i < data_count(set); i++)
        CHECK(memcmp(ds_pixels(first, i), ds_pixels(next, i), 16 * 16 * 3) == 0);
    rules.glare = 0;
    CHECK_OK(clean(rules, pool)); /* and without the rule they are back */
    for (size_t i = 0; i < data_count(set); i++)
        CHECK(memcmp(ds_pixels(kept, i), ds_pixels(next, i), 16 * 16 * 3) == 0);
    data_unref(first);
    set = kept;
    lg_pool_free(pool);
    data_clean_report_release(&cleaned);
    let_go();
}

TEST(scale_reaches_the_network)
{
    load_three();
    float x[768], y[768];
    const uint32_t row = 0;
    data_rules rules = data_rules_of(set);
    rules.low = -1;
    CHECK_OK(clean(rules, NULL));
    ds_fill(set, &row, 1, x, NULL);
    ds_fill(next, &row, 1, y, NULL);
    for (int i = 0; i < 768; i++) CHECK(fabsf(y[i] - (2 * x[i] - 1)) < 1e-6f);
    data_set *both = NULL;
    const data_set *const apart[] = {set, next}, *const alike[] = {next, next};
    CHECK(data_combine(apart, 2, &both, &err) == LG_E_DATA && err.code == 343);
    lg_err_clear(&err);
    CHECK_OK(data_combine(alike, 2, &both, &err));
    CHECK(data_rules_of(both).low == -1);
    data_unref(both);
    data_set *varied = NULL; /* of augmentation, too, what all have stays */
    CHECK_OK(data_augmented(next, &(data_augment){.times = 3, .seed = 8}, &varied, &err));
    CHECK_OK(data_combine((const data_set *const[]){varied, varied}, 2, &both, &err));
    CHECK(data_augment_of(both).times == 3 && data_augment_of(both).seed == 8);
    data_unref(both);
    CHECK_OK(data_combine((const data_set *const[]){varied, next}, 2, &both, &err));
    CHECK_INT(data_augment_of(both).times, 0);
    data_unref(both);
    data_unref(varied);
    data_clean_report_release(&cleaned);
    let_go();
}

TEST(mixed_sizes_become_one)
{
    three_folders(4);
    CHECK_OK(LOAD(0));
    CHECK_INT(data_shape(set).h, 0);
    CHECK_OK(clean(data_rules_of(set), NULL));
    data_size size = data_shape(next);
    CHECK(size.h == 64 && size.w == 64 && size.c == 3);
    data_clean_report_release(&cleaned);
    let_go();
}
