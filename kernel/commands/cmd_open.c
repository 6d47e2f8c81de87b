/* cmd_open.c - `open`: a file becomes an object again. */
#include "kernel/commands/box_file.h"

#include <string.h>
#include <strings.h>

#include "kernel/commands/box_table.h"
#include "kernel/commands/open_network.h"
#include "lib/base/reach.h"

#include "lib/base/banned.h"

enum { NAME, FROM, PIXELS, SIZE, OUTPUT };

static const size_t LARGEST = (size_t)4 << 30;

static const dsl_param params[] = {
    [NAME] = {.name = "name",
              .role = DSL_POSITIONAL,
              .type = DSL_T_NEWNAME,
              .required = true,
              .help = "what the object will be called"},
    [FROM] = {.name = "from",
              .role = DSL_PREPOSITION,
              .type = DSL_T_PATH,
              .endings = ".lmodel .ldata .lrun .csv .tsv .json .onnx",
              .required = true,
              .help = "a file that `save` wrote (.lmodel, .ldata, .lrun), a table (.csv, .tsv, .json), or a network "
                      "(.onnx)"},
    [PIXELS] = {.name = "pixels",
                .role = DSL_OPTION,
                .type = DSL_T_CHOICE,
                .choices = "caffe tf torch",
                .dflt_help = "as a dataset has them",
                .help = "of a network: how its pixels are prepared",
                .advice =
                    "as it was trained: caffe: blue first, less the mean of ImageNet; tf: -1 to 1; torch: less its "
                    "mean, by its deviation"},
    [SIZE] = {.name = "size",
              .role = DSL_OPTION,
              .type = DSL_T_SIZE,
              .min = 1,
              .max = 4096,
              .dflt_help = "the file's",
              .help = "of a network: height x width of its images, where the file leaves it open"},
    [OUTPUT] = {.name = "output",
                .role = DSL_OPTION,
                .type = DSL_T_WORD,
                .dflt_help = "logits, else its last one",
                .help = "of a network: which value of its graph comes out"},
    {0},
};

bool cmd_opens(const char *ending)
{
    size_t len = strlen(ending);
    for (const char *at = params[FROM].endings; *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        if (n == len && !strncasecmp(at, ending, n)) return true;
        at += n;
    }
    return false;
}

static void open_progress(void *ctx, size_t done, size_t count)
{
    cmd_live_progress(ctx, "reading pictures", (long)done, (long)count);
}

static bool is_table(const char *file)
{
    static const char *const endings[] = {".csv", ".tsv", ".json"};
    const char *dot = strrchr(file, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (lg_casecmp(dot, endings[i]) == 0) return true;
    return false;
}

static lg_status open_saved(const dsl_call *call, cmd_opening *o, cmd_live *live, dsl_object **out, lg_err *err)
{
    char *full = NULL;
    LG_TRY(lg_reach_resolve(o->file, LG_REACH_READ, &full, err));
    char *slash = strrchr(full, '/');
    if (slash) *slash = 0;
    o->base = full;
    o->cancel = call->cancel;
    o->progress = open_progress;
    o->unpacking = cmd_live_unpacking;
    o->progress_ctx = live;
    lg_status st = cmd_pool(call, &o->pool, err);
    if (st == LG_OK) st = cmd_file_open(o, out, err);
    lg_free(full);
    return st;
}

/* A name keeps its kind: a model does not take the place of a dataset. */
static lg_status check_name(const dsl_call *call, const dsl_object *object, lg_err *err)
{
    const dsl_value *name = &call->arg[NAME].value[0];
    const dsl_object *old = dsl_session_get(call->session, name->text);
    if (!old || old->cls->kind == object->cls->kind) return LG_OK;
    const char *is = dsl_kind_phrase(old->cls->kind), *would = dsl_kind_phrase(object->cls->kind);
    lg_fail(err, LG_E_NAME, 135, "`%s` is %s already", name->text, is);
    lg_why(err, "`%s` holds %s, and only one of them could keep the name", call->arg[FROM].value[0].text, would);
    lg_try(err, "open %s_%s from %s", name->text, dsl_kind_name(object->cls->kind), call->arg[FROM].value[0].text);
    return lg_err_place(err, name->span);
}

static void warn_lost(plt_doc *doc, const cmd_opening *o, const char *name)
{
    lg_err warning = {0};
    if (!o->lost.count) return;
    lg_fail(&warning, LG_E_DATA, 317, "%s of its pictures cannot be used any more",
            lg_thousands((long long)o->lost.count));
    lg_why(&warning, "they are gone or their content has changed, first %s: %s", o->lost.name, o->lost.why);
    lg_try(&warning, "`show %s where broken` lists them; put them back and open it again", name);
    plt_warning(doc, &warning);
}

/* ---- what kind of file it is ---- */
typedef enum open_kind { OPEN_SAVED, OPEN_TABLE, OPEN_NETWORK } open_kind;

static open_kind kind_of(const cmd_opening *o)
{
    if (is_table(o->file)) return OPEN_TABLE;
    return cmd_is_network(o->file, o->data, o->len) ? OPEN_NETWORK : OPEN_SAVED;
}

/* LL140: options that only a network has, for something else. */
static lg_status check_options(const dsl_call *call, open_kind kind, lg_err *err)
{
    for (int i = PIXELS; i <= OUTPUT && kind != OPEN_NETWORK; i++) {
        if (!call->arg[i].given) continue;
        lg_fail(err, LG_E_ARG, 140, "`%s` is for networks of other programs, and `%s` is none", params[i].name,
                call->arg[FROM].value[0].text);
        lg_try(err, "open %s from %s", call->arg[NAME].value[0].text, call->arg[FROM].value[0].text);
        return lg_err_place(err, call->arg[i].value[0].span);
    }
    return LG_OK;
}

static cmd_network network_of(const dsl_call *call, const cmd_opening *o)
{
    const dsl_value *pixels = dsl_val(call, PIXELS), *size = dsl_val(call, SIZE), *output = dsl_val(call, OUTPUT);
    return (cmd_network){.file = o->file,
                         .data = o->data,
                         .len = o->len,
                         .choice = {.output = output ? output->text : NULL,
                                    .height = size ? size->size[0] : 0,
                                    .width = size ? size->size[1] : 0,
                                    .pixels = pixels ? pixels->text : NULL,
                                    .softmax = !output}};
}

static lg_status open_object(const dsl_call *call, cmd_opening *o, open_kind kind, cmd_live *live, dsl_object **out,
                             lg_err *err)
{
    cmd_network network = network_of(call, o);
    if (kind == OPEN_TABLE)
        return cmd_table_open(call->arg[NAME].value[0].text, o->file, o->data, o->len, call->recipe, out, err);
    if (kind == OPEN_NETWORK) return cmd_network_open(&network, call->recipe, out, err);
    return open_saved(call, o, live, out, err);
}

static lg_status show_opened(const dsl_call *call, const cmd_opening *o, open_kind kind, const dsl_object *object,
                             cmd_live *live, lg_err *err)
{
    char hex[65];
    lg_buf brief;
    plt_doc doc;
    const char *name = call->arg[NAME].value[0].text;
    LG_TRY(cmd_file_fingerprint(object, hex, err));
    plt_doc_init(&doc);
    lg_buf_init(&brief, 0);
    object->cls->brief(object->payload, &brief);
    plt_title(&doc, "%s opened from %s", name, o->file);
    plt_pair(&doc, dsl_kind_name(object->cls->kind), "%s", lg_buf_str(&brief));
    plt_pair(&doc, "made", "%.19s UTC", object->made);
    plt_pair(&doc, "fingerprint", "%.16s", hex);
    if (kind == OPEN_NETWORK) {
        cmd_network network = network_of(call, o);
        cmd_doc_network(&doc, &network, object->payload);
    }
    lg_buf_release(&brief);
    warn_lost(&doc, o, name);
    return cmd_live_result(call, live, &doc, false, err);
}

static lg_status open_bytes(const dsl_call *call, cmd_opening *o, cmd_live *live, lg_err *err)
{
    dsl_object *object = NULL;
    const char *name = call->arg[NAME].value[0].text;
    open_kind kind = kind_of(o);
    LG_TRY(check_options(call, kind, err));
    lg_status st = open_object(call, o, kind, live, &object, err);
    if (st) return lg_err_place(err, call->arg[FROM].value[0].span);
    LG_GO(check_name(call, object, err));
    LG_GO(dsl_call_bind(call, name, dsl_object_ref(object), err));
    st = kind == OPEN_TABLE ? object->cls->show(object, name, call->out, err)
                            : show_opened(call, o, kind, object, live, err);
done:
    dsl_object_unref(object);
    return st;
}

static lg_status open_run(const dsl_call *call, lg_err *err)
{
    lg_buf bytes;
    cmd_live live;
    cmd_opening o = {.file = call->arg[FROM].value[0].text};
    lg_buf_init(&bytes, LARGEST);
    cmd_live_init(&live, call->out);
    lg_status st = lg_reach_read(o.file, &bytes, err);
    if (st && err->code == 393) /* a folder */
        lg_try(err, "load %s from %s", call->arg[NAME].value[0].text,
               cmd_file_word(call, (int)strlen(o.file), o.file, ""));
    if (st) lg_err_place(err, call->arg[FROM].value[0].span);
    o.data = lg_buf_str(&bytes);
    o.len = bytes.len;
    if (st == LG_OK) st = open_bytes(call, &o, &live, err);
    if (st) cmd_live_close(&live, st);
    lg_buf_release(&bytes);
    return st;
}

const dsl_command dsl_cmd_open = {
    .name = "open",
    .summary = "bring a saved object back",
    .detail = "Gives an object equal to the one that was saved: the same layers, weights, labels, curves and matrices. "
              "Files are checked before anything of them is used. The pictures of a dataset are read again from where "
              "they were; those that are gone or changed are told. A .csv, .tsv or .json file becomes a table. "
              "A network that another program saved as ONNX becomes a model, with a layer for each of its nodes.",
    .group = "Business",
    .params = params,
    .examples = (const char *const[]){"open scratch from scratch.lmodel", "open results from results.csv",
                                      "open tiny from tiny.onnx", NULL},
    .run = open_run,
};
