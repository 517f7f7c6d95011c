/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What is asked of Linux by netlink. All of these return 0 or a negative errno, and say nothing. */
#ifndef EXAMPLES_TUN_NETLINK_H
#define EXAMPLES_TUN_NETLINK_H

#include <stdint.h>

struct subnet_address;

/*
 * What `ip address replace ADDRESS/L dev DEVICE nodad` does: one that is there already is no error.
 * The system must not probe an address of IPv6 that the library has probed.
 */
int netlink_add_address(int device, const struct subnet_address *address);
/* What is not there is no error. */
int netlink_remove_address(int device, const struct subnet_address *address);

/* What `ip link set DEVICE addrgenmode none` does: no link-local address of the system's own. */
int netlink_no_link_local(int device);

/*
 * Deletes what the system has learnt of the path MTU to a destination of IPv6 by packets from a
 * source; 16 octets each, and the source may be NULL. -ESRCH: it has learnt nothing.
 */
int netlink_forget_mtu(int device, const uint8_t *destination, const uint8_t *source);

#endif
