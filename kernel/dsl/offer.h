/* offer.h - what Tab offers, from all its sources; inside kernel/dsl only.
 *
 * A source gives words as they are (`no logo`, `my files/`); what is offered is how they are written where the cursor
 * is: in quotes where they need them, without where the cursor stands inside quotes already, and with the closing one
 * where that is missing. */
#ifndef DSL_OFFER_H
#define DSL_OFFER_H

#include "kernel/dsl/context.h"

enum { DSL_MOST_MATCHES = 500, DSL_MATCH_SLOTS = 2048 };

typedef struct dsl_offer {
    dsl_session *session;
    dsl_completion *out;
    const char *partial; /* what is written of the word before the cursor */
    size_t partial_len;
    bool word_goes_on;  /* there is more of it behind the cursor, which is replaced too */
    bool line_goes_on;  /* more words follow on the line */
    bool block_follows; /* and a `{` */
    char next;          /* the character behind the word, blanks left out; 0 at the end of the line */
    int numbers;        /* in the brackets behind the word; 0 without brackets */
    bool glued;         /* a bracket or a text right behind the word */
    char quote;         /* the cursor is in a text that began so, or 0 */
    bool unclosed;      /* whose end is missing on the line */
    bool in_field;      /* behind `${` of a text */
    bool brace;         /* whose `}` is missing */
    dsl_context context;
    uint16_t slot[DSL_MATCH_SLOTS]; /* hash of the matches: 1 + index */
    lg_err *err;
    lg_status status;
} dsl_offer;

/* ---- offer.c ---- */
bool dsl_offer_begins(const dsl_offer *o, const char *word); /* so far it could become this word; case does not count */
bool dsl_offer_full(const dsl_offer *o);                     /* no more will be taken */
/* A word of the language, which never needs quotes. */
void dsl_offer_add(dsl_offer *o, const char *word, const char *type, const char *signature);
void dsl_offer_plain(dsl_offer *o, const char *text, const char *type, const char *signature); /* whatever is written */
/* A word of the user: a label, a file, a name. put: also where it begins otherwise than what is written. */
void dsl_offer_word(dsl_offer *o, const char *word, const char *type, const char *signature);
void dsl_offer_put(dsl_offer *o, const char *word, const char *type, const char *signature);
/* Is the word in the list that the cursor stands in already? */
bool dsl_offer_listed(const dsl_offer *o, const char *word);

/* ---- offer_objects.c: what the session knows ---- */
void dsl_offer_objects(dsl_offer *o, unsigned kinds, bool parts);
void dsl_offer_facts(dsl_offer *o); /* `scratch.` in arithmetic or a check */
void dsl_offer_variables(dsl_offer *o);
void dsl_offer_labels(dsl_offer *o);
void dsl_offer_layer_names(dsl_offer *o);
void dsl_offer_maps(dsl_offer *o); /* numbers of the maps of the layer that the line names */
void dsl_offer_images(dsl_offer *o);
void dsl_offer_handles(dsl_offer *o);
/* Fields of the rows the line is about. kind of one of them: "text", "number", "truth", "any", or "". */
void dsl_offer_fields(dsl_offer *o);
void dsl_offer_field_kind(dsl_offer *o, const char *field, char kind[16]);
void dsl_offer_field_values(dsl_offer *o, const char *field);
/* The first object of the line that suits; else the dataset of a model in it, the chosen or newest one. */
typedef bool dsl_suits_fn(const dsl_object *object);
const dsl_object *dsl_line_object(dsl_session *session, const dsl_context *context, dsl_suits_fn *suits);

/* ---- offer_files.c ---- */
enum { DSL_PICTURES_ONLY = 1 };
/* Below the folder that is already written. endings: blank-separated; with `-` before them all but those; NULL: all. */
void dsl_offer_files(dsl_offer *o, const char *endings);
void dsl_offer_new_files(dsl_offer *o, const char *endings); /* what an object of the line may be written to */
extern const char dsl_picture_endings[];

/* ---- offer_layers.c ---- Those that cannot stand at the place only where their name is begun, and then they say so.
 */
void dsl_offer_layers(dsl_offer *o);
/* The model command of the place as far as `end`, its brackets closed, bound as if it were run, is given to fn. */
typedef void dsl_open_model_fn(const dsl_call *call, lg_buf *out);
/* "here 62x62x16 to 31x31x16": what a layer would make of what reaches its line; "" where that is not known. */
void dsl_layer_here(dsl_session *session, const dsl_context *context, const char *name, char out[260]);
void dsl_open_model(dsl_session *session, const dsl_context *context, size_t end, dsl_open_model_fn *fn, lg_buf *out);

#endif
