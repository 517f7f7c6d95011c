/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Subnets and broadcast domains: two subnets in one domain, one subnet on two ports. Subnets are
 * known from the main routing table; rules of policy routing are not seen, so that nothing is said
 * about where packets go when there are some.
 */
#include "audit/rules.h"

/* The first one before this interface that has other subnets in the same domain, or NULL. */
static ipoib__audit_if *neighbour_of_another_subnet(const struct ipoib__audit_host *host,
						    ipoib__audit_if *interface)
{
	for (ipoib__audit_if *other = host->interfaces; other < interface; other++)
		if (ipoib__audit_serves(other) && other->n_subnets > 0 &&
		    ipoib__audit_same_domain(other, interface) &&
		    !ipoib__audit_shared(host, interface, other))
			return other;
	return NULL;
}

static void judge_domain(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	char mine[IPOIB__AUDIT_SUBNET_TEXT], theirs[IPOIB__AUDIT_SUBNET_TEXT];
	ipoib__audit_if *other =
		interface->n_subnets > 0 ? neighbour_of_another_subnet(c->host, interface) : NULL;

	if (!other)
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_WARNING, "pkey-shared", interface->name,
		"subnet %s of %s and subnet %s of %s share P_Key 0x%04x, and so one broadcast "
		"domain: every host hears and may answer the ARP requests of both",
		ipoib__audit_subnet_text(mine, &c->host->subnets[interface->first_subnet]),
		interface->name,
		ipoib__audit_subnet_text(theirs, &c->host->subnets[other->first_subnet]),
		other->name, (unsigned)interface->pkey.value);
	ipoib__audit_mend_domain(c, interface);
}

void ipoib__audit_judge_subnet(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	char text[IPOIB__AUDIT_SUBNET_TEXT];
	const struct ipoib__audit_subnet *subnet;

	if (!ipoib__audit_serves(interface))
		return;
	judge_domain(c, interface);

	ipoib__audit_if *preferred = ipoib__audit_preferred(c->host, interface, &subnet);

	if (!preferred)
		return;
	ipoib__audit_subnet_text(text, subnet);
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_WARNING, "subnet-shared", interface->name,
		"%s and %s are both in subnet %s, and the main routing table sends to it "
		"by %s: unless policy rules say otherwise, which are not seen here, what "
		"came in by %s is answered by %s",
		preferred->name, interface->name, text, preferred->name, interface->name,
		preferred->name);
	ipoib__audit_mend(c->list,
			  "# give %s addresses of a subnet of its own, or make one bond "
			  "(active-backup) of %s and %s;",
			  interface->name, preferred->name, interface->name);
	ipoib__audit_mend(c->list,
			  "# to keep both, with ADDRESS for each address of %s:", interface->name);
	ipoib__audit_mend_routes(c, interface, subnet);
}
