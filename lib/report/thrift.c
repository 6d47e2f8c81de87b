/* thrift.c - Thrift's compact protocol, written. */
#include "lib/report/thrift.h"

#include "lib/base/banned.h"

static void varint(lg_buf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) lg_buf_addc(out, (char)(value | 0x80));
    lg_buf_addc(out, (char)value);
}

static void zigzag(lg_buf *out, int64_t value)
{
    varint(out, value < 0 ? ~((uint64_t)value << 1) : (uint64_t)value << 1);
}

/* The distance from the field before and the type in one byte; a field that is far away says its number. */
static void field_head(thrift *t, int field, thrift_type type)
{
    int step = field - t->last[t->depth];
    LG_BUG_ON(step <= 0);
    if (step <= 15) lg_buf_addc(t->out, (char)(step << 4 | (int)type));
    else {
        lg_buf_addc(t->out, (char)type);
        zigzag(t->out, field);
    }
    t->last[t->depth] = field;
}

void rep_thrift_int(thrift *t, int field, thrift_type type, int64_t value)
{
    field_head(t, field, type);
    if (type == THRIFT_I8) lg_buf_addc(t->out, (char)value);
    else zigzag(t->out, value);
}

void rep_thrift_truth(thrift *t, int field, bool value)
{
    field_head(t, field, value ? THRIFT_TRUE : THRIFT_FALSE);
}

void rep_thrift_bytes(thrift *t, int field, const void *data, size_t len)
{
    field_head(t, field, THRIFT_BYTES);
    rep_thrift_item_bytes(t, data, len);
}

void rep_thrift_open(thrift *t, int field)
{
    field_head(t, field, THRIFT_RECORD);
    rep_thrift_item(t);
}

void rep_thrift_close(thrift *t)
{
    rep_thrift_stop(t);
    t->depth--;
}

void rep_thrift_list(thrift *t, int field, thrift_type type, size_t count)
{
    field_head(t, field, THRIFT_LIST);
    lg_buf_addc(t->out, (char)((count < 15 ? count : 15) << 4 | (size_t)type));
    if (count >= 15) varint(t->out, count);
}

void rep_thrift_item(thrift *t)
{
    LG_BUG_ON(t->depth + 1 == THRIFT_DEPTH);
    t->last[++t->depth] = 0;
}

void rep_thrift_item_int(thrift *t, int64_t value)
{
    zigzag(t->out, value);
}

void rep_thrift_item_bytes(thrift *t, const void *data, size_t len)
{
    varint(t->out, len);
    lg_buf_add(t->out, data, len);
}

void rep_thrift_stop(thrift *t)
{
    lg_buf_addc(t->out, 0);
}
