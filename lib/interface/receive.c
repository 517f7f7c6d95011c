/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A packet's way in. A receive buffer begins with room for a GRH, valid or not:
 *
 *   memory   +40              +44
 *   | GRH    | IPoIB header   | IP packet, or ARP
 *   |<------------ completion.length ------------>|
 *
 * Nothing behind completion.length is looked at (I32). What arrives is decoded, then judged,
 * then handed up in bursts; ARP and neighbour discovery are taken out on the way. The receive queue
 * is filled up again before and after (refill.c).
 */
#include "interface/interface.h"

#include <string.h>

#include "wire/grh.h"
#include "wire/ip.h"

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

/*
 * Whether the receive queue stays stocked when the caller keeps this buffer: ARP and neighbour
 * discovery must be heard whatever it does. Large ones are kept as well, for without them a peer's
 * connection fails.
 */
static bool leaves_enough(struct ipoib_interface *interface, const struct ipoib_buffer *buffer)
{
	struct ipoib_transport *transport = interface->transport;
	bool large = buffer->pool == &transport->large;
	uint32_t out = large ? interface->connected_out : interface->receives_out;
	uint32_t depth = large ? interface->config.connected_depth :
				 interface->config.receive_depth;

	return out >= ipoib__interface_reserve(depth) ||
	       ipoib__pool_has(transport, large ? &interface->large_share : &interface->share,
			       IPOIB__POOL_CALLER);
}

static bool hand_on(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
		    size_t length)
{
	if (!interface->config.receive)
		return drop(interface, IPOIB_RECEIVE_DROP_NO_CALLBACK);
	if (!leaves_enough(interface, buffer))
		return drop(interface, IPOIB_RECEIVE_DROP_NO_BUFFER);
	buffer->length = (uint32_t)length;
	interface->statistics.delivered++;
	interface->statistics.delivered_octets += length;
	return true;
}

/* What a packet's source says of its sender. connected: whose connection it came by, or NULL. */
static void judge_source(struct ipoib_interface *interface, const struct ipoib_buffer *buffer,
			 const struct ipoib_link_address *connected, const struct ipoib_ip *source,
			 uint64_t now)
{
	if (!connected)
		ipoib__sender_data(interface, buffer, source, now);
	else if (now < interface->contested_until)
		ipoib__first_connected(interface, connected, source, now);
}

/* The link may pad: the packet ends where its own header says. */
static bool take_ipv4(struct ipoib_interface *interface, struct ipoib_buffer *buffer, size_t length,
		      const struct ipoib_link_address *connected, uint64_t now)
{
	struct ipoib__ipv4 header;
	struct ipoib_ip source;

	if (ipoib__ipv4_decode(&header, ipoib_buffer_data(buffer), length) < 0)
		return drop(interface, IPOIB_RECEIVE_DROP_MALFORMED);
	source = ipoib_ip_from_ipv4(header.source);
	judge_source(interface, buffer, connected, &source, now);
	return hand_on(interface, buffer, header.total_length);
}

static bool take_ipv6(struct ipoib_interface *interface, struct ipoib_buffer *buffer, size_t length,
		      const struct ipoib_link_address *connected, uint64_t now)
{
	const uint8_t *packet = ipoib_buffer_data(buffer);
	struct ipoib__ipv6 header;
	struct ipoib_ip source;

	if (ipoib__ipv6_decode(&header, packet, length) < 0)
		return drop(interface, IPOIB_RECEIVE_DROP_MALFORMED);
	length = IPOIB__IPV6_HEADER_LENGTH + (size_t)header.payload_length;
	if (!ipoib__nd_is(packet, length)) {
		source = ipoib_ip_from_ipv6(header.source);
		judge_source(interface, buffer, connected, &source, now);
		return hand_on(interface, buffer, length);
	}
	interface->statistics.control_received++;
	ipoib__nd_received(interface, buffer, length, now);
	return false;
}

static bool take_by_type(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
			 size_t length, const struct ipoib_link_address *connected,
			 uint64_t now)
{
	const uint8_t *start = buffer->memory + IPOIB_GRH_LENGTH;
	struct ipoib__encap encap;

	if (ipoib__encap_decode(&encap, start, length) < 0)
		return drop(interface, IPOIB_RECEIVE_DROP_TYPE);
	length -= IPOIB__ENCAP_LENGTH;
	switch (encap.type) {
	case IPOIB__TYPE_IPV4:
		return take_ipv4(interface, buffer, length, connected, now);
	case IPOIB__TYPE_IPV6:
		return take_ipv6(interface, buffer, length, connected, now);
	case IPOIB__TYPE_ARP:
		interface->statistics.control_received++;
		ipoib__arp_received(interface, buffer, start + IPOIB__ENCAP_LENGTH, length, now);
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
	memset(&buffer->source, 0, sizeof(buffer->source));
	if (has_grh)
		buffer->source =
			ipoib_link_address_make(0, completion->source_qpn, &grh.source);
	return take_by_type(interface, buffer, completion->length - IPOIB_GRH_LENGTH, NULL, now);
}

/* A message of a connection: IP alone (RFC 4755 section 4), and no GRH. */
static bool take_connected(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
			   const struct ipoib_ud_completion *completion, uint64_t now)
{
	static const struct ipoib_link_address unknown;
	const uint8_t *start = buffer->memory + IPOIB_GRH_LENGTH;
	const struct ipoib_link_address *from;
	struct ipoib__encap encap;

	interface->statistics.received++;
	interface->statistics.received_connected++;
	from = ipoib__channel_heard(interface, completion->connection, now);
	if (completion->status < 0)
		return drop(interface, IPOIB_RECEIVE_DROP_TRANSPORT);
	if (completion->length < IPOIB__ENCAP_LENGTH ||
	    completion->length > IPOIB_RC_MESSAGE_MAX)
		return drop(interface, IPOIB_RECEIVE_DROP_SHORT);
	if (ipoib__encap_decode(&encap, start, completion->length) < 0 ||
	    (encap.type != IPOIB__TYPE_IPV4 && encap.type != IPOIB__TYPE_IPV6))
		return drop(interface, IPOIB_RECEIVE_DROP_TYPE);
	buffer->cast = IPOIB_UNICAST;
	buffer->source_qpn = completion->source_qpn;
	buffer->source_lid = completion->source_lid;
	memset(&buffer->source, 0, sizeof(buffer->source));
	return take_by_type(interface, buffer, completion->length, from ? from : &unknown, now);
}

/* ---- bursts ---- */

static void hand_up(struct ipoib_interface *interface, struct ipoib_buffer **packets, size_t count)
{
	if (count > 0)
		interface->config.receive(interface, packets, count, interface->config.user);
	for (size_t i = 0; i < count; i++)
		ipoib__buffer_unref(packets[i]);
}

/* A completed receive of either kind: whether its packet is to be handed up. */
static bool take_received(struct ipoib_interface *interface,
			  const struct ipoib_ud_completion *completion, uint64_t now)
{
	struct ipoib_buffer *buffer = (struct ipoib_buffer *)(uintptr_t)completion->cookie;
	bool connected = completion->opcode == IPOIB_RC_RECEIVE;
	uint32_t *out = connected ? &interface->connected_out : &interface->receives_out;

	ipoib__assert(buffer->poster == interface && *out > 0);
	buffer->poster = NULL;
	buffer->taken = false;
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
	channel = ipoib__channel_completed(interface, completion);
	if (channel)
		ipoib__channel_flush(interface, channel, now);
}

static bool is_sent(const struct ipoib_ud_completion *completion)
{
	return completion->opcode == IPOIB_UD_SEND || completion->opcode == IPOIB_RC_SEND;
}

/*
 * Sends first: what is received may end a connection, and with it the sends that it has posted,
 * those that have completed in this burst included.
 */
static void take_burst(struct ipoib_interface *interface,
		       const struct ipoib_ud_completion *completions, size_t count, uint64_t now)
{
	struct ipoib_buffer *packets[IPOIB__BURST];
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (is_sent(&completions[i]))
			take_sent(interface, &completions[i], now);
	for (size_t i = 0; i < count; i++) {
		const struct ipoib_ud_completion *completion = &completions[i];

		if (is_sent(completion))
			continue;
		if (take_received(interface, completion, now))
			packets[n++] = (struct ipoib_buffer *)(uintptr_t)completion->cookie;
		else
			ipoib__buffer_unref((struct ipoib_buffer *)(uintptr_t)completion->cookie);
	}
	hand_up(interface, packets, n);
}

/*
 * Takes what has completed, up to the budget; before it stops for want of more, it asks to be
 * woken. A caller that polls is not, while packets come: to ask, and to be woken, is dear.
 */
unsigned ipoib__receive_poll(struct ipoib_interface *interface, unsigned budget, bool polls,
			     uint64_t now)
{
	struct ipoib_transport *transport = interface->transport;
	struct ipoib_ud_completion completions[IPOIB__BURST];
	bool armed = false;
	unsigned taken = 0;

	while (taken < budget && !interface->closed) {
		size_t want = budget - taken < IPOIB__BURST ? budget - taken : IPOIB__BURST;
		int n = transport->ops->ud_poll(transport->self, interface->ud, completions, want);

		if (n <= 0) {
			if ((polls && ipoib__polled_lately(interface, now)) || armed ||
			    transport->ops->ud_arm(transport->self, interface->ud) == 0)
				return taken;
			armed = true; /* something came between the poll and the arming */
			continue;
		}
		interface->completed = now;
		take_burst(interface, completions, (size_t)n, now);
		taken += (unsigned)n;
		armed = false; /* what woke us is used up: ask again before stopping */
		if (interface->closed)
			break;
		if (!ipoib__receive_full(interface))
			ipoib__receive_refill(interface);
		if (polls && (size_t)n < want) /* that was all, a moment ago */
			return taken;
	}
	interface->context->again = true;
	return taken;
}
