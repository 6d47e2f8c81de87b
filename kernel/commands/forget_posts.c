/* forget_posts.c - posts without a person: a copy, so that nothing of the old ones is kept by it. */
#include "kernel/commands/forget.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lib/base/banned.h"

#define REMOVED "[removed]"

static bool in_name(char ch)
{
    return isalnum((unsigned char)ch) || ch == '_' || (ch & 0x80);
}

/* A short number is more likely a limit or a size than an account. */
static bool is_telling(const char *name)
{
    enum { DIGITS = 6 };
    size_t n = strlen(name);
    return n >= DIGITS || strspn(name, "0123456789") < n;
}

/* Length of a name of theirs at s as a word of its own; 0: none. */
static size_t name_at(const char *text, const char *s, const cmd_whom *whom)
{
    size_t longest = 0;
    if (s > text && in_name(s[-1])) return 0;
    for (size_t i = 0; i < whom->named; i++) {
        size_t n = strlen(whom->names[i]);
        if (n > longest && is_telling(whom->names[i]) && strncasecmp(s, whom->names[i], n) == 0 && !in_name(s[n]))
            longest = n;
    }
    return longest;
}

size_t cmd_words_without(const char *text, const cmd_whom *whom, lg_buf *out)
{
    size_t found = 0;
    for (const char *s = text; *s;) {
        size_t n = name_at(text, s, whom);
        if (!n) {
            lg_buf_addc(out, *s++);
            continue;
        }
        lg_buf_adds(out, REMOVED);
        s += n;
        found++;
    }
    return found;
}

/* ---- copies ---- */
typedef struct copying {
    const cmd_whom *whom;
    rep_posts *to;
    bool found;
} copying;

static const char *same_text(copying *c, const char *text, lg_err *err)
{
    return text ? lg_arena_strndup(&c->to->arena, text, strlen(text), err) : NULL;
}

typedef size_t without_fn(const char *text, const cmd_whom *whom, lg_buf *out);

static size_t without_mentions(const char *text, const cmd_whom *whom, lg_buf *out)
{
    return store_mentions_remove(text, whom->names, whom->named, out);
}

static const char *without(copying *c, const char *text, without_fn *remove, lg_err *err)
{
    lg_buf out;
    if (!text) return NULL;
    lg_buf_init(&out, 0);
    if (remove(text, c->whom, &out)) c->found = true;
    const char *copy = lg_buf_check(&out, err) == LG_OK ? same_text(c, lg_buf_str(&out), err) : NULL;
    lg_buf_release(&out);
    return copy;
}

static lg_status copy_picture(copying *c, const rep_picture *from, rep_picture *to, lg_err *err)
{
    *to = *from;
    to->alt = without(c, from->alt, without_mentions, err);
    to->file = same_text(c, from->file, err);
    if (!from->jpeg) return err->status;
    uint8_t *jpeg = lg_arena_alloc(&c->to->arena, from->jpeg_len + 1, 1, err);
    if (jpeg) memcpy(jpeg, from->jpeg, from->jpeg_len);
    to->jpeg = jpeg;
    return err->status;
}

static lg_status copy_post(copying *c, const rep_post *from, rep_post *to, lg_err *err)
{
    rep_picture *picture = lg_arena_alloc(&c->to->arena, from->pictures + 1, sizeof *picture, err);
    if (!picture) return err->status;
    *to = *from;
    to->platform = same_text(c, from->platform, err);
    to->id = same_text(c, from->id, err);
    to->url = without(c, from->url, without_mentions, err);
    to->text = without(c, from->text, without_mentions, err);
    to->language = same_text(c, from->language, err);
    to->author_id = same_text(c, from->author_id, err);
    to->author_handle = same_text(c, from->author_handle, err);
    to->author_name = same_text(c, from->author_name, err);
    for (size_t k = 0; k < from->pictures; k++) LG_TRY(copy_picture(c, &from->picture[k], &picture[k], err));
    to->picture = picture;
    return err->status;
}

/* Their posts; and classified files that are pictures of theirs. */
static bool goes(const copying *c, const rep_post *post)
{
    bool file = strcmp(post->platform, "files") == 0 && post->pictures;
    return cmd_whom_posted(c->whom, post) || (file && cmd_whom_has_picture(c->whom, post->picture[0].sha256));
}

static lg_status copy_texts(copying *c, const char *const *from, size_t n, without_fn *remove, const char *const **out,
                            lg_err *err)
{
    const char **to = lg_arena_alloc(&c->to->arena, n + 1, sizeof *to, err);
    if (!to) return err->status;
    for (size_t i = 0; i < n; i++)
        if (!(to[i] = remove ? without(c, from[i], remove, err) : same_text(c, from[i], err))) return err->status;
    *out = to;
    return LG_OK;
}

static lg_status copy_rest(copying *c, const rep_posts *from, lg_err *err)
{
    rep_posts *to = c->to;
    rep_validation *v = lg_arena_alloc(&to->arena, from->validations + 1, sizeof *v, err);
    if (!v) return err->status;
    if (from->validations) memcpy(v, from->validation, from->validations * sizeof *v);
    to->validation = v;
    to->validations = from->validations;
    to->title = without(c, from->title, cmd_words_without, err);
    to->model = same_text(c, from->model, err);
    to->calibration = same_text(c, from->calibration, err);
    to->validation_name = same_text(c, from->validation_name, err);
    to->least = from->least;
    to->labels = from->labels;
    to->withhelds = from->withhelds;
    LG_TRY(err->status);
    LG_TRY(copy_texts(c, from->withheld, from->withhelds, cmd_words_without, &to->withheld, err));
    return copy_texts(c, from->label, (size_t)from->labels, NULL, &to->label, err);
}

lg_status cmd_posts_without(const rep_posts *posts, const cmd_whom *whom, rep_posts **out, bool *found, lg_err *err)
{
    copying c = {.whom = whom};
    lg_status st;
    LG_TRY(rep_posts_new(&c.to, err));
    rep_post *post = lg_arena_alloc(&c.to->arena, posts->count + 1, sizeof *post, err);
    LG_GO(post ? LG_OK : err->status);
    for (size_t i = 0; i < posts->count; i++) {
        if (goes(&c, &posts->post[i])) c.found = true;
        else LG_GO(copy_post(&c, &posts->post[i], &post[c.to->count++], err));
    }
    c.to->post = post;
    LG_GO(copy_rest(&c, posts, err));
    *found = c.found;
    *out = c.to;
    return LG_OK;
done:
    rep_posts_unref(c.to);
    return st;
}
