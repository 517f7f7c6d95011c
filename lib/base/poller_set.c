/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "base/poller_set.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"

#define ROOM_FIRST 8 /* enough for a context with a few ports */

void ipoib__poller_set_init(struct ipoib__poller *poller, struct ipoib__memory *memory)
{
	*poller = (struct ipoib__poller){ .memory = memory, .set = -1 };
}

void ipoib__poller_set_fini(struct ipoib__poller *poller)
{
	ipoib__memory_put(poller->memory, poller->watched,
			  poller->room * sizeof(*poller->watched));
	ipoib__poller_set_init(poller, poller->memory);
}

struct pollfd *ipoib__poller_set_find(const struct ipoib__poller *poller, int fd)
{
	for (size_t i = 0; i < poller->count; i++)
		if (poller->watched[i].fd == fd)
			return &poller->watched[i];
	return NULL;
}

bool ipoib__poller_set_valid(short events)
{
	return (events & ~(POLLIN | POLLOUT)) == 0;
}

int ipoib__poller_set_reserve(struct ipoib__poller *poller)
{
	if (poller->count == IPOIB__POLLER_WATCHED_MAX)
		return -ENOSPC;
	if (poller->count < poller->room)
		return 0;

	size_t room = poller->room ? 2 * poller->room : ROOM_FIRST;
	struct pollfd *larger = ipoib__memory_get_array(poller->memory, room, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	if (poller->count)
		memcpy(larger, poller->watched, poller->count * sizeof(*larger));
	ipoib__memory_put(poller->memory, poller->watched, poller->room * sizeof(*larger));
	poller->watched = larger;
	poller->room = room;
	return 0;
}

void ipoib__poller_set_add(struct ipoib__poller *poller, int fd, short events)
{
	ipoib__assert(poller->count < poller->room);
	poller->watched[poller->count++] = (struct pollfd){ .fd = fd, .events = events };
}

void ipoib__poller_set_drop(struct ipoib__poller *poller, struct pollfd *watched)
{
	ipoib__assert(poller->count > 0);
	*watched = poller->watched[--poller->count];
}
