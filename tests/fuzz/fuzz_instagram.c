/* fuzz_instagram.c - any bytes as an answer of Instagram. `make fuzz F=instagram`. */
#include "tests/fuzz/fuzz_scrape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const tag[] = {"adidas", "nike"};
    static const scrape_query by_tag = {.tag = tag, .tags = 2, .account = "17"};
    static const scrape_query by_user = {.user = "ann", .account = "17"};
    static const scrape_query tagged = {.user = "me", .account = "17", .what = SCRAPE_TAGGED};
    return read_all("instagram", (const scrape_query *const[]){&by_tag, &by_user, &tagged, NULL},
                    (const char *const[]){"h1:", "m0:17/abc", "d0:abc", "g0:abc", NULL}, data, size);
}
