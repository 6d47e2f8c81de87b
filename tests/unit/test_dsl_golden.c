/* Scripts with what is expected beside the line: tests/golden/dsl/NAME.lens, run with the real commands (see lens.h). A
 * script whose first line is `# oom` is also run with allocations failing one by one. */
#include "tests/support/lens.h"
#include <glob.h>

/* Our own folders below build/, so that a test leaves nothing in anyone's home. */
static void own_folders(void)
{
    char home[1000];
    CHECK(getcwd(home, sizeof home - 30));
    strcat(home, "/build");
    mkdir(home, 0755);
    strcat(home, "/test-home");
    lens_places(NULL, home);
}

static int each_script(int (*fn)(const char *name, const char *script))
{
    glob_t found;
    int bad = 0;
    own_folders();
    CHECK_INT(glob("tests/golden/dsl/*.lens", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        static char script[1 << 16];
        FILE *f = fopen(found.gl_pathv[i], "r");
        CHECK(f);
        script[fread(script, 1, sizeof script - 1, f)] = 0;
        fclose(f);
        bad += fn(found.gl_pathv[i], script);
    }
    globfree(&found);
    return bad;
}

static int as_written(const char *name, const char *script)
{
    return lens_script(name, script, true);
}

/* Every allocation near the start, then ever fewer. */
static int without_memory(const char *name, const char *script)
{
    if (strncmp(script, "# oom\n", 6)) return 0;
    long before = lg_alloc_count();
    int bad = lens_script(name, script, false);
    long most = lg_alloc_count() - before;
    for (long n = 1; n <= most && !bad; n += 1 + n / 64) {
        lg_alloc_fail_at(n, false);
        bad += lens_script(name, script, false);
        lg_alloc_fail_at(0, false);
    }
    return bad + lens_script(name, script, true);
}

TEST(scripts_do_as_they_say)
{
    CHECK_INT(each_script(as_written), 0);
}

TEST(scripts_survive_without_memory)
{
    CHECK_INT(each_script(without_memory), 0);
}
