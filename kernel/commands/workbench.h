/* workbench.h - joins the language with its commands: what main needs to start a session, and what commands share.
 *
 *     cmd_workbench *bench;
 *     LG_TRY(cmd_workbench_new(&bench, err));
 *     dsl_session_execute(cmd_workbench_session(bench), code, len, &out, &cancel, err);
 *     cmd_workbench_free(bench);
 *
 * One workbench belongs to one executor thread. */
#ifndef CMD_WORKBENCH_H
#define CMD_WORKBENCH_H

#include "kernel/dsl/slider.h"
#include "lib/plot/chart.h"
#include "lib/store/history_store.h"

typedef struct cmd_workbench cmd_workbench;

lg_status cmd_workbench_new(cmd_workbench **out, lg_err *err) LG_MUST_CHECK;
void cmd_workbench_free(cmd_workbench *bench);
dsl_session *cmd_workbench_session(cmd_workbench *bench);
/* One for a subshell, with compute threads and keys of its own: its session follows that of `bench` (borrowed, must
 * outlive it). May be called while the other is in use. */
lg_status cmd_workbench_fork(cmd_workbench *bench, cmd_workbench **out, lg_err *err) LG_MUST_CHECK;

/* From now on runs are kept in our data folder (run_store.h): what was trained in an earlier session is not trained
 * again. Programs that serve a user say so once; tests need not. */
void cmd_workbench_keep_runs(cmd_workbench *bench);

/* The history of cells (borrowed, must outlive it), for commands that take something out of it. */
void cmd_workbench_history(cmd_workbench *bench, store_history *cells);

/* ---- for commands ---- */
store_history *cmd_history(const dsl_call *call); /* or NULL */
bool cmd_keeps_runs(const dsl_call *call);
/* The compute threads, `set threads` applied. Made at first use: starting a kernel starts none. */
lg_status cmd_pool(const dsl_call *call, lg_pool **out, lg_err *err) LG_MUST_CHECK;
/* The seed of a command: its own option where given, else `set seed`, else the option's default. */
uint64_t cmd_seed(const dsl_call *call, int param);
/* Bytes an output may take: 400 KB, or none with `set detail high`. */
size_t cmd_output_limit(const dsl_call *call);

/* Renders a document in every form and sends it as display_data; doc is released. png: also as PNG (pictures made of
 * pixels, charts). */
lg_status cmd_display(const dsl_call *call, plt_doc *doc, bool png, lg_err *err) LG_MUST_CHECK;
/* The same for an object's own `show`, where there is no call. */
lg_status cmd_display_to(dsl_out *out, plt_doc *doc, bool png, size_t limit, lg_err *err) LG_MUST_CHECK;

/* The same for a drawing of which an option can be moved (slider.h); doc is complete without, and shows the value at
 * which the slider starts. Where nothing can be moved it is followed by the line to type. */
lg_status cmd_slide(const dsl_call *call, plt_doc *doc, bool png, const dsl_slider *slider, lg_err *err) LG_MUST_CHECK;
/* A slider over n numbers that grow, of an option that takes one: `now`, which is drawn, joins them where it is none of
 * them. */
lg_status cmd_slider_numbers(const dsl_call *call, const char *option, const char *what, const double *usual, int n,
                             double now, dsl_slider *out, lg_err *err) LG_MUST_CHECK;
/* Row for the tables of such commands. */
#define CMD_SLIDER(what_)                                                                                              \
    {                                                                                                                  \
        .name = DSL_SLIDER_FLAG, .role = DSL_FLAG, .type = DSL_T_FLAG,                                                 \
        .help = "in a notebook, a slider for " what_ ", which draws again while it is moved"                           \
    }

/* For plt_options.encode. */
lg_status cmd_thumb_jpeg(void *ctx, const uint8_t *rgb, int width, int height, lg_buf *out, lg_err *err) LG_MUST_CHECK;

/* A display that is updated in place, at most four times a second: progress and live curves. */
typedef struct cmd_live {
    dsl_out *out;
    char id[40];
    char what[48]; /* the work, for its last line */
    double last; /* when it was last sent; 0: never */
    bool shown;
} cmd_live;
void cmd_live_init(cmd_live *live, dsl_out *out);
/* Is it time to send another one? Ask before building a document. */
bool cmd_live_due(const cmd_live *live);
/* doc is released; failures to render are ignored (the next or final form comes anyway). */
void cmd_live_send(cmd_live *live, plt_doc *doc);
/* The last form, complete; it stays. */
lg_status cmd_live_end(cmd_live *live, plt_doc *doc, bool png, size_t limit, lg_err *err) LG_MUST_CHECK;
/* A progress callback for long work in other libraries: "decoding", 120 of 3000. Shows nothing in the first half
 * second. */
void cmd_live_progress(cmd_live *live, const char *what, long done, long total);
/* The same for an archive that is unpacked before its pictures can be read, in megabytes; ctx is the cmd_live. */
void cmd_live_unpacking(void *ctx, size_t done, size_t total);
/* "%.*s%s" as it is written in a line (dsl_add_word), for what one is told to type; in the call's arena. */
const char *cmd_file_word(const dsl_call *call, int stem, const char *path, const char *ending);
/* A command's result: in the place of its progress where that was shown, else as a display of its own. */
lg_status cmd_live_result(const dsl_call *call, cmd_live *live, plt_doc *doc, bool png, lg_err *err) LG_MUST_CHECK;
/* Work is over whose result, or an error, is still to come: the progress shrinks to one line ("reading pictures: done",
 * or "stopped" where st says that it failed or was interrupted). What the command shows next, progress of more work or
 * its result, takes the place of "done"; the line stays where nothing follows. */
void cmd_live_close(cmd_live *live, lg_status st);

#endif
