/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A set of groups with an owner that only takes notes, and a subnet administrator (SA) that
 * answers when the test says so and remembers whom it has let in. Groups are numbered; 0 is the
 * broadcast group.
 *
 * The owner checks by itself that each question has an id of its own, that a group has one
 * question at most, and that a group ends with its membership left.
 */
#ifndef IPOIB_TESTS_MULTICAST_RIG_H
#define IPOIB_TESTS_MULTICAST_RIG_H

#include <check.h>

#include "multicast/multicast.h"

#define S UINT64_C(1000000000)
#define MS UINT64_C(1000000)

#define RIG_GROUPS 1100
#define RIG_QUESTIONS 400000
#define FULL IPOIB_JOIN_FULL_MEMBER
#define SENDER IPOIB_JOIN_SEND_ONLY_FULL_MEMBER

/* A group as the floor above makes them: longer than the set's part. */
struct rig_group {
	struct ipoib__group group;
	unsigned of_the_owner;
};

struct rig_note {
	unsigned number;
	uint8_t join_state;
	uint64_t when;
};

struct rig {
	struct ipoib__groups set;
	struct ipoib__wheel wheel;
	bool join_fails;
	bool open[RIG_QUESTIONS]; /* by id */
	bool seen[RIG_QUESTIONS];
	struct rig_note joined[RIG_QUESTIONS], left[RIG_QUESTIONS]; /* in order */
	unsigned n_joined, n_left, n_open, n_cancelled, n_refused_joins;
	unsigned usable, lost, failed, ended; /* what act and end were called for */
	uint8_t member_as[RIG_GROUPS]; /* as the SA sees it */
	bool there[RIG_GROUPS];
};

extern struct rig rig;

/* An empty set, at the time that the clock shows. */
void rig_start(void);
/* The same with the broadcast group joined and the port up. */
void rig_start_up(void);
void rig_run_until(uint64_t now);
void rig_fini(void);

struct ipoib_gid rig_mgid(unsigned number);
struct ipoib__group *rig_find(unsigned number);
/* Gets a group, which must succeed, and settles nothing. */
struct ipoib__group *rig_get(unsigned number);
/* A packet goes to a group: it is made when there is none. */
void rig_send(unsigned number);
/* A member of a group comes or goes. */
void rig_enter(unsigned number);
void rig_leave(unsigned number);
/* The SA answers the question of a group: with a record, or not. */
void rig_answer(unsigned number, uint16_t mlid);
void rig_fail(unsigned number);
/* The port goes up or down; the SA forgets a port that is down. */
void rig_up(void);
void rig_down(void);
void rig_again(void);

/* What must hold at every moment. */
void rig_check_set(void);

/* As ck_assert(), but silent while it holds: Check's own are too slow for 100,000 rounds. */
#define rig_check(condition)                                  \
	do {                                                  \
		if (!(condition))                             \
			ck_abort_msg("not: %s", #condition);  \
	} while (0)

Suite *suite_machine(void);
Suite *suite_join(void);
Suite *suite_members(void);
Suite *suite_room(void);
Suite *suite_model(void);

#endif
