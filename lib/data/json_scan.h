/* json_scan.h - JSON read in one pass from a file of any size, in the memory of a buffer: the values that are wanted
 * are copied out one by one, all others are passed over, and all are checked as strictly as jansson checks.
 *
 *     data_json s;
 *     LG_TRY(data_json_open(&s, "/data/instances.json", cancel, err));       // or data_json_text(&s, bytes, len)
 *     if (data_json_peek(&s) == '{')
 *         for (bool first = data_json_enter(&s); data_json_key(&s, &first, &key);)
 *             if (strcmp(lg_buf_str(&key), "images") == 0) data_json_skip(&s, &text);   // its text is in text
 *             else data_json_skip(&s, NULL);
 *     data_json_end(&s);
 *     if (s.why[0]) ...                       // line s.line: s.why; nothing was read behind it
 *     data_json_close(&s);
 *
 * A failure sticks: whatever is called after it says false and reads nothing. Reading errors and an interrupt are in
 * s.err (status and code as from lg_reach_open; Interrupted), with why set too. */
#ifndef DATA_JSON_SCAN_H
#define DATA_JSON_SCAN_H

#include "lib/base/lg.h"

#define DATA_JSON_DEPTH 2048 /* values within values, as jansson has it */

typedef struct data_json {
    int fd;              /* -1: all of it is in memory */
    char *room;          /* the part of the file at hand; NULL for a text */
    const char *at, *end;
    lg_cancel *cancel;
    size_t line;         /* from 1 */
    char why[100];       /* "" while all is well */
    lg_err err;
    lg_buf *copy;        /* internal: where data_json_skip puts what it reads */
    uint8_t open[DATA_JSON_DEPTH + 1]; /* internal: `{` or `[` around the value being passed over */
    int depth;           /* values around the next one */
} data_json;

lg_status data_json_open(data_json *s, const char *path, lg_cancel *cancel, lg_err *err) LG_MUST_CHECK;
/* The text stays where it is until the scan is closed. */
void data_json_text(data_json *s, const char *text, size_t len);
void data_json_close(data_json *s);

/* The first byte of what comes next, behind blanks; 0 at the end of the file. */
char data_json_peek(data_json *s);
/* Goes into the object or array that comes next; true where it could. */
bool data_json_enter(data_json *s);
/* The next key of the object gone into, or its end (false). *first: true before the first. The key is put into out,
 * which is emptied before, without quotes; one with escapes is put there as it is written. */
bool data_json_key(data_json *s, bool *first, lg_buf *out);
/* Whether the array gone into has one more value, which is to be read before the next call. */
bool data_json_item(data_json *s, bool *first);
/* Passes over the next value; its text is added to copy unless that is NULL. */
bool data_json_skip(data_json *s, lg_buf *copy);
/* Nothing but blanks is left. */
bool data_json_end(data_json *s);

#endif
