/* capture.h - what is written to file descriptors 1 and 2 belongs to the running cell: a library's printf reaches it.
 *
 *     jp_capture_open(&capture);                  // from here on nothing but the log reaches where they went before
 *     jp_capture_begin(&capture, &output);        // ... it is of this cell
 *     jp_capture_drain(&capture);                 // all that was written so far is in the output's text
 *     jp_capture_close(&capture);                 // as it was
 *
 * Two pipes. The I/O thread reads them when they have something (jp_capture_take); whoever must have all of it, before
 * `idle` for one, drains them itself, so that nobody waits for another thread. What comes after a cell belongs to the
 * last one; what comes before the first goes to the log. When the process is about to die of a signal, what it said
 * goes to the log too. Log lines (lg_log) never pass here.
 *
 * Threads: any, but init, open and close. One kernel a process captures. */
#ifndef JP_CAPTURE_H
#define JP_CAPTURE_H

#include <pthread.h>

#include "lib/base/lg.h"

enum { JP_CAPTURED = 2 }; /* descriptors: 1 and 2 */

struct jp_output;

typedef struct jp_capture {
    atomic_bool on;
    pthread_mutex_t lock;     /* of those who read, so that the order stays */
    int end[JP_CAPTURED];     /* to read from, or -1 */
    int kept[JP_CAPTURED];    /* what 1 and 2 were */
    struct jp_output *output; /* NULL: no cell yet */
} jp_capture;

void jp_capture_init(jp_capture *capture);
/* Without descriptors left there is no capture, and a line in the log. */
void jp_capture_open(jp_capture *capture);
void jp_capture_close(jp_capture *capture);
void jp_capture_begin(jp_capture *capture, struct jp_output *output);
/* Forgets an output that is about to end. */
void jp_capture_forget(jp_capture *capture, const struct jp_output *output);
/* Moves what waits in one of the pipes, a pipe full at most. False: nothing will come any more, for a library has put
 * something else in the descriptor's place. */
bool jp_capture_take(jp_capture *capture, int which);
/* Moves all that was written before the call. */
void jp_capture_drain(jp_capture *capture);
/* Seconds until the I/O thread should take more, 0: now, -1: never. Text beyond what may leave stays in the pipe, and
 * who writes it waits: nobody but the I/O thread knows when that is over. */
double jp_capture_due(jp_capture *capture, double now);

#endif
