/* `explain`, `activations`, `filters` where the answer is known: a network that looks for a red square at the lower
 * right says so, and kernels and maps written by hand are shown as they are. */
#include "kernel/commands/seen.h"
#include "tests/support/lens.h"

static lens l;
static lg_err err;
enum { SIDE = 24, SQUARE = 8 };

/* Grey noise; with a red square at (y, x) where that is not negative. */
static void noise(const char *name, int look, int y0, int x0)
{
    lg_buf png;
    img_picture p = {0};
    lg_rng rng;
    lg_rng_init(&rng, (uint64_t)look);
    CHECK_OK(img_picture_init(&p, SIDE, SIDE, 3, &err));
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            bool red = y0 >= 0 && y >= y0 && y < y0 + SQUARE && x >= x0 && x < x0 + SQUARE;
            uint8_t grey = (uint8_t)(90 + 80 * lg_rng_uniform(&rng));
            uint8_t *px = img_at(&p, y, x);
            px[0] = red ? 230 : grey, px[1] = red ? 20 : grey, px[2] = red ? 20 : grey;
        }
    lg_buf_init(&png, 1 << 20);
    CHECK_OK(img_png_write(&p, 1, &png, &err));
    ds_write(name, png.data, png.len);
    lg_buf_release(&png);
    img_picture_release(&p);
}

static const char *shown(const char *cell)
{
    lg_buf_clear(&l.html);
    if (lens_run(&l, cell)) TEST_FAIL("LL%03d %s (%s)", l.err.code, l.err.msg, l.err.why);
    return lg_buf_str(&l.text);
}

/* What the page of the last cell says, folds and all, one blank between words. */
static const char *words_of_html(void)
{
    static char text[200000];
    size_t n = 0;
    bool tag = false;
    for (const char *at = lg_buf_str(&l.html); *at && n + 2 < sizeof text; at++) {
        if (*at == '<') tag = true;
        char c = tag || *at == '\n' ? ' ' : *at;
        if (*at == '>') tag = false;
        if (strncmp(at, "&nbsp;", 6) == 0) c = ' ', at += 5;
        if (c != ' ' || !n || text[n - 1] != ' ') text[n++] = c;
    }
    text[n] = 0;
    return text;
}

/* A session in the shop, which is made once. */
static void begin(void)
{
    static bool made;
    if (!made) lens_shop();
    made = true;
    CHECK_OK(lens_open(&l));
}

/* Squares lie anywhere, so that it is the square that is learnt and not its place; images 1 and 2 are asked about. */
static void setup(void)
{
    char name[40];
    begin();
    for (int i = 0; i < 24; i++) {
        snprintf(name, sizeof name, "marks/square/%02d.png", i);
        noise(name, 100 + i, i == 0 ? 16 : i == 1 ? 0 : i * 7 % 17, i == 0 ? 16 : i == 1 ? 0 : i * 5 % 17);
        snprintf(name, sizeof name, "marks/without/%02d.png", i);
        noise(name, 200 + i, -1, -1);
    }
    shown("load marks from marks split 80/20\n"
          "model m on marks seed 3 { conv 6 3x3 relu; maxpool 2; conv 8 3x3 relu; globalavg; dense classes softmax }\n"
          "fit m epochs 40 batch 8 lr 0.02 optimizer adam quiet\ncheck m.val.accuracy = 1");
}

static int count(const char *text, const char *part)
{
    int n = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part)) n++;
    return n;
}

static void looks_where_the_square_is(const char *options)
{
    char cell[120];
    snprintf(cell, sizeof cell, "explain m image 1 class square %s", options);
    CHECK_HAS(shown(cell), "Image 1 is called square with");
    CHECK_HAS(lg_buf_str(&l.text), "lower right ninth");
    CHECK_HAS(lg_buf_str(&l.html),
              "image 1 and where m sees square: mostly lower right"); /* of the picture's alt too */
    CHECK(count(lg_buf_str(&l.html), "<img") >= 4);                   /* the image, heat over it, heat alone, scores */
    snprintf(cell, sizeof cell, "explain m image 2 class square %s", options);
    CHECK_HAS(shown(cell), "upper left ninth");
}

TEST(heat_lies_where_the_square_is)
{
    setup();
    looks_where_the_square_is("");
    looks_where_the_square_is("method occlusion");
    CHECK_HAS(shown("explain m image 1 method saliency layer conv1"), "`layer` is for gradcam");
    looks_where_the_square_is("layer conv1");
    /* several images, each in a part of its own, in the order asked for */
    const char *text = shown("explain m image 2, 1 method occlusion");
    const char *first = strstr(text, "Image 2 is called"), *second = strstr(text, "Image 1 is called");
    CHECK(first && second && first < second);
    CHECK(strstr(first, "upper left ninth") < second && strstr(first, "lower right ninth") > second);
    CHECK(strstr(first, "2 square (right)") < second && strstr(second, "1 square (right)"));
    CHECK_INT(count(text, "Where the heat lies"), 2);
    CHECK_INT(count(text, "where it sees the other classes"), 2);
    /* what is drawn for the other class is what `class` would say of it */
    CHECK_HAS(shown("explain m image 2 class without method occlusion"), "the heat is that of without");
    char peak[60] = "", other[200];
    const char *found = strstr(words_of_html(), "full vermilion ");
    CHECK(found && sscanf(found, "full vermilion %59[0-9.]", peak) == 1);
    shown("explain m image 2 method occlusion");
    snprintf(other, sizeof other, "up to %s points", peak);
    found = strstr(words_of_html(), "heat for other classes");
    CHECK(found && strstr(found, "without "));
    CHECK_HAS(found, strcmp(peak, "0.0") ? other : "without ");
    CHECK_HAS(shown("explain m on marks.val where label = without"), "is called without with");
    CHECK_HAS(shown("activations m image 1 layer conv1"), "6 maps of 22x22");
    CHECK_HAS(shown("filters m"), "on 48 images");
    lens_close(&l);
}

static void check_colour(const img_picture *p, int y, int x, uint32_t colour)
{
    const uint8_t *px = img_at((img_picture *)p, y, x);
    CHECK_INT((px[0] << 16) | (px[1] << 8) | px[2], colour);
}

TEST(numbers_become_colours)
{
    static const float map[] = {0, 2, -2, -1, 0, 0.5f};
    img_picture p = {0};
    CHECK_OK(cmd_paint_map(map, 2, 3, 2, 2, false, &p, &err));
    CHECK(p.h == 4 && p.w == 6);
    check_colour(&p, 0, 0, 0xffffff);
    check_colour(&p, 1, 3, PLT_BLUE);
    check_colour(&p, 0, 5, PLT_VERMILION);
    check_colour(&p, 3, 1, 0xeaaf80); /* half way to vermilion */
    img_picture_release(&p);
    plt_look look = plt_look_default(), dark = look;
    dark.theme = PLT_THEME_DARK; /* the ground stays white, so the colours are those for white */
    plt_look_use(&dark);
    CHECK_OK(cmd_paint_map(map, 2, 3, 2, 1, false, &p, &err));
    CHECK_INT(plt_look_now().theme, PLT_THEME_DARK);
    plt_look_use(&look);
    check_colour(&p, 0, 1, PLT_BLUE);
    img_picture_release(&p);
    CHECK_OK(cmd_paint_map(map, 2, 3, 0, 1, true, &p, &err)); /* nothing there: crossed */
    check_colour(&p, 0, 0, PLT_GREY);
    check_colour(&p, 0, 2, PLT_GREY);
    img_picture_release(&p);
}

TEST(heat_is_drawn_over_a_picture)
{
    float heat[25] = {[6] = 4, [7] = 4, [8] = 4, [11] = 4, [12] = 3, [13] = 4, [16] = 4, [17] = 4, [18] = 4, [24] = -9};
    img_picture p = {0}, alone = {0};
    CHECK_OK(img_picture_init(&p, 5, 5, 3, &err));
    CHECK_OK(img_picture_init(&alone, 5, 5, 3, &err));
    cmd_paint_heat(heat, 4, false, true, &p);
    check_colour(&p, 0, 0, 0x737373); /* black made paler */
    check_colour(&p, 4, 4, 0x737373); /* below 0: no heat */
    check_colour(&p, 1, 1, PLT_INK);  /* the line around what is at least half of it */
    CHECK(img_at(&p, 2, 2)[0] > 0x90 && img_at(&p, 2, 2)[0] > img_at(&p, 2, 2)[2] + 0x50);
    cmd_paint_heat(heat, 4, true, false, &alone);
    check_colour(&alone, 0, 0, 0xffffff);
    check_colour(&alone, 1, 1, PLT_VERMILION);
    cmd_paint_heat(heat, 0, true, true, &alone); /* no heat at all */
    check_colour(&alone, 1, 1, 0xffffff);
    img_picture_release(&p);
    img_picture_release(&alone);
}

/* A network written by hand: one filter that copies red, one that is always silent. */
TEST(filters_and_maps_are_told_as_they_are)
{
    cmd_model *model;
    begin();
    shown("load logos from shop size 8x8\nmodel hand on logos { conv 2 1x1 relu; flatten; dense classes softmax }");
    model = dsl_session_get(l.session, "hand")->payload;
    float *w = nn_weights_data(model->weights) + nn_net_node(model->net, 1)->offset[0];
    float *bias = nn_weights_data(model->weights) + nn_net_node(model->net, 1)->offset[1];
    const float kernel[6] = {1, -1, 0, -1, 0, -1}; /* (1, 1, red green blue, 2 filters) */
    memcpy(w, kernel, sizeof kernel), bias[0] = 0, bias[1] = -0.25f;
    const char *text = shown("filters hand");
    CHECK_HAS(text, "2 filters of 1x1x3, weights from -1 to 1; 1 never fires on 48 images: 2");
    CHECK_HAS(text, "1: 0 to 1");
    CHECK_HAS(text, "2: -1 to -1, silent");
    CHECK_HAS(text, "-0.25");
    CHECK_HAS(shown("activations hand image 1"), "1 is dead on this image, the same number everywhere: 2");
    CHECK_HAS(lg_buf_str(&l.text), "2 dead: 0");
    shown("model two on logos { conv 2 2x2 no bias; flatten; dense classes softmax }");
    model = dsl_session_get(l.session, "two")->payload;
    w = nn_weights_data(model->weights) + nn_net_node(model->net, 1)->offset[0];
    for (int i = 0; i < 24; i++) w[i] = (float)i / 100; /* (2, 2, red green blue, 2 filters) */
    CHECK_HAS(shown("filters two"), "the numbers of the kernels");
    CHECK_HAS(words_of_html(), " 1 0.00 0.06 0.02 0.08 0.04 0.10 0.12 0.18 0.14 0.20 0.16 0.22 ");
    CHECK_HAS(words_of_html(), " 2 0.01 0.07 0.03 0.09 0.05 0.11 ");
    lens_close(&l);
}
