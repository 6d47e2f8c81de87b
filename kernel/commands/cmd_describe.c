/* cmd_describe.c - `describe`: numbers about an object: balance, brightness, sizes and look-alikes of a dataset,
 * weights of a model, columns of everything that has rows. */
#include "kernel/commands/box_model.h"
#include "kernel/commands/box_table.h"
#include "lib/image/hash.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

enum { OBJECT };

static const dsl_param params[] = {
    [OBJECT] = {.name = "object",
                .role = DSL_POSITIONAL,
                .type = DSL_T_OBJECT,
                .kinds = DSL_ANYTHING,
                .required = true,
                .implicit = true,
                .help = "a dataset or a part of it, a model, a run, a table, a grid"},
    {0},
};

/* ---- distributions ---- */
static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of sorted values. */
static double quantile(const double *v, size_t n, double q)
{
    return n ? v[(size_t)(q * (double)(n - 1) + 0.5)] : (double)NAN;
}

/* V6: bars of n values (sorted here) in equal steps from low to high. */
static void doc_bins(plt_doc *doc, const char *title, const char *sentence, const double *v, size_t n, double low,
                     double high, int bins, int decimals)
{
    enum { MOST = 20 };
    char names[MOST][48], texts[MOST][32];
    const char *label[MOST], *text[MOST];
    double count[MOST] = {0};
    for (size_t i = 0; i < n; i++) {
        int at = (int)((v[i] - low) / (high - low) * bins);
        count[at < 0 ? 0 : at >= bins ? bins - 1 : at]++;
    }
    for (int i = 0; i < bins; i++) {
        double step = (high - low) / bins;
        snprintf(names[i], sizeof names[i], "%.*f to %.*f", decimals, low + i * step, decimals, low + (i + 1) * step);
        snprintf(texts[i], sizeof texts[i], "%s", lg_thousands((long long)count[i]));
        label[i] = names[i];
        text[i] = texts[i];
    }
    plt_bars(doc,
             &(plt_bars_spec){
                 .title = title, .sentence = sentence, .labels = label, .values = count, .n = bins, .texts = text});
}

/* ---- datasets ---- */
typedef struct measured {
    double *brightness, *width, *height; /* sorted; readable images only */
    size_t n;
} measured;

static lg_status measure(const data_set *set, measured *m, lg_err *err)
{
    size_t n = data_count(set) + 1;
    *m = (measured){.brightness = lg_alloc(3 * n, sizeof *m->brightness, err)};
    if (!m->brightness) return err->status;
    m->width = m->brightness + n;
    m->height = m->width + n;
    for (size_t i = 0; i < data_count(set); i++) {
        data_image image;
        data_image_at(set, i, &image);
        if (image.broken) continue;
        m->brightness[m->n] = (double)image.brightness;
        m->width[m->n] = image.w;
        m->height[m->n++] = image.h;
    }
    qsort(m->brightness, m->n, sizeof *m->brightness, by_value);
    qsort(m->width, m->n, sizeof *m->width, by_value);
    qsort(m->height, m->n, sizeof *m->height, by_value);
    return LG_OK;
}

static void doc_brightness(plt_doc *doc, const measured *m)
{
    char say[200];
    size_t dark = 0, bright = 0;
    if (!m->n) return;
    for (size_t i = 0; i < m->n; i++) {
        dark += m->brightness[i] < 0.2;
        bright += m->brightness[i] > 0.95;
    }
    snprintf(say, sizeof say, "%s%% are darker than 0.2, %s%% brighter than 0.95; half of them are below %.2f",
             plt_points((double)dark / (double)m->n, 0), plt_points((double)bright / (double)m->n, 0),
             quantile(m->brightness, m->n, 0.5));
    doc_bins(doc, "Brightness (0 black, 1 white)", say, m->brightness, m->n, 0, 1, 10, 1);
}

static void doc_sizes(plt_doc *doc, const data_set *set, const measured *m)
{
    char say[240];
    if (!m->n) return;
    double low = m->width[0], high = m->width[m->n - 1];
    data_size shape = data_shape(set);
    snprintf(say, sizeof say,
             "originals are %.0f to %.0f pixels high and %.0f to %.0f wide, half of them below %.0fx%.0f", m->height[0],
             m->height[m->n - 1], m->width[0], m->width[m->n - 1], quantile(m->height, m->n, 0.5),
             quantile(m->width, m->n, 0.5));
    if (high - low >= 16)
        doc_bins(doc, "Width of the originals in pixels", say, m->width, m->n, floor(low), high, 8, 0);
    else plt_sentence(doc, "Sizes: %s", say);
    size_t small = 0;
    for (size_t i = 0; shape.h && i < m->n; i++) small += m->height[i] < shape.h || m->width[i] < shape.w;
    if (small)
        plt_note(doc, "%s image%s lower or narrower than the %dx%d they are fitted to: they are enlarged",
                 lg_thousands((long long)small), small == 1 ? " is" : "s are", shape.h, shape.w);
}

/* V4: what is amiss with labels and files. */
static void add_examples(const data_set *set, bool broken, lg_buf *out)
{
    int shown = 0;
    for (size_t i = 0; i < data_count(set) && shown < 5; i++) {
        data_image image;
        data_image_at(set, i, &image);
        if (broken ? !image.broken : image.broken || image.label >= 0) continue;
        lg_buf_addf(out, "%s%s", shown++ ? ", " : "", image.number);
    }
}

static void doc_fixes(plt_doc *doc, const data_set *set)
{
    enum { SHOWN = 5 };
    lg_buf ids;
    size_t fixes = data_fixed(set), shown = 0;
    if (!fixes) return;
    lg_buf_init(&ids, 200);
    for (size_t i = 0; i < data_count(set) && shown < SHOWN; i++) {
        data_image image;
        data_image_at(set, i, &image);
        if (image.fixed) lg_buf_addf(&ids, "%s%s", shown++ ? ", " : "", image.number);
    }
    plt_item(doc, "%s label%s fixed by hand: image %s%s", lg_thousands((long long)fixes), fixes == 1 ? "" : "s",
             lg_buf_str(&ids), fixes > SHOWN ? ", …" : "");
    lg_buf_release(&ids);
}

static void doc_notes(plt_doc *doc, const data_set *set, const data_counts *counts, const char *name)
{
    const size_t amiss[] = {counts->unlabelled, counts->broken};
    static const char *const what[] = {"without a label", "that cannot be read"};
    static const char *const cond[] = {"label = \"\"", "broken"};
    for (int k = 0; k < 2; k++) {
        lg_buf ids;
        if (!amiss[k]) continue;
        lg_buf_init(&ids, 200);
        add_examples(set, k == 1, &ids);
        plt_item(doc, "%s image%s %s: number %s%s; `show %s where %s`", lg_thousands((long long)amiss[k]),
                 amiss[k] == 1 ? "" : "s", what[k], lg_buf_str(&ids), amiss[k] > 5 ? ", …" : "", name, cond[k]);
        lg_buf_release(&ids);
    }
    doc_fixes(doc, set);
    for (int label = 0; label < counts->classes; label++) {
        size_t n = 0;
        for (int s = DATA_NONE; s < DATA_SPLITS; s++) n += counts->count[s][label];
        if (n && n < 10) /* none at all: the histogram shows it, and `where` may have wanted it */
            plt_item(doc, "%s has %zu image%s only: too few to judge by", data_class_name(set, label), n,
                     n == 1 ? "" : "s");
    }
}

/* ---- V8: pairs that look alike ---- */
typedef struct pair {
    uint32_t first, second; /* rows */
    int distance;
} pair;

static int by_distance(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
    return (x->second > y->second) - (x->second < y->second);
}

/* Every image with the first one of its group that is in this set. */
static lg_status find_pairs(const data_set *set, pair **out, size_t *count, lg_err *err)
{
    size_t n = data_count(set);
    uint32_t top = 0;
    data_image image, first;
    for (size_t i = 0; i < n; i++) {
        data_image_at(set, i, &image);
        if (image.group > top) top = image.group;
    }
    uint32_t *seen = lg_alloc((size_t)top + 1, sizeof *seen, err);
    pair *pairs = seen ? lg_alloc(n + 1, sizeof *pairs, err) : NULL;
    *count = 0;
    for (size_t i = 0; pairs && i < n; i++) {
        data_image_at(set, i, &image);
        if (image.broken) continue;
        if (!seen[image.group]) {
            seen[image.group] = (uint32_t)i + 1;
            continue;
        }
        data_image_at(set, seen[image.group] - 1, &first);
        pairs[(*count)++] = (pair){seen[image.group] - 1, (uint32_t)i, img_phash_distance(first.phash, image.phash)};
    }
    lg_free(seen);
    if (!pairs) return err->status;
    qsort(pairs, *count, sizeof *pairs, by_distance);
    *out = pairs;
    return LG_OK;
}

static lg_status doc_pair(plt_doc *doc, const data_set *set, const pair *p, lg_err *err)
{
    data_image a, b;
    static const plt_edge edge[DATA_SPLITS] = {PLT_EDGE_NONE, PLT_EDGE_TRAIN, PLT_EDGE_VAL, PLT_EDGE_TEST};
    data_image_at(set, p->first, &a);
    data_image_at(set, p->second, &b);
    bool same = strcmp(a.sha256, b.sha256) == 0, across = a.split && b.split && a.split != b.split;
    plt_grid_group(doc, "%s and %s: %s%s%s%s", a.number, b.number, same ? "the same file" : "distance ",
                   same ? "" : lg_thousands(p->distance), a.label != b.label ? ", labels differ" : "",
                   across ? ", on different sides of the split" : "");
    LG_TRY(cmd_doc_tile(doc, set, p->first, 128, edge[a.split], err));
    return cmd_doc_tile(doc, set, p->second, 128, edge[b.split], err);
}

static lg_status doc_pairs(plt_doc *doc, const data_set *set, const char *name, lg_err *err)
{
    enum { SHOWN = 4, FOLDED = 24 };
    pair *pairs = NULL;
    size_t n = 0, across = 0;
    data_split_report leak;
    LG_TRY(find_pairs(set, &pairs, &n, err));
    lg_status st = data_leak_check(set, &leak, err);
    across = leak.across;
    plt_heading(doc, "Look-alikes");
    if (!n) plt_text(doc, "no two images look alike");
    for (size_t i = 0; st == LG_OK && i < n && i < FOLDED; i++) {
        if (i == SHOWN) plt_fold_begin(doc, "More pairs");
        if (i == 0 || i == SHOWN) plt_grid(doc, 64, "%s", "");
        st = doc_pair(doc, set, &pairs[i], err);
    }
    if (n > SHOWN) plt_fold_end(doc);
    if (n)
        plt_sentence(doc, "%s pair%s of look-alikes; %zu image%s on another side than a look-alike",
                     lg_thousands((long long)n), n == 1 ? "" : "s", across, across == 1 ? " is" : "s are");
    if (n) plt_note(doc, "`show %s where duplicate` lists them, `drop %s where duplicate` leaves them out", name, name);
    lg_free(pairs);
    return st;
}

static lg_status describe_dataset(const dsl_call *call, plt_doc *doc, lg_err *err)
{
    const dsl_value *value = &call->arg[OBJECT].value[0];
    const char *name;
    data_set *part = NULL, *set = NULL;
    data_counts counts = {0};
    measured m = {0};
    lg_buf brief;
    lg_status st;
    lg_buf_init(&brief, 0);
    LG_GO(cmd_part_name(call, value, &name, err));
    LG_GO(cmd_dataset_part(value, &part, err));
    LG_GO(cmd_dataset_where(call, part, NULL, NULL, NULL, &set, err));
    LG_GO(data_count_classes(set, &counts, err));
    LG_GO(measure(set, &m, err));
    cmd_dataset_brief(set, &brief);
    plt_title(doc, "%s%s: %s%s%s", name, cmd_where_text(call), lg_buf_str(&brief), *call->note ? " " : "", call->note);
    if (value->part != DSL_PART_ALL && !data_count(part)) cmd_doc_part_empty(doc, value);
    doc_notes(doc, set, &counts, name);
    cmd_doc_histogram(doc, set, &counts);
    cmd_doc_split_table(doc, set, &counts);
    doc_brightness(doc, &m);
    doc_sizes(doc, set, &m);
    st = doc_pairs(doc, set, name, err);
done:
    lg_free(m.brightness);
    data_counts_release(&counts);
    lg_buf_release(&brief);
    data_unref(part);
    data_unref(set);
    return st;
}

/* ---- numbers in a table of statistics ---- */
static void stat_columns(plt_doc *doc, const char *caption, const char *what)
{
    static const char *const names[] = {"Values", "Mean", "Spread", "Least", "Median", "Largest"};
    plt_table(doc, "%s", caption);
    plt_column(doc, PLT_LEFT, "%s", what);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) plt_column(doc, PLT_RIGHT, "%s", names[i]);
}

/* Values are sorted here; spread is the standard deviation of the values themselves. */
static void stat_row(plt_doc *doc, const char *name, double *v, size_t n)
{
    double mean = 0, square = 0;
    qsort(v, n, sizeof *v, by_value);
    for (size_t i = 0; i < n; i++) mean += v[i] / (double)n;
    for (size_t i = 0; i < n; i++) square += (v[i] - mean) * (v[i] - mean) / (double)n;
    const double numbers[] = {mean, sqrt(square), quantile(v, n, 0), quantile(v, n, 0.5), quantile(v, n, 1)};
    plt_row(doc, PLT_ROW_PLAIN);
    plt_head(doc, "%s", name);
    plt_cell(doc, "%s", lg_thousands((long long)n));
    for (size_t i = 0; n && i < sizeof numbers / sizeof *numbers; i++) plt_cell(doc, "%.4g", numbers[i]);
}

/* ---- whatever has rows ---- */
static size_t distinct_texts(const rep_table *table, int column, const char **most)
{
    size_t kinds = 0, best = 0;
    for (size_t r = 0; r < table->rows && r < 2000; r++) {
        const char *text = rep_cell_at(table, r, column)->text;
        size_t count = 0, before = 0;
        for (size_t k = 0; k < table->rows && k < 2000; k++) {
            bool same = strcmp(rep_cell_at(table, k, column)->text, text) == 0;
            count += same;
            before += same && k < r;
        }
        kinds += before == 0;
        if (count > best) best = count, *most = text;
    }
    return kinds;
}

static lg_status describe_rows(const dsl_object *object, plt_doc *doc, lg_err *err)
{
    rep_table *table = lg_alloc(1, sizeof *table, err);
    if (!table) return err->status;
    lg_status st = cmd_table_of(object, table, err);
    double *v = st ? NULL : lg_alloc(table->rows + 1, sizeof *v, err);
    if (st == LG_OK && !v) st = err->status;
    if (st == LG_OK) stat_columns(doc, "Columns of numbers", "Column");
    for (int c = 0; st == LG_OK && c < table->columns; c++) {
        size_t n = 0;
        if (table->column[c].type == REP_TEXT) continue;
        for (size_t r = 0; r < table->rows; r++)
            if (!isnan(rep_cell_at(table, r, c)->number)) v[n++] = rep_cell_at(table, r, c)->number;
        stat_row(doc, table->column[c].name, v, n);
    }
    for (int c = 0; st == LG_OK && c < table->columns; c++) {
        const char *most = "";
        if (table->column[c].type != REP_TEXT) continue;
        size_t kinds = distinct_texts(table, c, &most);
        plt_item(doc, "%s: %zu different text%s, most often `%.60s`", table->column[c].name, kinds,
                 kinds == 1 ? "" : "s", most);
    }
    if (st == LG_OK)
        plt_sentence(doc, "%s row%s, %d column%s", lg_thousands((long long)table->rows), table->rows == 1 ? "" : "s",
                     table->columns, table->columns == 1 ? "" : "s");
    lg_free(v);
    rep_table_release(table);
    lg_free(table);
    return st;
}

/* ---- models and grids ---- */
static void doc_rules(plt_doc *doc, const cmd_model *model)
{
    lg_buf text;
    if (!model->ruled) return;
    lg_buf_init(&text, 1000);
    data_rules_pixels_text(&model->rules, &text);
    plt_pair(doc, "pictures", "%s, as those it was fitted on", lg_buf_str(&text));
    lg_buf_release(&text);
}

static lg_status describe_model(const cmd_model *model, plt_doc *doc, lg_err *err)
{
    size_t zeros = 0, all = nn_net_params(model->net);
    double *v = lg_alloc(all + 1, sizeof *v, err);
    if (!v) return err->status;
    doc_rules(doc, model);
    stat_columns(doc, "Weights, layer by layer", "Layer");
    for (int node = 1; node < nn_net_count(model->net); node++) {
        const nn_node *layer = nn_net_node(model->net, node);
        for (int k = 0; k < layer->nparam; k++) {
            char name[160];
            const float *w = nn_weights_param(model->weights, node, k);
            size_t n = nn_shape_size(layer->param[k].shape);
            for (size_t i = 0; i < n; i++) {
                v[i] = (double)w[i];
                zeros += v[i] > -1e-12 && v[i] < 1e-12;
            }
            snprintf(name, sizeof name, "%s %s", layer->name, layer->param[k].name);
            stat_row(doc, name, v, n);
        }
    }
    plt_sentence(doc, "%s weights, %s%% of them zero; %s", lg_thousands((long long)all),
                 plt_points(all ? (double)zeros / (double)all : 0, 1),
                 nn_weights_finite(model->weights) ? "all are finite numbers" : "some are not finite: training broke");
    lg_free(v);
    return LG_OK;
}

static lg_status describe_grid(const dsl_grid *grid, plt_doc *doc, lg_err *err)
{
    size_t n = (size_t)grid->rows * (size_t)grid->cols;
    double *v = lg_alloc(n + 1, sizeof *v, err);
    if (!v) return err->status;
    memcpy(v, grid->cell, n * sizeof *v);
    stat_columns(doc, "", "Grid");
    stat_row(doc, "all numbers", v, n);
    lg_free(v);
    return LG_OK;
}

static lg_status describe_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *value = &call->arg[OBJECT].value[0];
    const dsl_object *object = value->object;
    plt_doc doc;
    lg_buf brief;
    lg_status st = LG_OK;
    plt_doc_init(&doc);
    lg_buf_init(&brief, 0);
    bool data = object->cls->kind == DSL_KIND_DATASET;
    if (!data) {
        object->cls->brief(object->payload, &brief);
        plt_title(&doc, "%s: %s", value->name, lg_buf_str(&brief));
    }
    if (call->where && !data) {
        lg_fail(err, LG_E_ARG, 133, "`where` chooses among images, and `%s` is %s", value->name,
                dsl_kind_phrase(object->cls->kind));
        st = lg_err_place(err, value->span);
    } else if (data) st = describe_dataset(call, &doc, err);
    else if (object->cls->kind == DSL_KIND_MODEL) st = describe_model(object->payload, &doc, err);
    else if (dsl_object_grid(object)) st = describe_grid(dsl_object_grid(object), &doc, err);
    else st = describe_rows(object, &doc, err);
    lg_buf_release(&brief);
    if (st == LG_OK) return cmd_display(call, &doc, data, err);
    plt_doc_release(&doc);
    return st;
}

const dsl_command dsl_cmd_describe = {
    .name = "describe",
    .summary = "numbers about a dataset or table",
    .detail =
        "Of a dataset: balance, labels that lack, brightness, sizes, and the pairs that look alike with their side "
        "of the split. Of a model: its weights, layer by layer. Of runs and tables: every column.",
    .group = "Data",
    .params = params,
    .examples =
        (const char *const[]){"describe logos", "describe logos.val where label = nike", "describe scratch", NULL},
    .takes_where = true,
    .run = describe_run,
};
