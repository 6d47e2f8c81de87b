/* convert.c - a word of the user into a typed value, or the sentence that says why not. */
#include "kernel/dsl/inside.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/banned.h"

/* Each word of a cell is compared with all commands: most of them differ in their first letter. */
static unsigned lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)c + 32u : (unsigned char)c;
}

bool dsl_same_n(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!b[i] || lower(a[i]) != lower(b[i])) return false;
    return b[n] == 0;
}

bool dsl_same(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) a++, b++;
    return !*a && !*b;
}

bool dsl_is_digits(const char *s)
{
    return *s && strspn(s, "0123456789") == strlen(s);
}

int dsl_param_count(const dsl_param *params)
{
    int n = 0;
    while (params && params[n].name) n++;
    return n;
}

/* ---- names ---- */
const char *const dsl_prepositions[] = {"from", "on", "with", "to", "into", "as", "by", "where", "across", NULL};
const char *const dsl_grammar_words[] = {"and", "or",  "not",   "in", "contains", "where",
                                         "let", "for", "check", "no", NULL};

static bool is_one_of(const char *const *words, const char *word)
{
    while (*words && !dsl_same(word, *words)) words++;
    return *words != NULL;
}

bool dsl_is_preposition(const char *word)
{
    return is_one_of(dsl_prepositions, word);
}

bool dsl_is_reserved(const dsl_config *config, const char *word)
{
    return is_one_of(dsl_grammar_words, word) || dsl_is_preposition(word) || dsl_command_find(config, word) ||
           dsl_layer_find(config, word);
}

bool dsl_is_identifier(const char *word)
{
    unsigned char c = (unsigned char)*word;
    if (!(isalpha(c) || c == '_' || c >= 0x80)) return false;
    for (const char *s = word; *s; s++)
        if (!(isalnum((unsigned char)*s) || *s == '_' || (unsigned char)*s >= 0x80)) return false;
    return strlen(word) <= 120;
}

lg_status dsl_name_check(const dsl_config *config, const dsl_word *word, lg_err *err)
{
    dsl_bit bit = dsl_brief(word->text, strlen(word->text));
    if (word->quoted && !word->unknown && !dsl_is_identifier(word->text)) {
        lg_fail(err, LG_E_NAME, 110, "\"%s\" cannot be a name", bit.s);
        lg_why(err, "a name is one word of letters, digits and _, beginning with a letter");
        lg_try(err, "choose a name, e.g. `logos`");
    } else if (dsl_is_reserved(config, word->text)) {
        lg_fail(err, LG_E_NAME, 111, "`%s` is a word of the language, so it cannot be a name", bit.s);
        lg_try(err, "use e.g. `my%s`", bit.s);
    } else if (!dsl_is_identifier(word->text)) {
        char made[64];
        size_t n = 0;
        if (isdigit((unsigned char)word->text[0])) made[n++] = 'n';
        for (const char *s = word->text; *s && n < 40; s++)
            if (isalnum((unsigned char)*s) || *s == '_') made[n++] = *s;
            else if (n && made[n - 1] != '_') made[n++] = '_';
        made[n] = 0;
        lg_fail(err, LG_E_NAME, 110, "`%s` cannot be a name", bit.s);
        lg_why(err, "a name is one word of letters, digits and _, beginning with a letter");
        lg_try(err, "use e.g. `%s`", n && isalpha((unsigned char)made[0]) ? made : "logos");
    } else return LG_OK;
    return lg_err_place(err, word->span);
}

/* ---- choices ---- */
/* The idx-th blank-separated choice: `name=alias=alias`. */
static const char *choice_at(const char *choices, int index, size_t *len)
{
    const char *at = choices;
    for (int i = 0; at && *at; i++) {
        at += strspn(at, " ");
        *len = strcspn(at, " ");
        if (!*len) break;
        if (i == index) return at;
        at += *len;
    }
    return NULL;
}

int dsl_choice_index(const char *choices, const char *word)
{
    size_t len, want = strlen(word);
    const char *at;
    for (int i = 0; choices && (at = choice_at(choices, i, &len)); i++)
        for (const char *end = at + len; at < end;) {
            size_t n = strcspn(at, "= ");
            if (n > (size_t)(end - at)) n = (size_t)(end - at);
            if (n == want && dsl_same_n(at, word, n)) return i;
            at += n + 1;
        }
    return -1;
}

static char *choice_text(const char *choices, int index, lg_arena *arena, lg_err *err)
{
    size_t len = 0;
    const char *at = choice_at(choices, index, &len);
    const char *alias = memchr(at, '=', len);
    return lg_arena_strndup(arena, at, alias ? (size_t)(alias - at) : len, err);
}

void dsl_choice_list(const char *choices, lg_buf *out)
{
    size_t len;
    const char *at;
    for (int i = 0; choices && (at = choice_at(choices, i, &len)); i++) {
        const char *alias = memchr(at, '=', len);
        if (i) lg_buf_adds(out, ", ");
        lg_buf_add(out, at, alias ? (size_t)(alias - at) : len);
    }
}

/* ---- what is wanted ---- */
static void want_object(const dsl_param *param, lg_buf *out)
{
    const char *before = "";
    if ((param->kinds & 0x7e) == 0x7e || !param->kinds) {
        lg_buf_adds(out, "an object");
        return;
    }
    for (int k = 1; k < DSL_KIND_COUNT; k++)
        if (param->kinds & 1u << k) {
            lg_buf_addf(out, "%s%s", before, dsl_kind_phrase((dsl_kind)k));
            before = " or ";
        }
}

void dsl_want_text(const dsl_param *param, lg_buf *out)
{
    static const char *const wants[] = {[DSL_T_NONE] = "nothing",
                                        [DSL_T_FLAG] = "nothing after it",
                                        [DSL_T_INT] = "a whole number",
                                        [DSL_T_NUMBER] = "a number",
                                        [DSL_T_SIZE] = "a size such as 64x64",
                                        [DSL_T_SPLIT] = "shares such as 80/20",
                                        [DSL_T_TIMES] = "a factor such as x10",
                                        [DSL_T_RANGE] = "a range such as 0.2..0.95",
                                        [DSL_T_WORD] = "a word",
                                        [DSL_T_TEXT] = "a text",
                                        [DSL_T_PATH] = "a file",
                                        [DSL_T_OUTPATH] = "a file to write",
                                        [DSL_T_DURATION] = "a time such as 30s, 5m or 2h",
                                        [DSL_T_DATE] = "a date such as 2026-10-01",
                                        [DSL_T_LABEL] = "a label",
                                        [DSL_T_IMAGE] = "the number or name of an image",
                                        [DSL_T_LAYER] = "the name of a layer",
                                        [DSL_T_NEWNAME] = "a new name",
                                        [DSL_T_GRID] = "a grid such as [1 2; 3 4]"};
    if (param->type == DSL_T_CHOICE) {
        lg_buf_adds(out, "one of ");
        dsl_choice_list(param->choices, out);
        return;
    }
    if (param->type == DSL_T_OBJECT) want_object(param, out);
    else lg_buf_adds(out, wants[param->type]);
    if (param->choices) {
        lg_buf_adds(out, " or ");
        dsl_choice_list(param->choices, out);
    }
}

static void target_words(const dsl_target *target, const dsl_param *param, char out[120])
{
    bool named = param->role != DSL_POSITIONAL || (target->layer && param->type != DSL_T_CHOICE);
    if (named) snprintf(out, 120, "%.50s %.50s", target->name, param->name);
    else snprintf(out, 120, "%.50s", target->name);
}

/* A hint at what was probably meant, for values of the wrong shape. */
static void wrong_type_hint(const dsl_param *param, const char *text, lg_err *err)
{
    double number;
    size_t n = strlen(text);
    char digits[24] = {0};
    for (size_t i = 0, k = 0; i < n && k < 20; i++)
        if (isdigit((unsigned char)text[i])) digits[k++] = text[i];
    bool is_number = lg_parse_double(text, &number);
    if (param->type == DSL_T_TIMES && *digits && strspn(text, "0123456789xX*") == n)
        lg_try(err, "did you mean `x%s`?", digits);
    else if (param->type == DSL_T_SPLIT && is_number && number > 0 && number < 1)
        lg_try(err, "did you mean `%.0f/%.0f`?", number * 100, 100 - number * 100);
    else if (param->type == DSL_T_SPLIT && *digits && number >= 1 && number < 100)
        lg_try(err, "did you mean `%.0f/%.0f`?", number, 100 - number);
    else if (param->type == DSL_T_INT && is_number && number > -1e15 && number < 1e15)
        lg_try(err, "did you mean `%.0f`?", number);
    else if (param->type == DSL_T_SIZE && strspn(text, "0123456789,*-") == n && *digits)
        lg_try(err, "write height x width, as in `64x64`");
    else if (param->type == DSL_T_RANGE && is_number)
        lg_try(err, "write both ends, as in `%s..%s`", number <= 0 ? text : "0", number <= 0 ? "1" : text);
    else if (param->type == DSL_T_DURATION && is_number)
        lg_try(err, "say which unit: `%ss`, `%sm` or `%sh`", text, text, text);
}

const char *dsl_near_choice(const char *choices, const char *text, lg_arena *arena)
{
    const char *names[64];
    size_t count = 0;
    lg_err quiet = {0};
    char *copy = choices && strlen(text) < 100 ? lg_arena_strndup(arena, choices, strlen(choices), &quiet) : NULL;
    for (char *at = copy; at && *at && count < 64;) {
        at += strspn(at, " =");
        if (!*at) break;
        names[count++] = at;
        at += strcspn(at, " =");
        if (*at) *at++ = 0;
    }
    return lg_nearest(text, names, count);
}

static void choice_hint(const dsl_param *param, const char *text, lg_err *err)
{
    lg_arena arena;
    lg_arena_init(&arena, 1 << 16);
    const char *near = dsl_near_choice(param->choices, text, &arena);
    if (near) lg_try(err, "did you mean `%s`?", near);
    lg_arena_release(&arena);
}

static lg_status wrong_type(const dsl_target *target, const dsl_param *param, const dsl_word *word, lg_err *err)
{
    char what[120];
    lg_buf want;
    target_words(target, param, what);
    lg_buf_init(&want, 2048);
    dsl_want_text(param, &want);
    lg_fail(err, LG_E_ARG, 141, "`%s` wants %s, not `%s`", what, lg_buf_str(&want),
            dsl_brief(word->text, strlen(word->text)).s);
    lg_buf_release(&want);
    if (strlen(word->text) < 100) {
        wrong_type_hint(param, word->text, err);
        if (!*err->hint) choice_hint(param, word->text, err);
    }
    return lg_err_place(err, word->span);
}

static void bound_text(double value, char out[40])
{
    bool whole = value == floor(value) && fabs(value) < 1e15;
    if (whole) snprintf(out, 40, "%s", lg_thousands((long long)value));
    else lg_number_text(value, out);
}

static bool no_upper(const dsl_param *param)
{
    return param->max <= param->min || param->max >= 1e9; /* as good as none */
}

void dsl_bounds(const dsl_param *param, char out[100])
{
    char low[40], high[40];
    bool numbers = param->type == DSL_T_INT || param->type == DSL_T_NUMBER || param->type == DSL_T_TIMES;
    bool bounded = param->min != 0 || param->max != 0, tiny = param->min > 0 && param->min <= 1e-6;
    out[0] = 0;
    if (!numbers || !bounded) return;
    bound_text(param->min, low);
    bound_text(param->max, high);
    if (tiny && no_upper(param)) snprintf(out, 100, "more than 0");
    else if (tiny) snprintf(out, 100, "more than 0, up to %s", high);
    else if (no_upper(param)) snprintf(out, 100, "from %s", low);
    else snprintf(out, 100, "from %s to %s", low, high);
}

static bool read_plain(const char *s, size_t n, double *out)
{
    char copy[400];
    if (n == 0 || n >= sizeof copy) return false;
    memcpy(copy, s, n);
    copy[n] = 0;
    bool percent = copy[n - 1] == '%';
    if (percent) copy[n - 1] = 0;
    if (!lg_parse_double(copy, out)) return false;
    if (percent) *out /= 100;
    return isfinite(*out);
}

/* `zoom 20` where `zoom 20%` is usual. */
static bool meant_percent(const dsl_param *param, const dsl_word *word)
{
    double value;
    size_t len = strlen(word->text);
    bool usual = (param->dflt && strchr(param->dflt, '%')) || (param->max > 0 && param->max <= 1);
    if (!usual || !len || word->text[len - 1] == '%' || !read_plain(word->text, len, &value)) return false;
    return value >= 1 && value / 100 >= param->min && value / 100 <= param->max;
}

/* A bound as its values are written: `60%` between 0% and 100%. */
static void share_text(const dsl_param *param, double bound, char out[44])
{
    char number[40];
    bool share = param->dflt && strchr(param->dflt, '%');
    bound_text(share ? 100 * bound : bound, number);
    snprintf(out, 44, "%s%s", number, share ? "%" : "");
}

static lg_status out_of_range(const dsl_target *target, const dsl_param *param, const dsl_word *word, lg_err *err)
{
    char what[120], low[44], high[44];
    double value = 0;
    const char *dots = strstr(word->text, "..");
    size_t len = dots ? (size_t)(dots - word->text) : strlen(word->text); /* of a range the lower end */
    dsl_bit got = dsl_brief(word->text, strlen(word->text));
    target_words(target, param, what);
    share_text(param, param->min, low);
    share_text(param, param->max, high);
    bool bounded = param->min != 0 || param->max != 0;
    bool small = *word->text == '-' || (read_plain(word->text, len, &value) && value < param->min);
    if (bounded && !no_upper(param))
        lg_fail(err, LG_E_ARG, 142, "`%s` must lie between %s and %s, not `%s`", what, low, high, got.s);
    else if (bounded && small && param->min > 0 && param->min <= 1e-6)
        lg_fail(err, LG_E_ARG, 142, "`%s` must be more than 0, not `%s`", what, got.s);
    else if (bounded && small) lg_fail(err, LG_E_ARG, 142, "`%s` must be at least %s, not `%s`", what, low, got.s);
    else lg_fail(err, LG_E_ARG, 142, "`%s` cannot be as large as `%s`", what, got.s);
    if (meant_percent(param, word)) lg_try(err, "did you mean `%s%%`?", got.s);
    else if (param->dflt) lg_try(err, "leave it out to use %s", param->dflt);
    return lg_err_place(err, word->span);
}

/* ---- numbers ---- */
typedef enum read_result { READ_NO, READ_RANGE, READ_OK } read_result;

static bool digits_only(const char *s)
{
    if (*s == '-' || *s == '+') s++;
    return *s && strspn(s, "0123456789") == strlen(s);
}

static read_result in_bounds(const dsl_param *param, double value)
{
    bool bounded = param->min != 0 || param->max != 0, upper = param->max > param->min;
    return bounded && (value < param->min || (upper && value > param->max)) ? READ_RANGE : READ_OK;
}

static read_result read_int(const dsl_param *param, const char *s, dsl_value *out)
{
    double number;
    if (!lg_parse_int(s, &out->integer)) {
        if (digits_only(s)) return READ_RANGE;
        if (!strpbrk(s, "eE") || !lg_parse_double(s, &number) || number != floor(number)) return READ_NO; /* 1e3 */
        if (fabs(number) > 1e15) return READ_RANGE;
        out->integer = (long long)number;
    }
    out->number = (double)out->integer;
    if (out->integer > 1000000000000000 || out->integer < -1000000000000000) return READ_RANGE;
    return in_bounds(param, out->number);
}

static read_result read_number(const dsl_param *param, const char *s, dsl_value *out)
{
    size_t n = strlen(s);
    if (!read_plain(s, n, &out->number)) {
        bool long_number = n >= 400 && strspn(s, "+-.0123456789eE%") == n;
        return long_number ? READ_RANGE : READ_NO;
    }
    return in_bounds(param, out->number);
}

/* 3x3, 64x64x3, 64 */
static read_result read_size(const dsl_param *param, const char *s, dsl_value *out)
{
    for (out->nsize = 0; out->nsize < 3; out->nsize++) {
        size_t n = strspn(s, "0123456789");
        char part[16];
        long long value;
        if (!n) return READ_NO;
        if (n >= sizeof part) return READ_RANGE;
        memcpy(part, s, n);
        part[n] = 0;
        if (!lg_parse_int(part, &value) || value < !param->zero || value > 1000000) return READ_RANGE;
        out->size[out->nsize] = (int)value;
        s += n;
        if (!*s) break;
        if (*s != 'x' && *s != 'X') return READ_NO;
        s++;
    }
    if (out->nsize++ == 3) return READ_NO;
    if (out->nsize == 1) out->size[1] = out->size[out->nsize++ - 1];
    return READ_OK;
}

static read_result read_split(const char *s, dsl_value *out)
{
    int sum = 0;
    for (out->nsize = 0; out->nsize < 3;) {
        size_t n = strspn(s, "0123456789");
        if (!n || n > 3) return READ_NO;
        int value = 0;
        for (size_t i = 0; i < n; i++) value = value * 10 + (s[i] - '0');
        out->size[out->nsize++] = value;
        sum += value;
        s += n;
        if (!*s) break;
        if (*s++ != '/') return READ_NO;
    }
    if (*s || out->nsize < 2) return READ_NO;
    return sum == 100 ? READ_OK : READ_RANGE;
}

static read_result read_times(const dsl_param *param, const char *s, dsl_value *out)
{
    if ((*s != 'x' && *s != 'X') || !digits_only(s + 1) || s[1] == '-' || s[1] == '+') return READ_NO;
    if (!lg_parse_int(s + 1, &out->integer) || out->integer < 1 || out->integer > 100000) return READ_RANGE;
    out->number = (double)out->integer;
    return in_bounds(param, out->number);
}

static read_result read_range(const char *s, dsl_value *out)
{
    const char *dots = strstr(s, "..");
    if (!dots || !read_plain(s, (size_t)(dots - s), &out->number) ||
        !read_plain(dots + 2, strlen(dots + 2), &out->high))
        return READ_NO;
    return out->number <= out->high ? READ_OK : READ_RANGE;
}

/* A range where numbers are wanted: `lr 0.01..0.3`. */
static read_result read_bounded_range(const dsl_param *param, const char *s, dsl_value *out)
{
    out->type = DSL_T_RANGE;
    read_result read = read_range(s, out);
    bool whole = out->number == floor(out->number) && out->high == floor(out->high);
    if (read != READ_OK) return read;
    if (param->type == DSL_T_INT && !whole) return READ_NO;
    return in_bounds(param, out->number) == READ_OK ? in_bounds(param, out->high) : READ_RANGE;
}

static read_result read_duration(const char *s, dsl_value *out)
{
    static const char units[] = "smhd";
    static const double seconds[] = {1, 60, 3600, 86400};
    size_t n = strlen(s);
    const char *unit = n > 1 ? strchr(units, tolower((unsigned char)s[n - 1])) : NULL;
    if (!unit || !read_plain(s, n - 1, &out->number) || out->number < 0) return READ_NO;
    out->number *= seconds[unit - units];
    return READ_OK;
}

/* Days since 1970-01-01 of a civil date; Howard Hinnant's days_from_civil. */
static long long civil_days(long long y, long long m, long long d)
{
    y -= m <= 2;
    long long era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
    long long doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static read_result read_date(const char *s, dsl_value *out)
{
    static const int month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    double today = floor((double)time(NULL) / 86400) * 86400;
    if (dsl_same(s, "today") || dsl_same(s, "yesterday")) {
        out->number = today - (tolower((unsigned char)*s) == 'y' ? 86400 : 0);
        return READ_OK;
    }
    if (read_duration(s, out) == READ_OK) { /* 7d: that long ago */
        out->number = (double)time(NULL) - out->number;
        return READ_OK;
    }
    int part[3] = {0}, width[3] = {4, 2, 2};
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < width[i]; k++, s++) {
            if (!isdigit((unsigned char)*s)) return READ_NO;
            part[i] = part[i] * 10 + (*s - '0');
        }
        if (*s != (i < 2 ? '-' : 0)) return READ_NO;
        s += i < 2;
    }
    bool leap = (part[0] % 4 == 0 && part[0] % 100) || part[0] % 400 == 0;
    if (part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > month_days[part[1] - 1] ||
        (part[1] == 2 && part[2] == 29 && !leap))
        return READ_RANGE;
    out->number = (double)civil_days(part[0], part[1], part[2]) * 86400;
    return READ_OK;
}

/* ---- objects ---- */
typedef struct name_list {
    const char *name[64];
    size_t count;
} name_list;

static void list_name(void *ctx, const char *name, dsl_kind kind)
{
    name_list *list = ctx;
    (void)kind;
    if (list->count < 64 && !strchr(name, '.')) list->name[list->count++] = name;
}

static const char *one_kind(unsigned kinds)
{
    for (int k = 1; k < DSL_KIND_COUNT; k++)
        if ((kinds & 0x7e) == 1u << k) return dsl_kind_name((dsl_kind)k);
    return NULL;
}

/* `logos.vall`, or `val` alone: the part of a dataset that was meant. */
static bool part_hint(dsl_walk *walk, unsigned kinds, const char *word, lg_err *err)
{
    static const char *const parts[] = {"train", "val", "test"};
    static const char *const said[] = {"training", "validation", "testing"};
    const char *dot = strrchr(word, '.'), *rest = dot ? dot + 1 : word, *part = NULL;
    name_list sets = {0};
    if (kinds && !(kinds & DSL_DATASETS)) return false;
    dsl_each_name(walk, DSL_DATASETS, list_name, &sets);
    for (int i = 0; i < 3; i++)
        if (dsl_same(rest, parts[i]) || dsl_same(rest, said[i])) part = parts[i];
    if (!part && dot) part = lg_nearest(rest, parts, 3);
    for (size_t i = 0; part && i < sets.count; i++) {
        size_t n = strlen(sets.name[i]);
        if (dot && (n != (size_t)(dot - word) || strncmp(sets.name[i], word, n) != 0)) continue;
        lg_try(err, "did you mean `%s.%s`?", sets.name[i], part);
        return true;
    }
    return false;
}

/* "you have: a, b" as the why of the error just made. */
static void say_what_there_is(dsl_walk *walk, unsigned kinds, const char *word, lg_err *err)
{
    name_list list = {0};
    char text[400];
    size_t used = 0;
    const char *kind = one_kind(kinds);
    dsl_each_name(walk, kinds ? kinds : ~0u, list_name, &list);
    for (size_t i = 0; i < list.count && used < 300; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%.80s", i ? ", " : "", list.name[i]);
    if (list.count) lg_why(err, "you have: %s%s", text, used >= 300 ? ", …" : "");
    else if (kind) lg_why(err, strcmp(kind, "posts") ? "there is no %s yet" : "there are no %s yet", kind);
    else lg_why(err, "there is nothing yet");
    const char *near = lg_nearest(word, list.name, list.count);
    if (part_hint(walk, kinds, word, err)) return;
    const char *slash = strrchr(word, '/');
    bool files = slash && slash > word && !strchr(word, ':') && (!kinds || kinds & DSL_DATASETS) &&
                 dsl_command_find(&walk->session->config, "load");
    if (near) lg_try(err, "did you mean `%s`?", near);
    else if (files) /* `classify pics/a.jpg with scratch` */
        lg_try(err, "files get a name first: `load photos from %.*s`",
               (int)(strchr(slash, '.') ? (size_t)(slash - word) : strlen(word)), word);
    else if (kind && !strcmp(kind, "posts") && !list.count)
        lg_try(err, "collect some: `scrape mastodon tag adidas into posts`; `help connect` is about keys");
    else if (kind && !strcmp(kind, "dataset")) lg_try(err, "load images first: `load logos from sample:logos`");
    else if (kind && !strcmp(kind, "model") && dsl_is_reserved(&walk->session->config, word) && list.count)
        lg_try(err, "did you mean `%s`?", list.name[0]); /* `fit model` */
    else if (kind && !strcmp(kind, "model"))
        lg_try(err, "define it first: `model %s on DATASET { … }`", dsl_is_identifier(word) ? word : "NAME");
    else lg_try(err, "`list` shows everything that exists");
}

static lg_status no_object(dsl_walk *walk, const dsl_param *param, const dsl_word *word, lg_err *err)
{
    const char *kind = one_kind(param->kinds);
    dsl_bit bit = dsl_brief(word->text, strlen(word->text));
    if (kind && !strcmp(kind, "posts")) lg_fail(err, LG_E_NAME, 130, "there are no posts called `%s`", bit.s);
    else
        lg_fail(err, LG_E_NAME, 130, kind ? "there is no %2$s called `%1$s`" : "there is nothing called `%1$s`", bit.s,
                kind);
    say_what_there_is(walk, param->kinds, word->text, err);
    return lg_err_place(err, word->span);
}

static lg_status wrong_kind(dsl_walk *walk, const dsl_target *target, const dsl_param *param, const dsl_found *found,
                            const dsl_word *word, lg_err *err)
{
    char what[120];
    lg_buf want;
    lg_buf_init(&want, 400);
    want_object(param, &want);
    target_words(target, param, what);
    dsl_bit said = dsl_brief(word->text, strlen(word->text));
    lg_fail(err, LG_E_ARG, 133, "`%s` wants %s, and `%s` is %s", what, lg_buf_str(&want), said.s,
            dsl_kind_phrase(found->kind));
    lg_buf_release(&want);
    say_what_there_is(walk, param->kinds, word->text, err);
    name_list list = {0};
    dsl_each_name(walk, param->kinds, list_name, &list);
    bool model = param->kinds == DSL_MODELS && found->kind == DSL_KIND_DATASET;
    if (list.count > 1 && param->list) lg_try(err, "%s %s, %s", what, list.name[0], list.name[1]);
    else if (list.count) lg_try(err, "%s %s", what, list.name[0]);
    else if (param->kinds == DSL_POSTSES && found->kind == DSL_KIND_MODEL)
        lg_try(err, "classify posts with %s as labelled, then: %s labelled", found->name, what);
    else if (model) lg_try(err, "define a model first: `model scratch on %s { … }`", found->name);
    return lg_err_place(err, word->span);
}

static lg_status read_object(dsl_walk *walk, const dsl_target *target, const dsl_param *param, const dsl_word *word,
                             lg_arena *arena, dsl_value *out, lg_err *err)
{
    dsl_found found;
    LG_TRY(dsl_find(walk, word->text, false, arena, &found, err));
    if (!found.exists) return no_object(walk, param, word, err);
    unsigned kinds = param->kinds | (param->type == DSL_T_GRID ? DSL_GRIDS : 0);
    if (!found.unknown && found.kind != DSL_KIND_NONE && kinds && !(kinds & 1u << found.kind))
        return wrong_kind(walk, target, param, &found, word, err);
    if (found.part != DSL_PART_ALL && found.kind != DSL_KIND_DATASET && found.kind != DSL_KIND_NONE) {
        lg_fail(err, LG_E_ARG, 133, "only a dataset has parts, and `%s` is a %s", found.name,
                dsl_kind_name(found.kind));
        lg_try(err, "leave out `.%s`", found.rest);
        return lg_err_place(err, word->span);
    }
    out->object = found.object;
    out->name = found.name;
    out->part = found.part;
    walk->unknown |= found.object == NULL;
    const dsl_grid *grid = param->type == DSL_T_GRID ? dsl_object_grid(found.object) : NULL;
    if (grid) out->grid = *grid;
    return LG_OK;
}

/* Words a parameter accepts beside its type: its choices, and a default its type cannot read. */
static bool read_extra(const dsl_param *param, const char *text, dsl_value *out)
{
    int index = dsl_choice_index(param->choices, text);
    bool dflt = param->dflt && dsl_same(param->dflt, text) && index < 0;
    bool dflt_help = !param->dflt && param->dflt_help && dsl_same(param->dflt_help, text);
    if (index < 0 && !dflt && !dflt_help) return false;
    out->type = DSL_T_CHOICE;
    out->choice = index;
    return true;
}

/* A name that nobody gave to a grid. */
static lg_status no_grid(dsl_walk *walk, const dsl_target *target, const dsl_param *param, const dsl_word *word,
                         lg_err *err)
{
    name_list list = {0};
    lg_status st = wrong_type(target, param, word, err);
    if (*err->hint || !dsl_is_identifier(word->text) || strlen(word->text) > 40) return st;
    dsl_each_name(walk, param->kinds | DSL_GRIDS, list_name, &list);
    const char *near = lg_nearest(word->text, list.name, list.count);
    if (near) lg_try(err, "did you mean `%s`?", near);
    else lg_try(err, "nothing is called `%s` yet: `let %s = [1 2; 3 4]`", word->text, word->text);
    return st;
}

static lg_status read_grid(dsl_walk *walk, const dsl_target *target, const dsl_param *param, const dsl_word *word,
                           lg_arena *arena, dsl_value *out, lg_err *err)
{
    double number;
    if (!param->list || !read_plain(word->text, strlen(word->text), &number)) {
        dsl_found found;
        LG_TRY(dsl_find(walk, word->text, false, arena, &found, err));
        return found.exists ? read_object(walk, target, param, word, arena, out, err)
                            : no_grid(walk, target, param, word, err);
    }
    out->number = number;
    out->grid = (dsl_grid){1, 1, lg_arena_alloc(arena, 1, sizeof(double), err)};
    if (!out->grid.cell) return err->status;
    out->grid.cell[0] = number;
    return LG_OK;
}

lg_status dsl_convert(dsl_walk *walk, const dsl_target *target, const dsl_param *param, const dsl_word *word,
                      lg_arena *arena, dsl_value *out, lg_err *err)
{
    *out = (dsl_value){.type = param->type, .span = word->span, .text = word->text, .choice = -1};
    if (word->unknown) return LG_OK;
    const char *s = word->text;
    read_result read = READ_OK;
    bool ranges = param->ranges && (param->type == DSL_T_INT || param->type == DSL_T_NUMBER);
    switch (ranges && strstr(s, "..") ? DSL_T_NONE : param->type) {
    case DSL_T_NONE: read = read_bounded_range(param, s, out); break;
    case DSL_T_INT: read = read_int(param, s, out); break;
    case DSL_T_NUMBER: read = read_number(param, s, out); break;
    case DSL_T_SIZE: read = read_size(param, s, out); break;
    case DSL_T_SPLIT: read = read_split(s, out); break;
    case DSL_T_TIMES: read = read_times(param, s, out); break;
    case DSL_T_RANGE: read = read_range(s, out); break;
    case DSL_T_DURATION: read = read_duration(s, out); break;
    case DSL_T_DATE: read = read_date(s, out); break;
    case DSL_T_CHOICE:
        out->choice = dsl_choice_index(param->choices, s);
        if (out->choice < 0) return read_extra(param, s, out) ? LG_OK : wrong_type(target, param, word, err);
        out->text = choice_text(param->choices, out->choice, arena, err);
        return out->text ? LG_OK : err->status;
    case DSL_T_TEXT:
        if (word->computed) {
            char number[40];
            dsl_number_show(word->value, number);
            out->text = lg_arena_strndup(arena, number, strlen(number), err);
            return out->text ? LG_OK : err->status;
        }
        break;
    case DSL_T_NEWNAME: return dsl_name_check(&walk->session->config, word, err);
    case DSL_T_OBJECT:
        return read_extra(param, s, out) ? LG_OK : read_object(walk, target, param, word, arena, out, err);
    case DSL_T_GRID: return read_extra(param, s, out) ? LG_OK : read_grid(walk, target, param, word, arena, out, err);
    case DSL_T_IMAGE:
        if (!word->quoted || digits_only(s)) {
            if (!lg_parse_double(s, &out->number)) out->number = 0;
            else if (out->number > 0 && out->number < 1e12) out->integer = (long long)out->number;
        }
        break;
    default: break;
    }
    if (read == READ_OK) {
        if (!*s && param->type != DSL_T_TEXT && param->type != DSL_T_LABEL && param->type != DSL_T_WORD)
            return wrong_type(target, param, word, err);
        return LG_OK;
    }
    if (read_extra(param, s, out)) return LG_OK;
    if (read == READ_NO) return wrong_type(target, param, word, err);
    if (param->type == DSL_T_SPLIT) {
        lg_fail(err, LG_E_ARG, 142, "the shares of `%s` must add up to 100", dsl_brief(s, strlen(s)).s);
        lg_try(err, "write e.g. `80/20` or `70/15/15`");
        return lg_err_place(err, word->span);
    }
    if (out->type == DSL_T_RANGE && out->number > out->high) {
        lg_fail(err, LG_E_ARG, 142, "the range `%s` ends before it begins", dsl_brief(s, strlen(s)).s);
        return lg_err_place(err, word->span);
    }
    return out_of_range(target, param, word, err);
}
