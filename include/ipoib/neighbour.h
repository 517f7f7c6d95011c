/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * Neighbours of an interface, seen from outside.
 */
#ifndef IPOIB_NEIGHBOUR_H
#define IPOIB_NEIGHBOUR_H

#include <ipoib/record.h>
#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ipoib_interface;
struct ipoib_packet;

/** Reachability of a neighbour, RFC 4861 section 7.3.2; the same for ARP. */
enum ipoib_neighbour_state {
	IPOIB_NEIGHBOUR_INCOMPLETE = 1, /**< asked for, no answer yet */
	IPOIB_NEIGHBOUR_REACHABLE = 2,  /**< answered lately */
	IPOIB_NEIGHBOUR_STALE = 3,      /**< known, not confirmed lately */
	IPOIB_NEIGHBOUR_DELAY = 4,      /**< used while stale; a confirmation may come by itself */
	IPOIB_NEIGHBOUR_PROBE = 5,      /**< asked again, by unicast */
	IPOIB_NEIGHBOUR_FAILED = 6,     /**< did not answer; not asked again for a while */
	IPOIB_NEIGHBOUR_PERMANENT = 7,  /**< entered by hand: neither asked nor moved */
};

/**
 * What becomes of a claim that a neighbour has another GID, that is another port, while the one
 * that is known has not been found dead. A queue pair number that changes at the same GID is a
 * peer that restarted, and flags that change are a change of mode: neither is flux.
 */
enum ipoib_flux_policy {
	/**
	 * The port that is known is asked by unicast; it stays if it answers, and traffic stays
	 * with it until that is known. A claimant that answers while the known port does not is
	 * believed. At most one change without such proof, and one question, per hold-down time.
	 */
	IPOIB_FLUX_CONFIRM = 0,
	IPOIB_FLUX_ACCEPT = 1, /**< the last claim is believed at once, as the kernel does */
	IPOIB_FLUX_PIN = 2,    /**< the first port is kept as long as the entry is there; where two
				    answer the first question, the right one of them */
	/** a claim is believed, but not within the hold-down time after the last change */
	IPOIB_FLUX_HOLD = 3,
};

/** Which packet made a claim. */
enum ipoib_claim {
	IPOIB_CLAIM_NONE = 0,             /**< none is known */
	IPOIB_CLAIM_ARP_REQUEST = 1,      /**< sender of an ARP request */
	IPOIB_CLAIM_ARP_REPLY = 2,        /**< sender of an ARP reply */
	IPOIB_CLAIM_ARP_ANNOUNCEMENT = 3, /**< gratuitous ARP: sender and target are one address */
	IPOIB_CLAIM_SOLICITATION = 4,     /**< source link-layer address of a solicitation */
	IPOIB_CLAIM_ADVERTISEMENT = 5,    /**< target link-layer address of an advertisement */
	/**
	 * source address of an IP packet that another port has sent: it moves nothing, whatever the
	 * policy, and is told and counted; the GID is zero where the LID is all that is known. At
	 * first contact it tells which of two ports that answer is the right one
	 */
	IPOIB_CLAIM_DATA = 6,
};

/** What has become of a claim. */
enum ipoib_flux_verdict {
	IPOIB_FLUX_PENDING = 1,  /**< the known port is being asked, or will be */
	IPOIB_FLUX_ACCEPTED = 2, /**< the neighbour has moved */
	IPOIB_FLUX_REFUSED = 3,  /**< the neighbour has stayed where it was */
};

/** What is known of a neighbour. */
struct ipoib_neighbour_info {
	size_t size;     /**< set by the caller to sizeof(struct ipoib_neighbour_info) */
	struct ipoib_ip ip; /**< its address */
	struct ipoib_link_address link_address; /**< zero while none was ever known */
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
	uint64_t flux;         /**< claims that it has another GID */
	uint64_t flux_refused; /**< of those: refused */
	uint32_t flux_minute;  /**< claims in the last minute */
	uint32_t reserved2;    /**< zero */
	uint64_t hold_ns;      /**< nanoseconds until the next claim can change anything */
	/** the last claim that is not decided yet; zero: none */
	struct ipoib_link_address claimed;
	struct ipoib_link_address old_link_address; /**< before it last moved; zero: it never did */
};

/** One flux event of a neighbour. */
struct ipoib_flux_record {
	size_t size;      /**< set by the caller to sizeof(struct ipoib_flux_record) */
	uint64_t age_ns;  /**< nanoseconds since the claim was first made */
	uint32_t count;   /**< the same claim, so many times in a row */
	uint16_t claim;   /**< enum ipoib_claim: the packet that made it first */
	uint16_t verdict; /**< enum ipoib_flux_verdict */
	struct ipoib_link_address held;    /**< the link address that was known */
	struct ipoib_link_address claimed; /**< the one that was claimed */
};

/** What happened to an entry of the neighbour table. */
enum ipoib_neighbour_change_type {
	IPOIB_NEIGHBOUR_CHANGED = 1, /**< it is new, or its state or link address is another */
	IPOIB_NEIGHBOUR_REMOVED = 2, /**< it is gone */
};

/** A change of the neighbour table, as ipoib_interface_config::neighbour is told. */
struct ipoib_neighbour_change {
	size_t size;        /**< sizeof(struct ipoib_neighbour_change) of the library */
	uint32_t type;      /**< enum ipoib_neighbour_change_type */
	uint32_t state;     /**< enum ipoib_neighbour_state; of a removed one: its last */
	uint64_t time;      /**< in nanoseconds of the context's clock */
	struct ipoib_ip ip; /**< the neighbour */
	struct ipoib_link_address link_address; /**< zero while it is not known */
};

/** A name for an enum ipoib_neighbour_state as `ip neigh` writes it ("REACHABLE"), or NULL. */
IPOIB_PUBLIC const char *ipoib_neighbour_state_name(uint32_t state);

/** A name for an enum ipoib_flux_policy ("confirm"), or NULL. */
IPOIB_PUBLIC const char *ipoib_flux_policy_name(uint32_t policy);

/** A name for an enum ipoib_claim ("ARP reply"), or NULL. */
IPOIB_PUBLIC const char *ipoib_claim_name(uint32_t claim);

/** A name for an enum ipoib_flux_verdict ("refused"), or NULL. */
IPOIB_PUBLIC const char *ipoib_flux_verdict_name(uint32_t verdict);

/**
 * Goes through the neighbours. One that is there throughout is seen at least once, whatever
 * comes and goes between two calls.
 * @param interface the interface
 * @param cursor set to 0 before the first call
 * @param info filled in; its size set by the caller
 * @return 1, 0 when there are no more, or -EINVAL when the size is too small to be any version.
 */
IPOIB_PUBLIC int ipoib_neighbour_next(const struct ipoib_interface *interface, uint64_t *cursor,
				      struct ipoib_neighbour_info *info) IPOIB_NONNULL;

/**
 * Finds one neighbour by its address; makes none.
 * @return 0, -ENOENT when there is none, or -EINVAL when the size is too small to be any version.
 */
IPOIB_PUBLIC int ipoib_neighbour_find(const struct ipoib_interface *interface,
				      const struct ipoib_ip *ip,
				      struct ipoib_neighbour_info *info) IPOIB_NONNULL;

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
				     const struct ipoib_ip *ip, uint32_t *mtu) IPOIB_NONNULL;

/**
 * Goes through the last flux events of one neighbour, the youngest first; eight are kept.
 * @param interface the interface
 * @param ip the neighbour
 * @param cursor set to 0 before the first call
 * @param record filled in; its size set by the caller
 * @return 1, 0 when there are no more, -ENOENT when there is no such neighbour, or -EINVAL when
 * the size is too small to be any version.
 */
IPOIB_PUBLIC int ipoib_neighbour_flux_next(const struct ipoib_interface *interface,
					   const struct ipoib_ip *ip, uint64_t *cursor,
					   struct ipoib_flux_record *record) IPOIB_NONNULL;

/**
 * Enters a neighbour by hand, or makes an entry that is there permanent: it is neither asked nor
 * moved, and gives way to no other.
 * @param interface the interface
 * @param ip a unicast address that is not our own, on no interface of the context, and not the
 * broadcast address of a bound subnet
 * @param link_address where packets to it go; not that of an interface of the context
 * @return 0; -EINVAL (not a host's address, or a link address of a group, or with a queue pair
 * number that no peer can have); -ENOBUFS (the table is full of entries that cannot go, or three
 * quarters of it are permanent); -ENETDOWN (closed in this callback); -ENOMEM.
 */
IPOIB_PUBLIC int ipoib_neighbour_add(struct ipoib_interface *interface, const struct ipoib_ip *ip,
				     const struct ipoib_link_address *link_address) IPOIB_NONNULL;

/**
 * Removes a neighbour, a permanent one too. Packets that wait for it are dropped as unreachable.
 * @return 0, or -ENOENT.
 */
IPOIB_PUBLIC int ipoib_neighbour_remove(struct ipoib_interface *interface,
					const struct ipoib_ip *ip) IPOIB_NONNULL;

/**
 * Removes all neighbours.
 * @param interface the interface
 * @param permanent whether those entered by hand go as well
 */
IPOIB_PUBLIC void ipoib_neighbour_flush(struct ipoib_interface *interface, bool permanent)
	IPOIB_NONNULL;

/**
 * The caller has proof that packets reach a neighbour, such as an acknowledgement of its own
 * transport protocol (RFC 4861 section 7.3.1): it need not be asked. Cheap; may be called per
 * packet.
 * @return 0, or -ENOENT.
 */
IPOIB_PUBLIC int ipoib_neighbour_confirm(struct ipoib_interface *interface,
					 const struct ipoib_ip *ip) IPOIB_NONNULL;

/**
 * Asks a neighbour in the next turn whether it is there, as arping(8) does: by unicast where its
 * link address is known, whatever its state; one that is not known is resolved, and one that is
 * being asked is not asked twice. What comes of it is told by ipoib_neighbour_find(): REACHABLE and
 * confirmed since, or FAILED. One that has just failed is not asked before its hold time is over.
 * @return 0; -EPERM (permanent: never asked); -EINVAL (not a host's address on this link);
 * -EADDRNOTAVAIL (no address of ours to ask from); -ENETDOWN (the link is down, or closed in this
 * callback); -ENOBUFS (the table is full); -ENOMEM.
 */
IPOIB_PUBLIC int ipoib_neighbour_probe(struct ipoib_interface *interface,
				       const struct ipoib_ip *ip) IPOIB_NONNULL;

/* ---- neighbours that the caller holds ---- */

/** A neighbour that the caller holds; opaque. */
struct ipoib_neighbour;

/** Where packets for a neighbour go, at one moment. */
struct ipoib_resolution {
	size_t size; /**< set by the caller to sizeof(struct ipoib_resolution) */
	/**
	 * 0: resolved; -EINPROGRESS: it is being asked for; -EHOSTUNREACH: it does not answer, the
	 * SA knows no path, or the entry was removed; -ENETDOWN: the link is down, or the interface
	 * closed
	 */
	int32_t status;
	uint32_t mtu;       /**< octets of an IP packet that it can be sent; 0: not resolved */
	uint32_t rate_mbps; /**< of the path, in Mbit/s; 0: not resolved, or not known */
	struct ipoib_ip ip; /**< the neighbour */
	struct ipoib_link_address link_address; /**< GID and queue pair; zero while not known */
	struct ipoib_path_record path; /**< to that GID; zero while not resolved */
};

/**
 * Tells what is known of a held neighbour, at the end of a turn, where a callback may call
 * everything, ipoib_neighbour_unref() of this very neighbour included. The resolution is the
 * library's, and valid until the callback returns.
 */
typedef void ipoib_neighbour_resolved(struct ipoib_neighbour *neighbour,
				      const struct ipoib_resolution *resolution, void *user);

/**
 * Holds a neighbour: it is resolved without a packet, in the next turn or when the link comes up,
 * and its entry gives way to no other. Half of the table can be held so.
 * @param out where the handle goes; end it with ipoib_neighbour_unref(). It outlives the interface
 * @param interface the interface
 * @param ip a unicast address on the link that is not our own
 * @param resolved called when it is resolved, when its link address, path or MTU is another one,
 * and when it is given up; each of several changes in a turn is not. NULL: none is called
 * @param user handed to resolved
 * @return 0; -EINVAL (not a host's address); -EADDRNOTAVAIL (no address of its version is bound to
 * ask from); -ENOBUFS (half of the table is held, or the table is full of entries that cannot go);
 * -ENETDOWN (closed in this callback); -ENOMEM. After an error nothing has changed.
 */
IPOIB_PUBLIC int ipoib_neighbour_get(struct ipoib_neighbour **out,
				     struct ipoib_interface *interface, const struct ipoib_ip *ip,
				     ipoib_neighbour_resolved *resolved, void *user);

/**
 * Says that the neighbour is used, by queue pairs of the caller's own: one that was not confirmed
 * lately is asked whether it is still there, one that was given up is asked for again, when its
 * hold time is over. Once every few seconds is enough. A packet says the same.
 * @return 0; -EADDRNOTAVAIL, -ENOBUFS, -ENETDOWN, -ENOMEM as ipoib_neighbour_get()
 */
IPOIB_PUBLIC int ipoib_neighbour_use(struct ipoib_neighbour *neighbour) IPOIB_NONNULL;

/**
 * What is known of it now.
 * @param neighbour the neighbour
 * @param resolution filled in; its size set by the caller
 * @return 0, or -EINVAL when the size is too small to be any version.
 */
IPOIB_PUBLIC int ipoib_neighbour_resolution(const struct ipoib_neighbour *neighbour,
					    struct ipoib_resolution *resolution) IPOIB_NONNULL;

/** Ends a handle; no callback comes after it. @param neighbour may be NULL */
IPOIB_PUBLIC void ipoib_neighbour_unref(struct ipoib_neighbour *neighbour);

/**
 * ipoib_interface_send() to neighbours that the caller holds, without a look-up.
 * @param interface the interface that the neighbours were got from; a packet to one of another is
 * refused with -EINVAL
 * @param neighbours one for each packet
 * @param packets the packets; their next hops are set by the call
 * @param count how many
 * @return how many were accepted
 */
IPOIB_PUBLIC int ipoib_interface_send_to(struct ipoib_interface *interface,
					 struct ipoib_neighbour *const *neighbours,
					 struct ipoib_packet *packets, size_t count) IPOIB_NONNULL;

#ifdef __cplusplus
}
#endif

#endif
