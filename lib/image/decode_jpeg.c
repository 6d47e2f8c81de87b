/* decode_jpeg.c - JPEG through libjpeg-turbo, after a pass of our own over its markers (ITU-T T.81 annex B). */
#include <string.h>
#include <turbojpeg.h>
#include "lib/image/decode_parts.h"
#include "lib/base/banned.h"

enum { SOI = 0xD8, EOI = 0xD9, SOS = 0xDA, DQT = 0xDB, DHT = 0xC4, DAC = 0xCC, APP1 = 0xE1, APP14 = 0xEE };

typedef struct walk {
    img_bytes file;
    size_t at;
    int64_t max_pixels;
    bool frame, arithmetic, dqt, dht, eoi;
    img_jpeg_header *head;
    img_info *info;
} walk;

static lg_status ends_early(lg_err *err)
{
    return img_bad(err, LG_E_FORMAT, "the JPEG data ends early");
}

static lg_status read_frame(walk *w, int marker, img_bytes seg, lg_err *err)
{
    img_jpeg_header *head = w->head;
    if (w->frame) return img_bad(err, LG_E_FORMAT, "the JPEG has two frame headers");
    if (marker != 0xC0 && marker != 0xC1 && marker != 0xC2 && marker != 0xC9 && marker != 0xCA)
        return img_bad(err, LG_E_UNSUPPORTED, "it is a lossless or hierarchical JPEG; ordinary JPEG is read");
    if (seg.len < 6 || seg.len < 6 + 3 * (size_t)seg.p[5])
        return img_bad(err, LG_E_FORMAT, "its JPEG frame header is damaged");
    if (seg.p[0] != 8)
        return img_bad(err, LG_E_UNSUPPORTED, "it is a JPEG with %d bits a channel; 8 bits are read", seg.p[0]);
    head->components = seg.p[5];
    if (head->components != 1 && head->components != 3 && head->components != 4)
        return img_bad(err, LG_E_UNSUPPORTED, "it is a JPEG with %d channels; 1, 3 and 4 are read", head->components);
    uint32_t h = img_be16(seg.p + 1), wide = img_be16(seg.p + 3), hmax = 1, vmax = 1;
    LG_TRY(img_check_size(wide, h, w->max_pixels, err));
    head->samples = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < head->components; i++) {
            uint32_t hs = seg.p[7 + 3 * i] >> 4, vs = seg.p[7 + 3 * i] & 15;
            if (hs < 1 || hs > 4 || vs < 1 || vs > 4)
                return img_bad(err, LG_E_FORMAT, "its JPEG sampling factors are damaged");
            if (hs > hmax) hmax = hs;
            if (vs > vmax) vmax = vs;
            if (pass) head->samples += (uint64_t)((wide * hs + hmax - 1) / hmax + 8) * ((h * vs + vmax - 1) / vmax + 8);
        }
    }
    head->w = (int)wide;
    head->h = (int)h;
    head->progressive = marker == 0xC2 || marker == 0xCA;
    w->arithmetic = marker == 0xC9 || marker == 0xCA;
    w->frame = true;
    return LG_OK;
}

static lg_status read_scan(walk *w, lg_err *err)
{
    if (!w->frame) return img_bad(err, LG_E_FORMAT, "the JPEG has picture data before its size");
    if (!w->dqt || (!w->dht && !w->arithmetic)) return img_bad(err, LG_E_FORMAT, "the JPEG lacks its decoding tables");
    w->head->scans++;
    uint64_t cost = (uint64_t)w->head->scans * (uint64_t)w->head->w * (uint64_t)w->head->h;
    if (w->head->scans > IMG_MAX_SCANS || (w->head->scans > 4 && cost > IMG_MAX_SCANNED))
        return img_bad(err, LG_E_LIMIT, "it is drawn in more than %d passes, which would take too long",
                       w->head->scans - 1);
    return LG_OK;
}

static lg_status read_segment(walk *w, int marker, img_bytes seg, lg_err *err)
{
    if (marker == SOS) return read_scan(w, err);
    if (marker == DQT) w->dqt = true;
    else if (marker == DHT) w->dht = true;
    else if (marker >= 0xC0 && marker <= 0xCF && marker != DAC && marker != 0xC8)
        return read_frame(w, marker, seg, err);
    else if (marker == APP1 && seg.len > 6 && !memcmp(seg.p, "Exif\0", 5))
        w->info->orientation = img_exif_orientation((img_bytes){seg.p + 6, seg.len - 6});
    else if (marker == APP14 && seg.len >= 12 && !memcmp(seg.p, "Adobe", 5)) w->head->adobe = true;
    return LG_OK;
}

/* Moves to the next marker and returns it, or 0 at the end. Skips entropy-coded data, stuffed zeros and restarts. */
static int next_marker(walk *w)
{
    while (w->at + 1 < w->file.len) {
        const uint8_t *p = memchr(w->file.p + w->at, 0xFF, w->file.len - 1 - w->at);
        if (!p) break;
        w->at = (size_t)(p - w->file.p) + 1;
        int marker = *(p + 1);
        if (marker == 0xFF) continue;
        w->at++;
        if (marker != 0 && marker != 1 && (marker < 0xD0 || marker > 0xD7)) return marker;
    }
    w->at = w->file.len;
    return 0;
}

static lg_status walk_markers(walk *w, lg_err *err)
{
    for (;;) {
        int marker = next_marker(w);
        if (marker == 0) return w->head->scans ? LG_OK : ends_early(err);
        if (marker == EOI) {
            w->eoi = true;
            return LG_OK;
        }
        if (marker == SOI) continue;
        if (w->file.len - w->at < 2) return ends_early(err);
        size_t len = img_be16(w->file.p + w->at);
        if (len < 2) return img_bad(err, LG_E_FORMAT, "a part of the JPEG says it has no length");
        if (len > w->file.len - w->at) return ends_early(err);
        LG_TRY(read_segment(w, marker, (img_bytes){w->file.p + w->at + 2, len - 2}, err));
        w->at += len;
    }
}

lg_status img_jpeg_probe(img_bytes file, int64_t max_pixels, img_jpeg_header *header, img_info *info, lg_err *err)
{
    walk w = {.file = file, .at = 2, .max_pixels = max_pixels, .head = header, .info = info};
    *header = (img_jpeg_header){0};
    LG_TRY(walk_markers(&w, err));
    if (!w.frame || !header->scans) return img_bad(err, LG_E_FORMAT, "the JPEG holds no picture data");
    if (!w.eoi) return ends_early(err);
    bool turned = info->orientation >= 5;
    info->w = turned ? header->h : header->w;
    info->h = turned ? header->w : header->h;
    info->channels = header->components == 1 ? 1 : 3;
    return LG_OK;
}

/* Largest of 1/8, 1/4, 1/2 that still covers what is wanted. */
static int choose_scale(const img_jpeg_header *head, const img_decode_options *want, const img_info *info)
{
    if (want->min_w <= 0 || want->min_h <= 0) return 1;
    bool turned = info->orientation >= 5;
    int w = turned ? want->min_h : want->min_w, h = turned ? want->min_w : want->min_h;
    for (int scale = 8; scale > 1; scale /= 2)
        if (head->w / scale >= w && head->h / scale >= h) return scale;
    return 1;
}

/* CMYK as stored to RGB in place: Adobe writes ink amounts inverted. */
static void cmyk_to_rgb(uint8_t *px, size_t n, bool inverted)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t *in = px + 4 * i, *out = px + 3 * i;
        uint32_t k = inverted ? in[3] : 255u - in[3];
        for (int c = 0; c < 3; c++) {
            uint32_t v = inverted ? in[c] : 255u - in[c];
            out[c] = (uint8_t)((v * k + 127) / 255);
        }
    }
}

static lg_status explain(tjhandle tj, lg_err *err)
{
    const char *text = tjGetErrorStr2(tj);
    if (strstr(text, "remature end")) return ends_early(err);
    if (strstr(text, "nsufficient memory")) return img_bad(err, LG_E_MEMORY, "there is not enough memory to decode it");
    return img_bad(err, LG_E_FORMAT, "its JPEG data is damaged (%.120s)", text);
}

/* Black memory for the decoder: the room, when what comes out of the decoder is what was asked for, else our own.
 * Black, because libjpeg-turbo says "warning" too when it gave up half-way after one. */
static uint8_t *choose_memory(const img_decode_options *want, const img_info *info, size_t pixels, size_t pixel,
                              img_room room, lg_err *err)
{
    bool finished = info->orientation == 1 && pixel != 4 && (!want->channels || (size_t)want->channels == pixel);
    if (!finished || !room.px || room.size / pixel < pixels) return lg_alloc(pixels, pixel, err);
    memset(room.px, 0, pixels * pixel);
    return room.px;
}

lg_status img_jpeg_decode(img_bytes file, const img_jpeg_header *head, const img_decode_options *want, img_room room,
                          img_picture *out, img_info *info, lg_err *err)
{
    lg_status st = LG_OK;
    int scale = choose_scale(head, want, info);
    int w = (head->w + scale - 1) / scale, h = (head->h + scale - 1) / scale;
    bool cmyk = head->components == 4, grey = head->components == 1 || (want->channels == 1 && !cmyk);
    size_t pixel = cmyk ? 4 : grey ? 1 : 3;
    /* A file in several scans needs all its coefficients (2 bytes each) at once, beside the picture. */
    uint64_t memory = head->progressive || head->scans > 1 ? 2 * head->samples : 0;
    if (memory > IMG_MAX_MEMORY)
        return img_bad(err, LG_E_LIMIT, "decoding it takes %llu MB; the limit is %u MB",
                       (unsigned long long)(memory >> 20), IMG_MAX_MEMORY >> 20);
    tjhandle tj = NULL;
    uint8_t *px = choose_memory(want, info, (size_t)w * (size_t)h, pixel, room, err);
    if (!px) return LG_E_MEMORY;
    tj = tjInitDecompress();
    if (!tj) {
        st = img_bad(err, LG_E_MEMORY, "there is not enough memory to decode it");
        goto done;
    }
    int format = cmyk ? TJPF_CMYK : grey ? TJPF_GRAY : TJPF_RGB;
    if (tjDecompress2(tj, file.p, (unsigned long)file.len, px, w, 0, h, format,
                      TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)) {
        info->repaired = tjGetErrorCode(tj) == TJERR_WARNING && !strstr(tjGetErrorStr2(tj), "remature end");
        if (!info->repaired) {
            st = explain(tj, err);
            goto done;
        }
    }
    if (cmyk) cmyk_to_rgb(px, (size_t)w * (size_t)h, head->adobe);
    info->scale = scale;
    *out = (img_picture){.h = h, .w = w, .c = cmyk ? 3 : (int)pixel, .px = px};
    px = NULL;
done:
    if (tj) tjDestroy(tj);
    if (px != room.px) lg_free(px);
    return st;
}
