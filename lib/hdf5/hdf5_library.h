/* hdf5_library.h - the functions of libhdf5 that are used, loaded at first use. Internal to lib/hdf5, and called by the
 * helper alone.
 *
 *     LG_TRY(h5_library_open(err));                   // before the process gives up its files
 *     hid_t group = h5_lib.H5Gopen2(file, "layers", H5P_DEFAULT);
 *
 * Only functions that have one meaning in all versions from 1.10 on (those with a number in their name, and those that
 * never got one), and none of the header's macros that call functions. */
#ifndef H5_HDF5_LIBRARY_H
#define H5_HDF5_LIBRARY_H

#include <hdf5.h>
#include "lib/base/lg.h"

#define H5_FUNCTIONS(X)                                                                                                \
    X(H5open)                                                                                                          \
    X(H5Eset_auto2)                                                                                                    \
    X(H5PLset_loading_state)                                                                                           \
    X(H5Pcreate)                                                                                                       \
    X(H5Pclose)                                                                                                        \
    X(H5Pset_fapl_core)                                                                                                \
    X(H5Pset_file_image_callbacks)                                                                                     \
    X(H5Pset_file_image)                                                                                               \
    X(H5Pset_obj_track_times)                                                                                          \
    X(H5Pset_layout)                                                                                                   \
    X(H5Pget_external_count)                                                                                           \
    X(H5Pget_layout)                                                                                                   \
    X(H5Pget_nfilters)                                                                                                 \
    X(H5Pget_filter2)                                                                                                  \
    X(H5Fopen)                                                                                                         \
    X(H5Fcreate)                                                                                                       \
    X(H5Fflush)                                                                                                        \
    X(H5Fclose)                                                                                                        \
    X(H5Fget_file_image)                                                                                               \
    X(H5Gopen2)                                                                                                        \
    X(H5Gcreate2)                                                                                                      \
    X(H5Gclose)                                                                                                        \
    X(H5Giterate)                                                                                                      \
    X(H5Gget_objinfo)                                                                                                  \
    X(H5Aexists)                                                                                                       \
    X(H5Aopen)                                                                                                         \
    X(H5Acreate2)                                                                                                      \
    X(H5Aread)                                                                                                         \
    X(H5Awrite)                                                                                                        \
    X(H5Aget_type)                                                                                                     \
    X(H5Aget_space)                                                                                                    \
    X(H5Aclose)                                                                                                        \
    X(H5Dopen2)                                                                                                        \
    X(H5Dcreate2)                                                                                                      \
    X(H5Dget_create_plist)                                                                                             \
    X(H5Dget_type)                                                                                                     \
    X(H5Dget_space)                                                                                                    \
    X(H5Dget_storage_size)                                                                                             \
    X(H5Dread)                                                                                                         \
    X(H5Dwrite)                                                                                                        \
    X(H5Dclose)                                                                                                        \
    X(H5Screate)                                                                                                       \
    X(H5Screate_simple)                                                                                                \
    X(H5Sget_simple_extent_type)                                                                                       \
    X(H5Sget_simple_extent_ndims)                                                                                      \
    X(H5Sget_simple_extent_dims)                                                                                       \
    X(H5Sclose)                                                                                                        \
    X(H5Tcopy)                                                                                                         \
    X(H5Tequal)                                                                                                        \
    X(H5Tget_class)                                                                                                    \
    X(H5Tget_size)                                                                                                     \
    X(H5Tget_order)                                                                                                    \
    X(H5Tget_fields)                                                                                                   \
    X(H5Tget_ebias)                                                                                                    \
    X(H5Tis_variable_str)                                                                                              \
    X(H5Tset_size)                                                                                                     \
    X(H5Tset_strpad)                                                                                                   \
    X(H5Tset_cset)                                                                                                     \
    X(H5Tclose)

/* Numbers that the library gives out when it is opened. */
#define H5_VALUES(X)                                                                                                   \
    X(H5P_CLS_FILE_ACCESS_ID_g)                                                                                        \
    X(H5P_CLS_DATASET_CREATE_ID_g)                                                                                     \
    X(H5T_IEEE_F32LE_g)                                                                                                \
    X(H5T_IEEE_F32BE_g)                                                                                                \
    X(H5T_IEEE_F64LE_g)                                                                                                \
    X(H5T_STD_I32LE_g)                                                                                                 \
    X(H5T_STD_I64LE_g)                                                                                                 \
    X(H5T_C_S1_g)

typedef struct h5_functions {
#define H5_FUNCTION(name) __typeof__(name) *name;
#define H5_VALUE(name)    const hid_t *name;
    H5_FUNCTIONS(H5_FUNCTION)
    H5_VALUES(H5_VALUE)
#undef H5_FUNCTION
#undef H5_VALUE
} h5_functions;
extern h5_functions h5_lib;

/* LL504 where it is not installed. */
lg_status h5_library_open(lg_err *err) LG_MUST_CHECK;

#endif
