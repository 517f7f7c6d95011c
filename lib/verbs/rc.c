/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Connections as the rest of the transport sees them: what the transport and a UD queue pair keep
 * of them, what events of the port and the adapter do to them, and what the user is told.
 */
#include "verbs/rc.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "verbs/rc_parts.h"

/* ---- the transport's part ---- */

int ipoib__verbs_rc_open(struct ipoib__verbs *verbs)
{
	struct ipoib__verbs_rc_set *set = ipoib__memory_get(&verbs->memory, sizeof(*set));

	if (set == NULL)
		return -ENOMEM;
	ipoib__verbs_rc_table_init(set, &verbs->memory);
	ipoib__list_init(&set->telling);
	ipoib__list_init(&set->requests);
	ipoib__list_init(&set->leaving);
	verbs->rcs = set;
	return 0;
}

void ipoib__verbs_rc_close(struct ipoib__verbs *verbs)
{
	struct ipoib__verbs_rc_set *set = verbs->rcs;

	if (set == NULL)
		return;
	ipoib__verbs_rc_leaving_end(verbs);
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

/* ---- events of the port and of the adapter ---- */

/* The link is down: librdmacm would say so only after all repetitions. */
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
	ipoib__verbs_rc_leaving_port(verbs);
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

/* ---- what the user is told ---- */

static struct ipoib__verbs_rc_request *first_untold(const struct ipoib__verbs_rc_set *set)
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

	if (!ipoib__list_empty(&set->telling) || first_untold(set) != NULL)
		return 0;
	return set->link_back ? set->farewell_at : IPOIB_NEVER;
}

/* That it is up comes first, then that it has ended. */
static void describe_change(struct ipoib__verbs_rc *rc, struct ipoib_transport_event *event)
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

		describe_change(rc, event);
		if (!rc->tell_up && !rc->tell_end)
			ipoib__list_remove(&rc->telling);
		return true;
	}
	request = first_untold(verbs->rcs);
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
