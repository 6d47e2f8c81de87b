/* oauth1.c - RFC 5849: what is signed, and the signature. */
#include "lib/net/oauth1.h"
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/library.h"

#include "lib/base/banned.h"

/* ---- HMAC-SHA1 ---- */
/* The two functions of OpenSSL's libcrypto that are used, as its manual (HMAC(3), EVP_sha1(3)) declares them: so
 * neither building nor starting needs it. */
static const void *(*crypto_sha1)(void);
static unsigned char *(*crypto_hmac)(const void *hash, const void *key, int key_len, const unsigned char *data,
                                     size_t len, unsigned char *out, unsigned int *out_len);
static const lg_symbol symbols[] = {{"EVP_sha1", (void **)&crypto_sha1}, {"HMAC", (void **)&crypto_hmac}, {0}};
static lg_library libcrypto = {.name = "libcrypto (OpenSSL)",
                               .sonames = (const char *const[]){"libcrypto.so.3", "libcrypto.so.1.1", NULL},
                               .package = "libssl3",
                               .symbols = symbols};

lg_status net_hmac_sha1(const void *key, size_t key_len, const void *data, size_t len, uint8_t out[20], lg_err *err)
{
    unsigned int n = 0;
    LG_TRY(lg_library_open(&libcrypto, err));
    if (key_len > INT_MAX || !crypto_hmac(crypto_sha1(), key, (int)key_len, data, len, out, &n) || n != 20)
        return lg_fail(err, LG_E_UNSUPPORTED, 504, "the OpenSSL that is installed here does not compute SHA-1");
    return LG_OK;
}

void net_nonce(char out[33])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    LG_BUG_ON(sodium_init() < 0);
    for (int i = 0; i < 32; i++) out[i] = letters[randombytes_uniform(sizeof letters - 1)];
    out[32] = 0;
}

/* ---- parameters, encoded and sorted (3.4.1.3.2) ---- */
typedef struct sign_list {
    char **text; /* name=value, both encoded: sorting these is sorting by name, then value (see by_name) */
    size_t count, room;
} sign_list;

static void list_release(sign_list *list)
{
    for (size_t i = 0; i < list->count; i++) lg_free(list->text[i]);
    lg_free(list->text);
}

static lg_status list_add(sign_list *list, const char *name, size_t name_len, const char *value, size_t value_len,
                          lg_err *err)
{
    lg_buf text;
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 32;
        char **grown = lg_realloc(list->text, list->room, room, sizeof *grown, err);
        if (!grown) return err->status;
        list->text = grown;
        list->room = room;
    }
    lg_buf_init(&text, 1 << 20);
    net_percent(&text, name, name_len);
    lg_buf_addc(&text, '=');
    net_percent(&text, value, value_len);
    char *taken = lg_buf_take(&text, err);
    lg_buf_release(&text);
    if (!taken) return err->status;
    list->text[list->count++] = taken;
    return LG_OK;
}

/* Byte order of the names, then of the values. `=` lies above `-`, `.` and the digits, which names may hold: so the
 * name's end has to count as the smallest byte. */
static int by_name(const void *a, const void *b)
{
    const char *p = *(char *const *)a, *q = *(char *const *)b;
    while (*p && *p == *q) p++, q++;
    int left = *p == '=' ? 1 : (unsigned char)*p, right = *q == '=' ? 1 : (unsigned char)*q;
    return left - right;
}

/* The parameters of a query: decoded as a form, then encoded as everything else. */
static lg_status list_add_query(sign_list *list, const char *query, lg_err *err)
{
    lg_buf name, value;
    lg_status st = LG_OK;
    lg_buf_init(&name, 1 << 20);
    lg_buf_init(&value, 1 << 20);
    while (*query && *query != '#') {
        size_t n = strcspn(query, "&#"), split = 0;
        while (split < n && query[split] != '=') split++;
        lg_buf_clear(&name);
        lg_buf_clear(&value);
        net_form_decode(&name, query, split);
        if (split < n) net_form_decode(&value, query + split + 1, n - split - 1);
        LG_GO(lg_buf_check(&name, err));
        LG_GO(lg_buf_check(&value, err));
        if (n) LG_GO(list_add(list, lg_buf_str(&name), name.len, lg_buf_str(&value), value.len, err));
        query += n + (query[n] == '&');
    }
done:
    lg_buf_release(&name);
    lg_buf_release(&value);
    return st;
}

static size_t oauth_pairs(const net_oauth1 *keys, char time[24], net_pair pair[6])
{
    size_t n = 0;
    snprintf(time, 24, "%lld", (long long)keys->timestamp);
    pair[n++] = (net_pair){"oauth_consumer_key", keys->consumer_key};
    pair[n++] = (net_pair){"oauth_nonce", keys->nonce};
    pair[n++] = (net_pair){"oauth_signature_method", "HMAC-SHA1"};
    pair[n++] = (net_pair){"oauth_timestamp", time};
    if (keys->token) pair[n++] = (net_pair){"oauth_token", keys->token};
    if (keys->version) pair[n++] = (net_pair){"oauth_version", keys->version};
    return n;
}

static lg_status list_fill(sign_list *list, const char *query, const net_pair *form, size_t count,
                           const net_oauth1 *keys, lg_err *err)
{
    char time[24];
    net_pair own[6];
    size_t own_count = oauth_pairs(keys, time, own);
    for (size_t i = 0; i < own_count; i++)
        LG_TRY(list_add(list, own[i].name, strlen(own[i].name), own[i].value, strlen(own[i].value), err));
    for (size_t i = 0; i < count; i++)
        LG_TRY(list_add(list, form[i].name, strlen(form[i].name), form[i].value, strlen(form[i].value), err));
    LG_TRY(list_add_query(list, query, err));
    qsort(list->text, list->count, sizeof *list->text, by_name);
    return LG_OK;
}

/* ---- the address (3.4.1.2) ---- */
static bool ends_with(const char *text, size_t len, const char *end)
{
    size_t n = strlen(end);
    return len > n && memcmp(text + len - n, end, n) == 0;
}

/* scheme://host[:port]/path: scheme and host in small letters, the scheme's own port left out, no query. Appended
 * encoded. *query: what follows the `?`. */
static lg_status add_address(lg_buf *out, const char *url, const char **query, lg_err *err)
{
    char head[600];
    const char *host = strstr(url, "://");
    size_t start = host ? (size_t)(host - url) + 3 : 0, end = start + strcspn(url + start, "/?#");
    if (!host || end == start || end >= sizeof head)
        return lg_fail(err, LG_E_ARG, 701, "the address of a signed request must be complete, as https://host/path");
    for (size_t i = 0; i < end; i++) head[i] = (char)(url[i] >= 'A' && url[i] <= 'Z' ? url[i] + 32 : url[i]);
    if (memcmp(head, "http:", 5) == 0 && ends_with(head, end, ":80")) end -= 3;
    else if (memcmp(head, "https:", 6) == 0 && ends_with(head, end, ":443")) end -= 4;
    net_percent(out, head, end);
    const char *path = url + start + strcspn(url + start, "/?#");
    size_t n = strcspn(path, "?#");
    if (!n) net_percent(out, "/", 1);
    net_percent(out, path, n);
    *query = path[n] == '?' ? path + n + 1 : "";
    return LG_OK;
}

lg_status net_oauth1_base(const char *method, const char *url, const net_pair *form, size_t count,
                          const net_oauth1 *keys, lg_buf *out, lg_err *err)
{
    lg_status st;
    sign_list list = {0};
    const char *query = "";
    for (const char *m = method; *m; m++) lg_buf_addc(out, (char)(*m >= 'a' && *m <= 'z' ? *m - 32 : *m));
    lg_buf_addc(out, '&');
    LG_GO(add_address(out, url, &query, err));
    lg_buf_addc(out, '&');
    LG_GO(list_fill(&list, query, form, count, keys, err));
    for (size_t i = 0; i < list.count; i++) {
        if (i) net_percent(out, "&", 1);
        net_percent(out, list.text[i], strlen(list.text[i])); /* encoded once more: 3.4.1.1 */
    }
    LG_GO(lg_buf_check(out, err));
done:
    list_release(&list);
    return st;
}

lg_status net_oauth1_signature(const char *method, const char *url, const net_pair *form, size_t count,
                               const net_oauth1 *keys, lg_buf *out, lg_err *err)
{
    lg_status st;
    lg_buf base, key;
    uint8_t digest[20];
    lg_buf_init(&base, 4 << 20);
    lg_buf_init(&key, 1 << 16);
    const char *second = keys->token_secret ? keys->token_secret : "";
    /* Room for all at once: growing would leave a copy behind. */
    lg_buf_reserve(&key, 3 * (strlen(keys->consumer_secret) + strlen(second)) + 1);
    net_percent(&key, keys->consumer_secret, strlen(keys->consumer_secret));
    lg_buf_addc(&key, '&');
    net_percent(&key, second, strlen(second));
    LG_GO(lg_buf_check(&key, err));
    LG_GO(net_oauth1_base(method, url, form, count, keys, &base, err));
    LG_GO(net_hmac_sha1(key.data, key.len, base.data, base.len, digest, err));
    lg_buf_base64(out, digest, sizeof digest);
    LG_GO(lg_buf_check(out, err));
done:
    if (key.data) sodium_memzero(key.data, key.cap);
    lg_buf_release(&key);
    lg_buf_release(&base);
    return st;
}

static void add_field(lg_buf *out, const char *name, const char *value)
{
    lg_buf_addf(out, "%s=\"", name);
    net_percent(out, value, strlen(value));
    lg_buf_addc(out, '"');
}

lg_status net_oauth1_header(const char *method, const char *url, const net_pair *form, size_t count,
                            const net_oauth1 *keys, lg_buf *out, lg_err *err)
{
    char time[24];
    net_pair own[6];
    lg_buf signature;
    lg_status st;
    size_t own_count = oauth_pairs(keys, time, own);
    lg_buf_init(&signature, 256);
    LG_GO(net_oauth1_signature(method, url, form, count, keys, &signature, err));
    lg_buf_adds(out, "OAuth ");
    for (size_t i = 0; i < own_count; i++) {
        add_field(out, own[i].name, own[i].value);
        lg_buf_adds(out, ", ");
    }
    add_field(out, "oauth_signature", lg_buf_str(&signature));
    LG_GO(lg_buf_check(out, err));
done:
    lg_buf_release(&signature);
    return st;
}
