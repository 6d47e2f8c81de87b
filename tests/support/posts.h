/* posts.h - posts for tests of commands: a catalogue in the session's own data folder, filled without any network, and
 * its posts bound to a name as `scrape` binds them.
 *
 *     lens_shop();
 *     lens_open(&l);
 *     posts_shop(&l, "posts");                   // 12 posts of five people with pictures of the four labels
 *     lens_run(&l, "show posts where likes > 10");
 *
 * Of one's own:
 *     posts_made p = posts_begin("tag adidas");
 *     posts_add(&p, &(posts_one){.handle = "ann", .text = "new shoes", .likes = 12, .picture = {{ADIDAS, 3}}});
 *     posts_end(&p, &l, "posts", "twitter #adidas"); */
#ifndef TEST_POSTS_H
#define TEST_POSTS_H

#include "kernel/commands/box_posts.h"
#include "tests/support/lens.h"

enum { POSTS_ADIDAS, POSTS_NIKE, POSTS_PUMA, POSTS_OTHER, POSTS_BROKEN }; /* lens_png; BROKEN: bytes that are none */

typedef struct posts_one {
    const char *handle, *number, *name; /* number NULL: the handle is the number; handle NULL: nobody is told */
    const char *text, *alt;
    int64_t time; /* seconds since 1970; 0: 2026-10-01 and an hour more with every post */
    int likes;    /* 0: not given */
    struct {
        int class, look; /* look 0: no picture; numbers of lens_png from 1 */
    } picture[4];
} posts_one;

typedef struct posts_made {
    store_catalogue *catalogue;
    store_scrape scrape;
    const char *recipe; /* NULL: as of a tag */
    int count;
} posts_made;

static inline store_catalogue *posts_catalogue(void)
{
    lg_err err = {0};
    char folder[300];
    store_catalogue *c = NULL;
    snprintf(folder, sizeof folder, "%s/data", getenv("LOGOLENS_HOME"));
    CHECK_OK(store_catalogue_open(folder, NULL, &c, &err));
    return c;
}

static inline posts_made posts_begin(const char *query)
{
    lg_err err = {0};
    posts_made p = {.catalogue = posts_catalogue()};
    CHECK_OK(store_catalogue_scrape(p.catalogue, "twitter", query, NULL, true, &p.scrape, &err));
    return p;
}

enum { POSTS_PAGE = 64, POSTS_MEDIA = 4 };

typedef struct posts_due {
    const posts_one *one; /* the post whose picture is next */
    store_catalogue *catalogue;
    int next;
} posts_due;

static inline lg_status posts_keep_picture(void *ctx, int64_t media, const char *url, lg_err *err)
{
    posts_due *due = ctx;
    lg_buf bytes;
    char sha256[65];
    (void)url;
    while (due->next == POSTS_MEDIA || !due->one->picture[due->next].look) due->one++, due->next = 0;
    int class = due->one->picture[due->next].class, look = due->one->picture[due->next].look;
    due->next++;
    if (class == POSTS_BROKEN) {
        lg_buf_init(&bytes, 100);
        lg_buf_addf(&bytes, "no picture %d", look);
    } else lens_png(class, look - 1, &bytes);
    lg_status st = store_catalogue_image(due->catalogue, media, bytes.data, bytes.len, "png", 32, 32, sha256, err);
    lg_buf_release(&bytes);
    return st;
}

typedef struct posts_room {
    char id[32], url[160], media_url[POSTS_MEDIA][160];
    store_media media[POSTS_MEDIA];
} posts_room;

static inline store_post posts_stored(const posts_one *one, int number, posts_room *room)
{
    snprintf(room->id, sizeof room->id, "%d", 1000 + number);
    snprintf(room->url, sizeof room->url, "https://twitter.example/%.60s/status/%.31s", one->handle ? one->handle : "i",
             room->id);
    store_post post = {.id = room->id,
                       .url = room->url,
                       .text = one->text,
                       .language = "en",
                       .time = (one->time ? one->time : 1790812800 + 3600 * number) * 1000,
                       .likes = one->likes ? one->likes : STORE_NOT_GIVEN,
                       .reposts = STORE_NOT_GIVEN,
                       .replies = STORE_NOT_GIVEN,
                       .author_id = one->number ? one->number : one->handle,
                       .author_handle = one->handle,
                       .author_name = one->name ? one->name : one->handle,
                       .media = room->media};
    while (post.media_count < POSTS_MEDIA && one->picture[post.media_count].look) {
        size_t i = post.media_count++;
        snprintf(room->media_url[i], sizeof room->media_url[i], "https://media.example/%.31s-%zu.png", room->id, i);
        room->media[i] =
            (store_media){.url = room->media_url[i], .alt = one->alt, .type = "photo", .width = -1, .height = -1};
    }
    return post;
}

/* As one page; at most POSTS_PAGE. */
static inline void posts_add_all(posts_made *p, const posts_one *one, size_t n)
{
    static posts_room room[POSTS_PAGE];
    lg_err err = {0};
    store_post post[POSTS_PAGE];
    char next[32];
    CHECK(n <= POSTS_PAGE);
    for (size_t i = 0; i < n; i++) post[i] = posts_stored(&one[i], p->count + (int)i, &room[i]);
    p->count += (int)n;
    snprintf(next, sizeof next, "page %d", p->count);
    const store_page page = {.post = post, .count = n, .given = n, .next = next, .ids = (uint64_t)p->count};
    CHECK_OK(store_catalogue_page(p->catalogue, &p->scrape, &page, NULL, &err));
    posts_due due = {.one = one, .catalogue = p->catalogue};
    CHECK_OK(store_catalogue_due(p->catalogue, p->scrape.id, n * POSTS_MEDIA, posts_keep_picture, &due, &err));
}

static inline void posts_add(posts_made *p, const posts_one *one)
{
    posts_add_all(p, one, 1);
}

/* Binds all posts of the scrape and closes the catalogue. */
static inline void posts_end(posts_made *p, lens *l, const char *name, const char *title)
{
    lg_err err = {0};
    rep_posts *posts = NULL;
    dsl_object *object = NULL;
    CHECK_OK(cmd_posts_read(p->catalogue, p->scrape.id, title, &posts, &err));
    CHECK_OK(
        dsl_object_new(&cmd_posts_class, posts, p->recipe ? p->recipe : "scrape twitter tag adidas", &object, &err));
    CHECK_OK(dsl_session_bind(l->session, name, object, &err));
    store_scrape_release(&p->scrape);
    store_catalogue_close(p->catalogue);
}

/* 12 posts of ann (5), bob (3), cia (2), dan (1) and of somebody the platform does not tell (1), with 13 pictures: ann
 * posts adidas, bob nike, cia puma and other, dan adidas and nike in one post; one has no picture, one cannot be read.
 * Looks from 30 on are in no folder of lens_shop. */
static inline void posts_shop(lens *l, const char *name)
{
    static const posts_one all[] = {
        {"ann", NULL, "Ann", "new shoes #adidas", "red shoes", 0, 12, {{POSTS_ADIDAS, 31}}},
        {"ann", NULL, "Ann", "again", NULL, 0, 3, {{POSTS_ADIDAS, 32}}},
        {"bob", NULL, "Bob", "just do it", NULL, 0, 40, {{POSTS_NIKE, 31}, {POSTS_NIKE, 32}}},
        {"ann", NULL, "Ann", "third pair, and @bob has none", NULL, 0, 0, {{POSTS_ADIDAS, 33}}},
        {"cia", NULL, "Cia", "a cat", NULL, 0, 5, {{POSTS_PUMA, 31}}},
        {"bob", NULL, "Bob", "no picture today", NULL, 0, 1, {{0}}},
        {"ann", NULL, "Ann", "at work", NULL, 0, 7, {{POSTS_OTHER, 31}}},
        {"cia", NULL, "Cia", "something else", NULL, 0, 2, {{POSTS_OTHER, 32}}},
        {"dan", NULL, "Dan", "both", NULL, 0, 9, {{POSTS_ADIDAS, 34}, {POSTS_NIKE, 33}}},
        {"bob", NULL, "Bob", "cannot be read", NULL, 0, 4, {{POSTS_BROKEN, 1}}},
        {NULL, NULL, NULL, "by nobody", NULL, 0, 0, {{POSTS_ADIDAS, 35}}},
        {"ann", NULL, "Ann", "last", NULL, 0, 2, {{POSTS_ADIDAS, 36}}},
    };
    posts_made p = posts_begin("tag adidas");
    posts_add_all(&p, all, sizeof all / sizeof *all);
    posts_end(&p, l, name, "twitter #adidas");
}

#endif
