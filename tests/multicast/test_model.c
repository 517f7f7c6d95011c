/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The set of groups at random: 20,000 operations, after each of which the lists, the window and
 * the memberships must be as they should, and members must be where a naive model has them.
 */
#include <string.h>

#include "multicast/multicast_rig.h"
#include "support/support.h"

#define GROUPS 40
#define OPERATIONS 20000

static struct ipoib__random *numbers;
static unsigned members[GROUPS];

static void do_to_one(unsigned number)
{
	struct ipoib__group *group = rig_find(number);

	rig.join_fails = ipoib__random_below(numbers, 20) == 0;
	switch (ipoib__random_below(numbers, 8)) {
	case 0:
		rig_enter(number);
		members[number]++;
		break;
	case 1:
		if (members[number] > 0) {
			members[number]--;
			rig_leave(number);
			rig_check(members[number] > 0 || number == 0 || !rig_find(number));
		}
		break;
	case 2:
		rig_send(number);
		break;
	case 3:
		if (group && group->asked)
			rig_fail(number);
		break;
	default: /* the record is another now and then */
		if (group && group->asked)
			rig_answer(number, (uint16_t)(0xc000 + number +
						      (ipoib__random_below(numbers, 9) == 0) * 64));
	}
}

static void do_to_all(void)
{
	uint64_t what = ipoib__random_below(numbers, 100);

	rig.join_fails = false;
	if (what < 2)
		rig_down();
	else if (what < 8)
		rig_up();
	else if (what < 12)
		rig_again();
	else if (what < 15)
		rig_run_until(support_now + 70 * S);
	else
		rig_run_until(support_now + (4 * S >> ipoib__random_below(numbers, 8)));
}

START_TEST(twenty_thousand_operations_leave_everything_in_its_place)
{
	memset(members, 0, sizeof(members));
	rig_start_up();
	numbers = support_random();
	for (unsigned i = 0; i < OPERATIONS; i++) {
		if (ipoib__random_below(numbers, 5) == 0)
			do_to_all();
		else
			do_to_one((unsigned)ipoib__random_below(numbers, GROUPS));
		rig_check_set();
		for (unsigned n = 0; n < GROUPS; n++) {
			const struct ipoib__group *group = rig_find(n);

			rig_check((group ? group->members : 0) == members[n]);
			rig_check(n > 0 || group != NULL);
		}
	}
	rig_fini();
}
END_TEST

Suite *suite_model(void)
{
	Suite *suite = suite_create("model");
	TCase *tcase = tcase_create("model");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 120); /* for valgrind */
	tcase_add_test(tcase, twenty_thousand_operations_leave_everything_in_its_place);
	suite_add_tcase(suite, tcase);
	return suite;
}
