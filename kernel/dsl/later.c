/* later.c - verbs of the language that this version does not have, with what serves meanwhile. Messages,
 * help and reserved words ask here. A verb that is in the table of commands is never looked up. */
#include "kernel/dsl/inside.h"

#include "lib/base/banned.h"

static const dsl_later later[] = {
    {NULL, NULL, NULL}, /* every word of the language is there */
};

const dsl_later *dsl_later_find(const dsl_config *config, const char *word)
{
    if (!config || dsl_command_find(config, word)) return NULL;
    for (size_t i = 0; later[i].verb; i++)
        if (dsl_same(word, later[i].verb)) return &later[i];
    return NULL;
}

const char *dsl_later_hint(const dsl_config *config, const dsl_later *verb)
{
    bool served = verb->served_by && dsl_command_find(config, verb->served_by);
    return served ? verb->hint : "`help` lists the commands there are";
}

lg_status dsl_later_fail(const dsl_config *config, const char *said, const dsl_later *verb, lg_span span, lg_err *err)
{
    if (dsl_same(said, verb->verb))
        lg_fail(err, LG_E_UNSUPPORTED, 146, "`%s` is not part of this version", verb->verb);
    else
        lg_fail(err, LG_E_UNSUPPORTED, 146, "`%s` is called `%s` here, and `%s` is not part of this version", said,
                verb->verb, verb->verb);
    lg_why(err, "it is a word of the language, and comes with a later version");
    lg_try(err, "%s", dsl_later_hint(config, verb));
    return lg_err_place(err, span);
}
