/* cmd_classify.c - `classify`: what a model says of the pictures of posts, or of images. */
#include "kernel/commands/classify.h"
#include "kernel/commands/judge.h"
#include "kernel/commands/seen.h"
#include "lib/base/pack.h"
#include "lib/base/reach.h"
#include "lib/image/hash.h"
#include "lib/image/png.h"
#include "lib/image/resize.h"
#include "lib/plot/theme.h"

#include <string.h>

#include "lib/base/banned.h"

enum { OBJECT, WITH, MIN, AS };

static const dsl_param params[] = {
    [OBJECT] = {.name = "object",
                .role = DSL_POSITIONAL,
                .type = DSL_T_OBJECT,
                .kinds = DSL_POSTSES | DSL_DATASETS,
                .required = true,
                .help = "posts, or a dataset (or a part of one)"},
    [WITH] = {.name = "with",
              .role = DSL_PREPOSITION,
              .type = DSL_T_OBJECT,
              .kinds = DSL_MODELS,
              .required = true,
              .implicit = true,
              .help = "a trained model"},
    [MIN] = {.name = "min",
             .role = DSL_OPTION,
             .type = DSL_T_NUMBER,
             .dflt = "0%",
             .max = 1,
             .help = "how sure the model must be; pictures below it are unsure and count for no class",
             .advice = "60% to 80% is usual for lists of people: fewer pictures count, and more of them rightly. At 0% "
                       "every picture gets a class, also one that shows none of them."},
    [AS] = {.name = "as",
            .role = DSL_PREPOSITION,
            .type = DSL_T_NEWNAME,
            .help = "keep the labelled posts under this name"},
    {0},
};

typedef struct classifying {
    const dsl_call *call;
    const dsl_value *object, *with;
    const cmd_model *model;
    rep_posts *out; /* labelled */
    cmd_calibration calibration;
    cmd_opinion opinion;
    data_set *set; /* the images, a reference; NULL: there are none */
    lg_err unkept; /* why predictions are not in the catalogue */
} classifying;

/* ---- may it be? ---- */
/* What it says would go into lists of people: chance is no answer here. */
static lg_status check_model(const classifying *c, lg_err *err)
{
    if (cmd_model_run(c->model) || cmd_model_came_from(c->model)) return LG_OK;
    lg_fail(err, LG_E_ARG, 411, "`%s` is not trained yet: its answers would be chance", c->with->name);
    lg_try(err, "fit %s", c->with->name);
    return lg_err_place(err, c->with->span);
}

/* Under the dataset's name stays the dataset. */
static const char *name_of(const classifying *c)
{
    const dsl_value *as = dsl_val(c->call, AS);
    if (as) return as->text;
    return c->object->object->cls->kind == DSL_KIND_POSTS ? c->object->name : NULL;
}

/* ---- what they have in common ---- */
static char *keep(rep_posts *posts, const char *text, lg_err *err)
{
    return lg_arena_strndup(&posts->arena, text, strlen(text), err);
}

/* Labels, min and how confidence was calibrated, in the arena of the labelled posts. */
static lg_status describe(classifying *c, lg_err *err)
{
    rep_posts *p = c->out;
    p->labels = (int)nn_shape_size(nn_net_output(c->model->net));
    const char **label = lg_arena_alloc(&p->arena, (size_t)p->labels + 1, sizeof *label, err);
    if (!label) return err->status;
    for (int i = 0; i < p->labels; i++) {
        bool named = i < c->model->labels.count;
        label[i] = named ? keep(p, c->model->labels.name[i], err) : lg_arena_strf(&p->arena, err, "output %d", i);
        if (!label[i]) return err->status;
    }
    p->label = label;
    p->least = (float)c->call->arg[MIN].value[0].number;
    p->model = keep(p, c->with->name, err);
    p->calibration = keep(p, c->calibration.words, err);
    p->validation_name = c->calibration.name ? keep(p, c->calibration.name, err) : NULL;
    rep_validation *v = lg_arena_alloc(&p->arena, c->calibration.validations + 1, sizeof *v, err);
    if (!v || !p->model || !p->calibration || (c->calibration.name && !p->validation_name)) return err->status;
    if (c->calibration.validations) memcpy(v, c->calibration.validation, c->calibration.validations * sizeof *v);
    p->validation = v;
    p->validations = c->calibration.validations;
    return LG_OK;
}

static void label_picture(const classifying *c, size_t row, rep_picture *out)
{
    data_image image;
    data_image_at(c->set, row, &image);
    out->label = -1;
    out->confidence = out->raw = 0;
    if (image.broken) return;
    cmd_calibrated(&c->calibration, cmd_opinion_of(&c->opinion, c->set, row), c->opinion.classes, out);
    out->width = image.w;
    out->height = image.h;
}

/* ---- posts ---- */
static lg_status label_posts(classifying *c, const rep_posts *from, const cmd_posts_images *images, lg_err *err)
{
    size_t pictures = 0, at = 0;
    for (size_t i = 0; i < from->count; i++) pictures += from->post[i].pictures;
    rep_post *post = lg_arena_alloc(&c->out->arena, from->count + 1, sizeof *post, err);
    rep_picture *picture = post ? lg_arena_alloc(&c->out->arena, pictures + 1, sizeof *picture, err) : NULL;
    if (!picture) return err->status;
    if (from->count) memcpy(post, from->post, from->count * sizeof *post);
    for (size_t i = 0; i < from->count; i++) {
        post[i].picture = picture + at;
        for (size_t k = 0; k < from->post[i].pictures; k++, at++) {
            picture[at] = from->post[i].picture[k];
            picture[at].label = -1;
            ptrdiff_t row = cmd_posts_image_row(images, picture[at].sha256);
            if (row >= 0) label_picture(c, (size_t)row, &picture[at]);
        }
    }
    c->out->post = post;
    c->out->count = from->count;
    return LG_OK;
}

/* Equal keys are equal answers: layers, weights, how pictures are made, and the temperature. */
static lg_status run_key(const classifying *c, char key[IMG_SHA256_HEX], lg_err *err)
{
    lg_buf text;
    lg_buf_init(&text, (size_t)8 << 30);
    const data_rules rules = cmd_rules_for(c->model, NULL);
    lg_pack_text(&text, "logolens classify " LG_VERSION);
    nn_net_pack(c->model->net, &text);
    nn_weights_pack(c->model->weights, &text);
    data_rules_pixels_text(&rules, &text);
    for (int i = 0; i < c->out->labels; i++) lg_pack_text(&text, c->out->label[i]);
    lg_pack_f64(&text, c->calibration.temperature);
    lg_status st = lg_buf_check(&text, err);
    if (!st) img_sha256(text.data, text.len, key);
    lg_buf_release(&text);
    return st;
}

/* The likeliest class of each picture, as it is shown. */
static lg_status predictions(const classifying *c, const cmd_posts_images *images, store_prediction **out, size_t *n,
                             lg_err *err)
{
    *n = 0;
    *out = lg_arena_alloc(c->call->arena, images->count + 1, sizeof **out, err);
    if (!*out) return err->status;
    for (size_t i = 0; i < images->count; i++) {
        rep_picture said = {0};
        label_picture(c, i, &said);
        if (said.label < 0) continue;
        (*out)[(*n)++] = (store_prediction){
            .sha256 = images->sha256[i], .label = c->out->label[said.label], .p = (double)said.confidence};
    }
    return LG_OK;
}

static lg_status write_predictions(const classifying *c, const cmd_posts_images *images, lg_err *err)
{
    store_catalogue *catalogue = NULL;
    store_prediction *list;
    char key[IMG_SHA256_HEX];
    size_t n;
    int64_t run;
    LG_TRY(predictions(c, images, &list, &n, err));
    LG_TRY(run_key(c, key, err));
    LG_TRY(cmd_catalogue_open(c->call, &catalogue, err));
    lg_status st = store_catalogue_run(catalogue, key, c->with->name, &run, err);
    if (!st) st = store_catalogue_predict(catalogue, run, list, n, err);
    store_catalogue_close(catalogue);
    return st;
}

/* What was found out stays found out where the catalogue cannot be written just now. */
static lg_status remember(classifying *c, const cmd_posts_images *images, lg_err *err)
{
    if (!images->count || write_predictions(c, images, &c->unkept) == LG_OK) return LG_OK;
    if (c->unkept.status != LG_E_INTERRUPTED && c->unkept.status != LG_E_MEMORY) return LG_OK;
    *err = c->unkept;
    return err->status;
}

static lg_status no_post(const classifying *c, lg_err *err)
{
    lg_fail(err, LG_E_DATA, 407, "no post of `%s` passes this `where`", c->object->name);
    lg_try(err, "show %s", c->object->name);
    return lg_err_place(err, c->object->span);
}

static lg_status classify_posts(classifying *c, lg_err *err)
{
    cmd_posts_images images = {0};
    rep_posts *chosen = NULL;
    lg_status st;
    LG_GO(cmd_posts_where(c->call, cmd_posts(c->object), &chosen, err));
    if (!chosen->count && c->call->where) LG_GO(no_post(c, err));
    LG_GO(cmd_posts_images_open(c->call, c->with, chosen, &images, err));
    if (images.set) {
        c->set = data_ref(images.set);
        LG_GO(cmd_opinion_ask(c->call, c->model, c->set, &c->opinion, err));
    }
    LG_GO(cmd_posts_again(chosen, &c->out, err));
    LG_GO(describe(c, err));
    LG_GO(label_posts(c, chosen, &images, err));
    st = remember(c, &images, err);
done:
    cmd_posts_images_close(&images);
    rep_posts_unref(chosen);
    return st;
}

/* ---- datasets ---- */
/* Is the picture a file that anybody can read again? Not a mark, and in no archive. */
static bool has_file(const data_image *image)
{
    char *real = NULL;
    lg_err ignored = {0};
    bool there = !image->box.w && !strstr(image->path, "//") &&
                 lg_reach_resolve(image->path, LG_REACH_READ, &real, &ignored) == LG_OK;
    lg_free(real);
    return there;
}

/* A small copy of a picture that has no file of its own. */
static lg_status keep_small(classifying *c, size_t row, rep_picture *out, lg_err *err)
{
    enum { SIDE = 200, QUALITY = 82 };
    img_picture small = {0};
    lg_buf jpeg;
    lg_err gone = {0};
    if (data_original(c->set, row, SIDE, &small, &gone)) return LG_OK; /* shown as one that cannot be read */
    lg_buf_init(&jpeg, 1 << 24);
    lg_status st = img_jpeg_write(&small, QUALITY, &jpeg, err);
    uint8_t *copy = st ? NULL : lg_arena_alloc(&c->out->arena, jpeg.len, 1, err);
    if (copy) memcpy(copy, jpeg.data, jpeg.len);
    out->jpeg = copy;
    out->jpeg_len = copy ? jpeg.len : 0;
    img_picture_release(&small);
    lg_buf_release(&jpeg);
    return copy ? LG_OK : err->status;
}

static lg_status label_image(classifying *c, size_t row, rep_post *post, rep_picture *picture, lg_err *err)
{
    data_image image;
    data_image_at(c->set, row, &image);
    *picture = (rep_picture){.width = REP_NOT_GIVEN, .height = REP_NOT_GIVEN};
    memcpy(picture->sha256, image.sha256, strnlen(image.sha256, sizeof picture->sha256 - 1));
    picture->file = keep(c->out, image.path, err);
    *post = (rep_post){.platform = "files",
                       .id = keep(c->out, image.name, err),
                       .time = REP_NO_TIME,
                       .likes = REP_NOT_GIVEN,
                       .reposts = REP_NOT_GIVEN,
                       .replies = REP_NOT_GIVEN,
                       .picture = picture,
                       .pictures = 1};
    if (!picture->file || !post->id) return err->status;
    label_picture(c, row, picture);
    return image.broken || has_file(&image) ? LG_OK : keep_small(c, row, picture, err);
}

static lg_status label_images(classifying *c, lg_err *err)
{
    size_t n = data_count(c->set);
    cmd_live live;
    lg_status st = LG_OK;
    rep_post *post = lg_arena_alloc(&c->out->arena, n + 1, sizeof *post, err);
    rep_picture *picture = post ? lg_arena_alloc(&c->out->arena, n + 1, sizeof *picture, err) : NULL;
    if (!picture) return err->status;
    cmd_live_init(&live, c->call->out);
    for (size_t i = 0; !st && i < n; i++) {
        st = lg_cancel_check(c->call->cancel, err);
        if (!st) st = label_image(c, i, &post[i], &picture[i], err);
        cmd_live_progress(&live, "keeping small pictures", (long)i + 1, (long)n);
    }
    cmd_live_close(&live, st);
    c->out->post = post;
    c->out->count = n;
    return st;
}

/* What the model says is there for `where`, too. */
static lg_status choose_images(classifying *c, const data_set *part, lg_err *err)
{
    LG_TRY(cmd_opinion_ask(c->call, c->model, part, &c->opinion, err));
    LG_TRY(cmd_dataset_where(c->call, part, cmd_opinion_field, &c->opinion, cmd_opinion_fields, &c->set, err));
    if (data_count(c->set) || !c->call->where) return LG_OK;
    lg_fail(err, LG_E_DATA, 407, "no image of `%s` passes this `where`", c->object->text);
    lg_try(err, "show %s", c->object->text);
    return lg_err_place(err, c->object->span);
}

static lg_status classify_dataset(classifying *c, lg_err *err)
{
    data_set *part = NULL;
    LG_TRY(cmd_dataset_part(c->object, &part, err));
    lg_status st = cmd_model_sees(c->model, c->with->name, part, c->object->name, err);
    if (!st && !data_count(part)) st = cmd_part_empty(c->object, err);
    if (st) st = lg_err_place(err, c->object->span);
    if (!st) st = choose_images(c, part, err);
    if (!st) st = rep_posts_new(&c->out, err);
    if (!st) st = describe(c, err);
    if (!st && !(c->out->title = keep(c->out, c->object->text, err))) st = err->status;
    if (!st) st = label_images(c, err);
    data_unref(part);
    return st;
}

/* ---- the result ---- */
static void doc_unkept(plt_doc *doc, const classifying *c)
{
    if (!c->unkept.status) return;
    lg_err warning = {0};
    lg_fail(&warning, LG_E_IO, 448, "what %s said is not in the catalogue of posts", c->with->name);
    lg_why(&warning, "%s", c->unkept.msg);
    lg_try(&warning, "say the same line again later; the labelled posts are there meanwhile");
    plt_warning(doc, &warning);
}

static void doc_nothing(plt_doc *doc, const classifying *c, const cmd_posts_counts *counts)
{
    lg_err warning = {0};
    if (counts->pictures) return;
    lg_fail(&warning, LG_E_DATA, 447, "there is no picture to classify in %s", c->object->name);
    lg_why(&warning, "%zu post%s, and none of them has a picture that could be kept", c->out->count,
           c->out->count == 1 ? "" : "s");
    plt_warning(doc, &warning);
}

static void doc_next(plt_doc *doc, const classifying *c)
{
    const char *name = name_of(c);
    if (!name) plt_note(doc, "not kept: add `as NAME` to go on with it");
    else if (!cmd_posts_are_files(c->out))
        plt_note(doc,
                 "kept as %s: `show %s where predicted = … and confidence >= 80%% sort confidence` chooses among "
                 "them",
                 name, name);
    else plt_note(doc, "kept as %s", name);
}

static lg_status document(const classifying *c, plt_doc *doc, lg_err *err)
{
    const dsl_call *call = c->call;
    cmd_posts_counts counts;
    const cmd_gallery ask = {
        .size = 160, .large = cmd_output_limit(call) > 0, .out = call->out, .cancel = call->cancel};
    LG_TRY(cmd_posts_count(c->out, &counts, err));
    bool files = cmd_posts_are_files(c->out);
    plt_title(doc, "classify %s%s with %s%s%s: %s %s%s%s%s", c->object->text, cmd_where_text(call), c->with->name,
              c->out->least > 0 ? " min " : "",
              c->out->least > 0 ? lg_arena_strf(call->arena, err, "%s%%", plt_points((double)c->out->least, 0)) : "",
              lg_thousands((long long)counts.pictures), files ? "image" : "picture", counts.pictures == 1 ? "" : "s",
              *call->note ? " " : "", call->note);
    cmd_note_stale(doc, call, c->model);
    if (c->set && files) cmd_warn_cleaned(doc, c->model, c->with->name, c->set, c->object->text);
    if (c->set) cmd_warn_seen(doc, call, c->model, c->with->name, c->set);
    doc_nothing(doc, c, &counts);
    doc_unkept(doc, c);
    cmd_doc_posts_facts(doc, c->out, &counts, false);
    if (counts.pictures) cmd_doc_posts_trust(doc, c->out);
    cmd_posts_counts_release(&counts);
    LG_TRY(cmd_doc_gallery(doc, c->out, &ask, err));
    doc_next(doc, c);
    return err->status;
}

static lg_status show_and_bind(classifying *c, lg_err *err)
{
    plt_doc doc;
    plt_doc_init(&doc);
    if (document(c, &doc, err)) {
        plt_doc_release(&doc);
        return err->status;
    }
    LG_TRY(cmd_display(c->call, &doc, true, err));
    const char *name = name_of(c);
    if (!name) return LG_OK;
    rep_posts *posts = c->out;
    c->out = NULL;
    return cmd_posts_bind(c->call, name, posts, err);
}

static lg_status classify_run(const dsl_call *call, lg_err *err)
{
    classifying c = {.call = call, .object = &call->arg[OBJECT].value[0], .with = &call->arg[WITH].value[0]};
    lg_status st;
    c.model = cmd_model_of(c.with);
    LG_GO(check_model(&c, err));
    LG_GO(cmd_calibrate(call, c.with, &c.calibration, err));
    bool posts = c.object->object->cls->kind == DSL_KIND_POSTS;
    LG_GO(posts ? classify_posts(&c, err) : classify_dataset(&c, err));
    st = show_and_bind(&c, err);
done:
    cmd_calibration_release(&c.calibration);
    cmd_opinion_release(&c.opinion);
    data_unref(c.set);
    rep_posts_unref(c.out);
    return st;
}

const dsl_command dsl_cmd_classify = {
    .name = "classify",
    .summary = "label new images with a model",
    .detail = "Pictures are made as those were that the model learnt from. Confidence is calibrated on the model's "
              "validation images, so that of a hundred pictures it is 80% sure of about eighty are right; what it is "
              "less sure of than `min` goes into a bin of its own and counts for no class. Posts get the labels under "
              "their own name, unless `as` gives another; a dataset stays as it is.",
    .group = "Business",
    .params = params,
    .makes = DSL_KIND_POSTS,
    .examples = (const char *const[]){"classify posts with transfer min 60% as labelled", "classify posts with scratch",
                                      "classify logos.val with scratch min 50% as judged where label = nike", NULL},
    .takes_where = true,
    .run = classify_run,
};
