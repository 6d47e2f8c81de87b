/* docs/commands.md is what the tables say. */
#include "tests/support/lens.h"

TEST(the_manual_is_current)
{
    lens l;
    lg_err err = {0};
    lg_buf text, file;
    char piece[4096];
    size_t n;
    FILE *f = fopen("docs/commands.md", "rb");
    CHECK(f != NULL);
    CHECK_OK(lens_open(&l));
    lg_buf_init(&text, 16 << 20);
    lg_buf_init(&file, 16 << 20);
    dsl_manual(dsl_session_config(l.session), &text);
    while ((n = fread(piece, 1, sizeof piece, f)) > 0) lg_buf_add(&file, piece, n);
    fclose(f);
    CHECK(text.len > 20000);
    if (text.len != file.len || memcmp(text.data, file.data, text.len)) TEST_FAIL("`make docs` brings it up to date");
    lg_buf_release(&text);
    lg_buf_release(&file);
    lens_close(&l);
}
