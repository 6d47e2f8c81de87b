/* Published layouts as they are unpacked: labels, parts, boxes; and what is said where they cannot be read. */
#include "tests/support/load.h"

/* The label of an image by its name, "" for none. */
static const char *label_of(const char *name)
{
    data_image image;
    ptrdiff_t row = data_row_named(set, name);
    if (row < 0) return "(not there)";
    data_image_at(set, (size_t)row, &image);
    return data_class_name(set, image.label);
}

static int part_of(const char *name)
{
    data_image image;
    ptrdiff_t row = data_row_named(set, name);
    if (row < 0) return -1;
    data_image_at(set, (size_t)row, &image);
    return image.split;
}

/* label and size of a row, as "Nike 10x20": width x height. */
static const char *row_text(size_t row)
{
    static char text[100];
    data_image image;
    data_image_at(set, row, &image);
    snprintf(text, sizeof text, "%s %dx%d", data_class_name(set, image.label), image.w, image.h);
    return text;
}

static const char *box_of(size_t row)
{
    data_value value = {0};
    return data_field(set, row, "box", &value, &err) ? value.text : "(no column)";
}

static void photos(const char *const name[])
{
    for (int i = 0; name[i]; i++) ds_picture(name[i], 100 + i, 40, 60, 3, 0);
}

/* ---- Flickr Logos 27 ---- */
static void flickr27(void)
{
    static const char *const name[] = {"im/1.png", "im/2.png", "im/3.png", "im/4.png", "im/5.png", "im/6.png", NULL};
    ds_new();
    photos(name);
    ds_text("flickr_logos_27_dataset_training_set_annotation.txt",
            "1.png Nike 1 10 5 30 25 \n1.png Nike 2 10 5 30 25 \n1.png Nike 1 0 0 8 9 \n2.png Puma 1 4 4 4 20 \n"
            "2.png Puma 1 1 2 21 12 \n3.png Puma 1 50 30 90 90 \n4.png Nike 1 0 0 9 9\n4.png Puma 1 9 9 20 30\n"
            "gone.png Nike 1 0 0 9 9\n");
    ds_text("flickr_logos_27_dataset_query_set_annotation.txt", "5.png\tNike\n7.png\tnone\n");
    ds_text("flickr_logos_27_dataset_distractor_set_urls.txt", "http://farm2.static.flickr.com/1184/6.png\r\n");
}

TEST(flickr27_labels)
{
    flickr27();
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_INT(data_count(set), 6);
    CHECK_STR(label_of("1.png"), "Nike");
    CHECK_STR(label_of("5.png"), "Nike");
    CHECK_STR(label_of("6.png"), "distractor"); /* a logo, but none of the 27 */
    CHECK_STR(label_of("4.png"), "");           /* two brands */
    CHECK_HAS(ds_note(&report, 307)->msg, "1 image has marks of several classes");
    CHECK_HAS(ds_note(&report, 307)->why, "im/4.png");
    CHECK(ds_note(&report, 301) == NULL);
}

/* Photos of the query set that show no logo. */
TEST(flickr27_none)
{
    flickr27();
    ds_picture("im/7.png", 177, 40, 60, 3, 0);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_STR(label_of("7.png"), "none");
    CHECK_INT(data_classes(set), 4);
}

TEST(flickr27_boxes)
{
    flickr27();
    CHECK_OK(LOAD(.boxes = true));
    CHECK_INT(data_count(set), 8); /* 1: two, the repeated one once; 2: one; 3: one; 4: two; 5 and 6: whole */
    CHECK_STR(row_text(0), "Nike 20x20");
    CHECK_STR(box_of(0), "20x20+10+5");
    CHECK_STR(row_text(1), "Nike 8x9");
    CHECK_STR(row_text(2), "Puma 20x10");
    CHECK_STR(box_of(3), "10x10+50+30"); /* cut at the edge */
    CHECK_STR(row_text(4), "Nike 9x9");
    CHECK_STR(row_text(5), "Puma 11x21");
    CHECK_STR(row_text(6), "Nike 60x40");
    CHECK_STR(box_of(6), "");
    CHECK_HAS(ds_note(&report, 305)->msg, "1 box has no area");
    CHECK_HAS(ds_note(&report, 305)->why, "im/2.png");
    data_image a, b;
    data_image_at(set, 0, &a);
    data_image_at(set, 1, &b);
    CHECK_INT(a.split, b.split); /* of one picture */
    CHECK(strcmp(a.sha256, b.sha256) != 0);
    CHECK(a.group == b.group && !b.duplicate);
    CHECK_STR(a.number, "1.1");
    CHECK_STR(b.number, "1.2");
    CHECK_STR(data_number(set, 3), "2.1");
    CHECK_STR(data_number(set, 7), "5"); /* a whole picture */
    CHECK_INT(data_row_numbered(set, "4.2"), 5);
    CHECK_INT(data_row_numbered(set, "4"), -1);
    data_value value = {0};
    CHECK(data_field(set, 5, "id", &value, &err) && value.number > 4.19 && value.number < 4.21);
    CHECK_STR(value.text, "4.2");
    const data_set *const both[] = {set, set};
    CHECK_OK(data_combine(both, 2, &next, &err)); /* numbers begin again, the marks stay together */
    CHECK_STR(data_number(next, 8), "6");
    CHECK_STR(data_number(next, 10), "7.2");
}

TEST(boxes_are_the_pixels_there)
{
    img_picture whole = {0}, part = {0};
    flickr27();
    CHECK_OK(LOAD(.boxes = true));
    CHECK_OK(data_original(set, 2, 0, &part, &err));
    CHECK(part.w == 20 && part.h == 10);
    CHECK_OK(LOAD(.size = {0}));
    CHECK_OK(data_original(set, 1, 0, &whole, &err));
    for (int y = 0; y < 10; y++) CHECK(memcmp(img_at(&part, y, 0), img_at(&whole, y + 2, 1), 60) == 0);
    img_picture_release(&whole);
    img_picture_release(&part);
}

/* A mark may lie anywhere, also beyond what a whole number holds. */
TEST(marks_far_outside)
{
    static const char *const name[] = {"a.png", "b.png", NULL};
    ds_new();
    photos(name);
    ds_text("instances.json", "{\"images\":[{\"id\":1,\"file_name\":\"a.png\"},{\"id\":2,\"file_name\":\"b.png\"}],"
                              "\"categories\":[{\"id\":1,\"name\":\"Nike\"},{\"id\":2,\"name\":\"Puma\"}],"
                              "\"annotations\":[{\"image_id\":1,\"category_id\":1,\"bbox\":[-1e300,1e300,1e300,9]},"
                              "{\"image_id\":1,\"category_id\":2,\"bbox\":[-5,-6,15,16]},"
                              "{\"image_id\":2,\"category_id\":1},{\"image_id\":2,\"category_id\":2}]}");
    CHECK_OK(LOAD(.boxes = true));
    data_image image;
    data_image_at(set, 0, &image);
    CHECK_HAS(image.broken, "outside of the picture");
    CHECK(image.box.w > 0);
    data_image_at(set, 1, &image);
    CHECK(image.box.x == 0 && image.box.y == 0 && image.box.w == 10 && image.box.h == 10);
    CHECK_HAS(ds_note(&report, 307)->why, "b.png"); /* no boxes there, and two classes */
    CHECK_HAS(ds_note(&report, 307)->hint, "the annotations have no boxes there");
    CHECK(ds_note(&report, 301) == NULL);
}

/* Marks of one picture, and those that look like one of them, are one group, however they are met. */
TEST(marks_that_look_alike_elsewhere)
{
    char line[60];
    lg_buf text;
    lg_buf_init(&text, 1 << 20);
    flickr27();
    ds_picture("im/7.png", 100, 40, 60, 3, 0); /* as im/1.png */
    for (int i = 0; i < 3; i++) {
        snprintf(line, sizeof line, "%d.png Nike 1 10 5 30 25\n%d.png Nike 1 0 0 8 9\n", i * 3 + 1, i * 3 + 1);
        lg_buf_adds(&text, line);
    }
    ds_text("flickr_logos_27_dataset_training_set_annotation.txt", lg_buf_str(&text));
    lg_buf_release(&text);
    CHECK_OK(LOAD(.boxes = true));
    uint32_t group = 0;
    for (size_t i = 0; i < data_count(set); i++) {
        data_image image;
        data_image_at(set, i, &image);
        if (!strstr(image.name, "1.png") && !strstr(image.name, "7.png")) continue;
        if (!group) group = image.group;
        CHECK_INT(image.group, group);
        CHECK(image.group <= image.id);
    }
}

TEST(flickr27_bad_line)
{
    flickr27();
    ds_text("flickr_logos_27_dataset_training_set_annotation.txt", "1.png Nike 1 10 5 30 25\n2.png Puma 1 a b c d\n");
    CHECK(LOAD(.size = {8, 8, 0}) == LG_E_FORMAT);
    CHECK_INT(err.code, 325);
    CHECK_HAS(err.msg, "line 2 of flickr_logos_27_dataset_training_set_annotation.txt");
}

/* ---- FlickrLogos-32 ---- */
static void flickr32(void)
{
    static const char *const name[] = {"v2/classes/jpg/HP/1.png",
                                       "v2/classes/jpg/HP/2.png",
                                       "v2/classes/jpg/adidas/3.png",
                                       "v2/classes/jpg/adidas/4.png",
                                       "v2/classes/jpg/adidas/1.png", /* a name that two photos have */
                                       "v2/classes/jpg/no-logo/5.png",
                                       "v2/classes/masks/hp/1.png.mask.0.png",
                                       "v2/classes/masks/hp/1.png.mask.png",
                                       NULL};
    ds_new();
    photos(name);
    ds_text("v2/classes/masks/hp/1.png.bboxes.txt", "x y width height\n3 4 20 10\n30 20 5 6\n");
    ds_text("v2/trainset.relpaths.txt", "classes/jpg/HP/1.png\nclasses/jpg/adidas/3.png\n");
    ds_text("v2/valset.relpaths.txt", "classes/jpg/hp/2.png\nclasses/jpg/no-logo/5.png\n");
    ds_text("v2/testset.relpaths.txt", "./classes/jpg/adidas/4.png\nclasses/jpg/adidas/1.png\n");
    ds_text("v2/trainvalset.relpaths.txt", "classes/jpg/HP/1.png\nclasses/jpg/adidas/3.png\nclasses/jpg/HP/2.png\n");
    ds_text("v2/valset-logosonly.relpaths.txt", "classes/jpg/HP/2.png\n");
    ds_text("v2/testset-logosonly.relpaths.txt", "classes/jpg/adidas/4.png\n");
}

/* A folder that holds everything is not in the names of what an archive has. */
static int part_of_1(const char *class)
{
    char name[60];
    snprintf(name, sizeof name, "v2/classes/jpg/%s/1.png", class);
    int part = part_of(name);
    return part >= 0 ? part : part_of(name + 3);
}

static void check_flickr32_parts(void)
{
    CHECK_INT(part_of_1("HP"), DATA_TRAIN);
    CHECK_INT(part_of("3.png"), DATA_TRAIN); /* not of trainvalset, which would make it validation */
    CHECK_INT(part_of("2.png"), DATA_VAL);
    CHECK_INT(part_of("5.png"), DATA_VAL);
    CHECK_INT(part_of("4.png"), DATA_TEST);
    CHECK_INT(part_of_1("adidas"), DATA_TEST);
}

TEST(flickr32)
{
    flickr32();
    CHECK_OK(LOAD(.size = {8, 8, 0}, .published = true));
    CHECK_INT(data_count(set), 6);
    CHECK_STR(label_of("2.png"), "HP");
    CHECK_STR(label_of("5.png"), "no-logo");
    check_flickr32_parts();
    CHECK(report.published);
    CHECK_HAS(data_recipe(set), "split as published");
    CHECK_OK(LOAD(.size = {8, 8, 0})); /* a split that was asked for counts */
    CHECK(!report.published);
}

/* masks/hp for jpg/HP */
TEST(flickr32_boxes)
{
    flickr32();
    CHECK_OK(LOAD(.boxes = true, .published = true));
    CHECK_INT(data_count(set), 7);
    CHECK_STR(row_text(0), "HP 20x10");
    CHECK_STR(row_text(1), "HP 5x6");
    CHECK_INT(part_of("4.png"), DATA_TEST);
}

/* The lists with a class and a file in each line, where those of paths are not there. */
TEST(flickr32_lists_of_names)
{
    static const char *const gone[] = {"trainset", "valset", "testset", "trainvalset"};
    flickr32();
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++) {
        char path[200];
        snprintf(path, sizeof path, "%s/v2/%s.relpaths.txt", ds_folder, gone[i]);
        CHECK_INT(remove(path), 0);
    }
    ds_text("v2/trainset.txt", "HP,1.png\nadidas,3.png\n");
    ds_text("v2/valset.txt", "HP,2.png\r\nno-logo,5.png\r\n");
    ds_text("v2/testset.txt", "adidas,4.png\nadidas,1.png\n");
    ds_text("v2/trainvalset.txt", "HP,1.png\nadidas,3.png\nHP,2.png\n");
    CHECK_OK(LOAD(.size = {8, 8, 0}, .published = true));
    check_flickr32_parts();
}

/* ---- FlickrLogos-47 ---- */
TEST(flickr47)
{
    static const char *const name[] = {"train/000001/000001001.png",
                                       "train/000001/000001001.mask00.png",
                                       "test/000000/000000002.png",
                                       "test/000000/000000002.mask00.png",
                                       "test/000000/000000002.mask01.png",
                                       "train/no-logo/000000003.png",
                                       NULL};
    ds_new();
    photos(name);
    ds_text("className2ClassID.txt", "HP\t0\nadidas_symbol\t1\n");
    ds_text("train/filelist-logosonly.txt", "./000001/000001001.png\n");
    ds_text("train/000001/000001001.gt_data.txt", "2 3 12 23 1 0 mask00 0 0\n");
    ds_text("test/000000/000000002.gt_data.txt", "2 3 12 23 0 0 mask00 0 0\n20 3 25 9 0 0 mask01 1 0\n");
    CHECK_OK(LOAD(.size = {8, 8, 0}, .published = true));
    CHECK_INT(data_count(set), 3); /* no masks */
    CHECK_STR(label_of("000001001.png"), "adidas_symbol");
    CHECK_STR(label_of("000000003.png"), "no-logo");
    CHECK_STR(label_of("000000002.png"), "HP");
    CHECK_INT(part_of("000000002.png"), DATA_TEST);
    CHECK_OK(LOAD(.boxes = true));
    CHECK_INT(data_count(set), 4);
    CHECK_STR(row_text(0), "HP 10x20");
    ds_text("train/000001/000001001.gt_data.txt", "2 3 12 23 7\n");
    CHECK(LOAD(.size = {8, 8, 0}) == LG_E_FORMAT);
    CHECK_HAS(err.msg, "line 1 of train/000001/000001001.gt_data.txt");
}

/* ---- BelgaLogos ---- */
TEST(belga)
{
    static const char *const name[] = {"images/1.png", "images/2.png", "images/3.png", "images/4.png", NULL};
    ds_new();
    photos(name);
    ds_text("qset3_internal_and_local.gt", "1\tAdidas-text\t1.png\tlogo\t1\t2\t3\t12\t13\n"
                                           "2\tUS_President\t2.png\tlogo\t1\t0\t0\t10\t10\n"
                                           "3\tKia\t3.png\tlogo\t0\t0\t0\t10\t10\n"
                                           "4\tUS_President\t2.png\tlogo\t1\t20\t9\t12\t30\n"); /* corners swapped */
    ds_text("qset3_internal_and_local.qry", "1\tAdidas-text\t1.png\tlogo\t2\t3\t12\t13\n");
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_STR(label_of("1.png"), "Adidas-text");
    CHECK_STR(label_of("2.png"), "US_President");
    CHECK_STR(label_of("3.png"), ""); /* junk only */
    CHECK_STR(label_of("4.png"), "none");
    CHECK_OK(LOAD(.boxes = true));
    CHECK_STR(row_text(0), "Adidas-text 10x10");
    CHECK_HAS(ds_note(&report, 305)->why, "images/2.png");
}

/* ---- COCO ---- */
TEST(coco)
{
    static const char *const name[] = {"train2017/1.png", "train2017/2.png", "val2017/1.png", NULL};
    ds_new();
    photos(name);
    ds_text("annotations/instances_train2017.json",
            "{\"images\":[{\"id\":7,\"file_name\":\"train2017/1.png\"},{\"id\":8,\"file_name\":\"2.png\"},"
            "{\"id\":9,\"file_name\":\"gone.png\"}],\"categories\":[{\"id\":3,\"name\":\"Nike\"},{\"id\":5,"
            "\"name\":\"Puma\"}],\"annotations\":[{\"image_id\":7,\"category_id\":3,\"bbox\":[1,2,10.5,20]},"
            "{\"image_id\":7,\"category_id\":5,\"bbox\":[0,0,60,40],\"iscrowd\":1},"
            "{\"image_id\":8,\"category_id\":5,\"bbox\":[5,5,6,7]},{\"image_id\":9,\"category_id\":5}]}");
    ds_text("annotations/instances_val2017.json",
            "{\"images\":[{\"id\":7,\"file_name\":\"val2017/1.png\"}],\"categories\":[{\"id\":3,\"name\":\"Puma\"}],"
            "\"annotations\":[{\"image_id\":7,\"category_id\":3,\"bbox\":[1,2,10,20]}]}");
    CHECK_OK(LOAD(.size = {8, 8, 0}, .published = true));
    CHECK_STR(label_of("train2017/1.png"), "Nike");
    CHECK_STR(label_of("2.png"), "Puma");
    CHECK_STR(label_of("val2017/1.png"), "Puma");
    CHECK_INT(part_of("val2017/1.png"), DATA_VAL);
    CHECK_INT(part_of("2.png"), DATA_TRAIN);
    CHECK_OK(LOAD(.boxes = true));
    CHECK_INT(data_count(set), 3);
    CHECK_STR(row_text(0), "Nike 10x20");
    ds_text("annotations/instances_val2017.json", "{\"images\":[");
    CHECK(LOAD(.size = {8, 8, 0}) == LG_E_FORMAT);
    CHECK_HAS(err.msg, "annotations/instances_val2017.json");
    ds_text("annotations/instances_val2017.json",
            "{\"images\":[{\"id\":1,\"file_name\":\"val2017/1.png\"}],\"categories\":[],\"annotations\":"
            "[{\"image_id\":1,\"category_id\":3}]}");
    CHECK(LOAD(.size = {8, 8, 0}) == LG_E_FORMAT);
    CHECK_HAS(err.why, "category_id");
}

static void coco_pictures(void)
{
    static const char *const name[] = {"1.png", "2.png", NULL};
    ds_new();
    photos(name);
}

#define COCO_IMAGES     "\"images\":[{\"id\":1,\"file_name\":\"1.png\"},{\"file_name\":\"2.png\",\"id\":2}]"
#define COCO_CATEGORIES "\"categories\":[{\"name\":\"Nike\",\"id\":7},{\"id\":8,\"name\":\"Puma\"}]"
#define COCO_ANNOTATIONS                                                                                               \
    "\"annotations\":[{\"segmentation\":[[1,2,3]],\"image_id\":1,\"bbox\":[1,2,10,20],\"category_id\":7},"             \
    "{\"category_id\":8,\"image_id\":2,\"segmentation\":{\"counts\":\"a]}\\\"\"}}]"

/* The lists in any order, as COCO itself has categories behind annotations; keys with escapes; of two the last. */
TEST(coco_in_any_order)
{
    static const char *const file[] = {
        "{\"info\":{}," COCO_IMAGES "," COCO_ANNOTATIONS "," COCO_CATEGORIES "}",
        "{" COCO_ANNOTATIONS "," COCO_CATEGORIES ",\n" COCO_IMAGES "}",
        "{" COCO_CATEGORIES "," COCO_IMAGES "," COCO_ANNOTATIONS ",\"x\":[[]]}",
        "{\"im\\u0061ges\":[{\"id\":1,\"file\\u005fname\":\"1.png\"},{\"id\":2,\"file_name\":\"2.\\u0070ng\"}]"
        "," COCO_ANNOTATIONS "," COCO_CATEGORIES "}",
        "{\"images\":[{\"id\":2,\"file_name\":\"1.png\"}]," COCO_IMAGES
        ",\"annotations\":[{\"image_id\":1,\"category_id\":8}]," COCO_ANNOTATIONS
        ",\"categories\":[{\"id\":7,\"name\":\"no\"}]," COCO_CATEGORIES "}",
    };
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        coco_pictures();
        ds_text("labels.json", file[i]);
        CHECK_OK(LOAD(.size = {8, 8, 0}));
        CHECK_STR(label_of("1.png"), "Nike");
        CHECK_STR(label_of("2.png"), "Puma");
        CHECK_OK(LOAD(.boxes = true));
        CHECK_STR(row_text(0), "Nike 10x20");
    }
}

/* What is wrong is told with its line, or with what is missing; but of another JSON file nothing is. */
TEST(coco_refused)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"{\"images\":\n[1,\n", "line 3: unexpected token near end of file"},
        {"{" COCO_IMAGES ",\n" COCO_ANNOTATIONS ",\n\"categories\":[{\"id\":07}]}", "line 3: a number begins with 0"},
        {"{" COCO_IMAGES "," COCO_ANNOTATIONS "," COCO_CATEGORIES "} x", "line 1: end of file expected near 'x'"},
        {"", "line 1: unexpected token near end of file"},
        {"{\"images\":[{\"id\":1.0,\"file_name\":\"1.png\"}]," COCO_ANNOTATIONS "," COCO_CATEGORIES "}",
         "an image has no id or no file_name"},
        {"{\"images\":[7]," COCO_ANNOTATIONS "," COCO_CATEGORIES "}", "an image has no id or no file_name"},
        {"{" COCO_IMAGES "," COCO_ANNOTATIONS ",\"categories\":[{\"id\":7}]}", "a category has no id or no name"},
        {"{" COCO_IMAGES ",\"annotations\":[{\"image_id\":1}]," COCO_CATEGORIES "}",
         "an annotation has no image_id or no category_id"},
        {"{" COCO_IMAGES ",\"annotations\":[{\"image_id\":1,\"category_id\":7,\"bbox\":[1,2,3]}]," COCO_CATEGORIES "}",
         "a bbox is not four numbers"},
        {"{" COCO_IMAGES ",\"annotations\":[{\"image_id\":1,\"category_id\":9}]," COCO_CATEGORIES "}",
         "an annotation has a category_id that `categories` does not have"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        coco_pictures();
        ds_text("instances_val.json", bad[i].text);
        CHECK(LOAD(.size = {8, 8, 0}) == LG_E_FORMAT);
        CHECK_INT(err.code, 325);
        CHECK_HAS(err.msg, "the annotations in instances_val.json cannot be understood");
        CHECK_HAS(err.why, bad[i].why);
    }
    static const char *const other[] = {"{\"images\":[{\"src\":\"x\"}],\"pages\":3}", "{\"images\":[", "[1,2]", "",
                                        "3"};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        ds_new();
        ds_picture("Nike/1.png", 1, 40, 60, 3, 0);
        ds_picture("Puma/2.png", 2, 40, 60, 3, 0);
        ds_text("gallery.json", other[i]);
        CHECK_OK(LOAD(.size = {8, 8, 0}));
        CHECK_STR(label_of("1.png"), "Nike");
    }
}

/* A name of half a million folders is looked up about as fast as any other: each of its ends would take hours. */
TEST(coco_names_that_are_not_paths)
{
    enum { SLASHES = 500000 };
    static const char *const name[] = {"a/1.png", "b/2.png", NULL};
    lg_buf json;
    ds_new();
    photos(name);
    lg_buf_init(&json, 1 << 24);
    lg_buf_adds(&json, "{\"images\":[{\"id\":1,\"file_name\":\"");
    for (int i = 0; i < SLASHES; i++) lg_buf_adds(&json, "x/");
    lg_buf_adds(&json, "a/1.png\"},{\"id\":2,\"file_name\":\"");
    for (int i = 0; i < SLASHES; i++) lg_buf_adds(&json, "xx");
    lg_buf_adds(&json, "/b/2.png\"},{\"id\":3,\"file_name\":\"");
    for (int i = 0; i < SLASHES; i++) lg_buf_adds(&json, "yy");
    lg_buf_adds(&json, "\"}],\"categories\":[{\"id\":3,\"name\":\"Nike\"}],\"annotations\":"
                       "[{\"image_id\":1,\"category_id\":3},{\"image_id\":2,\"category_id\":3},"
                       "{\"image_id\":3,\"category_id\":3}]}");
    ds_write("coco.json", json.data, json.len);
    lg_buf_release(&json);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_STR(label_of("a/1.png"), "Nike");
    CHECK_STR(label_of("b/2.png"), "Nike");
}

/* ---- Pascal VOC ---- */
#define OBJECT(name, a, b, c, d)                                                                                       \
    "<object>\n<name>" name "</name><difficult>0</difficult><bndbox><xmin>" a "</xmin><ymin>" b "</ymin><xmax>" c      \
    "</xmax><ymax>" d "</ymax></bndbox><part><name>head</name><bndbox><xmin>1</xmin></bndbox></part></object>"

TEST(voc)
{
    static const char *const name[] = {"JPEGImages/a.png", "JPEGImages/b.png", "JPEGImages/c.png", NULL};
    ds_new();
    photos(name);
    ds_text("Annotations/a.xml",
            "<?xml version=\"1.0\"?>\n<annotation><!-- made by hand --><filename>a.png</filename>" OBJECT(
                "Tom &amp; C&#243;&#x2019;s", "1", "1", "10", "20") "</annotation>\n");
    ds_text("Annotations/b.xml",
            "<annotation>" OBJECT("Nike", "5", "6", "8", "9") OBJECT("Nike", "5", "6", "5", "9") "</annotation>");
    ds_text("ImageSets/Main/train.txt", "a\nb\n");
    ds_text("ImageSets/Main/val.txt", "c 1\n");
    CHECK_OK(LOAD(.size = {8, 8, 0}, .published = true));
    CHECK_STR(label_of("a.png"), "Tom & Có’s");
    CHECK_STR(label_of("b.png"), "Nike"); /* by the name of the annotation */
    CHECK_STR(label_of("c.png"), "");
    CHECK_INT(part_of("a.png"), DATA_TRAIN);
    CHECK_OK(LOAD(.boxes = true));
    CHECK_INT(data_count(set), 3);
    CHECK_STR(row_text(0), "Tom & Có’s 10x20");
    CHECK_STR(box_of(1), "4x4+4+5");
    CHECK_HAS(ds_note(&report, 305)->msg, "1 box has no area");
}

/* LogoDet-3K: the annotation beside its picture, names that come again in every folder, <filename> of another one. */
TEST(voc_beside_the_pictures)
{
    static const char *const name[] = {"Food/Nutella/1.png", "Food/Nutella/2.png", "Sports/Nike/1.png", NULL};
    ds_new();
    photos(name);
    ds_text("Food/Nutella/1.xml",
            "<annotation><filename>2.png</filename>" OBJECT("Nutella", "1", "1", "9", "9") "</annotation>");
    ds_text("Food/Nutella/2.xml",
            "<annotation><filename>1.png</filename>" OBJECT("Nutella", "1", "1", "9", "8") "</annotation>");
    ds_text("Sports/Nike/1.xml",
            "<annotation><filename>nike (1).jpg</filename>" OBJECT("Nike", "1", "1", "9", "7") "</annotation>");
    CHECK_OK(LOAD(.boxes = true));
    CHECK_STR(row_text(0), "Nutella 9x9");
    CHECK_STR(row_text(1), "Nutella 9x8");
    CHECK_STR(row_text(2), "Nike 9x7");
}

/* QMUL-OpenLogo: VOC with its lists one folder further down. */
TEST(openlogo)
{
    static const char *const name[] = {"openlogo/JPEGImages/adidas1.png", "openlogo/JPEGImages/nike2.png", NULL};
    ds_new();
    photos(name);
    ds_text("openlogo/Annotations/adidas1.xml", "<annotation>" OBJECT("adidas", "1", "1", "9", "9") "</annotation>");
    ds_text("openlogo/Annotations/nike2.xml", "<annotation>" OBJECT("nike", "1", "1", "9", "9") "</annotation>");
    ds_text("openlogo/ImageSets/Main/train_test/train_all.txt", "adidas1\n");
    ds_text("openlogo/ImageSets/Main/train_test/test_all.txt", "nike2\n");
    CHECK_OK(LOAD(.size = {8, 8, 0}, .published = true));
    CHECK_INT(part_of("adidas1.png"), DATA_TRAIN);
    CHECK_INT(part_of("nike2.png"), DATA_TEST);
}

TEST(voc_refused)
{
    static const char *const bad[] = {
        "<!DOCTYPE a [<!ENTITY x SYSTEM "
        "\"file:///etc/passwd\">]><annotation><object><name>&x;</name></object></annotation>",
        "<annotation><object><name>&x;</name></object></annotation>",
        "<annotation><object><name>&#0;</name></object></annotation>",
        "<annotation><object><name>&#xd800;</name></object></annotation>",
        "<annotation><object><name>&#65</name></object></annotation>",
        "<annotation><object><name>Nike</object></name></annotation>",
        "<annotation><object><name>Nike</name>",
        "<annotation><object></object></annotation>",
        "<annotation><object><name>a</name><bndbox><xmin>1</xmin></bndbox></object></annotation>",
        "<annotation><object><name>a</name><bndbox><xmin>one</xmin></bndbox></object></annotation>",
        "<annotation><object><name>a</name><!-- ",
    };
    ds_new();
    ds_picture("a.png", 1, 40, 60, 3, 0);
    ds_picture("b.png", 2, 40, 60, 3, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ds_text("a.xml", bad[i]);
        CHECK(LOAD(.size = {8, 8, 0}) == LG_E_FORMAT);
        CHECK_INT(err.code, 325);
    }
    ds_text("a.xml", "<svg><g/></svg>"); /* nobody's annotation */
    CHECK_OK(LOAD(.size = {8, 8, 0}));
}

/* ---- YOLO ---- */
static void yolo(const char *yaml)
{
    static const char *const name[] = {"train/images/a.png", "train/images/b.png", "valid/images/c.png", NULL};
    ds_new();
    photos(name);
    ds_text("data.yaml", yaml);
    ds_text("train/labels/a.txt", "1 0.5 0.5 0.5 0.25\n");
    ds_text("train/labels/b.txt", "0 0.25 0.5 0.5 1\n\n0 0.1 0.1 0.2 0.1 0.2 0.6 0.1 0.6\n");
    ds_text("valid/labels/c.txt", "0 0.5 0.5 1 1\n");
}

TEST(yolo)
{
    static const char *const yaml[] = {
        "train: ../train/images\nnc: 2\nnames: ['Nike', \"Puma, SE\"]\n",
        "names:\n  - Nike\n  - 'Puma, SE'\nnc: 2\n",
        "path: x\nnames: # classes\n  0: Nike # the swoosh\n  1: Puma, SE\t# not Puma #2\n\nroboflow:\n  licence: x\n",
    };
    for (size_t i = 0; i < 3; i++) {
        yolo(yaml[i]);
        CHECK_OK(LOAD(.size = {8, 8, 0}, .published = true));
        CHECK_STR(label_of("a.png"), "Puma, SE");
        CHECK_STR(label_of("c.png"), "Nike");
        CHECK_INT(part_of("a.png"), DATA_TRAIN);
        CHECK_INT(part_of("c.png"), DATA_VAL);
    }
    CHECK_OK(LOAD(.boxes = true));
    CHECK_INT(data_count(set), 4);
    CHECK_STR(row_text(0), "Puma, SE 30x10");
    CHECK_STR(box_of(0), "30x10+15+15");
    CHECK_STR(row_text(1), "Nike 30x40");
    CHECK_STR(box_of(2), "6x20+6+4"); /* the box of an outline */
    ds_text("train/labels/a.txt", "1 0.5 0.5 0.5\n");
    CHECK(LOAD(.size = {8, 8, 0}) == LG_E_FORMAT);
    CHECK_HAS(err.msg, "line 1 of train/labels/a.txt");
}

/* A class in each folder, notes beside the pictures, and files that are called nearly as those of YOLO. */
TEST(notes_are_no_boxes)
{
    static const char *const name[] = {"Nike/1.png", "Puma/2.png", NULL};
    ds_new();
    photos(name);
    ds_text("metadata.yaml", "names: [a, b]\n");
    ds_text("old_classes.txt", "a\nb\n");
    ds_text("Nike/1.txt", "taken in Lyon\n");
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_STR(label_of("1.png"), "Nike");
}

TEST(folders_with_parts_and_boxes)
{
    static const char *const name[] = {"train/Nike/1.png", "train/Puma/2.png", "test/Nike/3.png", "test/Puma/4.png",
                                       NULL};
    ds_new();
    photos(name);
    ds_text("train/Nike/1.txt", "0 0.5 0.5 0.5 0.5\n");
    CHECK_OK(LOAD(.size = {8, 8, 0}, .published = true));
    CHECK_INT(data_classes(set), 2);
    CHECK_INT(part_of("1.png"), DATA_TRAIN);
    CHECK_INT(part_of("4.png"), DATA_TEST);
    CHECK_OK(LOAD(.boxes = true));
    CHECK_STR(row_text(2), "Nike 30x20"); /* the folder names the class */
    ds_text("data.yaml", "names: [logo]\n");
    CHECK_OK(LOAD(.boxes = true));
    CHECK_STR(row_text(2), "logo 30x20");
    CHECK_OK(LOAD(.boxes = true, .labels = "folders"));
    CHECK_STR(row_text(2), "Nike 30x20");
    CHECK_INT(data_classes(set), 2);
    CHECK_OK(LOAD(.boxes = true, .labels = "([0-9])"));
    CHECK_STR(row_text(2), "1 30x20");
    ds_text("list.txt", "train/Nike/1.png Nike\n");
    CHECK(LOAD(.boxes = true, .labels = "list.txt") == LG_E_DATA);
    CHECK_INT(err.code, 326);
    CHECK_HAS(err.hint, "labels folders");
    char yaml[100];
    snprintf(yaml, sizeof yaml, "%s/data.yaml", ds_folder);
    remove(yaml);
    ds_text("train/Nike/1.txt", "");
    CHECK(LOAD(.boxes = true) == LG_E_DATA);
    CHECK_INT(err.code, 326);
}

TEST(classes_called_train)
{
    static const char *const name[] = {"train/1.png", "test/2.png", "car/3.png", "car/4.png", NULL};
    ds_new();
    photos(name);
    CHECK_OK(LOAD(.size = {8, 8, 0}, .published = true));
    CHECK_INT(data_classes(set), 3);
    CHECK(!report.published);
}

/* Sets that are not there but known by name: what, under which terms, from where, and the line to type then. */
TEST(known_by_name)
{
    static const struct {
        const char *from, *title, *address, *folder;
    } known[] = {
        {"flickr27", "Flickr Logos 27", "image.ntua.gr", "flickr_logos_27_dataset"},
        {"data/flickr_logos_27_dataset.tar.gz", "Flickr Logos 27", "image.ntua.gr", "flickr_logos_27_dataset"},
        {"FlickrLogos-32_dataset_v2.zip", "FlickrLogos-32", "uni-augsburg.de", "FlickrLogos-v2"},
        {"FlickrLogos_47/", "FlickrLogos-47", "uni-augsburg.de", "FlickrLogos_47"},
        {"belgalogos.zip", "BelgaLogos", "inria.fr", "belga"},
        {"openlogo", "QMUL-OpenLogo", "qmul-openlogo", "openlogo"},
        {"fashion-mnist", "Fashion-MNIST", "zalandoresearch", "fashion-mnist"},
        {"MNIST", "MNIST", "mnist/train-images-idx3-ubyte.gz", "mnist"},
        {"coco2017.zip", "COCO", "cocodataset.org", "coco"},
        {"VOCdevkit", "Pascal VOC", "pascal/VOC", "VOCdevkit"},
    };
    static const char *const unknown[] = {"brands", "kmnist", "cocoa", "voces", "flickr", "logos32plus", "my fashion"};
    ds_new();
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[200];
        CHECK(LOAD(.name = "x", .from = known[i].from) == LG_E_DATA);
        CHECK_INT(err.code, 302);
        CHECK_HAS(err.msg, known[i].from);
        snprintf(text, sizeof text, "%s is not part of Logolens, and nothing is downloaded unasked; ", known[i].title);
        CHECK_HAS(err.why, text);
        CHECK_HAS(err.hint, known[i].address);
        snprintf(text, sizeof text, ", then: load x from %s", known[i].folder);
        CHECK(strlen(err.hint) + 1 < sizeof err.hint && strlen(err.hint) >= strlen(text));
        CHECK_STR(err.hint + strlen(err.hint) - strlen(text), text); /* to its end */
    }
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        CHECK(LOAD(.from = unknown[i]) != LG_OK);
        CHECK(strstr(err.why, "downloaded") == NULL);
    }
    let_go();
}
