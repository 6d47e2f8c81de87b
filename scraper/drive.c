/* drive.c - page by page: what is wanted still, asked, read, kept. */
#include "scraper/drive.h"
#include <stdio.h>
#include <string.h>
#include "scraper/answer.h"
#include "scraper/drive_parts.h"
#include "scraper/keep.h"

#include "lib/base/banned.h"

enum { WHOLE_WALK = 2000000000 }; /* a limit that no page reaches: what is enough is decided here */

/* ---- how many ---- */
static uint64_t limit_of(const scrape_query *q)
{
    return q->limit ? q->limit : 100;
}

/* Posts that may be read. Where nothing is said they are as many as are wanted, and the rest of the last page where
 * the platform has a smallest one. */
uint64_t scrape_drive_budget(const scrape_query *q, const scrape_plan *plan)
{
    uint64_t limit = limit_of(q), rest = plan->per_page ? limit % plan->per_page : 0;
    if (q->budget) return q->budget;
    return rest && rest < plan->least ? limit + plan->least - rest : limit;
}

static lg_status too_small(const scrape_query *q, const scrape_platform *p, uint32_t least, lg_err *err)
{
    lg_fail(err, LG_E_ARG, 511, "a budget of %s posts is less than one page of %s", lg_thousands((long long)q->budget),
            p->title);
    lg_why(err, "a page has at least %u posts, and each is paid for", (unsigned)least);
    return lg_try(err, "`budget %u`, or more", (unsigned)least);
}

lg_status scrape_drive_plan(const scrape_query *query, const scrape_platform *platform, lg_arena *arena,
                            scrape_plan *out, lg_err *err)
{
    scrape_query q = *query;
    LG_TRY(platform->plan(&q, arena, out, err));
    if (q.budget && q.budget < out->least) return too_small(query, platform, out->least, err);
    uint64_t budget = scrape_drive_budget(query, out);
    if (budget <= limit_of(query)) return LG_OK;
    scrape_plan paid;
    q.limit = q.budget = budget;
    LG_TRY(platform->plan(&q, arena, &paid, err));
    out->cost_most = paid.cost_most;
    out->requests = paid.requests;
    if (query->budget) return LG_OK;
    const char *line = lg_arena_strf(arena, err, "A page has at least %u posts: up to %s are read, and those beyond %s "
                                     "left out.",
                                     (unsigned)out->least, lg_thousands((long long)budget),
                                     lg_thousands((long long)limit_of(query)));
    if (!line) return err->status;
    if (out->lines < sizeof out->line / sizeof *out->line) scrape_plan_line(out, line);
    return LG_OK;
}

/* ---- a walk ---- */
typedef struct walker {
    scrape_run_state r;
    uint64_t limit, budget;
    bool free;          /* posts cost nothing */
    lg_arena arena;     /* of one page */
    lg_buf address;     /* of the page asked for */
    store_heard heard;  /* what the server called it the last time */
    store_scrape *at;   /* the result's */
    char stage[16];     /* of the page before: "t0" */
    size_t empty;       /* pages without a post, one after the other */
} walker;

static void end_walk(walker *w, const char *why, lg_err *err)
{
    scrape_result *out = w->r.out;
    out->ended = true;
    if (why) out->end_why = lg_arena_strndup(&out->arena, why, strlen(why), err);
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Posts that may come still; 0: none, and the walk has ended. Where they are free it is not worth asking for the last
 * ones one by one, of which some are left out again. */
static uint64_t wanted(walker *w, lg_err *err)
{
    enum { WORTH_ASKING = 20 };
    char why[160];
    uint64_t kept = w->at->posts, read = w->at->given, more = w->limit - smaller(kept, w->limit);
    if (more && more < WORTH_ASKING && w->free) more = WORTH_ASKING;
    if (more && read < w->budget) return smaller(more, w->budget - read);
    if (w->r.d->query.budget)
        snprintf(why, sizeof why, "the budget of %s posts is spent", lg_thousands((long long)w->budget));
    else snprintf(why, sizeof why, "as many posts were read as were asked for; a `budget` makes up for those left out");
    end_walk(w, kept >= w->limit ? "as many posts as were asked for" : why, err);
    return 0;
}

static scrape_query query_for(const walker *w, uint64_t more)
{
    const scrape_drive *d = w->r.d;
    scrape_query q = d->query;
    q.limit = d->platform->counts ? w->at->given + more : more;
    q.budget = 0;
    q.dialect = w->r.dialect;
    return q;
}

/* What a page of this request has at most, where it says so. */
static uint64_t page_asked(const scrape_request *request)
{
    long long n = 0;
    for (size_t i = 0; i < request->params; i++)
        if (strcmp(request->param[i].name, "max_results") == 0 && !lg_parse_int(request->param[i].value, &n)) n = 0;
    return n > 0 ? (uint64_t)n : 0;
}

/* ---- a page that was read ---- */
static size_t notes_of(const scrape_page *page, size_t beyond, store_note *out)
{
    const store_note left[] = {
        {STORE_LEFT_OUT, "that could not be read", NULL, page->refused},
        {STORE_LEFT_OUT, "given twice on one page", NULL, page->repeated},
        {STORE_LEFT_OUT, "passed on from others (reposts)", NULL, page->reposts},
        {STORE_LEFT_OUT, "from before `since` or after `until`", NULL, page->outside},
        {STORE_LEFT_OUT, "not for everybody", NULL, page->not_public},
        {STORE_LEFT_OUT, "beyond `limit`", NULL, beyond},
    };
    size_t n = 0;
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (left[i].posts) out[n++] = left[i];
    for (size_t i = 0; i < page->withheld_count; i++)
        out[n++] = (store_note){STORE_WITHHELD, page->withheld[i].what, page->withheld[i].why, page->withheld[i].posts};
    return n;
}

static lg_status problems_add(scrape_result *out, const scrape_page *page, lg_err *err)
{
    size_t shown = page->problems < SCRAPE_PROBLEMS_SHOWN ? page->problems : SCRAPE_PROBLEMS_SHOWN;
    for (size_t i = 0; i < shown && out->problems + i < SCRAPE_PROBLEMS_SHOWN; i++) {
        scrape_problem *to = &out->problem[out->problems + i];
        const scrape_problem *from = &page->problem[i];
        to->place = lg_arena_strndup(&out->arena, from->place, strlen(from->place), err);
        to->what = lg_arena_strndup(&out->arena, from->what, strlen(from->what), err);
        if (!to->place || !to->what) return err->status;
    }
    out->problems += page->problems;
    return LG_OK;
}

/* Where a tag or an account begins, what comes may be there from the one before. */
static bool begins_stage(walker *w, const char *cursor)
{
    char stage[16];
    size_t n = cursor ? strcspn(cursor, ":") : 0;
    if (w->r.d->platform->counts) return false;
    snprintf(stage, sizeof stage, "%.*s", (int)(n < 15 ? n : 15), cursor ? cursor : "");
    bool other = strcmp(stage, w->stage) != 0;
    snprintf(w->stage, sizeof w->stage, "%s", stage);
    return other && w->r.d->query.tags > 1;
}

static void page_counted(walker *w, const store_page_result *result, uint64_t given)
{
    scrape_result *out = w->r.out;
    out->pages++;
    out->read += given;
    out->fresh += result->fresh;
    w->r.now.pages = w->at->pages;
    w->r.now.posts = w->at->posts;
    w->r.now.read = w->at->given;
}

static void circles_seen(walker *w, const store_page_result *result, bool begins, lg_err *err)
{
    if (begins || !result->count || result->added || result->forgotten) return;
    end_walk(w, "the platform goes in circles: it gave a page of posts that were there already", err);
}

/* A page without a post and with a next one is no error: X gives such ones, and a tag or an account may begin with one.
 * A server that gives nothing else would be asked for ever, for no budget counts them. */
static void empty_seen(walker *w, uint64_t given, lg_err *err)
{
    enum { EMPTY_MOST = 20, EACH_TAG = 2 };
    char why[100];
    w->empty = given ? 0 : w->empty + 1;
    if (w->r.out->ended || w->empty < EMPTY_MOST + EACH_TAG * w->r.d->query.tags) return;
    snprintf(why, sizeof why, "the platform gave %zu pages without a post, one after the other", w->empty);
    end_walk(w, why, err);
}

static lg_status page_keep(walker *w, scrape_page *page, const net_reply *reply, bool begins, lg_err *err)
{
    store_note note[6 + SCRAPE_WITHHELD_MOST];
    store_page_result result = {0};
    uint64_t room = w->limit - smaller(w->at->posts, w->limit);
    size_t beyond = page->count > room ? page->count - (size_t)room : 0;
    page->count -= beyond;
    LG_TRY(problems_add(w->r.out, page, err));
    const scrape_kept kept = {.note = note,
                              .notes = notes_of(page, beyond, note),
                              .address = lg_buf_str(&w->address),
                              .etag = net_reply_header(reply, "etag"),
                              .modified = net_reply_header(reply, "last-modified"),
                              .done = page->end};
    LG_TRY(scrape_keep_as(w->r.d->catalogue, w->at, page, &kept, &result, err));
    page_counted(w, &result, page->given);
    if (page->end) end_walk(w, page->end_why, err);
    else circles_seen(w, &result, begins, err);
    empty_seen(w, page->given, err);
    return err->status;
}

static lg_status page_same(walker *w, bool begins, lg_err *err)
{
    store_page_result result = {0};
    uint64_t before = w->at->given;
    LG_TRY(store_catalogue_page_again(w->r.d->catalogue, w->at, lg_buf_str(&w->address), &result, err));
    w->r.out->same++;
    page_counted(w, &result, w->at->given - before);
    if (w->at->done) end_walk(w, "the platform has no more", err);
    else circles_seen(w, &result, begins, err);
    empty_seen(w, w->at->given - before, err);
    return err->status;
}

/* ---- a page that is asked for ---- */
/* Cuts nothing off: *enough is set where the smallest page would be more than the budget has left. */
static lg_status page_address(walker *w, uint64_t more, bool *enough, lg_err *err)
{
    const scrape_drive *d = w->r.d;
    scrape_request request;
    char why[160];
    const scrape_query q = query_for(w, more);
    lg_buf_clear(&w->address);
    LG_TRY(d->platform->request(&q, w->at->cursor, &w->arena, &request, err));
    uint64_t asked = page_asked(&request), left = w->budget - smaller(w->at->given, w->budget);
    *enough = asked > left;
    snprintf(why, sizeof why, "the budget has %s posts left, and a page has at least %s", lg_thousands((long long)left),
             lg_thousands((long long)asked));
    if (*enough) end_walk(w, why, err);
    return *enough ? err->status : scrape_address(d->access.origin, &request, &w->address, err);
}

static lg_status page_parse(walker *w, const net_reply *reply, scrape_page *page, lg_err *err)
{
    scrape_query q = w->r.d->query;
    const scrape_walk walk = {.cursor = w->at->cursor, .ids = w->at->ids};
    const scrape_answer answer = {lg_buf_str(&reply->body), reply->body.len, reply->status,
                                  net_reply_header(reply, "link")};
    q.limit = WHOLE_WALK;
    q.budget = 0;
    q.dialect = w->r.dialect;
    LG_TRY(scrape_allowed(&w->r, reply, err));
    return w->r.d->platform->parse(&q, &walk, &answer, page, err);
}

static lg_status page_read(walker *w, const net_reply *reply, bool *again, lg_err *err)
{
    scrape_page page;
    *again = false;
    scrape_page_init(&page);
    lg_status st = page_parse(w, reply, &page, err);
    if (!st && page.other_dialect && w->r.dialect == 0) {
        w->r.dialect = 1;
        *again = true;
    } else if (!st) {
        bool begins = begins_stage(w, w->at->cursor);
        st = page_keep(w, &page, reply, begins, err);
    }
    scrape_page_release(&page);
    return st;
}

static lg_status page_once(walker *w, uint64_t more, bool *again, lg_err *err)
{
    net_reply reply = {0};
    bool enough;
    *again = false;
    LG_TRY(page_address(w, more, &enough, err));
    if (enough) return LG_OK;
    store_heard_release(&w->heard);
    LG_TRY(store_catalogue_page_heard(w->r.d->catalogue, w->at->id, lg_buf_str(&w->address), &w->heard, err));
    lg_status st = scrape_ask(&w->r, lg_buf_str(&w->address), &w->heard, &reply, err);
    bool known = w->heard.etag || w->heard.modified;
    if (!st && reply.status == 304 && known) st = page_same(w, begins_stage(w, w->at->cursor), err);
    else if (!st) st = page_read(w, &reply, again, err);
    net_reply_release(&reply);
    return st;
}

static lg_status page_next(walker *w, lg_err *err)
{
    bool again = true;
    uint64_t more = wanted(w, err);
    lg_status st = err->status;
    scrape_tell(&w->r);
    while (!st && more && again) {
        st = page_once(w, more, &again, err);
        lg_arena_release(&w->arena);
        lg_arena_init(&w->arena, 0);
    }
    return st;
}

static lg_status walk(walker *w, lg_err *err)
{
    scrape_result *out = w->r.out;
    w->r.now = (scrape_progress){.pages = w->at->pages, .posts = w->at->posts, .read = w->at->given,
                                 .wanted = w->limit};
    if (w->at->pages) LG_TRY(scrape_pictures(&w->r, err)); /* of pages that were kept before a kill */
    if (w->at->done) end_walk(w, "it had ended before; without `resume` it begins with the newest posts", err);
    while (!out->ended) {
        LG_TRY(lg_cancel_check(w->r.d->cancel, err));
        LG_TRY(page_next(w, err));
        LG_TRY(scrape_pictures(&w->r, err));
    }
    return err->status;
}

/* ---- all ---- */
lg_status scrape_first_address(const scrape_drive *drive, lg_buf *out, lg_err *err)
{
    lg_arena arena;
    scrape_plan plan;
    scrape_request request;
    store_scrape begin = {0};
    walker w = {.at = &begin, .limit = limit_of(&drive->query)};
    w.r.d = drive;
    w.r.dialect = drive->query.dialect;
    lg_arena_init(&arena, 0);
    lg_status st = scrape_drive_plan(&drive->query, drive->platform, &arena, &plan, err);
    const scrape_query q = query_for(&w, st ? 1 : smaller(w.limit, scrape_drive_budget(&drive->query, &plan)));
    if (!st) st = drive->platform->request(&q, NULL, &arena, &request, err);
    if (!st) st = scrape_address(drive->access.origin, &request, out, err);
    lg_arena_release(&arena);
    return st;
}

static lg_status begin(walker *w, lg_err *err)
{
    const scrape_drive *d = w->r.d;
    scrape_plan plan;
    LG_TRY(scrape_drive_plan(&d->query, d->platform, &w->arena, &plan, err));
    w->limit = limit_of(&d->query);
    w->budget = scrape_drive_budget(&d->query, &plan);
    w->free = plan.cost_most <= 0;
    return store_catalogue_scrape(d->catalogue, d->platform->name, d->key, d->query.user, d->resume, w->at, err);
}

lg_status scrape_run(const scrape_drive *drive, scrape_result *out, lg_err *err)
{
    walker w = {.at = &out->scrape};
    *out = (scrape_result){.rate = {.limit = -1, .remaining = -1, .retry_after = -1, .used_percent = -1}};
    lg_arena_init(&out->arena, 0);
    lg_arena_init(&w.arena, 0);
    lg_buf_init(&w.address, NET_URL_MOST);
    lg_status st = scrape_run_open(&w.r, drive, err);
    w.r.out = out;
    if (!st) st = begin(&w, err);
    if (!st) st = walk(&w, err);
    scrape_run_close(&w.r);
    store_heard_release(&w.heard);
    lg_buf_release(&w.address);
    lg_arena_release(&w.arena);
    return st;
}

void scrape_result_release(scrape_result *result)
{
    store_scrape_release(&result->scrape);
    lg_arena_release(&result->arena);
    *result = (scrape_result){0};
}
