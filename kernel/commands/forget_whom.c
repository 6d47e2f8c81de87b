/* forget_whom.c - whom a name means, and which pictures are theirs alone. */
#include "kernel/commands/forget.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/banned.h"

void cmd_whom_release(cmd_whom *whom)
{
    lg_arena_release(&whom->arena);
    *whom = (cmd_whom){0};
}

static bool same(const char *a, const char *b)
{
    return a && b && strcasecmp(a, b) == 0;
}

static bool is_account(const cmd_account *a, const char *platform, const char *id, const char *handle)
{
    if (strcmp(a->platform, platform) != 0) return false;
    if (a->id && id) return strcmp(a->id, id) == 0;
    return same(a->handle, handle);
}

static cmd_account *account_of(const cmd_whom *whom, const char *platform, const char *id, const char *handle)
{
    for (size_t i = 0; i < whom->accounts; i++)
        if (is_account(&whom->account[i], platform, id, handle)) return &whom->account[i];
    return NULL;
}

bool cmd_whom_posted(const cmd_whom *whom, const rep_post *post)
{
    return account_of(whom, post->platform, post->author_id, post->author_handle) != NULL;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool cmd_whom_has_picture(const cmd_whom *whom, const char *sha256)
{
    return whom->pictures && bsearch(&sha256, whom->sha256, whom->pictures, sizeof *whom->sha256, by_text);
}

/* ---- accounts ---- */
static const char *copy(cmd_whom *whom, const char *text, lg_err *err)
{
    return text ? lg_arena_strndup(&whom->arena, text, strlen(text), err) : NULL;
}

static lg_status add_account(cmd_whom *whom, const char *platform, const char *id, const char *handle, lg_err *err)
{
    if (!same(whom->name, handle) && !(id && strcmp(whom->name, id) == 0)) return LG_OK;
    if (account_of(whom, platform, id, handle)) return LG_OK;
    if (whom->accounts == whom->room) {
        size_t room = whom->room ? 2 * whom->room : 8;
        cmd_account *more = lg_arena_alloc(&whom->arena, room, sizeof *more, err);
        if (!more) return err->status;
        if (whom->accounts) memcpy(more, whom->account, whom->accounts * sizeof *more);
        whom->account = more;
        whom->room = room;
    }
    whom->account[whom->accounts++] =
        (cmd_account){copy(whom, platform, err), copy(whom, id, err), copy(whom, handle, err)};
    return err->status;
}

typedef struct asking {
    cmd_whom *whom;
    lg_err *err;
    const char **own, **others; /* pictures */
    size_t owns, other_count, own_room, other_room;
} asking;

static lg_status note_author(void *ctx, const store_row *row, lg_err *err)
{
    asking *a = ctx;
    return add_account(a->whom, row->platform, row->author_id, row->author_handle, err);
}

static bool note_session(void *ctx, const char *name, dsl_object *object)
{
    asking *a = ctx;
    (void)name;
    if (object->cls != &cmd_posts_class) return true;
    const rep_posts *posts = object->payload;
    for (size_t i = 0; i < posts->count && !a->err->status; i++)
        if (add_account(a->whom, posts->post[i].platform, posts->post[i].author_id, posts->post[i].author_handle,
                        a->err))
            return false;
    return true;
}

/* "ann@server.example" is called ann, too. */
static lg_status list_names(cmd_whom *whom, lg_err *err)
{
    whom->names = lg_arena_alloc(&whom->arena, 3 * whom->accounts + 1, sizeof *whom->names, err);
    if (!whom->names) return err->status;
    for (size_t i = 0; i < whom->accounts; i++) {
        const cmd_account *a = &whom->account[i];
        const char *at = a->handle ? strchr(a->handle, '@') : NULL;
        if (a->handle) whom->names[whom->named++] = a->handle;
        if (a->id) whom->names[whom->named++] = a->id;
        if (at && at > a->handle &&
            !(whom->names[whom->named++] = lg_arena_strndup(&whom->arena, a->handle, (size_t)(at - a->handle), err)))
            return err->status;
    }
    return LG_OK;
}

/* ---- pictures ---- */
static lg_status push(cmd_whom *whom, const char ***list, size_t *n, size_t *room, const char *sha256, lg_err *err)
{
    if (*n == *room) {
        size_t more = *room ? 2 * *room : 64;
        const char **grown = lg_arena_alloc(&whom->arena, more, sizeof *grown, err);
        if (!grown) return err->status;
        if (*n) memcpy(grown, *list, *n * sizeof *grown);
        *list = grown;
        *room = more;
    }
    (*list)[*n] = copy(whom, sha256, err);
    return (*list)[(*n)++] ? LG_OK : err->status;
}

static lg_status note_picture(void *ctx, const store_row *row, lg_err *err)
{
    asking *a = ctx;
    bool mine = account_of(a->whom, row->platform, row->author_id, row->author_handle) != NULL;
    return mine ? push(a->whom, &a->own, &a->owns, &a->own_room, row->sha256, err)
                : push(a->whom, &a->others, &a->other_count, &a->other_room, row->sha256, err);
}

/* Where another notebook has removed them, the catalogue does not know their pictures any more; posts here do. */
static bool note_session_pictures(void *ctx, const char *name, dsl_object *object)
{
    asking *a = ctx;
    (void)name;
    if (object->cls != &cmd_posts_class) return true;
    const rep_posts *posts = object->payload;
    for (size_t i = 0; i < posts->count; i++) {
        const rep_post *p = &posts->post[i];
        const store_row row = {
            .platform = p->platform, .author_id = p->author_id, .author_handle = p->author_handle};
        for (size_t k = 0; k < p->pictures && strcmp(p->platform, "files") != 0; k++) {
            store_row one = row;
            one.sha256 = p->picture[k].sha256;
            if (*one.sha256 && note_picture(a, &one, a->err)) return false;
        }
    }
    return true;
}

static void theirs_alone(asking *a)
{
    cmd_whom *whom = a->whom;
    if (a->owns) qsort(a->own, a->owns, sizeof *a->own, by_text);
    if (a->other_count) qsort(a->others, a->other_count, sizeof *a->others, by_text);
    whom->sha256 = a->own;
    for (size_t i = 0; i < a->owns; i++) {
        bool again = whom->pictures && strcmp(whom->sha256[whom->pictures - 1], a->own[i]) == 0;
        bool shared = a->other_count && bsearch(&a->own[i], a->others, a->other_count, sizeof *a->others, by_text);
        if (!again && !shared) whom->sha256[whom->pictures++] = a->own[i];
    }
}

lg_status cmd_whom_find(const dsl_call *call, store_catalogue *catalogue, const char *name, cmd_whom *out, lg_err *err)
{
    asking a = {.whom = out, .err = err};
    *out = (cmd_whom){.name = name + (*name == '@')};
    lg_arena_init(&out->arena, 0);
    lg_status st;
    LG_GO(store_catalogue_each(catalogue, &(store_filter){0}, note_author, &a, err));
    dsl_session_each(call->session, note_session, &a);
    LG_GO(err->status);
    LG_GO(list_names(out, err));
    LG_GO(store_catalogue_each(catalogue, &(store_filter){.pictures = true}, note_picture, &a, err));
    dsl_session_each(call->session, note_session_pictures, &a);
    LG_GO(err->status);
    theirs_alone(&a);
    return LG_OK;
done:
    cmd_whom_release(out);
    return st;
}
