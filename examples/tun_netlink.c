/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_netlink.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "options.h"

/* The longest request, with an address of IPv6, is below 100 octets. */
#define REQUEST_ROOM 160

/*
 * A request, and behind its header what the header counts:
 *
 *      | nlmsghdr | ifaddrmsg or ifinfomsg | rtattr, value | rtattr, value | ...
 */
struct request {
	union {
		struct nlmsghdr header;
		uint8_t octets[REQUEST_ROOM];
	} u;
};

/* An error repeats the request behind its own header; 0 is an acknowledgement. */
struct answer {
	struct nlmsghdr header;
	struct nlmsgerr error;
	uint8_t rest[256];
};

/* A route with its attributes; those of IPv6 are below 300 octets. */
union route_answer {
	struct nlmsghdr header;
	uint8_t octets[1024];
};

static void begin(struct request *request, uint16_t type, uint16_t flags, const void *message,
		  size_t length)
{
	memset(request, 0, sizeof(*request));
	request->u.header.nlmsg_type = type;
	request->u.header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	memcpy(request->u.octets + NLMSG_HDRLEN, message, length);
	request->u.header.nlmsg_len = (uint32_t)NLMSG_LENGTH(length);
}

/* Returns where the attribute begins, for one that holds others; end_nest() closes it. */
static size_t put(struct request *request, uint16_t type, const void *value, size_t length)
{
	size_t at = NLMSG_ALIGN(request->u.header.nlmsg_len);
	struct rtattr attribute = { .rta_len = (uint16_t)RTA_LENGTH(length), .rta_type = type };

	memcpy(request->u.octets + at, &attribute, sizeof(attribute));
	if (length > 0)
		memcpy(request->u.octets + at + RTA_LENGTH(0), value, length);
	request->u.header.nlmsg_len = (uint32_t)(at + RTA_LENGTH(length));
	return at;
}

static void end_nest(struct request *request, size_t at)
{
	uint16_t length = (uint16_t)(request->u.header.nlmsg_len - at);

	memcpy(request->u.octets + at + offsetof(struct rtattr, rta_len), &length, sizeof(length));
}

static int exchange(int fd, const struct request *request)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct answer answer;
	ssize_t count = sendto(fd, request, request->u.header.nlmsg_len, 0,
			       (struct sockaddr *)&kernel, sizeof(kernel));

	if (count >= 0)
		count = recv(fd, &answer, sizeof(answer), 0);
	if (count < 0)
		return -errno;
	if ((size_t)count < offsetof(struct answer, rest) ||
	    answer.header.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return answer.error.error;
}

static int ask(const struct request *request)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	int error = fd < 0 ? -errno : exchange(fd, request);

	if (fd >= 0)
		close(fd);
	return error;
}

/* SIOCSIFADDR would do for one address, but a second one would need an alias. */
static int change_address(int device, const struct subnet_address *address, uint16_t type,
			  uint16_t flags)
{
	bool ipv4 = address->ip.family == IPOIB_IPV4;
	struct ifaddrmsg message = {
		.ifa_family = ipv4 ? AF_INET : AF_INET6,
		.ifa_prefixlen = (uint8_t)address->prefix_length,
		.ifa_flags = ipv4 ? 0 : IFA_F_NODAD,
		.ifa_index = (uint32_t)device,
	};
	struct request request;

	begin(&request, type, flags, &message, sizeof(message));
	put(&request, IFA_LOCAL, address->ip.raw, ipv4 ? 4 : 16);
	put(&request, IFA_ADDRESS, address->ip.raw, ipv4 ? 4 : 16);
	return ask(&request);
}

int netlink_add_address(int device, const struct subnet_address *address)
{
	return change_address(device, address, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
}

int netlink_remove_address(int device, const struct subnet_address *address)
{
	int error = change_address(device, address, RTM_DELADDR, 0);

	return error == -EADDRNOTAVAIL ? 0 : error;
}

int netlink_no_link_local(int device)
{
	static const uint8_t none = IN6_ADDR_GEN_MODE_NONE;
	struct ifinfomsg message = { .ifi_family = AF_UNSPEC, .ifi_index = device };
	struct request request;

	begin(&request, RTM_NEWLINK, 0, &message, sizeof(message));

	size_t families = put(&request, IFLA_AF_SPEC, NULL, 0);
	size_t ipv6 = put(&request, AF_INET6, NULL, 0);

	put(&request, IFLA_INET6_ADDR_GEN_MODE, &none, sizeof(none));
	end_nest(&request, ipv6);
	end_nest(&request, families);
	return ask(&request);
}

/*
 * Policy routing, one table a port, is how hosts with two ports are told to be set up: the table is
 * that of the route that packets take. Returns a table, or a negative errno.
 */
static int read_table(const union route_answer *answer, size_t length)
{
	size_t at = NLMSG_LENGTH(sizeof(struct rtmsg));
	struct rtattr attribute;
	int table;

	if (length < sizeof(answer->header))
		return -EPROTO;
	if (answer->header.nlmsg_type == NLMSG_ERROR)
		return -ESRCH;
	while (at + RTA_LENGTH(0) <= length) {
		memcpy(&attribute, answer->octets + at, sizeof(attribute));
		if (attribute.rta_len < RTA_LENGTH(0) || at + attribute.rta_len > length)
			break;
		if (attribute.rta_type == RTA_TABLE && attribute.rta_len == RTA_LENGTH(4)) {
			memcpy(&table, answer->octets + at + RTA_LENGTH(0), sizeof(table));
			return table;
		}
		at += RTA_ALIGN(attribute.rta_len);
	}
	return -EPROTO;
}

static int find_table(int device, const uint8_t *destination, const uint8_t *source)
{
	struct rtmsg message = { .rtm_family = AF_INET6, .rtm_dst_len = 128,
				 .rtm_src_len = source ? 128 : 0 };
	union route_answer answer;
	struct request request;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t count;

	if (fd < 0)
		return -errno;
	begin(&request, RTM_GETROUTE, 0, &message, sizeof(message));
	put(&request, RTA_DST, destination, 16);
	if (source)
		put(&request, RTA_SRC, source, 16);
	put(&request, RTA_OIF, &device, sizeof(device));
	count = send(fd, &request, request.u.header.nlmsg_len, 0);
	if (count >= 0)
		count = recv(fd, &answer, sizeof(answer), 0);

	int table = count < 0 ? -errno : read_table(&answer, (size_t)count);

	close(fd);
	return table;
}

int netlink_forget_mtu(int device, const uint8_t *destination, const uint8_t *source)
{
	struct rtmsg message = { .rtm_family = AF_INET6, .rtm_dst_len = 128,
				 .rtm_flags = RTM_F_CLONED };
	int table = find_table(device, destination, source);
	struct request request;

	if (table <= 0)
		table = RT_TABLE_MAIN;
	begin(&request, RTM_DELROUTE, 0, &message, sizeof(message));
	put(&request, RTA_DST, destination, 16);
	put(&request, RTA_OIF, &device, sizeof(device));
	put(&request, RTA_TABLE, &table, sizeof(table));
	return ask(&request);
}
