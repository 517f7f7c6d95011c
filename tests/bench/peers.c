/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The ports that a bench has neighbours at: one each, numbered from 0. */
#include "null.h"

#define FIRST_QPN 0x100
#define FIRST_LID 2
/* Unicast LIDs end at 0xbfff; with more ports than these several share one. */
#define LIDS 40000

struct ipoib_ip null_ip(uint32_t k)
{
	uint32_t value = UINT32_C(0x0a000002) + k;
	const uint8_t octets[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16),
				    (uint8_t)(value >> 8), (uint8_t)value };

	return ipoib_ip_from_ipv4(octets);
}

uint32_t null_qpn(uint32_t k)
{
	return FIRST_QPN + (k & 0xffff);
}

uint16_t null_lid(uint32_t k)
{
	return (uint16_t)(FIRST_LID + k % LIDS);
}

static struct ipoib_gid gid_of(uint32_t k)
{
	struct ipoib_gid gid = { { 0xfe, 0x80 } };

	for (unsigned i = 0; i < 4; i++)
		gid.raw[15 - i] = (uint8_t)((k + 2) >> 8 * i);
	return gid;
}

uint32_t null_index(const struct ipoib_gid *gid)
{
	uint32_t k = 0;

	for (unsigned i = 12; i < 16; i++)
		k = k << 8 | gid->raw[i];
	return k - 2;
}

struct ipoib_link_address null_link_address(uint32_t k)
{
	struct ipoib_gid gid = gid_of(k);

	return ipoib_link_address_make(0, null_qpn(k), &gid);
}
