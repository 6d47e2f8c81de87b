/* platform_twitter.c - X, API v2: recent search, and the posts of an account.
 *
 * Cursors: `s100:TOKEN` search, 100 posts given so far; `u100:ID/TOKEN` the posts of account ID. An account is looked
 * up by name first (no cursor), because its posts are asked for by number. The number of posts given is in the cursor
 * because each is paid for: the last page asks for no more than is still wanted.
 *
 * Answers are joined from `data` and `includes`; both spellings of the fields are read (retweet_count and
 * repost_count). A post whose author is not among the included users keeps its author_id. */
#include <stdlib.h>
#include <string.h>
#include "scraper/answer.h"

#include "lib/base/banned.h"

enum { PER_PAGE = 100, LEAST_SEARCH = 10, LEAST_USER = 5, WEEK_MS = 7 * 24 * 3600 * 1000 };
static const char TITLE[] = "X";

/* ---- asking ---- */
static const char *search_text(const scrape_query *q, lg_arena *arena, lg_err *err)
{
    const char *what = q->text ? q->text : scrape_join(arena, q->tag, q->tags, "#", " OR ", err);
    if (!what) return NULL;
    bool one = q->tags == 1;
    return lg_arena_strf(arena, err, "%s%s%s has:images -is:retweet", one ? "" : "(", what, one ? "" : ")");
}

/* Search goes back a week, and ends ten seconds ago; other times are an error of the whole request. */
static int64_t earliest(const scrape_query *q)
{
    int64_t week = q->now ? q->now - WEEK_MS + 60000 : 0;
    return q->since && !q->user && q->since < week ? week : q->since;
}

static int64_t latest(const scrape_query *q)
{
    return q->until && q->now && q->until > q->now - 10000 ? 0 : q->until;
}

static lg_status query_ok(const scrape_query *q, lg_arena *arena, lg_err *err)
{
    LG_TRY(scrape_query_check(q, TITLE, SCRAPE_CAN_TAG | SCRAPE_CAN_TEXT | SCRAPE_CAN_USER, "scrape twitter tag adidas",
                              err));
    if (q->what != SCRAPE_POSTS)
        return lg_fail(err, LG_E_ARG, 723, "X tells apart neither tagged posts nor photos of an account");
    if (q->user) return LG_OK;
    if (q->until && q->now && q->until <= q->now - WEEK_MS) {
        lg_fail(err, LG_E_ARG, 723, "X gives posts of the last seven days only");
        return lg_try(err, "a later `until`, or none");
    }
    const char *text = search_text(q, arena, err);
    if (!text) return err->status;
    if (strlen(text) <= 512) return LG_OK;
    lg_fail(err, LG_E_ARG, 723, "that search is too long for X");
    lg_why(err, "it has %zu characters; X takes 512", strlen(text));
    return lg_try(err, "search for fewer tags at once");
}

static const char *add_lines(const scrape_query *q, scrape_plan *plan)
{
    scrape_plan_line(
        plan, "Gives text, time, likes, reposts, replies, hashtags, pictures with their descriptions, and authors.");
    if (!q->user)
        scrape_plan_line(plan, "Withholds posts older than seven days: recent search does not reach further back.");
    if (q->since && earliest(q) != q->since)
        scrape_plan_line(plan, "`since` lies further back than that; it begins seven days ago.");
    scrape_plan_line(
        plan,
        "Withholds posts of protected accounts, and authors that were suspended: such a post comes without a name.");
    return "at most: $0.005 a post, $0.005 a picture, $0.010 an author; what was read the same day is not paid again";
}

static lg_status twitter_plan(const scrape_query *q, lg_arena *arena, scrape_plan *out, lg_err *err)
{
    *out = (scrape_plan){0};
    LG_TRY(query_ok(q, arena, err));
    scrape_plan_count(out, q, PER_PAGE);
    out->least = q->user ? LEAST_USER : LEAST_SEARCH;
    out->cost_most = (int64_t)(out->posts < 1000000000 ? out->posts : 1000000000) * (q->user ? 10000 : 20000);
    if (q->user) out->cost_most += 10000, out->requests++;
    out->cost = add_lines(q, out);
    out->limits = q->user ? "1,500 requests in 15 minutes" : "450 requests in 15 minutes";
    const char *what = q->user   ? lg_arena_strf(arena, err, "by @%s", scrape_bare(q->user))
                       : q->text ? lg_arena_strf(arena, err, "with \"%s\"", q->text)
                                 : scrape_join(arena, q->tag, q->tags, "#", " or ", err);
    if (what)
        out->summary = lg_arena_strf(arena, err, "X: up to %s posts %s%s", lg_thousands((long long)out->posts),
                                     q->tags ? "with pictures and " : "", what);
    return err->status;
}

static void fields_add(scrape_request *out, const scrape_query *q, bool authors)
{
    /* In the newest specification author and reposted post are expansions only. */
    if (q->dialect)
        scrape_param_add(out, "post.fields",
                         "attachments,created_at,entities,id,lang,note_post,possibly_sensitive,public_metrics,text");
    else
        scrape_param_add(out, "tweet.fields",
                         "attachments,author_id,created_at,entities,id,lang,note_tweet,possibly_sensitive,"
                         "public_metrics,referenced_tweets,text");
    scrape_param_add(out, "expansions", authors ? "attachments.media_keys,author_id" : "attachments.media_keys");
    scrape_param_add(out, "media.fields", "alt_text,height,media_key,preview_image_url,type,url,width");
    if (authors) scrape_param_add(out, "user.fields", "id,name,protected,username");
}

static void times_add(scrape_request *out, const scrape_query *q, lg_arena *arena, lg_err *err)
{
    char text[32];
    if (earliest(q)) {
        scrape_time_text(earliest(q), false, text);
        scrape_param_add(out, "start_time", lg_arena_strf(arena, err, "%s", text));
    }
    if (latest(q)) {
        scrape_time_text(latest(q), false, text);
        scrape_param_add(out, "end_time", lg_arena_strf(arena, err, "%s", text));
    }
}

static void size_add(scrape_request *out, const scrape_query *q, uint64_t given, uint64_t least, lg_arena *arena,
                     lg_err *err)
{
    uint64_t limit = scrape_limit(q), more = limit > given ? limit - given : 0;
    if (more > PER_PAGE) more = PER_PAGE;
    if (more < least) more = least;
    scrape_param_add(out, "max_results", scrape_number(arena, more, err));
}

static lg_status request_account(const scrape_query *q, lg_arena *arena, scrape_request *out, lg_err *err)
{
    const char *name = scrape_encode(arena, scrape_bare(q->user), err);
    scrape_request_begin(out, name ? lg_arena_strf(arena, err, "/2/users/by/username/%s", name) : NULL);
    scrape_param_add(out, "user.fields", "id,name,protected,username");
    return scrape_request_end(out, err);
}

static lg_status request_search(const scrape_query *q, uint64_t given, const char *token, lg_arena *arena,
                                scrape_request *out, lg_err *err)
{
    scrape_request_begin(out, "/2/tweets/search/recent");
    scrape_param_add(out, "query", search_text(q, arena, err));
    fields_add(out, q, true);
    times_add(out, q, arena, err);
    size_add(out, q, given, LEAST_SEARCH, arena, err);
    if (token) scrape_param_add(out, "next_token", token);
    return scrape_request_end(out, err);
}

/* "783214/TOKEN": the number, and the token or NULL. */
static bool account_part(const char *rest, char id[32], const char **token)
{
    size_t n = strspn(rest, "0123456789");
    if (!n || n > 20 || rest[n] != '/') return false;
    memcpy(id, rest, n);
    id[n] = 0;
    *token = rest[n + 1] ? rest + n + 1 : NULL;
    return true;
}

static lg_status twitter_request(const scrape_query *q, const char *cursor, lg_arena *arena, scrape_request *out,
                                 lg_err *err)
{
    uint64_t given = 0;
    const char *rest, *token;
    char id[32];
    LG_TRY(query_ok(q, arena, err));
    if (!cursor && q->user) return request_account(q, arena, out, err);
    if (!cursor) return request_search(q, 0, NULL, arena, out, err);
    if (!q->user && scrape_cursor_part(cursor, 's', &given, &rest) && *rest)
        return request_search(q, given, rest, arena, out, err);
    if (!q->user || !scrape_cursor_part(cursor, 'u', &given, &rest) || !account_part(rest, id, &token))
        return scrape_bad_cursor(TITLE, err);
    scrape_request_begin(out, lg_arena_strf(arena, err, "/2/users/%s/tweets", id));
    scrape_param_add(out, "exclude", "retweets");
    fields_add(out, q, false);
    times_add(out, q, arena, err);
    size_add(out, q, given, LEAST_USER, arena, err);
    if (token) scrape_param_add(out, "pagination_token", token);
    return scrape_request_end(out, err);
}

/* ---- reading ---- */
/* The included object whose `key` is this identity; X names it once, some servers several times: the first counts. */
static const json_t *included(const json_t *list, const char *key, const char *id, size_t *index)
{
    for (size_t i = 0; i < scrape_items(list); i++) {
        const json_t *v = json_object_get(json_array_get(list, i), key);
        if (!json_is_string(v) || strcmp(json_string_value(v), id) != 0) continue;
        *index = i;
        return json_array_get(list, i);
    }
    return NULL;
}

static scrape_media_type type_of(const char *type)
{
    if (!type || strcmp(type, "photo") == 0) return SCRAPE_PHOTO;
    return strcmp(type, "video") == 0          ? SCRAPE_VIDEO
           : strcmp(type, "animated_gif") == 0 ? SCRAPE_ANIMATION
                                               : SCRAPE_OTHER;
}

static void media_read(scrape_reader *r, const json_t *item, const char *key, scrape_media *out)
{
    *out = (scrape_media){.id = key, .type = type_of(scrape_text(r, item, "type", 40))};
    out->url = scrape_web(r, item, "url");
    if (!out->url) out->url = scrape_web(r, item, "preview_image_url");
    out->alt = scrape_text(r, item, "alt_text", SCRAPE_LONGEST_ALT);
    out->width = scrape_pixels(r, item, "width");
    out->height = scrape_pixels(r, item, "height");
}

/* Where we are while something in `includes` is read. */
static void in_includes(scrape_reader *r, scrape_reader *kept, const char *list, size_t index)
{
    *kept = *r;
    r->steps = 0;
    scrape_enter(r, "includes");
    scrape_enter(r, list);
    scrape_enter_at(r, index);
}

static void out_of_includes(scrape_reader *r, const scrape_reader *kept)
{
    memcpy(r->step, kept->step, sizeof r->step);
    r->steps = kept->steps;
}

static void media_all(scrape_reader *r, const json_t *item, const json_t *list, scrape_post *post)
{
    const json_t *attached = scrape_object(r, item, "attachments");
    if (!attached) return;
    scrape_enter(r, "attachments");
    const json_t *keys = scrape_array(r, attached, "media_keys");
    size_t n = scrape_items(keys), index = 0;
    if (n > SCRAPE_MOST_MEDIA) scrape_problem_add(r, "media_keys", "has too many entries; the rest is left out");
    if (n > SCRAPE_MOST_MEDIA) n = SCRAPE_MOST_MEDIA;
    scrape_media *media = scrape_media_room(r, n);
    for (size_t i = 0; media && i < n; i++) {
        const json_t *v = json_array_get(keys, i);
        const char *key = json_is_string(v) ? json_string_value(v) : NULL;
        if (!key || !*key || strlen(key) > SCRAPE_LONGEST_ID) {
            scrape_problem_add(r, "media_keys", "has an entry that is no key");
            continue;
        }
        scrape_media *m = &media[post->media_count++];
        *m = (scrape_media){.id = scrape_copy(r, key, strlen(key)),
                            .type = SCRAPE_OTHER,
                            .width = SCRAPE_NOT_GIVEN,
                            .height = SCRAPE_NOT_GIVEN};
        const json_t *found = included(list, "media_key", key, &index);
        scrape_reader kept;
        if (!found) {
            scrape_withhold(r, "a picture's address", "X names the picture and does not include it", 1);
            continue;
        }
        in_includes(r, &kept, "media", index);
        media_read(r, found, m->id, m);
        out_of_includes(r, &kept);
    }
    post->media = media;
    scrape_leave(r);
}

/* False for a protected account: its posts are not for everybody, even where the asking account may see them. */
static bool author_read(scrape_reader *r, const json_t *users, scrape_post *post)
{
    size_t index = 0;
    scrape_reader kept;
    const json_t *user = post->author_id ? included(users, "id", post->author_id, &index) : NULL;
    if (!user) return true;
    in_includes(r, &kept, "users", index);
    post->author_handle = scrape_text(r, user, "username", SCRAPE_LONGEST_NAME);
    post->author_name = scrape_text(r, user, "name", SCRAPE_LONGEST_NAME);
    bool protected = scrape_flag(r, user, "protected");
    out_of_includes(r, &kept);
    return !protected;
}

static void counts_read(scrape_reader *r, const json_t *item, scrape_post *post)
{
    const json_t *metrics = scrape_object(r, item, "public_metrics");
    post->likes = post->reposts = post->replies = SCRAPE_NOT_GIVEN;
    if (!metrics) return;
    scrape_enter(r, "public_metrics");
    post->likes = scrape_count(r, metrics, "like_count");
    post->replies = scrape_count(r, metrics, "reply_count");
    post->reposts = scrape_count(r, metrics, "retweet_count");
    if (post->reposts == SCRAPE_NOT_GIVEN) post->reposts = scrape_count(r, metrics, "repost_count");
    scrape_leave(r);
}

/* Posts longer than 280 characters carry their whole text, and its hashtags, beside the cut one. */
static void text_read(scrape_reader *r, const json_t *item, scrape_post *post)
{
    const char *long_key = json_is_object(json_object_get(item, "note_tweet")) ? "note_tweet" : "note_post";
    const json_t *note = scrape_object(r, item, long_key), *from = item;
    post->text = scrape_text(r, item, "text", SCRAPE_LONGEST_TEXT);
    scrape_enter(r, long_key);
    const char *whole = note ? scrape_text(r, note, "text", SCRAPE_LONGEST_TEXT) : NULL;
    if (!whole) scrape_leave(r);
    else post->text = whole, from = json_is_object(json_object_get(note, "entities")) ? note : item;
    const json_t *entities = scrape_object(r, from, "entities");
    if (entities) {
        scrape_enter(r, "entities");
        const json_t *tags = scrape_array(r, entities, "hashtags");
        scrape_enter(r, "hashtags");
        scrape_tags(r, tags, "tag", post);
        scrape_leave(r);
        scrape_leave(r);
    }
    if (whole) scrape_leave(r);
}

static bool is_repost(const json_t *item)
{
    const json_t *list = json_object_get(item, "referenced_tweets");
    if (!json_is_array(list)) list = json_object_get(item, "referenced_posts");
    for (size_t i = 0; i < scrape_items(list); i++) {
        const json_t *type = json_object_get(json_array_get(list, i), "type");
        if (json_is_string(type) && strcmp(json_string_value(type), "retweeted") == 0) return true;
    }
    return false;
}

/* account: number of the account whose posts were asked for, or "" */
/* What the posts of a page refer to. */
typedef struct around {
    const json_t *includes;
    const char *account; /* whose posts they are, where that was asked for */
} around;

static void post_read(scrape_reader *r, const json_t *item, const void *ctx)
{
    const json_t *includes = ((const around *)ctx)->includes;
    const char *account = ((const around *)ctx)->account;
    scrape_post post = {.id = scrape_identity(r, item, "id")};
    if (!post.id) {
        if (!json_object_get(item, "id") || json_is_null(json_object_get(item, "id")))
            scrape_problem_add(r, "id", "is not there");
        scrape_post_refuse(r);
        return;
    }
    if (is_repost(item)) {
        scrape_post_leave_out(r, &r->page->reposts);
        return;
    }
    text_read(r, item, &post);
    post.time = scrape_time_of(r, item, "created_at");
    post.language = scrape_text(r, item, "lang", 40);
    post.sensitive = scrape_flag(r, item, "possibly_sensitive");
    post.author_id = scrape_identity(r, item, "author_id");
    if (!post.author_id && *account) post.author_id = scrape_copy(r, account, strlen(account));
    counts_read(r, item, &post);
    if (!author_read(r, json_object_get(includes, "users"), &post)) {
        scrape_post_leave_out(r, &r->page->not_public);
        return;
    }
    media_all(r, item, json_object_get(includes, "media"), &post);
    if (r->query->user && !post.author_handle) {
        const char *name = scrape_bare(r->query->user);
        post.author_handle = scrape_copy(r, name, strlen(name));
    }
    const char *who = post.author_handle ? scrape_encode(&r->page->arena, post.author_handle, r->err) : "i/web";
    const char *id = scrape_encode(&r->page->arena, post.id, r->err);
    post.url = scrape_say(r, "https://x.com/%s/status/%s", who ? who : "", id ? id : "");
    scrape_post_add(r, &post);
}

static lg_status posts_read(scrape_reader *r, const json_t *data, const char *account, lg_err *err)
{
    const around c = {scrape_object(r, r->root, "includes"), account};
    return scrape_posts_read(r, "data", data, post_read, &c, err);
}

/* What X could not give although it answered: each of `errors` is about an author, a picture or a field. */
static void errors_read(scrape_reader *r)
{
    const json_t *errors = json_object_get(r->root, "errors");
    const json_t *first = json_array_get(errors, 0);
    if (!scrape_items(errors)) return;
    const char *detail = json_is_object(first) ? scrape_text(r, first, "title", 200) : NULL;
    scrape_withhold(r, "parts of posts", detail ? detail : "X says so in `errors`", scrape_items(errors));
}

/* Nobody says when the fields that were asked for were not understood: they are just not there. */
static bool fields_are_missing(const scrape_page *page)
{
    for (size_t i = 0; i < page->count; i++)
        if (page->post[i].time != SCRAPE_NO_TIME) return false;
    return page->count > 0;
}

static lg_status page_read(scrape_reader *r, const scrape_walk *walk, char stage, uint64_t before, const char *id,
                           lg_err *err)
{
    const json_t *data = json_object_get(r->root, "data"), *meta = scrape_object(r, r->root, "meta");
    if (!data && !meta && scrape_items(json_object_get(r->root, "errors")))
        return scrape_refused_by(TITLE, 0, r->root, err);
    if (!data && !meta) return scrape_shape(r, "data", "is not there", err);
    if (data && !json_is_null(data) && !json_is_array(data)) return scrape_shape(r, "data", "is not a list", err);
    if (json_is_array(data)) LG_TRY(posts_read(r, data, id, err));
    errors_read(r);
    scrape_enter(r, "meta");
    int64_t told = scrape_count(r, meta, "result_count");
    const char *token = scrape_text(r, meta, "next_token", SCRAPE_LONGEST_CURSOR - 64), *next = NULL;
    if (told != SCRAPE_NOT_GIVEN && (uint64_t)told != r->page->given)
        scrape_problem_add(r, "result_count", "is not the number of posts given");
    scrape_leave(r);
    uint64_t given = before + r->page->given;
    if (token && *token)
        next =
            scrape_say(r, "%c%llu:%s%s%s", stage, (unsigned long long)(given % 1000000000), id, *id ? "/" : "", token);
    if (next && given >= scrape_limit(r->query)) scrape_stage_end(r, "as many posts as were asked for");
    /* The count in the cursor grows, so the tokens are compared here. */
    const char *old = walk->cursor ? strchr(walk->cursor, ':') : NULL;
    if (next && old && strcmp(strchr(next, ':'), old) == 0)
        scrape_stage_end(r, "the platform gave the same page again");
    r->page->other_dialect = fields_are_missing(r->page);
    scrape_withhold_missing(r, r->page->other_dialect ? "X did not understand which fields were asked for"
                                                      : "X left it out: the account may be protected or suspended");
    return scrape_page_finish(r, walk, (uint64_t)stage, next, NULL, err);
}

/* {"data": {"id": …}}: the account by its name; its posts come next. */
static lg_status account_read(scrape_reader *r, lg_err *err)
{
    const json_t *data = json_object_get(r->root, "data");
    const json_t *errors = json_object_get(r->root, "errors");
    if (!data && scrape_items(errors)) {
        lg_fail(err, LG_E_DATA, 724, "X has no account `%.60s` that can be seen", r->query->user);
        return lg_try(err, "the name as it stands behind @ on the profile");
    }
    if (!json_is_object(data)) return scrape_shape(r, "data", "is not an object", err);
    scrape_enter(r, "data");
    const char *id = scrape_identity(r, data, "id");
    if (!id || !*id || strspn(id, "0123456789") != strlen(id) || strlen(id) > 20)
        return scrape_shape(r, "id", "is no number of an account", err);
    if (scrape_flag(r, data, "protected")) scrape_withhold(r, "all posts", "the account is protected", 0);
    r->page->next = scrape_say(r, "u0:%s/", id);
    return err->status;
}

static lg_status read_stage(scrape_reader *r, const scrape_walk *walk, lg_err *err)
{
    uint64_t given = 0;
    const char *rest, *token;
    char id[32];
    if (!json_is_object(r->root)) return scrape_shape(r, NULL, "is not an object", err);
    if (!walk->cursor && r->query->user) return account_read(r, err);
    if (!r->query->user && (!walk->cursor || scrape_cursor_part(walk->cursor, 's', &given, &rest)))
        return page_read(r, walk, 's', given, "", err);
    if (!r->query->user || !scrape_cursor_part(walk->cursor, 'u', &given, &rest) || !account_part(rest, id, &token))
        return scrape_bad_cursor(TITLE, err);
    return page_read(r, walk, 'u', given, id, err);
}

static lg_status twitter_parse(const scrape_query *q, const scrape_walk *walk, const scrape_answer *answer,
                               scrape_page *page, lg_err *err)
{
    scrape_reader r;
    if (scrape_is_refusal(answer)) return scrape_refused(TITLE, answer, err);
    LG_TRY(scrape_reader_open(&r, "twitter", q, answer, page, err));
    return scrape_reader_close(&r, read_stage(&r, walk, err), err);
}

/* ---- what became of posts ---- */
static lg_status twitter_check(const char *const *id, size_t count, lg_arena *arena, scrape_request *out, lg_err *err)
{
    scrape_request_begin(out, "/2/tweets");
    scrape_param_add(out, "ids", scrape_join(arena, id, count, "", ",", err));
    return scrape_request_end(out, err);
}

static void state_set(const char *const *id, size_t count, scrape_state *state, const json_t *value, scrape_state what)
{
    for (size_t i = 0; json_is_string(value) && i < count; i++)
        if (strcmp(id[i], json_string_value(value)) == 0) state[i] = what;
}

static bool ends_with(const json_t *v, const char *end)
{
    size_t n = json_is_string(v) ? json_string_length(v) : 0, m = strlen(end);
    return n >= m && strcmp(json_string_value(v) + n - m, end) == 0;
}

static lg_status twitter_check_parse(const scrape_answer *answer, const char *const *id, size_t count,
                                     scrape_state *state, lg_err *err)
{
    json_t *root;
    scrape_states(state, count, SCRAPE_UNKNOWN);
    if (scrape_is_refusal(answer)) return scrape_refused(TITLE, answer, err);
    LG_TRY(scrape_json_load(TITLE, answer, &root, err));
    const json_t *errors = json_object_get(root, "errors"), *data = json_object_get(root, "data");
    for (size_t i = 0; i < scrape_items(errors); i++) {
        const json_t *e = json_array_get(errors, i), *type = json_object_get(e, "type");
        scrape_state what = ends_with(type, "/resource-not-found")            ? SCRAPE_GONE
                            : ends_with(type, "/not-authorized-for-resource") ? SCRAPE_HIDDEN
                                                                              : SCRAPE_UNKNOWN;
        state_set(id, count, state, json_object_get(e, "resource_id"), what);
    }
    for (size_t i = 0; i < scrape_items(data); i++)
        state_set(id, count, state, json_object_get(json_array_get(data, i), "id"), SCRAPE_THERE);
    json_decref(root);
    return LG_OK;
}

const scrape_platform scrape_platform_twitter = {.name = "twitter",
                                                 .title = "X (Twitter)",
                                                 .origin = "https://api.x.com",
                                                 .checks = 100,
                                                 .check_cost = 5000,
                                                 .counts = true,
                                                 .plan = twitter_plan,
                                                 .request = twitter_request,
                                                 .parse = twitter_parse,
                                                 .check = twitter_check,
                                                 .check_parse = twitter_check_parse};
