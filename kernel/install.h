/* install.h - files that are part of the program, and how they are written and taken away: Jupyter's by
 * `logolens install`, the lessons by `logolens lessons`.
 *
 *     const char *folder = "/home/ann/.local/share/jupyter/kernels/logolens";
 *     LG_TRY(main_install_folders(folder, err));
 *     LG_TRY(main_install_write(folder, "logo-svg.svg", from, to, err));
 *
 * Files appear whole or not at all. Folders are removed with what is in them, and links are removed, not followed. */
#ifndef INSTALL_H
#define INSTALL_H

#include "lib/base/lg.h"

enum { INSTALL_PATH = 4096 };

/* A file that is part of the program. The table of each folder ends with a name of NULL. */
typedef struct install_file {
    const char *name; /* below the folder, with / */
    const char *from, *to;
} install_file;
extern const install_file install_labextension[];
extern const install_file install_lessons[];  /* notebooks/, the first lesson first */
extern const install_file install_practice[]; /* the platform lesson 09 practises on, of tests/servers/ */

/* Makes the folder and those above it. */
lg_status main_install_folders(const char *path, lg_err *err) LG_MUST_CHECK;
/* Writes folder/name, beside it first, and makes the folders in name. */
lg_status main_install_write(const char *folder, const char *name, const char *from, const char *to,
                             lg_err *err) LG_MUST_CHECK;
/* Removes what is there under that name. Nothing there is no failure. */
lg_status main_install_take_away(const char *path, lg_err *err) LG_MUST_CHECK;
/* A file's first bytes, NUL-terminated; "" where there is none. */
void main_install_peek(const char *folder, const char *name, char *out, size_t size);

#endif
