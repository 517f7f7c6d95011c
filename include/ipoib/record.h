/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * Records of the subnet administrator (SA), as meaning and not as MADs: what a transport asks
 * for and answers.
 */
#ifndef IPOIB_RECORD_H
#define IPOIB_RECORD_H

#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A path record, as meaning. Integers in host order. */
struct ipoib_path_record {
	struct ipoib_gid dgid;  /**< destination */
	struct ipoib_gid sgid;  /**< source */
	uint16_t dlid;          /**< destination LID; 0 where there are no LIDs */
	uint16_t slid;          /**< source LID */
	uint16_t pkey;          /**< partition */
	uint8_t sl;             /**< service level */
	uint8_t rate;           /**< the SA's encoding: 2 is 2.5 Gbit/s, 3 is 10, ... */
	uint8_t hop_limit;      /**< above 1: through a router */
	uint8_t traffic_class;  /**< for the GRH */
	uint8_t packet_life;    /**< 4.096 us * 2^packet_life */
	uint8_t reserved;       /**< zero */
	uint32_t flow_label;    /**< for the GRH, 20 bits */
	uint32_t mtu;           /**< octets of an IB payload */
};

/** How a multicast group is joined; the bits of the SA's JoinState. */
enum ipoib_join_state {
	IPOIB_JOIN_FULL_MEMBER = 1,           /**< send and receive */
	IPOIB_JOIN_SEND_ONLY_NON_MEMBER = 4,  /**< send; the group must exist */
	/** send, and keep the group alive (an extension that Linux uses) */
	IPOIB_JOIN_SEND_ONLY_FULL_MEMBER = 8,
};

/** A multicast group, asked for or answered. Integers in host order. */
struct ipoib_multicast_record {
	struct ipoib_gid mgid; /**< the group */
	uint32_t qkey;         /**< Q_Key */
	uint32_t mtu;          /**< octets of an IB payload */
	uint32_t flow_label;   /**< 20 bits */
	uint16_t mlid;         /**< answered only */
	uint16_t pkey;         /**< partition, the full member's form */
	uint8_t sl;            /**< service level */
	uint8_t rate;          /**< the SA's encoding */
	uint8_t traffic_class; /**< for the GRH */
	uint8_t hop_limit;     /**< for the GRH */
	uint8_t packet_life;   /**< 4.096 us * 2^packet_life; answered only */
	uint8_t scope;         /**< scope of the MGID */
	uint8_t join_state;    /**< enum ipoib_join_state */
	/**
	 * Asked only: every attribute counts and the group may be created with them; else only
	 * MGID and P_Key do.
	 */
	uint8_t create;
};

#ifdef __cplusplus
}
#endif

#endif
