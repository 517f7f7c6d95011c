/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/port_cm.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"

/* A request that the user was told of and has not answered. */
struct request {
	struct ipoib__list link;
	struct ipoib__hca_ud *ud;
	uint32_t id;
	struct ipoib__rc_peer peer;
};

/* ---- the manager's surroundings ---- */

static void emit(void *owner, const struct ipoib_ah_attributes *to,
		 const uint8_t mad[IPOIB__MAD_LENGTH])
{
	struct ipoib__port *port = owner;

	ipoib__hca_send_mad_to(&port->hca, to, mad);
}

int ipoib__port_cm_init(struct ipoib__port *port)
{
	struct ipoib__cm_config config = { .emit = emit, .owner = port };

	/* The port's GUID stands for the adapter's: every port here is an adapter of its own. */
	for (unsigned i = 8; i < 16; i++)
		config.ca_guid = config.ca_guid << 8 | port->hca.port.gid.raw[i];
	ipoib__list_init(&port->requests);
	port->request_count = 0;
	return ipoib__cm_init(&port->cm, &port->memory, &port->random, &config);
}

static void request_end(struct ipoib__port *port, struct request *request)
{
	ipoib__list_remove(&request->link);
	port->request_count--;
	ipoib__memory_put(&port->memory, request, sizeof(*request));
}

void ipoib__port_cm_forget(struct ipoib__port *port, struct ipoib__hca_ud *ud)
{
	struct ipoib__list *link, *following;

	ipoib__cm_unlisten(&port->cm, ud);
	ipoib__list_for_each_safe (link, following, &port->requests) {
		struct request *request = ipoib__container_of(link, struct request, link);

		if (request->ud != ud)
			continue;
		ipoib__cm_reject(&port->cm, request->id, IPOIB__CM_REASON_SERVICE_ID, NULL, 0);
		request_end(port, request);
	}
}

void ipoib__port_cm_fini(struct ipoib__port *port)
{
	ipoib__assert(ipoib__list_empty(&port->requests));
	ipoib__cm_fini(&port->cm);
}

void ipoib__port_cm_mad(struct ipoib__port *port, const struct ipoib__frame *frame, const void *mad)
{
	struct ipoib__cm_source source = {
		.lid = frame->slid,
		.sl = frame->sl,
		.gid = frame->flags & IPOIB__FRAME_GRH ? &frame->sgid : NULL,
	};

	ipoib__cm_receive(&port->cm, &source, mad, frame->length);
}

/* ---- what the manager tells ---- */

static struct ipoib__rc_peer peer_of(const struct ipoib__cm_event *told)
{
	return (struct ipoib__rc_peer){
		.qpn = told->remote_qpn,
		.psn = told->remote_psn,
		.lid = told->path.dlid,
		.sl = told->path.sl,
	};
}

static void describe(struct ipoib_transport_event *event, uint32_t type,
		     const struct ipoib__cm_event *told)
{
	memset(event, 0, sizeof(*event));
	event->type = type;
	event->status = told->status;
	event->rc.service_id = told->service_id;
	event->rc.gid = told->path.dgid;
	event->rc.lid = told->path.dlid;
	event->rc.reason = told->reason;
	event->rc.private_length = told->private_length;
	memcpy(event->rc.private_data, told->private_data, sizeof(event->rc.private_data));
}

static bool on_request(struct ipoib__port *port, const struct ipoib__cm_event *told,
		       struct ipoib_transport_event *event)
{
	struct ipoib__hca_ud *ud = told->user;
	struct request *request = NULL;

	/* Also where there are connections_max: the user may end one for this one. */
	if (port->request_count < IPOIB__CM_REQUESTS_MAX)
		request = ipoib__memory_get(&port->memory, sizeof(*request));
	if (request == NULL) {
		ipoib__cm_reject(&port->cm, told->id, IPOIB__CM_REASON_NO_RESOURCES, NULL, 0);
		return false;
	}
	request->ud = ud;
	request->id = told->id;
	request->peer = peer_of(told);
	ipoib__list_init(&request->link);
	ipoib__list_push_back(&port->requests, &request->link);
	port->request_count++;
	describe(event, IPOIB_TRANSPORT_RC_REQUEST, told);
	event->rc.request = told->id;
	event->path.dlid = told->source_lid;
	event->path.dgid = told->source_gid;
	return true;
}

static bool on_reply(struct ipoib__port *port, const struct ipoib__cm_event *told,
		     struct ipoib_transport_event *event)
{
	struct ipoib__hca_rc *rc = told->user;
	struct ipoib__rc_peer peer = peer_of(told);

	if (rc->state != IPOIB__RC_IDLE) { /* the port was down meanwhile */
		ipoib__cm_reject(&port->cm, told->id, IPOIB__CM_REASON_NO_QP, NULL, 0);
		return false;
	}
	if (ipoib__cm_ready(&port->cm, told->id) < 0)
		return false;
	ipoib__hca_rc_ready(rc, &peer, true);
	describe(event, IPOIB_TRANSPORT_RC_UP, told);
	event->id = rc->connection;
	return true;
}

static bool on_up(const struct ipoib__cm_event *told, struct ipoib_transport_event *event)
{
	struct ipoib__hca_rc *rc = told->user;

	if (rc->state != IPOIB__RC_READY)
		return false;
	ipoib__hca_rc_up(rc);
	memset(event, 0, sizeof(*event));
	event->type = IPOIB_TRANSPORT_RC_UP;
	event->id = rc->connection;
	return true;
}

static bool on_refused(const struct ipoib__cm_event *told, struct ipoib_transport_event *event)
{
	struct ipoib__hca_rc *rc = told->user;

	if (rc->over)
		return false;
	rc->over = true;
	ipoib__hca_rc_fail(rc, -ECANCELED, IPOIB_CONNECTION_END_REFUSED);
	describe(event, IPOIB_TRANSPORT_RC_REFUSED, told);
	event->id = rc->connection;
	return true;
}

/* Does what the manager tells; false: it is nothing to the user. */
static bool act(struct ipoib__port *port, const struct ipoib__cm_event *told,
		struct ipoib_transport_event *event)
{
	switch (told->type) {
	case IPOIB__CM_EVENT_REQUEST:
		return on_request(port, told, event);
	case IPOIB__CM_EVENT_REPLY:
		return on_reply(port, told, event);
	case IPOIB__CM_EVENT_UP:
		return on_up(told, event);
	case IPOIB__CM_EVENT_REFUSED:
		return on_refused(told, event);
	case IPOIB__CM_EVENT_DOWN:
		ipoib__hca_rc_fail(told->user, -ECANCELED,
				   told->status == -ECONNRESET ? IPOIB_CONNECTION_END_PEER :
								 IPOIB_CONNECTION_END_RETRIES);
		return false; /* the queue pair tells it */
	}
	return false;
}

bool ipoib__port_cm_next_event(struct ipoib__port *port, struct ipoib_transport_event *event)
{
	struct ipoib__cm_event told;

	while (!ipoib__hca_rc_next_event(&port->hca, event)) {
		if (!ipoib__cm_next(&port->cm, &told))
			return false;
		if (act(port, &told, event))
			return true;
	}
	return true;
}

/* ---- what the user wants ---- */

int ipoib__port_rc_listen(struct ipoib__port *port, struct ipoib__hca_ud *ud, uint64_t service_id)
{
	if (ud->connected_depth == 0)
		return -EOPNOTSUPP;
	return ipoib__cm_listen(&port->cm, service_id, ud);
}

static uint32_t first_psn(struct ipoib__port *port)
{
	return (uint32_t)ipoib__random_u64(&port->random) & IPOIB__RC_PSN;
}

/* What our queue pair is to the peer; of the peer we want what we are asked to do ourselves. */
static struct ipoib__cm_queue_pair queue_pair_of(const struct ipoib__hca_rc *rc)
{
	return (struct ipoib__cm_queue_pair){
		.qpn = rc->qpn,
		.psn = rc->expected_psn,
		.rnr_retry = rc->rnr_retry,
		.retry_count = rc->retry_count,
		.srq = true,
	};
}

static int usable(const struct ipoib__port *port, const struct ipoib__hca_ud *ud,
		  const struct ipoib_rc_attributes *attributes, size_t private_max)
{
	if (ud->connected_depth == 0)
		return -EOPNOTSUPP;
	if (attributes->private_length > private_max)
		return -EINVAL;
	return port->hca.port.state == IPOIB_PORT_ACTIVE ? 0 : -ENETDOWN;
}

int ipoib__port_rc_connect(struct ipoib__port *port, struct ipoib__hca_ud *ud,
			   const struct ipoib_rc_attributes *attributes, void **out)
{
	struct ipoib__cm_connect connect = {
		.service_id = attributes->service_id,
		.path = attributes->path,
		.private_data = attributes->private_data,
		.private_length = attributes->private_length,
	};
	int status = usable(port, ud, attributes, IPOIB__CM_REQ_PRIVATE);
	struct ipoib__hca_rc *rc;

	if (status == 0 && (connect.path.dlid == 0 || connect.path.dlid >= IPOIB__LID_MULTICAST))
		status = -EINVAL;
	if (status == 0)
		status = ipoib__hca_rc_create(&rc, ud, attributes, first_psn(port));
	if (status < 0)
		return status;
	rc->made = true;
	/* The peer answers to where the request says that we are; a record may be older. */
	connect.path.slid = port->hca.port.lid;
	connect.path.sgid = port->hca.port.gid;
	connect.queue_pair = queue_pair_of(rc);
	status = ipoib__cm_connect(&port->cm, &connect, rc, &rc->cm_id);
	if (status < 0) {
		ipoib__hca_rc_destroy(rc);
		return status;
	}
	*out = rc;
	return 0;
}

static struct request *request_find(const struct ipoib__port *port, uint64_t id)
{
	for (struct ipoib__list *link = port->requests.next; link != &port->requests;
	     link = link->next) {
		struct request *request = ipoib__container_of(link, struct request, link);

		if (request->id == id)
			return request;
	}
	return NULL;
}

int ipoib__port_rc_accept(struct ipoib__port *port, struct ipoib__hca_ud *ud, uint64_t id,
			  const struct ipoib_rc_attributes *attributes, void **out)
{
	struct request *request = request_find(port, id);
	int status = usable(port, ud, attributes, IPOIB__CM_REP_PRIVATE);
	struct ipoib__cm_queue_pair own;
	struct ipoib__hca_rc *rc;

	if (request == NULL)
		return -ENOENT;
	if (status == 0)
		status = ipoib__hca_rc_create(&rc, ud, attributes, first_psn(port));
	if (status < 0)
		return status;
	rc->cm_id = request->id;
	ipoib__hca_rc_ready(rc, &request->peer, false);
	own = queue_pair_of(rc);
	status = ipoib__cm_accept(&port->cm, request->id, &own, attributes->private_data,
				  attributes->private_length, rc);
	request_end(port, request);
	if (status < 0) {
		ipoib__hca_rc_destroy(rc);
		return status;
	}
	*out = rc;
	return 0;
}

void ipoib__port_rc_reject(struct ipoib__port *port, uint64_t id, uint16_t reason,
			   const void *private_data, size_t private_length)
{
	struct request *request = request_find(port, id);

	if (request == NULL)
		return;
	ipoib__cm_reject(&port->cm, request->id, reason, private_data, private_length);
	request_end(port, request);
}

void ipoib__port_rc_destroy(struct ipoib__port *port, struct ipoib__hca_rc *rc)
{
	ipoib__cm_close(&port->cm, rc->cm_id);
	ipoib__hca_rc_destroy(rc);
}
