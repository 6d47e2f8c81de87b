/* platform_rules.c - what platforms allow with people's names, told once to each user. */
#include "kernel/commands/box_customers.h"
#include "lib/base/reach.h"
#include "lib/store/paths.h"

#include "lib/base/banned.h"

/* In the data folder; its name has the number of the text, so that another text is told again. */
#define TOLD "told-platform-rules-1"

static void doc_rules(plt_doc *doc)
{
    plt_title(doc, "Before names are used: what the platforms allow");
    plt_item(
        doc, "%s",
        "X (Developer Policy, off-X matching): to connect a username with a customer record, a person, a household or "
        "a device outside of X, that person has to agree expressly beforehand. A list made here is no such consent. "
        "Nothing about health, money, politics, faith, origin or sexuality may be concluded from posts.");
    plt_item(
        doc, "%s",
        "Facebook and Instagram (Meta Platform Terms): what the interface gives may not be sold and not be used to "
        "watch people; for posts of a hashtag Instagram tells no names at all.");
    plt_item(
        doc, "%s",
        "Bluesky, Mastodon and all others: a name with posts is personal data, also where everybody can read it. Data "
        "protection law applies (in Europe the GDPR): have a reason, tell people, delete on request. `delete user "
        "NAME` removes a person here.");
    plt_text(
        doc, "%s",
        "Without names: `customers … anonymous` keeps the ranks and counts, and numbers in the place of names. This is "
        "told once; it is no legal advice.");
}

static char *mark_path(lg_err *err)
{
    store_paths paths = {0};
    char *path = store_paths_init(&paths, err) == LG_OK ? lg_strf(err, "%s/" TOLD, paths.data) : NULL;
    store_paths_release(&paths);
    return path;
}

lg_status cmd_platform_rules(const dsl_call *call, lg_err *err)
{
    lg_err mark = {0};
    lg_buf seen;
    plt_doc doc;
    lg_buf_init(&seen, 4096);
    char *path = mark_path(&mark);
    bool told = path && lg_reach_read(path, &seen, &mark) == LG_OK;
    lg_buf_release(&seen);
    if (told) {
        lg_free(path);
        return LG_OK;
    }
    plt_doc_init(&doc);
    doc_rules(&doc);
    lg_status st = cmd_display(call, &doc, false, err);
    mark = (lg_err){0};
    if (st == LG_OK && path && lg_reach_write(path, "shown before the first list of customers\n", 41, 0600, &mark))
        lg_log(LG_LOG_WARN, "the mark of the platforms' rules was not kept: %s", mark.msg);
    lg_free(path);
    return st;
}
