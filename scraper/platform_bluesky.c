/* platform_bluesky.c - Bluesky (AT Protocol): search by tag or text, and the posts of an account.
 *
 * Several tags of one request would all have to be there, so they are asked for one after the other. Cursors:
 * `t1:CURSOR` second tag, `q0:` text, `a0:` account. A cursor also comes on the last page: an empty page ends a stage.
 * Search wants somebody who is logged in.
 *
 * Pictures come as addresses of the image service, which makes WebP unless the address ends in @jpeg; where a server
 * gives bare records they are blobs, and the address is that of com.atproto.sync.getBlob on that server. */
#include <string.h>
#include "scraper/answer.h"

#include "lib/base/banned.h"

enum { PER_PAGE = 100 };
static const char TITLE[] = "Bluesky";

/* ---- asking ---- */
static lg_status query_ok(const scrape_query *q, lg_err *err)
{
    LG_TRY(scrape_query_check(q, TITLE, SCRAPE_CAN_TAG | SCRAPE_CAN_TEXT | SCRAPE_CAN_USER, "scrape bluesky tag adidas",
                              err));
    if (q->what == SCRAPE_POSTS) return LG_OK;
    return lg_fail(err, LG_E_ARG, 723, "Bluesky tells apart neither tagged posts nor photos of an account");
}

static lg_status bluesky_plan(const scrape_query *q, lg_arena *arena, scrape_plan *out, lg_err *err)
{
    *out = (scrape_plan){0};
    LG_TRY(query_ok(q, err));
    scrape_plan_count(out, q, PER_PAGE);
    out->requests += q->tags > 1 ? q->tags - 1 : 0;
    out->limits = "3,000 requests in 5 minutes";
    scrape_plan_line(
        out, "Gives text, time, likes, reposts, replies, hashtags, pictures with their descriptions, and authors.");
    scrape_plan_line(out, "Search also finds posts without pictures; they are kept without one.");
    scrape_plan_line(out, "Free of charge, for people with an account and an app password.");
    const char *what = q->user   ? lg_arena_strf(arena, err, "by @%s", scrape_bare(q->user))
                       : q->text ? lg_arena_strf(arena, err, "with \"%s\"", q->text)
                                 : scrape_join(arena, q->tag, q->tags, "#", " or ", err);
    if (what)
        out->summary = lg_arena_strf(arena, err, "Bluesky: up to %s posts %s%s", lg_thousands((long long)out->posts),
                                     q->tags ? "with " : "", what);
    return err->status;
}

static void times_add(scrape_request *out, const scrape_query *q, lg_arena *arena, lg_err *err)
{
    char text[32];
    if (q->since) {
        scrape_time_text(q->since, true, text);
        scrape_param_add(out, "since", lg_arena_strf(arena, err, "%s", text));
    }
    if (q->until) {
        scrape_time_text(q->until, true, text);
        scrape_param_add(out, "until", lg_arena_strf(arena, err, "%s", text));
    }
}

static char stage_of(const scrape_query *q)
{
    return q->user ? 'a' : q->tags ? 't' : 'q';
}

static bool stage_at(const scrape_query *q, const char *cursor, uint64_t *number, const char **rest)
{
    *number = 0;
    *rest = "";
    if (!cursor) return true;
    return scrape_cursor_part(cursor, stage_of(q), number, rest) && *number < (q->tags ? q->tags : 1);
}

static lg_status bluesky_request(const scrape_query *q, const char *cursor, lg_arena *arena, scrape_request *out,
                                 lg_err *err)
{
    uint64_t number, limit = scrape_limit(q);
    const char *rest;
    LG_TRY(query_ok(q, err));
    if (!stage_at(q, cursor, &number, &rest)) return scrape_bad_cursor(TITLE, err);
    scrape_request_begin(out, q->user ? "/xrpc/app.bsky.feed.getAuthorFeed" : "/xrpc/app.bsky.feed.searchPosts");
    scrape_param_add(out, "limit", scrape_number(arena, limit < PER_PAGE ? limit : PER_PAGE, err));
    if (q->user) {
        scrape_param_add(out, "actor", scrape_bare(q->user));
        scrape_param_add(out, "filter", "posts_with_media");
    } else {
        const char *tag = q->tags ? scrape_bare(q->tag[number]) : NULL;
        scrape_param_add(out, "q", tag ? lg_arena_strf(arena, err, "#%s", tag) : q->text);
        if (tag) scrape_param_add(out, "tag", tag);
        scrape_param_add(out, "sort", "latest");
        times_add(out, q, arena, err);
    }
    if (*rest) scrape_param_add(out, "cursor", rest);
    return scrape_request_end(out, err);
}

/* ---- pictures ---- */
/* The image service makes JPEG of an address that ends in @jpeg. */
static const char *as_jpeg(scrape_reader *r, const char *url)
{
    const char *last = url ? strrchr(url, '/') : NULL;
    if (!last || !strstr(url, "/img/feed_") || strchr(last, '@') || strchr(last, '?')) return url;
    return scrape_say(r, "%s@jpeg", url);
}

/* A blob of a record: {"ref": {"$link": CID}}, in old records {"cid": CID}. */
static const char *blob_cid(scrape_reader *r, const json_t *blob)
{
    const json_t *ref = scrape_object(r, blob, "ref");
    return ref ? scrape_text(r, ref, "$link", SCRAPE_LONGEST_ID) : scrape_text(r, blob, "cid", SCRAPE_LONGEST_ID);
}

static const char *blob_url(scrape_reader *r, const char *cid, const char *did)
{
    const char *server = r->query->server;
    if (!cid || !did || !server) return NULL;
    const char *c = scrape_encode(&r->page->arena, cid, r->err), *d = scrape_encode(&r->page->arena, did, r->err);
    return c && d ? scrape_say(r, "%s/xrpc/com.atproto.sync.getBlob?did=%s&cid=%s", server, d, c) : NULL;
}

static void ratio_read(scrape_reader *r, const json_t *item, scrape_media *out)
{
    /* a ratio may also be written as 3 by 2: sizes below are none in pixels */
    enum { LEAST_PIXELS = 32 };
    const json_t *ratio = scrape_object(r, item, "aspectRatio");
    out->width = out->height = SCRAPE_NOT_GIVEN;
    if (!ratio) return;
    scrape_enter(r, "aspectRatio");
    int32_t width = scrape_pixels(r, ratio, "width"), height = scrape_pixels(r, ratio, "height");
    scrape_leave(r);
    if (width >= LEAST_PIXELS && height >= LEAST_PIXELS) out->width = width, out->height = height;
}

static void image_read(scrape_reader *r, const json_t *item, const scrape_post *post, scrape_media *out)
{
    const char *did = post->author_id;
    const json_t *blob = scrape_object(r, item, "image");
    *out = (scrape_media){.type = SCRAPE_PHOTO};
    out->url = as_jpeg(r, scrape_web(r, item, "fullsize"));
    if (blob) {
        scrape_enter(r, "image");
        out->id = blob_cid(r, blob);
        scrape_leave(r);
        if (!out->url) out->url = blob_url(r, out->id, did);
    }
    out->alt = scrape_text(r, item, "alt", SCRAPE_LONGEST_ALT);
    if (out->alt && !*out->alt) out->alt = NULL;
    ratio_read(r, item, out);
}

/* Of a video, and of a page that is linked, the still picture. */
static void still_read(scrape_reader *r, const json_t *item, const char *key, scrape_media_type type, scrape_post *post)
{
    const char *url = as_jpeg(r, scrape_web(r, item, key));
    scrape_media *media = url ? scrape_media_room(r, 1) : NULL;
    if (!media) return;
    *media = (scrape_media){.type = type, .url = url};
    media->alt = type == SCRAPE_VIDEO ? scrape_text(r, item, "alt", SCRAPE_LONGEST_ALT) : NULL;
    ratio_read(r, item, media);
    post->media = media;
    post->media_count = 1;
}

static bool is_kind(const json_t *embed, const char *kind)
{
    const json_t *type = json_object_get(embed, "$type");
    size_t n = strlen(kind);
    if (!json_is_string(type) || strncmp(json_string_value(type), kind, n) != 0) return false;
    const char *rest = json_string_value(type) + n;
    return !*rest || strcmp(rest, "#view") == 0 || strcmp(rest, "#main") == 0;
}

static void embed_read(scrape_reader *r, const json_t *embed, scrape_post *post)
{
    if (is_kind(embed, "app.bsky.embed.recordWithMedia")) {
        const json_t *media = scrape_object(r, embed, "media");
        if (!media || is_kind(media, "app.bsky.embed.recordWithMedia")) return;
        scrape_enter(r, "media");
        embed_read(r, media, post);
        scrape_leave(r);
    } else if (is_kind(embed, "app.bsky.embed.images")) {
        scrape_media_read(r, embed, "images", image_read, post);
    } else if (is_kind(embed, "app.bsky.embed.video")) {
        still_read(r, embed, "thumbnail", SCRAPE_VIDEO, post);
    } else if (is_kind(embed, "app.bsky.embed.external")) {
        const json_t *card = scrape_object(r, embed, "external");
        scrape_enter(r, "external");
        if (card && json_is_string(json_object_get(card, "thumb")))
            still_read(r, card, "thumb", SCRAPE_LINK_CARD, post);
        scrape_leave(r);
    }
}

/* ---- posts ---- */
static size_t facet_tags(const json_t *facets, const json_t **feature, size_t most)
{
    size_t n = 0;
    for (size_t i = 0; i < scrape_items(facets); i++) {
        const json_t *list = json_object_get(json_array_get(facets, i), "features");
        for (size_t k = 0; k < scrape_items(list) && n < most; k++)
            if (is_kind(json_array_get(list, k), "app.bsky.richtext.facet#tag")) feature[n++] = json_array_get(list, k);
    }
    return n;
}

/* Hashtags in the text are facets; `tags` holds those outside of it. */
static void tags_read(scrape_reader *r, const json_t *record, scrape_post *post)
{
    enum { MOST = 100 };
    const json_t *feature[MOST], *more = scrape_array(r, record, "tags");
    size_t n = facet_tags(scrape_array(r, record, "facets"), feature, MOST), extra = scrape_items(more);
    if (extra > MOST) extra = MOST;
    const char **tag = n + extra ? lg_arena_alloc(&r->page->arena, n + extra, sizeof *tag, r->err) : NULL;
    if (!tag) return;
    for (size_t i = 0; i < n; i++) {
        const char *s = scrape_text(r, feature[i], "tag", SCRAPE_LONGEST_NAME);
        if (s && *s) tag[post->tag_count++] = s;
    }
    for (size_t i = 0; i < extra; i++) {
        const json_t *v = json_array_get(more, i);
        if (!json_is_string(v) || strlen(json_string_value(v)) != json_string_length(v)) {
            scrape_problem_add(r, "tags", "has an entry that is not text");
            continue;
        }
        const char *s = scrape_copy(r, json_string_value(v), json_string_length(v));
        if (s && *s) tag[post->tag_count++] = s;
    }
    post->tag = tag;
}

static void record_read(scrape_reader *r, const json_t *item, scrape_post *post)
{
    const json_t *record = scrape_object(r, item, "record");
    post->time = SCRAPE_NO_TIME;
    if (!record) return;
    scrape_enter(r, "record");
    post->text = scrape_text(r, record, "text", SCRAPE_LONGEST_TEXT);
    post->time = scrape_time_of(r, record, "createdAt");
    const json_t *langs = scrape_array(r, record, "langs"), *first = json_array_get(langs, 0);
    if (json_is_string(first) && json_string_length(first) < 40)
        post->language = scrape_copy(r, json_string_value(first), strlen(json_string_value(first)));
    tags_read(r, record, post);
    const json_t *view = json_object_get(item, "embed");
    const json_t *embed = json_is_object(view) ? NULL : scrape_object(r, record, "embed");
    scrape_enter(r, "embed");
    if (embed) embed_read(r, embed, post);
    scrape_leave(r);
    scrape_leave(r);
}

/* People say with a label of their own that only those who are logged in should see them. */
static bool wants_no_strangers(const json_t *author)
{
    const json_t *labels = json_object_get(author, "labels");
    for (size_t i = 0; i < scrape_items(labels); i++) {
        const json_t *value = json_object_get(json_array_get(labels, i), "val");
        if (json_is_string(value) && strcmp(json_string_value(value), "!no-unauthenticated") == 0) return true;
    }
    return false;
}

static void author_read(scrape_reader *r, const json_t *item, scrape_post *post)
{
    const json_t *author = scrape_object(r, item, "author");
    if (!author) return;
    scrape_enter(r, "author");
    post->author_id = scrape_identity(r, author, "did");
    post->author_handle = scrape_text(r, author, "handle", SCRAPE_LONGEST_NAME);
    post->author_name = scrape_text(r, author, "displayName", SCRAPE_LONGEST_NAME);
    if (post->author_name && !*post->author_name) post->author_name = NULL;
    scrape_leave(r);
}

/* at://did:plc:abc/app.bsky.feed.post/KEY -> the page of the post. */
static const char *page_url(scrape_reader *r, const scrape_post *post)
{
    const char *key = strrchr(post->id, '/'), *who = post->author_id ? post->author_id : post->author_handle;
    if (strncmp(post->id, "at://", 5) != 0 || !who || !key || !key[1]) return NULL;
    const char *k = scrape_encode(&r->page->arena, key + 1, r->err), *w = scrape_encode(&r->page->arena, who, r->err);
    return k && w ? scrape_say(r, "https://bsky.app/profile/%s/post/%s", w, k) : NULL;
}

static void post_read(scrape_reader *r, const json_t *item, const void *none)
{
    (void)none;
    scrape_post post = {.id = scrape_identity(r, item, "uri")};
    if (!post.id) {
        if (!json_object_get(item, "uri") || json_is_null(json_object_get(item, "uri")))
            scrape_problem_add(r, "uri", "is not there");
        scrape_post_refuse(r);
        return;
    }
    if (wants_no_strangers(json_object_get(item, "author"))) {
        scrape_post_leave_out(r, &r->page->not_public);
        return;
    }
    author_read(r, item, &post);
    record_read(r, item, &post);
    if (post.time == SCRAPE_NO_TIME) post.time = scrape_time_of(r, item, "indexedAt");
    post.likes = scrape_count(r, item, "likeCount");
    post.reposts = scrape_count(r, item, "repostCount");
    post.replies = scrape_count(r, item, "replyCount");
    post.sensitive = scrape_items(scrape_array(r, item, "labels")) > 0;
    post.url = page_url(r, &post);
    const json_t *embed = scrape_object(r, item, "embed");
    scrape_enter(r, "embed");
    if (embed) embed_read(r, embed, &post);
    scrape_leave(r);
    scrape_post_add(r, &post);
}

/* In the feed of an account each post stands in an object of its own, beside why it is there. */
static void feed_item_read(scrape_reader *r, const json_t *item, const void *none)
{
    (void)none;
    const json_t *post = json_object_get(item, "post");
    if (is_kind(json_object_get(item, "reason"), "app.bsky.feed.defs#reasonRepost")) {
        scrape_post_leave_out(r, &r->page->reposts);
        return;
    }
    if (!json_is_object(post)) {
        scrape_problem_add(r, "post", "is not an object");
        scrape_post_refuse(r);
        return;
    }
    scrape_enter(r, "post");
    post_read(r, post, NULL);
    scrape_leave(r);
}

static lg_status page_read(scrape_reader *r, const scrape_walk *walk, lg_err *err)
{
    uint64_t number;
    const char *rest, *next = NULL, *after = NULL, *key = r->query->user ? "feed" : "posts";
    if (!stage_at(r->query, walk->cursor, &number, &rest)) return scrape_bad_cursor(TITLE, err);
    if (!json_is_object(r->root)) return scrape_shape(r, NULL, "is not an object", err);
    const json_t *list = json_object_get(r->root, key);
    if (!list && json_is_string(json_object_get(r->root, "error"))) return scrape_refused_by(TITLE, 0, r->root, err);
    if (!json_is_array(list)) return scrape_shape(r, key, list ? "is not a list" : "is not there", err);
    LG_TRY(scrape_posts_read(r, key, list, r->query->user ? feed_item_read : post_read, NULL, err));
    if (!r->page->given) scrape_stage_end(r, "the platform has no more");
    const char *cursor = scrape_text(r, r->root, "cursor", SCRAPE_LONGEST_CURSOR - 64);
    if (cursor && *cursor) next = scrape_say(r, "%c%llu:%s", stage_of(r->query), (unsigned long long)number, cursor);
    if (number + 1 < r->query->tags) after = scrape_say(r, "t%llu:", (unsigned long long)number + 1);
    scrape_withhold_missing(r, "the server did not say");
    return scrape_page_finish(r, walk, number, next, after, err);
}

static lg_status bluesky_parse(const scrape_query *q, const scrape_walk *walk, const scrape_answer *answer,
                               scrape_page *page, lg_err *err)
{
    scrape_reader r;
    if (scrape_is_refusal(answer)) return scrape_refused(TITLE, answer, err);
    LG_TRY(scrape_reader_open(&r, "bluesky", q, answer, page, err));
    return scrape_reader_close(&r, page_read(&r, walk, err), err);
}

/* ---- what became of posts ---- */
static lg_status bluesky_check(const char *const *id, size_t count, lg_arena *arena, scrape_request *out, lg_err *err)
{
    (void)arena;
    scrape_request_begin(out, "/xrpc/app.bsky.feed.getPosts");
    for (size_t i = 0; i < count; i++) scrape_param_add(out, "uris", id[i]);
    return scrape_request_end(out, err);
}

/* Posts that are gone are left out of the answer; there is no other sign. */
static lg_status bluesky_check_parse(const scrape_answer *answer, const char *const *id, size_t count,
                                     scrape_state *state, lg_err *err)
{
    json_t *root;
    scrape_states(state, count, SCRAPE_UNKNOWN);
    if (scrape_is_refusal(answer)) return scrape_refused(TITLE, answer, err);
    LG_TRY(scrape_json_load(TITLE, answer, &root, err));
    const json_t *list = json_object_get(root, "posts");
    bool whole = json_is_array(list);
    if (whole) scrape_states(state, count, SCRAPE_GONE);
    for (size_t i = 0; i < scrape_items(list); i++) {
        const json_t *uri = json_object_get(json_array_get(list, i), "uri");
        for (size_t k = 0; json_is_string(uri) && k < count; k++)
            if (strcmp(id[k], json_string_value(uri)) == 0) state[k] = SCRAPE_THERE;
    }
    json_decref(root);
    if (whole) return LG_OK;
    return lg_fail(err, LG_E_FORMAT, 721, "the answer of bluesky is not what it should be: posts is not a list");
}

const scrape_platform scrape_platform_bluesky = {.name = "bluesky",
                                                 .title = TITLE,
                                                 .checks = 10,
                                                 .plan = bluesky_plan,
                                                 .request = bluesky_request,
                                                 .parse = bluesky_parse,
                                                 .check = bluesky_check,
                                                 .check_parse = bluesky_check_parse};
