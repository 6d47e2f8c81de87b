/* test_kept.c - pictures that were packed before: never another's, never too many, right after any change. */
#include <pthread.h>
#include "lib/plot/block.h"
#include "lib/plot/kept.h"
#include "lib/plot/scene.h"
#include "tests/support/test.h"

static void key_of(lg_buf *key, int number, size_t len)
{
    lg_buf_init(key, 0);
    lg_buf_reserve(key, len + 8);
    while (key->len < len) lg_buf_addc(key, 'k');
    lg_buf_add(key, &number, sizeof number);
}

static void keep(int number, size_t len)
{
    lg_buf key;
    key_of(&key, number, len);
    plt_kept_add(&key, &number, sizeof number);
    lg_buf_release(&key);
}

/* -1: not there. */
static int kept(int number, size_t len)
{
    lg_buf key, out;
    int found = -1;
    key_of(&key, number, len);
    lg_buf_init(&out, 0);
    if (plt_kept_find(&key, &out)) {
        CHECK_INT(out.len, sizeof found);
        memcpy(&found, out.data, sizeof found);
    }
    lg_buf_release(&key);
    lg_buf_release(&out);
    return found;
}

TEST(what_is_kept_is_found_and_nothing_else)
{
    plt_kept_clear();
    CHECK_INT(kept(1, 10), -1);
    keep(1, 10);
    keep(2, 10);
    keep(1, 5000);
    keep(2, 5000); /* long keys that differ in what is not sampled */
    CHECK(kept(1, 10) == 1 && kept(2, 10) == 2 && kept(1, 5000) == 1 && kept(2, 5000) == 2);
    CHECK(kept(3, 10) == -1 && kept(3, 5000) == -1 && kept(1, 11) == -1);
    size_t bytes = plt_kept_bytes();
    keep(1, 10);
    CHECK_INT(plt_kept_bytes(), bytes); /* twice the same is once */
    plt_kept_clear();
    CHECK(kept(1, 10) == -1 && plt_kept_bytes() == 0);
}

TEST(no_more_than_its_bytes_are_kept_and_the_oldest_goes)
{
    enum { LEN = 1 << 20 };
    plt_kept_clear();
    for (int i = 0; i < 40; i++) {
        keep(i, LEN);
        CHECK_INT(kept(0, LEN), 0); /* asked for all the time: stays */
        CHECK(plt_kept_bytes() <= PLT_KEPT_MOST);
    }
    CHECK(kept(39, LEN) == 39 && kept(1, LEN) == -1);
    keep(50, PLT_KEPT_MOST); /* would push out all others, and is too large itself */
    CHECK(kept(50, PLT_KEPT_MOST) == -1 && kept(39, LEN) == 39);
    for (int i = 0; i < 2000; i++) keep(i, 1);
    CHECK(kept(1999, 1) == 1999 && kept(1000, 1) == -1);
    plt_kept_clear();
}

TEST(a_key_that_failed_keeps_nothing)
{
    lg_buf key, out;
    plt_kept_clear();
    lg_buf_init(&key, 4);
    lg_buf_init(&out, 0);
    lg_buf_adds(&key, "too long");
    CHECK(key.failed);
    plt_kept_add(&key, "x", 1);
    CHECK(!plt_kept_find(&key, &out) && plt_kept_bytes() == 0);
    lg_buf_release(&key);
}

static void *many(void *ctx)
{
    for (int i = 0; i < 300; i++) {
        int number = (i * 7 + *(int *)ctx) % 40, found = kept(number, 500000);
        CHECK(found == -1 || found == number);
        if (found < 0) keep(number, 500000);
    }
    return NULL;
}

TEST(threads_share_it)
{
    pthread_t thread[4];
    int first[4] = {0, 3, 11, 20};
    plt_kept_clear();
    for (int i = 0; i < 4; i++) CHECK(pthread_create(&thread[i], NULL, many, &first[i]) == 0);
    for (int i = 0; i < 4; i++) pthread_join(thread[i], NULL);
    CHECK(plt_kept_bytes() > 0 && plt_kept_bytes() <= PLT_KEPT_MOST);
    plt_kept_clear();
}

/* ---- drawings ---- */
typedef struct drawing {
    uint8_t rgb[12];
    double x;
    size_t limit;
    const char *text;
    uint32_t color;
    double point;
} drawing;

static void draw(const drawing *d, lg_buf *out)
{
    plt_doc doc;
    lg_err err = {0};
    plt_doc_init(&doc);
    plt_scene *scene = plt_scene_new(&doc, 60, 40);
    const double line[] = {0, 0, d->point, 9};
    plt_draw_image(scene, d->x, 2, 20, 20, d->rgb, 2, 2);
    plt_draw_path(scene, line, 2, false, (plt_paint){.stroke = d->color, .width = 1});
    plt_draw_text(scene, 2, 36, (plt_font){.size = 10}, d->text);
    lg_buf_init(out, 0);
    CHECK_OK(plt_png_render(scene, &(plt_options){.limit = d->limit}, out, &err));
    plt_doc_release(&doc);
}

/* Drawn anew, drawn from what is kept: the same bytes; and not those of the drawing before. */
static void check_changed(const drawing *d, const lg_buf *before)
{
    lg_buf kept_one, anew;
    draw(d, &kept_one);
    CHECK(kept_one.len != before->len || memcmp(kept_one.data, before->data, before->len) != 0);
    plt_kept_clear();
    draw(d, &anew);
    CHECK_INT(kept_one.len, anew.len);
    CHECK(memcmp(kept_one.data, anew.data, anew.len) == 0);
    lg_buf_release(&kept_one);
    lg_buf_release(&anew);
}

TEST(a_drawing_that_changed_is_drawn_anew)
{
    const drawing first = {.limit = 5000, .text = "cat", .color = 0x112233, .point = 30};
    lg_buf once, again;
    if (!plt_png_available()) SKIP("cairo is not installed");
    plt_kept_clear();
    draw(&first, &once);
    size_t bytes = plt_kept_bytes();
    CHECK(bytes > once.len);
    draw(&first, &again);
    CHECK_INT(plt_kept_bytes(), bytes);
    CHECK(again.len == once.len && memcmp(again.data, once.data, once.len) == 0);
    lg_buf_release(&again);
    drawing other = first;
    for (int i = 0; i < 6; i++, other = first) {
        plt_kept_clear();
        draw(&first, &again), lg_buf_release(&again);
        if (i == 0) other.rgb[11] = 200;
        if (i == 1) other.x = 5;
        if (i == 2) other.limit = once.len - 1;
        if (i == 3) other.text = "dog";
        if (i == 4) other.color = 0xaa2233;
        if (i == 5) other.point = 50;
        check_changed(&other, &once);
    }
    lg_buf_release(&once);
}
