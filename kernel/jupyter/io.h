/* io.h - the I/O thread's loop: reads all sockets, answers control, sends what others put into the queue.
 *
 * Ends after shutdown_request, SIGTERM, SIGHUP or the parent's death: the executor is then done or out of time, and
 * everything that could be sent is handed to the sockets. */
#ifndef JP_IO_H
#define JP_IO_H

#include "kernel/jupyter/wire.h"

enum { JP_READ_AT_ONCE = 64 }; /* messages of one socket before the next one's turn */

struct jp_kernel;
void jp_io_run(struct jp_kernel *kernel);
/* Called by an executor: returns when the I/O thread has found nothing more in shell's socket, or reads no more from
 * it, or there is enough. What was read by then counts as received. */
void jp_io_search(struct jp_kernel *kernel, const atomic_bool *enough);
/* One whole message, or false. What is beyond the limits is read and forgotten, and the message fails its check. typed:
 * it may hold a secret, of which no copy stays behind (memory that grows leaves one). */
bool jp_io_receive(void *socket, bool typed, jp_frames *frames);
/* Closes the sockets; what was sent gets 300 ms to leave. */
void jp_kernel_close(struct jp_kernel *kernel);

#endif
