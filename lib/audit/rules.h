/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The rules: what was read (host.h) goes in, findings come out. Each rule looks at one interface,
 * at the others only as its rivals, and says one thing with one identifier; ipoib-audit(1) lists
 * them. A rule is silent about what could not be read: that is a finding of its own.
 */
#ifndef IPOIB__AUDIT_RULES_H
#define IPOIB__AUDIT_RULES_H

#include <ipoib/audit.h>

#include "audit/findings.h"
#include "audit/host.h"

#define IPOIB__AUDIT_HOST_SUBJECT "host"
/* The largest MTU of a datagram: 4096 octets of the link less four of the encapsulation. */
#define IPOIB__AUDIT_DATAGRAM_MAX 4092
/* Of Omni-Path, whose links take 10240. */
#define IPOIB__AUDIT_OPA_DATAGRAM_MAX 10236
/* What every datagram interface takes: 2048 octets of the link less four. */
#define IPOIB__AUDIT_DATAGRAM_MTU 2044
/* Of Linux's connected mode: 64 KiB less the encapsulation, rounded down (RFC 4755 section 5). */
#define IPOIB__AUDIT_CONNECTED_MTU 65520

struct ipoib__audit_case {
	const struct ipoib__audit_host *host;
	struct ipoib__audit_findings *list;
	/* P_Keys that interfaces have or that a remedy has given away already, by 15 bits. */
	uint8_t taken[(IPOIB__AUDIT_PKEY_BITS + 1) / 8];
};

typedef const struct ipoib__audit_interface ipoib__audit_if;

void ipoib__audit_judge_arp(struct ipoib__audit_case *c, ipoib__audit_if *interface);
void ipoib__audit_judge_subnet(struct ipoib__audit_case *c, ipoib__audit_if *interface);
void ipoib__audit_judge_filter(struct ipoib__audit_case *c, ipoib__audit_if *interface);
void ipoib__audit_judge_mtu(struct ipoib__audit_case *c, ipoib__audit_if *interface);
void ipoib__audit_judge_mode(struct ipoib__audit_case *c, ipoib__audit_if *interface);
void ipoib__audit_judge_memory(struct ipoib__audit_case *c, ipoib__audit_if *interface);
void ipoib__audit_judge_port(struct ipoib__audit_case *c, ipoib__audit_if *interface);
void ipoib__audit_judge_pkey(struct ipoib__audit_case *c, ipoib__audit_if *interface);
void ipoib__audit_judge_link(struct ipoib__audit_case *c, ipoib__audit_if *interface);
void ipoib__audit_judge_bond(struct ipoib__audit_case *c, ipoib__audit_if *interface);
void ipoib__audit_judge_tables(struct ipoib__audit_case *c);
void ipoib__audit_judge_reading(struct ipoib__audit_case *c);
void ipoib__audit_judge_all(struct ipoib__audit_case *c);

/* ---- what interfaces are to each other (relations.c) ---- */

/* Halves of the GID in the link address, of what has one. */
uint64_t ipoib__audit_prefix(ipoib__audit_if *interface);
uint64_t ipoib__audit_guid(ipoib__audit_if *interface);
/* It is up and answers for addresses: ports of a bond do not, their bond does. */
bool ipoib__audit_serves(ipoib__audit_if *interface);
/* It sends and receives itself, as a bond does not. */
bool ipoib__audit_carries(ipoib__audit_if *interface);
/*
 * One broadcast domain: the same P_Key and, as far as link addresses are known, subnet prefix; and
 * not two subnets that share a prefix, as far as their subnet managers show.
 */
bool ipoib__audit_same_domain(ipoib__audit_if *a, ipoib__audit_if *b);
/* Others that carry packets in the same domain, ports of the same bond left to its rules. */
bool ipoib__audit_is_peer(ipoib__audit_if *interface, ipoib__audit_if *other);
/* Ports of two InfiniBand subnets: two subnet managers have configured them. */
bool ipoib__audit_are_apart(ipoib__audit_if *a, ipoib__audit_if *b);
/* The same port of the same adapter. */
bool ipoib__audit_on_one_port(ipoib__audit_if *a, ipoib__audit_if *b);
bool ipoib__audit_is_connected(ipoib__audit_if *interface);
/* What the main routing table shows no subnet of, though it shows others', has no address. */
bool ipoib__audit_lacks_address(const struct ipoib__audit_host *host, ipoib__audit_if *interface);
/* The largest MTU in datagram mode, of a bond that of its ports. */
uint32_t ipoib__audit_datagram_max(const struct ipoib__audit_host *host,
				   ipoib__audit_if *interface);
/* The first other one that serves in the same domain, those with an address first; or NULL. */
ipoib__audit_if *ipoib__audit_rival(const struct ipoib__audit_host *host,
				    ipoib__audit_if *interface);
/* The first subnet of a that b has as well, or NULL. */
const struct ipoib__audit_subnet *ipoib__audit_shared(const struct ipoib__audit_host *host,
						      ipoib__audit_if *a, ipoib__audit_if *b);
/*
 * The first other serving interface by which the main table sends to a subnet of this one, and that
 * subnet; or NULL.
 */
ipoib__audit_if *ipoib__audit_preferred(const struct ipoib__audit_host *host,
					ipoib__audit_if *interface,
					const struct ipoib__audit_subnet **subnet);

/* ---- pieces of remedies and sentences (phrases.c) ---- */

/* "10.10.1.0/24" */
#define IPOIB__AUDIT_SUBNET_TEXT sizeof("255.255.255.255/32")
const char *ipoib__audit_subnet_text(char out[IPOIB__AUDIT_SUBNET_TEXT],
				     const struct ipoib__audit_subnet *subnet);
/* Lines of sysctl.d after which the effective value is the wanted one. */
void ipoib__audit_mend_sysctl(struct ipoib__audit_case *c, ipoib__audit_if *interface,
			      enum ipoib__audit_sysctl sysctl, uint32_t wanted);
/* A line that changes the mode to "datagram" or "connected", behind "" or the "# " of a comment. */
void ipoib__audit_mend_mode(struct ipoib__audit_case *c, ipoib__audit_if *interface,
			    const char *comment, const char *mode);
/* Lines that make the interface's port a full member of its P_Key. */
void ipoib__audit_mend_partition(struct ipoib__audit_case *c, ipoib__audit_if *interface);
/* Lines that give the interface a P_Key which nobody else has. */
void ipoib__audit_mend_domain(struct ipoib__audit_case *c, ipoib__audit_if *interface);
/*
 * Lines that give the interface routes of its own to a subnet. They are an explanation: the tree
 * does not say which address is whose.
 */
void ipoib__audit_mend_routes(struct ipoib__audit_case *c, ipoib__audit_if *interface,
			      const struct ipoib__audit_subnet *subnet);

/* The P_Key table of its port, or its parent's; NULL when it could not be read. */
const uint16_t *ipoib__audit_pkeys(const struct ipoib__audit_host *host, ipoib__audit_if *interface,
				   size_t *count);

#endif
