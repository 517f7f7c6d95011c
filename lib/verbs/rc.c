/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Connections as such: making, failing and ending them, and what they tell. */
#include "verbs/rc.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "verbs/rc_parts.h"

/* What a count of three bits holds. */
#define RETRIES_MAX 7
/* And a code of five. */
#define TIMEOUT_MAX 31
#define SERIAL	    0xffffff
/* From a link that is back to the addresses of its network device. */
#define GOODBYE_NS UINT64_C(3000000000)

/* ---- the transport's part ---- */

static uint64_t qpn_hash(uint32_t qpn)
{
	return qpn * UINT64_C(0x9e3779b97f4a7c15); /* our own adapter's: they need no key */
}

static bool qpn_equal(const void *entry, const void *key, void *user)
{
	(void)user;
	return ((const struct ipoib__verbs_rc *)entry)->qp->qp_num == *(const uint32_t *)key;
}

struct ipoib__verbs_rc *ipoib__verbs_rc_find(const struct ipoib__verbs *verbs, uint32_t qpn)
{
	return ipoib__table_find(&verbs->rcs->table, qpn_hash(qpn), &qpn);
}

int ipoib__verbs_rc_open(struct ipoib__verbs *verbs)
{
	struct ipoib__verbs_rc_set *set = ipoib__memory_get(&verbs->memory, sizeof(*set));

	if (set == NULL)
		return -ENOMEM;
	ipoib__table_init(&set->table, &verbs->memory, qpn_equal, NULL);
	ipoib__list_init(&set->telling);
	ipoib__list_init(&set->requests);
	ipoib__list_init(&set->leaving);
	verbs->rcs = set;
	return 0;
}

void ipoib__verbs_rc_close(struct ipoib__verbs *verbs)
{
	struct ipoib__verbs_rc_set *set = verbs->rcs;
	struct ipoib__list *first;

	if (set == NULL)
		return;
	while ((first = ipoib__list_first(&set->leaving)) != NULL)
		ipoib__verbs_rc_left(ipoib__container_of(first, struct ipoib__verbs_rc, link));
	ipoib__assert(ipoib__list_empty(&set->requests));
	ipoib__table_fini(&set->table);
	ipoib__memory_put(&verbs->memory, set, sizeof(*set));
	verbs->rcs = NULL;
}

/* ---- a UD queue pair's part ---- */

int ipoib__verbs_rc_ud_init(struct ipoib__verbs_ud *ud)
{
	struct ipoib__verbs_rc_ud *own;
	int status;

	if (ud->attributes.connected_depth == 0)
		return 0;
	if (ud->attributes.connections_max > IPOIB__VERBS_CONNECTIONS_MAX ||
	    ud->attributes.connected_depth > (uint32_t)ud->verbs->limits.max_srq_wr)
		return -EINVAL;
	own = ipoib__memory_get(&ud->verbs->memory, sizeof(*own));
	if (own == NULL)
		return -ENOMEM;
	own->ud = ud;
	ipoib__list_init(&own->services);
	ipoib__list_init(&own->connections);
	ipoib__list_init(&own->decided);
	ud->rc = own;
	status = ipoib__verbs_rc_bind(ud);
	if (status == 0)
		status = ipoib__verbs_rc_srq_init(ud);
	if (status < 0)
		ipoib__verbs_rc_ud_fini(ud);
	return status;
}

void ipoib__verbs_rc_ud_fini(struct ipoib__verbs_ud *ud)
{
	struct ipoib__verbs_rc_ud *own = ud->rc;

	if (own == NULL)
		return;
	ipoib__assert(ipoib__list_empty(&own->connections));
	ipoib__verbs_rc_unlisten(ud);
	ipoib__verbs_rc_srq_fini(ud);
	ipoib__memory_put(&ud->verbs->memory, own, sizeof(*own));
	ud->rc = NULL;
}

/* ---- making ---- */

static int check(const struct ipoib__verbs_ud *ud, const struct ipoib_rc_attributes *attributes)
{
	const struct ibv_device_attr *limits = &ud->verbs->limits;

	if (attributes->send_depth < 1 || attributes->send_depth > IPOIB__VERBS_DEPTH_MAX ||
	    attributes->send_depth > (uint32_t)limits->max_qp_wr ||
	    attributes->retry_count > RETRIES_MAX || attributes->rnr_retry > RETRIES_MAX ||
	    attributes->ack_timeout > TIMEOUT_MAX ||
	    attributes->private_length > IPOIB_RC_PRIVATE_MAX)
		return -EINVAL;
	if (ud->verbs->gone || ud->verbs->port.state != IPOIB_PORT_ACTIVE)
		return -ENETDOWN;
	return ud->rc->connection_count < ud->attributes.connections_max ? 0 : -ENOSPC;
}

/* Not every adapter has room for inline data. */
static int create_qp(struct ipoib__verbs_rc *rc)
{
	static const uint32_t inlines[] = { IPOIB__VERBS_INLINE, 0 };
	struct ibv_qp_init_attr attr;

	for (size_t i = 0; i < sizeof(inlines) / sizeof(inlines[0]) && rc->qp == NULL; i++) {
		attr = (struct ibv_qp_init_attr){
			.qp_context = rc,
			.send_cq = rc->ud->cq.queue,
			.recv_cq = rc->ud->cq.queue,
			.srq = rc->ud->rc->srq,
			.cap = {
				.max_send_wr = rc->attributes.send_depth,
				.max_send_sge = 1,
				.max_inline_data = inlines[i],
			},
			.qp_type = IBV_QPT_RC,
		};
		rc->qp = ibv_create_qp(rc->verbs->pd, &attr);
	}
	if (rc->qp == NULL)
		return ipoib__verbs_errno();
	rc->inline_max = attr.cap.max_inline_data;
	return 0;
}

/* What is freed by ipoib__verbs_rc_free(), entered step by step. */
static int set_up(struct ipoib__verbs_rc *rc)
{
	struct ipoib__verbs *verbs = rc->verbs;
	int status;

	status = ipoib__verbs_posted_init(&rc->sends, &verbs->memory, rc->attributes.send_depth);
	if (status < 0)
		return status;
	status = ipoib__verbs_cq_reserve(&rc->ud->cq, rc->attributes.send_depth);
	if (status < 0)
		return status;
	status = create_qp(rc);
	if (status == 0 &&
	    ipoib__table_insert(&verbs->rcs->table, qpn_hash(rc->qp->qp_num), rc) < 0) {
		(void)ibv_destroy_qp(rc->qp);
		rc->qp = NULL;
		status = -ENOMEM;
	}
	if (status < 0)
		ipoib__verbs_cq_release(&rc->ud->cq, rc->attributes.send_depth);
	return status;
}

int ipoib__verbs_rc_new(struct ipoib__verbs_ud *ud, const struct ipoib_rc_attributes *attributes,
			struct ipoib__verbs_rc **out)
{
	struct ipoib__verbs *verbs = ud->verbs;
	int status = check(ud, attributes);
	struct ipoib__verbs_rc *rc;

	if (status < 0)
		return status;
	rc = ipoib__memory_get(&verbs->memory, sizeof(*rc));
	if (rc == NULL)
		return -ENOMEM;
	rc->verbs = verbs;
	rc->ud = ud;
	rc->attributes = *attributes;
	rc->serial = verbs->rcs->next_serial++ & SERIAL;
	rc->cm.handle = ipoib__verbs_rc_handle;
	ipoib__list_init(&rc->link);
	ipoib__list_init(&rc->decided);
	ipoib__list_init(&rc->telling);
	status = set_up(rc);
	if (status < 0) {
		ipoib__verbs_posted_fini(&rc->sends);
		ipoib__memory_put(&verbs->memory, rc, sizeof(*rc));
		return status;
	}
	ipoib__list_push_back(&ud->rc->connections, &rc->link);
	ud->rc->connection_count++;
	*out = rc;
	return 0;
}

/* ---- ending ---- */

/* Whatever it has posted is the user's again, and nothing of it is told any more. */
static void end_queue_pair(struct ipoib__verbs_rc *rc)
{
	struct ipoib__verbs_rc_ud *own = rc->ud->rc;

	(void)ipoib__table_remove(&rc->verbs->rcs->table, qpn_hash(rc->qp->qp_num), rc);
	ipoib__list_remove(&rc->link);
	ipoib__list_remove(&rc->decided);
	ipoib__list_remove(&rc->telling);
	own->connection_count--;
	(void)ibv_destroy_qp(rc->qp);
	rc->qp = NULL;
	ipoib__verbs_cq_release(&rc->ud->cq, rc->attributes.send_depth);
	ipoib__verbs_posted_fini(&rc->sends);
}

void ipoib__verbs_rc_free(struct ipoib__verbs_rc *rc)
{
	if (rc->qp != NULL)
		end_queue_pair(rc);
	ipoib__memory_put(&rc->verbs->memory, rc, sizeof(*rc));
}

void ipoib__verbs_rc_destroy(struct ipoib__verbs *verbs, void *self)
{
	struct ipoib__verbs_rc *rc = self;

	(void)verbs;
	end_queue_pair(rc);
	ipoib__verbs_rc_leave(rc);
}

void ipoib__verbs_rc_tell(struct ipoib__verbs_rc *rc)
{
	if (!ipoib__list_is_linked(&rc->telling))
		ipoib__list_push_back(&rc->verbs->rcs->telling, &rc->telling);
	ipoib__verbs_wake(rc->verbs);
}

void ipoib__verbs_rc_fail(struct ipoib__verbs_rc *rc, enum ipoib_connection_end why)
{
	bool asked = rc->state == IPOIB__VERBS_RC_RESOLVING || rc->state == IPOIB__VERBS_RC_ASKING;

	if (rc->state == IPOIB__VERBS_RC_FAILED)
		return;
	rc->state = IPOIB__VERBS_RC_FAILED;
	rc->tell_end = true;
	rc->refused = asked;
	rc->end_status = asked ? -ETIMEDOUT : why == IPOIB_CONNECTION_END_PEER ? -ECONNRESET : -EIO;
	rc->end_reason = asked ? 0 : (uint16_t)why;
	ipoib__verbs_rc_stop(rc);
	ipoib__verbs_rc_tell(rc);
}

/* The link is down: nobody would say so before all repetitions are over. */
static void fail_all(struct ipoib__verbs_ud *ud)
{
	for (struct ipoib__list *at = ud->rc->connections.next; at != &ud->rc->connections;
	     at = at->next)
		ipoib__verbs_rc_fail(ipoib__container_of(at, struct ipoib__verbs_rc, link),
				     IPOIB_CONNECTION_END_PORT);
}

void ipoib__verbs_rc_port(struct ipoib__verbs *verbs)
{
	for (struct ipoib__list *at = verbs->uds.next; at != &verbs->uds; at = at->next) {
		struct ipoib__verbs_ud *ud = ipoib__container_of(at, struct ipoib__verbs_ud, link);

		if (ud->rc == NULL)
			continue;
		if (verbs->gone || verbs->port.state != IPOIB_PORT_ACTIVE)
			fail_all(ud);
		if (!verbs->gone)
			ipoib__verbs_rc_rebind(ud);
	}
	verbs->rcs->link_back = verbs->port.state == IPOIB_PORT_ACTIVE &&
				!ipoib__list_empty(&verbs->rcs->leaving);
	verbs->rcs->goodbye_at = 0;
}

void ipoib__verbs_rc_async(struct ipoib__verbs *verbs, const struct ibv_async_event *event)
{
	struct ipoib__verbs_rc *rc = ipoib__verbs_rc_find(verbs, event->element.qp->qp_num);

	if (rc == NULL)
		return;
	if (event->event_type == IBV_EVENT_COMM_EST && rc->state == IPOIB__VERBS_RC_ANSWERED)
		(void)rdma_notify(rc->id, IBV_EVENT_COMM_EST);
	else if (event->event_type != IBV_EVENT_COMM_EST &&
		 event->event_type != IBV_EVENT_QP_LAST_WQE_REACHED)
		ipoib__verbs_rc_fail(rc, IPOIB_CONNECTION_END_ERROR);
}

/* ---- events ---- */

void ipoib__verbs_rc_process(struct ipoib__verbs *verbs, uint64_t now)
{
	struct ipoib__verbs_rc_set *set = verbs->rcs;

	if (!set->link_back)
		return; /* all other time is the kernel's, and what it says comes by the channel */
	if (set->goodbye_at == 0)
		set->goodbye_at = now + GOODBYE_NS;
	if (now < set->goodbye_at)
		return;
	set->link_back = false;
	ipoib__verbs_rc_say_goodbye(verbs);
}

static struct ipoib__verbs_rc_request *untold(const struct ipoib__verbs_rc_set *set)
{
	for (struct ipoib__list *at = set->requests.next; at != &set->requests; at = at->next) {
		struct ipoib__verbs_rc_request *request =
			ipoib__container_of(at, struct ipoib__verbs_rc_request, link);

		if (!request->told)
			return request;
	}
	return NULL;
}

uint64_t ipoib__verbs_rc_deadline(const struct ipoib__verbs *verbs)
{
	const struct ipoib__verbs_rc_set *set = verbs->rcs;

	if (!ipoib__list_empty(&set->telling) || untold(set) != NULL)
		return 0;
	return set->link_back ? set->goodbye_at : IPOIB_NEVER;
}

/* First that it came up, then that it ended. */
static void describe(struct ipoib__verbs_rc *rc, struct ipoib_transport_event *event)
{
	event->id = rc->attributes.connection;
	if (rc->tell_up) {
		rc->tell_up = false;
		event->type = IPOIB_TRANSPORT_RC_UP;
		event->rc = rc->told;
		return;
	}
	rc->tell_end = false;
	event->type = rc->refused ? IPOIB_TRANSPORT_RC_REFUSED : IPOIB_TRANSPORT_RC_DOWN;
	event->status = rc->end_status;
	if (rc->refused)
		event->rc = rc->told;
	else
		event->rc.reason = rc->end_reason;
}

bool ipoib__verbs_rc_next_event(struct ipoib__verbs *verbs, struct ipoib_transport_event *event)
{
	struct ipoib__list *first = ipoib__list_first(&verbs->rcs->telling);
	struct ipoib__verbs_rc_request *request;

	memset(event, 0, sizeof(*event));
	if (first != NULL) {
		struct ipoib__verbs_rc *rc =
			ipoib__container_of(first, struct ipoib__verbs_rc, telling);

		describe(rc, event);
		if (!rc->tell_up && !rc->tell_end)
			ipoib__list_remove(&rc->telling);
		return true;
	}
	request = untold(verbs->rcs);
	if (request == NULL)
		return false;
	request->told = true;
	event->type = IPOIB_TRANSPORT_RC_REQUEST;
	event->rc = request->event;
	/*
	 * librdmacm shows no headers. On InfiniBand messages go to the LID of the path; on Ethernet
	 * the kernel takes even the GID from the request, and where it came from is not known.
	 */
	event->path.dlid = request->event.lid;
	return true;
}
