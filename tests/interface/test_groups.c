/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Multicast groups between the caller, the interface and the transport. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "multicast/multicast.h"
#include "support/support.h"
#include "wire/mgid.h"

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static struct ipoib_gid mgid_of(const char *text)
{
	struct ipoib_ip group = ip(text);
	struct ipoib_gid mgid;

	ck_assert_int_eq(ipoib__mgid_for_ip(&mgid, 2, 0xffff, &group), 0);
	return mgid;
}

static struct ipoib_multicast *join(const char *text)
{
	struct ipoib_multicast *membership;
	struct ipoib_ip group = ip(text);

	ck_assert_int_eq(ipoib_multicast_join(&membership, rail->interface, &group), 0);
	return membership;
}

static struct fake_question *asked_for(const char *text)
{
	struct ipoib_gid mgid = mgid_of(text);
	struct fake_question *last = NULL;

	for (size_t i = 0; i < fake->question_count; i++)
		if (fake->questions[i].join &&
		    memcmp(&fake->questions[i].gid, &mgid, sizeof(mgid)) == 0)
			last = &fake->questions[i];
	return last;
}

static size_t groups(void)
{
	struct ipoib_multicast_info info = { .size = sizeof(info) };
	uint64_t cursor = 0;
	size_t n = 0;

	while (ipoib_multicast_next(rail->interface, &cursor, &info) == 1)
		n++;
	return n;
}

START_TEST(a_member_hears_the_group_and_leaves_it_with_the_last_membership)
{
	struct ipoib_gid mgid = mgid_of("224.1.2.3");
	struct ipoib_multicast *one, *two;

	bench_up(NULL);
	one = join("224.1.2.3");
	two = join("224.1.2.3");
	bench_settle();
	ck_assert(fake_attached(fake_ud(fake), &mgid));
	ck_assert_uint_eq(asked_for("224.1.2.3")->wanted.join_state, IPOIB_JOIN_FULL_MEMBER);
	ck_assert_uint_eq(asked_for("224.1.2.3")->wanted.create, 1);
	ck_assert_uint_eq(asked_for("224.1.2.3")->wanted.qkey, 0x0b1b);
	ipoib_multicast_leave(one);
	bench_settle();
	ck_assert(fake_attached(fake_ud(fake), &mgid));
	ck_assert_uint_eq(fake->left_count, 0);
	ipoib_multicast_leave(two);
	bench_settle();
	ck_assert(!fake_attached(fake_ud(fake), &mgid));
	ck_assert_uint_eq(fake->left_count, 1);
	ck_assert_int_eq(memcmp(&fake->left[0].mgid, &mgid, sizeof(mgid)), 0);
	ck_assert_uint_eq(fake->left[0].join_state, IPOIB_JOIN_FULL_MEMBER);
	bench_close();
}
END_TEST

START_TEST(a_sender_joins_send_only_does_not_listen_and_leaves_when_idle)
{
	struct ipoib_gid mgid = mgid_of("224.1.2.3");

	bench_up(NULL);
	ck_assert_int_eq(rail_send(rail, "224.1.2.3", 100, 1), 0);
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	ck_assert(!fake_attached(fake_ud(fake), &mgid));
	ck_assert_uint_eq(asked_for("224.1.2.3")->wanted.join_state,
			  IPOIB_JOIN_SEND_ONLY_FULL_MEMBER);
	ck_assert_uint_eq(fake->sent[fake->sent_count - 1].remote_qpn, IPOIB_QPN_MULTICAST);
	ck_assert_uint_eq(fake->sent[fake->sent_count - 1].to.global, 1);
	bench_run(50 * SECOND);
	ck_assert_int_eq(rail_send(rail, "224.1.2.3", 100, 2), 0);
	bench_run(50 * SECOND);
	ck_assert_uint_eq(groups(), 2);
	bench_run(70 * SECOND);
	ck_assert_uint_eq(groups(), 1);
	ck_assert_uint_eq(fake->left_count, 1);
	bench_close();
}
END_TEST

START_TEST(a_sender_that_becomes_a_member_is_joined_as_one)
{
	struct ipoib_gid mgid = mgid_of("224.1.2.3");
	struct ipoib_multicast *membership;

	bench_up(NULL);
	fake->answering = false;
	ck_assert_int_eq(rail_send(rail, "224.1.2.3", 100, 1), 0);
	bench_settle();
	membership = join("224.1.2.3"); /* while the other join is in the administrator's hands */
	bench_settle();
	fake->answering = true;
	bench_settle();
	ck_assert(fake_attached(fake_ud(fake), &mgid));
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	ipoib_multicast_leave(membership);
	bench_settle();
	ck_assert_uint_eq(fake->left[0].join_state,
			  IPOIB_JOIN_FULL_MEMBER | IPOIB_JOIN_SEND_ONLY_FULL_MEMBER);
	bench_close();
}
END_TEST

START_TEST(a_group_that_cannot_be_joined_is_answered_and_tried_again)
{
	bench_up(NULL);
	fake->join_status = -EACCES;
	ck_assert_int_eq(rail_send(rail, "224.1.2.3", 100, 1), 0);
	bench_settle();
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_NO_GROUP], 1);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_JOIN_FAILED), 1);
	ck_assert_int_eq(rail->events[rail->event_count - 1].status, -EACCES);
	ck_assert_int_eq(rail_send(rail, "224.1.2.3", 100, 2), -EHOSTUNREACH);
	fake->join_status = 0;
	bench_run(2 * SECOND);
	ck_assert_int_eq(rail_send(rail, "224.1.2.3", 100, 3), 0);
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).sent, 1);
	ck_assert_uint_eq(rail_statistics(rail).join_failures, 1);
	bench_close();
}
END_TEST

/* Nobody wants it any more: it is neither joined nor kept. */
START_TEST(a_membership_that_ends_before_it_is_joined_leaves_no_group)
{
	bench_up(NULL);
	ipoib_multicast_leave(join("224.1.2.3"));
	bench_settle();
	ck_assert_uint_eq(groups(), 1);
	ck_assert_ptr_null(asked_for("224.1.2.3"));
	bench_close();
}
END_TEST

START_TEST(memberships_that_come_and_go_while_the_link_is_down_use_nothing_up)
{
	char text[32];

	bench_open();
	fake->port.state = IPOIB_PORT_DOWN;
	rail_open(rail, fake, NULL);
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(text, sizeof(text), "224.5.%u.%u", i / 250, i % 250);
		ipoib_multicast_leave(join(text));
		bench_settle();
	}
	bench_close();
}
END_TEST

START_TEST(senders_that_are_refused_use_no_groups_up)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	char text[32];

	config.queue_packets_total = 1;
	bench_up(&config);
	bench.silent = true;
	ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, 0), 0);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "224.5.1.%u", i);
		ck_assert_int_eq(rail_send(rail, text, 100, i), -ENOBUFS);
	}
	ck_assert_uint_eq(groups(), 1);
	bench_close();
}
END_TEST

START_TEST(a_group_that_moved_to_another_mlid_is_attached_anew)
{
	struct ipoib_gid mgid = mgid_of("255.255.255.255");
	struct fake_question *question;
	struct ipoib_transport_event event = { .type = IPOIB_TRANSPORT_JOIN };

	bench_up(NULL);
	fake->answering = false;
	fake_simple_event(fake, IPOIB_TRANSPORT_REREGISTER);
	bench_settle();
	question = fake_open_question(fake, true);
	ck_assert_int_eq(memcmp(&question->gid, &mgid, sizeof(mgid)), 0);
	question->open = false;
	event.id = question->id;
	event.multicast = question->wanted;
	event.multicast.mlid = 0xc777;
	event.multicast.mtu = 1024;
	event.multicast.qkey = 0x0b1b;
	fake->group_mtu = 1024;
	fake_event(fake, &event);
	fake->answering = true;
	bench_settle();
	ck_assert_uint_eq(fake_ud(fake)->groups[0].mlid, 0xc777);
	ck_assert_uint_eq(fake_ud(fake)->group_count, 1);
	ck_assert_uint_eq(rail_mtu(rail), 1020);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_DOWN), 0);
	bench_close();
}
END_TEST

/* Joins and path queries are two modules' questions, and one transport's. */
START_TEST(no_two_open_questions_have_one_id)
{
	struct ipoib_multicast *membership;

	bench_up(NULL);
	fake->answering = false;
	membership = join("224.1.2.3");
	for (uint16_t i = 0; i < 5; i++) /* five paths to five who ask */
		ck_assert(rail_hear_arp(rail, 1, (uint16_t)(2 + i), "10.0.0.9", "10.0.0.1"));
	bench_settle(); /* the fake compares the ids */
	ck_assert_uint_eq(fake_open_questions(fake, true), 1);
	ck_assert_uint_ge(fake_open_questions(fake, false), 1);
	ipoib_multicast_leave(membership);
	bench_settle();
	ck_assert_uint_eq(fake_open_questions(fake, true), 0);
	ck_assert_uint_ge(fake_open_questions(fake, false), 1);
	bench_close();
}
END_TEST

START_TEST(at_most_1024_groups_are_made)
{
	struct ipoib_multicast *memberships[1024];
	struct ipoib_ip group = ip("224.9.9.9");
	char text[32];

	bench_up(NULL);
	for (unsigned i = 0; i < 1023; i++) { /* and the broadcast group */
		snprintf(text, sizeof(text), "224.5.%u.%u", i / 250, i % 250);
		memberships[i] = join(text);
	}
	ck_assert_int_eq(ipoib_multicast_join(&memberships[1023], rail->interface, &group),
			 -ENOSPC);
	ck_assert_int_eq(rail_send(rail, "224.9.9.9", 100, 1), -ENOSPC);
	bench_settle();
	ck_assert_uint_eq(fake_ud(fake)->group_count, 1024);
	for (unsigned i = 0; i < 1023; i++)
		ipoib_multicast_leave(memberships[i]);
	bench_settle();
	ck_assert_uint_eq(groups(), 1);
	bench_close();
}
END_TEST

/* Sends to 239.1.x.y; the status. */
static int send_to(uint32_t number, size_t length)
{
	struct ipoib_ip group = ip("239.1.0.0");

	group.raw[2] = (uint8_t)(number >> 8);
	group.raw[3] = (uint8_t)number;
	return rail_send_via(rail, &group, length, number, NULL);
}

START_TEST(a_packet_that_is_too_long_for_a_group_makes_none)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.mode = IPOIB_MODE_CONNECTED;
	bench_up(&config);
	for (uint32_t i = 0; i < 1100; i++)
		ck_assert_int_eq(send_to(i, 3000), -EMSGSIZE);
	ck_assert_uint_eq(groups(), 1);
	ck_assert_int_eq(send_to(1, 100), 0);
	bench_close();
}
END_TEST

/* Streams to more groups than there is room for, while memberships and addresses come. */
START_TEST(groups_that_are_only_sent_to_give_way_and_leave_the_room_of_others_alone)
{
	struct ipoib_ip address = ip("fe80::1"), group = ip("239.2.0.1");
	struct ipoib_multicast *membership;
	struct ipoib_binding *binding;

	bench_up(NULL);
	for (uint32_t i = 0; i < 300; i++)
		ck_assert_int_eq(send_to(i, 100),
				 i < IPOIB__GROUPS_SENT_MAX ? 0 : -ENOSPC);
	ck_assert_int_eq(ipoib_multicast_join(&membership, rail->interface, &group), 0);
	ck_assert_int_eq(ipoib_binding_open(&binding, rail->interface, &address, 64), 0);
	bench_run(SECOND / 2);
	ck_assert_int_eq(send_to(299, 100), -ENOSPC); /* the others are in use */
	bench_run(SECOND);
	ck_assert_int_eq(send_to(0, 100), 0);
	for (uint32_t i = 300; i < 310; i++)
		ck_assert_int_eq(send_to(i, 100), 0);
	bench_run(SECOND);
	ck_assert_uint_eq(groups(), 1 + IPOIB__GROUPS_SENT_MAX + 3);
	ck_assert_uint_eq(fake->left_count, 10);
	for (size_t i = 0; i < 10; i++) /* those that were used least recently */
		ck_assert_uint_eq(fake->left[i].mgid.raw[15], i + 1);
	ck_assert_uint_eq(rail_statistics(rail).sent, IPOIB__GROUPS_SENT_MAX + 11);
	ipoib_binding_close(binding);
	ipoib_multicast_leave(membership);
	bench_close();
}
END_TEST

START_TEST(a_group_that_is_sent_to_and_then_joined_is_the_callers)
{
	struct ipoib_multicast *membership;
	struct ipoib_gid mgid = mgid_of("239.1.0.0");

	bench_up(NULL);
	ck_assert_int_eq(send_to(0, 100), 0);
	bench_settle();
	membership = join("239.1.0.0");
	bench_run(2 * SECOND);
	for (uint32_t i = 1; i <= IPOIB__GROUPS_SENT_MAX; i++)
		ck_assert_int_eq(send_to(i, 100), 0);
	bench_run(2 * SECOND);
	ck_assert_int_eq(send_to(1000, 100), 0);
	bench_run(SECOND);
	ck_assert(fake_attached(fake_ud(fake), &mgid));
	ck_assert_uint_eq(fake->left_count, 1);
	ck_assert_uint_eq(fake->left[0].mgid.raw[15], 1);
	ipoib_multicast_leave(membership);
	bench_close();
}
END_TEST

/* There is no link to join by, and nothing else would end them. */
START_TEST(groups_that_are_only_sent_to_end_while_the_link_is_down)
{
	bench_up(NULL);
	for (uint32_t i = 0; i < 10; i++)
		ck_assert_int_eq(send_to(i, 100), 0);
	fake->port.state = IPOIB_PORT_DOWN;
	fake_port_event(fake);
	bench_run(SECOND);
	ck_assert_uint_eq(groups(), 11);
	bench_run(70 * SECOND);
	ck_assert_uint_eq(groups(), 1);
	bench_close();
}
END_TEST

Suite *suite_groups(void)
{
	Suite *suite = suite_create("groups");
	TCase *tcase = tcase_create("groups");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_member_hears_the_group_and_leaves_it_with_the_last_membership);
	tcase_add_test(tcase, a_sender_joins_send_only_does_not_listen_and_leaves_when_idle);
	tcase_add_test(tcase, a_sender_that_becomes_a_member_is_joined_as_one);
	tcase_add_test(tcase, a_group_that_cannot_be_joined_is_answered_and_tried_again);
	tcase_add_test(tcase, a_membership_that_ends_before_it_is_joined_leaves_no_group);
	tcase_add_test(tcase, memberships_that_come_and_go_while_the_link_is_down_use_nothing_up);
	tcase_add_test(tcase, senders_that_are_refused_use_no_groups_up);
	tcase_add_test(tcase, a_group_that_moved_to_another_mlid_is_attached_anew);
	tcase_add_test(tcase, no_two_open_questions_have_one_id);
	tcase_add_test(tcase, at_most_1024_groups_are_made);
	tcase_add_test(tcase, a_packet_that_is_too_long_for_a_group_makes_none);
	tcase_add_test(tcase,
		       groups_that_are_only_sent_to_give_way_and_leave_the_room_of_others_alone);
	tcase_add_test(tcase, a_group_that_is_sent_to_and_then_joined_is_the_callers);
	tcase_add_test(tcase, groups_that_are_only_sent_to_end_while_the_link_is_down);
	suite_add_tcase(suite, tcase);
	return suite;
}
