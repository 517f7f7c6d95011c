/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The only file of the library that knows malloc and free. */
#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

static void *allocate_by_malloc(size_t size, void *user)
{
	(void)user;
	return malloc(size);
}

static void release_by_free(void *pointer, size_t size, void *user)
{
	(void)size;
	(void)user;
	free(pointer);
}

void ipoib__memory_init(struct ipoib__memory *memory,
			void *(*allocate)(size_t size, void *user),
			void (*release)(void *pointer, size_t size, void *user), void *user)
{
	ipoib__assert(!allocate == !release);

	memory->allocate = allocate ? allocate : allocate_by_malloc;
	memory->release = release ? release : release_by_free;
	memory->user = user;
	memory->in_use = 0;
}

static void *get_uncleared(struct ipoib__memory *memory, size_t size)
{
	if (size == 0)
		return NULL;

	void *pointer = memory->allocate(size, memory->user);

	if (pointer)
		memory->in_use += size;
	return pointer;
}

void *ipoib__memory_get(struct ipoib__memory *memory, size_t size)
{
	void *pointer = get_uncleared(memory, size);

	if (pointer)
		memset(pointer, 0, size);
	return pointer;
}

static bool product_fits(size_t n, size_t size)
{
	return size == 0 || n <= SIZE_MAX / size;
}

void *ipoib__memory_get_array(struct ipoib__memory *memory, size_t n, size_t size)
{
	return product_fits(n, size) ? ipoib__memory_get(memory, n * size) : NULL;
}

void *ipoib__memory_get_array_uncleared(struct ipoib__memory *memory, size_t n, size_t size)
{
	return product_fits(n, size) ? get_uncleared(memory, n * size) : NULL;
}

void ipoib__memory_put(struct ipoib__memory *memory, void *pointer, size_t size)
{
	if (!pointer)
		return;

	ipoib__assert(size <= memory->in_use);
	memory->in_use -= size;
	memory->release(pointer, size, memory->user);
}
