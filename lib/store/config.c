/* config.c - config.json: read with suspicion, written whole or not at all. */
#include "lib/store/config.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/base/reach.h"

#include "lib/base/banned.h"

enum { CONFIG_LIMIT = 1 << 20, ENTRIES_MAX = 64 };
static const char config_name[] = "config.json";

/* ---- the folder and its file ---- */
static lg_status io_fail(const char *what, lg_err *err)
{
    int why = errno;
    lg_fail(err, LG_E_IO, 603, "the settings cannot be %s", what);
    return lg_why(err, "config.json: %s", strerror(why));
}

static lg_status open_folder(const store_paths *paths, int *folder, lg_err *err)
{
    *folder = open(paths->config, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *folder >= 0 ? LG_OK : io_fail("read", err);
}

static lg_status not_safe(const char *why, lg_err *err)
{
    lg_fail(err, LG_E_DENIED, 602, "config.json is not used: %s", why);
    lg_why(err, "it decides what notebooks may read, so it must be a file of yours that nobody else can write");
    return lg_try(err, "chmod 600 config.json, or remove it and allow the places again");
}

static lg_status check_file(int fd, lg_err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return io_fail("read", err);
    if (!S_ISREG(st.st_mode)) return not_safe("it is not a plain file", err);
    if (st.st_uid != geteuid() && st.st_uid != 0) return not_safe("it belongs to someone else", err);
    if (st.st_mode & 022) return not_safe("others may write it", err);
    return LG_OK;
}

static lg_status read_all(int fd, lg_buf *text, lg_err *err)
{
    char block[8192];
    for (;;) {
        ssize_t n = read(fd, block, sizeof block);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return io_fail("read", err);
        if (n == 0) return lg_buf_check(text, err);
        lg_buf_add(text, block, (size_t)n);
    }
}

/* The text of the file; nothing where there is no file. */
static lg_status read_file(int folder, lg_buf *text, lg_err *err)
{
    int fd = openat(folder, config_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return LG_OK;
    if (fd < 0) return errno == ELOOP ? not_safe("it is a link", err) : io_fail("read", err);
    lg_status st = check_file(fd, err);
    if (!st) st = read_all(fd, text, err);
    close(fd);
    return st;
}

static lg_status write_file(int folder, const char *text, lg_err *err)
{
    char temporary[64];
    size_t len = strlen(text), done = 0;
    snprintf(temporary, sizeof temporary, ".config-%ld.tmp", (long)getpid());
    unlinkat(folder, temporary, 0); /* of a process of this number that was killed; the folder is locked */
    int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return io_fail("written", err);
    bool good = true;
    while (good && done < len) {
        ssize_t n = write(fd, text + done, len - done);
        if (n > 0) done += (size_t)n;
        else good = n < 0 && errno == EINTR;
    }
    good = good && fsync(fd) == 0;
    good = close(fd) == 0 && good;
    good = good && renameat(folder, temporary, folder, config_name) == 0;
    if (good) {
        (void)!fsync(folder);
        return LG_OK;
    }
    io_fail("written", err);
    unlinkat(folder, temporary, 0);
    return err->status;
}

/* ---- its meaning ---- */
static lg_status not_ours(const char *what, lg_err *err)
{
    lg_fail(err, LG_E_FORMAT, 604, "config.json cannot be understood: %s", what);
    return lg_try(err, "correct it, or remove it and allow the places again");
}

/* The list of a name; *list NULL where there is none. Borrowed from root. */
static lg_status get_list(json_t *root, const char *name, json_t **list, lg_err *err)
{
    size_t i;
    json_t *item;
    char what[80];
    *list = json_object_get(root, name);
    snprintf(what, sizeof what, "`%s` is not a list of at most %d texts", name, ENTRIES_MAX);
    if (*list && (!json_is_array(*list) || json_array_size(*list) > ENTRIES_MAX)) return not_ours(what, err);
    json_array_foreach(*list, i, item)
    {
        if (!json_is_string(item)) return not_ours(what, err);
    }
    return LG_OK;
}

/* *root owned: json_decref. */
static lg_status parse(const lg_buf *text, json_t **root, lg_err *err)
{
    json_error_t where;
    json_t *version, *list;
    *root = text->len ? json_loadb(text->data, text->len, JSON_REJECT_DUPLICATES, &where)
                      : json_pack("{s:i}", "version", 1);
    if (!*root && !text->len) return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    if (!*root) {
        not_ours("it is not JSON", err);
        return lg_why(err, "line %d, column %d: %s", where.line, where.column, where.text);
    }
    if (!json_is_object(*root)) return not_ours("it is not an object", err);
    version = json_object_get(*root, "version");
    if (!json_is_integer(version) || json_integer_value(version) != 1) return not_ours("its version is not 1", err);
    LG_TRY(get_list(*root, "roots", &list, err));
    return get_list(*root, "hosts", &list, err);
}

static lg_status read_json(int folder, json_t **root, lg_err *err)
{
    lg_buf text;
    lg_buf_init(&text, CONFIG_LIMIT);
    *root = NULL;
    lg_status st = read_file(folder, &text, err);
    if (!st) st = parse(&text, root, err);
    lg_buf_release(&text);
    return st;
}

static lg_status copy_list(json_t *root, const char *name, char ***out, size_t *count, lg_err *err)
{
    json_t *list = json_object_get(root, name);
    size_t n = json_array_size(list);
    *out = lg_alloc(n, sizeof **out, err);
    for (size_t i = 0; *out && i < n; i++) {
        (*out)[i] = lg_strdup(json_string_value(json_array_get(list, i)), err);
        if (!(*out)[i]) return err->status;
        *count = i + 1;
    }
    return *out ? LG_OK : err->status;
}

/* It stands in a header of requests, in brackets. */
static bool is_contact(const char *s)
{
    size_t n = strlen(s);
    for (size_t i = 0; i < n; i++)
        if (s[i] < ' ' || s[i] > '~' || s[i] == '(' || s[i] == ')') return false;
    return n > 0 && n <= 120;
}

static lg_status copy_settings(json_t *root, store_config *config, lg_err *err)
{
    json_t *settings = json_object_get(root, "settings"), *contact = json_object_get(settings, "contact"),
           *history = json_object_get(settings, "history");
    if (settings && !json_is_object(settings)) return not_ours("`settings` is not an object", err);
    if (history && !json_is_boolean(history)) return not_ours("`history` is neither true nor false", err);
    config->no_history = json_is_false(history);
    if (!contact) return LG_OK;
    if (!json_is_string(contact) || !is_contact(json_string_value(contact)))
        return not_ours("`contact` is not a text of at most 120 plain characters without brackets", err);
    config->contact = lg_strdup(json_string_value(contact), err);
    return config->contact ? LG_OK : err->status;
}

lg_status store_config_load(const store_paths *paths, store_config *config, lg_err *err)
{
    lg_status st;
    int folder = -1;
    json_t *root = NULL;
    *config = (store_config){0};
    LG_GO(open_folder(paths, &folder, err));
    LG_GO(read_json(folder, &root, err));
    LG_GO(copy_list(root, "roots", &config->root, &config->roots, err));
    LG_GO(copy_list(root, "hosts", &config->host, &config->hosts, err));
    LG_GO(copy_settings(root, config, err));
done:
    json_decref(root);
    if (folder >= 0) close(folder);
    if (st) store_config_release(config);
    return st;
}

static void free_list(char **list, size_t n)
{
    for (size_t i = 0; i < n; i++) lg_free(list[i]);
    lg_free(list);
}

void store_config_release(store_config *config)
{
    free_list(config->root, config->roots);
    free_list(config->host, config->hosts);
    lg_free(config->contact);
    *config = (store_config){0};
}

/* ---- changing it ---- */
static bool is_url(const char *what)
{
    return strstr(what, "://") != NULL;
}

/* scheme://host[:port] in lower case, without the slash at its end or the scheme's own port. */
static lg_status normal_host(const char *what, char **out, lg_err *err)
{
    LG_TRY(lg_reach_allow_host(what, err)); /* the rules for hosts are there, and only there */
    char *host = lg_strdup(what, err);
    if (!host) return err->status;
    for (char *s = host; *s; s++) *s = (char)tolower((unsigned char)*s);
    size_t len = strlen(host);
    while (len && host[len - 1] == '/') host[--len] = 0;
    const char *port = strncmp(host, "https:", 6) == 0 ? ":443" : ":80";
    size_t tail = strlen(port);
    if (len > tail && strcmp(host + len - tail, port) == 0) host[len - tail] = 0;
    *out = host;
    return LG_OK;
}

static lg_status normal_folder(const char *what, char **out, lg_err *err)
{
    struct stat st;
    char *real = realpath(what, NULL);
    if (!real || stat(real, &st) != 0 || !S_ISDIR(st.st_mode)) {
        int why = real ? ENOTDIR : errno;
        free(real);
        lg_fail(err, LG_E_DATA, 302, "there is no folder `%s`", what);
        return lg_why(err, "%s", strerror(why));
    }
    lg_status result = LG_OK;
    size_t len = strlen(real);
    if (len == 1) {
        lg_fail(err, LG_E_DENIED, 605, "the whole file system cannot be allowed");
        result = lg_try(err, "name the folder your images are in");
    } else if (lg_utf8_valid(real, len) != len) {
        result = lg_fail(err, LG_E_FORMAT, 605, "the name of that folder is not UTF-8, so it cannot be remembered");
    } else {
        *out = lg_strdup(real, err);
        result = *out ? LG_OK : err->status;
    }
    free(real);
    return result;
}

static size_t find_text(json_t *list, const char *text)
{
    size_t n = json_array_size(list);
    for (size_t i = 0; i < n; i++)
        if (strcmp(json_string_value(json_array_get(list, i)), text) == 0) return i;
    return SIZE_MAX;
}

static lg_status save(int folder, json_t *root, lg_err *err)
{
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    if (!text) return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    lg_status st = write_file(folder, text, err);
    free(text);
    return st;
}

/* Adds the text to the list of that name unless it is there. */
static lg_status add_entry(json_t *root, const char *name, const char *text, bool *is_new, lg_err *err)
{
    json_t *list = json_object_get(root, name);
    if (!list) {
        list = json_array();
        if (json_object_set_new(root, name, list))
            return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    }
    *is_new = find_text(list, text) == SIZE_MAX;
    if (!*is_new) return LG_OK;
    if (json_array_size(list) >= ENTRIES_MAX) {
        lg_fail(err, LG_E_LIMIT, 605, "no more than %d places can be allowed", ENTRIES_MAX);
        return lg_try(err, "`logolens forbid` one that is not needed any more");
    }
    if (json_array_append_new(list, json_string(text)))
        return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    return LG_OK;
}

lg_status store_config_allow(const store_paths *paths, const char *what, char **added, bool *new_entry, lg_err *err)
{
    lg_status st;
    int folder = -1;
    bool is_new = false;
    char *entry = NULL;
    json_t *root = NULL;
    LG_GO(is_url(what) ? normal_host(what, &entry, err) : normal_folder(what, &entry, err));
    LG_GO(open_folder(paths, &folder, err));
    if (flock(folder, LOCK_EX) != 0) LG_GO(io_fail("locked", err));
    LG_GO(read_json(folder, &root, err));
    LG_GO(add_entry(root, is_url(what) ? "hosts" : "roots", entry, &is_new, err));
    if (is_new) LG_GO(save(folder, root, err));
    if (new_entry) *new_entry = is_new;
    if (added) *added = entry;
    if (added) entry = NULL;
done:
    json_decref(root);
    if (folder >= 0) close(folder); /* and the lock with it */
    lg_free(entry);
    return st;
}

/* The entry as written, or as it would have been stored; folders that are gone can still be taken back. */
static lg_status remove_entry(json_t *root, const char *what, lg_err *err)
{
    lg_err ignored = {0};
    char *entry = NULL;
    json_t *list = json_object_get(root, is_url(what) ? "hosts" : "roots");
    size_t at = find_text(list, what);
    lg_status st = is_url(what) ? normal_host(what, &entry, &ignored) : normal_folder(what, &entry, &ignored);
    if (at == SIZE_MAX && st == LG_OK) at = find_text(list, entry);
    lg_free(entry);
    if (at != SIZE_MAX && json_array_remove(list, at) == 0) return LG_OK;
    lg_fail(err, LG_E_NAME, 605, "`%s` was not allowed", what);
    return lg_try(err, "config.json lists what is");
}

lg_status store_config_forbid(const store_paths *paths, const char *what, lg_err *err)
{
    lg_status st;
    int folder = -1;
    json_t *root = NULL;
    LG_GO(open_folder(paths, &folder, err));
    if (flock(folder, LOCK_EX) != 0) LG_GO(io_fail("locked", err));
    LG_GO(read_json(folder, &root, err));
    LG_GO(remove_entry(root, what, err));
    LG_GO(save(folder, root, err));
done:
    json_decref(root);
    if (folder >= 0) close(folder);
    return st;
}

/* ---- at start ---- */
static lg_status allow_listed(const char *list, lg_err *err)
{
    while (list && *list) {
        size_t len = strcspn(list, ":");
        char *root = len ? lg_strndup(list, len, err) : NULL;
        if (len && !root) return err->status;
        lg_status st = root ? lg_reach_allow_read(root, err) : LG_OK;
        lg_free(root);
        if (st) return st;
        list += len + (list[len] == ':');
    }
    return LG_OK;
}

lg_status store_config_reach(const store_config *config, lg_err *err)
{
    LG_TRY(lg_reach_allow_read("/usr/share/datasets", err));
    LG_TRY(allow_listed(getenv("LOGOLENS_ROOTS"), err));
    for (size_t i = 0; i < config->roots; i++) LG_TRY(lg_reach_allow_read(config->root[i], err));
    for (size_t i = 0; i < config->hosts; i++) LG_TRY(lg_reach_allow_host(config->host[i], err));
    return LG_OK;
}
