/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * What an IP stack says of its multicast groups: the IGMP and MLD reports that it sends, read for
 * a program that stands between it and an interface.
 *
 * A link of switches learns from such reports; a fabric does not, so that somebody must join and
 * leave its groups with ipoib_multicast_join() and ipoib_multicast_leave().
 */
#ifndef IPOIB_MEMBERSHIP_H
#define IPOIB_MEMBERSHIP_H

#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One group that a report tells of. */
struct ipoib_membership {
	size_t size;           /**< sizeof(struct ipoib_membership) */
	struct ipoib_ip group; /**< a multicast address */
	uint8_t join;          /**< 1: the stack listens to the group; 0: it no longer does */
	uint8_t reserved[3];   /**< zero */
};

/**
 * Reads a packet that the stack sends: reports of IGMP versions 1 to 3 and of MLD versions 1 and
 * 2, and the leave messages of both. A pure function, which may be called from any thread.
 *
 * A stack listens to a group when it takes all sources but some, or some sources at least; that
 * it gives up single sources ends nothing. Groups that no one joins are left out: all nodes
 * (224.0.0.1, ff02::1), and those of IPv6 that stay inside a node.
 *
 * @param out where the changes go, in the order of the packet; the caller sets the size of the
 * first, and all are of this size. Untouched on error.
 * @param room how many changes there is room for; 0 to count them
 * @param packet an IPv4 or IPv6 packet from its header on
 * @param length octets of the packet
 * @return how many changes there are; those that out has no room for are not written. -EPROTO: no
 * report, as almost every packet; -EINVAL: a malformed one, or a size that no version has;
 * -EBADMSG: a report with a wrong checksum.
 */
IPOIB_PUBLIC int ipoib_membership_decode(struct ipoib_membership *out, size_t room,
					 const void *packet, size_t length);

#ifdef __cplusplus
}
#endif

#endif
