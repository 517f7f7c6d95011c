/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a send needs of a neighbour, from every combination of what is known of it. */
#include "interface/derive.h"

#include "interface/suites.h"
#include "support/support.h"

#define QPN 0x123
#define LIMIT 2044

/* By RFC 4861 section 7.3.3: where packets may be sent. */
static const struct {
	uint8_t state;
	bool sends, watched;
} states[] = {
	{ IPOIB__NEIGHBOUR_NEW, false, false },
	{ IPOIB_NEIGHBOUR_INCOMPLETE, false, false },
	{ IPOIB_NEIGHBOUR_REACHABLE, true, false },
	{ IPOIB_NEIGHBOUR_STALE, true, true },
	{ IPOIB_NEIGHBOUR_DELAY, true, false },
	{ IPOIB_NEIGHBOUR_PROBE, true, false },
	{ IPOIB_NEIGHBOUR_FAILED, false, false },
	{ IPOIB_NEIGHBOUR_PERMANENT, true, false },
};

#define STATES (sizeof(states) / sizeof(states[0]))
/* Of each state: with and without a path, a connection, a judgement, and one of this queue pair. */
#define COMBINATIONS 16

START_TEST(every_combination_of_what_is_known)
{
	const struct ipoib_gid gid = { { 0xfe, 0x80 } };
	bool path = _i & 1, connects = _i & 2, heard = _i & 4, same = _i & 8;
	int ah;

	for (size_t k = 0; k < STATES; k++) {
		struct ipoib__neighbour n = { .state = states[k].state };
		struct ipoib__adjacency adjacency = {
			.qpn = same ? QPN : QPN + 1,
			.handle = &adjacency,
			.heard = 9,
			.used = 5,
			.last = 6,
			.bits = heard ? IPOIB__ADJACENCY_HEARD : 0,
		};
		struct ipoib__facts facts = { .neighbour = &n,
					      .handle = path ? &ah : NULL,
					      .limit = path ? LIMIT : 0,
					      .connects = connects };

		n.link_address = ipoib_link_address_make(0, QPN, &gid);
		ipoib__derive(&adjacency, &facts);
		ck_assert_ptr_eq(adjacency.handle, states[k].sends && path ? &ah : NULL);
		ck_assert_uint_eq(adjacency.qpn, states[k].sends ? QPN : 0);
		ck_assert_uint_eq(adjacency.limit, path ? LIMIT : 0);
		ck_assert_uint_eq(!!(adjacency.bits & IPOIB__ADJACENCY_DECIDE), connects);
		ck_assert_uint_eq(!!(adjacency.bits & IPOIB__ADJACENCY_WATCHED), states[k].watched);
		ck_assert_uint_eq(!!(adjacency.bits & IPOIB__ADJACENCY_HEARD),
				  heard && same && path && states[k].sends);
		ck_assert_uint_eq(adjacency.used, 5); /* the data plane's own */
		ck_assert_uint_eq(adjacency.last, 6);
	}
}
END_TEST

/* Deriving twice is deriving once: whatever marks too much does no harm. */
START_TEST(nothing_is_derived_from_what_was_derived)
{
	const struct ipoib_gid gid = { { 0xfe, 0x80 } };
	struct ipoib__neighbour n = { .state = IPOIB_NEIGHBOUR_STALE,
				      .link_address = ipoib_link_address_make(0, QPN, &gid) };
	int ah;
	struct ipoib__facts facts = { .neighbour = &n, .handle = &ah, .limit = LIMIT };
	struct ipoib__adjacency once = { .bits = 0xff }, twice;

	ipoib__derive(&once, &facts);
	twice = once;
	ipoib__derive(&twice, &facts);
	ck_assert_ptr_eq(twice.handle, once.handle);
	ck_assert_uint_eq(twice.qpn, once.qpn);
	ck_assert_uint_eq(twice.limit, once.limit);
	ck_assert_uint_eq(twice.bits, once.bits);
}
END_TEST

Suite *suite_derive(void)
{
	Suite *suite = suite_create("derive");
	TCase *tcase = tcase_create("derive");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_loop_test(tcase, every_combination_of_what_is_known, 0, COMBINATIONS);
	tcase_add_test(tcase, nothing_is_derived_from_what_was_derived);
	suite_add_tcase(suite, tcase);
	return suite;
}
