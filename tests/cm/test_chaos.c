/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Two managers on a wire that loses, repeats, delays and reorders, with owners who refuse, sleep
 * and change their minds. Then the wire heals: no half of a connection may be left alone.
 *
 * No message is lost more often than twice, because one side cannot know of the other's end of
 * which every farewell was lost: that is what DREQ is sent three times for.
 */
#include <string.h>

#include "cm/pair.h"
#include "cm/suites.h"

#define SEEDS 1000
#define LOSSES 65536
#define LOSSES_MAX 2

static struct ipoib__random *dice;
static uint8_t losses[LOSSES];

static unsigned loss_of(const struct side *from, const uint8_t mad[IPOIB__MAD_LENGTH])
{
	/* From whom, the attribute, both IDs: what makes a message the same. */
	uint64_t hash = from->lid * UINT64_C(0x9e3779b97f4a7c15);

	for (unsigned i = 16; i < 32; i++)
		hash = (hash ^ mad[i]) * UINT64_C(0x100000001b3);
	return (unsigned)(hash >> 40) % LOSSES;
}

static unsigned copies(struct side *from, const uint8_t mad[IPOIB__MAD_LENGTH])
{
	unsigned loss = loss_of(from, mad);
	uint64_t fate = ipoib__random_below(dice, 10);

	if (fate < 4 && losses[loss] < LOSSES_MAX) {
		losses[loss]++;
		return 0;
	}
	return fate == 9 ? 3 : fate == 8 ? 2 : 1;
}

static uint64_t delay(unsigned copy)
{
	(void)copy;
	if (ipoib__random_below(dice, 2) == 0)
		return ipoib__random_below(dice, 2 * PAIR_SECOND);
	return ipoib__random_below(dice, PAIR_SECOND / 100);
}

static unsigned mood(struct side *side)
{
	uint64_t choice = ipoib__random_below(dice, 8);

	(void)side;
	return choice == 0 ? OWNER_REJECTS : choice == 1 ? OWNER_SLEEPS : OWNER_ACCEPTS;
}

static void change_mind(struct side *side)
{
	if (side->half_count == 0)
		return;
	struct half *half = &side->halves[ipoib__random_below(dice, side->half_count)];

	if (!half->over)
		pair_end(side, half);
}

static void trouble(void)
{
	for (unsigned i = 0; i < 30; i++) {
		struct side *side = ipoib__random_below(dice, 2) ? &left : &right;

		if (ipoib__random_below(dice, 2) && side->half_count < PAIR_HALVES / 4)
			(void)pair_connect(side);
		if (ipoib__random_below(dice, 4) == 0)
			change_mind(side);
		if (ipoib__random_below(dice, 4) == 0 && side->half_count > 0)
			ipoib__cm_established(&side->cm,
					      side->halves[side->half_count - 1].id + 7);
		pair_run(ipoib__random_below(dice, 2 * PAIR_SECOND));
	}
}

static void check_side(struct side *side)
{
	for (unsigned i = 0; i < side->half_count; i++) {
		struct half *half = &side->halves[i];

		ck_assert_msg(half->up != half->over, "half %u is neither up nor over", i);
		if (half->up)
			pair_end(side, half);
	}
}

static void a_seed(uint64_t seed)
{
	pair_open(seed);
	memset(losses, 0, sizeof(losses));
	left.mood = right.mood = mood;
	pair_copies = copies;
	pair_delay = delay;
	trouble();
	/* All losses are behind us; what is on its way still arrives late and out of order. */
	pair_copies = NULL;
	pair_run(2 * IPOIB__CM_SILENCE);
	pair_delay = NULL;
	pair_run(2 * IPOIB__CM_SILENCE);
	ck_assert_msg(pair_half_open() == 0, "seed %#llx: half a connection is left",
		      (unsigned long long)seed);
	ck_assert_uint_eq(ipoib__cm_live(&left.cm), pair_up(&left));
	ck_assert_uint_eq(ipoib__cm_live(&right.cm), pair_up(&right));
	check_side(&left);
	check_side(&right);
	pair_run(4 * IPOIB__CM_LINGER);
	ck_assert_uint_eq(ipoib__table_count(&left.cm.by_id), 0);
	ck_assert_uint_eq(ipoib__table_count(&right.cm.by_id), 0);
	ck_assert_uint_eq(ipoib__cm_deadline(&left.cm), IPOIB_NEVER);
	pair_close();
}

START_TEST(after_chaos_both_ends_agree)
{
	unsigned made = 0;

	dice = support_random();
	for (unsigned i = 0; i < SEEDS; i++) {
		a_seed(ipoib__random_u64(dice));
		made += left.half_count + right.half_count;
	}
	ck_assert_uint_gt(made, 10 * SEEDS);
}
END_TEST

Suite *suite_chaos(void)
{
	Suite *suite = suite_create("cm chaos");
	TCase *tcase = tcase_create("chaos");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, after_chaos_both_ends_agree);
	suite_add_tcase(suite, tcase);
	return suite;
}
