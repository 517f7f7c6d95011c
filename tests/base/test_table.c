/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "base/table.h"

#include <errno.h>

#include "base/suites.h"
#include "base/table_rig.h"

#define MANY 5000

static struct entry entries[MANY];
static struct ipoib__table table;

static void setup(void)
{
	support_setup();
	entries_init(entries, MANY);
	ipoib__table_init(&table, support_memory(), entry_equal, NULL);
}

static void teardown(void)
{
	ipoib__table_fini(&table);
	support_teardown();
}

START_TEST(an_empty_table_holds_nothing_and_has_allocated_nothing)
{
	uint64_t cursor = 0;
	uint32_t key = 7;

	ck_assert_ptr_null(ipoib__table_find(&table, good_hash(7), &key));
	ck_assert(!ipoib__table_remove(&table, good_hash(7), &entries[7]));
	ck_assert(!ipoib__table_remove(&table, good_hash(7), NULL));
	ck_assert_ptr_null(ipoib__table_next(&table, &cursor));
	ck_assert_ptr_null(ipoib__table_next(&table, &cursor));
	ck_assert_uint_eq(ipoib__table_count(&table), 0);
	ck_assert_int_eq(support_allocations(), 0);
}
END_TEST

START_TEST(an_ended_table_is_empty_and_may_be_used_again)
{
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 100; i++)
			ck_assert_int_eq(ipoib__table_insert(&table, good_hash(i), &entries[i]), 0);
		ipoib__table_fini(&table);
		ck_assert_uint_eq(support_blocks(), 0);
		table_agrees(&table, entries, MANY, good_hash);
	}
}
END_TEST

/* More inserts in even phases, more removals in odd ones, so that the table fills and empties. */
/* The candidate of a hash has that hash, and there is one whenever find finds. */
static void candidate_agrees(hash_function *hash, uint32_t probe)
{
	const struct entry *candidate = ipoib__table_candidate(&table, hash(probe));

	ck_assert(candidate || !entries[probe].in);
	if (candidate)
		ck_assert_uint_eq(hash(candidate->key) | IPOIB__TABLE_NUMBER,
				  hash(probe) | IPOIB__TABLE_NUMBER);
}

static void run_random_operations(hash_function *hash, uint32_t n, int operations)
{
	struct ipoib__random *random = support_random();

	for (int i = 0; i < operations; i++) {
		struct entry *entry = &entries[ipoib__random_below(random, n)];
		uint32_t probe = (uint32_t)ipoib__random_below(random, n);
		bool filling = i / (operations / 10) % 2 == 0;

		if (entry->in != filling || ipoib__random_below(random, 8) == 0)
			ck_assert_int_eq(toggle(&table, entry, hash), 0);
		if (!entries[probe].in)
			ck_assert(!ipoib__table_remove(&table, hash(probe), &entries[probe]));
		ck_assert_ptr_eq(ipoib__table_find(&table, hash(probe), &probe),
				 entries[probe].in ? &entries[probe] : NULL);
		candidate_agrees(hash, probe);
		if (i % (operations / 50) == 0)
			table_agrees(&table, entries, n, hash);
	}
	table_agrees(&table, entries, n, hash);
}

START_TEST(the_table_agrees_with_a_naive_model)
{
	run_random_operations(good_hash, MANY, 100000);
}
END_TEST

START_TEST(the_table_agrees_with_a_naive_model_in_long_wrapping_clusters)
{
	run_random_operations(crowded_hash, 300, 20000);
}
END_TEST

START_TEST(the_table_agrees_with_a_naive_model_when_hashes_are_the_same)
{
	run_random_operations(tied_hash, 600, 20000);
}
END_TEST

static size_t size_of(const struct ipoib__table_slots *slots)
{
	return slots->slot ? (size_t)1 << slots->bits : 0;
}

/* How far the growth has come: slots cleared, then slots moved. */
static size_t progress_of(const struct ipoib__table *t)
{
	if (t->next.slot)
		return t->done;
	return t->old.slot ? size_of(&t->now) + t->done : 0;
}

START_TEST(no_insert_clears_or_moves_more_slots_than_its_share)
{
	static struct entry many[100000];
	unsigned growths = 0;

	for (uint32_t i = 0; i < 100000; i++) {
		size_t before = progress_of(&table), size = size_of(&table.now);
		long asked = support_allocations();

		many[i].key = i;
		ck_assert_int_eq(ipoib__table_insert(&table, good_hash(i), &many[i]), 0);

		size_t after = progress_of(&table);

		ck_assert_int_le(support_allocations() - asked, 1);
		if (table.next.slot)
			ck_assert_uint_le(after - before, IPOIB__TABLE_PREPARE);
		else if (table.old.slot && size == size_of(&table.now))
			ck_assert_uint_le(after - before, IPOIB__TABLE_MOVE);
		growths += size != size_of(&table.now);
		ck_assert_uint_lt(table.count, size_of(&table.now) / 4 * 3 + 1);
	}
	ck_assert_uint_eq(growths, 15); /* 0 to 16, then 14 doublings to 2^18 */
	for (uint32_t i = 0; i < 100000; i++)
		ck_assert_ptr_eq(ipoib__table_find(&table, good_hash(i), &i), &many[i]);
}
END_TEST

START_TEST(without_memory_inserts_are_refused_and_nothing_is_lost)
{
	uint32_t n = 0;

	support_fail_after(1, true);
	ck_assert_int_eq(ipoib__table_insert(&table, good_hash(0), &entries[0]), -ENOMEM);
	support_fail_after(0, false);

	for (; n < 100; n++)
		ck_assert_int_eq(toggle(&table, &entries[n], good_hash), 0);
	support_fail_after(1, true);
	while (toggle(&table, &entries[n], good_hash) == 0)
		n++;
	ck_assert_uint_ge(n, 150); /* there was room to 3/4 of 256 */
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(toggle(&table, &entries[n], good_hash), -ENOMEM);
	table_agrees(&table, entries, MANY, good_hash);

	toggle(&table, &entries[3], good_hash);
	ck_assert_int_eq(toggle(&table, &entries[n], good_hash), 0);
	table_agrees(&table, entries, MANY, good_hash);

	support_fail_after(0, false);
	for (uint32_t i = 1000; i < 3000; i++)
		ck_assert_int_eq(toggle(&table, &entries[i], good_hash), 0);
	table_agrees(&table, entries, MANY, good_hash);
}
END_TEST

START_TEST(each_allocation_may_fail_once_and_then_for_ever)
{
	for (long n = 1; n <= 10; n++) {
		for (int for_ever = 0; for_ever < 2; for_ever++) {
			entries_init(entries, MANY);
			support_fail_after(n, for_ever);
			for (uint32_t i = 0; i < 2000; i++)
				(void)toggle(&table, &entries[i], good_hash);
			table_agrees(&table, entries, MANY, good_hash);
			if (!for_ever) /* growth is tried again at the next insert */
				ck_assert_uint_ge(ipoib__table_count(&table), 1999);
			ipoib__table_fini(&table);
			ck_assert_uint_eq(support_blocks(), 0);
		}
	}
}
END_TEST

START_TEST(a_table_filled_to_the_brim_before_it_can_grow_still_grows)
{
	uint32_t n = 0;

	for (; n < 600; n++)
		ck_assert_int_eq(toggle(&table, &entries[n], good_hash), 0);
	support_fail_after(1, true);
	while (toggle(&table, &entries[n], good_hash) == 0)
		n++;
	toggle(&table, &entries[0], good_hash); /* one below the brim */
	support_fail_after(0, false);
	for (; n < MANY; n++)
		ck_assert_int_eq(toggle(&table, &entries[n], good_hash), 0);
	table_agrees(&table, entries, MANY, good_hash);
}
END_TEST

static uint64_t same_hash_for_all(uint32_t key)
{
	return 0x1234567890abcdef + (key & 0); /* the key plays no part */
}

START_TEST(too_many_entries_with_one_hash_are_refused)
{
	for (uint32_t i = 0; i < IPOIB__TABLE_SAME; i++)
		ck_assert_int_eq(toggle(&table, &entries[i], same_hash_for_all), 0);
	ck_assert_int_eq(toggle(&table, &entries[1000], same_hash_for_all), -ENOSPC);
	table_agrees(&table, entries, MANY, same_hash_for_all);

	toggle(&table, &entries[77], same_hash_for_all);
	ck_assert_int_eq(toggle(&table, &entries[1000], same_hash_for_all), 0);
	table_agrees(&table, entries, MANY, same_hash_for_all);
}
END_TEST

Suite *suite_table(void)
{
	Suite *suite = suite_create("table");
	TCase *tcase = tcase_create("table");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60); /* for valgrind */
	tcase_add_test(tcase, an_empty_table_holds_nothing_and_has_allocated_nothing);
	tcase_add_test(tcase, an_ended_table_is_empty_and_may_be_used_again);
	tcase_add_test(tcase, the_table_agrees_with_a_naive_model);
	tcase_add_test(tcase, the_table_agrees_with_a_naive_model_in_long_wrapping_clusters);
	tcase_add_test(tcase, the_table_agrees_with_a_naive_model_when_hashes_are_the_same);
	tcase_add_test(tcase, no_insert_clears_or_moves_more_slots_than_its_share);
	tcase_add_test(tcase, without_memory_inserts_are_refused_and_nothing_is_lost);
	tcase_add_test(tcase, each_allocation_may_fail_once_and_then_for_ever);
	tcase_add_test(tcase, a_table_filled_to_the_brim_before_it_can_grow_still_grows);
	tcase_add_test(tcase, too_many_entries_with_one_hash_are_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
