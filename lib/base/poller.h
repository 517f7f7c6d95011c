/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A set of watched descriptors, and which of them are ready. Two files implement this header, and
 * one of them is in a build: poller_epoll.c (Linux), whose set is itself one descriptor that a
 * caller's loop can watch, and poller_poll.c (POSIX), whose caller watches every descriptor of the
 * set.
 *
 * Events are those of poll(2): POLLIN and POLLOUT are asked for, POLLERR and POLLHUP come unasked.
 * Readiness is a level: what is not dealt with is reported again.
 *
 * Unwatch a descriptor before closing it. One that was closed while watched is not reported, but
 * its number may soon name another file, which nobody can tell from the first. A poller does not
 * survive fork(2): parent and child would share one epoll set; a child makes its own.
 */
#ifndef IPOIB__BASE_POLLER_H
#define IPOIB__BASE_POLLER_H

#include <poll.h>
#include <stddef.h>

#include "base/memory.h"

/*
 * Descriptors watched at most by one poller: a context watches one or two per port, and a mock
 * fabric one per attached port; a linear search through as many is still faster than a system call
 * on them.
 */
#define IPOIB__POLLER_WATCHED_MAX 1024

struct ipoib__poller {
	struct ipoib__memory *memory;
	struct pollfd *watched; /* descriptor and events asked for */
	size_t count;
	size_t room;   /* elements allocated */
	size_t turn;   /* poll(2): where the next round begins */
	int set;       /* epoll: the descriptor of the set; -1 otherwise */
};

/*
 * Returns 0 or a negative errno: -EMFILE, -ENFILE, -ENOMEM. After an error fini is accepted, not
 * needed.
 */
int ipoib__poller_init(struct ipoib__poller *poller, struct ipoib__memory *memory);

/* The watched descriptors are the owner's and stay open. */
void ipoib__poller_fini(struct ipoib__poller *poller);

/*
 * Watches a descriptor for POLLIN, POLLOUT, both or (0) errors only, or changes what is watched
 * for. Returns 0; -EINVAL for other events; -EBADF; -ENOSPC when IPOIB__POLLER_WATCHED_MAX are
 * watched; -ENOMEM; with epoll -EPERM for a file that cannot be waited for. After an error nothing
 * has changed.
 */
int ipoib__poller_watch(struct ipoib__poller *poller, int fd, short events);

/* Returns 0, or -ENOENT when the descriptor was not watched. */
int ipoib__poller_unwatch(struct ipoib__poller *poller, int fd);

/*
 * The one descriptor (close-on-exec) that never changes while the poller lives and is readable when
 * a watched one is ready; -ENOTSUP with poll(2). Never read or closed by the caller.
 */
int ipoib__poller_fd(const struct ipoib__poller *poller);

/*
 * Fills in up to n descriptors to be polled by the caller; returns how many there are, perhaps more
 * than n.
 */
int ipoib__poller_pollfds(const struct ipoib__poller *poller, struct pollfd *out, size_t n);

/*
 * Which watched descriptors are ready now: up to n of them with their events. Never blocks. With
 * more ready than n, the next call goes on with the others, so that none starves. Returns how many,
 * or a negative errno that only a broken set can cause.
 */
int ipoib__poller_ready(struct ipoib__poller *poller, int *fds, short *revents, size_t n);

#endif
