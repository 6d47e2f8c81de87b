/* Bad input of every kind, with the real commands: the house error or warning comes, the session lives, and every
 * object that was there before is still as it was. */
#include <unistd.h>
#include "lib/plot/plot.h"
#include "tests/support/lens.h"

static lens l;

#define SETUP                                                                                                          \
    "load logos from shop\n"                                                                                           \
    "model scratch on logos { conv 4 3x3 relu; maxpool 4; flatten; dense classes softmax }\n"                          \
    "fit scratch epochs 2 batch 8 lr 0.05 quiet as trial\n"                                                            \
    "confusion scratch as matrix\n"                                                                                    \
    "let g = [1 2; 3 4]"

static void start(void)
{
    static bool made;
    lg_err err = {0};
    if (!made) lens_shop();
    made = true;
    CHECK_OK(lens_open(&l));
    if (lens_run(&l, SETUP)) TEST_FAIL("setup: %s", l.err.msg);
}

/* The failure can be shown, and its code is explained. */
static bool shown_well(const char *cell)
{
    lg_buf block;
    lg_buf_init(&block, 1 << 20);
    plt_error_block(&l.err, cell, false, &block);
    bool well = block.len > 0 && block.len < 4096 && lg_utf8_valid(lg_buf_str(&block), block.len) == block.len &&
                (l.err.status == LG_E_INTERRUPTED || dsl_code_find(l.err.code));
    lg_buf_release(&block);
    return well;
}

/* code 0: the cell succeeds, and `part` is in its output. */
static bool behaves(const char *cell, int code, const char *part)
{
    lg_buf before, after;
    lg_buf_init(&before, 1 << 26);
    lg_buf_init(&after, 1 << 26);
    lens_state(&l, &before);
    lg_status st = lens_run(&l, cell);
    lg_err err = l.err;
    bool ok = st == err.status && err.code == code && (!st || shown_well(cell));
    if (st) ok = ok && (strstr(err.msg, part) || strstr(err.why, part) || strstr(err.hint, part));
    else ok = ok && strstr(lg_buf_str(&l.text), part);
    if (st) {
        lens_state(&l, &after);
        if (strcmp(lg_buf_str(&before), lg_buf_str(&after))) ok = false, printf("objects changed\n");
    }
    if (!ok)
        printf("%.300s\n  gave LL%03d %s (%s) [%s]\n%.2000s\n  expected LL%03d %s\n", cell, err.code, err.msg, err.why,
               err.hint, st ? "" : lg_buf_str(&l.text), code, part);
    if (lens_run(&l, "say fine") || strcmp(lg_buf_str(&l.text), "fine\n"))
        ok = false, printf("the session is broken\n");
    lg_buf_release(&before);
    lg_buf_release(&after);
    return ok;
}

typedef struct bad_cell {
    const char *cell;
    int code;
    const char *part;
} bad_cell;

static void all_behave(const bad_cell *cells, size_t n)
{
    int bad = 0;
    for (size_t i = 0; i < n; i++) bad += !behaves(cells[i].cell, cells[i].code, cells[i].part);
    lens_close(&l);
    CHECK_INT(bad, 0);
}
#define ALL_BEHAVE(cells) all_behave(cells, sizeof(cells) / sizeof *(cells))

/* ---- folders and files ---- */
TEST(places)
{
    start();
    mkdir((ds_text("empty/notes.txt", "no pictures here"), "empty"), 0700);
    ds_text("broken/a/1.png", "this is no picture");
    ds_write("broken/a/2.jpg", "\xff\xd8\xff\xe0 cut", 8);
    ds_text("broken/b/3.png", "");
    lens_picture("partly/a/1.png", 0, 1);
    lens_picture("two words/a/1.png", 0, 1);
    lens_picture("partly/a/2.png", 0, 2);
    lens_picture("partly/b/3.png", 1, 3);
    lens_picture("partly/b/4.png", 1, 4);
    ds_text("partly/b/5.png", "\x89PNG\r\n\x1a\n and nothing more");
    ds_picture("sizes/a/1.png", 1, 20, 20, 3, 0);
    ds_picture("sizes/a/2.png", 2, 30, 20, 3, 0);
    ds_picture("sizes/b/3.png", 3, 20, 40, 3, 0);
    ds_picture("sizes/b/4.png", 4, 20, 20, 1, 0);
    for (int i = 0; i < 8; i++) {
        char path[40];
        snprintf(path, sizeof path, "twice/%c/%d.png", "ab"[i % 2], i / 2);
        lens_picture(path, i % 2, 50 + i);
    }
    CHECK(lens_run(&l, "load twice from twice; load half from partly") == LG_OK);
    static const bad_cell cells[] = {
        {"load x from nowhere", 302, "nowhere"},
        {"load x from shop labels nowhere.csv", 302, "nowhere.csv"},
        {"load x from shop labels flat", 393, "folder"},
        {"load x from list.csv", 393, "list.csv"},
        {"load x from empty", 309, "there are no images in `empty`"},
        {"load x from broken", 309, "none of the 3 images"},
        {"load x from partly", 0, "LL305  1 of 5 images cannot be read"},
        {"load x from /etc", 601, "outside this project"},
        {"load x from ../..", 601, "outside this project"},
        {"load x from sample:cats", 302, "load x from sample:logos"},
        {"load x from two", 302, "did you mean `\"two words\"`?"},
        {"load x from samples:logos", 302, "did you mean `sample:logos`?"},
        {"load x from results/of/today", 302, "there is no folder `results` in "},
        {"model on logos { flatten }", 143, "{ conv 16 3x3 relu; maxpool 2; flatten; dense classes softmax }"},
        {"model y on twice", 208, "model y on twice { conv 16 3x3 relu; maxpool 2; flatten; dense classes softmax }"},
        {"model y on logos { dropout 50; flatten }", 142, "did you mean `50%`?"},
        {"relabel logos adidas nike as x", 140, "put a comma between them: adidas, nike"},
        {"softmax 1 2 3", 140, "put commas between the numbers"},
        {"compare logos, scratch", 133, "compare scratch"},
        {"model fresh on logos { flatten; dense classes softmax }", 0, "fresh"},
        {"check fresh.val.accuracy > 0", 124, "`fit fresh`"},
        {"customers from logos", 133, "`scrape mastodon tag adidas into posts`"},
        {"load x from https://example.org/pictures", 505, "example.org"},
        {"load x from ''", 141, "wants a file"},
        {"load mixed from sizes", 0, "sizes as they are"},
        {"model y on mixed { flatten; dense classes softmax }", 315, "differ in size"},
        {"load x from sizes size 9000x9000", 142, "4096"},
        {"load x from sizes size 32x32x7", 318, "channels"},
        {"load x from shop limit 99999999999999", 142, "cannot be as large as"},
        {"load x from shop limit 999999999", 0, "48 images"},
        {"show logos limit 1000000000", 142, "between 1 and"},
        {"show logos image 0", 314, "0"},
        {"show logos image 49", 314, "`logos` has no image `49`"},
        {"show logos image 99999999999999999999", 314, "has no image"},
        {"show logos image nowhere.png", 314, "has no image `nowhere.png`"},
        {"show twice image 1.png", 314, "`twice` has 2 images called `1.png`"},
        {"relabel twice image 1.png as b", 314, "2 is a/1.png, 6 is b/1.png"},
        {"drop twice image b/1.png", 0, "6 b"},
        {"clean half size 8 blur 900000", 341, "blur left out 4, which measure 1,2"},
        {"clean logos size 0", 142, "between 1 and 4,096"},
        {"augment logos x2 zoom 20", 142, "did you mean `20%`?"},
        {"augment logos x2 zoom 200", 142, "leave it out to use 10%"},
        {"run nowhere.lens", 302, "nowhere.lens"},
    };
    ALL_BEHAVE(cells);
}

TEST(folder_that_may_not_be_read)
{
    if (geteuid() == 0) SKIP("root may read everything");
    start();
    char path[300];
    lens_picture("closed/a/1.png", 0, 1);
    snprintf(path, sizeof path, "%s/closed", ds_folder);
    CHECK(chmod(path, 0) == 0);
    bool ok = behaves("load x from closed", 391, "closed");
    chmod(path, 0700);
    lens_close(&l);
    CHECK(ok);
}

/* ---- labels ---- */
/* 24 pictures of `flat`, labelled by the lines of a file. */
static void label_file(const char *name, const char *begin, const char *end, const char *extra)
{
    lg_buf list;
    lg_buf_init(&list, 1 << 20);
    lg_buf_adds(&list, begin);
    for (int i = 1; i <= 24; i++) lg_buf_addf(&list, "%02d.png,%s%s", i, i % 2 ? "odd" : "even", end);
    lg_buf_adds(&list, extra);
    ds_write(name, list.data, list.len);
    lg_buf_release(&list);
}

TEST(label_files)
{
    start();
    label_file("crlf.csv", "", "\r\n", "");
    label_file("bom.csv", "\xef\xbb\xbf", "\r\n", "");
    label_file("unknown.csv", "", "\n", "99.png,odd\nnone.png,even\n");
    label_file("again.csv", "", "\n", "01.png,odd\n02.png,even\n");
    label_file("against.csv", "", "\n", "01.png,even\n");
    label_file("single.csv", "", "\n", "25.png,lonely\n");
    label_file("alike.csv", "", "\n", "25.png,\xd0\xbe"
                                      "dd\n26.png,\xd0\xbe"
                                      "dd\n");
    ds_text("strangers.csv", "x1.png,a\nx2.png,b\n");
    ds_text("one.csv", "01.png,same\n02.png,same\n03.png,same\n");
    ds_text("only.csv", "01.png,same\n");
    ds_text("nothing.csv", "");
    ds_write("zero.csv", "01.png,a\0b\n", 11);
    ds_text("latin.csv", "01.png,caf\xe9\n");
    ds_text("outside.csv", "../shop/adidas/01.png,a\n01.png,b\n");
    static const bad_cell cells[] = {
        {"load x from flat labels crlf.csv\ncheck x.odd.count = 12\ncheck x.classes = 2", 0,
         "24 of 48 images have no label"},
        {"load x from flat labels bom.csv\ncheck x.even.count = 12\ncheck x.classes = 2", 0, "LL301"},
        {"load x from flat labels unknown.csv", 0, "LL306  2 of 26 label lines name no image"},
        {"load x from flat labels again.csv\ncheck x.odd.count = 12", 0, "LL307"},
        {"load x from flat labels against.csv\ncheck x.odd.count = 11", 0, "LL307"},
        {"load x from flat labels single.csv", 0, "LL310  1 of 3 classes has fewer than two readable images"},
        {"load x from flat labels alike.csv", 0, "LL308"},
        {"load x from flat labels strangers.csv", 306, "none of the 2 label lines"},
        {"load x from flat labels one.csv", 0, "LL310  all labelled images are of one class, `same`"},
        {"load x from flat labels only.csv", 310, "only 1 image has a label"},
        {"load x from flat labels nothing.csv", 306, "has no label lines"},
        {"load x from flat labels zero.csv", 304, "line 1"},
        {"load x from flat labels latin.csv", 304, "line 1"},
        {"load x from flat labels outside.csv", 306, "line 1"},
        {"load x from flat labels list.csv columns file, brand", 316, "no column called `brand`"},
        {"load x from flat labels \"([\"", 319, "pattern"},
        {"load x from flat labels \"zzz([0-9])\"", 306, "fits the pattern"},
    };
    ALL_BEHAVE(cells);
}

TEST(the_caret_is_under_what_is_wrong)
{
    start();
    static const struct {
        const char *cell;
        int col;
    } wrong[] = {{"load x from nowhere labels list.csv", 13},  {"load x from shop labels nowhere.csv", 25},
                 {"load x from shop labels \"([\"", 25},     {"load x from shop labels shop", 25},
                 {"show logos image 3, 999", 21},             {"confusion scratch on logos.test", 22},
                 {"split logos 80/20 by nothing", 22},        {"relabel logos puma, reebok as x", 21}};
    int bad = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (lens_run(&l, wrong[i].cell) == LG_OK || l.err.span.line != 1 || (int)l.err.span.col != wrong[i].col)
            bad++, printf("%s\n  LL%03d at %u:%u: %s\n", wrong[i].cell, l.err.code, (unsigned)l.err.span.line,
                          (unsigned)l.err.span.col, l.err.msg);
    lens_close(&l);
    CHECK_INT(bad, 0);
}

TEST(no_labels_at_all)
{
    start();
    static const bad_cell cells[] = {
        {"load bare from flat", 0, "48 of 48 images have no label"},
        {"model x on bare { flatten; dense classes softmax }", 215, "`classes`"},
        {"model x on bare { flatten; dense 3 softmax }", 0, "(None, 3)"},
        {"fit x", 406, "no train images to learn from"},
        {"confusion x", 403, "`bare` has no val images"},
        {"split bare 50/50", 0, "48 images without a label are in no part"},
        {"fit x on bare", 406, "images to learn from"},
        {"show bare", 0, "no label"},
        {"bare", 0, "0 classes"},
    };
    ALL_BEHAVE(cells);
}

TEST(one_class)
{
    start();
    ds_text("one.csv", "01.png,same\n02.png,same\n03.png,same\n04.png,same\n05.png,same\n06.png,same\n");
    static const bad_cell cells[] = {
        {"load single from flat labels one.csv split 50/50", 0, "LL310"},
        {"model x on single { flatten; dense classes softmax }", 0, "(None, 1)"},
        {"fit x epochs 2 quiet", 0, "validation 100.0%"},
        {"confusion x", 0, "same"},
    };
    ALL_BEHAVE(cells);
}

/* ---- names from a hostile folder ---- */
TEST(hostile_labels)
{
    start();
    lg_buf list;
    lg_buf_init(&list, 1 << 20);
    for (int i = 1; i <= 40; i++) {
        static const char *const label[] = {"<script>alert(1)</script>", "**[x](javascript:y)**",
                                            ("\xe2\x80\xae"
                                             "evil"),
                                            "\"two\nlines\"", "a.b c"};
        lg_buf_addf(&list, "%02d.png,%s\n", i, label[i % 5]);
    }
    ds_write("hostile.csv", list.data, list.len);
    lg_buf_adds(&list, "41.png,");
    for (int i = 0; i < 10240; i++) lg_buf_addc(&list, 'x');
    lg_buf_addc(&list, '\n');
    ds_write("long.csv", list.data, list.len);
    lg_buf_release(&list);
    static const char *const cells[] = {"load evil from flat labels hostile.csv",
                                        "model x on evil { flatten; dense classes softmax }",
                                        "fit x epochs 2 batch 8",
                                        "confusion x normalize rows",
                                        "curves x",
                                        "show evil with x",
                                        "relabel evil image 1 as \"<img src=x onerror=y>\"",
                                        "list",
                                        "evil"};
    lg_err err = {0};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        if (lens_run(&l, cells[i])) TEST_FAIL("%s: LL%03d %s", cells[i], l.err.code, l.err.msg);
        const char *html = lg_buf_str(&l.html), *text = lg_buf_str(&l.text);
        if (strstr(html, "<script") || strstr(html, "<img src=x") || strstr(html, "\xe2\x80\xae") ||
            strstr(text, "\xe2\x80\xae"))
            TEST_FAIL("%s lets a label through:\n%.3000s", cells[i], text);
        CHECK_INT(lg_utf8_valid(html, l.html.len), l.html.len);
    }
    CHECK(behaves("load y from flat labels long.csv", 304, "label of 10,240 bytes"));
    CHECK(
        behaves("relabel evil image 2 as " /* longer than a label may be */
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                322, "bytes"));
    (void)err;
    lens_close(&l);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { CLASSES = 800 };
#else
enum { CLASSES = 3000 };
#endif

TEST(thousands_of_classes)
{
    start();
    lg_buf list, png;
    lg_err err = {0};
    img_picture p = {0};
    lg_rng rng;
    lg_buf_init(&list, 1 << 20);
    lg_buf_init(&png, 1 << 12);
    lg_rng_init(&rng, 1);
    CHECK_OK(img_picture_init(&p, 4, 4, 3, &err));
    for (int i = 0; i < CLASSES; i++) {
        char name[32];
        for (int k = 0; k < 48; k++) p.px[k] = (uint8_t)lg_rng_below(&rng, 256);
        lg_buf_clear(&png);
        CHECK_OK(img_png_write(&p, 1, &png, &err));
        snprintf(name, sizeof name, "many/%05d.png", i);
        ds_write(name, png.data, png.len);
        lg_buf_addf(&list, "%05d.png,class %05d\n", i, i);
    }
    ds_write("many.csv", list.data, list.len);
    lg_buf_release(&list);
    lg_buf_release(&png);
    img_picture_release(&p);
    static const bad_cell cells[] = {
        {"load many from many labels many.csv split 60/40", 0,
         CLASSES == 3000 ? "3,000 images, 3000 classes" : "800 images, 800 classes"},
        {"model x on many { flatten; dense classes softmax }", 0, CLASSES == 3000 ? "(None, 3000)" : "(None, 800)"},
        {"fit x epochs 1 batch 256 quiet", 0, "epochs 1 batch 256"},
        {"confusion x on many.train", 0, "are too many for a matrix"},
        {"confusion x on many.train sort count normalize rows", 0, "Most frequent mistakes"},
        {"show many limit 3", 0, CLASSES == 3000 ? "3 of 3,000" : "3 of 800"},
        {"list", 0, "00 classes"},
    };
    ALL_BEHAVE(cells);
}

/* ---- texts ---- */
TEST(long_and_deep_texts)
{
    enum { LONG = 1 << 20, DEEP = 100000 };
    start();
    char *text = malloc(2 * LONG);
    static const struct {
        const char *begin;
        char fill;
        const char *end;
        int code;
    } longs[] = {{"say \"", 'x', "\"", 902}, {"load ", 'x', " from shop", 110}, {"load x from ", 'x', "", 302},
                 {"show logos where label = ", 'x', "", 313}, {"# ", 'x', "", 0}, {"", 'x', "", 104}};
    for (size_t i = 0; i < sizeof longs / sizeof *longs; i++) {
        size_t at = strlen(longs[i].begin);
        memcpy(text, longs[i].begin, at);
        memset(text + at, longs[i].fill, LONG);
        strcpy(text + at + LONG, longs[i].end);
        lg_status st = lens_run(&l, text);
        if (st && !(l.err.code == longs[i].code && shown_well(text)))
            TEST_FAIL("%s: LL%03d %s", longs[i].begin, l.err.code, l.err.msg);
        CHECK_INT(l.err.code, longs[i].code);
    }
    static const char *const deep[] = {"(", "{", "[", "for i in 1, 2 {", "say (", "model x on logos { residual {"};
    for (size_t i = 0; i < sizeof deep / sizeof *deep; i++) {
        size_t len = strlen(deep[i]), n = DEEP * len < 2 * LONG ? DEEP : 2 * LONG / len - 1;
        for (size_t k = 0; k < n; k++) memcpy(text + k * len, deep[i], len);
        CHECK(lens_run_n(&l, text, n * len) != LG_OK);
        CHECK(l.err.code >= 102 && l.err.code <= 128);
    }
    free(text);
    CHECK(behaves("list", 0, "scratch"));
    lens_close(&l);
}

/* ---- objects that change under others ---- */
TEST(names_that_change)
{
    start();
    static const bad_cell cells[] = {
        {"confusion scratch as confused\nfit confused", 133, "is a table"},
        {"fit scratch epochs 1 quiet as logos\nconfusion scratch", 135, "`logos` is a dataset already"},
        {"load logos from shop\nconfusion scratch", 0, "scratch on logos.val"},
        {"load logos from shop seed 9\nconfusion scratch", 0, "trained before the last change to logos"},
        {"load logos from flat labels list.csv columns file, source\nconfusion scratch", 409, "knows other labels"},
        {"load logos from shop size 8x8\nconfusion scratch", 408, "`scratch` wants 32x32x3 images"},
        {"let logos = 5\nconfusion scratch", 408, "32x32x3"},
        {"model scratch like scratch\nconfusion scratch on logos", 0, "this network has not been trained"},
        {"show trial", 0, "trial"},
        {"confusion matrix", 133, "`matrix` is a table"},
    };
    int bad = 0;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) { /* earlier lines of a cell may have worked */
        lens_run(&l, cells[i].cell);
        const char *got = l.err.status ? l.err.msg : lg_buf_str(&l.text);
        if (l.err.code != cells[i].code || !(strstr(got, cells[i].part) || strstr(l.err.why, cells[i].part)))
            bad++, printf("%s\n  gave LL%03d %s (%s)\n%.1500s\n", cells[i].cell, l.err.code, l.err.msg, l.err.why,
                          lg_buf_str(&l.text));
    }
    lens_close(&l);
    CHECK_INT(bad, 0);
}
