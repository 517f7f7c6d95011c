/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Services that are listened for, and the requests that come. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "verbs/address.h"
#include "verbs/rc_by_gid.h"
#include "verbs/rc_parts.h"

#define REASON_NO_RESOURCES 3
#define REASON_SERVICE_ID   8

/* ---- refusing ---- */

void ipoib__verbs_rc_refuse(const struct ipoib__verbs *verbs, struct rdma_cm_id *id,
			    uint16_t reason, const void *data, size_t length)
{
	uint8_t octets[IPOIB__RC_REJ_ROOM];

	if (!verbs->ethernet) {
		length = length < IPOIB__RC_REJ_ROOM ? length : IPOIB__RC_REJ_ROOM;
		(void)rdma_reject(id, data, (uint8_t)length);
		return;
	}
	length = ipoib__rc_refusal_encode(octets, reason, data, length);
	(void)rdma_reject(id, octets, (uint8_t)length);
}

/* ---- requests ---- */

void ipoib__verbs_rc_request_end(struct ipoib__verbs *verbs,
				 struct ipoib__verbs_rc_request *request)
{
	if (request->id != NULL)
		(void)rdma_destroy_id(request->id);
	ipoib__list_remove(&request->link);
	verbs->rcs->request_count--;
	ipoib__memory_put(&verbs->memory, request, sizeof(*request));
}

/* Nothing but its end can happen to one that was not answered: the peer does not want it now. */
static void request_handle(struct ipoib__verbs_cm *cm, const struct rdma_cm_event *event)
{
	struct ipoib__verbs_rc_request *request =
		ipoib__container_of(cm, struct ipoib__verbs_rc_request, cm);

	(void)event;
	ipoib__verbs_rc_request_end(request->ud->verbs, request);
}

/* The peer's LID is that of the path back, which the kernel takes from the request. */
static void describe(const struct ipoib__verbs *verbs, struct ipoib_rc_event *out,
		     struct rdma_cm_id *id)
{
	const struct rdma_route *route = &id->route;

	memcpy(out->gid.raw, route->addr.addr.ibaddr.dgid.raw, sizeof(out->gid.raw));
	if (!verbs->ethernet && route->num_paths > 0)
		out->lid = ntohs(route->path_rec[0].dlid);
}

static struct ipoib__verbs_rc_request *request_new(struct ipoib__verbs_ud *ud)
{
	struct ipoib__verbs_rc_set *set = ud->verbs->rcs;
	struct ipoib__verbs_rc_request *request;

	if (set->request_count >= IPOIB__VERBS_REQUESTS_MAX)
		return NULL;
	request = ipoib__memory_get(&ud->verbs->memory, sizeof(*request));
	if (request == NULL)
		return NULL;
	request->ud = ud;
	request->cm.handle = request_handle;
	request->event.request = ++set->next_request;
	ipoib__list_init(&request->link);
	ipoib__list_push_back(&set->requests, &request->link);
	set->request_count++;
	return request;
}

static void private_copy(struct ipoib_rc_event *out, const uint8_t *data, size_t length)
{
	if (length > IPOIB_RC_PRIVATE_MAX)
		length = IPOIB_RC_PRIVATE_MAX;
	out->private_length = (uint16_t)length;
	if (length > 0)
		memcpy(out->private_data, data, length);
}

/* Takes a request for a service that is listened for; otherwise the reason why not. */
static uint16_t take(struct ipoib__verbs_ud *ud, const struct rdma_cm_event *event,
		     uint64_t service_id, size_t header)
{
	const struct rdma_conn_param *param = &event->param.conn;
	struct ipoib__verbs_rc_request *request;

	/* Also where there are connections_max: the user may end one for this one. */
	request = request_new(ud);
	if (request == NULL)
		return REASON_NO_RESOURCES;
	request->id = event->id;
	request->id->context = &request->cm;
	request->event.service_id = service_id;
	describe(ud->verbs, &request->event, event->id);
	private_copy(&request->event, (const uint8_t *)param->private_data + header,
		     param->private_data_len - header);
	ipoib__verbs_wake(ud->verbs);
	return 0;
}

static void answer(struct ipoib__verbs_ud *ud, struct rdma_cm_id *id, uint16_t reason)
{
	if (reason == 0)
		return;
	ipoib__verbs_rc_refuse(ud->verbs, id, reason, NULL, 0);
	(void)rdma_destroy_id(id);
}

static bool listens_for(const struct ipoib__verbs_rc_ud *own, uint64_t service_id)
{
	for (struct ipoib__list *at = own->services.next; at != &own->services; at = at->next)
		if (ipoib__container_of(at, struct ipoib__verbs_rc_service, link)->service_id ==
		    service_id)
			return true;
	return false;
}

/* RoCE: one port for all services of a queue pair, and of others that share its number's rest. */
static void port_handle(struct ipoib__verbs_cm *cm, const struct rdma_cm_event *event)
{
	struct ipoib__verbs_rc_ud *own = ipoib__container_of(cm, struct ipoib__verbs_rc_ud, cm);
	uint16_t reason = REASON_SERVICE_ID;
	uint64_t service_id;

	if (event->event != RDMA_CM_EVENT_CONNECT_REQUEST)
		return;
	if (ipoib__rc_request_decode(event->param.conn.private_data,
				     event->param.conn.private_data_len, &service_id) &&
	    listens_for(own, service_id))
		reason = take(own->ud, event, service_id, IPOIB__RC_REQ_HEADER);
	answer(own->ud, event->id, reason);
}

static void service_handle(struct ipoib__verbs_cm *cm, const struct rdma_cm_event *event)
{
	struct ipoib__verbs_rc_service *service =
		ipoib__container_of(cm, struct ipoib__verbs_rc_service, cm);

	if (event->event == RDMA_CM_EVENT_CONNECT_REQUEST)
		answer(service->ud, event->id, take(service->ud, event, service->service_id, 0));
}

/* ---- the port of a queue pair on RoCE ---- */

static int bind_to(struct ipoib__verbs_ud *ud, const struct ipoib__verbs_gid *gid,
		   struct rdma_cm_id **out)
{
	union ipoib__verbs_address address =
		ipoib__verbs_address(&gid->gid, gid->ifindex, ipoib__rc_port(ud->qp->qp_num));
	struct rdma_cm_id *id;
	int status;

	status = ipoib__verbs_status(rdma_create_id(ud->verbs->cm, &id, &ud->rc->cm, RDMA_PS_TCP));
	if (status < 0)
		return status;
	status = ipoib__verbs_status(rdma_bind_addr(id, &address.any));
	if (status < 0) {
		(void)rdma_destroy_id(id);
		return status;
	}
	*out = id;
	return 0;
}

int ipoib__verbs_rc_bind(struct ipoib__verbs_ud *ud)
{
	const struct ipoib__verbs_gid *gid = ipoib__verbs_gids_named(&ud->verbs->gids);
	struct ipoib__verbs_rc_ud *own = ud->rc;
	int status;

	own->cm.handle = port_handle;
	if (!ud->verbs->ethernet)
		return 0;
	if (gid == NULL)
		return -EADDRNOTAVAIL;
	status = bind_to(ud, gid, &own->id);
	if (status == 0)
		own->bound = gid->gid;
	return status;
}

static int listen_now(struct ipoib__verbs_rc_ud *own, struct rdma_cm_id *id)
{
	int status;

	status = ipoib__verbs_status(rdma_listen(id, IPOIB__VERBS_REQUESTS_MAX));
	own->listening = status == 0;
	return status;
}

/* What fails here is tried again when the port changes the next time. */
void ipoib__verbs_rc_rebind(struct ipoib__verbs_ud *ud)
{
	const struct ipoib__verbs_gid *gid = ipoib__verbs_gids_named(&ud->verbs->gids);
	struct ipoib__verbs_rc_ud *own = ud->rc;
	struct rdma_cm_id *id;

	if (!ud->verbs->ethernet || gid == NULL ||
	    memcmp(&gid->gid, &own->bound, sizeof(own->bound)) == 0)
		return;
	if (bind_to(ud, gid, &id) < 0 ||
	    (own->service_count > 0 && listen_now(own, id) < 0 && (rdma_destroy_id(id), true))) {
		ipoib__verbs_log(ud->verbs, IPOIB_LOG_WARNING,
				 "no connections are taken at the port's new address");
		return;
	}
	if (own->id != NULL)
		(void)rdma_destroy_id(own->id);
	own->id = id;
	own->bound = gid->gid;
}

/* ---- services on InfiniBand ---- */

static int listen_by_gid(struct ipoib__verbs_rc_service *service)
{
	const struct ipoib__verbs *verbs = service->ud->verbs;
	struct sockaddr_ib address =
		ipoib__rc_by_gid(&verbs->port.gid, service->ud->pkey, service->service_id);
	int status;

	service->cm.handle = service_handle;
	status = ipoib__verbs_status(
		rdma_create_id(verbs->cm, &service->id, &service->cm, RDMA_PS_IB));
	if (status < 0)
		return status;
	status = ipoib__verbs_status(
		rdma_bind_addr(service->id, (struct sockaddr *)(void *)&address));
	if (status == 0)
		status = ipoib__verbs_status(rdma_listen(service->id, IPOIB__VERBS_REQUESTS_MAX));
	/* Linux lets a process listen only for service IDs of its IP port spaces. */
	return status == -EPROTONOSUPPORT ? -ENOTSUP : status;
}

/* ---- listening ---- */

static void service_end(struct ipoib__verbs_rc_service *service)
{
	struct ipoib__verbs_ud *ud = service->ud;

	if (service->id != NULL)
		(void)rdma_destroy_id(service->id);
	ipoib__list_remove(&service->link);
	ud->rc->service_count--;
	ipoib__memory_put(&ud->verbs->memory, service, sizeof(*service));
}

int ipoib__verbs_rc_listen(struct ipoib__verbs *verbs, struct ipoib__verbs_ud *ud,
			   uint64_t service_id)
{
	struct ipoib__verbs_rc_ud *own = ud->rc;
	struct ipoib__verbs_rc_service *service;
	int status;

	if (own == NULL)
		return -EOPNOTSUPP;
	if (listens_for(own, service_id))
		return -EADDRINUSE;
	if (own->service_count >= IPOIB__VERBS_SERVICES_MAX)
		return -ENOSPC;
	service = ipoib__memory_get(&verbs->memory, sizeof(*service));
	if (service == NULL)
		return -ENOMEM;
	service->ud = ud;
	service->service_id = service_id;
	ipoib__list_init(&service->link);
	ipoib__list_push_back(&own->services, &service->link);
	own->service_count++;
	if (!verbs->ethernet)
		status = listen_by_gid(service);
	else
		status = own->listening ? 0 : listen_now(own, own->id);
	if (status < 0)
		service_end(service);
	return status;
}

static void requests_end(struct ipoib__verbs_ud *ud)
{
	struct ipoib__list *at, *following;

	ipoib__list_for_each_safe (at, following, &ud->verbs->rcs->requests) {
		struct ipoib__verbs_rc_request *request =
			ipoib__container_of(at, struct ipoib__verbs_rc_request, link);

		if (request->ud != ud)
			continue;
		ipoib__verbs_rc_refuse(ud->verbs, request->id, REASON_SERVICE_ID, NULL, 0);
		ipoib__verbs_rc_request_end(ud->verbs, request);
	}
}

void ipoib__verbs_rc_unlisten(struct ipoib__verbs_ud *ud)
{
	struct ipoib__verbs_rc_ud *own = ud->rc;
	struct ipoib__list *first;

	while ((first = ipoib__list_first(&own->services)) != NULL)
		service_end(ipoib__container_of(first, struct ipoib__verbs_rc_service, link));
	if (own->id != NULL)
		(void)rdma_destroy_id(own->id);
	own->id = NULL;
	requests_end(ud);
}
