/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_groups.h"

#include <stdbool.h>

#include <ipoib/membership.h>

/* The most that one report of an MTU of 2044 can tell: records of IGMPv3 have 8 octets. */
#define CHANGES_MAX 256

void tun_groups_open(struct tun_groups *groups, struct ipoib_interface *interface)
{
	groups->interface = interface;
	groups->count = 0;
	groups->refused = 0;
}

static struct tun_group *find(struct tun_groups *groups, const struct ipoib_ip *group)
{
	for (size_t i = 0; i < groups->count; i++)
		if (ipoib_ip_equal(&groups->at[i].group, group))
			return &groups->at[i];
	return NULL;
}

static void join(struct tun_groups *groups, const struct ipoib_ip *group)
{
	struct tun_group *added = &groups->at[groups->count];

	if (find(groups, group))
		return;
	if (groups->count == TUN_GROUPS_MAX ||
	    ipoib_multicast_join(&added->membership, groups->interface, group) != 0) {
		groups->refused++;
		return;
	}
	added->group = *group;
	groups->count++;
}

static void leave(struct tun_groups *groups, const struct ipoib_ip *group)
{
	struct tun_group *left = find(groups, group);

	if (left == NULL)
		return;
	ipoib_multicast_leave(left->membership);
	*left = groups->at[--groups->count];
}

static void take_changes(struct tun_groups *groups, const void *packet, size_t length)
{
	struct ipoib_membership changes[CHANGES_MAX] = { { .size = sizeof(changes[0]) } };
	int count = ipoib_membership_decode(changes, CHANGES_MAX, packet, length);

	for (int i = 0; i < count && i < CHANGES_MAX; i++) {
		if (changes[i].join)
			join(groups, &changes[i].group);
		else
			leave(groups, &changes[i].group);
	}
	if (count > CHANGES_MAX)
		groups->refused += (uint64_t)(count - CHANGES_MAX);
}

void tun_groups_look(struct tun_groups *groups, const void *packet, size_t length)
{
	/* Almost every packet is no report, and this finds it out without the room for one. */
	if (ipoib_membership_decode(NULL, 0, packet, length) > 0)
		take_changes(groups, packet, length);
}

void tun_groups_close(struct tun_groups *groups)
{
	while (groups->count > 0)
		ipoib_multicast_leave(groups->at[--groups->count].membership);
}
