/* thrift.h - records in Thrift's compact protocol, as far as Parquet's footers and page headers need it.
 *
 *     thrift t = {.out = &bytes};
 *     rep_thrift_int(&t, 1, THRIFT_I32, 0);       // field 1
 *     rep_thrift_open(&t, 5);                     // field 5 is a record
 *     rep_thrift_int(&t, 1, THRIFT_I32, rows);
 *     rep_thrift_close(&t);
 *     rep_thrift_list(&t, 6, THRIFT_RECORD, 2);   // then two records, each rep_thrift_item … rep_thrift_close
 *     rep_thrift_stop(&t);                        // the outermost record ends
 *
 * Fields of a record are given in growing order. After the specification "Thrift compact protocol encoding". */
#ifndef REP_THRIFT_H
#define REP_THRIFT_H

#include "lib/base/lg.h"

enum { THRIFT_DEPTH = 8 };
typedef enum thrift_type {
    THRIFT_TRUE = 1,
    THRIFT_FALSE = 2,
    THRIFT_I8 = 3,
    THRIFT_I32 = 5,
    THRIFT_I64 = 6,
    THRIFT_BYTES = 8,
    THRIFT_LIST = 9,
    THRIFT_RECORD = 12
} thrift_type;

typedef struct thrift {
    lg_buf *out;
    int last[THRIFT_DEPTH]; /* the field given last, of each record that is open */
    int depth;
} thrift;

void rep_thrift_int(thrift *t, int field, thrift_type type, int64_t value);
void rep_thrift_truth(thrift *t, int field, bool value);
void rep_thrift_bytes(thrift *t, int field, const void *data, size_t len);
void rep_thrift_open(thrift *t, int field); /* a field that is a record */
void rep_thrift_close(thrift *t);
void rep_thrift_list(thrift *t, int field, thrift_type type, size_t count);
/* Items of a list. */
void rep_thrift_item(thrift *t); /* a record, until rep_thrift_close */
void rep_thrift_item_int(thrift *t, int64_t value);
void rep_thrift_item_bytes(thrift *t, const void *data, size_t len);
void rep_thrift_stop(thrift *t);

#endif
