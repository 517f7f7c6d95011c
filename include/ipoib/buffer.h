/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * Packet buffers: memory that the transport has registered with its adapter, one IP packet each.
 *
 * A buffer is counted. ipoib_interface_buffer() gives one with a count of one;
 * ipoib_interface_send() takes that count over when it accepts the packet. A buffer that a
 * callback is given belongs to the library: to keep it beyond the callback, take a count with
 * ipoib_buffer_ref(). Buffers outlive the interface and the transport they came from. They come
 * out of a bounded pool, ipoib_interface_config::buffers: a caller that keeps many loses what
 * arrives, as #IPOIB_RECEIVE_DROP_NO_BUFFER, but for ARP and neighbour discovery, which have
 * buffers of their own in both directions.
 *
 *      ipoib_buffer_data()
 *      v
 *      | IP packet ......... | free room |
 *      |<- buffer_length() ->|
 *      |<------- buffer_room() --------->|
 */
#ifndef IPOIB_BUFFER_H
#define IPOIB_BUFFER_H

#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A packet buffer; opaque. */
struct ipoib_buffer;

/** How a received packet was addressed on the link. */
enum ipoib_cast {
	IPOIB_UNICAST = 1,   /**< to this interface */
	IPOIB_MULTICAST = 2, /**< to a multicast group */
	IPOIB_BROADCAST = 3, /**< to the broadcast group */
};

/** The IP packet of a buffer: its first octet. Writable. */
IPOIB_PUBLIC uint8_t *ipoib_buffer_data(struct ipoib_buffer *buffer) IPOIB_NONNULL;

/** Octets of the IP packet. */
IPOIB_PUBLIC size_t ipoib_buffer_length(const struct ipoib_buffer *buffer) IPOIB_NONNULL;

/** Octets that a packet in this buffer may have. */
IPOIB_PUBLIC size_t ipoib_buffer_room(const struct ipoib_buffer *buffer) IPOIB_NONNULL;

/**
 * Says how long the packet is.
 * @return 0, or -EMSGSIZE when length is more than ipoib_buffer_room().
 */
IPOIB_PUBLIC int ipoib_buffer_set_length(struct ipoib_buffer *buffer, size_t length) IPOIB_NONNULL;

/** Takes one more count. @return buffer */
IPOIB_PUBLIC struct ipoib_buffer *ipoib_buffer_ref(struct ipoib_buffer *buffer) IPOIB_NONNULL;

/** Gives a count back; with the last the buffer returns to its pool. @param buffer may be NULL */
IPOIB_PUBLIC void ipoib_buffer_unref(struct ipoib_buffer *buffer);

/** How a received packet was addressed: enum ipoib_cast; 0 for a buffer that was not received. */
IPOIB_PUBLIC int ipoib_buffer_cast(const struct ipoib_buffer *buffer) IPOIB_NONNULL;

/** Queue pair number of the sender of a received packet, 24 bits in host order; else 0. */
IPOIB_PUBLIC uint32_t ipoib_buffer_source_qpn(const struct ipoib_buffer *buffer) IPOIB_NONNULL;

/** LID of the sender of a received packet, host order; 0 where there are no LIDs. */
IPOIB_PUBLIC uint16_t ipoib_buffer_source_lid(const struct ipoib_buffer *buffer) IPOIB_NONNULL;

#ifdef __cplusplus
}
#endif

#endif
