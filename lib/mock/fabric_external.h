/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A fabric whose subnet manager (SM) is somebody else: a program behind one of its ports, such as
 * OpenSM on a port of the kernel's. The fabric is a switch and nothing more.
 *
 * 1. A link that comes up begins in INIT, where it carries SMPs alone. The switch notes that a link
 *    has changed, and says so to the SM by a trap, again and again until the SM represses it.
 * 2. SMPs go by sma.h: to the SM's own port, to a device, to the switch's agent, or to the agent
 *    that the fabric keeps for each port of a program. Requests wait in the queue, as for our SA.
 * 3. What the SM sets of a program's port - LID, state, MTU, prefix, P_Keys, "register again" - is
 *    told to the program as our own SM's orders are. A device of the kernel's has its own agent.
 * 4. Data go by the tables that the SM has written, between links that it has made ACTIVE. What it
 *    has not provided for is dropped and counted.
 *
 * Port N of the switch is port N - 1 of the fabric.
 */
#ifndef IPOIB__MOCK_FABRIC_EXTERNAL_H
#define IPOIB__MOCK_FABRIC_EXTERNAL_H

#include "mock/fabric_copy.h"
#include "mock/sma.h"

/* No oftener than a manager must answer within: 2^18 * 4.096 us. */
#define IPOIB__FABRIC_TRAP_NS UINT64_C(1073741824)

/* -ENOMEM. */
int ipoib__fabric_external_init(struct ipoib_fabric *fabric);
void ipoib__fabric_external_fini(struct ipoib_fabric *fabric);

/*
 * The rest is for fabrics of either kind; where the SM is ours the links do nothing, and the
 * others are not called.
 */

/* The port's adapter has just been switched on: it has no LID, and one P_Key. */
void ipoib__fabric_external_begin(struct ipoib__fabric_port *port);
/*
 * Somebody has attached to a port. One with a name is an adapter that stays when programs come and
 * go: it has kept its LID and its P_Keys.
 */
void ipoib__fabric_external_attached(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port);
/* Somebody has gone from a port, or its link went down or came up. */
void ipoib__fabric_external_link(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port);

/* Whether a frame is an SMP that the fabric's agent of a program's port takes. */
bool ipoib__fabric_external_takes(const struct ipoib_fabric *fabric,
				  const struct ipoib__fabric_port *port,
				  const struct ipoib__frame *frame);
/* Whether a frame is a subnet manager's or agent's, which has no LID yet. */
bool ipoib__fabric_external_is_smp(const struct ipoib__frame *frame);
void ipoib__fabric_external_route(struct ipoib_fabric *fabric, struct ipoib__passage *passage,
				  uint32_t from);
/* An SMP for the agent of the switch (IPOIB__FABRIC_SM) or of a program's port. */
void ipoib__fabric_external_agent(struct ipoib_fabric *fabric, uint32_t to,
				  const struct ipoib__frame *frame, const void *payload);

/* When a trap is due; IPOIB_NEVER. */
uint64_t ipoib__fabric_external_deadline(const struct ipoib_fabric *fabric);
void ipoib__fabric_external_dispatch(struct ipoib_fabric *fabric, uint64_t now);

#endif
