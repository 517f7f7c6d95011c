/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Memory of the caller's own.
 *
 * 1. A region holds its transport: memory that an adapter may read outlives nobody's use of it.
 *    Its buffers are made with it, so sending allocates nothing.
 * 2. A buffer of a region goes the way of all buffers. When its count falls to zero it is not the
 *    caller's yet: that may be in the middle of anything. It is put aside,
 * 3. and told at the end of the transport's next turn, where callbacks may do everything.
 * 4. A region that the caller has given back ends with its last packet. Then nobody may come to
 *    dispatch any more: what is left is told while the context reaps.
 */
#include "interface/interface.h"

#include <errno.h>

#include <ipoib/region.h>

#include "base/sized.h"

IPOIB__FIRST_VERSION(CONFIG_FIRST, struct ipoib_region_config, user, 48);

/* The longest that an IP packet can be; what a link takes is checked when it is sent. */
#define PACKET_MAX 65535

struct region_buffer {
	struct ipoib_buffer buffer; /* first: the rest of the library sees only this */
	struct ipoib_region *region;
};

struct ipoib_region {
	struct ipoib__list link; /* of the transport */
	struct ipoib_transport *transport;
	struct ipoib_memory_region memory;
	struct ipoib__pool pool; /* free: buffers */
	struct ipoib__list done; /* buffers to be told */
	struct ipoib_region_config config;
	bool held;               /* the caller's handle */
	struct region_buffer buffers[];
};

static struct region_buffer *own(struct ipoib__list *link)
{
	return ipoib__container_of(ipoib__container_of(link, struct ipoib_buffer, link),
				   struct region_buffer, buffer);
}

static size_t region_octets(uint32_t buffers)
{
	return sizeof(struct ipoib_region) + buffers * sizeof(struct region_buffer);
}

/* Its count is zero: put aside, until its owner can be told. */
static void put_aside(struct ipoib_buffer *buffer)
{
	struct region_buffer *mine = ipoib__container_of(buffer, struct region_buffer, buffer);
	struct ipoib_context *context = buffer->transport->context;

	ipoib__list_push_back(&mine->region->done, &buffer->link);
	if (context->depth == 0) /* else this turn tells it */
		context->again = true;
	if (mine->region->held)
		return;
	context->ended = true;
	ipoib__context_reap(context);
}

static void fill(struct ipoib_region *region)
{
	ipoib__pool_init(&region->pool, 0, 0);
	region->pool.returned = put_aside;
	ipoib__list_init(&region->done);
	for (uint32_t i = 0; i < region->config.buffers; i++) {
		struct region_buffer *mine = &region->buffers[i];

		mine->region = region;
		mine->buffer.transport = region->transport;
		mine->buffer.pool = &region->pool;
		mine->buffer.key = region->memory.key;
		ipoib__list_init(&mine->buffer.link);
		ipoib__list_init(&mine->buffer.age);
		ipoib__pool_push(&region->pool, &mine->buffer);
	}
}

static int check(const struct ipoib_region_config *config)
{
	if (!config->address || config->length <= IPOIB_REGION_HEADROOM || config->reserved != 0 ||
	    config->buffers == 0 || config->buffers > IPOIB_REGION_BUFFERS_MAX)
		return -EINVAL;
	return 0;
}

int ipoib_region_new(struct ipoib_region **out, struct ipoib_interface *interface,
		     const struct ipoib_region_config *config)
{
	const struct ipoib_region_config defaults = IPOIB_REGION_CONFIG_INIT;
	struct ipoib_transport *transport = interface->transport;
	struct ipoib__memory *memory = &interface->context->memory;
	struct ipoib_region_config c = defaults;
	struct ipoib_region *region;
	int status = ipoib__sized_in(&c, sizeof(c), CONFIG_FIRST, config, config->size);

	if (status < 0 || (status = check(&c)) < 0)
		return status;
	if (interface->closed)
		return -ENETDOWN;
	region = ipoib__memory_get(memory, region_octets(c.buffers));
	if (!region)
		return -ENOMEM;
	status = transport->ops->memory_register(transport->self, c.address, c.length,
						 &region->memory);
	if (status < 0) {
		ipoib__memory_put(memory, region, region_octets(c.buffers));
		return status;
	}
	region->transport = ipoib_transport_ref(transport);
	region->config = c;
	region->held = true;
	ipoib__list_init(&region->link);
	ipoib__list_push_back(&transport->regions, &region->link);
	fill(region);
	*out = region;
	return 0;
}

void ipoib_region_unref(struct ipoib_region *region)
{
	struct ipoib_context *context;

	if (!region)
		return;
	ipoib__assert(region->held);
	context = region->transport->context;
	region->held = false;
	context->ended = true;
	ipoib__context_reap(context);
}

static bool inside(const struct ipoib_region_config *config, const void *packet, size_t length)
{
	uintptr_t start = (uintptr_t)config->address, at = (uintptr_t)packet;

	return at >= start && at - start >= IPOIB_REGION_HEADROOM &&
	       at - start <= config->length && length <= config->length - (at - start);
}

int ipoib_region_buffer(struct ipoib_region *region, struct ipoib_buffer **out, void *packet,
			size_t length)
{
	struct ipoib_buffer *buffer;

	if (!inside(&region->config, packet, length))
		return -EINVAL;
	if (length > PACKET_MAX)
		return -EMSGSIZE;
	buffer = ipoib__pool_pop(&region->pool);
	if (!buffer)
		return -ENOBUFS;
	/* As if the room for a GRH were there too: nothing that is sent touches it. */
	buffer->memory = (uint8_t *)((uintptr_t)packet - IPOIB__HEADROOM);
	buffer->room = (uint32_t)length;
	ipoib__pool_begin(buffer);
	buffer->length = (uint32_t)length;
	*out = buffer;
	return 0;
}

/* Each of those that are there now, once: what comes back meanwhile has its turn later. */
static void tell(struct ipoib_region *region)
{
	struct ipoib__list now, *first;

	ipoib__list_init(&now);
	ipoib__list_splice(&now, &region->done);
	while ((first = ipoib__list_pop_front(&now)) != NULL) {
		struct region_buffer *mine = own(first);
		void *packet = mine->buffer.memory + IPOIB__HEADROOM;

		ipoib__pool_push(&region->pool, &mine->buffer);
		region->pool.out--;
		if (region->config.released)
			region->config.released(packet, region->config.user);
	}
}

void ipoib__regions_posted(struct ipoib_transport *transport, struct ipoib_interface *poster,
			   ipoib__take_back *take)
{
	for (struct ipoib__list *at = transport->regions.next; at != &transport->regions;
	     at = at->next) {
		struct ipoib_region *region = ipoib__container_of(at, struct ipoib_region, link);

		for (uint32_t i = 0; i < region->config.buffers; i++)
			if (region->buffers[i].buffer.poster == poster)
				take(poster, &region->buffers[i].buffer);
	}
}

/* At the end of a turn: callbacks may add regions, and none is freed. */
void ipoib__regions_run(struct ipoib_transport *transport)
{
	for (struct ipoib__list *at = transport->regions.next; at != &transport->regions;
	     at = at->next) {
		struct ipoib_region *region = ipoib__container_of(at, struct ipoib_region, link);

		tell(region);
		if (!ipoib__list_empty(&region->done))
			transport->context->again = true;
	}
}

/* While the context reaps: what was given back ends when nothing of it is out any more. */
void ipoib__regions_reap(struct ipoib_transport *transport)
{
	struct ipoib_context *context = transport->context;
	struct ipoib__list *at, *next;

	ipoib__list_for_each_safe(at, next, &transport->regions) {
		struct ipoib_region *region = ipoib__container_of(at, struct ipoib_region, link);

		if (region->held)
			continue;
		tell(region);
		if (region->pool.out > 0)
			continue;
		ipoib__list_remove(&region->link);
		transport->ops->memory_put(transport->self, &region->memory);
		ipoib__memory_put(&context->memory, region, region_octets(region->config.buffers));
		ipoib_transport_unref(transport);
	}
}
