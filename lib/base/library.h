/* library.h - the one way a heavy or optional shared library is brought in: at first use, by its one owner.
 *
 *     static float *(*blas_gemm)(...);
 *     static const lg_symbol symbols[] = {{"cblas_sgemm", (void **)&blas_gemm}, {0}};
 *     static lg_library openblas = {.name = "OpenBLAS", .sonames = (const char *const[]){"libopenblas.so.0", NULL},
 *                                   .package = "libopenblas0-pthread", .symbols = symbols};
 *     LG_TRY(lg_library_open(&openblas, err));
 *
 * Start stays fast because nothing is loaded that a cell does not use, and a machine without the library gets a plain
 * sentence (LL504 "... is not installed", with the package to install) instead of a kernel that does not start.
 * A library once open stays open to the end of the process. */
#ifndef LG_LIBRARY_H
#define LG_LIBRARY_H

#include "lib/base/lg.h"
#include <pthread.h>

typedef struct lg_symbol {
    const char *name;
    void **slot; /* where the function's address goes; all are set or none */
} lg_symbol;

typedef struct lg_library {
    const char *name;                     /* as people call it */
    const char *const *sonames;           /* tried in order, NULL-terminated */
    const char *package;                  /* Debian package that brings it */
    const lg_symbol *symbols;             /* {0}-terminated */
    void (*before_load)(void);            /* e.g. settings the library reads when it is loaded; may be NULL */
    lg_status (*after_load)(lg_err *err); /* e.g. set its thread count; may be NULL */
    /* state, owned by lg_library_open */
    pthread_mutex_t lock; /* PTHREAD_MUTEX_INITIALIZER is all zero on the systems we build for */
    void *handle;
    bool ready;
} lg_library;

/* Loads on the first call, later calls cost one lock. Thread-safe. A failed load is tried again next time. */
lg_status lg_library_open(lg_library *library, lg_err *err) LG_MUST_CHECK;

#endif
