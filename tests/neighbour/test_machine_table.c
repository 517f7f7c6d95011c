/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Every state of a neighbour, every event, every address that the event may tell and every flux
 * policy, as a table: the diagram of neighbour.h in full. A row stands for all combinations of its
 * sets, and each combination has exactly one row.
 */
#include "neighbour/neighbour_rig.h"

#include <stdio.h>
#include <string.h>

#include "support/support.h"

#define KEEP (IPOIB_NEVER - 1) /* the deadline stays what it was */
#define NEVER IPOIB_NEVER
#define STAY 0xff /* so does the state */

/* Where it starts from. AGAIN and LOST had an address before; LATE is asked by multicast. */
enum {
	NEW = 1 << 0,
	INCOMPLETE = 1 << 1,
	AGAIN = 1 << 2,
	REACHABLE = 1 << 3,
	STALE = 1 << 4,
	DELAY = 1 << 5,
	PROBE = 1 << 6,
	LATE = 1 << 7,
	FAILED = 1 << 8,
	LOST = 1 << 9,
	PERMANENT = 1 << 10,
	STARTS = 11,
	ANY = (1 << STARTS) - 1,
	UNKNOWN = NEW | INCOMPLETE | FAILED,
	GONE = AGAIN | LOST,
	VALID = REACHABLE | STALE | DELAY | PROBE | LATE,
};

enum {
	USE = 1 << IPOIB__NEIGHBOUR_USE,
	TIMER = 1 << IPOIB__NEIGHBOUR_TIMER,
	ANSWER = 1 << IPOIB__NEIGHBOUR_ANSWER,
	HEARD = 1 << IPOIB__NEIGHBOUR_HEARD,
	WEAK_ANSWER = 1 << IPOIB__NEIGHBOUR_WEAK_ANSWER,
	WEAK_HEARD = 1 << IPOIB__NEIGHBOUR_WEAK_HEARD,
	CONFIRM = 1 << IPOIB__NEIGHBOUR_CONFIRM,
	DOUBT = 1 << IPOIB__NEIGHBOUR_DOUBT,
	FIX = 1 << IPOIB__NEIGHBOUR_FIX,
	NO_PATH = 1 << IPOIB__NEIGHBOUR_NO_PATH,
	CHECK = 1 << IPOIB__NEIGHBOUR_CHECK,
	EVENTS = 11,
	ANSWERS = ANSWER | WEAK_ANSWER,
	HEARDS = HEARD | WEAK_HEARD,
	WEAK = WEAK_ANSWER | WEAK_HEARD,
};

/* The address that the event tells: the known one, its port restarted, another port, none. */
enum { SAME = 1, RESTART = 2, OTHER = 4, NONE = 8, SOME = SAME | RESTART | OTHER, WHO = 4 };

enum {
	P_CONFIRM = 1 << IPOIB_FLUX_CONFIRM,
	P_ACCEPT = 1 << IPOIB_FLUX_ACCEPT,
	P_PIN = 1 << IPOIB_FLUX_PIN,
	P_HOLD = 1 << IPOIB_FLUX_HOLD,
	POLICIES = 4,
	P_ANY = 15,
	P_MOVES = P_ACCEPT | P_HOLD,
};

enum { ASK = IPOIB__NEIGHBOUR_ASK_MULTICAST, UNICAST = IPOIB__NEIGHBOUR_ASK_UNICAST };
enum { RESOLVED = IPOIB__NEIGHBOUR_RESOLVED, MOVED = IPOIB__NEIGHBOUR_MOVED };
enum { FORGET = IPOIB__NEIGHBOUR_FORGET, FLUX = IPOIB__NEIGHBOUR_FLUX };
enum { KNOWN = IPOIB__NEIGHBOUR_ASK_KNOWN, CLAIMED = IPOIB__NEIGHBOUR_ASK_CLAIMED };
enum { OLD = IPOIB__NEIGHBOUR_ASK_OLD };

static const struct row {
	uint16_t starts;
	uint16_t events;
	uint8_t who;
	uint8_t policies;
	uint8_t after;
	unsigned actions;  /* CHANGED goes by the state and the address */
	uint64_t deadline; /* from now */
} rows[] = {
	{ NEW | FAILED | LOST, USE, NONE, P_ANY, IPOIB_NEIGHBOUR_INCOMPLETE, ASK, 1 * S },
	{ STALE, USE, NONE, P_ANY, IPOIB_NEIGHBOUR_DELAY, 0, 5 * S },
	{ ANY & ~(NEW | FAILED | LOST | STALE), USE, NONE, P_ANY, STAY, 0, KEEP },

	{ NEW | STALE | PERMANENT, TIMER, NONE, P_ANY, STAY, 0, NEVER },
	{ INCOMPLETE | AGAIN | LATE, TIMER, NONE, P_ANY, STAY, ASK, 1 * S },
	{ REACHABLE, TIMER, NONE, P_ANY, IPOIB_NEIGHBOUR_STALE, 0, NEVER },
	{ DELAY | PROBE, TIMER, NONE, P_ANY, IPOIB_NEIGHBOUR_PROBE, UNICAST, 1 * S },
	{ FAILED | LOST, TIMER, NONE, P_ANY, STAY, FORGET, NEVER },

	/* the first address */
	{ UNKNOWN, ANSWERS, SOME, P_ANY, IPOIB_NEIGHBOUR_REACHABLE, RESOLVED, 20 * S },
	{ UNKNOWN, HEARDS, SOME, P_ANY, IPOIB_NEIGHBOUR_STALE, RESOLVED, NEVER },
	{ UNKNOWN | GONE | PERMANENT, ANSWERS, NONE, P_ANY, STAY, 0, KEEP },

	/* back from the dead */
	{ GONE, ANSWERS, SAME, P_ANY, IPOIB_NEIGHBOUR_REACHABLE, RESOLVED, 20 * S },
	{ GONE, HEARDS, SAME, P_ANY, IPOIB_NEIGHBOUR_STALE, RESOLVED, NEVER },
	{ GONE, ANSWERS, RESTART, P_ANY, IPOIB_NEIGHBOUR_REACHABLE, RESOLVED | MOVED, 20 * S },
	{ GONE, HEARDS, RESTART, P_ANY, IPOIB_NEIGHBOUR_STALE, RESOLVED | MOVED, NEVER },
	{ GONE, ANSWERS, OTHER, P_MOVES | P_CONFIRM, IPOIB_NEIGHBOUR_REACHABLE,
	  RESOLVED | MOVED | FLUX, 20 * S },
	{ GONE, HEARDS, OTHER, P_MOVES | P_CONFIRM, IPOIB_NEIGHBOUR_STALE,
	  RESOLVED | MOVED | FLUX, NEVER },
	{ GONE, ANSWERS | HEARDS, OTHER, P_PIN, STAY, FLUX, KEEP },

	{ VALID, ANSWERS, SAME | NONE, P_ANY, IPOIB_NEIGHBOUR_REACHABLE, 0, 20 * S },
	{ VALID, HEARDS, SAME, P_ANY, STAY, 0, KEEP },
	{ VALID & ~LATE, ANSWER, RESTART, P_ANY, IPOIB_NEIGHBOUR_REACHABLE, MOVED | OLD, 20 * S },
	{ VALID & ~LATE, HEARD, RESTART, P_ANY, IPOIB_NEIGHBOUR_STALE, MOVED | OLD, NEVER },
	{ LATE, ANSWER, RESTART, P_ANY, IPOIB_NEIGHBOUR_REACHABLE, MOVED, 20 * S },
	{ LATE, HEARD, RESTART, P_ANY, IPOIB_NEIGHBOUR_STALE, MOVED, NEVER },
	{ VALID, ANSWER, OTHER, P_MOVES, IPOIB_NEIGHBOUR_REACHABLE, MOVED | FLUX, 20 * S },
	{ VALID, HEARD, OTHER, P_MOVES, IPOIB_NEIGHBOUR_STALE, MOVED | FLUX, NEVER },
	{ VALID, ANSWER | HEARD, OTHER, P_PIN, STAY, FLUX, KEEP },
	{ REACHABLE | STALE | DELAY, ANSWER | HEARD, OTHER, P_CONFIRM, IPOIB_NEIGHBOUR_PROBE,
	  FLUX | UNICAST | CLAIMED, 1 * S },
	{ PROBE, ANSWER | HEARD, OTHER, P_CONFIRM, STAY, FLUX | KNOWN | CLAIMED, KEEP },
	{ LATE, ANSWER, OTHER, P_CONFIRM, IPOIB_NEIGHBOUR_REACHABLE, MOVED | FLUX, 20 * S },
	{ LATE, HEARD, OTHER, P_CONFIRM, IPOIB_NEIGHBOUR_STALE, MOVED | FLUX, NEVER },
	{ REACHABLE, WEAK, RESTART | OTHER, P_ANY, IPOIB_NEIGHBOUR_STALE, 0, NEVER },
	{ VALID & ~REACHABLE, WEAK, RESTART | OTHER, P_ANY, STAY, 0, KEEP },

	{ STALE | DELAY | PROBE | LATE, CONFIRM, NONE, P_ANY, IPOIB_NEIGHBOUR_REACHABLE, 0,
	  20 * S },
	{ UNKNOWN | GONE | REACHABLE | PERMANENT, CONFIRM, NONE, P_ANY, STAY, 0, KEEP },
	{ REACHABLE, DOUBT, NONE, P_ANY, IPOIB_NEIGHBOUR_STALE, 0, NEVER },
	{ ANY & ~REACHABLE, DOUBT, NONE, P_ANY, STAY, 0, KEEP },

	{ ANY, NO_PATH, NONE, P_ANY, STAY, 0, KEEP },

	{ REACHABLE | STALE | DELAY, CHECK, NONE, P_ANY, IPOIB_NEIGHBOUR_PROBE, UNICAST, 1 * S },
	{ NEW | FAILED | LOST, CHECK, NONE, P_ANY, IPOIB_NEIGHBOUR_INCOMPLETE, ASK, 1 * S },
	{ INCOMPLETE | AGAIN | PROBE | LATE | PERMANENT, CHECK, NONE, P_ANY, STAY, 0, KEEP },

	{ PERMANENT, ANSWERS | HEARDS, SAME, P_ANY, STAY, 0, KEEP },
	{ PERMANENT, ANSWER | HEARD, RESTART | OTHER, P_ANY, STAY, FLUX, KEEP },
	{ PERMANENT, WEAK, RESTART | OTHER, P_ANY, STAY, 0, KEEP },
	{ UNKNOWN, FIX, SOME, P_ANY, IPOIB_NEIGHBOUR_PERMANENT, RESOLVED, NEVER },
	{ GONE, FIX, SAME, P_ANY, IPOIB_NEIGHBOUR_PERMANENT, RESOLVED, NEVER },
	{ GONE, FIX, RESTART | OTHER, P_ANY, IPOIB_NEIGHBOUR_PERMANENT, RESOLVED | MOVED, NEVER },
	{ VALID | PERMANENT, FIX, SAME, P_ANY, IPOIB_NEIGHBOUR_PERMANENT, 0, NEVER },
	{ VALID | PERMANENT, FIX, RESTART | OTHER, P_ANY, IPOIB_NEIGHBOUR_PERMANENT, MOVED,
	  NEVER },
};

/* What an event may tell. */
static unsigned tells(unsigned event)
{
	if ((1 << event) & ANSWERS)
		return SOME | NONE;
	return (1 << event) & (HEARDS | FIX) ? SOME : NONE;
}

static struct ipoib_link_address address_of(unsigned who)
{
	return rig_address(0, who == RESTART ? 0x49 : 0x48, who == OTHER ? 2 : 1);
}

/* A neighbour that came into its state at 100 s, and whose hold time is over. */
static struct ipoib__neighbour in_state(unsigned start)
{
	static const uint8_t states[STARTS] = {
		IPOIB__NEIGHBOUR_NEW,	   IPOIB_NEIGHBOUR_INCOMPLETE, IPOIB_NEIGHBOUR_INCOMPLETE,
		IPOIB_NEIGHBOUR_REACHABLE, IPOIB_NEIGHBOUR_STALE,      IPOIB_NEIGHBOUR_DELAY,
		IPOIB_NEIGHBOUR_PROBE,	   IPOIB_NEIGHBOUR_PROBE,      IPOIB_NEIGHBOUR_FAILED,
		IPOIB_NEIGHBOUR_FAILED,	   IPOIB_NEIGHBOUR_PERMANENT,
	};
	struct ipoib__neighbour n = {
		.state = states[start],
		.due = 107 * S,
		.deadline = 107 * S,
		.updated = 100 * S,
		.confirmed = 50 * S,
		.used = IPOIB_NEVER,
		.hold_until = 101 * S,
		.asks = (1 << start) == LATE ? 4 : 1,
	};

	if (!((1 << start) & UNKNOWN)) {
		n.link_address = address_of(SAME);
		n.known = true;
	}
	return n;
}

static const struct row *row_of(unsigned start, unsigned event, unsigned who, unsigned policy)
{
	const struct row *found = NULL;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!(rows[i].starts & 1 << start) || !(rows[i].events & 1 << event) ||
		    !(rows[i].who & who) || !(rows[i].policies & 1 << policy))
			continue;
		ck_assert_msg(!found, "two rows for %u, %u, %u, %u", start, event, who, policy);
		found = &rows[i];
	}
	ck_assert_msg(found, "no row for %u, %u, %u, %u", start, event, who, policy);
	return found;
}

static uint64_t deadline_of(const struct row *row)
{
	if (row->deadline == KEEP)
		return 107 * S;
	return row->deadline == NEVER ? IPOIB_NEVER : 107 * S + row->deadline;
}

/* A trial looks again after 150 ms, whatever the state waits for. */
static void check_deadline(const struct ipoib__neighbour *n, const struct row *row,
			   const char *where)
{
	uint64_t trial = row->actions & (OLD | CLAIMED) ? 107 * S + 150 * MS : IPOIB_NEVER;
	uint64_t due = deadline_of(row);

	ck_assert_msg(n->due == due, "%s: due %llu", where, (unsigned long long)n->due);
	ck_assert_msg(n->deadline == (trial < due ? trial : due), "%s: deadline %llu", where,
		      (unsigned long long)n->deadline);
}

static void check_claim(const struct ipoib__neighbour *n, const struct row *row, const char *where)
{
	unsigned verdict = row->actions & MOVED		   ? IPOIB_FLUX_ACCEPTED :
			   row->policies == P_CONFIRM ? IPOIB_FLUX_PENDING :
							IPOIB_FLUX_REFUSED;
	bool flux = row->actions & FLUX;

	ck_assert_msg(n->fluxes == (flux ? 1 : 0), "%s: fluxes", where);
	if (flux)
		ck_assert_msg(n->verdict == verdict && n->claim == IPOIB_CLAIM_ARP_REPLY,
			      "%s: verdict %u", where, n->verdict);
	ck_assert_msg(n->refused == (flux && verdict == IPOIB_FLUX_REFUSED), "%s: refused", where);
	ck_assert_msg((n->claimed.raw[19] != 0) == (flux && verdict == IPOIB_FLUX_PENDING),
		      "%s: claimed", where);
}

static void check(unsigned start, unsigned type, unsigned who, unsigned policy)
{
	const struct row *row = row_of(start, type, who, policy);
	struct ipoib__neighbour_parameters parameters = rig_parameters(10);
	const struct ipoib_link_address told = address_of(who);
	const struct ipoib__neighbour_event event = {
		.type = (enum ipoib__neighbour_event_type)type,
		.address = who == NONE ? NULL : &told,
		.claim = IPOIB_CLAIM_ARP_REPLY,
		.reachable = 20 * S,
	};
	struct ipoib__neighbour n = in_state(start), before = n;
	bool news = row->actions & (RESOLVED | MOVED);
	uint8_t after = row->after == STAY ? before.state : row->after;
	unsigned changed = after != before.state || news ? IPOIB__NEIGHBOUR_CHANGED : 0;
	unsigned actions;
	char where[80];

	snprintf(where, sizeof(where), "start %u, event %u, who %u, policy %u", start, type, who,
		 policy);
	parameters.flux = (uint8_t)policy;
	actions = ipoib__neighbour_step(&n, &parameters, &event, 107 * S);
	ck_assert_msg(n.state == after, "%s: state %u", where, n.state);
	ck_assert_msg(actions == (row->actions | changed), "%s: actions %u", where, actions);
	check_deadline(&n, row, where);
	ck_assert_msg(n.updated == (changed ? 107 * S : 100 * S), "%s: updated", where);
	ck_assert_msg(n.moves == (row->actions & MOVED ? 1 : 0), "%s: moves", where);
	/* no state says "valid" before the address is there (I26) */
	ck_assert_msg(memcmp(&n.link_address, news ? &told : &before.link_address,
			     sizeof(told)) == 0, "%s: address", where);
	ck_assert_msg(ipoib__neighbour_valid(&n) == (after != IPOIB__NEIGHBOUR_NEW &&
						     after != IPOIB_NEIGHBOUR_INCOMPLETE &&
						     after != IPOIB_NEIGHBOUR_FAILED),
		      "%s: valid", where);
	check_claim(&n, row, where);
}

START_TEST(each_state_answers_each_event_as_the_diagram_says)
{
	for (unsigned start = 0; start < STARTS; start++)
		for (unsigned event = 0; event < EVENTS; event++)
			for (unsigned who = 0; who < WHO; who++)
				for (unsigned policy = 0; policy < POLICIES; policy++)
					if (tells(event) & 1 << who)
						check(start, event, 1u << who, policy);
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
