/* control.h - what must be answered while a cell runs. I/O thread only.
 *
 * jp_control_serve answers a request of the control channel (or a shutdown_request on shell, an old habit of clients,
 * and kernel_info_request there, see subshell.h): busy, the reply, idle. jp_control_stop begins the end of the kernel:
 * the running cell is cancelled, all queues close. */
#ifndef JP_CONTROL_H
#define JP_CONTROL_H

#include "kernel/jupyter/wire.h"

struct jp_kernel;
void jp_control_serve(struct jp_kernel *kernel, const jp_request *request);
void jp_control_stop(struct jp_kernel *kernel);

#endif
