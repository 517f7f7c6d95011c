/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What ib_ipoib of Linux asks the SA, with its component masks. */
#include "mock/asker.h"
#include "mock/suites.h"
#include "wire/mgid.h"
#include "wire/sa_class_port_info.h"
#include "wire/sa_mcmember.h"
#include "wire/sa_path.h"

/* Component masks of its joins: of a group that must be there, and of one that it would make. */
#define JOIN_THERE 0x10083
#define JOIN_MAKE  0x173f7

static uint16_t kernel_joins(struct ipoib__sa_mcmember *record, uint64_t mask)
{
	uint8_t data[IPOIB__SA_DATA_LENGTH] = { 0 };
	uint16_t status;

	record->port_gid = node_attributes(&asker_a).gid;
	ck_assert_int_gt(ipoib__sa_mcmember_encode(data, sizeof(data), record), 0);
	status = asker_ask(IPOIB__MAD_SET, IPOIB__SA_MCMEMBER_RECORD, mask, data, sizeof(data));
	if (status == 0)
		ck_assert_int_gt(ipoib__sa_mcmember_decode(record,
							   asker_reply + IPOIB__SA_HEADER_LENGTH,
							   IPOIB__SA_DATA_LENGTH),
				 0);
	return status;
}

START_TEST(the_kernel_joins_what_is_there_and_makes_what_is_not)
{
	struct ipoib__sa_mcmember group = { .mgid = ipoib__mgid_broadcast(2, 0xffff),
					    .pkey = 0xffff,
					    .join_state = 1 };
	struct ipoib__sa_class_port_info info;

	ck_assert_uint_eq(asker_ask(IPOIB__MAD_GET, IPOIB__SA_CLASS_PORT_INFO, 0, NULL, 0), 0);
	ck_assert_int_gt(ipoib__sa_class_port_info_decode(&info,
							  asker_reply + IPOIB__SA_HEADER_LENGTH,
							  IPOIB__SA_DATA_LENGTH),
			 0);
	/* Without this bit the kernel joins as a full member what it only sends to. */
	ck_assert_uint_ne(info.capability_mask2 & IPOIB__SA_CAPABILITY2_SEND_ONLY_FULL_MEMBER, 0);
	ck_assert_uint_eq(kernel_joins(&group, JOIN_THERE), 0);
	ck_assert_uint_eq(group.qkey, NODE_QKEY);
	/* 224.0.0.22, with what the broadcast group's record said */
	group.mgid.raw[12] = 0;
	group.mgid.raw[13] = group.mgid.raw[14] = 0;
	group.mgid.raw[15] = 22;
	group.join_state = 1;
	ck_assert_uint_eq(kernel_joins(&group, JOIN_THERE), IPOIB__SA_INSUFFICIENT_COMPONENTS);
	group.join_state = IPOIB_JOIN_SEND_ONLY_FULL_MEMBER;
	ck_assert_uint_eq(kernel_joins(&group, JOIN_MAKE), 0);
	ck_assert_uint_eq(group.join_state, IPOIB_JOIN_SEND_ONLY_FULL_MEMBER);
	ck_assert_uint_ge(group.mlid, 0xc000);
	group.join_state = 1;
	ck_assert_uint_eq(kernel_joins(&group, JOIN_MAKE), 0);
	ck_assert_uint_eq(group.join_state, IPOIB_JOIN_SEND_ONLY_FULL_MEMBER | 1);
}
END_TEST

START_TEST(the_kernel_is_told_a_path)
{
	uint8_t data[IPOIB__SA_DATA_LENGTH] = { 0 };
	struct ipoib__sa_path path = { .dgid = node_attributes(&asker_b).gid,
				       .sgid = node_attributes(&asker_a).gid,
				       .numb_path = 1,
				       .pkey = 0xffff };

	ck_assert_int_gt(ipoib__sa_path_encode(data, sizeof(data), &path), 0);
	ck_assert_uint_eq(asker_ask(IPOIB__MAD_GET, IPOIB__SA_PATH_RECORD,
				    IPOIB__PATH_DGID | IPOIB__PATH_SGID | IPOIB__PATH_NUMB_PATH |
					    IPOIB__PATH_TRAFFIC_CLASS | IPOIB__PATH_PKEY,
				    data, sizeof(data)),
			  0);
	ck_assert_int_gt(ipoib__sa_path_decode(&path, asker_reply + IPOIB__SA_HEADER_LENGTH,
					       IPOIB__SA_DATA_LENGTH),
			 0);
	ck_assert_uint_eq(path.dlid, node_attributes(&asker_b).lid);
}
END_TEST

Suite *suite_sa_kernel(void)
{
	Suite *suite = suite_create("sa_kernel");
	TCase *tcase = tcase_create("sa_kernel");

	tcase_add_checked_fixture(tcase, asker_setup, asker_teardown);
	tcase_add_test(tcase, the_kernel_joins_what_is_there_and_makes_what_is_not);
	tcase_add_test(tcase, the_kernel_is_told_a_path);
	suite_add_tcase(suite, tcase);
	return suite;
}
