/* marks.h - the drawings: marks by class and the letters that stand under them. Internal to lib/sample. */
#ifndef SMP_MARKS_H
#define SMP_MARKS_H

#include "lib/sample/logos.h"

/* As smp_draw takes it; shape is the width over the height it looks right at. */
typedef struct smp_mark {
    const char *name;
    const char *const *drawing;
    float shape;
    bool band; /* belongs on the side of a shoe or a sleeve, corner to corner */
} smp_mark;

/* The n-th mark of a class, and how many it has. */
int smp_mark_count(smp_label label);
const smp_mark *smp_mark_get(smp_label label, int n);

/* Capital letters without curves to get wrong at ten pixels. */
enum { SMP_LETTERS = 14 };
extern const char *const smp_letters[SMP_LETTERS];

#endif
