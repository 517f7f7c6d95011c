/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A peer with another queue pair at the port that is known: neighbour.h point 5. */
#include "neighbour/state.h"

/* The same GID with another queue pair: point 5. */
bool ipoib__neighbour_restart_believed(const struct ipoib__neighbour *n,
				       const struct ipoib__neighbour_parameters *parameters,
				       uint8_t origin, uint64_t now)
{
	if (n->state == IPOIB_NEIGHBOUR_PERMANENT)
		return false;
	if (parameters->flux == IPOIB_FLUX_ACCEPT || ipoib__neighbour_dead(n, parameters))
		return true;
	if (parameters->flux == IPOIB_FLUX_CONFIRM && origin == IPOIB__NEIGHBOUR_ORIGIN_OTHER)
		return false;
	return !ipoib__neighbour_held_down(n, now) || !n->flux_restarted;
}

/*
 * A claim that is not decided outlives a restart: then it waits for the hold-down time that begins.
 */
static void hold_restarted(struct ipoib__neighbour *n,
			   const struct ipoib__neighbour_parameters *parameters, uint64_t now)
{
	if (parameters->flux == IPOIB_FLUX_ACCEPT)
		return;
	if (!ipoib__neighbour_held_down(n, now))
		ipoib__neighbour_hold_down(n, parameters, false, now);
	n->flux_restarted = true;
}

unsigned ipoib__neighbour_restart(struct ipoib__neighbour *n,
				  const struct ipoib__neighbour_parameters *parameters,
				  const struct ipoib__neighbour_event *event, bool answered,
				  uint64_t now)
{
	bool was_dead = ipoib__neighbour_dead(n, parameters);
	unsigned actions = ipoib__neighbour_settle(n, event->address);

	n->claim = event->claim;
	hold_restarted(n, parameters, now);
	ipoib__neighbour_come_in(n, event, answered, now);
	return was_dead ? actions : actions | ipoib__neighbour_ask_old(n, now);
}

unsigned ipoib__neighbour_restart_refuted(struct ipoib__neighbour *n,
					  const struct ipoib__neighbour_parameters *parameters,
					  const struct ipoib__neighbour_event *event,
					  bool answered, uint64_t now)
{
	const struct ipoib_link_address forged = n->link_address;
	unsigned actions = ipoib__neighbour_settle(n, event->address);

	hold_restarted(n, parameters, now);
	ipoib__neighbour_come_in(n, event, answered, now);
	n->fluxes++;
	n->last_claimed = forged;
	if (!ipoib__neighbour_undecided(n))
		return actions | ipoib__neighbour_refuse(n, now);
	n->refused++;
	return actions;
}
