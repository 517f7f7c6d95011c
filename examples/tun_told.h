/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Path MTUs that the system above was told, and how it is made to forget them.
 *
 * A packet that is too long for its neighbour is answered by an ICMP error with the MTU that holds.
 * Linux keeps it as an exception to the route for ten minutes (net.ipv4.route.mtu_expires), and no
 * message says that more is carried again: a connection that was gone for seconds would cost its
 * senders ten minutes of short packets. So each error is noted here, and once the neighbour takes
 * more than it said, the exception is taken out:
 *
 * - IPv4: net.ipv4.route.flush outdates all exceptions of the namespace; a single one cannot be
 *   named. What still holds is told again at the next packet that is too long.
 * - IPv6: the flush of IPv6 keeps what has not expired; but an exception is a route of its own
 *   (RTM_F_CLONED), and is deleted.
 */
#ifndef EXAMPLES_TUN_TOLD_H
#define EXAMPLES_TUN_TOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ev.h>
#include <ipoib/ipoib.h>

struct tun_port;

/*
 * Neighbours that are remembered: as many as a neighbour table has unless it is said, in sets, each
 * of which forgets its oldest.
 */
#define TUN_TOLD_SETS 512
#define TUN_TOLD_WAYS 8

struct tun_told_entry {
	struct tun_port *port;  /* NULL: the place is free */
	struct ipoib_ip ip;     /* the neighbour */
	struct ipoib_ip source; /* the address of ours that the error went to; family 0: any */
	uint64_t time_ns;
	uint32_t mtu;
	bool outdated; /* to be taken out */
	bool removed;  /* the neighbour has left the table, and its next MTU is no event */
};

/* Of all ports: they share the routes of one namespace. */
struct tun_told {
	struct ev_loop *loop;
	struct ev_timer timer; /* runs while something is outdated */
	uint64_t flushed_ns;   /* IPv4; 0: never */
	uint64_t expires_ns;   /* the system forgets by itself */
	bool overflowed;       /* an entry gave way to another */
	bool refused;          /* the system does not let us, and that was said */
	struct tun_told_entry entries[TUN_TOLD_SETS][TUN_TOLD_WAYS];
};

void tun_told_open(struct tun_told *told, struct ev_loop *loop);
void tun_told_close(struct tun_told *told);

/* A packet that the device of the port was given: it is noted if it is such an error. */
void tun_told_packet(struct tun_told *told, struct tun_port *port, const uint8_t *packet,
		     size_t length);
/* IPOIB_EVENT_NEIGHBOUR_MTU, and a change of the neighbour table. */
void tun_told_mtu(struct tun_told *told, struct tun_port *port, const struct ipoib_ip *ip,
		  uint32_t mtu);
void tun_told_change(struct tun_told *told, struct tun_port *port,
		     const struct ipoib_neighbour_change *change);

/* What holds for the system now, and for how long. Returns NULL when it knows nothing. */
const struct tun_told_entry *tun_told_find(struct tun_told *told, const struct tun_port *port,
					   const struct ipoib_ip *ip, uint64_t *age_ns);

#endif
