/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Connections between the two sides. Receives for them are posted into slots DEPTH and up, sends
 * are from those below.
 */
#ifndef IPOIB_TESTS_CONFORMANCE_RC_RIG_H
#define IPOIB_TESTS_CONFORMANCE_RC_RIG_H

#include "conformance/rig.h"

/* One end of a connection. */
struct end {
	struct side *side;
	void *rc;
	uint64_t connection;
};

/* Fixtures: both sides listen, and know the path to each other. */
void rc_setup(void);
void rc_teardown(void);

uint64_t service_of(const struct side *side);
/* What a request or an answer of this side is: retries for ever, private data that names it. */
struct ipoib_rc_attributes rc_attributes(const struct side *side, const struct side *to,
					 uint64_t connection);
/* The private data are those of rc_attributes(), or of side_reject(), and zeros. */
void check_private(const struct ipoib_rc_event *event, const struct side *from);
/* Asks for a connection from side `from`; the test fails when that cannot be. */
struct end rc_ask(struct side *from, struct side *to, uint64_t connection);
/* Waits for a request, and takes it. */
struct end rc_take(struct side *side, uint64_t connection);
/* Refuses it with a reason and the side's private data. */
void side_reject(struct side *side, uint64_t request, uint16_t reason);
/* The connection of this name is up. */
struct ipoib_transport_event end_up(struct end *end);
/* A connection that is up on both ends. */
void rc_pair(struct end *made, struct end *taken);
void end_destroy(struct end *end);

/* Posts messages that are numbered by their slot. Returns as the operation. */
int end_post(struct end *end, unsigned slot, uint32_t length);
/* Room for messages: slots DEPTH + first and on, of so many octets. */
void side_rooms(struct side *side, unsigned first, unsigned count, uint32_t length);
/* A message crosses, whole. */
void check_that_messages_pass(struct end *from, struct end *to, unsigned slot, uint32_t length);

#endif
