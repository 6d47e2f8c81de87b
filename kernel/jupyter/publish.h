/* publish.h - sending what the queue holds, and welcoming front ends. I/O thread only.
 *
 * Slow front ends (docs/adr): each has room for SUBSCRIBER_WAITING messages. When one of them is full, sending stops
 * for everybody, the queue fills and the executor waits, so that nobody loses anything, but at most for `most_patience`
 * seconds in each `patience_back`; after that the slow one (and only it) loses messages. */
#ifndef JP_PUBLISH_H
#define JP_PUBLISH_H

#include "kernel/jupyter/wire.h"

struct jp_kernel;

/* False: a subscriber has no room (only the first frame can meet that). */
bool jp_publish_frames(void *socket, const jp_frames *frames);
/* Answers subscriptions with iopub_welcome. */
void jp_publish_subscriptions(struct jp_kernel *kernel);
/* Sends what waits, as far as there is room. */
void jp_publish_waiting(struct jp_kernel *kernel);

#endif
