/* test_matrix_read.c - tables from files: which of them are confusion matrices, and what `compare` says of the two that
 * a published report printed. */
#include "kernel/commands/box_matrix.h"
#include "tests/support/lens.h"

/* The report's matrices as they were printed, tabs and empty corners included. */
static const char scratch[] = "\tAdidas\tNike\tOther\tPuma\tTrue Total\n"
                              "Adidas\t203\t4\t24\t13\t244\nNike\t29\t21\t28\t7\t85\nOther\t19\t18\t142\t9\t188\n"
                              "Puma\t31\t17\t17\t19\t84\nPredicted Total\t282\t60\t211\t48\t0\n";
static const char transfer[] = "true \\ predicted,Adidas,Nike,Other,Puma,True Total\r\n"
                               "Adidas,27,0,3,0,30\r\nNike,3,0,2,1,6\r\nOther,0,0,13,0,13\r\nPuma,5,0,1,0,6\r\n"
                               "Predicted Total,35,0,19,1,55\r\n";

static lg_status open_as(lens *l, const char *name, const char *file, const char *bytes)
{
    dsl_object *object;
    l->err = (lg_err){0};
    LG_TRY(cmd_table_open(name, file, bytes, strlen(bytes), "open", &object, &l->err));
    return dsl_session_bind(l->session, name, object, &l->err);
}

static void start(lens *l)
{
    lg_err err = {0};
    CHECK_OK(lens_open(l));
}

TEST(the_report_compares_unlike_things)
{
    lens l;
    start(&l);
    CHECK_INT(open_as(&l, "scratch", "data/scratch.tsv", scratch), LG_OK);
    CHECK_INT(open_as(&l, "transfer", "transfer.csv", transfer), LG_OK);
    CHECK_INT(lens_run(&l, "compare scratch, transfer by adidas as both"), LG_OK);
    CHECK_HAS(
        lg_buf_str(&l.text),
        "\nOn a per-class view the model that accuracy prefers, transfer, is the worse one, the intervals overlap, "
        "and the images differ.\n");
    CHECK_HAS(lg_buf_str(&l.text), "compare scratch, transfer, different images");
    CHECK_HAS(lg_buf_str(&l.text), "scratch: the corner of the file says 0; its cells add up to 601");
    CHECK_HAS(lg_buf_str(&l.text), "64.1% (60.1 to 67.8%)");
    CHECK_HAS(lg_buf_str(&l.text), "72.7% (59.8 to 82.7%)");
    CHECK_HAS(lg_buf_str(&l.text), "0.515");
    CHECK_HAS(lg_buf_str(&l.text), "0.411");
    CHECK_HAS(lg_buf_str(&l.text), "51.5%");
    CHECK_HAS(lg_buf_str(&l.text), "47.5%");
    CHECK_HAS(lg_buf_str(&l.text), "40.6%");
    CHECK_HAS(lg_buf_str(&l.text), "54.5%");
    CHECK_HAS(lg_buf_str(&l.text), "24.7% (16.8 to 34.8%)"); /* Nike */
    CHECK_HAS(lg_buf_str(&l.text), "0.0% (0.0 to 39.0%)");
    CHECK_HAS(lg_buf_str(&l.text), "p = 0.2 (test of two proportions), not distinguishable");
    CHECK(!strstr(lg_buf_str(&l.html), "font-weight:600\">72.7%")); /* the best is bold only where it is clear */
    CHECK_STR(lens_fact(&l, "both.transfer.accuracy"), lens_fact(&l, "(40/55)"));
    CHECK_STR(lens_fact(&l, "scratch.nike.recall"), lens_fact(&l, "(21/85)"));
    CHECK_STR(lens_fact(&l, "scratch.loss"), "?");
    CHECK_INT(lens_run(&l, "transfer"), LG_OK);
    CHECK_HAS(lg_buf_str(&l.text), "40 of 55 correct");
    CHECK_HAS(lg_buf_str(&l.text), "- 5 of 6 Puma called Adidas (83.3%)");
    lens_close(&l);
}

/* Rows are what was predicted: the same matrix the other way round. */
TEST(orientation)
{
    static const char turned[] = "predicted \\ true,a,b\na,5,2\nb,1,9\n";
    static const char totals[] = ",a,b,Predicted Total\na,5,2,7\nb,1,9,10\nTrue Total,6,11,17\n";
    lens l;
    start(&l);
    CHECK_INT(open_as(&l, "x", "x.csv", turned), LG_OK);
    CHECK_STR(lens_fact(&l, "x.a.count"), "6");
    CHECK_INT(open_as(&l, "y", "y.csv", totals), LG_OK);
    CHECK_STR(lens_fact(&l, "y.b.count"), "11");
    CHECK_INT(open_as(&l, "z", "z.json", "[{\"\": \"a\", \"a\": 5, \"b\": 1}, {\"\": \"b\", \"a\": 2, \"b\": 9}]"),
              LG_OK);
    CHECK_STR(lens_fact(&l, "z.a.count"), "6");
    lens_close(&l);
}

TEST(what_is_no_matrix)
{
    static const char *const others[] = {"label,n\na,1\nb,2\n",       ",a,b\na,1,2\nc,3,4\n", ",a,b\na,1,2.5\nb,3,4\n",
                                         ",a,b\na,1,-2\nb,3,4\n",     ",a,b\na,1,\nb,3,4\n",  ",a,b\na,1,2\n",
                                         ",a,b,c\na,1,2,3\nb,3,4,5\n"};
    lens l;
    start(&l);
    CHECK_INT(open_as(&l, "m", "m.csv", transfer), LG_OK);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        CHECK_INT(open_as(&l, "t", "t.csv", others[i]), LG_OK);
        CHECK(dsl_session_get(l.session, "t")->cls == &cmd_table_class);
        CHECK(lens_run(&l, "compare m, t") != LG_OK);
        CHECK_INT(l.err.code, 133);
    }
    CHECK(open_as(&l, "w", "w.csv", ",a,b,total\na,1,2,3\nb,3,4,8\n") != LG_OK);
    CHECK_INT(l.err.code, 335);
    CHECK_HAS(l.err.msg, "`b` is said to have 8 images");
    CHECK(open_as(&l, "w", "w.csv", ",a,b\na,1,2\nb,3,4\nsum,5,6\n") != LG_OK);
    CHECK_INT(l.err.code, 335);
    CHECK_INT(open_as(&l, "n", "n.csv", ",a,b\na,1,2\nb,3,4\n"), LG_OK);
    CHECK(lens_run(&l, "compare m, n") != LG_OK);
    CHECK_INT(l.err.code, 409);
    CHECK(lens_run(&l, "compare m, m") != LG_OK);
    CHECK_INT(l.err.code, 143);
    CHECK_HAS(l.err.msg, "with itself");
    CHECK(lens_run(&l, "compare m n") != LG_OK);
    CHECK_HAS(l.err.hint, "compare m, n");
    CHECK_INT(open_as(&l, "same", "m.csv", transfer), LG_OK);
    CHECK(lens_run(&l, "compare m") != LG_OK);
    CHECK_INT(l.err.code, 143);
    CHECK(lens_run(&l, "compare m, same by nikee") != LG_OK);
    CHECK_INT(l.err.code, 313);
    CHECK_HAS(l.err.hint, "Nike");
    lens_close(&l);
}

/* What a matrix becomes for `export` opens as the same matrix. */
TEST(there_and_back)
{
    lens l;
    lg_err err = {0};
    rep_table table;
    lg_buf csv;
    start(&l);
    CHECK_INT(open_as(&l, "m", "m.tsv", scratch), LG_OK);
    CHECK_OK(cmd_table_of(dsl_session_get(l.session, "m"), &table, &err));
    lg_buf_init(&csv, 0);
    rep_csv_write(&table, ',', &csv);
    CHECK_HAS(lg_buf_str(&csv), "true \\ predicted,Adidas,Nike,Other,Puma,True Total\r\nAdidas,203,4,24,13,244\r\n");
    CHECK_HAS(lg_buf_str(&csv), "\r\nPredicted Total,282,60,211,48,601\r\n");
    CHECK_INT(open_as(&l, "n", "n.csv", lg_buf_str(&csv)), LG_OK);
    CHECK(!((const cmd_matrix *)dsl_session_get(l.session, "n")->payload)->note);
    CHECK_STR(lens_fact(&l, "n.accuracy"), lens_fact(&l, "m.accuracy"));
    rep_table_release(&table);
    lg_buf_release(&csv);
    lens_close(&l);
}

TEST(a_list_of_pairs_is_a_matrix)
{
    lens l;
    start(&l);
    CHECK_INT(
        open_as(&l, "m", "m.csv", "predicted,true,count\nnike,Nike,7\nadidas,nike,3\nAdidas,adidas,9\nPuma,adidas,1\n"),
        LG_OK);
    CHECK_STR(lens_fact(&l, "m.count"), "20");
    CHECK_STR(lens_fact(&l, "m.adidas.recall"), "0.9");
    CHECK_STR(lens_fact(&l, "m.nike.recall"), "0.7");
    CHECK_STR(lens_fact(&l, "m.puma.count"), "0");
    /* a pair twice, or what is no count, stays a table */
    CHECK_INT(open_as(&l, "t", "t.csv", "true,predicted,count\na,b,7\na,b,3\n"), LG_OK);
    CHECK_STR(lens_fact(&l, "t.rows"), "2");
    CHECK_INT(open_as(&l, "u", "u.csv", "true,predicted,count\na,b,0.5\nb,b,3\n"), LG_OK);
    CHECK_STR(lens_fact(&l, "u.rows"), "2");
    lens_close(&l);
}

TEST(tables_are_shown_and_asked)
{
    lens l;
    start(&l);
    CHECK_INT(open_as(&l, "t", "t.csv", "brand,price,sale\nnike,80,yes\nadidas,70,no\npuma,,yes\n"), LG_OK);
    CHECK_INT(lens_run(&l, "show t where price > 1 sort price limit 1"), LG_OK);
    CHECK_HAS(lg_buf_str(&l.text), "t where price > 1: t.csv, 1 of 3 rows");
    CHECK_HAS(lg_buf_str(&l.text), "adidas");
    CHECK(!strstr(lg_buf_str(&l.text), "nike"));
    CHECK_HAS(lg_buf_str(&l.text), "1 more rows pass: add `limit 2`");
    CHECK_INT(lens_run(&l, "show t where sale = yes sort brand"), LG_OK);
    CHECK(!strstr(lg_buf_str(&l.text), "adidas"));
    CHECK(lens_run(&l, "show t where prize > 1") != LG_OK);
    CHECK_INT(l.err.code, 149);
    CHECK_HAS(l.err.hint, "price");
    CHECK(lens_run(&l, "show t sort colour") != LG_OK);
    CHECK_INT(l.err.code, 149);
    CHECK_STR(lens_fact(&l, "t.rows"), "3");
    CHECK_STR(lens_fact(&l, "t.nike.price"), "80");
    CHECK_STR(lens_fact(&l, "t.best.brand"), "nike");
    CHECK_STR(lens_fact(&l, "t.2.price"), "70");
    CHECK_STR(lens_fact(&l, "t.4.price"), "?");
    lens_close(&l);
}
