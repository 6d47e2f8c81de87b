/* main.h - the parts of the program `logolens`: each subcommand returns the process's exit status.
 *
 * 0 fine, 1 an error was said on stderr, 2 wrong usage, 130 interrupted. */
#ifndef MAIN_H
#define MAIN_H

#include "lib/base/lg.h"
#include "lib/store/history_store.h"

enum { MAIN_OK = 0, MAIN_FAILED = 1, MAIN_USAGE = 2, MAIN_INTERRUPTED = 130 };

/* Says an error on stderr in the house form. cell: the text it points into, or NULL. */
void main_say_error(const lg_err *err, const char *cell);
/* Start folder, own folders and what the user allowed. Settings that cannot be used are a warning, and then nothing
 * beyond the project is reachable. */
lg_status main_set_up(lg_err *err) LG_MUST_CHECK;
/* Where the history of cells is kept: our data folder, or NULL where the user wants none kept (LOGOLENS_HISTORY=off, or
 * the settings) or the folder cannot be used. After main_set_up. */
const char *main_history_folder(void);
/* The history, kept there. *out owned (store_history_free). */
lg_status main_history_open(store_history **out, lg_err *err) LG_MUST_CHECK;
/* A whole file the user named on the command line; "-" is standard input. */
lg_status main_read_file(const char *path, size_t limit, lg_buf *out, lg_err *err) LG_MUST_CHECK;

/* One line from the terminal, appended to answer; secret: not shown while it is typed. LG_E_UNSUPPORTED, err left
 * empty, where standard input is none (terminal_ask.c). */
lg_status main_ask(const char *prompt, bool secret, lg_cancel *cancel, lg_buf *answer, lg_err *err) LG_MUST_CHECK;

/* Appends the word as a shell reads it as one. */
void main_add_shell_word(lg_buf *out, const char *word);
/* Fonts that a package laid beside the program are used, unless the user chose others; before any thread. */
void main_use_fonts_beside(void);

int main_run_script(const char *path);           /* terminal.c: logolens run FILE */
int main_interactive(void);                      /* interactive.c: logolens */
int main_install(int count, char *const word[]); /* install.c: logolens install ... */
int main_lessons(const char *folder);            /* lessons.c: logolens lessons [FOLDER] */
int main_sandbox(int count, char *const word[]); /* sandbox.c: the helper that decodes pictures */

#endif
