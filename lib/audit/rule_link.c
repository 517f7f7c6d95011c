/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* P_Keys that the port does not have, or that two interfaces have; links that do not come up. */
#include <string.h>

#include "audit/rules.h"

enum membership { MEMBER_UNKNOWN, MEMBER_NONE, MEMBER_LIMITED, MEMBER_FULL };

/* The kernel shows every P_Key of an interface as a full member's; the port's table knows. */
static enum membership membership_of(const struct ipoib__audit_host *host,
				     ipoib__audit_if *interface)
{
	enum membership found = MEMBER_NONE;
	size_t count;
	const uint16_t *pkeys = ipoib__audit_pkeys(host, interface, &count);
	uint32_t bits = interface->pkey.value & IPOIB__AUDIT_PKEY_BITS;

	if (!interface->pkey.known || interface->bond.is_bond)
		return MEMBER_UNKNOWN;
	if (!pkeys)
		return interface->pkey.value & IPOIB__AUDIT_PKEY_FULL ? MEMBER_UNKNOWN
								      : MEMBER_LIMITED;
	/* The table is sorted: of both forms the full member's comes last. */
	for (size_t i = 0; i < count; i++)
		if ((pkeys[i] & IPOIB__AUDIT_PKEY_BITS) == bits)
			found = pkeys[i] & IPOIB__AUDIT_PKEY_FULL ? MEMBER_FULL : MEMBER_LIMITED;
	return found;
}

static void judge_membership(struct ipoib__audit_case *c, ipoib__audit_if *interface,
			     enum membership membership)
{
	unsigned bits = (unsigned)(interface->pkey.value & IPOIB__AUDIT_PKEY_BITS);

	if (membership == MEMBER_NONE)
		ipoib__audit_found(
			c->list, IPOIB_AUDIT_ERROR, "pkey-missing", interface->name,
			"P_Key 0x%04x of %s is not in the table of its port: it joins no "
			"multicast group and stays without a carrier (LOWERLAYERDOWN)",
			(unsigned)interface->pkey.value, interface->name);
	else if (membership == MEMBER_LIMITED)
		ipoib__audit_found(c->list, IPOIB_AUDIT_WARNING, "pkey-limited", interface->name,
				   "the port of %s has P_Key 0x%04x as a limited member (0x%04x), "
				   "though the interface shows 0x%04x: limited members do not hear "
				   "each other",
				   interface->name, bits, bits,
				   bits | (unsigned)IPOIB__AUDIT_PKEY_FULL);
	else
		return;
	ipoib__audit_mend_partition(c, interface);
}

static bool is_duplicate(ipoib__audit_if *interface, ipoib__audit_if *other)
{
	return other != interface && ipoib__audit_on_one_port(interface, other) &&
	       interface->pkey.known && other->pkey.known &&
	       ((interface->pkey.value ^ other->pkey.value) & IPOIB__AUDIT_PKEY_BITS) == 0;
}

/* Told of the child, and of two children of the later. */
static void judge_duplicate(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	if (!interface->has_parent)
		return;
	for (size_t i = 0; i < c->host->n_interfaces; i++) {
		ipoib__audit_if *other = &c->host->interfaces[i];

		if (!is_duplicate(interface, other) || (other->has_parent && other > interface))
			continue;
		ipoib__audit_found(c->list, IPOIB_AUDIT_WARNING, "pkey-duplicate", interface->name,
				   "%s and %s have the same P_Key 0x%04x on the same port: two "
				   "interfaces of one host answer in one broadcast domain",
				   other->name, interface->name, (unsigned)interface->pkey.value);
		ipoib__audit_mend(c->list, "ip link delete %s", interface->name);
		return;
	}
}

void ipoib__audit_judge_pkey(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	judge_membership(c, interface, membership_of(c->host, interface));
	judge_duplicate(c, interface);
}

static void judge_state(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	unsigned port = (unsigned)interface->port.value;

	if (!interface->port_state.known || interface->has_parent)
		return;
	if (interface->port_state.value == IPOIB__AUDIT_PORT_INIT) {
		ipoib__audit_found(
			c->list, IPOIB_AUDIT_ERROR, "port-init", interface->name,
			"port %u of %s has a link but no subnet manager has configured it: "
			"%s joins no group and stays without a carrier",
			port, interface->device, interface->name);
		ipoib__audit_mend(c->list, "# on one host of the fabric, unless a switch does it:");
		ipoib__audit_mend(c->list, "systemctl enable --now opensm");
	} else if (interface->port_state.value == IPOIB__AUDIT_PORT_DOWN) {
		ipoib__audit_found(c->list, IPOIB_AUDIT_WARNING, "port-down", interface->name,
				   "port %u of %s has no link: %s is set up and carries nothing",
				   port, interface->device, interface->name);
		ipoib__audit_mend(c->list, "# look at the cable and at the switch's port, or:");
		ipoib__audit_mend(c->list, "ip link set %s down", interface->name);
	}
}

/* The port is well, and still: what is missing is the broadcast group (RFC 4391 section 5). */
static void judge_carrier(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	if (!interface->carrier.known || interface->carrier.value != 0 ||
	    !interface->port_state.known ||
	    interface->port_state.value != IPOIB__AUDIT_PORT_ACTIVE ||
	    membership_of(c->host, interface) == MEMBER_NONE)
		return;
	if (interface->has_parent && !c->host->interfaces[interface->parent_index].admin_up)
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_ERROR, "no-carrier", interface->name,
		"%s has no carrier though port %u of %s is active: the subnet manager does "
		"not let it join the broadcast group of P_Key 0x%04x, because there is "
		"none, or one of a rate or MTU that the port does not have",
		interface->name, (unsigned)interface->port.value, interface->device,
		(unsigned)interface->pkey.value);
	ipoib__audit_mend_partition(c, interface);
	ipoib__audit_mend(c->list,
			  "#   (rate= and mtu= behind ipoib: not above the slowest port's)");
}

static void judge_child(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	if (!interface->is_child || strcmp(interface->operstate, "lowerlayerdown") != 0)
		return;
	if (interface->has_parent && c->host->interfaces[interface->parent_index].admin_up)
		return;
	if (interface->parent[0] == '\0') {
		ipoib__audit_found(c->list, IPOIB_AUDIT_ERROR, "child-down", interface->name,
				   "%s is LOWERLAYERDOWN, and its parent is not in this network "
				   "namespace: a child has no carrier without its parent",
				   interface->name);
		ipoib__audit_mend(c->list, "# where its parent is: ip link set PARENT up");
		return;
	}
	ipoib__audit_found(c->list, IPOIB_AUDIT_ERROR, "child-down", interface->name,
			   "%s is LOWERLAYERDOWN because its parent %s is not up%s: a child has no "
			   "carrier without its parent",
			   interface->name, interface->parent,
			   interface->has_parent ? "" : " or not in this network namespace");
	ipoib__audit_mend(c->list, "ip link set %s up", interface->parent);
}

static void judge_umcast(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	if (!interface->umcast.known || interface->umcast.value == 0)
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_NOTE, "umcast", interface->name,
		"with umcast 1 %s leaves out multicast groups that a program has joined on "
		"this port by itself: sockets of the host no longer hear these groups",
		interface->name);
	if (interface->has_attributes)
		ipoib__audit_mend(c->list, "echo 0 > /sys/class/net/%s/umcast", interface->name);
	else
		ipoib__audit_mend(c->list, "ip link set %s type ipoib umcast 0", interface->name);
}

void ipoib__audit_judge_link(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	if (!ipoib__audit_carries(interface))
		return;
	judge_state(c, interface);
	judge_carrier(c, interface);
	judge_child(c, interface);
	judge_umcast(c, interface);
}
