/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A subnet prefix that the subnet manager changes on every port: what follows it, what not. */
#include <string.h>

#include "neighbour/neighbour_rig.h"
#include "support/support.h"

static const uint8_t before[8] = { 0xfe, 0x80 }, after[8] = { 0xfe, 0x80, [7] = 7 };
static const uint8_t third[8] = { 0xfe, 0x80, [7] = 9 };
static struct ipoib_link_address a, a_after;
static struct ipoib__neighbour *n;

static struct ipoib_link_address behind(const struct ipoib_link_address *address,
					const uint8_t prefix[8])
{
	struct ipoib_link_address out = *address;

	memcpy(out.raw + 4, prefix, 8);
	return out;
}

static void start(enum ipoib_flux_policy policy)
{
	a = rig_address(0, 0x48, 1);
	a_after = behind(&a, after);
	n = rig_start_at(&a, policy);
	ipoib__neighbours_prefix(&rig.table, before);
}

static void hear(const struct ipoib_link_address *address, bool answers)
{
	const struct ipoib__neighbour_event event = {
		.type = answers ? IPOIB__NEIGHBOUR_ANSWER : IPOIB__NEIGHBOUR_HEARD,
		.address = address,
		.claim = IPOIB_CLAIM_ARP_ANNOUNCEMENT,
	};

	rig_happen(n, &event);
}

static void finish(void)
{
	ipoib__neighbours_fini(&rig.table);
}

static void check_followed(void)
{
	static const struct ipoib_link_address none;

	ck_assert_mem_eq(&n->link_address, &a_after, sizeof(a_after));
	ck_assert_mem_eq(&n->claimed, &none, sizeof(none));
	ck_assert_uint_eq(n->moves, 0);
	ck_assert_uint_eq(n->trial, IPOIB__NEIGHBOUR_TRIAL_NONE);
	ck_assert(ipoib__neighbour_valid(n));
}

START_TEST(a_peer_that_follows_our_prefix_has_not_moved)
{
	uint64_t hold;

	start((enum ipoib_flux_policy)(_i / 2));
	hold = n->flux_until;
	rig_run_until(14 * S); /* it is REACHABLE for 15 s at least */
	ipoib__neighbours_prefix(&rig.table, after);
	hear(&a_after, _i % 2);
	ck_assert_str_eq(rig_story(), "14 prefix; ");
	check_followed();
	ck_assert_uint_eq(n->fluxes, 0);
	ck_assert_uint_eq(n->flux_until, hold);
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_REACHABLE); /* as it was */
	rig_run_until(19 * S);
	ck_assert_str_eq(rig_story(), "");
	finish();
}
END_TEST

/* Its announcement came first: flux, until our own port has the prefix too. */
START_TEST(a_peer_whose_prefix_came_before_ours_is_followed_then)
{
	enum ipoib_flux_policy policy = (enum ipoib_flux_policy)_i;

	start(policy);
	rig_run_until(3 * S);
	hear(&a_after, false);
	ck_assert_uint_eq(n->fluxes, 1);
	if (policy == IPOIB_FLUX_ACCEPT) { /* moved already */
		ck_assert_uint_eq(n->moves, 1);
		finish();
		return;
	}
	ck_assert_mem_eq(&n->link_address, &a, sizeof(a));
	rig_run_until(3 * S + 50 * MS);
	rig_story();
	ipoib__neighbours_prefix(&rig.table, after);
	rig_use(n);
	ck_assert_str_eq(rig_story(), "3 prefix; ");
	check_followed();
	ck_assert_uint_eq(n->fluxes, 1);
	if (policy != IPOIB_FLUX_PIN) {
		ck_assert_uint_eq(n->verdict, IPOIB_FLUX_ACCEPTED);
		ck_assert_uint_eq(n->history->last[0].verdict, IPOIB_FLUX_ACCEPTED);
	}
	finish();
}
END_TEST

/* Another GUID, another queue pair, another prefix than ours, and one that we both have. */
START_TEST(what_does_not_follow_our_prefix_is_flux)
{
	struct ipoib_link_address claim;
	uint8_t prefix[8];

	start(IPOIB_FLUX_PIN);
	claim = a_after;
	memcpy(prefix, after, sizeof(prefix));
	if (_i == 0)
		claim = behind(&(struct ipoib_link_address){ { 0 } }, after);
	if (_i == 0)
		memcpy(claim.raw + 12, rig_address(0, 0x48, 2).raw + 12, 8);
	if (_i == 1)
		claim.raw[3]++;
	if (_i == 2)
		claim = behind(&a, third);
	if (_i == 3)
		memcpy(prefix, before, sizeof(prefix));
	ipoib__neighbours_prefix(&rig.table, prefix);
	hear(&claim, true);
	ck_assert_str_eq(rig_story(), "0 refused; ");
	ck_assert_mem_eq(&n->link_address, &a, sizeof(a));
	rig_use(n);
	rig_run_until(60 * S);
	ck_assert_mem_eq(&n->link_address, &a, sizeof(a));
	finish();
}
END_TEST

/* Who was entered by hand stays as entered; a failed one is told of anew. */
START_TEST(what_is_permanent_does_not_follow)
{
	const struct ipoib__neighbour_event fix = { .type = IPOIB__NEIGHBOUR_FIX, .address = &a };

	start(IPOIB_FLUX_CONFIRM);
	rig_happen(n, &fix);
	rig_story();
	ipoib__neighbours_prefix(&rig.table, after);
	hear(&a_after, false);
	ck_assert_mem_eq(&n->link_address, &a, sizeof(a));
	ck_assert_str_eq(rig_story(), "0 refused; ");
	finish();
}
END_TEST

START_TEST(a_failed_neighbour_comes_back_behind_the_new_prefix)
{
	start(IPOIB_FLUX_PIN);
	rig_run_until(50 * S);
	rig_use(n);
	rig_run_until(64 * S);
	ck_assert_uint_eq(n->state, IPOIB_NEIGHBOUR_FAILED);
	rig_story();
	ipoib__neighbours_prefix(&rig.table, after);
	hear(&a_after, false);
	ck_assert_str_eq(rig_story(), "64 resolved; ");
	check_followed();
	finish();
}
END_TEST

Suite *suite_prefix(void)
{
	Suite *suite = suite_create("prefix");
	TCase *tcase = tcase_create("prefix");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_loop_test(tcase, a_peer_that_follows_our_prefix_has_not_moved, 0, 8);
	tcase_add_loop_test(tcase, a_peer_whose_prefix_came_before_ours_is_followed_then, 0, 4);
	tcase_add_loop_test(tcase, what_does_not_follow_our_prefix_is_flux, 0, 4);
	tcase_add_test(tcase, what_is_permanent_does_not_follow);
	tcase_add_test(tcase, a_failed_neighbour_comes_back_behind_the_new_prefix);
	suite_add_tcase(suite, tcase);
	return suite;
}
