/* platform_mastodon.c - Mastodon and servers that speak its API: tags, accounts, the public timeline.
 *
 * The next page stands in the Link header (rel="next"), of which only max_id is taken: a server cannot send the walk
 * anywhere else. Cursors: `t0:MAX_ID`, `a0:ACCOUNT/MAX_ID`, `p0:MAX_ID`. An account is looked up by name first. Several
 * tags are one request (any[]). Identities count within their server. */
#include <string.h>
#include <strings.h>
#include "scraper/answer.h"

#include "lib/base/banned.h"

enum { PER_PAGE = 40, MOST_TAGS = 8 };
static const char TITLE[] = "Mastodon";

/* ---- asking ---- */
static lg_status query_ok(const scrape_query *q, lg_err *err)
{
    LG_TRY(scrape_query_check(q, TITLE, SCRAPE_CAN_TAG | SCRAPE_CAN_USER | SCRAPE_CAN_ALL, "scrape mastodon tag adidas",
                              err));
    if (q->what != SCRAPE_POSTS)
        return lg_fail(err, LG_E_ARG, 723, "Mastodon tells apart neither tagged posts nor photos of an account");
    if (q->tags <= MOST_TAGS) return LG_OK;
    lg_fail(err, LG_E_ARG, 723, "Mastodon is asked for at most %d tags at once", MOST_TAGS);
    return lg_try(err, "two lines, one after the other");
}

static lg_status mastodon_plan(const scrape_query *q, lg_arena *arena, scrape_plan *out, lg_err *err)
{
    *out = (scrape_plan){0};
    LG_TRY(query_ok(q, err));
    scrape_plan_count(out, q, PER_PAGE);
    out->requests += q->user != NULL;
    out->limits = "300 requests in 5 minutes, unless the server has its own rule";
    scrape_plan_line(
        out, "Gives text, time, favourites, boosts, replies, hashtags, pictures with their descriptions, and authors.");
    scrape_plan_line(
        out, "Withholds what the server has not heard of: a server sees its own posts and those its people follow.");
    scrape_plan_line(out, "Free of charge. Many servers want an account of theirs for this.");
    const char *what = q->user   ? lg_arena_strf(arena, err, "by @%s", scrape_bare(q->user))
                       : q->tags ? scrape_join(arena, q->tag, q->tags, "#", " or ", err)
                                 : "of the public timeline";
    if (what)
        out->summary = lg_arena_strf(arena, err, "Mastodon: up to %s posts with pictures %s%s",
                                     lg_thousands((long long)out->posts), q->tags ? "and " : "", what);
    return err->status;
}

static lg_status request_account(const scrape_query *q, scrape_request *out, lg_err *err)
{
    scrape_request_begin(out, "/api/v1/accounts/lookup");
    scrape_param_add(out, "acct", scrape_bare(q->user));
    return scrape_request_end(out, err);
}

/* "117020565966271181/MAX": identities of other servers are letters and digits. */
static bool account_part(const char *rest, size_t *id, const char **max)
{
    static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
    *id = strspn(rest, plain);
    if (!*id || *id > 100 || rest[*id] != '/') return false;
    *max = rest + *id + 1;
    return true;
}

static lg_status path_of(const scrape_query *q, const char *cursor, lg_arena *arena, scrape_request *out,
                         const char **max, lg_err *err)
{
    uint64_t none;
    size_t id;
    const char *rest = "", *path;
    char stage = q->user ? 'a' : q->tags ? 't' : 'p';
    if (cursor && !scrape_cursor_part(cursor, stage, &none, &rest)) return scrape_bad_cursor(TITLE, err);
    *max = rest;
    if (q->user) {
        if (!account_part(rest, &id, max)) return scrape_bad_cursor(TITLE, err);
        path = lg_arena_strf(arena, err, "/api/v1/accounts/%.*s/statuses", (int)id, rest);
    } else if (q->tags) {
        const char *tag = scrape_encode(arena, scrape_bare(q->tag[0]), err);
        path = tag ? lg_arena_strf(arena, err, "/api/v1/timelines/tag/%s", tag) : NULL;
    } else {
        path = "/api/v1/timelines/public";
    }
    scrape_request_begin(out, path);
    return err->status;
}

static lg_status mastodon_request(const scrape_query *q, const char *cursor, lg_arena *arena, scrape_request *out,
                                  lg_err *err)
{
    const char *max;
    LG_TRY(query_ok(q, err));
    if (q->user && !cursor) return request_account(q, out, err);
    LG_TRY(path_of(q, cursor, arena, out, &max, err));
    uint64_t limit = scrape_limit(q);
    scrape_param_add(out, "limit", scrape_number(arena, limit < PER_PAGE ? limit : PER_PAGE, err));
    scrape_param_add(out, "only_media", "true");
    if (q->user) scrape_param_add(out, "exclude_reblogs", "true");
    for (size_t i = 1; i < q->tags; i++) scrape_param_add(out, "any[]", scrape_bare(q->tag[i]));
    if (*max) scrape_param_add(out, "max_id", max);
    return scrape_request_end(out, err);
}

/* ---- the Link header ---- */
/* Value of a parameter of an address, in place. */
static bool param_in(const char *url, size_t n, const char *name, const char **value, size_t *len)
{
    size_t m = strlen(name);
    for (size_t i = 0; i + m + 1 < n; i++) {
        if ((url[i] != '?' && url[i] != '&') || strncmp(url + i + 1, name, m) != 0 || url[i + 1 + m] != '=') continue;
        *value = url + i + m + 2;
        *len = 0;
        while (*value + *len < url + n && (*value)[*len] != '&' && (*value)[*len] != '#') ++*len;
        return true;
    }
    return false;
}

/* rel="next" or rel=next among the parameters of a link. */
static bool is_next(const char *params, size_t n)
{
    for (size_t i = 0; i + 8 <= n; i++)
        if (strncasecmp(params + i, "rel=", 4) == 0) {
            const char *v = params + i + 4;
            v += *v == '"';
            return strncasecmp(v, "next", 4) == 0 && (v[4] == '"' || v[4] == ';' || v[4] == ',' || !v[4]);
        }
    return false;
}

/* max_id of <address>; rel="next", as digits and letters; false: no such link. */
static bool link_next(const char *link, const char **max, size_t *len)
{
    for (const char *s = link; s && (s = strchr(s, '<'));) {
        const char *end = strchr(++s, '>');
        if (!end) return false;
        const char *stop = strchr(end, '<');
        size_t params = stop ? (size_t)(stop - end) : strlen(end);
        if (is_next(end, params) && param_in(s, (size_t)(end - s), "max_id", max, len) && *len && *len <= 100 &&
            strspn(*max, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") >= *len)
            return true;
        s = end;
    }
    return false;
}

/* ---- reading ---- */
static scrape_media_type type_of(const char *type)
{
    if (type && strcmp(type, "image") == 0) return SCRAPE_PHOTO;
    if (type && strcmp(type, "video") == 0) return SCRAPE_VIDEO;
    return type && strcmp(type, "gifv") == 0 ? SCRAPE_ANIMATION : SCRAPE_OTHER;
}

static void size_read(scrape_reader *r, const json_t *item, scrape_media *out)
{
    const json_t *meta = scrape_object(r, item, "meta");
    scrape_enter(r, "meta");
    const json_t *original = meta ? scrape_object(r, meta, "original") : NULL;
    scrape_enter(r, "original");
    if (original) out->width = scrape_pixels(r, original, "width"), out->height = scrape_pixels(r, original, "height");
    scrape_leave(r);
    scrape_leave(r);
}

static void media_read(scrape_reader *r, const json_t *item, const scrape_post *post, scrape_media *out)
{
    (void)post;
    *out = (scrape_media){.width = SCRAPE_NOT_GIVEN, .height = SCRAPE_NOT_GIVEN};
    out->id = scrape_identity(r, item, "id");
    out->type = type_of(scrape_text(r, item, "type", 40));
    /* of moving pictures the still one */
    out->url = scrape_web(r, item, out->type == SCRAPE_PHOTO ? "url" : "preview_url");
    if (!out->url && out->type == SCRAPE_PHOTO) out->url = scrape_web(r, item, "remote_url");
    out->alt = scrape_text(r, item, "description", SCRAPE_LONGEST_ALT);
    size_read(r, item, out);
}

/* People of the server itself are named without it. */
static const char *full_handle(scrape_reader *r, const char *acct)
{
    const char *server = r->query->server, *host = server ? strstr(server, "://") : NULL;
    if (!acct || strchr(acct, '@') || !host) return acct;
    host += 3;
    return scrape_say(r, "%s@%.*s", acct, (int)strcspn(host, "/"), host);
}

static void author_read(scrape_reader *r, const json_t *status, scrape_post *post)
{
    const json_t *account = scrape_object(r, status, "account");
    if (!account) return;
    scrape_enter(r, "account");
    post->author_id = scrape_identity(r, account, "id");
    post->author_handle = full_handle(r, scrape_text(r, account, "acct", SCRAPE_LONGEST_NAME));
    post->author_name = scrape_text(r, account, "display_name", SCRAPE_LONGEST_NAME);
    if (post->author_name && !*post->author_name) post->author_name = NULL;
    scrape_leave(r);
}

static void status_read(scrape_reader *r, const json_t *status, const void *none)
{
    (void)none;
    scrape_post post = {.id = scrape_identity(r, status, "id")};
    if (!post.id) {
        if (!json_object_get(status, "id") || json_is_null(json_object_get(status, "id")))
            scrape_problem_add(r, "id", "is not there");
        scrape_post_refuse(r);
        return;
    }
    if (json_is_object(json_object_get(status, "reblog"))) {
        scrape_post_leave_out(r, &r->page->reposts);
        return;
    }
    const char *seen = scrape_text(r, status, "visibility", 40);
    if (seen && strcmp(seen, "public") != 0 && strcmp(seen, "unlisted") != 0) {
        scrape_post_leave_out(r, &r->page->not_public);
        return;
    }
    post.url = scrape_web(r, status, "url");
    post.text = scrape_from_html(r, scrape_text(r, status, "content", SCRAPE_LONGEST_TEXT));
    post.language = scrape_text(r, status, "language", 40);
    post.time = scrape_time_of(r, status, "created_at");
    post.likes = scrape_count(r, status, "favourites_count");
    post.reposts = scrape_count(r, status, "reblogs_count");
    post.replies = scrape_count(r, status, "replies_count");
    post.sensitive = scrape_flag(r, status, "sensitive");
    author_read(r, status, &post);
    scrape_media_read(r, status, "media_attachments", media_read, &post);
    const json_t *tags = scrape_array(r, status, "tags");
    scrape_enter(r, "tags");
    scrape_tags(r, tags, "name", &post);
    scrape_leave(r);
    scrape_post_add(r, &post);
}

static lg_status page_read(scrape_reader *r, const scrape_walk *walk, const char *link, char stage, const char *account,
                           size_t n, lg_err *err)
{
    const char *max, *next = NULL;
    size_t len;
    if (!json_is_array(r->root)) return scrape_shape(r, NULL, "is not a list", err);
    LG_TRY(scrape_posts_read(r, NULL, r->root, status_read, NULL, err));
    if (!r->page->given) scrape_stage_end(r, "the platform has no more");
    if (link_next(link, &max, &len))
        next = scrape_say(r, "%c0:%.*s%s%.*s", stage, (int)n, account, n ? "/" : "", (int)len, max);
    scrape_withhold_missing(r, "the server did not say");
    return scrape_page_finish(r, walk, (uint64_t)stage, next, NULL, err);
}

static lg_status account_read(scrape_reader *r, lg_err *err)
{
    size_t n;
    const char *max;
    if (!json_is_object(r->root)) return scrape_shape(r, NULL, "is not an object", err);
    const char *id = scrape_identity(r, r->root, "id");
    const char *next = id ? scrape_say(r, "a0:%s/", id) : NULL;
    if (err->status) return err->status;
    if (!next || !account_part(next + 3, &n, &max)) return scrape_shape(r, "id", "is no identity of an account", err);
    r->page->next = next;
    return LG_OK;
}

static lg_status read_stage(scrape_reader *r, const scrape_walk *walk, const char *link, lg_err *err)
{
    uint64_t none;
    size_t n = 0;
    const char *rest = "", *max;
    char stage = r->query->user ? 'a' : r->query->tags ? 't' : 'p';
    if (r->query->user && !walk->cursor) return account_read(r, err);
    if (walk->cursor && !scrape_cursor_part(walk->cursor, stage, &none, &rest)) return scrape_bad_cursor(TITLE, err);
    if (stage == 'a' && !account_part(rest, &n, &max)) return scrape_bad_cursor(TITLE, err);
    return page_read(r, walk, link, stage, rest, n, err);
}

static lg_status mastodon_parse(const scrape_query *q, const scrape_walk *walk, const scrape_answer *answer,
                                scrape_page *page, lg_err *err)
{
    scrape_reader r;
    if (scrape_is_refusal(answer)) return scrape_refused(TITLE, answer, err);
    LG_TRY(scrape_reader_open(&r, "mastodon", q, answer, page, err));
    return scrape_reader_close(&r, read_stage(&r, walk, answer->link, err), err);
}

/* ---- what became of posts ---- */
static lg_status mastodon_check(const char *const *id, size_t count, lg_arena *arena, scrape_request *out, lg_err *err)
{
    (void)count;
    const char *part = scrape_encode(arena, id[0], err);
    scrape_request_begin(out, part ? lg_arena_strf(arena, err, "/api/v1/statuses/%s", part) : NULL);
    return scrape_request_end(out, err);
}

static lg_status mastodon_check_parse(const scrape_answer *answer, const char *const *id, size_t count,
                                      scrape_state *state, lg_err *err)
{
    json_t *root;
    scrape_states(state, count, SCRAPE_UNKNOWN);
    if (answer->status == 404 || answer->status == 410) {
        state[0] = SCRAPE_GONE;
        return LG_OK;
    }
    if (scrape_is_refusal(answer)) return scrape_refused(TITLE, answer, err);
    LG_TRY(scrape_json_load(TITLE, answer, &root, err));
    const json_t *same = json_object_get(root, "id");
    if (json_is_string(same) && strcmp(json_string_value(same), id[0]) == 0) state[0] = SCRAPE_THERE;
    json_decref(root);
    return LG_OK;
}

const scrape_platform scrape_platform_mastodon = {.name = "mastodon",
                                                  .title = TITLE,
                                                  .checks = 1,
                                                  .plan = mastodon_plan,
                                                  .request = mastodon_request,
                                                  .parse = mastodon_parse,
                                                  .check = mastodon_check,
                                                  .check_parse = mastodon_check_parse};
