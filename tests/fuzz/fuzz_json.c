/* fuzz_json.c - any JSON as content, header or metadata of every message a front end may send, to a whole kernel.
 *
 * A kernel listens on ipc sockets in a folder of its own; lines of the input are messages, the first letter of each
 * says which: a letter of `kinds` and the content, `h` a header, `m` metadata, `i` an answer to a question. `@0` to
 * `@9` become the ids of comms that the kernel opened (a slider's), `@a` to `@h` those of subshells. After each line
 * the kernel must answer a request, and everything it has sent until then must be signed, UTF-8 and JSON. Cells with
 * letters in them are left out: they are fuzz_dsl's, and might do something. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "kernel/commands/workbench.h"
#include "kernel/jupyter/io.h"
#include "kernel/jupyter/kernel.h"
#include "kernel/jupyter/publish.h"
#include "kernel/jupyter/wire_json.h"
#include "lib/base/reach.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COMMS = 10, SUBSHELLS = 8, CONTENT = 1 << 16, LATE = 20000, SOON = 200 /* milliseconds */ };

static const struct {
    char letter;
    const char *type;
    jp_channel channel;
    bool answered;
} kinds[] = {
    {'x', "execute_request", JP_SHELL, true},
    {'c', "complete_request", JP_SHELL, true},
    {'n', "inspect_request", JP_SHELL, true},
    {'s', "is_complete_request", JP_SHELL, true},
    {'y', "history_request", JP_SHELL, true},
    {'o', "comm_open", JP_SHELL, false},
    {'g', "comm_msg", JP_SHELL, false},
    {'k', "comm_close", JP_SHELL, false},
    {'f', "comm_info_request", JP_SHELL, true},
    {'p', "connect_request", JP_SHELL, true},
    {'u', "usage_request", JP_CONTROL, true},
    {'r', "interrupt_request", JP_CONTROL, true},
    {'l', "list_subshell_request", JP_CONTROL, true},
    {'d', "delete_subshell_request", JP_CONTROL, true},
    {'b', "create_subshell_request", JP_CONTROL, true},
    {'j', "kernel_info_request", JP_CONTROL, true},
    {'q', "no_such_request", JP_SHELL, false},
};

static char folder[] = "/tmp/logolens-fuzz-XXXXXX";
static jp_connection connection;
static jp_signer *signer;
static void *context, *sockets[JP_CHANNELS];
static unsigned long long sent; /* messages, for their ids */
static char comm[COMMS][64];
static int comms, told = 2;          /* where we speak: the kernel takes what is written to 1 and 2 into its cells */
static char subshell[SUBSHELLS][64]; /* "": none; of more the oldest is deleted */
static int subshells;

static void broken(const char *what)
{
    dprintf(told, "broken: %s\n", what);
    abort();
}

/* ---- the kernel ---- */
static lg_status fork_workspace(void *ctx, void **workspace, dsl_session **session, lg_err *err)
{
    cmd_workbench *bench = NULL;
    LG_TRY(cmd_workbench_fork(ctx, &bench, err));
    *workspace = bench;
    *session = cmd_workbench_session(bench);
    return LG_OK;
}

static void free_workspace(void *workspace)
{
    cmd_workbench_free(workspace);
}

static void *serve(void *arg)
{
    cmd_workbench *bench = NULL;
    lg_err err = {0};
    if (jp_kernel_keep_history(arg, folder, &err) || cmd_workbench_new(&bench, &err)) broken(err.msg);
    jp_kernel_serve(arg, cmd_workbench_session(bench),
                    &(jp_workspaces){.ctx = bench, .fork = fork_workspace, .free = free_workspace});
    return NULL;
}

/* X is at a port of this computer where nobody listens: whatever a key is, it leaves for nowhere. */
static void write_credentials(void)
{
    char path[sizeof folder + 32];
    snprintf(path, sizeof path, "%s/config", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/config/credentials", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || dprintf(fd, "[twitter]\ninstance = http://127.0.0.1:1\n") < 0 || close(fd)) broken("no credentials");
}

static void start_kernel(void)
{
    char members[512];
    jp_kernel *kernel = NULL;
    lg_err err = {0};
    pthread_t thread;
    told = dup(2);
    if (!mkdtemp(folder)) broken("no folder to work in");
    write_credentials();
    int len = snprintf(members, sizeof members,
                       "{\"transport\":\"ipc\",\"ip\":\"%s/k\",\"key\":\"k\",\"shell_port\":1,\"control_port\":2,"
                       "\"stdin_port\":3,\"iopub_port\":4,\"hb_port\":5}",
                       folder);
    setenv("LOGOLENS_HOME", folder, 1);
    setenv("HOME", folder, 1);
    setenv("LOGOLENS_LOG", "error", 0);
    if (lg_reach_init(folder, &err) || jp_connection_read(members, (size_t)len, &connection, &err) ||
        jp_kernel_open(&connection, false, &kernel, &err) || jp_signer_new(JP_SHA256, "k", 1, &signer, &err))
        broken(err.msg);
    pthread_create(&thread, NULL, serve, kernel);
}

/* ---- sending ---- */
static void send_parts(jp_channel channel, const jp_bytes part[JP_SIGNED_PARTS])
{
    char hex[JP_SIGNATURE + 1];
    jp_frames frames;
    jp_signer_sign(signer, part, hex);
    jp_frames_init(&frames);
    jp_frames_add(&frames, "<IDS|MSG>", 9);
    jp_frames_add(&frames, hex, strlen(hex));
    for (int i = 0; i < JP_SIGNED_PARTS; i++) jp_frames_add(&frames, part[i].data, part[i].len);
    jp_publish_frames(sockets[channel], &frames);
    jp_frames_release(&frames);
}

static void send_message(jp_channel channel, const char *type, jp_bytes parent, jp_bytes metadata, jp_bytes content)
{
    char header[256];
    int len =
        snprintf(header, sizeof header, "{\"msg_type\":\"%s\",\"msg_id\":\"%llu\",\"session\":\"f\"}", type, ++sent);
    send_parts(channel, (jp_bytes[]){{header, (size_t)len}, parent, metadata, content});
}

static const jp_bytes none = {"{}", 2};

/* ---- receiving ---- */
/* libFuzzer's alarm interrupts whoever waits. */
static bool ready(zmq_pollitem_t *item, int count, int wait)
{
    int found;
    do found = zmq_poll(item, count, wait);
    while (found < 0 && zmq_errno() == EINTR);
    return found > 0;
}

/* msg_type and msg_id of the parent of one message; false: nothing has come within so many milliseconds. */
static bool receive(jp_channel channel, int wait, char type[64], char id[64])
{
    jp_frames frames;
    lg_err err = {0};
    zmq_pollitem_t item = {.socket = sockets[channel], .events = ZMQ_POLLIN};
    if (!ready(&item, 1, wait)) return false;
    if (!jp_io_receive(sockets[channel], false, &frames)) return false;
    size_t at = 0, count = jp_frames_count(&frames);
    while (at < count && jp_frames_at(&frames, at).len != 9) at++;
    if (count - at < 6) broken("a message of few frames");
    jp_bytes part[JP_SIGNED_PARTS];
    for (int i = 0; i < JP_SIGNED_PARTS; i++) part[i] = jp_frames_at(&frames, at + 2 + (size_t)i);
    if (!jp_signer_verify(signer, part, jp_frames_at(&frames, at + 1))) broken("a wrong signature");
    for (int i = 0; i < JP_SIGNED_PARTS; i++) {
        json_t *object = NULL;
        if (jp_json_read(part[i], &object, &err)) broken("what was sent is no JSON");
        if (i == JP_HEADER) snprintf(type, 64, "%s", jp_json_opt_text(object, "msg_type", "").data);
        if (i == JP_PARENT) snprintf(id, 64, "%s", jp_json_opt_text(object, "msg_id", "").data);
        if (i == JP_CONTENT && strcmp(type, "comm_open") == 0)
            snprintf(comm[comms++ % COMMS], 64, "%s", jp_json_opt_text(object, "comm_id", "").data);
        if (i == JP_CONTENT && strcmp(type, "create_subshell_reply") == 0)
            snprintf(subshell[subshells % SUBSHELLS], 64, "%s", jp_json_opt_text(object, "subshell_id", "").data);
        json_decref(object);
    }
    jp_frames_release(&frames);
    return true;
}

/* Asks for something on a channel and waits for it. Returns how many answers to the message sent before came until
 * then: a subshell answers whenever it likes. */
static int settle(jp_channel channel)
{
    /* the shell may answer kernel_info_request out of turn */
    const char *ask = channel == JP_SHELL ? "comm_info_request" : "kernel_info_request";
    char type[64], id[64], want[64], last[64];
    int answers = 0;
    snprintf(last, sizeof last, "%llu", sent);
    send_message(channel, ask, none, none, none);
    snprintf(want, sizeof want, "%llu", sent);
    for (;;) {
        if (!receive(channel, LATE, type, id)) broken("no answer");
        answers += strcmp(id, last) == 0;
        if (strcmp(id, want) == 0 && strncmp(type, ask, 9) == 0) break;
    }
    while (receive(JP_IOPUB, 0, type, id)) continue;
    return answers;
}

static void connect_all(void)
{
    static const int types[JP_CHANNELS] = {ZMQ_DEALER, ZMQ_DEALER, ZMQ_DEALER, ZMQ_SUB, ZMQ_DEALER};
    char address[JP_ADDRESS], type[64], id[64];
    context = zmq_ctx_new();
    for (int i = 0; i < JP_HEARTBEAT; i++) {
        sockets[i] = zmq_socket(context, types[i]);
        zmq_setsockopt(sockets[i], ZMQ_RCVHWM, &(int){0}, sizeof(int));
        zmq_setsockopt(sockets[i], ZMQ_SNDHWM, &(int){0}, sizeof(int));
        if (i == JP_IOPUB) zmq_setsockopt(sockets[i], ZMQ_SUBSCRIBE, "", 0);
        else zmq_setsockopt(sockets[i], ZMQ_ROUTING_ID, "front", 5);
        jp_connection_address(&connection, (jp_channel)i, address);
        if (zmq_connect(sockets[i], address)) broken("no connection");
    }
    if (!receive(JP_IOPUB, LATE, type, id)) broken("no welcome");
}

static void start(void)
{
    static const char slider[] =
        "{\"code\":\"convolve [1 2 3 4; 5 6 7 8; 9 1 2 3; 4 5 6 7] with edge slider\",\"stop_on_error\":false}";
    start_kernel();
    connect_all();
    settle(JP_SHELL);
    send_message(JP_SHELL, "execute_request", none, none, (jp_bytes){slider, sizeof slider - 1});
    settle(JP_SHELL);
    char type[64], id[64];
    while (!comms)
        if (!receive(JP_IOPUB, LATE, type, id)) broken("no slider");
    dup2(told, 2); /* libFuzzer's words are not a cell's */
}

/* ---- one line ---- */
static bool has_letters(jp_bytes content)
{
    lg_err err = {0};
    json_t *object = NULL;
    bool found = false;
    if (jp_json_read(content, &object, &err)) return false;
    jp_bytes code = jp_json_opt_text(object, "code", "");
    for (size_t i = 0; i < code.len && !found; i++) found = strchr("0123456789+-*/^(). \n\t#", code.data[i]) == NULL;
    json_decref(object);
    return found;
}

/* The content of a line, names of comms filled in. */
static jp_bytes fill(const char *line, size_t len)
{
    static lg_buf out;
    if (!out.limit) lg_buf_init(&out, CONTENT * 64);
    lg_buf_clear(&out);
    for (size_t i = 0; i < len; i++) {
        bool name = line[i] == '@' && i + 1 < len && line[i + 1] >= '0' && line[i + 1] <= '9';
        bool shell = line[i] == '@' && i + 1 < len && line[i + 1] >= 'a' && line[i + 1] < 'a' + SUBSHELLS;
        if (name) lg_buf_adds(&out, comm[line[++i] - '0']);
        else if (shell) lg_buf_adds(&out, subshell[line[++i] - 'a']);
        else lg_buf_addc(&out, line[i]);
    }
    return (jp_bytes){lg_buf_str(&out), out.len};
}

/* The question stays a question unless the answer ends it; the interrupt ends it in any case. A key that was answered
 * before is not asked for again, and X, which is where nobody listens, tried some times. */
static void answer(jp_bytes content)
{
    static const char cell[] = "{\"code\":\"connect twitter\",\"stop_on_error\":false}";
    char type[64], id[64];
    zmq_pollitem_t item[] = {{.socket = sockets[JP_STDIN], .events = ZMQ_POLLIN},
                             {.socket = sockets[JP_SHELL], .events = ZMQ_POLLIN}};
    send_message(JP_SHELL, "execute_request", none, none, (jp_bytes){cell, sizeof cell - 1});
    ready(item, 2, SOON);
    if (item[0].revents) send_message(JP_STDIN, "input_reply", none, none, content);
    ready(item + 1, 1, 2);
    send_message(JP_CONTROL, "interrupt_request", none, none, none);
    settle(JP_CONTROL);
    settle(JP_SHELL);
    while (receive(JP_STDIN, 0, type, id)) continue;
}

/* Room for one more subshell. */
static void forget_oldest(void)
{
    char content[128];
    int len = snprintf(content, sizeof content, "{\"subshell_id\":\"%s\"}", subshell[++subshells % SUBSHELLS]);
    if (!*subshell[subshells % SUBSHELLS]) return;
    send_message(JP_CONTROL, "delete_subshell_request", none, none, (jp_bytes){content, (size_t)len});
    settle(JP_CONTROL);
}

static void one_line(const char *line, size_t len)
{
    jp_bytes content = fill(line + 1, len - 1);
    if (*line == 'i') {
        answer(content);
        return;
    }
    if (*line == 'h' && !memmem(content.data, content.len, "shutdown", 8)) {
        send_parts(JP_SHELL, (jp_bytes[]){content, none, none, none});
        settle(JP_SHELL);
    }
    if (*line == 'm') send_message(JP_SHELL, "comm_info_request", none, content, none), settle(JP_SHELL);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].letter != *line || (*line == 'x' && has_letters(content))) continue;
        if (*line == 'b') forget_oldest();
        send_message(kinds[i].channel, kinds[i].type, none, none, content);
        int replies = settle(kinds[i].channel);
        if (kinds[i].answered && replies != 1) {
            dprintf(told, "%d replies to %s %.*s\n", replies, kinds[i].type, (int)content.len, content.data);
            broken("a request without its one reply");
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    if (!started) start();
    started = true;
    const char *at = (const char *)data, *end = at + size;
    for (int lines = 0; at < end && lines < 8; lines++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        if (stop - at > 1 && stop - at < CONTENT) one_line(at, (size_t)(stop - at));
        at = stop + 1;
    }
    return 0;
}

#ifdef FUZZ_REPLAY
int main(int argc, char **argv)
{
    static uint8_t data[1 << 20];
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file) continue;
        size_t size = fread(data, 1, sizeof data, file);
        fclose(file);
        LLVMFuzzerTestOneInput(data, size);
    }
    return 0;
}
#endif
