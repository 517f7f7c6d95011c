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
}

/*
 * More are free than are in reserve, and more are left, in whole slabs that the pool may yet grow
 * by too, than are owed besides.
 */
void ipoib__pool_stocked(struct ipoib__pool *pool)
{
	uint32_t kept = pool->reserve_control + pool->reserve_receive;
	uint32_t least = pool->limit > pool->total + pool->slab ? pool->limit - pool->slab :
								  pool->total;

	pool->ample_out = pool->total > kept ? pool->total - kept : 0;
	pool->ample_claimed = least > kept ? least - kept : 0;
}

void ipoib__pool_fini(struct ipoib_transport *transport, struct ipoib__pool *pool)
{
	struct ipoib__memory *memory = &transport->context->memory;
	struct ipoib__list *first;

	ipoib__assert(pool->out == 0 && pool->claimed == 0);
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
		buffer->room = pool->octets - IPOIB__HEADROOM;
		ipoib__list_init(&buffer->link);
		ipoib__list_init(&buffer->age);
		ipoib__pool_push(pool, buffer);
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
	ipoib__pool_stocked(pool);
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
	buffer->fate = 0;
	buffer->source_lid = 0;
	buffer->type = 0;
	buffer->source_qpn = 0;
	buffer->remote_qpn = 0;
	buffer->pool->out++;
}

void ipoib__pool_posted(struct ipoib__pool *pool, struct ipoib_interface *poster,
			ipoib__take_back *take)
{
	for (struct ipoib__list *at = pool->slabs.next; at != &pool->slabs; at = at->next) {
		struct ipoib__slab *slab = ipoib__container_of(at, struct ipoib__slab, link);

		for (unsigned i = 0; i < pool->slab; i++)
			if (slab->buffers[i].poster == poster)
				take(poster, &slab->buffers[i]);
	}
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

/* ---- shares ---- */

static uint32_t owed_to(const struct ipoib__share *share)
{
	return share->out < share->least ? share->least - share->out : 0;
}

void ipoib__share_open(struct ipoib__share *share, struct ipoib__pool *pool, uint32_t least)
{
	*share = (struct ipoib__share){ .pool = pool, .least = least };
	pool->claimed += least;
	ipoib__pool_stocked(pool);
}

/* Its interface goes. What others still hold of it is of no share any more. */
void ipoib__share_close(struct ipoib__share *share)
{
	struct ipoib__pool *pool = share->pool;

	pool->claimed -= owed_to(share);
	ipoib__pool_stocked(pool);
	for (const struct ipoib__list *at = pool->slabs.next; share->out > 0 && at != &pool->slabs;
	     at = at->next) {
		struct ipoib__slab *slab = ipoib__container_of(at, struct ipoib__slab, link);

		for (unsigned i = 0; i < pool->slab; i++)
			if (slab->buffers[i].share == share)
				slab->buffers[i].share = NULL;
	}
}

static void count_in(struct ipoib__share *share, struct ipoib_buffer *buffer)
{
	share->pool->claimed += share->out >= share->least;
	share->out++;
	buffer->share = share;
}

static void count_out(struct ipoib_buffer *buffer)
{
	struct ipoib__share *share = buffer->share;

	if (!share) {
		buffer->pool->claimed--;
		return;
	}
	buffer->share = NULL;
	share->out--;
	buffer->pool->claimed -= share->out >= share->least;
}

/* Buffers that are in the pool, or would be if there were memory for them. */
static uint32_t spare(const struct ipoib__pool *pool)
{
	uint32_t all = pool->limit > pool->total ?
			       pool->total + (pool->limit - pool->total) / pool->slab * pool->slab :
			       pool->total;

	return all - pool->out;
}

/* What may be borrowed: that which is neither owed to any share nor in reserve. */
static uint32_t to_lend(const struct ipoib__pool *pool, enum ipoib__pool_use use)
{
	uint32_t kept = pool->claimed - pool->out + kept_from(pool, use);

	return spare(pool) > kept ? spare(pool) - kept : 0;
}

/*
 * Free buffers that stay for other uses. What is owed to a share is there besides the reserves,
 * unless memory for it could not be had.
 */
static uint32_t left_alone(const struct ipoib__share *share, enum ipoib__pool_use use)
{
	const struct ipoib__pool *pool = share->pool;

	return owed_to(share) > 0 && pool->total >= pool->limit ? 0 : kept_from(pool, use);
}

/* Whether there is a buffer for this use; the pool grows for it, as far as it may. */
bool ipoib__pool_has(struct ipoib_transport *transport, const struct ipoib__share *share,
		     enum ipoib__pool_use use)
{
	struct ipoib__pool *pool = share->pool;

	if (use != IPOIB__POOL_CONTROL && owed_to(share) == 0 && to_lend(pool, use) == 0)
		return false;
	while (pool->total - pool->out <= left_alone(share, use))
		if (!grow(transport, pool))
			return false;
	return true;
}

/* Buffers that the caller can still have, if there is memory for them. */
uint32_t ipoib__pool_left(const struct ipoib__share *share)
{
	return owed_to(share) + to_lend(share->pool, IPOIB__POOL_CALLER);
}

static bool is_ample(const struct ipoib__pool *pool)
{
	return pool->out < pool->ample_out && pool->claimed < pool->ample_claimed;
}

struct ipoib_buffer *ipoib__pool_get(struct ipoib_transport *transport, struct ipoib__share *share,
				     enum ipoib__pool_use use)
{
	struct ipoib_buffer *buffer;

	if (!is_ample(share->pool) && !ipoib__pool_has(transport, share, use))
		return NULL;
	buffer = ipoib__pool_pop(share->pool);
	ipoib__pool_begin(buffer);
	count_in(share, buffer);
	return buffer;
}

/* ---- buffers ---- */

/* The last buffer of a transport that the caller has let go of. */
static void check_end(struct ipoib_transport *transport)
{
	if (transport->pool.out > 0 || transport->large.out > 0 || transport->references > 0)
		return;
	transport->context->ended = true;
	ipoib__context_reap(transport->context);
}

/* The most recently used memory is the first to be used again: it is in the cache. */
static void put_back(struct ipoib_buffer *buffer)
{
	struct ipoib__pool *pool = buffer->pool;

	ipoib__assert(!buffer->taken && !ipoib__list_is_linked(&buffer->link) && !buffer->poster &&
		      !buffer->ah && !buffer->channel);
	if (pool->returned) {
		pool->returned(buffer);
		return;
	}
	ipoib__pool_push(pool, buffer);
	pool->out--;
	count_out(buffer);
	if (pool->starved || pool->wanted > 0)
		buffer->transport->context->again = true;
	if (pool->out == 0)
		check_end(buffer->transport);
}

struct ipoib_buffer *ipoib_buffer_ref(struct ipoib_buffer *buffer)
{
	ipoib__assert(buffer->references > 0);
	buffer->references++;
	return buffer;
}

void ipoib__buffer_unref(struct ipoib_buffer *buffer)
{
	ipoib__assert(buffer->references > 0);
	if (--buffer->references == 0)
		put_back(buffer);
}

void ipoib_buffer_unref(struct ipoib_buffer *buffer)
{
	if (buffer)
		ipoib__buffer_unref(buffer);
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
	return buffer->room;
}

int ipoib_buffer_set_length(struct ipoib_buffer *buffer, size_t length)
{
	if (length > buffer->room)
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
