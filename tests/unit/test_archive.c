/* Archives: as the folders they were packed from, read in any order by anybody, changed or gone meanwhile, with names of
 * every kind. Those made to harm: test_archive_hostile.c. test_archive_*.c run other tests once more from archives. */
#include "tests/support/archive_open.h"
#include "lib/data/set_pack.h"

/* ---- as the folder ---- */
static void same_sets(const data_set *x, const data_set *y)
{
    char one[65], other[65];
    CHECK_OK(data_fingerprint(x, one, &err));
    CHECK_OK(data_fingerprint(y, other, &err));
    CHECK_STR(one, other);
    CHECK_INT(data_count(x), data_count(y));
    for (size_t i = 0; i < data_count(x); i++) {
        data_image p, q;
        data_image_at(x, i, &p), data_image_at(y, i, &q);
        CHECK_STR(p.name, q.name);
        CHECK_STR(p.sha256, q.sha256);
        CHECK_STR(data_class_name(x, p.label), data_class_name(y, q.label));
        CHECK(p.split == q.split && p.group == q.group && p.w == q.w && p.h == q.h && !p.broken == !q.broken);
    }
}

static size_t files_there;

static int count_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)path, (void)st, (void)kind, (void)ftw;
    files_there++;
    return 0;
}

/* Everything in the project, hidden or not. */
static size_t count_files(void)
{
    files_there = 0;
    CHECK(nftw(ds_folder, count_one, 16, FTW_PHYS) == 0);
    return files_there;
}

TEST(every_kind_as_its_folder)
{
    three_folders(6);
    ds_text("set/Puma/broken.png", "no picture");
    ds_text("set/Puma/empty.png", "");
    ds_text("set/readme.txt", "who took them");
    CHECK_OK(LOAD(.from = set_folder(), .size = {8, 8, 0}));
    data_set *folder = data_ref(set);
    size_t ignored = report.ignored, broken = report.broken;
    for (int kind = 0; kind < PACK_KINDS; kind++)
        for (int top = 0; top < 2; top++) {
            const char *from = pack_folder(set_folder(), "x", (packing)kind, top ? "logos/" : "");
            size_t before = count_files();
            CHECK_OK(LOAD(.from = from, .size = {8, 8, 0}));
            CHECK_INT(count_files(), before); /* nothing is written */
            same_sets(folder, set);
            CHECK(report.ignored == ignored && report.broken == broken);
            CHECK_HAS(ds_note(&report, 305)->why, "empty.png: the file is empty");
            CHECK(ds_note(&report, 339) == NULL);
        }
    data_unref(folder);
}

TEST(a_top_folder_is_the_folder)
{
    data_image image;
    char path[200];
    three_folders(2);
    snprintf(path, sizeof path, "%s/.packed/x.zip//in/Adidas/00.png", ds_folder);
    CHECK_OK(LOAD(.from = pack_folder(set_folder(), "x", PACK_ZIP, "in/"), .size = {8, 8, 0}));
    data_image_at(set, 0, &image);
    CHECK_STR(image.name, "Adidas/00.png");
    CHECK_STR(image.path, path);
    CHECK_OK(LOAD(.from = pack_folder(set_folder(), "x", PACK_ZIP, ""), .size = {8, 8, 0}));
    data_image_at(set, 0, &image);
    CHECK_STR(image.name, "Adidas/00.png"); /* three folders: none of them is the top */
    CHECK_STR(data_class_name(set, image.label), "Adidas");
    ds_text("set/Puma.txt", "notes");
    CHECK_OK(LOAD(.from = pack_folder(ds_folder, "y", PACK_TAR, ""), .size = {8, 8, 0}));
    data_image_at(set, 0, &image);
    CHECK_STR(image.name, "Adidas/00.png");
    ds_text("notes.txt", "beside the top folder"); /* now it is one folder of two things */
    CHECK_OK(LOAD(.from = pack_folder(ds_folder, "y", PACK_TAR, ""), .size = {8, 8, 0}));
    data_image_at(set, 0, &image);
    CHECK_STR(image.name, "set/Adidas/00.png");
}

TEST(hidden_files_are_nobodys)
{
    zipping z = {0};
    three_folders(2);
    packed_text(&z, "__MACOSX/in/Adidas/._00.png", "fork", (zip_how){0});
    packed_text(&z, "in/.DS_Store", "store", (zip_how){0});
    packed_text(&z, "in/.git/x.png", "x", (zip_how){0});
    add_file(&z, "set/Adidas/00.png", "in/Adidas/00.png");
    add_file(&z, "set/Puma/00.png", "./in//Puma/./00.png");
    CHECK_OK(LOAD(.from = write_zip(&z, "x.zip"), .size = {8, 8, 0}));
    data_image image;
    CHECK_INT(data_count(set), 2);
    CHECK_INT(report.ignored, 0);
    data_image_at(set, 1, &image);
    CHECK_STR(image.name, "Puma/00.png");
}

/* ---- labels files ---- */
TEST(labels_in_and_beside_the_archive)
{
    char from[200], way[240];
    ds_new();
    for (int i = 0; i < 4; i++) {
        snprintf(way, sizeof way, "set/%d.png", i);
        ds_picture(way, i, 9, 9, 3, 0);
    }
    ds_text("set/l.csv", "0.png,a\nset/1.png,a\nset/2.png,b\n./3.png,b\n");
    for (int turn = 0; turn < 3; turn++) { /* lines may begin with what the archive, or its top folder, is called */
        bool top = turn == 2;
        const char *place =
            pack_folder(set_folder(), top ? "other" : "set", turn ? PACK_TAR_GZ : PACK_ZIP, top ? "set/" : "");
        snprintf(from, sizeof from, "%s", place);
        CHECK_OK(LOAD(.from = from, .labels = "l.csv", .size = {8, 8, 0}));
        CHECK_INT(report.labelled, 4);
        snprintf(way, sizeof way, "%s/l.csv", from);
        CHECK_OK(LOAD(.from = from, .labels = way, .size = {8, 8, 0}));
        CHECK_INT(report.labelled, 4);
        snprintf(way, sizeof way, "%s/l.csv", set_folder());
        CHECK_OK(LOAD(.from = from, .labels = way, .size = {8, 8, 0}));
        CHECK_INT(report.labelled, 4);
    }
    CHECK(LOAD(.from = from, .labels = "m.csv", .size = {8, 8, 0}) == LG_E_DATA);
    CHECK_INT(err.code, 302);
    CHECK_HAS(err.why, "other.tar.gz");
    CHECK_HAS(err.hint, "l.csv");
    ds_text("l.csv", "0.png,a\n../1.png,b\n");
    snprintf(way, sizeof way, "%s/l.csv", ds_folder);
    CHECK(LOAD(.from = from, .labels = way, .size = {8, 8, 0}) == LG_E_DENIED);
    CHECK_INT(err.code, 306);
}

/* A file of an archive may be called as pictures inside IDX files are numbered. */
TEST(a_file_that_is_called_as_a_number)
{
    zipping z = {0};
    lg_buf saved;
    lg_unpack in;
    data_lost lost = {0};
    three_folders(2);
    add_file(&z, "set/Adidas/00.png", "00017");
    add_file(&z, "set/Puma/00.png", "00018");
    packed_text(&z, "l.csv", "00017,a\n00018,b\n", (zip_how){0});
    CHECK_OK(LOAD(.from = write_zip(&z, "x.zip"), .labels = "l.csv", .size = {8, 8, 0}));
    CHECK_INT(report.labelled, 2);
    lg_buf_init(&saved, 0);
    data_pack(set, "", &saved);
    lg_unpack_init(&in, saved.data, saved.len, "x.ldata", "images");
    CHECK_OK(data_unpack(&(data_unpack_spec){.in = &in, .base = ""}, &next, &lost, &err));
    CHECK_INT(lost.count, 0);
    lg_buf_release(&saved);
}

/* ---- after loading ---- */
static void load_packed(packing kind)
{
    three_folders(4);
    CHECK_OK(LOAD(.from = pack_folder(set_folder(), "x", kind, "in/"), .size = {8, 8, 0}));
}

TEST(originals_sizes_and_sums)
{
    for (int kind = 0; kind < PACK_KINDS; kind++) {
        img_picture p = {0};
        data_set *folder = NULL, *large = NULL;
        load_packed((packing)kind);
        CHECK_OK(data_original(set, 5, 0, &p, &err));
        CHECK(p.w == 30 && p.h == 21);
        img_picture_release(&p);
        CHECK_OK(data_resize(set, &(data_resize_spec){.size = {12, 10, 0}}, &large, &err));
        data_set *first = data_ref(set);
        CHECK_OK(LOAD(.from = set_folder(), .size = {12, 10, 0}));
        same_sets(large, set);
        CHECK(memcmp(ds_pixels(large, 3), ds_pixels(set, 3), 360) == 0);
        CHECK_OK(data_resize(first, &(data_resize_spec){.size = {12, 10, 0}}, &folder, &err));
        const data_set *const both[] = {set, folder}; /* a folder and an archive */
        CHECK_OK(data_combine(both, 2, &next, &err));
        CHECK_OK(data_original(next, 3, 0, &p, &err));
        img_picture_release(&p);
        data_unref(first), data_unref(large), data_unref(folder);
        first = data_ref(next);
        let_go(); /* the archive stays open as long as one set is of it */
        CHECK_OK(data_original(first, data_count(first) - 1, 0, &p, &err));
        img_picture_release(&p);
        data_unref(first);
    }
}

/* Where pixels cannot be kept, pictures are read again whenever they are asked for, also from archives. */
TEST(pixels_that_are_not_kept)
{
    for (int kind = 0; kind < PACK_KINDS; kind++) {
        uint8_t want[192];
        load_packed((packing)kind);
        memcpy(want, ds_pixels(set, 7), sizeof want);
        uint64_t misses = data_cache_misses();
        data_cache_setup(&(data_cache_limits){.memory = 1, .disk = 1});
        load_packed((packing)kind);
        CHECK(memcmp(ds_pixels(set, 7), want, sizeof want) == 0);
        CHECK(data_cache_misses() > misses);
        data_cache_setup(&(data_cache_limits){0});
    }
}

/* What is unpacked lies where pixels are kept, without a name, and is bounded by what may be kept there. */
TEST(packed_tars_lie_in_the_cache)
{
    int fd = -1;
    uint64_t most = 0;
    struct stat st;
    three_folders(8);
    const char *from = pack_folder(set_folder(), "x", PACK_TAR_GZ, "");
    CHECK_OK(data_cache_scratch(&fd, &most, &err)); /* in memory */
    CHECK(most > 0 && fstat(fd, &st) == 0 && st.st_nlink == 0);
    close(fd);
    CHECK_OK(lg_reach_own(ds_folder, &err));
    data_cache_setup(&(data_cache_limits){.folder = ds_folder, .disk = 500});
    CHECK_OK(data_cache_scratch(&fd, &most, &err));
    CHECK(most == 500 && fstat(fd, &st) == 0 && st.st_nlink == 0 && !(st.st_mode & 077));
    close(fd);
    CHECK(LOAD(.from = from, .size = {8, 8, 0}) == LG_E_LIMIT);
    CHECK_INT(err.code, 338);
    CHECK_HAS(err.why, "there is no room for more");
    CHECK_HAS(err.hint, "which is read in place");
    data_cache_setup(&(data_cache_limits){.folder = ds_folder, .disk = DATA_CACHE_NONE}); /* then in memory, too */
    CHECK_OK(LOAD(.from = from, .size = {8, 8, 0}));
    data_cache_setup(&(data_cache_limits){0});
    CHECK_OK(LOAD(.from = from, .size = {8, 8, 0}));
}

static lg_buf saved;

static lg_status reopen(const char *base, data_lost *lost)
{
    lg_unpack in;
    lg_err_clear(&err);
    data_unref(next);
    next = NULL;
    lg_unpack_init(&in, saved.data, saved.len, "x.ldata", "images");
    return data_unpack(&(data_unpack_spec){.in = &in, .base = base}, &next, lost, &err);
}

TEST(saved_and_opened)
{
    char base[100], other[100];
    data_lost lost;
    for (int kind = 0; kind < PACK_KINDS; kind++) {
        load_packed((packing)kind);
        lg_buf_init(&saved, 0);
        snprintf(base, sizeof base, "%s/.packed", ds_folder);
        data_pack(set, base, &saved);
        CHECK_OK(reopen(base, &lost));
        CHECK_INT(lost.count, 0);
        same_sets(set, next);
        snprintf(other, sizeof other, "%s/elsewhere", ds_folder); /* a project that moved */
        CHECK(rename(base, other) == 0);
        CHECK_OK(reopen(other, &lost));
        CHECK_INT(lost.count, 0);
        CHECK(reopen(base, &lost) == LG_E_DATA); /* where it was there is nothing */
        CHECK_INT(err.code, 302);
        CHECK_HAS(err.why, "holds: elsewhere");
        lg_buf_release(&saved);
    }
}

TEST(saved_and_something_else_came)
{
    data_lost lost;
    char path[200];
    zipping z = {0};
    load_packed(PACK_ZIP);
    snprintf(path, sizeof path, "%s/.packed/x.zip", ds_folder);
    lg_buf_init(&saved, 0);
    data_pack(set, "", &saved);
    add_file(&z, "set/Adidas/00.png", "in/Adidas/00.png"); /* one as it was, one other, all else gone */
    add_file(&z, "set/Puma/00.png", "in/Adidas/01.png");
    write_zip(&z, ".packed/x.zip");
    CHECK_OK(reopen("", &lost));
    CHECK_INT(lost.count, 11);
    CHECK_STR(lost.name, "Adidas/01.png");
    CHECK_HAS(lost.why, "has changed");
    data_image image;
    data_image_at(next, 0, &image);
    CHECK(!image.broken);
    data_image_at(next, 2, &image);
    CHECK_HAS(image.broken, "there is no `in/Adidas/02.png` in `x.zip`");
    ds_text(".packed/x.zip", "no archive any more");
    CHECK(reopen("", &lost) == LG_E_DATA);
    CHECK_HAS(err.why, "shorter than any archive");
    lg_buf_release(&saved);
}

TEST(changed_or_gone)
{
    for (int kind = 0; kind < PACK_KINDS; kind++) {
        img_picture p = {0};
        char path[200], away[210];
        load_packed((packing)kind);
        snprintf(path, sizeof path, "%s/.packed/x%s", ds_folder, packing_ends[kind]);
        snprintf(away, sizeof away, "%s.old", path);
        CHECK(rename(path, away) == 0);
        CHECK(data_original(set, 0, 0, &p, &err) == LG_E_DATA);
        CHECK_INT(err.code, 302);
        lg_err_clear(&err);
        CHECK(data_resize(set, &(data_resize_spec){.size = {9, 9, 0}}, &next, &err) == LG_E_DATA);
        CHECK_INT(err.code, 302);
        CHECK(rename(away, path) == 0); /* back again */
        lg_err_clear(&err);
        CHECK_OK(data_original(set, 0, 0, &p, &err));
        img_picture_release(&p);
        ds_picture("set/Adidas/00.png", 77, 20, 30, 3, 0);
        pack_folder(set_folder(), "x", (packing)kind, "in/");
        CHECK(data_original(set, 1, 0, &p, &err) == LG_E_DATA);
        CHECK_INT(err.code, 317);
        CHECK_HAS(err.msg, packing_ends[kind]);
        lg_err_clear(&err);
        CHECK(data_resize(set, &(data_resize_spec){.size = {9, 9, 0}}, &next, &err) == LG_E_DATA);
        CHECK_INT(err.code, 317);
        lg_err_clear(&err);
        data_set *old = data_ref(set); /* beside the archive as it is now, its old pictures are told one by one */
        CHECK_OK(LOAD(.from = path, .size = {8, 8, 0}));
        const data_set *const both[] = {old, set};
        CHECK_OK(data_combine(both, 2, &next, &err));
        CHECK_OK(data_original(next, 1, 0, &p, &err));
        img_picture_release(&p);
        CHECK(data_original(next, 0, 0, &p, &err) == LG_E_DATA);
        CHECK_INT(err.code, 317);
        lg_err_clear(&err);
        CHECK_OK(data_original(next, 12, 0, &p, &err));
        img_picture_release(&p);
        data_unref(old);
    }
}

/* ---- several at once ---- */
typedef struct crowd {
    const data_set *set;
    int wrong[64];
} crowd;

static void look(void *ctx, int piece, int worker)
{
    (void)worker;
    crowd *c = ctx;
    img_picture p = {0};
    lg_err said = {0};
    c->wrong[piece] = data_original(c->set, (size_t)piece * 7 % data_count(c->set), 0, &p, &said) != LG_OK;
    img_picture_release(&p);
}

TEST(several_threads_in_any_order)
{
    lg_pool *pool = NULL;
    CHECK_OK(lg_pool_new(4, &pool, &err));
    for (int kind = 0; kind < PACK_KINDS; kind++) {
        three_folders(8);
        CHECK_OK(LOAD(.from = pack_folder(set_folder(), "x", (packing)kind, ""), .size = {8, 8, 0}, .pool = pool));
        CHECK_INT(report.broken, 0);
        crowd c = {.set = set};
        lg_pool_run(pool, 64, look, &c);
        for (int i = 0; i < 64; i++) CHECK(!c.wrong[i]);
    }
    lg_pool_free(pool);
}

static void read_again(void *ctx, int piece, int worker)
{
    (void)worker;
    crowd *c = ctx;
    lg_buf out;
    lg_err said = {0};
    char name[20], want[20];
    lg_buf_init(&out, 100);
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "%d", (i * 7 + piece) % 50);
        snprintf(want, sizeof want, "text %d", (i * 7 + piece) % 50);
        lg_buf_clear(&out);
        lg_status st = data_archive_read(a, name, &out, &said);
        if (st || strcmp(lg_buf_str(&out), want)) c->wrong[piece]++;
    }
    lg_buf_release(&out);
}

TEST(several_threads_read_what_they_ask_for)
{
    lg_pool *pool = NULL;
    zipping z = {0};
    crowd c = {0};
    char name[20], text[20];
    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "%d", i);
        snprintf(text, sizeof text, "text %d", i);
        packed_text(&z, name, text, (zip_how){.deflate = i % 2});
    }
    zip_end(&z, (zip_end_how){0});
    CHECK_OK(open_bytes(&z.out, "x.zip"));
    CHECK_OK(lg_pool_new(4, &pool, &err));
    lg_pool_run(pool, 64, read_again, &c);
    for (int i = 0; i < 64; i++) CHECK_INT(c.wrong[i], 0);
    lg_pool_free(pool);
    zip_release(&z);
    drop();
}

/* ---- names ---- */
TEST(names_in_a_zip)
{
    zipping z = {0};
    packed_text(&z, "a/1.txt", "one", (zip_how){0});
    packed_text(&z, "../up.txt", "x", (zip_how){0});
    packed_text(&z, "a/../../up.txt", "x", (zip_how){0});
    packed_text(&z, "/etc/passwd", "x", (zip_how){0});
    packed_text(&z, "C:\\windows\\x.txt", "x", (zip_how){0});
    packed_text(&z, "\\\\server\\x.txt", "x", (zip_how){0});
    packed_text(&z, "a\\2.txt", "two", (zip_how){.deflate = true});
    packed_text(&z, "a\\..\\..\\x.txt", "x", (zip_how){0});
    packed_text(&z, "a/./b//3.txt", "three", (zip_how){0});
    packed_text(&z, "a/1.txt", "later", (zip_how){.deflate = true});
    packed_text(&z, "zero\0.txt", "x", (zip_how){.name_len = 9});
    packed_text(&z, "folder/", "", (zip_how){.mode = 040755});
    packed_text(&z, "caf\x82.txt", "old", (zip_how){0}); /* code page 437, as DOS wrote it */
    packed_text(&z, "caf\xc3\xa9s.txt", "new", (zip_how){.utf8 = true});
    packed_text(&z, "link", "/etc/passwd", (zip_how){.mode = 0120777});
    packed_text(&z, "pipe", "", (zip_how){.mode = 010644});
    packed_text(&z, "empty", "", (zip_how){.deflate = true});
    zip_end(&z, (zip_end_how){0});
    CHECK_OK(open_bytes(&z.out, "x.zip"));
    CHECK_STR(names(), "a/1.txt a/2.txt a/b/3.txt café.txt cafés.txt empty zero .txt ");
    CHECK_STR(text_of("a/1.txt"), "later");
    CHECK_STR(text_of("a/2.txt"), "two");
    CHECK_STR(text_of("café.txt"), "old");
    CHECK_STR(text_of("empty"), "");
    CHECK_STR(text_of("link"), "LL302");
    CHECK_STR(text_of("../up.txt"), "LL302");
    const data_archive_left *left = data_archive_left_out(a);
    CHECK_INT(left->outside, 6);
    CHECK_INT(left->links, 1);
    CHECK_INT(left->repeated, 1);
    CHECK_INT(left->kinds, 1);
    CHECK_STR(left->first, "../up.txt");
    zip_release(&z);
    drop();
}

TEST(what_is_left_out_is_told)
{
    zipping z = {0};
    three_folders(2);
    add_file(&z, "set/Adidas/00.png", "Adidas/00.png");
    add_file(&z, "set/Puma/00.png", "Puma/00.png");
    packed_text(&z, "Puma/link.png", "00.png", (zip_how){.mode = 0120777});
    add_file(&z, "set/Puma/01.png", "../Puma/01.png");
    add_file(&z, "set/Puma/01.png", "/Puma/01.png");
    CHECK_OK(LOAD(.from = write_zip(&z, "x.zip"), .size = {8, 8, 0}));
    CHECK_INT(data_count(set), 2);
    CHECK_INT(ds_note(&report, 339)->count, 3);
    CHECK_STR(ds_note(&report, 339)->msg, "3 of the archive's entries were left out");
    CHECK_STR(ds_note(&report, 339)->why, "1 link, 2 names that lead out of it; the first: Puma/link.png");
}

TEST(names_in_a_tar)
{
    lg_buf t;
    char deep[600] = "", record[700], longer[5000];
    for (int i = 0; i < 25; i++) strcat(deep, "a_folder/");
    strcat(deep, "x.txt");
    lg_buf_init(&t, 0);
    tar_add(&t, "./a/", '5', "", 0);
    tar_add(&t, "./a/1.txt", '0', "one", 3);
    tar_add(&t, deep, '0', "prefix", 6); /* in two fields */
    tar_add(&t, "old/", 0, "", 0);
    tar_add(&t, "old/2.txt", 0, "two", 3);
    tar_head(&t, "hard", '1', 3, "./a/1.txt"); /* no bytes follow, whatever it says */
    tar_head(&t, "soft", '2', 0, "/etc/passwd");
    tar_head(&t, "null", '3', 0, "");
    tar_head(&t, "pipe", '6', 0, "");
    tar_add(&t, "/abs.txt", '0', "x", 1);
    tar_add(&t, "a/../../up.txt", '0', "x", 1);
    tar_add(&t, "back\\slash.txt", '0', "bs", 2); /* a name like any other here */
    tar_add(&t, "bad\xff.txt", '0', "x", 1);
    snprintf(record, sizeof record, "path=%s/pax é.txt", "p");
    tar_record(&t, record);
    tar_add(&t, "p/pax.txt", '0', "pax", 3);
    tar_record(&t, "size=4");
    tar_head(&t, "sized.txt", '0', 0, "");
    lg_buf_add(&t, "four", 4);
    tar_pad(&t);
    tar_add(&t, "././@LongLink", 'L', "gnu/long.txt", 13);
    tar_add(&t, "gnu/lo", '0', "gnu", 3);
    tar_add(&t, "././@LongLink", 'K', "somewhere", 10);
    tar_head(&t, "soft2", '2', 0, "some");
    tar_add(&t, "global", 'g', "20 comment=for all.\n", 20);
    tar_record(&t, "GNU.sparse.major=1");
    tar_add(&t, "GNUSparseFile.0/s.txt", '0', "3\n0\n1\n", 6);
    memset(longer, 'x', sizeof longer - 1);
    memcpy(longer, "path=", 5);
    longer[sizeof longer - 1] = 0;
    tar_record(&t, longer);
    tar_add(&t, "cut.txt", '0', "x", 1);
    tar_add(&t, "a/1.txt", '0', "later", 5);
    tar_add(&t, "vendor", 'X', "some", 4);
    tar_end(&t);
    for (int turn = 0; turn < 2; turn++) { /* plain, then packed */
        size_t len = t.len;
        char *small = turn ? squeeze(t.data, &len, 31) : NULL;
        lg_buf bytes = {.data = small ? small : t.data, .len = len};
        CHECK_OK(open_bytes(&bytes, turn ? "x.tar.gz" : "x.tar"));
        snprintf(longer, sizeof longer, "a/1.txt %s back\\slash.txt gnu/long.txt old/2.txt p/pax é.txt sized.txt ",
                 deep);
        CHECK_STR(names(), longer);
        CHECK_STR(text_of("a/1.txt"), "later");
        CHECK_STR(text_of(deep), "prefix");
        CHECK_STR(text_of("old/2.txt"), "two");
        CHECK_STR(text_of("p/pax é.txt"), "pax");
        CHECK_STR(text_of("sized.txt"), "four");
        CHECK_STR(text_of("gnu/long.txt"), "gnu");
        const data_archive_left *left = data_archive_left_out(a);
        CHECK_INT(left->links, 3);
        CHECK_INT(left->kinds, 4); /* two devices, a sparse file, one of a kind not known */
        CHECK_INT(left->outside, 2);
        CHECK_INT(left->names, 2);
        CHECK_INT(left->repeated, 1);
        drop();
        lg_free(small);
    }
    lg_buf_release(&t);
}

/* Old GNU sparse files have headers of their own between header and bytes. */
TEST(old_sparse_files)
{
    lg_buf t;
    char more[512] = {0};
    lg_buf_init(&t, 0);
    tar_head(&t, "s", 'S', 512, "");
    char *h = t.data;
    h[482] = 1;
    memset(h + 148, ' ', 8);
    unsigned sum = 0;
    for (int i = 0; i < 512; i++) sum += (unsigned char)h[i];
    snprintf(h + 148, 8, "%06o", sum);
    more[504] = 1;
    lg_buf_add(&t, more, 512);
    more[504] = 0;
    lg_buf_add(&t, more, 512);
    lg_buf_add(&t, more, 512); /* its bytes */
    tar_add(&t, "after.txt", '0', "after", 5);
    tar_end(&t);
    CHECK_OK(open_bytes(&t, "x.tar"));
    CHECK_STR(names(), "after.txt ");
    CHECK_INT(data_archive_left_out(a)->kinds, 1);
    CHECK_STR(text_of("after.txt"), "after");
    drop();
    lg_buf_release(&t);
}
