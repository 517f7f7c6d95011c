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

static struct ipoib__sa_path path_to(const struct node *node)
{
	return (struct ipoib__sa_path){
		.dgid = node_attributes(node).gid,
		.sgid = node_attributes(&asker_a).gid,
		.numb_path = 1,
		.pkey = 0xffff,
	};
}

/* Of a path that offers 2048 octets, 40 Gbit/s and a life of 18. */
START_TEST(a_path_is_offered_at_less_than_it_can)
{
	const struct {
		uint8_t selector, asked, mtu, rate, life; /* 0: there is no such path */
	} cases[] = {
		{ IPOIB__SA_GREATER, 3, 4, 7, 18 },  { IPOIB__SA_GREATER, 4, 0, 7, 18 },
		{ IPOIB__SA_LESS, 4, 3, 19, 3 },     { IPOIB__SA_LESS, 5, 4, 2, 4 },
		{ IPOIB__SA_EXACTLY, 3, 3, 0, 3 },   { IPOIB__SA_EXACTLY, 4, 4, 0, 4 },
		{ IPOIB__SA_EXACTLY, 7, 0, 7, 7 },   { IPOIB__SA_BEST, 1, 4, 7, 18 },
		{ IPOIB__SA_EXACTLY, 19, 0, 0, 0 },  { IPOIB__SA_GREATER, 18, 0, 0, 0 },
		{ IPOIB__SA_LESS, 7, 4, 4, 6 },	     { IPOIB__SA_LESS, 0, 0, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ipoib__sa_path path = path_to(&asker_b);

		path.mtu_selector = path.rate_selector = path.life_selector = cases[i].selector;
		path.mtu = path.rate = path.life = cases[i].asked;
		ck_assert_uint_eq(ask_path(PATH_MASK | IPOIB__PATH_MTU_SELECTOR | IPOIB__PATH_MTU,
					   &path),
				  cases[i].mtu == 0 ? 0x0300 : 0);
		if (cases[i].mtu != 0)
			ck_assert_uint_eq(replied_path().mtu, cases[i].mtu);
		ck_assert_uint_eq(ask_path(PATH_MASK | IPOIB__PATH_RATE_SELECTOR |
						   IPOIB__PATH_RATE,
					   &path),
				  cases[i].rate == 0 ? 0x0300 : 0);
		if (cases[i].rate != 0)
			ck_assert_uint_eq(replied_path().rate, cases[i].rate);
		ck_assert_uint_eq(ask_path(PATH_MASK | IPOIB__PATH_LIFE_SELECTOR |
						   IPOIB__PATH_LIFE,
					   &path),
				  cases[i].life == 0 ? 0x0300 : 0);
		if (cases[i].life != 0)
			ck_assert_uint_eq(replied_path().life, cases[i].life);
		/* Without its selector a value says nothing. */
		ck_assert_uint_eq(ask_path(PATH_MASK | IPOIB__PATH_MTU, &path), 0);
	}
}
END_TEST

START_TEST(lids_must_be_those_of_the_gids)
{
	struct ipoib__sa_path path = path_to(&asker_b);

	path.slid = path.dlid = node_attributes(&asker_b).lid;
	ck_assert_uint_eq(ask_path(PATH_MASK | IPOIB__PATH_DLID, &path), 0);
	ck_assert_uint_eq(ask_path(PATH_MASK | IPOIB__PATH_SLID, &path), 0x0200);
	path.slid = path.dlid = node_attributes(&asker_a).lid;
	ck_assert_uint_eq(ask_path(PATH_MASK | IPOIB__PATH_DLID, &path), 0x0200);
	ck_assert_uint_eq(ask_path(PATH_MASK | IPOIB__PATH_SLID, &path), 0);
}
END_TEST

START_TEST(a_pkey_is_answered_as_it_was_asked_or_the_lowest)
{
	static const uint16_t pkeys[] = { 0xffff, 0x8001 };
	struct ipoib__sa_path path = path_to(&asker_b);

	path.pkey = 0x7fff;
	ck_assert_uint_eq(ask_path(PATH_MASK, &path), 0);
	ck_assert_uint_eq(replied_path().pkey, 0x7fff);
	ck_assert_int_eq(ipoib_fabric_set_pkeys(asker_fabric, NULL, pkeys, 2), 0);
	ck_assert_uint_eq(ask_path(PATH_MASK & ~IPOIB__PATH_PKEY, &path), 0);
	ck_assert_uint_eq(replied_path().pkey, 0x8001);
	path.dgid = path.sgid;
	ck_assert_uint_eq(ask_path(PATH_MASK, &path), 0);
	ck_assert_uint_eq(replied_path().life, 0); /* it leaves the port not at all */
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

	ck_assert_uint_eq(ask_path(PATH_MASK, &path), 0x0300); /* its members are told */
	ck_assert_int_eq(ipoib__fabric_group_join(&asker_fabric->groups,
						  ipoib__fabric_group_by_mgid(&asker_fabric->groups,
									      &path.dgid),
						  0, 1),
			 0);
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
	tcase_add_test(tcase, a_path_is_offered_at_less_than_it_can);
	tcase_add_test(tcase, lids_must_be_those_of_the_gids);
	tcase_add_test(tcase, a_pkey_is_answered_as_it_was_asked_or_the_lowest);
	tcase_add_test(tcase, a_path_to_a_group_is_the_groups);
	suite_add_tcase(suite, tcase);
	return suite;
}
