/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What all queue pairs of the port share: its state, their numbers, its P_Keys, and its link. */
#include "mock/hca.h"

#include <errno.h>
#include <string.h>

#include "wire/mad.h"

/* A P_Key without its membership bit, and that bit. */
#define PKEY_PARTITION	 0x7fff
#define PKEY_FULL_MEMBER 0x8000

/* ---- the port ---- */

void ipoib__hca_set_port(struct ipoib__hca *hca, const struct ipoib_port_attributes *port)
{
	struct ipoib_port_attributes next = *port;

	next.size = sizeof(next);
	if (memcmp(&next, &hca->port, sizeof(next)) == 0)
		return;
	hca->port = next;
	hca->port_changed = true;
	if (next.state != IPOIB_PORT_ACTIVE)
		hca->mad_count = 0;
	for (unsigned type = 0; type < IPOIB__HCA_QP_TYPES; type++)
		hca->types[type].port_changed(hca);
	ipoib__hca_resume(hca); /* a port that went down ends what waited for its link */
	hca->owner.wake(hca->owner.self, false);
}

void ipoib__hca_reregister(struct ipoib__hca *hca)
{
	hca->reregister = true;
	hca->owner.wake(hca->owner.self, false);
}

bool ipoib__hca_next_event(struct ipoib__hca *hca, struct ipoib_transport_event *event)
{
	memset(event, 0, sizeof(*event));
	if (hca->port_changed) {
		hca->port_changed = false;
		event->type = IPOIB_TRANSPORT_PORT;
		return true;
	}
	if (hca->reregister) {
		hca->reregister = false;
		event->type = IPOIB_TRANSPORT_REREGISTER;
		return true;
	}
	return false;
}

/* ---- numbers of queue pairs ---- */

static bool qpn_taken(const struct ipoib__hca *hca, uint32_t qpn)
{
	for (unsigned type = 0; type < IPOIB__HCA_QP_TYPES; type++)
		if (hca->types[type].has(hca, qpn))
			return true;
	return false;
}

uint32_t ipoib__hca_qpn_new(struct ipoib__hca *hca)
{
	uint32_t qpn;

	do {
		qpn = hca->next_qpn++;
		if (hca->next_qpn >= IPOIB_QPN_MULTICAST)
			hca->next_qpn = IPOIB__HCA_QPN_FIRST;
	} while (qpn_taken(hca, qpn));
	return qpn;
}

/* ---- partitions ---- */

bool ipoib__hca_pkey_matches(uint16_t a, uint16_t b)
{
	return (a & PKEY_PARTITION) != 0 && ((a ^ b) & PKEY_PARTITION) == 0 &&
	       ((a | b) & PKEY_FULL_MEMBER) != 0;
}

/* The entry of a full member goes before that of a limited one: it reaches every member. */
uint32_t ipoib__hca_pkey_find(const struct ipoib__hca *hca, uint16_t pkey)
{
	uint32_t found = IPOIB_PKEYS_MAX;

	if ((pkey & PKEY_PARTITION) == 0)
		return found;
	for (uint32_t i = 0; i < hca->port.pkey_count; i++) {
		if (((hca->port.pkeys[i] ^ pkey) & PKEY_PARTITION) != 0)
			continue;
		if ((hca->port.pkeys[i] & PKEY_FULL_MEMBER) != 0)
			return i;
		if (found == IPOIB_PKEYS_MAX)
			found = i;
	}
	return found;
}

/* ---- management datagrams ---- */

static bool mads_go(struct ipoib__hca *hca)
{
	unsigned gone = 0;

	while (gone < hca->mad_count && hca->owner.output(hca->owner.self, &hca->mads[gone].frame,
							  hca->mads[gone].octets) != -EAGAIN)
		gone++;
	hca->mad_count -= gone;
	memmove(hca->mads, hca->mads + gone, hca->mad_count * sizeof(hca->mads[0]));
	return hca->mad_count == 0;
}

/* The first P_Key that the port has; 0, which reaches nobody, without any. */
static uint16_t services_pkey(const struct ipoib__hca *hca)
{
	uint32_t i = 0;

	while (i < hca->port.pkey_count && (hca->port.pkeys[i] & PKEY_PARTITION) == 0)
		i++;
	return i < hca->port.pkey_count ? hca->port.pkeys[i] : 0;
}

void ipoib__hca_send_mad_to(struct ipoib__hca *hca, const struct ipoib_ah_attributes *to,
			    const uint8_t mad[256])
{
	struct ipoib__hca_mad *waiting = &hca->mads[hca->mad_count];

	if (hca->port.state != IPOIB_PORT_ACTIVE || hca->mad_count == IPOIB__HCA_MADS_MAX)
		return;
	waiting->frame = (struct ipoib__frame){
		.operation = IPOIB__FRAME_UD,
		.flags = to->global ? IPOIB__FRAME_GRH : 0,
		.slid = hca->port.lid,
		.dlid = to->dlid,
		.sqpn = IPOIB__QPN_SERVICES,
		.dqpn = IPOIB__QPN_SERVICES,
		.qkey = IPOIB__QKEY_SERVICES,
		.pkey = services_pkey(hca),
		.sl = to->sl,
		.length = IPOIB__MAD_LENGTH,
	};
	if (to->global) {
		waiting->frame.flow_label = to->flow_label;
		waiting->frame.traffic_class = to->traffic_class;
		waiting->frame.hop_limit = to->hop_limit;
		waiting->frame.sgid = hca->port.gid;
		waiting->frame.dgid = to->dgid;
	}
	memcpy(waiting->octets, mad, IPOIB__MAD_LENGTH);
	hca->mad_count++;
	(void)mads_go(hca);
}

void ipoib__hca_send_mad(struct ipoib__hca *hca, const uint8_t mad[256])
{
	struct ipoib_ah_attributes to = { .dlid = hca->port.sm_lid, .sl = hca->port.sm_sl };

	if (to.dlid != 0)
		ipoib__hca_send_mad_to(hca, &to, mad);
}

/* ---- the link ---- */

void ipoib__hca_resume(struct ipoib__hca *hca)
{
	if (!mads_go(hca))
		return;
	for (unsigned type = 0; type < IPOIB__HCA_QP_TYPES; type++)
		hca->types[type].resume(hca);
}

static enum ipoib__hca_qp_id type_of(const struct ipoib__frame *frame)
{
	return frame->operation == IPOIB__FRAME_UD ? IPOIB__HCA_QP_UD : IPOIB__HCA_QP_RC;
}

void ipoib__hca_receive(struct ipoib__hca *hca, const struct ipoib__frame *frame,
			const void *payload)
{
	hca->counters.frames++;
	if (hca->port.state != IPOIB_PORT_ACTIVE)
		hca->counters.dropped_down++;
	else if (frame->operation == IPOIB__FRAME_UD && frame->length > hca->port.mtu)
		hca->counters.dropped_kind++;
	else if (ipoib__lid_is_multicast(frame->dlid))
		hca->types[IPOIB__HCA_QP_UD].receive(hca, frame, payload);
	else if (frame->dlid != hca->port.lid)
		hca->counters.dropped_lid++;
	else
		hca->types[type_of(frame)].receive(hca, frame, payload);
}
