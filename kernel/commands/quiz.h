/* quiz.h - questions about the user's own network and data. Each is made from numbers of the object, and so is its
 * answer: nothing is asked that could not be computed from what stands in the question.
 *
 *     cmd_quiz quiz = {.asked = 5, .net = net, .summary = &summary, .model_name = "scratch"};
 *     lg_rng_init(&quiz.rng, seed);
 *     cmd_quiz_shapes(&quiz);
 *     cmd_quiz_deal(&quiz);                 // question[0 … count-1], of as many kinds as there are
 *
 * A question has one right choice and plausible mistakes, each with the reason why it tempts. */
#ifndef CMD_QUIZ_H
#define CMD_QUIZ_H

#include "kernel/commands/box_model.h"

enum { QUIZ_CHOICES = 3, QUIZ_MOST = 50 };

typedef struct cmd_choice {
    char text[120];
    char tempts[240]; /* of a wrong one: why somebody would say so */
} cmd_choice;

typedef struct cmd_question {
    char text[480];
    char way[600]; /* the arithmetic that leads to the answer */
    cmd_choice choice[QUIZ_CHOICES + 2];
    int choices, right; /* right: place of the right choice, the first while the question is being made */
} cmd_question;

typedef struct cmd_quiz cmd_quiz;
/* Fills a question about number `about` of the subject; false: that is nothing to ask. */
typedef bool cmd_ask(const cmd_quiz *quiz, int about, cmd_question *q);

enum { QUIZ_KINDS = 16 };
struct cmd_quiz {
    int asked; /* questions wanted */
    lg_rng rng;
    /* the subject, borrowed: what a topic does not need is NULL */
    const nn_net *net;
    const nn_summary *summary;
    const char *model_name;
    const data_set *set;
    const data_counts *counts;
    const char *data_name;
    const cmd_score *score;
    char *const *label;
    const char *judged; /* "scratch on the validation images of logos" */
    /* what can be asked */
    struct {
        cmd_ask *ask;
        int abouts; /* it is asked about 0 … abouts - 1 */
    } kind[QUIZ_KINDS];
    int kinds;
    cmd_question question[QUIZ_MOST];
    int count;
};

void cmd_quiz_add(cmd_quiz *quiz, cmd_ask *ask, int abouts);
void cmd_quiz_shapes(cmd_quiz *quiz);  /* of net and summary */
void cmd_quiz_counts(cmd_quiz *quiz);  /* of net and summary, and of set and counts: either may be NULL */
void cmd_quiz_metrics(cmd_quiz *quiz); /* of score and label */
/* Draws the questions: one of each kind in turn, none twice, and the order of the choices. */
void cmd_quiz_deal(cmd_quiz *quiz);

/* ---- for askers ---- */
void cmd_q_text(cmd_question *q, const char *fmt, ...) LG_PRINTF(2, 3);
void cmd_q_way(cmd_question *q, const char *fmt, ...) LG_PRINTF(2, 3); /* adds */
void cmd_q_right(cmd_question *q, const char *fmt, ...) LG_PRINTF(2, 3);
/* A mistake; one that says the same as a choice that is there is left out. tempts is no format. */
void cmd_q_wrong(cmd_question *q, const char *tempts, const char *fmt, ...) LG_PRINTF(3, 4);

#endif
