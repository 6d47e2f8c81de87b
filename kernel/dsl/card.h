/* card.h - cards, inside kernel/dsl only: what Shift-Tab and `help` show of a word. */
#ifndef DSL_CARD_H
#define DSL_CARD_H

#include "kernel/dsl/context.h"

typedef struct dsl_card {
    lg_buf *text, *html; /* html may be NULL */
    int detail;          /* DSL_MORE, DSL_OMIT_… */
} dsl_card;

/* ---- card.c ---- */
void dsl_card_title(dsl_card *c, const char *word, const char *kind, const char *sentence);
void dsl_card_line(dsl_card *c, const char *s); /* nothing for NULL or "" */
void dsl_card_head(dsl_card *c, const char *s);
void dsl_card_code(dsl_card *c, const char *s);
void dsl_card_table(dsl_card *c, bool begin); /* around rows */
void dsl_card_row(dsl_card *c, const char *left, const char *right);
void dsl_card_examples(dsl_card *c, const char *const *examples, int most);

/* ---- inspect.c ---- */
/* `fit MODEL [on DATASET] [as NAME] [options]` */
void dsl_signature_line(const char *name, const dsl_param *params, bool block, bool where, lg_buf *out);
void dsl_param_card(dsl_card *c, const char *owner, const dsl_param *param);

/* ---- topics.c ---- */
void dsl_object_card(dsl_card *c, const char *name, const dsl_object *object);
/* Words of the grammar, topics, measures, activations, places. */
bool dsl_topic_card(dsl_card *c, const dsl_config *config, const char *word);
bool dsl_function_card(dsl_card *c, const char *word);
/* What the last word of a field means, of an object of that kind; "" where that is not told. */
const char *dsl_fact_sentence(dsl_kind kind, const char *path);
const char *dsl_choice_sentence(const char *word); /* of an activation, an optimizer; else "" */
const char *dsl_function_sentence(const char *word);
/* `scratch.val.accuracy`, `logos.val`: a fact with its value, or a part. */
bool dsl_dotted_card(dsl_card *c, dsl_session *session, const char *word);
/* A word that is a value of some option: relu, adam. */
bool dsl_choice_card(dsl_card *c, const dsl_config *config, const char *word);
/* The value at a place: of the option before it, or of the place it fills by its form. */
bool dsl_value_card(dsl_card *c, const dsl_context *context, const char *word);
/* What a word stands for at its place: a label, an image, a layer of a model, a file. */
bool dsl_thing_card(dsl_card *c, dsl_session *session, const dsl_context *context, const char *word);
/* A field of the rows that `where` filters. */
bool dsl_field_card(dsl_card *c, dsl_session *session, const dsl_context *context, const char *word);

#endif
