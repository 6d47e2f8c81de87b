/* decode_tool.c - many picture files through the decoder, for scripts that judge the verdicts.
 *
 *     decode_tool [HELPER] < PATHS > RESULTS
 *
 * A line in is a path, a line out is
 *     path <TAB> ok|err|crash|hang <TAB> width <TAB> height <TAB> r,g,b mean <TAB> hash of the pixels, or the reason
 * The hash covers the whole picture and the reduced one that `load` makes of it, both as RGB. With HELPER (the logolens
 * binary) files are decoded as the product does it, in the sandboxed helper, else in this process. The last line is
 * `#`, the most memory a helper or this process took (kilobytes), and the processor time of all helpers (seconds). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "lib/image/hash.h"
#include "lib/image/jail.h"

typedef struct pictures {
    img_picture whole, small;
} pictures;

/* The whole file, in a block of exactly its size: what reads beyond it is seen. */
static uint8_t *read_file(const char *path, size_t *len)
{
    FILE *in = fopen(path, "rbe");
    uint8_t *p = NULL;
    if (!in || fseek(in, 0, SEEK_END)) goto done;
    *len = (size_t)ftell(in);
    rewind(in);
    p = malloc(*len ? *len : 1);
    if (p && fread(p, 1, *len, in) != *len) {
        free(p);
        p = NULL;
    }
done:
    if (in) fclose(in);
    return p;
}

static lg_status decode(const uint8_t *p, size_t len, pictures *out, lg_err *err)
{
    const img_decode_options whole = {.channels = 3}, small = {.channels = 3, .min_w = 64, .min_h = 64};
    LG_TRY(img_jail_decode(p, len, &whole, &out->whole, NULL, err));
    return img_jail_decode(p, len, &small, &out->small, NULL, err);
}

static void print_good(const char *path, const pictures *p)
{
    char whole[IMG_SHA256_HEX], small[IMG_SHA256_HEX];
    double sum[3] = {0}, n = (double)p->whole.h * p->whole.w;
    for (size_t i = 0; i < img_size(&p->whole); i++) sum[i % 3] += p->whole.px[i];
    img_sha256(p->whole.px, img_size(&p->whole), whole);
    img_sha256(p->small.px, img_size(&p->small), small);
    printf("%s\tok\t%d\t%d\t%.1f,%.1f,%.1f\t%s %s\n", path, p->whole.w, p->whole.h, sum[0] / n, sum[1] / n, sum[2] / n,
           whole, small);
}

/* What ended the helper is no verdict. */
static void print_bad(const char *path, const lg_err *err)
{
    const char *how = strstr(err->why, "crashed") || strstr(err->why, "cannot be") ? "crash"
                      : strstr(err->why, "takes more than")                        ? "hang"
                                                                                   : "err";
    printf("%s\t%s\t0\t0\t\tLL%03d %s\n", path, how, err->code, err->why);
}

static void one(const char *path)
{
    lg_err err = {0};
    pictures p = {0};
    size_t len = 0;
    uint8_t *bytes = read_file(path, &len);
    if (!bytes) printf("%s\tmissing\t0\t0\t\t\n", path);
    else if (decode(bytes, len, &p, &err) == LG_OK) print_good(path, &p);
    else print_bad(path, &err);
    img_picture_release(&p.whole);
    img_picture_release(&p.small);
    free(bytes);
}

int main(int argc, char **argv)
{
    char path[4096];
    struct rusage use;
    if (argc > 2) return 2;
    if (argc == 2) img_jail_setup(&(img_jail_options){.program = argv[1]});
    while (fgets(path, sizeof path, stdin)) {
        path[strcspn(path, "\n")] = 0;
        one(path);
    }
    img_jail_stop();
    if (getrusage(argc == 2 ? RUSAGE_CHILDREN : RUSAGE_SELF, &use)) return 1;
    printf("#\t%ld\t%.2f\n", use.ru_maxrss,
           (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
               (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e-6);
    return fflush(stdout) != 0;
}
