/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What ARP and neighbour discovery have in common when they send: buffers, groups, sources. */
#include "interface/interface.h"

#include "wire/ip.h"

/* A buffer for a packet of our own; NULL when the pool has none. */
struct ipoib_buffer *ipoib__control_buffer(struct ipoib_interface *interface, uint16_t type)
{
	struct ipoib_transport *transport = interface->transport;
	struct ipoib_buffer *buffer =
		ipoib__pool_get(transport, &interface->share, IPOIB__POOL_CONTROL);

	if (!buffer) {
		interface->statistics.control_failed++;
		return NULL;
	}
	buffer->type = type;
	buffer->control = true;
	buffer->taken = true;
	return buffer;
}

/* To a group that is joined, or after it has been. */
void ipoib__control_multicast(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
			      const struct ipoib_gid *mgid, uint64_t now)
{
	struct ipoib__cast_group *cast;
	struct ipoib__group *group;

	if (!interface->up || !ipoib__queue_room_control(interface) ||
	    ipoib__group_to_send(interface, mgid, now, &group) < 0) {
		ipoib__answer_dropped(interface, buffer, IPOIB_SEND_DROP_LINK_DOWN);
		return;
	}
	cast = ipoib__cast_of(group);
	ipoib__queue_put(interface, &cast->waiting, buffer, now);
	if (cast->ah)
		ipoib__flush(interface, &cast->waiting, cast->ah, IPOIB_QPN_MULTICAST,
			     cast->limit, now);
	else
		ipoib__note_use(interface, &interface->group_uses, &cast->use);
}

/* The source of the packet that wants an answer; family 0 when none waits. */
struct ipoib_ip ipoib__source_hint(const struct ipoib__peer *peer)
{
	struct ipoib_buffer *buffer = ipoib__queue_first(&peer->waiting);
	struct ipoib_ip none = { .family = 0 };
	struct ipoib__ipv4 four;
	struct ipoib__ipv6 six;

	if (!buffer)
		return none;
	if (ipoib__ipv4_decode(&four, ipoib_buffer_data(buffer), buffer->length) > 0)
		return ipoib_ip_from_ipv4(four.source);
	if (ipoib__ipv6_decode(&six, ipoib_buffer_data(buffer), buffer->length) > 0)
		return ipoib_ip_from_ipv6(six.source);
	return none;
}

/* The address to ask a neighbour from, by either version; NULL: there is none now. */
const struct ipoib__binding *ipoib__source_for(const struct ipoib_interface *interface,
					       const struct ipoib__peer *peer)
{
	const struct ipoib__bindings *others[IPOIB__OTHERS_MAX];
	struct ipoib_ip hint = ipoib__source_hint(peer);
	size_t count = 0;

	if (interface->config.arp_announce != IPOIB_ARP_ANNOUNCE_BEST)
		count = ipoib__own_others(interface, others);
	return ipoib__policy_source(interface->config.arp_announce, &interface->bindings, others,
				    count, &peer->neighbour.ip, &hint);
}
