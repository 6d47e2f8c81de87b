/* platform_instagram.c - Instagram through the Graph API: hashtags, the posts of a professional account, and media that
 * others tagged the asking account in.
 *
 * Hashtag search gives no user names, only the last day, and thirty hashtags a week. A hashtag is looked up first.
 * Cursors: `h1:` look the second tag up, `m1:HASHTAG/AFTER` its media, `d0:AFTER` an account (business discovery),
 * `g0:AFTER` tagged. Some lists give the same `after` for ever, which ends them. */
#include <string.h>
#include "scraper/graph.h"

#include "lib/base/banned.h"

enum { PER_PAGE = 50, MOST_TAGS = 30 };
static const char TITLE[] = "Instagram";

/* ---- asking ---- */
static bool is_number(const char *s)
{
    size_t n = s ? strspn(s, "0123456789") : 0;
    return n && n <= 30 && !s[n];
}

/* Names go into an expression of the request; Instagram's have these characters only. */
static bool is_name(const char *s)
{
    size_t n = strspn(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._");
    return n && n <= 30 && !s[n];
}

static lg_status query_ok(const scrape_query *q, lg_err *err)
{
    LG_TRY(scrape_query_check(q, TITLE, SCRAPE_CAN_TAG | SCRAPE_CAN_USER, "scrape instagram tag adidas", err));
    if (!is_number(q->account)) {
        lg_fail(err, LG_E_ARG, 723, "Instagram wants to know which professional account asks");
        return lg_try(err, "connect instagram");
    }
    if (q->what == SCRAPE_PHOTOS) {
        lg_fail(err, LG_E_ARG, 723, "Instagram does not tell photos of an account apart");
        return lg_try(err, "scrape instagram user NAME");
    }
    if (q->user && !is_name(scrape_bare(q->user))) {
        lg_fail(err, LG_E_ARG, 723, "`%.60s` cannot be a name on Instagram", q->user);
        return lg_try(err, "the name as it stands on the profile");
    }
    if (q->tags <= MOST_TAGS) return LG_OK;
    lg_fail(err, LG_E_ARG, 723, "Instagram looks up %d hashtags in a week", MOST_TAGS);
    return lg_try(err, "fewer tags");
}

static void lines_add(const scrape_query *q, scrape_plan *out)
{
    if (q->tags) {
        scrape_plan_line(out,
                         "Gives captions, times, likes, comments and pictures of public posts of the last 24 hours.");
        scrape_plan_line(
            out, "Withholds user names: hashtag search on Instagram gives none. No customers can be found this way.");
        scrape_plan_line(out, "Needs an app that Meta has reviewed for Instagram Public Content Access.");
    } else if (q->what == SCRAPE_TAGGED) {
        scrape_plan_line(out, "Gives posts, with user names, in which others tagged your own professional account.");
        scrape_plan_line(out, "Withholds posts of private accounts, and stories.");
    } else {
        scrape_plan_line(out, "Gives the posts of one business or creator account, with its name.");
        scrape_plan_line(out, "Withholds private and personal accounts: Instagram gives nothing of them.");
    }
}

static lg_status instagram_plan(const scrape_query *q, lg_arena *arena, scrape_plan *out, lg_err *err)
{
    *out = (scrape_plan){0};
    LG_TRY(query_ok(q, err));
    scrape_plan_count(out, q, PER_PAGE);
    out->requests += q->tags ? 2 * q->tags - 1 : 0;
    out->limits = q->tags ? "30 hashtags in 7 days; 200 requests an hour" : "200 requests an hour";
    lines_add(q, out);
    scrape_plan_line(out, "Free of charge.");
    const char *what = q->tags                    ? scrape_join(arena, q->tag, q->tags, "with #", " or #", err)
                       : q->what == SCRAPE_TAGGED ? "that tag your account"
                                                  : lg_arena_strf(arena, err, "by @%s", scrape_bare(q->user));
    if (what)
        out->summary =
            lg_arena_strf(arena, err, "Instagram: up to %s posts %s", lg_thousands((long long)out->posts), what);
    return err->status;
}

/* ---- stages ---- */
typedef struct stage {
    char kind; /* h, m, d, g */
    uint64_t tag;
    char hashtag[32];  /* m */
    const char *after; /* or NULL */
} stage;

static bool stage_at(const scrape_query *q, const char *cursor, stage *out)
{
    const char *rest = "";
    *out = (stage){.kind = q->tags ? 'h' : q->what == SCRAPE_TAGGED ? 'g' : 'd'};
    if (!cursor) return true;
    if (q->tags && *cursor == 'm') {
        if (!scrape_cursor_part(cursor, 'm', &out->tag, &rest) || out->tag >= q->tags) return false;
        size_t n = strspn(rest, "0123456789");
        if (!n || n >= sizeof out->hashtag || rest[n] != '/') return false;
        memcpy(out->hashtag, rest, n);
        out->kind = 'm';
        rest += n + 1;
    } else {
        if (!scrape_cursor_part(cursor, out->kind, &out->tag, &rest)) return false;
        if (out->kind == 'h' && (out->tag >= q->tags || *rest)) return false;
    }
    out->after = *rest ? rest : NULL;
    return true;
}

static const char *page_size(const scrape_query *q, lg_arena *arena, lg_err *err)
{
    uint64_t limit = scrape_limit(q);
    return scrape_number(arena, limit < PER_PAGE ? limit : PER_PAGE, err);
}

#define MEDIA_FIELDS "id,caption,media_type,media_url,permalink,timestamp,like_count,comments_count"

static lg_status request_hashtag(const scrape_query *q, const stage *at, lg_arena *arena, scrape_request *out,
                                 lg_err *err)
{
    if (at->kind == 'h') {
        scrape_request_begin(out, SCRAPE_GRAPH_VERSION "/ig_hashtag_search");
        scrape_param_add(out, "q", scrape_bare(q->tag[at->tag]));
    } else {
        scrape_request_begin(out, scrape_graph_path(arena, at->hashtag, "recent_media", err));
        scrape_param_add(out, "fields", MEDIA_FIELDS ",children{id,media_type,media_url}");
        scrape_param_add(out, "limit", page_size(q, arena, err));
        if (at->after) scrape_param_add(out, "after", at->after);
    }
    scrape_param_add(out, "user_id", q->account);
    return scrape_request_end(out, err);
}

static lg_status instagram_request(const scrape_query *q, const char *cursor, lg_arena *arena, scrape_request *out,
                                   lg_err *err)
{
    stage at;
    LG_TRY(query_ok(q, err));
    if (!stage_at(q, cursor, &at)) return scrape_bad_cursor(TITLE, err);
    if (q->tags) return request_hashtag(q, &at, arena, out, err);
    if (at.kind == 'g') {
        scrape_request_begin(out, scrape_graph_path(arena, q->account, "tags", err));
        scrape_param_add(out, "fields", MEDIA_FIELDS ",username,children{id,media_type,media_url}");
        scrape_param_add(out, "limit", page_size(q, arena, err));
        if (at.after) scrape_param_add(out, "after", at.after);
        return scrape_request_end(out, err);
    }
    const char *size = page_size(q, arena, err);
    scrape_request_begin(out, scrape_graph_path(arena, q->account, "", err));
    scrape_param_add(
        out, "fields",
        lg_arena_strf(arena, err,
                      "business_discovery.username(%s){id,username,name,media.limit(%s)%s%s%s{" MEDIA_FIELDS
                      ",thumbnail_url,children{id,media_type,media_url,thumbnail_url}}}",
                      scrape_bare(q->user), size ? size : "", at.after ? ".after(" : "", at.after ? at.after : "",
                      at.after ? ")" : ""));
    return scrape_request_end(out, err);
}

/* ---- reading ---- */
static void media_read(scrape_reader *r, const json_t *item, const char *alt, scrape_media *out)
{
    const char *type = scrape_text(r, item, "media_type", 40);
    bool video = type && strcmp(type, "VIDEO") == 0;
    *out = (scrape_media){.width = SCRAPE_NOT_GIVEN, .height = SCRAPE_NOT_GIVEN, .alt = alt};
    out->type = video ? SCRAPE_VIDEO : !type || strcmp(type, "IMAGE") == 0 ? SCRAPE_PHOTO : SCRAPE_OTHER;
    out->id = scrape_identity(r, item, "id");
    out->url = scrape_web(r, item, video ? "thumbnail_url" : "media_url"); /* a video's own address is no picture */
}

static void child_read(scrape_reader *r, const json_t *item, const scrape_post *post, scrape_media *out)
{
    (void)post;
    media_read(r, item, NULL, out);
}

static void children_read(scrape_reader *r, const json_t *item, scrape_post *post)
{
    const json_t *children = scrape_object(r, item, "children");
    scrape_enter(r, "children");
    scrape_media_read(r, children, "data", child_read, post);
    scrape_leave(r);
}

static void pictures_read(scrape_reader *r, const json_t *item, scrape_post *post)
{
    children_read(r, item, post);
    if (post->media_count) return;
    scrape_media *media = scrape_media_room(r, 1);
    if (!media) return;
    media_read(r, item, scrape_text(r, item, "alt_text", SCRAPE_LONGEST_ALT), media);
    post->media = media;
    post->media_count = 1;
}

/* account: of business discovery, whose media do not name it again; else NULL */
static void post_read(scrape_reader *r, const json_t *item, const void *ctx)
{
    const scrape_post *account = ctx;
    scrape_post post = {.id = scrape_identity(r, item, "id"), .reposts = SCRAPE_NOT_GIVEN};
    if (!post.id) {
        if (!json_object_get(item, "id") || json_is_null(json_object_get(item, "id")))
            scrape_problem_add(r, "id", "is not there");
        scrape_post_refuse(r);
        return;
    }
    post.url = scrape_web(r, item, "permalink");
    post.text = scrape_text(r, item, "caption", SCRAPE_LONGEST_TEXT);
    post.time = scrape_time_of(r, item, "timestamp");
    post.likes = scrape_count(r, item, "like_count");
    post.replies = scrape_count(r, item, "comments_count");
    post.author_handle = scrape_text(r, item, "username", SCRAPE_LONGEST_NAME);
    if (account) {
        post.author_id = account->author_id;
        post.author_handle = account->author_handle;
        post.author_name = account->author_name;
    }
    scrape_graph_tags(r, &post);
    pictures_read(r, item, &post);
    scrape_post_add(r, &post);
}

static const char *next_tag(scrape_reader *r, const stage *at)
{
    return at->tag + 1 < r->query->tags ? scrape_say(r, "h%llu:", (unsigned long long)at->tag + 1) : NULL;
}

/* A list of media as it stands in `holder`; its cursor behind that of the stage. */
static lg_status media_page(scrape_reader *r, const scrape_walk *walk, const stage *at, const json_t *holder,
                            const scrape_post *account, lg_err *err)
{
    const json_t *list = json_object_get(holder, "data");
    const char *next = NULL;
    if (!json_is_array(list)) return scrape_shape(r, "data", list ? "is not a list" : "is not there", err);
    LG_TRY(scrape_posts_read(r, "data", list, post_read, account, err));
    if (!r->page->given) scrape_stage_end(r, "the platform has no more");
    const char *after = scrape_graph_after(r, holder, false);
    if (after && at->kind == 'm') next = scrape_say(r, "m%llu:%s/%s", (unsigned long long)at->tag, at->hashtag, after);
    else if (after) next = scrape_say(r, "%c0:%s", at->kind, after);
    scrape_withhold_missing(r,
                            at->kind == 'm' ? "hashtag search on Instagram does not give it" : "Instagram did not say");
    return scrape_page_finish(r, walk, (uint64_t)at->kind * 64 + at->tag, next, next_tag(r, at), err);
}

static lg_status hashtag_read(scrape_reader *r, const stage *at, lg_err *err)
{
    const json_t *list = json_object_get(r->root, "data");
    if (!json_is_array(list)) return scrape_shape(r, "data", list ? "is not a list" : "is not there", err);
    scrape_enter(r, "data");
    scrape_enter_at(r, 0);
    const char *id = scrape_identity(r, json_array_get(list, 0), "id");
    if (json_array_size(list) && (!is_number(id))) return scrape_shape(r, "id", "is no number of a hashtag", err);
    if (id) {
        r->page->next = scrape_say(r, "m%llu:%s/", (unsigned long long)at->tag, id);
        return err->status;
    }
    scrape_withhold(r, "posts with a hashtag", "Instagram knows no such hashtag", 0);
    r->page->next = next_tag(r, at);
    r->page->end = !r->page->next;
    r->page->end_why = r->page->end ? "Instagram knows no such hashtag" : NULL;
    return err->status;
}

static lg_status discovery_read(scrape_reader *r, const scrape_walk *walk, const stage *at, lg_err *err)
{
    const json_t *account = json_object_get(r->root, "business_discovery");
    if (!json_is_object(account)) return scrape_shape(r, "business_discovery", "is not an object", err);
    scrape_enter(r, "business_discovery");
    scrape_post who = {.author_id = scrape_identity(r, account, "id")};
    who.author_handle = scrape_text(r, account, "username", SCRAPE_LONGEST_NAME);
    who.author_name = scrape_text(r, account, "name", SCRAPE_LONGEST_NAME);
    if (!who.author_handle) {
        const char *asked = scrape_bare(r->query->user);
        who.author_handle = scrape_copy(r, asked, strlen(asked));
    }
    const json_t *media = scrape_object(r, account, "media");
    scrape_enter(r, "media");
    if (media) return media_page(r, walk, at, media, &who, err);
    return scrape_page_finish(r, walk, 0, NULL, NULL, err); /* an account without posts */
}

static lg_status read_stage(scrape_reader *r, const scrape_walk *walk, lg_err *err)
{
    stage at;
    if (!stage_at(r->query, walk->cursor, &at)) return scrape_bad_cursor(TITLE, err);
    if (!json_is_object(r->root)) return scrape_shape(r, NULL, "is not an object", err);
    if (scrape_graph_is_error(r)) return scrape_refused_by(TITLE, 0, r->root, err);
    if (at.kind == 'h') return hashtag_read(r, &at, err);
    return at.kind == 'd' ? discovery_read(r, walk, &at, err) : media_page(r, walk, &at, r->root, NULL, err);
}

static lg_status instagram_parse(const scrape_query *q, const scrape_walk *walk, const scrape_answer *answer,
                                 scrape_page *page, lg_err *err)
{
    scrape_reader r;
    if (scrape_is_refusal(answer)) return scrape_refused(TITLE, answer, err);
    LG_TRY(scrape_reader_open(&r, "instagram", q, answer, page, err));
    return scrape_reader_close(&r, read_stage(&r, walk, err), err);
}

static lg_status instagram_check_parse(const scrape_answer *answer, const char *const *id, size_t count,
                                       scrape_state *state, lg_err *err)
{
    (void)count;
    return scrape_graph_check_parse(TITLE, answer, id, state, err);
}

const scrape_platform scrape_platform_instagram = {.name = "instagram",
                                                   .title = TITLE,
                                                   .origin = "https://graph.facebook.com",
                                                   .checks = 1,
                                                   .plan = instagram_plan,
                                                   .request = instagram_request,
                                                   .parse = instagram_parse,
                                                   .check = scrape_graph_check,
                                                   .check_parse = instagram_check_parse};
