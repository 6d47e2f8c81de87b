/* Answers that real servers gave, read by our parsers and counted by Python: tests/support/scrape_recount.py wrote the
 * table. The exchanges themselves are handed over, not ours to keep. */
#include <jansson.h>
#include "scraper/platform.h"
#include "tests/support/test.h"

typedef struct counts {
    long long given, reposts, not_public, kept, media, addresses, tags, authors, likes, ms, bytes;
    const char *next;
} counts;

static counts count(const scrape_page *page)
{
    counts c = {.given = (long long)page->given, .reposts = (long long)page->reposts, .kept = (long long)page->count};
    c.not_public = (long long)page->not_public;
    for (size_t i = 0; i < page->count; i++) {
        const scrape_post *p = &page->post[i];
        c.media += (long long)p->media_count;
        for (size_t k = 0; k < p->media_count; k++) c.addresses += p->media[k].url != NULL;
        c.tags += (long long)p->tag_count;
        c.authors += p->author_handle != NULL;
        c.likes += p->likes == SCRAPE_NOT_GIVEN ? 0 : p->likes;
        c.ms += p->time == SCRAPE_NO_TIME ? 0 : p->time;
        c.bytes += (long long)strlen(p->text);
    }
    return c;
}

static json_t *exchange(const char *file, int index)
{
    static char name[300];
    static json_t *all;
    char path[400];
    if (!all || strcmp(name, file)) {
        json_decref(all);
        snprintf(name, sizeof name, "%s", file);
        snprintf(path, sizeof path, "data/api/%s", file);
        all = json_load_file(test_shared(path), 0, NULL);
    }
    return json_array_get(all, (size_t)index);
}

#define SAME(got, want)                                                                                                \
    do {                                                                                                               \
        long long same_g = (long long)(got), same_w = (long long)(want);                                               \
        if (same_g != same_w) TEST_FAIL("%s %d: %s is %lld, Python says %lld", file, index, #got, same_g, same_w);     \
    } while (0)

static void compare(const char *platform, const char *file, int index, char how, const counts *want)
{
    lg_err err = {0};
    scrape_page page;
    const scrape_platform *p = scrape_platform_find(platform);
    json_t *one = exchange(file, index);
    char *body = json_dumps(json_object_get(one, "body"), JSON_ENCODE_ANY), *list = NULL;
    if (how == 'o' && asprintf(&list, "[%s]", body) < 0) TEST_FAIL("no memory");
    scrape_query q = {.now = 0, .limit = 100000};
    const char *tag = "adidas";
    if (how == 't' || how == 's') q.tag = &tag, q.tags = 1;
    if (how == 'u' || how == 'a') q.user = "somebody";
    scrape_walk walk = {.cursor = how == 'u' ? "u0:783214/" : how == 'a' ? "a0:1/" : NULL};
    const char *text = list ? list : body;
    scrape_answer answer = {.body = text, .length = strlen(text)};
    answer.link = json_string_value(json_object_get(json_object_get(one, "headers"), "link"));
    scrape_page_init(&page);
    CHECK_OK(p->parse(&q, &walk, &answer, &page, &err));
    counts got = count(&page);
    if (how == 'u') got.authors = 0; /* the name that was asked for stands in for what X did not repeat */
    SAME(got.given, want->given);
    SAME(got.reposts, want->reposts);
    SAME(got.not_public, want->not_public);
    SAME(got.kept, want->kept);
    SAME(got.media, want->media);
    SAME(got.addresses, want->addresses);
    SAME(got.tags, want->tags);
    SAME(got.authors, want->authors);
    SAME(got.likes, want->likes);
    SAME(got.ms, want->ms);
    SAME(got.bytes, want->bytes);
    SAME(page.problems, 0);
    SAME(page.refused + page.repeated + page.outside, 0);
    const char *next = page.next ? strrchr(page.next, how == 'u' || how == 'a' ? '/' : ':') + 1 : "-";
    CHECK_STR(next, want->next);
    CHECK_INT(page.end, page.next == NULL);
    scrape_page_release(&page);
    free(body), free(list);
}

TEST(recorded_exchanges_count_as_python_counts_them)
{
    char line[1000], platform[40], file[300], how, next[200];
    int index, lines = 0;
    counts w = {0};
    test_shared("data/api");
    FILE *table = fopen("tests/golden/scrape/recount.tsv", "r");
    CHECK(table);
    while (fgets(line, sizeof line, table)) {
        int n = sscanf(line,
                       "%39[^\t]\t%299[^\t]\t%d\t%c\t%lld\t%lld\t%lld\t%lld\t%lld\t%lld\t%lld\t%lld\t%lld\t%lld\t%lld\t"
                       "%199s",
                       platform, file, &index, &how, &w.given, &w.reposts, &w.not_public, &w.kept, &w.media,
                       &w.addresses, &w.tags, &w.authors, &w.likes, &w.ms, &w.bytes, next);
        CHECK_INT(n, 16);
        w.next = next;
        compare(platform, file, index, how, &w);
        lines++;
    }
    fclose(table);
    CHECK(lines > 100);
}
