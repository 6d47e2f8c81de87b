/* account.c - questions about the asking account, and their answers. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include "scraper/account.h"
#include "scraper/graph.h"

#include "lib/base/banned.h"

typedef struct question {
    const char *platform;
    scrape_about about;
    const char *path, *name, *value; /* one parameter, or NULL */
} question;

static const question questions[] = {
    {"twitter", SCRAPE_WHO, "/2/users/me", "user.fields", "id,name,username"},
    {"twitter", SCRAPE_USED, "/2/usage/tweets", NULL, NULL},
    {"twitter", SCRAPE_SAMPLE, "/2/users/by/username/X", NULL, NULL},
    {"bluesky", SCRAPE_WHO, "/xrpc/com.atproto.server.getSession", NULL, NULL},
    {"mastodon", SCRAPE_WHO, "/api/v1/accounts/verify_credentials", NULL, NULL},
    {"mastodon", SCRAPE_SAMPLE, "/api/v1/timelines/public", "limit", "1"},
    {"facebook", SCRAPE_WHO, SCRAPE_GRAPH_VERSION "/me", "fields", "id,name"},
    {"facebook", SCRAPE_MAY, SCRAPE_GRAPH_VERSION "/me/permissions", NULL, NULL},
    {"instagram", SCRAPE_WHO, SCRAPE_GRAPH_VERSION "/me", "fields", "id,name"},
    {"instagram", SCRAPE_MAY, SCRAPE_GRAPH_VERSION "/me/permissions", NULL, NULL},
    {"instagram", SCRAPE_PAGES, SCRAPE_GRAPH_VERSION "/me/accounts", "fields",
     "name,instagram_business_account{id,username}"},
};

bool scrape_account_request(const char *platform, scrape_about about, scrape_request *out)
{
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        const question *q = &questions[i];
        if (strcmp(q->platform, platform) != 0 || q->about != about) continue;
        *out = (scrape_request){.method = "GET", .path = q->path};
        if (q->name) out->param[out->params++] = (scrape_param){q->name, q->value};
        return true;
    }
    return false;
}

void scrape_account_init(scrape_account *account)
{
    *account = (scrape_account){.used = SCRAPE_NOT_GIVEN, .cap = SCRAPE_NOT_GIVEN};
}

/* ---- reading ---- */
typedef struct reading {
    lg_arena *arena;
    scrape_account *out;
    lg_err *err;
} reading;

/* A text, or a number as text: platforms write identities in both ways. NULL: neither, or too long. */
static const char *text_of(reading *r, const json_t *object, const char *name)
{
    const json_t *v = json_object_get(object, name);
    if (json_is_integer(v)) return lg_arena_strf(r->arena, r->err, "%lld", (long long)json_integer_value(v));
    size_t n = json_string_length(v);
    if (!json_is_string(v) || !n || n > SCRAPE_LONGEST_NAME) return NULL;
    return lg_arena_strndup(r->arena, json_string_value(v), n, r->err);
}

static int64_t number_of(const json_t *object, const char *name)
{
    const json_t *v = json_object_get(object, name);
    long long n = -1;
    if (json_is_integer(v)) n = json_integer_value(v);
    else if (json_is_string(v) && !lg_parse_int(json_string_value(v), &n)) n = -1;
    return n >= 0 ? n : SCRAPE_NOT_GIVEN;
}

static lg_status other_shape(const char *what, lg_err *err)
{
    lg_fail(err, LG_E_FORMAT, 721, "the answer about the account is not what it should be");
    return lg_why(err, "%s", what);
}

static void read_who(reading *r, const json_t *root)
{
    static const char *const ids[] = {"id", "did"}, *const handles[] = {"username", "handle", "acct"},
                             *const names[] = {"name", "display_name", "displayName"};
    const json_t *data = json_object_get(root, "data"), *who = json_is_object(data) ? data : root;
    for (size_t i = 0; i < 2 && !r->out->id; i++) r->out->id = text_of(r, who, ids[i]);
    for (size_t i = 0; i < 3 && !r->out->handle; i++) r->out->handle = text_of(r, who, handles[i]);
    for (size_t i = 0; i < 3 && !r->out->name; i++) r->out->name = text_of(r, who, names[i]);
}

static void read_grants(reading *r, const json_t *list)
{
    scrape_account *out = r->out;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const char *name = text_of(r, item, "permission");
        const char *status = json_string_value(json_object_get(item, "status"));
        bool granted = status && strcmp(status, "granted") == 0;
        if (name && granted && out->grants < SCRAPE_GRANTS_MOST) out->grant[out->grants++] = name;
        if (name && !granted && out->denials < SCRAPE_GRANTS_MOST) out->denied[out->denials++] = name;
    }
}

static void read_used(reading *r, const json_t *data)
{
    int64_t day = number_of(data, "cap_reset_day");
    r->out->used = number_of(data, "project_usage");
    r->out->cap = number_of(data, "project_cap");
    r->out->reset_day = day >= 1 && day <= 31 ? (int)day : 0;
}

static void read_pages(reading *r, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list) && !r->out->tied_id; i++) {
        const json_t *item = json_array_get(list, i), *tied = json_object_get(item, "instagram_business_account");
        r->out->tied_id = text_of(r, tied, "id");
        if (!r->out->tied_id) continue;
        r->out->tied_handle = text_of(r, tied, "username");
        r->out->page = text_of(r, item, "name");
    }
}

static lg_status read_about(reading *r, scrape_about about, const json_t *root)
{
    const json_t *data = json_object_get(root, "data");
    if (about == SCRAPE_WHO) {
        if (!json_is_object(root)) return other_shape("it is no object", r->err);
        read_who(r, root);
        if (!r->out->id && !r->out->handle) return other_shape("it names nobody", r->err);
    } else if (about == SCRAPE_USED) {
        if (!json_is_object(data)) return other_shape("it has no `data` that is an object", r->err);
        read_used(r, data);
    } else if (about != SCRAPE_SAMPLE) {
        if (!json_is_array(data)) return other_shape("it has no `data` that is a list", r->err);
        if (about == SCRAPE_MAY) read_grants(r, data);
        else read_pages(r, data);
    }
    return r->err->status;
}

lg_status scrape_account_read(scrape_about about, const char *body, size_t length, lg_arena *arena,
                              scrape_account *account, lg_err *err)
{
    reading r = {arena, account, err};
    json_t *root = json_loadb(body, length, 0, NULL);
    if (!root) {
        lg_fail(err, LG_E_FORMAT, 720, "the answer about the account cannot be read");
        return lg_why(err, "it is not JSON");
    }
    lg_status st = read_about(&r, about, root);
    json_decref(root);
    return st;
}

/* ---- refusals ---- */
static const char *first_text(const json_t *const *from, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        const char *text = json_string_value(json_object_get(from[i], name));
        if (text && *text) return text;
    }
    return NULL;
}

static void take_code(const json_t *const *from, size_t n, char code[40])
{
    for (size_t i = 0; i < n && !*code; i++) {
        const json_t *v = json_object_get(from[i], "code");
        if (json_is_integer(v)) snprintf(code, 40, "%lld", (long long)json_integer_value(v));
    }
    const char *word = json_string_value(json_object_get(from[0], "error"));
    if (!*code && word && strlen(word) < 40 && !strchr(word, ' ')) snprintf(code, 40, "%s", word);
}

/* {"detail", "title"} and {"errors": [{"code", "message"}]} are X's, {"error": {"code", "message"}} Meta's, {"error":
 * "Name", "message"} Bluesky's, {"error", "error_description"} Mastodon's. */
void scrape_account_refusal(const char *body, size_t length, char said[300], char code[40])
{
    static const char *const names[] = {"detail", "error_description", "message", "title"};
    *said = *code = 0;
    json_t *root = json_loadb(body, length, 0, NULL);
    if (!root) return;
    const json_t *from[] = {root, json_object_get(root, "error"), json_array_get(json_object_get(root, "errors"), 0)};
    const char *text = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !text; i++) text = first_text(from, 3, names[i]);
    if (!text) text = json_string_value(from[1]);
    snprintf(said, 300, "%s", text ? text : "");
    take_code(from, 3, code);
    lg_text_scrub(said);
    lg_text_scrub(code);
    json_decref(root);
}
