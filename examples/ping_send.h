/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* An IPv4 packet on its way out: as one buffer of the library, or as fragments. */
#ifndef EXAMPLES_PING_SEND_H
#define EXAMPLES_PING_SEND_H

#include <stddef.h>
#include <stdint.h>

struct ipoib_interface;
struct ipoib_ip;

/*
 * Hands a packet over. Returns 0; -EAGAIN when there is no room; -EMSGSIZE with the MTU that holds;
 * or another negative errno of ipoib_interface_send().
 */
int ping_send(struct ipoib_interface *interface, const struct ipoib_ip *to, const uint8_t *packet,
	      size_t length, uint32_t *mtu);

#endif
