/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What can be looked at from outside: copies, taken at one moment, of structures that may grow
 * (sized.h).
 */
#include "interface/interface.h"

#include <errno.h>
#include <string.h>

#include <ipoib/connection.h>

#include "base/sized.h"
#include "wire/ib_units.h"

IPOIB__FIRST_VERSION(INFO_FIRST, struct ipoib_interface_info, port, 160);
IPOIB__FIRST_VERSION(STATISTICS_FIRST, struct ipoib_statistics, paths_stale, 952);
IPOIB__FIRST_VERSION(NEIGHBOUR_FIRST, struct ipoib_neighbour_info, old_link_address, 176);
IPOIB__FIRST_VERSION(FLUX_FIRST, struct ipoib_flux_record, claimed, 64);
IPOIB__FIRST_VERSION(PATH_FIRST, struct ipoib_path_info, hold_ns, 64);
IPOIB__FIRST_VERSION(MULTICAST_FIRST, struct ipoib_multicast_info, retry_ns, 64);
IPOIB__FIRST_VERSION(CONNECTION_FIRST, struct ipoib_connection_info, hold_ns, 72);

static uint64_t since(uint64_t then, uint64_t now)
{
	if (then == IPOIB_NEVER)
		return IPOIB_NEVER;
	return now > then ? now - then : 0;
}

static uint64_t until(uint64_t then, uint64_t now)
{
	return then == IPOIB_NEVER || then <= now ? 0 : then - now;
}

static void copy_text(char *to, size_t room, const char *from)
{
	size_t length = strlen(from);

	if (length >= room)
		length = room - 1;
	memcpy(to, from, length);
	to[length] = '\0';
}

int ipoib_interface_info(const struct ipoib_interface *interface, struct ipoib_interface_info *info)
{
	const struct ipoib__group *broadcast = interface->groups.broadcast;
	const struct ipoib_multicast_record *record = &broadcast->record;
	struct ipoib_interface_info full = {
		.up = interface->up,
		.port_active = interface->port.state == IPOIB_PORT_ACTIVE && !interface->gone,
		.sl = record->sl,
		.membership = (uint8_t)ipoib__link_membership(interface),
		.mtu = interface->mtu,
		.group_mtu = record->mtu,
		.qpn = interface->qpn,
		.qkey = record->qkey,
		.pkey = interface->config.pkey,
		.lid = interface->port.lid,
		.sm_lid = interface->port.sm_lid,
		.mlid = record->mlid,
		.gid = interface->port.gid,
		.broadcast = broadcast->mgid,
		.link_address = ipoib__interface_link_address(interface),
		.neighbours = (uint32_t)ipoib__neighbours_count(&interface->neighbours),
		.rate_mbps = ipoib__rate_to_mbps(record->rate),
		.buffers = interface->transport->pool.limit,
		.buffers_out = interface->transport->pool.out,
		.connected_buffers = interface->transport->large.limit,
		.connected_buffers_out = interface->transport->large.out,
	};

	copy_text(full.port, sizeof(full.port), interface->port.name);
	return ipoib__sized_out(info, info->size, INFO_FIRST, &full, sizeof(full));
}

int ipoib_interface_statistics(const struct ipoib_interface *interface,
			       struct ipoib_statistics *statistics)
{
	struct ipoib_statistics full = interface->statistics;

	full.neighbours_collected = interface->neighbours.collected;
	full.connections_gave_way = interface->connections.counters.gave_way;
	full.connections_waited = interface->connections.counters.waited;
	full.connections_unserved = interface->connections.counters.gave_up;
	return ipoib__sized_out(statistics, statistics->size, STATISTICS_FIRST, &full,
				sizeof(full));
}

/* ---- neighbours ---- */

static int fill_neighbour(const struct ipoib_interface *interface, const struct ipoib__neighbour *n,
			  struct ipoib_neighbour_info *info)
{
	const struct ipoib__peer *peer = (const struct ipoib__peer *)(const void *)n;
	const struct ipoib__ah *ah = ipoib__peer_ah(interface, peer);
	uint64_t now = ipoib_context_now(interface->context);
	static const struct ipoib_link_address none;
	const struct ipoib_neighbour_info full = {
		.ip = n->ip,
		.link_address = ipoib__neighbour_valid(n) || n->known ? n->link_address : none,
		.state = n->state == IPOIB__NEIGHBOUR_NEW ? IPOIB_NEIGHBOUR_INCOMPLETE : n->state,
		.probes = n->asks,
		.queued = peer->waiting.count,
		.mtu = ah ? ipoib__choose_mtu(interface, peer, now) : 0,
		.dlid = ah ? ah->attributes.dlid : 0,
		.confirmed_ns = since(n->confirmed, now),
		.used_ns = since(peer->adjacency->used, now),
		.updated_ns = since(n->updated, now),
		.moves = n->moves,
		.flux = n->fluxes,
		.flux_refused = n->refused,
		.flux_minute = n->history ? ipoib__neighbour_rate(n->history, now) : 0,
		.hold_ns = until(n->flux_until, now),
		.claimed = n->claimed,
		.old_link_address = n->old_link_address,
	};

	return ipoib__sized_out(info, info->size, NEIGHBOUR_FIRST, &full, sizeof(full));
}

int ipoib_neighbour_next(const struct ipoib_interface *interface, uint64_t *cursor,
			 struct ipoib_neighbour_info *info)
{
	const struct ipoib__neighbour *n = ipoib__neighbours_next(&interface->neighbours, cursor);
	int status;

	if (!n)
		return 0;
	status = fill_neighbour(interface, n, info);
	return status < 0 ? status : 1;
}

int ipoib_neighbour_find(const struct ipoib_interface *interface, const struct ipoib_ip *ip,
			 struct ipoib_neighbour_info *info)
{
	const struct ipoib__neighbour *n = ipoib__neighbours_find(&interface->neighbours, ip);

	return n ? fill_neighbour(interface, n, info) : -ENOENT;
}

/* The history is a ring: the youngest stands before the place of the next. */
static int fill_flux(const struct ipoib_interface *interface,
		     const struct ipoib__neighbour_history *history, uint64_t back,
		     struct ipoib_flux_record *record)
{
	uint32_t at = (history->next + IPOIB__NEIGHBOUR_HISTORY - 1 - (uint32_t)back) %
		      IPOIB__NEIGHBOUR_HISTORY;
	const struct ipoib__neighbour_flux *flux = &history->last[at];
	const struct ipoib_flux_record full = {
		.age_ns = since(flux->time, ipoib_context_now(interface->context)),
		.count = flux->count,
		.claim = flux->claim,
		.verdict = flux->verdict,
		.held = flux->held,
		.claimed = flux->claimed,
	};

	return ipoib__sized_out(record, record->size, FLUX_FIRST, &full, sizeof(full));
}

int ipoib_neighbour_flux_next(const struct ipoib_interface *interface, const struct ipoib_ip *ip,
			      uint64_t *cursor, struct ipoib_flux_record *record)
{
	const struct ipoib__neighbour *n = ipoib__neighbours_find(&interface->neighbours, ip);
	int status;

	if (!n)
		return -ENOENT;
	if (!n->history || *cursor >= n->history->count)
		return 0;
	status = fill_flux(interface, n->history, *cursor, record);
	if (status < 0)
		return status;
	(*cursor)++;
	return 1;
}

int ipoib_neighbour_mtu(const struct ipoib_interface *interface, const struct ipoib_ip *ip,
			uint32_t *mtu)
{
	const struct ipoib__neighbour *n = ipoib__neighbours_find(&interface->neighbours, ip);
	const struct ipoib__peer *peer = (const struct ipoib__peer *)(const void *)n;

	if (interface->mtu == 0)
		return -ENETDOWN;
	*mtu = interface->mtu;
	if (peer && ipoib__peer_ah(interface, peer))
		*mtu = ipoib__choose_mtu(interface, peer, ipoib_context_now(interface->context));
	return 0;
}

/* ---- paths ---- */

static int fill_path(const struct ipoib_interface *interface, const struct ipoib__path *path,
		     struct ipoib_path_info *info)
{
	bool known = path->state != IPOIB__PATH_NEW && !ipoib__paths_stale(&interface->paths, path);
	bool usable = known && ipoib__path_usable(path);
	const struct ipoib_path_record *record = &path->record;
	uint64_t now = ipoib_context_now(interface->context);
	const struct ipoib_path_info full = {
		.dgid = path->dgid,
		.state = known ? path->state : IPOIB_PATH_QUERYING,
		.mtu = usable ? record->mtu : 0,
		.rate_mbps = usable ? ipoib__rate_to_mbps(record->rate) : 0,
		.dlid = usable ? record->dlid : 0,
		.sl = usable ? record->sl : 0,
		.hop_limit = usable ? record->hop_limit : 0,
		.failures = known ? path->failures : 0,
		.neighbours = path->users,
		.age_ns = usable ? since(path->since, now) : IPOIB_NEVER,
		.hold_ns = known ? until(path->hold_until, now) : 0,
	};

	return ipoib__sized_out(info, info->size, PATH_FIRST, &full, sizeof(full));
}

int ipoib_path_next(const struct ipoib_interface *interface, uint64_t *cursor,
		    struct ipoib_path_info *info)
{
	const struct ipoib__path *path = ipoib__paths_next(&interface->paths, cursor);
	int status;

	if (!path)
		return 0;
	status = fill_path(interface, path, info);
	return status < 0 ? status : 1;
}

/* ---- groups ---- */

static int fill_group(const struct ipoib_interface *interface, const struct ipoib__group *group,
		      struct ipoib_multicast_info *info)
{
	const struct ipoib__cast_group *cast =
		(const struct ipoib__cast_group *)(const void *)group;
	bool backoff = group->state == IPOIB_MULTICAST_BACKOFF;
	uint64_t now = ipoib_context_now(interface->context);
	const struct ipoib_multicast_info full = {
		.mgid = group->mgid,
		.state = group->state,
		.members = group->members,
		.mtu = group->usable ? group->record.mtu : 0,
		.qkey = group->usable ? group->record.qkey : 0,
		.mlid = group->usable ? group->record.mlid : 0,
		.send_only = group->members == 0 && !group->broadcast,
		.broadcast = group->broadcast,
		.failures = group->failures,
		.queued = cast->waiting.count,
		.retry_ns = backoff ? until(group->deadline, now) : 0,
	};

	return ipoib__sized_out(info, info->size, MULTICAST_FIRST, &full, sizeof(full));
}

int ipoib_multicast_next(const struct ipoib_interface *interface, uint64_t *cursor,
			 struct ipoib_multicast_info *info)
{
	const struct ipoib__group *group = ipoib__groups_next(&interface->groups, cursor);
	int status;

	if (!group)
		return 0;
	status = fill_group(interface, group, info);
	return status < 0 ? status : 1;
}

/* ---- connections ---- */

static int fill_connection(const struct ipoib_interface *interface,
			   const struct ipoib__connection *c, struct ipoib_connection_info *info)
{
	const struct ipoib__channel *channel =
		(const struct ipoib__channel *)(const void *)c;
	uint64_t now = ipoib_context_now(interface->context);
	const struct ipoib_connection_info full = {
		.peer = c->peer,
		.state = c->state,
		.mtu = c->state == IPOIB__CONNECTION_UP ? c->mtu : 0,
		.neighbours = c->users,
		.outstanding = channel->sends_out,
		.failures = c->failures,
		.rfc = c->rfc,
		.both = c->both,
		.ended = c->ended,
		.used_ns = since(c->used, now),
		.hold_ns = ipoib__connections_held(c, now) ? until(c->hold_until, now) : 0,
		.ended_ns = c->ended == IPOIB_CONNECTION_END_NONE ? IPOIB_NEVER :
								    since(c->ended_at, now),
	};

	return ipoib__sized_out(info, info->size, CONNECTION_FIRST, &full, sizeof(full));
}

int ipoib_connection_next(const struct ipoib_interface *interface, uint64_t *cursor,
			  struct ipoib_connection_info *info)
{
	const struct ipoib__connection *c =
		ipoib__connections_walk(&interface->connections, cursor);
	int status;

	if (!c)
		return 0;
	status = fill_connection(interface, c, info);
	return status < 0 ? status : 1;
}
