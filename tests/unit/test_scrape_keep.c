/* From an answer to the catalogue and back: what the parsers read is what is kept. */
#include "scraper/keep.h"
#include "tests/support/catalogue.h"
#include "tests/support/scrape.h"

/* Pages as Mastodon gives them: five posts, each with a picture, ids going down. */
static const char *page_text(int page)
{
    static char text[4000];
    size_t n = 0;
    for (int i = 0; i < 5; i++) {
        int id = 100 - page * 5 - i;
        n += (size_t)snprintf(
            text + n, sizeof text - n,
            "%s{\"id\":\"%d\",\"created_at\":\"2026-05-13T10:%02d:00.000Z\",\"url\":\"https://m.example/@a/%d\","
            "\"content\":\"<p>post %d</p>\",\"favourites_count\":%d,\"account\":{\"id\":\"%d\",\"acct\":\"user%d\"},"
            "\"media_attachments\":[{\"id\":\"9%d\",\"type\":\"image\",\"url\":\"https://m.example/"
            "%d.jpg\"}],\"tags\":[{\"name\":\"adidas\"}]}",
            i ? "," : "[", id, id % 60, id, id, id, id % 3, id % 3, id, id);
    }
    snprintf(text + n, sizeof text - n, "]");
    return text;
}

/* The whole walk, from where the catalogue says it stands; at most `most` pages. */
static void walk(store_catalogue *c, const scrape_query *q, int most)
{
    const scrape_platform *p = scrape_platform_find("mastodon");
    store_scrape s;
    CHECK_OK(store_catalogue_scrape(c, "mastodon", "tag adidas", NULL, true, &s, &err));
    for (int i = 0; i < most && !s.done; i++) {
        char link[100];
        scrape_page page;
        store_page_result r;
        int number = (int)s.pages;
        snprintf(link, sizeof link, "<https://m.example/x?max_id=%d>; rel=\"next\"", 100 - number * 5 - 4);
        const char *text = number < 4 ? page_text(number) : "[]";
        scrape_answer answer = {.body = text, .length = strlen(text), .link = number < 4 ? link : NULL};
        scrape_page_init(&page);
        CHECK_OK(p->parse(q, &(scrape_walk){.cursor = s.cursor, .ids = s.ids}, &answer, &page, &err));
        CHECK_OK(scrape_keep(c, &s, &page, page.end, &r, &err));
        CHECK_INT(r.fresh, page.count);
        scrape_page_release(&page);
    }
    store_scrape_release(&s);
}

TEST(a_walk_that_was_cut_off_goes_on_where_it_was)
{
    const char *tag = "adidas";
    scrape_query q = {.tag = &tag, .tags = 1, .limit = 500, .server = "https://m.example"};
    store_catalogue *c = cat_new();
    walk(c, &q, 2);
    store_catalogue_close(c);
    c = cat_open();
    walk(c, &q, 100);
    store_counts n;
    CHECK_OK(store_catalogue_counts(c, &n, &err));
    CHECK_INT(n.posts, 20);
    CHECK_INT(n.media, 20);
    CHECK_INT(n.users, 3);
    char *torn = strdup(cat_rows(c, &(store_filter){0}));
    CHECK_HAS(torn, "mastodon 100 https://m.example/@a/100 post 100 - 1 user1@m.example - 1778668800000 100 -1 -1 ");
    store_scrape s;
    CHECK_OK(store_catalogue_scrape(c, "mastodon", "tag adidas", NULL, true, &s, &err));
    CHECK(s.done);
    CHECK_INT(s.pages, 5);
    CHECK_INT(s.given, 20);
    store_scrape_release(&s);
    store_catalogue_close(c);
    c = cat_new();
    walk(c, &q, 100);
    CHECK_STR(cat_rows(c, &(store_filter){0}), torn);
    store_catalogue_close(c);
    free(torn);
}
