/* tests/golden/commands/NAME.lens: what every command says and does, in the tiny shop of lens.h. */
#include "tests/support/lens.h"
#include <glob.h>

static void script_files(void)
{
    ds_text("lesson.lens", "# a lesson\nlet lr = 0.05\nsay \"from the lesson: $lr\"\n");
    lg_buf list;
    lg_buf_init(&list, 1 << 16);
    for (int i = 1; i <= 40; i++) lg_buf_addf(&list, "%02d.png,%s\n", i, i % 3 ? "some" : "third");
    ds_text("short.csv", lg_buf_str(&list));
    lg_buf_release(&list);
    ds_text("wrong.lens", "say one\nfit nothing\n");
    ds_text("round.lens", "run round.lens\n");
}

TEST(scripts_do_as_they_say)
{
    glob_t found;
    int bad = 0;
    const char *only = getenv("LENS_ONLY");
    lens_shop();
    script_files();
    CHECK_INT(glob("tests/golden/commands/*.lens", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        static char script[1 << 16];
        FILE *f = fopen(found.gl_pathv[i], "r");
        CHECK(f);
        script[fread(script, 1, sizeof script - 1, f)] = 0;
        fclose(f);
        if (!only || strstr(found.gl_pathv[i], only)) bad += lens_script(found.gl_pathv[i], script, true);
    }
    globfree(&found);
    CHECK_INT(bad, 0);
}
