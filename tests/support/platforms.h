/* platforms.h - for tests of commands: a server on 127.0.0.1 in the place of the platforms, and keys for it.
 *
 *     platforms_start();        // X and Mastodon are there: keys in the environment and in mastodon.keys
 *     ... lens_run(&l, "connect twitter") ...
 *     platforms_stop();
 *
 * After lens_places, whose home it uses. */
#ifndef TEST_PLATFORMS_H
#define TEST_PLATFORMS_H

#include <sys/stat.h>
#include "lib/store/paths.h"
#include "tests/support/http_server.h"

static server platforms_server;

static inline bool platforms_answer(server *s, int fd, const server_ask *ask)
{
    static const struct {
        const char *path, *body;
    } known[] = {
        {"/2/usage/tweets", "{\"data\":{\"project_cap\":\"2000000\",\"project_usage\":\"1200\",\"cap_reset_day\":3}}"},
        {"/api/v1/accounts/verify_credentials", "{\"id\":\"117\",\"username\":\"shop\",\"display_name\":\"Shop\"}"},
    };
    (void)s;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strncmp(ask->path, known[i].path, strlen(known[i].path)) != 0) continue;
        server_say(fd, 200, "", known[i].body, strlen(known[i].body));
        return true;
    }
    server_say(fd, 404, "", "{}", 2);
    return true;
}

static inline void platforms_key_file(const char *name, const char *text)
{
    lg_err err = {0};
    char path[400];
    store_paths paths = {0};
    CHECK_OK(store_paths_init(&paths, &err));
    snprintf(path, sizeof path, "%s/%s", paths.config, name);
    store_paths_release(&paths);
    FILE *f = fopen(path, "w");
    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0 && chmod(path, 0600) == 0);
}

static inline void platforms_start(void)
{
    char origin[60], text[200];
    server_start(&platforms_server, platforms_answer);
    snprintf(origin, sizeof origin, "http://127.0.0.1:%d", platforms_server.port);
    setenv("LOGOLENS_TWITTER_INSTANCE", origin, 1);
    setenv("LOGOLENS_TWITTER_BEARER_TOKEN", "bearer-of-the-tests-1", 1);
    snprintf(text, sizeof text, "instance = %s\naccess_token = token-of-the-tests-2\n", origin);
    platforms_key_file("mastodon.keys", text);
}

static inline void platforms_stop(void)
{
    unsetenv("LOGOLENS_TWITTER_INSTANCE");
    unsetenv("LOGOLENS_TWITTER_BEARER_TOKEN");
    server_stop(&platforms_server);
}

#endif
