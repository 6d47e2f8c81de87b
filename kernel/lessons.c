/* lessons.c - `logolens lessons`: writes the notebooks to learn with, which are part of the program, for people who
 * have it from a package and no sources. Nothing that is there is written over: a lesson that was run holds its
 * learner's answers. The user says where, outside of what notebooks may reach, so that plain calls are right here. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/install.h"
#include "kernel/main.h"
#include "lib/base/banned.h"

typedef struct outcome {
    lg_buf written, left; /* names, a line each */
    int same;
} outcome;

typedef enum there {
    THERE_NOTHING,
    THERE_SAME,
    THERE_OTHER, /* also what cannot be read, or is no file */
} there;

/* Does the open file go on with these bytes, and then end? */
static bool holds(int fd, const char *from, const char *to)
{
    char block[4096];
    for (;;) {
        ssize_t n = read(fd, block, sizeof block);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return n == 0 && from == to;
        if (n > to - from || memcmp(block, from, (size_t)n) != 0) return false;
        from += n;
    }
}

static there look(const char *path, const install_file *file)
{
    struct stat info;
    if (lstat(path, &info)) return THERE_NOTHING; /* or writing says why not */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe of that name would wait for its other end */
    if (fd < 0) return THERE_OTHER;
    bool same = holds(fd, file->from, file->to);
    close(fd);
    return same ? THERE_SAME : THERE_OTHER;
}

/* The files of a table into folder/part; part is "" or ends with a slash. */
static lg_status write_table(const char *folder, const char *part, const install_file *file, outcome *o, lg_err *err)
{
    for (; file->name; file++) {
        char name[64], path[2 * INSTALL_PATH];
        snprintf(name, sizeof name, "%s%s", part, file->name);
        snprintf(path, sizeof path, "%s/%s", folder, name);
        there t = look(path, file);
        o->same += t == THERE_SAME;
        if (t == THERE_OTHER) lg_buf_addf(&o->left, "  %s\n", name);
        if (t != THERE_NOTHING) continue;
        LG_TRY(main_install_write(folder, name, file->from, file->to, err));
        lg_buf_addf(&o->written, "  %s\n", name);
    }
    return LG_OK;
}

void main_add_shell_word(lg_buf *out, const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+,:@%";
    if (!word[strspn(word, plain)]) {
        lg_buf_adds(out, word);
        return;
    }
    lg_buf_addc(out, '\'');
    for (; *word; word++) lg_buf_adds(out, *word == '\'' ? "'\\''" : (char[]){*word, '\0'});
    lg_buf_addc(out, '\'');
}

static void say(const char *folder, const outcome *o)
{
    lg_buf next;
    lg_buf_init(&next, 0);
    main_add_shell_word(&next, folder);
    if (o->written.len) printf("written to %s:\n%s", folder, lg_buf_str(&o->written));
    if (o->same) printf("there already: %d file%s\n", o->same, o->same == 1 ? "" : "s");
    if (o->left.len)
        printf("left as they are, for they hold something else (were run, changed, or came with another version):\n"
               "%sfor fresh ones, type `logolens lessons FOLDER` with the name of a new folder\n",
               lg_buf_str(&o->left));
    printf("next, type `jupyter lab %s` and open %s\n", lg_buf_str(&next), install_lessons[0].name);
    lg_buf_release(&next);
}

static lg_status check_folder(const char *folder, lg_err *err)
{
    struct stat info;
    if (strlen(folder) >= INSTALL_PATH)
        return lg_fail(err, LG_E_IO, 392, "the folder cannot be made: its name is longer than %d bytes", INSTALL_PATH);
    if (stat(folder, &info) == 0 && !S_ISDIR(info.st_mode))
        return lg_fail(err, LG_E_IO, 393, "%s is a file, and the lessons need a folder", folder);
    return LG_OK;
}

static lg_status write_lessons(const char *folder, outcome *o, lg_err *err)
{
    lg_status st = check_folder(folder, err);
    if (st == LG_OK) st = write_table(folder, "", install_lessons, o, err);
    if (st == LG_OK) st = write_table(folder, "practice/", install_practice, o, err);
    if (st == LG_OK) st = lg_buf_check(&o->written, err);
    if (st == LG_OK) st = lg_buf_check(&o->left, err);
    if (st) lg_try(err, "logolens lessons FOLDER, with a folder that you can write to");
    return st;
}

int main_lessons(const char *folder)
{
    char trimmed[INSTALL_PATH + 1];
    lg_err err = {0};
    outcome o = {0};
    size_t len = strlen(folder);
    while (len > 1 && folder[len - 1] == '/') len--; /* not shown twice */
    snprintf(trimmed, sizeof trimmed, "%.*s", (int)len, folder);
    lg_buf_init(&o.written, 0);
    lg_buf_init(&o.left, 0);
    lg_status st = write_lessons(trimmed, &o, &err);
    if (st == LG_OK) say(trimmed, &o);
    else main_say_error(&err, NULL);
    lg_buf_release(&o.written);
    lg_buf_release(&o.left);
    return st ? MAIN_FAILED : MAIN_OK;
}
