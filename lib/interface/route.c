/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Routes: what this floor keeps of a path. A route has one address handle, and peers that send
 * by it; all of them change together, so that none sends by what is no longer true.
 */
#include "interface/interface.h"

#include <errno.h>
#include <string.h>

/* The peer can be sent to: by all that a send needs, in one place. What waited goes out. */
void ipoib__peer_ready(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	ipoib__derive_peer(peer);
	ipoib__choose_flush(interface, peer, now);
	ipoib__choose_tell_mtu(interface, peer, now);
}

struct ipoib__route *ipoib__route_get(struct ipoib_interface *interface,
				      const struct ipoib_gid *gid, uint64_t now)
{
	struct ipoib__path *path = ipoib__paths_get(&interface->paths, gid, now);
	struct ipoib__route *route;

	if (!path)
		return NULL;
	route = ipoib__route_of(path);
	if (!route->peers.next) { /* zeroed memory: new */
		ipoib__list_init(&route->peers);
		ipoib__queue_init(&route->waiting);
	}
	return route;
}

static int path_ask(void *owner, struct ipoib__path *path, uint64_t question)
{
	struct ipoib_interface *interface = owner;
	struct ipoib_transport *transport = interface->transport;
	int status;

	if (!ipoib__ask_turn(interface))
		return -EAGAIN;
	status = transport->ops->path_query(transport->self,
					    ipoib__question_id(interface, false, question),
					    &path->dgid, interface->config.pkey);
	interface->statistics.path_queries += status != -EAGAIN;
	return ipoib__ask_result(interface, status);
}

static void path_cancel(void *owner, uint64_t question)
{
	struct ipoib_interface *interface = owner;
	struct ipoib_transport *transport = interface->transport;

	transport->ops->cancel(transport->self, ipoib__question_id(interface, false, question));
}

/*
 * A GRH goes with the packet only where the path leaves the subnet, or the link demands it (RFC
 * 4391 section 6).
 */
static struct ipoib_ah_attributes attributes_of(const struct ipoib_interface *interface,
						const struct ipoib_path_record *record)
{
	return (struct ipoib_ah_attributes){
		.dlid = record->dlid,
		.sl = record->sl,
		.rate = record->rate,
		.global = record->hop_limit > 1 || interface->port.grh_required,
		.hop_limit = record->hop_limit,
		.traffic_class = record->traffic_class,
		.flow_label = record->flow_label,
		.dgid = record->dgid,
	};
}

/* All peers of a route change together, so that none sends by what is no longer true. */
static void each_peer_ready(struct ipoib_interface *interface, struct ipoib__route *route,
			    uint64_t now)
{
	for (struct ipoib__list *at = route->peers.next; at != &route->peers; at = at->next)
		ipoib__peer_ready(interface,
				  ipoib__container_of(at, struct ipoib__peer, of_route), now);
	ipoib__flush(interface, &route->waiting, route->ah, 0, interface->datagram_mtu, now);
}

/* What was judged by the path's record is judged anew: a packet may be proof that there is one. */
static void lose_peer(struct ipoib_interface *interface, struct ipoib__peer *peer)
{
	ipoib__peer_changed(interface, peer);
	ipoib__derive_peer(peer); /* the route has no address handle any more */
	interface->last_sender = (struct ipoib__sender){ 0 };
}

static void lose_route(struct ipoib_interface *interface, struct ipoib__route *route,
		       enum ipoib_send_drop reason)
{
	struct ipoib__ah *ah = route->ah;

	route->ah = NULL;
	for (struct ipoib__list *at = route->peers.next; at != &route->peers; at = at->next) {
		struct ipoib__peer *peer = ipoib__container_of(at, struct ipoib__peer, of_route);

		lose_peer(interface, peer);
		ipoib__queue_drop(interface, &peer->waiting, reason);
	}
	ipoib__queue_drop(interface, &route->waiting, reason);
	ipoib__ah_unref(interface, ah);
}

/*
 * The records are not true any more, but the link is up: what waits goes by the next one. (When
 * the link goes down, link.c answers all that waits.)
 */
static void wait_for_record(struct ipoib_interface *interface, struct ipoib__route *route)
{
	struct ipoib__ah *ah = route->ah;

	route->ah = NULL;
	for (struct ipoib__list *at = route->peers.next; at != &route->peers; at = at->next) {
		struct ipoib__peer *peer = ipoib__container_of(at, struct ipoib__peer, of_route);

		lose_peer(interface, peer);
		if (peer->waiting.count > 0)
			ipoib__note_use(interface, &interface->uses, &peer->use);
	}
	ipoib__queue_drop(interface, &route->waiting, IPOIB_SEND_DROP_LINK_DOWN);
	ipoib__ah_unref(interface, ah);
}

/*
 * Where there are no LIDs, an address handle holds what the record does not tell: the MAC address
 * that the peer had when it was made. A new answer then asks for a new handle.
 */
static bool serves(const struct ipoib_interface *interface, const struct ipoib__ah *ah,
		   const struct ipoib_ah_attributes *attributes)
{
	return ah && interface->port.lid != 0 &&
	       memcmp(&ah->attributes, attributes, sizeof(*attributes)) == 0;
}

static void use_record(struct ipoib_interface *interface, struct ipoib__route *route, uint64_t now)
{
	struct ipoib_ah_attributes attributes = attributes_of(interface, &route->path.record);
	struct ipoib__ah *ah;

	if (!serves(interface, route->ah, &attributes)) {
		ah = ipoib__ah_new(interface, &attributes);
		if (!ah) {
			lose_route(interface, route, IPOIB_SEND_DROP_NO_MEMORY);
			return;
		}
		if (route->ah)
			ipoib__backlog_again(interface, route->ah);
		ipoib__ah_unref(interface, route->ah);
		route->ah = ah;
	}
	for (struct ipoib__list *at = route->peers.next; at != &route->peers; at = at->next)
		ipoib__channel_check(
			interface, ipoib__container_of(at, struct ipoib__peer, of_route), now);
	each_peer_ready(interface, route, now);
}

/*
 * Makes the address handle that could not be made last time, or asks for the path. What waits for
 * a path that failed a moment ago, or for a link that is down, is answered and not kept (I13).
 */
void ipoib__route_need(struct ipoib_interface *interface, struct ipoib__route *route, bool wanted,
		       uint64_t now)
{
	struct ipoib__path *path = &route->path;

	ipoib__paths_settle(&interface->paths, path, now);
	if (!interface->up)
		lose_route(interface, route, IPOIB_SEND_DROP_LINK_DOWN);
	else if (!route->ah && ipoib__path_usable(path))
		use_record(interface, route, now);
	else if (ipoib__paths_held(path, now))
		lose_route(interface, route, IPOIB_SEND_DROP_NO_PATH);
	else if (!route->ah || ipoib__paths_doubted(&interface->paths, path))
		ipoib__paths_need(&interface->paths, &route->path, wanted, now);
}

static void path_act(void *owner, struct ipoib__path *path, unsigned actions, uint64_t now)
{
	struct ipoib_interface *interface = owner;
	struct ipoib__route *route = ipoib__route_of(path);

	if (actions & IPOIB__PATH_USABLE)
		use_record(interface, route, now);
	if (actions & IPOIB__PATH_LOST) {
		interface->statistics.path_failures++;
		lose_route(interface, route, IPOIB_SEND_DROP_NO_PATH);
	}
	if (actions & IPOIB__PATH_FLUSHED) {
		ipoib__lid_forget(route);
		wait_for_record(interface, route);
	}
}

static void path_end(void *owner, struct ipoib__path *path)
{
	struct ipoib_interface *interface = owner;
	struct ipoib__route *route = ipoib__route_of(path);

	if (!route->peers.next) /* never set up */
		return;
	ipoib__assert(ipoib__list_empty(&route->peers));
	lose_route(interface, route,
		   interface->closed ? IPOIB_SEND_DROP_CLOSED : IPOIB_SEND_DROP_NO_PATH);
}

const struct ipoib__paths_hooks ipoib__interface_paths_hooks = {
	.path_size = sizeof(struct ipoib__route),
	.ask = path_ask,
	.act = path_act,
	.cancel = path_cancel,
	.end = path_end,
};

/*
 * The SA may answer for another GID than was asked for (I36), or with an MTU that carries nothing.
 */
static bool plausible(const struct ipoib__path *path, const struct ipoib_path_record *record)
{
	return memcmp(&record->dgid, &path->dgid, sizeof(record->dgid)) == 0 &&
	       record->mtu >= 256 && record->mtu <= IPOIB__PAYLOAD_MAX;
}

/* A neighbour that is claimed elsewhere is looked at: there is no path to where it is known. */
static void note_refused(struct ipoib_interface *interface, struct ipoib__route *route, int status)
{
	route->refused = status == -ENOENT;
	for (struct ipoib__list *at = route->peers.next; route->refused && at != &route->peers;
	     at = at->next) {
		struct ipoib__peer *peer = ipoib__container_of(at, struct ipoib__peer, of_route);

		if (peer->neighbour.verdict == IPOIB_FLUX_PENDING)
			ipoib__note_use(interface, &interface->uses, &peer->use);
	}
}

void ipoib__interface_path_answer(struct ipoib_interface *interface, uint64_t question,
				  const struct ipoib_transport_event *event, uint64_t now)
{
	struct ipoib__path *path = ipoib__paths_by_question(&interface->paths, question);
	bool good;

	if (!path)
		return; /* taken back meanwhile */
	good = event->status == 0 && plausible(path, &event->path);
	note_refused(interface, ipoib__route_of(path), event->status);
	if (good)
		ipoib__lid_answered(interface, ipoib__route_of(path), &event->path, now);
	ipoib__paths_answer(&interface->paths, path, good ? &event->path : NULL,
			    event->status < 0 ? event->status : -EPROTO, now);
}

/* The port of that GID has reached us by other means than a packet: it is there. */
void ipoib__route_proof(struct ipoib_interface *interface, const struct ipoib_gid *gid,
			uint64_t now)
{
	struct ipoib__path *path = ipoib__paths_find(&interface->paths, gid);

	if (path)
		ipoib__path_proof(path, now);
}

/*
 * A control packet to a link address, whatever neighbour that is: the answer to a question goes
 * to who asked. wanted: it is a question of our own, and comes before the answers.
 */
void ipoib__route_send(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
		       const struct ipoib_link_address *to, bool wanted, uint64_t now)
{
	struct ipoib_gid gid = ipoib_link_address_gid(to);
	struct ipoib__route *route = ipoib__route_get(interface, &gid, now);

	buffer->remote_qpn = ipoib_link_address_qpn(to);
	if (!route || !ipoib__queue_room_control(interface)) {
		ipoib__answer_dropped(interface, buffer, IPOIB_SEND_DROP_NO_MEMORY);
		return;
	}
	ipoib__queue_put(interface, &route->waiting, buffer, now);
	if (route->ah)
		ipoib__flush(interface, &route->waiting, route->ah, 0, interface->datagram_mtu,
			     now);
	else
		ipoib__route_need(interface, route, wanted, now);
}

/* Tells the MTU of the next neighbours where it is another one; the rest in the next turns. */
static void limit_some(struct ipoib_interface *interface, uint64_t now)
{
	struct ipoib__neighbour *n = NULL;

	for (unsigned i = 0; i < IPOIB__DISPATCH_LIMITS; i++) {
		struct ipoib__peer *peer;

		n = ipoib__neighbours_next(&interface->neighbours, &interface->limits_cursor);
		if (!n)
			break;
		peer = ipoib__peer_of(n);
		if (ipoib__peer_ah(interface, peer))
			ipoib__choose_tell_mtu(interface, peer, now);
	}
	ipoib__wheel_arm(&interface->context->wheel, &interface->limits_timer,
			 n ? now : IPOIB_NEVER);
}

void ipoib__peers_limit_due(struct ipoib__timer *timer, uint64_t now)
{
	struct ipoib_interface *interface =
		ipoib__container_of(timer, struct ipoib_interface, limits_timer);

	if (!interface->closed)
		limit_some(interface, now);
}

/*
 * The interface's MTU has changed, and with it each neighbour's at once: that is at most the
 * interface's. What is left is to tell it.
 */
void ipoib__peers_limit(struct ipoib_interface *interface, uint64_t now)
{
	interface->limits_cursor = 0;
	if (!ipoib__timer_armed(&interface->limits_timer))
		limit_some(interface, now);
}
