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

/* ---- a peer and its route ---- */

static void leave_route(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	struct ipoib__route *route = peer->route;

	ipoib__channel_leave(interface, peer, now);
	peer->route = NULL;
	ipoib__derive_peer(peer);
	if (!route)
		return;
	ipoib__list_remove(&peer->of_route);
	ipoib__paths_release(&interface->paths, &route->path, now);
}

/*
 * The peer has a (new) link address: from now on packets go there, and nowhere else (I7). Whom we
 * never sent to, and only know because they spoke to us, are not worth a question to the SA.
 */
static void enter_route(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	struct ipoib_gid gid = ipoib_link_address_gid(&peer->neighbour.link_address);
	struct ipoib__route *route = ipoib__route_get(interface, &gid, now);

	if (ipoib__list_is_linked(&peer->use)) { /* perhaps among those that could not be asked */
		ipoib__list_remove(&peer->use);
		ipoib__note_use(interface, &interface->uses, &peer->use);
	}
	if (route)
		ipoib__paths_hold(&interface->paths, &route->path);
	leave_route(interface, peer, now);
	interface->last_sender = (struct ipoib__sender){ 0 }; /* it may not fit any more */
	if (!route) {
		ipoib__queue_drop(interface, &peer->waiting, IPOIB_SEND_DROP_NO_MEMORY);
		return;
	}
	peer->route = route;
	ipoib__list_push_back(&route->peers, &peer->of_route);
	ipoib__channel_enter(interface, peer, now);
	if (peer->channel) /* it was away, and so its connection could not be made */
		ipoib__connections_step(&interface->connections, &peer->channel->connection,
					IPOIB__CONNECTION_PROOF, 0, now);
	if (route->ah)
		ipoib__peer_ready(interface, peer, now);
	else if (peer->waiting.count > 0 || peer->adjacency->used != IPOIB_NEVER ||
		 !ipoib__list_empty(&peer->handles))
		ipoib__route_need(interface, route, true, now);
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
		.detail = peer->neighbour.claim,
	};

	interface->statistics.neighbours_moved++;
	ipoib__answer_event(interface, &event, now);
}

/* What the machine has counted since the last time, for the interface's own sum. */
static void count_flux(struct ipoib_interface *interface, struct ipoib__peer *peer)
{
	const struct ipoib__neighbour *n = &peer->neighbour;

	interface->statistics.flux_claims += n->fluxes - peer->counted_flux;
	interface->statistics.flux_refused += n->refused - peer->counted_refused;
	peer->counted_flux = n->fluxes;
	peer->counted_refused = n->refused;
}

/* A thousand claims a second are told once a second; a new verdict always. */
static void tell_flux(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	const struct ipoib__neighbour *n = &peer->neighbour;
	bool moved = n->verdict == IPOIB_FLUX_ACCEPTED;
	struct ipoib_event event = {
		.type = IPOIB_EVENT_NEIGHBOUR_FLUX,
		.ip = n->ip,
		.link_address = moved ? n->link_address : n->last_claimed,
		.old_link_address = moved ? n->old_link_address : n->link_address,
		.detail = n->claim,
		.verdict = n->verdict,
		.lid = n->claim == IPOIB_CLAIM_DATA ? peer->data_lid : 0,
	};

	count_flux(interface, peer);
	if (n->verdict == peer->told_verdict && peer->told_flux != 0 &&
	    now - peer->told_flux < IPOIB__TELL_NS)
		return;
	peer->told_verdict = n->verdict;
	peer->told_flux = now;
	event.count = n->history ? ipoib__neighbour_rate(n->history, now) : 0;
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

/* The peer takes connections now, or does not any more: the address and the path are the same. */
static void change_mode(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	if (!peer->route) { /* there was no memory for it */
		enter_route(interface, peer, now);
		return;
	}
	ipoib__channel_enter(interface, peer, now);
	if (ipoib__peer_ah(interface, peer))
		ipoib__peer_ready(interface, peer, now);
}

static void ask(struct ipoib_interface *interface, struct ipoib__peer *peer,
		const struct ipoib_link_address *to, bool wanted, uint64_t now)
{
	const struct ipoib_link_address copy = to ? *to : (struct ipoib_link_address){ { 0 } };
	const struct ipoib__question question = { .to = to ? &copy : NULL, .wanted = wanted };

	if (peer->neighbour.ip.family == IPOIB_IPV6)
		ipoib__nd_ask(interface, peer, &question, now);
	else
		ipoib__arp_ask(interface, peer, &question, now);
}

static void ask_all(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	/* Nobody answers where the path leads to: the path may be what is wrong (I34). */
	if (peer->route)
		ipoib__lid_suspect(interface, peer->route, now);
	ask(interface, peer, NULL, true, now);
}

/* Whom nobody has believed yet is a stranger, and has a stranger's part of the SA's window. */
static void ask_in_trial(struct ipoib_interface *interface, struct ipoib__peer *peer,
			 unsigned actions, uint64_t now)
{
	const struct ipoib__neighbour *n = &peer->neighbour;

	if (actions & IPOIB__NEIGHBOUR_ASK_KNOWN)
		ask(interface, peer, &n->link_address, true, now);
	if (actions & IPOIB__NEIGHBOUR_ASK_OLD)
		ask(interface, peer, &n->old_link_address, true, now);
	if (actions & IPOIB__NEIGHBOUR_ASK_CLAIMED)
		ask(interface, peer, &n->claimed, false, now);
	if (actions & IPOIB__NEIGHBOUR_ASK_PATH && peer->route)
		ipoib__lid_suspect(interface, peer->route, now);
}

static void neighbour_act(void *owner, struct ipoib__neighbour *n, unsigned actions, uint64_t now)
{
	struct ipoib_interface *interface = owner;
	struct ipoib__peer *peer = ipoib__peer_of(n);

	if (actions & IPOIB__NEIGHBOUR_FLUX)
		tell_flux(interface, peer, now);
	if (actions & IPOIB__NEIGHBOUR_MOVED)
		tell_moved(interface, peer, now);
	if (actions & IPOIB__NEIGHBOUR_CHANGED) {
		ipoib__derive_peer(peer);
		ipoib__answer_change(interface, n, IPOIB_NEIGHBOUR_CHANGED, now);
		ipoib__peer_changed(interface, peer);
	}
	if (actions & (IPOIB__NEIGHBOUR_RESOLVED | IPOIB__NEIGHBOUR_MOVED |
		       IPOIB__NEIGHBOUR_PREFIX))
		enter_route(interface, peer, now);
	if (n->state == IPOIB_NEIGHBOUR_REACHABLE && peer->route)
		ipoib__path_proof(&peer->route->path, now);
	if (actions & IPOIB__NEIGHBOUR_FLAGS)
		change_mode(interface, peer, now);
	if (actions & IPOIB__NEIGHBOUR_ASK_MULTICAST)
		ask_all(interface, peer, now);
	if (actions & IPOIB__NEIGHBOUR_ASK_UNICAST)
		ask(interface, peer, &n->link_address, true, now);
	ask_in_trial(interface, peer, actions, now);
	if (actions & IPOIB__NEIGHBOUR_JUDGE)
		ipoib__first_judge(interface, peer, now);
	if (!(actions & IPOIB__NEIGHBOUR_UNREACHED))
		return;
	if (ipoib__source_for(interface, peer))
		give_up(interface, peer, now);
	else /* our own address has gone meanwhile: no question went out, and none was unanswered */
		ipoib__neighbours_remove(&interface->neighbours, n, false);
}

/* Whether the last datagram to it is in the backlog, or posted and not completed. */
static bool in_flight(const struct ipoib_interface *interface,
		      const struct ipoib__adjacency *adjacency)
{
	uint32_t completed = (uint32_t)interface->posted - interface->sends_out;

	return adjacency->last - completed - 1 < interface->sends_out + interface->backlog.count;
}

static bool neighbour_busy(void *owner, const struct ipoib__neighbour *n)
{
	const struct ipoib__peer *peer = (const struct ipoib__peer *)(const void *)n;

	return peer->waiting.count > 0 || !ipoib__list_empty(&peer->handles) ||
	       in_flight(owner, peer->adjacency) ||
	       (peer->channel && peer->channel->sends_out > 0);
}

static void neighbour_end(void *owner, struct ipoib__neighbour *n, bool evicted)
{
	struct ipoib_interface *interface = owner;
	struct ipoib__peer *peer = ipoib__peer_of(n);

	if (!peer->waiting.packets.next) /* never set up */
		return;
	ipoib__answer_change(interface, n, IPOIB_NEIGHBOUR_REMOVED, interface->context->last);
	ipoib__list_remove(&peer->use);
	ipoib__peer_ended(interface, peer);
	leave_route(interface, peer, interface->context->last);
	ipoib__queue_drop(interface, &peer->waiting,
			  evicted		? IPOIB_SEND_DROP_EVICTED :
			  interface->closed	? IPOIB_SEND_DROP_CLOSED :
						  IPOIB_SEND_DROP_UNREACHABLE);
	ipoib__queue_forget(interface, &peer->waiting);
	ipoib__adjacency_end(&interface->adjacencies, peer->adjacency);
}

const struct ipoib__neighbours_hooks ipoib__interface_neighbours_hooks = {
	.entry_size = sizeof(struct ipoib__peer),
	.act = neighbour_act,
	.busy = neighbour_busy,
	.end = neighbour_end,
};

/* ---- what sends and ARP bring about ---- */

static void step(struct ipoib_interface *interface, struct ipoib__peer *peer,
		 enum ipoib__neighbour_event_type type, uint64_t now)
{
	const struct ipoib__neighbour_event event = { .type = type };

	ipoib__neighbours_step(&interface->neighbours, &peer->neighbour, &event, now);
}

/* Whether the SA has said that it knows no path to where the neighbour is known. */
static bool no_path(const struct ipoib_interface *interface, const struct ipoib__peer *peer)
{
	return peer->route && peer->route->refused &&
	       peer->route->path.state == IPOIB_PATH_FAILED &&
	       !ipoib__paths_stale(&interface->paths, &peer->route->path);
}

static void resolve_use(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	uint64_t used = peer->adjacency->used;
	bool hinted = peer->hinted, checked = peer->checked;

	peer->hinted = peer->checked = false;
	if (used != IPOIB_NEVER)
		ipoib__neighbours_touch(&interface->neighbours, &peer->neighbour, used);
	if (!interface->up) { /* it went down since; what waited has been answered */
		/* nothing else would end a new one */
		if (peer->neighbour.state == IPOIB__NEIGHBOUR_NEW)
			ipoib__neighbours_remove(&interface->neighbours, &peer->neighbour, false);
		return;
	}
	if (ipoib__source_awaited(interface, peer, now))
		return;
	if (peer->route)
		ipoib__paths_settle(&interface->paths, &peer->route->path, now);
	if (hinted && peer->route)
		ipoib__path_proof(&peer->route->path, now);
	if (no_path(interface, peer))
		step(interface, peer, IPOIB__NEIGHBOUR_NO_PATH, now);
	if (hinted)
		step(interface, peer, IPOIB__NEIGHBOUR_CONFIRM, now);
	step(interface, peer, checked ? IPOIB__NEIGHBOUR_CHECK : IPOIB__NEIGHBOUR_USE, now);
	if (peer->route)
		ipoib__route_need(interface, peer->route, true, now);
	if (peer->adjacency->handle && !peer->channel) /* there may have been no memory for it */
		ipoib__channel_enter(interface, peer, now);
	if (peer->adjacency->handle && peer->channel)
		ipoib__connections_step(&interface->connections, &peer->channel->connection,
					IPOIB__CONNECTION_WANT, 0, now);
	if (peer->route)
		return;
	if (ipoib__neighbour_valid(&peer->neighbour)) /* there was no memory for it */
		enter_route(interface, peer, now);
}

void ipoib__resolve_uses(struct ipoib_interface *interface, unsigned budget, uint64_t now)
{
	struct ipoib__list *first;

	while (budget-- > 0 && (first = ipoib__list_pop_front(&interface->uses)) != NULL)
		resolve_use(interface, ipoib__container_of(first, struct ipoib__peer, use), now);
	if (!ipoib__list_empty(&interface->uses))
		interface->context->again = true;
}

static enum ipoib__neighbour_event_type event_of(const struct ipoib__neighbour *n,
						 const struct ipoib__told *told, uint64_t now)
{
	/* An answer that we did not ask for is worth no more than any other word. */
	bool answer = told->answer && told->for_us && ipoib__neighbour_asked(n, now);

	if (told->weak)
		return answer ? IPOIB__NEIGHBOUR_WEAK_ANSWER : IPOIB__NEIGHBOUR_WEAK_HEARD;
	return answer ? IPOIB__NEIGHBOUR_ANSWER : IPOIB__NEIGHBOUR_HEARD;
}

/*
 * An advertisement may leave its link address out when it answers a unicast (RFC 4861 section
 * 7.2.4). Where several were asked, the packet's headers say who has answered; false: they do not.
 */
static bool fill_in(const struct ipoib_interface *interface, const struct ipoib__neighbour *n,
		    const struct ipoib_buffer *packet, struct ipoib__neighbour_event *event)
{
	const struct ipoib_link_address *asked[] = { &n->link_address, &n->claimed,
						     &n->old_link_address };

	if (event->address || n->trial == IPOIB__NEIGHBOUR_TRIAL_NONE)
		return true;
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]) && !event->address; i++)
		if (ipoib__sender_of(interface, asked[i], packet) ==
		    IPOIB__NEIGHBOUR_ORIGIN_ITSELF)
			event->address = asked[i];
	return event->address != NULL;
}

/* Whether the neighbour has said unasked that it is where it is known. */
static bool is_announced(const struct ipoib__neighbour *n, const struct ipoib__told *told,
			 const struct ipoib__neighbour_event *event)
{
	bool unasked = told->claim == IPOIB_CLAIM_ARP_ANNOUNCEMENT ||
		       (told->claim == IPOIB_CLAIM_ADVERTISEMENT && !told->answer);

	return unasked && event->address && event->origin != IPOIB__NEIGHBOUR_ORIGIN_OTHER &&
	       ipoib__neighbour_valid(n) &&
	       ipoib_link_address_same_peer(event->address, &n->link_address);
}

/*
 * Somebody told us who has an address. RFC 826: what is known is brought up to date, and made
 * only when it was said to us (I41). What is believed, the machine decides.
 */
void ipoib__resolve_told(struct ipoib_interface *interface, const struct ipoib__told *told,
			 uint64_t now)
{
	struct ipoib__neighbour_event event = { .address = told->link_address,
						.claim = told->claim };
	struct ipoib_link_address address;
	struct ipoib__neighbour *n;
	struct ipoib__peer *made;

	ipoib__first_heard(interface, told, now);
	n = ipoib__neighbours_find(&interface->neighbours, told->ip);
	if (!n) {
		if (!told->create || !told->link_address)
			return;
		if (ipoib__peer_make(interface, told->ip, false, now, &made) < 0) {
			interface->statistics.neighbours_refused++;
			return;
		}
		n = &made->neighbour;
	}
	if (!fill_in(interface, n, told->packet, &event))
		return;
	if (event.address) { /* the entry's own may change under it */
		address = *event.address;
		event.address = &address;
		event.origin = (uint8_t)ipoib__sender_of(interface, &address, told->packet);
	}
	if (is_announced(n, told, &event))
		ipoib__channel_announced(interface, ipoib__peer_of(n), now);
	event.type = event_of(n, told, now);
	event.no_path = no_path(interface, ipoib__peer_of(n));
	ipoib__neighbours_step(&interface->neighbours, n, &event, now);
	ipoib__first_told(interface, ipoib__peer_of(n), now);
}
