/* box_layers.c - nn_field tables become dsl_param tables, and values become configs. */
#include "kernel/commands/box_layers.h"
#include "kernel/commands/base_layers.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

/* All strings and tables of all layers live in one arena, kept in front of the table. */
typedef struct layer_table {
    lg_arena arena;
    dsl_layer_type type[];
} layer_table;

static lg_status split_words(lg_arena *arena, const char *words, const char *const **out, lg_err *err)
{
    size_t n = 0;
    for (const char *p = words; *p; p++) n += *p == ' ';
    const char **list = lg_arena_alloc(arena, n + 2, sizeof *list, err);
    if (!list) return err->status;
    n = 0;
    while (*words) {
        size_t len = strcspn(words, " ");
        if (len && !(list[n++] = lg_arena_strndup(arena, words, len, err))) return err->status;
        words += len + (words[len] == ' ');
    }
    *out = list;
    return LG_OK;
}

static lg_status examples_of(lg_arena *arena, const nn_example *from, const char *const **out, lg_err *err)
{
    size_t n = 0;
    while (from && from[n].line) n++;
    const char **list = lg_arena_alloc(arena, n + 1, sizeof *list, err);
    if (!list) return err->status;
    for (size_t i = 0; i < n; i++) list[i] = from[i].line;
    *out = list;
    return LG_OK;
}

static lg_status join_choices(lg_arena *arena, const char *const *choices, const char **out, lg_err *err)
{
    char text[512];
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; choices[i]; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? " " : "", choices[i]);
    *out = lg_arena_strndup(arena, text, strlen(text), err);
    return *out ? LG_OK : err->status;
}

static dsl_type type_of(nn_kind kind)
{
    static const dsl_type types[] = {[NN_INT] = DSL_T_INT,       [NN_NUMBER] = DSL_T_NUMBER, [NN_SIZE] = DSL_T_SIZE,
                                     [NN_CHOICE] = DSL_T_CHOICE, [NN_FLAG] = DSL_T_FLAG,     [NN_TEXT] = DSL_T_WORD};
    return types[kind];
}

static lg_status advice_of(lg_arena *arena, const nn_field *field, const char **out, lg_err *err)
{
    if (!field->low && !field->high) return LG_OK;
    *out = lg_arena_strf(arena, err, "%s%s%s%s%s", field->low ? "too low: " : "", field->low ? field->low : "",
                         field->low && field->high ? "; " : "", field->high ? "too high: " : "",
                         field->high ? field->high : "");
    return *out ? LG_OK : err->status;
}

static lg_status default_of(lg_arena *arena, const nn_field *field, const char **out, lg_err *err)
{
    *out = NULL;
    if (field->required || field->kind == NN_TEXT) return LG_OK;
    if (field->kind == NN_FLAG) {
        if ((int32_t)field->fallback == field->value) *out = "on";
        return LG_OK;
    }
    if (field->kind == NN_CHOICE) {
        *out = field->choices[(int)field->fallback];
        return LG_OK;
    }
    if (field->fallback < field->min) return LG_OK; /* outside its range: "not set" */
    *out = field->kind == NN_SIZE ? lg_arena_strf(arena, err, "%.0fx%.0f", field->fallback, field->fallback)
                                  : lg_arena_strf(arena, err, "%g", field->fallback);
    return *out ? LG_OK : err->status;
}

static lg_status params_of(lg_arena *arena, const nn_field *fields, const dsl_param **out, lg_err *err)
{
    size_t n = 0;
    while (fields[n].name) n++;
    dsl_param *params = lg_arena_alloc(arena, n + 1, sizeof *params, err);
    if (!params) return err->status;
    for (size_t i = 0; i < n; i++) {
        const nn_field *field = &fields[i];
        dsl_param *param = &params[i];
        *param = (dsl_param){.name = field->name,
                             .type = type_of(field->kind),
                             .role = field->kind == NN_FLAG ? DSL_FLAG
                                     : field->positional    ? DSL_POSITIONAL
                                                            : DSL_OPTION,
                             .required = field->required,
                             .zero = field->kind == NN_SIZE && field->min <= 0,
                             .min = field->min,
                             .max = field->kind == NN_SIZE ? field->bare_max : field->max,
                             .aliases = field->aliases,
                             .help = field->help};
        if (field->kind == NN_CHOICE) LG_TRY(join_choices(arena, field->choices, &param->choices, err));
        if (strcmp(field->name, "units") == 0) param->choices = "classes"; /* one for each label of the dataset */
        LG_TRY(default_of(arena, field, &param->dflt, err));
        LG_TRY(advice_of(arena, field, &param->advice, err));
    }
    *out = params;
    return LG_OK;
}

/* `residual { … }`: a block of layers whose output is added to its input; the library joins the two by `add`. */
static lg_status residual_word(lg_arena *arena, dsl_layer_type *word, lg_err *err)
{
    static const char *const examples[] = {"residual { conv 16 3x3 same; batchnorm; activation relu }", NULL};
    *word = (dsl_layer_type){.name = "residual",
                             .summary = "Its layers' output plus its input; both must be of one size.",
                             .examples = examples,
                             .block = true,
                             .impl = nn_layer_find("add")};
    return params_of(arena, nn_layer_find("add")->fields, &word->params, err);
}

lg_status cmd_layers_new(dsl_layer_type **out, lg_err *err)
{
    size_t n = 0, words = 0;
    while (nn_layers[n]) n++;
    layer_table *table = lg_alloc(1, sizeof *table + (n + 3) * sizeof table->type[0], err);
    if (!table) return err->status;
    lg_arena_init(&table->arena, 0);
    *out = table->type;
    for (size_t i = 0; i < n; i++) {
        const nn_layer_type *layer = nn_layers[i];
        if (layer->min_inputs > 1)
            continue; /* add, concat: one line has one input, so the language has no word for them */
        dsl_layer_type *word = &table->type[words++];
        *word = (dsl_layer_type){.name = layer->name, .summary = layer->doc, .impl = layer};
        if (params_of(&table->arena, layer->fields, &word->params, err) ||
            examples_of(&table->arena, layer->examples, &word->examples, err) ||
            (layer->aliases && split_words(&table->arena, layer->aliases, &word->aliases, err))) {
            cmd_layers_free(table->type);
            *out = NULL;
            return err->status;
        }
    }
    if (residual_word(&table->arena, &table->type[words], err) ||
        cmd_base_word(&table->arena, &table->type[words + 1], err)) {
        cmd_layers_free(table->type);
        *out = NULL;
        return err->status;
    }
    return LG_OK;
}

void cmd_layers_free(dsl_layer_type *layers)
{
    if (!layers) return;
    layer_table *table = (layer_table *)((char *)layers - offsetof(layer_table, type));
    lg_arena_release(&table->arena);
    lg_free(table);
}

static lg_status set_field(const dsl_layer *layer, const nn_field *field, const dsl_value *value, int nclass,
                           void *config, bool *used_classes, lg_err *err)
{
    char number[24];
    const char *word = value->text;
    const nn_layer_type *type = layer->type->impl;
    if (field->kind == NN_FLAG) word = value->number != 0 ? "yes" : "no";
    if (field->kind == NN_INT && strcmp(word, "classes") == 0) {
        if (!nclass) {
            lg_fail(err, LG_E_SHAPE, 215, "`classes` says: one output per label, but this model has no dataset");
            lg_try(err, "write `model NAME on DATASET { … }`, or the number of outputs itself");
            return lg_err_place(err, value->span);
        }
        snprintf(number, sizeof number, "%d", nclass);
        word = number;
        *used_classes = true;
    }
    if (nn_field_set(field, type->name, config, word, err)) return lg_err_place(err, value->span);
    return LG_OK;
}

lg_status cmd_layer_config(const dsl_layer *layer, int nclass, void *config, bool *used_classes, lg_err *err)
{
    const nn_layer_type *type = layer->type->impl;
    nn_config_init(type, config);
    *used_classes = false;
    for (size_t i = 0; type->fields[i].name; i++) {
        const dsl_arg *arg = &layer->arg[i];
        if (!arg->given || !arg->count) continue;
        LG_TRY(set_field(layer, &type->fields[i], &arg->value[0], nclass, config, used_classes, err));
    }
    return LG_OK;
}
