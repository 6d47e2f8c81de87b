/* wire.c - frames of a message. */
#include "kernel/jupyter/wire.h"

#include <sodium.h>
#include <string.h>

#include "kernel/jupyter/wire_json.h"
#include "lib/net/secret.h"
#include "lib/base/banned.h"

static const char delimiter[] = "<IDS|MSG>";
enum { ROUTING_ROOM = 512 }; /* what a message has besides its three large parts, as a rule */

/* ---- frames ---- */
void jp_frames_init(jp_frames *frames)
{
    lg_buf_init(&frames->bytes, JP_MESSAGE_LIMIT);
    lg_buf_init(&frames->ends, JP_FRAME_LIMIT * sizeof(size_t) + 1);
}

void jp_frames_release(jp_frames *frames)
{
    lg_buf_release(&frames->bytes);
    lg_buf_release(&frames->ends);
}

void jp_frames_add(jp_frames *frames, const void *data, size_t len)
{
    if (len) lg_buf_add(&frames->bytes, data, len);
    size_t end = frames->bytes.len;
    lg_buf_add(&frames->ends, &end, sizeof end);
}

size_t jp_frames_count(const jp_frames *frames)
{
    return frames->ends.len / sizeof(size_t);
}

jp_bytes jp_frames_at(const jp_frames *frames, size_t index)
{
    const size_t *end = (const size_t *)(const void *)frames->ends.data;
    if (index >= jp_frames_count(frames)) return (jp_bytes){"", 0};
    size_t start = index ? end[index - 1] : 0;
    if (end[index] == start) return (jp_bytes){"", 0};
    return (jp_bytes){frames->bytes.data + start, end[index] - start};
}

lg_status jp_frames_check(const jp_frames *frames, lg_err *err)
{
    LG_TRY(lg_buf_check(&frames->bytes, err));
    return lg_buf_check(&frames->ends, err);
}

/* ---- coming in ---- */
static bool is_delimiter(jp_bytes frame)
{
    return frame.len == sizeof delimiter - 1 && memcmp(frame.data, delimiter, frame.len) == 0;
}

/* None, or null, is the main shell. */
static void read_subshell(const json_t *header, char out[JP_SUBSHELL_ID])
{
    const json_t *id = json_object_get(header, "subshell_id");
    const char *text = json_string_value(id);
    size_t len = json_string_length(id);
    if (!id || json_is_null(id)) return;
    bool ours = text && len && len < JP_SUBSHELL_ID && !memchr(text, 0, len);
    memcpy(out, ours ? text : "?", ours ? len : 1);
}

static lg_status read_header(jp_request *request, lg_err *err)
{
    json_t *header = NULL;
    jp_bytes type;
    LG_TRY(jp_json_read(jp_request_part(request, JP_HEADER), &header, err));
    lg_status st = jp_json_need_text(header, "msg_type", &type, err);
    if (st == LG_OK) {
        size_t len = type.len < sizeof request->type ? type.len : sizeof request->type - 1;
        memcpy(request->type, type.data, len);
        read_subshell(header, request->subshell);
    }
    json_decref(header);
    return st;
}

static lg_status read_request(jp_request *request, jp_signer *signer, lg_err *err)
{
    const jp_frames *frames = &request->frames;
    size_t count = jp_frames_count(frames);
    jp_bytes part[JP_SIGNED_PARTS];

    LG_TRY(jp_frames_check(frames, err));
    while (request->routing < count && !is_delimiter(jp_frames_at(frames, request->routing))) request->routing++;
    if (request->routing == count) return lg_fail(err, LG_E_FORMAT, 190, "a message without delimiter");
    if (count - request->routing - 1 < 1 + JP_SIGNED_PARTS)
        return lg_fail(err, LG_E_FORMAT, 190, "a message of only %zu frames", count - request->routing - 1);
    jp_bytes signature = jp_frames_at(frames, request->routing + 1);
    for (int i = 0; i < JP_SIGNED_PARTS; i++) part[i] = jp_request_part(request, (jp_part)i);
    if (!jp_signer_verify(signer, part, signature)) return lg_fail(err, LG_E_FORMAT, 190, "a wrongly signed message");
    if (!jp_signer_fresh(signer, signature)) return lg_fail(err, LG_E_FORMAT, 190, "a message seen before");
    return read_header(request, err);
}

lg_status jp_request_new(jp_frames *frames, jp_signer *signer, jp_channel channel, jp_request **out, lg_err *err)
{
    jp_request *request = lg_alloc(1, sizeof *request, err);
    if (!request) {
        jp_frames_release(frames);
        return err->status;
    }
    *request = (jp_request){.channel = channel, .frames = *frames};
    request->item.size = sizeof *request + frames->bytes.cap + frames->ends.cap;
    *frames = (jp_frames){0};
    lg_status st = read_request(request, signer, err);
    if (st == LG_OK) *out = request;
    else jp_request_free(request);
    return st;
}

void jp_request_free(jp_request *request)
{
    if (!request) return;
    jp_frames_release(&request->frames);
    lg_free(request);
}

jp_bytes jp_request_part(const jp_request *request, jp_part part)
{
    return jp_frames_at(&request->frames, request->routing + 2 + part);
}

/* ---- going out ---- */
void jp_voice_init(jp_voice *voice, const jp_signer *signer)
{
    unsigned char random_bytes[16];
    voice->signer = signer;
    atomic_init(&voice->count, 0);
    randombytes_buf(random_bytes, sizeof random_bytes);
    sodium_bin2hex(voice->session, sizeof voice->session, random_bytes, sizeof random_bytes);
}

static void write_header(jp_voice *voice, const char *type, lg_buf *out)
{
    char date[32];
    lg_time_iso(date);
    unsigned long long number = atomic_fetch_add(&voice->count, 1) + 1;
    lg_buf_addf(out, "{\"msg_id\":\"%s_%llu\",\"session\":\"%s\"", voice->session, number, voice->session);
    lg_buf_addf(out, ",\"username\":\"logolens\",\"date\":\"%s\",\"msg_type\":\"%s\"", date, type);
    lg_buf_adds(out, ",\"version\":\"" JP_PROTOCOL "\"}");
}

static void add_routing(jp_voice *voice, jp_frames *frames, jp_channel channel, jp_answered to, const char *type)
{
    if (channel == JP_IOPUB && to.topic.data) {
        jp_frames_add(frames, to.topic.data, to.topic.len);
        return;
    }
    if (channel == JP_IOPUB) {
        char topic[128];
        int len = snprintf(topic, sizeof topic, "kernel.%s.%s", voice->session, type);
        jp_frames_add(frames, topic, (size_t)len < sizeof topic ? (size_t)len : sizeof topic - 1);
        return;
    }
    for (size_t i = 0; to.request && i < to.request->routing; i++) {
        jp_bytes frame = jp_frames_at(&to.request->frames, i);
        jp_frames_add(frames, frame.data, frame.len);
    }
}

static lg_status build(jp_voice *voice, jp_channel channel, jp_answered to, const char *type, const char *metadata,
                       const lg_buf *content, jp_packet **out, lg_err *err)
{
    lg_status st;
    lg_buf header;
    char signature[JP_SIGNATURE + 1];
    jp_packet *packet = NULL;

    lg_buf_init(&header, 4096);
    write_header(voice, type, &header);
    LG_GO(lg_buf_check(&header, err));
    LG_GO(lg_buf_check(content, err));
    packet = lg_alloc(1, sizeof *packet, err);
    LG_GO(packet ? LG_OK : err->status);
    packet->channel = channel;
    jp_frames_init(&packet->frames);
    if (!metadata) metadata = "{}";
    if (!to.parent.len) to.parent = (jp_bytes){"{}", 2};
    const jp_bytes part[JP_SIGNED_PARTS] = {
        {header.data, header.len}, to.parent, {metadata, strlen(metadata)}, {lg_buf_str(content), content->len}};
    jp_signer_sign(voice->signer, part, signature);
    lg_buf_reserve(&packet->frames.bytes, header.len + to.parent.len + content->len + ROUTING_ROOM);
    add_routing(voice, &packet->frames, channel, to, type);
    jp_frames_add(&packet->frames, delimiter, sizeof delimiter - 1);
    jp_frames_add(&packet->frames, signature, strlen(signature));
    for (int i = 0; i < JP_SIGNED_PARTS; i++) jp_frames_add(&packet->frames, part[i].data, part[i].len);
    LG_GO(jp_frames_check(&packet->frames, err));
    packet->item.size = sizeof *packet + packet->frames.bytes.cap + packet->frames.ends.cap;
    *out = packet;
    packet = NULL;
done:
    lg_buf_release(&header);
    jp_packet_free(packet);
    return st;
}

/* The one place that everything passes on its way out: no secret does. Without any there is nothing to copy. */
lg_status jp_packet_new(jp_voice *voice, jp_channel channel, jp_answered to, const char *type, const char *metadata,
                        const lg_buf *content, jp_packet **out, lg_err *err)
{
    lg_buf clean;
    if (!net_scrub_needed()) return build(voice, channel, to, type, metadata, content, out, err);
    LG_TRY(lg_buf_check(content, err));
    lg_buf_init(&clean, content->limit);
    lg_buf_add(&clean, lg_buf_str(content), content->len);
    net_scrub_buf(&clean);
    lg_status st = build(voice, channel, to, type, metadata, &clean, out, err);
    lg_buf_release(&clean);
    return st;
}

void jp_packet_free(jp_packet *packet)
{
    if (!packet) return;
    jp_frames_release(&packet->frames);
    lg_free(packet);
}
