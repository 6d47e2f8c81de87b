/* box_alarms.c - what a training should be warned of while it goes on and when it has ended, in plain words. */
#include "kernel/commands/box_model.h"

#include <math.h>

#include "lib/base/banned.h"

enum { LEAST = 3 }; /* epochs before anything is said: fewer show chance */

int cmd_overfits_since(const nn_run *run)
{
    int low = 0;
    if (run->epochs < LEAST || isnan(run->epoch[0].val_loss)) return 0;
    for (int i = 1; i < run->epochs; i++)
        if (run->epoch[i].val_loss < run->epoch[low].val_loss) low = i;
    const nn_epoch *then = &run->epoch[low], *now = &run->epoch[run->epochs - 1];
    bool apart = run->epochs - 1 - low >= 2 && now->val_loss > 1.05 * then->val_loss && now->loss < then->loss;
    return apart && now->accuracy - now->val_accuracy > 0.05 ? then->epoch : 0;
}

bool cmd_hardly_learns(const nn_run *run)
{
    if (run->epochs < LEAST || run->before || run->diverged) return false;
    const nn_epoch *first = &run->epoch[0], *last = &run->epoch[run->epochs - 1];
    return last->accuracy < 0.9 && last->loss <= first->loss && first->loss - last->loss < 0.02 * first->loss;
}

void cmd_silent_note(cmd_silent *silent, const nn_epoch *epoch, int classes)
{
    for (int k = 0; k < classes && k < CMD_SILENT && epoch->confusion; k++) {
        nn_class_score s = nn_confusion_class(epoch->confusion, classes, k);
        if (s.predicted || !s.truth) silent->since[k] = 0;
        else if (!silent->since[k]) silent->since[k] = epoch->epoch;
    }
}

static void doc_silent(plt_doc *doc, const cmd_run *run, const cmd_silent *silent, int epoch)
{
    enum { NAMED = 3 };
    int more = 0, named = 0;
    for (int k = 0; k < run->labels.count && k < CMD_SILENT; k++) {
        if (!silent->since[k] || epoch - silent->since[k] < 1) continue;
        if (named++ < NAMED)
            plt_note(doc, "%s never predicted since epoch %d; if it stays so, try `fit %s balance`",
                     run->labels.name[k], silent->since[k], run->model);
        else more++;
    }
    if (more) plt_note(doc, "and %d more classes never predicted", more);
}

void cmd_doc_alarms(plt_doc *doc, const cmd_run *run, const nn_run *so_far, const cmd_silent *silent)
{
    if (!so_far->epochs) return;
    const nn_epoch *first = &so_far->epoch[0], *last = &so_far->epoch[so_far->epochs - 1];
    int since = cmd_overfits_since(so_far);
    if (silent) doc_silent(doc, run, silent, last->epoch);
    if (since && silent)
        plt_note(doc,
                 "overfitting since epoch %d: training loss falls, validation loss rises; `patience 3` stops by itself",
                 since);
    if (cmd_hardly_learns(so_far))
        plt_note(doc,
                 "the loss hardly falls (%.4g in epoch %d, %.4g in epoch %d): the learning rate may be too low; try "
                 "`findlr %s`, or `lr %.2g`",
                 first->loss, first->epoch, last->loss, last->epoch, run->model, 10 * last->lr);
}
