/* Posts as objects: read out of the catalogue, their fields, their rows, their pictures. */
#include "tests/support/posts.h"
#include "lib/image/decode.h"

static lens l;

static const rep_posts *posts_of(const char *name)
{
    dsl_object *object = dsl_session_get(l.session, name);
    CHECK(object && object->cls == &cmd_posts_class);
    return object->payload;
}

TEST(posts_come_with_their_pictures_in_order)
{
    const rep_posts *posts;
    lens_home_in_memory();
    lens_shop();
    CHECK_INT(lens_open(&l), LG_OK);
    posts_shop(&l, "posts");
    posts = posts_of("posts");
    CHECK_INT(posts->count, 12);
    CHECK_STR(posts->title, "twitter #adidas");
    CHECK_STR(posts->post[0].platform, "twitter");
    CHECK_STR(posts->post[0].author_handle, "ann");
    CHECK_STR(posts->post[0].picture[0].alt, "red shoes");
    CHECK_INT(posts->post[0].picture[0].label, -1);
    CHECK_INT(posts->post[0].picture[0].width, 32);
    CHECK_INT(posts->post[2].pictures, 2);
    CHECK(strcmp(posts->post[2].picture[0].sha256, posts->post[2].picture[1].sha256) != 0);
    CHECK_INT(posts->post[3].likes, REP_NOT_GIVEN);
    CHECK_INT(posts->post[5].pictures, 0);
    CHECK(!posts->post[10].author_handle);
    CHECK_STR(lens_fact(&l, "posts.count"), "12");
    CHECK_STR(lens_fact(&l, "posts.users"), "4");
    CHECK_STR(lens_fact(&l, "posts.pictures"), "13");
    CHECK_STR(lens_fact(&l, "posts.unsure"), "?");
}

TEST(pictures_become_small)
{
    const rep_posts *posts = posts_of("posts");
    lg_err err = {0};
    lg_buf jpeg;
    img_info info;
    lg_buf_init(&jpeg, 1 << 20);
    CHECK_OK(cmd_picture_thumb(&posts->post[0].picture[0], 16, &jpeg, &err));
    CHECK_OK(img_probe(jpeg.data, jpeg.len, NULL, &info, &err));
    CHECK_INT(info.w, 16);
    CHECK_INT(info.h, 16);
    CHECK_INT(cmd_picture_thumb(&posts->post[9].picture[0], 16, &jpeg, &err), LG_E_FORMAT);
    CHECK_INT(err.code, 305);
    err = (lg_err){0};
    CHECK(!cmd_picture_path("../../etc/passwd", &err));
    lg_buf_release(&jpeg);
}

static rep_posts *chosen;
static lg_status choose(const dsl_call *call, lg_err *err)
{
    rep_posts_unref(chosen);
    return cmd_posts_where(call, cmd_posts(&call->arg[0].value[0]), &chosen, err);
}

/* A command of this test alone. */
static const dsl_param params[] = {{.name = "posts",
                                    .role = DSL_POSITIONAL,
                                    .type = DSL_T_OBJECT,
                                    .kinds = DSL_POSTSES,
                                    .required = true,
                                    .help = "posts"},
                                   {0}};
static const dsl_command choosing = {.name = "choose",
                                     .summary = "choose",
                                     .group = "Data",
                                     .params = params,
                                     .examples = (const char *const[]){NULL},
                                     .takes_where = true,
                                     .run = choose};

static size_t pass(const char *where)
{
    static const dsl_command *const commands[] = {&choosing, NULL};
    dsl_session *s;
    lg_err err = {0};
    lg_cancel cancel = {0};
    char line[200];
    CHECK_OK(dsl_session_new(&(dsl_config){.commands = commands}, &s, &err));
    CHECK_OK(dsl_session_bind(s, "posts", dsl_object_ref(dsl_session_get(l.session, "posts")), &err));
    snprintf(line, sizeof line, "choose posts where %s", where);
    lg_status st = dsl_session_execute(s, line, strlen(line), &l.out, &cancel, &err);
    if (st) TEST_FAIL("LL%03d %s", err.code, err.msg);
    dsl_session_free(s);
    return chosen->count;
}

TEST(where_chooses_posts)
{
    CHECK_INT(pass("likes > 5"), 4);
    CHECK_INT(pass("likes < 5"), 5);
    CHECK_INT(pass("not likes > 5"), 8);
    CHECK_INT(pass("user = ANN"), 5);
    CHECK_INT(pass("user = ann and likes >= 3"), 3);
    CHECK_INT(pass("text contains SHOES"), 1);
    CHECK_INT(pass("date = 2026-10-01"), 12);
    CHECK_INT(pass("date > 2026-10-01"), 0);
    CHECK_INT(pass("id = 1002"), 1);
    CHECK_INT(chosen->post[0].pictures, 2);
    CHECK_INT(pass("platform = twitter"), 12);
    rep_posts_unref(chosen);
}

/* ---- the gallery ---- */
static int times(const char *text, const char *part)
{
    int n = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part)) n++;
    return n;
}

TEST(gallery_has_a_card_for_every_picture_and_every_post_without)
{
    LENS_OK(lens_run(&l, "show posts"));
    const char *text = lg_buf_str(&l.text), *html = lg_buf_str(&l.html);
    CHECK_HAS(text, "posts: 12 posts of 4 users, 13 pictures, from twitter #adidas");
    CHECK_HAS(text,
              "1  @ann\n    2026-10-01 · 12 likes\n    new shoes #adidas\n    https://twitter.example/ann/status/1000");
    CHECK_HAS(text, "Posted on 2026-10-01.");
    CHECK_HAS(text, "1 of the posts has no picture that could be kept");
    CHECK_HAS(text, "picture 2 of 2");
    CHECK_HAS(text, "no picture today\n    https://twitter.example/bob/status/1005\n    no picture");
    CHECK_HAS(text, "the picture cannot be read");
    CHECK_HAS(text, "14  @ann");
    CHECK(!strstr(text, "15  @"));
    CHECK_HAS(text, "13  user not told");
    CHECK_INT(times(html, "<img "), 14);
    CHECK_HAS(html, "<b>1  @ann</b><br>2026-10-01 · 12 likes");
    CHECK(!strstr(html, "href"));
    LENS_OK(lens_run(&l, "posts"));
    CHECK_HAS(lg_buf_str(&l.text), "12 posts of 4 users");
}

TEST(gallery_filters_sorts_and_counts)
{
    LENS_OK(lens_run(&l, "show posts where user = bob sort likes limit 2"));
    const char *text = lg_buf_str(&l.text);
    CHECK_HAS(text, "posts where user = bob: 3 posts of 1 user, 3 pictures (of 12)");
    CHECK_HAS(text, "1  @bob\n    2026-10-01 · 40 likes");
    CHECK_HAS(text, "2 more cards: add `limit 4`");
    LENS_OK(lens_run(&l, "show posts sort likes ascending"));
    CHECK_HAS(lg_buf_str(&l.text), "1  @bob\n    2026-10-01 · 1 like\n");
    CHECK_HAS(lg_buf_str(&l.text), "14  user not told");
    LENS_OK(lens_run(&l, "show posts where likes > 1000"));
    CHECK_HAS(lg_buf_str(&l.text), "no post passes; `show posts` shows them all");
    CHECK_INT(lens_run(&l, "show posts sort confidence"), LG_E_NAME);
    CHECK_INT(l.err.code, 149);
    CHECK_INT(lens_run(&l, "show posts where confidence > 80%"), LG_E_NAME);
    CHECK_INT(l.err.code, 149);
    LENS_OK(lens_run(&l, "list posts"));
    CHECK_HAS(lg_buf_str(&l.text), "12 posts of 4 users, 13 pictures");
}

TEST(strangers_texts_are_words_and_nothing_else)
{
    static const posts_one bad = {.handle = "<b>eve</b>",
                                  .name = "E\xe2\x80\xaeve",
                                  .text = "<script>alert(1)</script>\x1b[31m\xe2\x80\xae gnirts \"'&\n\n\n  more "
                                          "0123456789012345678901234567890123456789012345678901234567890123456789"
                                          "01234567890123456789012345678901234567890123456789 the end",
                                  .picture = {{POSTS_NIKE, 40}}};
    posts_made p = posts_begin("tag bad");
    posts_add(&p, &bad);
    posts_end(&p, &l, "bad", "twitter #<i>bad</i>");
    LENS_OK(lens_run(&l, "show bad"));
    const char *text = lg_buf_str(&l.text), *html = lg_buf_str(&l.html);
    CHECK(!strstr(html, "<script") && !strstr(html, "<b>eve") && !strstr(html, "<i>bad"));
    CHECK(!strstr(html, "\x1b") && !strstr(text, "\x1b"));
    CHECK(!strstr(html, "\xe2\x80\xae") && !strstr(text, "\xe2\x80\xae"));
    CHECK_HAS(html, "&lt;script&gt;");
    CHECK_HAS(text, " …");
    CHECK(!strstr(text, "the end"));
}

TEST(dates_are_days)
{
    char day[REP_DATE];
    rep_date(1790812800000, day);
    CHECK_STR(day, "2026-10-01");
    rep_date(-1, day);
    CHECK_STR(day, "1969-12-31");
    rep_date(REP_NO_TIME, day);
    CHECK_STR(day, "");
    rep_date(INT64_MAX, day);
    CHECK_STR(day, "");
    lens_close(&l);
}
