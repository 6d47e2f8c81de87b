/* Every test of test_idx.c once more, with the folder packed: into a zip, a plain tar, a packed one, by turns, as it is
 * and below a top folder. Whatever is loaded from a folder is loaded from an archive just so. */
#include "tests/support/archive.h"

static const char *packed_place(void)
{
    static int turn;
    int kind = turn % PACK_KINDS, top = turn / PACK_KINDS % 2;
    turn++;
    return pack_folder(ds_folder, "set", (packing)kind, top ? "set/" : "");
}
#define LOAD_PLACE() packed_place()

#include "tests/unit/test_idx.c"
