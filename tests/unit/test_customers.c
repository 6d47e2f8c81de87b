/* test_customers.c - lib/report/customers.h: who is listed, in which order, with which photos, and how far it can be
 * trusted. Figures against tests/golden/statistics/customers.txt, which make_customers.py beside it makes. */
#include "lib/report/customers.h"
#include "tests/support/written_posts.h"
#include "tests/support/test.h"

static rep_customers list;
static lg_err err;

static lg_status find(const rep_posts *posts, rep_customers_ask ask)
{
    if (list.posts) rep_customers_release(&list);
    err = (lg_err){0};
    if (!ask.top) ask.top = 50;
    return rep_customers_find(posts, &ask, &list, &err);
}

/* "@ann 3/4 @bob 1/1 | @eve 2/2": posts that count of all, current then potential. */
static const char *listed(void)
{
    static char text[1024];
    size_t used = 0;
    *text = 0;
    for (size_t i = 0; i < list.current + list.potential; i++) {
        const rep_person *p = &list.person[i];
        int posts = p->standing == REP_CURRENT ? p->brand_posts : p->rival_posts;
        CHECK_INT(p->rank, i < list.current ? i + 1 : i - list.current + 1);
        CHECK_NEAR(p->share, (double)posts / p->all_posts, 1e-12);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s %d/%d", i ? " " : "",
                                 i == list.current ? "| " : "", p->name, posts, p->all_posts);
    }
    return text;
}

TEST(ranked_by_posts_of_the_brand_then_share_then_newest_then_handle)
{
    rep_posts *posts = posts_of("twitter ann 1 adidas\n"
                                "twitter bob 2 adidas\n"
                                "twitter bob 3 other\n"
                                "twitter cat 4 adidas\n"
                                "twitter eve 4 adidas\n"
                                "twitter Dan 4 adidas\n"
                                "twitter fay 1 adidas\n"
                                "twitter fay 2 adidas\n"
                                "twitter fay 3 nike\n"
                                "twitter gus 9 nike\n"
                                "twitter hal 9 other\n");
    CHECK_OK(find(posts, (rep_customers_ask){.brand = "ADIDAS", .posts = 1}));
    CHECK_STR(listed(), "@fay 2/3 @cat 1/1 @Dan 1/1 @eve 1/1 @ann 1/1 @bob 1/2 | @gus 1/1");
    CHECK_STR(list.brand, "adidas");
    CHECK_INT(list.rivals, 2);
    CHECK_STR(list.rival[0], "nike");
    CHECK_STR(list.rival[1], "puma");
    CHECK_INT(list.person[0].rival_posts, 1);
    CHECK_INT(list.person[0].last, 2);
    CHECK_INT(list.posts_looked, 11);
    rep_posts_unref(posts);
}

TEST(people_with_too_few_posts_are_neither)
{
    rep_posts *posts = posts_of("twitter ann 1 adidas\n"
                                "twitter bob 1 adidas\n"
                                "twitter bob 2 adidas\n"
                                "twitter ann 3 nike\n"
                                "twitter ann 4 nike\n"
                                "twitter eve 5 puma\n"
                                "twitter eve 6 nike\n"
                                "twitter gus 7 nike\n");
    CHECK_OK(find(posts, (rep_customers_ask){.brand = "adidas", .posts = 2}));
    CHECK_STR(listed(), "@bob 2/2 | @eve 2/2");
    CHECK_INT(list.few, 1);
    CHECK_OK(find(posts, (rep_customers_ask){.brand = "adidas", .rival = (const char *[]){"Puma"}, .rivals = 1}));
    CHECK_STR(listed(), "@bob 2/2 @ann 1/3 | @eve 1/2");
    CHECK_STR(list.rival[0], "puma");
    rep_posts_unref(posts);
}

TEST(a_post_shows_the_brand_when_one_of_its_pictures_does)
{
    rep_posts *posts = posts_of("twitter ann 1 other,adidas,nike\n"
                                "twitter ann 2 other,other\n"
                                "twitter ann 3 adidas:40,nike:90\n"
                                "twitter bob 1 adidas:59\n"
                                "twitter cat 1 ?\n"
                                "twitter dan 1 adidas:70,adidas:95,adidas:80\n");
    CHECK_OK(find(posts, (rep_customers_ask){.brand = "adidas", .least = 0.6f}));
    CHECK_STR(listed(), "@dan 1/1 @ann 1/3");
    CHECK_INT(list.person[1].rival_posts, 2);
    CHECK_NEAR(list.person[0].evidence[0].picture->confidence, 0.95, 1e-6);
    CHECK_INT(list.posts_looked, 5);
    CHECK_OK(find(posts, (rep_customers_ask){.brand = "adidas"}));
    CHECK_STR(listed(), "@ann 2/3 @bob 1/1 @dan 1/1");
    rep_posts_unref(posts);
}

TEST(the_lists_are_cut_at_top_of_each_standing)
{
    rep_posts *posts = posts_of("twitter a 1 adidas\ntwitter b 2 adidas\ntwitter c 3 adidas\n"
                                "twitter d 1 nike\ntwitter e 2 nike\ntwitter f 3 puma\n");
    CHECK_OK(find(posts, (rep_customers_ask){.brand = "adidas", .top = 2}));
    CHECK_STR(listed(), "@c 1/1 @b 1/1 | @f 1/1 @e 1/1");
    CHECK_INT(list.current_found, 3);
    CHECK_INT(list.potential_found, 3);
    rep_posts_unref(posts);
}

TEST(authors_are_told_apart_by_platform_and_id)
{
    rep_posts *posts = posts_of("twitter ann#7 1 adidas\n"
                                "mastodon ann#7 2 adidas\n"
                                "twitter ann_new#7 3 adidas\n"
                                "twitter ann 4 adidas\n"
                                "twitter ANN_NEW 5 adidas\n"
                                "twitter ann#8 6 adidas\n"
                                "twitter bob 7 adidas\n"
                                "twitter BOB 8 adidas\n"
                                "twitter #9 9 adidas\n");
    CHECK_OK(find(posts, (rep_customers_ask){.brand = "adidas"}));
    CHECK_STR(listed(), "@ANN_NEW 4/4 @BOB 2/2 user 9 1/1 @ann 1/1 @ann 1/1");
    for (size_t i = 0; i < list.current; i++) /* as rep_same_author says, of every two posts */
        for (size_t k = 0; k < list.current; k++)
            CHECK((i == k) == rep_same_author(list.person[i].evidence[list.person[i].evidences - 1].post,
                                              list.person[k].evidence[list.person[k].evidences - 1].post));
    rep_posts_unref(posts);
}

TEST(evidence_is_newest_first)
{
    rep_posts *posts = posts_of("twitter ann 5 adidas\n"
                                "twitter ann - adidas\n"
                                "twitter ann 9 nike\n"
                                "twitter ann 7 adidas\n"
                                "twitter ann 7 adidas:90\n");
    CHECK_OK(find(posts, (rep_customers_ask){.brand = "adidas"}));
    const rep_person *ann = &list.person[0];
    CHECK_INT(ann->evidences, 4);
    CHECK(ann->evidence[0].post == &posts->post[3] && ann->evidence[1].post == &posts->post[4]);
    CHECK(ann->evidence[2].post == &posts->post[0] && ann->evidence[3].post == &posts->post[1]);
    CHECK_INT(ann->last, 7);
    CHECK_STR(ann->url, "https://twitter.test/4");
    rep_posts_unref(posts);
}

TEST(posts_without_a_name_are_counted_and_nobodys)
{
    rep_posts *posts = posts_of("instagram - 1 adidas\ninstagram - 2 nike\ninstagram - 3 adidas\ntwitter bob 1 puma\n");
    CHECK_OK(find(posts, (rep_customers_ask){.brand = "adidas"}));
    CHECK_STR(listed(), "| @bob 1/1");
    CHECK_INT(list.nameless, 2);
    CHECK_INT(list.current_found, 0);
    rep_posts_unref(posts);
}

/* No byte of the list leads to the person: everything it points to is looked through. */
TEST(anonymous_keeps_nothing_from_which_a_person_follows)
{
    rep_posts *posts = posts_of("twitter ann#7 1700000012345 adidas\ntwitter bob 1700000000000 nike\n"
                                "twitter ann#7 -86400001 adidas\n");
    CHECK_OK(find(posts, (rep_customers_ask){.brand = "adidas", .anonymous = true}));
    CHECK_STR(listed(), "person 1 2/2 | person 2 1/1");
    for (size_t i = 0; i < 2; i++) {
        const rep_person *p = &list.person[i];
        CHECK(!p->url && !p->author_id && !p->handle);
        CHECK_STR(p->platform, "twitter");
        CHECK_INT(p->last, 1699920000000);
        for (size_t k = 0; k < p->evidences; k++) {
            const rep_post *post = p->evidence[k].post;
            const rep_picture *picture = p->evidence[k].picture;
            CHECK(post->picture == picture && post->pictures == 1 && picture->label == (i ? 1 : 0));
            CHECK(!post->url && !post->text && !post->language && !post->author_id && !post->author_handle &&
                  !post->author_name && !*post->id && !*picture->sha256 && !picture->file && !picture->alt);
            CHECK_INT(post->likes, REP_NOT_GIVEN);
            CHECK_INT(post->time, i || !k ? 1699920000000 : -172800000);
        }
    }
    CHECK_INT(list.person[0].evidences, 2);
    rep_posts_unref(posts);
}

TEST(names_of_strangers_are_kept_as_they_are)
{
    rep_posts *posts = posts_of("twitter <img/onerror=x> 1 adidas\ntwitter =1+1 2 adidas\ntwitter \xe2\x80\xae"
                                "abc 3 adidas\n");
    CHECK_OK(find(posts, (rep_customers_ask){.brand = "adidas"}));
    CHECK_STR(listed(), "@\xe2\x80\xae"
                        "abc 1/1 @=1+1 1/1 @<img/onerror=x> 1/1");
    rep_posts_unref(posts);
}

TEST(questions_that_cannot_be_answered)
{
    rep_posts *posts = posts_of("twitter ann 1 adidas\n");
    CHECK(find(posts, (rep_customers_ask){.brand = "adidsa"}) == LG_E_NAME);
    CHECK_INT(err.code, 450);
    CHECK_HAS(err.why, "adidas, nike, puma, Other");
    CHECK_HAS(err.hint, "`adidas`");
    CHECK(find(posts, (rep_customers_ask){.brand = "adidas", .rival = (const char *[]){"reebok"}, .rivals = 1}) ==
          LG_E_NAME);
    CHECK_INT(err.code, 450);
    CHECK(find(posts, (rep_customers_ask){.brand = "other"}) == LG_E_ARG);
    CHECK_INT(err.code, 452);
    CHECK(find(posts, (rep_customers_ask){.brand = "adidas", .rival = (const char *[]){"OTHER"}, .rivals = 1}) ==
          LG_E_ARG);
    CHECK(find(posts, (rep_customers_ask){.brand = "adidas", .rival = (const char *[]){"Adidas"}, .rivals = 1}) ==
          LG_E_ARG);
    CHECK_HAS(err.msg, "its own rival");
    posts->labels = 0;
    CHECK(find(posts, (rep_customers_ask){.brand = "adidas"}) == LG_E_DATA);
    CHECK_INT(err.code, 451);
    CHECK(!list.posts);
    rep_posts_unref(posts);
    posts = posts_of("");
    CHECK_OK(find(posts, (rep_customers_ask){.brand = "adidas"}));
    CHECK_INT(list.current + list.potential, 0);
    rep_posts_unref(posts);
}

TEST(the_usual_brand_is_the_one_with_most_pictures)
{
    rep_posts *posts = posts_of("twitter ann 1 other,other,other,nike\ntwitter ann 2 adidas:70,adidas:70\n");
    CHECK_INT(rep_brand_usual(posts, 0), 0);
    CHECK_INT(rep_brand_usual(posts, 0.8f), 1);
    rep_posts_unref(posts);
    posts = posts_of("twitter ann 1 other\n");
    CHECK_INT(rep_brand_usual(posts, 0), -1);
    rep_posts_unref(posts);
    CHECK(rep_is_rest("None") && rep_is_rest("something ELSE") && !rep_is_rest("another"));
}

/* ---- how far it can be trusted ---- */
TEST(right_ones_are_counted_from_validation_images)
{
    rep_posts *posts = posts_of("twitter ann 1 adidas\ntwitter bob 2 adidas:65\ntwitter eve 3 nike\n");
    posts_validated(posts, "adidas>adidas 80*30 adidas>adidas 50*9 nike>adidas 90*10 other>adidas 55*5 "
                           "nike>nike 99*40 puma>nike 99*8 other>nike 99*2 adidas>other 99*3");
    CHECK_OK(find(posts, (rep_customers_ask){.brand = "adidas", .least = 0.6f}));
    const rep_trust *t = &list.trust[REP_CURRENT];
    CHECK_INT(t->called, 40);
    CHECK_INT(t->right, 30);
    CHECK_NEAR(list.right, 1.5, 1e-12);
    CHECK(list.right_low >= 0 && list.right_low < 1 && list.right_high <= 2 && list.right_high > 1.5);
    CHECK_STR(list.how,
              "of the 107 validation images (logos.val) 40 were called adidas with at least 60%, and 30 of them are");
    CHECK_NEAR(list.person[0].right, 0.75, 1e-12);
    CHECK_NEAR(list.person[0].right_low, t->low, 0);
    CHECK_NEAR(t->validation_called, 40.0 / 107, 1e-12);
    CHECK_NEAR(t->posts_called, 2.0 / 3, 1e-12);
    t = &list.trust[REP_POTENTIAL]; /* a puma called nike is a rival's all the same */
    CHECK_INT(t->called, 50);
    CHECK_INT(t->right, 48);
    CHECK_NEAR(list.person[2].right, 0.96, 1e-12);
    CHECK_HAS(t->how, "50 were called a rival with at least 60%, and 48 of them are");
    rep_posts_unref(posts);
}

TEST(more_photos_of_one_person_do_not_raise_what_is_said)
{
    rep_posts *posts =
        posts_of("twitter ann 1 adidas\ntwitter ann 2 adidas\ntwitter ann 3 adidas\ntwitter bob 1 adidas\n");
    posts_validated(posts, "adidas>adidas 80*30 nike>adidas 90*10");
    CHECK_OK(find(posts, (rep_customers_ask){.brand = "adidas"}));
    CHECK_NEAR(list.person[0].right, 0.75, 1e-12);
    CHECK_NEAR(list.person[1].right, 0.75, 1e-12);
    rep_posts_unref(posts);
}

TEST(where_it_cannot_be_said_it_is_not_said)
{
    static const struct {
        const char *validated, *how;
    } cases[] = {
        {"", "the model has no validation images to count from"},
        {"nike>adidas 90*40", "none of the 40 validation images (logos.val) is adidas"},
        {"adidas>adidas 90*19 adidas>adidas 30*40",
         "only 19 of the 59 validation images (logos.val) are called adidas with at least 60%; at least 20 are needed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rep_posts *posts = posts_of("twitter ann 1 adidas\n");
        posts_validated(posts, cases[i].validated);
        CHECK_OK(find(posts, (rep_customers_ask){.brand = "adidas", .least = 0.6f}));
        const rep_trust *t = &list.trust[REP_CURRENT];
        CHECK(isnan(list.right) && isnan(list.right_low) && isnan(list.right_high) && isnan(t->share));
        CHECK(isnan(list.person[0].right) && isnan(list.person[0].right_high) && isnan(t->shifted));
        CHECK_STR(list.how, cases[i].how);
        rep_posts_unref(posts);
    }
}

/* The model calls a tenth of what is none of it adidas; in these posts it calls hardly more than that adidas. */
TEST(a_brand_that_is_rare_in_the_posts_is_told)
{
    static char text[40000];
    size_t used = 0;
    for (int i = 0; i < 1000; i++)
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "twitter u%d 1 %s\n", i, i < 110 ? "adidas" : "other");
    rep_posts *posts = posts_of(text);
    posts_validated(posts, "adidas>adidas 90*50 adidas>other 90*10 other>adidas 90*10 other>other 90*130");
    CHECK_OK(find(posts, (rep_customers_ask){.brand = "adidas", .least = 0.6f, .top = 500}));
    CHECK_INT(list.current, 110);
    CHECK_NEAR(list.trust[REP_CURRENT].share, 5.0 / 6, 1e-12);
    CHECK_NEAR(list.trust[REP_CURRENT].shifted, 0.383522727272728, 1e-9);
    rep_posts_unref(posts);
}

static bool golden_line(FILE *f, char name[24], double *number, int *n)
{
    static char line[1024];
    char *save;
    do {
        if (!fgets(line, sizeof line, f)) return false;
    } while (*line == '#');
    snprintf(name, 24, "%s", strtok_r(line, " \n", &save));
    *n = 0;
    for (char *word; (word = strtok_r(NULL, " \n", &save));)
        if (*word != '=') number[(*n)++] = strtod(word, NULL);
    return true;
}

static void near(double got, double want)
{
    CHECK_NEAR(got, want, 1e-7 * fmax(1, fabs(want)));
}

/* As many validation images and pictures as the line says. */
static void check_shifted(const double *a)
{
    char validated[200];
    rep_posts *posts = posts_of("");
    snprintf(validated, sizeof validated, "adidas>adidas 90*%d adidas>other 90*%d other>adidas 90*%d other>other 90*%d",
             (int)a[1], (int)(a[0] - a[1]), (int)a[3], (int)(a[2] - a[3]));
    posts_validated(posts, validated);
    rep_picture *picture = lg_arena_alloc(&posts->arena, (size_t)a[4], sizeof *picture, &err);
    rep_post *post = lg_arena_alloc(&posts->arena, 1, sizeof *post, &err);
    CHECK(picture && post);
    for (int i = 0; i < (int)a[4]; i++) picture[i] = (rep_picture){.label = i < (int)a[5] ? 0 : 3, .confidence = 0.9f};
    *post = (rep_post){.platform = "twitter", .id = "1", .picture = picture, .pictures = (size_t)a[4]};
    posts->post = post, posts->count = 1;
    CHECK_OK(find(posts, (rep_customers_ask){.brand = "adidas"}));
    near(list.trust[REP_CURRENT].shifted, a[6]);
    rep_posts_unref(posts);
}

TEST(figures_are_those_of_other_programs)
{
    FILE *f = fopen("tests/golden/statistics/customers.txt", "r");
    char name[24];
    double a[16];
    int n, trusts = 0, shifts = 0;
    CHECK(f != NULL);
    while (golden_line(f, name, a, &n)) {
        if (strcmp(name, "shifted") == 0) {
            CHECK_INT(n, 7);
            check_shifted(a);
            shifts++;
            continue;
        }
        rep_trust t = {.called = (int64_t)a[0], .right = (int64_t)a[1]};
        CHECK_INT(n, 9);
        rep_trust_count(&t, (size_t)a[2]);
        near(t.share, a[3]), near(t.low, a[4]), near(t.high, a[5]);
        near(t.expected, a[6]), near(t.expected_low, a[7]), near(t.expected_high, a[8]);
        trusts++;
    }
    fclose(f);
    CHECK(trusts >= 50 && shifts >= 5);
}

/* ---- another set, large sets, no memory ---- */
TEST(the_same_question_of_the_posts_without_a_person)
{
    rep_posts *posts = posts_of("twitter ann 1 adidas\ntwitter bob 2 adidas\n");
    rep_posts *rest = posts_of("twitter bob 2 adidas\n");
    rep_customers again;
    CHECK_OK(find(posts, (rep_customers_ask){.brand = "adidas", .least = 0.6f, .top = 7, .anonymous = true}));
    CHECK_OK(rep_customers_again(&list, rest, &again, &err));
    rep_customers_release(&list);
    list = again;
    CHECK_STR(listed(), "person 1 1/1");
    CHECK_INT(list.top, 7);
    CHECK_NEAR(list.least, 0.6f, 0);
    rep_posts_unref(posts);
    rep_posts_unref(rest);
}

TEST(many_people_with_many_posts)
{
    enum { PEOPLE = 20000, POSTS = 60000 };
    rep_posts *posts = posts_of("");
    rep_post *post = lg_arena_alloc(&posts->arena, POSTS, sizeof *post, &err);
    static const rep_picture pictures[2] = {{.label = 0, .confidence = 0.9f}, {.label = 1, .confidence = 0.9f}};
    CHECK(post != NULL);
    for (int i = 0; i < POSTS; i++) {
        char *who = lg_arena_strf(&posts->arena, &err, "%d", (i * 7919) % PEOPLE);
        post[i] = (rep_post){.platform = "twitter",
                             .id = "1",
                             .author_id = i % 3 ? who : NULL,
                             .author_handle = who,
                             .time = i,
                             .picture = &pictures[(i / PEOPLE) == 2],
                             .pictures = 1};
    }
    posts->post = post, posts->count = POSTS;
    CHECK_OK(find(posts, (rep_customers_ask){.brand = "adidas", .posts = 2, .top = 10}));
    CHECK_INT(list.current_found, PEOPLE);
    CHECK_INT(list.person[0].brand_posts, 2);
    CHECK_INT(list.person[0].rival_posts, 1);
    rep_posts_unref(posts);
}

TEST(no_memory_at_any_place)
{
    rep_posts *posts = posts_of("twitter ann 1 adidas\ntwitter bob 2 nike\n");
    posts_validated(posts, "adidas>adidas 80*30 nike>adidas 90*10");
    lg_status st = LG_E_MEMORY;
    for (long at = 1; st != LG_OK; at++) {
        lg_alloc_fail_at(at, false);
        st = find(posts, (rep_customers_ask){.brand = "adidas", .anonymous = at % 2});
        lg_alloc_fail_at(0, false);
        CHECK(st == LG_OK || (st == LG_E_MEMORY && err.code == 901 && !list.posts));
        CHECK(at < 100);
    }
    rep_posts_unref(posts);
}
