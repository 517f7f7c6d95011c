/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Multicast groups and their members: the SA's table, by which the switch replicates. The place
 * of a group in the table is its MLID.
 */
#ifndef IPOIB__MOCK_FABRIC_GROUP_H
#define IPOIB__MOCK_FABRIC_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/types.h>

#include "base/memory.h"
#include "wire/sa_mcmember.h"

/* As many multicast LIDs as a common switch has. */
#define IPOIB__FABRIC_GROUPS_MAX 1024

/* Who gets the group's frames, and who keeps the group alive (IBA 15.2.5.17). */
#define IPOIB__FABRIC_RECEIVES (IPOIB__JOIN_FULL_MEMBER | IPOIB__JOIN_NON_MEMBER)
#define IPOIB__FABRIC_KEEPS    (IPOIB__JOIN_FULL_MEMBER | IPOIB__JOIN_SEND_ONLY_FULL_MEMBER)

struct ipoib__fabric_member {
	uint32_t port;
	uint8_t state; /* join state, never 0 */
};

struct ipoib__fabric_group {
	/* The record of the group: of port_gid, join_state and the selectors nothing counts. */
	struct ipoib__sa_mcmember record;
	bool permanent; /* stays without members */
	struct ipoib__fabric_member *members;
	size_t count, room;
};

struct ipoib__fabric_groups {
	struct ipoib__memory *memory;
	struct ipoib__fabric_group *slots[IPOIB__FABRIC_GROUPS_MAX];
};

void ipoib__fabric_groups_init(struct ipoib__fabric_groups *groups, struct ipoib__memory *memory);
void ipoib__fabric_groups_fini(struct ipoib__fabric_groups *groups);
/* Forgets every membership, and every group that is not permanent. */
void ipoib__fabric_groups_clear(struct ipoib__fabric_groups *groups);
/* Takes a port out of every group. */
void ipoib__fabric_groups_forget(struct ipoib__fabric_groups *groups, uint32_t port);

size_t ipoib__fabric_groups_count(const struct ipoib__fabric_groups *groups);

/* NULL: there is none. */
struct ipoib__fabric_group *ipoib__fabric_group_by_mgid(const struct ipoib__fabric_groups *groups,
							const struct ipoib_gid *mgid);
struct ipoib__fabric_group *ipoib__fabric_group_by_mlid(const struct ipoib__fabric_groups *groups,
							uint16_t mlid);
/* A group with this record, whose MLID is chosen here. NULL: no MLID or memory is left. */
struct ipoib__fabric_group *ipoib__fabric_group_new(struct ipoib__fabric_groups *groups,
						    const struct ipoib__sa_mcmember *record);
/* Ends a group that nobody keeps alive; does nothing to others. */
void ipoib__fabric_group_release(struct ipoib__fabric_groups *groups,
				 struct ipoib__fabric_group *group);

/* The join state of a port, 0 when it is no member. */
uint8_t ipoib__fabric_group_state(const struct ipoib__fabric_group *group, uint32_t port);
/* -ENOMEM. */
int ipoib__fabric_group_join(struct ipoib__fabric_groups *groups, struct ipoib__fabric_group *group,
			     uint32_t port, uint8_t state);
/*
 * Takes states from a port. With the last one who kept the group all other members go as well, of a
 * permanent one too; the group itself is ipoib__fabric_group_release()'s.
 */
void ipoib__fabric_group_leave(struct ipoib__fabric_group *group, uint32_t port, uint8_t state);

#endif
