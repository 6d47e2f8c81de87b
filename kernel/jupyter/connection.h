/* connection.h - the connection file a front end hands us: where to listen and with which key.
 *
 *     jp_connection connection;
 *     LG_TRY(jp_connection_read(text, len, &connection, err));
 *     char address[JP_ADDRESS];
 *     jp_connection_address(&connection, JP_SHELL, address); // tcp://127.0.0.1:50123
 *
 * Unknown members are ignored, ports may be digits in quotes. Errors (LL193) name the member and what was found.
 * Source: "Connection files" of the jupyter_client documentation. */
#ifndef JP_CONNECTION_H
#define JP_CONNECTION_H

#include "kernel/jupyter/wire.h"

enum { JP_ADDRESS = 256, JP_KEY_LIMIT = 1024, JP_CURVE_KEY = 40 };

typedef struct jp_connection {
    bool ipc;     /* else tcp */
    char ip[200]; /* for ipc: the path's beginning */
    int port[JP_CHANNELS];
    char key[JP_KEY_LIMIT];
    size_t key_len;
    char curve_public[JP_CURVE_KEY + 1], curve_secret[JP_CURVE_KEY + 1]; /* Z85; "" without encryption */
} jp_connection;

lg_status jp_connection_read(const char *text, size_t len, jp_connection *out, lg_err *err) LG_MUST_CHECK;
void jp_connection_address(const jp_connection *connection, jp_channel channel, char out[JP_ADDRESS]);
/* Only processes of this machine can reach it. */
bool jp_connection_local(const jp_connection *connection);

#endif
