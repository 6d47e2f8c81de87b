/* What each platform is asked, how its answers are joined and walked, and what is said of those that are wrong. */
#include "scraper/platform.h"
#include "tests/support/scrape.h"
#include "tests/support/test.h"

/* ---- X ---- */
static const char X_PAGE[] =
    "{\"data\":[{\"id\":\"11\",\"text\":\"New #adidas "
    "shoes!\",\"author_id\":\"7\",\"created_at\":\"2026-05-13T10:00:00.000Z\","
    "\"lang\":\"en\",\"possibly_sensitive\":true,\"attachments\":{\"media_keys\":[\"3_1\",\"7_2\",\"3_9\"]},"
    "\"entities\":{\"hashtags\":[{\"start\":4,\"end\":11,\"tag\":\"adidas\"}]},"
    "\"public_metrics\":{\"retweet_count\":2,\"reply_count\":0,\"like_count\":5,\"quote_count\":1}},"
    "{\"id\":\"12\",\"text\":\"cut…\",\"note_tweet\":{\"text\":\"the whole long text\"},\"author_id\":\"8\","
    "\"created_at\":\"2026-05-13T12:00:00+02:00\",\"public_metrics\":{\"repost_count\":4,\"reply_count\":null,\"like_"
    "count\":0}},"
    "{\"id\":\"13\",\"text\":\"RT\",\"author_id\":\"7\",\"referenced_tweets\":[{\"type\":\"retweeted\",\"id\":\"1\"}]},"
    "{\"id\":\"11\",\"text\":\"again\",\"author_id\":\"7\"},"
    "{\"id\":\"14\",\"text\":\"for friends\",\"author_id\":\"9\",\"created_at\":\"2026-05-13T10:00:00Z\"}],"
    "\"includes\":{\"users\":[{\"id\":\"7\",\"name\":\"Ann Example\",\"username\":\"ann\"},"
    "{\"id\":\"7\",\"name\":\"Other\",\"username\":\"other\"},{\"id\":\"9\",\"username\":\"eve\",\"protected\":true}],"
    "\"media\":[{\"media_key\":\"3_1\",\"type\":\"photo\",\"url\":\"https://m.example/"
    "1.jpg\",\"width\":640,\"height\":480,"
    "\"alt_text\":\"three "
    "stripes\"},{\"media_key\":\"7_2\",\"type\":\"video\",\"preview_image_url\":\"https://m.example/2.jpg\"}]},"
    "\"errors\":[{\"resource_id\":\"8\",\"title\":\"Not Found Error\"}],"
    "\"meta\":{\"result_count\":5,\"next_token\":\"abc\"}}";

TEST(x_is_joined_from_data_and_includes)
{
    scraped s = {0};
    CHECK_OK(scraped_by(&s, "twitter", X_PAGE));
    const scrape_page *p = &s.page;
    CHECK_INT(p->given, 5);
    CHECK_INT(p->count, 2);
    CHECK_INT(p->reposts, 1);
    CHECK_INT(p->repeated, 1);
    CHECK_INT(p->not_public, 1);
    CHECK_INT(p->problems, 0);
    const scrape_post *a = &p->post[0], *b = &p->post[1];
    CHECK_STR(a->platform, "twitter");
    CHECK_STR(a->id, "11");
    CHECK_STR(a->url, "https://x.com/ann/status/11");
    CHECK_STR(a->text, "New #adidas shoes!");
    CHECK_STR(a->author_handle, "ann");
    CHECK_STR(a->author_name, "Ann Example");
    CHECK_STR(a->language, "en");
    CHECK(a->sensitive);
    CHECK_INT(a->likes, 5);
    CHECK_INT(a->reposts, 2);
    CHECK_INT(a->time, 1778666400000);
    CHECK_INT(a->tag_count, 1);
    CHECK_STR(a->tag[0], "adidas");
    CHECK_INT(a->media_count, 3);
    CHECK_STR(a->media[0].url, "https://m.example/1.jpg");
    CHECK_STR(a->media[0].alt, "three stripes");
    CHECK_INT(a->media[0].width, 640);
    CHECK_INT(a->media[1].type, SCRAPE_VIDEO);
    CHECK_STR(a->media[1].url, "https://m.example/2.jpg");
    CHECK_INT(a->media[1].width, SCRAPE_NOT_GIVEN);
    CHECK(!a->media[2].url);
    CHECK_STR(b->text, "the whole long text");
    CHECK_INT(b->time, 1778666400000);
    CHECK_INT(b->reposts, 4);
    CHECK_INT(b->replies, SCRAPE_NOT_GIVEN);
    CHECK_INT(b->likes, 0);
    CHECK_STR(b->author_id, "8");
    CHECK(!b->author_handle && !b->author_name);
    CHECK_STR(b->url, "https://x.com/i/web/status/12");
    CHECK(scraped_withheld(p, "the author's name") == 1);
    CHECK(scraped_withheld(p, "a picture's address") == 1);
    CHECK(scraped_withheld(p, "parts of posts") == 1);
    CHECK_STR(p->next, "s5:abc");
    CHECK(!p->end && !p->other_dialect);
    scraped_free(&s);
}

TEST(x_search_ends_when_it_goes_in_circles)
{
    static const char first[] =
        "{\"data\":[{\"id\":\"1\",\"text\":\"a\"},{\"id\":\"2\",\"text\":\"b\"}],\"meta\":{\"next_token\":\"t1\"}}";
    static const char other_order[] =
        "{\"data\":[{\"id\":\"2\",\"text\":\"b\"},{\"id\":\"1\",\"text\":\"a\"}],\"meta\":{\"next_token\":\"t2\"}}";
    static const char same_token[] = "{\"data\":[{\"id\":\"3\",\"text\":\"c\"}],\"meta\":{\"next_token\":\"t1\"}}";
    scraped s = {0};
    CHECK_OK(scraped_by(&s, "twitter", first));
    CHECK(s.page.other_dialect); /* no times, no authors */
    CHECK_STR(s.page.next, "s2:t1");
    CHECK_OK(scraped_next(&s, other_order));
    CHECK(s.page.end && !s.page.next);
    CHECK_STR(s.page.end_why, "the platform gave the same posts again");
    scraped_free(&s);
    CHECK_OK(scraped_by(&s, "twitter", first));
    CHECK_OK(scraped_next(&s, same_token));
    CHECK(s.page.end);
    CHECK_STR(s.page.end_why, "the platform gave the same page again");
    CHECK_INT(s.page.count, 1);
    scraped_free(&s);
    /* an empty page with a token is no end there */
    CHECK_OK(scraped_by(&s, "twitter", "{\"meta\":{\"result_count\":0,\"next_token\":\"t9\"}}"));
    CHECK(!s.page.end);
    CHECK_OK(scraped_next(&s, "{\"meta\":{\"result_count\":0}}"));
    CHECK(s.page.end);
    scraped_free(&s);
}

TEST(x_requests)
{
    const char *tags[] = {"#adidas", "nike"};
    scrape_query q = {
        .tag = tags, .tags = 2, .limit = 120, .now = 1778666400000, .since = 1778000000000, .until = 1778666399000};
    CHECK_STR(scrape_asked("twitter", &q, NULL),
              "GET /2/tweets/search/recent expansions=attachments.media_keys,author_id"
              " max_results=100 media.fields=alt_text,height,media_key,preview_image_url,type,url,width"
              " query=(#adidas OR #nike) has:images -is:retweet start_time=2026-05-06T10:01:00Z"
              " tweet.fields=attachments,author_id,created_at,entities,id,lang,note_tweet,possibly_sensitive,"
              "public_metrics,referenced_tweets,text user.fields=id,name,protected,username");
    q.dialect = 1;
    q.since = 1778660000000;
    CHECK_HAS(scrape_asked("twitter", &q, "s100:tok"), " next_token=tok post.fields=attachments,created_at,");
    CHECK_HAS(scrape_asked("twitter", &q, "s100:tok"), " max_results=20 ");
    CHECK_HAS(scrape_asked("twitter", &q, "s119:tok"), " max_results=10 "); /* less is not taken */
    CHECK_HAS(scrape_asked("twitter", &q, "s1:tok"), " start_time=2026-05-13T08:13:20Z");
    scrape_query u = {.user = "@ann", .limit = 7};
    CHECK_STR(scrape_asked("twitter", &u, NULL), "GET /2/users/by/username/ann user.fields=id,name,protected,username");
    CHECK_HAS(scrape_asked("twitter", &u, "u0:783214/"),
              "GET /2/users/783214/tweets exclude=retweets expansions=attachments.media_keys max_results=7 ");
    CHECK_HAS(
        scrape_asked("twitter", &u, "u5:783214/tok"),
        " max_results=5 media.fields=alt_text,height,media_key,preview_image_url,type,url,width pagination_token=tok ");
    CHECK_HAS(scrape_asked("twitter", &u, "s0:x"), "LL725");
    CHECK_HAS(scrape_asked("twitter", &u, "u0:../x"), "LL725");
    scrape_query both = {.user = "ann", .tag = tags, .tags = 1};
    CHECK_HAS(scrape_asked("twitter", &both, NULL), "LL723");
    const char *bad = "adidas OR nike";
    CHECK_HAS(scrape_asked("twitter", &(scrape_query){.tag = &bad, .tags = 1}, NULL),
              "LL723 `adidas OR nike` cannot be a hashtag");
    q.until = 1777000000000, q.since = 0;
    CHECK_HAS(scrape_asked("twitter", &q, NULL), "LL723 X gives posts of the last seven days only");
}

TEST(x_account_by_name_then_its_posts)
{
    scraped s = {.query = {.user = "ann", .limit = 3}};
    CHECK_OK(scraped_ask(&s, "twitter", "{\"data\":{\"id\":\"783214\",\"name\":\"Ann\",\"username\":\"ann\"}}"));
    CHECK_INT(s.page.given, 0);
    CHECK_STR(s.page.next, "u0:783214/");
    CHECK(!s.page.end);
    CHECK_OK(scraped_next(&s, "{\"data\":[{\"id\":\"5\",\"text\":\"x\",\"author_id\":\"783214\"},{\"id\":\"4\","
                              "\"text\":\"y\"}],\"meta\":{\"next_token\":\"n\"}}"));
    CHECK_STR(s.page.next, "u2:783214/n");
    CHECK_STR(s.page.post[0].author_handle, "ann");
    CHECK_STR(s.page.post[1].author_id, "783214");
    CHECK_OK(scraped_next(&s, "{\"data\":[{\"id\":\"3\",\"text\":\"z\"}],\"meta\":{\"next_token\":\"m\"}}"));
    CHECK(s.page.end);
    CHECK_STR(s.page.end_why, "as many posts as were asked for");
    scraped_free(&s);
    lg_err_clear(&err);
    scrape_walk first = {0};
    scraped none = {.query = {.user = "nobody"}};
    CHECK(scraped_raw(&none, "twitter", &first, "{\"errors\":[{\"title\":\"Not Found Error\"}]}", 200, NULL, &err));
    CHECK_INT(err.code, 724);
    scraped_free(&none);
}

TEST(x_plan_says_what_it_costs)
{
    lg_arena arena;
    lg_err_clear(&err);
    scrape_plan plan;
    const char *tags[] = {"adidas"};
    lg_arena_init(&arena, 0);
    CHECK_OK(
        scrape_platform_find("x")->plan(&(scrape_query){.tag = tags, .tags = 1, .limit = 3000}, &arena, &plan, &err));
    CHECK_INT(plan.cost_most, 60000000); /* 60 dollars */
    CHECK_INT(plan.requests, 30);
    CHECK_STR(plan.summary, "X: up to 3,000 posts with pictures and #adidas");
    CHECK_OK(scrape_platform_find("x")->plan(&(scrape_query){.tag = tags, .tags = 1, .limit = 3000, .budget = 500},
                                             &arena, &plan, &err));
    CHECK_INT(plan.posts, 500);
    CHECK(plan.lines >= 3);
    lg_arena_release(&arena);
}

/* ---- Mastodon ---- */
static const char M_PAGE[] =
    "[{\"id\":\"112\",\"created_at\":\"2026-05-13T10:00:00.000Z\",\"url\":\"https://m.example/@ann/"
    "112\",\"language\":\"de\","
    "\"visibility\":\"public\",\"sensitive\":true,\"favourites_count\":3,\"reblogs_count\":1,\"replies_count\":0,"
    "\"reblog\":null,"
    "\"content\":\"<p>Neue <a href=\\\"https://m.example/tags/adidas\\\">#<span>adidas</span></a> &amp; mehr<br>1 &lt; "
    "2</p><p>Ende &#x1F45F;</p>\","
    "\"account\":{\"id\":\"1\",\"username\":\"ann\",\"acct\":\"ann\",\"display_name\":\"Ann\"},"
    "\"media_attachments\":[{\"id\":\"9\",\"type\":\"image\",\"url\":\"https://m.example/a.jpg\",\"description\":\"a "
    "shoe\","
    "\"meta\":{\"original\":{\"width\":600,\"height\":400}}},{\"id\":\"10\",\"type\":\"gifv\",\"url\":\"https://"
    "m.example/a.mp4\","
    "\"preview_url\":\"https://m.example/"
    "a.png\"},{\"id\":\"11\",\"type\":\"unknown\",\"url\":null,\"preview_url\":null}],"
    "\"tags\":[{\"name\":\"adidas\"}]},"
    "{\"id\":\"111\",\"reblog\":{\"id\":\"5\"},\"visibility\":\"public\"},"
    "{\"id\":\"110\",\"visibility\":\"private\",\"content\":\"secret\"}]";

TEST(mastodon_is_read_as_text)
{
    scraped s = {.query = {.server = "https://m.example"}};
    CHECK_OK(scraped_ask(&s, "mastodon", M_PAGE));
    CHECK_INT(s.page.given, 3);
    CHECK_INT(s.page.count, 1);
    CHECK_INT(s.page.reposts, 1);
    CHECK_INT(s.page.not_public, 1);
    CHECK_INT(s.page.problems, 0);
    const scrape_post *p = &s.page.post[0];
    CHECK_STR(p->text, "Neue #adidas & mehr\n1 < 2\n\nEnde \xf0\x9f\x91\x9f");
    CHECK_STR(p->author_handle, "ann@m.example");
    CHECK_STR(p->url, "https://m.example/@ann/112");
    CHECK_INT(p->media_count, 3);
    CHECK_STR(p->media[0].alt, "a shoe");
    CHECK_INT(p->media[0].height, 400);
    CHECK_STR(p->media[1].url, "https://m.example/a.png");
    CHECK_INT(p->media[1].type, SCRAPE_ANIMATION);
    CHECK(!p->media[2].url);
    CHECK(s.page.end); /* no Link header */
    scraped_free(&s);
}

TEST(a_post_has_so_many_pictures_and_no_more)
{
    enum { SENT = 60 };
    scraped s = {.query = {.server = "https://m.example"}};
    lg_buf page;
    lg_buf_init(&page, 0);
    lg_buf_adds(&page, "[{\"id\":\"112\",\"created_at\":\"2026-05-13T10:00:00.000Z\",\"visibility\":\"public\","
                       "\"content\":\"many\",\"account\":{\"id\":\"1\",\"acct\":\"ann\"},\"media_attachments\":[");
    for (int i = 0; i < SENT; i++)
        lg_buf_addf(&page, "%s{\"id\":\"%d\",\"type\":\"image\",\"url\":\"https://m.example/%d.jpg\"}", i ? "," : "",
                    i, i);
    lg_buf_adds(&page, "]}]");
    CHECK_OK(scraped_ask(&s, "mastodon", lg_buf_str(&page)));
    CHECK_INT(s.page.post[0].media_count, 40);
    CHECK_STR(s.page.post[0].media[39].url, "https://m.example/39.jpg");
    CHECK_STR(s.page.problem[0].place, "[0].media_attachments");
    CHECK_STR(s.page.problem[0].what, "has too many entries; the rest is left out");
    scraped_free(&s);
    lg_buf_release(&page);
}

TEST(mastodon_follows_the_link_header_within_the_server)
{
    static const struct {
        const char *link, *next;
    } row[] = {
        {"<https://m.example/api/v1/timelines/tag/a?limit=5&max_id=107>; rel=\"next\", <https://m.example/x?min_id=9>; "
         "rel=\"prev\"",
         "t0:107"},
        {"<https://m.example/x?min_id=9>; rel=\"prev\", <https://evil.example/?max_id=108&x=1>; rel=next", "t0:108"},
        {"<https://m.example/x?min_id=9>; rel=\"prev\"", NULL},
        {"<https://m.example/x?max_id=../../etc>; rel=\"next\"", NULL},
        {"<https://m.example/x?max_id=1", NULL},
        {"<https://m.example/x?max_id=>; rel=\"next\"", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        lg_err_clear(&err);
        const char *tag = "a";
        scrape_walk first = {0};
        scraped s = {.query = {.tag = &tag, .tags = 1}};
        CHECK_OK(scraped_raw(&s, "mastodon", &first, M_PAGE, 200, row[i].link, &err));
        if (row[i].next) CHECK_STR(s.page.next, row[i].next);
        else CHECK(!s.page.next && s.page.end);
        scraped_free(&s);
    }
}

TEST(mastodon_requests)
{
    const char *tags[] = {"adidas", "nike"};
    scrape_query q = {.tag = tags, .tags = 2, .limit = 500};
    CHECK_STR(scrape_asked("mastodon", &q, NULL),
              "GET /api/v1/timelines/tag/adidas any[]=nike limit=40 only_media=true");
    CHECK_STR(scrape_asked("mastodon", &q, "t0:107"),
              "GET /api/v1/timelines/tag/adidas any[]=nike limit=40 max_id=107 only_media=true");
    CHECK_STR(scrape_asked("mastodon", &(scrape_query){.user = "@ann@other.example"}, NULL),
              "GET /api/v1/accounts/lookup acct=ann@other.example");
    CHECK_STR(scrape_asked("mastodon", &(scrape_query){.user = "ann"}, "a0:17/"),
              "GET /api/v1/accounts/17/statuses exclude_reblogs=true limit=40 only_media=true");
    CHECK_STR(scrape_asked("mastodon", &(scrape_query){.limit = 5}, NULL),
              "GET /api/v1/timelines/public limit=5 only_media=true");
    CHECK_HAS(scrape_asked("mastodon", &(scrape_query){.text = "shoes"}, NULL),
              "LL723 Mastodon cannot be asked by text");
}

/* ---- Bluesky ---- */
#define B_POST(id, more)                                                                                               \
    "{\"uri\":\"at://did:plc:abc/app.bsky.feed.post/" id "\",\"cid\":\"c\",\"author\":{\"did\":\"did:plc:abc\","       \
    "\"handle\":\"ann.example\",\"displayName\":\"\"},\"indexedAt\":\"2026-05-13T10:00:01.000Z\"" more "}"
#define B_RECORD ",\"record\":{\"text\":\"shoes\",\"createdAt\":\"2026-05-13T10:00:00.000Z\",\"langs\":[\"en\"]}"

/* clang-format off */
static const char B_EMBEDS[] =
    "{\"cursor\":\"25\",\"posts\":["
    B_POST("1", B_RECORD ",\"likeCount\":2,\"embed\":{\"$type\":\"app.bsky.embed.images#view\",\"images\":["
           "{\"thumb\":\"https://cdn.example/t\",\"alt\":\"\",\"aspectRatio\":{\"width\":1000,\"height\":500},"
           "\"fullsize\":\"https://cdn.example/img/feed_fullsize/plain/did:plc:abc/bafk\"},"
           "{\"fullsize\":\"https://cdn.example/img/feed_fullsize/plain/did:plc:abc/baf2@jpeg\",\"alt\":\"a shoe\","
           "\"aspectRatio\":{\"width\":3,\"height\":2}}]}") ","
    B_POST("2", B_RECORD ",\"embed\":{\"$type\":\"app.bsky.embed.recordWithMedia#view\",\"record\":{},\"media\":"
           "{\"$type\":\"app.bsky.embed.images#view\","
           "\"images\":[{\"fullsize\":\"https://pds.example/x.jpg\",\"alt\":\"q\"}]}}") ","
    B_POST("3", ",\"record\":{\"text\":\"#adidas\",\"facets\":[{\"features\":["
           "{\"$type\":\"app.bsky.richtext.facet#tag\",\"tag\":\"adidas\"},"
           "{\"$type\":\"app.bsky.richtext.facet#link\",\"uri\":\"https://x.example\"}]}],\"tags\":[\"Sport\"]},"
           "\"embed\":{\"$type\":\"app.bsky.embed.external#view\",\"external\":{\"uri\":\"https://x.example\","
           "\"title\":\"t\",\"description\":\"\",\"thumb\":\"https://cdn.example/card.jpg\"}}") ","
    B_POST("4", ",\"record\":{\"text\":\"blob\",\"createdAt\":\"2026-05-13T10:00:00Z\","
           "\"embed\":{\"$type\":\"app.bsky.embed.images\",\"images\":[{\"alt\":\"b\",\"image\":"
           "{\"$type\":\"blob\",\"ref\":{\"$link\":\"bafkX\"},\"mimeType\":\"image/jpeg\",\"size\":9}}]}}") ","
    B_POST("5", B_RECORD ",\"embed\":{\"$type\":\"app.bsky.embed.video#view\","
           "\"playlist\":\"https://v.example/p.m3u8\",\"thumbnail\":\"https://v.example/t.jpg\"}")
    "]}";
/* clang-format on */

TEST(bluesky_pictures_in_every_embed)
{
    const char *tag = "adidas";
    scraped s = {.query = {.tag = &tag, .tags = 1, .server = "https://pds.example"}};
    CHECK_OK(scraped_ask(&s, "bluesky", B_EMBEDS));
    const scrape_post *p = s.page.post;
    CHECK_INT(s.page.count, 5);
    CHECK_INT(s.page.problems, 0);
    CHECK_STR(p[0].media[0].url, "https://cdn.example/img/feed_fullsize/plain/did:plc:abc/bafk@jpeg");
    CHECK_STR(p[0].media[1].url, "https://cdn.example/img/feed_fullsize/plain/did:plc:abc/baf2@jpeg");
    CHECK_INT(p[0].media[0].width, 1000);
    CHECK_INT(p[0].media[1].width, SCRAPE_NOT_GIVEN);
    CHECK(!p[0].media[0].alt);
    CHECK_STR(p[0].url, "https://bsky.app/profile/did%3Aplc%3Aabc/post/1");
    CHECK_STR(p[0].language, "en");
    CHECK(!p[0].author_name);
    CHECK_INT(p[0].likes, 2);
    CHECK_INT(p[0].reposts, SCRAPE_NOT_GIVEN);
    CHECK_STR(p[1].media[0].alt, "q");
    CHECK_STR(p[1].media[0].url, "https://pds.example/x.jpg");
    CHECK_INT(p[2].media[0].type, SCRAPE_LINK_CARD);
    CHECK_INT(p[2].tag_count, 2);
    CHECK_STR(p[2].tag[1], "Sport");
    CHECK_INT(p[2].time, 1778666401000); /* when it was indexed */
    CHECK_STR(p[3].media[0].url, "https://pds.example/xrpc/com.atproto.sync.getBlob?did=did%3Aplc%3Aabc&cid=bafkX");
    CHECK_INT(p[4].media[0].type, SCRAPE_VIDEO);
    CHECK_STR(s.page.next, "t0:25");
    /* a cursor comes on the last page too: the empty page is the end */
    CHECK_OK(scraped_next(&s, "{\"cursor\":\"26\",\"posts\":[]}"));
    CHECK(s.page.end);
    scraped_free(&s);
}

TEST(bluesky_tags_one_after_the_other)
{
    const char *tags[] = {"adidas", "nike"};
    static const char page[] = "{\"cursor\":\"25\",\"posts\":[" B_POST("1", B_RECORD) "]}";
    scraped s = {.query = {.tag = tags, .tags = 2, .since = 1778000000000}};
    CHECK_STR(scrape_asked("bluesky", &s.query, NULL), "GET /xrpc/app.bsky.feed.searchPosts limit=100 q=#adidas "
                                                       "since=2026-05-05T16:53:20.000Z sort=latest tag=adidas");
    CHECK_OK(scraped_ask(&s, "bluesky", page));
    CHECK_OK(scraped_next(&s, "{\"posts\":[]}"));
    CHECK(!s.page.end);
    CHECK_STR(s.page.next, "t1:");
    CHECK_HAS(scrape_asked("bluesky", &s.query, s.page.next), "q=#nike since=");
    /* the same post under the second tag is no circle */
    CHECK_OK(scraped_next(&s, page));
    CHECK(!s.page.end);
    CHECK_STR(s.page.next, "t1:25");
    CHECK_OK(scraped_next(&s, page));
    CHECK(s.page.end);
    /* nor right behind the first tag's only page */
    static const char only[] = "{\"posts\":[" B_POST("1", B_RECORD) "]}",
                      more[] = "{\"cursor\":\"9\",\"posts\":[" B_POST("1", B_RECORD) "]}";
    CHECK_OK(scraped_ask(&s, "bluesky", only));
    CHECK_STR(s.page.next, "t1:");
    CHECK_OK(scraped_next(&s, more));
    CHECK_STR(s.page.next, "t1:9");
    scraped_free(&s);
    CHECK_HAS(scrape_asked("bluesky", &(scrape_query){.tag = tags, .tags = 1}, "t1:"), "LL725");
}

TEST(bluesky_feed_of_an_account)
{
    static const char page[] = "{\"feed\":[{\"post\":" B_POST("1", B_RECORD) "},{\"post\":" B_POST(
        "2", B_RECORD) ",\"reason\":{\"$type\":\"app.bsky.feed.defs#reasonRepost\"}},{\"post\":7},"
                       "{\"post\":{\"uri\":\"at://x/y/"
                       "3\",\"author\":{\"did\":\"d\",\"labels\":[{\"val\":\"!no-unauthenticated\"}]}}}]}";
    scraped s = {.query = {.user = "@ann.example"}};
    CHECK_STR(scrape_asked("bluesky", &s.query, NULL),
              "GET /xrpc/app.bsky.feed.getAuthorFeed actor=ann.example filter=posts_with_media limit=100");
    CHECK_OK(scraped_ask(&s, "bluesky", page));
    CHECK_INT(s.page.given, 4);
    CHECK_INT(s.page.count, 1);
    CHECK_INT(s.page.reposts, 1);
    CHECK_INT(s.page.refused, 1);
    CHECK_INT(s.page.not_public, 1);
    CHECK_STR(s.page.problem[0].place, "feed[2].post");
    scraped_free(&s);
}

/* ---- what is left out, and since and until ---- */
TEST(posts_outside_the_time_are_counted)
{
    scraped s = {.query = {.since = 1778666400000, .until = 1778666500000}};
    static const char page[] = "[{\"id\":\"3\",\"created_at\":\"2026-05-13T10:01:40Z\"},{\"id\":\"2\",\"created_at\":"
                               "\"2026-05-13T10:00:00Z\"},"
                               "{\"id\":\"1\",\"created_at\":\"2026-05-13T09:59:59.999Z\"},{\"id\":\"0\"}]";
    lg_err_clear(&err);
    scrape_walk first = {0};
    static const char link[] = "<https://m.example/?max_id=1>; rel=\"next\"";
    CHECK_OK(scraped_raw(&s, "mastodon", &first, page, 200, link, &err));
    CHECK_INT(s.page.outside, 2);
    CHECK_INT(s.page.count, 2);
    CHECK(!s.page.end);
    scraped_free(&s);
    CHECK_OK(scraped_raw(&s, "mastodon", &first, "[{\"id\":\"1\",\"created_at\":\"2026-05-12T00:00:00Z\"}]", 200, link,
                         &err));
    CHECK(s.page.end);
    CHECK_STR(s.page.end_why, "all that follows is older than asked for");
    scraped_free(&s);
}

/* ---- wrong answers ---- */
TEST(an_answer_of_another_shape_is_told_by_its_place)
{
    static const struct {
        const char *platform, *body;
        int code;
        const char *msg;
    } row[] = {
        {"twitter", "", 720, "empty"},
        {"twitter", "<html>", 720, "no JSON"},
        {"twitter", "{\"data\":[],\"data\":[]}", 720, "no JSON"},
        {"twitter", "[]", 721, "all of it is not an object"},
        {"twitter", "{}", 721, "data is not there"},
        {"twitter", "{\"data\":\"x\"}", 721, "data is not a list"},
        {"twitter", "{\"data\":[7]}", 721, "data[0] is not an object"},
        {"twitter", "{\"data\":[{\"id\":{}}]}", 721, "data[0].id is not text"},
        {"twitter", "{\"data\":[{\"id\":null,\"text\":\"a\"}]}", 721, "data[0].id is not there"},
        {"twitter", "{\"errors\":[{\"title\":\"Not Found\",\"detail\":\"<b>x</b>\"}]}", 722, "X refuses"},
        {"mastodon", "{\"id\":\"1\"}", 721, "all of it is not a list"},
        {"mastodon", "[null]", 721, "[0] is not an object"},
        {"mastodon", "[{\"id\":1.5}]", 721, "[0].id is a number that identities cannot have"},
        {"bluesky", "{\"posts\":{}}", 721, "posts is not a list"},
        {"bluesky", "{\"error\":\"AuthMissing\",\"message\":\"log in\"}", 722, "Bluesky refuses"},
        {"bluesky", "{\"posts\":[{\"uri\":\"\"}]}", 721, "posts[0].uri is empty"},
    };
    const char *tag = "adidas";
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        lg_err_clear(&err);
        scrape_walk first = {0};
        scraped s = {.query = {.tag = &tag, .tags = 1}};
        if (strcmp(row[i].platform, "mastodon") == 0) s.query = (scrape_query){0};
        CHECK(scraped_raw(&s, row[i].platform, &first, row[i].body, 200, NULL, &err) != LG_OK);
        if (err.code != row[i].code || !strstr(err.msg, row[i].msg))
            TEST_FAIL("%s gave LL%d %s, expected LL%d %s", row[i].body, err.code, err.msg, row[i].code, row[i].msg);
        scraped_free(&s);
    }
}

TEST(a_wrong_field_costs_the_field_and_is_counted)
{
    static const char page[] =
        "{\"data\":[{\"id\":\"1\",\"text\":5,\"author_id\":{\"a\":1},\"created_at\":\"yesterday\",\"lang\":[],"
        "\"possibly_sensitive\":\"no\","
        "\"public_metrics\":{\"like_count\":99999999999999999999999,\"reply_count\":-1,\"retweet_count\":\"3\"},"
        "\"attachments\":{\"media_keys\":[\"3_1\",7]},\"entities\":{\"hashtags\":[7,{\"tag\":1},{\"tag\":\"ok\"}]}},"
        "7,{\"id\":\"2\",\"text\":null,\"author_id\":null,\"created_at\":null,\"public_metrics\":null,\"attachments\":"
        "null,\"entities\":null}],"
        "\"includes\":{\"media\":[{\"media_key\":\"3_1\",\"type\":\"photo\",\"url\":\"file:///etc/"
        "passwd\",\"width\":1e300}]},"
        "\"meta\":{\"result_count\":4000000000000}}";
    scraped s = {0};
    CHECK_OK(scraped_by(&s, "twitter", page));
    CHECK_INT(s.page.given, 3);
    CHECK_INT(s.page.count, 2);
    CHECK_INT(s.page.refused, 1);
    CHECK_INT(s.page.problems, 15);
    CHECK_STR(s.page.problem[0].place, "data[0].text");
    CHECK_STR(s.page.problem[0].what, "is not text");
    CHECK_STR(s.page.problem[1].place, "data[0].entities.hashtags[0]");
    const scrape_post *p = &s.page.post[0];
    CHECK(!p->text && !p->author_id && p->time == SCRAPE_NO_TIME && !p->language && !p->sensitive);
    CHECK_INT(p->likes, SCRAPE_NOT_GIVEN);
    CHECK_INT(p->media_count, 1);
    CHECK(!p->media[0].url);
    CHECK_INT(p->tag_count, 1);
    CHECK(!s.page.post[1].text);
    scraped_free(&s);
}

TEST(a_refusal_says_the_servers_words_but_no_keys)
{
    lg_err_clear(&err);
    scrape_walk first = {0};
    scraped s = {0};
    const char *tag = "a";
    s.query = (scrape_query){.tag = &tag, .tags = 1};
    CHECK(scraped_raw(
        &s, "twitter", &first,
        "{\"title\":\"Unauthorized\",\"detail\":\"token AAAAAAAAAAAAAAAAAAAAAMLheAAAAAAA0%2BuSeid is bad\\u0007\"}",
        401, NULL, &err));
    CHECK_INT(err.code, 722);
    CHECK_STR(err.why, "it says (401): token ... is bad?");
    lg_err_clear(&err);
    CHECK(scraped_raw(&s, "twitter", &first, "<html>", 503, NULL, &err));
    CHECK_STR(err.why, "it answered with status 503");
    lg_err_clear(&err);
    CHECK(scraped_raw(&s, "mastodon", &first, "{\"error\":\"Record not found\"}", 404, NULL, &err));
    CHECK_INT(err.code, 724);
    scraped_free(&s);
}

TEST(deep_and_large_answers_are_refused_before_they_are_read)
{
    enum { DEEP = 100000 };
    lg_err_clear(&err);
    scrape_walk first = {0};
    const char *tag = "a";
    scraped s = {.query = {.tag = &tag, .tags = 1}};
    char *deep = malloc(DEEP + 1);
    memset(deep, '[', DEEP);
    deep[DEEP] = 0;
    CHECK(scraped_raw(&s, "twitter", &first, deep, 200, NULL, &err));
    CHECK_INT(err.code, 720);
    CHECK_HAS(err.msg, "brackets inside brackets");
    free(deep);
    lg_err_clear(&err);
    size_t size = (size_t)21 << 20;
    char *large = malloc(size + 1);
    memset(large, ' ', size);
    large[size] = 0;
    CHECK(scraped_raw(&s, "twitter", &first, large, 200, NULL, &err));
    CHECK_HAS(err.msg, "too large");
    free(large);
    scraped_free(&s);
}

/* ---- what became of posts ---- */
TEST(checks)
{
    const char *ids[] = {"11", "12", "13", "14"};
    scrape_state state[4];
    lg_err_clear(&err);
    static const char x[] =
        "{\"data\":[{\"id\":\"11\",\"text\":\"\"}],\"errors\":[{\"resource_id\":\"12\",\"type\":\"https://"
        "api.twitter.com/2/problems/resource-not-found\"},"
        "{\"resource_id\":\"13\",\"type\":\"https://api.x.com/2/problems/not-authorized-for-resource\"}]}";
    const scrape_platform *p = scrape_platform_find("twitter");
    CHECK_OK(p->check_parse(&(scrape_answer){.body = x, .length = strlen(x)}, ids, 4, state, &err));
    CHECK_INT(state[0], SCRAPE_THERE);
    CHECK_INT(state[1], SCRAPE_GONE);
    CHECK_INT(state[2], SCRAPE_HIDDEN);
    CHECK_INT(state[3], SCRAPE_UNKNOWN);
    p = scrape_platform_find("mastodon");
    CHECK_OK(p->check_parse(&(scrape_answer){.body = "{\"error\":\"x\"}", .length = 13, .status = 404}, ids, 1, state,
                            &err));
    CHECK_INT(state[0], SCRAPE_GONE);
    CHECK_OK(
        p->check_parse(&(scrape_answer){.body = "{\"id\":\"11\"}", .length = 11, .status = 200}, ids, 1, state, &err));
    CHECK_INT(state[0], SCRAPE_THERE);
    const char *uris[] = {"at://a/b/1", "at://a/b/2"};
    static const char b[] = "{\"posts\":[{\"uri\":\"at://a/b/2\"}]}";
    p = scrape_platform_find("bluesky");
    CHECK_OK(p->check_parse(&(scrape_answer){.body = b, .length = strlen(b)}, uris, 2, state, &err));
    CHECK_INT(state[0], SCRAPE_GONE);
    CHECK_INT(state[1], SCRAPE_THERE);
    /* a server that answers nonsense has not deleted anybody's posts */
    CHECK(p->check_parse(&(scrape_answer){.body = "{}", .length = 2}, uris, 2, state, &err));
    CHECK_INT(state[0], SCRAPE_UNKNOWN);
    lg_err_clear(&err);
    CHECK(p->check_parse(&(scrape_answer){.body = "{}", .length = 2, .status = 500}, uris, 2, state, &err));
    CHECK_INT(state[1], SCRAPE_UNKNOWN);
}

/* Every platform refuses, without a crash, what it cannot be asked; and plans what it requests. */
TEST(every_platform_plans_what_it_can_be_asked)
{
    const char *tags[] = {"adidas"};
    const scrape_query ask[] = {
        {.tag = tags, .tags = 1, .account = "1"}, {.text = "shoes"}, {.user = "ann", .account = "1"}, {0}};
    int planned = 0;
    for (const scrape_platform *const *p = scrape_platforms; *p; p++)
        for (size_t i = 0; i < sizeof ask / sizeof *ask; i++) {
            lg_arena arena;
            lg_err_clear(&err);
            scrape_plan plan;
            scrape_request request;
            lg_arena_init(&arena, 0);
            lg_status st = (*p)->plan(&ask[i], &arena, &plan, &err);
            if (st) CHECK_INT(err.code, 723);
            if (st) CHECK(err.msg[0] && err.hint[0]);
            if (!st) CHECK(plan.summary && plan.limits && plan.lines && plan.per_page);
            lg_err again = {0};
            CHECK_INT((*p)->request(&ask[i], NULL, &arena, &request, &again), st);
            planned += !st;
            lg_arena_release(&arena);
        }
    CHECK(planned >= 8);
}

TEST(no_memory_is_an_error_at_every_point)
{
    const char *tag = "adidas";
    static const struct {
        const char *platform, *body;
    } row[] = {{"twitter", X_PAGE}, {"mastodon", M_PAGE}};
    for (size_t k = 0; k < 2; k++)
        for (long n = 1; n < 100; n++) {
            lg_err_clear(&err);
            scrape_walk first = {0};
            scraped s = {.query = {.tag = &tag, .tags = 1}};
            lg_alloc_fail_at(n, false);
            lg_status st = scraped_raw(&s, row[k].platform, &first, row[k].body, 200, NULL, &err);
            lg_alloc_fail_at(0, false);
            if (st) CHECK_INT(err.code, 901);
            scraped_free(&s);
        }
}
