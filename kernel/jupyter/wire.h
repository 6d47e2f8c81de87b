/* wire.h - one Jupyter message as frames: taking it apart, and putting one together.
 *
 * [routing...] <IDS|MSG> signature header parent_header metadata content [buffers...]
 *
 *     jp_frames frames;
 *     jp_frames_init(&frames);
 *     while (receive(&data, &len)) jp_frames_add(&frames, data, len);
 *     jp_request *request;
 *     LG_TRY(jp_request_new(&frames, signer, JP_SHELL, &request, err)); // frames consumed
 *     request->type;                                                    // "execute_request"
 *     jp_request_part(request, JP_CONTENT);                             // raw JSON
 *
 * Invariants: nothing here touches a socket; any bytes may come in. The signature is checked over the bytes as
 * received; the header's bytes are kept and sent back exactly as parent_header.
 * Source: the messaging specification of the Jupyter project, protocol 5.5. */
#ifndef JP_WIRE_H
#define JP_WIRE_H

#include "kernel/jupyter/sign.h"
#include "lib/base/lg.h"

/* The one place that says which protocol we speak: message headers, kernel_info_reply and the kernelspec use it. */
#define JP_PROTOCOL "5.5"

enum {
    JP_MESSAGE_LIMIT = 64 << 20, /* bytes of one message, all frames together */
    JP_FRAME_LIMIT = 2048,       /* frames of one message */
    JP_SUBSHELL_ID = 33          /* bytes of the id of a subshell, its NUL included */
};

typedef enum jp_channel { JP_SHELL, JP_CONTROL, JP_STDIN, JP_IOPUB, JP_HEARTBEAT, JP_CHANNELS } jp_channel;

/* ---- a list of byte strings in two blocks of memory ---- */
typedef struct jp_frames {
    lg_buf bytes;
    lg_buf ends; /* size_t, one a frame */
} jp_frames;

void jp_frames_init(jp_frames *frames);
void jp_frames_release(jp_frames *frames);
void jp_frames_add(jp_frames *frames, const void *data, size_t len);
size_t jp_frames_count(const jp_frames *frames);
jp_bytes jp_frames_at(const jp_frames *frames, size_t index); /* borrowed from frames; empty beyond the end */
/* LG_E_LIMIT or LG_E_MEMORY when a frame could not be added. */
lg_status jp_frames_check(const jp_frames *frames, lg_err *err) LG_MUST_CHECK;

/* What waits in a queue (queue.h) starts with this. */
typedef struct jp_item {
    struct jp_item *next;
    size_t size; /* bytes it keeps in memory */
} jp_item;

/* ---- a message that came in ---- */
typedef enum jp_part { JP_HEADER, JP_PARENT, JP_METADATA, JP_CONTENT } jp_part;

typedef struct jp_request {
    jp_item item;
    jp_channel channel;
    jp_frames frames;
    size_t routing;   /* frames before the delimiter: sent back unchanged with the reply */
    char type[64];    /* msg_type; a longer one is cut (and unknown) */
    char subshell[JP_SUBSHELL_ID]; /* subshell_id of the header; "": none, "?": one that cannot be of ours */
    uint64_t arrival; /* 1, 2, … in the order received on its channel */
} jp_request;

/* Checks frames, signature, replay and header. frames is consumed. LG_E_FORMAT for anything that must be dropped. */
lg_status jp_request_new(jp_frames *frames, jp_signer *signer, jp_channel channel, jp_request **out,
                         lg_err *err) LG_MUST_CHECK;
void jp_request_free(jp_request *request);
jp_bytes jp_request_part(const jp_request *request, jp_part part);

/* ---- a message that goes out ---- */
typedef struct jp_packet {
    jp_item item;
    jp_channel channel;
    jp_frames frames;
    void *account;      /* which it is on while libzmq holds it (flow.c, backlog.c) */
    atomic_bool handed; /* it does (transport.h) */
} jp_packet;

/* Who speaks: one a process. jp_voice_init draws the session id. Shared by threads. */
typedef struct jp_voice {
    const jp_signer *signer; /* borrowed */
    char session[33];
    atomic_ullong count;
} jp_voice;
void jp_voice_init(jp_voice *voice, const jp_signer *signer);

/* What a message answers: whose routing frames to send back (not used on IOPub), the bytes of its parent_header (empty:
 * {}), and on IOPub the topic (data NULL: kernel.SESSION.TYPE). All borrowed. */
typedef struct jp_answered {
    const jp_request *request;
    jp_bytes parent, topic;
} jp_answered;

/* Builds and signs; secrets (lib/net/secret.h) are taken out of the content. metadata NULL: {}. *out owned
 * (jp_packet_free). */
lg_status jp_packet_new(jp_voice *voice, jp_channel channel, jp_answered to, const char *type, const char *metadata,
                        const lg_buf *content, jp_packet **out, lg_err *err) LG_MUST_CHECK;
void jp_packet_free(jp_packet *packet);

#endif
