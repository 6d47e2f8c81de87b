/* dash_parts.h - what the parts of the dashboard's writer share. Only dashboard.c and dash_*.c include it.
 *
 * dash_gather.c  posts, authors, labels and pictures of all that was handed in, each once
 * dash_sheets.c  pictures as contact sheets
 * dash_count.c   counts, weeks, sentences
 * dash_html.c    heading, filters, people and posts as they can be read without script
 * dash_chart.c   brands over time: drawing and table
 * dash_sure.c    how far it can be trusted, in plain words
 * dash_json.c    the same facts for the script
 * dash_page.c    style and script, and the policy that names them */
#ifndef REP_DASH_PARTS_H
#define REP_DASH_PARTS_H

#include "lib/report/dashboard.h"

enum {
    DASH_LINES = 6,   /* brands in the chart and in sentences */
    DASH_EDGE = 1024, /* pixels of a contact sheet's side */
    DASH_NO_DAY = INT32_MIN,
};

/* A different picture, and where it lies on the sheets. */
typedef struct dash_image {
    const rep_picture *picture;
    int sheet; /* -1: not shown */
    int x, y, w, h;
} dash_image;

typedef struct dash_shot { /* a picture of a post */
    const rep_picture *picture;
    int label;      /* in dash.label; -1: none */
    bool sure;      /* counts for its label */
    uint32_t image; /* in dash.image; UINT32_MAX: none */
} dash_shot;

typedef struct dash_post {
    const rep_posts *set;
    const rep_post *post;
    dash_shot *shot;
    size_t shots;
    int32_t author; /* in dash.author, -1: unknown or not told */
    int32_t day;    /* since 1970 UTC, or DASH_NO_DAY */
} dash_post;

typedef struct dash_label {
    const char *name;
    bool rest; /* none of the brands */
    size_t posts;
} dash_label;

typedef struct dash_evidence {
    size_t post, shot; /* shot of that post */
} dash_evidence;

typedef struct dash_person {
    const rep_customers *list;
    const rep_person *person;
    const char *name;        /* "person 12" where the file names nobody */
    dash_evidence *evidence; /* none where the file names nobody: a photo can be searched for */
    size_t evidences;
} dash_person;

typedef struct dash_author {
    const rep_post *post; /* one of theirs */
    const char *name;     /* "@handle" or the display name */
} dash_author;

typedef struct dash {
    const rep_dashboard *ask;
    lg_arena arena;
    bool anonymous, labelled;
    float least;     /* smallest `min` of the sets */
    dash_post *post; /* newest first */
    size_t posts, posts_left;
    dash_label *label;
    int labels;
    const char **platform;
    int platforms;
    dash_author *author;
    size_t authors;
    dash_image *image;
    size_t images;
    dash_person *person;
    size_t people;
    size_t text_most; /* bytes of a post's text that are shown */
    bool texts_cut;
    int side; /* of a thumbnail */
    int sheets;
    size_t unreadable, pictures_left;
    /* counts */
    size_t none, unsure, shots;  /* posts that show no brand; that say nothing sure; pictures */
    int32_t first_day, last_day; /* DASH_NO_DAY: none has a date */
    size_t undated;
    bool daily; /* a column of the chart is a day: all is within three weeks, as what searches of recent posts give */
    int step;   /* else the weeks in it */
    int periods;
    int line[DASH_LINES]; /* labels in the chart, most posts first; -1 stands for all posts */
    int lines;
    uint32_t *week; /* (lines, periods) posts */
} dash;

/* dash_gather.c */
lg_status rep_dash_gather(dash *d, lg_err *err) LG_MUST_CHECK;
int rep_dash_find_label(const dash *d, const char *name); /* -1: there is none */
const char *rep_dash_platform(const dash *d, const char *name);

/* dash_sheets.c: appends the sheets, as a hidden drawing whose parts others show. room: bytes for them. */
lg_status rep_dash_sheets(dash *d, size_t room, lg_buf *out, lg_err *err) LG_MUST_CHECK;

/* dash_count.c */
lg_status rep_dash_count(dash *d, lg_err *err) LG_MUST_CHECK;
void rep_dash_sentence(const dash *d, lg_buf *out); /* plain text */
void rep_dash_people_sentence(const dash *d, const rep_customers *list, lg_buf *out);
void rep_dash_trend(const dash *d, lg_buf *out);                /* plain text */
void rep_dash_count_range(double k, double *low, double *high); /* 95% of a count */
void rep_dash_date(int32_t day, lg_buf *out);                   /* "3 Oct 2026" */
double rep_dash_percent(double part, double whole);             /* whole percents, rounded half up */
int32_t rep_dash_day(int64_t time);                             /* DASH_NO_DAY where it is none of our time */
int32_t rep_dash_period_day(const dash *d, int period);         /* its first day */
size_t rep_dash_text_len(const dash *d, const char *text);      /* bytes of it that are shown */

/* dash_html.c */
void rep_dash_text(lg_buf *out, const char *text); /* escaped */
void rep_dash_text_of(lg_buf *out, lg_buf *words); /* the same, and releases words */
void rep_dash_top(const dash *d, lg_buf *out);     /* heading, first sentence, filters */
void rep_dash_html_people(const dash *d, lg_buf *out);
void rep_dash_html_gallery(const dash *d, lg_buf *out);

/* dash_chart.c */
void rep_dash_html_time(const dash *d, lg_buf *out);

/* dash_sure.c */
void rep_dash_html_sure(const dash *d, lg_buf *out);

/* dash_json.c */
void rep_dash_json(const dash *d, lg_buf *out);

/* dash_page.c */
void rep_dash_head(const dash *d, lg_buf *out);
void rep_dash_script(lg_buf *out);

#endif
