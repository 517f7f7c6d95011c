/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the two pollers share: the list of the watched descriptors. For poller_epoll.c and
 * poller_poll.c.
 */
#ifndef IPOIB__BASE_POLLER_SET_H
#define IPOIB__BASE_POLLER_SET_H

#include <stdbool.h>

#include "base/poller.h"

/* An empty set. */
void ipoib__poller_set_init(struct ipoib__poller *poller, struct ipoib__memory *memory);

void ipoib__poller_set_fini(struct ipoib__poller *poller);

/* The watched descriptor, or NULL. It stays there until the set changes. */
struct pollfd *ipoib__poller_set_find(const struct ipoib__poller *poller, int fd);

/* Whether events are some that can be asked for. */
bool ipoib__poller_set_valid(short events);

/* Makes room for one more; returns 0, -ENOSPC or -ENOMEM. */
int ipoib__poller_set_reserve(struct ipoib__poller *poller);

/* Adds a descriptor that is not there yet, for which there is room. */
void ipoib__poller_set_add(struct ipoib__poller *poller, int fd, short events);

/* Removes what find returned. The last one takes its place. */
void ipoib__poller_set_drop(struct ipoib__poller *poller, struct pollfd *watched);

#endif
