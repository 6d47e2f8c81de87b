/* box_matrix.c - a confusion matrix as a table object, and as a document. */
#include "kernel/commands/box_matrix.h"

#include <math.h>
#include <stdio.h>

#include "lib/base/banned.h"

void cmd_matrix_free(cmd_matrix *matrix)
{
    if (!matrix) return;
    cmd_score_release(&matrix->score);
    cmd_labels_release(&matrix->labels);
    lg_free(matrix->title);
    lg_free(matrix->order);
    lg_free(matrix->note);
    lg_free(matrix->said);
    lg_free(matrix->sure);
    data_unref(matrix->set);
    lg_free(matrix);
}

lg_status cmd_matrix_new(cmd_judged *j, const char *words, cmd_matrix **out, lg_err *err)
{
    size_t n = data_count(j->set);
    cmd_matrix *m = lg_alloc(1, sizeof *m, err);
    if (!m) return err->status;
    m->title = lg_strdup(words, err);
    m->order = m->title ? lg_alloc((size_t)j->score.classes + 1, sizeof *m->order, err) : NULL;
    m->sure = m->order ? lg_alloc(n + 1, sizeof *m->sure, err) : NULL;
    if (!m->sure) {
        cmd_matrix_free(m);
        return err->status;
    }
    for (int k = 0; k < j->score.classes; k++) m->order[k] = k;
    for (size_t i = 0; i < n; i++) m->sure[i] = cmd_judged_probability(j, i)[j->said[i]];
    m->score = j->score, j->score = (cmd_score){0};
    m->labels = j->labels, j->labels = (cmd_labels){0};
    m->said = j->said, j->said = NULL;
    m->set = data_ref(j->set);
    m->training = j->training;
    *out = m;
    return LG_OK;
}

const cmd_matrix *cmd_matrix_of(const dsl_value *value)
{
    return value->object->cls == &cmd_matrix_class ? value->object->payload : NULL;
}

static void matrix_drop(void *payload)
{
    cmd_matrix_free(payload);
}

static lg_status matrix_field(const void *payload, const char *path, lg_arena *arena, dsl_fact *out, lg_err *err)
{
    (void)arena;
    (void)err;
    const cmd_matrix *matrix = payload;
    *out = (dsl_fact){0};
    return cmd_score_field(&matrix->score, matrix->labels.name, path, &out->number);
}

static void matrix_fields(const void *payload, lg_buf *out)
{
    const cmd_matrix *matrix = payload;
    cmd_score_fields(&matrix->score, matrix->labels.name, "", out);
}

static void matrix_labels(const void *payload, lg_buf *out)
{
    const cmd_matrix *matrix = payload;
    for (int k = 0; k < matrix->labels.count; k++) lg_buf_addf(out, "%s\n", matrix->labels.name[k]);
}

static void matrix_brief(const void *payload, lg_buf *out)
{
    const cmd_matrix *matrix = payload;
    lg_buf_addf(out, "confusion of %s", matrix->title);
}

/* Share of a cell: of its row, its column, or all. */
static double share(const cmd_matrix *m, int truth, int predicted)
{
    int n = m->score.classes;
    nn_class_score row = nn_confusion_class(m->score.count, n, truth);
    nn_class_score column = nn_confusion_class(m->score.count, n, predicted);
    int64_t of = m->normalize == 1 ? row.truth : m->normalize == 2 ? column.predicted : cmd_score_total(&m->score);
    return of ? (double)m->score.count[truth * n + predicted] / (double)of : 0;
}

/* The same matrix in shares; counts stay in the tips. */
static void doc_shares(plt_doc *doc, const cmd_matrix *m)
{
    static const char *const of[] = {"", "its row: recall on the diagonal", "its column: precision on the diagonal",
                                     "all images"};
    int n = m->score.classes;
    plt_table(doc, "Shares of %s", of[m->normalize]);
    plt_column(doc, PLT_LEFT, "true \\ predicted");
    for (int j = 0; j < n; j++) plt_column(doc, PLT_RIGHT, "%s", m->labels.name[m->order[j]]);
    for (int i = 0; i < n; i++) {
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%s", m->labels.name[m->order[i]]);
        for (int j = 0; j < n; j++) {
            double s = share(m, m->order[i], m->order[j]);
            plt_cell(doc, "%s%%", plt_points(s, 1));
            if (i == j && s >= 0.02) plt_cell_tone(doc, PLT_TONE_GOOD, s);
            else if (s >= 0.02) plt_cell_tone(doc, PLT_TONE_BAD, 0.35 + 0.65 * sqrt(s)); /* as in the matrix */
            plt_cell_tip(doc, "%lld images", (long long)m->score.count[m->order[i] * n + m->order[j]]);
        }
    }
}

/* The most frequent mistakes, largest first; equal ones in the order of their classes. */
typedef struct mistake {
    int truth, predicted;
    int64_t count;
} mistake;

static int worst_mistakes(const cmd_matrix *m, mistake *out, int most)
{
    int n = m->score.classes, found = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            int64_t count = m->score.count[(size_t)i * (size_t)n + (size_t)j];
            if (i == j || !count || (found == most && count <= out[most - 1].count)) continue;
            int at = found < most ? found++ : most - 1;
            for (; at > 0 && out[at - 1].count < count; at--) out[at] = out[at - 1];
            out[at] = (mistake){i, j, count};
        }
    return found;
}

/* Instead of a matrix that nobody could read. */
static void doc_mistakes(plt_doc *doc, const cmd_matrix *m)
{
    enum { MOST = 24 };
    mistake worst[MOST];
    int n = worst_mistakes(m, worst, MOST);
    int64_t total = cmd_score_total(&m->score), right = 0;
    for (int k = 0; k < m->score.classes; k++) right += m->score.count[(size_t)k * ((size_t)m->score.classes + 1)];
    plt_table(doc, "Most frequent mistakes");
    plt_column(doc, PLT_LEFT, "True");
    plt_column(doc, PLT_LEFT, "Predicted");
    plt_column(doc, PLT_RIGHT, "Images");
    for (int i = 0; i < n; i++) {
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%s", m->labels.name[worst[i].truth]);
        plt_cell(doc, "%s", m->labels.name[worst[i].predicted]);
        plt_cell(doc, "%s", lg_thousands((long long)worst[i].count));
    }
    nn_interval ci = nn_wilson(right, total, 0.95);
    plt_sentence(doc, "%s of %s correct (%s%%, 95%% interval %s to %s%%)", lg_thousands((long long)right),
                 lg_thousands((long long)total), plt_points(total ? (double)right / (double)total : 0, 1),
                 plt_points(ci.low, 1), plt_points(ci.high, 1));
    plt_note(doc, "%s classes are too many for a matrix, so its largest mistakes are listed",
             lg_thousands(m->score.classes));
}

static void doc_baseline(plt_doc *doc, const cmd_matrix *m)
{
    plt_text(doc, "Always answering with the largest class would give %s%%",
             plt_points(cmd_score_baseline(&m->score), 1));
    if (m->set)
        plt_note(doc,
                 "each of the %s images is counted once, by its own number; the diagonal over the corner is the "
                 "accuracy",
                 lg_thousands((long long)cmd_score_total(&m->score)));
}

void cmd_doc_matrix(plt_doc *doc, const cmd_matrix *m, lg_err *err)
{
    enum { MOST_DRAWN = 50 };
    int n = m->score.classes;
    if (n > MOST_DRAWN) {
        doc_mistakes(doc, m);
        doc_baseline(doc, m);
        return;
    }
    const char **label = lg_alloc((size_t)n + 1, sizeof *label, err);
    int64_t *count = label ? lg_alloc((size_t)n * (size_t)n, sizeof *count, err) : NULL;
    if (count) {
        for (int i = 0; i < n; i++) {
            label[i] = m->labels.name[m->order[i]];
            for (int j = 0; j < n; j++) count[i * n + j] = m->score.count[m->order[i] * n + m->order[j]];
        }
        if (m->normalize) doc_shares(doc, m);
        plt_confusion(doc, &(plt_confusion_spec){.labels = label, .n = n, .counts = count});
        doc_baseline(doc, m);
    }
    lg_free(count);
    lg_free(label);
}

/* ---- the most confused pairs ---- */
typedef struct pair_row {
    uint32_t row;
    float sure;
} pair_row;

/* The `most` images of a pair that the model was surest of; the smaller number first where it was equally sure. */
static int pair_images(const cmd_matrix *m, const mistake *pair, pair_row *out, int most)
{
    int found = 0;
    for (size_t i = 0; i < data_count(m->set); i++) {
        data_image image;
        data_image_at(m->set, i, &image);
        if (image.label != pair->truth || m->said[i] != pair->predicted) continue;
        if (found == most && !(m->sure[i] > out[most - 1].sure)) continue;
        int at = found < most ? found++ : most - 1;
        for (; at > 0 && out[at - 1].sure < m->sure[i]; at--) out[at] = out[at - 1];
        out[at] = (pair_row){(uint32_t)i, m->sure[i]};
    }
    return found;
}

static lg_status doc_pair_images(plt_doc *doc, const cmd_matrix *m, const mistake *pair, lg_err *err)
{
    enum { MOST = 8, SIZE = 48, SIDE = 96 };
    pair_row row[MOST];
    int n = pair_images(m, pair, row, MOST);
    plt_grid(doc, SIZE,
             n < pair->count ? "the %d it was surest of"
             : n == 1        ? "the image"
                             : "all %d, the surest first",
             n);
    for (int i = 0; i < n; i++) LG_TRY(cmd_doc_tile(doc, m->set, row[i].row, SIDE, PLT_EDGE_NONE, err));
    return LG_OK;
}

void cmd_doc_pairs(plt_doc *doc, const cmd_matrix *m, lg_err *err)
{
    enum { MOST = 6 };
    mistake worst[MOST];
    int n = m->score.classes <= 50 ? worst_mistakes(m, worst, MOST) : 0;
    if (n) plt_heading(doc, "Most confused pairs");
    for (int i = 0; i < n && err->status == LG_OK; i++) {
        int64_t of = nn_confusion_class(m->score.count, m->score.classes, worst[i].truth).truth;
        char words[400];
        snprintf(words, sizeof words, "%s of %s %.120s called %.120s (%s%%)", lg_thousands((long long)worst[i].count),
                 lg_thousands((long long)of), m->labels.name[worst[i].truth], m->labels.name[worst[i].predicted],
                 plt_points((double)worst[i].count / (double)of, 1));
        if (!m->set) {
            plt_item(doc, "%s", words);
            continue;
        }
        plt_fold_begin(doc, "%s", words);
        if (doc_pair_images(doc, m, &worst[i], err)) return;
        plt_fold_end(doc);
    }
}

static lg_status matrix_show(const dsl_object *object, const char *name, dsl_out *out, lg_err *err)
{
    const cmd_matrix *matrix = object->payload;
    plt_doc doc;
    plt_doc_init(&doc);
    plt_title(&doc, "%s: %s", name, matrix->title);
    if (matrix->training) cmd_doc_training(&doc);
    cmd_doc_matrix(&doc, matrix, err);
    if (matrix->note) plt_note(&doc, "%s", matrix->note);
    cmd_doc_pairs(&doc, matrix, err);
    if (err->status == LG_OK) return cmd_display_to(out, &doc, false, 0, err);
    plt_doc_release(&doc);
    return err->status;
}

const dsl_class cmd_matrix_class = {
    .kind = DSL_KIND_TABLE,
    .drop = matrix_drop,
    .field = matrix_field,
    .fields = matrix_fields,
    .labels = matrix_labels,
    .brief = matrix_brief,
    .show = matrix_show,
};
