/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The table of neighbours against a naive model: an array in the order of use. 100,000 operations
 * at random; after each the table and the model must agree and the invariants hold.
 */
#include <errno.h>
#include <string.h>

#include "neighbour/neighbour_rig.h"
#include "support/support.h"

#define LIMIT 8
#define ADDRESSES 20
#define OPERATIONS 100000

static struct {
	unsigned order[LIMIT]; /* last octets, the least recently used first */
	uint64_t touched[ADDRESSES];
	unsigned count;
	int victim; /* whom the table may evict now, or -1 */
	int removes; /* whom the test removes now, or -1 */
} model;

static struct ipoib__random *numbers;

static void model_take_out(unsigned who)
{
	unsigned at = 0;

	while (at < model.count && model.order[at] != who)
		at++;
	rig_check(at < model.count); /* ended once, and only what was there */
	memmove(&model.order[at], &model.order[at + 1],
		(model.count - at - 1) * sizeof(model.order[0]));
	model.count--;
}

static void ended(struct ipoib__neighbour *n, bool evicted)
{
	unsigned who = n->ip.raw[3];

	if (evicted) {
		rig_check(!((struct rig_entry *)(void *)n)->busy);
		rig_check(model.victim == (int)who);
		model.victim = -1;
	} else if (model.removes != (int)who) { /* forgotten: nobody wanted it for a minute */
		rig_check(n->state == IPOIB_NEIGHBOUR_FAILED);
		rig_check(support_now - n->updated >= IPOIB__NEIGHBOUR_FORGET_NS);
	}
	model_take_out(who);
}

static void acted(struct ipoib__neighbour *n, unsigned actions)
{
	bool settled = actions & (IPOIB__NEIGHBOUR_RESOLVED | IPOIB__NEIGHBOUR_MOVED);
	bool one = actions & IPOIB__NEIGHBOUR_ASK_UNICAST;
	bool all = actions & IPOIB__NEIGHBOUR_ASK_MULTICAST;

	rig_check(!(one && all));
	rig_check(!one || n->state == IPOIB_NEIGHBOUR_PROBE);
	rig_check(!all || n->state == IPOIB_NEIGHBOUR_PROBE ||
		  n->state == IPOIB_NEIGHBOUR_INCOMPLETE);
	rig_check(!settled || ipoib__neighbour_valid(n));
	rig_check(!(actions & IPOIB__NEIGHBOUR_UNREACHED) || n->state == IPOIB_NEIGHBOUR_FAILED);
}

static bool is_busy(unsigned who)
{
	return ((struct rig_entry *)(void *)rig_find(who))->busy;
}

/* As the table looks for somebody to evict: busy ones met on the way go to the end. */
static void model_find_victim(void)
{
	for (unsigned look = 0; look < IPOIB__NEIGHBOUR_EVICT_LOOK; look++) {
		unsigned first = model.order[0];

		if (!is_busy(first)) {
			model.victim = (int)first;
			return;
		}
		model_take_out(first);
		model.order[model.count++] = first;
		model.touched[first] = support_now;
	}
}

static void make(unsigned who)
{
	bool wanted = ipoib__random_below(numbers, 3) > 0;
	struct ipoib_ip ip = rig_ip(who);
	struct ipoib__neighbour *n;
	int expected = 0, status;

	if (!wanted && model.count >= LIMIT - LIMIT / 4) {
		expected = -ENOBUFS;
	} else if (wanted && model.count == LIMIT) {
		model_find_victim();
		expected = model.victim < 0 ? -ENOBUFS : 0;
	}
	status = ipoib__neighbours_make(&rig.table, &ip, wanted, support_now, &n);
	rig_check(status == expected && model.victim == -1);
	if (status < 0)
		return;
	model.order[model.count++] = who;
	model.touched[who] = support_now;
	((struct rig_entry *)(void *)n)->busy = ipoib__random_below(numbers, 4) == 0;
}

static void touch(unsigned who)
{
	bool moves = support_now - model.touched[who] >= 1 * S;

	rig_check(ipoib__neighbours_touch(&rig.table, rig_find(who), support_now) == moves);
	if (!moves)
		return;
	model.touched[who] = support_now;
	model_take_out(who);
	model.order[model.count++] = who;
}

static void change(unsigned who)
{
	struct ipoib__neighbour *n = rig_find(who);
	struct ipoib_link_address address =
		rig_address(0, 0x48, (uint8_t)ipoib__random_between(numbers, 1, 2));

	switch (ipoib__random_below(numbers, 8)) {
	case 0:
		model.removes = (int)who;
		ipoib__neighbours_remove(&rig.table, n, false);
		model.removes = -1;
		return;
	case 1:
		((struct rig_entry *)(void *)n)->busy = ipoib__random_below(numbers, 3) == 0;
		return;
	case 2:
		touch(who);
		return;
	case 3:
		rig_answer(n, &address);
		return;
	case 4:
		rig_step(n, IPOIB__NEIGHBOUR_HEARD, &address);
		return;
	case 5:
		rig_step(n, IPOIB__NEIGHBOUR_DOUBT, NULL);
		return;
	default:
		rig_use(n);
	}
}

/* NEW and STALE are the states that time does not end. */
static void check_entry(const struct ipoib__neighbour *n)
{
	bool timeless = n->state == IPOIB__NEIGHBOUR_NEW || n->state == IPOIB_NEIGHBOUR_STALE;

	rig_check(timeless == (n->deadline == IPOIB_NEVER));
	rig_check(ipoib__timer_armed(&n->timer) == !timeless);
	rig_check(!ipoib__neighbour_valid(n) || ipoib_link_address_qpn(&n->link_address) == 0x48);
	rig_check(n->state != IPOIB_NEIGHBOUR_REACHABLE || n->asks == 0);
	rig_check(n->asks <= 6 + n->spoke);
	rig_check(n->table == &rig.table);
}

static void check_all(void)
{
	const struct ipoib__list *at = rig.table.recent.next;

	rig_check(ipoib__neighbours_count(&rig.table) == model.count);
	for (unsigned i = 0; i < model.count; i++, at = at->next) {
		const struct ipoib__neighbour *n = rig_find(model.order[i]);

		rig_check(n != NULL && at == &n->recent);
		check_entry(n);
	}
	rig_check(at == &rig.table.recent);
}

START_TEST(a_hundred_thousand_operations_agree_with_the_model)
{
	memset(&model, 0, sizeof(model));
	model.victim = -1;
	model.removes = -1;
	rig_start(LIMIT);
	rig.on_end = ended;
	rig.on_act = acted;
	numbers = support_random();
	for (unsigned i = 0; i < OPERATIONS; i++) {
		unsigned who = (unsigned)ipoib__random_below(numbers, ADDRESSES);

		if (ipoib__random_below(numbers, 4) == 0)
			rig_run_until(support_now + (S >> ipoib__random_below(numbers, 8)) * 4);
		else if (ipoib__random_below(numbers, 500) == 0)
			rig_run_until(support_now + 90 * S);
		else if (rig_find(who))
			change(who);
		else
			make(who);
		check_all();
	}
	while (model.count > 0) {
		model.removes = (int)model.order[0];
		ipoib__neighbours_remove(&rig.table, rig_find(model.order[0]), false);
	}
	ipoib__neighbours_fini(&rig.table);
}
END_TEST

Suite *suite_model(void)
{
	Suite *suite = suite_create("model");
	TCase *tcase = tcase_create("model");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 120); /* for valgrind */
	tcase_add_test(tcase, a_hundred_thousand_operations_agree_with_the_model);
	suite_add_tcase(suite, tcase);
	return suite;
}
