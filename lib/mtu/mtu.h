/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What fits where: the decision for each single packet, and IPv4 fragmentation.
 *
 * A packet of 4188 bytes once met a queue pair that carries 2044, because the choice of the
 * queue pair was made by asking what there is, not what the packet needs. Here the packet comes
 * first (I4):
 *
 *   the connection is    the packet fits a datagram    it does not
 *   -----------------    --------------------------    --------------------------------------
 *   up                   by the connection             by the connection, if that takes it
 *   being made           as a datagram                 waits, for a bounded time
 *   wanted, not asked    as a datagram, and asks       waits, and asks
 *   refused, or none     as a datagram                 in fragments where that is allowed,
 *                                                      else "too big", with the MTU that holds
 *
 * Whatever is decided here may be false a moment later: the last word is spoken where it is
 * posted (I3).
 */
#ifndef IPOIB__MTU_H
#define IPOIB__MTU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/types.h>

enum ipoib__mtu_link {
	IPOIB__MTU_NO_CONNECTION, /* the peer or we do not want one, or it was refused lately */
	IPOIB__MTU_WANTED,        /* one may be asked for */
	IPOIB__MTU_CONNECTING,    /* one is being made */
	IPOIB__MTU_CONNECTED,     /* one is up */
};

enum ipoib__mtu_way {
	IPOIB__MTU_DATAGRAM,
	IPOIB__MTU_CONNECTION,
	IPOIB__MTU_WAIT,
	IPOIB__MTU_FRAGMENT, /* as datagrams, or by the connection when that is up */
	IPOIB__MTU_TOO_BIG,
};

/* What is known of the way to a peer; limits in octets of an IP packet. */
struct ipoib__mtu_path {
	enum ipoib__mtu_link link;
	uint32_t datagram;   /* port, group and path record, the least of them */
	uint32_t connection; /* what we and the peer take, when it is up */
	uint32_t interface;  /* never more than this */
	bool may_fragment;   /* the caller lets IPv4 packets without DF be cut */
};

struct ipoib__mtu_verdict {
	enum ipoib__mtu_way way;
	uint32_t mtu; /* of the way taken; with TOO_BIG what would have fitted */
};

/* The decision for a packet of so many octets. fragile: it must not be cut (DF, or not IPv4). */
struct ipoib__mtu_verdict ipoib__mtu_decide(const struct ipoib__mtu_path *path, size_t length,
					    bool fragile);

/*
 * The MTU of a peer, as a caller should count with it now: packets up to this are carried or
 * wait for the connection that is on its way.
 */
uint32_t ipoib__mtu_of_peer(const struct ipoib__mtu_path *path);

/*
 * Fragmentation, RFC 791 section 3.2. The packet is a whole IPv4 packet, itself a fragment
 * perhaps, without DF.
 *
 *	struct ipoib__fragments f;
 *
 *	status = ipoib__fragments_begin(&f, packet, length, mtu);
 *	while (status == 0 && (n = ipoib__fragments_next(&f, out, room)) > 0)
 *		send(out, n);
 */
struct ipoib__fragments {
	const uint8_t *packet;
	size_t header;  /* of the packet, options included */
	size_t payload; /* octets behind it */
	size_t done;    /* octets of that which are in fragments already */
	size_t mtu;
	uint16_t offset; /* of the packet's own payload, in units of eight */
	bool more;       /* the packet itself is not the last fragment */
};

/*
 * 0; -EINVAL (not a whole IPv4 packet); -EPERM (DF is set); -EMSGSIZE (no eight octets fit
 * behind the header).
 */
int ipoib__fragments_begin(struct ipoib__fragments *f, const void *packet, size_t length,
			   uint32_t mtu);
/* How many fragments there will be. */
size_t ipoib__fragments_count(const struct ipoib__fragments *f);
/* Writes the next fragment: its octets, 0 after the last one, or -ENOBUFS. */
int ipoib__fragments_next(struct ipoib__fragments *f, void *out, size_t room);

#endif
