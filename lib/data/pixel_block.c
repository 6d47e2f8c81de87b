/* pixel_block.c - fitted pixels in memory, then on disk, then nowhere. An image's place in both is fixed: the memory
 * is taken in pieces of a megabyte as images come, the file has holes. */
#include "lib/data/pixel_block.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "lib/base/cgroup.h"
#include "lib/base/reach.h"
#include "lib/data/cache.h"
#include "lib/data/dataset_private.h"

#include "lib/base/banned.h"

enum { PIECE_BYTES = 1 << 20, VISITS = 64 };
#define EARLY ((uint64_t)256 << 20)

/* Of one image in memory, and of one on disk. */
enum { NOT_KEPT, BEING_KEPT, KEPT };

typedef struct source {
    uint32_t block, image;
} source;

struct data_block {
    atomic_int refs;
    data_table *table;
    data_rules rules;
    size_t count, bytes;           /* images; bytes of one */
    size_t each;                   /* images in a piece */
    _Atomic(uint8_t *) *piece;     /* (count / each) NULL: not taken */
    atomic_uchar *memory, *disk;   /* (count) NOT_KEPT … */
    atomic_int file;               /* NO_FILE … or a descriptor */
    source *source;                /* (count) joined: where each image really is */
    data_block **from;
    size_t froms;
};
enum { NO_FILE = -1, FILE_OPENING = -2, FILE_REFUSED = -3 };

/* ---- what all blocks take together ---- */
static struct {
    pthread_mutex_t lock; /* of folder */
    char folder[1024];
    _Atomic uint64_t memory_limit, early_limit, disk_asked, disk_limit; /* asked: as it was set; limit: for pixels */
    _Atomic uint64_t memory, disk, misses;
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

void data_cache_setup(const data_cache_limits *limits)
{
    const char *folder = limits->folder ? limits->folder : "";
    pthread_mutex_lock(&cache.lock);
    if (snprintf(cache.folder, sizeof cache.folder, "%s", folder) >= (int)sizeof cache.folder) *cache.folder = 0;
    pthread_mutex_unlock(&cache.lock);
    cache.memory_limit = limits->memory;
    cache.early_limit = limits->early;
    cache.disk_asked = cache.disk_limit = limits->disk;
}

void data_cache_used(uint64_t *memory, uint64_t *disk)
{
    if (memory) *memory = cache.memory;
    if (disk) *disk = cache.disk;
}

uint64_t data_cache_misses(void)
{
    return cache.misses;
}

/* Takes so much of a budget; false, and nothing taken, where it would be too much. */
static bool take(_Atomic uint64_t *used, uint64_t bytes, uint64_t limit)
{
    uint64_t now = atomic_fetch_add(used, bytes);
    if (now + bytes <= limit) return true;
    atomic_fetch_sub(used, bytes);
    return false;
}

static uint64_t memory_limit(bool early)
{
    uint64_t all = cache.memory_limit, first = cache.early_limit;
    if (!all) {
        all = (uint64_t)(lg_memory() / 2);
        cache.memory_limit = all;
    }
    if (!first) first = EARLY;
    return early && first < all ? first : all;
}

/* ---- life ---- */
static data_block *new_block(data_table *table, const data_rules *rules, size_t count, lg_err *err)
{
    data_block *block = lg_alloc(1, sizeof *block, err);
    if (!block) return NULL;
    atomic_init(&block->refs, 1);
    atomic_init(&block->file, NO_FILE);
    block->rules = *rules;
    block->count = count;
    block->bytes = (size_t)rules->size.h * (size_t)rules->size.w * (size_t)rules->size.c;
    block->table = table;
    data_table_ref(table);
    return block;
}

data_block *data_block_new(data_table *table, const data_rules *rules, lg_err *err)
{
    data_block *block = new_block(table, rules, table->count, err);
    if (!block) return NULL;
    block->each = block->bytes < PIECE_BYTES ? PIECE_BYTES / block->bytes : 1;
    block->piece = lg_alloc(block->count / block->each + 1, sizeof *block->piece, err);
    block->memory = lg_alloc(block->count, sizeof *block->memory, err);
    block->disk = lg_alloc(block->count, sizeof *block->disk, err);
    if (block->piece && block->memory && block->disk) return block;
    data_block_unref(block);
    return NULL;
}

data_block *data_block_ref(data_block *block)
{
    if (block) atomic_fetch_add_explicit(&block->refs, 1, memory_order_relaxed);
    return block;
}

static void give_back(data_block *block)
{
    uint64_t stored = 0;
    for (size_t i = 0; block->piece && i <= block->count / block->each; i++) {
        uint8_t *piece = atomic_load(&block->piece[i]);
        if (piece) atomic_fetch_sub(&cache.memory, block->each * block->bytes);
        lg_free(piece);
    }
    for (size_t i = 0; block->disk && i < block->count; i++) stored += atomic_load(&block->disk[i]) == KEPT;
    atomic_fetch_sub(&cache.disk, stored * block->bytes);
    if (atomic_load(&block->file) >= 0) close(atomic_load(&block->file));
}

void data_block_unref(data_block *block)
{
    if (!block || atomic_fetch_sub_explicit(&block->refs, 1, memory_order_acq_rel) != 1) return;
    give_back(block);
    for (size_t i = 0; i < block->froms; i++) data_block_unref(block->from[i]);
    lg_free(block->from);
    lg_free(block->source);
    lg_free(block->piece);
    lg_free(block->memory);
    lg_free(block->disk);
    data_table_unref(block->table);
    lg_free(block);
}

void data_room_release(data_room *room)
{
    lg_free(room->px);
    *room = (data_room){0};
}

data_size data_block_size(const data_block *block)
{
    return block->rules.size;
}

bool data_block_is_small(const data_block *block)
{
    return (uint64_t)block->bytes * block->count + cache.memory <= memory_limit(true);
}

/* ---- joined ---- */
static lg_status find_source(data_block *block, data_block *leaf, uint32_t *place, lg_err *err)
{
    size_t i = block->froms;
    while (i && block->from[i - 1] != leaf) i--;
    if (!i) {
        data_block **more = lg_realloc(block->from, block->froms, block->froms + 1, sizeof *more, err);
        if (!more) return err->status;
        block->from = more;
        block->from[block->froms++] = data_block_ref(leaf);
        i = block->froms;
    }
    *place = (uint32_t)i - 1;
    return LG_OK;
}

data_block *data_block_joined(data_table *table, data_block *const *from, const uint32_t *at, size_t count, lg_err *err)
{
    data_block *block = new_block(table, &from[0]->rules, count, err);
    if (!block) return NULL;
    block->source = lg_alloc(count, sizeof *block->source, err);
    bool good = block->source != NULL;
    for (size_t i = 0; i < count && good; i++) {
        data_block *leaf = from[i];
        block->source[i].image = at[i];
        if (leaf->source) {
            block->source[i].image = leaf->source[at[i]].image;
            leaf = leaf->from[leaf->source[at[i]].block];
        }
        good = find_source(block, leaf, &block->source[i].block, err) == LG_OK;
    }
    if (good) return block;
    data_block_unref(block);
    return NULL;
}

/* ---- memory ---- */
/* The place of an image, its piece taken where it was not and there is room. */
static uint8_t *memory_place(data_block *block, size_t image, bool early)
{
    _Atomic(uint8_t *) *piece = &block->piece[image / block->each];
    size_t size = block->each * block->bytes;
    uint8_t *now = atomic_load_explicit(piece, memory_order_acquire), *none = NULL;
    lg_err ignored = {0}; /* without memory it is kept elsewhere, or not */
    if (!now && take(&cache.memory, size, memory_limit(early))) {
        now = lg_alloc(size, 1, &ignored);
        if (!now || !atomic_compare_exchange_strong(piece, &none, now)) {
            atomic_fetch_sub(&cache.memory, size);
            lg_free(now);
            now = none;
        }
    }
    return now ? now + image % block->each * block->bytes : NULL;
}

static bool begin_keeping(atomic_uchar *state)
{
    unsigned char none = NOT_KEPT;
    return atomic_compare_exchange_strong(state, &none, BEING_KEPT);
}

static bool is_kept(const atomic_uchar *state)
{
    return atomic_load_explicit(state, memory_order_acquire) == KEPT;
}

static void end_keeping(atomic_uchar *state, bool kept)
{
    atomic_store_explicit(state, kept ? KEPT : NOT_KEPT, memory_order_release);
}

/* Whether it is in memory now, or another thread is putting it there. */
static bool keep_in_memory(data_block *block, size_t image, const uint8_t *px, bool early)
{
    uint8_t *place = memory_place(block, image, early);
    if (!place) return false;
    if (!begin_keeping(&block->memory[image])) return true;
    memcpy(place, px, block->bytes);
    end_keeping(&block->memory[image], true);
    return true;
}

/* ---- disk ---- */
static void copy_folder(char folder[sizeof cache.folder])
{
    pthread_mutex_lock(&cache.lock);
    memcpy(folder, cache.folder, sizeof cache.folder);
    pthread_mutex_unlock(&cache.lock);
}

lg_status data_cache_scratch(int *fd, uint64_t *most, lg_err *err)
{
    char folder[sizeof cache.folder];
    struct statvfs space;
    lg_err refused = {0};
    uint64_t limit = cache.disk_asked;
    copy_folder(folder);
    if (*folder && limit != DATA_CACHE_NONE && lg_reach_scratch(folder, fd, &refused) == LG_OK) {
        *most = fstatvfs(*fd, &space) == 0 ? (uint64_t)space.f_bavail * space.f_frsize / 2 : UINT64_MAX;
        if (limit && limit < *most) *most = limit;
        return LG_OK;
    }
    *fd = memfd_create("logolens-scratch", MFD_CLOEXEC);
    *most = (uint64_t)(lg_memory() / 4);
    if (*fd >= 0) return LG_OK;
    lg_fail(err, LG_E_IO, 392, "no temporary file can be made");
    return lg_why(err, "%s", strerror(errno));
}

static int open_file(void)
{
    char folder[sizeof cache.folder];
    struct statvfs free_space;
    lg_err refused = {0};
    int fd = -1;
    copy_folder(folder);
    if (!*folder || lg_reach_scratch(folder, &fd, &refused)) {
        if (*folder) lg_log(LG_LOG_WARN, "no pixels are kept on disk: %s", refused.msg);
        return FILE_REFUSED;
    }
    if (!cache.disk_limit && fstatvfs(fd, &free_space) == 0)
        cache.disk_limit = (uint64_t)free_space.f_bavail * free_space.f_frsize / 4;
    return fd;
}

/* The block's file, opened by whoever comes first; others do without meanwhile. */
static int file_of(data_block *block)
{
    int fd = NO_FILE;
    if (!atomic_compare_exchange_strong(&block->file, &fd, FILE_OPENING)) return fd;
    fd = open_file();
    atomic_store(&block->file, fd);
    return fd;
}

static bool write_image(const data_block *block, int fd, size_t image, const uint8_t *px)
{
    off_t at = (off_t)(image * block->bytes);
    for (size_t done = 0; done < block->bytes;) {
        ssize_t n = pwrite(fd, px + done, block->bytes - done, at + (off_t)done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        done += (size_t)n;
    }
    return true;
}

static bool read_image(const data_block *block, int fd, size_t image, uint8_t *px)
{
    off_t at = (off_t)(image * block->bytes);
    for (size_t done = 0; done < block->bytes;) {
        ssize_t n = pread(fd, px + done, block->bytes - done, at + (off_t)done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        done += (size_t)n;
    }
    return true;
}

/* A disk that is full stays so for this image alone: others may be given back meanwhile. */
static void keep_on_disk(data_block *block, size_t image, const uint8_t *px)
{
    if (atomic_load(&block->disk[image]) != NOT_KEPT) return;
    int fd = file_of(block);
    if (fd < 0 || !take(&cache.disk, block->bytes, cache.disk_limit)) return;
    bool mine = begin_keeping(&block->disk[image]), kept = mine && write_image(block, fd, image, px);
    if (mine) end_keeping(&block->disk[image], kept);
    if (!kept) atomic_fetch_sub(&cache.disk, block->bytes);
}

/* ---- keeping and getting ---- */
void data_block_keep(data_block *block, size_t image, const uint8_t *px, bool early)
{
    if (!keep_in_memory(block, image, px, early)) keep_on_disk(block, image, px);
}

static lg_status make_room(data_room *room, size_t size, lg_err *err)
{
    if (room->size >= size) return LG_OK;
    data_room_release(room);
    room->px = lg_alloc(size, 1, err);
    if (!room->px) return err->status;
    room->size = size;
    return LG_OK;
}

static bool get_kept(data_block *block, size_t image, data_room *room, const uint8_t **px)
{
    if (is_kept(&block->memory[image])) {
        uint8_t *piece = atomic_load_explicit(&block->piece[image / block->each], memory_order_acquire);
        *px = piece + image % block->each * block->bytes;
        return true;
    }
    if (!is_kept(&block->disk[image]) || !room->px) return false;
    if (!read_image(block, atomic_load(&block->file), image, room->px)) return false;
    *px = room->px;
    keep_in_memory(block, image, room->px, false);
    return true;
}

lg_status data_block_get(data_block *block, size_t image, data_room *room, const uint8_t **px, lg_err *err)
{
    if (block->source) {
        const source *s = &block->source[image];
        return data_block_get(block->from[s->block], s->image, room, px, err);
    }
    if (is_kept(&block->memory[image]) && get_kept(block, image, room, px)) return LG_OK;
    LG_TRY(make_room(room, block->bytes, err));
    *px = room->px;
    if (block->table->fact[image].broken) {
        memset(room->px, 0, block->bytes);
        return LG_OK;
    }
    if (get_kept(block, image, room, px)) return LG_OK;
    atomic_fetch_add(&cache.misses, 1);
    LG_TRY(data_decode_fitted(block->table, image, &block->rules, room->px, err));
    data_block_keep(block, image, room->px, false);
    return LG_OK;
}

data_block *data_block_grey(const data_block *colour, lg_err *err)
{
    data_rules rules = colour->rules;
    data_room room = {0};
    rules.size.c = 1;
    data_block *grey = data_block_new(colour->table, &rules, err);
    if (!grey || make_room(&room, colour->bytes, err)) {
        data_block_unref(grey);
        return NULL;
    }
    for (size_t i = 0; i < grey->count; i++) {
        const uint8_t *px;
        if (!get_kept((data_block *)colour, i, &room, &px)) continue;
        for (size_t k = 0; k < grey->bytes; k++) room.px[k] = px[3 * k];
        data_block_keep(grey, i, room.px, true);
    }
    data_room_release(&room);
    return grey;
}

/* ---- many at once ---- */
typedef struct visiting {
    const data_visit *visit;
    size_t first;
    data_room *room; /* one for each thread */
    lg_err err[VISITS];
} visiting;

static void visit_piece(void *ctx, int piece, int worker)
{
    visiting *v = ctx;
    const data_visit *o = v->visit;
    size_t at = v->first + (size_t)piece, bytes = o->block->bytes;
    lg_err *err = &v->err[piece];
    data_room *room = &v->room[2 * worker], *copy = room + 1;
    const uint8_t *px;
    if ((o->skip && o->skip[at]) || lg_cancelled(o->cancel)) return;
    if (make_room(copy, bytes, err)) return;
    if (data_block_get(o->block, o->image ? o->image[at] : at, room, &px, err)) return;
    memcpy(copy->px, px, bytes);
    err->status = o->fn(o->ctx, at, copy->px, err);
}

static lg_status visit_all(visiting *v, lg_err *err)
{
    const data_visit *o = v->visit;
    for (size_t n; v->first < o->count; v->first += n) {
        n = o->count - v->first < VISITS ? o->count - v->first : VISITS;
        lg_pool_run(o->pool, (int)n, visit_piece, v);
        LG_TRY(lg_cancel_check(o->cancel, err));
        for (size_t i = 0; i < n; i++) {
            if (v->err[i].status == LG_OK) continue;
            if (err->status == LG_OK) *err = v->err[i];
            return err->status;
        }
        if (o->progress) o->progress(o->progress_ctx, v->first + n, o->count);
    }
    return LG_OK;
}

lg_status data_block_visit(const data_visit *visit, lg_err *err)
{
    int rooms = 2 * lg_pool_size(visit->pool);
    visiting *v = lg_alloc(1, sizeof *v, err);
    if (!v) return err->status;
    v->visit = visit;
    v->room = lg_alloc((size_t)rooms, sizeof *v->room, err);
    lg_status st = v->room ? visit_all(v, err) : err->status;
    for (int i = 0; v->room && i < rooms; i++) data_room_release(&v->room[i]);
    lg_free(v->room);
    lg_free(v);
    return st;
}
