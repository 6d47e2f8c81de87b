/* box_customers.h - a list of customers as an object of the language: a table that still knows whom it lists.
 *
 *     const rep_customers *list = cmd_customers(object);  // NULL: some other object
 *     … list->person[i].evidence …
 *
 *     rep_posts *posts;                                   // list->posts without a person who asked to be forgotten
 *     dsl_object *next;
 *     LG_TRY(cmd_customers_again(object, posts, &next, err));
 *
 * The object is of kind table. Its columns, for `where`, `sort`, `check` and every kind of export:
 *
 *     rank               from 1, within its standing
 *     standing           "current" or "potential"
 *     user               "@handle", the display name, or "person 1" under anonymous
 *     platform           "twitter"
 *     posts              posts that count: of the brand, or of a rival for potential customers
 *     brand_posts        posts that show the brand
 *     rival_posts        posts that show a rival
 *     all_posts          posts with a picture that the model could look at
 *     share              posts / all_posts, 0 to 1
 *     last               day of the newest of them, UTC, "2026-10-01"
 *     expected_precision chance that the entry is right, 0 to 1, and the ends of its 95% interval; missing: cannot be
 * said low, high evidence_urls      addresses of the posts that count, newest first, blank-separated; "" under
 * anonymous evidence_ids       their ids, as many; "" under anonymous
 *
 * Fields: fans.brand, fans.count (current customers listed), fans.potential, fans.found, fans.potential_found,
 * fans.nameless, fans.right, fans.right_low, fans.right_high (of the current customers listed), fans.precision,
 * fans.precision_low, fans.precision_high, and those of every table (fans.rows, fans.1.user). */
#ifndef CMD_BOX_CUSTOMERS_H
#define CMD_BOX_CUSTOMERS_H

#include "kernel/commands/box_table.h"
#include "kernel/commands/box_posts.h"
#include "lib/report/customers.h"

extern const dsl_class cmd_customers_class;

/* The list behind an object (borrowed); NULL where it is none. */
const rep_customers *cmd_customers(const dsl_object *object);
/* The same as a table of cmd_table_class; NULL where it is none. */
const rep_table *cmd_customers_table(const dsl_object *object);
/* list is consumed. from: the name of the posts, for titles. */
lg_status cmd_customers_new(rep_customers *list, const char *from, const char *recipe, dsl_object **out,
                            lg_err *err) LG_MUST_CHECK;
/* The same question of other posts, as a new object: for `delete user`, of list->posts without the person. Works for
 * anonymous lists too, which do not know whom they list. */
lg_status cmd_customers_again(const dsl_object *object, const rep_posts *posts, dsl_object **out,
                              lg_err *err) LG_MUST_CHECK;

/* What `customers` shows: who, how many of them are right, tables, photos. from, where: for the title. live may be
 * NULL; cancel too. */
typedef struct cmd_customers_page {
    const char *from;  /* "labelled" */
    const char *where; /* " where likes > 10", or "" */
    const char *said;  /* a line that says what was chosen without being asked for, or "" */
    cmd_live *live;
    lg_cancel *cancel;
} cmd_customers_page;
lg_status cmd_doc_customers(plt_doc *doc, const rep_customers *list, const cmd_customers_page *page,
                            lg_err *err) LG_MUST_CHECK;

/* Shows what the platforms allow with people's names, unless this user has seen it: a mark in our data folder says so.
 * Where the mark cannot be kept it is shown again next time. */
lg_status cmd_platform_rules(const dsl_call *call, lg_err *err) LG_MUST_CHECK;

#endif
