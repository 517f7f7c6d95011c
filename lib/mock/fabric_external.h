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

#include "mock/fabric_manager.h"

/* No oftener than a manager must answer within: 2^18 * 4.096 us. */
#define IPOIB__FABRIC_TRAP_NS UINT64_C(1073741824)

#endif
