/* Pictures from files where an image of a dataset could stand: the numbers are those that the same picture gives as an
 * image of the dataset, whatever `clean` did to that; and what cannot be shown is refused at its word. */
#include "kernel/commands/dataset_edits.h"
#include "lib/data/clean.h"
#include "tests/support/lens.h"

static lens l;
static lg_err err;

static void setup(void)
{
    static bool made;
    if (!made) lens_shop();
    made = true;
    CHECK_OK(lens_open(&l));
}

static const char *shown(const char *cell)
{
    if (lens_run(&l, cell)) TEST_FAIL("%s: LL%03d %s (%s)", cell, l.err.code, l.err.msg, l.err.why);
    return lg_buf_str(&l.text);
}

static void refused(const char *cell, int code, const char *words, const char *at)
{
    CHECK(lens_run(&l, cell) != LG_OK);
    if (l.err.code != code || !strstr(l.err.msg, words))
        TEST_FAIL("%s: LL%03d %s, expected LL%03d … %s", cell, l.err.code, l.err.msg, code, words);
    const char *marked = strstr(cell, at);
    if (!marked || l.err.span.col != (int)(marked - cell) + 1)
        TEST_FAIL("%s: marked at %d, expected `%s`", cell, l.err.span.col, at);
    CHECK_INT(l.displays, 0);
}

/* Everything from the first line on that holds `from`, with what tells the two apart taken out. */
static char *numbers_of(const char *cell, const char *from, const char *const *names)
{
    const char *text = strstr(shown(cell), from);
    if (!text) TEST_FAIL("%s: no `%s` in\n%s", cell, from, lg_buf_str(&l.text));
    char *copy = strdup(text);
    for (int i = 0; names[i]; i++)
        for (char *at; (at = strstr(copy, names[i]));)
            memmove(at, at + strlen(names[i]), strlen(at + strlen(names[i])) + 1);
    return copy;
}

static void same(const char *of_set, const char *of_file, const char *from, const char *const *names)
{
    char *a = numbers_of(of_set, from, names), *b = numbers_of(of_file, from, names);
    CHECK_STR(b, a);
    free(a);
    free(b);
}

/* flat/NN.png are the pictures of shop/, which image 19 of logos is one of. */
static void same_everywhere(void)
{
    static const char *const told[] = {"; no label is known",
                                       ", but its label is nike",
                                       ", rightly",
                                       " nike (wrong)",
                                       " nike (right)",
                                       " nike",
                                       " no label",
                                       "19.png",
                                       "19",
                                       NULL};
    same("explain m image 19", "explain m image flat/19.png", " is called ", told);
    same("explain m image 19 method saliency", "explain m image flat/19.png method saliency", " is called ", told);
    same("activations m image 19", "activations m image flat/19.png", " maps of ", told);
    same("softmax m image 19", "softmax m image flat/19.png", "Class", told);
    same("pad logos image 19", "pad logos image flat/19.png", "padded", told);
    same("pool logos 2x2 image 19", "pool logos 2x2 image flat/19.png", "shown are rows", told);
    same("convolve logos with edge image 19 at 3,3", "convolve logos with edge image flat/19.png at 3,3", "at 3,3",
         told);
    same("convolve logos with m filter 2 image 19 at 3,3", "convolve logos with m filter 2 image flat/19.png at 3,3",
         "at 3,3", told);
    same("activate logos with m image 19", "activate logos with m image flat/19.png", "shown are", told);
}

TEST(a_file_gives_the_numbers_of_the_same_image)
{
    setup();
    shown("load logos from shop split 80/20\n"
          "model m on logos seed 2 { conv 4 3x3 relu; maxpool 2; flatten; dense classes softmax }");
    same_everywhere();
    shown("clean logos size 20x28 fit pad scale -1..1 glare 100\n"
          "model m on logos seed 2 { conv 4 3x3 relu; maxpool 2; flatten; dense classes softmax }");
    same_everywhere();
    CHECK_HAS(shown("pad logos image flat/01.png"), "as a network gets them: -1 is dark, 1 is light");
    shown("clean logos size 20x20x1\n"
          "model m on logos seed 2 { conv 4 3x3 relu; maxpool 2; flatten; dense classes softmax }");
    same_everywhere();
    lens_close(&l);
}

/* A fitted model carries the rules of its images: it needs none of them any more. */
TEST(a_model_knows_how_files_are_made)
{
    setup();
    shown("load logos from shop size 24x24 split 80/20\nclean logos glare 120 scale -1..1\n"
          "model m on logos seed 2 { conv 4 3x3 relu; flatten; dense classes softmax }\nfit m epochs 1 quiet");
    char *before = strdup(strstr(shown("softmax m image flat/30.png"), "Class"));
    shown("clean logos size 12x12 glare 250");
    CHECK_STR(strstr(shown("softmax m image flat/30.png"), "Class"), before);
    shown("save m to m.lmodel");
    lens_close(&l);
    CHECK_OK(lens_open(&l)); /* no dataset at all */
    shown("open m from m.lmodel");
    CHECK_STR(strstr(shown("softmax m image flat/30.png"), "Class"), before);
    CHECK_HAS(shown("explain m image flat/30.png"), "explain m on file 30.png: gradcam of conv1");
    CHECK_HAS(lg_buf_str(&l.text), "no label is known");
    CHECK_HAS(shown("explain m image flat/30.png, flat/02.png"), "on files 30.png, 02.png");
    CHECK_HAS(shown("explain m image flat/02.png, shop/nike/02.png"), "on files flat/02.png, shop/nike/02.png");
    refused("explain m image 3", 404, "which images should `m` look at?", "m image");
    free(before);
    lens_close(&l);
}

TEST(images_and_files_in_one_line)
{
    setup();
    shown("load logos from shop split 80/20\n"
          "model m on logos { conv 4 3x3 relu; flatten; dense classes softmax }");
    const char *text = shown("explain m image 7, flat/02.png, 3, 7");
    CHECK_HAS(text, "on logos images 7, 02.png, 3, 7");
    const char *seven = strstr(text, "Image 7 is"), *file = strstr(text, "Image 02.png is"),
               *three = strstr(text, "Image 3 is");
    CHECK(seven && file && three && seven < file && file < three && strstr(three, "Image 7 is"));
    /* the same picture, once as an image and once as a file */
    const char *last = strstr(shown("explain m image 2, flat/02.png"), "Image 2 is called");
    const char *other = strstr(last, "Image 02.png is called");
    CHECK(other && strncmp(strstr(last, " with "), strstr(other, " with "), 9) == 0);
    CHECK_HAS(shown("explain m image adidas/02.png"), "on logos image 2"); /* names of images win */
    lens_close(&l);
}

TEST(files_that_cannot_be_shown)
{
    setup();
    ds_text("bad.png", "this is no picture");
    ds_text("empty.jpg", "");
    shown("load logos from shop split 80/20\n"
          "model m on logos { conv 4 3x3 relu; flatten; dense classes softmax }");
    refused("explain m image flat/020.png", 314, "no image `flat/020.png`, and there is no such file", "flat");
    CHECK_HAS(l.err.why, "/flat, which holds: 01.png");
    CHECK_HAS(l.err.hint, "did you mean `flat/02");
    refused("explain m image bad.png", 305, "bad.png cannot be read as a picture", "bad");
    CHECK(*l.err.why);
    refused("explain m image 3, empty.jpg", 305, "empty.jpg", "empty");
    refused("explain m image ./flat", 393, "folder", "./flat");
    refused("explain m image /etc/passwd", 601, "/etc/passwd", "/etc");
    refused("explain m image ../../etc/nothing.png", 601, "nothing.png", "../");
    refused("explain m image nothing", 314, "`logos` has no image `nothing`", "nothing");
    refused("explain m image flat/02.png where label = nike", 144, "`where` chooses among the images", "flat");
    refused("explain m image https://example.com/a.jpg", 505, "`explain` reads files", "https");
    refused("step m image flat/02.png", 144, "a step learns from the image's label", "flat");
    CHECK_HAS(shown("trace m image flat/02.png"), "trace m on file 02.png");
    CHECK_HAS(shown("receptive m image flat/02.png"), "receptive m on file 02.png");
    refused("pad logos image bad.png", 305, "bad.png", "bad");
    refused("pool logos 2x2 image /etc/shadow", 601, "/etc/shadow", "/etc");
    refused("softmax m image nix.png", 314, "no such file", "nix");
    refused("relabel logos image flat/02.png as puma", 314, "`logos` has no image", "flat"); /* edits want images */
    ds_text("other/x.txt", "");
    lens_picture("mixed/a/1.png", 1, 1);
    lens_picture("mixed/b/2.png", 2, 2);
    shown("load mixed from mixed");
    lens_close(&l);
}

/* What the set keeps and what the files get. */
TEST(rows_and_files_side_by_side)
{
    setup();
    shown("load logos from shop size 16x16 split 80/20");
    const data_set *set = dsl_session_get(l.session, "logos")->payload;
    const data_rules rules = data_rules_of(set);
    data_set *few = NULL, *all = NULL;
    data_image image;
    size_t failed;
    const uint32_t ids[] = {5, 40};
    const char *const file[] = {"flat/05.png", "flat/06.png"};
    CHECK_OK(cmd_keep_images(set, ids, 2, &few, &err));
    CHECK_OK(data_with_files(few, &rules, file, 2, &all, &failed, &err));
    CHECK_INT(data_count(all), 4);
    CHECK_INT(data_classes(all), data_classes(set));
    data_image_at(all, 1, &image);
    CHECK_STR(image.number, "40");
    CHECK(image.label >= 0);
    data_image_at(all, 2, &image);
    CHECK_STR(image.number, "05.png");
    CHECK_STR(image.name, "flat/05.png");
    CHECK(image.label < 0 && image.id > 40 && !image.broken && image.split == DATA_NONE);
    float *x = lg_alloc(4 * 16 * 16 * 3, sizeof *x, &err);
    CHECK_OK(data_fill(all, (const uint32_t[]){0, 1, 2, 3}, 4, x, NULL, &err));
    CHECK(memcmp(x, x + 2 * 16 * 16 * 3, 16 * 16 * 3 * sizeof *x) == 0);
    CHECK(memcmp(x, x + 3 * 16 * 16 * 3, 16 * 16 * 3 * sizeof *x) != 0);
    lg_free(x);
    data_unref(all);
    data_unref(few);
    lens_close(&l);
}
