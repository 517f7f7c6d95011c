/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <ipoib/capture.h>

#include "capture/sink.h"
#include "capture/suites.h"
#include "support/support.h"

START_TEST(configurations_that_are_wrong_are_refused)
{
	struct {
		struct ipoib_capture_config config;
		unsigned char news[8]; /* with no padding before it */
	} newer = { sink_config(), { 0 } };
	struct ipoib_capture_config *config = &newer.config;
	struct ipoib_capture *none = NULL;

	config->size = sizeof(newer);
	newer.news[0] = 1;
	ck_assert_int_eq(ipoib_capture_new(&none, config), -E2BIG);
	config->size = support_size_up_to(struct ipoib_capture_config, allocator_user) - 1;
	ck_assert_int_eq(ipoib_capture_new(&none, config), -EINVAL);
	*config = sink_config();
	config->write = NULL;
	ck_assert_int_eq(ipoib_capture_new(&none, config), -EINVAL);
	*config = sink_config();
	config->release = NULL;
	ck_assert_int_eq(ipoib_capture_new(&none, config), -EINVAL);
	*config = sink_config();
	config->allocate = NULL;
	ck_assert_int_eq(ipoib_capture_new(&none, config), -EINVAL);
	ck_assert_int_eq(ipoib_capture_new(&none, NULL), -EINVAL);
	ck_assert_int_eq(ipoib_capture_new(NULL, config), -EINVAL);
	ck_assert_ptr_null(none);
	ck_assert_uint_eq(sink.calls, 0);
	ipoib_capture_close(NULL);
}
END_TEST

START_TEST(the_systems_allocator_serves_who_brings_none)
{
	struct ipoib_capture_config config = sink_config();
	struct ipoib_capture *capture;

	config.allocate = NULL;
	config.release = NULL;
	ck_assert_int_eq(ipoib_capture_new(&capture, &config), 0);
	ck_assert_int_eq(support_allocations(), 0);
	ipoib_capture_close(capture);
}
END_TEST

/* Fails the n-th allocation. Whether a capture could be made in spite of it. */
static bool made_with_failing_allocation(long n, bool for_ever)
{
	struct ipoib_capture_config config = sink_config();
	struct ipoib_capture *capture = NULL;

	support_fail_after(n, for_ever);
	int status = ipoib_capture_new(&capture, &config);

	support_fail_after(0, false);
	ck_assert(status == (capture ? 0 : -ENOMEM));
	ipoib_capture_close(capture);
	ck_assert_uint_eq(support_blocks(), 0);
	return status == 0;
}

START_TEST(each_allocation_that_fails_is_told)
{
	long n = 1;

	while (!made_with_failing_allocation(n, false)) {
		ck_assert(!made_with_failing_allocation(n, true));
		n++;
	}
	ck_assert_int_gt(n, 1);
	ck_assert_uint_eq(sink.calls, 1);
}
END_TEST

/* Five packets into a file whose write fails at one call; nothing is tried again. */
static void record_with_failing_write(unsigned fail_at, int returned, int told)
{
	struct ipoib_capture_config config = sink_config();
	struct ipoib_capture_packet packet = golden_packet();
	struct ipoib_capture *capture = NULL;

	memset(&sink, 0, sizeof(sink));
	sink.fail_at = fail_at;
	sink.status = returned;
	int status = ipoib_capture_new(&capture, &config);

	ck_assert_int_eq(status, fail_at == 1 ? told : 0);
	if (status) {
		ck_assert_ptr_null(capture);
		return;
	}
	for (unsigned call = 2; call <= 6; call++)
		ck_assert_int_eq(ipoib_capture_packet(capture, 0, &packet),
				 call < fail_at ? 0 : told);
	ck_assert_uint_eq(sink.calls, fail_at);
	ck_assert_uint_eq(sink.length, FILE_HEADER + (fail_at - 2) * GOLDEN_LENGTH);
	check_counts(capture, fail_at - 2, 7 - fail_at);
	ipoib_capture_close(capture);
}

START_TEST(the_first_write_that_fails_is_the_last)
{
	for (unsigned fail_at = 1; fail_at <= 6; fail_at++)
		record_with_failing_write(fail_at, -ENOSPC, -ENOSPC);
}
END_TEST

START_TEST(a_write_that_answers_a_count_is_an_error)
{
	record_with_failing_write(1, 24, -EIO);
	record_with_failing_write(3, 74, -EIO);
}
END_TEST

Suite *suite_life(void)
{
	Suite *suite = suite_create("life");
	TCase *tcase = tcase_create("life");

	tcase_add_checked_fixture(tcase, sink_setup, support_teardown);
	tcase_add_test(tcase, configurations_that_are_wrong_are_refused);
	tcase_add_test(tcase, the_systems_allocator_serves_who_brings_none);
	tcase_add_test(tcase, each_allocation_that_fails_is_told);
	tcase_add_test(tcase, the_first_write_that_fails_is_the_last);
	tcase_add_test(tcase, a_write_that_answers_a_count_is_an_error);
	suite_add_tcase(suite, tcase);
	return suite;
}
