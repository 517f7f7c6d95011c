/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A table of neighbours with an owner that only takes notes. What the table has its owner do is
 * written down as a story that a test compares with the one it expects:
 *
 *	"0 ask; 1 ask; 2 ask; 3 unreached; 63 end; "
 *
 * The number is the second in which it happened. CHANGED stands beside nearly everything and is
 * left out: the tests of the machine look at it.
 */
#ifndef IPOIB_TESTS_NEIGHBOUR_RIG_H
#define IPOIB_TESTS_NEIGHBOUR_RIG_H

#include <check.h>

#include "neighbour/neighbour.h"

#define S UINT64_C(1000000000)
#define MS UINT64_C(1000000)

/* An entry as the floor above makes them: longer than the table's part. */
struct rig_entry {
	struct ipoib__neighbour neighbour;
	bool busy;
};

struct rig {
	struct ipoib__neighbours table;
	struct ipoib__wheel wheel;
	char story[2000];
	size_t length;
	bool trials; /* their questions are part of the story */
	void (*on_end)(struct ipoib__neighbour *n, bool evicted); /* or NULL */
	void (*on_act)(struct ipoib__neighbour *n, unsigned actions);
};

extern struct rig rig;

/* The kernel's times, ACCEPT, and no collection. */
struct ipoib__neighbour_parameters rig_parameters(uint32_t limit);
/* An empty table of that limit with these parameters, at time 0. */
void rig_start(uint32_t limit);
void rig_start_with(const struct ipoib__neighbour_parameters *parameters);
/* The same with one neighbour, 10.0.0.1: REACHABLE at this address, asked for by multicast. */
struct ipoib__neighbour *rig_start_at(const struct ipoib_link_address *address,
				      enum ipoib_flux_policy policy);
/* Lets the timers fire, each in its time, until the clock stands at now. */
void rig_run_until(uint64_t now);
/* The story since the last time it was asked for. */
const char *rig_story(void);

struct ipoib_ip rig_ip(unsigned last_octet);
/* The link address of the peer with this port and queue pair. */
struct ipoib_link_address rig_address(uint8_t flags, uint32_t qpn, uint8_t port);

/* Makes the entry of 10.0.0.n, which must succeed. */
struct ipoib__neighbour *rig_make(unsigned last_octet, bool wanted);
struct ipoib__neighbour *rig_find(unsigned last_octet);
/* One step with a whole event. */
void rig_happen(struct ipoib__neighbour *n, const struct ipoib__neighbour_event *event);
void rig_step(struct ipoib__neighbour *n, enum ipoib__neighbour_event_type type,
	      const struct ipoib_link_address *address);
void rig_use(struct ipoib__neighbour *n);
void rig_answer(struct ipoib__neighbour *n, const struct ipoib_link_address *address);

/* As ck_assert(), but silent while it holds: Check's own are too slow for 100,000 rounds. */
#define rig_check(condition)                                  \
	do {                                                  \
		if (!(condition))                             \
			ck_abort_msg("not: %s", #condition);  \
	} while (0)

Suite *suite_machine_table(void);
Suite *suite_machine(void);
Suite *suite_attack(void);
Suite *suite_gc(void);
Suite *suite_laws(void);
Suite *suite_first(void);
Suite *suite_flux(void);
Suite *suite_hints(void);
Suite *suite_prefix(void);
Suite *suite_table(void);
Suite *suite_model(void);
Suite *suite_trial(void);

#endif
