/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the SA answers about paths, as the real OpenSM does. */
#include "mock/asker.h"
#include "mock/suites.h"
#include "wire/mgid.h"
#include "wire/sa_path.h"

/* What Linux asks with. */
#define PATH_MASK UINT64_C(0x340c)

static uint16_t ask_path(uint64_t mask, const struct ipoib__sa_path *path)
{
	uint8_t data[IPOIB__SA_PATH_LENGTH];

	ck_assert_int_gt(ipoib__sa_path_encode(data, sizeof(data), path), 0);
	return asker_ask(IPOIB__MAD_GET, IPOIB__SA_PATH_RECORD, mask, data, sizeof(data));
}

static struct ipoib__sa_path replied_path(void)
{
	struct ipoib__sa_path path;

	ck_assert_int_gt(ipoib__sa_path_decode(&path, asker_reply + IPOIB__SA_HEADER_LENGTH,
					       IPOIB__SA_DATA_LENGTH),
			 0);
	return path;
}

START_TEST(paths_are_found_between_ports_that_are_there)
{
	struct ipoib__sa_path path = {
		.dgid = node_attributes(&asker_b).gid,
		.sgid = node_attributes(&asker_a).gid,
		.numb_path = 1,
		.pkey = 0xffff,
	}, found;

	ck_assert_uint_eq(ask_path(PATH_MASK, &path), 0);
	found = replied_path();
	ck_assert_mem_eq(&found.dgid, &path.dgid, 16);
	ck_assert_mem_eq(&found.sgid, &path.sgid, 16);
	ck_assert_uint_eq(found.dlid, node_attributes(&asker_b).lid);
	ck_assert_uint_eq(found.slid, node_attributes(&asker_a).lid);
	ck_assert_uint_eq(found.mtu, 4);
	ck_assert_uint_eq(found.life, 18);
	ck_assert_uint_eq(found.pkey, 0xffff);
	ck_assert(found.reversible);
	path.mtu = 4;
	path.mtu_selector = IPOIB__SA_GREATER;
	ck_assert_uint_eq(ask_path(PATH_MASK | IPOIB__PATH_MTU_SELECTOR | IPOIB__PATH_MTU, &path),
			  0x0300);
	path.pkey = 0x8001;
	ck_assert_uint_eq(ask_path(PATH_MASK, &path), 0x0300);
	path.pkey = 0xffff;
	path.sgid.raw[15]++;
	ck_assert_uint_eq(ask_path(PATH_MASK, &path), 0x0300);
	path.sgid = node_attributes(&asker_a).gid;
	path.dgid.raw[0]--;
	ck_assert_uint_eq(ask_path(PATH_MASK, &path), 0x0300);
	path.dgid = node_attributes(&asker_b).gid;
	path.dlid = node_attributes(&asker_b).lid;
	ck_assert_uint_eq(ask_path(PATH_MASK & ~IPOIB__PATH_DGID, &path), 0x0300);
	ck_assert_uint_eq(ask_path((PATH_MASK & ~IPOIB__PATH_DGID) | IPOIB__PATH_DLID, &path), 0);
	ck_assert_int_eq(ipoib_fabric_set_link(asker_fabric, "host2/1", false), 0);
	ck_assert_uint_eq(ask_path(PATH_MASK, &path), 0x0300);
}
END_TEST

START_TEST(a_path_to_a_group_is_the_groups)
{
	struct ipoib__sa_path path = {
		.dgid = ipoib__mgid_broadcast(2, 0xffff),
		.sgid = node_attributes(&asker_a).gid,
		.numb_path = 1,
		.pkey = 0xffff,
	};

	ck_assert_uint_eq(ask_path(PATH_MASK, &path), 0);
	ck_assert_uint_eq(replied_path().dlid, 0xc000);
	path.dgid.raw[15]--;
	ck_assert_uint_eq(ask_path(PATH_MASK, &path), 0x0300);
}
END_TEST

Suite *suite_sa_path(void)
{
	Suite *suite = suite_create("sa path");
	TCase *tcase = tcase_create("sa path");

	tcase_add_checked_fixture(tcase, asker_setup, asker_teardown);
	tcase_add_test(tcase, paths_are_found_between_ports_that_are_there);
	tcase_add_test(tcase, a_path_to_a_group_is_the_groups);
	suite_add_tcase(suite, tcase);
	return suite;
}
