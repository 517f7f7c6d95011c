/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * Connections of an interface in connected mode, seen from outside.
 *
 * The library makes, takes and ends them by itself. Peers of Linux's kind have one for each
 * direction: one that we made and send by, one that they made and send by.
 */
#ifndef IPOIB_CONNECTION_H
#define IPOIB_CONNECTION_H

#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ipoib_interface;

/** What a connection is at this moment. */
enum ipoib_connection_state {
	/** none; one is asked for when there is something to send */
	IPOIB_CONNECTION_IDLE = 1,
	IPOIB_CONNECTION_CONNECTING = 2, /**< the peer was asked */
	IPOIB_CONNECTION_UP = 3,         /**< packets go by it */
	/** it failed; datagrams alone until the hold time is over */
	IPOIB_CONNECTION_HELD = 4,
	IPOIB_CONNECTION_TAKEN = 5,      /**< made by the peer; packets come by it */
};

/** Why a connection has ended, or did not come up. */
enum ipoib_connection_end {
	/** none has failed; one that was not used, or gave way, does not count */
	IPOIB_CONNECTION_END_NONE = 0,
	IPOIB_CONNECTION_END_PEER = 1,    /**< the peer has ended it, in good order */
	/** the peer acknowledged nothing, to the last repetition */
	IPOIB_CONNECTION_END_RETRIES = 2,
	IPOIB_CONNECTION_END_RNR = 3,     /**< the peer had no room to receive, the same way */
	/** the queue pair failed, here or at the peer; the transport knows no more */
	IPOIB_CONNECTION_END_ERROR = 4,
	IPOIB_CONNECTION_END_PORT = 5,       /**< our port went down */
	IPOIB_CONNECTION_END_REFUSED = 6,    /**< it was asked for, and the peer did not want it */
	IPOIB_CONNECTION_END_UNANSWERED = 7, /**< it was asked for, and the peer did not answer */
};

/** What is known of a connection. */
struct ipoib_connection_info {
	size_t size;         /**< set by the caller to sizeof(struct ipoib_connection_info) */
	struct ipoib_link_address peer; /**< the peer, its flags octet zero */
	uint32_t state;      /**< enum ipoib_connection_state */
	uint32_t mtu;        /**< octets of an IP packet that the peer takes; 0 unknown */
	uint32_t neighbours; /**< neighbours whose packets go by it */
	uint32_t outstanding;/**< packets that wait for the peer's acknowledgement */
	uint32_t failures;   /**< in a row */
	uint8_t rfc;         /**< asked for by the service ID of RFC 4755, not that of Linux */
	/** made by the peer, used in both directions (RFC 4755 section 3.3) */
	uint8_t both;
	/** why the last one to this peer failed, enum ipoib_connection_end */
	uint8_t ended;
	uint8_t reserved; /**< zero */
	uint64_t used_ns;    /**< nanoseconds since a packet went or came by it */
	uint64_t hold_ns;    /**< nanoseconds until it is asked for again after a failure */
	uint64_t ended_ns;   /**< nanoseconds since that failure; #IPOIB_NEVER: there was none */
};

/** A name for an enum ipoib_connection_state ("UP"), or NULL. */
IPOIB_PUBLIC const char *ipoib_connection_state_name(uint32_t state);

/** A name for an enum ipoib_connection_end ("retries"), or NULL. */
IPOIB_PUBLIC const char *ipoib_connection_end_name(uint32_t end);

/**
 * Goes through the connections. One that comes or goes between two calls may hide another one.
 * @param interface the interface
 * @param cursor set to 0 before the first call
 * @param info filled in; its size set by the caller
 * @return 1, 0 when there are no more, or -EINVAL when the size is too small to be any version.
 */
IPOIB_PUBLIC int ipoib_connection_next(const struct ipoib_interface *interface, uint64_t *cursor,
				       struct ipoib_connection_info *info) IPOIB_NONNULL;

#ifdef __cplusplus
}
#endif

#endif
