/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Neighbours meet paths: a neighbour says which GID and queue pair, the path to that GID says
 * how to get there, and only both together make an address handle that packets can be sent by.
 *
 *   peer (IP) --- route (GID) --- address handle
 *        several peers may share a route: a host with two addresses on one port is one GID
 */
#include "interface/interface.h"

#include <errno.h>
#include <string.h>

static struct ipoib__peer *peer_of(struct ipoib__neighbour *n)
{
	return (struct ipoib__peer *)(void *)n; /* it is the first member */
}

static struct ipoib__route *route_of(struct ipoib__path *path)
{
	return (struct ipoib__route *)(void *)path;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void ipoib__peer_init(struct ipoib__peer *peer)
{
	ipoib__list_init(&peer->of_route);
	ipoib__list_init(&peer->use);
	ipoib__queue_init(&peer->waiting);
}

/* ---- a peer and its route ---- */

static void set_limit(struct ipoib_interface *interface, struct ipoib__peer *peer)
{
	uint32_t of_path = peer->route->path.record.mtu - IPOIB__ENCAP_LENGTH;

	peer->limit = smaller(of_path, interface->mtu);
}

/* The peer can be sent to: by all that a send needs, in one place. What waited goes out. */
static void make_ready(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	peer->ah = peer->route->ah;
	peer->qpn = ipoib_link_address_qpn(&peer->neighbour.link_address);
	set_limit(interface, peer);
	ipoib__flush(interface, &peer->waiting, peer->ah, peer->qpn, peer->limit, now);
}

static void leave_route(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	struct ipoib__route *route = peer->route;

	peer->ah = NULL;
	peer->route = NULL;
	if (!route)
		return;
	ipoib__list_remove(&peer->of_route);
	ipoib__paths_release(&interface->paths, &route->path, now);
}

static struct ipoib__route *get_route(struct ipoib_interface *interface,
				      const struct ipoib_gid *gid, uint64_t now)
{
	struct ipoib__path *path = ipoib__paths_get(&interface->paths, gid, now);
	struct ipoib__route *route;

	if (!path)
		return NULL;
	route = route_of(path);
	if (!route->peers.next) { /* zeroed memory: new */
		ipoib__list_init(&route->peers);
		ipoib__queue_init(&route->waiting);
	}
	return route;
}

/* The peer has a (new) link address: from now on packets go there, and nowhere else (I7). */
static void enter_route(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	struct ipoib_gid gid = ipoib_link_address_gid(&peer->neighbour.link_address);
	struct ipoib__route *route = get_route(interface, &gid, now);

	if (route)
		ipoib__paths_hold(&interface->paths, &route->path);
	leave_route(interface, peer, now);
	if (!route) {
		ipoib__queue_drop(interface, &peer->waiting, IPOIB_SEND_DROP_NO_MEMORY);
		return;
	}
	peer->route = route;
	ipoib__list_push_back(&route->peers, &peer->of_route);
	if (route->ah)
		make_ready(interface, peer, now);
	else
		ipoib__paths_need(&interface->paths, &route->path, now);
}

/* ---- neighbours ---- */

static void tell_moved(struct ipoib_interface *interface, const struct ipoib__peer *peer,
		       uint64_t now)
{
	const struct ipoib_event event = {
		.type = IPOIB_EVENT_NEIGHBOUR_MOVED,
		.ip = peer->neighbour.ip,
		.link_address = peer->neighbour.link_address,
		.old_link_address = peer->neighbour.old_link_address,
	};

	interface->statistics.neighbours_moved++;
	ipoib__answer_event(interface, &event, now);
}

static void give_up(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	const struct ipoib_event event = { .type = IPOIB_EVENT_NEIGHBOUR_FAILED,
					   .status = -EHOSTUNREACH,
					   .ip = peer->neighbour.ip };

	leave_route(interface, peer, now);
	ipoib__queue_drop(interface, &peer->waiting, IPOIB_SEND_DROP_UNREACHABLE);
	ipoib__answer_event(interface, &event, now);
}

static void neighbour_act(void *owner, struct ipoib__neighbour *n, unsigned actions, uint64_t now)
{
	struct ipoib_interface *interface = owner;
	struct ipoib__peer *peer = peer_of(n);

	if (actions & IPOIB__NEIGHBOUR_MOVED)
		tell_moved(interface, peer, now);
	if (actions & (IPOIB__NEIGHBOUR_RESOLVED | IPOIB__NEIGHBOUR_MOVED))
		enter_route(interface, peer, now);
	if (actions & IPOIB__NEIGHBOUR_ASK_BROADCAST)
		ipoib__arp_ask(interface, peer, false, now);
	if (actions & IPOIB__NEIGHBOUR_ASK_UNICAST)
		ipoib__arp_ask(interface, peer, true, now);
	if (actions & IPOIB__NEIGHBOUR_UNREACHED)
		give_up(interface, peer, now);
}

/*
 * References beyond the route's own are posted sends; they are the route's and so perhaps not
 * this peer's (I37).
 */
static bool neighbour_busy(void *owner, const struct ipoib__neighbour *n)
{
	const struct ipoib__peer *peer = (const struct ipoib__peer *)(const void *)n;

	(void)owner;
	return peer->waiting.count > 0 || (peer->ah && peer->ah->references > 1);
}

static void neighbour_end(void *owner, struct ipoib__neighbour *n, bool evicted)
{
	struct ipoib_interface *interface = owner;
	struct ipoib__peer *peer = peer_of(n);

	ipoib__list_remove(&peer->use);
	leave_route(interface, peer, interface->context->last);
	ipoib__queue_drop(interface, &peer->waiting,
			  evicted		? IPOIB_SEND_DROP_EVICTED :
			  interface->closed	? IPOIB_SEND_DROP_CLOSED :
						  IPOIB_SEND_DROP_UNREACHABLE);
}

const struct ipoib__neighbours_hooks ipoib__interface_neighbours_hooks = {
	.entry_size = sizeof(struct ipoib__peer),
	.act = neighbour_act,
	.busy = neighbour_busy,
	.end = neighbour_end,
};

/* ---- paths ---- */

static int path_ask(void *owner, struct ipoib__path *path, uint64_t question)
{
	struct ipoib_interface *interface = owner;
	struct ipoib_transport *transport = interface->transport;

	interface->statistics.path_queries++;
	return transport->ops->path_query(transport->self, ipoib__question_id(interface, question),
					  &path->dgid, interface->config.pkey);
}

static void path_cancel(void *owner, uint64_t question)
{
	struct ipoib_interface *interface = owner;
	struct ipoib_transport *transport = interface->transport;

	transport->ops->cancel(transport->self, ipoib__question_id(interface, question));
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
		make_ready(interface, ipoib__container_of(at, struct ipoib__peer, of_route), now);
	ipoib__flush(interface, &route->waiting, route->ah, 0, interface->mtu, now);
}

static void lose_route(struct ipoib_interface *interface, struct ipoib__route *route,
		       enum ipoib_send_drop reason)
{
	struct ipoib__ah *ah = route->ah;

	route->ah = NULL;
	for (struct ipoib__list *at = route->peers.next; at != &route->peers; at = at->next) {
		struct ipoib__peer *peer = ipoib__container_of(at, struct ipoib__peer, of_route);

		peer->ah = NULL;
		ipoib__queue_drop(interface, &peer->waiting, reason);
	}
	ipoib__queue_drop(interface, &route->waiting, reason);
	ipoib__ah_unref(interface, ah);
}

static void use_record(struct ipoib_interface *interface, struct ipoib__route *route, uint64_t now)
{
	struct ipoib_ah_attributes attributes = attributes_of(interface, &route->path.record);
	struct ipoib__ah *ah;

	if (!route->ah || memcmp(&route->ah->attributes, &attributes, sizeof(attributes)) != 0) {
		ah = ipoib__ah_new(interface, &attributes);
		if (!ah) {
			lose_route(interface, route, IPOIB_SEND_DROP_NO_MEMORY);
			return;
		}
		ipoib__ah_unref(interface, route->ah);
		route->ah = ah;
	}
	each_peer_ready(interface, route, now);
}

static void path_act(void *owner, struct ipoib__path *path, unsigned actions, uint64_t now)
{
	struct ipoib_interface *interface = owner;
	struct ipoib__route *route = route_of(path);

	if (actions & IPOIB__PATH_USABLE)
		use_record(interface, route, now);
	if (actions & IPOIB__PATH_LOST) {
		interface->statistics.path_failures++;
		lose_route(interface, route, IPOIB_SEND_DROP_NO_PATH);
	}
	if (actions & IPOIB__PATH_FLUSHED)
		lose_route(interface, route, IPOIB_SEND_DROP_LINK_DOWN);
}

static void path_end(void *owner, struct ipoib__path *path)
{
	struct ipoib_interface *interface = owner;
	struct ipoib__route *route = route_of(path);

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

void ipoib__interface_path_answer(struct ipoib_interface *interface, uint64_t question,
				  const struct ipoib_transport_event *event, uint64_t now)
{
	struct ipoib__path *path = ipoib__paths_by_question(&interface->paths, question);
	bool good;

	if (!path)
		return; /* taken back meanwhile */
	good = event->status == 0 && plausible(path, &event->path);
	ipoib__paths_answer(&interface->paths, path, good ? &event->path : NULL,
			    event->status < 0 ? event->status : -EPROTO, now);
}

/* ---- what sends and ARP bring about ---- */

static void resolve_use(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	struct ipoib__route *route;

	ipoib__neighbours_step(&interface->neighbours, &peer->neighbour, IPOIB__NEIGHBOUR_USE, NULL,
			       now);
	route = peer->route;
	if (!route)
		return;
	if (!route->ah && ipoib__path_usable(&route->path))
		/* the address handle could not be made last time */
		use_record(interface, route, now);
	else if (!route->ah || ipoib__paths_doubted(&interface->paths, &route->path))
		ipoib__paths_need(&interface->paths, &route->path, now);
}

void ipoib__resolve_uses(struct ipoib_interface *interface, unsigned budget, uint64_t now)
{
	struct ipoib__list *first;

	while (budget-- > 0 && (first = ipoib__list_pop_front(&interface->uses)) != NULL)
		resolve_use(interface, ipoib__container_of(first, struct ipoib__peer, use), now);
	if (!ipoib__list_empty(&interface->uses))
		interface->context->again = true;
}

/*
 * Somebody told us, in ARP, who has an address. RFC 826: what is known is brought up to date,
 * and made only when it was said to us (I41); an answer that we did not ask for is worth no
 * more than any other word.
 */
void ipoib__resolve_told(struct ipoib_interface *interface, const struct ipoib_ip *ip,
			 const struct ipoib_link_address *link_address, bool answer, bool for_us,
			 uint64_t now)
{
	struct ipoib__neighbour *n = ipoib__neighbours_find(&interface->neighbours, ip);
	bool asked = n && n->asks > 0;

	if (!n) {
		if (!for_us || answer ||
		    ipoib__neighbours_make(&interface->neighbours, ip, false, now, &n) < 0)
			return;
		ipoib__peer_init(peer_of(n));
	}
	ipoib__neighbours_step(&interface->neighbours, n,
			       answer && for_us && asked ? IPOIB__NEIGHBOUR_ANSWER :
							   IPOIB__NEIGHBOUR_HEARD,
			       link_address, now);
}

/*
 * A control packet to a link address, whatever neighbour that is: the answer to a question goes
 * to who asked.
 */
void ipoib__route_send(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
		       const struct ipoib_link_address *to, uint64_t now)
{
	struct ipoib_gid gid = ipoib_link_address_gid(to);
	struct ipoib__route *route = get_route(interface, &gid, now);

	buffer->remote_qpn = ipoib_link_address_qpn(to);
	if (!route || !ipoib__queue_room(interface, &route->waiting)) {
		ipoib__answer_dropped(interface, buffer, IPOIB_SEND_DROP_NO_MEMORY);
		return;
	}
	ipoib__queue_put(interface, &route->waiting, buffer, now);
	if (route->ah)
		ipoib__flush(interface, &route->waiting, route->ah, 0, interface->mtu, now);
	else
		ipoib__paths_need(&interface->paths, &route->path, now);
}

/* The interface's MTU has changed: every peer's is at most that. */
void ipoib__peers_limit(struct ipoib_interface *interface)
{
	struct ipoib__neighbour *n;
	uint64_t cursor = 0;

	while ((n = ipoib__neighbours_next(&interface->neighbours, &cursor)) != NULL)
		if (peer_of(n)->ah)
			set_limit(interface, peer_of(n));
}
