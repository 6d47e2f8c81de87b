/* cmd_mistakes.c - `mistakes`: the images the model got most wrong. */
#include "kernel/commands/judge.h"
#include "kernel/commands/label_fixes.h"
#include "kernel/commands/seen.h"
#include "lib/plot/theme.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

enum { MODEL, ON, AS, LIMIT, CONFIDENT };

static const dsl_param params[] = {
    [MODEL] = CMD_JUDGED_MODEL,
    [ON] = CMD_JUDGED_ON,
    [AS] = {.name = "as", .role = DSL_PREPOSITION, .type = DSL_T_NEWNAME, .help = "keep the list as a table"},
    [LIMIT] = {.name = "limit",
               .role = DSL_OPTION,
               .type = DSL_T_INT,
               .dflt = "12",
               .min = 1,
               .max = 500,
               .help = "images at most"},
    [CONFIDENT] = {.name = "confident",
                   .role = DSL_FLAG,
                   .type = DSL_T_FLAG,
                   .help = "those it was surest of first, instead of those it gave the true label least"},
    {0},
};

typedef struct mistake {
    size_t row;
    int32_t truth, said;
    float sure, true_share; /* of what it said, and of the true label */
    float key;              /* larger comes first */
    uint32_t id;
} mistake;

static int worse_first(const void *a, const void *b)
{
    const mistake *x = a, *y = b;
    if (x->key > y->key || x->key < y->key) return x->key > y->key ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static lg_status find_mistakes(const cmd_judged *j, bool confident, mistake **out, size_t *count, lg_err *err)
{
    size_t n = data_count(j->set);
    mistake *list = lg_alloc(n + 1, sizeof *list, err);
    if (!list) return err->status;
    for (size_t i = *count = 0; i < n; i++) {
        data_image image;
        const float *p = cmd_judged_probability(j, i);
        data_image_at(j->set, i, &image);
        if (image.label == j->said[i]) continue;
        mistake m = {.row = i,
                     .truth = image.label,
                     .said = j->said[i],
                     .sure = p[j->said[i]],
                     .true_share = p[image.label],
                     .id = image.id};
        m.key = confident ? m.sure : -m.true_share;
        list[(*count)++] = m;
    }
    qsort(list, *count, sizeof *list, worse_first);
    *out = list;
    return LG_OK;
}

static lg_status doc_gallery(plt_doc *doc, const cmd_judged *j, const mistake *list, size_t n, lg_err *err)
{
    enum { SIZE = 96 };
    int side = cmd_tile_side(SIZE, n);
    plt_grid(doc, SIZE, "number, true label; bars: what it said, and what it gave the true label");
    for (size_t i = 0; i < n; i++) {
        const mistake *m = &list[i];
        LG_TRY(cmd_doc_tile(doc, j->set, m->row, side, PLT_EDGE_NONE, err));
        plt_thumb_bar(doc, PLT_TONE_BAD, (double)m->sure, "%s %s%%", j->labels.name[m->said],
                      plt_points((double)m->sure, 0));
        plt_thumb_bar(doc, PLT_TONE_GOOD, (double)m->true_share, "%s %s%%", j->labels.name[m->truth],
                      plt_points((double)m->true_share, 0));
    }
    return LG_OK;
}

/* The first few once more, with what spoke for the wrong answer. */
static lg_status doc_looked(plt_doc *doc, const dsl_call *call, const cmd_judged *j, const mistake *list, size_t n,
                            lg_err *err)
{
    enum { FEW = 6 };
    uint32_t row[FEW];
    int said[FEW];
    size_t few = n < FEW ? n : FEW;
    for (size_t i = 0; i < few; i++) row[i] = (uint32_t)list[i].row, said[i] = list[i].said;
    return cmd_doc_looked(doc, call, j->model, j->set, row, said, few, err);
}

/* ---- labels that may be wrong ---- */
/* How sure the model is, on average, of a label where the images have it. A mistake that is at least as sure is a
 * suspect: confident learning (Northcutt, Jiang, Chuang, JAIR 70, 2021). Between 50 and 90%: a model that is never sure
 * knows nothing, and one that is always sure says no more with 99.5% than with 99%. */
static lg_status usual_confidence(const cmd_judged *j, const dsl_call *call, double **out, lg_err *err)
{
    size_t classes = (size_t)j->labels.count;
    double *sum = lg_arena_alloc(call->arena, classes, sizeof *sum, err);
    double *count = lg_arena_alloc(call->arena, classes, sizeof *count, err);
    if (!sum || !count) return err->status;
    const data_set *all = j->opinion.set; /* whatever `where` chose */
    for (size_t i = 0; i < data_count(all); i++) {
        data_image image;
        data_image_at(all, i, &image);
        if (image.label < 0) continue;
        sum[image.label] += (double)cmd_opinion_of(&j->opinion, all, i)[image.label];
        count[image.label]++;
    }
    for (size_t k = 0; k < classes; k++) sum[k] = fmax(0.5, count[k] > 0 ? fmin(0.9, sum[k] / count[k]) : 0.9);
    *out = sum;
    return LG_OK;
}

/* "logos" of "logos.val": images have the same numbers in both. */
static const char *whole_name(const dsl_call *call, const cmd_judged *j, lg_err *err)
{
    const char *dot = strrchr(j->data_name, '.');
    for (int part = DATA_TRAIN; dot && part < DATA_SPLITS; part++)
        if (strcmp(dot + 1, data_split_names[part]) == 0)
            return lg_arena_strndup(call->arena, j->data_name, (size_t)(dot - j->data_name), err);
    return j->data_name;
}

/* A line for each label that the model has in mind, ready to be copied. */
static lg_status doc_lines(plt_doc *doc, const dsl_call *call, const cmd_judged *j, const mistake *const *suspect,
                           size_t n, lg_err *err)
{
    enum { HANDFUL = 8 };
    bool done[HANDFUL] = {0};
    lg_buf lines;
    const char *name = whole_name(call, j, err);
    if (!name) return err->status;
    lg_buf_init(&lines, 1 << 16);
    for (size_t first = 0; first < n; first++) {
        size_t row[HANDFUL], rows = 0;
        for (size_t i = first; i < n && !done[first]; i++)
            if (suspect[i]->said == suspect[first]->said) row[rows++] = suspect[i]->row;
        for (size_t i = first; i < n; i++) done[i] |= suspect[i]->said == suspect[first]->said;
        if (!rows) continue;
        if (lines.len) lg_buf_addc(&lines, '\n');
        cmd_relabel_line(&lines, name, j->set, row, rows, j->labels.name[suspect[first]->said]);
    }
    lg_status st = lg_buf_check(&lines, err);
    if (st == LG_OK) plt_code(doc, "%s", lg_buf_str(&lines));
    lg_buf_release(&lines);
    return st;
}

/* Of the first few shown those that are as sure as right answers are. */
static lg_status doc_suspects(plt_doc *doc, const dsl_call *call, const cmd_judged *j, const mistake *list, size_t n,
                              lg_err *err)
{
    enum { HANDFUL = 8 };
    const mistake *suspect[HANDFUL];
    double *usual = NULL;
    size_t count = 0;
    LG_TRY(usual_confidence(j, call, &usual, err));
    for (size_t i = 0; i < n && count < HANDFUL; i++)
        if ((double)list[i].sure >= usual[list[i].said]) suspect[count++] = &list[i];
    if (!count) {
        plt_note(doc, "no label is suspected to be wrong: the model is less sure of these than of its right answers");
        return LG_OK;
    }
    plt_heading(doc, "Perhaps the label is wrong");
    plt_text(
        doc,
        "Of %s the model is about as sure as of images that have the label it says. That is a suspicion: it learned "
        "from these labels, and what is rare or hard looks just so. Look at the pictures first, take out the "
        "numbers of those that are labelled rightly, and run what is left:",
        count == 1 ? "this image" : "these images");
    return doc_lines(doc, call, j, suspect, count, err);
}

static lg_status doc_list(plt_doc *doc, const dsl_call *call, const cmd_judged *j, const mistake *list, size_t count,
                          lg_err *err)
{
    size_t limit = (size_t)call->arg[LIMIT].value[0].integer, n = count < limit ? count : limit;
    int64_t total = cmd_score_total(&j->score);
    if (!count) {
        plt_sentence(doc, "No mistakes: all %s images are right", lg_thousands((long long)total));
        return LG_OK;
    }
    const mistake *m = &list[0];
    plt_sentence(doc, "%s of %s images are wrong (%s%%); the worst is image %s: %s, called %s with %s%%",
                 lg_thousands((long long)count), lg_thousands((long long)total),
                 plt_points((double)count / (double)total, 1), data_number(j->set, m->id),
                 plt_label(j->labels.name[m->truth]), plt_label(j->labels.name[m->said]),
                 plt_points((double)m->sure, 0));
    LG_TRY(doc_gallery(doc, j, list, n, err));
    if (n < count)
        plt_note(doc, "%s more mistakes: add `limit %zu`", lg_thousands((long long)(count - n)),
                 count < 500 ? count : 500);
    LG_TRY(doc_looked(doc, call, j, list, n, err));
    bool asked = dsl_on(call, CONFIDENT) && cmd_model_run(j->model);
    return asked ? doc_suspects(doc, call, j, list, n, err) : LG_OK;
}

static lg_status fill(plt_doc *doc, const dsl_call *call, const cmd_judged *j, lg_err *err)
{
    mistake *list = NULL;
    size_t count = 0;
    LG_TRY(find_mistakes(j, dsl_on(call, CONFIDENT), &list, &count, err));
    lg_status st = doc_list(doc, call, j, list, count, err);
    lg_free(list);
    return st;
}

static void rows(rep_table *table, const dsl_call *call, const cmd_judged *j)
{
    mistake *list = NULL;
    size_t count = 0;
    cmd_id_column(table, j->set);
    rep_column_add(table, "file", REP_TEXT);
    rep_column_add(table, "label", REP_TEXT);
    rep_column_add(table, "predicted", REP_TEXT);
    rep_column_add(table, "confidence", REP_NUMBER);
    rep_column_add(table, "true_confidence", REP_NUMBER);
    if (find_mistakes(j, dsl_on(call, CONFIDENT), &list, &count, &table->failed)) return;
    for (size_t i = 0; i < count; i++) {
        data_image image;
        data_image_at(j->set, list[i].row, &image);
        rep_row_add(table);
        cmd_id_cell(table, &image);
        rep_text(table, image.name);
        rep_text(table, j->labels.name[list[i].truth]);
        rep_text(table, j->labels.name[list[i].said]);
        rep_number(table, (double)list[i].sure);
        rep_number(table, (double)list[i].true_share);
    }
    lg_free(list);
}

static lg_status mistakes_run(const dsl_call *call, lg_err *err)
{
    return cmd_judging_run(
        call, &(cmd_judging){.model = MODEL, .on = ON, .as = AS, .png = true, .fill = fill, .rows = rows}, err);
}

const dsl_command dsl_cmd_mistakes = {
    .name = "mistakes",
    .summary = "the images the model got most wrong",
    .detail =
        "The first are those whose true label it gave the smallest share; with `confident`, those it was surest of. "
        "Wrong labels, cut-off logos and look-alikes show up here first: with `confident` the lines that would give "
        "the "
        "first few the label it says are there to be copied, for those that are wrong indeed.",
    .group = "Evaluate",
    .params = params,
    .examples = (const char *const[]){"mistakes scratch limit 6",
                                      "mistakes scratch on logos.val where predicted = adidas confident", NULL},
    .makes = DSL_KIND_TABLE,
    .takes_where = true,
    .asks_model = true,
    .run = mistakes_run,
};
