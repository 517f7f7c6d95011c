/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "base/memory.h"

#include "base/suites.h"
#include "support/support.h"

START_TEST(memory_is_zeroed_and_counted)
{
	struct ipoib__memory *memory = support_memory();
	unsigned char *a = ipoib__memory_get(memory, 100);
	unsigned char *b = ipoib__memory_get_array(memory, 7, 3);

	ck_assert_uint_eq(memory->in_use, 121);
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(a[i], 0);
	for (int i = 0; i < 21; i++)
		ck_assert_uint_eq(b[i], 0);
	ipoib__memory_put(memory, a, 100);
	ck_assert_uint_eq(memory->in_use, 21);
	ipoib__memory_put(memory, b, 21);
	ck_assert_uint_eq(memory->in_use, 0);
}
END_TEST

START_TEST(an_array_that_does_not_fit_is_refused_unasked)
{
	struct ipoib__memory *memory = support_memory();

	ck_assert_ptr_null(ipoib__memory_get_array(memory, SIZE_MAX, 2));
	ck_assert_ptr_null(ipoib__memory_get_array(memory, 2, SIZE_MAX));
	ck_assert_ptr_null(ipoib__memory_get_array(memory, SIZE_MAX / 2 + 1, 2));
	ck_assert_ptr_null(ipoib__memory_get_array(memory, SIZE_MAX, SIZE_MAX));
	ck_assert_ptr_null(ipoib__memory_get_array_uncleared(memory, SIZE_MAX / 8 + 1, 8));
	ck_assert_int_eq(support_allocations(), 0);

	/* the largest product that fits is asked for, and refused by the allocator */
	ck_assert_ptr_null(ipoib__memory_get_array(memory, SIZE_MAX / 2, 2));
	ck_assert_int_eq(support_allocations(), 1);
	ck_assert_uint_eq(memory->in_use, 0);
}
END_TEST

START_TEST(nothing_is_neither_got_nor_put)
{
	struct ipoib__memory *memory = support_memory();

	ck_assert_ptr_null(ipoib__memory_get(memory, 0));
	ck_assert_ptr_null(ipoib__memory_get_array(memory, 0, 8));
	ck_assert_ptr_null(ipoib__memory_get_array(memory, 8, 0));
	ipoib__memory_put(memory, NULL, 0);
	ipoib__memory_put(memory, NULL, 100);
	ck_assert_int_eq(support_allocations(), 0);
}
END_TEST

START_TEST(a_failed_allocation_counts_nothing)
{
	struct ipoib__memory *memory = support_memory();

	support_fail_after(1, true);
	ck_assert_ptr_null(ipoib__memory_get(memory, 10));
	ck_assert_ptr_null(ipoib__memory_get_array(memory, 10, 10));
	ck_assert_ptr_null(ipoib__memory_get_array_uncleared(memory, 10, 10));
	ck_assert_uint_eq(memory->in_use, 0);
}
END_TEST

START_TEST(without_hooks_malloc_serves)
{
	struct ipoib__memory memory;
	void *block;

	ipoib__memory_init(&memory, NULL, NULL, NULL);
	block = ipoib__memory_get(&memory, 4096);
	ck_assert_ptr_nonnull(block);
	ck_assert_uint_eq(memory.in_use, 4096);
	ipoib__memory_put(&memory, block, 4096);
	ck_assert_uint_eq(memory.in_use, 0);
	ck_assert_int_eq(support_allocations(), 0);
}
END_TEST

static void *allocate_and_note(size_t size, void *user)
{
	*(size_t *)user += size;
	return support_allocate(size, NULL);
}

static void release_and_note(void *pointer, size_t size, void *user)
{
	*(size_t *)user -= size;
	support_release(pointer, size, NULL);
}

START_TEST(the_hooks_see_their_user_and_the_size)
{
	size_t noted = 0;
	struct ipoib__memory memory;
	void *block;

	ipoib__memory_init(&memory, allocate_and_note, release_and_note, &noted);
	block = ipoib__memory_get(&memory, 33);
	ck_assert_uint_eq(noted, 33);
	ipoib__memory_put(&memory, block, 33);
	ck_assert_uint_eq(noted, 0);
}
END_TEST

Suite *suite_memory(void)
{
	Suite *suite = suite_create("memory");
	TCase *tcase = tcase_create("memory");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, memory_is_zeroed_and_counted);
	tcase_add_test(tcase, an_array_that_does_not_fit_is_refused_unasked);
	tcase_add_test(tcase, nothing_is_neither_got_nor_put);
	tcase_add_test(tcase, a_failed_allocation_counts_nothing);
	tcase_add_test(tcase, without_hooks_malloc_serves);
	tcase_add_test(tcase, the_hooks_see_their_user_and_the_size);
	suite_add_tcase(suite, tcase);
	return suite;
}
