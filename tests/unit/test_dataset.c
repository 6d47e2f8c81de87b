/* Datasets: loading from folders, files and patterns; versions, edits, parts, pixels. */
#include "lib/data/dataset.h"
#include "lib/base/pool.h"
#include "tests/support/load.h"

TEST(folders)
{
    data_image image;
    three_folders(10);
    ds_text("set/Adidas/notes.md", "not an image");
    ds_text("set/.DS_Store", "x");
    ds_text("set/Puma/._00.png", "a fork of another system");
    CHECK_OK(LOAD(.size = {8, 12, 0}));
    CHECK_INT(data_count(set), 30);
    CHECK_INT(report.files, 30);
    CHECK_INT(report.ignored, 1);
    CHECK_INT(report.labelled, 30);
    CHECK_INT(report.notes, 0);
    CHECK_INT(data_classes(set), 3);
    CHECK_STR(data_class_name(set, 0), "Adidas"); /* alphabetical, whatever the case */
    CHECK_STR(data_class_name(set, 1), "nike");
    CHECK_STR(data_class_name(set, 2), "Puma");
    CHECK_INT(data_class_find(set, "PUMA"), 2);
    data_image_at(set, 0, &image);
    CHECK_INT(image.id, 1);
    CHECK_STR(image.name, "set/Adidas/00.png"); /* byte order of the path: A, P, n */
    data_image_at(set, 29, &image);
    CHECK_INT(image.id, 30);
    CHECK_STR(image.name, "set/nike/09.png");
    CHECK_INT(image.h, 20);
    CHECK_INT(image.w, 30);
    CHECK_INT(strlen(image.sha256), 64);
    CHECK_STR(image.source, "logos");
    CHECK(image.brightness > 0.2f && image.brightness < 0.8f);
    CHECK(!image.grey && !image.broken && image.group == 30);
    data_size size = data_shape(set);
    CHECK(size.h == 8 && size.w == 12 && size.c == 3);
    CHECK_HAS(data_recipe(set), "labels folders size 8x12 fit crop seed 1\nsplit 80/20 seed 1");
}

TEST(counts_and_parts)
{
    data_counts counts;
    three_folders(10);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_OK(data_count_classes(set, &counts, &err));
    for (int c = 0; c < 3; c++) {
        CHECK_INT(counts.count[DATA_TRAIN][c], 8);
        CHECK_INT(counts.count[DATA_VAL][c], 2);
    }
    CHECK_INT(counts.usable, 30);
    data_counts_release(&counts);
    CHECK_OK(data_part(set, DATA_VAL, &next, &err));
    CHECK_INT(data_count(next), 6);
    CHECK_INT(data_classes(next), 3);
    data_image image;
    for (size_t i = 0; i < data_count(next); i++) {
        data_image_at(next, i, &image);
        CHECK_INT(image.split, DATA_VAL);
        CHECK_INT(data_row_of(next, image.id), i);
        CHECK(memcmp(ds_pixels(next, i), ds_pixels(set, image.id - 1), 8 * 8 * 3) == 0);
    }
}

TEST(labels_file_and_unlabelled)
{
    three_folders(10);
    ds_text("labels.txt",
            "set/Adidas/00.png\tLogo\nset/Adidas/01.png\tlogo\nset/Puma/00.png\tother\nset/Puma/01.png\tother\n");
    CHECK_OK(LOAD(.labels = "labels.txt", .size = {8, 8, 0}));
    CHECK_INT(report.labelled, 4);
    CHECK_INT(data_classes(set), 2);
    CHECK_STR(data_class_name(set, 0), "Logo"); /* the case first seen */
    const data_note *note = ds_note(&report, 301);
    CHECK(note != NULL);
    CHECK_STR(note->msg, "26 of 30 images have no label");
    CHECK_STR(note->why,
              "the first are set/Adidas/02.png, set/Adidas/03.png, set/Adidas/04.png; labels.txt has 4 lines");
    CHECK_STR(note->hint, "they were left out; list them with `show logos where label = \"\"`");
    CHECK_INT(note->at, DATA_AT_LABELS);
    CHECK_INT(note->count, 26);
}

TEST(matching_order)
{
    ds_new();
    ds_picture("a/x.png", 1, 9, 9, 3, 0);
    ds_picture("b/x.png", 2, 9, 9, 3, 0);
    ds_picture("b/y.png", 3, 9, 9, 3, 0);
    ds_picture("c/z.v1.png", 4, 9, 9, 3, 0);
    ds_text("c/z.v1.txt", "boxes beside the image");
    ds_text("l.csv", "a/x.png,one\nb\\x.png,two\ny.png,three\nz.v1,four\nx.png,five\n");
    CHECK_OK(LOAD(.labels = "l.csv", .size = {8, 8, 0}));
    static const char *const want[] = {"one", "two", "three", "four"};
    for (size_t i = 0; i < 4; i++) {
        data_image image;
        data_image_at(set, i, &image);
        CHECK_STR(data_class_name(set, image.label), want[i]);
    }
    CHECK_INT(report.unmatched, 1); /* x.png: there are two */
    CHECK_HAS(ds_note(&report, 306)->why, "line 5: x.png; 1 fit several images, in different folders");
    char full[400];
    snprintf(full, sizeof full, "%s/a/x.png,one\n%s/y.png,two\n", ds_folder, strrchr(ds_folder, '/') + 1);
    ds_text("l.csv", full); /* absolute, and with the folder's own name in front */
    CHECK(LOAD(.labels = "l.csv", .size = {8, 8, 0}) == LG_E_DATA); /* one image is none */
    CHECK_HAS(err.msg, "only 1 image has a label");
    ds_text("l.csv", "a/x.png,one\n../b/y.png,two\n");
    CHECK(LOAD(.labels = "l.csv", .size = {8, 8, 0}) == LG_E_DENIED);
}

TEST(conflicts_are_left_out)
{
    three_folders(10);
    ds_text(
        "labels.txt",
        "set/Adidas/00.png,a\nset/Adidas/01.png,b\nset/Adidas/02.png,a\nset/Adidas/00.png,b\nset/Adidas/01.png,B\n");
    CHECK_OK(LOAD(.labels = "labels.txt", .size = {8, 8, 0}));
    CHECK_INT(report.labelled, 2);
    CHECK_INT(report.conflicts, 1);
    CHECK_INT(report.repeated, 1);
    CHECK_STR(ds_note(&report, 307)->msg, "1 image has two different labels");
    CHECK_STR(ds_note(&report, 307)->why, "set/Adidas/00.png: a (line 1) and b (line 4)");
    CHECK_STR(ds_note(&report, 301)->msg, "27 of 30 images have no label");
}

TEST(pattern)
{
    ds_new();
    ds_picture("adidas_1.png", 1, 9, 9, 3, 0);
    ds_picture("adidas_22.png", 2, 9, 9, 3, 0);
    ds_picture("new_balance_3.png", 3, 9, 9, 3, 0);
    ds_picture("new_balance_4.png", 4, 9, 9, 3, 0);
    ds_picture("puma.png", 5, 9, 9, 3, 0);
    CHECK_OK(LOAD(.labels = "(.*)_[0-9]+", .size = {8, 8, 0}));
    CHECK_INT(data_classes(set), 2);
    CHECK_STR(data_class_name(set, 1), "new_balance");
    CHECK_INT(report.unlabelled, 1);
    CHECK_OK(LOAD(.labels = "(.*)_\\d+\\.png", .size = {8, 8, 0}));
    CHECK_INT(data_classes(set), 2);
    CHECK(LOAD(.labels = "x(.*)_[0-9]+", .size = {8, 8, 0}) == LG_E_DATA);
    CHECK_HAS(err.why, "the first name is adidas_1.png");
    CHECK(LOAD(.labels = "(.*", .size = {8, 8, 0}) == LG_E_ARG);
    CHECK_INT(err.code, 319);
    CHECK(LOAD(.labels = "(.*)\\1", .size = {8, 8, 0}) == LG_E_ARG);
    CHECK(LOAD(.labels = "((a{1,200}){1,200})", .size = {8, 8, 0}) == LG_E_ARG);
    char name[240];
    snprintf(name, sizeof name, "%0201d_5.png", 7);
    ds_picture(name, 6, 9, 9, 3, 0);
    CHECK(LOAD(.labels = "(.*)_[0-9]+", .size = {8, 8, 0}) == LG_E_LIMIT);
    CHECK_INT(err.code, 322);
    CHECK_HAS(err.msg, "a label of 201 bytes");
    CHECK_OK(LOAD(.labels = "[0-9](.*)_[0-9]+", .size = {8, 8, 0}));
}

TEST(published_sets)
{
    ds_new();
    ds_picture("f27/images/144503924.png", 1, 9, 9, 3, 0);
    ds_picture("f27/images/2451569770.png", 2, 9, 9, 3, 0);
    ds_picture("f27/images/2912587920.png", 3, 9, 9, 3, 0);
    ds_picture("f27/images/1013364004_bcf87ed140.png", 4, 9, 9, 3, 0);
    ds_picture("f27/images/unknown.png", 5, 9, 9, 3, 0);
    ds_text("f27/flickr_logos_27_dataset_training_set_annotation.txt",
            "144503924.png Adidas 1 38 12 234 142 \n144503924.png Adidas 1 3 1 4 2 \n2451569770.png Nike 1 2 8 3 1 "
            "\nnot_here.png Nike 1 2 8 3 1\n");
    ds_text("f27/flickr_logos_27_dataset_query_set_annotation.txt", "2912587920.png\tNike\r\n");
    ds_text("f27/flickr_logos_27_dataset_distractor_set_urls.txt",
            "http://example.org/1184/1013364004_bcf87ed140.png\r\n");
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_INT(data_classes(set), 3);
    CHECK_STR(data_class_name(set, 1), "distractor");
    CHECK_INT(report.labelled, 4);
    CHECK_INT(report.unlabelled, 1);
    ds_new();
    ds_picture("v2/classes/jpg/adidas/1.png", 1, 9, 9, 3, 0);
    ds_picture("v2/classes/jpg/no-logo/2.png", 2, 9, 9, 3, 0);
    ds_picture("v2/classes/masks/adidas/1.png.mask.0.png", 3, 9, 9, 1, 0);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_INT(data_count(set), 2);
    CHECK_STR(data_class_name(set, 1), "no-logo");
}

TEST(real_flickr27)
{
    const char *folder = test_shared("data/logos/flickr27");
    data_counts counts;
    ds_new();
    CHECK_OK(lg_reach_allow_read(folder, &err));
    CHECK_OK(LOAD(.from = folder, .size = {32, 32, 0}));
    CHECK_INT(report.files, 430);
    CHECK_INT(report.labelled, 430);
    CHECK_INT(data_classes(set), 28);
    CHECK_OK(data_count_classes(set, &counts, &err));
    static const struct {
        const char *name;
        size_t count;
    } want[] = {{"Adidas", 25}, {"Nike", 24}, {"Puma", 25}, {"Apple", 12}, {"none", 68}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        int c = data_class_find(set, want[i].name);
        CHECK(c >= 0);
        CHECK_INT(counts.count[DATA_TRAIN][c] + counts.count[DATA_VAL][c], want[i].count);
    }
    data_counts_release(&counts);
    let_go();
}

TEST(broken_files_keep_their_number)
{
    data_image image;
    three_folders(3);
    ds_text("set/Adidas/00.png", "this is text");
    ds_text("set/Adidas/01.png", "");
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_INT(data_count(set), 9);
    CHECK_INT(report.broken, 2);
    CHECK_INT(report.labelled, 7);
    data_image_at(set, 2, &image);
    CHECK_INT(image.id, 3);
    data_image_at(set, 1, &image);
    CHECK_STR(image.broken, "the file is empty");
    CHECK_STR(ds_note(&report, 305)->msg, "2 of 9 images cannot be read");
    CHECK_STR(ds_note(&report, 310)->msg, "1 of 3 classes has fewer than two readable images");
    CHECK_HAS(ds_note(&report, 310)->why, "Adidas; one image cannot be both in train and in val");
    CHECK_OK(data_part(set, DATA_NONE, &next, &err));
    CHECK_INT(data_count(next), 7);
    img_picture p = {0};
    CHECK(data_thumbnail(set, 1, &p, &err) == LG_E_FORMAT);
    CHECK_INT(err.code, 305);
}

TEST(places_that_are_not_there)
{
    ds_new();
    CHECK(LOAD(.size = {8, 8, 0}) == LG_E_DATA);
    CHECK_INT(err.code, 309);
    CHECK(LOAD(.from = "/tmp/logolens-no-such-folder") != LG_OK);
    CHECK_INT(err.code, 302);
    CHECK(LOAD(.from = "/etc") != LG_OK);
    CHECK_INT(err.code, 601);
    ds_text("readme.txt", "no images here");
    CHECK(LOAD(.size = {8, 8, 0}) == LG_E_DATA);
    CHECK_HAS(err.why, "1 file, none with a name like .jpg, .png or .bmp; the first is readme.txt");
    ds_text("a.png", "broken");
    CHECK(LOAD(.size = {8, 8, 0}) == LG_E_DATA);
    CHECK_HAS(err.msg, "the only image in");
    ds_picture("b.png", 1, 9, 9, 3, 0);
    CHECK(LOAD(.labels = "label.txt", .size = {8, 8, 0}) == LG_E_DATA);
    CHECK_STR(err.msg, "there is no labels file `label.txt`");
    CHECK(LOAD(.size = {8, 8, 2}) == LG_E_ARG);
    CHECK_INT(err.code, 318);
    CHECK(set == NULL);
}

TEST(one_class_and_flat_folders)
{
    ds_new();
    ds_picture("Adidas/1.png", 1, 9, 9, 3, 0);
    ds_picture("Adidas/2.png", 2, 9, 9, 3, 0);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_STR(ds_note(&report, 310)->msg, "all labelled images are of one class, `Adidas`");
    ds_new();
    ds_picture("1.png", 1, 9, 9, 3, 0);
    ds_picture("2.png", 2, 9, 9, 3, 0);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_INT(report.labelled, 0);
    CHECK_STR(ds_note(&report, 301)->msg, "2 of 2 images have no label");
    CHECK_HAS(ds_note(&report, 301)->why, "not in a folder for each class");
    uint32_t rows[4];
    CHECK_INT(data_sample(set, 4, 1, rows), 2);
}

TEST(sizes)
{
    three_folders(4); /* heights differ */
    CHECK_OK(LOAD(.labels = NULL));
    CHECK_INT(data_shape(set).h, 0);
    CHECK(ds_pixels(set, 0) == NULL);
    CHECK(data_need_pixels(set, "logos", &err) == LG_E_DATA);
    CHECK_INT(err.code, 315);
    CHECK_STR(err.hint, "clean logos size 64x64");
    lg_err_clear(&err);
    img_picture p = {0};
    CHECK_OK(data_thumbnail(set, 0, &p, &err));
    CHECK(p.h == 96 && p.w == 96 && p.c == 3);
    img_picture_release(&p);
    data_resize_spec spec = {.size = {10, 14, 0}, .fit = IMG_FIT_STRETCH};
    CHECK_OK(data_resize(set, &spec, &next, &err));
    CHECK_INT(data_shape(next).w, 14);
    CHECK_INT(data_shape(set).h, 0);
    CHECK_OK(data_need_pixels(next, "logos", &err));
    CHECK_HAS(data_recipe(next), "size 10x14x3 fit stretch");
    uint8_t resized[10 * 14 * 3];
    memcpy(resized, ds_pixels(next, 5), sizeof resized);
    CHECK_OK(LOAD(.size = {10, 14, 3}, .fit = IMG_FIT_STRETCH)); /* the same pixels either way */
    CHECK(memcmp(resized, ds_pixels(set, 5), sizeof resized) == 0);
}

TEST(one_size_is_kept_and_grey_stays_grey)
{
    ds_new();
    for (int i = 0; i < 6; i++) {
        char name[32];
        snprintf(name, sizeof name, "%c/%d.png", i < 3 ? 'a' : 'b', i);
        ds_picture(name, i, 11, 13, 1, 0);
    }
    CHECK_OK(LOAD(.labels = NULL));
    data_size size = data_shape(set);
    CHECK(size.h == 11 && size.w == 13 && size.c == 1);
    img_picture p = {0};
    CHECK_OK(data_original(set, 2, 0, &p, &err));
    CHECK(p.h == 11 && p.w == 13 && p.c == 3);
    for (int i = 0; i < 11 * 13; i++) CHECK_INT(p.px[3 * i], ds_pixels(set, 2)[i]);
    img_picture_release(&p);
    CHECK_OK(LOAD(.size = {5, 5, 0}));
    CHECK_INT(data_shape(set).c, 1);
    CHECK_OK(LOAD(.size = {5, 5, 3}));
    CHECK_INT(data_shape(set).c, 3);
    ds_picture("b/9.png", 9, 11, 13, 3, 0);
    CHECK_OK(LOAD(.size = {5, 5, 0}));
    CHECK_INT(data_shape(set).c, 3);
}

TEST(batches)
{
    float x[2 * 8 * 8 * 3];
    int32_t y[2];
    three_folders(3);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    ds_fill(set, (const uint32_t[]){8, 0}, 2, x, y);
    CHECK_INT(y[0], 1); /* nike */
    CHECK_INT(y[1], 0);
    for (int i = 0; i < 8 * 8 * 3; i++) {
        CHECK(x[i] == (float)ds_pixels(set, 8)[i] / 255.0f);
        CHECK(x[192 + i] == (float)ds_pixels(set, 0)[i] / 255.0f);
    }
    ds_fill(set, (const uint32_t[]){3}, 1, NULL, y);
    CHECK_INT(y[0], 2);
}

TEST(originals)
{
    img_picture p = {0};
    three_folders(3);
    ds_picture("set/Adidas/00.png", 7, 300, 600, 3, 0);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_OK(data_original(set, 0, 200, &p, &err));
    CHECK(p.h == 100 && p.w == 200);
    img_picture_release(&p);
    CHECK_OK(data_original(set, 0, 0, &p, &err));
    CHECK(p.h == 300 && p.w == 600);
    img_picture_release(&p);
    ds_picture("set/Adidas/00.png", 8, 300, 600, 3, 0);
    CHECK(data_original(set, 0, 0, &p, &err) == LG_E_DATA);
    CHECK_INT(err.code, 317);
    CHECK_STR(err.msg, "set/Adidas/00.png has changed since it was loaded");
}

TEST(relabelling)
{
    three_folders(10);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    data_relabel_spec merge = {.label = (const char *const[]){"NIKE", "puma"}, .labels = 2, .as = "other"};
    CHECK_OK(data_relabel(set, &merge, &next, &err));
    CHECK_INT(data_classes(next), 2);
    CHECK_STR(data_class_name(next, 1), "other");
    CHECK_INT(data_classes(set), 3); /* the old version is as it was */
    CHECK_HAS(data_recipe(next), "relabel \"NIKE\", \"puma\" as \"other\"");
    data_unref(next);
    data_relabel_spec keep = {.keep = true, .label = (const char *const[]){"adidas"}, .labels = 1, .rest = "Other"};
    CHECK_OK(data_relabel(set, &keep, &next, &err));
    CHECK_STR(data_class_name(next, 0), "Adidas");
    CHECK_STR(data_class_name(next, 1), "Other");
    data_unref(next);
    data_relabel_spec drop = {.keep = true, .label = (const char *const[]){"adidas", "nike"}, .labels = 2};
    CHECK_OK(data_relabel(set, &drop, &next, &err));
    CHECK_INT(data_classes(next), 2);
    data_image image;
    data_image_at(next, 10, &image); /* Puma */
    CHECK(image.label == -1 && image.split == DATA_NONE);
    data_unref(next);
    data_relabel_spec fix = {.image = (const uint32_t[]){1, 30}, .images = 2, .as = "puma"};
    CHECK_OK(data_relabel(set, &fix, &next, &err));
    data_image_at(next, 0, &image);
    CHECK_STR(data_class_name(next, image.label), "Puma"); /* as the label was first seen */
    data_image_at(next, 29, &image);
    CHECK_STR(data_class_name(next, image.label), "Puma");
    CHECK_INT(data_classes(next), 3);
    data_unref(next);
    next = NULL;
    data_relabel_spec wrong = {.label = (const char *const[]){"nkie"}, .labels = 1, .as = "x"};
    CHECK(data_relabel(set, &wrong, &next, &err) == LG_E_NAME);
    CHECK_INT(err.code, 313);
    CHECK_STR(err.hint, "did you mean `nike`?");
    lg_err_clear(&err);
    fix.image = (const uint32_t[]){31, 1};
    CHECK(data_relabel(set, &fix, &next, &err) == LG_E_NAME);
    CHECK_INT(err.code, 314);
    CHECK_STR(err.why, "the numbers go from 1 to 30");
    CHECK(next == NULL);
}

/* A label keeps the case first seen, unless it is itself renamed. */
TEST(relabelling_keeps_the_case)
{
    three_folders(10);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    data_relabel_spec rest = {.keep = true, .label = (const char *const[]){"adidas"}, .labels = 1, .rest = "PUMA"};
    CHECK_OK(data_relabel(set, &rest, &next, &err));
    CHECK_STR(data_class_name(next, 0), "Adidas");
    CHECK_STR(data_class_name(next, 1), "Puma");
    data_unref(next);
    data_relabel_spec merge = {.label = (const char *const[]){"nike"}, .labels = 1, .as = "PUMA"};
    CHECK_OK(data_relabel(set, &merge, &next, &err));
    CHECK_STR(data_class_name(next, 1), "Puma");
    data_unref(next);
    data_relabel_spec louder = {.label = (const char *const[]){"puma"}, .labels = 1, .as = "PUMA"};
    CHECK_OK(data_relabel(set, &louder, &next, &err));
    CHECK_INT(data_classes(next), 3);
    CHECK_STR(data_class_name(next, 2), "PUMA");
}

static lg_status even(void *ctx, const data_set *of, size_t row, bool *keep, lg_err *e)
{
    data_value value;
    (void)ctx, (void)e;
    CHECK(data_field(of, row, "id", &value, &err) && value.kind == DATA_NUMBER);
    *keep = (int)value.number % 2 == 0;
    return LG_OK;
}

TEST(where_and_drop)
{
    three_folders(4);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_OK(data_where(set, even, NULL, &next, &err));
    CHECK_INT(data_count(next), 6);
    CHECK_INT(data_row_of(next, 4), 1);
    CHECK_INT(data_row_of(next, 3), -1);
    data_unref(next);
    CHECK_OK(data_drop(set, (const uint32_t[]){1, 12}, 2, &next, &err));
    CHECK_INT(data_count(next), 10);
    CHECK_INT(data_row_of(next, 1), -1);
    CHECK_INT(data_row_of(next, 2), 0);
    CHECK_INT(data_row_named(next, "set/nike/00.png"), 7);
    CHECK_INT(data_row_named(next, "01"), 0);
    CHECK_INT(data_row_named(next, "none.png"), -1);
}

TEST(fields)
{
    data_value v;
    size_t n;
    ds_new();
    ds_picture("a.png", 1, 20, 30, 3, 0);
    ds_picture("b.png", 2, 20, 30, 3, 0);
    ds_text("l.csv", "file,label,user,likes,source\na.png,x,ann,12,flickr\nb.png,y,bob,,\n");
    CHECK_OK(LOAD(.labels = "l.csv", .size = {8, 8, 0}));
    CHECK(data_field(set, 0, "User", &v, &err) && v.kind == DATA_TEXT);
    CHECK_STR(v.text, "ann");
    CHECK(data_field(set, 0, "likes", &v, &err) && v.kind == DATA_NUMBER && v.number == 12);
    CHECK(data_field(set, 0, "source", &v, &err));
    CHECK_STR(v.text, "flickr");
    CHECK(data_field(set, 1, "source", &v, &err));
    CHECK_STR(v.text, "logos");
    CHECK(data_field(set, 1, "width", &v, &err) && v.number == 30);
    CHECK(data_field(set, 1, "label", &v, &err));
    CHECK_STR(v.text, "y");
    CHECK(data_field(set, 1, "broken", &v, &err) && v.kind == DATA_TRUTH && v.number == 0);
    CHECK(!data_field(set, 1, "colour", &v, &err));
    const char *const *names = data_fields(set, &n);
    CHECK_INT(n, 15);
    CHECK_STR(names[14], "likes");
    CHECK(names[15] == NULL);
}

TEST(limits_keep_the_proportions)
{
    char text[64];
    data_counts counts;
    ds_new();
    for (int i = 0; i < 30; i++) {
        snprintf(text, sizeof text, "%s/%02d.png", i < 20 ? "big" : i < 29 ? "mid" : "one", i);
        ds_picture(text, i, 9, 9, 3, 0);
    }
    CHECK_OK(LOAD(.size = {8, 8, 0}, .limit = 12));
    CHECK_INT(data_count(set), 12);
    CHECK_OK(data_count_classes(set, &counts, &err));
    size_t per[3];
    for (int c = 0; c < 3; c++) per[c] = counts.count[1][c] + counts.count[2][c];
    data_counts_release(&counts);
    CHECK_INT(per[0], 8); /* of 20 in 30; the class that would have none gets one */
    CHECK_INT(per[1], 3);
    CHECK_INT(per[2], 1);
    data_image image, again;
    data_image_at(set, 11, &image);
    CHECK_INT(image.id, 12);
    char name[64];
    snprintf(name, sizeof name, "%s", image.name);
    CHECK_OK(LOAD(.size = {8, 8, 0}, .limit = 12));
    data_image_at(set, 11, &again);
    CHECK_STR(again.name, name);
    CHECK_OK(LOAD(.size = {8, 8, 0}, .limit = 100));
    CHECK_INT(data_count(set), 30);
    CHECK_OK(LOAD(.size = {8, 8, 0}, .limit = 2));
    CHECK_INT(data_count(set), 2);
}

TEST(samples)
{
    uint32_t rows[12], again[12];
    three_folders(10);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_INT(data_sample(set, 12, 3, rows), 12);
    int per[3] = {0};
    for (int i = 0; i < 12; i++) {
        data_image image;
        data_image_at(set, rows[i], &image);
        per[image.label]++;
    }
    CHECK(per[0] == 4 && per[1] == 4 && per[2] == 4);
    CHECK_INT(data_sample(set, 12, 3, again), 12);
    CHECK(memcmp(rows, again, sizeof rows) == 0);
    data_sample(set, 12, 4, again);
    CHECK(memcmp(rows, again, sizeof rows) != 0);
    CHECK_INT(data_sample(set, 1, 3, again), 1);
}

TEST(fingerprints)
{
    char a[65], b[65];
    three_folders(4);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_OK(data_fingerprint(set, a, &err));
    CHECK_INT(strlen(a), 64);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_OK(data_fingerprint(set, b, &err));
    CHECK_STR(a, b);
    CHECK_OK(LOAD(.size = {8, 8, 1}));
    CHECK_OK(data_fingerprint(set, b, &err));
    CHECK(strcmp(a, b) != 0);
    CHECK_OK(LOAD(.size = {8, 8, 0}, .cut = {.train = 0.5, .val = 0.5}));
    CHECK_OK(data_fingerprint(set, b, &err));
    CHECK(strcmp(a, b) != 0);
}

TEST(combining)
{
    data_image image;
    three_folders(4);
    ds_text("l.csv", "file,label,user\nset/Adidas/00.png,ADIDAS,ann\nset/Puma/01.png,other,bob\n");
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    data_set *first = set, *both = NULL;
    set = NULL;
    CHECK_OK(LOAD(.name = "more", .labels = "l.csv", .size = {8, 8, 0}));
    CHECK_OK(data_combine((const data_set *const[]){first, set}, 2, &both, &err));
    data_unref(first);
    CHECK_INT(data_count(both), 24);
    CHECK_INT(data_classes(both), 4);
    CHECK_STR(data_class_name(both, 0), "Adidas");
    data_image_at(both, 12, &image);
    CHECK_INT(image.id, 13);
    CHECK_STR(image.source, "more");
    CHECK_INT(image.label, 0);
    CHECK(image.duplicate && image.group == 1); /* the same file in both */
    CHECK(memcmp(ds_pixels(both, 12), ds_pixels(both, 0), 192) == 0);
    data_value v;
    CHECK(data_field(both, 12, "user", &v, &err));
    CHECK_STR(v.text, "ann");
    CHECK(data_field(both, 0, "user", &v, &err));
    CHECK_STR(v.text, "");
    CHECK_OK(LOAD(.size = {9, 9, 0}));
    CHECK(data_combine((const data_set *const[]){both, set}, 2, &next, &err) == LG_E_DATA);
    CHECK_INT(err.code, 315);
    lg_err_clear(&err);
    CHECK_OK(LOAD(.size = {8, 8, 0}, .fit = IMG_FIT_PAD));
    CHECK(data_combine((const data_set *const[]){both, set}, 2, &next, &err) == LG_E_DATA);
    CHECK_INT(err.code, 343);
    CHECK_HAS(err.hint, "fit crop");
    data_unref(both);
}

TEST(some_rows_are_put_into_parts_and_the_others_stay_out)
{
    bool only[12] = {0};
    data_image image;
    three_folders(4);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    for (int i = 0; i < 12; i++) only[i] = i % 4 != 0;
    CHECK_OK(data_split(set, &(data_split_spec){.cut = DATA_80_20, .seed = 1, .only = only}, &next, NULL, &err));
    for (size_t i = 0; i < 12; i++) {
        data_image_at(next, i, &image);
        CHECK_INT(image.split != DATA_NONE, only[i]);
    }
    data_set *cut = next, *renamed = NULL;
    next = NULL;
    const char *const label[] = {"Puma"};
    const data_relabel_spec spec = {.label = label, .labels = 1, .as = "cat", .only = only};
    CHECK_OK(data_relabel(cut, &spec, &renamed, &err));
    for (size_t i = 0; i < 12; i++) { /* a new name puts nothing into a part */
        data_image was;
        data_image_at(renamed, i, &image);
        data_image_at(cut, i, &was);
        bool changed = only[i] && strcmp(data_class_name(cut, was.label), "Puma") == 0;
        CHECK_STR(data_class_name(renamed, image.label), changed ? "cat" : data_class_name(cut, was.label));
        CHECK_INT(image.split, was.split);
    }
    data_unref(cut);
    data_unref(renamed);
}

/* ---- threads, interrupts, memory ---- */
static void progress(void *ctx, size_t done, size_t count)
{
    size_t *seen = ctx;
    CHECK(done > seen[0] && done <= count);
    seen[0] = done;
    seen[1]++;
}

TEST(threads_change_nothing)
{
    lg_pool *pool;
    char a[65], b[65];
    size_t seen[2] = {0};
    three_folders(30);
    ds_text("set/Puma/05.png", "broken");
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_OK(data_fingerprint(set, a, &err));
    uint8_t *px = malloc(90 * 192);
    memcpy(px, ds_pixels(set, 0), 90 * 192);
    CHECK_OK(lg_pool_new(2, &pool, &err));
    CHECK_OK(LOAD(.size = {8, 8, 0}, .pool = pool, .progress = progress, .progress_ctx = seen));
    lg_pool_free(pool);
    CHECK_INT(seen[0], 90);
    CHECK(seen[1] > 1);
    CHECK_OK(data_fingerprint(set, b, &err));
    CHECK_STR(a, b);
    CHECK(memcmp(px, ds_pixels(set, 0), 90 * 192) == 0);
    free(px);
}

typedef struct stopper {
    lg_cancel cancel;
    size_t calls, done;
} stopper;

static void stop(void *ctx, size_t done, size_t count)
{
    stopper *s = ctx;
    (void)count;
    s->done = done;
    s->calls++;
    lg_cancel_set(&s->cancel);
}

/* The first word comes after as many files as there are threads, however large they are, and none after an interrupt.
 */
TEST(interrupts)
{
    stopper s = {0};
    three_folders(30);
    CHECK(LOAD(.size = {8, 8, 0}, .cancel = &s.cancel, .progress = stop, .progress_ctx = &s) == LG_E_INTERRUPTED);
    CHECK(set == NULL);
    CHECK_INT(s.calls, 1);
    CHECK_INT(s.done, 1);
}

/* Each allocation of a load and of every edit made to fail once: an LL901, nothing leaked, and all well afterwards. */
TEST(every_allocation_may_fail)
{
    three_folders(2);
    ds_picture("set/Adidas/copy.png", 0, 20, 30, 3, 0);
    ds_text("set/Puma/bad.png", "broken");
    ds_text("l.csv", "file,label,user\nset/Adidas/00.png,a,ann\nset/Adidas/copy.png,A,ann\nset/Puma/00.png,b,bob\n"
                     "set/Puma/00.png,c,bob\nset/Puma/01.png,b,cy\nset/nike/00.png,b,dee\nmissing.png,b,x\n");
    long n = 1, made = 1;
    for (; made >= n - 1; n++) { /* the run before this one still reached its failing allocation */
        let_go();
        data_set *more = NULL, *both = NULL;
        data_load_spec spec = {
            .name = "logos", .from = ds_folder, .labels = "l.csv", .size = {8, 8, 0}, .limit = 7, .seed = 1};
        data_relabel_spec edit = {.label = (const char *const[]){"a"}, .labels = 1, .as = "z"};
        data_split_spec cut = {.by = "user", .cut = {.train = 0.5, .val = 0.5}};
        made = -lg_alloc_count();
        lg_alloc_fail_at(n, false);
        lg_status st = data_load(&spec, &set, &report, &err);
        if (!st) st = data_relabel(set, &edit, &next, &err);
        if (!st) st = data_split(next, &cut, &more, NULL, &err);
        if (!st) st = data_combine((const data_set *const[]){set, more}, 2, &both, &err);
        lg_alloc_fail_at(0, false);
        made += lg_alloc_count();
        data_unref(more);
        data_unref(both);
        if (st && st != LG_E_MEMORY) TEST_FAIL("allocation %ld: status %d LL%03d %s", n, st, err.code, err.msg);
        if (st) CHECK_INT(err.code, 901);
        if (!st) CHECK_INT(report.labelled, 4); /* only a "did you mean" was lost */
    }
    CHECK(n > 100);
    let_go();
}

/* ---- real photos ---- */
TEST(real_photos)
{
    const char *folder = test_shared("data/logos");
    char path[600];
    lg_pool *pool;
    data_split_report leak;
    ds_new();
    CHECK_OK(lg_reach_allow_read(folder, &err));
    CHECK_OK(lg_pool_new(0, &pool, &err));
    snprintf(path, sizeof path, "%s/labels-full.tsv", folder);
    lg_status st = LOAD(.from = folder, .labels = path, .file_column = "path", .label_column = "class4",
                        .size = {64, 64, 3}, .by = "neardup_group", .pool = pool);
    lg_pool_free(pool);
    CHECK_OK(st);
    CHECK_INT(report.files, 1340);
    CHECK_INT(report.labelled, 1340);
    CHECK_INT(report.unmatched, 0);
    CHECK_INT(report.broken, 0);
    CHECK_INT(data_classes(set), 4);
    static const char *const names[] = {"Adidas", "Nike", "Other", "Puma"};
    for (int c = 0; c < 4; c++) CHECK_STR(data_class_name(set, c), names[c]);
    data_counts counts;
    CHECK_OK(data_count_classes(set, &counts, &err));
    size_t train = counts.total[DATA_TRAIN], val = counts.total[DATA_VAL];
    printf("  real photos: train %zu, val %zu;", train, val);
    for (int c = 0; c < 4; c++) printf(" %s %zu/%zu", names[c], counts.count[DATA_TRAIN][c], counts.count[DATA_VAL][c]);
    data_counts_release(&counts);
    CHECK(val >= 255 && val <= 281);
    CHECK_OK(data_leak_check(set, &leak, &err));
    CHECK_INT(leak.across, 0);

    /* The groups that came with the photos (by features as well) against ours by perceptual hash alone. */
    static struct given {
        uint32_t size, split, group;
        bool whole;
    } given[3000];
    size_t groups = 0, whole = 0, alone = 0;
    memset(given, 0, sizeof given);
    for (size_t i = 0; i < data_count(set); i++) {
        data_value v;
        data_image image;
        CHECK(data_field(set, i, "neardup_group", &v, &err) && v.kind == DATA_NUMBER);
        CHECK(v.number >= 0 && v.number < 3000);
        struct given *g = &given[(int)v.number];
        data_image_at(set, i, &image);
        if (g->size++ == 0) *g = (struct given){.size = 1, .split = image.split, .group = image.group, .whole = true};
        CHECK_INT(image.split, g->split); /* a given group is in one part */
        g->whole &= image.group == g->group;
    }
    for (int i = 0; i < 3000; i++) {
        groups += given[i].size > 1;
        whole += given[i].size > 1 && given[i].whole;
        alone += given[i].size == 1;
    }
    printf("\n  near-duplicates: of %zu given groups of two or more, %zu are kept whole by the perceptual hash alone; "
           "%zu images look like an earlier one (given: %zu)\n",
           groups, whole, report.near, data_count(set) - groups - alone);
    let_go();
}
