/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is attached to a port of the fabric: an endnode, as the IBA calls it. There are three kinds,
 * each with its table in the file that attaches it, and the fabric knows no more of them than that:
 *
 *	local	open.c		  a port of this process, whose adapter is called
 *	process	fabric_attach.c	  a process at the socket
 *	device	fabric_device.c	  a device of the kernel's, which has an agent of its own
 */
#ifndef IPOIB__MOCK_FABRIC_ENDNODE_H
#define IPOIB__MOCK_FABRIC_ENDNODE_H

#include "mock/fabric.h"

struct ipoib__endnode {
	/*
	 * It is outside of this process: a copy without a delay is handed to it at once, and the
	 * multicasts that it sends wait for their turn (fabric_cast.h).
	 */
	bool outside;
	/* Tells it what the port is now; events are those of mock/attach.h. */
	void (*tell)(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port, uint32_t events);
	/* A copy of a unicast has arrived: it is delivered, or kept, or dropped; counts which. */
	void (*unicast)(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
			const struct ipoib__frame *frame, const void *payload, uint64_t now);
	/* The same of a multicast; the parcel is kept by a reference of its own. */
	void (*multicast)(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
			  struct ipoib__parcel *parcel, uint64_t now);
	/*
	 * With an external SM: the port becomes what the endnode's own agent says.
	 * NULL: the fabric keeps its agent.
	 */
	void (*look)(struct ipoib__fabric_port *port);
};

#endif
