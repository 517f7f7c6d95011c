/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The kernel's word on one interface: RTM_GETLINK with its index, and the one answer to it. */
#include <errno.h>

#include "audit/link_info.h"

#ifdef __linux__

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

/* The answer without lists of virtual functions, which are not asked for: 2 KiB, with room. */
#define ANSWER_ROOM 16384

int ipoib__audit_link_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? -errno : fd;
}

/* A question for one interface is answered within send(): nothing is waited for. */
int ipoib__audit_link_ask(int fd, uint32_t index, struct ipoib__audit_link_info *out)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} question = {
		.header = {
			.nlmsg_len = sizeof(question),
			.nlmsg_type = RTM_GETLINK,
			.nlmsg_flags = NLM_F_REQUEST,
		},
		.info = { .ifi_index = (int)index },
	};
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	uint8_t answer[ANSWER_ROOM];

	if (sendto(fd, &question, sizeof(question), MSG_DONTWAIT, (const struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		return -errno;

	struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	socklen_t from_length = sizeof(from);
	ssize_t length = recvfrom(fd, answer, sizeof(answer), MSG_DONTWAIT | MSG_TRUNC,
				  (struct sockaddr *)&from, &from_length);

	if (length < 0)
		return -errno;
	/* Any process may write to a netlink socket; the kernel is port 0. */
	if (from.nl_pid != 0 || (size_t)length > sizeof(answer))
		return -EBADMSG;
	return ipoib__audit_link_decode(out, answer, (size_t)length);
}

#else

int ipoib__audit_link_open(void)
{
	return -EOPNOTSUPP;
}

int ipoib__audit_link_ask(int fd, uint32_t index, struct ipoib__audit_link_info *out)
{
	(void)fd;
	(void)index;
	(void)out;
	return -EOPNOTSUPP;
}

#endif
