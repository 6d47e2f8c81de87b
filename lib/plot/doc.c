/* doc.c - building a document: blocks, tables, contact sheets. */
#include "lib/plot/block.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { DOC_BYTES = 64 << 20, DOC_DEPTH = 8 };

void plt_doc_init(plt_doc *doc)
{
    *doc = (plt_doc){0};
    lg_arena_init(&doc->arena, 0);
}

void plt_doc_release(plt_doc *doc)
{
    lg_arena_release(&doc->arena);
    *doc = (plt_doc){0};
}

lg_status plt_doc_check(const plt_doc *doc, lg_err *err)
{
    if (doc->failed.status == LG_OK) return LG_OK;
    return lg_fail(err, doc->failed.status, doc->failed.code, "%s", doc->failed.msg);
}

void *plt_doc_alloc(plt_doc *doc, size_t count, size_t size)
{
    size_t bytes;
    if (doc->failed.status) return NULL;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > DOC_BYTES - doc->arena.used) {
        lg_fail(&doc->failed, LG_E_LIMIT, 902, "a result grew past its limit of %d MB", DOC_BYTES >> 20);
        return NULL;
    }
    return lg_arena_alloc(&doc->arena, count, size, &doc->failed);
}

char *plt_doc_strdup(plt_doc *doc, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = plt_doc_alloc(doc, size, 1);
    return copy ? memcpy(copy, text, size) : NULL;
}

char *plt_doc_vstr(plt_doc *doc, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *text = n < 0 ? NULL : plt_doc_alloc(doc, (size_t)n + 1, 1);
    if (text) vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    return text;
}

/* The innermost open fold; the root is made on first use, so that init cannot fail. */
static plt_block *doc_top(plt_doc *doc)
{
    if (doc->depth == 0) {
        doc->open[0] = plt_doc_alloc(doc, 1, sizeof(plt_block));
        if (!doc->open[0]) return NULL;
        doc->depth = 1;
    }
    return doc->failed.status ? NULL : doc->open[doc->depth - 1];
}

plt_block *plt_doc_add(plt_doc *doc, plt_kind kind)
{
    plt_block *top = doc_top(doc);
    plt_block *block = top ? plt_doc_alloc(doc, 1, sizeof *block) : NULL;
    if (!block) return NULL;
    block->kind = kind;
    block->text = "";
    if (top->last) top->last->next = block;
    else top->first = block;
    top->last = block;
    return block;
}

plt_block *plt_doc_last(const plt_doc *doc, plt_kind kind)
{
    if (doc->failed.status || doc->depth == 0) return NULL;
    plt_block *last = doc->open[doc->depth - 1]->last;
    return last && last->kind == kind ? last : NULL;
}

/* Text first, block second: a block whose text could not be had is never seen. */
LG_PRINTF(3, 0) static plt_block *add_words(plt_doc *doc, plt_kind kind, const char *fmt, va_list ap)
{
    char *text = plt_doc_vstr(doc, fmt, ap);
    plt_block *block = text ? plt_doc_add(doc, kind) : NULL;
    if (block) block->text = text;
    return block;
}

#define WORDS(name, kind)                                                                                              \
    void name(plt_doc *doc, const char *fmt, ...)                                                                      \
    {                                                                                                                  \
        va_list ap;                                                                                                    \
        va_start(ap, fmt);                                                                                             \
        add_words(doc, kind, fmt, ap);                                                                                 \
        va_end(ap);                                                                                                    \
    }
WORDS(plt_title, PLT_TITLE)
WORDS(plt_heading, PLT_HEADING)
WORDS(plt_text, PLT_PARAGRAPH)
WORDS(plt_note, PLT_NOTE)
WORDS(plt_item, PLT_ITEM)
WORDS(plt_code, PLT_CODE)
WORDS(plt_table, PLT_TABLE)

/* A sentence ends with a full stop unless it ends with a mark of its own. */
void plt_sentence(plt_doc *doc, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    plt_block *block = add_words(doc, PLT_SENTENCE, fmt, ap);
    va_end(ap);
    size_t len = block ? strlen(block->text) : 0;
    bool goes_on = len > 2 && !strcmp(block->text + len - 3, "\xe2\x80\xa6"); /* … */
    if (len == 0 || goes_on || strchr(".!?", block->text[len - 1])) return;
    char *text = plt_doc_alloc(doc, len + 2, 1);
    if (!text) return;
    memcpy(text, block->text, len);
    text[len] = '.';
    block->text = text;
}

void plt_warning(plt_doc *doc, const lg_err *warning)
{
    char *text = plt_doc_strdup(doc, warning->msg);
    char *why = plt_doc_strdup(doc, warning->why), *hint = plt_doc_strdup(doc, warning->hint);
    plt_block *block = text && why && hint ? plt_doc_add(doc, PLT_WARNING) : NULL;
    if (!block) return;
    block->text = text;
    block->warning.code = warning->code;
    block->warning.why = why;
    block->warning.hint = hint;
}

void plt_pair(plt_doc *doc, const char *key, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *name = plt_doc_strdup(doc, key);
    plt_block *block = name ? add_words(doc, PLT_PAIR, fmt, ap) : NULL;
    if (block) block->key = name;
    va_end(ap);
}

void plt_progress(plt_doc *doc, double share, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    plt_block *block = add_words(doc, PLT_PROGRESS, fmt, ap);
    if (block) block->share = plt_clamp01(share);
    va_end(ap);
}

static void open_fold(plt_doc *doc, plt_block *block)
{
    if (!block) return;
    if (doc->depth == DOC_DEPTH)
        lg_fail(&doc->failed, LG_E_INTERNAL, 903, "a result is folded more than %d deep", DOC_DEPTH - 1);
    else doc->open[doc->depth++] = block;
}

void plt_fold_begin(plt_doc *doc, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    open_fold(doc, add_words(doc, PLT_FOLD, fmt, ap));
    va_end(ap);
}

void plt_answer_begin(plt_doc *doc, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    open_fold(doc, add_words(doc, PLT_ANSWER, fmt, ap));
    va_end(ap);
}

void plt_fold_end(plt_doc *doc)
{
    if (doc->failed.status) return;
    if (doc->depth > 1) doc->depth--;
    else lg_fail(&doc->failed, LG_E_INTERNAL, 903, "a fold of a result ends that was never begun");
}

/* ---- tables ---- */
void plt_column(plt_doc *doc, plt_align align, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    plt_block *table = plt_doc_last(doc, PLT_TABLE);
    char *text = table ? plt_doc_vstr(doc, fmt, ap) : NULL;
    va_end(ap);
    plt_column_box *column = text ? plt_doc_alloc(doc, 1, sizeof *column) : NULL;
    if (!column) return;
    *column = (plt_column_box){.text = text, .align = align};
    if (table->table.last) table->table.last->next = column;
    else table->table.first = column;
    table->table.last = column;
    table->table.ncolumn++;
}

void plt_row(plt_doc *doc, plt_row_kind kind)
{
    plt_block *table = plt_doc_last(doc, PLT_TABLE);
    plt_row_box *row = table ? plt_doc_alloc(doc, 1, sizeof *row) : NULL;
    if (!row) return;
    row->kind = kind;
    if (table->table.last_row) table->table.last_row->next = row;
    else table->table.row = row;
    table->table.last_row = row;
    table->table.nrow++;
}

LG_PRINTF(3, 0) static void add_cell(plt_doc *doc, bool head, const char *fmt, va_list ap)
{
    plt_block *table = plt_doc_last(doc, PLT_TABLE);
    plt_row_box *row = table ? table->table.last_row : NULL;
    char *text = row ? plt_doc_vstr(doc, fmt, ap) : NULL;
    plt_cell_box *cell = text ? plt_doc_alloc(doc, 1, sizeof *cell) : NULL;
    if (!cell) return;
    *cell = (plt_cell_box){.text = text, .head = head, .bar = -1};
    if (row->last) row->last->next = cell;
    else row->first = cell;
    row->last = cell;
}

void plt_head(plt_doc *doc, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_cell(doc, true, fmt, ap);
    va_end(ap);
}

void plt_cell(plt_doc *doc, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_cell(doc, false, fmt, ap);
    va_end(ap);
}

static plt_cell_box *last_cell(plt_doc *doc)
{
    plt_block *table = plt_doc_last(doc, PLT_TABLE);
    return table && table->table.last_row ? table->table.last_row->last : NULL;
}

void plt_cell_tone(plt_doc *doc, plt_tone tone, double shade)
{
    plt_cell_box *cell = last_cell(doc);
    if (!cell) return;
    cell->tone = tone;
    cell->shade = plt_clamp01(shade);
}

void plt_cell_bar(plt_doc *doc, double share)
{
    plt_cell_box *cell = last_cell(doc);
    if (cell) cell->bar = plt_clamp01(share);
}

void plt_cell_bold(plt_doc *doc)
{
    plt_cell_box *cell = last_cell(doc);
    if (cell) cell->bold = true;
}

void plt_cell_tip(plt_doc *doc, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    plt_cell_box *cell = last_cell(doc);
    if (cell) cell->tip = plt_doc_vstr(doc, fmt, ap);
    va_end(ap);
}

/* ---- contact sheets ---- */
void plt_grid(plt_doc *doc, int size, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    plt_block *grid = add_words(doc, PLT_GRID, fmt, ap);
    va_end(ap);
    if (grid) grid->grid.size = size < 16 ? 16 : size > 512 ? 512 : size;
}

void plt_grid_cards(plt_doc *doc)
{
    plt_block *grid = plt_doc_last(doc, PLT_GRID);
    if (grid) grid->grid.cards = true;
}

LG_PRINTF(2, 0) static plt_thumb_box *add_thumb(plt_doc *doc, const char *fmt, va_list ap)
{
    plt_block *grid = plt_doc_last(doc, PLT_GRID);
    char *text = grid ? plt_doc_vstr(doc, fmt, ap) : NULL;
    plt_thumb_box *thumb = text ? plt_doc_alloc(doc, 1, sizeof *thumb) : NULL;
    if (!thumb) return NULL;
    thumb->text = text;
    if (grid->grid.last) grid->grid.last->next = thumb;
    else grid->grid.first = thumb;
    return grid->grid.last = thumb;
}

void plt_grid_group(plt_doc *doc, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_thumb(doc, fmt, ap);
    va_end(ap);
}

void plt_thumb(plt_doc *doc, const uint8_t *rgb, int width, int height, plt_edge edge, const char *fmt, ...)
{
    if (doc->failed.status || width <= 0 || height <= 0) return;
    size_t row = (size_t)width * 3;
    uint8_t *copy = plt_doc_alloc(doc, (size_t)height, row);
    if (!copy) return;
    memcpy(copy, rgb, row * (size_t)height);
    va_list ap;
    va_start(ap, fmt);
    plt_thumb_box *thumb = add_thumb(doc, fmt, ap);
    va_end(ap);
    if (!thumb) return;
    thumb->rgb = copy;
    thumb->width = width;
    thumb->height = height;
    thumb->edge = edge;
    plt_doc_last(doc, PLT_GRID)->grid.count++;
}

void plt_thumb_bar(plt_doc *doc, plt_tone tone, double share, const char *fmt, ...)
{
    plt_block *grid = plt_doc_last(doc, PLT_GRID);
    plt_thumb_box *thumb = grid ? grid->grid.last : NULL;
    if (!thumb || !thumb->rgb) return;
    va_list ap;
    va_start(ap, fmt);
    char *text = plt_doc_vstr(doc, fmt, ap);
    va_end(ap);
    plt_score *score = text ? plt_doc_alloc(doc, 1, sizeof *score) : NULL;
    if (!score) return;
    *score = (plt_score){.text = text, .share = plt_clamp01(share), .tone = tone};
    if (thumb->last) thumb->last->next = score;
    else thumb->first = score;
    thumb->last = score;
}

void plt_thumb_frame(plt_doc *doc, const plt_box *box, const char *fmt, ...)
{
    plt_block *grid = plt_doc_last(doc, PLT_GRID);
    plt_thumb_box *thumb = grid ? grid->grid.last : NULL;
    double x0 = plt_clamp01(box->x), y0 = plt_clamp01(box->y), x1 = plt_clamp01(box->x + box->w),
           y1 = plt_clamp01(box->y + box->h);
    if (!thumb || !thumb->rgb || !(x1 > x0 && y1 > y0)) return;
    va_list ap;
    va_start(ap, fmt);
    char *text = plt_doc_vstr(doc, fmt, ap);
    va_end(ap);
    plt_outline *outline = text ? plt_doc_alloc(doc, 1, sizeof *outline) : NULL;
    if (!outline) return;
    *outline = (plt_outline){.box = {x0, y0, x1 - x0, y1 - y0, box->edge, box->series}, .text = text};
    if (thumb->last_outline) thumb->last_outline->next = outline;
    else thumb->outline = outline;
    thumb->last_outline = outline;
}

/* ---- figures ---- */
void plt_figure(plt_doc *doc, const plt_scene *scene, const char *alt, const char *plain)
{
    char *words = plt_doc_strdup(doc, alt), *text = plt_doc_strdup(doc, plain);
    plt_block *block = scene && words && text ? plt_doc_add(doc, PLT_FIGURE) : NULL;
    if (!block) return;
    block->text = words;
    block->figure.scene = scene;
    block->figure.plain = text;
}

void plt_figure_say(plt_doc *doc, const plt_scene *scene, const char *own, lg_buf *built, lg_buf *plain)
{
    if (lg_buf_check(built, &doc->failed) == LG_OK && lg_buf_check(plain, &doc->failed) == LG_OK) {
        const char *alt = own && *own ? own : lg_buf_str(built);
        plt_figure(doc, scene, alt, lg_buf_str(plain));
        if (!own || *own) plt_sentence(doc, "%s", alt);
    }
    lg_buf_release(built);
    lg_buf_release(plain);
}

void plt_figure_empty(plt_doc *doc, const char *title)
{
    if (title && *title) plt_note(doc, "%s: nothing to show yet", title);
    else plt_note(doc, "nothing to show yet");
}
