/* drive_ask.c - one request and what a refusal of it means; asking whether posts are still there. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "lib/net/secret.h"
#include "scraper/answer.h"
#include "scraper/drive_parts.h"

#include "lib/base/banned.h"

/* ---- a run ---- */
void scrape_tell(scrape_run_state *r)
{
    if (r->d->progress) r->d->progress(r->d->ctx, &r->now);
}

static void tell_waiting(void *ctx, const net_wait *wait)
{
    scrape_run_state *r = ctx;
    r->now.wait = wait;
    scrape_tell(r);
    r->now.wait = NULL;
}

lg_status scrape_run_open(scrape_run_state *r, const scrape_drive *d, lg_err *err)
{
    enum { PARALLEL = 8, PER_HOST = 6 }; /* each may hold a picture of 64 MB */
    *r = (scrape_run_state){.d = d, .clock = d->clock ? d->clock : &net_system_clock, .dialect = d->query.dialect};
    const net_settings settings = {.parallel = PARALLEL,
                                   .per_host = PER_HOST,
                                   .contact = d->contact,
                                   .clock = d->clock,
                                   .seed = d->seed,
                                   .waiting = tell_waiting,
                                   .ctx = r};
    r->missed.id = lg_alloc(0, sizeof *r->missed.id, err);
    r->cut.id = r->missed.id ? lg_alloc(0, sizeof *r->cut.id, err) : NULL;
    if (!r->cut.id) return err->status;
    return net_client_new(&settings, &r->client, err);
}

void scrape_run_close(scrape_run_state *r)
{
    net_client_free(r->client);
    lg_free(r->missed.id);
    lg_free(r->cut.id);
    r->client = NULL;
    r->missed = r->cut = (scrape_media_list){0};
}

/* ---- addresses ---- */
lg_status scrape_address(const char *origin, const scrape_request *request, lg_buf *out, lg_err *err)
{
    net_pair pair[SCRAPE_PARAMS_MOST];
    for (size_t i = 0; i < request->params; i++) pair[i] = (net_pair){request->param[i].name, request->param[i].value};
    lg_buf_addf(out, "%s%s", origin, request->path);
    if (request->params) lg_buf_addc(out, '?');
    net_form(out, pair, request->params);
    return lg_buf_check(out, err);
}

/* ---- limits of how often ---- */
static bool is_meta(const scrape_run_state *r)
{
    return r->d->platform->origin && strstr(r->d->platform->origin, "facebook");
}

/* The platform's own number of an error: X has it in a list, Meta in an object. 0: none. */
static int number_of_error(const net_reply *reply)
{
    json_t *root = NULL;
    lg_err unread = {0};
    const scrape_answer answer = {.body = lg_buf_str(&reply->body), .length = reply->body.len};
    if (scrape_json_load("", &answer, &root, &unread)) return 0;
    const json_t *first = json_array_get(json_object_get(root, "errors"), 0);
    const json_t *place[] = {json_object_get(root, "code"), json_object_get(first, "code"),
                             json_object_get(json_object_get(root, "error"), "code")};
    int number = 0;
    for (size_t i = 0; !number && i < 3; i++) {
        double n = json_number_value(place[i]);
        if (n > 0 && n < 1e6) number = (int)n;
    }
    json_decref(root);
    return number;
}

/* Meta says it with numbers of its own, under 400 and 403: of the application, the user, the Page, and of business use
 * cases. */
static bool is_limit(const scrape_run_state *r, const net_reply *reply)
{
    if (reply->status == 429) return true;
    if ((reply->status != 400 && reply->status != 403) || !is_meta(r)) return false;
    int number = number_of_error(reply);
    return number == 4 || number == 17 || number == 32 || number == 613 || (number >= 80000 && number <= 80014);
}

static int64_t time_there(const scrape_run_state *r, const net_reply *reply)
{
    int64_t here = r->clock->date(r->clock->ctx), there;
    const char *date = net_reply_header(reply, "date");
    return date && net_date_http(date, here, &there) ? there : here;
}

/* "14:35 UTC", with the day where it is not today. */
static void clock_text(int64_t at, int64_t now, char out[40])
{
    struct tm tm, today;
    time_t t = (time_t)at, n = (time_t)now;
    gmtime_r(&t, &tm);
    gmtime_r(&n, &today);
    bool same = tm.tm_yday == today.tm_yday && tm.tm_year == today.tm_year;
    if (!strftime(out, 40, same ? "%H:%M UTC" : "%Y-%m-%d %H:%M UTC", &tm)) out[0] = 0;
}

static lg_status too_often(const scrape_run_state *r, const net_rate *rate, double wait, lg_err *err)
{
    char until[40];
    int64_t now = r->clock->date(r->clock->ctx);
    bool told = rate->reset > 0 || rate->retry_after >= 0;
    clock_text(now + (int64_t)(wait + 0.5), now, until);
    lg_fail(err, LG_E_LIMIT, 510, "%s allows no more requests%s%s", r->d->platform->title,
            told ? " until " : " for now", told ? until : "");
    if (r->out)
        lg_why(err, "it was asked too often; %s posts on %s page%s are kept",
               lg_thousands((long long)r->out->scrape.posts), lg_thousands((long long)r->out->scrape.pages),
               r->out->scrape.pages == 1 ? "" : "s");
    else lg_why(err, "it was asked too often");
    return lg_try(err, r->out ? "the same line with `resume` goes on where it stopped" : "the same line then");
}

/* Counts down; a cancel ends it. */
static lg_status wait_for(scrape_run_state *r, const char *host, double seconds, lg_err *err)
{
    const net_clock *clock = r->clock;
    double end = clock->seconds(clock->ctx) + seconds, told = clock->seconds(clock->ctx) - 0.5;
    for (;;) {
        double now = clock->seconds(clock->ctx);
        LG_TRY(lg_cancel_check(r->d->cancel, err));
        if (now >= end) return LG_OK;
        if (now - told >= 1) {
            net_wait wait = {.host = host, .rate = true, .seconds = end - now};
            wait.until = clock->date(clock->ctx) + (int64_t)(wait.seconds + 0.5);
            told = now;
            tell_waiting(r, &wait);
        }
        clock->pause(clock->ctx, end - now < 0.05 ? end - now : 0.05);
    }
}

/* ---- asking ---- */
/* Servers have been seen to repeat the keys they were sent: not into the catalogue, and into no message. */
static void scrub(net_reply *reply)
{
    net_scrub_buf(&reply->body);
    for (size_t i = 0; i < reply->headers; i++) {
        char *value = (char *)(uintptr_t)reply->header[i].value;
        (void)net_scrub(value, strlen(value));
    }
}

static lg_status ask_once(scrape_run_state *r, const char *address, const store_heard *heard, net_reply *reply,
                          lg_err *err)
{
    const scrape_access *access = &r->d->access;
    lg_buf key;
    net_limits limits = r->d->api ? *r->d->api : net_limits_api;
    limits.rate_wait_most = 0; /* waited for here, so that what is sent afterwards is signed then */
    lg_buf_init(&key, 1 << 16);
    lg_buf_reserve(&key, 1 << 14); /* growing would leave a copy behind */
    lg_status st = access->authorize ? access->authorize(access->ctx, r->client, "GET", address, &key, err) : LG_OK;
    if (!st) st = lg_buf_check(&key, err);
    net_request ask = {.url = address,
                       .use = NET_API,
                       .authorization = key.len ? lg_buf_str(&key) : NULL,
                       .accept = "application/json",
                       .etag = heard ? heard->etag : NULL,
                       .modified = heard ? heard->modified : NULL,
                       .limits = &limits};
    if (!st) st = net_fetch(r->client, &ask, r->d->cancel, reply, err);
    if (!st) scrub(reply);
    net_wipe(&key);
    return st;
}

lg_status scrape_ask(scrape_run_state *r, const char *address, const store_heard *heard, net_reply *reply, lg_err *err)
{
    const net_limits *limits = r->d->api ? r->d->api : &net_limits_api;
    const scrape_access *access = &r->d->access;
    bool renewed = false;
    net_url url;
    LG_TRY(net_url_parse(address, &url, err));
    for (int waits = 0;;) {
        LG_TRY(ask_once(r, address, heard, reply, err));
        if (r->out) {
            r->out->rate = reply->rate;
            r->out->asked = true;
            r->out->requests++;
        }
        if (!renewed && access->stale && access->stale(access->ctx, reply)) {
            renewed = true;
            net_reply_release(reply);
            continue;
        }
        if (!is_limit(r, reply)) return LG_OK;
        double wait = net_rate_wait(&reply->rate, waits++, time_there(r, reply), 0.5);
        net_rate rate = reply->rate;
        net_reply_release(reply);
        if (wait > limits->rate_wait_most || waits >= limits->tries_most) return too_often(r, &rate, wait, err);
        LG_TRY(wait_for(r, url.host, wait, err));
    }
}

/* ---- refusals ---- */
/* "Twitter": as the language calls it. */
static void called(const scrape_platform *p, char out[40])
{
    snprintf(out, 40, "%s", p->name);
    if (*out >= 'a' && *out <= 'z') *out = (char)(*out - 32);
}

static lg_status not_allowed(const scrape_run_state *r, const net_reply *reply, int number, lg_err *err)
{
    char name[40], code[40] = "", spent[80] = "nothing was spent";
    const scrape_platform *p = r->d->platform;
    const scrape_query *q = &r->d->query;
    lg_err words = {0};
    const scrape_answer answer = {lg_buf_str(&reply->body), reply->body.len, reply->status, NULL};
    called(p, name);
    if (number) snprintf(code, sizeof code, ", code %d", number);
    if (r->out && r->out->scrape.given)
        snprintf(spent, sizeof spent, "%s posts were read before", lg_thousands((long long)r->out->scrape.given));
    lg_fail(err, LG_E_DENIED, 503, "%s refused %s: this account may not call it (answer %d%s)", name,
            !r->out   ? "to say what became of posts"
            : q->user ? "the posts of that account"
                      : "the search",
            reply->status, code);
    (void)scrape_refused(p->title, &answer, &words);
    if (number == 453 && !q->user)
        lg_why(err, "your key works, but its tier has no recent search; %s", spent);
    else if (number == 453) lg_why(err, "your key works, but its tier does not have this; %s", spent);
    else lg_why(err, "%s; %s", words.why, spent);
    return lg_try(err, "`connect %s` shows what it may do; `scrape … dry` shows the request", p->name);
}

lg_status scrape_allowed(scrape_run_state *r, const net_reply *reply, lg_err *err)
{
    if (reply->status != 403 && reply->status != 400) return LG_OK;
    int number = number_of_error(reply);
    /* Meta says 400 with its numbers of missing permissions */
    bool permission = is_meta(r) && (number == 10 || (number >= 200 && number < 300));
    return reply->status == 403 || permission ? not_allowed(r, reply, number, err) : LG_OK;
}

/* ---- are they still there? ---- */
static const char state_letter[] = {[SCRAPE_UNKNOWN] = 'u', [SCRAPE_THERE] = 't', [SCRAPE_GONE] = 'g',
                                    [SCRAPE_HIDDEN] = 'h'};

/* The answer was kept as a letter a post. */
static bool states_from(const char *kept, scrape_state *state, size_t count)
{
    if (!kept || strlen(kept) != count) return false;
    for (size_t i = 0; i < count; i++) {
        const char *at = memchr(state_letter, kept[i], sizeof state_letter);
        if (!at) return false;
        state[i] = (scrape_state)(at - state_letter);
    }
    return true;
}

static lg_status states_keep(const scrape_run_state *r, const char *address, const net_reply *reply,
                             const scrape_state *state, size_t count, lg_err *err)
{
    char kept[128];
    store_heard heard = {.kept = kept};
    const char *etag = net_reply_header(reply, "etag"), *modified = net_reply_header(reply, "last-modified");
    if ((!etag && !modified) || count >= sizeof kept) return LG_OK;
    for (size_t i = 0; i < count; i++) kept[i] = state_letter[state[i]];
    kept[count] = 0;
    heard.etag = etag ? lg_strdup(etag, err) : NULL;
    heard.modified = modified ? lg_strdup(modified, err) : NULL;
    lg_status st = err->status;
    if (!st) st = store_catalogue_hear(r->d->catalogue, address, false, &heard, err);
    lg_free(heard.etag);
    lg_free(heard.modified);
    return st;
}

static lg_status bundle_read(scrape_run_state *r, const char *address, const store_heard *heard, const net_reply *reply,
                             const char *const *id, size_t count, scrape_state *state, scrape_checked *out, lg_err *err)
{
    const scrape_answer answer = {lg_buf_str(&reply->body), reply->body.len, reply->status,
                                  net_reply_header(reply, "link")};
    out->requests++;
    if (reply->status == 304 && states_from(heard->kept, state, count)) {
        out->same++;
        return LG_OK;
    }
    LG_TRY(scrape_allowed(r, reply, err));
    LG_TRY(r->d->platform->check_parse(&answer, id, count, state, err));
    return states_keep(r, address, reply, state, count, err);
}

static lg_status bundle_check(scrape_run_state *r, const char *const *id, size_t count, scrape_state *state,
                              scrape_checked *out, lg_err *err)
{
    lg_arena arena;
    lg_buf address;
    scrape_request request;
    store_heard heard = {0};
    net_reply reply = {0};
    lg_arena_init(&arena, 0);
    lg_buf_init(&address, NET_URL_MOST);
    lg_status st = r->d->platform->check(id, count, &arena, &request, err);
    if (!st) st = scrape_address(r->d->access.origin, &request, &address, err);
    if (!st) st = store_catalogue_heard(r->d->catalogue, lg_buf_str(&address), &heard, err);
    if (!st) st = scrape_ask(r, lg_buf_str(&address), &heard, &reply, err);
    if (!st) st = bundle_read(r, lg_buf_str(&address), &heard, &reply, id, count, state, out, err);
    net_reply_release(&reply);
    store_heard_release(&heard);
    lg_buf_release(&address);
    lg_arena_release(&arena);
    return st;
}

static void states_count(const scrape_state *state, size_t count, scrape_checked *out)
{
    for (size_t i = 0; i < count; i++) {
        out->there += state[i] == SCRAPE_THERE;
        out->gone += state[i] == SCRAPE_GONE;
        out->hidden += state[i] == SCRAPE_HIDDEN;
        out->unknown += state[i] == SCRAPE_UNKNOWN;
    }
}

lg_status scrape_recheck(const scrape_drive *drive, const char *const *id, size_t count, scrape_state *state,
                         scrape_checked *out, lg_err *err)
{
    scrape_run_state r;
    size_t step = drive->platform->checks ? drive->platform->checks : 1;
    *out = (scrape_checked){0};
    for (size_t i = 0; i < count; i++) state[i] = SCRAPE_UNKNOWN;
    lg_status st = scrape_run_open(&r, drive, err);
    r.now.wanted = count;
    for (size_t i = 0; !st && i < count; i += step) {
        size_t n = count - i < step ? count - i : step;
        st = lg_cancel_check(drive->cancel, err);
        if (!st) st = bundle_check(&r, id + i, n, state + i, out, err);
        if (!st) r.now.posts += n;
        if (!st) scrape_tell(&r);
    }
    states_count(state, count, out);
    scrape_run_close(&r);
    return st;
}
