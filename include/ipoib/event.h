/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * What an interface tells its owner, beside packets.
 */
#ifndef IPOIB_EVENT_H
#define IPOIB_EVENT_H

#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What happened. */
enum ipoib_event_type {
	/** the broadcast group is joined and the port active: packets flow */
	IPOIB_EVENT_UP = 1,
	IPOIB_EVENT_DOWN = 2,      /**< packets no longer flow; ipoib_event::status says why */
	IPOIB_EVENT_MTU = 3,       /**< ipoib_event::mtu is the interface's MTU from now on */
	/**
	 * After a send was answered -EAGAIN: there is room again, on the connection of
	 * ipoib_event::ip, or (family 0) in the send queue that all next hops share; in that case
	 * whatever was refused may be tried again.
	 */
	IPOIB_EVENT_SEND_ROOM = 4,
	/** LID, GID, MTU or subnet manager of the port changed */
	IPOIB_EVENT_PORT = 5,
	/** a group (ipoib_event::gid) could not be joined; it is tried again */
	IPOIB_EVENT_JOIN_FAILED = 6,
	IPOIB_EVENT_NEIGHBOUR_FAILED = 7, /**< ipoib_event::ip does not answer */
	/** ipoib_event::ip has another GID or queue pair number */
	IPOIB_EVENT_NEIGHBOUR_MOVED = 8,
	/** packets to ipoib_event::ip may have ipoib_event::mtu octets */
	IPOIB_EVENT_NEIGHBOUR_MTU = 10,
	IPOIB_EVENT_DEVICE_GONE = 9, /**< the adapter has left for good; close the interface */
	/**
	 * Somebody claims that ipoib_event::ip is at ipoib_event::link_address, and it is known at
	 * ipoib_event::old_link_address, another port: ipoib_event::detail is the packet (enum
	 * ipoib_claim), ipoib_event::verdict what has become of it, ipoib_event::count how often in
	 * the last minute. At most one a second and neighbour while the verdict is the same. Of
	 * #IPOIB_CLAIM_DATA ipoib_event::lid is where the packet came from.
	 */
	IPOIB_EVENT_NEIGHBOUR_FLUX = 11,
	/**
	 * ipoib_event::ip, bound here, is used by ipoib_event::link_address as well;
	 * ipoib_event::status is 0 while it is kept and -EADDRINUSE when it is not used any more
	 */
	IPOIB_EVENT_ADDRESS_CONFLICT = 12,
	IPOIB_EVENT_ADDRESS_READY = 13, /**< ipoib_event::ip has been probed, and is in use */
	/**
	 * Another interface of this context (ipoib_event::link_address) is on the same link as this
	 * one: ARP for its addresses is heard here. A P_Key per subnet keeps them apart.
	 */
	IPOIB_EVENT_SAME_LINK = 14,
	/** ipoib_event::ip, bound here, is in the subnet of an address of another interface */
	IPOIB_EVENT_SAME_SUBNET = 15,
	/**
	 * The subnet manager has moved ipoib_event::gid to ipoib_event::lid and told us nothing:
	 * a packet came from another LID than the path record said, and the SA, asked again, has
	 * another one too. (Where the SA keeps to the record, another port has sent the packet.)
	 */
	IPOIB_EVENT_PATH_STALE = 16,
	/**
	 * A request for a connection says that it is from ipoib_event::link_address, and came
	 * from another port: LID ipoib_event::lid and, where its headers had one, GID
	 * ipoib_event::gid. It was refused; ipoib_event::count is how many were, in all. At most
	 * one a second.
	 */
	IPOIB_EVENT_CONNECTION_FOREIGN = 17,
	/** after ipoib_interface_buffer() was answered -ENOMEM: buffers are back */
	IPOIB_EVENT_BUFFERS = 18,
	/**
	 * ipoib_event::membership is what the port is in the partition of the interface: told when
	 * an active port is found to be a limited member, and when that has changed
	 */
	IPOIB_EVENT_MEMBERSHIP = 19,
	/**
	 * A connection that was up has failed, to the peer ipoib_event::link_address and (one
	 * of its addresses) ipoib_event::ip; ipoib_event::detail says why (enum
	 * ipoib_connection_end). Another one is asked for when there is something to send.
	 */
	IPOIB_EVENT_CONNECTION_LOST = 20,
};

/**
 * What a port is in a partition, by its P_Key table. Two limited members do not reach each other
 * (IBA 10.9.3).
 */
enum ipoib_pkey_membership {
	IPOIB_PKEY_MEMBERSHIP_NONE = 0,    /**< the table has no such P_Key, or is not known */
	IPOIB_PKEY_MEMBERSHIP_LIMITED = 1, /**< it reaches full members, and is reached by them */
	IPOIB_PKEY_MEMBERSHIP_FULL = 2,    /**< it reaches every member */
};

/** An event. What a type does not speak of is zero. */
struct ipoib_event {
	size_t size;   /**< sizeof(struct ipoib_event) of the library */
	uint32_t type; /**< enum ipoib_event_type */
	int32_t status; /**< a negative errno that says why, or 0 */
	uint64_t time; /**< in nanoseconds of the context's clock */
	uint32_t mtu;  /**< octets of an IP packet */
	uint16_t lid;  /**< host order */
	uint16_t sm_lid; /**< host order */
	struct ipoib_ip ip;   /**< whom it is about */
	struct ipoib_gid gid; /**< which port or group it is about */
	struct ipoib_link_address link_address;     /**< the neighbour's, new */
	struct ipoib_link_address old_link_address; /**< the neighbour's, old */
	/** which packet said so, enum ipoib_claim; of a connection, enum ipoib_connection_end */
	uint32_t detail;
	uint32_t verdict; /**< enum ipoib_flux_verdict */
	uint32_t count;   /**< how often: flux in the last minute, conflicts and requests in all */
	uint32_t membership; /**< enum ipoib_pkey_membership */
};

/**
 * A short name for an enum ipoib_event_type ("up"), or NULL for a type that this version does
 * not know.
 */
IPOIB_PUBLIC const char *ipoib_event_name(uint32_t type);

/** A short name for an enum ipoib_pkey_membership ("limited"), or NULL for an unknown value. */
IPOIB_PUBLIC const char *ipoib_pkey_membership_name(uint32_t membership);

#ifdef __cplusplus
}
#endif

#endif
