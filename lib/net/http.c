/* http.c - the client: which request is on its way, repeated, led on, or waits. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "lib/net/http_private.h"

#include "lib/base/banned.h"

enum { GATES = 16, CLIENT_MOST = 64 };
#define STEP      0.05 /* seconds after which a cancel is looked for */
#define TRY_LEAST 0.5  /* with less time left a try is not worth it */

const net_limits net_limits_api = {.body_most = 20 << 20,
                                   .header_most = 64 << 10,
                                   .headers_most = 200,
                                   .total_seconds = 30,
                                   .stall_seconds = 15,
                                   .connect_seconds = 10,
                                   .redirects_most = 5,
                                   .tries_most = 4,
                                   .rate_wait_most = 16 * 60};
const net_limits net_limits_media = {.body_most = 64 << 20,
                                     .header_most = 64 << 10,
                                     .headers_most = 200,
                                     .total_seconds = 120,
                                     .stall_seconds = 15,
                                     .connect_seconds = 10,
                                     .redirects_most = 5,
                                     .tries_most = 4,
                                     .rate_wait_most = 16 * 60};

/* ---- the system's clock ---- */
static double system_seconds(void *ctx)
{
    (void)ctx;
    return lg_now();
}

static int64_t system_date(void *ctx)
{
    (void)ctx;
    return (int64_t)time(NULL);
}

static void system_pause(void *ctx, double seconds)
{
    (void)ctx;
    struct timespec wait = {.tv_nsec = (long)(seconds * 1e9)};
    nanosleep(&wait, NULL);
}

const net_clock net_system_clock = {.seconds = system_seconds, .date = system_date, .pause = system_pause};

/* ---- a client ---- */
static lg_status client_fill(net_client *client, lg_err *err)
{
    net_settings *s = &client->settings;
    if (s->parallel < 1) s->parallel = 16;
    if (s->parallel > CLIENT_MOST) s->parallel = CLIENT_MOST;
    if (s->per_host < 1) s->per_host = 6;
    client->clock = s->clock ? s->clock : &net_system_clock;
    LG_BUG_ON(sodium_init() < 0);
    uint64_t seed = s->seed;
    if (!seed) randombytes_buf(&seed, sizeof seed);
    lg_rng_init(&client->rng, seed);
    const char *contact = s->contact && strcspn(s->contact, "\r\n()") == strlen(s->contact) ? s->contact : "";
    snprintf(client->agent, sizeof client->agent, *contact ? "Logolens/%s (+%.120s)" : "Logolens/%s", LG_VERSION,
             contact);
    client->slot = lg_alloc((size_t)s->parallel, sizeof *client->slot, err);
    if (!client->slot) return err->status;
    client->multi = net_curl.multi_init();
    if (!client->multi) return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    net_curl.multi_setopt(client->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)s->per_host);
    net_curl.multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)s->parallel);
    return LG_OK;
}

lg_status net_client_new(const net_settings *settings, net_client **out, lg_err *err)
{
    LG_TRY(net_curl_open(err));
    net_client *client = lg_alloc(1, sizeof *client, err);
    if (!client) return err->status;
    if (settings) client->settings = *settings;
    lg_status st = client_fill(client, err);
    if (st) net_client_free(client);
    else *out = client;
    return st;
}

void net_client_free(net_client *client)
{
    if (!client) return;
    for (int i = 0; client->slot && i < client->settings.parallel; i++)
        if (client->slot[i].easy) net_curl.easy_cleanup(client->slot[i].easy);
    if (client->multi) net_curl.multi_cleanup(client->multi);
    lg_free(client->slot);
    lg_free(client);
}

/* ---- requests of one call ---- */
/* Until when a host has said that it is asked too often. */
typedef struct net_gate {
    char host[NET_HOST_MOST];
    uint16_t port;
    double until;
} net_gate;

typedef struct net_run {
    net_client *client;
    const net_request *ask;
    size_t count, next, ended;
    net_done_fn done;
    void *ctx;
    bool moved;  /* something ended in this step: what waits for its place can begin */
    double told; /* when `waiting` was called last */
    net_gate gate[GATES];
    int gates;
} net_run;

static double now_of(const net_client *client)
{
    return client->clock->seconds(client->clock->ctx);
}

static void slot_clear(net_transfer *t)
{
    CURL *easy = t->easy;
    net_attempt_stop(t);
    net_body_release(&t->body);
    net_reply_release(&t->reply);
    *t = (net_transfer){.easy = easy};
}

/* Hands the reply on, or why there is none. */
static lg_status slot_end(net_run *run, net_transfer *t, const lg_err *why, lg_err *err)
{
    lg_status st = LG_OK;
    net_attempt_stop(t);
    if (!why) {
        t->reply.tries = t->tries;
        t->reply.url = lg_strdup(t->url.text, err);
        st = t->reply.url ? LG_OK : err->status;
    }
    if (!st) st = run->done(run->ctx, t->index, why ? NULL : &t->reply, why, err);
    slot_clear(t);
    run->ended++;
    return st;
}

static lg_status slot_fail(net_run *run, net_transfer *t, lg_err *why, lg_err *err)
{
    if (why->status == LG_E_MEMORY) {
        *err = *why;
        return err->status;
    }
    net_scrub_err(why);
    return slot_end(run, t, why, err);
}

/* ---- gates of hosts ---- */
static net_gate *gate_of(net_run *run, const net_url *url)
{
    for (int i = 0; i < run->gates; i++)
        if (run->gate[i].port == url->port && strcmp(run->gate[i].host, url->host) == 0) return &run->gate[i];
    return NULL;
}

static void gate_close(net_run *run, const net_url *url, double until)
{
    net_gate *gate = gate_of(run, url);
    if (!gate && run->gates < GATES) {
        gate = &run->gate[run->gates++];
        snprintf(gate->host, sizeof gate->host, "%s", url->host);
        gate->port = url->port;
        gate->until = 0;
    }
    if (gate && gate->until < until) gate->until = until;
}

static int running_at(const net_run *run, const net_url *url)
{
    int n = 0;
    for (int i = 0; i < run->client->settings.parallel; i++) {
        const net_transfer *t = &run->client->slot[i];
        n += t->state == NET_RUNNING && net_url_same_origin(&t->url, url);
    }
    return n;
}

/* ---- beginning ---- */
static lg_status slot_begin(net_run *run, net_transfer *t, lg_err *why)
{
    const net_request *ask = &run->ask[run->next];
    t->client = run->client;
    t->ask = ask;
    t->index = run->next++;
    t->limits = ask->limits ? ask->limits : ask->use == NET_MEDIA ? &net_limits_media : &net_limits_api;
    t->state = NET_WAITING;
    lg_buf_init(&t->reply.body, t->limits->body_most + 1);
    LG_TRY(net_url_parse(ask->url, &t->origin, why));
    LG_TRY(net_url_check(&t->origin, ask->use, why));
    t->url = t->origin;
    t->deadline = now_of(run->client) + t->limits->total_seconds;
    return LG_OK;
}

static lg_status begin_some(net_run *run, lg_err *err)
{
    for (int i = 0; i < run->client->settings.parallel && run->next < run->count; i++) {
        net_transfer *t = &run->client->slot[i];
        while (t->state == NET_FREE && run->next < run->count) {
            lg_err why = {0};
            if (slot_begin(run, t, &why)) LG_TRY(slot_fail(run, t, &why, err));
        }
    }
    return LG_OK;
}

/* Those whose time has come, as far as their hosts have room. */
static lg_status start_some(net_run *run, lg_err *err)
{
    double now = now_of(run->client);
    for (int i = 0; i < run->client->settings.parallel; i++) {
        net_transfer *t = &run->client->slot[i];
        if (t->state != NET_WAITING) continue;
        const net_gate *gate = gate_of(run, &t->url);
        if (gate && gate->until > now && gate->until > t->not_before) {
            t->deadline += gate->until - (t->not_before > now ? t->not_before : now);
            t->not_before = gate->until;
            t->rate_waiting = true;
        }
        if (t->not_before > now || running_at(run, &t->url) >= run->client->settings.per_host) continue;
        lg_err why = {0};
        t->rate_waiting = false;
        if (net_attempt_start(t, &why)) LG_TRY(slot_fail(run, t, &why, err));
    }
    return LG_OK;
}

/* ---- ending ---- */
static bool has_body(const net_transfer *t)
{
    return t->ask->body && !t->plain_get;
}

/* The same again after `wait` seconds, if its time and tries allow. */
static bool again_later(net_transfer *t, double wait)
{
    double at = now_of(t->client) + wait;
    if (t->breaks + 1 >= t->limits->tries_most || at + TRY_LEAST >= t->deadline) return false;
    net_attempt_stop(t);
    t->header_bytes = 0;
    t->breaks++;
    t->not_before = at;
    return true;
}

static bool again_after_limit(net_run *run, net_transfer *t, int64_t now)
{
    double wait = net_rate_wait(&t->reply.rate, t->rate_waits, now, lg_rng_uniform(&t->client->rng));
    if (wait > t->limits->rate_wait_most || t->rate_waits + 1 >= t->limits->tries_most) return false;
    net_attempt_stop(t);
    t->header_bytes = 0;
    t->rate_waits++;
    t->not_before = now_of(t->client) + wait;
    t->deadline += wait;
    t->rate_waiting = true;
    gate_close(run, &t->url, t->not_before);
    return true;
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static lg_status lost(const net_transfer *t, const char *why, lg_err *err)
{
    char shown[NET_SHOWN];
    net_url_show(t->ask->url, shown);
    lg_fail(err, LG_E_NETWORK, 709, "the redirects of `%s` cannot be followed", shown);
    return lg_why(err, "%s", why);
}

/* Where the answer leads to, judged like the first address. */
static lg_status follow(net_transfer *t, lg_err *err)
{
    net_url next;
    const char *location = net_reply_header(&t->reply, "location");
    if (!location) return lost(t, "one of them leads nowhere", err);
    if (t->reply.redirects >= t->limits->redirects_most) return lost(t, "there are too many of them", err);
    lg_status st = net_url_join(&t->url, location, &next, err);
    if (!st) st = net_url_check(&next, t->ask->use, err);
    if (st) return st;
    bool leaves = !net_url_same_origin(&next, &t->origin);
    if (t->reply.status <= 303) t->plain_get = t->plain_get || t->ask->body;
    if (leaves && has_body(t)) return lost(t, "they lead to another host, for which its data is not meant", err);
    net_attempt_stop(t);
    t->left = t->left || leaves;
    t->url = next;
    t->reply.redirects++;
    t->not_before = 0;
    return LG_OK;
}

/* The server's own time, where it tells it: its limits end by that clock, and ours may be wrong. */
static int64_t time_there(const net_transfer *t)
{
    const net_clock *clock = t->client->clock;
    int64_t here = clock->date(clock->ctx), there;
    const char *date = net_reply_header(&t->reply, "date");
    return date && net_date_http(date, here, &there) ? there : here;
}

/* Hosts alone: paths may name people, and queries hold keys. */
static void log_answer(const net_transfer *t)
{
    lg_log(LG_LOG_DEBUG, "net: %s answers %d, %zu bytes, try %d, redirect %d", t->url.host, t->reply.status,
           t->reply.body.len, t->tries, t->reply.redirects);
}

static lg_status answered(net_run *run, net_transfer *t, lg_err *err)
{
    lg_err why = {0};
    long status = 0;
    int64_t now = time_there(t);
    net_curl.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    t->reply.status = (int)status;
    net_rate_read(t->reply.header, t->reply.headers, now, &t->reply.rate);
    log_answer(t);
    if (is_redirect(t->reply.status)) return follow(t, &why) ? slot_fail(run, t, &why, err) : LG_OK;
    if (t->reply.status == 429 && again_after_limit(run, t, now)) return LG_OK;
    bool busy = status == 503 || (!has_body(t) && (status == 500 || status == 502 || status == 504));
    double wait = net_backoff(t->breaks, lg_rng_uniform(&t->client->rng));
    if (busy && t->reply.rate.retry_after > wait) wait = t->reply.rate.retry_after;
    if (busy && again_later(t, wait)) return LG_OK;
    return slot_end(run, t, NULL, err);
}

static lg_status finished(net_run *run, net_transfer *t, CURLcode code, lg_err *err)
{
    lg_err why = {0};
    run->moved = true;
    if (code == CURLE_OK && !t->headed) code = CURLE_PARTIAL_FILE; /* to libcurl cut headers are an empty body */
    if (code == CURLE_OK && !net_body_end(t)) return answered(run, t, err);
    bool again = !t->fault.status && net_attempt_broke(code) && !has_body(t);
    if (code == CURLE_COULDNT_CONNECT && t->refused) again = false;
    if (again && again_later(t, net_backoff(t->breaks, lg_rng_uniform(&t->client->rng)))) return LG_OK;
    net_attempt_error(t, code, &why);
    lg_log(LG_LOG_DEBUG, "net: %s: LL%d, try %d", t->url.host, why.code, t->tries);
    return slot_fail(run, t, &why, err);
}

static lg_status finish_some(net_run *run, lg_err *err)
{
    CURLMsg *message;
    int left;
    while ((message = net_curl.multi_info_read(run->client->multi, &left)) != NULL) {
        char *private = NULL;
        if (message->msg != CURLMSG_DONE) continue;
        CURLcode code = message->data.result; /* the message goes with the handle */
        net_curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        LG_TRY(finished(run, (net_transfer *)(void *)private, code, err));
    }
    return LG_OK;
}

/* ---- waiting ---- */
static void tell_waiting(net_run *run)
{
    const net_client *client = run->client;
    const net_transfer *longest = NULL;
    double now = now_of(client);
    if (!client->settings.waiting || now - run->told < 1) return;
    for (int i = 0; i < client->settings.parallel; i++) {
        const net_transfer *t = &client->slot[i];
        if (t->state == NET_WAITING && t->not_before > now && (!longest || t->not_before > longest->not_before))
            longest = t;
    }
    if (!longest) return;
    run->told = now;
    net_wait wait = {.host = longest->url.host, .rate = longest->rate_waiting, .seconds = longest->not_before - now};
    wait.until = client->clock->date(client->clock->ctx) + (int64_t)(wait.seconds + 0.5);
    client->settings.waiting(client->settings.ctx, &wait);
}

/* Until something can be done, and no longer than a cancel may wait. */
static void pause_for(net_run *run)
{
    const net_client *client = run->client;
    double now = now_of(client), wait = STEP;
    for (int i = 0; i < client->settings.parallel; i++) {
        const net_transfer *t = &client->slot[i];
        if (t->state == NET_WAITING && t->not_before - now < wait) wait = t->not_before - now;
    }
    if (wait > 0) client->clock->pause(client->clock->ctx, wait);
}

static lg_status step(net_run *run, lg_cancel *cancel, lg_err *err)
{
    int running = 0;
    LG_TRY(lg_cancel_check(cancel, err));
    LG_TRY(begin_some(run, err));
    LG_TRY(start_some(run, err));
    run->moved = false;
    net_curl.multi_perform(run->client->multi, &running);
    LG_TRY(finish_some(run, err));
    tell_waiting(run);
    if (run->ended == run->count || run->moved) return LG_OK;
    if (running) net_curl.multi_poll(run->client->multi, NULL, 0, (int)(STEP * 1000), NULL);
    else pause_for(run);
    return LG_OK;
}

lg_status net_fetch_all(net_client *client, const net_request *ask, size_t count, net_done_fn done, void *ctx,
                        lg_cancel *cancel, lg_err *err)
{
    lg_status st = LG_OK;
    net_run *run = lg_alloc(1, sizeof *run, err);
    if (!run) return err->status;
    *run = (net_run){.client = client, .ask = ask, .count = count, .done = done, .ctx = ctx};
    run->told = now_of(client) - 0.5; /* short waits are not told of */
    while (!st && run->ended < count) st = step(run, cancel, err);
    for (int i = 0; i < client->settings.parallel; i++)
        if (client->slot[i].state != NET_FREE) slot_clear(&client->slot[i]);
    lg_free(run);
    return st;
}

/* ---- one ---- */
static lg_status one_done(void *ctx, size_t index, net_reply *reply, const lg_err *why, lg_err *err)
{
    (void)index;
    if (!reply) {
        *err = *why;
        return err->status;
    }
    *(net_reply *)ctx = *reply;
    *reply = (net_reply){0};
    return LG_OK;
}

lg_status net_fetch(net_client *client, const net_request *ask, lg_cancel *cancel, net_reply *reply, lg_err *err)
{
    *reply = (net_reply){0};
    return net_fetch_all(client, ask, 1, one_done, reply, cancel, err);
}
