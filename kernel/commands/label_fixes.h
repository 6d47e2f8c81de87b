/* label_fixes.h - label fixes of single images, which live longer than the session: what the commands that make them
 * (`relabel … image`), repeat them (`load`) and take them back (`undo`) share. The log itself is lib/data/edit_log.h.
 *
 * Only what is said of single images is kept so. Renames, `where`, `keep`, `split`, `drop` and `clean` are rules, which
 * the notebook repeats; repeated by `load` as well they would find their work done, and a picture that was dropped
 * could not be dropped again. */
#ifndef CMD_LABEL_FIXES_H
#define CMD_LABEL_FIXES_H

#include "kernel/commands/box_dataset.h"
#include "lib/data/edit_log.h"

/* ---- relabel ---- */
typedef struct cmd_fixing {
    const data_set *before, *after;
    const uint32_t *image; /* ids */
    size_t images;
    const bool *only; /* (rows) NULL, or those it was about */
} cmd_fixing;
/* Writes what changed into the logs and says so in the document. *kept: for cmd_dataset_bind_kept, NULL where nothing
 * was written; of the call's arena. Trouble with a log is told in the document and no failure. */
lg_status cmd_fixes_keep(const dsl_call *call, const cmd_fixing *fixing, plt_doc *doc, const char **kept,
                         lg_err *err) LG_MUST_CHECK;

/* ---- load ---- */
typedef struct cmd_replay {
    data_log_place place;
    data_log log;
    data_log_plan plan;
    data_set *fixed; /* NULL: nothing to fix */
    lg_buf lines;    /* for the recipe: `relabel NAME image … as …` */
    lg_buf kept;     /* for `undo` */
    lg_err trouble;  /* why there is no log */
} cmd_replay;
/* What the log says of a set as it was read. replay is to be released also after a failure. */
lg_status cmd_replay_make(const dsl_call *call, const char *name, const data_set *set, cmd_replay *replay,
                          lg_err *err) LG_MUST_CHECK;
void cmd_replay_release(cmd_replay *replay);
/* Says what it did. limited: only some of the pictures were asked for, so that others lack is no news. */
void cmd_doc_replay(plt_doc *doc, const cmd_replay *replay, const char *name, bool limited);

/* ---- undo ---- */
/* Takes the lines of an edit out of the logs again and says so. kept may be NULL. */
void cmd_fixes_take(const dsl_call *call, const char *kept, plt_doc *doc);

/* `relabel NAME image 412, 518 as puma`, with the numbers people write. */
void cmd_relabel_line(lg_buf *out, const char *name, const data_set *set, const size_t *row, size_t rows,
                      const char *label);

#endif
