/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A cache of paths with an owner that only takes notes, and a subnet administrator (SA) that
 * answers when the test says so. Paths are numbered: path n leads to the GID that ends in n.
 *
 * The owner checks by itself that each question has an id of its own, and is answered or taken
 * back once, and never twice.
 */
#ifndef IPOIB_TESTS_PATH_RIG_H
#define IPOIB_TESTS_PATH_RIG_H

#include <check.h>

#include "path/path.h"

#define S UINT64_C(1000000000)
#define MS UINT64_C(1000000)

#define RIG_PATHS 256
#define RIG_QUESTIONS 200000

/* A path as the floor above makes them: longer than the part of the cache. */
struct rig_path {
	struct ipoib__path path;
	unsigned of_the_owner;
};

struct rig {
	struct ipoib__paths cache;
	struct ipoib__wheel wheel;
	bool ask_fails;
	unsigned ask_room; /* questions that the SA's client takes at a time; 0: all */
	bool open[RIG_QUESTIONS]; /* by id */
	bool seen[RIG_QUESTIONS];
	unsigned asked[RIG_QUESTIONS]; /* numbers of paths, in the order of asking */
	unsigned n_asked, n_open, n_cancelled, n_refused_asks;
	unsigned usable, lost, flushed, ended;          /* what act and end were called for */
	unsigned ended_numbers[RIG_QUESTIONS];
	void (*on_end)(unsigned number); /* or NULL */
};

extern struct rig rig;

/* An empty cache of that limit, at the time that the clock shows. */
void rig_start(uint32_t limit);
void rig_run_until(uint64_t now);

struct ipoib_gid rig_gid(unsigned number);
struct ipoib_path_record rig_record(unsigned number, uint16_t dlid);

struct ipoib__path *rig_find(unsigned number);
/* Gets a path, which must succeed; held: by one user. */
struct ipoib__path *rig_get(unsigned number, bool held);
void rig_need(unsigned number);
/* The SA answers the question of a path: with a record, or with a negative errno. */
void rig_answer(unsigned number, uint16_t dlid);
void rig_fail(unsigned number, int status);
/* Gets, holds, needs and answers a path. */
struct ipoib__path *rig_valid(unsigned number);

/* What must hold at every moment: who is on which list, and how many are asked. */
void rig_check_cache(void);

/* As ck_assert(), but silent while it holds: Check's own are too slow for 100,000 rounds. */
#define rig_check(condition)                                  \
	do {                                                  \
		if (!(condition))                             \
			ck_abort_msg("not: %s", #condition);  \
	} while (0)

Suite *suite_machine(void);
Suite *suite_ask(void);
Suite *suite_keep(void);
Suite *suite_flush(void);
Suite *suite_model(void);

#endif
