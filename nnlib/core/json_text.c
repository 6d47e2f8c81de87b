/* json_text.c - everything but printable ASCII as escapes, in two halves where one does not hold the character. */
#include "nnlib/core/json_text.h"
#include <string.h>
#include "lib/base/banned.h"

void nn_json_text(lg_buf *out, const char *s)
{
    size_t left = strlen(s);
    lg_buf_addc(out, '"');
    while (left) {
        uint32_t cp = 0;
        int bytes = lg_utf8_next(s, left, &cp);
        if (bytes <= 0) bytes = 1, cp = 0xfffd;
        if (cp == '"' || cp == '\\') lg_buf_addf(out, "\\%c", (int)cp);
        else if (cp >= 0x20 && cp < 0x7f) lg_buf_addc(out, (char)cp);
        else if (cp <= 0xffff) lg_buf_addf(out, "\\u%04x", (unsigned)cp);
        else
            lg_buf_addf(out, "\\u%04x\\u%04x", 0xd800 + (unsigned)((cp - 0x10000) >> 10),
                        0xdc00 + (unsigned)((cp - 0x10000) & 0x3ff));
        s += bytes, left -= (size_t)bytes;
    }
    lg_buf_addc(out, '"');
}
