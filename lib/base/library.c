/* library.c - dlopen at first use, all symbols or none. */
#include "lib/base/library.h"
#include <dlfcn.h>
#include <string.h>

#include "lib/base/banned.h"

static void slots_clear(const lg_symbol *symbols)
{
    for (const lg_symbol *s = symbols; s && s->name; s++) *s->slot = NULL;
}

/* The first symbol that is not there, or NULL when all slots are set. */
static const char *slots_fill(void *handle, const lg_symbol *symbols)
{
    for (const lg_symbol *s = symbols; s && s->name; s++) {
        *s->slot = dlsym(handle, s->name);
        if (!*s->slot) return s->name;
    }
    return NULL;
}

/* Tries the names in order. Of several reasons the telling one is kept: a file that is there but cannot be loaded. */
static void *open_first(const char *const *sonames, char *why, size_t size)
{
    why[0] = 0;
    for (const char *const *name = sonames; *name; name++) {
        void *handle = dlopen(*name, RTLD_NOW | RTLD_LOCAL);
        if (handle) return handle;
        const char *reason = dlerror();
        if (!reason) reason = "";
        if (why[0] && strstr(reason, "No such file")) continue;
        size_t n = strnlen(reason, size - 1);
        memcpy(why, reason, n);
        why[n] = 0;
    }
    return NULL;
}

static lg_status library_load(lg_library *library, lg_err *err)
{
    char why[300];
    if (library->before_load) library->before_load();
    void *handle = open_first(library->sonames, why, sizeof why);
    if (!handle) {
        lg_fail(err, LG_E_UNSUPPORTED, 504, "%s is needed for this and is not installed here", library->name);
        lg_why(err, "%s", why);
        return lg_try(err, "sudo apt-get install %s", library->package);
    }
    const char *missing = slots_fill(handle, library->symbols);
    lg_status st = LG_OK;
    if (missing) {
        lg_fail(err, LG_E_UNSUPPORTED, 504, "the %s that is installed here is another version than the one needed",
                library->name);
        lg_why(err, "it has no function `%s`", missing);
        st = lg_try(err, "sudo apt-get install %s", library->package);
    } else if (library->after_load) {
        st = library->after_load(err);
    }
    if (st != LG_OK) {
        slots_clear(library->symbols);
        dlclose(handle);
        return st;
    }
    library->handle = handle;
    library->ready = true;
    return LG_OK;
}

lg_status lg_library_open(lg_library *library, lg_err *err)
{
    pthread_mutex_lock(&library->lock);
    lg_status st = library->ready ? LG_OK : library_load(library, err);
    pthread_mutex_unlock(&library->lock);
    return st;
}
