/* customers.h - people who post a brand, ranked, with what speaks for each and how far the list can be trusted.
 *
 *     rep_customers list;
 *     rep_customers_ask ask = {.brand = "adidas", .least = 0.8f, .posts = 2, .top = 50};
 *     LG_TRY(rep_customers_find(posts, &ask, &list, err));
 *     … list.person[0].evidence[0], list.right, list.right_low, list.right_high …
 *     rep_customers_release(&list);
 *
 * Plain data over a set of classified posts (lib/report/posts.h), which it keeps a reference to.
 *
 * Who is listed
 *  - A post shows the brand when one of its pictures does: the model calls it so, at least `least` sure.
 *  - Current customers have `posts` posts or more that show the brand. Potential ones have as many that show a rival,
 *    and none that shows the brand. Whoever shows the brand on fewer posts than that is neither.
 *  - The rest class ("other", "none", …: rep_is_rest) is no brand and no rival.
 *  - Posts are one person's by rep_same_author: never across platforms, where one name may be two people.
 *  - Rank: more posts of the brand (of rivals) first; then the larger share of the person's posts; then the newest
 *    evidence; then the handle, the platform and the id, so that equal sets give equal lists.
 *
 * How far it can be trusted (rep_trust)
 *  - An entry is right when at least one of its photos really shows what the model says.
 *  - Counted from the validation images of the model that it called so with at least `least`: the share that is right
 * is its precision at that threshold, p = right / called, with its Wilson score interval (Wilson, JASA 22, 1927).
 *  - One photo is right with p. Of a person with m photos at least one is right with a chance between p, where all m
 * are right or wrong together, and 1 - (1-p)^m, where each is on its own (Frechet's bounds of a union). Somebody's
 * photos are not on their own: the same jacket that deceives the model once deceives it again, and validation images,
 * which have no authors, cannot say how often. So every entry counts with p, however many photos it has: the lower end.
 *  - Of N people listed N p are expected to be right. The interval is one for the number K that a reader who looked at
 * all N would count: all K of N that do not differ from `right` of `called` by the score test of two shares (as Nelson,
 *    Applied Life Data Analysis, 1982; Wang, Statistical Methods in Medical Research 19, 2010). The error of p is
 *    shared by all N, so it grows with N and not with its root; for N without end the interval is N times Wilson's, and
 *    for endless validation images the scatter of N draws is left. It supposes that one person's error says nothing
 *    of another's.
 *  - All of that supposes that posts are like the validation images. What can be seen of it is how often the model says
 *    the brand: where it says so much less often in the posts, more of what it says is wrong. `shifted` is p corrected
 *    for that (Rogan and Gladen, American Journal of Epidemiology 107, 1978), to be told as a caution.
 *  - With no validation image of the kind, or fewer than REP_VALIDATIONS called so, it cannot be said: NaN. */
#ifndef REP_CUSTOMERS_H
#define REP_CUSTOMERS_H

#include "lib/report/posts.h"

enum { REP_VALIDATIONS = 20 };

/* Posts the brand; or posts only a rival's. */
typedef enum rep_standing { REP_CURRENT, REP_POTENTIAL } rep_standing;

typedef struct rep_customers_ask {
    const char *brand;        /* a label of the posts */
    const char *const *rival; /* labels; rivals 0: every other label that is not the set's rest class */
    size_t rivals;
    float least;    /* `min`, 0 to 1 */
    int posts;      /* posts of the brand (or of rivals) a person needs */
    int top;        /* people listed at most, of each standing */
    bool anonymous; /* numbers in the place of names, and nothing from which they follow */
} rep_customers_ask;

typedef struct rep_evidence {
    const rep_post *post;
    const rep_picture *picture; /* the one with the highest confidence on that post */
    int label;
} rep_evidence;

typedef struct rep_person {
    rep_standing standing;
    int rank;         /* from 1, within its standing */
    const char *name; /* "@handle", the display name, or "person 1" under anonymous */
    const char *platform;
    const char *url;                /* of the newest evidence post, or NULL; NULL under anonymous */
    const char *author_id, *handle; /* as the platform tells them, or NULL; NULL under anonymous */
    int brand_posts, rival_posts;   /* posts that show them; one post may show both */
    int all_posts;                  /* posts with a picture that the model could look at */
    int64_t last;                   /* time of the newest evidence, or REP_NO_TIME; its day under anonymous */
    double share;                   /* brand_posts (or rival_posts) of all_posts */
    double right, right_low,
        right_high;               /* chance that this entry is right, with its 95% interval; NaN: cannot be said */
    const rep_evidence *evidence; /* newest first */
    size_t evidences;
} rep_person;

/* What validation images say of entries of one standing. */
typedef struct rep_trust {
    int64_t called, right;   /* validation images called so, at least so sure; those of them that are it */
    double share, low, high; /* right / called with its 95% interval. NaN: cannot be said */
    double expected, expected_low, expected_high; /* people listed that are right, with a 95% interval. NaN as before */
    double validation_called,
        posts_called; /* how often the model says so, 0 to 1: validation images, posts' pictures */
    double shifted;   /* share, corrected for the difference of these two; NaN: cannot be said */
    const char *how;  /* one sentence on what it was counted from, or why it cannot be said */
} rep_trust;

typedef struct rep_customers {
    lg_arena arena;
    rep_posts *posts; /* a reference; with names also under anonymous: show nothing of it then */
    char *brand;      /* as the label is spelled; in the arena */
    const char *const *rival;
    size_t rivals;
    float least; /* as asked, or that of the posts where it is larger */
    int wanted_posts, top;
    bool anonymous;
    rep_person *person;                    /* current customers by rank, then potential ones */
    size_t current, potential;             /* listed */
    size_t current_found, potential_found; /* before `top` */
    size_t nameless;                       /* posts of the brand whose author the platform does not tell */
    size_t few;                            /* people with posts of the brand, but fewer than asked for */
    size_t posts_looked;                   /* posts with a picture that the model could look at */
    /* of the current customers listed: expected number that are right, with its 95% interval; NaN where the model has
     * no validation images of the kind. how: one sentence on what it was counted from. The same as trust[REP_CURRENT]
     * says; of potential ones, right means that they do post a rival. */
    double right, right_low, right_high;
    const char *how;
    rep_trust trust[2]; /* by rep_standing */
} rep_customers;

/* Under anonymous, evidence keeps platform, day, label and confidence: no picture, address, text, id or author, because
 * a photo can be searched for. LL450 no such label, LL451 nothing was classified, LL452 a brand or rival that cannot be
 * one. */
lg_status rep_customers_find(const rep_posts *posts, const rep_customers_ask *ask, rep_customers *out,
                             lg_err *err) LG_MUST_CHECK;
void rep_customers_release(rep_customers *list); /* {0} is fine */
/* The same question of other posts: of those without a person who asked to be forgotten. */
lg_status rep_customers_again(const rep_customers *list, const rep_posts *posts, rep_customers *out,
                              lg_err *err) LG_MUST_CHECK;

/* Is it a name for what is none of the brands? */
bool rep_is_rest(const char *label);
/* The label with the most pictures, at least so sure, that is no rest class; -1: there is none. */
int rep_brand_usual(const rep_posts *posts, float least);

/* ---- the figures alone ---- */
/* share, expected and their intervals from called, right and the number of people listed; NaN with fewer than
 * REP_VALIDATIONS called. The rest of trust stays as it is. */
void rep_trust_count(rep_trust *trust, size_t people);
/* What the posts' labels and validation images say of one group of labels (in[label]), with `people` listed. `what` is
 * the group in words: "adidas", "a rival". */
lg_status rep_trust_find(const rep_posts *posts, const bool *in, const char *what, float least, size_t people,
                         lg_arena *arena, rep_trust *out, lg_err *err) LG_MUST_CHECK;

#endif
