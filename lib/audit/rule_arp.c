/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Who answers ARP, and what is believed of it. */
#include "audit/rules.h"

/* Levels of arp_ignore: 1 and 2 bind an address to its interface, 8 answers nothing. */
#define IGNORE_FOREIGN 1
#define IGNORE_FOREIGN_SUBNET 2
#define IGNORE_ALL 8
#define ANNOUNCE_BEST 2

/* 0 is to answer for any address; so, in effect, are 3 and the levels that are not assigned. */
static bool answers_for_others(struct ipoib__audit_number ignore)
{
	return ignore.known && ignore.value != IGNORE_FOREIGN &&
	       ignore.value != IGNORE_FOREIGN_SUBNET && ignore.value != IGNORE_ALL;
}

/*
 * arp_filter keeps apart what routing keeps apart: with a subnet of its own on each port, nobody
 * but the port of the sender's subnet answers.
 */
static bool is_filtered(const struct ipoib__audit_host *host, ipoib__audit_if *interface,
			ipoib__audit_if *rival)
{
	struct ipoib__audit_number filter =
		ipoib__audit_effective(host, interface, IPOIB__AUDIT_ARP_FILTER);

	return filter.known && filter.value != 0 && host->has_routes && interface->n_subnets > 0 &&
	       rival->n_subnets > 0 && !ipoib__audit_shared(host, interface, rival);
}

static void judge_ignore(struct ipoib__audit_case *c, ipoib__audit_if *interface,
			 ipoib__audit_if *rival)
{
	struct ipoib__audit_number ignore =
		ipoib__audit_effective(c->host, interface, IPOIB__AUDIT_ARP_IGNORE);

	if (ignore.known && ignore.value == IGNORE_ALL) {
		ipoib__audit_found(c->list, IPOIB_AUDIT_ERROR, "arp-silent", interface->name,
				   "with arp_ignore 8 %s answers no ARP request at all: "
				   "no neighbour can reach it unless it has static entries",
				   interface->name);
		ipoib__audit_mend_sysctl(c, interface, IPOIB__AUDIT_ARP_IGNORE, IGNORE_FOREIGN);
	}
	if (!rival || !answers_for_others(ignore) || is_filtered(c->host, interface, rival))
		return;
	if (ipoib__audit_lacks_address(c->host, rival))
		ipoib__audit_found(
			c->list, IPOIB_AUDIT_NOTE, "arp-ignore", interface->name,
			"%s and %s are in one broadcast domain (P_Key 0x%04x), and with "
			"arp_ignore %u %s also answers ARP requests for the addresses of %s, "
			"which has none by the main routing table: as soon as it gets one, its "
			"neighbours' entries flip between the ports (ARP flux)",
			interface->name, rival->name, (unsigned)interface->pkey.value,
			(unsigned)ignore.value, interface->name, rival->name);
	else
		ipoib__audit_found(
			c->list, IPOIB_AUDIT_ERROR, "arp-ignore", interface->name,
			"%s and %s are in one broadcast domain (P_Key 0x%04x), and with "
			"arp_ignore %u %s also answers ARP requests for the addresses of %s: its "
			"neighbours' entries flip between the ports (ARP flux)",
			interface->name, rival->name, (unsigned)interface->pkey.value,
			(unsigned)ignore.value, interface->name, rival->name);
	ipoib__audit_mend_sysctl(c, interface, IPOIB__AUDIT_ARP_IGNORE, IGNORE_FOREIGN);
}

static void judge_announce(struct ipoib__audit_case *c, ipoib__audit_if *interface,
			   ipoib__audit_if *rival)
{
	struct ipoib__audit_number announce =
		ipoib__audit_effective(c->host, interface, IPOIB__AUDIT_ARP_ANNOUNCE);

	if (!rival || !announce.known || announce.value >= ANNOUNCE_BEST)
		return;

	/* What has no address lends none. */
	uint32_t severity = ipoib__audit_lacks_address(c->host, rival) ? IPOIB_AUDIT_NOTE
								       : IPOIB_AUDIT_WARNING;

	ipoib__audit_found(
		c->list, severity, "arp-announce", interface->name,
		"with arp_announce %u the ARP requests of %s may carry an address of %s "
		"as their sender, and who hears them moves that address to the port of %s",
		(unsigned)announce.value, interface->name, rival->name, interface->name);
	ipoib__audit_mend_sysctl(c, interface, IPOIB__AUDIT_ARP_ANNOUNCE, ANNOUNCE_BEST);
}

static void judge_notify(struct ipoib__audit_case *c, ipoib__audit_if *interface,
			 ipoib__audit_if *rival)
{
	struct ipoib__audit_number notify =
		ipoib__audit_effective(c->host, interface, IPOIB__AUDIT_ARP_NOTIFY);

	if (!rival || !notify.known || notify.value != 0)
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_NOTE, "arp-notify", interface->name,
		"with arp_notify 0 %s does not announce its addresses when it comes up or "
		"gets another link address: after a fail-over from %s neighbours send to "
		"the old port until they ask again",
		interface->name, rival->name);
	ipoib__audit_mend_sysctl(c, interface, IPOIB__AUDIT_ARP_NOTIFY, 1);
}

static void judge_belief(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	struct ipoib__audit_number accept =
		ipoib__audit_effective(c->host, interface, IPOIB__AUDIT_ARP_ACCEPT);
	struct ipoib__audit_number drop =
		ipoib__audit_effective(c->host, interface, IPOIB__AUDIT_DROP_GRATUITOUS);

	if (accept.known && accept.value != 0) {
		ipoib__audit_found(
			c->list, IPOIB_AUDIT_WARNING, "arp-accept", interface->name,
			"with arp_accept %u each gratuitous ARP that %s hears makes a new "
			"neighbour: one talkative host fills the neighbour table",
			(unsigned)accept.value, interface->name);
		ipoib__audit_mend_sysctl(c, interface, IPOIB__AUDIT_ARP_ACCEPT, 0);
	}
	if (drop.known && drop.value != 0) {
		ipoib__audit_found(
			c->list, IPOIB_AUDIT_WARNING, "drop-gratuitous-arp", interface->name,
			"with drop_gratuitous_arp %u %s does not hear that an address has "
			"moved: after a peer's fail-over it sends to the dead port until "
			"its own probes fail",
			(unsigned)drop.value, interface->name);
		ipoib__audit_mend_sysctl(c, interface, IPOIB__AUDIT_DROP_GRATUITOUS, 0);
	}
}

void ipoib__audit_judge_arp(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	if (!ipoib__audit_serves(interface))
		return;

	ipoib__audit_if *rival = ipoib__audit_rival(c->host, interface);

	judge_ignore(c, interface, rival);
	judge_announce(c, interface, rival);
	judge_notify(c, interface, rival);
	judge_belief(c, interface);
}

/* What conf/all forbids, each IPoIB interface goes on to forbid by itself. */
static void mend_all(struct ipoib__audit_case *c, enum ipoib__audit_sysctl sysctl)
{
	const char *name = ipoib__audit_sysctl_name(sysctl);

	if (c->host->all[sysctl].value == 0)
		return;
	for (size_t i = 0; i < c->host->n_interfaces; i++) {
		ipoib__audit_if *interface = &c->host->interfaces[i];

		if (ipoib__audit_serves(interface))
			ipoib__audit_mend(
				c->list, "net/ipv4/conf/%s/%s = %u", interface->name, name,
				(unsigned)ipoib__audit_effective(c->host, interface, sysctl).value);
	}
	ipoib__audit_mend(c->list, "net/ipv4/conf/all/%s = 0", name);
}

void ipoib__audit_judge_all(struct ipoib__audit_case *c)
{
	struct ipoib__audit_number ignore = c->host->all[IPOIB__AUDIT_ARP_IGNORE];
	struct ipoib__audit_number announce = c->host->all[IPOIB__AUDIT_ARP_ANNOUNCE];

	if (!c->host->has_others || c->host->n_interfaces == 0 || !ignore.known ||
	    !announce.known || (ignore.value == 0 && announce.value == 0))
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_NOTE, "arp-all", IPOIB__AUDIT_HOST_SUBJECT,
		"arp_ignore %u and arp_announce %u of conf/all bind every interface of "
		"the host, not the IPoIB ones alone: those that use an address of another "
		"one, as containers' do, are no longer answered for",
		(unsigned)ignore.value, (unsigned)announce.value);
	mend_all(c, IPOIB__AUDIT_ARP_IGNORE);
	mend_all(c, IPOIB__AUDIT_ARP_ANNOUNCE);
}
