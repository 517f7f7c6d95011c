/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The harness itself: a teardown that cannot fail would make every leak test worthless. Tests that
 * must fail run first, silently and one by one; then the others, as in any test program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/support.h"

/* ---- what must fail ---- */

START_TEST(a_leaked_block)
{
	ck_assert_ptr_nonnull(ipoib__memory_get(support_memory(), 1));
}
END_TEST

START_TEST(a_block_released_with_the_wrong_size)
{
	void *block = support_allocate(8, NULL);

	support_release(block, 9, NULL);
}
END_TEST

START_TEST(a_leaked_descriptor)
{
	ck_assert_int_ge(dup(STDOUT_FILENO), 0);
}
END_TEST

START_TEST(a_descriptor_of_others_closed)
{
	close(STDIN_FILENO);
}
END_TEST

START_TEST(an_allocation_of_nothing)
{
	support_allocate(0, NULL);
}
END_TEST

static const struct {
	const TTest *const *test; /* Check's tests are variables: only their address is constant */
	const char *name;
} must_fail[] = {
	{ &a_leaked_block, "a leaked block" },
	{ &a_block_released_with_the_wrong_size, "a block released with the wrong size" },
	{ &a_leaked_descriptor, "a leaked descriptor" },
	{ &a_descriptor_of_others_closed, "a descriptor of others closed" },
	{ &an_allocation_of_nothing, "an allocation of nothing" },
};

/* In a process of its own, whatever CK_FORK says: a test that fails leaves what it held behind. */
static bool fails(const TTest *test)
{
	Suite *suite = suite_create("must fail");
	TCase *tcase = tcase_create("must fail");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, test);
	suite_add_tcase(suite, tcase);
	srunner_set_fork_status(runner, CK_FORK);
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 1;
}

static int count_passed_wrongly(void)
{
	int wrong = 0;

	for (size_t i = 0; i < sizeof(must_fail) / sizeof(must_fail[0]); i++) {
		if (fails(*must_fail[i].test))
			continue;
		printf("the harness has let pass: %s\n", must_fail[i].name);
		wrong++;
	}
	return wrong;
}

/* ---- what must pass ---- */

START_TEST(the_nth_allocation_fails_once)
{
	support_fail_after(2, false);
	for (int i = 1; i <= 4; i++) {
		void *block = ipoib__memory_get(support_memory(), 10);

		ck_assert_int_eq(block == NULL, i == 2);
		ipoib__memory_put(support_memory(), block, 10);
	}
	ck_assert_int_eq(support_allocations(), 4);
}
END_TEST

START_TEST(the_nth_allocation_and_all_after_it_fail)
{
	void *block;

	support_fail_after(2, true);
	for (int i = 1; i <= 4; i++) {
		block = ipoib__memory_get(support_memory(), 10);
		ck_assert_int_eq(block == NULL, i >= 2);
		ipoib__memory_put(support_memory(), block, 10);
	}

	support_fail_after(0, false);
	block = ipoib__memory_get(support_memory(), 10);
	ck_assert_ptr_nonnull(block);
	ck_assert_uint_eq(support_blocks(), 1);
	ipoib__memory_put(support_memory(), block, 10);
}
END_TEST

START_TEST(the_generator_goes_on_in_a_test_and_repeats_in_its_next_run)
{
	struct ipoib__random *random = support_random();
	struct ipoib__random fresh = *random;
	uint64_t first = ipoib__random_u64(random);

	ck_assert_uint_eq(ipoib__random_u64(&fresh), first);
	ck_assert_uint_eq(ipoib__random_u64(support_random()), ipoib__random_u64(&fresh));

	support_setup(); /* as for another run of this test */
	ck_assert_uint_eq(ipoib__random_u64(support_random()), first);

	support_setup(); /* as for a test of another name */
	ck_assert_uint_ne(ipoib__random_u64(support_random_for("another_name")), first);
}
END_TEST

START_TEST(the_clock_is_turned_by_hand)
{
	ck_assert_uint_eq(support_clock(NULL), 0);
	support_advance(5);
	support_advance(7);
	ck_assert_uint_eq(support_clock(NULL), 12);
	ck_assert_uint_eq(support_now, 12);
}
END_TEST

static Suite *suite_support(void)
{
	Suite *suite = suite_create("support");
	TCase *tcase = tcase_create("harness");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, the_nth_allocation_fails_once);
	tcase_add_test(tcase, the_nth_allocation_and_all_after_it_fail);
	tcase_add_test(tcase, the_generator_goes_on_in_a_test_and_repeats_in_its_next_run);
	tcase_add_test(tcase, the_clock_is_turned_by_hand);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	static Suite *(*const suites[])(void) = { suite_support, NULL };
	int wrong = count_passed_wrongly();
	int r = support_main(suites, "test_support");

	return wrong > 0 ? EXIT_FAILURE : r;
}
