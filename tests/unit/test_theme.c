/* Palettes and themes: every mark can be told from its card, text can be read, and outputs obey. */
#include "lib/plot/block.h"
#include "lib/plot/chart.h"
#include "tests/support/test.h"

static const uint32_t marks[] = {PLT_BLUE, PLT_VERMILION, PLT_GREEN, PLT_PURPLE, PLT_GREY};

static void look_at(plt_palette palette, plt_theme theme)
{
    plt_look look = plt_look_default();
    look.palette = palette;
    look.theme = theme;
    plt_look_use(&look);
}

TEST(contrast_is_that_of_wcag)
{
    CHECK_NEAR(plt_contrast(0x000000, 0xffffff), 21, 1e-9);
    CHECK_NEAR(plt_contrast(0x0072B2, 0xffffff), 5.19, 0.01);
    CHECK_NEAR(plt_contrast(0xD55E00, 0x111111), 4.92, 0.05);
    CHECK_NEAR(plt_contrast(0x777777, 0x777777), 1, 1e-9);
}

TEST(marks_stand_out_in_every_look)
{
    for (int palette = 0; palette < PLT_PALETTES; palette++)
        for (int theme = 0; theme < PLT_THEMES; theme++) {
            look_at(palette, theme);
            uint32_t paper = plt_look_color(PLT_PAPER), ink = plt_look_color(PLT_INK);
            double least = palette == PLT_PALETTE_CONTRAST ? 7 : 3;
            CHECK(plt_contrast(paper, ink) >= 12);
            CHECK(plt_contrast(plt_look_color(PLT_WARN_GROUND), ink) >= 4.5);
            CHECK(plt_contrast(plt_look_color(0x555555), paper) >= 4.5); /* small text of charts */
            for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
                if (plt_contrast(plt_look_color(marks[i]), paper) < least)
                    TEST_FAIL("palette %d theme %d: #%06x", palette, theme, plt_look_color(marks[i]));
            for (int tone = PLT_TONE_NONE; tone <= PLT_TONE_HEAT; tone++)
                for (int shade = 0; shade <= 10; shade++) {
                    uint32_t text, fill = plt_tone_fill(tone, shade / 10.0, &text);
                    CHECK(plt_contrast(plt_look_color(fill), plt_look_color(text)) >= 4.5);
                }
        }
    plt_look_use(&(plt_look){.decimals = -1});
}

TEST(exact_colours_stay)
{
    look_at(PLT_PALETTE_GREY, PLT_THEME_DARK);
    CHECK_INT(plt_look_color(PLT_BLUE | PLT_EXACT), PLT_BLUE);
    CHECK_INT(plt_look_color(plt_mix(PLT_PAPER, PLT_BLUE, 1)), 0xd9d9d9);
    CHECK_INT(plt_look_color(plt_mix(PLT_PAPER, PLT_BLUE, 0)), 0x1b1b1b);
    look_at(PLT_PALETTE_OKABE_ITO, PLT_THEME_AUTO);
    CHECK_INT(plt_look_color(plt_mix(PLT_PAPER, PLT_BLUE, 1)), PLT_BLUE);
    CHECK_INT(plt_look_color(0xd0d0d0), 0xd0d0d0);
}

static void sample(plt_doc *doc)
{
    plt_doc_init(doc);
    plt_title(doc, "sample");
    plt_pair(doc, "seed", "42");
    plt_table(doc, "rates");
    plt_column(doc, PLT_LEFT, "label");
    plt_row(doc, PLT_ROW_PLAIN);
    plt_head(doc, "nike");
    plt_cell_tone(doc, PLT_TONE_GOOD, 1);
    plt_histogram(doc, &(plt_histogram_spec){.labels = (const char *const[]){"nike", "puma"}, .n = 2,
                                             .splits = (const char *const[]){"train"}, .nsplit = 1,
                                             .counts = (const int64_t[]){30, 12}});
}

/* The HTML of the sample, with the drawing inside it as text; static. */
static const char *html_of(const plt_look *look)
{
    static char text[200000];
    plt_doc doc;
    plt_bundle out = {0};
    lg_err err = {0};
    lg_buf svg;
    plt_look_use(look);
    sample(&doc);
    lg_buf_init(&svg, 0);
    CHECK_OK(plt_render(&doc, &(plt_options){.flags = PLT_TEXT | PLT_HTML}, &out, &err));
    CHECK_OK(plt_render_svg(&doc, NULL, &svg, &err));
    snprintf(text, sizeof text, "%s\n%s", out.html, lg_buf_str(&svg));
    lg_buf_release(&svg);
    plt_bundle_release(&out);
    plt_doc_release(&doc);
    plt_look_use(&(plt_look){.decimals = -1});
    return text;
}

TEST(outputs_obey)
{
    plt_look look = plt_look_default();
    const char *html = html_of(&look);
    CHECK_HAS(html, "#0072b2");
    CHECK_HAS(html, "alt=\"42 images");
    CHECK(strstr(html, "#1b1b1b") == NULL);
    look.palette = PLT_PALETTE_GREY;
    html = html_of(&look);
    CHECK(strstr(html, "#0072b2") == NULL);
    CHECK_HAS(html, "fill=\"#333\"");
    look = (plt_look){.theme = PLT_THEME_DARK, .alt = PLT_ALT_LONG, .decimals = -1};
    html = html_of(&look);
    CHECK_HAS(html, "line-height:1.45;background:#1b1b1b;color:#e8e8e8");
    CHECK_HAS(html, "fill=\"#1b1b1b\"");
    CHECK_HAS(html, "font-weight:600;background:#1b1b1b;color:#e8e8e8\">rates</caption>");
    CHECK_HAS(html, "<td style=\"text-align:left;background:#1b1b1b;color:#e8e8e8\">42</td>");
    CHECK_HAS(html, "#56b4e9");
    CHECK_HAS(html, "nike  ███");
    look.alt = PLT_ALT_OFF;
    CHECK_HAS(html_of(&look), "<img alt=\"\"");
}

TEST(decimals_of_rates)
{
    lg_buf text;
    plt_look look = plt_look_default();
    lg_buf_init(&text, 0);
    plt_add_percent(&text, 0.85432);
    look.decimals = 3;
    plt_look_use(&look);
    plt_add_percent(&text, 0.85432);
    plt_add_percent(&text, 1);
    CHECK_STR(lg_buf_str(&text), "85.4%85.432%100.000%");
    CHECK_INT(plt_decimals(0), 3);
    CHECK_STR(plt_sure(0.59996), "59.996");
    plt_look_use(&(plt_look){.decimals = -1});
    CHECK_INT(plt_decimals(0), 0);
    CHECK_STR(plt_sure(0.5996), "59"); /* what is below 60% never reads as 60% */
    CHECK_STR(plt_sure((double)0.6f), "60");
    CHECK_STR(plt_sure((double)0.29f), "29");
    CHECK_STR(plt_sure(0.9999), "99");
    CHECK_STR(plt_sure(1), "100");
    lg_buf_release(&text);
}
