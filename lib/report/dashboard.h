/* dashboard.h - one HTML file for readers who never see code: who posts a brand, when, with which pictures, and how far
 * that can be trusted. It needs no network and no other file.
 *
 *     rep_dashboard dash = {.title = "Who posts our shoes", .posts = &labelled, .sets = 1, .customers = &fans, .lists =
 * 1, .picture = my_thumbnail, .made = now}; rep_dash_made made; LG_TRY(rep_dashboard_write(&dash, &file, &made, err));
 *
 * What is in the file
 *  - Tables, a chart and pictures that stand without script; with it, filters, a gallery in pages, people's photos in a
 *    dialog, and downloads as CSV. A policy in the file itself (Content-Security-Policy) lets nothing be fetched and
 * runs only the script that was written into it (docs/adr/0147).
 *  - Each picture once, on contact sheets, as large and good as the size of the file allows: below REP_DASH_BYTES for
 *    5,000 posts. What does not fit is left out and counted.
 *  - When one of the lists of customers is anonymous nobody is named anywhere in it: no handles, names, texts, links,
 *    photos, numbers of posts, nor what was searched for.
 *
 * Pure but for `picture`, which is asked once for each different picture. Texts of strangers are escaped here. */
#ifndef REP_DASHBOARD_H
#define REP_DASHBOARD_H

#include "lib/image/picture.h"
#include "lib/report/customers.h"

enum {
    REP_DASH_BYTES = 4980000, /* of a file with up to 5,000 posts; 980 more for each beyond */
    REP_DASH_POSTS = 20000,   /* shown at most, the newest */
};

/* What was measured of a model on images it had not learnt from, class by class. */
typedef struct rep_dash_class {
    const char *label;
    int64_t truth, said, right; /* images of it; images called it; both */
} rep_dash_class;

typedef struct rep_dash_model {
    const char *name;   /* "transfer" */
    const char *on;     /* what it was measured on: "logos.val"; NULL: it was not */
    const char *learnt; /* what it learnt from, one clause without full stop; or NULL */
    const char *course; /* how its training went, one clause without full stop; or NULL */
    const rep_dash_class *class;
    int classes;
} rep_dash_model;

typedef struct rep_dashboard {
    const char *title, *about; /* about NULL: none */
    const rep_posts *const *posts;
    size_t sets; /* where 0, the posts that the customers were found in */
    const rep_customers *const *customers;
    size_t lists;
    const rep_dash_model *model;
    size_t models;
    int64_t made; /* now, milliseconds since 1970 UTC */
    /* A picture fitted to side x side pixels, three channels; left empty where it cannot be read. Fails only for what
     * ends everything (memory, an interrupt). NULL: no pictures. */
    lg_status (*picture)(void *ctx, const rep_picture *picture, int side, img_picture *out, lg_err *err);
    void (*progress)(void *ctx, size_t done, size_t pictures); /* or NULL */
    const char *(*platform)(const char *name); /* as readers call it, "X (Twitter)" of "twitter"; NULL: as it is */
    void *ctx;
    lg_cancel *cancel; /* or NULL */
} rep_dashboard;

typedef struct rep_dash_made {
    size_t posts, posts_left, people, authors;  /* authors: named in it */
    size_t pictures, unreadable, pictures_left; /* different ones: shown, not to be had, without room */
    int side;                                   /* of a thumbnail, pixels; 0 without any */
    bool anonymous;
    char sentence[600]; /* the first one of the file, without escapes */
    struct {
        const char *name; /* of the posts */
        size_t posts;
    } brand[6]; /* most posts first */
    int brands;
} rep_dash_made;

/* Appends the file to out (initialised by the caller). LL902 where it would not fit its limit. */
lg_status rep_dashboard_write(const rep_dashboard *dash, lg_buf *out, rep_dash_made *made, lg_err *err) LG_MUST_CHECK;

#endif
