/* err.c - the error record: first failure wins. */
#include "lib/base/lg.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *lg_status_name(lg_status status)
{
    static const char *const names[] = {
#define LG_STATUS_TEXT(name, text) text,
        LG_STATUS_LIST(LG_STATUS_TEXT)
#undef LG_STATUS_TEXT
    };
    return (size_t)status < sizeof names / sizeof *names ? names[status] : "?";
}

/* A text too long for its field is cut between characters; what came from a file name or a server is made harmless. */
LG_PRINTF(3, 0) static void put_text(char *field, size_t size, const char *fmt, va_list ap)
{
    int n = vsnprintf(field, size, fmt, ap);
    if (n < 0 || (size_t)n >= size) {
        size_t len = n < 0 ? 0 : size - 4;
        while (len && ((unsigned char)field[len] & 0xc0) == 0x80) len--;
        memcpy(field + len, "...", 4);
    }
    lg_text_scrub(field);
}

lg_status lg_fail_at(lg_err *err, lg_status status, int code, const char *file, int line, const char *fmt, ...)
{
    if (err->status != LG_OK) {
        err->fresh = false;
        return err->status;
    }
    *err = (lg_err){.status = status, .code = code, .span = err->span, .file = file, .line = line, .fresh = true};
    va_list ap;
    va_start(ap, fmt);
    put_text(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    return status;
}

lg_status lg_why(lg_err *err, const char *fmt, ...)
{
    if (!err->fresh) return err->status;
    va_list ap;
    va_start(ap, fmt);
    put_text(err->why, sizeof err->why, fmt, ap);
    va_end(ap);
    return err->status;
}

lg_status lg_try(lg_err *err, const char *fmt, ...)
{
    if (!err->fresh) return err->status;
    va_list ap;
    va_start(ap, fmt);
    put_text(err->hint, sizeof err->hint, fmt, ap);
    va_end(ap);
    return err->status;
}

lg_status lg_err_place(lg_err *err, lg_span span)
{
    if (err->status != LG_OK && err->span.line == 0) err->span = span;
    return err->status;
}

void lg_err_clear(lg_err *err)
{
    *err = (lg_err){0};
}

lg_status lg_cancel_check(lg_cancel *c, lg_err *err)
{
    return lg_cancelled(c) ? lg_fail(err, LG_E_INTERRUPTED, 0, "interrupted") : LG_OK;
}

void lg_bug(const char *file, int line, const char *what)
{
    fprintf(stderr, "logolens: internal fault at %s:%d: %s\n", file, line, what);
    abort();
}
