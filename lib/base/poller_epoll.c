/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The poller of Linux, and the only file of the library that knows epoll(7). */
#include "base/poller.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/poller_set.h"

/* Events taken from the kernel at a time; the next call has the others. */
#define BATCH 64

int ipoib__poller_init(struct ipoib__poller *poller, struct ipoib__memory *memory)
{
	ipoib__poller_set_init(poller, memory);
	poller->set = epoll_create1(EPOLL_CLOEXEC);
	return poller->set < 0 ? -errno : 0;
}

void ipoib__poller_fini(struct ipoib__poller *poller)
{
	if (poller->set >= 0)
		close(poller->set);
	ipoib__poller_set_fini(poller);
}

static int control(const struct ipoib__poller *poller, int operation, int fd, short events)
{
	struct epoll_event event = { .data.fd = fd };

	if (events & POLLIN)
		event.events |= EPOLLIN;
	if (events & POLLOUT)
		event.events |= EPOLLOUT;
	return epoll_ctl(poller->set, operation, fd, &event) < 0 ? -errno : 0;
}

/*
 * Changes what a watched descriptor is watched for. When it was closed and its number names another
 * file now, the kernel has forgotten it, and it is added anew.
 */
static int change(const struct ipoib__poller *poller, int fd, short events)
{
	int r = control(poller, EPOLL_CTL_MOD, fd, events);

	return r == -ENOENT ? control(poller, EPOLL_CTL_ADD, fd, events) : r;
}

int ipoib__poller_watch(struct ipoib__poller *poller, int fd, short events)
{
	struct pollfd *watched = ipoib__poller_set_find(poller, fd);
	int r;

	if (!ipoib__poller_set_valid(events))
		return -EINVAL;
	if (watched) {
		r = change(poller, fd, events);
		if (r == 0)
			watched->events = events;
		return r;
	}

	r = ipoib__poller_set_reserve(poller);
	if (r == 0)
		r = control(poller, EPOLL_CTL_ADD, fd, events);
	if (r == 0)
		ipoib__poller_set_add(poller, fd, events);
	return r;
}

int ipoib__poller_unwatch(struct ipoib__poller *poller, int fd)
{
	struct pollfd *watched = ipoib__poller_set_find(poller, fd);

	if (!watched)
		return -ENOENT;
	/* fails for one that was closed, which the kernel then has forgotten already */
	(void)control(poller, EPOLL_CTL_DEL, fd, 0);
	ipoib__poller_set_drop(poller, watched);
	return 0;
}

int ipoib__poller_fd(const struct ipoib__poller *poller)
{
	return poller->set;
}

int ipoib__poller_pollfds(const struct ipoib__poller *poller, struct pollfd *out, size_t n)
{
	if (n > 0)
		out[0] = (struct pollfd){ .fd = poller->set, .events = POLLIN };
	return 1;
}

static short events_of(uint32_t events)
{
	int result = 0;

	if (events & EPOLLIN)
		result |= POLLIN;
	if (events & EPOLLOUT)
		result |= POLLOUT;
	if (events & EPOLLERR)
		result |= POLLERR;
	if (events & EPOLLHUP)
		result |= POLLHUP;
	return (short)result;
}

/*
 * One batch is a round: the kernel moves what it reports to the end of its ready list, so that the
 * next call begins with those that were not reported (epoll_wait(2), Notes).
 */
int ipoib__poller_ready(struct ipoib__poller *poller, int *fds, short *revents, size_t n)
{
	struct epoll_event events[BATCH];
	int found = 0;
	int r;

	if (n == 0)
		return 0;
	do
		r = epoll_wait(poller->set, events, n < BATCH ? (int)n : BATCH, 0);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;

	for (int i = 0; i < r; i++) {
		/*
		 * a file that lives on behind a closed number (dup, fork) stays in the kernel's set
		 */
		if (!ipoib__poller_set_find(poller, events[i].data.fd))
			continue;
		fds[found] = events[i].data.fd;
		revents[found++] = events_of(events[i].events);
	}
	return found;
}
