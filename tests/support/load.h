/* load.h - for tests that load datasets: one set at a time and a second made from it, with the report and the error of
 * the last call. */
#ifndef TEST_LOAD_H
#define TEST_LOAD_H

#include "tests/support/dataset.h"

static lg_err err;
static data_set *set, *next; /* `next`: whatever a test made of `set` */
static data_report report;

static inline void let_go(void)
{
    lg_err_clear(&err);
    data_unref(set);
    data_unref(next);
    data_report_release(&report);
    set = next = NULL;
}

#ifndef LOAD_PLACE /* where a set is loaded from that does not say so */
#define LOAD_PLACE() ds_folder
#endif

static inline lg_status load(data_load_spec spec)
{
    let_go();
    if (!spec.name) spec.name = "logos";
    if (!spec.from) spec.from = LOAD_PLACE();
    return data_load(&spec, &set, &report, &err);
}
#define LOAD(...) load((data_load_spec){.seed = 1, __VA_ARGS__})

/* n pictures per class in folders Adidas, nike and Puma. */
static inline void three_folders(int n)
{
    char name[64];
    static const char *const classes[] = {"Adidas", "nike", "Puma"};
    ds_new();
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < n; i++) {
            snprintf(name, sizeof name, "set/%s/%02d.png", classes[c], i);
            ds_picture(name, 1000 * c + i, 20 + i % 3, 30, 3, 0);
        }
}

#endif
