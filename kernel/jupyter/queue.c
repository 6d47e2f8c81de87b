/* queue.c - a linked list under one lock. */
#include "kernel/jupyter/queue.h"

#include <time.h>
#include <unistd.h>

#include "lib/base/banned.h"

static const double look_again = 0.02; /* seconds: an interrupt is seen so soon by who waits for room */

void jp_queue_init(jp_queue *queue, size_t most_count, size_t most_bytes, int wake_fd)
{
    *queue = (jp_queue){.most_count = most_count, .most_bytes = most_bytes, .wake_fd = wake_fd};
    pthread_mutex_init(&queue->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->changed, &attr);
    pthread_condattr_destroy(&attr);
    queue->last = &queue->first;
}

void jp_queue_release(jp_queue *queue)
{
    pthread_mutex_destroy(&queue->lock);
    pthread_cond_destroy(&queue->changed);
}

static bool is_full(const jp_queue *queue)
{
    return queue->count >= queue->most_count || queue->bytes >= queue->most_bytes;
}

/* After the lock was let go of: who wakes on the same core would run into it, and only then whoever holds it go on. */
static void tell(jp_queue *queue)
{
    uint64_t one = 1;
    pthread_cond_broadcast(&queue->changed);
    /* The counter of an eventfd can only be too full to add to when the reader is due to wake anyway. */
    if (queue->wake_fd >= 0 && write(queue->wake_fd, &one, sizeof one) < 0) return;
}

void jp_queue_put(jp_queue *queue, jp_item *item)
{
    pthread_mutex_lock(&queue->lock);
    bool first = !queue->first;
    item->next = NULL;
    *queue->last = item;
    queue->last = &item->next;
    queue->count++;
    queue->bytes += item->size;
    pthread_mutex_unlock(&queue->lock);
    if (first) tell(queue); /* of those before, whoever takes knows already */
}

static struct timespec in_seconds(double seconds)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    long long ns = end.tv_nsec + (long long)(seconds * 1e9);
    end.tv_sec += ns / 1000000000;
    end.tv_nsec = (long)(ns % 1000000000);
    return end;
}

/* An interrupt does not know whom to wake. */
void jp_queue_wait_room(jp_queue *queue, lg_cancel *cancel)
{
    pthread_mutex_lock(&queue->lock);
    while (is_full(queue) && !queue->closed && !lg_cancelled(cancel)) {
        struct timespec end = in_seconds(look_again);
        pthread_cond_timedwait(&queue->changed, &queue->lock, &end);
    }
    pthread_mutex_unlock(&queue->lock);
}

jp_item *jp_queue_take(jp_queue *queue, bool wait)
{
    pthread_mutex_lock(&queue->lock);
    while (wait && !queue->first && !queue->closed) pthread_cond_wait(&queue->changed, &queue->lock);
    jp_item *item = queue->first;
    if (item) {
        queue->first = item->next;
        if (!queue->first) queue->last = &queue->first;
        queue->count--;
        queue->bytes -= item->size;
        pthread_cond_broadcast(&queue->changed);
    }
    pthread_mutex_unlock(&queue->lock);
    return item;
}

bool jp_queue_wait(jp_queue *queue, double seconds)
{
    struct timespec end = in_seconds(seconds);
    pthread_mutex_lock(&queue->lock);
    int late = 0;
    while (!late && !queue->first && !queue->closed) late = pthread_cond_timedwait(&queue->changed, &queue->lock, &end);
    bool there = queue->first || queue->closed;
    pthread_mutex_unlock(&queue->lock);
    return there;
}

bool jp_queue_any(jp_queue *queue, bool (*test)(const jp_item *item, const void *ctx), const void *ctx)
{
    pthread_mutex_lock(&queue->lock);
    const jp_item *item = queue->first;
    while (item && !test(item, ctx)) item = item->next;
    pthread_mutex_unlock(&queue->lock);
    return item != NULL;
}

bool jp_queue_full(jp_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool full = is_full(queue);
    pthread_mutex_unlock(&queue->lock);
    return full;
}

bool jp_queue_empty(jp_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool empty = !queue->first;
    pthread_mutex_unlock(&queue->lock);
    return empty;
}

void jp_queue_close(jp_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_mutex_unlock(&queue->lock);
    tell(queue);
}
