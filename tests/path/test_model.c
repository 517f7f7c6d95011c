/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The cache of paths at random: 20,000 operations, after each of which the lists, the window and
 * the paths must be as they should, and every path must be where a naive model has it.
 */
#include <errno.h>
#include <string.h>

#include "path/path_rig.h"
#include "support/support.h"

#define LIMIT 60
#define PATHS 80
#define OPERATIONS 20000

static struct {
	bool there;
	unsigned users;
	uint64_t idle_since;
} model[PATHS];

static struct ipoib__random *numbers;
static int may_end; /* who may give way now, or -1 */

static void ended(unsigned number)
{
	rig_check(model[number].there && model[number].users == 0);
	if (may_end == (int)number)
		may_end = -1;
	else /* it had been kept for long enough */
		rig_check(support_now - model[number].idle_since >= IPOIB__PATH_IDLE_NS);
	model[number].there = false;
}

static unsigned count(bool used_only)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PATHS; i++)
		n += model[i].there && (!used_only || model[i].users > 0);
	return n;
}

static const struct ipoib__path *kept(const struct ipoib__list *at)
{
	return ipoib__container_of(at, const struct ipoib__path, kept);
}

/* Who is to give way: the longest idle, one that is not being asked for if there is any. */
static const struct ipoib__list *first_to_go(void)
{
	const struct ipoib__list *idle = &rig.cache.idle;

	for (const struct ipoib__list *at = idle->next; at != idle; at = at->next)
		if (!kept(at)->asked)
			return at;
	return idle->next == idle ? NULL : idle->next;
}

static bool is_asked(unsigned number)
{
	struct ipoib_gid gid = rig_gid(number);

	return ipoib__paths_find(&rig.cache, &gid)->asked;
}

static void get(unsigned number)
{
	const struct ipoib__list *first = first_to_go();
	struct ipoib_gid gid = rig_gid(number);
	struct ipoib__path *path;
	bool room = count(false) < LIMIT || count(true) < LIMIT;

	if (count(false) == LIMIT && first)
		may_end = kept(first)->dgid.raw[15];
	for (unsigned i = 0; may_end >= 0 && i < PATHS; i++) /* nobody is idle for longer */
		rig_check(!model[i].there || model[i].users > 0 ||
			  is_asked(i) != is_asked((unsigned)may_end) ||
			  model[i].idle_since >= model[may_end].idle_since);
	path = ipoib__paths_get(&rig.cache, &gid, support_now);
	rig_check((path != NULL) == room && may_end == -1);
	if (path) {
		model[number].there = true;
		model[number].users = 0;
		model[number].idle_since = support_now;
	}
}

static void change_users(unsigned number)
{
	struct ipoib__path *path = rig_find(number);

	if (model[number].users > 0 && ipoib__random_below(numbers, 2) == 0) {
		ipoib__paths_release(&rig.cache, path, support_now);
		if (--model[number].users == 0)
			model[number].idle_since = support_now;
	} else {
		ipoib__paths_hold(&rig.cache, path);
		model[number].users++;
	}
}

static void answer(unsigned number)
{
	static const int statuses[] = { -ENOENT, -EACCES, -ETIMEDOUT };

	if (!rig_find(number)->asked)
		return;
	if (ipoib__random_below(numbers, 2) == 0)
		rig_answer(number, (uint16_t)(number + 1));
	else
		rig_fail(number, statuses[ipoib__random_below(numbers, 3)]);
}

static void do_something(unsigned number)
{
	rig.ask_fails = ipoib__random_below(numbers, 20) == 0;
	switch (ipoib__random_below(numbers, 8)) {
	case 0:
		change_users(number);
		break;
	case 1:
	case 2:
	case 3:
		answer(number);
		break;
	default:
		rig_need(number);
	}
}

static void do_to_all(void)
{
	uint64_t what = ipoib__random_below(numbers, 100);

	rig.ask_fails = false;
	if (what == 0)
		ipoib__paths_flush(&rig.cache, support_now);
	else if (what < 5)
		ipoib__paths_doubt_all(&rig.cache);
	else if (what < 10)
		rig_run_until(support_now + 100 * S);
	else
		rig_run_until(support_now + (S >> ipoib__random_below(numbers, 8)));
}

START_TEST(twenty_thousand_operations_leave_everything_in_its_place)
{
	memset(model, 0, sizeof(model));
	may_end = -1;
	rig_start(LIMIT);
	rig.on_end = ended;
	numbers = support_random();
	for (unsigned i = 0; i < OPERATIONS; i++) {
		unsigned number = (unsigned)ipoib__random_below(numbers, PATHS);

		if (ipoib__random_below(numbers, 8) == 0)
			do_to_all();
		else if (model[number].there)
			do_something(number);
		else
			get(number);
		rig_check_cache();
		for (unsigned n = 0; n < PATHS; n++) {
			const struct ipoib__path *path = rig_find(n);

			rig_check((path != NULL) == model[n].there);
			rig_check(!path || path->users == model[n].users);
			rig_check(!path || !ipoib__path_usable(path) ||
				  path->record.dlid == n + 1);
		}
	}
	rig.on_end = NULL;
	ipoib__paths_fini(&rig.cache);
	rig_check(rig.n_open == 0);
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
