/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Requests for connections that come from another port than the one that they name: origin.h. */
#include "interface/origin.h"

#include <string.h>

#include "interface/interface.h"

#define PREFIX_LENGTH 8 /* of a GID: the subnet's */

static struct ipoib__origin_facts facts_of(const struct ipoib_interface *interface,
					   const struct ipoib_transport_event *request,
					   const struct ipoib__path *path)
{
	const struct ipoib_port_attributes *port = &interface->port;
	const struct ipoib_gid *named = &request->rc.gid;

	return (struct ipoib__origin_facts){
		.named_gid = *named,
		.named_lid = request->rc.lid,
		.came_gid = request->path.dgid,
		.came_lid = request->path.dlid,
		.record_lid = path && ipoib__path_usable(path) ? path->record.dlid : 0,
		.lmc = port->lmc,
		.local = memcmp(named->raw, port->gid.raw, PREFIX_LENGTH) == 0,
	};
}

static void tell(struct ipoib_interface *interface, const struct ipoib__origin_facts *facts,
		 const struct ipoib_link_address *named, uint64_t now)
{
	const struct ipoib_event event = {
		.type = IPOIB_EVENT_CONNECTION_FOREIGN,
		.lid = facts->came_lid,
		.gid = facts->came_gid,
		.link_address = *named,
		.count = (uint32_t)interface->statistics.connections_foreign,
	};

	if (interface->told_foreign != 0 && now - interface->told_foreign < IPOIB__TELL_NS)
		return;
	interface->told_foreign = now;
	ipoib__answer_event(interface, &event, now);
}

enum ipoib__origin ipoib__origin_of(struct ipoib_interface *interface,
				    const struct ipoib_transport_event *request,
				    const struct ipoib_link_address *named, uint64_t now)
{
	struct ipoib__path *path = ipoib__paths_find(&interface->paths, &request->rc.gid);
	struct ipoib__origin_facts facts = facts_of(interface, request, path);
	enum ipoib__origin origin = ipoib__origin_judge(&facts);

	if (origin != IPOIB__ORIGIN_CONTRADICTED)
		return origin;
	interface->statistics.connections_foreign++;
	tell(interface, &facts, named, now);
	/* The port may have another LID by now, and then it is the record that is wrong (I34). */
	if (facts.record_lid != 0)
		ipoib__lid_doubt(interface, ipoib__route_of(path), facts.came_lid,
				 now);
	return origin;
}
