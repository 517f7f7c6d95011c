/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The two filters that ask the routing table. arp_filter answers an ARP request on an interface
 * only if a packet from the address that is asked for to the sender would leave by it; rp_filter 1
 * takes a packet only if an answer would. On two ports with one subnet the main table has one
 * answer for both, so that the other port is mute, or deaf, until it has routes of its own.
 */
#include "audit/rules.h"

#define RP_STRICT 1
#define RP_LOOSE 2

static void mend_filter(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	ipoib__audit_mend_sysctl(c, interface, IPOIB__AUDIT_ARP_FILTER, 0);
	ipoib__audit_mend(c->list, "net/ipv4/conf/%s/arp_ignore = 1", interface->name);
	ipoib__audit_mend(c->list, "net/ipv4/conf/%s/arp_announce = 2", interface->name);
}

/* xcat2/xcat-core#6269: the additional ports of a host answered no ping any more. */
static void judge_arp_filter(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	char text[IPOIB__AUDIT_SUBNET_TEXT];
	const struct ipoib__audit_subnet *subnet;
	struct ipoib__audit_number filter =
		ipoib__audit_effective(c->host, interface, IPOIB__AUDIT_ARP_FILTER);
	struct ipoib__audit_number ignore =
		ipoib__audit_effective(c->host, interface, IPOIB__AUDIT_ARP_IGNORE);

	if (!filter.known || filter.value == 0)
		return;

	ipoib__audit_if *preferred = ipoib__audit_preferred(c->host, interface, &subnet);

	if (preferred) {
		ipoib__audit_found(
			c->list, IPOIB_AUDIT_ERROR, "arp-filter", interface->name,
			"with arp_filter 1 %s answers an ARP request only if the reply "
			"would be routed out by %s, and to subnet %s the main routing table "
			"sends by %s: without routes for this port, which only policy rules "
			"can give it, nobody there gets an answer from %s",
			interface->name, interface->name, ipoib__audit_subnet_text(text, subnet),
			preferred->name, interface->name);
		mend_filter(c, interface);
		ipoib__audit_mend(c->list,
				  "# or keep arp_filter, and with ADDRESS for each address "
				  "of %s:",
				  interface->name);
		ipoib__audit_mend_routes(c, interface, subnet);
		return;
	}
	if (!ignore.known || ignore.value == 0 || !ipoib__audit_rival(c->host, interface))
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_NOTE, "arp-filter-ignore", interface->name,
		"%s answers only what both arp_filter %u and arp_ignore %u let pass: "
		"arp_ignore alone binds its addresses, and arp_filter silences it as soon "
		"as a better route to its subnet leaves by another port",
		interface->name, (unsigned)filter.value, (unsigned)ignore.value);
	ipoib__audit_mend_sysctl(c, interface, IPOIB__AUDIT_ARP_FILTER, 0);
}

static void judge_rp_filter(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	char text[IPOIB__AUDIT_SUBNET_TEXT];
	const struct ipoib__audit_subnet *subnet;
	struct ipoib__audit_number filter =
		ipoib__audit_effective(c->host, interface, IPOIB__AUDIT_RP_FILTER);

	if (!filter.known || filter.value != RP_STRICT)
		return;

	ipoib__audit_if *preferred = ipoib__audit_preferred(c->host, interface, &subnet);
	ipoib__audit_if *rival = ipoib__audit_rival(c->host, interface);

	if (preferred)
		ipoib__audit_found(c->list, IPOIB_AUDIT_WARNING, "rp-filter", interface->name,
				   "with rp_filter 1 %s drops every packet from subnet %s, because "
				   "the main routing table would answer it by %s",
				   interface->name, ipoib__audit_subnet_text(text, subnet),
				   preferred->name);
	else if (rival)
		ipoib__audit_found(
			c->list, IPOIB_AUDIT_NOTE, "rp-filter", interface->name,
			"with rp_filter 1 %s drops without a word what a neighbour in the "
			"same broadcast domain has sent to it instead of %s",
			interface->name, rival->name);
	else
		return;
	ipoib__audit_mend_sysctl(c, interface, IPOIB__AUDIT_RP_FILTER, RP_LOOSE);
}

void ipoib__audit_judge_filter(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	if (!ipoib__audit_serves(interface))
		return;
	judge_arp_filter(c, interface);
	judge_rp_filter(c, interface);
}
