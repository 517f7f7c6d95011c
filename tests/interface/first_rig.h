/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A peer of the first rail that two ports answer for: PEER by itself, and first, and OTHER. */
#ifndef IPOIB_TESTS_INTERFACE_FIRST_RIG_H
#define IPOIB_TESTS_INTERFACE_FIRST_RIG_H

#include "interface/bench.h"

#define OURS "10.0.0.1"
#define PEER 2
#define PEER_IP "10.0.0.2"
#define OTHER 50 /* the other port of that host */
#define QPN(n) (0x100u + (n))

/* The port where the peer is known. */
uint16_t first_where(void);
void first_say(struct rail *to, uint16_t operation, uint16_t port, const char *sender,
	       const char *target);
/* Both ports answer our first question. */
void first_meet(void);
/* A packet of the peer from a port and queue pair. */
void first_hear(uint16_t port, uint32_t qpn, bool grh);
void first_hear_data(const struct fake_arrival *from);
/* What has become of it, a moment later; the bench is closed. */
void first_stays(void);
void first_has_moved(void);
void first_ends(bool moved);

#endif
