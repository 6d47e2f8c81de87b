/* io.h - the I/O thread's loop: reads all sockets, answers control, sends what others put into the queue.
 *
 * Ends after shutdown_request, SIGTERM, SIGHUP or the parent's death: the executor is then done or out of time, and
 * everything that could be sent is handed to the sockets. */
#ifndef JP_IO_H
#define JP_IO_H

struct jp_kernel;
void jp_io_run(struct jp_kernel *kernel);
/* Closes the sockets; what was sent gets 300 ms to leave. */
void jp_kernel_close(struct jp_kernel *kernel);

#endif
