/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How IP groups become InfiniBand multicast groups (RFC 4391 section 4).
 *
 * Every MGID of a link has the scope of its broadcast group. The P_Key in an MGID always has
 * the full-member bit, even where our own table entry is that of a limited member: here it is
 * forced. Of an IPv4 group the low 28 bits count; FreeBSD keeps all 32 and so joins another
 * group.
 */
#ifndef IPOIB__WIRE_MGID_H
#define IPOIB__WIRE_MGID_H

#include <stdbool.h>
#include <stdint.h>

#include <ipoib/types.h>

/* Link-local: the scope that RFC 4391 section 4 recommends for the broadcast group. */
#define IPOIB__SCOPE_LINK_LOCAL 0x2
/* The full-member bit of a P_Key. */
#define IPOIB__PKEY_FULL_MEMBER 0x8000

struct ipoib_gid ipoib__mgid_broadcast(uint8_t scope, uint16_t pkey);
struct ipoib_gid ipoib__mgid_ipv4(uint8_t scope, uint16_t pkey, const uint8_t group[4]);
struct ipoib_gid ipoib__mgid_ipv6(uint8_t scope, uint16_t pkey, const uint8_t group[16]);

/*
 * The MGID that a packet to this IP address takes: 255.255.255.255 goes to the broadcast group,
 * a multicast address of either version to its own. 0, or -EINVAL for any other address:
 * whether it is the directed broadcast of a subnet only its owner knows
 * (ipoib__mgid_broadcast() is for those too).
 */
int ipoib__mgid_for_ip(struct ipoib_gid *out, uint8_t scope, uint16_t pkey,
		       const struct ipoib_ip *ip);

/* A multicast GID of any kind. */
bool ipoib__mgid_is_multicast(const struct ipoib_gid *gid);
/* A multicast GID with a signature of IPoIB (for IPv4 or IPv6) and a full-member P_Key. */
bool ipoib__mgid_is_ipoib(const struct ipoib_gid *gid);
/* The group of a solicited-node address (RFC 4291 section 2.7.1), whatever its scope and P_Key. */
bool ipoib__mgid_is_solicited_node(const struct ipoib_gid *gid);
/* The broadcast group of an IPoIB link, whatever its scope and P_Key. */
bool ipoib__mgid_is_broadcast(const struct ipoib_gid *gid);
/* Of an IPoIB MGID. */
uint8_t ipoib__mgid_scope(const struct ipoib_gid *gid);
uint16_t ipoib__mgid_pkey(const struct ipoib_gid *gid);

/* The link address that stands for a group: no flags, queue pair 0xffffff, the MGID. */
struct ipoib_link_address ipoib__mgid_link_address(const struct ipoib_gid *mgid);
/* Whether a link address stands for a group: its GID is a multicast one. */
bool ipoib__link_address_is_multicast(const struct ipoib_link_address *address);

#endif
