/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Every state and every event: where it leads, and what is to be done. */
#include <string.h>

#include "connection/connection_rig.h"
#include "support/support.h"

#define IDLE IPOIB__CONNECTION_IDLE
#define DIALLING IPOIB__CONNECTION_DIALLING
#define UP IPOIB__CONNECTION_UP
#define HELD IPOIB__CONNECTION_HELD
#define TAKEN IPOIB__CONNECTION_TAKEN

#define DIAL IPOIB__CONNECTION_DIAL
#define USABLE IPOIB__CONNECTION_USABLE
#define HANG_UP IPOIB__CONNECTION_HANG_UP
#define LOST (HANG_UP | IPOIB__CONNECTION_LOST)
#define FAILED IPOIB__CONNECTION_FAILED
#define GIVE_UP (HANG_UP | IPOIB__CONNECTION_GIVE_UP)
#define REMOVE IPOIB__CONNECTION_FORGET
#define END (HANG_UP | REMOVE)
#define ANY 0 /* the entry goes: its state means nothing */

#define NOW (1000 * S)
#define HOLD (7 * S)

static const struct {
	uint8_t from;
	enum ipoib__connection_event event;
	uint8_t to;
	unsigned actions;
} table[] = {
	{ IDLE, IPOIB__CONNECTION_WANT, DIALLING, DIAL },
	{ IDLE, IPOIB__CONNECTION_ANSWER, IDLE, 0 },
	{ IDLE, IPOIB__CONNECTION_UNKNOWN, IDLE, 0 },
	{ IDLE, IPOIB__CONNECTION_STALE, IDLE, 0 },
	{ IDLE, IPOIB__CONNECTION_FAILURE, IDLE, 0 },
	{ IDLE, IPOIB__CONNECTION_ENDED, IDLE, 0 },
	{ IDLE, IPOIB__CONNECTION_ADOPT, DIALLING, 0 },
	{ IDLE, IPOIB__CONNECTION_TIMER, ANY, REMOVE },
	{ IDLE, IPOIB__CONNECTION_NO_ROOM, HELD, IPOIB__CONNECTION_GIVE_UP | FAILED },
	{ IDLE, IPOIB__CONNECTION_REFUSED, IDLE, 0 },
	{ IDLE, IPOIB__CONNECTION_PROOF, IDLE, 0 },
	{ IDLE, IPOIB__CONNECTION_MOVED, IDLE, 0 },
	{ DIALLING, IPOIB__CONNECTION_WANT, DIALLING, 0 },
	{ DIALLING, IPOIB__CONNECTION_ANSWER, UP, USABLE },
	{ DIALLING, IPOIB__CONNECTION_UNKNOWN, DIALLING, HANG_UP | DIAL },
	{ DIALLING, IPOIB__CONNECTION_STALE, DIALLING, HANG_UP | DIAL },
	{ DIALLING, IPOIB__CONNECTION_FAILURE, HELD, GIVE_UP | FAILED },
	{ DIALLING, IPOIB__CONNECTION_ENDED, HELD, GIVE_UP | FAILED },
	{ DIALLING, IPOIB__CONNECTION_ADOPT, DIALLING, HANG_UP },
	{ DIALLING, IPOIB__CONNECTION_NO_ROOM, DIALLING, 0 },
	{ DIALLING, IPOIB__CONNECTION_REFUSED, HELD, GIVE_UP | FAILED },
	{ DIALLING, IPOIB__CONNECTION_PROOF, DIALLING, 0 },
	{ DIALLING, IPOIB__CONNECTION_MOVED, DIALLING, HANG_UP | DIAL },
	{ UP, IPOIB__CONNECTION_WANT, UP, 0 },
	{ UP, IPOIB__CONNECTION_ANSWER, UP, 0 },
	{ UP, IPOIB__CONNECTION_UNKNOWN, IDLE, LOST | FAILED },
	{ UP, IPOIB__CONNECTION_STALE, IDLE, LOST | FAILED },
	{ UP, IPOIB__CONNECTION_FAILURE, IDLE, LOST | FAILED },
	{ UP, IPOIB__CONNECTION_ENDED, IDLE, LOST },
	{ UP, IPOIB__CONNECTION_ADOPT, DIALLING, HANG_UP },
	{ UP, IPOIB__CONNECTION_TIMER, IDLE, LOST },
	{ UP, IPOIB__CONNECTION_NO_ROOM, UP, 0 },
	{ UP, IPOIB__CONNECTION_REFUSED, IDLE, LOST | FAILED },
	{ UP, IPOIB__CONNECTION_PROOF, UP, 0 },
	{ UP, IPOIB__CONNECTION_MOVED, IDLE, LOST },
	{ HELD, IPOIB__CONNECTION_WANT, HELD, 0 },
	{ HELD, IPOIB__CONNECTION_ANSWER, HELD, 0 },
	{ HELD, IPOIB__CONNECTION_UNKNOWN, HELD, 0 },
	{ HELD, IPOIB__CONNECTION_STALE, HELD, 0 },
	{ HELD, IPOIB__CONNECTION_FAILURE, HELD, 0 },
	{ HELD, IPOIB__CONNECTION_ENDED, HELD, 0 },
	{ HELD, IPOIB__CONNECTION_ADOPT, DIALLING, 0 },
	{ HELD, IPOIB__CONNECTION_TIMER, ANY, REMOVE },
	{ HELD, IPOIB__CONNECTION_REFUSED, HELD, 0 },
	{ HELD, IPOIB__CONNECTION_PROOF, HELD, 0 },
	{ HELD, IPOIB__CONNECTION_MOVED, HELD, 0 },
	{ TAKEN, IPOIB__CONNECTION_WANT, TAKEN, 0 },
	{ TAKEN, IPOIB__CONNECTION_ANSWER, TAKEN, 0 },
	{ TAKEN, IPOIB__CONNECTION_UNKNOWN, ANY, END },
	{ TAKEN, IPOIB__CONNECTION_STALE, ANY, END },
	{ TAKEN, IPOIB__CONNECTION_FAILURE, ANY, END },
	{ TAKEN, IPOIB__CONNECTION_ENDED, ANY, END },
	{ TAKEN, IPOIB__CONNECTION_TIMER, ANY, END },
	{ TAKEN, IPOIB__CONNECTION_NO_ROOM, TAKEN, 0 },
	{ TAKEN, IPOIB__CONNECTION_REFUSED, ANY, END },
	{ TAKEN, IPOIB__CONNECTION_PROOF, TAKEN, 0 },
	{ TAKEN, IPOIB__CONNECTION_MOVED, TAKEN, 0 },
};

START_TEST(every_state_and_every_event_are_as_the_table_says)
{
	struct ipoib__connection c = { .state = table[_i].from, .hold_until = NOW + 1 };
	unsigned actions = ipoib__connection_step(&c, table[_i].event, 1500, HOLD, NOW);

	ck_assert_uint_eq(actions, table[_i].actions);
	if (actions & REMOVE)
		return;
	ck_assert_int_eq(c.state, table[_i].to);
	if (table[_i].to == table[_i].from)
		return;
	if (c.state == HELD) {
		ck_assert_uint_eq(c.hold_until, NOW + HOLD);
		ck_assert_uint_eq(c.failures, 1);
	} else {
		ck_assert_uint_eq(c.failures, 0);
	}
	if (c.state == UP) {
		ck_assert_uint_eq(c.mtu, 1500);
		ck_assert_uint_eq(c.deadline, NOW + 90 * S);
	} else if (c.state == DIALLING) {
		ck_assert_uint_eq(c.deadline, IPOIB_NEVER);
	} else {
		ck_assert_uint_eq(c.deadline, NOW + 300 * S);
	}
}
END_TEST

Suite *suite_machine_table(void)
{
	Suite *suite = suite_create("machine_table");
	TCase *tcase = tcase_create("machine_table");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_loop_test(tcase, every_state_and_every_event_are_as_the_table_says, 0,
			    sizeof(table) / sizeof(table[0]));
	suite_add_tcase(suite, tcase);
	return suite;
}
