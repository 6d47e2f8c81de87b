/* queue.h - messages handed from one thread to another, in order.
 *
 *     jp_queue_put(&queue, &request->item);                   // never waits
 *     jp_queue_wait_room(&queue, &cancel);                    // waits while the queue is full and open
 *     jp_item *item = jp_queue_take(&queue, true);            // waits; NULL: closed and empty
 *
 * "Full" is a number of items or of bytes; the writer that should slow down asks. Closing wakes everybody: waiting
 * ends, what is inside can still be taken, jp_queue_put still puts. wake_fd (an eventfd, or -1) is written when
 * something was put into an empty queue, and when it closes: whoever is woken takes until there is nothing more. */
#ifndef JP_QUEUE_H
#define JP_QUEUE_H

#include <pthread.h>

#include "kernel/jupyter/wire.h"

typedef struct jp_queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    jp_item *first, **last;
    size_t count, bytes, most_count, most_bytes;
    int wake_fd;
    bool closed;
} jp_queue;

void jp_queue_init(jp_queue *queue, size_t most_count, size_t most_bytes, int wake_fd);
void jp_queue_release(jp_queue *queue); /* must be empty */
void jp_queue_put(jp_queue *queue, jp_item *item);
void jp_queue_wait_room(jp_queue *queue, lg_cancel *cancel); /* who is cancelled waits no more; NULL: never is */
jp_item *jp_queue_take(jp_queue *queue, bool wait);
bool jp_queue_wait(jp_queue *queue, double seconds); /* false: nothing came so long, and it is open */
/* Does the test hold of something that waits? It runs under the queue's lock: it must be quick and must not wait. */
bool jp_queue_any(jp_queue *queue, bool (*test)(const jp_item *item, const void *ctx), const void *ctx);
bool jp_queue_full(jp_queue *queue);
bool jp_queue_empty(jp_queue *queue);
void jp_queue_close(jp_queue *queue);

#endif
