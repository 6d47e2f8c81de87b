/* hdf5_library.c - libhdf5 under the names it has in the distributions. */
#include "lib/hdf5/hdf5_library.h"
#include "lib/base/library.h"
#include "lib/base/banned.h"

h5_functions h5_lib;

static const lg_symbol symbols[] = {
#define H5_SYMBOL(name) {#name, (void **)&h5_lib.name},
    H5_FUNCTIONS(H5_SYMBOL) H5_VALUES(H5_SYMBOL)
#undef H5_SYMBOL
        {0}};

/* Errors come back as numbers, not on stderr; filters that are not in the library itself do not exist. */
static lg_status begin(lg_err *err)
{
    if (h5_lib.H5open() >= 0 && h5_lib.H5Eset_auto2(H5E_DEFAULT, NULL, NULL) >= 0 &&
        h5_lib.H5PLset_loading_state(0) >= 0)
        return LG_OK;
    return lg_fail(err, LG_E_UNSUPPORTED, 504, "HDF5 is needed for this and does not start here");
}

/* 1.10 and 1.12 (.103, .200), 1.14 (.310), 2 (.320); Debian's build without MPI has a name of its own. */
static lg_library hdf5 = {.name = "HDF5",
                          .sonames = (const char *const[]){"libhdf5_serial.so.103", "libhdf5_serial.so.310",
                                                           "libhdf5_serial.so.320", "libhdf5.so.103", "libhdf5.so.200",
                                                           "libhdf5.so.310", "libhdf5.so.320", NULL},
                          .package = "libhdf5-dev",
                          .symbols = symbols,
                          .after_load = begin};

lg_status h5_library_open(lg_err *err)
{
    return lg_library_open(&hdf5, err);
}
