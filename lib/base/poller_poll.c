/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The poller of every POSIX system. */
#include "base/poller.h"

#include <errno.h>
#include <fcntl.h>

#include "base/poller_set.h"

int ipoib__poller_init(struct ipoib__poller *poller, struct ipoib__memory *memory)
{
	ipoib__poller_set_init(poller, memory);
	return 0;
}

void ipoib__poller_fini(struct ipoib__poller *poller)
{
	ipoib__poller_set_fini(poller);
}

int ipoib__poller_watch(struct ipoib__poller *poller, int fd, short events)
{
	struct pollfd *watched = ipoib__poller_set_find(poller, fd);
	int r;

	if (!ipoib__poller_set_valid(events))
		return -EINVAL;
	/* poll(2) would only say so later, in the events of a round */
	if (fcntl(fd, F_GETFD) < 0)
		return -EBADF;
	if (watched) {
		watched->events = events;
		return 0;
	}

	r = ipoib__poller_set_reserve(poller);
	if (r < 0)
		return r;
	ipoib__poller_set_add(poller, fd, events);
	return 0;
}

int ipoib__poller_unwatch(struct ipoib__poller *poller, int fd)
{
	struct pollfd *watched = ipoib__poller_set_find(poller, fd);

	if (!watched)
		return -ENOENT;
	ipoib__poller_set_drop(poller, watched);
	return 0;
}

int ipoib__poller_fd(const struct ipoib__poller *poller)
{
	(void)poller;
	return -ENOTSUP;
}

int ipoib__poller_pollfds(const struct ipoib__poller *poller, struct pollfd *out, size_t n)
{
	for (size_t i = 0; i < n && i < poller->count; i++)
		out[i] = (struct pollfd){ .fd = poller->watched[i].fd,
					  .events = poller->watched[i].events };
	return (int)poller->count;
}

/* Forgets descriptors that were closed without being unwatched. */
static void forget_closed(struct ipoib__poller *poller)
{
	for (size_t i = poller->count; i > 0; i--)
		if (poller->watched[i - 1].revents & POLLNVAL)
			ipoib__poller_set_drop(poller, &poller->watched[i - 1]);
}

int ipoib__poller_ready(struct ipoib__poller *poller, int *fds, short *revents, size_t n)
{
	size_t found = 0;
	int ready;

	do
		ready = poll(poller->watched, (nfds_t)poller->count, 0);
	while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return -errno;
	if (ready == 0)
		return 0;

	forget_closed(poller);
	for (size_t i = 0, first = poller->turn; i < poller->count && found < n; i++) {
		size_t at = (first + i) % poller->count;

		if (poller->watched[at].revents == 0)
			continue;
		fds[found] = poller->watched[at].fd;
		revents[found++] = poller->watched[at].revents;
		poller->turn = at + 1; /* the next round begins behind the last one reported */
	}
	return (int)found;
}
