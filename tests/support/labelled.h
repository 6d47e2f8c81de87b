/* labelled.h - for tests of commands: classified posts without a catalogue or a model, bound to names.
 *
 *     labelled_shop(&l);   // `posts`: five posts of three people; `labelled`: the same, classified, with validation
 * images labelled_bind(&l, "odd", posts_of("twitter ann 1 adidas\n")); */
#ifndef TEST_LABELLED_H
#define TEST_LABELLED_H

#include "kernel/commands/box_posts.h"
#include "tests/support/lens.h"
#include "tests/support/written_posts.h"

/* posts is consumed. */
static inline void labelled_bind(lens *l, const char *name, rep_posts *posts)
{
    dsl_object *object;
    lg_err err = {0};
    CHECK_OK(dsl_object_new(&cmd_posts_class, posts, "scrape twitter tag adidas", &object, &err));
    CHECK_OK(dsl_session_bind(l->session, name, object, &err));
}

static inline void labelled_shop(lens *l)
{
    static const char text[] = "twitter ann 1790812800000 adidas:93,other\n"
                               "twitter ann 1790816400000 adidas:88\n"
                               "twitter bob 1790820000000 nike:97\n"
                               "twitter cia 1790823600000 puma:91\n"
                               "twitter cia 1790827200000 adidas:61\n";
    static const char unlooked[] = "twitter ann 1790812800000 ?,?\n" /* the same; no picture has a label */
                                   "twitter ann 1790816400000 ?\n"
                                   "twitter bob 1790820000000 ?\n"
                                   "twitter cia 1790823600000 ?\n"
                                   "twitter cia 1790827200000 ?\n";
    rep_posts *labelled = posts_of(text), *plain = posts_of(unlooked);
    posts_validated(labelled, "adidas>adidas 90*33 nike>adidas 90*7 nike>nike 99*30 puma>puma 99*20 other>other 90*17");
    plain->labels = 0, plain->model = NULL;
    labelled_bind(l, "labelled", labelled);
    if (!dsl_session_get(l->session, "posts")) labelled_bind(l, "posts", plain);
    else rep_posts_unref(plain);
}

#endif
