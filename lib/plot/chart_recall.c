/* chart_recall.c - one small line per class: which classes are learnt, which are left behind. */
#include "lib/plot/panel.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

enum { ROW_HEIGHT = 38 };

/* Epoch from which the recall is 0 to the end; 0 when it is not. */
static int zero_since(const double *recall, int epochs)
{
    int i = epochs;
    while (i > 0 && recall[i - 1] == 0) i--;
    return i < epochs ? i + 1 : 0;
}

static void draw_class(plt_scene *scene, const plt_recall_spec *s, int i, double x, double y)
{
    const double *recall = s->recall + (size_t)i * (size_t)s->epochs;
    double last = recall[s->epochs - 1];
    bool lost = last == 0;
    lg_buf text;
    plt_panel p = {.scene = scene, .x = x + 84, .y = y + 6, .w = 120, .h = ROW_HEIGHT - 14};
    p.sx = (plt_scale){.min = 1, .max = s->epochs > 1 ? s->epochs : 2, .step = 1};
    p.sy = (plt_scale){.min = 0, .max = 1, .step = 1};
    lg_buf_init(&text, 0);
    plt_add_percent(&text, last);
    plt_draw_text(scene, x + 74, y + 22, (plt_font){.anchor = PLT_END},
                  scene ? plt_text_fit(scene->doc, s->labels[i], 12, false, 72) : "");
    plt_draw_line(scene, p.x, p.y + p.h + 0.5, p.x + p.w, p.y + p.h + 0.5, (plt_paint){.stroke = 0xcccccc, .width = 1});
    plt_panel_line(&p, NULL, 1, recall, s->epochs, (plt_paint){.stroke = lost ? PLT_VERMILION : PLT_BLUE, .width = 2},
                   false);
    plt_draw_textf(scene, p.x + p.w + 10, y + 22, (plt_font){.bold = true}, "%s%s", lg_buf_str(&text),
                   lost ? " ✕" : "");
    lg_buf_release(&text);
}

void plt_recall(plt_doc *doc, const plt_recall_spec *s)
{
    if (s->n < 1 || s->epochs < 1) {
        plt_figure_empty(doc, s->title);
        return;
    }
    double top = s->title && *s->title ? 36 : 10;
    int rows = (s->n + 1) / 2, columns = 0, worst = 0;
    plt_scene *scene = plt_scene_card(doc, top + rows * ROW_HEIGHT + 10, s->title);
    lg_buf built, plain;
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    for (int i = 0; i < s->n; i++) {
        int w = plt_plain_width(s->labels[i]);
        if (w > columns) columns = w;
    }
    lg_buf_addf(&built, "Recall after epoch %d: ", s->epochs);
    for (int i = 0; i < s->n; i++) {
        const double *recall = s->recall + (size_t)i * (size_t)s->epochs;
        int since = zero_since(recall, s->epochs);
        draw_class(scene, s, i, i < rows ? 12 : 326, top + (i % rows) * ROW_HEIGHT);
        if (i) lg_buf_addc(&plain, '\n');
        plt_add_padded(&plain, s->labels[i], columns + 2, PLT_LEFT);
        plt_add_spark(&plain, recall, s->epochs, 0, 1);
        lg_buf_addc(&plain, ' ');
        plt_add_percent(&plain, recall[s->epochs - 1]);
        if (since) lg_buf_addf(&plain, "  never found since epoch %d", since);
        lg_buf_addf(&built, "%s%s ", i ? ", " : "", s->labels[i]);
        plt_add_percent(&built, recall[s->epochs - 1]);
        if (since) lg_buf_addf(&built, " (none found since epoch %d)", since);
        if (recall[s->epochs - 1] < s->recall[(size_t)(worst + 1) * (size_t)s->epochs - 1]) worst = i;
    }
    if (s->n > 1) lg_buf_addf(&built, "; %s is found least", s->labels[worst]);
    plt_figure_say(doc, scene, s->sentence, &built, &plain);
}
