/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Whom to believe: the flux policies, neighbour.h points 1 to 6. */
#include "neighbour/state.h"

static bool same_port(const struct ipoib_link_address *a, const struct ipoib_link_address *b)
{
	struct ipoib_gid gid_a = ipoib_link_address_gid(a), gid_b = ipoib_link_address_gid(b);

	return memcmp(&gid_a, &gid_b, sizeof(gid_a)) == 0;
}

/* Found dead: nobody answered the questions that went to the link address that is known. */
static bool dead(const struct ipoib__neighbour *n,
		 const struct ipoib__neighbour_parameters *parameters)
{
	if (n->state == IPOIB_NEIGHBOUR_PROBE)
		return n->asks > parameters->unicast_probes;
	return !ipoib__neighbour_valid(n);
}

static bool held_down(const struct ipoib__neighbour *n, uint64_t now)
{
	return now < n->flux_until;
}

static void hold_down(struct ipoib__neighbour *n,
		      const struct ipoib__neighbour_parameters *parameters, bool moved,
		      uint64_t now)
{
	n->flux_until = now + parameters->flux_hold;
	n->flux_moved = moved || parameters->flux == IPOIB_FLUX_HOLD;
	n->flux_restarted = false;
}

unsigned ipoib__neighbour_settle(struct ipoib__neighbour *n,
				 const struct ipoib_link_address *address)
{
	bool had = ipoib__neighbour_valid(n);
	uint8_t flags = ipoib_link_address_flags(&n->link_address) ^
			ipoib_link_address_flags(address);
	unsigned actions = had ? 0 : IPOIB__NEIGHBOUR_RESOLVED;

	if (n->known && !ipoib_link_address_same_peer(&n->link_address, address)) {
		n->old_link_address = n->link_address;
		n->moves++;
		actions |= IPOIB__NEIGHBOUR_MOVED;
	} else if (had && (flags & IPOIB_LINK_ADDRESS_RC)) {
		actions |= IPOIB__NEIGHBOUR_FLAGS;
	}
	n->link_address = *address;
	n->known = true;
	return actions;
}

/* What is told unasked proves that it can reach us, not that we can reach it (RFC 4861). */
static void come_in(struct ipoib__neighbour *n, const struct ipoib__neighbour_event *event,
		    bool answered, uint64_t now)
{
	if (answered)
		ipoib__neighbour_reach(n, event->reachable, now);
	else
		ipoib__neighbour_doubt(n);
}

unsigned ipoib__neighbour_first(struct ipoib__neighbour *n,
				const struct ipoib__neighbour_parameters *parameters,
				const struct ipoib__neighbour_event *event, bool answered,
				uint64_t now)
{
	unsigned actions = ipoib__neighbour_settle(n, event->address);
	uint16_t asks;

	if (parameters->flux == IPOIB_FLUX_HOLD)
		hold_down(n, parameters, true, now);
	/* Who asks us while we ask him answers a moment later: that is still an answer. */
	asks = n->asks;
	come_in(n, event, answered, now);
	if (!answered)
		n->asks = asks;
	return actions;
}

static void decide(struct ipoib__neighbour *n, uint8_t verdict)
{
	n->verdict = verdict;
	memset(&n->claimed, 0, sizeof(n->claimed));
}

static unsigned refuse(struct ipoib__neighbour *n)
{
	n->refused++;
	decide(n, IPOIB_FLUX_REFUSED);
	return IPOIB__NEIGHBOUR_FLUX;
}

/* Goes over to a claim; the caller enters the state. */
static unsigned believe(struct ipoib__neighbour *n,
			const struct ipoib__neighbour_parameters *parameters,
			const struct ipoib_link_address *address, uint64_t now)
{
	bool other_port = !same_port(&n->link_address, address);
	unsigned actions = ipoib__neighbour_settle(n, address);

	decide(n, IPOIB_FLUX_ACCEPTED);
	if (parameters->flux != IPOIB_FLUX_ACCEPT) {
		hold_down(n, parameters, other_port, now);
		n->flux_restarted = !other_port;
	}
	return actions | IPOIB__NEIGHBOUR_FLUX;
}

/* Goes over to a claim that waited. */
static unsigned believe_late(struct ipoib__neighbour *n,
			     const struct ipoib__neighbour_parameters *parameters, uint64_t now)
{
	const struct ipoib_link_address claimed = n->claimed;
	unsigned actions = believe(n, parameters, &claimed, now);

	if (n->used != IPOIB_NEVER && now - n->used < parameters->reachable)
		return actions | ipoib__neighbour_probe(n, parameters, now);
	ipoib__neighbour_doubt(n);
	return actions;
}

/*
 * The known port is asked; if that is under way, from here on for the claim too. No hold-down
 * time runs, and the verdict will start the next one.
 */
static unsigned question(struct ipoib__neighbour *n,
			 const struct ipoib__neighbour_parameters *parameters, uint64_t now)
{
	n->flux_until = 0;
	return n->state == IPOIB_NEIGHBOUR_PROBE ? 0 : ipoib__neighbour_probe(n, parameters, now);
}

static enum ipoib_flux_verdict judge(const struct ipoib__neighbour *n,
				     const struct ipoib__neighbour_parameters *parameters,
				     uint64_t now)
{
	if (n->state == IPOIB_NEIGHBOUR_PERMANENT || parameters->flux == IPOIB_FLUX_PIN)
		return IPOIB_FLUX_REFUSED;
	if (parameters->flux == IPOIB_FLUX_ACCEPT)
		return IPOIB_FLUX_ACCEPTED;
	if (held_down(n, now) && (n->flux_moved || !dead(n, parameters)))
		return IPOIB_FLUX_PENDING;
	if (parameters->flux == IPOIB_FLUX_CONFIRM && !dead(n, parameters))
		return IPOIB_FLUX_PENDING;
	return IPOIB_FLUX_ACCEPTED;
}

/* The same GID with another queue pair: point 5. */
static bool restart_believed(const struct ipoib__neighbour *n,
			     const struct ipoib__neighbour_parameters *parameters, uint64_t now)
{
	if (n->state == IPOIB_NEIGHBOUR_PERMANENT)
		return false;
	return parameters->flux == IPOIB_FLUX_ACCEPT || dead(n, parameters) ||
	       !held_down(n, now) || !n->flux_restarted;
}

/* A claim that is not decided outlives it: then it waits for the hold-down time that begins. */
static unsigned restart(struct ipoib__neighbour *n,
			const struct ipoib__neighbour_parameters *parameters,
			const struct ipoib__neighbour_event *event, bool answered, uint64_t now)
{
	unsigned actions = ipoib__neighbour_settle(n, event->address);

	n->claim = event->claim;
	if (parameters->flux != IPOIB_FLUX_ACCEPT) {
		if (!held_down(n, now))
			hold_down(n, parameters, false, now);
		n->flux_restarted = true;
	}
	come_in(n, event, answered, now);
	return actions;
}

unsigned ipoib__neighbour_claimed(struct ipoib__neighbour *n,
				  const struct ipoib__neighbour_parameters *parameters,
				  const struct ipoib__neighbour_event *event, bool answered,
				  uint64_t now)
{
	unsigned actions;

	if (same_port(&n->link_address, event->address) && restart_believed(n, parameters, now))
		return restart(n, parameters, event, answered, now);
	n->fluxes++;
	n->claim = event->claim;
	n->last_claimed = *event->address;
	switch (judge(n, parameters, now)) {
	case IPOIB_FLUX_ACCEPTED:
		actions = believe(n, parameters, event->address, now);
		come_in(n, event, answered, now);
		return actions;
	case IPOIB_FLUX_PENDING:
		n->claimed = *event->address;
		n->verdict = IPOIB_FLUX_PENDING;
		return IPOIB__NEIGHBOUR_FLUX |
		       (held_down(n, now) ? 0 : question(n, parameters, now));
	case IPOIB_FLUX_REFUSED:
		break;
	}
	return refuse(n);
}

unsigned ipoib__neighbour_claim_refuted(struct ipoib__neighbour *n,
					const struct ipoib__neighbour_parameters *parameters,
					uint64_t now)
{
	if (parameters->flux != IPOIB_FLUX_CONFIRM || !ipoib__neighbour_undecided(n))
		return 0;
	if (!held_down(n, now))
		hold_down(n, parameters, false, now);
	return refuse(n);
}

unsigned ipoib__neighbour_claim_due(struct ipoib__neighbour *n,
				    const struct ipoib__neighbour_parameters *parameters,
				    uint64_t now)
{
	switch (judge(n, parameters, now)) {
	case IPOIB_FLUX_ACCEPTED:
		return believe_late(n, parameters, now);
	case IPOIB_FLUX_PENDING:
		return question(n, parameters, now);
	case IPOIB_FLUX_REFUSED: /* the policy was changed meanwhile */
		break;
	}
	return refuse(n);
}

bool ipoib__neighbour_claim_wins(struct ipoib__neighbour *n,
				 const struct ipoib__neighbour_parameters *parameters, uint64_t now,
				 unsigned *actions)
{
	if (!ipoib__neighbour_undecided(n) || (held_down(n, now) && n->flux_moved))
		return false;
	*actions = believe_late(n, parameters, now);
	return true;
}

unsigned ipoib__neighbour_fixed(struct ipoib__neighbour *n,
				const struct ipoib_link_address *address)
{
	unsigned actions = 0;

	if (ipoib__neighbour_undecided(n)) {
		bool right = ipoib_link_address_same_peer(&n->claimed, address);

		n->refused += !right;
		decide(n, right ? IPOIB_FLUX_ACCEPTED : IPOIB_FLUX_REFUSED);
		actions = IPOIB__NEIGHBOUR_FLUX;
	}
	actions |= ipoib__neighbour_settle(n, address);
	n->flux_until = 0;
	n->asks = 0;
	n->failures = 0;
	ipoib__neighbour_enter(n, IPOIB_NEIGHBOUR_PERMANENT, IPOIB_NEVER);
	return actions;
}
