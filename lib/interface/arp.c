/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ARP on an IPoIB link (RFC 826, RFC 4391 section 9.2). A request is answered for addresses
 * that are bound to this interface, and for no other, on no other. Questions are asked with an
 * address of this interface (arp_announce=2).
 */
#include "interface/interface.h"

#include <errno.h>
#include <string.h>

#include "wire/arp.h"

struct ipoib_link_address ipoib__interface_link_address(const struct ipoib_interface *interface)
{
	/* Whoever sees the flag will try to connect: it is set only where connections are taken. */
	uint8_t flags =
		interface->config.mode == IPOIB_MODE_CONNECTED ? IPOIB_LINK_ADDRESS_RC : 0;

	return ipoib_link_address_make(flags, interface->qpn, &interface->port.gid);
}

static void set_ipv4(uint8_t to[4], const struct ipoib_ip *ip)
{
	memcpy(to, ip->raw, 4);
}

/* An ARP packet in a buffer of its own; NULL when the pool has none. */
static struct ipoib_buffer *packet_of(struct ipoib_interface *interface,
				      const struct ipoib__arp *arp)
{
	struct ipoib_transport *transport = interface->transport;
	struct ipoib_buffer *buffer = ipoib__pool_get(transport, &transport->pool);
	int length;

	if (!buffer) {
		interface->statistics.control_failed++;
		return NULL;
	}
	length = ipoib__arp_encode(ipoib_buffer_data(buffer), ipoib_buffer_room(buffer), arp);
	ipoib__assert(length == IPOIB__ARP_LENGTH);
	buffer->length = (uint32_t)length;
	buffer->type = IPOIB__TYPE_ARP;
	buffer->control = true;
	buffer->taken = true;
	return buffer;
}

static void broadcast(struct ipoib_interface *interface, struct ipoib_buffer *buffer, uint64_t now)
{
	struct ipoib__cast_group *group =
		(struct ipoib__cast_group *)(void *)interface->groups.broadcast;

	if (!group->ah || !ipoib__queue_room_control(interface)) {
		ipoib__answer_dropped(interface, buffer, IPOIB_SEND_DROP_LINK_DOWN);
		return;
	}
	ipoib__queue_put(interface, &group->waiting, buffer, now);
	ipoib__flush(interface, &group->waiting, group->ah, IPOIB_QPN_MULTICAST, group->limit, now);
}

void ipoib__arp_ask(struct ipoib_interface *interface, const struct ipoib__peer *peer, bool unicast,
		    uint64_t now)
{
	const struct ipoib__binding *source =
		ipoib__bindings_source(&interface->bindings, &peer->neighbour.ip);
	struct ipoib__arp arp = { .operation = IPOIB__ARP_REQUEST,
				  .sender_link = ipoib__interface_link_address(interface) };
	struct ipoib_buffer *buffer;

	/*
	 * Without an address of our own there is nobody to answer to; all zero would be an RFC
	 * 5227 probe.
	 */
	if (!source)
		return;
	set_ipv4(arp.sender_ip, &source->address);
	set_ipv4(arp.target_ip, &peer->neighbour.ip);
	buffer = packet_of(interface, &arp);
	if (!buffer)
		return;
	interface->statistics.arp_requests_sent++;
	if (unicast)
		ipoib__route_send(interface, buffer, &peer->neighbour.link_address, now);
	else
		broadcast(interface, buffer, now);
}

static void answer(struct ipoib_interface *interface, const struct ipoib__arp *request,
		   uint64_t now)
{
	struct ipoib__arp reply = { .operation = IPOIB__ARP_REPLY,
				    .sender_link = ipoib__interface_link_address(interface),
				    .target_link = request->sender_link };
	struct ipoib_buffer *buffer;

	memcpy(reply.sender_ip, request->target_ip, 4);
	memcpy(reply.target_ip, request->sender_ip, 4);
	buffer = packet_of(interface, &reply);
	if (!buffer)
		return;
	interface->statistics.arp_replies_sent++;
	ipoib__route_send(interface, buffer, &request->sender_link, now);
}

/* Who cannot be a neighbour: nobody (an RFC 5227 probe), everybody, ourselves. */
static bool believable(const struct ipoib_interface *interface, const struct ipoib__arp *arp,
		       const struct ipoib_ip *sender)
{
	return ipoib__binding_check(sender, 32) == 0 &&
	       !ipoib__bindings_is_broadcast(&interface->bindings, sender) &&
	       !ipoib__bindings_find(&interface->bindings, sender) &&
	       (arp->sender_link.raw[4] & 0xff) != 0xff; /* a group is nobody's GID */
}

void ipoib__arp_received(struct ipoib_interface *interface, const uint8_t *bytes, size_t length,
			 uint64_t now)
{
	struct ipoib_statistics *statistics = &interface->statistics;
	struct ipoib_ip sender, target;
	struct ipoib__arp arp;
	bool for_us, request;

	if (ipoib__arp_decode(&arp, bytes, length) < 0) {
		statistics->arp_malformed++;
		return;
	}
	request = arp.operation == IPOIB__ARP_REQUEST;
	if (request)
		statistics->arp_requests_received++;
	else
		statistics->arp_replies_received++;
	sender = ipoib_ip_from_ipv4(arp.sender_ip);
	target = ipoib_ip_from_ipv4(arp.target_ip);
	for_us = ipoib__bindings_find(&interface->bindings, &target) != NULL;
	if (believable(interface, &arp, &sender))
		ipoib__resolve_told(interface, &sender, &arp.sender_link, !request, for_us, now);
	if (request && for_us && (arp.sender_link.raw[4] & 0xff) != 0xff)
		answer(interface, &arp, now);
}
