/* cmd_export.c - `export`: rows for spreadsheets, data frames and Tableau, what `show` draws as HTML, PNG or SVG, a
 * network for others. */
#include "kernel/commands/box_table.h"
#include "kernel/commands/export_book.h"
#include "kernel/commands/export_model.h"
#include "kernel/commands/export_posts.h"
#include "kernel/commands/export_rows.h"
#include "lib/base/reach.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { OBJECT, TO, FORMAT, IMAGES };

/* Endings, in the order of FORMATS. `format keras` is source, as ever, but for a file that ends in .keras. */
typedef enum export_kind { ROWS, DRAWING, NETWORK, WORKBOOK } export_kind;
static const struct export_format {
    const char *name;
    export_kind kind;
    const char *ending; /* of networks: which of cmd_net_format; rows have their name */
} formats[] = {{"csv", ROWS, NULL},       {"tsv", ROWS, NULL},      {"json", ROWS, NULL},     {"html", DRAWING, NULL},
               {"png", DRAWING, NULL},    {"svg", DRAWING, NULL},   {"keras", NETWORK, "py"}, {"py", NETWORK, "py"},
               {"onnx", NETWORK, "onnx"}, {"c", NETWORK, "c"},      {"parquet", ROWS, NULL}, {"h5", NETWORK, "h5"},
               {"safetensors", NETWORK, "safetensors"}, {"twb", WORKBOOK, NULL}, {"hyper", ROWS, NULL},
               {"keras", NETWORK, "keras"}};
#define FORMATS "csv tsv json html png svg keras py onnx c parquet h5 safetensors twb hyper"
#define TABLES   ".csv .tsv .json .parquet .hyper .twb"
#define NETWORKS ".onnx .keras .h5 .safetensors .c .py"
enum { CSV, TSV, JSON, HTML, PNG, SVG, KERAS, KERAS_FILE = sizeof formats / sizeof *formats - 1 };

static const dsl_param params[] = {
    [OBJECT] = {.name = "object",
                .role = DSL_POSITIONAL,
                .type = DSL_T_OBJECT,
                .kinds = DSL_ANYTHING,
                .required = true,
                .help = "posts, customers, a dataset or a part of it, a model, a run, a table, a grid"},
    [TO] = {.name = "to",
            .role = DSL_PREPOSITION,
            .type = DSL_T_OUTPATH,
            .endings = TABLES " .html .png .svg " NETWORKS,
            .required = true,
            .help = "the file: " TABLES " for rows, .html .png .svg for what `show` draws, " NETWORKS
                    " for a network"},
    [FORMAT] = {.name = "format",
                .role = DSL_OPTION,
                .type = DSL_T_CHOICE,
                .choices = FORMATS,
                .dflt_help = "by the file's ending",
                .help = "what to write, where the ending does not say it"},
    [IMAGES] = {.name = "images",
                .role = DSL_FLAG,
                .type = DSL_T_FLAG,
                .help = "of posts: thumbnails too, in a folder `images` beside the file"},
    {0},
};

static const char *ending(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    return dot && dot > name ? dot + 1 : "";
}

/* ---- what may be written ---- */
static const char *object_text(const dsl_call *call, const char *otherwise)
{
    return call->arg[OBJECT].count ? call->arg[OBJECT].value[0].text : otherwise;
}

static lg_status is_for_save(const dsl_call *call, const dsl_value *to, const char *end, lg_err *err)
{
    lg_fail(err, LG_E_ARG, 334, "`.%s` files are written by `save`", end);
    lg_why(err, "`export` writes for other tools, `save` for `open`");
    lg_try(err, "save %s to %s", object_text(call, "scratch"),
           cmd_file_word(call, (int)strlen(to->text), to->text, ""));
    return lg_err_place(err, to->span);
}

/* An ending that is nothing: what there is, and what it may have meant. */
static lg_status unknown_ending(const dsl_call *call, const char *end, lg_err *err)
{
    const char *names[KERAS_FILE], *near;
    const dsl_value *to = &call->arg[TO].value[0], *value = &call->arg[OBJECT].value[0];
    for (int i = 0; i < KERAS_FILE; i++) names[i] = formats[i].name;
    near = *end ? lg_nearest(end, names, KERAS_FILE) : NULL;
    bool model = call->arg[OBJECT].count && value->object && value->object->cls->kind == DSL_KIND_MODEL;
    lg_fail(err, LG_E_ARG, 334, "`%.80s` does not say what to write", to->text);
    lg_why(err, "the ending says it: " TABLES " .html .png .svg " NETWORKS);
    if (!near) near = model ? "onnx" : "csv";
    char fits[40];
    snprintf(fits, sizeof fits, ".%s", near);
    lg_try(err, "export %s to %s", call->arg[OBJECT].count ? value->text : "logos",
           cmd_file_word(call, (int)(*end ? end - 1 - to->text : (ptrdiff_t)strlen(to->text)), to->text, fits));
    return lg_err_place(err, to->span);
}

/* The format that an ending stands for, or -1: none. */
static int format_of(const char *end)
{
    if (!lg_casecmp(end, "keras")) return KERAS_FILE;
    for (int i = 0; i < KERAS_FILE; i++)
        if (!lg_casecmp(end, formats[i].name)) return i;
    return -1;
}

/* Source has two names: `format keras` and `format py`. */
static bool same_format(int a, int b)
{
    if (formats[a].kind != NETWORK || formats[b].kind != NETWORK) return a == b;
    return !strcmp(formats[a].ending, formats[b].ending);
}

/* Networks are models; what has rows is none; all of it can be drawn. */
static bool suits(const dsl_call *call, int format)
{
    const dsl_object *object = call->arg[OBJECT].count ? call->arg[OBJECT].value[0].object : NULL;
    if (!object || formats[format].kind == DRAWING) return true;
    return (object->cls->kind == DSL_KIND_MODEL) == (formats[format].kind == NETWORK);
}

/* LL334: by its name whoever opens the file would take it for something else. */
static lg_status name_of_another(const dsl_call *call, int named, int asked, lg_err *err)
{
    const dsl_value *to = &call->arg[TO].value[0];
    const char *end = ending(to->text), *word = formats[asked].name;
    char fits[40];
    snprintf(fits, sizeof fits, ".%s", formats[asked].kind == NETWORK ? formats[asked].ending : word);
    const char *file = cmd_file_word(call, (int)(end - 1 - to->text), to->text, fits);
    lg_fail(err, LG_E_ARG, 334, "`%.80s` ends as a `.%.20s` file, and `format %s` writes another kind of file",
            to->text, end, word);
    if (asked == KERAS)
        lg_why(err, "`format keras` is the Python source of its layers, unless the file ends in .keras");
    else lg_why(err, "programs go by the ending: they would not read it, or misread it");
    if (!suits(call, asked)) lg_try(err, "leave out `format %s`", word);
    else if (!suits(call, named)) lg_try(err, "write `to %s`", file);
    else lg_try(err, "write `to %s`, or leave out `format %s`", file, word);
    return lg_err_place(err, to->span);
}

/* The format that is asked for: that of `format`, which an ending does not contradict, else that of the ending. */
static lg_status find_format(const dsl_call *call, int *out, lg_err *err)
{
    static const char *const saved[] = {"lmodel", "ldata", "lrun"};
    const dsl_value *to = &call->arg[TO].value[0];
    const char *end = ending(to->text);
    int named = format_of(end);
    *out = named;
    for (size_t i = 0; i < sizeof saved / sizeof *saved; i++)
        if (!lg_casecmp(end, saved[i])) return is_for_save(call, to, saved[i], err);
    if (call->arg[FORMAT].count) {
        int choice = call->arg[FORMAT].value[0].choice;
        *out = choice == KERAS && named == KERAS_FILE ? KERAS_FILE : choice;
        if (named >= 0 && !same_format(named, *out)) return name_of_another(call, named, *out, err);
    }
    return *out < 0 ? unknown_ending(call, end, err) : LG_OK;
}

static lg_status only_posts(const dsl_value *value, int format, lg_err *err)
{
    if (value->object->cls == &cmd_posts_class && formats[format].kind == ROWS) return LG_OK;
    bool rows = formats[format].kind == ROWS;
    lg_fail(err, LG_E_ARG, 133, "`images` writes the pictures of posts beside their rows, and `%s` as %s is %s",
            value->name, formats[format].name, rows ? dsl_kind_phrase(value->object->cls->kind) : "no rows");
    lg_try(err, "leave `images` out");
    return lg_err_place(err, value->span);
}

static lg_status export_check(const dsl_call *call, lg_err *err)
{
    int format;
    const dsl_value *value = &call->arg[OBJECT].value[0];
    LG_TRY(find_format(call, &format, err));
    const dsl_object *object = call->arg[OBJECT].count ? value->object : NULL;
    if (!object) return LG_OK;
    if (object->cls->kind == DSL_KIND_MODEL || formats[format].kind != NETWORK) return LG_OK;
    lg_fail(err, LG_E_ARG, 133, "only a model can be written as %s, and `%s` is %s",
            cmd_net_format_find(formats[format].ending)->content, value->name, dsl_kind_phrase(object->cls->kind));
    lg_try(err, "export %s to %s.csv", value->text, value->name);
    return lg_err_place(err, value->span);
}

/* ---- the object: a part, or the rows of `where`, is an object of its own ---- */
static lg_status images_of(const dsl_call *call, const dsl_value *value, dsl_object **out, lg_err *err)
{
    data_set *part = NULL, *rows = NULL;
    LG_TRY(cmd_dataset_part(value, &part, err));
    lg_status st = cmd_dataset_where(call, part, NULL, NULL, NULL, &rows, err);
    data_unref(part);
    return st ? st : dsl_object_new(&cmd_dataset_class, rows, value->object->recipe, out, err);
}

static lg_status posts_of(const dsl_call *call, const dsl_value *value, dsl_object **out, lg_err *err)
{
    rep_posts *posts;
    LG_TRY(cmd_posts_where(call, cmd_posts(value), &posts, err));
    return dsl_object_new(&cmd_posts_class, posts, value->object->recipe, out, err);
}

static lg_status object_of(const dsl_call *call, dsl_object **out, lg_err *err)
{
    const dsl_value *value = &call->arg[OBJECT].value[0];
    dsl_kind kind = value->object->cls->kind;
    if (kind == DSL_KIND_DATASET && (value->part != DSL_PART_ALL || call->where))
        return images_of(call, value, out, err);
    if (call->where && value->object->cls == &cmd_posts_class) return posts_of(call, value, out, err);
    if (call->where) {
        lg_fail(err, LG_E_ARG, 133, "`where` chooses among images and posts, and `%s` is %s", value->name,
                dsl_kind_phrase(kind));
        return lg_err_place(err, value->span);
    }
    *out = dsl_object_ref(value->object);
    return LG_OK;
}

/* ---- one export, from the question to what is said of it ---- */
typedef struct job {
    const dsl_call *call;
    dsl_object *object;
    int format;
    const char *to;
    lg_buf file;
    cmd_live live;
    rep_work work;     /* tells `live` */
    const char *doing; /* for `live` */
    size_t rows;       /* of a table */
    cmd_book *book;    /* owned; NULL: another format */
    bool *written;     /* of posts whose pictures are written too; owned */
    size_t thumbs, pictures;
} job;

static void tell(void *ctx, size_t done, size_t total)
{
    job *j = ctx;
    cmd_live_progress(&j->live, j->doing, (long)done, (long)total);
}

/* ---- rows ---- */
static lg_status posts_table(job *j, rep_table *table, lg_err *err)
{
    const rep_posts *posts = j->object->payload;
    rep_posts_files files = {.folder = CMD_POSTS_FOLDER};
    rep_table_init(table);
    if (!dsl_on(j->call, IMAGES)) return rep_posts_table(posts, NULL, table, err);
    j->pictures = rep_posts_pictures(posts);
    j->written = lg_alloc(j->pictures, sizeof *j->written, err);
    if (!j->written) return err->status;
    j->doing = "making thumbnails";
    LG_TRY(cmd_posts_thumbs(j->call, posts, j->to, &j->work, j->written, &j->thumbs, err));
    files.written = j->written;
    return rep_posts_table(posts, &files, table, err);
}

static lg_status write_rows(job *j, lg_err *err)
{
    rep_table *table = lg_alloc(1, sizeof *table, err);
    if (!table) return err->status;
    bool posts = j->object->cls == &cmd_posts_class;
    lg_status st = posts ? posts_table(j, table, err) : cmd_export_table(j->object, table, err);
    j->doing = "writing rows";
    if (st == LG_OK) st = cmd_rows_format_find(formats[j->format].name)->write(table, &j->work, &j->file, err);
    j->rows = table->rows;
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
static cmd_net_export export_of(const job *j)
{
    return (cmd_net_export){.object = j->object, .name = j->call->arg[OBJECT].value[0].name, .file = j->to};
}

static lg_status make_bytes(job *j, lg_err *err)
{
    const char *name;
    if (formats[j->format].kind == ROWS) return write_rows(j, err);
    if (formats[j->format].kind == WORKBOOK) {
        j->doing = "writing rows";
        return cmd_book_new(j->object, j->to, &j->book, err);
    }
    if (formats[j->format].kind == NETWORK) {
        const cmd_net_export e = export_of(j);
        return cmd_net_write(cmd_net_format_find(formats[j->format].ending), &e, &j->file, err);
    }
    LG_TRY(cmd_part_name(j->call, &j->call->arg[OBJECT].value[0], &name, err));
    return draw(j->object, name, j->format, &j->file, err);
}

static void say_rows(const job *j, plt_doc *doc)
{
    const char *note = cmd_rows_format_find(formats[j->format].name)->note;
    plt_pair(doc, "rows", "%s", lg_thousands((long long)j->rows));
    plt_pair(doc, "bytes", "%s", lg_thousands((long long)j->file.len));
    if (j->written) {
        plt_pair(doc, "thumbnails", "%s, in the folder `" CMD_POSTS_FOLDER "` beside it",
                 lg_thousands((long long)j->thumbs));
        if (j->thumbs < j->pictures)
            plt_note(doc, "%s cannot be read, and have no image_file",
                     lg_thousands((long long)(j->pictures - j->thumbs)));
    }
    if (note) plt_note(doc, "%s", note);
}

static void say_book(const job *j, plt_doc *doc)
{
    const cmd_book *book = j->book;
    int n = book->book.sources;
    int sheets = book->book.sheets ? book->book.sheets : 1;
    plt_pair(doc, "content", "Tableau workbook with %d %s", sheets, sheets == 1 ? "sheet" : "sheets");
    for (int i = 0; i < n; i++)
        plt_pair(doc, book->file[i], "%s rows, %s bytes", lg_thousands((long long)book->table[i].rows),
                 lg_thousands((long long)book->bytes[i]));
    plt_pair(doc, "bytes", "%s", lg_thousands((long long)book->bytes[n]));
    plt_note(doc, "it opens the CSV %s beside it: keep them in one folder", n == 1 ? "file" : "files");
    if (book->note) plt_note(doc, "%s", book->note);
}

static lg_status say_written(job *j, lg_err *err)
{
    const cmd_net_format *net = formats[j->format].ending ? cmd_net_format_find(formats[j->format].ending) : NULL;
    const cmd_net_export e = export_of(j);
    plt_doc doc;
    plt_doc_init(&doc);
    plt_title(&doc, "%s written to %s", j->call->arg[OBJECT].value[0].text, j->to);
    if (formats[j->format].kind == ROWS) {
        say_rows(j, &doc);
    } else if (j->book) {
        say_book(j, &doc);
    } else {
        plt_pair(&doc, "content", "%s", net ? net->content : "drawing");
        plt_pair(&doc, "bytes", "%s", lg_thousands((long long)j->file.len));
    }
    if (net && cmd_net_note(&doc, net, &e, err)) {
        plt_doc_release(&doc);
        return err->status;
    }
    return cmd_live_result(j->call, &j->live, &doc, false, err);
}

static lg_status write_files(job *j, lg_err *err)
{
    if (j->book) return cmd_book_write(j->book, &j->work, err);
    return lg_reach_write(j->to, j->file.data, j->file.len, 0666, err);
}

/* Where nothing can be written nothing is made. */
static lg_status may_write(const job *j, lg_err *err)
{
    char *full;
    LG_TRY(lg_reach_resolve(j->to, LG_REACH_WRITE, &full, err));
    lg_free(full);
    return LG_OK;
}

static lg_status export_run(const dsl_call *call, lg_err *err)
{
    job j = {.call = call, .to = call->arg[TO].value[0].text};
    const lg_span at = call->arg[TO].value[0].span;
    lg_status st;
    LG_TRY(find_format(call, &j.format, err));
    if (dsl_on(call, IMAGES)) LG_TRY(only_posts(&call->arg[OBJECT].value[0], j.format, err));
    LG_TRY(object_of(call, &j.object, err));
    lg_buf_init(&j.file, (size_t)1 << 31);
    cmd_live_init(&j.live, call->out);
    j.work = (rep_work){.cancel = call->cancel, .progress = tell, .ctx = &j};
    if (may_write(&j, err)) LG_GO(lg_err_place(err, at));
    if (make_bytes(&j, err)) LG_GO(lg_err_place(err, err->code == 133 ? call->arg[OBJECT].value[0].span : at));
    LG_GO(lg_cancel_check(call->cancel, err)); /* from here on it is written whole */
    if (write_files(&j, err)) LG_GO(lg_err_place(err, at));
    st = say_written(&j, err);
done:
    if (st) cmd_live_close(&j.live, st);
    lg_buf_release(&j.file);
    lg_free(j.written);
    cmd_book_free(j.book);
    dsl_object_unref(j.object);
    return st;
}

static const char *export_endings(dsl_kind kind)
{
    if (kind == DSL_KIND_MODEL) return NETWORKS " .html .png .svg";
    return kind == DSL_KIND_GRID ? ".csv .html .png .svg" : TABLES " .html .png .svg";
}

const dsl_command dsl_cmd_export = {
    .name = "export",
    .summary = "write data, tables, charts or a model for other tools",
    .detail = "The ending says what: .csv, .tsv, .json and .parquet hold the rows of posts, customers, a dataset, a "
              "run or a table (RFC 4180; JSON is one object a row; docs/exports.md says what the columns are). For "
              "Tableau: .twb is a workbook with the CSV files it opens beside it, .hyper an extract, which needs "
              "Tableau's library (python3 -m pip install tableauhyperapi). .html, .png and .svg hold what `show` "
              "draws. A network goes to .onnx (layers and weights, for most programs), .keras or .h5 (the same for "
              "Keras), .safetensors (weights by name), .c (one file that needs nothing else) and .py (the Keras source "
              "of its layers). In CSV a text that a spreadsheet would run as a formula is written with ' before it. "
              "Files are written whole or not at all.",
    .group = "Business",
    .params = params,
    .endings = export_endings,
    .examples = (const char *const[]){"export logos.val to val.csv", "export logos to logos.parquet",
                                      "export scratch to scratch.onnx", "export scratch to scratch.c",
                                      "export scratch to scratch.py", "export trial to curves.svg", NULL},
    .takes_where = true,
    .check = export_check,
    .run = export_run,
};
