/* fuzz_bluesky.c - any bytes as an answer of Bluesky. `make fuzz F=bluesky`. */
#include "tests/fuzz/fuzz_scrape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const tag[] = {"adidas", "nike"};
    static const scrape_query by_tag = {
        .tag = tag, .tags = 2, .since = 1, .account = "17", .server = "https://s.example"};
    static const scrape_query by_user = {.user = "ann", .account = "17"};
    return read_all("bluesky", (const scrape_query *const[]){&by_tag, &by_user, NULL},
                    (const char *const[]){"t1:5", "a0:5", NULL}, data, size);
}
