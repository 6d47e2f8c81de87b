/* plain_reader.c - cells from a terminal that edits lines by itself, or not at all (TERM=dumb, no libedit). */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "kernel/terminal.h"
#include "lib/base/banned.h"

static void show_mark(bool prompt, const lg_buf *cell)
{
    if (prompt) fputs(cell->len ? ". " : "> ", stderr);
    fflush(stderr);
}

/* Bytes up to the end of the line; whoever types sends whole lines. */
static editor_got read_line(lg_buf *cell)
{
    char c;
    for (;;) {
        ssize_t n = read(STDIN_FILENO, &c, 1);
        if (n == 1) lg_buf_addc(cell, c);
        if (n == 1 && c == '\n') return EDITOR_CELL;
        if (n == 1 || (n < 0 && errno == EAGAIN)) continue;
        if (n < 0 && errno == EINTR) {
            if (lg_cancelled(&main_terminal_cancel)) return EDITOR_NOTHING;
            continue;
        }
        return EDITOR_END;
    }
}

editor_got main_plain_read(bool prompt, lg_buf *cell)
{
    char indent[64];
    lg_cancel_clear(&main_terminal_cancel);
    for (;;) {
        show_mark(prompt, cell);
        editor_got got = read_line(cell);
        if (got == EDITOR_NOTHING) fputc('\n', stderr);
        if (got == EDITOR_END && cell->len) return EDITOR_CELL; /* the last line had no end */
        if (got != EDITOR_CELL || dsl_is_complete(lg_buf_str(cell), cell->len, indent) != DSL_INCOMPLETE) return got;
    }
}
