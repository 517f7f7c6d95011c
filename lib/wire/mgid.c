/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/mgid.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "wire/ip.h"

/* The first octet of every multicast GID. */
#define MGID_PREFIX 0xff
/* The flags nibble of octet 1: a group that is made and unmade at run time. */
#define MGID_TRANSIENT 0x1
#define MGID_SCOPE_BITS 0x0f

#define SIGNATURE_IPV4 0x401b
#define SIGNATURE_IPV6 0x601b

/* Octets of the group's own identity at the end of an MGID. */
#define GROUP_LENGTH 10

/* The group of the IPv4 broadcast address. */
static const uint8_t broadcast_group[GROUP_LENGTH] = {
	0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
};

/*
 *  octet 0     1        2   3      4   5     6 ... 15
 * +-----+-------------+---------+---------+------------------------+
 * | FF  | 1 | scope   |signature|  P_Key  |   group, 80 bits       |
 * +-----+-------------+---------+---------+------------------------+
 */
static struct ipoib_gid make(uint8_t scope, uint16_t signature, uint16_t pkey,
			     const uint8_t group[GROUP_LENGTH])
{
	struct ipoib_gid gid = { { 0 } };
	struct ipoib__writer w;

	ipoib__writer_init(&w, gid.raw, sizeof(gid.raw));
	ipoib__write_u8(&w, MGID_PREFIX);
	ipoib__write_u8(&w, (uint8_t)(ipoib__bits_put(MGID_TRANSIENT, 4, 4) |
				      ipoib__bits_put(scope, 0, 4)));
	ipoib__write_u16(&w, signature);
	ipoib__write_u16(&w, pkey | IPOIB__PKEY_FULL_MEMBER);
	ipoib__write_bytes(&w, group, GROUP_LENGTH);
	return gid;
}

static uint16_t signature(const struct ipoib_gid *gid)
{
	return (uint16_t)(gid->raw[2] << 8 | gid->raw[3]);
}

struct ipoib_gid ipoib__mgid_broadcast(uint8_t scope, uint16_t pkey)
{
	return make(scope, SIGNATURE_IPV4, pkey, broadcast_group);
}

struct ipoib_gid ipoib__mgid_ipv4(uint8_t scope, uint16_t pkey, const uint8_t group[4])
{
	uint8_t low28[GROUP_LENGTH] = { 0 };

	memcpy(low28 + 6, group, 4);
	low28[6] &= 0x0f;
	return make(scope, SIGNATURE_IPV4, pkey, low28);
}

struct ipoib_gid ipoib__mgid_ipv6(uint8_t scope, uint16_t pkey, const uint8_t group[16])
{
	return make(scope, SIGNATURE_IPV6, pkey, group + 6);
}

int ipoib__mgid_for_ip(struct ipoib_gid *out, uint8_t scope, uint16_t pkey,
		       const struct ipoib_ip *ip)
{
	if (ipoib__ip_is_broadcast(ip))
		*out = ipoib__mgid_broadcast(scope, pkey);
	else if (!ipoib__ip_is_multicast(ip))
		return -EINVAL;
	else if (ip->family == IPOIB_IPV4)
		*out = ipoib__mgid_ipv4(scope, pkey, ip->raw);
	else
		*out = ipoib__mgid_ipv6(scope, pkey, ip->raw);
	return 0;
}

bool ipoib__mgid_is_multicast(const struct ipoib_gid *gid)
{
	return gid->raw[0] == MGID_PREFIX;
}

bool ipoib__mgid_is_ipoib(const struct ipoib_gid *gid)
{
	return ipoib__mgid_is_multicast(gid) && gid->raw[1] >> 4 == MGID_TRANSIENT &&
	       (signature(gid) == SIGNATURE_IPV4 || signature(gid) == SIGNATURE_IPV6) &&
	       (ipoib__mgid_pkey(gid) & IPOIB__PKEY_FULL_MEMBER) != 0;
}

bool ipoib__mgid_is_broadcast(const struct ipoib_gid *gid)
{
	return ipoib__mgid_is_ipoib(gid) && signature(gid) == SIGNATURE_IPV4 &&
	       memcmp(gid->raw + 6, broadcast_group, GROUP_LENGTH) == 0;
}

bool ipoib__mgid_is_solicited_node(const struct ipoib_gid *gid)
{
	static const uint8_t group[] = { 0, 0, 0, 0, 0, 1, 0xff }; /* ::1:ff00:0/104 */

	return ipoib__mgid_is_ipoib(gid) && signature(gid) == SIGNATURE_IPV6 &&
	       memcmp(gid->raw + 6, group, sizeof(group)) == 0;
}

uint8_t ipoib__mgid_scope(const struct ipoib_gid *gid)
{
	return gid->raw[1] & MGID_SCOPE_BITS;
}

uint16_t ipoib__mgid_pkey(const struct ipoib_gid *gid)
{
	return (uint16_t)(gid->raw[4] << 8 | gid->raw[5]);
}

struct ipoib_link_address ipoib__mgid_link_address(const struct ipoib_gid *mgid)
{
	return ipoib_link_address_make(0, IPOIB_QPN_MULTICAST, mgid);
}

bool ipoib__link_address_is_multicast(const struct ipoib_link_address *address)
{
	struct ipoib_gid gid = ipoib_link_address_gid(address);

	return ipoib__mgid_is_multicast(&gid);
}
