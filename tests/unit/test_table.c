/* test_table.c - tables to CSV and JSON and back, and files that nobody should have written. */
#include "lib/report/table.h"
#include "tests/support/test.h"

static rep_table table;
static lg_buf out;
static lg_err err;

static void fresh(void)
{
    static bool used;
    if (used) rep_table_release(&table), lg_buf_release(&out);
    else rep_table_init(&table);
    used = true;
    err = (lg_err){0};
    lg_buf_init(&out, 0);
}

static const char *csv(char separator)
{
    lg_buf_clear(&out);
    rep_csv_write(&table, separator, &out);
    return lg_buf_str(&out);
}

static const char *json(void)
{
    lg_buf_clear(&out);
    rep_json_write(&table, &out);
    return lg_buf_str(&out);
}

static lg_status read_csv(const char *text)
{
    fresh();
    return rep_csv_read(text, strlen(text), 0, "t.csv", &table, &err);
}

static lg_status read_json(const char *text)
{
    fresh();
    return rep_json_read(text, strlen(text), "t.json", &table, &err);
}

static void sample(void)
{
    fresh();
    rep_column_add(&table, "label", REP_TEXT);
    rep_column_add(&table, "recall", REP_NUMBER);
    rep_column_add(&table, "right", REP_TRUTH);
    rep_row_add(&table);
    rep_text(&table, "nike, \"the\" swoosh");
    rep_number(&table, 0.1);
    rep_truth(&table, true);
    rep_row_add(&table);
    rep_text(&table, "two\nlines");
    rep_missing(&table);
    rep_truth(&table, false);
    rep_row_add(&table);
    CHECK_OK(rep_table_check(&table, &err));
}

TEST(written_as_csv_and_json)
{
    sample();
    CHECK_STR(csv(','), "label,recall,right\r\n\"nike, \"\"the\"\" swoosh\",0.1,yes\r\n\"two\nlines\",,no\r\n,,\r\n");
    CHECK_STR(csv('\t'),
              "label\trecall\tright\r\n\"nike, \"\"the\"\" swoosh\"\t0.1\tyes\r\n\"two\nlines\"\t\tno\r\n\t\t\r\n");
    CHECK_STR(json(), "[\n {\"label\": \"nike, \\\"the\\\" swoosh\", \"recall\": 0.1, \"right\": true},\n"
                      " {\"label\": \"two\\nlines\", \"recall\": null, \"right\": false},\n"
                      " {\"label\": \"\", \"recall\": null, \"right\": null}\n]\n");
}

TEST(round_trips)
{
    static char first[4096];
    sample();
    snprintf(first, sizeof first, "%s", csv(','));
    CHECK_OK(read_csv(first));
    CHECK_INT(table.rows, 3);
    CHECK_INT(table.column[1].type, REP_NUMBER);
    CHECK_INT(table.column[2].type, REP_TRUTH);
    CHECK_STR(csv(','), first);
    sample();
    snprintf(first, sizeof first, "%s", json());
    CHECK_OK(read_json(first));
    CHECK_STR(json(), first);
}

TEST(numbers_in_full)
{
    static const double numbers[] = {0.1, 1.0 / 3, 601, 1e300, -2.5e-8, 123456789012345680.0, 0};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        double back;
        lg_buf text;
        lg_buf_init(&text, 0);
        rep_number_text(numbers[i], &text);
        CHECK(lg_parse_double(lg_buf_str(&text), &back));
        CHECK(back >= numbers[i] && back <= numbers[i]);
        lg_buf_release(&text);
    }
}

/* A spreadsheet must not run a label; the label comes back as it was. */
TEST(formulas_are_texts)
{
    static const char *const texts[] = {"=1+1",
                                        "+cmd",
                                        "-2+3",
                                        "@SUM(A1)",
                                        "\tx",
                                        "\r=x",
                                        "'=quoted",
                                        "''+",
                                        "\xef\xbc\x9d"
                                        "1+1",
                                        "'plain",
                                        "-7",
                                        "a=b"};
    enum { N = sizeof texts / sizeof *texts };
    static char file[4096];
    fresh();
    rep_column_add(&table, "=evil()", REP_TEXT);
    for (int i = 0; i < N; i++) rep_row_add(&table), rep_text(&table, texts[i]);
    snprintf(file, sizeof file, "%s", csv(','));
    CHECK_HAS(file, "'=evil()\r\n'=1+1\r\n'+cmd\r\n'-2+3\r\n'@SUM(A1)\r\n\"'\tx\"\r\n\"'\r=x\"\r\n''=quoted\r\n'''+");
    CHECK_HAS(file, "\r\n'plain\r\n-7\r\na=b\r\n");
    CHECK_OK(read_csv(file));
    CHECK_STR(table.column[0].name, "=evil()");
    for (int i = 0; i < N; i++) CHECK_STR(rep_cell_at(&table, (size_t)i, 0)->text, texts[i]);
}

TEST(files_of_other_programs)
{
    CHECK_OK(read_csv("\xef\xbb\xbfname;n\n\nadidas;3\n\"nike\";\n"));
    CHECK_INT(table.rows, 2);
    CHECK_NEAR(rep_cell_at(&table, 0, 1)->number, 3, 0);
    CHECK(isnan(rep_cell_at(&table, 1, 1)->number));
    CHECK_OK(read_csv("a\tb\n1\n2\t3"));
    CHECK_INT(table.rows, 2);
    CHECK_STR(table.column[1].name, "b");
    CHECK_OK(read_csv("zip,post\n007,1234567890123456789\n"));
    CHECK_INT(table.column[0].type, REP_TEXT);
    CHECK_STR(rep_cell_at(&table, 0, 1)->text, "1234567890123456789");
    CHECK_OK(read_csv("only,header"));
    CHECK_INT(table.rows, 0);
    CHECK_OK(read_json("\n[ ]"));
    CHECK_INT(table.rows, 0);
    CHECK_OK(read_json("[{\"a\":1},{\"b\":\"\\u20ac\\ud83d\\ude00\\u0000\\ud800\",\"a\":\"x\"}]"));
    CHECK_INT(table.columns, 2);
    CHECK_STR(rep_cell_at(&table, 0, 0)->text, "1");
    CHECK_STR(rep_cell_at(&table, 1, 1)->text, "\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbd\xef\xbf\xbd");
}

static void refuse(lg_status st, const char *what)
{
    CHECK_INT(st, LG_E_FORMAT);
    CHECK_INT(err.code, 330);
    CHECK_HAS(err.msg, what);
}

TEST(damaged_files)
{
    refuse(read_csv(""), "line 1 should name the columns");
    refuse(read_csv("a,b\n1,2\n\"open,3\n4"), "line 3 has a quote that does not end");
    refuse(read_csv("a,b\n\n\"x\ny\",\"c\"d\n"), "line 4 goes on after a closing quote");
    refuse(read_csv("a,b\n1,2\n1,2,3\n"), "line 3 has more fields than the header");
    refuse(read_csv("a\nb\n\xff\n"), "line 3 is not UTF-8");
    fresh();
    refuse(rep_csv_read("a\nb\0c", 5, 0, "t.csv", &table, &err), "line 2 has a zero byte");
    refuse(read_json("{\"a\": 1}"), "line 1 does not begin an array");
    refuse(read_json("[1]"), "something else than an object");
    refuse(read_json("[{\"a\": [1]}]"), "has a value that is no text");
    refuse(read_json("[{\"a\": 01x}]"), "has a value that is no text");
    refuse(read_json("[{\"a\" 1}]"), "lacks a colon");
    refuse(read_json("[{\"a\": 1}\n"), "line 2 lacks a comma or ]");
    refuse(read_json("[{\"a\": \"\\x\"}]"), "unknown \\ sequence");
    refuse(read_json("[{\"a\": \"\\u12"), "unknown \\ sequence");
    refuse(read_json("[] x"), "goes on after the array");
}

/* Every cut of a good file, and bytes at random, end in a table or a message. */
TEST(any_bytes)
{
    static const char good[] = "a,\"b\"\"\"\r\n1,\"x\r\ny\"\r\n";
    static const char array[] = "[{\"a\": \"\\ud83d\\ude00\", \"b\": null}, {\"a\": -1.5e3}]";
    lg_rng rng;
    lg_rng_init(&rng, 7);
    for (size_t n = 0; n < sizeof good; n++) {
        fresh();
        lg_status st = rep_csv_read(good, n, ',', "t.csv", &table, &err);
        CHECK(st == LG_OK || err.code == 330);
    }
    for (size_t n = 0; n + 1 < sizeof array; n++) {
        fresh();
        CHECK_INT(rep_json_read(array, n, "t.json", &table, &err), LG_E_FORMAT);
    }
    for (int i = 0; i < 3000; i++) {
        static const char alphabet[] = "\"\",;\t\r\n'=1ax{}[]:\\u\xc3\xa9";
        char bytes[40];
        size_t n = lg_rng_below(&rng, sizeof bytes);
        for (size_t k = 0; k < n; k++) bytes[k] = alphabet[lg_rng_below(&rng, sizeof alphabet - 1)];
        fresh();
        lg_status st =
            i % 2 ? rep_csv_read(bytes, n, 0, "t.csv", &table, &err) : rep_json_read(bytes, n, "t.json", &table, &err);
        CHECK(st == LG_OK || err.code == 330);
    }
}

TEST(limits_and_memory)
{
    fresh();
    for (int i = 0; i <= REP_COLUMNS; i++) rep_column_add(&table, "x", REP_NUMBER);
    CHECK_INT(rep_table_check(&table, &err), LG_E_LIMIT);
    for (long nth = 1; nth < 200; nth++) {
        fresh();
        lg_alloc_fail_at(nth, true);
        lg_status st = rep_csv_read("a,b\n1,x\n2,y\n", 12, 0, "t.csv", &table, &err);
        lg_alloc_fail_at(0, false);
        if (st == LG_OK) return;
        CHECK_INT(st, LG_E_MEMORY);
    }
    CHECK(!"more than 200 allocations for a small file");
}
