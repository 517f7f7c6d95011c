/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * Ports of real adapters: InfiniBand and RoCE, Soft-RoCE included, by rdma-core.
 *
 * A port is opened once and taken by ipoib_interface_open() like one of a simulated fabric. Each
 * opened port has a device context of its own: two of them, in two threads, share nothing.
 * Nothing here blocks but the opening itself.
 */
#ifndef IPOIB_VERBS_H
#define IPOIB_VERBS_H

#include <ipoib/context.h>
#include <ipoib/port.h>
#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Registered memory comes in plain pages, though there may be huge ones. */
#define IPOIB_VERBS_NO_HUGE_PAGES UINT32_C(1)
/**
 * InfiniBand: the subnet administrator is not asked by management datagrams of our own, though
 * that may be allowed; what remains is what librdmacm's route resolution gives.
 */
#define IPOIB_VERBS_NO_UMAD UINT32_C(2)

/** Which port is opened, and how; begin with #IPOIB_VERBS_CONFIG_INIT. Everything is copied. */
struct ipoib_verbs_config {
	size_t size;       /**< sizeof(struct ipoib_verbs_config) */
	const char *port;  /**< "mlx5_0/1": device and port; "mlx5_0" is its port 1 */
	/**
	 * RoCE: index of the GID that names us. -1: the link-local IPv6 one; a peer whose GID is
	 * an IPv4 address is reached from our own IPv4 one then.
	 */
	int32_t gid_index;
	uint32_t flags;    /**< IPOIB_VERBS_NO_... */
};

/** The defaults; the port remains to be said. */
#define IPOIB_VERBS_CONFIG_INIT                                                                    \
	{                                                                                          \
		.size = sizeof(struct ipoib_verbs_config), .gid_index = -1                         \
	}

/**
 * Opens a port. It may be down: it is then waited for.
 * @param out where the transport goes; end it with ipoib_transport_unref()
 * @param context the context that uses it
 * @param config which port
 * @return 0; -ENODEV (no such device, or it has no such port: the log says which there are);
 * -EACCES (the device's file may not be opened); -ENOTSUP (neither InfiniBand nor RoCE);
 * -ENOENT (there is no GID of this index); -EINVAL (no port, or it is not written like one; an
 * unknown flag; the size is too small to be any version); -E2BIG; -ENOSPC (too many descriptors
 * are watched already); -ENOMEM; another error of the system.
 */
IPOIB_PUBLIC int ipoib_verbs_open(struct ipoib_transport **out, struct ipoib_context *context,
				  const struct ipoib_verbs_config *config) IPOIB_NONNULL;

/** What a port of an adapter runs on. */
enum ipoib_verbs_link {
	IPOIB_VERBS_LINK_OTHER = 0,      /**< not ours: iWARP and the like */
	IPOIB_VERBS_LINK_INFINIBAND = 1, /**< InfiniBand */
	IPOIB_VERBS_LINK_ROCE = 2,       /**< RDMA over converged Ethernet */
};

/** A port that there is on this machine. */
struct ipoib_verbs_port {
	size_t size;    /**< set by the library to sizeof(struct ipoib_verbs_port) */
	char name[64];  /**< for ipoib_verbs_config::port, zero-terminated */
	uint8_t link;   /**< enum ipoib_verbs_link */
	uint8_t state;  /**< enum ipoib_port_state */
	uint16_t lid;   /**< 0 where there are no LIDs */
	uint32_t mtu;   /**< active MTU, octets of an IB payload */
	int32_t status; /**< 0, or why the device could not be opened: the rest is then unknown */
	uint32_t pkey_count;  /**< entries of its P_Key table that are in use */
	struct ipoib_gid gid; /**< that names the port by default */
};

/**
 * Walks the ports of all adapters of this machine.
 * @param each is called for each of them; the port is its own only while it runs
 * @param user handed to each
 * @return how many there are; a negative errno when the system cannot tell
 */
IPOIB_PUBLIC int ipoib_verbs_list(void (*each)(const struct ipoib_verbs_port *port, void *user),
				  void *user);

#ifdef __cplusplus
}
#endif

#endif
