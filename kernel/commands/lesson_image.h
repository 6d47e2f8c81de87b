/* lesson_image.h - the object of a teaching command: a grid that was written, or an image of a dataset, of which a crop
 * is shown.
 *
 * Layers always work on the whole image, padding and all; only what is drawn is cut. So every number shown is one that
 * a network would compute of this image, borders of the crop included. */
#ifndef CMD_LESSON_IMAGE_H
#define CMD_LESSON_IMAGE_H

#include "kernel/commands/box_dataset.h"
#include "kernel/commands/lesson.h"

/* Options of images, for the tables of the commands. */
#define CMD_SUBJECT                                                                                                    \
    {                                                                                                                  \
        .name = "grid", .role = DSL_POSITIONAL, .type = DSL_T_GRID, .kinds = DSL_GRIDS | DSL_DATASETS,                 \
        .required = true, .help = "the numbers, [1 2; 3 4] or the name of a grid; or a dataset, of which one image"    \
    }
#define CMD_SUBJECT_IMAGE                                                                                              \
    {                                                                                                                  \
        .name = "image", .role = DSL_OPTION, .type = DSL_T_IMAGE, .files = true, .dflt_help = "the first",             \
        .help = "of a dataset: number or name of the image, or a file"                                                 \
    }
#define CMD_SUBJECT_CHANNEL(choices_, dflt_)                                                                           \
    {                                                                                                                  \
        .name = "channel", .role = DSL_OPTION, .type = DSL_T_CHOICE, .choices = choices_, .dflt_help = dflt_,          \
        .help = "of a dataset: the channel of the image"                                                               \
    }
#define CMD_SUBJECT_CROP                                                                                               \
    {                                                                                                                  \
        .name = "crop", .role = DSL_OPTION, .type = DSL_T_SIZE, .dflt_help = "8x8", .min = 1, .max = CMD_LESSON_MOST,  \
        .help = "of a dataset: so many rows and columns are shown"                                                     \
    }

#define CMD_SUBJECT_AT(dflt_, help_)                                                                                   \
    {                                                                                                                  \
        .name = "at", .role = DSL_OPTION, .type = DSL_T_INT, .list = true, .min = 0, .max = 4096, .dflt_help = dflt_,  \
        .help = help_                                                                                                  \
    }

/* Which rows of the parameter table these are; channel -1: all channels. */
typedef struct cmd_subject_params {
    int object, image, channel, crop;
    bool all; /* all channels unless one is named */
} cmd_subject_params;

typedef struct cmd_subject {
    cmd_stack x;            /* the grid; or the channels that are meant of the whole image, 0..1 */
    const char *name;       /* "g", "logos image 7", "photo.jpg" */
    const char *channel[3]; /* names of the channels in x; of a grid: its name */
    bool image;
    int crop_rows, crop_cols;
    data_set *set;         /* owned: the dataset of the image, of a file one of its own; NULL for a grid */
    const char *of;        /* "logos": its name; NULL: a file */
    size_t row;            /* of it */
    const char *elsewhere; /* "val": the image is not of the part that was named; NULL: it is */
} cmd_subject;

/* LL314 no such image, LL315, LL142 a channel that grey images do not have, LL144 options of images for a grid. */
lg_status cmd_subject_of(const dsl_call *call, const cmd_subject_params *params, cmd_subject *out,
                         lg_err *err) LG_MUST_CHECK;
/* The same without its numbers, for what a network is asked about, which sees images at a size of its own. */
lg_status cmd_subject_named(const dsl_call *call, const cmd_subject_params *params, cmd_subject *out,
                            lg_err *err) LG_MUST_CHECK;
/* "red", "green", "blue", or "grey" where there is one. */
const char *cmd_channel_name(int channel, int channels);
void cmd_subject_release(cmd_subject *subject);
/* Is it a dataset that the line names? Then it is looked into only when the line runs. */
bool cmd_subject_is_image(const dsl_call *call, int param);
/* Image and row for an image option; the set is looked through whatever part was named. A file (dataset_edits.h) is a
 * set of its own then, made as the images of this dataset are. */
lg_status cmd_subject_row(const dsl_call *call, const dsl_value *object, int image, cmd_subject *out,
                          lg_err *err) LG_MUST_CHECK;

/* Rows and columns of something larger. */
typedef struct cmd_view {
    int top, left, rows, cols;
} cmd_view;
/* Which results of windows are shown: of a grid all, of an image those whose windows lie in a crop around the place
 * `at`, in the middle of the image where that is -1. */
typedef struct cmd_window {
    int rows, cols, down, across;
} cmd_window;
cmd_view cmd_subject_view(const cmd_subject *subject, const cmd_stack *results, const cmd_window *window, int at);
/* What those windows cover. */
cmd_view cmd_view_covers(const cmd_view *results, const cmd_window *window);
lg_status cmd_lesson_cut(const dsl_call *call, const cmd_stack *from, const cmd_view *view, cmd_stack *to,
                         lg_err *err) LG_MUST_CHECK;
lg_status cmd_lesson_cut_marks(const dsl_call *call, const uint8_t *from, int cols, const cmd_view *view, uint8_t **to,
                               lg_err *err) LG_MUST_CHECK;

/* The picture with the crop outlined, and in words what is shown; nothing for a grid. shown: in pixels of the image,
 * NULL where that is not known. */
lg_status cmd_doc_subject(plt_doc *doc, const cmd_subject *subject, const cmd_view *shown, lg_err *err) LG_MUST_CHECK;

#endif
