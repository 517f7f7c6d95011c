/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Connections of one UD queue pair on InfiniBand: the adapter, librdmacm and the peer are the test
 * (adapter.h, fake_cm.h, fake_rc.h).
 */
#ifndef IPOIB_TESTS_VERBS_RC_RIG_H
#define IPOIB_TESTS_VERBS_RC_RIG_H

#include <stdint.h>

#include "verbs/rc_parts.h"
#include "verbs/verbs.h"

#define RC_SERVICE UINT64_C(0x1000000000000048)
/* At most so many connections at a time, and the depth of every queue. */
#define RC_CONNECTIONS 2
#define RC_DEPTH       16

struct rc_rig {
	struct ipoib__verbs verbs;
	struct ipoib__verbs_ud *ud;
};

extern struct rc_rig rc_rig;

void rc_rig_open(void);
/* Nothing that was made is left. */
void rc_rig_close(void);

/* A connection of this name to the peer, port fe80::22 at LID 7. */
struct ipoib_rc_attributes rc_attributes(uint64_t name);
/* The next event is of this type, and of this connection where it has one. */
struct ipoib_transport_event rc_tells(uint32_t type, uint64_t name);
void rc_tells_nothing(void);

/* One that is asked for, whose address is not resolved yet; whose REQ is sent; that is up. */
struct ipoib__verbs_rc *rc_ask(uint64_t name);
struct ipoib__verbs_rc *rc_send_request(uint64_t name);
struct ipoib__verbs_rc *rc_connected(uint64_t name);
/* The queue pair listens for RC_SERVICE. */
struct ipoib__verbs_rc_service *rc_listening(void);
struct ipoib__verbs_rc *rc_accepted(uint64_t request, uint64_t name);

#endif
