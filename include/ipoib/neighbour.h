/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * Neighbours of an interface, seen from outside.
 */
#ifndef IPOIB_NEIGHBOUR_H
#define IPOIB_NEIGHBOUR_H

#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ipoib_interface;

/** Reachability of a neighbour, RFC 4861 section 7.3.2; the same for ARP. */
enum ipoib_neighbour_state {
	IPOIB_NEIGHBOUR_INCOMPLETE = 1, /**< asked for, no answer yet */
	IPOIB_NEIGHBOUR_REACHABLE = 2,  /**< answered lately */
	IPOIB_NEIGHBOUR_STALE = 3,      /**< known, not confirmed lately */
	IPOIB_NEIGHBOUR_DELAY = 4,      /**< used while stale; a confirmation may come by itself */
	IPOIB_NEIGHBOUR_PROBE = 5,      /**< asked again, by unicast */
	IPOIB_NEIGHBOUR_FAILED = 6,     /**< did not answer; not asked again for a while */
};

/** What is known of a neighbour. */
struct ipoib_neighbour_info {
	size_t size;     /**< set by the caller to sizeof(struct ipoib_neighbour_info) */
	struct ipoib_ip ip; /**< its address */
	struct ipoib_link_address link_address; /**< zero while #IPOIB_NEIGHBOUR_INCOMPLETE */
	uint32_t state;  /**< enum ipoib_neighbour_state */
	uint32_t probes; /**< requests sent since the last answer */
	uint32_t queued; /**< packets that wait for it */
	uint32_t mtu;    /**< octets of an IP packet to it; 0 unknown */
	uint16_t dlid;   /**< LID its packets go to; 0 without a path */
	uint16_t reserved[3]; /**< zero */
	uint64_t confirmed_ns; /**< nanoseconds since it was confirmed; #IPOIB_NEVER: never */
	uint64_t used_ns;      /**< nanoseconds since a packet went to it; #IPOIB_NEVER: never */
	uint64_t updated_ns;   /**< nanoseconds since its state or address changed */
	uint64_t moves;        /**< times its GID or queue pair number changed */
};

/** A name for an enum ipoib_neighbour_state as `ip neigh` writes it ("REACHABLE"), or NULL. */
IPOIB_PUBLIC const char *ipoib_neighbour_state_name(uint32_t state);

/**
 * Goes through the neighbours. One that is there throughout is seen at least once, whatever
 * comes and goes between two calls.
 * @param interface the interface
 * @param cursor set to 0 before the first call
 * @param info filled in; its size set by the caller
 * @return 1, 0 when there are no more, or -EINVAL when the size is too small to be any version.
 */
IPOIB_PUBLIC int ipoib_neighbour_next(const struct ipoib_interface *interface, uint64_t *cursor,
				      struct ipoib_neighbour_info *info);

/**
 * Finds one neighbour by its address; makes none.
 * @return 0, -ENOENT when there is none, or -EINVAL when the size is too small to be any version.
 */
IPOIB_PUBLIC int ipoib_neighbour_find(const struct ipoib_interface *interface,
				      const struct ipoib_ip *ip,
				      struct ipoib_neighbour_info *info);

/**
 * The MTU of one neighbour: the longest IP packet that is carried to it now, or that may wait
 * for the connection that is on its way. An #IPOIB_EVENT_NEIGHBOUR_MTU tells when it changes,
 * but for the end of a hold time, after which a longer packet may wait for a connection again.
 * @param interface the interface
 * @param ip the neighbour
 * @param mtu set to octets of an IP packet; the interface's MTU for a neighbour that is not
 * resolved
 * @return 0, or -ENETDOWN when the interface was never up.
 */
IPOIB_PUBLIC int ipoib_neighbour_mtu(const struct ipoib_interface *interface,
				     const struct ipoib_ip *ip, uint32_t *mtu);

#ifdef __cplusplus
}
#endif

#endif
