/* Every example of an error code, as `help LLxxx` shows it, gives that code: as it stands, or as the table says. */
#include "tests/support/labelled.h"

/* What stands before, what is run instead of an example that is a description, or why a code is not run here. */
typedef struct example_case {
    int code;
    const char *before, *cell, *reason;
    bool empty; /* in a session that has nothing yet */
} example_case;

static char deep[202], large[20000001]; /* filled by the test */

#define IN(layers) "model m on logos { " layers " }"

static const example_case cases[] = {
    {.code = 107, .cell = "\xff\xfes"},
    {.code = 112, .cell = deep},
    {.code = 113, .cell = large},
    {.code = 114, .cell = "run self.lens"},
    {.code = 132, .before = "model second like scratch", .cell = "fit epochs 5"},
    {.code = 134, .cell = "fit", .empty = true},
    {.code = 195, .reason = "no cell: the kernel's own start; tests/e2e/test_lifecycle"},
    {.code = 201, .cell = IN("maxpol 2")},
    {.code = 202, .cell = IN("conv 16 3x3 stride 2 dilation 2")},
    {.code = 203, .cell = IN("maxpool 16; conv 256 3x3")},
    {.code = 204, .cell = IN("flatten; conv 16 3x3")},
    {.code = 205, .cell = IN("conv 4 3x3; dense 4")},
    {.code = 206, .cell = IN("flatten; dense 10 softmax")},
    {.code = 207, .cell = IN("flatten; dense 1000000; dense 1000000")},
    {.code = 209, .cell = IN("conv 16 3x3 name a; conv 32 3x3 name a")},
    {.code = 210, .cell = "model m { conv 16 3x3 }", .empty = true},
    {.code = 212, .cell = IN("residual { conv 32 3x3 }")},
    {.code = 213, .cell = IN("flatten; for i in 1..2000 { dense 4 }")},
    {.code = 215, .cell = "model m { input 8x8x3; flatten; dense classes softmax }", .empty = true},
    {.code = 216, .cell = IN("conv 4 3x3; input 64x64x3")},
    {.code = 218, .cell = IN("base resnet51")},
    {.code = 219, .cell = IN("base mobilenet weights none until conv9")},
    {.code = 369, .cell = IN("base resnet50; globalavg; dense classes softmax")},
    {.code = 301, .cell = "load x from flat labels short.csv"},
    {.code = 303, .reason = "needs a list of 20,000,000 lines; test_reach has the limit of files"},
    {.code = 304, .cell = "load x from flat labels zero.csv"},
    {.code = 305, .cell = "load x from holed"},
    {.code = 306, .cell = "load x from flat labels other.csv"},
    {.code = 309, .cell = "load x from hollow"},
    {.code = 315, .before = "load mixed from sizes", .cell = "model m on mixed { flatten; dense classes softmax }"},
    {.code = 316, .cell = "load x from flat labels list.csv columns file, brand"},
    {.code = 319, .cell = "load x from flat labels \"(\""},
    {.code = 325, .reason = "test_layouts writes damaged annotations of every layout"},
    {.code = 326, .cell = "load x from shop boxes"},
    {.code = 330, .cell = "open t from damaged.csv"},
    {.code = 331, .reason = "test_commands_files cuts saved files at every length"},
    {.code = 332, .cell = "open m from notes.lmodel"},
    {.code = 335, .cell = "open t from wrong.csv"},
    {.code = 343,
     .before =
         "load bright from shop\nclean bright glare 240\nload plain from flat labels list.csv columns file, label"},
    {.code = 393, .cell = "load x from flat/01.png"},
    {.code = 401,
     .before = "model deep on logos { flatten; dense 32; dense 32; dense classes softmax }",
     .cell = "fit deep lr 1000 epochs 5 batch 8"},
    {.code = 402,
     .before = "load others from flat labels list.csv columns file, label split 50/30/20 seed 9\n"
               "model transfer on others { flatten; dense classes softmax }\nfit transfer epochs 1 quiet"},
    {.code = 404, .before = "model bare { input 8x8x3; flatten; dense 4 softmax }", .cell = "fit bare", .empty = true},
    {.code = 405, .before = "model wide on logos { flatten; dense classes }", .cell = "fit wide"},
    {.code = 406, .before = "load whole from shop split 100/0", .cell = "fit scratch on whole.val"},
    {.code = 408, .before = "load larger from shop size 40x40"},
    {.code = 409, .before = "load others from flat labels list.csv columns file, source"},
    {.code = 445, .before = "model raw on logos { flatten; dense classes softmax }", .cell = "quiz metrics on raw"},
    {.code = 411, .before = "model fresh like scratch", .cell = "curves fresh"},
    {.code = 420, .reason = "test_commands_golden (judge.lens)"},
    {.code = 435, .before = "model scratch on logos { conv 4 3x3; maxpool 2; flatten; dense classes softmax }"},
    {.code = 436, .before = "load part from flat labels short.csv columns file, label",
     .cell = "model n on part { flatten; dense classes softmax }\nstep n image 7"},
    {.code = 437, .reason = "no training keeps such weights; tests/nnlib/test_landscape"},
    {.code = 444, .reason = "depends on how fast the machine is"},
    {.code = 460, .before = "open t from results.csv"},
    {.code = 462, .before = "model transfer on logos { flatten; dense classes softmax }"},
    {.code = 465, .reason = "depends on the machine's Python; test_commands_export"},
    {.code = 466, .reason = "depends on the machine's Python; test_commands_export"},
    {.code = 901, .reason = "depends on the machine's memory; test_commands_memory"},
};

static const example_case *case_of(int code)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (cases[i].code == code) return &cases[i];
    return NULL;
}

static bool gives(const dsl_code *code, const example_case *how)
{
    lens l;
    lg_err err = {0};
    char name[16];
    const char *cell = how && how->cell ? how->cell : code->example;
    CHECK_OK(lens_open(&l));
    if (!how || !how->empty)
        CHECK_OK(lens_run(&l, "load logos from shop\n"
                              "model scratch on logos { conv 4 3x3 relu; flatten; dense classes softmax }\n"
                              "fit scratch epochs 1 quiet"));
    if (!how || !how->empty) labelled_shop(&l);
    if (how && how->before && lens_run(&l, how->before))
        printf("before LL%03d: LL%03d %s\n", code->code, l.err.code, l.err.msg);
    lens_run(&l, cell);
    snprintf(name, sizeof name, "LL%03d ", code->code);
    bool so = l.err.code == code->code || strstr(lg_buf_str(&l.text), name);
    if (!so) printf("LL%03d: %.300s\n  gave LL%03d %s\n", code->code, cell, l.err.code, l.err.msg);
    lens_close(&l);
    return so;
}

/* A picture of another size than those of the shop. */
static void smaller(const char *name)
{
    lg_err err = {0};
    lg_buf png;
    img_picture p = {0};
    CHECK_OK(img_picture_init(&p, 20, 24, 3, &err));
    lg_buf_init(&png, 1 << 20);
    CHECK_OK(img_png_write(&p, 1, &png, &err));
    ds_write(name, png.data, png.len);
    lg_buf_release(&png);
    img_picture_release(&p);
}

TEST(examples_give_their_codes)
{
    int bad = 0, ran = 0;
    memset(deep, '(', sizeof deep - 1);
    memset(large, ' ', sizeof large - 1);
    lens_shop();
    lens_picture("sizes/a/1.png", 0, 0), lens_picture("sizes/a/2.png", 0, 1);
    smaller("sizes/b/1.png"), smaller("sizes/b/2.png");
    ds_text("self.lens", "run self.lens\n");
    ds_text("short.csv", "01.png,adidas\n02.png,adidas\n19.png,nike\n20.png,nike\n");
    ds_text("other.csv", "01.png,adidas\n02.png,adidas\n19.png,nike\n20.png,nike\nnone.png,nike\n");
    ds_write("zero.csv", "01.png,a\0b\n", 11);
    ds_text("hollow/readme.txt", "no picture\n");
    ds_text("holed/a/empty.png", "");
    lens_picture("holed/a/1.png", 0, 0), lens_picture("holed/a/2.png", 0, 1);
    lens_picture("holed/b/1.png", 1, 0), lens_picture("holed/b/2.png", 1, 1);
    ds_text("damaged.csv", "a,b\n\"open,1\n");
    ds_text("notes.lmodel", "only notes\n");
    ds_text("cut.zip", "PK\3\4 and nothing more");
    ds_text("wrong.csv", "true,nike,puma,total\nnike,4,1,9\npuma,0,5,5\n");
    ds_text("results.csv", "model,accuracy\nscratch,0.66\n");
    for (const dsl_code *c = dsl_codes; c->code; c++) {
        const example_case *how = case_of(c->code);
        if (!c->example || !*c->example || (how && how->reason)) continue;
        ran++;
        bad += !gives(c, how);
    }
    CHECK(ran > 80);
    CHECK_INT(bad, 0);
}
