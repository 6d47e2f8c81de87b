/* request.h - requests as a front end sends them, signed and read as those that come through a socket. */
#ifndef TEST_REQUEST_H
#define TEST_REQUEST_H

#include <stdio.h>
#include <string.h>

#include "kernel/jupyter/wire.h"
#include "tests/support/test.h"

/* The caller's; its msg_id is the id. */
static inline jp_request *request_from(jp_signer *signer, const char *type, const char *id, const char *content)
{
    char header[160], hex[JP_SIGNATURE + 1];
    jp_frames frames;
    jp_request *request = NULL;
    lg_err err = {0};
    snprintf(header, sizeof header, "{\"msg_type\":\"%s\",\"msg_id\":\"%s\"}", type, id);
    const jp_bytes part[JP_SIGNED_PARTS] = {{header, strlen(header)}, {"{}", 2}, {"{}", 2}, {content, strlen(content)}};
    jp_signer_sign(signer, part, hex);
    jp_frames_init(&frames);
    jp_frames_add(&frames, "<IDS|MSG>", 9);
    jp_frames_add(&frames, hex, strlen(hex));
    for (int i = 0; i < JP_SIGNED_PARTS; i++) jp_frames_add(&frames, part[i].data, part[i].len);
    CHECK_OK(jp_request_new(&frames, signer, JP_SHELL, &request, &err));
    return request;
}

#endif
