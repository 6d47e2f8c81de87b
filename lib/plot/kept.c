/* kept.c - a list of keys and pictures, the last used first. */
#include "lib/plot/kept.h"

#include <pthread.h>
#include <string.h>

#include "lib/base/banned.h"

/* Of a key SAMPLES bytes are looked at to see that it may be the one; megabytes of pixels are compared only then. */
enum { SAMPLES = 256, MOST_PICTURES = 512 };

typedef struct kept {
    struct kept *next;
    size_t key_len, len;
    uint64_t mark;
    char bytes[]; /* the key, and the picture after it */
} kept;

static struct {
    pthread_mutex_t lock;
    kept *first;
    size_t bytes;
} all = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t mark_of(const lg_buf *key)
{
    unsigned char sample[SAMPLES];
    size_t step = key->len / SAMPLES;
    if (!step) return lg_hash64(key->data, key->len, 0);
    for (size_t i = 0; i < SAMPLES; i++) sample[i] = (unsigned char)key->data[i * step];
    return lg_hash64(sample, sizeof sample, key->len);
}

static size_t size_of(const kept *k)
{
    return sizeof *k + k->key_len + k->len;
}

static void forget(kept **at)
{
    kept *k = *at;
    *at = k->next;
    all.bytes -= size_of(k);
    lg_free(k);
}

/* Where it is in the list, or NULL. Under lock. */
static kept **place(const lg_buf *key, uint64_t mark)
{
    for (kept **at = &all.first; *at; at = &(*at)->next) {
        const kept *k = *at;
        if (k->mark == mark && k->key_len == key->len && memcmp(k->bytes, key->data, key->len) == 0) return at;
    }
    return NULL;
}

static void put_first(kept *k)
{
    k->next = all.first;
    all.first = k;
}

bool plt_kept_find(const lg_buf *key, lg_buf *out)
{
    if (key->failed || !key->len) return false;
    uint64_t mark = mark_of(key);
    pthread_mutex_lock(&all.lock);
    kept **at = place(key, mark), *k = at ? *at : NULL;
    if (k) {
        *at = k->next;
        put_first(k);
        lg_buf_add(out, k->bytes + k->key_len, k->len);
    }
    pthread_mutex_unlock(&all.lock);
    return k != NULL;
}

/* Under lock. */
static void make_room(void)
{
    size_t count = 0, bytes = 0;
    for (kept **at = &all.first; *at;) {
        bytes += size_of(*at);
        if (++count <= MOST_PICTURES && bytes <= PLT_KEPT_MOST) at = &(*at)->next;
        else forget(at);
    }
}

void plt_kept_add(const lg_buf *key, const void *picture, size_t len)
{
    lg_err err = {0};
    if (key->failed || !key->len || sizeof(kept) + key->len + len > PLT_KEPT_MOST) return;
    kept *k = lg_alloc(1, sizeof *k + key->len + len, &err);
    if (!k) return;
    *k = (kept){.key_len = key->len, .len = len, .mark = mark_of(key)};
    memcpy(k->bytes, key->data, key->len);
    memcpy(k->bytes + key->len, picture, len);
    pthread_mutex_lock(&all.lock);
    kept **same = place(key, k->mark); /* another thread may have drawn it meanwhile */
    if (same) forget(same);
    put_first(k);
    all.bytes += size_of(k);
    make_room();
    pthread_mutex_unlock(&all.lock);
}

size_t plt_kept_bytes(void)
{
    pthread_mutex_lock(&all.lock);
    size_t bytes = all.bytes;
    pthread_mutex_unlock(&all.lock);
    return bytes;
}

void plt_kept_clear(void)
{
    pthread_mutex_lock(&all.lock);
    while (all.first) forget(&all.first);
    pthread_mutex_unlock(&all.lock);
}
