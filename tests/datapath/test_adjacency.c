/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "datapath/datapath.h"

#include <errno.h>

#include "base/random.h"
#include "datapath/suites.h"
#include "support/support.h"

#define MANY 5000
#define BURST 32
#define SECOND UINT64_C(1000000000)

static struct ipoib__adjacencies adjacencies;
static struct ipoib__adjacency *made[MANY];

static void setup(void)
{
	static const uint8_t key[IPOIB__SIPHASH_KEY] = { 1, 2, 3 };

	support_setup();
	ipoib__adjacencies_init(&adjacencies, support_memory(), key);
	memset(made, 0, sizeof(made));
}

static void teardown(void)
{
	for (uint32_t i = 0; i < MANY; i++)
		if (made[i])
			ipoib__adjacency_end(&adjacencies, made[i]);
	ipoib__adjacencies_fini(&adjacencies);
	ck_assert_uint_eq(support_blocks(), 0);
	support_teardown();
}

static struct ipoib_ip address(uint32_t i)
{
	const uint8_t octets[4] = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i };

	return ipoib_ip_from_ipv4(octets);
}

static int make(uint32_t i)
{
	struct ipoib_ip ip = address(i);
	int status = ipoib__adjacency_make(&adjacencies, &ip, &made[i]);

	if (status == 0)
		made[i]->neighbour = &made[i];
	return status;
}

static void end(uint32_t i)
{
	ipoib__adjacency_end(&adjacencies, made[i]);
	made[i] = NULL;
}

static struct ipoib__adjacency *find(uint32_t i)
{
	struct ipoib_ip ip = address(i);

	return ipoib__adjacency_find(&adjacencies, &ip);
}

START_TEST(a_new_one_is_found_and_nothing_can_be_sent_there)
{
	struct ipoib_ip ip = address(1);

	ck_assert_ptr_null(find(1));
	ck_assert_int_eq(make(1), 0);
	ck_assert_ptr_eq(find(1), made[1]);
	ck_assert_ptr_null(find(2));
	ck_assert(ipoib_ip_equal(&made[1]->next_hop, &ip));
	ck_assert_ptr_null(made[1]->handle);
	ck_assert_uint_eq(made[1]->bits, 0);
	ck_assert(made[1]->used == IPOIB_NEVER);
	end(1);
	ck_assert_ptr_null(find(1));
}
END_TEST

/* The same octets are another address in another family. */
START_TEST(families_are_kept_apart)
{
	struct ipoib_ip four = address(7), six = four;
	struct ipoib__adjacency *other;

	six.family = IPOIB_IPV6;
	ck_assert_int_eq(make(7), 0);
	ck_assert_ptr_null(ipoib__adjacency_find(&adjacencies, &six));
	ck_assert_int_eq(ipoib__adjacency_make(&adjacencies, &six, &other), 0);
	ck_assert_ptr_eq(ipoib__adjacency_find(&adjacencies, &six), other);
	ck_assert_ptr_eq(find(7), made[7]);
	ipoib__adjacency_end(&adjacencies, other);
	ck_assert_ptr_eq(find(7), made[7]);
}
END_TEST

START_TEST(each_has_a_cache_line_and_those_of_a_slab_lie_side_by_side)
{
	for (uint32_t i = 0; i < IPOIB__ADJACENCY_SLAB; i++) {
		ck_assert_int_eq(make(i), 0);
		ck_assert_uint_eq((uintptr_t)made[i] % IPOIB__ADJACENCY_OCTETS, 0);
		ck_assert_int_eq((uint8_t *)made[i] - (uint8_t *)made[0],
				 i * (ptrdiff_t)IPOIB__ADJACENCY_OCTETS);
	}
}
END_TEST

/* Drawn makings and endings, against what is known of them. */
START_TEST(whatever_comes_and_goes_is_found_while_it_is_there)
{
	struct ipoib__random *random = support_random();
	size_t blocks = 0;

	for (unsigned step = 0; step < 20 * MANY; step++) {
		uint32_t i = (uint32_t)(ipoib__random_u64(random) % MANY);

		ck_assert_ptr_eq(find(i), made[i]);
		if (made[i])
			end(i);
		else
			ck_assert_int_eq(make(i), 0);
		if (step == 10 * MANY)
			blocks = support_blocks();
	}
	ck_assert_uint_le(support_blocks(), blocks + 1); /* what was ended is used again */
	for (uint32_t i = 0; i < MANY; i++)
		ck_assert_ptr_eq(find(i), made[i]);
}
END_TEST

START_TEST(an_allocation_that_fails_leaves_all_as_it_was)
{
	for (uint32_t i = 0; i < 1000; i++) {
		for (long n = 1;; n++) {
			support_fail_after(n, false);
			int status = make(i);
			support_fail_after(0, false);
			if (status == 0)
				break;
			ck_assert_int_eq(status, -ENOMEM);
			ck_assert_ptr_null(find(i));
		}
		ck_assert_ptr_eq(find(i), made[i]);
	}
}
END_TEST

/* ---- bursts ---- */

/* What lies between next hops, as in the caller's packets. */
struct packet {
	uint8_t before[24];
	struct ipoib_ip next_hop;
	uint8_t behind[12];
};

START_TEST(a_burst_finds_what_single_look_ups_find)
{
	struct ipoib__random *random = support_random();

	for (uint32_t i = 0; i < MANY; i += 2)
		ck_assert_int_eq(make(i), 0);
	for (unsigned round = 0; round < 200; round++) {
		struct ipoib__adjacency *found[BURST];
		struct packet packets[BURST];
		uint64_t hashes[BURST];
		uint32_t to[BURST];

		for (unsigned k = 0; k < BURST; k++) { /* every fourth goes where the last went */
			to[k] = k % 4 == 3 ? to[k - 1] :
					     (uint32_t)(ipoib__random_u64(random) % MANY);
			packets[k].next_hop = address(to[k]);
		}
		ipoib__adjacency_candidates(&adjacencies, &packets[0].next_hop, sizeof(packets[0]),
					    BURST, hashes, found);
		for (unsigned k = 0; k < BURST; k++)
			ck_assert_ptr_eq(ipoib__adjacency_of(&adjacencies, found[k],
							     &packets[k].next_hop),
					 made[to[k]]);
	}
}
END_TEST

/* A candidate that another one's hash led to is not taken for it. */
START_TEST(a_wrong_candidate_is_seen_through)
{
	struct ipoib_ip one = address(1), nine = address(9);

	ck_assert_int_eq(make(1), 0);
	ck_assert_int_eq(make(2), 0);
	ck_assert_ptr_eq(ipoib__adjacency_of(&adjacencies, made[2], &one), made[1]);
	ck_assert_ptr_null(ipoib__adjacency_of(&adjacencies, made[2], &nine));
	ck_assert_ptr_null(ipoib__adjacency_of(&adjacencies, NULL, &nine));
}
END_TEST

/* ---- uses ---- */

START_TEST(a_use_is_told_once_in_a_tick_and_always_where_it_is_watched)
{
	const uint64_t tick = UINT64_C(1) << IPOIB__ADJACENCY_TICK;
	unsigned told = 0;

	ck_assert_int_eq(make(1), 0);
	ck_assert(ipoib__adjacency_use(made[1], tick));
	ck_assert(!ipoib__adjacency_use(made[1], tick + 1));
	ck_assert_uint_eq(made[1]->used, tick + 1);
	ck_assert(!ipoib__adjacency_use(made[1], 2 * tick - 1));
	ck_assert(ipoib__adjacency_use(made[1], 2 * tick));
	for (unsigned i = 0; i < 1000; i++) /* a hundred seconds */
		told += ipoib__adjacency_use(made[1], 2 * tick + i * SECOND / 10);
	ck_assert_uint_ge(told, 90);
	ck_assert_uint_le(told, 100);
	made[1]->bits = IPOIB__ADJACENCY_WATCHED;
	ck_assert(ipoib__adjacency_use(made[1], 102 * SECOND));
	ck_assert(ipoib__adjacency_use(made[1], 102 * SECOND));
}
END_TEST

Suite *suite_adjacency(void)
{
	Suite *suite = suite_create("adjacency");
	TCase *tcase = tcase_create("adjacency");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_new_one_is_found_and_nothing_can_be_sent_there);
	tcase_add_test(tcase, families_are_kept_apart);
	tcase_add_test(tcase, each_has_a_cache_line_and_those_of_a_slab_lie_side_by_side);
	tcase_add_test(tcase, whatever_comes_and_goes_is_found_while_it_is_there);
	tcase_add_test(tcase, an_allocation_that_fails_leaves_all_as_it_was);
	tcase_add_test(tcase, a_burst_finds_what_single_look_ups_find);
	tcase_add_test(tcase, a_wrong_candidate_is_seen_through);
	tcase_add_test(tcase, a_use_is_told_once_in_a_tick_and_always_where_it_is_watched);
	suite_add_tcase(suite, tcase);
	return suite;
}
