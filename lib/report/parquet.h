/* parquet.h - tables as Apache Parquet, the columnar file of data frames and warehouses.
 *
 *     rep_work work = {.cancel = call->cancel};
 *     LG_TRY(rep_parquet_write(&table, &work, &out, err));  // appended to out
 *
 * Written from the format's own description (the Apache Parquet specification: parquet.thrift, Encodings.md,
 * LogicalTypes.md) and that of Thrift's compact protocol, for readers of any age: data pages of version 1, PLAIN
 * values, definition levels by RLE or bit-packed, each page a gzip member, the shape of the table in the footer.
 *
 *     column of the table        column of the file
 *     REP_TEXT                   BYTE_ARRAY, STRING
 *     REP_TEXT, REP_AS_TIME      INT64, TIMESTAMP in milliseconds, UTC   (where every text of the column is one)
 *     REP_TEXT, REP_AS_DAY       INT32, DATE                             (the same)
 *     REP_NUMBER                 DOUBLE
 *     REP_NUMBER, REP_AS_WHOLE   INT64                                   (where every number of the column is whole)
 *     REP_TRUTH                  BOOLEAN
 *
 * Invariants
 *  - Every column is optional: what is missing in the table (a text "", a number or truth NaN) is null.
 *  - Same table, same bytes. Invalid UTF-8 becomes U+FFFD.
 *  - Beside the table and the file it takes a few megabytes: a page holds about 1 MB of values, a row group about a
 *    million cells. A text longer than that is a page of its own. */
#ifndef REP_PARQUET_H
#define REP_PARQUET_H

#include "lib/report/table.h"

lg_status rep_parquet_write(const rep_table *table, const rep_work *work, lg_buf *out, lg_err *err) LG_MUST_CHECK;

#endif
