/* spawn.c - posix_spawn with everything said. */
#include "lib/base/spawn.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/confine.h"
#include "lib/base/banned.h"

enum { PLACES = 16, KEPT_NAMES = 4, ENV_TEXT = 2048 };

typedef struct environment {
    char text[KEPT_NAMES][ENV_TEXT];
    char *word[KEPT_NAMES + 1];
} environment;

static void choose_environment(environment *env)
{
    static const char *const names[KEPT_NAMES] = {"LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"};
    int n = 0;
    for (int i = 0; i < KEPT_NAMES; i++) {
        const char *value = getenv(names[i]);
        if (!value || snprintf(env->text[n], ENV_TEXT, "%s=%s", names[i], value) >= ENV_TEXT) continue;
        env->word[n] = env->text[n];
        n++;
    }
    env->word[n] = NULL;
}

static bool is_given(const lg_given *given, int count, int place)
{
    for (int i = 0; i < count; i++)
        if (given[i].place == place) return true;
    return false;
}

/* lifted: the same descriptors above all places, so that none is overwritten before it has got to its own. */
static int place_files(posix_spawn_file_actions_t *files, const lg_given *given, const int *lifted, int count)
{
    int failed = 0;
    for (int i = 0; i < count && !failed; i++)
        failed = posix_spawn_file_actions_adddup2(files, lifted[i], given[i].place);
    for (int place = 0; place <= STDERR_FILENO && !failed; place++) {
        if (is_given(given, count, place) || (place == STDERR_FILENO && LG_SANITIZED)) continue;
        failed = posix_spawn_file_actions_addopen(files, place, "/dev/null", place ? O_WRONLY : O_RDONLY, 0);
    }
    return failed;
}

static int start(const char *program, char *const argv[], posix_spawn_file_actions_t *files, pid_t *pid)
{
    environment env;
    posix_spawnattr_t how;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    choose_environment(&env);
    if (posix_spawnattr_init(&how)) return ENOMEM;
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &all);
    int failed = posix_spawn(pid, program, files, &how, argv, env.word);
    posix_spawnattr_destroy(&how);
    return failed;
}

int lg_spawn(const char *program, const char *const words[], const lg_given *given, int count, pid_t *pid)
{
    char name[] = "logolens", *argv[LG_SPAWN_WORDS + 2] = {name};
    /* Ourselves by our name; other programs by theirs, from which a Python knows which environment it is of. */
    if (strcmp(program, "/proc/self/exe") != 0) argv[0] = (char *)program;
    int lifted[PLACES], failed = 0, n = 0;
    posix_spawn_file_actions_t files;
    *pid = 0;
    for (int i = 0; i < LG_SPAWN_WORDS && words[i]; i++) argv[i + 1] = (char *)words[i];
    for (; n < count && !failed; n++) {
        lifted[n] = fcntl(given[n].fd, F_DUPFD_CLOEXEC, PLACES);
        if (lifted[n] < 0) failed = errno;
    }
    if (!failed && !(failed = posix_spawn_file_actions_init(&files))) {
        failed = place_files(&files, given, lifted, count);
        if (!failed) failed = start(program, argv, &files, pid);
        posix_spawn_file_actions_destroy(&files);
    }
    for (int i = 0; i < n; i++)
        if (lifted[i] >= 0) close(lifted[i]);
    if (failed) *pid = 0;
    return failed;
}
