/* output.h - the dsl_out of a cell in a notebook: text, displays and results become messages on IOPub.
 *
 *     jp_output_begin(&output, request, count, silent, may_ask);
 *     st = dsl_session_execute(session, code, len, &output.out, cancel, &err);
 *     jp_output_end(&output);                                // everything is in the queue now
 *
 * Text is collected: chunks of at most 64 KiB, 20 messages a second for who prints little, never ending within a
 * character or a secret (lib/net/secret.h), always before the display, error or reply that follows it. The first 1.8 MB
 * of a cell leave as fast as they come, the rest at 0.35 MB/s. A live display is sent at most 4 times a second, and not
 * while front ends leave much lying; its last form always is. One form of an output larger than 16 MiB is left out, and
 * the text says so (commands keep to much less).
 *
 * Jupyter's consoles ignore updates of a display. For them (`console`, see jp_is_console) a live display is one line on
 * stderr that changes in place while it lives, and an ordinary display when it has ended.
 *
 * The executor calls everything but jp_output_tick, which is the I/O thread's, and what says so. */
#ifndef JP_OUTPUT_H
#define JP_OUTPUT_H

#include <pthread.h>

#include "kernel/dsl/out.h"
#include "kernel/jupyter/wire.h"

enum { JP_STREAM_CHUNK = 64 << 10, JP_FORM_LIMIT = 16 << 20 };

struct jp_kernel;
struct jp_executor;
struct jp_live;

typedef struct jp_output {
    dsl_out out;
    struct jp_executor *executor; /* whose cells it shows */
    struct jp_kernel *kernel;
    /* under lock */
    pthread_mutex_t lock;
    lg_buf text;   /* waiting, at most one chunk */
    bool is_error; /* what it is */
    bool cut;      /* it waits for its rest, and not for time */
    lg_buf parent; /* header bytes of the running request */
    double last;   /* when the last stream message was made */
    double tokens, filled; /* bytes of text that may leave at once; when they were counted */
    /* executor only */
    struct jp_live *live; /* live displays of this cell */
    long long count;      /* execution count of this cell */
    bool silent;
    bool console;              /* the cell came from one; set before jp_output_begin */
    bool drawn;                /* what was printed last is the line of a live display */
    const jp_request *request; /* the running cell's; NULL: none runs, or it may not ask */
    lg_buf result;             /* text of the execute_result, for the history */
} jp_output;

void jp_output_init(jp_output *output, struct jp_executor *executor);
void jp_output_release(jp_output *output);
void jp_output_begin(jp_output *output, const jp_request *request, long long count, bool silent, bool may_ask);
void jp_output_end(jp_output *output);
/* Text that waits leaves now. */
void jp_output_flush(jp_output *output);
/* A message about the running cell, behind the text so far. metadata NULL: {}. */
void jp_output_send(jp_output *output, const char *type, const char *metadata, const lg_buf *content);
jp_answered jp_output_parent(const jp_output *output); /* the running cell */
/* Content of a display_data or update_display_data; display_id NULL: one that stays as it is. */
void jp_output_content(const dsl_bundle *bundle, const char *display_id, lg_buf *out);
/* Text from elsewhere (capture.h); any thread. */
void jp_output_captured(jp_output *output, bool is_error, const char *text, size_t len);
/* Seconds until text may leave again; 0: now. Any thread. */
double jp_output_due(jp_output *output, double now);
/* Sends text that has waited long enough. Returns the seconds until it wants to be called again, or -1. */
double jp_output_tick(jp_output *output, double now);

#endif
