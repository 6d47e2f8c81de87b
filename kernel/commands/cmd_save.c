/* cmd_save.c - `save`: an object becomes a file. */
#include "kernel/commands/box_file.h"
#include "kernel/commands/export_model.h"

#include <string.h>

#include "lib/base/reach.h"

#include "lib/base/banned.h"

enum { OBJECT, TO };

static const dsl_param params[] = {
    [OBJECT] = {.name = "object",
                .role = DSL_POSITIONAL,
                .type = DSL_T_OBJECT,
                .kinds = DSL_MODELS | DSL_DATASETS | DSL_RUNS,
                .required = true,
                .help = "a model, a dataset or a run"},
    [TO] = {.name = "to",
            .role = DSL_PREPOSITION,
            .type = DSL_T_OUTPATH,
            .endings = ".lmodel .ldata .lrun",
            .required = true,
            .help = "a file: NAME.lmodel, NAME.ldata or NAME.lrun"},
    {0},
};

/* LL334: the end of the name says what is in it. */
static lg_status check_ending(const dsl_call *call, const dsl_object *object, lg_err *err)
{
    const dsl_value *to = &call->arg[TO].value[0];
    const char *wanted = cmd_file_ending(object->cls->kind), *slash = strrchr(to->text, '/');
    const char *name = slash ? slash + 1 : to->text, *dot = strrchr(name, '.');
    if (!wanted || (dot && dot != name && strcmp(dot, wanted) == 0)) return LG_OK;
    lg_fail(err, LG_E_ARG, 334, "%s is saved as a file that ends in `%s`", dsl_kind_phrase(object->cls->kind), wanted);
    int stem = (int)(dot && dot != name ? dot - to->text : (ptrdiff_t)strlen(to->text));
    if (dot && (strcmp(dot, ".csv") == 0 || strcmp(dot, ".json") == 0 || cmd_net_format_find(dot + 1)))
        lg_why(err, "`export` writes `%s` files", dot);
    lg_try(err, "save %s to %s", call->arg[OBJECT].value[0].text, cmd_file_word(call, stem, to->text, wanted));
    return lg_err_place(err, to->span);
}

/* `logos.val`, and the images that pass `where`, are an object of its own, made here. *out has one reference. */
static lg_status part_object(const dsl_call *call, const dsl_value *value, dsl_object **out, lg_err *err)
{
    data_set *set = NULL;
    if (value->part == DSL_PART_ALL && !call->where) {
        *out = dsl_object_ref(value->object);
        return LG_OK;
    }
    if (cmd_part_chosen(call, value, &set, err)) return lg_err_place(err, value->span);
    return dsl_object_new(&cmd_dataset_class, set, call->recipe, out, err);
}

/* The folder a file will lie in; from the cell's arena. */
static lg_status folder_of(const dsl_call *call, const char *path, const char **out, lg_err *err)
{
    char *full = NULL;
    LG_TRY(lg_reach_resolve(path, LG_REACH_WRITE, &full, err));
    const char *slash = strrchr(full, '/');
    *out = lg_arena_strndup(call->arena, full, slash ? (size_t)(slash - full) : 0, err);
    lg_free(full);
    return *out ? LG_OK : err->status;
}

static lg_status show_saved(const dsl_call *call, const dsl_object *object, size_t bytes, lg_err *err)
{
    char hex[65];
    lg_buf brief;
    plt_doc doc;
    LG_TRY(cmd_file_fingerprint(object, hex, err));
    plt_doc_init(&doc);
    lg_buf_init(&brief, 0);
    object->cls->brief(object->payload, &brief);
    plt_title(&doc, "%s%s saved to %s", call->arg[OBJECT].value[0].text, cmd_where_text(call),
              call->arg[TO].value[0].text);
    plt_pair(&doc, dsl_kind_name(object->cls->kind), "%s", lg_buf_str(&brief));
    plt_pair(&doc, "file", "%s, %s bytes", call->arg[TO].value[0].text, lg_thousands((long long)bytes));
    plt_pair(&doc, "fingerprint", "%.16s", hex);
    if (object->cls->kind == DSL_KIND_DATASET)
        plt_note(&doc, "the pictures stay where they are: the file names them by path and content");
    lg_buf_release(&brief);
    return cmd_display(call, &doc, false, err);
}

static lg_status save_check(const dsl_call *call, lg_err *err)
{
    const dsl_value *value = &call->arg[OBJECT].value[0];
    if (value->object) LG_TRY(check_ending(call, value->object, err));
    if (!call->where || !value->object || value->object->cls->kind == DSL_KIND_DATASET) return LG_OK;
    lg_fail(err, LG_E_ARG, 133, "`where` chooses among images, and `%s` is %s", value->name,
            dsl_kind_phrase(value->object->cls->kind));
    return lg_err_place(err, value->span);
}

static lg_status save_run(const dsl_call *call, lg_err *err)
{
    lg_buf bytes = {0};
    dsl_object *object = NULL;
    const char *folder = NULL, *path = call->arg[TO].value[0].text;
    lg_status st;
    if (folder_of(call, path, &folder, err)) return lg_err_place(err, call->arg[TO].value[0].span);
    LG_GO(part_object(call, &call->arg[OBJECT].value[0], &object, err));
    LG_GO(cmd_file_of(object, folder, &bytes, err));
    LG_GO(lg_cancel_check(call->cancel, err)); /* from here on it is written whole */
    if (lg_reach_write(path, bytes.data, bytes.len, 0666, err)) LG_GO(lg_err_place(err, call->arg[TO].value[0].span));
    st = show_saved(call, object, bytes.len, err);
done:
    lg_buf_release(&bytes);
    dsl_object_unref(object);
    return st;
}

const dsl_command dsl_cmd_save = {
    .name = "save",
    .summary = "keep an object in one file",
    .detail =
        "The file is written whole or not at all, and carries a checksum of every part. A model keeps its layers, "
        "weights, labels, seed and its runs with their curves; a dataset keeps which pictures it is made of, by "
        "path and content, with labels and split; `open` brings back an equal object.",
    .group = "Business",
    .params = params,
    .examples = (const char *const[]){"save scratch to scratch.lmodel", "save logos to logos.ldata",
                                      "save logos to bright.ldata where brightness > 0.4", NULL},
    .takes_where = true,
    .endings = cmd_file_ending,
    .check = save_check,
    .run = save_run,
};
