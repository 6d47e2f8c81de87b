/* test_customers_words.c - `customers` in a session: its tables and sentences, photos, fields, and names of strangers.
 */
#include "kernel/commands/box_customers.h"
#include "tests/support/labelled.h"
#include "tests/support/posts.h"

static lens l;
static lg_err err;

static lg_status run(const char *cell)
{
    lg_status st = lens_run(&l, cell);
    err = l.err;
    return st;
}

/* The pictures of posts_shop in their order, as a model might call them: "adidas:93 nike …"; ? cannot be read. */
static rep_posts *classified(const char *words)
{
    static const char *const labels[] = {"adidas", "nike", "puma", "other"};
    rep_posts *posts;
    const rep_posts *from = dsl_session_get(l.session, "posts")->payload;
    CHECK_OK(rep_posts_new(&posts, &err));
    rep_post *post = lg_arena_alloc(&posts->arena, from->count, sizeof *post, &err);
    char *copy = posts_copy(posts, words), *save, *word = strtok_r(copy, " ", &save);
    CHECK(post && copy);
    posts->base = rep_posts_ref(from);
    posts->post = post, posts->count = from->count;
    posts->label = labels, posts->labels = 4, posts->model = "scratch";
    posts->calibration = "calibrated on 107 validation images";
    for (size_t i = 0; i < from->count; i++) {
        rep_picture *picture = lg_arena_alloc(&posts->arena, 4, sizeof *picture, &err);
        CHECK(picture != NULL);
        post[i] = from->post[i];
        for (size_t k = 0; k < post[i].pictures; k++, word = strtok_r(NULL, " ", &save)) {
            CHECK(word != NULL);
            char *colon = strchr(word, ':');
            double sure = colon ? strtod(colon + 1, NULL) : 80;
            if (colon) *colon = 0;
            picture[k] = post[i].picture[k];
            picture[k].label = rep_label_find(posts, word);
            picture[k].confidence = (float)sure / 100;
        }
        post[i].picture = picture;
    }
    posts_validated(posts, "adidas>adidas 90*33 nike>adidas 90*5 other>adidas 90*2 adidas>other 90*5 nike>nike 99*30 "
                           "puma>nike 99*2 other>other 90*30");
    return posts;
}

static void open_shop(void)
{
    lens_open(&l);
    posts_shop(&l, "posts");
    labelled_bind(
        &l, "labelled",
        classified("adidas:93 adidas nike nike:70 adidas:88 puma other:99 other adidas nike ? adidas adidas:97"));
}

/* First, because it is told once. */
TEST(the_rules_of_the_platforms_are_told_once)
{
    lens_shop();
    open_shop();
    CHECK_OK(run("customers from labelled anonymous"));
    CHECK(!strstr(lg_buf_str(&l.text), "what the platforms allow"));
    CHECK_OK(run("customers from labelled"));
    CHECK_HAS(lg_buf_str(&l.text), "Before names are used: what the platforms allow");
    CHECK_HAS(lg_buf_str(&l.text), "X (Developer Policy, off-X matching)");
    CHECK_HAS(lg_buf_str(&l.text), "customers … anonymous");
    CHECK_HAS(lg_buf_str(&l.text), "customers of adidas");
    CHECK_OK(run("customers from labelled"));
    CHECK(!strstr(lg_buf_str(&l.text), "what the platforms allow"));
    lens_close(&l);
}

TEST(the_rules_are_told_again_where_the_mark_cannot_be_kept)
{
    char mark[300];
    snprintf(mark, sizeof mark, "%s/data/told-platform-rules-1", getenv("LOGOLENS_HOME"));
    open_shop();
    CHECK(remove(mark) == 0 && mkdir(mark, 0700) == 0); /* a folder is no file to write */
    for (int i = 0; i < 2; i++) {
        CHECK_OK(run("customers from labelled"));
        CHECK_HAS(lg_buf_str(&l.text), "what the platforms allow");
        CHECK_HAS(lg_buf_str(&l.text), "customers of adidas");
    }
    CHECK(rmdir(mark) == 0);
    CHECK_OK(run("customers from labelled"));
    lens_close(&l);
}

TEST(who_posts_the_brand_and_how_many_are_right)
{
    open_shop();
    CHECK_OK(run("customers from labelled brand ADIDAS min 80% as fans"));
    const char *text = lg_buf_str(&l.text);
    CHECK_HAS(text, "customers of adidas from labelled: 10 posts with a picture, at least 80% sure, 1 post or more");
    CHECK_HAS(text, "Of 2 listed about 2 are right (0 to 2)");
    CHECK_HAS(text,
              "of the 107 validation images (logos.val) 40 were called adidas with at least 80%, and 33 of them are, "
              "82.5%");
    CHECK_HAS(text, "calibrated on 107 validation images");
    CHECK_HAS(text, "@ann");
    CHECK_HAS(text, "Potential customers: they post nike or puma, and not adidas");
    CHECK_HAS(text, "Of 2 listed about 2 are right (1 to 2): they really post a rival");
    CHECK_HAS(text, "1 post shows adidas, but the platform does not tell whose it is");
    CHECK_HAS(lg_buf_str(&l.html), "data:image/jpeg;base64,");
    CHECK(lg_buf_str(&l.html) && l.html.len < 400000);
    CHECK_STR(lens_fact(&l, "fans.count"), "2");
    CHECK_STR(lens_fact(&l, "fans.potential"), "2");
    CHECK_STR(lens_fact(&l, "fans.nameless"), "1");
    CHECK_STR(lens_fact(&l, "fans.right"), "1.65");
    CHECK_STR(lens_fact(&l, "fans.precision"), "0.825");
    CHECK_STR(lens_fact(&l, "fans.brand"), "adidas");
    CHECK_STR(lens_fact(&l, "fans.rows"), "4");
    CHECK_STR(lens_fact(&l, "fans.1.user"), "@ann");
    CHECK_STR(lens_fact(&l, "fans.1.posts"), "4");
    CHECK_STR(lens_fact(&l, "fans.1.evidence_ids"), "1011 1003 1001 1000");
    CHECK_OK(run("show fans where standing = potential sort share"));
    CHECK_HAS(lg_buf_str(&l.text), "@cia");
    CHECK(!strstr(lg_buf_str(&l.text), "@ann"));
    CHECK_OK(run("check fans.right > 1"));
    CHECK_OK(run("fans"));
    CHECK_HAS(lg_buf_str(&l.text), "Of 2 listed about 2");
    lens_close(&l);
}

/* The whole way: images, a model, posts from the catalogue, labels, people, a file. */
TEST(from_pictures_to_customers)
{
    lens_open(&l);
    posts_shop(&l, "posts");
    CHECK_OK(run("load logos from shop size 16x16 split 50/50\n"
                 "model scratch on logos { flatten; dense 16 relu; dense classes softmax }\n"
                 "fit scratch epochs 30 lr 0.05 optimizer adam quiet\n"
                 "classify posts with scratch as labelled\n"
                 "customers from labelled brand adidas min 30% as fans\n"
                 "export fans to fans.csv\nlist tables"));
    CHECK_HAS(lg_buf_str(&l.text), "customers of adidas: 2 current, 2 potential");
    CHECK(!strstr(lg_buf_str(&l.text), "out of date")); /* `classify posts … as labelled` changed nothing of posts */
    CHECK_STR(lens_fact(&l, "fans.count"), "2");
    CHECK_STR(lens_fact(&l, "fans.1.user"), "@ann");
    CHECK_STR(lens_fact(&l, "fans.1.posts"), "4");
    CHECK_STR(lens_fact(&l, "fans.2.user"), "@dan");
    CHECK_STR(lens_fact(&l, "fans.potential"), "2");
    CHECK_STR(lens_fact(&l, "fans.nameless"), "1");
    CHECK_HAS(lg_buf_str(&l.text), "only 9 of the 23 validation images (logos.val) are called adidas with at least "
                                   "30%; at least 20 are needed");
    CHECK_OK(run("classify logos.val with scratch as pictures"));
    CHECK(run("customers from pictures") == LG_E_DATA && err.code == 454);
    lens_close(&l);
}

TEST(what_was_not_asked_for_is_said)
{
    open_shop();
    CHECK_OK(run("customers from labelled"));
    CHECK_HAS(lg_buf_str(&l.text), "brand adidas, the label with the most pictures; `brand NAME` asks for another");
    rep_posts *strict =
        classified("adidas:93 adidas nike nike:70 adidas:88 puma other:99 other adidas nike ? adidas adidas:97");
    strict->least = 0.9f;
    labelled_bind(&l, "strict", strict);
    CHECK_OK(run("customers from strict brand adidas"));
    CHECK_HAS(lg_buf_str(&l.text), "`classify` took only what is at least 90% sure, so that counts");
    CHECK_HAS(lg_buf_str(&l.text), "at least 90% sure, 1 post or more");
    CHECK_OK(run("customers from labelled brand adidas top 1"));
    CHECK_HAS(lg_buf_str(&l.text), "1 more were found: add `top 2`");
    CHECK_OK(run("customers from labelled where likes > 10 brand nike"));
    CHECK_HAS(lg_buf_str(&l.text), "from labelled where likes > 10");
    CHECK_HAS(lg_buf_str(&l.text), "@bob");
    CHECK(!strstr(lg_buf_str(&l.text), "@dan"));
    lens_close(&l);
}

TEST(nobody_found_says_what_to_lower)
{
    open_shop();
    CHECK_OK(run("customers from labelled brand adidas min 99% rivals puma"));
    CHECK_HAS(lg_buf_str(&l.text), "Nobody was found who posts adidas so often and so surely");
    CHECK_HAS(lg_buf_str(&l.text), "6 pictures are called adidas with less than 99%, at most with 97%: lower `min`");
    CHECK_HAS(lg_buf_str(&l.text), "there are no potential customers");
    CHECK_OK(run("customers from labelled brand adidas posts 9"));
    CHECK_HAS(lg_buf_str(&l.text), "2 people show it on fewer than 9 posts: lower `posts`");
    CHECK_OK(run("customers from labelled where predicted = other brand adidas as none"));
    CHECK_HAS(lg_buf_str(&l.text), "the model calls none of the 2 posts with a picture adidas");
    CHECK_STR(lens_fact(&l, "none.count"), "0");
    lens_close(&l);
}

TEST(it_cannot_be_said_without_validation_images)
{
    open_shop();
    rep_posts *raw =
        classified("adidas:93 adidas nike nike:70 adidas:88 puma other:99 other adidas nike ? adidas adidas:97");
    raw->validations = 0;
    labelled_bind(&l, "raw", raw);
    CHECK_OK(run("customers from raw brand adidas as fans"));
    CHECK_HAS(lg_buf_str(&l.text),
              "How many of the 2 listed really post adidas cannot be said: the model has no validation images");
    CHECK(!strstr(lg_buf_str(&l.text), "nan"));
    CHECK(!strstr(lg_buf_str(&l.text), "Counted from"));
    lens_close(&l);
}

/* Nobody's name, number, words or address is anywhere: outputs, fields, files. */
TEST(anonymous_lists_lead_to_nobody)
{
    static const char *const traces[] = {"ann",  "Ann", "bob",       "cia", "dan", "twitter.example",
                                         "1011", "T0",  "data:image"};
    open_shop();
    CHECK_OK(run("customers from labelled brand adidas anonymous as fans; fans; show fans; describe fans"));
    CHECK_OK(run("customers from labelled brand adidas anonymous as fans\nshow fans sort share\n"
                 "export fans to fans.csv\nexport fans to fans.json\nexport fans to fans.html"));
    lg_buf all;
    lg_buf_init(&all, 0);
    lg_buf_addf(&all, "%s%s", lg_buf_str(&l.text), lg_buf_str(&l.html));
    for (int i = 0; i < 3; i++) {
        lg_buf file;
        lg_buf_init(&file, 0);
        CHECK_OK(lg_reach_read(i == 0 ? "fans.csv" : i == 1 ? "fans.json" : "fans.html", &file, &err));
        lg_buf_adds(&all, lg_buf_str(&file));
        lg_buf_release(&file);
    }
    CHECK_HAS(lg_buf_str(&all), "person 1");
    CHECK_HAS(lg_buf_str(&all), "a person can be found by each of them");
    for (size_t i = 0; i < sizeof traces / sizeof *traces; i++) {
        bool found = strstr(lg_buf_str(&all), traces[i]) != NULL;
        if (found) printf("  found `%s`\n", traces[i]);
        CHECK(!found);
    }
    lg_buf_release(&all);
    CHECK_OK(run("customers from labelled where user = ann brand adidas anonymous"));
    CHECK_HAS(lg_buf_str(&l.text), "from labelled where …");
    CHECK(!strstr(lg_buf_str(&l.text), "ann") && !strstr(lg_buf_str(&l.html), "ann"));
    lens_close(&l);
}

/* Two of thirty pictures are called adidas, and so are 5% of what is none: most of the two may be wrong. */
TEST(a_brand_that_is_rare_in_the_posts_is_told)
{
    static char text[4000];
    size_t used = 0;
    for (int i = 0; i < 30; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "twitter u%d 1 %s\n", i, i < 2 ? "adidas" : "other");
    rep_posts *posts = posts_of(text);
    posts_validated(posts, "adidas>adidas 90*95 adidas>other 90*5 other>adidas 90*5 other>other 90*95");
    lens_open(&l);
    labelled_bind(&l, "rare", posts);
    CHECK_OK(run("customers from rare brand adidas"));
    CHECK_HAS(lg_buf_str(&l.text), "Of 2 listed about 2 are right (1 to 2)");
    CHECK_HAS(lg_buf_str(&l.text), "Careful: 50% of the validation images are called adidas, but only 6.7% of the "
                                   "pictures in these posts");
    CHECK_HAS(lg_buf_str(&l.text), "Corrected for that, about 1 of 2 is right");
    lens_close(&l);
}

static bool offered(const char *cell, const char *word)
{
    dsl_completion found = {0};
    bool is = false;
    CHECK_OK(dsl_session_complete(l.session, cell, strlen(cell), strlen(cell), &found, &err));
    for (size_t i = 0; i < found.count; i++) is = is || strcmp(found.match[i].text, word) == 0;
    dsl_completion_release(&found);
    return is;
}

TEST(tab_knows_posts_labels_and_columns)
{
    open_shop();
    CHECK(offered("customers from ", "labelled"));
    CHECK(offered("customers from labelled brand ", "adidas"));
    CHECK(offered("customers from labelled brand adidas rivals ni", "nike"));
    CHECK(offered("customers from labelled anon", "anonymous"));
    CHECK_OK(run("customers from labelled brand adidas as fans"));
    CHECK(offered("show fans where ", "standing"));
    CHECK(offered("show fans sort ", "share"));
    CHECK(offered("check fans.ri", "fans.right_low"));
    lens_close(&l);
}

TEST(names_of_strangers_do_no_harm)
{
    lens_open(&l);
    labelled_bind(&l, "odd",
                  posts_of("twitter <img/src=x/onerror=alert(1)> 1 adidas\ntwitter =HYPERLINK(1) 2 adidas\n"
                           "twitter \xe2\x80\xaetxt.exe 3 adidas\ntwitter \x1b[31mred 4 adidas\n"
                           "twitter %s%n 5 adidas\n"));
    CHECK_OK(run("customers from odd as fans\nshow fans sort posts\nexport fans to odd.csv"));
    CHECK(!strstr(lg_buf_str(&l.html), "<img/src"));
    CHECK_HAS(lg_buf_str(&l.html), "&lt;img/src=x/onerror=alert(1)&gt;");
    CHECK_HAS(lg_buf_str(&l.html), "%s%n");
    CHECK(!strchr(lg_buf_str(&l.text), '\x1b') && !strstr(lg_buf_str(&l.text), "\xe2\x80\xae"));
    CHECK(!strstr(lg_buf_str(&l.html), "\xe2\x80\xae"));
    lg_buf file;
    lg_buf_init(&file, 0);
    CHECK_OK(lg_reach_read("odd.csv", &file, &err));
    CHECK_HAS(lg_buf_str(&file), "'=HYPERLINK(1)");
    lg_buf_release(&file);
    lens_close(&l);
}

TEST(questions_that_are_refused)
{
    open_shop();
    CHECK(run("customers from posts") == LG_E_DATA && l.err.code == 451);
    CHECK_STR(l.err.hint, "classify posts with MODEL as labelled");
    CHECK(run("customers from labelled brand adidsa") == LG_E_NAME && l.err.code == 450);
    CHECK_STR(l.err.hint, "did you mean `adidas`?");
    CHECK_INT(l.err.span.col, 31);
    CHECK(run("customers from labelled brand adidas rivals nike, pumma") == LG_E_NAME && l.err.code == 450);
    CHECK_INT(l.err.span.col, 51);
    CHECK(run("customers from labelled brand adidas rivals adidas") == LG_E_ARG && l.err.code == 452);
    CHECK(run("customers from labelled brand other") == LG_E_ARG && l.err.code == 452);
    rep_posts *files = posts_of("files - - adidas\n");
    labelled_bind(&l, "files", files);
    CHECK(run("customers from files") == LG_E_DATA && l.err.code == 454);
    rep_posts *rest = posts_of("twitter ann 1 other\n");
    rest->label += 3, rest->labels = 1;
    labelled_bind(&l, "rest", rest);
    CHECK(run("customers from rest") == LG_E_DATA && l.err.code == 453);
    CHECK_OK(run("load logos from shop size 32x32\nmodel scratch on logos { flatten; dense classes softmax }"));
    CHECK(run("customers from scratch") == LG_E_ARG && l.err.code == 133);
    CHECK_HAS(l.err.msg, "`customers from` wants posts, and `scratch` is a model");
    CHECK(run("customers from logos") == LG_E_ARG && l.err.code == 133);
    lens_close(&l);
}

TEST(a_person_can_be_taken_out_again)
{
    open_shop();
    CHECK_OK(run("customers from labelled brand adidas min 80% as fans"));
    dsl_object *fans = dsl_session_get(l.session, "fans"), *next;
    const rep_customers *list = cmd_customers(fans);
    CHECK(list && !cmd_customers(dsl_session_get(l.session, "labelled")));
    rep_posts *rest = posts_of("twitter dan 1 adidas\n");
    CHECK_OK(cmd_customers_again(fans, rest, &next, &err));
    CHECK_INT(cmd_customers(next)->current, 1);
    CHECK_STR(cmd_customers(next)->person[0].name, "@dan");
    CHECK_INT(cmd_customers_table(next)->rows, 1);
    dsl_object_unref(next);
    rep_posts_unref(rest);
    lens_close(&l);
}

TEST(thousands_of_people_fit_into_an_output)
{
    rep_posts *posts = posts_of("");
    rep_post *post = lg_arena_alloc(&posts->arena, 5000, sizeof *post, &err);
    rep_picture *picture = lg_arena_alloc(&posts->arena, 5000, sizeof *picture, &err);
    CHECK(post && picture);
    open_shop();
    const rep_posts *real = dsl_session_get(l.session, "posts")->payload;
    for (int i = 0; i < 5000; i++) {
        picture[i] = real->post[0].picture[0];
        picture[i].label = i % 4, picture[i].confidence = 0.9f;
        char *who = lg_arena_strf(&posts->arena, &err, "user%d", i % 2000);
        post[i] = (rep_post){
            .platform = "twitter", .id = "1", .author_handle = who, .time = i, .picture = &picture[i], .pictures = 1};
    }
    posts->post = post, posts->count = 5000;
    labelled_bind(&l, "many", posts);
    CHECK_OK(run("customers from many brand adidas top 10000"));
    CHECK(l.html.len < 410000 && l.text.len < 410000);
    CHECK_HAS(lg_buf_str(&l.text), "photos are not shown");
    CHECK_OK(run("customers from many brand adidas"));
    CHECK(l.html.len < 400000);
    lens_close(&l);
}
