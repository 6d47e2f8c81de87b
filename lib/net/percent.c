/* percent.c - RFC 3986's percent-encoding, and forms. */
#include "lib/net/percent.h"
#include <string.h>

#include "lib/base/banned.h"

static bool stays(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

void net_percent(lg_buf *out, const char *text, size_t len)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        char code[3] = {'%', digits[c >> 4], digits[c & 15]};
        if (stays(c)) lg_buf_addc(out, text[i]);
        else lg_buf_add(out, code, sizeof code);
    }
}

void net_form(lg_buf *out, const net_pair *pair, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i) lg_buf_addc(out, '&');
        net_percent(out, pair[i].name, strlen(pair[i].name));
        lg_buf_addc(out, '=');
        net_percent(out, pair[i].value, strlen(pair[i].value));
    }
}

int net_hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void net_form_decode(lg_buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int high = text[i] == '%' && i + 2 < len ? net_hex(text[i + 1]) : -1;
        int low = high >= 0 ? net_hex(text[i + 2]) : -1;
        if (low >= 0) {
            lg_buf_addc(out, (char)(high << 4 | low));
            i += 2;
        } else {
            lg_buf_addc(out, text[i] == '+' ? ' ' : text[i]);
        }
    }
}
