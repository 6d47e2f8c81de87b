/* install.c - `logolens install`: writes the kernelspec that tells Jupyter about this program.
 *
 * kernel.json names the program by its full path, so it works whatever PATH the server has. The texts and pictures are
 * part of the program (assembled in from install/), so a copy of the one file can install itself. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/jupyter/wire.h"
#include "kernel/jupyter/wire_json.h"
#include "kernel/main.h"
#include "lib/base/banned.h"

#define EMBED(symbol, path)                                                                                            \
    __asm__(".pushsection .rodata\n" #symbol ": .incbin \"" path "\"\n" #symbol "_end: .byte 0\n.popsection\n");       \
    extern const char symbol[], symbol##_end[]
EMBED(install_json, "install/kernel.json.in");
EMBED(install_logo32, "install/logo-32x32.png");
EMBED(install_logo64, "install/logo-64x64.png");
EMBED(install_logosvg, "install/logo-svg.svg");

typedef struct spec {
    char folder[4096]; /* …/kernels/NAME */
    char binary[4096];
    const char *name;
} spec;

/* An environment variable, or NULL when it is not set or empty. */
static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static lg_status cannot(lg_err *err, const char *what, const char *path)
{
    return lg_fail(err, LG_E_IO, 392, "%s cannot be %s: %s", path, what, strerror(errno));
}

/* ---- kernel.json ---- */
/* The value of a @WORD@ as the inside of a JSON string. */
static void add_value(const spec *s, const char *word, size_t len, lg_buf *out)
{
    lg_buf value, quoted;
    lg_buf_init(&value, 0);
    lg_buf_init(&quoted, 0);
    if (len == 6 && memcmp(word, "BINARY", len) == 0) lg_buf_adds(&value, s->binary);
    if (len == 8 && memcmp(word, "PROTOCOL", len) == 0) lg_buf_adds(&value, JP_PROTOCOL);
    if (len == 12 && memcmp(word, "DISPLAY_NAME", len) == 0) {
        lg_buf_adds(&value, "Logolens");
        if (strcmp(s->name, "logolens") != 0) lg_buf_addf(&value, " (%s)", s->name);
    }
    jp_json_text(&quoted, lg_buf_str(&value), value.len);
    if (quoted.len >= 2) lg_buf_add(out, quoted.data + 1, quoted.len - 2);
    lg_buf_release(&quoted);
    lg_buf_release(&value);
}

static void fill_in(const spec *s, lg_buf *out)
{
    const char *at = install_json, *end = install_json_end;
    while (at < end) {
        const char *open = memchr(at, '@', (size_t)(end - at));
        const char *shut = open ? memchr(open + 1, '@', (size_t)(end - open - 1)) : NULL;
        lg_buf_add(out, at, (size_t)((shut ? open : end) - at));
        if (!shut) return;
        add_value(s, open + 1, (size_t)(shut - open - 1), out);
        at = shut + 1;
    }
}

/* ---- files ---- */
static lg_status make_folders(const char *path, lg_err *err)
{
    char part[4096];
    size_t len = strlen(path);
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (part[i] != '/' && part[i] != '\0') continue;
        part[i] = '\0';
        if (mkdir(part, 0755) && errno != EEXIST) return cannot(err, "made", part);
        if (i < len) part[i] = '/';
    }
    return LG_OK;
}

static lg_status write_file(const spec *s, const char *name, const char *data, size_t len, lg_err *err)
{
    char path[8192], fresh[8192 + 8];
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return cannot(err, "written", path);
    while (len) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        data += n, len -= (size_t)n;
    }
    bool whole = len == 0;
    if (close(fd) || !whole || rename(fresh, path)) {
        cannot(err, "written", path);
        unlink(fresh);
        return err->status;
    }
    return LG_OK;
}

static lg_status write_spec(const spec *s, lg_err *err)
{
    lg_buf json;
    lg_buf_init(&json, 0);
    fill_in(s, &json);
    lg_status st = lg_buf_check(&json, err);
    if (st == LG_OK) st = make_folders(s->folder, err);
    if (st == LG_OK) st = write_file(s, "kernel.json", json.data, json.len, err);
    if (st == LG_OK)
        st = write_file(s, "logo-32x32.png", install_logo32, (size_t)(install_logo32_end - install_logo32), err);
    if (st == LG_OK)
        st = write_file(s, "logo-64x64.png", install_logo64, (size_t)(install_logo64_end - install_logo64), err);
    if (st == LG_OK)
        st = write_file(s, "logo-svg.svg", install_logosvg, (size_t)(install_logosvg_end - install_logosvg), err);
    lg_buf_release(&json);
    return st;
}

/* ---- where ---- */
static lg_status user_folder(char *out, size_t size, lg_err *err)
{
    const char *data = setting("JUPYTER_DATA_DIR"), *xdg = setting("XDG_DATA_HOME"), *home = setting("HOME");
    if (data) snprintf(out, size, "%s", data);
    else if (xdg) snprintf(out, size, "%s/jupyter", xdg);
    else if (home) snprintf(out, size, "%s/.local/share/jupyter", home);
    else return lg_fail(err, LG_E_ARG, 506, "there is no home folder ($HOME is not set); name one with --prefix DIR");
    return LG_OK;
}

static lg_status environment_folder(char *out, size_t size, lg_err *err)
{
    const char *folder = setting("VIRTUAL_ENV") ? setting("VIRTUAL_ENV") : setting("CONDA_PREFIX");
    if (!folder) {
        lg_fail(err, LG_E_ARG, 506, "no Python environment is active ($VIRTUAL_ENV and $CONDA_PREFIX are not set)");
        return lg_try(err, "logolens install --prefix DIR");
    }
    snprintf(out, size, "%s/share/jupyter", folder);
    return LG_OK;
}

static bool good_name(const char *name)
{
    size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return len > 0 && len < 100 && !name[len] && name[0] != '.';
}

static lg_status find_binary(char *out, size_t size, lg_err *err)
{
    ssize_t n = readlink("/proc/self/exe", out, size - 1);
    if (n <= 0 || (size_t)n >= size - 1) return cannot(err, "read", "/proc/self/exe");
    out[n] = '\0';
    return LG_OK;
}

/* A prefix is where it is seen from here: kernel.json and the report show full paths. */
static lg_status prefix_folder(const char *prefix, char *out, size_t size, lg_err *err)
{
    char here[2048] = "";
    if (prefix[0] != '/' && !getcwd(here, sizeof here)) return cannot(err, "found", "the current folder");
    size_t len = strlen(prefix);
    while (len > 1 && prefix[len - 1] == '/') len--;
    snprintf(out, size, "%s%s%.*s/share/jupyter", here, here[0] ? "/" : "", (int)len, prefix);
    return LG_OK;
}

int main_install(int count, char *const word[])
{
    lg_err err = {0};
    spec s = {.name = "logolens"};
    char data[3072] = "";
    lg_status st = LG_OK;
    for (int i = 0; i < count && st == LG_OK; i++) {
        bool more = i + 1 < count && word[i + 1][0];
        if (strcmp(word[i], "--user") == 0) data[0] = '\0';
        else if (strcmp(word[i], "--sys-prefix") == 0) st = environment_folder(data, sizeof data, &err);
        else if (strcmp(word[i], "--prefix") == 0 && more) st = prefix_folder(word[++i], data, sizeof data, &err);
        else if (strcmp(word[i], "--name") == 0 && more && good_name(word[i + 1])) s.name = word[++i];
        else {
            fprintf(stderr,
                    "logolens install: %s is not understood here\n"
                    "usage: logolens install [--user | --sys-prefix | --prefix DIR] [--name NAME]\n"
                    "       NAME: letters, digits, dot, hyphen, underscore\n",
                    word[i]);
            return MAIN_USAGE;
        }
    }
    if (st == LG_OK && !data[0]) st = user_folder(data, sizeof data, &err);
    if (st == LG_OK) st = find_binary(s.binary, sizeof s.binary, &err);
    snprintf(s.folder, sizeof s.folder, "%s/kernels/%s", data, s.name);
    if (st == LG_OK) st = write_spec(&s, &err);
    if (st) {
        main_say_error(&err, NULL);
        return MAIN_FAILED;
    }
    printf("installed %s\n", s.folder);
    return MAIN_OK;
}
