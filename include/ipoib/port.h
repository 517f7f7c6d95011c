/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * Transports as their users see them: the handle of one port, and what the port is.
 *
 * A transport is made by the library that implements it (ipoib_mock_open(),
 * ipoib_mock_connect()), for one context, and is what ipoib_interface_open() opens an interface on.
 */
#ifndef IPOIB_PORT_H
#define IPOIB_PORT_H

#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A transport; opaque. */
struct ipoib_transport;

/** Entries of a P_Key table that are handed on. */
#define IPOIB_PKEYS_MAX 128

/** States of a port that matter here. */
enum ipoib_port_state {
	IPOIB_PORT_DOWN = 0,   /**< no packet passes; LID and the like may be old */
	IPOIB_PORT_ACTIVE = 1, /**< the subnet manager has activated the port */
};

/** Attributes of a port. */
struct ipoib_port_attributes {
	size_t size;          /**< set by the caller to sizeof(struct ipoib_port_attributes) */
	char name[64];        /**< how people name it, zero-terminated: "mlx5_0/1" */
	struct ipoib_gid gid; /**< GID at index 0: subnet prefix and port GUID */
	/** active MTU, octets of an IB payload: 256, 512, 1024, 2048, 4096 */
	uint32_t mtu;
	uint16_t lid;         /**< host order; 0 where there are no LIDs */
	uint16_t sm_lid;      /**< host order; 0 unknown */
	uint8_t sm_sl;        /**< service level to the subnet manager */
	uint8_t state;        /**< enum ipoib_port_state */
	uint8_t grh_required; /**< every address handle needs a GRH (RoCE) */
	/** the port has 2^lmc LIDs, and lid is the first of them (IBA: LID mask control) */
	uint8_t lmc;
	uint32_t pkey_count;  /**< entries of pkeys that count */
	/** host order, with the membership bit; 0 is an empty entry */
	uint16_t pkeys[IPOIB_PKEYS_MAX];
};

/** Takes one more reference. @return transport */
IPOIB_PUBLIC struct ipoib_transport *ipoib_transport_ref(struct ipoib_transport *transport)
	IPOIB_NONNULL;

/**
 * Gives a reference back. Interfaces and buffers hold references of their own. @param transport
 * may be NULL
 */
IPOIB_PUBLIC void ipoib_transport_unref(struct ipoib_transport *transport);

/**
 * Reads the attributes of a transport's port.
 * @param transport the transport
 * @param attributes of which the caller sets the size
 * @return 0; -EINVAL (the size is too small to be any version); else as
 * ipoib_transport_ops::query_port.
 */
IPOIB_PUBLIC int ipoib_transport_port(const struct ipoib_transport *transport,
				      struct ipoib_port_attributes *attributes) IPOIB_NONNULL;

#ifdef __cplusplus
}
#endif

#endif
