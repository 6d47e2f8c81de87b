/* test_dashboard.c - the page that readers without code get: what it says, what strangers' texts cannot do in it, whom
 * it does not name, and how large it is. tests/browser/test_dashboard.py uses the same page in a browser. */
#include "tests/support/test.h"

#include <jansson.h>

#include "lib/image/hash.h"
#include "tests/support/dashboard.h"
#include "tests/support/written_posts.h"

static dash_fixture f;
static lg_err err;

static const char *page_of(int count, bool anonymous)
{
    err = (lg_err){0};
    CHECK_OK(dash_make(&f, count, anonymous, &err));
    CHECK_OK(rep_dashboard_write(&f.ask, &f.file, &f.made, &err));
    return lg_buf_str(&f.file);
}

/* A page of written posts, without customers. */
static const char *page_of_posts(rep_posts *posts)
{
    err = (lg_err){0};
    f = (dash_fixture){.posts = posts};
    f.sets[0] = posts;
    f.ask = (rep_dashboard){.title = "t", .posts = f.sets, .sets = 1, .made = DASH_MONDAY};
    lg_buf_init(&f.file, 0);
    CHECK_OK(rep_dashboard_write(&f.ask, &f.file, &f.made, &err));
    return lg_buf_str(&f.file);
}

static size_t count_of(const char *page, const char *what)
{
    size_t n = 0;
    for (const char *p = page; (p = strstr(p, what)); p += strlen(what)) n++;
    return n;
}

/* ---- a page is made of these elements and attributes, and of nothing else ---- */
static bool one_of(const char *const *list, const char *word, size_t len)
{
    for (; *list; list++)
        if (strlen(*list) == len && strncmp(*list, word, len) == 0) return true;
    return false;
}

static const char *const elements[] = {
    "html",   "head",  "meta",   "title",   "style",    "body",   "a",       "header", "h1",    "h2",
    "h3",     "p",     "nav",    "ul",      "li",       "main",   "section", "form",   "label", "select",
    "option", "input", "output", "button",  "svg",      "defs",   "image",   "use",    "path",  "text",
    "circle", "rect",  "div",    "details", "summary",  "table",  "caption", "thead",  "tbody", "tr",
    "th",     "td",    "span",   "bdi",     "noscript", "footer", "dialog",  "script", NULL};
static const char *const attributes[] = {"lang",
                                         "charset",
                                         "http-equiv",
                                         "content",
                                         "name",
                                         "class",
                                         "href",
                                         "rel",
                                         "id",
                                         "hidden",
                                         "type",
                                         "tabindex",
                                         "role",
                                         "value",
                                         "for",
                                         "min",
                                         "max",
                                         "width",
                                         "height",
                                         "viewBox",
                                         "d",
                                         "x",
                                         "y",
                                         "cx",
                                         "cy",
                                         "r",
                                         "text-anchor",
                                         "scope",
                                         "dir",
                                         "focusable",
                                         "preserveAspectRatio",
                                         "data-person",
                                         "aria-label",
                                         "aria-labelledby",
                                         "aria-hidden",
                                         "aria-live",
                                         NULL};

static void check_attribute(const char *element, size_t element_len, const char *name, size_t name_len,
                            const char *value, size_t value_len)
{
    if (!one_of(attributes, name, name_len)) TEST_FAIL("attribute %.*s", (int)name_len, name);
    if (memchr(value, '<', value_len)) TEST_FAIL("%.*s has <", (int)name_len, name);
    if (name_len != 4 || strncmp(name, "href", 4) != 0) return;
    bool link = element_len == 1 && *element == 'a', image = element_len == 5 && strncmp(element, "image", 5) == 0;
    if (link && (*value == '#' || strncmp(value, "https://social.example/", 23) == 0)) return;
    if (image && strncmp(value, "data:image/jpeg;base64,", 23) == 0) return;
    if (element_len == 3 && strncmp(value, "#s", 2) == 0) return;
    TEST_FAIL("%.*s leads to %.80s", (int)element_len, element, value);
}

/* Behind `<`; returns behind `>`. */
static const char *check_tag(const char *p)
{
    if (*p == '/') p++;
    const char *element = p;
    size_t len = strcspn(p, " \n>");
    if (!one_of(elements, element, len)) TEST_FAIL("element %.*s", (int)len, element);
    for (p += len; *p != '>';) {
        p += strspn(p, " \n/");
        if (*p == '>') break;
        const char *name = p, *value = "";
        size_t name_len = strcspn(p, " \n>="), value_len = 0;
        p += name_len;
        if (*p == '=') {
            char quote = *++p;
            bool quoted = quote == '"';
            value = p + quoted;
            value_len = strcspn(value, quoted ? "\"" : " \n>");
            p = value + value_len + quoted;
        }
        check_attribute(element, len, name, name_len, value, value_len);
    }
    return p + 1;
}

static void check_markup(const char *page)
{
    const char *p = page;
    CHECK(strncmp(p, "<!doctype html>\n", 16) == 0);
    for (p += 16; (p = strchr(p, '<'));) {
        bool style = strncmp(p, "<style>", 7) == 0, script = strncmp(p, "<script", 7) == 0;
        p = check_tag(p + 1);
        if (style) p = strstr(p, "</style>");
        if (script) p = strstr(p, "</script>");
        CHECK(p);
    }
}

/* ---- facts of the script ---- */
static json_t *facts(const char *page)
{
    static const char begin[] = "<script type=application/json id=data>";
    const char *from = strstr(page, begin), *to = from ? strstr(from, "</script>") : NULL;
    json_error_t where;
    CHECK(to);
    from += strlen(begin);
    CHECK(!memchr(from, '<', (size_t)(to - from)) && !memchr(from, '>', (size_t)(to - from)));
    json_t *data = json_loadb(from, (size_t)(to - from), JSON_REJECT_DUPLICATES, &where);
    if (!data) TEST_FAIL("JSON: %s at %d", where.text, where.position);
    return data;
}

TEST(what_strangers_write_stays_text)
{
    const char *page = page_of(300, false);
    static const char *const never[] = {"<img",         "javascript:window.hacked=1\"",
                                        "\xe2\x80\xae", "\xe2\x81\xa6",
                                        "\x07",         "\x1b",
                                        "\xff",         "lang=\"",
                                        "<svg onload",  NULL};
    check_markup(page);
    CHECK_INT(count_of(page, "<script"), 2);
    CHECK_INT(count_of(page, "</script"), 2);
    CHECK_INT(count_of(page, "</style"), 1);
    CHECK_INT(count_of(page, "<!--"), 0);
    for (int i = 0; never[i]; i++)
        if (strstr(page, never[i])) TEST_FAIL("%s is in the page", never[i]);
    CHECK_HAS(page, "&lt;/script&gt;&lt;script&gt;window.hacked=1&lt;/script&gt;");
    CHECK_HAS(page, "&lt;!--&lt;script&gt;");
    CHECK(!strstr(page, "https://social.example/&quot;")); /* such an address is no link */
    CHECK_HAS(page, "<bdi>שלום adidas");
    json_t *data = facts(page);
    CHECK_INT(json_array_size(json_object_get(data, "posts")), 300);
    json_decref(data);
    CHECK_INT(lg_utf8_valid(page, f.file.len), f.file.len);
    dash_free(&f);
}

TEST(titles_and_labels_are_texts_too)
{
    static const char *const labels[] = {"</script>", "<b>&\"'", "other", "=1+1"};
    CHECK_OK(dash_make(&f, 40, false, &err));
    f.posts->label = labels;
    f.posts->model = "</title><script>";
    f.posts->calibration = "<i>";
    f.ask.lists = 0;
    f.ask.title = "</title><script>window.hacked=1</script>";
    f.ask.about = "\"><svg onload=1>";
    f.model.name = f.model.course = f.model.learnt = "<svg/onload=1>";
    CHECK_OK(rep_dashboard_write(&f.ask, &f.file, &f.made, &err));
    check_markup(lg_buf_str(&f.file));
    CHECK_INT(count_of(lg_buf_str(&f.file), "<script"), 2);
    CHECK_HAS(lg_buf_str(&f.file), "<title>&lt;/title&gt;");
    json_t *data = facts(lg_buf_str(&f.file));
    CHECK_STR(json_string_value(json_object_get(data, "name")), f.ask.title);
    CHECK_STR(json_string_value(json_array_get(json_object_get(data, "labels"), 0)), "</script>");
    json_decref(data);
    dash_free(&f);
}

/* The policy names exactly this style and this script. */
static void check_hash(const char *page, const char *element, const char *kind)
{
    char begin[20], end[20], hex[IMG_SHA256_HEX], want[100];
    snprintf(begin, sizeof begin, "<%s>", element);
    snprintf(end, sizeof end, "</%s>", element);
    const char *from = strstr(page, begin) + strlen(begin), *to = strstr(from, end);
    unsigned char bytes[32];
    lg_buf base64;
    img_sha256(from, (size_t)(to - from), hex);
    for (int i = 0; i < 32; i++) {
        unsigned byte;
        sscanf(hex + 2 * i, "%2x", &byte);
        bytes[i] = (unsigned char)byte;
    }
    lg_buf_init(&base64, 0);
    lg_buf_base64(&base64, bytes, 32);
    snprintf(want, sizeof want, "; %s 'sha256-%s'", kind, lg_buf_str(&base64));
    lg_buf_release(&base64);
    CHECK_HAS(page, want);
}

TEST(nothing_is_fetched)
{
    const char *page = page_of(60, false);
    CHECK_HAS(page, "Content-Security-Policy content=\"default-src 'none'; img-src data:; style-src 'sha256-");
    check_hash(page, "style", "style-src");
    check_hash(page, "script", "script-src");
    /* what leads elsewhere is a link to a post, which a reader may follow */
    for (const char *p = page; (p = strstr(p, "://")); p += 3) {
        bool link = p - page > 14 && strncmp(p - 14, "<a href=\"https", 14) == 0;
        if (link) CHECK(strstr(p, "\" rel=\"noopener noreferrer\">"));
        else CHECK_HAS(p - 60 > page ? p - 60 : page, "evil.example"); /* the text of a post */
    }
    CHECK(!strstr(page, "javascript:window.hacked=1\""));
    dash_free(&f);
}

TEST(an_anonymous_page_names_nobody)
{
    const char *page = page_of(300, true);
    static const char *const never[] = {
        "secrethandle", "Secret Name", "social.example", "18400000000000",     "://", "id07", "marathon", "evil",
        "<image",       "logos/",      "onmouseover",    "the platform hides", NULL};
    for (int i = 0; never[i]; i++)
        if (strstr(page, never[i])) TEST_FAIL("%s is in the page", never[i]);
    CHECK_HAS(page, ">person 1 <");
    CHECK_HAS(page, "Nobody is named");
    CHECK(f.made.anonymous);
    CHECK_INT(f.made.pictures, 0);
    check_markup(page);
    json_t *data = facts(page), *person = json_array_get(json_object_get(data, "people"), 0);
    CHECK_INT(json_array_size(json_object_get(person, "own")), f.list.person[0].evidences);
    CHECK_INT(json_array_size(json_object_get(data, "authors")), 0);
    json_decref(data);
    dash_free(&f);
}

TEST(one_anonymous_list_hides_the_names_of_the_other)
{
    rep_customers hidden;
    CHECK_OK(dash_make(&f, 120, false, &err));
    rep_customers_ask ask = {.brand = "nike", .least = 0.6f, .posts = 1, .top = 5, .anonymous = true};
    CHECK_OK(rep_customers_find(f.posts, &ask, &hidden, &err));
    const rep_customers *both[] = {&f.list, &hidden};
    f.ask.customers = both;
    f.ask.lists = 2;
    CHECK_OK(rep_dashboard_write(&f.ask, &f.file, &f.made, &err));
    CHECK(!strstr(lg_buf_str(&f.file), "secrethandle"));
    CHECK(!strstr(lg_buf_str(&f.file), "://"));
    CHECK_HAS(lg_buf_str(&f.file), ">person 1 <");
    check_markup(lg_buf_str(&f.file));
    rep_customers_release(&hidden);
    dash_free(&f);
}

/* ---- size ---- */
TEST(five_thousand_posts_with_pictures_fit_into_five_megabytes)
{
    f.noise = true; /* pictures that no JPEG makes small */
    const char *page = page_of(5000, false);
    f.noise = false;
    printf("  5,000 posts, %zu pictures of noise: %zu bytes, %d pixels, %zu left out\n", f.made.pictures, f.file.len,
           f.made.side, f.made.pictures_left);
    CHECK(f.file.len < 5000000);
    CHECK_INT(f.made.posts, 5000);
    CHECK(f.made.pictures > 4900);
    CHECK_INT(f.made.pictures_left, 0);
    CHECK(f.made.side >= 32);
    CHECK_HAS(page, "id=p4999>");
    dash_free(&f);
}

TEST(few_pictures_are_large_and_each_is_there_once)
{
    const char *page = page_of(40, false);
    CHECK_INT(f.made.side, 320);
    CHECK(f.made.pictures >= 38 && f.made.pictures + f.made.unreadable >= 40);
    CHECK(count_of(page, "<image ") == (f.made.pictures + 8) / 9); /* 3 by 3 on a sheet */
    CHECK_INT(count_of(page, "data:image/jpeg;base64,"), count_of(page, "<image "));
    CHECK(f.file.len < 900000);
    dash_free(&f);
}

TEST(what_has_no_room_is_left_out_and_counted)
{
    f.noise = true;
    CHECK_OK(dash_make(&f, 900, false, &err));
    f.noise = false;
    rep_post *post = (rep_post *)(uintptr_t)f.posts->post;
    char *text = lg_arena_alloc(&f.posts->arena, 7001, 1, &err);
    CHECK(text);
    memset(text, '&', 7000); /* five bytes each, and twice on the page of this many */
    for (int i = 0; i < 900; i++) post[i].text = text;
    CHECK_OK(rep_dashboard_write(&f.ask, &f.file, &f.made, &err));
    CHECK(f.made.pictures_left > 800);
    CHECK_HAS(lg_buf_str(&f.file), "Left out to keep this file small: ");
    CHECK_HAS(lg_buf_str(&f.file), "Long texts are cut after 2000 characters");
    dash_free(&f);
}

/* ---- what it says ---- */
TEST(sentences_say_the_numbers)
{
    const char *page = page_of_posts(posts_of("twitter ann 1790812800000 adidas:93,other\n"
                                              "twitter ann 1790816400000 adidas:88,nike:99\n"
                                              "bluesky bob 1790820000000 nike:97\n"
                                              "twitter cia 1790823600000 other:91\n"
                                              "twitter cia - ?\n"));
    CHECK_HAS(page,
              "<p class=lead id=lead>5 posts with 7 pictures from twitter and bluesky, 1 Oct 2026. adidas is on 2 "
              "(40%) and nike on 2 (40%); 1 shows none of the brands, and 1 is too unclear to say.</p>");
    CHECK_HAS(page, "All posts are of one day: there is no trend to tell.");
    CHECK_HAS(page, "1 post without a date is not drawn");
    CHECK_STR(f.made.sentence, "5 posts with 7 pictures from twitter and bluesky, 1 Oct 2026. adidas is on 2 (40%) and "
                               "nike on 2 (40%); 1 shows none of the brands, and 1 is too unclear to say.");
    CHECK_INT(f.made.brands, 2);
    CHECK_STR(f.made.brand[1].name, "nike");
    dash_free(&f);
}

/* Weeks begin on Mondays; limits of a count of 10 are 4.8 and 18.4 (Garwood 1936). */
TEST(weeks_have_their_counts_and_what_chance_makes_of_them)
{
    lg_buf text;
    lg_buf_init(&text, 0);
    for (int week = 0; week < 4; week++)
        for (int i = 0; i < (week < 2 ? 1 : 10); i++)
            lg_buf_addf(&text, "twitter ann %lld adidas:90\n",
                        (long long)(DASH_MONDAY + 7 * week * DASH_DAY + (i % 7) * DASH_DAY));
    const char *page = page_of_posts(posts_of(lg_buf_str(&text)));
    CHECK_HAS(page, "adidas rose from 1.0 a week in the first half of the time to 10.0 in the second, more than chance "
                    "explains.");
    CHECK_HAS(page, "<tr><th scope=row>14 Sep 2026</th><td>1 (0 to 6)</td></tr><tr><th scope=row>21 Sep 2026</th><td>1 "
                    "(0 to 6)</td></tr><tr><th scope=row>28 Sep 2026</th><td>10 (5 to 18)</td></tr>");
    CHECK_INT(count_of(page, "<circle class=\"dot c0\""), 4);
    lg_buf_release(&text);
    dash_free(&f);
}

/* What a search of recent posts gives is within one week: its days are told apart. */
TEST(days_where_all_is_within_three_weeks)
{
    lg_buf text;
    lg_buf_init(&text, 0);
    for (int day = 0; day < 21; day += 4)
        for (int i = 0; i <= day; i++)
            lg_buf_addf(&text, "twitter ann %lld adidas:90\n", (long long)(DASH_MONDAY + day * DASH_DAY));
    const char *page = page_of_posts(posts_of(lg_buf_str(&text)));
    CHECK_HAS(page, "adidas rose from 1.6 a day in the first half of the time to 3.0 in the second");
    CHECK_HAS(page, "The first and the last day may be incomplete; the sentence above leaves them out.");
    CHECK_HAS(page, "Posts a day. ");
    CHECK_HAS(page, "<th scope=col>Day</th>");
    CHECK_HAS(page, "<tr><th scope=row>18 Sep 2026</th><td>5 (2 to 12)</td></tr><tr><th scope=row>19 Sep 2026</th><td>0 "
                    "(0 to 4)</td></tr>");
    CHECK_INT(count_of(page, "<circle class=\"dot c0\""), 21);
    lg_buf_addf(&text, "twitter ann %lld adidas:90\n", (long long)(DASH_MONDAY + 21 * DASH_DAY));
    dash_free(&f);
    CHECK_INT(count_of(page_of_posts(posts_of(lg_buf_str(&text))), "<circle class=\"dot c0\""), 4);
    lg_buf_release(&text);
    dash_free(&f);
}

TEST(how_sure_is_told_in_words)
{
    const char *page = page_of(100, false);
    CHECK_HAS(page, "Of 100 pictures it calls adidas, about 93 (85 to 97) are adidas.");
    CHECK_HAS(page, "It was tried on 400 pictures (logos.val) that it had not learnt from");
    CHECK_HAS(page, "90% or more sure");
    CHECK_HAS(page, "It learnt from 2,404 pictures of logos (adidas, nike, other, puma).");
    CHECK_HAS(page,
              "that it had not learnt from it got 354 right: 89 of 100 (85 to 91). Always naming the most frequent "
              "brand would get 28 of 100.");
    CHECK_HAS(page, "temperature 1.31");
    CHECK_HAS(page, f.list.how);
    dash_free(&f);
}

TEST(people_are_listed_with_their_photos)
{
    const char *page = page_of(300, false);
    const rep_person *first = &f.list.person[0];
    char want[300];
    snprintf(want, sizeof want, "<span class=n>%d</span> of %d ", first->brand_posts, first->all_posts);
    CHECK_HAS(page, want);
    CHECK(first->right > 0);
    snprintf(want, sizeof want, "class=chance>%.0f%% <span", floor(100 * first->right + 0.5)); /* as `customers` */
    CHECK_HAS(page, want);
    CHECK_HAS(page, ">@secrethandle_");
    CHECK(count_of(page, "<tr role=row id=r") == f.list.current + f.list.potential);
    json_t *data = facts(page), *person = json_array_get(json_object_get(data, "people"), 0);
    json_t *photos = json_object_get(person, "photos"), *posts = json_object_get(data, "posts");
    CHECK_INT(json_array_size(photos), first->evidences);
    for (size_t i = 0; i < first->evidences; i++) { /* each leads to that post and picture */
        json_t *post = json_array_get(posts, (size_t)json_integer_value(json_array_get(json_array_get(photos, i), 0)));
        size_t shot = (size_t)json_integer_value(json_array_get(json_array_get(photos, i), 1));
        CHECK_STR(json_string_value(json_array_get(post, 6)), first->evidence[i].post->id);
        CHECK_INT(json_integer_value(json_array_get(json_array_get(json_array_get(post, 7), shot), 0)), 0);
    }
    json_decref(data);
    dash_free(&f);
}

/* ---- what it is made of ---- */
TEST(customers_bring_their_posts_and_a_post_is_there_once)
{
    CHECK_OK(dash_make(&f, 60, false, &err));
    f.ask.sets = 0;
    CHECK_OK(rep_dashboard_write(&f.ask, &f.file, &f.made, &err));
    CHECK_INT(f.made.posts, 60);
    const rep_posts *twice[] = {f.posts, f.posts};
    f.ask.posts = twice;
    f.ask.sets = 2;
    lg_buf_clear(&f.file);
    CHECK_OK(rep_dashboard_write(&f.ask, &f.file, &f.made, &err));
    CHECK_INT(f.made.posts, 60);
    dash_free(&f);
}

TEST(posts_that_nothing_classified_and_models_alone)
{
    CHECK_OK(dash_make(&f, 30, false, &err));
    f.posts->labels = 0;
    f.ask.lists = 0;
    CHECK_OK(rep_dashboard_write(&f.ask, &f.file, &f.made, &err));
    check_markup(lg_buf_str(&f.file));
    CHECK_HAS(lg_buf_str(&f.file), "<h2 id=time>Posts over time</h2>");
    CHECK(!strstr(lg_buf_str(&f.file), "<select id=brand>"));
    CHECK_INT(f.made.brands, 0);
    f.ask.sets = 0;
    lg_buf_clear(&f.file);
    CHECK_OK(rep_dashboard_write(&f.ask, &f.file, &f.made, &err));
    check_markup(lg_buf_str(&f.file));
    CHECK(!strstr(lg_buf_str(&f.file), "id=posts"));
    CHECK_HAS(lg_buf_str(&f.file), "How sure are we?");
    dash_free(&f);
}

TEST(a_classified_dataset_has_files_and_no_dates)
{
    const char *page = page_of_posts(posts_of("files - - adidas:90\nfiles - - nike:80\n"));
    CHECK(!strstr(page, "id=trend"));
    CHECK(!strstr(page, "#time"));
    CHECK_HAS(page, "2 posts with 2 pictures from files. adidas is on 1 (50%) and nike on 1 (50%).");
    CHECK_INT(f.made.authors, 0);
    dash_free(&f);
}

TEST(odd_times_are_no_dates)
{
    rep_posts *posts = posts_of("twitter ann 1 adidas\ntwitter ann 9223372036854775807 adidas\n"
                                "twitter ann -9223372036854775807 adidas\ntwitter bob 1790812800000 adidas\n");
    const char *page = page_of_posts(posts);
    CHECK_HAS(page, "3 posts without a date are not drawn");
    CHECK_HAS(page, ", 1 Oct 2026. ");
    dash_free(&f);
}

/* ---- what can go wrong ---- */
TEST(every_failed_allocation_is_told)
{
    CHECK_OK(dash_make(&f, 12, false, &err));
    f.ask.picture = NULL;
    long n = 1;
    for (;; n++) {
        err = (lg_err){0};
        lg_buf_clear(&f.file);
        lg_alloc_fail_at(n, false);
        lg_status st = rep_dashboard_write(&f.ask, &f.file, &f.made, &err);
        lg_alloc_fail_at(0, false);
        if (st == LG_OK && n > 5) break;
        if (st != LG_OK) CHECK_INT(st, LG_E_MEMORY);
        CHECK(n < 20000);
    }
    CHECK(n > 20);
    dash_free(&f);
}

TEST(it_can_be_stopped)
{
    lg_cancel cancel = {0};
    CHECK_OK(dash_make(&f, 12, false, &err));
    lg_cancel_set(&cancel);
    f.ask.cancel = &cancel;
    CHECK_INT(rep_dashboard_write(&f.ask, &f.file, &f.made, &err), LG_E_INTERRUPTED);
    err = (lg_err){0};
    dash_free(&f);
}
