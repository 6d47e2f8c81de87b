/* catalogue_tool.c - a catalogue as one object, for scripts that kill and annoy the program that writes it.
 *
 *     catalogue_tool FOLDER
 *
 * Checks everything, deep, and writes
 *     {"whole": true, "why": "", "posts": 3, "users": 2, "images": 3, "wanted": 0, "sha256": of all rows as text}
 * or whole false and why it is not. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include "lib/base/reach.h"
#include "lib/image/hash.h"
#include "lib/store/catalogue.h"

static lg_status row_add(void *ctx, const store_row *r, lg_err *err)
{
    const char *text[] = {r->platform, r->id, r->url, r->text, r->author_id, r->author_handle, r->author_name, r->sha256};
    lg_buf *out = ctx;
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) lg_buf_addf(out, "%s\t", text[i] ? text[i] : "-");
    lg_buf_addf(out, "%lld %lld\n", (long long)r->time, (long long)r->likes);
    return lg_buf_check(out, err);
}

static lg_status one_more(void *ctx, int64_t media, const char *url, lg_err *err)
{
    (void)media, (void)url, (void)err;
    ++*(int *)ctx;
    return LG_OK;
}

int main(int argc, char **argv)
{
    lg_err err = {0};
    store_catalogue *c = NULL;
    store_counts n = {0};
    char hex[IMG_SHA256_HEX] = "";
    int wanted = 0;
    lg_buf rows;
    if (argc < 2) return 2;
    lg_buf_init(&rows, 0);
    lg_status st = lg_reach_init(NULL, &err);
    if (!st) st = lg_reach_own(argv[1], &err);
    if (!st) st = store_catalogue_open(argv[1], NULL, &c, &err);
    if (!st) st = store_catalogue_check(c, true, &err);
    if (!st) st = store_catalogue_counts(c, &n, &err);
    if (!st) st = store_catalogue_due(c, 0, 100000, one_more, &wanted, &err);
    if (!st) st = store_catalogue_each(c, &(store_filter){0}, row_add, &rows, &err);
    if (!st) st = store_catalogue_each(c, &(store_filter){.pictures = true}, row_add, &rows, &err);
    img_sha256(lg_buf_str(&rows), rows.len, hex);
    json_t *why = json_sprintf("%s %s", err.msg, err.why);
    json_t *out = json_pack("{s:b, s:o*, s:I, s:I, s:I, s:i, s:s}", "whole", !st, "why", why, "posts",
                            (json_int_t)n.posts, "users", (json_int_t)n.users, "images", (json_int_t)n.images, "wanted",
                            wanted, "sha256", hex);
    json_dumpf(out, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(out);
    lg_buf_release(&rows);
    store_catalogue_close(c);
    return 0;
}
