/* Sessions that follow another one: what they see of it, what is their own, and both at work at the same time. */
#include <pthread.h>

#include "kernel/dsl/command.h"
#include "tests/support/test.h"

static lg_err err;
static lg_cancel cancel;

static void no_stream(dsl_out *out, bool is_error, const char *text, size_t len)
{
    (void)out, (void)is_error, (void)text, (void)len;
}
static void no_result(dsl_out *out, const dsl_bundle *bundle)
{
    (void)out, (void)bundle;
}

static const dsl_command *const no_commands[] = {NULL};

static dsl_session *open_session(void)
{
    dsl_session *session = NULL;
    err = (lg_err){0};
    CHECK_OK(dsl_session_new(&(dsl_config){.commands = no_commands}, &session, &err));
    return session;
}

static dsl_session *follower(dsl_session *of)
{
    dsl_session *session = open_session();
    dsl_session_follow(session, of);
    CHECK_OK(dsl_session_refresh(session, &err));
    return session;
}

static void run(dsl_session *session, const char *cell)
{
    lg_err failure = {0};
    dsl_out out = {.stream = no_stream, .result = no_result, .columns = 100};
    if (dsl_session_refresh(session, &failure) == LG_OK &&
        dsl_session_execute(session, cell, strlen(cell), &out, &cancel, &failure) == LG_OK)
        return;
    TEST_FAIL("%s: %s", cell, failure.msg);
}

/* "7", the sum of the grid, or "" where there is none. */
static const char *sum(dsl_session *session, const char *name)
{
    static char text[40];
    CHECK_OK(dsl_session_refresh(session, &err));
    const dsl_grid *grid = dsl_object_grid(dsl_session_get(session, name));
    double total = 0;
    for (int i = 0; grid && i < grid->rows * grid->cols; i++) total += grid->cell[i];
    snprintf(text, sizeof text, "%g", total);
    return grid ? text : "";
}

static dsl_object *grid_of(double number)
{
    dsl_object *object = NULL;
    CHECK_OK(dsl_grid_new(NULL, 1, 1, &number, NULL, &object, &err));
    return object;
}

TEST(what_is_bound_is_seen_at_the_next_refresh)
{
    dsl_session *home = open_session(), *away = follower(home);
    run(home, "let g = [1 2]\nlet lr = 0.5");
    CHECK(!dsl_session_get(away, "g")); /* within a cell nothing changes */
    CHECK_STR(sum(away, "g"), "3");
    CHECK(dsl_session_get(away, "g") == dsl_session_get(home, "g"));
    run(away, "let h = [$lr]");
    CHECK_STR(sum(away, "h"), "0.5");
    CHECK_STR(sum(home, "h"), "");
    run(home, "let g = [7]");
    CHECK_STR(sum(away, "g"), "7");
    CHECK_OK(dsl_session_remove(home, "g", &err));
    CHECK_STR(sum(away, "g"), "");
    CHECK_STR(sum(away, "h"), "0.5");
    dsl_session_free(away);
    dsl_session_free(home);
}

TEST(what_it_binds_is_its_own)
{
    dsl_session *home = open_session(), *away = follower(home), *other = follower(home);
    run(home, "let g = [1]\nlet n = 1");
    run(away, "let g = [5]\nlet n = 9");
    run(home, "let g = [2]\nlet n = 2\nlet late = [3]");
    run(away, "let m = [$n]");
    run(other, "let m = [$n]");
    CHECK_STR(sum(away, "g"), "5");
    CHECK_STR(sum(other, "g"), "2");
    CHECK_STR(sum(home, "g"), "2");
    CHECK_STR(sum(away, "m"), "9");
    CHECK_STR(sum(other, "m"), "2");
    CHECK_STR(sum(away, "late"), "3");
    dsl_session_free(other);
    dsl_session_free(away);
    dsl_session_free(home);
}

TEST(what_is_taken_away)
{
    dsl_session *home = open_session(), *away = follower(home);
    run(home, "let g = [1]\nlet h = [2]");
    run(away, "let g = [5]");
    CHECK_OK(dsl_session_remove(away, "g", &err)); /* its own: that of home shows again */
    CHECK_STR(sum(away, "g"), "1");
    CHECK_OK(dsl_session_remove(away, "h", &err)); /* that of home: gone here alone */
    CHECK_STR(sum(away, "h"), "");
    run(home, "let h = [3]");
    CHECK_STR(sum(away, "h"), "");
    CHECK_STR(sum(home, "h"), "3");
    run(away, "let h = [4]");
    CHECK_STR(sum(away, "h"), "4");
    CHECK_INT(dsl_session_remove(away, "nothing", &err), LG_E_NAME);
    dsl_session_free(away);
    dsl_session_free(home);
}

TEST(settings_and_choices)
{
    dsl_session *home = open_session(), *away = follower(home);
    run(home, "let a = [1]\nlet b = [2]");
    CHECK_OK(dsl_session_set(home, "seed", "7", &err));
    CHECK_OK(dsl_session_set(home, "theme", "dark", &err));
    CHECK_OK(dsl_session_use(home, "a", &err));
    CHECK_OK(dsl_session_refresh(away, &err));
    CHECK_STR(dsl_session_setting(away, "seed"), "7");
    CHECK_STR(dsl_session_default(away, DSL_KIND_GRID), "a");
    CHECK_OK(dsl_session_set(away, "seed", "8", &err));
    CHECK_OK(dsl_session_set(home, "seed", "9", &err));
    CHECK_OK(dsl_session_set(home, "theme", NULL, &err));
    CHECK_OK(dsl_session_use(home, "b", &err));
    CHECK_OK(dsl_session_refresh(away, &err));
    CHECK_STR(dsl_session_setting(away, "seed"), "8");
    CHECK(!dsl_session_setting(away, "theme"));
    CHECK_STR(dsl_session_default(away, DSL_KIND_GRID), "b");
    CHECK_OK(dsl_session_use(away, "a", &err));
    CHECK_OK(dsl_session_use(home, "b", &err));
    CHECK_OK(dsl_session_refresh(away, &err));
    CHECK_STR(dsl_session_default(away, DSL_KIND_GRID), "a");
    CHECK_OK(dsl_session_remove(home, "a", &err)); /* a choice of what is gone is none */
    CHECK_OK(dsl_session_refresh(away, &err));
    CHECK_STR(dsl_session_default(away, DSL_KIND_GRID), "b");
    dsl_session_free(away);
    dsl_session_free(home);
}

TEST(what_is_published_is_for_followers)
{
    dsl_session *home = open_session(), *away = follower(home);
    run(home, "let g = [1]");
    CHECK(dsl_session_followed(home) && !dsl_session_followed(away));
    CHECK_OK(dsl_session_publish(home, "g", grid_of(50), &err));
    CHECK_OK(dsl_session_publish(home, "fresh", grid_of(60), &err));
    CHECK_STR(sum(home, "g"), "1");
    CHECK_STR(sum(home, "fresh"), "");
    CHECK_STR(sum(away, "g"), "50");
    CHECK_STR(sum(away, "fresh"), "60");
    CHECK_OK(dsl_session_publish(home, "g", grid_of(51), &err));
    CHECK_STR(sum(away, "g"), "51");
    run(away, "let fresh = [4]");
    CHECK_STR(sum(away, "fresh"), "4");
    dsl_session_unpublish(home);
    dsl_session_unpublish(home);
    CHECK_STR(sum(away, "g"), "1");
    CHECK_STR(sum(away, "fresh"), "4");
    CHECK_OK(dsl_session_publish(home, "g", grid_of(52), &err)); /* freed with the session */
    dsl_session_free(away);
    CHECK(!dsl_session_followed(home));
    dsl_session_free(home);
}

TEST(undo_knows_its_own_edits)
{
    dsl_session *home = open_session(), *away = follower(home);
    dsl_undone undone;
    run(home, "let g = [1]");
    CHECK_OK(dsl_session_bind_edit(home, "g", grid_of(2), "clean g", NULL, &err));
    CHECK_STR(sum(away, "g"), "2");
    CHECK_INT(dsl_session_undo(away, NULL, &undone, &err), LG_E_NAME);
    CHECK_OK(dsl_session_bind_edit(away, "g", grid_of(3), "clean g", NULL, &err));
    CHECK_STR(sum(away, "g"), "3");
    CHECK_STR(sum(home, "g"), "2");
    CHECK_OK(dsl_session_undo(away, NULL, &undone, &err));
    dsl_undone_release(&undone);
    CHECK_STR(sum(away, "g"), "2");
    CHECK_INT(dsl_session_edits(home, NULL), 1);
    dsl_session_free(away);
    dsl_session_free(home);
}

/* For the race detector, and for what must hold: g and h are bound one after the other, so no follower ever sees an h
 * that is newer than its g. */
static atomic_bool working;

static void *look(void *arg)
{
    dsl_session *home = arg;
    long odd = 0;
    while (atomic_load(&working)) {
        lg_err trouble = {0};
        dsl_session *away = NULL;
        if (dsl_session_new(&(dsl_config){.commands = no_commands}, &away, &trouble)) return (void *)1;
        dsl_session_follow(away, home);
        for (int i = 0; i < 20; i++) {
            if (dsl_session_refresh(away, &trouble)) odd++;
            const dsl_grid *g = dsl_object_grid(dsl_session_get(away, "g"));
            const dsl_grid *h = dsl_object_grid(dsl_session_get(away, "h"));
            odd += g && h && h->cell[0] > g->cell[0];
        }
        dsl_session_free(away);
    }
    return odd ? (void *)1 : NULL;
}

TEST(followers_work_beside_it)
{
    pthread_t thread[3];
    dsl_session *home = open_session();
    atomic_store(&working, true);
    for (int i = 0; i < 3; i++) CHECK(pthread_create(&thread[i], NULL, look, home) == 0);
    for (int i = 1; i <= 2000; i++) {
        CHECK_OK(dsl_session_bind(home, "g", grid_of(i), &err));
        CHECK_OK(dsl_session_bind(home, "h", grid_of(i), &err));
        if (i % 3 == 0) CHECK_OK(dsl_session_publish(home, "p", grid_of(i), &err));
        if (i % 10 == 0) dsl_session_unpublish(home);
        if (i % 50 == 0) CHECK_OK(dsl_session_set(home, "seed", i % 100 ? "1" : "2", &err));
        if (i % 200 == 0) CHECK_OK(dsl_session_remove(home, "h", &err));
    }
    atomic_store(&working, false);
    for (int i = 0; i < 3; i++) {
        void *odd = NULL;
        pthread_join(thread[i], &odd);
        CHECK(!odd);
    }
    CHECK(!dsl_session_followed(home));
    dsl_session_free(home);
}
