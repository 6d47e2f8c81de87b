/* Datasets as bytes: what was saved comes back equal, and what the pictures do meanwhile is told. */
#include "lib/data/set_pack.h"
#include <math.h>
#include "lib/base/pool.h"
#include "lib/data/clean.h"
#include "tests/support/load.h"

static lg_buf out;
static data_set *again;
static data_lost lost;

static lg_status unpack(const void *data, size_t len, const char *base)
{
    lg_unpack in;
    lg_err_clear(&err);
    data_unref(again);
    again = NULL;
    lg_unpack_init(&in, data, len, "logos.ldata", "images");
    return data_unpack(&(data_unpack_spec){.in = &in, .base = base}, &again, &lost, &err);
}

static void pack(const data_set *of, const char *base)
{
    lg_buf_release(&out);
    lg_buf_init(&out, 0);
    data_pack(of, base, &out);
    CHECK_OK(lg_buf_check(&out, &err));
}

static void same_sets(const data_set *a, const data_set *b)
{
    char x[65], y[65];
    CHECK_OK(data_fingerprint(a, x, &err));
    CHECK_OK(data_fingerprint(b, y, &err));
    CHECK_STR(x, y);
    CHECK_STR(data_recipe(a), data_recipe(b));
    CHECK_INT(data_seed(a), data_seed(b));
    data_size size = data_shape(a);
    size_t fields, more;
    data_fields(a, &fields), data_fields(b, &more);
    CHECK_INT(fields, more);
    CHECK_INT(data_count(a), data_count(b));
    for (size_t i = 0; i < data_count(a); i++) {
        data_image p, q;
        data_image_at(a, i, &p), data_image_at(b, i, &q);
        CHECK(p.id == q.id && p.w == q.w && p.h == q.h && p.grey == q.grey && p.phash == q.phash);
        CHECK(p.group == q.group && p.duplicate == q.duplicate && p.label == q.label && p.split == q.split);
        CHECK(p.brightness == q.brightness && !p.broken == !q.broken);
        CHECK_STR(p.name, q.name);
        CHECK_STR(p.path, q.path);
        CHECK_STR(p.source, q.source);
        size_t bytes = (size_t)size.h * (size_t)size.w * (size_t)size.c;
        if (bytes) CHECK(memcmp(ds_pixels(a, i), ds_pixels(b, i), bytes) == 0);
        for (size_t k = 0; k < fields; k++) {
            data_value v, w;
            CHECK(data_field(a, i, data_fields(a, NULL)[k], &v, &err));
            CHECK(data_field(b, i, data_fields(b, NULL)[k], &w, &err));
            bool unknown = v.kind != DATA_TEXT && isnan(v.number) && isnan(w.number);
            CHECK(v.kind == w.kind &&
                  (unknown || (v.kind == DATA_TEXT ? !strcmp(v.text, w.text) : v.number == w.number)));
        }
    }
}

TEST(what_was_saved_comes_back)
{
    three_folders(8);
    ds_text("set/Puma/broken.png", "no picture");
    CHECK_OK(LOAD(.size = {8, 12, 0}));
    pack(set, "");
    CHECK_OK(unpack(out.data, out.len, ""));
    CHECK_INT(lost.count, 0);
    same_sets(set, again);
    const uint32_t ids[] = {3, 4};
    CHECK_OK(data_drop(set, ids, 2, &next, &err)); /* an edited version: numbers with gaps */
    pack(next, "");
    CHECK_OK(unpack(out.data, out.len, ""));
    same_sets(next, again);
}

/* Numbers of images and of their look-alikes stay what they were, so they lie beyond the number of images left. */
/* The longest texts a labels file may have: whatever was saved can be opened. */
TEST(texts_at_their_limits_come_back)
{
    enum { CELL = 1 << 20, COLUMN = 4096, LABEL = 200 };
    lg_buf text;
    three_folders(2);
    lg_buf_init(&text, 8 << 20);
    lg_buf_adds(&text, "file,label,source,");
    for (int i = 0; i < COLUMN; i++) lg_buf_addc(&text, 'c');
    lg_buf_adds(&text, "\nset/nike/00.png,");
    for (int i = 0; i < LABEL; i++) lg_buf_addc(&text, 'l');
    for (int k = 0; k < 2; k++) {
        lg_buf_addc(&text, ',');
        for (int i = 0; i < CELL; i++) lg_buf_addc(&text, 't');
    }
    lg_buf_adds(&text, "\nset/nike/01.png,b,s,t\n");
    ds_write("long.csv", text.data, text.len);
    lg_buf_release(&text);
    char name[200];
    snprintf(name, sizeof name, "%s/long.csv", ds_folder);
    CHECK_OK(LOAD(.labels = name, .size = {8, 8, 0}));
    pack(set, ds_folder);
    CHECK_OK(unpack(out.data, out.len, ds_folder));
    same_sets(set, again);
}

TEST(a_part_is_a_set_like_any_other)
{
    three_folders(8);
    ds_picture("set/zebra/1.png", 2007, 27, 30, 3, 3); /* the last picture of Puma, a little brighter */
    ds_picture("set/zebra/2.png", 2007, 27, 30, 3, 6);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    const uint32_t front[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    CHECK_OK(data_drop(set, front, 10, &next, &err));
    pack(next, "");
    CHECK_OK(unpack(out.data, out.len, ""));
    same_sets(next, again);
    data_split_report report_split;
    data_set *halves = NULL;
    CHECK_OK(data_split(again, &(data_split_spec){.cut = {0.5, 0.5, 0}, .seed = 3}, &halves, &report_split, &err));
    CHECK(report_split.groups == 1 && report_split.group_images >= 2 && report_split.across == 0);
    data_unref(halves);
    CHECK_OK(data_drop(again, &(uint32_t){11}, 1, &halves, &err));
    data_image last;
    data_image_at(halves, data_count(halves) - 1, &last);
    CHECK(last.duplicate);
    data_unref(halves);
}

TEST(augmentation_is_kept)
{
    data_augment augment = {.times = 4, .seed = 9, .fresh = true}, back;
    lg_err_clear(&err);
    three_folders(4);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK(img_augment_set(&augment.how, "rotate", 12.5) && img_augment_set(&augment.how, "shift", 0.12345678901234567));
    CHECK_OK(data_augmented(set, &augment, &next, &err));
    pack(next, "");
    CHECK_OK(unpack(out.data, out.len, ""));
    same_sets(next, again);
    back = data_augment_of(again);
    CHECK(memcmp(&back, &augment, sizeof back) == 0);
}

TEST(what_clean_did_is_done_again)
{
    data_clean_report cleaned = {0};
    lg_err_clear(&err);
    three_folders(4);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    data_clean_spec spec = {.rules = data_rules_of(set)};
    spec.rules.glare = 90, spec.rules.dark = 0.1; /* most of these pictures are brighter somewhere */
    CHECK_OK(data_clean(set, &spec, &next, &cleaned, &err));
    CHECK(cleaned.rule[DATA_RULE_GLARE].images > 0);
    data_clean_report_release(&cleaned);
    pack(next, "");
    CHECK_OK(unpack(out.data, out.len, ""));
    same_sets(next, again);
    data_rules kept = data_rules_of(again);
    CHECK_INT(kept.glare, 90);
}

TEST(columns_and_sizes_that_differ)
{
    three_folders(3);
    ds_picture("set/Puma/large.png", 99, 40, 50, 1, 0);
    ds_text("labels.csv", "file,label,user\nset/Puma/00.png,Puma,ana\nset/Puma/large.png,Puma,Zoë\n"
                          "set/nike/00.png,nike,\nset/nike/01.png,nike,bo\n");
    char labels[300];
    snprintf(labels, sizeof labels, "%s/labels.csv", ds_folder);
    CHECK_OK(LOAD(.labels = labels));
    CHECK_INT(data_shape(set).h, 0);
    pack(set, "");
    CHECK_OK(unpack(out.data, out.len, ""));
    same_sets(set, again);
}

TEST(a_project_moves_as_a_whole)
{
    char moved[200];
    data_image image;
    three_folders(4);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    pack(set, ds_folder);
    snprintf(moved, sizeof moved, "%s-moved", ds_folder);
    CHECK(rename(ds_folder, moved) == 0);
    lg_status st = unpack(out.data, out.len, moved);
    CHECK(rename(moved, ds_folder) == 0);
    CHECK_OK(st);
    CHECK_INT(lost.count, 0);
    CHECK_INT(data_count(again), data_count(set));
    data_image_at(again, 0, &image);
    CHECK(strncmp(image.path, moved, strlen(moved)) == 0);
}

TEST(pictures_that_went_or_changed)
{
    char path[300], before[65], after[65];
    data_image image;
    three_folders(4);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    pack(set, "");
    snprintf(path, sizeof path, "%s/set/nike/01.png", ds_folder);
    CHECK(remove(path) == 0);
    ds_picture("set/Puma/02.png", 77, 20, 30, 3, 0);
    CHECK_OK(unpack(out.data, out.len, ""));
    CHECK_INT(lost.count, 2);
    CHECK_STR(lost.name, "set/Puma/02.png");
    CHECK_STR(lost.why, "it has changed since it was loaded");
    CHECK_INT(data_count(again), 12);
    data_image_at(again, (size_t)data_row_named(again, "set/nike/01.png"), &image);
    CHECK_STR(image.broken, "the file is gone");
    CHECK(!*image.sha256);
    CHECK_OK(data_fingerprint(set, before, &err));
    CHECK_OK(data_fingerprint(again, after, &err));
    CHECK(strcmp(before, after) != 0);
}

TEST(no_picture_is_left)
{
    three_folders(4);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    pack(set, "");
    ds_new();
    CHECK(unpack(out.data, out.len, "") == LG_E_DATA);
    CHECK_INT(err.code, 302);
    CHECK_HAS(err.msg, "logos.ldata");
    CHECK_HAS(err.why, "/set/Adidas/00.png: the file is gone");
}

/* ---- what is not believed ---- */
TEST(cut_at_every_byte_and_any_byte_in_every_place)
{
    static const unsigned char values[] = {0x00, 0x01, 0x80, 0xff};
    three_folders(2);
    ds_picture("set/Puma/large.png", 99, 40, 50, 1, 0); /* sizes differ: no pictures are read */
    CHECK_OK(LOAD(.size = {0}));
    pack(set, "");
    CHECK_OK(unpack(out.data, out.len, ""));
    for (size_t len = 0; len < out.len; len++) {
        char *part = malloc(len ? len : 1);
        memcpy(part, out.data, len);
        CHECK(unpack(part, len, "") == LG_E_FORMAT);
        CHECK_INT(err.code, 331);
        free(part);
    }
    int refused = 0;
    for (size_t i = 0; i < out.len; i++) {
        char was = out.data[i];
        for (size_t v = 0; v < sizeof values; v++) {
            out.data[i] = (char)values[v];
            lg_status st = unpack(out.data, out.len, "");
            CHECK(st == LG_OK || err.code == 331 || err.code == 302 || err.code == 601);
            refused += st != LG_OK;
        }
        out.data[i] = was;
    }
    CHECK(refused > 300);
    data_unref(again);
    again = NULL;
    let_go();
}
