/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * Addresses bound to an interface.
 *
 * An address belongs to one interface, that is to one device, port and P_Key, and is answered
 * for there, whatever else the host owns. Before it is used it is probed (RFC 5227; duplicate
 * address detection of RFC 4862 for IPv6), then it is announced, and from then on defended. How
 * strictly is said in struct ipoib_interface_config.
 *
 * An address that is in use stays in use when the link goes down and comes back: it is announced
 * again, and not probed for seconds in which a storage target would be silent.
 */
#ifndef IPOIB_BINDING_H
#define IPOIB_BINDING_H

#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ipoib_interface;

/** A bound address; opaque. */
struct ipoib_binding;

/** Scopes of addresses, by the names and numbers of Linux (rtnetlink). */
enum ipoib_scope {
	IPOIB_SCOPE_GLOBAL = 0, /**< valid everywhere */
	IPOIB_SCOPE_LINK = 253, /**< valid on this link only */
	IPOIB_SCOPE_HOST = 254, /**< valid inside of this host only; see #IPOIB_ARP_IGNORE_HOST */
};

/** What a bound address is. */
enum ipoib_binding_state {
	/** the link has not been up since it was bound: not probed yet, not answered for */
	IPOIB_BINDING_WAITING = 1,
	IPOIB_BINDING_PROBING = 2,  /**< being probed (RFC 4862: tentative): not answered for */
	IPOIB_BINDING_READY = 3,    /**< in use: answered for, announced, defended */
	/** somebody else uses it: not answered for, probed again in a while */
	IPOIB_BINDING_CONFLICT = 4,
};

/** What is known of a bound address. */
struct ipoib_binding_info {
	size_t size;           /**< set by the caller to sizeof(struct ipoib_binding_info) */
	struct ipoib_ip address;  /**< the address */
	uint8_t prefix_length; /**< of its subnet */
	uint8_t scope;         /**< enum ipoib_scope */
	uint8_t reserved[2];   /**< zero */
	uint32_t state;        /**< enum ipoib_binding_state */
	uint32_t conflicts;    /**< times that somebody else was heard to use it */
	uint32_t defences;     /**< times that it was announced because of that */
	uint64_t retry_ns;     /**< nanoseconds until it is probed again after a conflict */
	/** who was heard last to use it; zero: nobody */
	struct ipoib_link_address conflicting;
	uint32_t reserved2;    /**< zero */
};

/**
 * Binds an address: it is probed as soon as the link is up, and an
 * #IPOIB_EVENT_ADDRESS_READY or #IPOIB_EVENT_ADDRESS_CONFLICT tells the result. With an IPv6
 * address the groups of its solicited-node address and of all nodes are joined, and left with it.
 * @param out where the handle goes; end it with ipoib_binding_close()
 * @param interface the interface
 * @param address a unicast address
 * @param prefix_length of its subnet, 0 to 32, or 0 to 128
 * @return 0; -EINVAL (not a unicast address, a prefix out of range); -EAFNOSUPPORT (of neither
 * version); -EADDRINUSE (bound already, here or on another interface of the context; a
 * link-local address only if here); -ENOSPC (64 are bound already, or too many groups);
 * -ENETDOWN (closed in this callback); -ENOMEM.
 */
IPOIB_PUBLIC int ipoib_binding_open(struct ipoib_binding **out, struct ipoib_interface *interface,
				    const struct ipoib_ip *address, unsigned prefix_length)
	IPOIB_NONNULL;

/** Sets the scope of a bound address. @return 0, or -EINVAL when it is none. */
IPOIB_PUBLIC int ipoib_binding_set_scope(struct ipoib_binding *binding, enum ipoib_scope scope)
	IPOIB_NONNULL;

/**
 * Ends a binding. Bindings of a closed interface are ended too, but not their handles: they may
 * still be handed to ipoib_binding_info(), which says -ENETDOWN, to ipoib_binding_announce() and
 * ipoib_binding_set_scope(), without effect, and are to be ended here.
 * @param binding may be NULL
 */
IPOIB_PUBLIC void ipoib_binding_close(struct ipoib_binding *binding);

/**
 * Fills in what a bound address is.
 * @return 0; -ENETDOWN (its interface is closed); -EINVAL when the size is too small to be any
 * version.
 */
IPOIB_PUBLIC int ipoib_binding_info(const struct ipoib_binding *binding,
				    struct ipoib_binding_info *info) IPOIB_NONNULL;

/**
 * Tells the neighbours who use a bound address where it is: gratuitous ARP, or an unsolicited
 * neighbour advertisement for IPv6; now and again as often as after probing. For callers that have
 * taken an address over. Without effect while it is not in use.
 */
IPOIB_PUBLIC void ipoib_binding_announce(struct ipoib_binding *binding) IPOIB_NONNULL;

/**
 * Goes through the bound addresses.
 * @param interface the interface
 * @param cursor set to 0 before the first call
 * @param address set to the next address
 * @param prefix_length set to the length of its prefix
 * @return 1, or 0 when there are no more
 */
IPOIB_PUBLIC int ipoib_binding_next(const struct ipoib_interface *interface, uint64_t *cursor,
				    struct ipoib_ip *address, unsigned *prefix_length)
	IPOIB_NONNULL;

/** Goes through the bound addresses. @return as ipoib_neighbour_next(). */
IPOIB_PUBLIC int ipoib_binding_info_next(const struct ipoib_interface *interface,
					 uint64_t *cursor, struct ipoib_binding_info *info)
	IPOIB_NONNULL;

/** A name for an enum ipoib_binding_state ("READY"), or NULL. */
IPOIB_PUBLIC const char *ipoib_binding_state_name(uint32_t state);

#ifdef __cplusplus
}
#endif

#endif
