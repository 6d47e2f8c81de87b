/* cmd_clean.c - `clean`: size, scale, glare, and which images stay; every rule named, counted and shown. */
#include "kernel/commands/box_dataset.h"
#include "kernel/commands/box_strip.h"
#include "kernel/commands/params.h"
#include "lib/data/clean.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { DATA, SIZE, FIT, SCALE, GLARE, REPLACE, BRIGHTNESS, BLUR, NEAR, DEDUPE, DROP };

/* Options have no default value but the dataset's own, so that a second `clean` keeps what the first one set. */
static const dsl_param params[] = {
    [DATA] = CMD_DATASET("the dataset to clean, or a part of it to leave images out of"),
    [SIZE] = {.name = "size",
              .role = DSL_OPTION,
              .type = DSL_T_SIZE,
              .min = 1,
              .max = 4096,
              .dflt_help = "as it is, else 64x64",
              .help = "height x width of every image; 64 is 64x64, 64x64x1 is grey"},
    [FIT] = {.name = "fit",
             .role = DSL_OPTION,
             .type = DSL_T_CHOICE,
             .choices = "crop pad stretch",
             .dflt_help = "as it is, else crop",
             .help = "cut off what sticks out, add a border, or distort"},
    [SCALE] = {.name = "scale",
               .role = DSL_OPTION,
               .type = DSL_T_RANGE,
               .dflt_help = "as it is, else 0..1",
               .help = "what black and white become for the network",
               .advice = "0..1, or -1..1"},
    [GLARE] = {.name = "glare",
               .role = DSL_OPTION,
               .type = DSL_T_NUMBER,
               .choices = "off",
               .min = 0,
               .max = 255,
               .dflt_help = "as it is, else off",
               .help = "replace patches at least so bright (1 to 255) and without colour",
               .advice = "230 to 250; lower takes white marks for glare"},
    [REPLACE] = {.name = "replace",
                 .role = DSL_OPTION,
                 .type = DSL_T_CHOICE,
                 .choices = "median clip mean",
                 .dflt_help = "as it is, else median",
                 .help = "what glare becomes: the median or mean of what lies around it, or the threshold itself"},
    [BRIGHTNESS] = {.name = "brightness",
                    .role = DSL_OPTION,
                    .type = DSL_T_RANGE,
                    .choices = "off",
                    .dflt_help = "off",
                    .help = "leave out images whose mean brightness (0 black, 1 white) lies outside",
                    .advice = "0.1..0.95"},
    [BLUR] = {.name = "blur",
              .role = DSL_OPTION,
              .type = DSL_T_NUMBER,
              .choices = "off",
              .dflt_help = "off",
              .min = 0,
              .max = 1e6,
              .help = "leave out images less sharp than this (the variance of the Laplacian)",
              .advice = "20 to 200; `show … sort sharpness ascending` shows the least sharp first"},
    [NEAR] = {.name = "near",
              .role = DSL_OPTION,
              .type = DSL_T_INT,
              .dflt_help = "6",
              .min = 0,
              .max = 16,
              .help = "what `dedupe` takes for the same picture: bits of 64 in which their hashes differ",
              .advice = "0 to 10; 0: almost identical, above 10: other pictures too"},
    [DEDUPE] = {.name = "dedupe",
                .role = DSL_FLAG,
                .type = DSL_T_FLAG,
                .help = "of pictures with one label that look alike keep only the first"},
    [DROP] = {.name = "drop",
              .role = DSL_FLAG,
              .type = DSL_T_FLAG,
              .help = "leave out files that cannot be read and images without a label"},
    {0},
};

/* ---- what was asked ---- */
static lg_status wrong_brightness(const dsl_value *v, lg_err *err)
{
    lg_fail(err, LG_E_ARG, 142, "`clean brightness` goes from 0 (black) to 1 (white), not `%.60s`", v->text);
    if (v->number >= 0 && v->high <= 255) lg_try(err, "did you mean `%.2g..%.2g`?", v->number / 255, v->high / 255);
    return lg_err_place(err, v->span);
}

static lg_status read_ranges(const dsl_call *call, data_rules *rules, lg_err *err)
{
    const dsl_value *scale = dsl_val(call, SCALE), *brightness = dsl_val(call, BRIGHTNESS);
    if (scale) {
        rules->low = scale->number;
        rules->high = scale->high;
        if (!(rules->low < rules->high) || fabs(rules->low) > 1000 || fabs(rules->high) > 1000) {
            lg_fail(err, LG_E_ARG, 142, "`clean scale` goes from a smaller number to a larger one, not `%.60s`",
                    scale->text);
            lg_try(err, "scale 0..1");
            return lg_err_place(err, scale->span);
        }
    }
    if (!brightness || brightness->type != DSL_T_RANGE) return LG_OK;
    rules->dark = brightness->number;
    rules->bright = brightness->high;
    return rules->dark >= 0 && rules->bright <= 1 ? LG_OK : wrong_brightness(brightness, err);
}

/* Pixel rules: those of the set, changed by what is written. Rules that leave images out: what is written. */
static lg_status read_rules(const dsl_call *call, const data_set *set, data_rules *rules, lg_err *err)
{
    static const img_fit_mode fits[] = {IMG_FIT_CROP, IMG_FIT_PAD, IMG_FIT_STRETCH};
    const dsl_value *size = dsl_val(call, SIZE), *glare = dsl_val(call, GLARE), *blur = dsl_val(call, BLUR);
    const data_rules now = data_rules_of(set);
    *rules = DATA_RULES_NONE;
    rules->size = now.size, rules->fit = now.fit;
    rules->low = now.low, rules->high = now.high;
    rules->glare = now.glare, rules->replace = now.replace;
    if (size)
        rules->size = (data_size){.h = size->size[0], .w = size->size[1], .c = size->nsize > 2 ? size->size[2] : 0};
    if (dsl_val(call, FIT)) rules->fit = fits[dsl_val(call, FIT)->choice];
    if (glare && glare->type != DSL_T_NUMBER) rules->glare = 0;
    else if (glare) rules->glare = (int)lround(glare->number <= 1 ? glare->number * 255 : glare->number);
    if (dsl_val(call, REPLACE)) rules->replace = (data_fill_kind)dsl_val(call, REPLACE)->choice;
    if (blur && blur->type == DSL_T_NUMBER) rules->blur = blur->number;
    if (dsl_val(call, NEAR)) rules->near = (int)dsl_val(call, NEAR)->integer;
    rules->dedupe = dsl_on(call, DEDUPE);
    rules->drop = dsl_on(call, DROP);
    return read_ranges(call, rules, err);
}

/* ---- the table of rules ---- */
enum { NUMBER = 40 };

/* 0.0104, 23,612. */
static void number_text(double value, char out[NUMBER])
{
    if (value >= 1000) snprintf(out, NUMBER, "%s", lg_thousands(llround(value)));
    else snprintf(out, NUMBER, "%.3g", value);
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static void rule_row(plt_doc *doc, const char *name, const char *setting, size_t images, const char *what)
{
    plt_row(doc, PLT_ROW_PLAIN);
    plt_head(doc, "%s", name);
    plt_cell(doc, "%s", setting);
    plt_cell(doc, "%s", lg_thousands((long long)images));
    plt_cell(doc, "%s", what);
}

/* Files that cannot be read are in a set, so that they can be listed, but no network sees them. */
static size_t readable(const data_set *set)
{
    size_t n = 0;
    for (size_t i = 0; i < data_count(set); i++) {
        data_image image;
        data_image_at(set, i, &image);
        n += image.broken == NULL;
    }
    return n;
}

static void left_out_row(plt_doc *doc, const data_clean_report *r, data_rule rule, const char *setting)
{
    if (r->rule[rule].on) rule_row(doc, data_rule_names[rule], setting, r->rule[rule].images, "left out");
}

static void doc_rules(plt_doc *doc, const data_set *set, const data_rules *asked, const data_clean_report *r)
{
    static const char *const replaced[] = {"median", "clip", "mean"};
    const data_rules now = data_rules_of(set);
    char text[80], what[100];
    plt_table(doc, "Rules, in the order in which they work");
    plt_column(doc, PLT_LEFT, "Rule");
    plt_column(doc, PLT_LEFT, "Setting");
    plt_column(doc, PLT_RIGHT, "Images");
    plt_column(doc, PLT_LEFT, "What happened");
    static const char *const fits[] = {"crop", "pad", "stretch"};
    snprintf(text, sizeof text, "%dx%dx%d %s", now.size.h, now.size.w, now.size.c, fits[now.fit]);
    rule_row(doc, "size", text, r->rule[DATA_RULE_SIZE].images,
             r->rule[DATA_RULE_SIZE].on ? "fitted" : "fitted before");
    if (r->rule[DATA_RULE_GLARE].on) {
        snprintf(text, sizeof text, "%d %s", now.glare, replaced[now.replace]);
        snprintf(what, sizeof what, "changed, on average %.1f%% of the pixels", 100 * r->rule[DATA_RULE_GLARE].share);
        rule_row(doc, "glare", text, r->rule[DATA_RULE_GLARE].images, what);
    }
    left_out_row(doc, r, DATA_RULE_DROP, "");
    snprintf(text, sizeof text, "%g..%g", asked->dark, asked->bright);
    left_out_row(doc, r, DATA_RULE_BRIGHTNESS, text);
    snprintf(text, sizeof text, "at least %g", asked->blur);
    left_out_row(doc, r, DATA_RULE_BLUR, text);
    snprintf(text, sizeof text, "near %d", asked->near);
    left_out_row(doc, r, DATA_RULE_DEDUPE, text);
    snprintf(text, sizeof text, "%g..%g", now.low, now.high);
    rule_row(doc, "scale", text, readable(set), "when a network looks at them");
}

/* ---- the strips: four examples of each rule, the others folded away ---- */
typedef struct strip {
    const data_set *old, *set;
    data_rules fitted; /* size and fit of the new set, for "before" */
    const data_clean_report *report;
    plt_doc *doc;
} strip;

static lg_status pair_thumb(const strip *s, const img_picture *a, const img_picture *b, const cmd_strip_look *look,
                            const char *caption, lg_err *err)
{
    img_picture pair = {0};
    LG_TRY(cmd_strip_pair(a, b, look, &pair, err));
    plt_thumb(s->doc, pair.px, pair.w, pair.h, PLT_EDGE_NONE, "%s", caption);
    img_picture_release(&pair);
    return LG_OK;
}

/* "412 Nike". */
static void caption_of(const data_set *set, size_t row, char *out, size_t room)
{
    data_image image;
    data_image_at(set, row, &image);
    snprintf(out, room, "%s %s", image.number, image.label < 0 ? "no label" : data_class_name(set, image.label));
}

/* The original, or for glare the fitted picture, beside what became of it. */
static lg_status change_pair(const strip *s, data_rule rule, uint32_t id, lg_err *err)
{
    enum { ORIGINAL = 256 };
    char caption[300];
    img_picture before = {0}, after = {0};
    size_t row = (size_t)data_row_of(s->old, id);
    data_image image;
    lg_status st;
    caption_of(s->old, row, caption, sizeof caption);
    data_image_at(s->old, row, &image);
    size_t len = strlen(caption);
    if (rule == DATA_RULE_SIZE) {
        snprintf(caption + len, sizeof caption - len, "\n%dx%d", image.h, image.w);
        LG_GO(data_original(s->old, row, ORIGINAL, &before, err));
        LG_GO(data_fitted(s->old, &s->fitted, row, &after, err));
    } else {
        LG_GO(data_fitted(s->old, &s->fitted, row, &before, err));
        LG_GO(img_picture_copy(&after, before.px, before.h, before.w, before.c, err));
        LG_GO(data_rules_apply(&s->fitted, &after, err));
    }
    LG_GO(pair_thumb(s, &before, &after, &(cmd_strip_look){.arrow = true, .outline = rule == DATA_RULE_GLARE}, caption,
                     err));
done:
    img_picture_release(&before);
    img_picture_release(&after);
    return st;
}

/* Size has no "most changed": a fair look at all of them serves. */
static size_t change_examples(const strip *s, data_rule rule, uint32_t id[DATA_EXAMPLES])
{
    uint32_t rows[DATA_EXAMPLES];
    size_t n = (size_t)s->report->rule[rule].examples;
    memcpy(id, s->report->rule[rule].example, n * sizeof *id);
    if (rule != DATA_RULE_SIZE) return n;
    n = data_sample(s->set, 4, data_seed(s->set), rows);
    for (size_t i = 0; i < n; i++) {
        data_image image;
        data_image_at(s->set, rows[i], &image);
        id[i] = image.id;
    }
    return n;
}

static lg_status doc_changes(const strip *s, data_rule rule, const char *caption, lg_err *err)
{
    uint32_t id[DATA_EXAMPLES];
    size_t n = change_examples(s, rule, id);
    for (size_t i = 0; i < n; i++) {
        if (i == 4) plt_fold_begin(s->doc, "%zu more", n - 4);
        if (i == 0 || i == 4) plt_grid(s->doc, CMD_STRIP_WIDTH, "%s", caption);
        LG_TRY(change_pair(s, rule, id[i], err));
    }
    if (n > 4) plt_fold_end(s->doc);
    return LG_OK;
}

static const data_gone *gone_of(const data_clean_report *r, uint32_t id)
{
    for (size_t i = 0; i < r->gones; i++)
        if (r->gone[i].id == id) return &r->gone[i];
    return NULL;
}

/* What an image that was left out measured, or looks like: "brightness 0.08". */
static void reason_of(const strip *s, const data_gone *gone, char *out, size_t room)
{
    char number[NUMBER];
    data_image image;
    data_image_at(s->old, (size_t)data_row_of(s->old, gone->id), &image);
    switch (gone->rule) {
    case DATA_RULE_BRIGHTNESS: snprintf(out, room, "brightness %.3g", (double)gone->value); break;
    case DATA_RULE_BLUR:
        number_text((double)gone->value, number);
        snprintf(out, room, "sharpness %s", number);
        break;
    case DATA_RULE_DEDUPE: snprintf(out, room, "looks like %s", data_number(s->old, gone->like)); break;
    default: snprintf(out, room, "%s", image.broken ? image.broken : "no label"); break;
    }
}

static lg_status lookalike_pair(const strip *s, const data_gone *gone, lg_err *err)
{
    char caption[200];
    img_picture kept = {0}, copy = {0};
    lg_status st;
    size_t row = (size_t)data_row_of(s->old, gone->like);
    caption_of(s->old, row, caption, sizeof caption);
    size_t len = strlen(caption);
    snprintf(caption + len, sizeof caption - len, " stays, %s goes", data_number(s->old, gone->id));
    LG_GO(data_fitted(s->old, &s->fitted, row, &kept, err));
    LG_GO(data_fitted(s->old, &s->fitted, (size_t)data_row_of(s->old, gone->id), &copy, err));
    LG_GO(pair_thumb(s, &kept, &copy, &(cmd_strip_look){0}, caption, err));
done:
    img_picture_release(&kept);
    img_picture_release(&copy);
    return st;
}

static lg_status gone_thumb(const strip *s, const data_gone *gone, lg_err *err)
{
    char caption[200], reason[100];
    img_picture fitted = {0}, rgb = {0};
    size_t row = (size_t)data_row_of(s->old, gone->id);
    lg_status st;
    caption_of(s->old, row, caption, sizeof caption);
    reason_of(s, gone, reason, sizeof reason);
    LG_GO(data_fitted(s->old, &s->fitted, row, &fitted, err));
    LG_GO(data_rules_apply(&s->fitted, &fitted, err)); /* what was measured is what is shown */
    LG_GO(img_convert(&fitted, 3, &rgb, err));
    plt_thumb(s->doc, rgb.px, rgb.w, rgb.h, PLT_EDGE_NONE, "%s\n%s", caption, reason);
done:
    img_picture_release(&fitted);
    img_picture_release(&rgb);
    return st;
}

/* Examples of what a rule left out. Files that cannot be read have no picture: they are in the list. */
static lg_status doc_gone(const strip *s, data_rule rule, lg_err *err)
{
    const data_clean_report *r = s->report;
    bool pairs = rule == DATA_RULE_DEDUPE;
    int most = pairs ? 4 : DATA_EXAMPLES, n = r->rule[rule].examples < most ? r->rule[rule].examples : most;
    if (!n || rule == DATA_RULE_DROP) return LG_OK;
    plt_grid(s->doc, pairs ? CMD_STRIP_WIDTH : 64, "%s: %s of %s left out", data_rule_names[rule], lg_thousands(n),
             lg_thousands((long long)r->rule[rule].images));
    for (int i = 0; i < n; i++) {
        const data_gone *gone = gone_of(r, r->rule[rule].example[i]);
        LG_TRY(pairs ? lookalike_pair(s, gone, err) : gone_thumb(s, gone, err));
    }
    return LG_OK;
}

/* How the measure is spread, with the cuts. Sharpness goes over several powers of ten, so its bins do too. */
static void doc_spread(const strip *s, data_rule rule, double low, double high)
{
    enum { BINS = 40 };
    const data_clean_report *r = s->report;
    bool log = rule == DATA_RULE_BLUR;
    double x[BINS], y[BINS] = {0};
    double from = log ? log10(fmax((double)r->rule[rule].least, 0.1)) : 0;
    double to = log ? log10(fmax((double)r->rule[rule].most, 0.1)) : 1;
    char name[2][NUMBER];
    plt_mark mark[2];
    const double cut[2] = {low, high};
    int marks = 0;
    if (!r->asked[rule] || !(to > from)) return;
    for (int k = 0; k < BINS; k++) x[k] = from + (to - from) * (k + 0.5) / BINS;
    for (int k = 0; log && k < BINS; k++) x[k] = pow(10, x[k]);
    for (size_t i = 0; i < r->asked[rule]; i++) {
        double v = (double)r->measured[rule][i], at = ((log ? log10(fmax(v, 0.1)) : v) - from) / (to - from) * BINS;
        y[at < 0 ? 0 : at >= BINS ? BINS - 1 : (int)at]++;
    }
    for (int k = 0; k < 2; k++) {
        if (!(cut[k] > x[0] && cut[k] < x[BINS - 1])) continue;
        number_text(cut[k], name[marks]);
        mark[marks] = (plt_mark){.name = name[marks], .x = cut[k], .kind = PLT_MARK_VERTICAL};
        marks++;
    }
    const plt_line line = {.name = "images", .x = x, .y = y, .n = BINS};
    plt_lines(s->doc, &(plt_lines_spec){
                          .sentence = "",
                          .x = {.label = log ? "sharpness (log)" : "mean brightness", .log = log},
                          .y = {.label = "images", .whole = true},
                          .lines = &line,
                          .nline = 1,
                          .marks = mark,
                          .nmark = marks,
                          .height = 160,
                      });
}

static void doc_cut(const strip *s, data_rule rule, double low, double high)
{
    char least[NUMBER], most[NUMBER];
    const data_clean_report *r = s->report;
    if (!r->rule[rule].on) return;
    doc_spread(s, rule, low, high);
    number_text((double)r->rule[rule].least, least);
    number_text((double)r->rule[rule].most, most);
    plt_sentence(s->doc, "%s: %s of %s images lie beyond the cut; measured were %s to %s", data_rule_names[rule],
                 lg_thousands((long long)r->rule[rule].images), lg_thousands((long long)r->asked[rule]), least, most);
}

/* Every image that was left out, folded away. */
static void doc_list(const strip *s)
{
    enum { MOST = 200 };
    const data_clean_report *r = s->report;
    if (!r->gones) return;
    plt_fold_begin(s->doc, "The %s image%s left out", lg_thousands((long long)r->gones), plural(r->gones));
    plt_table(s->doc, "%s", "");
    plt_column(s->doc, PLT_RIGHT, "Image");
    plt_column(s->doc, PLT_LEFT, "File");
    plt_column(s->doc, PLT_LEFT, "Label");
    plt_column(s->doc, PLT_LEFT, "Rule");
    plt_column(s->doc, PLT_LEFT, "Why");
    for (size_t i = 0; i < r->gones && i < MOST; i++) {
        char reason[160];
        data_image image;
        data_image_at(s->old, (size_t)data_row_of(s->old, r->gone[i].id), &image);
        reason_of(s, &r->gone[i], reason, sizeof reason);
        plt_row(s->doc, PLT_ROW_PLAIN);
        plt_head(s->doc, "%s", image.number);
        plt_cell(s->doc, "%s", image.name);
        plt_cell(s->doc, "%s", image.label < 0 ? "" : data_class_name(s->old, image.label));
        plt_cell(s->doc, "%s", data_rule_names[r->gone[i].rule]);
        plt_cell(s->doc, "%s", reason);
    }
    if (r->gones > MOST) plt_note(s->doc, "and %s more", lg_thousands((long long)(r->gones - MOST)));
    plt_fold_end(s->doc);
}

static lg_status doc_strips(const strip *s, const data_rules *asked, lg_err *err)
{
    const data_clean_report *r = s->report;
    if (r->rule[DATA_RULE_SIZE].on)
        LG_TRY(doc_changes(s, DATA_RULE_SIZE, "size: the original, and what a network sees", err));
    if (r->rule[DATA_RULE_GLARE].on) {
        LG_TRY(doc_changes(s, DATA_RULE_GLARE, "glare: before and after, replaced patches outlined", err));
        plt_sentence(s->doc, "glare: %s image%s, on average %.1f%% of their pixels replaced",
                     lg_thousands((long long)r->rule[DATA_RULE_GLARE].images), plural(r->rule[DATA_RULE_GLARE].images),
                     100 * r->rule[DATA_RULE_GLARE].share);
    }
    doc_cut(s, DATA_RULE_BRIGHTNESS, asked->dark, asked->bright);
    LG_TRY(doc_gone(s, DATA_RULE_BRIGHTNESS, err));
    doc_cut(s, DATA_RULE_BLUR, asked->blur, INFINITY);
    LG_TRY(doc_gone(s, DATA_RULE_BLUR, err));
    return doc_gone(s, DATA_RULE_DEDUPE, err);
}

/* ---- the result ---- */
static lg_status clean_document(const dsl_call *call, const char *name, const data_set *old, const data_set *set,
                                const data_rules *asked, const data_clean_report *report, cmd_live *live, lg_err *err)
{
    plt_doc doc;
    data_size size = data_shape(set);
    plt_doc_init(&doc);
    strip s = {.old = old, .set = set, .fitted = data_rules_of(set), .report = report, .doc = &doc};
    size_t unreadable = data_count(set) - readable(set);
    plt_title(&doc, "clean %s%s: %s of %s images stay, %dx%dx%d%s%s", name, cmd_where_text(call),
              lg_thousands((long long)readable(set)), lg_thousands((long long)data_count(old)), size.h, size.w, size.c,
              *call->note ? " " : "", call->note);
    doc_rules(&doc, set, asked, report);
    if (unreadable)
        plt_note(&doc, "%s file%s that cannot be read %s not counted; `drop` leaves %s out",
                 lg_thousands((long long)unreadable), plural(unreadable), unreadable == 1 ? "is" : "are",
                 unreadable == 1 ? "it" : "them");
    if (call->arg[NEAR].given && !asked->dedupe) plt_note(&doc, "`near` says what `dedupe` takes for the same picture");
    if (call->arg[REPLACE].given && !asked->glare) plt_note(&doc, "`replace` says what `glare` is replaced by");
    if (report->conflicts)
        plt_note(&doc, "%s image%s that look%s like another one stay%s, as the labels differ",
                 lg_thousands((long long)report->conflicts), plural(report->conflicts),
                 report->conflicts == 1 ? "s" : "", report->conflicts == 1 ? "s" : "");
    lg_status st = doc_strips(&s, asked, err);
    if (st) {
        plt_doc_release(&doc);
        return st;
    }
    doc_list(&s);
    size_t gone = report->gones;
    plt_sentence(&doc, "%s image%s left out%s; the rules stay with the dataset, the files as they are",
                 gone ? lg_thousands((long long)gone) : "No", gone == 1 ? " was" : "s were",
                 gone ? "; `undo` brings them back" : "");
    return cmd_live_result(call, live, &doc, true, err);
}

static void clean_progress(void *ctx, size_t done, size_t count)
{
    cmd_live_progress(ctx, "fitting pictures", (long)done, (long)count);
}

/* Which word an error is about. */
static lg_span blame(const dsl_call *call, const lg_err *err)
{
    if (err->code == 318 && call->arg[SIZE].given) return call->arg[SIZE].value[0].span;
    if (err->code == 341 && call->arg[BRIGHTNESS].given) return call->arg[BRIGHTNESS].value[0].span;
    if (err->code == 341 && call->arg[BLUR].given) return call->arg[BLUR].value[0].span;
    return call->arg[DATA].value[0].span;
}

/* A network sees all images of a dataset in one way: what changes pixels cannot choose among them. */
static lg_status clean_check(const dsl_call *call, lg_err *err)
{
    static const int pixels[] = {SIZE, FIT, SCALE, GLARE, REPLACE};
    const dsl_value *data = call->arg[DATA].count ? &call->arg[DATA].value[0] : NULL;
    bool part = data && data->part != DSL_PART_ALL;
    for (size_t i = 0; (call->where || part) && i < sizeof pixels / sizeof *pixels; i++) {
        const dsl_arg *arg = &call->arg[pixels[i]];
        const char *rule = params[pixels[i]].name;
        if (!arg->given) continue;
        lg_fail(err, LG_E_ARG, 344, "`clean %s` is for all images of a dataset, %s", rule,
                part ? "not for a part of it" : "`where` cannot choose among them");
        lg_why(err, "a network sees all images of a dataset in one way; what leaves images out can be chosen: "
                    "brightness, blur, dedupe, drop");
        lg_try(err, "%sclean %s %s %s%s", part ? "" : "two lines: ", data ? data->name : "logos", rule,
               arg->value[0].text, part ? "" : ", and the rest with its `where`");
        return lg_err_place(err, arg->value[0].span);
    }
    return LG_OK;
}

static lg_status clean_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *data = &call->arg[DATA].value[0];
    const data_set *old = cmd_dataset(data);
    data_clean_spec spec = {.cancel = call->cancel, .progress = clean_progress};
    data_clean_report report = {0};
    data_set *set = NULL;
    const char *name; /* "logos", "logos.val" */
    cmd_live live;
    LG_TRY(cmd_part_name(call, data, &name, err));
    LG_TRY(read_rules(call, old, &spec.rules, err));
    LG_TRY(cmd_dataset_marks(call, data, &spec.only, err));
    LG_TRY(cmd_pool(call, &spec.pool, err));
    cmd_live_init(&live, call->out);
    spec.progress_ctx = &live;
    lg_status st = data_clean(old, &spec, &set, &report, err);
    if (st) lg_err_place(err, blame(call, err));
    if (st == LG_OK) st = cmd_dataset_bind(call, data->name, data_ref(set), err);
    if (st == LG_OK) st = clean_document(call, name, old, set, &spec.rules, &report, &live, err);
    if (st) cmd_live_close(&live, st);
    data_clean_report_release(&report);
    data_unref(set);
    return st;
}

const dsl_command dsl_cmd_clean = {
    .name = "clean",
    .summary = "resize, scale and filter; remembered and re-applied to every future image",
    .detail = "Rules work in one order: size and fit, glare, then what leaves images out: drop, brightness, blur, "
              "dedupe; scale is applied when a network looks. A second `clean` keeps what it does not mention. With "
              "`where` only images that pass are measured and left out, of `logos.train` only those of that part. The "
              "files are never touched.",
    .group = "Data",
    .params = params,
    .examples = (const char *const[]){"clean logos glare 240 replace median brightness 0.2..0.95",
                                      "clean logos size 48x48 blur 20 dedupe drop",
                                      "clean logos brightness 0.2..0.95 where label = other", NULL},
    .takes_where = true,
    .check = clean_check,
    .run = clean_run,
};
