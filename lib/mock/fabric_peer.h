/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A peer: what the fabric reaches by a descriptor, a process at the socket or a device of the
 * kernel's. Both have the same lanes of frames that wait for room; how a message is written and
 * read is a table, which the file has that makes the peer.
 */
#ifndef IPOIB__MOCK_FABRIC_PEER_H
#define IPOIB__MOCK_FABRIC_PEER_H

#include "mock/fabric.h"

struct ipoib__attach;

struct ipoib__peer_ops {
	/*
	 * Writes a frame. -EAGAIN: no room now. -EMSGSIZE: it does not take this one, though it may
	 * take others. Another error is the end.
	 */
	int (*write)(struct ipoib_fabric *fabric, const struct ipoib__peer *peer,
		     const uint8_t *header, const void *payload, size_t length);
	/* Writes what its port is, and the events that it has. -EAGAIN. */
	int (*tell)(struct ipoib_fabric *fabric, const struct ipoib__peer *peer);
	/*
	 * Reads one message into fabric->buffer, and returns its length; 0: longer than any frame.
	 * -EAGAIN: there is none. Another error is the end.
	 */
	int (*read)(struct ipoib_fabric *fabric, const struct ipoib__peer *peer);
	/* The first message. NULL: a peer of this kind is attached before it is read. */
	void (*greet)(struct ipoib_fabric *fabric, struct ipoib__peer *peer, const void *bytes,
		      size_t length);
	/* The peer ends; its port, if it had one, is detached. NULL: nothing is to be done. */
	void (*end)(struct ipoib_fabric *fabric, struct ipoib__peer *peer);
};

/* ---- fabric_peer.c ---- */

/* The descriptor is the peer's when it succeeds. */
int ipoib__fabric_peer_new(struct ipoib_fabric *fabric, int fd, const struct ipoib__peer_ops *ops,
			   struct ipoib__peer **out);
void ipoib__fabric_peer_close(struct ipoib_fabric *fabric, struct ipoib__peer *peer);
/* Reads what has come, so many frames at most. */
void ipoib__fabric_peer_read(struct ipoib_fabric *fabric, struct ipoib__peer *peer,
			     unsigned reads);
/* Writes what waits, as far as there is room. */
void ipoib__fabric_peer_write(struct ipoib_fabric *fabric, struct ipoib__peer *peer);
/* The end of the turn: multicasts are written, for all peers that have got any. */
void ipoib__fabric_peers_flush(struct ipoib_fabric *fabric);

/* The contracts of the next are those of struct ipoib__endnode, for a port with a peer. */
void ipoib__fabric_peer_tell(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
			     uint32_t events);
void ipoib__fabric_peer_unicast(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
				const struct ipoib__frame *frame, const void *payload,
				uint64_t now);
void ipoib__fabric_peer_multicast(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
				  struct ipoib__parcel *parcel, uint64_t now);

/* ---- fabric_attach.c: a process, and the attach message that both kinds know ---- */

extern const struct ipoib__peer_ops ipoib__peer_process;
/* Fills in what an attached peer is to be told. */
void ipoib__fabric_attach_info(const struct ipoib_fabric *fabric, const struct ipoib__peer *peer,
			       struct ipoib__attach *attach);

#endif
