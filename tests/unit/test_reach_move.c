/* Quick writes, renaming and removing within the reach. */
#include "tests/support/test.h"
#include <unistd.h>
#include "lib/base/reach.h"

static char root[64], outside[64];

static void begin(void)
{
    lg_err err = {0};
    strcpy(root, "/tmp/test_reach_XXXXXX");
    strcpy(outside, "/tmp/test_beyond_XXXXXX");
    CHECK(mkdtemp(root) && mkdtemp(outside));
    CHECK_OK(lg_reach_init(root, &err));
}

static void end(void)
{
    lg_err err = {0};
    CHECK_OK(lg_reach_remove(root, &err));
    CHECK(access(root, F_OK) != 0);
    CHECK_INT(rmdir(outside), 0);
}

static bool there(const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return access(path, F_OK) == 0;
}

TEST(quick_writes_replace_whole_files)
{
    begin();
    lg_err err = {0};
    lg_buf b;
    lg_buf_init(&b, 100);
    CHECK_OK(lg_reach_write_quick("a.txt", "first one", 9, 0600, &err));
    CHECK_OK(lg_reach_write_quick("a.txt", "two", 3, 0600, &err));
    CHECK_OK(lg_reach_read("a.txt", &b, &err));
    CHECK_STR(b.data, "two");
    CHECK_INT(lg_reach_write_quick("/etc/logolens-test", "x", 1, 0600, &err), LG_E_DENIED);
    lg_buf_release(&b);
    end();
}

TEST(renaming_moves_folders_in_one_step)
{
    begin();
    lg_err err = {0};
    CHECK_OK(lg_reach_mkdir("draft/sub", &err));
    CHECK_OK(lg_reach_write_quick("draft/sub/a", "x", 1, 0600, &err));
    CHECK_OK(lg_reach_rename("draft", "done", &err));
    CHECK(there("done/sub/a") && !there("draft"));
    CHECK_OK(lg_reach_mkdir("draft", &err));
    CHECK_INT(lg_reach_rename("draft", "done", &err), LG_E_DATA);
    CHECK_INT(err.code, 394);
    lg_err_clear(&err);
    CHECK_INT(lg_reach_rename("draft", outside, &err), LG_E_DENIED);
    lg_err_clear(&err);
    CHECK_INT(lg_reach_rename(outside, "mine", &err), LG_E_DENIED);
    end();
}

TEST(removing_never_leaves_the_folder)
{
    begin();
    lg_err err = {0};
    char link[200], kept[200];
    snprintf(link, sizeof link, "%s/d/out", root);
    snprintf(kept, sizeof kept, "%s/kept", outside);
    CHECK_OK(lg_reach_mkdir("d/e/f", &err));
    CHECK_OK(lg_reach_write_quick("d/e/f/a", "x", 1, 0600, &err));
    FILE *f = fopen(kept, "w");
    CHECK(f != NULL);
    fclose(f);
    CHECK_INT(symlink(outside, link), 0);
    CHECK_OK(lg_reach_remove("d", &err));
    CHECK(!there("d"));
    CHECK_INT(access(kept, F_OK), 0); /* the link went, not what it led to */
    CHECK(lg_reach_remove(outside, &err) == LG_E_DENIED);
    lg_err_clear(&err);
    CHECK(lg_reach_remove("d", &err) != LG_OK);
    remove(kept);
    end();
}
