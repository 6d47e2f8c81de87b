/* cmd_quiz.c - `quiz`: questions about the user's own model and data, their answers folded away. */
#include "kernel/commands/judge.h"
#include "kernel/commands/params.h"
#include "kernel/commands/quiz.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { TOPIC, ON, COUNT_, SEED };
enum { SHAPES, COUNTS, METRICS };

static const dsl_param params[] = {
    [TOPIC] = {.name = "topic",
               .role = DSL_POSITIONAL,
               .type = DSL_T_CHOICE,
               .choices = "shapes counts metrics",
               .required = true,
               .help = "shapes: what comes out of a layer; counts: parameters and images; metrics: what figures mean"},
    [ON] = {.name = "on",
            .role = DSL_PREPOSITION,
            .type = DSL_T_OBJECT,
            .kinds = DSL_MODELS | DSL_DATASETS | DSL_RUNS,
            .dflt_help = "the model, where there is one",
            .help = "the model, dataset or run that is asked about"},
    [COUNT_] = {.name = "count",
                .role = DSL_OPTION,
                .type = DSL_T_INT,
                .dflt = "5",
                .min = 1,
                .max = QUIZ_MOST,
                .help = "questions"},
    [SEED] = CMD_SEED("draws the questions and the order of the choices"),
    {0},
};

typedef struct quiz_job {
    const dsl_call *call;
    int topic;
    const char *name; /* of the object */
    dsl_object *object;
    cmd_quiz *quiz;
    nn_summary summary;
    data_counts counts;
    bool summed, counted;
    bool implied; /* the object was not named */
} quiz_job;

/* ---- the object ---- */
static bool count_one(void *ctx, const char *name, dsl_object *object)
{
    int *models = ctx;
    (void)name;
    *models += object->cls->kind == DSL_KIND_MODEL;
    return true;
}

/* The model that is there, or chosen; for counts else the dataset. */
static lg_status find_object(quiz_job *job, lg_err *err)
{
    const dsl_call *call = job->call;
    const dsl_value *on = dsl_val(call, ON);
    int models = 0;
    if (on) {
        job->name = on->name, job->object = on->object;
        return LG_OK;
    }
    job->name = dsl_session_default(call->session, DSL_KIND_MODEL);
    if (!job->name && job->topic == COUNTS) job->name = dsl_session_default(call->session, DSL_KIND_DATASET);
    if (job->name) {
        job->object = dsl_session_get(call->session, job->name);
        job->implied = true;
        return LG_OK;
    }
    dsl_session_each(call->session, count_one, &models);
    if (models) {
        lg_fail(err, LG_E_NAME, 132, "which model should `quiz` ask about?");
        lg_try(err, "quiz %s on NAME, or `use NAME`; `list models` shows them", call->arg[TOPIC].value[0].text);
    } else {
        lg_fail(err, LG_E_NAME, 134, "`quiz` needs a model to ask about, and there is none yet");
        lg_try(err, "define one first: `model scratch on logos { … }`; `help model` shows how");
    }
    return lg_err_place(err, call->span);
}

static lg_status wrong_kind(const quiz_job *job, lg_err *err)
{
    static const char *const wants[] = {"a model", "a model or a dataset", "a trained model or a run"};
    const char *topic = job->call->arg[TOPIC].value[0].text;
    lg_fail(err, LG_E_ARG, 446, "`quiz %s` asks about %s, and `%s` is a %s", topic, wants[job->topic], job->name,
            dsl_kind_name(job->object->cls->kind));
    if (job->object->cls->kind == DSL_KIND_DATASET) lg_try(err, "quiz counts on %s", job->name);
    else lg_try(err, "quiz metrics on %s", job->name);
    return lg_err_place(err, job->call->arg[ON].count ? job->call->arg[ON].value[0].span : job->call->span);
}

static lg_status take_net(quiz_job *job, const cmd_model *model, lg_err *err)
{
    LG_TRY(nn_summary_new(model->net, &job->summary, err));
    job->summed = true;
    job->quiz->net = model->net, job->quiz->summary = &job->summary;
    return LG_OK;
}

static lg_status take_set(quiz_job *job, const data_set *set, const char *name, lg_err *err)
{
    LG_TRY(data_count_classes(set, &job->counts, err));
    job->counted = true;
    job->quiz->set = set, job->quiz->counts = &job->counts, job->quiz->data_name = name;
    return LG_OK;
}

static lg_status nothing_measured(const quiz_job *job, lg_err *err)
{
    bool model = job->object->cls->kind == DSL_KIND_MODEL;
    lg_fail(err, LG_E_DATA, 445, "nothing of `%s` has been measured yet, so there are no figures to ask about",
            job->name);
    if (model && !((const cmd_model *)job->object->payload)->runs) {
        lg_why(err, "it has not been trained");
        lg_try(err, "fit %s", job->name);
    } else {
        lg_why(err, "it was trained without validation images");
        lg_try(err, "`split` the dataset 80/20 and train again");
    }
    return lg_err_place(err, job->call->arg[ON].count ? job->call->arg[ON].value[0].span : job->call->span);
}

/* What the weights that were kept make of the validation images, else of the test images. */
static lg_status take_score(quiz_job *job, const cmd_run *run, lg_err *err)
{
    int part = run && run->score[DATA_VAL].count ? DATA_VAL : DATA_TEST;
    if (!run || !run->score[part].count || cmd_score_total(&run->score[part]) < 2) return nothing_measured(job, err);
    job->quiz->score = &run->score[part];
    job->quiz->label = run->labels.name;
    job->quiz->judged = lg_arena_strf(job->call->arena, err, "%s, %s, on the %s images of %s", run->model, run->name,
                                      part == DATA_VAL ? "validation" : "test", run->data);
    return job->quiz->judged ? LG_OK : err->status;
}

static lg_status gather(quiz_job *job, lg_err *err)
{
    dsl_kind kind = job->object->cls->kind;
    const cmd_model *model = kind == DSL_KIND_MODEL ? job->object->payload : NULL;
    job->quiz->model_name = job->name;
    if (job->topic == METRICS) {
        if (kind == DSL_KIND_DATASET) return wrong_kind(job, err);
        const cmd_run *run = model ? cmd_model_run(model) : job->object->payload;
        LG_TRY(take_score(job, run, err));
        cmd_quiz_metrics(job->quiz);
        return LG_OK;
    }
    if (kind == DSL_KIND_RUN || (job->topic == SHAPES && !model)) return wrong_kind(job, err);
    if (model) LG_TRY(take_net(job, model, err));
    if (job->topic == SHAPES) {
        cmd_quiz_shapes(job->quiz);
        return LG_OK;
    }
    dsl_object *data = !model ? job->object : model->on ? dsl_session_get(job->call->session, model->on) : NULL;
    if (data && data->cls->kind == DSL_KIND_DATASET)
        LG_TRY(take_set(job, data->payload, model ? model->on : job->name, err));
    cmd_quiz_counts(job->quiz);
    return LG_OK;
}

/* ---- the document ---- */
static void doc_matrix(plt_doc *doc, const cmd_quiz *quiz)
{
    enum { WIDE = 12 };
    int n = quiz->score->classes;
    if (n > WIDE) return;
    plt_table(doc, "The matrix: rows are what an image is, columns what it is called");
    plt_column(doc, PLT_LEFT, "%s", "");
    for (int k = 0; k < n; k++) plt_column(doc, PLT_RIGHT, "%s", quiz->label[k]);
    for (int i = 0; i < n; i++) {
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%s", quiz->label[i]);
        for (int k = 0; k < n; k++) plt_cell(doc, "%s", lg_thousands((long long)quiz->score->count[i * n + k]));
    }
}

static void doc_question(plt_doc *doc, int number, const cmd_question *q)
{
    lg_buf words;
    lg_buf_init(&words, 0);
    lg_buf_addf(&words, "%d. %s", number, q->text);
    for (int i = 0; i < q->choices; i++) lg_buf_addf(&words, "\n   (%c) %s", 'a' + i, q->choice[i].text);
    plt_text(doc, "%s", lg_buf_str(&words));
    plt_answer_begin(doc, "Answer to question %d", number);
    bool word = q->way[0] >= 'a' && q->way[0] <= 'z';
    plt_text(doc, "(%c) %s. %c%s.", 'a' + q->right, q->choice[q->right].text, word ? q->way[0] - 32 : q->way[0],
             q->way + 1);
    for (int i = 0; i < q->choices; i++)
        if (i != q->right) plt_item(doc, "not (%c) %s: %s", 'a' + i, q->choice[i].text, q->choice[i].tempts);
    plt_fold_end(doc);
    lg_buf_release(&words);
}

static lg_status show(const quiz_job *job, lg_err *err)
{
    const dsl_call *call = job->call;
    const cmd_quiz *quiz = job->quiz;
    const char *topic = call->arg[TOPIC].value[0].text;
    plt_doc doc;
    plt_doc_init(&doc);
    plt_title(&doc, "quiz %s on %s: %d question%s, seed %llu", topic, job->name, quiz->count,
              quiz->count == 1 ? "" : "s", (unsigned long long)cmd_seed(call, SEED));
    if (job->implied) plt_note(&doc, "(using %s %s)", dsl_kind_name(job->object->cls->kind), job->name);
    if (quiz->judged) plt_note(&doc, "%s", quiz->judged);
    if (quiz->score) doc_matrix(&doc, quiz);
    for (int i = 0; i < quiz->count; i++) doc_question(&doc, i + 1, &quiz->question[i]);
    if (quiz->count < quiz->asked) plt_note(&doc, "%s gives no more than %d of them", job->name, quiz->count);
    plt_note(&doc, "all numbers are those of %s; other questions: `quiz %s on %s seed %llu`", job->name, topic,
             job->name, (unsigned long long)cmd_seed(call, SEED) + 1);
    return cmd_display(call, &doc, false, err);
}

static lg_status nothing_to_ask(const quiz_job *job, lg_err *err)
{
    lg_fail(err, LG_E_DATA, 445, "`%s` has nothing that `quiz %s` could ask about", job->name,
            job->call->arg[TOPIC].value[0].text);
    lg_why(err, "%s",
           job->topic == COUNTS ? "it has too few layers with parameters, and no images with labels"
                                : "none of its layers changes sizes");
    lg_try(err, "`quiz shapes`, `quiz counts` or `quiz metrics` of another model");
    return lg_err_place(err, job->call->span);
}

static lg_status quiz_run(const dsl_call *call, lg_err *err)
{
    quiz_job job = {.call = call, .topic = call->arg[TOPIC].value[0].choice};
    LG_TRY(find_object(&job, err));
    job.quiz = lg_alloc(1, sizeof *job.quiz, err);
    if (!job.quiz) return err->status;
    job.quiz->asked = (int)call->arg[COUNT_].value[0].integer;
    lg_rng_init(&job.quiz->rng, cmd_seed(call, SEED));
    lg_status st = gather(&job, err);
    if (st == LG_OK) cmd_quiz_deal(job.quiz);
    if (st == LG_OK) st = job.quiz->count ? show(&job, err) : nothing_to_ask(&job, err);
    if (job.summed) nn_summary_release(&job.summary);
    if (job.counted) data_counts_release(&job.counts);
    lg_free(job.quiz);
    return st;
}

const dsl_command dsl_cmd_quiz = {
    .name = "quiz",
    .summary = "questions about your own model and data, answers folded",
    .detail =
        "Every question is made from numbers of the object, and its answer shows the way: sizes behind layers, "
        "parameters and images, what figures of an evaluation mean. Wrong choices are mistakes that are often made, "
        "and the answer says why they tempt. The same seed asks the same questions.",
    .group = "Teach",
    .params = params,
    .examples = (const char *const[]){"quiz shapes on scratch count 3", "quiz counts on logos seed 2", NULL},
    .run = quiz_run,
};
