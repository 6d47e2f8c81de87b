/* cmd_split.c - `split`: cut a dataset into parts for training, validation and testing, without leaks. */
#include "kernel/commands/box_dataset.h"
#include "kernel/commands/params.h"

#include "lib/base/banned.h"

enum { DATA, CUT, BY, SEED, STRATIFY, TOGETHER };

static const dsl_param params[] = {
    [DATA] = CMD_DATASET("the dataset to cut, or its training part"),
    [CUT] = {.name = "shares",
             .role = DSL_POSITIONAL,
             .type = DSL_T_SPLIT,
             .dflt = "80/20",
             .help = "training / validation (/ test), in percent"},
    [BY] = {.name = "by",
            .role = DSL_PREPOSITION,
            .type = DSL_T_WORD,
            .offers = DSL_OFFER_FIELDS,
            .help = "a column whose equal values stay on one side: source, user, …"},
    [SEED] = CMD_SEED("draws the split; the same seed, the same split"),
    [STRATIFY] = {.name = "stratify",
                  .role = DSL_FLAG,
                  .type = DSL_T_FLAG,
                  .dflt = "on",
                  .help = "every class has the same share in each part"},
    [TOGETHER] = {.name = "together",
                  .role = DSL_FLAG,
                  .type = DSL_T_FLAG,
                  .dflt = "on",
                  .help = "pictures that look alike stay on one side"},
    {0},
};

/* Cutting a part: of train alone, and only into parts that are not there. A cell run again would else make train
 * smaller each time. */
static lg_status check_part(const dsl_call *call, const data_counts *counts, const data_cut *cut, lg_err *err)
{
    const dsl_value *v = &call->arg[DATA].value[0];
    data_split_kind of = cmd_split_of(v->part);
    if (of == DATA_NONE) return LG_OK;
    if (of != DATA_TRAIN) {
        lg_fail(err, LG_E_ARG, 312, "only the training part is cut, not `%s.%s`", v->name, data_split_names[of]);
        lg_try(err, "split %s.train 80/20", v->name);
        return lg_err_place(err, v->span);
    }
    const double share[DATA_SPLITS] = {[DATA_VAL] = cut->val, [DATA_TEST] = cut->test};
    for (int part = DATA_VAL; part <= DATA_TEST; part++) {
        size_t n = counts->total[part];
        if (share[part] <= 0 || n == 0) continue;
        lg_fail(err, LG_E_ARG, 312, "`%s` has %s images already, so none are cut off train", v->name,
                part == DATA_VAL ? "validation" : "test");
        lg_why(err, "%s.%s has %s; cut again and again, train would be smaller each time the cell runs", v->name,
               data_split_names[part], lg_thousands((long long)n));
        if (part == DATA_TEST && counts->total[DATA_VAL] == 0) lg_try(err, "split %s.train 80/20", v->name);
        else
            lg_try(err, "undo %s, where they were cut off before; or all parts anew: split %s 60/20/20", v->name,
                   v->name);
        return lg_err_place(err, v->span);
    }
    return LG_OK;
}

static void doc_notes(const data_split_spec *spec, const data_counts *counts, plt_doc *doc)
{
    size_t n = counts->unlabelled, out = counts->total[DATA_NONE];
    if (n)
        plt_note(doc, "%s image%s without a label %s in no part", lg_thousands((long long)n), n == 1 ? "" : "s",
                 n == 1 ? "is" : "are");
    if (spec->only && out)
        plt_note(doc, "%s image%s that do%s not pass the condition %s in no part", lg_thousands((long long)out),
                 out == 1 ? "" : "s", out == 1 ? "es" : "", out == 1 ? "is" : "are");
    const double share[DATA_SPLITS] = {[DATA_VAL] = spec->cut.val, [DATA_TEST] = spec->cut.test};
    for (int part = DATA_VAL; spec->of && part <= DATA_TEST; part++)
        if (share[part] <= 0 && counts->total[part]) plt_note(doc, "%s stays as it was", data_split_names[part]);
}

/* The marks of one picture are of one group as well. */
static bool has_marks(const data_set *set)
{
    bool found = false;
    data_image image;
    for (size_t i = 0; i < data_count(set) && !found; i++) {
        data_image_at(set, i, &image);
        found = image.box.w > 0;
    }
    return found;
}

static void doc_leaks(const data_set *set, const data_split_spec *spec, const data_split_report *leak, plt_doc *doc)
{
    if (leak->by_groups && leak->by_across)
        plt_text(doc, "%zu different value%s of `%s` in what was cut; %zu %s in several parts, for the others stayed",
                 leak->by_groups, leak->by_groups == 1 ? "" : "s", spec->by, leak->by_across,
                 leak->by_across == 1 ? "is" : "are");
    else if (leak->by_groups)
        plt_text(doc, "%zu different value%s of `%s`, each on one side", leak->by_groups,
                 leak->by_groups == 1 ? "" : "s", spec->by);
    plt_sentence(
        doc, "Leak check: %zu group%s of look-alikes%s (%zu image%s), %zu image%s with a look-alike on the other side",
        leak->groups, leak->groups == 1 ? "" : "s", has_marks(set) ? " and of marks in one picture" : "",
        leak->group_images, leak->group_images == 1 ? "" : "s", leak->across, leak->across == 1 ? "" : "s");
}

static lg_status split_document(const dsl_call *call, const data_set *set, const data_split_spec *spec,
                                const data_split_report *leak, const char *name, lg_err *err)
{
    plt_doc doc;
    data_counts counts;
    LG_TRY(data_count_classes(set, &counts, err));
    plt_doc_init(&doc);
    plt_title(&doc, "%s%s: split %s%s%s, seed %llu%s%s", name, cmd_where_text(call), dsl_val(call, CUT)->text,
              spec->by ? " by " : "", spec->by ? spec->by : "", (unsigned long long)spec->seed, *call->note ? " " : "",
              call->note);
    cmd_doc_split_table(&doc, set, &counts);
    doc_notes(spec, &counts, &doc);
    cmd_doc_split_warnings(&doc, set, &counts, &spec->cut, name, spec->by);
    data_counts_release(&counts);
    doc_leaks(set, spec, leak, &doc);
    return cmd_display(call, &doc, false, err);
}

static lg_status split_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *cut = dsl_val(call, CUT), *of = &call->arg[DATA].value[0];
    const data_set *was = cmd_dataset(of);
    const char *name;
    data_set *set = NULL;
    data_split_report leak;
    data_counts counts;
    data_split_spec spec = {
        .cut = {.train = cut->size[0] / 100.0,
                .val = cut->size[1] / 100.0,
                .test = cut->nsize > 2 ? cut->size[2] / 100.0 : 0},
        .by = call->arg[BY].count ? call->arg[BY].value[0].text : NULL,
        .seed = cmd_seed(call, SEED),
        .no_stratify = !dsl_on(call, STRATIFY),
        .no_together = !dsl_on(call, TOGETHER),
        .of = cmd_split_of(of->part),
    };
    LG_TRY(cmd_part_name(call, of, &name, err));
    LG_TRY(data_count_classes(was, &counts, err));
    lg_status st = check_part(call, &counts, &spec.cut, err);
    data_counts_release(&counts);
    if (st) return st;
    dsl_value whole = *of; /* spec.of says which part is cut */
    whole.part = DSL_PART_ALL;
    LG_TRY(cmd_dataset_marks(call, &whole, &spec.only, err));
    if (data_split(was, &spec, &set, &leak, err))
        return lg_err_place(err, call->arg[BY].count ? call->arg[BY].value[0].span : cut->span);
    st = split_document(call, set, &spec, &leak, name, err);
    if (st == LG_OK) return cmd_dataset_bind(call, of->name, set, err);
    data_unref(set);
    return st;
}

const dsl_command dsl_cmd_split = {
    .name = "split",
    .summary = "cut into train/val/test, stratified and leak-free",
    .detail =
        "`split logos.train 80/20` cuts the training part alone: the published test images stay, and validation "
        "images are taken from train. With `where` only the images that pass are put into parts; the others stay in "
        "the dataset, in no part.",
    .group = "Data",
    .params = params,
    .examples =
        (const char *const[]){"split logos 80/20", "split logos 70/15/15 seed 3",
                              "split logos 80/20 where not duplicate",
                              "load shop from sample:logos size 32x32 split 80/0/20\nsplit shop.train 80/20", NULL},
    .takes_where = true,
    .run = split_run,
};
