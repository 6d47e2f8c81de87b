/* model_cut.h - a model whose beginning is frozen, cut where learning begins: what the frozen part makes of each image
 * is computed once and kept, and the rest works on that.
 *
 *     cmd_cut cut = {0};
 *     cmd_feed feed = {0}, val = {0};
 *     const cmd_feeds feeds = {.view = train, .training = true, .feed = &feed, .more = validation, .more_feed = &val};
 *     LG_GO(cmd_feeds_open(call, model, &feeds, &cut, err));      // computes what is not there yet, with progress
 *     … nn_fit with cut.tail and feed.source, or nn_predict …
 *     done: cmd_feed_close(&feed); cmd_feed_close(&val); cmd_cut_release(&cut);
 *
 * A model that learns from its first layers on is not cut: tail is its whole network, and the feeds give pixels. Nor is
 * one whose frozen part is quicker computed than read (a single convolution), one with `fresh` variants, which are
 * other pictures every epoch, or one whose features there is no room for.
 *
 * Features are kept on disk (lib/store/feature_store.h) under a fingerprint of the frozen layers and their weights,
 * each by the content of its image and the rules and variant it was made with. So another dataset of the same images,
 * another head and another session find them, and a changed one computes only what changed. */
#ifndef CMD_MODEL_CUT_H
#define CMD_MODEL_CUT_H

#include "kernel/commands/box_model.h"

typedef struct cmd_cut {  /* zero-initialise */
    nn_net *head, *tail;  /* head: NULL, it is not cut; else its output is the tail's input */
    nn_weights *fixed;    /* of head */
    char fingerprint[65]; /* of these */
    size_t floats;        /* of one image's features */
} cmd_cut;
void cmd_cut_release(cmd_cut *cut);

typedef struct cmd_feed { /* zero-initialise */
    nn_source source;     /* of what the tail wants */
    int64_t computed;     /* features that were not there yet */
    double seconds;       /* that took */
    struct cmd_features *features;
} cmd_feed;
void cmd_feed_close(cmd_feed *feed); /* before the cut is released */

typedef struct cmd_feeds {
    const data_set *view; /* as the model wants it (cmd_model_view); all its rows */
    bool training;        /* with their variants */
    cmd_feed *feed;
    const data_set *more; /* further images without variants; may be NULL */
    cmd_feed *more_feed;
} cmd_feeds;
/* Interrupted: what was computed stays, and is not computed again. After a failure there is something to close and
 * release. */
lg_status cmd_feeds_open(const dsl_call *call, const cmd_model *model, const cmd_feeds *feeds, cmd_cut *cut,
                         lg_err *err) LG_MUST_CHECK;

#endif
