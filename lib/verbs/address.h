/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* GIDs as socket addresses. */
#ifndef IPOIB__VERBS_ADDRESS_H
#define IPOIB__VERBS_ADDRESS_H

#include <infiniband/ib.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include <ipoib/types.h>

union ipoib__verbs_address {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
	struct sockaddr_ib ib;
};

/*
 * A GID of RoCE as the IP address that it stands for. The port is in host order; ifindex is that of
 * the network device, which a link-local address is meaningless without.
 */
union ipoib__verbs_address ipoib__verbs_address(const struct ipoib_gid *gid, uint32_t ifindex,
						uint16_t port);
/* A GID of InfiniBand, as librdmacm has them beside IP addresses. */
union ipoib__verbs_address ipoib__verbs_address_ib(const struct ipoib_gid *gid, uint16_t pkey);

#endif
