/* json_scan.h - JSON read in one pass from a file of any size, in the memory of a buffer: the values that are wanted
 * are copied out one by one, all others are passed over, and all are checked as strictly as jansson checks.
 *
 *     json_scan s;
 *     LG_TRY(json_scan_open(&s, "/data/instances.json", cancel, err));       // or json_scan_text(&s, bytes, len)
 *     if (json_peek(&s) == '{')
 *         for (bool first = json_enter(&s); json_next_key(&s, &first, &key);)
 *             if (strcmp(lg_buf_str(&key), "images") == 0) json_skip(&s, &text);   // its text is in text
 *             else json_skip(&s, NULL);
 *     json_end(&s);
 *     if (s.why[0]) ...                       // line s.line: s.why; nothing was read behind it
 *     json_scan_close(&s);
 *
 * A failure sticks: whatever is called after it says false and reads nothing. Reading errors and an interrupt are in
 * s.err (status and code as from lg_reach_open; Interrupted), with why set too. */
#ifndef DATA_JSON_SCAN_H
#define DATA_JSON_SCAN_H

#include "lib/base/lg.h"

#define JSON_SCAN_DEPTH 2048 /* values within values, as jansson has it */

typedef struct json_scan {
    int fd;              /* -1: all of it is in memory */
    char *room;          /* the part of the file at hand; NULL for a text */
    const char *at, *end;
    lg_cancel *cancel;
    size_t line;         /* from 1 */
    char why[100];       /* "" while all is well */
    lg_err err;
    lg_buf *copy;        /* internal: where json_skip puts what it reads */
    uint8_t open[JSON_SCAN_DEPTH + 1]; /* internal: `{` or `[` around the value being passed over */
    int depth;           /* values around the next one */
} json_scan;

lg_status json_scan_open(json_scan *s, const char *path, lg_cancel *cancel, lg_err *err) LG_MUST_CHECK;
/* The text stays where it is until the scan is closed. */
void json_scan_text(json_scan *s, const char *text, size_t len);
void json_scan_close(json_scan *s);

/* The first byte of what comes next, behind blanks; 0 at the end of the file. */
char json_peek(json_scan *s);
/* Goes into the object or array that comes next; true where it could. */
bool json_enter(json_scan *s);
/* The next key of the object gone into, or its end (false). *first: true before the first. The key is put into out,
 * which is emptied before, without quotes; one with escapes is put there as it is written. */
bool json_next_key(json_scan *s, bool *first, lg_buf *out);
/* Whether the array gone into has one more value, which is to be read before the next call. */
bool json_next_item(json_scan *s, bool *first);
/* Passes over the next value; its text is added to copy unless that is NULL. */
bool json_skip(json_scan *s, lg_buf *copy);
/* Nothing but blanks is left. */
bool json_end(json_scan *s);

#endif
