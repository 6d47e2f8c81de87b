/* Archives: as the folders they were packed from, read in any order by anybody, changed or gone meanwhile; and those
 * that were made to harm. test_archive_*.c run other tests once more from archives. */
#include "tests/support/archive.h"
#include <fcntl.h>
#include "lib/data/archive.h"
#include "lib/data/cache.h"
#include "lib/data/set_pack.h"
#include "tests/support/load.h"

static const data_archive_watch nobody = {0};
static data_archive *a;
static lg_buf got;

static lg_status open_bytes(const lg_buf *bytes, const char *name)
{
    lg_err_clear(&err);
    data_archive_unref(a);
    a = NULL;
    return data_archive_from(bytes->data, bytes->len, name, &nobody, &a, &err);
}

/* The text of a file in the archive, or the code of the error. */
static const char *text_of(const char *name)
{
    static char code[16];
    lg_buf_release(&got);
    lg_buf_init(&got, 1 << 20);
    lg_err_clear(&err);
    if (data_archive_read(a, name, &got, &err) == LG_OK) return lg_buf_str(&got);
    snprintf(code, sizeof code, "LL%d", err.code);
    return code;
}

/* Names in the archive, each followed by a blank. */
static const char *names(void)
{
    static char text[2000];
    size_t n = 0;
    text[0] = 0;
    for (size_t i = 0; a && i < data_archive_count(a); i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s ", data_archive_name(a, i));
    return text;
}

static void drop(void)
{
    data_archive_unref(a);
    a = NULL;
    lg_buf_release(&got);
}

static void packed_text(zipping *z, const char *name, const char *text, zip_how how)
{
    zip_add(z, name, text, strlen(text), how);
}

/* ---- as the folder ---- */
static const char *set_folder(void)
{
    static char path[100];
    snprintf(path, sizeof path, "%s/set", ds_folder);
    return path;
}

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

static void add_file(zipping *z, const char *file, const char *name)
{
    char full[300];
    lg_buf bytes;
    lg_buf_init(&bytes, 0);
    snprintf(full, sizeof full, "%s/%s", ds_folder, file);
    CHECK_OK(lg_reach_read(full, &bytes, &err));
    zip_add(z, name, bytes.data, bytes.len, (zip_how){.deflate = true});
    lg_buf_release(&bytes);
}

static const char *write_zip(zipping *z, const char *name)
{
    static char path[200];
    zip_end(z, (zip_end_how){0});
    ds_write(name, z->out.data, z->out.len);
    zip_release(z);
    snprintf(path, sizeof path, "%s/%s", ds_folder, name);
    return path;
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

/* ---- encrypted, or of other kinds ---- */
TEST(encrypted)
{
    zipping z = {0};
    three_folders(2);
    packed_text(&z, "a/1.png", "secret", (zip_how){.locked = true});
    packed_text(&z, "a/2.png", "secret", (zip_how){.locked = true});
    CHECK(LOAD(.from = write_zip(&z, "x.zip"), .size = {8, 8, 0}) == LG_E_UNSUPPORTED);
    CHECK_INT(err.code, 337);
    CHECK_HAS(err.msg, "locked with a password");
    CHECK_HAS(err.why, "all 2 files");
    packed_text(&z, "Puma/x.png", "secret", (zip_how){.locked = true});
    add_file(&z, "set/Adidas/00.png", "Adidas/00.png");
    add_file(&z, "set/Puma/00.png", "Puma/00.png");
    CHECK_OK(LOAD(.from = write_zip(&z, "x.zip"), .size = {8, 8, 0}));
    CHECK_INT(report.broken, 1);
    CHECK_HAS(ds_note(&report, 305)->why, "Puma/x.png: it is encrypted");
}

TEST(other_kinds)
{
    static const struct {
        const char *head, *kind;
    } known[] = {{"7z\xbc\xaf\x27\x1c....", "7z"},
                 {"Rar!\x1a\x07\x01....", "RAR"},
                 {"\xfd"
                  "7zXZ\x01....",
                  "xz"},
                 {"BZh91AY&SY....", "bzip2"},
                 {"\x28\xb5\x2f\xfd....", "zstd"}};
    ds_new();
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        ds_text("x.bin", known[i].head);
        char from[100];
        snprintf(from, sizeof from, "%s/x.bin", ds_folder);
        CHECK(LOAD(.from = from) == LG_E_UNSUPPORTED);
        CHECK_INT(err.code, 337);
        CHECK_HAS(err.msg, known[i].kind);
        CHECK_HAS(err.hint, "unpack it");
    }
}

TEST(files_that_are_no_archives)
{
    char from[100];
    static const char *const name[] = {"x.zip", "x.tar", "x.tgz", "x.tar.gz", "x.txt", "x"};
    ds_new();
    for (int i = 0; i < 6; i++) {
        ds_text(name[i], "a text that is longer than nothing");
        snprintf(from, sizeof from, "%s/%s", ds_folder, name[i]);
        CHECK(LOAD(.from = from) != LG_OK);
        CHECK_INT(err.code, i < 4 ? 337 : 393);
        if (i >= 4) CHECK_HAS(err.why, ".zip, .tar, .tar.gz");
    }
    size_t len = 5;
    char *small = squeeze("hello", &len, 31);
    ds_write("x.gz", small, len); /* packed, but no tar in it */
    lg_free(small);
    snprintf(from, sizeof from, "%s/x.gz", ds_folder);
    CHECK(LOAD(.from = from) == LG_E_DATA);
    CHECK_INT(err.code, 393);
    ds_text("empty.zip", "");
    snprintf(from, sizeof from, "%s/empty.zip", ds_folder);
    CHECK(LOAD(.from = from) == LG_E_FORMAT);
    zipping z = {0};
    CHECK(LOAD(.from = write_zip(&z, "none.zip")) == LG_E_DATA); /* nothing in it */
    CHECK_INT(err.code, 309);
    CHECK_HAS(err.why, "is empty");
}

TEST(archives_in_folders_and_archives)
{
    zipping z = {0};
    char want[200];
    ds_new();
    packed_text(&z, "flickr27/images.tar.gz", "one more", (zip_how){0});
    packed_text(&z, "flickr27/readme.txt", "none", (zip_how){0});
    CHECK(LOAD(.from = write_zip(&z, "x.zip")) == LG_E_DATA);
    CHECK_INT(err.code, 309);
    CHECK_HAS(err.hint, "the archive in it: images.tar.gz");
    CHECK(LOAD(.name = "logos") == LG_E_DATA);
    snprintf(want, sizeof want, "load logos from %s/x.zip", ds_folder);
    CHECK_STR(err.hint, want);
}

/* ---- damaged ---- */
static void good_zip(zipping *z, bool zip64)
{
    static char long_text[3000];
    memset(long_text, 'y', sizeof long_text - 1);
    packed_text(z, "a/1.txt", "one", (zip_how){.zip64 = zip64});
    packed_text(z, "a/2.txt", long_text, (zip_how){.deflate = true, .zip64 = zip64});
    packed_text(z, "b.txt", "three", (zip_how){.zip64 = zip64});
    zip_end(z, (zip_end_how){.zip64 = zip64});
}

TEST(large_zips_have_other_numbers)
{
    zipping z = {0};
    good_zip(&z, true);
    CHECK_OK(open_bytes(&z.out, "x.zip"));
    CHECK_STR(names(), "a/1.txt a/2.txt b.txt ");
    CHECK_STR(text_of("b.txt"), "three");
    CHECK_INT(strlen(text_of("a/2.txt")), 2999);
    zip_release(&z);
    drop();
}

TEST(cut_off_zips)
{
    zipping z = {0};
    good_zip(&z, false);
    for (size_t n = 0; n < z.out.len; n++) {
        char *copy = lg_strndup(z.out.data, n, &err); /* so that reading beyond it is seen */
        lg_buf cut = {.data = copy, .len = n};
        CHECK(open_bytes(&cut, "x.zip") == LG_E_FORMAT);
        CHECK_INT(err.code, 337);
        drop();
        lg_free(copy);
    }
    zip_release(&z);
}

/* What a wrong byte leaves readable is what was written: every file has a checksum. */
static void read_all(void)
{
    for (size_t i = 0; i < data_archive_count(a); i++) {
        const char *name = data_archive_name(a, i), *text = text_of(name);
        if (err.status) {
            CHECK(err.code == 337 || err.code == 303 || err.code == 302);
            continue;
        }
        CHECK(!strcmp(text, "one") || !strcmp(text, "three") || strlen(text) == 2999);
    }
}

TEST(wrong_bytes_in_zips)
{
    zipping z = {0};
    for (int zip64 = 0; zip64 < 2; zip64++) {
        good_zip(&z, zip64);
        for (size_t n = 0; n < z.out.len; n++) {
            char *copy = lg_strndup(z.out.data, z.out.len, &err);
            copy[n] ^= (char)(1 << n % 8);
            lg_buf bad = {.data = copy, .len = z.out.len};
            if (open_bytes(&bad, "x.zip") == LG_OK) read_all();
            else CHECK(err.code == 337 || err.code == 338);
            drop();
            lg_free(copy);
        }
        zip_release(&z);
    }
}

TEST(zips_that_lie)
{
    static const struct {
        zip_how how;
        const char *why;
    } lie[] = {{{.crc = 5}, "checksum"},
               {{.deflate = true, .size = 1000}, "another than the archive's list says"},
               {{.deflate = true, .size = 1}, "another than the archive's list says"},
               {{.deflate = true, .size = 1 << 19}, "sizes"}, /* no memory is taken for what cannot be */
               {{.size = 3000}, "sizes"},
               {{.packed = 3}, "sizes"},
               {{.place = 40}, "not where the archive's list says"},
               {{.place = 1 << 30}, "not where the archive's list says"},
               {{.method = 12}, "method 12"},
               {{.method = 98}, "method 98"}};
    for (size_t i = 0; i < sizeof lie / sizeof *lie; i++) {
        zipping z = {0};
        char text[300];
        memset(text, 'z', sizeof text - 1);
        text[sizeof text - 1] = 0;
        packed_text(&z, "first", text, (zip_how){0});
        packed_text(&z, "x", text, lie[i].how);
        zip_end(&z, (zip_end_how){0});
        CHECK_OK(open_bytes(&z.out, "x.zip"));
        CHECK_STR(text_of("x"), "LL337");
        CHECK_HAS(err.why, lie[i].why);
        CHECK_STR(text_of("first"), text);
        zip_release(&z);
        drop();
    }
}

/* Many entries that are one and the same place of the file. */
TEST(entries_over_one_another)
{
    zipping z = {0};
    char text[2000];
    memset(text, 'z', sizeof text - 1);
    text[sizeof text - 1] = 0;
    packed_text(&z, "0", text, (zip_how){0});
    for (int i = 1; i < 9; i++) {
        char name[2] = {(char)('0' + i), 0};
        packed_text(&z, name, "", (zip_how){.place = 1, .size = 1999, .packed = 1999});
    }
    zip_end(&z, (zip_end_how){0});
    CHECK(open_bytes(&z.out, "x.zip") == LG_E_FORMAT);
    CHECK_INT(err.code, 337);
    CHECK_HAS(err.why, "over one another");
    zip_release(&z);
    packed_text(&z, "0", text, (zip_how){0});
    zip_end(&z, (zip_end_how){.count = 60000}); /* more than there are */
    CHECK(open_bytes(&z.out, "x.zip") == LG_E_FORMAT);
    zip_release(&z);
    packed_text(&z, "0", text, (zip_how){0});
    zip_end(&z, (zip_end_how){.disk = 3});
    CHECK(open_bytes(&z.out, "x.zip") != LG_OK);
    CHECK_INT(err.code, 337);
    zip_release(&z);
    drop();
}

TEST(damaged_tars)
{
    lg_buf t;
    static char long_text[3000];
    memset(long_text, 'y', sizeof long_text - 1);
    lg_buf_init(&t, 0);
    tar_add(&t, "a/1.txt", '0', "one", 3);
    tar_record(&t, "path=a/2.txt");
    tar_add(&t, "2", '0', long_text, 2999);
    tar_add(&t, "b.txt", '0', "three", 5);
    size_t whole = t.len;
    tar_end(&t);
    for (size_t n = 1; n < whole; n++) {
        lg_buf cut = {.data = t.data, .len = n};
        lg_status st = open_bytes(&cut, "x.tar");
        /* Cut between files, or in what fills the last block, nothing is missing. */
        bool whole_files = (n >= 515 && n <= 1024) || n == 2048 || (n >= 2560 + 2999 && n <= 5632) || n >= 6144 + 5;
        CHECK_INT(st, whole_files ? LG_OK : LG_E_FORMAT);
        if (st) CHECK_INT(err.code, 337);
        else read_all();
        drop();
    }
    for (size_t n = 0; n < whole; n++) {
        char keep = t.data[n];
        t.data[n] = (char)(keep ^ (1 << n % 8));
        bool header = n < 512 || (n >= 1024 && n < 1536) || (n >= 2048 && n < 2560) || (n >= 5632 && n < 6144);
        header = header && (n % 512 < 148 || n % 512 > 155); /* in it, 0 may become a blank */
        if (open_bytes(&t, "x.tar") == LG_OK) {
            CHECK(!header); /* it has a checksum */
            for (size_t i = 0; i < data_archive_count(a); i++) text_of(data_archive_name(a, i));
        } else {
            CHECK(err.code == 337);
        }
        drop();
        t.data[n] = keep;
    }
    size_t len = t.len;
    char *small = squeeze(t.data, &len, 31);
    for (size_t n = 2; n < len; n++) {
        lg_buf cut = {.data = small, .len = n};
        CHECK(open_bytes(&cut, "x.tar.gz") == LG_E_FORMAT);
        CHECK_INT(err.code, 337);
    }
    for (size_t n = 10; n < len; n++) { /* its checksum comes last, and is looked at */
        small[n] ^= 1;
        lg_buf bad = {.data = small, .len = len};
        lg_status st = open_bytes(&bad, "x.tar.gz");
        small[n] ^= 1;
        if (st == LG_OK) read_all();
        else CHECK(err.code == 337);
    }
    lg_free(small);
    lg_buf_release(&t);
    drop();
}

TEST(tars_with_impossible_numbers)
{
    lg_buf t;
    static const char *const record[] = {"size=99999999999999999999999999", "size=-5", "size=1x"};
    for (int i = 0; i < 3; i++) {
        lg_buf_init(&t, 0);
        tar_record(&t, record[i]);
        tar_add(&t, "x", '0', "x", 1);
        tar_end(&t);
        CHECK(open_bytes(&t, "x.tar") == LG_E_FORMAT);
        lg_buf_release(&t);
    }
    static const uint64_t size[] = {(uint64_t)1 << 40, (uint64_t)1 << 62, UINT64_MAX, (uint64_t)INT64_MAX - 100};
    for (int i = 0; i < 4; i++) {
        lg_buf_init(&t, 0);
        tar_head(&t, "x", '0', size[i], "");
        tar_end(&t);
        CHECK(open_bytes(&t, "x.tar") == LG_E_FORMAT);
        lg_buf_release(&t);
    }
    static const char *const bad[] = {"9 path=x", "path=x", "5 x\n\n", "99999999 path=x\n", "10 pathxxx\n"};
    for (int i = 0; i < 5; i++) {
        lg_buf_init(&t, 0);
        tar_add(&t, "PaxHeader", 'x', bad[i], strlen(bad[i]));
        tar_add(&t, "x", '0', "x", 1);
        tar_end(&t);
        CHECK(open_bytes(&t, "x.tar") == LG_E_FORMAT);
        CHECK_HAS(err.why, "record");
        lg_buf_release(&t);
    }
    drop();
}

/* pigz and cat write several members; dd and tapes leave zeros behind them. */
TEST(packed_tars_of_several_members)
{
    lg_buf t, out;
    lg_buf_init(&t, 0), lg_buf_init(&out, 0);
    tar_add(&t, "a.txt", '0', "one", 3);
    tar_add(&t, "b.txt", '0', "three", 5);
    tar_end(&t);
    for (size_t at = 0; at < t.len; at += 700) {
        size_t len = t.len - at < 700 ? t.len - at : 700;
        char *small = squeeze(t.data + at, &len, 31);
        lg_buf_add(&out, small, len);
        lg_free(small);
    }
    for (int i = 0; i < 100; i++) lg_buf_addc(&out, 0);
    CHECK_OK(open_bytes(&out, "x.tar.gz"));
    CHECK_STR(names(), "a.txt b.txt ");
    CHECK_STR(text_of("b.txt"), "three");
    lg_buf_release(&t), lg_buf_release(&out);
    drop();
}

/* ---- bombs ---- */
TEST(packed_bombs)
{
    enum { MB = 1 << 20 };
    lg_buf t, out;
    lg_buf_init(&t, 0), lg_buf_init(&out, 0);
    tar_head(&t, "zeros", '0', (uint64_t)1 << 40, "");
    size_t len = t.len;
    char *head = squeeze(t.data, &len, 31), *zeros = lg_alloc(MB, 1, &err);
    lg_buf_add(&out, head, len);
    len = MB;
    char *piece = squeeze(zeros, &len, 31);
    for (int i = 0; i < 500; i++) lg_buf_add(&out, piece, len);
    CHECK(open_bytes(&out, "x.tar.gz") == LG_E_LIMIT);
    CHECK_INT(err.code, 338);
    CHECK_HAS(err.msg, "unpacks to more");
    CHECK_HAS(err.why, "200 times its size");
    lg_free(head), lg_free(zeros), lg_free(piece);
    lg_buf_release(&t), lg_buf_release(&out);
    drop();
}

TEST(zip_bombs)
{
    zipping z = {0};
    for (int i = 0; i < 20; i++) {
        char name[20];
        snprintf(name, sizeof name, "%d.png", i);
        packed_text(&z, name, "0123456789", (zip_how){.size = 60 << 20, .method = 8});
    }
    zip_end(&z, (zip_end_how){0});
    CHECK(open_bytes(&z.out, "x.zip") == LG_E_LIMIT);
    CHECK_INT(err.code, 338);
    zip_release(&z);
    packed_text(&z, "x", "0123456789", (zip_how){.zip64 = true, .size = UINT64_MAX - 5, .method = 8});
    zip_end(&z, (zip_end_how){0});
    CHECK(open_bytes(&z.out, "x.zip") == LG_E_LIMIT);
    zip_release(&z);
    drop();
}

TEST(more_entries_than_there_may_be)
{
    zipping z = {0};
    lg_buf t;
    lg_buf_init(&t, 0);
    for (int i = 0; i < 6; i++) {
        packed_text(&z, "x", "", (zip_how){0}); /* also where all of them are one */
        tar_head(&t, "l", '2', 0, "x");
    }
    zip_end(&z, (zip_end_how){0});
    tar_end(&t);
    for (size_t most = 4; most < 8; most++) {
        const data_archive_watch watch = {.most = most};
        lg_err_clear(&err);
        CHECK_INT(data_archive_from(z.out.data, z.out.len, "x.zip", &watch, &a, &err), most < 6 ? LG_E_LIMIT : LG_OK);
        if (most < 6) CHECK_INT(err.code, 338);
        drop();
        lg_err_clear(&err);
        CHECK_INT(data_archive_from(t.data, t.len, "x.tar", &watch, &a, &err), most < 6 ? LG_E_LIMIT : LG_OK);
        if (most < 6) CHECK_INT(err.code, 338);
        drop();
    }
    lg_buf_release(&t);
    zip_release(&z);
}

/* ---- limits, interrupts, memory ---- */
TEST(a_file_larger_than_its_reader_allows)
{
    zipping z = {0};
    good_zip(&z, false);
    CHECK_OK(open_bytes(&z.out, "x.zip"));
    lg_buf small;
    lg_buf_init(&small, 100);
    lg_err_clear(&err);
    CHECK(data_archive_read(a, "a/2.txt", &small, &err) == LG_E_LIMIT);
    CHECK_INT(err.code, 303);
    CHECK(small.data == NULL);
    lg_err_clear(&err);
    CHECK(data_archive_read(a, "a", &small, &err) == LG_E_DATA); /* a folder is no file */
    CHECK_INT(err.code, 302);
    lg_buf_release(&small);
    zip_release(&z);
    drop();
}

static size_t told, last_told;

static void count_told(void *ctx, size_t done, size_t count)
{
    (void)ctx;
    CHECK(done <= count && done >= last_told);
    told++;
    last_told = done;
}

TEST(interrupted)
{
    lg_cancel cancel = {0};
    three_folders(2);
    for (int kind = 0; kind < PACK_KINDS; kind++) {
        told = last_told = 0;
        const char *from = pack_folder(set_folder(), "x", (packing)kind, "");
        lg_cancel_clear(&cancel);
        CHECK_OK(LOAD(.from = from, .size = {8, 8, 0}, .cancel = &cancel, .unpacking = count_told));
        CHECK(kind == PACK_TAR_GZ ? told > 0 : told == 0);
        lg_cancel_set(&cancel);
        CHECK(LOAD(.from = from, .size = {8, 8, 0}, .cancel = &cancel) == LG_E_INTERRUPTED);
        lg_err_clear(&err);
        CHECK(data_archive_open(from, &(data_archive_watch){.cancel = &cancel}, &a, &err) == LG_E_INTERRUPTED);
    }
}

TEST(memory_runs_out)
{
    zipping z = {0};
    lg_buf t;
    lg_buf_init(&t, 0);
    good_zip(&z, false);
    tar_record(&t, "path=a/1.txt");
    tar_add(&t, "1", '0', "one", 3);
    tar_add(&t, "b.txt", '0', "three", 5);
    tar_end(&t);
    size_t len = t.len;
    char *small = squeeze(t.data, &len, 31);
    lg_buf gz = {.data = small, .len = len};
    const lg_buf *of[] = {&z.out, &t, &gz};
    for (int kind = 0; kind < 3; kind++)
        for (long n = 1, failed = 1; failed; n++) {
            lg_buf_release(&got);
            lg_alloc_fail_at(n, false);
            lg_status st = open_bytes(of[kind], "x");
            if (!st) st = strcmp(text_of("a/1.txt"), "one") ? LG_E_MEMORY : LG_OK;
            lg_alloc_fail_at(0, false);
            failed = st != LG_OK;
            if (failed) CHECK_INT(err.code, 901);
            CHECK(n < 1000);
            drop();
        }
    lg_free(small);
    lg_buf_release(&t);
    zip_release(&z);
}
