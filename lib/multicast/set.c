/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The set half of multicast.h: which group is joined when. Whose room it takes is in room.c. */
#include "multicast/room.h"

#include <errno.h>
#include <string.h>

static void take_back(struct ipoib__groups *set, struct ipoib__group *group)
{
	set->hooks->cancel(set->owner, group->question);
	set->outstanding--;
	group->asked = false;
	ipoib__list_remove(&group->turn);
}

void ipoib__groups_remove(struct ipoib__groups *set, struct ipoib__group *group)
{
	if (group->asked) { /* what was never answered may have been heard all the same */
		take_back(set, group);
		group->joined_as |= group->asked_as;
	}
	if (group->joined_as != 0)
		set->hooks->leave(set->owner, group);
	set->hooks->end(set->owner, group);
	ipoib__wheel_cancel(set->wheel, &group->timer);
	ipoib__list_remove(&group->turn);
	ipoib__list_remove(&group->chain);
	ipoib__list_remove(&group->recent);
	set->count--;
	set->counts[group->part]--;
	if (group == set->broadcast)
		set->broadcast = NULL;
	ipoib__memory_put(set->memory, group, set->hooks->group_size);
}

/* Whether a group may be asked for now: none before the broadcast group (I15). */
static bool may_join(const struct ipoib__groups *set, const struct ipoib__group *group)
{
	return set->started && (group->broadcast || set->broadcast->usable);
}

static void step(struct ipoib__groups *set, struct ipoib__group *group,
		 enum ipoib__group_event event, const struct ipoib_multicast_record *record,
		 uint64_t wait, uint64_t now)
{
	unsigned actions = ipoib__group_step(group, event, record, wait, now);

	if (actions & IPOIB__GROUP_FORGET) {
		ipoib__groups_remove(set, group);
		return;
	}
	ipoib__wheel_arm(set->wheel, &group->timer, group->deadline);
	if ((actions & IPOIB__GROUP_JOIN) && !group->asked && !ipoib__list_is_linked(&group->turn))
		ipoib__list_push_back(&set->turn, &group->turn);
	actions &= ~(unsigned)IPOIB__GROUP_JOIN;
	if (actions != 0)
		set->hooks->act(set->owner, group, actions, now);
}

static void fail(struct ipoib__groups *set, struct ipoib__group *group, uint64_t now)
{
	uint64_t wait = ipoib__random_jitter(set->random, ipoib__group_retry(group->failures + 1u),
					     IPOIB__GROUP_JITTER);

	step(set, group, IPOIB__GROUP_FAILURE, NULL, wait, now);
}

static void note_asked(struct ipoib__groups *set, struct ipoib__group *group, uint64_t question)
{
	group->question = question;
	group->asked = true;
	ipoib__list_push_back(&set->asked, &group->turn);
	set->outstanding++;
}

unsigned ipoib__groups_ask(struct ipoib__groups *set, unsigned most, uint64_t now)
{
	struct ipoib__list *first;
	unsigned count = 0;

	while (count < most && set->outstanding < IPOIB__GROUPS_WINDOW &&
	       (first = ipoib__list_pop_front(&set->turn)) != NULL) {
		struct ipoib__group *group = ipoib__container_of(first, struct ipoib__group, turn);
		uint64_t question = set->next_question++;
		int status;

		group->asked_as = ipoib__group_join_state(group);
		status = set->hooks->join(set->owner, group, question);
		if (status == -EAGAIN) { /* it stays the first in the line */
			ipoib__list_push_front(&set->turn, first);
			break;
		}
		if (status < 0) {
			fail(set, group, now);
			continue;
		}
		note_asked(set, group, question);
		count++;
	}
	return count;
}

static void join_next(struct ipoib__groups *set, uint64_t now)
{
	ipoib__groups_ask(set, IPOIB__GROUPS_WINDOW, now);
}

static void start(struct ipoib__groups *set, struct ipoib__group *group, uint64_t now)
{
	if (may_join(set, group))
		step(set, group, IPOIB__GROUP_START, NULL, 0, now);
}

void ipoib__groups_expire(struct ipoib__timer *timer, uint64_t now)
{
	struct ipoib__group *group = ipoib__container_of(timer, struct ipoib__group, timer);
	struct ipoib__groups *set = group->set;

	step(set, group, IPOIB__GROUP_TIMER, NULL, 0, now);
	join_next(set, now);
}

void ipoib__groups_init(struct ipoib__groups *set, struct ipoib__memory *memory,
			struct ipoib__wheel *wheel, struct ipoib__random *random,
			const struct ipoib__groups_hooks *hooks, void *owner)
{
	ipoib__assert(hooks->group_size >= sizeof(struct ipoib__group));
	memset(set, 0, sizeof(*set));
	set->memory = memory;
	set->wheel = wheel;
	set->random = random;
	set->hooks = hooks;
	set->owner = owner;
	ipoib__list_init(&set->turn);
	ipoib__list_init(&set->asked);
	for (unsigned i = 0; i < IPOIB__GROUP_PARTS; i++)
		ipoib__list_init(&set->recent[i]);
	for (unsigned i = 0; i < IPOIB__GROUPS_CHAINS; i++)
		ipoib__list_init(&set->chains[i]);
}

/* Calls visit for each group; visit may remove the one it is given. */
static void for_each(struct ipoib__groups *set, uint64_t now,
		     void (*visit)(struct ipoib__groups *, struct ipoib__group *, uint64_t))
{
	struct ipoib__list *at, *next;

	for (unsigned i = 0; i < IPOIB__GROUPS_CHAINS; i++)
		ipoib__list_for_each_safe(at, next, &set->chains[i])
			visit(set, ipoib__container_of(at, struct ipoib__group, chain), now);
}

static void end_group(struct ipoib__groups *set, struct ipoib__group *group, uint64_t now)
{
	(void)now;
	ipoib__groups_remove(set, group);
}

void ipoib__groups_fini(struct ipoib__groups *set)
{
	for_each(set, 0, end_group);
	ipoib__assert(set->count == 0 && set->outstanding == 0);
}

void ipoib__groups_member(struct ipoib__group *group, bool comes)
{
	ipoib__assert(comes || group->members > 0);
	group->members += comes ? 1u : UINT32_MAX;
	group->left = group->members == 0;
}

void ipoib__groups_settle(struct ipoib__groups *set, struct ipoib__group *group, uint64_t now)
{
	uint8_t held = (uint8_t)(group->joined_as | (group->asked ? group->asked_as : 0));
	bool full = held & IPOIB_JOIN_FULL_MEMBER;

	if (!group->broadcast && group->members == 0 && (full || group->left))
		ipoib__groups_remove(set, group);
	else if (group->state == IPOIB_MULTICAST_IDLE)
		start(set, group, now);
	else if (group->members > 0 && !full && group->state == IPOIB_MULTICAST_JOINED &&
		 may_join(set, group))
		step(set, group, IPOIB__GROUP_AGAIN, NULL, 0, now);
	join_next(set, now);
}

void ipoib__groups_start(struct ipoib__groups *set, uint64_t now)
{
	set->started = true;
	for_each(set, now, start);
	join_next(set, now);
}

static void stop(struct ipoib__groups *set, struct ipoib__group *group, uint64_t now)
{
	if (group->asked)
		take_back(set, group);
	ipoib__list_remove(&group->turn);
	step(set, group, IPOIB__GROUP_STOP, NULL, 0, now);
}

void ipoib__groups_stop(struct ipoib__groups *set, uint64_t now)
{
	set->started = false;
	for_each(set, now, stop);
}

static void again(struct ipoib__groups *set, struct ipoib__group *group, uint64_t now)
{
	uint64_t wait = group->broadcast ? 0 :
		1 + ipoib__random_below(set->random, IPOIB__GROUP_REJOIN_SPREAD_NS);

	if (group->state == IPOIB_MULTICAST_IDLE || !may_join(set, group))
		return;
	if (group->asked) /* the SM that was asked may be gone: ask the new one */
		take_back(set, group);
	ipoib__list_remove(&group->turn);
	step(set, group, IPOIB__GROUP_AGAIN, NULL, wait, now);
}

static void retry(struct ipoib__groups *set, struct ipoib__group *group, uint64_t now)
{
	if (group->state == IPOIB_MULTICAST_BACKOFF && group->failures > 0)
		again(set, group, now);
}

void ipoib__groups_retry(struct ipoib__groups *set, uint64_t now)
{
	if (set->retried != 0 && now - set->retried < IPOIB__GROUPS_RETRY_NS)
		return;
	set->retried = now;
	for_each(set, now, retry);
	join_next(set, now);
}

void ipoib__groups_again(struct ipoib__groups *set, uint64_t now)
{
	for_each(set, now, again);
	join_next(set, now);
}

void ipoib__groups_answer(struct ipoib__groups *set, struct ipoib__group *group,
			  const struct ipoib_multicast_record *record, uint64_t now)
{
	bool first = group->broadcast && !group->usable && record != NULL;

	ipoib__assert(group->asked && set->outstanding > 0);
	group->asked = false;
	ipoib__list_remove(&group->turn);
	set->outstanding--;
	if (record)
		step(set, group, IPOIB__GROUP_ANSWER, record, 0, now);
	else
		fail(set, group, now);
	if (first)
		for_each(set, now, start);
	join_next(set, now);
}

void ipoib__groups_useless(struct ipoib__groups *set, struct ipoib__group *group, uint64_t now)
{
	group->usable = false;
	fail(set, group, now);
}

struct ipoib__group *ipoib__groups_by_question(const struct ipoib__groups *set, uint64_t question)
{
	for (struct ipoib__list *at = set->asked.next; at != &set->asked; at = at->next) {
		struct ipoib__group *group = ipoib__container_of(at, struct ipoib__group, turn);

		if (group->question == question)
			return group;
	}
	return NULL;
}

/* The cursor is a chain and a place in it, so that a walk passes no chain twice. */
struct ipoib__group *ipoib__groups_next(const struct ipoib__groups *set, uint64_t *cursor)
{
	for (uint64_t i = *cursor >> 32; i < IPOIB__GROUPS_CHAINS; i++) {
		const struct ipoib__list *chain = &set->chains[i];
		uint64_t place = i << 32;

		for (struct ipoib__list *at = chain->next; at != chain; at = at->next) {
			if (place++ < *cursor)
				continue;
			*cursor = place;
			return ipoib__container_of(at, struct ipoib__group, chain);
		}
	}
	return NULL;
}
