/* offer_objects.c - Tab: objects and what they know - facts, labels, layers, images, fields of their rows. */
#include "kernel/dsl/card.h"
#include "kernel/dsl/offer.h"
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

/* Texts of an object, one a line, each with what stands behind its tab or blank. */
typedef void line_fn(dsl_offer *o, const char *word, const char *rest);
static void each_line(dsl_offer *o, lg_buf *lines, char gap, line_fn *fn)
{
    char *at = lines->data;
    if (lines->failed && at) { /* too many: the last may be half a line */
        char *end = strrchr(at, '\n');
        if (end) end[1] = 0;
    }
    for (char *end; at && *at && !dsl_offer_full(o); at = end) {
        end = at + strcspn(at, "\n");
        if (*end) *end++ = 0;
        char *rest = gap ? strchr(at, gap) : NULL;
        if (rest) *rest++ = 0;
        fn(o, at, rest ? rest : "");
    }
    lg_buf_release(lines);
}

/* ---- objects ---- */
static void one_object(dsl_offer *o, const char *name, const dsl_object *object)
{
    lg_buf brief;
    lg_buf_init(&brief, 4096);
    lg_buf_addf(&brief, "%s: ", dsl_kind_name(object->cls->kind));
    size_t n = brief.len;
    if (object->cls->brief) object->cls->brief(object->payload, &brief);
    if (brief.len == n) brief.data[n - 2] = 0;
    dsl_offer_add(o, name, dsl_kind_name(object->cls->kind), lg_buf_str(&brief));
    lg_buf_release(&brief);
}

/* `logos.` -> logos.train */
static void object_parts(dsl_offer *o, const char *name)
{
    static const char *const suffix[] = {"train", "val", "test"};
    char part[200];
    size_t n = strlen(name);
    if (o->partial_len <= n || o->partial[n] != '.') return;
    for (size_t k = 0; k < sizeof suffix / sizeof *suffix; k++) {
        snprintf(part, sizeof part, "%.150s.%s", name, suffix[k]);
        dsl_offer_add(o, part, "part", "a part of the dataset");
    }
}

typedef struct made_offer {
    dsl_offer *o;
    unsigned kinds;
    bool parts, variables;
} made_offer;

/* What an earlier line of the cell will make. */
static void made_object(void *ctx, const char *name, dsl_kind kind, dsl_span line)
{
    const made_offer *m = ctx;
    const char *code = m->o->context.code;
    if (*name == '$' || (kind != DSL_KIND_NONE && !(m->kinds & 1u << kind))) return;
    if (dsl_session_get(m->o->session, name)) return;
    dsl_bit says = dsl_brief(code + line.from, dsl_line_len(code, line.from, line, "{"));
    dsl_offer_add(m->o, name, kind ? dsl_kind_name(kind) : "object", says.s);
    if (m->parts && (kind == DSL_KIND_DATASET || !kind)) object_parts(m->o, name);
}

static void each_made(dsl_offer *o, dsl_made_fn *fn, made_offer *m)
{
    if (o->status) return;
    o->status = dsl_each_made(&o->session->config, &o->context, fn, m, o->err);
}

void dsl_offer_objects(dsl_offer *o, unsigned kinds, bool parts)
{
    const dsl_names *objects = &o->session->objects;
    for (size_t i = 0; i < objects->count && !dsl_offer_full(o); i++) {
        const dsl_object *object = objects->row[i].value;
        if (!object || !(kinds & 1u << object->cls->kind)) continue;
        if (dsl_offer_begins(o, objects->row[i].name)) one_object(o, objects->row[i].name, object);
        if (parts && object->cls->kind == DSL_KIND_DATASET) object_parts(o, objects->row[i].name);
    }
    made_offer m = {.o = o, .kinds = kinds, .parts = parts};
    each_made(o, made_object, &m);
}

/* ---- facts ---- */
void dsl_offer_facts(dsl_offer *o)
{
    enum { LONGEST = 300 };
    const dsl_names *objects = &o->session->objects;
    for (size_t i = 0; i < objects->count; i++) {
        const dsl_object *object = objects->row[i].value;
        const char *name = objects->row[i].name;
        size_t n = strlen(name);
        if (!object || !object->cls->fields || o->partial_len <= n || !dsl_same_n(o->partial, name, n) ||
            o->partial[n] != '.' || n > LONGEST / 2)
            continue;
        lg_buf fields;
        char full[LONGEST];
        lg_buf_init(&fields, 8 << 20);
        object->cls->fields(object->payload, &fields);
        const char *begun = o->partial + n + 1;
        size_t begun_len = o->partial_len - n - 1;
        for (char *at = fields.data, *end; at && *at && !dsl_offer_full(o); at = end) {
            end = at + strcspn(at, "\n");
            if (*end) *end++ = 0;
            if (begun_len && (*at | 32) != (*begun | 32)) continue;  /* there may be tens of thousands */
            if (strpbrk(at, " \t{}()[],;=\"'<>!\\+-*/^%")) continue; /* a label that no field can be written with */
            snprintf(full, sizeof full, "%s.%.140s%s", name, at, o->brace ? "}" : "");
            dsl_offer_add(o, full, "fact", dsl_fact_sentence(object->cls->kind, at));
        }
        lg_buf_release(&fields);
    }
}

/* ---- variables ---- */
static void made_variable(void *ctx, const char *name, dsl_kind kind, dsl_span line)
{
    const made_offer *m = ctx;
    (void)kind;
    if (*name != '$') return;
    const char *code = m->o->context.code, *equals = memchr(code + line.from, '=', line.to - line.from);
    size_t value = equals ? (size_t)(equals - code) + 1 : line.from;
    while (value < line.to && code[value] == ' ') value++;
    dsl_bit says = dsl_brief(code + value, dsl_line_len(code, value, line, ";#{"));
    dsl_offer_add(m->o, name, "variable", says.s);
}

void dsl_offer_variables(dsl_offer *o)
{
    char name[80];
    made_offer m = {.o = o};
    each_made(o, made_variable, &m); /* the newest value is what stands in the cell */
    for (size_t i = 0; i < o->session->vars.count; i++) {
        const dsl_var *var = o->session->vars.row[i].value;
        if (!var) continue;
        snprintf(name, sizeof name, "$%.70s", o->session->vars.row[i].name);
        dsl_offer_add(o, name, "variable", var->count ? var->text[0] : "");
    }
}

/* ---- the object of the line ---- */
const dsl_object *dsl_line_object(dsl_session *session, const dsl_context *context, dsl_suits_fn *suits)
{
    const dsl_object *its = NULL;
    char word[64];
    for (size_t i = 0; i < context->end; i++) {
        dsl_token_copy(&context->tokens, &context->tokens.token[i], word);
        const dsl_object *object = *word ? dsl_session_get(session, word) : NULL; /* trial.2 */
        word[strcspn(word, ".")] = 0;
        if (!object && *word) object = dsl_session_get(session, word);
        if (object && suits(object)) return object;
        const char *on = object && object->cls->data ? object->cls->data(object->payload) : NULL;
        if (on && !its) its = dsl_session_get(session, on);
    }
    if (its && suits(its)) return its; /* the dataset of a model in the line */
    const char *name = dsl_session_default(session, DSL_KIND_DATASET);
    const dsl_object *object = name ? dsl_session_get(session, name) : NULL;
    for (size_t i = session->objects.count; !object && i > 0; i--) { /* else the newest */
        const dsl_object *one = session->objects.row[i - 1].value;
        if (one && one->cls->kind == DSL_KIND_DATASET) object = one;
    }
    return object && suits(object) ? object : NULL;
}

static bool knows_labels(const dsl_object *object)
{
    return object->cls->labels != NULL;
}

static bool has_rows(const dsl_object *object)
{
    return object->cls->where_fields != NULL;
}

static bool has_layers(const dsl_object *object)
{
    return object->cls->layers != NULL;
}

static bool has_images(const dsl_object *object)
{
    return object->cls->images != NULL;
}

static bool has_handles(const dsl_object *object)
{
    return object->cls->kind == DSL_KIND_POSTS && object->cls->values != NULL;
}

/* The model or dataset of the line; a model that is filled in where the line names nothing. */
static const dsl_object *line_model(dsl_offer *o, dsl_suits_fn *suits)
{
    const dsl_object *object = dsl_line_object(o->session, &o->context, suits);
    char word[64];
    for (size_t i = 1; i < o->context.end && !object; i++) {
        dsl_token_copy(&o->context.tokens, &o->context.tokens.token[i], word);
        word[strcspn(word, ".")] = 0;
        if (*word && dsl_session_get(o->session, word)) return NULL; /* it names another object */
    }
    const char *name = object ? NULL : dsl_session_default(o->session, DSL_KIND_MODEL);
    const dsl_object *model = name ? dsl_session_get(o->session, name) : NULL;
    return model && suits(model) ? model : object;
}

/* ---- labels, layers, maps ---- */
static void label_line(dsl_offer *o, const char *label, const char *rest)
{
    (void)rest;
    dsl_offer_word(o, label, "label", "");
}

void dsl_offer_labels(dsl_offer *o)
{
    const dsl_object *object = line_model(o, knows_labels);
    lg_buf labels;
    if (!object) return;
    lg_buf_init(&labels, 8 << 20);
    object->cls->labels(object->payload, &labels);
    each_line(o, &labels, 0, label_line);
}

static void layer_line(dsl_offer *o, const char *name, const char *shape)
{
    dsl_offer_word(o, name, "layer", shape);
}

void dsl_offer_layer_names(dsl_offer *o)
{
    const dsl_object *object = line_model(o, has_layers);
    lg_buf layers;
    if (!object) return;
    lg_buf_init(&layers, 8 << 20);
    object->cls->layers(object->payload, &layers);
    each_line(o, &layers, '\t', layer_line);
}

static bool names_token(const dsl_context *context, const char *name)
{
    for (size_t i = 0; i < context->end; i++)
        if (dsl_same_n(context->tokens.text + context->tokens.token[i].at, name, context->tokens.token[i].len))
            return true;
    return false;
}

/* The layer that the line names; of it as many numbers as it has maps. */
void dsl_offer_maps(dsl_offer *o)
{
    enum { MOST = 64 };
    const dsl_object *object = line_model(o, has_layers);
    lg_buf layers;
    long long maps = 0;
    char number[32], of[80] = "";
    if (!object) return;
    lg_buf_init(&layers, 8 << 20);
    object->cls->layers(object->payload, &layers);
    for (char *at = layers.data, *end; at && *at && !maps; at = end) {
        end = at + strcspn(at, "\n");
        if (*end) *end++ = 0;
        char *shape = strchr(at, '\t');
        if (!shape) continue;
        *shape++ = 0;
        const char *last = strrchr(shape, 'x');
        if (!last || !names_token(&o->context, at) || !lg_parse_int(last + 1, &maps)) continue;
        snprintf(of, sizeof of, "of %lld in %.50s", maps, at);
    }
    lg_buf_release(&layers);
    for (long long i = 1; i <= maps && i <= MOST; i++) {
        snprintf(number, sizeof number, "%lld", i);
        dsl_offer_add(o, number, "value", of);
    }
}

/* ---- images ---- */
/* `logos.val` in the line: only images of that part. */
static int line_part(dsl_offer *o, const dsl_object *object)
{
    static const char *const parts[] = {"", ".train", ".val", ".test"};
    char word[64];
    for (size_t i = 0; i < o->context.end; i++) {
        dsl_token_copy(&o->context.tokens, &o->context.tokens.token[i], word);
        for (int k = DSL_PART_TRAIN; k <= DSL_PART_TEST; k++) {
            size_t n = strlen(word), m = strlen(parts[k]);
            if (n <= m || strcmp(word + n - m, parts[k])) continue;
            word[n - m] = 0;
            if (dsl_session_get(o->session, word) == object) return k;
            word[n - m] = '.';
        }
    }
    return DSL_PART_ALL;
}

/* They may begin otherwise: `01.png` of several folders becomes `nike/01.png`. */
static void image_line(dsl_offer *o, const char *name, const char *label)
{
    dsl_offer_put(o, name, "image", label);
}

void dsl_offer_images(dsl_offer *o)
{
    enum { MOST = 60 };
    const dsl_object *object = dsl_line_object(o->session, &o->context, has_images);
    char prefix[256];
    lg_buf images;
    if (!object || o->partial_len >= sizeof prefix) return;
    memcpy(prefix, o->partial, o->partial_len);
    prefix[o->partial_len] = 0;
    lg_buf_init(&images, 1 << 18);
    object->cls->images(object->payload, line_part(o, object), prefix, MOST, &images);
    each_line(o, &images, '\t', image_line);
}

/* ---- fields of rows ---- */
/* Can a model be asked about the rows of this line? */
static bool with_opinions(const dsl_offer *o)
{
    if (o->context.command && o->context.command->asks_model) return true;
    for (const dsl_param *p = dsl_context_params(&o->context); p && p->name; p++)
        if (dsl_param_is_opinion(p)) return true;
    return false;
}

static bool is_model(const dsl_object *object)
{
    return object->cls->kind == DSL_KIND_MODEL;
}

static void field_line(dsl_offer *o, const char *field, const char *kind)
{
    char says[80];
    const dsl_object *rows = dsl_line_object(o->session, &o->context, has_rows);
    bool own = rows && rows->cls->kind != DSL_KIND_DATASET; /* of posts that were classified */
    bool lacks_model = !own && dsl_cond_is_opinion(field) && !dsl_line_object(o->session, &o->context, is_model) &&
                       !dsl_session_default(o->session, DSL_KIND_MODEL);
    snprintf(says, sizeof says, "%.20s%s", kind, lacks_model ? ", what a model says: needs `with MODEL`" : "");
    dsl_offer_word(o, field, "field", says);
}

void dsl_offer_fields(dsl_offer *o)
{
    lg_buf fields;
    lg_buf_init(&fields, 1 << 16);
    dsl_where_fields(dsl_line_object(o->session, &o->context, has_rows), with_opinions(o), &fields);
    each_line(o, &fields, ' ', field_line);
}

void dsl_offer_field_kind(dsl_offer *o, const char *field, char kind[16])
{
    lg_buf fields;
    size_t n = strlen(field);
    *kind = 0;
    lg_buf_init(&fields, 1 << 16);
    dsl_where_fields(dsl_line_object(o->session, &o->context, has_rows), with_opinions(o), &fields);
    for (const char *at = lg_buf_str(&fields); *at; at += strcspn(at, "\n"), at += *at == '\n')
        if (n && !strncmp(at, field, n) && at[n] == ' ')
            snprintf(kind, 16, "%.*s", (int)strcspn(at + n + 1, "\n"), at + n + 1);
    lg_buf_release(&fields);
}

static void value_line(dsl_offer *o, const char *value, const char *rest)
{
    (void)rest;
    dsl_offer_word(o, value, "value", "");
}

static void values_of(dsl_offer *o, const dsl_object *object, const char *field)
{
    enum { MOST = 60 };
    char prefix[256];
    lg_buf values;
    if (!object || !object->cls->values || o->partial_len >= sizeof prefix) return;
    memcpy(prefix, o->partial, o->partial_len);
    prefix[o->partial_len] = 0;
    lg_buf_init(&values, 1 << 18);
    object->cls->values(object->payload, field, prefix, MOST, &values);
    each_line(o, &values, 0, value_line);
}

void dsl_offer_field_values(dsl_offer *o, const char *field)
{
    values_of(o, dsl_line_object(o->session, &o->context, has_rows), field);
}

/* People who posted what the session holds. */
void dsl_offer_handles(dsl_offer *o)
{
    for (size_t i = o->session->objects.count; i > 0; i--) {
        const dsl_object *object = o->session->objects.row[i - 1].value;
        if (object && has_handles(object)) values_of(o, object, "user");
    }
}
