/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * Counters of an interface, and the law that they obey at every moment between two calls:
 *
 *     accepted = sent + the sum of send_dropped[] + queued
 *     received = delivered + control_received + the sum of receive_dropped[]
 *
 * accepted, sent, queued and send_dropped[] count packets that the caller handed in; the
 * library's own packets (ARP, neighbour discovery) are counted as control_*. So on a fabric of
 * two that loses nothing, sent + control_sent of one side is what the other side has received, less
 * receive_dropped[#IPOIB_RECEIVE_DROP_OWN]: an adapter gives back what it sends to a group that
 * it listens to.
 */
#ifndef IPOIB_STATISTICS_H
#define IPOIB_STATISTICS_H

#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Why an accepted packet was not sent. */
enum ipoib_send_drop {
	IPOIB_SEND_DROP_UNREACHABLE = 0,   /**< the neighbour did not answer */
	/** the subnet administrator gave no path to the neighbour */
	IPOIB_SEND_DROP_NO_PATH = 1,
	IPOIB_SEND_DROP_NO_GROUP = 2,      /**< the multicast group could not be joined */
	/** pushed out of a full queue by newer packets: not done any more, a full queue refuses */
	IPOIB_SEND_DROP_QUEUE_FULL = 3,
	IPOIB_SEND_DROP_QUEUE_AGE = 4,     /**< waited too long in a queue */
	/** the MTU fell, or no connection came, while it waited */
	IPOIB_SEND_DROP_TOO_BIG = 5,
	/** the adapter failed it, or its connection ended before the peer acknowledged it */
	IPOIB_SEND_DROP_TRANSPORT = 6,
	IPOIB_SEND_DROP_LINK_DOWN = 7,     /**< the link went down while the packet was waiting */
	IPOIB_SEND_DROP_NO_MEMORY = 8,     /**< memory or a resource of the adapter ran out */
	IPOIB_SEND_DROP_CLOSED = 9,        /**< the interface was closed */
	IPOIB_SEND_DROP_EVICTED = 10,      /**< the neighbour gave way to others in a full table */
	IPOIB_SEND_DROPS = 11,             /**< how many reasons this version knows */
};

/** Why a received datagram was not delivered. */
enum ipoib_receive_drop {
	IPOIB_RECEIVE_DROP_SHORT = 0,      /**< shorter than its headers */
	IPOIB_RECEIVE_DROP_TYPE = 1,       /**< neither IPv4, IPv6 nor ARP */
	IPOIB_RECEIVE_DROP_MALFORMED = 2,  /**< an IP or ARP header that contradicts itself */
	IPOIB_RECEIVE_DROP_OWN = 3,        /**< our own multicast, looped back by the fabric */
	IPOIB_RECEIVE_DROP_NO_CALLBACK = 4,/**< nobody asked for packets */
	IPOIB_RECEIVE_DROP_TRANSPORT = 5,  /**< the adapter completed the receive with an error */
	/** the caller keeps so many buffers that the receive queue would run dry */
	IPOIB_RECEIVE_DROP_NO_BUFFER = 6,
	IPOIB_RECEIVE_DROPS = 7,           /**< how many reasons this version knows */
};

/** Room for reasons that later versions add. */
#define IPOIB_DROPS_MAX 32

/** Counters of an interface since it was opened. Packets unless the name says octets. */
struct ipoib_statistics {
	size_t size; /**< set by the caller to sizeof(struct ipoib_statistics) */

	uint64_t accepted;      /**< taken over by ipoib_interface_send() */
	uint64_t sent;          /**< completed by the adapter without an error */
	uint64_t sent_octets;   /**< IP octets of those */
	uint64_t queued;        /**< neither sent nor dropped yet (a gauge) */
	uint64_t send_dropped[IPOIB_DROPS_MAX]; /**< by enum ipoib_send_drop */

	uint64_t refused_too_big;     /**< sends answered with -EMSGSIZE */
	uint64_t refused_no_room;     /**< sends answered with -EAGAIN */
	uint64_t refused_link_down;   /**< sends answered with -ENETDOWN */
	uint64_t refused_unreachable; /**< sends answered with -EHOSTUNREACH */
	uint64_t refused_other;       /**< sends answered with another error */

	/** datagrams, and messages of connections, that the adapter completed */
	uint64_t received;
	uint64_t delivered;        /**< handed to the receive callback */
	uint64_t delivered_octets; /**< IP octets of those */
	uint64_t control_received; /**< consumed by the library itself (ARP, ND) */
	uint64_t receive_dropped[IPOIB_DROPS_MAX]; /**< by enum ipoib_receive_drop */
	uint64_t receive_starved;  /**< times the pool had no buffer for the receive queue */

	uint64_t control_sent;     /**< the library's own packets that the adapter completed */
	uint64_t control_failed;   /**< the library's own packets that could not be sent */
	uint64_t arp_requests_sent;     /**< ARP requests, broadcast and unicast */
	uint64_t arp_requests_received; /**< well-formed ARP requests */
	uint64_t arp_replies_sent;      /**< ARP replies */
	uint64_t arp_replies_received;  /**< well-formed ARP replies */
	uint64_t arp_malformed;         /**< ARP packets that no parser should believe */
	uint64_t neighbours_moved;      /**< neighbours whose GID or queue pair number changed */
	uint64_t path_queries;          /**< questions to the subnet administrator about paths */
	uint64_t path_failures;         /**< of those: refused or unanswered */
	uint64_t joins;                 /**< joins of multicast groups asked for */
	uint64_t join_failures;         /**< of those: refused or unanswered */
	/** ICMP errors handed up in answer to undeliverable packets */
	uint64_t icmp_errors;
	uint64_t icmp_errors_limited;   /**< ICMP errors not made because of their rate limit */
	/** packets that were cut; each counts as its fragments above */
	uint64_t fragmented;
	uint64_t fragments;             /**< fragments made of them */
	uint64_t sent_connected;        /**< packets sent by connections, of those sent */
	uint64_t received_connected;    /**< packets that came by connections, of those received */
	uint64_t connections_asked;     /**< connections that we asked for */
	/** of those: refused or not answered, and connections that broke */
	uint64_t connections_failed;
	uint64_t connections_taken;     /**< connections that peers made */
	uint64_t connections_refused;   /**< connections that peers were refused */
	uint64_t link_ups;              /**< times the link came up */
	/** events and changes of neighbours and groups that nobody could be told in time */
	uint64_t events_lost;
	uint64_t arp_ignored;       /**< ARP requests and solicitations for addresses of this
				     * context that ipoib_interface_config::arp_ignore left out */
	uint64_t announcements_sent; /**< gratuitous ARP and unsolicited advertisements */
	uint64_t address_probes_sent; /**< probes of addresses before their use */
	uint64_t address_conflicts; /**< packets of others who use, or want, an address of ours */
	uint64_t own_heard;         /**< ARP and ND of other interfaces of this context */
	uint64_t flux_claims;       /**< claims that a neighbour is at another port */
	uint64_t flux_refused;      /**< of those: refused */
	uint64_t neighbours_collected; /**< idle neighbours that gave way, or were too many */
	uint64_t neighbours_refused; /**< neighbours not entered because the table was full */
	uint64_t nd_solicitations_sent;     /**< neighbour solicitations, multicast and unicast */
	uint64_t nd_solicitations_received; /**< well-formed neighbour solicitations */
	uint64_t nd_advertisements_sent;    /**< neighbour advertisements */
	uint64_t nd_advertisements_received; /**< well-formed neighbour advertisements */
	uint64_t nd_malformed;      /**< neighbour discovery that no parser should believe */
	/** link address options that were padded at their end, against RFC 4391 section 9.3 */
	uint64_t nd_padded_at_end;
	/** paths that, asked for again because of a packet's source LID, had another LID indeed */
	uint64_t paths_stale;
	/** of connections_refused: requests that came from another port than they named */
	uint64_t connections_foreign;
	/** connections that were ended for another one, for want of room */
	uint64_t connections_gave_way;
	uint64_t connections_no_room; /**< of connections_refused: for want of room */
	uint64_t connections_waited;  /**< connections that were not asked for before their turn */
	uint64_t connections_unserved; /**< of those: their turn did not come in time */
};

/** A short name for an enum ipoib_send_drop ("unreachable"), or NULL beyond #IPOIB_SEND_DROPS. */
IPOIB_PUBLIC const char *ipoib_send_drop_name(unsigned reason);

/**
 * A short name for an enum ipoib_receive_drop ("malformed"), or NULL beyond #IPOIB_RECEIVE_DROPS.
 */
IPOIB_PUBLIC const char *ipoib_receive_drop_name(unsigned reason);

#ifdef __cplusplus
}
#endif

#endif
