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

/* `name(inner)`; the dots stay in name. */
static bool split_call(slice s, slice *name, slice *inner)
{
    s = trim(s);
    size_t open = 0;
    while (open < s.len && (isalnum((unsigned char)s.at[open]) || s.at[open] == '_' || s.at[open] == '.')) open++;
    if (open == 0 || open >= s.len || s.at[open] != '(' || s.at[s.len - 1] != ')') return false;
    *name = (slice){s.at, open};
    *inner = (slice){s.at + open + 1, s.len - open - 2};
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
    else if (!dsl_same(word, "input_shape") && !dsl_same(word, "verbose") && !dsl_same(word, "validation_data")) {
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

static bool command_line(const dsl_config *config, slice name, slice inner, lg_buf *out)
{
    char verb[64];
    slice method = after_dot(name);
    word_of(method, verb);
    const dsl_command *command = dsl_command_find(config, verb);
    const char *here = command ? command->name : dsl_synonym(config, verb);
    if (!here) return false;
    bool is_method = method.len < name.len;
    lg_buf_adds(out, here);
    if (dsl_command_find(config, here)->takes_layers && !trim(inner).len) {
        lg_buf_adds(out, " scratch on logos { … }");
        return true;
    }
    if (is_method) {
        slice object = {name.at, name.len - method.len - 1};
        lg_buf_addc(out, ' ');
        lg_buf_add(out, object.at, object.len);
    }
    add_arguments(inner, !is_method, out);
    return true;
}

bool dsl_from_python(const dsl_config *config, const char *line, size_t len, lg_buf *out)
{
    slice s = trim((slice){line, len}), name, inner;
    static const char *const remove[] = {"import ", "from "};
    if (!config) return false;
    for (size_t i = 0; i < 2; i++)
        if (s.len > strlen(remove[i]) && !memcmp(s.at, remove[i], strlen(remove[i]))) {
            lg_buf_adds(out, "remove this line; nothing has to be imported");
            return true;
        }
    size_t equal = find_outside(s, '=');
    if (equal < s.len && equal + 1 < s.len && s.at[equal + 1] != '=')
        s = trim((slice){s.at + equal + 1, s.len - equal - 1});
    if (!split_call(s, &name, &inner)) return false;
    char method[64];
    word_of(after_dot(name), method);
    if (dsl_same(method, "add")) return layer_line(config, inner, out);
    return layer_line(config, s, out) || command_line(config, name, inner, out);
}
