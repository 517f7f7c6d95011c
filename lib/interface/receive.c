/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A packet's way in. A receive buffer begins with room for a GRH, valid or not:
 *
 *   memory   +40              +44
 *   | GRH    | IPoIB header   | IP packet, or ARP
 *   |<------------ completion.length ------------>|
 *
 * Nothing behind completion.length is looked at (I32). What arrives is decoded, then judged,
 * then handed up in bursts; ARP is taken out on the way. The receive queue is filled up again
 * before and after.
 */
#include "interface/interface.h"

#include <string.h>

#include "wire/grh.h"
#include "wire/ip.h"

/*
 * With an empty pool and an empty receive queue nothing would ever wake us: look again after
 * this time.
 */
#define REFILL_RETRY_NS UINT64_C(10000000)

/* ---- the receive queue ---- */

/* One of the two receive queues: of the UD queue pair, and of all connections. */
struct queue {
	struct ipoib__pool *pool;
	struct ipoib__list *posted;
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
		buffer = ipoib__pool_get(interface->transport, queue->pool);
		if (!buffer) { /* who brings one back wakes us */
			queue->pool->starved = true;
			break;
		}
		receives[n++] = (struct ipoib_ud_receive){
			.cookie = (uintptr_t)buffer,
			.address = buffer->memory + queue->offset,
			.length = queue->pool->octets - queue->offset,
			.key = buffer->key,
		};
		ipoib__list_push_back(queue->posted, &buffer->link);
	}
	return n;
}

static void give_back(const struct ipoib_ud_receive *receives, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct ipoib_buffer *buffer =
			(struct ipoib_buffer *)(uintptr_t)receives[i].cookie;

		ipoib__list_remove(&buffer->link);
		ipoib_buffer_unref(buffer);
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

static void refill(struct ipoib_interface *interface, const struct queue *queue)
{
	uint64_t retry = interface->context->last + REFILL_RETRY_NS;

	if (*queue->out >= queue->depth)
		return;
	queue->pool->starved = false;
	while (refill_burst(interface, queue))
		;
	if (*queue->out >= queue->depth)
		return;
	if (queue->pool->starved)
		interface->statistics.receive_starved++;
	ipoib__wheel_arm(&interface->context->wheel, &interface->refill_timer, retry);
}

void ipoib__receive_refill(struct ipoib_interface *interface)
{
	struct ipoib_transport *transport = interface->transport;
	const struct queue datagrams = {
		.pool = &transport->pool,
		.posted = &interface->posted_receives,
		.out = &interface->receives_out,
		.depth = interface->config.receive_depth,
		.post = transport->ops->ud_post_receive,
	};
	const struct queue connected = {
		.pool = &transport->large,
		.posted = &interface->posted_connected,
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

/* ---- one datagram ---- */

/*
 * Who it was for; and whether the fabric has brought back what we sent ourselves (RFC 4391
 * section 10, I40).
 */
static bool is_own(const struct ipoib_interface *interface,
		   const struct ipoib_ud_completion *completion, const struct ipoib__grh *grh)
{
	if (completion->source_qpn != interface->qpn)
		return false;
	if (grh)
		return memcmp(&grh->source, &interface->port.gid, sizeof(grh->source)) == 0;
	return completion->source_lid != 0 && completion->source_lid == interface->port.lid;
}

static uint8_t cast_of(const struct ipoib__grh *grh)
{
	switch (ipoib__grh_cast(grh)) {
	case IPOIB__CAST_MULTICAST:
		return IPOIB_MULTICAST;
	case IPOIB__CAST_BROADCAST:
		return IPOIB_BROADCAST;
	default:
		return IPOIB_UNICAST;
	}
}

static bool drop(struct ipoib_interface *interface, enum ipoib_receive_drop reason)
{
	interface->statistics.receive_dropped[reason]++;
	return false;
}

/* The link may pad: the packet ends where its own header says. */
static bool take_ipv4(struct ipoib_interface *interface, struct ipoib_buffer *buffer, size_t length)
{
	const uint8_t *data = ipoib_buffer_data(buffer);
	struct ipoib__ipv4 header;

	if (ipoib__ipv4_decode(&header, data, length) < 0)
		return drop(interface, IPOIB_RECEIVE_DROP_MALFORMED);
	if (!interface->config.receive)
		return drop(interface, IPOIB_RECEIVE_DROP_NO_CALLBACK);
	buffer->length = header.total_length;
	interface->statistics.delivered++;
	interface->statistics.delivered_octets += header.total_length;
	return true;
}

static bool take_by_type(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
			 size_t length, uint64_t now)
{
	const uint8_t *start = buffer->memory + IPOIB_GRH_LENGTH;
	struct ipoib__encap encap;

	if (ipoib__encap_decode(&encap, start, length) < 0)
		return drop(interface, IPOIB_RECEIVE_DROP_TYPE);
	length -= IPOIB__ENCAP_LENGTH;
	switch (encap.type) {
	case IPOIB__TYPE_IPV4:
		return take_ipv4(interface, buffer, length);
	case IPOIB__TYPE_ARP:
		interface->statistics.control_received++;
		ipoib__arp_received(interface, start + IPOIB__ENCAP_LENGTH, length, now);
		return false;
	default:
		return drop(interface, IPOIB_RECEIVE_DROP_TYPE);
	}
}

/* Whether the buffer is to be handed up. */
static bool take(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
		 const struct ipoib_ud_completion *completion, uint64_t now)
{
	struct ipoib__grh grh;
	bool has_grh;

	interface->statistics.received++;
	if (completion->status < 0)
		return drop(interface, IPOIB_RECEIVE_DROP_TRANSPORT);
	if (completion->length < IPOIB_GRH_LENGTH + IPOIB__ENCAP_LENGTH ||
	    completion->length > IPOIB__BUFFER_OCTETS)
		return drop(interface, IPOIB_RECEIVE_DROP_SHORT);
	if (interface->capture)
		ipoib__record_receive(interface, buffer, completion, now);
	/*
	 * On Ethernet the header may be another network's: then there is nothing to be read
	 * from it.
	 */
	has_grh = completion->has_grh &&
		  ipoib__grh_decode(&grh, buffer->memory, IPOIB_GRH_LENGTH) > 0;
	if (is_own(interface, completion, has_grh ? &grh : NULL))
		return drop(interface, IPOIB_RECEIVE_DROP_OWN);
	buffer->cast = has_grh ? cast_of(&grh) : IPOIB_UNICAST;
	buffer->source_qpn = completion->source_qpn;
	buffer->source_lid = completion->source_lid;
	return take_by_type(interface, buffer, completion->length - IPOIB_GRH_LENGTH, now);
}

/* A message of a connection: IP alone (RFC 4755 section 4), and no GRH. */
static bool take_connected(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
			   const struct ipoib_ud_completion *completion, uint64_t now)
{
	const uint8_t *start = buffer->memory + IPOIB_GRH_LENGTH;
	struct ipoib__encap encap;

	interface->statistics.received++;
	interface->statistics.received_connected++;
	ipoib__channel_heard(interface, completion->connection, now);
	if (completion->status < 0)
		return drop(interface, IPOIB_RECEIVE_DROP_TRANSPORT);
	if (completion->length < IPOIB__ENCAP_LENGTH ||
	    completion->length > IPOIB_RC_MESSAGE_MAX)
		return drop(interface, IPOIB_RECEIVE_DROP_SHORT);
	if (ipoib__encap_decode(&encap, start, completion->length) < 0 ||
	    encap.type != IPOIB__TYPE_IPV4)
		return drop(interface, IPOIB_RECEIVE_DROP_TYPE);
	buffer->cast = IPOIB_UNICAST;
	buffer->source_qpn = completion->source_qpn;
	buffer->source_lid = completion->source_lid;
	return take_ipv4(interface, buffer, completion->length - IPOIB__ENCAP_LENGTH);
}

/* ---- bursts ---- */

static void hand_up(struct ipoib_interface *interface, struct ipoib_buffer **packets, size_t count)
{
	if (count > 0)
		interface->config.receive(interface, packets, count, interface->config.user);
	for (size_t i = 0; i < count; i++)
		ipoib_buffer_unref(packets[i]);
}

/* A completed receive of either kind: whether its packet is to be handed up. */
static bool take_received(struct ipoib_interface *interface,
			  const struct ipoib_ud_completion *completion, uint64_t now)
{
	struct ipoib_buffer *buffer = (struct ipoib_buffer *)(uintptr_t)completion->cookie;
	bool connected = completion->opcode == IPOIB_RC_RECEIVE;
	uint32_t *out = connected ? &interface->connected_out : &interface->receives_out;

	ipoib__assert(*out > 0);
	ipoib__list_remove(&buffer->link);
	(*out)--;
	return connected ? take_connected(interface, buffer, completion, now) :
			   take(interface, buffer, completion, now);
}

static void take_sent(struct ipoib_interface *interface,
		      const struct ipoib_ud_completion *completion, uint64_t now)
{
	struct ipoib__channel *channel;

	if (completion->opcode == IPOIB_UD_SEND) {
		ipoib__send_completed(interface, completion);
		return;
	}
	channel = ipoib__channel_completed(interface, completion, now);
	if (channel)
		ipoib__channel_flush(interface, channel, now);
}

static void take_burst(struct ipoib_interface *interface,
		       const struct ipoib_ud_completion *completions, size_t count, uint64_t now)
{
	struct ipoib_buffer *packets[IPOIB__BURST];
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		const struct ipoib_ud_completion *completion = &completions[i];

		if (completion->opcode == IPOIB_UD_SEND || completion->opcode == IPOIB_RC_SEND)
			take_sent(interface, completion, now);
		else if (take_received(interface, completion, now))
			packets[n++] = (struct ipoib_buffer *)(uintptr_t)completion->cookie;
		else
			ipoib_buffer_unref((struct ipoib_buffer *)(uintptr_t)completion->cookie);
	}
	hand_up(interface, packets, n);
}

/*
 * Takes what has completed, up to the budget; before it stops for want of more, it asks to be
 * woken.
 */
unsigned ipoib__receive_poll(struct ipoib_interface *interface, unsigned budget, uint64_t now)
{
	struct ipoib_transport *transport = interface->transport;
	struct ipoib_ud_completion completions[IPOIB__BURST];
	bool armed = false;
	unsigned taken = 0;

	while (taken < budget && !interface->closed) {
		size_t want = budget - taken < IPOIB__BURST ? budget - taken : IPOIB__BURST;
		int n = transport->ops->ud_poll(transport->self, interface->ud, completions, want);

		if (n <= 0) {
			if (armed || transport->ops->ud_arm(transport->self, interface->ud) == 0)
				return taken;
			armed = true; /* something came between the poll and the arming */
			continue;
		}
		take_burst(interface, completions, (size_t)n, now);
		taken += (unsigned)n;
		armed = false; /* what woke us is used up: ask again before stopping */
		if (!interface->closed)
			ipoib__receive_refill(interface);
	}
	interface->context->again = true;
	return taken;
}
