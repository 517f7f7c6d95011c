/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Datagrams that arrive: to the services, to one queue pair, or to those attached to a group. */
#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "mock/hca.h"
#include "wire/grh.h"
#include "wire/mad.h"

/* Octets around the payload that a GRH counts: BTH, DETH, ICRC. */
#define TRANSPORT_OCTETS (12 + 8 + 4)

/* The 40 octets in front: the GRH, or nothing that anyone may rely on. */
static void write_grh(uint8_t *room, const struct ipoib__frame *frame)
{
	struct ipoib__grh grh = {
		.traffic_class = frame->traffic_class,
		.flow_label = frame->flow_label,
		.payload_length = (uint16_t)(((frame->length + 3) & ~3u) + TRANSPORT_OCTETS),
		.next_header = IPOIB__GRH_NEXT_BTH,
		.hop_limit = frame->hop_limit,
		.source = frame->sgid,
		.destination = frame->dgid,
	};

	memset(room, IPOIB__HCA_POISON, IPOIB_GRH_LENGTH);
	if (frame->flags & IPOIB__FRAME_GRH)
		ipoib__assert(ipoib__grh_encode(room, IPOIB_GRH_LENGTH, &grh) == IPOIB_GRH_LENGTH);
}

static void fail(struct ipoib__hca_ud *ud, const struct ipoib_ud_receive *receive, int status)
{
	struct ipoib__hca_completion done = {
		.completion = {
			.cookie = receive->cookie,
			.status = status,
			.opcode = IPOIB_UD_RECEIVE,
		},
	};

	ud->hca->counters.receives_failed++;
	ipoib__hca_ud_complete(ud, &done);
	ipoib__hca_ud_stop(ud, IPOIB__HCA_ERROR);
}

static void fill(struct ipoib__hca_ud *ud, const struct ipoib_ud_receive *receive,
		 const struct ipoib__frame *frame, const void *payload)
{
	uint8_t *room = receive->address;
	struct ipoib__hca_completion done = {
		.completion = {
			.cookie = receive->cookie,
			.opcode = IPOIB_UD_RECEIVE,
			.has_grh = (frame->flags & IPOIB__FRAME_GRH) != 0,
			.sl = frame->sl,
			.length = IPOIB_GRH_LENGTH + frame->length,
			.source_qpn = frame->sqpn,
			.source_lid = frame->slid,
		},
	};

	write_grh(room, frame);
	if (frame->length > 0)
		memcpy(room + IPOIB_GRH_LENGTH, payload, frame->length);
	ud->hca->counters.receives++;
	ipoib__hca_ud_complete(ud, &done);
}

static void deliver(struct ipoib__hca_ud *ud, const struct ipoib__frame *frame, const void *payload)
{
	struct ipoib__hca *hca = ud->hca;
	struct ipoib_ud_receive receive;

	if (ud->state == IPOIB__HCA_ERROR)
		hca->counters.dropped_state++;
	else if (!ipoib__hca_pkey_matches(frame->pkey, ipoib__hca_ud_pkey(ud)))
		hca->counters.dropped_pkey++;
	else if (frame->qkey != ud->qkey)
		hca->counters.dropped_qkey++;
	else if (!ipoib__ring_pop(&ud->receives, &receive))
		hca->counters.dropped_starved++;
	else if (receive.length < IPOIB_GRH_LENGTH + frame->length)
		fail(ud, &receive, -EMSGSIZE);
	else if (!ipoib__hca_memory_covers(hca, receive.key, receive.address, receive.length))
		fail(ud, &receive, -EIO);
	else
		fill(ud, &receive, frame, payload);
}

/* The services are in every partition that the port is in. */
static bool port_has_pkey(const struct ipoib__hca *hca, uint16_t pkey)
{
	for (uint32_t i = 0; i < hca->port.pkey_count; i++)
		if (ipoib__hca_pkey_matches(pkey, hca->port.pkeys[i]))
			return true;
	return false;
}

static void to_services(struct ipoib__hca *hca, const struct ipoib__frame *frame,
			const void *payload)
{
	if (!port_has_pkey(hca, frame->pkey))
		hca->counters.dropped_pkey++;
	else if (frame->qkey != IPOIB__QKEY_SERVICES || frame->length != IPOIB__MAD_LENGTH ||
	    !hca->owner.mad(hca->owner.self, frame, payload))
		hca->counters.dropped_mad++;
	else
		hca->counters.mads++;
}

static void to_queue_pair(struct ipoib__hca *hca, const struct ipoib__frame *frame,
			  const void *payload)
{
	struct ipoib__hca_ud *ud;

	if (frame->dqpn == IPOIB__QPN_SERVICES) {
		to_services(hca, frame, payload);
		return;
	}
	ud = ipoib__hca_ud_find(hca, frame->dqpn);
	if (ud == NULL)
		hca->counters.dropped_qpn++;
	else
		deliver(ud, frame, payload);
}

static void to_group(struct ipoib__hca *hca, const struct ipoib__frame *frame, const void *payload)
{
	bool heard = false;

	if (frame->operation != IPOIB__FRAME_UD || frame->dqpn != IPOIB_QPN_MULTICAST ||
	    !(frame->flags & IPOIB__FRAME_GRH)) {
		hca->counters.dropped_kind++;
		return;
	}
	for (struct ipoib__list *link = hca->queue_pairs.next; link != &hca->queue_pairs;
	     link = link->next) {
		struct ipoib__hca_ud *ud = ipoib__container_of(link, struct ipoib__hca_ud, link);

		if (ipoib__hca_ud_attached(ud, &frame->dgid, frame->dlid)) {
			heard = true;
			deliver(ud, frame, payload);
		}
	}
	if (!heard)
		hca->counters.dropped_qpn++;
}

void ipoib__hca_ud_receive(struct ipoib__hca *hca, const struct ipoib__frame *frame,
			   const void *payload)
{
	if (ipoib__lid_is_multicast(frame->dlid))
		to_group(hca, frame, payload);
	else
		to_queue_pair(hca, frame, payload);
}
