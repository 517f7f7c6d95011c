/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* ARP as we send it (RFC 826, RFC 4391 section 9.2): probes, announcements, questions, replies. */
#include "interface/interface.h"

#include <string.h>

#include "wire/arp.h"

static struct ipoib_buffer *packet_of(struct ipoib_interface *interface,
				      const struct ipoib__arp *arp)
{
	struct ipoib_buffer *buffer = ipoib__control_buffer(interface, IPOIB__TYPE_ARP);
	int length;

	if (!buffer)
		return NULL;
	length = ipoib__arp_encode(ipoib_buffer_data(buffer), ipoib_buffer_room(buffer), arp);
	ipoib__assert(length == IPOIB__ARP_LENGTH);
	buffer->length = (uint32_t)length;
	return buffer;
}

static void broadcast(struct ipoib_interface *interface, const struct ipoib__arp *arp,
		      uint64_t now)
{
	struct ipoib_buffer *buffer = packet_of(interface, arp);

	if (buffer)
		ipoib__control_multicast(interface, buffer, &interface->groups.broadcast->mgid,
					 now);
}

/* RFC 5227 section 2.1.1: from nobody, so that nobody's table is changed by it. */
void ipoib__arp_probe(struct ipoib_interface *interface, const struct ipoib_ip *address,
		      uint64_t now)
{
	struct ipoib__arp arp = { .operation = IPOIB__ARP_REQUEST,
				  .sender_link = ipoib__interface_link_address(interface) };

	memcpy(arp.target_ip, address->raw, 4);
	interface->statistics.arp_requests_sent++;
	broadcast(interface, &arp, now);
}

/* RFC 5227 section 2.3. */
void ipoib__arp_announce(struct ipoib_interface *interface, const struct ipoib_ip *address,
			 uint64_t now)
{
	struct ipoib__arp arp = { .operation = IPOIB__ARP_REQUEST,
				  .sender_link = ipoib__interface_link_address(interface) };

	memcpy(arp.sender_ip, address->raw, 4);
	memcpy(arp.target_ip, address->raw, 4);
	interface->statistics.arp_requests_sent++;
	broadcast(interface, &arp, now);
}

void ipoib__arp_ask(struct ipoib_interface *interface, const struct ipoib__peer *peer,
		    const struct ipoib__question *question, uint64_t now)
{
	const struct ipoib__binding *source = ipoib__source_for(interface, peer);
	struct ipoib__arp arp = { .operation = IPOIB__ARP_REQUEST,
				  .sender_link = ipoib__interface_link_address(interface) };
	struct ipoib_buffer *buffer;

	/*
	 * Without an address of our own there is nobody to answer to; all zero would be an RFC
	 * 5227 probe.
	 */
	if (!source)
		return;
	memcpy(arp.sender_ip, source->address.raw, 4);
	memcpy(arp.target_ip, peer->neighbour.ip.raw, 4);
	interface->statistics.arp_requests_sent++;
	if (!question->to) {
		broadcast(interface, &arp, now);
		return;
	}
	buffer = packet_of(interface, &arp);
	if (buffer)
		ipoib__route_send(interface, buffer, question->to, question->wanted, now);
}

void ipoib__arp_reply(struct ipoib_interface *interface, const struct ipoib__arp *request,
		      uint64_t now)
{
	struct ipoib__arp reply = { .operation = IPOIB__ARP_REPLY,
				    .sender_link = ipoib__interface_link_address(interface),
				    .target_link = request->sender_link };
	struct ipoib_buffer *buffer;

	memcpy(reply.sender_ip, request->target_ip, 4);
	memcpy(reply.target_ip, request->sender_ip, 4);
	if (!ipoib__queue_room_answer(interface)) {
		interface->statistics.control_failed++;
		return;
	}
	buffer = packet_of(interface, &reply);
	if (!buffer)
		return;
	interface->statistics.arp_replies_sent++;
	ipoib__route_send(interface, buffer, &request->sender_link, false, now);
}
