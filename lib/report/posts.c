/* posts.c - a set of posts as plain data. */
#include "lib/report/posts.h"
#include <string.h>
#include <strings.h>

#include "lib/base/banned.h"

lg_status rep_posts_new(rep_posts **out, lg_err *err)
{
    rep_posts *posts = *out = lg_alloc(1, sizeof *posts, err);
    if (!posts) return err->status;
    atomic_init(&posts->refs, 1);
    lg_arena_init(&posts->arena, REP_POSTS_BYTES);
    return LG_OK;
}

rep_posts *rep_posts_ref(const rep_posts *posts)
{
    rep_posts *own = (rep_posts *)(uintptr_t)posts;
    atomic_fetch_add_explicit(&own->refs, 1, memory_order_relaxed);
    return own;
}

void rep_posts_unref(const rep_posts *posts)
{
    rep_posts *own = (rep_posts *)(uintptr_t)posts;
    if (!own || atomic_fetch_sub_explicit(&own->refs, 1, memory_order_acq_rel) != 1) return;
    rep_posts_unref(own->base);
    lg_arena_release(&own->arena);
    lg_free(own);
}

int rep_picture_class(const rep_posts *posts, const rep_picture *picture, float least)
{
    float bound = least > posts->least ? least : posts->least;
    return picture->label >= 0 && picture->confidence >= bound ? picture->label : -1;
}

int rep_label_find(const rep_posts *posts, const char *label)
{
    for (int i = 0; i < posts->labels; i++)
        if (strcasecmp(posts->label[i], label) == 0) return i;
    return -1;
}

bool rep_has_author(const rep_post *post)
{
    return post->author_id || post->author_handle;
}

bool rep_same_author(const rep_post *a, const rep_post *b)
{
    if (!rep_has_author(a) || !rep_has_author(b) || strcmp(a->platform, b->platform) != 0) return false;
    if (a->author_id && b->author_id) return strcmp(a->author_id, b->author_id) == 0;
    return a->author_handle && b->author_handle && strcasecmp(a->author_handle, b->author_handle) == 0;
}
