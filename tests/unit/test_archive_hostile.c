/* Archives that were made to harm: encrypted, of other kinds, damaged, larger than they say; and those whose reading is
 * interrupted or runs out of memory. */
#include "tests/support/archive_open.h"

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
