/* export_rows.h - tables as files of other programs: one row for each ending that `export` knows for them.
 *
 *     LG_TRY(cmd_export_table(object, &table, err));
 *     const cmd_rows_format *format = cmd_rows_format_find("parquet");
 *     rep_work work = {.cancel = call->cancel};
 *     LG_TRY(format->write(&table, &work, &bytes, err));
 */
#ifndef CMD_EXPORT_ROWS_H
#define CMD_EXPORT_ROWS_H

#include "kernel/dsl/value.h"
#include "lib/report/table.h"

typedef struct cmd_rows_format {
    const char *ending;
    lg_status (*write)(const rep_table *table, const rep_work *work, lg_buf *out, lg_err *err); /* appends */
    const char *note; /* for people, or NULL */
} cmd_rows_format;

/* As cmd_table_of (box_table.h), as files have it (docs/exports.md). */
lg_status cmd_export_table(const dsl_object *object, rep_table *table, lg_err *err) LG_MUST_CHECK;
/* Without case; NULL: tables are not written so. */
const cmd_rows_format *cmd_rows_format_find(const char *ending);

#endif
