/* box_posts.c - posts as objects: their fields, their rows under `where`, what `list` says of them. */
#include "kernel/commands/box_posts.h"
#include "kernel/commands/distinct.h"
#include "kernel/commands/posts_gallery.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

static void posts_drop(void *payload)
{
    rep_posts_unref(payload);
}

const rep_posts *cmd_posts(const dsl_value *value)
{
    return value->object->payload;
}

lg_status cmd_posts_bind(const dsl_call *call, const char *name, rep_posts *posts, lg_err *err)
{
    dsl_object *object;
    LG_TRY(dsl_object_new(&cmd_posts_class, posts, call->recipe, &object, err));
    return dsl_call_bind(call, name, object, err);
}

/* ---- counts ---- */
lg_status cmd_posts_count(const rep_posts *posts, cmd_posts_counts *out, lg_err *err)
{
    *out = (cmd_posts_counts){.classes = posts->labels};
    out->label = lg_alloc((size_t)posts->labels + 1, sizeof *out->label, err);
    if (!out->label) return err->status;
    lg_status st = rep_count_users(posts, &out->users, err);
    if (st) cmd_posts_counts_release(out);
    if (st) return st;
    for (size_t i = 0; i < posts->count; i++) {
        const rep_post *post = &posts->post[i];
        out->pictures += post->pictures;
        out->without += !post->pictures;
        for (size_t k = 0; k < post->pictures; k++) {
            int label = rep_picture_class(posts, &post->picture[k], 0);
            if (label >= 0) out->label[label]++;
            else if (posts->labels) *(post->picture[k].label < 0 ? &out->unread : &out->unsure) += 1;
        }
    }
    return LG_OK;
}

void cmd_posts_counts_release(cmd_posts_counts *counts)
{
    lg_free(counts->label);
    *counts = (cmd_posts_counts){0};
}

/* ---- fields: count, users, pictures; of classified ones unsure, unread and CLASS, in pictures ---- */
static lg_status posts_field(const void *payload, const char *path, lg_arena *arena, dsl_fact *out, lg_err *err)
{
    const rep_posts *posts = payload;
    cmd_posts_counts counts;
    (void)arena;
    *out = (dsl_fact){0};
    int label = rep_label_find(posts, path);
    LG_TRY(cmd_posts_count(posts, &counts, err));
    lg_status st = LG_OK;
    if (strcmp(path, "count") == 0) out->number = (double)posts->count;
    else if (strcmp(path, "users") == 0) out->number = (double)counts.users;
    else if (strcmp(path, "pictures") == 0) out->number = (double)counts.pictures;
    else if (posts->labels && strcmp(path, "unsure") == 0) out->number = (double)counts.unsure;
    else if (posts->labels && strcmp(path, "unread") == 0) out->number = (double)counts.unread;
    else if (posts->labels && strcmp(path, "min") == 0) out->number = round((double)posts->least * 1e6) / 1e6;
    else if (label >= 0) out->number = (double)counts.label[label];
    else st = LG_E_NAME;
    cmd_posts_counts_release(&counts);
    return st;
}

static void posts_fields(const void *payload, lg_buf *out)
{
    const rep_posts *posts = payload;
    lg_buf_adds(out, "count\nusers\npictures\n");
    if (posts->labels) lg_buf_adds(out, "unsure\nunread\nmin\n");
    for (int i = 0; i < posts->labels; i++) lg_buf_addf(out, "%s\n", posts->label[i]);
}

static void posts_labels(const void *payload, lg_buf *out)
{
    const rep_posts *posts = payload;
    for (int i = 0; i < posts->labels; i++) lg_buf_addf(out, "%s\n", posts->label[i]);
}

static void add_count(lg_buf *out, size_t n, const char *one, const char *many)
{
    lg_buf_addf(out, "%s%s %s", out->len ? ", " : "", lg_thousands((long long)n), n == 1 ? one : many);
}

void cmd_posts_brief(const rep_posts *posts, const cmd_posts_counts *counts, lg_buf *out)
{
    size_t from = out->len;
    if (cmd_posts_are_files(posts)) add_count(out, posts->count, "image", "images");
    else {
        add_count(out, posts->count, "post", "posts");
        if (counts->users)
            lg_buf_addf(out, " of %s %s", lg_thousands((long long)counts->users),
                        counts->users == 1 ? "user" : "users");
        add_count(out, counts->pictures, "picture", "pictures");
    }
    for (int i = 0; i < posts->labels && i < 8; i++)
        if (counts->label[i]) lg_buf_addf(out, ", %s %s", lg_thousands((long long)counts->label[i]), posts->label[i]);
    if (counts->unsure) lg_buf_addf(out, ", %s unsure", lg_thousands((long long)counts->unsure));
    if (out->len == from) lg_buf_adds(out, "no posts");
}

static void posts_brief(const void *payload, lg_buf *out)
{
    const rep_posts *posts = payload;
    cmd_posts_counts counts;
    lg_err ignored = {0};
    if (cmd_posts_count(posts, &counts, &ignored)) return;
    cmd_posts_brief(posts, &counts, out);
    cmd_posts_counts_release(&counts);
}

/* ---- rows: a picture of a post, or a post without one ---- */
static void posts_where_fields(const void *payload, lg_buf *out)
{
    const rep_posts *posts = payload;
    lg_buf_adds(out, "platform text\nuser any\nname any\ntext any\ndate text\nlikes number\nreposts number\n"
                     "replies number\nlanguage text\nurl text\nid any\n");
    if (posts->labels) lg_buf_adds(out, "predicted text\nconfidence number\nunsure truth\n");
}

static const char *const field_names[] = {"platform", "user",    "name",     "text", "date", "likes",
                                          "reposts",  "replies", "language", "url",  "id",   NULL};
static const char *const labelled_names[] = {"platform", "user",      "name",       "text",     "date",
                                             "likes",    "reposts",   "replies",    "language", "url",
                                             "id",       "predicted", "confidence", "unsure",   NULL};

const char *const *cmd_posts_row_fields(const rep_posts *posts)
{
    return posts->labels ? labelled_names : field_names;
}

static dsl_fact text_fact(const char *text)
{
    return (dsl_fact){.text = text ? text : ""};
}

static dsl_fact count_fact(int64_t n)
{
    return (dsl_fact){.number = n == REP_NOT_GIVEN ? (double)NAN : (double)n};
}

static bool post_fact(cmd_posts_row *row, const char *field, dsl_fact *out)
{
    const rep_post *post = row->post;
    if (strcmp(field, "platform") == 0) *out = text_fact(post->platform);
    else if (strcmp(field, "user") == 0) *out = text_fact(post->author_handle);
    else if (strcmp(field, "name") == 0) *out = text_fact(post->author_name);
    else if (strcmp(field, "text") == 0) *out = text_fact(post->text);
    else if (strcmp(field, "language") == 0) *out = text_fact(post->language);
    else if (strcmp(field, "url") == 0) *out = text_fact(post->url);
    else if (strcmp(field, "id") == 0) *out = text_fact(post->id);
    else if (strcmp(field, "likes") == 0) *out = count_fact(post->likes);
    else if (strcmp(field, "reposts") == 0) *out = count_fact(post->reposts);
    else if (strcmp(field, "replies") == 0) *out = count_fact(post->replies);
    else if (strcmp(field, "date") == 0) {
        rep_date(post->time, row->date);
        *out = text_fact(row->date);
    } else return false;
    return true;
}

static bool picture_fact(const cmd_posts_row *row, const char *field, dsl_fact *out)
{
    const rep_posts *posts = row->posts;
    int label = row->picture ? rep_picture_class(posts, row->picture, 0) : -1;
    bool read = row->picture && row->picture->label >= 0;
    if (!posts->labels) return false;
    if (strcmp(field, "predicted") == 0) *out = text_fact(label >= 0 ? posts->label[label] : NULL);
    else if (strcmp(field, "confidence") == 0) out->number = read ? (double)row->picture->confidence : (double)NAN;
    else if (strcmp(field, "unsure") == 0) out->number = read && label < 0;
    else return false;
    return true;
}

bool cmd_posts_fact(cmd_posts_row *row, const char *field, dsl_fact *out)
{
    *out = (dsl_fact){0};
    return post_fact(row, field, out) || picture_fact(row, field, out);
}

static lg_status row_field(const void *row, const char *field, dsl_fact *out, lg_err *err)
{
    (void)err;
    return cmd_posts_fact((cmd_posts_row *)(uintptr_t)row, field, out) ? LG_OK : LG_E_NAME;
}

/* Texts are borrowed from the posts. */
static void posts_values(const void *payload, const char *field, const char *prefix, int most, lg_buf *out)
{
    const rep_posts *posts = payload;
    cmd_distinct d = {.prefix = prefix, .most = most, .out = out};
    if (strcmp(field, "text") == 0) return; /* nobody types it whole */
    for (size_t i = 0; i < posts->count && i < CMD_DISTINCT_ROWS && !cmd_distinct_full(&d); i++) {
        cmd_posts_row row = {.posts = posts, .post = &posts->post[i]};
        dsl_fact fact = {0};
        if (post_fact(&row, field, &fact) && fact.text) cmd_distinct_add(&d, fact.text);
    }
}

/* ---- where ---- */
typedef struct where_walk {
    const dsl_call *call;
    const rep_posts *posts;
    rep_post *post; /* room for all */
    rep_picture *picture;
    size_t count, pictures, asked;
} where_walk;

static lg_status row_passes(where_walk *w, cmd_posts_row *row, bool *pass, lg_err *err)
{
    if ((w->asked++ & 1023) == 0) LG_TRY(lg_cancel_check(w->call->cancel, err));
    return dsl_cond_eval(w->call->where, row_field, row, cmd_posts_row_fields(w->posts), pass, err);
}

static lg_status where_post(where_walk *w, const rep_post *post, lg_err *err)
{
    cmd_posts_row row = {.posts = w->posts, .post = post};
    rep_picture *first = w->picture + w->pictures;
    size_t kept = 0;
    bool pass = false;
    if (!post->pictures) LG_TRY(row_passes(w, &row, &pass, err));
    for (size_t i = 0; i < post->pictures; i++) {
        bool one;
        row.picture = &post->picture[i];
        LG_TRY(row_passes(w, &row, &one, err));
        if (one) first[kept++] = post->picture[i];
    }
    if (!pass && !kept) return LG_OK;
    w->post[w->count] = *post;
    w->post[w->count].picture = first;
    w->post[w->count++].pictures = kept;
    w->pictures += kept;
    return LG_OK;
}

lg_status cmd_posts_again(const rep_posts *posts, rep_posts **out, lg_err *err)
{
    rep_posts *next;
    LG_TRY(rep_posts_new(&next, err));
    next->base = rep_posts_ref(posts);
    next->title = posts->title;
    next->withheld = posts->withheld;
    next->withhelds = posts->withhelds;
    next->model = posts->model;
    next->label = posts->label;
    next->labels = posts->labels;
    next->least = posts->least;
    next->calibration = posts->calibration;
    next->validation = posts->validation;
    next->validations = posts->validations;
    next->validation_name = posts->validation_name;
    *out = next;
    return LG_OK;
}

lg_status cmd_posts_where(const dsl_call *call, const rep_posts *posts, rep_posts **out, lg_err *err)
{
    size_t pictures = 0;
    rep_posts *next;
    if (!call->where) {
        *out = rep_posts_ref(posts);
        return LG_OK;
    }
    for (size_t i = 0; i < posts->count; i++) pictures += posts->post[i].pictures;
    LG_TRY(cmd_posts_again(posts, &next, err));
    where_walk w = {.call = call, .posts = posts};
    w.post = lg_arena_alloc(&next->arena, posts->count + 1, sizeof *w.post, err);
    w.picture = w.post ? lg_arena_alloc(&next->arena, pictures + 1, sizeof *w.picture, err) : NULL;
    lg_status st = w.picture ? LG_OK : err->status;
    for (size_t i = 0; !st && i < posts->count; i++) st = where_post(&w, &posts->post[i], err);
    next->post = w.post;
    next->count = w.count;
    if (st) rep_posts_unref(next);
    else *out = next;
    return st;
}

const dsl_class cmd_posts_class = {
    .kind = DSL_KIND_POSTS,
    .drop = posts_drop,
    .field = posts_field,
    .fields = posts_fields,
    .labels = posts_labels,
    .where_fields = posts_where_fields,
    .values = posts_values,
    .brief = posts_brief,
    .show = cmd_posts_show,
};
