/* jail.h - img_decode in a helper process that can do nothing but decode.
 *
 *     img_jail_setup(&(img_jail_options){.program = "/proc/self/exe"});     // main, once
 *     LG_TRY(img_jail_decode(bytes, len, &want, &p, &info, err));           // anywhere, any thread, as img_decode
 *
 * A decoder reads what strangers wrote. In the helper (`logolens sandbox`) it has no files, no sockets and no other
 * processes (lib/base/confine.h), 256 MB of memory beside the picture and 10 s of processor time for one file. What
 * goes wrong there is LL305 of that one file: a crash, a limit, an answer that makes no sense. The next file gets a new
 * helper.
 *
 * Invariants
 *  - Same bytes, same pixels, same verdict and words as img_decode.
 *  - The helper is not believed: what comes back is copied and then checked (sizes, counts, texts) before it is used.
 *  - Helpers are started when they are needed, one for each thread that decodes at the time (at most 32), and used
 *    again. An idle one holds about 5 MB. They end with this process, however that ends, and only with it: Ctrl-C in
 *    a terminal does not reach them.
 *  - Where no helper can be started, pictures are decoded in this process, with one warning in the log. Without
 *    img_jail_setup (tests, programs that use the library) they are too, without a warning.
 *
 * State: one team of helpers a process, behind a lock. How it works: docs/adr/0100-pictures-are-decoded-in-a-helper.md.
 */
#ifndef IMG_JAIL_H
#define IMG_JAIL_H

#include "lib/image/decode.h"

typedef struct img_jail_options {
    const char *program; /* the logolens binary; copied. NULL: decode in this process from now on */
    double seconds;      /* of processor time for one file; 0: 10 */
} img_jail_options;

/* Ends the idle helpers, as img_jail_stop does; the next decode starts as these options say. */
void img_jail_setup(const img_jail_options *options);
/* As img_decode. Options can narrow the limits of 64 MB and 50 million pixels, not widen them. */
lg_status img_jail_decode(const void *bytes, size_t len, const img_decode_options *want, img_picture *out,
                          img_info *info, lg_err *err) LG_MUST_CHECK;
/* As img_jail_decode, without the copy: the pixels stay where the helper put them, and it waits until the picture is
 * released. For one that is looked at and let go at once by the same thread, which decodes nothing else meanwhile. The
 * helper could still write there: read them as plain numbers, and what must not change while it is used copy first. */
lg_status img_jail_lend(const void *bytes, size_t len, const img_decode_options *want, img_picture *out, img_info *info,
                        lg_err *err) LG_MUST_CHECK;
/* Ends the idle helpers and waits for them. The next decode starts new ones. */
void img_jail_stop(void);

/* ---- the other side: what the program does as `logolens sandbox` ---- */
/* Takes the memory and the line to the parent from their places (descriptors 0, 3, 4), gives up all else, decodes
 * until the parent has gone. Returns the exit status: 0, or 2 when it was not started by img_jail_decode. */
int img_jail_serve(void);
/* Gives up all else and tries what must be impossible; says on stdout how each ended. 0 when all was refused. */
int img_jail_check(void);

#endif
