/* test_png_size.c - PNGs aim at a quarter of the limit: fewer colours, then coarser photos, then smaller, then none. */
#include "lib/image/png.h"
#include "lib/plot/block.h"
#include "lib/plot/chart.h"
#include "lib/plot/kept.h"
#include "tests/support/test.h"

enum { RGB = 2, PALETTE = 3 };

static lg_status few(const uint32_t *pixels, int width, int height, size_t stride, lg_buf *out, lg_err *err)
{
    return img_png_write_256(pixels, height, width, stride, out, err);
}

/* Photos of more pixels than they are shown at. */
static plt_bundle sheet(size_t limit, plt_pack_fn pack)
{
    static uint8_t rgb[4][160 * 160 * 3];
    lg_err err = {0};
    lg_rng rng;
    plt_doc doc;
    plt_bundle out;
    plt_doc_init(&doc);
    plt_grid(&doc, 96, "%s", "photos");
    for (int n = 0; n < 4; n++) {
        lg_rng_init(&rng, (uint64_t)n);
        for (size_t i = 0; i < sizeof rgb[n]; i++) rgb[n][i] = (uint8_t)(lg_rng_below(&rng, 200) + 10 * (unsigned)n);
        plt_thumb(&doc, rgb[n], 160, 160, PLT_EDGE_TRAIN, "photo %d", n);
    }
    CHECK_OK(plt_render(&doc, &(plt_options){.flags = PLT_PNG, .limit = limit, .few = pack}, &out, &err));
    plt_doc_release(&doc);
    return out;
}

static int width_of(const plt_bundle *b)
{
    return b->png[18] << 8 | b->png[19];
}

TEST(a_picture_that_is_too_large_gets_smaller_step_by_step)
{
    /* colours, pixels for each of the scene; each step is the first that fits when the one before does not */
    static const struct {
        int kind, scale;
    } steps[] = {{RGB, 2}, {PALETTE, 2}, {PALETTE, 2}, {PALETTE, 1}};
    size_t limit = (size_t)64 << 20, before = SIZE_MAX;
    plt_bundle out;
    if (!plt_png_available()) SKIP("cairo is not installed here");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        plt_kept_clear();
        out = sheet(limit, few);
        CHECK(out.png && out.png_len < before);
        CHECK_INT(out.png[25], steps[i].kind);
        CHECK_INT(out.png_width, 640);
        CHECK_INT(width_of(&out), 640 * steps[i].scale);
        size_t kept = plt_kept_bytes();
        plt_bundle again = sheet(limit, few);
        CHECK(again.png_len == out.png_len && !memcmp(again.png, out.png, out.png_len)); /* from what is kept */
        CHECK_INT(plt_kept_bytes(), kept);
        plt_bundle_release(&again);
        before = out.png_len;
        limit = 4 * (before - 2);
        plt_bundle_release(&out);
    }
    limit = before; /* the last may be as large as the limit */
    out = sheet(limit, few);
    CHECK_INT(out.png_len, before);
    plt_bundle_release(&out);
    out = sheet(limit - 1, few);
    CHECK(!out.png && !out.png_width);
    plt_bundle_release(&out);
    plt_kept_clear();
}

TEST(what_is_kept_knows_its_limit_and_its_colours)
{
    if (!plt_png_available()) SKIP("cairo is not installed here");
    plt_kept_clear();
    plt_bundle all = sheet((size_t)64 << 20, few), usual = sheet(0, few), none = sheet(0, NULL);
    CHECK(all.png[25] == RGB && all.png_len > 100000);
    CHECK(usual.png[25] == PALETTE && usual.png_len <= 100000);
    CHECK(none.png[25] == RGB && none.png_len > 100000); /* nobody who could take colours away */
    plt_bundle_release(&all);
    plt_bundle_release(&usual);
    plt_bundle_release(&none);
    plt_kept_clear();
}

TEST(small_pictures_and_charts_keep_all_their_colours)
{
    lg_err err = {0};
    plt_doc doc;
    plt_bundle out;
    if (!plt_png_available()) SKIP("cairo is not installed here");
    plt_doc_init(&doc);
    plt_scene *scene = plt_scene_card(&doc, 300, "lines");
    for (int i = 0; i < 8; i++)
        plt_draw_line(scene, 20, 40 + i, 600, 280 - 20 * i, (plt_paint){.stroke = plt_series_color(i), .width = 2});
    plt_figure(&doc, scene, "%s", "lines");
    CHECK_OK(plt_render(&doc, &(plt_options){.flags = PLT_PNG, .few = few}, &out, &err));
    CHECK(out.png && out.png_len <= 100000);
    CHECK_INT(out.png[25], RGB);
    CHECK_INT(width_of(&out), 1280);
    plt_bundle_release(&out);
    plt_doc_release(&doc);
}
