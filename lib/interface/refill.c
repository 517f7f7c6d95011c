/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The receive queues are kept full, as far as the pools go. */
#include "interface/interface.h"

/*
 * With an empty pool and an empty receive queue nothing would ever wake us: look again after
 * this time.
 */
#define REFILL_RETRY_NS UINT64_C(10000000)

/* One of the two receive queues: of the UD queue pair, and of all connections. */
struct queue {
	struct ipoib__share *share;
	uint32_t *out;
	uint32_t depth;
	uint32_t offset; /* of the posted memory in a buffer: a connection's message has no GRH */
	int (*post)(void *self, void *ud, const struct ipoib_ud_receive *receives, size_t count);
};

static size_t collect(struct ipoib_interface *interface, const struct queue *queue,
		      struct ipoib_ud_receive *receives, size_t count)
{
	struct ipoib_buffer *buffer;
	size_t n = 0;

	while (n < count) {
		buffer = ipoib__pool_get(interface->transport, queue->share,
					 IPOIB__POOL_RECEIVE);
		if (!buffer) { /* who brings one back wakes us */
			queue->share->pool->starved = true;
			break;
		}
		receives[n++] = (struct ipoib_ud_receive){
			.cookie = (uintptr_t)buffer,
			.address = buffer->memory + queue->offset,
			.length = queue->share->pool->octets - queue->offset,
			.key = buffer->key,
		};
		buffer->taken = true;
		buffer->outgoing = false;
		buffer->poster = interface;
	}
	return n;
}

static void give_back(const struct ipoib_ud_receive *receives, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct ipoib_buffer *buffer =
			(struct ipoib_buffer *)(uintptr_t)receives[i].cookie;

		buffer->taken = false;
		buffer->poster = NULL;
		ipoib__buffer_unref(buffer);
	}
}

/* Posts one burst of empty buffers; whether there may be more to post. */
static bool refill_burst(struct ipoib_interface *interface, const struct queue *queue)
{
	struct ipoib_ud_receive receives[IPOIB__BURST];
	size_t want = queue->depth - *queue->out;
	size_t got;
	int posted;

	if (want > IPOIB__BURST)
		want = IPOIB__BURST;
	got = collect(interface, queue, receives, want);
	if (got == 0)
		return false;
	posted = queue->post(interface->transport->self, interface->ud, receives, got);
	if (posted < 0)
		posted = 0;
	*queue->out += (uint32_t)posted;
	give_back(receives + posted, got - (size_t)posted);
	return (size_t)posted == IPOIB__BURST;
}

/* There is another turn, with what it looks for: receives to be posted, memory for the pools. */
void ipoib__receive_refill_later(struct ipoib_interface *interface)
{
	ipoib__wheel_arm(&interface->context->wheel, &interface->refill_timer,
			 interface->context->last + REFILL_RETRY_NS);
}

static void refill(struct ipoib_interface *interface, const struct queue *queue)
{
	if (*queue->out >= queue->depth)
		return;
	queue->share->pool->starved = false;
	while (refill_burst(interface, queue))
		;
	if (*queue->out >= queue->depth)
		return;
	if (queue->share->pool->starved)
		interface->statistics.receive_starved++;
	ipoib__receive_refill_later(interface);
}

void ipoib__receive_refill(struct ipoib_interface *interface)
{
	struct ipoib_transport *transport = interface->transport;
	const struct queue datagrams = {
		.share = &interface->share,
		.out = &interface->receives_out,
		.depth = interface->config.receive_depth,
		.post = transport->ops->ud_post_receive,
	};
	const struct queue connected = {
		.share = &interface->large_share,
		.out = &interface->connected_out,
		.depth = interface->config.connected_depth,
		.offset = IPOIB_GRH_LENGTH,
		.post = transport->ops->rc_post_receive,
	};

	refill(interface, &datagrams);
	if (interface->config.mode == IPOIB_MODE_CONNECTED)
		refill(interface, &connected);
}

void ipoib__receive_refill_due(struct ipoib__timer *timer, uint64_t now)
{
	struct ipoib_interface *interface =
		ipoib__container_of(timer, struct ipoib_interface, refill_timer);

	(void)now;
	if (!interface->closed)
		ipoib__receive_refill(interface);
}
