/* cmd_export.c - `export`: rows as CSV, TSV or JSON, what `show` draws as HTML, PNG or SVG, a network for others. */
#include "kernel/commands/box_table.h"
#include "kernel/commands/export_model.h"
#include "lib/base/reach.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { OBJECT, TO, FORMAT };

/* Endings, in the order of FORMATS. `format keras` is source, as ever, but for a file that ends in .keras. */
typedef enum export_kind { ROWS, DRAWING, NETWORK, LATER } export_kind;
static const struct export_format {
    const char *name;
    export_kind kind;
    const char *ending; /* of networks: which of cmd_net_format */
} formats[] = {{"csv", ROWS, NULL},       {"tsv", ROWS, NULL},      {"json", ROWS, NULL},     {"html", DRAWING, NULL},
               {"png", DRAWING, NULL},    {"svg", DRAWING, NULL},   {"keras", NETWORK, "py"}, {"py", NETWORK, "py"},
               {"onnx", NETWORK, "onnx"}, {"c", NETWORK, "c"},      {"parquet", LATER, NULL}, {"h5", NETWORK, "h5"},
               {"safetensors", NETWORK, "safetensors"}, {"twb", LATER, NULL}, {"hyper", LATER, NULL},
               {"keras", NETWORK, "keras"}};
#define FORMATS "csv tsv json html png svg keras py onnx c parquet h5 safetensors twb hyper"
#define NETWORKS ".onnx .keras .h5 .safetensors .c .py"
enum { CSV, TSV, JSON, HTML, PNG, SVG, KERAS, KERAS_FILE = sizeof formats / sizeof *formats - 1 };

static const dsl_param params[] = {
    [OBJECT] = {.name = "object",
                .role = DSL_POSITIONAL,
                .type = DSL_T_OBJECT,
                .kinds = DSL_ANYTHING,
                .required = true,
                .help = "a dataset or a part of it, a model, a run, a table, a grid"},
    [TO] = {.name = "to",
            .role = DSL_PREPOSITION,
            .type = DSL_T_OUTPATH,
            .required = true,
            .help = "the file: .csv .tsv .json for rows, .html .png .svg for what `show` draws, " NETWORKS
                    " for a network"},
    [FORMAT] = {.name = "format",
                .role = DSL_OPTION,
                .type = DSL_T_CHOICE,
                .choices = FORMATS,
                .dflt_help = "by the file's ending",
                .help = "what to write, where the ending does not say it"},
    {0},
};

static const char *ending(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    return dot && dot > name ? dot + 1 : "";
}

/* ---- what may be written ---- */
static lg_status not_yet(const dsl_value *at, const char *name, lg_err *err)
{
    lg_fail(err, LG_E_UNSUPPORTED, 146, "`%s` files are not part of this version", name);
    lg_why(err, "rows go to .csv .tsv .json, drawings to .html .png .svg, networks to " NETWORKS);
    lg_try(err, "`save` keeps a model with its weights: save scratch to scratch.lmodel");
    return lg_err_place(err, at->span);
}

static lg_status is_for_save(const dsl_call *call, const dsl_value *to, const char *end, lg_err *err)
{
    lg_fail(err, LG_E_ARG, 334, "`.%s` files are written by `save`", end);
    lg_why(err, "`export` writes for other tools, `save` for `open`");
    lg_try(err, "save %s to %s", call->arg[OBJECT].count ? call->arg[OBJECT].value[0].text : "scratch", to->text);
    return lg_err_place(err, to->span);
}

/* An ending that is nothing: what there is, and what it may have meant. */
static lg_status unknown_ending(const dsl_call *call, const char *end, lg_err *err)
{
    const char *names[KERAS_FILE], *near;
    const dsl_value *to = &call->arg[TO].value[0], *value = &call->arg[OBJECT].value[0];
    for (int i = 0; i < KERAS_FILE; i++) names[i] = formats[i].kind == LATER ? NULL : formats[i].name;
    near = *end ? lg_nearest(end, names, KERAS_FILE) : NULL;
    bool model = call->arg[OBJECT].count && value->object && value->object->cls->kind == DSL_KIND_MODEL;
    lg_fail(err, LG_E_ARG, 334, "`%.80s` does not say what to write", to->text);
    lg_why(err, "the ending says it: .csv .tsv .json .html .png .svg " NETWORKS);
    if (!near) near = model ? "onnx" : "csv";
    lg_try(err, "export %s to %.*s.%s", call->arg[OBJECT].count ? value->text : "logos",
           (int)(*end ? end - 1 - to->text : (ptrdiff_t)strlen(to->text)), to->text, near);
    return lg_err_place(err, to->span);
}

/* The format that is asked for: that of `format`, else that of the ending. */
static lg_status find_format(const dsl_call *call, int *out, lg_err *err)
{
    static const char *const saved[] = {"lmodel", "ldata", "lrun"};
    const dsl_value *to = &call->arg[TO].value[0], *at = to;
    const char *end = ending(to->text);
    bool keras_file = !lg_casecmp(end, "keras");
    *out = -1;
    if (call->arg[FORMAT].count) {
        at = &call->arg[FORMAT].value[0];
        *out = at->choice == KERAS && keras_file ? KERAS_FILE : at->choice;
    }
    for (size_t i = 0; *out < 0 && i < sizeof saved / sizeof *saved; i++)
        if (!lg_casecmp(end, saved[i])) return is_for_save(call, to, saved[i], err);
    if (*out < 0 && keras_file) *out = KERAS_FILE;
    for (int i = 0; *out < 0 && i < KERAS_FILE; i++)
        if (!lg_casecmp(end, formats[i].name)) *out = i;
    if (*out < 0) return unknown_ending(call, end, err);
    return formats[*out].kind == LATER ? not_yet(at, formats[*out].name, err) : LG_OK;
}

static lg_status export_check(const dsl_call *call, lg_err *err)
{
    int format;
    const dsl_value *value = &call->arg[OBJECT].value[0];
    LG_TRY(find_format(call, &format, err));
    const dsl_object *object = call->arg[OBJECT].count ? value->object : NULL;
    if (!object || object->cls->kind == DSL_KIND_MODEL || formats[format].kind != NETWORK) return LG_OK;
    lg_fail(err, LG_E_ARG, 133, "only a model can be written as %s, and `%s` is %s",
            cmd_net_format_find(formats[format].ending)->content, value->name, dsl_kind_phrase(object->cls->kind));
    lg_try(err, "export %s to %s.csv", value->text, value->name);
    return lg_err_place(err, value->span);
}

/* ---- the object: a part, or the rows of `where`, is an object of its own ---- */
static lg_status object_of(const dsl_call *call, dsl_object **out, lg_err *err)
{
    const dsl_value *value = &call->arg[OBJECT].value[0];
    bool data = value->object->cls->kind == DSL_KIND_DATASET;
    data_set *part = NULL, *rows = NULL;
    if (call->where && !data) {
        lg_fail(err, LG_E_ARG, 133, "`where` chooses among images, and `%s` is %s", value->name,
                dsl_kind_phrase(value->object->cls->kind));
        return lg_err_place(err, value->span);
    }
    if (!data || (value->part == DSL_PART_ALL && !call->where)) {
        *out = dsl_object_ref(value->object);
        return LG_OK;
    }
    LG_TRY(cmd_dataset_part(value, &part, err));
    lg_status st = cmd_dataset_where(call, part, NULL, NULL, NULL, &rows, err);
    data_unref(part);
    return st ? st : dsl_object_new(&cmd_dataset_class, rows, value->object->recipe, out, err);
}

/* ---- rows ---- */
static lg_status write_rows(const dsl_object *object, int format, lg_buf *out, size_t *rows, lg_err *err)
{
    rep_table *table = lg_alloc(1, sizeof *table, err);
    if (!table) return err->status;
    lg_status st = cmd_table_of(object, table, err);
    if (st == LG_OK) {
        if (format == JSON) rep_json_write(table, out);
        else rep_csv_write(table, format == TSV ? '\t' : ',', out);
        *rows = table->rows;
        st = lg_buf_check(out, err);
    }
    rep_table_release(table);
    lg_free(table);
    return st;
}

/* ---- drawings: what `show` draws, taken before it is rendered for the reader ---- */
typedef struct catcher {
    dsl_out out;
    lg_buf *file;
    int format;
    bool caught;
} catcher;

static lg_status as_png(const plt_doc *doc, lg_buf *out, lg_err *err)
{
    plt_bundle bundle = {0};
    LG_TRY(plt_render(doc, &(plt_options){.flags = PLT_TEXT | PLT_PNG | PLT_FULL, .limit = (size_t)64 << 20}, &bundle,
                      err));
    if (bundle.png) lg_buf_add(out, bundle.png, bundle.png_len);
    plt_bundle_release(&bundle);
    if (out->len) return lg_buf_check(out, err);
    lg_fail(err, LG_E_DATA, 320, "this result has no picture to write as PNG");
    return lg_try(err, "export it to a .csv or .html file");
}

static lg_status catch_document(dsl_out *out, const struct plt_doc *doc, lg_err *err)
{
    catcher *c = out->ctx;
    const plt_options options = {.encode = cmd_thumb_jpeg, .encode_mime = "image/jpeg", .flags = PLT_FULL};
    if (c->caught) return LG_OK;
    c->caught = true;
    if (c->format == PNG) return as_png(doc, c->file, err);
    if (c->format == SVG) return plt_render_svg(doc, &options, c->file, err);
    return plt_render_page(doc, &options, c->file, err);
}

static void catch_stream(dsl_out *out, bool is_error, const char *text, size_t len)
{
    (void)out, (void)is_error, (void)text, (void)len;
}

/* A class of the language itself shows text alone. */
static void catch_display(dsl_out *out, const dsl_bundle *bundle, const char *id, bool update)
{
    catcher *c = out->ctx;
    lg_err ignored = {0};
    plt_doc doc;
    (void)id, (void)update;
    plt_doc_init(&doc);
    plt_code(&doc, "%s", bundle->text);
    if (c->format == HTML && catch_document(out, &doc, &ignored)) c->file->failed = ignored.status;
    plt_doc_release(&doc);
}

static lg_status draw(const dsl_object *object, const char *name, int format, lg_buf *file, lg_err *err)
{
    catcher c = {.out = {.stream = catch_stream, .display = catch_display, .document = catch_document, .columns = 100},
                 .file = file,
                 .format = format};
    c.out.ctx = &c;
    LG_TRY(object->cls->show(object, name, &c.out, err));
    if (file->len || file->failed) return lg_buf_check(file, err);
    lg_fail(err, LG_E_DATA, 320, "this result has no picture to write");
    return lg_try(err, "export it to a .html file");
}

/* ---- all of it ---- */
static cmd_net_export export_of(const dsl_call *call, const dsl_object *object)
{
    return (cmd_net_export){
        .object = object, .name = call->arg[OBJECT].value[0].name, .file = call->arg[TO].value[0].text};
}

static lg_status make_bytes(const dsl_call *call, const dsl_object *object, int format, lg_buf *out, size_t *rows,
                            lg_err *err)
{
    const char *name;
    if (formats[format].kind == ROWS) return write_rows(object, format, out, rows, err);
    if (formats[format].kind == NETWORK) {
        const cmd_net_export e = export_of(call, object);
        return cmd_net_write(cmd_net_format_find(formats[format].ending), &e, out, err);
    }
    LG_TRY(cmd_part_name(call, &call->arg[OBJECT].value[0], &name, err));
    return draw(object, name, format, out, err);
}

static lg_status say_written(const dsl_call *call, const dsl_object *object, int format, size_t rows, size_t bytes,
                             lg_err *err)
{
    const char *file = call->arg[TO].value[0].text;
    const cmd_net_format *net = formats[format].ending ? cmd_net_format_find(formats[format].ending) : NULL;
    const cmd_net_export e = export_of(call, object);
    plt_doc doc;
    plt_doc_init(&doc);
    plt_title(&doc, "%s written to %s", call->arg[OBJECT].value[0].text, file);
    if (formats[format].kind == ROWS) plt_pair(&doc, "rows", "%s", lg_thousands((long long)rows));
    else plt_pair(&doc, "content", "%s", net ? net->content : "drawing");
    plt_pair(&doc, "bytes", "%s", lg_thousands((long long)bytes));
    if (net && cmd_net_note(&doc, net, &e, err)) {
        plt_doc_release(&doc);
        return err->status;
    }
    if (format == CSV || format == TSV)
        plt_note(&doc, "texts that a spreadsheet would take for a formula begin with '");
    return cmd_display(call, &doc, false, err);
}

static lg_status export_run(const dsl_call *call, lg_err *err)
{
    int format;
    size_t rows = 0;
    lg_buf file;
    dsl_object *object = NULL;
    const dsl_value *to = &call->arg[TO].value[0];
    lg_status st;
    LG_TRY(find_format(call, &format, err));
    LG_TRY(object_of(call, &object, err));
    lg_buf_init(&file, (size_t)1 << 31);
    if (make_bytes(call, object, format, &file, &rows, err)) {
        st = lg_err_place(err, err->code == 133 ? call->arg[OBJECT].value[0].span : to->span);
        goto done;
    }
    LG_GO(lg_cancel_check(call->cancel, err)); /* from here on it is written whole */
    if (lg_reach_write(to->text, file.data, file.len, 0666, err)) LG_GO(lg_err_place(err, to->span));
    st = say_written(call, object, format, rows, file.len, err);
done:
    lg_buf_release(&file);
    dsl_object_unref(object);
    return st;
}

const dsl_command dsl_cmd_export = {
    .name = "export",
    .summary = "write data, tables, charts or a model for other tools",
    .detail = "The ending says what: .csv, .tsv and .json hold the rows of a dataset, a run or a table (RFC 4180; JSON "
              "is one "
              "object a row), .html, .png and .svg what `show` draws. A network goes to .onnx (layers and weights, for "
              "most programs), .keras or .h5 (the same for Keras), .safetensors (weights by name), .c (one file that "
              "needs nothing else) and .py (the Keras source of its layers). In CSV a text "
              "that a "
              "spreadsheet would run as a formula is written with ' before it. Files are written whole or not at all.",
    .group = "Business",
    .params = params,
    .examples = (const char *const[]){"export logos.val to val.csv", "export scratch to scratch.onnx",
                                      "export scratch to scratch.c", "export scratch to scratch.py",
                                      "export trial to curves.svg", NULL},
    .takes_where = true,
    .check = export_check,
    .run = export_run,
};
