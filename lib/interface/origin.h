/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where a request for a connection came from, against the port that it names. A REQ carries its
 * sender's GID as plain data: believed, any port of the fabric could have the packets of another.
 *
 *   contradicted  it came from another port than the GID's path record says, or names two ports
 *   confirmed     the SA has told us that the GID is where it came from
 *   unknown       no record, no LID, or a router between: received on, and never sent on
 */
#ifndef IPOIB__INTERFACE_ORIGIN_H
#define IPOIB__INTERFACE_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

#include <ipoib/transport.h>

struct ipoib_interface;

enum ipoib__origin {
	IPOIB__ORIGIN_UNKNOWN = 0,
	IPOIB__ORIGIN_CONFIRMED,
	IPOIB__ORIGIN_CONTRADICTED,
};

struct ipoib__origin_facts {
	struct ipoib_gid named_gid; /* what the request says of its sender */
	uint16_t named_lid;         /* 0: nothing */
	struct ipoib_gid came_gid;  /* what its headers say; zeros: nothing */
	uint16_t came_lid;          /* 0: nothing */
	uint16_t record_lid;        /* of the path record of named_gid; 0: there is none */
	uint8_t lmc;                /* a port has 2^lmc LIDs; one subnet, one LMC */
	bool local;                 /* named_gid is in our subnet: no router is between */
};

/* Whether two LIDs of one subnet are of one port. */
bool ipoib__origin_same_port(uint16_t a, uint16_t b, uint8_t lmc);
/* Pure. */
enum ipoib__origin ipoib__origin_judge(const struct ipoib__origin_facts *facts);
/* The same with what the interface knows; a contradiction is counted, told, and looked into. */
enum ipoib__origin ipoib__origin_of(struct ipoib_interface *interface,
				    const struct ipoib_transport_event *request,
				    const struct ipoib_link_address *named, uint64_t now);

#endif
