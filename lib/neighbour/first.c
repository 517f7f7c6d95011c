/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Two ports that answer the first question about a neighbour: neighbour.h point 10. */
#include "neighbour/state.h"

void ipoib__neighbour_first_open(struct ipoib__neighbour *n,
				 const struct ipoib__neighbour_parameters *parameters, uint64_t now)
{
	if (n->asks == 0 || parameters->flux == IPOIB_FLUX_ACCEPT)
		return;
	n->first = IPOIB__NEIGHBOUR_FIRST_OPEN;
	n->first_until = now + IPOIB__NEIGHBOUR_FIRST_NS;
}

bool ipoib__neighbour_first_answers(const struct ipoib__neighbour *n, uint64_t now)
{
	return n->first != IPOIB__NEIGHBOUR_FIRST_NONE && now < n->first_until;
}

bool ipoib__neighbour_contested(const struct ipoib__neighbour *n, uint64_t now)
{
	return (n->first == IPOIB__NEIGHBOUR_FIRST_CONTESTED ||
		n->first == IPOIB__NEIGHBOUR_FIRST_INFERRED) &&
	       now < n->first_until;
}

bool ipoib__neighbour_first_refuses(const struct ipoib__neighbour *n,
				    const struct ipoib_link_address *address, uint64_t now)
{
	return (n->first == IPOIB__NEIGHBOUR_FIRST_INFERRED ||
		n->first == IPOIB__NEIGHBOUR_FIRST_DECIDED) &&
	       now < n->first_until && ipoib_link_address_same_peer(&n->rival, address);
}

static void look_again(struct ipoib__neighbour *n, uint64_t now)
{
	uint64_t next = now + IPOIB__NEIGHBOUR_FIRST_LOOK_NS;

	n->first_due = next < n->first_until ? next : IPOIB_NEVER;
}

void ipoib__neighbour_first_claimed(struct ipoib__neighbour *n,
				    const struct ipoib_link_address *address, uint64_t now)
{
	if (n->first != IPOIB__NEIGHBOUR_FIRST_OPEN || now >= n->first_until)
		return;
	n->first = IPOIB__NEIGHBOUR_FIRST_CONTESTED;
	n->rival = *address;
	look_again(n, now);
}

/* The rival's claim may have been refused meanwhile: it claims once more, by a better reason. */
static unsigned move_to_rival(struct ipoib__neighbour *n,
			      const struct ipoib__neighbour_parameters *parameters,
			      const struct ipoib__neighbour_event *event, uint64_t now)
{
	const struct ipoib_link_address left = n->link_address, right = n->rival;
	unsigned actions;

	if (!ipoib_link_address_same_peer(&n->claimed, &right))
		ipoib__neighbour_note_claim(n, event->claim, &right);
	actions = ipoib__neighbour_believe(n, parameters, &right, now);
	ipoib__neighbour_reach(n, event->reachable, now);
	n->rival = left;
	return actions;
}

/* The rival's claim may wait, and another one's too: that is not decided here. */
static unsigned stay(struct ipoib__neighbour *n, uint64_t now)
{
	if (!ipoib_link_address_same_peer(&n->claimed, &n->rival))
		return 0;
	return ipoib__neighbour_refuse(n, now);
}

unsigned ipoib__neighbour_first_right(struct ipoib__neighbour *n,
				      const struct ipoib__neighbour_parameters *parameters,
				      const struct ipoib__neighbour_event *event, uint64_t now)
{
	/* It may have moved to its rival meanwhile, by a trial. */
	bool is_known = ipoib_link_address_same_peer(&n->link_address, event->address);
	bool is_rival = ipoib_link_address_same_peer(&n->rival, event->address);
	unsigned actions;

	if (!ipoib__neighbour_contested(n, now) || !ipoib__neighbour_valid(n) ||
	    (n->first == IPOIB__NEIGHBOUR_FIRST_INFERRED && !event->own_word))
		return 0;
	if (!is_known && !is_rival)
		return 0;
	actions = is_known ? stay(n, now) : move_to_rival(n, parameters, event, now);
	n->first = event->own_word ? IPOIB__NEIGHBOUR_FIRST_DECIDED :
				     IPOIB__NEIGHBOUR_FIRST_INFERRED;
	return actions;
}

uint64_t ipoib__neighbour_first_deadline(const struct ipoib__neighbour *n)
{
	return n->first == IPOIB__NEIGHBOUR_FIRST_CONTESTED ? n->first_due : IPOIB_NEVER;
}

unsigned ipoib__neighbour_first_due(struct ipoib__neighbour *n, uint64_t now)
{
	look_again(n, now);
	return ipoib__neighbour_contested(n, now) ? IPOIB__NEIGHBOUR_JUDGE : 0;
}
