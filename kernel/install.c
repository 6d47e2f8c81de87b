/* install.c - `logolens install`: tells Jupyter about this program, or takes that back.
 *
 * kernel.json names the program by its full path, so it works whatever PATH the server has. The texts and pictures are
 * part of the program (assembled in from install/), so a copy of the one file can install itself. Beside the kernelspec
 * goes the extension that colours cells in JupyterLab. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/install.h"
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

enum { DATA_PATH = 3072 };
typedef enum place {
    PLACE_USER,
    PLACE_ENVIRONMENT,
    PLACE_PREFIX,
} place;

typedef struct spec {
    place place;
    bool take_away;
    const char *name, *prefix;
    char data[DATA_PATH];         /* …/share/jupyter */
    char folder[INSTALL_PATH];    /* …/kernels/NAME */
    char extension[INSTALL_PATH]; /* …/labextensions/logolens */
    char binary[INSTALL_PATH];
} spec;

/* An environment variable, or NULL when it is not set or empty: an empty JUPYTER_DATA_DIR is no current folder. */
static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
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

/* ---- where ---- */
static lg_status user_data(char out[DATA_PATH], lg_err *err)
{
    const char *data = setting("JUPYTER_DATA_DIR"), *xdg = setting("XDG_DATA_HOME"), *home = setting("HOME");
    if (data) snprintf(out, DATA_PATH, "%s", data);
    else if (xdg) snprintf(out, DATA_PATH, "%s/jupyter", xdg);
    else if (home) snprintf(out, DATA_PATH, "%s/.local/share/jupyter", home);
    else return lg_fail(err, LG_E_ARG, 506, "there is no home folder ($HOME is not set); name one with --prefix DIR");
    return LG_OK;
}

/* The environment the program itself lies in: the nearest folder above it that Python or conda marked as one. */
static const char *own_environment(const char *binary, char out[INSTALL_PATH])
{
    char mark[INSTALL_PATH + 16];
    snprintf(out, INSTALL_PATH, "%s", binary);
    for (char *end; (end = strrchr(out, '/')) && end > out;) {
        *end = '\0';
        snprintf(mark, sizeof mark, "%s/pyvenv.cfg", out);
        if (access(mark, F_OK) == 0) return out;
        snprintf(mark, sizeof mark, "%s/conda-meta", out);
        if (access(mark, F_OK) == 0) return out;
    }
    return NULL;
}

static lg_status environment_data(const char *binary, char out[DATA_PATH], lg_err *err)
{
    char own[INSTALL_PATH];
    const char *folder = setting("VIRTUAL_ENV") ? setting("VIRTUAL_ENV") : setting("CONDA_PREFIX");
    if (!folder) folder = own_environment(binary, own);
    if (!folder) {
        lg_fail(err, LG_E_ARG, 506, "no Python environment is active ($VIRTUAL_ENV and $CONDA_PREFIX are not set)");
        return lg_try(err, "logolens install --prefix DIR");
    }
    snprintf(out, DATA_PATH, "%.3000s/share/jupyter", folder);
    return LG_OK;
}

/* A prefix is where it is seen from here: kernel.json and the report show full paths. */
static lg_status prefix_data(const char *prefix, char out[DATA_PATH], lg_err *err)
{
    char here[DATA_PATH / 2] = "";
    if (prefix[0] != '/' && !getcwd(here, sizeof here))
        return lg_fail(err, LG_E_IO, 392, "the current folder cannot be found: %s", strerror(errno));
    size_t len = strlen(prefix);
    while (len > 1 && prefix[len - 1] == '/') len--;
    snprintf(out, DATA_PATH, "%s%s%.*s/share/jupyter", here, here[0] ? "/" : "", (int)len, prefix);
    return LG_OK;
}

static lg_status find_binary(char *out, size_t size, lg_err *err)
{
    ssize_t n = readlink("/proc/self/exe", out, size - 1);
    if (n <= 0 || (size_t)n >= size - 1)
        return lg_fail(err, LG_E_IO, 392, "/proc/self/exe cannot be read: %s", strerror(errno));
    out[n] = '\0';
    return LG_OK;
}

static lg_status find_places(spec *s, lg_err *err)
{
    LG_TRY(find_binary(s->binary, sizeof s->binary, err));
    if (s->place == PLACE_USER) LG_TRY(user_data(s->data, err));
    if (s->place == PLACE_ENVIRONMENT) LG_TRY(environment_data(s->binary, s->data, err));
    if (s->place == PLACE_PREFIX) LG_TRY(prefix_data(s->prefix, s->data, err));
    snprintf(s->folder, sizeof s->folder, "%s/kernels/%s", s->data, s->name);
    snprintf(s->extension, sizeof s->extension, "%s/labextensions/logolens", s->data);
    return LG_OK;
}

/* ---- what is there ---- */
typedef enum kernel_there {
    THERE_NONE,
    THERE_OURS,
    THERE_OTHERS,
} kernel_there;

static kernel_there look(const char *folder)
{
    char text[8192];
    main_install_peek(folder, "kernel.json", text, sizeof text);
    if (!text[0]) return THERE_NONE;
    return strstr(text, "\"language\": \"logolens\"") ? THERE_OURS : THERE_OTHERS;
}

/* Packages leave beside what they install a note in the form JupyterLab knows for extensions, by which they are taken
 * away whole (tools/package_parts.py). True where there is one; the words that do it in `how`. */
static bool packaged(const char *folder, char *how, size_t size)
{
    static const char key[] = "\"uninstallInstructions\": \"";
    char text[2048];
    main_install_peek(folder, "install.json", text, sizeof text);
    const char *said = strstr(text, key);
    said = said ? said + strlen(key) : "";
    snprintf(how, size, "%.*s", (int)strcspn(said, "\""), said);
    return text[0];
}

/* The kernel that is there runs this very program: it says so, or it lies in the same folder, as in the wheel. */
static bool runs_this_program(const spec *s)
{
    char text[8192], real[INSTALL_PATH];
    lg_buf quoted;
    lg_buf_init(&quoted, 0);
    jp_json_text(&quoted, s->binary, strlen(s->binary));
    main_install_peek(s->folder, "kernel.json", text, sizeof text);
    bool named = strstr(text, lg_buf_str(&quoted));
    lg_buf_release(&quoted);
    size_t len = (size_t)(strrchr(s->binary, '/') - s->binary);
    return named || (realpath(s->folder, real) && strlen(real) == len && memcmp(real, s->binary, len) == 0);
}

/* Kernels of ours with other names share the extension. */
static bool others_stay(const spec *s)
{
    bool stay = false;
    char folder[2 * INSTALL_PATH];
    snprintf(folder, sizeof folder, "%s/kernels", s->data);
    DIR *kernels = opendir(folder);
    for (struct dirent *entry; kernels && !stay && (entry = readdir(kernels));) {
        snprintf(folder, sizeof folder, "%s/kernels/%s", s->data, entry->d_name);
        stay = strcmp(entry->d_name, s->name) != 0 && look(folder) == THERE_OURS;
    }
    if (kernels) closedir(kernels);
    return stay;
}

/* ---- write ---- */
static lg_status write_spec(const spec *s, lg_err *err)
{
    lg_buf json;
    lg_buf_init(&json, 0);
    fill_in(s, &json);
    lg_status st;
    LG_GO(lg_buf_check(&json, err));
    LG_GO(main_install_write(s->folder, "kernel.json", json.data, json.data + json.len, err));
    LG_GO(main_install_write(s->folder, "logo-32x32.png", install_logo32, install_logo32_end, err));
    LG_GO(main_install_write(s->folder, "logo-64x64.png", install_logo64, install_logo64_end, err));
    LG_GO(main_install_write(s->folder, "logo-svg.svg", install_logosvg, install_logosvg_end, err));
done:
    lg_buf_release(&json);
    return st;
}

/* Names of an extension's files change with their contents: what an earlier version left is taken away first. */
static lg_status write_extension(const spec *s, lg_err *err)
{
    char how[128];
    if (!install_labextension[0].name) return LG_OK;
    if (packaged(s->extension, how, sizeof how)) {
        printf("left %s, which a package brought\n", s->extension);
        return LG_OK;
    }
    LG_TRY(main_install_take_away(s->extension, err));
    for (const install_file *file = install_labextension; file->name; file++)
        LG_TRY(main_install_write(s->extension, file->name, file->from, file->to, err));
    printf("installed %s\n", s->extension);
    return LG_OK;
}

static void say_lessons(const spec *s)
{
    lg_buf program;
    lg_buf_init(&program, 0);
    main_add_shell_word(&program, s->binary);
    printf("lessons: `%s lessons` writes notebooks to learn with\n", lg_buf_str(&program));
    lg_buf_release(&program);
}

static void say_next(const spec *s)
{
    const char *whole =
        s->place == PLACE_USER ? "every Jupyter of yours finds it now" : "a Jupyter of that environment finds it now";
    printf("it runs %s; after moving that file, install again\n", s->binary);
    printf("%s: start `jupyter lab` and choose Logolens, or reload the page of one that runs\n", whole);
    if (s->place == PLACE_PREFIX) printf("another Jupyter finds it with JUPYTER_PATH=%s\n", s->data);
    say_lessons(s);
}

static lg_status put(const spec *s, lg_err *err)
{
    char how[128];
    if (packaged(s->folder, how, sizeof how)) {
        if (runs_this_program(s)) {
            printf("it is there already: a package put it in %s\n", s->folder);
            say_lessons(s);
            return LG_OK;
        }
        lg_fail(err, LG_E_ARG, 396, "a package put the kernel `%s` in %s", s->name, s->data);
        return lg_try(err, "logolens install --name lens");
    }
    if (look(s->folder) == THERE_OTHERS) {
        lg_fail(err, LG_E_ARG, 395, "the kernel `%s` in %s is another program's", s->name, s->data);
        return lg_try(err, "logolens install --name lens");
    }
    LG_TRY(write_spec(s, err));
    printf("installed %s\n", s->folder);
    LG_TRY(write_extension(s, err));
    say_next(s);
    return LG_OK;
}

/* ---- take away ---- */
static lg_status take_away(const spec *s, lg_err *err)
{
    char how[128];
    kernel_there there = look(s->folder);
    if (packaged(s->folder, how, sizeof how)) {
        lg_fail(err, LG_E_ARG, 396, "a package put the kernel in %s, and only that way it is taken away whole",
                s->folder);
        return lg_try(err, "%s", how);
    }
    if (there == THERE_OTHERS)
        return lg_fail(err, LG_E_ARG, 395, "the kernel `%s` in %s is another program's", s->name, s->data);
    if (there == THERE_NONE) printf("there is no kernel `%s` in %s\n", s->name, s->data);
    else LG_TRY(main_install_take_away(s->folder, err));
    if (there == THERE_OURS) printf("removed %s\n", s->folder);
    if (others_stay(s) || access(s->extension, F_OK) != 0 || packaged(s->extension, how, sizeof how)) return LG_OK;
    LG_TRY(main_install_take_away(s->extension, err));
    printf("removed %s\n", s->extension);
    return LG_OK;
}

/* ---- the command line ---- */
static bool good_name(const char *name)
{
    size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return len > 0 && len < 100 && !name[len] && name[0] != '.';
}

/* The word that is not understood, or NULL. */
static const char *read_words(int count, char *const word[], spec *s)
{
    for (int i = 0; i < count; i++) {
        bool more = i + 1 < count && word[i + 1][0];
        if (strcmp(word[i], "--user") == 0) s->place = PLACE_USER;
        else if (strcmp(word[i], "--sys-prefix") == 0) s->place = PLACE_ENVIRONMENT;
        else if (strcmp(word[i], "--remove") == 0) s->take_away = true;
        else if (strcmp(word[i], "--prefix") == 0 && more) s->place = PLACE_PREFIX, s->prefix = word[++i];
        else if (strcmp(word[i], "--name") == 0 && more && good_name(word[i + 1])) s->name = word[++i];
        else return word[i];
    }
    return NULL;
}

static const char usage[] = "usage: logolens install [--user | --sys-prefix | --prefix DIR] [--name NAME] [--remove]\n"
                            "       NAME: letters, digits, dot, hyphen, underscore\n";

int main_install(int count, char *const word[])
{
    lg_err err = {0};
    spec s = {.name = "logolens"};
    if (count && (strcmp(word[0], "--help") == 0 || strcmp(word[0], "-h") == 0)) {
        fputs(usage, stdout);
        return MAIN_OK;
    }
    const char *wrong = read_words(count, word, &s);
    if (wrong) {
        bool lacks = strcmp(wrong, "--prefix") == 0 || strcmp(wrong, "--name") == 0;
        fprintf(stderr, "logolens install: %s %s\n%s", wrong,
                lacks ? "wants what is named below" : "is not understood here", usage);
        return MAIN_USAGE;
    }
    lg_status st = find_places(&s, &err);
    if (st == LG_OK) st = s.take_away ? take_away(&s, &err) : put(&s, &err);
    if (st) main_say_error(&err, NULL);
    return st ? MAIN_FAILED : MAIN_OK;
}
