/* box_file.h - objects of the language as files: .lmodel, .ldata, .lrun.
 *
 *     lg_buf bytes;
 *     LG_TRY(cmd_file_of(object, "/home/ana/project", &bytes, err));   // release it whatever comes back
 *     LG_GO(lg_reach_write("scratch.lmodel", bytes.data, bytes.len, 0600, err));
 *
 *     cmd_opening o = {.file = "scratch.lmodel", .data = bytes.data, .len = bytes.len, .base = "/home/ana/project"};
 *     LG_GO(cmd_file_open(&o, &object, err));                          // equal to what was saved
 *
 * What is in a file is said by the file, not by its name. A model keeps its layers, first and present weights, labels,
 * seed, the rules of the images it was fitted on and the runs it remembers with their histories; a run its network,
 * weights and history; a dataset what lib/data/set_pack.h keeps. docs/formats.md has the sections. Weights that several
 * parts share (the best epoch's are the model's own) are written once. */
#ifndef CMD_BOX_FILE_H
#define CMD_BOX_FILE_H

#include "kernel/commands/box_model.h"
#include "lib/data/set_pack.h"

/* ".lmodel", ".ldata", ".lrun"; NULL: objects of this kind are not saved. */
const char *cmd_file_ending(dsl_kind kind);
bool cmd_opens(const char *ending); /* ".lmodel": is it one that `open` is for? Without case. */

/* Initialises out and fills it with the whole file. base: the full path of the folder it will lie in. LL336: a kind
 * that is not saved. */
lg_status cmd_file_of(const dsl_object *object, const char *base, lg_buf *out, lg_err *err) LG_MUST_CHECK;
/* A run without an object around it, for the run store; not whole: a checkpoint of one that still trains, which `open`
 * refuses. */
lg_status cmd_file_of_run(const cmd_run *run, const char *recipe, bool whole, lg_buf *out, lg_err *err) LG_MUST_CHECK;

typedef struct cmd_opening {
    const char *file; /* for messages */
    const void *data;
    size_t len;
    const char *base; /* folder the file lies in, full path */
    lg_pool *pool;
    lg_cancel *cancel;
    void (*progress)(void *ctx, size_t done, size_t count);
    void (*unpacking)(void *ctx, size_t done, size_t count);
    void *progress_ctx;
    data_lost lost; /* out: pictures of a dataset that are no longer there; borrowed from the object */
} cmd_opening;
/* *out has one reference. LL331 to LL333 and what data_unpack says. */
lg_status cmd_file_open(cmd_opening *opening, dsl_object **out, lg_err *err) LG_MUST_CHECK;

/* A file of the run store. */
typedef struct cmd_kept_run {
    const char *file;
    const void *data;
    size_t len;
    const nn_net *net; /* the weights belong to this network, where the file's is the same; else to the file's own */
    bool whole;        /* out: not a checkpoint */
    char made[32];     /* out */
} cmd_kept_run;
lg_status cmd_file_open_run(cmd_kept_run *kept, cmd_run **out, lg_err *err) LG_MUST_CHECK; /* owned: cmd_run_free */

/* 64 hex digits that say what an object is: equal for equal objects, different for any other. A model's and a run's are
 * of layers and present weights, a dataset's is data_fingerprint. */
lg_status cmd_file_fingerprint(const dsl_object *object, char hex[65], lg_err *err) LG_MUST_CHECK;
lg_status cmd_weights_fingerprint(const nn_weights *weights, char hex[65], lg_err *err) LG_MUST_CHECK;

#endif
