/* hdf5_array.c - what a dataset is, before its numbers are read, and they. */
#include <string.h>
#include "lib/hdf5/h5_parts.h"
#include "lib/hdf5/hdf5_file.h"
#include "lib/base/banned.h"

/* ---- where the numbers lie ---- */
static const char *filter_name(H5Z_filter_t filter)
{
    if (filter == H5Z_FILTER_SZIP) return "szip";
    if (filter == H5Z_FILTER_NBIT) return "nbit";
    return filter == H5Z_FILTER_SCALEOFFSET ? "scale and offset" : "a filter of others";
}

static lg_status check_filters(const h5_file *file, const char *path, hid_t plist, lg_err *err)
{
    int n = h5_lib.H5Pget_nfilters(plist);
    if (n < 0) return nn_named_damaged(file->name, err, "the packing of `%.100s` cannot be read", path);
    for (unsigned i = 0; i < (unsigned)n; i++) {
        unsigned flags, config;
        size_t values = 0;
        H5Z_filter_t filter = h5_lib.H5Pget_filter2(plist, i, &flags, &values, NULL, 0, NULL, &config);
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32)
            return h5_refused(file->name, err, "`%.100s` is packed by %s (filter %d); read is deflate", path,
                              filter_name(filter), (int)filter);
    }
    return LG_OK;
}

static lg_status check_storage(const h5_file *file, const char *path, hid_t data, lg_err *err)
{
    hid_t plist = h5_lib.H5Dget_create_plist(data);
    if (plist < 0) return nn_named_damaged(file->name, err, "`%.100s` cannot be read", path);
    lg_status st = LG_OK;
    H5D_layout_t layout = h5_lib.H5Pget_layout(plist);
    if (layout == H5D_VIRTUAL)
        st = h5_refused(file->name, err, "`%.100s` is put together from other files (virtual dataset)", path);
    else if (layout == H5D_LAYOUT_ERROR || h5_lib.H5Pget_external_count(plist) < 0)
        st = nn_named_damaged(file->name, err, "`%.100s` cannot be read", path);
    else if (h5_lib.H5Pget_external_count(plist) > 0)
        st = h5_refused(file->name, err, "the numbers of `%.100s` lie in another file (external storage)", path);
    if (st == LG_OK && layout == H5D_CHUNKED) st = check_filters(file, path, plist, err);
    h5_lib.H5Pclose(plist);
    return st;
}

/* ---- what they are ---- */
/* IEEE 754's of 16 bits, which the library has no name for. */
static bool is_f16(hid_t type)
{
    size_t sign, exponent, exponent_bits, mantissa, mantissa_bits;
    return h5_lib.H5Tget_size(type) == 2 && h5_lib.H5Tget_order(type) == H5T_ORDER_LE &&
           h5_lib.H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits) >= 0 && sign == 15 &&
           exponent == 10 && exponent_bits == 5 && mantissa == 0 && mantissa_bits == 10 &&
           h5_lib.H5Tget_ebias(type) == 15;
}

static const char *type_name(hid_t type)
{
    switch (h5_lib.H5Tget_class(type)) {
    case H5T_FLOAT:
        return h5_lib.H5Tequal(type, *h5_lib.H5T_IEEE_F64LE_g) > 0 ? "float64" : "floats of an unusual kind";
    case H5T_INTEGER: return "integers of an unusual kind";
    case H5T_STRING: return "texts";
    case H5T_COMPOUND: return "records (compound)";
    case H5T_REFERENCE: return "references to other objects";
    case H5T_OPAQUE: return "opaque (bfloat16 is written so)";
    case H5T_ENUM: return "an enumeration";
    case H5T_VLEN: return "lists of any length";
    case H5T_ARRAY: return "arrays";
    default: return "unknown";
    }
}

static lg_status take_type(const h5_file *file, hid_t type, h5_array *out, lg_err *err)
{
    bool whole = h5_lib.H5Tget_class(type) == H5T_INTEGER;
    out->dtype = NN_F32;
    if (h5_lib.H5Tequal(type, *h5_lib.H5T_IEEE_F32LE_g) > 0 || h5_lib.H5Tequal(type, *h5_lib.H5T_IEEE_F32BE_g) > 0)
        return LG_OK;
    if (h5_lib.H5Tget_class(type) == H5T_FLOAT && is_f16(type)) out->dtype = NN_F16;
    else if (whole && h5_lib.H5Tequal(type, *h5_lib.H5T_STD_I32LE_g) > 0) out->dtype = NN_I32;
    else if (whole && h5_lib.H5Tequal(type, *h5_lib.H5T_STD_I64LE_g) > 0) out->dtype = NN_I64;
    else out->counter = whole;
    if (out->dtype != NN_F32 || whole) return LG_OK;
    lg_fail(err, LG_E_UNSUPPORTED, 363, "the numbers of `%.100s` in `%.200s` are of the type %s", out->path, file->name,
            type_name(type));
    lg_why(err, "those read are float32 and float16, and int64 and int32 for counters");
    return lg_try(err, "save the weights as float32 where they were made");
}

/* ---- how many ---- */
static lg_status take_dims(h5_file *file, hid_t space, h5_array *out, lg_err *err)
{
    hsize_t dim[H5S_MAX_RANK] = {0};
    int rank = h5_lib.H5Sget_simple_extent_ndims(space);
    if (h5_lib.H5Sget_simple_extent_type(space) == H5S_NULL || rank < 0 || rank > NN_NAMED_RANK ||
        h5_lib.H5Sget_simple_extent_dims(space, dim, NULL) != rank)
        return nn_named_damaged(file->name, err, "`%.100s` has no shape that weights can have", out->path);
    out->rank = rank;
    out->bytes = out->counter ? 1 : nn_dtype_size(out->dtype);
    bool over = false;
    for (int i = 0; i < rank; i++) {
        if (!dim[i]) return nn_named_damaged(file->name, err, "`%.100s` has no numbers", out->path);
        over |= dim[i] > INT64_MAX || __builtin_mul_overflow(out->bytes, (uint64_t)dim[i], &out->bytes);
        out->dim[i] = (int64_t)dim[i];
    }
    if (over || out->bytes > file->left)
        return nn_named_damaged(file->name, err, "`%.100s` should have more numbers than such a file can hold",
                                out->path);
    file->left -= out->bytes;
    return LG_OK;
}

/* What is not packed is there whole; of the packed, at least something. */
static lg_status check_there(const h5_file *file, hid_t data, const h5_array *a, lg_err *err)
{
    uint64_t stored = h5_lib.H5Dget_storage_size(data);
    if (stored && stored <= file->len) return LG_OK;
    return nn_named_damaged(file->name, err, "the numbers of `%.100s` are not there", a->path);
}

static lg_status look_at(h5_file *file, hid_t data, h5_array *out, lg_err *err)
{
    LG_TRY(check_storage(file, out->path, data, err)); /* first: the extent of a virtual dataset is that of its files */
    hid_t type = h5_lib.H5Dget_type(data), space = h5_lib.H5Dget_space(data);
    lg_status st = LG_OK;
    if (type < 0 || space < 0) st = nn_named_damaged(file->name, err, "`%.100s` cannot be read", out->path);
    if (st == LG_OK) st = take_type(file, type, out, err);
    if (st == LG_OK) st = take_dims(file, space, out, err);
    if (st == LG_OK) st = check_there(file, data, out, err);
    if (type >= 0) h5_lib.H5Tclose(type);
    if (space >= 0) h5_lib.H5Sclose(space);
    return st;
}

lg_status h5_file_shape(h5_file *file, const char *path, h5_array *out, lg_err *err)
{
    *out = (h5_array){.path = path};
    hid_t data = h5_file_has(file, path, true) ? h5_lib.H5Dopen2(file->id, path, H5P_DEFAULT) : -1;
    if (data < 0) return nn_named_damaged(file->name, err, "`%.200s` cannot be read", path);
    lg_status st = look_at(file, data, out, err);
    h5_lib.H5Dclose(data);
    return st;
}

lg_status h5_file_numbers(const h5_file *file, const h5_array *array, void *out, lg_err *err)
{
    hid_t data = h5_lib.H5Dopen2(file->id, array->path, H5P_DEFAULT);
    hid_t type = data < 0 ? -1 : h5_lib.H5Dget_type(data); /* the same: nothing to convert but floats of other order */
    herr_t how = -1;
    if (type >= 0)
        how = h5_lib.H5Dread(data, array->dtype == NN_F32 ? *h5_lib.H5T_IEEE_F32LE_g : type, H5S_ALL, H5S_ALL,
                             H5P_DEFAULT, out);
    if (type >= 0) h5_lib.H5Tclose(type);
    if (data >= 0) h5_lib.H5Dclose(data);
    if (how >= 0) return LG_OK;
    return nn_named_damaged(file->name, err, "the numbers of `%.100s` cannot be read", array->path);
}
