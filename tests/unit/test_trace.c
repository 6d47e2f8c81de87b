/* `trace` and `receptive`: every number that is written out is one that the library computes; what is drawn, what
 * moves, and how much of it. */
#include <math.h>
#include "kernel/commands/dataset_edits.h"
#include "kernel/commands/seen.h"
#include "lib/plot/block.h"
#include "lib/plot/fields.h"
#include "lib/plot/stations.h"
#include "tests/support/lens.h"

static lens l;
static lg_err err;
enum { IMAGE = 3, LIMIT = 400000 };

static const char *shown(const char *cell)
{
    lg_buf_clear(&l.html);
    if (lens_run(&l, cell)) TEST_FAIL("%s: LL%03d %s (%s)", cell, l.err.code, l.err.msg, l.err.why);
    return lg_buf_str(&l.text);
}

static void begin(void)
{
    static bool made;
    if (!made) lens_shop();
    made = true;
    CHECK_OK(lens_open(&l));
    shown("load logos from shop size 24x20 split 60/20/20\nload grey from shop size 18x18x1");
}

/* ---- the numbers, computed another way: by the network up to each layer, as it is used, nothing kept ---- */
static const cmd_model *model_of(const char *name)
{
    return dsl_session_get(l.session, name)->payload;
}

static float *features(const char *model, const char *data, int node)
{
    const cmd_model *m = model_of(model);
    const data_set *set = dsl_session_get(l.session, data)->payload;
    const uint32_t id = IMAGE;
    data_set *one = NULL, *view = NULL;
    size_t n = nn_shape_size(nn_net_node(m->net, node)->spec.out);
    float *x = lg_alloc(n, sizeof *x, &err);
    CHECK(x);
    CHECK_OK(cmd_keep_images(set, &id, 1, &one, &err));
    CHECK_OK(cmd_model_view(m, one, &view, &err));
    if (node)
        CHECK_OK(nn_features(&(nn_predict_options){.weights = m->weights, .source = cmd_source(view)}, node, x, &err));
    else {
        uint32_t row = 0;
        CHECK_OK(data_fill(view, &row, 1, x, NULL, &err));
    }
    data_unref(one);
    data_unref(view);
    return x;
}

/* The last numbers of the row of a layer in the table: parameters, least, most, mean, zeros. */
static void row_of(const char *text, const char *name, double out[5])
{
    char start[64], *end;
    snprintf(start, sizeof start, "\n  %s ", name);
    const char *table = strstr(text, "layers in numbers"), *row = table ? strstr(table, start) : NULL;
    if (!row) TEST_FAIL("no row of %s", name);
    const char *at = strchr(row + 1, '\n');
    for (int k = 4; k >= 0; k--) {
        while (at[-1] == ' ') at--;
        while (at[-1] != ' ') at--;
        char word[32] = {0};
        for (size_t i = 0, n = 0; at[i] != ' ' && at[i] != '\n' && n < 31; i++)
            if (at[i] != ',') word[n++] = at[i];
        out[k] = strtod(word, &end);
        CHECK(end > word);
    }
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-6 + 1e-3 * fabs(b);
}

static void check_table(const char *model, const char *data)
{
    char cell[80];
    const nn_net *net = model_of(model)->net;
    snprintf(cell, sizeof cell, "trace %s on %s image %d", model, data, IMAGE);
    const char *text = shown(cell);
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        size_t n = nn_shape_size(node->spec.out), params = 0, zeros = 0;
        float *x = features(model, data, i), low = x[0], high = x[0];
        double said[5], mean = 0;
        for (size_t k = 0; k < n; k++) {
            low = fminf(low, x[k]), high = fmaxf(high, x[k]), mean += (double)x[k] / (double)n;
            zeros += fabsf(x[k]) > 0 ? 0 : 1;
        }
        for (int k = 0; k < node->nparam; k++) params += nn_shape_size(node->param[k].shape);
        row_of(text, node->name, said);
        if (!near(said[1], (double)low) || !near(said[2], (double)high) ||
            fabs(said[3] - mean) > 1e-5 + 1e-3 * fabs(mean))
            TEST_FAIL("%s of %s: %g to %g, mean %g; said %g %g %g", node->name, model, (double)low, (double)high, mean,
                      said[1], said[2], said[3]);
        CHECK_INT((long long)said[0], (long long)params);
        CHECK_NEAR(said[4], 100 * (double)zeros / (double)n, 1);
        lg_free(x);
    }
    CHECK(strlen(lg_buf_str(&l.html)) < LIMIT && l.displays == 1);
}

/* The fold of a layer, from its name on. */
static const char *fold_of(const char *text, const char *layer)
{
    char start[64];
    snprintf(start, sizeof start, "▾ %s: ", layer);
    const char *at = strstr(text, start);
    if (!at) TEST_FAIL("no fold of %s", layer);
    return at;
}

static double variance_of(const float *x, const nn_shape *s, int map)
{
    double mean = 0, sum = 0;
    int places = (int)(s->dim[0] * s->dim[1]), maps = (int)s->dim[2];
    for (int i = 0; i < places; i++) mean += (double)x[i * maps + map] / places;
    for (int i = 0; i < places; i++) sum += pow((double)x[i * maps + map] - mean, 2) / places;
    return sum;
}

/* The first numbers of four maps are theirs, and no other map varies more. */
static void check_maps(const char *model, const char *data, const char *layer)
{
    char cell[80];
    const nn_net *net = model_of(model)->net;
    int node = nn_net_find(net, layer), map, found = 0;
    const nn_shape *s = &nn_net_node(net, node)->spec.out;
    float *x = features(model, data, node);
    bool drawn[64] = {false};
    double least = INFINITY;
    snprintf(cell, sizeof cell, "trace %s on %s image %d", model, data, IMAGE);
    const char *at = fold_of(shown(cell), layer), *end = strstr(at, "then:");
    CHECK(end);
    for (; (at = strstr(at, "map ")) && at < end; found++) {
        float v[3];
        if (sscanf(at, "map %d, row 1: %f, %f, %f", &map, &v[0], &v[1], &v[2]) != 4) TEST_FAIL("%.60s", at);
        drawn[--map] = true;
        for (int k = 0; k < 3; k++) CHECK(near((double)v[k], (double)x[k * (int)s->dim[2] + map]));
        least = fmin(least, variance_of(x, s, map));
        at += 4;
    }
    CHECK_INT(found, s->dim[2] < 4 ? s->dim[2] : 4);
    for (int k = 0; k < s->dim[2]; k++) CHECK(drawn[k] || variance_of(x, s, k) <= least);
    lg_free(x);
}

static void networks(void)
{
    shown("model plain on logos seed 5 { conv 9 3x3 relu; maxpool 2; conv 7 3x3 tanh; flatten; dense 12 relu; dropout "
          "0.5;\n"
          "  dense classes softmax }\n"
          "model ways on logos seed 6 { conv 6 3x3 same stride 2; batchnorm; activation relu6; residual { depthwise "
          "3x3 same;\n"
          "  conv 6 1x1 swish }; maxpool 3; globalavg; dense classes; activation softmax }\n"
          "model grey1 on grey seed 7 { conv 5 3x3 dilation 2 relu; pad 1; avgpool 2; globalmax; dense classes softmax "
          "}\n"
          "model sized on logos seed 8 { base mobilenet width 0.1 weights none until conv_pw_2_relu; globalavg "
          "keepdims;\n"
          "  conv 3 1x1; flatten; dense classes softmax }");
}

TEST(numbers_are_those_the_library_computes)
{
    begin();
    networks();
    check_table("plain", "logos");
    check_table("ways", "logos");
    check_table("grey1", "grey");
    check_table("sized", "logos");
    check_maps("plain", "logos", "conv1");
    check_maps("plain", "logos", "conv2");
    check_maps("ways", "logos", "depthwise1");
    check_maps("grey1", "grey", "pad1");
    lens_close(&l);
}

TEST(flatten_keeps_the_order_of_the_layer_behind)
{
    int row, column, map, number, used, checked = 0;
    float v;
    begin();
    networks();
    const nn_net *net = model_of("plain")->net;
    int node = nn_net_find(net, "flatten1");
    const int64_t *dim = nn_net_node(net, node)->spec.in[0].dim;
    float *before = features("plain", "logos", node - 1), *list = features("plain", "logos", node);
    const char *at = strstr(shown("trace plain image 3"), "Flatten computes nothing");
    CHECK(at);
    for (; (at = strstr(at, "\nplace ")); at++) {
        CHECK(sscanf(at, "\nplace %d,%d:%n", &row, &column, &used) == 2);
        for (const char *part = at + used; sscanf(part, " map %d is number %d (%f)%n", &map, &number, &v, &used) == 3;
             part += used + 1, checked++) {
            CHECK_INT(number, ((row - 1) * dim[1] + column - 1) * dim[2] + map);
            CHECK(near((double)v, (double)list[number - 1]) || fabs((double)v - (double)list[number - 1]) < 5e-3);
            CHECK(fabsf(before[((row - 1) * dim[1] + column - 1) * dim[2] + map - 1] - list[number - 1]) <= 0);
        }
    }
    CHECK_INT(checked, 12);
    lg_free(before);
    lg_free(list);
    CHECK(!strstr(shown("trace ways image 3"), "Flatten computes nothing"));
    lens_close(&l);
}

TEST(it_says_what_the_network_says)
{
    char share[64];
    begin();
    networks();
    float *p = features("plain", "logos", 7);
    const cmd_model *m = model_of("plain");
    int best = nn_argmax(p, m->labels.count);
    snprintf(share, sizeof share, "`plain` says %s with %.0f%%", m->labels.name[best], 100 * (double)p[best]);
    CHECK_HAS(shown("trace plain image 3"), share);
    CHECK_HAS(lg_buf_str(&l.text), "LL411");
    const data_set *set = dsl_session_get(l.session, "logos")->payload;
    data_image image;
    data_image_at(set, (size_t)data_row_of(set, IMAGE), &image);
    bool right = !strcmp(data_class_name(set, image.label), m->labels.name[best]);
    CHECK_HAS(lg_buf_str(&l.text), right ? "which is right" : "but its label is");
    lg_free(p);
    shown("fit plain epochs 1 quiet");
    CHECK(!strstr(shown("trace plain image 3"), "LL411"));
    CHECK_HAS(shown("trace plain on logos.val where correct = yes or correct = no"), "trace plain on logos.val where");
    lens_close(&l);
}

TEST(bad_input)
{
    static const struct {
        const char *cell;
        int code;
    } wrong[] = {
        {"trace plain image 9999", 314},
        {"trace plain image \"no.png\"", 314},
        {"trace grey1 on logos", 408},
        {"trace nothing", 130},
        {"trace plain where brightness > 2", 407},
        {"receptive plain at 1", 141},
        {"receptive plain at 99,1", 142},
        {"receptive plain layer dense1 at 1,1", 433},
        {"receptive plain layer x", 219},
        {"receptive plain image 9999", 314},
        {"receptive grey1 on logos", 408},
        {"receptive plain at 0,1", 142},
    };
    begin();
    networks();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(lens_run(&l, wrong[i].cell) != LG_OK);
        if (l.err.code != wrong[i].code) TEST_FAIL("%s: LL%03d %s", wrong[i].cell, l.err.code, l.err.msg);
        CHECK_INT(l.displays, 0);
    }
    lens_close(&l);
}

/* ---- pictures ---- */
static const plt_scene *scene_of(const plt_doc *doc)
{
    for (const plt_block *b = doc->open[0]->first; b; b = b->next)
        if (b->kind == PLT_FIGURE) return b->figure.scene;
    TEST_FAIL("no picture");
}

static int count_shapes(const plt_scene *scene, plt_shape_kind kind, int frame)
{
    int n = 0;
    for (const plt_shape *s = scene->first; s; s = s->next)
        n += s->kind == kind && (!s->from || (s->from <= frame && frame <= s->until));
    return n;
}

/* The rectangle around all vermilion lines of a frame. */
static void now_outlined(const plt_scene *scene, int frame, double box[4])
{
    box[0] = box[1] = INFINITY, box[2] = box[3] = -INFINITY;
    for (const plt_shape *s = scene->first; s; s = s->next) {
        bool there = !s->from || (s->from <= frame && frame <= s->until);
        if (s->kind != PLT_SHAPE_PATH || !there || s->paint.stroke != PLT_VERMILION) continue;
        for (int i = 0; i < s->n; i++) {
            box[0] = fmin(box[0], s->xy[2 * i]), box[2] = fmax(box[2], s->xy[2 * i]);
            box[1] = fmin(box[1], s->xy[2 * i + 1]), box[3] = fmax(box[3], s->xy[2 * i + 1]);
        }
    }
}

static void draw_fields(plt_doc *doc, bool animate)
{
    static const plt_field_box box[] = {
        {"conv1", "one", 30, 30, 3, 3}, {"conv2", "two", 28, 26, 8, 8}, {"conv3", "three", -8, 10, 38, 38}};
    plt_doc_init(doc);
    plt_fields(doc, &(plt_fields_spec){.image_h = 64,
                                       .image_w = 64,
                                       .box = box,
                                       .n = 3,
                                       .map_h = 4,
                                       .map_w = 4,
                                       .row = 0,
                                       .column = 1,
                                       .animate = animate});
    CHECK_OK(plt_doc_check(doc, &err));
}

TEST(outlines_lie_where_the_field_does)
{
    plt_doc doc;
    double box[4];
    draw_fields(&doc, true);
    const plt_scene *scene = scene_of(&doc);
    double k = 372.0 / 72; /* 64 pixels and the 8 above the image */
    now_outlined(scene, 1, box);
    CHECK_NEAR(box[2] - box[0], 3 * k, 0.01);
    now_outlined(scene, 2, box);
    CHECK_NEAR(box[2] - box[0], 8 * k, 0.01);
    CHECK_NEAR(box[0], 16 + 26 * k, 0.01);
    CHECK_NEAR(box[1], 14 + (28 + 8) * k, 0.01);
    now_outlined(scene, 3, box);
    CHECK_NEAR(box[3] - box[1], 38 * k, 0.01);
    CHECK_NEAR(box[1], 14, 0.01);
    lg_buf svg;
    lg_buf_init(&svg, 0);
    plt_svg_render(scene, &(plt_options){0}, &svg);
    CHECK_HAS(lg_buf_str(&svg), "<animate");
    CHECK_HAS(lg_buf_str(&svg), "hatched: outside of the image");
    lg_buf_release(&svg);
    plt_doc_release(&doc);
    draw_fields(&doc, false);
    scene = scene_of(&doc);
    for (const plt_shape *s = scene->first; s; s = s->next) CHECK_INT(s->from, 0);
    now_outlined(scene, 1, box); /* all of them, the last one vermilion */
    CHECK_NEAR(box[3] - box[1], 38 * k, 0.01);
    plt_doc_release(&doc);
}

TEST(a_list_fills_place_by_place)
{
    plt_unroll_spec spec = {
        .from = "pool", .name = "flat", .h = 3, .w = 5, .c = 7, .map = {0, 1, 6}, .maps = 3, .animate = true};
    plt_doc doc;
    CHECK_INT(plt_unrolled(&spec, 0, 0, 0), 1);
    CHECK_INT(plt_unrolled(&spec, 1, 2, 3), (1 * 5 + 2) * 7 + 4);
    CHECK_INT(plt_unrolled(&spec, 2, 4, 6), 3 * 5 * 7);
    plt_doc_init(&doc);
    plt_unroll(&doc, &spec);
    const plt_scene *scene = scene_of(&doc);
    for (int frame = 1; frame <= 4; frame++) { /* a run of three more in each */
        int frames = frame < 4 ? 3 : 0;        /* around the place it comes from */
        CHECK_INT(count_shapes(scene, PLT_SHAPE_RECT, frame), 1 + 12 + 3 * frame + frames);
    }
    plt_doc_release(&doc);
}

TEST(pictures_move_unless_they_are_told_not_to)
{
    begin();
    networks();
    shown("receptive plain layer conv2 image 3");
    CHECK_HAS(lg_buf_str(&l.html), "alt=\"conv2 sees 8x8 pixels: its place");
    size_t moving = strlen(lg_buf_str(&l.html));
    shown("receptive plain layer conv2 image 3 no animate");
    CHECK(strlen(lg_buf_str(&l.html)) < moving);
    shown("trace plain image 3");
    CHECK_HAS(lg_buf_str(&l.html), "alt=\"Image 3 passes 7 layers");
    moving = strlen(lg_buf_str(&l.html));
    shown("trace plain image 3 no animate");
    CHECK(strlen(lg_buf_str(&l.html)) < moving);
    lens_close(&l);
}

/* Sixty layers, all of the same size: not all are drawn, the table has them, and it fits. */
TEST(many_layers_are_condensed)
{
    begin();
    shown("model deep on logos { for i in 1..60 { conv 4 3x3 same relu }; globalavg; dense classes softmax }");
    CHECK_HAS(shown("trace deep image 3"),
              "of the 62 layers are drawn: the last ones of each size, and the end; the table has all");
    CHECK_HAS(lg_buf_str(&l.text), "→ … → conv60 24x20x4 → globalavg1 4 → dense1 4");
    CHECK(strlen(lg_buf_str(&l.html)) < LIMIT);
    CHECK_HAS(shown("receptive deep image 3"), "20 of the 60 layers that see more than those before are drawn");
    CHECK_HAS(lg_buf_str(&l.text), "conv60 sees 121x121 pixels: its place 12,10 of 24x20 sees all of the 24x20 image");
    CHECK(strlen(lg_buf_str(&l.html)) < LIMIT);
    lens_close(&l);
}
