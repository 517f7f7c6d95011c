/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the SA answers about groups and in general, case by case as the real OpenSM does. */
#include <errno.h>
#include <string.h>

#include "mock/asker.h"
#include "mock/suites.h"
#include "wire/mgid.h"
#include "wire/sa_class_port_info.h"

START_TEST(the_broadcast_group_is_there_from_the_start)
{
	struct ipoib__sa_mcmember group = asker_broadcast();

	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_JOIN, &group), 0);
	group = asker_replied_group();
	ck_assert_uint_eq(group.mlid, 0xc000);
	ck_assert_uint_eq(group.qkey, 0x0b1b);
	ck_assert_uint_eq(group.mtu, 4);
	ck_assert_uint_eq(group.mtu_selector, IPOIB__SA_EXACTLY);
	ck_assert_uint_eq(group.pkey, 0xffff);
	ck_assert_uint_eq(group.scope, 2);
	ck_assert_uint_eq(group.join_state, 1);
}
END_TEST

START_TEST(joins_are_refused_as_opensm_does)
{
	struct ipoib__sa_mcmember group = asker_broadcast();

	group.join_state = 0;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_JOIN, &group), 0x0200);
	group = asker_broadcast();
	group.port_gid.raw[15] = 99;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_JOIN, &group), 0x0200);
	group = asker_broadcast();
	group.pkey = 0x8001;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_JOIN, &group), 0x0200);
	group = asker_broadcast();
	group.qkey = 1;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_JOIN | IPOIB__MCMEMBER_QKEY, &group),
			  0x0200);
	group = asker_broadcast();
	group.mtu = 5;
	group.mtu_selector = IPOIB__SA_EXACTLY;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET,
				    ASKER_JOIN | IPOIB__MCMEMBER_MTU | IPOIB__MCMEMBER_MTU_SELECTOR,
				    &group),
			  0x0200);
	group = asker_broadcast();
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_JOIN & ~IPOIB__MCMEMBER_MGID, &group),
			  0x0600);
	/* A port whose MTU is below the group's cannot take part. */
	asker_fabric->ports[0].mtu = 1024;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_JOIN, &group), 0x0200);
}
END_TEST

START_TEST(groups_are_created_by_full_members_who_say_everything)
{
	struct ipoib__sa_mcmember group = asker_new_group();

	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_JOIN, &group), 0x0600);
	group.join_state = 4;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0x0200);
	group.join_state = 1;
	group.mtu = 5; /* above the port's */
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0x0200);
	group = asker_new_group();
	group.mgid.raw[0] = 0xfe;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0x0200);
	group = asker_new_group();
	group.pkey = 0x8001;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0x0200);
	group = asker_new_group();
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0);
	ck_assert_uint_eq(asker_replied_group().mlid, 0xc001);
	group.join_state = 8; /* send-only full member: the port has both states now */
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_JOIN, &group), 0);
	ck_assert_uint_eq(asker_replied_group().join_state, 9);
}
END_TEST

START_TEST(a_group_ends_with_its_last_full_member)
{
	struct ipoib__sa_mcmember group = asker_new_group();

	ck_assert_uint_eq(asker_group(IPOIB__MAD_DELETE, ASKER_JOIN, &group), 0x0200);
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0);
	ck_assert_uint_eq(asker_group(IPOIB__MAD_GET, IPOIB__MCMEMBER_MGID, &group), 0);
	ck_assert_uint_eq(asker_group(IPOIB__MAD_DELETE, ASKER_JOIN, &group), 0);
	ck_assert_uint_eq(asker_group(IPOIB__MAD_DELETE, ASKER_JOIN, &group), 0x0200);
	ck_assert_uint_eq(asker_group(IPOIB__MAD_GET, IPOIB__MCMEMBER_MGID, &group), 0x0300);
	group = asker_broadcast();
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_JOIN, &group), 0);
	ck_assert_uint_eq(asker_group(IPOIB__MAD_DELETE, ASKER_JOIN, &group), 0);
	ck_assert_uint_eq(asker_group(IPOIB__MAD_GET, IPOIB__MCMEMBER_MGID, &group), 0);
}
END_TEST

START_TEST(a_port_that_goes_loses_its_memberships)
{
	struct ipoib__sa_mcmember group = asker_new_group();

	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0);
	ck_assert_int_eq(ipoib_fabric_set_link(asker_fabric, "host1/1", false), 0);
	ck_assert_int_eq(ipoib_fabric_set_link(asker_fabric, "host1/1", true), 0);
	ck_assert_uint_eq(asker_group(IPOIB__MAD_GET, IPOIB__MCMEMBER_MGID, &group), 0x0300);
	ck_assert_int_eq(ipoib_fabric_set_link(asker_fabric, "host9/1", true), -ENOENT);
}
END_TEST

START_TEST(groups_are_bounded)
{
	struct ipoib__sa_mcmember group = asker_new_group();

	for (unsigned i = 1; i < IPOIB__FABRIC_GROUPS_MAX; i++) {
		group.mgid.raw[10] = (uint8_t)(i >> 8);
		group.mgid.raw[11] = (uint8_t)i;
		ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0);
	}
	group.mgid.raw[9] = 1;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0x0100);
}
END_TEST

START_TEST(without_memory_a_group_is_no_resource)
{
	struct ipoib__fabric_groups *groups = &asker_fabric->groups;
	struct ipoib__sa_mcmember record = asker_new_group();
	struct ipoib__fabric_group *group;

	support_fail_after(1, false);
	ck_assert_ptr_null(ipoib__fabric_group_new(groups, &record));
	group = ipoib__fabric_group_new(groups, &record);
	support_fail_after(1, false);
	ck_assert_int_eq(ipoib__fabric_group_join(groups, group, 0, 1), -ENOMEM);
	ck_assert_uint_eq(ipoib__fabric_group_state(group, 0), 0);
	ipoib__fabric_group_release(groups, group);
	ck_assert_ptr_null(ipoib__fabric_group_by_mgid(groups, &record.mgid));
}
END_TEST

START_TEST(other_questions_are_answered_or_met_with_silence)
{
	struct ipoib__sa_class_port_info info;
	uint8_t data[64] = { 1, 2, 3 };

	ck_assert_uint_eq(asker_ask(IPOIB__MAD_GET, IPOIB__SA_CLASS_PORT_INFO, 0, NULL, 0), 0);
	ck_assert_int_gt(ipoib__sa_class_port_info_decode(&info,
							  asker_reply + IPOIB__SA_HEADER_LENGTH,
							  IPOIB__SA_DATA_LENGTH),
			 0);
	ck_assert_uint_eq(info.class_version, 2);
	ck_assert_uint_ne(info.capability_mask2 & IPOIB__SA_CAPABILITY2_SEND_ONLY_FULL_MEMBER, 0);
	ck_assert_uint_eq(asker_ask(IPOIB__MAD_SET, IPOIB__SA_INFORM_INFO, 0, data, sizeof(data)),
			  0);
	ck_assert_mem_eq(asker_reply + IPOIB__SA_HEADER_LENGTH, data, sizeof(data));
	ck_assert_uint_eq(asker_ask(IPOIB__MAD_GET, IPOIB__SA_SERVICE_RECORD, 0, NULL, 0), 0x0300);
	ck_assert_uint_eq(asker_ask(IPOIB__MAD_SET, IPOIB__SA_SERVICE_RECORD, 0, NULL, 0),
			  ASKER_SILENCE);
	ck_assert_uint_eq(asker_ask(IPOIB__MAD_GET_TABLE, IPOIB__SA_PATH_RECORD, 0, NULL, 0),
			  ASKER_SILENCE);
	ck_assert_uint_eq(asker_ask(IPOIB__MAD_SET, IPOIB__SA_PATH_RECORD, 0, NULL, 0),
			  ASKER_SILENCE);
	ck_assert_uint_eq(asker_ask(IPOIB__MAD_GET_RESPONSE, IPOIB__SA_PATH_RECORD, 0, NULL, 0),
			  ASKER_SILENCE);
}
END_TEST

START_TEST(the_sa_is_busy_or_silent_on_demand)
{
	struct ipoib_fabric_faults faults = { .size = sizeof(faults), .sa_busy = 1 };

	ck_assert_int_eq(ipoib_fabric_set_faults(asker_fabric, NULL, &faults), 0);
	ck_assert_uint_eq(asker_ask(IPOIB__MAD_GET, IPOIB__SA_CLASS_PORT_INFO, 0, NULL, 0), 1);
	faults.sa_silent = 1;
	ck_assert_int_eq(ipoib_fabric_set_faults(asker_fabric, "host1/1", &faults), 0);
	ck_assert_uint_eq(asker_ask(IPOIB__MAD_GET, IPOIB__SA_CLASS_PORT_INFO, 0, NULL, 0),
			  ASKER_SILENCE);
	ck_assert_uint_eq(fixture_statistics(asker_fabric).mads, 2);
}
END_TEST

START_TEST(the_client_and_the_sa_understand_each_other)
{
	struct ipoib_multicast_record group = record_broadcast(), joined;
	struct ipoib_gid gid = node_attributes(&asker_a).gid;
	struct ipoib_transport_event event;

	ck_assert_int_eq(ops->path_query(asker_b.port, 9, &gid, 0xffff), 0);
	fixture_settle(asker_fabric);
	event = node_event(&asker_b);
	ck_assert_uint_eq(event.type, IPOIB_TRANSPORT_PATH);
	ck_assert_int_eq(event.status, 0);
	ck_assert_uint_eq(event.path.dlid, node_attributes(&asker_a).lid);
	gid.raw[15] = 77;
	ck_assert_int_eq(ops->path_query(asker_b.port, 9, &gid, 0xffff), 0);
	fixture_settle(asker_fabric);
	ck_assert_int_eq(node_event(&asker_b).status, -ENOENT);
	ck_assert_int_eq(node_join(&asker_b, asker_fabric, &group, &joined), 0);
	joined.mgid.raw[15] = 1;
	joined.create = 1;
	joined.join_state = IPOIB_JOIN_FULL_MEMBER;
	ck_assert_int_eq(node_join(&asker_b, asker_fabric, &joined, &group), 0);
	ops->multicast_leave(asker_b.port, &group);
	fixture_settle(asker_fabric);
	ck_assert_ptr_null(ipoib__fabric_group_by_mgid(&asker_fabric->groups, &group.mgid));
	joined.join_state = IPOIB_JOIN_SEND_ONLY_NON_MEMBER;
	joined.create = 0;
	ck_assert_int_eq(node_join(&asker_b, asker_fabric, &joined, NULL), -ENOENT);
}
END_TEST

START_TEST(random_mads_harm_nobody)
{
	struct ipoib__random *random = support_random();
	static const uint8_t methods[] = { 1, 2, 3, 6, 0x12, 0x15, 0x81 };
	static const uint8_t attributes[] = { 1, 2, 3, 0x31, 0x35, 0x38 };

	for (unsigned round = 0; round < 5000; round++) {
		uint8_t mad[IPOIB__MAD_LENGTH] = { 1, 3, 2 };

		for (unsigned i = 24; i < sizeof(mad); i++)
			mad[i] = (uint8_t)ipoib__random_u64(random);
		mad[3] = methods[ipoib__random_below(random, sizeof(methods))];
		mad[17] = attributes[ipoib__random_below(random, sizeof(attributes))];
		if (round % 2 == 0) /* a port GID that is ours, so that more is reached */
			memcpy(mad + 56 + 16, node_attributes(&asker_a).gid.raw, 16);
		ipoib__hca_send_mad(&asker_a.port->hca, mad);
		fixture_settle(asker_fabric);
	}
}
END_TEST

Suite *suite_sa_rules(void)
{
	Suite *suite = suite_create("sa rules");
	TCase *tcase = tcase_create("sa rules");

	tcase_add_checked_fixture(tcase, asker_setup, asker_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, the_broadcast_group_is_there_from_the_start);
	tcase_add_test(tcase, joins_are_refused_as_opensm_does);
	tcase_add_test(tcase, groups_are_created_by_full_members_who_say_everything);
	tcase_add_test(tcase, a_group_ends_with_its_last_full_member);
	tcase_add_test(tcase, a_port_that_goes_loses_its_memberships);
	tcase_add_test(tcase, groups_are_bounded);
	tcase_add_test(tcase, without_memory_a_group_is_no_resource);
	tcase_add_test(tcase, other_questions_are_answered_or_met_with_silence);
	tcase_add_test(tcase, the_sa_is_busy_or_silent_on_demand);
	tcase_add_test(tcase, the_client_and_the_sa_understand_each_other);
	tcase_add_test(tcase, random_mads_harm_nobody);
	suite_add_tcase(suite, tcase);
	return suite;
}
