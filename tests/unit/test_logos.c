/* sample:logos: the same pictures always, by any number of threads; its oddities are where its README says. */
#include "tests/support/test.h"
#include <dirent.h>
#include <unistd.h>
#include "lib/base/reach.h"
#include "lib/image/decode.h"
#include "lib/image/hash.h"
#include "lib/sample/logos.h"

static char root[64];

static void begin(void)
{
    lg_err err = {0};
    strcpy(root, "/tmp/test_logos_XXXXXX");
    CHECK(mkdtemp(root) != NULL);
    CHECK_OK(lg_reach_init(root, &err));
}

static void end(void)
{
    lg_err err = {0};
    CHECK_OK(lg_reach_remove(root, &err));
}

static char *slurp(const char *folder, const char *name, size_t *len)
{
    lg_err err = {0};
    char path[200];
    lg_buf b;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    lg_buf_init(&b, 8 << 20);
    CHECK_OK(lg_reach_read(path, &b, &err));
    if (len) *len = b.len;
    char *text = lg_buf_take(&b, &err);
    CHECK(text != NULL);
    return text;
}

static int progress_last;
static void progress(void *ctx, int done, int count)
{
    CHECK(ctx == &progress_last && done > progress_last && done <= count);
    progress_last = done;
}

/* Hash of the pixels of the first 20 pictures: a change here changes what every user of the sample sees, and asks for a
 * higher SMP_LOGOS_VERSION. */
TEST(first_pictures_are_pinned)
{
    lg_err err = {0};
    char hex[IMG_SHA256_HEX], all[20 * (IMG_SHA256_HEX - 1)];
    for (int i = 0; i < 20; i++) {
        img_picture p = {0};
        smp_label label;
        CHECK_OK(smp_logos_draw(7, 3000, i, &p, &label, &err));
        CHECK(p.w >= 60 && p.w <= 160 && p.c == 3);
        img_sha256(p.px, img_size(&p), hex);
        memcpy(all + i * (IMG_SHA256_HEX - 1), hex, IMG_SHA256_HEX - 1);
        img_picture_release(&p);
    }
    img_sha256(all, sizeof all, hex);
    CHECK_STR(hex, "2bcd0b81e863f1f3d6348d3fbd7feef08466e6439e6f422a3aa8cc0a66fac673");
}

TEST(threads_make_the_same_files)
{
    begin();
    lg_err err = {0};
    lg_pool *pool = NULL;
    CHECK_OK(lg_pool_new(2, &pool, &err));
    CHECK(!smp_logos_ready("one"));
    progress_last = 0;
    CHECK_OK(smp_logos_make(
        "one", &(smp_logos_options){.seed = 3, .count = 60, .progress = progress, .progress_ctx = &progress_last},
        &err));
    CHECK_INT(progress_last, 60);
    CHECK_OK(smp_logos_make("sub/two", &(smp_logos_options){.seed = 3, .count = 60, .pool = pool}, &err));
    lg_pool_free(pool);
    CHECK(smp_logos_ready("one") && smp_logos_ready("sub/two"));
    lg_listing files = {0};
    CHECK_OK(lg_reach_list("one", 0, NULL, &files, &err));
    CHECK_INT(files.count, 62);
    for (size_t i = 0; i < files.count; i++) {
        size_t a, b;
        char *one = slurp("one", files.path[i], &a), *two = slurp("sub/two", files.path[i], &b);
        CHECK(a == b && !memcmp(one, two, a));
        lg_free(one);
        lg_free(two);
    }
    lg_listing_release(&files);
    CHECK_OK(smp_logos_make("one", &(smp_logos_options){.seed = 4, .count = 60}, &err)); /* there already: kept */
    end();
}

static int count_lines_with(const char *text, const char *word)
{
    int n = 0;
    for (const char *p = text; (p = strstr(p, word)); p++) n++;
    return n;
}

/* The whole set as the program drew it, which make asked it to (Makefile: SAMPLE). Where AddressSanitizer is to see it
 * drawn: drawn here. */
static const char *whole_set(void)
{
    static char set[32];
    lg_err err = {0};
    snprintf(set, sizeof set, "logos-%d", SMP_LOGOS_VERSION);
#ifdef __SANITIZE_ADDRESS__
    lg_pool *pool = NULL;
    begin();
    CHECK_OK(lg_pool_new(0, &pool, &err));
    CHECK_OK(smp_logos_make(set, &(smp_logos_options){.seed = 7, .pool = pool}, &err));
    lg_pool_free(pool);
#else
    CHECK_OK(lg_reach_init("build/test-home/cache/samples", &err));
    CHECK(smp_logos_ready(set));
#endif
    return set;
}

TEST(oddities_are_as_documented)
{
    SKIP_IN_TSAN(); /* no threads but those of the test above */
    lg_err err = {0};
    const char *set = whole_set();
    char *labels = slurp(set, "labels.txt", NULL), *readme = slurp(set, "README.txt", NULL);
    CHECK_INT(count_lines_with(labels, "\n"), 3000 - 9 + 3);
    CHECK_INT(count_lines_with(readme, " of 0"), 12);
    static const int want[SMP_LABELS] = {1218, 424, 938, 420}; /* 244 : 85 : 188 : 84 of 3,000 */
    char label[40];
    for (int k = 0; k < SMP_LABELS; k++) {
        snprintf(label, sizeof label, "\t%s\n", smp_label_names[k]);
        CHECK_NEAR(count_lines_with(labels, label), want[k], 20);
    }
    int broken = 0, copies = 0;
    for (int i = 1; i <= 3000; i++) {
        char name[32];
        size_t len;
        lg_err why = {0};
        img_picture p = {0};
        snprintf(name, sizeof name, "%06d.jpg", i);
        char *bytes = slurp(set, name, &len);
        if (img_decode(bytes, len, NULL, &p, NULL, &why)) {
            CHECK_INT(why.code, 305);
            CHECK_HAS(readme, name);
            broken++;
        }
        img_picture_release(&p);
        lg_free(bytes);
    }
    CHECK_INT(broken, 6);
    for (const char *p = readme; (p = strstr(p, " of 0")); p++) { /* "000123.jpg of 000045.jpg" */
        uint64_t hash[2];
        for (int k = 0; k < 2; k++) {
            char name[11] = "";
            size_t len;
            img_picture pic = {0};
            memcpy(name, k ? p + 4 : p - 10, 10);
            char *bytes = slurp(set, name, &len);
            CHECK_OK(img_decode(bytes, len, NULL, &pic, NULL, &err));
            CHECK_OK(img_phash(&pic, &hash[k], &err));
            img_picture_release(&pic);
            lg_free(bytes);
        }
        copies += img_phash_distance(hash[0], hash[1]) <= 6;
    }
    printf("    %d of 12 copies within 6 bits\n", copies);
    CHECK(copies >= 9);
    lg_free(labels);
    lg_free(readme);
#ifdef __SANITIZE_ADDRESS__
    end();
#endif
}

TEST(interrupt_and_failure_leave_nothing)
{
    begin();
    lg_err err = {0};
    lg_cancel cancel = {0};
    lg_cancel_set(&cancel);
    CHECK_INT(smp_logos_make("set", &(smp_logos_options){.seed = 7, .count = 50, .cancel = &cancel}, &err),
              LG_E_INTERRUPTED);
    lg_err_clear(&err);
    CHECK_INT(smp_logos_make("set", &(smp_logos_options){.seed = 7, .count = 5}, &err), LG_E_ARG);
    for (long nth = 3; nth < 200; nth += 17) {
        lg_err why = {0};
        lg_alloc_fail_at(nth, false);
        CHECK_INT(smp_logos_make("set", &(smp_logos_options){.seed = 7, .count = 20}, &why), LG_E_MEMORY);
        lg_alloc_fail_at(0, false);
        CHECK(!smp_logos_ready("set"));
    }
    DIR *d = opendir(root);
    int left = 0;
    for (struct dirent *e; d && (e = readdir(d));) left += e->d_name[0] != '.';
    closedir(d);
    CHECK_INT(left, 0);
    end();
}
