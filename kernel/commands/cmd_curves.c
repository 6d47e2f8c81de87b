/* cmd_curves.c - `curves`: accuracy and loss per epoch of one or more runs. */
#include "kernel/commands/lr_race.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { RUN, METRIC, SMOOTH };
enum { COLORS = 6 };

static const dsl_param params[] = {
    [RUN] = {.name = "run",
             .role = DSL_POSITIONAL,
             .type = DSL_T_OBJECT,
             .kinds = DSL_RUNS | DSL_MODELS,
             .required = true,
             .list = true,
             .implicit = true,
             .help = "runs, or models (all the runs they remember)"},
    [METRIC] = {.name = "metric",
                .role = DSL_OPTION,
                .type = DSL_T_CHOICE,
                .choices = "accuracy loss",
                .list = true,
                .dflt = "accuracy, loss",
                .help = "what to draw"},
    [SMOOTH] = {.name = "smooth",
                .role = DSL_OPTION,
                .type = DSL_T_NUMBER,
                .dflt = "0",
                .min = 0,
                .max = 0.99,
                .help = "share of the epochs before that is mixed into each point",
                .advice = "0 shows what was measured; 0.6 calms noisy curves; near 1 hides what happened"},
    {0},
};

/* The runs to draw: runs as named, models with all they remember. */
typedef struct run_list {
    const cmd_run **run;
    const char **name;
    int count;
    int lost; /* of these: runs without a single epoch, which a race knows of and no line shows */
} run_list;

static void take(run_list *to, const cmd_run *run, const char *name)
{
    if (!run->run.epochs && !run->run.diverged) return;
    to->lost += !run->run.epochs;
    to->run[to->count] = run;
    to->name[to->count++] = name;
}

/* `demo` is the last round of a loop, demo.4: the rounds before it, where there are some. */
static void take_rounds(const dsl_call *call, const dsl_value *v, run_list *to)
{
    const cmd_run *last = v->object->payload;
    size_t len = strlen(v->name);
    long long rounds;
    bool looped = strncmp(last->name, v->name, len) == 0 && last->name[len] == '.' &&
                  lg_parse_int(last->name + len + 1, &rounds) && rounds <= CMD_RUNS;
    for (int i = 1; looped && i < rounds; i++) {
        char name[120];
        snprintf(name, sizeof name, "%.80s.%d", v->name, i);
        dsl_object *round = dsl_session_get(call->session, name);
        if (!round || round->cls != &cmd_run_class) continue;
        take(to, round->payload, ((const cmd_run *)round->payload)->name);
    }
    take(to, last, looped ? last->name : v->name);
}

static lg_status room_for(const dsl_call *call, run_list *to, lg_err *err)
{
    size_t most = (size_t)call->arg[RUN].count * CMD_RUNS;
    to->run = lg_arena_alloc(call->arena, most, sizeof *to->run, err);
    to->name = lg_arena_alloc(call->arena, most, sizeof *to->name, err);
    return to->run && to->name ? LG_OK : err->status;
}

static lg_status collect(const dsl_call *call, run_list *to, lg_err *err)
{
    const dsl_arg *arg = &call->arg[RUN];
    LG_TRY(room_for(call, to, err));
    for (int i = 0; i < arg->count; i++) {
        const dsl_value *v = &arg->value[i];
        const cmd_model *model = v->object->cls->kind == DSL_KIND_MODEL ? v->object->payload : NULL;
        int before = to->count;
        for (int k = 0; k < (model ? model->runs : 1); k++) {
            const cmd_run *run = model ? model->run[k]->payload : v->object->payload;
            take(to, run, !model ? v->name : model->runs == 1 ? v->name : run->name);
        }
        if (to->count > before) continue;
        lg_fail(err, LG_E_DATA, 411, "`%s` has not been trained yet", v->name);
        lg_try(err, "fit %s", v->name);
        return lg_err_place(err, v->span);
    }
    return LG_OK;
}

/* Runs that differ in their learning rate alone: those named, or the rounds that one name stands for. */
static bool find_race(const dsl_call *call, const run_list *runs, cmd_race *race, lg_err *err)
{
    run_list rounds = {0};
    const dsl_value *only = call->arg[RUN].count == 1 ? &call->arg[RUN].value[0] : NULL;
    if (call->arg[METRIC].given || call->arg[SMOOTH].given) return false; /* these ask for lines */
    if (cmd_race_of(runs->run, runs->name, runs->count, race)) return true;
    if (!only || only->object->cls->kind != DSL_KIND_RUN || room_for(call, &rounds, err)) return false;
    take_rounds(call, only, &rounds);
    return cmd_race_of(rounds.run, rounds.name, rounds.count, race);
}

/* Without the runs that have nothing to draw. */
static void leave_lost(run_list *runs)
{
    int kept = 0;
    for (int i = 0; i < runs->count; i++)
        if (runs->run[i]->run.epochs) runs->run[kept] = runs->run[i], runs->name[kept++] = runs->name[i];
    runs->count = kept;
}

/* Exponential mean with bias correction, so that the first points are not pulled to zero. */
static void smooth(double *y, int n, double share)
{
    double mean = 0, weight = 0;
    for (int i = 0; i < n; i++) {
        if (isnan(y[i])) continue;
        mean = share * mean + (1 - share) * y[i];
        weight = share * weight + (1 - share);
        y[i] = mean / weight;
    }
}

typedef struct curve_lines {
    plt_line *line;
    char (*name)[80];
    int count;
    double most, worst; /* points above most are left out; worst: the largest of them in this run, else 0 */
} curve_lines;

static void add_line(curve_lines *to, const nn_run *r, size_t offset, double *x, double *y, double share, bool dash,
                     uint32_t color)
{
    for (int i = 0; i < r->epochs; i++) {
        x[i] = r->epoch[i].epoch;
        memcpy(&y[i], (const char *)&r->epoch[i] + offset, sizeof *y);
        if (!(y[i] > to->most)) continue;
        to->worst = fmax(to->worst, y[i]);
        y[i] = NAN;
    }
    if (share > 0) smooth(y, r->epochs, share);
    to->line[to->count] =
        (plt_line){.name = to->name[to->count], .x = x, .y = y, .n = r->epochs, .dash = dash, .color = color};
    to->count++;
}

/* A loss many times that of guessing would flatten all other lines: such points are left out, and told. */
static void note_lost(plt_doc *doc, const curve_lines *lines, const char *name)
{
    if (lines->worst > 0)
        plt_note(doc, "%s leaves the chart: its loss reached %.2g (guessing costs %.2g)", name, lines->worst,
                 lines->most / 4);
}

/* One chart of one metric over all runs: training solid, validation dashed, one colour a run; from the
 * seventh on colours come again, with points. Names stand at the ends. */
static lg_status overlay(const dsl_call *call, plt_doc *doc, const run_list *runs, bool loss, lg_err *err)
{
    static const uint32_t color[] = {PLT_BLUE, PLT_VERMILION, PLT_GREEN, PLT_PURPLE, PLT_ORANGE, PLT_INK};
    size_t numbers = 0, lines = 2 * (size_t)runs->count;
    double share = call->arg[SMOOTH].value[0].number;
    for (int i = 0; i < runs->count; i++) numbers += 4 * (size_t)runs->run[i]->run.epochs;
    double *room = lg_arena_alloc(call->arena, numbers + 1, sizeof *room, err);
    curve_lines to = {.line = lg_arena_alloc(call->arena, lines, sizeof *to.line, err),
                      .name = lg_arena_alloc(call->arena, lines, sizeof *to.name, err)};
    if (!room || !to.line || !to.name) return err->status;
    for (int i = 0; i < runs->count; i++) {
        const nn_run *r = &runs->run[i]->run;
        size_t n = (size_t)r->epochs;
        bool val = n && !isnan(r->epoch[0].val_accuracy);
        to.most = loss && runs->count > 1 ? 4 * log(r->classes > 1 ? r->classes : 2) : INFINITY;
        to.worst = 0;
        snprintf(to.name[to.count], sizeof *to.name, "%.60s train", runs->name[i]);
        add_line(&to, r, loss ? offsetof(nn_epoch, loss) : offsetof(nn_epoch, accuracy), room, room + n, share, false,
                 color[i % COLORS]);
        room += 2 * n;
        if (val) snprintf(to.name[to.count], sizeof *to.name, "%.60s val", runs->name[i]);
        if (val)
            add_line(&to, r, loss ? offsetof(nn_epoch, val_loss) : offsetof(nn_epoch, val_accuracy), room, room + n,
                     share, true, color[i % COLORS]);
        for (int k = to.count - 1 - val; i >= COLORS && k < to.count; k++) to.line[k].points = true;
        room += val ? 2 * n : 0;
        note_lost(doc, &to, runs->name[i]);
    }
    plt_lines(doc, &(plt_lines_spec){.title = loss ? "Loss" : "Accuracy",
                                     .x = {.label = "epoch", .whole = true},
                                     .y = {.label = loss ? "loss" : "accuracy", .percent = !loss},
                                     .lines = to.line,
                                     .nline = to.count});
    return LG_OK;
}

static bool wants(const dsl_call *call, int choice)
{
    for (int i = 0; i < call->arg[METRIC].count; i++)
        if (call->arg[METRIC].value[i].choice == choice) return true;
    return false;
}

static lg_status doc_lines(const dsl_call *call, plt_doc *doc, const run_list *runs, lg_err *err)
{
    if (wants(call, 0)) LG_TRY(overlay(call, doc, runs, false, err));
    return wants(call, 1) ? overlay(call, doc, runs, true, err) : LG_OK;
}

/* The race, and all lines in one chart: folded away, unless there are runs that took no part. */
static lg_status doc_race(const dsl_call *call, plt_doc *doc, const cmd_race *race, const run_list *runs, lg_err *err)
{
    bool more = false;
    for (int i = 0; i < runs->count; i++) more |= !cmd_race_has(race, runs->run[i]);
    cmd_doc_race(doc, race);
    if (runs->count < 2) return LG_OK;
    if (more) plt_heading(doc, "All %d runs in one chart", runs->count);
    else plt_fold_begin(doc, "The same runs in one chart");
    lg_status st = doc_lines(call, doc, runs, err);
    if (!more) plt_fold_end(doc);
    return st;
}

static lg_status curves_run(const dsl_call *call, lg_err *err)
{
    run_list runs = {0};
    cmd_race race;
    plt_doc doc;
    LG_TRY(collect(call, &runs, err));
    bool raced = find_race(call, &runs, &race, err);
    if (err->status) return err->status;
    plt_doc_init(&doc);
    double share = call->arg[SMOOTH].value[0].number;
    int shown = raced && race.n > runs.count ? race.n : runs.count;
    leave_lost(&runs);
    plt_title(&doc, "curves of %d run%s%s%s", shown, shown == 1 ? "" : "s", *call->note ? " " : "", call->note);
    if (share > 0) plt_note(&doc, "smoothed by %g: lines and the values named after them are not as measured", share);
    for (int i = 0; i < call->arg[RUN].count; i++)
        if (call->arg[RUN].value[i].object->cls->kind == DSL_KIND_MODEL)
            cmd_note_stale(&doc, call, call->arg[RUN].value[i].object->payload);
    lg_status st = LG_OK;
    if (raced) st = doc_race(call, &doc, &race, &runs, err);
    else if (runs.count == 1 && share == 0 && !call->arg[METRIC].given) cmd_doc_run(&doc, runs.run[0]);
    else if (runs.count) st = doc_lines(call, &doc, &runs, err);
    else plt_text(&doc, "The loss was lost before the first epoch had ended: there is nothing to draw");
    if (st == LG_OK) return cmd_display(call, &doc, true, err);
    plt_doc_release(&doc);
    return st;
}

const dsl_command dsl_cmd_curves = {
    .name = "curves",
    .summary = "accuracy and loss per epoch of one or more runs",
    .detail = "Runs that differ in their learning rate alone are shown as a race: a small chart for each, with the "
              "same axes, and whether the rate was too large, right or too small. `metric` or `smooth` draw them as "
              "lines in one chart instead.",
    .group = "Evaluate",
    .params = params,
    .examples = (const char *const[]){"curves scratch", "curves trial.1, trial.2 metric accuracy",
                                      "for rate in 1.0, 0.01 { fit scratch epochs 2 lr $rate again quiet as demo }; "
                                      "curves demo",
                                      NULL},
    .run = curves_run,
};
