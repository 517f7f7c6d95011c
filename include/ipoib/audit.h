/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * The audit of a Linux host that uses the kernel's IPoIB: what in its settings will bite, and the
 * remedy.
 *
 * An audit reads interfaces, P_Keys, modes, MTUs and sysctls below a root directory, once, and
 * changes nothing. What it found is kept until its end. It needs no context.
 */
#ifndef IPOIB_AUDIT_H
#define IPOIB_AUDIT_H

#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An audit; opaque. */
struct ipoib_audit;

/** How an audit is made; begin with #IPOIB_AUDIT_CONFIG_INIT. */
struct ipoib_audit_config {
	size_t size; /**< sizeof(struct ipoib_audit_config) */
	/**
	 * The directory that has sys and proc of the host; NULL: "/". Symbolic links below it
	 * are followed as if it were the root: never to the outside. Where it is this machine's
	 * own, the kernel is asked by netlink for what sysfs does not have.
	 */
	const char *root;
	/** As in struct ipoib_context_config. */
	void *(*allocate)(size_t size, void *user);
	/** As in struct ipoib_context_config. */
	void (*release)(void *pointer, size_t size, void *user);
	void *allocator_user; /**< handed to allocate and release */
};

/** The defaults of an audit: this host, the system's allocator. */
#define IPOIB_AUDIT_CONFIG_INIT                                                                    \
	{                                                                                          \
		.size = sizeof(struct ipoib_audit_config)                                          \
	}

/** How grave a finding is; the higher, the graver. */
enum ipoib_audit_severity {
	IPOIB_AUDIT_NOTE = 1,    /**< allowed, and good to know */
	IPOIB_AUDIT_WARNING = 2, /**< it bites under conditions that the finding names */
	IPOIB_AUDIT_ERROR = 3,   /**< traffic is lost, or goes to the wrong port */
};

/** One finding. The strings live as long as the audit and are never NULL. */
struct ipoib_audit_finding {
	size_t size;         /**< sizeof(struct ipoib_audit_finding), set by the caller */
	uint32_t severity;   /**< enum ipoib_audit_severity */
	uint32_t reserved;   /**< zero */
	const char *id;      /**< stable: "arp-ignore"; ipoib-audit(1) lists them all */
	const char *subject; /**< the interface, or "host" for what belongs to none */
	const char *text;    /**< what will go wrong: one sentence without a line's end */
	/**
	 * Lines, each with its end: of sysctl.d(5) ("net/ipv4/... = 1"), commands of a shell,
	 * and explanations, which begin with "#".
	 */
	const char *remedy;
};

/** What was seen of an interface. The strings live as long as the audit and are never NULL. */
struct ipoib_audit_interface {
	size_t size;        /**< sizeof(struct ipoib_audit_interface), set by the caller */
	const char *name;   /**< "ib0" */
	const char *driver; /**< of the adapter: "mlx4_core"; "" where it could not be read */
	const char *device; /**< RDMA device: "mlx4_0"; "" where there is none, as for a bond */
	const char *parent; /**< of a child interface: its parent; else "" */
	const char *master; /**< of a port of a bond: the bond; else "" */
	const char *mode;   /**< "datagram" or "connected"; "" where neither is known */
	const char *operstate; /**< "up", "down", "lowerlayerdown", ...; "" when unreadable */
	uint32_t mtu;       /**< octets; 0 when unreadable */
	uint16_t port;      /**< of device, from 1; 0 where there is no device */
	uint16_t pkey;      /**< as the kernel shows it; 0 when unreadable */
	uint8_t admin_up;   /**< it was set up */
	uint8_t is_bond;    /**< it is a bond of IPoIB interfaces */
	uint8_t has_address;/**< address counts */
	uint8_t reserved;   /**< zero */
	struct ipoib_link_address address; /**< the link address */
};

/**
 * Reads the host and judges it.
 * @param out where the handle goes; end it with ipoib_audit_close()
 * @param config how to do it
 * @return 0; -EINVAL; -E2BIG; -ENOMEM; -ENOENT, -EACCES, -ENOTDIR, -ELOOP or another error of
 * open(2) when root, /sys/class/net or /proc/sys/net/ipv4 cannot be read; -ENOBUFS (more
 * network interfaces than any host has). What else cannot be read is a finding, no error.
 */
IPOIB_PUBLIC int ipoib_audit_new(struct ipoib_audit **out, const struct ipoib_audit_config *config);

/** How many findings there are. */
IPOIB_PUBLIC size_t ipoib_audit_count(const struct ipoib_audit *audit) IPOIB_NONNULL;

/**
 * One finding; the gravest come first, then in the order of subject and id.
 * @param audit the audit
 * @param index from 0
 * @param out its size is set by the caller
 * @return 0; -ENOENT (there are not so many); -EINVAL (out is too small to be any version).
 */
IPOIB_PUBLIC int ipoib_audit_finding(const struct ipoib_audit *audit, size_t index,
				     struct ipoib_audit_finding *out) IPOIB_NONNULL;

/** How many IPoIB interfaces were examined, bonds of them included. */
IPOIB_PUBLIC size_t ipoib_audit_interface_count(const struct ipoib_audit *audit) IPOIB_NONNULL;

/**
 * One interface, in the order of their names.
 * @param audit the audit
 * @param index from 0
 * @param out its size is set by the caller
 * @return 0; -ENOENT (there are not so many); -EINVAL (out is too small to be any version).
 */
IPOIB_PUBLIC int ipoib_audit_interface(const struct ipoib_audit *audit, size_t index,
				       struct ipoib_audit_interface *out) IPOIB_NONNULL;

/** "note", "warning" or "error"; NULL for what is no severity. */
IPOIB_PUBLIC const char *ipoib_audit_severity_name(uint32_t severity);

/** Ends an audit; its strings end with it. @param audit may be NULL */
IPOIB_PUBLIC void ipoib_audit_close(struct ipoib_audit *audit);

#ifdef __cplusplus
}
#endif

#endif
