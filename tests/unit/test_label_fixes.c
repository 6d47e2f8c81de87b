/* Label fixes live longer than a session: each test asks a second session, which knows nothing but the files. */
#include "lib/data/edit_log.h"
#include "tests/support/lens.h"

static lens l;

static void end(void)
{
    lens_close(&l);
    l = (lens){0};
}

static void begin(void)
{
    static bool made;
    if (!made) {
        lens_shop();
        atexit(end);
    }
    made = true;
    lens_forget_fixes();
}

static const char *in(lens *of, const char *cell)
{
    if (lens_run(of, cell)) TEST_FAIL("%s\nLL%03d %s (%s)", cell, of->err.code, of->err.msg, of->err.why);
    return lg_buf_str(&of->text);
}

/* In a session of its own. */
static const char *shown(const char *cell)
{
    static char text[1 << 17];
    lens_close(&l);
    lg_err err = {0};
    CHECK_OK(lens_open(&l));
    snprintf(text, sizeof text, "%s", in(&l, cell));
    return text;
}

static const char *content(const char *name)
{
    static char text[1 << 16];
    char path[300];
    snprintf(path, sizeof path, "%s/%s", ds_folder, name);
    FILE *f = fopen(path, "r");
    if (!f) return "";
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    return text;
}

TEST(a_fix_outlives_its_session)
{
    begin();
    shown("load logos from shop size 16x16; relabel logos image 3, 20 as puma");
    CHECK_HAS(content("shop.edits.tsv"), "sha256\tpath\told label\tnew label\ttime\n");
    CHECK_HAS(content("shop.edits.tsv"), "\tadidas/03.png\tadidas\tpuma\t");
    const char *text = shown("load logos from shop size 16x16");
    CHECK_HAS(text, "2 labels were fixed by hand before, as shop.edits.tsv says.");
    CHECK_HAS(text, "image 3 (adidas/03.png): adidas → puma");
    CHECK_HAS(lg_buf_str(&l.html), "image 20 (nike/02.png): nike → puma");
    text = shown("load logos from shop size 16x16; undo");
    CHECK_HAS(text, "2 lines taken out of shop.edits.tsv");
    CHECK_STR(content("shop.edits.tsv"), "");
    CHECK(strstr(shown("load logos from shop size 16x16"), "by hand") == NULL);
}

/* A notebook that is run again makes the same objects and fails nowhere, though its fixes are there from the start. */
TEST(run_all_again)
{
    static const char *const notebook[] = {
        "load logos from shop size 16x16 seed 4; split logos 60/20/20; relabel logos image 3, 20, 33 as puma",
        "load logos from shop size 16x16; relabel logos image 5 as \"no brand\"; relabel logos \"no brand\" as puma",
        "load logos from shop size 16x16; relabel logos puma as other; relabel logos image 3 as puma; split logos "
        "70/30",
        "load logos from shop size 16x16; relabel logos keep adidas, nike; relabel logos image 47, 40 as nike\n"
        "split logos 50/50 seed 3",
        "load logos from shop size 16x16; relabel logos puma as rest; split logos 60/40\n"
        "relabel logos image 40, 41, 42, 43, 44, 45, 46, 47, 48 as nike",
        "load logos from shop size 16x16; load more from flat labels list.csv columns file, label size 16x16\n"
        "combine logos, more into logos seed 2; relabel logos image 5, 60 as puma; split logos 60/20/20; undo 2\n"
        "relabel logos image 60 as other; split logos 70/30",
        "load logos from shop size 16x16; relabel logos image 3 as puma; relabel logos image 3 as adidas\n"
        "relabel logos image 3 as nike; drop logos image 7; split logos 80/20 seed 2",
    };
    for (size_t i = 0; i < sizeof notebook / sizeof *notebook; i++) {
        char once[65];
        begin();
        shown(notebook[i]);
        snprintf(once, sizeof once, "%s", lens_fact(&l, "logos.fingerprint"));
        CHECK_INT(strlen(once), 64);
        for (int again = 0; again < 2; again++) {
            size_t before = strlen(content("shop.edits.tsv"));
            shown(notebook[i]);
            if (strcmp(lens_fact(&l, "logos.fingerprint"), once))
                TEST_FAIL("run %d of\n%s\nis another", again + 2, notebook[i]);
            /* The last two change their mind, and say all of it again; what says the same adds nothing. */
            if (i < 5) CHECK_INT(strlen(content("shop.edits.tsv")), before);
        }
    }
}

/* The recipe makes the same object, with the log there, with more in it, and without it. */
TEST(recipes_do_without_the_log)
{
    char once[65], recipe[4000];
    begin();
    shown("load logos from shop size 16x16; relabel logos image 3, 20 as puma; relabel logos image 21 as \"no 1\"");
    shown("load logos from shop size 16x16; split logos 60/20/20; relabel logos image 22 as \"it's\"");
    snprintf(once, sizeof once, "%s", lens_fact(&l, "logos.fingerprint"));
    snprintf(recipe, sizeof recipe, "%s", dsl_session_get(l.session, "logos")->recipe);
    CHECK_HAS(recipe, " no edits\nrelabel logos image adidas/03.png, nike/02.png as puma\n");
    CHECK_HAS(recipe, "relabel logos image nike/03.png as \"no 1\"\n");
    char before[4000];
    snprintf(before, sizeof before, "%s", content("shop.edits.tsv"));
    shown(recipe);
    CHECK_STR(lens_fact(&l, "logos.fingerprint"), once);
    CHECK_STR(content("shop.edits.tsv"), before); /* and leaves it alone */
    shown("load logos from shop; relabel logos image 30 as other");
    shown(recipe);
    CHECK_STR(lens_fact(&l, "logos.fingerprint"), once);
    lens_forget_fixes();
    shown(recipe);
    CHECK_STR(lens_fact(&l, "logos.fingerprint"), once);
    CHECK_STR(content("shop.edits.tsv"), "");
}

/* Two kernels that have the same folder open. */
TEST(two_sessions)
{
    lens other;
    lg_err err = {0};
    begin();
    shown("load logos from shop size 16x16");
    CHECK_OK(lens_open(&other));
    in(&other, "load logos from shop size 16x16; relabel logos image 5 as puma");
    in(&l, "relabel logos image 3 as puma");
    in(&other, "relabel logos image 6 as puma");
    CHECK_HAS(in(&l, "undo"), "1 line taken out of shop.edits.tsv");
    lens_close(&other);
    const char *text = shown("load logos from shop size 16x16");
    CHECK_HAS(text, "2 labels were fixed");
    CHECK_HAS(text, "image 5 (");
    CHECK_HAS(text, "image 6 (");
}

/* Where nothing may be written the log is in our own folder. */
TEST(a_folder_that_is_only_read)
{
    char outside[] = "/tmp/logolens-other-XXXXXX", cell[200], path[200];
    lg_err err = {0};
    begin();
    CHECK(mkdtemp(outside) != NULL);
    snprintf(cell, sizeof cell, "cp -r '%s/shop' '%s/set'", ds_folder, outside);
    CHECK_INT(system(cell), 0);
    CHECK_OK(lg_reach_allow_read(outside, &err));
    snprintf(cell, sizeof cell, "load logos from %s/set size 16x16; relabel logos image 3 as puma", outside);
    CHECK_HAS(shown(cell), "kept in home/data/edits/");
    snprintf(path, sizeof path, "%s/set.edits.tsv", outside);
    CHECK(access(path, F_OK) != 0);
    snprintf(cell, sizeof cell, "load logos from %s/set size 16x16", outside);
    CHECK_HAS(shown(cell), "1 label was fixed by hand before, as home/data/edits/");
    CHECK_HAS(in(&l, "undo logos"), "1 line taken out of home/data/edits/");
    CHECK(strstr(shown(cell), "by hand") == NULL);
    snprintf(cell, sizeof cell, "rm -rf '%s'", outside);
    CHECK_INT(system(cell), 0);
}

/* In the project, but the folder is protected. */
TEST(a_folder_that_may_not_be_written)
{
    begin();
    ds_text("locked/x", "");
    char cell[300];
    snprintf(cell, sizeof cell, "cp -r '%s/shop' '%s/locked/set'; chmod 555 '%s/locked'", ds_folder, ds_folder,
             ds_folder);
    CHECK_INT(system(cell), 0);
    snprintf(cell, sizeof cell, "%s/locked", ds_folder);
    bool root = access(cell, W_OK) == 0;
    if (!root) {
        CHECK_HAS(shown("load logos from locked/set size 16x16; relabel logos image 3 as puma"),
                  "kept in home/data/edits/");
        CHECK_HAS(shown("load logos from locked/set size 16x16"), "1 label was fixed by hand before");
    }
    chmod(cell, 0700);
    snprintf(cell, sizeof cell, "rm -rf '%s/locked'", ds_folder);
    CHECK_INT(system(cell), 0);
    if (root) SKIP("root may write everywhere");
}

/* Marks are known by the part they were cut from, pictures inside a file by their bytes. */
TEST(marks_and_pictures_inside_files)
{
    uint8_t images[16 + 12 * 64] = {0, 0, 8, 3, 0, 0, 0, 12, 0, 0, 0, 8, 0, 0, 0, 8};
    uint8_t labels[8 + 12] = {0, 0, 8, 1, 0, 0, 0, 12};
    begin();
    for (int i = 1; i <= 3; i++) {
        char name[40];
        snprintf(name, sizeof name, "coco/images/%d.png", i);
        ds_picture(name, 100 + i, 40, 60, 3, 0);
    }
    ds_text("coco/instances.json",
            "{\"images\":[{\"id\":1,\"file_name\":\"1.png\"},{\"id\":2,\"file_name\":\"2.png\"}],\"categories\":"
            "[{\"id\":1,\"name\":\"Nike\"},{\"id\":2,\"name\":\"Puma\"}],\"annotations\":["
            "{\"image_id\":1,\"category_id\":1,\"bbox\":[6,8,30,20]},"
            "{\"image_id\":1,\"category_id\":2,\"bbox\":[40,10,30,90]},"
            "{\"image_id\":2,\"category_id\":2,\"bbox\":[0,0,12,10]}]}");
    shown("load c from coco boxes size 8x8; relabel c image 1.2, 2.1 as Adidas");
    CHECK_HAS(content("coco.edits.tsv"), "\timages/1.png#20x30+40+10\tPuma\tAdidas\t");
    CHECK_HAS(shown("load c from coco boxes size 8x8"), "image 1.2 (images/1.png): Puma → Adidas");
    CHECK_HAS(dsl_session_get(l.session, "c")->recipe, "relabel c image 1.2, images/2.png as Adidas");
    const char *text = shown("load c from coco size 8x8"); /* whole pictures: not about these */
    CHECK_HAS(text, "2 more label fixes are of pictures that are not here");
    CHECK(strstr(text, "LL347") == NULL);
    for (int i = 0; i < 12; i++) {
        labels[8 + i] = (uint8_t)(i % 3);
        for (int k = 0; k < 64; k++) images[16 + i * 64 + k] = (uint8_t)((i * 37 + k * (i + 3)) % 251);
    }
    ds_write("idx/train-images-idx3-ubyte", images, sizeof images);
    ds_write("idx/train-labels-idx1-ubyte", labels, sizeof labels);
    shown("load d from idx; relabel d image 3 as 7");
    CHECK_HAS(shown("load d from idx"), "image 3 (train-images-idx3-ubyte//00002): 2 → 7");
    CHECK_HAS(in(&l, "undo d"), "1 line taken out of idx.edits.tsv");
}

/* What is in the log is somebody's text. */
TEST(a_log_that_others_wrote)
{
    char text[2000], sha[80];
    begin();
    shown("load logos from shop size 16x16; relabel logos image 3 as puma");
    snprintf(sha, sizeof sha, "%.64s", strchr(content("shop.edits.tsv"), '\n') + 1);
    snprintf(text, sizeof text,
             "<<<<<<< here\n%s\tadidas/03.png\tadidas\t<script>alert(1)</script>\t2026-10-01T08:00:00Z\n"
             "%064d\tnike/02.png\tnike\tpuma\t2026-10-01T08:00:00Z\n"
             "%s\tadidas/03.png\tadidas\tpu\xe2\x80\xaema\t2026-10-01T08:00:00Z\n",
             sha, 0, sha);
    ds_text("shop.edits.tsv", text);
    const char *said = shown("load logos from shop size 16x16");
    CHECK_HAS(said, "LL346");
    CHECK_HAS(said, "2 lines of the log of label fixes cannot be understood, and are skipped");
    CHECK_HAS(said, "shop.edits.tsv, line 1: it has not five fields parted by tabs; line 4: a label has characters");
    CHECK_HAS(said, "LL347");
    CHECK_HAS(said, "nike/02.png was to be `puma`");
    CHECK_HAS(said, "image 3 (adidas/03.png): adidas → <script>alert(1)</script>");
    CHECK(strstr(lg_buf_str(&l.html), "<script") == NULL);
    CHECK_HAS(in(&l, "undo logos"), "1 line taken out of shop.edits.tsv");
    CHECK_HAS(content("shop.edits.tsv"), "<<<<<<< here\n"); /* what is not understood is not taken away */
    char *large = malloc((size_t)DATA_LOG_BYTES + 2);
    memset(large, '\n', (size_t)DATA_LOG_BYTES + 1);
    ds_write("shop.edits.tsv", large, (size_t)DATA_LOG_BYTES + 1);
    free(large);
    CHECK_HAS(shown("load logos from shop size 16x16"), "LL303");
    CHECK_HAS(in(&l, "relabel logos image 3 as puma"), "LL303");
    CHECK_HAS(lg_buf_str(&l.text), "not kept");
    CHECK_STR(lens_fact(&l, "logos.puma.count"), "10"); /* here it is so all the same */
}

TEST(what_cannot_be_kept)
{
    begin();
    ds_text("shop/adidas/99.png", "no picture");
    shown("load logos from shop size 16x16");
    CHECK_HAS(in(&l, "relabel logos image \"adidas/99.png\", 1 as puma"), "kept in shop.edits.tsv");
    CHECK_HAS(in(&l, "relabel logos image 2 as \"pu\xe2\x80\x8bma\""), "not kept beside the pictures: a label has");
    char path[200];
    snprintf(path, sizeof path, "%s/shop/adidas/99.png", ds_folder);
    unlink(path);
    CHECK(strstr(shown("load logos from shop size 16x16"), "image 2 (") == NULL);
}
