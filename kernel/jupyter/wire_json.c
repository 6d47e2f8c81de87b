/* wire_json.c - a writer of a few lines, because content goes straight into the frame's buffer; jansson reads. */
#include "kernel/jupyter/wire_json.h"

#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

static void add_escape(lg_buf *out, unsigned char c)
{
    switch (c) {
    case '"': lg_buf_adds(out, "\\\""); break;
    case '\\': lg_buf_adds(out, "\\\\"); break;
    case '\n': lg_buf_adds(out, "\\n"); break;
    case '\r': lg_buf_adds(out, "\\r"); break;
    case '\t': lg_buf_adds(out, "\\t"); break;
    default: lg_buf_addf(out, "\\u%04x", c); break;
    }
}

void jp_json_text(lg_buf *out, const char *text, size_t len)
{
    lg_buf_addc(out, '"');
    for (size_t at = 0; at < len;) {
        size_t good = lg_utf8_valid(text + at, len - at), plain = 0;
        for (size_t i = 0; i < good; i++) {
            unsigned char c = (unsigned char)text[at + i];
            if (c >= 0x20 && c != '"' && c != '\\') continue;
            lg_buf_add(out, text + at + plain, i - plain);
            add_escape(out, c);
            plain = i + 1;
        }
        lg_buf_add(out, text + at + plain, good - plain);
        at += good;
        if (at < len) {
            lg_buf_adds(out, "\xEF\xBF\xBD");
            at++;
        }
    }
    lg_buf_addc(out, '"');
}

void jp_json_string(lg_buf *out, const char *text)
{
    jp_json_text(out, text, strlen(text));
}

void jp_json_key(lg_buf *out, const char *name)
{
    if (out->len && out->data[out->len - 1] != '{') lg_buf_addc(out, ',');
    jp_json_string(out, name);
    lg_buf_addc(out, ':');
}

void jp_json_member(lg_buf *out, const char *name, const char *text)
{
    jp_json_key(out, name);
    jp_json_string(out, text);
}

void jp_json_member_int(lg_buf *out, const char *name, long long value)
{
    jp_json_key(out, name);
    lg_buf_addf(out, "%lld", value);
}

void jp_json_member_bool(lg_buf *out, const char *name, bool value)
{
    jp_json_key(out, name);
    lg_buf_adds(out, value ? "true" : "false");
}

lg_status jp_json_read(jp_bytes text, json_t **out, lg_err *err)
{
    json_error_t why;
    json_t *root = json_loadb(text.len ? text.data : "", text.len, JSON_ALLOW_NUL, &why);
    if (!root) {
        lg_fail(err, LG_E_FORMAT, 191, "the front end sent a message whose JSON cannot be read");
        return lg_why(err, "%s", why.text);
    }
    if (!json_is_object(root)) {
        json_decref(root);
        return lg_fail(err, LG_E_FORMAT, 191, "the front end sent a message that is no JSON object");
    }
    *out = root;
    return LG_OK;
}

lg_status jp_json_need_text(const json_t *object, const char *name, jp_bytes *out, lg_err *err)
{
    const json_t *member = json_object_get(object, name);
    if (!json_is_string(member))
        return lg_fail(err, LG_E_FORMAT, 192, "the front end sent a message %s `%s`",
                       member ? "with something other than text as" : "without", name);
    *out = (jp_bytes){json_string_value(member), json_string_length(member)};
    return LG_OK;
}

bool jp_json_bool(const json_t *object, const char *name, bool dflt)
{
    const json_t *member = json_object_get(object, name);
    return json_is_boolean(member) ? json_is_true(member) : dflt;
}

long long jp_json_int(const json_t *object, const char *name, long long dflt)
{
    const json_t *member = json_object_get(object, name);
    if (json_is_integer(member)) return json_integer_value(member);
    if (!json_is_real(member)) return dflt;
    double value = floor(json_real_value(member));
    return value < -9e18 ? -9000000000000000000LL : value > 9e18 ? 9000000000000000000LL : (long long)value;
}

jp_bytes jp_json_opt_text(const json_t *object, const char *name, const char *dflt)
{
    const json_t *member = json_object_get(object, name);
    if (json_is_string(member)) return (jp_bytes){json_string_value(member), json_string_length(member)};
    return (jp_bytes){dflt, strlen(dflt)};
}
