/* eval.c - the walker: lex, parse, walk dry (everything bound, nothing run), then walk again and run. */
#include "kernel/dsl/inside.h"
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { DRY_ROUNDS = 20000 }; /* beyond this many rounds the dry walk looks at each loop once */

static lg_status walk_block(dsl_walk *walk, dsl_stmt *block, void *ctx, lg_err *err);

/* LL101 has no place: what it speaks of is a comment, no part of the line. */
lg_status dsl_place(lg_err *err, lg_span span)
{
    return err->code == 101 ? err->status : lg_err_place(err, span);
}

lg_status dsl_step(dsl_walk *walk, lg_err *err)
{
    return walk->steps++ % 64 ? LG_OK : lg_cancel_check(walk->cancel, err);
}

/* ---- let ---- */
static bool is_bound(const dsl_var *var, const dsl_words *words)
{
    bool unknown = false;
    if (!var || var->count != words->count) return false;
    for (int i = 0; i < words->count; i++) {
        if (strcmp(var->text[i], words->word[i].text) != 0) return false;
        unknown |= words->word[i].unknown;
    }
    return var->unknown == unknown;
}

/* arena: of the statement. The cell's, which the rounds of a loop would fill, holds what only the cell knows. */
static lg_status set_var(dsl_walk *walk, const char *name, const dsl_words *words, lg_arena *arena, lg_err *err)
{
    const dsl_var *known = dsl_names_get(&walk->vars, name);
    const bool keeps = !walk->dry && !known;
    dsl_var var = {.count = words->count};
    void *old;
    if (is_bound(known, words)) return LG_OK;
    var.text = lg_arena_alloc(keeps ? arena : walk->cell, (size_t)words->count + 1, sizeof *var.text, err);
    if (!var.text) return err->status;
    for (int i = 0; i < words->count; i++) {
        var.text[i] = words->word[i].text;
        var.unknown |= words->word[i].unknown;
    }
    if (keeps) return dsl_session_set_var(walk->session, name, &var, err);
    dsl_var *kept = lg_arena_alloc(walk->cell, 1, sizeof *kept, err);
    if (!kept) return err->status;
    for (int i = 0; i < words->count; i++) {
        var.text[i] = lg_arena_strndup(walk->cell, var.text[i], strlen(var.text[i]), err);
        if (!var.text[i]) return err->status;
    }
    *kept = var;
    return dsl_names_put(&walk->vars, name, kept, &old, err);
}

static lg_status shadow_name(dsl_walk *walk, const char *name, dsl_kind kind, lg_err *err)
{
    dsl_shadow *shadow = dsl_names_get(&walk->shadow, name);
    void *old;
    if (shadow) {
        shadow->kind = kind;
        return LG_OK;
    }
    shadow = lg_arena_alloc(walk->cell, 1, sizeof *shadow, err);
    if (!shadow) return err->status;
    shadow->kind = kind;
    return dsl_names_put(&walk->shadow, name, shadow, &old, err);
}

static lg_status let_grid(dsl_walk *walk, const dsl_stmt *stmt, const char *name, lg_arena *arena, lg_err *err)
{
    dsl_grid grid = {0};
    bool unknown = false;
    dsl_word word = {.text = name, .span = stmt->head->span};
    LG_TRY(dsl_name_check(&walk->session->config, &word, err));
    LG_TRY(dsl_name_free(walk, name, DSL_KIND_GRID, stmt->head->span, err));
    LG_TRY(dsl_matrix_grid(walk, stmt->args->extra, arena, &grid, &unknown, err));
    if (walk->dry) return shadow_name(walk, name, DSL_KIND_GRID, err);
    char *recipe = lg_arena_strndup(arena, stmt->at, stmt->len, err);
    dsl_object *object;
    if (!recipe) return err->status;
    LG_TRY(dsl_grid_new(walk->session->config.grid_class, grid.rows, grid.cols, grid.cell, recipe, &object, err));
    return dsl_session_bind(walk->session, name, object, err);
}

static lg_status variable_name(const dsl_atom *atom, const char *name, lg_err *err)
{
    static const char *const words[] = {"and", "or", "not", "in", "contains", "where", "let", "for", "check", "no"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (dsl_same(name, words[i])) {
            lg_fail(err, LG_E_NAME, 111, "`%s` is a word of the language, so it cannot be a name", name);
            lg_try(err, "use e.g. `my%s`", name);
            return lg_err_place(err, atom->span);
        }
    if (dsl_is_identifier(name)) return LG_OK;
    dsl_word word = {.text = name, .span = atom->span};
    lg_fail(err, LG_E_NAME, 110, "`%s` cannot be a name", dsl_brief(name, strlen(name)).s);
    lg_why(err, "a name is one word of letters, digits and _, beginning with a letter");
    lg_try(err, "write e.g. `let lr = 0.01`");
    return lg_err_place(err, word.span);
}

lg_status dsl_let(dsl_walk *walk, const dsl_stmt *stmt, lg_err *err)
{
    lg_arena arena;
    lg_arena_init(&arena, DSL_ARENA_MAX);
    lg_status st;
    char *name = dsl_atom_source(stmt->head, &arena, err);
    dsl_words words;
    if (!name) LG_GO(err->status);
    LG_GO(variable_name(stmt->head, name, err));
    if (stmt->args->kind == NODE_MATRIX) LG_GO(let_grid(walk, stmt, name, &arena, err));
    else {
        LG_GO(dsl_list_words(walk, &stmt->args->list, &arena, &words, err));
        LG_GO(set_var(walk, name, &words, &arena, err));
    }
done:
    lg_arena_release(&arena);
    return st;
}

static lg_status grid_number(dsl_walk *walk, const dsl_atom *atom, lg_arena *arena, double *out, bool *unknown,
                             lg_err *err)
{
    dsl_word word;
    LG_TRY(dsl_atom_text(walk, atom, arena, &word, err));
    if (word.unknown) {
        *unknown = true;
        return LG_OK;
    }
    static const dsl_param number = {.name = "number", .role = DSL_POSITIONAL, .type = DSL_T_NUMBER};
    static const dsl_target grid = {.name = "a grid"};
    dsl_value value;
    lg_err local = {0};
    if (dsl_convert(walk, &grid, &number, &word, arena, &value, &local) == LG_OK) {
        *out = value.number;
        return LG_OK;
    }
    lg_fail(err, LG_E_ARG, 141, "a grid holds numbers, not `%s`", dsl_brief(word.text, strlen(word.text)).s);
    lg_try(err, "separate numbers by blanks and rows by `;`, as in [1 2; 3 4]");
    return lg_err_place(err, atom->span);
}

lg_status dsl_matrix_grid(dsl_walk *walk, const dsl_matrix *matrix, lg_arena *arena, dsl_grid *out, bool *unknown,
                          lg_err *err)
{
    int cols = matrix->first->cells.count, r = 0;
    double *cell = lg_arena_alloc(arena, (size_t)matrix->rows * (size_t)cols, sizeof *cell, err);
    if (!cell) return err->status;
    for (const dsl_row *row = matrix->first; row; row = row->next, r++) {
        if (row->cells.count != cols) {
            lg_fail(err, LG_E_SHAPE, 126, "row %d of the grid has %d number%s, the first has %d", r + 1,
                    row->cells.count, row->cells.count == 1 ? "" : "s", cols);
            lg_try(err, "give every row the same number of numbers");
            return lg_err_place(err, row->cells.first->span);
        }
        double *to = cell + (size_t)r * (size_t)cols;
        for (const dsl_atom *atom = row->cells.first; atom; atom = atom->next)
            LG_TRY(grid_number(walk, atom, arena, to++, unknown, err));
    }
    *out = (dsl_grid){matrix->rows, cols, cell};
    return LG_OK;
}

/* ---- for ---- */
static void reset_runs(dsl_stmt *block)
{
    for (dsl_stmt *stmt = block; stmt; stmt = stmt->next) {
        stmt->runs = 0;
        if (stmt->block) reset_runs(stmt->block);
    }
}

static lg_status loop_round(dsl_walk *walk, dsl_stmt *stmt, const char *name, const dsl_word *word, dsl_body_fn *body,
                            void *ctx, lg_err *err)
{
    dsl_var var = {.count = 1, .text = (const char *[]){word->text}, .unknown = word->unknown};
    void *hidden = NULL, *ours;
    const char *loop = walk->loop;
    LG_TRY(dsl_names_put(&walk->vars, name, &var, &hidden, err));
    walk->loop = word->text;
    lg_status st = body(walk, stmt->block, ctx, err);
    walk->loop = loop;
    lg_err local = {0};
    if (!hidden) dsl_names_remove(&walk->vars, name);
    else if (dsl_names_put(&walk->vars, name, hidden, &ours, &local) != LG_OK)
        return LG_E_INTERNAL; /* the row is there: cannot fail */
    return st;
}

lg_status dsl_loop(dsl_walk *walk, dsl_stmt *stmt, dsl_body_fn *body, void *ctx, lg_err *err)
{
    lg_arena arena;
    dsl_words words;
    lg_status st;
    lg_arena_init(&arena, DSL_ARENA_MAX);
    if (walk->loop_depth++ == 0) reset_runs(stmt->block);
    char *name = dsl_atom_source(stmt->head, &arena, err);
    if (!name) LG_GO(err->status);
    LG_GO(variable_name(stmt->head, name, err));
    LG_GO(dsl_loop_words(walk, &stmt->args->list, &arena, &words, err));
    for (int i = 0; i < words.count; i++) {
        if (walk->dry && ++walk->rounds > DRY_ROUNDS && i > 0) break;
        LG_GO(dsl_step(walk, err));
        LG_GO(loop_round(walk, stmt, name, &words.word[i], body, ctx, err));
    }
done:
    walk->loop_depth--;
    lg_arena_release(&arena);
    return st;
}

/* ---- commands ---- */
/* `undo` may give any dataset back its earlier labels and parts. */
static lg_status shadow_datasets(dsl_walk *walk, lg_err *err)
{
    const dsl_names *objects = &walk->session->objects;
    for (size_t i = 0; i < objects->count; i++) {
        const dsl_object *object = objects->row[i].value;
        if (object && object->cls->kind == DSL_KIND_DATASET)
            LG_TRY(shadow_name(walk, objects->row[i].name, DSL_KIND_DATASET, err));
    }
    return LG_OK;
}

/* What later lines of the cell may rely on. */
static lg_status note_effects(dsl_walk *walk, const dsl_command *command, const dsl_call *call, lg_err *err)
{
    for (int i = 0; command->params && command->params[i].name; i++) {
        const dsl_param *param = &command->params[i];
        for (int k = 0; k < call->arg[i].count; k++) {
            const dsl_value *value = &call->arg[i].value[k];
            if (param->type == DSL_T_NEWNAME && value->type == DSL_T_NEWNAME && *value->text)
                LG_TRY(shadow_name(walk, value->text, command->makes, err));
            if (param->type != DSL_T_OBJECT || param->role != DSL_POSITIONAL || !value->object) continue;
            if (dsl_same(command->name, "use")) {
                walk->chosen[value->object->cls->kind] =
                    lg_arena_strndup(walk->cell, value->name, strlen(value->name), err);
                if (!walk->chosen[value->object->cls->kind]) return err->status;
            } else LG_TRY(shadow_name(walk, value->name, value->object->cls->kind, err)); /* it may change it */
        }
    }
    walk->open_world |= dsl_same(command->name, "run") || dsl_same(command->name, "undo");
    return dsl_same(command->name, "undo") ? shadow_datasets(walk, err) : LG_OK;
}

/* `use` of a name that this cell makes. */
static lg_status note_use(dsl_walk *walk, const dsl_command *command, const dsl_call *call, lg_err *err)
{
    if (!dsl_same(command->name, "use") || !call->arg[0].count || call->arg[0].value[0].object ||
        !call->arg[0].value[0].name)
        return LG_OK;
    const char *name = call->arg[0].value[0].name;
    const dsl_shadow *shadow = dsl_names_get(&walk->shadow, name);
    if (!shadow || shadow->kind == DSL_KIND_NONE) return LG_OK;
    walk->chosen[shadow->kind] = lg_arena_strndup(walk->cell, name, strlen(name), err);
    return walk->chosen[shadow->kind] ? LG_OK : err->status;
}

static void hold_objects(const dsl_call *call, bool hold)
{
    for (int i = 0; call->command->params && call->command->params[i].name; i++)
        for (int k = 0; k < call->arg[i].count; k++) {
            dsl_object *object = call->arg[i].value[k].object;
            if (!object) continue;
            if (hold) dsl_object_ref(object);
            else dsl_object_unref(object);
        }
}

/* Nothing took the place of the command's progress: its last line stays. */
static void end_idle(dsl_out *out)
{
    if (!*out->idle) return;
    out->display_end(out, out->idle);
    out->idle[0] = 0;
}

static lg_status run_call(const dsl_call *call, lg_err *err)
{
    const dsl_command *command = call->command;
    if (command->check) LG_TRY(command->check(call, err));
    LG_TRY(lg_cancel_check(call->cancel, err));
    lg_status st = command->run(call, err);
    end_idle(call->out);
    if (st != LG_OK && err->status == LG_OK) {
        lg_fail(err, st == LG_E_INTERRUPTED ? st : LG_E_INTERNAL, st == LG_E_INTERRUPTED ? 0 : 903,
                st == LG_E_INTERRUPTED ? "interrupted" : "`%s` failed without a reason", command->name);
        return err->status;
    }
    return st != LG_OK ? err->status : LG_OK;
}

static lg_status walk_call(dsl_walk *walk, const dsl_command *command, dsl_stmt *stmt, lg_err *err)
{
    lg_arena arena;
    dsl_call call;
    lg_status st;
    lg_arena_init(&arena, DSL_ARENA_MAX);
    walk->unknown = false;
    stmt->runs++;
    LG_GO(dsl_bind_call(walk, command, stmt, &arena, &call, err));
    if (walk->dry) {
        if (!walk->unknown && command->check) LG_GO(command->check(&call, err));
        LG_GO(note_effects(walk, command, &call, err));
        LG_GO(note_use(walk, command, &call, err));
    } else {
        hold_objects(&call, true);
        st = run_call(&call, err);
        hold_objects(&call, false);
    }
done:
    if (st != LG_OK) dsl_place(err, stmt->head->span);
    lg_arena_release(&arena);
    return st;
}

/* ---- showing ---- */
typedef struct result_out {
    dsl_out out;
    dsl_out *inner;
} result_out;

static void result_stream(dsl_out *out, bool is_error, const char *text, size_t len)
{
    dsl_out *inner = out->ctx;
    inner->stream(inner, is_error, text, len);
}
/* The first plain display of a shown object is the cell's result. */
static void result_display(dsl_out *out, const dsl_bundle *bundle, const char *id, bool update)
{
    dsl_out *inner = out->ctx;
    if (id) inner->display(inner, bundle, id, update);
    else inner->result(inner, bundle);
}
static void result_end(dsl_out *out, const char *id)
{
    dsl_out *inner = out->ctx;
    inner->display_end(inner, id);
}
static void result_result(dsl_out *out, const dsl_bundle *bundle)
{
    dsl_out *inner = out->ctx;
    inner->result(inner, bundle);
}
static void result_clear(dsl_out *out, bool wait)
{
    dsl_out *inner = out->ctx;
    inner->clear(inner, wait);
}

static dsl_out result_of(dsl_out *inner)
{
    return (dsl_out){.ctx = inner,
                     .stream = result_stream,
                     .display = result_display,
                     .display_end = result_end,
                     .result = result_result,
                     .clear = result_clear,
                     .is_result = true,
                     .live = inner->live,
                     .columns = inner->columns};
}

static void result_text(dsl_walk *walk, const char *text)
{
    if (!walk->dry) walk->out->result(walk->out, &(dsl_bundle){.text = text});
}

/* A whole object; of a part of one as `show logos.val` gives it. */
static lg_status show_object(dsl_walk *walk, dsl_stmt *stmt, const dsl_found *found, lg_err *err)
{
    const dsl_command *show = dsl_command_find(&walk->session->config, "show");
    if (walk->dry || !found->object) return LG_OK;
    dsl_out out = result_of(walk->out), *before = walk->out;
    lg_status st = LG_OK;
    if (*found->rest && show) {
        dsl_node node = {.kind = NODE_LIST, .list = {stmt->head, 1}};
        dsl_atom verb = {.kind = TOK_WORD, .at = "show", .len = 4, .span = stmt->head->span};
        dsl_stmt line = {.kind = STMT_COMMAND, .head = &verb, .args = &node, .at = stmt->at, .len = stmt->len};
        walk->out = &out;
        st = walk_call(walk, show, &line, err);
        walk->out = before;
        return st;
    }
    dsl_object *object = dsl_object_ref(found->object);
    if (object->cls->show) st = object->cls->show(object, found->name, &out, err);
    dsl_object_unref(object);
    if (st != LG_OK && err->status == LG_OK) st = lg_fail(err, LG_E_INTERNAL, 903, "`%s` cannot be shown", found->name);
    return st != LG_OK ? lg_err_place(err, stmt->head->span) : LG_OK;
}

static void fact_text(const dsl_fact *fact, char number[40], const char **text)
{
    if (!fact->text) dsl_number_show(fact->number, number);
    *text = fact->text ? fact->text : number;
}

static lg_status show_name(dsl_walk *walk, dsl_stmt *stmt, const char *word, const dsl_found *found, lg_arena *arena,
                           lg_err *err)
{
    dsl_fact fact = {0};
    bool unknown = false, part;
    char number[40];
    const char *text;
    part = !*found->rest || found->part != DSL_PART_ALL;
    if (part || !found->object) return show_object(walk, stmt, found, err);
    LG_TRY(dsl_field_value(walk, word, stmt->head->span, arena, &fact, &unknown, err));
    fact_text(&fact, number, &text);
    result_text(walk, text);
    return LG_OK;
}

/* `(6*7)` or `$lr` */
static lg_status walk_show(dsl_walk *walk, dsl_stmt *stmt, lg_err *err)
{
    lg_arena arena;
    lg_arena_init(&arena, DSL_ARENA_MAX);
    dsl_list list = {stmt->head, 1};
    dsl_words words;
    lg_buf text;
    lg_buf_init(&text, 0);
    lg_status st;
    LG_GO(dsl_list_words(walk, &list, &arena, &words, err));
    char number[40];
    for (int i = 0; i < words.count; i++) {
        if (words.word[i].computed) dsl_number_show(words.word[i].value, number);
        lg_buf_addf(&text, "%s%s", i ? ", " : "", words.word[i].computed ? number : words.word[i].text);
    }
    LG_GO(lg_buf_check(&text, err));
    const dsl_var *var = stmt->head->kind == TOK_VAR ? dsl_find_var(walk, words.count ? words.word[0].text : "") : NULL;
    dsl_found grid = {0};
    if (stmt->head->kind == TOK_VAR && !var && words.count == 1)
        LG_GO(dsl_find(walk, words.word[0].text, false, &arena, &grid, err));
    if (grid.exists && grid.kind == DSL_KIND_GRID) LG_GO(show_object(walk, stmt, &grid, err));
    else result_text(walk, lg_buf_str(&text));
done:
    lg_buf_release(&text);
    lg_arena_release(&arena);
    return st;
}

static lg_status walk_command(dsl_walk *walk, dsl_stmt *stmt, lg_err *err)
{
    char word[64];
    const dsl_command *command = NULL;
    if (stmt->head->len < sizeof word) {
        memcpy(word, stmt->head->at, stmt->head->len);
        word[stmt->head->len] = 0;
        command = dsl_command_find(&walk->session->config, word);
    }
    if (command) return walk_call(walk, command, stmt, err);
    lg_arena arena;
    lg_arena_init(&arena, DSL_ARENA_MAX);
    lg_status st;
    dsl_found found = {0};
    char *name = dsl_atom_source(stmt->head, &arena, err);
    if (!name) LG_GO(err->status);
    LG_GO(dsl_find(walk, name, true, &arena, &found, err));
    if (found.exists && !stmt->args && !stmt->has_block)
        LG_GO(found.unknown ? LG_OK : show_name(walk, stmt, name, &found, &arena, err));
    else LG_GO(dsl_no_command(walk, stmt, err));
done:
    lg_arena_release(&arena);
    return st;
}

/* ---- blocks and cells ---- */
static lg_status walk_statement(dsl_walk *walk, dsl_stmt *stmt, lg_err *err)
{
    LG_TRY(dsl_step(walk, err));
    switch (stmt->kind) {
    case STMT_LET: return dsl_let(walk, stmt, err);
    case STMT_FOR: return dsl_loop(walk, stmt, walk_block, NULL, err);
    case STMT_SHOW: return walk_show(walk, stmt, err);
    case STMT_CHECK: {
        lg_arena arena;
        lg_arena_init(&arena, DSL_ARENA_MAX);
        lg_status st = dsl_check_run(walk, stmt, &arena, err);
        lg_arena_release(&arena);
        return st;
    }
    default: return walk_command(walk, stmt, err);
    }
}

static lg_status walk_block(dsl_walk *walk, dsl_stmt *block, void *ctx, lg_err *err)
{
    (void)ctx;
    for (dsl_stmt *stmt = block; stmt; stmt = stmt->next) {
        lg_status st = walk_statement(walk, stmt, err);
        if (st != LG_OK) return stmt->head ? dsl_place(err, stmt->head->span) : st;
    }
    return LG_OK;
}

static void walk_release(dsl_walk *walk)
{
    dsl_names_release(&walk->shadow);
    dsl_names_release(&walk->vars);
}

lg_status dsl_walk_dry(dsl_walk *walk, dsl_stmt *program, lg_err *err)
{
    walk->dry = true;
    lg_status st = walk_block(walk, program, NULL, err);
    walk_release(walk);
    walk->dry = walk->open_world = false;
    return st;
}

static lg_status walk_twice(dsl_walk *walk, dsl_stmt *program, lg_err *err)
{
    lg_status st = dsl_walk_dry(walk, program, err);
    if (st != LG_OK) return st;
    walk->loop_depth = 0;
    st = walk_block(walk, program, NULL, err);
    walk_release(walk);
    return st;
}

lg_status dsl_walk_cell(dsl_session *session, const char *code, size_t size, dsl_out *out, lg_cancel *cancel,
                        lg_err *err)
{
    lg_arena arena;
    dsl_tokens tokens = {0};
    dsl_stmt *program = NULL;
    lg_status st;
    lg_arena_init(&arena, DSL_ARENA_MAX);
    dsl_walk walk = {.session = session, .out = out, .cancel = cancel, .cell = &arena, .code = code, .size = size};
    err->span = (lg_span){0};
    LG_GO(lg_cancel_check(cancel, err));
    LG_GO(dsl_lex(code, size, &tokens, err));
    LG_GO(dsl_parse(&tokens, &arena, &session->config, &program, err));
    dsl_tokens_release(&tokens);
    LG_GO(walk_twice(&walk, program, err));
done:
    dsl_tokens_release(&tokens);
    lg_arena_release(&arena);
    return st;
}

/* ---- for front ends and commands ---- */
static lg_status evaluate_head(dsl_walk *walk, dsl_stmt *stmt, lg_buf *text, lg_err *err)
{
    dsl_found found = {0};
    char *name = dsl_atom_source(stmt->head, walk->cell, err), number[40];
    if (!name) return err->status;
    if (stmt->head->kind != TOK_WORD) {
        dsl_list list = {stmt->head, 1};
        dsl_words words;
        LG_TRY(dsl_list_words(walk, &list, walk->cell, &words, err));
        for (int i = 0; i < words.count; i++) lg_buf_addf(text, "%s%s", i ? ", " : "", words.word[i].text);
        return LG_OK;
    }
    LG_TRY(dsl_find(walk, name, true, walk->cell, &found, err));
    if (found.object && (!*found.rest || found.part != DSL_PART_ALL)) {
        lg_buf_addf(text, "%s: ", dsl_kind_name(found.kind));
        if (found.object->cls->brief) found.object->cls->brief(found.object->payload, text);
        return LG_OK;
    }
    dsl_fact fact = {0};
    bool unknown = false;
    LG_TRY(dsl_field_value(walk, name, stmt->head->span, walk->cell, &fact, &unknown, err));
    if (!fact.text) lg_number_text(fact.number, number); /* programs ask here: every digit */
    lg_buf_adds(text, fact.text ? fact.text : number);
    return LG_OK;
}

lg_status dsl_session_evaluate(dsl_session *session, const char *expr, size_t len, char **text, lg_err *err)
{
    lg_arena arena;
    dsl_tokens tokens = {0};
    dsl_stmt *program = NULL;
    lg_buf value;
    lg_status st;
    lg_buf_init(&value, 1 << 20);
    lg_arena_init(&arena, DSL_ARENA_MAX);
    dsl_walk walk = {.session = session, .cell = &arena, .code = expr, .size = len};
    LG_GO(dsl_lex(expr, len, &tokens, err));
    LG_GO(dsl_parse(&tokens, &arena, &session->config, &program, err));
    bool simple = program && !program->next && !program->args && !program->has_block &&
                  (program->kind == STMT_SHOW || program->kind == STMT_COMMAND);
    if (!simple) {
        lg_fail(err, LG_E_SYNTAX, 109, "only a name, a field or an arithmetic in brackets can be asked for here");
        LG_GO(lg_try(err, "write e.g. `(6*7)` or `scratch.val.accuracy`"));
    }
    LG_GO(evaluate_head(&walk, program, &value, err));
    *text = lg_buf_take(&value, err);
    st = *text ? LG_OK : err->status;
done:
    lg_buf_release(&value);
    walk_release(&walk);
    dsl_tokens_release(&tokens);
    lg_arena_release(&arena);
    return st;
}

lg_status dsl_call_bind(const dsl_call *call, const char *name, dsl_object *object, lg_err *err)
{
    char round[160];
    if (call->loop_index <= 0) return dsl_session_bind(call->session, name, object, err);
    for (int i = 1; call->loop_index == 1; i++) { /* rounds of an earlier run of the cell */
        lg_err gone = {0};
        snprintf(round, sizeof round, "%.120s.%d", name, i);
        if (!dsl_session_get(call->session, round) || dsl_session_remove(call->session, round, &gone) != LG_OK) break;
    }
    snprintf(round, sizeof round, "%.120s.%d", name, call->loop_index);
    lg_status st = dsl_session_bind(call->session, round, dsl_object_ref(object), err);
    if (st != LG_OK) {
        dsl_object_unref(object);
        return st;
    }
    return dsl_session_bind(call->session, name, object, err);
}
