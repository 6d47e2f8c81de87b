/* What we ask is what the platforms' own documents allow: X's OpenAPI document, Bluesky's lexicons, Meta's field lists.
 */
#include <jansson.h>
#include "scraper/platform.h"
#include "tests/support/test.h"

static lg_err err;

static json_t *document(const char *name)
{
    json_error_t at;
    json_t *root = json_load_file(test_shared(name), 0, &at);
    if (!root) TEST_FAIL("%s: %s", name, at.text);
    return root;
}

static scrape_request ask(lg_arena *arena, const char *platform, const scrape_query *q, const char *cursor)
{
    scrape_request r;
    CHECK_OK(scrape_platform_find(platform)->request(q, cursor, arena, &r, &err));
    return r;
}

static bool in_list(const json_t *list, const char *word, size_t n)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *s = json_string_value(json_array_get(list, i));
        if (s && strlen(s) == n && memcmp(s, word, n) == 0) return true;
    }
    return false;
}

/* ---- X ---- */
static const json_t *parameter(const json_t *root, const char *path, const char *name)
{
    const json_t *at = json_object_get(json_object_get(json_object_get(root, "paths"), path), "get");
    const json_t *list = json_object_get(at, "parameters");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *p = json_array_get(list, i);
        const char *ref = json_string_value(json_object_get(p, "$ref"));
        if (ref)
            p = json_object_get(json_object_get(json_object_get(root, "components"), "parameters"),
                                strrchr(ref, '/') + 1);
        if (p && strcmp(json_string_value(json_object_get(p, "name")), name) == 0) return p;
    }
    return NULL;
}

static void values_allowed(const json_t *schema, const scrape_param *p)
{
    const json_t *words = json_object_get(json_object_get(schema, "items"), "enum");
    const json_t *least = json_object_get(schema, "minimum"), *most = json_object_get(schema, "maximum");
    if (most && (atoi(p->value) < json_integer_value(least) || atoi(p->value) > json_integer_value(most)))
        TEST_FAIL("%s=%s is out of range", p->name, p->value);
    for (const char *s = p->value; words && *s;) {
        size_t n = strcspn(s, ",");
        if (!in_list(words, s, n)) TEST_FAIL("%s may not be %.*s", p->name, (int)n, s);
        s += n + (s[n] == ',');
    }
}

static void x_allows(const json_t *root, const char *path, const scrape_request *r)
{
    CHECK(r->params > 0);
    for (size_t i = 0; i < r->params; i++) {
        const json_t *p = parameter(root, path, r->param[i].name);
        if (!p) TEST_FAIL("%s has no parameter %s", path, r->param[i].name);
        values_allowed(json_object_get(p, "schema"), &r->param[i]);
    }
}

TEST(x_takes_our_requests)
{
    json_t *root = document("data/api/twitter-v2-openapi/openapi.json");
    lg_arena arena;
    const char *tags[] = {"adidas", "nike"}, *ids[] = {"1", "2"};
    scrape_query by_tag = {
        .tag = tags, .tags = 2, .limit = 5000, .since = 1778000000000, .until = 1778600000000, .dialect = 1};
    scrape_query by_user = {.user = "ann", .limit = 1, .since = 1778000000000, .until = 1778600000000, .dialect = 1};
    lg_arena_init(&arena, 0);
    scrape_request r = ask(&arena, "x", &by_tag, NULL);
    CHECK_STR(r.path, "/2/tweets/search/recent");
    x_allows(root, r.path, &r);
    r = ask(&arena, "x", &by_tag, "s4999:t");
    x_allows(root, r.path, &r);
    r = ask(&arena, "x", &by_user, NULL);
    x_allows(root, "/2/users/by/username/{username}", &r);
    r = ask(&arena, "x", &by_user, "u0:7/t");
    x_allows(root, "/2/users/{id}/tweets", &r);
    CHECK_OK(scrape_platform_find("x")->check(ids, 2, &arena, &r, &err));
    x_allows(root, r.path, &r);
    lg_arena_release(&arena);
    json_decref(root);
}

/* ---- Bluesky ---- */
static void lexicon_allows(const scrape_request *r)
{
    char name[200];
    snprintf(name, sizeof name, "data/api/bluesky-lexicons/%s.json", strrchr(r->path, '/') + 1);
    json_t *root = document(name);
    const json_t *main_part = json_object_get(json_object_get(root, "defs"), "main");
    const json_t *known = json_object_get(json_object_get(main_part, "parameters"), "properties");
    size_t uris = 0;
    for (size_t i = 0; i < r->params; i++) {
        const scrape_param *p = &r->param[i];
        const json_t *one = json_object_get(known, p->name), *words = json_object_get(one, "knownValues");
        if (!one) TEST_FAIL("%s has no parameter %s", name, p->name);
        if (words && !in_list(words, p->value, strlen(p->value))) TEST_FAIL("%s may not be %s", p->name, p->value);
        const json_t *most = json_object_get(one, "maximum");
        if (most) CHECK(atoi(p->value) <= json_integer_value(most));
        uris += strcmp(p->name, "uris") == 0;
        if (uris) CHECK(uris <= (size_t)json_integer_value(json_object_get(one, "maxLength")));
    }
    json_decref(root);
}

TEST(bluesky_takes_our_requests)
{
    lg_arena arena;
    const char *tags[] = {"adidas"}, *ids[10];
    const scrape_platform *b = scrape_platform_find("bluesky");
    lg_arena_init(&arena, 0);
    scrape_request r =
        ask(&arena, "bluesky",
            &(scrape_query){.tag = tags, .tags = 1, .limit = 999, .since = 1, .until = 2000000000000}, "t0:c");
    lexicon_allows(&r);
    r = ask(&arena, "bluesky", &(scrape_query){.user = "ann.example", .limit = 999}, "a0:c");
    lexicon_allows(&r);
    CHECK_INT(b->checks, 10);
    for (size_t i = 0; i < b->checks; i++) ids[i] = "at://did:plc:abc/app.bsky.feed.post/1";
    CHECK_OK(b->check(ids, b->checks, &arena, &r, &err));
    CHECK_INT(r.params, 10);
    lexicon_allows(&r);
    lg_arena_release(&arena);
}

/* ---- Meta ---- */
static bool meta_knows(const json_t *root, const char *word, size_t n)
{
    const json_t *fields = json_object_get(root, "fields"), *edges = json_object_get(root, "apis");
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const char *s = json_string_value(json_object_get(json_array_get(fields, i), "name"));
        if (s && strlen(s) == n && memcmp(s, word, n) == 0) return true;
    }
    for (size_t i = 0; i < json_array_size(edges); i++) {
        const char *s = json_string_value(json_object_get(json_array_get(edges, i), "endpoint"));
        if (s && s[0] == '/') s++;
        if (s && strlen(s) == n && memcmp(s, word, n) == 0) return true;
    }
    return false;
}

/* Outer names of "a,b.limit(0),c{d,e{f}}". */
static void fields_known(const char *spec, const char *fields, size_t len)
{
    char name[200];
    snprintf(name, sizeof name, "data/api/meta-graph-specs/specs/%s.json", spec);
    json_t *root = document(name);
    for (size_t i = 0; i < len;) {
        size_t n = strcspn(fields + i, ",.({}"), depth = 0;
        if (n > len - i) n = len - i;
        if (!meta_knows(root, fields + i, n)) TEST_FAIL("%s has no %.*s", spec, (int)n, fields + i);
        for (i += n; i < len && (depth || fields[i] != ','); i++)
            depth += fields[i] == '{' || fields[i] == '(' ? 1 : fields[i] == '}' || fields[i] == ')' ? (size_t)-1 : 0;
        i++;
    }
    json_decref(root);
}

static void asks_for(const char *platform, const scrape_query *q, const char *cursor, const char *spec)
{
    lg_arena arena;
    lg_arena_init(&arena, 0);
    scrape_request r = ask(&arena, platform, q, cursor);
    bool seen = false;
    for (size_t i = 0; i < r.params; i++)
        if (strcmp(r.param[i].name, "fields") == 0) {
            fields_known(spec, r.param[i].value, strlen(r.param[i].value));
            seen = true;
        }
    CHECK(seen);
    lg_arena_release(&arena);
}

TEST(meta_knows_the_fields_we_ask_for)
{
    const char *tags[] = {"adidas"};
    lg_arena arena;
    asks_for("instagram", &(scrape_query){.tag = tags, .tags = 1, .account = "1"}, "m0:7/", "IGMedia");
    asks_for("instagram", &(scrape_query){.user = "me", .account = "1", .what = SCRAPE_TAGGED}, NULL, "IGMedia");
    asks_for("facebook", &(scrape_query){.user = "nike"}, NULL, "PagePost");
    asks_for("facebook", &(scrape_query){.user = "nike", .what = SCRAPE_TAGGED}, NULL, "PagePost");
    asks_for("facebook", &(scrape_query){.user = "nike", .what = SCRAPE_PHOTOS}, NULL, "Photo");
    asks_for("instagram", &(scrape_query){.user = "nike", .account = "1"}, NULL, "IGUser");
    lg_arena_init(&arena, 0);
    scrape_request r = ask(&arena, "instagram", &(scrape_query){.user = "nike", .account = "1"}, NULL);
    const char *inner = strstr(r.param[0].value, "media.limit(50){");
    CHECK(inner);
    inner += strlen("media.limit(50){");
    fields_known("IGMedia", inner, strlen(inner) - 2); /* without the two brackets at the end */
    lg_arena_release(&arena);
    static const char *const edges[][2] = {{"Page", "posts"},
                                           {"Page", "tagged"},
                                           {"Page", "photos"},
                                           {"IGUser", "tags"},
                                           {"ShadowIGHashtag", "recent_media"}};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        fields_known(edges[i][0], edges[i][1], strlen(edges[i][1]));
}
