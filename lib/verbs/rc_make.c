/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Connections as objects: found by the number of the queue pair, made with it, ended with it. */
#include <errno.h>

#include "verbs/rc_parts.h"

/* What a count of three bits holds. */
#define RETRIES_MAX 7
/* And a code of five. */
#define TIMEOUT_MAX 31
#define SERIAL	    0xffffff

/* ---- the table ---- */

static uint64_t qpn_hash(uint32_t qpn)
{
	return qpn * UINT64_C(0x9e3779b97f4a7c15); /* no peer chooses it: it needs no key */
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

void ipoib__verbs_rc_table_init(struct ipoib__verbs_rc_set *set, struct ipoib__memory *memory)
{
	ipoib__table_init(&set->table, memory, qpn_equal, NULL);
}

/* ---- making ---- */

static int check_attributes(const struct ipoib__verbs_ud *ud,
			    const struct ipoib_rc_attributes *attributes)
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

/* Some adapters have no room for inline data: the second try is without. */
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

/* Undoes what it has done when it fails, but the ring of sends. */
static int set_up_queue_pair(struct ipoib__verbs_rc *rc)
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
	int status = check_attributes(ud, attributes);
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
	ipoib__list_init(&rc->link);
	ipoib__list_init(&rc->decided);
	ipoib__list_init(&rc->telling);
	status = set_up_queue_pair(rc);
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

void ipoib__verbs_rc_end_queue_pair(struct ipoib__verbs_rc *rc)
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
		ipoib__verbs_rc_end_queue_pair(rc);
	ipoib__memory_put(&rc->verbs->memory, rc, sizeof(*rc));
}
