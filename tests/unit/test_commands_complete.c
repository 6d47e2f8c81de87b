/* Tab with the real commands and objects: ids that are there, files below what may be read, words of settings, facts of
 * runs. `|` marks the cursor. */
#include <unistd.h>
#include "lib/base/reach.h"
#include "tests/support/lens.h"

static lens l;
static char got[60000], kinds[60000];

/* Matches as " a b c ", their types and signatures as "a:type:signature;". */
static const char *complete(const char *marked)
{
    char cell[2000];
    const char *bar = strchr(marked, '|');
    size_t n = (size_t)(bar - marked), used = 0, more = 0;
    snprintf(cell, sizeof cell, "%.*s%s", (int)n, marked, bar + 1);
    dsl_completion found;
    lg_err err = {0};
    CHECK_OK(dsl_session_complete(l.session, cell, strlen(cell), lg_utf8_count(cell, n), &found, &err));
    for (size_t i = 0; i < found.count; i++) {
        used += (size_t)snprintf(got + used, sizeof got - used, " %s", found.match[i].text);
        more += (size_t)snprintf(kinds + more, sizeof kinds - more, "%s:%s:%s;", found.match[i].text,
                                 found.match[i].type, found.match[i].signature);
    }
    snprintf(got + used, sizeof got - used, " ");
    kinds[more] = 0;
    dsl_completion_release(&found);
    return got;
}

static void setup(void)
{
    static bool made;
    lg_err err = {0};
    if (!made) lens_shop();
    made = true;
    CHECK_OK(lens_open(&l));
    if (lens_run(&l, "load logos from shop split 60/20/20; load small from shop limit 10 size 16x16\n"
                     "model scratch on logos { conv 4 3x3 relu; flatten; dense classes softmax }\n"
                     "fit scratch epochs 1 quiet as first"))
        TEST_FAIL("LL%03d %s", l.err.code, l.err.msg);
}

TEST(images_that_are_there)
{
    setup();
    CHECK_STR(complete("show logos image 4|"), " 4 40 41 42 43 44 45 46 47 48 ");
    CHECK_HAS(kinds, "4:image:adidas, ");
    CHECK_STR(complete("show small image 4|"), " 4 ");
    CHECK_STR(complete("relabel logos image 47, 4|"), " 4 40 41 42 43 44 45 46 48 ");
    CHECK_HAS(complete("show logos image puma/0|"), " puma/01.png puma/02.png ");
    CHECK_HAS(complete("show logos.val image |"), " ");
    CHECK(strstr(kinds, ", train") == NULL);
    CHECK_HAS(kinds, ", val;");
    CHECK_STR(complete("show logos image 99|"), " ");
    for (int i = 0; i < 6; i++) { /* names that mean one image, and one that means two */
        char path[40];
        snprintf(path, sizeof path, "twice/%c/p%d.png", "ab"[i % 2], i < 2 ? 0 : i);
        lens_picture(path, i % 2, 50 + i);
    }
    CHECK(lens_run(&l, "load twice from twice") == LG_OK);
    CHECK_STR(complete("show twice image p|"), " a/p0.png b/p0.png p2.png p3.png p4.png p5.png ");
    lens_picture("plain/07.png", 0, 60);
    lens_picture("plain/70.png", 1, 61);
    lens_picture("plain/x.png", 2, 62);
    CHECK(lens_run(&l, "load plain from plain") == LG_OK);
    CHECK_STR(complete("show plain image 7|"), " 70.png "); /* there is no image 7 */
    CHECK_STR(complete("show plain image 0|"), " 07.png ");
    CHECK_HAS(complete("load x from |"), " sample:logos ");
    CHECK(strstr(complete("open x from |"), "sample:logos") == NULL);
    CHECK_HAS(complete("load x from twice labels |"), " folders ");
    lens_close(&l);
}

TEST(layers_of_the_model)
{
    setup();
    CHECK_STR(complete("explain scratch layer |"), " conv1 flatten1 dense1 ");
    CHECK_HAS(kinds, "conv1:layer:30x30x4;");
    CHECK_STR(complete("activations scratch image 4 layer f|"), " flatten1 ");
    CHECK_STR(complete("explain scratch class n|"), " nike ");
    CHECK_STR(complete("explain scratch image 4| layer conv1"), " 4 40 41 42 43 44 45 46 47 48 ");
    ds_text("flat/notes.txt", "no picture");
    CHECK_STR(complete("explain scratch image flat/4|"),
              " flat/40.png flat/41.png flat/42.png flat/43.png flat/44.png flat/45.png flat/46.png flat/47.png "
              "flat/48.png ");
    CHECK_STR(complete("convolve logos with edge image flat/no|"), " ");
    CHECK_STR(complete("show logos image flat/4|"), " "); /* files are no images of a dataset */
    CHECK_STR(complete("explain logos layer |"), " ");
    lens_close(&l);
}

TEST(labels_and_parts)
{
    setup();
    CHECK_STR(complete("show logos where label = |"), " adidas nike other puma ");
    CHECK_STR(complete("show logos where label in adidas, n|"), " nike ");
    CHECK_STR(complete("show logos where not label = P|"), " puma ");
    CHECK_STR(complete("show logos where split = |"), " train val test ");
    CHECK_STR(complete("show logos.|"), " logos.train logos.val logos.test ");
    CHECK_STR(complete("relabel logos n|"), " nike ");
    CHECK_HAS(complete("split logos |"), " 80/20 70/15/15 90/10 ");
    CHECK_HAS(kinds, "80/20:value:the default;");
    lens_close(&l);
}

TEST(runs_models_options)
{
    setup();
    CHECK_STR(complete("curves |"), " scratch first metric smooth ");
    CHECK_HAS(kinds, "scratch:model:");
    CHECK_HAS(kinds, "first:run:");
    complete("fit scratch epochs 3 |");
    CHECK(strstr(kinds, "epochs:option") == NULL);
    CHECK_HAS(kinds, "lr:option:lr  number, default 0.01;");
    CHECK_HAS(kinds, "balance:flag:balance  on or off, off unless written otherwise;");
    CHECK_HAS(kinds, "on:preposition:");
    CHECK_HAS(complete("confusion scratch on logos.v|"), " logos.val ");
    lens_close(&l);
}

TEST(words_of_settings)
{
    setup();
    CHECK_STR(complete("set |"), " seed threads palette theme detail decimals alt ");
    CHECK_STR(complete("set theme |"), " auto light dark ");
    CHECK_STR(complete("set palette g|"), " grey ");
    CHECK_STR(complete("set seed |"), " ");
    lens_close(&l);
}

/* HOME holds project and logos; only what may be read is told. */
TEST(files_below_what_may_be_read)
{
    char cell[PATH_MAX + 100], home[PATH_MAX], want[PATH_MAX + 100];
    setup();
    CHECK_HAS(complete("load x from |"), " flat/ ");
    CHECK_STR(complete("load x from shop/a|"), " shop/adidas/ ");
    CHECK_HAS(complete("load x from flat labels list|"), " list.csv ");
    CHECK_STR(complete("load x from shop/puma/0|"), " "); /* pictures are loaded by their folder */
    ds_text("packed.zip", ""), ds_text("packed.tar.gz", "");
    CHECK_STR(complete("load x from pac|"), " packed.tar.gz packed.zip ");
    CHECK(realpath(ds_folder, home) != NULL);
    snprintf(cell, sizeof cell, "load x from %s/fl|", home);
    snprintf(want, sizeof want, " %s/flat/ ", home);
    CHECK_STR(complete(cell), want);
    snprintf(cell, sizeof cell, "load x from %.8s|", home); /* above the project: the way down to it */
    snprintf(want, sizeof want, " %s/ ", home);
    CHECK_HAS(complete(cell), want);
    CHECK_STR(complete("load x from /etc/|"), " ");
    CHECK_STR(complete("load x from /usr/share/da|"), " /usr/share/datasets/ ");
    *strrchr(home, '/') = 0;
    setenv("HOME", home, 1);
    snprintf(cell, sizeof cell, "load x from ~/%s/fl|", strrchr(ds_folder, '/') + 1);
    snprintf(want, sizeof want, " ~/%s/flat/ ", strrchr(ds_folder, '/') + 1);
    CHECK_STR(complete(cell), want);
    snprintf(want, sizeof want, " ~/%s/ ", strrchr(ds_folder, '/') + 1);
    CHECK_HAS(complete("load x from ~/lo|"), want);
    CHECK_STR(complete("load x from ~/zz|"), " ");
    lens_close(&l);
}

/* The same folder, with names that need quotes, hidden ones, and thousands. */
TEST(files_of_all_names)
{
    char path[64];
    setup();
    ds_text("two words/my labels.csv", "file,label\n");
    ds_text("two words/.hidden.csv", "file,label\n");
    ds_text("two words/notes.md", "");
    CHECK_STR(complete("load x from two|"), " \"two words/ "); /* goes on inside the quotes */
    CHECK_STR(complete("load x from \"two|"), " two words/ ");
    CHECK_STR(complete("load x from shop labels \"two words/|"), " two words/my labels.csv\" ");
    CHECK_STR(complete("load x from shop labels \"two words/|\" limit 3"), " two words/my labels.csv ");
    CHECK_STR(complete("load x from shop labels 'two words/.|'"), " two words/.hidden.csv ");
    CHECK_HAS(complete("open t from two|"), " \"two words/ ");
    for (int i = 0; i < 1200; i++) {
        snprintf(path, sizeof path, "large/%04d.%s", i, i == 1111 ? "csv" : "jpg");
        ds_text(path, "");
    }
    CHECK_STR(complete("load x from shop labels large/|"), " large/1111.csv "); /* behind a thousand others */
    CHECK_STR(complete("load x from shop labels large/|"), " large/1111.csv ");
    ds_text("large/new.csv", "");
    CHECK_STR(complete("load x from shop labels large/|"), " large/1111.csv large/new.csv ");
    CHECK_STR(complete("explain scratch image large/000|"),
              " large/0000.jpg large/0001.jpg large/0002.jpg large/0003.jpg large/0004.jpg large/0005.jpg "
              "large/0006.jpg large/0007.jpg large/0008.jpg large/0009.jpg ");
    lens_close(&l);
}

TEST(what_is_written)
{
    setup();
    CHECK_HAS(complete("save scratch to |"), " scratch.lmodel ");
    CHECK_HAS(complete("save logos.val to |"), " logos.val.ldata ");
    CHECK_HAS(complete("export first to f|"), " first.csv ");
    CHECK_HAS(complete("export scratch to |"), " scratch.onnx scratch.keras ");
    CHECK(strstr(complete("export logos to |"), ".onnx") == NULL);
    lens_close(&l);
}

TEST(values_that_are_there)
{
    setup();
    CHECK(lens_run(&l, "load shots from flat labels list.csv columns file, label") == LG_OK);
    CHECK_STR(complete("show shots where source = c|"), " camera1 camera2 camera3 camera4 camera5 camera0 ");
    CHECK_STR(complete("show shots where source in camera1, camera2, camera3, camera4, |"), " camera5 camera0 ");
    CHECK_STR(complete("compare first, scratch by |"), " adidas nike other puma ");
    CHECK_STR(complete("freeze scratch layers |"), " base all conv1 flatten1 dense1 ");
    CHECK_STR(complete("dream scratch layer conv1 channel |"), " 1 2 3 4 ");
    CHECK_HAS(kinds, "4:value:of 4 in conv1;");
    CHECK_STR(complete("sweep scratch by val.ma|"), " val.macro_f1 ");
    CHECK_HAS(complete("scrape twitter since |"), " today yesterday 7d 30d ");
    lens_close(&l);
}

TEST(layers_with_their_shapes)
{
    setup();
    complete("model m on logos {\n  conv 8 3x3\n  |\n}");
    CHECK_HAS(kinds, "conv:layer:conv FILTERS [KERNEL] [ACTIVATION] [options] – here 30x30x8 to 28x28xFILTERS;");
    CHECK_HAS(kinds, "maxpool:layer:maxpool [WINDOW] [options] – here 30x30x8 to 15x15x8;");
    CHECK_HAS(kinds, "flatten:layer:flatten [options] – here 30x30x8 to 7200;");
    CHECK(strstr(kinds, "dense:") == NULL); /* it would be refused */
    CHECK(strstr(kinds, "input:") == NULL); /* it stands at the beginning alone */
    complete("model m on logos {\n  conv 8 3x3\n  den|");
    CHECK_HAS(kinds, "dense:layer:dense UNITS [ACTIVATION] [options] – not behind 30x30x8: it needs a list; `flatten` "
                     "makes one;");
    complete("model m on logos {\n  base resnet18\n  |"); /* its weights are not here, and need not be */
    CHECK_HAS(kinds, "globalavg:layer:globalavg [options] – here 7x7x512 to 512;");
    CHECK_HAS(complete("model m on logos { |"), " base ");
    CHECK_STR(complete("model m on logos { base resnet18 until layer1.0|"),
              " layer1.0.conv1 layer1.0.bn1 layer1.0.relu1 layer1.0.conv2 layer1.0.bn2 layer1.0.add layer1.0 ");
    CHECK_HAS(kinds, "layer1.0:value:56x56x64;");
    CHECK_STR(complete("model m on logos { conv |"),
              " 16 32 64 128 3x3 linear relu relu6 leaky elu gelu swish sigmoid tanh softmax stride dilation l2 name "
              "same valid no bias filters kernel activation ");
    lens_close(&l);
}

/* Half of its name, or without what it wants: what Tab says of it. */
TEST(a_layer_that_is_not_written_out)
{
    static const char *const cases[][2] = {
        {"model m on logos {\n  conv 8 3x3\n  max",
         "maxpool  (layer)\nKeeps the largest number of each window.\nhere 30x30x8 to 15x15x8\n"},
        {"model m on logos {\n  conv 8 3x3\n  dens", "not behind 30x30x8: it needs a list; `flatten` makes one\n"},
        {"model m on logos {\n  conv 8 3x3\n  flatten\n  dense", "here 7200 to UNITS\n"},
        {"model m on logos {\n  conv 8 3x3\n  maxpool 2", "here: 15x15x8, 0 parameters\n"}};
    setup();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool found;
        char *text, *html;
        lg_err err = {0};
        const char *cell = cases[i][0], *last = strrchr(cell, '\n') + 4;
        size_t len = strlen(cell), at = (size_t)(last - cell);
        CHECK_OK(dsl_session_inspect(l.session, cell, len, at, 0, &found, &text, &html, &err));
        CHECK(found);
        CHECK_HAS(text, cases[i][1]);
        lg_free(text);
        lg_free(html);
    }
    lens_close(&l);
}

TEST(a_layer_tells_its_shape_where_it_stands)
{
    bool found;
    char *text, *html;
    lg_err err = {0};
    const char *cell = "model m on logos {\n  for n in 4, 8 { conv $n 3x3; maxpool 2 }\n  flatten\n}";
    setup();
    size_t at = (size_t)(strstr(cell, "flatten") - cell) + 2;
    CHECK_OK(dsl_session_inspect(l.session, cell, strlen(cell), at, 0, &found, &text, &html, &err));
    CHECK(found);
    CHECK_HAS(text, "here: 288"); /* 32 -> 30 -> 15 -> 13 -> 6: 6*6*8 */
    lg_free(text);
    lg_free(html);
    at = (size_t)(strstr(cell, "maxpool") - cell) + 2;
    CHECK_OK(dsl_session_inspect(l.session, cell, strlen(cell), at, 0, &found, &text, &html, &err));
    CHECK_HAS(text, "here: ");
    CHECK_HAS(text, "6x6x8");
    lg_free(text);
    lg_free(html);
    lens_close(&l);
}

/* Shift-Tab on a word in a cell. */
static void tells(const char *cell, const char *word, const char *says)
{
    bool found = false;
    char *text = NULL, *html = NULL;
    lg_err err = {0};
    size_t at = (size_t)(strstr(cell, word) - cell) + 2;
    CHECK_OK(dsl_session_inspect(l.session, cell, strlen(cell), at, 0, &found, &text, &html, &err));
    CHECK(found);
    CHECK_HAS(text, says);
    lg_free(text);
    lg_free(html);
}

TEST(cards_of_things)
{
    setup();
    tells("show logos where label = nike", "nike", "nike  (label)\n14 images of logos, train 8, val 3, test 3\n");
    tells("show logos image 41", "41", "41  (image)\n");
    tells("explain scratch layer conv1", "conv1", "conv1  (layer)\n30x30x4, of scratch\n");
    tells("load x from flat labels list.csv", "list.csv", "list.csv  (file)\n");
    tells("load x from \"shop\"", "shop", "shop  (folder)\n4 names in it\n");
    tells("first", "irst", "first  (run)\n");
    lens_close(&l);
}

TEST(a_layer_tells_its_shape_inside_a_block)
{
    static const char cell[] = "model m on logos {\n  conv 4 3x3\n  residual {\n    depthwise 3x3 same\n"
                               "    residual { batchnorm; conv 7 5x5 }\n  }\n  globalavg\n  dense classes softmax\n}";
    setup();
    tells(cell, "depthwise", "here: 30x30x4, 40 parameters");
    tells(cell, "batchnorm", "here: 30x30x4, 16 parameters");
    tells(cell, "conv 7", "here: 26x26x7, 707 parameters"); /* what does not fit is told when the block closes */
    tells(cell, "residual", "Its layers' output plus its input");
    CHECK_HAS(complete("model m on logos { residual { depth|"), "depthwise");
    CHECK_HAS(complete("model m on logos { resid|"), "residual");
    const char *based = "model t on logos {\n  base mobilenet weights none\n  globalavg\n  dense classes softmax\n}";
    tells(based, "base", "here: 7x7x1024, 3,228,864 parameters");
    CHECK_HAS(complete("model t on logos { base resn|"), "resnet50");
    CHECK_HAS(complete("model t on logos { base mobilenet fro|"), "frozen");
    lens_close(&l);
}
