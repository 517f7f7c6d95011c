/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Every state of a path and every event, as a table. */
#include <stdio.h>
#include <string.h>

#include "path/path_rig.h"
#include "support/support.h"

#define KEEP (IPOIB_NEVER - 1) /* what it was */
#define NEVER IPOIB_NEVER

enum {
	NEW = IPOIB__PATH_NEW,
	QUERYING = IPOIB_PATH_QUERYING,
	VALID = IPOIB_PATH_VALID,
	REFRESH = IPOIB_PATH_REFRESH,
	FAILED = IPOIB_PATH_FAILED,
	STATES,
};

enum { NEED, ANSWER, REFUSAL, SILENCE, TIMER, FLUSH, EVENTS };
enum { ASK = IPOIB__PATH_ASK, USABLE = IPOIB__PATH_USABLE };
enum { LOST = IPOIB__PATH_LOST, FLUSHED = IPOIB__PATH_FLUSHED };
enum { TRUSTED, DOUBTED };
enum { FREE, HELD };

/* It is 100 s; 9 s were drawn as hold time or age. The failures are 2 before. */
static const struct row {
	uint8_t state, doubted, held, event;
	uint8_t after, doubted_after;
	unsigned actions, failures;
	uint64_t deadline, hold_until;
} rows[] = {
	{ NEW, TRUSTED, FREE, NEED, QUERYING, TRUSTED, ASK, 2, KEEP, KEEP },
	{ NEW, DOUBTED, FREE, NEED, QUERYING, DOUBTED, ASK, 2, KEEP, KEEP },
	{ NEW, TRUSTED, FREE, ANSWER, VALID, TRUSTED, USABLE, 0, 109 * S, 0 },
	{ NEW, TRUSTED, FREE, REFUSAL, FAILED, TRUSTED, LOST, 3, NEVER, 109 * S },
	{ NEW, TRUSTED, FREE, SILENCE, FAILED, TRUSTED, LOST, 3, NEVER, 109 * S },
	{ NEW, TRUSTED, FREE, TIMER, NEW, TRUSTED, 0, 2, NEVER, KEEP },
	{ NEW, DOUBTED, FREE, FLUSH, NEW, TRUSTED, FLUSHED, 0, NEVER, 0 },

	{ QUERYING, TRUSTED, FREE, NEED, QUERYING, TRUSTED, 0, 2, KEEP, KEEP },
	{ QUERYING, DOUBTED, FREE, NEED, QUERYING, DOUBTED, 0, 2, KEEP, KEEP },
	{ QUERYING, DOUBTED, FREE, ANSWER, VALID, TRUSTED, USABLE, 0, 109 * S, 0 },
	{ QUERYING, TRUSTED, FREE, REFUSAL, FAILED, TRUSTED, LOST, 3, NEVER, 109 * S },
	{ QUERYING, TRUSTED, FREE, SILENCE, FAILED, TRUSTED, LOST, 3, NEVER, 109 * S },
	{ QUERYING, TRUSTED, FREE, TIMER, QUERYING, TRUSTED, 0, 2, NEVER, KEEP },
	{ QUERYING, TRUSTED, FREE, FLUSH, NEW, TRUSTED, FLUSHED, 0, NEVER, 0 },

	{ VALID, TRUSTED, FREE, NEED, VALID, TRUSTED, 0, 2, KEEP, KEEP },
	{ VALID, DOUBTED, FREE, NEED, REFRESH, DOUBTED, ASK, 2, KEEP, KEEP },
	{ VALID, DOUBTED, HELD, NEED, VALID, DOUBTED, 0, 2, KEEP, KEEP },
	{ VALID, TRUSTED, FREE, ANSWER, VALID, TRUSTED, USABLE, 0, 109 * S, 0 },
	{ VALID, TRUSTED, FREE, REFUSAL, FAILED, TRUSTED, LOST, 3, NEVER, 109 * S },
	{ VALID, TRUSTED, FREE, SILENCE, FAILED, TRUSTED, LOST, 3, NEVER, 109 * S },
	{ VALID, TRUSTED, FREE, TIMER, VALID, DOUBTED, 0, 2, NEVER, KEEP },
	{ VALID, DOUBTED, HELD, FLUSH, NEW, TRUSTED, FLUSHED, 0, NEVER, 0 },

	{ REFRESH, DOUBTED, FREE, NEED, REFRESH, DOUBTED, 0, 2, KEEP, KEEP },
	{ REFRESH, DOUBTED, FREE, ANSWER, VALID, TRUSTED, USABLE, 0, 109 * S, 0 },
	{ REFRESH, DOUBTED, FREE, REFUSAL, FAILED, DOUBTED, LOST, 3, NEVER, 109 * S },
	{ REFRESH, TRUSTED, FREE, SILENCE, VALID, DOUBTED, 0, 3, KEEP, 109 * S },
	{ REFRESH, DOUBTED, FREE, TIMER, REFRESH, DOUBTED, 0, 2, NEVER, KEEP },
	{ REFRESH, DOUBTED, FREE, FLUSH, NEW, TRUSTED, FLUSHED, 0, NEVER, 0 },

	{ FAILED, TRUSTED, FREE, NEED, QUERYING, TRUSTED, ASK, 2, NEVER, KEEP },
	{ FAILED, TRUSTED, HELD, NEED, FAILED, TRUSTED, 0, 2, KEEP, KEEP },
	{ FAILED, DOUBTED, HELD, NEED, FAILED, DOUBTED, 0, 2, KEEP, KEEP },
	{ FAILED, TRUSTED, FREE, ANSWER, VALID, TRUSTED, USABLE, 0, 109 * S, 0 },
	{ FAILED, TRUSTED, FREE, REFUSAL, FAILED, TRUSTED, LOST, 3, NEVER, 109 * S },
	{ FAILED, TRUSTED, FREE, SILENCE, FAILED, TRUSTED, LOST, 3, NEVER, 109 * S },
	{ FAILED, TRUSTED, FREE, TIMER, FAILED, TRUSTED, 0, 2, NEVER, KEEP },
	{ FAILED, TRUSTED, HELD, FLUSH, NEW, TRUSTED, FLUSHED, 0, NEVER, 0 },
};

static void check_row(const struct row *row, const char *where)
{
	const struct ipoib_path_record record = rig_record(1, 17);
	uint64_t hold = row->held ? 100 * S + 1 : 100 * S; /* over at that very instant */
	struct ipoib__path path = {
		.state = row->state,
		.doubted = row->doubted,
		.failures = 2,
		.deadline = 200 * S,
		.hold_until = hold,
		.since = 1 * S,
	};
	bool answered = row->event == ANSWER;
	unsigned actions;

	actions = ipoib__path_step(&path, (enum ipoib__path_event)row->event,
				   answered ? &record : NULL, 9 * S, 100 * S);
	ck_assert_msg(path.state == row->after, "%s: state %u", where, path.state);
	ck_assert_msg(path.doubted == row->doubted_after, "%s: doubted", where);
	ck_assert_msg(actions == row->actions, "%s: actions %u", where, actions);
	ck_assert_msg(path.failures == row->failures, "%s: failures %u", where, path.failures);
	ck_assert_msg(path.deadline == (row->deadline == KEEP ? 200 * S : row->deadline),
		      "%s: deadline", where);
	ck_assert_msg(path.hold_until == (row->hold_until == KEEP ? hold : row->hold_until),
		      "%s: hold", where);
	ck_assert_msg(path.since == (answered ? 100 : 1) * S, "%s: since", where);
	ck_assert_msg(path.record.dlid == (answered ? 17 : 0), "%s: record", where);
	ck_assert_msg(ipoib__path_usable(&path) == (row->after == VALID || row->after == REFRESH),
		      "%s: usable", where);
}

START_TEST(each_state_answers_each_event_as_the_table_says)
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

START_TEST(the_hold_time_doubles_from_a_tenth_of_a_second_to_64_s)
{
	static const uint64_t holds[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 640, 640 };

	for (unsigned i = 0; i < sizeof(holds) / sizeof(holds[0]); i++)
		ck_assert_uint_eq(ipoib__path_hold(i + 1), holds[i] * S / 10);
	ck_assert_uint_eq(ipoib__path_hold(256), 64 * S);
	ck_assert_uint_eq(ipoib__path_hold(UINT32_MAX), 64 * S);
}
END_TEST

START_TEST(the_count_of_failures_does_not_wrap)
{
	struct ipoib__path path = { .state = QUERYING, .failures = UINT8_MAX - 1 };

	for (unsigned i = 0; i < 3; i++)
		ipoib__path_step(&path, IPOIB__PATH_SILENCE, NULL, 1 * S, 1 * S);
	ck_assert_uint_eq(path.failures, UINT8_MAX);
}
END_TEST

Suite *suite_machine(void)
{
	Suite *suite = suite_create("machine");
	TCase *tcase = tcase_create("machine");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, each_state_answers_each_event_as_the_table_says);
	tcase_add_test(tcase, the_hold_time_doubles_from_a_tenth_of_a_second_to_64_s);
	tcase_add_test(tcase, the_count_of_failures_does_not_wrap);
	suite_add_tcase(suite, tcase);
	return suite;
}
