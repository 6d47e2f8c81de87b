/* edit_log.h - the log of label fixes: what was said of single images, kept beside the folder they are in, so that
 * every later `load` of it knows. Pictures and label files are never touched.
 *
 *     data_log_place place = {0};
 *     LG_TRY(data_log_find("/home/ana/project/logos", own, our, 2, &place, err));
 *     LG_GO(data_log_read(&place, &log, err));                       // nothing there: an empty log
 *     LG_GO(data_log_plan_make(&log, set, &plan, err));              // which images of the set it is about
 *     for (size_t i = 0; i < plan.count; i++) … plan.step[i]         // give them to data_relabel
 *     LG_GO(data_log_add(&place, fixes, count, cancel, &kept, &file, err));
 *     LG_GO(data_log_take(file, kept, cancel, &taken, err));         // and back again
 *     done: data_log_release(&log); data_log_place_release(&place);
 *
 * The file is text (docs/formats.md): UTF-8, one line an edit, fields parted by tabs,
 *
 *     sha256  path  old label  new label  time
 *
 * with a line of these names above. A fix belongs to a content: it holds for the picture with that hash wherever it
 * lies now; where several pictures have the same content, for the one at that path. What was said last counts, by time,
 * then by place in the file; so lines may stand in any order, and two versions of a log are merged by keeping the lines
 * of both. Lines that cannot be understood are skipped, told with their number, and stay in the file. `#` begins a
 * comment.
 *
 * Writers take the folder's lock, read the file again and write it whole under another name, which is then renamed: of
 * two programs at once neither loses a line, and one that is killed leaves the old file or the new one. */
#ifndef DATA_EDIT_LOG_H
#define DATA_EDIT_LOG_H

#include "lib/data/dataset.h"

enum { DATA_LOG_BYTES = 32 << 20, DATA_LOG_LINE = 16384, DATA_LOG_BAD = 5 };

/* Where the log of a folder is. beside: FOLDER.edits.tsv, or NULL where that is outside of the project or below a
 * folder of our own; own: in our data folder, named by a hash of the folder's path. Both are read; lines are added to
 * the first that can be written. */
typedef struct data_log_place {
    char *root, *beside, *own; /* owned; full paths */
} data_log_place;
/* root: full path of the folder pictures are in, links resolved. own: our folder for such logs. ours: folders of our
 * own, beside which nothing is written. */
lg_status data_log_find(const char *root, const char *own, const char *const *ours, size_t n, data_log_place *out,
                        lg_err *err) LG_MUST_CHECK;
void data_log_place_release(data_log_place *place);

/* One line. All texts are borrowed from the log. */
typedef struct data_fix {
    const char *sha256, *path; /* of the picture; as data_log_path says it */
    const char *from, *to;     /* "" for none; to is never empty */
    const char *time;          /* ISO 8601, UTC */
    const char *line;          /* the whole of it as it stands in the file, without its end */
    bool own;                  /* it stands in place.own */
    size_t order;              /* place among all lines read */
} data_fix;
/* Path of an image as logs have it: below the folder, and of a mark cut out with `boxes` where it is, 1.jpg#40x30+5+6.
 * In the arena; NULL with err filled. */
const char *data_log_path(const data_image *image, lg_arena *arena, lg_err *err) LG_MUST_CHECK;

typedef struct data_log {
    lg_arena text;
    data_fix *fix; /* in the order they were made */
    size_t count, room;
    struct {
        size_t line;
        bool own;
        const char *why;
    } bad[DATA_LOG_BAD]; /* the first lines that were skipped */
    size_t bads;
    lg_err unread; /* why one of the files could not be read (LL303, LL391, LL393); what the other says is here */
} data_log;
/* *out is to be released also after a failure, which can only be of memory. */
lg_status data_log_read(const data_log_place *place, data_log *out, lg_err *err) LG_MUST_CHECK;
void data_log_release(data_log *log);
/* Bytes in, plain data out, as data_log_read does it with each file. The lines come behind those there are. */
lg_status data_log_parse(const char *bytes, size_t len, bool own, data_log *out, lg_err *err) LG_MUST_CHECK;

/* What a log says of the images of a set. */
typedef struct data_log_step {
    uint32_t id;
    size_t row;
    const char *from, *to; /* the label it has in the set, and the one it gets: never the same */
} data_log_step;
typedef struct data_log_plan {
    data_log_step *step; /* in the order of the images */
    size_t count;
    size_t same;         /* images that have the label already */
    size_t elsewhere;    /* lines about pictures that the set does not have */
    const data_fix *changed[DATA_LOG_BAD]; /* the first of those at whose path there is another content now */
    size_t changes;
    lg_buf lines[2];     /* the lines that made the steps, to take them back: of place.beside, of place.own */
} data_log_plan;
lg_status data_log_plan_make(const data_log *log, const data_set *set, data_log_plan *out,
                             lg_err *err) LG_MUST_CHECK;
void data_log_plan_release(data_log_plan *plan);

/* May a text be a label in a log? NULL, or why not: empty, too long, not UTF-8, with characters that do not show. */
const char *data_log_label_fault(const char *label);

/* Adds fixes (sha256, path, from, to of each; the time is now), but for those that are what the log says last. *kept:
 * their lines, also of the latter, for data_log_take; *file: where they are, borrowed from place. Of what was said
 * about the same pictures before this program began only the last line stays; so a notebook that gives an image several
 * labels in turn does not make the log longer each time. LL303 the log is full, LL392 it cannot be written,
 * Interrupted. */
lg_status data_log_add(const data_log_place *place, const data_fix *fix, size_t count, lg_cancel *cancel, lg_buf *kept,
                       const char **file, lg_err *err) LG_MUST_CHECK;
/* Takes these lines out of a log; a log that has none left is removed. *taken: how many were there. */
lg_status data_log_take(const char *file, const char *lines, lg_cancel *cancel, size_t *taken,
                        lg_err *err) LG_MUST_CHECK;

#endif
