/* Link headers, also those that were recorded. */
#include <dirent.h>
#include <jansson.h>
#include "lib/net/link.h"
#include "tests/support/test.h"

/* The target, or "-"; in a buffer that the next call reuses. */
static const char *found(const char *header, const char *rel)
{
    static char text[1000];
    lg_buf out;
    lg_buf_init(&out, sizeof text - 1);
    bool there = net_link_find(header, rel, &out);
    snprintf(text, sizeof text, "%s", there ? lg_buf_str(&out) : "-");
    lg_buf_release(&out);
    return text;
}

TEST(links)
{
    const char *two = "<https://a.example/x?a=1&b=2>; rel=\"next\", <https://a.example/y>; rel=\"prev\"";
    CHECK_STR(found(two, "next"), "https://a.example/x?a=1&b=2");
    CHECK_STR(found(two, "prev"), "https://a.example/y");
    CHECK_STR(found(two, "nex"), "-");
    CHECK_STR(found(two, "last"), "-");
    CHECK_STR(found(NULL, "next"), "-");
    CHECK_STR(found("", "next"), "-");
    CHECK_STR(found("</p?c=,;>;title=\"a, <x>; rel=next\";REL=Next", "next"), "/p?c=,;");
    CHECK_STR(found("<a>; rel=\"start next\"", "next"), "a");
    CHECK_STR(found("<a> ; rel = next", "next"), "a");
    CHECK_STR(found("<a>; x; rel=next", "next"), "a");
    CHECK_STR(found("<a>;rel=prev,<b>;rel=next", "next"), "b");
    CHECK_STR(found("<>; rel=next", "next"), "");
    CHECK_STR(found("<a; rel=next", "next"), "-");
    CHECK_STR(found("a; rel=next", "next"), "-");
    CHECK_STR(found("<a>; rel=\"next", "next"), "a"); /* lenient, as the appendix wants */
    CHECK_STR(found("<a>; rel", "next"), "-");
    CHECK_STR(found("<a>", "next"), "-");
}

TEST(recorded_links_of_mastodon)
{
    const char *folder = test_shared("data/api/mastodon-cassettes");
    int links = 0, next = 0;
    DIR *dir = opendir(folder);
    CHECK(dir != NULL);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        json_t *tape = strstr(entry->d_name, ".json") ? json_load_file(path, 0, NULL) : NULL, *one;
        size_t i;
        json_array_foreach(tape, i, one)
        {
            const char *link = json_string_value(json_object_get(json_object_get(one, "headers"), "link"));
            if (!link) continue;
            links++;
            if (strstr(link, "rel=\"next\"")) {
                next++;
                CHECK_HAS(found(link, "next"), "max_id=");
            }
            if (strstr(link, "rel=\"prev\"")) CHECK_HAS(found(link, "prev"), "http://localhost:3000/api/v");
        }
        json_decref(tape);
    }
    closedir(dir);
    printf("  %d links, %d to a next page\n", links, next);
    CHECK(next > 10);
}
