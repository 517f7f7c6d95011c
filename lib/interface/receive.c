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

static size_t collect(struct ipoib_interface *interface, struct ipoib_ud_receive *receives,
		      size_t count)
{
	struct ipoib_buffer *buffer;
	size_t n = 0;

	while (n < count) {
		buffer = ipoib__pool_get(interface->transport);
		if (!buffer) { /* who brings one back wakes us */
			interface->transport->pool.starved = true;
			break;
		}
		receives[n++] = (struct ipoib_ud_receive){
			.cookie = (uintptr_t)buffer,
			.address = buffer->memory,
			.length = IPOIB__BUFFER_OCTETS,
			.key = buffer->key,
		};
		ipoib__list_push_back(&interface->posted_receives, &buffer->link);
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
static bool refill_burst(struct ipoib_interface *interface)
{
	struct ipoib_transport *transport = interface->transport;
	struct ipoib_ud_receive receives[IPOIB__BURST];
	size_t want = interface->config.receive_depth - interface->receives_out;
	size_t got;
	int posted;

	if (want > IPOIB__BURST)
		want = IPOIB__BURST;
	got = collect(interface, receives, want);
	if (got == 0)
		return false;
	posted = transport->ops->ud_post_receive(transport->self, interface->ud, receives, got);
	if (posted < 0)
		posted = 0;
	interface->receives_out += (uint32_t)posted;
	give_back(receives + posted, got - (size_t)posted);
	return (size_t)posted == IPOIB__BURST;
}

void ipoib__receive_refill(struct ipoib_interface *interface)
{
	uint32_t depth = interface->config.receive_depth;
	uint64_t retry = interface->context->last + REFILL_RETRY_NS;

	if (interface->receives_out >= depth)
		return;
	interface->transport->pool.starved = false;
	while (refill_burst(interface))
		;
	if (interface->receives_out >= depth)
		return;
	if (interface->transport->pool.starved)
		interface->statistics.receive_starved++;
	ipoib__wheel_arm(&interface->context->wheel, &interface->refill_timer, retry);
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

/* ---- bursts ---- */

static void hand_up(struct ipoib_interface *interface, struct ipoib_buffer **packets, size_t count)
{
	if (count > 0)
		interface->config.receive(interface, packets, count, interface->config.user);
	for (size_t i = 0; i < count; i++)
		ipoib_buffer_unref(packets[i]);
}

static void take_burst(struct ipoib_interface *interface,
		       const struct ipoib_ud_completion *completions, size_t count, uint64_t now)
{
	struct ipoib_buffer *packets[IPOIB__BURST];
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		const struct ipoib_ud_completion *completion = &completions[i];
		struct ipoib_buffer *buffer =
			(struct ipoib_buffer *)(uintptr_t)completion->cookie;

		if (completion->opcode == IPOIB_UD_SEND) {
			ipoib__send_completed(interface, completion);
			continue;
		}
		ipoib__assert(interface->receives_out > 0);
		ipoib__list_remove(&buffer->link);
		interface->receives_out--;
		if (take(interface, buffer, completion, now))
			packets[n++] = buffer;
		else
			ipoib_buffer_unref(buffer);
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
		if (!interface->closed)
			ipoib__receive_refill(interface);
	}
	interface->context->again = true;
	return taken;
}
