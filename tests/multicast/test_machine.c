/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Every state of a group and every event, as a table. */
#include <stdio.h>
#include <string.h>

#include "multicast/multicast_rig.h"
#include "support/support.h"

#define KEEP (IPOIB_NEVER - 1) /* what it was */
#define NEVER IPOIB_NEVER

enum {
	IDLE = IPOIB_MULTICAST_IDLE,
	JOINING = IPOIB_MULTICAST_JOINING,
	JOINED = IPOIB_MULTICAST_JOINED,
	BACKOFF = IPOIB_MULTICAST_BACKOFF,
	STATES,
};

/* SAME is an answer with the record that is held. */
enum { START, STOP, ANSWER, SAME, FAILURE, TIMER, AGAIN_NOW, AGAIN_LATER, EVENTS };
enum { NONE, HAS }; /* a record */
enum { SENDS, IS_IDLE, MEMBER }; /* sent lately; sent long ago; or has a member, and never sent */
enum { JOIN = IPOIB__GROUP_JOIN, USABLE = IPOIB__GROUP_USABLE, LOST = IPOIB__GROUP_LOST };
enum { FAILED = IPOIB__GROUP_FAILED, FORGET = IPOIB__GROUP_FORGET };

/* It is 100 s; 3 s were drawn as the wait; senders sent at 90 s, idle ones at 40 s. */
static const struct row {
	uint8_t state, usable, who, event;
	uint8_t after, usable_after;
	unsigned actions;
	uint64_t deadline;
} rows[] = {
	{ IDLE, NONE, SENDS, START, JOINING, NONE, JOIN, NEVER },
	{ IDLE, NONE, MEMBER, START, JOINING, NONE, JOIN, NEVER },
	{ IDLE, NONE, MEMBER, STOP, IDLE, NONE, 0, NEVER },
	{ IDLE, NONE, MEMBER, ANSWER, JOINED, HAS, USABLE, NEVER },
	{ IDLE, NONE, SENDS, SAME, JOINED, HAS, USABLE, 160 * S },
	{ IDLE, NONE, MEMBER, FAILURE, BACKOFF, NONE, FAILED, 103 * S },
	{ IDLE, NONE, IS_IDLE, TIMER, IDLE, NONE, FORGET, KEEP },
	{ IDLE, NONE, MEMBER, AGAIN_NOW, JOINING, NONE, JOIN, NEVER },
	{ IDLE, NONE, MEMBER, AGAIN_LATER, BACKOFF, NONE, 0, 103 * S },

	{ JOINING, NONE, MEMBER, START, JOINING, NONE, 0, KEEP },
	{ JOINING, NONE, MEMBER, STOP, IDLE, NONE, 0, NEVER },
	{ JOINING, HAS, MEMBER, STOP, IDLE, NONE, LOST, NEVER },
	{ JOINING, NONE, MEMBER, ANSWER, JOINED, HAS, USABLE, NEVER },
	{ JOINING, NONE, SENDS, ANSWER, JOINED, HAS, USABLE, 160 * S },
	{ JOINING, HAS, MEMBER, ANSWER, JOINED, HAS, USABLE, NEVER },
	{ JOINING, HAS, MEMBER, SAME, JOINED, HAS, 0, NEVER },
	{ JOINING, HAS, SENDS, SAME, JOINED, HAS, 0, 160 * S },
	{ JOINING, NONE, MEMBER, FAILURE, BACKOFF, NONE, FAILED, 103 * S },
	{ JOINING, HAS, MEMBER, FAILURE, BACKOFF, HAS, FAILED, 103 * S },
	{ JOINING, NONE, MEMBER, TIMER, JOINING, NONE, JOIN, NEVER },
	{ JOINING, HAS, MEMBER, AGAIN_NOW, JOINING, HAS, JOIN, NEVER },
	{ JOINING, HAS, MEMBER, AGAIN_LATER, BACKOFF, HAS, 0, 103 * S },

	{ JOINED, HAS, MEMBER, START, JOINED, HAS, 0, KEEP },
	{ JOINED, HAS, MEMBER, STOP, IDLE, NONE, LOST, NEVER },
	{ JOINED, HAS, MEMBER, ANSWER, JOINED, HAS, USABLE, NEVER },
	{ JOINED, HAS, MEMBER, SAME, JOINED, HAS, 0, NEVER },
	{ JOINED, HAS, MEMBER, FAILURE, BACKOFF, HAS, FAILED, 103 * S },
	{ JOINED, HAS, SENDS, TIMER, JOINED, HAS, 0, 150 * S },
	{ JOINED, HAS, IS_IDLE, TIMER, JOINED, HAS, FORGET, KEEP },
	{ JOINED, HAS, MEMBER, AGAIN_NOW, JOINING, HAS, JOIN, NEVER },
	{ JOINED, HAS, MEMBER, AGAIN_LATER, BACKOFF, HAS, 0, 103 * S },

	{ BACKOFF, NONE, MEMBER, START, BACKOFF, NONE, 0, KEEP },
	{ BACKOFF, NONE, MEMBER, STOP, IDLE, NONE, 0, NEVER },
	{ BACKOFF, HAS, MEMBER, STOP, IDLE, NONE, LOST, NEVER },
	{ BACKOFF, NONE, MEMBER, ANSWER, JOINED, HAS, USABLE, NEVER },
	{ BACKOFF, HAS, MEMBER, SAME, JOINED, HAS, 0, NEVER },
	{ BACKOFF, HAS, MEMBER, FAILURE, BACKOFF, HAS, FAILED, 103 * S },
	{ BACKOFF, NONE, MEMBER, TIMER, JOINING, NONE, JOIN, NEVER },
	{ BACKOFF, NONE, SENDS, TIMER, JOINING, NONE, JOIN, NEVER },
	{ BACKOFF, NONE, IS_IDLE, TIMER, BACKOFF, NONE, FORGET, KEEP },
	{ BACKOFF, HAS, IS_IDLE, TIMER, BACKOFF, HAS, FORGET, KEEP },
	{ BACKOFF, HAS, MEMBER, AGAIN_NOW, JOINING, HAS, JOIN, NEVER },
	{ BACKOFF, HAS, MEMBER, AGAIN_LATER, BACKOFF, HAS, 0, 103 * S },
};

static const enum ipoib__group_event events[EVENTS] = {
	[START] = IPOIB__GROUP_START,	  [STOP] = IPOIB__GROUP_STOP,
	[ANSWER] = IPOIB__GROUP_ANSWER,	  [SAME] = IPOIB__GROUP_ANSWER,
	[FAILURE] = IPOIB__GROUP_FAILURE, [TIMER] = IPOIB__GROUP_TIMER,
	[AGAIN_NOW] = IPOIB__GROUP_AGAIN, [AGAIN_LATER] = IPOIB__GROUP_AGAIN,
};

static struct ipoib__group in_state(const struct row *row)
{
	struct ipoib__group group = {
		.state = row->state,
		.usable = row->usable,
		.members = row->who == MEMBER,
		.failures = 2,
		.deadline = 200 * S,
		.used = row->who == SENDS ? 90 * S : 40 * S,
		.record = { .mlid = 0xc001 },
	};

	group.asked_as = ipoib__group_join_state(&group);
	group.joined_as = row->usable ? group.asked_as : 0;
	return group;
}

static unsigned failures_after(uint8_t event)
{
	switch (event) {
	case STOP:
	case ANSWER:
	case SAME:
	case AGAIN_NOW:
	case AGAIN_LATER:
		return 0;
	case FAILURE:
		return 3;
	default:
		return 2;
	}
}

static void check_row(const struct row *row, const char *where)
{
	struct ipoib_multicast_record same = { .mlid = 0xc001 }, other = { .mlid = 0xc002 };
	uint64_t wait = row->event == AGAIN_LATER || row->event == FAILURE ? 3 * S : 0;
	struct ipoib__group group = in_state(row);
	unsigned actions = ipoib__group_step(&group, events[row->event],
					     row->event == SAME ? &same : &other, wait, 100 * S);

	ck_assert_msg(group.state == row->after, "%s: state %u", where, group.state);
	ck_assert_msg(group.usable == row->usable_after, "%s: usable", where);
	ck_assert_msg(actions == row->actions, "%s: actions %u", where, actions);
	ck_assert_msg(group.deadline == (row->deadline == KEEP ? 200 * S : row->deadline),
		      "%s: deadline", where);
	ck_assert_msg(group.joined_as == (row->usable_after ? group.asked_as : 0),
		      "%s: joined as %u", where, group.joined_as);
	ck_assert_msg(group.failures == failures_after(row->event), "%s: failures", where);
	ck_assert_msg(group.record.mlid == (row->event == ANSWER ? 0xc002 : 0xc001), "%s: record",
		      where);
}

START_TEST(each_state_answers_each_event_as_the_table_says)
{
	bool seen[STATES][EVENTS] = { { false } };
	char where[60];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(where, sizeof(where), "row %zu (state %u, event %u)", i, rows[i].state,
			 rows[i].event);
		check_row(&rows[i], where);
		seen[rows[i].state][rows[i].event] = true;
	}
	for (unsigned state = IDLE; state < STATES; state++)
		for (unsigned event = 0; event < EVENTS; event++)
			ck_assert_msg(seen[state][event], "no row for %u, %u", state, event);
}
END_TEST

START_TEST(who_has_members_or_is_the_broadcast_group_is_joined_in_full)
{
	struct ipoib__group group = { .members = 0 };

	ck_assert_uint_eq(ipoib__group_join_state(&group), 8);
	group.members = 2;
	ck_assert_uint_eq(ipoib__group_join_state(&group), 1);
	group.members = 0;
	group.broadcast = true;
	ck_assert_uint_eq(ipoib__group_join_state(&group), 1);
}
END_TEST

START_TEST(a_member_that_came_while_a_sender_was_joined_makes_it_join_again)
{
	struct ipoib_multicast_record record = { .mlid = 0xc001 };
	struct ipoib__group group = { .state = JOINING, .asked_as = SENDER, .members = 1 };

	ck_assert_uint_eq(ipoib__group_step(&group, IPOIB__GROUP_ANSWER, &record, 0, 1 * S),
			  IPOIB__GROUP_USABLE | IPOIB__GROUP_JOIN);
	ck_assert_uint_eq(group.state, JOINING);
	ck_assert_uint_eq(group.joined_as, SENDER);
	group.asked_as = FULL;
	ck_assert_uint_eq(ipoib__group_step(&group, IPOIB__GROUP_ANSWER, &record, 0, 2 * S), 0);
	ck_assert_uint_eq(group.state, JOINED);
	ck_assert_uint_eq(group.joined_as, SENDER | FULL);
}
END_TEST

START_TEST(the_wait_doubles_from_1_s_to_16_s)
{
	static const uint64_t waits[] = { 1, 2, 4, 8, 16, 16, 16 };

	for (unsigned i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		ck_assert_uint_eq(ipoib__group_retry(i + 1), waits[i] * S);
	ck_assert_uint_eq(ipoib__group_retry(256), 16 * S);
	ck_assert_uint_eq(ipoib__group_retry(UINT32_MAX), 16 * S);
}
END_TEST

START_TEST(the_count_of_failures_does_not_wrap)
{
	struct ipoib__group group = { .state = JOINING, .failures = UINT8_MAX - 1 };

	for (unsigned i = 0; i < 3; i++)
		ipoib__group_step(&group, IPOIB__GROUP_FAILURE, NULL, 1 * S, 1 * S);
	ck_assert_uint_eq(group.failures, UINT8_MAX);
}
END_TEST

Suite *suite_machine(void)
{
	Suite *suite = suite_create("machine");
	TCase *tcase = tcase_create("machine");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, each_state_answers_each_event_as_the_table_says);
	tcase_add_test(tcase, who_has_members_or_is_the_broadcast_group_is_joined_in_full);
	tcase_add_test(tcase, a_member_that_came_while_a_sender_was_joined_makes_it_join_again);
	tcase_add_test(tcase, the_wait_doubles_from_1_s_to_16_s);
	tcase_add_test(tcase, the_count_of_failures_does_not_wrap);
	suite_add_tcase(suite, tcase);
	return suite;
}
