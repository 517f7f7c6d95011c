/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The pure half of multicast.h. */
#include "multicast/multicast.h"

#include <string.h>

uint64_t ipoib__group_retry(unsigned failures)
{
	uint64_t wait = IPOIB__GROUP_RETRY_NS;

	for (unsigned i = 1; i < failures && wait < IPOIB__GROUP_RETRY_MAX_NS; i++)
		wait *= 2;
	return wait < IPOIB__GROUP_RETRY_MAX_NS ? wait : IPOIB__GROUP_RETRY_MAX_NS;
}

/*
 * Send-only full membership creates the group and keeps it, as Linux joins (JoinState 8); RFC
 * 4391 section 10 would have the sender drop its packets until some listener has created the group.
 */
uint8_t ipoib__group_join_state(const struct ipoib__group *group)
{
	return group->broadcast || group->members > 0 ? IPOIB_JOIN_FULL_MEMBER :
							IPOIB_JOIN_SEND_ONLY_FULL_MEMBER;
}

static unsigned join(struct ipoib__group *group)
{
	group->state = IPOIB_MULTICAST_JOINING;
	group->deadline = IPOIB_NEVER;
	return IPOIB__GROUP_JOIN;
}

static bool send_only(const struct ipoib__group *group)
{
	return ipoib__group_join_state(group) != IPOIB_JOIN_FULL_MEMBER;
}

/* What nothing asked for ends by itself, also while there is no link to join it by. */
uint64_t ipoib__group_idle_at(const struct ipoib__group *group)
{
	return group->part == IPOIB__GROUP_ASKED ? IPOIB_NEVER :
						   group->used + IPOIB__GROUP_IDLE_NS;
}

static unsigned on_stop(struct ipoib__group *group)
{
	unsigned actions = group->usable ? IPOIB__GROUP_LOST : 0;

	group->usable = false;
	group->joined_as = 0;
	group->failures = 0;
	group->state = IPOIB_MULTICAST_IDLE;
	group->deadline = ipoib__group_idle_at(group);
	return actions;
}

static unsigned on_answer(struct ipoib__group *group, const struct ipoib_multicast_record *record,
			  uint64_t now)
{
	bool same = group->usable && memcmp(&group->record, record, sizeof(*record)) == 0;

	group->record = *record;
	group->usable = true;
	group->failures = 0;
	group->joined_as |= group->asked_as;
	group->state = IPOIB_MULTICAST_JOINED;
	group->deadline = send_only(group) ? now + IPOIB__GROUP_IDLE_NS : IPOIB_NEVER;
	if (!(group->joined_as & ipoib__group_join_state(group))) /* a member came meanwhile */
		return join(group) | (same ? 0 : IPOIB__GROUP_USABLE);
	return same ? 0 : IPOIB__GROUP_USABLE;
}

/*
 * A failed renewal leaves the old record in use, for a silent SA has taken nothing away, but
 * tries again. What waits is answered only where nothing can be sent.
 */
static unsigned on_failure(struct ipoib__group *group, uint64_t wait, uint64_t now)
{
	if (group->failures < UINT8_MAX)
		group->failures++;
	group->state = IPOIB_MULTICAST_BACKOFF;
	group->deadline = now + wait;
	return IPOIB__GROUP_FAILED;
}

static unsigned on_timer(struct ipoib__group *group, uint64_t now)
{
	bool idle = send_only(group) && now - group->used >= IPOIB__GROUP_IDLE_NS;

	if (idle)
		return IPOIB__GROUP_FORGET;
	if (group->state == IPOIB_MULTICAST_IDLE) {
		group->deadline = ipoib__group_idle_at(group);
		return 0;
	}
	if (group->state != IPOIB_MULTICAST_JOINED)
		return join(group);
	group->deadline = group->used + IPOIB__GROUP_IDLE_NS; /* it was used meanwhile */
	return 0;
}

static unsigned on_again(struct ipoib__group *group, uint64_t wait, uint64_t now)
{
	group->failures = 0;
	if (wait == 0)
		return join(group);
	group->state = IPOIB_MULTICAST_BACKOFF;
	group->deadline = now + wait;
	return 0;
}

unsigned ipoib__group_step(struct ipoib__group *group, enum ipoib__group_event event,
			   const struct ipoib_multicast_record *record, uint64_t wait, uint64_t now)
{
	switch (event) {
	case IPOIB__GROUP_START:
		return group->state == IPOIB_MULTICAST_IDLE ? join(group) : 0;
	case IPOIB__GROUP_STOP:
		return on_stop(group);
	case IPOIB__GROUP_ANSWER:
		return on_answer(group, record, now);
	case IPOIB__GROUP_FAILURE:
		return on_failure(group, wait, now);
	case IPOIB__GROUP_TIMER:
		return on_timer(group, now);
	case IPOIB__GROUP_AGAIN:
		return on_again(group, wait, now);
	}
	return 0;
}
