/* Tables as Parquet, as far as C can look: shape of the file, values inside its pages, what a column becomes; times as
 * texts. Files are read whole by tests/e2e/test_exports.py, and by other programs in tests/real/tables.py. */
#include <zlib.h>

#include "lib/report/parquet.h"
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

static void packed(void)
{
    CHECK_OK(rep_table_check(&table, &err));
    lg_buf_clear(&out);
    CHECK_OK(rep_parquet_write(&table, NULL, &out, &err));
}

/* Both marks, and a footer that lies in the file. */
static size_t footer(void)
{
    CHECK(out.len > 12 && !memcmp(out.data, "PAR1", 4) && !memcmp(out.data + out.len - 4, "PAR1", 4));
    const unsigned char *n = (const unsigned char *)out.data + out.len - 8;
    size_t len = n[0] | (size_t)n[1] << 8 | (size_t)n[2] << 16 | (size_t)n[3] << 24;
    CHECK(len + 12 <= out.len);
    return out.len - 8 - len;
}

/* The first page of the file, unpacked: the gzip member is found by its first bytes. */
static size_t first_page(unsigned char *plain, size_t room)
{
    size_t at = 4;
    while (memcmp(out.data + at, "\x1f\x8b\x08", 3) != 0) CHECK(++at < out.len);
    z_stream z = {.next_in = (unsigned char *)out.data + at,
                  .avail_in = (unsigned)(out.len - at),
                  .next_out = plain,
                  .avail_out = (unsigned)room};
    CHECK_INT(inflateInit2(&z, 31), Z_OK);
    CHECK_INT(inflate(&z, Z_FINISH), Z_STREAM_END);
    inflateEnd(&z);
    return z.total_out;
}

#define CHECK_PAGE(want)                                                                                               \
    do {                                                                                                               \
        unsigned char page[256];                                                                                       \
        size_t got = first_page(page, sizeof page);                                                                    \
        CHECK_INT(got, sizeof(want) - 1);                                                                              \
        CHECK(!memcmp(page, want, sizeof(want) - 1));                                                                  \
    } while (0)

static void column(rep_type type, rep_meaning meaning)
{
    fresh();
    rep_column_mean(&table, "c", type, meaning);
}

static void texts(const char *const *text, size_t n)
{
    for (size_t i = 0; i < n; i++) rep_row_add(&table), rep_text(&table, text[i]);
}

static bool has(const char *bytes, size_t len)
{
    return memmem(out.data + footer(), out.len - footer(), bytes, len) != NULL;
}

TEST(pages_are_levels_and_values)
{
    column(REP_NUMBER, REP_AS_WHOLE);
    rep_row_add(&table), rep_number(&table, -2);
    rep_row_add(&table);
    rep_row_add(&table), rep_number(&table, 258);
    packed();
    CHECK_PAGE("\2\0\0\0\3\5\376\377\377\377\377\377\377\377\2\1\0\0\0\0\0\0"); /* one group of bits: 101 */
    column(REP_NUMBER, REP_AS_IS);
    rep_row_add(&table), rep_number(&table, 0.5);
    packed();
    CHECK_PAGE("\2\0\0\0\2\1\0\0\0\0\0\0\340?"); /* a run of one 1 */
    column(REP_TEXT, REP_AS_IS);
    texts((const char *const[]){"", "", ""}, 3);
    packed();
    CHECK_PAGE("\2\0\0\0\6\0"); /* three nulls */
    column(REP_TRUTH, REP_AS_IS);
    for (int i = 0; i < 9; i++) rep_row_add(&table), rep_truth(&table, i % 2 == 0);
    packed();
    CHECK_PAGE("\2\0\0\0\22\1\125\1");
}

TEST(texts_are_utf8)
{
    column(REP_TEXT, REP_AS_IS);
    texts((const char *const[]){"a\xc3\xa9", "\xff", "x\xe2\x82"}, 3);
    packed();
    CHECK_PAGE("\2\0\0\0\6\1\3\0\0\0a\xc3\xa9\3\0\0\0\xef\xbf\xbd\7\0\0\0x\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(days_and_times_are_dates)
{
    column(REP_TEXT, REP_AS_DAY);
    texts((const char *const[]){"1970-01-03", "1969-12-31"}, 2);
    packed();
    CHECK_PAGE("\2\0\0\0\4\1\2\0\0\0\377\377\377\377");
    column(REP_TEXT, REP_AS_TIME);
    texts((const char *const[]){"1970-01-01T00:00:01.007Z"}, 1);
    packed();
    CHECK_PAGE("\2\0\0\0\2\1\357\3\0\0\0\0\0\0");
    CHECK(has("\x25\x12\x4c\x8c\x11\x1c\x1c\0\0\0\0", 11)); /* TIMESTAMP, UTC, MILLIS in the schema */
}

/* A column keeps its word or is taken as it is: nothing is lost. */
TEST(one_wrong_value_makes_a_column_plain)
{
    column(REP_TEXT, REP_AS_TIME);
    texts((const char *const[]){"1970-01-01T00:00:01Z", "soon"}, 2);
    packed();
    CHECK_PAGE("\2\0\0\0\4\1\24\0\0\0001970-01-01T00:00:01Z\4\0\0\0soon");
    column(REP_NUMBER, REP_AS_WHOLE);
    rep_row_add(&table), rep_number(&table, 1.5);
    packed();
    CHECK_PAGE("\2\0\0\0\2\1\0\0\0\0\0\0\370?");
    column(REP_NUMBER, REP_AS_WHOLE);
    rep_row_add(&table), rep_number(&table, 1e18);
    packed();
    CHECK_PAGE("\2\0\0\0\2\1\0\310Ngm\301\253C"); /* 1e18 as binary64 */
}

TEST(empty_tables_have_a_shape)
{
    fresh();
    packed();
    CHECK(has("Logolens version", 16));
    column(REP_TEXT, REP_AS_IS);
    packed();
    CHECK_INT(footer(), 4);
    CHECK(has("\x18\1c", 3)); /* its name */
}

static int steps;
static void step(void *ctx, size_t done, size_t total)
{
    lg_cancel *cancel = ctx;
    CHECK(done <= total);
    if (++steps == 3) lg_cancel_set(cancel);
}

/* 300,000 rows of two columns are more than a page and less than a row group; 600,000 are two groups. */
TEST(large_tables_are_cut_and_can_be_stopped)
{
    lg_cancel cancel = {0};
    const rep_work work = {.cancel = &cancel, .progress = step, .ctx = &cancel};
    column(REP_NUMBER, REP_AS_WHOLE);
    rep_column_add(&table, "d", REP_TEXT);
    for (int i = 0; i < 600000; i++) rep_row_add(&table), rep_number(&table, i), rep_text(&table, i % 2 ? "x" : "");
    packed();
    size_t whole = out.len;
    footer();
    packed();
    CHECK_INT(out.len, whole);
    lg_buf_clear(&out);
    CHECK_INT(rep_parquet_write(&table, &work, &out, &err), LG_E_INTERRUPTED);
    CHECK_INT(steps, 3);
}

TEST(limits_are_told)
{
    column(REP_TEXT, REP_AS_IS);
    texts((const char *const[]){"some text that takes room"}, 1);
    lg_buf_release(&out);
    lg_buf_init(&out, 100);
    CHECK(rep_parquet_write(&table, NULL, &out, &err) != LG_OK);
    err = (lg_err){0};
    for (long n = 1; n < 8; n++) {
        lg_buf_release(&out);
        lg_buf_init(&out, 0);
        lg_alloc_fail_at(n, false);
        lg_status st = rep_parquet_write(&table, NULL, &out, &err);
        lg_alloc_fail_at(0, false);
        if (st == LG_OK) break;
        CHECK_INT(err.code, 901);
        err = (lg_err){0};
    }
}

/* ---- times ---- */
static const char *time_text(int64_t ms, bool day)
{
    fresh();
    rep_column_add(&table, "t", REP_TEXT);
    rep_row_add(&table);
    if (day) rep_day(&table, ms);
    else rep_time(&table, ms);
    return rep_cell_at(&table, 0, 0)->text;
}

TEST(times_are_written_and_read)
{
    static const struct {
        int64_t ms;
        const char *time, *day;
    } cases[] = {{0, "1970-01-01T00:00:00Z", "1970-01-01"},
                 {1790812800123, "2026-10-01T00:00:00.123Z", "2026-10-01"},
                 {-1, "1969-12-31T23:59:59.999Z", "1969-12-31"},
                 {951782400000, "2000-02-29T00:00:00Z", "2000-02-29"},
                 {4107542400000, "2100-03-01T00:00:00Z", "2100-03-01"},
                 {-62135596800000, "0001-01-01T00:00:00Z", "0001-01-01"},
                 {253402300799999, "9999-12-31T23:59:59.999Z", "9999-12-31"},
                 {INT64_MIN, "", ""},
                 {INT64_MAX, "", ""},
                 {-62135596800001, "", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t back = 1;
        CHECK_STR(time_text(cases[i].ms, false), cases[i].time);
        CHECK(rep_time_parse(cases[i].time, &back) == (*cases[i].time != 0));
        if (*cases[i].time) CHECK_INT(back, cases[i].ms);
        CHECK_STR(time_text(cases[i].ms, true), cases[i].day);
    }
}

/* Each day of 400 years, which is all there is of the calendar. */
TEST(every_day_is_itself)
{
    for (int64_t day = -135140; day < 146097 - 135140; day++) {
        int64_t back;
        CHECK(rep_day_parse(time_text(day * 86400000, true), &back));
        CHECK_INT(back, day * 86400000);
    }
}

TEST(what_is_no_time)
{
    static const char *const texts_[] = {"",
                                         "2026-02-29T00:00:00Z",
                                         "2026-10-01T24:00:00Z",
                                         "2026-10-01T00:60:00Z",
                                         "2026-10-01T00:00:60Z",
                                         "2026-13-01T00:00:00Z",
                                         "2026-10-00T00:00:00Z",
                                         "0000-10-01T00:00:00Z",
                                         "2026-10-01 00:00:00Z",
                                         "2026-10-01T00:00:00+",
                                         "2026-10-01T00:00:00.1Z",
                                         "2026-10-01T00:00:00.1234",
                                         "2026-10-01"};
    int64_t ms;
    for (size_t i = 0; i < sizeof texts_ / sizeof *texts_; i++)
        if (rep_time_parse(texts_[i], &ms)) TEST_FAIL("%s is taken for a time", texts_[i]);
    CHECK(!rep_day_parse("2026-10-01T", &ms) && !rep_day_parse("2026-1-01", &ms) && !rep_day_parse("1900-02-29", &ms));
}
