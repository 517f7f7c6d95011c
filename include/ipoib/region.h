/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * Regions: memory of the caller's own that packets are sent from without a copy.
 *
 * A storage target has its data in memory of its own. Registered once as a region, it can be sent
 * from where it lies: ipoib_region_buffer() makes a buffer of a packet in it. In front of each
 * packet the region has room for the IPoIB header, which the library writes:
 *
 *      | #IPOIB_REGION_HEADROOM octets, the library's | IP packet, as long as it is being sent |
 *
 * What the adapter reads must not change under it: packet and headroom are the library's until
 * the function `released` is called for them.
 */
#ifndef IPOIB_REGION_H
#define IPOIB_REGION_H

#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ipoib_buffer;
struct ipoib_interface;

/** Memory of the caller's that an adapter may read; opaque. */
struct ipoib_region;

/** Octets in front of a packet that the library writes to: the IPoIB header. */
#define IPOIB_REGION_HEADROOM 4
/** Packets of one region that may be on their way at a time. */
#define IPOIB_REGION_BUFFERS_MAX 65536

/** What a region is of. Everything but the memory itself is copied. */
struct ipoib_region_config {
	size_t size;      /**< sizeof(struct ipoib_region_config) */
	void *address;    /**< first octet; stays where it is until the region has ended */
	size_t length;    /**< octets */
	uint32_t buffers; /**< packets at a time, 1 to #IPOIB_REGION_BUFFERS_MAX */
	uint32_t reserved; /**< zero */
	/**
	 * A packet is the caller's again: sent, dropped, or never sent. Called from
	 * ipoib_context_dispatch() or ipoib_interface_poll(); and, when the caller has given the
	 * region back before, from the call that ends what still used it. It may call every
	 * function of the library. May be NULL.
	 */
	void (*released)(void *packet, void *user);
	void *user;       /**< handed to released */
};

/** A region of which 256 packets may be on their way. */
#define IPOIB_REGION_CONFIG_INIT                                                                   \
	{                                                                                          \
		.size = sizeof(struct ipoib_region_config), .buffers = 256                         \
	}

/**
 * Registers memory with the adapter of an interface. Registering pins pages and takes its time:
 * once, of large pieces. Every interface of the same transport can send from it.
 * @param out where the handle goes; end it with ipoib_region_unref()
 * @param interface an interface of the transport
 * @param config what to register
 * @return 0; -EINVAL (no memory, a number out of its range); -E2BIG; -ENETDOWN (the interface was
 * closed in this callback); -ENOMEM; another error of the transport, as -EPERM over a limit of
 * locked memory.
 */
IPOIB_PUBLIC int ipoib_region_new(struct ipoib_region **out, struct ipoib_interface *interface,
				  const struct ipoib_region_config *config) IPOIB_NONNULL;

/**
 * Gives a region back. It ends, and its memory may be freed, when the last of its packets was
 * released: at once if none is on its way.
 * @param region may be NULL
 */
IPOIB_PUBLIC void ipoib_region_unref(struct ipoib_region *region);

/**
 * Makes a buffer of a packet in a region; nothing is copied.
 * @param region the region
 * @param out where it goes, with a count of one; its length is set, and its room is that length
 * @param packet first octet of an IP packet, with #IPOIB_REGION_HEADROOM octets of the region in
 * front of it
 * @param length octets of the packet
 * @return 0; -EINVAL (packet or headroom are outside of the region); -EMSGSIZE (more than 65535
 * octets); -ENOBUFS (as many packets as agreed are on their way).
 */
IPOIB_PUBLIC int ipoib_region_buffer(struct ipoib_region *region, struct ipoib_buffer **out,
				     void *packet, size_t length) IPOIB_NONNULL;

#ifdef __cplusplus
}
#endif

#endif
