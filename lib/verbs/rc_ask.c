/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Asking for a connection: one step for each event of librdmacm. rc_parts.h has the story. */
#include <errno.h>
#include <string.h>

#include "verbs/address.h"
#include "verbs/rc_by_gid.h"
#include "verbs/rc_parts.h"

/* The peer's address was resolved before, when its path was asked for. */
#define RESOLVE_MS 2000
/* ---- asking ---- */

static int resolve_by_ip(struct ipoib__verbs_rc *rc)
{
	const struct ipoib_path_record *path = &rc->attributes.path;
	const struct ipoib__verbs_gid *source =
		ipoib__verbs_gids_source(&rc->verbs->gids, &path->dgid);
	union ipoib__verbs_address from, to;

	if (source == NULL)
		return -EHOSTUNREACH;
	from = ipoib__verbs_address(&source->gid, source->ifindex, 0);
	to = ipoib__verbs_address(&path->dgid, source->ifindex,
				  ipoib__rc_port(rc->attributes.service_id));
	return ipoib__verbs_status(rdma_resolve_addr(rc->id, &from.any, &to.any, RESOLVE_MS));
}

static int resolve_by_gid(struct ipoib__verbs_rc *rc)
{
	const struct ipoib_path_record *path = &rc->attributes.path;
	struct sockaddr_ib from = ipoib__rc_by_gid(&rc->verbs->port.gid, path->pkey, 0);
	struct sockaddr_ib to =
		ipoib__rc_by_gid(&path->dgid, path->pkey, rc->attributes.service_id);

	return ipoib__verbs_status(rdma_resolve_addr(rc->id, (struct sockaddr *)(void *)&from,
						     (struct sockaddr *)(void *)&to, RESOLVE_MS));
}

/* The path that the SA gave. */
static int give_path(struct ipoib__verbs_rc *rc)
{
	struct ibv_path_data data = ipoib__rc_path_data(&rc->attributes.path, &rc->verbs->port,
							rc->attributes.service_id);

	return ipoib__verbs_status(
		rdma_set_option(rc->id, RDMA_OPTION_IB, RDMA_OPTION_IB_PATH, &data, sizeof(data)));
}

static int send_request(struct ipoib__verbs_rc *rc)
{
	const struct ipoib_rc_attributes *attributes = &rc->attributes;
	struct rdma_conn_param param = ipoib__verbs_rc_parameters(rc);
	uint8_t octets[IPOIB__RC_REQ_ROOM];
	int status = ipoib__verbs_rc_modify(rc, IBV_QPS_INIT);

	if (status < 0)
		return status;
	if (rc->verbs->ethernet) {
		param.private_data = octets;
		param.private_data_len = (uint8_t)ipoib__rc_request_encode(
			octets, attributes->service_id, attributes->private_data,
			attributes->private_length);
	}
	rc->state = IPOIB__VERBS_RC_ASKING;
	return ipoib__verbs_status(rdma_connect(rc->id, &param));
}

/* ---- being answered ---- */

static void tell_private(struct ipoib__verbs_rc *rc, const struct rdma_cm_event *event,
			 size_t header)
{
	size_t length = event->param.conn.private_data_len;

	if (event->param.conn.private_data == NULL || length < header)
		return;
	length -= header;
	if (length > IPOIB_RC_PRIVATE_MAX)
		length = IPOIB_RC_PRIVATE_MAX;
	rc->told.private_length = (uint16_t)length;
	memcpy(rc->told.private_data, (const uint8_t *)event->param.conn.private_data + header,
	       length);
}

/* The peer has accepted: the queue pair is made ready, and then an RTU sent. */
static int reply_received(struct ipoib__verbs_rc *rc, const struct rdma_cm_event *event)
{
	int status = ipoib__verbs_rc_modify(rc, IBV_QPS_RTR);

	if (status == 0)
		status = ipoib__verbs_rc_modify(rc, IBV_QPS_RTS);
	if (status == 0)
		status = ipoib__verbs_status(rdma_establish(rc->id));
	if (status < 0)
		return status;
	rc->told.gid = rc->attributes.path.dgid;
	rc->told.lid = rc->attributes.path.dlid;
	tell_private(rc, event, 0);
	ipoib__verbs_rc_come_up(rc);
	return 0;
}

static void rejected(struct ipoib__verbs_rc *rc, const struct rdma_cm_event *event)
{
	size_t header = 0;

	rc->told.reason = (uint16_t)event->status;
	if (rc->verbs->ethernet && rc->told.reason == IPOIB__RC_REASON_CONSUMER &&
	    event->param.conn.private_data != NULL &&
	    ipoib__rc_refusal_decode(event->param.conn.private_data,
				     event->param.conn.private_data_len, &rc->told.reason))
		header = IPOIB__RC_REJ_HEADER;
	tell_private(rc, event, header);
	ipoib__verbs_rc_fail(rc, IPOIB_CONNECTION_END_PEER);
	rc->end_status = 0;
}

static void asking_event(struct ipoib__verbs_rc *rc, const struct rdma_cm_event *event)
{
	int status = -ETIMEDOUT;

	switch (event->event) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		status = rc->verbs->ethernet
				 ? ipoib__verbs_status(rdma_resolve_route(rc->id, RESOLVE_MS))
				 : give_path(rc);
		break;
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		status = send_request(rc);
		break;
	case RDMA_CM_EVENT_CONNECT_RESPONSE:
		status = reply_received(rc, event);
		break;
	case RDMA_CM_EVENT_REJECTED:
		rejected(rc, event);
		return;
	default:
		break;
	}
	if (status < 0)
		ipoib__verbs_rc_fail(rc, IPOIB_CONNECTION_END_ERROR);
}

/* Once it is answered, or has failed, it is like a connection that the peer has asked for. */
static void asking_handle(struct ipoib__verbs_cm *cm, const struct rdma_cm_event *event)
{
	struct ipoib__verbs_rc *rc = ipoib__container_of(cm, struct ipoib__verbs_rc, cm);

	if (event->event != RDMA_CM_EVENT_DEVICE_REMOVAL &&
	    (rc->state == IPOIB__VERBS_RC_RESOLVING || rc->state == IPOIB__VERBS_RC_ASKING))
		asking_event(rc, event);
	else
		ipoib__verbs_rc_handle(cm, event);
}

static int resolve_peer(struct ipoib__verbs_rc *rc)
{
	int status = ipoib__verbs_status(rdma_create_id(
		rc->verbs->cm, &rc->id, &rc->cm, rc->verbs->ethernet ? RDMA_PS_TCP : RDMA_PS_IB));

	if (status < 0)
		return status;
	status = rc->verbs->ethernet ? resolve_by_ip(rc) : resolve_by_gid(rc);
	if (status == -ENOMEM)
		return status;
	if (status < 0) /* there is no way to the peer: that is an answer */
		ipoib__verbs_rc_fail(rc, IPOIB_CONNECTION_END_ERROR);
	return 0;
}

int ipoib__verbs_rc_connect(struct ipoib__verbs *verbs, struct ipoib__verbs_ud *ud,
			    const struct ipoib_rc_attributes *attributes, void **out)
{
	size_t room = verbs->ethernet ? IPOIB__RC_REQ_USER : IPOIB__RC_REQ_ROOM;
	struct ipoib__verbs_rc *rc;
	int status;

	if (ud->rc == NULL)
		return -EOPNOTSUPP;
	if (attributes->private_length > room)
		return -EINVAL;
	status = ipoib__verbs_rc_new(ud, attributes, &rc);
	if (status < 0)
		return status;
	rc->cm.handle = asking_handle;
	rc->state = IPOIB__VERBS_RC_RESOLVING;
	status = resolve_peer(rc);
	if (status < 0) {
		if (rc->id != NULL)
			(void)rdma_destroy_id(rc->id);
		ipoib__verbs_rc_free(rc);
		return status;
	}
	*out = rc;
	return 0;
}
