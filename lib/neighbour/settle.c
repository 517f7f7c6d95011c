/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A link address takes the place of another, for whatever reason: what that changes at once, and,
 * where it was a claim, the hold-down time that begins with it (neighbour.h point 3).
 */
#include "neighbour/state.h"

unsigned ipoib__neighbour_settle(struct ipoib__neighbour *n,
				 const struct ipoib_link_address *address)
{
	bool had = ipoib__neighbour_valid(n);
	uint8_t flags = ipoib_link_address_flags(&n->link_address) ^
			ipoib_link_address_flags(address);
	unsigned actions = had ? 0 : IPOIB__NEIGHBOUR_RESOLVED;

	if (n->known && !ipoib_link_address_same_peer(&n->link_address, address)) {
		if (n->trial == IPOIB__NEIGHBOUR_TRIAL_RESTART)
			n->trial = IPOIB__NEIGHBOUR_TRIAL_NONE; /* it was about the one before */
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

unsigned ipoib__neighbour_believe(struct ipoib__neighbour *n,
				  const struct ipoib__neighbour_parameters *parameters,
				  const struct ipoib_link_address *address, uint64_t now)
{
	bool other_port = !ipoib__neighbour_same_port(&n->link_address, address);
	bool asked = ipoib__neighbour_tries_claim(n) || ipoib__neighbour_dead(n, parameters);
	unsigned actions = ipoib__neighbour_settle(n, address);

	ipoib__neighbour_decide(n, IPOIB_FLUX_ACCEPTED, now);
	if (parameters->flux != IPOIB_FLUX_ACCEPT) {
		/* The hold-down time after a move is not cut short by a restart. */
		if (other_port || !ipoib__neighbour_held_down(n, now))
			ipoib__neighbour_hold_down(n, parameters, other_port, now);
		n->flux_restarted = !other_port;
	}
	if (!other_port && !asked)
		actions |= ipoib__neighbour_ask_old(n, now);
	return actions | IPOIB__NEIGHBOUR_FLUX;
}
