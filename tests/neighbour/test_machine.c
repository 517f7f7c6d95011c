/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The pure machine of a neighbour through its courses, each told with literal times. */
#include "neighbour/neighbour_rig.h"

#include <string.h>

#include "support/support.h"

static struct ipoib__neighbour n;
static struct ipoib__neighbour_parameters parameters;
static struct ipoib_link_address a, b;

static void setup(void)
{
	support_setup();
	memset(&n, 0, sizeof(n));
	parameters = rig_parameters(10);
	n.due = IPOIB_NEVER;
	n.deadline = IPOIB_NEVER;
	n.used = IPOIB_NEVER;
	n.confirmed = IPOIB_NEVER;
	a = rig_address(0, 0x48, 1);
	b = rig_address(0, 0x48, 2);
}

/* CHANGED says that the state or the link address is another, and never anything else. */
static unsigned step(enum ipoib__neighbour_event_type type,
		     const struct ipoib_link_address *address, uint64_t now)
{
	const struct ipoib__neighbour_event event = { .type = type,
						      .address = address,
						      .reachable = 30 * S };
	struct ipoib__neighbour before = n;
	unsigned actions = ipoib__neighbour_step(&n, &parameters, &event, now);
	bool changed = n.state != before.state ||
		       memcmp(&n.link_address, &before.link_address, sizeof(a)) != 0;

	ck_assert_int_eq((actions & IPOIB__NEIGHBOUR_CHANGED) != 0, changed);
	ck_assert_uint_eq(n.updated, changed ? now : before.updated);
	return actions & ~(unsigned)IPOIB__NEIGHBOUR_CHANGED;
}

static unsigned use(uint64_t now)
{
	return step(IPOIB__NEIGHBOUR_USE, NULL, now);
}

static unsigned timer(uint64_t now)
{
	ck_assert_uint_eq(n.deadline, now);
	return step(IPOIB__NEIGHBOUR_TIMER, NULL, now);
}

static unsigned answer(const struct ipoib_link_address *address, uint64_t now)
{
	return step(IPOIB__NEIGHBOUR_ANSWER, address, now);
}

static unsigned heard(const struct ipoib_link_address *address, uint64_t now)
{
	return step(IPOIB__NEIGHBOUR_HEARD, address, now);
}

START_TEST(after_three_asks_without_an_answer_it_is_given_up)
{
	ck_assert_uint_eq(use(10 * S), IPOIB__NEIGHBOUR_ASK_MULTICAST);
	ck_assert_uint_eq(n.asks, 1);
	ck_assert_uint_eq(timer(11 * S), IPOIB__NEIGHBOUR_ASK_MULTICAST);
	ck_assert_uint_eq(n.asks, 2);
	ck_assert_uint_eq(timer(12 * S), IPOIB__NEIGHBOUR_ASK_MULTICAST);
	ck_assert_uint_eq(n.asks, 3);
	ck_assert_uint_eq(n.state, IPOIB_NEIGHBOUR_INCOMPLETE);
	ck_assert_uint_eq(timer(13 * S), IPOIB__NEIGHBOUR_UNREACHED);
	ck_assert_uint_eq(n.state, IPOIB_NEIGHBOUR_FAILED);
	ck_assert_uint_eq(n.failures, 1);
	ck_assert_uint_eq(timer(73 * S), IPOIB__NEIGHBOUR_FORGET);
}
END_TEST

/* One round of asking that fails; returns for how long it is then held. */
static uint64_t ask_in_vain(uint64_t now)
{
	ck_assert_uint_eq(use(now), IPOIB__NEIGHBOUR_ASK_MULTICAST);
	ck_assert_uint_eq(n.asks, 1);
	timer(now + 1 * S);
	timer(now + 2 * S);
	ck_assert_uint_eq(timer(now + 3 * S), IPOIB__NEIGHBOUR_UNREACHED);
	return n.hold_until - (now + 3 * S);
}

START_TEST(a_failed_neighbour_is_held_for_twice_as_long_each_time_up_to_16_s)
{
	static const uint64_t holds[] = { 1, 2, 4, 8, 16, 16, 16 };
	uint64_t now = 10 * S;

	for (size_t i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
		ck_assert_uint_eq(ask_in_vain(now), holds[i] * S);
		now = n.hold_until;
		ck_assert_uint_eq(use(now - 1), 0); /* and in vain before */
		ck_assert_uint_eq(n.state, IPOIB_NEIGHBOUR_FAILED);
	}
	for (int i = 0; i < 300; i++) { /* more failures than the count can hold */
		ck_assert_uint_eq(ask_in_vain(now), 16 * S);
		now = n.hold_until;
	}
}
END_TEST

START_TEST(a_packet_during_the_hold_time_changes_nothing)
{
	struct ipoib__neighbour before;

	ask_in_vain(10 * S);
	before = n;
	for (uint64_t now = 13 * S; now < 14 * S; now += 100 * MS)
		ck_assert_uint_eq(use(now), 0);
	ck_assert_mem_eq(&n, &before, sizeof(n)); /* it is not forgotten later, or held longer */
	ck_assert_uint_eq(use(14 * S), IPOIB__NEIGHBOUR_ASK_MULTICAST);
}
END_TEST

START_TEST(an_answer_ends_the_row_of_failures)
{
	ask_in_vain(10 * S);
	ask_in_vain(14 * S);
	ck_assert_uint_eq(n.failures, 2);
	use(19 * S);
	ck_assert_uint_eq(answer(&a, 19 * S), IPOIB__NEIGHBOUR_RESOLVED);
	ck_assert_uint_eq(n.failures, 0);
	ck_assert_uint_eq(n.asks, 0);

	timer(49 * S);
	use(49 * S);
	timer(54 * S);
	for (unsigned i = 1; i < 6; i++)
		timer((54 + i) * S);
	ck_assert_uint_eq(timer(60 * S), IPOIB__NEIGHBOUR_UNREACHED);
	ck_assert_uint_eq(n.hold_until, 61 * S); /* the first failure in a row again */
}
END_TEST

START_TEST(a_used_neighbour_is_confirmed_by_unicast_and_then_by_multicast)
{
	use(0);
	answer(&a, 0);
	ck_assert_uint_eq(timer(30 * S), 0);
	ck_assert_uint_eq(n.state, IPOIB_NEIGHBOUR_STALE);
	ck_assert_uint_eq(n.deadline, IPOIB_NEVER); /* unused, it is left alone */

	ck_assert_uint_eq(use(100 * S), 0);
	ck_assert_uint_eq(n.state, IPOIB_NEIGHBOUR_DELAY);
	ck_assert_uint_eq(use(104 * S), 0); /* more use does not put it off */
	ck_assert_uint_eq(timer(105 * S), IPOIB__NEIGHBOUR_ASK_UNICAST);
	ck_assert_uint_eq(timer(106 * S), IPOIB__NEIGHBOUR_ASK_UNICAST);
	ck_assert_uint_eq(timer(107 * S), IPOIB__NEIGHBOUR_ASK_UNICAST);
	ck_assert_uint_eq(timer(108 * S), IPOIB__NEIGHBOUR_ASK_MULTICAST);
	ck_assert_uint_eq(timer(109 * S), IPOIB__NEIGHBOUR_ASK_MULTICAST);
	ck_assert_uint_eq(timer(110 * S), IPOIB__NEIGHBOUR_ASK_MULTICAST);
	ck_assert_uint_eq(n.asks, 6);
	ck_assert(ipoib__neighbour_valid(&n)); /* in use until the very end */
	ck_assert_uint_eq(timer(111 * S), IPOIB__NEIGHBOUR_UNREACHED);
	ck_assert(!ipoib__neighbour_valid(&n));
}
END_TEST

/* A process that ends and comes back with the same queue pair, while it is being asked. */
START_TEST(who_speaks_after_the_last_question_is_asked_once_more)
{
	answer(&a, 0);
	timer(30 * S);
	use(100 * S);
	for (uint64_t now = 105; now <= 110; now++)
		timer(now * S);
	ck_assert_uint_eq(n.asks, 6);
	ck_assert_uint_eq(heard(&a, 110 * S + S / 2), 0);
	ck_assert_uint_eq(timer(111 * S), IPOIB__NEIGHBOUR_ASK_MULTICAST);
	if (_i == 0) {
		answer(&a, 111 * S);
		ck_assert_uint_eq(n.state, IPOIB_NEIGHBOUR_REACHABLE);
		return;
	}
	/* Its word alone keeps it no longer. */
	ck_assert_uint_eq(heard(&a, 111 * S + S / 2), 0);
	ck_assert_uint_eq(timer(112 * S), IPOIB__NEIGHBOUR_UNREACHED);
}
END_TEST

START_TEST(a_restarted_peer_answers_the_multicast_with_its_new_queue_pair)
{
	struct ipoib_link_address restarted = rig_address(0, 0x49, 1);

	answer(&a, 0);
	timer(30 * S);
	use(30 * S);
	timer(35 * S);
	timer(36 * S);
	timer(37 * S);
	ck_assert_uint_eq(timer(38 * S), IPOIB__NEIGHBOUR_ASK_MULTICAST);
	ck_assert_uint_eq(answer(&restarted, 38 * S), IPOIB__NEIGHBOUR_MOVED);
	ck_assert_uint_eq(n.state, IPOIB_NEIGHBOUR_REACHABLE);
	ck_assert_mem_eq(&n.link_address, &restarted, sizeof(restarted));
	ck_assert_mem_eq(&n.old_link_address, &a, sizeof(a));
	ck_assert_uint_eq(n.moves, 1);
}
END_TEST

START_TEST(another_port_is_a_move_and_the_old_address_is_remembered)
{
	answer(&a, 0);
	ck_assert_uint_eq(heard(&b, 5 * S), IPOIB__NEIGHBOUR_MOVED | IPOIB__NEIGHBOUR_FLUX);
	ck_assert_mem_eq(&n.link_address, &b, sizeof(b));
	ck_assert_mem_eq(&n.old_link_address, &a, sizeof(a));
	ck_assert_uint_eq(n.updated, 5 * S);
	ck_assert_uint_eq(answer(&a, 6 * S), IPOIB__NEIGHBOUR_MOVED | IPOIB__NEIGHBOUR_FLUX);
	ck_assert_mem_eq(&n.old_link_address, &b, sizeof(b));
	ck_assert_uint_eq(n.updated, 6 * S);
	ck_assert_uint_eq(n.moves, 2);
}
END_TEST

START_TEST(other_flags_are_no_move_but_are_stored_and_told)
{
	struct ipoib_link_address connected = rig_address(IPOIB_LINK_ADDRESS_RC, 0x48, 1);

	answer(&a, 0);
	ck_assert_uint_eq(heard(&connected, 5 * S), IPOIB__NEIGHBOUR_FLAGS);
	ck_assert_uint_eq(heard(&connected, 5 * S), 0);
	ck_assert_mem_eq(&n.link_address, &connected, sizeof(connected));
	ck_assert_uint_eq(n.state, IPOIB_NEIGHBOUR_REACHABLE);
	ck_assert_uint_eq(n.deadline, 30 * S);
	ck_assert_uint_eq(n.updated, 5 * S);
	ck_assert_uint_eq(answer(&a, 6 * S), IPOIB__NEIGHBOUR_FLAGS);
	ck_assert_mem_eq(&n.link_address, &a, sizeof(a));
	ck_assert_uint_eq(n.moves, 0);
}
END_TEST

/* What anybody can send must not keep an entry trusted that nobody confirmed (I35). */
START_TEST(hearing_the_same_again_puts_nothing_off)
{
	struct ipoib__neighbour before;

	answer(&a, 0);
	before = n;
	for (uint64_t now = 1 * S; now < 30 * S; now += S)
		ck_assert_uint_eq(heard(&a, now), 0);
	ck_assert_mem_eq(&n, &before, sizeof(n));
	timer(30 * S);
	use(31 * S);
	heard(&a, 33 * S);
	ck_assert_uint_eq(timer(36 * S), IPOIB__NEIGHBOUR_ASK_UNICAST);
	heard(&a, 36 * S);
	ck_assert_uint_eq(n.asks, 1);
	ck_assert_uint_eq(timer(37 * S), IPOIB__NEIGHBOUR_ASK_UNICAST);
}
END_TEST

START_TEST(what_moved_on_hearsay_is_probed_at_its_next_use)
{
	answer(&a, 0);
	timer(30 * S);
	use(30 * S);
	timer(35 * S); /* the first probe went to the old address */
	ck_assert_uint_eq(heard(&b, 35 * S), IPOIB__NEIGHBOUR_MOVED | IPOIB__NEIGHBOUR_FLUX);
	ck_assert_uint_eq(n.asks, 0);
	use(36 * S);
	ck_assert_uint_eq(timer(41 * S), IPOIB__NEIGHBOUR_ASK_UNICAST);
	ck_assert_uint_eq(n.asks, 1);
}
END_TEST

START_TEST(a_confirmation_of_the_same_is_no_change_but_lasts_anew)
{
	answer(&a, 0);
	ck_assert_uint_eq(answer(&a, 20 * S), 0);
	ck_assert_uint_eq(n.deadline, 50 * S);
	ck_assert_uint_eq(n.confirmed, 20 * S);
	ck_assert_uint_eq(n.updated, 0);
}
END_TEST

Suite *suite_machine(void)
{
	Suite *suite = suite_create("machine");
	TCase *tcase = tcase_create("machine");

	tcase_add_checked_fixture(tcase, setup, support_teardown);
	tcase_add_test(tcase, after_three_asks_without_an_answer_it_is_given_up);
	tcase_add_test(tcase, a_failed_neighbour_is_held_for_twice_as_long_each_time_up_to_16_s);
	tcase_add_test(tcase, a_packet_during_the_hold_time_changes_nothing);
	tcase_add_test(tcase, an_answer_ends_the_row_of_failures);
	tcase_add_test(tcase, a_used_neighbour_is_confirmed_by_unicast_and_then_by_multicast);
	tcase_add_loop_test(tcase, who_speaks_after_the_last_question_is_asked_once_more, 0, 2);
	tcase_add_test(tcase, a_restarted_peer_answers_the_multicast_with_its_new_queue_pair);
	tcase_add_test(tcase, another_port_is_a_move_and_the_old_address_is_remembered);
	tcase_add_test(tcase, other_flags_are_no_move_but_are_stored_and_told);
	tcase_add_test(tcase, hearing_the_same_again_puts_nothing_off);
	tcase_add_test(tcase, what_moved_on_hearsay_is_probed_at_its_next_use);
	tcase_add_test(tcase, a_confirmation_of_the_same_is_no_change_but_lasts_anew);
	suite_add_tcase(suite, tcase);
	return suite;
}
