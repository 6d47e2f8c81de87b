/* backend_text.c - a document as plain text for a terminal 100 columns wide: the same facts in words and aligned
 * columns. */
#include "lib/plot/block.h"
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { TEXT_COLUMNS = 100, TEXT_ROWS = 50, TEXT_BAR = 10, TEXT_GRID_LINES = 6 };

typedef struct text_page {
    lg_buf *out;
    size_t limit;
    int indent;
    int answers; /* shown */
    bool full, cut;
} text_page;

/* Starts a line; false once the page is full. */
static bool line(text_page *page)
{
    if (page->cut) return false;
    if (page->out->len > page->limit) {
        page->cut = true;
        lg_buf_adds(page->out, "… the rest is left out: a result shows at most ");
        lg_buf_addf(page->out, "%zu KB\n", page->limit / 1000);
        return false;
    }
    plt_add_repeat(page->out, " ", page->indent);
    return true;
}

static void words(text_page *page, const char *before, const char *text)
{
    if (!line(page)) return;
    lg_buf_adds(page->out, before);
    plt_plain_lines(page->out, text, page->indent + lg_utf8_width(before));
    lg_buf_addc(page->out, '\n');
}

static void text_warning(text_page *page, const plt_block *block)
{
    char code[24];
    snprintf(code, sizeof code, "LL%03d  ", block->warning.code);
    words(page, code, block->text);
    if (*block->warning.why) words(page, "   why: ", block->warning.why);
    if (*block->warning.hint) words(page, "   try: ", block->warning.hint);
}

/* A run of pairs, keys aligned. Returns the last one. */
static const plt_block *text_pairs(text_page *page, const plt_block *block)
{
    int columns = 0;
    const plt_block *last = block;
    for (const plt_block *b = block; b && b->kind == PLT_PAIR; b = b->next) {
        int width = plt_plain_width(b->key);
        if (width > columns) columns = width;
        last = b;
    }
    for (const plt_block *b = block;; b = b->next) {
        if (!line(page)) break;
        plt_add_padded(page->out, b->key, columns + 2, PLT_LEFT);
        plt_plain_lines(page->out, b->text, page->indent + columns + 2);
        lg_buf_addc(page->out, '\n');
        if (b == last) break;
    }
    return last;
}

static void text_progress(text_page *page, const plt_block *block)
{
    if (!line(page)) return;
    size_t from = page->out->len;
    plt_add_blocks(page->out, block->share, 20);
    if (page->out->failed) return;
    plt_add_repeat(page->out, "░", 20 - (page->out->data ? lg_utf8_width(page->out->data + from) : 0));
    lg_buf_addf(page->out, " %3.0f%%  ", block->share * 100);
    plt_plain_lines(page->out, block->text, page->indent + 27);
    lg_buf_addc(page->out, '\n');
}

/* ---- tables ---- */
/* Whether any cell of the column carries a bar, and how wide its widest text is. */
static int column_width(const plt_block *table, int index, const char *title, bool *bars)
{
    int width = plt_plain_width(title);
    *bars = false;
    for (const plt_row_box *row = table->table.row; row; row = row->next) {
        const plt_cell_box *cell = row->first;
        for (int i = 0; cell && i < index; i++) cell = cell->next;
        if (!cell) continue;
        int w = plt_plain_width(cell->text);
        if (w > width) width = w;
        *bars = *bars || cell->bar >= 0;
    }
    return width;
}

typedef struct column_plan {
    int width;
    plt_align align;
    bool bars;
} column_plan;

static void end_line(lg_buf *out)
{
    while (out->len && out->data[out->len - 1] == ' ') out->len--;
    lg_buf_addc(out, '\n');
}

static void text_row(text_page *page, const plt_row_box *row, const column_plan *plan, int ncolumn)
{
    const plt_cell_box *cell = row->first;
    if (!line(page)) return;
    for (int i = 0; i < ncolumn && cell; i++, cell = cell->next) {
        if (i) lg_buf_adds(page->out, "  ");
        plt_add_padded(page->out, cell->text, plan[i].width, plan[i].bars ? PLT_RIGHT : plan[i].align);
        if (!plan[i].bars) continue;
        lg_buf bar;
        lg_buf_init(&bar, 0);
        if (cell->bar >= 0) plt_add_blocks(&bar, cell->bar, TEXT_BAR);
        lg_buf_addc(page->out, ' ');
        plt_add_padded(page->out, lg_buf_str(&bar), TEXT_BAR, PLT_LEFT);
        lg_buf_release(&bar);
    }
    if (!page->out->failed) end_line(page->out);
}

static void text_rule(text_page *page, const column_plan *plan, int ncolumn)
{
    if (!line(page)) return;
    for (int i = 0; i < ncolumn; i++) {
        if (i) lg_buf_adds(page->out, "  ");
        plt_add_repeat(page->out, "─", plan[i].width + (plan[i].bars ? TEXT_BAR + 1 : 0));
    }
    lg_buf_addc(page->out, '\n');
}

static void text_header(text_page *page, const plt_block *table, const column_plan *plan)
{
    int i = 0;
    if (!line(page)) return;
    for (const plt_column_box *c = table->table.first; c; c = c->next, i++) {
        if (i) lg_buf_adds(page->out, "  ");
        plt_add_padded(page->out, c->text, plan[i].width, plan[i].align);
        if (plan[i].bars && c->next) plt_add_repeat(page->out, " ", TEXT_BAR + 1);
    }
    if (!page->out->failed) end_line(page->out);
    text_rule(page, plan, table->table.ncolumn);
}

static void text_rows(text_page *page, const plt_block *table, const column_plan *plan)
{
    int shown = 0, hidden = 0;
    bool ruled = false;
    for (const plt_row_box *row = table->table.row; row; row = row->next) {
        if (!page->full && shown >= TEXT_ROWS && row->kind == PLT_ROW_PLAIN && (row->next || hidden)) {
            hidden++;
            continue;
        }
        if (hidden && line(page)) lg_buf_addf(page->out, "… %s more rows\n", lg_thousands(hidden));
        hidden = 0;
        if (row->kind == PLT_ROW_TOTAL && !ruled) text_rule(page, plan, table->table.ncolumn);
        ruled = row->kind == PLT_ROW_TOTAL;
        text_row(page, row, plan, table->table.ncolumn);
        shown++;
    }
    if (hidden && line(page)) lg_buf_addf(page->out, "… %s more rows\n", lg_thousands(hidden));
}

static void text_table(text_page *page, const plt_block *table)
{
    lg_err err = {0};
    int i = 0;
    if (*table->text) words(page, "", table->text);
    column_plan *plan = lg_alloc((size_t)table->table.ncolumn, sizeof *plan, &err);
    if (!plan) {
        page->out->failed = LG_E_MEMORY;
        return;
    }
    for (const plt_column_box *c = table->table.first; c; c = c->next, i++) {
        plan[i].align = c->align;
        plan[i].width = column_width(table, i, c->text, &plan[i].bars);
    }
    text_header(page, table, plan);
    text_rows(page, table, plan);
    lg_free(plan);
}

/* ---- contact sheets: the captions, several in a line ---- */
static void add_caption(lg_buf *out, const plt_thumb_box *t)
{
    for (const char *s = t->text; *s;) {
        size_t n = strcspn(s, "\n");
        lg_buf_add_plain(out, s, n);
        s += n;
        if (*s++) lg_buf_adds(out, ", ");
        else break;
    }
    if (t->edge) lg_buf_addf(out, "%s(%s)", out->len ? " " : "", plt_edge_name(t->edge));
    for (const plt_score *score = t->first; score; score = score->next) {
        lg_buf_adds(out, out->len ? ", " : "");
        lg_buf_add_plain(out, score->text, strlen(score->text));
    }
}

static void grid_line(text_page *page, lg_buf *row)
{
    if (row->len && line(page)) lg_buf_addf(page->out, "  %s\n", lg_buf_str(row));
    lg_buf_clear(row);
}

/* "3  @ann, adidas 94%", and below it what else the caption says. */
static void text_card(text_page *page, const plt_thumb_box *t)
{
    lg_buf first;
    size_t n = strcspn(t->text, "\n");
    lg_buf_init(&first, 0);
    lg_buf_add(&first, t->text, n);
    for (const plt_score *score = t->first; score; score = score->next) lg_buf_addf(&first, ", %s", score->text);
    words(page, "  ", lg_buf_str(&first));
    if (t->text[n]) words(page, "    ", t->text + n + 1);
    lg_buf_release(&first);
}

static void text_cards(text_page *page, const plt_block *grid)
{
    int shown = 0, left = 0;
    if (*grid->text) words(page, "", grid->text);
    for (const plt_thumb_box *t = grid->grid.first; t && !page->cut; t = t->next) {
        if (!t->rgb) words(page, "", t->text);
        else if (shown++ < TEXT_GRID_LINES || page->full) text_card(page, t);
        else left++;
    }
    if (left > 0 && line(page)) lg_buf_addf(page->out, "  … and %s more\n", lg_thousands(left));
}

static void text_grid(text_page *page, const plt_block *grid)
{
    int lines = 0, left = 0;
    lg_buf row, caption;
    lg_buf_init(&row, 0);
    lg_buf_init(&caption, 0);
    words(page, "", *grid->text ? grid->text : "pictures");
    for (const plt_thumb_box *t = grid->grid.first; t && !page->cut; t = t->next) {
        lg_buf_clear(&caption);
        if (t->rgb) add_caption(&caption, t);
        int width = lg_utf8_width(lg_buf_str(&row)) + 3 + lg_utf8_width(lg_buf_str(&caption));
        if (row.len && (!t->rgb || width > TEXT_COLUMNS - page->indent)) {
            grid_line(page, &row);
            lines++;
        }
        if (lines >= TEXT_GRID_LINES && !page->full) {
            left += t->rgb != NULL;
            continue;
        }
        if (!t->rgb) {
            words(page, "", t->text);
            continue;
        }
        lg_buf_adds(&row, row.len ? " · " : "");
        lg_buf_adds(&row, lg_buf_str(&caption));
    }
    grid_line(page, &row);
    if (left > 0 && line(page)) lg_buf_addf(page->out, "  … and %s more\n", lg_thousands(left));
    lg_buf_release(&row);
    lg_buf_release(&caption);
}

/* ---- the document ---- */
static bool stands_apart(plt_kind kind)
{
    return kind == PLT_TABLE || kind == PLT_FIGURE || kind == PLT_GRID || kind == PLT_HEADING;
}

static void text_blocks(text_page *page, const plt_block *parent);

static const plt_block *text_block(text_page *page, const plt_block *block)
{
    switch (block->kind) {
    case PLT_ITEM: words(page, "- ", block->text); break;
    case PLT_CODE: words(page, "    ", block->text); break;
    case PLT_WARNING: text_warning(page, block); break;
    case PLT_PAIR: return text_pairs(page, block);
    case PLT_PROGRESS: text_progress(page, block); break;
    case PLT_TABLE: text_table(page, block); break;
    case PLT_GRID:
        if (block->grid.cards) text_cards(page, block);
        else text_grid(page, block);
        break;
    case PLT_FIGURE:
        if (*block->figure.scene->title) words(page, "", block->figure.scene->title);
        words(page, "", *block->figure.plain ? block->figure.plain : block->text);
        break;
    case PLT_FOLD:
        words(page, page->full ? "▾ " : "▸ ", block->text);
        if (!page->full) break;
        page->indent += 2;
        text_blocks(page, block);
        page->indent -= 2;
        break;
    case PLT_ANSWER: break; /* text_answers */
    default: words(page, "", block->text); break;
    }
    return block;
}

static void text_blocks(text_page *page, const plt_block *parent)
{
    for (const plt_block *b = parent->first; b && !page->cut; b = b->next) {
        if (stands_apart(b->kind) && b != parent->first) lg_buf_addc(page->out, '\n');
        plt_kind kind = b->kind;
        b = text_block(page, b);
        if (kind == PLT_TABLE && b->next && !stands_apart(b->next->kind)) lg_buf_addc(page->out, '\n');
    }
}

/* What was kept back, wherever it stands. */
static void text_answers(text_page *page, const plt_block *parent)
{
    for (const plt_block *b = parent->first; b && !page->cut; b = b->next) {
        if (b->kind == PLT_FOLD) text_answers(page, b);
        if (b->kind != PLT_ANSWER) continue;
        if (!page->answers++) lg_buf_addc(page->out, '\n');
        words(page, "", b->text);
        page->indent += 2;
        text_blocks(page, b);
        page->indent -= 2;
    }
}

void plt_text_render(const plt_doc *doc, const plt_options *options, lg_buf *out)
{
    text_page page = {.out = out, .limit = options->limit, .full = options->flags & PLT_FULL};
    if (doc->depth) text_blocks(&page, doc->open[0]);
    if (doc->depth) text_answers(&page, doc->open[0]);
    if (!out->len) lg_buf_addc(out, '\n');
}
