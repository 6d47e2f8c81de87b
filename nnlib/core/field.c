/* field.c - reading a layer's settings from words by its table of fields. */
#include "nnlib/core/layer.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "lib/base/banned.h"

enum { FIELD_MAX = 32 }; /* fields of one layer */

const char *const nn_activation_names[] = {"linear", "relu",  "relu6",   "leaky", "elu",    "gelu",
                                           "swish",  "sigmoid", "tanh", "softmax", NULL};
/* What Keras calls them, accepted too. */
static const char *const activation_aliases[][2] = {{"leaky_relu", "leaky"}, {"leakyrelu", "leaky"}, {"silu", "swish"},
                                                    {"none", "linear"}};

/* Is word one of the blank-separated words of list? */
static bool word_in(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *p = list; p && *p;) {
        size_t n = strcspn(p, " ");
        if (n == len && strncasecmp(p, word, n) == 0) return true;
        p += n;
        p += strspn(p, " ");
    }
    return false;
}

const nn_layer_type *nn_layer_find(const char *word)
{
    for (int i = 0; nn_layers[i]; i++) {
        if (strcasecmp(nn_layers[i]->name, word) == 0 || word_in(nn_layers[i]->aliases, word)) return nn_layers[i];
    }
    return NULL;
}

const nn_field *nn_field_find(const nn_field *fields, const char *word)
{
    for (const nn_field *f = fields; f->name; f++) {
        if (strcasecmp(f->name, word) == 0 || word_in(f->aliases, word)) return f;
    }
    return NULL;
}

/* ---- reading values ---- */

static bool read_number(const char *word, double *out)
{
    char text[64];
    size_t len = strlen(word);
    if (len == 0 || len >= sizeof text) return false;
    bool percent = word[len - 1] == '%';
    memcpy(text, word, len + 1);
    if (percent) text[len - 1] = '\0';
    if (!lg_parse_double(text, out)) return false;
    if (percent) *out /= 100;
    return true;
}

/* "3x3", "64x64x3" or a bare "3"; parts tells how many numbers were written. */
static bool read_dims(const char *word, nn_dims *out, int *parts)
{
    char text[64];
    int64_t *side[3] = {&out->h, &out->w, &out->c};
    if (strlen(word) >= sizeof text) return false;
    snprintf(text, sizeof text, "%s", word);
    *parts = 0;
    for (char *p = text; p;) {
        char *next = strpbrk(p, "xX");
        long long value;
        if (next) *next++ = '\0';
        if (*parts == 3 || !lg_parse_int(p, &value) || *p == '-' || *p == '+') return false;
        *side[(*parts)++] = value;
        p = next;
    }
    if (*parts < 3) out->c = 0;
    if (*parts == 1) out->w = out->h;
    return true;
}

static int choice_index(const nn_field *field, const char *word)
{
    if (field->choices == nn_activation_names) {
        for (size_t i = 0; i < sizeof activation_aliases / sizeof *activation_aliases; i++)
            if (strcasecmp(word, activation_aliases[i][0]) == 0) word = activation_aliases[i][1];
    }
    for (int i = 0; field->choices[i]; i++) {
        if (strcasecmp(field->choices[i], word) == 0) return i;
    }
    return -1;
}

bool nn_field_accepts(const nn_field *field, const char *word)
{
    double number;
    nn_dims dims;
    int parts;
    switch (field->kind) {
    case NN_INT: return read_number(word, &number) && number == floor(number) && !strpbrk(word, ".%");
    case NN_NUMBER: return read_number(word, &number);
    case NN_SIZE:
        if (!read_dims(word, &dims, &parts)) return false;
        return parts != 1 || field->bare_max == 0 || (double)dims.h <= field->bare_max;
    case NN_CHOICE: return choice_index(field, word) >= 0;
    case NN_FLAG: return nn_field_find((const nn_field[]){*field, {0}}, word) != NULL;
    case NN_TEXT: return false;
    }
    return false;
}

/* ---- storing values ---- */

static const char *kind_text(const nn_field *field)
{
    switch (field->kind) {
    case NN_INT: return "a whole number";
    case NN_NUMBER: return "a number";
    case NN_SIZE: return field->channels ? "a size such as 64x64 or 64x64x3" : "a size such as 3x3";
    case NN_FLAG: return "yes or no";
    default: return "a word";
    }
}

static lg_status wrong_kind(const nn_field *field, const char *owner, const char *word, lg_err *err)
{
    return lg_fail(err, LG_E_ARG, 141, "`%s %s` wants %s, not `%.60s`", owner, field->name, kind_text(field), word);
}

static lg_status wrong_choice(const nn_field *field, const char *owner, const char *word, lg_err *err)
{
    char list[200] = "";
    size_t n = 0, used = 0;
    for (; field->choices[n]; n++) {
        int more = snprintf(list + used, sizeof list - used, "%s%s", n ? ", " : "", field->choices[n]);
        if (more > 0 && used + (size_t)more < sizeof list) used += (size_t)more;
    }
    lg_status st = lg_fail(err, LG_E_ARG, 141, "`%s %s` wants one of %s, not `%.60s`", owner, field->name, list, word);
    const char *near = lg_nearest(word, field->choices, n);
    if (near) lg_try(err, "did you mean `%s`?", near);
    return st;
}

static lg_status check_range(const nn_field *field, const char *owner, double value, lg_err *err)
{
    if (value >= field->min && value <= field->max) return LG_OK;
    bool small = value < field->min;
    lg_status st = lg_fail(err, LG_E_ARG, 142, "`%s %s` must be %s %.10g, not %.10g", owner, field->name,
                           small ? "at least" : "at most", small ? field->min : field->max, value);
    const char *reason = small ? field->low : field->high;
    if (reason) lg_why(err, "%s", reason);
    return st;
}

static lg_status set_size(const nn_field *field, const char *owner, nn_dims *at, const char *word, lg_err *err)
{
    nn_dims dims = {0};
    int parts;
    if (!read_dims(word, &dims, &parts) || (parts == 3 && !field->channels)) return wrong_kind(field, owner, word, err);
    LG_TRY(check_range(field, owner, (double)dims.h, err));
    LG_TRY(check_range(field, owner, (double)dims.w, err));
    if (parts == 3 && (dims.c < 1 || dims.c > 1024))
        return lg_fail(err, LG_E_ARG, 142, "`%s %s` must have 1 to 1024 channels, not %lld", owner, field->name,
                       (long long)dims.c);
    *at = dims;
    return LG_OK;
}

static bool read_truth(const char *word, bool *out)
{
    *out = word_in("1 yes true on", word);
    return *out || word_in("0 no false off", word);
}

lg_status nn_field_set(const nn_field *field, const char *owner, void *config, const char *word, lg_err *err)
{
    char *at = (char *)config + field->offset;
    double number;
    bool truth;
    int choice;
    switch (field->kind) {
    case NN_INT:
    case NN_NUMBER:
        if (!nn_field_accepts(field, word) || !read_number(word, &number)) return wrong_kind(field, owner, word, err);
        LG_TRY(check_range(field, owner, number, err));
        if (field->kind == NN_INT) memcpy(at, &(int64_t){(int64_t)number}, sizeof(int64_t));
        else memcpy(at, &number, sizeof number);
        return LG_OK;
    case NN_SIZE: return set_size(field, owner, (nn_dims *)(void *)at, word, err);
    case NN_CHOICE:
        choice = choice_index(field, word);
        if (choice < 0) return wrong_choice(field, owner, word, err);
        memcpy(at, &(int32_t){choice}, sizeof(int32_t));
        return LG_OK;
    case NN_FLAG:
        if (!read_truth(word, &truth)) return wrong_kind(field, owner, word, err);
        memcpy(at, &(int32_t){truth ? field->value : !field->value}, sizeof(int32_t));
        return LG_OK;
    case NN_TEXT:
        if (strlen(word) >= NN_NAME)
            return lg_fail(err, LG_E_ARG, 142, "`%s %s` may have at most %d letters", owner, field->name, NN_NAME - 1);
        snprintf(at, NN_NAME, "%s", word);
        return LG_OK;
    }
    return LG_OK;
}

void nn_field_text(const nn_field *field, const void *config, char out[NN_FORMULA])
{
    const char *at = (const char *)config + field->offset;
    const nn_dims *dims = (const nn_dims *)(const void *)at;
    int64_t whole;
    int32_t index;
    double number;
    switch (field->kind) {
    case NN_INT:
        memcpy(&whole, at, sizeof whole);
        snprintf(out, NN_FORMULA, "%lld", (long long)whole);
        break;
    case NN_NUMBER:
        memcpy(&number, at, sizeof number);
        snprintf(out, NN_FORMULA, "%.6g", number);
        break;
    case NN_SIZE:
        if (dims->c)
            snprintf(out, NN_FORMULA, "%lldx%lldx%lld", (long long)dims->h, (long long)dims->w, (long long)dims->c);
        else snprintf(out, NN_FORMULA, "%lldx%lld", (long long)dims->h, (long long)dims->w);
        break;
    case NN_CHOICE:
        memcpy(&index, at, sizeof index);
        snprintf(out, NN_FORMULA, "%s", field->choices[index]);
        break;
    case NN_FLAG:
        memcpy(&index, at, sizeof index);
        snprintf(out, NN_FORMULA, "%s", index == field->value ? "yes" : "no");
        break;
    case NN_TEXT: snprintf(out, NN_FORMULA, "%s", at); break;
    }
}

void nn_config_init(const nn_layer_type *type, void *config)
{
    memset(config, 0, type->config_size);
    for (const nn_field *f = type->fields; f->name; f++) {
        char *at = (char *)config + f->offset;
        int64_t whole = (int64_t)f->fallback;
        switch (f->kind) {
        case NN_INT: memcpy(at, &whole, sizeof whole); break;
        case NN_NUMBER: memcpy(at, &f->fallback, sizeof(double)); break;
        case NN_SIZE: memcpy(at, &(nn_dims){whole, whole, 0}, sizeof(nn_dims)); break;
        case NN_CHOICE:
        case NN_FLAG: memcpy(at, &(int32_t){(int32_t)f->fallback}, sizeof(int32_t)); break;
        case NN_TEXT: break;
        }
    }
}

/* ---- a whole line ---- */

typedef struct parse_state {
    const nn_layer_type *type;
    void *config;
    bool filled[FIELD_MAX];
} parse_state;

static lg_status parse_set(parse_state *s, const nn_field *field, const char *word, lg_err *err)
{
    s->filled[field - s->type->fields] = true;
    return nn_field_set(field, s->type->name, s->config, word, err);
}

static lg_status parse_bare(parse_state *s, const char *word, lg_err *err)
{
    const nn_field *fields = s->type->fields, *refused = NULL;
    const char *names[FIELD_MAX];
    size_t n = 0;
    for (int i = 0; fields[i].name; i++) {
        names[n++] = fields[i].name;
        if (!fields[i].positional || s->filled[i]) continue;
        if (nn_field_accepts(&fields[i], word)) return parse_set(s, &fields[i], word, err);
        if (!refused) refused = &fields[i];
    }
    if (refused && refused->required) return nn_field_set(refused, s->type->name, s->config, word, err);
    lg_status st = lg_fail(err, LG_E_ARG, 140, "`%s` does not know `%.60s`", s->type->name, word);
    const char *near = lg_nearest(word, names, n);
    if (!near) near = lg_nearest(word, nn_activation_names, NN_SOFTMAX + 1);
    if (near) lg_try(err, "did you mean `%s`?", near);
    return st;
}

/* Next word of *line into word; false at the end. A quote or `=` inside is left alone. */
static bool next_word(const char **line, char word[64])
{
    *line += strspn(*line, " \t,");
    size_t n = strcspn(*line, " \t,");
    if (n == 0) return false;
    size_t keep = n < 63 ? n : 63;
    memcpy(word, *line, keep);
    word[keep] = '\0';
    *line += n;
    return true;
}

static lg_status parse_word(parse_state *s, char *word, const char **line, lg_err *err)
{
    char value[64];
    char *equals = strchr(word, '=');
    if (equals) *equals = '\0';
    const nn_field *field = nn_field_find(s->type->fields, word);
    if (equals && !field) return parse_bare(s, word, err);
    if (equals) return parse_set(s, field, equals + 1, err);
    if (field && field->kind == NN_FLAG) return parse_set(s, field, "yes", err);
    if (field && next_word(line, value)) return parse_set(s, field, value, err);
    if (field) return lg_fail(err, LG_E_ARG, 143, "`%s %s` needs a value", s->type->name, field->name);
    if (strcasecmp(word, "no") == 0 && next_word(line, value)) {
        field = nn_field_find(s->type->fields, value);
        if (field && field->kind == NN_FLAG) return parse_set(s, field, "no", err);
        return parse_bare(s, value, err);
    }
    return parse_bare(s, word, err);
}

lg_status nn_config_parse(const nn_layer_type *type, void *config, const char *words, lg_err *err)
{
    parse_state s = {.type = type, .config = config};
    char word[64];
    while (next_word(&words, word)) LG_TRY(parse_word(&s, word, &words, err));
    for (int i = 0; type->fields[i].name; i++) {
        if (!type->fields[i].required || s.filled[i]) continue;
        lg_fail(err, LG_E_ARG, 143, "`%s` needs %s", type->name, kind_text(&type->fields[i]));
        return lg_why(err, "%s: %s", type->fields[i].name, type->fields[i].help);
    }
    return LG_OK;
}

nn_activation nn_ends_in(const nn_layer_type *type, const void *config)
{
    int32_t index = NN_LINEAR;
    for (const nn_field *f = type->fields; f->name; f++) {
        if (f->choices == nn_activation_names) memcpy(&index, (const char *)config + f->offset, sizeof index);
    }
    return (nn_activation)index;
}
