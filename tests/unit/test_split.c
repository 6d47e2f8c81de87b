/* Splits: exact shares, seeds, near-duplicates and equal values on one side, the leak check. */
#include "lib/base/pool.h"
#include "tests/support/load.h"

/* 40 of class a, 20 of b, 3 of c; every fourth of a is a brighter copy of the one before; users take turns. */
static void make_set(void)
{
    char name[64], labels[8192] = "file,label,user\n";
    size_t len = strlen(labels);
    ds_new();
    for (int i = 0; i < 63; i++) {
        char label = i < 40 ? 'a' : i < 60 ? 'b' : 'c';
        bool copy = label == 'a' && i % 4 == 3;
        snprintf(name, sizeof name, "%02d.png", i);
        ds_picture(name, copy ? i - 1 : i, 20, 20, 3, copy ? 4 : 0);
        len += (size_t)snprintf(labels + len, sizeof labels - len, "%s,%c,user%d\n", name, label, i % 9);
    }
    ds_text("labels.csv", labels);
    CHECK_OK(LOAD(.name = "x", .labels = "labels.csv", .size = {8, 8, 0}));
    CHECK_INT(report.near, 10);
    CHECK_INT(report.labelled, 63);
}

static void check_counts(const data_set *of, int part, size_t a, size_t b, size_t c)
{
    data_counts counts;
    CHECK_OK(data_count_classes(of, &counts, &err));
    CHECK_INT(counts.count[part][0], a);
    CHECK_INT(counts.count[part][1], b);
    CHECK_INT(counts.count[part][2], c);
    data_counts_release(&counts);
}

/* Whole classes stay together: the smallest sum of errors still leaves something to validate on. */
TEST(by_label_leaves_no_part_empty)
{
    data_counts counts;
    data_split_spec spec = {.by = "label", .seed = 1};
    make_set();
    CHECK_OK(data_split(set, &spec, &next, NULL, &err));
    CHECK_OK(data_count_classes(next, &counts, &err));
    CHECK_INT(counts.total[DATA_TRAIN] + counts.total[DATA_VAL], 63);
    CHECK(counts.total[DATA_VAL] > 0);
    for (int c = 0; c < 3; c++) CHECK(!counts.count[DATA_TRAIN][c] || !counts.count[DATA_VAL][c]);
    data_counts_release(&counts);
}

TEST(shares_are_exact)
{
    data_split_report leak;
    make_set();
    check_counts(set, DATA_TRAIN, 32, 16, 2);
    check_counts(set, DATA_VAL, 8, 4, 1);
    CHECK_OK(data_leak_check(set, &leak, &err));
    CHECK_INT(leak.groups, 10);
    CHECK_INT(leak.group_images, 20);
    CHECK_INT(leak.across, 0);
    data_split_spec three = {.cut = {.train = 0.7, .val = 0.15, .test = 0.15}, .seed = 1};
    CHECK_OK(data_split(set, &three, &next, &leak, &err));
    check_counts(next, DATA_TRAIN, 28, 14, 1);
    check_counts(next, DATA_VAL, 6, 3, 1);
    check_counts(next, DATA_TEST, 6, 3, 1);
    CHECK_INT(leak.across, 0);
    CHECK_HAS(data_recipe(next), "\nsplit 70/15/15 seed 1");
    data_unref(next);
    data_split_spec all = {.cut = {.train = 1}};
    CHECK_OK(data_split(set, &all, &next, &leak, &err));
    check_counts(next, DATA_TRAIN, 40, 20, 3);
}

TEST(groups_stay_together)
{
    make_set();
    for (uint64_t seed = 1; seed < 40; seed++) {
        data_split_report leak;
        data_split_spec spec = {.cut = {.train = 0.5, .val = 0.5}, .seed = seed};
        CHECK_OK(data_split(set, &spec, &next, &leak, &err));
        CHECK_INT(leak.across, 0);
        check_counts(next, DATA_VAL, 20, 10, 1);
        data_unref(next);
        spec.no_together = true;
        CHECK_OK(data_split(set, &spec, &next, &leak, &err));
        CHECK(leak.across > 0);
        data_unref(next);
        next = NULL;
    }
}

/* The training part cut alone: stratified, drawn with the seed, look-alikes on one side; test as it was. */
TEST(train_alone)
{
    make_set();
    for (uint64_t seed = 1; seed < 20; seed++) {
        data_split_report leak;
        data_set *first = NULL;
        data_split_spec published = {.cut = {.train = 0.5, .test = 0.5}, .seed = seed},
                        spec = {.cut = {.train = 0.8, .val = 0.2}, .seed = seed, .of = DATA_TRAIN};
        CHECK_OK(data_split(set, &published, &first, NULL, &err));
        CHECK_OK(data_split(first, &spec, &next, &leak, &err));
        check_counts(next, DATA_TRAIN, 16, 8, 1);
        check_counts(next, DATA_VAL, 4, 2, 1);
        check_counts(next, DATA_TEST, 20, 10, 1);
        CHECK_INT(leak.across, 0);
        CHECK_INT(leak.groups, 10);
        for (size_t i = 0; i < data_count(next); i++) {
            data_image was, is;
            data_image_at(first, i, &was);
            data_image_at(next, i, &is);
            CHECK((was.split == DATA_TEST) == (is.split == DATA_TEST));
        }
        CHECK_HAS(data_recipe(next), "\nsplit train 80/20 seed ");
        data_unref(next);
        next = NULL;
        data_unref(first);
    }
}

/* Look-alikes that a set was published with on both sides stay there and are counted; so are users. */
TEST(train_alone_leaks)
{
    data_split_report leak;
    data_set *first = NULL;
    make_set();
    data_split_spec published = {.cut = {.train = 0.5, .test = 0.5}, .seed = 1, .no_together = true},
                    spec = {.cut = {.train = 0.8, .val = 0.2}, .by = "user", .seed = 1, .of = DATA_TRAIN};
    CHECK_OK(data_split(set, &published, &first, &leak, &err));
    size_t published_leaks = leak.across;
    CHECK(published_leaks > 0);
    CHECK_OK(data_split(first, &spec, &next, &leak, &err));
    CHECK(leak.across >= published_leaks);
    CHECK_INT(leak.by_groups, 9);
    CHECK_INT(leak.by_across, 9); /* every user has images in test */
    data_unref(first);
}

TEST(nothing_to_cut)
{
    make_set();
    data_split_spec all = {.cut = {.train = 1}, .seed = 1}, spec = {.seed = 1, .of = DATA_VAL};
    data_set *first = NULL;
    CHECK_OK(data_split(set, &all, &first, NULL, &err));
    CHECK(data_split(first, &spec, &next, NULL, &err) == LG_E_DATA);
    CHECK_INT(err.code, 312);
    data_unref(first);
}

static uint64_t members(const data_set *of)
{
    uint64_t bits = 0;
    data_image image;
    for (size_t i = 0; i < data_count(of); i++) {
        data_image_at(of, i, &image);
        if (image.split == DATA_VAL) bits |= 1ull << i;
    }
    return bits;
}

TEST(seeds)
{
    make_set();
    uint64_t first = members(set);
    data_split_spec spec = {.seed = 1};
    CHECK_OK(data_split(set, &spec, &next, NULL, &err));
    CHECK(members(next) == first); /* 80/20 and seed 1 again */
    data_unref(next);
    spec.seed = 2;
    CHECK_OK(data_split(set, &spec, &next, NULL, &err));
    CHECK(members(next) != first);
    CHECK(members(set) == first);
}

TEST(by_a_field)
{
    data_split_report leak;
    make_set();
    data_split_spec spec = {.cut = {.train = 0.6, .val = 0.4}, .by = "user", .seed = 3};
    spec.no_together = true;
    CHECK_OK(data_split(set, &spec, &next, &leak, &err));
    CHECK_INT(leak.by_groups, 9);
    data_split_kind part[9] = {0};
    size_t val = 0;
    for (size_t i = 0; i < data_count(next); i++) {
        data_image image;
        data_image_at(next, i, &image);
        if (part[i % 9] == DATA_NONE) part[i % 9] = image.split;
        CHECK_INT(image.split, part[i % 9]);
        val += image.split == DATA_VAL;
    }
    CHECK(val >= 21 && val <= 28); /* seven images a user */
    data_unref(next);
    next = NULL;
    spec.by = "label"; /* a group of 40, of 20, of 3 */
    CHECK_OK(data_split(set, &spec, &next, &leak, &err));
    CHECK_INT(leak.by_groups, 3);
    data_unref(next);
    next = NULL;
    spec.by = "source";
    CHECK(data_split(set, &spec, &next, &leak, &err) == LG_E_DATA);
    CHECK_INT(err.code, 312);
    CHECK_STR(err.msg, "`source` has 1 value, too few for 2 parts");
    lg_err_clear(&err);
    spec.by = "usr";
    CHECK(data_split(set, &spec, &next, &leak, &err) == LG_E_NAME);
    CHECK_STR(err.hint, "did you mean `user`?");
    CHECK(next == NULL);
}

TEST(impossible_shares)
{
    static const data_cut wrong[] = {{.train = 0.8},
                                     {.val = 1},
                                     {.train = 0.5, .val = 0.6},
                                     {.train = 1.2, .val = -0.2},
                                     {.train = NAN, .val = 0.2}};
    make_set();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        data_split_spec spec = {.cut = wrong[i]};
        lg_err_clear(&err);
        CHECK(data_split(set, &spec, &next, NULL, &err) == LG_E_ARG);
        CHECK_INT(err.code, 312);
        CHECK_STR(err.hint, "80/20 or 70/15/15");
    }
    CHECK(next == NULL);
}

TEST(not_stratified)
{
    data_counts counts;
    make_set();
    data_split_spec spec = {.cut = {.train = 0.5, .val = 0.5}, .no_stratify = true, .seed = 5};
    CHECK_OK(data_split(set, &spec, &next, NULL, &err));
    CHECK_OK(data_count_classes(next, &counts, &err));
    CHECK(counts.total[DATA_VAL] >= 31 && counts.total[DATA_VAL] <= 32);
    data_counts_release(&counts);
    CHECK_HAS(data_recipe(next), "no stratify");
}

TEST(relabelled_images_join_train)
{
    make_set();
    data_relabel_spec none = {.keep = true, .label = (const char *const[]){"a", "b"}, .labels = 2};
    CHECK_OK(data_relabel(set, &none, &next, &err));
    data_unref(set);
    set = next;
    next = NULL;
    data_relabel_spec one = {.image = (const uint32_t[]){62}, .images = 1, .as = "b"};
    CHECK_OK(data_relabel(set, &one, &next, &err));
    data_image image;
    data_image_at(next, 61, &image);
    CHECK(image.split == DATA_TRAIN && image.label == 1);
    data_image_at(next, 60, &image);
    CHECK(image.split == DATA_NONE && image.label == -1);
    let_go();
}
