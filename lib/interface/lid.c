/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Whether a packet's source LID is where its GID is to be reached (I34). A LID that the path record
 * does not have is one of two things: the subnet manager has moved the port and told nobody here,
 * or another port has sent the packet. The SA knows; it is asked once for each such LID, and what
 * it has denied is remembered for as long as its record is.
 */
#include <string.h>

#include "interface/interface.h"
#include "interface/origin.h"

/* At most one question a second, so that forged source LIDs cannot flood the SA. */
#define SUSPECT_NS IPOIB__PATH_PROOF_NS

/*
 * What was learned of a path may not be true any more, and no event has said so: it is asked for
 * again, while the old record stays in use. Not more than once a second, whoever says so.
 */
void ipoib__lid_suspect(struct ipoib_interface *interface, struct ipoib__route *route,
			uint64_t now)
{
	struct ipoib__path *path = &route->path;

	if (!interface->up || ipoib__paths_stale(&interface->paths, path) ||
	    path->state != IPOIB_PATH_VALID || now - path->since < SUSPECT_NS)
		return;
	path->doubted = true;
	ipoib__paths_need(&interface->paths, path, true, now);
}

static bool same_port(const struct ipoib_interface *interface, uint16_t a, uint16_t b)
{
	return ipoib__origin_same_port(a, b, interface->port.lmc);
}

/* Its GUID, that is: a prefix may be changed by the subnet manager. */
static bool gid_names(const struct ipoib_gid *came, const struct ipoib_gid *gid)
{
	return memcmp(came->raw + 8, gid->raw + 8, 8) == 0;
}

/* What the packet's GRH says of its sender; OPEN: it has none. */
static enum ipoib__lid by_grh(const struct ipoib_gid *gid, const struct ipoib_buffer *packet)
{
	static const struct ipoib_link_address none;
	struct ipoib_gid came = ipoib_link_address_gid(&packet->source);

	if (memcmp(&packet->source, &none, sizeof(none)) == 0)
		return IPOIB__LID_OPEN;
	return gid_names(&came, gid) ? IPOIB__LID_FITS : IPOIB__LID_OTHER;
}

static bool is_denied(const struct ipoib_interface *interface, const struct ipoib__route *route,
		      uint16_t lid)
{
	for (size_t i = 0; i < IPOIB__ROUTE_DENIED; i++)
		if (route->denied[i] != 0 && same_port(interface, route->denied[i], lid))
			return true;
	return false;
}

static void deny(struct ipoib__route *route, uint16_t lid)
{
	route->denied[route->denied_next] = lid;
	route->denied_next = (uint8_t)((route->denied_next + 1) % IPOIB__ROUTE_DENIED);
}

void ipoib__lid_forget(struct ipoib__route *route)
{
	memset(route->denied, 0, sizeof(route->denied));
	route->suspect = 0;
}

/* The SA is asked whether the record, which is another one, is still true. */
static void ask_again(struct ipoib_interface *interface, struct ipoib__route *route, uint16_t lid,
		      uint64_t now)
{
	const struct ipoib__path *path = &route->path;

	if (path->state != IPOIB_PATH_VALID || now - path->since < SUSPECT_NS ||
	    now - route->suspected < SUSPECT_NS)
		return;
	route->suspected = now;
	route->suspect = lid;
	ipoib__lid_suspect(interface, route, now);
}

/* Something that may not be from there says that it is, and came from a LID of another port. */
enum ipoib__lid ipoib__lid_doubt(struct ipoib_interface *interface, struct ipoib__route *route,
				 uint16_t lid, uint64_t now)
{
	if (is_denied(interface, route, lid))
		return IPOIB__LID_OTHER;
	ask_again(interface, route, lid, now);
	return IPOIB__LID_OPEN;
}

/*
 * Something came that names a GID as its sender; path is that GID's, NULL if there is none. Where
 * its GRH names it as well, the SA has to explain itself, each second anew; and if the SA said that
 * there is no path, there is one now.
 */
static enum ipoib__lid came_from(struct ipoib_interface *interface, struct ipoib__path *path,
				 const struct ipoib_gid *gid, const struct ipoib_buffer *packet,
				 uint64_t now)
{
	enum ipoib__lid sender = by_grh(gid, packet);

	if (sender == IPOIB__LID_OTHER)
		return IPOIB__LID_OTHER;
	if (path && path->state == IPOIB_PATH_FAILED) {
		ipoib__path_proof(path, now);
		return IPOIB__LID_OPEN;
	}
	/* A router's LID is not the peer's; and where there are no LIDs, nothing can be told. */
	if (!path || !ipoib__path_usable(path) || packet->source_lid == 0 ||
	    path->record.hop_limit > 1 ||
	    same_port(interface, path->record.dlid, packet->source_lid))
		return IPOIB__LID_FITS;
	if (sender == IPOIB__LID_OPEN)
		return ipoib__lid_doubt(interface, ipoib__route_of(path), packet->source_lid, now);
	ask_again(interface, ipoib__route_of(path), packet->source_lid, now);
	return IPOIB__LID_OPEN;
}

enum ipoib__lid ipoib__lid_from(struct ipoib_interface *interface, const struct ipoib_gid *gid,
				const struct ipoib_buffer *packet, uint64_t now)
{
	return came_from(interface, ipoib__paths_find(&interface->paths, gid), gid, packet, now);
}

/* The same, where a neighbour's address is named: for each packet, and without a look-up. */
enum ipoib__lid ipoib__lid_from_peer(struct ipoib_interface *interface,
				     const struct ipoib__peer *peer,
				     const struct ipoib_buffer *packet, uint64_t now)
{
	struct ipoib_gid gid = ipoib_link_address_gid(&peer->neighbour.link_address);
	struct ipoib__path *path = peer->route ? &peer->route->path : NULL;

	if (!path)
		return ipoib__lid_from(interface, &gid, packet, now);
	ipoib__assert(memcmp(&path->dgid, &gid, sizeof(gid)) == 0);
	return came_from(interface, ipoib__paths_stale(&interface->paths, path) ? NULL : path, &gid,
			 packet, now);
}

static void tell_moved(struct ipoib_interface *interface, const struct ipoib_path_record *record,
		       uint64_t now)
{
	const struct ipoib_event event = { .type = IPOIB_EVENT_PATH_STALE,
					   .gid = record->dgid,
					   .lid = record->dlid };

	interface->statistics.paths_stale++;
	ipoib__answer_event(interface, &event, now);
}

/* The SA has a new record, which is not taken over yet. */
void ipoib__lid_answered(struct ipoib_interface *interface, struct ipoib__route *route,
			 const struct ipoib_path_record *record, uint64_t now)
{
	uint16_t suspect = route->suspect;
	bool moved = !same_port(interface, record->dlid, route->path.record.dlid);

	route->suspect = 0;
	if (suspect == 0 || moved)
		ipoib__lid_forget(route);
	if (suspect == 0)
		return;
	if (moved)
		tell_moved(interface, record, now);
	if (!same_port(interface, record->dlid, suspect))
		deny(route, suspect);
}

/* ---- which GID a LID is ---- */

static bool has_peer(const struct ipoib__route *route, uint32_t qpn, unsigned *look)
{
	for (const struct ipoib__list *at = route->peers.next; at != &route->peers && *look > 0;
	     at = at->next, (*look)--) {
		const struct ipoib__peer *peer =
			ipoib__container_of(at, struct ipoib__peer, of_route);

		if (ipoib_link_address_qpn(&peer->neighbour.link_address) == qpn)
			return true;
	}
	return false;
}

/* The GIDs of one LID: the one with a neighbour at that queue pair, or the first. */
static const struct ipoib__path *path_at(const struct ipoib_interface *interface, uint16_t lid,
					 uint32_t qpn, unsigned *look)
{
	const struct ipoib__path *first = NULL;
	struct ipoib__path *path = NULL;

	while ((path = ipoib__paths_by_lid(&interface->paths, lid, path, look)) != NULL) {
		if (has_peer(ipoib__route_of(path), qpn, look))
			return path;
		if (!first)
			first = path;
	}
	return first;
}

/* The GID of the port with a LID, as far as paths and our own port tell; zeros: they do not. */
struct ipoib_gid ipoib__lid_gid(const struct ipoib_interface *interface, uint16_t lid, uint32_t qpn)
{
	unsigned count = 1u << interface->port.lmc;
	unsigned look = IPOIB__PATH_LID_LOOK;

	for (unsigned i = 0; i < count && look > 0; i++) {
		uint16_t one = (uint16_t)((lid & ~(count - 1)) + i);
		const struct ipoib__path *path = path_at(interface, one, qpn, &look);

		if (path)
			return path->dgid;
	}
	if (same_port(interface, lid, interface->port.lid))
		return interface->port.gid;
	return (struct ipoib_gid){ { 0 } };
}
