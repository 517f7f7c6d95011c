/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Questions to the subnet administrator, or to whoever answers in its place. */
#include <errno.h>
#include <string.h>

#include "conformance/suites.h"

static void ask(uint64_t id, const struct ipoib_gid *gid)
{
	ck_assert_int_eq(a.ops->path_query(a.self, id, gid, PKEY), 0);
}

static void check_path(const struct ipoib_path_record *path)
{
	ck_assert_mem_eq(&path->dgid, &b.port.gid, sizeof(path->dgid));
	ck_assert_mem_eq(&path->sgid, &a.port.gid, sizeof(path->sgid));
	ck_assert_uint_eq(path->dlid, b.port.lid);
	ck_assert_uint_eq(path->slid, a.port.lid);
	ck_assert_uint_eq(path->pkey & 0x7fff, PKEY & 0x7fff);
	ck_assert_uint_le(path->sl, 15);
	ck_assert_uint_ge(path->mtu, 256);
	ck_assert_uint_le(path->mtu, 4096);
	ck_assert_uint_le(path->flow_label, 0xfffff);
}

START_TEST(a_question_for_a_path_is_answered_once)
{
	struct ipoib_transport_event event;

	ask(UINT64_C(0xfeedfacecafe0001), &b.port.gid);
	event = side_event(&a, IPOIB_TRANSPORT_PATH);
	ck_assert_int_eq(event.status, 0);
	ck_assert_uint_eq(event.id, UINT64_C(0xfeedfacecafe0001));
	check_path(&event.path);
	rig_run(QUIET_NS);
	ck_assert_uint_eq(side_events(&a, IPOIB_TRANSPORT_PATH), 0);
}
END_TEST

START_TEST(many_questions_are_answered_each)
{
	uint64_t seen = 0;

	for (uint64_t id = 0; id < 32; id++)
		ask(id, id % 2 == 0 ? &b.port.gid : &a.port.gid);
	for (unsigned i = 0; i < 32; i++) {
		struct ipoib_transport_event event = side_event(&a, IPOIB_TRANSPORT_PATH);

		ck_assert_int_eq(event.status, 0);
		ck_assert_uint_lt(event.id, 32);
		ck_assert_uint_eq(seen >> event.id & 1, 0);
		seen |= UINT64_C(1) << event.id;
	}
	ck_assert_uint_eq(seen, 0xffffffff);
}
END_TEST

START_TEST(a_question_that_was_cancelled_is_not_answered)
{
	struct ipoib_transport_event event;

	ask(1, &b.port.gid);
	ask(2, &b.port.gid);
	a.ops->cancel(a.self, 1);
	event = side_event(&a, IPOIB_TRANSPORT_PATH);
	ck_assert_uint_eq(event.id, 2);
	ask(3, &b.port.gid);
	rig_run(QUIET_NS);
	ck_assert_uint_eq(side_events(&a, IPOIB_TRANSPORT_PATH), 1);
	a.ops->cancel(a.self, 77); /* unknown: no error */
}
END_TEST

START_TEST(a_path_to_nobody_is_an_error)
{
	struct ipoib_gid nobody = b.port.gid;
	struct ipoib_transport_event event;

	nobody.raw[15] ^= 0x55;
	ask(9, &nobody);
	event = side_event(&a, IPOIB_TRANSPORT_PATH);
	ck_assert_uint_eq(event.id, 9);
	ck_assert(event.status == -ENOENT || event.status == -ETIMEDOUT);
}
END_TEST

START_TEST(questions_may_be_open_at_the_end)
{
	struct ipoib_gid nobody = b.port.gid;

	nobody.raw[15] ^= 0x55;
	for (uint64_t id = 0; id < 8; id++)
		ask(id, id % 2 == 0 ? &nobody : &b.port.gid);
}
END_TEST

Suite *suite_questions(void)
{
	Suite *suite = suite_create("questions");
	TCase *tcase = tcase_create("questions");

	tcase_add_checked_fixture(tcase, rig_setup_bare, rig_teardown);
	tcase_set_timeout(tcase, TEST_TIMEOUT);
	tcase_add_test(tcase, a_question_for_a_path_is_answered_once);
	tcase_add_test(tcase, many_questions_are_answered_each);
	tcase_add_test(tcase, a_question_that_was_cancelled_is_not_answered);
	tcase_add_test(tcase, a_path_to_nobody_is_an_error);
	tcase_add_test(tcase, questions_may_be_open_at_the_end);
	suite_add_tcase(suite, tcase);
	return suite;
}
