/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What peers and the transport tell of connections: requests, answers, ends. All private data
 * is hostile until it is parsed, and names the peer only where its GID agrees.
 */
#include "interface/interface.h"
#include "interface/origin.h"

#include <errno.h>

#include "wire/cm.h"
#include "wire/ipoib_cm.h"

/* An acknowledgement takes microseconds; a peer that owes one for so long may not be there. */
#define STILL_NS UINT64_C(100000000)

static void step(struct ipoib_interface *interface, struct ipoib__connection *c,
		 enum ipoib__connection_event event, uint32_t mtu, uint64_t now)
{
	ipoib__connections_step(&interface->connections, c, event, mtu, now);
}

/* By the transport's name for it; NULL: it has ended meanwhile. */
static struct ipoib__connection *find(const struct ipoib_interface *interface, uint64_t name)
{
	return ipoib__connections_by_id(
		&interface->connections, name & ((UINT64_C(1) << IPOIB__CONNECTION_ID_BITS) - 1));
}

int ipoib__channel_listen(struct ipoib_interface *interface)
{
	struct ipoib_transport *transport = interface->transport;
	int status;

	if (interface->config.mode != IPOIB_MODE_CONNECTED)
		return 0;
	status = transport->ops->rc_listen(transport->self, interface->ud,
					   ipoib__service_id(IPOIB__SERVICE_LINUX, interface->qpn));
	if (status == -ENOTSUP) { /* then nobody is told that we take any */
		interface->takes_none = true;
		return 0;
	}
	if (status < 0)
		return status;
	return transport->ops->rc_listen(transport->self, interface->ud,
					 ipoib__service_id(IPOIB__SERVICE_RFC, interface->qpn));
}

/* Private data goes with a refusal as well (RFC 4755 section 3.2). */
static void refuse(struct ipoib_interface *interface, const struct ipoib_rc_event *request,
		   uint16_t reason)
{
	struct ipoib_transport *transport = interface->transport;
	uint8_t data[IPOIB__CM_PRIVATE_LENGTH];
	size_t length = ipoib__channel_private(interface, data, sizeof(data));

	interface->statistics.connections_refused++;
	if (reason == IPOIB__CM_REASON_NO_RESOURCES)
		interface->statistics.connections_no_room++;
	transport->ops->rc_reject(transport->self, request->request, reason, data, length);
}

/* What the transport cannot take stays to be refused, so that the peer need not wait in vain. */
static void accept(struct ipoib_interface *interface, struct ipoib__channel *channel,
		   const struct ipoib_rc_event *request, uint64_t now)
{
	struct ipoib_transport *transport = interface->transport;
	struct ipoib_rc_attributes attributes =
		ipoib__channel_attributes(interface, channel);

	channel->lid = 0;
	if (transport->ops->rc_accept(transport->self, interface->ud, request->request,
				      &attributes, &channel->rc) == 0) {
		interface->statistics.connections_taken++;
		ipoib__route_proof(interface, &request->gid, now);
		ipoib__connections_proof(&interface->connections, &channel->connection.peer, now);
		return;
	}
	refuse(interface, request, IPOIB__CM_REASON_NO_RESOURCES);
	step(interface, &channel->connection, IPOIB__CONNECTION_FAILURE, 0, now);
}

/* A peer of Linux's kind: for receiving, beside the one that we may have made. */
static void take_one_way(struct ipoib_interface *interface, const struct ipoib_link_address *peer,
			 const struct ipoib_rc_event *request, uint64_t now)
{
	struct ipoib__channel *channel = ipoib__channel_set_up(
		ipoib__connections_take(&interface->connections, peer, now));

	if (!channel) {
		refuse(interface, request, IPOIB__CM_REASON_NO_RESOURCES);
		return;
	}
	accept(interface, channel, request, now);
}

/* A peer that follows RFC 4755 section 3.3: one connection for both directions. */
static void take_both_ways(struct ipoib_interface *interface, const struct ipoib_link_address *peer,
			   const struct ipoib_rc_event *request, uint32_t announced, uint64_t now)
{
	struct ipoib_link_address own = ipoib__interface_link_address(interface);
	struct ipoib__channel *channel = ipoib__channel_set_up(
		ipoib__connections_get(&interface->connections, peer, now));
	struct ipoib__connection *c;

	if (!channel || (!ipoib__connection_exists(&channel->connection) &&
			 !ipoib__connections_room(&interface->connections, IPOIB__CONNECTION_PEERS,
						  now))) {
		refuse(interface, request, IPOIB__CM_REASON_NO_RESOURCES);
		return;
	}
	c = &channel->connection;
	if (c->state == IPOIB__CONNECTION_UP) {
		take_one_way(interface, peer, request, now);
		return;
	}
	if (c->state == IPOIB__CONNECTION_DIALLING && !ipoib__connection_yields(&own, peer)) {
		refuse(interface, request, IPOIB__CM_REASON_CONSUMER);
		return;
	}
	step(interface, c, IPOIB__CONNECTION_ADOPT, 0, now);
	channel->announced = announced;
	accept(interface, channel, request, now);
}

static void on_request(struct ipoib_interface *interface,
		       const struct ipoib_transport_event *event, uint64_t now)
{
	const struct ipoib_rc_event *request = &event->rc;
	struct ipoib__cm_private theirs;
	struct ipoib_link_address peer;
	enum ipoib__origin origin;

	if (ipoib__cm_private_decode(&theirs, request->private_data, request->private_length) < 0 ||
	    ipoib__connection_mtu(theirs.receive_mtu, IPOIB_MTU_CONNECTED) == 0) {
		refuse(interface, request, IPOIB__CM_REASON_CONSUMER);
		return;
	}
	peer = ipoib_link_address_make(0, theirs.qpn, &request->gid);
	origin = ipoib__origin_of(interface, event, &peer, now);
	if (origin == IPOIB__ORIGIN_CONTRADICTED) {
		refuse(interface, request, IPOIB__CM_REASON_CONSUMER);
		return;
	}
	/* What is sent by it goes to the port that asked: it must be known to be the peer's. */
	if (origin == IPOIB__ORIGIN_CONFIRMED &&
	    request->service_id == ipoib__service_id(IPOIB__SERVICE_RFC, interface->qpn))
		take_both_ways(interface, &peer, request, theirs.receive_mtu, now);
	else
		take_one_way(interface, &peer, request, now);
}

/*
 * The answer must come from the queue pair that was asked for, with an MTU that means something
 * (I38).
 */
static void on_up(struct ipoib_interface *interface, struct ipoib__connection *c,
		  const struct ipoib_rc_event *event, uint64_t now)
{
	const struct ipoib__channel *channel = (const struct ipoib__channel *)(const void *)c;
	struct ipoib__cm_private theirs = { .qpn = ipoib_link_address_qpn(&c->peer),
					  .receive_mtu = channel->announced };
	uint32_t mtu;

	if (c->state == IPOIB__CONNECTION_TAKEN) {
		ipoib__connections_touch(&interface->connections, c, now);
		return;
	}
	if (!c->both &&
	    ipoib__cm_private_decode(&theirs, event->private_data, event->private_length) < 0)
		theirs.receive_mtu = 0;
	mtu = ipoib__connection_mtu(theirs.receive_mtu, IPOIB_MTU_CONNECTED);
	/* A connection that takes less than a datagram would make the peer worse off. */
	if (mtu < interface->datagram_mtu || theirs.qpn != ipoib_link_address_qpn(&c->peer))
		step(interface, c, IPOIB__CONNECTION_FAILURE, 0, now);
	else
		step(interface, c, IPOIB__CONNECTION_ANSWER, mtu, now);
}

/*
 * Nobody at the other end answers or acknowledges: the peer may have another LID by now, and no
 * event has told us (I34).
 */
static void suspect_path(struct ipoib_interface *interface, struct ipoib__connection *c,
			 uint64_t now)
{
	struct ipoib__channel *channel = ipoib__channel_of(c);
	struct ipoib__list *first = ipoib__list_first(&channel->peers);

	if (first)
		ipoib__lid_suspect(
			interface,
			ipoib__container_of(first, struct ipoib__peer, of_channel)->route, now);
}

static void note_end(struct ipoib__connection *c, enum ipoib_connection_end why, uint64_t now)
{
	c->ended = (uint8_t)why;
	c->ended_at = now;
}

static void on_refused(struct ipoib_interface *interface, struct ipoib__connection *c,
		       const struct ipoib_rc_event *event, int status, uint64_t now)
{
	enum ipoib__connection_event what =
		status == 0 ? IPOIB__CONNECTION_REFUSED : IPOIB__CONNECTION_FAILURE;

	note_end(c, status == 0 ? IPOIB_CONNECTION_END_REFUSED : IPOIB_CONNECTION_END_UNANSWERED,
		 now);
	if (status == 0 && event->reason == IPOIB__CM_REASON_SERVICE_ID)
		what = IPOIB__CONNECTION_UNKNOWN;
	else if (status == 0 && event->reason == IPOIB__CM_REASON_STALE_CONNECTION)
		what = IPOIB__CONNECTION_STALE;
	if (status == -ETIMEDOUT)
		suspect_path(interface, c, now);
	step(interface, c, what, 0, now);
}

/* A transport that knows no reasons says no more than whether the peer has ended it. */
static enum ipoib_connection_end end_of(const struct ipoib_transport_event *event)
{
	if (event->rc.reason != 0 && ipoib_connection_end_name(event->rc.reason))
		return event->rc.reason;
	return event->status == -ECONNRESET ? IPOIB_CONNECTION_END_PEER :
					      IPOIB_CONNECTION_END_ERROR;
}

/* Drained before it is destroyed: the peer was told that its last messages have arrived. */
static void will_end(struct ipoib_interface *interface, struct ipoib__connection *c,
		     const struct ipoib_transport_event *event)
{
	struct ipoib__channel *channel = ipoib__channel_of(c);

	channel->why = (uint8_t)end_of(event);
	if (!ipoib__list_is_linked(&channel->ending))
		ipoib__list_push_back(&interface->ending, &channel->ending);
	interface->context->again = true;
}

/*
 * An event of a connection names the interface in its upper bits; a request the queue pair, in
 * its service ID.
 */
static bool is_ours(const struct ipoib_interface *interface,
		    const struct ipoib_transport_event *event)
{
	if (event->type != IPOIB_TRANSPORT_RC_REQUEST)
		return event->id >> IPOIB__CONNECTION_ID_BITS == interface->number;
	return event->rc.service_id == ipoib__service_id(IPOIB__SERVICE_LINUX, interface->qpn) ||
	       event->rc.service_id == ipoib__service_id(IPOIB__SERVICE_RFC, interface->qpn);
}

void ipoib__channel_event(struct ipoib_interface *interface,
			  const struct ipoib_transport_event *event, uint64_t now)
{
	struct ipoib__connection *c;

	if (!is_ours(interface, event))
		return;
	if (event->type == IPOIB_TRANSPORT_RC_REQUEST) {
		on_request(interface, event, now);
		return;
	}
	c = find(interface, event->id);
	if (!c)
		return; /* ended meanwhile */
	if (event->type == IPOIB_TRANSPORT_RC_UP)
		on_up(interface, c, &event->rc, now);
	else if (event->type == IPOIB_TRANSPORT_RC_REFUSED)
		on_refused(interface, c, &event->rc, event->status, now);
	else
		will_end(interface, c, event);
}

/* One that packets went by is lost: the caller is told, and told why. */
static void tell_lost(struct ipoib_interface *interface, const struct ipoib__channel *channel,
		      uint64_t now)
{
	struct ipoib_event event = { .type = IPOIB_EVENT_CONNECTION_LOST,
				     .link_address = channel->connection.peer,
				     .detail = channel->why };

	if (!ipoib__list_empty(&channel->peers))
		event.ip = ipoib__container_of(channel->peers.next, const struct ipoib__peer,
					       of_channel)
				   ->neighbour.ip;
	ipoib__answer_event(interface, &event, now);
}

static void end_connection(struct ipoib_interface *interface, struct ipoib__channel *channel,
			   uint64_t now)
{
	if (channel->connection.state == IPOIB__CONNECTION_UP)
		tell_lost(interface, channel, now);
	note_end(&channel->connection, channel->why, now);
	step(interface, &channel->connection,
	     channel->why == IPOIB_CONNECTION_END_PEER ? IPOIB__CONNECTION_ENDED :
							 IPOIB__CONNECTION_FAILURE,
	     0, now);
}

/*
 * The peer has announced its address, from where it is known. A host that starts does that, and if
 * it does not acknowledge what we send either, the connection is one of its former self: it is not
 * waited for.
 */
void ipoib__channel_announced(struct ipoib_interface *interface, struct ipoib__peer *peer,
			      uint64_t now)
{
	struct ipoib__channel *channel = peer->channel;

	if (!channel || channel->connection.state != IPOIB__CONNECTION_UP ||
	    channel->sends_out == 0 || now - channel->progress < STILL_NS)
		return;
	channel->why = IPOIB_CONNECTION_END_RETRIES;
	end_connection(interface, channel, now);
}

/* Ends what has been told to have ended, now that what came by it was taken out of the queue. */
void ipoib__channel_ends(struct ipoib_interface *interface, uint64_t now)
{
	struct ipoib__list *first;

	while ((first = ipoib__list_pop_front(&interface->ending)) != NULL) {
		struct ipoib__channel *channel =
			ipoib__container_of(first, struct ipoib__channel, ending);

		if (channel->why != IPOIB_CONNECTION_END_PEER)
			suspect_path(interface, &channel->connection, now);
		end_connection(interface, channel, now);
	}
}

/* Something came by a connection. Returns whose that is; NULL: it is not known any more. */
const struct ipoib_link_address *ipoib__channel_heard(struct ipoib_interface *interface,
						      uint64_t connection, uint64_t now)
{
	struct ipoib__connection *c = find(interface, connection);
	struct ipoib_gid gid;

	if (!c)
		return NULL;
	if (now - c->touched >= IPOIB__CONNECTION_TOUCH_NS) { /* and not for each message */
		gid = ipoib_link_address_gid(&c->peer);
		ipoib__route_proof(interface, &gid, now);
	}
	ipoib__connections_touch(&interface->connections, c, now);
	return &c->peer;
}
