/* fake_clock.h - a clock that goes on when somebody waits, so that tests of waiting take no time. */
#ifndef TEST_FAKE_CLOCK_H
#define TEST_FAKE_CLOCK_H

#include "lib/net/http.h"
#include "tests/support/test.h"

static double fake_now; /* seconds */

static double fake_seconds(void *ctx)
{
    (void)ctx;
    return fake_now;
}

static int64_t fake_date(void *ctx)
{
    (void)ctx;
    return 1700000000 + (int64_t)fake_now;
}

static void fake_pause(void *ctx, double seconds)
{
    (void)ctx;
    CHECK(seconds > 0 && seconds <= 0.05);
    fake_now += seconds;
}

static const net_clock fake = {.seconds = fake_seconds, .date = fake_date, .pause = fake_pause};

#endif
