/* Labels files: every dialect of docs/formats.md, and the corpus of odd ones with its verdicts. */
#include "lib/data/label_match.h"
#include "lib/data/labels.h"
#include "tests/support/dataset.h"

static data_labels labels;
static lg_err err;

static lg_status parse(const char *text, size_t len, const char *file, const char *label)
{
    data_labels_options want = {.name = "labels.txt", .file_column = file, .label_column = label};
    lg_err_clear(&err);
    data_labels_release(&labels);
    return data_labels_parse(text, len, &want, &labels, &err);
}
#define PARSE(text) parse((text), sizeof(text) - 1, NULL, NULL)

static void check_row(size_t i, const char *file, const char *label, size_t line)
{
    CHECK(i < labels.rows);
    CHECK_STR(labels.row[i].file, file);
    CHECK_STR(labels.row[i].label, label);
    CHECK_INT(labels.row[i].line, line);
}

TEST(separators)
{
    CHECK_OK(PARSE("a.jpg\tAdidas\nb c.jpg\tNike\n"));
    CHECK_INT(labels.separator, '\t');
    check_row(1, "b c.jpg", "Nike", 2);
    CHECK_OK(PARSE("a.jpg,Adidas\r\nb.jpg,Nike Air"));
    CHECK_INT(labels.separator, ',');
    check_row(1, "b.jpg", "Nike Air", 2);
    CHECK_OK(PARSE("a,1.jpg;Adidas\rb.jpg;Nike\r"));
    CHECK_INT(labels.separator, ';');
    check_row(0, "a,1.jpg", "Adidas", 1);
    check_row(1, "b.jpg", "Nike", 2);
    CHECK_OK(PARSE("a.jpg Adidas\nb.jpg   Nike \n"));
    CHECK_INT(labels.separator, ' ');
    check_row(1, "b.jpg", "Nike", 2);
    CHECK_INT(labels.rows, 2);
}

TEST(flickr27_annotation)
{
    CHECK_OK(PARSE("144503924.jpg Adidas 1 38 12 234 142 \n2451569770.jpg Adidas 1 242 208 413 331 \n"));
    check_row(0, "144503924.jpg", "Adidas", 1);
    CHECK(PARSE("my photo.jpg Adidas\nb.jpg Nike\n") == LG_E_FORMAT);
    CHECK_HAS(err.msg, "line 1 of labels.txt has more than two words");
    static const char belga[] = "Adidas 00006390.jpg Local OK 10 20 30 40\n";
    CHECK_OK(parse(belga, sizeof belga - 1, "2", "1"));
    check_row(0, "00006390.jpg", "Adidas", 1);
}

TEST(quotes)
{
    CHECK_OK(PARSE("\"q'uote\"\".png\",Nike\n\"a,b.png\" , \" Puma \"\n\"two\nlines\",Nike\nlast.png,Nike\n"));
    check_row(0, "q'uote\".png", "Nike", 1);
    check_row(1, "a,b.png", " Puma ", 2);
    check_row(2, "two\nlines", "Nike", 3);
    check_row(3, "last.png", "Nike", 5);
    CHECK(PARSE("a.png,Nike\n\"b.png,Puma\n") == LG_E_FORMAT);
    CHECK_HAS(err.msg, "line 2 of labels.txt opens a quote that is never closed");
    CHECK(PARSE("\"b.png\"x,Puma\n") == LG_E_FORMAT);
    CHECK_HAS(err.msg, "goes on after a closing quote");
}

TEST(blanks_and_comments)
{
    CHECK_OK(PARSE("\n# logos\n \t\n  a.png ,Nike  \n,,\n# end\n./b.png,\n"));
    CHECK_INT(labels.rows, 2);
    check_row(0, "a.png", "Nike", 4);
    check_row(1, "b.png", "", 7);
    CHECK_INT(labels.trimmed, 1);
    CHECK_OK(PARSE(""));
    CHECK_INT(labels.rows, 0);
}

TEST(headers)
{
    CHECK_OK(PARSE("filename\tlabel\na.png\tNike\n"));
    CHECK(labels.header);
    check_row(0, "a.png", "Nike", 2);
    CHECK_OK(PARSE("class,Image,user\nNike,a.png,ann\n"));
    check_row(0, "a.png", "Nike", 2);
    CHECK_INT(labels.columns, 1);
    CHECK_STR(labels.column[0], "user");
    CHECK_STR(labels.row[0].cell[0], "ann");
    CHECK_OK(PARSE("path\tclass4\tfine\na.png\tOther\tIntel\n"));
    check_row(0, "a.png", "Other", 2);
    CHECK_OK(PARSE("a.png\tNike\nb.png\tPuma\n"));
    CHECK(!labels.header);
}

TEST(columns)
{
    static const char text[] = "path\tclass4\tfine\na.png\tOther\tIntel\n", plain[] = "x;Intel;a.png\n";
    CHECK_OK(parse(text, sizeof text - 1, "path", "FINE"));
    check_row(0, "a.png", "Intel", 2);
    CHECK_STR(labels.column[0], "class4");
    CHECK_OK(parse(plain, sizeof plain - 1, "3", "2"));
    check_row(0, "a.png", "Intel", 1);
    CHECK_OK(
        parse(plain, sizeof plain - 1, "file", "label")); /* the default words describe a file without header too */
    check_row(0, "x", "Intel", 1);
    CHECK(parse(text, sizeof text - 1, "path", "fien") == LG_E_NAME);
    CHECK_INT(err.code, 316);
    CHECK_HAS(err.msg, "no column called `fien`");
    CHECK_HAS(err.why, "path, class4, fine");
    CHECK_STR(err.hint, "did you mean `fine`?");
    CHECK(parse(plain, sizeof plain - 1, "2", "2") == LG_E_ARG);
}

TEST(encodings)
{
    CHECK_OK(PARSE("\xef\xbb\xbf"
                   "a.png,Nike\n"));
    check_row(0, "a.png", "Nike", 1);
    CHECK_OK(parse("\xff\xfe"
                   "a\0,\0\xfc\0\n\0=\xd8\x04\xde,\0b\0",
                   18, NULL, NULL)); /* U+00FC, surrogate pair U+1F604 */
    check_row(0, "a", "\xc3\xbc", 1);
    check_row(1, "\xf0\x9f\x98\x84", "b", 2);
    CHECK(PARSE("a.png,Nike\nb.png,Caf\xe9\n") == LG_E_FORMAT);
    CHECK_HAS(err.msg, "line 2 of labels.txt is not UTF-8");
    CHECK_HAS(err.why, "0xe9");
    CHECK(PARSE("a.png,Ni\0ke\n") == LG_E_FORMAT);
    CHECK_HAS(err.msg, "zero byte");
    CHECK(PARSE("\x1f\x8b\x08\x00") == LG_E_FORMAT);
    CHECK_HAS(err.msg, "gzip");
    CHECK(PARSE("PK\x03\x04") == LG_E_FORMAT);
    CHECK_HAS(err.msg, "zip");
}

TEST(lines_that_say_too_little_or_much)
{
    CHECK(PARSE("a.png\tNike\nb.png\nc.png\tNike\n") == LG_E_FORMAT);
    CHECK_INT(err.code, 304);
    CHECK_HAS(err.msg, "line 2 of labels.txt has no label");
    CHECK(PARSE("a.png,Nike\n,Puma\n") == LG_E_FORMAT);
    CHECK_HAS(err.msg, "line 2 of labels.txt names no file");
    static char text[400] = "a.png,";
    memset(text + 6, 'X', 300);
    CHECK(parse(text, 306, NULL, NULL) == LG_E_LIMIT);
    CHECK_HAS(err.msg, "line 1 of labels.txt has a label of 300 bytes");
    static char wide[300] = "a,b";
    memset(wide + 3, ',', 200);
    CHECK(parse(wide, 203, NULL, NULL) == LG_E_FORMAT);
    CHECK_HAS(err.msg, "more than 64 fields");
}

/* Texts that a saved dataset could not hold. */
TEST(fields_have_limits)
{
    enum { CELL = 1 << 20 };
    lg_buf text;
    lg_buf_init(&text, 8 << 20);
    for (int more = 0; more < 2; more++) {
        lg_buf_clear(&text);
        lg_buf_adds(&text, "file,label,source\na.png,A,s\nb.png,B,");
        for (int i = 0; i < CELL + more; i++) lg_buf_addc(&text, 'n');
        CHECK_INT(parse(text.data, text.len, NULL, NULL), more ? LG_E_FORMAT : LG_OK);
        if (more) CHECK_HAS(err.msg, "line 3 of labels.txt has a field of more than a million bytes");
        else CHECK_INT(strlen(labels.row[1].cell[0]), CELL);
        lg_buf_clear(&text);
        lg_buf_adds(&text, "file,label,");
        for (int i = 0; i < 4096 + more; i++) lg_buf_addc(&text, 'n');
        lg_buf_adds(&text, "\na.png,A,s\n");
        CHECK_INT(parse(text.data, text.len, NULL, NULL), more ? LG_E_FORMAT : LG_OK);
        if (more) CHECK_HAS(err.msg, "line 1 of labels.txt has a name of a column of more than 4,096 bytes");
    }
    lg_buf_release(&text);
}

/* Whatever the bytes, an answer and no crash: every prefix of a file, and it with bytes changed. */
TEST(damaged_files)
{
    static const char text[] = "\xef\xbb\xbf\"file\",\"label\"\r\n\"a\"\"b.png\",Nike\n# c\nb.png,Pu\xc3\xbcma\n";
    char copy[sizeof text];
    lg_rng rng;
    lg_rng_init(&rng, 5);
    for (size_t n = 0; n < sizeof text; n++) (void)!parse(text, n, NULL, NULL);
    for (int turn = 0; turn < 3000; turn++) {
        memcpy(copy, text, sizeof text);
        for (int k = 0; k < 3; k++) copy[lg_rng_below(&rng, sizeof text - 1)] = (char)lg_rng_below(&rng, 256);
        lg_status st = parse(copy, sizeof text - 1, NULL, NULL);
        CHECK((st == LG_OK) == (err.status == LG_OK));
        CHECK(st == LG_OK || labels.rows == 0);
    }
    data_labels_release(&labels);
}

/* ---- the corpus: 44 labels files over one folder of pictures, each with its verdict ---- */
typedef struct verdict {
    char name[64], expect[32];
    int rows, classes;
} verdict;

static data_report corpus_report;
static lg_status corpus_load(const char *folder, const char *name, data_set **set)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    data_load_spec spec = {.name = "logos", .from = folder, .labels = path, .size = {16, 16, 0}, .seed = 1};
    lg_err_clear(&err);
    return data_load(&spec, set, &corpus_report, &err);
}

/* A warning about the labels, beside those the folder itself earns: files without a line, two broken ones, copies. */
static bool label_warning(const data_report *report)
{
    for (size_t i = 0; i < report->notes; i++) {
        int code = report->note[i].code;
        if (code == 306 || code == 307 || code == 308 || code == 310) return true;
    }
    return false;
}

static void check_verdict(const verdict *v, const char *folder)
{
    data_set *set = NULL;
    lg_status st = corpus_load(folder, v->name, &set);
    bool may_fail = strstr(v->expect, "error") != NULL, must_fail = strcmp(v->expect, "error") == 0;
    bool warned = label_warning(&corpus_report);
    size_t labelled = corpus_report.labelled;
    int classes = set ? data_classes(set) : 0;
    data_report_release(&corpus_report);
    data_unref(set);
    if (st != LG_OK && !may_fail) TEST_FAIL("%s: LL%03d %s (%s)", v->name, err.code, err.msg, err.why);
    if (st == LG_OK && must_fail) TEST_FAIL("%s: read, but must be refused", v->name);
    if (st != LG_OK) {
        CHECK(err.code >= 300 && err.code < 700 && *err.msg);
        return;
    }
    if ((int)labelled != v->rows || classes != v->classes)
        TEST_FAIL("%s: %zu images in %d classes, expected %d in %d", v->name, labelled, classes, v->rows, v->classes);
    if (strcmp(v->expect, "ok") == 0 && warned) TEST_FAIL("%s: a warning too many", v->name);
    bool broken = strcmp(v->name, "not_image.txt") == 0,
         trimmed = strcmp(v->name, "trailing_ws.txt") == 0; /* not about labels */
    if (strstr(v->expect, "warn") && !warned && !broken && !trimmed) TEST_FAIL("%s: no warning", v->name);
}

TEST(corpus_verdicts)
{
    const char *folder = test_shared("corpora/labels"), *index = test_shared("corpora/labels/labels.tsv");
    FILE *f = fopen(index, "r");
    char line[400];
    int seen = 0;
    ds_new();
    CHECK_OK(lg_reach_allow_read(folder, &err));
    CHECK(f && fgets(line, sizeof line, f));
    while (fgets(line, sizeof line, f)) {
        verdict v = {0};
        CHECK(sscanf(line, "%63[^\t]\t%31[^\t]\t%d\t%d", v.name, v.expect, &v.rows, &v.classes) == 4);
        check_verdict(&v, folder);
        seen++;
    }
    fclose(f);
    CHECK(seen >= 43);
}

/* Slips of the pen are guessed at; numbered files are different files. */
TEST(near_misses)
{
    bool same_look;
    char *const file[] = {"003000.jpg", "a/Nike_01.JPG", "brands.txt", "caf\xc3\xa9.png", "puma shoe.png"};
    static const struct {
        const char *wanted, *found;
        bool same_look;
    } cases[] = {{"003101.jpg", NULL, false},        {"03000.jpg", NULL, false},
                 {"nike_01.jpg", "a/Nike_01.JPG", true},  {"nike-01.jpeg", "a/Nike_01.JPG", false},
                 {"Nike_02.JPG", NULL, false},       {"cafe\xcc\x81.png", "caf\xc3\xa9.png", true},
                 {"cafe.jpg", "caf\xc3\xa9.png", false}, {"puma-shoe.png", "puma shoe.png", false},
                 {"pmua shoe.png", "puma shoe.png", false}, {"003000.jpeg", "003000.jpg", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *found = data_match_nearest(cases[i].wanted, file, 5, &same_look);
        if (!found || !cases[i].found ? found != cases[i].found : strcmp(found, cases[i].found) != 0)
            TEST_FAIL("%s: %s", cases[i].wanted, found ? found : "none");
        CHECK(!found || same_look == cases[i].same_look);
    }
}

/* The sentences people get to see. */
TEST(corpus_messages)
{
    const char *folder = test_shared("corpora/labels");
    data_set *set = NULL;
    ds_new();
    CHECK_OK(lg_reach_allow_read(folder, &err));
    CHECK_OK(corpus_load(folder, "missing_one.txt", &set));
    const data_note *note = ds_note(&corpus_report, 306);
    CHECK(note != NULL);
    CHECK_STR(note->msg, "1 of 13 label lines names no image");
    CHECK_HAS(note->why, "line 13: images/nope.png");
    data_report_release(&corpus_report);
    data_unref(set);

    CHECK_OK(corpus_load(folder, "nfd_name.txt", &set));
    note = ds_note(&corpus_report, 306);
    CHECK_HAS(note->hint, "line 13: did you mean `images/\xc3\x9c"
                          "berlogo_\xc3\xa9.png`?");
    data_report_release(&corpus_report);
    data_unref(set);

    CHECK_OK(corpus_load(folder, "homoglyph.txt", &set));
    note = ds_note(&corpus_report, 308);
    CHECK_STR(note->msg, "two labels look alike but are written differently");
    CHECK_HAS(note->why, "`Nike` (line 6) and `N\xd1\x96ke` (line 2)");
    data_report_release(&corpus_report);
    data_unref(set);

    CHECK_OK(corpus_load(folder, "zero_width.txt", &set));
    note = ds_note(&corpus_report, 308);
    CHECK_STR(note->msg, "two labels look alike but are written differently");
    CHECK_HAS(note->hint, "relabel logos \"Ni");
    CHECK_HAS(note->hint, "ke\" as \"Nike\"");
    CHECK(!strstr(note->why, "\xe2\x80\x8b")); /* shown as an escape */
    data_report_release(&corpus_report);
    data_unref(set);

    CHECK_OK(corpus_load(folder, "not_image.txt", &set));
    note = ds_note(&corpus_report, 305);
    CHECK_HAS(note->msg, "2 of 24 images cannot be read");
    CHECK_HAS(note->why, "images/empty.png: the file is empty; images/not_image.png: ");
    data_report_release(&corpus_report);
    data_unref(set);
    set = NULL;

    CHECK(corpus_load(folder, "missing_all.txt", &set) == LG_E_DATA);
    CHECK_HAS(err.msg, "none of the 12 label lines of missing_all.txt names an image in /");
    CHECK_HAS(err.msg, "corpora/labels");
    CHECK_HAS(err.why, "line 1: img/adidas_0.png");
    CHECK_HAS(err.hint, "images/adidas_0.png");
    CHECK(corpus_load(folder, "absolute.txt", &set) == LG_E_DENIED);
    CHECK_HAS(err.msg, "line 13 of absolute.txt names /etc/passwd, outside the folder");
    CHECK(corpus_load(folder, "url.txt", &set) == LG_E_DENIED);
    CHECK_HAS(err.msg, "a web address");
    CHECK(corpus_load(folder, "header_only.txt", &set) == LG_E_DATA);
    CHECK_STR(err.msg, "header_only.txt has no label lines");
    CHECK(corpus_load(folder, "no_sep_line5.txt", &set) == LG_E_FORMAT);
    CHECK_HAS(err.msg, "line 5 of no_sep_line5.txt has no label");
    CHECK(corpus_load(folder, "gzip_labels.txt.gz", &set) != LG_OK);
    CHECK_HAS(err.msg, "gzip");
    CHECK(set == NULL);
    data_report_release(&corpus_report);
}
