/* What a load says about what it found: classes that are lost, sizes that do not fit, lines that can be typed. */
#include "tests/support/load.h"

/* A class without a readable image is none, and the images that can be read keep their numbers and labels. */
TEST(lost_classes)
{
    data_image image;
    three_folders(3);
    ds_text("set/Bata/1.png", "broken");
    ds_text("set/Puma/01.png", "broken");
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_INT(data_classes(set), 3);
    CHECK_INT(data_class_find(set, "Bata"), -1);
    CHECK_INT(report.unlabelled, 0);
    CHECK_INT(report.broken, 2);
    CHECK_INT(report.labelled, 8);
    data_image_at(set, 3, &image);
    CHECK(image.broken && image.label == -1);
    data_image_at(set, 5, &image);
    CHECK(image.broken);
    CHECK_STR(data_class_name(set, image.label), "Puma");
    CHECK_STR(ds_note(&report, 310)->why, "`Bata`");
    CHECK(ds_note(&report, 301) == NULL);
}

/* The lines to type next are there to be typed. */
TEST(hints_can_be_typed)
{
    char want[200];
    three_folders(2);
    ds_picture("set/Vans/1.png", 99, 20, 30, 3, 0);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_HAS(ds_note(&report, 310)->hint, "relabel logos Vans as other");
    ds_new();
    for (int i = 0; i < 3; i++) {
        char name[40];
        snprintf(name, sizeof name, "%s_%d.png", i == 1 ? "nike" : "vans", i);
        ds_picture(name, i, 20, 20, 3, 0);
    }
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    snprintf(want, sizeof want, "load logos from %s labels \"([A-Za-z]+)[_-]?[0-9]+\"", ds_folder);
    CHECK_STR(ds_note(&report, 301)->hint, want);
    CHECK_OK(LOAD(.size = {8, 8, 0}, .labels = "([A-Za-z]+)[_-]?[0-9]+"));
    CHECK_INT(data_classes(set), 2);
    ds_text("brands.csv", "vans_0.png,vans\nnike_1.png,nike\nvans_2.png,nike\nvans_2.png,vans\n");
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_HAS(ds_note(&report, 301)->hint, " labels brands.csv");
    CHECK_OK(LOAD(.size = {8, 8, 0}, .labels = "brands.csv"));
    CHECK_HAS(ds_note(&report, 307)->hint, "relabel logos image vans_2.png as nike");
}

/* A photo does not go missing without a word. */
TEST(what_is_passed_over_is_told)
{
    char place[200], wide[40];
    three_folders(2);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK(ds_note(&report, 328) == NULL);
    snprintf(place, sizeof place, "%s/set/nike/gone.jpg", ds_folder);
    CHECK_INT(symlink("/etc/hostname", place), 0);
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_HAS(ds_note(&report, 328)->msg, "1 thing in `");
    CHECK_STR(ds_note(&report, 328)->why, "set/nike/gone.jpg: a link that leads nowhere, or out of what may be read");
    for (int i = 0; i < 9; i++) {
        snprintf(wide, sizeof wide, "set/Puma/%d\xe9\33[1m.png", i);
        ds_picture(wide, i, 20, 20, 3, 0);
    }
    CHECK_OK(LOAD(.size = {8, 8, 0}));
    CHECK_INT(report.files, 6);
    CHECK_INT(ds_note(&report, 328)->count, 10);
    CHECK_HAS(ds_note(&report, 328)->msg, "10 things in `");
    CHECK_HAS(ds_note(&report, 328)->why, "\\xe9\\x1b[1m.png: its name is not UTF-8");
    CHECK_HAS(ds_note(&report, 328)->why, "; and 5 more");
    CHECK_OK(LOAD(.size = {8, 8, 0}, .limit = 3));
    CHECK_INT(ds_note(&report, 328)->count, 10);
}
