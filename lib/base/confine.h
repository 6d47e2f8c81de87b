/* confine.h - a process gives up what it will never need, before it looks at bytes of strangers.
 *
 *     lg_close_from(4);                               // what it inherited by mistake
 *     unsigned held = lg_confine(256u << 20);         // no files, no sockets, no other processes, 256 MB more at most
 *     if (!(held & LG_CONFINED_CALLS)) ...            // this system has no seccomp
 *
 * What took hold stays to the end of the process and cannot be undone; descriptors that are open stay usable. Each
 * part is independent: a system that lacks one (an old kernel, a container) still gives the others.
 *
 * Afterwards the process can compute, read and write what is open, and take memory that holds no code. Everything
 * else answers EPERM: it is not ended for trying, so that a C library that asks for something unexpected goes on.
 * Sources: Linux, Documentation/userspace-api/{no_new_privs,landlock,seccomp_filter}.rst; getrlimit(2). */
#ifndef LG_CONFINE_H
#define LG_CONFINE_H

#include "lib/base/lg.h"

/* This build runs under AddressSanitizer or ThreadSanitizer: they map terabytes and report on stderr. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LG_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LG_SANITIZED true
#endif
#endif
#ifndef LG_SANITIZED
#define LG_SANITIZED false
#endif

typedef enum lg_confined {
    LG_CONFINED_LIMITS = 1 << 0, /* no new files, nothing written to one, no core, memory (not in sanitizer builds) */
    LG_CONFINED_FILES = 1 << 1,  /* Landlock: nothing in the file system, no TCP, no signals to others */
    LG_CONFINED_CALLS = 1 << 2,  /* seccomp: a list of about twenty system calls */
} lg_confined;

/* memory: bytes that may be mapped beyond what is mapped now; 0: no limit. Returns the parts that took hold. For the
 * only thread of a process. */
unsigned lg_confine(size_t memory);

/* Closes every descriptor from `first` on. */
void lg_close_from(int first);

#endif
