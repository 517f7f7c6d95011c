/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The allocator of a context. Every allocation of the library goes through one of these, so that a
 * caller can put it in its own pool, a test can fail it at will, and a leak is a number that is not
 * zero.
 *
 * The size is given back on release: a pool allocator then needs no header before each block, and
 * the count of bytes in use needs no table.
 */
#ifndef IPOIB__BASE_MEMORY_H
#define IPOIB__BASE_MEMORY_H

#include <stddef.h>

struct ipoib__memory {
	/*
	 * Memory aligned for any type, its content undefined; NULL when there is none. Size is not
	 * 0.
	 */
	void *(*allocate)(size_t size, void *user);
	/* Takes back what allocate gave, with the size that was asked for. Pointer is not NULL. */
	void (*release)(void *pointer, size_t size, void *user);
	void *user;
	size_t in_use; /* bytes got and not yet put back */
};

/* Sets the hooks; malloc and free when allocate is NULL. Hooks come in pairs: both or neither. */
void ipoib__memory_init(struct ipoib__memory *memory,
			void *(*allocate)(size_t size, void *user),
			void (*release)(void *pointer, size_t size, void *user), void *user);

/* Zeroed memory, or NULL when there is none; size 0 gives NULL. */
void *ipoib__memory_get(struct ipoib__memory *memory, size_t size);

/* Zeroed memory for n elements of one size; NULL also when n * size does not fit a size_t. */
void *ipoib__memory_get_array(struct ipoib__memory *memory, size_t n, size_t size);

/*
 * The same without the zeroes, for blocks so large that clearing them at once would be a pause: the
 * owner clears them piece by piece (see table.h).
 */
void *ipoib__memory_get_array_uncleared(struct ipoib__memory *memory, size_t n, size_t size);

/* Puts memory back with the size (n * size for arrays) that was got; NULL is accepted. */
void ipoib__memory_put(struct ipoib__memory *memory, void *pointer, size_t size);

#endif
