/* secret.c - secrets in guarded memory, and the list of all there are. */
#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>
#include <sys/prctl.h>
#include "lib/net/secret_private.h"

#include "lib/base/banned.h"

static struct {
    pthread_mutex_t lock;
    net_secret *first;
    int dumpable; /* what it was before the first secret */
} all = {.lock = PTHREAD_MUTEX_INITIALIZER};
static atomic_bool any; /* is the list not empty? */

/* ---- no core file while there is a secret ---- */
static void list_add(net_secret *secret)
{
    pthread_mutex_lock(&all.lock);
    if (!all.first) {
        all.dumpable = prctl(PR_GET_DUMPABLE);
        prctl(PR_SET_DUMPABLE, 0);
    }
    secret->next = all.first;
    all.first = secret;
    atomic_store_explicit(&any, true, memory_order_release);
    pthread_mutex_unlock(&all.lock);
}

static void list_remove(net_secret *secret)
{
    pthread_mutex_lock(&all.lock);
    net_secret **at = &all.first;
    while (*at && *at != secret) at = &(*at)->next;
    if (*at) *at = secret->next;
    atomic_store_explicit(&any, all.first != NULL, memory_order_release);
    if (!all.first && all.dumpable == 1) prctl(PR_SET_DUMPABLE, 1);
    pthread_mutex_unlock(&all.lock);
}

/* ---- open and closed; under the lock ---- */
static void open_one(net_secret *secret)
{
    if (secret->open++ == 0) LG_BUG_ON(sodium_mprotect_readonly(secret->value) != 0);
}

static void close_one(net_secret *secret)
{
    LG_BUG_ON(secret->open <= 0);
    if (--secret->open == 0) LG_BUG_ON(sodium_mprotect_noaccess(secret->value) != 0);
}

const char *net_secret_open(net_secret *secret)
{
    pthread_mutex_lock(&all.lock);
    open_one(secret);
    pthread_mutex_unlock(&all.lock);
    return secret->value;
}

void net_secret_close(net_secret *secret)
{
    pthread_mutex_lock(&all.lock);
    close_one(secret);
    pthread_mutex_unlock(&all.lock);
}

net_secret *net_secrets_lock(void)
{
    pthread_mutex_lock(&all.lock);
    for (net_secret *s = all.first; s; s = s->next) open_one(s);
    return all.first;
}

void net_secrets_unlock(void)
{
    for (net_secret *s = all.first; s; s = s->next) close_one(s);
    pthread_mutex_unlock(&all.lock);
}

bool net_scrub_needed(void)
{
    return atomic_load_explicit(&any, memory_order_acquire);
}

void net_wipe(lg_buf *buf)
{
    if (buf->data) sodium_memzero(buf->data, buf->cap);
    lg_buf_release(buf);
}

void net_forget(void *data, size_t len)
{
    if (len) sodium_memzero(data, len);
}

/* ---- JSON ---- */
static json_free_t json_free_plain;

static void json_free_wiped(void *p)
{
    if (!p) return;
    sodium_memzero(p, malloc_usable_size(p));
    json_free_plain(p);
}

void net_json_wipes(void)
{
    json_malloc_t make;
    json_free_t now;
    json_get_alloc_funcs(&make, &now);
    if (now == json_free_wiped) return;
    json_free_plain = now;
    json_set_alloc_funcs(make, json_free_wiped);
}

/* ---- life ---- */
static lg_status check_value(const char *value, size_t len, lg_err *err)
{
    bool plain = true, blank = len && (value[0] == ' ' || value[len - 1] == ' ');
    for (size_t i = 0; i < len; i++) plain = plain && (unsigned char)value[i] >= ' ' && value[i] != 0x7f;
    if (plain && !blank && len >= NET_SECRET_LEAST && len <= NET_SECRET_MOST) return LG_OK;
    lg_fail(err, LG_E_ARG, 715, "this cannot be a key or a password");
    if (!plain) return lg_why(err, "it holds a line break or another control character");
    if (blank) return lg_why(err, "it begins or ends with a blank");
    return lg_why(err, "it has %zu characters; between %d and %d are possible", len, (int)NET_SECRET_LEAST,
                  (int)NET_SECRET_MOST);
}

lg_status net_secret_new(const char *value, size_t len, net_secret **out, lg_err *err)
{
    LG_TRY(check_value(value, len, err));
    LG_BUG_ON(sodium_init() < 0);
    net_secret *secret = lg_alloc(1, sizeof *secret, err);
    if (!secret) return err->status;
    size_t room = net_patterns_room(len);
    secret->len = len;
    secret->value = sodium_malloc(len + 1 + room);
    if (!secret->value) {
        lg_free(secret);
        return lg_fail(err, LG_E_MEMORY, 901, "there is no memory left for a secret");
    }
    memcpy(secret->value, value, len);
    secret->value[len] = 0;
    net_patterns_make(secret, room);
    LG_BUG_ON(sodium_mprotect_noaccess(secret->value) != 0);
    list_add(secret);
    *out = secret;
    return LG_OK;
}

void net_secret_free(net_secret *secret)
{
    if (!secret) return;
    list_remove(secret);
    sodium_free(secret->value); /* wipes */
    lg_free(secret);
}
