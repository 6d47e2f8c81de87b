/* `show … boxes`: pictures with the marks that images were cut from. */
#include "tests/support/lens.h"

static lens l;

/* Three pictures of 60x40: one with a mark of each class, one with one mark, one with none. */
static void setup(const char *cell)
{
    lg_err err = {0};
    lens_shop();
    for (int i = 1; i <= 3; i++) {
        char name[40];
        snprintf(name, sizeof name, "coco/images/%d.png", i);
        ds_picture(name, 100 + i, 40, 60, 3, 0);
    }
    ds_text("coco/instances.json",
            "{\"images\":[{\"id\":1,\"file_name\":\"1.png\"},{\"id\":2,\"file_name\":\"2.png\"}],\"categories\":"
            "[{\"id\":1,\"name\":\"Nike\"},{\"id\":2,\"name\":\"Pu<b>ma\"}],\"annotations\":["
            "{\"image_id\":1,\"category_id\":1,\"bbox\":[6,8,30,20]},"
            "{\"image_id\":1,\"category_id\":2,\"bbox\":[40,10,30,90]},"
            "{\"image_id\":2,\"category_id\":2,\"bbox\":[0,0,12,10]}]}");
    CHECK_OK(lens_open(&l));
    if (lens_run(&l, cell)) TEST_FAIL("LL%03d %s (%s)", l.err.code, l.err.msg, l.err.why);
}

static const char *shown(const char *cell)
{
    if (lens_run(&l, cell)) TEST_FAIL("LL%03d %s (%s)", l.err.code, l.err.msg, l.err.why);
    return lg_buf_str(&l.text);
}

/* The drawings of the pictures are data in <img>, so their text is decoded first. */
static void drawing(int which, lg_buf *out)
{
    static const char *const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = lg_buf_str(&l.html);
    uint32_t bits = 0;
    for (int i = 0; i <= which && at; i++)
        if ((at = strstr(at, "data:image/svg+xml;base64,"))) at += 26;
    CHECK(at != NULL);
    lg_buf_clear(out);
    for (int n = 0; *at && *at != '"' && *at != '='; at++) {
        bits = bits << 6 | (uint32_t)(strchr(letters, *at) - letters);
        n += 6;
        if (n >= 8) lg_buf_addc(out, (char)(bits >> (n -= 8)));
    }
}

/* The marks of one picture stay together on one side, but are no look-alikes of one another. */
TEST(combined_without_look_alikes)
{
    setup("load a from coco boxes size 16x16\nload b from coco boxes size 16x16");
    CHECK_HAS(shown("combine a, b into both dedupe"), "both from 2 datasets: 4 images");
    CHECK_HAS(lg_buf_str(&l.text), "4 near-duplicates left out, one of each stays");
    CHECK(strstr(lg_buf_str(&l.text), "another label") == NULL);
    CHECK_HAS(shown("split both 50/50"), "Leak check: 1 group of look-alikes and of marks in one picture (2 images)");
    lens_close(&l);
}

TEST(pictures_with_their_boxes)
{
    lg_buf svg;
    setup("load c from coco boxes size 16x16");
    lg_buf_init(&svg, 0);
    const char *text = shown("show c boxes sort id");
    CHECK_HAS(text, "c boxes: 3 of 3 pictures, 3 boxes");
    CHECK_HAS(text, "1: 1 Nike, 2 Pu<b>ma · 2.1: Pu<b>ma · 3: no label");
    CHECK_HAS(text, "2.1    images/2.png  Pu<b>ma        12x10     0    0");
    CHECK_HAS(text, "20x30    40   10"); /* cut at the edge */
    CHECK(strstr(lg_buf_str(&l.html), "Pu<b>") == NULL);
    CHECK(strstr(lg_buf_str(&l.html), "position") == NULL); /* boxes are part of the picture, not laid over it */
    drawing(0, &svg);
    /* 60x40 shown at 180x120, three times as large */
    CHECK_HAS(lg_buf_str(&svg), "x=\"18\" y=\"24\" width=\"90\" height=\"60\"");
    CHECK_HAS(lg_buf_str(&svg), "x=\"120\" y=\"30\" width=\"60\" height=\"90\"");
    CHECK_HAS(lg_buf_str(&svg), ">1 Nike</text>");
    CHECK_HAS(lg_buf_str(&svg), ">2 Pu&lt;b&gt;ma</text>");
    lg_buf_release(&svg);
    lens_close(&l);
}

TEST(single_images_and_where)
{
    setup("load c from coco boxes size 16x16");
    CHECK_HAS(shown("show c image 1.2"), "1.2 Pu<b>ma");
    CHECK_HAS(shown("show c boxes image 1.2"), "1: 1 Nike, 2 Pu<b>ma");
    const char *text = shown("show c where label = nike boxes");
    CHECK_HAS(text, "where label = nike boxes: 1 of 1 picture, 1 box");
    CHECK_HAS(text, "1.1: Nike");
    CHECK(lens_run(&l, "show c image 7") == LG_E_DATA);
    CHECK_INT(l.err.code, 314);
    CHECK(lens_run(&l, "show c image 1.3") == LG_E_DATA);
    lens_close(&l);
}

TEST(with_a_model)
{
    lg_buf svg;
    setup("load c from coco boxes size 16x16\nmodel m on c { flatten; dense classes softmax }");
    lg_buf_init(&svg, 0);
    const char *text = shown("show c with m boxes sort id");
    CHECK_HAS(text, "1: 1 Nike: ");
    CHECK_HAS(text, "The model says");
    CHECK_HAS(text, "blue: right, vermilion: wrong");
    drawing(0, &svg);
    CHECK_HAS(lg_buf_str(&svg), ">1 Nike: ");
    lg_buf_release(&svg);
    text = shown("embed c with m where width > 1 as map\nmap");
    CHECK_HAS(text, "embed c where width > 1 with m: 4 images");
    CHECK_HAS(text, "1.2  images/1.png");
    lens_close(&l);
}

TEST(sets_without_boxes_say_how)
{
    setup("load c from coco size 16x16");
    CHECK(lens_run(&l, "show c boxes") == LG_E_DATA);
    CHECK_INT(l.err.code, 326);
    CHECK_HAS(l.err.hint, "load c from coco ");
    CHECK_HAS(l.err.hint, " boxes");
    char line[500];
    snprintf(line, sizeof line, "%s\nshow c boxes", l.err.hint);
    CHECK_HAS(shown(line), "c boxes: 2 of 3 pictures");
    shown("load s from shop size 16x16");
    CHECK(lens_run(&l, "show s boxes") == LG_E_DATA);
    shown("load w from coco size 16x16\ncombine w, s into z");
    CHECK(lens_run(&l, "show z boxes") == LG_E_DATA);
    CHECK_STR(l.err.hint, "load z from FOLDER boxes");
    lens_close(&l);
}

TEST(a_picture_that_has_changed)
{
    setup("load c from coco boxes size 16x16");
    ds_picture("coco/images/1.png", 77, 40, 60, 3, 0);
    CHECK(lens_run(&l, "show c boxes") == LG_E_DATA);
    CHECK_INT(l.err.code, 317);
    lens_close(&l);
}

/* Labels and parts that come with a set are no options of its line: the recipe finds them again. */
TEST(recipes_of_published_sets)
{
    setup("load c from coco boxes size 16x16\nlet classes = c.classes");
    char recipe[400] = "";
    strncat(recipe, dsl_session_get(l.session, "c")->recipe, sizeof recipe - 1);
    CHECK(strstr(recipe, "labels") == NULL && strstr(recipe, "split") == NULL);
    CHECK_HAS(shown(recipe), "2 classes");
    lens_close(&l);
}

TEST(a_picture_full_of_marks)
{
    lg_buf text, svg;
    lg_buf_init(&text, 0);
    lg_buf_init(&svg, 0);
    lens_shop();
    ds_picture("full/a.png", 1, 40, 60, 3, 0);
    ds_picture("full/b.png", 2, 40, 60, 3, 0);
    ds_text("full/classes.txt", "Nike\nPuma\n");
    for (int i = 0; i < 300; i++) lg_buf_addf(&text, "%d 0.%03d 0.5 0.1 0.2\n", i % 2, 200 + i);
    ds_text("full/a.txt", lg_buf_str(&text));
    CHECK(lens_open(&l) == LG_OK);
    shown("load c from full boxes size 8x8");
    const char *said = shown("show c boxes");
    CHECK_HAS(said, "11 Nike, 12 Puma, and 288 more");
    CHECK_HAS(said, "c boxes: 1 of 2 pictures, 300 boxes");
    drawing(0, &svg);
    int boxes = 0;
    for (const char *at = lg_buf_str(&svg); (at = strstr(at, "fill=\"none\"")); at++) boxes++;
    CHECK_INT(boxes, 2 * 200); /* each with the white line under it */
    lg_buf_release(&text);
    lg_buf_release(&svg);
    lens_close(&l);
}
