/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * Captures: what passes a fabric or an interface, as a pcap file that Wireshark dissects to the
 * last field.
 *
 * A record is a complete InfiniBand packet (LRH, GRH, BTH, DETH or AETH, payload, ICRC, VCRC) as
 * an ERF record of type 21 (link type 197).
 */
#ifndef IPOIB_CAPTURE_H
#define IPOIB_CAPTURE_H

#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A capture; opaque. */
struct ipoib_capture;

/** How a capture is made. Everything is copied. */
struct ipoib_capture_config {
	size_t size; /**< sizeof(struct ipoib_capture_config) */
	/**
	 * Takes the next octets of the file. Returns 0, or a negative errno, after which the
	 * capture writes nothing more. Required. It must not call the library.
	 */
	int (*write)(const void *octets, size_t length, void *user);
	void *user; /**< handed to write */
	/** Added to every time: the context's clock becomes nanoseconds since 1970 by it. */
	int64_t epoch_offset_ns;
	/** As in struct ipoib_context_config. */
	void *(*allocate)(size_t size, void *user);
	/** As in struct ipoib_context_config. */
	void (*release)(void *pointer, size_t size, void *user);
	void *allocator_user; /**< handed to allocate and release */
};

/** What is to be recorded. */
enum ipoib_capture_kind {
	/** A datagram: one packet, "UD SEND only". */
	IPOIB_CAPTURE_UD = 0,
	/**
	 * A whole message of a reliable connection: as many packets as it takes, "RC SEND
	 * first", "middle", "last" or "only". Their sequence numbers count on from psn.
	 */
	IPOIB_CAPTURE_RC_SEND = 1,
	/** An acknowledgement of a reliable connection, positive or negative: one packet. */
	IPOIB_CAPTURE_RC_ACKNOWLEDGE = 2,
};

/** The longest message of a reliable connection that can be recorded, octets. */
#define IPOIB_CAPTURE_MESSAGE_MAX 1048576

/** A packet or message to record. Integers in host order. */
struct ipoib_capture_packet {
	size_t size;          /**< sizeof(struct ipoib_capture_packet) */
	uint16_t slid;        /**< source LID */
	uint16_t dlid;        /**< destination LID */
	uint16_t pkey;        /**< P_Key */
	uint8_t sl;           /**< service level */
	uint8_t has_grh;      /**< what follows up to dgid counts */
	uint8_t traffic_class;/**< GRH */
	uint8_t hop_limit;    /**< GRH */
	uint8_t reserved[2];  /**< zero */
	uint32_t flow_label;  /**< GRH */
	struct ipoib_gid sgid;/**< GRH */
	struct ipoib_gid dgid;/**< GRH */
	uint32_t source_qpn;  /**< DETH: datagrams only */
	uint32_t dest_qpn;    /**< BTH */
	uint32_t qkey;        /**< DETH: datagrams only */
	uint32_t psn;         /**< BTH; its low 24 bits count */
	const void *payload;  /**< what stands after the DETH, or a whole message */
	/** octets of payload, at most 4096; of a message #IPOIB_CAPTURE_MESSAGE_MAX */
	size_t length;
	uint32_t kind;        /**< enum ipoib_capture_kind */
	uint32_t mtu;         /**< message: octets of payload of a packet, 256 to 4096 */
	uint32_t msn;         /**< acknowledgement: AETH; its low 24 bits count */
	uint8_t syndrome;     /**< acknowledgement: AETH */
	uint8_t reserved2[3]; /**< zero */
};

/**
 * Makes a capture and writes the file's header.
 * @param out where the handle goes; end it with ipoib_capture_close()
 * @param config how to make it
 * @return 0; -EINVAL; -E2BIG; -ENOMEM; what write returned, or -EIO when that was positive.
 */
IPOIB_PUBLIC int ipoib_capture_new(struct ipoib_capture **out,
				   const struct ipoib_capture_config *config);

/**
 * Records one packet, or the packets of one message.
 * @param capture the capture
 * @param now in nanoseconds of the clock that config.epoch_offset_ns belongs to
 * @param packet the packet
 * @return 0; -EINVAL; -E2BIG; -EMSGSIZE (the payload is longer than a packet's or a message's);
 * what write returned, now or before; -EIO when that was positive.
 */
IPOIB_PUBLIC int ipoib_capture_packet(struct ipoib_capture *capture, uint64_t now,
				      const struct ipoib_capture_packet *packet);

/** Packets recorded, and in failed (may be NULL) those that could not be. */
IPOIB_PUBLIC uint64_t ipoib_capture_count(const struct ipoib_capture *capture, uint64_t *failed);

/** Ends a capture; whoever records to it must have stopped. @param capture may be NULL */
IPOIB_PUBLIC void ipoib_capture_close(struct ipoib_capture *capture);

#ifdef __cplusplus
}
#endif

#endif
