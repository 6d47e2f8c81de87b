/* python.c - a pasted line of Python as the same line in this language: `fit(scratch, epochs=20)`,
 * `cnn.add(Conv2D(16, (3, 3), activation='relu'))`, `history = cnn.fit(x, y, batch_size=32)`.
 *
 * Only the shape `[name =] [object.]call(arguments)` is understood, which is what Keras tutorials consist of. */
#include "kernel/dsl/inside.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

typedef struct slice {
    const char *at;
    size_t len;
} slice;

static slice trim(slice s)
{
    while (s.len && isspace((unsigned char)*s.at)) s.at++, s.len--;
    while (s.len && isspace((unsigned char)s.at[s.len - 1])) s.len--;
    return s;
}

static bool is_word(slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!isalnum((unsigned char)s.at[i]) && s.at[i] != '_') return false;
    return s.len > 0;
}

/* Where c stands outside of quotes and brackets, or len. */
static size_t find_outside(slice s, char c)
{
    int depth = 0;
    char quote = 0;
    for (size_t i = 0; i < s.len; i++) {
        char d = s.at[i];
        if (quote) {
            if (d == quote) quote = 0;
            continue;
        }
        if (depth == 0 && d == c) return i;
        if (d == '"' || d == '\'') quote = d;
        else if (d == '(' || d == '[' || d == '{') depth++;
        else if (d == ')' || d == ']' || d == '}') depth--;
    }
    return s.len;
}

/* `name(inner)`, or the first call of `name(inner)(x)`; the dots stay in name. */
static bool split_call(slice s, slice *name, slice *inner)
{
    s = trim(s);
    size_t open = 0;
    while (open < s.len && (isalnum((unsigned char)s.at[open]) || s.at[open] == '_' || s.at[open] == '.')) open++;
    if (open == 0 || open >= s.len || s.at[open] != '(' || s.at[s.len - 1] != ')') return false;
    *name = (slice){s.at, open};
    *inner = (slice){s.at + open + 1, s.len - open - 2};
    size_t close = find_outside((slice){s.at + open + 1, s.len - open - 1}, ')');
    bool called_again = open + 2 + close < s.len && s.at[open + 2 + close] == '('; /* the functional style of Keras */
    if (called_again) inner->len = close;
    return true;
}

static slice after_dot(slice s)
{
    for (size_t i = s.len; i > 0; i--)
        if (s.at[i - 1] == '.') return (slice){s.at + i, s.len - i};
    return s;
}

static void word_of(slice s, char out[64])
{
    size_t n = s.len < 63 ? s.len : 63;
    memcpy(out, s.at, n);
    out[n] = 0;
}

/* 'relu' -> relu, (3, 3) -> 3x3, 3 -> 3 */
static void add_value(slice s, lg_buf *out)
{
    s = trim(s);
    if (s.len >= 2 && (*s.at == '"' || *s.at == '\'') && s.at[s.len - 1] == *s.at) {
        bool quotes = false;
        for (size_t i = 1; i + 1 < s.len; i++) quotes |= strchr(" #,;=()[]{}<>!", s.at[i]) != NULL;
        if (quotes) lg_buf_add(out, s.at, s.len);
        else lg_buf_add(out, s.at + 1, s.len - 2);
        return;
    }
    if (s.len >= 2 && (*s.at == '(' || *s.at == '[')) {
        bool pair = *s.at == '(';
        slice rest = {s.at + 1, s.len - 2};
        for (bool first = true; trim(rest).len; first = false) {
            size_t n = find_outside(rest, ',');
            if (!first) lg_buf_adds(out, pair ? "x" : ", ");
            add_value((slice){rest.at, n}, out);
            n += n < rest.len;
            rest = (slice){rest.at + n, rest.len - n};
        }
        return;
    }
    lg_buf_add(out, s.at, s.len);
}

static void add_keyword(slice key, slice value, lg_buf *out)
{
    char word[64];
    word_of(key, word);
    value = trim(value);
    const char *here = dsl_option_synonym(word);
    if (dsl_same(word, "padding") || dsl_same(word, "activation")) {
        lg_buf_addc(out, ' ');
        add_value(value, out);
    } else if (value.len == 4 && !memcmp(value.at, "True", 4)) lg_buf_addf(out, " %s", here ? here : word);
    else if (value.len == 5 && !memcmp(value.at, "False", 5)) lg_buf_addf(out, " no %s", here ? here : word);
    else if (dsl_choice_index("input_shape verbose validation_data loss metrics data_format", word) < 0) {
        lg_buf_addf(out, " %s ", here ? here : word);
        add_value(value, out);
    }
}

/* Keyword arguments always; positional ones unless they are the tensors of a method call. */
static void add_arguments(slice inner, bool positional, lg_buf *out)
{
    while (trim(inner).len) {
        size_t n = find_outside(inner, ',');
        slice one = trim((slice){inner.at, n});
        size_t equal = find_outside(one, '=');
        if (equal < one.len && is_word(trim((slice){one.at, equal})))
            add_keyword(trim((slice){one.at, equal}), (slice){one.at + equal + 1, one.len - equal - 1}, out);
        else if (positional && one.len) {
            lg_buf_addc(out, ' ');
            add_value(one, out);
        }
        n += n < inner.len;
        inner = (slice){inner.at + n, inner.len - n};
    }
}

static bool layer_line(const dsl_config *config, slice call, lg_buf *out)
{
    slice name, inner;
    char word[64];
    if (!split_call(call, &name, &inner)) return false;
    word_of(after_dot(name), word);
    const dsl_layer_type *layer = dsl_layer_find(config, word);
    if (!layer) return false;
    lg_buf_adds(out, layer->name);
    add_arguments(inner, true, out);
    return true;
}

/* `Sequential([Conv2D(16, 3), Flatten()])`: the whole model, if every layer can be read. */
static bool model_lines(const dsl_config *config, const char *model, slice inner, lg_buf *out)
{
    lg_buf layers;
    lg_buf_init(&layers, 4096);
    inner = trim(inner);
    bool list = inner.len >= 2 && *inner.at == '[' && inner.at[inner.len - 1] == ']', read = true;
    slice rest = list ? (slice){inner.at + 1, inner.len - 2} : (slice){"", 0};
    while (trim(rest).len && read) {
        size_t n = find_outside(rest, ',');
        slice one = trim((slice){rest.at, n}), name, arguments;
        char word[64] = "";
        if (split_call(one, &name, &arguments)) word_of(after_dot(name), word);
        bool input = dsl_same(word, "input") || dsl_same(word, "inputlayer"); /* the dataset says it */
        if (one.len && !input) {
            if (layers.len) lg_buf_adds(&layers, "; ");
            read = layer_line(config, one, &layers);
        }
        n += n < rest.len;
        rest = (slice){rest.at + n, rest.len - n};
    }
    lg_buf_addf(out, "model %s on logos { %s }", model, read && layers.len ? lg_buf_str(&layers) : "…");
    lg_buf_release(&layers);
    return true;
}

/* What Keras and its companions call it, where a verb with that name does something else or is not here. */
static const char *method_verb(const dsl_config *config, const char *method, slice name)
{
    static const struct {
        const char *said, *here;
    } known[] = {{"evaluate", "evaluate"}, {"score", "evaluate"}, {"evaluate", "confusion"}, {"score", "confusion"},
                 {"predict", "show"}, {"summary", "summary"},
                 {"plot", "curves"},        {"imshow", "show"},  {"compile", "fit"},     {"sequential", "model"}};
    if (name.len > 4 && !memcmp(name.at, "plt.", 4) && !dsl_same(method, "imshow")) method = "plot";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (dsl_same(method, known[i].said) && dsl_command_find(config, known[i].here)) return known[i].here;
    const dsl_command *command = dsl_command_find(config, method);
    return command ? command->name : dsl_synonym(config, method);
}

static bool command_line(const dsl_config *config, slice target, slice name, slice inner, lg_buf *out)
{
    char verb[64], model[64];
    slice method = after_dot(name);
    word_of(method, verb);
    word_of(target, model);
    const char *here = method_verb(config, verb, name);
    if (!here) return false;
    if (!is_word(target) || dsl_is_reserved(config, model)) snprintf(model, sizeof model, "scratch");
    if (dsl_command_find(config, here)->takes_layers) return model_lines(config, model, inner, out);
    if (dsl_same(here, "curves")) {
        lg_buf_adds(out, "curves scratch");
        return true;
    }
    lg_buf_adds(out, here);
    if (dsl_same(here, "load") && target.len) { /* `logos = load("folder")` */
        lg_buf_addf(out, " %s from", model);
        add_arguments(inner, true, out);
        return true;
    }
    bool is_method = method.len < name.len;
    if (is_method) {
        slice object = {name.at, name.len - method.len - 1};
        word_of(object, model); /* `model` itself is a word of the language */
        lg_buf_addc(out, ' ');
        if (dsl_is_reserved(config, model)) lg_buf_adds(out, "scratch");
        else lg_buf_add(out, object.at, object.len);
    }
    if (!dsl_same(here, "confusion") && !dsl_same(here, "evaluate")) add_arguments(inner, !is_method, out);
    return true;
}

bool dsl_from_python(const dsl_config *config, const char *line, size_t len, lg_buf *out)
{
    slice s = trim((slice){line, len}), target = {"", 0}, name, inner;
    static const char *const remove[] = {"import ", "from "};
    if (!config) return false;
    for (size_t i = 0; i < 2; i++)
        if (s.len > strlen(remove[i]) && !memcmp(s.at, remove[i], strlen(remove[i]))) {
            lg_buf_adds(out, "remove this line; nothing has to be imported");
            return true;
        }
    size_t equal = find_outside(s, '=');
    if (equal < s.len && equal + 1 < s.len && s.at[equal + 1] != '=') {
        target = trim((slice){s.at, equal});
        s = trim((slice){s.at + equal + 1, s.len - equal - 1});
    }
    if (!split_call(s, &name, &inner)) return false;
    char method[64];
    word_of(after_dot(name), method);
    if (dsl_same(method, "add")) return layer_line(config, inner, out);
    return layer_line(config, s, out) || command_line(config, target, name, inner, out);
}
