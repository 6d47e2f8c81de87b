/* Whole scrapes against a server on 127.0.0.1 that is a platform with everything that can go wrong: limits, errors,
 * circles, pictures that are none. Waiting is by a clock of ours. */
#include "lib/net/secret.h"
#include "scraper/drive.h"
#include "tests/support/catalogue.h"
#include "tests/support/fake_clock.h"
#include "tests/support/http_server.h"

static lg_err err;
static server s;
static char origin[60];
static store_catalogue *c;

#define CHECK_ERR(call, number)                                                                                        \
    do {                                                                                                               \
        CHECK((call) != LG_OK);                                                                                        \
        CHECK_INT(err.code, number);                                                                                   \
    } while (0)

static int told_waits;

/* ---- a platform ---- */
enum { ALL = 23 };
static int pages_served, fail_at, fail_status; /* the fail_at-th page of a run is answered with fail_status; 0: none */
static const char *fail_lines, *fail_body;
static bool circles, with_tags, dialect_new, any_etag;
static int cuts;    /* 0: none; else 14 is cut off the first time, and 15 always */
static int gone_id; /* a post that was deleted there */

static void picture_say(int fd, int color)
{
    lg_buf png;
    lg_err e = {0};
    img_picture p = {0};
    lg_buf_init(&png, 1 << 20);
    if (img_picture_init(&p, 40, 40, 3, &e)) TEST_FAIL("%s", e.msg);
    for (size_t i = 0; i < img_size(&p); i++) p.px[i] = (uint8_t)(color * 37 + (i % 3) * 20);
    if (img_png_write(&p, 1, &png, &e)) TEST_FAIL("%s", e.msg);
    server_say(fd, 200, "ETag: \"pic\"\r\n", png.data, png.len);
    img_picture_release(&p);
    lg_buf_release(&png);
}

/* An answer that ends with its connection, so that a part of it looks like all of it. */
static bool picture_cut(int fd, bool whole)
{
    static const char head[] = "HTTP/1.1 200 X\r\nConnection: close\r\n\r\n";
    lg_buf png;
    lg_err e = {0};
    img_picture p = {0};
    lg_buf_init(&png, 1 << 20);
    if (img_picture_init(&p, 40, 40, 3, &e)) TEST_FAIL("%s", e.msg);
    for (size_t i = 0; i < img_size(&p); i++) p.px[i] = (uint8_t)(i * i * 31);
    if (img_png_write(&p, 1, &png, &e)) TEST_FAIL("%s", e.msg);
    server_send(fd, head, sizeof head - 1);
    server_send(fd, png.data, whole ? png.len : png.len / 2);
    img_picture_release(&p);
    lg_buf_release(&png);
    return false;
}

/* /pic/N: 3 and 13 are the same picture; 4 is none, 5 is not there, 6 is in trouble. */
static void picture_answer(int fd, const server_ask *ask, int n)
{
    if (n == 4) server_say(fd, 200, "Content-Type: image/png\r\n", "<html>no</html>", 15);
    else if (n == 5) server_say(fd, 404, "", "", 0);
    else if (n == 6 && fail_status == 500) server_say(fd, 500, "", "", 0);
    else if (strstr(ask->text, "If-None-Match: \"pic\"")) server_say(fd, 304, "", "", 0);
    else picture_say(fd, n == 13 ? 3 : n);
}

/* Posts ALL, ALL - 1, … 1, as Mastodon gives them: those below max_id. */
static void timeline(server *srv, int fd, const server_ask *ask)
{
    static char text[60000];
    char lines[400] = "";
    const char *max = strstr(ask->path, "max_id="), *limit = strstr(ask->path, "limit=");
    int below = max && !circles ? atoi(max + 7) : ALL + 1, most = limit ? atoi(limit + 6) : 20, id = below - 1;
    size_t n = 0;
    if (with_tags && strstr(ask->text, "If-None-Match: \"page\"")) {
        server_say(fd, 304, "", "", 0);
        return;
    }
    text[n++] = '[';
    for (int i = 0; i < most && id > 0; i++, id--)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "%s{\"id\":\"%d\",\"created_at\":\"2026-05-13T10:%02d:00.000Z\",\"url\":\"%s/@a/%d\","
                              "\"content\":\"<p>post %d</p>\",\"favourites_count\":%d,\"visibility\":\"%s\",%s"
                              "\"account\":{\"id\":\"%d\",\"acct\":\"user%d\"},\"media_attachments\":[{\"id\":\"9%d\","
                              "\"type\":\"image\",\"url\":\"http://127.0.0.1:%d/pic/%d\"}],\"tags\":[]}",
                              i ? "," : "", id, id, origin, id, id, id, id == 9 ? "private" : "public",
                              id == 8 ? "\"reblog\":{\"id\":\"1\"}," : "", id % 3, id % 3, id, srv->port, id);
    n += (size_t)snprintf(text + n, sizeof text - n, "]");
    if (id > 0 || circles)
        snprintf(lines, sizeof lines, "Link: <%s/api/v1/timelines/tag/adidas?max_id=%d>; rel=\"next\"\r\n", origin,
                 circles ? 1000 + pages_served : id + 1);
    if (with_tags) strcat(lines, "ETag: \"page\"\r\n");
    strcat(lines, "X-RateLimit-Limit: 300\r\nX-RateLimit-Remaining: 123\r\n");
    server_say(fd, 200, lines, text, n);
}

static bool answer(server *srv, int fd, const server_ask *ask)
{
    if (cuts && (strcmp(ask->path, "/pic/14") == 0 || strcmp(ask->path, "/pic/15") == 0))
        return picture_cut(fd, ask->path[6] == '4' && cuts++ > 1);
    if (strncmp(ask->path, "/pic/", 5) == 0) {
        picture_answer(fd, ask, atoi(ask->path + 5));
        return true;
    }
    if (strncmp(ask->path, "/api/v1/statuses/", 17) == 0) {
        char text[60];
        int id = atoi(ask->path + 17), n = snprintf(text, sizeof text, "{\"id\":\"%d\"}", id);
        if (id == gone_id) server_say(fd, 404, "", "{\"error\":\"Record not found\"}", 28);
        else if (strstr(ask->text, "If-None-Match: \"post\"")) server_say(fd, 304, "", "", 0);
        else server_say(fd, 200, any_etag ? "ETag: \"post\"\r\n" : "", text, (size_t)n);
        return true;
    }
    if (++pages_served == fail_at) server_say(fd, fail_status, fail_lines, fail_body, strlen(fail_body));
    else timeline(srv, fd, ask);
    return true;
}

static void begin(server_fn fn)
{
    err = (lg_err){0};
    fake_now = 5;
    told_waits = pages_served = fail_at = fail_status = gone_id = cuts = 0;
    fail_lines = fail_body = "";
    circles = with_tags = dialect_new = any_etag = false;
    c = cat_new();
    server_start(&s, fn);
    snprintf(origin, sizeof origin, "http://127.0.0.1:%d", s.port);
    CHECK_OK(lg_reach_allow_host(origin, &err));
    lg_cancel_clear(&cat_cancel);
}

static void end(void)
{
    server_stop(&s);
    store_catalogue_close(c);
}

/* ---- the drive ---- */
static const char *const tag[] = {"adidas", "nike"};
static int authorized; /* requests that were */
static lg_status bearer(void *ctx, net_client *client, const char *method, const char *url, lg_buf *out, lg_err *e)
{
    (void)ctx, (void)client;
    CHECK(strcmp(method, "GET") == 0 && strncmp(url, origin, strlen(origin)) == 0);
    authorized++;
    lg_buf_adds(out, "Bearer the-test-token");
    return lg_buf_check(out, e);
}

static void told(void *ctx, const scrape_progress *now)
{
    (void)ctx;
    told_waits += now->wait != NULL;
}

static scrape_result result;

static scrape_drive drive_of(const char *platform, uint64_t limit)
{
    return (scrape_drive){.platform = scrape_platform_find(platform),
                          .query = {.tag = tag, .tags = 1, .limit = limit, .server = origin},
                          .key = "tag adidas",
                          .catalogue = c,
                          .access = {.origin = origin, .authorize = bearer},
                          .cancel = &cat_cancel,
                          .progress = told,
                          .clock = &fake,
                          .seed = 7};
}

static lg_status run(scrape_drive d)
{
    err = (lg_err){0};
    pages_served = 0;
    scrape_result_release(&result);
    return scrape_run(&d, &result, &err);
}

static lg_status scrape(uint64_t limit, bool resume)
{
    scrape_drive d = drive_of("mastodon", limit);
    d.resume = resume;
    return run(d);
}

static char left[1000];
static uint64_t left_posts;
static lg_status note_add(void *ctx, const store_note *n, lg_err *e)
{
    (void)ctx, (void)e;
    size_t at = strlen(left);
    snprintf(left + at, sizeof left - at, "%c %s %llu\n", (char)n->kind, n->what, (unsigned long long)n->posts);
    if (n->kind == STORE_LEFT_OUT) left_posts += n->posts;
    return LG_OK;
}

/* No post is lost in silence. */
static void sum_holds(void)
{
    left[0] = 0;
    left_posts = 0;
    CHECK_OK(store_catalogue_notes(c, result.scrape.id, note_add, NULL, &err));
    CHECK_INT(result.scrape.given, result.scrape.posts + left_posts);
    CHECK_OK(store_catalogue_check(c, true, &err));
}

static char lost[1000];
static lg_status lost_add(void *ctx, const char *why, int64_t count, lg_err *e)
{
    (void)ctx, (void)e;
    size_t at = strlen(lost);
    snprintf(lost + at, sizeof lost - at, "%lld %s\n", (long long)count, why);
    return LG_OK;
}

static store_media_counts media(void)
{
    store_media_counts n;
    lost[0] = 0;
    CHECK_OK(store_catalogue_media(c, result.scrape.id, &n, lost_add, NULL, &err));
    return n;
}

TEST(everything_that_is_there)
{
    begin(answer);
    CHECK_OK(scrape(100, false));
    CHECK(result.ended && result.scrape.done);
    CHECK_STR(result.end_why, "the platform has no more");
    CHECK_INT(result.scrape.posts, ALL - 2);
    CHECK_INT(result.fresh, ALL - 2);
    CHECK_INT(result.read, ALL);
    sum_holds();
    CHECK_STR(left, "l not for everybody 1\nl passed on from others (reposts) 1\n");
    CHECK_INT(result.rate.remaining, 123);
    store_media_counts n = media();
    CHECK_INT(n.kept, ALL - 4);
    CHECK_INT(n.images, ALL - 5); /* two of them are the same */
    CHECK_INT(n.lost, 2);
    CHECK_INT(n.wanted, 0);
    CHECK_HAS(lost, "1 its server answered with status 404\n");
    CHECK_HAS(lost, "1 this is a web page file");
    CHECK_HAS(server_log(&s), "Authorization: Bearer the-test-token");
    const char *pic = strstr(server_log(&s), "GET /pic/"), *behind = strstr(pic, "\r\n\r\n");
    const char *key = strstr(pic, "Authorization:");
    CHECK(!key || key > behind); /* pictures are asked for without keys */
    end();
}

TEST(no_more_is_asked_for_than_is_wanted)
{
    begin(answer);
    CHECK_OK(scrape(7, false));
    CHECK_INT(result.scrape.posts, 7);
    CHECK_STR(result.end_why, "as many posts as were asked for");
    CHECK_HAS(server_log(&s), "limit=7&");
    /* two of the first posts are for nobody here, so a second page is asked, for as many as are missing */
    scrape_drive d = drive_of("mastodon", 15);
    d.key = "tag adidas limit 15 budget 50";
    d.query.budget = 50;
    CHECK_OK(run(d));
    CHECK_INT(result.scrape.posts, 15);
    CHECK_INT(result.read, 20);  /* a post at a time would be many requests: what was beyond is left out */
    CHECK_INT(result.pages, 1);
    sum_holds();
    /* and with a budget it stops there */
    d.key = "tag adidas limit 15 budget 16";
    d.query.budget = 16;
    CHECK_OK(run(d));
    CHECK_INT(result.read, 16);
    CHECK_STR(result.end_why, "the budget of 16 posts is spent");
    sum_holds();
    end();
}

static bool answer_small(server *srv, int fd, const server_ask *ask);

TEST(a_limit_of_how_often_is_waited_for)
{
    begin(answer_small);
    fail_at = 2, fail_status = 429, fail_lines = "Retry-After: 30\r\n";
    CHECK_OK(scrape(100, false));
    CHECK(told_waits >= 25);
    CHECK(fake_now > 30 && fake_now < 45);
    end();
}

static bool answer_small(server *srv, int fd, const server_ask *ask)
{
    static char path[400];
    const char *max = strstr(ask->path, "max_id=");
    if (strncmp(ask->path, "/api/v1/timelines", 17) != 0) return answer(srv, fd, ask);
    /* pages of five, whatever was asked for */
    server_ask five = *ask;
    snprintf(path, sizeof path, "/api/v1/timelines/tag/adidas?limit=5%s%.100s", max ? "&" : "", max ? max : "");
    snprintf(five.path, sizeof five.path, "%s", path);
    return answer(srv, fd, &five);
}

TEST(a_limit_far_away_ends_it_and_resume_goes_on)
{
    begin(answer_small);
    CHECK_OK(scrape(100, false));
    char *whole = strdup(cat_rows(c, &(store_filter){.pictures = true}));
    store_catalogue_close(c);
    c = cat_new();
    fail_at = 3, fail_status = 429, fail_lines = "Retry-After: 7200\r\n";
    CHECK_ERR(scrape(100, false), 510);
    CHECK_HAS(err.msg, "Mastodon allows no more requests until");
    CHECK_STR(err.why, "it was asked too often; 10 posts on 2 pages are kept");
    CHECK_INT(result.scrape.posts, 10);
    CHECK(!result.ended);
    sum_holds();
    fail_at = 0;
    CHECK_OK(scrape(100, true));
    CHECK_INT(result.scrape.posts, ALL - 2);
    CHECK_INT(result.pages, 3);
    sum_holds();
    CHECK_STR(cat_rows(c, &(store_filter){.pictures = true}), whole);
    free(whole);
    end();
}

TEST(a_server_in_trouble_is_asked_again_and_then_left)
{
    begin(answer_small);
    fail_at = 2, fail_status = 503;
    CHECK_OK(scrape(100, false)); /* the client tried once more */
    CHECK_INT(result.scrape.posts, ALL - 2);
    fail_at = 2, fail_status = 404, fail_body = "{\"error\":\"gone\"}";
    CHECK_ERR(scrape(100, false), 724);
    CHECK_INT(result.scrape.posts, 5);
    sum_holds();
    end();
}

TEST(pictures_that_did_not_come_are_due)
{
    begin(answer);
    fail_at = 99, fail_status = 500;
    CHECK_OK(scrape(100, false));
    CHECK_INT(result.missed, 1);
    CHECK_HAS(result.missed_why, "status 500");
    CHECK_INT(media().wanted, 1);
    fail_status = 0;
    int before = server_requests(&s);
    CHECK_OK(scrape(100, true));
    CHECK_INT(media().wanted, 0);
    CHECK_INT(server_requests(&s), before + 1); /* the picture, and no page: it had ended */
    CHECK_HAS(result.end_why, "it had ended before");
    end();
}

TEST(a_picture_that_may_have_been_cut_off_is_fetched_once_more)
{
    begin(answer);
    CHECK_OK(scrape(100, false));
    const store_media_counts whole = media();
    end();
    begin(answer);
    cuts = 1;
    CHECK_OK(scrape(100, false));
    CHECK_INT(media().wanted, 0);
    CHECK_INT(media().kept, whole.kept - 1);
    CHECK_INT(media().lost, whole.lost + 1); /* that which is broken is, the second time */
    CHECK_INT(result.missed, 0);
    const char *log = server_log(&s), *first = strstr(log, "/pic/4 ");
    CHECK(first && !strstr(first + 1, "/pic/4 ")); /* none, too, but all of it came */
    CHECK(strstr(strstr(log, "/pic/15 ") + 1, "/pic/15 "));
    end();
}

/* Each try is signed when it is sent: a signature with a time in it would be too old after a wait. */
TEST(what_is_sent_again_is_signed_again)
{
    begin(answer_small);
    authorized = 0;
    fail_at = 2, fail_status = 429, fail_lines = "Retry-After: 30\r\n";
    CHECK_OK(scrape(100, false));
    CHECK_INT(authorized, pages_served);
    end();
}

/* A server that repeats what it was sent: the key gets neither into the catalogue nor into a message. */
static bool answer_repeating(server *srv, int fd, const server_ask *ask)
{
    char text[900];
    (void)srv, (void)ask;
    int n = snprintf(text, sizeof text,
                     "[{\"id\":\"1\",\"created_at\":\"2026-05-13T10:00:00.000Z\",\"url\":\"%s/@a/1\","
                     "\"content\":\"<p>you sent Bearer the-test-token</p>\",\"visibility\":\"public\","
                     "\"account\":{\"id\":\"1\",\"acct\":\"user1\"},\"media_attachments\":[],\"tags\":[]}]",
                     origin);
    server_say(fd, 200, "ETag: \"the-test-token\"\r\n", text, (size_t)n);
    return true;
}

static lg_status text_is_clean(void *ctx, const store_row *row, lg_err *e)
{
    (void)e;
    ++*(int *)ctx;
    CHECK_STR(row->text, "you sent Bearer [secret]");
    return LG_OK;
}

TEST(a_key_that_comes_back_is_not_kept)
{
    int rows = 0;
    store_heard heard = {0};
    net_secret *token = NULL;
    begin(answer_repeating);
    CHECK_OK(net_secret_new("the-test-token", 14, &token, &err));
    CHECK_OK(scrape(1, false));
    CHECK_OK(store_catalogue_each(c, &(store_filter){.scrape = result.scrape.id}, text_is_clean, &rows, &err));
    CHECK_INT(rows, 1);
    char address[300];
    snprintf(address, sizeof address, "%s%.*s", origin, (int)strcspn(strstr(server_log(&s), "/api"), " "),
             strstr(server_log(&s), "/api"));
    CHECK_OK(store_catalogue_page_heard(c, result.scrape.id, address, &heard, &err));
    CHECK_STR(heard.etag, "\"[secret]\"");
    store_heard_release(&heard);
    net_secret_free(token);
    end();
}

TEST(who_may_not_is_told_so)
{
    begin(answer);
    fail_at = 1, fail_status = 403;
    fail_body = "{\"errors\":[{\"code\":453,\"message\":\"You currently have access to a subset of X API V2 endpoints\"}]}";
    CHECK_ERR(run(drive_of("twitter", 500)), 503);
    CHECK_STR(err.msg, "Twitter refused the search: this account may not call it (answer 403, code 453)");
    CHECK_STR(err.why, "your key works, but its tier has no recent search; nothing was spent");
    CHECK_STR(err.hint, "`connect twitter` shows what it may do; `scrape … dry` shows the request");
    fail_body = "{\"error\":\"This action is outside the authorized scopes\"}";
    CHECK_ERR(scrape(100, false), 503);
    CHECK_STR(err.why, "it says (403): This action is outside the authorized scopes; nothing was spent");
    fail_status = 400, fail_body = "{\"error\":{\"code\":10,\"message\":\"no permission\"}}";
    scrape_drive d = drive_of("facebook", 10);
    d.query.tags = 0, d.query.user = "adidas";
    CHECK_ERR(run(d), 503);
    CHECK_HAS(err.msg, "Facebook refused the posts of that account: this account may not call it (answer 400, code 10)");
    fail_body = "{\"error\":{\"code\":1,\"message\":\"bad\"}}";
    CHECK_ERR(run(d), 722);
    end();
}

TEST(circles_end)
{
    begin(answer_small);
    circles = true;
    CHECK_OK(scrape(100, false));
    CHECK_INT(result.pages, 2);
    CHECK_INT(result.scrape.posts, 5);
    CHECK_STR(result.end_why, "the platform gave the same posts again");
    sum_holds();
    end();
}

/* X: pages that are shuffled, always from the same thirty, with a token that is always new. */
static bool answer_x(server *srv, int fd, const server_ask *ask)
{
    static char text[60000];
    (void)srv;
    bool fields = strstr(ask->path, dialect_new ? "post.fields" : "tweet.fields") != NULL;
    const char *most = strstr(ask->path, "max_results=");
    int many = most ? atoi(most + 12) : 0;
    size_t n = (size_t)snprintf(text, sizeof text, "{\"data\":[");
    if (many > 20) many = 20;
    for (int i = 0; i < many; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s{\"id\":\"%d\",\"text\":\"a\"%s}", i ? "," : "",
                              1 + (i + 7 * pages_served) % 30, fields ? ",\"created_at\":\"2026-05-13T10:00:00Z\"" : "");
    n += (size_t)snprintf(text + n, sizeof text - n, "],\"meta\":{\"result_count\":%d,\"next_token\":\"n%d\"}}", many,
                          pages_served);
    pages_served++;
    server_say(fd, 200, "", text, n);
    return true;
}

/* X: no post, and always a next page. */
static bool answer_nothing(server *srv, int fd, const server_ask *ask)
{
    char text[200];
    (void)srv, (void)ask;
    int n = snprintf(text, sizeof text, "{\"data\":[],\"meta\":{\"result_count\":0,\"next_token\":\"n%d\"}}",
                     ++pages_served);
    if (pages_served > 200) lg_cancel_set(&cat_cancel);
    server_say(fd, 200, "", text, (size_t)n);
    return true;
}

TEST(pages_of_nothing_end)
{
    begin(answer_nothing);
    CHECK_OK(run(drive_of("twitter", 500)));
    CHECK_STR(result.end_why, "the platform gave 22 pages without a post, one after the other");
    CHECK_INT(result.pages, 22);
    CHECK(!result.scrape.done); /* there may be more, which `resume` asks for */
    sum_holds();
    end();
}

TEST(a_search_that_never_ends_does)
{
    begin(answer_x);
    CHECK_OK(run(drive_of("twitter", 500)));
    CHECK_STR(result.end_why, "the platform goes in circles: it gave a page of posts that were there already");
    CHECK_INT(result.scrape.posts, 30);
    CHECK(result.pages < 6);
    sum_holds();
    end();
}

TEST(what_is_paid_for_stays_within_the_budget)
{
    begin(answer_x);
    scrape_drive d = drive_of("twitter", 500);
    d.query.budget = 25;
    CHECK_OK(run(d));
    CHECK_INT(result.read, 20); /* the next page would have at least ten */
    CHECK_STR(result.end_why, "the budget has 5 posts left, and a page has at least 10");
    /* its cursor counts what was given: the second page asks for the rest */
    CHECK_OK(run(drive_of("twitter", 60)));
    CHECK_HAS(server_log(&s), "max_results=40");
    d.query.budget = 9;
    CHECK_ERR(run(d), 511);
    CHECK_INT(result.requests, 0);
    /* without a budget the smallest page is taken, and what is beyond the limit left out */
    d = drive_of("twitter", 5);
    CHECK_OK(run(d));
    CHECK_INT(result.read, 10);
    CHECK_INT(result.scrape.posts, 5);
    sum_holds();
    CHECK_HAS(left, "l beyond `limit` 5\n");
    end();
}

TEST(the_plan_pays_for_the_smallest_page)
{
    lg_arena arena;
    scrape_plan plan;
    lg_arena_init(&arena, 0);
    scrape_query q = {.tag = tag, .tags = 1, .limit = 103};
    CHECK_OK(scrape_drive_plan(&q, scrape_platform_find("twitter"), &arena, &plan, &err));
    CHECK_INT(plan.cost_most, 110 * 20000);
    CHECK_HAS(plan.line[plan.lines - 1], "at least 10 posts: up to 110 are read, and those beyond 103 left out");
    q.limit = 103, q.budget = 500; /* what is left out is paid for, too */
    CHECK_OK(scrape_drive_plan(&q, scrape_platform_find("twitter"), &arena, &plan, &err));
    CHECK_INT(plan.cost_most, 500 * 20000);
    q.limit = 200, q.budget = 0;
    CHECK_OK(scrape_drive_plan(&q, scrape_platform_find("twitter"), &arena, &plan, &err));
    CHECK_INT(plan.cost_most, 200 * 20000);
    lg_arena_release(&arena);
}

TEST(fields_in_another_spelling)
{
    begin(answer_x);
    dialect_new = true;
    CHECK_OK(run(drive_of("twitter", 20)));
    CHECK_INT(result.requests, 2);
    CHECK_INT(result.read, 20);
    CHECK_HAS(cat_rows(c, &(store_filter){0}), " 1778666400000 ");
    end();
}

TEST(what_has_not_changed_is_not_sent_again)
{
    begin(answer_small);
    with_tags = true;
    CHECK_OK(scrape(100, false));
    CHECK_INT(result.same, 0);
    char *first = strdup(cat_rows(c, &(store_filter){.scrape = result.scrape.id, .pictures = true}));
    char notes[1000];
    sum_holds();
    snprintf(notes, sizeof notes, "%s", left);
    uint64_t pages = result.scrape.pages;
    CHECK_OK(scrape(100, false));
    CHECK_INT(result.same, pages);
    CHECK_INT(result.fresh, 0);
    CHECK_INT(result.scrape.posts, ALL - 2);
    CHECK(result.scrape.done);
    sum_holds();
    CHECK_STR(left, notes);
    CHECK_STR(cat_rows(c, &(store_filter){.scrape = result.scrape.id, .pictures = true}), first);
    free(first);
    end();
}

TEST(a_picture_that_is_there_is_not_sent_again)
{
    begin(answer);
    CHECK_OK(scrape(100, false));
    int64_t images = media().images;
    /* the posts are dropped and come again; pictures that others show stay */
    const char *const gone[] = {"13"};
    size_t dropped;
    CHECK_OK(store_catalogue_drop_posts(c, "mastodon", gone, 1, &dropped, &err));
    CHECK_INT(dropped, 1);
    CHECK_OK(scrape(100, false));
    CHECK_HAS(strstr(server_log(&s), "/pic/13") + 8, "If-None-Match: \"pic\"");
    CHECK_INT(media().images, images);
    CHECK_INT(media().wanted, 0);
    sum_holds();
    end();
}

TEST(a_cancel_while_it_waits)
{
    begin(answer_small);
    fail_at = 2, fail_status = 429, fail_lines = "Retry-After: 600\r\n";
    scrape_drive d = drive_of("mastodon", 100);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, cat_cancel_later, NULL) == 0);
    d.clock = NULL; /* the system's: it would wait for ten minutes */
    CHECK_ERR(run(d), 0);
    CHECK_INT(err.status, LG_E_INTERRUPTED);
    CHECK_INT(result.scrape.posts, 5);
    pthread_join(thread, NULL);
    lg_cancel_clear(&cat_cancel);
    sum_holds();
    end();
}

TEST(two_programs_on_one_scrape)
{
    begin(answer_small);
    fail_at = 2, fail_status = 404;
    CHECK_ERR(scrape(100, false), 724);
    store_scrape other;
    CHECK_OK(store_catalogue_scrape(c, "mastodon", "tag adidas", NULL, false, &other, &err));
    store_scrape_release(&other);
    fail_at = 0;
    CHECK_OK(scrape(100, true));
    end();
}

TEST(posts_that_are_gone)
{
    begin(answer);
    any_etag = true;
    const char *const id[] = {"1", "2", "3"};
    scrape_state state[3];
    scrape_checked n;
    scrape_drive d = drive_of("mastodon", 0);
    gone_id = 2;
    CHECK_OK(scrape_recheck(&d, id, 3, state, &n, &err));
    CHECK_INT(state[0], SCRAPE_THERE);
    CHECK_INT(state[1], SCRAPE_GONE);
    CHECK_INT(n.there, 2);
    CHECK_INT(n.gone, 1);
    CHECK_INT(n.same, 0);
    gone_id = 0;
    CHECK_OK(scrape_recheck(&d, id, 3, state, &n, &err));
    CHECK_INT(n.there, 3);
    CHECK_INT(n.same, 2); /* the second was not there to be remembered */
    end();
}

TEST(the_first_request_as_it_is_sent)
{
    lg_buf text;
    lg_buf_init(&text, 0);
    scrape_drive d = drive_of("twitter", 500);
    d.access.origin = "https://api.x.com";
    CHECK_OK(scrape_first_address(&d, &text, &err));
    CHECK_HAS(lg_buf_str(&text), "https://api.x.com/2/tweets/search/recent?expansions=");
    CHECK_HAS(lg_buf_str(&text), "query=%23adidas%20has%3Aimages%20-is%3Aretweet");
    CHECK_HAS(lg_buf_str(&text), "max_results=100");
    lg_buf_release(&text);
}
