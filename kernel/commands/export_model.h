/* export_model.h - models as files of other programs: one row for each ending that `export MODEL to FILE` knows.
 *
 *     const cmd_net_format *format = cmd_net_format_find("onnx");
 *     cmd_net_export e = {.object = object, .name = "scratch", .file = "nets/scratch.onnx"};
 *     LG_TRY(cmd_net_write(format, &e, &bytes, err));
 *     LG_GO(cmd_net_note(&doc, format, &e, err));  // what to feed it, and the line that loads it on the other side
 */
#ifndef CMD_EXPORT_MODEL_H
#define CMD_EXPORT_MODEL_H

#include "kernel/commands/box_model.h"

typedef struct cmd_net_format {
    const char *ending;  /* "onnx" */
    const char *content; /* "ONNX network", for people */
    lg_status (*write)(const nn_about *about, lg_buf *out, lg_err *err);
    const char *load; /* what to type there: $FILE is the file's name, $NAME and $UPPER the model's as a name in C */
} cmd_net_format;

typedef struct cmd_net_export {
    const dsl_object *object; /* a model */
    const char *name, *file;  /* of the model; to be written */
} cmd_net_export;

/* Without case; NULL: networks are not written so. */
const cmd_net_format *cmd_net_format_find(const char *ending);
/* Appends the file's bytes. LL364, LL367. */
lg_status cmd_net_write(const cmd_net_format *format, const cmd_net_export *e, lg_buf *out, lg_err *err) LG_MUST_CHECK;
/* Adds to what is shown: how images are to be given, and the line that loads the file. */
lg_status cmd_net_note(plt_doc *doc, const cmd_net_format *format, const cmd_net_export *e, lg_err *err) LG_MUST_CHECK;

#endif
