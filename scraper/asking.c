/* asking.c - requests, plans and refusals that all platforms share. */
#include "scraper/answer.h"
#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

const scrape_platform *scrape_platform_find(const char *name)
{
    if (lg_casecmp(name, "x") == 0) name = "twitter";
    for (const scrape_platform *const *p = scrape_platforms; *p; p++)
        if (lg_casecmp((*p)->name, name) == 0) return *p;
    return NULL;
}

/* ---- requests ---- */
void scrape_request_begin(scrape_request *q, const char *path)
{
    *q = (scrape_request){.method = "GET", .path = path};
}

void scrape_param_add(scrape_request *q, const char *name, const char *value)
{
    LG_BUG_ON(q->params == SCRAPE_PARAMS_MOST);
    q->param[q->params++] = (scrape_param){name, value};
}

static int by_name(const void *left, const void *right)
{
    const scrape_param *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order ? order : strcmp(a->value, b->value);
}

lg_status scrape_request_end(scrape_request *q, lg_err *err)
{
    if (err->status) return err->status; /* a value that found no memory is NULL */
    if (q->params) qsort(q->param, q->params, sizeof *q->param, by_name);
    return LG_OK;
}

/* RFC 3986: unreserved characters stay. */
const char *scrape_encode(lg_arena *arena, const char *s, lg_err *err)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = lg_arena_alloc(arena, strlen(s) * 3 + 1, 1, err), *to = out;
    for (; out && *s; s++) {
        unsigned char c = (unsigned char)*s;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c);
        if (plain) *to++ = (char)c;
        else *to++ = '%', *to++ = hex[c >> 4], *to++ = hex[c & 15];
    }
    return out;
}

const char *scrape_join(lg_arena *arena, const char *const *word, size_t n, const char *before, const char *between,
                        lg_err *err)
{
    lg_buf text;
    lg_buf_init(&text, 1 << 20);
    for (size_t i = 0; i < n; i++) lg_buf_addf(&text, "%s%s%s", i ? between : "", before, scrape_bare(word[i]));
    const char *copy = lg_buf_check(&text, err) ? NULL : lg_arena_strndup(arena, lg_buf_str(&text), text.len, err);
    lg_buf_release(&text);
    return copy;
}

const char *scrape_number(lg_arena *arena, uint64_t n, lg_err *err)
{
    return lg_arena_strf(arena, err, "%llu", (unsigned long long)n);
}

/* ---- what is asked ---- */
const char *scrape_bare(const char *word)
{
    return *word == '@' || *word == '#' ? word + 1 : word;
}

/* Blanks and signs would change what a search means, or lead a path elsewhere. */
static bool is_one_word(const char *word)
{
    const char *s = scrape_bare(word);
    if (!*s || strlen(s) > 200 || lg_utf8_valid(s, strlen(s)) != strlen(s)) return false;
    for (; *s; s++)
        if ((unsigned char)*s <= ' ' || (unsigned char)*s == 0x7f || strchr("\"'()<>\\/?#&%,;|:*", *s)) return false;
    return true;
}

static lg_status words_check(const scrape_query *query, lg_err *err)
{
    for (size_t i = 0; i < query->tags; i++)
        if (!is_one_word(query->tag[i])) {
            lg_fail(err, LG_E_ARG, 723, "`%.80s` cannot be a hashtag", query->tag[i]);
            return lg_try(err, "write one word of letters and digits, as in `tag adidas`");
        }
    return LG_OK;
}

uint64_t scrape_limit(const scrape_query *query)
{
    uint64_t limit = query->limit ? query->limit : 100;
    return query->budget && query->budget < limit ? query->budget : limit;
}

lg_status scrape_query_check(const scrape_query *query, const char *title, unsigned can, const char *instead,
                             lg_err *err)
{
    int ways = !!query->tags + !!query->text + !!query->user;
    unsigned way = query->tags   ? SCRAPE_CAN_TAG
                   : query->text ? SCRAPE_CAN_TEXT
                   : query->user ? SCRAPE_CAN_USER
                                 : SCRAPE_CAN_ALL;
    if (ways > 1) {
        lg_fail(err, LG_E_ARG, 723, "%s is asked by tag, by text or by user, not by two of them", title);
        return lg_try(err, "%s", instead);
    }
    if (!(can & way)) {
        const char *what = query->tags   ? "by tag"
                           : query->text ? "by text"
                           : query->user ? "by user"
                                         : "for everything at once";
        lg_fail(err, LG_E_ARG, 723, "%s cannot be asked %s", title, what);
        if (way == SCRAPE_CAN_ALL) lg_why(err, "the line says neither a tag nor a text nor a user to look for");
        return lg_try(err, "%s", instead);
    }
    if (query->since && query->until && query->since >= query->until)
        return lg_fail(err, LG_E_ARG, 723, "`since` must lie before `until`");
    if (query->since > 0 && query->now > 0 && query->since > query->now)
        return lg_fail(err, LG_E_ARG, 723, "`since` lies in the future: nobody has posted then yet");
    if (query->text && (!*query->text || strlen(query->text) > 4000))
        return lg_fail(err, LG_E_ARG, 723, "a text to search for has between 1 and 4,000 bytes");
    if (query->user && (!*query->user || strlen(query->user) > 200))
        return lg_fail(err, LG_E_ARG, 723, "`%.80s` cannot be an account", query->user);
    return words_check(query, err);
}

void scrape_plan_line(scrape_plan *plan, const char *line)
{
    LG_BUG_ON(plan->lines == sizeof plan->line / sizeof *plan->line);
    plan->line[plan->lines++] = line;
}

void scrape_plan_count(scrape_plan *plan, const scrape_query *query, uint32_t per_page)
{
    plan->posts = scrape_limit(query);
    plan->per_page = per_page;
    plan->requests = (plan->posts + per_page - 1) / per_page;
    plan->cost_most = SCRAPE_NOT_GIVEN;
}

/* ---- cursors ---- */
bool scrape_cursor_part(const char *cursor, char stage, uint64_t *number, const char **rest)
{
    if (!cursor || cursor[0] != stage) return false;
    size_t i = 1;
    *number = 0;
    for (; cursor[i] >= '0' && cursor[i] <= '9' && i < 10; i++) *number = *number * 10 + (uint64_t)(cursor[i] - '0');
    if (i == 1 || cursor[i] != ':') return false;
    *rest = cursor + i + 1;
    return true;
}

lg_status scrape_bad_cursor(const char *title, lg_err *err)
{
    lg_fail(err, LG_E_FORMAT, 725, "where this scrape of %s stood cannot be understood", title);
    return lg_try(err, "begin it anew, without `resume`");
}

/* ---- refusals ---- */
bool scrape_is_refusal(const scrape_answer *answer)
{
    return answer->status && (answer->status < 200 || answer->status > 299 || answer->status == 204);
}

/* The first text under one of the keys that platforms use. */
static const char *words_in(const json_t *object)
{
    static const char *const key[] = {"detail", "message", "error_description", "error", "title"};
    const json_t *first = json_array_get(json_object_get(object, "errors"), 0);
    const json_t *inner = json_object_get(object, "error");
    for (size_t i = 0; i < sizeof key / sizeof *key; i++) {
        const json_t *v = json_object_get(object, key[i]);
        if (json_is_string(v)) return json_string_value(v);
    }
    if (json_is_object(first)) return words_in(first);
    return json_is_object(inner) ? words_in(inner) : NULL;
}

/* What is longer than words are may be a key or a token that the server repeats. */
static void words_add(lg_buf *out, const char *s)
{
    enum { LONGEST_WORD = 24, MOST = 200 };
    while (*s && out->len < MOST) {
        size_t blank = strspn(s, " \t\r\n"), n = strcspn(s + blank, " \t\r\n");
        if (blank && out->len) lg_buf_addc(out, ' ');
        if (n > LONGEST_WORD) lg_buf_adds(out, "...");
        else lg_buf_add(out, s + blank, n);
        s += blank + n;
    }
}

static const char *hint_for(int status)
{
    if (status == 401) return "`connect` again: the platform does not know these credentials (any more)";
    if (status == 403) return "`connect` shows what the account may do";
    if (status == 429) return "wait: the platform allows no more requests for now";
    return status >= 500 ? "ask again later: the trouble is the platform's" : "change what is asked";
}

lg_status scrape_refused_by(const char *title, int status, const json_t *object, lg_err *err)
{
    lg_buf text;
    const char *words = words_in(object);
    lg_buf_init(&text, 4096);
    if (words) words_add(&text, words);
    if (status == 404) lg_fail(err, LG_E_DATA, 724, "%s has nothing of that name", title);
    else lg_fail(err, LG_E_NETWORK, 722, status == 401 ? "%s refuses these keys" : "%s refuses", title);
    if (status && text.len) lg_why(err, "it says (%d): %s", status, lg_buf_str(&text));
    else if (text.len) lg_why(err, "it says: %s", lg_buf_str(&text));
    else lg_why(err, "it answered with status %d", status);
    lg_buf_release(&text);
    return lg_try(err, "%s", hint_for(status));
}

lg_status scrape_refused(const char *title, const scrape_answer *answer, lg_err *err)
{
    json_t *root = NULL;
    lg_err unread = {0};
    if (scrape_json_load(title, answer, &root, &unread)) root = NULL; /* no JSON: the status says enough */
    lg_status st = scrape_refused_by(title, answer->status, root, err);
    json_decref(root);
    return st;
}

void scrape_states(scrape_state *state, size_t count, scrape_state value)
{
    for (size_t i = 0; i < count; i++) state[i] = value;
}
