/* pictures.c - from files to facts and pixels, in parallel; and single pictures to look at. */
#include "lib/data/dataset_private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "lib/data/clean.h"
#include "lib/image/hash.h"
#include "lib/image/jail.h"

#include "lib/base/banned.h"

enum { CHUNK = 64, FILE_LIMIT = 64 << 20, THUMB = 96 };

/* ---- one file ---- */
/* What reading one file needs to know. */
typedef struct reading {
    int channels;
    int min_w, min_h; /* may be decoded reduced while it stays this large; 0: full size */
    bool whole;       /* with verify: what a part was cut from, not the part */
    bool glance;      /* it is released before this thread decodes another: pixels may stay the helper's */
} reading;

/* A picture that was read, and how it shows its photo. */
typedef struct opened {
    img_picture picture;
    img_view view;
} opened;

/* The photo that parts were cut from last: those of one photo stand beside one another, and it is decoded once. */
typedef struct photo {
    const char *path; /* borrowed; NULL: none */
    int channels;
    bool grey; /* the file has one channel */
    img_picture picture;
    char sha[IMG_SHA256_HEX];
} photo;

static lg_status read_file(const data_table *table, const char *path, lg_buf *bytes, lg_err *err)
{
    LG_TRY(data_table_read(table, path, bytes, err));
    return bytes->len ? LG_OK : lg_fail(err, LG_E_FORMAT, 305, "the file is empty");
}

static lg_status changed(const data_fact *fact, lg_err *err)
{
    lg_fail(err, LG_E_DATA, 317, "%s has changed since it was loaded", fact->name);
    return lg_try(err, "load it again");
}

/* It was there when its dataset was made. What is in its folder instead helps him who has mistyped a name; nobody
 * typed this one. Archives say for themselves that they are gone. */
static lg_status gone(const data_fact *fact, lg_err *err)
{
    size_t len;
    if (err->code != 302 || data_archive_split(fact->path, &len)) return err->status;
    lg_err_clear(err);
    lg_fail(err, LG_E_DATA, 302, "%s is gone", fact->name);
    lg_why(err, "it was read from %s", fact->path);
    return lg_try(err, "put it back, or load again");
}

static lg_status check_sha(data_fact *fact, bool verify, const char sha[IMG_SHA256_HEX], lg_err *err)
{
    if (verify && strcmp(sha, fact->sha256)) return changed(fact, err);
    memcpy(fact->sha256, sha, verify ? 0 : IMG_SHA256_HEX);
    return LG_OK;
}

/* A picture inside an IDX file. These are too small for what the perceptual hash looks at, so that only equal ones
 * count as look-alikes: the hash is of their bytes. */
static lg_status open_inside(data_fact *fact, bool verify, const reading *how, const data_idx *idx, const uint8_t *px,
                             img_picture *out, lg_err *err)
{
    char sha[IMG_SHA256_HEX];
    img_picture grey = {0};
    if (!px) return lg_fail(err, LG_E_DATA, 302, "it is not in its file, or the file cannot be read");
    size_t size = (size_t)idx->h * (size_t)idx->w;
    img_sha256(px, size, sha);
    LG_TRY(check_sha(fact, verify, sha, err));
    LG_TRY(img_picture_copy(&grey, px, idx->h, idx->w, 1, err));
    if (!verify) {
        fact->w = idx->w;
        fact->h = idx->h;
        fact->grey = true;
        fact->brightness = (float)img_op_find("brightness")->measure(&grey);
        fact->phash = lg_hash64(px, size, 0);
    }
    lg_status st = img_convert(&grey, how->channels, out, err);
    img_picture_release(&grey);
    return st;
}

/* The hash of a part of a picture: of the file's hash and the part. */
static void part_sha(const data_crop *crop, char sha[IMG_SHA256_HEX])
{
    char text[IMG_SHA256_HEX + 80];
    int n =
        snprintf(text, sizeof text, "%s %.9g %.9g %.9g %.9g %d", sha, crop->x, crop->y, crop->w, crop->h, crop->shares);
    img_sha256(text, (size_t)n, sha);
}

/* Shares of the sides become pixels; then the part, cut at the picture's edges. */
static lg_status cut_out(data_fact *fact, const img_picture *whole, img_picture *out, lg_err *err)
{
    data_crop *crop = &fact->crop;
    if (crop->shares) {
        double x = floor(crop->x * whole->w + 0.5), y = floor(crop->y * whole->h + 0.5);
        *crop = (data_crop){.x = x,
                            .y = y,
                            .w = fmax(1, floor((crop->x + crop->w) * whole->w + 0.5) - x),
                            .h = fmax(1, floor((crop->y + crop->h) * whole->h + 0.5) - y)};
    }
    double left = fmax(crop->x, 0), top = fmax(crop->y, 0), right = fmin(crop->x + crop->w, whole->w),
           bottom = fmin(crop->y + crop->h, whole->h);
    if (!(right - left >= 1 && bottom - top >= 1))
        return lg_fail(err, LG_E_FORMAT, 305, "its box lies outside of the picture, which is %d wide and %d high",
                       whole->w, whole->h);
    *crop = (data_crop){.x = floor(left), .y = floor(top), .w = floor(right - left), .h = floor(bottom - top)};
    return img_crop(whole, (int)crop->x, (int)crop->y, (int)crop->w, (int)crop->h, out, err);
}

/* A file to decode. glance: as in reading. */
typedef struct file {
    const data_table *table;
    const char *path;
    img_decode_options want;
    bool glance;
} file;

/* Reads and decodes one file. *sha is the hash of its bytes. */
static lg_status read_picture(const file *from, img_picture *out, img_info *info, char sha[IMG_SHA256_HEX], lg_err *err)
{
    lg_buf bytes;
    lg_buf_init(&bytes, FILE_LIMIT);
    lg_status st = read_file(from->table, from->path, &bytes, err);
    if (!st) img_sha256(bytes.data, bytes.len, sha);
    if (!st) st = (from->glance ? img_jail_lend : img_jail_decode)(bytes.data, bytes.len, &from->want, out, info, err);
    lg_buf_release(&bytes);
    return st;
}

/* What is learnt of a picture when it is seen for the first time. */
static lg_status learn(data_fact *fact, const img_picture *picture, int w, int h, bool grey, lg_err *err)
{
    fact->w = w;
    fact->h = h;
    fact->grey = grey;
    fact->brightness = (float)img_op_find("brightness")->measure(picture);
    return img_phash(picture, &fact->phash, err);
}

static lg_status read_photo(const data_table *table, const char *path, int channels, photo *kept, lg_err *err)
{
    img_info info = {0};
    if (kept->path && strcmp(kept->path, path) == 0 && kept->channels == channels) return LG_OK;
    kept->path = NULL;
    img_picture_release(&kept->picture);
    const file from = {.table = table, .path = path, .want = {.channels = channels}};
    LG_TRY(read_picture(&from, &kept->picture, &info, kept->sha, err));
    kept->path = path;
    kept->channels = channels;
    kept->grey = info.channels == 1;
    return LG_OK;
}

static lg_status open_part(const data_table *table, data_fact *fact, bool verify, const reading *how, photo *kept,
                           img_picture *out, lg_err *err)
{
    char sha[IMG_SHA256_HEX];
    const img_picture *all = &kept->picture;
    LG_TRY(read_photo(table, fact->path, how->channels, kept, err));
    LG_TRY(how->whole ? img_picture_copy(out, all->px, all->h, all->w, all->c, err) : cut_out(fact, all, out, err));
    memcpy(sha, kept->sha, sizeof sha);
    part_sha(&fact->crop, sha);
    LG_TRY(check_sha(fact, verify, sha, err));
    return verify ? LG_OK : learn(fact, out, out->w, out->h, kept->grey, err);
}

/* Learns the facts, or checks them; the picture is upright, and cut to its part. kept: released by the caller. */
static lg_status open_picture(const data_table *table, data_fact *fact, bool verify, const reading *how, photo *kept,
                              opened *to, lg_err *err)
{
    img_picture *out = &to->picture;
    char sha[IMG_SHA256_HEX];
    img_info info = {0};
    const file from = {.table = table,
                       .path = fact->path,
                       .want = {.channels = how->channels, .min_w = how->min_w, .min_h = how->min_h},
                       .glance = how->glance};
    const data_idx *idx;
    const uint8_t *px;
    lg_status st;
    bool inside = data_idx_picture(table, fact->path, &idx, &px);
    if (inside) st = open_inside(fact, verify, how, idx, px, out, err);
    else if (fact->crop.w > 0) st = open_part(table, fact, verify, how, kept, out, err);
    else {
        st = read_picture(&from, out, &info, sha, err);
        if (!st) st = check_sha(fact, verify, sha, err);
        if (!st && !verify) st = learn(fact, out, info.w, info.h, info.channels == 1, err);
    }
    to->view = inside || fact->crop.w > 0 ? img_view_all(out) : info.view;
    if (st) img_picture_release(out);
    return st && verify && !inside ? gone(fact, err) : st;
}

/* The same for one picture alone. */
static lg_status open_single(const data_table *table, data_fact *fact, const reading *how, opened *to, lg_err *err)
{
    photo kept = {0};
    lg_status st = open_picture(table, fact, true, how, &kept, to, err);
    img_picture_release(&kept.picture);
    return st;
}

/* ---- one image as a block keeps it ---- */
/* Pictures that are to be fitted into h x w (0: facts only) may be decoded reduced, but not below twice that. */
static reading fit_reading(const data_fact *fact, data_size size)
{
    reading how = {
        .channels = size.c ? size.c : 3, .min_w = DATA_MIN_DECODE, .min_h = DATA_MIN_DECODE, .glance = true};
    if (size.h * 2 > how.min_h) how.min_h = size.h * 2;
    if (size.w * 2 > how.min_w) how.min_w = size.w * 2;
    if (size.h && fact->h == size.h && fact->w == size.w) how.min_h = how.min_w = 0;
    return how;
}

/* The fitted picture, with what the pixel rules make of it. *out empty. */
static lg_status fit_opened(const opened *from, const data_rules *rules, img_picture *out, uint32_t *changed,
                            lg_err *err)
{
    LG_TRY(img_fit_view(&from->picture, &from->view, rules->fit, rules->size.h, rules->size.w, out, err));
    lg_status st = data_rules_count(rules, out, changed, err);
    if (st) img_picture_release(out);
    return st;
}

lg_status data_decode_fitted(const data_table *table, size_t image, const data_rules *rules, uint8_t *out, lg_err *err)
{
    opened full = {0};
    img_picture fitted = {0};
    uint32_t changed;
    data_fact copy = table->fact[image];
    reading how = fit_reading(&copy, rules->size);
    LG_TRY(open_single(table, &copy, &how, &full, err));
    lg_status st = fit_opened(&full, rules, &fitted, &changed, err);
    if (!st) memcpy(out, fitted.px, img_size(&fitted));
    img_picture_release(&full.picture);
    img_picture_release(&fitted);
    return st;
}

/* ---- all files, in chunks so that progress comes through; an interrupt is seen before every file ---- */
typedef struct chunk {
    const data_decode_job *job;
    size_t first;
    int start[CHUNK + 1]; /* where each piece begins, from first: a piece has all parts of one photo */
    lg_err err[CHUNK];
} chunk;

static lg_status keep_fitted(const data_decode_job *job, const opened *from, size_t at, lg_err *err)
{
    img_picture fitted = {0};
    uint32_t changed = 0;
    LG_TRY(fit_opened(from, &job->rules, &fitted, &changed, err));
    if (job->changed) job->changed[at] = changed;
    data_block_keep(job->block, at, fitted.px, true);
    img_picture_release(&fitted);
    return LG_OK;
}

static lg_status decode_one(const data_decode_job *job, size_t at, photo *kept, lg_err *err)
{
    data_fact *fact = &job->table->fact[at];
    opened found = {0};
    if (job->present && !job->present[at]) return LG_OK;
    if ((job->verify && fact->broken) || (job->cancel && lg_cancelled(job->cancel))) return LG_OK;
    reading how = fit_reading(fact, job->block ? data_block_size(job->block) : (data_size){0});
    LG_TRY(open_picture(job->table, fact, job->verify, &how, kept, &found, err));
    lg_status st = job->block ? keep_fitted(job, &found, at, err) : LG_OK;
    img_picture_release(&found.picture);
    return st;
}

static void decode_piece(void *ctx, int piece, int worker)
{
    (void)worker;
    chunk *part = ctx;
    photo kept = {0};
    for (int i = part->start[piece]; i < part->start[piece + 1]; i++)
        part->err[i].status = decode_one(part->job, part->first + (size_t)i, &kept, &part->err[i]);
    img_picture_release(&kept.picture);
}

/* Why a picture cannot be used, for lists that name it themselves. */
static const char *reason_of(const data_fact *fact, const lg_err *e)
{
    size_t n = strlen(fact->name);
    if ((e->code != 302 && e->code != 317) || strncmp(e->msg, fact->name, n)) return *e->why ? e->why : e->msg;
    return e->code == 302 ? "the file is gone" : "it has changed since it was loaded";
}

/* A file that cannot be read is a fact, not a failure; memory is, and so are files that changed where they may not. */
static lg_status take_failures(chunk *part, size_t n, lg_err *err)
{
    data_table *table = part->job->table;
    for (size_t i = 0; i < n; i++) {
        lg_err *e = &part->err[i];
        if (e->status == LG_OK) continue;
        bool needed = part->job->verify && (!part->job->missing || e->status == LG_E_DENIED);
        if (e->status == LG_E_MEMORY || needed) {
            if (err->status == LG_OK) *err = *e;
            return err->status;
        }
        data_fact *fact = &table->fact[part->first + i];
        const char *reason = reason_of(fact, e);
        if (part->job->verify) fact->sha256[0] = 0; /* what was known of it is no longer so */
        fact->broken = lg_arena_strndup(&table->text, reason, strlen(reason), err);
        if (!fact->broken) return err->status;
        lg_err_clear(e);
    }
    return LG_OK;
}

/* Files of the next chunk, so that it takes about a tenth of a second, after n files that took so many seconds: a
 * 4096x4096 picture takes as long as a thousand small ones. */
static size_t next_chunk(const data_decode_job *job, size_t n, double seconds)
{
    double fit = seconds > 0 ? (double)n * 0.1 / seconds : CHUNK;
    fit = fmax(fit, lg_pool_size(job->pool));
    return fit < CHUNK ? (size_t)fit : CHUNK;
}

static bool parts_of_one(const data_fact *a, const data_fact *b)
{
    return a->crop.w > 0 && b->crop.w > 0 && strcmp(a->path, b->path) == 0;
}

/* Cuts a chunk of about `size` images into pieces; *n is what it became, which photos with many parts make larger. */
static int cut_chunk(chunk *part, size_t size, size_t *n)
{
    const data_table *table = part->job->table;
    size_t left = table->count - part->first, most = left < CHUNK ? left : CHUNK, i = 0;
    int pieces = 0;
    while (i < most && i < size) {
        part->start[pieces++] = (int)i++;
        while (i < most && parts_of_one(&table->fact[part->first + i - 1], &table->fact[part->first + i])) i++;
    }
    part->start[pieces] = (int)i;
    *n = i;
    return pieces;
}

static lg_status decode_all(data_decode_job *job, lg_err *err)
{
    lg_status st = LG_OK;
    size_t count = job->table->count, n = 0, size = next_chunk(job, 1, 1);
    chunk *part = lg_alloc(1, sizeof *part, err);
    if (!part) return err->status;
    part->job = job;
    for (; part->first < count; part->first += n) {
        double start = lg_now();
        int pieces = cut_chunk(part, size, &n);
        lg_pool_run(job->pool, pieces, decode_piece, part);
        LG_GO(lg_cancel_check(job->cancel, err));
        LG_GO(take_failures(part, n, err));
        size = next_chunk(job, n, lg_now() - start);
        if (job->progress) job->progress(job->progress_ctx, part->first + n, count);
    }
done:
    lg_free(part);
    return st;
}

/* ---- blocks ---- */
/* The size all readable images have; false where they differ or there are none. */
static bool common_size(const data_table *table, data_size *size)
{
    bool any = false;
    for (size_t i = 0; i < table->count; i++) {
        const data_fact *fact = &table->fact[i];
        if (fact->broken) continue;
        if (any && (fact->h != size->h || fact->w != size->w)) return false;
        size->h = fact->h;
        size->w = fact->w;
        any = true;
    }
    return any;
}

static bool all_grey(const data_table *table)
{
    bool any = false;
    for (size_t i = 0; i < table->count; i++) {
        if (table->fact[i].broken) continue;
        if (!table->fact[i].grey) return false;
        any = true;
    }
    return any;
}

/* Whether every picture is grey is known once all were seen: then two of their three equal channels go. */
static lg_status grey_where_all_are(data_decode_job *job, lg_err *err)
{
    if (!all_grey(job->table)) return LG_OK;
    data_block *grey = data_block_grey(job->block, err);
    if (!grey) return err->status;
    data_block_unref(job->block);
    job->block = grey;
    return LG_OK;
}

lg_status data_decode_block(data_decode_job *job, data_block **out, lg_err *err)
{
    data_size *size = &job->rules.size;
    bool choose = size->c == 0, seen = !size->h && !job->verify;
    *out = NULL;
    if (!size->h) {
        if (seen) LG_TRY(decode_all(job, err));
        if (!common_size(job->table, size)) return LG_OK;
        job->verify = true;
    }
    if (choose) size->c = job->verify && all_grey(job->table) ? 1 : 3;
    job->block = data_block_new(job->table, &job->rules, err);
    if (!job->block) return err->status;
    lg_status st = seen && !data_block_is_small(job->block) ? LG_OK : decode_all(job, err);
    if (!st && choose && size->c == 3) st = grey_where_all_are(job, err);
    if (st) data_block_unref(job->block);
    else *out = job->block;
    job->block = NULL;
    return st;
}

/* ---- look-alikes ---- */
/* The group that a group became part of: its id is the smaller one. Ways are halved as they are walked. */
static uint32_t joined(uint32_t *into, uint32_t group)
{
    while (into[group] != group) group = into[group] = into[into[group]];
    return group;
}

/* Parts of one picture, which stand beside one another, are of one group: a split does not divide them. */
static lg_status join_parts(data_table *table, lg_err *err)
{
    size_t places = data_group_places(table);
    uint32_t *into = lg_alloc(places, sizeof *into, err);
    if (!into) return err->status;
    for (size_t i = 0; i < places; i++) into[i] = (uint32_t)i;
    for (size_t i = 1; i < table->count; i++) {
        const data_fact *a = &table->fact[i - 1], *b = &table->fact[i];
        if (a->crop.w <= 0 || b->crop.w <= 0 || a->broken || b->broken || strcmp(a->path, b->path)) continue;
        uint32_t one = joined(into, a->group), other = joined(into, b->group);
        if (one < other) into[other] = one;
        else into[one] = other;
    }
    for (size_t i = 0; i < table->count; i++) table->fact[i].group = joined(into, table->fact[i].group);
    lg_free(into);
    return LG_OK;
}

lg_status data_find_groups(data_table *table, lg_cancel *cancel, lg_err *err)
{
    lg_status st = LG_OK;
    size_t n = 0;
    uint64_t *hash = lg_alloc(table->count, sizeof *hash, err);
    uint32_t *group = lg_alloc(table->count, sizeof *group, err);
    uint32_t *fact = lg_alloc(table->count, sizeof *fact, err);
    if (!hash || !group || !fact) {
        st = err->status;
        goto done;
    }
    for (size_t i = 0; i < table->count; i++) {
        table->fact[i].group = table->fact[i].id;
        table->fact[i].duplicate = false;
        if (table->fact[i].broken) continue;
        hash[n] = table->fact[i].phash;
        fact[n++] = (uint32_t)i;
    }
    LG_GO(img_near_groups(hash, n, DATA_NEAR_DISTANCE, cancel, group, NULL, err));
    for (size_t i = 0; i < n; i++) {
        table->fact[fact[i]].group = table->fact[fact[group[i]]].id;
        table->fact[fact[i]].duplicate = group[i] != i;
    }
    st = join_parts(table, err);
done:
    lg_free(hash);
    lg_free(group);
    lg_free(fact);
    return st;
}

/* ---- single pictures ---- */
static lg_status refuse_broken(const data_fact *fact, lg_err *err)
{
    if (!fact->broken) return LG_OK;
    lg_fail(err, LG_E_FORMAT, 305, "image %s (%s) cannot be read as a picture", fact->number, fact->name);
    return lg_why(err, "%s", fact->broken);
}

/* As large as `side` allows; 0: as it is. Takes the picture. */
static lg_status reduced(opened *full, int side, img_picture *out, lg_err *err)
{
    int longer = full->picture.h > full->picture.w ? full->picture.h : full->picture.w;
    if (side <= 0 || longer <= side) {
        *out = full->picture;
        return LG_OK;
    }
    int h = (int)((int64_t)full->picture.h * side / longer), w = (int)((int64_t)full->picture.w * side / longer);
    lg_status st = img_resize_view(&full->picture, &full->view, h > 0 ? h : 1, w > 0 ? w : 1, out, err);
    img_picture_release(&full->picture);
    return st;
}

lg_status data_original(const data_set *set, size_t row, int side, img_picture *out, lg_err *err)
{
    opened full = {0};
    data_fact copy = *data_fact_of(set, row);
    LG_TRY(refuse_broken(&copy, err));
    LG_TRY(open_single(set->table, &copy, &(reading){.channels = 3, .min_w = side, .min_h = side}, &full, err));
    return reduced(&full, side, out, err);
}

lg_status data_photo(const data_set *set, size_t row, int side, img_picture *out, int *w, int *h, lg_err *err)
{
    opened full = {0};
    data_fact copy = *data_fact_of(set, row);
    bool part = copy.crop.w > 0;
    reading how = {.channels = 3, .min_w = side, .min_h = side, .whole = true};
    LG_TRY(refuse_broken(&copy, err));
    LG_TRY(open_single(set->table, &copy, &how, &full, err));
    *w = part ? full.picture.w : copy.w; /* those with parts are decoded at full size */
    *h = part ? full.picture.h : copy.h;
    return reduced(&full, side, out, err);
}

static lg_status copy_of_kept(const data_set *set, size_t row, img_picture *out, lg_err *err)
{
    data_size size = data_shape(set);
    data_room room = {0};
    const uint8_t *px;
    lg_status st = data_pixels(set, row, &room, &px, err);
    if (!st) st = img_picture_copy(out, px, size.h, size.w, size.c, err);
    data_room_release(&room);
    return st;
}

lg_status data_thumbnail(const data_set *set, size_t row, img_picture *out, lg_err *err)
{
    LG_TRY(refuse_broken(data_fact_of(set, row), err));
    if (set->block) return copy_of_kept(set, row, out, err);
    opened full = {0};
    data_fact copy = *data_fact_of(set, row);
    reading how = fit_reading(&copy, (data_size){0});
    LG_TRY(open_single(set->table, &copy, &how, &full, err));
    lg_status st = img_fit_view(&full.picture, &full.view, set->fit, THUMB, THUMB, out, err);
    img_picture_release(&full.picture);
    return st;
}

lg_status data_fitted(const data_set *set, const data_rules *rules, size_t row, img_picture *out, lg_err *err)
{
    opened full = {0};
    data_fact copy = *data_fact_of(set, row);
    reading how = fit_reading(&copy, rules->size);
    LG_TRY(refuse_broken(&copy, err));
    LG_TRY(open_single(set->table, &copy, &how, &full, err));
    lg_status st = img_fit_view(&full.picture, &full.view, rules->fit, rules->size.h, rules->size.w, out, err);
    img_picture_release(&full.picture);
    return st;
}

lg_status data_check_size(data_size size, lg_err *err)
{
    if (size.h >= 0 && size.h <= 4096 && size.w >= 0 && size.w <= 4096 && !size.h == !size.w &&
        (size.c == 0 || size.c == 1 || size.c == 3))
        return LG_OK;
    lg_fail(err, LG_E_ARG, 318, "%dx%dx%d is no size for images", size.h, size.w, size.c);
    lg_why(err, "height and width go from 1 to 4,096, channels are 1 (grey) or 3 (colour)");
    return lg_try(err, "size 64x64");
}

static const char *const fit_names[] = {"crop", "pad", "stretch"};

const char *data_fit_name(img_fit_mode fit)
{
    return fit_names[fit];
}

lg_status data_resize(const data_set *set, const data_resize_spec *spec, data_set **out, lg_err *err)
{
    data_block *block = NULL;
    data_decode_job job = {.table = set->table,
                           .rules = {.size = spec->size, .fit = spec->fit},
                           .verify = true,
                           .pool = spec->pool,
                           .cancel = spec->cancel,
                           .progress = spec->progress,
                           .progress_ctx = spec->progress_ctx};
    LG_TRY(data_check_size(spec->size, err));
    LG_TRY(data_decode_block(&job, &block, err));
    data_set *next = data_set_next(set, set->rows, err);
    if (!next) {
        data_block_unref(block);
        return err->status;
    }
    memcpy(next->row, set->row, set->rows * sizeof *next->row);
    data_block_unref(next->block);
    next->block = block;
    next->fit = spec->fit;
    data_size size = data_shape(next);
    lg_status st = data_recipe_add(next, err, "size %dx%dx%d fit %s", size.h, size.w, size.c, fit_names[spec->fit]);
    if (st) data_unref(next);
    else *out = next;
    return st;
}
