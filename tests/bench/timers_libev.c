/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * libev's heap of timers. It reads the machine's clock and has no other, so that its time stands
 * still while timers are armed (the time of a loop is that of its last turn), and what is to expire
 * is armed with deadlines that have passed. Expiring is one turn of the loop, without waiting.
 */
#include "timers.h"

#include <stdlib.h>

#include <ev.h>

struct heap {
	struct ev_loop *loop;
	uint64_t fired;
	struct ev_timer timers[];
};

static void expired(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	(*(uint64_t *)ev_userdata(loop))++;
}

static void *heap_open(size_t count)
{
	struct heap *heap = malloc(sizeof(*heap) + count * sizeof(*heap->timers));

	if (!heap)
		return NULL;
	heap->fired = 0;
	heap->loop = ev_loop_new(EVFLAG_NOENV);
	if (!heap->loop) {
		free(heap);
		return NULL;
	}
	ev_set_userdata(heap->loop, &heap->fired);
	for (size_t i = 0; i < count; i++)
		ev_timer_init(&heap->timers[i], expired, 0, 0);
	return heap;
}

static void start(struct heap *heap, uint32_t timer, double after)
{
	ev_timer_set(&heap->timers[timer], after, 0);
	ev_timer_start(heap->loop, &heap->timers[timer]);
}

static void heap_arm(void *set, uint32_t timer, uint64_t after)
{
	start(set, timer, (double)after * 1e-9);
}

/* Moves it within the heap, which is less than to stop and to start it. */
static void heap_rearm(void *set, uint32_t timer, uint64_t after)
{
	struct heap *heap = set;

	heap->timers[timer].repeat = (double)after * 1e-9;
	ev_timer_again(heap->loop, &heap->timers[timer]);
}

static void heap_cancel(void *set, uint32_t timer)
{
	struct heap *heap = set;

	ev_timer_stop(heap->loop, &heap->timers[timer]);
}

static void heap_arm_due(void *set, uint32_t timer, uint64_t after)
{
	start(set, timer, ((double)after - (double)TIMERS_LONGEST_NS) * 1e-9 - 1);
}

static uint64_t heap_expire(void *set)
{
	struct heap *heap = set;
	uint64_t before = heap->fired;

	ev_run(heap->loop, EVRUN_NOWAIT);
	return heap->fired - before;
}

static void heap_close(void *set)
{
	struct heap *heap = set;

	ev_loop_destroy(heap->loop);
	free(heap);
}

const struct timers_peer timers_libev = {
	.name = "libev",
	.open = heap_open,
	.arm = heap_arm,
	.rearm = heap_rearm,
	.cancel = heap_cancel,
	.arm_due = heap_arm_due,
	.expire = heap_expire,
	.close = heap_close,
};
