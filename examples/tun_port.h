/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One interface of ipoib-tun: a TUN device above, a port of the fabric below.
 *
 * 1. tun_port_open() attaches the port, opens the interface, makes the device, which stays down
 *    and without an address, and binds the addresses (tun_addresses.h).
 * 2. The first IPOIB_EVENT_UP tells the MTU: it is checked against mtu=, given to the device, and
 *    the device is set up. It gets its addresses when they have been probed. Once it has all of
 *    them TUN_PORT_READY is told.
 * 3. Packets of the device go to ipoib_interface_send() in bursts, packets that arrive go to the
 *    device. What is answered -EAGAIN waits here, and the device is not read until there is room:
 *    its queue is the kernel's, which knows how to slow a sender down. The same while there are no
 *    buffers. A next hop that has had no room for a while holds up the others no longer
 *    (tun_blocked.h).
 * 4. In connected mode the device has the MTU of connections, and a single neighbour may take less:
 *    one in datagram mode, or one whose connection has died. The system hears of that when it sends
 *    what is too long, by an ICMP error that the library builds and this program writes to the
 *    device like any other packet; what may be cut the library cuts.
 *    tun_told.h makes it forget that when the neighbour takes more again.
 * 5. When the link goes down the device, its addresses and all neighbours stay; when it comes back
 *    everything goes on.
 */
#ifndef EXAMPLES_TUN_PORT_H
#define EXAMPLES_TUN_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ev.h>
#include <ipoib/ipoib.h>

#include "tun_addresses.h"
#include "tun_blocked.h"
#include "tun_device.h"
#include "tun_groups.h"
#include "tun_options.h"
#include "tun_told.h"

struct ipoib_transport;

/*
 * Packets that one wake-up takes from the device. The library rings the adapter's bell once a
 * burst; with more the other interfaces of the loop would wait longer.
 */
#define TUN_BURST 64

/* What a port tells its owner. */
enum tun_port_news {
	TUN_PORT_READY = 1, /* for the first time it is up, its device too, with all addresses */
	TUN_PORT_LOST,      /* it cannot go on; the message was printed */
};

struct tun_port;

/* Who is told what; user stands last. */
struct tun_port_owner {
	void (*news)(struct tun_port *port, enum tun_port_news news, void *user);
	/* as the library tells it, before the port does its part */
	void (*event)(struct tun_port *port, const struct ipoib_event *event, void *user);
	void (*change)(struct tun_port *port, const struct ipoib_neighbour_change *change,
		       void *user);
	struct tun_told *told; /* what all ports of the owner share */
	void *user;
};

/* What passes the device, beside what the library counts. Packets. */
struct tun_port_counters {
	uint64_t read;         /* IP packets read from the device */
	uint64_t read_other;   /* what is no IP packet, and is left */
	uint64_t read_blocked; /* to a next hop without room, and left */
	uint64_t read_starved; /* times that the device was left for want of buffers */
	uint64_t written;      /* written to the device */
	uint64_t write_failed; /* that the device did not take */
	uint64_t write_other;  /* what arrived and is no IP packet, and is left */
	uint64_t mtu_told;     /* errors among what was written that tell a neighbour's MTU */
	uint64_t mtu_taken_out; /* neighbours whose MTU the system was made to forget */
};

struct tun_port {
	const struct tun_interface_options *options;
	struct ev_loop *loop;
	const struct tun_port_owner *owner;

	struct tun_device device;
	struct ev_io readable;
	struct ev_timer patience; /* with packets that wait */

	struct ipoib_transport *transport;
	struct ipoib_interface *interface;
	struct tun_addresses addresses;
	struct tun_groups groups;
	bool configured; /* the device is up, with its MTU */
	bool ready;      /* TUN_PORT_READY was told */
	bool up;

	struct ipoib_packet burst[TUN_BURST];
	size_t waiting;             /* packets at the beginning of burst, answered -EAGAIN */
	struct tun_blocked blocked;
	struct ipoib_buffer *spare; /* got for a packet that did not come */
	struct tun_port_counters counters;
};

/* Returns 0, or a negative errno after a message; tun_port_close() is due in both cases. */
int tun_port_open(struct tun_port *port, const struct tun_interface_options *options,
		  struct ev_loop *loop, struct ipoib_context *context, const char *fabric,
		  const struct tun_port_owner *owner);
void tun_port_close(struct tun_port *port);

/* What a port that is not ready yet waits for, in text or not. */
const char *tun_port_waits_for(const struct tun_port *port, char text[TUN_WAIT_TEXT]);

#endif
