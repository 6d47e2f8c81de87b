/* `export`: files as other tools read them, and what is refused. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/commands/box_table.h"
#include "lib/hdf5/keras_file.h"
#include "tests/support/keras.h"
#include "tests/support/labelled.h"
#include "tests/support/posts.h"

static lens l;
static char bytes[400000];
static size_t size;

static const char *file(const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", ds_folder, name);
    FILE *f = fopen(path, "rb");
    if (!f) TEST_FAIL("%s was not written", name);
    size = fread(bytes, 1, sizeof bytes - 1, f);
    bytes[size] = 0;
    fclose(f);
    return bytes;
}

static void setup(const char *cell)
{
    static bool made;
    lg_err err = {0};
    if (!made) {
        lens_shop();
        ds_text(
            "bad.csv",
            "file,label,note\n01.png,=cmd(),\"two, words\"\n02.png,+1 label,\"a \"\"quote\"\"\"\n03.png,plain,-7\n");
    }
    made = true;
    CHECK_OK(lens_open(&l));
    if (lens_run(&l, cell)) TEST_FAIL("LL%03d %s (%s)", l.err.code, l.err.msg, l.err.why);
}

static size_t lines(const char *text)
{
    size_t n = 0;
    for (; *text; text++) n += *text == '\n';
    return n;
}

TEST(rows_of_datasets)
{
    setup(
        "load logos from shop split 60/20/20\n"
        "export logos to all.csv; export logos.val to val.tsv; export logos where label = puma and id > 44 to p.json");
    CHECK_HAS(lg_buf_str(&l.text), "rows   48\nbytes  ");
    CHECK_INT(lines(file("all.csv")), 49);
    CHECK(!strncmp(bytes, "id,file,label,split,source,width,height,", 40));
    CHECK_HAS(bytes, "\r\n19,nike/01.png,nike,");
    CHECK_HAS(file("val.tsv"), "id\tfile\tlabel\tsplit");
    CHECK(strstr(bytes, "train") == NULL);
    CHECK_HAS(file("p.json"), "\"label\": \"puma\"");
    CHECK(strstr(bytes, "nike") == NULL);
    lens_close(&l);
}

/* What a spreadsheet would run is made harmless, and read back as it was. */
TEST(formulas_are_texts)
{
    lg_err err = {0};
    rep_table *back = calloc(1, sizeof *back);
    setup("load odd from flat labels bad.csv columns file, label size 8x8\nexport odd to odd.csv");
    CHECK_HAS(file("odd.csv"), ",'=cmd(),");
    CHECK_HAS(bytes, ",'+1 label,");
    CHECK_HAS(bytes, ",\"two, words\"\r\n");
    CHECK_HAS(bytes, ",\"a \"\"quote\"\"\"\r\n");
    rep_table_init(back);
    CHECK_OK(rep_csv_read(bytes, size, ',', "odd.csv", back, &err));
    CHECK_STR(rep_cell_at(back, 0, rep_column_find(back, "label"))->text, "=cmd()");
    rep_table_release(back);
    free(back);
    lens_close(&l);
}

TEST(runs_tables_models)
{
    setup(
        "load logos from shop size 16x16\nmodel scratch on logos { conv 4 3x3 relu; flatten; dense classes softmax }\n"
        "fit scratch epochs 3 quiet as first; confusion scratch as m\n"
        "export first to first.csv; export first to first.json; export m to m.csv; export scratch to scratch.py\n"
        "export scratch to other.txt format keras");
    CHECK_INT(lines(file("first.csv")), 4);
    CHECK_HAS(bytes, "epoch,loss,accuracy,val_loss,val_accuracy,seconds\r\n1,");
    CHECK_HAS(file("first.json"), "\"epoch\": 3");
    CHECK_HAS(file("m.csv"), "Predicted Total");
    CHECK_HAS(file("scratch.py"), "layers.Conv2D(4, (3, 3), activation=\"relu\"");
    CHECK_HAS(file("other.txt"), "keras.Model(");
    lens_close(&l);
}

/* A name that ends as one format does not come with another; a name that says nothing may come with any. */
TEST(format_and_ending_agree)
{
    static const struct {
        const char *line, *hint; /* NULL: it is written */
    } cases[] = {
        {"export scratch to x.keras format onnx", "write `to x.onnx`, or leave out `format onnx`"},
        {"export scratch to x.KERAS format c", "write `to x.c`, or leave out `format c`"},
        {"export scratch to x.h5 format keras", "write `to x.py`, or leave out `format keras`"},
        {"export scratch to x.keras format py", "write `to x.py`, or leave out `format py`"},
        {"export scratch to x.py format onnx", "write `to x.onnx`, or leave out `format onnx`"},
        {"export scratch to x.onnx format csv", "leave out `format csv`"},
        {"export scratch to a.b/x.c format safetensors",
         "write `to a.b/x.safetensors`, or leave out `format safetensors`"},
        {"export logos to x.csv format onnx", "leave out `format onnx`"},
        {"export logos to x.onnx format csv", "write `to x.csv`"},
        {"export logos to x.tsv format csv", "write `to x.csv`, or leave out `format csv`"},
        {"export logos.val to x.png format svg", "write `to x.svg`, or leave out `format svg`"},
        {"export logos to x.hyper format twb", "write `to x.twb`, or leave out `format twb`"},
        {"export scratch to x.py format keras", NULL},
        {"export scratch to x.PY format py", NULL},
        {"export scratch to x.keras format keras", NULL},
        {"export scratch to x.onnx format onnx", NULL},
        {"export scratch to x format onnx", NULL},
        {"export logos to x.txt format csv", NULL},
    };
    h5_setup(&(h5_options){.program = keras_helper()});
    setup("load logos from shop size 16x16\nmodel scratch on logos { flatten; dense classes softmax }");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool wrong = lens_run(&l, cases[i].line) != LG_OK;
        if (wrong != (cases[i].hint != NULL) || (wrong && (l.err.code != 334 || strcmp(l.err.hint, cases[i].hint))))
            TEST_FAIL("%s: LL%03d %s, try: %s", cases[i].line, l.err.code, l.err.msg, l.err.hint);
    }
    CHECK_INT(lens_run(&l, "say before\nexport logos to y.tsv format csv"), LG_E_ARG); /* before anything runs */
    CHECK(!strstr(lg_buf_str(&l.text), "before"));
    CHECK_INT(lens_run(&l, "say before\nsave scratch to y.onnx"), LG_E_ARG);
    CHECK(!strstr(lg_buf_str(&l.text), "before") && l.err.code == 334);
    lens_close(&l);
}

/* What is said of each, and that the file is what it says; what is in it the library's tests ask. */
TEST(networks_for_others)
{
    static const struct {
        const char *line, *file, *begins, *content, *loads;
    } cases[] = {
        {"export scratch to s.onnx", "s.onnx", "\x08\x07\x12\x08Logolens", "ONNX network",
         "onnxruntime.InferenceSession(\"s.onnx\").run([\"probabilities\"], {\"image\": images})[0]"},
        {"export scratch to o.bin format onnx", "o.bin", "\x08\x07\x12\x08Logolens", "ONNX network", "(\"o.bin\")"},
        {"export scratch to s.C", "s.C", "/* scratch - a network of 3 layers and ", "one file of C99",
         "cc -O2 -std=c99 -DSCRATCH_MAIN s.C -lm -o scratch"},
        {"export scratch to \"my net.c\"", "my net.c", "/* scratch - ", "one file of C99", " \"my net.c\" -lm"},
        {"export scratch to s.h5", "s.h5", "\x89HDF\r\n", "model of Keras in HDF5",
         "keras.models.load_model(\"s.h5\", compile=False)"},
        {"export scratch to w.bin format h5", "w.bin", "\x89HDF\r\n", "model of Keras in HDF5", "(\"w.bin\""},
        {"export scratch to s.keras", "s.keras", "PK\3\4", "model of Keras 3", "keras.models.load_model(\"s.keras\")"},
        {"export scratch to t.keras format keras", "t.keras", "PK\3\4", "model of Keras 3", ""},
        {"export scratch to s.safetensors", "s.safetensors", "", "weights, named and laid out as in Keras",
         "safetensors.numpy.load_file(\"s.safetensors\")"},
        {"export scratch to s.py", "s.py", "# ", "Keras source", "exec(open(\"s.py\").read())"},
    };
    h5_setup(&(h5_options){.program = keras_helper()});
    setup("load logos from shop size 16x16\n"
          "model scratch on logos { conv 4 3x3 relu; flatten; dense classes softmax }\nfit scratch epochs 1 quiet");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (lens_run(&l, cases[i].line)) TEST_FAIL("%s: LL%03d %s", cases[i].line, l.err.code, l.err.msg);
        CHECK_HAS(lg_buf_str(&l.text), cases[i].content);
        CHECK_HAS(lg_buf_str(&l.text), cases[i].loads);
        CHECK_HAS(lg_buf_str(&l.text), "images   16x16x3, each number byte / 255");
        CHECK_HAS(lg_buf_str(&l.html), lg_thousands((long long)(file(cases[i].file), size)));
        CHECK(!memcmp(bytes, cases[i].begins, strlen(cases[i].begins)));
    }
    CHECK_HAS(file("s.C"), "\"adidas\",\n    \"nike\",\n    \"other\",\n    \"puma\"\n};");
    CHECK_HAS(bytes, " * Pictures: 16x16x3 crop, scale 0..1\n");
    CHECK_HAS(bytes, "fit scratch epochs 1");
    lens_close(&l);
}

TEST(drawings)
{
    setup("load logos from shop size 16x16\nmodel scratch on logos { flatten; dense classes softmax }\n"
          "fit scratch epochs 2 quiet as first\n"
          "export first to first.svg; export first to first.html; export first to first.png; export logos to l.png\n"
          "set theme dark; export scratch to dark.html; set theme auto\nlet g = [1 2; 3 4]; export g to g.html");
    CHECK(!strncmp(file("first.svg"), "<svg xmlns=", 11));
    CHECK_HAS(file("first.html"), "<!doctype html>");
    CHECK_HAS(bytes, "data:image/svg+xml;base64,");
    CHECK(!memcmp(file("first.png"), "\x89PNG\r\n\x1a\n", 8));
    CHECK(!memcmp(file("l.png"), "\x89PNG\r\n\x1a\n", 8));
    CHECK_HAS(file("dark.html"), "background:#1b1b1b");
    CHECK_HAS(file("g.html"), "data:image/svg+xml;base64,");
    lens_close(&l);
}

TEST(grids_of_numbers)
{
    setup("let g = [35 19 25; -0.5 22 1000]\nexport g to g.csv; export g to g.json; open t from g.csv");
    CHECK_STR(file("g.csv"), "1,2,3\r\n35,19,25\r\n-0.5,22,1000\r\n");
    CHECK_HAS(file("g.json"), "{\"1\": -0.5, \"2\": 22, \"3\": 1000}");
    CHECK_INT(lens_run(&l, "show g"), LG_OK);
    CHECK_HAS(lg_buf_str(&l.text), "g: 2x3\n");
    CHECK_HAS(lg_buf_str(&l.text), "6 numbers from -0.5 to 1000, together 1100.5.\n");
    CHECK_HAS(lg_buf_str(&l.html), "<img ");
    CHECK_HAS(lg_buf_str(&l.html), "6 numbers from -0.5");
    lens_close(&l);
}

TEST(of_a_large_grid_its_corner_is_drawn)
{
    lg_buf line;
    lg_buf_init(&line, 0);
    lg_buf_adds(&line, "let g = [");
    for (int r = 0; r < 41; r++)
        for (int c = 0; c < 42; c++) lg_buf_addf(&line, "%s%d", c ? " " : r ? "; " : "", 100 * r + c);
    lg_buf_adds(&line, "]\ng");
    setup(lg_buf_str(&line));
    CHECK_HAS(lg_buf_str(&l.text), "g: 41x42\n");
    CHECK_HAS(lg_buf_str(&l.text), " 3939\n");
    CHECK_HAS(lg_buf_str(&l.text), "   39\n   100 ");
    CHECK_HAS(lg_buf_str(&l.text), "its first 40 rows and 40 columns; all of them: export g to g.csv");
    lg_buf_release(&line);
    lens_close(&l);
}

/* ---- posts ---- */
static void posts_setup(const posts_one *one, size_t n)
{
    setup("set seed 1");
    if (!one) {
        posts_shop(&l, "posts");
        return;
    }
    posts_made p = posts_begin("tag x");
    for (size_t i = 0; i < n; i++) posts_add(&p, &one[i]);
    posts_end(&p, &l, "posts", "twitter #x");
}

static void run(const char *cell)
{
    if (lens_run(&l, cell)) TEST_FAIL("%s: LL%03d %s (%s)", cell, l.err.code, l.err.msg, l.err.why);
}

#define POSTS_HEADER                                                                                                   \
    "post_id,platform,user,name,date,day,likes,reposts,replies,text,language,url,image,image_file,likeliest,brand,"   \
    "confidence,unsure\r\n"

TEST(posts_are_a_row_a_picture)
{
    posts_setup(NULL, 0);
    run("export posts to posts.csv");
    CHECK_HAS(lg_buf_str(&l.text), "rows   14\n");
    CHECK(!strncmp(file("posts.csv"), POSTS_HEADER, sizeof POSTS_HEADER - 1));
    CHECK_INT(lines(bytes), 15);
    CHECK_HAS(bytes, "\r\n1000,twitter,ann,Ann,2026-10-01T00:00:00Z,2026-10-01,12,,,new shoes #adidas,en,"
                     "https://twitter.example/ann/status/1000,");
    CHECK_HAS(bytes, "\r\n1005,twitter,bob,Bob,2026-10-01T05:00:00Z,2026-10-01,1,,,no picture today,en,"
                     "https://twitter.example/bob/status/1005,,,,,,\r\n");
    CHECK_HAS(bytes, "\r\n1010,twitter,,,2026-10-01T10:00:00Z,");
    run("export posts where user = bob and likes > 1 to bob.json");
    CHECK_HAS(lg_buf_str(&l.text), "rows   3\n");
    CHECK_HAS(file("bob.json"), "\"post_id\": \"1002\", \"platform\": \"twitter\", \"user\": \"bob\"");
    CHECK_HAS(bytes, "\"reposts\": null");
    CHECK(!strstr(bytes, "\"ann\""));
    lens_close(&l);
}

/* The folder beside the file, also where that is somewhere else; a picture that cannot be read has no name. */
TEST(posts_with_thumbnails)
{
    char path[400], *image;
    posts_setup(NULL, 0);
    lens_run(&l, "export posts to out/posts.csv images");
    CHECK_INT(l.err.code, 302);
    run("export posts to posts.csv images");
    CHECK_HAS(lg_buf_str(&l.text), "thumbnails  12, in the folder `images` beside it");
    CHECK_HAS(lg_buf_str(&l.text), "1 cannot be read, and have no image_file");
    image = strstr((char *)(uintptr_t)file("posts.csv"), ",images/");
    CHECK(image && strlen(image) > 76);
    snprintf(path, sizeof path, "%.75s", image + 1);
    CHECK(!strncmp(path + 71, ".jpg", 4));
    CHECK(!memcmp(file(path), "\xff\xd8\xff", 3));
    lens_close(&l);
}

/* Strangers' texts: run by no spreadsheet, and the same when they come back. */
TEST(posts_of_strangers)
{
    static const posts_one odd[] = {
        {"=HYPERLINK(\"http://x\")", "1", "@SUM(A1)", "+1 for these, \"really\"", NULL, 0, 1, {{0}}},
        {"-2+3", "2", "\xef\xbc\x9d" "1", "\ttab\r\nline\nline", NULL, 0, 2, {{0}}},
        {"'quoted", "3", "'=x", "\xe2\x80\xae" "cod <script>alert(1)</script> \x1b[31mred", NULL, 0, 3, {{0}}},
        {"-7", "4", "1e5", "007", NULL, 0, 4, {{0}}},
        {"yes", "5", " =1+1", "a;b,c", NULL, 0, 5, {{0}}},
    };
    enum { N = sizeof odd / sizeof *odd };
    lg_err err = {0};
    rep_table *back = calloc(1, sizeof *back);
    posts_setup(odd, N);
    run("export posts to odd.csv; export posts to odd.parquet; export posts to odd.json");
    rep_table_init(back);
    file("odd.csv");
    CHECK_HAS(bytes, "'=HYPERLINK(\"\"http://x\"\")\"");
    CHECK_HAS(bytes, ",'@SUM(A1),");
    CHECK_HAS(bytes, ",\"'+1 for these, \"\"really\"\"\",");
    CHECK_HAS(bytes, ",\"'\ttab\r\nline\nline\",");
    CHECK_HAS(bytes, ",-7,1e5,");
    CHECK_OK(rep_csv_read(bytes, size, ',', "odd.csv", back, &err));
    CHECK_INT(back->rows, N);
    for (size_t i = 0; i < N; i++) {
        CHECK_STR(rep_cell_at(back, i, rep_column_find(back, "user"))->text, odd[i].handle);
        CHECK_STR(rep_cell_at(back, i, rep_column_find(back, "name"))->text, odd[i].name);
        CHECK_STR(rep_cell_at(back, i, rep_column_find(back, "text"))->text, odd[i].text);
        CHECK_NEAR(rep_cell_at(back, i, rep_column_find(back, "likes"))->number, (double)odd[i].likes, 0);
    }
    CHECK_HAS(file("odd.json"), "\\u003cscript>");
    CHECK(!memcmp(file("odd.parquet"), "PAR1", 4));
    rep_table_release(back);
    free(back);
    lens_close(&l);
}

/* ---- classified posts and customers: cell 8 of the notebook of posts ---- */
#define NAMED(name) (strstr(bytes, name) != NULL)

TEST(labelled_posts_say_what_they_show)
{
    setup("set seed 1");
    rep_posts *posts = posts_of("twitter ann 1790812800000 adidas:93,other:40\nfiles - 0 nike:97\n");
    posts->least = 0.5f;
    labelled_bind(&l, "labelled", posts);
    run("export labelled to posts.csv; export labelled to posts.json");
    CHECK(!strncmp(file("posts.csv"), POSTS_HEADER, sizeof POSTS_HEADER - 1));
    CHECK_HAS(bytes, "1,twitter,ann,,2026-10-01T00:00:00Z,2026-10-01,1,");
    CHECK_HAS(bytes, "01,,adidas,adidas,0.93,no\r\n");
    CHECK_HAS(bytes, "02,,Other,,0.4,yes\r\n"); /* counts for nobody */
    CHECK_HAS(bytes, ",,nike,nike,0.97,no\r\n");
    CHECK_HAS(file("posts.json"), "\"likeliest\": \"Other\", \"brand\": \"\", \"confidence\": 0.4, \"unsure\": true}");
    run("export labelled where predicted = adidas and confidence >= 80% to a.csv");
    CHECK_INT((file("a.csv"), lines(bytes)), 2);
    lens_close(&l);
}

TEST(customers_are_named_as_in_their_posts)
{
    setup("set seed 1");
    labelled_shop(&l);
    run("customers from labelled brand adidas min 60% posts 1 top 50 as fans");
    run("export fans to fans.csv; export fans to adidas.twb");
    CHECK_HAS(lg_buf_str(&l.text), "adidas-customers.csv  3 rows, ");
    CHECK_HAS(lg_buf_str(&l.text), "adidas-posts.csv      6 rows, ");
    CHECK(!strncmp(file("fans.csv"), "rank,standing,user,platform,posts,brand_posts,rival_posts,all_posts,share,last,", 79));
    CHECK_HAS(bytes, "\r\n1,current,ann,twitter,2,2,0,2,1,2026-10-01,0.825,");
    CHECK_HAS(file("adidas.twb"), "<worksheet name='Customers'>");
    CHECK(NAMED("filename='adidas-customers.csv'") && NAMED("filename='adidas-posts.csv'"));
    CHECK_HAS(bytes, "<column datatype='date' name='[last]' role='dimension'");
    run("export fans to fans.html; export fans to fans.png");
    CHECK_HAS(file("fans.html"), "@ann");
    lens_close(&l);
}

/* No name, and no link by which somebody could be found, in what can be searched as it is. */
TEST(anonymous_customers_stay_so)
{
    static const char *const names[] = {"fans.csv", "fans.tsv", "fans.json", "fans.twb", "fans-customers.csv",
                                        "fans.html"};
    char cell[60];
    setup("set seed 1");
    labelled_shop(&l);
    run("customers from labelled brand adidas min 60% anonymous as fans");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(cell, sizeof cell, "export fans to %s", names[i]);
        if (!strstr(names[i], "-customers")) run(cell);
        if (!strcmp(names[i], "fans.twb"))
            CHECK_HAS(lg_buf_str(&l.text), "the posts are left out: they would name the people of an anonymous list");
        file(names[i]);
        static const char *const secret[] = {"ann", "bob", "cia", "twitter.test"};
        for (size_t k = 0; k < 4; k++)
            if (memmem(bytes, size, secret[k], strlen(secret[k])) && !strstr(names[i], "html"))
                TEST_FAIL("%s says %s", names[i], secret[k]);
        CHECK(!NAMED("@ann") && !NAMED("twitter.test"));
    }
    char path[300];
    snprintf(path, sizeof path, "%s/fans-posts.csv", ds_folder);
    CHECK(access(path, F_OK) != 0);
    lens_close(&l);
}

/* ---- Tableau ---- */
TEST(workbooks_name_their_files)
{
    posts_setup(NULL, 0);
    run("export posts to fans.twb");
    CHECK_HAS(lg_buf_str(&l.text), "content         Tableau workbook with 2 sheets\nfans-posts.csv  14 rows, ");
    CHECK_HAS(lg_buf_str(&l.text), "it opens the CSV file beside it: keep them in one folder");
    CHECK(!strncmp(file("fans-posts.csv"), POSTS_HEADER, sizeof POSTS_HEADER - 1));
    CHECK_HAS(file("fans.twb"), "directory='.' filename='fans-posts.csv'");
    CHECK_HAS(bytes, "<worksheet name='Posts by user'>");
    run("load logos from shop size 16x16\nmodel scratch on logos { flatten; dense classes softmax }\n"
        "fit scratch epochs 1 quiet as first; confusion scratch as m; export m to m.twb; export first to run.twb");
    CHECK_HAS(file("m.twb"), "filename='m-metrics.csv'");
    CHECK_HAS(file("m-confusion.csv"), "true,predicted,count\r\nadidas,adidas,");
    CHECK_INT(lines(bytes), 17);
    CHECK_HAS(file("m-metrics.csv"), "label,images,predicted,right,recall,precision,f1\r\nadidas,");
    CHECK_HAS(file("run-epochs.csv"), "epoch,loss,");
    run("export logos to \"all of them\" format twb");
    CHECK_HAS(file("all of them"), "filename='all of them-images.csv'");
    lens_run(&l, "export scratch to s.twb");
    CHECK_INT(l.err.code, 133);
    lens_close(&l);
}

/* Tableau's library is not here: what is said, and that nothing stays behind. tests/real/tables.py has it. */
static void hyper_fails(const char *python, int code, const char *says)
{
    char cell[] = "export posts to x.hyper", path[300];
    setenv("LOGOLENS_PYTHON", python, 1);
    lens_run(&l, cell);
    unsetenv("LOGOLENS_PYTHON");
    if (l.err.code != code || !strstr(l.err.why, says))
        TEST_FAIL("%s: LL%03d %s (%s)", python, l.err.code, l.err.msg, l.err.why);
    CHECK_INT(l.err.span.col, 17);
    snprintf(path, sizeof path, "%s/x.hyper", ds_folder);
    CHECK(access(path, F_OK) != 0);
    snprintf(path, sizeof path, "%s/cache/hyper", getenv("LOGOLENS_HOME"));
    CHECK(rmdir(path) == 0 || errno == ENOENT);
}

static const char *stand_in(const char *name, const char *script)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/%s", ds_folder, name);
    ds_text(name, script);
    CHECK_INT(chmod(path, 0755), 0);
    return path;
}

TEST(extracts_without_the_library)
{
    posts_setup(NULL, 0);
    hyper_fails("python3", 465, "no Python was found");
    hyper_fails("/no/such/python", 465, "no Python was found");
    hyper_fails("/bin/false", 466, "ended without a word");
    hyper_fails(stand_in("says.sh", "#!/bin/sh\necho failed something odd\n"), 466, "something odd");
    hyper_fails(stand_in("long.sh", "#!/bin/sh\nyes failed | head -c 100000 | tr '\\n' x\n"), 466, "");
    hyper_fails(stand_in("lies.sh", "#!/bin/sh\necho ok 14\n"), 302, "");
    lens_close(&l);
}

/* When the helper has written the number of what it started. */
static void *cancel_when_written(void *path)
{
    struct stat about;
    for (int i = 0; i < 6000 && (stat(path, &about) != 0 || !about.st_size); i++) usleep(10000);
    lg_cancel_set(&l.cancel);
    return NULL;
}

/* The helper and what it has started end with the cell. */
TEST(extracts_are_interrupted)
{
    pthread_t thread;
    char path[400];
    posts_setup(NULL, 0);
    snprintf(path, sizeof path, "%s/pids", ds_folder);
    char script[1000];
    snprintf(script, sizeof script, "#!/bin/sh\nsleep 60 &\necho $! > %s\nwait\n", path);
    setenv("LOGOLENS_PYTHON", stand_in("hangs.sh", script), 1);
    CHECK_INT(pthread_create(&thread, NULL, cancel_when_written, path), 0);
    CHECK_INT(lens_run(&l, "export posts to x.hyper"), LG_E_INTERRUPTED);
    pthread_join(thread, NULL);
    unsetenv("LOGOLENS_PYTHON");
    long pid = strtol(file("pids"), NULL, 10);
    CHECK(pid > 1);
    for (int i = 0; i < 3000 && kill((pid_t)pid, 0) == 0; i++) usleep(20000);
    CHECK(kill((pid_t)pid, 0) != 0);
    lens_close(&l);
}

TEST(refusals)
{
    static const struct {
        const char *cell, *says;
        int code, col;
    } cases[] = {
        {"export scratch to x.parquet", "has no rows", 133, 8},
        {"export scratch to x.kears", "`x.kears` does not say what to write", 334, 19},
        {"export logos to x.onnx", "only a model can be written as ONNX network", 133, 8},
        {"export scratch to no/such/x.c", "", 302, 19},
        {"export scratch to x.lmodel", "are written by `save`", 334, 19},
        {"export logos to x", "does not say what to write", 334, 17},
        {"export logos to x.py", "only a model", 133, 8},
        {"export scratch to x.csv", "has no rows", 133, 8},
        {"export logos to x.csv images", "`images` writes the pictures of posts", 133, 8},
        {"export logos to x.png images", "and `logos` as png is no rows", 133, 8},
        {"export scratch where label = nike to x.html", "", 133, 8},
        {"export t to x.svg", "no picture", 320, 13},
        {"export logos to /etc/x.csv", "outside", 601, 17},
        {"export logos to no/such/x.csv", "", 302, 17},
        {"export scratch to x.lmodel format onnx", "are written by `save`", 334, 19},
    };
    setup("load logos from shop size 16x16\nmodel scratch on logos { flatten; dense classes softmax }\n"
          "open t from bad.csv");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lens_run(&l, cases[i].cell);
        if (l.err.code != cases[i].code || l.err.span.col != cases[i].col || !strstr(l.err.msg, cases[i].says))
            TEST_FAIL("%s: LL%03d at %d: %s", cases[i].cell, l.err.code, l.err.span.col, l.err.msg);
    }
    lens_close(&l);
}
