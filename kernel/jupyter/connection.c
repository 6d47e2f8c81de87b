/* connection.c - reads a connection file. */
#include "kernel/jupyter/connection.h"

#include <stdio.h>
#include <string.h>

#include "kernel/jupyter/wire_json.h"
#include "lib/base/banned.h"

static const char *const port_name[JP_CHANNELS] = {
    [JP_SHELL] = "shell_port", [JP_CONTROL] = "control_port", [JP_STDIN] = "stdin_port",
    [JP_IOPUB] = "iopub_port", [JP_HEARTBEAT] = "hb_port",
};

static lg_status wrong(lg_err *err, const char *name, const char *expected)
{
    lg_fail(err, LG_E_FORMAT, 193, "the connection file's `%s` is not %s", name, expected);
    return lg_try(err, "start the kernel from Jupyter, which writes this file");
}

/* A text member without NULs that fits; dflt NULL: required. */
static lg_status read_text(const json_t *root, const char *name, const char *dflt, char *out, size_t size, lg_err *err)
{
    jp_bytes text = {dflt, dflt ? strlen(dflt) : 0};
    if (!dflt || !json_is_null(json_object_get(root, name)))
        if (!dflt || json_object_get(root, name)) {
            if (!json_is_string(json_object_get(root, name))) return wrong(err, name, "a text");
            text = jp_json_opt_text(root, name, "");
        }
    if (text.len >= size || memchr(text.data, '\0', text.len))
        return wrong(err, name, "a plain text of sensible length");
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    return LG_OK;
}

static lg_status read_port(const json_t *root, const char *name, int *port, lg_err *err)
{
    const json_t *member = json_object_get(root, name);
    long long value = -1;
    if (json_is_integer(member)) value = json_integer_value(member);
    if (json_is_string(member) && !lg_parse_int(json_string_value(member), &value)) value = -1;
    if (value < 1 || value > 65535) return wrong(err, name, member ? "a port (1 to 65535)" : "there");
    *port = (int)value;
    return LG_OK;
}

static lg_status read_members(const json_t *root, jp_connection *out, lg_err *err)
{
    char transport[16], scheme[32];
    LG_TRY(read_text(root, "transport", "tcp", transport, sizeof transport, err));
    if (strcmp(transport, "tcp") != 0 && strcmp(transport, "ipc") != 0) return wrong(err, "transport", "tcp or ipc");
    out->ipc = transport[0] == 'i';
    LG_TRY(read_text(root, "ip", out->ipc ? NULL : "127.0.0.1", out->ip, sizeof out->ip, err));
    for (int i = 0; i < JP_CHANNELS; i++) LG_TRY(read_port(root, port_name[i], &out->port[i], err));
    LG_TRY(read_text(root, "signature_scheme", "hmac-sha256", scheme, sizeof scheme, err));
    if (strcmp(scheme, "hmac-sha256") != 0) return wrong(err, "signature_scheme", "hmac-sha256, the one we speak");
    LG_TRY(read_text(root, "key", "", out->key, sizeof out->key, err));
    out->key_len = strlen(out->key);
    LG_TRY(read_text(root, "curve_publickey", "", out->curve_public, sizeof out->curve_public, err));
    LG_TRY(read_text(root, "curve_secretkey", "", out->curve_secret, sizeof out->curve_secret, err));
    size_t public_len = strlen(out->curve_public), secret_len = strlen(out->curve_secret);
    if (public_len != secret_len || (secret_len && secret_len != JP_CURVE_KEY))
        return wrong(err, "curve_secretkey", "one of two keys of 40 characters");
    return LG_OK;
}

lg_status jp_connection_read(const char *text, size_t len, jp_connection *out, lg_err *err)
{
    json_error_t why;
    *out = (jp_connection){0};
    json_t *root = json_loadb(len ? text : "", len, 0, &why);
    if (!json_is_object(root)) {
        json_decref(root);
        lg_fail(err, LG_E_FORMAT, 193, "the connection file is %s", len ? "not a JSON object" : "empty");
        if (!root && len) lg_why(err, "line %d: %s", why.line, why.text);
        return lg_try(err, "start the kernel from Jupyter, which writes this file");
    }
    lg_status st = read_members(root, out, err);
    json_decref(root);
    return st;
}

void jp_connection_address(const jp_connection *connection, jp_channel channel, char out[JP_ADDRESS])
{
    const char *join = connection->ipc ? "-" : ":";
    bool v6 = !connection->ipc && strchr(connection->ip, ':') && connection->ip[0] != '[';
    snprintf(out, JP_ADDRESS, "%s://%s%s%s%s%d", connection->ipc ? "ipc" : "tcp", v6 ? "[" : "", connection->ip,
             v6 ? "]" : "", join, connection->port[channel]);
}

bool jp_connection_local(const jp_connection *connection)
{
    const char *ip = connection->ip;
    return connection->ipc || strncmp(ip, "127.", 4) == 0 || strcmp(ip, "::1") == 0 || strcmp(ip, "[::1]") == 0 ||
           strcmp(ip, "localhost") == 0;
}
