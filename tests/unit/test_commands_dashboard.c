/* test_commands_dashboard.c - `dashboard` in a session: what it takes, what it writes and where, what it says of it. */
#include "kernel/commands/box_customers.h"
#include "tests/support/labelled.h"
#include "tests/support/posts.h"

static lens l;

static void open_shop(void)
{
    CHECK_INT(lens_open(&l), LG_OK);
    posts_shop(&l, "posts");
    labelled_shop(&l);
}

static lg_status run(const char *cell)
{
    return lens_run(&l, cell);
}

#define RUN(cell)                                                                                                      \
    do {                                                                                                               \
        if (run(cell)) TEST_FAIL("%s: LL%03d %s (%s)", cell, l.err.code, l.err.msg, l.err.why);                        \
    } while (0)

/* A file of the session's folder. Static. */
static const char *file_text(const char *name)
{
    static lg_buf file;
    lg_err err = {0};
    lg_buf_release(&file);
    lg_buf_init(&file, 0);
    CHECK_OK(lg_reach_read(name, &file, &err));
    return lg_buf_str(&file);
}

static void check_refused(const char *cell, int code, const char *msg, const char *hint)
{
    CHECK(run(cell) != LG_OK);
    CHECK_INT(l.err.code, code);
    CHECK_HAS(l.err.msg, msg);
    CHECK_HAS(l.err.hint, hint);
}

TEST(posts_customers_and_a_model_become_a_page)
{
    lens_shop();
    open_shop();
    RUN("load logos from flat labels list.csv columns file, label split 60/20/20\n"
        "model scratch on logos { flatten; dense classes softmax }\n"
        "fit scratch epochs 2 batch 8 quiet as trial\n"
        "customers from labelled brand adidas as fans");
    RUN("dashboard from trial, fans, scratch, labelled, fans to who-posts_it.html about \"for <the> shop\"");
    CHECK_HAS(lg_buf_str(&l.text), "dashboard written to who-posts_it.html");
    CHECK_HAS(lg_buf_str(&l.text), "Who posts it");
    CHECK_HAS(lg_buf_str(&l.text), "5 posts with 6 pictures from X (Twitter), 1 Oct 2026. adidas is on 3 (60%)");
    CHECK_HAS(lg_buf_str(&l.text), "open the file with a web browser");
    CHECK_HAS(lg_buf_str(&l.text), "it holds posts of people with their names");
    CHECK(!strstr(lg_buf_str(&l.text), "in the place of"));
    const char *page = file_text("who-posts_it.html");
    CHECK_HAS(page, "<title>Who posts it</title>");
    CHECK_HAS(page, "<p class=about>for &lt;the&gt; shop</p>");
    CHECK_HAS(page, ">@ann</a>");
    CHECK_HAS(page, "<h3>trial, a training of scratch</h3>");
    CHECK_HAS(page, "It learnt from ");
    CHECK_HAS(page, "It went over them 2 times");
    RUN("dashboard from labelled to who-posts_it.html title \"Again\"");
    CHECK_HAS(lg_buf_str(&l.text), "in the place of an earlier dashboard");
    CHECK_HAS(file_text("who-posts_it.html"), "<h1>Again</h1>");
    ds_text("mine.html", "<p>mine");
    RUN("dashboard from labelled to mine.html");
    CHECK_HAS(lg_buf_str(&l.text), "in the place of a file that was no dashboard");
    lens_close(&l);
}

TEST(pictures_of_the_catalogue_are_in_it)
{
    lens_shop();
    open_shop();
    RUN("dashboard from posts to posts.html");
    const char *page = file_text("posts.html");
    CHECK_HAS(page, "data:image/jpeg;base64,");
    CHECK_HAS(page, "12 posts with 13 pictures from X (Twitter)");
    CHECK_HAS(page, "\"platforms\":[\"twitter\"],\"origins\":[\"X (Twitter)\"]");
    CHECK_HAS(page, "Its author: red shoes");
    CHECK_HAS(lg_buf_str(&l.text), "not to be read: 1 of the pictures");
    lens_close(&l);
}

TEST(an_anonymous_list_hides_everybody)
{
    lens_shop();
    open_shop();
    RUN("customers from labelled brand adidas anonymous as fans\ndashboard from labelled, posts, fans to anon.html");
    const char *page = file_text("anon.html");
    static const char *const never[] = {"@", "ann", "Bob", "://", "new shoes", "red shoes", "data:image", "1004", NULL};
    for (int i = 0; never[i]; i++) {
        const char *at = strstr(page, never[i]), *style = strstr(page, "<style>"), *end = strstr(page, "</style>");
        while (at && at > style && at < end) at = strstr(at + 1, never[i]); /* @media */
        const char *script = strstr(page, "<script>");
        if (at && at < script && strncmp(at, "annot", 5) != 0) TEST_FAIL("%.60s", at);
    }
    CHECK_HAS(lg_buf_str(&l.text), "none of them named");
    CHECK_HAS(lg_buf_str(&l.text), "names, texts, photos and links are left out");
    lens_close(&l);
}

TEST(what_it_cannot_use_is_refused)
{
    lens_shop();
    open_shop();
    ds_text("results.csv", "model,accuracy\nscratch,0.66\n");
    RUN("load logos from flat labels list.csv columns file, label\nopen t from results.csv");
    check_refused("dashboard from labelled, t to x.html", 460, "`t` is a table, but no list of customers",
                  "export t to t.html");
    check_refused("dashboard from labelled to x.csv", 461, "`x.csv` is no name for a dashboard",
                  "dashboard from labelled to x.html");
    check_refused("dashboard from labelled to x", 461, "ends in .html", "to x.html");
    check_refused("dashboard from logos to x.html", 133, "`logos` is a dataset", "");
    check_refused("dashboard from labelled to ../x.html", 601, "", "");
    check_refused("dashboard from labelled to nowhere/x.html", 302, "", "");
    RUN("model m on logos { flatten; dense classes softmax }");
    check_refused("dashboard from m to x.html", 462, "there is nothing to show", "`list`");
    lens_close(&l);
}

TEST(it_can_be_stopped)
{
    lens_shop();
    open_shop();
    lg_cancel_set(&l.cancel);
    CHECK_INT(run("dashboard from posts to stopped.html"), LG_E_INTERRUPTED);
    lg_cancel_clear(&l.cancel);
    lg_buf file;
    lg_err err = {0};
    lg_buf_init(&file, 0);
    CHECK(lg_reach_read("stopped.html", &file, &err) != LG_OK);
    lg_buf_release(&file);
    lens_close(&l);
}
