/* Every object's recipe, run in a new session, gives an equal object. */
#include "tests/support/lens.h"

static lens l;

/* What makes objects equal: their facts, fingerprints included, without times. */
static void facts(lens *of, const char *name, lg_buf *out)
{
    const dsl_object *object = dsl_session_get(of->session, name);
    lg_arena arena;
    lg_buf fields;
    lg_arena_init(&arena, 0);
    lg_buf_init(&fields, 0);
    lg_buf_clear(out);
    if (!object) TEST_FAIL("no object `%s`", name);
    if (object->cls->fields) object->cls->fields(object->payload, &fields);
    for (char *at = fields.data, *end; at && (end = strchr(at, '\n')); at = end + 1) {
        dsl_fact fact = {0};
        lg_err err = {0};
        *end = 0;
        if (strstr(at, "second") || strncmp(at, "idle", 4) == 0) continue; /* how long it took */
        CHECK_OK(object->cls->field(object->payload, at, &arena, &fact, &err));
        lg_buf_addf(out, "%s %.17g %s\n", at, fact.text ? 0 : fact.number, fact.text ? fact.text : "");
    }
    lg_buf_release(&fields);
    lg_arena_release(&arena);
}

/* The recipe of `name` in a session of its own. */
static int differs(const char *name)
{
    lens other;
    lg_buf was, is;
    lg_err err = {0};
    const dsl_object *object = dsl_session_get(l.session, name);
    if (!object) TEST_FAIL("no object `%s`", name);
    lg_buf_init(&was, 0);
    lg_buf_init(&is, 0);
    CHECK_OK(lens_open(&other));
    if (lens_run(&other, object->recipe))
        TEST_FAIL("%s: the recipe\n%s\nfails: LL%03d %s", name, object->recipe, other.err.code, other.err.msg);
    facts(&l, name, &was);
    facts(&other, name, &is);
    int bad = strcmp(lg_buf_str(&was), lg_buf_str(&is)) || !was.len;
    if (bad)
        printf("%s: the recipe\n%s\ngives\n%sinstead of\n%s", name, object->recipe, lg_buf_str(&is), lg_buf_str(&was));
    lens_close(&other);
    lg_buf_release(&was);
    lg_buf_release(&is);
    return bad;
}

static void setup(const char *cell)
{
    static bool made;
    lg_err err = {0};
    if (!made) lens_shop();
    made = true;
    lens_forget_fixes();
    CHECK_OK(lens_open(&l));
    if (lens_run(&l, cell)) TEST_FAIL("LL%03d %s (%s)", l.err.code, l.err.msg, l.err.why);
}

static const char *recipe(const char *name)
{
    return dsl_session_get(l.session, name)->recipe;
}

TEST(datasets)
{
    setup("set seed 5\n"
          "load logos from shop size 24x24\n"
          "relabel logos puma, other as \"no brand\"\n"
          "split logos 60/20/20\n"
          "relabel logos image 3, \"nike/02.png\" as puma\n"
          "load flat from flat labels list.csv columns file, label size 16x16x1 split 70/15/15 seed 3\n"
          "split flat 50/50 by source no stratify");
    CHECK_INT(differs("logos"), 0);
    CHECK_INT(differs("flat"), 0);
    CHECK_HAS(recipe("logos"), "seed 5 no edits\nrelabel logos puma, other as \"no brand\"\nsplit logos 60/20/20 seed 5\n");
    CHECK(strstr(recipe("logos"), "flat") == NULL);
    lens_close(&l);
}

/* Validation from the training part: the same images in a new session, the test images untouched. */
TEST(part_of_train)
{
    setup("load logos from shop size 24x24 split 60/0/40 seed 3\n"
          "split logos.train 80/20 seed 7");
    CHECK_INT(differs("logos"), 0);
    CHECK_HAS(recipe("logos"), "\nsplit logos.train 80/20 seed 7");
    lens_close(&l);
}

TEST(models_and_runs)
{
    setup("load logos from shop size 16x16\n"
          "model scratch on logos { for n in 4, 6 { conv $n 3x3 relu }; flatten; dropout 0.2; dense classes softmax }\n"
          "split logos 60/40 seed 9\n"
          "let rate = 0.05\n"
          "fit scratch epochs 2 batch 8 lr $rate quiet as first\n"
          "fit scratch epochs 1 batch 8 lr ($rate / 2) quiet again\n"
          "fit scratch epochs 1 batch 8 continue quiet as more\n"
          "confusion scratch as m");
    CHECK_INT(differs("first"), 0);
    CHECK_INT(differs("scratch"), 0);
    CHECK_INT(differs("more"), 0);
    CHECK_INT(differs("m"), 0);
    CHECK(strstr(recipe("scratch"), "as first") == NULL); /* the second fit began anew */
    CHECK_HAS(recipe("scratch"), "lr 0.025");
    CHECK_HAS(recipe("scratch"), "split logos 60/40 seed 9\nfit scratch");
    lens_close(&l);
}

/* However often it is fitted, each line that made it is there once. */
TEST(fitted_again_and_again)
{
    setup("load logos from shop size 16x16\nmodel m on logos { flatten; dense classes softmax }\n"
          "augment logos x2\nclean logos scale -1..1\n"
          "fit m epochs 1 quiet\nfit m epochs 2 quiet\nrelabel logos puma as other\nundo\nfit m epochs 3 quiet");
    CHECK_INT(differs("m"), 0);
    static const char *const once[] = {"load ", "augment ", "clean ", "model ", "\nfit "};
    for (size_t i = 0; i < sizeof once / sizeof *once; i++) {
        int found = 0;
        for (const char *at = recipe("m"); (at = strstr(at, once[i])); at++) found++;
        CHECK_INT(found, 1);
    }
    lens_close(&l);
}

TEST(a_name_used_again)
{
    setup("load logos from shop size 16x16\n"
          "relabel logos puma as other\n"
          "model scratch on logos { flatten; dense classes softmax }\n"
          "load logos from shop size 16x16\n"
          "relabel logos other, puma as other; relabel logos image 1 as nike\n"
          "fit scratch epochs 1 quiet as first");
    CHECK_INT(differs("logos"), 0);
    CHECK_INT(differs("scratch"), 0);
    CHECK_INT(differs("first"), 0);
    lens_close(&l);
}

TEST(edited_and_combined)
{
    setup("load a from shop size 16x16; load b from flat labels list.csv columns file, label\n"
          "drop a where label = puma and id > 44\n"
          "combine a, b into both dedupe seed 2\n"
          "relabel a puma as other\n"
          "drop both image 4, 5\n"
          "relabel both nike as x; undo\n"
          "combine both, a into both");
    CHECK_INT(differs("a"), 0);
    CHECK_INT(differs("both"), 0);
    CHECK(strstr(recipe("both"), "nike as x") == NULL);
    lens_close(&l);
}

TEST(chosen_by_where)
{
    setup("load logos from shop size 16x16\n"
          "relabel logos as other where label = puma and id > 45\n"
          "split logos 60/40 where not label = other\n"
          "clean logos brightness 0..0.5 where label = nike\n"
          "combine logos into part where label in adidas, nike\n"
          "model m on logos { flatten; dense classes softmax }\n"
          "fit m epochs 1 batch 8 where label in adidas, nike as trial");
    CHECK_INT(differs("logos") + differs("part") + differs("m") + differs("trial"), 0);
    CHECK_HAS(recipe("logos"), "where label = puma and id > 45");
    CHECK_HAS(recipe("trial"), "where label in adidas, nike");
    lens_close(&l);
}

/* A condition as long as a cell: titles say its beginning, settings and recipes all of it. */
TEST(long_conditions)
{
    lg_buf cell;
    lg_buf_init(&cell, 0);
    setup("load logos from shop size 16x16\nmodel m on logos { flatten; dense classes softmax }");
    lg_buf_adds(&cell, "fit m epochs 1 quiet where id in ");
    for (int i = 1; i < 2000; i++) lg_buf_addf(&cell, "%s%d", i > 1 ? ", " : "", i);
    if (lens_run(&l, lg_buf_str(&cell))) TEST_FAIL("LL%03d %s (%s)", l.err.code, l.err.msg, l.err.why);
    CHECK(lens_run(&l, "evaluate m") == LG_OK);
    CHECK_HAS(lg_buf_str(&l.text), "trained on some images of logos only: where id in 1, 2, 3, ");
    CHECK_HAS(lg_buf_str(&l.text), " …\n");
    CHECK_HAS(recipe("m"), "1998, 1999");
    CHECK_INT(differs("m"), 0);
    lg_buf_clear(&cell);
    lg_buf_adds(&cell, "show logos where id in ");
    for (int i = 1; i < 2000; i++) lg_buf_addf(&cell, "%s%d", i > 1 ? ", " : "", i);
    CHECK(lens_run(&l, lg_buf_str(&cell)) == LG_OK);
    CHECK_HAS(lg_buf_str(&l.text), "logos where id in 1, 2, 3, ");
    CHECK(strstr(lg_buf_str(&l.text), "1999") == NULL);
    lg_buf_release(&cell);
    lens_close(&l);
}
