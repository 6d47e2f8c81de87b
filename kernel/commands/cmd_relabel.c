/* cmd_relabel.c - `relabel`: rename, merge or fix labels; the files are never touched. */
#include "kernel/commands/dataset_edits.h"
#include "kernel/commands/label_fixes.h"
#include "kernel/commands/params.h"

#include "lib/base/banned.h"

enum { DATA, LABEL, AS, KEEP, REST, IMAGE };

static const dsl_param params[] = {
    [DATA] = CMD_DATASET("the dataset to change, or a part of it"),
    [LABEL] = {.name = "label",
               .role = DSL_POSITIONAL,
               .type = DSL_T_LABEL,
               .list = true,
               .help = "labels to rename; several become one"},
    [AS] = {.name = "as", .role = DSL_PREPOSITION, .type = DSL_T_WORD, .offers = DSL_OFFER_LABELS,
            .help = "the new label"},
    [KEEP] =
        {.name = "keep", .role = DSL_OPTION, .type = DSL_T_LABEL, .list = true, .help = "labels that stay as they are"},
    [REST] = {.name = "rest",
              .role = DSL_OPTION,
              .type = DSL_T_WORD,
              .offers = DSL_OFFER_LABELS,
              .help = "what all other labels become; without it they lose their label"},
    [IMAGE] = {.name = "image",
               .role = DSL_OPTION,
               .type = DSL_T_IMAGE,
               .list = true,
               .help = "numbers or names of single images to label anew"},
    {0},
};

static lg_status words_of(const dsl_call *call, int param, const char *const **out, size_t *count, lg_err *err)
{
    const dsl_arg *arg = &call->arg[param];
    const char **words = lg_arena_alloc(call->arena, (size_t)arg->count + 1, sizeof *words, err);
    if (!words) return err->status;
    for (int i = 0; i < arg->count; i++) words[i] = arg->value[i].text;
    *out = words;
    *count = (size_t)arg->count;
    return LG_OK;
}

/* The images that are listed, which those of the part that is named are. */
static lg_status images_of(const dsl_call *call, const char *name, data_relabel_spec *spec, lg_err *err)
{
    data_set *part = NULL;
    if (!call->arg[IMAGE].count) return LG_OK;
    LG_TRY(cmd_dataset_part(&call->arg[DATA].value[0], &part, err));
    lg_status st = cmd_image_ids(call, IMAGE, part, name, &spec->image, &spec->images, err);
    data_unref(part);
    return st;
}

/* name: "logos", "logos.val". */
static lg_status make_spec(const dsl_call *call, const char *name, data_relabel_spec *spec, lg_err *err)
{
    bool keep = call->arg[KEEP].count > 0, image = call->arg[IMAGE].count > 0;
    *spec = (data_relabel_spec){.keep = keep};
    LG_TRY(cmd_dataset_marks(call, &call->arg[DATA].value[0], &spec->only, err));
    if (call->arg[AS].count) spec->as = call->arg[AS].value[0].text;
    if (call->arg[REST].count) spec->rest = call->arg[REST].value[0].text;
    LG_TRY(words_of(call, keep ? KEEP : LABEL, &spec->label, &spec->labels, err));
    LG_TRY(images_of(call, name, spec, err));
    if (keep ? spec->as == NULL && !image && !call->arg[LABEL].count
             : spec->as && !spec->rest && !(spec->labels && image) && (spec->labels || image || spec->only))
        return LG_OK;
    lg_fail(err, LG_E_ARG, 143, "`relabel` needs to know which label becomes which");
    lg_try(
        err,
        "relabel %s keep adidas, nike rest other   or   relabel %s reebok as adidas   or   relabel %s image 12 as nike",
        name, name, name);
    return lg_err_place(err, call->span);
}

static lg_status relabel_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *of = &call->arg[DATA].value[0];
    const data_set *before = cmd_dataset(of);
    const char *name;
    data_set *after = NULL;
    data_relabel_spec spec;
    data_counts b, a;
    plt_doc doc;
    const char *kept = NULL;
    LG_TRY(cmd_part_name(call, of, &name, err));
    LG_TRY(make_spec(call, name, &spec, err));
    if (data_relabel(before, &spec, &after, err)) {
        const dsl_arg *blame = call->arg[KEEP].count ? &call->arg[KEEP] : &call->arg[LABEL];
        int wrong = 0; /* the label that is not there */
        while (wrong < blame->count - 1 && data_class_find(before, blame->value[wrong].text) >= 0) wrong++;
        return lg_err_place(err, blame->count ? blame->value[wrong].span : call->span);
    }
    lg_status st = data_count_classes(before, &b, err);
    if (st == LG_OK) {
        if ((st = data_count_classes(after, &a, err)) == LG_OK) {
            plt_doc_init(&doc);
            plt_title(&doc, "%s%s: %d label%s before, %d now%s%s", name, cmd_where_text(call), b.classes,
                      b.classes == 1 ? "" : "s", a.classes, *call->note ? " " : "", call->note);
            cmd_doc_before_after(&doc, before, &b, after, &a);
            plt_sentence(&doc, "%s image%s a label now; the files are untouched", lg_thousands((long long)a.usable),
                         a.usable == 1 ? " has" : "s have");
            data_counts_release(&a);
            const cmd_fixing fixing = {before, after, spec.image, spec.images, spec.only};
            st = cmd_fixes_keep(call, &fixing, &doc, &kept, err);
            if (st == LG_OK) st = cmd_display(call, &doc, false, err);
            else plt_doc_release(&doc);
        }
        data_counts_release(&b);
    }
    if (st == LG_OK) return cmd_dataset_bind_kept(call, of->name, after, kept, err);
    data_unref(after);
    return st;
}

const dsl_command dsl_cmd_relabel = {
    .name = "relabel",
    .summary = "rename, merge or fix labels (the files are never renamed)",
    .detail =
        "With `where` only the images that pass change, of `logos.train` only those of that part; `relabel logos as "
        "nike where …` labels all of them. What is said of single images (`image 12, 14`) is a fix that lasts: it "
        "is kept in a log beside the folder of the pictures (FOLDER.edits.tsv), by their content, and every later "
        "`load` applies it; `undo` takes it out again. A fix moves no image to another part: splits go by the label "
        "there was before. Renames, `keep` and `where` are rules, which the notebook repeats.",
    .group = "Data",
    .params = params,
    .examples =
        (const char *const[]){"relabel logos keep adidas, nike rest other", "relabel logos image 12, 14 as nike",
                              "relabel logos as other where id > 40", NULL},
    .takes_where = true,
    .run = relabel_run,
};
