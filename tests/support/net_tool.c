/* net_tool.c - one platform's answer fetched as the product does it, for scripts that judge the verdicts.
 *
 *     net_tool LIST URL [ORIGIN...]
 *
 * Fetches URL with a token (the environment's NET_TOKEN, kept as a secret) and what its pages lead to: three pages at
 * most, and every picture whose address is in them. LIST is the member in which the answer has its posts, or `.` where
 * the answer is the list itself. ORIGINs are allowed as if the user had. Writes one object:
 *     {"verdict": "ok" | "partial" | "error", "code": 0 or 707, "text": what the user would read,
 *      "sha256": of the first body, "posts": number, "pages": number, "pictures": number that could be read,
 *      "codes": of those that could not, "seconds": that all of it took, "kilobytes": of memory at most}
 * "partial": some of it is there, and what is missing is told. What is in a post is for its reader to judge, not for
 * us. A limit of the platform is not waited for. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/reach.h"
#include "lib/image/decode.h"
#include "lib/image/hash.h"
#include "lib/net/http.h"
#include "lib/net/oauth2.h"

enum { PAGES = 3, PICTURES = 20 };

typedef struct result {
    net_client *client;
    const char *list, *authorization;
    net_limits api, media;
    char url[4000], next[400], sha256[IMG_SHA256_HEX];
    int pages, posts, pictures, missed;
    json_t *codes;
    double began;
    bool complaints; /* the answer lists errors beside its posts */
} result;

static lg_status improper(const char *why, lg_err *err)
{
    lg_fail(err, LG_E_FORMAT, 708, "the platform's answer cannot be understood");
    return lg_why(err, "%s", why);
}

/* ---- pictures ---- */
static lg_status picture(result *r, const char *url, lg_err *err)
{
    net_reply reply = {0};
    img_picture pixels = {0};
    net_request ask = {.url = url, .use = NET_MEDIA, .limits = &r->media};
    lg_status st = net_fetch(r->client, &ask, NULL, &reply, err);
    if (!st) st = net_reply_check(&reply, err);
    if (!st) st = img_decode(reply.body.data ? reply.body.data : "", reply.body.len, NULL, &pixels, NULL, err);
    img_picture_release(&pixels);
    net_reply_release(&reply);
    return st;
}

static bool holds_picture(const char *key)
{
    static const char *const keys[] = {"url", "media_url", "fullsize", "full_picture", "preview_url"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0) return true;
    return false;
}

/* A post has a `url` too, which is a page: pictures stand in a list of media, or have names that say so. */
static void pictures(result *r, json_t *at, const char *key, bool in_media)
{
    size_t i;
    json_t *value;
    const char *name;
    if (json_is_string(at) && key && holds_picture(key) && (in_media || strcmp(key, "url") != 0)) {
        lg_err err = {0};
        if (r->pictures + r->missed >= PICTURES) return;
        if (!picture(r, json_string_value(at), &err)) {
            r->pictures++;
            return;
        }
        r->missed++;
        json_array_append_new(r->codes, json_integer(err.code));
        fprintf(stderr, "LL%d %s (%s)\n", err.code, err.msg, err.why);
        return;
    }
    bool media = in_media || (key && strstr(key, "media"));
    json_array_foreach(at, i, value) pictures(r, value, key, media);
    json_object_foreach(at, name, value) pictures(r, value, name, media);
}

/* ---- pages ---- */
static lg_status page_read(result *r, json_t *root, lg_err *err)
{
    json_t *list = strcmp(r->list, ".") == 0 ? root : json_object_get(root, r->list),
           *meta = json_object_get(root, "meta");
    const char *next = json_string_value(json_object_get(meta, "next_token"));
    r->next[0] = 0;
    r->complaints = r->complaints || json_array_size(json_object_get(root, "errors")) > 0;
    json_t *none = json_object_get(meta, "result_count");
    if (!list && json_is_integer(none) && json_integer_value(none) == 0) return LG_OK;
    if (!json_is_array(list)) return improper("it has no list of posts", err);
    r->posts += (int)json_array_size(list);
    pictures(r, root, NULL, false);
    if (next) snprintf(r->next, sizeof r->next, "%s", next);
    return LG_OK;
}

static lg_status page(result *r, const char *url, lg_err *err)
{
    json_error_t where;
    json_t *root = NULL;
    net_reply reply = {0};
    net_request ask = {.url = url, .authorization = r->authorization, .limits = &r->api};
    lg_status st = net_fetch(r->client, &ask, NULL, &reply, err);
    if (!st && !r->sha256[0]) img_sha256(reply.body.data ? reply.body.data : "", reply.body.len, r->sha256);
    if (!st) st = net_reply_check(&reply, err);
    if (!st) {
        root = json_loadb(lg_buf_str(&reply.body), reply.body.len, JSON_REJECT_DUPLICATES, &where);
        st = root ? page_read(r, root, err) : improper(where.text, err);
    }
    json_decref(root);
    net_reply_release(&reply);
    return st;
}

static lg_status all_pages(result *r, const char *url, lg_err *err)
{
    snprintf(r->url, sizeof r->url, "%s", url);
    while (r->pages < PAGES) {
        LG_TRY(page(r, r->url, err));
        r->pages++;
        if (!r->next[0]) return LG_OK;
        snprintf(r->url, sizeof r->url, "%s?next_token=%s", url, r->next);
    }
    return LG_OK;
}

/* The most memory this program had, in kilobytes. What whoever waits for it is told includes what that one itself had
 * when it started us. */
static int most_kilobytes(void)
{
    char line[256];
    int kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status)) (void)sscanf(line, "VmHWM: %d", &kilobytes);
    if (status) fclose(status);
    return kilobytes;
}

static void print(const result *r, const lg_err *err)
{
    bool partial = r->pages && (err->status || r->missed || r->complaints);
    const char *verdict = partial ? "partial" : err->status ? "error" : "ok";
    json_t *text = json_sprintf("%s | %s | %s", err->msg, err->why, err->hint);
    json_t *out = json_pack("{s:s, s:i, s:o*, s:s, s:i, s:i, s:i, s:O, s:f, s:i}", "verdict", verdict, "code",
                            err->code, "text", text, "sha256", r->sha256, "posts", r->posts, "pages", r->pages,
                            "pictures", r->pictures, "codes", r->codes, "seconds", lg_now() - r->began, "kilobytes",
                            most_kilobytes());
    json_dumpf(out, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(out);
}

static lg_status run(result *r, int argc, char **argv, lg_err *err)
{
    lg_status st;
    lg_buf bearer;
    net_secret *secret = NULL;
    const char *token = getenv("NET_TOKEN");
    lg_buf_init(&bearer, 10000);
    LG_GO(lg_reach_init(NULL, err));
    for (int i = 3; i < argc; i++) LG_GO(lg_reach_allow_host(argv[i], err));
    LG_GO(net_client_new(NULL, &r->client, err));
    LG_GO(net_secret_new(token ? token : "", token ? strlen(token) : 0, &secret, err));
    LG_GO(net_oauth2_bearer(secret, &bearer, err));
    r->authorization = lg_buf_str(&bearer);
    LG_GO(all_pages(r, argv[2], err));
done:
    print(r, err);
    net_client_free(r->client);
    net_secret_free(secret);
    lg_buf_release(&bearer);
    return st;
}

int main(int argc, char **argv)
{
    lg_err err = {0};
    if (argc < 3) return 2;
    result r = {.list = argv[1],
                .api = net_limits_api,
                .media = net_limits_media,
                .codes = json_array(),
                .began = lg_now()};
    r.api.rate_wait_most = r.media.rate_wait_most = 0;
    (void)run(&r, argc, argv, &err);
    json_decref(r.codes);
    return fflush(stdout) != 0;
}
