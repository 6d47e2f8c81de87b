/* labels.h - the text of a labels file in, its rows out.
 *
 *     data_labels labels = {0};
 *     data_labels_options want = {.name = "labels.txt"};
 *     LG_TRY(data_labels_parse(bytes, len, &want, &labels, err));
 *     for (size_t i = 0; i < labels.rows; i++) use(labels.row[i].file, labels.row[i].label, labels.row[i].line);
 *     data_labels_release(&labels);
 *
 * Bytes in, plain data out: no files, no globals. What is understood (docs/formats.md tells it to users):
 *  - UTF-8 with or without BOM; UTF-16 with BOM; line ends LF, CRLF, CR, mixed. Anything else is LL304 with the line.
 *  - One separator for the whole file, found by looking: tab, comma or semicolon where at least half of the lines have
 *    it, else blanks (then exactly two fields, or further ones that are all numbers, as in the annotations of Flickr27,
 *    unless both columns were told).
 *  - Quotes as in RFC 4180 ("" inside); blanks at the ends of fields do not count; empty lines do not count; a line
 *    that begins with # is a comment.
 *  - A first line that names the columns is recognised (file, filename, image, path, ... and label, class, brand,
 *    ...) or told by file_column / label_column. Other columns of a named header are kept.
 * An empty label means: no label. */
#ifndef DATA_LABELS_H
#define DATA_LABELS_H

#include "lib/base/lg.h"

typedef struct data_label {
    size_t line;       /* in the file, from 1 */
    const char *file;  /* as written, `./` in front removed */
    const char *label; /* "" for none */
    const char **cell; /* (columns) */
} data_label;

typedef struct data_labels {
    lg_arena text;
    data_label *row;
    size_t rows, room;
    const char **column; /* names of the further columns */
    size_t columns;
    char separator;      /* '\t' ',' ';' or ' ' */
    bool header;
    size_t trimmed;      /* rows with blanks at the end of a field */
} data_labels;

typedef struct data_labels_options {
    const char *name;         /* of the file, for messages */
    const char *file_column;  /* header name or number from 1; NULL: found */
    const char *label_column;
} data_labels_options;

/* *out is empty on failure. LL304 (line named), LL316 no such column, LL303 too many rows. */
lg_status data_labels_parse(const char *bytes, size_t len, const data_labels_options *want, data_labels *out,
                            lg_err *err) LG_MUST_CHECK;
void data_labels_release(data_labels *labels);

#endif
