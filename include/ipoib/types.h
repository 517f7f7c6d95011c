/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * Values that every part of the library speaks: GIDs, link addresses, IP addresses.
 *
 * Addresses are kept as they stand on the wire (network byte order, octet 0 first); integers in
 * structures of this library are in host byte order. All functions here are pure and may be
 * called from any thread.
 */
#ifndef IPOIB_TYPES_H
#define IPOIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Marks what the shared objects export; everything else is hidden. */
#if defined(__GNUC__)
#define IPOIB_PUBLIC __attribute__((visibility("default")))
#else
#define IPOIB_PUBLIC
#endif

/**
 * Marks functions that no null pointer may be handed to, whichever argument it is. It is the rule:
 * a pointer is null only where its function says so, and every ending takes one. What else would
 * be undefined, a compiler that knows this mark warns of.
 */
#if defined(__GNUC__)
#define IPOIB_NONNULL __attribute__((nonnull))
#else
#define IPOIB_NONNULL
#endif

/** A deadline that never comes; every deadline is in nanoseconds of the context's clock. */
#define IPOIB_NEVER UINT64_MAX

/** Octets of a link address on an IPoIB link (RFC 4391 section 9.1.1). */
#define IPOIB_LINK_ADDRESS_LENGTH 20
/** The flags octet of a link address: reachable by reliable connections (RFC 4755 section 3.1). */
#define IPOIB_LINK_ADDRESS_RC 0x80
/**
 * The flags octet of a link address: reachable by unreliable connections (RFC 4755 section 3.1).
 */
#define IPOIB_LINK_ADDRESS_UC 0x40
/** Destination queue pair number of every multicast packet; the largest 24-bit number. */
#define IPOIB_QPN_MULTICAST 0xffffffu

/** A global identifier: subnet prefix and port GUID, or a multicast group (MGID). */
struct ipoib_gid {
	uint8_t raw[16]; /**< network order */
};

/**
 * A link address: flags (1 octet), queue pair number (3), GID (16); RFC 4391 section 9.1.1.
 * A typed structure and not an array, so that no copy can have the wrong length.
 */
struct ipoib_link_address {
	uint8_t raw[IPOIB_LINK_ADDRESS_LENGTH]; /**< network order */
};

/** The version of an IP address. */
enum ipoib_family {
	IPOIB_IPV4 = 4, /**< the first four octets of ipoib_ip::raw count */
	IPOIB_IPV6 = 6, /**< all sixteen octets count */
};

/**
 * An IP address of either version. Unused octets are zero, so that two addresses compare with
 * memcmp.
 */
struct ipoib_ip {
	uint8_t family;      /**< enum ipoib_family; 0 is "no address" */
	uint8_t reserved[3]; /**< zero */
	uint8_t raw[16];     /**< network order; IPv4 in the first four octets */
};

/** Room for the text of a GID or an IP address, its terminating zero included. */
#define IPOIB_IP_TEXT 46
/** Room for the text of a link address ("80:00:00:48:fe:80:..."), its terminating zero included. */
#define IPOIB_LINK_ADDRESS_TEXT 60

/** The IPv4 address a.b.c.d from its four octets in network order. */
IPOIB_PUBLIC struct ipoib_ip ipoib_ip_from_ipv4(const uint8_t octets[4]) IPOIB_NONNULL;

/** An IPv6 address from its sixteen octets in network order. */
IPOIB_PUBLIC struct ipoib_ip ipoib_ip_from_ipv6(const uint8_t octets[16]) IPOIB_NONNULL;

/**
 * Reads an IP address of either version from text.
 * @param out where the address goes; untouched on error
 * @param text "10.0.0.1" or "fe80::1"
 * @return 0, or -EINVAL when the text is not an address.
 */
IPOIB_PUBLIC int ipoib_ip_parse(struct ipoib_ip *out, const char *text);

/**
 * Writes an IP address as text.
 * @param ip the address
 * @param text at least #IPOIB_IP_TEXT bytes
 * @return text
 */
IPOIB_PUBLIC const char *ipoib_ip_format(const struct ipoib_ip *ip, char text[IPOIB_IP_TEXT])
	IPOIB_NONNULL;

/**
 * The link-local IPv6 address of a port (RFC 4391 section 8), as Linux gives it to the same port:
 * fe80::/64 and the port GUID, whose universal/local bit is set.
 * @param out where the address goes; untouched on error
 * @param gid a GID of the port; its low eight octets are the port GUID
 * @return 0, or -EINVAL when the GID is that of a multicast group or the port GUID is zero.
 */
IPOIB_PUBLIC int ipoib_ip_link_local(struct ipoib_ip *out, const struct ipoib_gid *gid)
	IPOIB_NONNULL;

/** Whether two addresses are the same, family included. */
IPOIB_PUBLIC bool ipoib_ip_equal(const struct ipoib_ip *a, const struct ipoib_ip *b) IPOIB_NONNULL;

/**
 * Writes a GID as text, as an IPv6 address is written.
 * @param gid the GID
 * @param text at least #IPOIB_IP_TEXT bytes
 * @return text
 */
IPOIB_PUBLIC const char *ipoib_gid_format(const struct ipoib_gid *gid, char text[IPOIB_IP_TEXT])
	IPOIB_NONNULL;

/**
 * Puts a link address together from its flags octet, queue pair number (24 bits, host order)
 * and GID.
 */
IPOIB_PUBLIC struct ipoib_link_address ipoib_link_address_make(uint8_t flags, uint32_t qpn,
							       const struct ipoib_gid *gid)
	IPOIB_NONNULL;

/** The queue pair number of a link address, 24 bits in host order. */
IPOIB_PUBLIC uint32_t ipoib_link_address_qpn(const struct ipoib_link_address *address)
	IPOIB_NONNULL;

/** The flags octet of a link address (#IPOIB_LINK_ADDRESS_RC and friends). */
IPOIB_PUBLIC uint8_t ipoib_link_address_flags(const struct ipoib_link_address *address)
	IPOIB_NONNULL;

/** The GID of a link address. */
IPOIB_PUBLIC struct ipoib_gid ipoib_link_address_gid(const struct ipoib_link_address *address)
	IPOIB_NONNULL;

/**
 * Whether two link addresses are one peer: the same GID and queue pair number, whatever their
 * flags. Flags are an attribute of a peer and not part of who it is.
 */
IPOIB_PUBLIC bool ipoib_link_address_same_peer(const struct ipoib_link_address *a,
					       const struct ipoib_link_address *b) IPOIB_NONNULL;

/**
 * Writes a link address as twenty octets in hexadecimal with colons, all of them, always.
 * @param address the link address
 * @param text at least #IPOIB_LINK_ADDRESS_TEXT bytes
 * @return text
 */
IPOIB_PUBLIC const char *ipoib_link_address_format(const struct ipoib_link_address *address,
						   char text[IPOIB_LINK_ADDRESS_TEXT])
	IPOIB_NONNULL;

/**
 * Reads a link address from text.
 * @param out where the address goes; untouched on error
 * @param text twenty octets in hexadecimal with colons
 * @return 0, or -EINVAL when the text is not a link address.
 */
IPOIB_PUBLIC int ipoib_link_address_parse(struct ipoib_link_address *out, const char *text);

#ifdef __cplusplus
}
#endif

#endif
