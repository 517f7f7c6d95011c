/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What is remembered of claims: the last few, and how many there were in the last minute. */
#include <string.h>

#include "neighbour/neighbour.h"

static bool same(const struct ipoib_link_address *a, const struct ipoib_link_address *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Makes the part of the present the current one; those in between had no claims. */
static void turn(struct ipoib__neighbour_history *history, uint64_t now)
{
	uint64_t part = now / IPOIB__NEIGHBOUR_RATE_NS;
	uint64_t passed = part - history->part;

	for (uint64_t i = 0; i < passed && i < IPOIB__NEIGHBOUR_RATE_PARTS; i++)
		history->rate[(part - i) % IPOIB__NEIGHBOUR_RATE_PARTS] = 0;
	history->part = part;
}

static struct ipoib__neighbour_flux *place_for(struct ipoib__neighbour_history *history,
					       const struct ipoib_link_address *held,
					       const struct ipoib_link_address *claimed)
{
	struct ipoib__neighbour_flux *last =
		&history->last[(history->next + IPOIB__NEIGHBOUR_HISTORY - 1) %
			       IPOIB__NEIGHBOUR_HISTORY];

	if (history->count > 0 && same(&last->held, held) && same(&last->claimed, claimed))
		return last;
	last = &history->last[history->next];
	memset(last, 0, sizeof(*last));
	history->next = (history->next + 1) % IPOIB__NEIGHBOUR_HISTORY;
	if (history->count < IPOIB__NEIGHBOUR_HISTORY)
		history->count++;
	return last;
}

void ipoib__neighbour_note(struct ipoib__neighbour_history *history,
			   const struct ipoib__neighbour *n,
			   const struct ipoib_link_address *held,
			   const struct ipoib_link_address *claimed, uint64_t now)
{
	struct ipoib__neighbour_flux *flux = place_for(history, held, claimed);
	uint16_t *rate;

	if (flux->count == 0) {
		flux->time = now;
		flux->claim = n->claim;
		flux->held = *held;
		flux->claimed = *claimed;
	}
	if (flux->count < UINT32_MAX)
		flux->count++;
	flux->verdict = n->verdict;
	if (n->verdict != IPOIB_FLUX_PENDING)
		ipoib__neighbour_decided(history, n, claimed);

	turn(history, now);
	rate = &history->rate[history->part % IPOIB__NEIGHBOUR_RATE_PARTS];
	if (*rate < UINT16_MAX)
		(*rate)++;
}

void ipoib__neighbour_decided(struct ipoib__neighbour_history *history,
			      const struct ipoib__neighbour *n,
			      const struct ipoib_link_address *claimed)
{
	for (uint32_t i = 0; i < history->count; i++) {
		struct ipoib__neighbour_flux *flux = &history->last[i];

		if (flux->verdict == IPOIB_FLUX_PENDING)
			flux->verdict = same(&flux->claimed, claimed) ? n->verdict :
									IPOIB_FLUX_REFUSED;
	}
}

uint32_t ipoib__neighbour_rate(const struct ipoib__neighbour_history *history, uint64_t now)
{
	uint64_t passed = now / IPOIB__NEIGHBOUR_RATE_NS - history->part;
	uint32_t sum = 0;

	for (uint64_t i = passed; i < IPOIB__NEIGHBOUR_RATE_PARTS; i++)
		sum += history->rate[(history->part + i + 1) % IPOIB__NEIGHBOUR_RATE_PARTS];
	return sum;
}
