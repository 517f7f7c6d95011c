/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which subnet manager (SM) a fabric has, chosen when it is made: its own, with its SA
 * (fabric_internal.c), or an external one behind one of the ports (fabric_external.h). Ports and
 * switch are the same with either, and ask by this table.
 */
#ifndef IPOIB__MOCK_FABRIC_MANAGER_H
#define IPOIB__MOCK_FABRIC_MANAGER_H

#include "mock/fabric.h"

struct ipoib__passage;

struct ipoib__fabric_manager {
	/* The SM takes orders from the caller, and the fabric tells the ports what they are. */
	bool ours;
	/* After the ports. -ENOMEM. */
	int (*init)(struct ipoib_fabric *fabric);
	/* Also after an init() that failed. */
	void (*fini)(struct ipoib_fabric *fabric);

	/* ---- ports ---- */

	/* The port's adapter has just been switched on: what an SM has told it is forgotten. */
	void (*begin)(struct ipoib__fabric_port *port);
	/*
	 * An endnode has been attached. A port with a name is an adapter that stays when programs
	 * come and go: it has kept what it was told.
	 */
	void (*attached)(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port);
	/* The link went down or came up, or the endnode has gone. */
	void (*link)(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port);
	/* Makes true what the fabric is not told of the port, and has to ask for. */
	void (*look)(struct ipoib__fabric_port *port);
	/* What the SM has made of the port: its state, the LID of the SM and the SL to it. */
	void (*describe)(const struct ipoib_fabric *fabric, const struct ipoib__fabric_port *port,
			 struct ipoib_port_attributes *attributes);
	/* The groups of these partitions are needed from now on. -ENOMEM. */
	int (*partitions_need)(struct ipoib_fabric *fabric, const uint16_t *pkeys, size_t count);
	/* The P_Key tables of the ports have changed: groups may not be needed any more. */
	void (*partitions_changed)(struct ipoib_fabric *fabric);

	/* ---- frames ---- */

	/*
	 * Whether a frame is between a manager and an agent (SMP): it comes before a port has an
	 * address, and where the fabric keeps the port's agent, take() has it.
	 */
	bool (*is_smp)(const struct ipoib__frame *frame);
	/* Copies a frame to where it goes, or counts why it goes nowhere. */
	void (*route)(struct ipoib_fabric *fabric, struct ipoib__passage *passage, uint32_t from);
	/* A copy has arrived for what the fabric itself is: IPOIB__FABRIC_SM, or a port's agent. */
	void (*take)(struct ipoib_fabric *fabric, uint32_t to, const struct ipoib__frame *frame,
		     const void *payload);

	/* ---- the loop, and what is told of it ---- */

	/* IPOIB_NEVER. */
	uint64_t (*deadline)(const struct ipoib_fabric *fabric);
	void (*dispatch)(struct ipoib_fabric *fabric, uint64_t now);
	/* 0: there is no SM. */
	uint16_t (*sm_lid)(const struct ipoib_fabric *fabric);
	size_t (*groups)(const struct ipoib_fabric *fabric);
};

extern const struct ipoib__fabric_manager ipoib__fabric_internal;
extern const struct ipoib__fabric_manager ipoib__fabric_external;

#endif
