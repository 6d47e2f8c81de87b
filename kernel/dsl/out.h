/* out.h - where a command's results go: a Jupyter front end, or a terminal.
 *
 * The kernel and `logolens run` each implement this table. Functions are called from the executor's thread only and
 * copy what they are given. Nothing here fails: a reader that went away never stops a command. */
#ifndef DSL_OUT_H
#define DSL_OUT_H

#include "lib/base/lg.h"

/* One result in all its forms. text is required (plain UTF-8, the complete facts); html and png may be absent. */
typedef struct dsl_bundle {
    const char *text;
    const char *html; /* or NULL */
    const void *png;  /* or NULL */
    size_t png_size;
    int png_width, png_height; /* CSS pixels to show it at */
} dsl_bundle;

struct plt_doc; /* of lib/plot */
struct dsl_call;
struct dsl_slider;
typedef struct dsl_out dsl_out;
struct dsl_out {
    void *ctx;
    /* stdout (say) or stderr text. */
    void (*stream)(dsl_out *out, bool is_error, const char *text, size_t len);
    /* A display_data. id NULL: a plain one. With id: a display that later calls with update=true replace in place; a
     * terminal prints only the last form of it (when display_end(id) is called) or a line now and then. */
    void (*display)(dsl_out *out, const dsl_bundle *bundle, const char *id, bool update);
    /* The live display `id` got its final form. */
    void (*display_end)(dsl_out *out, const char *id);
    /* An execute_result: only for a line that is an object's name or an arithmetic. */
    void (*result)(dsl_out *out, const dsl_bundle *bundle);
    /* clear_output. */
    void (*clear)(dsl_out *out, bool wait);
    /* A display of which an option can be moved (slider.h), by whoever looks at it; what it shows is complete without.
     * NULL: nothing can be moved here. */
    void (*slide)(dsl_out *out, const struct dsl_call *call, const struct dsl_slider *slider, const dsl_bundle *bundle);
    /* Takes a document whole, before it is rendered; NULL: renderings go to `display`. */
    lg_status (*document)(dsl_out *out, const struct plt_doc *doc, lg_err *err);
    /* Asks whoever runs the cell for one line and appends it to `answer`, which the caller made large enough, and
     * wipes. secret: nothing of it is shown while it is typed. LG_E_INTERRUPTED; LG_E_UNSUPPORTED, err left empty,
     * where nobody can be asked; LL508 where no answer came. NULL: nobody can be asked. */
    lg_status (*ask)(dsl_out *out, const char *prompt, bool secret, lg_cancel *cancel, lg_buf *answer, lg_err *err);
    /* A live display whose work is done, or "": what the command shows next takes its place (workbench.h). With the
     * command it ends. */
    char idle[40];
    bool is_result; /* what is shown is the cell's result, a message of its own: it takes no other's place */
    bool live;      /* updates in place are worth sending (a front end, a terminal); false: only final forms */
    bool hasty;     /* another drawing will follow: of this one only text and html are looked at */
    int columns;    /* text width to aim at */
};

#endif
