/* answer.c - JSON of strangers into the reader, and values out of it. */
#include "scraper/answer.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

/* ---- the whole answer ---- */
/* jansson follows 2,048 levels; no platform needs more than a dozen. Brackets in texts do not count. */
static bool too_deep(const char *s, size_t n)
{
    size_t depth = 0;
    bool text = false;
    for (size_t i = 0; i < n; i++) {
        if (text && s[i] == '\\') i++;
        else if (s[i] == '"') text = !text;
        else if (!text && (s[i] == '[' || s[i] == '{') && ++depth > SCRAPE_MOST_LEVELS) return true;
        else if (!text && (s[i] == ']' || s[i] == '}') && depth) depth--;
    }
    return false;
}

lg_status scrape_json_load(const char *platform, const scrape_answer *answer, json_t **root, lg_err *err)
{
    json_error_t at;
    *root = NULL;
    if (answer->length > SCRAPE_MOST_BYTES) {
        lg_fail(err, LG_E_LIMIT, 720, "the answer of %s is too large to be read", platform);
        return lg_why(err, "it has %s bytes; the limit is %s", lg_thousands((long long)answer->length),
                      lg_thousands(SCRAPE_MOST_BYTES));
    }
    if (!answer->length) return lg_fail(err, LG_E_FORMAT, 720, "the answer of %s is empty", platform);
    if (too_deep(answer->body, answer->length)) {
        lg_fail(err, LG_E_LIMIT, 720, "the answer of %s has brackets inside brackets without end", platform);
        return lg_why(err, "the limit is %d", SCRAPE_MOST_LEVELS);
    }
    /* Numbers as doubles: one that no integer holds is a wrong field then, not a lost page. */
    *root = json_loadb(answer->body, answer->length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL,
                       &at);
    if (*root) return LG_OK;
    lg_fail(err, LG_E_FORMAT, 720, "the answer of %s is no JSON", platform);
    return lg_why(err, "line %d: %.140s", at.line, at.text);
}

lg_status scrape_reader_open(scrape_reader *r, const char *platform, const scrape_query *query,
                             const scrape_answer *answer, scrape_page *page, lg_err *err)
{
    *r = (scrape_reader){.platform = platform, .query = query, .page = page, .err = err};
    return scrape_json_load(platform, answer, &r->root, err);
}

lg_status scrape_reader_close(scrape_reader *r, lg_status st, lg_err *err)
{
    json_decref(r->root);
    r->root = NULL;
    return st ? st : err->status;
}

/* ---- where we are ---- */
static void step_push(scrape_reader *r, scrape_step step)
{
    LG_BUG_ON(r->steps == sizeof r->step / sizeof *r->step);
    r->step[r->steps++] = step;
}

void scrape_enter(scrape_reader *r, const char *key)
{
    step_push(r, (scrape_step){.key = key});
}

void scrape_enter_at(scrape_reader *r, size_t index)
{
    step_push(r, (scrape_step){.index = index});
}

void scrape_leave(scrape_reader *r)
{
    LG_BUG_ON(r->steps == 0);
    r->steps--;
}

static void place_write(const scrape_reader *r, const char *key, lg_buf *out)
{
    for (size_t i = 0; i < r->steps; i++) {
        const scrape_step *s = &r->step[i];
        if (s->key) lg_buf_addf(out, "%s%s", out->len ? "." : "", s->key);
        else lg_buf_addf(out, "[%zu]", s->index);
    }
    if (key) lg_buf_addf(out, "%s%s", out->len ? "." : "", key);
}

const char *scrape_copy(scrape_reader *r, const char *s, size_t n)
{
    return lg_arena_strndup(&r->page->arena, s, n, r->err);
}

const char *scrape_say(scrape_reader *r, const char *fmt, ...)
{
    lg_buf text;
    va_list ap;
    lg_buf_init(&text, 1 << 20);
    va_start(ap, fmt);
    lg_buf_addv(&text, fmt, ap);
    va_end(ap);
    const char *copy = lg_buf_check(&text, r->err) ? NULL : scrape_copy(r, lg_buf_str(&text), text.len);
    lg_buf_release(&text);
    return copy;
}

const char *scrape_place(scrape_reader *r, const char *key)
{
    lg_buf text;
    lg_buf_init(&text, 4096);
    place_write(r, key, &text);
    const char *copy = lg_buf_check(&text, r->err) ? NULL : scrape_copy(r, lg_buf_str(&text), text.len);
    lg_buf_release(&text);
    return copy ? copy : "";
}

void scrape_problem_add(scrape_reader *r, const char *key, const char *what)
{
    scrape_page *page = r->page;
    if (page->problems < SCRAPE_PROBLEMS_SHOWN)
        page->problem[page->problems] = (scrape_problem){scrape_place(r, key), what};
    page->problems++;
}

lg_status scrape_shape(scrape_reader *r, const char *key, const char *what, lg_err *err)
{
    const char *place = scrape_place(r, key);
    if (err->status) return err->status;
    lg_fail(err, LG_E_FORMAT, 721, "the answer of %s is not what it should be: %.120s %s", r->platform,
            *place ? place : "all of it", what);
    return lg_try(err, "ask again later; if it stays, the platform has changed its answers");
}

/* ---- values ---- */
static const json_t *given(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);
    return v && !json_is_null(v) ? v : NULL;
}

/* Why a text cannot be taken, or NULL. */
static const char *text_fault(const json_t *v, size_t longest)
{
    if (!json_is_string(v)) return "is not text";
    size_t n = json_string_length(v);
    if (strlen(json_string_value(v)) != n) return "has a character without a meaning (NUL)";
    return n > longest ? "is too long" : NULL;
}

const char *scrape_text(scrape_reader *r, const json_t *object, const char *key, size_t longest)
{
    const json_t *v = given(object, key);
    const char *fault = v ? text_fault(v, longest) : NULL;
    if (fault) scrape_problem_add(r, key, fault);
    return v && !fault ? scrape_copy(r, json_string_value(v), json_string_length(v)) : NULL;
}

bool scrape_is_web(const char *s)
{
    size_t skip = strncmp(s, "https://", 8) == 0 ? 8 : strncmp(s, "http://", 7) == 0 ? 7 : 0;
    if (!skip || !s[skip] || s[skip] == '/') return false;
    for (const unsigned char *p = (const unsigned char *)s; *p; p++)
        if (*p <= ' ' || *p == 0x7f || *p == '"' || *p == '<' || *p == '>' || *p == '\\') return false;
    return true;
}

const char *scrape_web(scrape_reader *r, const json_t *object, const char *key)
{
    const char *s = scrape_text(r, object, key, SCRAPE_LONGEST_URL);
    if (!s || scrape_is_web(s)) return s;
    scrape_problem_add(r, key, "is no address of the web");
    return NULL;
}

static const double MOST_WHOLE = 9007199254740992.0; /* 2^53: up to here doubles are exact */

const char *scrape_identity(scrape_reader *r, const json_t *object, const char *key)
{
    const json_t *v = given(object, key);
    if (json_is_real(v)) {
        double n = json_real_value(v);
        if (n >= 0 && n < MOST_WHOLE && floor(n) == n) return scrape_say(r, "%.0f", n);
        scrape_problem_add(r, key, "is a number that identities cannot have");
        return NULL;
    }
    const char *s = scrape_text(r, object, key, SCRAPE_LONGEST_ID);
    if (!s || *s) return s;
    scrape_problem_add(r, key, "is empty");
    return NULL;
}

static double number_of(scrape_reader *r, const json_t *object, const char *key, double most)
{
    const json_t *v = given(object, key);
    if (!v) return SCRAPE_NOT_GIVEN;
    double n = json_is_real(v) ? json_real_value(v) : -1;
    if (n >= 0 && n <= most && floor(n) == n) return n;
    scrape_problem_add(r, key, json_is_real(v) ? "is not a count" : "is not a number");
    return SCRAPE_NOT_GIVEN;
}

int64_t scrape_count(scrape_reader *r, const json_t *object, const char *key)
{
    return (int64_t)number_of(r, object, key, MOST_WHOLE);
}

int32_t scrape_pixels(scrape_reader *r, const json_t *object, const char *key)
{
    int32_t n = (int32_t)number_of(r, object, key, 1000000);
    return n ? n : SCRAPE_NOT_GIVEN; /* some servers say 0 for what they have not measured */
}

int64_t scrape_time_of(scrape_reader *r, const json_t *object, const char *key)
{
    int64_t time;
    const char *s = scrape_text(r, object, key, 64);
    if (!s) return SCRAPE_NO_TIME;
    if (scrape_time_parse(s, &time)) return time;
    scrape_problem_add(r, key, "is no time");
    return SCRAPE_NO_TIME;
}

bool scrape_flag(scrape_reader *r, const json_t *object, const char *key)
{
    const json_t *v = given(object, key);
    if (v && !json_is_boolean(v)) scrape_problem_add(r, key, "is not true or false");
    return json_is_true(v);
}

const json_t *scrape_object(scrape_reader *r, const json_t *object, const char *key)
{
    const json_t *v = given(object, key);
    if (v && !json_is_object(v)) scrape_problem_add(r, key, "is not an object");
    return json_is_object(v) ? v : NULL;
}

const json_t *scrape_array(scrape_reader *r, const json_t *object, const char *key)
{
    const json_t *v = given(object, key);
    if (v && !json_is_array(v)) scrape_problem_add(r, key, "is not a list");
    return json_is_array(v) ? v : NULL;
}

size_t scrape_items(const json_t *array)
{
    return json_is_array(array) ? json_array_size(array) : 0;
}

void scrape_tags(scrape_reader *r, const json_t *array, const char *key, scrape_post *post)
{
    enum { MOST = 200 };
    size_t n = scrape_items(array);
    if (n > MOST) {
        scrape_problem_add(r, NULL, "has too many tags; the rest is left out");
        n = MOST;
    }
    const char **tag = n ? lg_arena_alloc(&r->page->arena, n, sizeof *tag, r->err) : NULL;
    if (!tag) return;
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(array, i);
        scrape_enter_at(r, i);
        if (!json_is_object(item)) scrape_problem_add(r, NULL, "is not an object");
        const char *s = json_is_object(item) ? scrape_text(r, item, key, SCRAPE_LONGEST_NAME) : NULL;
        scrape_leave(r);
        if (s && *s) tag[post->tag_count++] = s;
    }
    post->tag = tag;
}
