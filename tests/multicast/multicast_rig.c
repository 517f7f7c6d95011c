/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "multicast/multicast_rig.h"

#include <errno.h>
#include <string.h>

#include "support/support.h"

struct rig rig;

static unsigned number_of(const struct ipoib__group *group)
{
	return (unsigned)group->mgid.raw[14] << 8 | group->mgid.raw[15];
}

static int join(void *owner, struct ipoib__group *group, uint64_t question)
{
	rig_check(owner == &rig && question < RIG_QUESTIONS && !rig.seen[question]);
	rig_check(!group->asked && group->asked_as == ipoib__group_join_state(group));
	rig_check(group->broadcast || rig.set.broadcast->usable); /* I15 */
	rig.seen[question] = true;
	if (rig.join_fails) {
		rig.n_refused_joins++;
		return -ENOBUFS;
	}
	rig.open[question] = true;
	rig.n_open++;
	rig.joined[rig.n_joined++] =
		(struct rig_note){ number_of(group), group->asked_as, support_now };
	return 0;
}

static void close_question(uint64_t question)
{
	rig_check(rig.open[question]);
	rig.open[question] = false;
	rig.n_open--;
}

static void leave(void *owner, struct ipoib__group *group)
{
	unsigned number = number_of(group);

	rig_check(owner == &rig && group->joined_as != 0);
	rig_check((rig.member_as[number] & ~group->joined_as) == 0);
	rig.member_as[number] = 0;
	rig.left[rig.n_left++] = (struct rig_note){ number, group->joined_as, support_now };
}

static void cancel(void *owner, uint64_t question)
{
	rig_check(owner == &rig);
	close_question(question);
	rig.n_cancelled++;
}

static void act(void *owner, struct ipoib__group *group, unsigned actions, uint64_t now)
{
	rig_check(owner == &rig && now == support_now);
	switch (actions & ~(unsigned)IPOIB__GROUP_JOIN) { /* which the set does itself */
	case IPOIB__GROUP_USABLE:
		rig_check(group->usable);
		rig.usable++;
		break;
	case IPOIB__GROUP_LOST:
		rig_check(!group->usable);
		rig.lost++;
		break;
	case IPOIB__GROUP_FAILED:
		rig_check(group->state == IPOIB_MULTICAST_BACKOFF);
		rig.failed++;
		break;
	default:
		ck_abort_msg("actions %u", actions);
	}
}

static void end(void *owner, struct ipoib__group *group)
{
	unsigned number = number_of(group);

	rig_check(owner == &rig && rig.there[number] && rig.member_as[number] == 0);
	rig.there[number] = false;
	rig.ended++;
}

static const struct ipoib__groups_hooks hooks = {
	.group_size = sizeof(struct rig_group),
	.join = join,
	.leave = leave,
	.cancel = cancel,
	.act = act,
	.end = end,
};

void rig_start(void)
{
	memset(&rig, 0, sizeof(rig));
	ipoib__wheel_init(&rig.wheel, support_now);
	ipoib__groups_init(&rig.set, support_memory(), &rig.wheel, support_random(), &hooks, &rig);
}

void rig_start_up(void)
{
	rig_start();
	rig_get(0);
	rig_up();
	rig_answer(0, 0xc000);
}

void rig_run_until(uint64_t now)
{
	uint64_t deadline;

	while ((deadline = ipoib__wheel_deadline(&rig.wheel)) <= now) {
		if (deadline > support_now)
			support_now = deadline;
		ipoib__wheel_advance(&rig.wheel, support_now, UINT32_MAX);
	}
	support_now = now;
	ipoib__wheel_advance(&rig.wheel, now, UINT32_MAX);
}

void rig_fini(void)
{
	ipoib__groups_fini(&rig.set);
	rig_check(rig.n_open == 0);
	for (unsigned i = 0; i < RIG_GROUPS; i++)
		rig_check(!rig.there[i] && rig.member_as[i] == 0);
}

struct ipoib_gid rig_mgid(unsigned number)
{
	return (struct ipoib_gid){ { 0xff, 0x12, 0x40, 0x1b, 0x80, 0x01, 0, 0, 0, 0, 0, 0, 0, 0,
				     (uint8_t)(number >> 8), (uint8_t)number } };
}

struct ipoib__group *rig_find(unsigned number)
{
	struct ipoib_gid mgid = rig_mgid(number);

	return ipoib__groups_find(&rig.set, &mgid);
}

struct ipoib__group *rig_get(unsigned number)
{
	struct ipoib_gid mgid = rig_mgid(number);
	struct ipoib__group *group = NULL;

	rig_check(ipoib__groups_get(&rig.set, &mgid, support_now, &group) == 0);
	rig.there[number] = true;
	return group;
}

void rig_send(unsigned number)
{
	struct ipoib__group *group = rig_get(number);

	group->used = support_now;
	if (!group->usable)
		ipoib__groups_settle(&rig.set, group, support_now);
}

void rig_enter(unsigned number)
{
	struct ipoib__group *group = rig_get(number);

	ipoib__groups_member(group, true);
	ipoib__groups_settle(&rig.set, group, support_now);
}

void rig_leave(unsigned number)
{
	ipoib__groups_member(rig_find(number), false);
	ipoib__groups_settle(&rig.set, rig_find(number), support_now);
}

static struct ipoib__group *take_question(unsigned number)
{
	struct ipoib__group *group = rig_find(number);

	rig_check(group != NULL && group->asked);
	rig_check(ipoib__groups_by_question(&rig.set, group->question) == group);
	close_question(group->question);
	return group;
}

void rig_answer(unsigned number, uint16_t mlid)
{
	struct ipoib__group *group = take_question(number);
	struct ipoib_multicast_record record = { .mgid = group->mgid, .mlid = mlid, .mtu = 2048 };

	rig.member_as[number] |= group->asked_as;
	ipoib__groups_answer(&rig.set, group, &record, support_now);
}

void rig_fail(unsigned number)
{
	ipoib__groups_answer(&rig.set, take_question(number), NULL, support_now);
}

void rig_up(void)
{
	ipoib__groups_start(&rig.set, support_now);
}

void rig_down(void)
{
	memset(rig.member_as, 0, sizeof(rig.member_as));
	ipoib__groups_stop(&rig.set, support_now);
}

void rig_again(void)
{
	ipoib__groups_again(&rig.set, support_now);
}

static unsigned length_of(const struct ipoib__list *list)
{
	unsigned length = 0;

	for (const struct ipoib__list *at = list->next; at != list; at = at->next)
		length++;
	return length;
}

static void check_group(const struct ipoib__group *group)
{
	bool joining = group->state == IPOIB_MULTICAST_JOINING;

	rig_check(rig_find(number_of(group)) == group);
	rig_check(rig.there[number_of(group)]);
	rig_check(ipoib__list_is_linked(&group->turn) == joining);
	rig_check(!group->asked || (joining && rig.open[group->question]));
	rig_check(ipoib__timer_armed(&group->timer) == (group->deadline != IPOIB_NEVER));
	rig_check(group->usable == (group->joined_as != 0));
	rig_check((rig.member_as[number_of(group)] & ~group->joined_as) == 0);
	rig_check(group->state != IPOIB_MULTICAST_JOINED || group->usable);
	rig_check(group->broadcast == (group == rig.set.broadcast));
	/* nothing before the broadcast group, and nothing while the port is down */
	rig_check(group->state == IPOIB_MULTICAST_IDLE ||
		  (rig.set.started && (group->broadcast || rig.set.broadcast->usable)));
	rig_check(group->state != IPOIB_MULTICAST_IDLE || !group->usable);
}

void rig_check_set(void)
{
	struct ipoib__group *group;
	uint64_t cursor = 0;
	unsigned asked = 0, joining = 0, count = 0;

	while ((group = ipoib__groups_next(&rig.set, &cursor)) != NULL) {
		check_group(group);
		asked += group->asked;
		joining += group->state == IPOIB_MULTICAST_JOINING;
		count++;
	}
	rig_check(count == rig.set.count);
	rig_check(asked == rig.set.outstanding && asked == rig.n_open);
	rig_check(asked <= IPOIB__GROUPS_WINDOW);
	rig_check(length_of(&rig.set.asked) == asked);
	rig_check(length_of(&rig.set.turn) == joining - asked);
	/* nothing waits while there is room in the window */
	rig_check(asked == IPOIB__GROUPS_WINDOW || joining == asked);
}
