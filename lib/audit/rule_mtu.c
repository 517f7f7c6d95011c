/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The sizes of packets that modes carry. */
#include "audit/rules.h"

static bool is_of_mode(ipoib__audit_if *a, ipoib__audit_if *b)
{
	return a->mode != IPOIB__AUDIT_MODE_UNKNOWN &&
	       ipoib__audit_is_connected(a) == ipoib__audit_is_connected(b);
}

/* What one of them carries in this mode all could: it is the same broadcast group. */
static void judge_mismatch(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	ipoib__audit_if *largest = interface;
	uint32_t limit = ipoib__audit_is_connected(interface)
				 ? IPOIB__AUDIT_CONNECTED_MTU
				 : ipoib__audit_datagram_max(c->host, interface);

	for (size_t i = 0; i < c->host->n_interfaces; i++) {
		ipoib__audit_if *other = &c->host->interfaces[i];

		if (ipoib__audit_is_peer(interface, other) && is_of_mode(other, interface) &&
		    other->mtu.known && other->mtu.value > largest->mtu.value &&
		    other->mtu.value <= limit)
			largest = other;
	}
	if (largest == interface)
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_WARNING, "mtu-mismatch", interface->name,
		"%s has an MTU of %u and %s, in the same broadcast domain and mode, one of "
		"%u: hosts of one subnet that disagree lose what is longer than the lesser",
		interface->name, (unsigned)interface->mtu.value, largest->name,
		(unsigned)largest->mtu.value);
	ipoib__audit_mend(c->list, "ip link set %s mtu %u", interface->name,
			  (unsigned)largest->mtu.value);
}

/* 2044 is what every InfiniBand port takes; an Omni-Path host with such an MTU is out of step. */
static void judge_datagram(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	uint32_t limit = ipoib__audit_datagram_max(c->host, interface);

	if (interface->mtu.value <= limit)
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_ERROR, "mtu-datagram", interface->name,
		"%s is in datagram mode, which carries %u octets at most, with an MTU of "
		"%u: what is longer is lost",
		interface->name, (unsigned)limit, (unsigned)interface->mtu.value);
	ipoib__audit_mend(c->list, "ip link set %s mtu %u", interface->name,
			  limit == IPOIB__AUDIT_DATAGRAM_MAX ? IPOIB__AUDIT_DATAGRAM_MTU
							     : (unsigned)limit);
	if (interface->mode == IPOIB__AUDIT_MODE_DATAGRAM)
		ipoib__audit_mend_mode(c, interface, "# or, if all hosts of the subnet do: ",
				       "connected");
}

static void judge_connected(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	unsigned mtu = (unsigned)interface->mtu.value;
	bool is_small = mtu <= ipoib__audit_datagram_max(c->host, interface);

	if (mtu > IPOIB__AUDIT_CONNECTED_MTU)
		ipoib__audit_found(
			c->list, IPOIB_AUDIT_ERROR, "mtu-connected", interface->name,
			"%s is in connected mode, which carries %d octets at most, with an "
			"MTU of %u: what is longer is lost",
			interface->name, IPOIB__AUDIT_CONNECTED_MTU, mtu);
	else if (is_small)
		ipoib__audit_found(
			c->list, IPOIB_AUDIT_NOTE, "mtu-connected-small", interface->name,
			"%s is in connected mode with an MTU of %u, which datagrams carry "
			"too: it pays for connections and gains nothing",
			interface->name, mtu);
	if (mtu > IPOIB__AUDIT_CONNECTED_MTU || is_small)
		ipoib__audit_mend(c->list, "ip link set %s mtu %d", interface->name,
				  IPOIB__AUDIT_CONNECTED_MTU);
}

/* Who serves sends multicast: a bond does it for its ports, and has their MTU. */
static void judge_multicast(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	if (!ipoib__audit_serves(interface) || interface->has_multicast_route ||
	    !c->host->has_routes || !interface->mtu.known ||
	    interface->mtu.value <= ipoib__audit_datagram_max(c->host, interface) ||
	    (!ipoib__audit_is_connected(interface) && !interface->bond.is_bond))
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_NOTE, "mtu-multicast", interface->name,
		"%s has an MTU of %u, but multicast and broadcast always go as datagrams: "
		"those longer than the broadcast group takes, mostly %d octets, are dropped",
		interface->name, (unsigned)interface->mtu.value, IPOIB__AUDIT_DATAGRAM_MTU);
	ipoib__audit_mend(c->list, "ip route append 224.0.0.0/4 dev %s mtu lock %d",
			  interface->name, IPOIB__AUDIT_DATAGRAM_MTU);
}

void ipoib__audit_judge_mtu(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	judge_multicast(c, interface);
	if (!ipoib__audit_carries(interface))
		return;
	if (!interface->mtu.known || interface->mode == IPOIB__AUDIT_MODE_UNKNOWN)
		return;
	judge_mismatch(c, interface);
	if (ipoib__audit_is_connected(interface))
		judge_connected(c, interface);
	else
		judge_datagram(c, interface);
}
