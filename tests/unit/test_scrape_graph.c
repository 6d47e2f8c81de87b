/* Instagram and Facebook: what Meta's Graph API is asked, and how its answers are read. */
#include "scraper/platform.h"
#include "tests/support/scrape.h"
#include "tests/support/test.h"

static const char *const tags[] = {"adidas", "nike"};

/* ---- Instagram ---- */
TEST(instagram_hashtags_are_looked_up_and_have_no_user_names)
{
    scraped s = {.query = {.tag = tags, .tags = 2, .account = "17841"}};
    CHECK_STR(scrape_asked("instagram", &s.query, NULL), "GET /v23.0/ig_hashtag_search q=adidas user_id=17841");
    CHECK_OK(scraped_ask(&s, "instagram", "{\"data\":[{\"id\":\"17843857450040591\"}]}"));
    CHECK_STR(s.page.next, "m0:17843857450040591/");
    CHECK_STR(scrape_asked("instagram", &s.query, s.page.next),
              "GET /v23.0/17843857450040591/recent_media "
              "fields=id,caption,media_type,media_url,permalink,timestamp,like_count,"
              "comments_count,children{id,media_type,media_url} limit=50 user_id=17841");
    static const char page[] =
        "{\"data\":[{\"id\":\"1\",\"caption\":\"Neu: #adidas #\xc3\xbc"
        "ber, #1 # x\",\"media_type\":\"IMAGE\",\"media_url\":\"https://c.example/1.jpg\","
        "\"permalink\":\"https://www.instagram.com/p/x/"
        "\",\"timestamp\":\"2026-05-13T10:00:00+0000\",\"like_count\":3,\"comments_count\":0},"
        "{\"id\":\"2\",\"media_type\":\"VIDEO\",\"media_url\":\"https://c.example/2.mp4\"},"
        "{\"id\":\"3\",\"media_type\":\"CAROUSEL_ALBUM\",\"children\":{\"data\":[{\"id\":\"31\",\"media_type\":"
        "\"IMAGE\",\"media_url\":\"https://c.example/31.jpg\"},"
        "{\"id\":\"32\",\"media_type\":\"IMAGE\"}]}}],\"paging\":{\"cursors\":{\"after\":\"QVFI\"}}}";
    CHECK_OK(scraped_next(&s, page));
    CHECK_INT(s.page.count, 3);
    CHECK_INT(s.page.problems, 0);
    const scrape_post *p = s.page.post;
    CHECK_INT(p[0].time, 1778666400000);
    CHECK_INT(p[0].tag_count, 3);
    CHECK_STR(p[0].tag[1], "\xc3\xbc"
                           "ber");
    CHECK(!p[0].author_handle && !p[0].author_id);
    CHECK_STR(p[0].media[0].url, "https://c.example/1.jpg");
    CHECK_INT(p[0].replies, 0);
    CHECK_INT(p[0].reposts, SCRAPE_NOT_GIVEN);
    CHECK(!p[1].media[0].url); /* a film is no picture */
    CHECK_INT(p[1].media[0].type, SCRAPE_VIDEO);
    CHECK_INT(p[2].media_count, 2);
    CHECK_STR(p[2].media[0].id, "31");
    CHECK_INT(scraped_withheld(&s.page, "the author's name"), 3);
    CHECK_INT(scraped_withheld(&s.page, "the time"), 2);
    CHECK_STR(s.page.next, "m0:17843857450040591/QVFI");
    /* the same mark on every page ends the tag; the next tag comes */
    CHECK_OK(scraped_next(&s, page));
    CHECK(!s.page.end);
    CHECK_STR(s.page.next, "h1:");
    CHECK_OK(scraped_next(&s, "{\"data\":[]}"));
    CHECK(s.page.end);
    CHECK_STR(s.page.end_why, "Instagram knows no such hashtag");
    scraped_free(&s);
}

TEST(instagram_business_discovery)
{
    scraped s = {.query = {.user = "@bluebottle", .account = "17841"}};
    CHECK_HAS(
        scrape_asked("instagram", &s.query, NULL),
        "GET /v23.0/17841 fields=business_discovery.username(bluebottle){id,username,name,media.limit(50){id,caption,");
    CHECK_OK(scraped_ask(&s, "instagram",
                         "{\"business_discovery\":{\"id\":\"55\",\"username\":\"bluebottle\",\"name\":\"Blue\","
                         "\"media\":{\"data\":[{\"id\":\"1\","
                         "\"media_type\":\"VIDEO\",\"thumbnail_url\":\"https://c.example/"
                         "t.jpg\"}],\"paging\":{\"cursors\":{\"after\":\"QX-_=\"}}}},\"id\":\"17841\"}"));
    CHECK_STR(s.page.post[0].author_handle, "bluebottle");
    CHECK_STR(s.page.post[0].author_id, "55");
    CHECK_STR(s.page.post[0].author_name, "Blue");
    CHECK_STR(s.page.post[0].media[0].url, "https://c.example/t.jpg");
    CHECK_STR(s.page.next, "d0:QX-_=");
    CHECK_HAS(scrape_asked("instagram", &s.query, s.page.next), "media.limit(50).after(QX-_=){id,");
    CHECK_OK(scraped_next(&s, "{\"business_discovery\":{\"id\":\"55\",\"username\":\"bluebottle\"}}"));
    CHECK(s.page.end);
    /* a mark that could change the request is none */
    CHECK_OK(scraped_ask(&s, "instagram",
                         "{\"business_discovery\":{\"id\":\"5\",\"media\":{\"data\":[{\"id\":\"1\"}],\"paging\":{"
                         "\"cursors\":{\"after\":\"x){id}\"}}}}}"));
    CHECK(s.page.end);
    CHECK_INT(s.page.problems, 1);
    CHECK_STR(s.page.problem[0].place, "business_discovery.media.paging.cursors.after");
    scraped_free(&s);
}

TEST(instagram_is_asked_what_it_can_be_asked)
{
    CHECK_HAS(scrape_asked("instagram", &(scrape_query){.tag = tags, .tags = 1}, NULL),
              "LL723 Instagram wants to know which professional account asks");
    CHECK_HAS(scrape_asked("instagram", &(scrape_query){.user = "a){b}", .account = "1"}, NULL), "LL723");
    CHECK_HAS(scrape_asked("instagram", &(scrape_query){.text = "shoes", .account = "1"}, NULL),
              "LL723 Instagram cannot be asked by text");
    CHECK_HAS(scrape_asked("instagram", &(scrape_query){.user = "me", .account = "17", .what = SCRAPE_TAGGED}, "g0:A"),
              "GET /v23.0/17/tags after=A "
              "fields=id,caption,media_type,media_url,permalink,timestamp,like_count,comments_count,username,");
    CHECK_HAS(scrape_asked("instagram", &(scrape_query){.tag = tags, .tags = 1, .account = "1"}, "m1:7/"), "LL725");
    CHECK_HAS(scrape_asked("instagram", &(scrape_query){.tag = tags, .tags = 1, .account = "1"}, "m0:../x"), "LL725");
}

/* ---- Facebook ---- */
TEST(facebook_posts_of_a_page)
{
    scraped s = {.query = {.user = "nike", .since = 1778666400000}};
    CHECK_HAS(scrape_asked("facebook", &s.query, NULL), "GET /v23.0/nike/posts fields=id,message,created_time,");
    CHECK_HAS(scrape_asked("facebook", &s.query, NULL), " limit=100 since=1778666400");
    CHECK_OK(scraped_ask(
        &s, "facebook",
        "{\"data\":[{\"id\":\"1_2\",\"message\":\"Run "
        "#nike\",\"created_time\":\"2026-05-13T10:00:00+0000\",\"from\":{\"name\":\"Nike\",\"id\":\"1\"},"
        "\"permalink_url\":\"https://www.facebook.com/1/posts/2\",\"full_picture\":\"https://c.example/"
        "f.jpg\",\"shares\":{\"count\":4},"
        "\"reactions\":{\"data\":[],\"summary\":{\"total_count\":9}},\"comments\":{\"summary\":{\"total_count\":2}},"
        "\"attachments\":{\"data\":[{\"media_type\":\"album\",\"media\":{\"image\":{\"src\":\"https://c.example/"
        "a.jpg\"}},\"subattachments\":{\"data\":["
        "{\"media_type\":\"photo\",\"media\":{\"image\":{\"src\":\"https://c.example/"
        "a.jpg\",\"width\":720,\"height\":540}}},"
        "{\"media_type\":\"photo\",\"media\":{\"image\":{\"src\":\"https://c.example/b.jpg\"}}}]}}]}},"
        "{\"id\":\"1_3\",\"full_picture\":\"https://c.example/f.jpg\",\"created_time\":\"2026-05-13T10:00:01+0000\"}],"
        "\"paging\":{\"cursors\":{\"after\":\"QQ\"},\"next\":\"https://graph.facebook.com/elsewhere\"}}"));
    const scrape_post *p = s.page.post;
    CHECK_INT(s.page.count, 2);
    CHECK_INT(s.page.problems, 0);
    CHECK_INT(p[0].media_count, 2);
    CHECK_STR(p[0].media[1].url, "https://c.example/b.jpg");
    CHECK_INT(p[0].media[0].width, 720);
    CHECK_INT(p[0].likes, 9);
    CHECK_INT(p[0].reposts, 4);
    CHECK_INT(p[0].replies, 2);
    CHECK_STR(p[0].author_name, "Nike");
    CHECK_STR(p[0].tag[0], "nike");
    CHECK_INT(p[1].media_count, 1);
    CHECK_STR(p[1].media[0].url, "https://c.example/f.jpg");
    CHECK_INT(scraped_withheld(&s.page, "the author's name"), 1);
    CHECK_STR(s.page.next, "p0:QQ");
    CHECK_HAS(scrape_asked("facebook", &s.query, s.page.next), " after=QQ ");
    /* a mark without a link is the last page's */
    CHECK_OK(scraped_next(&s, "{\"data\":[{\"id\":\"9\",\"created_time\":\"2026-05-13T10:00:01+0000\"}],\"paging\":{"
                              "\"cursors\":{\"after\":\"QR\"}}}"));
    CHECK(s.page.end);
    scraped_free(&s);
}

TEST(facebook_photos_and_tagged)
{
    scraped s = {.query = {.user = "nike", .what = SCRAPE_PHOTOS}};
    CHECK_HAS(scrape_asked("facebook", &s.query, NULL),
              "GET /v23.0/nike/photos fields=id,name,created_time,link,from,images,alt_text,");
    CHECK_HAS(scrape_asked("facebook", &s.query, NULL), " type=uploaded");
    CHECK_OK(scraped_ask(&s, "facebook",
                         "{\"data\":[{\"id\":\"5\",\"name\":\"shoe\",\"link\":\"https://www.facebook.com/photo/"
                         "5\",\"alt_text\":\"may be an image of a shoe\","
                         "\"images\":[{\"source\":\"https://c.example/"
                         "l.jpg\",\"width\":2048,\"height\":1365},{\"source\":\"https://c.example/s.jpg\"}]}]}"));
    CHECK_STR(s.page.post[0].text, "shoe");
    CHECK_INT(s.page.post[0].media_count, 1);
    CHECK_STR(s.page.post[0].media[0].alt, "may be an image of a shoe");
    CHECK_INT(s.page.post[0].media[0].width, 2048);
    scraped_free(&s);
    CHECK_HAS(scrape_asked("facebook", &(scrape_query){.user = "1", .what = SCRAPE_TAGGED}, NULL),
              "GET /v23.0/1/tagged ");
    CHECK_HAS(scrape_asked("facebook", &(scrape_query){.tag = tags, .tags = 1}, NULL),
              "LL723 Facebook cannot be asked by tag");
    CHECK_HAS(scrape_asked("facebook", &(scrape_query){.user = "me/accounts"}, NULL), "LL723");
}

TEST(graph_errors_and_checks)
{
    scraped s = {.query = {.user = "nike"}};
    CHECK(scraped_ask(
        &s, "facebook",
        "{\"error\":{\"message\":\"Invalid OAuth access token\",\"type\":\"OAuthException\",\"code\":190}}"));
    CHECK_INT(err.code, 722);
    CHECK_STR(err.why, "it says: Invalid OAuth access token");
    scraped_free(&s);
    const char *id[] = {"1_2"};
    scrape_state state[1];
    static const struct {
        int status;
        const char *body;
        scrape_state state;
        int code;
    } row[] = {
        {200, "{\"id\":\"1_2\"}", SCRAPE_THERE, 0},
        {400, "{\"error\":{\"code\":100,\"error_subcode\":33,\"message\":\"does not exist\"}}", SCRAPE_HIDDEN, 0},
        {400, "{\"error\":{\"code\":190,\"message\":\"token\"}}", SCRAPE_UNKNOWN, 722},
        {500, "", SCRAPE_UNKNOWN, 722},
        {200, "{}", SCRAPE_UNKNOWN, 0}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        lg_err_clear(&err);
        scrape_answer a = {.body = row[i].body, .length = strlen(row[i].body), .status = row[i].status};
        scrape_platform_find("facebook")->check_parse(&a, id, 1, state, &err);
        CHECK_INT(state[0], row[i].state);
        CHECK_INT(err.code, row[i].code);
    }
}
