/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Multicast groups: joining, attaching, and their ends. */
#include <errno.h>
#include <string.h>

#include "conformance/suites.h"

/* The broadcast group of the default partition (RFC 4391 section 4). */
static const struct ipoib_gid broadcast = {
	.raw = { 0xff, 0x12, 0x40, 0x1b, 0xff, 0xff, [12] = 0xff, 0xff, 0xff, 0xff },
};

static struct ipoib_multicast_record wanted(void)
{
	return (struct ipoib_multicast_record){
		.mgid = broadcast,
		.pkey = PKEY,
		.scope = 2,
		.join_state = IPOIB_JOIN_FULL_MEMBER,
	};
}

static struct ipoib_multicast_record join(struct side *side)
{
	struct ipoib_multicast_record group = wanted();
	uint64_t id = ++side->next_question;
	struct ipoib_transport_event event;

	ck_assert_int_eq(side->ops->multicast_join(side->self, id, &group), 0);
	event = side_event(side, IPOIB_TRANSPORT_JOIN);
	ck_assert_uint_eq(event.id, id);
	ck_assert_int_eq(event.status, 0);
	return event.multicast;
}

static void *group_ah(struct side *side, const struct ipoib_multicast_record *group)
{
	struct ipoib_ah_attributes attributes = {
		.dlid = group->mlid,
		.sl = group->sl,
		.rate = group->rate,
		.global = 1,
		.hop_limit = group->hop_limit,
		.traffic_class = group->traffic_class,
		.flow_label = group->flow_label,
		.dgid = group->mgid,
	};
	void *ah = NULL;

	ck_assert_int_eq(side->ops->ah_create(side->self, &attributes, &ah), 0);
	return ah;
}

static void post_to_group(struct side *side, void *ah, unsigned slot)
{
	struct ipoib_ud_send send = side_send(side, side, ah, slot, 100);

	send.remote_qpn = IPOIB_QPN_MULTICAST;
	ck_assert_int_eq(side->ops->ud_post_send(side->self, side->ud, &send, 1), 1);
	ck_assert_int_eq(side_done(side, IPOIB_UD_SEND).status, 0);
}

static void attach(struct side *side, const struct ipoib_multicast_record *group)
{
	ck_assert_int_eq(side->ops->ud_attach(side->self, side->ud, &group->mgid, group->mlid), 0);
}

static void detach(struct side *side, const struct ipoib_multicast_record *group)
{
	side->ops->ud_detach(side->self, side->ud, &group->mgid, group->mlid);
}

static void leave(struct side *side)
{
	struct ipoib_multicast_record group = wanted();

	side->ops->multicast_leave(side->self, &group);
}

START_TEST(a_join_is_answered_once_with_the_groups_record)
{
	struct ipoib_multicast_record group = join(&a);

	ck_assert_mem_eq(&group.mgid, &broadcast, sizeof(broadcast));
	ck_assert_uint_eq(group.pkey & 0x7fff, PKEY & 0x7fff);
	ck_assert_uint_ne(group.qkey, 0);
	ck_assert_uint_ge(group.mtu, 256);
	ck_assert_uint_le(group.mtu, a.port.mtu);
	ck_assert_uint_ge(group.mlid, 0xc000);
	ck_assert_uint_lt(group.mlid, 0xffff);
	ck_assert_uint_le(group.sl, 15);
	rig_run(QUIET_NS);
	ck_assert_uint_eq(side_events(&a, IPOIB_TRANSPORT_JOIN), 0);
	leave(&a);
}
END_TEST

START_TEST(all_members_have_the_same_record)
{
	struct ipoib_multicast_record first = join(&a), second = join(&b);

	ck_assert_uint_eq(first.qkey, second.qkey);
	ck_assert_uint_eq(first.mtu, second.mtu);
	ck_assert_uint_eq(first.mlid, second.mlid);
	leave(&a);
	leave(&b);
}
END_TEST

START_TEST(a_join_that_was_cancelled_is_not_answered)
{
	struct ipoib_multicast_record group = wanted();

	ck_assert_int_eq(a.ops->multicast_join(a.self, 5, &group), 0);
	a.ops->cancel(a.self, 5);
	rig_run(QUIET_NS);
	ck_assert_uint_eq(side_events(&a, IPOIB_TRANSPORT_JOIN), 0);
	(void)join(&a);
	leave(&a);
}
END_TEST

/*
 * The sender's own queue pair may hear it or not, and not twice: the library filters its own by
 * the source.
 */
START_TEST(a_datagram_to_a_group_reaches_who_is_attached)
{
	struct ipoib_multicast_record group = join(&a);
	struct ipoib_ud_completion done;
	void *ah;

	(void)join(&b);
	attach(&a, &group);
	attach(&b, &group);
	ck_assert_int_eq(b.ops->ud_set_qkey(b.self, b.ud, group.qkey), 0);
	ah = group_ah(&a, &group);
	side_receives(&a, 0, 4);
	side_receives(&b, 0, 4);
	post_to_group(&a, ah, 1);
	done = side_done(&b, IPOIB_UD_RECEIVE);
	ck_assert_int_eq(done.status, 0);
	ck_assert_uint_eq(done.has_grh, 1);
	ck_assert_uint_eq(done.source_qpn, a.qpn);
	ck_assert_uint_eq(done.length, IPOIB_GRH_LENGTH + 100);
	check_octets(side_slot(&b, DEPTH) + IPOIB_GRH_LENGTH, 1, 100);
	ck_assert_mem_eq(side_slot(&b, DEPTH) + 8, a.port.gid.raw, 16);
	ck_assert_mem_eq(side_slot(&b, DEPTH) + 24, broadcast.raw, 16);
	rig_run(QUIET_NS);
	ck_assert_uint_eq(side_dones(&b, IPOIB_UD_RECEIVE), 0);
	ck_assert_uint_le(side_dones(&a, IPOIB_UD_RECEIVE), 1);
	if (side_dones(&a, IPOIB_UD_RECEIVE) == 1)
		ck_assert_uint_eq(side_done(&a, IPOIB_UD_RECEIVE).source_qpn, a.qpn);
	detach(&a, &group);
	detach(&b, &group);
	leave(&a);
	leave(&b);
	a.ops->ah_destroy(a.self, ah);
}
END_TEST

START_TEST(who_is_not_attached_any_more_hears_nothing)
{
	struct ipoib_multicast_record group = join(&a);
	void *ah = group_ah(&a, &group);

	(void)join(&b);
	attach(&b, &group);
	attach(&b, &group); /* twice is once */
	side_receives(&b, 0, 4);
	post_to_group(&a, ah, 1);
	ck_assert_int_eq(side_done(&b, IPOIB_UD_RECEIVE).status, 0);
	rig_run(QUIET_NS);
	ck_assert_uint_eq(b.done_count, 0);
	detach(&b, &group);
	post_to_group(&a, ah, 2);
	rig_run(QUIET_NS);
	ck_assert_uint_eq(b.done_count, 0);
	detach(&b, &group); /* unknown: no error */
	attach(&b, &group);
	post_to_group(&a, ah, 3);
	ck_assert_int_eq(side_done(&b, IPOIB_UD_RECEIVE).status, 0);
	leave(&a);
	leave(&b);
	a.ops->ah_destroy(a.self, ah);
}
END_TEST

START_TEST(joining_again_is_answered_again)
{
	struct ipoib_multicast_record first = join(&a), again = join(&a);

	ck_assert_mem_eq(&first, &again, sizeof(first));
	leave(&a);
	leave(&a); /* twice: nothing happens */
	(void)join(&a);
	leave(&a);
}
END_TEST

/* A group with attributes of its own, where there is nobody yet. */
START_TEST(a_group_can_be_created)
{
	struct ipoib_multicast_record full = join(&a);
	struct ipoib_transport_event event;

	full.mgid.raw[11] = 1;
	full.mgid.raw[15] = 0x33;
	full.create = 1;
	full.join_state = IPOIB_JOIN_FULL_MEMBER;
	ck_assert_int_eq(a.ops->multicast_join(a.self, 99, &full), 0);
	event = side_event(&a, IPOIB_TRANSPORT_JOIN);
	ck_assert_int_eq(event.status, 0);
	ck_assert_uint_eq(event.id, 99);
	ck_assert_mem_eq(&event.multicast.mgid, &full.mgid, sizeof(full.mgid));
	ck_assert_uint_eq(event.multicast.qkey, full.qkey);
	a.ops->multicast_leave(a.self, &event.multicast);
	leave(&a);
}
END_TEST

/* Where an SA knows groups (there are LIDs), it knows that there is none. */
START_TEST(a_group_that_nobody_created_is_not_found)
{
	struct ipoib_multicast_record group = wanted();

	group.mgid.raw[15] = 0x34;
	if (a.port.lid == 0)
		return;
	ck_assert_int_eq(a.ops->multicast_join(a.self, 7, &group), 0);
	ck_assert_int_eq(side_event(&a, IPOIB_TRANSPORT_JOIN).status, -ENOENT);
}
END_TEST

Suite *suite_group(void)
{
	Suite *suite = suite_create("group");
	TCase *tcase = tcase_create("group");

	tcase_add_checked_fixture(tcase, rig_setup, rig_teardown);
	tcase_set_timeout(tcase, TEST_TIMEOUT);
	tcase_add_test(tcase, a_join_is_answered_once_with_the_groups_record);
	tcase_add_test(tcase, all_members_have_the_same_record);
	tcase_add_test(tcase, a_join_that_was_cancelled_is_not_answered);
	tcase_add_test(tcase, a_datagram_to_a_group_reaches_who_is_attached);
	tcase_add_test(tcase, who_is_not_attached_any_more_hears_nothing);
	tcase_add_test(tcase, joining_again_is_answered_again);
	tcase_add_test(tcase, a_group_can_be_created);
	tcase_add_test(tcase, a_group_that_nobody_created_is_not_found);
	suite_add_tcase(suite, tcase);
	return suite;
}
