/* platform.h - one record a platform: what can be asked there, the requests for it, and how its answers are read.
 *
 *     const scrape_platform *x = scrape_platform_find("twitter");
 *     scrape_query query = {.tag = (const char *const[]){"adidas", "nike"}, .tags = 2, .limit = 500, .now = now_ms};
 *     LG_TRY(x->plan(&query, &arena, &plan, err));          // what it will get and cost, and what it will not get
 *     scrape_walk walk = {0};                               // or what a checkpoint kept
 *     do {
 *         LG_TRY(x->request(&query, walk.cursor, &arena, &request, err));
 *         … send it; keep status, body and the Link header …
 *         LG_TRY(x->parse(&query, &walk, &answer, &page, err));
 *         walk = (scrape_walk){.cursor = page.next, .ids = page.ids};
 *     } while (!page.end);
 *
 * Pure: no files, no network, no clock (now comes with the query), no state. So an answer that was saved is read again
 * with the same result, and a walk goes on from its cursor alone: a cursor is a text of ours that holds the stage
 * (`t1:` second tag, …) beside the platform's own. docs/adr/0142-pure-parsers.md
 *
 * A platform is one file, scraper/platform_NAME.c, that defines scrape_platform_NAME; its name registers it.
 *
 * Errors: LL720 the answer is no JSON (or too large, too deep), LL721 it is JSON of another shape ("data[3] is not an
 * object"), LL722 the platform refuses, in its words, LL723 the platform cannot be asked that, LL724 there is no such
 * account or tag, LL725 a cursor that is not ours. A page in which single posts or fields are wrong is no error: they
 * are counted and named in it. It is one when nothing on it could be used. */
#ifndef SCRAPE_PLATFORM_H
#define SCRAPE_PLATFORM_H

#include "scraper/post.h"

/* Which posts of an account, where the platform tells them apart. */
typedef enum scrape_what {
    SCRAPE_POSTS,  /* by the account */
    SCRAPE_TAGGED, /* that others tagged the account in (Instagram, Facebook) */
    SCRAPE_PHOTOS  /* photos the account uploaded (Facebook) */
} scrape_what;

/* Borrowed texts. Exactly one of tag, text and user; none of them: the public timeline (Mastodon). */
typedef struct scrape_query {
    const char *const *tag; /* hashtags without #; any of them */
    size_t tags;
    const char *text;
    const char *user; /* handle, with or without @; page name or number on Facebook */
    scrape_what what;
    int64_t since, until; /* milliseconds since 1970 UTC, from and up to; 0: open */
    uint64_t limit;       /* posts wanted in all, 0: 100 */
    uint64_t budget;      /* posts that may be read (and paid for) in all, 0: limit */
    int64_t now;          /* the time of asking, milliseconds since 1970 UTC; 0: rules that need it are not applied */
    const char *account;  /* Instagram: the number of the asking account */
    const char *server;   /* Mastodon, Bluesky: origin of the server ("https://mastodon.social"), or NULL */
    int dialect;          /* X: 0 tweet.fields (what its service takes), 1 post.fields (its newest specification) */
} scrape_query;

typedef struct scrape_plan {
    const char *summary;      /* "X: recent posts with #adidas or #nike, up to 500" */
    uint64_t posts, requests; /* at most */
    uint32_t per_page;
    uint32_t least; /* posts that a page has at least, where the platform wants so; else 0 */
    int64_t cost_most;   /* millionths of a US dollar, or SCRAPE_NOT_GIVEN where there is no price */
    const char *cost;    /* how that was counted, or NULL */
    const char *limits;  /* "450 requests in 15 minutes", or NULL */
    const char *line[8]; /* what it gives, withholds and why, one sentence each */
    size_t lines;
} scrape_plan;

enum { SCRAPE_PARAMS_MOST = 12 };
typedef struct scrape_param {
    const char *name, *value; /* not encoded */
} scrape_param;
/* Parameters are sorted by name, then value, so that a saved answer is found again by its request. */
typedef struct scrape_request {
    const char *method; /* "GET" */
    const char *path;   /* "/2/tweets/search/recent", its parts percent-encoded */
    scrape_param param[SCRAPE_PARAMS_MOST];
    size_t params;
} scrape_request;

typedef struct scrape_answer {
    const char *body;
    size_t length;
    int status;       /* HTTP; 0 counts as 200 */
    const char *link; /* text of the Link header, or NULL */
} scrape_answer;

/* Where a walk over pages stands. */
typedef struct scrape_walk {
    const char *cursor; /* that the page was asked with; NULL: the first */
    uint64_t ids;       /* of the page before; 0: none */
} scrape_walk;

/* What became of a post that was kept. */
typedef enum scrape_state { SCRAPE_UNKNOWN, SCRAPE_THERE, SCRAPE_GONE, SCRAPE_HIDDEN } scrape_state;

typedef struct scrape_platform {
    const char *name;   /* as in the language: "twitter" */
    const char *title;  /* as people say: "X (Twitter)" */
    const char *origin; /* "https://api.x.com"; NULL where each user has a server of their own */
    uint32_t checks;    /* posts that one request of `check` may ask for */
    int64_t check_cost; /* at most, for each of them, in millionths of a US dollar; 0: free */
    bool counts;        /* its cursors count the posts given: limit is that of the whole walk, else of what is left */
    /* LL723 where the platform cannot be asked that; it answers before anything is spent. */
    lg_status (*plan)(const scrape_query *query, lg_arena *arena, scrape_plan *out, lg_err *err);
    /* cursor NULL: the first page. */
    lg_status (*request)(const scrape_query *query, const char *cursor, lg_arena *arena, scrape_request *out,
                         lg_err *err);
    /* page was initialised by the caller; on failure it holds nothing of use and is still to be released. */
    lg_status (*parse)(const scrape_query *query, const scrape_walk *walk, const scrape_answer *answer,
                       scrape_page *page, lg_err *err);
    /* Are these posts still to be seen? ids as scrape_post.id, count from 1 to checks. */
    lg_status (*check)(const char *const *id, size_t count, lg_arena *arena, scrape_request *out, lg_err *err);
    lg_status (*check_parse)(const scrape_answer *answer, const char *const *id, size_t count, scrape_state *state,
                             lg_err *err);
} scrape_platform;

/* Sorted by name, NULL behind the last. */
extern const scrape_platform *const scrape_platforms[];
/* NULL: no such platform. "x" is "twitter". */
const scrape_platform *scrape_platform_find(const char *name);

#endif
