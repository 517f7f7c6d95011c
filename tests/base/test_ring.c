/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "base/ring.h"

#include "base/suites.h"
#include "support/support.h"

START_TEST(elements_leave_in_the_order_in_which_they_came)
{
	struct ipoib__random *random = support_random();
	struct ipoib__ring ring;
	uint32_t pushed = 0, popped = 0, element;

	ck_assert_int_eq(ipoib__ring_init(&ring, support_memory(), sizeof(element), 5), 0);
	for (int i = 0; i < 10000; i++) {
		if (ipoib__random_below(random, 2) == 0) {
			ck_assert_int_eq(ipoib__ring_push(&ring, &pushed), pushed - popped < 5);
			pushed += pushed - popped < 5;
		} else if (ipoib__ring_pop(&ring, &element)) {
			ck_assert_uint_eq(element, popped);
			popped++;
		} else {
			ck_assert_uint_eq(pushed, popped);
		}
		ck_assert_uint_eq(ipoib__ring_count(&ring), pushed - popped);
	}
	ck_assert_uint_gt(popped, 100);
	ipoib__ring_fini(&ring);
}
END_TEST

START_TEST(counters_that_wrap_do_no_harm)
{
	struct ipoib__ring ring;
	uint8_t element;

	ck_assert_int_eq(ipoib__ring_init(&ring, support_memory(), 1, 3), 0);
	ring.put = ring.take = SIZE_MAX - 1;
	for (element = 0; element < 3; element++)
		ck_assert(ipoib__ring_push(&ring, &element));
	ck_assert(!ipoib__ring_push(&ring, &element));
	ck_assert_uint_eq(ipoib__ring_count(&ring), 3);
	for (uint8_t i = 0; i < 3; i++) {
		ck_assert_uint_eq(*(uint8_t *)ipoib__ring_peek(&ring), i);
		ck_assert(ipoib__ring_pop(&ring, &element));
		ck_assert_uint_eq(element, i);
	}
	ck_assert_ptr_null(ipoib__ring_peek(&ring));
	ipoib__ring_fini(&ring);
}
END_TEST

START_TEST(a_ring_that_could_not_be_made_holds_nothing)
{
	struct ipoib__ring ring;
	uint64_t element = 0;

	ck_assert_int_eq(ipoib__ring_init(&ring, support_memory(), 0, 5), -EINVAL);
	ck_assert_int_eq(ipoib__ring_init(&ring, support_memory(), 8, 0), -EINVAL);
	ck_assert_int_eq(ipoib__ring_init(&ring, support_memory(), 8, SIZE_MAX), -ENOMEM);
	ck_assert_int_eq(ipoib__ring_init(&ring, support_memory(), 8, SIZE_MAX / 2 + 1), -ENOMEM);
	ck_assert_int_eq(support_allocations(), 0);
	support_fail_after(1, false);
	ck_assert_int_eq(ipoib__ring_init(&ring, support_memory(), 8, 4), -ENOMEM);

	ck_assert(!ipoib__ring_push(&ring, &element));
	ck_assert(!ipoib__ring_pop(&ring, &element));
	ck_assert_uint_eq(ipoib__ring_count(&ring), 0);
	ipoib__ring_fini(&ring);
	ipoib__ring_fini(&ring);
}
END_TEST

Suite *suite_ring(void)
{
	Suite *suite = suite_create("ring");
	TCase *tcase = tcase_create("ring");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, elements_leave_in_the_order_in_which_they_came);
	tcase_add_test(tcase, counters_that_wrap_do_no_harm);
	tcase_add_test(tcase, a_ring_that_could_not_be_made_holds_nothing);
	suite_add_tcase(suite, tcase);
	return suite;
}
