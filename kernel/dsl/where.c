/* where.c - what `where` and `sort` may name: asked of the object whose rows are meant, before anything runs. */
#include "kernel/dsl/cond.h"
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { MOST_FIELDS = 128 };

typedef struct row_fields {
    lg_buf text; /* owns the names */
    const char *name[MOST_FIELDS];
    cond_kind kind[MOST_FIELDS];
    size_t count;
} row_fields;

typedef struct asker {
    dsl_walk *walk;
    const dsl_target *target;
    const dsl_arg *arg;
    const dsl_value *rows;  /* the object whose rows are filtered, or NULL */
    const dsl_value *model; /* or NULL */
    bool opinions;          /* the command can be given a model `with` */
    lg_err *err;
} asker;

/* ---- fields ---- */
static cond_kind kind_of(const char *word)
{
    return !strcmp(word, "number")  ? COND_NUMBER
           : !strcmp(word, "truth") ? COND_TRUTH
           : !strcmp(word, "text")  ? COND_TEXT
                                    : COND_ANY;
}

static void add_fields(row_fields *to)
{
    for (char *at = to->text.data, *end; at && *at && to->count < MOST_FIELDS; at = end) {
        if ((end = strchr(at, '\n'))) *end++ = 0;
        char *blank = strchr(at, ' ');
        if (blank) *blank++ = 0;
        to->name[to->count] = at;
        to->kind[to->count++] = kind_of(blank ? blank : "any");
    }
}

void dsl_where_fields(const dsl_object *rows, bool opinions, lg_buf *out)
{
    if (rows && rows->cls->where_fields) rows->cls->where_fields(rows->payload, out);
    if (opinions && (!rows || rows->cls->kind == DSL_KIND_DATASET)) /* models see images */
        lg_buf_adds(out, "predicted text\nconfidence number\nsecond text\ncorrect truth\nloss number\n");
}

static bool find_field(const row_fields *fields, const char *name, cond_kind *kind)
{
    for (size_t i = 0; i < fields->count; i++)
        if (!strcmp(fields->name[i], name)) {
            *kind = fields->kind[i];
            return true;
        }
    return false;
}

static void first_model(void *ctx, const char *name, dsl_kind kind)
{
    const char **first = ctx;
    (void)kind;
    if (!*first && !strchr(name, '.')) *first = name;
}

static lg_status no_field(asker *a, const row_fields *fields, const char *word, const char *name, lg_span span)
{
    char known[600];
    size_t used = 0;
    const char *model = NULL;
    for (size_t i = 0; i < fields->count && used < 500; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%.60s", i ? ", " : "", fields->name[i]);
    dsl_bit bit = dsl_brief(name, strlen(name));
    lg_fail(a->err, LG_E_NAME, 149, "`%s` does not know `%s` here", word, bit.s);
    lg_why(a->err, "the rows have: %s%s", known, used >= 500 ? ", …" : "");
    dsl_each_name(a->walk, DSL_MODELS, first_model, &model);
    const char *near = lg_nearest(name, fields->name, fields->count);
    if (dsl_cond_is_opinion(name) && a->rows && a->rows->object->cls->kind == DSL_KIND_POSTS)
        lg_try(a->err, "`%s` is what a model says: `classify %s with %s` first", bit.s, a->rows->name,
               model ? model : "MODEL");
    else if (dsl_cond_is_opinion(name) && a->opinions)
        lg_try(a->err, "`%s` is what a model says: add `with %s`", bit.s, model ? model : "MODEL");
    else if (near) lg_try(a->err, "did you mean `%s`?", near);
    else if (!strcmp(word, "sort")) lg_try(a->err, "write e.g. `sort id`");
    else lg_try(a->err, "write the field first, e.g. `where label = nike`");
    return lg_err_place(a->err, span);
}

/* ---- labels ---- */
static bool is_label_field(const char *name)
{
    return dsl_same(name, "label") || dsl_same(name, "predicted") || dsl_same(name, "second");
}

typedef struct label_list {
    lg_buf text;
    const char *name[1000];
    size_t count;
    bool numeric, complete;
} label_list;

static void read_labels(const dsl_object *object, label_list *to)
{
    double number;
    *to = (label_list){0}; /* not complete: an object that knows no labels, such as a table, takes any */
    lg_buf_init(&to->text, 1 << 20);
    if (!object || !object->cls->labels) return;
    object->cls->labels(object->payload, &to->text);
    to->complete = true;
    for (char *at = to->text.data, *end; at && *at; at = end) {
        if ((end = strchr(at, '\n'))) *end++ = 0;
        to->complete = to->count < sizeof to->name / sizeof *to->name;
        if (!to->complete) break;
        to->name[to->count++] = at;
    }
    to->complete = to->complete && !to->text.failed && to->count > 0;
    to->numeric = to->count > 0;
    for (size_t i = 0; i < to->count; i++) to->numeric = to->numeric && dsl_text_number(to->name[i], &number);
}

static lg_status no_label(asker *a, const label_list *labels, const char *object, const cond_value *value)
{
    char known[500];
    size_t used = 0;
    for (size_t i = 0; i < labels->count && used < 400; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%.80s", i ? ", " : "", labels->name[i]);
    dsl_bit bit = dsl_brief(value->text, strlen(value->text));
    const char *near = lg_nearest(value->text, labels->name, labels->count);
    lg_fail(a->err, LG_E_DATA, 313, "`%s` has no label `%s`", object, bit.s);
    lg_why(a->err, "its labels: %s%s", known, used >= 400 ? ", …" : "");
    if (near) lg_try(a->err, "did you mean `%s`?", near);
    else lg_try(a->err, "write one of them; capital letters do not count");
    return lg_err_place(a->err, value->span);
}

static lg_status check_labels(asker *a, const label_list *labels, const char *object, const cond_leaf *leaf)
{
    bool exact = leaf->cmp == CMP_EQ || leaf->cmp == CMP_NE || leaf->cmp == CMP_IN;
    for (int i = 0; exact && labels->complete && i < leaf->count; i++) {
        bool known = !*leaf->value[i].text;
        for (size_t k = 0; k < labels->count && !known; k++)
            known = !lg_casecmp(leaf->value[i].text, labels->name[k]);
        if (!known) return no_label(a, labels, object, &leaf->value[i]);
    }
    return LG_OK;
}

/* ---- all of it ---- */
static lg_status check_leaf(asker *a, const row_fields *fields, const label_list *labels, const char *object,
                            const cond_leaf *leaf)
{
    cond_kind kind = COND_ANY;
    if (fields->count && !find_field(fields, leaf->field, &kind))
        return no_field(a, fields, "where", leaf->field, leaf->span);
    bool label = is_label_field(leaf->field);
    if (label) kind = labels->count && !labels->numeric ? COND_TEXT : COND_ANY;
    LG_TRY(dsl_cond_value_check(leaf, kind, a->err));
    return label && object ? check_labels(a, labels, object, leaf) : LG_OK;
}

static lg_status check_sort(asker *a, const row_fields *fields)
{
    cond_kind kind;
    for (int i = 0; a->target->params && a->target->params[i].name; i++) {
        const dsl_param *param = &a->target->params[i];
        if (strcmp(param->name, "sort") || param->type != DSL_T_WORD || !a->arg[i].given) continue;
        const dsl_value *value = &a->arg[i].value[0];
        if (fields->count && !find_field(fields, value->text, &kind))
            return no_field(a, fields, "sort", value->text, value->span);
    }
    return LG_OK;
}

/* Rows are those of the dataset of the line; labels those of it, or of the model. */
static void find_objects(asker *a)
{
    a->opinions = a->target->command && a->target->command->asks_model;
    for (int i = 0; a->target->params && a->target->params[i].name; i++) {
        const dsl_param *param = &a->target->params[i];
        if (param->type != DSL_T_OBJECT || !a->arg[i].count || a->arg[i].value[0].type != DSL_T_OBJECT) {
            a->opinions |= dsl_param_is_opinion(param);
            continue;
        }
        const dsl_value *value = &a->arg[i].value[0];
        if (dsl_param_is_opinion(param)) a->opinions = true;
        if (!value->object) continue;
        if (value->object->cls->kind == DSL_KIND_MODEL) a->model = value;
        else if (!a->rows && a->arg[i].count == 1) a->rows = value; /* of several each has fields of its own */
    }
}

bool dsl_param_is_opinion(const dsl_param *param)
{
    return param->role == DSL_PREPOSITION && param->type == DSL_T_OBJECT && param->kinds == DSL_MODELS &&
           !strcmp(param->name, "with");
}

bool dsl_wants_opinion(const dsl_target *target, const dsl_arg *arg, const dsl_cond *where)
{
    for (const dsl_cond *cond = where; cond; cond = cond->next)
        for (int i = 0; i < cond->count; i++)
            if (dsl_cond_is_opinion(cond->leaf[i].field)) return true;
    for (int i = 0; target->params && target->params[i].name; i++)
        if (!strcmp(target->params[i].name, "sort") && target->params[i].type == DSL_T_WORD && arg[i].given &&
            dsl_cond_is_opinion(arg[i].value[0].text))
            return true;
    return false;
}

lg_status dsl_where_check(dsl_walk *walk, const dsl_target *target, const dsl_arg *arg, const dsl_cond *where,
                          lg_err *err)
{
    asker a = {.walk = walk, .target = target, .arg = arg, .err = err};
    row_fields fields = {0};
    label_list *labels;
    lg_status st = LG_OK;
    find_objects(&a);
    const dsl_value *labelled = a.rows ? a.rows : a.model;
    if (walk->unknown || !labelled) return LG_OK;
    if (!(labels = lg_alloc(1, sizeof *labels, err))) return err->status;
    read_labels(labelled->object, labels);
    lg_buf_init(&fields.text, 1 << 16);
    bool with = a.rows && a.opinions && a.model;
    if (a.rows && a.rows->object->cls->where_fields) dsl_where_fields(a.rows->object, with, &fields.text);
    if (!fields.text.failed) add_fields(&fields);
    for (const dsl_cond *cond = where; cond && st == LG_OK; cond = cond->next)
        for (int i = 0; i < cond->count && st == LG_OK; i++)
            st = check_leaf(&a, &fields, labels, labelled->name, &cond->leaf[i]);
    if (st == LG_OK) st = check_sort(&a, &fields);
    lg_buf_release(&fields.text);
    lg_buf_release(&labels->text);
    lg_free(labels);
    return st;
}
