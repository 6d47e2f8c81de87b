/* dsl_table.h - a small table of commands and layers for tests of the language: every role and type, and runs that only
 * note what they got. Each run adds its recipe to dsl_log; objects are counted, so that a leak shows.
 *
 *     dsl_bench b;
 *     bench_open(&b);
 *     CHECK(bench_run(&b, "say hello") == LG_OK);
 *     bench_close(&b); */
#ifndef DSL_TABLE_H
#define DSL_TABLE_H

#include "kernel/dsl/command.h"
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static lg_buf dsl_log;  /* a line for each command that ran */
static lg_buf dsl_said; /* what went to the reader */
static int dsl_alive;   /* objects that exist */
static int dsl_checked; /* calls of .check */
static double dsl_accuracy = 0.75;

/* ---- objects ---- */
typedef struct thing {
    int images;
} thing;

static void thing_drop(void *payload)
{
    dsl_alive--;
    lg_free(payload);
}
static lg_status thing_field(const void *payload, const char *path, lg_arena *arena, dsl_fact *out, lg_err *err)
{
    const thing *t = payload;
    *out = (dsl_fact){0};
    if (!strcmp(path, "val.accuracy")) out->number = dsl_accuracy;
    else if (!strcmp(path, "params")) out->number = 130532;
    else if (!strcmp(path, "train.count")) out->number = t->images;
    else if (!strcmp(path, "best.name")) {
        out->text = lg_arena_strndup(arena, "Adidas", 6, err);
        return out->text ? LG_OK : err->status;
    } else return LG_E_NAME;
    return LG_OK;
}
static void thing_fields(const void *payload, lg_buf *out)
{
    (void)payload;
    lg_buf_adds(out, "val.accuracy\nparams\ntrain.count\nbest.name\n");
}
static void thing_labels(const void *payload, lg_buf *out)
{
    (void)payload;
    lg_buf_adds(out, "adidas\nnike\npuma\nno logo\n");
}
static void thing_brief(const void *payload, lg_buf *out)
{
    lg_buf_addf(out, "%d images", ((const thing *)payload)->images);
}
static lg_status thing_show(const dsl_object *object, const char *name, dsl_out *out, lg_err *err)
{
    char text[200];
    (void)err;
    snprintf(text, sizeof text, "<%s: %d>", name, ((const thing *)object->payload)->images);
    out->display(out, &(dsl_bundle){.text = text}, NULL, false);
    return LG_OK;
}
static void thing_where_fields(const void *payload, lg_buf *out)
{
    (void)payload;
    lg_buf_adds(out, "id number\nlabel text\nfile text\nbroken truth\nyear any\n");
}
#define THING(kind_name)                                                                                               \
    {                                                                                                                  \
        .kind = kind_name, .drop = thing_drop, .field = thing_field, .fields = thing_fields, .labels = thing_labels,   \
        .brief = thing_brief, .show = thing_show,                                                                      \
        .where_fields = kind_name == DSL_KIND_DATASET ? thing_where_fields : NULL                                      \
    }
static const dsl_class thing_class[DSL_KIND_COUNT] = {[DSL_KIND_DATASET] = THING(DSL_KIND_DATASET),
                                                      [DSL_KIND_MODEL] = THING(DSL_KIND_MODEL),
                                                      [DSL_KIND_RUN] = THING(DSL_KIND_RUN),
                                                      [DSL_KIND_TABLE] = THING(DSL_KIND_TABLE),
                                                      [DSL_KIND_POSTS] = THING(DSL_KIND_POSTS)};

static lg_status thing_bind(const dsl_call *call, const char *name, dsl_kind kind, lg_err *err)
{
    thing *t = lg_alloc(1, sizeof *t, err);
    dsl_object *object;
    if (!t) return err->status;
    t->images = 3000;
    dsl_alive++;
    LG_TRY(dsl_object_new(&thing_class[kind], t, call->recipe, &object, err));
    return dsl_call_bind(call, name, object, err);
}

/* Notes the recipe, and makes what the table says. */
static lg_status note_run(const dsl_call *call, lg_err *err)
{
    lg_buf_adds(&dsl_log, call->step);
    if (*call->note) lg_buf_addf(&dsl_log, "  %s", call->note);
    if (call->loop) lg_buf_addf(&dsl_log, "  #%d=%s", call->loop_index, call->loop);
    lg_buf_addc(&dsl_log, '\n');
    for (int i = 0; call->command->params[i].name; i++)
        if (call->command->params[i].type == DSL_T_NEWNAME && call->arg[i].count && call->command->makes)
            LG_TRY(thing_bind(call, call->arg[i].value[0].text, call->command->makes, err));
    return LG_OK;
}
static lg_status say_run(const dsl_call *call, lg_err *err)
{
    (void)err;
    for (int i = 0; i < call->arg[0].count; i++) {
        call->out->stream(call->out, false, call->arg[0].value[i].text, strlen(call->arg[0].value[i].text));
        call->out->stream(call->out, false, "\n", 1);
    }
    return LG_OK;
}
static lg_status use_run(const dsl_call *call, lg_err *err)
{
    return dsl_session_use(call->session, call->arg[0].value[0].name, err);
}
static lg_status run_run(const dsl_call *call, lg_err *err)
{
    const char *text = call->arg[0].value[0].text; /* the "file" is its own text, so tests need no files */
    if (!strcmp(text, "self")) text = "run self";
    return dsl_session_run_text(call->session, "lesson.lens", text, strlen(text), call->out, call->cancel, err);
}
static lg_status model_check(const dsl_call *call, lg_err *err)
{
    (void)err;
    dsl_checked++;
    return call->nlayers > 100000 ? LG_E_LIMIT : LG_OK;
}
/* Rows of `rows where …`: id 1..n with label, confidence and date. */
typedef struct row {
    int id;
    const char *label, *date;
    double confidence;
} row;
static const row rows[] = {{1, "Adidas", "2026-01-05", 0.9},
                           {2, "nike", "2026-10-02", 0.3},
                           {3, "nike", "2026-10-03", 0.8},
                           {4, "", "2026-10-04", 0.5}};
static lg_status row_field(const void *r, const char *field, dsl_fact *out, lg_err *err)
{
    const row *one = r;
    (void)err;
    *out = (dsl_fact){0};
    if (!strcmp(field, "id")) out->number = one->id;
    else if (!strcmp(field, "label")) out->text = one->label;
    else if (!strcmp(field, "date")) out->text = one->date;
    else if (!strcmp(field, "confidence")) out->number = one->confidence;
    else return LG_E_NAME;
    return LG_OK;
}
static lg_status rows_run(const dsl_call *call, lg_err *err)
{
    static const char *const names[] = {"id", "label", "confidence", "date", NULL};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool pass = false;
        LG_TRY(dsl_cond_eval(call->where, row_field, &rows[i], names, &pass, err));
        if (pass) lg_buf_addf(&dsl_log, "%d ", rows[i].id);
    }
    lg_buf_addc(&dsl_log, '\n');
    return LG_OK;
}

/* ---- commands ---- */
#define P(...)                                                                                                         \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
#define MODEL_ARG                                                                                                      \
    P(.name = "model", .role = DSL_POSITIONAL, .type = DSL_T_OBJECT, .kinds = DSL_MODELS, .required = true,            \
      .implicit = true, .help = "a trained model")
#define DATA_ARG                                                                                                       \
    P(.name = "dataset", .role = DSL_POSITIONAL, .type = DSL_T_OBJECT, .kinds = DSL_DATASETS, .required = true,        \
      .implicit = true, .help = "images")
#define ON P(.name = "on", .role = DSL_PREPOSITION, .type = DSL_T_OBJECT, .kinds = DSL_DATASETS, .help = "which images")
#define AS P(.name = "as", .role = DSL_PREPOSITION, .type = DSL_T_NEWNAME, .help = "keep it under this name")
#define INT(n, d, lo, hi)                                                                                              \
    P(.name = n, .role = DSL_OPTION, .type = DSL_T_INT, .dflt = d, .min = lo, .max = hi, .help = "a count",            \
      .advice = "too low: slow; too high: NaN")
#define NUM(n, d)      P(.name = n, .role = DSL_OPTION, .type = DSL_T_NUMBER, .dflt = d, .help = "a number")
#define OPT(n, t, ...) P(.name = n, .role = DSL_OPTION, .type = t, .help = "an option", __VA_ARGS__)
#define CHOICE(n, c, d)                                                                                                \
    P(.name = n, .role = DSL_OPTION, .type = DSL_T_CHOICE, .choices = c, .dflt = d, .help = "one of them")
#define FLAG(n, d)      P(.name = n, .role = DSL_FLAG, .type = DSL_T_FLAG, .dflt = d, .help = "a switch")
#define PARAMS(id, ...) static const dsl_param id##_params[] = {__VA_ARGS__, {0}}
#define COMMAND(id, does, ...)                                                                                         \
    static const dsl_command cmd_##id = {                                                                              \
        .name = #id,                                                                                                   \
        .summary = "test command " #id,                                                                                \
        .group = "Test",                                                                                               \
        .params = id##_params,                                                                                         \
        .examples = (const char *const[]){"fit scratch epochs 20", "load logos from data/x", NULL},                    \
        .run = does,                                                                                                   \
        __VA_ARGS__}

PARAMS(augment, DATA_ARG,
       P(.name = "times", .role = DSL_POSITIONAL, .type = DSL_T_TIMES, .required = true, .help = "how many variants"),
       INT("rotate", "15", 0, 180), NUM("shift", "10%"), FLAG("flip", NULL));
COMMAND(augment, note_run);
PARAMS(clean, DATA_ARG, OPT("size", DSL_T_SIZE, .dflt = "64x64"), OPT("scale", DSL_T_RANGE, .dflt = "0..1"),
       OPT("glare", DSL_T_NUMBER, .choices = "off", .dflt = "off"), CHOICE("replace", "median clip mean", "median"),
       OPT("brightness", DSL_T_RANGE, .dflt = "off"), FLAG("dedupe", NULL));
COMMAND(clean, note_run, .takes_where = true);
PARAMS(compare,
       P(.name = "models", .role = DSL_POSITIONAL, .type = DSL_T_OBJECT, .kinds = DSL_MODELS, .required = true,
         .list = true, .help = "models"),
       ON, P(.name = "by", .role = DSL_PREPOSITION, .type = DSL_T_WORD, .offers = DSL_OFFER_LABELS, .help = "a class"));
COMMAND(compare, note_run);
PARAMS(confusion, MODEL_ARG, ON, AS, CHOICE("normalize", "none rows columns all", "none"));
COMMAND(confusion, note_run, .makes = DSL_KIND_TABLE, .takes_where = true);
PARAMS(convolve,
       P(.name = "grid", .role = DSL_POSITIONAL, .type = DSL_T_GRID, .kinds = DSL_DATASETS, .required = true,
         .help = "numbers"),
       P(.name = "with", .role = DSL_PREPOSITION, .type = DSL_T_GRID, .kinds = DSL_MODELS, .choices = "edge blur",
         .required = true, .help = "a kernel"),
       FLAG("same", NULL), FLAG("animate", "on"));
COMMAND(convolve, note_run);
PARAMS(customers,
       P(.name = "from", .role = DSL_PREPOSITION, .type = DSL_T_OBJECT, .kinds = DSL_POSTSES, .required = true,
         .help = "posts"),
       AS, OPT("brand", DSL_T_LABEL, .list = true));
COMMAND(customers, note_run, .makes = DSL_KIND_TABLE);
PARAMS(drop, DATA_ARG, OPT("image", DSL_T_IMAGE, .list = true));
COMMAND(drop, note_run, .takes_where = true);
PARAMS(fit, MODEL_ARG, ON, AS, INT("epochs", "10", 1, 1000000000), INT("batch", "32", 1, 1000000), NUM("lr", "0.01"),
       CHOICE("optimizer", "sgd momentum adam rmsprop", "sgd"), NUM("momentum", "0"),
       CHOICE("schedule", "constant cosine onecycle step plateau", "constant"),
       CHOICE("loss", "auto crossentropy focal", "auto"),
       OPT("patience", DSL_T_INT, .choices = "off", .dflt = "off", .min = 1, .max = 1000),
       CHOICE("keep", "best last", "best"), NUM("decay", "0"), INT("seed", "1", 0, 1000000),
       OPT("time", DSL_T_DURATION, .dflt_help = "no limit"), FLAG("balance", NULL), FLAG("continue", NULL),
       FLAG("again", NULL), FLAG("shuffle", "on"), FLAG("quiet", NULL),
       P(.name = "mixup", .role = DSL_OPTION, .type = DSL_T_NUMBER, .late = true, .help = "not there"));
COMMAND(fit, note_run, .makes = DSL_KIND_RUN);
PARAMS(load, P(.name = "name", .role = DSL_POSITIONAL, .type = DSL_T_NEWNAME, .required = true, .help = "its name"),
       P(.name = "from", .role = DSL_PREPOSITION, .type = DSL_T_PATH, .required = true, .help = "a folder"),
       OPT("labels", DSL_T_PATH, .dflt = "folders"), OPT("columns", DSL_T_WORD, .list = true),
       OPT("size", DSL_T_SIZE, .choices = "keep", .dflt = "keep", .min = 1, .max = 4096),
       OPT("split", DSL_T_SPLIT, .dflt = "80/20"),
       OPT("limit", DSL_T_INT, .choices = "all", .dflt = "all", .min = 1, .max = 1e9), FLAG("boxes", NULL));
COMMAND(load, note_run, .makes = DSL_KIND_DATASET);
PARAMS(model, P(.name = "name", .role = DSL_POSITIONAL, .type = DSL_T_NEWNAME, .required = true, .help = "its name"),
       P(.name = "on", .role = DSL_PREPOSITION, .type = DSL_T_OBJECT, .kinds = DSL_DATASETS, .implicit = true,
         .help = "images"),
       OPT("like", DSL_T_OBJECT, .kinds = DSL_MODELS), INT("seed", "1", 0, 1000000));
COMMAND(model, note_run, .makes = DSL_KIND_MODEL, .takes_layers = true, .check = model_check);
PARAMS(open, P(.name = "name", .role = DSL_POSITIONAL, .type = DSL_T_NEWNAME, .required = true, .help = "its name"),
       P(.name = "from", .role = DSL_PREPOSITION, .type = DSL_T_PATH, .required = true, .help = "a file"));
COMMAND(open, note_run);
PARAMS(rows, P(.name = "none", .role = DSL_OPTION, .type = DSL_T_INT, .help = "nothing"));
COMMAND(rows, rows_run, .takes_where = true);
PARAMS(run, P(.name = "file", .role = DSL_POSITIONAL, .type = DSL_T_PATH, .required = true, .help = "a file"));
COMMAND(run, run_run);
PARAMS(save,
       P(.name = "object", .role = DSL_POSITIONAL, .type = DSL_T_OBJECT, .kinds = DSL_ANYTHING, .required = true,
         .help = "what"),
       P(.name = "to", .role = DSL_PREPOSITION, .type = DSL_T_OUTPATH, .required = true, .help = "a file"));
COMMAND(save, note_run);
PARAMS(say, P(.name = "text", .role = DSL_POSITIONAL, .type = DSL_T_TEXT, .required = true, .list = true,
              .help = "what to print"));
COMMAND(say, say_run);
PARAMS(scrape,
       P(.name = "platform", .role = DSL_POSITIONAL, .type = DSL_T_CHOICE, .choices = "twitter instagram",
         .required = true, .help = "where"),
       P(.name = "into", .role = DSL_PREPOSITION, .type = DSL_T_NEWNAME, .help = "its name"),
       OPT("tag", DSL_T_LABEL, .list = true), OPT("since", DSL_T_DATE), INT("limit", "100", 1, 100000));
COMMAND(scrape, note_run, .makes = DSL_KIND_POSTS);
PARAMS(set,
       P(.name = "setting", .role = DSL_POSITIONAL, .type = DSL_T_CHOICE, .choices = "seed threads", .required = true,
         .help = "which"),
       P(.name = "value", .role = DSL_POSITIONAL, .type = DSL_T_TEXT, .required = true, .help = "its new value"));
COMMAND(set, note_run);
PARAMS(show,
       P(.name = "object", .role = DSL_POSITIONAL, .type = DSL_T_OBJECT, .kinds = DSL_ANYTHING, .required = true,
         .implicit = true, .help = "anything"),
       P(.name = "with", .role = DSL_PREPOSITION, .type = DSL_T_OBJECT, .kinds = DSL_MODELS, .help = "a model"),
       OPT("limit", DSL_T_INT, .dflt = "24"), OPT("sort", DSL_T_WORD, .dflt = "id", .offers = DSL_OFFER_FIELDS));
COMMAND(show, note_run, .takes_where = true);
PARAMS(split, DATA_ARG,
       P(.name = "shares", .role = DSL_POSITIONAL, .type = DSL_T_SPLIT, .dflt = "80/20", .help = "shares"),
       P(.name = "by", .role = DSL_PREPOSITION, .type = DSL_T_WORD, .offers = DSL_OFFER_FIELDS, .help = "a column"), FLAG("stratify", "on"));
COMMAND(split, note_run);
PARAMS(use, P(.name = "object", .role = DSL_POSITIONAL, .type = DSL_T_OBJECT, .kinds = DSL_ANYTHING, .required = true,
              .help = "what"));
COMMAND(use, use_run);

static const dsl_command *const test_commands[] = {&cmd_augment,  &cmd_clean,     &cmd_compare, &cmd_confusion,
                                                   &cmd_convolve, &cmd_customers, &cmd_drop,    &cmd_fit,
                                                   &cmd_load,     &cmd_model,     &cmd_open,    &cmd_rows,
                                                   &cmd_run,      &cmd_save,      &cmd_say,     &cmd_scrape,
                                                   &cmd_set,      &cmd_show,     &cmd_split,     &cmd_use,     NULL};

/* ---- layers, in the order of the manual ---- */
#define POS(n, t, ...) P(.name = n, .role = DSL_POSITIONAL, .type = t, .help = "a value", __VA_ARGS__)
#define ACT            POS("activation", DSL_T_CHOICE, .choices = "linear relu sigmoid tanh softmax", .dflt = "linear")
PARAMS(input, POS("size", DSL_T_SIZE, .required = true));
PARAMS(conv, POS("filters", DSL_T_INT, .required = true, .min = 1, .max = 65536),
       P(.name = "kernel", .aliases = "kernel_size", .role = DSL_POSITIONAL, .type = DSL_T_SIZE, .required = true,
         .max = 11, .help = "window"),
       ACT, INT("stride", "1", 1, 64), INT("dilation", "1", 1, 64), NUM("l2", "0"), OPT("name", DSL_T_WORD),
       FLAG("same", NULL), FLAG("valid", NULL), FLAG("bias", "on"));
PARAMS(window, POS("window", DSL_T_SIZE, .dflt = "2x2"), INT("stride", NULL, 1, 64), OPT("name", DSL_T_WORD),
       FLAG("same", NULL));
PARAMS(plain, OPT("name", DSL_T_WORD));
PARAMS(pad, POS("by", DSL_T_INT, .required = true));
PARAMS(dense, POS("units", DSL_T_INT, .choices = "classes", .required = true, .min = 1, .max = 1e6), ACT,
       NUM("l2", "0"), OPT("name", DSL_T_WORD), FLAG("bias", "on"));
PARAMS(dropout, POS("rate", DSL_T_NUMBER, .required = true, .min = 0, .max = 0.99), OPT("name", DSL_T_WORD));
PARAMS(activation, POS("function", DSL_T_CHOICE, .choices = "relu sigmoid tanh softmax", .required = true));
PARAMS(base, POS("network", DSL_T_WORD, .required = true), OPT("weights", DSL_T_WORD), FLAG("frozen", NULL));
static const dsl_layer_type test_layers[] = {
    {.name = "input", .params = input_params},
    {.name = "conv",
     .params = conv_params,
     .aliases = (const char *const[]){"conv2d", NULL},
     .summary = "filters slide over the image"},
    {.name = "depthwise", .params = window_params},
    {.name = "maxpool",
     .params = window_params,
     .aliases = (const char *const[]){"maxpooling2d", "max_pooling2d", NULL}},
    {.name = "avgpool", .params = window_params},
    {.name = "globalavg", .params = plain_params},
    {.name = "globalmax", .params = plain_params},
    {.name = "pad", .params = pad_params},
    {.name = "flatten", .params = plain_params},
    {.name = "dense", .params = dense_params},
    {.name = "dropout", .params = dropout_params},
    {.name = "batchnorm", .params = plain_params},
    {.name = "activation", .params = activation_params},
    {.name = "base", .params = base_params},
    {.name = "residual", .params = plain_params, .block = true},
    {0},
};

/* ---- the bench ---- */
typedef struct dsl_bench {
    dsl_session *session;
    dsl_out out;
    lg_cancel cancel;
    lg_err err;
    const char *cell; /* text of the last one */
} dsl_bench;

static void bench_stream(dsl_out *out, bool is_error, const char *text, size_t len)
{
    (void)out, (void)is_error;
    lg_buf_add(&dsl_said, text, len);
}
static void bench_display(dsl_out *out, const dsl_bundle *bundle, const char *id, bool update)
{
    (void)out, (void)id, (void)update;
    lg_buf_addf(&dsl_said, "[%s]", bundle->text);
}
static void bench_end(dsl_out *out, const char *id)
{
    (void)out, (void)id;
}
static void bench_result(dsl_out *out, const dsl_bundle *bundle)
{
    (void)out;
    lg_buf_addf(&dsl_said, "=%s\n", bundle->text);
}
static void bench_clear(dsl_out *out, bool wait)
{
    (void)out, (void)wait;
}

static void bench_layer_at(const dsl_call *call, lg_buf *out)
{
    lg_buf_addf(out, "layer %d is %s", call->nlayers, call->layer[call->nlayers - 1].type->name);
}

static lg_status bench_open(dsl_bench *b)
{
    *b = (dsl_bench){.out = {.stream = bench_stream,
                             .display = bench_display,
                             .display_end = bench_end,
                             .result = bench_result,
                             .clear = bench_clear,
                             .columns = 100}};
    lg_buf_init(&dsl_log, 1 << 24);
    lg_buf_init(&dsl_said, 1 << 24);
    dsl_checked = 0;
    return dsl_session_new(&(dsl_config){.commands = test_commands, .layers = test_layers, .layer_at = bench_layer_at},
                           &b->session, &b->err);
}

static lg_status bench_run_n(dsl_bench *b, const char *cell, size_t len)
{
    lg_err_clear(&b->err);
    b->err = (lg_err){0};
    lg_buf_clear(&dsl_log);
    lg_buf_clear(&dsl_said);
    b->cell = cell;
    return dsl_session_execute(b->session, cell, len, &b->out, &b->cancel, &b->err);
}
static lg_status bench_run(dsl_bench *b, const char *cell)
{
    return bench_run_n(b, cell, strlen(cell));
}

static void bench_close(dsl_bench *b)
{
    dsl_session_free(b->session);
    lg_buf_release(&dsl_log);
    lg_buf_release(&dsl_said);
}

#endif
