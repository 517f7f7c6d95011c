/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A context in a libev loop.
 *
 *  1. Before the loop sleeps (ev_prepare) the context is asked what it waits for: the deadline
 *     may have moved with any call since, and without epoll so may the descriptors.
 *  2. A descriptor or the timer wakes the loop: the first of them in a round dispatches, which
 *     does the work of all of them.
 */
#include <ipoib/ev.h>

#include <errno.h>
#include <ev.h>
#include <poll.h>
#include <stdbool.h>

#include <ipoib/context.h>

#include "base/poller.h" /* how many descriptors there can be */

struct ipoib_ev {
	struct ev_loop *loop;
	struct ipoib_context *context; /* with a reference: a callback may end all others */
	ev_prepare prepare;
	ev_timer timer;
	uint64_t armed;	       /* the deadline that the timer stands for, while it is active */
	struct pollfd *wanted; /* what the context waits for, as told last */
	ev_io *watchers;       /* for each of those */
	size_t room;	       /* of both */
	size_t watched;
	bool fixed;	  /* one descriptor that never changes */
	bool dispatched;  /* in this round of the loop */
	bool dispatching; /* a close from a callback leaves the memory to dispatch() */
	bool closed;
};

static void release(struct ipoib_ev *ev)
{
	struct ipoib_context *context = ev->context;

	ipoib_context_free(context, ev->wanted, ev->room * sizeof(*ev->wanted));
	ipoib_context_free(context, ev->watchers, ev->room * sizeof(*ev->watchers));
	ipoib_context_free(context, ev, sizeof(*ev));
	ipoib_context_unref(context);
}

/* May free ev. */
static void dispatch(struct ipoib_ev *ev)
{
	/* dispatching: a callback of the context runs a loop inside the loop. */
	if (ev->dispatched || ev->dispatching)
		return;
	ev->dispatched = true;
	ev->dispatching = true;
	(void)ipoib_context_dispatch(ev->context);
	ev->dispatching = false;
	if (ev->closed)
		release(ev);
}

static void on_descriptor(struct ev_loop *loop, ev_io *watcher, int events)
{
	(void)loop;
	(void)events;
	dispatch(watcher->data);
}

static void on_timer(struct ev_loop *loop, ev_timer *watcher, int events)
{
	(void)loop;
	(void)events;
	dispatch(watcher->data);
}

static void stop_watchers(struct ipoib_ev *ev)
{
	while (ev->watched > 0)
		ev_io_stop(ev->loop, &ev->watchers[--ev->watched]);
}

static void start_watcher(struct ipoib_ev *ev, const struct pollfd *wanted)
{
	int events = (wanted->events & POLLIN ? EV_READ : 0) |
		     (wanted->events & POLLOUT ? EV_WRITE : 0);

	/* Nobody may ask for errors alone, and libev could not wait for them. */
	if (events == 0)
		return;
	ev_io *watcher = &ev->watchers[ev->watched++];

	ev_io_init(watcher, on_descriptor, wanted->fd, events);
	watcher->data = ev;
	ev_io_start(ev->loop, watcher);
}

/*
 * A changing set is watched anew in each round, the same descriptors included: one that was closed
 * and opened again has its old number, and libev would wait for the file that is gone.
 */
static void watch_descriptors(struct ipoib_ev *ev)
{
	if (ev->fixed && ev->watched > 0)
		return;
	stop_watchers(ev);
	int count = ipoib_context_pollfds(ev->context, ev->wanted, ev->room);

	for (size_t i = 0; count > 0 && i < (size_t)count && i < ev->room; i++)
		start_watcher(ev, &ev->wanted[i]);
}

/* Up to the next microsecond: what wakes too early finds nothing to do and comes back at once. */
static double seconds_until(uint64_t deadline, uint64_t now)
{
	return deadline <= now ? 0. : (double)((deadline - now) / 1000 + 1) * 1e-6;
}

static void arm_timer(struct ipoib_ev *ev)
{
	uint64_t deadline = ipoib_context_deadline(ev->context);

	if (ev_is_active(&ev->timer) && ev->armed == deadline)
		return;
	ev_timer_stop(ev->loop, &ev->timer);
	if (deadline == IPOIB_NEVER)
		return;
	double seconds = seconds_until(deadline, ipoib_context_now(ev->context));

	/* The loop counts from its last look at the clock, which may be long ago. */
	ev_now_update(ev->loop);
	ev_timer_set(&ev->timer, seconds, 0.);
	ev_timer_start(ev->loop, &ev->timer);
	ev->armed = deadline;
}

static void on_prepare(struct ev_loop *loop, ev_prepare *watcher, int events)
{
	struct ipoib_ev *ev = watcher->data;

	(void)loop;
	(void)events;
	ev->dispatched = false;
	watch_descriptors(ev);
	arm_timer(ev);
}

int ipoib_ev_new(struct ipoib_ev **out, struct ev_loop *loop, struct ipoib_context *context)
{
	struct ipoib_ev *ev = ipoib_context_allocate(context, sizeof(*ev));

	if (!ev)
		return -ENOMEM;
	ev->loop = loop;
	ev->context = ipoib_context_ref(context);
	ev->fixed = ipoib_context_fd(context) >= 0;
	/* All that there can ever be: on_prepare() could tell nobody that memory ran out. */
	ev->room = ev->fixed ? 1 : IPOIB__POLLER_WATCHED_MAX;
	ev->wanted = ipoib_context_allocate(context, ev->room * sizeof(*ev->wanted));
	ev->watchers = ipoib_context_allocate(context, ev->room * sizeof(*ev->watchers));
	if (!ev->wanted || !ev->watchers) {
		release(ev);
		return -ENOMEM;
	}
	ev_timer_init(&ev->timer, on_timer, 0., 0.);
	ev->timer.data = ev;
	ev_prepare_init(&ev->prepare, on_prepare);
	ev->prepare.data = ev;
	ev_prepare_start(loop, &ev->prepare);
	*out = ev;
	return 0;
}

void ipoib_ev_close(struct ipoib_ev *ev)
{
	if (!ev)
		return;
	stop_watchers(ev);
	ev_timer_stop(ev->loop, &ev->timer);
	ev_prepare_stop(ev->loop, &ev->prepare);
	ev->closed = true;
	if (!ev->dispatching)
		release(ev);
}
