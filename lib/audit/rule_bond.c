/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Bonds of IPoIB interfaces: active-backup is the one kind that works. */
#include <string.h>

#include "audit/rules.h"

/* A single announcement after a fail-over may get lost; the bonding driver makes up to 255. */
#define REPEATS_WANTED 5

/* The next port of a bond behind `from`, or NULL. */
static ipoib__audit_if *next_port(const struct ipoib__audit_host *host, ipoib__audit_if *bond,
				  ipoib__audit_if *from)
{
	ipoib__audit_if *end = host->interfaces + host->n_interfaces;

	for (ipoib__audit_if *i = from ? from + 1 : host->interfaces; i < end; i++)
		if (strcmp(i->master, bond->name) == 0)
			return i;
	return NULL;
}

/* Neither the mode nor fail_over_mac can be changed while the bond has ports. */
static void mend_bond(struct ipoib__audit_case *c, ipoib__audit_if *bond)
{
	const char *name = bond->name;

	ipoib__audit_mend(c->list, "ip link set %s down", name);
	for (ipoib__audit_if *i = NULL; (i = next_port(c->host, bond, i)) != NULL;)
		ipoib__audit_mend(c->list, "echo -%s > /sys/class/net/%s/bonding/slaves", i->name,
				  name);
	ipoib__audit_mend(c->list, "echo active-backup > /sys/class/net/%s/bonding/mode", name);
	ipoib__audit_mend(c->list, "echo active > /sys/class/net/%s/bonding/fail_over_mac", name);
	for (ipoib__audit_if *i = NULL; (i = next_port(c->host, bond, i)) != NULL;)
		ipoib__audit_mend(c->list, "echo +%s > /sys/class/net/%s/bonding/slaves", i->name,
				  name);
	ipoib__audit_mend(c->list, "ip link set %s up", name);
}

static void judge_kind(struct ipoib__audit_case *c, ipoib__audit_if *bond)
{
	const char *mode = bond->bond.mode, *mac = bond->bond.fail_over_mac;

	if (mode[0] != '\0' && strcmp(mode, "active-backup") != 0) {
		ipoib__audit_found(c->list, IPOIB_AUDIT_ERROR, "bond-mode", bond->name,
				   "%s bonds IPoIB interfaces in mode %s, which rewrites link "
				   "addresses that cannot be rewritten: of all modes only "
				   "active-backup works",
				   bond->name, mode);
		mend_bond(c, bond);
	} else if (mac[0] != '\0' && strcmp(mac, "active") != 0) {
		ipoib__audit_found(
			c->list, IPOIB_AUDIT_ERROR, "bond-fail-over-mac", bond->name,
			"%s has fail_over_mac %s, but an IPoIB interface cannot take "
			"another's link address: after a fail-over the bond announces one "
			"that is dead",
			bond->name, mac);
		mend_bond(c, bond);
	}
}

static void judge_announcements(struct ipoib__audit_case *c, ipoib__audit_if *bond)
{
	if (!bond->bond.repeats.known || bond->bond.repeats.value > 1)
		return;
	ipoib__audit_found(c->list, IPOIB_AUDIT_NOTE, "bond-announce", bond->name,
			   "%s announces a fail-over with %u gratuitous ARP: where that is lost, "
			   "neighbours go on sending to the dead port",
			   bond->name, (unsigned)bond->bond.repeats.value);
	ipoib__audit_mend(c->list, "echo %d > /sys/class/net/%s/bonding/num_grat_arp",
			  REPEATS_WANTED, bond->name);
}

static void judge_port_mode(struct ipoib__audit_case *c, ipoib__audit_if *bond,
			    ipoib__audit_if *port, bool is_one_connected)
{
	uint32_t limit = ipoib__audit_datagram_max(c->host, port);

	if (port->mode == IPOIB__AUDIT_MODE_CONNECTED || port->mode == IPOIB__AUDIT_MODE_UNKNOWN)
		return;
	if (!is_one_connected && !(bond->mtu.known && bond->mtu.value > limit))
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_ERROR, "bond-connected", port->name,
		"%s is in datagram mode, but other ports of %s, or its MTU, need connected "
		"mode: after a fail-over to %s what is longer than %u octets is lost",
		port->name, bond->name, port->name, (unsigned)limit);
	if (port->mode == IPOIB__AUDIT_MODE_DATAGRAM) {
		ipoib__audit_mend_mode(c, port, "", "connected");
		return;
	}
	ipoib__audit_mend(c->list,
			  "# %s has no connected mode, so that the bond cannot:", port->name);
	ipoib__audit_mend(c->list, "ip link set %s mtu %d", bond->name, IPOIB__AUDIT_DATAGRAM_MTU);
	for (ipoib__audit_if *i = NULL; (i = next_port(c->host, bond, i)) != NULL;)
		if (i->mode == IPOIB__AUDIT_MODE_CONNECTED)
			ipoib__audit_mend_mode(c, i, "", "datagram");
}

static void judge_port_mtu(struct ipoib__audit_case *c, ipoib__audit_if *bond,
			   ipoib__audit_if *port)
{
	if (!bond->mtu.known || !port->mtu.known || bond->mtu.value == port->mtu.value)
		return;
	ipoib__audit_found(c->list, IPOIB_AUDIT_WARNING, "bond-mtu", port->name,
			   "%s has an MTU of %u and its bond %s one of %u: after a fail-over to %s "
			   "what is longer than the lesser is lost",
			   port->name, (unsigned)port->mtu.value, bond->name,
			   (unsigned)bond->mtu.value, port->name);
	ipoib__audit_mend(c->list, "ip link set %s mtu %u", port->name, (unsigned)bond->mtu.value);
}

/* The interface whose port this is on: children are made there. */
static ipoib__audit_if *base_of(const struct ipoib__audit_host *host, ipoib__audit_if *port)
{
	return port->has_parent ? &host->interfaces[port->parent_index] : port;
}

/* The interface on the same port that has the P_Key, or NULL. */
static ipoib__audit_if *sibling_with(const struct ipoib__audit_host *host, ipoib__audit_if *port,
				     uint32_t pkey)
{
	for (size_t i = 0; i < host->n_interfaces; i++) {
		ipoib__audit_if *other = &host->interfaces[i];

		if (base_of(host, other) == base_of(host, port) && other->pkey.known &&
		    ((other->pkey.value ^ pkey) & IPOIB__AUDIT_PKEY_BITS) == 0)
			return other;
	}
	return NULL;
}

/* create_child calls what it makes PARENT.PKEY. */
static void mend_port_pkey(struct ipoib__audit_case *c, ipoib__audit_if *bond,
			   ipoib__audit_if *port, uint32_t pkey)
{
	ipoib__audit_if *right = sibling_with(c->host, port, pkey);
	const char *base = base_of(c->host, port)->name;
	unsigned full = (unsigned)(pkey | IPOIB__AUDIT_PKEY_FULL);

	ipoib__audit_mend(c->list, "echo -%s > /sys/class/net/%s/bonding/slaves", port->name,
			  bond->name);
	if (right) {
		ipoib__audit_mend(c->list, "echo +%s > /sys/class/net/%s/bonding/slaves",
				  right->name, bond->name);
		return;
	}
	ipoib__audit_mend(c->list, "echo 0x%04x > /sys/class/net/%s/create_child", full, base);
	ipoib__audit_mend(c->list, "echo +%s.%04x > /sys/class/net/%s/bonding/slaves", base, full,
			  bond->name);
}

/* The first port's is the bond's: what differs from it is out of step. */
static void judge_port_pkey(struct ipoib__audit_case *c, ipoib__audit_if *bond,
			    ipoib__audit_if *port)
{
	ipoib__audit_if *first = next_port(c->host, bond, NULL);

	if (!first->pkey.known || !port->pkey.known ||
	    ((first->pkey.value ^ port->pkey.value) & IPOIB__AUDIT_PKEY_BITS) == 0)
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_ERROR, "bond-pkey", port->name,
		"%s has P_Key 0x%04x and %s, another port of %s, 0x%04x: after a fail-over the "
		"bond speaks in another partition, where its neighbours are not",
		port->name, (unsigned)port->pkey.value, first->name, bond->name,
		(unsigned)first->pkey.value);
	mend_port_pkey(c, bond, port, first->pkey.value);
}

void ipoib__audit_judge_bond(struct ipoib__audit_case *c, ipoib__audit_if *bond)
{
	bool is_one_connected = false;

	if (!bond->bond.is_bond)
		return;
	judge_kind(c, bond);
	judge_announcements(c, bond);
	for (ipoib__audit_if *i = NULL; (i = next_port(c->host, bond, i)) != NULL;)
		is_one_connected = is_one_connected || i->mode == IPOIB__AUDIT_MODE_CONNECTED;
	for (ipoib__audit_if *i = NULL; (i = next_port(c->host, bond, i)) != NULL;) {
		judge_port_mode(c, bond, i, is_one_connected);
		judge_port_mtu(c, bond, i);
		judge_port_pkey(c, bond, i);
	}
}
