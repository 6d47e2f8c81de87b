/* What well-written cells do: binding, order, loops, variables, results. */
#include "tests/support/dsl_table.h"
#include "tests/support/test.h"

static dsl_bench b;

static void open_with(const char *setup)
{
    dsl_alive = 0;
    lg_err err = {0};
    CHECK_OK(bench_open(&b));
    if (setup && bench_run(&b, setup) != LG_OK) TEST_FAIL("setup: %s (%s)", b.err.msg, b.err.why);
}
static void run(const char *cell)
{
    if (bench_run(&b, cell) != LG_OK)
        TEST_FAIL("%s\n  LL%03d %d:%d %s (%s)", cell, b.err.code, b.err.span.line, b.err.span.col, b.err.msg,
                  b.err.why);
}
/* Runs and compares what commands noted and what was said. */
static void expect(const char *cell, const char *log, const char *said)
{
    run(cell);
    if (log) CHECK_STR(lg_buf_str(&dsl_log), log);
    if (said) CHECK_STR(lg_buf_str(&dsl_said), said);
}
static void done(void)
{
    bench_close(&b);
    CHECK_INT(dsl_alive, 0);
}

#define SETUP    "load logos from data/x\nmodel scratch on logos { conv 16 3x3 relu; flatten; dense classes softmax }"
#define FIT_REST " optimizer sgd momentum 0 schedule constant loss auto patience off keep best decay 0 seed 1"

TEST(recipes_have_defaults)
{
    open_with(NULL);
    expect("load logos from data/flickr27 labels labels.txt size 64x64",
           "load logos from data/flickr27 labels labels.txt size 64x64 split 80/20 limit all\n", "");
    expect("LOAD Other FROM \"two words\" columns file, label",
           "load Other from \"two words\" labels folders columns file, label size keep split 80/20 limit all\n", NULL);
    expect("clean logos size 64 scale 0..1 glare 240",
           "clean logos size 64x64 scale 0..1 glare 240 replace median brightness off\n", NULL);
    expect("augment logos x10 shift=20% flip", "augment logos x10 rotate 15 shift 20% flip\n", NULL);
    done();
}

TEST(word_value_and_word_equals_value)
{
    open_with(SETUP);
    expect("fit scratch epochs 5 batch=16 no shuffle lr=1e-3",
           "fit scratch epochs 5 batch 16 lr 1e-3" FIT_REST " no shuffle\n", NULL);
    expect("fit epochs 5", "fit scratch epochs 5 batch 32 lr 0.01" FIT_REST "  (using model scratch)\n", NULL);
    expect("fit scratch shuffle balance=true again=off", "fit scratch epochs 10 batch 32 lr 0.01" FIT_REST " balance\n",
           NULL);
    expect("fit scratch epochs 1e3", NULL, NULL);
    expect("FIT scratch EPOCHS 3 Optimizer Adam", NULL, NULL);
    CHECK_HAS(lg_buf_str(&dsl_log), "optimizer adam");
    done();
}

TEST(layers_bind_and_unroll)
{
    open_with("load logos from x");
    expect("model scratch on logos {\n for n in 16, 32 { conv $n 3x3 relu; maxpool 2 }\n Conv2D 3x3 16 same\n"
           " conv 8 3\n conv 8 kernel 5 l2=0.001\n conv 8 kernel_size=7\n residual { conv 16 1 }\n dense classes "
           "softmax # last\n}",
           "model scratch on logos seed 1 { conv 16 3x3 relu; maxpool 2x2; conv 32 3x3 relu; maxpool 2x2; conv 16 3x3 "
           "same; "
           "conv 8 3x3; conv 8 5x5 l2 0.001; conv 8 7x7; residual { conv 16 1x1 }; dense classes softmax }\n",
           NULL);
    CHECK_INT(dsl_checked, 2); /* while binding, as the dataset is there already, and before it runs */
    done();
}

TEST(variables_and_arithmetic)
{
    open_with(SETUP);
    expect("let lr = 0.01\nlet n = 3\nfit scratch lr ($lr / 2) epochs ($n * 2 + 1)",
           "fit scratch epochs 7 batch 32 lr 0.005" FIT_REST "\n", NULL);
    expect("(6*7)", "", "=42\n");
    expect("(-2^2); (2^3^2); (2^-1); (1/4 + 0.2); (10%)", "", "=-4\n=512\n=0.5\n=0.45\n=0.1\n");
    expect("(max(1, 5, 3) + min(2, 1) + round(2.345, 2) + floor(-1.5) + abs(-3) + sqrt(16) + mean(1, 2))", "",
           "=14.85\n");
    expect("let widths = 16, 32, 64\n(mean($widths)); (max($widths)); $widths", "",
           "=37.33\n=64\n=16, 32, 64\n");
    expect("(\n 1 +\n 2 # three\n)", "", "=3\n");
    expect("(1/3 * 0.1); (12345.678 * 2); say (1/3) and ($n / 7)", "", "=0.03333\n=24691.4\n0.3333\nand\n0.4286\n");
    expect("let third = (1/3)\nsay \"a third is $third\"\nfit scratch lr ($third * 3)", NULL, "a third is 0.3333\n");
    CHECK_HAS(lg_buf_str(&dsl_log), " lr 1 ");
    expect("(scratch.params / 2)", "", "=65266\n");
    expect("scratch.val.accuracy; $lr", "", "=0.75\n=0.01\n");
    done();
}

TEST(texts_are_filled)
{
    open_with(SETUP "\nlet lr = 0.5\nlet all = a, b");
    expect("say \"lr $lr of ${scratch.params}, ${scratch.val.accuracy}, ${lr}; \\$lr \\\"x\\\" \\u00e9 $all $5\"", "",
           "lr 0.5 of 130,532, 0.75, 0.5; $lr \"x\" é a, b $5\n");
    expect("say 'lr $lr \\n'", "", "lr $lr \\n\n");
    expect("say hello world run_$lr", "", "hello\nworld\nrun_0.5\n");
    done();
}

TEST(bare_names_are_results)
{
    open_with(SETUP);
    expect("scratch", "", "=<scratch: 3000>\n");
    expect("logos.val", NULL, NULL);
    CHECK_HAS(lg_buf_str(&dsl_log), "show logos.val");
    expect("let g = [1 2; 3 4]\ng", "", NULL);
    CHECK_HAS(lg_buf_str(&dsl_said), "=g: 2x2\n");
    expect("(g.sum)", "", "=10\n");
    expect("convolve g with [0 1 0\n1 -4 1\n0 1 0] same", "convolve g with [0 1 0; 1 -4 1; 0 1 0] same\n", NULL);
    expect("convolve $g with edge no animate", NULL, NULL);
    expect("convolve logos.train with scratch", "convolve logos.train with scratch\n", NULL);
    done();
}

TEST(loops_keep_every_round)
{
    open_with(SETUP);
    expect(
        "for rate in 0.1, 0.01 { fit scratch epochs 5 lr $rate again quiet as trial }\ncheck trial.2.params = 130532",
        "fit scratch as trial epochs 5 batch 32 lr 0.1" FIT_REST " again quiet  #1=0.1\n"
        "fit scratch as trial epochs 5 batch 32 lr 0.01" FIT_REST " again quiet  #2=0.01\n",
        NULL);
    CHECK(dsl_session_get(b.session, "trial") && dsl_session_get(b.session, "trial.1") &&
          dsl_session_get(b.session, "trial.2"));
    CHECK(dsl_session_get(b.session, "trial") == dsl_session_get(b.session, "trial.2"));
    run("for rate in 0.5 { fit scratch lr $rate as trial }");
    CHECK(dsl_session_get(b.session, "trial.1") && !dsl_session_get(b.session, "trial.2"));
    run("for a in 1..2 { for b in 1..3 { fit scratch epochs $a batch $b as nested } }");
    CHECK(dsl_session_get(b.session, "nested.6") && !dsl_session_get(b.session, "nested.7"));
    expect("for i in 3..1 { say $i }", "", "3\n2\n1\n");
    expect("let xs = p, q\nfor x in 1..2, a, $xs { say $x }", "", "1\n2\na\np\nq\n");
    done();
}

TEST(option_words_may_be_names)
{
    open_with("load labels from x; load limit from y\nscrape twitter into posts");
    expect("show limit limit 3", "show limit limit 3 sort id\n", NULL);
    expect("show posts sort limit", "show posts limit 24 sort limit\n", NULL);
    expect("clean labels size 32", "clean labels size 32x32 scale 0..1 glare off replace median brightness off\n",
           NULL);
    done();
}

TEST(nothing_runs_before_all_is_bound)
{
    open_with(NULL);
    CHECK(bench_run(&b, "load logos from x\nmodel m on logos { flatten }\nfit m epochs 3\nfit m epoch 3") != LG_OK);
    CHECK_INT(b.err.code, 140);
    CHECK_INT(b.err.span.line, 4);
    CHECK_STR(lg_buf_str(&dsl_log), "");
    CHECK(!dsl_session_get(b.session, "logos"));
    run("load logos from x\nmodel m on logos { flatten }\nfit epochs 3 as r\ncheck r.params > 3\nuse m\nshow r\nr");
    CHECK(bench_run(&b, "load t from x\nfit t") != LG_OK); /* its kind is known before it exists */
    CHECK_INT(b.err.code, 133);
    CHECK(bench_run(&b, "let a = 1\nfor n in 1, 2 { fit m epochs $n batch $a bath 3 }") != LG_OK);
    CHECK_STR(lg_buf_str(&dsl_log), "");
    run("run 'load later from x'\nclean later size 8");
    done();
}

TEST(checks)
{
    open_with(SETUP);
    run("check scratch.params = 130532 \"not the network\"\ncheck scratch.val.accuracy > (1/4 + 0.2)\ncheck not 1 > 2 "
        "and 3 < 4 or 1 > 5");
    run("check scratch.best.name = adidas\ncheck scratch.best.name in nike, adidas\ncheck scratch.best.name contains "
        "dida");
    run("let x = 5\ncheck $x >= 5\ncheck \"a\" = A");
    CHECK_INT(bench_run(&b, "say before\ncheck scratch.params = 448"), LG_E_CHECK);
    CHECK_INT(b.err.code, 150);
    CHECK_STR(b.err.msg, "this does not hold: scratch.params = 448");
    CHECK_STR(b.err.why, "scratch.params is 130,532");
    CHECK_STR(lg_buf_str(&dsl_said), "before\n");
    CHECK_INT(b.err.span.line, 2);
    CHECK_INT(b.err.span.col, 7);
    CHECK_INT(bench_run(&b, "check scratch.val.accuracy > ($x / 5 + 0.1) \"worse than $x\""), LG_E_CHECK);
    CHECK_STR(b.err.msg, "worse than 5");
    CHECK_STR(b.err.why, "scratch.val.accuracy is 0.75; ($x / 5 + 0.1) is 1.1");
    /* the sentence is a hint to a learner: whole */
    CHECK_INT(bench_run(&b, "check 1 > 2 \"the four neighbours of the 22, minus four times the 22 itself\""),
              LG_E_CHECK);
    CHECK_STR(b.err.msg, "the four neighbours of the 22, minus four times the 22 itself");
    done();
}

TEST(where_filters)
{
    open_with("load logos from x");
    expect("rows where label = NIKE", "2 3 \n", NULL);
    expect("rows where label = nike where confidence < 40% or id = 3", "2 3 \n", NULL);
    expect("rows where label != nike and confidence >= 0.5", "1 4 \n", NULL);
    expect("rows where not label in nike, adidas", "4 \n", NULL);
    expect("rows where label = \"\"", "4 \n", NULL);
    expect("rows where label contains ID", "1 \n", NULL);
    expect("rows where id = 1 or id = 4 and label = nike", "1 \n", NULL);
    expect("rows where date >= 2026-10-03", "3 4 \n", NULL);
    expect("rows where date < today", NULL, NULL);
    expect("rows where label", "1 2 3 \n", NULL);
    expect("let c = 0.8\nrows where confidence = $c", "3 \n", NULL);
    expect("clean logos where label = nike and year < 40% size 8",
           "clean logos size 8x8 scale 0..1 glare off replace median brightness off where label = nike and year "
           "< 40%\n",
           NULL);
    done();
}

TEST(recipes_can_be_run_again)
{
    open_with(SETUP);
    static const char *const cells[] = {"model m on logos { for n in 4, 8 { conv $n 3x3 relu; maxpool 2 }; residual { "
                                        "conv 8 1 }; flatten; dense classes softmax l2 0.1 }",
                                        "drop logos image 412, 412.1, \"a b.jpg\", '$x.jpg' where label = \"\"",
                                        "scrape twitter tag \"#adidas\", \"a, b\", 'it''s' since 2026-10-01 into p",
                                        "convolve [1 -2; 0.5 1e-9] with blur same",
                                        "load q from 'C:\\data\\x' labels \"(.*)_[0-9]+\"",
                                        "fit scratch on logos as r no shuffle balance time 5m"};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        if (strstr(cells[i], "''")) continue;
        run(cells[i]);
        char first[2000];
        snprintf(first, sizeof first, "%s", lg_buf_str(&dsl_log));
        run(first);
        CHECK_STR(lg_buf_str(&dsl_log), first);
    }
    done();
}

TEST(lines_and_comments)
{
    open_with(SETUP);
    expect("\xef\xbb\xbfsay a; say b\r\nsay c\rsay d # e\n\n;;\nsay f \\\n g\nsay h,\n   # comment\n i", "",
           "a\nb\nc\nd\nf\ng\nh\ni\n");
    expect("fit scratch \\\r\n  epochs 3", NULL, NULL);
    expect("say a#b https://x.y/z?a=1,2;3#f ende", "", "a#b\nhttps://x.y/z?a=1,2;3#f\nende\n");
    expect("", "", "");
    expect("  # only a comment", "", "");
    done();
}

TEST(names_are_versions)
{
    open_with(SETUP);
    dsl_object *held = dsl_object_ref(dsl_session_get(b.session, "logos"));
    run("load logos from y");
    CHECK(dsl_session_get(b.session, "logos") != held);
    dsl_object_unref(held);
    dsl_session *copy;
    lg_err err = {0};
    CHECK_OK(dsl_session_snapshot(b.session, &copy, &err));
    CHECK(dsl_session_get(copy, "logos") == dsl_session_get(b.session, "logos"));
    CHECK_OK(dsl_session_remove(copy, "logos", &err));
    CHECK(dsl_session_get(b.session, "logos"));
    dsl_session_free(copy);
    char *text;
    CHECK_OK(dsl_session_evaluate(b.session, "(6*7)", 5, &text, &err));
    CHECK_STR(text, "42");
    lg_free(text);
    CHECK_OK(dsl_session_evaluate(b.session, "scratch.val.accuracy", 20, &text, &err));
    CHECK_STR(text, "0.75");
    lg_free(text);
    CHECK_OK(dsl_session_evaluate(b.session, "scratch", 7, &text, &err));
    CHECK_STR(text, "model: 3000 images");
    lg_free(text);
    CHECK(dsl_session_evaluate(b.session, "fit scratch", 11, &text, &err) == LG_E_SYNTAX);
    done();
}

TEST(interrupt_is_heard)
{
    open_with(NULL);
    lg_cancel_set(&b.cancel);
    CHECK_INT(bench_run(&b, "say hello"), LG_E_INTERRUPTED);
    char name[16];
    dsl_error_name(&b.err, name);
    CHECK_STR(name, "Interrupted");
    lg_cancel_clear(&b.cancel);
    run("say hello");
    b.err = (lg_err){.status = LG_E_ARG, .code = 203};
    dsl_error_name(&b.err, name);
    CHECK_STR(name, "LL203");
    done();
}

TEST(is_complete)
{
    char indent[64];
    CHECK_INT(dsl_is_complete("say a", 5, indent), DSL_COMPLETE);
    CHECK_INT(dsl_is_complete("model m on x {", 14, indent), DSL_INCOMPLETE);
    CHECK_STR(indent, "  ");
    CHECK_INT(dsl_is_complete("model m on x {\n for n in 1 {\n", 29, indent), DSL_INCOMPLETE);
    CHECK_STR(indent, "    ");
    CHECK_INT(dsl_is_complete("compare a,", 10, indent), DSL_INCOMPLETE);
    CHECK_INT(dsl_is_complete("fit a \\\n", 8, indent), DSL_INCOMPLETE);
    CHECK_INT(dsl_is_complete("fit a \\\n\n", 9, indent), DSL_COMPLETE); /* the empty line went on, and ended it */
    CHECK_INT(dsl_is_complete("fit a # \\\n", 10, indent), DSL_COMPLETE);
    CHECK_INT(dsl_is_complete("for n in 1 {\n  model m {\n    conv 1\n  }\n", 40, indent), DSL_INCOMPLETE);
    CHECK_STR(indent, "  "); /* one block is closed, the other is not */
    CHECK_INT(dsl_is_complete("model m {\n  conv 1\n}", 20, indent), DSL_COMPLETE);
    CHECK_INT(dsl_is_complete("let g = [1 2", 12, indent), DSL_INCOMPLETE);
    CHECK_INT(dsl_is_complete("say (1 + 2", 10, indent), DSL_INCOMPLETE);
    CHECK_INT(dsl_is_complete("model m", 7, indent), DSL_COMPLETE); /* `{` stands on the line of its command */
    CHECK_INT(dsl_is_complete("model m\n", 8, indent), DSL_COMPLETE);
    CHECK_INT(dsl_is_complete("model m on x # {", 16, indent), DSL_COMPLETE);
    CHECK_INT(dsl_is_complete("model m\n{", 9, indent), DSL_INVALID); /* and so no `}` would help */
    CHECK_INT(dsl_is_complete("{", 1, indent), DSL_INVALID);
    CHECK_INT(dsl_is_complete("say a; {\n say b", 14, indent), DSL_INVALID);
    CHECK_INT(dsl_is_complete("for n in 1 {{", 13, indent), DSL_INVALID);
    CHECK_INT(dsl_is_complete("model m \\\n {", 12, indent), DSL_INCOMPLETE); /* one line, by its `\` */
    CHECK_INT(dsl_is_complete("compare a,\n b {", 15, indent), DSL_INCOMPLETE);
    CHECK_INT(dsl_is_complete("say }", 5, indent), DSL_INVALID);
    CHECK_INT(dsl_is_complete("say \"abc", 8, indent), DSL_INVALID);
    CHECK_INT(dsl_is_complete("x = 1", 5, indent), DSL_INVALID);
    CHECK_INT(dsl_is_complete("", 0, indent), DSL_COMPLETE);
    CHECK_INT(dsl_is_complete("nonsense here", 13, indent), DSL_COMPLETE);
}
