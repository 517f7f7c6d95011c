/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The promise of ipoib__table_next, for a table that changes between its calls. */
#include "base/suites.h"
#include "base/table_rig.h"

#define MANY 3000

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

START_TEST(a_walk_returns_each_entry_once_at_every_size)
{
	for (uint32_t n = 0; n < 1200; n++) {
		struct entry *entry;
		uint64_t cursor = 0;

		while ((entry = ipoib__table_next(&table, &cursor)))
			ck_assert_uint_eq(entry->seen++, n - 1);
		for (uint32_t i = 0; i < n; i++)
			ck_assert_uint_eq(entries[i].seen, n);
		ck_assert_ptr_null(ipoib__table_next(&table, &cursor));

		for (uint32_t i = 0; i < n; i++)
			entries[i].seen = n;
		entries[n].seen = n;
		toggle(&table, &entries[n], good_hash);
	}
}
END_TEST

/*
 * The first keep entries stay. Between two steps of the walk some of the others are inserted or
 * removed; the one just returned is removed now and then, as a walk that ages entries would.
 */
static void walk_while_changing(hash_function *hash, uint32_t keep, uint32_t n, uint64_t changes)
{
	struct ipoib__random *random = support_random();
	struct entry *entry;
	uint64_t cursor = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (i < keep || ipoib__random_below(random, 3) == 0)
			ck_assert_int_eq(toggle(&table, &entries[i], hash), 0);
	}
	while ((entry = ipoib__table_next(&table, &cursor))) {
		ck_assert(entry->in);
		entry->seen++;
		if (entry->key >= keep && ipoib__random_below(random, 2) == 0)
			toggle(&table, entry, hash);
		for (uint64_t c = ipoib__random_below(random, changes + 1); c > 0; c--) {
			uint64_t i = ipoib__random_between(random, keep, n - 1);

			ck_assert_int_eq(toggle(&table, &entries[i], hash), 0);
		}
	}
	for (uint32_t i = 0; i < n; i++) {
		if (i < keep)
			ck_assert_uint_eq(entries[i].seen, 1);
		else
			ck_assert_uint_le(entries[i].seen, entries[i].inserts);
	}
}

/* Empties the table for the next walk. */
static void start_again(void)
{
	ipoib__table_fini(&table);
	entries_init(entries, MANY);
}

START_TEST(what_stays_is_seen_once_whatever_changes)
{
	struct ipoib__random *random = support_random();

	for (int i = 0; i < 60; i++) {
		uint32_t keep = (uint32_t)ipoib__random_between(random, 1, 500);

		walk_while_changing(good_hash, keep, MANY, ipoib__random_below(random, 10));
		start_again();
	}
}
END_TEST

START_TEST(what_stays_is_seen_once_in_long_wrapping_clusters)
{
	for (int i = 0; i < 60; i++) {
		walk_while_changing(crowded_hash, 60, 300, 5);
		start_again();
	}
}
END_TEST

START_TEST(what_stays_is_seen_once_when_hashes_are_the_same)
{
	for (int i = 0; i < 60; i++) {
		walk_while_changing(tied_hash, 100, 600, 5);
		start_again();
	}
}
END_TEST

START_TEST(a_walk_through_a_table_that_grows_all_the_time_ends)
{
	struct entry *entry;
	uint64_t cursor = 0;
	uint32_t n = 0;

	for (; n < 20; n++)
		toggle(&table, &entries[n], good_hash);
	while ((entry = ipoib__table_next(&table, &cursor))) {
		entry->seen++;
		for (int i = 0; i < 100 && n < MANY; i++)
			toggle(&table, &entries[n++], good_hash);
	}
	for (uint32_t i = 0; i < 20; i++)
		ck_assert_uint_eq(entries[i].seen, 1);
}
END_TEST

Suite *suite_table_walk(void)
{
	Suite *suite = suite_create("table walk");
	TCase *tcase = tcase_create("table walk");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60); /* for valgrind */
	tcase_add_test(tcase, a_walk_returns_each_entry_once_at_every_size);
	tcase_add_test(tcase, what_stays_is_seen_once_whatever_changes);
	tcase_add_test(tcase, what_stays_is_seen_once_in_long_wrapping_clusters);
	tcase_add_test(tcase, what_stays_is_seen_once_when_hashes_are_the_same);
	tcase_add_test(tcase, a_walk_through_a_table_that_grows_all_the_time_ends);
	suite_add_tcase(suite, tcase);
	return suite;
}
