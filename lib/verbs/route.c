/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A path on InfiniBand by librdmacm, where management datagrams may not be sent: the kernel asks
 * the SA, from our GID to the peer's in our partition.
 *
 *	rdma_resolve_addr() -> ADDR_RESOLVED, rdma_resolve_route() -> ROUTE_RESOLVED
 */
#include "verbs/route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "verbs/address.h"
#include "verbs/question.h"
#include "verbs/status.h"
#include "verbs/verbs.h"
#include "wire/ib_units.h"

/* As long as a question of our own to the SA may take. */
#define ROUTE_MS 1000

static struct ipoib_path_record record_of(const struct ibv_sa_path_rec *path)
{
	struct ipoib_path_record record = {
		.dlid = ntohs(path->dlid),
		.slid = ntohs(path->slid),
		.pkey = ntohs(path->pkey),
		.sl = path->sl,
		.rate = path->rate,
		.hop_limit = path->hop_limit,
		.traffic_class = path->traffic_class,
		.packet_life = path->packet_life_time,
		.flow_label = ntohl(path->flow_label),
		.mtu = ipoib__mtu_of_record(path->mtu),
	};

	memcpy(record.dgid.raw, path->dgid.raw, sizeof(record.dgid.raw));
	memcpy(record.sgid.raw, path->sgid.raw, sizeof(record.sgid.raw));
	return record;
}

/* An error of the route carries the SA's own status, or what kept the kernel from asking. */
static int status_of_refusal(int status)
{
	if (status == -ETIMEDOUT || status == -EHOSTUNREACH)
		return -ETIMEDOUT;
	return status == -EBUSY ? -EBUSY : -ENOENT;
}

static int handle_event(struct ipoib__verbs_question *question, const struct rdma_cm_event *event)
{
	switch (event->event) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		if (!ipoib__verbs_cm_is_ours(question->verbs, event->id) ||
		    rdma_resolve_route(question->id, ROUTE_MS) != 0)
			return -ENOENT;
		return -EAGAIN;
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		if (event->id->route.num_paths < 1)
			return -ENOENT;
		question->event.path = record_of(&event->id->route.path_rec[0]);
		return 0;
	default:
		return status_of_refusal(event->status);
	}
}

static void route_handle(struct ipoib__verbs_cm *cm, const struct rdma_cm_event *event)
{
	struct ipoib__verbs_question *question =
		ipoib__container_of(cm, struct ipoib__verbs_question, cm);

	question->event.status = handle_event(question, event);
	if (question->event.status != -EAGAIN)
		ipoib__verbs_answer(question);
}

static int route_start(struct ipoib__verbs_question *question, const struct ipoib_gid *dgid,
		       uint16_t pkey)
{
	struct ipoib__verbs *verbs = question->verbs;
	union ipoib__verbs_address from = ipoib__verbs_address_ib(&verbs->port.gid, pkey);
	union ipoib__verbs_address to = ipoib__verbs_address_ib(dgid, pkey);
	int status;

	question->cm.handle = route_handle;
	status = ipoib__verbs_status(
		rdma_create_id(verbs->cm, &question->id, &question->cm, RDMA_PS_UDP));
	if (status < 0)
		return status;
	return ipoib__verbs_status(rdma_resolve_addr(question->id, &from.any, &to.any, ROUTE_MS));
}

int ipoib__verbs_route(struct ipoib__verbs *verbs, uint64_t id, const struct ipoib_gid *dgid,
		       uint16_t pkey)
{
	struct ipoib__verbs_question *question;
	int status;

	question = ipoib__verbs_ask(verbs, IPOIB_TRANSPORT_PATH, id, &status);
	if (question == NULL)
		return status;
	status = verbs->gone ? -ENOENT : route_start(question, dgid, pkey);
	if (status == 0)
		return 0;
	question->event.status = -ENOENT;
	ipoib__verbs_answer(question);
	return 0;
}
