/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * Multicast groups of an interface: memberships that the caller asks for, and what is known of
 * each group.
 *
 * Sending to a group needs no membership: the library joins it send-only by itself, and leaves
 * it when it is no longer used: after a minute, or earlier when more than 256 such groups are sent
 * to, or memberships that the caller asks for need the room. Questions for IPv6 neighbours
 * go to their solicited-node groups, 64 at a time, and beyond that, or where the subnet
 * administrator refuses such a group, to all nodes. The broadcast group is always joined.
 */
#ifndef IPOIB_MULTICAST_H
#define IPOIB_MULTICAST_H

#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ipoib_interface;

/** A membership of a multicast group; opaque. */
struct ipoib_multicast;

/**
 * Joins a group as a full member, to receive what is sent to it. It is joined as soon as the
 * interface is up, and again whenever the fabric wants that.
 * @param out where the handle goes; end it with ipoib_multicast_leave()
 * @param interface the interface
 * @param group an IPv4 or IPv6 multicast address
 * @return 0; -EINVAL (not a multicast address); -ENOSPC (1024 groups are joined
 * already, the broadcast group among them); -ENOMEM.
 */
IPOIB_PUBLIC int ipoib_multicast_join(struct ipoib_multicast **out,
				      struct ipoib_interface *interface,
				      const struct ipoib_ip *group) IPOIB_NONNULL;

/**
 * Ends a membership; the group is left with the last one of the interface.
 * Memberships of a closed interface are ended too, but not their handles.
 * @param multicast may be NULL
 */
IPOIB_PUBLIC void ipoib_multicast_leave(struct ipoib_multicast *multicast);

/** What a group is to this interface. */
enum ipoib_multicast_state {
	IPOIB_MULTICAST_IDLE = 1,    /**< to be joined when the link allows it */
	IPOIB_MULTICAST_JOINING = 2, /**< the subnet administrator was asked */
	IPOIB_MULTICAST_JOINED = 3,  /**< joined */
	IPOIB_MULTICAST_BACKOFF = 4, /**< refused or unanswered; tried again later */
};

/** What is known of a group. */
struct ipoib_multicast_info {
	size_t size;           /**< set by the caller to sizeof(struct ipoib_multicast_info) */
	struct ipoib_gid mgid; /**< the group */
	uint32_t state;        /**< enum ipoib_multicast_state */
	uint32_t members;      /**< memberships that the caller holds */
	uint32_t mtu;          /**< octets of an IB payload; 0 before it is joined */
	uint32_t qkey;         /**< Q_Key */
	uint16_t mlid;         /**< LID of the group, host order; 0 before it is joined */
	uint8_t send_only;     /**< joined for sending only */
	uint8_t broadcast;     /**< this is the broadcast group */
	uint32_t failures;     /**< failed joins in a row */
	uint32_t queued;       /**< packets that wait for it */
	uint32_t reserved;     /**< zero */
	uint64_t retry_ns;     /**< nanoseconds until the next try in #IPOIB_MULTICAST_BACKOFF */
};

/** A name for an enum ipoib_multicast_state ("JOINED"), or NULL. */
IPOIB_PUBLIC const char *ipoib_multicast_state_name(uint32_t state);

/** Goes through the groups, as ipoib_neighbour_next() goes through the neighbours. */
IPOIB_PUBLIC int ipoib_multicast_next(const struct ipoib_interface *interface, uint64_t *cursor,
				      struct ipoib_multicast_info *info) IPOIB_NONNULL;

#ifdef __cplusplus
}
#endif

#endif
