/* connection.c - reads a connection file or a registration file, and writes the former. */
#include "kernel/jupyter/connection.h"

#include <stdio.h>
#include <string.h>
#include <zmq.h>

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

/* ---- members ---- */
/* Both keys or none, and the one the other's. */
static lg_status read_curve(const json_t *root, jp_connection *out, lg_err *err)
{
    char owed[JP_CURVE_KEY + 1];
    LG_TRY(read_text(root, "curve_publickey", "", out->curve_public, sizeof out->curve_public, err));
    LG_TRY(read_text(root, "curve_secretkey", "", out->curve_secret, sizeof out->curve_secret, err));
    size_t public_len = strlen(out->curve_public), secret_len = strlen(out->curve_secret);
    if (public_len != secret_len || (secret_len && secret_len != JP_CURVE_KEY))
        return wrong(err, "curve_secretkey", "one of two keys of 40 characters");
    if (!secret_len) return LG_OK;
    if (!zmq_has("curve")) return lg_fail(err, LG_E_UNSUPPORTED, 199, "this libzmq was built without encryption");
    if (zmq_curve_public(owed, out->curve_secret)) return wrong(err, "curve_secretkey", "a key written in Z85");
    if (strcmp(owed, out->curve_public) != 0)
        return wrong(err, "curve_publickey", "the public half of `curve_secretkey`");
    return LG_OK;
}

static lg_status read_key(const json_t *root, jp_connection *out, lg_err *err)
{
    char scheme[32];
    LG_TRY(read_text(root, "signature_scheme", "hmac-sha256", scheme, sizeof scheme, err));
    bool longer = strcmp(scheme, "hmac-sha512") == 0;
    if (!longer && strcmp(scheme, "hmac-sha256") != 0)
        return wrong(err, "signature_scheme", "hmac-sha256 or hmac-sha512, which we speak");
    out->hash = longer ? JP_SHA512 : JP_SHA256;
    LG_TRY(read_text(root, "key", "", out->key, sizeof out->key, err));
    out->key_len = strlen(out->key);
    return read_curve(root, out, err);
}

/* Who starts us on another machine says in `ip` where to listen; without that nobody but this machine reaches us. */
static lg_status read_registration(const json_t *root, jp_connection *out, lg_err *err)
{
    LG_TRY(read_text(root, "kernel_id", NULL, out->kernel_id, sizeof out->kernel_id, err));
    LG_TRY(read_text(root, "registration_ip", NULL, out->registration_ip, sizeof out->registration_ip, err));
    LG_TRY(read_port(root, "registration_port", &out->registration_port, err));
    const char *dflt = out->ipc ? out->registration_ip : "127.0.0.1";
    return read_text(root, "ip", dflt, out->ip, sizeof out->ip, err);
}

static lg_status read_ports(const json_t *root, jp_connection *out, lg_err *err)
{
    LG_TRY(read_text(root, "ip", out->ipc ? NULL : "127.0.0.1", out->ip, sizeof out->ip, err));
    for (int i = 0; i < JP_CHANNELS; i++) LG_TRY(read_port(root, port_name[i], &out->port[i], err));
    return LG_OK;
}

static lg_status read_members(const json_t *root, jp_connection *out, lg_err *err)
{
    char transport[16];
    LG_TRY(read_text(root, "transport", "tcp", transport, sizeof transport, err));
    if (strcmp(transport, "tcp") != 0 && strcmp(transport, "ipc") != 0) return wrong(err, "transport", "tcp or ipc");
    out->ipc = transport[0] == 'i';
    out->registers = json_object_get(root, "registration_port") && !json_object_get(root, "shell_port");
    LG_TRY(out->registers ? read_registration(root, out, err) : read_ports(root, out, err));
    return read_key(root, out, err);
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

/* ---- addresses ---- */
static void write_address(const jp_connection *connection, const char *ip, int port, char out[JP_ADDRESS])
{
    bool v6 = !connection->ipc && strchr(ip, ':') && ip[0] != '[';
    int len = snprintf(out, JP_ADDRESS, "%s://%s%s%s%s", connection->ipc ? "ipc" : "tcp", v6 ? "[" : "", ip,
                       v6 ? "]" : "", connection->ipc ? "-" : ":");
    if (port) snprintf(out + len, JP_ADDRESS - (size_t)len, "%d", port);
    else snprintf(out + len, JP_ADDRESS - (size_t)len, "*");
}

void jp_connection_address(const jp_connection *connection, jp_channel channel, char out[JP_ADDRESS])
{
    write_address(connection, connection->ip, connection->port[channel], out);
}

void jp_connection_registration(const jp_connection *connection, char out[JP_ADDRESS])
{
    write_address(connection, connection->registration_ip, connection->registration_port, out);
}

void jp_connection_write(const jp_connection *connection, lg_buf *out)
{
    lg_buf_addc(out, '{');
    jp_json_member(out, "transport", connection->ipc ? "ipc" : "tcp");
    jp_json_member(out, "ip", connection->ip);
    for (int i = 0; i < JP_CHANNELS; i++) jp_json_member_int(out, port_name[i], connection->port[i]);
    jp_json_member(out, "signature_scheme", connection->hash == JP_SHA512 ? "hmac-sha512" : "hmac-sha256");
    jp_json_member(out, "key", connection->key);
    jp_json_member(out, "kernel_name", "logolens");
    if (connection->curve_secret[0]) {
        jp_json_member(out, "curve_publickey", connection->curve_public);
        jp_json_member(out, "curve_secretkey", connection->curve_secret);
    }
    lg_buf_adds(out, "}\n");
}

bool jp_connection_local(const jp_connection *connection)
{
    const char *ip = connection->ip;
    return connection->ipc || strncmp(ip, "127.", 4) == 0 || strcmp(ip, "::1") == 0 || strcmp(ip, "[::1]") == 0 ||
           strcmp(ip, "localhost") == 0;
}
