/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The packets of an interface of ipoib-tun, both ways. */
#ifndef EXAMPLES_TUN_TRAFFIC_H
#define EXAMPLES_TUN_TRAFFIC_H

#include "tun_port.h"

/* Prepares the watchers; nothing is read before tun_traffic_start(). */
void tun_traffic_init(struct tun_port *port);
void tun_traffic_start(struct tun_port *port);
/* Ends the watchers and gives every buffer back. */
void tun_traffic_stop(struct tun_port *port);

/* There may be room again: sends what waits, then reads on. */
void tun_traffic_resume(struct tun_port *port);

/* The library tells of room for a next hop; family 0: for all. */
void tun_traffic_room(struct tun_port *port, const struct ipoib_ip *hop);

/* The receive callback of the interface; user is the port. */
void tun_traffic_receive(struct ipoib_interface *interface, struct ipoib_buffer *const *packets,
			 size_t count, void *user);

#endif
