/* words.c - the words of the language as JSON, from the tables that bind them, for what colours a line without the
 * program: the JupyterLab extension and the Pygments lexer (tools/write-words.py puts them there).
 *
 *     {"grammar": "and or …", "prepositions": "from on …", "functions": "sqrt …",
 *      "commands": {"fit": {"takes": "on epochs …", "flags": "balance …", "values": "sgd …", "where": 1}, …},
 *      "layers": {"conv": {"takes": "filters …", "flags": "same …", "values": "relu …", "also": "conv2d"}, …}}
 *
 * takes: words with a value behind them. values: what the tables list for any of them. new: the word behind the verb is
 * a new name, whatever it is. block: braces with layers follow. All words are in small letters: case means nothing. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "kernel/dsl/inside.h"
#include "lib/base/banned.h"

typedef struct word_lists {
    lg_buf takes, flags, values;
} word_lists;

/* Adds what is a word, in small letters and only once, to a list with blanks between. */
static void add_word(lg_buf *list, const char *word, size_t len)
{
    char small[64];
    if (!len || len >= sizeof small || !(isalpha((unsigned char)*word) || *word == '_')) return;
    for (size_t i = 0; i < len; i++) small[i] = (char)tolower((unsigned char)word[i]);
    small[len] = '\0';
    if (strpbrk(small, "\"\\ ") || dsl_choice_index(lg_buf_str(list), small) >= 0) return;
    lg_buf_addf(list, "%s%s", list->len ? " " : "", small);
}

/* `name=alias name`, as tables write them. */
static void add_words(lg_buf *list, const char *words)
{
    for (const char *at = words ? words : ""; *at; at += *at != '\0') {
        size_t len = strcspn(at, " =");
        add_word(list, at, len);
        at += len;
    }
}

/* A positional may be named too where the binder takes its name for one (bind.c, bind_list). */
static bool has_name(const dsl_param *param, bool layer)
{
    return param->role != DSL_POSITIONAL || layer ||
           (param->type != DSL_T_OBJECT && param->type != DSL_T_NEWNAME && param->type != DSL_T_TEXT &&
            param->type != DSL_T_WORD && param->type != DSL_T_CHOICE);
}

static void add_params(word_lists *lists, const dsl_param *params, bool layer)
{
    for (const dsl_param *p = params; p && p->name; p++) {
        lg_buf *names = p->role == DSL_FLAG ? &lists->flags : &lists->takes;
        if (has_name(p, layer)) {
            add_words(names, p->name);
            add_words(names, p->aliases);
        }
        add_words(&lists->values, p->choices);
        if (p->role != DSL_FLAG && p->dflt && !strchr(p->dflt, ' ')) add_words(&lists->values, p->dflt);
    }
}

/* Words that depend on the one before: `dark` behind `set theme`. */
static void add_dependent(word_lists *lists, const dsl_command *command)
{
    for (const char *at = command->words ? command->params[0].choices : NULL; at && *at; at += *at == ' ') {
        char before[64];
        size_t len = strcspn(at, " ");
        snprintf(before, sizeof before, "%.*s", (int)len, at);
        const char *const *one = command->words(1, before);
        for (; one && *one; one++) add_word(&lists->values, *one, strlen(*one));
        at += len;
    }
}

/* Between the members of an object. */
static const char *comma(const lg_buf *out)
{
    return out->data[out->len - 1] == '{' ? "" : ", ";
}

static void add_list(lg_buf *out, const char *key, const lg_buf *list)
{
    if (list->len) lg_buf_addf(out, "%s\"%s\": \"%s\"", comma(out), key, lg_buf_str(list));
}

static void add_mark(lg_buf *out, const char *key, bool set)
{
    if (set) lg_buf_addf(out, "%s\"%s\": 1", comma(out), key);
}

static void lists_init(word_lists *lists)
{
    lg_buf_init(&lists->takes, 1 << 16);
    lg_buf_init(&lists->flags, 1 << 16);
    lg_buf_init(&lists->values, 1 << 16);
}

/* Writes the lists and lets go of them. */
static void lists_end(word_lists *lists, lg_buf *out)
{
    add_list(out, "takes", &lists->takes);
    add_list(out, "flags", &lists->flags);
    add_list(out, "values", &lists->values);
    lg_buf_release(&lists->takes);
    lg_buf_release(&lists->flags);
    lg_buf_release(&lists->values);
}

static void add_command(lg_buf *out, const dsl_command *command)
{
    word_lists lists;
    lists_init(&lists);
    add_params(&lists, command->params, false);
    add_dependent(&lists, command);
    lg_buf_addf(out, "    \"%s\": {", command->name);
    lists_end(&lists, out);
    add_mark(out, "new", command->params[0].name && command->params[0].type == DSL_T_NEWNAME);
    add_mark(out, "where", command->takes_where);
    add_mark(out, "block", command->takes_layers);
    lg_buf_addc(out, '}');
}

static void add_layer(lg_buf *out, const dsl_layer_type *layer)
{
    word_lists lists;
    lg_buf also;
    lists_init(&lists);
    lg_buf_init(&also, 1 << 16);
    add_params(&lists, layer->params, true);
    for (size_t i = 0; layer->aliases && layer->aliases[i]; i++)
        add_word(&also, layer->aliases[i], strlen(layer->aliases[i]));
    lg_buf_addf(out, "    \"%s\": {", layer->name);
    lists_end(&lists, out);
    add_list(out, "also", &also);
    add_mark(out, "block", layer->block);
    lg_buf_addc(out, '}');
    lg_buf_release(&also);
}

static void add_plain(lg_buf *out, const char *key, const char *const *words, size_t count)
{
    lg_buf_addf(out, "  \"%s\": \"", key);
    for (size_t i = 0; i < count && words[i]; i++) lg_buf_addf(out, "%s%s", i ? " " : "", words[i]);
    lg_buf_adds(out, "\",\n");
}

void dsl_words_list(const dsl_config *config, lg_buf *out)
{
    lg_buf_adds(out, "{\n");
    add_plain(out, "grammar", dsl_grammar_words, SIZE_MAX);
    add_plain(out, "prepositions", dsl_prepositions, SIZE_MAX);
    add_plain(out, "functions", dsl_function_names, DSL_F_COUNT);
    lg_buf_adds(out, "  \"commands\": {");
    for (size_t i = 0; config->commands[i]; i++) {
        lg_buf_adds(out, i ? ",\n" : "\n");
        add_command(out, config->commands[i]);
    }
    lg_buf_adds(out, "\n  },\n  \"layers\": {");
    for (const dsl_layer_type *l = config->layers; l && l->name; l++) {
        lg_buf_adds(out, l == config->layers ? "\n" : ",\n");
        add_layer(out, l);
    }
    lg_buf_adds(out, "\n  }\n}\n");
}
