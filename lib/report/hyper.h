/* hyper.h - tables as .hyper, the extracts of Tableau, which only Tableau's own library writes.
 *
 *     rep_work work = {.cancel = call->cancel};
 *     LG_TRY(rep_hyper_write(&table, &work, &out, err));    // appended to out
 *
 * The library is a Python package (tableauhyperapi, 90 MB) and no part of us. Where the user's Python has it, that
 * Python runs tools/write-hyper.py, which is assembled into this program, in a process of its own. Which Python:
 * $LOGOLENS_PYTHON, else the first python3 on $PATH; a cell cannot choose it. Rows go there as Parquet, in a folder of
 * our cache which is removed whatever happens, and the extract comes back as bytes.
 *
 * LL465: no Python, or it has no such package. LL466: the helper failed, ended, or took too long. The helper and what
 * it started end with `cancel`. */
#ifndef REP_HYPER_H
#define REP_HYPER_H

#include "lib/report/table.h"

lg_status rep_hyper_write(const rep_table *table, const rep_work *work, lg_buf *out, lg_err *err) LG_MUST_CHECK;

#endif
