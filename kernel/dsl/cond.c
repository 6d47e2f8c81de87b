/* cond.c - conditions: `where` filters rows, `check` compares facts. A condition is a list of leaves, groups of and
 * joined by or; several `where` are joined by and. */
#include "kernel/dsl/cond.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

static cond_value value_of(const char *text)
{
    cond_value value = {.text = text};
    value.is_number = dsl_text_number(text, &value.number);
    bool yes = dsl_same(text, "yes") || dsl_same(text, "true");
    value.is_truth = yes || dsl_same(text, "no") || dsl_same(text, "false");
    if (value.is_truth) value.number = yes;
    return value;
}

/* Days since 1970 to a civil date; Howard Hinnant's civil_from_days. */
static char *iso_date(double seconds, lg_arena *arena, lg_err *err)
{
    long long z = (long long)(seconds / 86400) + 719468, era = z / 146097, doe = z - era * 146097;
    long long yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365,
              doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    long long mp = (5 * doy + 2) / 153, d = doy - (153 * mp + 2) / 5 + 1, m = mp < 10 ? mp + 3 : mp - 9;
    return lg_arena_strf(arena, err, "%04lld-%02lld-%02lld", yoe + era * 400 + (m <= 2), m, d);
}

/* `date > 7d`, `date = today`: dates compare as their ISO text. */
static lg_status date_value(dsl_walk *walk, const char *field, const dsl_word *word, lg_arena *arena, const char **text,
                            lg_err *err)
{
    static const dsl_param param = {.name = "date", .role = DSL_OPTION, .type = DSL_T_DATE};
    static const dsl_target where = {.name = "where"};
    dsl_value value;
    lg_err local = {0};
    if (!dsl_same(field, "date") || word->unknown || strchr(word->text, '-')) return LG_OK;
    if (dsl_convert(walk, &where, &param, word, arena, &value, &local) != LG_OK) return LG_OK;
    *text = iso_date(value.number, arena, err);
    return *text ? LG_OK : err->status;
}

static lg_status bind_leaf(dsl_walk *walk, const dsl_leaf *from, lg_arena *arena, cond_leaf *to, lg_err *err)
{
    *to = (cond_leaf){
        .or_before = from->or_before, .negate = from->negate, .cmp = (dsl_cmp)from->cmp, .span = from->left->span};
    if (from->left->kind != TOK_WORD) {
        lg_fail(err, LG_E_SYNTAX, 109, "a condition after `where` begins with a field");
        lg_try(err, "write e.g. `where label = nike` or `where confidence < 40%%`");
        return lg_err_place(err, from->left->span);
    }
    char *field = dsl_atom_source(from->left, arena, err);
    if (!field) return err->status;
    to->field = field;
    dsl_words words;
    LG_TRY(dsl_list_words(walk, &from->right, arena, &words, err));
    to->count = words.count;
    to->value = lg_arena_alloc(arena, (size_t)words.count, sizeof *to->value, err);
    if (!to->value) return err->status;
    for (int i = 0; i < words.count; i++) {
        const char *text = words.word[i].text;
        LG_TRY(date_value(walk, field, &words.word[i], arena, &text, err));
        to->value[i] = value_of(text);
        to->value[i].span = words.word[i].span;
    }
    if (from->cmp == CMP_TRUE || from->cmp == CMP_IN || words.count == 1) return LG_OK;
    lg_fail(err, LG_E_ARG, 147, "`%s` is compared with one value, not %d", field, words.count);
    lg_try(err, "write `%s in …` to allow several", field);
    return lg_err_place(err, from->right.first->span);
}

lg_status dsl_cond_bind(dsl_walk *walk, const dsl_test *test, lg_arena *arena, dsl_cond **out, lg_err *err)
{
    dsl_cond *cond = lg_arena_alloc(arena, 1, sizeof *cond, err);
    if (!cond) return err->status;
    for (const dsl_leaf *leaf = test->first; leaf; leaf = leaf->next) cond->count++;
    cond->leaf = lg_arena_alloc(arena, (size_t)cond->count, sizeof *cond->leaf, err);
    cond->text = lg_arena_strndup(arena, test->at, test->len, err);
    if (!cond->leaf || !cond->text) return err->status;
    int i = 0;
    for (const dsl_leaf *leaf = test->first; leaf; leaf = leaf->next)
        LG_TRY(bind_leaf(walk, leaf, arena, &cond->leaf[i++], err));
    *out = cond;
    return LG_OK;
}

/* ---- comparing ---- */
static bool compare(dsl_cmp cmp, const cond_value *a, const cond_value *b)
{
    int order;
    if (a->is_number && isnan(a->number)) return cmp == CMP_NE; /* nobody said: neither more nor less than anything */
    if (cmp == CMP_CONTAINS) return lg_case_contains(a->text, b->text);
    if ((a->is_number && (b->is_number || b->is_truth)) || (a->is_truth && b->is_number))
        order = a->number < b->number ? -1 : a->number > b->number;
    else order = lg_casecmp(a->text, b->text);
    switch (cmp) {
    case CMP_NE: return order != 0;
    case CMP_LT: return order < 0;
    case CMP_LE: return order <= 0;
    case CMP_GT: return order > 0;
    case CMP_GE: return order >= 0;
    default: return order == 0;
    }
}

static bool holds(dsl_cmp cmp, const cond_value *left, const cond_value *right, int count)
{
    if (cmp == CMP_TRUE)
        return left->is_number ? left->number != 0 && !isnan(left->number)
                               : *left->text && !dsl_same(left->text, "no") && !dsl_same(left->text, "false");
    for (int i = 0; i < count; i++)
        if (compare(cmp, left, &right[i])) return true;
    return false;
}

static const char *const opinions[] = {"predicted", "confidence", "second", "correct", "loss"};

bool dsl_cond_is_opinion(const char *field)
{
    for (size_t i = 0; i < sizeof opinions / sizeof *opinions; i++)
        if (dsl_same(field, opinions[i])) return true;
    return false;
}

static lg_status no_field(const cond_leaf *leaf, const char *const *names, lg_err *err)
{
    size_t count = 0;
    char known[500];
    size_t used = 0;
    while (names && names[count]) count++;
    for (size_t i = 0; i < count && used < 400; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%.60s", i ? ", " : "", names[i]);
    lg_fail(err, LG_E_NAME, 149, "`where` does not know `%s` here", dsl_brief(leaf->field, strlen(leaf->field)).s);
    if (count) lg_why(err, "the rows have: %s%s", known, used >= 400 ? ", …" : "");
    const char *near = lg_nearest(leaf->field, names, count);
    if (dsl_cond_is_opinion(leaf->field)) lg_try(err, "`%s` is what a model says: add `with MODEL`", leaf->field);
    else if (near) lg_try(err, "did you mean `%s`?", near);
    else lg_try(err, "write the field first, e.g. `where label = nike`");
    return lg_err_place(err, leaf->span);
}

static const char *sign_of(dsl_cmp cmp)
{
    static const char *const signs[] = {[CMP_EQ] = "=", [CMP_NE] = "!=", [CMP_LT] = "<",
                                        [CMP_LE] = "<=", [CMP_GT] = ">", [CMP_GE] = ">="};
    return cmp >= CMP_EQ && cmp <= CMP_GE ? signs[cmp] : "in";
}

static bool is_order(dsl_cmp cmp)
{
    return cmp >= CMP_LT && cmp <= CMP_GE;
}

/* `where label > 3`, `check scratch.best.name > 3` */
static lg_status text_and_number(const char *field, dsl_cmp cmp, const cond_value *value, bool where, lg_err *err)
{
    lg_fail(err, LG_E_ARG, 151, "`%s` is a text, and `%s %s` compares numbers", dsl_brief(field, strlen(field)).s,
            sign_of(cmp), dsl_brief(value->text, strlen(value->text)).s);
    if (where) lg_try(err, "write e.g. `where %s = nike` or `where %s contains ike`", field, field);
    return lg_err_place(err, value->span);
}

static lg_status not_a_number(const char *field, const cond_value *value, bool truth, bool where, lg_err *err)
{
    dsl_bit name = dsl_brief(field, strlen(field)), text = dsl_brief(value->text, strlen(value->text));
    lg_fail(err, LG_E_ARG, 151, truth ? "`%s` is yes or no, not `%s`" : "`%s` is a number, and `%s` is none", name.s,
            text.s);
    if (where)
        lg_try(err, truth ? "write `where %s = yes` or `where %s = no`" : "write e.g. `where %s > 10`", name.s, name.s);
    return lg_err_place(err, value->span);
}

/* `confidence > 80` is true for none, and `confidence < 80` for all: a percent sign is missing. */
static lg_status more_than_all(const cond_leaf *leaf, const cond_value *value, lg_err *err)
{
    dsl_bit text = dsl_brief(value->text, strlen(value->text));
    lg_fail(err, LG_E_ARG, 151, "`confidence` is a share from 0 to 100%%, and `%s` is more", text.s);
    lg_why(err, "without a percent sign 1 means all of it: `0.8` is `80%%`");
    if (value->number <= 100)
        lg_try(err, "did you mean `confidence %s %s%%`?", sign_of(leaf->cmp), text.s);
    else lg_try(err, "write e.g. `confidence %s 80%%`", sign_of(leaf->cmp));
    return lg_err_place(err, value->span);
}

lg_status dsl_cond_value_check(const cond_leaf *leaf, cond_kind kind, lg_err *err)
{
    if (kind == COND_ANY || leaf->cmp == CMP_TRUE || leaf->cmp == CMP_CONTAINS) return LG_OK;
    for (int i = 0; i < leaf->count; i++) {
        const cond_value *value = &leaf->value[i];
        if (kind == COND_TEXT && value->is_number && is_order(leaf->cmp) && !dsl_same(leaf->field, "date"))
            return text_and_number(leaf->field, leaf->cmp, value, true, err);
        bool fits = value->is_number || (kind == COND_TRUTH && value->is_truth);
        if (kind == COND_NUMBER && dsl_same(leaf->field, "confidence") && value->number > 1 &&
            !strchr(value->text, '%'))
            return more_than_all(leaf, value, err);
        if (kind != COND_TEXT && !fits) return not_a_number(leaf->field, value, kind == COND_TRUTH, true, err);
    }
    return LG_OK;
}

static lg_status leaf_eval(const cond_leaf *leaf, dsl_row_field *field, const void *row, const char *const *names,
                           bool *pass, lg_err *err)
{
    dsl_fact fact = {0};
    char number[40];
    lg_status st = field(row, leaf->field, &fact, err);
    if (st == LG_E_NAME) return no_field(leaf, names, err);
    if (st != LG_OK) return st;
    cond_value left = {.text = fact.text, .number = fact.number, .is_number = true};
    if (fact.text) left = value_of(fact.text);
    else {
        lg_number_text(fact.number, number);
        left.text = number;
    }
    bool truth = (fact.number == 0 || fact.number == 1) && leaf->count && leaf->value[0].is_truth;
    LG_TRY(dsl_cond_value_check(leaf, fact.text ? COND_ANY : truth ? COND_TRUTH : COND_NUMBER, err));
    *pass = holds(leaf->cmp, &left, leaf->value, leaf->count) != leaf->negate;
    return LG_OK;
}

lg_status dsl_cond_eval(const dsl_cond *cond, dsl_row_field *field, const void *row, const char *const *names,
                        bool *pass, lg_err *err)
{
    *pass = true;
    for (; cond && *pass; cond = cond->next) {
        bool any = false, all = true;
        for (int i = 0; i < cond->count; i++) {
            bool one = false;
            LG_TRY(leaf_eval(&cond->leaf[i], field, row, names, &one, err));
            if (cond->leaf[i].or_before) {
                any |= all;
                all = true;
            }
            all &= one;
        }
        *pass = any | all;
    }
    return LG_OK;
}

void dsl_cond_text(const dsl_cond *cond, lg_buf *out)
{
    for (const dsl_cond *c = cond; c; c = c->next) lg_buf_addf(out, "%s%s", c == cond ? "" : " where ", c->text);
}

/* ---- check ---- */
typedef struct checker {
    dsl_walk *walk;
    lg_arena *arena;
    lg_buf facts; /* "scratch.params is 448; …" */
    bool unknown;
    lg_err *err;
} checker;

/* One side: a number, a text, or a fact about an object. *bare: a word that is none of these. */
static lg_status side_value(checker *c, const dsl_atom *atom, cond_value *out, bool *bare)
{
    dsl_word word;
    dsl_found found = {0};
    LG_TRY(dsl_atom_text(c->walk, atom, c->arena, &word, c->err));
    c->unknown |= word.unknown;
    *out = value_of(word.text);
    out->span = atom->span;
    *bare = false;
    if (word.unknown || atom->kind != TOK_WORD || out->is_number || out->is_truth) return LG_OK;
    LG_TRY(dsl_find(c->walk, word.text, true, c->arena, &found, c->err));
    *bare = !strchr(word.text, '.') && !(found.exists && *found.rest);
    if (*bare) return LG_OK;
    char number[40];
    dsl_fact fact = {0};
    bool late = false;
    LG_TRY(dsl_field_value(c->walk, word.text, atom->span, c->arena, &fact, &late, c->err));
    c->unknown |= late;
    if (late) return LG_OK;
    *out = (cond_value){.text = fact.text, .number = fact.number, .is_number = true, .span = atom->span};
    if (fact.text) {
        *out = value_of(fact.text);
        out->span = atom->span;
        return LG_OK;
    }
    lg_number_text(fact.number, number);
    out->text = lg_arena_strndup(c->arena, number, strlen(number), c->err);
    return out->text ? LG_OK : c->err->status;
}

/* The field of some object that ends in this word: `accuracy` -> scratch.val.accuracy; that of validation first. */
static char *field_ending(checker *c, const char *word, bool models)
{
    const dsl_names *objects = &c->walk->session->objects;
    char *best = NULL;
    for (size_t i = objects->count; i > 0; i--) {
        const dsl_object *object = objects->row[i - 1].value;
        if (!object || !object->cls->fields || strchr(objects->row[i - 1].name, '.')) continue;
        if ((object->cls->kind == DSL_KIND_MODEL) != models) continue;
        lg_buf all;
        lg_buf_init(&all, 1 << 18);
        object->cls->fields(object->payload, &all);
        for (char *at = all.data, *end; at && *at; at = end) {
            if ((end = strchr(at, '\n'))) *end++ = 0;
            const char *dot = strrchr(at, '.');
            bool val = !strncmp(at, "val.", 4) && dot == at + 3;
            if (!dsl_same(dot ? dot + 1 : at, word) || (best && !(val && !strstr(best, ".val.")))) continue;
            lg_err quiet = {0};
            best = lg_arena_strf(c->arena, &quiet, "%s.%s", objects->row[i - 1].name, at);
        }
        lg_buf_release(&all);
    }
    return best;
}

/* `check accuracy > 0.5`, `check nonsense` */
static lg_status bare_word(checker *c, const dsl_atom *atom, const cond_value *value)
{
    dsl_found found = {0};
    dsl_fact fact;
    bool late = false;
    LG_TRY(dsl_find(c->walk, value->text, true, c->arena, &found, c->err));
    if (found.exists) {
        lg_status st = dsl_field_value(c->walk, value->text, atom->span, c->arena, &fact, &late, c->err);
        c->unknown |= late;
        return st;
    }
    const char *near = field_ending(c, value->text, true);
    if (!near) near = field_ending(c, value->text, false);
    dsl_bit bit = dsl_brief(value->text, strlen(value->text));
    lg_fail(c->err, LG_E_NAME, 130, "there is nothing called `%s`", bit.s);
    if (dsl_find_var(c->walk, value->text)) lg_try(c->err, "did you mean the variable `$%s`?", value->text);
    else if (near) lg_try(c->err, "did you mean `%s`?", near);
    else lg_try(c->err, "name an object and its field, e.g. `check scratch.val.accuracy > 0.5`; a text needs quotes");
    return lg_err_place(c->err, atom->span);
}

static void add_fact(checker *c, const dsl_atom *atom, const cond_value *value)
{
    char shown[64];
    dsl_bit name = dsl_brief(atom->at, atom->len);
    bool same = atom->kind == TOK_STRING || atom->kind == TOK_RAW ||
                (atom->len == strlen(value->text) && !memcmp(atom->at, value->text, atom->len));
    if (same) return;
    const char *text = value->text;
    if (value->is_number && value->number == (double)(long long)value->number && value->number < 1e15 &&
        value->number > -1e15)
        text = lg_thousands((long long)value->number);
    else if (value->is_number) {
        snprintf(shown, sizeof shown, "%.6g", value->number);
        text = shown;
    }
    char entry[440];
    snprintf(entry, sizeof entry, "%s%s is %s", atom->kind == TOK_VAR ? "$" : "", name.s,
             dsl_brief(text, strlen(text)).s);
    if (strstr(lg_buf_str(&c->facts), entry)) return;
    lg_buf_addf(&c->facts, "%s%s", c->facts.len ? "; " : "", entry);
}

/* Two values that cannot be compared: a number with a text, or by size a text with a number. */
static lg_status comparable(checker *c, const dsl_leaf *leaf, const cond_value *left, const cond_value *right)
{
    dsl_cmp cmp = (dsl_cmp)leaf->cmp;
    if (c->unknown || cmp == CMP_CONTAINS || left->is_number == right->is_number) return LG_OK;
    const cond_value *text = left->is_number ? right : left;
    if (text->is_truth || !*text->text) return LG_OK;
    dsl_bit name = dsl_brief(leaf->left->at, leaf->left->len);
    if (left->is_number) return not_a_number(name.s, right, false, false, c->err);
    return is_order(cmp) ? text_and_number(name.s, cmp, right, false, c->err) : LG_OK;
}

static lg_status check_leaf(checker *c, const dsl_leaf *leaf, bool *pass)
{
    cond_value left, *right = lg_arena_alloc(c->arena, (size_t)leaf->right.count + 1, sizeof *right, c->err);
    bool bare;
    if (!right) return c->err->status;
    LG_TRY(side_value(c, leaf->left, &left, &bare));
    if (bare) LG_TRY(bare_word(c, leaf->left, &left));
    add_fact(c, leaf->left, &left);
    int count = 0;
    for (const dsl_atom *atom = leaf->right.first; atom; atom = atom->next) {
        LG_TRY(side_value(c, atom, &right[count], &bare));
        if (bare && left.is_number && !c->unknown) LG_TRY(bare_word(c, atom, &right[count]));
        LG_TRY(comparable(c, leaf, &left, &right[count]));
        add_fact(c, atom, &right[count++]);
    }
    *pass = holds((dsl_cmp)leaf->cmp, &left, right, count) != leaf->negate;
    return LG_OK;
}

static lg_status check_failed(checker *c, const dsl_stmt *stmt)
{
    dsl_bit test = dsl_brief(stmt->test->at, stmt->test->len);
    dsl_word message = {0};
    if (stmt->message) LG_TRY(dsl_atom_text(c->walk, stmt->message, c->arena, &message, c->err));
    if (stmt->message) {
        lg_buf said; /* whole: it is what a learner needs next */
        lg_buf_init(&said, 0);
        lg_buf_add_plain(&said, message.text, strlen(message.text));
        lg_fail(c->err, LG_E_CHECK, 150, "%s", lg_buf_str(&said));
        lg_buf_release(&said);
    } else lg_fail(c->err, LG_E_CHECK, 150, "this does not hold: %s", test.s);
    if (c->facts.len) lg_why(c->err, "%s", lg_buf_str(&c->facts));
    const dsl_leaf *first = stmt->test->first;
    lg_span span = first->left->span;
    for (const dsl_leaf *leaf = first; leaf; leaf = leaf->next) {
        const dsl_atom *last = leaf->right.first ? leaf->right.first : leaf->left;
        while (last->next && last != leaf->left) last = last->next;
        if (last->span.line == span.line) span.len = last->span.col + last->span.len - span.col;
    }
    return lg_err_place(c->err, span);
}

lg_status dsl_check_run(dsl_walk *walk, const dsl_stmt *stmt, lg_arena *arena, lg_err *err)
{
    checker c = {.walk = walk, .arena = arena, .err = err};
    bool any = false, all = true, one = false;
    lg_status st = LG_OK;
    lg_buf_init(&c.facts, 4096);
    for (const dsl_leaf *leaf = stmt->test->first; leaf; leaf = leaf->next) {
        LG_GO(check_leaf(&c, leaf, &one));
        if (leaf->or_before) {
            any |= all;
            all = true;
        }
        all &= one;
    }
    if (!walk->dry && !c.unknown && !(any | all)) st = check_failed(&c, stmt);
done:
    lg_buf_release(&c.facts);
    return st;
}
