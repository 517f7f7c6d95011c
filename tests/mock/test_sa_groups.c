/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What OpenSM asks of a group that is made, and tells of those that are there. */
#include "mock/asker.h"
#include "mock/suites.h"

START_TEST(a_group_of_a_link_is_like_its_broadcast_group)
{
	struct ipoib__sa_mcmember group;

	group = asker_new_group();
	group.qkey++;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0x0200);
	group = asker_new_group();
	group.sl = 3;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0x0200);
	group = asker_new_group();
	group.hop_limit = 3;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0x0200);
	group = asker_new_group();
	group.flow_label = 3;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0x0200);
	group = asker_new_group();
	group.mgid.raw[1] = 0x15; /* a scope that has no broadcast group */
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0x0200);
	group.mgid.raw[3] = 0; /* of no IPoIB link */
	group.sl = 3;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0);
	group = asker_new_group();
	group.mtu = 3;
	group.rate = 7;
	group.life = 15; /* taken, though no component of the mask */
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0);
	ck_assert_uint_eq(asker_replied_group().mtu, 3);
	ck_assert_uint_eq(asker_replied_group().rate, 7);
	ck_assert_uint_eq(asker_replied_group().life, 15);
	ck_assert_uint_eq(asker_replied_group().scope, 0);
}
END_TEST

START_TEST(a_rate_beyond_the_link_makes_no_group)
{
	static const uint8_t refused[] = { 0, 1, 16, 23, 63 };
	struct ipoib__sa_mcmember group = asker_new_group();

	for (size_t i = 0; i < sizeof(refused); i++) {
		group.rate = refused[i];
		ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0x0200);
	}
	group.rate_selector = IPOIB__SA_GREATER;
	group.rate = 3;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0);
	ck_assert_uint_eq(asker_replied_group().rate, 7);
}
END_TEST

START_TEST(a_port_may_speak_for_another_one)
{
	struct ipoib__sa_mcmember group = asker_new_group(), answered;

	group.port_gid = node_attributes(&asker_b).gid;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0);
	answered = asker_replied_group();
	ck_assert_mem_eq(&answered.port_gid, &group.port_gid, 16);
	ck_assert_uint_eq(asker_group(IPOIB__MAD_GET, 0x3, &group), 0);
	group.port_gid = node_attributes(&asker_a).gid;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_GET, 0x3, &group), 0x0300);
	ck_assert_uint_eq(asker_group(IPOIB__MAD_DELETE, ASKER_JOIN, &group), 0x0200);
	group.port_gid = node_attributes(&asker_b).gid;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_DELETE, ASKER_JOIN, &group), 0);
}
END_TEST

START_TEST(who_is_in_a_group_is_not_told)
{
	static const struct ipoib_gid nobody;
	struct ipoib__sa_mcmember group = asker_broadcast(), answered;

	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_JOIN, &group), 0);
	ck_assert_uint_eq(asker_group(IPOIB__MAD_GET, 0x3, &group), 0);
	answered = asker_replied_group();
	ck_assert_mem_eq(&answered.port_gid, &nobody, sizeof(nobody));
	ck_assert_uint_eq(asker_replied_group().join_state, 0);
	ck_assert_uint_eq(asker_group(IPOIB__MAD_GET, 0, &group), 0); /* the only one there is */
	group = asker_new_group();
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_CREATE, &group), 0);
	ck_assert_uint_eq(asker_group(IPOIB__MAD_GET, 0, &group), 0x0400);
}
END_TEST

START_TEST(with_the_last_full_member_the_others_go)
{
	struct ipoib__sa_mcmember group = asker_broadcast(), other = asker_broadcast();

	other.port_gid = node_attributes(&asker_b).gid;
	other.join_state = 2;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_JOIN, &other), 0);
	group.join_state = 5;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_SET, ASKER_JOIN, &group), 0);
	group.join_state = 3;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_DELETE, ASKER_JOIN, &group), 0x0200); /* not all */
	group.join_state = 4;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_DELETE, ASKER_JOIN, &group), 0);
	ck_assert_uint_eq(asker_replied_group().join_state, 1); /* what is left */
	group.join_state = 1;
	ck_assert_uint_eq(asker_group(IPOIB__MAD_DELETE, ASKER_JOIN, &group), 0);
	ck_assert_uint_eq(asker_replied_group().join_state, 0);
	ck_assert_uint_eq(asker_group(IPOIB__MAD_DELETE, ASKER_JOIN, &other), 0x0200);
}
END_TEST

Suite *suite_sa_groups(void)
{
	Suite *suite = suite_create("sa groups");
	TCase *tcase = tcase_create("sa groups");

	tcase_add_checked_fixture(tcase, asker_setup, asker_teardown);
	tcase_add_test(tcase, a_group_of_a_link_is_like_its_broadcast_group);
	tcase_add_test(tcase, a_rate_beyond_the_link_makes_no_group);
	tcase_add_test(tcase, a_port_may_speak_for_another_one);
	tcase_add_test(tcase, who_is_in_a_group_is_not_told);
	tcase_add_test(tcase, with_the_last_full_member_the_others_go);
	suite_add_tcase(suite, tcase);
	return suite;
}
