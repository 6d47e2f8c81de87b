/* `classify`: pictures of posts and of datasets, how sure the model is, and what becomes of it. */
#include "tests/support/posts.h"

static lens l;
#define LENS_OK(call)                                                                                                  \
    do {                                                                                                               \
        if ((call) != LG_OK) TEST_FAIL("%s: LL%03d %s (%s)", #call, l.err.code, l.err.msg, l.err.why);                 \
    } while (0)

static const rep_posts *posts_of(const char *name)
{
    dsl_object *object = dsl_session_get(l.session, name);
    CHECK(object && object->cls == &cmd_posts_class);
    return object->payload;
}

static int64_t kept_predictions(void)
{
    lg_err err = {0};
    store_counts counts;
    store_catalogue *c = posts_catalogue();
    CHECK_OK(store_catalogue_counts(c, &counts, &err));
    store_catalogue_close(c);
    return counts.predictions;
}

TEST(posts_get_the_labels_of_their_pictures)
{
    lens_shop();
    CHECK_INT(lens_open(&l), LG_OK);
    posts_shop(&l, "posts");
    LENS_OK(lens_run(&l, "load logos from shop split 50/50\n"
                         "model scratch on logos { conv 8 3x3 relu; maxpool 4; flatten; dense classes softmax }\n"
                         "model raw like scratch"));
    CHECK_INT(lens_run(&l, "classify posts with raw"), LG_E_ARG);
    CHECK_INT(l.err.code, 411);
    LENS_OK(lens_run(&l, "fit scratch epochs 30 batch 8 lr 0.05 quiet"));
    LENS_OK(lens_run(&l, "classify posts with scratch as labelled"));
    const char *text = lg_buf_str(&l.text);
    CHECK_HAS(text, "classify posts with scratch: 13 pictures");
    const rep_posts *p = posts_of("labelled");
    CHECK_INT(p->count, 12);
    CHECK_INT(p->labels, 4);
    CHECK_STR(p->label[p->post[0].picture[0].label], "adidas");
    CHECK_STR(p->label[p->post[2].picture[1].label], "nike");
    CHECK_INT(p->post[9].picture[0].label, -1);
    CHECK_STR(lens_fact(&l, "labelled.count"), "12");
    CHECK_STR(lens_fact(&l, "labelled.adidas"), "6");
    CHECK_STR(lens_fact(&l, "labelled.nike"), "3");
    CHECK_STR(lens_fact(&l, "labelled.unsure"), "0");
    CHECK_STR(lens_fact(&l, "labelled.unread"), "1");
    CHECK_INT(kept_predictions(), 12);
    CHECK(!posts_of("posts")->labels);
}

TEST(end)
{
    lens_close(&l);
}
