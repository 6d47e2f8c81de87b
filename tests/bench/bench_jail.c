/* bench_jail.c - what decoding in the sandboxed helper costs beside decoding in this process: one JSON line for
 * pictures reduced for 64x64 as `load` does it, one for whole ones, one for all cores at once.
 *
 *     bench_jail PROGRAM ROUNDS [LIST]     LIST: a JPEG's path a line; without it 64 photos of 500x375 are made
 *
 * `lent_extra_ms` is the helper's price as `load` pays it (img_jail_lend), `extra_ms` with a copy of the pixels
 * (img_jail_decode). The ways take turns, file by file and with the order changing, so that a busy machine slows all.
 * Of each file the fastest of all rounds counts; means over the files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/pool.h"
#include "lib/image/jail.h"
#include "lib/image/png.h"

#include "lib/base/banned.h"

enum { MOST = 1024, MADE = 64, FILE_LIMIT = 64 << 20 };

enum { HERE, COPIED, LENT, WAYS };
typedef lg_status decoder(const void *bytes, size_t len, const img_decode_options *want, img_picture *out,
                          img_info *info, lg_err *err);
static decoder *const decoders[WAYS] = {img_decode, img_jail_decode, img_jail_lend};

typedef struct photo {
    lg_buf bytes;
    double best[WAYS]; /* seconds */
} photo;

static lg_status make_photo(uint64_t seed, lg_buf *out, lg_err *err)
{
    lg_rng rng;
    img_picture p = {0};
    lg_rng_init(&rng, seed);
    LG_TRY(img_picture_init(&p, 375, 500, 3, err));
    for (int y = 0; y < p.h; y++)
        for (int x = 0; x < p.w; x++)
            for (int c = 0; c < 3; c++)
                img_at(&p, y, x)[c] = (uint8_t)((x * (c + 1) / 4 + y / 2 + 40 * ((x / 37 + y / 23) & 1)) % 200 +
                                                (int)(lg_rng_next(&rng) % 24));
    lg_status st = img_jpeg_write(&p, 85, out, err);
    img_picture_release(&p);
    return st;
}

static lg_status read_photo(const char *path, lg_buf *out, lg_err *err)
{
    char piece[16384];
    FILE *f = fopen(path, "rb");
    if (!f) return lg_fail(err, LG_E_IO, 391, "%s cannot be read", path);
    for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;) lg_buf_add(out, piece, n);
    fclose(f);
    return lg_buf_check(out, err);
}

static lg_status gather(photo *all, int *count, const char *list, lg_err *err)
{
    char line[4096];
    FILE *in = list ? fopen(list, "r") : NULL;
    if (list && !in) return lg_fail(err, LG_E_IO, 391, "%s cannot be read", list);
    for (*count = 0; *count < (list ? MOST : MADE) && (!in || fgets(line, sizeof line, in)); ++*count) {
        photo *f = &all[*count];
        *f = (photo){0};
        lg_buf_init(&f->bytes, FILE_LIMIT);
        if (in) line[strcspn(line, "\n")] = 0;
        LG_TRY(in ? read_photo(line, &f->bytes, err) : make_photo((uint64_t)*count, &f->bytes, err));
    }
    if (in) fclose(in);
    return LG_OK;
}

static lg_status time_one(photo *f, int way, int least, lg_err *err)
{
    img_picture p = {0};
    img_decode_options want = {.channels = 3, .min_w = least, .min_h = least};
    double start = lg_now();
    LG_TRY(decoders[way](f->bytes.data, f->bytes.len, &want, &p, NULL, err));
    double took = lg_now() - start;
    if (took < f->best[way]) f->best[way] = took;
    img_picture_release(&p);
    return LG_OK;
}

static lg_status measure(photo *all, int count, int rounds, int least, lg_err *err)
{
    double mean[WAYS] = {0};
    for (int i = 0; i < count; i++)
        for (int k = 0; k < WAYS; k++) all[i].best[k] = 1e9;
    for (int r = 0; r < rounds; r++)
        for (int i = 0; i < count; i++)
            for (int k = 0; k < WAYS; k++) LG_TRY(time_one(&all[i], (r + k) % WAYS, least, err));
    for (int i = 0; i < count; i++)
        for (int k = 0; k < WAYS; k++) mean[k] += all[i].best[k] * 1e3 / count;
    printf("{\"bench\":\"jail\",\"n\":%d,\"least\":%d,\"in_process_ms\":%.4f,\"helper_ms\":%.4f,\"extra_ms\":%.4f,"
           "\"lent_ms\":%.4f,\"lent_extra_ms\":%.4f}\n",
           count, least, mean[HERE], mean[COPIED], mean[COPIED] - mean[HERE], mean[LENT], mean[LENT] - mean[HERE]);
    return LG_OK;
}

/* ---- all cores at once: seconds for the whole list ---- */
typedef struct team {
    const photo *all;
    bool helper;
    atomic_bool failed;
} team;

static void team_piece(void *ctx, int piece, int worker)
{
    (void)worker;
    team *t = ctx;
    lg_err err = {0};
    img_picture p = {0};
    const lg_buf *b = &t->all[piece].bytes;
    img_decode_options want = {.channels = 3, .min_w = 128, .min_h = 128};
    if (decoders[t->helper ? LENT : HERE](b->data, b->len, &want, &p, NULL, &err)) atomic_store(&t->failed, true);
    img_picture_release(&p);
}

static lg_status measure_team(const photo *all, int count, int rounds, lg_err *err)
{
    lg_pool *pool = NULL;
    double best[2] = {1e9, 1e9};
    team t = {.all = all};
    LG_TRY(lg_pool_new(0, &pool, err));
    for (int r = 0; r < 2 * rounds; r++) {
        t.helper = r & 1;
        double start = lg_now();
        lg_pool_run(pool, count, team_piece, &t);
        double took = lg_now() - start;
        if (took < best[r & 1]) best[r & 1] = took;
    }
    printf("{\"bench\":\"jail\",\"n\":%d,\"least\":128,\"threads\":%d,\"in_process_images_per_s\":%.0f,"
           "\"helper_images_per_s\":%.0f}\n",
           count, lg_pool_size(pool), count / best[0], count / best[1]);
    lg_pool_free(pool);
    return atomic_load(&t.failed) ? lg_fail(err, LG_E_FORMAT, 305, "a photo cannot be decoded") : LG_OK;
}

int main(int argc, char **argv)
{
    static photo all[MOST];
    int count = 0, rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 10;
    lg_err err = {0};
    img_jail_setup(&(img_jail_options){.program = argc > 1 ? argv[1] : "build/logolens"});
    lg_status st = gather(all, &count, argc > 3 ? argv[3] : NULL, &err);
    if (!st) st = measure(all, count, rounds, 128, &err); /* as `load` does for 64x64 */
    if (!st) st = measure(all, count, rounds, 0, &err);
    if (!st) st = measure_team(all, count, rounds, &err);
    if (st) fprintf(stderr, "bench_jail: %s (%s)\n", err.msg, err.why);
    for (int i = 0; i < count; i++) lg_buf_release(&all[i].bytes);
    img_jail_stop();
    return st != LG_OK;
}
