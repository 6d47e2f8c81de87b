/* onnx_tensor.c - TensorProto: its numbers stand as bytes (raw_data) or as numbers of the message, which are as wide as
 * protobuf has them and are narrowed here. */
#include "nnlib/io/onnx_parts.h"
#include <string.h>
#include "lib/base/banned.h"

enum {
    T_DIMS = 1,
    T_TYPE = 2,
    T_SEGMENT = 3,
    T_FLOATS = 4,
    T_INT32S = 5,
    T_STRINGS = 6,
    T_INT64S = 7,
    T_NAME = 8,
    T_RAW = 9,
    T_DOUBLES = 10,
    T_UINT64S = 11,
    T_EXTERNAL = 13,
    T_LOCATION = 14
};
static const onnx_field fields[] = {{T_DIMS, NN_WIRE_VARINT, true},      {T_TYPE, NN_WIRE_VARINT, false},
                                    {T_SEGMENT, NN_WIRE_BYTES, false},   {T_FLOATS, NN_WIRE_FIXED32, true},
                                    {T_INT32S, NN_WIRE_VARINT, true},    {T_STRINGS, NN_WIRE_BYTES, true},
                                    {T_INT64S, NN_WIRE_VARINT, true},    {T_NAME, NN_WIRE_BYTES, false},
                                    {T_RAW, NN_WIRE_BYTES, false},       {T_DOUBLES, NN_WIRE_FIXED64, true},
                                    {T_UINT64S, NN_WIRE_VARINT, true},   {T_EXTERNAL, NN_WIRE_BYTES, true},
                                    {T_LOCATION, NN_WIRE_VARINT, false}, {0}};

/* TensorProto.DataType, and the field that holds such numbers where raw_data does not. */
static const struct {
    uint64_t type;
    nn_dtype dtype;
    uint32_t field;
} types[] = {{1, NN_F32, T_FLOATS},
             {10, NN_F16, T_INT32S},
             {16, NN_BF16, T_INT32S},
             {7, NN_I64, T_INT64S},
             {6, NN_I32, T_INT32S}};
static const char *const other_types[] = {"of no type", "",       "uint8",     "int8",      "uint16", "int16",
                                          "",           "",       "text",      "truths",    "",       "float64",
                                          "uint32",     "uint64", "complex64", "complex128"};

typedef struct tensor_reader {
    const char *file;
    nn_wire message, raw;
    bool is_raw;
    uint64_t type;
    uint32_t seen, field;
    nn_named_tensor t;
} tensor_reader;

static lg_status add_dim(tensor_reader *r, uint64_t dim, lg_err *err)
{
    if (r->t.rank == NN_NAMED_RANK)
        return nn_named_damaged(r->file, err, "a tensor has more than %d dimensions", NN_NAMED_RANK);
    r->t.dim[r->t.rank++] = (int64_t)dim;
    return LG_OK;
}

static lg_status add_dims(tensor_reader *r, nn_wire_field *f, lg_err *err)
{
    uint64_t dim;
    if (f->kind == NN_WIRE_VARINT) return add_dim(r, f->value, err);
    while (nn_wire_varint(&f->body, &dim)) LG_TRY(add_dim(r, dim, err));
    return f->body.why ? nn_named_damaged(r->file, err, "the shape of a tensor: %s", f->body.why) : LG_OK;
}

/* Everything but the numbers that are numbers of the message. */
static lg_status read_facts(tensor_reader *r, lg_arena *room, lg_err *err)
{
    onnx_walk w = {.file = r->file, .what = "a tensor", .known = fields, .wire = r->message};
    nn_wire_field f;
    r->t.name = "";
    while (nn_onnx_next(&w, &f, err)) {
        switch (f.number) {
        case T_DIMS: LG_TRY(add_dims(r, &f, err)); break;
        case T_TYPE: r->type = f.value; break;
        case T_NAME: LG_TRY(nn_onnx_name(r->file, room, &f.body, &r->t.name, err)); break;
        case T_RAW: r->raw = f.body, r->is_raw = true; break;
        case T_LOCATION:
            if (!f.value) w.seen &= ~((uint32_t)1 << T_LOCATION); /* here, as usual */
            break;
        default: break;
        }
    }
    r->seen = w.seen;
    return w.st;
}

static bool has(const tensor_reader *r, uint32_t field)
{
    return r->seen >> field & 1;
}

static lg_status check_place(const tensor_reader *r, lg_err *err)
{
    if (has(r, T_EXTERNAL) || has(r, T_LOCATION)) {
        lg_fail(err, LG_E_UNSUPPORTED, 362, "the numbers of `%.60s` are not in `%.200s` but in another file", r->t.name,
                r->file);
        lg_why(err, "a file of weights may not name other files to be read");
        return lg_try(err, "save the network with its weights in one file: onnx.save(model, path, "
                           "save_as_external_data=False)");
    }
    if (has(r, T_SEGMENT)) return nn_onnx_not_read(r->file, err, "`%.60s` is in pieces", r->t.name);
    return LG_OK;
}

static lg_status take_type(tensor_reader *r, lg_err *err)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].type != r->type) continue;
        r->t.dtype = types[i].dtype, r->field = types[i].field;
        return LG_OK;
    }
    bool named = r->type < sizeof other_types / sizeof *other_types;
    lg_fail(err, LG_E_UNSUPPORTED, 363, "the numbers of `%.60s` in `%.200s` are %s", r->t.name, r->file,
            named ? other_types[r->type] : "of a type that is not read");
    lg_why(err, "those read are float32, float16 and bfloat16, and int64 and int32 for shapes");
    return lg_try(err, "save the network with weights of float32");
}

/* ---- numbers of the message ---- */
typedef struct number_writer {
    unsigned char *out;
    size_t at, count, size;
    nn_dtype dtype;
    bool narrow; /* one did not fit */
} number_writer;

/* False where there is no place left. */
static bool put(number_writer *to, uint64_t value)
{
    int64_t whole = (int64_t)value;
    if (to->at == to->count) return false;
    if (to->dtype == NN_I32) to->narrow |= whole < INT32_MIN || whole > INT32_MAX;
    if (to->dtype == NN_F16 || to->dtype == NN_BF16) to->narrow |= value > UINT16_MAX;
    for (size_t i = 0; i < to->size; i++) to->out[to->at * to->size + i] = (unsigned char)(value >> (8 * i));
    to->at++;
    return true;
}

static bool put_field(number_writer *to, nn_wire_field *f)
{
    uint64_t value;
    if (f->kind != NN_WIRE_BYTES) return put(to, f->value);
    if (to->dtype != NN_F32) {
        while (nn_wire_varint(&f->body, &value))
            if (!put(to, value)) return false;
        return !f->body.why;
    }
    size_t n = nn_wire_left(&f->body);
    if (n % 4 || n / 4 > to->count - to->at) return false;
    memcpy(to->out + to->at * 4, f->body.at, n);
    to->at += n / 4;
    return true;
}

/* Each number takes a byte of the message at least, so no memory is promised that is not there. */
static lg_status read_numbers(tensor_reader *r, lg_arena *room, lg_err *err)
{
    number_writer to = {.count = 1, .dtype = r->t.dtype, .size = nn_dtype_size(r->t.dtype)};
    onnx_walk w = {.file = r->file, .what = "a tensor", .known = fields, .wire = r->message};
    nn_wire_field f;
    bool fits = true;
    for (int i = 0; i < r->t.rank; i++)
        fits = fits && r->t.dim[i] > 0 && !__builtin_mul_overflow(to.count, (size_t)r->t.dim[i], &to.count);
    if (!fits || to.count > nn_wire_left(&r->message)) {
        char shape[NN_NAMED_SHAPE_TEXT];
        return nn_named_damaged(r->file, err, "`%.60s` has the shape %s, and not as many numbers", r->t.name,
                                nn_named_shape_text(r->t.rank, r->t.dim, shape));
    }
    to.out = lg_arena_alloc(room, to.count, to.size, err);
    if (!to.out) return err->status;
    while (fits && nn_onnx_next(&w, &f, err))
        if (f.number == r->field) fits = put_field(&to, &f);
    if (w.st) return w.st;
    if (!fits || to.at < to.count || to.narrow)
        return nn_named_damaged(r->file, err, "`%.60s` has other numbers than its shape and type say", r->t.name);
    r->t.data = to.out, r->t.bytes = to.count * to.size;
    return LG_OK;
}

lg_status nn_onnx_read_tensor(nn_onnx *net, nn_wire message, const char *name, lg_err *err)
{
    enum { TYPED = 1 << T_FLOATS | 1 << T_INT32S | 1 << T_STRINGS | 1 << T_INT64S | 1 << T_DOUBLES | 1 << T_UINT64S };
    tensor_reader r = {.file = net->tensors.file, .message = message};
    LG_TRY(read_facts(&r, &net->room, err));
    if (name) r.t.name = name;
    LG_TRY(check_place(&r, err));
    LG_TRY(take_type(&r, err));
    if (r.seen & (r.is_raw ? TYPED : TYPED & ~((uint32_t)1 << r.field)))
        return nn_named_damaged(r.file, err, "`%.60s` has its numbers in more than one way, or as another type",
                                r.t.name);
    if (r.is_raw) r.t.data = r.raw.at, r.t.bytes = nn_wire_left(&r.raw);
    else LG_TRY(read_numbers(&r, &net->tensors.room, err));
    return nn_named_add(&net->tensors, &r.t, err);
}
