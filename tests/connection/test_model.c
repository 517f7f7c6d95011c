/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The set at random: 20,000 operations, after each of which lists, limits, ids and timers must be
 * as they should, and a naive model of each peer must agree.
 */
#include <string.h>

#include "connection/connection_rig.h"
#include "support/support.h"

#define LIMIT 16
#define PEERS 40
#define OPERATIONS 20000

static struct {
	unsigned users;
	unsigned failures;
	unsigned ends; /* of connections that did not last, in a row */
	uint64_t up_at;
	uint64_t not_before; /* it may not be dialled earlier */
} model[PEERS];

static struct ipoib__random *numbers;

static struct ipoib__connection *find(unsigned number)
{
	struct ipoib_link_address peer = rig_peer(number);

	return ipoib__connections_find(&rig.set, &peer);
}

/* Whether there was a failure: one, and a hold time for it and for ends that came before. */
static void failed(unsigned number, unsigned ends)
{
	const struct ipoib__connection *c = find(number);
	uint64_t then;
	unsigned row;

	if (!c || c->failures == model[number].failures)
		return;
	then = ((const struct rig_connection *)c)->ended_at;
	rig_check(c->state == IPOIB__CONNECTION_HELD);
	model[number].failures++;
	rig_check(c->failures == model[number].failures);
	row = model[number].failures;
	if (row < ends)
		row = ends;
	model[number].not_before = then + ipoib__connection_hold(row) / 4 * 3;
	rig_check(c->hold_until >= model[number].not_before);
	rig_check(c->hold_until <= then + ipoib__connection_hold(row) / 4 * 5);
}

/* One that was up has ended: whether it had lasted. */
static void ended(unsigned number)
{
	if (support_now - model[number].up_at >= 10 * S)
		model[number].ends = 0;
	model[number].ends++;
}

static void want(unsigned number)
{
	unsigned dials = rig.n_dials;
	unsigned failures = model[number].failures;
	uint64_t not_before = model[number].not_before;

	rig_want(number);
	failed(number, model[number].ends); /* for want of room */
	rig_check((rig.n_dials == dials && model[number].failures == failures) ||
		  support_now >= not_before);
}

static void happen(unsigned number)
{
	static const enum ipoib__connection_event events[] = {
		IPOIB__CONNECTION_ANSWER,  IPOIB__CONNECTION_ANSWER,  IPOIB__CONNECTION_UNKNOWN,
		IPOIB__CONNECTION_STALE,   IPOIB__CONNECTION_FAILURE, IPOIB__CONNECTION_ENDED,
		IPOIB__CONNECTION_REFUSED, IPOIB__CONNECTION_MOVED,
	};
	enum ipoib__connection_event event = events[ipoib__random_below(numbers, 8)];
	struct ipoib__connection *c = find(number);
	bool was_up = c && c->state == IPOIB__CONNECTION_UP;
	unsigned ends = model[number].ends;

	if (!c)
		return;
	if (was_up && event != IPOIB__CONNECTION_ANSWER && event != IPOIB__CONNECTION_MOVED)
		ended(number);
	rig_step(c, event);
	if (c->state == IPOIB__CONNECTION_UP)
		model[number].failures = 0;
	if (c->state == IPOIB__CONNECTION_UP && !was_up)
		model[number].up_at = support_now;
	failed(number, ends);
}

static void change_users(unsigned number)
{
	struct ipoib__connection *c = rig_get(number);

	if (model[number].users > 0 && ipoib__random_below(numbers, 2) == 0) {
		ipoib__connections_release(&rig.set, c, support_now);
		model[number].users--;
	} else {
		ipoib__connections_hold(c);
		model[number].users++;
	}
}

/* As the floor above: not when ours is up, and here not when it would be one too many. */
static void adopt(unsigned number)
{
	struct ipoib__connection *c = rig_get(number);

	if (c->state == IPOIB__CONNECTION_UP || rig.set.existing == LIMIT)
		return;
	rig_step(c, IPOIB__CONNECTION_ADOPT);
	model[number].not_before = 0; /* it has shown that it is there */
}

static struct ipoib__connection *any(void)
{
	struct ipoib__connection *c = NULL;
	uint64_t n = rig_count();

	if (n == 0)
		return NULL;
	for (n = 1 + ipoib__random_below(numbers, n); n > 0; n--)
		c = ipoib__connections_next(&rig.set, c);
	return c;
}

static void to_any(void)
{
	struct ipoib__connection *c = any();

	if (!c)
		return;
	switch (ipoib__random_below(numbers, 3)) {
	case 0:
		rig_set_busy(c, ipoib__random_below(numbers, 2));
		break;
	case 1:
		ipoib__connections_touch(&rig.set, c, support_now);
		break;
	default:
		if (c->state == IPOIB__CONNECTION_TAKEN)
			rig_step(c, IPOIB__CONNECTION_ENDED);
	}
}

static void pass_time(void)
{
	static const uint64_t spans[] = { MS, S, S, 10 * S, 10 * S, 100 * S, 700 * S };

	if (ipoib__random_below(numbers, 50) == 0)
		ipoib__connections_drop_all(&rig.set, support_now);
	else
		rig_run_until(support_now + spans[ipoib__random_below(numbers, 7)]);
	for (unsigned i = 0; i < PEERS; i++) /* the turn of some has not come */
		failed(i, model[i].ends);
}

static void operate(unsigned number)
{
	switch (ipoib__random_below(numbers, 10)) {
	case 0:
		change_users(number);
		break;
	case 1:
		rig_take(number);
		break;
	case 2:
		adopt(number);
		break;
	case 3:
	case 4:
		to_any();
		break;
	case 5:
		pass_time();
		break;
	case 6:
	case 7:
		want(number);
		break;
	default:
		happen(number);
	}
}

/* What was forgotten begins anew. */
static void check_model(void)
{
	for (unsigned i = 0; i < PEERS; i++) {
		const struct ipoib__connection *c = find(i);

		rig_check(c || model[i].users == 0);
		rig_check(!c || c->users == model[i].users);
		if (!c)
			memset(&model[i], 0, sizeof(model[i]));
		rig_check(!c || c->failures == model[i].failures);
	}
}

START_TEST(twenty_thousand_operations_leave_everything_in_its_place)
{
	memset(model, 0, sizeof(model));
	rig_start(LIMIT);
	numbers = support_random();
	for (unsigned i = 0; i < OPERATIONS; i++) {
		operate((unsigned)ipoib__random_below(numbers, PEERS));
		rig_check_set();
		check_model();
	}
	rig_check(rig.n_dials > 1000 && rig.n_usable > 100 && rig.n_ended > 100);
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
