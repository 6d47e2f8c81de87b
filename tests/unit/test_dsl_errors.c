/* The messages of the manual, word for word, and many others: sentence, place, why, try. */
#include "lib/plot/plot.h"
#include "tests/support/dsl_table.h"
#include "tests/support/test.h"

/* Runs the cell after `setup`, and compares the whole block people see. */
static void expect_block(const char *setup, const char *cell, const char *block)
{
    dsl_bench b;
    lg_buf got;
    lg_buf_init(&got, 1 << 16);
    bench_open(&b);
    bool ready = bench_run(&b, setup) == LG_OK;
    if (!ready) printf("setup: %s\n", b.err.msg);
    bool failed = bench_run(&b, cell) != LG_OK;
    int ran = dsl_log.len > 0;
    plt_error_block(&b.err, cell, false, &got);
    char text[4096];
    snprintf(text, sizeof text, "%s", lg_buf_str(&got));
    bench_close(&b);
    lg_buf_release(&got);
    CHECK(ready);
    CHECK(failed);
    CHECK(!ran);
    CHECK_STR(text, block);
    CHECK_INT(dsl_alive, 0);
}

#define SETUP "load logos from data/x\nmodel scratch on logos { conv 16 3x3 relu; flatten; dense classes softmax }"

TEST(unknown_model)
{
    expect_block(SETUP, "fit scrach epochs 20",
                 "LL130  there is no model called `scrach`\n   1 | fit scrach epochs 20\n     |     ^^^^^^\n   why: "
                 "you have: scratch\n   try: did you mean `scratch`?");
}
TEST(unknown_option)
{
    expect_block(SETUP, "fit scratch epoch 20",
                 "LL140  `fit` does not know `epoch`\n   1 | fit scratch epoch 20\n     |             ^^^^^\n   why: "
                 "it knows: epochs, batch, lr, optimizer, momentum, schedule, loss, patience, keep, decay, seed, "
                 "time\n   try: did you mean `epochs`?");
}
TEST(no_number)
{
    expect_block(SETUP, "fit scratch epochs twenty",
                 "LL141  `fit epochs` wants a whole number, not `twenty`\n   1 | fit scratch epochs twenty\n     |     "
                 "               ^^^^^^");
}
TEST(no_choice)
{
    expect_block(SETUP, "fit scratch optimizer addam",
                 "LL141  `fit optimizer` wants one of sgd, momentum, adam, rmsprop, not `addam`\n   1 | fit scratch "
                 "optimizer addam\n     |                       ^^^^^\n   try: did you mean `adam`?");
}
TEST(other_word)
{
    expect_block(SETUP, "train scratch epochs 5",
                 "LL104  there is no command `train`; here it is called `fit`\n   1 | train scratch epochs 5\n     | "
                 "^^^^^\n   try: fit scratch epochs 5");
}
TEST(unknown_layer)
{
    expect_block(SETUP, "model m on logos {\n  conv 16 3x3 relu\n  conv 16 3x3 relu\n  maxpol 2\n}",
                 "LL201  no layer is called `maxpol`\n   4 |   maxpol 2\n     |   ^^^^^^\n   why: layers: input, conv, "
                 "depthwise, maxpool, avgpool, globalavg, globalmax, pad, flatten, dense, dropout, batchnorm, "
                 "activation, base, residual\n   try: did you mean `maxpool`?");
}
TEST(open_brace)
{
    expect_block(
        SETUP, "model m on logos {\n  conv 16 3x3 relu",
        "LL102  a `{` is still open\n   2 |   conv 16 3x3 relu\n     |               ^^^^\n   try: close it with `}`");
}
TEST(hashtag)
{
    expect_block(SETUP, "scrape twitter tag #adidas limit 5",
                 "LL101  `#adidas` was read as a comment\n   why: # starts a comment\n   try: write `tag adidas` or "
                 "quote it: \"#adidas\"");
}
TEST(a_remark_is_no_hashtag)
{
    expect_block(
        SETUP, "scrape twitter tag # adidas",
        "LL144  `tag` needs a value after it: a label\n   1 | scrape twitter tag # adidas\n     |                ^^^\n"
        "   try: `help scrape` shows examples");
}
TEST(reserved)
{
    expect_block(SETUP, "load fit from data/x",
                 "LL111  `fit` is a word of the language, so it cannot be a name\n   1 | load fit from data/x\n     |  "
                 "    ^^^\n   try: use e.g. `myfit`");
}

TEST(line_of_a_file)
{
    expect_block(
        SETUP, "let a = 1\nrun \"let b = 2\\nfit scratch epoch 3\"",
        "LL140  lesson.lens line 2: `fit` does not know `epoch`\n   2 | fit scratch epoch 3\n     |             "
        "^^^^^\n   why: it knows: epochs, batch, lr, optimizer, momentum, schedule, loss, patience, keep, "
        "decay, seed, time\n   try: did you mean `epochs`?");
    expect_block(SETUP, "run self",
                 "LL114  lesson.lens line 1: files run one another more than 16 deep, last `lesson.lens`\n   1 | run "
                 "self\n     | ^^^\n   try: look for a file that runs itself");
}

/* ---- others: code and what must be in them ---- */
typedef struct wrong {
    const char *cell;
    int code, line, col, len;
    const char *msg, *hint; /* parts of them, or NULL */
} wrong;

static bool wrong_as_expected(const wrong *w)
{
    dsl_bench b;
    bench_open(&b);
    bool ready =
        bench_run(&b, SETUP "\nload belga from data/y; scrape twitter into posts; use logos; let lr = 0.1") == LG_OK;
    bench_run(&b, w->cell);
    bool ran = dsl_log.len > 0;
    lg_err err = b.err;
    bench_close(&b);
    if (!ready || dsl_alive || err.code != w->code || err.span.line != w->line || err.span.col != w->col ||
        err.span.len != w->len || ran || (w->msg && !strstr(err.msg, w->msg)) ||
        (w->hint && !strstr(err.hint, w->hint))) {
        printf("%s\n  gave LL%03d %d:%d+%d%s %s\n  why: %s\n  try: %s\n  expected LL%03d %d:%d+%d %s / %s\n", w->cell,
               err.code, err.span.line, err.span.col, err.span.len, ran ? " (something ran)" : "", err.msg, err.why,
               err.hint, w->code, w->line, w->col, w->len, w->msg ? w->msg : "", w->hint ? w->hint : "");
        return false;
    }
    return true;
}

static const wrong wrongs[] = {
    {"augment logos 10", 141, 1, 15, 2, "`augment` wants a factor such as x10, not `10`", "did you mean `x10`?"},
    {"augment logos 10x", 141, 1, 15, 3, NULL, "did you mean `x10`?"},
    {"split logos 0.8", 141, 1, 13, 3, NULL, "did you mean `80/20`?"},
    {"split logos 80", 141, 1, 13, 2, NULL, "did you mean `80/20`?"},
    {"split logos 80/30", 142, 1, 13, 5, "add up to 100", "80/20"},
    {"pad 1", 128, 1, 1, 3, "is a layer", NULL},
    {"load customers from x", 111, 1, 6, 9, "word of the language", "mycustomers"},
    {"cd", 104, 1, 1, 2, "there is no command `cd`", "`help`"},
    {"cd data", 104, 1, 1, 2, "there is no command `cd`", "`help`"},
    {"rm logos", 104, 1, 1, 2, "here it is called `drop`", "drop logos"},
    {"trian scratch", 104, 1, 1, 5, "here it is called `fit`", "fit scratch"},
    {"confuson scratch", 104, 1, 1, 8, "there is no command `confuson`", "did you mean `confusion`?"},
    {"fit(scratch, epochs=20)", 105, 1, 1, 23, "Python", "fit scratch epochs 20"},
    {"cnn.add(Conv2D(16))", 105, 1, 1, 19, "Python", "conv 16"},
    {"cnn.add(Conv2D(16, (3, 3), activation='relu', padding='same'))", 105, 1, 1, 62, "Python",
     "conv 16 3x3 relu same"},
    {"x = layers.Conv2D(16, (3, 3), padding='same')(x)", 105, 1, 1, 48, "Python", "conv 16 3x3 same"},
    {"history = scratch.fit(x, y, epochs=20, batch_size=32)", 105, 1, 1, 53, "Python",
     "fit scratch epochs 20 batch 32"},
    {"cnn = Sequential()", 105, 1, 1, 18, "Python", "model cnn on logos { … }"},
    {"cnn.compile(optimizer=\"adam\", loss=\"categorical_crossentropy\")", 105, 1, 1, 62, NULL,
     "fit cnn optimizer adam"},
    {"logos = load(\"sample:logos\")", 105, 1, 1, 28, NULL, "load logos from sample:logos"},
    {"cnn.evaluate(x, y)", 105, 1, 1, 18, NULL, "confusion cnn"},
    {"cnn = keras.Sequential([Conv2D(16, 3, activation='relu'), layers.Flatten(), Dense(4)])", 105, 1, 1, 86, NULL,
     "model cnn on logos { conv 16 3 relu; flatten; dense 4 }"},
    {"cnn = keras.Sequential([\n  layers.Input(shape=(64, 64, 3)),\n  layers.Conv2D(16, (3, 3)),\n  Flatten(),\n])",
     105, 1, 1, 24, NULL, "model cnn on logos { conv 16 3x3; flatten }"},
    {"model.fit(x, y, epochs=5)", 105, 1, 1, 25, NULL, "fit scratch epochs 5"},
    {"fit n", 130, 1, 5, 1, "there is no model called `n`", NULL},
    {"fit epoch 3", 140, 1, 5, 5, NULL, "did you mean `epochs`?"},
    {"fit model", 130, 1, 5, 5, "there is no model called `model`", "did you mean `scratch`?"},
    {"show logos.vall", 130, 1, 6, 10, "nothing called `logos.vall`", "did you mean `logos.val`?"},
    {"confusion scratch on logos.validation", 130, 1, 22, 16, NULL, "did you mean `logos.val`?"},
    {"confusion scratch on train", 130, 1, 22, 5, NULL, "did you mean `logos.train`?"},
    {"confusion scratch with logos.val", 140, 1, 19, 4, NULL, "did you mean `on logos.val`?"},
    {"confusion scratch logos.val", 140, 1, 19, 9, NULL, "did you mean `on logos.val`?"},
    {"rows where label nike", 140, 1, 18, 4, NULL, "did you mean `where label = nike`?"},
    {"rows where label is nike", 140, 1, 18, 2, NULL, "did you mean `where label = nike`?"},
    {"rows where label like nik", 140, 1, 18, 4, NULL, "did you mean `where label contains nik`?"},
    {"load x from my big pictures size 64x64", 140, 1, 16, 3, NULL, "from \"my big pictures\""},
    {"load x from data/x limti 5", 140, 1, 20, 5, NULL, "did you mean `limit`?"},
    {"rows wher label = nike", 140, 1, 6, 4, NULL, "did you mean `where`?"},
    {"load x from data/x size 48 x 48", 140, 1, 28, 1, NULL, "did you mean `48x48`?"},
    {"load x from data/x size 48, 48", 147, 1, 29, 2, NULL, "did you mean `48x48`?"},
    {"model m on logos { conv 16 3x3 relu, maxpool 2 }", 147, 1, 38, 7, "separated by `;`", "`; maxpool`"},
    {"let a = sqrt(4)", 109, 1, 13, 1, "`(` does not fit", "brackets: let a = (sqrt(4))"},
    {"// a remark", 104, 1, 1, 2, NULL, "a remark begins with `#`"},
    {"fit scratch // slow", 140, 1, 13, 2, NULL, "a remark begins with `#`"},
    {"exit", 104, 1, 1, 4, NULL, "Ctrl-D"},
    {"check (scratch + 1) > 2", 124, 1, 8, 7, "is a model, not a number", "`scratch.val.accuracy`"},
    {"check scratch.accuracy > 0", 124, 1, 7, 16, NULL, "did you mean `scratch.val.accuracy`?"},
    {"import tensorflow as tf", 105, 1, 1, 23, "Python", "remove this line"},
    {"from keras import layers", 105, 1, 1, 24, "Python", "remove this line"},
    {"conv 16 3x3 relu", 128, 1, 1, 4, "layers go inside `model NAME { }`",
     "model scratch on logos { conv 16 3x3 relu }"},
    {"Conv2D 16 3x3 relu", 128, 1, 1, 6, "layers go inside", "conv 16 3x3 relu"},
    {"customers from scratch", 133, 1, 16, 7, "`customers from` wants posts, and `scratch` is a model", NULL},
    {"x = 1", 109, 1, 1, 1, "`let`", "let x = 1"},
    {"let a = 19 + 13 - 4*22", 109, 1, 12, 1, "`+` does not fit", "brackets: let a = (19 + 13 - 4*22)"},
    {"let w = 64 - 5 + 1 # wide", 109, 1, 12, 1, "`-` does not fit", "let w = (64 - 5 + 1)"},
    {"fit scratch epochs 2 * 3", 140, 1, 22, 1, "does not know `*`", "as in `(1 + 2 * 3)`"},
    {"let a = (19 - 4\xc2\xb7"
     "22)",
     109, 1, 16, 3, NULL, "times is written `*`"},
    {"let a = (19-4x22)", 109, 1, 14, 3, NULL, "times is written `*`"},
    {"fit scratch, epochs 20", 147, 1, 14, 6, "blanks, not by commas", NULL},
    {"fit scratch epochs 20, batch 32", 147, 1, 24, 5, "blanks, not by commas", "`batch`"},
    {"fit scratch lr 0.1, 0.01", 147, 1, 21, 4, "takes one value, not 2",
     "for rate in 0.1, 0.01 { fit scratch lr $rate again as trial }"},
    {"fit scratch batch 8, 16 as r", 147, 1, 22, 2, NULL, "for batch in 8, 16 { fit scratch batch $batch as r again }"},
    {"fit scratch lr 0,01", 147, 1, 18, 2, NULL, "did you mean `0.01`?"},
    {"say ${lr}", 106, 1, 5, 1, "`${lr}` is filled in only inside quotes", "\"${lr}\""},
    {"fit scratch epochs", 144, 1, 13, 6, "`epochs` needs a value", "epochs 10"},
    {"fit scratch epochs batch 32", 144, 1, 13, 6, "`epochs` needs a value", NULL},
    {"fit scratch epochs 0", 142, 1, 20, 1, "must be at least 1, not", NULL},
    {"fit scratch batch 0", 142, 1, 19, 1, "between 1 and 1,000,000, not", NULL},
    {"fit scratch epochs 99999999999999999999999", 142, 1, 20, 23, "cannot be as large as", NULL},
    {"fit scratch epochs 2.5", 141, 1, 20, 3, "whole number", NULL},
    {"fit scratch epochs 5 epochs 6", 145, 1, 22, 6, "given twice", NULL},
    {"fit scratch no epochs", 148, 1, 16, 6, "switches off", NULL},
    {"fit scratch mixup 0.2", 146, 1, 13, 5, "not part of this version", NULL},
    {"fit scratch batch_size 3", 140, 1, 13, 10, NULL, "did you mean `batch`?"},
    {"fit logos", 133, 1, 5, 5, "wants a model, and `logos` is a dataset", "fit scratch on logos"},
    {"fit scratch on scratch", 133, 1, 16, 7, "`fit on` wants a dataset", "fit scratch on logos"},
    {"fit scratch on scratch epochs 3 # so", 133, 1, 16, 7, "`fit on` wants a dataset",
     "fit scratch on logos epochs 3"},
    {"fit logos on logos epochs 3", 133, 1, 5, 5, "wants a model", "fit scratch on logos epochs 3"},
    {"fit scratch on scratch as \"a ${scratch.params} {\"", 133, 1, 16, 7, "`fit on` wants a dataset",
     "fit scratch on logos as \"a ${scratch.params} {\""},
    {"fit logos \\\n epochs 3", 133, 1, 5, 5, "wants a model", "fit scratch"},
    {"confusion logos on=scratch", 133, 1, 11, 5, "wants a model", "confusion scratch on=scratch"},
    {"confusion scratch on scratch", 133, 1, 22, 7, "wants a dataset, and `scratch` is a model",
     "confusion scratch on logos"},
    {"confusion logos on scratch", 133, 1, 11, 5, "wants a model", "confusion scratch on logos"},
    {"model m on scratch { flatten }", 133, 1, 12, 7, "wants a dataset", "model m on logos { … }"},
    {"compare scratch, logos on logos.val", 133, 1, 18, 5, "wants a model", "compare scratch on logos.val"},
    {"compare logos, scratch", 133, 1, 9, 5, "wants a model", "compare scratch"},
    {"fit \"logos\"", 133, 1, 5, 7, "wants a model", "fit scratch"},
    {"fit scratch as logos", 135, 1, 16, 5, "`logos` is a dataset already", "logos_run"},
    {"load scratch from data/x", 135, 1, 6, 7, "`scratch` is a model already", "scratch_dataset"},
    {"let logos = [1 2]", 135, 1, 5, 5, "`logos` is a dataset already", "logos_grid"},
    {"load fresh from x\nmodel fresh on logos { flatten }", 135, 2, 7, 5, "`fresh` is a dataset already", NULL},
    {"fit scratch.val", 133, 1, 5, 11, "only a dataset has parts", NULL},
    {"show logoss", 130, 1, 6, 6, "there is nothing called `logoss`", "did you mean `logos`?"},
    {"load 9lives from x", 110, 1, 6, 6, "cannot be a name", "n9lives"},
    {"load my-set from x", 110, 1, 6, 6, "cannot be a name", "my_set"},
    {"load \"two words\" from x", 110, 1, 6, 11, "cannot be a name", NULL},
    {"load x", 143, 1, 1, 4, "`load` needs `from` with a file", NULL},
    {"load conv from x", 111, 1, 6, 4, "word of the language", "myconv"},
    {"let for = 3", 111, 1, 5, 3, "word of the language", "myfor"},
    {"say $lrr", 123, 1, 5, 4, "there is no variable `$lrr`", "did you mean `$lr`?"},
    {"say \"${scratch.val.acuracy}\"", 124, 1, 5, 24, "`scratch` has no field `val.acuracy`",
     "did you mean `scratch.val.accuracy`?"},
    {"check scratc.params > 1", 130, 1, 7, 13, "there is nothing called `scratc`", "scratch.params"},
    {"check logos.count > 1", 124, 1, 7, 11, "has no field `count`", NULL},
    {"(1 / 0)", 121, 1, 4, 1, "divides 1 by zero", NULL},
    {"(1 +)", 120, 1, 5, 1, "a number is missing", NULL},
    {"(foo(3))", 120, 1, 2, 3, "no function `foo`", NULL},
    {"(sqr(3))", 120, 1, 2, 3, NULL, "did you mean `sqrt`?"},
    {"say (\"a\")", 109, 1, 6, 3, NULL, NULL},
    {"say \"abc", 103, 1, 5, 4, "no closing", NULL},
    {"say \"\\ud800\"", 115, 1, 5, 8, "hexadecimal", NULL},
    {"say \"C:\\data\"", 115, 1, 5, 9, "`\\d` means nothing", "/"},
    {"fit }", 108, 1, 5, 1, "closes nothing", NULL},
    {"say (1]", 108, 1, 7, 1, "cannot close the `(`", NULL},
    {"!pip install keras", 106, 1, 1, 1, "shell", NULL},
    {"fit\xc2\xa0scratch", 106, 1, 4, 1, "no-break space", "ordinary blank"},
    {"say \xe2\x80\x9chello\xe2\x80\x9d", 106, 1, 5, 1, "typographic quote", "\""},
    {"f\xe2\x80\x8bit", 106, 1, 2, 1, "invisible character", NULL},
    {"model m on logos { conv 16 3\xc3\x97"
     "3 }",
     106, 1, 29, 1, "multiplication sign", "3x3"},
    {"f\xd1\x96t scratch", 104, 1, 1, 3, "there is no command", "did you mean `fit`?"},
    {"say \xff", 107, 1, 5, 1, "not UTF-8", NULL},
    {"model m on logos { conv 16 32 }", 144, 1, 28, 2, "32x32", "write `32x32`"},
    {"model m on logos { conv 16 }", 143, 1, 20, 4, "`conv` needs a size", NULL},
    {"model m on logos { fit scratch }", 128, 1, 20, 3, "is a command, not a layer", "close the model"},
    {"model m on logos { let a = 1 }", 128, 1, 24, 1, "only layers and `for`", NULL},
    {"model m on logos { conv 16 3x3 rleu }", 141, 1, 32, 4, "one of linear, relu", "did you mean `relu`?"},
    {"model m on logos { conv 16 3x3 stide 2 }", 140, 1, 32, 5, "`conv` does not know `stide`",
     "did you mean `stride`?"},
    {"model m on logos { residual }", 109, 1, 20, 8, "needs its layers", NULL},
    {"model m on logos { dense 4 { } }", 109, 1, 20, 5, "takes no `{ }`", NULL},
    {"fit scratch { conv 3 }", 109, 1, 1, 3, "takes no `{ }`", NULL},
    {"for x in 1, 2", 109, 1, 13, 1, "`for` wants", NULL},
    {"for x 1, 2 { say $x }", 109, 1, 5, 1, "`for` wants", NULL},
    {"model m on logos\n{ conv 16 3x3 }", 109, 2, 1, 1, "at the end of a command", "line of its command"},
    {"for x in 1, 2 { say $x } say 3", 109, 1, 26, 3, "after `}` comes a new line", NULL},
    {"let g = [1 2; 3]", 126, 1, 15, 1, "row 2 of the grid has 1", NULL},
    {"let g = [1 two]", 141, 1, 12, 3, "holds numbers", NULL},
    {"let g = []", 109, 1, 10, 1, "empty", NULL},
    {"say a > b", 109, 1, 7, 1, "after `where` or `check`", NULL},
    {"fit scratch where label = nike", 344, 1, 13, 5, "`where` cannot choose", "combine DATASET into some"},
    {"rows where label = nike and", 109, 1, 25, 3, "a condition is missing", NULL},
    {"rows where lable = nike", 149, 1, 12, 5, "does not know `lable`", "did you mean `label`?"},
    {"check foo", 130, 1, 7, 3, "nothing called `foo`", "check scratch.val.accuracy > 0.5"},
    {"check accuracy > 0.5", 130, 1, 7, 8, "nothing called `accuracy`", "did you mean `scratch.val.accuracy`?"},
    {"check 0.5 < accuracy", 130, 1, 13, 8, "nothing called `accuracy`", "did you mean `scratch.val.accuracy`?"},
    {"check lr < 1", 130, 1, 7, 2, NULL, "did you mean the variable `$lr`?"},
    {"check scratch", 124, 1, 7, 7, "is a model, not a number", NULL},
    {"check not nonsense and 1 < 2", 130, 1, 11, 8, "nothing called `nonsense`", NULL},
    {"check scratch.params = abc", 130, 1, 24, 3, "nothing called `abc`", NULL},
    {"check scratch.params = \"abc\"", 151, 1, 24, 5, "`scratch.params` is a number, and `abc` is none", NULL},
    {"check scratch.best.name > 3", 151, 1, 27, 1, "`scratch.best.name` is a text", NULL},
    {"show logos where label > 3", 151, 1, 26, 1, "`label` is a text, and `> 3` compares numbers", "label = nike"},
    {"show logos where id = abc", 151, 1, 23, 3, "`id` is a number, and `abc` is none", "where id > 10"},
    {"show logos where broken = maybe", 151, 1, 27, 5, "`broken` is yes or no, not `maybe`", "where broken = no"},
    {"rows where id = abc", 151, 1, 17, 3, "`id` is a number, and `abc` is none", NULL},
    {"show logos with scratch where confidence > 80", 151, 1, 44, 2, "from 0 to 100%, and `80` is more",
     "did you mean `confidence > 80%`?"},
    {"show logos with scratch where confidence < 120", 151, 1, 44, 3, "and `120` is more", "`confidence < 80%`"},
    {"show logos where label = addidas", 313, 1, 26, 7, "`logos` has no label `addidas`", "did you mean `adidas`?"},
    {"show logos where label in nike, pumma", 313, 1, 33, 5, "no label `pumma`", "did you mean `puma`?"},
    {"confusion scratch where label = nikee", 313, 1, 33, 5, "no label `nikee`", "did you mean `nike`?"},
    {"show logos where lable = nike", 149, 1, 18, 5, "`where` does not know `lable`", "did you mean `label`?"},
    {"show logos sort lable", 149, 1, 17, 5, "`sort` does not know `lable`", "did you mean `label`?"},
    {"show logos where adidas", 149, 1, 18, 6, NULL, "write the field first"},
    {"load z data/x", 140, 1, 8, 6, NULL, "did you mean `from data/x`?"},
    {"fit scratch --epochs 3", 140, 1, 13, 8, NULL, "did you mean `epochs`?"},
    {"fit scratch epochs=", 109, 1, 19, 1, "a value is missing", NULL},
    {"fit scratch epochs=3, batch=4", 147, 1, 21, 1, "blanks, not by commas", NULL},
    {"model m on logos { conv 16 (3, 3) }", 120, 1, 30, 1, "not a list", "3x3"},
    {"model = Sequential()", 105, 1, 1, 20, NULL, "model scratch on logos { … }"},
    {"for i in range(3):", 105, 1, 1, 18, NULL, "for i in 1..3 { … }"},
    {"if x { }", 105, 1, 1, 8, NULL, "`check` stops a cell"},
    {"nothing.there", 130, 1, 1, 13, "there is nothing called `nothing`", NULL},
    {"compare scratch,", 109, 1, 16, 1, "after this comma", NULL},
    {"run self", 114, 1, 1, 3, "more than 16 deep", NULL},
    {"run 'say hello; fit scratch epoch 3'", 140, 1, 24, 5, "lesson.lens line 1: `fit` does not know", "epochs"},
    {"model where on logos { flatten }", 111, 1, 7, 5, "`where` is a word of the language", "mywhere"},
    {"set theme dark", 141, 1, 5, 5, "`set` has no setting `theme`", NULL},
    {"set sede 3", 141, 1, 5, 4, "`set` has no setting `sede`", "did you mean `seed`?"},
    {"set seed", 143, 1, 1, 3, NULL, NULL},
    {"show logos where", 109, 1, 12, 5, "`where` wants a condition", "where label = nike"},
    {"show logos label = adidas", 140, 1, 12, 5, NULL, "did you mean `where label = adidas`?"},
    {"say one; say two\nsay three; fit scratch epoch 3", 140, 2, 24, 5, NULL, NULL},
    {"for n in 1, x { fit scratch epochs $n }", 141, 1, 36, 2, "whole number, not `x`", NULL},
};

TEST(many_mistakes)
{
    int failures = 0;
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) failures += !wrong_as_expected(&wrongs[i]);
    CHECK_INT(failures, 0);
}

TEST(implicit_needs_one)
{
    dsl_bench b;
    bench_open(&b);
    CHECK(bench_run(&b, "fit epochs 3") != LG_OK);
    CHECK_INT(b.err.code, 134);
    CHECK_HAS(b.err.msg, "`fit` needs a model, and there is none yet");
    CHECK(bench_run(&b, SETUP "\nmodel other on logos { flatten }") == LG_OK);
    CHECK(bench_run(&b, "fit epochs 3") != LG_OK);
    CHECK_INT(b.err.code, 132);
    CHECK_HAS(b.err.why, "scratch, other");
    CHECK_HAS(b.err.hint, "use scratch");
    CHECK(bench_run(&b, "use other; fit epochs 3") == LG_OK);
    CHECK_HAS(lg_buf_str(&dsl_log), "fit other epochs 3");
    CHECK_HAS(lg_buf_str(&dsl_log), "(using model other)");
    bench_close(&b);
}

/* Fields that only a model knows fill in the one model, and name it where there are several. */
TEST(opinions_fill_in_the_model)
{
    dsl_bench b;
    bench_open(&b);
    CHECK(bench_run(&b, "load logos from x\nscrape twitter into posts") == LG_OK);
    CHECK(bench_run(&b, "show logos where correct = no") != LG_OK);
    CHECK_INT(b.err.code, 149);
    CHECK_STR(b.err.hint, "`correct` is what a model says: add `with MODEL`");
    CHECK(bench_run(&b, "model scratch on logos { flatten }\nshow logos.val where label = nike where predicted = "
                        "adidas or confidence < 40% sort loss limit 12") == LG_OK);
    CHECK_HAS(lg_buf_str(&dsl_log), "show logos.val with scratch limit 12 sort loss where");
    CHECK_HAS(lg_buf_str(&dsl_log), "(using model scratch)");
    CHECK(bench_run(&b, "show logos sort confidence") == LG_OK);
    CHECK_HAS(lg_buf_str(&dsl_log), "show logos with scratch");
    CHECK(bench_run(&b, "show logos where label = nike; show posts where predicted = nike") == LG_OK);
    CHECK(!strstr(lg_buf_str(&dsl_log), "with scratch"));
    CHECK(bench_run(&b, "show logos with scratch where correct = no and broken = false and year > 1900") == LG_OK);
    CHECK(bench_run(&b, "model other on logos { flatten }; show logos where predicted = nike") != LG_OK);
    CHECK_STR(b.err.hint, "`predicted` is what a model says: add `with scratch`");
    CHECK(bench_run(&b, "model other on logos { flatten }; use other; show logos where predicted = nike") == LG_OK);
    CHECK_HAS(lg_buf_str(&dsl_log), "with other");
    bench_close(&b);
}

/* What need not be there stays empty where several would fit. */
TEST(implicit_stays_empty_where_it_may)
{
    dsl_bench b;
    bench_open(&b);
    CHECK(bench_run(&b, "load logos from x; load belga from y") == LG_OK);
    CHECK(bench_run(&b, "model m { input 64x64x3; flatten }") == LG_OK);
    CHECK_STR(lg_buf_str(&dsl_log), "model m seed 1 { input 64x64x3; flatten }\n");
    CHECK(bench_run(&b, "model t like m seed 2") == LG_OK);
    CHECK_STR(lg_buf_str(&dsl_log), "model t like m seed 2\n");
    CHECK(bench_run(&b, "load m2 from z; fit logos") != LG_OK);
    CHECK_STR(b.err.hint, "fit m on logos");
    bench_close(&b);
    bench_open(&b);
    CHECK(bench_run(&b, "load logos from x") == LG_OK && bench_run(&b, "fit logos") != LG_OK);
    CHECK_STR(b.err.hint, "define a model first: `model scratch on logos { … }`");
    bench_close(&b);
}

TEST(codes_are_listed_once_in_order)
{
    for (const dsl_code *c = dsl_codes; c->code; c++) {
        CHECK(c == dsl_codes || c[-1].code < c->code);
        CHECK(c->when[0] && c->help[0]);
        CHECK(dsl_code_find(c->code) == c);
    }
    CHECK(!dsl_code_find(999));
}

/* Every code used in the source is explained, and docs/errors.md is as made from the table. */
TEST(codes_are_all_explained)
{
    FILE *found = popen("grep -rhoE '(LG_E_[A-Z]+|(LEX|PARSE)_FAIL\\([a-z]+), *[1-9][0-9][0-9],' kernel lib nnlib "
                        "--include=*.c | grep -oE '[0-9]{3}' | sort -u",
                        "r");
    char line[64];
    int codes = 0, missing = 0;
    CHECK(found);
    while (fgets(line, sizeof line, found)) {
        codes++;
        if (dsl_code_find(atoi(line))) continue;
        printf("LL%.3s is not in kernel/dsl/codes.def\n", line);
        missing++;
    }
    pclose(found);
    CHECK(codes > 60);
    CHECK_INT(missing, 0);
    CHECK_INT(system("python3 tests/support/dsl_errors.py | cmp -s - docs/errors.md"), 0);
}
