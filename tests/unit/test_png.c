/* The PNG writer against another reader (libpng's pngfix, where it is installed). */
#include "tests/support/test.h"
#include "lib/image/decode.h"
#include "lib/image/png.h"

static void save(const char *path, const lg_buf *b)
{
    FILE *f = fopen(path, "wb");
    CHECK(f && fwrite(b->data, 1, b->len, f) == b->len);
    fclose(f);
}

static img_picture gradient(int h, int w, int c)
{
    lg_err err = {0};
    img_picture p = {0};
    CHECK_OK(img_picture_init(&p, h, w, c, &err));
    for (size_t i = 0; i < img_size(&p); i++) p.px[i] = (uint8_t)(i * i / 7 + i);
    return p;
}

static void check_pngfix(const char *png, const lg_buf *b)
{
    char cmd[200], said[100] = "";
    save(png, b);
    snprintf(cmd, sizeof cmd, "pngfix %s 2>&1", png);
    FILE *in = popen(cmd, "r");
    CHECK(in && fgets(said, sizeof said, in));
    CHECK_INT(pclose(in), 0);
    CHECK_HAS(said, "OK ");
}

TEST(pngfix_finds_nothing_to_fix)
{
    if (system("command -v pngfix >/dev/null 2>&1")) SKIP("pngfix (libpng-tools) is not installed");
    lg_err err = {0};
    char dir[] = "/tmp/test_png_XXXXXX", png[64];
    CHECK(mkdtemp(dir) != NULL);
    snprintf(png, sizeof png, "%s/p.png", dir);
    for (int c = 1; c <= 3; c += 2) {
        img_picture p = gradient(61, 47, c);
        lg_buf b;
        lg_buf_init(&b, 0);
        CHECK_OK(img_png_write(&p, 1, &b, &err));
        check_pngfix(png, &b);
        lg_buf_release(&b);
        img_picture_release(&p);
    }
    static uint32_t pixels[300 * 300]; /* of many blocks */
    lg_rng rng;
    lg_rng_init(&rng, 1);
    for (int i = 0; i < 300 * 300; i++) pixels[i] = (uint32_t)lg_rng_below(&rng, 1 << 24);
    lg_buf b;
    lg_buf_init(&b, 0);
    CHECK_OK(img_png_write_256(pixels, 300, 300, 300, &b, &err));
    CHECK(b.len > 1 << 16);
    check_pngfix(png, &b);
    lg_buf_release(&b);
    remove(png);
    remove(dir);
}

TEST(enlarged_while_writing)
{
    lg_err err = {0};
    img_picture p = gradient(4, 6, 3), q = {0};
    lg_buf b;
    lg_buf_init(&b, 0);
    CHECK_OK(img_png_write(&p, 8, &b, &err));
    CHECK_OK(img_decode(b.data, b.len, NULL, &q, NULL, &err));
    CHECK(q.h == 32 && q.w == 48 && !memcmp(img_at(&q, 17, 40), img_at(&p, 2, 5), 3));
    lg_buf_release(&b);
    img_picture_release(&p);
    img_picture_release(&q);
}

TEST(writers_pass_on_limits_and_memory)
{
    img_picture p = gradient(40, 40, 3);
    lg_err err = {0};
    lg_buf b;
    lg_buf_init(&b, 100);
    CHECK(img_png_write(&p, 1, &b, &err) != LG_OK);
    lg_err_clear(&err);
    lg_buf_clear(&b);
    CHECK(img_jpeg_write(&p, 90, &b, &err) != LG_OK);
    lg_err_clear(&err);
    CHECK_INT(img_jpeg_write(&p, 0, &b, &err), LG_E_ARG);
    lg_buf_release(&b);
    for (long nth = 1;; nth++) {
        lg_err e = {0};
        lg_buf_init(&b, 0);
        lg_alloc_fail_at(nth, false);
        lg_status st = img_png_write(&p, 2, &b, &e);
        lg_alloc_fail_at(0, false);
        lg_buf_release(&b);
        if (st == LG_OK) break;
        CHECK_INT(st, LG_E_MEMORY);
    }
    img_picture_release(&p);
}
