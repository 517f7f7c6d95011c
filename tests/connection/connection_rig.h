/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A set of connections with an owner that only takes notes. Peers are numbered. The owner checks
 * by itself that what is told makes sense: that nothing is dialled that is, nothing hung up that
 * is not, and that an entry ends with nothing left at the transport.
 */
#ifndef IPOIB_TESTS_CONNECTION_RIG_H
#define IPOIB_TESTS_CONNECTION_RIG_H

#include <check.h>

#include "connection/connection.h"

#define S UINT64_C(1000000000)
#define MS UINT64_C(1000000)
#define RIG_ENTRIES 1000
#define RIG_AGE (5 * S)

/* An entry as the floor above makes them: longer than the set's part. */
struct rig_connection {
	struct ipoib__connection connection;
	bool there; /* at the transport */
	bool busy;
	uint64_t there_as;
	uint64_t ended_at; /* when it was last lost, or given up */
};

struct rig {
	struct ipoib__connections set;
	struct ipoib__wheel wheel;
	bool dial_fails;
	bool refusing; /* whoever is dialled fails at once */
	unsigned n_there, n_dials, n_hung_up, n_usable, n_lost, n_given_up, n_ended;
	uint64_t id_last;
	struct ipoib__connection *reaped; /* the one that was hung up last */
};

extern struct rig rig;

void rig_start(uint32_t limit);
void rig_fini(void);
void rig_run_until(uint64_t now);

struct ipoib_link_address rig_peer(unsigned number);
/* Gets an entry, which must succeed. */
struct ipoib__connection *rig_get(unsigned number);
/* A peer makes a connection; NULL: the set took it not. */
struct ipoib__connection *rig_take(unsigned number);
void rig_step(struct ipoib__connection *c, enum ipoib__connection_event event);
/* A packet is to be sent. */
void rig_want(unsigned number);
/* The same, and the peer agrees. */
struct ipoib__connection *rig_up(unsigned number);
void rig_set_busy(struct ipoib__connection *c, bool busy);
unsigned rig_count(void);

/* What must hold at every moment. */
void rig_check_set(void);

/* As ck_assert(), but silent while it holds: Check's own are too slow for 100,000 rounds. */
#define rig_check(condition)                                  \
	do {                                                  \
		if (!(condition))                             \
			ck_abort_msg("not: %s", #condition);  \
	} while (0)

/* One connection, for the pure half; its failures are held for ten seconds. */
extern struct ipoib__connection rig_one;
void rig_one_start(void);
unsigned rig_one_step(enum ipoib__connection_event event, uint64_t now);
/* What a dialling that fails brings about. */
#define NOT_MADE                                                                                   \
	(IPOIB__CONNECTION_HANG_UP | IPOIB__CONNECTION_GIVE_UP | IPOIB__CONNECTION_FAILED)

Suite *suite_loss(void);
Suite *suite_machine(void);
Suite *suite_machine_table(void);
Suite *suite_set(void);
Suite *suite_limits(void);
Suite *suite_model(void);

#endif
