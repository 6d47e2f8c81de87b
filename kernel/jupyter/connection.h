/* connection.h - the file a front end hands us: where to listen and with which key, or whom to tell where we listen.
 *
 *     jp_connection connection;
 *     LG_TRY(jp_connection_read(text, len, &connection, err));
 *     char address[JP_ADDRESS];
 *     jp_connection_address(&connection, JP_SHELL, address); // tcp://127.0.0.1:50123
 *
 * A connection file has five ports. A registration file has none, but the address of somebody who waits for ours
 * (register.h): its ports are 0 here, "one that is free", until the sockets are open.
 *
 * Unknown members are ignored, ports may be digits in quotes. Errors (LL193) name the member and what was found.
 * Source: "Connection files" of the jupyter_client documentation; registration files are of protocol 5.6. */
#ifndef JP_CONNECTION_H
#define JP_CONNECTION_H

#include "kernel/jupyter/wire.h"

enum { JP_ADDRESS = 256, JP_IP = 200, JP_KEY_LIMIT = 1024, JP_CURVE_KEY = 40 };

typedef struct jp_connection {
    bool ipc;       /* else tcp */
    char ip[JP_IP]; /* for ipc: the path's beginning */
    int port[JP_CHANNELS];
    char key[JP_KEY_LIMIT];
    size_t key_len;
    jp_hash hash;
    char curve_public[JP_CURVE_KEY + 1], curve_secret[JP_CURVE_KEY + 1]; /* Z85; "" without encryption */
    bool registers; /* a registration file; the rest is empty otherwise */
    char kernel_id[JP_IP], registration_ip[JP_IP];
    int registration_port;
} jp_connection;

lg_status jp_connection_read(const char *text, size_t len, jp_connection *out, lg_err *err) LG_MUST_CHECK;
/* Where a channel listens; for tcp and port 0 wherever there is room. */
void jp_connection_address(const jp_connection *connection, jp_channel channel, char out[JP_ADDRESS]);
/* Where the one who wants to know our ports waits. */
void jp_connection_registration(const jp_connection *connection, char out[JP_ADDRESS]);
/* The connection file for others, once all ports are known: JSON with the key in it. */
void jp_connection_write(const jp_connection *connection, lg_buf *out);
/* Only processes of this machine can reach it. */
bool jp_connection_local(const jp_connection *connection);

#endif
