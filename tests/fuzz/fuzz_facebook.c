/* fuzz_facebook.c - any bytes as an answer of Facebook. `make fuzz F=facebook`. */
#include "tests/fuzz/fuzz_scrape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const scrape_query posts = {.user = "nike", .since = 1};
    static const scrape_query photos = {.user = "nike", .what = SCRAPE_PHOTOS};
    static const scrape_query tagged = {.user = "1", .what = SCRAPE_TAGGED};
    return read_all("facebook", (const scrape_query *const[]){&posts, &photos, &tagged, NULL},
                    (const char *const[]){"p0:abc", "f0:abc", NULL}, data, size);
}
