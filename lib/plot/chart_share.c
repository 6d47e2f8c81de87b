/* chart_share.c - one stacked bar: where the whole is. */
#include "lib/plot/block.h"
#include "lib/plot/chart.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

enum { SHARE_MOST = 12 };

typedef struct share_part {
    const char *name;
    int64_t value;
} share_part;

/* Parts in the order given; those below 2% are added up at the end. Returns how many. */
static int collect(const plt_share_spec *s, int64_t total, share_part parts[SHARE_MOST])
{
    int n = 0;
    int64_t rest = 0;
    for (int i = 0; i < s->n; i++) {
        if (s->values[i] * 50 < total || n == SHARE_MOST - 1) rest += s->values[i];
        else parts[n++] = (share_part){s->labels[i], s->values[i]};
    }
    if (rest > 0) parts[n++] = (share_part){"other", rest};
    return n;
}

/* Neighbours differ in lightness too: shades of blue, dark to light and back. */
static uint32_t part_color(int i)
{
    static const double shade[] = {1, 0.5, 0.8, 0.3, 0.65, 0.4};
    return plt_mix(PLT_PAPER, PLT_BLUE, shade[i % 6]);
}

void plt_share(plt_doc *doc, const plt_share_spec *s)
{
    share_part parts[SHARE_MOST];
    int64_t total = 0;
    for (int i = 0; i < s->n; i++) total += s->values[i];
    if (total <= 0) {
        plt_figure_empty(doc, s->title);
        return;
    }
    int n = collect(s, total, parts), most = 0, rows = (n + 2) / 3;
    double top = s->title && *s->title ? 42 : 16, x = 16, width = 608;
    plt_scene *scene = plt_scene_card(doc, top + 34 + rows * 20 + 12, s->title);
    lg_buf built, plain;
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    for (int i = 0; i < n; i++) {
        double share = (double)parts[i].value / (double)total, w = width * share;
        double kx = 16 + (i % 3) * 206, ky = top + 52 + i / 3 * 20; /* the key below the bar */
        plt_paint paint = {.fill = part_color(i), .filled = true};
        plt_draw_rect(scene, x, top, w, 26, paint);
        if (i) plt_draw_rect(scene, x - 0.75, top, 1.5, 26, (plt_paint){.fill = 0xffffff, .filled = true});
        lg_buf text;
        lg_buf_init(&text, 0);
        plt_add_percent(&text, share);
        if (w > 48)
            plt_draw_text(
                scene, x + w / 2, top + 18,
                (plt_font){.anchor = PLT_MIDDLE, .bold = true, .color = i % 6 == 0 || i % 6 == 2 ? PLT_PAPER : PLT_INK},
                lg_buf_str(&text));
        plt_draw_rect(scene, kx, ky - 10, 12, 11, paint);
        lg_buf_clear(&text);
        lg_buf_addf(&text, "%s  %s  (", parts[i].name, lg_thousands(parts[i].value));
        plt_add_percent(&text, share);
        lg_buf_addc(&text, ')');
        if (scene)
            plt_draw_text(scene, kx + 18, ky, (plt_font){.size = 11},
                          plt_text_fit(doc, lg_buf_str(&text), 11, false, 184));
        lg_buf_addf(&plain, "%s%s", i ? "\n" : "", "");
        plt_add_padded(&plain, parts[i].name, 18, PLT_LEFT);
        plt_add_blocks(&plain, share, 30);
        lg_buf_addf(&plain, " %s (", lg_thousands(parts[i].value));
        plt_add_percent(&plain, share);
        lg_buf_addc(&plain, ')');
        lg_buf_release(&text);
        if (parts[i].value > parts[most].value) most = i;
        x += w;
    }
    lg_buf_addf(&built, "%s %s, ", lg_thousands(total), s->unit ? s->unit : "in all");
    plt_add_percent(&built, (double)parts[most].value / (double)total);
    lg_buf_addf(&built, " of them in %s", parts[most].name);
    plt_figure_say(doc, scene, s->sentence, &built, &plain);
}
