/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* UD queue pairs: making and ending them, and their groups. */
#include "verbs/ud.h"

#include <errno.h>
#include <string.h>

#include "verbs/pkey.h"
#include "verbs/rc.h"
#include "verbs/status.h"
#include "verbs/verbs.h"

/* Numbers of queue pairs of which the port was taken: 31744 of them are spread at random. */
#define NUMBERS_TRIED 8

/* A multicast LID: any but those of ports and 0xffff. */
static bool mlid_is_valid(uint16_t mlid)
{
	return mlid >= 0xc000 && mlid != 0xffff;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static bool attributes_are_valid(const struct ipoib__verbs *verbs,
				 const struct ipoib_ud_attributes *attributes)
{
	uint32_t most = smaller(IPOIB__VERBS_DEPTH_MAX, (uint32_t)verbs->limits.max_qp_wr);

	return attributes->send_depth >= 1 && attributes->send_depth <= most &&
	       attributes->receive_depth >= 1 && attributes->receive_depth <= most &&
	       attributes->connected_depth <= IPOIB__VERBS_DEPTH_MAX;
}

/* Some adapters have no room for inline data: the second try is without, and only slower. */
static int create_qp(struct ipoib__verbs_ud *ud)
{
	struct ibv_qp_init_attr attr;
	static const uint32_t inlines[] = { IPOIB__VERBS_INLINE, 0 };

	for (size_t i = 0; i < sizeof(inlines) / sizeof(inlines[0]) && ud->qp == NULL; i++) {
		attr = (struct ibv_qp_init_attr){
			.qp_context = ud,
			.send_cq = ud->cq.queue,
			.recv_cq = ud->cq.queue,
			.cap = {
				.max_send_wr = ud->attributes.send_depth,
				.max_recv_wr = ud->attributes.receive_depth,
				.max_send_sge = 1,
				.max_recv_sge = 1,
				.max_inline_data = inlines[i],
			},
			.qp_type = IBV_QPT_UD,
		};
		ud->qp = ibv_create_qp(ud->verbs->pd, &attr);
	}
	if (ud->qp == NULL)
		return ipoib__verbs_errno();
	ud->inline_max = attr.cap.max_inline_data;
	return 0;
}

static int create_cq(struct ipoib__verbs_ud *ud)
{
	struct ipoib__verbs *verbs = ud->verbs;
	uint32_t places = ud->attributes.send_depth + ud->attributes.receive_depth +
			  ud->attributes.connected_depth;

	return ipoib__verbs_cq_init(&ud->cq, &verbs->channel, verbs->device, places,
				    (uint32_t)verbs->limits.max_cqe);
}

static void ud_free(struct ipoib__verbs_ud *ud)
{
	struct ipoib__verbs *verbs = ud->verbs;

	ipoib__verbs_rc_ud_fini(ud);
	if (ud->qp != NULL)
		(void)ibv_destroy_qp(ud->qp);
	ipoib__verbs_cq_fini(&ud->cq);
	ipoib__verbs_wake(verbs); /* the channel may have told of others, too */
	ipoib__verbs_posted_fini(&ud->sends);
	ipoib__verbs_posted_fini(&ud->receives);
	ipoib__memory_put(&verbs->memory, ud, sizeof(*ud));
}

/*
 * Connections on RoCE have a port that comes of the queue pair's number: where it is taken the next
 * number may be better. The one before is kept meanwhile, or it would be given out again.
 */
static int create_numbered_qp(struct ipoib__verbs_ud *ud)
{
	struct ibv_qp *rejected[NUMBERS_TRIED];
	unsigned count = 0;
	int status;

	for (;;) {
		status = create_qp(ud);
		if (status == 0)
			status = ipoib__verbs_rc_ud_init(ud);
		if (status != -EADDRINUSE || count == NUMBERS_TRIED)
			break;
		rejected[count++] = ud->qp;
		ud->qp = NULL;
	}
	while (count > 0)
		(void)ibv_destroy_qp(rejected[--count]);
	return status;
}

static int ud_set_up(struct ipoib__verbs_ud *ud)
{
	struct ipoib__memory *memory = &ud->verbs->memory;
	int status;

	if (ipoib__verbs_posted_init(&ud->sends, memory, ud->attributes.send_depth) < 0 ||
	    ipoib__verbs_posted_init(&ud->receives, memory, ud->attributes.receive_depth) < 0)
		return -ENOMEM;
	status = create_cq(ud);
	if (status == 0)
		status = create_numbered_qp(ud);
	if (status == 0)
		status = ipoib__verbs_ud_start(ud);
	return status;
}

int ipoib__verbs_ud_create(struct ipoib__verbs *verbs, struct ipoib_ud_attributes *attributes,
			   struct ipoib__verbs_ud **out)
{
	struct ipoib__verbs_ud *ud;
	uint16_t pkey_index;
	int status;

	if (!attributes_are_valid(verbs, attributes))
		return -EINVAL;
	if (verbs->gone)
		return -ENODEV;
	if (!ipoib__verbs_pkey_find(&verbs->port, attributes->pkey, &pkey_index))
		return -ENOENT;
	ud = ipoib__memory_get(&verbs->memory, sizeof(*ud));
	if (ud == NULL)
		return -ENOMEM;
	ud->verbs = verbs;
	ud->pkey = attributes->pkey;
	ud->pkey_index = pkey_index;
	ud->attributes = *attributes;
	ipoib__list_init(&ud->link);
	ipoib__list_init(&ud->groups);
	status = ud_set_up(ud);
	if (status < 0) {
		ud_free(ud);
		return status;
	}
	ipoib__list_push_back(&verbs->uds, &ud->link);
	attributes->qpn = ud->qp->qp_num;
	ud->attributes.qpn = ud->qp->qp_num;
	*out = ud;
	return 0;
}

int ipoib__verbs_ud_set_qkey(struct ipoib__verbs_ud *ud, uint32_t qkey)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RTS, .qkey = qkey };

	ud->qkey = qkey;
	if (ud->state != IPOIB__VERBS_READY)
		return 0; /* it comes with the mending */
	return ipoib__verbs_status(ibv_modify_qp(ud->qp, &attr, IBV_QP_STATE | IBV_QP_QKEY));
}

/* ---- groups ---- */

static struct ipoib__verbs_attached *group_find(const struct ipoib__verbs_ud *ud,
						const struct ipoib_gid *mgid, uint16_t mlid)
{
	for (struct ipoib__list *at = ud->groups.next; at != &ud->groups; at = at->next) {
		struct ipoib__verbs_attached *group =
			ipoib__container_of(at, struct ipoib__verbs_attached, link);

		if (group->mlid == mlid && memcmp(&group->mgid, mgid, sizeof(*mgid)) == 0)
			return group;
	}
	return NULL;
}

/* On RoCE there are no LIDs. */
static uint16_t lid_of(const struct ipoib__verbs_ud *ud, uint16_t mlid)
{
	return ud->verbs->ethernet ? 0 : mlid;
}

int ipoib__verbs_ud_attach(struct ipoib__verbs_ud *ud, const struct ipoib_gid *mgid, uint16_t mlid)
{
	struct ipoib__verbs *verbs = ud->verbs;
	struct ipoib__verbs_attached *group;
	union ibv_gid gid;
	int status;

	if (mgid->raw[0] != 0xff || !mlid_is_valid(mlid))
		return -EINVAL;
	if (group_find(ud, mgid, mlid) != NULL)
		return 0;
	group = ipoib__memory_get(&verbs->memory, sizeof(*group));
	if (group == NULL)
		return -ENOMEM;
	memcpy(gid.raw, mgid->raw, sizeof(gid.raw));
	status = ipoib__verbs_status(ibv_attach_mcast(ud->qp, &gid, lid_of(ud, mlid)));
	if (status < 0) {
		ipoib__memory_put(&verbs->memory, group, sizeof(*group));
		return status;
	}
	group->mgid = *mgid;
	group->mlid = mlid;
	ipoib__list_init(&group->link);
	ipoib__list_push_back(&ud->groups, &group->link);
	return 0;
}

static void group_detach(struct ipoib__verbs_ud *ud, struct ipoib__verbs_attached *group)
{
	union ibv_gid gid;

	memcpy(gid.raw, group->mgid.raw, sizeof(gid.raw));
	(void)ibv_detach_mcast(ud->qp, &gid, lid_of(ud, group->mlid));
	ipoib__list_remove(&group->link);
	ipoib__memory_put(&ud->verbs->memory, group, sizeof(*group));
}

void ipoib__verbs_ud_detach(struct ipoib__verbs_ud *ud, const struct ipoib_gid *mgid, uint16_t mlid)
{
	struct ipoib__verbs_attached *group = group_find(ud, mgid, mlid);

	if (group != NULL)
		group_detach(ud, group);
}

/* An adapter does not end a queue pair that is attached to a group. */
void ipoib__verbs_ud_destroy(struct ipoib__verbs_ud *ud)
{
	struct ipoib__list *first;

	while ((first = ipoib__list_first(&ud->groups)) != NULL)
		group_detach(ud, ipoib__container_of(first, struct ipoib__verbs_attached, link));
	ipoib__list_remove(&ud->link);
	ud_free(ud);
}
