/* register.c - one message out, one back, one file. */
#include "kernel/jupyter/register.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "kernel/jupyter/io.h"
#include "kernel/jupyter/publish.h"
#include "kernel/jupyter/wire_json.h"
#include "lib/base/banned.h"

static const double patience = 5; /* seconds for the launcher's answer */

/* ---- ports ---- */
lg_status jp_register_choose(jp_connection *connection, jp_channel channel, lg_err *err)
{
    enum { TRIES = 1000 };
    struct stat there;
    char address[JP_ADDRESS];
    if (!connection->ipc || connection->port[channel]) return LG_OK;
    for (int i = 0; i < TRIES; i++) {
        connection->port[channel] = 1 + (int)randombytes_uniform(65535);
        jp_connection_address(connection, channel, address);
        if (lstat(address + strlen("ipc://"), &there) && errno == ENOENT) return LG_OK;
    }
    return lg_fail(err, LG_E_IO, 194, "the kernel finds no place for its sockets beside %s", connection->ip);
}

lg_status jp_register_port(jp_connection *connection, jp_channel channel, void *socket, lg_err *err)
{
    char address[JP_ADDRESS + 64] = "";
    size_t len = sizeof address;
    long long port = 0;
    if (connection->port[channel]) return LG_OK;
    const char *colon = zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, address, &len) ? NULL : strrchr(address, ':');
    if (!colon || !lg_parse_int(colon + 1, &port) || port < 1 || port > 65535)
        return lg_fail(err, LG_E_IO, 194, "the port of a socket is not known: `%s`", address);
    connection->port[channel] = (int)port;
    return LG_OK;
}

/* ---- the message ---- */
/* The only one without a header: its signature is over the content alone. */
static void sign_content(const jp_signer *signer, jp_bytes content, char hex[JP_SIGNATURE + 1])
{
    const jp_bytes part[JP_SIGNED_PARTS] = {content, {"", 0}, {"", 0}, {"", 0}};
    jp_signer_sign(signer, part, hex);
}

static void write_ports(const jp_connection *connection, lg_buf *out)
{
    static const struct {
        const char *name;
        jp_channel channel;
    } port[] = {{"control_port", JP_CONTROL},
                {"shell_port", JP_SHELL},
                {"stdin_port", JP_STDIN},
                {"iopub_port", JP_IOPUB},
                {"hb_port", JP_HEARTBEAT}};
    char digits[16];
    lg_buf_addc(out, '{');
    jp_json_member(out, "kernel_id", connection->kernel_id);
    for (int i = 0; i < JP_CHANNELS; i++) {
        snprintf(digits, sizeof digits, "%d", connection->port[port[i].channel]);
        jp_json_member(out, port[i].name, digits); /* as text: that is what the specification says */
    }
    lg_buf_addc(out, '}');
}

static lg_status send_ports(const jp_connection *connection, void *socket, const jp_signer *signer, lg_err *err)
{
    static const char delimiter[] = "<IDS|MSG>";
    char hex[JP_SIGNATURE + 1];
    lg_buf content;
    jp_frames frames;
    lg_buf_init(&content, 4096);
    jp_frames_init(&frames);
    write_ports(connection, &content);
    sign_content(signer, (jp_bytes){lg_buf_str(&content), content.len}, hex);
    jp_frames_add(&frames, delimiter, sizeof delimiter - 1);
    jp_frames_add(&frames, hex, strlen(hex));
    jp_frames_add(&frames, lg_buf_str(&content), content.len);
    lg_status st = lg_buf_check(&content, err);
    if (st == LG_OK) st = jp_frames_check(&frames, err);
    if (st == LG_OK) jp_publish_frames(socket, &frames);
    jp_frames_release(&frames);
    lg_buf_release(&content);
    return st;
}

/* ---- the answer ---- */
/* Signed by the launcher, whatever it says; anything else that comes is not from it. */
static bool is_answer(const jp_frames *frames, const jp_signer *signer)
{
    size_t count = jp_frames_count(frames);
    if (count < 3) return false;
    jp_bytes delimiter = jp_frames_at(frames, count - 3), signature = jp_frames_at(frames, count - 2);
    const jp_bytes part[JP_SIGNED_PARTS] = {jp_frames_at(frames, count - 1), {"", 0}, {"", 0}, {"", 0}};
    return delimiter.len == 9 && memcmp(delimiter.data, "<IDS|MSG>", 9) == 0 &&
           jp_signer_verify(signer, part, signature);
}

static bool answered(void *socket, const jp_signer *signer)
{
    jp_frames frames;
    while (jp_io_receive(socket, false, &frames)) {
        bool good = is_answer(&frames, signer);
        jp_frames_release(&frames);
        if (good) return true;
        lg_log(LG_LOG_WARN, "dropped an answer to the registration that is not signed as it should be");
    }
    jp_frames_release(&frames);
    return false;
}

/* An interrupt is for a cell, and there is none; everything else tells us to end. */
static bool told_to_end(int signals)
{
    struct signalfd_siginfo info;
    bool end = false;
    while (read(signals, &info, sizeof info) == sizeof info) end = end || info.ssi_signo != SIGINT;
    return end;
}

static lg_status wait_for_answer(void *socket, const jp_signer *signer, int signals, const char *address, lg_err *err)
{
    zmq_pollitem_t item[] = {{.socket = socket, .events = ZMQ_POLLIN}, {.fd = signals, .events = ZMQ_POLLIN}};
    double end = lg_now() + patience;
    for (double left = patience; left > 0; left = end - lg_now()) {
        if (zmq_poll(item, 2, (long)(left * 1000) + 1) <= 0) continue;
        if (item[0].revents && answered(socket, signer)) return LG_OK;
        if (item[1].revents && told_to_end(signals))
            return lg_fail(err, LG_E_INTERRUPTED, 198, "the kernel was told to end before it was registered");
    }
    lg_fail(err, LG_E_IO, 198, "nobody at %s answered the kernel's registration", address);
    return lg_why(err, "it waited %g s for a signed answer", patience);
}

/* ---- the connection file for others ---- */
static char written[4096]; /* its path; "" without one. One kernel a process */

/* Folder of Jupyter's runtime files, as jupyter_core finds it on Unix. False: there is no such place. */
static bool runtime_folder(char *out, size_t size)
{
    static const struct {
        const char *variable, *below;
    } place[] = {{"JUPYTER_RUNTIME_DIR", ""},
                 {"JUPYTER_DATA_DIR", "/runtime"},
                 {"XDG_DATA_HOME", "/jupyter/runtime"},
                 {"HOME", "/.local/share/jupyter/runtime"}};
    for (size_t i = 0; i < sizeof place / sizeof *place; i++) {
        const char *value = getenv(place[i].variable);
        if (!value || value[0] != '/') continue;
        return (size_t)snprintf(out, size, "%s%s", value, place[i].below) < size;
    }
    return false;
}

static bool make_folder(const char *folder)
{
    char part[4096];
    snprintf(part, sizeof part, "%s", folder);
    for (char *at = part + 1;; at++) {
        if (*at && *at != '/') continue;
        bool last = !*at;
        *at = '\0';
        if (mkdir(part, 0700) && errno != EEXIST) return false;
        if (last) return true;
        *at = '/';
    }
}

/* A file with a key: made anew, so that nobody holds it open already, and never through a link. */
static bool write_private(const char *path, const lg_buf *text)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    bool whole = write(fd, text->data, text->len) == (ssize_t)text->len;
    if (close(fd) == 0 && whole) return true;
    unlink(path);
    return false;
}

static void write_file(const jp_connection *connection)
{
    char folder[4000];
    lg_buf text;
    lg_buf_init(&text, 1 << 14);
    jp_connection_write(connection, &text);
    errno = 0;
    bool there = runtime_folder(folder, sizeof folder) && make_folder(folder) && !text.failed;
    if (there) {
        snprintf(written, sizeof written, "%s/kernel-%d.json", folder, (int)getpid());
        there = write_private(written, &text);
    }
    if (there) lg_log(LG_LOG_INFO, "connection file: %s", written);
    else lg_log(LG_LOG_WARN, "no connection file for other clients was written: %s", strerror(errno)), *written = 0;
    sodium_memzero(text.data, text.len);
    lg_buf_release(&text);
}

void jp_register_forget(void)
{
    if (*written) unlink(written);
    *written = 0;
}

/* ---- all of it ---- */
lg_status jp_register(const jp_connection *connection, void *context, const jp_signer *signer, int signals, lg_err *err)
{
    char address[JP_ADDRESS];
    int linger = 300;
    jp_connection_registration(connection, address);
    void *socket = zmq_socket(context, ZMQ_DEALER);
    if (!socket) return lg_fail(err, LG_E_IO, 194, "no socket could be made: %s", zmq_strerror(zmq_errno()));
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    lg_status st = LG_OK;
    if (zmq_connect(socket, address))
        st = lg_fail(err, LG_E_IO, 194, "%s cannot be reached: %s", address, zmq_strerror(zmq_errno()));
    if (st == LG_OK) st = send_ports(connection, socket, signer, err);
    if (st == LG_OK) st = wait_for_answer(socket, signer, signals, address, err);
    zmq_close(socket);
    if (st == LG_OK) write_file(connection);
    return st;
}
