/* feature_store.c - segments of rows: head, index (key and checksum of each row), rows. Little-endian as in memory, so
 * that a mapped file is used as it is; docs/formats.md has the layout. */
#include "lib/store/feature_store.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "lib/base/cgroup.h"
#include "lib/base/reach.h"
#include "lib/store/shelf.h"

#include "lib/base/banned.h"

enum { VERSION = 1, HEX = 64, ALIGN = 64, BLOCK_BYTES = 8 << 20, SMALL_BYTES = 1 << 20, MANY_SMALL = 16 };
static const unsigned char magic[8] = {0x89, 'L', 'F', 'E', 'A', 'T', '\r', '\n'};
static const char ending[] = ".feat";
#define MOST_BYTES ((uint64_t)4 << 30)

typedef struct file_head {
    unsigned char magic[8];
    uint32_t version, floats;
    uint64_t rows;
    char fingerprint[32]; /* the first half of its digits; all of them are in the name */
    uint64_t sum;         /* of the head without this, and the index */
} file_head;
_Static_assert(sizeof(file_head) == ALIGN, "the index follows at once");

typedef struct index_row {
    uint8_t key[STORE_KEY];
    uint64_t sum; /* of the row */
} index_row;
_Static_assert(sizeof(index_row) == 40, "without gaps");

typedef struct segment {
    char *name;
    void *map;
    size_t bytes;
    atomic_bool unwanted; /* damaged, or its rows are in another one: taken away at the end */
} segment;

/* Rows that are in no file. */
typedef struct block {
    index_row *index;
    float *row;
    size_t count;
} block;

enum { UNKNOWN, GOOD, BAD };
typedef struct entry {
    const index_row *index;
    const float *row;
    segment *segment; /* NULL: in memory */
    atomic_uchar state;
} entry;

struct store_features {
    char *folder, fingerprint[HEX + 1];
    size_t floats, row_bytes, room; /* room: rows of a block */
    uint64_t most_bytes, most_memory, own_bytes, untrimmed;
    segment **segment;
    size_t segments;
    block *block; /* the last one takes rows while keeping; others before it could not be written */
    size_t blocks;
    entry *entry;
    size_t entries, entry_room;
    uint32_t *slot; /* entry + 1 by key, 0: free; a power of two, at most half full */
    size_t slots;
    bool off; /* nothing more is written */
    char trouble[1024];
};

/* ---- by key ---- */
/* Keys are hashes: any eight bytes of them will do. */
static size_t first_slot(const store_features *s, const uint8_t *key)
{
    uint64_t bits;
    memcpy(&bits, key, sizeof bits);
    return (size_t)bits & (s->slots - 1);
}

static entry *look_up(const store_features *s, const uint8_t *key)
{
    if (!s->slots) return NULL;
    for (size_t at = first_slot(s, key); s->slot[at]; at = (at + 1) & (s->slots - 1)) {
        entry *e = &s->entry[s->slot[at] - 1];
        if (memcmp(e->index->key, key, STORE_KEY) == 0) return e;
    }
    return NULL;
}

static void take_slot(store_features *s, size_t i)
{
    size_t at = first_slot(s, s->entry[i].index->key);
    while (s->slot[at]) at = (at + 1) & (s->slots - 1);
    s->slot[at] = (uint32_t)(i + 1);
}

static lg_status grow(store_features *s, lg_err *err)
{
    size_t room = s->entry_room ? 2 * s->entry_room : 256, slots = 2 * room;
    entry *more = lg_realloc(s->entry, s->entry_room, room, sizeof *more, err);
    if (!more) return LG_E_MEMORY;
    s->entry = more;
    uint32_t *slot = room < UINT32_MAX / 2 ? lg_alloc(slots, sizeof *slot, err) : NULL;
    if (!slot) return lg_fail(err, LG_E_MEMORY, 901, "out of memory");
    lg_free(s->slot);
    s->slot = slot, s->slots = slots, s->entry_room = room;
    for (size_t i = 0; i < s->entries; i++) take_slot(s, i);
    return LG_OK;
}

/* A row has come, or has come to another place. */
static lg_status set_entry(store_features *s, entry what, lg_err *err)
{
    entry *there = look_up(s, what.index->key);
    if (there) {
        *there = what;
        return LG_OK;
    }
    if (s->entries == s->entry_room) LG_TRY(grow(s, err));
    s->entry[s->entries] = what;
    take_slot(s, s->entries++);
    return LG_OK;
}

static uint64_t row_sum(const store_features *s, const float *row)
{
    return lg_hash64(row, s->row_bytes, s->floats);
}

/* Several threads may come to the same answer. */
const float *store_features_find(const store_features *s, const uint8_t key[STORE_KEY])
{
    entry *e = look_up(s, key);
    if (!e) return NULL;
    if (atomic_load(&e->state) == UNKNOWN) {
        bool whole = row_sum(s, e->row) == e->index->sum;
        if (!whole) atomic_store(&e->segment->unwanted, true);
        atomic_store(&e->state, whole ? GOOD : BAD);
    }
    return atomic_load(&e->state) == GOOD ? e->row : NULL;
}

size_t store_features_count(const store_features *s)
{
    return s->entries;
}

const char *store_features_trouble(const store_features *s)
{
    return s->off && s->trouble[0] ? s->trouble : NULL;
}

/* why: "" or the cause of what. */
static void give_up(store_features *s, const char *what, const char *why)
{
    if (s->off) return;
    s->off = true;
    snprintf(s->trouble, sizeof s->trouble, "%s%s%s", what, *why ? ": " : "", why);
    lg_log(LG_LOG_WARN, "features of %.12s are not kept: %s", s->fingerprint, s->trouble);
}

/* ---- files ---- */
static size_t rows_at(uint64_t rows)
{
    return (sizeof(file_head) + (size_t)rows * sizeof(index_row) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static uint64_t index_sum(const void *file, uint64_t rows)
{
    const char *bytes = file;
    uint64_t head = lg_hash64(bytes, offsetof(file_head, sum), VERSION);
    return lg_hash64(bytes + sizeof(file_head), (size_t)rows * sizeof(index_row), head);
}

static bool is_whole(const store_features *s, const void *map, size_t bytes)
{
    file_head head;
    if (bytes < sizeof head) return false;
    memcpy(&head, map, sizeof head);
    if (memcmp(head.magic, magic, sizeof magic) != 0 || head.version != VERSION || head.floats != s->floats)
        return false;
    if (memcmp(head.fingerprint, s->fingerprint, sizeof head.fingerprint) != 0) return false;
    if (!head.rows || head.rows > bytes / (sizeof(index_row) + s->row_bytes)) return false;
    return bytes == rows_at(head.rows) + (size_t)head.rows * s->row_bytes && head.sum == index_sum(map, head.rows);
}

static char *path_of(const store_features *s, const char *name, lg_err *err)
{
    return lg_strf(err, "%s/%s", s->folder, name);
}

static void take_away(const store_features *s, const char *name)
{
    lg_err err = {0};
    char *path = path_of(s, name, &err);
    if (path && lg_reach_remove(path, &err) && err.code != 302) lg_log(LG_LOG_WARN, "%s", err.msg);
    lg_free(path);
}

static void free_segment(segment *g)
{
    if (!g) return;
    if (g->map) munmap(g->map, g->bytes);
    lg_free(g->name);
    lg_free(g);
}

/* The file in memory; no map when it cannot be. It counts as used now. False: it is there, but empty. */
static bool map_file(const store_features *s, segment *g)
{
    lg_err gone = {0};
    int fd = -1;
    uint64_t size = 1;
    char *path = path_of(s, g->name, &gone);
    if (path && lg_reach_open(path, &fd, &size, &gone) == LG_OK) {
        void *map = size ? mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
        if (futimens(fd, NULL)) lg_log(LG_LOG_DEBUG, "the time of use of %s cannot be set", path);
        if (map != MAP_FAILED) g->map = map, g->bytes = (size_t)size;
        close(fd);
    }
    lg_free(path);
    return size > 0;
}

/* *out NULL: it cannot be read now, or it was damaged and is gone. */
static lg_status open_segment(const store_features *s, const char *name, segment **out, lg_err *err)
{
    *out = NULL;
    segment *g = lg_alloc(1, sizeof *g, err);
    if (g) g->name = lg_strdup(name, err);
    if (!g || !g->name) {
        lg_free(g);
        return err->status;
    }
    bool damaged = !map_file(s, g) || (g->map && !is_whole(s, g->map, g->bytes));
    if (g->map && !damaged) {
        *out = g;
        return LG_OK;
    }
    if (damaged) lg_log(LG_LOG_INFO, "%s is damaged; its rows are made again", name);
    if (damaged) take_away(s, name);
    free_segment(g);
    return LG_OK;
}

static lg_status keep_segment(store_features *s, segment *g, uint8_t state, lg_err *err)
{
    segment **more = lg_realloc(s->segment, s->segments, s->segments + 1, sizeof *more, err);
    if (!more) {
        free_segment(g);
        return LG_E_MEMORY;
    }
    s->segment = more;
    s->segment[s->segments++] = g;
    s->own_bytes += g->bytes;
    const index_row *index = (const void *)((const char *)g->map + sizeof(file_head));
    uint64_t rows = ((const file_head *)g->map)->rows;
    const float *row = (const void *)((const char *)g->map + rows_at(rows));
    for (uint64_t i = 0; i < rows; i++)
        LG_TRY(
            set_entry(s, (entry){.index = index + i, .row = row + i * s->floats, .segment = g, .state = state}, err));
    return LG_OK;
}

static bool is_ours(const store_features *s, const char *name)
{
    size_t n = strlen(name), m = sizeof ending - 1;
    return n > HEX + m && strncmp(name, s->fingerprint, HEX) == 0 && strcmp(name + n - m, ending) == 0 &&
           !strchr(name, '/');
}

static lg_status open_all(store_features *s, lg_err *err)
{
    lg_listing list = {0};
    lg_err gone = {0};
    lg_status st = LG_OK;
    if (!s->folder) return LG_OK;
    if (lg_reach_list(s->folder, 0, NULL, &list, &gone)) {
        if (gone.code != 302) give_up(s, gone.msg, gone.why);
        return LG_OK;
    }
    for (size_t i = 0; i < list.count && st == LG_OK; i++) {
        segment *g = NULL;
        if (!is_ours(s, list.path[i])) continue;
        st = open_segment(s, list.path[i], &g, err);
        if (st == LG_OK && g) st = keep_segment(s, g, UNKNOWN, err);
    }
    lg_listing_release(&list);
    return st;
}

/* ---- writing ---- */
static void find_limit(store_features *s)
{
    lg_err err = {0};
    struct statvfs space;
    int fd = -1;
    if (s->most_bytes) return;
    s->most_bytes = MOST_BYTES;
    if (lg_reach_mkdir(s->folder, &err) || lg_reach_scratch(s->folder, &fd, &err)) return;
    uint64_t tenth = fstatvfs(fd, &space) == 0 ? (uint64_t)space.f_bavail * space.f_frsize / 10 : MOST_BYTES;
    close(fd);
    if (tenth < MOST_BYTES) s->most_bytes = tenth + 1; /* 0 would ask again */
}

static store_shelf shelf_of(const store_features *s)
{
    return (store_shelf){.folder = s->folder, .ending = ending, .most_files = SIZE_MAX, .most_bytes = s->most_bytes};
}

static void trim(store_features *s)
{
    lg_err err = {0};
    store_shelf shelf = shelf_of(s);
    if (s->untrimmed && store_shelf_trim(&shelf, &err)) lg_log(LG_LOG_WARN, "%s", err.msg);
    s->untrimmed = 0;
}

/* A file of the block's rows; its name is made of its content, so that the same rows are one file. */
static lg_status file_of(const store_features *s, const block *b, lg_buf *file, char name[HEX + 32], lg_err *err)
{
    static const char gap[ALIGN];
    file_head head = {.version = VERSION, .floats = (uint32_t)s->floats, .rows = b->count};
    memcpy(head.magic, magic, sizeof magic);
    memcpy(head.fingerprint, s->fingerprint, sizeof head.fingerprint);
    lg_buf_add(file, &head, sizeof head);
    lg_buf_add(file, b->index, b->count * sizeof *b->index);
    lg_buf_add(file, gap, rows_at(b->count) - file->len);
    lg_buf_add(file, b->row, b->count * s->row_bytes);
    LG_TRY(lg_buf_check(file, err));
    head.sum = index_sum(file->data, b->count);
    memcpy(file->data, &head, sizeof head);
    snprintf(name, HEX + 32, "%ss%016llx", s->fingerprint, (unsigned long long)head.sum);
    return LG_OK;
}

/* The rows of the block are in this file now: it is used in place of the block. */
static lg_status use_file(store_features *s, const char *key, lg_err *err)
{
    segment *g = NULL;
    char name[HEX + 40];
    snprintf(name, sizeof name, "%s%s", key, ending);
    LG_TRY(open_segment(s, name, &g, err));
    if (!g) return lg_fail(err, LG_E_IO, 391, "`%.200s` cannot be read", name);
    return keep_segment(s, g, GOOD, err);
}

static void free_block(store_features *s, block *b)
{
    lg_free(b->index);
    lg_free(b->row);
    *b = s->block[--s->blocks];
}

static lg_status write_block(store_features *s, block *b, lg_err *err)
{
    char name[HEX + 32];
    store_shelf shelf;
    lg_buf file;
    find_limit(s);
    shelf = shelf_of(s);
    size_t bytes = rows_at(b->count) + b->count * s->row_bytes;
    if (s->own_bytes + bytes > s->most_bytes)
        return lg_fail(err, LG_E_LIMIT, 303, "they would need more than the %s MB that there are for them",
                       lg_thousands((long long)(s->most_bytes >> 20)));
    lg_buf_init(&file, bytes + 1);
    lg_status st = file_of(s, b, &file, name, err);
    if (st == LG_OK) st = store_shelf_put(&shelf, name, file.data, file.len, false, err);
    lg_buf_release(&file);
    if (st == LG_OK) st = use_file(s, name, err);
    if (st == LG_OK) s->untrimmed += bytes;
    return st;
}

void store_features_flush(store_features *s)
{
    lg_err err = {0};
    block *b = s->blocks ? &s->block[s->blocks - 1] : NULL;
    if (!b || !b->count || s->off || !s->folder) return;
    if (write_block(s, b, &err)) give_up(s, err.msg, err.why);
    else free_block(s, b);
    if (s->untrimmed > s->most_bytes / 8) trim(s);
}

/* ---- adding ---- */
static uint64_t block_bytes(const store_features *s)
{
    return s->room * (s->row_bytes + sizeof(index_row));
}

/* Room for another block; false when memory for it is not allowed. */
static lg_status new_block(store_features *s, bool *room, lg_err *err)
{
    *room = (s->blocks + 1) * block_bytes(s) <= s->most_memory || (!s->blocks && !s->off && s->folder);
    if (!*room) return LG_OK;
    block *more = lg_realloc(s->block, s->blocks, s->blocks + 1, sizeof *more, err);
    if (!more) return LG_E_MEMORY;
    s->block = more;
    block b = {.index = lg_alloc(s->room, sizeof *b.index, err)};
    b.row = b.index ? lg_alloc(s->room, s->row_bytes, err) : NULL;
    if (!b.row) {
        lg_free(b.index);
        return LG_E_MEMORY;
    }
    s->block[s->blocks++] = b;
    return LG_OK;
}

/* *kept false: there is no room for it. */
static lg_status append(store_features *s, const uint8_t *key, const float *row, bool *kept, lg_err *err)
{
    *kept = true;
    if (s->blocks && s->block[s->blocks - 1].count == s->room) store_features_flush(s);
    if (!s->blocks || s->block[s->blocks - 1].count == s->room) LG_TRY(new_block(s, kept, err));
    if (!*kept) return LG_OK;
    block *b = &s->block[s->blocks - 1];
    index_row *index = &b->index[b->count];
    float *at = b->row + b->count * s->floats;
    memcpy(index->key, key, STORE_KEY);
    memcpy(at, row, s->row_bytes);
    index->sum = row_sum(s, at);
    b->count++;
    return set_entry(s, (entry){.index = index, .row = at, .state = GOOD}, err);
}

lg_status store_features_add(store_features *s, const uint8_t (*keys)[STORE_KEY], const float *rows, size_t n,
                             lg_err *err)
{
    bool kept = true;
    for (size_t i = 0; i < n && kept; i++)
        if (!store_features_find(s, keys[i])) LG_TRY(append(s, keys[i], rows + i * s->floats, &kept, err));
    if (!kept) give_up(s, "there is no room for them in memory", "");
    return LG_OK;
}

/* ---- life ---- */
/* Rows that came a few at a time lie in many small files: they are written again as few, and those are taken away. */
static lg_status gather(store_features *s, lg_err *err)
{
    size_t small = 0, old = s->segments;
    bool kept = true;
    for (size_t i = 0; i < old; i++) small += s->segment[i]->bytes < SMALL_BYTES;
    if (small <= MANY_SMALL) return LG_OK;
    for (size_t i = 0; i < s->entries && kept && !s->off; i++) {
        entry e = s->entry[i];
        if (!e.segment || e.segment->bytes >= SMALL_BYTES || !store_features_find(s, e.index->key)) continue;
        LG_TRY(append(s, e.index->key, e.row, &kept, err));
    }
    store_features_flush(s);
    for (size_t i = 0; i < old && kept && !s->off; i++)
        if (s->segment[i]->bytes < SMALL_BYTES) s->segment[i]->unwanted = true;
    return LG_OK;
}

lg_status store_features_open(const store_features_options *o, store_features **out, lg_err *err)
{
    lg_status st;
    LG_BUG_ON(strlen(o->fingerprint) != HEX || o->floats < 1 || o->floats > UINT32_MAX);
    store_features *s = lg_alloc(1, sizeof *s, err);
    if (!s) return LG_E_MEMORY;
    memcpy(s->fingerprint, o->fingerprint, HEX);
    s->floats = o->floats, s->row_bytes = o->floats * sizeof(float);
    s->room = s->row_bytes < BLOCK_BYTES ? BLOCK_BYTES / s->row_bytes : 1;
    s->most_bytes = o->most_bytes;
    s->most_memory = o->most_memory ? o->most_memory : (uint64_t)(lg_memory() / 4);
    s->folder = o->folder ? lg_strdup(o->folder, err) : NULL;
    LG_GO(!o->folder || s->folder ? LG_OK : LG_E_MEMORY);
    LG_GO(open_all(s, err));
    LG_GO(gather(s, err));
    *out = s;
    return LG_OK;
done:
    store_features_close(s);
    return st;
}

/* The same rows in the same order are a file of the same name, which may have been written anew. */
static bool is_wanted(const store_features *s, const char *name)
{
    bool wanted = false;
    for (size_t i = 0; i < s->segments; i++)
        wanted |= !s->segment[i]->unwanted && strcmp(s->segment[i]->name, name) == 0;
    return wanted;
}

void store_features_close(store_features *s)
{
    if (!s) return;
    store_features_flush(s);
    for (size_t i = 0; i < s->segments; i++)
        if (s->segment[i]->unwanted && !is_wanted(s, s->segment[i]->name)) take_away(s, s->segment[i]->name);
    for (size_t i = 0; i < s->segments; i++) free_segment(s->segment[i]);
    if (s->folder) trim(s);
    while (s->blocks) free_block(s, &s->block[s->blocks - 1]);
    lg_free(s->block);
    lg_free(s->segment);
    lg_free(s->entry);
    lg_free(s->slot);
    lg_free(s->folder);
    lg_free(s);
}
