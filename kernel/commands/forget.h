/* forget.h - a person is removed from what a session holds; the parts of `delete user`.
 *
 *     cmd_whom whom;
 *     LG_TRY(cmd_whom_find(call, catalogue, "ann", &whom, err));   // accounts and pictures, before they are gone
 *     … store_catalogue_forget_user …
 *     LG_GO(cmd_forget_session(call, &whom, &list, err));          // posts, lists, tables, datasets, undo
 *     LG_GO(cmd_forget_fixes(&whom, &lines, err));                 // what was said of their pictures
 *     cmd_whom_release(&whom);
 *
 * Objects are immutable: what holds the person is made anew without, from copies, and bound in the place of the old
 * one, so that nothing of theirs is left in any version a name leads to. */
#ifndef CMD_FORGET_H
#define CMD_FORGET_H

#include "kernel/commands/box_posts.h"

typedef struct cmd_account {
    const char *platform, *id, *handle; /* id and handle may be NULL */
} cmd_account;

typedef struct cmd_whom {
    lg_arena arena;
    const char *name; /* as it was said, without @ */
    cmd_account *account;
    size_t accounts, room;
    const char **names; /* (named) how texts may call them: handles, their part before a server, numbers */
    size_t named;
    const char **sha256; /* (pictures) sorted: those that nobody else posted */
    size_t pictures;
} cmd_whom;
/* Whom the name means, in the catalogue and in the posts of this session: a handle, with or without @, or the number of
 * an account. Nobody: accounts 0. */
lg_status cmd_whom_find(const dsl_call *call, store_catalogue *catalogue, const char *name, cmd_whom *out,
                        lg_err *err) LG_MUST_CHECK;
void cmd_whom_release(cmd_whom *whom);
bool cmd_whom_posted(const cmd_whom *whom, const rep_post *post);
bool cmd_whom_has_picture(const cmd_whom *whom, const char *sha256);

/* An object that was changed, or that went because nothing was left of it. */
typedef struct cmd_forgotten {
    const char *name;
    const char *what; /* "posts" "customers" "rows" "images", or edits */
    size_t before, after;
    bool undo; /* its edits can no longer be taken back */
} cmd_forgotten;
typedef struct cmd_forgotten_list {
    cmd_forgotten *item; /* in the call's arena */
    size_t count, room;
    size_t learnt; /* models made on datasets that lost images */
} cmd_forgotten_list;
lg_status cmd_forget_session(const dsl_call *call, const cmd_whom *whom, cmd_forgotten_list *out,
                             lg_err *err) LG_MUST_CHECK;
/* Lines about their pictures in the logs of label fixes in our data folder. */
lg_status cmd_forget_fixes(const cmd_whom *whom, lg_cancel *cancel, size_t *lines, lg_err *err) LG_MUST_CHECK;

/* A copy of posts without the person: their posts, and their name in all texts. *found says whether there was any. */
lg_status cmd_posts_without(const rep_posts *posts, const cmd_whom *whom, rep_posts **out, bool *found,
                            lg_err *err) LG_MUST_CHECK;
/* A text of ours (a title, a line of a recipe) without the person's names, as words of their own; appended to out. */
size_t cmd_words_without(const char *text, const cmd_whom *whom, lg_buf *out);

#endif
