/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Next hops whose connection has been full for a while. A refused packet keeps the device from
 * being read, so that the system slows its senders down; but a peer that acknowledges nothing must
 * not slow down those of others. From TUN_PATIENCE_SECONDS on its packets are left, until the
 * library tells of room for it.
 */
#ifndef EXAMPLES_TUN_BLOCKED_H
#define EXAMPLES_TUN_BLOCKED_H

#include <stdbool.h>
#include <stddef.h>

#include <ipoib/types.h>

/* Many round trips, and not yet felt by a person. */
#define TUN_PATIENCE_SECONDS 0.1
/* More peers than are dead at a time, as a rule; the next one takes the place of the oldest. */
#define TUN_BLOCKED_MAX 32

struct tun_blocked {
	struct ipoib_ip hops[TUN_BLOCKED_MAX];
	size_t count;
	size_t next; /* place to be taken when all are */
};

void tun_blocked_add(struct tun_blocked *blocked, const struct ipoib_ip *hop);
bool tun_blocked_has(const struct tun_blocked *blocked, const struct ipoib_ip *hop);
/* There is room for a next hop; family 0: for every one. */
void tun_blocked_room(struct tun_blocked *blocked, const struct ipoib_ip *hop);

#endif
