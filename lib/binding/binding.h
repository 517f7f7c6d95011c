/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Addresses that stay where they were bound.
 *
 * An address belongs to one interface, that is to one (device, port, P_Key), and is answered
 * for there and nowhere else, whatever other addresses the host owns: what the kernel calls
 * arp_ignore=1 and arp_announce=2 and does not do by default. The set of one interface is small
 * (a host has a handful of addresses per port), so it is an array, and looking through it costs
 * less than hashing would.
 */
#ifndef IPOIB__BINDING_H
#define IPOIB__BINDING_H

#include <stdbool.h>
#include <stdint.h>

#include <ipoib/types.h>

#include "base/list.h"

/*
 * More addresses than any port of a storage target carries; each ARP request is compared with
 * all of them.
 */
#define IPOIB__BINDINGS_MAX 64

struct ipoib__binding {
	struct ipoib__list link;
	struct ipoib_ip address;
	uint8_t prefix_length; /* of the subnet that the address is in */
};

struct ipoib__bindings {
	struct ipoib__list list; /* in the order of binding: the first is the preferred source */
	uint32_t count;
};

void ipoib__bindings_init(struct ipoib__bindings *bindings);

/*
 * Whether an address and prefix can be bound at all: 0, -EAFNOSUPPORT (not IPv4) or -EINVAL (a
 * prefix beyond 32, or an address that is no host's: 0/8, 127/8, multicast, reserved, broadcast
 * of its own subnet).
 */
int ipoib__binding_check(const struct ipoib_ip *address, unsigned prefix_length);

/* Adds a checked binding. 0, -EADDRINUSE or -ENOSPC. */
int ipoib__bindings_add(struct ipoib__bindings *bindings, struct ipoib__binding *binding);
void ipoib__bindings_remove(struct ipoib__bindings *bindings, struct ipoib__binding *binding);

/* The binding of exactly this address, or NULL. */
struct ipoib__binding *ipoib__bindings_find(const struct ipoib__bindings *bindings,
					    const struct ipoib_ip *address);

/*
 * The address to ask from for a target: the first one whose subnet the target is in, else the
 * first one (arp_announce=2: of this interface, always). NULL when nothing is bound.
 */
const struct ipoib__binding *ipoib__bindings_source(const struct ipoib__bindings *bindings,
						    const struct ipoib_ip *target);

/*
 * Whether an address is the directed broadcast of a bound subnet (not of a /31 or /32, RFC 3021).
 */
bool ipoib__bindings_is_broadcast(const struct ipoib__bindings *bindings,
				  const struct ipoib_ip *address);

#endif
