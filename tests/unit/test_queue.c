/* Messages between threads: order, bounds, who is woken and when. */
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "kernel/jupyter/queue.h"
#include "tests/support/test.h"

static jp_queue queue;
static int wake_fd;

static void begin(size_t most_count, size_t most_bytes)
{
    wake_fd = eventfd(0, EFD_NONBLOCK);
    jp_queue_init(&queue, most_count, most_bytes, wake_fd);
}

static void end(void)
{
    jp_queue_release(&queue);
    close(wake_fd);
}

/* How often the descriptor was written since it was asked last. */
static unsigned long long woken(void)
{
    uint64_t count = 0;
    return read(wake_fd, &count, sizeof count) == sizeof count ? count : 0;
}

TEST(what_is_put_comes_out_in_order_and_wakes_once)
{
    jp_item item[3] = {{.size = 1}, {.size = 2}, {.size = 3}};
    begin(10, 100);
    CHECK(!jp_queue_take(&queue, false) && jp_queue_empty(&queue) && woken() == 0);
    jp_queue_put(&queue, &item[0]);
    CHECK(!jp_queue_empty(&queue));
    CHECK_INT(woken(), 1);
    jp_queue_put(&queue, &item[1]);
    CHECK_INT(woken(), 0); /* whoever was woken takes until there is nothing more */
    CHECK(jp_queue_take(&queue, false) == &item[0]);
    CHECK(jp_queue_take(&queue, true) == &item[1]);
    jp_queue_put(&queue, &item[2]);
    CHECK_INT(woken(), 1);
    CHECK(jp_queue_take(&queue, false) == &item[2] && !jp_queue_take(&queue, false));
    end();
}

TEST(a_queue_is_full_by_number_or_by_bytes)
{
    jp_item item[4] = {{.size = 1}, {.size = 99}, {.size = 1}, {.size = 1}};
    begin(3, 100);
    jp_queue_put(&queue, &item[0]);
    CHECK(!jp_queue_full(&queue));
    jp_queue_put(&queue, &item[1]);
    CHECK(jp_queue_full(&queue)); /* bytes */
    jp_queue_put(&queue, &item[2]);
    CHECK(jp_queue_take(&queue, false) == &item[0] && jp_queue_full(&queue));
    CHECK(jp_queue_take(&queue, false) == &item[1] && !jp_queue_full(&queue));
    jp_queue_put(&queue, &item[3]);
    CHECK(!jp_queue_full(&queue));
    jp_queue_put(&queue, &item[0]);
    CHECK(jp_queue_full(&queue)); /* number */
    for (int i = 0; i < 3; i++) CHECK(jp_queue_take(&queue, false) != NULL);
    CHECK(!jp_queue_full(&queue) && queue.count == 0 && queue.bytes == 0);
    end();
}

static bool has_size(const jp_item *item, const void *ctx)
{
    return item->size == *(const size_t *)ctx;
}

TEST(whether_something_waits)
{
    jp_item item[2] = {{.size = 7}, {.size = 8}};
    size_t seven = 7, eight = 8;
    begin(10, 100);
    CHECK(!jp_queue_wait(&queue, 0.001) && !jp_queue_any(&queue, has_size, &seven));
    jp_queue_put(&queue, &item[0]);
    jp_queue_put(&queue, &item[1]);
    CHECK(jp_queue_wait(&queue, 60) && jp_queue_any(&queue, has_size, &eight));
    CHECK(jp_queue_take(&queue, false) == &item[0] && !jp_queue_any(&queue, has_size, &seven));
    CHECK(jp_queue_take(&queue, false) == &item[1]);
    end();
}

/* ---- another thread waits; each of these hangs where nobody tells it ---- */
static void *take_one(void *out)
{
    *(jp_item **)out = jp_queue_take(&queue, true);
    return NULL;
}

static void *wait_long(void *out)
{
    *(bool *)out = jp_queue_wait(&queue, 3600);
    return NULL;
}

static void *wait_room(void *cancel)
{
    jp_queue_wait_room(&queue, cancel);
    return NULL;
}

static pthread_t start(void *(*fn)(void *), void *arg)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, fn, arg) == 0);
    usleep(20000); /* as a rule it waits then; where it does not yet, it sees what was done */
    return thread;
}

TEST(whoever_waits_is_told)
{
    jp_item item = {.size = 1}, *taken = NULL;
    bool there = false;
    begin(1, 100);
    pthread_t taker = start(take_one, &taken);
    jp_queue_put(&queue, &item);
    pthread_join(taker, NULL);
    CHECK(taken == &item);
    pthread_t waiter = start(wait_long, &there);
    jp_queue_put(&queue, &item);
    pthread_join(waiter, NULL);
    CHECK(there);
    pthread_t writer = start(wait_room, NULL); /* nobody can cancel it */
    CHECK(jp_queue_take(&queue, false) == &item);
    pthread_join(writer, NULL);
    end();
}

TEST(an_interrupt_ends_waiting_for_room)
{
    jp_item item = {.size = 1};
    lg_cancel cancel = {0};
    begin(1, 100);
    jp_queue_put(&queue, &item);
    pthread_t writer = start(wait_room, &cancel);
    lg_cancel_set(&cancel);
    pthread_join(writer, NULL);
    CHECK(jp_queue_full(&queue) && jp_queue_take(&queue, false) == &item);
    end();
}

TEST(closing_tells_everybody_and_loses_nothing)
{
    jp_item item = {.size = 1}, *taken = &item;
    bool there = false;
    begin(1, 100);
    pthread_t taker = start(take_one, &taken), waiter = start(wait_long, &there);
    jp_queue_close(&queue);
    CHECK_INT(woken(), 1);
    pthread_join(taker, NULL);
    pthread_join(waiter, NULL);
    CHECK(!taken && there);
    jp_queue_put(&queue, &item);
    jp_queue_wait_room(&queue, NULL); /* full, but nobody waits any more */
    CHECK(jp_queue_wait(&queue, 3600) && jp_queue_take(&queue, true) == &item && !jp_queue_take(&queue, true));
    end();
}
