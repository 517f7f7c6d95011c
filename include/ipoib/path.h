/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * Paths of an interface, seen from outside.
 */
#ifndef IPOIB_PATH_H
#define IPOIB_PATH_H

#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ipoib_interface;

/** What the cache knows of a path. */
enum ipoib_path_state {
	IPOIB_PATH_QUERYING = 1, /**< the subnet administrator was asked */
	IPOIB_PATH_VALID = 2,    /**< a path record is held */
	IPOIB_PATH_REFRESH = 3,  /**< a path record is held and used, and asked for again */
	IPOIB_PATH_FAILED = 4,   /**< there is none; not asked again before the hold time is over */
};

/** What is known of a path. */
struct ipoib_path_info {
	size_t size;           /**< set by the caller to sizeof(struct ipoib_path_info) */
	struct ipoib_gid dgid; /**< where it leads to */
	uint32_t state;        /**< enum ipoib_path_state */
	uint32_t mtu;          /**< octets of an IB payload; 0 without a record */
	uint32_t rate_mbps;    /**< Mbit/s; 0 unknown */
	uint16_t dlid;         /**< host order; 0 without a record */
	uint8_t sl;            /**< service level */
	uint8_t hop_limit;     /**< above 1: through a router, with a GRH */
	uint32_t failures;     /**< failed queries in a row */
	uint32_t neighbours;   /**< neighbours that use it */
	uint64_t age_ns;       /**< nanoseconds since the record came; #IPOIB_NEVER without one */
	uint64_t hold_ns;      /**< nanoseconds until it is asked for again after a failure */
};

/** A name for an enum ipoib_path_state ("VALID"), or NULL. */
IPOIB_PUBLIC const char *ipoib_path_state_name(uint32_t state);

/** Goes through the paths, as ipoib_neighbour_next() goes through the neighbours. */
IPOIB_PUBLIC int ipoib_path_next(const struct ipoib_interface *interface, uint64_t *cursor,
				 struct ipoib_path_info *info) IPOIB_NONNULL;

#ifdef __cplusplus
}
#endif

#endif
