/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Neighbours that the caller holds.
 *
 *  1. A handle keeps the entry of its neighbour from giving way to others, and asks for it to be
 *     resolved, without a packet. While the link is down it waits for that.
 *  2. Whatever changes what it may tell puts it on a list; at the end of the turn what is known now
 *     is compared with what was told last, and told if it is another (answer.c).
 *  3. An entry may go nevertheless: after a minute of silence, or by the caller's own hand. The
 *     handle stays, and the next use makes a new one.
 */
#include "interface/interface.h"

#include <errno.h>
#include <string.h>

#include "base/sized.h"
#include "wire/ib_units.h"

IPOIB__FIRST_VERSION(RESOLUTION_FIRST, struct ipoib_resolution, path, 112);

/* Of the entries of the table, so many can be held: the others can give way. */
#define HELD_SHARE 2

void ipoib__handle_attach(struct ipoib_neighbour *neighbour, struct ipoib__peer *peer)
{
	if (!peer)
		return;
	neighbour->peer = peer;
	neighbour->adjacency = peer->adjacency;
	ipoib__list_push_back(&peer->handles, &neighbour->of_peer);
	ipoib__handle_due(neighbour->interface, neighbour);
}

/* Its entry, made if there is none; and a use of it. */
static int resolve(struct ipoib_neighbour *neighbour, uint64_t now)
{
	struct ipoib_interface *interface = neighbour->interface;
	struct ipoib__peer *peer = ipoib__peer_of(
		ipoib__neighbours_find(&interface->neighbours, &neighbour->ip));
	int status = ipoib__address_next_hop(interface, peer, &neighbour->ip);

	if (status == 0 && !peer)
		status = ipoib__peer_make(interface, &neighbour->ip, true, now, &peer);
	if (status < 0)
		return status;
	if (!neighbour->peer)
		ipoib__handle_attach(neighbour, peer);
	ipoib__note_use(interface, &interface->uses, &peer->use);
	return 0;
}

/* ---- what is known ---- */

/* Whether the SA has said, or its silence, that there is no way. */
static bool no_way(const struct ipoib_interface *interface, const struct ipoib__peer *peer)
{
	return peer->route && peer->route->path.state == IPOIB_PATH_FAILED &&
	       !ipoib__paths_stale(&interface->paths, &peer->route->path);
}

static int status_of(const struct ipoib_neighbour *neighbour)
{
	const struct ipoib_interface *interface = neighbour->interface;
	const struct ipoib__peer *peer = neighbour->peer;

	if (!interface || interface->closed || !interface->up)
		return -ENETDOWN;
	if (!peer)
		return neighbour->wanted ? -EINPROGRESS : -EHOSTUNREACH;
	if (peer->neighbour.state == IPOIB_NEIGHBOUR_FAILED)
		return -EHOSTUNREACH;
	if (!ipoib__neighbour_valid(&peer->neighbour))
		return -EINPROGRESS;
	if (ipoib__peer_ah(interface, peer))
		return 0;
	return no_way(interface, peer) ? -EHOSTUNREACH : -EINPROGRESS;
}

static struct ipoib_resolution derive(const struct ipoib_neighbour *neighbour, uint64_t now)
{
	const struct ipoib__peer *peer = neighbour->peer;
	struct ipoib_resolution resolution = { .size = sizeof(resolution),
					       .status = status_of(neighbour),
					       .ip = neighbour->ip };

	if (peer && ipoib__neighbour_valid(&peer->neighbour))
		resolution.link_address = peer->neighbour.link_address;
	if (resolution.status < 0)
		return resolution;
	resolution.mtu = ipoib__choose_mtu(neighbour->interface, peer, now);
	resolution.path = peer->route->path.record;
	resolution.rate_mbps = ipoib__rate_to_mbps(resolution.path.rate);
	return resolution;
}

static bool same(const struct ipoib_resolution *a, const struct ipoib_resolution *b)
{
	return a->status == b->status && a->mtu == b->mtu &&
	       memcmp(&a->link_address, &b->link_address, sizeof(a->link_address)) == 0 &&
	       memcmp(&a->path, &b->path, sizeof(a->path)) == 0;
}

/* What is to be told of it, if anything. */
bool ipoib__handle_news(struct ipoib_neighbour *neighbour, struct ipoib_resolution *resolution,
			uint64_t now)
{
	if (neighbour->wanted && !neighbour->peer && neighbour->interface->up &&
	    resolve(neighbour, now) < 0)
		neighbour->wanted = false; /* told as unreachable; the next use tries again */
	*resolution = derive(neighbour, now);
	if (resolution->status == 0 || resolution->status == -EHOSTUNREACH)
		neighbour->wanted = false;
	if (same(resolution, &neighbour->last))
		return false;
	neighbour->last = *resolution;
	return neighbour->resolved != NULL;
}

/* ---- the caller's ---- */

static void release(struct ipoib_neighbour *neighbour)
{
	struct ipoib_context *context = neighbour->context;

	ipoib__list_remove(&neighbour->link);
	ipoib__list_remove(&neighbour->of_peer);
	if (neighbour->interface)
		neighbour->interface->handle_count--;
	ipoib__memory_put(&context->memory, neighbour, sizeof(*neighbour));
	ipoib__context_release(context);
}

static struct ipoib_neighbour *make(struct ipoib_interface *interface, const struct ipoib_ip *ip)
{
	struct ipoib_context *context = interface->context;
	struct ipoib_neighbour *neighbour =
		ipoib__memory_get(&context->memory, sizeof(*neighbour));

	if (!neighbour)
		return NULL;
	neighbour->context = context;
	neighbour->interface = interface;
	neighbour->ip = *ip;
	neighbour->wanted = true;
	neighbour->last.size = sizeof(neighbour->last);
	neighbour->last.status = -EINPROGRESS;
	neighbour->last.ip = *ip;
	ipoib__list_init(&neighbour->of_peer);
	ipoib__list_init(&neighbour->link);
	ipoib__handle_due(interface, neighbour);
	interface->handle_count++;
	context->references++;
	return neighbour;
}

int ipoib_neighbour_get(struct ipoib_neighbour **out, struct ipoib_interface *interface,
			const struct ipoib_ip *ip, ipoib_neighbour_resolved *resolved, void *user)
{
	uint64_t now = ipoib__context_now(interface->context);
	struct ipoib_neighbour *neighbour;
	int status = 0;

	if (interface->closed)
		return -ENETDOWN;
	if (!ipoib__address_of_peer(interface, ip))
		return -EINVAL;
	if (interface->handle_count >= interface->config.neighbours_max / HELD_SHARE)
		return -ENOBUFS;
	neighbour = make(interface, ip);
	if (!neighbour)
		return -ENOMEM;
	neighbour->resolved = resolved;
	neighbour->user = user;
	if (interface->up)
		status = resolve(neighbour, now);
	if (status < 0) {
		release(neighbour);
		return status;
	}
	*out = neighbour;
	return 0;
}

int ipoib_neighbour_use(struct ipoib_neighbour *neighbour)
{
	uint64_t now = ipoib__context_now(neighbour->context);

	if (!neighbour->interface || neighbour->interface->closed)
		return -ENETDOWN;
	neighbour->wanted = true;
	ipoib__handle_due(neighbour->interface, neighbour);
	return neighbour->interface->up ? resolve(neighbour, now) : 0;
}

int ipoib_neighbour_resolution(const struct ipoib_neighbour *neighbour,
			       struct ipoib_resolution *resolution)
{
	const struct ipoib_resolution full =
		derive(neighbour, ipoib_context_now(neighbour->context));

	return ipoib__sized_out(resolution, resolution->size, RESOLUTION_FIRST, &full,
				sizeof(full));
}

void ipoib_neighbour_unref(struct ipoib_neighbour *neighbour)
{
	if (neighbour)
		release(neighbour);
}

/* The interface goes; its entries have gone before. */
void ipoib__handles_leave(struct ipoib_interface *interface)
{
	struct ipoib__list *first;

	ipoib__list_splice(&interface->handles, &interface->handles_due);
	while ((first = ipoib__list_pop_front(&interface->handles)) != NULL) {
		struct ipoib_neighbour *neighbour =
			ipoib__container_of(first, struct ipoib_neighbour, link);

		ipoib__assert(!neighbour->peer);
		neighbour->interface = NULL;
	}
}
