/* What the cells that load, show, split and relabel images answer. */
#include "lib/data/cache.h"
#include "tests/support/lens.h"

static lens l;

/* mixed/nike 1..6, mixed/Puma 1..4 and mixed/vans, of each one file broken; vans has no other. */
static void start(void)
{
    static bool made;
    char name[64];
    if (!made) {
        lens_shop();
        for (int i = 1; i <= 10; i++) {
            snprintf(name, sizeof name, "mixed/%s/%02d.png", i <= 6 ? "nike" : "Puma", i);
            lens_picture(name, i <= 6, i);
        }
        ds_text("mixed/nike/00.png", "no picture");
        ds_text("mixed/Puma/00.png", "");
        ds_text("mixed/vans/00.png", "");
    }
    made = true;
    lg_err err = {0};
    lens_forget_fixes();
    CHECK_OK(lens_open(&l));
}

static void cell(const char *text)
{
    if (lens_run(&l, text)) TEST_FAIL("%s: LL%03d %s (%s)", text, l.err.code, l.err.msg, l.err.why);
}
#define SHOWS(part)  CHECK_HAS(lg_buf_str(&l.text), part)
#define HIDES(part)  CHECK(!strstr(lg_buf_str(&l.text), part))

/* `where` and `sort` do not judge by a number they cannot have. */
TEST(measures_of_files_that_changed)
{
    static const char *const asking[] = {"show moved where sharpness > 0", "show moved sort glare"};
    start();
    data_cache_setup(&(data_cache_limits){.memory = DATA_CACHE_NONE});
    for (int i = 0; i < 8; i++) {
        char name[32];
        snprintf(name, sizeof name, "moved/%s/%d.png", i % 2 ? "a" : "b", i);
        lens_picture(name, i % 2, i);
    }
    cell("load moved from moved size 16x16");
    cell(asking[0]);
    lens_picture("moved/a/3.png", 0, 77);
    for (int k = 0; k < 2; k++) {
        CHECK(lens_run(&l, asking[k]) != LG_OK);
        CHECK_INT(l.err.code, 317);
        CHECK_HAS(l.err.msg, "a/3.png");
    }
    cell("show moved where width > 0 limit 1");
    data_cache_setup(&(data_cache_limits){0});
    lens_close(&l);
}

/* 100 MB of pixels in the set, of which the document takes what is shown. */
TEST(large_pictures)
{
    start();
    cell("load big from shop size 2048x2048 limit 8");
    SHOWS("8 of 8 images");
    cell("show big size 512");
    cell("big");
    CHECK_STR(lens_fact(&l, "big.count"), "8");
    lens_close(&l);
}

TEST(broken_files_are_tiles)
{
    start();
    cell("load m from mixed");
    SHOWS("3 of 13 images cannot be read");
    SHOWS("`vans`");
    CHECK_STR(lens_fact(&l, "m.classes"), "2");
    cell("show m where broken");
    SHOWS("3 of 3 images, 3 of them unreadable");
    SHOWS("cannot be read: the file is empty");
    SHOWS("cannot be read: this is a text file");
    CHECK(lg_buf_str(&l.html) && strstr(lg_buf_str(&l.html), "cannot be read: the file is empty"));
    cell("show m image 1, 6");
    SHOWS("1 cannot be read");
    cell("show m sort brightness");
    SHOWS("13 of 13 images");
    cell("show m where label = nike");
    SHOWS("7 of 7 images, 1 of them unreadable");
    cell("show m where label = nike and not broken");
    HIDES("unreadable");
    cell("show m");
    SHOWS("10 of 13 images, 3 of them unreadable");
    lens_close(&l);
}

/* A model says nothing about what cannot be read; named, it is shown without an opinion. */
TEST(no_opinion_of_broken_files)
{
    start();
    cell("load m from mixed\nmodel net on m { flatten; dense classes softmax }\nfit net epochs 1 quiet");
    cell("show m with net where confidence < 101%");
    SHOWS("10 of 10 images");
    HIDES("cannot be read");
    cell("show m with net image 1, 2");
    SHOWS("1 cannot be read");
    lens_close(&l);
}

/* A set published with train and test alone: the line that load prints gives it validation images, and fit uses them. */
TEST(validation_of_a_published_set)
{
    char name[64];
    start();
    for (int i = 0; i < 24; i++) {
        snprintf(name, sizeof name, "pub/%s/%s/%02d.png", i < 16 ? "train" : "test", i % 2 ? "nike" : "puma", i);
        lens_picture(name, i % 2, i);
    }
    cell("load pub from pub size 16x16");
    SHOWS("without validation images; take some from train: split pub.train 80/20");
    cell("split pub.train 80/20");
    SHOWS("test stays as it was");
    CHECK_STR(lens_fact(&l, "pub.train.count"), "12");
    CHECK_STR(lens_fact(&l, "pub.val.count"), "4");
    CHECK_STR(lens_fact(&l, "pub.test.count"), "8");
    cell("model m on pub { flatten; dense classes softmax }\nfit m epochs 1 quiet");
    SHOWS("12 training and 4 validation images");
    cell("undo pub");
    CHECK_STR(lens_fact(&l, "pub.val.count"), "0");
    lens_close(&l);
}

TEST(relabel_keeps_the_case)
{
    start();
    cell("load m from mixed\nrelabel m keep nike rest puma");
    SHOWS("Puma ");
    HIDES("puma ");
    cell("relabel m image 9 as PUMA");
    SHOWS("Puma ");
    HIDES("PUMA");
    cell("relabel m puma as PUMA");
    SHOWS("PUMA");
    lens_close(&l);
}

TEST(empty_parts)
{
    start();
    cell("load m from mixed\nsplit m 80/20 by label");
    SHOWS("LL312  train has no image of ");
    SHOWS("split m 80/20");
    CHECK(strcmp(lens_fact(&l, "m.val.count"), "0") != 0);
    cell("split m 80/20");
    HIDES("LL312");
    cell("load two from shop limit 2 split 80/20");
    SHOWS("LL312  the val part is empty");
    lens_close(&l);
}

/* The largest classes have a column; what the others have is not lost. */
TEST(more_classes_than_a_page_is_wide)
{
    char name[64];
    start();
    for (int k = 0; k < 15; k++)
        for (int i = 0; i < (k == 13 ? 9 : 3); i++) {
            snprintf(name, sizeof name, "brands/Sportswear%02d/%d.png", k, i);
            lens_picture(name, k % 4, 10 * k + i);
        }
    cell("load brands from brands");
    SHOWS("Sportswear03  Sportswear13  10 others  Total  Share");
    SHOWS("3             9         30     51   100%");
    lens_close(&l);
}

/* The sheets are pictures inside the HTML: whatever draws another variant, another sample or another pixel shows. */
TEST(the_same_sheets_on_any_threads)
{
    static const char *const lines[] = {
        "load logos from shop size 24x24 seed 3",
        "clean logos size 20x20 glare 150 replace median brightness 0.05..0.95",
        "augment logos x10 rotate 15 shift 10% zoom 10% brightness 20% noise 5% erase 10% shear 5 flip seed 4",
    };
    char *sheet[3] = {NULL};
    for (int threads = 1; threads <= 3; threads++) {
        char set[32];
        start();
        snprintf(set, sizeof set, "set threads %d", threads);
        cell(set);
        for (int i = 0; i < 3; i++) {
            cell(lines[i]);
            if (threads == 1) sheet[i] = lg_strdup(lg_buf_str(&l.html), &l.err);
            CHECK(strstr(sheet[i], "data:image/") != NULL);
            CHECK_STR(lg_buf_str(&l.html), sheet[i]);
        }
        lens_close(&l);
    }
    for (int i = 0; i < 3; i++) lg_free(sheet[i]);
}
