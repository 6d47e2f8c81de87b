/* thing_cards.c - cards of what a word stands for at its place: a label, an image, a layer of a model, a file. */
#include "kernel/dsl/card.h"
#include "kernel/dsl/offer.h"
#include "lib/base/reach.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/banned.h"

static const char *name_of(dsl_session *session, const dsl_object *object)
{
    for (size_t i = 0; i < session->objects.count; i++)
        if (session->objects.row[i].value == object) return session->objects.row[i].name;
    return "";
}

/* The parameter whose value the word is, or NULL. */
static const dsl_param *its_param(const dsl_context *context, dsl_type positional)
{
    const dsl_param *params = dsl_context_params(context);
    if (!params || context->expect || !context->end) return NULL;
    if (context->pending >= 0) return &params[context->pending];
    for (int i = 0; params[i].name && i < 128; i++)
        if (params[i].role == DSL_POSITIONAL && !context->used[i] && params[i].type == positional) return &params[i];
    return NULL;
}

/* ---- labels ---- */
static bool has_labels(const dsl_object *object)
{
    return object->cls->labels != NULL;
}

static bool fact_of(const dsl_object *object, const char *path, double *number)
{
    lg_arena arena;
    dsl_fact fact = {0};
    lg_err quiet = {0};
    lg_arena_init(&arena, 1 << 20);
    bool known = object->cls->field && object->cls->field(object->payload, path, &arena, &fact, &quiet) == LG_OK;
    lg_arena_release(&arena);
    *number = fact.number;
    return known && !fact.text;
}

/* The label as the object writes it. */
static bool find_label(const dsl_object *object, const char *word, char out[260])
{
    lg_buf labels;
    bool found = false;
    size_t n = strlen(word);
    lg_buf_init(&labels, 8 << 20);
    object->cls->labels(object->payload, &labels);
    for (const char *at = labels.data; at && *at && !found; at += strcspn(at, "\n"), at += *at == '\n') {
        found = strcspn(at, "\n") == n && n < 260 && dsl_same_n(at, word, n);
        if (found) snprintf(out, 260, "%.*s", (int)n, at);
    }
    lg_buf_release(&labels);
    return found;
}

static bool label_card(dsl_card *c, dsl_session *session, const dsl_context *context, const char *word)
{
    static const char *const parts[] = {"train", "val", "test"};
    const dsl_object *object = dsl_line_object(session, context, has_labels);
    char label[260], path[300];
    double count;
    lg_buf line;
    if (!object || !find_label(object, word, label)) return false;
    lg_buf_init(&line, 1000);
    snprintf(path, sizeof path, "%s.count", label);
    if (fact_of(object, path, &count)) lg_buf_addf(&line, "%s images ", lg_thousands((long long)count));
    lg_buf_addf(&line, "of %s", name_of(session, object));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(path, sizeof path, "%s.%s.count", parts[i], label);
        if (fact_of(object, path, &count) && count > 0)
            lg_buf_addf(&line, ", %s %s", parts[i], lg_thousands((long long)count));
    }
    dsl_card_title(c, label, "label", lg_buf_str(&line));
    lg_buf_release(&line);
    return true;
}

/* ---- images and layers ---- */
static bool has_images(const dsl_object *object)
{
    return object->cls->images != NULL;
}

static bool has_layers(const dsl_object *object)
{
    return object->cls->layers != NULL;
}

/* A line "word<tab>what it is" of a list becomes a card. */
static bool line_card(dsl_card *c, dsl_session *session, const dsl_object *object, const lg_buf *lines,
                      const char *word, const char *kind)
{
    char says[300];
    size_t n = strlen(word);
    for (const char *at = lines->data; at && *at; at += strcspn(at, "\n"), at += *at == '\n') {
        if (strncasecmp(at, word, n) || at[n] != '\t') continue;
        snprintf(says, sizeof says, "%.*s, of %.60s",
                 (int)strcspn(at + n + 1, "\n") < 200 ? (int)strcspn(at + n + 1, "\n") : 200, at + n + 1,
                 name_of(session, object));
        dsl_card_title(c, word, kind, says);
        return true;
    }
    return false;
}

static bool image_card(dsl_card *c, dsl_session *session, const dsl_context *context, const char *word)
{
    const dsl_object *object = dsl_line_object(session, context, has_images);
    lg_buf images;
    if (!object) return false;
    lg_buf_init(&images, 1 << 18);
    object->cls->images(object->payload, DSL_PART_ALL, word, 60, &images);
    bool found = line_card(c, session, object, &images, word, "image");
    lg_buf_release(&images);
    return found;
}

static bool model_layer_card(dsl_card *c, dsl_session *session, const dsl_context *context, const char *word)
{
    const dsl_object *object = dsl_line_object(session, context, has_layers);
    lg_buf layers;
    if (!object) return false;
    lg_buf_init(&layers, 8 << 20);
    object->cls->layers(object->payload, &layers);
    bool found = line_card(c, session, object, &layers, word, "layer");
    lg_buf_release(&layers);
    return found;
}

/* ---- files ---- */
static bool file_card(dsl_card *c, const char *word)
{
    enum { MOST = 10000 };
    lg_err quiet = {0};
    lg_listing inside = {0};
    char says[80];
    uint64_t size = 0;
    int fd = -1;
    if (strstr(word, ":")) return false;
    if (lg_reach_look(word, NULL, NULL, MOST, &inside, &quiet) == LG_OK) {
        snprintf(says, sizeof says, "%s%zu name%s in it", inside.count == MOST ? "at least " : "", inside.count,
                 inside.count == 1 ? "" : "s");
        dsl_card_title(c, word, "folder", says);
        lg_listing_release(&inside);
        return true;
    }
    lg_err_clear(&quiet);
    if (lg_reach_open(word, &fd, &size, &quiet) != LG_OK) return false;
    close(fd);
    snprintf(says, sizeof says, "%s bytes", lg_thousands((long long)size));
    dsl_card_title(c, word, "file", says);
    return true;
}

/* ---- which of them ---- */
static bool is_label_field(const char *field)
{
    return dsl_same(field, "label") || dsl_same(field, "predicted") || dsl_same(field, "second");
}

static void with_its_option(dsl_card *c, const dsl_context *context, const dsl_param *param)
{
    if (param) dsl_param_card(c, context->layer ? context->layer->name : context->command->name, param);
}

bool dsl_thing_card(dsl_card *c, dsl_session *session, const dsl_context *context, const char *word)
{
    if (context->expect == EXPECT_VALUE && is_label_field(context->field)) return label_card(c, session, context, word);
    const dsl_param *param = its_param(context, DSL_T_LABEL);
    if (!param) param = its_param(context, DSL_T_PATH);
    if (!param || context->layer) return false;
    bool found = false;
    if (param->type == DSL_T_LABEL || param->offers == DSL_OFFER_LABELS) found = label_card(c, session, context, word);
    else if (param->type == DSL_T_IMAGE) found = image_card(c, session, context, word);
    else if (param->type == DSL_T_LAYER || param->offers == DSL_OFFER_LAYERS)
        found = model_layer_card(c, session, context, word);
    else if (param->type == DSL_T_PATH || param->type == DSL_T_OUTPATH) found = file_card(c, word);
    if (found) with_its_option(c, context, param);
    return found;
}
