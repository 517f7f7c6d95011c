/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/address.h"

#include <string.h>

#include "verbs/gid.h"

union ipoib__verbs_address ipoib__verbs_address(const struct ipoib_gid *gid, uint32_t ifindex,
						uint16_t port)
{
	union ipoib__verbs_address address;

	memset(&address, 0, sizeof(address));
	if (ipoib__verbs_gid_is_ipv4(gid)) {
		address.ipv4.sin_family = AF_INET;
		address.ipv4.sin_port = htons(port);
		memcpy(&address.ipv4.sin_addr, gid->raw + 12, 4);
		return address;
	}
	address.ipv6.sin6_family = AF_INET6;
	address.ipv6.sin6_port = htons(port);
	memcpy(&address.ipv6.sin6_addr, gid->raw, 16);
	if (ipoib__verbs_gid_is_link_local(gid))
		address.ipv6.sin6_scope_id = ifindex;
	return address;
}

union ipoib__verbs_address ipoib__verbs_address_ib(const struct ipoib_gid *gid, uint16_t pkey)
{
	union ipoib__verbs_address address;

	memset(&address, 0, sizeof(address));
	address.ib.sib_family = AF_IB;
	address.ib.sib_pkey = htons(pkey);
	memcpy(&address.ib.sib_addr, gid->raw, sizeof(gid->raw));
	return address;
}
