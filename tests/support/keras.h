/* keras.h - what the tests of files of Keras share. */
#ifndef TEST_KERAS_H
#define TEST_KERAS_H

#include <unistd.h>
#include "tests/support/test.h"

/* build/logolens beside build/tests/unit/test_x, of the same flavour. */
static inline const char *keras_helper(void)
{
    static char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);
    CHECK(n > 0);
    path[n] = 0;
    char *at = strstr(path, "/tests/unit/");
    CHECK(at != NULL);
    strcpy(at, "/logolens");
    CHECK(access(path, X_OK) == 0);
    return path;
}

#endif
