/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A path on RoCE. There is no SA to ask: the record is made of the port's attributes, as the kernel
 * makes it. But the peer must be there, and its MAC address known before an address handle is made,
 * because making one waits for ARP, a second when no answer comes. So the kernel is asked to
 * resolve the peer's IP address, by an rdma_cm_id that serves for nothing else.
 */
#include "verbs/resolve.h"

#include <errno.h>

#include "verbs/address.h"
#include "verbs/question.h"
#include "verbs/status.h"
#include "verbs/verbs.h"
#include "wire/mgid.h"

/* The kernel asks by ARP or neighbour discovery once a second: two of three may be lost. */
#define RESOLVE_MS 2500
/* What the kernel puts into its own records for RoCE. */
#define HOP_LIMIT   64
#define PACKET_LIFE 16

/* The next address handle is made anew, with the MAC address that holds now. */
static void path_found(struct ipoib__verbs_question *question)
{
	const struct ipoib_path_record *record = &question->event.path;
	const struct ipoib_ah_attributes attributes = {
		.rate = record->rate,
		.global = 1,
		.hop_limit = record->hop_limit,
		.dgid = record->dgid,
	};

	ipoib__verbs_ahs_outdate(&question->verbs->ahs, &attributes);
	question->event.status = 0;
}

static void path_handle(struct ipoib__verbs_cm *cm, const struct rdma_cm_event *event)
{
	struct ipoib__verbs_question *question =
		ipoib__container_of(cm, struct ipoib__verbs_question, cm);

	if (event->event == RDMA_CM_EVENT_ADDR_RESOLVED &&
	    ipoib__verbs_cm_is_ours(question->verbs, event->id))
		path_found(question);
	else if (event->event == RDMA_CM_EVENT_ADDR_ERROR &&
		 (event->status == -ETIMEDOUT || event->status == -EHOSTUNREACH))
		question->event.status = -ETIMEDOUT;
	else
		question->event.status = -ENOENT;
	ipoib__verbs_answer(question);
}

static struct ipoib_path_record record_of(const struct ipoib__verbs *verbs,
					  const struct ipoib__verbs_gid *source,
					  const struct ipoib_gid *dgid, uint16_t pkey)
{
	return (struct ipoib_path_record){
		.dgid = *dgid,
		.sgid = source->gid,
		.pkey = pkey,
		.rate = verbs->rate,
		.hop_limit = HOP_LIMIT,
		.packet_life = PACKET_LIFE,
		.mtu = verbs->port.mtu,
	};
}

/* Starts it; an error is the answer. */
static int path_start(struct ipoib__verbs_question *question, const struct ipoib__verbs_gid *source,
		      const struct ipoib_gid *dgid)
{
	union ipoib__verbs_address from = ipoib__verbs_address(&source->gid, source->ifindex, 0);
	union ipoib__verbs_address to = ipoib__verbs_address(dgid, source->ifindex, 0);
	int status;

	question->cm.handle = path_handle;
	status = ipoib__verbs_status(
		rdma_create_id(question->verbs->cm, &question->id, &question->cm, RDMA_PS_UDP));
	if (status < 0)
		return status;
	status = ipoib__verbs_status(
		rdma_resolve_addr(question->id, &from.any, &to.any, RESOLVE_MS));
	return status == 0 || status == -ENOMEM ? status : -ENOENT;
}

int ipoib__verbs_resolve(struct ipoib__verbs *verbs, uint64_t id, const struct ipoib_gid *dgid,
			 uint16_t pkey)
{
	const struct ipoib__verbs_gid *source = ipoib__verbs_gids_source(&verbs->gids, dgid);
	struct ipoib__verbs_question *question;
	int status;

	question = ipoib__verbs_ask(verbs, IPOIB_TRANSPORT_PATH, id, &status);
	if (question == NULL)
		return status;
	status = -ENOENT;
	if (source != NULL && !verbs->gone && !ipoib__mgid_is_multicast(dgid)) {
		question->event.path = record_of(verbs, source, dgid, pkey);
		status = path_start(question, source, dgid);
	}
	if (status == 0)
		return 0;
	question->event.status = status;
	ipoib__verbs_answer(question);
	return 0;
}
