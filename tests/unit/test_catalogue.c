/* The catalogue of posts: what is kept is found again, once; pages and marks together; people who were forgotten. */
#include "lib/store/catalogue.h"
#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include "tests/support/catalogue.h"

static lg_err err;

TEST(a_page_is_kept_and_read_again)
{
    store_catalogue *c = cat_new();
    store_scrape s = cat_scrape(c, "tag adidas");
    store_page_result r;
    static const char *const tags[] = {"Adidas", "run"};
    const store_media m[] = {
        {.id = "3_1", .url = "https://m.example/1.jpg", .alt = "a shoe", .type = "photo", .width = 640, .height = 480},
        {.url = "https://m.example/2.jpg", .type = "photo", .width = -1, .height = -1}};
    const store_post p[] = {{.id = "11",
                             .url = "https://x.com/ann/status/11",
                             .text = "Neue Schuhe \xf0\x9f\x91\x9f",
                             .language = "de",
                             .time = 1778666400000,
                             .likes = 5,
                             .reposts = -1,
                             .replies = 0,
                             .author_id = "7",
                             .author_handle = "Ann",
                             .author_name = "Ann Example",
                             .media = m,
                             .media_count = 2,
                             .tag = tags,
                             .tag_count = 2},
                            {.id = "12", .time = STORE_NO_TIME, .likes = -1, .reposts = -1, .replies = -1}};
    CHECK(!s.cursor && !s.pages && !s.done);
    CHECK_OK(store_catalogue_page(
        c, &s, &(store_page){.post = p, .count = 2, .given = 3, .refused = 1, .next = "s3:t", .ids = 99}, &r, &err));
    CHECK_INT(r.fresh, 2);
    CHECK_INT(r.added, 2);
    CHECK_STR(s.cursor, "s3:t");
    store_scrape_release(&s);
    store_catalogue_close(c);
    c = cat_open();
    s = cat_scrape(c, "tag adidas");
    CHECK_STR(s.cursor, "s3:t");
    CHECK_INT(s.ids, 99);
    CHECK_INT(s.pages, 1);
    CHECK_INT(s.given, 3);
    CHECK_INT(s.refused, 1);
    CHECK_INT(s.posts, 2);
    CHECK_STR(cat_rows(c, &(store_filter){.scrape = s.id}),
              "twitter 11 https://x.com/ann/status/11 Neue Schuhe \xf0\x9f\x91\x9f de 7 Ann Ann Example 1778666400000 "
              "5 -1 0 - - - 0.00\n"
              "twitter 12 - - - - - - - -1 -1 -1 - - - 0.00\n");
    store_counts n;
    CHECK_OK(store_catalogue_counts(c, &n, &err));
    CHECK_INT(n.users, 1);
    CHECK_INT(n.media, 2);
    CHECK_OK(store_catalogue_check(c, true, &err));
    store_scrape_release(&s);
    store_catalogue_close(c);
}

TEST(what_comes_again_is_not_kept_twice_and_forgets_nothing)
{
    store_catalogue *c = cat_new();
    store_scrape s = cat_scrape(c, "q");
    store_page_result r;
    store_media m = {.id = "3_1", .url = "https://m.example/old", .type = "photo", .width = -1, .height = -1};
    store_post p = {.id = "1",
                    .text = "first",
                    .time = 5,
                    .likes = 1,
                    .reposts = -1,
                    .replies = -1,
                    .author_handle = "ann",
                    .media = &m,
                    .media_count = 1};
    CHECK_OK(store_catalogue_page(c, &s, &(store_page){.post = &p, .count = 1, .given = 1, .next = "a"}, &r, &err));
    char sha[65];
    CHECK_OK(store_catalogue_image(c, 1, "picture", 7, "jpeg", 1, 1, sha, &err));
    m.url = "https://m.example/new"; /* addresses change, the picture's name does not */
    p.text = NULL, p.time = STORE_NO_TIME, p.likes = 2, p.author_id = "7";
    CHECK_OK(store_catalogue_page(c, &s, &(store_page){.post = &p, .count = 1, .given = 1, .next = "b"}, &r, &err));
    CHECK_INT(r.fresh, 0);
    CHECK_INT(r.added, 0);
    CHECK_HAS(cat_rows(c, &(store_filter){.pictures = true}), "twitter 1 - first - 7 ann - 5 2 -1 -1 2cea27");
    store_counts n;
    CHECK_OK(store_catalogue_counts(c, &n, &err));
    CHECK_INT(n.users, 1); /* known by handle first, by number then */
    CHECK_INT(n.posts, 1);
    CHECK_INT(n.media, 1);
    /* another picture in its place is wanted anew */
    m.id = "3_2";
    CHECK_OK(store_catalogue_page(c, &s, &(store_page){.post = &p, .count = 1, .given = 1}, &r, &err));
    CHECK(s.done);
    CHECK_STR(cat_rows(c, &(store_filter){.pictures = true}), "");
    CHECK_INT(cat_due(c, 0), 1);
    /* a scrape that is over takes no more pages, unless it is begun anew */
    CHECK(store_catalogue_page(c, &s, &(store_page){.post = &p, .count = 1, .given = 1}, &r, &err));
    CHECK_INT(err.code, 733);
    lg_err_clear(&err);
    store_scrape_release(&s);
    CHECK_OK(store_catalogue_scrape(c, "twitter", "q", NULL, false, &s, &err));
    CHECK(!s.done && !s.cursor && !s.pages && !s.posts);
    CHECK_OK(store_catalogue_page(c, &s, &(store_page){.post = &p, .count = 1, .given = 1}, &r, &err));
    CHECK_INT(r.fresh, 0);
    CHECK_INT(r.added, 1);
    store_scrape_release(&s);
    store_catalogue_close(c);
}

TEST(one_page_moves_the_mark_once)
{
    store_catalogue *c = cat_new(), *other = cat_open();
    store_scrape a = cat_scrape(c, "q"), b = cat_scrape(other, "q");
    store_post p = {.id = "1", .time = STORE_NO_TIME}, q = {.id = "2", .time = STORE_NO_TIME};
    CHECK_OK(store_catalogue_page(c, &a, &(store_page){.post = &p, .count = 1, .given = 1, .next = "x"}, NULL, &err));
    CHECK(store_catalogue_page(other, &b, &(store_page){.post = &q, .count = 1, .given = 1, .next = "y"}, NULL, &err));
    CHECK_INT(err.code, 733);
    lg_err_clear(&err);
    CHECK_INT(b.pages, 0);
    CHECK_HAS(cat_rows(c, &(store_filter){0}), "twitter 1 ");
    CHECK(!strstr(cat_rows(c, &(store_filter){0}), "twitter 2 "));
    store_scrape_release(&a), store_scrape_release(&b);
    store_catalogue_close(c), store_catalogue_close(other);
}

TEST(pictures_labels_and_predictions)
{
    store_catalogue *c = cat_new();
    char one[65], same[65], gone[65];
    int64_t run, again;
    cat_fill(c, "ann", "7", "1", 2);
    cat_fill(c, "bob", "8", "2", 1);
    CHECK_INT(cat_due(c, 0), 3);
    CHECK_OK(store_catalogue_image(c, 1, "abc", 3, "jpeg", 10, 20, one, &err));
    CHECK_STR(one, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_OK(store_catalogue_image(c, 3, "abc", 3, "jpeg", 10, 20, same, &err));
    CHECK_STR(same, one);
    CHECK_OK(store_catalogue_image(c, 999, "xyz", 3, "jpeg", 1, 1, gone, &err));
    CHECK_STR(gone, "");
    CHECK_OK(store_catalogue_no_image(c, 2, "404", &err));
    CHECK_INT(cat_due(c, 0), 0);
    CHECK_INT(cat_files(), 1);
    char *path = store_catalogue_image_path(c, one, &err);
    CHECK_STR(cat_read(path), "abc");
    struct stat st;
    CHECK(stat(path, &st) == 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    CHECK_OK(store_catalogue_label(c, one, "adidas", "ana", &err));
    CHECK_OK(store_catalogue_label(c, one, "nike", "ana", &err));
    CHECK_OK(store_catalogue_run(c, "key", "transfer", &run, &err));
    CHECK_OK(store_catalogue_run(c, "key", "transfer", &again, &err));
    CHECK_INT(again, run);
    const store_prediction p[] = {{one, "adidas", 0.75}, {one, "nike", 0.25}, {gone, "nike", 1}};
    CHECK_OK(store_catalogue_predict(c, run, p, 3, &err));
    CHECK_OK(store_catalogue_predict(c, run, p, 3, &err));
    store_counts n;
    CHECK_OK(store_catalogue_counts(c, &n, &err));
    CHECK_INT(n.images, 1);
    CHECK_INT(n.labels, 1);
    CHECK_INT(n.predictions, 2);
    const char *rows = cat_rows(c, &(store_filter){.pictures = true, .run = run});
    CHECK_HAS(rows, "twitter 1 ");
    CHECK_HAS(rows, "twitter 2 ");
    CHECK_HAS(rows, "adidas 0.75");
    CHECK_OK(store_catalogue_check(c, true, &err));
    /* what was changed behind our back is seen */
    cat_write(path, "abd");
    CHECK_OK(store_catalogue_check(c, false, &err));
    CHECK(store_catalogue_check(c, true, &err));
    CHECK_INT(err.code, 732);
    CHECK_HAS(err.why, "has other bytes: ba7816");
    lg_err_clear(&err);
    lg_free(path);
    store_catalogue_close(c);
}

TEST(posts_that_are_gone_upstream_are_dropped_with_their_pictures)
{
    store_catalogue *c = cat_new();
    char sha[65];
    size_t dropped;
    cat_fill(c, "ann", "7", "1", 1);
    cat_fill(c, "bob", "8", "2", 1);
    CHECK_OK(store_catalogue_image(c, 1, "only hers", 9, "jpeg", 1, 1, sha, &err));
    CHECK_OK(store_catalogue_image(c, 2, "both", 4, "jpeg", 1, 1, sha, &err));
    const char *ids[] = {"1", "77"};
    CHECK_OK(store_catalogue_drop_posts(c, "twitter", ids, 2, &dropped, &err));
    CHECK_INT(dropped, 1);
    CHECK_INT(cat_files(), 1);
    store_counts n;
    CHECK_OK(store_catalogue_counts(c, &n, &err));
    CHECK_INT(n.users, 1);
    CHECK_INT(n.posts, 1);
    CHECK_INT(n.images, 1);
    CHECK_OK(store_catalogue_check(c, true, &err));
    store_catalogue_close(c);
}

TEST(files_that_no_row_names_are_swept)
{
    store_catalogue *c = cat_new();
    char path[300], sha[65];
    cat_fill(c, "ann", "7", "1", 1);
    CHECK_OK(store_catalogue_image(c, 1, "abc", 3, "jpeg", 1, 1, sha, &err));
    snprintf(path, sizeof path, "%s/images/%064d", cat_folder, 7);
    cat_write(path, "left by a kill");
    snprintf(path, sizeof path, "%s/images/.logolens-1-1.tmp", cat_folder);
    cat_write(path, "half");
    snprintf(path, sizeof path, "%s/images/notes.txt", cat_folder);
    cat_write(path, "not ours");
    CHECK_OK(store_catalogue_sweep(c, &err));
    CHECK_INT(cat_files(), 2);
    store_catalogue_close(c);
}

/* ---- forgetting ---- */
/* How often the text is in any file below the folder, in either case. */
static int grep_bytes(const char *word)
{
    char command[600];
    snprintf(command, sizeof command, "cat '%s'/* '%s'/images/* 2>/dev/null | grep -a -o -i -F -e '%s' | wc -l",
             cat_folder, cat_folder, word);
    FILE *p = popen(command, "r");
    int n = -1;
    CHECK(p && fscanf(p, "%d", &n) == 1);
    pclose(p);
    return n;
}

static void forget_scene(store_catalogue *c)
{
    char sha[65];
    int64_t run;
    cat_fill(c, "ann_example", "783214", "1", 30);
    cat_fill(c, "bob", "8", "b", 30);
    store_scrape s = cat_scrape(c, "text shoes of @Ann_Example"), u;
    store_post p[] = {
        {.id = "m1",
         .time = 1,
         .likes = -1,
         .reposts = -1,
         .replies = -1,
         .author_handle = "cleo",
         .author_id = "9",
         .text = "thanks @Ann_Example! see https://x.com/ann_example/status/5 and @ann_example2, (@ann_example)"},
        {.id = "m2",
         .time = 1,
         .likes = -1,
         .reposts = -1,
         .replies = -1,
         .author_handle = "cleo",
         .author_id = "9",
         .text = "a word"}};
    CHECK_OK(store_catalogue_page(c, &s, &(store_page){.post = p, .count = 2, .given = 2, .next = "s2:t"}, NULL, &err));
    CHECK_OK(store_catalogue_scrape(c, "twitter", "user x", "@ANN_example", true, &u, &err));
    store_scrape_release(&s), store_scrape_release(&u);
    /* one picture is hers alone, one also bob's */
    CHECK_OK(store_catalogue_image(c, 1, "ann_example in the bytes of a picture", 37, "jpeg", 1, 1, sha, &err));
    CHECK_OK(store_catalogue_run(c, "k", "m", &run, &err));
    CHECK_OK(store_catalogue_predict(c, run, &(store_prediction){sha, "adidas", 1}, 1, &err));
    CHECK_OK(store_catalogue_label(c, sha, "adidas", "me", &err));
    CHECK_OK(store_catalogue_image(c, 2, "shared", 6, "jpeg", 1, 1, sha, &err));
    CHECK_OK(store_catalogue_image(c, 31, "shared", 6, "jpeg", 1, 1, sha, &err));
}

TEST(who_is_forgotten_leaves_no_byte)
{
    store_catalogue *c = cat_new();
    store_forgotten f;
    store_counts n;
    forget_scene(c);
    CHECK(grep_bytes("ann_example") > 30);
    CHECK(grep_bytes("783214") > 0);
    CHECK_OK(store_catalogue_forget_user(c, NULL, "@Ann_EXAMPLE", &f, &err));
    CHECK_INT(f.users, 1);
    CHECK_INT(f.posts, 30);
    CHECK_INT(f.images, 1);
    CHECK_INT(f.mentions, 3);
    CHECK_INT(f.scrapes, 2);
    CHECK_HAS(cat_rows(c, &(store_filter){0}),
              "thanks @[removed]! see https://x.com/[removed]/status/5 and @ann_example2, (@[removed])");
    CHECK_INT(grep_bytes("ann_example"), 1); /* that of ann_example2, who is somebody else */
    CHECK_INT(grep_bytes("ann_example2"), 1);
    CHECK_INT(grep_bytes("783214"), 0);
    CHECK_INT(grep_bytes("post of ann"), 0);
    CHECK_INT(cat_files(), 1);
    CHECK_OK(store_catalogue_counts(c, &n, &err));
    CHECK_INT(n.users, 2);
    CHECK_INT(n.posts, 32);
    CHECK_INT(n.images, 1);
    CHECK_INT(n.predictions + n.labels, 0);
    CHECK_INT(n.tombstones, 2);
    CHECK_OK(store_catalogue_check(c, true, &err));
    CHECK(store_catalogue_forget_user(c, NULL, "ann_example", &f, &err));
    CHECK_INT(err.code, 735);
    lg_err_clear(&err);
    store_catalogue_close(c);
}

/* 50 people who post for the first time, among them two accounts that had one handle, one after the other. */
static void crowd(store_catalogue *c, lg_rng *rng)
{
    enum { PEOPLE = 50 };
    char id[PEOPLE][30], handle[PEOPLE][120];
    store_post post[PEOPLE];
    store_scrape s = cat_scrape(c, "tag all");
    for (int i = 0; i < PEOPLE; i++) {
        unsigned long long n = lg_rng_next(rng);
        snprintf(id[i], sizeof id[i], "%llu", n);
        snprintf(handle[i], sizeof handle[i], "%c%llu_%.*s", (int)('a' + n % 26), n, (int)(n / 26 % 80),
                 "a_long_handle_as_some_people_and_most_robots_have_that_makes_pages_of_the_file_split");
        if (i % 25 == 3)
            snprintf(handle[i], sizeof handle[i], "m_ann_example"),
                snprintf(id[i], sizeof id[i], "%llu_783214", n % 1000000007);
        post[i] = (store_post){.id = id[i],
                               .text = "t",
                               .time = 1,
                               .likes = -1,
                               .reposts = -1,
                               .replies = -1,
                               .author_id = id[i],
                               .author_handle = handle[i]};
    }
    CHECK_OK(store_catalogue_page(c, &s, &(store_page){.post = post, .count = PEOPLE, .given = PEOPLE, .next = "n"},
                                  NULL, &err));
    store_scrape_release(&s);
}

/* Where a page of the file was split, copies of rows stay in its unused part; deleting a row does not touch them. */
TEST(no_byte_is_left_in_pages_that_were_split)
{
    for (uint64_t seed = 0; seed < 4; seed++) {
        store_catalogue *c = cat_new();
        store_forgotten f;
        lg_rng rng;
        lg_rng_init(&rng, seed);
        for (int round = 0; round < 30; round++) crowd(c, &rng);
        CHECK_OK(store_catalogue_forget_user(c, NULL, "m_ann_example", &f, &err));
        CHECK_INT(f.users, 60);
        CHECK_INT(f.posts, 60);
        CHECK_INT(grep_bytes("783214"), 0);
        CHECK_INT(grep_bytes("_ann_example"), 0);
        store_catalogue_close(c);
    }
}

TEST(who_is_forgotten_does_not_come_back)
{
    store_catalogue *c = cat_new();
    store_forgotten f;
    store_page_result r;
    bool is;
    forget_scene(c);
    CHECK_OK(store_catalogue_forget_user(c, "twitter", "783214", &f, &err));
    store_catalogue_close(c);
    c = cat_open();
    store_scrape s = cat_scrape(c, "tag again");
    store_post p[] = {
        {.id = "n1", .time = 1, .author_id = "783214", .author_handle = "new_name"},
        {.id = "n2", .time = 1, .author_handle = "ANN_example"},
        {.id = "n3", .time = 1, .author_id = "8", .author_handle = "bob", .text = "hi @ann_example, @ann"}};
    CHECK_OK(store_catalogue_page(c, &s, &(store_page){.post = p, .count = 3, .given = 3}, &r, &err));
    CHECK_INT(r.forgotten, 2);
    CHECK_INT(r.fresh, 1);
    CHECK_HAS(cat_rows(c, &(store_filter){.scrape = s.id}), "hi @[removed], @ann");
    CHECK_INT(grep_bytes("783214"), 0);
    /* the same handle elsewhere is somebody else */
    CHECK_OK(store_catalogue_is_forgotten(c, "mastodon", NULL, "ann_example", &is, &err));
    CHECK(!is);
    CHECK_OK(store_catalogue_is_forgotten(c, "twitter", NULL, "Ann_Example", &is, &err));
    CHECK(is);
    store_scrape_release(&s);
    store_catalogue_close(c);
}

TEST(bytes_that_another_program_holds_are_told_and_wiped_later)
{
    store_catalogue *c = cat_new();
    store_forgotten f;
    char file[300];
    sqlite3 *reader;
    forget_scene(c);
    snprintf(file, sizeof file, "%s/catalogue.sqlite", cat_folder);
    CHECK(sqlite3_open(file, &reader) == SQLITE_OK);
    CHECK(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM posts", NULL, NULL, NULL) == SQLITE_OK);
    cat_cancel_soon(c); /* do not wait the ten seconds */
    CHECK(store_catalogue_forget_user(c, NULL, "ann_example", &f, &err));
    CHECK_INT(err.code, 736);
    CHECK_INT(f.posts, 30);
    lg_err_clear(&err);
    lg_cancel_clear(&cat_cancel);
    CHECK(grep_bytes("783214") > 0);
    sqlite3_close(reader);
    CHECK_OK(store_catalogue_forget_user(c, NULL, "ann_example", &f, &err));
    CHECK_INT(f.users, 0);
    CHECK_INT(grep_bytes("783214"), 0);
    store_catalogue_close(c);
    /* as after a kill in between: the next opening does the rest */
    c = cat_new();
    forget_scene(c);
    snprintf(file, sizeof file, "%s/catalogue.sqlite", cat_folder);
    CHECK(sqlite3_open(file, &reader) == SQLITE_OK);
    CHECK(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM posts", NULL, NULL, NULL) == SQLITE_OK);
    cat_cancel_soon(c);
    CHECK(store_catalogue_forget_user(c, NULL, "ann_example", &f, &err));
    CHECK_INT(err.code, 736);
    lg_err_clear(&err);
    lg_cancel_clear(&cat_cancel);
    store_catalogue_close(c);
    sqlite3_close(reader);
    snprintf(file, sizeof file, "%s/images/%064d", cat_folder, 1);
    cat_write(file, "783214: a picture that was to be removed next");
    c = cat_open();
    CHECK_INT(grep_bytes("783214"), 0);
    store_catalogue_close(c);
}

/* ---- files that are not what they should be ---- */
static void file_path(char path[300])
{
    snprintf(path, 300, "%s/catalogue.sqlite", cat_folder);
}

static void sql(const char *text)
{
    char path[300];
    sqlite3 *db;
    file_path(path);
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
}

TEST(newer_foreign_and_damaged_files_are_refused_and_left_alone)
{
    store_catalogue *c = cat_new();
    char path[300], before[9000], after[9000];
    cat_fill(c, "ann", "7", "1", 1);
    store_catalogue_close(c);
    file_path(path);
    sql("PRAGMA user_version = 7");
    CHECK(store_catalogue_open(cat_folder, NULL, &c, &err));
    CHECK_INT(err.code, 732);
    CHECK_HAS(err.why, "was made by a newer version");
    lg_err_clear(&err);
    sql("PRAGMA user_version = 1; PRAGMA application_id = 5");
    CHECK(store_catalogue_open(cat_folder, NULL, &c, &err));
    CHECK_HAS(err.why, "is another program's file");
    lg_err_clear(&err);
    CHECK(!c);
    cat_folder_new();
    file_path(path);
    sql("CREATE TABLE mine(x); INSERT INTO mine VALUES(1)");
    snprintf(before, sizeof before, "%s", cat_read(path));
    CHECK(store_catalogue_open(cat_folder, NULL, &c, &err));
    CHECK_INT(err.code, 732);
    lg_err_clear(&err);
    snprintf(after, sizeof after, "%s", cat_read(path));
    CHECK_STR(after, before);
    cat_write(path, "this is a shopping list, and by no means a database");
    CHECK(store_catalogue_open(cat_folder, NULL, &c, &err));
    CHECK_INT(err.code, 732);
    lg_err_clear(&err);
}

/* A catalogue of before notes and versions of answers: nothing is lost, and it can do what a new one can. */
TEST(an_older_file_is_brought_up_to_date)
{
    store_catalogue *c = cat_new();
    store_page_result r;
    store_note note = {STORE_WITHHELD, "the likes", "nobody said", 2};
    cat_fill(c, "ann", "7", "1", 2);
    char *rows = strdup(cat_rows(c, &(store_filter){0}));
    store_catalogue_close(c);
    sql("DROP TABLE scrape_note; DROP TABLE page_note; DROP TABLE page_post; DROP TABLE pages; DROP TABLE answers;"
        "PRAGMA user_version = 1");
    c = cat_open();
    CHECK_STR(cat_rows(c, &(store_filter){0}), rows);
    store_scrape s = cat_scrape(c, "another");
    store_page page = {.note = &note, .notes = 1, .address = "https://m.example/x", .etag = "\"1\""};
    CHECK_OK(store_catalogue_page(c, &s, &page, &r, &err));
    store_scrape_release(&s);
    CHECK_OK(store_catalogue_check(c, true, &err));
    store_catalogue_close(c);
    c = cat_open(); /* and only once */
    CHECK_STR(cat_rows(c, &(store_filter){0}), rows);
    store_catalogue_close(c);
    free(rows);
}

TEST(files_are_for_their_owner_alone_whatever_the_umask)
{
    struct stat st;
    char path[300];
    mode_t old = umask(0);
    store_catalogue *c = cat_new();
    cat_fill(c, "ann", "7", "1", 1);
    umask(old);
    file_path(path);
    CHECK(stat(path, &st) == 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    strcat(path, "-wal");
    CHECK(stat(path, &st) == 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    snprintf(path, sizeof path, "%s/images", cat_folder);
    CHECK(stat(path, &st) == 0);
    CHECK_INT(st.st_mode & 0777, 0700);
    store_catalogue_close(c);
}

TEST(no_memory_is_an_error_and_keeps_nothing_half)
{
    store_catalogue *c = cat_new();
    store_scrape s = cat_scrape(c, "q");
    store_media m = {.url = "https://m.example/1", .type = "photo"};
    for (long n = 1; n < 30; n++) {
        char id[24];
        store_counts before, after;
        CHECK_OK(store_catalogue_counts(c, &before, &err));
        snprintf(id, sizeof id, "%ld", n);
        store_post p = {.id = id, .text = "@a", .author_handle = "x", .media = &m, .media_count = 1, .time = 1};
        lg_alloc_fail_at(n, false);
        lg_status st =
            store_catalogue_page(c, &s, &(store_page){.post = &p, .count = 1, .given = 1, .next = "n"}, NULL, &err);
        lg_alloc_fail_at(0, false);
        CHECK_OK(store_catalogue_counts(c, &after, &err));
        CHECK_INT(after.posts - before.posts, st == LG_OK);
        if (st) CHECK_INT(err.code, 901);
        lg_err_clear(&err);
    }
    store_scrape_release(&s);
    store_catalogue_close(c);
}

TEST(strangers_texts_stay_texts)
{
    store_catalogue *c = cat_new();
    store_scrape s = cat_scrape(c, "tag '); DROP TABLE posts;--");
    store_post p = {.id = "'); DROP TABLE posts;--",
                    .text = "%s%n ?1 '\"",
                    .author_handle = "\"; --",
                    .time = 1,
                    .likes = 1,
                    .reposts = 1,
                    .replies = 1};
    CHECK_OK(store_catalogue_page(c, &s, &(store_page){.post = &p, .count = 1, .given = 1}, NULL, &err));
    CHECK_STR(cat_rows(c, &(store_filter){0}),
              "twitter '); DROP TABLE posts;-- - %s%n ?1 '\" - - \"; -- - 1 1 1 1 - - - 0.00\n");
    store_scrape_release(&s);
    store_catalogue_close(c);
}
