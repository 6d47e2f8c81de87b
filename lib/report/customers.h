/* customers.h - people who post a brand, ranked, with what speaks for each and how far the list can be trusted.
 *
 *     rep_customers list;
 *     rep_customers_ask ask = {.brand = "adidas", .least = 0.8f, .posts = 2, .top = 50};
 *     LG_TRY(rep_customers_find(posts, &ask, &list, err));
 *     … list.person[0].evidence[0], list.right, list.right_low, list.right_high …
 *     rep_customers_release(&list);
 *
 * Plain data over a set of classified posts (lib/report/posts.h), which it keeps a reference to. */
#ifndef REP_CUSTOMERS_H
#define REP_CUSTOMERS_H

#include "lib/report/posts.h"

/* Posts the brand; or posts only a rival's. */
typedef enum rep_standing { REP_CURRENT, REP_POTENTIAL } rep_standing;

typedef struct rep_customers_ask {
    const char *brand;        /* a label of the posts */
    const char *const *rival; /* labels; rivals 0: every other label that is not the set's rest class */
    size_t rivals;
    float least;   /* `min`, 0 to 1 */
    int posts;     /* posts of the brand (or of rivals) a person needs */
    int top;       /* people listed at most, of each standing */
    bool anonymous; /* numbers in the place of names, and no links */
} rep_customers_ask;

typedef struct rep_evidence {
    const rep_post *post;
    const rep_picture *picture; /* the one with the highest confidence on that post */
    int label;
} rep_evidence;

typedef struct rep_person {
    rep_standing standing;
    int rank;                 /* from 1, within its standing */
    const char *name;         /* "@handle", the display name, or "person 1" under anonymous */
    const char *platform;
    const char *url;          /* of the newest evidence post, or NULL; NULL under anonymous */
    int brand_posts, rival_posts, all_posts;
    int64_t last;             /* time of the newest evidence, or REP_NO_TIME */
    double share;             /* of this person's classified posts that show the brand (or a rival) */
    double right, right_low, right_high; /* chance that this entry is right, with its 95% interval; NaN: cannot be said */
    const rep_evidence *evidence; /* newest first */
    size_t evidences;
} rep_person;

typedef struct rep_customers {
    lg_arena arena;
    rep_posts *posts; /* a reference */
    char *brand;      /* as the label is spelled; in the arena */
    const char *const *rival;
    size_t rivals;
    float least;
    int wanted_posts, top;
    bool anonymous;
    rep_person *person; /* current customers by rank, then potential ones */
    size_t current, potential;               /* listed */
    size_t current_found, potential_found;   /* before `top` */
    size_t nameless;                         /* posts of the brand whose author the platform does not tell */
    /* of the current customers listed: expected number that are right, with its 95% interval; NaN where the model has
     * no validation images of the kind. how: one sentence on what it was counted from. */
    double right, right_low, right_high;
    const char *how;
} rep_customers;

/* LL4xx as the command words them. */
lg_status rep_customers_find(const rep_posts *posts, const rep_customers_ask *ask, rep_customers *out,
                             lg_err *err) LG_MUST_CHECK;
void rep_customers_release(rep_customers *list); /* {0} is fine */

#endif
