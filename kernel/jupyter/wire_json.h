/* wire_json.h - writing JSON into a buffer, and reading members of a message's content with tolerance.
 *
 *     jp_json_member(&reply, "status", "ok");      // "status":"ok" with a comma before it where one is due
 *     jp_json_text(&reply, text, len);             // a string, quoted and escaped
 *
 * What is written is always valid JSON in valid UTF-8: bytes that are no UTF-8 become U+FFFD. */
#ifndef JP_WIRE_JSON_H
#define JP_WIRE_JSON_H

#include <jansson.h>

#include "kernel/jupyter/sign.h"
#include "lib/base/lg.h"

void jp_json_text(lg_buf *out, const char *text, size_t len);
void jp_json_string(lg_buf *out, const char *text);
/* `"name":` after a comma unless it is the first in its object. */
void jp_json_key(lg_buf *out, const char *name);
void jp_json_member(lg_buf *out, const char *name, const char *text); /* a string member */
void jp_json_member_int(lg_buf *out, const char *name, long long value);
void jp_json_member_bool(lg_buf *out, const char *name, bool value);

/* Reads one object: UTF-8, NUL allowed in strings, at most 2,048 levels (jansson's own bound). *out owned by the caller
 * (json_decref). LG_E_FORMAT otherwise. */
lg_status jp_json_read(jp_bytes text, json_t **out, lg_err *err) LG_MUST_CHECK;
/* A required string (may hold NULs). Borrowed from object. LG_E_FORMAT with the member's name. */
lg_status jp_json_need_text(const json_t *object, const char *name, jp_bytes *out, lg_err *err) LG_MUST_CHECK;
/* Optional members: dflt when absent, null or of another type. */
bool jp_json_bool(const json_t *object, const char *name, bool dflt);
long long jp_json_int(const json_t *object, const char *name, long long dflt); /* reals are rounded down, clamped */
jp_bytes jp_json_opt_text(const json_t *object, const char *name, const char *dflt);

#endif
