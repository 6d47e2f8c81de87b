/* quiz.c - drawing questions. */
#include "kernel/commands/quiz.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

void cmd_quiz_add(cmd_quiz *quiz, cmd_ask *ask, int abouts)
{
    if (abouts < 1 || quiz->kinds == QUIZ_KINDS) return;
    quiz->kind[quiz->kinds].ask = ask;
    quiz->kind[quiz->kinds++].abouts = abouts;
}

void cmd_q_text(cmd_question *q, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(q->text, sizeof q->text, fmt, ap);
    va_end(ap);
}

void cmd_q_way(cmd_question *q, const char *fmt, ...)
{
    size_t used = strlen(q->way);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(q->way + used, sizeof q->way - used, fmt, ap);
    va_end(ap);
}

void cmd_q_right(cmd_question *q, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(q->choice[0].text, sizeof q->choice[0].text, fmt, ap);
    va_end(ap);
    q->choices = 1, q->right = 0;
}

void cmd_q_wrong(cmd_question *q, const char *tempts, const char *fmt, ...)
{
    if (q->choices == QUIZ_CHOICES) return;
    cmd_choice *c = &q->choice[q->choices];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(c->text, sizeof c->text, fmt, ap);
    va_end(ap);
    snprintf(c->tempts, sizeof c->tempts, "%s", tempts);
    bool known = false;
    for (int i = 0; i < q->choices; i++) known |= strcmp(q->choice[i].text, c->text) == 0;
    q->choices += !known;
}

static int draw(cmd_quiz *quiz, int n)
{
    return (int)lg_rng_below(&quiz->rng, (uint64_t)n);
}

static void shuffle_choices(cmd_quiz *quiz, cmd_question *q)
{
    for (int i = q->choices - 1; i > 0; i--) {
        int k = draw(quiz, i + 1);
        cmd_choice c = q->choice[i];
        q->choice[i] = q->choice[k], q->choice[k] = c;
        if (q->right == i) q->right = k;
        else if (q->right == k) q->right = i;
    }
}

static bool asked_already(const cmd_quiz *quiz, const cmd_question *q)
{
    for (int i = 0; i < quiz->count; i++)
        if (strcmp(quiz->question[i].text, q->text) == 0) return true;
    return false;
}

/* One question of a kind, about whatever is drawn, else about what follows it. */
static bool ask_one(cmd_quiz *quiz, int kind)
{
    cmd_question *q = &quiz->question[quiz->count];
    int abouts = quiz->kind[kind].abouts, first = draw(quiz, abouts);
    for (int i = 0; i < abouts; i++) {
        *q = (cmd_question){0};
        if (!quiz->kind[kind].ask(quiz, (first + i) % abouts, q) || q->choices < 2 || asked_already(quiz, q)) continue;
        shuffle_choices(quiz, q);
        quiz->count++;
        return true;
    }
    return false;
}

void cmd_quiz_deal(cmd_quiz *quiz)
{
    int order[QUIZ_KINDS], left = quiz->kinds;
    for (int i = 0; i < left; i++) order[i] = i;
    for (int i = left - 1; i > 0; i--) {
        int k = draw(quiz, i + 1), t = order[i];
        order[i] = order[k], order[k] = t;
    }
    while (left && quiz->count < quiz->asked)
        for (int i = 0; i < left && quiz->count < quiz->asked; i++)
            if (!ask_one(quiz, order[i])) { /* this kind is used up */
                memmove(&order[i], &order[i + 1], (size_t)(--left - i) * sizeof *order);
                i--;
            }
}
