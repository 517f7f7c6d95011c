/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A whole interface on the simulated subnet: a transport that asks the real SA by libibumad, and
 * whose datagrams go nowhere, for the simulator has no data path. What is sent completes at once;
 * nothing arrives.
 */
#ifndef IPOIB_TESTS_SUBNET_RAIL_H
#define IPOIB_TESTS_SUBNET_RAIL_H

#include <ipoib/context.h>
#include <ipoib/interface.h>
#include <ipoib/path.h>
#include <ipoib/transport.h>

#include "subnet/host.h"

/* Sends that wait to be polled. */
#define RAIL_SENDS 1024

struct rail {
	struct host host;
	struct ipoib_port_attributes port;
	struct ipoib_context *context;
	struct ipoib_transport *transport;
	struct ipoib_interface *interface;
	bool port_changed, reregister; /* events that wait to be taken */
	uint64_t cookies[RAIL_SENDS];
	unsigned first, sends; /* of those */
	unsigned ups, downs;   /* events of the interface */
	unsigned undelivered;
};

/* The transport of a rail; rail_port.c. */
struct ipoib_transport_ops rail_ops(void);

/* Opens all of it; the interface comes up by itself. */
void rail_open(struct rail *rail, uint32_t neighbours_max);
void rail_close(struct rail *rail);
void rail_step(struct rail *rail);
/* Runs until the condition holds, and fails after so many seconds. */
void rail_until(struct rail *rail, bool (*condition)(struct rail *rail), unsigned seconds);
bool rail_is_up(struct rail *rail);
/* What an adapter would tell when the SM has come back or moved. */
void rail_reread(struct rail *rail);

/* A neighbour of which all but the path is known; and a packet to it. */
void rail_neighbour(struct rail *rail, unsigned number);
bool rail_send(struct rail *rail, unsigned number);
/* Paths of the interface that have a record. */
unsigned rail_paths(struct rail *rail);

#endif
