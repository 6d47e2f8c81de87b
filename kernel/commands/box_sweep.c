/* box_sweep.c - a sweep as an object: its fields and its card. */
#include "kernel/commands/box_sweep.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

/* ---- life ---- */
cmd_trial *cmd_trial_ref(cmd_trial *trial)
{
    atomic_fetch_add_explicit(&trial->refs, 1, memory_order_relaxed);
    return trial;
}

void cmd_trial_unref(cmd_trial *trial)
{
    if (!trial || atomic_fetch_sub_explicit(&trial->refs, 1, memory_order_acq_rel) != 1) return;
    nn_net_unref(trial->net);
    cmd_score_release(&trial->score);
    lg_free(trial->key);
    lg_free(trial->right);
    lg_free(trial->val_accuracy);
    lg_free(trial);
}

void cmd_sweep_free(cmd_sweep *sweep)
{
    if (!sweep) return;
    for (int i = 0; sweep->trial && i < sweep->settings * sweep->repeat; i++) cmd_trial_unref(sweep->trial[i]);
    lg_free(sweep->trial);
    lg_free(sweep->setting);
    cmd_labels_release(&sweep->labels);
    lg_free(sweep->model);
    lg_free(sweep->data);
    lg_free(sweep->metric);
    lg_free(sweep->rest);
    lg_free(sweep);
}

static void sweep_drop(void *payload)
{
    cmd_sweep_free(payload);
}

/* ---- words ---- */
static void add_value(const cmd_sweep *sweep, double value, lg_buf *out)
{
    if (isnan(value)) lg_buf_adds(out, "–");
    else if (sweep->lower) lg_buf_addf(out, "%.3g", value);
    else lg_buf_addf(out, "%s%%", plt_points(value, 1));
}

static bool is_shown(const cmd_sweep *sweep, int axis)
{
    bool any = false;
    for (int a = 0; a < SWEEP_AXES; a++) any |= sweep->varies[a];
    return any ? sweep->varies[axis] : sweep->setting[0].value[axis].text[0] != 0;
}

void cmd_sweep_setting_text(const cmd_sweep *sweep, int setting, lg_buf *out)
{
    const char *gap = "";
    for (int a = 0; a < SWEEP_AXES; a++) {
        const char *text = sweep->setting[setting].value[a].text;
        if (!is_shown(sweep, a) || !*text) continue;
        lg_buf_addf(out, "%s%s %s", gap, cmd_sweep_axis_names[a], text);
        gap = " ";
    }
}

/* The line that trains the model as this setting did. */
static void add_fit_line(const cmd_sweep *sweep, int setting, lg_buf *out)
{
    lg_buf_addf(out, "fit %s on %s", sweep->model, sweep->data);
    for (int a = 0; a < SWEEP_AXES; a++) {
        const char *text = sweep->setting[setting].value[a].text;
        bool usual = a == SWEEP_SCHEDULE && strcmp(text, "constant") == 0;
        if (*text && !usual && a != SWEEP_DROPOUT) lg_buf_addf(out, " %s %s", cmd_sweep_axis_names[a], text);
    }
    lg_buf_adds(out, sweep->rest);
}

/* ---- fields ---- */
static bool setting_field(const cmd_sweep *sweep, int setting, const char *word, lg_arena *arena, dsl_fact *out,
                          lg_err *err)
{
    for (int a = 0; a < SWEEP_AXES; a++) {
        const cmd_sweep_value *v = &sweep->setting[setting].value[a];
        double number;
        if (strcmp(word, cmd_sweep_axis_names[a]) != 0 || !v->text[0]) continue;
        out->number = v->number;
        if (!lg_parse_double(v->text, &number)) out->text = lg_arena_strndup(arena, v->text, strlen(v->text), err);
        return true;
    }
    return false;
}

static bool best_field(const cmd_sweep *sweep, const cmd_standing *best, const char *word, lg_arena *arena,
                       dsl_fact *out, lg_err *err)
{
    if (strcmp(word, "mean") == 0) out->number = best->mean;
    else if (strcmp(word, "low") == 0) out->number = best->low;
    else if (strcmp(word, "high") == 0) out->number = best->high;
    else return setting_field(sweep, best->setting, word, arena, out, err);
    return true;
}

static int count_ties(const cmd_standing *standing, int n)
{
    int ties = 0;
    for (int i = 1; i < n; i++) ties += !standing[i].apart;
    return ties;
}

static cmd_standing *judged(const cmd_sweep *sweep, int *n, lg_err *err)
{
    cmd_standing *standing = lg_alloc((size_t)sweep->settings + 1, sizeof *standing, err);
    if (standing) *n = cmd_sweep_judge(sweep, standing);
    return standing;
}

static lg_status sweep_field(const void *payload, const char *path, lg_arena *arena, dsl_fact *out, lg_err *err)
{
    const cmd_sweep *sweep = payload;
    int n;
    cmd_standing *standing = judged(sweep, &n, err);
    if (!standing) return err->status;
    bool known = true;
    *out = (dsl_fact){0};
    if (strcmp(path, "settings") == 0) out->number = sweep->settings;
    else if (strcmp(path, "runs") == 0) out->number = cmd_sweep_finished(sweep);
    else if (strcmp(path, "repeat") == 0) out->number = sweep->repeat;
    else if (strcmp(path, "ties") == 0) out->number = count_ties(standing, n);
    else if (n && strncmp(path, "best.", 5) == 0) known = best_field(sweep, &standing[0], path + 5, arena, out, err);
    else known = false;
    lg_free(standing);
    return err->status ? err->status : known ? LG_OK : LG_E_NAME;
}

static void sweep_fields(const void *payload, lg_buf *out)
{
    const cmd_sweep *sweep = payload;
    lg_buf_adds(out, "settings\nrepeat\nruns\nties\nbest.mean\nbest.low\nbest.high\n");
    for (int a = 0; a < SWEEP_AXES; a++)
        if (sweep->setting[0].value[a].text[0]) lg_buf_addf(out, "best.%s\n", cmd_sweep_axis_names[a]);
}

static void sweep_brief(const void *payload, lg_buf *out)
{
    const cmd_sweep *sweep = payload;
    lg_err err = {0};
    int n = 0;
    cmd_standing *standing = judged(sweep, &n, &err);
    lg_buf_addf(out, "%d settings of %s on %s, %d runs", sweep->settings, sweep->model, sweep->data,
                cmd_sweep_finished(sweep));
    if (standing && n) {
        lg_buf_adds(out, ", best ");
        cmd_sweep_setting_text(sweep, standing[0].setting, out);
        lg_buf_addf(out, ": %s ", sweep->metric);
        add_value(sweep, standing[0].mean, out);
    }
    lg_free(standing);
}

/* ---- the board ---- */
typedef struct board {
    const cmd_sweep *sweep;
    cmd_standing *standing;
    int n;
    lg_buf text; /* scratch */
} board;

static const char *value_text(board *b, double value)
{
    lg_buf_clear(&b->text);
    add_value(b->sweep, value, &b->text);
    return lg_buf_str(&b->text);
}

static void add_range(board *b, const cmd_standing *s)
{
    lg_buf_clear(&b->text);
    add_value(b->sweep, s->low, &b->text);
    lg_buf_adds(&b->text, " to ");
    add_value(b->sweep, s->high, &b->text);
}

/* What a difference looks like: points of a share, or the plain number of a loss. */
static void add_difference(const cmd_sweep *sweep, double value, lg_buf *out)
{
    if (sweep->lower) lg_buf_addf(out, "%.3g", value);
    else lg_buf_addf(out, "%.1f points", 100 * value);
}

static void add_verdict_cell(board *b, plt_doc *doc, int place)
{
    const cmd_standing *s = &b->standing[place];
    lg_buf_clear(&b->text);
    if (!place) lg_buf_adds(&b->text, "best");
    else if (isnan(s->needed)) lg_buf_adds(&b->text, "cannot be told");
    else if (!s->apart) lg_buf_adds(&b->text, "not distinguishable");
    else {
        lg_buf_adds(&b->text, "behind by ");
        add_difference(b->sweep, s->behind, &b->text);
    }
    bool diverged = false;
    for (int k = 0; k < b->sweep->repeat; k++) {
        const cmd_trial *t = b->sweep->trial[s->setting * b->sweep->repeat + k];
        diverged |= t && t->diverged;
    }
    plt_cell(doc, "%s%s", lg_buf_str(&b->text), diverged ? ", loss was lost" : "");
}

static double mean_seconds(const cmd_sweep *sweep, int setting)
{
    double sum = 0;
    int runs = 0;
    for (int k = 0; k < sweep->repeat; k++) {
        const cmd_trial *t = sweep->trial[setting * sweep->repeat + k];
        if (t) sum += t->seconds, runs++;
    }
    return runs ? sum / runs : 0;
}

static void board_columns(board *b, plt_doc *doc)
{
    plt_column(doc, PLT_RIGHT, "#");
    for (int a = 0; a < SWEEP_AXES; a++)
        if (is_shown(b->sweep, a))
            plt_column(doc, a == SWEEP_OPTIMIZER || a == SWEEP_SCHEDULE ? PLT_LEFT : PLT_RIGHT, "%s",
                       cmd_sweep_axis_names[a]);
    plt_column(doc, PLT_RIGHT, "%s%s", b->sweep->repeat > 1 ? "mean " : "", b->sweep->metric);
    if (b->sweep->repeat > 1) plt_column(doc, PLT_RIGHT, "lowest to highest");
    plt_column(doc, PLT_LEFT, "against the best");
    plt_column(doc, PLT_RIGHT, "s a run");
}

static void board_row(board *b, plt_doc *doc, int place)
{
    const cmd_standing *s = &b->standing[place];
    bool clear = b->n > 1 && b->standing[1].apart;
    plt_row(doc, PLT_ROW_PLAIN);
    plt_head(doc, "%d", place + 1);
    for (int a = 0; a < SWEEP_AXES; a++)
        if (is_shown(b->sweep, a)) plt_cell(doc, "%s", b->sweep->setting[s->setting].value[a].text);
    plt_cell(doc, "%s", value_text(b, s->mean));
    if (!place && clear) plt_cell_bold(doc);
    if (b->sweep->repeat > 1) {
        if (s->runs > 1) add_range(b, s);
        else lg_buf_clear(&b->text), lg_buf_adds(&b->text, "one run");
        if (s->runs < b->sweep->repeat) lg_buf_addf(&b->text, " (%d of %d)", s->runs, b->sweep->repeat);
        plt_cell(doc, "%s", lg_buf_str(&b->text));
    }
    add_verdict_cell(b, doc, place);
    plt_cell(doc, "%.2g", mean_seconds(b->sweep, s->setting));
}

static void doc_table(board *b, plt_doc *doc, int most)
{
    plt_table(doc, "%s", "");
    board_columns(b, doc);
    for (int i = 0; i < b->n && i < most; i++) board_row(b, doc, i);
}

/* Known of the accuracy alone; NAN: no line is drawn and nothing is said. */
static double baseline(const cmd_sweep *sweep)
{
    if (strcmp(sweep->metric, "accuracy") != 0) return NAN;
    for (int i = 0; i < sweep->settings * sweep->repeat; i++)
        if (sweep->trial[i]) return cmd_score_baseline(&sweep->trial[i]->score);
    return NAN;
}

/* Dots and ranges, the first 24 settings. */
static void doc_ranges(board *b, plt_doc *doc, lg_err *err)
{
    enum { MOST = 24 };
    int n = b->n < MOST ? b->n : MOST;
    double low[MOST], mean[MOST], high[MOST];
    const char *label[MOST];
    lg_arena names;
    lg_arena_init(&names, 0);
    for (int i = 0; i < n; i++) {
        low[i] = b->standing[i].low, mean[i] = b->standing[i].mean, high[i] = b->standing[i].high;
        lg_buf_clear(&b->text);
        cmd_sweep_setting_text(b->sweep, b->standing[i].setting, &b->text);
        label[i] = lg_arena_strndup(&names, lg_buf_str(&b->text), b->text.len, err);
        if (!label[i]) n = i;
    }
    lg_buf_clear(&b->text);
    lg_buf_addf(&b->text, "%s on the validation images: %s", b->sweep->metric,
                b->sweep->repeat > 1 ? "mean, lowest and highest" : "one run each");
    if (b->sweep->repeat == 1)
        plt_bars(doc, &(plt_bars_spec){.title = lg_buf_str(&b->text),
                                       .sentence = "",
                                       .labels = label,
                                       .values = mean,
                                       .n = n,
                                       .percent = !b->sweep->lower,
                                       .baseline = baseline(b->sweep),
                                       .baseline_name = "always the largest class"});
    else
        plt_intervals(doc, &(plt_intervals_spec){.title = lg_buf_str(&b->text),
                                                 .sentence = "",
                                                 .labels = label,
                                                 .low = low,
                                                 .value = mean,
                                                 .high = high,
                                                 .n = n,
                                                 .percent = !b->sweep->lower,
                                                 .baseline = baseline(b->sweep),
                                                 .baseline_name = "always the largest class"});
    lg_arena_release(&names);
}

static void doc_best(board *b, plt_doc *doc)
{
    const cmd_standing *s = &b->standing[0];
    lg_buf_clear(&b->text);
    cmd_sweep_setting_text(b->sweep, s->setting, &b->text);
    lg_buf_addf(&b->text, ": %s ", b->sweep->metric);
    add_value(b->sweep, s->mean, &b->text);
    if (s->runs > 1) {
        lg_buf_adds(&b->text, " (");
        add_value(b->sweep, s->low, &b->text);
        lg_buf_adds(&b->text, " to ");
        add_value(b->sweep, s->high, &b->text);
        lg_buf_addf(&b->text, " over %d seeds)", s->runs);
    }
    plt_sentence(doc, "Best is %s", lg_buf_str(&b->text));
    if (s->mean <= baseline(b->sweep))
        plt_text(doc, "Always answering with the largest class gives %s%%: nothing was learnt yet.",
                 plt_points(baseline(b->sweep), 1));
}

static void doc_first_two(board *b, plt_doc *doc)
{
    const cmd_standing *s = &b->standing[1];
    lg_buf_clear(&b->text);
    add_difference(b->sweep, s->behind, &b->text);
    if (isnan(s->needed)) {
        plt_text(doc, "Whether the best two differ cannot be told from one run each: add `repeat 3`.");
        return;
    }
    char apart[40];
    snprintf(apart, sizeof apart, "%s", lg_buf_str(&b->text));
    lg_buf_clear(&b->text);
    add_difference(b->sweep, s->needed, &b->text);
    if (s->apart)
        plt_text(doc, "The best one is ahead of the second by %s; up to %s could be chance.", apart,
                 lg_buf_str(&b->text));
    else
        plt_text(doc, "The best two are not distinguishable: they are %s apart, and up to %s could be chance.", apart,
                 lg_buf_str(&b->text));
}

static void doc_verdict(board *b, plt_doc *doc)
{
    int ties = count_ties(b->standing, b->n), quickest = 0;
    if (b->n < 2) return;
    doc_first_two(b, doc);
    for (int i = 1; i < b->n; i++)
        if (!b->standing[i].apart && mean_seconds(b->sweep, b->standing[i].setting) <
                                         0.7 * mean_seconds(b->sweep, b->standing[quickest].setting))
            quickest = i;
    if (ties > 1 && ties == b->n - 1) plt_text(doc, "None of the %d others is distinguishable from the best.", ties);
    else if (ties > 1) plt_text(doc, "%d of the %d others are not distinguishable from the best.", ties, b->n - 1);
    if (quickest) {
        lg_buf_clear(&b->text);
        cmd_sweep_setting_text(b->sweep, b->standing[quickest].setting, &b->text);
        plt_text(doc, "Of those, %s takes the least time.", lg_buf_str(&b->text));
    }
    if (b->n > 2 && !isnan(b->standing[1].needed))
        plt_note(doc, "what could be chance counts all %d pairs (Holm's rule)%s", b->n * (b->n - 1) / 2,
                 b->sweep->repeat > 1 ? "; the luck of the seeds is that of all settings together" : "");
    if (b->standing[0].runs + b->standing[1].runs == 2)
        plt_note(doc,
                 "one run each: how much of a difference is the luck of one seed is not known; `repeat 3` shows it");
    plt_note(doc, "the best of %d was picked by these validation images and flatters itself a little; %s", b->n,
             b->sweep->tested ? "judge it in the end by the test images"
                              : "images kept apart (`split … 60/20/20`) would not");
}

static void doc_winner(board *b, plt_doc *doc)
{
    const cmd_sweep *sweep = b->sweep;
    const cmd_sweep_value *rate = &sweep->setting[b->standing[0].setting].value[SWEEP_DROPOUT];
    lg_buf_clear(&b->text);
    add_fit_line(sweep, b->standing[0].setting, &b->text);
    plt_text(doc, "`%s` itself is as it was. To train it like the best one%s%s%s:", sweep->model,
             rate->text[0] ? ", write `dropout " : "", rate->text, rate->text[0] ? "` in the model, then" : "");
    plt_code(doc, "%s", lg_buf_str(&b->text));
}

/* "#2 0.03 16": place and values, which is all that fits at the end of a line. */
static void add_short(board *b, int place)
{
    lg_buf_addf(&b->text, "#%d", place + 1);
    for (int a = 0; a < SWEEP_AXES; a++)
        if (b->sweep->varies[a])
            lg_buf_addf(&b->text, " %s", b->sweep->setting[b->standing[place].setting].value[a].text);
}

/* Validation accuracy per epoch of the first six, one run each. */
static void doc_curves(board *b, plt_doc *doc, lg_err *err)
{
    enum { MOST = 6 };
    plt_line line[MOST] = {0};
    int n = 0;
    lg_arena names;
    lg_arena_init(&names, 0);
    for (int i = 0; i < b->n && n < MOST; i++) {
        const cmd_trial *t = b->sweep->trial[b->standing[i].setting * b->sweep->repeat];
        if (!t || t->epochs < 2) continue;
        lg_buf_clear(&b->text);
        add_short(b, i);
        line[n].name = lg_arena_strndup(&names, lg_buf_str(&b->text), b->text.len, err);
        if (!line[n].name) break;
        line[n].y = t->val_accuracy, line[n].n = t->epochs, line[n].dash = n >= 4;
        n++;
    }
    if (n) {
        plt_fold_begin(doc, "Curves of the first %d", n);
        plt_lines(doc, &(plt_lines_spec){.title = "Validation accuracy",
                                         .sentence = "",
                                         .x = {.label = "epoch", .whole = true},
                                         .y = {.label = "accuracy", .percent = true},
                                         .lines = line,
                                         .nline = n});
        plt_fold_end(doc);
    }
    lg_arena_release(&names);
}

static void doc_runs(board *b, plt_doc *doc)
{
    const cmd_sweep *sweep = b->sweep;
    plt_fold_begin(doc, "Every run");
    plt_table(doc, "%s", "");
    plt_column(doc, PLT_LEFT, "settings");
    plt_column(doc, PLT_RIGHT, "seed");
    plt_column(doc, PLT_RIGHT, "%s", sweep->metric);
    plt_column(doc, PLT_RIGHT, "epoch kept");
    plt_column(doc, PLT_RIGHT, "seconds");
    for (int i = 0; i < b->n; i++)
        for (int k = 0; k < sweep->repeat; k++) {
            const cmd_trial *t = sweep->trial[b->standing[i].setting * sweep->repeat + k];
            if (!t) continue;
            plt_row(doc, PLT_ROW_PLAIN);
            lg_buf_clear(&b->text);
            cmd_sweep_setting_text(sweep, b->standing[i].setting, &b->text);
            plt_head(doc, "%s", lg_buf_str(&b->text));
            plt_cell(doc, "%llu", (unsigned long long)(sweep->seed + (uint64_t)k));
            plt_cell(doc, "%s%s", value_text(b, cmd_sweep_value_of(sweep, t)), t->diverged ? " (diverged)" : "");
            plt_cell(doc, "%d", t->kept);
            plt_cell(doc, "%.2g", t->seconds);
        }
    plt_fold_end(doc);
}

static bool board_begin(board *b, const cmd_sweep *sweep, lg_err *err)
{
    *b = (board){.sweep = sweep};
    b->standing = judged(sweep, &b->n, err);
    lg_buf_init(&b->text, 4096);
    return b->standing != NULL;
}

static void board_end(board *b)
{
    lg_free(b->standing);
    lg_buf_release(&b->text);
}

void cmd_doc_sweep_so_far(plt_doc *doc, const cmd_sweep *sweep, lg_err *err)
{
    board b;
    if (board_begin(&b, sweep, err) && b.n) doc_table(&b, doc, 10);
    board_end(&b);
}

void cmd_doc_sweep(plt_doc *doc, const cmd_sweep *sweep, lg_err *err)
{
    board b;
    int asked = sweep->settings * sweep->repeat, done = cmd_sweep_finished(sweep);
    if (done < asked)
        plt_text(doc, "%s after %d of %d runs%s", sweep->stopped ? "Stopped" : "The time was up", done, asked,
                 done ? "; those are kept, and the same line goes on from here" : "");
    if (board_begin(&b, sweep, err) && b.n) {
        doc_best(&b, doc);
        doc_table(&b, doc, 100);
        if (b.n > 1) doc_ranges(&b, doc, err);
        doc_verdict(&b, doc);
        doc_winner(&b, doc);
        doc_curves(&b, doc, err);
        if (sweep->repeat > 1) doc_runs(&b, doc);
        if (sweep->repeat > 1)
            plt_note(doc, "%s",
                     sweep->fresh ? "each seed gives first weights, order of the images and dropout of its own"
                                  : "the first weights are the model's own in every run; the seeds change the "
                                    "order of the images and dropout");
    }
    board_end(&b);
}

/* ---- as rows ---- */
static void table_row(const cmd_sweep *sweep, int setting, int round, rep_table *table)
{
    const cmd_trial *t = sweep->trial[setting * sweep->repeat + round];
    rep_row_add(table);
    for (int a = 0; a < SWEEP_AXES; a++) {
        const cmd_sweep_value *v = &sweep->setting[setting].value[a];
        if (!v->text[0]) continue;
        if (a == SWEEP_OPTIMIZER || a == SWEEP_SCHEDULE) rep_text(table, v->text);
        else rep_number(table, v->number);
    }
    rep_number(table, (double)sweep->seed + round);
    rep_number(table, cmd_sweep_value_of(sweep, t));
    rep_number(table, nn_confusion_accuracy(t->score.count, t->score.classes));
    rep_number(table, t->kept);
    rep_number(table, t->seconds);
}

lg_status cmd_sweep_table(const void *payload, rep_table *table, lg_err *err)
{
    const cmd_sweep *sweep = payload;
    for (int a = 0; a < SWEEP_AXES; a++)
        if (sweep->setting[0].value[a].text[0])
            rep_column_add(table, cmd_sweep_axis_names[a],
                           a == SWEEP_OPTIMIZER || a == SWEEP_SCHEDULE ? REP_TEXT : REP_NUMBER);
    rep_column_add(table, "seed", REP_NUMBER);
    rep_column_add(table, "metric", REP_NUMBER);
    rep_column_add(table, "accuracy", REP_NUMBER);
    rep_column_add(table, "epoch", REP_NUMBER);
    rep_column_add(table, "seconds", REP_NUMBER);
    for (int i = 0; i < sweep->settings; i++)
        for (int k = 0; k < sweep->repeat; k++)
            if (sweep->trial[i * sweep->repeat + k]) table_row(sweep, i, k, table);
    return rep_table_check(table, err);
}

static lg_status sweep_show(const dsl_object *object, const char *name, dsl_out *out, lg_err *err)
{
    const cmd_sweep *sweep = object->payload;
    plt_doc doc;
    plt_doc_init(&doc);
    plt_title(&doc, "%s: sweep %s on %s, %d settings, %.10s %.5s UTC", name, sweep->model, sweep->data, sweep->settings,
              object->made, object->made + 11);
    cmd_doc_sweep(&doc, sweep, err);
    if (err->status == LG_OK) return cmd_display_to(out, &doc, true, 0, err);
    plt_doc_release(&doc);
    return err->status;
}

const dsl_class cmd_sweep_class = {
    .kind = DSL_KIND_TABLE,
    .drop = sweep_drop,
    .field = sweep_field,
    .fields = sweep_fields,
    .brief = sweep_brief,
    .show = sweep_show,
};
