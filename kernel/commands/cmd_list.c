/* cmd_list.c - `list`: everything that exists now. */
#include "kernel/commands/box_model.h"
#include "kernel/commands/settings.h"
#include "lib/base/reach.h"

#include <string.h>

#include "lib/base/banned.h"

enum { WHAT };
enum { ALL, DATASETS, MODELS, RUNS, TABLES, POSTS, SETTINGS, FILES };

static const dsl_param params[] = {
    [WHAT] = {.name = "what", .role = DSL_POSITIONAL, .type = DSL_T_CHOICE,
              .choices = "all datasets models runs tables posts settings files", .dflt = "all", .help = "only these"},
    {0},
};

typedef struct list_ctx {
    const dsl_call *call;
    plt_doc *doc;
    int what, count;
} list_ctx;

/* Models and runs: was their dataset changed after they were trained? All else: what they were made from? */
static bool out_of_date(const dsl_call *call, const char *name, const dsl_object *object)
{
    const cmd_run *run = NULL;
    char now[65];
    lg_err ignored = {0};
    if (object->cls->kind == DSL_KIND_TABLE || object->cls->kind == DSL_KIND_DATASET)
        return dsl_session_stale(call->session, name);
    if (object->cls->kind == DSL_KIND_RUN) run = object->payload;
    if (object->cls->kind == DSL_KIND_MODEL) run = cmd_model_run(object->payload);
    dsl_object *data = run ? dsl_session_get(call->session, run->data) : NULL;
    if (run && cmd_run_where(run)) return dsl_session_changed(call->session, name, run->data);
    return data && data->cls->kind == DSL_KIND_DATASET && data_fingerprint(data->payload, now, &ignored) == LG_OK &&
           strcmp(now, run->fingerprint) != 0;
}

static bool list_object(void *ctx, const char *name, dsl_object *object)
{
    list_ctx *list = ctx;
    static const dsl_kind only[] = {[DATASETS] = DSL_KIND_DATASET, [MODELS] = DSL_KIND_MODEL, [RUNS] = DSL_KIND_RUN,
                                    [TABLES] = DSL_KIND_TABLE, [POSTS] = DSL_KIND_POSTS};
    if (list->what != ALL && object->cls->kind != only[list->what]) return true;
    const char *chosen = dsl_session_default(list->call->session, object->cls->kind);
    lg_buf brief;
    lg_buf_init(&brief, 0);
    object->cls->brief(object->payload, &brief);
    plt_row(list->doc, PLT_ROW_PLAIN);
    plt_head(list->doc, "%s", name);
    plt_cell(list->doc, "%s", dsl_kind_name(object->cls->kind));
    plt_cell(list->doc, "%s", lg_buf_str(&brief));
    size_t edits = dsl_session_edits(list->call->session, name);
    lg_buf note;
    lg_buf_init(&note, 0);
    if (out_of_date(list->call, name, object)) lg_buf_adds(&note, "out of date");
    if (chosen && strcmp(chosen, name) == 0) lg_buf_addf(&note, "%sdefault", note.len ? ", " : "");
    size_t fixes = object->cls->kind == DSL_KIND_DATASET ? data_fixed(object->payload) : 0;
    if (fixes) lg_buf_addf(&note, "%s%zu label fix%s", note.len ? ", " : "", fixes, fixes == 1 ? "" : "es");
    if (edits) lg_buf_addf(&note, "%s%zu edit%s to undo", note.len ? ", " : "", edits, edits == 1 ? "" : "s");
    plt_cell(list->doc, "%s", lg_buf_str(&note));
    lg_buf_release(&note);
    lg_buf_release(&brief);
    list->count++;
    return true;
}

static void list_settings(const dsl_call *call, plt_doc *doc)
{
    plt_table(doc, "Settings");
    plt_column(doc, PLT_LEFT, "Setting");
    plt_column(doc, PLT_LEFT, "Value");
    plt_column(doc, PLT_LEFT, "May be");
    for (const cmd_setting *setting = cmd_settings; setting->name; setting++) {
        const char *value = dsl_session_setting(call->session, setting->name);
        lg_buf wants;
        lg_buf_init(&wants, 1000);
        cmd_setting_wants(setting, &wants);
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%s", setting->name);
        plt_cell(doc, "%s", value ? value : setting->usual);
        plt_cell(doc, "%s", lg_buf_str(&wants));
        lg_buf_release(&wants);
    }
}

static lg_status list_files(const dsl_call *call, plt_doc *doc, lg_err *err)
{
    enum { MOST = 200, LOOK = 20000 };
    lg_listing files = {0};
    LG_TRY(lg_reach_list(".", LOOK, call->cancel, &files, err));
    plt_table(doc, "Files below %s", lg_reach_start());
    plt_column(doc, PLT_LEFT, "File");
    for (size_t i = 0; i < files.count && i < MOST; i++) {
        plt_row(doc, PLT_ROW_PLAIN);
        plt_cell(doc, "%s", files.path[i]);
    }
    if (files.count > MOST) plt_note(doc, "and %s more", lg_thousands((long long)(files.count - MOST)));
    lg_listing_release(&files);
    return LG_OK;
}

static lg_status list_run(const dsl_call *call, lg_err *err)
{
    plt_doc doc;
    lg_status st = LG_OK;
    list_ctx list = {.call = call, .doc = &doc, .what = call->arg[WHAT].value[0].choice};
    plt_doc_init(&doc);
    if (list.what == SETTINGS) {
        list_settings(call, &doc);
    } else if (list.what == FILES) {
        st = list_files(call, &doc, err);
    } else {
        plt_table(&doc, "%s", "");
        plt_column(&doc, PLT_LEFT, "Name");
        plt_column(&doc, PLT_LEFT, "Kind");
        plt_column(&doc, PLT_LEFT, "What it is");
        plt_column(&doc, PLT_LEFT, "Note");
        dsl_session_each(call->session, list_object, &list);
        if (!list.count) {
            plt_doc_release(&doc);
            plt_doc_init(&doc);
            plt_text(&doc, list.what == ALL ? "nothing yet; `load logos from sample:logos size 64x64` makes a dataset"
                                            : "there are no %s", call->arg[WHAT].value[0].text);
        }
    }
    if (st == LG_OK) return cmd_display(call, &doc, false, err);
    plt_doc_release(&doc);
    return st;
}

const dsl_command dsl_cmd_list = {
    .name = "list",
    .summary = "everything that exists now",
    .group = "Session",
    .params = params,
    .examples = (const char *const[]){"list", "list models", NULL},
    .run = list_run,
};
