/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The multicast groups that the system above listens to. It tells its link by IGMP and MLD, as it
 * would tell a switch; a fabric does not listen, so they are read here and joined.
 */
#ifndef EXAMPLES_TUN_GROUPS_H
#define EXAMPLES_TUN_GROUPS_H

#include <stddef.h>
#include <stdint.h>

#include <ipoib/multicast.h>

/*
 * More than programs join (net.ipv4.igmp_max_memberships is 20 a socket), and a quarter of what an
 * interface takes: the rest is for the groups that are only sent to.
 */
#define TUN_GROUPS_MAX 256

struct tun_group {
	struct ipoib_ip group;
	struct ipoib_multicast *membership;
};

struct tun_groups {
	struct ipoib_interface *interface;
	struct tun_group at[TUN_GROUPS_MAX];
	size_t count;
	uint64_t refused; /* reports of groups that could not be joined, for want of room say */
};

void tun_groups_open(struct tun_groups *groups, struct ipoib_interface *interface);
void tun_groups_close(struct tun_groups *groups);

/* A packet of the system to a multicast address: joins and leaves, if it is a report. */
void tun_groups_look(struct tun_groups *groups, const void *packet, size_t length);

#endif
