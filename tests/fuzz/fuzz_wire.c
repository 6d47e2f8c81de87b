/* fuzz_wire.c - any bytes as a message: frames cut at line ends, with and without a key, then as a connection file.
 *
 * `make fuzz F=wire`; built with -DFUZZ_REPLAY it runs the files named on the command line. */
#include "kernel/jupyter/connection.h"
#include "kernel/jupyter/history.h"
#include "kernel/jupyter/wire_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_message(const uint8_t *data, size_t size, jp_signer *signer)
{
    lg_err err = {0};
    jp_frames frames;
    jp_request *request = NULL;
    json_t *content = NULL;
    jp_frames_init(&frames);
    for (size_t at = 0; at <= size;) {
        const uint8_t *end = size > at ? memchr(data + at, '\n', size - at) : NULL;
        size_t stop = end ? (size_t)(end - data) : size;
        jp_frames_add(&frames, data + at, stop - at);
        at = stop + 1;
    }
    if (jp_request_new(&frames, signer, JP_SHELL, &request, &err)) return;
    lg_err_clear(&err);
    if (jp_json_read(jp_request_part(request, JP_CONTENT), &content, &err) == LG_OK) {
        jp_bytes code;
        if (jp_json_need_text(content, "code", &code, &err) == LG_OK)
            store_wildcard_match(code.data, code.len, code.data, code.len);
        jp_json_int(content, "cursor_pos", 0);
        json_decref(content);
    }
    jp_request_free(request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static jp_signer *open_signer, *keyed;
    lg_err err = {0};
    jp_connection connection;
    lg_buf out;
    if (!open_signer && jp_signer_new(JP_SHA256, "", 0, &open_signer, &err)) return 0;
    if (!keyed && jp_signer_new(JP_SHA512, "k", 1, &keyed, &err)) return 0;
    as_message(data, size, open_signer);
    as_message(data, size, keyed);
    if (jp_connection_read((const char *)data, size, &connection, &err) == LG_OK) {
        char address[JP_ADDRESS];
        jp_connection_address(&connection, JP_SHELL, address);
    }
    lg_buf_init(&out, 0);
    jp_json_text(&out, (const char *)data, size);
    if (lg_utf8_valid(lg_buf_str(&out), out.len) != out.len) abort();
    lg_buf_release(&out);
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
