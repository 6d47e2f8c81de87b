/* table_tool.c - tables of any content as files, for scripts that ask other programs to read them.
 *
 *     table_tool FILE.json FILE.parquet|.csv|.tsv|.json [COLUMN=whole|time|day …]
 *     table_tool CELLS FILE.parquet                  rows of a number, a text, a time and a truth, CELLS in all
 *
 * Bytes written and seconds go to stdout, an error to stderr, with status 1. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/parquet.h"

static lg_err err;

static int failed(void)
{
    fprintf(stderr, "LL%03d %s\n", err.code, err.msg);
    return 1;
}

static bool read_file(const char *path, lg_buf *out)
{
    char block[65536];
    size_t n;
    FILE *f = fopen(path, "rb");
    if (!f) return false;
    while ((n = fread(block, 1, sizeof block, f)) > 0) lg_buf_add(out, block, n);
    return fclose(f) == 0 && lg_buf_check(out, &err) == LG_OK;
}

static void mean(rep_table *table, const char *word)
{
    static const char *const names[] = {[REP_AS_WHOLE] = "=whole", [REP_AS_TIME] = "=time", [REP_AS_DAY] = "=day"};
    for (int i = 0; i < table->columns; i++)
        for (int m = REP_AS_WHOLE; m <= REP_AS_DAY; m++) {
            size_t n = strlen(table->column[i].name);
            if (strncmp(word, table->column[i].name, n) == 0 && strcmp(word + n, names[m]) == 0)
                table->meaning[i] = (rep_meaning)m;
        }
}

static void fill(rep_table *table, long long cells)
{
    lg_rng rng;
    lg_rng_init(&rng, 1);
    rep_column_mean(table, "likes", REP_NUMBER, REP_AS_WHOLE);
    rep_column_add(table, "text", REP_TEXT);
    rep_column_mean(table, "date", REP_TEXT, REP_AS_TIME);
    rep_column_add(table, "unsure", REP_TRUTH);
    for (long long i = 0; i < cells / 4; i++) {
        rep_row_add(table);
        rep_number(table, (double)lg_rng_below(&rng, 1000000));
        rep_textf(table, "a %u", (unsigned)lg_rng_below(&rng, 1000));
        if (i % 7) rep_time(table, (int64_t)(1790000000000 + i * 1000));
        else rep_missing(table);
        rep_truth(table, i % 3 == 0);
    }
}

static lg_status write_table(const rep_table *table, const char *path, lg_buf *out)
{
    const char *dot = strrchr(path, '.');
    if (dot && strcmp(dot, ".parquet") == 0) return rep_parquet_write(table, NULL, out, &err);
    if (dot && strcmp(dot, ".json") == 0) rep_json_write(table, out);
    else rep_csv_write(table, dot && strcmp(dot, ".tsv") == 0 ? '\t' : ',', out);
    return lg_buf_check(out, &err);
}

int main(int argc, char **argv)
{
    static rep_table table;
    lg_buf in, out;
    long long cells;
    if (argc < 3) return 2;
    rep_table_init(&table);
    lg_buf_init(&in, 0);
    lg_buf_init(&out, (size_t)1 << 31);
    if (lg_parse_int(argv[1], &cells)) fill(&table, cells);
    else if (!read_file(argv[1], &in) || rep_json_read(lg_buf_str(&in), in.len, argv[1], &table, &err)) return failed();
    for (int i = 3; i < argc; i++) mean(&table, argv[i]);
    double start = lg_now();
    if (rep_table_check(&table, &err) || write_table(&table, argv[2], &out)) return failed();
    printf("%zu bytes, %.3f s\n", out.len, lg_now() - start);
    FILE *f = fopen(argv[2], "wb");
    if (!f || fwrite(out.data, 1, out.len, f) != out.len || fclose(f)) return 1;
    lg_buf_release(&in);
    lg_buf_release(&out);
    rep_table_release(&table);
    return 0;
}
