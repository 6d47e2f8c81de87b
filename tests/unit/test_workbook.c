/* Tableau workbooks: what stands in them, whatever the texts. tests/real/tables.py holds them against Tableau's schemas. */
#include "lib/report/workbook.h"
#include "tests/support/test.h"

static rep_table table;
static lg_buf out;

static void start(void)
{
    static bool used;
    if (used) rep_table_release(&table), lg_buf_release(&out);
    else rep_table_init(&table);
    used = true;
    lg_buf_init(&out, 0);
    rep_column_add(&table, "user", REP_TEXT);
    rep_column_mean(&table, "day", REP_TEXT, REP_AS_DAY);
    rep_column_mean(&table, "likes", REP_NUMBER, REP_AS_WHOLE);
    rep_column_add(&table, "share", REP_NUMBER);
    rep_column_add(&table, "odd ]'<&\"\x01\n", REP_TRUTH);
}

static const char *write_book(const char *file, const rep_sheet *sheets, int n)
{
    const rep_source source = {.caption = "po'sts", .file = file, .table = &table};
    rep_book_write(&(rep_book){.source = &source, .sources = 1, .sheet = sheets, .sheets = n}, &out);
    CHECK_INT(out.failed, LG_OK);
    return lg_buf_str(&out);
}

TEST(a_source_is_a_file_beside_it)
{
    start();
    const char *xml = write_book("my.data-posts.csv", NULL, 0);
    CHECK_HAS(xml, "<connection class='textscan' directory='.' filename='my.data-posts.csv'");
    CHECK_HAS(xml, "name='my.data-posts.csv' table='[my#data-posts#csv]' type='table'>");
    CHECK_HAS(xml, "<column datatype='integer' name='likes' ordinal='2' />");
    CHECK_HAS(xml, "<column datatype='date' name='[day]' role='dimension' type='ordinal' />");
    CHECK_HAS(xml, "<column datatype='real' name='[share]' role='measure' type='quantitative' />");
    CHECK_HAS(xml, "<worksheet name='Sheet 1'>");
    CHECK_HAS(xml, "<rows></rows>");
}

TEST(texts_are_escaped)
{
    start();
    const char *xml = write_book("a<b>.csv", NULL, 0);
    CHECK_HAS(xml, "name='odd ]&#39;&#60;&#38;&#34;\xef\xbf\xbd&#10;' ordinal='4'");
    CHECK_HAS(xml, "name='[odd ]]&#39;&#60;&#38;&#34;");
    CHECK_HAS(xml, "filename='a&#60;b&#62;.csv'");
    CHECK_HAS(xml, "caption='po&#39;sts'");
    CHECK(!strchr(xml, 1));
}

TEST(sheets_name_what_they_count)
{
    static const rep_sheet sheets[] = {
        {"Users", REP_BAR, 0, {"user", REP_ITSELF}, {"likes", REP_SUM}, {0}},
        {"Weeks", REP_LINE, 0, {"user", REP_COUNT_DIFFERENT}, {"day", REP_WEEK}, {"user", REP_ITSELF}},
        {"Cells", REP_CELL, 0, {"day", REP_ITSELF}, {"share", REP_ITSELF}, {"gone", REP_SUM}},
    };
    start();
    const char *xml = write_book("p.csv", sheets, 3);
    CHECK_HAS(xml, "<rows>[federated.logolens1].[none:user:nk]</rows>\n<cols>[federated.logolens1].[sum:likes:qk]</cols>");
    CHECK_HAS(xml, "<column-instance column='[day]' derivation='Week-Trunc' name='[twk:day:qk]' pivot='key'");
    CHECK_HAS(xml, "<color column='[federated.logolens1].[none:user:nk]' />");
    CHECK_HAS(xml, "<rows>[federated.logolens1].[none:day:ok]</rows>\n<cols>[federated.logolens1].[none:share:qk]</cols>");
    CHECK(!strstr(xml, "gone"));
    CHECK_HAS(xml, "<window class='worksheet' maximized='true' name='Users'>");
    CHECK_HAS(xml, "<window class='worksheet' name='Cells'>");
}

/* As many ids as worksheets and windows, no two alike, the same for the same names. */
TEST(ids_are_their_own)
{
    static char first[65536];
    static const rep_sheet sheets[] = {{.name = "a"}, {.name = "b"}};
    const char *id[4];
    int n = 0;
    start();
    snprintf(first, sizeof first, "%s", write_book("p.csv", sheets, 2));
    for (const char *at = first; n < 4 && (at = strstr(at, "uuid='{")) != NULL; at++) {
        id[n] = at;
        for (int k = 0; k < n; k++) CHECK(strncmp(id[k], at, 45) != 0);
        n++;
    }
    CHECK_INT(n, 4);
    lg_buf_clear(&out);
    CHECK_STR(write_book("p.csv", sheets, 2), first);
}
