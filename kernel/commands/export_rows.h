/* export_rows.h - tables as files of other programs: one row for each ending that `export` knows for them.
 *
 *     const cmd_rows_format *format = cmd_rows_format_find("parquet");
 *     rep_work work = {.cancel = call->cancel};
 *     LG_TRY(format->write(&table, &work, &bytes, err));
 */
#ifndef CMD_EXPORT_ROWS_H
#define CMD_EXPORT_ROWS_H

#include "lib/report/table.h"

typedef struct cmd_rows_format {
    const char *ending;
    lg_status (*write)(const rep_table *table, const rep_work *work, lg_buf *out, lg_err *err); /* appends */
    const char *note; /* for people, or NULL */
} cmd_rows_format;

/* Without case; NULL: tables are not written so. */
const cmd_rows_format *cmd_rows_format_find(const char *ending);

#endif
