/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/fabric_group.h"

#include <errno.h>
#include <string.h>

#include "mock/frame.h"

/* ---- groups ---- */

void ipoib__fabric_groups_init(struct ipoib__fabric_groups *groups, struct ipoib__memory *memory)
{
	*groups = (struct ipoib__fabric_groups){ .memory = memory };
}

static void group_free(struct ipoib__fabric_groups *groups, size_t slot)
{
	struct ipoib__fabric_group *group = groups->slots[slot];

	groups->slots[slot] = NULL;
	ipoib__memory_put(groups->memory, group->members, group->room * sizeof(*group->members));
	ipoib__memory_put(groups->memory, group, sizeof(*group));
}

void ipoib__fabric_groups_fini(struct ipoib__fabric_groups *groups)
{
	for (size_t i = 0; i < IPOIB__FABRIC_GROUPS_MAX; i++)
		if (groups->slots[i] != NULL)
			group_free(groups, i);
}

void ipoib__fabric_groups_clear(struct ipoib__fabric_groups *groups)
{
	for (size_t i = 0; i < IPOIB__FABRIC_GROUPS_MAX; i++) {
		if (groups->slots[i] == NULL)
			continue;
		groups->slots[i]->count = 0;
		ipoib__fabric_group_release(groups, groups->slots[i]);
	}
}

void ipoib__fabric_groups_forget(struct ipoib__fabric_groups *groups, uint32_t port)
{
	for (size_t i = 0; i < IPOIB__FABRIC_GROUPS_MAX; i++) {
		if (groups->slots[i] == NULL)
			continue;
		ipoib__fabric_group_leave(groups->slots[i], port, UINT8_MAX);
		ipoib__fabric_group_release(groups, groups->slots[i]);
	}
}

size_t ipoib__fabric_groups_count(const struct ipoib__fabric_groups *groups)
{
	size_t count = 0;

	for (size_t i = 0; i < IPOIB__FABRIC_GROUPS_MAX; i++)
		count += groups->slots[i] != NULL;
	return count;
}

struct ipoib__fabric_group *ipoib__fabric_group_by_mgid(const struct ipoib__fabric_groups *groups,
							const struct ipoib_gid *mgid)
{
	for (size_t i = 0; i < IPOIB__FABRIC_GROUPS_MAX; i++)
		if (groups->slots[i] != NULL &&
		    memcmp(&groups->slots[i]->record.mgid, mgid, sizeof(*mgid)) == 0)
			return groups->slots[i];
	return NULL;
}

struct ipoib__fabric_group *ipoib__fabric_group_by_mlid(const struct ipoib__fabric_groups *groups,
							uint16_t mlid)
{
	if (mlid < IPOIB__LID_MULTICAST || mlid - IPOIB__LID_MULTICAST >= IPOIB__FABRIC_GROUPS_MAX)
		return NULL;
	return groups->slots[mlid - IPOIB__LID_MULTICAST];
}

struct ipoib__fabric_group *ipoib__fabric_group_new(struct ipoib__fabric_groups *groups,
						    const struct ipoib__sa_mcmember *record)
{
	struct ipoib__fabric_group *group;
	size_t slot = 0;

	while (slot < IPOIB__FABRIC_GROUPS_MAX && groups->slots[slot] != NULL)
		slot++;
	if (slot == IPOIB__FABRIC_GROUPS_MAX)
		return NULL;
	group = ipoib__memory_get(groups->memory, sizeof(*group));
	if (group == NULL)
		return NULL;
	group->record = *record;
	group->record.mlid = (uint16_t)(IPOIB__LID_MULTICAST + slot);
	groups->slots[slot] = group;
	return group;
}

static bool is_kept(const struct ipoib__fabric_group *group)
{
	for (size_t i = 0; i < group->count; i++)
		if (group->members[i].state & IPOIB__FABRIC_KEEPS)
			return true;
	return false;
}

void ipoib__fabric_group_release(struct ipoib__fabric_groups *groups,
				 struct ipoib__fabric_group *group)
{
	if (group->permanent || is_kept(group))
		return;
	group_free(groups, (size_t)(group->record.mlid - IPOIB__LID_MULTICAST));
}

/* ---- members ---- */

static struct ipoib__fabric_member *member_find(const struct ipoib__fabric_group *group,
						uint32_t port)
{
	for (size_t i = 0; i < group->count; i++)
		if (group->members[i].port == port)
			return &group->members[i];
	return NULL;
}

uint8_t ipoib__fabric_group_state(const struct ipoib__fabric_group *group, uint32_t port)
{
	const struct ipoib__fabric_member *member = member_find(group, port);

	return member == NULL ? 0 : member->state;
}

static int members_grow(struct ipoib__memory *memory, struct ipoib__fabric_group *group)
{
	size_t room = group->room == 0 ? 4 : group->room * 2;
	struct ipoib__fabric_member *members =
		ipoib__memory_get_array(memory, room, sizeof(*members));

	if (members == NULL)
		return -ENOMEM;
	if (group->count > 0)
		memcpy(members, group->members, group->count * sizeof(*members));
	ipoib__memory_put(memory, group->members, group->room * sizeof(*members));
	group->members = members;
	group->room = room;
	return 0;
}

int ipoib__fabric_group_join(struct ipoib__fabric_groups *groups, struct ipoib__fabric_group *group,
			     uint32_t port, uint8_t state)
{
	struct ipoib__fabric_member *member = member_find(group, port);

	if (member != NULL) {
		member->state |= state;
		return 0;
	}
	if (group->count == group->room && members_grow(groups->memory, group) < 0)
		return -ENOMEM;
	group->members[group->count++] =
		(struct ipoib__fabric_member){ .port = port, .state = state };
	return 0;
}

void ipoib__fabric_group_leave(struct ipoib__fabric_group *group, uint32_t port, uint8_t state)
{
	struct ipoib__fabric_member *member = member_find(group, port);

	bool kept = is_kept(group);

	if (member == NULL)
		return;
	member->state &= (uint8_t)~state;
	if (member->state == 0)
		*member = group->members[--group->count];
	if (kept && !is_kept(group))
		group->count = 0;
}
