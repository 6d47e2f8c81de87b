/* dash_tool.c - writes a dashboard of invented posts for the browser's test: dash_tool COUNT [anonymous] > FILE */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/dashboard.h"

int main(int argc, char **argv)
{
    static dash_fixture f;
    lg_err err = {0};
    bool anonymous = argc > 2 && strcmp(argv[2], "anonymous") == 0;
    if (dash_make(&f, argc > 1 ? (int)strtol(argv[1], NULL, 10) : 300, anonymous, &err) ||
        rep_dashboard_write(&f.ask, &f.file, &f.made, &err)) {
        fprintf(stderr, "LL%03d %s\n", err.code, err.msg);
        return 1;
    }
    fwrite(f.file.data, 1, f.file.len, stdout);
    fprintf(stderr, "%zu bytes, %zu posts, %zu pictures of %d\n%s\n", f.file.len, f.made.posts, f.made.pictures,
            f.made.side, f.made.sentence);
    dash_free(&f);
    return 0;
}
