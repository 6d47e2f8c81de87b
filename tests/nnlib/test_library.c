/* Libraries at first use: found, not there, too old, refused by their own set-up; all symbols or none. */
#include "lib/base/library.h"
#include "tests/support/test.h"

static double (*lib_cos)(double);
static void *lib_other;
static int befores, afters;
static bool refuse;

static void before(void)
{
    befores++;
}

static lg_status after(lg_err *err)
{
    afters++;
    if (!lib_cos || lib_cos(0) != 1) return lg_fail(err, LG_E_INTERNAL, 901, "cos(0) is not 1");
    return refuse ? lg_fail(err, LG_E_UNSUPPORTED, 504, "refused") : LG_OK;
}

static const lg_symbol symbols[] = {{"cos", (void **)&lib_cos}, {0}};
static const lg_symbol too_many[] = {{"cos", (void **)&lib_cos}, {"cos_of_the_future", &lib_other}, {0}};

TEST(found_by_its_second_name)
{
    lg_err err = {0};
    lg_library math = {.name = "Math",
                       .sonames = (const char *const[]){"libnot-there.so.9", "libm.so.6", NULL},
                       .package = "libc6",
                       .symbols = symbols,
                       .before_load = before,
                       .after_load = after};
    befores = afters = 0;
    refuse = true;
    CHECK_INT(lg_library_open(&math, &err), LG_E_UNSUPPORTED);
    CHECK(lib_cos == NULL && !math.ready);
    refuse = false;
    err = (lg_err){0};
    CHECK_OK(lg_library_open(&math, &err));
    CHECK_OK(lg_library_open(&math, &err));
    CHECK_INT(befores, 2);
    CHECK_INT(afters, 2);
    CHECK_NEAR(lib_cos(0), 1, 0);
}

TEST(not_installed)
{
    lg_err err = {0};
    lg_library none = {.name = "Dream",
                       .sonames = (const char *const[]){"libdream-of.so.1", "libdream-of.so.2", NULL},
                       .package = "libdream1",
                       .symbols = symbols};
    CHECK_INT(lg_library_open(&none, &err), LG_E_UNSUPPORTED);
    CHECK_INT(err.code, 504);
    CHECK_STR(err.msg, "Dream is needed for this and is not installed here");
    CHECK_HAS(err.why, "libdream-of.so.1");
    CHECK_STR(err.hint, "sudo apt-get install libdream1");
}

TEST(another_version)
{
    lg_err err = {0};
    lg_library old = {
        .name = "Math", .sonames = (const char *const[]){"libm.so.6", NULL}, .package = "libc6", .symbols = too_many};
    lib_cos = NULL;
    CHECK_INT(lg_library_open(&old, &err), LG_E_UNSUPPORTED);
    CHECK_INT(err.code, 504);
    CHECK_HAS(err.why, "`cos_of_the_future`");
    CHECK(lib_cos == NULL && lib_other == NULL); /* none rather than some */
}

/* A file that is there but is no library is the telling reason, wherever it stands in the list. */
TEST(broken_file)
{
    char path[] = "/tmp/lg_library_XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    FILE *f = fdopen(fd, "w");
    fputs("this is no library", f);
    fclose(f);
    lg_err err = {0};
    lg_library broken = {.name = "Broken",
                         .sonames = (const char *const[]){path, "libdream-of.so.2", NULL},
                         .package = "libbroken1",
                         .symbols = symbols};
    lg_status st = lg_library_open(&broken, &err);
    remove(path);
    CHECK_INT(st, LG_E_UNSUPPORTED);
    CHECK_HAS(err.why, path);
}

static lg_library shared_one = {.name = "Math",
                                .sonames = (const char *const[]){"libm.so.6", NULL},
                                .package = "libc6",
                                .symbols = symbols,
                                .after_load = after};
static void *open_it(void *failed)
{
    lg_err err = {0};
    if (lg_library_open(&shared_one, &err) != LG_OK || lib_cos(0) != 1) *(bool *)failed = true;
    return NULL;
}

TEST(opened_by_many_at_once)
{
    pthread_t thread[4];
    bool failed[4] = {false};
    afters = 0;
    refuse = false;
    for (int i = 0; i < 4; i++) CHECK_INT(pthread_create(&thread[i], NULL, open_it, &failed[i]), 0);
    for (int i = 0; i < 4; i++) pthread_join(thread[i], NULL);
    for (int i = 0; i < 4; i++) CHECK(!failed[i]);
    CHECK_INT(afters, 1);
}
