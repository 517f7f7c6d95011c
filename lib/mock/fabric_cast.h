/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Multicasts that processes and devices send. Each is as many copies as its group has members, so
 * that a few hosts that look for each other could keep the switch, and every reader, from all else:
 *
 * 1. A multicast waits in a queue of its sender's port, while unicasts and management datagrams
 *    that were read behind it go on.
 * 2. Each turn makes a bounded number of copies; ports with multicasts are served one by one in
 *    turn. What is dropped is dropped here, before it is copied: a copy that only one of 63
 *    readers has room for is 63 times the work.
 * 3. A question that was asked a second ago is asked anew by whoever still waits for its answer
 *    (ARP and ND repeat themselves each second): what has waited for so long is dropped.
 */
#ifndef IPOIB__MOCK_FABRIC_CAST_H
#define IPOIB__MOCK_FABRIC_CAST_H

#include "mock/fabric.h"

/* Multicasts that wait of one port: an ARP request for each of that many peers. */
#define IPOIB__FABRIC_CASTS_MAX 64
#define IPOIB__FABRIC_CAST_AGE_NS UINT64_C(1000000000)
/* Copies of one turn after which no further multicast is begun: some milliseconds of work. */
#define IPOIB__FABRIC_CAST_COPIES 1024

/* A multicast of a port enters. */
void ipoib__fabric_cast_put(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
			    const struct ipoib__frame *frame, const void *payload);
/* The share of a turn. */
void ipoib__fabric_cast_run(struct ipoib_fabric *fabric, uint64_t now);
/* Now, if some wait; IPOIB_NEVER. */
uint64_t ipoib__fabric_cast_deadline(const struct ipoib_fabric *fabric);
void ipoib__fabric_cast_fini(struct ipoib_fabric *fabric);

#endif
