/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The addresses of an interface of ipoib-tun: bound in the library, and on the device.
 *
 * 1. Those of the command line are bound at the beginning. The link-local address of IPv6 is made
 *    of the port's GUID (RFC 4391 section 8), so it is bound when the port is up for the first
 *    time, and another one when the port has got another GID.
 * 2. The library probes an address; once it is in use the device gets it too. The system does not
 *    probe it again, and makes no link-local address of its own.
 * 3. An address that is lost to somebody else is taken from the device (RFC 5227 section 2.4: no
 *    packet may go out with it), and given back when it is in use again.
 *
 * IPv6 is left out where the system has none, and below its least MTU.
 */
#ifndef EXAMPLES_TUN_ADDRESSES_H
#define EXAMPLES_TUN_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>

#include <ipoib/binding.h>

#include "tun_options.h"

/* Room for what tun_addresses_wait_for() writes: an address, a link address and a few words. */
#define TUN_WAIT_TEXT 192

struct tun_address {
	struct subnet_address subnet;
	struct ipoib_binding *binding; /* NULL: left out */
	bool on_device;
	bool from_guid; /* the link-local address that was made of the port's GUID */
};

struct tun_addresses {
	struct ipoib_interface *interface;
	const struct tun_device *device;
	/* those of the command line, and the link-local one */
	struct tun_address at[TUN_ADDRESSES_MAX + 1];
	size_t count;
	enum tun_ipv6 ipv6;
};

/*
 * Binds what the command line says; the device is there, and not up yet. Returns 0, or a negative
 * errno after a message; tun_addresses_close() is due in both cases.
 */
int tun_addresses_open(struct tun_addresses *addresses, struct ipoib_interface *interface,
		       const struct tun_device *device,
		       const struct tun_interface_options *options);
void tun_addresses_close(struct tun_addresses *addresses);

/* The port is up for the first time, the device not yet. Returns as tun_addresses_open(). */
int tun_addresses_first_up(struct tun_addresses *addresses, uint32_t mtu,
			   const struct ipoib_gid *gid);

/*
 * Gives the device what is in use, but nothing before it is known whether what stands before it on
 * the command line can be used. Due when an address is in use, or found to be another's.
 */
int tun_addresses_put_ready(struct tun_addresses *addresses);

/* An address is lost; the port may have another GID; the MTU is another. */
void tun_addresses_lost(struct tun_addresses *addresses, const struct ipoib_ip *ip);
void tun_addresses_set_gid(struct tun_addresses *addresses, const struct ipoib_gid *gid);
void tun_addresses_set_mtu(struct tun_addresses *addresses, uint32_t mtu);

/* Whether one is not in use; text says what the first such waits for. */
bool tun_addresses_wait_for(const struct tun_addresses *addresses, char text[TUN_WAIT_TEXT]);

#endif
