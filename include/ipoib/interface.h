/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * The interface: one port and one P_Key, one queue pair, a link layer for IP packets.
 *
 * An interface comes up by itself once its port is active and the broadcast group of its P_Key
 * is joined, and goes down and comes back as the fabric does; its neighbours are kept meanwhile.
 */
#ifndef IPOIB_INTERFACE_H
#define IPOIB_INTERFACE_H

#include <ipoib/binding.h>
#include <ipoib/buffer.h>
#include <ipoib/event.h>
#include <ipoib/neighbour.h>
#include <ipoib/statistics.h>
#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ipoib_capture;
struct ipoib_transport;

/** An interface; opaque. */
struct ipoib_interface;

/** The least MTU that may be asked for: what every IPv4 stack takes in one piece (RFC 791). */
#define IPOIB_MTU_MIN 68

/** How unicast packets are carried; RFC 4391 and RFC 4755. */
enum ipoib_mode {
	/** datagrams alone */
	IPOIB_MODE_DATAGRAM = 0,
	/** reliable connections to the peers that announce them, datagrams to the others */
	IPOIB_MODE_CONNECTED = 1,
};

/** The largest MTU in connected mode, octets of an IP packet. */
#define IPOIB_MTU_CONNECTED 65520

/** Which requests for our addresses are answered; the numbers and meanings of Linux. */
enum ipoib_arp_ignore {
	/** for any address of the context, on any of its interfaces: what makes ARP flux */
	IPOIB_ARP_IGNORE_NONE = 0,
	IPOIB_ARP_IGNORE_INTERFACE = 1, /**< for addresses bound to the interface that was asked */
	IPOIB_ARP_IGNORE_SUBNET = 2,    /**< of those, to askers of the same subnet */
	/** for any address of the context that is not of host scope, on any of its interfaces */
	IPOIB_ARP_IGNORE_HOST = 3,
	IPOIB_ARP_IGNORE_ALL = 8, /**< for none */
};

/** Which of our addresses asks; the numbers and meanings of Linux. */
enum ipoib_arp_announce {
	/** the source of the packet that is to be sent, if it is any of the context's */
	IPOIB_ARP_ANNOUNCE_ANY = 0,
	/** the same, if it is in a subnet of this interface that has the target */
	IPOIB_ARP_ANNOUNCE_SUBNET = 1,
	IPOIB_ARP_ANNOUNCE_BEST = 2, /**< always the best one of this interface */
};

/** Whether an address is probed before it is used. */
enum ipoib_acd {
	/** with the times of RFC 5227 (4 to 7 s), RFC 4862 for IPv6 (1 to 2 s) */
	IPOIB_ACD_RFC = 0,
	IPOIB_ACD_FAST = 1, /**< as many packets, a tenth of the times: for appliances */
	IPOIB_ACD_OFF = 2,  /**< it is used at once, announced and defended */
};

/** What is done about others who use our address; RFC 5227 section 2.4. */
enum ipoib_defend {
	IPOIB_DEFEND_ALWAYS = 0, /**< (c): announced again, every 10 s at most, and kept */
	IPOIB_DEFEND_ONCE = 1,   /**< (b): the same, but given up at the second conflict in 10 s */
	IPOIB_DEFEND_NEVER = 2,  /**< (a): given up */
};

/** What became of an accepted packet that could not be sent. */
struct ipoib_undelivered {
	size_t size;              /**< sizeof(struct ipoib_undelivered) of the library */
	uint32_t reason;          /**< enum ipoib_send_drop */
	uint32_t mtu;             /**< with #IPOIB_SEND_DROP_TOO_BIG: the MTU that holds; else 0 */
	struct ipoib_ip next_hop; /**< where it was to go */
};

/** How an interface is opened; begin with #IPOIB_INTERFACE_CONFIG_INIT. Everything is copied. */
struct ipoib_interface_config {
	size_t size; /**< sizeof(struct ipoib_interface_config) */

	/**
	 * Packets have arrived: count buffers, in the order of their arrival. They are the
	 * library's and are given back after the callback, unless it takes a count of its own
	 * with ipoib_buffer_ref().
	 */
	void (*receive)(struct ipoib_interface *interface, struct ipoib_buffer *const *packets,
			size_t count, void *user);
	/**
	 * An accepted packet was dropped; the buffer is the library's, as in receive. Each one is
	 * told, many of them in several turns, but those that ipoib_interface_close() drops.
	 */
	void (*undelivered)(struct ipoib_interface *interface, struct ipoib_buffer *packet,
			    const struct ipoib_undelivered *fate, void *user);
	/** Something happened. */
	void (*event)(struct ipoib_interface *interface, const struct ipoib_event *event,
		      void *user);
	void *user; /**< handed to the callbacks, last */

	/** the partition, a full member's P_Key (its most significant bit set); 0xffff */
	uint16_t pkey;
	uint8_t scope;  /**< scope of the broadcast group, RFC 4391 section 4.1; 2, link-local */
	/**
	 * Whether refused and undeliverable packets are answered through the receive callback with
	 * the ICMP or ICMPv6 error that an IP stack above understands (host or address
	 * unreachable, fragmentation needed or packet too big); rate limited.
	 */
	uint8_t icmp_errors;
	uint8_t mode;     /**< enum ipoib_mode; datagrams */
	/** Whether IPv4 packets that are too long and may be cut are sent in fragments; no. */
	uint8_t fragment;
	uint8_t reserved[2]; /**< zero */
	/**
	 * The largest MTU wanted, octets of an IP packet; 0: what the fabric gives, or
	 * #IPOIB_MTU_CONNECTED in connected mode.
	 */
	uint32_t mtu;
	uint32_t send_depth;    /**< packets that the adapter may hold for sending; 512 */
	uint32_t receive_depth; /**< packets that the adapter may hold for receiving; 512 */
	uint32_t neighbours_max; /**< entries of the neighbour table; 4096 */
	/**
	 * packets that wait for one neighbour or group: for its answer, its path, its connection,
	 * or for room on that. Another one is refused (-ENOBUFS; -EAGAIN where it is a connection
	 * that is full), and none that was accepted gives way. 64
	 */
	uint32_t queue_packets;
	/**
	 * packets that wait for all of them, the same way; where several wait, one has no more than
	 * it leaves to the others. 1024
	 */
	uint32_t queue_packets_total;
	uint32_t queue_age_ms;   /**< how long a packet may wait; 5000 */
	uint32_t connected_depth;  /**< messages that may arrive by connections at a time; 128 */
	uint32_t connection_depth; /**< packets that one connection may hold for sending; 64 */
	uint32_t connections_max;  /**< connections at a time, both directions together; 1024 */
	/**
	 * how long a peer may take to acknowledge, before a message is repeated: 4.096 us *
	 * 2^connection_timeout, 1 to 31; 0: twice the packet lifetime of the path, and 268 ms at
	 * least
	 */
	uint8_t connection_timeout;
	/**
	 * how often it is repeated before the connection is given up, 1 to 7; 0: until the peer
	 * has been silent for two seconds
	 */
	uint8_t connection_retries;
	uint8_t reserved2[2];      /**< zero */

	/** An entry of the neighbour table has changed; NULL: nobody wants to know. */
	void (*neighbour)(struct ipoib_interface *interface,
			  const struct ipoib_neighbour_change *change, void *user);
	uint8_t arp_ignore;       /**< enum ipoib_arp_ignore; 1 */
	uint8_t arp_announce;     /**< enum ipoib_arp_announce; 2 */
	uint8_t flux;             /**< enum ipoib_flux_policy; confirm */
	uint8_t acd;              /**< enum ipoib_acd; the RFCs' */
	uint8_t defend;           /**< enum ipoib_defend; always */
	uint8_t unicast_probes;   /**< questions to a neighbour's known port in a row; 3 */
	uint8_t multicast_probes; /**< questions to all, before and after those; 3 */
	/** times that an address is announced once it is in use, each after twice the time; 2 */
	uint8_t announcements;
	uint32_t flux_hold_ms;    /**< hold-down time after a change or a refused claim; 10000 */
	uint32_t retransmit_ms;   /**< between two questions; 1000 */
	uint32_t reachable_ms;    /**< how long an answer is good for, times 0.5 to 1.5; 30000 */
	uint32_t delay_probe_ms;  /**< from the first use of a stale neighbour to asking it; 5000 */
	/** an idle neighbour may go after this time when there are more than gc_thresh1; 60000 */
	uint32_t gc_stale_ms;
	uint32_t gc_thresh1; /**< so many neighbours are never too many; 0: neighbours_max / 8 */
	/** above it idle ones go at once for new ones; 0: neighbours_max / 2. The kernel's
	 * gc_thresh3 is neighbours_max */
	uint32_t gc_thresh2;
	uint32_t reserved4;  /**< zero */
	/**
	 * buffers of datagrams' size (about 4 KiB each) that the interface adds to the pool of its
	 * transport, rounded up to 128; 0: 2 * receive_depth + send_depth + queue_packets_total +
	 * 256, 2816 with the defaults. Of these receive_depth are posted, and up to 128 kept for
	 * ARP and neighbour discovery; at least receive_depth and 192. Half of them are the
	 * interface's own; what it does not use of the other half its siblings may borrow
	 */
	uint32_t buffers;
	/**
	 * the same of 64 KiB each, in connected mode, where the caller's come from these, rounded
	 * up to 8; 0: 2 * connected_depth + 2 * connection_depth + queue_packets_total + 16, 1424
	 * with the defaults; at least connected_depth, connection_depth and 64
	 */
	uint32_t connected_buffers;
};

/** The defaults of an interface, callbacks left out. */
#define IPOIB_INTERFACE_CONFIG_INIT                                                                \
	{                                                                                          \
		.size = sizeof(struct ipoib_interface_config), .pkey = 0xffff, .scope = 2,         \
		.send_depth = 512, .receive_depth = 512, .neighbours_max = 4096,                   \
		.queue_packets = 64, .queue_packets_total = 1024, .queue_age_ms = 5000,            \
		.connected_depth = 128, .connection_depth = 64, .connections_max = 1024,           \
		.arp_ignore = 1, .arp_announce = 2, .unicast_probes = 3, .multicast_probes = 3,    \
		.announcements = 2,                                                                \
		.flux_hold_ms = 10000, .retransmit_ms = 1000, .reachable_ms = 30000,               \
		.delay_probe_ms = 5000, .gc_stale_ms = 60000                                       \
	}

/**
 * Opens an interface on a transport's port. It may be opened before the port is active.
 * @param out where the handle goes; end it with ipoib_interface_close()
 * @param transport the port; the interface takes a reference of its own
 * @param config how to open it
 * @return 0; -EINVAL (a limit of zero, a depth or number of connections above 16384, a P_Key
 * without the full member's bit, an MTU below #IPOIB_MTU_MIN or above #IPOIB_MTU_CONNECTED, an
 * unknown mode, a pool that is too small or above 1048576, a reserved scope, more than 7
 * repetitions or a timeout above 31); -E2BIG; -ENOMEM;
 * -EBUSY (this transport already has an interface with this P_Key); -ENOENT (the port's table does
 * not have the P_Key); another error of the transport.
 */
IPOIB_PUBLIC int ipoib_interface_open(struct ipoib_interface **out,
				      struct ipoib_transport *transport,
				      const struct ipoib_interface_config *config) IPOIB_NONNULL;

/**
 * Closes an interface: leaves its groups, ends its queue pair, gives every packet its fate.
 * After the call no callback of this interface is called any more, and the handle is dead: it is
 * handed to no function again. One exception: an interface that is closed in a callback of its
 * context, from ipoib_context_dispatch() or ipoib_interface_poll(), is there until the callback
 * returns. Every function but this one takes its handle as long; those that make something, or
 * send, say -ENETDOWN, the others tell what was. Its bindings, memberships, regions and buffers
 * have handles of their own, which outlive it, and are still to be ended one by one.
 * @param interface may be NULL
 */
IPOIB_PUBLIC void ipoib_interface_close(struct ipoib_interface *interface);

/** One packet of a burst for ipoib_interface_send(). */
struct ipoib_packet {
	struct ipoib_buffer *buffer; /**< the IP packet; the library's once it is accepted */
	/** a neighbour on the link, a multicast or a broadcast address */
	struct ipoib_ip next_hop;
	int32_t status; /**< set by the call: 0 accepted, or the negative errno of the refusal */
	uint32_t mtu;   /**< set by the call with -EMSGSIZE: the MTU that holds for this packet */
};

/**
 * Sends a burst of packets. Each is accepted or refused on its own: an accepted one is the
 * library's, a refused one stays the caller's, with ipoib_packet::status:
 * -EMSGSIZE (longer than what its next hop takes), -EAGAIN (no room now, in the send queue or on
 * the connection of this next hop, which says nothing of the others; an #IPOIB_EVENT_SEND_ROOM
 * follows), -ENETDOWN (the interface is down, or was closed in this callback), -EHOSTUNREACH (the
 * neighbour was found dead a moment ago, or the group could not be joined), -ENOBUFS (too many
 * packets wait for this next hop to answer, or for all of them, or the neighbour table is full of
 * busy ones), -EAFNOSUPPORT (IPv6 on a link of less than 1280 octets), -EINVAL (not an IP packet;
 * a header that does not tell the length that the buffer has; an IPv4 packet that is to be cut and
 * has a wrong checksum; no next hop of its version, or one that is no neighbour's: an address of
 * our own, 0.0.0.0/8, 127.0.0.0/8,
 * 240.0.0.0/4 but for the broadcast address, ::, ::1, an IPv4-mapped one), -EADDRNOTAVAIL (the
 * neighbour is not known, and no address of its version is bound to ask from; while one is being
 * probed, the packet waits for it), -EXDEV (a buffer of another transport), -EBUSY (a buffer that
 * is being sent already), -ENOSPC (more than 256 groups that were not joined have been sent to
 * within a second), -ENOMEM (also when the pool has no buffers for the fragments of a packet).
 * The checksum of an IPv4 header is not looked at otherwise: it tells what happened to the header
 * on its way, which begins here, and the receiver drops what has a wrong one, as this library does.
 * @param interface the interface
 * @param packets the burst
 * @param count packets in it; one is a burst of one
 * @return how many were accepted
 */
IPOIB_PUBLIC int ipoib_interface_send(struct ipoib_interface *interface,
				      struct ipoib_packet *packets, size_t count);

/**
 * A buffer to put a packet into.
 * @param interface the interface that it will be sent by
 * @param out where it goes, with a count of one
 * @return 0; -ENOMEM when the pool is used up or memory is, and an #IPOIB_EVENT_BUFFERS follows
 * when there are buffers for a burst again; -ENETDOWN when it was closed in this callback.
 */
IPOIB_PUBLIC int ipoib_interface_buffer(struct ipoib_interface *interface,
					struct ipoib_buffer **out) IPOIB_NONNULL;

/**
 * Polls the queue pair of one interface without waiting, for programs that never sleep. When a
 * timer of the context is due, the other interfaces have a turn before it, as in
 * ipoib_context_dispatch(): what has arrived on any of them comes first, and their callbacks may be
 * called.
 * @param interface the interface
 * @param budget packets to take at most
 * @return how many completions were taken; -EDEADLK from a callback of the same context.
 */
IPOIB_PUBLIC int ipoib_interface_poll(struct ipoib_interface *interface, unsigned budget)
	IPOIB_NONNULL;

/** What an interface is at this moment. */
struct ipoib_interface_info {
	size_t size;          /**< set by the caller to sizeof(struct ipoib_interface_info) */
	uint8_t up;           /**< packets flow */
	uint8_t port_active;  /**< the port is active */
	uint8_t sl;           /**< service level of the broadcast group */
	uint8_t membership;   /**< of the port in this partition, enum ipoib_pkey_membership */
	uint32_t mtu;         /**< octets of an IP packet; 0 before the first time up */
	uint32_t group_mtu;   /**< MTU of the broadcast group, octets of an IB payload */
	uint32_t qpn;         /**< queue pair number */
	uint32_t qkey;        /**< Q_Key of the broadcast group */
	uint16_t pkey;        /**< P_Key */
	uint16_t lid;         /**< LID of the port */
	uint16_t sm_lid;      /**< LID of the subnet manager */
	uint16_t mlid;        /**< LID of the broadcast group */
	struct ipoib_gid gid; /**< GID of the port */
	struct ipoib_gid broadcast; /**< MGID of the broadcast group */
	struct ipoib_link_address link_address; /**< ours */
	uint32_t neighbours;  /**< entries of the neighbour table */
	uint32_t rate_mbps;   /**< rate of the broadcast group, Mbit/s; 0 unknown */
	char port[64];        /**< name of the port, as its transport names it */
	uint32_t buffers;     /**< of the transport's pool for datagrams, at most */
	uint32_t buffers_out; /**< of these: posted, queued, or with the caller */
	uint32_t connected_buffers;     /**< the same of 64 KiB; 0 in datagram mode */
	uint32_t connected_buffers_out; /**< of these */
};

/**
 * Fills in what an interface is. @return 0, or -EINVAL when the size is too small to be any
 * version.
 */
IPOIB_PUBLIC int ipoib_interface_info(const struct ipoib_interface *interface,
				      struct ipoib_interface_info *info) IPOIB_NONNULL;

/** Reads the counters. @return 0, or -EINVAL when the size is too small to be any version. */
IPOIB_PUBLIC int ipoib_interface_statistics(const struct ipoib_interface *interface,
					    struct ipoib_statistics *statistics) IPOIB_NONNULL;

/**
 * Records the datagrams that the interface sends and receives from now on. A fabric's capture has
 * the messages of connections too.
 * @param interface the interface
 * @param capture where to; it must outlive its use here. NULL ends the recording.
 */
IPOIB_PUBLIC void ipoib_interface_capture(struct ipoib_interface *interface,
					  struct ipoib_capture *capture);

#ifdef __cplusplus
}
#endif

#endif
