/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/rules.h"

#define PKEY_DEFAULT 0x7fffu
/* Numbers of routing tables up to 255 have names on some hosts; these begin well behind them. */
#define TABLE_FIRST 1001

static unsigned prefix_length(uint32_t mask)
{
	unsigned length = 0;

	for (; mask & 0x80000000u; mask <<= 1)
		length++;
	return length;
}

const char *ipoib__audit_subnet_text(char out[IPOIB__AUDIT_SUBNET_TEXT],
				     const struct ipoib__audit_subnet *subnet)
{
	uint32_t network = subnet->network;

	(void)snprintf(out, IPOIB__AUDIT_SUBNET_TEXT, "%u.%u.%u.%u/%u", network >> 24,
		       network >> 16 & 0xff, network >> 8 & 0xff, network & 0xff,
		       prefix_length(subnet->mask));
	return out;
}

/*
 * With slashes: an interface may have dots in its name (sysctl.d(5)). What stands under all holds
 * for each interface that says less, so it goes down with it.
 */
void ipoib__audit_mend_sysctl(struct ipoib__audit_case *c, ipoib__audit_if *interface,
			      enum ipoib__audit_sysctl sysctl, uint32_t wanted)
{
	const char *name = ipoib__audit_sysctl_name(sysctl);
	struct ipoib__audit_number all = c->host->all[sysctl], own = interface->sysctl[sysctl];

	if (all.known && all.value > wanted)
		ipoib__audit_mend(c->list, "net/ipv4/conf/all/%s = %u", name, (unsigned)wanted);
	if (!own.known || own.value != wanted)
		ipoib__audit_mend(c->list, "net/ipv4/conf/%s/%s = %u", interface->name, name,
				  (unsigned)wanted);
}

void ipoib__audit_mend_mode(struct ipoib__audit_case *c, ipoib__audit_if *interface,
			    const char *comment, const char *mode)
{
	if (interface->has_attributes)
		ipoib__audit_mend(c->list, "%secho %s > /sys/class/net/%s/mode", comment, mode,
				  interface->name);
	else
		ipoib__audit_mend(c->list, "%sip link set %s type ipoib mode %s", comment,
				  interface->name, mode);
}

void ipoib__audit_mend_partition(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	unsigned pkey = (unsigned)(interface->pkey.value & IPOIB__AUDIT_PKEY_BITS);

	ipoib__audit_mend(c->list, "# where the subnet manager runs, in OpenSM's partitions.conf:");
	if (pkey == PKEY_DEFAULT)
		ipoib__audit_mend(c->list, "#   Default=0x7fff, ipoib : ALL=full;");
	else if (interface->has_address)
		ipoib__audit_mend(c->list, "#   ipoib%04x=0x%04x, ipoib : 0x%016" PRIx64 "=full;",
				  pkey, pkey, ipoib__audit_guid(interface));
	else
		ipoib__audit_mend(c->list, "#   ipoib%04x=0x%04x, ipoib : ALL=full;", pkey, pkey);
}

static bool take(struct ipoib__audit_case *c, unsigned bits)
{
	uint8_t mask = (uint8_t)(1u << bits % 8);
	bool is_new = (c->taken[bits / 8] & mask) == 0;

	c->taken[bits / 8] |= mask;
	return is_new;
}

/* One that the port has already, if there is one; 0 when all are in use. */
static unsigned choose_pkey(struct ipoib__audit_case *c, ipoib__audit_if *interface, bool *is_there)
{
	size_t count;
	const uint16_t *pkeys = ipoib__audit_pkeys(c->host, interface, &count);

	*is_there = true;
	for (size_t i = 0; pkeys && i < count; i++)
		if (pkeys[i] > IPOIB__AUDIT_PKEY_FULL &&
		    (pkeys[i] & IPOIB__AUDIT_PKEY_BITS) != PKEY_DEFAULT &&
		    take(c, pkeys[i] & IPOIB__AUDIT_PKEY_BITS))
			return pkeys[i];
	*is_there = false;
	for (unsigned bits = 1; bits < PKEY_DEFAULT; bits++)
		if (take(c, bits))
			return bits | IPOIB__AUDIT_PKEY_FULL;
	return 0;
}

/* A child is made at its port's own interface. */
static void create_child(struct ipoib__audit_case *c, ipoib__audit_if *interface, unsigned pkey)
{
	if (interface->has_parent)
		interface = &c->host->interfaces[interface->parent_index];
	ipoib__audit_mend(c->list, "echo 0x%04x > /sys/class/net/%s/create_child", pkey,
			  interface->name);
}

void ipoib__audit_mend_domain(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	bool is_there;
	unsigned pkey = choose_pkey(c, interface, &is_there);

	if (pkey == 0)
		return;
	if (!is_there) {
		ipoib__audit_mend(c->list, "# where the subnet manager runs, in OpenSM's "
					   "partitions.conf, for all hosts of this subnet:");
		ipoib__audit_mend(c->list, "#   ipoib%04x=0x%04x, ipoib : ALL=full;",
				  pkey & IPOIB__AUDIT_PKEY_BITS, pkey & IPOIB__AUDIT_PKEY_BITS);
	}
	if (interface->bond.is_bond) {
		for (size_t i = 0; i < c->host->n_interfaces; i++)
			if (strcmp(c->host->interfaces[i].master, interface->name) == 0)
				create_child(c, &c->host->interfaces[i], pkey);
		ipoib__audit_mend(c->list, "# then a bond of these, with the addresses of %s",
				  interface->name);
		return;
	}
	create_child(c, interface, pkey);
	ipoib__audit_mend(c->list, "# then move the addresses of %s to the new interface",
			  interface->name);
}

void ipoib__audit_mend_routes(struct ipoib__audit_case *c, ipoib__audit_if *interface,
			      const struct ipoib__audit_subnet *subnet)
{
	char text[IPOIB__AUDIT_SUBNET_TEXT];
	unsigned table = TABLE_FIRST + (unsigned)(interface - c->host->interfaces);

	ipoib__audit_mend(c->list, "#   ip route add %s dev %s src ADDRESS table %u",
			  ipoib__audit_subnet_text(text, subnet), interface->name, table);
	ipoib__audit_mend(c->list, "#   ip rule add from ADDRESS lookup %u", table);
}
