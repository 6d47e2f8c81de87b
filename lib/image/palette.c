/* palette.c - colours are cut into boxes, the worst box first, where they differ most (variance-based cutting: Wan,
 * Wong, Prusinkiewicz 1988); then each goes to the nearest of the boxes' colours (one step of k-means), twice. */
#include "lib/image/palette.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

/* The pixels of one step of colours. `often` is one of their colours, and the one that most of them have if any does
 * (the majority vote of Boyer and Moore, 1981). */
typedef struct cell {
    uint64_t sum[3];
    uint32_t count, often, votes;
} cell;

typedef struct point {
    float at[3]; /* channels, by how well the eye tells them apart */
    float weight;
    uint32_t cell;
} point;

typedef struct box {
    int first, n, axis;
    double middle, error;
} box;

static const float SEEN[3] = {1.0F, 1.4F, 0.8F};

static void add_run(cell *cells, uint32_t pixel, uint32_t n)
{
    cell *c = &cells[img_palette_cell(pixel)];
    c->count += n;
    for (int i = 0; i < 3; i++) c->sum[i] += (uint64_t)n * (pixel >> (16 - 8 * i) & 255);
    if (c->often == pixel) {
        c->votes += n;
    } else if (c->votes >= n) {
        c->votes -= n;
    } else {
        c->often = pixel;
        c->votes = n - c->votes;
    }
}

static void count_cells(cell *cells, const uint32_t *pixels, int h, int w, size_t stride)
{
    for (int y = 0; y < h; y++) {
        const uint32_t *row = pixels + (size_t)y * stride;
        for (int x = 0, start = 0; x < w; x++) {
            if (x + 1 < w && ((row[x + 1] ^ row[start]) & 0xffffff) == 0) continue;
            add_run(cells, row[start] & 0xffffff, (uint32_t)(x + 1 - start));
            start = x + 1;
        }
    }
}

/* The colour that stands for all pixels of a sum. */
static void color_of(const cell *sum, uint8_t rgb[3])
{
    bool flat = sum->votes > sum->count / 2;
    for (int i = 0; i < 3; i++)
        rgb[i] = flat ? (uint8_t)(sum->often >> (16 - 8 * i)) : (uint8_t)((sum->sum[i] + sum->count / 2) / sum->count);
}

static void add_cell(cell *sum, const cell *c)
{
    sum->count += c->count;
    for (int i = 0; i < 3; i++) sum->sum[i] += c->sum[i];
    if (c->votes > sum->votes) sum->votes = c->votes, sum->often = c->often;
}

/* Rare colours count for more than their share, or a small mark loses its colour to large grounds. */
static int gather(const cell *cells, point *points)
{
    int n = 0;
    for (uint32_t k = 0; k < IMG_PALETTE_CELLS; k++) {
        const cell *c = &cells[k];
        uint8_t rgb[3];
        if (!c->count) continue;
        color_of(c, rgb);
        points[n] = (point){.weight = sqrtf((float)c->count), .cell = k};
        for (int i = 0; i < 3; i++) points[n].at[i] = (float)rgb[i] * SEEN[i];
        n++;
    }
    return n;
}

static box box_of(const point *points, int first, int n)
{
    box b = {.first = first, .n = n};
    double sum[3] = {0}, squares[3] = {0}, weight = 0, largest = -1;
    for (const point *p = points + first; p < points + first + n; p++) {
        weight += p->weight;
        for (int i = 0; i < 3; i++) {
            sum[i] += p->weight * p->at[i];
            squares[i] += p->weight * p->at[i] * p->at[i];
        }
    }
    for (int i = 0; i < 3; i++) {
        double spread = squares[i] - sum[i] * sum[i] / weight;
        b.error += spread;
        if (spread <= largest) continue;
        largest = spread;
        b.axis = i;
        b.middle = sum[i] / weight;
    }
    if (n < 2) b.error = 0;
    return b;
}

/* How many points now lie first, on the lower side. */
static int part(point *points, const box *b)
{
    int low = 0;
    for (int i = 0; i < b->n; i++) {
        point p = points[b->first + i];
        if (p.at[b->axis] > b->middle) continue;
        points[b->first + i] = points[b->first + low];
        points[b->first + low++] = p;
    }
    return low;
}

static int cut(point *points, int n, box boxes[IMG_PALETTE_MOST])
{
    int count = 1;
    boxes[0] = box_of(points, 0, n);
    while (count < IMG_PALETTE_MOST) {
        box *worst = boxes;
        for (box *b = boxes; b < boxes + count; b++)
            if (b->error > worst->error) worst = b;
        if (worst->error <= 0) break;
        box whole = *worst;
        int low = part(points, &whole);
        if (low == 0 || low == whole.n) { /* a spread that is only rounding */
            worst->error = 0;
            continue;
        }
        *worst = box_of(points, whole.first, low);
        boxes[count++] = box_of(points, whole.first + low, whole.n - low);
    }
    return count;
}

static int nearest(const float (*colors)[3], int n, const float at[3])
{
    int best = 0;
    float least = INFINITY;
    for (int k = 0; k < n; k++) {
        float r = colors[k][0] - at[0], g = colors[k][1] - at[1], b = colors[k][2] - at[2];
        float far = r * r + g * g + b * b;
        if (far >= least) continue;
        least = far;
        best = k;
    }
    return best;
}

/* Every point to the nearest colour. */
static void assign(const point *points, int n, img_palette *out)
{
    float colors[IMG_PALETTE_MOST][3];
    for (int k = 0; k < out->n; k++)
        for (int i = 0; i < 3; i++) colors[k][i] = (float)out->rgb[k][i] * SEEN[i];
    for (int i = 0; i < n; i++) out->of[points[i].cell] = (uint8_t)nearest(colors, out->n, points[i].at);
}

/* Colours of the cells that each has got; one that got none stays. */
static void recolor(const cell *cells, const point *points, int n, img_palette *out)
{
    cell sum[IMG_PALETTE_MOST] = {0};
    for (int i = 0; i < n; i++) add_cell(&sum[out->of[points[i].cell]], &cells[points[i].cell]);
    for (int k = 0; k < out->n; k++)
        if (sum[k].count) color_of(&sum[k], out->rgb[k]);
}

lg_status img_palette_make(const uint32_t *pixels, int h, int w, size_t stride, img_palette *out, lg_err *err)
{
    box boxes[IMG_PALETTE_MOST];
    cell *cells = lg_alloc(IMG_PALETTE_CELLS, sizeof *cells, err);
    point *points = cells ? lg_alloc(IMG_PALETTE_CELLS, sizeof *points, err) : NULL;
    *out = (img_palette){0};
    if (points) {
        count_cells(cells, pixels, h, w, stride);
        int n = gather(cells, points);
        out->n = cut(points, n, boxes);
        for (int k = 0; k < out->n; k++)
            for (int i = 0; i < boxes[k].n; i++) out->of[points[boxes[k].first + i].cell] = (uint8_t)k;
        recolor(cells, points, n, out);
        for (int turn = 0; turn < 2; turn++) {
            assign(points, n, out);
            recolor(cells, points, n, out);
        }
    }
    lg_free(cells);
    lg_free(points);
    return points ? LG_OK : err->status;
}
