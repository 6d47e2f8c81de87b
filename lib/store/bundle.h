/* bundle.h - the one container of all saved files: .lmodel, .ldata, .lrun and the run store.
 *
 *     store_writer w;
 *     store_writer_init(&w, "model", 2);                  // a model, in two sections
 *     lg_pack_text(store_writer_section(&w, "labels"), "nike");
 *     lg_pack_f32s(store_writer_section(&w, "weights"), numbers, n);
 *     LG_GO(store_writer_finish(&w, err));                // w.out holds the whole file
 *     LG_GO(lg_reach_write("m.lmodel", w.out.data, w.out.len, 0600, err));
 *
 *     store_bundle b;
 *     LG_GO(store_bundle_read("m.lmodel", bytes, len, &b, err));   // all checksums are right from here on
 *     LG_GO(store_bundle_section(&b, "labels", &in, err));         // read with lib/base/pack.h
 *
 * The layout (docs/formats.md): a head with magic, version, kind, the file's length and a table of sections (name,
 * place, length, SHA-256), closed by the SHA-256 of the head itself; then the sections, one right behind the other.
 * Every byte of a file is covered by a checksum: a file that is cut, has grown or of which one bit has changed is
 * refused as a whole (LL331). Readers take bytes and return plain data: no files, no globals. */
#ifndef STORE_BUNDLE_H
#define STORE_BUNDLE_H

#include "lib/base/pack.h"

enum { STORE_VERSION = 1, STORE_SECTIONS = 16, STORE_NAME = 16 };

/* ---- writing ---- */
typedef struct store_writer {
    lg_buf out;
    int sections, begun;
    size_t from; /* where the section being written begins */
} store_writer;

/* kind and names: at most 15 plain characters. sections (1..16) is how many store_writer_section calls will follow. */
void store_writer_init(store_writer *w, const char *kind, int sections);
/* Begins the next section; what is added to the buffer until the next one, or the end, is its content. */
lg_buf *store_writer_section(store_writer *w, const char *name);
/* Lengths and checksums. LL901, LL902: see lg_buf_check. */
lg_status store_writer_finish(store_writer *w, lg_err *err) LG_MUST_CHECK;
void store_writer_release(store_writer *w);

/* ---- reading ---- */
typedef struct store_bundle {
    const char *file; /* its name, for messages; borrowed, like the bytes */
    const unsigned char *data;
    char kind[STORE_NAME];
    int sections;
    struct {
        char name[STORE_NAME];
        size_t at, len;
    } section[STORE_SECTIONS];
} store_bundle;

/* Checks everything but the content of the sections. LL331 damaged, LL332 something else, LL333 of a newer version. */
lg_status store_bundle_read(const char *file, const void *data, size_t len, store_bundle *out,
                            lg_err *err) LG_MUST_CHECK;
/* Sections that were added later are not in older files. */
bool store_bundle_has(const store_bundle *b, const char *name);
/* LL331 when there is no such section. */
lg_status store_bundle_section(const store_bundle *b, const char *name, lg_unpack *in, lg_err *err) LG_MUST_CHECK;

#endif
