/* bind_call.c - a whole call: its arguments, its block, the line as written and the recipe with defaults filled in. */
#include "kernel/dsl/inside.h"
#include <ctype.h>
#include <string.h>

#include "lib/base/banned.h"

/* ---- recipes ---- */
/* Words that a bare one would be taken for. */
static bool is_grammar(const char *s)
{
    static const char *const words[] = {"and", "or", "not", "in", "contains", "where", "let", "for", "check", "no"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (dsl_same(words[i], s)) return true;
    return dsl_is_preposition(s);
}

void dsl_add_word(lg_buf *out, const char *s)
{
    bool plain = *s && *s != '#' && *s != '$' && !strpbrk(s, " \t\r\n{}()[],;=\"'<>!\\") && !is_grammar(s);
    if (plain) {
        lg_buf_adds(out, s);
        return;
    }
    if (strpbrk(s, "\"\\$") && !strpbrk(s, "'\n\r")) {
        lg_buf_addf(out, "'%s'", s);
        return;
    }
    lg_buf_addc(out, '"');
    for (; *s; s++) {
        if (*s == '\n' || *s == '\r') lg_buf_adds(out, *s == '\n' ? "\\n" : "\\r");
        else {
            if (strchr("\"\\$", *s)) lg_buf_addc(out, '\\');
            lg_buf_addc(out, *s);
        }
    }
    lg_buf_addc(out, '"');
}

static void add_grid(lg_buf *out, const dsl_grid *grid)
{
    char number[40];
    lg_buf_addc(out, '[');
    for (int r = 0; r < grid->rows; r++)
        for (int c = 0; c < grid->cols; c++) {
            lg_number_text(grid->cell[(size_t)r * (size_t)grid->cols + (size_t)c], number);
            lg_buf_addf(out, "%s%s", c ? " " : r ? "; " : "", number);
        }
    lg_buf_addc(out, ']');
}

static void add_value(lg_buf *out, const dsl_value *value)
{
    static const char *const parts[] = {"", ".train", ".val", ".test"};
    if (value->type == DSL_T_GRID && !value->name) add_grid(out, &value->grid);
    else if (value->name) lg_buf_addf(out, "%s%s", value->name, parts[value->part]);
    else if (value->type == DSL_T_SIZE && value->nsize) {
        lg_buf_addf(out, "%dx%d", value->size[0], value->size[1]);
        if (value->nsize == 3) lg_buf_addf(out, "x%d", value->size[2]);
    } else dsl_add_word(out, value->text);
}

/* `set seed` is the default of every seed. */
static const char *own_default(const dsl_call *call, const dsl_param *param)
{
    return strcmp(param->name, "seed") ? NULL : dsl_session_setting(call->session, "seed");
}

static void add_arg(lg_buf *out, const dsl_call *call, const dsl_param *param, const dsl_arg *arg, bool defaults)
{
    if (!arg->count || (!arg->given && !defaults)) return;
    const char *word = arg->given ? NULL : own_default(call, param);
    if (word) {
        lg_buf_addf(out, " %s %s", param->name, word);
        return;
    }
    if (param->type == DSL_T_FLAG) {
        bool on = arg->value[0].number != 0, usual = param->dflt && dsl_same(param->dflt, "on");
        if (on != usual) lg_buf_addf(out, " %s%s", on ? "" : "no ", param->name);
        return;
    }
    if (param->role != DSL_POSITIONAL) lg_buf_addf(out, " %s", param->name);
    for (int i = 0; i < arg->count; i++) {
        lg_buf_adds(out, i ? ", " : " ");
        add_value(out, &arg->value[i]);
    }
}

static void add_args(lg_buf *out, const dsl_call *call, const dsl_param *params, const dsl_arg *arg, bool defaults)
{
    for (int pass = 0; pass < 3; pass++)
        for (int i = 0; params && params[i].name; i++) {
            int turn = params[i].role == DSL_POSITIONAL ? 0 : params[i].role == DSL_PREPOSITION ? 1 : 2;
            if (turn == pass) add_arg(out, call, &params[i], &arg[i], defaults && !params[i].late);
        }
}

static void add_layers(lg_buf *out, const dsl_call *call, const dsl_layer *layer, int count)
{
    lg_buf_adds(out, " { ");
    for (int i = 0; i < count; i++) {
        if (i) lg_buf_adds(out, "; ");
        lg_buf_adds(out, layer[i].type->name);
        add_args(out, call, layer[i].type->params, layer[i].arg, false);
        if (layer[i].ninner) add_layers(out, call, layer[i].inner, layer[i].ninner);
    }
    lg_buf_adds(out, " }");
}

lg_status dsl_written(const dsl_call *call, bool defaults, lg_arena *arena, const char **out, lg_err *err)
{
    lg_buf text;
    lg_buf_init(&text, 1 << 24);
    lg_buf_adds(&text, call->command->name);
    add_args(&text, call, call->command->params, call->arg, defaults);
    if (call->where) {
        lg_buf_adds(&text, " where ");
        dsl_cond_text(call->where, &text);
    }
    if (call->has_block) add_layers(&text, call, call->layer, call->nlayers);
    lg_status st = lg_buf_check(&text, err);
    if (st == LG_OK && !(*out = lg_arena_strndup(arena, lg_buf_str(&text), text.len, err))) st = err->status;
    lg_buf_release(&text);
    return st;
}

/* ---- the call ---- */
/* The source as one line: line breaks and runs of blanks outside of quotes become one blank. */
static char *one_line(const char *s, size_t len, lg_arena *arena, lg_err *err)
{
    char *line = lg_arena_alloc(arena, len + 1, 1, err), quote = 0;
    size_t n = 0;
    for (size_t i = 0; line && i < len; i++) {
        if (quote ? s[i] == quote : s[i] == '"' || s[i] == '\'') quote = quote ? 0 : s[i];
        bool blank = !quote && isspace((unsigned char)s[i]);
        if (!blank) line[n++] = s[i];
        else if (n && line[n - 1] != ' ') line[n++] = ' ';
    }
    return line;
}

static lg_status bind_block(dsl_walk *walk, const dsl_command *command, dsl_stmt *stmt, lg_arena *arena, dsl_call *out,
                            lg_err *err)
{
    out->has_block = stmt->has_block;
    if (!stmt->has_block) return LG_OK;
    if (!command->takes_layers) {
        lg_fail(err, LG_E_SYNTAX, 109, "`%s` takes no `{ }`", command->name);
        lg_try(err, "`help %s` shows how it is written", command->name);
        return lg_err_place(err, stmt->head->span);
    }
    dsl_layer *layers = NULL;
    LG_TRY(dsl_bind_layers(walk, stmt->block, arena, &layers, &out->nlayers, err));
    out->layer = layers;
    return LG_OK;
}

/* What the command makes must not take the place of an object of another kind. */
static lg_status names_free(dsl_walk *walk, const dsl_command *command, const dsl_arg *arg, lg_err *err)
{
    for (int i = 0; command->params && command->params[i].name; i++)
        if (command->params[i].type == DSL_T_NEWNAME && arg[i].count)
            LG_TRY(dsl_name_free(walk, arg[i].value[0].text, command->makes, arg[i].value[0].span, err));
    return LG_OK;
}

lg_status dsl_bind_call(dsl_walk *walk, const dsl_command *command, dsl_stmt *stmt, lg_arena *arena, dsl_call *out,
                        lg_err *err)
{
    *out = (dsl_call){.session = walk->session,
                      .command = command,
                      .span = stmt->head->span,
                      .loop = walk->loop,
                      .loop_index = walk->loop_depth ? stmt->runs : 0,
                      .out = walk->out,
                      .cancel = walk->cancel,
                      .arena = arena};
    dsl_target target = {
        .name = command->name, .params = command->params, .takes_where = command->takes_where, .command = command};
    dsl_arg *arg = NULL;
    dsl_cond *where = NULL;
    char *note = NULL;
    LG_TRY(dsl_bind_args(walk, &target, stmt, arena, &arg, &where, &note, err));
    LG_TRY(names_free(walk, command, arg, err));
    out->arg = arg;
    out->where = where;
    out->note = note;
    LG_TRY(bind_block(walk, command, stmt, arena, out, err));
    out->line = one_line(stmt->at, stmt->len, arena, err);
    if (!out->line) return err->status;
    LG_TRY(dsl_written(out, true, arena, &out->step, err));
    out->recipe = out->step;
    return walk->dry ? LG_OK : dsl_lineage(out, arena, &out->recipe, err);
}
