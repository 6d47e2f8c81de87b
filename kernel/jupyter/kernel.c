/* kernel.c - opening and closing: sockets, signals, threads; and what both threads use to speak. */
#include "kernel/jupyter/kernel.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "kernel/jupyter/io.h"
#include "kernel/jupyter/answers.h"
#include "kernel/jupyter/kernel_state.h"
#include "kernel/jupyter/publish.h"
#include "kernel/jupyter/register.h"
#include "kernel/jupyter/subshell.h"
#include "kernel/jupyter/wire_json.h"
#include "lib/base/banned.h"

enum {
    PACKETS_WAITING = 1000,    /* before whoever writes has to wait */
    PACKET_BYTES = 32 << 20,   /* besides what libzmq holds already (flow.h) */
    QUESTIONS_WAITING = 16,    /* in libzmq, for one front end */
    STRANGER_LIMIT = 1 << 16,  /* bytes of a message on sockets that take no signed ones */
    BIND_TRIES = 20,
    BIND_PAUSE = 50 /* milliseconds: a port may be in use a moment longer than promised */
};

static const double replies_patience = 5; /* seconds, as on IOPub */

/* ---- speaking ---- */
jp_answered jp_answering(const jp_request *request)
{
    return (jp_answered){.request = request, .parent = jp_request_part(request, JP_HEADER)};
}

void jp_reply_type(const char *type, char out[80])
{
    static const char ending[] = "_request";
    size_t len = strlen(type), cut = len;
    if (len > sizeof ending - 1 && strcmp(type + len - (sizeof ending - 1), ending) == 0)
        cut = len - (sizeof ending - 1);
    snprintf(out, 80, "%.*s_reply", (int)cut, type);
}

void jp_kernel_put(jp_kernel *kernel, jp_packet *packet)
{
    if (packet->channel == JP_CONTROL) jp_publish_control(kernel, packet);
    else jp_queue_put(packet->channel == JP_IOPUB ? &kernel->packets : &kernel->replies, &packet->item);
}

void jp_kernel_send(jp_kernel *kernel, jp_channel channel, jp_answered to, const char *type, const char *metadata,
                    const lg_buf *content)
{
    lg_err err = {0};
    jp_packet *packet = NULL;
    if (jp_packet_new(&kernel->voice, channel, to, type, metadata, content, &packet, &err))
        lg_log(LG_LOG_ERROR, "a %s message is lost: %s", type, err.msg);
    else jp_kernel_put(kernel, packet);
}

void jp_kernel_status(jp_kernel *kernel, jp_answered to, const char *state)
{
    lg_buf content;
    lg_buf_init(&content, 0);
    lg_buf_addf(&content, "{\"execution_state\":\"%s\"}", state);
    jp_kernel_send(kernel, JP_IOPUB, to, "status", NULL, &content);
    lg_buf_release(&content);
}

void jp_kernel_reply(jp_kernel *kernel, const jp_request *request, const char *metadata, const lg_buf *content)
{
    char type[80];
    jp_reply_type(request->type, type);
    jp_kernel_send(kernel, request->channel, jp_answering(request), type, metadata, content);
}

/* Below a cell people see what is published, and nothing of a reply. */
static void show_error(jp_kernel *kernel, const jp_request *request, const lg_err *err)
{
    lg_buf content;
    lg_buf_init(&content, 0);
    lg_buf_addc(&content, '{');
    jp_error_members(err, NULL, &content);
    lg_buf_addc(&content, '}');
    jp_kernel_send(kernel, JP_IOPUB, jp_answering(request), "error", NULL, &content);
    lg_buf_release(&content);
}

void jp_kernel_reply_error(jp_kernel *kernel, const jp_request *request, long long count, const lg_err *err)
{
    bool cell = strcmp(request->type, "execute_request") == 0;
    lg_buf content;
    if (cell) show_error(kernel, request, err);
    lg_buf_init(&content, 0);
    lg_buf_adds(&content, "{\"status\":\"error\"");
    if (cell) jp_json_member_int(&content, "execution_count", count);
    jp_error_members(err, NULL, &content);
    lg_buf_adds(&content, cell ? ",\"user_expressions\":{},\"payload\":[]}" : "}");
    jp_kernel_reply(kernel, request, NULL, &content);
    lg_buf_release(&content);
}

bool jp_one_way(const char *type)
{
    return strncmp(type, "comm_", 5) == 0 && strcmp(type, "comm_info_request") != 0;
}

/* ---- sockets ---- */
static void set_int(void *socket, int option, int value)
{
    if (zmq_setsockopt(socket, option, &value, sizeof value))
        lg_log(LG_LOG_WARN, "socket option %d: %s", option, zmq_strerror(zmq_errno()));
}

/* A machine that went away without a word is noticed within two minutes. The system asks, not the peer's program: one
 * that is only stopped, or reads nothing for a while, stays. */
static void set_keepalive(const jp_connection *connection, void *socket)
{
    if (connection->ipc) return;
    set_int(socket, ZMQ_TCP_KEEPALIVE, 1);
    set_int(socket, ZMQ_TCP_KEEPALIVE_IDLE, 60);
    set_int(socket, ZMQ_TCP_KEEPALIVE_INTVL, 15);
    set_int(socket, ZMQ_TCP_KEEPALIVE_CNT, 4);
}

static void set_options(const jp_connection *connection, jp_channel channel, void *socket)
{
    bool signed_in = channel != JP_IOPUB && channel != JP_HEARTBEAT;
    int64_t most = signed_in ? JP_MESSAGE_LIMIT : channel == JP_HEARTBEAT ? 1 << 24 : STRANGER_LIMIT;
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &most, sizeof most);
    set_int(socket, ZMQ_LINGER, 300);
    set_keepalive(connection, socket);
    if (strchr(connection->ip, ':')) set_int(socket, ZMQ_IPV6, 1);
    if (channel != JP_HEARTBEAT) set_int(socket, ZMQ_SNDHWM, 0); /* flow.h and backlog.h count bytes */
    /* a front end that comes back before its dead connection was noticed has the same identity, and is answered */
    if (signed_in) set_int(socket, ZMQ_ROUTER_HANDOVER, 1);
    /* a question that reaches nobody is noticed, and whoever leaves so many lying reads none */
    if (channel == JP_STDIN) set_int(socket, ZMQ_ROUTER_MANDATORY, 1), set_int(socket, ZMQ_SNDHWM, QUESTIONS_WAITING);
    if (channel == JP_IOPUB) set_int(socket, ZMQ_XPUB_VERBOSE, 1); /* every front end is welcomed, not only the first */
    if (channel == JP_HEARTBEAT) set_int(socket, ZMQ_SNDHWM, 16), set_int(socket, ZMQ_RCVHWM, 16);
}

/* Before the socket listens. A socket that could not be encrypted must not listen. */
static lg_status encrypt(const jp_connection *connection, void *socket, lg_err *err)
{
    int on = 1;
    if (!connection->curve_secret[0]) return LG_OK;
    if (zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &on, sizeof on) ||
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, connection->curve_public, JP_CURVE_KEY + 1) ||
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, connection->curve_secret, JP_CURVE_KEY + 1))
        return lg_fail(err, LG_E_UNSUPPORTED, 199, "the kernel's sockets cannot be encrypted: %s",
                       zmq_strerror(zmq_errno()));
    return LG_OK;
}

static lg_status bind_socket(jp_connection *connection, jp_channel channel, void *socket, lg_err *err)
{
    char address[JP_ADDRESS];
    LG_TRY(jp_register_choose(connection, channel, err));
    jp_connection_address(connection, channel, address);
    int failed = zmq_bind(socket, address);
    for (int i = 0; failed && zmq_errno() == EADDRINUSE && i < BIND_TRIES; i++) {
        nanosleep(&(struct timespec){.tv_nsec = BIND_PAUSE * 1000000L}, NULL);
        failed = zmq_bind(socket, address);
    }
    if (!failed) return jp_register_port(connection, channel, socket, err);
    return lg_fail(err, LG_E_IO, 194, "the kernel cannot listen on %s: %s", address, zmq_strerror(zmq_errno()));
}

static lg_status open_sockets(jp_kernel *kernel, lg_err *err)
{
    kernel->context = zmq_ctx_new();
    if (!kernel->context) return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    for (int i = 0; i < JP_CHANNELS; i++) {
        void *socket = zmq_socket(kernel->context, i == JP_IOPUB ? ZMQ_XPUB : ZMQ_ROUTER);
        if (!socket) return lg_fail(err, LG_E_IO, 194, "no socket could be made: %s", zmq_strerror(zmq_errno()));
        kernel->socket[i] = socket;
        set_options(&kernel->connection, (jp_channel)i, socket);
        LG_TRY(encrypt(&kernel->connection, socket, err));
        LG_TRY(bind_socket(&kernel->connection, (jp_channel)i, socket, err));
    }
    return LG_OK;
}

/* libzmq leaves the files of ipc sockets behind. */
static void remove_file(const jp_connection *connection, jp_channel channel)
{
    char address[JP_ADDRESS];
    jp_connection_address(connection, channel, address);
    if (connection->ipc) unlink(address + strlen("ipc://"));
}

void jp_kernel_close(jp_kernel *kernel)
{
    jp_capture_close(&kernel->capture);
    jp_register_forget();
    for (int i = 0; i < JP_CHANNELS; i++) {
        if (kernel->socket[i]) zmq_close(kernel->socket[i]), remove_file(&kernel->connection, (jp_channel)i);
        kernel->socket[i] = NULL;
    }
    if (kernel->context) zmq_ctx_term(kernel->context); /* waits at most the sockets' linger */
    kernel->context = NULL;
}

/* ---- life ---- */
/* Threads made later inherit the mask, so these signals reach nobody but the descriptor. A SIGHUP that whoever started
 * us had switched off (nohup) stays off; reading it from the descriptor would not. */
static lg_status open_signals(jp_kernel *kernel, lg_err *err)
{
    sigset_t set;
    struct sigaction hangup;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (sigaction(SIGHUP, NULL, &hangup) || hangup.sa_handler != SIG_IGN) sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    kernel->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    kernel->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (kernel->signal_fd >= 0 && kernel->wake_fd >= 0) return LG_OK;
    return lg_fail(err, LG_E_IO, 911, "no descriptor is left: %s", strerror(errno));
}

/* Whoever started us for a Jupyter server names it. The server is our parent, or a launcher between us is, which may
 * stay behind when the server has gone: both are watched. In a container the number may mean nothing, or us. */
static void watch_parent(jp_kernel *kernel)
{
    const char *text = getenv("JPY_PARENT_PID");
    long long pid;
    if (!text || !lg_parse_int(text, &pid) || pid < 1 || pid > INT_MAX) return;
    kernel->parent_pid = getppid();
    if (pid != getpid() && (kill((pid_t)pid, 0) == 0 || errno == EPERM)) kernel->server_pid = (int)pid;
    /* orphaned before we could look */
    if (kernel->parent_pid == 1 && pid != 1) kernel->parent_pid = -1;
}

bool jp_kernel_orphan(const jp_kernel *kernel)
{
    if (!kernel->parent_pid) return false;
    if (getppid() != kernel->parent_pid) return true;
    return kernel->server_pid && kill(kernel->server_pid, 0) && errno == ESRCH;
}

static lg_status check_key(const jp_connection *connection, bool insecure, lg_err *err)
{
    if (!jp_connection_local(connection) && !connection->curve_secret[0])
        lg_log(LG_LOG_WARN, "listening on %s, which other machines may reach", connection->ip);
    if (connection->key_len) return LG_OK;
    if (!jp_connection_local(connection) && !insecure) {
        lg_fail(err, LG_E_DENIED, 195, "the connection file has an empty key, and other machines can reach %s",
                connection->ip);
        return lg_try(err, "give it a key, or start with --insecure");
    }
    lg_log(LG_LOG_WARN, "the connection file has an empty key: messages are not signed");
    return LG_OK;
}

lg_status jp_kernel_open(const jp_connection *connection, bool insecure, jp_kernel **out, lg_err *err)
{
    LG_TRY(check_key(connection, insecure, err));
    json_object_seed(0); /* before a second thread reads JSON */
    jp_kernel *kernel = lg_alloc(1, sizeof *kernel, err);
    if (!kernel) return err->status;
    kernel->connection = *connection;
    kernel->wake_fd = kernel->signal_fd = -1;
    lg_status st = store_history_new(&kernel->cells, err);
    if (st == LG_OK) st = open_signals(kernel, err);
    jp_queue_init(&kernel->packets, PACKETS_WAITING, PACKET_BYTES, kernel->wake_fd);
    jp_queue_init(&kernel->replies, PACKETS_WAITING, PACKET_BYTES, kernel->wake_fd);
    jp_flow_init(&kernel->flow, &kernel->connection, kernel->wake_fd);
    jp_backlog_init(&kernel->backlog[JP_SHELL], &kernel->connection, JP_SHELL, replies_patience);
    jp_backlog_init(&kernel->backlog[JP_CONTROL], &kernel->connection, JP_CONTROL, 0);
    jp_capture_init(&kernel->capture);
    jp_executor_init(&kernel->main, kernel);
    watch_parent(kernel);
    if (st == LG_OK) st = jp_widgets_new(kernel, &kernel->widgets, err);
    if (st == LG_OK) st = jp_signer_new(connection->hash, connection->key, connection->key_len, &kernel->signer, err);
    if (st == LG_OK) {
        jp_voice_init(&kernel->voice, kernel->signer);
        st = open_sockets(kernel, err);
    }
    if (st == LG_OK && connection->registers)
        st = jp_register(&kernel->connection, kernel->context, kernel->signer, kernel->signal_fd, err);
    if (st == LG_OK) *out = kernel;
    else jp_kernel_free(kernel);
    return st;
}

void jp_kernel_free(jp_kernel *kernel)
{
    jp_item *item;
    if (!kernel) return;
    jp_kernel_close(kernel);
    while ((item = jp_queue_take(&kernel->packets, false))) jp_packet_free((jp_packet *)item);
    while ((item = jp_queue_take(&kernel->replies, false))) jp_packet_free((jp_packet *)item);
    jp_packet_free(kernel->held);
    jp_packet_free(kernel->held_reply);
    jp_executor_release(&kernel->main);
    jp_widgets_free(kernel->widgets);
    jp_queue_release(&kernel->packets);
    jp_queue_release(&kernel->replies);
    jp_flow_release(&kernel->flow);
    for (int i = 0; i <= JP_CONTROL; i++) jp_backlog_release(&kernel->backlog[i]);
    jp_signer_free(kernel->signer);
    store_history_free(kernel->cells);
    if (kernel->wake_fd >= 0) close(kernel->wake_fd);
    if (kernel->signal_fd >= 0) close(kernel->signal_fd);
    lg_free(kernel);
}

store_history *jp_kernel_cells(jp_kernel *kernel)
{
    return kernel->cells;
}

lg_status jp_kernel_keep_history(jp_kernel *kernel, const char *folder, lg_err *err)
{
    return store_history_keep(kernel->cells, folder, err);
}

bool jp_kernel_serve(jp_kernel *kernel, dsl_session *session, const jp_workspaces *workspaces)
{
    lg_err err = {0};
    kernel->main.session = session;
    kernel->workspaces = *workspaces;
    jp_kernel_status(kernel, (jp_answered){0}, "starting");
    jp_capture_open(&kernel->capture);
    if (jp_executor_start(&kernel->main, &err)) {
        lg_log(LG_LOG_ERROR, "%s", err.msg);
        jp_kernel_close(kernel);
        return true;
    }
    jp_io_run(kernel);
    bool done = jp_subshells_done(kernel);
    jp_subshells_release(kernel);
    jp_kernel_close(kernel);
    return done;
}
