/* posts.c - a set of posts as plain data. */
#include "lib/report/posts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

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

/* ---- users ---- */
/* Equal for posts of one author. */
static uint64_t author_hash(const rep_post *post)
{
    char small[256];
    uint64_t platform = lg_hash64(post->platform, strlen(post->platform), post->author_id ? 1 : 2);
    if (post->author_id) return lg_hash64(post->author_id, strlen(post->author_id), platform);
    size_t n = strlen(post->author_handle);
    if (n > sizeof small) return lg_hash64(post->author_handle, n, platform);
    for (size_t i = 0; i < n; i++) {
        char ch = post->author_handle[i];
        small[i] = ch >= 'A' && ch <= 'Z' ? (char)(ch + 32) : ch;
    }
    return lg_hash64(small, n, platform);
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

lg_status rep_count_users(const rep_posts *posts, size_t *out, lg_err *err)
{
    size_t n = 0, users = 0;
    uint64_t *hash = lg_alloc(posts->count + 1, sizeof *hash, err);
    if (!hash) return err->status;
    for (size_t i = 0; i < posts->count; i++)
        if (rep_has_author(&posts->post[i])) hash[n++] = author_hash(&posts->post[i]);
    qsort(hash, n, sizeof *hash, by_number);
    for (size_t i = 0; i < n; i++) users += !i || hash[i] != hash[i - 1];
    lg_free(hash);
    *out = users;
    return LG_OK;
}

/* ---- time ---- */
void rep_date(int64_t time, char out[REP_DATE])
{
    struct tm day;
    time_t seconds = (time_t)(time / 1000 - (time % 1000 < 0));
    *out = 0;
    if (time == REP_NO_TIME || !gmtime_r(&seconds, &day) || day.tm_year < -1900 || day.tm_year > 9999 - 1900) return;
    snprintf(out, REP_DATE, "%04d-%02d-%02d", (day.tm_year + 1900) % 10000, (day.tm_mon + 1) % 100, day.tm_mday % 100);
}
