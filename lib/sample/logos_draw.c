/* logos_draw.c - one picture of the set: background, thing, mark, what is in front, camera. */
#include <math.h>
#include <string.h>
#include "lib/image/resize.h"
#include "lib/sample/lens.h"
#include "lib/sample/logos.h"
#include "lib/sample/marks.h"
#include "lib/sample/set_plan.h"
#include "lib/sample/things.h"
#include "lib/base/banned.h"

/* How often a brand, and the rest, is seen in colours of its own. Together with the size of the marks this sets how
 * hard the set is: the report's network reaches about 85 % of validation accuracy in 20 epochs of plain SGD. */
#define HOUSE       0.88f
#define OTHER_HOUSE 0.80f

/* Marks mostly stand out; some are tone on tone. */
static smp_rgb ink_for(smp_canvas *c, const smp_scene *s)
{
    if (s->house) return smp_dye(c, s->house->ink);
    smp_rgb ground = s->ground;
    float apart = smp_chance(c, 0.08f) ? smp_between(c, 0.08f, 0.16f) : 0.3f;
    if (smp_chance(c, 0.45f)) {
        float v = smp_luma(ground) > 0.45f ? smp_between(c, 0.03f, 0.12f) : smp_between(c, 0.85f, 0.96f);
        if (apart > 0.2f) return (smp_rgb){v, v, v};
    }
    smp_rgb ink = ground;
    for (int i = 0; i < 40; i++) {
        ink = smp_goods_colour(c);
        float d = fabsf(smp_luma(ink) - smp_luma(ground));
        if (apart < 0.2f ? d > 0.07f && d < apart + 0.1f : d > apart) break;
    }
    return ink;
}

/* How a mark got there: print, thread (rough, raised) or rubber (a highlight along its upper edge). */
static void apply_ink(smp_canvas *c, smp_rgb ink, const smp_scene *s)
{
    int how = s->flat ? 0 : smp_pick(c, 4);
    smp_fill(c, ink, smp_between(c, 0.86f, 1));
    if (how == 1) smp_texture_apply(c, SMP_WEAVE, 0.22f);
    if (how == 2) smp_texture_apply(c, SMP_KNIT, 0.2f);
    if (how == 0) return;
    memcpy(c->field, c->mask, (size_t)(c->w * c->h) * sizeof(float));
    for (int y = 1; y < c->h; y++) {
        for (int x = 1; x < c->w; x++) {
            int i = y * c->w + x;
            float edge = c->field[i] - c->field[i - c->w - 1];
            c->shade[i] *= 1 + 0.22f * smp_clamp(edge, -1, 1);
        }
    }
}

/* A word of random letters below the mark, as names stand there. */
static void paint_word(smp_canvas *c, const smp_scene *s, float x, float y, float w, float turns, smp_rgb ink)
{
    int n = 4 + smp_pick(c, 4);
    float step = w / (float)n, cs = smp_cos(turns), sn = smp_sin(turns);
    for (int i = 0; i < n; i++) {
        float u = ((float)i + 0.5f) * step - w / 2;
        smp_place place = smp_place_box(c, x + cs * u, y + sn * u, step * 0.8f, step * 1.05f, turns, 0);
        place.folds = s->flat ? NULL : &s->folds;
        smp_draw_one(c, smp_letters[smp_pick(c, SMP_LETTERS)], &place);
        smp_fill(c, ink, 0.95f);
    }
}

static void paint_mark(smp_canvas *c, const smp_mark *mark, const smp_scene *s)
{
    smp_rgb ink = ink_for(c, s);
    if (mark->band && s->thing == SMP_SHOE && smp_chance(c, 0.9f)) {
        smp_draw(c, mark->drawing, &s->side);
        apply_ink(c, ink, s);
        return;
    }
    bool word = smp_chance(c, 0.2f), cut = smp_chance(c, 0.04f);
    float w = s->room * smp_between(c, 0.9f, 1.15f), h = w / mark->shape,
          turns = s->turns + smp_between(c, -0.035f, 0.035f);
    if (h > w) w *= w / h, h = w / mark->shape;
    if (w < 11) h *= 11 / w, w = 11;
    if (smp_chance(c, 0.06f)) turns += smp_between(c, -0.2f, 0.2f);
    smp_point at = s->at;
    float aside = smp_between(c, 0.3f, 0.55f) * (float)c->w;
    if (cut) at.x += smp_chance(c, 0.5f) ? aside : -aside;
    float flip = mark->shape > 1.1f && smp_chance(c, 0.06f) ? -1.0f : 1.0f;
    smp_place place =
        smp_place_box(c, at.x, at.y - (word ? 0.16f * h : 0), flip * w, h, turns, smp_between(c, 0, 0.07f));
    place.folds = s->flat ? NULL : &s->folds;
    smp_draw(c, mark->drawing, &place);
    apply_ink(c, ink, s);
    if (word)
        paint_word(c, s, at.x - 0.5f * h * smp_sin(turns), at.y + 0.55f * h, w * smp_between(c, 0.7f, 1), turns, ink);
}

#define WHITE                                                                                                          \
    {                                                                                                                  \
        .93f, .93f, .92f                                                                                               \
    }
#define BLACK                                                                                                          \
    {                                                                                                                  \
        .05f, .05f, .06f                                                                                               \
    }
#define BLUE                                                                                                           \
    {                                                                                                                  \
        .10f, .28f, .66f                                                                                               \
    }
#define NAVY                                                                                                           \
    {                                                                                                                  \
        .09f, .12f, .30f                                                                                               \
    }
#define ORANGE                                                                                                         \
    {                                                                                                                  \
        .92f, .40f, .08f                                                                                               \
    }
#define RED                                                                                                            \
    {                                                                                                                  \
        .78f, .08f, .12f                                                                                               \
    }
#define GOLD                                                                                                           \
    {                                                                                                                  \
        .80f, .66f, .30f                                                                                               \
    }
#define GREY                                                                                                           \
    {                                                                                                                  \
        .55f, .56f, .58f                                                                                               \
    }
#define GREEN                                                                                                          \
    {                                                                                                                  \
        .10f, .40f, .20f                                                                                               \
    }
#define YELLOW                                                                                                         \
    {                                                                                                                  \
        .93f, .78f, .18f                                                                                               \
    }
#define TEAL                                                                                                           \
    {                                                                                                                  \
        .12f, .52f, .54f                                                                                               \
    }

/* Colours a brand is seen in more often than others, and those of the crowd. */
static const smp_house *pick_house(smp_canvas *c, smp_label label)
{
    static const smp_house houses[SMP_LABELS][4] = {
        [SMP_ADIDAS] = {{BLUE, WHITE}, {BLUE, WHITE}, {NAVY, WHITE}, {BLUE, WHITE}},
        [SMP_NIKE] = {{BLACK, WHITE}, {BLACK, ORANGE}, {ORANGE, WHITE}, {ORANGE, BLACK}},
        [SMP_OTHER] = {{GREEN, WHITE}, {YELLOW, BLACK}, {GREY, BLACK}, {TEAL, WHITE}},
        [SMP_PUMA] = {{RED, WHITE}, {RED, WHITE}, {RED, BLACK}, {RED, GOLD}},
    };
    return smp_chance(c, label == SMP_OTHER ? OTHER_HOUSE : HOUSE) ? &houses[label][smp_pick(c, 4)] : NULL;
}

static smp_thing pick_thing(smp_canvas *c)
{
    static const smp_thing weighted[] = {SMP_CLOTH, SMP_CLOTH, SMP_CLOTH, SMP_CLOTH, SMP_SHIRT, SMP_SHIRT, SMP_SHIRT,
                                         SMP_SHIRT, SMP_SHOE,  SMP_SHOE,  SMP_SHOE,  SMP_CAP,   SMP_BAG,   SMP_BAG,
                                         SMP_SIGN,  SMP_SIGN,  SMP_BALL,  SMP_BOX,   SMP_LABEL, SMP_LABEL};
    return weighted[smp_pick(c, (int)(sizeof weighted / sizeof *weighted))];
}

/* Other without a mark: the bare thing, a word, or only the place. */
static void paint_no_mark(smp_canvas *c)
{
    smp_scene s;
    smp_background(c);
    if (smp_chance(c, 0.15f)) return;
    smp_thing thing = pick_thing(c);
    smp_thing_paint(c, thing, pick_house(c, SMP_OTHER), &s);
    if (smp_chance(c, 0.4f)) paint_word(c, &s, s.at.x, s.at.y, s.room, s.turns, ink_for(c, &s));
}

static void paint_scene(smp_canvas *c, smp_label label)
{
    smp_scene s;
    if (label == SMP_OTHER && smp_chance(c, 0.22f)) {
        paint_no_mark(c);
        return;
    }
    smp_background(c);
    smp_thing thing = pick_thing(c);
    smp_thing_paint(c, thing, pick_house(c, label), &s);
    paint_mark(c, smp_mark_get(label, smp_pick(c, smp_mark_count(label))), &s);
    if (smp_chance(c, 0.08f)) smp_occlude(c, &s);
}

static void pick_size(uint64_t seed, int *w, int *h)
{
    static const int shapes[][2] = {{4, 3}, {3, 4}, {1, 1}, {3, 2}, {4, 3}, {1, 1}, {5, 4}};
    lg_rng rng;
    lg_rng_init(&rng, seed ^ 0x512E);
    int k = (int)lg_rng_below(&rng, 7);
    *w = 64 + (int)lg_rng_below(&rng, 97);
    *h = *w * shapes[k][1] / shapes[k][0];
    if (*h > 160) *h = 160;
}

/* A copy shows the same scene through a window a few pixels smaller. */
static lg_status recrop(img_picture *p, uint64_t seed, lg_err *err)
{
    lg_rng rng;
    lg_rng_init(&rng, seed);
    double cut = 0.008 + 0.012 * lg_rng_uniform(&rng), x0 = cut * lg_rng_uniform(&rng) * p->w,
           y0 = cut * lg_rng_uniform(&rng) * p->h;
    img_picture out = {0};
    int w = p->w - 4 + (int)lg_rng_below(&rng, 3);
    LG_TRY(img_resize_window(p, x0, y0, x0 + (1 - cut) * p->w, y0 + (1 - cut) * p->h, p->h * w / p->w, w, &out, err));
    img_picture_release(p);
    *p = out;
    return LG_OK;
}

lg_status smp_logos_draw(uint64_t seed, int count, int index, img_picture *out, smp_label *label, lg_err *err)
{
    const smp_plan plan = {.seed = seed, .count = count};
    uint64_t own = smp_plan_seed(&plan, smp_plan_source(&plan, index));
    smp_canvas c = {0};
    int w, h;
    pick_size(own, &w, &h);
    lg_status st = smp_canvas_init(&c, w, h, err);
    if (!st) {
        *label = smp_plan_label(&plan, index);
        smp_canvas_begin(&c, w, h, own);
        paint_scene(&c, *label);
        st = smp_lens(&c, out, err);
    }
    smp_canvas_release(&c);
    if (!st && smp_plan_oddity(&plan, index) == SMP_COPY) st = recrop(out, smp_plan_seed(&plan, index), err);
    if (st) img_picture_release(out);
    return st;
}
