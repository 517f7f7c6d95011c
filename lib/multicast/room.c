/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which groups there are, whose room each takes, and what gives way for it. */
#include "multicast/room.h"

#include <errno.h>
#include <string.h>

/* Groups looked at for one that may go: of so many at least one is not being asked for. */
#define EVICT_LOOK (IPOIB__GROUPS_WINDOW + 1)

static const uint32_t room_of[IPOIB__GROUP_PARTS] = {
	[IPOIB__GROUP_ASKED] = IPOIB__GROUPS_MAX,
	[IPOIB__GROUP_SENT] = IPOIB__GROUPS_SENT_MAX,
	[IPOIB__GROUP_SOLICITED] = IPOIB__GROUPS_SOLICITED_MAX,
};

/*
 * MGIDs come from the caller's packets, not from peers, and there are few: a plain mixing of
 * the group's octets is enough.
 */
static unsigned chain_of(const struct ipoib_gid *mgid)
{
	uint32_t mixed = 0;

	for (size_t i = 0; i < sizeof(mgid->raw); i++)
		mixed = mixed * 31 + mgid->raw[i];
	return mixed % IPOIB__GROUPS_CHAINS;
}

struct ipoib__group *ipoib__groups_find(const struct ipoib__groups *set,
					const struct ipoib_gid *mgid)
{
	const struct ipoib__list *chain = &set->chains[chain_of(mgid)];

	for (struct ipoib__list *at = chain->next; at != chain; at = at->next) {
		struct ipoib__group *group = ipoib__container_of(at, struct ipoib__group, chain);

		if (memcmp(&group->mgid, mgid, sizeof(*mgid)) == 0)
			return group;
	}
	return NULL;
}

/*
 * The least recently used group of a part that may go. What is in use, or in the SA's hands, does
 * only where the caller's own groups need the room.
 */
static struct ipoib__group *first_to_go(const struct ipoib__groups *set,
					enum ipoib__group_part part, bool needed, uint64_t now)
{
	const struct ipoib__list *head = &set->recent[part];
	struct ipoib__list *at = head->next;

	for (unsigned i = 0; i < EVICT_LOOK && at != head; i++, at = at->next) {
		struct ipoib__group *group = ipoib__container_of(at, struct ipoib__group, recent);

		if (!group->asked && (needed || now - group->used >= IPOIB__GROUP_USED_NS))
			return group;
	}
	return needed && head->next != head ?
		       ipoib__container_of(head->next, struct ipoib__group, recent) :
		       NULL;
}

static bool evict(struct ipoib__groups *set, enum ipoib__group_part part, bool needed, uint64_t now)
{
	struct ipoib__group *group = first_to_go(set, part, needed, now);

	if (group)
		ipoib__groups_remove(set, group);
	return group != NULL;
}

static bool make_room(struct ipoib__groups *set, enum ipoib__group_part part, uint64_t now)
{
	if (set->count < IPOIB__GROUPS_MAX && set->counts[part] < room_of[part])
		return true;
	if (part == IPOIB__GROUP_ASKED)
		return evict(set, IPOIB__GROUP_SENT, true, now) ||
		       evict(set, IPOIB__GROUP_SOLICITED, true, now);
	return part == IPOIB__GROUP_SENT && evict(set, part, false, now);
}

static void enter_part(struct ipoib__groups *set, struct ipoib__group *group,
		       enum ipoib__group_part part)
{
	group->part = (uint8_t)part;
	set->counts[part]++;
	if (part != IPOIB__GROUP_ASKED)
		ipoib__list_push_back(&set->recent[part], &group->recent);
}

static struct ipoib__group *make(struct ipoib__groups *set, const struct ipoib_gid *mgid,
				 enum ipoib__group_part part, uint64_t now)
{
	struct ipoib__group *group = ipoib__memory_get(set->memory, set->hooks->group_size);

	if (!group)
		return NULL;
	group->mgid = *mgid;
	group->state = IPOIB_MULTICAST_IDLE;
	group->used = now;
	group->touched = now;
	group->set = set;
	ipoib__list_init(&group->chain);
	ipoib__list_init(&group->turn);
	ipoib__list_init(&group->recent);
	ipoib__timer_init(&group->timer, ipoib__groups_expire);
	enter_part(set, group, part);
	group->deadline = ipoib__group_idle_at(group);
	ipoib__wheel_arm(set->wheel, &group->timer, group->deadline);
	ipoib__list_push_back(&set->chains[chain_of(mgid)], &group->chain);
	set->count++;
	return group;
}

static int find_or_make(struct ipoib__groups *set, const struct ipoib_gid *mgid,
			enum ipoib__group_part part, uint64_t now, struct ipoib__group **out)
{
	struct ipoib__group *group = ipoib__groups_find(set, mgid);

	if (!group) {
		if (!make_room(set, part, now))
			return -ENOSPC;
		group = make(set, mgid, part, now);
		if (!group)
			return -ENOMEM;
	}
	*out = group;
	return 0;
}

int ipoib__groups_get(struct ipoib__groups *set, const struct ipoib_gid *mgid, uint64_t now,
		      struct ipoib__group **out)
{
	int status = find_or_make(set, mgid, IPOIB__GROUP_ASKED, now, out);
	struct ipoib__group *group;

	if (status < 0)
		return status;
	group = *out;
	if (!set->broadcast) {
		set->broadcast = group;
		group->broadcast = true;
	}
	if (group->part == IPOIB__GROUP_ASKED)
		return 0;
	set->counts[group->part]--;
	ipoib__list_remove(&group->recent);
	enter_part(set, group, IPOIB__GROUP_ASKED);
	return 0;
}

int ipoib__groups_lend(struct ipoib__groups *set, const struct ipoib_gid *mgid,
		       enum ipoib__group_part part, uint64_t now, struct ipoib__group **out)
{
	return find_or_make(set, mgid, part, now, out);
}

/* The order of use is kept to a grain: a packet must not reorder a list that others share. */
void ipoib__groups_use(struct ipoib__groups *set, struct ipoib__group *group, uint64_t now)
{
	group->used = now;
	if (group->part == IPOIB__GROUP_ASKED || now - group->touched < IPOIB__GROUP_USED_NS)
		return;
	group->touched = now;
	ipoib__list_remove(&group->recent);
	ipoib__list_push_back(&set->recent[group->part], &group->recent);
}
