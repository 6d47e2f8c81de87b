/* platform_facebook.c - Facebook through the Graph API: the posts of a Page, posts that tag it, and its photos.
 *
 * There is no search by tag or text. Who posted is said of the Page itself, and of others only where the asking account
 * may see it. Cursors: `p0:AFTER` posts, `g0:AFTER` tagged, `f0:AFTER` photos. */
#include <string.h>
#include "scraper/graph.h"

#include "lib/base/banned.h"

enum { PER_PAGE = 100 };
static const char TITLE[] = "Facebook";

/* ---- asking ---- */
static lg_status query_ok(const scrape_query *q, lg_err *err)
{
    LG_TRY(scrape_query_check(q, TITLE, SCRAPE_CAN_USER, "scrape facebook user PAGE", err));
    const char *name = scrape_bare(q->user);
    if (*name && strspn(name, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-") == strlen(name))
        return LG_OK;
    lg_fail(err, LG_E_ARG, 723, "`%.60s` cannot be a Page on Facebook", q->user);
    return lg_try(err, "the name behind facebook.com/, or the number of the Page");
}

static char kind_of(const scrape_query *q)
{
    return q->what == SCRAPE_TAGGED ? 'g' : q->what == SCRAPE_PHOTOS ? 'f' : 'p';
}

static lg_status facebook_plan(const scrape_query *q, lg_arena *arena, scrape_plan *out, lg_err *err)
{
    static const char *const what[] = {"by", "that tag", "(photos) by"};
    *out = (scrape_plan){0};
    LG_TRY(query_ok(q, err));
    scrape_plan_count(out, q, PER_PAGE);
    out->limits = "200 requests an hour for each of the app's users";
    scrape_plan_line(out, "Gives text, time, reactions, shares, comments and pictures of one Page's public posts.");
    scrape_plan_line(
        out,
        "Withholds who commented or reacted, and mostly who tagged the Page: customers are hard to find this way.");
    scrape_plan_line(out,
                     "Pages that are not yours need an app that Meta has reviewed for Page Public Content Access.");
    scrape_plan_line(out, "Free of charge.");
    out->summary = lg_arena_strf(arena, err, "Facebook: up to %s posts %s %s", lg_thousands((long long)out->posts),
                                 what[q->what <= SCRAPE_PHOTOS ? q->what : 0], scrape_bare(q->user));
    return err->status;
}

#define PICTURES "media_type,media,description"
static const char POST_FIELDS[] = "id,message,created_time,permalink_url,from,full_picture,shares,"
                                  "attachments{" PICTURES ",subattachments{" PICTURES "}},"
                                  "reactions.limit(0).summary(total_count),comments.limit(0).summary(total_count)";
static const char PHOTO_FIELDS[] = "id,name,created_time,link,from,images,alt_text,"
                                   "likes.limit(0).summary(total_count),comments.limit(0).summary(total_count)";

static bool cursor_at(const scrape_query *q, const char *cursor, const char **after)
{
    uint64_t none;
    *after = "";
    return !cursor || scrape_cursor_part(cursor, kind_of(q), &none, after);
}

static void time_add(scrape_request *out, const char *name, int64_t ms, lg_arena *arena, lg_err *err)
{
    if (ms > 0) scrape_param_add(out, name, scrape_number(arena, (uint64_t)ms / 1000, err));
}

static lg_status facebook_request(const scrape_query *q, const char *cursor, lg_arena *arena, scrape_request *out,
                                  lg_err *err)
{
    const char *after;
    LG_TRY(query_ok(q, err));
    if (!cursor_at(q, cursor, &after)) return scrape_bad_cursor(TITLE, err);
    char kind = kind_of(q);
    const char *edge = kind == 'g' ? "tagged" : kind == 'f' ? "photos" : "posts";
    uint64_t limit = scrape_limit(q);
    scrape_request_begin(out, scrape_graph_path(arena, scrape_bare(q->user), edge, err));
    scrape_param_add(out, "fields", kind == 'f' ? PHOTO_FIELDS : POST_FIELDS);
    scrape_param_add(out, "limit", scrape_number(arena, limit < PER_PAGE ? limit : PER_PAGE, err));
    if (kind == 'f') scrape_param_add(out, "type", "uploaded");
    time_add(out, "since", q->since, arena, err);
    time_add(out, "until", q->until, arena, err);
    if (*after) scrape_param_add(out, "after", after);
    return scrape_request_end(out, err);
}

/* ---- pictures ---- */
typedef struct pictures {
    scrape_media *media;
    size_t count;
} pictures;

static void picture_add(scrape_reader *r, const json_t *item, const json_t *image, const char *url_key, pictures *out)
{
    if (out->count == SCRAPE_MOST_MEDIA) return;
    scrape_media m = {.type = SCRAPE_PHOTO, .url = scrape_web(r, image, url_key)};
    if (!m.url) return;
    const char *type = scrape_text(r, item, "media_type", 40);
    if (type && strcmp(type, "video") == 0) m.type = SCRAPE_VIDEO;
    if (type && strcmp(type, "link") == 0) m.type = SCRAPE_LINK_CARD;
    m.width = scrape_pixels(r, image, "width");
    m.height = scrape_pixels(r, image, "height");
    out->media[out->count++] = m;
}

/* One attachment: its picture, or those of the album that it is. */
static void attachment_read(scrape_reader *r, const json_t *item, int depth, pictures *out);

static void attachments_read(scrape_reader *r, const json_t *holder, const char *key, int depth, pictures *out)
{
    const json_t *outer = scrape_object(r, holder, key);
    scrape_enter(r, key);
    const json_t *list = outer ? scrape_array(r, outer, "data") : NULL;
    scrape_enter(r, "data");
    for (size_t i = 0; i < scrape_items(list); i++) {
        const json_t *item = json_array_get(list, i);
        scrape_enter_at(r, i);
        if (json_is_object(item)) attachment_read(r, item, depth, out);
        else scrape_problem_add(r, NULL, "is not an object");
        scrape_leave(r);
    }
    scrape_leave(r);
    scrape_leave(r);
}

static void attachment_read(scrape_reader *r, const json_t *item, int depth, pictures *out)
{
    size_t before = out->count;
    if (depth == 0) attachments_read(r, item, "subattachments", 1, out);
    if (out->count > before) return; /* an album's own picture is its first */
    const json_t *media = scrape_object(r, item, "media");
    scrape_enter(r, "media");
    const json_t *image = media ? scrape_object(r, media, "image") : NULL;
    scrape_enter(r, "image");
    if (image) picture_add(r, item, image, "src", out);
    scrape_leave(r);
    scrape_leave(r);
}

/* A photo comes in several sizes; the largest is the first. */
static void sizes_read(scrape_reader *r, const json_t *item, pictures *out)
{
    const json_t *list = scrape_array(r, item, "images"), *first = json_array_get(list, 0);
    scrape_enter(r, "images");
    scrape_enter_at(r, 0);
    if (json_is_object(first)) picture_add(r, item, first, "source", out);
    else if (scrape_items(list)) scrape_problem_add(r, NULL, "is not an object");
    scrape_leave(r);
    scrape_leave(r);
    if (out->count) {
        out->media[0].id = scrape_identity(r, item, "id");
        out->media[0].alt = scrape_text(r, item, "alt_text", SCRAPE_LONGEST_ALT);
    }
}

static void pictures_read(scrape_reader *r, const json_t *item, scrape_post *post)
{
    pictures found = {.media = scrape_media_room(r, SCRAPE_MOST_MEDIA)};
    if (!found.media) return;
    if (kind_of(r->query) == 'f') sizes_read(r, item, &found);
    else attachments_read(r, item, "attachments", 0, &found);
    if (!found.count && kind_of(r->query) != 'f') {
        const char *url = scrape_web(r, item, "full_picture");
        if (url)
            found.media[found.count++] =
                (scrape_media){.type = SCRAPE_PHOTO, .url = url, .width = SCRAPE_NOT_GIVEN, .height = SCRAPE_NOT_GIVEN};
    }
    post->media = found.media;
    post->media_count = found.count;
}

/* ---- posts ---- */
/* {"summary": {"total_count": 5}} */
static int64_t total_read(scrape_reader *r, const json_t *item, const char *key)
{
    int64_t n = SCRAPE_NOT_GIVEN;
    const json_t *outer = scrape_object(r, item, key);
    scrape_enter(r, key);
    const json_t *summary = outer ? scrape_object(r, outer, "summary") : NULL;
    scrape_enter(r, "summary");
    if (summary) n = scrape_count(r, summary, "total_count");
    scrape_leave(r);
    scrape_leave(r);
    return n;
}

static void author_read(scrape_reader *r, const json_t *item, scrape_post *post)
{
    const json_t *from = scrape_object(r, item, "from");
    if (!from) return;
    scrape_enter(r, "from");
    post->author_id = scrape_identity(r, from, "id");
    post->author_name = scrape_text(r, from, "name", SCRAPE_LONGEST_NAME);
    scrape_leave(r);
}

static void post_read(scrape_reader *r, const json_t *item, const void *none)
{
    (void)none;
    bool photo = kind_of(r->query) == 'f';
    scrape_post post = {.id = scrape_identity(r, item, "id"), .reposts = SCRAPE_NOT_GIVEN};
    if (!post.id) {
        if (!json_object_get(item, "id") || json_is_null(json_object_get(item, "id")))
            scrape_problem_add(r, "id", "is not there");
        scrape_post_refuse(r);
        return;
    }
    post.url = scrape_web(r, item, photo ? "link" : "permalink_url");
    post.text = scrape_text(r, item, photo ? "name" : "message", SCRAPE_LONGEST_TEXT);
    post.time = scrape_time_of(r, item, "created_time");
    post.likes = total_read(r, item, photo ? "likes" : "reactions");
    post.replies = total_read(r, item, "comments");
    const json_t *shares = scrape_object(r, item, "shares");
    scrape_enter(r, "shares");
    if (shares) post.reposts = scrape_count(r, shares, "count");
    scrape_leave(r);
    author_read(r, item, &post);
    scrape_graph_tags(r, &post);
    pictures_read(r, item, &post);
    scrape_post_add(r, &post);
}

static lg_status page_read(scrape_reader *r, const scrape_walk *walk, lg_err *err)
{
    const char *after;
    if (!cursor_at(r->query, walk->cursor, &after)) return scrape_bad_cursor(TITLE, err);
    if (!json_is_object(r->root)) return scrape_shape(r, NULL, "is not an object", err);
    if (scrape_graph_is_error(r)) return scrape_refused_by(TITLE, 0, r->root, err);
    const json_t *list = json_object_get(r->root, "data");
    if (!json_is_array(list)) return scrape_shape(r, "data", list ? "is not a list" : "is not there", err);
    LG_TRY(scrape_posts_read(r, "data", list, post_read, NULL, err));
    if (!r->page->given) scrape_stage_end(r, "the platform has no more");
    const char *mark = scrape_graph_after(r, r->root, true);
    const char *next = mark ? scrape_say(r, "%c0:%s", kind_of(r->query), mark) : NULL;
    scrape_withhold_missing(r, "Facebook gives it to the Page itself, or not at all");
    return scrape_page_finish(r, walk, (uint64_t)kind_of(r->query), next, NULL, err);
}

static lg_status facebook_parse(const scrape_query *q, const scrape_walk *walk, const scrape_answer *answer,
                                scrape_page *page, lg_err *err)
{
    scrape_reader r;
    if (scrape_is_refusal(answer)) return scrape_refused(TITLE, answer, err);
    LG_TRY(scrape_reader_open(&r, "facebook", q, answer, page, err));
    return scrape_reader_close(&r, page_read(&r, walk, err), err);
}

static lg_status facebook_check_parse(const scrape_answer *answer, const char *const *id, size_t count,
                                      scrape_state *state, lg_err *err)
{
    (void)count;
    return scrape_graph_check_parse(TITLE, answer, id, state, err);
}

const scrape_platform scrape_platform_facebook = {.name = "facebook",
                                                  .title = TITLE,
                                                  .origin = "https://graph.facebook.com",
                                                  .checks = 1,
                                                  .plan = facebook_plan,
                                                  .request = facebook_request,
                                                  .parse = facebook_parse,
                                                  .check = scrape_graph_check,
                                                  .check_parse = facebook_check_parse};
