/* examples.h - a session that has what the examples of the tables and of the notebooks speak of: logos, small, scratch,
 * transfer, trial.1, trial.2, posts, labelled, fans, $lr, and the files they name. Made once in a program. */
#ifndef EXAMPLES_H
#define EXAMPLES_H

#include "tests/support/labelled.h"
#include "tests/support/posts.h"

extern const dsl_command *const dsl_commands[];

/* Made once; each example gets a session of its own that knows all of it. */
static lens made;

static inline void examples_make(void)
{
    lg_err err = {0};
    lens *l = &made;
    lens_shop();
    ds_text("lesson.lens", "say \"a lesson\"\n");
    ds_text("results.csv", "model,accuracy\nscratch,0.66\n");
    ds_copy("tiny.onnx", "tests/golden/onnx/tiny.onnx");
    CHECK_OK(lens_open(l));
    posts_shop(l, "posts");
    if (lens_run(l, "load logos from flat labels list.csv columns file, label split 60/20/20\n"
                    "load small from shop\n"
                    "model scratch on logos { conv 4 3x3 relu name conv1; maxpool 2; flatten; dense classes softmax }\n"
                    "model transfer on logos { flatten; dense 8 relu; dense classes softmax }\n"
                    "for rate in 0.01, 0.1 { fit scratch epochs 2 batch 8 lr $rate quiet as trial }\n"
                    "fit transfer epochs 1 quiet\n"
                    "save scratch to scratch.lmodel\n"
                    "let lr = 0.01"))
        TEST_FAIL("setup: LL%03d %s", l->err.code, l->err.msg);
    labelled_shop(l);
    if (lens_run(l, "customers from labelled brand adidas as fans")) TEST_FAIL("setup: %s", l->err.msg);
}

static inline void examples_start(lens *l)
{
    lg_err err = {0};
    if (!made.bench) examples_make();
    *l = made;
    lg_buf_init(&l->text, 1 << 28);
    lg_buf_init(&l->html, 1 << 28);
    CHECK_OK(dsl_session_snapshot(made.session, &l->session, &err));
}

static inline void examples_end(lens *l)
{
    dsl_session_free(l->session);
    lg_buf_release(&l->text);
    lg_buf_release(&l->html);
}

/* The drawn set has 3,000 pictures: examples that load it get the shop's folder instead. Owned (free). */
static inline char *examples_with_shop(const char *example)
{
    static const char sample[] = "sample:logos";
    const char *at = strstr(example, sample);
    char *text = malloc(strlen(example) + 32);
    if (!at) return strcpy(text, example);
    sprintf(text, "%.*sshop%s", (int)(at - example), example, at + strlen(sample));
    return text;
}

#endif
