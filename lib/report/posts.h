/* posts.h - a set of posts as plain data: what `scrape` brought, and what `classify` says of its pictures. What
 * galleries, `customers`, `dashboard` and `export` are made of.
 *
 *     rep_posts *posts;
 *     LG_TRY(rep_posts_new(&posts, err));
 *     posts->title = lg_arena_strf(&posts->arena, err, "twitter #%s", tag);
 *     … fill with memory of posts->arena …
 *     rep_posts_ref(posts); rep_posts_unref(posts);
 *
 * Invariants
 *  - Built by one thread, then immutable and shared by counting references. All it points to lies in its arena, or in
 *    that of `base`, which it keeps.
 *  - NULL, REP_NOT_GIVEN and REP_NO_TIME mean that nobody said: never "" or 0 in their place.
 *  - Texts are valid UTF-8 as strangers wrote them: to be escaped where they are shown.
 *  - With `labels` 0 nothing was classified. Else each picture has the class its model calls it by, and a confidence
 *    that was calibrated on the model's validation images; below `least` it is unsure, and no class's. */
#ifndef REP_POSTS_H
#define REP_POSTS_H

#include "lib/base/lg.h"

#define REP_NOT_GIVEN (-1)
#define REP_NO_TIME   INT64_MIN
enum { REP_POSTS_BYTES = 1 << 29 }; /* of texts in one set: LL902 */

typedef struct rep_picture {
    char sha256[65];       /* name of its file in the catalogue; "" where there is no picture (or it is `file`) */
    const char *file;      /* of classified datasets: the source path; else NULL */
    const uint8_t *jpeg;   /* a small copy, where it is a part of a file or lies in an archive; else NULL */
    size_t jpeg_len;
    const char *alt;       /* what its author says it shows, or NULL */
    int32_t width, height; /* pixels, or REP_NOT_GIVEN */
    int32_t label;         /* place in rep_posts.label; -1: could not be read, or nothing was classified */
    float confidence;      /* of label, calibrated, 0 to 1 */
    float raw;             /* the same as the network gives it */
} rep_picture;

typedef struct rep_post {
    const char *platform; /* "twitter"; "files" for a classified dataset */
    const char *id;       /* the platform's; never NULL */
    const char *url, *text, *language;
    const char *author_id, *author_handle, *author_name; /* handle without @ */
    int64_t time;                                        /* milliseconds since 1970 UTC, or REP_NO_TIME */
    int64_t likes, reposts, replies;
    const rep_picture *picture;
    size_t pictures;
} rep_post;

/* A validation image of the model that classified: what expected precision is counted from. */
typedef struct rep_validation {
    int32_t truth, said; /* places in rep_posts.label */
    float confidence;    /* calibrated, of `said`, as rep_picture.confidence */
} rep_validation;

typedef struct rep_posts {
    atomic_int refs;
    lg_arena arena;
    struct rep_posts *base; /* a reference, or NULL: the posts that were classified */
    const char *title;      /* "twitter #adidas or #nike since 2026-10-01" */
    const rep_post *post;
    size_t count;
    const char *const *withheld; /* sentences: what the platform did not give, and why */
    size_t withhelds;
    /* of classify */
    const char *model; /* its name, or NULL */
    const char *const *label;
    int labels;
    float least;                       /* `min` */
    const char *calibration;           /* one clause: how confidence was calibrated, or why not */
    const rep_validation *validation;  /* validation images of the model, in any order */
    size_t validations;
    const char *validation_name;       /* "logos.val", or NULL */
} rep_posts;

/* An empty set with one reference. */
lg_status rep_posts_new(rep_posts **out, lg_err *err) LG_MUST_CHECK;
rep_posts *rep_posts_ref(const rep_posts *posts);
void rep_posts_unref(const rep_posts *posts); /* NULL is fine */

/* Which class a picture counts for: its label, or -1 where it has none or is unsure. least: `min` of whoever asks, or
 * 0; the larger of it and the set's counts. */
int rep_picture_class(const rep_posts *posts, const rep_picture *picture, float least);
/* Place of a label without looking at case, or -1. */
int rep_label_find(const rep_posts *posts, const char *label);
/* What identifies an author among all platforms: compare the platform and author_id, or the handle (without case) where
 * there is no id. False: the post has no author that could be told apart. */
bool rep_same_author(const rep_post *a, const rep_post *b);
bool rep_has_author(const rep_post *post);
/* Different authors among posts that tell theirs. */
lg_status rep_count_users(const rep_posts *posts, size_t *out, lg_err *err) LG_MUST_CHECK;
/* The day in UTC, "2026-10-01"; "" for REP_NO_TIME and beyond the year 9999. */
enum { REP_DATE = 16 };
void rep_date(int64_t time, char out[REP_DATE]);

#endif
