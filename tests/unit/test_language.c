/* Errors as people read them, whole; and the lines of a lesson with the real commands. */
#include "lib/plot/plot.h"
#include "tests/support/lens.h"

static lens l;

#define NET "model scratch on logos {\n  conv 16 3x3 relu\n  maxpool 2\n  flatten\n  dense classes softmax\n}\n"

static void setup(void)
{
    static bool made;
    lg_err err = {0};
    if (!made) lens_shop();
    made = true;
    CHECK_OK(lens_open(&l));
    if (lens_run(&l, "load logos from shop size 64x64\n" NET)) TEST_FAIL("LL%03d %s", l.err.code, l.err.msg);
}

typedef struct saying {
    const char *cell, *block;
} saying;

static int says_otherwise(const saying *s)
{
    lg_buf block;
    lens_run(&l, s->cell);
    lg_buf_init(&block, 1 << 16);
    if (l.err.status) plt_error_block(&l.err, s->cell, false, &block);
    bool same = !strcmp(lg_buf_str(&block), s->block);
    if (!same) printf("%s\nsays\n%s\ninstead of\n%s\n\n", s->cell, lg_buf_str(&block), s->block);
    lg_buf_release(&block);
    return !same;
}

static const saying errors[] = {
    {"fit scrach epochs 20", "LL130  there is no model called `scrach`\n"
                             "   1 | fit scrach epochs 20\n"
                             "     |     ^^^^^^\n"
                             "   why: you have: scratch\n"
                             "   try: did you mean `scratch`?"},
    {"fit scratch epoch 20",
     "LL140  `fit` does not know `epoch`\n"
     "   1 | fit scratch epoch 20\n"
     "     |             ^^^^^\n"
     "   why: it knows: epochs, batch, lr, optimizer, momentum, schedule, loss, patience, keep, decay, "
     "seed, time\n"
     "   try: did you mean `epochs`?"},
    {"fit scratch epochs twenty", "LL141  `fit epochs` wants a whole number, not `twenty`\n"
                                  "   1 | fit scratch epochs twenty\n"
                                  "     |                    ^^^^^^"},
    {"fit scratch optimizer addam", "LL141  `fit optimizer` wants one of sgd, momentum, adam, rmsprop, not `addam`\n"
                                    "   1 | fit scratch optimizer addam\n"
                                    "     |                       ^^^^^\n"
                                    "   try: did you mean `adam`?"},
    {"train scratch epochs 5", "LL104  there is no command `train`; here it is called `fit`\n"
                               "   1 | train scratch epochs 5\n"
                               "     | ^^^^^\n"
                               "   try: fit scratch epochs 5"},
    {"model m on logos {\n  conv 16 3x3 relu\n  maxpool 2\n  conv 32 3x3 relu\n  maxpool 2\n  conv 64 3x3 relu\n  "
     "maxpool 2\n"
     "  conv 128 3x3 relu\n  maxpool 2\n  conv 256 3x3 relu\n}",
     "LL203  `conv` cannot fit here: its 3x3 window is larger than the 2x2 image that reaches it\n"
     "  10 |   conv 256 3x3 relu\n"
     "     |   ^^^^\n"
     "   why: sizes so far: 64x64 → 62x62 → 31x31 → 29x29 → 14x14 → 12x12 → 6x6 → 4x4 → 2x2\n"
     "   try: remove this line, add `same`, or load larger images (`clean logos size 128x128`)"},
    {"model m on logos {\n  conv 16 3x3 relu\n  dense 4 softmax\n}",
     "LL205  `dense` needs a list of numbers, but gets a 62x62x16 image\n"
     "   3 |   dense 4 softmax\n"
     "     |   ^^^^^\n"
     "   try: add `flatten` (or `globalavg`) above this line"},
    {"model m on logos {\n  conv 16 3x3 relu\n  flatten\n  dense 10 softmax\n}",
     "LL206  the last layer has 10 outputs but the dataset has 4 classes (adidas, nike, other, puma)\n"
     "   4 |   dense 10 softmax\n"
     "     |   ^^^^^\n"
     "   try: write `dense classes softmax`"},
    {"model m on logos {\n  conv 16 3x3 relu", "LL102  a `{` is still open\n"
                                               "   2 |   conv 16 3x3 relu\n"
                                               "     |               ^^^^\n"
                                               "   try: close it with `}`"},
    {"load fit from shop", "LL111  `fit` is a word of the language, so it cannot be a name\n"
                           "   1 | load fit from shop\n"
                           "     |      ^^^\n"
                           "   try: use e.g. `myfit`"},
};

TEST(errors_word_for_word)
{
    int bad = 0;
    setup();
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) bad += says_otherwise(&errors[i]);
    lens_close(&l);
    CHECK_INT(bad, 0);
}

/* Its list of layers is that of the table. */
TEST(an_unknown_layer)
{
    lg_buf block;
    setup();
    lg_buf_init(&block, 1 << 16);
    lg_buf_adds(&block, "LL201  no layer is called `maxpol`\n   4 |   maxpol 2\n     |   ^^^^^^\n   why: layers: ");
    for (const dsl_layer_type *t = dsl_session_config(l.session)->layers; t->name; t++)
        lg_buf_addf(&block, "%s%s", t == dsl_session_config(l.session)->layers ? "" : ", ", t->name);
    lg_buf_adds(&block, "\n   try: did you mean `maxpool`?");
    saying s = {"model m on logos {\n  conv 16 3x3 relu\n  conv 16 3x3 relu\n  maxpol 2\n}", lg_buf_str(&block)};
    CHECK_INT(says_otherwise(&s), 0);
    lg_buf_release(&block);
    lens_close(&l);
}

TEST(labels_that_lack)
{
    setup();
    ds_text("some.txt", "01.png nike\n02.png nike\n03.png puma\n04.png puma\n05.png nike\n06.png puma\n");
    CHECK_INT(lens_run(&l, "load few from flat labels some.txt"), LG_OK);
    CHECK_HAS(lg_buf_str(&l.text), "LL301  42 of 48 images have no label");
    CHECK_HAS(lg_buf_str(&l.text), "the first are 07.png, 08.png, 09.png; some.txt has 6 lines");
    CHECK_HAS(lg_buf_str(&l.text), "they were left out; list them with `show few where label = \"\"`");
    lens_close(&l);
}

TEST(different_images_are_not_compared)
{
    static const saying s = {"compare scratch, transfer",
                             "LL402  `compare` needs the same images for both models\n"
                             "   1 | compare scratch, transfer\n"
                             "   why: scratch was validated on 10 images, transfer on 4 others\n"
                             "   try: compare scratch, transfer on logos.val"};
    setup();
    CHECK_INT(lens_run(&l, "load other from flat labels list.csv columns file, label size 64x64 limit 20\n"
                           "model transfer on other { flatten; dense classes softmax }\n"
                           "fit scratch epochs 1 quiet; fit transfer epochs 1 quiet"),
              LG_OK);
    CHECK_INT(says_otherwise(&s), 0);
    lens_close(&l);
}

/* ---- lines that people write ---- */
static const struct {
    const char *cell;
    int code; /* 0: it runs */
    const char *says;
} lines[] = {
    {"load logos from data/flickr27 labels labels.txt size 64x64\nlet widths = 16, 32, 64, 128\nlet lr = 0.01\n"
     "model scratch on logos {\n  for n in 16, 32, 64, 128 { conv $n 3x3 relu; maxpool 2 }\n  flatten\n"
     "  dense 64 relu\n  dropout 0.5\n  dense classes softmax\n}",
     0, "130,532"},
    {"check scratch.params = 130532 \"not the network of the report\"", 0, ""},
    {"check scratch.conv1.params = ((3*3*3+1)*16) \"count the weights again\"", 0, ""},
    {"fit scratch epochs 20 batch 32 lr ($lr / 2) optimizer sgd quiet", 0, "lr 0.005"},
    {"fit scratch epochs=5 batch=32 lr=$lr continue quiet", 0, ""},
    {"for rate in 0.1, 0.01, 0.001 { fit scratch epochs 5 lr $rate again quiet as trial }", 0, ""},
    {"list runs", 0, "trial.3"},
    {"sweep scratch lr 0.1, 0.01, 0.001 batch 16, 32 epochs 1 repeat 2 by val.accuracy as grid", 0, "lr"},
    {"(grid.best.lr)", 0, ""},
    {"show logos.val with scratch where label = nike where predicted = adidas or confidence < 40% sort loss limit 12",
     0, "logos.val with scratch"},
    {"check scratch.val.accuracy > 2 \"no better than guessing\"", 150, "no better than guessing"},
    {"load x from data/x\nmodel keras_style on x {\n  Conv2D 16 3x3 relu same\n  MaxPooling2D 2\n  Flatten\n"
     "  Dense 64 relu l2=0.001\n  Dropout 0.5\n  Dense classes softmax\n}",
     0, ""},
    {"use logos; use scratch", 0, ""},
    {"relabel logos keep adidas, nike, puma rest other", 0, ""},
    {"split logos 80/20 by source", 312, ""},
    {"combine logos, x into both dedupe", 0, "Where the images come from"},
    {"summary scratch detail all", 0, "sees"},
    {"evaluate scratch on logos.val", 0, ""},
    {"confusion scratch on logos.val as m", 0, "True Total"},
    {"report scratch on logos.val", 0, ""},
    {"mistakes scratch on logos.val limit 12", 0, ""},
    {"curves trial.1, trial.2 metric loss", 0, ""},
    {"model second on logos { flatten; dense classes softmax }\nfit second epochs 1 quiet\n"
     "compare scratch, second on logos.val by adidas",
     0, ""},
    {"save scratch to scratch.lmodel; open again from scratch.lmodel", 0, ""},
    {"export scratch to scratch.py format keras", 0, "Keras source"},
    {"export scratch to scratch.bin format onnx", 0, "ONNX network"},
    {"export scratch to scratch.c", 0, "cc -O2 -std=c99 -DSCRATCH_MAIN scratch.c -lm -o scratch"},
    {"export m to confusion.csv", 0, ""},
    {"set seed 3; set palette grey; set theme light; set decimals 2; set alt off; set detail high", 0, ""},
    {"say \"accuracy ${scratch.val.accuracy} at $lr\"", 0, "accuracy 0."},
    {"undo 2", 0, "taken back"},
    {"clear", 0, ""},
    {"help fit", 0, "epochs"},
    {"augment logos 10", 141, "did you mean `x10`?"},
    {"split logos 0.8", 141, "did you mean `80/20`?"},
    {"trian scratch epochs 5", 104, "fit scratch epochs 5"},
    {"fit(scratch, epochs=20)", 105, "fit scratch epochs 20"},
    {"cnn.add(Conv2D(16))", 105, "conv 16"},
    {"conv 16 3x3 relu", 128, "layers go inside `model NAME { }`"},
};

TEST(lines_of_a_lesson)
{
    static const char *const label[] = {"adidas", "nike", "puma", "other"};
    int bad = 0;
    char path[80];
    lg_buf list;
    setup();
    lg_buf_init(&list, 1 << 16);
    for (int i = 0; i < 24; i++) {
        snprintf(path, sizeof path, "data/flickr27/%02d.png", i + 1);
        lens_picture(path, i % 4, 100 + i);
        lg_buf_addf(&list, "%02d.png %s\n", i + 1, label[i % 4]);
        snprintf(path, sizeof path, "data/x/%s/%02d.png", label[i % 4], i + 1);
        lens_picture(path, i % 4, 200 + i);
    }
    ds_text("labels.txt", lg_buf_str(&list));
    lg_buf_release(&list);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        lens_run(&l, lines[i].cell);
        const char *says = lines[i].says, *text = lg_buf_str(&l.text);
        bool said = lines[i].code ? strstr(l.err.msg, says) || strstr(l.err.why, says) || strstr(l.err.hint, says)
                                  : strstr(text, says) != NULL;
        if (l.err.code == lines[i].code && said) continue;
        bad++;
        printf("%s\n  gave LL%03d %s (%s) [%s]\n%.300s\n", lines[i].cell, l.err.code, l.err.msg, l.err.why, l.err.hint,
               text);
    }
    lens_close(&l);
    CHECK_INT(bad, 0);
}
