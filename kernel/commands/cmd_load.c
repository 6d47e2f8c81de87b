/* cmd_load.c - `load`: pictures and their labels become a dataset. */
#include "kernel/commands/box_file.h"
#include "kernel/commands/label_fixes.h"
#include "kernel/commands/params.h"
#include "lib/sample/logos.h"
#include "lib/store/paths.h"

#include <string.h>
#include <strings.h>

#include "lib/base/banned.h"

enum { NAME, FROM, LABELS, COLUMNS, SIZE, FIT, SPLIT, LIMIT, SEED, BOXES, EDITS };

static const dsl_param params[] = {
    [NAME] = {.name = "name",
              .role = DSL_POSITIONAL,
              .type = DSL_T_NEWNAME,
              .required = true,
              .help = "what the dataset will be called"},
    [FROM] = {.name = "from",
              .role = DSL_PREPOSITION,
              .type = DSL_T_PATH,
              .endings = ".zip .tar .gz .tgz ubyte",
              .required = true,
              .help =
                  "a folder of pictures, an archive of one (zip, tar, tar.gz; read where it lies), or sample:logos"},
    [LABELS] = {.name = "labels",
                .role = DSL_OPTION,
                .type = DSL_T_PATH,
                .endings = ".txt .csv .tsv",
                .dflt_help = "as published, else folders",
                .help =
                    "a text file (txt, tsv, csv) with one line an image; `folders`: the folder a picture lies in; or "
                    "a pattern for its name, \"(.*)_[0-9]+\""},
    [COLUMNS] = {.name = "columns",
                 .role = DSL_OPTION,
                 .type = DSL_T_WORD,
                 .list = true,
                 .dflt_help = "found",
                 .help = "which columns of the labels file are the file and the label"},
    [SIZE] = {.name = "size",
              .role = DSL_OPTION,
              .type = DSL_T_SIZE,
              .choices = "keep",
              .dflt = "keep",
              .min = 1,
              .max = 4096,
              .help = "height x width (x1 for grey) every picture is fitted to",
              .advice =
                  "32x32 to 128x128 trains in seconds to minutes; large pictures cost memory and time by their area"},
    [FIT] = {.name = "fit",
             .role = DSL_OPTION,
             .type = DSL_T_CHOICE,
             .choices = "crop pad stretch",
             .dflt = "crop",
             .help = "cut off what sticks out, add a border, or distort"},
    [SPLIT] = {.name = "split",
               .role = DSL_OPTION,
               .type = DSL_T_SPLIT,
               .dflt_help = "as published, else 80/20",
               .help = "shares for training / validation (/ test)"},
    [LIMIT] = {.name = "limit",
               .role = DSL_OPTION,
               .type = DSL_T_INT,
               .choices = "all",
               .dflt = "all",
               .min = 1,
               .max = 1e9,
               .help = "at most so many images, drawn in proportion to the classes"},
    [SEED] = CMD_SEED("draws the split; the same seed, the same split"),
    [BOXES] = {.name = "boxes",
               .role = DSL_FLAG,
               .type = DSL_T_FLAG,
               .help = "an image for each annotated mark, cut out of its picture"},
    [EDITS] = {.name = "edits",
               .role = DSL_FLAG,
               .type = DSL_T_FLAG,
               .dflt = "on",
               .help = "the label fixes of earlier sessions; `no edits`: labels as the files have them, and "
                       "the log of fixes left alone"},
    {0},
};

static void load_progress(void *ctx, size_t done, size_t count)
{
    cmd_live_progress(ctx, "reading pictures", (long)done, (long)count);
}

static void draw_progress(void *ctx, int done, int count)
{
    cmd_live_progress(ctx, "drawing the sample pictures, once", done, count);
}

/* sample:logos: its folder in our cache, drawn at first use. *folder and *labels from the cell's arena. */
static lg_status sample_folder(const dsl_call *call, cmd_live *live, const char **folder, const char **labels,
                               lg_err *err)
{
    enum { SAMPLE_SEED = 1 }; /* one set for everybody: results can be compared */
    store_paths paths = {0};
    lg_pool *pool = NULL;
    lg_status st;
    LG_GO(store_paths_init(&paths, err));
    *folder = lg_arena_strf(call->arena, err, "%s/samples/logos-%d", paths.cache, SMP_LOGOS_VERSION);
    *labels = *folder ? lg_arena_strf(call->arena, err, "%s/labels.txt", *folder) : NULL;
    if (!*labels) LG_GO(err->status);
    if (!smp_logos_ready(*folder)) {
        LG_GO(cmd_pool(call, &pool, err));
        LG_GO(smp_logos_make(*folder,
                             &(smp_logos_options){.seed = SAMPLE_SEED,
                                                  .pool = pool,
                                                  .cancel = call->cancel,
                                                  .progress = draw_progress,
                                                  .progress_ctx = live},
                             err));
    }
    st = LG_OK;
done:
    store_paths_release(&paths);
    return st;
}

static lg_status check_place(const dsl_call *call, bool *sample, lg_err *err)
{
    const dsl_value *from = &call->arg[FROM].value[0];
    *sample = strcmp(from->text, "sample:logos") == 0;
    if (*sample) return LG_OK;
    if (strncmp(from->text, "sample:", 7) == 0) {
        lg_fail(err, LG_E_NAME, 302, "there is no sample set called `%s`", from->text);
        lg_try(err, "load %s from sample:logos", call->arg[NAME].value[0].text);
        return lg_err_place(err, from->span);
    }
    if (strstr(from->text, "://")) {
        lg_fail(err, LG_E_UNSUPPORTED, 505, "`load` reads folders and archives, not `%.60s`", from->text);
        lg_try(err, "download the pictures into a folder and name that");
        return lg_err_place(err, from->span);
    }
    return LG_OK;
}

/* What a recipe adds to the line, so that it does not depend on what the log says later. */
static const char *without_log(const dsl_call *call)
{
    return dsl_on(call, EDITS) ? " no edits" : "";
}

/* The spec; bad combinations are told apart here. */
static lg_status make_spec(const dsl_call *call, data_load_spec *spec, cmd_live *live, lg_err *err)
{
    bool sample;
    lg_pool *pool = NULL;
    const dsl_value *size = dsl_val(call, SIZE), *split = dsl_val(call, SPLIT), *limit = dsl_val(call, LIMIT);
    static const img_fit_mode fits[] = {IMG_FIT_CROP, IMG_FIT_PAD, IMG_FIT_STRETCH};
    *spec = (data_load_spec){.name = call->arg[NAME].value[0].text,
                             .from = call->arg[FROM].value[0].text,
                             .labels = call->arg[LABELS].given ? call->arg[LABELS].value[0].text : NULL,
                             .fit = fits[call->arg[FIT].value[0].choice],
                             .seed = cmd_seed(call, SEED),
                             .published = !call->arg[SPLIT].given,
                             .unlogged = !dsl_on(call, EDITS),
                             .boxes = dsl_on(call, BOXES),
                             .cancel = call->cancel,
                             .progress = load_progress,
                             .unpacking = cmd_live_unpacking,
                             .progress_ctx = live};
    spec->as_written = lg_arena_strf(call->arena, err, "%s%s", call->step, without_log(call));
    if (!spec->as_written) return err->status;
    if (call->arg[COLUMNS].count) spec->file_column = call->arg[COLUMNS].value[0].text;
    if (call->arg[COLUMNS].count > 1) spec->label_column = call->arg[COLUMNS].value[1].text;
    if (size && size->type == DSL_T_SIZE)
        spec->size = (data_size){.h = size->size[0], .w = size->size[1], .c = size->nsize > 2 ? size->size[2] : 0};
    if (limit && limit->type == DSL_T_INT) spec->limit = (size_t)limit->integer;
    spec->cut = DATA_80_20;
    if (split)
        spec->cut = (data_cut){.train = split->size[0] / 100.0,
                               .val = split->size[1] / 100.0,
                               .test = split->nsize > 2 ? split->size[2] / 100.0 : 0};
    LG_TRY(check_place(call, &sample, err));
    const char *own = spec->labels; /* labels of one's own go with its pictures as well */
    if (sample) LG_TRY(sample_folder(call, live, &spec->from, &spec->labels, err));
    if (own) spec->labels = own;
    LG_TRY(cmd_pool(call, &pool, err));
    spec->pool = pool;
    return LG_OK;
}

static void doc_notes(plt_doc *doc, const data_report *report)
{
    for (size_t i = 0; i < report->notes; i++) {
        const data_note *note = &report->note[i];
        lg_err warning = {0};
        lg_fail(&warning, LG_E_DATA, note->code, "%s", note->msg);
        if (*note->why) lg_why(&warning, "%s", note->why);
        if (*note->hint) lg_try(&warning, "%s", note->hint);
        plt_warning(doc, &warning);
    }
}

/* Published with train and test alone, a set has nothing to judge settings by but the test images. */
static void note_published(plt_doc *doc, const data_counts *counts, const char *name)
{
    if (counts->total[DATA_TRAIN] && counts->total[DATA_TEST] && !counts->total[DATA_VAL])
        plt_note(doc, "parts as published, without validation images; take some from train: split %s.train 80/20",
                 name);
    else plt_note(doc, "parts as published; `split` makes others");
}

static lg_status load_document(const dsl_call *call, const data_set *set, const data_cut *cut,
                               const data_report *report, const cmd_replay *replay, cmd_live *live, lg_err *err)
{
    plt_doc doc;
    lg_buf brief;
    data_counts counts;
    uint32_t rows[24];
    LG_TRY(data_count_classes(set, &counts, err));
    plt_doc_init(&doc);
    lg_buf_init(&brief, 0);
    cmd_dataset_brief(set, &brief);
    plt_title(&doc, "%s from %s: %s, seed %llu", call->arg[NAME].value[0].text, call->arg[FROM].value[0].text,
              lg_buf_str(&brief), (unsigned long long)data_seed(set));
    lg_buf_release(&brief);
    cmd_doc_histogram(&doc, set, &counts);
    cmd_doc_split_table(&doc, set, &counts);
    if (report->published) note_published(&doc, &counts, call->arg[NAME].value[0].text);
    else cmd_doc_split_warnings(&doc, set, &counts, cut, call->arg[NAME].value[0].text, NULL);
    doc_notes(&doc, report);
    cmd_doc_replay(&doc, replay, call->arg[NAME].value[0].text, dsl_val(call, LIMIT)->type == DSL_T_INT);
    size_t n = data_sample(set, 24, data_seed(set), rows);
    lg_status st = cmd_doc_sheet(&doc, set, rows, n, 64, true, err);
    data_counts_release(&counts);
    if (st) {
        plt_doc_release(&doc);
        return st;
    }
    return cmd_live_result(call, live, &doc, true, err);
}

/* `columns` says two things about a file, and is nothing without one. */
static lg_status load_check(const dsl_call *call, lg_err *err)
{
    const dsl_arg *columns = &call->arg[COLUMNS], *labels = &call->arg[LABELS];
    if (!columns->given) return LG_OK;
    const dsl_value *first = &columns->value[0];
    if (columns->count != 2) {
        lg_fail(err, LG_E_ARG, 316, "`columns` names two columns: the file's and the label's");
        lg_try(err, "columns file, %s", first->text);
        return lg_err_place(err, first->span);
    }
    if (labels->given && strcmp(labels->value[0].text, "folders")) return LG_OK;
    lg_fail(err, LG_E_ARG, 316, "`columns` is about a labels file, and none is named");
    lg_try(err, "labels FILE columns %s, %s", first->text, columns->value[1].text);
    return lg_err_place(err, first->span);
}

/* The word of the line that a failure is about. */
static void blame(const dsl_call *call, const data_report *report, lg_err *err)
{
    int param = report->failed == DATA_AT_LABELS ? LABELS : FROM, which = 0;
    if (err->code == 316) param = COLUMNS;
    if (err->code == 318) param = SIZE;
    if (err->code == 312) param = SPLIT;
    const dsl_arg *arg = call->arg[param].given ? &call->arg[param] : &call->arg[FROM];
    for (int i = 0; param == COLUMNS && i < arg->count; i++) /* the message quotes the column that is not there */
        if (strstr(err->msg, arg->value[i].text)) which = i;
    const char *from = call->arg[FROM].value[0].text;
    if (err->code == 302 && param == FROM && !strncasecmp(from, "sample", 6) && !*err->hint)
        lg_try(err, "did you mean `sample:logos`?");
    const char *dot = strrchr(from, '.');
    if (err->code == 393 && param == FROM && dot && cmd_opens(dot)) /* the other way to bring something in */
        lg_try(err, "open %s from %s", call->arg[NAME].value[0].text,
               cmd_file_word(call, (int)strlen(from), from, ""));
    lg_err_place(err, arg->value[which].span);
}

/* The set as it was read, and as an edit of it what the log of fixes makes of it. Its recipe leaves the log alone and
 * has the fixes as lines of its own: it makes the same set whatever becomes of the log. */
static lg_status bind(const dsl_call *call, const char *name, data_set *set, const cmd_replay *replay, lg_err *err)
{
    dsl_call plain = *call, fixed = *call;
    dsl_object *object = NULL;
    plain.recipe = lg_arena_strf(call->arena, err, "%s%s", call->recipe, without_log(call));
    fixed.recipe =
        lg_arena_strf(call->arena, err, "%s%s%s", call->recipe, without_log(call), lg_buf_str(&replay->lines));
    if (!plain.recipe || !fixed.recipe) return err->status;
    LG_TRY(dsl_object_new(&cmd_dataset_class, data_ref(set), plain.recipe, &object, err));
    LG_TRY(dsl_session_bind(call->session, name, object, err));
    if (!replay->fixed) return LG_OK;
    fixed.step = "label fixes of earlier sessions, by `load`";
    return cmd_dataset_bind_kept(&fixed, name, data_ref(replay->fixed), lg_buf_str(&replay->kept), err);
}

static lg_status load_run(const dsl_call *call, lg_err *err)
{
    data_load_spec spec;
    data_report report = {0};
    cmd_replay replay = {0};
    data_set *set = NULL;
    cmd_live live;
    cmd_live_init(&live, call->out);
    lg_status st = make_spec(call, &spec, &live, err);
    if (st == LG_OK) {
        st = data_load(&spec, &set, &report, err);
        if (st) blame(call, &report, err);
    }
    if (st == LG_OK && !spec.unlogged) st = cmd_replay_make(call, spec.name, set, &replay, err);
    /* Before anything is drawn: what was read stays, whatever becomes of its picture. */
    if (st == LG_OK) st = bind(call, spec.name, set, &replay, err);
    if (st == LG_OK)
        st = load_document(call, replay.fixed ? replay.fixed : set, &spec.cut, &report, &replay, &live, err);
    if (st) cmd_live_close(&live, st);
    cmd_replay_release(&replay);
    data_report_release(&report);
    data_unref(set);
    return st;
}

const dsl_command dsl_cmd_load = {
    .name = "load",
    .summary = "read images and their labels",
    .detail =
        "Labels come from the folder a picture lies in, from a text file matched by the image's name, or from a "
        "pattern in the names. Nothing is moved or changed on disk. Broken pictures, missing labels and pictures that "
        "look alike are reported; look-alikes stay on one side of the split. Labels of single images that were fixed "
        "before (`relabel NAME image 12 as nike`) are fixed again, by what is in the pictures, and told; `undo NAME` "
        "takes "
        "that back, `no edits` loads without.",
    .group = "Data",
    .params = params,
    .examples =
        (const char *const[]){"load logos from sample:logos size 64x64 seed 7",
                              "load small from sample:logos size 32x32 limit 200 split 70/15/15 no edits", NULL},
    .makes = DSL_KIND_DATASET,
    .check = load_check,
    .run = load_run,
};
