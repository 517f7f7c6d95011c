/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Every state of a neighbour and every event, as a table: the diagram of neighbour.h in full. */
#include "neighbour/neighbour_rig.h"

#include <stdio.h>
#include <string.h>

#include "support/support.h"

#define KEEP (IPOIB_NEVER - 1) /* the deadline stays what it was */
#define NEVER IPOIB_NEVER

enum {
	NEW = IPOIB__NEIGHBOUR_NEW,
	INCOMPLETE = IPOIB_NEIGHBOUR_INCOMPLETE,
	REACHABLE = IPOIB_NEIGHBOUR_REACHABLE,
	STALE = IPOIB_NEIGHBOUR_STALE,
	DELAY = IPOIB_NEIGHBOUR_DELAY,
	PROBE = IPOIB_NEIGHBOUR_PROBE,
	FAILED = IPOIB_NEIGHBOUR_FAILED,
	STATES,
};

enum { USE, TIMER, ANSWER, HEARD, DOUBT, EVENTS };
enum { ASK = IPOIB__NEIGHBOUR_ASK_BROADCAST, UNICAST = IPOIB__NEIGHBOUR_ASK_UNICAST };
enum { RESOLVED = IPOIB__NEIGHBOUR_RESOLVED, MOVED = IPOIB__NEIGHBOUR_MOVED };
enum { FORGET = IPOIB__NEIGHBOUR_FORGET };

static const struct row {
	uint8_t state;
	uint8_t event;
	bool other; /* ANSWER and HEARD: with another address than before */
	uint8_t after;
	unsigned actions;
	uint64_t deadline; /* from now */
} rows[] = {
	{ NEW, USE, false, INCOMPLETE, ASK, 1 * S },
	{ NEW, TIMER, false, NEW, 0, NEVER },
	{ NEW, ANSWER, false, REACHABLE, RESOLVED, 20 * S },
	{ NEW, HEARD, false, STALE, RESOLVED, NEVER },
	{ NEW, DOUBT, false, NEW, 0, KEEP },

	{ INCOMPLETE, USE, false, INCOMPLETE, 0, KEEP },
	{ INCOMPLETE, TIMER, false, INCOMPLETE, ASK, 1 * S },
	{ INCOMPLETE, ANSWER, false, REACHABLE, RESOLVED, 20 * S },
	{ INCOMPLETE, HEARD, false, STALE, RESOLVED, NEVER },
	{ INCOMPLETE, DOUBT, false, INCOMPLETE, 0, KEEP },

	{ REACHABLE, USE, false, REACHABLE, 0, KEEP },
	{ REACHABLE, TIMER, false, STALE, 0, NEVER },
	{ REACHABLE, ANSWER, false, REACHABLE, 0, 20 * S },
	{ REACHABLE, ANSWER, true, REACHABLE, MOVED, 20 * S },
	{ REACHABLE, HEARD, false, REACHABLE, 0, KEEP },
	{ REACHABLE, HEARD, true, STALE, MOVED, NEVER },
	{ REACHABLE, DOUBT, false, STALE, 0, NEVER },

	{ STALE, USE, false, DELAY, 0, 5 * S },
	{ STALE, TIMER, false, STALE, 0, NEVER },
	{ STALE, ANSWER, false, REACHABLE, 0, 20 * S },
	{ STALE, ANSWER, true, REACHABLE, MOVED, 20 * S },
	{ STALE, HEARD, false, STALE, 0, KEEP },
	{ STALE, HEARD, true, STALE, MOVED, NEVER },
	{ STALE, DOUBT, false, STALE, 0, KEEP },

	{ DELAY, USE, false, DELAY, 0, KEEP },
	{ DELAY, TIMER, false, PROBE, UNICAST, 1 * S },
	{ DELAY, ANSWER, false, REACHABLE, 0, 20 * S },
	{ DELAY, ANSWER, true, REACHABLE, MOVED, 20 * S },
	{ DELAY, HEARD, false, DELAY, 0, KEEP },
	{ DELAY, HEARD, true, STALE, MOVED, NEVER },
	{ DELAY, DOUBT, false, DELAY, 0, KEEP },

	{ PROBE, USE, false, PROBE, 0, KEEP },
	{ PROBE, TIMER, false, PROBE, UNICAST, 1 * S },
	{ PROBE, ANSWER, false, REACHABLE, 0, 20 * S },
	{ PROBE, ANSWER, true, REACHABLE, MOVED, 20 * S },
	{ PROBE, HEARD, false, PROBE, 0, KEEP },
	{ PROBE, HEARD, true, STALE, MOVED, NEVER },
	{ PROBE, DOUBT, false, PROBE, 0, KEEP },

	{ FAILED, USE, false, INCOMPLETE, ASK, 1 * S },
	{ FAILED, TIMER, false, FAILED, FORGET, NEVER },
	{ FAILED, ANSWER, false, REACHABLE, RESOLVED, 20 * S },
	{ FAILED, HEARD, false, STALE, RESOLVED, NEVER },
	{ FAILED, DOUBT, false, FAILED, 0, KEEP },
};

static bool has_address(unsigned state)
{
	return state == REACHABLE || state == STALE || state == DELAY || state == PROBE;
}

/* A neighbour that came into its state at 100 s, and whose hold time is over. */
static struct ipoib__neighbour in_state(uint8_t state)
{
	struct ipoib__neighbour n = {
		.state = state,
		.deadline = 107 * S,
		.updated = 100 * S,
		.confirmed = 50 * S,
		.hold_until = 101 * S,
	};

	if (has_address(state))
		n.link_address = rig_address(0, 0x48, 1);
	if (state == INCOMPLETE || state == PROBE)
		n.asks = 1;
	if (state == FAILED)
		n.failures = 1;
	return n;
}

static void check_row(const struct row *row, const char *where)
{
	struct ipoib_link_address same = rig_address(0, 0x48, 1), other = rig_address(0, 0x48, 2);
	const struct ipoib_link_address *told = row->other ? &other : &same;
	bool tells = row->event == ANSWER || row->event == HEARD;
	bool news = row->after != row->state || (row->actions & (RESOLVED | MOVED)) != 0;
	struct ipoib__neighbour n = in_state(row->state);
	unsigned actions = ipoib__neighbour_step(&n, (enum ipoib__neighbour_event)row->event,
						 tells ? told : NULL, 20 * S, 107 * S);
	uint64_t deadline = row->deadline == KEEP  ? 107 * S :
			    row->deadline == NEVER ? IPOIB_NEVER :
						     107 * S + row->deadline;

	ck_assert_msg(n.state == row->after, "%s: state %u", where, n.state);
	ck_assert_msg(actions == row->actions, "%s: actions %u", where, actions);
	ck_assert_msg(n.deadline == deadline, "%s: deadline %llu", where,
		      (unsigned long long)n.deadline);
	ck_assert_msg(n.updated == (news ? 107 * S : 100 * S), "%s: updated", where);
	ck_assert_msg(n.confirmed == (row->event == ANSWER ? 107 * S : 50 * S), "%s: confirmed",
		      where);
	ck_assert_msg(n.moves == (row->actions & MOVED ? 1 : 0), "%s: moves", where);
	ck_assert_msg(ipoib__neighbour_valid(&n) == has_address(row->after), "%s: valid", where);
	if (tells) /* no state says "valid" before the address is there (I26) */
		ck_assert_msg(memcmp(&n.link_address, told, sizeof(*told)) == 0, "%s: address",
			      where);
}

START_TEST(each_state_answers_each_event_as_the_diagram_says)
{
	bool seen[STATES][EVENTS] = { { false } };
	char where[60];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(where, sizeof(where), "row %zu (state %u, event %u)", i, rows[i].state,
			 rows[i].event);
		check_row(&rows[i], where);
		seen[rows[i].state][rows[i].event] = true;
	}
	for (unsigned state = 0; state < STATES; state++)
		for (unsigned event = 0; event < EVENTS; event++)
			ck_assert_msg(seen[state][event], "no row for %u, %u", state, event);
}
END_TEST

Suite *suite_machine_table(void)
{
	Suite *suite = suite_create("machine table");
	TCase *tcase = tcase_create("machine table");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, each_state_answers_each_event_as_the_diagram_says);
	suite_add_tcase(suite, tcase);
	return suite;
}
