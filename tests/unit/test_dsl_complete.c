/* Tab and Shift-Tab: `|` marks the cursor. */
#include "tests/support/dsl_table.h"
#include "tests/support/test.h"

static dsl_bench b;
static char got[20000];
static size_t start, end;

#define SETUP "load logos from data/x; load belga from data/y\nmodel scratch on logos { flatten }\nlet lr = 0.01"

/* Matches as " a b c ". */
static const char *complete(const char *marked)
{
    char cell[1000];
    const char *bar = strchr(marked, '|');
    size_t n = (size_t)(bar - marked), used = 0;
    snprintf(cell, sizeof cell, "%.*s%s", (int)n, marked, bar + 1);
    dsl_completion found;
    lg_err err = {0};
    CHECK_OK(dsl_session_complete(b.session, cell, strlen(cell), lg_utf8_count(cell, n), &found, &err));
    got[0] = 0;
    for (size_t i = 0; i < found.count; i++)
        used += (size_t)snprintf(got + used, sizeof got - used, " %s", found.match[i].text);
    snprintf(got + used, sizeof got - used, " ");
    start = found.start;
    end = found.end;
    dsl_completion_release(&found);
    return got;
}

/* What is said beside one of the matches. */
static const char *signature_of(const char *marked, const char *text)
{
    dsl_completion found;
    lg_err err = {0};
    size_t n = strcspn(marked, "|"); /* at the end */
    CHECK_OK(dsl_session_complete(b.session, marked, n, lg_utf8_count(marked, n), &found, &err));
    snprintf(got, sizeof got, "no such match");
    for (size_t i = 0; i < found.count; i++)
        if (!strcmp(found.match[i].text, text)) snprintf(got, sizeof got, "%s", found.match[i].signature);
    dsl_completion_release(&found);
    return got;
}

static void setup(void)
{
    dsl_alive = 0;
    bench_open(&b);
    CHECK_INT(bench_run(&b, SETUP), LG_OK);
}

/* What Tab says of the first match. */
static const char *told(const char *marked)
{
    char cell[1000];
    const char *bar = strchr(marked, '|');
    size_t n = (size_t)(bar - marked);
    snprintf(cell, sizeof cell, "%.*s%s", (int)n, marked, bar + 1);
    dsl_completion found;
    lg_err err = {0};
    CHECK_OK(dsl_session_complete(b.session, cell, strlen(cell), lg_utf8_count(cell, n), &found, &err));
    snprintf(got, sizeof got, "%s", found.count ? found.match[0].signature : "(nothing)");
    dsl_completion_release(&found);
    return got;
}

TEST(what_is_said_of_values_and_facts)
{
    setup();
    CHECK_STR(told("(scratch.val.a|"), "the share of images whose label was predicted right");
    CHECK_STR(told("say \"${logos.train.c|"), "how many there are");
    CHECK_STR(told("(sq|"), "the square root");
    CHECK_HAS(told("fit scratch optimizer a|"), "gives every weight a step of its own size");
    CHECK_HAS(told("fit scratch optimizer s|"), "as far as lr says; the default");
    CHECK_STR(complete("(m|(1, 2))"), " min max mean ");
    CHECK_STR(complete("(|q(1, 2))"), " min max round mean ");
    CHECK_STR(complete("(|q(1, 2, 3))"), " min max mean ");
    CHECK_HAS(complete("(|q(max(1, 2)))"), " sqrt ");
    bench_close(&b);
}

TEST(verbs_and_names)
{
    setup();
    CHECK_STR(complete("f|"), " fit for ");
    CHECK_STR(complete("say a\ncon|"), " confusion convolve ");
    CHECK_INT(start, 6);
    CHECK_INT(end, 9);
    CHECK_STR(complete("\xf0\x9d\x90\x9a\xf0\xa0\xae\x9e; CLE|"), " clean ");
    CHECK_INT(start, 4);
    CHECK_STR(complete("scr|"), " scrape scratch ");
    CHECK_STR(complete("# f|"), " ");
    CHECK_STR(complete("xyz|"), " ");
    bench_close(&b);
}

TEST(objects_then_options_then_flags)
{
    setup();
    CHECK_STR(complete("fit |"),
              " scratch epochs batch lr optimizer momentum schedule loss patience keep decay seed time on as balance "
              "continue again no shuffle quiet ");
    CHECK_STR(complete("fit scratch epochs 3 |l"),
              " batch lr optimizer momentum schedule loss patience keep decay seed time on as balance "
              "continue again no shuffle quiet ");
    CHECK_STR(complete("fit scratch l|"), " lr loss ");
    CHECK_STR(complete("fit scratch epochs |"), " 10 ");
    CHECK_STR(complete("fit scratch optimizer |"), " sgd momentum adam rmsprop ");
    CHECK_STR(complete("fit scratch optimizer=a|"), " adam ");
    CHECK_STR(complete("fit scratch on |"), " logos belga ");
    CHECK_STR(complete("fit scratch on logos.|"), " logos.train logos.val logos.test ");
    CHECK_STR(complete("fit scratch on logos |quiet"),
              " epochs batch lr optimizer momentum schedule loss patience keep decay seed time as balance "
              "continue again no shuffle quiet ");
    CHECK_STR(complete("compare scratch, |"), " ");
    CHECK_STR(complete("clean b|"), " belga brightness ");
    CHECK_STR(complete("scrape t|"), " twitter tag ");
    CHECK_STR(complete("scrape twitter tag |"), " adidas nike puma \"no logo\" ");
    bench_close(&b);
}

TEST(blocks_conditions_arithmetic)
{
    setup();
    CHECK_STR(complete("model m on logos {\n  c|"), " conv ");
    CHECK_STR(complete("model m on logos {\n for n in 1, 2 { max|"), " maxpool ");
    CHECK_STR(complete("model m on logos {\n conv 16 3x3 r|"), " relu ");
    CHECK_STR(complete("model m on logos {\n conv 16 3x3 relu |"), " stride dilation l2 name same valid no bias ");
    CHECK_STR(complete("model m on logos { flatten }\nfit s|"), " scratch schedule seed no shuffle ");
    CHECK_STR(complete("show logos where |"),
              " id label file broken year predicted confidence second correct loss not ");
    CHECK_STR(complete("clean logos where |"), " id label file broken year not ");
    CHECK_STR(complete("show logos where correct = |"), " yes no ");
    CHECK_STR(complete("show logos sort l|"), " label loss ");
    CHECK_STR(complete("split logos by |"), " id label file broken year ");
    CHECK_STR(complete("fit scratch no |"), " balance continue again shuffle quiet ");
    CHECK_STR(complete("fit scratch no sh|"), " shuffle ");
    CHECK_STR(complete("fit scratch no shuffle q|"), " quiet ");
    CHECK_STR(complete("say \"accuracy ${scratch.v|"), " scratch.val.accuracy} ");
    CHECK_INT(start, 16);
    CHECK_STR(complete("say \"accuracy ${|"), " logos belga scratch ");
    CHECK_STR(complete("say \"${scratch.params} $l|"), " $lr ");
    CHECK_HAS(complete("show logos where lab|"), " label ");
    CHECK_STR(complete("show logos where label = n|"), " nike \"no logo\" ");
    CHECK_STR(complete("show logos where label = \"no|"), " no logo\" "); /* closed where nothing else does */
    CHECK_STR(complete("show logos where label = \"no|\" limit 3"), " no logo ");
    CHECK_HAS(complete("show logos where label = nike |"), " and or ");
    CHECK_HAS(complete("show logos where label = nike l|"), " limit ");
    CHECK_STR(complete("fit scratch lr ($l|"), " $lr ");
    CHECK_STR(complete("let width = 3\nsay $w|"), " $width ");
    CHECK_STR(complete("(scratch.val.a|"), " scratch.val.accuracy ");
    CHECK_STR(complete("(s|"), " scratch sqrt ");
    CHECK_STR(complete("check scratch.p|"), " scratch.params ");
    CHECK_STR(complete("say \xff|"), " ");
    bench_close(&b);
}

TEST(the_rest_of_the_word_goes_too)
{
    setup();
    CHECK_STR(complete("fit scratch ep|ochs 20"), " epochs ");
    CHECK_INT(start, 12);
    CHECK_INT(end, 18);
    CHECK_STR(complete("fit scratch epochs |20"), " "); /* no default over a value that is there */
    CHECK_STR(complete("fit scratch lr 0.1 |epochs 20 quiet batch 3"),
              " epochs optimizer momentum schedule loss patience keep decay seed time on as balance continue again no "
              "shuffle ");
    CHECK_STR(complete("say \"${scratch.val.a|cc} $lr\""), " scratch.val.accuracy ");
    CHECK_INT(start, 7);
    CHECK_INT(end, 22);
    CHECK_STR(complete("show logos where label = \"n|ik\" limit 3"), " nike no logo ");
    CHECK_INT(end, 29);
    CHECK_STR(complete("(scr|atch.params*2)"), " scratch ");
    CHECK_INT(end, 15);
    CHECK_STR(complete("fit scratch lr $l|rr/2"), " $lr ");
    CHECK_INT(end, 19);
    bench_close(&b);
}

TEST(what_the_cell_makes_before_it_runs)
{
    setup();
    CHECK_STR(complete("model big on logos { flatten }\nfit b|"), " big batch balance ");
    CHECK_STR(complete("load shoes from x\nmodel m on sh|"), " shoes ");
    CHECK_STR(complete("load shoes from x\nshow shoes.|"), " shoes.train shoes.val shoes.test ");
    CHECK_STR(complete("scrape twitter tag a into found\ncustomers from |"), " found ");
    CHECK_STR(complete("let g = [1 2; 3 4]\nconvolve |"), " logos belga g with same no animate ");
    CHECK_STR(complete("for rate in 0.1, 0.2 { fit scratch lr $r|"), " $rate ");
    CHECK_STR(complete("for rate in 0.1, 0.2 { say $rate }\nsay $r|"), " ");
    CHECK_STR(complete("model big on logos { flatten }\nfit l|"), " lr loss "); /* no dataset */
    CHECK_STR(complete("fit b|\nmodel big on logos { flatten }"), " batch balance "); /* made below */
    bench_close(&b);
}

TEST(mistakes_in_other_lines_do_not_matter)
{
    setup();
    CHECK_STR(complete("say \"open\nload × y )\nfit scratch ep|"), " epochs ");
    CHECK_STR(complete("model m on logos {\n  conv ]\n  say \"a\n  maxp|"), " maxpool ");
    CHECK_STR(complete("fit scratch } ep|"), " ");
    CHECK_STR(complete("model m on logos { flatten } |"), " "); /* a new line has to come first */
    CHECK_STR(complete("model m on logos { for n in 1 { conv 3 3x3 }\n max|"), " maxpool ");
    bench_close(&b);
}

TEST(lists_and_quotes)
{
    setup();
    CHECK_STR(complete("scrape twitter tag nike, |"), " adidas puma \"no logo\" "); /* each once */
    CHECK_STR(complete("scrape twitter tag 'no|"), " no logo' ");
    CHECK_STR(complete("fit scratch shuffle=|"), " on off ");
    CHECK_STR(complete("fit scratch sh|"), " no shuffle ");
    CHECK_STR(signature_of("fit scratch no sh|", "shuffle"), "shuffle  on or off, on unless written otherwise");
    CHECK_STR(signature_of("fit scratch sh|", "no shuffle"), "no shuffle  on or off, on unless written otherwise");
    CHECK_STR(complete("fit scratch no sh|"), " shuffle ");
    CHECK_STR(complete("for x |"), " in ");
    CHECK_STR(complete("load |"), " "); /* any word would be its name */
    CHECK_STR(complete("let g = [1 |"), " ");
    CHECK_STR(complete("(2 |"), " "); /* a sign */
    CHECK_STR(complete("say '$l|"), " ");
    CHECK_STR(complete("show logos where broken |"), " = != and or limit sort with where ");
    CHECK_STR(complete("show logos where id |"), " = != < <= > >= in ");
    CHECK_STR(complete("show logos where label |"), " = != contains in ");
    bench_close(&b);
}

TEST(any_cursor_is_fine)
{
    static const char *const cells[] = {SETUP,
                                        "model m on x { conv 16 \"a",
                                        "fit (((",
                                        "a\xf0\x9d\x90\x9a b {{{ }} )",
                                        "",
                                        "let g = [1 2; 3",
                                        "rows where not in = (",
                                        "\xff\xfe"};
    setup();
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        for (size_t cursor = 0; cursor < 80; cursor++) {
            dsl_completion found;
            lg_err err = {0};
            bool is;
            char *text, *html;
            CHECK_OK(dsl_session_complete(b.session, cells[i], strlen(cells[i]), cursor < 79 ? cursor : SIZE_MAX,
                                          &found, &err));
            CHECK(found.start <= found.end && found.end <= strlen(cells[i]));
            dsl_completion_release(&found);
            CHECK_OK(dsl_session_inspect(b.session, cells[i], strlen(cells[i]), cursor < 79 ? cursor : SIZE_MAX, 0, &is,
                                         &text, &html, &err));
            lg_free(text);
            lg_free(html);
        }
    bench_close(&b);
    CHECK_INT(dsl_alive, 0);
}

static const char *inspect(const char *marked)
{
    char cell[1000], *text, *html;
    const char *bar = strchr(marked, '|');
    size_t n = (size_t)(bar - marked);
    bool found;
    lg_err err = {0};
    snprintf(cell, sizeof cell, "%.*s%s", (int)n, marked, bar + 1);
    CHECK_OK(dsl_session_inspect(b.session, cell, strlen(cell), lg_utf8_count(cell, n), 0, &found, &text, &html, &err));
    snprintf(got, sizeof got, "%s%s%s", found ? text : "", found ? "----" : "", found ? html : "");
    lg_free(text);
    lg_free(html);
    return got;
}

TEST(cards)
{
    setup();
    CHECK_HAS(inspect("fi|t scratch"),
              "fit  (command)\ntest command fit\n  fit [MODEL] [on OBJECT] [as NAME] [options]\n");
    CHECK_HAS(got, "epochs       whole number, default 10");
    CHECK_HAS(got, "Examples\n  fit scratch epochs 20\n  load logos");
    CHECK_HAS(got, "<pre>fit scratch epochs 20</pre>");
    CHECK_HAS(inspect("fit scratch epoc|hs 3"), "fit epochs  (option)");
    CHECK_HAS(got, "from 1\n");
    CHECK_HAS(got, "too high: NaN");
    CHECK_HAS(inspect("fit scr|atch"), "scratch  (model)\n3000 images\n");
    CHECK_HAS(got, "\nFields\n  val          accuracy\n               params\n  train        count\n");
    CHECK_HAS(got, "vertical-align:top\"></td><td style=\"text-align:left\">params</td>");
    CHECK_HAS(inspect("show logos.va|l"),
              "logos.val  (part)\nval of the dataset logos\nthe images a model is judged on");
    CHECK_HAS(got, "\nFields\n  val          accuracy\n");
    CHECK(!strstr(got, "params"));
    CHECK_HAS(inspect("say $l|r"), "$lr  (variable)\n0.01\n");
    CHECK_HAS(inspect("model m on logos {\n for n in 4, 8 { conv 16 3x3 }\n max|pool 2; flatten }"),
              "here: layer 3 is maxpool");
    CHECK_HAS(inspect("model m on logos { conv 16 3x3 sam|e }"), "conv same  (flag)");
    CHECK_HAS(inspect("model m on logos {\n  ma|x\n}"), "maxpool  (layer)\n"); /* half of it, not the function */
    CHECK_HAS(inspect("model m on logos {\n for n in 4, 8 { max| }\n}"), "maxpool  (layer)\n");
    CHECK_HAS(inspect("model m on logos { MaxPooling|"), "maxpool  (layer)\n");
    CHECK_HAS(inspect("model m on logos { max|pool }"), "maxpool  (layer)\n");
    CHECK_HAS(inspect("model m on logos { d|"), "d  (layers)\nseveral begin so\n  depthwise    ");
    CHECK_HAS(inspect("model m on logos { fo|r n in 1 { flatten } }"), "for  (word)");
    CHECK_HAS(inspect("che|ck 1 = 1"), "check  (word)");
    CHECK_HAS(inspect("tra|in x"), "`train` is called `fit` here");
    CHECK_HAS(got, "<p><code>train</code> is called <code>fit</code> here</p>");
    CHECK_STR(inspect("fit scratch tra|in"), "");
    CHECK_STR(inspect("say # f|it"), "");
    CHECK_HAS(inspect("fit scratch optimizer ad|am"), "adam  (optimizer)\n");
    CHECK_HAS(got, "fit optimizer  (option)");
    CHECK_HAS(inspect("fit scratch optimizer moment|um"), "momentum  (optimizer)\n");
    CHECK_HAS(inspect("say (sq|rt(2))"), "sqrt  (function)\nthe square root\n");
    CHECK_HAS(inspect("pool logos at (ma|x(1, 2))"), "max  (function)\n");
    CHECK_HAS(inspect("model m on logos { conv 16 3|x3 relu }"), "conv kernel  (option)");
    CHECK_HAS(inspect("model m on logos { conv 16 3x3 re|lu }"), "relu  (activation)");
    CHECK_HAS(inspect("model m on logos { dense cla|sses }"), "dense units  (option)");
    CHECK_HAS(inspect("fit scratch lr ($l|r/2)"), "$lr  (variable)\n0.01\n");
    CHECK_HAS(inspect("let rate = 0.5, 0.1\nfit scratch lr $ra|te"), "$rate  (variable)\n0.5, 0.1\n");
    CHECK_HAS(inspect("load x from sample:lo|gos"), "sample:logos  (place)");
    CHECK_HAS(inspect("show logos where lab|el = nike"), "label  (field)\na text");
    CHECK_HAS(inspect("show logos where corr|ect = no"), "correct  (field)");
    CHECK_HAS(inspect("show logos where label = nike an|d id = 3"), "and  (word)");
    CHECK_HAS(inspect("for x i|n 1, 2 { say $x }"), "in  (word)");
    CHECK_HAS(inspect("check scratch.val.acc|uracy > 1"), "scratch.val.accuracy  (field)\n0.75\nthe share of images");
    CHECK_HAS(inspect("say \"it is ${scratch.val.acc|uracy} or $lr\""), "scratch.val.accuracy  (field)\n0.75\n");
    CHECK_HAS(inspect("say \"it is ${scratch.val.accuracy} or $l|r\""), "$lr  (variable)\n0.01\n");
    CHECK_STR(inspect("say 'it is $l|r'"), "");
    CHECK_HAS(inspect("(scratch.par|ams*2)"), "scratch.params  (field)\n130532\n");
    CHECK_HAS(inspect("show logos where label = ni|ke"), "nike  (label)\nof logos\n");
    CHECK_HAS(inspect("show logos where label = \"no lo|go\""), "no logo  (label)\n");
    CHECK_HAS(inspect("model big on logos { flatten }\nfit bi|g"), "big  (model)\nmade by a line above");
    CHECK_STR(inspect("zzz|"), "");
    bool found;
    lg_buf text;
    lg_err err = {0};
    lg_buf_init(&text, 0);
    CHECK_OK(dsl_session_card(b.session, "LL130", &found, &text, NULL, &err));
    CHECK(found);
    CHECK_HAS(lg_buf_str(&text), "LL130  (error)\na name that nothing has\n");
    lg_buf_clear(&text);
    CHECK_OK(dsl_session_card(b.session, "fit lr", &found, &text, NULL, &err));
    CHECK(found);
    CHECK_HAS(lg_buf_str(&text), "fit lr  (option)\n");
    lg_buf_clear(&text);
    CHECK_OK(dsl_session_card(b.session, "layers", &found, &text, NULL, &err));
    CHECK_HAS(lg_buf_str(&text), "conv         filters slide over the image\n");
    CHECK_OK(dsl_session_card(b.session, "nothing", &found, &text, NULL, &err));
    CHECK(!found);
    lg_buf_release(&text);
    bench_close(&b);
}
