/* The beginning of the kernel's end. */
#include "kernel/jupyter/control.h"
#include "kernel/jupyter/kernel_state.h"
#include "tests/support/test.h"

/* Whoever is told to end again and again, as an orphan is in every turn of the loop, ends all the same. */
TEST(a_second_stop_gives_no_more_time)
{
    static jp_kernel kernel = {.wake_fd = -1};
    jp_queue_init(&kernel.packets, 10, 1000, -1);
    jp_queue_init(&kernel.replies, 10, 1000, -1);
    jp_executor_init(&kernel.main, &kernel);
    double before = lg_now();
    jp_control_stop(&kernel);
    double stop_by = kernel.stop_by;
    CHECK(stop_by > before && stop_by < lg_now() + 1);
    CHECK(atomic_load(&kernel.stopping) && atomic_load(&kernel.main.stopping) && lg_cancelled(&kernel.main.cancel));
    while (lg_now() <= stop_by - 0.5) continue;
    jp_control_stop(&kernel);
    CHECK(kernel.stop_by == stop_by);
    /* nobody waits for room any more, nor for requests */
    static jp_item item[10];
    for (int i = 0; i < 10; i++) jp_queue_put(&kernel.packets, &item[i]);
    jp_queue_wait_room(&kernel.packets, NULL);
    CHECK(!jp_queue_take(&kernel.main.requests, true));
    while (jp_queue_take(&kernel.packets, false)) continue;
    jp_executor_release(&kernel.main);
    jp_queue_release(&kernel.packets);
    jp_queue_release(&kernel.replies);
}
