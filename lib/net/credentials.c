/* credentials.c - the file `credentials`: read with suspicion into locked memory, written whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/net/credentials.h"

#include "lib/base/banned.h"

enum { FILE_MOST = 1 << 18 };
static const char usual_name[] = "credentials";
static const char temporary_name[] = ".credentials.tmp";
extern char **environ;

/* ---- names ---- */
static bool name_is_plain(const char *name, size_t len)
{
    return len > 0 && len < NET_NAME_MOST && strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789") >= len;
}

bool net_credentials_is_public(const char *name)
{
    static const char *const names[] = {"handle", "instance", "client_id", "user_id", "page_id", "scope", "expires_at",
                                        "account_name"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

static const net_key *find(const net_credentials *of, const char *name)
{
    for (size_t i = 0; i < of->count; i++)
        if (strcmp(of->key[i].name, name) == 0) return &of->key[i];
    return NULL;
}

net_secret *net_credentials_secret(const net_credentials *of, const char *name)
{
    const net_key *key = find(of, name);
    return key ? key->secret : NULL;
}

const char *net_credentials_plain(const net_credentials *of, const char *name)
{
    const net_key *key = find(of, name);
    return key ? key->plain : NULL;
}

static void key_release(net_key *key)
{
    net_secret_free(key->secret);
    lg_free(key->plain);
    *key = (net_key){0};
}

void net_credentials_release(net_credentials *of)
{
    for (size_t i = 0; i < of->count; i++) key_release(&of->key[i]);
    of->count = 0;
}

lg_status net_credentials_set(net_credentials *of, const char *name, const char *value, size_t len, lg_err *err)
{
    net_key made = {0};
    if (!name_is_plain(name, strlen(name)))
        return lg_fail(err, LG_E_ARG, 715, "`%.40s` is not the name of a key", name);
    snprintf(made.name, sizeof made.name, "%s", name);
    if (net_credentials_is_public(name)) {
        for (size_t i = 0; i < len; i++)
            if ((unsigned char)value[i] < ' ')
                return lg_fail(err, LG_E_ARG, 715, "`%s` cannot have such a value", name);
        made.plain = lg_strndup(value, len, err);
        if (!made.plain) return err->status;
    } else {
        LG_TRY(net_secret_new(value, len, &made.secret, err));
    }
    size_t at = 0;
    while (at < of->count && strcmp(of->key[at].name, name) != 0) at++;
    if (at == NET_KEYS_MOST) {
        key_release(&made);
        return lg_fail(err, LG_E_LIMIT, 715, "a platform has no more than %d keys", (int)NET_KEYS_MOST);
    }
    if (at < of->count) key_release(&of->key[at]);
    else of->count++;
    of->key[at] = made;
    return LG_OK;
}

void net_credentials_variable(const char *platform, const char *name, char out[80])
{
    snprintf(out, 80, "LOGOLENS_%s_%s", platform, name);
    for (char *c = out; *c; c++)
        if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 32);
}

lg_status net_credentials_need(const net_credentials *of, const char *name, net_secret **out, lg_err *err)
{
    char variable[80];
    *out = net_credentials_secret(of, name);
    if (*out) return LG_OK;
    net_credentials_variable(of->platform, name, variable);
    lg_fail(err, LG_E_DENIED, 714, "%s wants a `%s`, and there is none", of->platform, name);
    lg_why(err, "keys come from the file `credentials` in the settings folder, or from the environment (%s)", variable);
    return lg_try(err, "put `[%s]` and `%s = ...` into the file, and close it to others: chmod 600", of->platform,
                  name);
}

/* ---- the file ---- */
typedef struct key_file {
    const char *folder, *name; /* folder NULL: name is all that is known of it */
    int at;                    /* the folder, open */
} key_file;

static const char *slash(const key_file *file)
{
    return file->folder ? "/" : "";
}

static lg_status io_fail(const key_file *file, const char *what, lg_err *err)
{
    int why = errno;
    lg_fail(err, LG_E_IO, 603, "the credentials cannot be %s", what);
    return lg_why(err, "%s%s%s: %s", file->folder ? file->folder : "", slash(file), file->name, strerror(why));
}

static lg_status not_safe(const key_file *file, const char *why, const char *command, lg_err *err)
{
    lg_fail(err, LG_E_DENIED, 713, "the file of credentials is not used: %s", why);
    lg_why(err, "whoever reads it can act in your name, so it must be a file of yours that is closed to others");
    return lg_try(err, "%s %s%s%s", command, file->folder ? file->folder : "", slash(file), file->name);
}

static lg_status check_file(const key_file *file, const struct stat *st, lg_err *err)
{
    if (!S_ISREG(st->st_mode)) return not_safe(file, "it is not a plain file", "ls -l", err);
    if (st->st_uid != geteuid()) return not_safe(file, "it belongs to someone else", "ls -l", err);
    if (st->st_mode & 077) return not_safe(file, "others may read or write it", "chmod 600", err);
    if (st->st_size <= FILE_MOST) return LG_OK;
    return lg_fail(err, LG_E_LIMIT, 715, "the file of credentials has more than %d bytes", (int)FILE_MOST);
}

/* The file's text in locked memory (sodium_free), ended by a NUL. */
static lg_status read_open(const key_file *file, int fd, char **text, lg_err *err)
{
    struct stat st;
    lg_status status = fstat(fd, &st) != 0 ? io_fail(file, "read", err) : check_file(file, &st, err);
    size_t len = status ? 0 : (size_t)st.st_size, done = 0;
    char *bytes = status ? NULL : sodium_malloc(len + 1);
    if (!status && !bytes) status = lg_fail(err, LG_E_MEMORY, 901, "there is no memory left for the credentials");
    while (!status && done < len) {
        ssize_t n = read(fd, bytes + done, len - done);
        if (n > 0) done += (size_t)n;
        else if (n == 0) len = done; /* became shorter meanwhile */
        else if (errno != EINTR) status = io_fail(file, "read", err);
    }
    if (status) sodium_free(bytes);
    else bytes[len] = 0, *text = bytes;
    return status;
}

/* *text NULL where there is no such file. */
static lg_status read_file(const key_file *file, char **text, lg_err *err)
{
    *text = NULL;
    int fd = openat(file->at, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return LG_OK;
    if (fd < 0) return errno == ELOOP ? not_safe(file, "it is a link", "ls -l", err) : io_fail(file, "read", err);
    lg_status status = read_open(file, fd, text, err);
    close(fd);
    return status;
}

/* ---- its lines ---- */
typedef struct line_view {
    const char *start; /* whole line, with its end */
    size_t len;
    const char *section, *name, *value; /* each NULL, or within the line */
    size_t section_len, name_len, value_len;
} line_view;

static void trim(const char **text, size_t *len)
{
    while (*len && strchr(" \t\r", (*text)[0])) ++*text, --*len;
    while (*len && strchr(" \t\r", (*text)[*len - 1])) --*len;
}

/* "AAAA", as people copy it out of a program. */
static void unquote(const char **text, size_t *len)
{
    if (*len < 2 || !strchr("\"'", **text) || (*text)[*len - 1] != **text) return;
    ++*text;
    *len -= 2;
}

/* false: neither empty, a comment, [section] nor name = value. */
static bool view_line(const char *start, line_view *line)
{
    *line = (line_view){.start = start, .len = strcspn(start, "\n")};
    const char *text = start;
    size_t len = line->len, equals;
    line->len += start[line->len] == '\n';
    trim(&text, &len);
    if (!len || *text == '#') return true;
    if (*text == '[') {
        line->section = text + 1;
        line->section_len = len - 2;
        return len > 2 && text[len - 1] == ']' && name_is_plain(line->section, line->section_len);
    }
    for (equals = 0; equals < len && text[equals] != '=';) equals++;
    if (equals == len) return false;
    line->name = text;
    line->name_len = equals;
    line->value = text + equals + 1;
    line->value_len = len - equals - 1;
    trim(&line->name, &line->name_len);
    trim(&line->value, &line->value_len);
    unquote(&line->value, &line->value_len);
    return name_is_plain(line->name, line->name_len);
}

static bool names(const char *text, size_t len, const char *name)
{
    return text && strlen(name) == len && memcmp(text, name, len) == 0;
}

static lg_status line_fail(int number, lg_err *err)
{
    lg_fail(err, LG_E_FORMAT, 715, "line %d of the file of credentials cannot be understood", number);
    return lg_try(err, "write lines as `[twitter]` and `bearer_token = ...`");
}

static lg_status nobodys(int number, lg_err *err)
{
    lg_fail(err, LG_E_FORMAT, 715, "line %d of the file of credentials belongs to no platform", number);
    return lg_try(err, "write the platform above it, as `[twitter]`");
}

/* ours: lines before any [section] are of the platform asked for. */
static lg_status load_lines(const char *text, bool ours, net_credentials *out, lg_err *err)
{
    line_view line;
    int number = 1;
    bool belongs = ours;
    for (; *text; text += line.len, number++) {
        char name[NET_NAME_MOST];
        if (!view_line(text, &line)) return line_fail(number, err);
        if (line.section) ours = names(line.section, line.section_len, out->platform), belongs = true;
        if (line.name && !belongs) return nobodys(number, err);
        if (!line.name || !ours) continue;
        memcpy(name, line.name, line.name_len);
        name[line.name_len] = 0;
        lg_status st = net_credentials_set(out, name, line.value, line.value_len, err);
        if (st == LG_E_ARG) lg_try(err, "look at line %d of the file of credentials", number);
        if (st) return st;
    }
    return LG_OK;
}

static lg_status load_environment(net_credentials *out, lg_err *err)
{
    char prefix[80];
    net_credentials_variable(out->platform, "", prefix);
    size_t n = strlen(prefix);
    for (char **variable = environ; variable && *variable; variable++) {
        char name[NET_NAME_MOST];
        size_t len = strcspn(*variable, "=");
        if (strncmp(*variable, prefix, n) != 0 || len <= n || len - n >= sizeof name) continue;
        const char *value = *variable + len + 1;
        if (!(*variable)[len] || !*value) continue;
        for (size_t i = n; i <= len; i++) {
            char c = i < len ? (*variable)[i] : 0;
            name[i - n] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        }
        lg_status st = net_credentials_set(out, name, value, strlen(value), err);
        if (st == LG_E_ARG) lg_try(err, "look at %.*s in the environment", (int)len, *variable);
        if (st) return st;
    }
    return LG_OK;
}

static lg_status open_folder(key_file *file, lg_err *err)
{
    file->at = open(file->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return file->at >= 0 ? LG_OK : io_fail(file, "read", err);
}

static void begin(const char *platform, net_credentials *out)
{
    LG_BUG_ON(!name_is_plain(platform, strlen(platform)) || sodium_init() < 0);
    *out = (net_credentials){0};
    snprintf(out->platform, sizeof out->platform, "%s", platform);
}

lg_status net_credentials_load(const char *folder, const char *platform, net_credentials *out, lg_err *err)
{
    LG_TRY(net_credentials_load_named(folder, NULL, platform, out, err));
    lg_status st = load_environment(out, err);
    if (st) net_credentials_release(out);
    return st;
}

lg_status net_credentials_load_named(const char *folder, const char *name, const char *platform, net_credentials *out,
                                     lg_err *err)
{
    lg_status st;
    key_file file = {folder, name ? name : usual_name, -1};
    char *text = NULL;
    LG_BUG_ON(strchr(file.name, '/') != NULL);
    begin(platform, out);
    LG_GO(open_folder(&file, err));
    LG_GO(read_file(&file, &text, err));
    if (text) LG_GO(load_lines(text, name != NULL, out, err));
    else if (name) LG_GO(lg_fail(err, LG_E_NAME, 302, "there is no file `%s` in %s", name, folder));
done:
    if (file.at >= 0) close(file.at);
    sodium_free(text);
    if (st) net_credentials_release(out);
    return st;
}

lg_status net_credentials_load_open(int fd, const char *shown, const char *platform, net_credentials *out, lg_err *err)
{
    char *text = NULL;
    begin(platform, out);
    LG_TRY(read_open(&(key_file){.name = shown, .at = -1}, fd, &text, err));
    lg_status st = load_lines(text, true, out, err);
    sodium_free(text);
    if (st) net_credentials_release(out);
    return st;
}

/* ---- writing ---- */
/* Text in locked memory that was made large enough. */
typedef struct save_text {
    char *data;
    size_t len, room;
} save_text;

static void save_add(save_text *out, const char *text, size_t len)
{
    LG_BUG_ON(len > out->room - out->len);
    memcpy(out->data + out->len, text, len);
    out->len += len;
}

/* One that has quotes of its own gets others, of which reading takes the outer ones away. */
static void save_value(save_text *out, const char *value)
{
    const char *bare = value;
    size_t len = strlen(value), bare_len = len;
    unquote(&bare, &bare_len);
    bool quoted = bare_len != len;
    save_add(out, "\"", quoted);
    save_add(out, value, len);
    save_add(out, "\"", quoted);
}

static void save_key(save_text *out, const net_key *key)
{
    save_add(out, key->name, strlen(key->name));
    save_add(out, " = ", 3);
    if (key->plain) {
        save_value(out, key->plain);
    } else {
        save_value(out, net_secret_open(key->secret));
        net_secret_close(key->secret);
    }
    save_add(out, "\n", 1);
}

static void save_section(save_text *out, const net_credentials *of)
{
    if (!of->count) return;
    save_add(out, "[", 1);
    save_add(out, of->platform, strlen(of->platform));
    save_add(out, "]\n", 2);
    for (size_t i = 0; i < of->count; i++) save_key(out, &of->key[i]);
}

/* The old text without the platform's parts, then its new part. */
static void save_all(save_text *out, const char *old, const net_credentials *of)
{
    bool ours = false;
    line_view line;
    for (; old && *old; old += line.len) {
        view_line(old, &line);
        if (line.section) ours = names(line.section, line.section_len, of->platform);
        if (!ours) save_add(out, line.start, line.len);
    }
    if (out->len && out->data[out->len - 1] != '\n') save_add(out, "\n", 1);
    save_section(out, of);
}

static size_t save_room(const char *old, const net_credentials *of)
{
    size_t room = (old ? strlen(old) : 0) + 2 * NET_NAME_MOST;
    for (size_t i = 0; i < of->count; i++)
        room += NET_NAME_MOST + 8 + (of->key[i].plain ? strlen(of->key[i].plain) : NET_SECRET_MOST);
    return room;
}

static lg_status write_file(const key_file *file, const save_text *text, lg_err *err)
{
    size_t done = 0;
    unlinkat(file->at, temporary_name, 0); /* of one that was killed; the folder is locked */
    int fd = openat(file->at, temporary_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return io_fail(file, "written", err);
    bool good = fchmod(fd, 0600) == 0;
    while (good && done < text->len) {
        ssize_t n = write(fd, text->data + done, text->len - done);
        if (n > 0) done += (size_t)n;
        else good = n < 0 && errno == EINTR;
    }
    good = good && fsync(fd) == 0;
    good = close(fd) == 0 && good;
    good = good && renameat(file->at, temporary_name, file->at, file->name) == 0;
    if (good) {
        (void)!fsync(file->at);
        return LG_OK;
    }
    io_fail(file, "written", err);
    unlinkat(file->at, temporary_name, 0);
    return err->status;
}

lg_status net_credentials_save_named(const char *folder, const char *name, const net_credentials *of, lg_err *err)
{
    lg_status st;
    key_file file = {folder, name ? name : usual_name, -1};
    char *old = NULL;
    save_text text = {0};
    LG_BUG_ON(strchr(file.name, '/') != NULL || sodium_init() < 0);
    LG_GO(open_folder(&file, err));
    while (flock(file.at, LOCK_EX) != 0 && errno == EINTR) {
    }
    LG_GO(read_file(&file, &old, err));
    text.room = save_room(old, of);
    text.data = sodium_malloc(text.room);
    if (!text.data) LG_GO(lg_fail(err, LG_E_MEMORY, 901, "there is no memory left for the credentials"));
    save_all(&text, old, of);
    LG_GO(write_file(&file, &text, err));
done:
    if (file.at >= 0) close(file.at);
    sodium_free(old);
    sodium_free(text.data);
    return st;
}

lg_status net_credentials_save(const char *folder, const net_credentials *of, lg_err *err)
{
    return net_credentials_save_named(folder, NULL, of, err);
}

static bool same_key(const net_key *a, const net_key *b)
{
    if (!a->secret != !b->secret || strcmp(a->name, b->name) != 0) return false;
    if (!a->secret) return strcmp(a->plain, b->plain) == 0;
    const char *x = net_secret_open(a->secret), *y = net_secret_open(b->secret);
    bool same = strlen(x) == strlen(y) && sodium_memcmp(x, y, strlen(x)) == 0;
    net_secret_close(a->secret);
    net_secret_close(b->secret);
    return same;
}

bool net_credentials_same(const net_credentials *a, const net_credentials *b)
{
    bool same = a->count == b->count && strcmp(a->platform, b->platform) == 0;
    for (size_t i = 0; same && i < a->count; i++) {
        const net_key *other = find(b, a->key[i].name);
        same = other && same_key(&a->key[i], other);
    }
    return same;
}
