/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Modes, and the sizes of packets that they carry. */
#include <string.h>

#include "audit/rules.h"

static bool is_connected(ipoib__audit_if *interface)
{
	return interface->mode == IPOIB__AUDIT_MODE_CONNECTED;
}

static bool are_of_one_bond(ipoib__audit_if *a, ipoib__audit_if *b)
{
	return a->master[0] != '\0' && strcmp(a->master, b->master) == 0;
}

/* Others that carry packets in the same domain, ports of the same bond left to its rules. */
static bool is_peer(ipoib__audit_if *interface, ipoib__audit_if *other)
{
	return other != interface && ipoib__audit_carries(other) &&
	       ipoib__audit_same_domain(interface, other) && !are_of_one_bond(interface, other);
}

/* What one of them carries in this mode all could: it is the same broadcast group. */
static void judge_mismatch(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	ipoib__audit_if *largest = interface;

	for (size_t i = 0; i < c->host->n_interfaces; i++) {
		ipoib__audit_if *other = &c->host->interfaces[i];

		if (is_peer(interface, other) && is_connected(other) == is_connected(interface) &&
		    other->mtu.known && other->mtu.value > largest->mtu.value &&
		    other->mtu.value <= (is_connected(other) ? IPOIB__AUDIT_CONNECTED_MTU
							     : IPOIB__AUDIT_DATAGRAM_MAX))
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

static void judge_datagram(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	if (interface->mtu.value <= IPOIB__AUDIT_DATAGRAM_MAX)
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_ERROR, "mtu-datagram", interface->name,
		"%s is in datagram mode, which carries %d octets at most, with an MTU of "
		"%u: what is longer is lost",
		interface->name, IPOIB__AUDIT_DATAGRAM_MAX, (unsigned)interface->mtu.value);
	ipoib__audit_mend(c->list, "ip link set %s mtu %d", interface->name,
			  IPOIB__AUDIT_DATAGRAM_MTU);
	if (interface->mode == IPOIB__AUDIT_MODE_DATAGRAM)
		ipoib__audit_mend(c->list,
				  "# or, if all hosts of the subnet do: echo connected > "
				  "/sys/class/net/%s/mode",
				  interface->name);
}

static void judge_connected(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	unsigned mtu = (unsigned)interface->mtu.value;

	if (mtu > IPOIB__AUDIT_CONNECTED_MTU)
		ipoib__audit_found(
			c->list, IPOIB_AUDIT_ERROR, "mtu-connected", interface->name,
			"%s is in connected mode, which carries %d octets at most, with an "
			"MTU of %u: what is longer is lost",
			interface->name, IPOIB__AUDIT_CONNECTED_MTU, mtu);
	else if (mtu <= IPOIB__AUDIT_DATAGRAM_MAX)
		ipoib__audit_found(
			c->list, IPOIB_AUDIT_NOTE, "mtu-connected-small", interface->name,
			"%s is in connected mode with an MTU of %u, which datagrams carry "
			"too: it pays for connections and gains nothing",
			interface->name, mtu);
	if (mtu > IPOIB__AUDIT_CONNECTED_MTU || mtu <= IPOIB__AUDIT_DATAGRAM_MAX)
		ipoib__audit_mend(c->list, "ip link set %s mtu %d", interface->name,
				  IPOIB__AUDIT_CONNECTED_MTU);
}

/* Who serves sends multicast: a bond does it for its ports, and has their MTU. */
static void judge_multicast(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	if (!ipoib__audit_serves(interface) || interface->has_multicast_route ||
	    !c->host->has_routes || !interface->mtu.known ||
	    interface->mtu.value <= IPOIB__AUDIT_DATAGRAM_MAX ||
	    (!is_connected(interface) && !interface->bond.is_bond))
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_NOTE, "mtu-multicast", interface->name,
		"%s has an MTU of %u, but multicast and broadcast always go as datagrams: "
		"those longer than the broadcast group takes, mostly %d octets, are dropped",
		interface->name, (unsigned)interface->mtu.value, IPOIB__AUDIT_DATAGRAM_MTU);
	ipoib__audit_mend(c->list, "ip route append 224.0.0.0/4 dev %s mtu lock %d",
			  interface->name, IPOIB__AUDIT_DATAGRAM_MTU);
}

static void judge_mixture(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	ipoib__audit_if *other = NULL;

	if (is_connected(interface) || interface->mode == IPOIB__AUDIT_MODE_UNREADABLE)
		return;
	for (size_t i = 0; i < c->host->n_interfaces && !other; i++)
		if (is_peer(interface, &c->host->interfaces[i]) &&
		    is_connected(&c->host->interfaces[i]))
			other = &c->host->interfaces[i];
	if (!other)
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_WARNING, "mode-mixed", interface->name,
		"%s is in datagram mode and %s, in the same broadcast domain, in connected "
		"mode: the one cannot take packets as long as the other sends",
		interface->name, other->name);
	if (interface->mode == IPOIB__AUDIT_MODE_NONE) {
		ipoib__audit_mend(c->list, "echo datagram > /sys/class/net/%s/mode", other->name);
		return;
	}
	ipoib__audit_mend(c->list, "echo connected > /sys/class/net/%s/mode", interface->name);
	if (other->mtu.known)
		ipoib__audit_mend(c->list, "ip link set %s mtu %u", interface->name,
				  (unsigned)other->mtu.value);
}

/* "Enhanced IPoIB" of mlx5 has the attribute, on some kernels, and takes no other word. */
static void judge_driver(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	bool is_mlx5 = strncmp(interface->driver, "mlx5", 4) == 0;

	if (interface->has_parent || interface->bond.is_bond ||
	    (interface->mode != IPOIB__AUDIT_MODE_NONE &&
	     !(is_mlx5 && interface->mode == IPOIB__AUDIT_MODE_DATAGRAM)))
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_NOTE, "no-connected-mode", interface->name,
		"the driver of %s, %s, has datagram mode alone: hosts in connected mode "
		"fall back to datagrams of at most %d octets towards it, or lose what is "
		"longer",
		interface->name,
		interface->driver[0] != '\0' ? interface->driver : "which is not known",
		IPOIB__AUDIT_DATAGRAM_MAX);
	ipoib__audit_mend(c->list, "# set every host that %s talks to to datagram mode, there:",
			  interface->name);
	ipoib__audit_mend(c->list, "#   echo datagram > /sys/class/net/INTERFACE/mode");
	if (is_mlx5)
		ipoib__audit_mend(c->list, "# with NVIDIA's own drivers only, in "
					   "/etc/modprobe.d/ib_ipoib.conf: "
					   "options ib_ipoib ipoib_enhanced=0");
}

void ipoib__audit_judge_mtu(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	judge_driver(c, interface);
	judge_multicast(c, interface);
	if (!ipoib__audit_carries(interface))
		return;
	judge_mixture(c, interface);
	if (!interface->mtu.known || interface->mode == IPOIB__AUDIT_MODE_UNREADABLE)
		return;
	judge_mismatch(c, interface);
	if (is_connected(interface))
		judge_connected(c, interface);
	else
		judge_datagram(c, interface);
}
