/* expr.c - arithmetic in postfix order, on a stack whose size the parser has counted. */
#include "kernel/dsl/inside.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

typedef struct machine {
    dsl_walk *walk;
    lg_arena *arena;
    double *stack;
    int top;
    bool unknown;
    lg_err *err;
} machine;

static lg_status not_a_number(const dsl_op *op, const char *text, lg_err *err)
{
    lg_fail(err, LG_E_ARG, 121, "`%s%s` is `%s`, not a number", op->op == 'v' ? "$" : "", dsl_brief(op->at, op->len).s,
            dsl_brief(text, strlen(text)).s);
    return lg_err_place(err, op->span);
}

bool dsl_text_number(const char *text, double *out)
{
    size_t n = strlen(text);
    char copy[64];
    if (n == 0 || n >= sizeof copy) return false;
    memcpy(copy, text, n + 1);
    bool percent = copy[n - 1] == '%';
    if (percent) copy[n - 1] = 0;
    if (!lg_parse_double(copy, out)) return false;
    if (percent) *out /= 100;
    return true;
}

/* min, max and mean of a list: worked out here, as the function of one number then is that number. */
static bool push_list(machine *m, const dsl_op *op, const dsl_words *words)
{
    const dsl_op *use = op->next;
    double sum = 0, low = INFINITY, high = -INFINITY, value;
    if (!use || use->op != 'f' || use->argc != 1) return false;
    if (use->function != DSL_F_MIN && use->function != DSL_F_MAX && use->function != DSL_F_MEAN) return false;
    for (int i = 0; i < words->count; i++) {
        if (!dsl_text_number(words->word[i].text, &value)) return false;
        sum += value, low = fmin(low, value), high = fmax(high, value);
    }
    m->stack[m->top++] = use->function == DSL_F_MIN ? low : use->function == DSL_F_MAX ? high : sum / words->count;
    return true;
}

static lg_status push_var(machine *m, const dsl_op *op)
{
    dsl_atom atom = {.kind = TOK_VAR, .at = op->at, .len = op->len, .span = op->span};
    dsl_list list = {&atom, 1};
    dsl_words words;
    LG_TRY(dsl_list_words(m->walk, &list, m->arena, &words, m->err));
    if (words.count != 1) {
        if (push_list(m, op, &words)) return LG_OK;
        lg_fail(m->err, LG_E_ARG, 121, "`$%s` is a list of %d values, not a number", dsl_brief(op->at, op->len).s,
                words.count);
        lg_try(m->err, "repeat the line for each: `for x in $%s { … }`", dsl_brief(op->at, op->len).s);
        return lg_err_place(m->err, op->span);
    }
    const dsl_word *word = &words.word[0];
    m->unknown |= word->unknown;
    m->stack[m->top] = 0;
    if (!word->unknown && !dsl_text_number(word->text, &m->stack[m->top])) return not_a_number(op, word->text, m->err);
    m->top++;
    return LG_OK;
}

static lg_status push_field(machine *m, const dsl_op *op)
{
    char *path = lg_arena_strndup(m->arena, op->at, op->len, m->err);
    if (!path) return m->err->status;
    dsl_fact fact = {0};
    bool unknown = false;
    LG_TRY(dsl_field_value(m->walk, path, op->span, m->arena, &fact, &unknown, m->err));
    m->unknown |= unknown;
    m->walk->unknown |= unknown;
    if (fact.text && !dsl_text_number(fact.text, &fact.number)) return not_a_number(op, fact.text, m->err);
    m->stack[m->top++] = fact.number;
    return LG_OK;
}

static double apply(const dsl_op *op, const double *a)
{
    double sum = 0, low = a[0], high = a[0];
    for (int i = 0; i < op->argc; i++) sum += a[i], low = fmin(low, a[i]), high = fmax(high, a[i]);
    switch (op->function) {
    case DSL_F_SQRT: return sqrt(a[0]);
    case DSL_F_LOG: return log(a[0]);
    case DSL_F_EXP: return exp(a[0]);
    case DSL_F_MIN: return low;
    case DSL_F_MAX: return high;
    case DSL_F_ROUND: {
        double unit = op->argc == 2 ? pow(10, round(a[1])) : 1;
        return round(a[0] * unit) / unit;
    }
    case DSL_F_ABS: return fabs(a[0]);
    case DSL_F_FLOOR: return floor(a[0]);
    case DSL_F_CEIL: return ceil(a[0]);
    default: return sum / op->argc;
    }
}

static lg_status undefined(const machine *m, const dsl_op *op, double a, double b)
{
    char left[40], right[40];
    lg_number_text(a, left);
    lg_number_text(b, right);
    if (op->op == '/' && b == 0) lg_fail(m->err, LG_E_NUMERIC, 121, "this divides %s by zero", left);
    else if (op->op == 'f')
        lg_fail(m->err, LG_E_NUMERIC, 121, "`%s` of %s is no number", dsl_function_names[op->function], left);
    else lg_fail(m->err, LG_E_NUMERIC, 121, "%s %c %s is too large, or no number", left, op->op, right);
    return lg_err_place(m->err, op->span);
}

static lg_status run_op(machine *m, const dsl_op *op)
{
    double *top = &m->stack[m->top], a = 0, b = 0;
    switch (op->op) {
    case 'n':
        *top = op->number;
        m->top++;
        return LG_OK;
    case 'v': return push_var(m, op);
    case 'r': return push_field(m, op);
    case '~': top[-1] = -top[-1]; return LG_OK;
    case 'f':
        m->top -= op->argc - 1;
        a = top[-op->argc];
        top[-op->argc] = apply(op, &top[-op->argc]);
        break;
    default:
        m->top--;
        a = top[-2];
        b = top[-1];
        top[-2] = op->op == '+'   ? a + b
                  : op->op == '-' ? a - b
                  : op->op == '*' ? a * b
                  : op->op == '/' ? a / b
                                  : pow(a, b);
    }
    if (!m->unknown && !isfinite(m->stack[m->top - 1])) return undefined(m, op, a, b);
    return LG_OK;
}

lg_status dsl_expr_value(dsl_walk *walk, const dsl_expr *expr, lg_arena *arena, double *out, bool *unknown, lg_err *err)
{
    machine m = {.walk = walk, .arena = arena, .err = err};
    m.stack = lg_arena_alloc(arena, (size_t)expr->stack + 1, sizeof *m.stack, err);
    if (!m.stack) return err->status;
    for (const dsl_op *op = expr->first; op; op = op->next) LG_TRY(run_op(&m, op));
    *unknown |= m.unknown;
    *out = m.stack[0];
    return LG_OK;
}
