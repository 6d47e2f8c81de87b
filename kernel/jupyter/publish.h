/* publish.h - sending what the queue holds, and welcoming front ends. I/O thread only.
 *
 * Front ends that read slowly have flow.h: without room sending stops for everybody, the queue fills, and the executor
 * waits; so nobody loses anything but who takes nothing for seconds. Replies have backlog.h, which does the same for
 * shell. */
#ifndef JP_PUBLISH_H
#define JP_PUBLISH_H

#include "kernel/jupyter/wire.h"

struct jp_kernel;

/* Copies. False: whom it is for is not connected, or reads nothing, which only the stdin socket tells; any other
 * failure is logged. */
bool jp_publish_frames(void *socket, const jp_frames *frames);
/* Answers subscriptions with iopub_welcome. True: there may be more. */
bool jp_publish_subscriptions(struct jp_kernel *kernel);
/* Sends what waits, IOPub as far as there is room. True: there is more. */
bool jp_publish_waiting(struct jp_kernel *kernel);
/* Sends a reply on control, which waits for nobody; consumes it. */
void jp_publish_control(struct jp_kernel *kernel, jp_packet *reply);
/* At the end: all of it, whoever reads. */
void jp_publish_rest(struct jp_kernel *kernel);

#endif
