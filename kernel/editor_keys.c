/* editor_keys.c - what keys do beyond what libedit knows.
 *
 * Whatever prints something of its own (a list, a card) leaves libedit first, and comes back with what was typed: a key
 * of our own, pushed as if somebody had pressed it, puts the text back. So libedit always knows what is on the screen.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/editor.h"
#include "lib/base/banned.h"

enum { PASTE_MOST = 256 << 10 }; /* libedit takes ten seconds for a megabyte */

/* Keys that nobody presses. */
const wchar_t main_editor_key_restore[] = {0x1f, 0};
static const wchar_t key_end_line[] = {0x1e, 0}, key_leave[] = {0x1d, 0};

/* ---- what is typed ---- */
typedef struct typed {
    lg_buf text;        /* UTF-8 */
    size_t len, cursor; /* characters */
    const wchar_t *wide;
} typed;

static void typed_get(editor *e, typed *t)
{
    const LineInfoW *line = main_editor_lib.el_wline(e->el);
    lg_buf_init(&t->text, 0);
    t->wide = line->buffer;
    t->len = (size_t)(line->lastchar - line->buffer);
    t->cursor = (size_t)(line->cursor - line->buffer);
    main_editor_narrow(&t->text, t->wide, t->len);
}

static void cursor_to(editor *e, size_t position)
{
    const LineInfoW *line = main_editor_lib.el_wline(e->el);
    main_editor_lib.el_cursor(e->el, (int)((ptrdiff_t)position - (line->cursor - line->buffer)));
}

static void replace(editor *e, size_t start, size_t end, const wchar_t *with)
{
    cursor_to(e, end);
    if (end > start) main_editor_lib.el_deletestr(e->el, (int)(end - start));
    if (*with) main_editor_lib.el_winsertstr(e->el, with);
}

static void replace_all(editor *e, const wchar_t *with)
{
    const LineInfoW *line = main_editor_lib.el_wline(e->el);
    replace(e, 0, (size_t)(line->lastchar - line->buffer), with);
}

/* ---- leaving, and coming back ---- */
/* The cursor goes behind the text, so that what is printed stands below it. */
static unsigned char leave(editor *e, editor_after what, bool hold)
{
    typed t;
    typed_get(e, &t);
    lg_free(e->held);
    e->held = hold ? main_editor_widen(lg_buf_str(&t.text), t.text.len) : NULL;
    e->held_cursor = t.cursor;
    cursor_to(e, t.len);
    main_editor_lib.el_wpush(e->el, key_leave); /* when the cursor is there */
    lg_buf_release(&t.text);
    e->after = what;
    return CC_REFRESH;
}

static unsigned char on_leave(EditLine *el, int key)
{
    (void)key;
    return editor_of(el)->after == EDITOR_GO_ON ? CC_ERROR : CC_EOF;
}

static unsigned char on_restore(EditLine *el, int key)
{
    editor *e = editor_of(el);
    (void)key;
    if (!e->held) return CC_ERROR;
    if (*e->held) main_editor_lib.el_winsertstr(el, e->held);
    cursor_to(e, e->held_cursor);
    lg_free(e->held);
    e->held = NULL;
    return CC_REFRESH;
}

static unsigned char on_give_up(EditLine *el, int key)
{
    (void)key;
    return leave(editor_of(el), EDITOR_GIVE_UP, false);
}

static unsigned char on_stop(EditLine *el, int key)
{
    (void)key;
    return leave(editor_of(el), EDITOR_STOP, true);
}

/* ---- Enter and brackets ---- */
static unsigned char on_enter(EditLine *el, int key)
{
    char indent[64];
    wchar_t more[66] = {L'\n'};
    editor *e = editor_of(el);
    typed t;
    (void)key;
    typed_get(e, &t);
    bool goes_on = dsl_is_complete(lg_buf_str(&t.text), t.text.len, indent) == DSL_INCOMPLETE;
    for (size_t i = 0; goes_on && indent[i]; i++) more[i + 1] = L' ';
    if (goes_on) {
        main_editor_lib.el_winsertstr(el, more);
    } else {
        cursor_to(e, t.len);
        main_editor_lib.el_wpush(el, key_end_line);
    }
    lg_buf_release(&t.text);
    return CC_REFRESH;
}

static size_t line_start(const wchar_t *text, size_t at)
{
    while (at && text[at - 1] != L'\n') at--;
    return at;
}

/* Alone on its line a bracket stands one step further left than what it closes. */
static unsigned char on_close(EditLine *el, int key)
{
    const LineInfoW *line = main_editor_lib.el_wline(el);
    const wchar_t bracket[] = {(wchar_t)key, 0};
    size_t at = (size_t)(line->cursor - line->buffer), start = line_start(line->buffer, at), blanks = 0;
    while (start + blanks < at && line->buffer[start + blanks] == L' ') blanks++;
    if (start && blanks >= 2 && start + blanks == at) main_editor_lib.el_deletestr(el, 2);
    main_editor_lib.el_winsertstr(el, bracket);
    return CC_REFRESH;
}

/* ---- what was run before ---- */
static unsigned char recall(editor *e, size_t at)
{
    if (e->at == e->count) {
        typed t;
        typed_get(e, &t);
        lg_free(e->draft);
        e->draft = main_editor_widen(lg_buf_str(&t.text), t.text.len);
        lg_buf_release(&t.text);
    }
    e->at = at;
    const wchar_t *text = at < e->count ? e->entry[at] : e->draft;
    replace_all(e, text ? text : L"");
    return CC_REFRESH;
}

/* Within a cell of several lines, then beyond. */
static unsigned char on_up(EditLine *el, int key)
{
    editor *e = editor_of(el);
    const LineInfoW *line = main_editor_lib.el_wline(el);
    size_t at = (size_t)(line->cursor - line->buffer), start = line_start(line->buffer, at);
    (void)key;
    if (!start) return e->at ? recall(e, e->at - 1) : CC_ERROR;
    size_t before = line_start(line->buffer, start - 1), most = start - 1 - before, column = at - start;
    cursor_to(e, before + (column < most ? column : most));
    return CC_REFRESH;
}

static unsigned char on_down(EditLine *el, int key)
{
    editor *e = editor_of(el);
    const LineInfoW *line = main_editor_lib.el_wline(el);
    size_t len = (size_t)(line->lastchar - line->buffer), at = (size_t)(line->cursor - line->buffer), end = at;
    size_t column = at - line_start(line->buffer, at);
    (void)key;
    while (end < len && line->buffer[end] != L'\n') end++;
    if (end == len) return e->at < e->count ? recall(e, e->at + 1) : CC_ERROR;
    size_t next = end + 1, next_end = next;
    while (next_end < len && line->buffer[next_end] != L'\n') next_end++;
    cursor_to(e, next + column < next_end ? next + column : next_end);
    return CC_REFRESH;
}

/* ---- Tab ---- */
/* Characters that all matches begin with; of one match all of it. */
static size_t common(const dsl_completion *found)
{
    const char *first = found->match[0].text;
    size_t n = strlen(first);
    for (size_t i = 1; i < found->count; i++) {
        size_t k = 0;
        while (k < n && found->match[i].text[k] == first[k]) k++;
        n = k;
    }
    while (n && ((unsigned char)first[n] & 0xc0) == 0x80) n--; /* not inside of a character */
    return n;
}

/* Puts in what is certain. False: nothing is. */
static bool put_in(editor *e, const typed *t)
{
    const dsl_completion *found = &e->found;
    const char *text = found->match[0].text;
    size_t n = common(found), len = strlen(text);
    bool only = found->count == 1, open = len && strchr("/=.(", text[len - 1]);
    bool room = found->end == t->len || (found->end < t->len && t->wide[found->end] == L'\n');
    size_t start = lg_utf8_offset(lg_buf_str(&t->text), t->text.len, found->start),
           end = lg_utf8_offset(lg_buf_str(&t->text), t->text.len, found->end);
    bool same = end - start == n && memcmp(t->text.data + start, text, n) == 0;
    wchar_t *wide = main_editor_widen(text, n);
    if (!wide || (same && !(only && room && !open)) || (!only && n <= end - start)) {
        lg_free(wide);
        return false;
    }
    replace(e, found->start, found->end, wide);
    if (only && room && !open) main_editor_lib.el_winsertstr(e->el, L" ");
    lg_free(wide);
    return true;
}

static unsigned char on_tab(EditLine *el, int key)
{
    editor *e = editor_of(el);
    lg_err err = {0};
    typed t;
    unsigned char next = CC_ERROR;
    (void)key;
    dsl_completion_release(&e->found);
    e->found = (dsl_completion){0};
    typed_get(e, &t);
    lg_status st = dsl_session_complete(e->session, lg_buf_str(&t.text), t.text.len, t.cursor, &e->found, &err);
    if (!st && e->found.count)
        next = put_in(e, &t) ? CC_REFRESH : e->found.count > 1 ? leave(e, EDITOR_LIST, true) : CC_NORM;
    lg_buf_release(&t.text);
    return next;
}

/* ---- Shift-Tab ---- */
/* Behind a word and its blank the word is still meant. */
static size_t word_before(const typed *t)
{
    size_t at = t->cursor;
    while (at && (at == t->len || t->wide[at] == L' ') && t->wide[at - 1] == L' ') at--;
    return at;
}

static unsigned char on_inspect(EditLine *el, int key)
{
    editor *e = editor_of(el);
    lg_err err = {0};
    typed t;
    bool found = false;
    char *html = NULL;
    (void)key;
    lg_free(e->card);
    e->card = NULL;
    typed_get(e, &t);
    lg_status st = dsl_session_inspect(e->session, lg_buf_str(&t.text), t.text.len, word_before(&t), 0, &found,
                                       &e->card, &html, &err);
    lg_free(html);
    lg_buf_release(&t.text);
    return !st && found && e->card ? leave(e, EDITOR_CARD, true) : CC_ERROR;
}

/* ---- pasting: between marks of the terminal, so that a line end in it is not Enter ---- */
static const wchar_t paste_ends[] = L"\033[201~";
enum { PASTE_ENDS = sizeof paste_ends / sizeof *paste_ends - 1 };

/* All of it is read, also what is too much: until its end whatever is typed would belong to it. */
static void read_paste(EditLine *el, lg_buf *text)
{
    wchar_t c, before = 0;
    for (int ends = 0; ends < PASTE_ENDS && main_editor_lib.el_wgetc(el, &c) == 1;) {
        ends = c == paste_ends[ends] ? ends + 1 : c == paste_ends[0];
        if (c == L'\r' || (c == L'\n' && before != L'\r')) lg_buf_addc(text, '\n');
        else if (c == L'\t') lg_buf_adds(text, "  ");
        else if (c >= L' ' || c == L'\033') main_editor_narrow(text, &c, 1);
        before = c;
        if (ends == PASTE_ENDS && !text->failed) text->len -= PASTE_ENDS;
    }
}

static unsigned char too_much(editor *e)
{
    lg_err err = {0};
    lg_free(e->card);
    e->card = lg_strf(&err, "What was pasted is longer than %d KiB and was left out; `logolens run FILE` takes more.",
                      PASTE_MOST >> 10);
    return e->card ? leave(e, EDITOR_CARD, true) : CC_ERROR;
}

static unsigned char on_paste(EditLine *el, int key)
{
    lg_buf text;
    (void)key;
    lg_buf_init(&text, PASTE_MOST);
    read_paste(el, &text);
    if (text.failed) {
        lg_buf_release(&text);
        return too_much(editor_of(el));
    }
    while (text.len && text.data[text.len - 1] == '\n') text.len--;
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\033') text.data[i] = '?';
    wchar_t *wide = main_editor_widen(lg_buf_str(&text), text.len);
    if (wide && *wide) main_editor_lib.el_winsertstr(el, wide);
    lg_free(wide);
    lg_buf_release(&text);
    return CC_REFRESH;
}

/* ---- which key ---- */
static void bind_all(EditLine *el)
{
    static const struct {
        const char *key, *name;
    } bound[] = {
        {"^I", "ll-complete"},
        {"^M", "ll-enter"},
        {"^J", "ll-enter"},
        {"^C", "ll-give-up"},
        {"^Z", "ll-stop"},
        {"\x1f", "ll-restore"},
        {"\x1e", "ed-newline"},
        {"\x1d", "ll-leave"},
        {"\\e[Z", "ll-inspect"},
        {"\\e?", "ll-inspect"},
        {"\\e[A", "ll-up"},
        {"\\eOA", "ll-up"},
        {"^P", "ll-up"},
        {"\\e[B", "ll-down"},
        {"\\eOB", "ll-down"},
        {"^N", "ll-down"},
        {"\\e[200~", "ll-paste"},
        {"}", "ll-close"},
        {"^R", "em-inc-search-prev"},
        {"^W", "ed-delete-prev-word"},
        {"\\e[H", "ed-move-to-beg"},
        {"\\eOH", "ed-move-to-beg"},
        {"\\e[1~", "ed-move-to-beg"},
        {"\\e[F", "ed-move-to-end"},
        {"\\eOF", "ed-move-to-end"},
        {"\\e[4~", "ed-move-to-end"},
        {"\\e[3~", "ed-delete-next-char"},
        {"\\e[1;5C", "em-next-word"},
        {"\\e[1;5D", "ed-prev-word"},
        {"\\e[C", "ed-next-char"},
        {"\\e[D", "ed-prev-char"},
    };
    for (size_t i = 0; i < sizeof bound / sizeof *bound; i++)
        main_editor_lib.el_set(el, EL_BIND, bound[i].key, bound[i].name, NULL);
}

/* libedit keeps the names as they are where they are wide, and copies of others that it never frees. */
static void add_functions(EditLine *el)
{
    static const struct {
        const wchar_t *name;
        unsigned char (*fn)(EditLine *el, int key);
    } own[] = {
        {L"ll-complete", on_tab},    {L"ll-enter", on_enter}, {L"ll-give-up", on_give_up}, {L"ll-stop", on_stop},
        {L"ll-restore", on_restore}, {L"ll-leave", on_leave}, {L"ll-inspect", on_inspect}, {L"ll-up", on_up},
        {L"ll-down", on_down},       {L"ll-paste", on_paste}, {L"ll-close", on_close},
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        main_editor_lib.el_wset(el, EL_ADDFN, own[i].name, L"of Logolens", own[i].fn);
}

void main_editor_bind_keys(editor *e)
{
    add_functions(e->el);
    bind_all(e->el);
}
