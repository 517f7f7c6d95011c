/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A subnet prefix that the subnet manager changes on every port: neighbour.h point 9. */
#include "neighbour/state.h"

#define PREFIX_LENGTH 8 /* of a GID */

static bool has_prefix(const struct ipoib_link_address *address, const uint8_t prefix[8])
{
	struct ipoib_gid gid = ipoib_link_address_gid(address);

	return memcmp(gid.raw, prefix, PREFIX_LENGTH) == 0;
}

static bool same_guid(const struct ipoib_link_address *a, const struct ipoib_link_address *b)
{
	struct ipoib_gid gid_a = ipoib_link_address_gid(a), gid_b = ipoib_link_address_gid(b);

	return memcmp(gid_a.raw + PREFIX_LENGTH, gid_b.raw + PREFIX_LENGTH,
		      sizeof(gid_a.raw) - PREFIX_LENGTH) == 0;
}

/* Whether an address is the known one behind the prefix that our own port has now. */
static bool follows(const struct ipoib__neighbour *n,
		    const struct ipoib__neighbour_parameters *parameters,
		    const struct ipoib_link_address *address)
{
	return has_prefix(address, parameters->prefix) &&
	       ipoib_link_address_qpn(address) == ipoib_link_address_qpn(&n->link_address) &&
	       same_guid(address, &n->link_address);
}

/* What this event tells; one that tells nothing: what was claimed before our port heard of it. */
static const struct ipoib_link_address *
successor_of(const struct ipoib__neighbour *n, const struct ipoib__neighbour_parameters *parameters,
	     const struct ipoib__neighbour_event *event)
{
	const struct ipoib_link_address *address = event->address ? event->address :
								    &n->last_claimed;

	if (event->type == IPOIB__NEIGHBOUR_FIX || event->type == IPOIB__NEIGHBOUR_DATA ||
	    event->type == IPOIB__NEIGHBOUR_RIGHT)
		return NULL;
	return follows(n, parameters, address) ? address : NULL;
}

unsigned ipoib__neighbour_follow_prefix(struct ipoib__neighbour *n,
					const struct ipoib__neighbour_parameters *parameters,
					const struct ipoib__neighbour_event *event, uint64_t now)
{
	const struct ipoib_link_address *address;

	if (!n->known || n->state == IPOIB_NEIGHBOUR_PERMANENT ||
	    has_prefix(&n->link_address, parameters->prefix))
		return 0;
	address = successor_of(n, parameters, event);
	if (!address)
		return 0;
	if (ipoib__neighbour_undecided(n) && ipoib_link_address_same_peer(&n->claimed, address))
		ipoib__neighbour_decide(n, IPOIB_FLUX_ACCEPTED, now);
	if (n->trial == IPOIB__NEIGHBOUR_TRIAL_RESTART)
		n->trial = IPOIB__NEIGHBOUR_TRIAL_NONE; /* it asks at the prefix of before */
	n->link_address = *address;
	return ipoib__neighbour_valid(n) ? IPOIB__NEIGHBOUR_PREFIX : 0;
}
