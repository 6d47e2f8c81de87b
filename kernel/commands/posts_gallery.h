/* posts_gallery.h - posts as they are looked at: counts, cards, and what the commands of posts share.
 *
 *     cmd_posts_counts counts;
 *     LG_TRY(cmd_posts_count(posts, &counts, err));
 *     … counts.label[i] pictures of posts->label[i], counts.unsure, counts.users …
 *     cmd_posts_counts_release(&counts); */
#ifndef CMD_POSTS_GALLERY_H
#define CMD_POSTS_GALLERY_H

#include "kernel/commands/box_dataset.h"
#include "kernel/commands/box_posts.h"

typedef struct cmd_posts_counts {
    size_t users, pictures;
    size_t without; /* posts without a picture */
    size_t *label;  /* (classes) pictures that count for each; owned */
    int classes;
    size_t unsure, unread; /* pictures below `min`; pictures that cannot be read */
} cmd_posts_counts;
lg_status cmd_posts_count(const rep_posts *posts, cmd_posts_counts *out, lg_err *err) LG_MUST_CHECK;
void cmd_posts_counts_release(cmd_posts_counts *counts);
/* "1,204 posts of 861 users, 950 pictures, 212 adidas, 40 unsure". */
void cmd_posts_brief(const rep_posts *posts, const cmd_posts_counts *counts, lg_buf *out);

/* What `where` and `sort` choose among: a picture of a post, or a post without one. */
typedef struct cmd_posts_row {
    const rep_posts *posts;
    const rep_post *post;
    const rep_picture *picture; /* or NULL */
    char date[REP_DATE];        /* room for the field of that name */
} cmd_posts_row;
/* text lives as long as posts and row do. false: no such field. */
bool cmd_posts_fact(cmd_posts_row *row, const char *field, dsl_fact *out);
const char *const *cmd_posts_row_fields(const rep_posts *posts); /* NULL-terminated */

/* The same set without its posts, which the caller fills in; it keeps a reference to posts. */
lg_status cmd_posts_again(const rep_posts *posts, rep_posts **out, lg_err *err) LG_MUST_CHECK;

/* The gallery: a card for each picture and for each post without one. Without `sort` classified ones come by class, the
 * surest first, the unsure ones last, some of each; others in the order of keeping. */
typedef struct cmd_gallery {
    size_t limit;     /* cards; 0: 24 */
    const char *sort; /* a field, or NULL */
    bool ascending;
    int size;          /* CSS pixels of a picture */
    bool large;        /* the output has no limit of size */
    dsl_out *out;      /* for progress; may be NULL */
    lg_cancel *cancel; /* may be NULL */
} cmd_gallery;
/* LL149 no such field to sort by. */
lg_status cmd_doc_gallery(plt_doc *doc, const rep_posts *posts, const cmd_gallery *ask, lg_err *err) LG_MUST_CHECK;
/* The table of classes, days, posts without a picture, and what the platform withheld. some: these are posts that were
 * chosen, and classes that none of them has are left out. */
void cmd_doc_posts_facts(plt_doc *doc, const rep_posts *posts, const cmd_posts_counts *counts, bool some);
bool cmd_posts_are_files(const rep_posts *posts); /* of a classified dataset */
/* `show POSTS [where …] [sort FIELD] [limit N]`; asked->size 0: the usual one. */
lg_status cmd_posts_show_some(const dsl_call *call, const dsl_value *posts, const cmd_gallery *asked,
                              lg_err *err) LG_MUST_CHECK;
/* dsl_class.show */
lg_status cmd_posts_show(const dsl_object *object, const char *name, dsl_out *out, lg_err *err) LG_MUST_CHECK;

#endif
