/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* getifaddrs() is not POSIX's, and there is no other way to the addresses of this host. */
#define _DEFAULT_SOURCE

#include "verbs/hold.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <string.h>

#include "verbs/address.h"
#include "verbs/question.h"
#include "verbs/verbs.h"

#define PKEY_PARTITION 0x7fff
/* Addresses that are tried: each costs some system calls, and a host has one or two on a port. */
#define ADDRESSES_MAX 64
/* Without the SA's record the MTU of a group is not known; what every fabric has is 2048. */
#define MTU_ANY 2048

struct hold {
	struct ipoib__list link;
	struct ipoib__verbs_cm cm;
	struct ipoib__verbs *verbs;
	struct rdma_cm_id *id;
	struct ipoib_multicast_record group;
	uint64_t question; /* that its join answers, */
	bool asked;	   /* if it is one */
};

static void hold_end(struct hold *hold)
{
	struct ipoib__verbs *verbs = hold->verbs;

	if (hold->id != NULL)
		(void)rdma_destroy_id(hold->id); /* which is the leave */
	ipoib__list_remove(&hold->link);
	ipoib__memory_put(&verbs->memory, hold, sizeof(*hold));
}

static struct hold *hold_find(const struct ipoib__verbs *verbs, const struct ipoib_gid *mgid)
{
	for (struct ipoib__list *at = verbs->holds.next; at != &verbs->holds; at = at->next) {
		struct hold *hold = ipoib__container_of(at, struct hold, link);

		if (memcmp(&hold->group.mgid, mgid, sizeof(*mgid)) == 0)
			return hold;
	}
	return NULL;
}

/* ---- the kernel's interface ---- */

static bool is_beside(const struct hold *hold)
{
	uint16_t pkey = ntohs(hold->id->route.addr.addr.ibaddr.pkey);

	return ipoib__verbs_cm_is_ours(hold->verbs, hold->id) &&
	       ((pkey ^ hold->group.pkey) & PKEY_PARTITION) == 0;
}

/* Binding to an address tells which port and partition it is on. */
static bool bind_to(struct hold *hold, struct sockaddr *address)
{
	if (rdma_create_id(hold->verbs->cm, &hold->id, &hold->cm, RDMA_PS_IPOIB) != 0) {
		hold->id = NULL;
		return false;
	}
	if (rdma_bind_addr(hold->id, address) == 0 && is_beside(hold))
		return true;
	(void)rdma_destroy_id(hold->id);
	hold->id = NULL;
	return false;
}

static bool bind_beside(struct hold *hold)
{
	struct ifaddrs *addresses, *at;
	unsigned tried = 0;

	if (getifaddrs(&addresses) != 0)
		return false;
	for (at = addresses; at != NULL && hold->id == NULL && tried < ADDRESSES_MAX;
	     at = at->ifa_next) {
		if (at->ifa_addr == NULL ||
		    (at->ifa_addr->sa_family != AF_INET && at->ifa_addr->sa_family != AF_INET6))
			continue;
		tried++;
		(void)bind_to(hold, at->ifa_addr);
	}
	freeifaddrs(addresses);
	return hold->id != NULL;
}

/* ---- joining ---- */

static struct ipoib_multicast_record record_of(const struct hold *hold,
					       const struct rdma_ud_param *param)
{
	struct ipoib_multicast_record record = hold->group;
	uint32_t mtu = hold->verbs->port.mtu;

	record.qkey = param->qkey;
	record.mtu = mtu < MTU_ANY ? mtu : MTU_ANY;
	record.mlid = param->ah_attr.dlid;
	record.sl = param->ah_attr.sl;
	record.rate = param->ah_attr.static_rate;
	record.flow_label = param->ah_attr.grh.flow_label;
	record.traffic_class = param->ah_attr.grh.traffic_class;
	record.hop_limit = param->ah_attr.grh.hop_limit;
	record.create = 0;
	return record;
}

static void hold_answer(struct hold *hold, int status, const struct rdma_ud_param *param)
{
	struct ipoib__verbs_question *question =
		hold->asked ? ipoib__verbs_asked(hold->verbs, hold->question) : NULL;

	hold->asked = false;
	if (question == NULL)
		return; /* none was asked, or it was taken back */
	question->event.status = status;
	if (status == 0)
		question->event.multicast = record_of(hold, param);
	ipoib__verbs_answer(question);
}

/* A membership that the kernel loses, with the link or the SM, has to be joined again. */
static void hold_handle(struct ipoib__verbs_cm *cm, const struct rdma_cm_event *event)
{
	struct hold *hold = ipoib__container_of(cm, struct hold, cm);

	if (event->event == RDMA_CM_EVENT_MULTICAST_JOIN && event->status == 0) {
		hold_answer(hold, 0, &event->param.ud);
		return;
	}
	hold_answer(hold, event->status == -ETIMEDOUT ? -ETIMEDOUT : -ENOENT, NULL);
	hold_end(hold);
}

static int hold_start(struct ipoib__verbs *verbs, const struct ipoib_multicast_record *group,
		      const uint64_t *question)
{
	union ipoib__verbs_address mgid = ipoib__verbs_address_ib(&group->mgid, group->pkey);
	struct hold *hold = ipoib__memory_get(&verbs->memory, sizeof(*hold));

	if (hold == NULL)
		return -ENOMEM;
	hold->verbs = verbs;
	hold->cm.handle = hold_handle;
	hold->group = *group;
	hold->asked = question != NULL;
	hold->question = question != NULL ? *question : 0;
	ipoib__list_init(&hold->link);
	ipoib__list_push_back(&verbs->holds, &hold->link);
	if (bind_beside(hold) && rdma_join_multicast(hold->id, &mgid.any, NULL) == 0)
		return 0;
	hold_end(hold);
	return -EACCES;
}

void ipoib__verbs_hold(struct ipoib__verbs *verbs, const struct ipoib_multicast_record *group)
{
	if (hold_find(verbs, &group->mgid) == NULL)
		(void)hold_start(verbs, group, NULL);
}

int ipoib__verbs_hold_join(struct ipoib__verbs *verbs, uint64_t id,
			   const struct ipoib_multicast_record *wanted)
{
	struct ipoib__verbs_question *question;
	struct hold *before = hold_find(verbs, &wanted->mgid);
	int status;

	question = ipoib__verbs_ask(verbs, IPOIB_TRANSPORT_JOIN, id, &status);
	if (question == NULL)
		return status;
	if (before != NULL)
		hold_end(before); /* its record may be an old one */
	status = verbs->gone ? -ENOENT : hold_start(verbs, wanted, &id);
	if (status == 0)
		return 0;
	question->event.status = status == -ENOMEM ? -ENOENT : status;
	ipoib__verbs_answer(question);
	return 0;
}

void ipoib__verbs_hold_leave(struct ipoib__verbs *verbs, const struct ipoib_gid *mgid)
{
	struct hold *hold = hold_find(verbs, mgid);

	if (hold != NULL)
		hold_end(hold);
}

void ipoib__verbs_holds_free(struct ipoib__verbs *verbs)
{
	struct ipoib__list *first;

	while ((first = ipoib__list_first(&verbs->holds)) != NULL)
		hold_end(ipoib__container_of(first, struct hold, link));
}
