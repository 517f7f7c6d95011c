/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A bounded first-in first-out ring of elements of one size, which are copied in and out (pointers,
 * or small structures). It never grows: a full ring says so, and its owner decides and counts what
 * is dropped (I10).
 *
 * put - take is the number of elements, also when both have wrapped, because the places are a power
 * of two; the limit is what the owner asked for and may be smaller than the places.
 */
#ifndef IPOIB__BASE_RING_H
#define IPOIB__BASE_RING_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

struct ipoib__ring {
	struct ipoib__memory *memory;
	uint8_t *places;
	size_t element; /* bytes of one element */
	size_t mask;    /* places - 1 */
	size_t limit;   /* elements at most */
	size_t put;     /* elements ever pushed, modulo SIZE_MAX + 1 */
	size_t take;    /* elements ever popped, likewise */
};

/*
 * Returns 0; -EINVAL when element or limit is 0; -ENOMEM. After an error the ring is empty and full
 * at once.
 */
static inline int ipoib__ring_init(struct ipoib__ring *ring, struct ipoib__memory *memory,
				   size_t element, size_t limit)
{
	size_t places = 1;

	*ring = (struct ipoib__ring){ .memory = memory, .element = element };
	if (element == 0 || limit == 0)
		return -EINVAL;
	if (limit > SIZE_MAX / 2 + 1) /* the next power of two would not fit */
		return -ENOMEM;
	while (places < limit)
		places *= 2;

	ring->places = ipoib__memory_get_array(memory, places, element);
	if (!ring->places)
		return -ENOMEM;
	ring->mask = places - 1;
	ring->limit = limit;
	return 0;
}

/* Elements that are still inside are forgotten: what they point at is the owner's to end first. */
static inline void ipoib__ring_fini(struct ipoib__ring *ring)
{
	if (ring->places)
		ipoib__memory_put(ring->memory, ring->places, (ring->mask + 1) * ring->element);
	*ring = (struct ipoib__ring){ .memory = ring->memory, .element = ring->element };
}

static inline size_t ipoib__ring_count(const struct ipoib__ring *ring)
{
	return ring->put - ring->take;
}

/* Copies an element to the end; false when the ring is full. */
static inline bool ipoib__ring_push(struct ipoib__ring *ring, const void *element)
{
	if (ipoib__ring_count(ring) >= ring->limit)
		return false;
	memcpy(ring->places + (ring->put++ & ring->mask) * ring->element, element, ring->element);
	return true;
}

/* The oldest element where it stands, until it is popped; NULL when the ring is empty. */
static inline void *ipoib__ring_peek(const struct ipoib__ring *ring)
{
	if (ipoib__ring_count(ring) == 0)
		return NULL;
	return ring->places + (ring->take & ring->mask) * ring->element;
}

/* Copies the oldest element out and drops it; false when the ring is empty. */
static inline bool ipoib__ring_pop(struct ipoib__ring *ring, void *element)
{
	const void *oldest = ipoib__ring_peek(ring);

	if (!oldest)
		return false;
	memcpy(element, oldest, ring->element);
	ring->take++;
	return true;
}

#endif
