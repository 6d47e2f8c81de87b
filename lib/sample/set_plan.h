/* set_plan.h - which picture of a set is what: class, and which of the deliberate oddities. Internal to lib/sample.
 *
 * Places are drawn by a permutation of 0..count-1, so any picture's part is known without the others. */
#ifndef SMP_SET_PLAN_H
#define SMP_SET_PLAN_H

#include "lib/sample/logos.h"

typedef enum smp_oddity {
    SMP_USUAL,
    SMP_BROKEN_CUT,   /* the JPEG ends early */
    SMP_BROKEN_EMPTY, /* no bytes at all */
    SMP_BROKEN_TEXT,  /* a text file named .jpg */
    SMP_UNLABELLED,   /* no line in labels.txt */
    SMP_COPY,         /* another picture again, cut a little differently */
    SMP_OTHER_CASE,   /* its label in another case */
} smp_oddity;

typedef struct smp_plan {
    uint64_t seed;
    int count;
} smp_plan;

smp_oddity smp_plan_oddity(const smp_plan *plan, int index);
/* For SMP_COPY: whose copy; else index itself. */
int smp_plan_source(const smp_plan *plan, int index);
smp_label smp_plan_label(const smp_plan *plan, int index);
/* Label lines that name no picture. */
int smp_plan_strays(const smp_plan *plan);
/* Seed of one picture's own random numbers. */
uint64_t smp_plan_seed(const smp_plan *plan, int index);

#endif
