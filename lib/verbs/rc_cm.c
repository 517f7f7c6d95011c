/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Making and taking connections: one step for each event of librdmacm. rc_parts.h has the story. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <infiniband/ib.h>
#include <infiniband/sa.h>

#include "base/assert.h"
#include "verbs/address.h"
#include "verbs/rc_parts.h"
#include "wire/ib_units.h"

/* The peer's address was resolved before, when its path was asked for. */
#define RESOLVE_MS 2000
/* RDMA reads, which nobody does here; 0 is refused by some adapters. */
#define READS 1
/* "exactly", in front of an MTU, a rate or a lifetime; and both ways, one path. */
#define EXACTLY	   0x80
#define REVERSIBLE 0x81

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

static struct sockaddr_ib by_gid(const struct ipoib_gid *gid, uint16_t pkey, uint64_t service_id)
{
	struct sockaddr_ib address = {
		.sib_family = AF_IB,
		.sib_pkey = htons(pkey),
		.sib_sid = ipoib__rc_be64(service_id),
		.sib_sid_mask = ipoib__rc_be64(service_id != 0 ? UINT64_MAX : 0),
	};

	memcpy(address.sib_addr.sib_raw, gid->raw, sizeof(gid->raw));
	return address;
}

static int resolve_by_gid(struct ipoib__verbs_rc *rc)
{
	const struct ipoib_path_record *path = &rc->attributes.path;
	struct sockaddr_ib from = by_gid(&rc->verbs->port.gid, path->pkey, 0);
	struct sockaddr_ib to = by_gid(&path->dgid, path->pkey, rc->attributes.service_id);

	return ipoib__verbs_status(rdma_resolve_addr(rc->id, (struct sockaddr *)(void *)&from,
						     (struct sockaddr *)(void *)&to, RESOLVE_MS));
}

/* The path that the SA gave; the port's own LID and GID may be newer than the record. */
static int give_path(struct ipoib__verbs_rc *rc)
{
	const struct ipoib_path_record *path = &rc->attributes.path;
	const struct ipoib_port_attributes *port = &rc->verbs->port;
	struct ibv_path_data data = {
		.flags = IBV_PATH_FLAG_GMP | IBV_PATH_FLAG_PRIMARY | IBV_PATH_FLAG_BIDIRECTIONAL,
		.path = {
			.service_id = ipoib__rc_be64(rc->attributes.service_id),
			.dlid = htons(path->dlid),
			.slid = htons(port->lid),
			.flowlabel_hoplimit = htonl(path->flow_label << 8 | path->hop_limit),
			.tclass = path->traffic_class,
			.reversible_numpath = REVERSIBLE,
			.pkey = htons(path->pkey),
			.qosclass_sl = htons(path->sl),
			.mtu = EXACTLY | ipoib__mtu_from_octets(path->mtu),
			.rate = EXACTLY | path->rate,
			.packetlifetime = EXACTLY | path->packet_life,
		},
	};

	memcpy(data.path.dgid.raw, path->dgid.raw, sizeof(path->dgid.raw));
	memcpy(data.path.sgid.raw, port->gid.raw, sizeof(port->gid.raw));
	return ipoib__verbs_status(rdma_set_option(rc->id, RDMA_OPTION_IB, RDMA_OPTION_IB_PATH,
						   &data, sizeof(data)));
}

static struct rdma_conn_param parameters(const struct ipoib__verbs_rc *rc)
{
	return (struct rdma_conn_param){
		.private_data = rc->attributes.private_data,
		.private_data_len = (uint8_t)rc->attributes.private_length,
		.responder_resources = READS,
		.initiator_depth = READS,
		.flow_control = 1,
		.retry_count = rc->attributes.retry_count,
		.rnr_retry_count = rc->attributes.rnr_retry,
		.srq = 1,
		.qp_num = rc->qp->qp_num,
	};
}

static int ask(struct ipoib__verbs_rc *rc)
{
	const struct ipoib_rc_attributes *attributes = &rc->attributes;
	struct rdma_conn_param param = parameters(rc);
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

static int resolve(struct ipoib__verbs_rc *rc)
{
	int status = ipoib__verbs_status(
		rdma_create_id(rc->verbs->cm, &rc->id, &rc->cm,
			       rc->verbs->ethernet ? RDMA_PS_TCP : RDMA_PS_IB));

	if (status < 0)
		return status;
	status = rc->verbs->ethernet ? resolve_by_ip(rc) : resolve_by_gid(rc);
	if (status == -ENOMEM)
		return status;
	if (status < 0) /* there is no way to the peer: that is an answer */
		ipoib__verbs_rc_fail(rc, status);
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
	rc->state = IPOIB__VERBS_RC_RESOLVING;
	status = resolve(rc);
	if (status < 0) {
		if (rc->id != NULL)
			(void)rdma_destroy_id(rc->id);
		ipoib__verbs_rc_free(rc);
		return status;
	}
	*out = rc;
	return 0;
}

/* ---- answering ---- */

static struct ipoib__verbs_rc_request *request_find(const struct ipoib__verbs *verbs,
						    uint64_t number)
{
	const struct ipoib__list *head = &verbs->rcs->requests;

	for (struct ipoib__list *at = head->next; at != head; at = at->next) {
		struct ipoib__verbs_rc_request *request =
			ipoib__container_of(at, struct ipoib__verbs_rc_request, link);

		if (request->event.request == number)
			return request;
	}
	return NULL;
}

static int make_ready(struct ipoib__verbs_rc *rc)
{
	static const enum ibv_qp_state states[] = { IBV_QPS_INIT, IBV_QPS_RTR, IBV_QPS_RTS };
	int status = 0;

	for (size_t i = 0; i < 3 && status == 0; i++)
		status = ipoib__verbs_rc_modify(rc, states[i]);
	return status;
}

static int give_answer(struct ipoib__verbs_rc *rc)
{
	struct rdma_conn_param param = parameters(rc);
	int status = make_ready(rc);

	if (status == 0)
		status = ipoib__verbs_status(rdma_accept(rc->id, &param));
	return status;
}

int ipoib__verbs_rc_accept(struct ipoib__verbs *verbs, struct ipoib__verbs_ud *ud,
			   uint64_t number, const struct ipoib_rc_attributes *attributes,
			   void **out)
{
	struct ipoib__verbs_rc_request *request = request_find(verbs, number);
	struct ipoib__verbs_rc *rc;
	int status;

	if (request == NULL || request->ud != ud)
		return -ENOENT;
	status = ipoib__verbs_rc_new(ud, attributes, &rc);
	if (status < 0)
		return status;
	rc->id = request->id;
	rc->state = IPOIB__VERBS_RC_ANSWERED;
	status = give_answer(rc);
	if (status < 0) { /* the request stays, to be refused */
		ipoib__verbs_rc_free(rc);
		return status;
	}
	rc->id->context = &rc->cm;
	request->id = NULL;
	ipoib__verbs_rc_request_end(verbs, request);
	*out = rc;
	return 0;
}

void ipoib__verbs_rc_reject(struct ipoib__verbs *verbs, uint64_t number, uint16_t reason,
			    const void *private_data, size_t private_length)
{
	struct ipoib__verbs_rc_request *request = request_find(verbs, number);

	if (request == NULL)
		return;
	ipoib__verbs_rc_refuse(verbs, request->id, reason, private_data, private_length);
	ipoib__verbs_rc_request_end(verbs, request);
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

static void come_up(struct ipoib__verbs_rc *rc)
{
	rc->state = IPOIB__VERBS_RC_UP;
	rc->was_up = true;
	rc->tell_up = true;
	ipoib__verbs_rc_tell(rc);
}

/* The peer has agreed: the queue pair is made ready, and the peer told. */
static int agreed(struct ipoib__verbs_rc *rc, const struct rdma_cm_event *event)
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
	come_up(rc);
	return 0;
}

static void refused(struct ipoib__verbs_rc *rc, const struct rdma_cm_event *event)
{
	size_t header = 0;

	rc->told.reason = (uint16_t)event->status;
	if (rc->verbs->ethernet && rc->told.reason == IPOIB__RC_REASON_CONSUMER &&
	    event->param.conn.private_data != NULL &&
	    ipoib__rc_refusal_decode(event->param.conn.private_data,
				     event->param.conn.private_data_len, &rc->told.reason))
		header = IPOIB__RC_REJ_HEADER;
	tell_private(rc, event, header);
	ipoib__verbs_rc_fail(rc, -ECONNRESET);
	rc->end_status = 0;
}

static void ask_further(struct ipoib__verbs_rc *rc, const struct rdma_cm_event *event)
{
	int status = -ETIMEDOUT;

	switch (event->event) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		status = rc->verbs->ethernet ?
				 ipoib__verbs_status(rdma_resolve_route(rc->id, RESOLVE_MS)) :
				 give_path(rc);
		break;
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		status = ask(rc);
		break;
	case RDMA_CM_EVENT_CONNECT_RESPONSE:
		status = agreed(rc, event);
		break;
	case RDMA_CM_EVENT_REJECTED:
		refused(rc, event);
		return;
	default:
		break;
	}
	if (status < 0)
		ipoib__verbs_rc_fail(rc, status);
}

/* ---- afterwards ---- */

static void go_on(struct ipoib__verbs_rc *rc, const struct rdma_cm_event *event)
{
	switch (event->event) {
	case RDMA_CM_EVENT_ESTABLISHED:
		if (rc->state == IPOIB__VERBS_RC_ANSWERED)
			come_up(rc);
		break;
	case RDMA_CM_EVENT_DISCONNECTED:
		(void)rdma_disconnect(rc->id); /* the answer to the farewell */
		ipoib__verbs_rc_fail(rc, -ECONNRESET);
		break;
	case RDMA_CM_EVENT_REJECTED:
	case RDMA_CM_EVENT_UNREACHABLE:
	case RDMA_CM_EVENT_CONNECT_ERROR:
		ipoib__verbs_rc_fail(rc, -ECONNRESET);
		break;
	default:
		break;
	}
}

void ipoib__verbs_rc_handle(struct ipoib__verbs_cm *cm, const struct rdma_cm_event *event)
{
	struct ipoib__verbs_rc *rc = ipoib__container_of(cm, struct ipoib__verbs_rc, cm);

	if (rc->qp == NULL) { /* it leaves, and this is the answer to its farewell */
		ipoib__verbs_rc_left(rc);
		return;
	}
	if (event->event == RDMA_CM_EVENT_DEVICE_REMOVAL) {
		/* The kernel waits for the ending of every id. */
		ipoib__verbs_rc_fail(rc, -EIO);
		(void)rdma_destroy_id(rc->id);
		rc->id = NULL;
	} else if (rc->state == IPOIB__VERBS_RC_RESOLVING || rc->state == IPOIB__VERBS_RC_ASKING) {
		ask_further(rc, event);
	} else {
		go_on(rc, event);
	}
}

/* ---- leaving ---- */

void ipoib__verbs_rc_left(struct ipoib__verbs_rc *rc)
{
	if (ipoib__list_is_linked(&rc->link)) {
		ipoib__list_remove(&rc->link);
		rc->verbs->rcs->leaving_count--;
	}
	if (rc->id != NULL)
		(void)rdma_destroy_id(rc->id);
	rc->id = NULL;
	ipoib__verbs_rc_free(rc);
}

/* One that never was up has nothing to say goodbye to: ending its id refuses what is asked for. */
void ipoib__verbs_rc_leave(struct ipoib__verbs_rc *rc)
{
	struct ipoib__verbs_rc_set *set = rc->verbs->rcs;

	if (rc->id == NULL || rc->verbs->gone || !rc->was_up || rdma_disconnect(rc->id) != 0) {
		ipoib__verbs_rc_left(rc);
		return;
	}
	if (set->leaving_count >= IPOIB__VERBS_LEAVING_MAX)
		ipoib__verbs_rc_left(ipoib__container_of(ipoib__list_first(&set->leaving),
							 struct ipoib__verbs_rc, link));
	ipoib__list_push_back(&set->leaving, &rc->link);
	set->leaving_count++;
}
