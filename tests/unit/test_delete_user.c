/* `delete user`: nothing of a person is left in our folders or in the session, and nothing brings them back. */
#include "tests/support/posts.h"
#include <ftw.h>

static lens l;

/* ---- bytes on the disk ---- */
static const char *needle;
static int found_in;

/* The word, but for that of maryanne, who stays. */
static bool holds(const char *bytes, size_t len)
{
    size_t n = strlen(needle);
    for (size_t i = 0; i + n <= len; i++)
        if (strncasecmp(bytes + i, needle, n) == 0 && (i + n == len || (bytes[i + n] | 32) != 'e')) return true;
    return false;
}

static int look(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    lg_buf bytes;
    (void)place;
    if (holds(path, strlen(path))) found_in++;
    if (kind != FTW_F || !info->st_size) return 0;
    FILE *f = fopen(path, "r");
    CHECK(f);
    lg_buf_init(&bytes, 1 << 28);
    CHECK(lg_buf_reserve(&bytes, (size_t)info->st_size));
    bytes.len = fread(bytes.data, 1, (size_t)info->st_size, f);
    fclose(f);
    found_in += holds(bytes.data, bytes.len);
    lg_buf_release(&bytes);
    return 0;
}

/* Files below our folders that hold the word. */
static int files_with(const char *word)
{
    needle = word;
    found_in = 0;
    CHECK_INT(nftw(getenv("LOGOLENS_HOME"), look, 16, FTW_PHYS), 0);
    return found_in;
}

static bool add_words(void *ctx, const char *name, dsl_object *object)
{
    lg_buf *to = ctx;
    (void)name;
    lg_buf_addf(to, "%s\n", object->recipe ? object->recipe : "");
    return object->cls->show(object, name, &l.out, &l.err) == LG_OK;
}

/* Does any object of the session show the word, or say it in its recipe? */
static bool session_says(const char *word)
{
    lg_buf words;
    lg_buf_init(&words, 1 << 24);
    lg_buf_clear(&l.text);
    dsl_session_each(l.session, add_words, &words);
    lg_buf_addf(&words, "%s", lg_buf_str(&l.text));
    needle = word;
    bool says = holds(lg_buf_str(&words), words.len);
    lg_buf_release(&words);
    return says;
}

static void scene(void)
{
    static const posts_one all[] = {
        {"maryann", "77012345", "Mary Ann", "mine, says @maryann", "a shoe of @MaryAnn", 0, 3, {{POSTS_ADIDAS, 31}}},
        {"maryann", "77012345", "Mary Ann", "shared picture", NULL, 0, 4, {{POSTS_NIKE, 31}, {POSTS_NIKE, 32}}},
        {"bob", "2", "Bob", "thanks @maryann and @maryanne", NULL, 0, 5, {{POSTS_NIKE, 31}}},
        {"maryanne", "3", "Other", "another one", NULL, 0, 6, {{POSTS_PUMA, 31}}},
    };
    posts_made p = posts_begin("user maryann tag shoes");
    posts_add_all(&p, all, sizeof all / sizeof *all);
    p.recipe = "scrape twitter user maryann limit 2 into posts";
    posts_end(&p, &l, "posts", "twitter user maryann");
}

/* Pictures that the scene has, in a folder of the user's: their content is what they are known by. */
static void folder(void)
{
    lens_picture("mine/adidas/1.png", POSTS_ADIDAS, 30);
    lens_picture("mine/nike/2.png", POSTS_NIKE, 30);
    lens_picture("mine/nike/3.png", POSTS_NIKE, 31);
    lens_picture("mine/puma/4.png", POSTS_PUMA, 30);
    lens_picture("theirs/adidas/1.png", POSTS_ADIDAS, 30);
    lens_picture("theirs/nike/2.png", POSTS_NIKE, 31);
}

/* What a kernel keeps of the cells it ran. */
static store_history *cells;

static void keep(int line, const char *input, const char *output)
{
    store_history_add(cells, 0,
                      &(store_cell){.line = line,
                                    .input = input,
                                    .input_len = strlen(input),
                                    .output = output,
                                    .output_len = output ? strlen(output) : 0});
}

static void history(void)
{
    char folder[200];
    snprintf(folder, sizeof folder, "%s/data", getenv("LOGOLENS_HOME"));
    CHECK_INT(store_history_new(&cells, &l.err), LG_OK);
    CHECK_INT(store_history_keep(cells, folder, &l.err), LG_OK);
    CHECK_INT(store_history_begin(cells), 0);
    cmd_workbench_history(l.bench, cells);
    keep(1, "scrape twitter user maryann into posts", NULL);
    keep(2, "posts", "1 of @MaryAnn");
    LENS_OK(store_history_settle(cells, &l.err));
    keep(3, "scrape twitter user maryanne", NULL);
}

TEST(a_person_goes_from_disk_and_session)
{
    lens_home_in_memory();
    lens_shop();
    CHECK_INT(lens_open(&l), LG_OK);
    scene();
    folder();
    ds_text("fans.csv", "user,posts\n@maryann,3\nbob,1\nmaryanne,2\n");
    ds_text("maryann.csv", "month,posts\n5,3\n");
    LENS_OK(lens_run(&l, "load logos from shop split 50/50\n"
                         "model scratch on logos { flatten; dense classes softmax }\n"
                         "fit scratch epochs 5 batch 8 quiet\n"
                         "classify posts with scratch as labelled\n"
                         "open t from fans.csv\n"
                         "open named from maryann.csv\n"
                         "customers from labelled brand nike min 0% as fans\n"
                         "customers from labelled brand nike min 0% anonymous as people\n"
                         "load mine from mine\n"
                         "load theirs from theirs\n"
                         "drop mine image 1\n"
                         "relabel mine image 2 as other\n"
                         "load late from mine\n"
                         "drop late image 1, 3\n"
                         "classify mine with scratch as judged\n"
                         "model other on mine { flatten; dense classes softmax }\n"
                         "fit other epochs 1 quiet\n"
                         "model after on late { flatten; dense classes softmax }\n"
                         "fit after epochs 1 quiet"));
    history();
    CHECK(files_with("maryann") > 0);
    CHECK(session_says("maryann"));
    CHECK_STR(lens_fact(&l, "mine.count"), "3");
    CHECK_STR(lens_fact(&l, "fans.count"), "2");
    CHECK_STR(lens_fact(&l, "people.count"), "2");
    LENS_OK(lens_run(&l, "delete user @MARYANN"));
    const char *text = lg_buf_str(&l.text);
    CHECK_HAS(text, "delete user: 2 posts and 2 pictures of 1 account removed");
    CHECK_HAS(text, "This cannot be undone.");
    CHECK_HAS(text, "cells of the history that name them");
    keep(4, "delete user @MARYANN", NULL); /* as the kernel does once the cell has run */
    cmd_workbench_history(l.bench, NULL);
    store_history_free(cells);
    CHECK_HAS(text, "1 model learnt from pictures that are now removed"); /* not the one that came after `drop` */
    CHECK_HAS(text, "edits that `undo` could take back");
    CHECK(!strcasestr(text, "maryann"));
}

TEST(no_byte_of_them_is_left)
{
    CHECK_INT(files_with("maryann"), 0);
    CHECK_INT(files_with("77012345"), 0);
    CHECK_INT(files_with("Mary Ann"), 0);
    CHECK(files_with("maryanne") > 0);
    CHECK(!session_says("maryann"));
    CHECK(session_says("maryanne"));
}

TEST(the_rest_stays)
{
    CHECK_STR(lens_fact(&l, "posts.count"), "2");
    CHECK_STR(lens_fact(&l, "posts.pictures"), "2");
    CHECK_STR(lens_fact(&l, "labelled.count"), "2");
    CHECK_STR(lens_fact(&l, "labelled.puma"), "1");
    CHECK_STR(lens_fact(&l, "t.rows"), "2");
    CHECK_STR(lens_fact(&l, "fans.count"), "1");
    CHECK_STR(lens_fact(&l, "people.count"), "1");
    LENS_OK(lens_run(&l, "show posts"));
    CHECK_HAS(lg_buf_str(&l.text), "thanks @[removed] and @maryanne");
    CHECK_HAS(lg_buf_str(&l.text), "from twitter user [removed]");
}

/* Of mine, 1 was dropped before and 3 was theirs; 2 they posted as well as bob. */
TEST(datasets_lose_their_pictures_and_undo_brings_nothing_back)
{
    CHECK_STR(lens_fact(&l, "mine.count"), "2");
    CHECK_STR(lens_fact(&l, "judged.count"), "2");
    CHECK(!dsl_session_get(l.session, "theirs"));
    CHECK_STR(lens_fact(&l, "late.count"), "2"); /* without them already: but not the version before */
    CHECK(lens_run(&l, "undo"));
    CHECK_STR(lens_fact(&l, "mine.count"), "2");
}

TEST(who_is_gone_is_nobody)
{
    CHECK_INT(lens_run(&l, "delete user maryann"), LG_E_DATA);
    CHECK_INT(l.err.code, 735);
    CHECK_HAS(l.err.hint, "maryanne");
    CHECK_INT(lens_run(&l, "delete user nobody_at_all"), LG_E_DATA);
    CHECK(!strstr(l.err.hint, "mary"));
    CHECK_INT(lens_run(&l, "delete posts"), LG_E_ARG);
}

/* Another notebook has removed them: this one still shows their posts. */
TEST(a_session_forgets_whom_the_catalogue_has_forgotten)
{
    lg_err err = {0};
    store_forgotten gone;
    store_catalogue *c = posts_catalogue();
    CHECK_STR(lens_fact(&l, "mine.count"), "2"); /* one of them is bob's by now */
    CHECK_OK(store_catalogue_forget_user(c, NULL, "bob", &gone, &err));
    store_catalogue_close(c);
    LENS_OK(lens_run(&l, "delete user bob"));
    CHECK_HAS(lg_buf_str(&l.text), "removed from this session");
    CHECK_STR(lens_fact(&l, "posts.count"), "1");
    CHECK_STR(lens_fact(&l, "labelled.count"), "1");
    CHECK_STR(lens_fact(&l, "mine.count"), "1");
    CHECK_HAS(dsl_session_get(l.session, "posts")->recipe, "limit 2 "); /* bob's number is no word for bob */
    lens_close(&l);
}
