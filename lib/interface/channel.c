/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Connections between the module that decides about them, the transport, and the neighbours
 * that are sent to by them.
 *
 *   peer (IP) --- channel (GID and queue pair) --- connection of the transport
 */
#include "interface/interface.h"

#include <errno.h>

#include "wire/ipoib_cm.h"

/* So often a peer without room is tried again: it has the time that it asks for each time. */
#define RNR_RETRIES 6

static struct ipoib__peer *peer_at(struct ipoib__list *at)
{
	return ipoib__container_of(at, struct ipoib__peer, of_channel);
}

/* ---- what the module decides ---- */

/*
 * What goes with a request, an answer and a refusal (RFC 4755 section 3.2). Announced is an IP
 * packet of the largest kind and its header, as Linux does whatever its own limit.
 */
size_t ipoib__channel_private(const struct ipoib_interface *interface, uint8_t *bytes, size_t room)
{
	const struct ipoib__cm_private ours = { .qpn = interface->qpn,
						.receive_mtu = IPOIB_RC_MESSAGE_MAX };
	int length = ipoib__cm_private_encode(bytes, room, &ours);

	ipoib__assert(length > 0);
	return (size_t)length;
}

static const struct ipoib_path_record *path_of(const struct ipoib__channel *channel)
{
	const struct ipoib__list *first = channel->peers.next;

	return first == &channel->peers ?
		       NULL :
		       &ipoib__container_of(first, const struct ipoib__peer, of_channel)
				->route->path.record;
}

struct ipoib_rc_attributes ipoib__channel_attributes(const struct ipoib_interface *interface,
						     const struct ipoib__channel *channel)
{
	const struct ipoib_path_record *path = path_of(channel);
	struct ipoib__connection_patience patience = ipoib__connection_patience(
		path ? path->packet_life : 0,
		(struct ipoib__connection_patience){
			.timeout = interface->config.connection_timeout,
			.retries = interface->config.connection_retries,
		});
	struct ipoib_rc_attributes attributes = {
		.connection = (uint64_t)interface->number << IPOIB__CONNECTION_ID_BITS |
			      channel->connection.id,
		.send_depth = interface->config.connection_depth,
		.retry_count = patience.retries,
		.rnr_retry = RNR_RETRIES,
		.ack_timeout = patience.timeout,
	};

	attributes.private_length = (uint16_t)ipoib__channel_private(
		interface, attributes.private_data, sizeof(attributes.private_data));
	return attributes;
}

static int dial(struct ipoib_interface *interface, struct ipoib__channel *channel)
{
	struct ipoib__connection *c = &channel->connection;
	struct ipoib_transport *transport = interface->transport;
	struct ipoib_rc_attributes attributes = ipoib__channel_attributes(interface, channel);
	struct ipoib__list *first = ipoib__list_first(&channel->peers);
	uint32_t qpn = ipoib_link_address_qpn(&c->peer);

	if (!first || !ipoib__route_ah(interface, peer_at(first)->route))
		return -EHOSTUNREACH;
	attributes.path = peer_at(first)->route->path.record;
	channel->lid = attributes.path.dlid;
	attributes.service_id =
		ipoib__service_id(c->rfc ? IPOIB__SERVICE_RFC : IPOIB__SERVICE_LINUX, qpn);
	interface->statistics.connections_asked++;
	return transport->ops->rc_connect(transport->self, interface->ud, &attributes,
					  &channel->rc);
}

/* What waits at its peers is decided about anew; then all of them take their turns. */
static void choose_anew(struct ipoib_interface *interface, struct ipoib__channel *channel,
			uint64_t now)
{
	for (struct ipoib__list *at = channel->peers.next; at != &channel->peers; at = at->next)
		ipoib__choose_again(interface, peer_at(at), now);
	ipoib__channel_flush(interface, channel, now);
	for (struct ipoib__list *at = channel->peers.next; at != &channel->peers; at = at->next) {
		ipoib__choose_tell_mtu(interface, peer_at(at), now);
		ipoib__queue_tell_room(interface, &peer_at(at)->waiting);
	}
}

static void connection_act(void *owner, struct ipoib__connection *c, unsigned actions, uint64_t now)
{
	struct ipoib_interface *interface = owner;
	struct ipoib__channel *channel = ipoib__channel_of(c);

	if (actions & IPOIB__CONNECTION_HANG_UP)
		ipoib__channel_hang_up(interface, channel);
	if (actions & IPOIB__CONNECTION_FAILED)
		interface->statistics.connections_failed++;
	if (actions & (IPOIB__CONNECTION_USABLE | IPOIB__CONNECTION_LOST |
		       IPOIB__CONNECTION_GIVE_UP))
		choose_anew(interface, channel, now);
	if ((actions & IPOIB__CONNECTION_DIAL) && dial(interface, channel) < 0)
		ipoib__connections_step(&interface->connections, c, IPOIB__CONNECTION_FAILURE, 0,
					now);
}

static bool connection_busy(void *owner, const struct ipoib__connection *c)
{
	const struct ipoib__channel *channel = (const struct ipoib__channel *)(const void *)c;

	(void)owner;
	return channel->sends_out > 0;
}

static void connection_end(void *owner, struct ipoib__connection *c)
{
	struct ipoib__channel *channel = ipoib__channel_of(c);
	struct ipoib__list *first;

	if (!channel->posted.next) /* never set up */
		return;
	ipoib__channel_hang_up(owner, channel);
	ipoib__list_remove(&channel->ending);
	while ((first = ipoib__list_pop_front(&channel->peers)) != NULL) {
		ipoib__list_remove(&peer_at(first)->turn);
		peer_at(first)->channel = NULL;
		ipoib__derive_peer(peer_at(first));
	}
}

const struct ipoib__connections_hooks ipoib__interface_connections_hooks = {
	.size = sizeof(struct ipoib__channel),
	.act = connection_act,
	.busy = connection_busy,
	.end = connection_end,
};

/* ---- peers ---- */

struct ipoib__channel *ipoib__channel_set_up(struct ipoib__connection *c)
{
	struct ipoib__channel *channel = ipoib__channel_of(c);

	if (channel && !channel->posted.next) { /* zeroed memory: new */
		ipoib__list_init(&channel->ending);
		ipoib__list_init(&channel->posted);
		ipoib__list_init(&channel->peers);
		ipoib__list_init(&channel->turns);
	}
	return channel;
}

void ipoib__channel_leave(struct ipoib_interface *interface, struct ipoib__peer *peer,
			  uint64_t now)
{
	struct ipoib__channel *channel = peer->channel;

	if (!channel)
		return;
	peer->channel = NULL;
	ipoib__derive_peer(peer);
	ipoib__list_remove(&peer->of_channel);
	ipoib__list_remove(&peer->turn);
	ipoib__connections_release(&interface->connections, &channel->connection, now);
}

/*
 * A peer that says that it takes no connections any more has none: it was started again, in
 * datagram mode, and what is sent by the one that we made is lost until it fails.
 */
static void drop_unwanted(struct ipoib_interface *interface, const struct ipoib__peer *peer,
			  uint64_t now)
{
	if (peer->channel && ipoib__connection_exists(&peer->channel->connection))
		ipoib__connections_drop(&interface->connections, &peer->channel->connection, now);
}

/*
 * A peer with a (new) link address: it has a channel if both it and we take connections, and only
 * while it has a route, which those of a channel share.
 */
void ipoib__channel_enter(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	const struct ipoib_link_address *address = &peer->neighbour.link_address;
	bool takes = ipoib_link_address_flags(address) & IPOIB_LINK_ADDRESS_RC;
	struct ipoib__channel *channel;

	ipoib__assert(peer->route);
	if (!takes)
		drop_unwanted(interface, peer, now);
	ipoib__channel_leave(interface, peer, now);
	if (interface->config.mode != IPOIB_MODE_CONNECTED || !takes)
		return;
	channel = ipoib__channel_set_up(
		ipoib__connections_get(&interface->connections, address, now));
	if (!channel)
		return; /* datagrams work without memory for it */
	peer->channel = channel;
	ipoib__derive_peer(peer);
	ipoib__connections_hold(&channel->connection);
	ipoib__list_push_back(&channel->peers, &peer->of_channel);
}

/*
 * The path of a peer has a record. What goes to the LID that its connection was made with is lost
 * if that is another one. Peers share a connection: the first of them makes it anew.
 */
void ipoib__channel_check(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	struct ipoib__channel *channel = peer->channel;

	if (channel && channel->rc && channel->lid != 0 &&
	    channel->lid != peer->route->path.record.dlid)
		ipoib__connections_step(&interface->connections, &channel->connection,
					IPOIB__CONNECTION_MOVED, 0, now);
}
