/* suggest.c - words that are not in the tables: what was probably meant. */
#include "kernel/dsl/inside.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { MOST_NAMES = 400 };

typedef struct pair {
    const char *said, *here;
} pair;

static const pair verbs[] = {
    {"train", "fit"},
    {"learn", "fit"},
    {"finetune", "fit"},
    {"fine-tune", "fit"},
    {"teach", "fit"},
    {"compile", "fit"},
    {"read", "load"},
    {"import", "load"},
    {"data", "load"},
    {"dataset", "load"},
    {"images", "load"},
    {"print", "say"},
    {"echo", "say"},
    {"puts", "say"},
    {"write", "say"},
    {"message", "say"},
    {"network", "model"},
    {"net", "model"},
    {"define", "model"},
    {"build", "model"},
    {"sequential", "model"},
    {"cnn", "model"},
    {"plot", "curves"},
    {"history", "curves"},
    {"learning", "curves"},
    {"curve", "curves"},
    {"display", "show"},
    {"view", "show"},
    {"visualize", "show"},
    {"visualise", "show"},
    {"look", "show"},
    {"see", "show"},
    {"imshow", "show"},
    {"head", "show"},
    {"cm", "confusion"},
    {"matrix", "confusion"},
    {"confusion_matrix", "confusion"},
    {"test", "evaluate"},
    {"eval", "evaluate"},
    {"score", "evaluate"},
    {"accuracy", "evaluate"},
    {"validate", "evaluate"},
    {"classification_report", "report"},
    {"precision", "report"},
    {"recall", "report"},
    {"metrics", "report"},
    {"errors", "mistakes"},
    {"wrong", "mistakes"},
    {"misclassified", "mistakes"},
    {"predict", "classify"},
    {"label", "classify"},
    {"inference", "classify"},
    {"gradcam", "explain"},
    {"heatmap", "explain"},
    {"saliency", "explain"},
    {"why", "explain"},
    {"merge", "combine"},
    {"join", "combine"},
    {"concat", "combine"},
    {"rename", "relabel"},
    {"resize", "clean"},
    {"preprocess", "clean"},
    {"normalize", "clean"},
    {"scale", "clean"},
    {"augmentation", "augment"},
    {"generate", "augment"},
    {"remove", "drop"},
    {"rm", "drop"},
    {"exclude", "drop"},
    {"revert", "undo"},
    {"download", "scrape"},
    {"fetch", "scrape"},
    {"collect", "scrape"},
    {"crawl", "scrape"},
    {"search", "scrape"},
    {"login", "connect"},
    {"store", "save"},
    {"restore", "open"},
    {"tune", "sweep"},
    {"gridsearch", "sweep"},
    {"lrfind", "findlr"},
    {"find_lr", "findlr"},
    {"layers", "summary"},
    {"structure", "summary"},
    {"ls", "list"},
    {"dir", "list"},
    {"who", "list"},
    {"man", "help"},
    {"info", "help"},
    {"doc", "help"},
    {"cls", "clear"},
    {"source", "run"},
    {"execute", "run"},
    {"include", "run"},
    {"param", "set"},
    {"option", "set"},
    {"versus", "compare"},
    {"diff", "compare"},
    {"users", "customers"},
};

static const pair options[] = {
    {"batch_size", "batch"},
    {"batchsize", "batch"},
    {"learning_rate", "lr"},
    {"learningrate", "lr"},
    {"rate", "lr"},
    {"optimiser", "optimizer"},
    {"epoch", "epochs"},
    {"kernel_size", "kernel"},
    {"padding", "same"},
    {"strides", "stride"},
    {"early_stopping", "patience"},
    {"weight_decay", "decay"},
    {"validation_split", "split"},
    {"image_size", "size"},
    {"target_size", "size"},
    {"random_state", "seed"},
    {"class_weight", "balance"},
    {"scheduler", "schedule"},
    {"metrics", "metric"},
    {"rotation_range", "rotate"},
    {"rotation", "rotate"},
    {"width_shift_range", "shift"},
    {"height_shift_range", "shift"},
    {"zoom_range", "zoom"},
    {"horizontal_flip", "flip"},
    {"brightness_range", "brightness"},
    {"max", "limit"},
    {"top", "limit"},
    {"count", "limit"},
    {"into", "as"},
    {"name", "as"},
};

static const char *lookup(const pair *table, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (dsl_same(word, table[i].said)) return table[i].here;
    return NULL;
}

const dsl_command *dsl_command_find(const dsl_config *config, const char *word)
{
    for (size_t i = 0; config && config->commands && config->commands[i]; i++)
        if (dsl_same(word, config->commands[i]->name)) return config->commands[i];
    return NULL;
}

const dsl_layer_type *dsl_layer_find(const dsl_config *config, const char *word)
{
    for (const dsl_layer_type *layer = config ? config->layers : NULL; layer && layer->name; layer++) {
        if (dsl_same(word, layer->name)) return layer;
        for (size_t i = 0; layer->aliases && layer->aliases[i]; i++)
            if (dsl_same(word, layer->aliases[i])) return layer;
    }
    return NULL;
}

const char *dsl_synonym(const dsl_config *config, const char *word)
{
    const char *here = lookup(verbs, sizeof verbs / sizeof *verbs, word);
    return here && dsl_command_find(config, here) ? here : NULL;
}

const char *dsl_option_synonym(const char *word)
{
    return lookup(options, sizeof options / sizeof *options, word);
}

/* Cyrillic and Greek letters that look like Latin ones. */
static bool fold_lookalikes(const char *word, char *out, size_t size, char odd[8])
{
    static const struct {
        uint32_t cp;
        char latin;
    } alike[] = {{0x430, 'a'}, {0x435, 'e'}, {0x43e, 'o'}, {0x440, 'p'}, {0x441, 'c'}, {0x443, 'y'},
                 {0x445, 'x'}, {0x456, 'i'}, {0x458, 'j'}, {0x455, 's'}, {0x501, 'd'}, {0x3bf, 'o'},
                 {0x3b1, 'a'}, {0x3b9, 'i'}, {0x3bd, 'v'}, {0x131, 'i'}, {0x4bb, 'h'}, {0x51b, 'q'},
                 {0x51d, 'w'}, {0x261, 'g'}, {0x43c, 'm'}, {0x442, 't'}, {0x43a, 'k'}};
    size_t n = 0, len = strlen(word);
    bool any = false;
    for (size_t at = 0; at < len && n + 1 < size;) {
        uint32_t cp = 0;
        int bytes = lg_utf8_next(word + at, len - at, &cp);
        if (bytes <= 0) return false;
        char c = cp < 0x80 ? (char)cp : 0;
        for (size_t i = 0; !c && i < sizeof alike / sizeof *alike; i++)
            if (alike[i].cp == cp) {
                c = alike[i].latin;
                if (!any) snprintf(odd, 8, "%.*s", bytes, word + at);
                any = true;
            }
        if (!c) return false;
        out[n++] = c;
        at += (size_t)bytes;
    }
    out[n] = 0;
    return any;
}

/* The line with its first word replaced, if it is short enough to be shown. */
static bool line_with(const dsl_stmt *stmt, const char *word, char *out, size_t size)
{
    size_t head = stmt->head->len, rest = stmt->len - head, n = strlen(word);
    if (n + rest + 1 > size || memchr(stmt->at, '\n', stmt->len)) return false;
    memcpy(out, word, n);
    memcpy(out + n, stmt->at + head, rest);
    out[n + rest] = 0;
    return true;
}

static lg_status layer_outside(const dsl_stmt *stmt, const dsl_layer_type *layer, lg_err *err)
{
    char line[200];
    lg_fail(err, LG_E_SYNTAX, 128, "`%s` is a layer, and layers go inside `model NAME { }`",
            dsl_brief(stmt->head->at, stmt->head->len).s);
    bool one = line_with(stmt, layer->name, line, sizeof line);
    lg_try(err, "model scratch on logos { %s }", one ? line : layer->name);
    return lg_err_place(err, stmt->head->span);
}

/* A misspelt word of another language: one slip in five letters or more, as short words are too alike. */
static const char *near_synonym(const dsl_config *config, const char *word)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strlen(verbs[i].said) >= 5 && lg_edit_distance(word, verbs[i].said) == 1 &&
            dsl_command_find(config, verbs[i].here))
            return verbs[i].here;
    return NULL;
}

/* What begins a comment elsewhere. */
static bool is_remark(const char *word)
{
    return !strncmp(word, "//", 2) || !strncmp(word, "--", 2) || !strncmp(word, "/*", 2);
}

/* `logos show`: the object, then the command. */
static const dsl_command *verb_behind(dsl_walk *walk, const dsl_stmt *stmt, const char *word)
{
    char verb[64] = {0};
    const dsl_atom *next = stmt->args && stmt->args->kind == NODE_LIST ? stmt->args->list.first : NULL;
    if (!dsl_session_get(walk->session, word) || !next || next->len >= sizeof verb) return NULL;
    memcpy(verb, next->at, next->len);
    return dsl_command_find(&walk->session->config, verb);
}

/* What another word is called here may be about something else: `predict scratch image 3` asks a model about an image,
 * `rename scratch to best` gives an object another name, which there is no command for. */
static bool is_elsewhere(dsl_walk *walk, const dsl_stmt *stmt, const char *word, lg_err *err)
{
    char name[64] = {0};
    const dsl_atom *first = stmt->args && stmt->args->kind == NODE_LIST ? stmt->args->list.first : NULL;
    if (!first || first->len >= sizeof name) return false;
    memcpy(name, first->at, first->len);
    const dsl_object *object = dsl_session_get(walk->session, name);
    bool model = object && object->cls->kind == DSL_KIND_MODEL;
    if (dsl_same(word, "predict") && model) {
        lg_fail(err, LG_E_NAME, 104, "there is no command `%s`", word);
        lg_try(err, "`explain %s image 1` for an image; `classify DATASET with %s` for all", name, name);
        return true;
    }
    if (!dsl_same(word, "rename") || !object || object->cls->kind == DSL_KIND_DATASET) return false;
    lg_fail(err, LG_E_NAME, 104, "there is no command `%s`", word);
    lg_try(err, "save it and open it by another name: `save %s to …`, `open NAME from …`", name);
    return true;
}

lg_status dsl_no_command(dsl_walk *walk, const dsl_stmt *stmt, lg_err *err)
{
    const dsl_config *config = &walk->session->config;
    const char *names[MOST_NAMES];
    size_t count = 0;
    char word[64] = {0}, folded[64], odd[8] = "", line[300];
    dsl_bit shown = dsl_brief(stmt->head->at, stmt->head->len);
    if (stmt->head->len < sizeof word) memcpy(word, stmt->head->at, stmt->head->len);
    const dsl_layer_type *layer = dsl_layer_find(config, word);
    if (layer) return layer_outside(stmt, layer, err);
    const char *here = dsl_synonym(config, word);
    if (!here && *word && fold_lookalikes(word, folded, sizeof folded, odd)) {
        const dsl_command *command = dsl_command_find(config, folded);
        if (command) {
            lg_fail(err, LG_E_NAME, 104, "there is no command `%s`", shown.s);
            lg_why(err, "the `%s` in it is a letter of another alphabet that looks the same", odd);
            lg_try(err, "did you mean `%s`?", command->name);
            return lg_err_place(err, stmt->head->span);
        }
    }
    for (size_t i = 0; config->commands && config->commands[i] && count < MOST_NAMES; i++)
        names[count++] = config->commands[i]->name;
    const char *near = here || !*word ? NULL : lg_nearest(word, names, count);
    if (!here && !near && *word) here = near_synonym(config, word);
    if (here) {
        if (is_elsewhere(walk, stmt, word, err)) return lg_err_place(err, stmt->head->span);
        lg_fail(err, LG_E_NAME, 104, "there is no command `%s`; here it is called `%s`", shown.s, here);
        if (line_with(stmt, here, line, sizeof line)) lg_try(err, "%s", line);
        else lg_try(err, "did you mean `%s`?", here);
        return lg_err_place(err, stmt->head->span);
    }
    const char *dot = strchr(word, '.');
    if (dot && dot > word && !stmt->args && !stmt->has_block) { /* a field or part of something that is not there */
        lg_fail(err, LG_E_NAME, 130, "there is nothing called `%.*s`", (int)(dot - word), word);
        lg_try(err, "`list` shows everything that exists");
        return lg_err_place(err, stmt->head->span);
    }
    lg_fail(err, LG_E_NAME, 104, "there is no command `%s`", shown.s);
    if (is_remark(word)) lg_try(err, "a remark begins with `#`: # like this");
    if (is_remark(word)) return lg_err_place(err, stmt->head->span);
    if (dsl_same(word, "exit") || dsl_same(word, "quit")) {
        lg_try(err, "in a notebook: Shut Down Kernel in the menu Kernel; in a terminal: Ctrl-D");
        return lg_err_place(err, stmt->head->span);
    }
    if (*word == '%' || *word == '?') lg_why(err, "words that begin with %c belong to other kernels", *word);
    const dsl_command *behind = verb_behind(walk, stmt, word);
    if (behind) lg_try(err, "the command comes first: %s %s", behind->name, word);
    else if (near) lg_try(err, "did you mean `%s`?", near);
    else if (*word && dsl_find_var(walk, word)) lg_try(err, "did you mean the variable `$%s`?", word);
    else lg_try(err, "`help` lists the commands");
    return lg_err_place(err, stmt->head->span);
}

/* ---- options ---- */
static void list_role(const dsl_target *target, int pass, lg_buf *out)
{
    for (const dsl_param *p = target->params; p && p->name; p++) {
        bool wanted = pass == 0   ? p->role == DSL_OPTION
                      : pass == 1 ? p->role == DSL_FLAG
                      : pass == 2 ? p->role == DSL_PREPOSITION
                                  : p->role == DSL_POSITIONAL;
        if (wanted && !p->late && out->len < 500) lg_buf_addf(out, "%s%s", out->len ? ", " : "", p->name);
    }
}

static const char *near_param(const dsl_target *target, const char *word)
{
    const char *names[128], *found = NULL, *synonym = dsl_option_synonym(word);
    size_t count = 0;
    for (const dsl_param *p = target->params; p && p->name && count < 128; p++) {
        if (p->late) continue;
        if (p->role != DSL_POSITIONAL || target->layer) names[count++] = p->name;
        if (synonym && dsl_same(synonym, p->name)) found = p->name;
    }
    if (target->takes_where && count < 128) names[count++] = "where";
    return found ? found : lg_nearest(word, names, count);
}

/* A path where only `from` or `to` may bring one. */
static const char *place_word(const dsl_target *target, const char *word)
{
    if (!strpbrk(word, "/.:")) return NULL;
    for (const dsl_param *p = target->params; p && p->name; p++)
        if (p->role == DSL_PREPOSITION && (p->type == DSL_T_PATH || p->type == DSL_T_OUTPATH)) return p->name;
    return NULL;
}

/* A word that names a choice of a preposition, such as `edge` for `with`; NULL: none. */
static const char *choice_word(const dsl_target *target, const char *word)
{
    for (const dsl_param *p = target->params; p && p->name; p++)
        if (p->role == DSL_PREPOSITION && dsl_choice_index(p->choices, word) >= 0) return p->name;
    return NULL;
}

/* A bare number where an image is chosen by one: `explain scratch 21`. */
static bool image_number(const dsl_target *target, const char *word)
{
    if (!*word || strspn(word, "0123456789") != strlen(word)) return false;
    bool image = false;
    for (const dsl_param *p = target->params; p && p->name; p++) {
        if (p->role == DSL_POSITIONAL && p->type == DSL_T_GRID && p->list) return false; /* scores without commas */
        image |= p->role == DSL_OPTION && p->type == DSL_T_IMAGE;
    }
    return image;
}

static bool takes_dataset(const dsl_target *target)
{
    const dsl_param *p = target->params;
    while (p && p->name && !(p->type == DSL_T_OBJECT && (p->kinds & DSL_DATASETS))) p++;
    return !target->layer && p && p->name;
}

/* What it does is for all images of a dataset: those that pass need a name of their own. */
static lg_status no_where(const dsl_target *target, const dsl_word *word, lg_err *err)
{
    lg_fail(err, LG_E_SYNTAX, 344, "`%s` is for all images of a dataset, `where` cannot choose among them",
            target->name);
    lg_try(err, "name those that pass: combine DATASET into some where label = nike, and write `some` here instead");
    return lg_err_place(err, word->span);
}

lg_status dsl_no_option(const dsl_target *target, const dsl_word *word, lg_err *err)
{
    if (target->takes_where && !word->quoted && dsl_same(word->text, "where")) {
        lg_fail(err, LG_E_SYNTAX, 109, "`where` wants a condition");
        lg_try(err, "write e.g. `where label = nike`");
        return lg_err_place(err, word->span);
    }
    if (!word->quoted && dsl_same(word->text, "where") && takes_dataset(target)) return no_where(target, word, err);
    lg_buf known;
    lg_buf_init(&known, 4096);
    for (int pass = 0; pass < 3 && !known.len; pass++) list_role(target, pass, &known);
    if (target->layer && !known.len) list_role(target, 3, &known);
    const char *text = word->text + strspn(word->text, "-"); /* --epochs */
    const char *near =
        strlen(text) < 100 && !word->quoted && !strchr("0123456789.", *text) ? near_param(target, text) : NULL;
    const char *place = near ? NULL : place_word(target, word->text);
    if (!near && !place) place = choice_word(target, word->text);
    if (!near && !place && image_number(target, word->text)) place = "image";
    lg_fail(err, LG_E_NAME, 140, "`%s` does not know `%s`", target->name, dsl_brief(word->text, strlen(word->text)).s);
    if (known.len) lg_why(err, "it knows: %s", lg_buf_str(&known));
    if (near) lg_try(err, "did you mean `%s`?", near);
    else if (dsl_same(word->text, "//") || dsl_same(word->text, "--"))
        lg_try(err, "a remark begins with `#`: # like this");
    else if (strlen(text) == 1 && strchr("+*/", *text))
        lg_try(err, "arithmetic stands in brackets, as in `(1 + 2 * 3)`");
    else if (place) lg_try(err, "did you mean `%s %s`?", place, dsl_brief(word->text, strlen(word->text)).s);
    else lg_try(err, "`help %s` shows how it is written", target->name);
    lg_buf_release(&known);
    return lg_err_place(err, word->span);
}

/* ---- layers ---- */
/* `relu` on a line of its own */
static bool is_activation(const dsl_config *config, const char *word)
{
    const dsl_layer_type *layer = dsl_layer_find(config, "activation");
    for (const dsl_param *p = layer ? layer->params : NULL; p && p->name; p++)
        if (p->role == DSL_POSITIONAL && dsl_choice_index(p->choices, word) >= 0) return true;
    return false;
}

lg_status dsl_no_layer(dsl_walk *walk, const dsl_stmt *stmt, lg_err *err)
{
    const dsl_config *config = &walk->session->config;
    const char *names[MOST_NAMES];
    size_t count = 0, real = 0;
    char word[64] = {0};
    lg_buf known;
    lg_buf_init(&known, 8192);
    dsl_bit shown = dsl_brief(stmt->head->at, stmt->head->len);
    if (stmt->head->len < sizeof word) memcpy(word, stmt->head->at, stmt->head->len);
    for (const dsl_layer_type *l = config->layers; l && l->name && count < MOST_NAMES; l++) {
        names[count++] = l->name;
        lg_buf_addf(&known, "%s%s", known.len ? ", " : "", l->name);
    }
    real = count;
    for (const dsl_layer_type *l = config->layers; l && l->name; l++)
        for (size_t i = 0; l->aliases && l->aliases[i] && count < MOST_NAMES; i++) names[count++] = l->aliases[i];
    const char *near = *word ? lg_nearest(word, names, real) : NULL;
    if (!near && *word) near = lg_nearest(word, names, count);
    const dsl_command *command = *word ? dsl_command_find(config, word) : NULL;
    if (dsl_same(word, "pool")) near = "maxpool", command = NULL;
    if (is_activation(config, word)) {
        lg_fail(err, LG_E_NAME, 201, "no layer is called `%s`: it is an activation", shown.s);
        lg_try(err, "write it behind a layer, as in `conv 16 3x3 %s`, or `activation %s`", word, word);
    } else if (command) {
        lg_fail(err, LG_E_SYNTAX, 128, "`%s` is a command, not a layer", command->name);
        lg_try(err, "close the model with `}` before this line");
    } else {
        lg_fail(err, LG_E_NAME, 201, "no layer is called `%s`", shown.s);
        lg_why(err, "layers: %s", lg_buf_str(&known));
        if (near) lg_try(err, "did you mean `%s`?", near);
        else lg_try(err, "`help layers` says what each of them does");
    }
    lg_buf_release(&known);
    return lg_err_place(err, stmt->head->span);
}
