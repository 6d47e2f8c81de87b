/* cmd_split.c - `split`: cut a dataset into parts for training, validation and testing, without leaks. */
#include "kernel/commands/box_dataset.h"
#include "kernel/commands/params.h"

#include "lib/base/banned.h"

enum { DATA, CUT, BY, SEED, STRATIFY, TOGETHER };

static const dsl_param params[] = {
    [DATA] = CMD_DATASET("the dataset to cut"),
    [CUT] = {.name = "shares",
             .role = DSL_POSITIONAL,
             .type = DSL_T_SPLIT,
             .dflt = "80/20",
             .help = "training / validation (/ test), in percent"},
    [BY] = {.name = "by",
            .role = DSL_PREPOSITION,
            .type = DSL_T_WORD,
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

static lg_status split_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *cut = dsl_val(call, CUT);
    const char *name = call->arg[DATA].value[0].name;
    data_set *set = NULL;
    data_split_report leak;
    data_counts counts;
    data_split_spec spec = {
        .cut = {.train = cut->size[0] / 100.0, .val = cut->size[1] / 100.0,
                .test = cut->nsize > 2 ? cut->size[2] / 100.0 : 0},
        .by = call->arg[BY].count ? call->arg[BY].value[0].text : NULL,
        .seed = cmd_seed(call, SEED),
        .no_stratify = !dsl_on(call, STRATIFY),
        .no_together = !dsl_on(call, TOGETHER),
    };
    LG_TRY(cmd_dataset_marks(call, cmd_dataset(&call->arg[DATA].value[0]), name, &spec.only, err));
    if (data_split(cmd_dataset(&call->arg[DATA].value[0]), &spec, &set, &leak, err))
        return lg_err_place(err, call->arg[BY].count ? call->arg[BY].value[0].span : cut->span);
    lg_status st = data_count_classes(set, &counts, err);
    if (st == LG_OK) {
        plt_doc doc;
        plt_doc_init(&doc);
        plt_title(&doc, "%s%s: split %s%s%s, seed %llu%s%s", name, cmd_where_text(call), cut->text,
                  spec.by ? " by " : "", spec.by ? spec.by : "", (unsigned long long)spec.seed, *call->note ? " " : "",
                  call->note);
        cmd_doc_split_table(&doc, set, &counts);
        if (counts.unlabelled)
            plt_note(&doc, "%s image%s without a label %s in no part", lg_thousands((long long)counts.unlabelled),
                     counts.unlabelled == 1 ? "" : "s", counts.unlabelled == 1 ? "is" : "are");
        size_t out = counts.total[DATA_NONE];
        if (spec.only && out)
            plt_note(&doc, "%s image%s that do%s not pass the condition %s in no part", lg_thousands((long long)out),
                     out == 1 ? "" : "s", out == 1 ? "es" : "", out == 1 ? "is" : "are");
        cmd_doc_split_warnings(&doc, set, &counts, &spec.cut, name, spec.by);
        data_counts_release(&counts);
        if (leak.by_groups)
            plt_text(&doc, "%zu different value%s of `%s`, each on one side", leak.by_groups,
                     leak.by_groups == 1 ? "" : "s", spec.by);
        plt_sentence(
            &doc,
            "Leak check: %zu group%s of look-alikes (%zu image%s), %zu image%s with a look-alike on the other side",
            leak.groups, leak.groups == 1 ? "" : "s", leak.group_images, leak.group_images == 1 ? "" : "s", leak.across,
            leak.across == 1 ? "" : "s");
        st = cmd_display(call, &doc, false, err);
    }
    if (st == LG_OK) return cmd_dataset_bind(call, name, set, err);
    data_unref(set);
    return st;
}

const dsl_command dsl_cmd_split = {
    .name = "split",
    .summary = "cut into train/val/test, stratified and leak-free",
    .detail = "With `where` only the images that pass are put into parts; the others stay in the dataset, in no part.",
    .group = "Data",
    .params = params,
    .examples = (const char *const[]){"split logos 80/20", "split logos 70/15/15 seed 3",
                                      "split logos 80/20 where not duplicate", NULL},
    .takes_where = true,
    .run = split_run,
};
