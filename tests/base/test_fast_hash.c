/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The hash of each packet's next hop, as an attacker would try it who may choose every address and
 * does not know the key: sets of addresses with much structure, under many keys. What counts is how
 * far a table with linear probing has to look.
 */
#include <string.h>

#include "base/hash.h"
#include "base/random.h"
#include "base/suites.h"
#include "support/support.h"

#define KEYS 32
#define ENTRIES 4096
#define SLOT_BITS 13 /* half full, where a table of ours is at most three quarters */
#define SLOTS (1u << SLOT_BITS)
/* Random hashes look at half a slot more than the first, and at forty or so in the worst case. */
#define MEAN_MAX 0.8
#define WORST_MAX 120

struct input {
	uint64_t low, high;
};

struct probes {
	double mean;
	unsigned worst;
};

/* ---- sets ---- */

typedef struct input (*set_of)(uint32_t i, unsigned shift);

static uint32_t network_order(uint32_t address)
{
	return address >> 24 | (address >> 8 & 0xff00) | (address & 0xff00) << 8 | address << 24;
}

/* IPv4, as the table reads it on a little and on a big endian machine. */
static struct input ipv4_little(uint32_t i, unsigned shift)
{
	return (struct input){ .low = network_order(UINT32_C(0x0a000000) + (i << shift)) };
}

static struct input ipv4_big(uint32_t i, unsigned shift)
{
	return (struct input){ .low = (uint64_t)(UINT32_C(0x0a000000) + (i << shift)) << 32 };
}

static struct input ipv6_low(uint32_t i, unsigned shift)
{
	return (struct input){ .low = 0xfe80, .high = (uint64_t)i << shift };
}

static struct input ipv6_high(uint32_t i, unsigned shift)
{
	return (struct input){ .low = (uint64_t)i << shift, .high = 1 };
}

/* What one half gains the other loses. */
static struct input ipv6_both(uint32_t i, unsigned shift)
{
	return (struct input){ .low = (uint64_t)i << shift, .high = -((uint64_t)i << shift) };
}

/* Few bits set: the hash must not be a sum of what each bit adds. */
static struct input ipv6_sparse(uint32_t i, unsigned shift)
{
	return (struct input){ .low = UINT64_C(1) << (i + shift) % 64,
			       .high = UINT64_C(1) << i / 64 };
}

/* ---- the measure ---- */

static struct probes probes_of(set_of set, unsigned shift, const struct ipoib__hash_key *key)
{
	static bool taken[SLOTS];
	struct probes probes = { .mean = 0 };
	uint64_t all = 0;

	memset(taken, 0, sizeof(taken));
	for (uint32_t i = 0; i < ENTRIES; i++) {
		struct input input = set(i, shift);
		uint64_t hash = key ? ipoib__fast_hash(key, input.low, input.high) : input.low;
		uint32_t at = (uint32_t)(hash >> (64 - SLOT_BITS));
		unsigned far = 0;

		for (; taken[at]; at = (at + 1) % SLOTS)
			far++;
		taken[at] = true;
		all += far;
		probes.worst = far > probes.worst ? far : probes.worst;
	}
	probes.mean = (double)all / ENTRIES;
	return probes;
}

static struct ipoib__hash_key drawn_key(struct ipoib__random *random)
{
	uint8_t octets[IPOIB__SIPHASH_KEY];

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)ipoib__random_u64(random);
	return ipoib__hash_key(octets);
}

static void try_set(set_of set, unsigned shifts)
{
	struct ipoib__random *random = support_random();

	for (unsigned k = 0; k < KEYS; k++) {
		struct ipoib__hash_key key = drawn_key(random);

		for (unsigned shift = 0; shift < shifts; shift++) {
			struct probes probes = probes_of(set, shift, &key);

			ck_assert_msg(probes.mean < MEAN_MAX && probes.worst < WORST_MAX,
				      "shift %u, key %llx %llx: mean %.2f, worst %u", shift,
				      (unsigned long long)key.k0, (unsigned long long)key.k1,
				      probes.mean, probes.worst);
		}
	}
}

START_TEST(addresses_of_a_pattern_are_spread)
{
	static const struct {
		set_of set;
		unsigned shifts;
	} sets[] = {
		{ ipv4_little, 12 }, { ipv4_big, 12 }, { ipv6_low, 52 },
		{ ipv6_high, 52 },   { ipv6_both, 52 }, { ipv6_sparse, 1 },
	};

	try_set(sets[_i].set, sets[_i].shifts);
}
END_TEST

/* A random source that is a stub, or a seed that is no more than a number. */
START_TEST(a_key_of_one_repeated_octet_spreads_them_too)
{
	uint8_t octets[IPOIB__SIPHASH_KEY];

	for (unsigned value = 0; value <= UINT8_MAX; value++) {
		memset(octets, (int)value, sizeof(octets));
		struct ipoib__hash_key key = ipoib__hash_key(octets);
		struct probes probes = probes_of(ipv4_little, 0, &key);

		ck_assert_msg(probes.mean < MEAN_MAX && probes.worst < WORST_MAX,
			      "octet %u: mean %.2f, worst %u", value, probes.mean, probes.worst);
	}
}
END_TEST

START_TEST(the_measure_sees_a_hash_that_spreads_nothing)
{
	ck_assert(probes_of(ipv6_high, 0, NULL).worst > WORST_MAX);
}
END_TEST

START_TEST(the_same_addresses_lie_elsewhere_under_another_key)
{
	struct ipoib__random *random = support_random();
	struct ipoib__hash_key a = drawn_key(random), b = drawn_key(random);
	unsigned same = 0;

	for (uint32_t i = 0; i < ENTRIES; i++)
		same += ipoib__fast_hash(&a, i, 0) >> 52 == ipoib__fast_hash(&b, i, 0) >> 52;
	ck_assert_uint_lt(same, 32); /* one is expected */
}
END_TEST

START_TEST(the_product_is_folded_by_its_128_bits)
{
	static const struct {
		uint64_t a, b, folded;
	} products[] = {
		{ UINT64_C(0x0000000000000000), UINT64_C(0x0000000000000005),
		  UINT64_C(0x0000000000000000) },
		{ UINT64_C(0x0000000000000001), UINT64_C(0x0000000000000001),
		  UINT64_C(0x0000000000000001) },
		{ UINT64_C(0xffffffffffffffff), UINT64_C(0xffffffffffffffff),
		  UINT64_C(0xffffffffffffffff) },
		{ UINT64_C(0x123456789abcdef0), UINT64_C(0xfedcba9876543211),
		  UINT64_C(0x27be7f7c27a8d9d2) },
		{ UINT64_C(0xffffffff00000001), UINT64_C(0x00000001ffffffff),
		  UINT64_C(0x0000000300000002) },
		{ UINT64_C(0x8000000000000000), UINT64_C(0x0000000000000002),
		  UINT64_C(0x0000000000000001) },
	};

	for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++)
		ck_assert_uint_eq(ipoib__multiply_fold(products[i].a, products[i].b),
				  products[i].folded);
}
END_TEST

Suite *suite_fast_hash(void)
{
	Suite *suite = suite_create("fast hash");
	TCase *tcase = tcase_create("fast hash");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_loop_test(tcase, addresses_of_a_pattern_are_spread, 0, 6);
	tcase_add_test(tcase, a_key_of_one_repeated_octet_spreads_them_too);
	tcase_add_test(tcase, the_measure_sees_a_hash_that_spreads_nothing);
	tcase_add_test(tcase, the_same_addresses_lie_elsewhere_under_another_key);
	tcase_add_test(tcase, the_product_is_folded_by_its_128_bits);
	suite_add_tcase(suite, tcase);
	return suite;
}
