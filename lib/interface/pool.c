/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The buffers of a transport: slabs of registered memory, cut in pieces that hold one packet
 * each. A pool grows slab by slab up to what the interfaces of the transport asked for, and
 * gives memory back only at the transport's end: registering costs a system call and pinned pages.
 *
 *   memory   +40              +44
 *   | GRH    | IPoIB header   | IP packet ...
 */
#include "interface/interface.h"

#include <errno.h>

/* Whole cache lines: packets share none. */
static size_t stride(const struct ipoib__pool *pool)
{
	return (pool->octets + (size_t)63) & ~(size_t)63;
}

static size_t slab_octets(const struct ipoib__pool *pool)
{
	return sizeof(struct ipoib__slab) + pool->slab * sizeof(struct ipoib_buffer);
}

void ipoib__pool_init(struct ipoib__pool *pool, uint32_t octets, uint32_t slab)
{
	*pool = (struct ipoib__pool){ .octets = octets, .slab = slab };
	ipoib__list_init(&pool->slabs);
	ipoib__list_init(&pool->free);
}

void ipoib__pool_fini(struct ipoib_transport *transport, struct ipoib__pool *pool)
{
	struct ipoib__memory *memory = &transport->context->memory;
	struct ipoib__list *first;

	ipoib__assert(pool->out == 0);
	while ((first = ipoib__list_pop_front(&pool->slabs)) != NULL) {
		struct ipoib__slab *slab = ipoib__container_of(first, struct ipoib__slab, link);

		transport->ops->memory_put(transport->self, &slab->region);
		ipoib__memory_put(memory, slab, slab_octets(pool));
	}
}

static void cut(struct ipoib_transport *transport, struct ipoib__pool *pool,
		struct ipoib__slab *slab)
{
	for (unsigned i = 0; i < pool->slab; i++) {
		struct ipoib_buffer *buffer = &slab->buffers[i];

		buffer->transport = transport;
		buffer->pool = pool;
		buffer->memory = (uint8_t *)slab->region.address + i * stride(pool);
		buffer->key = slab->region.key;
		ipoib__list_init(&buffer->link);
		ipoib__list_init(&buffer->age);
		ipoib__list_push_back(&pool->free, &buffer->link);
	}
}

static bool grow(struct ipoib_transport *transport, struct ipoib__pool *pool)
{
	struct ipoib__memory *memory = &transport->context->memory;
	struct ipoib__slab *slab;

	if (pool->total + pool->slab > pool->limit)
		return false;
	slab = ipoib__memory_get(memory, slab_octets(pool));
	if (!slab)
		return false;
	if (transport->ops->memory_get(transport->self, pool->slab * stride(pool),
				       &slab->region) < 0) {
		ipoib__memory_put(memory, slab, slab_octets(pool));
		return false;
	}
	ipoib__list_init(&slab->link);
	ipoib__list_push_back(&pool->slabs, &slab->link);
	pool->total += pool->slab;
	cut(transport, pool, slab);
	return true;
}

/* A buffer that has left its pool: nothing of its last use is left. */
void ipoib__pool_begin(struct ipoib_buffer *buffer)
{
	buffer->references = 1;
	buffer->length = 0;
	buffer->taken = false;
	buffer->control = false;
	buffer->cast = 0;
	buffer->source_lid = 0;
	buffer->source_qpn = 0;
	buffer->pool->out++;
}

/* Free buffers that are not for this use. */
static uint32_t kept_from(const struct ipoib__pool *pool, enum ipoib__pool_use use)
{
	switch (use) {
	case IPOIB__POOL_CALLER:
		return pool->reserve_control + pool->reserve_receive;
	case IPOIB__POOL_RECEIVE:
		return pool->reserve_control;
	default:
		return 0;
	}
}

/* Whether there is a buffer for this use; the pool grows for it, as far as it may. */
bool ipoib__pool_has(struct ipoib_transport *transport, struct ipoib__pool *pool,
		     enum ipoib__pool_use use)
{
	while (pool->total - pool->out <= kept_from(pool, use))
		if (!grow(transport, pool))
			return false;
	return true;
}

/* Buffers that the caller can still have, if there is memory for them. */
uint32_t ipoib__pool_left(const struct ipoib__pool *pool)
{
	uint32_t grows = pool->limit > pool->total ? pool->limit - pool->total : 0;
	uint32_t free = pool->total - pool->out + grows / pool->slab * pool->slab;
	uint32_t kept = kept_from(pool, IPOIB__POOL_CALLER);

	return free > kept ? free - kept : 0;
}

struct ipoib_buffer *ipoib__pool_get(struct ipoib_transport *transport, struct ipoib__pool *pool,
				     enum ipoib__pool_use use)
{
	struct ipoib_buffer *buffer;

	if (!ipoib__pool_has(transport, pool, use))
		return NULL;
	buffer = ipoib__container_of(ipoib__list_pop_front(&pool->free), struct ipoib_buffer, link);
	ipoib__pool_begin(buffer);
	return buffer;
}

/* The most recently used memory is the first to be used again: it is in the cache. */
static void put_back(struct ipoib_buffer *buffer)
{
	struct ipoib_transport *transport = buffer->transport;
	struct ipoib__pool *pool = buffer->pool;

	ipoib__assert(!buffer->taken && !ipoib__list_is_linked(&buffer->link) && !buffer->ah &&
		      !buffer->channel);
	if (pool->octets == 0) {
		ipoib__region_return(buffer);
		return;
	}
	ipoib__list_push_front(&pool->free, &buffer->link);
	pool->out--;
	if (pool->starved || pool->wanted > 0)
		transport->context->again = true;
	if (transport->pool.out == 0 && transport->large.out == 0 && transport->references == 0) {
		transport->context->ended = true;
		ipoib__context_reap(transport->context);
	}
}

struct ipoib_buffer *ipoib_buffer_ref(struct ipoib_buffer *buffer)
{
	ipoib__assert(buffer->references > 0);
	buffer->references++;
	return buffer;
}

void ipoib_buffer_unref(struct ipoib_buffer *buffer)
{
	if (!buffer)
		return;
	ipoib__assert(buffer->references > 0);
	if (--buffer->references == 0)
		put_back(buffer);
}

uint8_t *ipoib_buffer_data(struct ipoib_buffer *buffer)
{
	return buffer->memory + IPOIB__HEADROOM;
}

size_t ipoib_buffer_length(const struct ipoib_buffer *buffer)
{
	return buffer->length;
}

size_t ipoib_buffer_room(const struct ipoib_buffer *buffer)
{
	if (buffer->pool->octets == 0)
		return ipoib__region_room(buffer);
	return buffer->pool->octets - IPOIB__HEADROOM;
}

int ipoib_buffer_set_length(struct ipoib_buffer *buffer, size_t length)
{
	if (length > ipoib_buffer_room(buffer))
		return -EMSGSIZE;
	buffer->length = (uint32_t)length;
	return 0;
}

int ipoib_buffer_cast(const struct ipoib_buffer *buffer)
{
	return buffer->cast;
}

uint32_t ipoib_buffer_source_qpn(const struct ipoib_buffer *buffer)
{
	return buffer->source_qpn;
}

uint16_t ipoib_buffer_source_lid(const struct ipoib_buffer *buffer)
{
	return buffer->source_lid;
}
