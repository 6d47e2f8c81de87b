/* register.h - telling a launcher where we listen: the start-up handshake of a kernel that chose its ports itself.
 *
 *     jp_register_port(&connection, JP_SHELL, socket, err)    // after each bind, when its port was 0
 *     jp_register(&connection, context, signer, signals, err) // once all sockets listen
 *     jp_register_forget();                                   // when the kernel ends
 *
 * A launcher that picks five free ports and hands them over has let go of them meanwhile, so that another program may
 * take one. With a registration file the kernel picks them: it sends `<IDS|MSG> signature {"kernel_id":…, five ports}`
 * to the address in the file and waits for a signed answer, whatever is in it. Without one within five seconds it ends
 * (LL198): nobody would ever find it. Then it writes a connection file for other clients, as kernel-PID.json in
 * Jupyter's runtime folder, readable by its user only, and takes it away when it ends.
 *
 * Source: JEP 66, and "Kernel startup handshake" of the messaging specification (5.6). docs/adr/0153. */
#ifndef JP_REGISTER_H
#define JP_REGISTER_H

#include "kernel/jupyter/connection.h"

/* An ipc port has to be known before it is bound: one whose file is not there. Does nothing for tcp or a known port. */
lg_status jp_register_choose(jp_connection *connection, jp_channel channel, lg_err *err) LG_MUST_CHECK;
/* Notes the port that the system gave a bound socket. Does nothing where it was known. */
lg_status jp_register_port(jp_connection *connection, jp_channel channel, void *socket, lg_err *err) LG_MUST_CHECK;
/* signals: the kernel's signalfd; to be told to end ends the waiting too. */
lg_status jp_register(const jp_connection *connection, void *context, const jp_signer *signer, int signals,
                      lg_err *err) LG_MUST_CHECK;
/* Removes the connection file that was written, if any. */
void jp_register_forget(void);

#endif
