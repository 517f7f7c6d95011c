/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Groups on RoCE. There is no SA that would know a group: its record is made of the port's
 * attributes, and every group that is asked for exists. But the network device must listen to the
 * group's Ethernet address, and the IP stack accept what comes; so the IPv6 group that the MGID is
 * is joined by a socket, which serves for nothing else.
 *
 * The kernel counts memberships per socket, and gives a socket room for some hundred of them: when
 * one is full another is opened.
 */
#include "verbs/join.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "verbs/question.h"
#include "verbs/status.h"
#include "verbs/verbs.h"
#include "wire/mgid.h"

/* Groups of one port: what the simulated fabric's SA takes, too. */
#define GROUPS_MAX 1024
/* The kernel's default leaves room for over a hundred groups on each. */
#define SOCKETS_MAX 16
/* There are no multicast LIDs; the record must have one. */
#define MLID 0xc000
/* The Q_Key of the broadcast group on nearly every fabric, and what OpenSM gives it. */
#define QKEY	    0x0b1b
#define HOP_LIMIT   1
#define PACKET_LIFE 16

struct group {
	struct ipoib__list link;
	struct ipoib_gid mgid;
	uint32_t ifindex;
	int fd; /* of the socket that is a member */
};

struct ipoib__verbs_joins {
	struct ipoib__list groups;
	unsigned count;
	int fds[SOCKETS_MAX];
	unsigned fd_count;
};

static struct ipoib__verbs_joins *joins_of(struct ipoib__verbs *verbs)
{
	struct ipoib__verbs_joins *joins = verbs->joins;

	if (joins == NULL) {
		joins = ipoib__memory_get(&verbs->memory, sizeof(*joins));
		if (joins == NULL)
			return NULL;
		ipoib__list_init(&joins->groups);
		verbs->joins = joins;
	}
	return joins;
}

static int set_membership(int fd, const struct group *group, int option)
{
	struct ipv6_mreq request = { .ipv6mr_interface = group->ifindex };

	memcpy(&request.ipv6mr_multiaddr, group->mgid.raw, sizeof(group->mgid.raw));
	return setsockopt(fd, IPPROTO_IPV6, option, &request, sizeof(request)) == 0
		       ? 0
		       : ipoib__verbs_errno();
}

static int open_socket(struct ipoib__verbs_joins *joins)
{
	int fd;

	if (joins->fd_count == SOCKETS_MAX)
		return -ENOMEM;
	fd = socket(AF_INET6, SOCK_DGRAM, 0);
	if (fd < 0)
		return ipoib__verbs_errno();
	if (ipoib__verbs_nonblocking(fd) < 0) {
		close(fd);
		return -EIO;
	}
	joins->fds[joins->fd_count++] = fd;
	return 0;
}

/* A socket without room says so with -ENOMEM or -ENOBUFS. */
static int become_member(struct ipoib__verbs_joins *joins, struct group *group)
{
	int status = -ENOMEM;

	while (status == -ENOMEM || status == -ENOBUFS) {
		if (joins->fd_count > 0) {
			group->fd = joins->fds[joins->fd_count - 1];
			status = set_membership(group->fd, group, IPV6_JOIN_GROUP);
			if (status != -ENOMEM && status != -ENOBUFS)
				return status;
		}
		status = open_socket(joins);
		if (status < 0)
			return status;
		status = -ENOMEM;
	}
	return status;
}

static struct group *group_find(const struct ipoib__verbs_joins *joins,
				const struct ipoib_gid *mgid)
{
	for (struct ipoib__list *at = joins->groups.next; at != &joins->groups; at = at->next) {
		struct group *group = ipoib__container_of(at, struct group, link);

		if (memcmp(&group->mgid, mgid, sizeof(*mgid)) == 0)
			return group;
	}
	return NULL;
}

static void group_leave(struct ipoib__verbs *verbs, struct group *group)
{
	/* It fails when the network device is gone, and the membership with it. */
	(void)set_membership(group->fd, group, IPV6_LEAVE_GROUP);
	ipoib__list_remove(&group->link);
	verbs->joins->count--;
	ipoib__memory_put(&verbs->memory, group, sizeof(*group));
}

static int group_enter(struct ipoib__verbs *verbs, const struct ipoib_gid *mgid, uint32_t ifindex)
{
	struct ipoib__verbs_joins *joins = joins_of(verbs);
	struct group *group;
	int status;

	if (joins == NULL || joins->count >= GROUPS_MAX)
		return -ENOMEM;
	group = ipoib__memory_get(&verbs->memory, sizeof(*group));
	if (group == NULL)
		return -ENOMEM;
	group->mgid = *mgid;
	group->ifindex = ifindex;
	ipoib__list_init(&group->link);
	status = become_member(joins, group);
	if (status < 0) {
		ipoib__memory_put(&verbs->memory, group, sizeof(*group));
		return status;
	}
	ipoib__list_push_back(&joins->groups, &group->link);
	joins->count++;
	return 0;
}

/* Joining again is idempotent: memberships are not counted. */
static int group_join(struct ipoib__verbs *verbs, const struct ipoib_gid *mgid)
{
	const struct ipoib__verbs_gid *source = ipoib__verbs_gids_source(&verbs->gids, mgid);
	struct group *group;

	if (verbs->gone || !ipoib__mgid_is_multicast(mgid))
		return -ENOENT;
	if (source == NULL || source->ifindex == 0) {
		ipoib__verbs_log(verbs, IPOIB_LOG_ERROR,
				 "no groups: the port has no IPv6 GID of RoCE version 2");
		return -ENOENT;
	}
	group = verbs->joins == NULL ? NULL : group_find(verbs->joins, mgid);
	if (group != NULL && group->ifindex == source->ifindex)
		return 0;
	if (group != NULL)
		group_leave(verbs, group); /* the GID has gone to another network device */
	return group_enter(verbs, mgid, source->ifindex);
}

static struct ipoib_multicast_record record_of(const struct ipoib__verbs *verbs,
					       const struct ipoib_multicast_record *wanted)
{
	struct ipoib_multicast_record record = {
		.mgid = wanted->mgid,
		.qkey = QKEY,
		.mtu = verbs->port.mtu,
		.mlid = MLID,
		.pkey = wanted->pkey | IPOIB__PKEY_FULL_MEMBER,
		.rate = verbs->rate,
		.hop_limit = HOP_LIMIT,
		.packet_life = PACKET_LIFE,
		.scope = wanted->scope,
		.join_state = wanted->join_state,
	};

	if (!wanted->create)
		return record;
	record.qkey = wanted->qkey;
	record.sl = wanted->sl;
	record.traffic_class = wanted->traffic_class;
	record.flow_label = wanted->flow_label;
	record.hop_limit = wanted->hop_limit;
	if (wanted->mtu < record.mtu)
		record.mtu = wanted->mtu;
	return record;
}

int ipoib__verbs_join(struct ipoib__verbs *verbs, uint64_t id,
		      const struct ipoib_multicast_record *wanted)
{
	struct ipoib__verbs_question *question;
	int status;

	question = ipoib__verbs_ask(verbs, IPOIB_TRANSPORT_JOIN, id, &status);
	if (question == NULL)
		return status;
	question->event.multicast = record_of(verbs, wanted);
	question->event.status = group_join(verbs, &wanted->mgid);
	ipoib__verbs_answer(question);
	return 0;
}

void ipoib__verbs_leave(struct ipoib__verbs *verbs, const struct ipoib_gid *mgid)
{
	struct group *group = verbs->joins == NULL ? NULL : group_find(verbs->joins, mgid);

	if (group != NULL)
		group_leave(verbs, group);
}

void ipoib__verbs_joins_free(struct ipoib__verbs *verbs)
{
	struct ipoib__verbs_joins *joins = verbs->joins;
	struct ipoib__list *first;

	if (joins == NULL)
		return;
	while ((first = ipoib__list_first(&joins->groups)) != NULL)
		group_leave(verbs, ipoib__container_of(first, struct group, link));
	for (unsigned i = 0; i < joins->fd_count; i++)
		close(joins->fds[i]);
	ipoib__memory_put(&verbs->memory, joins, sizeof(*joins));
	verbs->joins = NULL;
}
