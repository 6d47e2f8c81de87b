/* cmd_embed.c - `embed`: a map of the images as the network sees them, similar ones close together. */
#include "kernel/commands/box_table.h"
#include "kernel/commands/freeze.h"
#include "kernel/commands/opinion.h"
#include "kernel/commands/params.h"
#include "lib/image/resize.h"
#include "lib/plot/theme.h"

#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

enum { DATASET, WITH, METHOD, LIMIT, LAYER, AS };
enum { NEIGHBOURS = 10, SIDE = 48 };

static const dsl_param params[] = {
    [DATASET] = {.name = "dataset",
                 .role = DSL_POSITIONAL,
                 .type = DSL_T_OBJECT,
                 .kinds = DSL_DATASETS,
                 .required = true,
                 .implicit = true,
                 .help = "the images"},
    [WITH] = {.name = "with",
              .role = DSL_PREPOSITION,
              .type = DSL_T_OBJECT,
              .kinds = DSL_MODELS,
              .required = true,
              .help = "the model that looks at them"},
    [METHOD] = {.name = "method",
                .role = DSL_OPTION,
                .type = DSL_T_CHOICE,
                .dflt = "pca",
                .choices = "pca tsne",
                .help = "pca: the two directions of the largest spread; tsne: neighbours stay neighbours"},
    [LIMIT] = {.name = "limit",
               .role = DSL_OPTION,
               .type = DSL_T_INT,
               .dflt = "1000",
               .min = 3,
               .max = NN_TSNE_MOST,
               .help = "images at most, drawn from every class"},
    [LAYER] = CMD_LAYER("what the last dense layer reads", "the layer whose numbers are compared; of maps their means"),
    [AS] = {.name = "as", .role = DSL_PREPOSITION, .type = DSL_T_NEWNAME, .help = "keep the places as a table"},
    {0},
};

typedef struct embedding {
    const dsl_call *call;
    const cmd_model *model;
    data_set *set; /* the images of the map */
    cmd_opinion opinion;
    int n, classes, k;
    int node, places; /* the layer; places of its maps, which are averaged: 1 where it gives a list */
    bool fits;        /* the model knows the labels of the images */
    int64_t d;
    float *x;      /* (n, d) features */
    double *map;   /* (n, 2) */
    int32_t *near; /* (n, k) */
    int32_t *label;
    bool *wrong;
    double kept[2], divergence;
    bool tsne;
    cmd_live *live; /* borrowed */
} embedding;

/* ---- which images ---- */
static lg_status readable(void *ctx, const data_set *set, size_t row, bool *keep, lg_err *err)
{
    (void)ctx, (void)err;
    data_image image;
    data_image_at(set, row, &image);
    *keep = !image.broken;
    return LG_OK;
}

static lg_status drawn(void *ctx, const data_set *set, size_t row, bool *keep, lg_err *err)
{
    (void)set, (void)err;
    *keep = ((const bool *)ctx)[row];
    return LG_OK;
}

/* At most `limit` of them, some of every class. */
static lg_status draw_sample(data_set **set, size_t limit, lg_err *err)
{
    size_t n = data_count(*set);
    data_set *some = NULL;
    if (n <= limit) return LG_OK;
    uint32_t *rows = lg_alloc(limit, sizeof *rows, err);
    bool *taken = rows ? lg_alloc(n, sizeof *taken, err) : NULL;
    lg_status st = taken ? LG_OK : err->status;
    if (st == LG_OK) {
        size_t count = data_sample(*set, limit, data_seed(*set), rows);
        for (size_t i = 0; i < count; i++) taken[rows[i]] = true;
        st = data_where(*set, drawn, taken, &some, err);
    }
    if (st == LG_OK) {
        data_unref(*set);
        *set = some;
    }
    lg_free(rows);
    lg_free(taken);
    return st;
}

static lg_status too_few(const dsl_call *call, int n, lg_err *err)
{
    if (!n && call->where) {
        lg_fail(err, LG_E_DATA, 407, "no image of `%s` passes the condition", call->arg[DATASET].value[0].text);
        return lg_try(err, "loosen the `where`");
    }
    lg_fail(err, LG_E_DATA, 412, "a map needs three images or more, and these are %d", n);
    return lg_try(err, "embed %s with %s", call->arg[DATASET].value[0].name, call->arg[WITH].value[0].name);
}

static lg_status choose(embedding *e, lg_err *err)
{
    const dsl_call *call = e->call;
    const dsl_value *data = &call->arg[DATASET].value[0], *with = &call->arg[WITH].value[0];
    data_set *part = NULL, *whole = NULL;
    lg_status st;
    LG_GO(cmd_dataset_part(data, &part, err));
    LG_GO(data_where(part, readable, NULL, &whole, err));
    lg_err apart = {0};
    e->fits = cmd_model_fits(e->model, with->name, whole, data->name, &apart) == LG_OK;
    st = cmd_model_sees(e->model, with->name, whole, data->name, err);
    if (st) LG_GO(lg_err_place(err, with->span));
    LG_GO(cmd_opinion_ask(call, e->model, whole, &e->opinion, err));
    LG_GO(cmd_dataset_where(call, whole, cmd_opinion_field, &e->opinion, cmd_opinion_fields, &e->set, err));
    LG_GO(draw_sample(&e->set, (size_t)call->arg[LIMIT].value[0].integer, err));
    e->n = (int)data_count(e->set);
    if (e->n < 3) st = too_few(call, e->n, err);
done:
    data_unref(part);
    data_unref(whole);
    return st;
}

/* ---- the map ---- */
static void on_images(void *ctx, int64_t done)
{
    const embedding *e = ctx;
    cmd_live_progress(e->live, "looking at the images", (long)done, e->n);
}

static void on_round(void *ctx, int done, int rounds)
{
    const embedding *e = ctx;
    cmd_live_progress(e->live, "arranging the map", done, rounds);
}

static lg_status take(embedding *e, lg_err *err)
{
    size_t n = (size_t)e->n;
    e->x = lg_alloc(n * (size_t)e->d, sizeof *e->x, err);
    e->map = e->x ? lg_alloc(n * 2, sizeof *e->map, err) : NULL;
    e->near = e->map ? lg_alloc(n * (size_t)e->k, sizeof *e->near, err) : NULL;
    e->label = e->near ? lg_alloc(n, sizeof *e->label, err) : NULL;
    e->wrong = e->label ? lg_alloc(n, sizeof *e->wrong, err) : NULL;
    if (!e->wrong) return err->status;
    for (int i = 0; i < e->n; i++) {
        data_image image;
        const float *p = cmd_opinion_of(&e->opinion, e->set, (size_t)i);
        data_image_at(e->set, (size_t)i, &image);
        e->label[i] = image.label;
        e->wrong[i] = e->fits && p && image.label >= 0 && nn_argmax(p, e->opinion.classes) != image.label;
    }
    return LG_OK;
}

/* The layer named, or the one that the last dense layer reads. */
static lg_status find_layer(embedding *e, lg_err *err)
{
    const nn_net *net = e->model->net;
    const dsl_value *word = dsl_val(e->call, LAYER);
    const char *model = e->call->arg[WITH].value[0].name;
    e->node = word ? cmd_layer_called(e->model, word->text) : nn_features_node(net);
    if (e->node < 0) return lg_err_place(err, (cmd_no_layer(model, e->model, word->text, err), word->span));
    const nn_shape out = nn_net_node(net, e->node)->spec.out;
    e->places = out.rank == 3 ? (int)(out.dim[0] * out.dim[1]) : 1;
    e->d = (int64_t)nn_shape_size(out) / e->places;
    return LG_OK;
}

/* The images from a number on: as many at a time as there is room for all places of their maps. */
typedef struct stretch {
    nn_source of;
    int64_t first;
    embedding *e;
} stretch;

static lg_status fill_stretch(void *ctx, const int64_t *index, int n, float *x, int32_t *label, lg_err *err)
{
    const stretch *s = ctx;
    int64_t at[64];
    lg_status st = LG_OK;
    for (int done = 0, some; done < n && st == LG_OK; done += some) {
        some = n - done < 64 ? n - done : 64;
        for (int i = 0; i < some; i++) at[i] = s->first + index[done + i];
        size_t image = nn_shape_size(nn_net_input(s->e->model->net));
        st = s->of.fill(s->of.ctx, at, some, x + (size_t)done * image, label ? label + done : NULL, err);
    }
    return st;
}

static void on_stretch(void *ctx, int64_t done)
{
    const stretch *s = ctx;
    on_images(s->e, s->first + done);
}

static void average(const float *maps, int places, int64_t d, float *to)
{
    for (int64_t k = 0; k < d; k++) {
        double sum = 0;
        for (int p = 0; p < places; p++) sum += (double)maps[(size_t)p * (size_t)d + (size_t)k];
        to[k] = (float)(sum / places);
    }
}

static lg_status look(embedding *e, const data_set *view, lg_pool *pool, lg_err *err)
{
    enum { ROOM = 16 << 20 };
    size_t floats = (size_t)e->places * (size_t)e->d, most = ROOM / floats ? ROOM / floats : 1;
    size_t together = most < (size_t)e->n ? most : (size_t)e->n;
    stretch s = {.of = cmd_source(view), .e = e};
    float *maps = lg_alloc(together * floats, sizeof *maps, err);
    lg_status st = maps ? LG_OK : err->status;
    for (; st == LG_OK && s.first < e->n; s.first += (int64_t)together) {
        size_t left = (size_t)(e->n - s.first), n = left < together ? left : together;
        st = nn_features(&(nn_predict_options){.weights = e->model->weights,
                                               .source = {.count = (int64_t)n, .ctx = &s, .fill = fill_stretch},
                                               .pool = pool,
                                               .cancel = e->call->cancel,
                                               .ctx = &s,
                                               .on_batch = on_stretch},
                         e->node, maps, err);
        for (size_t i = 0; st == LG_OK && i < n; i++)
            average(maps + i * floats, e->places, e->d, e->x + ((size_t)s.first + i) * (size_t)e->d);
    }
    lg_free(maps);
    return st;
}

static lg_status arrange(embedding *e, lg_err *err)
{
    lg_pool *pool = NULL;
    LG_TRY(cmd_pool(e->call, &pool, err));
    e->classes = data_classes(e->set);
    e->k = e->n - 1 < NEIGHBOURS ? e->n - 1 : NEIGHBOURS;
    LG_TRY(take(e, err));
    data_set *view = NULL;
    LG_TRY(cmd_model_view(e->model, e->set, &view, err));
    lg_status st = look(e, view, pool, err);
    data_unref(view);
    LG_TRY(st);
    nn_embedding_options how = {
        .x = e->x, .n = e->n, .d = e->d, .pool = pool, .cancel = e->call->cancel, .ctx = e, .on_round = on_round};
    LG_TRY(nn_neighbours(&how, e->k, e->near, err));
    e->tsne = strcmp(e->call->arg[METHOD].value[0].text, "tsne") == 0;
    return e->tsne ? nn_tsne(&how, e->map, &e->divergence, err) : nn_pca(&how, e->map, e->kept, err);
}

/* ---- who lies among whom ---- */
typedef struct mixing {
    int64_t images, own, of[64]; /* neighbours of the images of a class, by label */
    int other;                   /* the other class that is there most, beside what chance puts there; -1: none */
} mixing;
enum { MOST_CLASSES = 64 };

static int64_t class_images(const embedding *e, int k)
{
    int64_t count = 0;
    for (int i = 0; i < e->n; i++) count += e->label[i] == k;
    return count;
}

/* How much more often a label is among the neighbours than chance would put it there; 1: as often. */
static double lift(const embedding *e, const mixing *m, int k)
{
    int64_t there = class_images(e, k);
    if (!m->images || !there) return 0;
    return (double)m->of[k] * (double)(e->n - 1) / ((double)(m->images * e->k) * (double)there);
}

static mixing mixing_of(const embedding *e, int k)
{
    mixing m = {.other = -1};
    for (int i = 0; i < e->n; i++) {
        if (e->label[i] != k) continue;
        m.images++;
        for (int j = 0; j < e->k; j++) {
            int label = e->label[e->near[i * e->k + j]];
            if (label >= 0 && label < MOST_CLASSES) m.of[label]++;
        }
    }
    m.own = m.of[k];
    for (int other = 0; other < e->classes && other < MOST_CLASSES; other++)
        if (other != k && m.of[other] && (m.other < 0 || lift(e, &m, other) > lift(e, &m, m.other))) m.other = other;
    return m;
}

static void say_overlap(const embedding *e, lg_buf *sentence)
{
    int worst = -1;
    double most = 0;
    for (int k = 0; k < e->classes && k < MOST_CLASSES; k++) {
        mixing m = mixing_of(e, k);
        if (m.other >= 0 && lift(e, &m, m.other) > most) most = lift(e, &m, m.other), worst = k;
    }
    if (worst < 0) {
        lg_buf_addf(sentence, "No image has one of another class among its %d nearest neighbours", e->k);
        return;
    }
    mixing m = mixing_of(e, worst);
    const char *class = data_class_name(e->set, worst), *other = data_class_name(e->set, m.other);
    if (most > 1 + 1e-9) lg_buf_addf(sentence, "%s overlaps %s most: ", class, other);
    else lg_buf_addf(sentence, "No class overlaps another more than by chance; %s comes nearest to %s: ", class, other);
    lg_buf_addf(sentence, "%s%% of the %d nearest neighbours of %s images are %s ",
                plt_points((double)m.of[m.other] / (double)(m.images * e->k), 0), e->k, data_class_name(e->set, worst),
                data_class_name(e->set, m.other));
    lg_buf_addf(sentence, "(%s%% by chance)", plt_points((double)class_images(e, m.other) / (double)(e->n - 1), 0));
}

static void doc_neighbours(plt_doc *doc, const embedding *e)
{
    plt_table(doc, "The %d nearest neighbours of each image, by all %lld numbers", e->k, (long long)e->d);
    plt_column(doc, PLT_LEFT, "Class");
    plt_column(doc, PLT_RIGHT, "Images");
    plt_column(doc, PLT_RIGHT, "Own class");
    plt_column(doc, PLT_RIGHT, "By chance");
    plt_column(doc, PLT_LEFT, "Most else, beside chance");
    for (int k = 0; k < e->classes && k < MOST_CLASSES; k++) {
        mixing m = mixing_of(e, k);
        if (!m.images) continue;
        double all = (double)(m.images * e->k);
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%s", data_class_name(e->set, k));
        plt_cell(doc, "%s", lg_thousands(m.images));
        plt_cell(doc, "%s%%", plt_points((double)m.own / all, 0));
        plt_cell(doc, "%s%%", plt_points((double)(m.images - 1) / (double)(e->n - 1), 0));
        if (m.other < 0) plt_cell(doc, "–");
        else plt_cell(doc, "%s %s%%", data_class_name(e->set, m.other), plt_points((double)m.of[m.other] / all, 0));
    }
}

/* ---- output ---- */
static bool picture(void *ctx, int point, uint8_t *rgb)
{
    const embedding *e = ctx;
    img_picture seen = {0}, small = {0};
    lg_err err = {0};
    lg_status st = data_thumbnail(e->set, (size_t)point, &seen, &err);
    if (st == LG_OK) st = img_fit(&seen, IMG_FIT_CROP, SIDE, SIDE, &small, &err);
    for (size_t i = 0; st == LG_OK && i < (size_t)SIDE * SIDE; i++)
        for (size_t k = 0; k < 3; k++) rgb[3 * i + k] = small.px[(size_t)small.c * i + (small.c == 3 ? k : 0)];
    img_picture_release(&seen);
    img_picture_release(&small);
    return st == LG_OK;
}

static lg_status fill(plt_doc *doc, embedding *e, lg_err *err)
{
    const dsl_call *call = e->call;
    const char *data = NULL;
    lg_buf sentence, axes;
    LG_TRY(cmd_part_name(call, &call->arg[DATASET].value[0], &data, err));
    const char **labels = lg_alloc((size_t)e->classes + 1, sizeof *labels, err);
    if (!labels) return err->status;
    for (int k = 0; k < e->classes; k++) labels[k] = data_class_name(e->set, k);
    lg_buf_init(&sentence, 0);
    lg_buf_init(&axes, 0);
    plt_title(doc, "embed %s%s with %s: %s images%s%s", data, cmd_where_text(call), call->arg[WITH].value[0].name,
              lg_thousands(e->n), *call->note ? " " : "", call->note);
    cmd_note_stale(doc, call, e->model);
    cmd_warn_cleaned(doc, e->model, call->arg[WITH].value[0].name, e->set, data);
    const char *node = nn_net_node(e->model->net, e->node)->name;
    if (e->tsne)
        lg_buf_addf(&axes, "t-SNE: neighbours stay neighbours; sizes of groups and gaps between them mean nothing");
    else
        lg_buf_addf(&axes, "across: %s%% of the spread; up: %s%%", plt_points(e->kept[0], 0),
                    plt_points(e->kept[1], 0));
    say_overlap(e, &sentence);
    plt_map(doc, &(plt_map_spec){.title = "Close together: alike to the network",
                                 .sentence = lg_buf_str(&sentence),
                                 .labels = labels,
                                 .n = e->classes,
                                 .points = e->n,
                                 .xy = e->map,
                                 .label = e->label,
                                 .wrong = e->wrong,
                                 .x_label = lg_buf_str(&axes),
                                 .side = SIDE,
                                 .picture = picture,
                                 .ctx = e});
    doc_neighbours(doc, e);
    if (e->places > 1)
        plt_note(doc, "of each of the %lld maps of `%s` its mean over %s places is one number", (long long)e->d, node,
                 lg_thousands(e->places));
    if (!e->fits)
        plt_note(doc, "%s knows other labels than these images have: none is marked as called otherwise",
                 call->arg[WITH].value[0].name);
    if (e->tsne)
        plt_note(doc, "t-SNE over %lld numbers of `%s` an image; divergence %.3f. Compare with `method pca`",
                 (long long)e->d, node, e->divergence);
    else
        plt_note(doc, "PCA over %lld numbers of `%s` an image: the map keeps %s%% of their spread%s", (long long)e->d,
                 node, plt_points(e->kept[0] + e->kept[1], 0),
                 e->kept[0] + e->kept[1] < 0.5 ? "; what lies apart may be hidden, try `method tsne`" : "");
    lg_buf_release(&sentence);
    lg_buf_release(&axes);
    lg_free(labels);
    return LG_OK;
}

static lg_status keep(const embedding *e, lg_err *err)
{
    rep_table table;
    rep_table_init(&table);
    static const char *const texts[] = {"file", "label", "predicted"};
    cmd_id_column(&table, e->set);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) rep_column_add(&table, texts[i], REP_TEXT);
    rep_column_add(&table, "x", REP_NUMBER);
    rep_column_add(&table, "y", REP_NUMBER);
    for (int i = 0; i < e->n; i++) {
        data_image image;
        const float *p = cmd_opinion_of(&e->opinion, e->set, (size_t)i);
        data_image_at(e->set, (size_t)i, &image);
        rep_row_add(&table);
        cmd_id_cell(&table, &image);
        rep_text(&table, image.name);
        rep_text(&table, data_class_name(e->set, image.label));
        rep_text(&table, p ? cmd_opinion_label(&e->opinion, nn_argmax(p, e->opinion.classes)) : "");
        rep_number(&table, e->map[2 * i]);
        rep_number(&table, e->map[2 * i + 1]);
    }
    return cmd_table_keep(e->call, AS, &table, e->call->line, err);
}

static lg_status embed_run(const dsl_call *call, lg_err *err)
{
    embedding e = {.call = call, .model = cmd_model_of(&call->arg[WITH].value[0])};
    cmd_live live;
    plt_doc doc;
    plt_doc_init(&doc);
    cmd_live_init(&live, call->out);
    lg_status st;
    LG_GO(find_layer(&e, err));
    LG_GO(choose(&e, err));
    e.live = &live;
    LG_GO(arrange(&e, err));
    LG_GO(fill(&doc, &e, err));
    LG_GO(cmd_live_result(call, &live, &doc, true, err));
    if (call->arg[AS].count) LG_GO(keep(&e, err));
done:
    if (st) {
        cmd_live_close(&live, st);
        plt_doc_release(&doc);
    }
    cmd_opinion_release(&e.opinion);
    data_unref(e.set);
    lg_free(e.x);
    lg_free(e.map);
    lg_free(e.near);
    lg_free(e.label);
    lg_free(e.wrong);
    return st;
}

const dsl_command dsl_cmd_embed = {
    .name = "embed",
    .summary = "map of the dataset: similar images close together",
    .detail =
        "Each image is a point, placed by what the last dense layer reads of it: what the network thinks alike lies "
        "together. Classes that overlap on the map are those it confuses. `method tsne` shows groups more clearly, "
        "but the distances between them say nothing. `layer conv2` compares what an earlier layer makes of them.",
    .group = "Explain",
    .params = params,
    .examples = (const char *const[]){"embed logos.val with scratch",
                                      "embed logos.val with scratch method tsne where confidence > 0.3", NULL},
    .makes = DSL_KIND_TABLE,
    .takes_where = true,
    .asks_model = true,
    .run = embed_run,
};
