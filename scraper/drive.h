/* drive.h - a scrape from its first request to its last picture: what is asked, waited for, kept and fetched.
 *
 *     scrape_drive d = {.platform = x, .query = query, .key = "tag adidas limit 500", .catalogue = c, .access = a};
 *     LG_TRY(scrape_drive_plan(&query, x, &arena, &plan, err)); // what it will get and cost; nothing is sent
 *     lg_status st = scrape_run(&d, &result, err);       // result is right on failure, too
 *     scrape_result_release(&result);
 *
 * The platforms (platform.h) say what to ask and what an answer holds; here is the network, the catalogue, and nothing
 * of credentials or of the language: who may ask is a function of the caller's.
 *
 * Promises
 *  - Page by page: ask, read, keep posts and mark together, fetch the pictures that are due, then the next page. So a
 *    kill at any byte loses at most what was not kept yet, and `resume` ends with the same set.
 *  - No more posts are asked for than `budget` and `limit` leave; what comes unasked beyond `limit` is left out and
 *    counted. A page on which all is known ends the walk, and so does a long row of pages on which there is nothing.
 *  - A picture is kept when it was decoded, in the helper where there is one (lib/image/jail.h). One that cannot be had
 *    (not found, not allowed, no picture) is not asked for again; one that only did not come this time is due. One that
 *    is no picture, of an answer that did not say how long it is, may have been cut off, and is fetched once more.
 *  - A page or picture that was fetched before is asked for with the version the server gave it (ETag, Last-Modified).
 *  - A cancel ends everything within a second; what was kept stays.
 *
 * Errors: LL503 the account may not call this, LL510 asked too often, until when, LL511 the budget is too small for a
 * page; those of lib/net/http.h, platform.h and lib/store/catalogue.h. All but LL733 leave the scrape to be gone on
 * with. */
#ifndef SCRAPE_DRIVE_H
#define SCRAPE_DRIVE_H

#include "lib/net/http.h"
#include "lib/store/catalogue.h"
#include "scraper/platform.h"

/* Where a platform is asked, and on whose behalf. */
typedef struct scrape_access {
    const char *origin; /* "https://api.x.com" */
    /* Appends the value of the Authorization header; nothing: none is sent. NULL: never one. It may ask for a token
     * with the client. The bytes are wiped afterwards. */
    lg_status (*authorize)(void *ctx, net_client *client, const char *method, const char *url, lg_buf *out,
                           lg_err *err);
    /* Is the same worth sending once more, with what authorize makes now? May be NULL. */
    bool (*stale)(void *ctx, const net_reply *reply);
    void *ctx;
} scrape_access;

typedef struct scrape_progress {
    uint64_t pages, posts, read; /* kept, and given by the platform */
    uint64_t wanted;             /* posts, at most */
    size_t pictures, lost, due;  /* in this run: kept, not to be had, of so many begun with */
    const net_wait *wait;        /* while nothing can be done; else NULL */
} scrape_progress;

typedef struct scrape_drive {
    const scrape_platform *platform;
    scrape_query query; /* since, until, limit, budget; 0 is its default */
    const char *key;    /* the text that identifies the scrape: all that decides what comes */
    bool resume;
    store_catalogue *catalogue;
    scrape_access access;
    const char *contact; /* for User-Agent, or NULL */
    lg_cancel *cancel;   /* or NULL */
    /* Often, and at least once a second while something is waited for. May be NULL. */
    void (*progress)(void *ctx, const scrape_progress *now);
    void *ctx;
    /* For tests; NULL and 0: as the client has it. */
    const net_clock *clock;
    const net_limits *api, *media;
    uint64_t seed;
} scrape_drive;

typedef struct scrape_result {
    store_scrape scrape;   /* as it stands; owned */
    uint64_t pages, read;  /* of this run */
    uint64_t fresh;        /* posts that the catalogue did not have */
    uint64_t same;         /* pages that the server said have not changed */
    size_t requests;       /* answered, for pages */
    bool ended;            /* all there is, or all that was asked for */
    const char *end_why;   /* one clause, or NULL; lives in `arena` */
    size_t problems;       /* fields and posts that were not what they should be; the first of them: */
    scrape_problem problem[SCRAPE_PROBLEMS_SHOWN];
    size_t missed;         /* pictures that did not come this time */
    char missed_why[200];  /* of the first */
    net_rate rate;         /* as the last answer told it; limit -1: nothing told */
    bool asked;            /* something was answered, so that rate is set */
    lg_arena arena;
} scrape_result;

/* What will be asked: the plan (scrape_platform.plan) with what budgets and smallest pages make of it. line of the
 * plan grows by one where the smallest page is larger than what is left. LL511, LL723. */
lg_status scrape_drive_plan(const scrape_query *query, const scrape_platform *platform, lg_arena *arena,
                            scrape_plan *out, lg_err *err) LG_MUST_CHECK;
/* Posts that may be read: budget, or where it is not given limit and what the smallest page adds. */
uint64_t scrape_drive_budget(const scrape_query *query, const scrape_plan *plan);
/* The address of a request below an origin, as it is sent. */
lg_status scrape_address(const char *origin, const scrape_request *request, lg_buf *out, lg_err *err) LG_MUST_CHECK;
/* The first request, as it would be sent. */
lg_status scrape_first_address(const scrape_drive *drive, lg_buf *out, lg_err *err) LG_MUST_CHECK;

/* Goes on until nothing more is wanted or there. result is filled in any case: release it. */
lg_status scrape_run(const scrape_drive *drive, scrape_result *out, lg_err *err) LG_MUST_CHECK;
void scrape_result_release(scrape_result *result);

/* ---- are they still there? ---- */
typedef struct scrape_checked {
    size_t there, gone, hidden, unknown; /* of the posts asked about */
    size_t same;                         /* answers that had not changed */
    size_t requests;
} scrape_checked;
/* Asks about posts in bundles; state (count of them) gets what became of each, SCRAPE_UNKNOWN for those that were not
 * asked about because something failed. drive: platform, access, catalogue, cancel, contact, progress (posts: those
 * asked about). */
lg_status scrape_recheck(const scrape_drive *drive, const char *const *id, size_t count, scrape_state *state,
                         scrape_checked *out, lg_err *err) LG_MUST_CHECK;

#endif
