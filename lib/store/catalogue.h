/* catalogue.h - the catalogue of posts: who posted which pictures where, what models say of them, and how far each
 * scrape has come. One SQLite file and a folder of pictures below our data folder.
 *
 *     store_catalogue *c;
 *     LG_TRY(store_catalogue_open(paths.data, cancel, &c, err));
 *     LG_GO(store_catalogue_scrape(c, "twitter", "tag adidas limit 500", NULL, true, &scrape, err));
 *     while (!scrape.done) {
 *         … ask for the page at scrape.cursor …
 *         LG_GO(store_catalogue_page(c, &scrape, &page, &result, err));   // posts and the new cursor: both or neither
 *     }
 *     LG_GO(store_catalogue_due(c, scrape.id, 100, fetch, ctx, err));     // pictures that are not there yet
 *
 * Promises
 *  - A page and the mark behind it are one transaction, forced to the disk: after a kill at any byte the same scrape
 *    goes on with the next page, and the set is the one that would have been. A post that comes again is kept once.
 *  - A picture is a file images/SHA256, written whole or not at all before the row that names it.
 *  - Several programs may use it at once; one writes at a time, others wait up to ten seconds (then LL730).
 *  - A full disk (LL731) or any other failure leaves everything as it was before the call.
 *  - Who was forgotten is in no table, no picture and no free byte of the file, and does not come back
 *    (docs/adr/0141-catalogue-of-posts.md).
 *
 * One thread at a time per handle; a handle does not survive fork. Texts are UTF-8, NULL and STORE_NOT_GIVEN mean that
 * a platform did not say. Times are milliseconds since 1970 UTC.
 *
 * Errors: LL504 no SQLite, LL730 busy, LL731 no room, LL732 damaged, newer or foreign file, LL733 another program goes
 * on with this scrape, LL734 the system's trouble, LL735 nobody of that name, LL736 bytes may be left. */
#ifndef STORE_CATALOGUE_H
#define STORE_CATALOGUE_H

#include "lib/base/lg.h"

#define STORE_NOT_GIVEN (-1)
#define STORE_NO_TIME   INT64_MIN

typedef struct store_catalogue store_catalogue;

/* folder: our data folder, which reach.h knows as ours. Makes what is missing (0700 and 0600). cancel may be NULL; it
 * ends waiting for other programs. */
lg_status store_catalogue_open(const char *folder, lg_cancel *cancel, store_catalogue **out, lg_err *err) LG_MUST_CHECK;
void store_catalogue_close(store_catalogue *c); /* NULL is fine */

/* ---- scraping ---- */
typedef struct store_media {
    const char *id, *url, *alt; /* each may be NULL */
    const char *type;           /* "photo", … */
    int32_t width, height;
} store_media;

typedef struct store_post {
    const char *id; /* the platform's */
    const char *url, *text, *language;
    int64_t time, likes, reposts, replies;
    const char *author_id, *author_handle, *author_name;
    bool sensitive;
    const store_media *media;
    size_t media_count;
    const char *const *tag;
    size_t tag_count;
} store_post;

/* Posts that were given and not kept, and things of kept ones that the platform did not give: by how many posts. */
typedef enum store_note_kind { STORE_LEFT_OUT = 'l', STORE_WITHHELD = 'w' } store_note_kind;
typedef struct store_note {
    store_note_kind kind;
    const char *what, *why; /* why may be NULL */
    uint64_t posts;
} store_note;

typedef struct store_page {
    const store_post *post;
    size_t count;
    uint64_t given, refused; /* as the parser counted */
    const char *next;        /* cursor of the next page, NULL at the end */
    uint64_t ids;            /* the parser's fingerprint of this page */
    bool done;
    const store_note *note; /* added up over the pages of a scrape */
    size_t notes;
    const char *address, *etag, *modified; /* where it came from and what the server calls this version; or NULL */
} store_page;

typedef struct store_scrape {
    int64_t id;
    char platform[32];
    char *cursor;                          /* of the next page, NULL: the first; owned */
    uint64_t ids;                          /* of the page before */
    uint64_t pages, given, refused, posts; /* so far; posts are those kept for this scrape, each once */
    int64_t started;                       /* when its first page was asked for */
    bool done;
} store_scrape;
void store_scrape_release(store_scrape *s);

/* The scrape of this platform and query (a text that says all that decides what comes), and how far it is. user: the
 * account it is about, or NULL. resume false: from the first page, keeping what is there. */
lg_status store_catalogue_scrape(store_catalogue *c, const char *platform, const char *query, const char *user,
                                 bool resume, store_scrape *out, lg_err *err) LG_MUST_CHECK;

typedef struct store_page_result {
    size_t fresh;     /* posts the catalogue did not have */
    size_t added;     /* posts this scrape did not have: 0 on a page with posts means that it goes in circles */
    size_t forgotten; /* posts of people who are not to come back */
    size_t count;     /* posts of the page */
} store_page_result;
/* Keeps the page and moves the scrape on, both or neither; *s stands behind the page afterwards. LL733 when another
 * program has moved it, or it is not there any more. */
lg_status store_catalogue_page(store_catalogue *c, store_scrape *s, const store_page *page, store_page_result *out,
                               lg_err *err) LG_MUST_CHECK;

typedef lg_status store_note_fn(void *ctx, const store_note *note, lg_err *err);
/* What was left out and withheld on all pages so far. */
lg_status store_catalogue_notes(store_catalogue *c, int64_t scrape, store_note_fn *fn, void *ctx,
                                lg_err *err) LG_MUST_CHECK;

/* ---- what a server said before ---- */
/* Addresses are kept as hashes with this catalogue's salt: they may name people. */
typedef struct store_heard {
    char *etag, *modified; /* as the server gave them, or NULL; owned */
    char *kept;            /* of a picture its name, of anything else what was given; owned */
} store_heard;
void store_heard_release(store_heard *h);
/* A page of this scrape that was kept with its address: both NULL where there is none. */
lg_status store_catalogue_page_heard(store_catalogue *c, int64_t scrape, const char *address, store_heard *out,
                                     lg_err *err) LG_MUST_CHECK;
/* That page has not changed: its posts, as far as they are still there, are this scrape's next page. */
lg_status store_catalogue_page_again(store_catalogue *c, store_scrape *s, const char *address, store_page_result *out,
                                     lg_err *err) LG_MUST_CHECK;
/* An answer that is no page: of a picture that is kept (picture: its name in `kept`), or a short text of the caller's.
 */
lg_status store_catalogue_hear(store_catalogue *c, const char *address, bool picture, const store_heard *heard,
                               lg_err *err) LG_MUST_CHECK;
/* All NULL where there is none, and where the picture is not kept any more. */
lg_status store_catalogue_heard(store_catalogue *c, const char *address, store_heard *out, lg_err *err) LG_MUST_CHECK;

/* ---- pictures ---- */
typedef lg_status store_due_fn(void *ctx, int64_t media, const char *url, lg_err *err);
/* Media with an address and without a picture, oldest first, at most `limit`; scrape 0: of all. fn may call back in. */
lg_status store_catalogue_due(store_catalogue *c, int64_t scrape, size_t limit, store_due_fn *fn, void *ctx,
                              lg_err *err) LG_MUST_CHECK;
/* Keeps a picture for a media. format "jpeg", "png"…; sha256 (65 bytes) gets its name, or "" when the media is not
 * there any more (its post was dropped meanwhile) and nothing was kept. */
lg_status store_catalogue_image(store_catalogue *c, int64_t media, const void *bytes, size_t len, const char *format,
                                int32_t width, int32_t height, char *sha256, lg_err *err) LG_MUST_CHECK;
/* A picture that is kept is also this media's; *done false: it, or the media, is not there any more. */
lg_status store_catalogue_image_again(store_catalogue *c, int64_t media, const char *sha256, bool *done,
                                      lg_err *err) LG_MUST_CHECK;
typedef struct store_media_counts {
    int64_t kept, wanted, lost; /* there; still to be fetched; cannot be had */
    int64_t without;            /* the platform gave no address */
    int64_t images;             /* different pictures among those kept */
} store_media_counts;
typedef lg_status store_lost_fn(void *ctx, const char *why, int64_t count, lg_err *err);
/* Of a scrape's pictures. lost: called for each reason, the most frequent first; may be NULL. */
lg_status store_catalogue_media(store_catalogue *c, int64_t scrape, store_media_counts *out, store_lost_fn *lost,
                                void *ctx, lg_err *err) LG_MUST_CHECK;
/* The picture cannot be had; it is not asked for again. why: one clause. */
lg_status store_catalogue_no_image(store_catalogue *c, int64_t media, const char *why, lg_err *err) LG_MUST_CHECK;
/* Full path of a picture's file; owned (lg_free). */
char *store_catalogue_image_path(const store_catalogue *c, const char *sha256, lg_err *err) LG_MUST_CHECK;

/* ---- labels and predictions ---- */
/* source: who says so ("ana", "import"); one label a picture and source, the last counts. */
lg_status store_catalogue_label(store_catalogue *c, const char *sha256, const char *label, const char *source,
                                lg_err *err) LG_MUST_CHECK;
/* A run of a model over pictures; the same key is the same run. */
lg_status store_catalogue_run(store_catalogue *c, const char *key, const char *model, int64_t *run,
                              lg_err *err) LG_MUST_CHECK;
typedef struct store_prediction {
    const char *sha256, *label;
    double p;
} store_prediction;
/* All or none; again for the same picture and label: replaced. Pictures that are not there any more are left out. */
lg_status store_catalogue_predict(store_catalogue *c, int64_t run, const store_prediction *p, size_t count,
                                  lg_err *err) LG_MUST_CHECK;

/* ---- reading ---- */
typedef struct store_filter {
    int64_t scrape;       /* 0: of all */
    const char *platform; /* NULL: all */
    int64_t run;          /* predictions of this run come along; 0: none */
    bool pictures;        /* only posts with a picture that is kept: one row a picture; else one row a post */
} store_filter;
typedef struct store_row {
    int64_t post, user; /* of the catalogue; user 0: not given */
    const char *platform, *id, *url, *text, *language, *author_id, *author_handle, *author_name;
    int64_t time, likes, reposts, replies;
    const char *sha256, *alt; /* where pictures are asked for */
    int32_t width, height;    /* of the picture; STORE_NOT_GIVEN */
    const char *label;        /* the likeliest of the run, or NULL */
    double p;
} store_row;
typedef lg_status store_row_fn(void *ctx, const store_row *row, lg_err *err);
/* In the order of keeping. Sees one state of the catalogue, whatever others write meanwhile. */
lg_status store_catalogue_each(store_catalogue *c, const store_filter *filter, store_row_fn *fn, void *ctx,
                               lg_err *err) LG_MUST_CHECK;

typedef struct store_counts {
    int64_t users, posts, media, images, labels, predictions, runs, scrapes, tombstones;
} store_counts;
lg_status store_catalogue_counts(store_catalogue *c, store_counts *out, lg_err *err) LG_MUST_CHECK;

/* ---- taking away ---- */
/* Posts that are gone upstream, with their media, and pictures that nobody else's post shows. Unknown ids: nothing. */
lg_status store_catalogue_drop_posts(store_catalogue *c, const char *platform, const char *const *id, size_t count,
                                     size_t *dropped, lg_err *err) LG_MUST_CHECK;
typedef struct store_forgotten {
    size_t users, posts, images, mentions, scrapes;
} store_forgotten;
/* Removes a person from everything and keeps a salted hash, so that a later scrape leaves them out. name: handle (with
 * or without @, any case) or the platform's number. platform NULL: on all of them. Rewrites the whole file, which takes
 * seconds for a large one and needs its size in memory. LL735 nobody of that name, LL736 done but for bytes in the
 * file, which another program holds open: say it again later. */
lg_status store_catalogue_forget_user(store_catalogue *c, const char *platform, const char *name, store_forgotten *out,
                                      lg_err *err) LG_MUST_CHECK;
/* A text without what names a person, as it is removed from other people's posts: @NAME and /NAME in any case become
 * [removed]. Appended to out; how many were found. */
size_t store_mentions_remove(const char *text, const char *const *name, size_t names, lg_buf *out);
/* Would a post of this author be left out? */
lg_status store_catalogue_is_forgotten(store_catalogue *c, const char *platform, const char *id, const char *handle,
                                       bool *out, lg_err *err) LG_MUST_CHECK;

/* Removes files that no row names (left by a program that was killed). */
lg_status store_catalogue_sweep(store_catalogue *c, lg_err *err) LG_MUST_CHECK;
/* Is everything whole? Checks the file, its references and every picture's file; deep: their hashes too. LL732 says the
 * first thing that is not. */
lg_status store_catalogue_check(store_catalogue *c, bool deep, lg_err *err) LG_MUST_CHECK;

#endif
