/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Queue pairs of datagrams: their queues, groups, P_Keys and completions. */
#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "mock/hca_rc.h"

/* ---- of the port ---- */

struct ipoib__hca_ud *ipoib__hca_ud_find(const struct ipoib__hca *hca, uint32_t qpn)
{
	for (struct ipoib__list *link = hca->queue_pairs.next; link != &hca->queue_pairs;
	     link = link->next) {
		struct ipoib__hca_ud *ud = ipoib__container_of(link, struct ipoib__hca_ud, link);

		if (ud->qpn == qpn)
			return ud;
	}
	return NULL;
}

bool ipoib__hca_ud_has(const struct ipoib__hca *hca, uint32_t qpn)
{
	return ipoib__hca_ud_find(hca, qpn) != NULL;
}

uint16_t ipoib__hca_ud_pkey(const struct ipoib__hca_ud *ud)
{
	return ud->pkey_index < IPOIB_PKEYS_MAX ? ud->hca->port.pkeys[ud->pkey_index] : 0;
}

/* Its P_Key may stand elsewhere in the table now. */
void ipoib__hca_ud_port_changed(struct ipoib__hca *hca)
{
	for (struct ipoib__list *at = hca->queue_pairs.next; at != &hca->queue_pairs;
	     at = at->next) {
		struct ipoib__hca_ud *ud = ipoib__container_of(at, struct ipoib__hca_ud, link);

		ud->pkey_index = ipoib__hca_pkey_find(hca, ud->pkey);
	}
}

/* ---- making and ending ---- */

static void rings_fini(struct ipoib__hca_ud *ud)
{
	ipoib__ring_fini(&ud->sends);
	ipoib__ring_fini(&ud->receives);
	ipoib__ring_fini(&ud->connected);
	ipoib__ring_fini(&ud->completions);
}

static int rings_init(struct ipoib__hca_ud *ud, struct ipoib__memory *memory)
{
	if (ipoib__ring_init(&ud->sends, memory, sizeof(struct ipoib_ud_send), ud->send_depth) ||
	    ipoib__ring_init(&ud->receives, memory, sizeof(struct ipoib_ud_receive),
			     ud->receive_depth) ||
	    ipoib__ring_init(&ud->completions, memory, sizeof(struct ipoib__hca_completion),
			     (size_t)ud->send_depth + ud->receive_depth + ud->connected_depth))
		return -ENOMEM;
	if (ud->connected_depth == 0)
		return 0;
	return ipoib__ring_init(&ud->connected, memory, sizeof(struct ipoib_ud_receive),
				ud->connected_depth);
}

static bool depth_is_valid(uint32_t depth)
{
	return depth >= 1 && depth <= IPOIB__HCA_DEPTH_MAX;
}

int ipoib__hca_ud_create(struct ipoib__hca *hca, struct ipoib_ud_attributes *attributes,
			 struct ipoib__hca_ud **out)
{
	struct ipoib__hca_ud *ud;
	uint32_t pkey_index = ipoib__hca_pkey_find(hca, attributes->pkey);

	if (!depth_is_valid(attributes->send_depth) || !depth_is_valid(attributes->receive_depth) ||
	    attributes->connected_depth > IPOIB__HCA_DEPTH_MAX ||
	    attributes->connections_max > IPOIB__HCA_CONNECTIONS_MAX)
		return -EINVAL;
	if (pkey_index == IPOIB_PKEYS_MAX)
		return -ENOENT;
	if (hca->queue_pair_count >= IPOIB__HCA_QUEUE_PAIRS_MAX)
		return -ENOMEM;
	ud = ipoib__memory_get(hca->memory, sizeof(*ud));
	if (ud == NULL)
		return -ENOMEM;

	ud->hca = hca;
	ud->state = IPOIB__HCA_READY;
	ud->pkey = attributes->pkey;
	ud->pkey_index = pkey_index;
	ud->send_depth = attributes->send_depth;
	ud->receive_depth = attributes->receive_depth;
	ud->connected_depth = attributes->connected_depth;
	ud->connections_max = ud->connected_depth == 0 ? 0 : attributes->connections_max;
	ipoib__list_init(&ud->connections);
	if (rings_init(ud, hca->memory) < 0) {
		rings_fini(ud);
		ipoib__memory_put(hca->memory, ud, sizeof(*ud));
		return -ENOMEM;
	}
	ud->qpn = ipoib__hca_qpn_new(hca);
	ipoib__list_init(&ud->link);
	ipoib__list_push_back(&hca->queue_pairs, &ud->link);
	hca->queue_pair_count++;
	attributes->qpn = ud->qpn;
	*out = ud;
	return 0;
}

/* Whatever was posted or completed is forgotten; its address handles are free. */
static void release_ahs(struct ipoib__hca_ud *ud)
{
	struct ipoib__hca_completion done;
	struct ipoib_ud_send send;

	while (ipoib__ring_pop(&ud->sends, &send))
		((struct ipoib__hca_ah *)send.ah)->uses--;
	while (ipoib__ring_pop(&ud->completions, &done))
		if (done.ah != NULL)
			done.ah->uses--;
}

void ipoib__hca_ud_destroy(struct ipoib__hca_ud *ud)
{
	struct ipoib__hca *hca = ud->hca;

	ipoib__assert(ipoib__list_empty(&ud->connections));
	release_ahs(ud);
	rings_fini(ud);
	ipoib__memory_put(hca->memory, ud->groups, ud->group_room * sizeof(*ud->groups));
	ipoib__list_remove(&ud->link);
	hca->queue_pair_count--;
	ipoib__memory_put(hca->memory, ud, sizeof(*ud));
}

/* ---- groups ---- */

static struct ipoib__hca_group *group_find(const struct ipoib__hca_ud *ud,
					   const struct ipoib_gid *mgid, uint16_t mlid)
{
	for (size_t i = 0; i < ud->group_count; i++)
		if (ud->groups[i].mlid == mlid &&
		    memcmp(&ud->groups[i].mgid, mgid, sizeof(*mgid)) == 0)
			return &ud->groups[i];
	return NULL;
}

bool ipoib__hca_ud_attached(const struct ipoib__hca_ud *ud, const struct ipoib_gid *mgid,
			    uint16_t mlid)
{
	return group_find(ud, mgid, mlid) != NULL;
}

static int groups_grow(struct ipoib__hca_ud *ud)
{
	struct ipoib__memory *memory = ud->hca->memory;
	size_t room = ud->group_room == 0 ? 8 : ud->group_room * 2;
	struct ipoib__hca_group *groups;

	if (ud->group_count >= IPOIB__HCA_GROUPS_MAX)
		return -ENOMEM;
	groups = ipoib__memory_get_array(memory, room, sizeof(*groups));
	if (groups == NULL)
		return -ENOMEM;
	if (ud->group_count > 0)
		memcpy(groups, ud->groups, ud->group_count * sizeof(*groups));
	ipoib__memory_put(memory, ud->groups, ud->group_room * sizeof(*groups));
	ud->groups = groups;
	ud->group_room = room;
	return 0;
}

int ipoib__hca_ud_attach(struct ipoib__hca_ud *ud, const struct ipoib_gid *mgid, uint16_t mlid)
{
	if (mgid->raw[0] != 0xff || !ipoib__lid_is_multicast(mlid))
		return -EINVAL;
	if (group_find(ud, mgid, mlid) != NULL)
		return 0;
	if (ud->group_count == ud->group_room && groups_grow(ud) < 0)
		return -ENOMEM;
	ud->groups[ud->group_count++] = (struct ipoib__hca_group){ .mgid = *mgid, .mlid = mlid };
	return 0;
}

void ipoib__hca_ud_detach(struct ipoib__hca_ud *ud, const struct ipoib_gid *mgid, uint16_t mlid)
{
	struct ipoib__hca_group *group = group_find(ud, mgid, mlid);

	if (group != NULL)
		*group = ud->groups[--ud->group_count];
}

/* ---- posting and polling ---- */

void ipoib__hca_ud_complete(struct ipoib__hca_ud *ud, const struct ipoib__hca_completion *done)
{
	bool pushed = ipoib__ring_push(&ud->completions, done);
	bool armed = ud->armed;

	ipoib__assert(pushed); /* places are taken from posting to polling */
	ud->armed = false;
	ud->hca->owner.wake(ud->hca->owner.self, armed);
}

void ipoib__hca_ud_complete_send(struct ipoib__hca_ud *ud, const struct ipoib_ud_send *send,
				 int status)
{
	struct ipoib__hca_completion done = {
		.completion = {
			.cookie = send->cookie,
			.status = status,
			.opcode = IPOIB_UD_SEND,
		},
		.ah = send->ah,
	};

	if (status == 0)
		ud->hca->counters.sends++;
	else if (status == -ECANCELED)
		ud->hca->counters.sends_flushed++;
	else
		ud->hca->counters.sends_failed++;
	ipoib__hca_ud_complete(ud, &done);
}

void ipoib__hca_ud_flush_sends(struct ipoib__hca_ud *ud)
{
	struct ipoib_ud_send send;

	while (ipoib__ring_pop(&ud->sends, &send))
		ipoib__hca_ud_complete_send(ud, &send, -ECANCELED);
}

bool ipoib__hca_ud_arm(struct ipoib__hca_ud *ud)
{
	ud->armed = ipoib__ring_count(&ud->completions) == 0;
	return !ud->armed;
}

static void flush_receives(struct ipoib__hca_ud *ud)
{
	struct ipoib_ud_receive receive;

	while (ipoib__ring_pop(&ud->receives, &receive)) {
		struct ipoib__hca_completion flushed = {
			.completion = {
				.cookie = receive.cookie,
				.status = -ECANCELED,
				.opcode = IPOIB_UD_RECEIVE,
			},
		};

		ud->hca->counters.receives_flushed++;
		ipoib__hca_ud_complete(ud, &flushed);
	}
}

void ipoib__hca_ud_stop(struct ipoib__hca_ud *ud, enum ipoib__hca_state state)
{
	ipoib__assert(state != IPOIB__HCA_READY);
	ud->state = state;
	ipoib__hca_ud_flush_sends(ud);
	if (state == IPOIB__HCA_ERROR)
		flush_receives(ud);
	ud->mend = ipoib__ring_count(&ud->completions);
}

int ipoib__hca_ud_post_receive(struct ipoib__hca_ud *ud, const struct ipoib_ud_receive *receives,
			       size_t count)
{
	size_t posted = 0;

	while (posted < count && ud->receives_open < ud->receive_depth) {
		bool pushed = ipoib__ring_push(&ud->receives, &receives[posted]);

		ipoib__assert(pushed);
		ud->receives_open++;
		posted++;
	}
	if (ud->state == IPOIB__HCA_ERROR)
		flush_receives(ud);
	return (int)posted;
}

/* The place that a taken completion had in its queue is free again. */
static void free_place(struct ipoib__hca_ud *ud, const struct ipoib__hca_completion *done)
{
	switch (done->completion.opcode) {
	case IPOIB_UD_SEND:
		done->ah->uses--;
		ud->sends_open--;
		break;
	case IPOIB_UD_RECEIVE:
		ud->receives_open--;
		break;
	case IPOIB_RC_SEND:
		done->rc->sends_open--;
		break;
	default:
		ud->connected_open--;
		break;
	}
}

static void count_towards_mending(struct ipoib__hca_ud *ud)
{
	if (ud->mend > 0 && --ud->mend == 0)
		ud->state = IPOIB__HCA_READY;
}

int ipoib__hca_ud_poll(struct ipoib__hca_ud *ud, struct ipoib_ud_completion *completions,
		       size_t count)
{
	struct ipoib__hca_completion done;
	size_t taken = 0;

	while (taken < count && ipoib__ring_pop(&ud->completions, &done)) {
		free_place(ud, &done);
		count_towards_mending(ud);
		completions[taken++] = done.completion;
	}
	return (int)taken;
}

/* ---- completions of connections ---- */

int ipoib__hca_ud_reserve(struct ipoib__hca_ud *ud, size_t more)
{
	struct ipoib__hca_completion done;
	struct ipoib__ring larger;
	size_t limit = ud->completions.limit + more;

	if (limit <= ud->completions.mask + 1) {
		ud->completions.limit = limit;
		return 0;
	}
	if (ipoib__ring_init(&larger, ud->hca->memory, sizeof(done), limit) < 0)
		return -ENOMEM;
	while (ipoib__ring_pop(&ud->completions, &done))
		(void)ipoib__ring_push(&larger, &done);
	ipoib__ring_fini(&ud->completions);
	ud->completions = larger;
	return 0;
}

void ipoib__hca_ud_release(struct ipoib__hca_ud *ud, size_t less)
{
	ud->completions.limit -= less;
}

void ipoib__hca_ud_forget(struct ipoib__hca_ud *ud, const struct ipoib__hca_rc *rc)
{
	size_t count = ipoib__ring_count(&ud->completions);
	size_t mend = ud->mend;
	struct ipoib__hca_completion done;

	for (size_t i = 0; i < count; i++) {
		(void)ipoib__ring_pop(&ud->completions, &done);
		if (done.rc != rc) {
			(void)ipoib__ring_push(&ud->completions, &done);
			continue;
		}
		if (i < mend)
			count_towards_mending(ud);
		if (done.completion.opcode == IPOIB_RC_RECEIVE)
			(void)ipoib__ring_push(&ud->connected, &done.room);
	}
}
