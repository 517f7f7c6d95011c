/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * The transport contract: what a fabric port must be able to do.
 *
 * For those who write a transport. A transport is one port of one adapter, made for one
 * context. It moves datagrams and asks the subnet administrator what it is told to ask;
 * caching, retries, pacing and every decision are the library's. It must be as strict as its
 * hardware is, and never block.
 *
 * Who calls whom: the library calls the operations, from ipoib_context_dispatch(),
 * ipoib_interface_poll() and the calls that open, close and send. An operation may call
 * ipoib_transport_watch(), _unwatch() and _wake(), nothing else of the library. A transport
 * never calls the library from another thread.
 *
 * Life: ipoib_transport_new() takes over `self`; the operation destroy() is called once, after
 * everything made with the other operations was destroyed.
 */
#ifndef IPOIB_TRANSPORT_H
#define IPOIB_TRANSPORT_H

#include <ipoib/connection.h>
#include <ipoib/context.h>
#include <ipoib/port.h>
#include <ipoib/record.h>
#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Octets before the payload in a receive buffer of a UD queue pair: room for the GRH, whether
 * valid or not.
 */
#define IPOIB_GRH_LENGTH 40

/** Memory that the adapter may read and write. */
struct ipoib_memory_region {
	void *address;  /**< aligned for any type */
	size_t length;  /**< octets */
	uint64_t key;   /**< local key, for whoever posts from it */
	void *handle;   /**< the transport's own */
};

/** Where an address handle leads to. Integers in host order. */
struct ipoib_ah_attributes {
	uint16_t dlid;        /**< destination LID, or the MLID of a group */
	uint8_t sl;           /**< service level */
	uint8_t rate;         /**< static rate, the encoding of the SA's records; 0: the port's */
	uint8_t global;       /**< a GRH goes with every packet; what follows counts only then */
	uint8_t hop_limit;    /**< GRH */
	uint8_t traffic_class;/**< GRH */
	uint8_t reserved;     /**< zero */
	uint32_t flow_label;  /**< GRH, 20 bits */
	struct ipoib_gid dgid;/**< GRH: destination GID or MGID */
};

/** A UD queue pair to be made. */
struct ipoib_ud_attributes {
	uint16_t pkey;          /**< must be in the port's table, membership bit aside */
	uint16_t reserved;      /**< zero */
	uint32_t send_depth;    /**< sends that may be outstanding, and not one more */
	uint32_t receive_depth; /**< receives that may be posted, and not one more */
	/** Receives that all reliable connections share; 0: it takes and makes no connections. */
	uint32_t connected_depth;
	/** Connections that may exist at a time, both directions together. */
	uint32_t connections_max;
	uint32_t qpn;           /**< set by the transport: queue pair number, 24 bits */
};

/** One datagram to send: the IPoIB header and the IP packet, in one piece of registered memory. */
struct ipoib_ud_send {
	uint64_t cookie;     /**< comes back in the completion */
	const void *address; /**< first octet of the payload */
	uint32_t length;     /**< octets of payload */
	uint32_t remote_qpn; /**< destination queue pair, 24 bits */
	uint32_t remote_qkey;/**< Q_Key of the destination */
	uint32_t reserved;   /**< zero */
	uint64_t key;        /**< ipoib_memory_region::key */
	void *ah;            /**< from ah_create() */
};

/** Room for one datagram to arrive. */
struct ipoib_ud_receive {
	uint64_t cookie; /**< comes back in the completion */
	void *address;   /**< the payload is put at address + #IPOIB_GRH_LENGTH */
	uint32_t length; /**< octets, the room for the GRH included */
	uint32_t reserved; /**< zero */
	uint64_t key;    /**< ipoib_memory_region::key */
};

/** What a completion is of. */
enum ipoib_ud_opcode {
	IPOIB_UD_SEND = 1,    /**< a send */
	IPOIB_UD_RECEIVE = 2, /**< a receive */
	IPOIB_RC_SEND = 3,    /**< a send on a reliable connection */
	IPOIB_RC_RECEIVE = 4, /**< a receive on a reliable connection */
};

/**
 * Octets of private data in the messages that set a connection up: what the longest (REP) takes.
 */
#define IPOIB_RC_PRIVATE_MAX 196
/**
 * The longest message on a reliable connection here: an IP packet of 65520 octets and its header.
 */
#define IPOIB_RC_MESSAGE_MAX 65524

/** A reliable connection to be made or to be taken. Integers in host order. */
struct ipoib_rc_attributes {
	/** the library's name for it: comes back in completions and events */
	uint64_t connection;
	uint64_t service_id;    /**< made: what is asked for; taken: 0 */
	struct ipoib_path_record path; /**< made: how to get there; taken: nothing */
	uint32_t send_depth;    /**< sends that may be outstanding */
	/**
	 * Octets of private data that count. Made: at most what a REQ has room for, 92 where there
	 * are LIDs and 48 on RoCE, or -EINVAL.
	 */
	uint16_t private_length;
	uint8_t retry_count;    /**< times an unacknowledged message is repeated, 0 to 7 */
	/** times a message is repeated that found no receive posted, 0 to 7 */
	uint8_t rnr_retry;
	uint8_t private_data[IPOIB_RC_PRIVATE_MAX]; /**< goes with the REQ, or with the REP */
	/** before it is repeated, 4.096 us * 2^ack_timeout, 1 to 31; 0: up to the transport */
	uint8_t ack_timeout;
	uint8_t reserved[7]; /**< zero */
};

/** One message to send on a reliable connection, in one piece of registered memory. */
struct ipoib_rc_send {
	uint64_t cookie;     /**< comes back in the completion */
	const void *address; /**< first octet: the IPoIB header */
	uint32_t length;     /**< octets */
	uint32_t reserved;   /**< zero */
	uint64_t key;        /**< ipoib_memory_region::key */
};

/** What a connection has to tell; which members count stands at the event's type. */
struct ipoib_rc_event {
	uint64_t request;     /**< the transport's name for a request that waits for an answer */
	uint64_t service_id;  /**< what the peer asked for */
	struct ipoib_gid gid; /**< the peer's port; of a request: as the request says */
	/** the peer's port; 0 where there are no LIDs; of a request: as the request says */
	uint16_t lid;
	/** of a refusal: the REJ's, as in the IBA; of an end: enum ipoib_connection_end */
	uint16_t reason;
	/** octets of private data that came: what the peer gave, and zeros up to the room for it */
	uint16_t private_length;
	uint8_t private_data[IPOIB_RC_PRIVATE_MAX]; /**< as the peer sent it: hostile */
};

/** A completed send or receive. Sends complete in the order of their posting, receives too. */
struct ipoib_ud_completion {
	uint64_t cookie;     /**< of the send or receive */
	/** 0; -EMSGSIZE (too long for the path), -ECANCELED (flushed), -EIO (any other) */
	int32_t status;
	uint8_t opcode;      /**< enum ipoib_ud_opcode */
	uint8_t has_grh;     /**< receive: the first #IPOIB_GRH_LENGTH octets are a GRH */
	uint8_t sl;          /**< receive: service level */
	uint8_t reserved;    /**< zero */
	uint32_t length;     /**< receive: octets written, the room for the GRH included */
	uint32_t source_qpn; /**< receive: queue pair of the sender, 24 bits */
	uint16_t source_lid; /**< receive: LID of the sender; 0 where there are no LIDs */
	uint16_t reserved2;  /**< zero */
	/**
	 * Of a connection: ipoib_rc_attributes::connection. Its receives have no room for a GRH
	 * in front.
	 */
	uint64_t connection;
};

/** What a transport tells. */
enum ipoib_transport_event_type {
	IPOIB_TRANSPORT_PORT = 1,       /**< attributes of the port have changed: read them again */
	IPOIB_TRANSPORT_REREGISTER = 2, /**< the subnet manager wants every group joined again */
	IPOIB_TRANSPORT_PATH = 3,       /**< the answer to path_query() */
	IPOIB_TRANSPORT_JOIN = 4,       /**< the answer to multicast_join() */
	IPOIB_TRANSPORT_GONE = 5,       /**< the adapter is gone for good */
	/**
	 * A peer asks for a connection: request, service_id, gid, lid and private data count, and
	 * ipoib_transport_event::path.
	 */
	IPOIB_TRANSPORT_RC_REQUEST = 6,
	/** The connection `id` is up: of one that was made, gid and private data count. */
	IPOIB_TRANSPORT_RC_UP = 7,
	/** `id` was refused (reason, private data) or not answered (status -ETIMEDOUT). */
	IPOIB_TRANSPORT_RC_REFUSED = 8,
	/**
	 * The connection `id` is down: -ECONNRESET (the peer ended it), -EIO (its queue pair
	 * failed, or the port went down); reason says more. It is to be destroyed; until then what
	 * is posted completes as flushed.
	 */
	IPOIB_TRANSPORT_RC_DOWN = 9,
};

/** An event. */
struct ipoib_transport_event {
	uint32_t type;  /**< enum ipoib_transport_event_type */
	/**
	 * Answers: 0; -ENOENT (no record, no such group), -ETIMEDOUT (no answer), -EBUSY (the
	 * SA said busy),
	 * -EACCES (refused: partition, Q_Key or membership), -EPROTO (an answer that
	 * contradicts itself).
	 */
	int32_t status;
	/** Answers: the id of the question. Connections: ipoib_rc_attributes::connection. */
	uint64_t id;
	/**
	 * #IPOIB_TRANSPORT_PATH with status 0. Of #IPOIB_TRANSPORT_RC_REQUEST dlid and dgid tell
	 * where the request came from, whatever it says of itself: its source LID, and the source
	 * GID of its GRH. A transport that does not see the headers gives the LID that messages of
	 * the connection would go to. Zeros: not known; then the connection is received on, and
	 * never sent on.
	 */
	struct ipoib_path_record path;
	struct ipoib_multicast_record multicast;  /**< #IPOIB_TRANSPORT_JOIN with status 0 */
	struct ipoib_rc_event rc;                 /**< IPOIB_TRANSPORT_RC_... */
};

/**
 * The operations of a transport. `self` is what was given to
 * ipoib_transport_new(). They return 0 or a negative errno where they return int and nothing
 * else is said.
 */
struct ipoib_transport_ops {
	/** sizeof(struct ipoib_transport_ops); the operations up to memory_register are required */
	size_t size;

	/** Ends the transport and frees self. */
	void (*destroy)(void *self);

	/**
	 * Fills in the attributes of the port, from memory: at most the octets that their size,
	 * which the library has set, says.
	 */
	int (*query_port)(void *self, struct ipoib_port_attributes *attributes);
	/**
	 * Does what is due at now: reads watched descriptors, runs its timers. Never blocks,
	 * bounded.
	 */
	void (*process)(void *self, uint64_t now);
	/**
	 * When process() wants to be called though no descriptor is ready; #IPOIB_NEVER for never.
	 */
	uint64_t (*deadline)(void *self);
	/** Takes the oldest event. @return 1, or 0 when there is none. */
	int (*next_event)(void *self, struct ipoib_transport_event *event);

	/** Allocates length octets of memory, not 0, and registers it with the adapter. */
	int (*memory_get)(void *self, size_t length, struct ipoib_memory_region *region);
	/** Ends a region and frees its memory; nothing is posted from it any more. */
	void (*memory_put)(void *self, const struct ipoib_memory_region *region);

	/** Makes an address handle. */
	int (*ah_create)(void *self, const struct ipoib_ah_attributes *attributes, void **ah);
	/** Ends an address handle; every send that used it has completed. */
	void (*ah_destroy)(void *self, void *ah);

	/**
	 * Makes a UD queue pair, ready to send and receive; the library posts receives before
	 * it attaches it to groups. -ENOENT: the P_Key is not in the port's table. When
	 * it moves to another place of the table the queue pair follows it.
	 */
	int (*ud_create)(void *self, struct ipoib_ud_attributes *attributes, void **ud);
	/** Ends it; posted memory is the library's again, and nothing of it completes any more. */
	void (*ud_destroy)(void *self, void *ud);
	/** Sets the Q_Key that arriving datagrams must carry. */
	int (*ud_set_qkey)(void *self, void *ud, uint32_t qkey);
	/**
	 * Lets datagrams to a group reach the queue pair; once, however often it is called. What
	 * it sends to the group itself may come back to it, or not: who minds looks at the source.
	 */
	int (*ud_attach)(void *self, void *ud, const struct ipoib_gid *mgid, uint16_t mlid);
	/** Ends that; an unknown group is no error. */
	void (*ud_detach)(void *self, void *ud, const struct ipoib_gid *mgid, uint16_t mlid);
	/**
	 * Posts datagrams in order. A send longer than the port's MTU completes with an error,
	 * as it does on an adapter; a queue pair that an error stopped is mended by the
	 * transport once the flushed sends were taken.
	 * @return how many were posted, less than count when the queue is full; or a negative
	 * errno when none was.
	 */
	int (*ud_post_send)(void *self, void *ud, const struct ipoib_ud_send *sends, size_t count);
	/** Posts room for datagrams to arrive. @return how many, as ud_post_send(). */
	int (*ud_post_receive)(void *self, void *ud, const struct ipoib_ud_receive *receives,
			       size_t count);
	/** Takes completions. @return how many; 0 when there are none. */
	int (*ud_poll)(void *self, void *ud, struct ipoib_ud_completion *completions,
		       size_t count);
	/**
	 * Asks that the context wakes up at the next completion.
	 * @return 0, or 1 when there may be completions already: poll again.
	 */
	int (*ud_arm)(void *self, void *ud);

	/**
	 * Takes requests for connections with a service ID from now on, with
	 * #IPOIB_TRANSPORT_RC_REQUEST; ends with the queue pair, and what was not answered is
	 * refused then. Several service IDs may be listened for; the rest is refused as unknown
	 * (reason 8). Requests are told also while there are connections_max: the library may end
	 * one for the one that is asked for, and counts what it refuses.
	 * -EOPNOTSUPP: the queue pair was made without connections, as for all that follow.
	 * -ENOTSUP: the port can make connections and take none.
	 */
	int (*rc_listen)(void *self, void *ud, uint64_t service_id);
	/**
	 * Makes a connection: a queue pair, and the request to the peer. #IPOIB_TRANSPORT_RC_UP
	 * or _RC_REFUSED follows, once. Its completions come out of ud_poll() of ud. -ENOSPC: there
	 * are connections_max.
	 */
	int (*rc_connect)(void *self, void *ud, const struct ipoib_rc_attributes *attributes,
			  void **rc);
	/**
	 * Takes a connection that was asked for. #IPOIB_TRANSPORT_RC_UP follows, or _RC_DOWN.
	 * -ENOENT: nobody asks, or not any more. -ENOSPC: there are connections_max. After another
	 * error than -ENOENT it is to be refused.
	 */
	int (*rc_accept)(void *self, void *ud, uint64_t request,
			 const struct ipoib_rc_attributes *attributes, void **rc);
	/**
	 * Refuses one, with a reason of the IBA's and private data. An unknown request is no error.
	 * A transport that can say one reason alone says the consumer's (28).
	 */
	void (*rc_reject)(void *self, uint64_t request, uint16_t reason, const void *private_data,
			  size_t private_length);
	/**
	 * Ends a connection in whatever state it is, and tells the peer. Memory posted for
	 * sending is the library's again; nothing of it completes any more and no event of it
	 * follows.
	 */
	void (*rc_destroy)(void *self, void *rc);
	/**
	 * Posts messages in order. @return how many, as ud_post_send(); -ENOTCONN when it never was
	 * up.
	 */
	int (*rc_post_send)(void *self, void *rc, const struct ipoib_rc_send *sends, size_t count);
	/**
	 * Posts room for messages of all connections of ud; @return how many, as ud_post_send().
	 */
	int (*rc_post_receive)(void *self, void *ud, const struct ipoib_ud_receive *receives,
			       size_t count);

	/**
	 * Asks for a path; an #IPOIB_TRANSPORT_PATH event with this id follows, once. -EAGAIN: not
	 * now, which is no failure; the same is asked again when another question was answered, and
	 * every 10 ms. Of multicast_join() too.
	 */
	int (*path_query)(void *self, uint64_t id, const struct ipoib_gid *dgid, uint16_t pkey);
	/** Joins a group; an #IPOIB_TRANSPORT_JOIN event with this id follows, once. */
	int (*multicast_join)(void *self, uint64_t id, const struct ipoib_multicast_record *wanted);
	/** Leaves a group, of which MGID, P_Key and join_state count. There is no answer. */
	void (*multicast_leave)(void *self, const struct ipoib_multicast_record *group);
	/** Forgets a question: no event with this id follows. An unknown id is no error. */
	void (*cancel)(void *self, uint64_t id);

	/**
	 * Registers memory that is the caller's own; packets are sent from it, and nothing is
	 * received into it. memory_put() ends that, and leaves the memory alone.
	 */
	int (*memory_register)(void *self, void *address, size_t length,
			       struct ipoib_memory_region *region);
};

/**
 * Makes a transport of its operations.
 * @param out where the handle goes; end it with ipoib_transport_unref()
 * @param context the context that drives it; the transport keeps it alive
 * @param ops the operations, copied
 * @param self handed to the operations; taken over only on success
 * @return 0; -EINVAL (an operation is missing, or the size is too small to be any version);
 * -E2BIG; -ENOMEM.
 */
IPOIB_PUBLIC int ipoib_transport_new(struct ipoib_transport **out, struct ipoib_context *context,
				     const struct ipoib_transport_ops *ops, void *self);

/**
 * Makes the context wake up and call process() when a descriptor is ready.
 * @param transport the transport
 * @param fd the descriptor; the transport's own
 * @param events POLLIN, POLLOUT or both; watching it again changes them
 * @return 0; -ENOSPC (1024 are watched already); another error of the system.
 */
IPOIB_PUBLIC int ipoib_transport_watch(struct ipoib_transport *transport, int fd, short events)
	IPOIB_NONNULL;

/** Ends watching, before the descriptor is closed. An unknown descriptor is no error. */
IPOIB_PUBLIC void ipoib_transport_unwatch(struct ipoib_transport *transport, int fd) IPOIB_NONNULL;

/** Makes the context's deadline now: process() has something to do. */
IPOIB_PUBLIC void ipoib_transport_wake(struct ipoib_transport *transport) IPOIB_NONNULL;

#ifdef __cplusplus
}
#endif

#endif
