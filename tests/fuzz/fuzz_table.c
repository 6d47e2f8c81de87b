/* fuzz_table.c - any bytes as CSV, TSV and JSON; what can be read is written and read again, and must be the same.
 *
 * `make fuzz F=table`. */
#include "lib/report/table.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(const rep_table *a, const rep_table *b)
{
    lg_buf x, y;
    lg_buf_init(&x, 0);
    lg_buf_init(&y, 0);
    rep_json_write(a, &x);
    rep_json_write(b, &y);
    if (x.len != y.len || memcmp(lg_buf_str(&x), lg_buf_str(&y), x.len) != 0) abort();
    lg_buf_release(&x);
    lg_buf_release(&y);
}

static void as_csv(const char *bytes, size_t size, char separator)
{
    lg_err err = {0};
    rep_table table, again;
    lg_buf text;
    rep_table_init(&table);
    rep_table_init(&again);
    lg_buf_init(&text, 0);
    if (rep_csv_read(bytes, size, separator, "t", &table, &err) == LG_OK) {
        rep_csv_write(&table, ',', &text);
        /* A column without a name whose row is empty is an empty line, which no reader can tell from none. */
        if (table.columns > 1 && rep_csv_read(lg_buf_str(&text), text.len, ',', "t", &again, &err) == LG_OK)
            same(&table, &again);
    }
    lg_buf_release(&text);
    rep_table_release(&table);
    rep_table_release(&again);
}

static void as_json(const char *bytes, size_t size)
{
    lg_err err = {0};
    rep_table table, again;
    lg_buf text;
    rep_table_init(&table);
    rep_table_init(&again);
    lg_buf_init(&text, 0);
    if (rep_json_read(bytes, size, "t", &table, &err) == LG_OK) {
        rep_json_write(&table, &text);
        if (rep_json_read(lg_buf_str(&text), text.len, "t", &again, &err)) abort();
        same(&table, &again);
    }
    lg_buf_release(&text);
    rep_table_release(&table);
    rep_table_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    as_csv((const char *)data, size, 0);
    as_csv((const char *)data, size, '\t');
    as_json((const char *)data, size);
    return 0;
}
