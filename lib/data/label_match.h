/* label_match.h - which label line belongs to which file.
 *
 *     data_match match = {0};
 *     LG_TRY(data_match_labels(&labels, files, count, "/home/ann/flickr27", "labels.txt", &match, err));
 *     if (match.row[i] >= 0) use(labels.row[match.row[i]].label); // of files[i]
 *     data_match_release(&match);
 *
 * A line names a file by its path below the folder; failing that, a name without a folder in it names the one file of
 * that name, then the one picture of that name without its extension. Paths may begin with the last parts of the
 * folder's own path (`flickr27/1.jpg` for a folder `.../flickr27`), be absolute inside the folder, or be written with
 * backslashes. Web addresses, `..` and paths outside the folder are errors (LL306): nothing but the folder is read. */
#ifndef DATA_LABEL_MATCH_H
#define DATA_LABEL_MATCH_H

#include "lib/data/labels.h"

enum { DATA_EXAMPLES = 5 };

typedef struct data_match {
    int64_t *row;    /* (files) row of labels, -1 none; with two different labels the first */
    bool *conflict;  /* (files) two different labels */
    size_t unmatched, repeated, conflicts, ambiguous;
    size_t unmatched_row[DATA_EXAMPLES];                              /* the first few, as rows of labels */
    size_t repeated_row[DATA_EXAMPLES];
    size_t conflict_file[DATA_EXAMPLES], conflict_row[DATA_EXAMPLES]; /* file, second row */
} data_match;

lg_status data_match_labels(const data_labels *labels, char *const *file, size_t files, const char *folder,
                            const char *name, data_match *out, lg_err *err) LG_MUST_CHECK;
void data_match_release(data_match *match);
/* The file a line that names none may have meant, or NULL; borrowed from `file`. *same_look: differs only in what does
 * not show (Unicode form, case, accents) or in its folder; else in extension, separators or a few letters. Never in its
 * digits. */
const char *data_match_nearest(const char *wanted, char *const *file, size_t files, bool *same_look);
/* A name pictures have: .jpg, .png, .bmp, .gif, .webp, .tif, ... */
bool data_is_picture_name(const char *path);

#endif
