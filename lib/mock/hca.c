/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/hca.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "mock/hca_rc.h"
#include "wire/mad.h"

/* A P_Key without its membership bit. */
#define PKEY_PARTITION 0x7fff

void ipoib__hca_init(struct ipoib__hca *hca, struct ipoib__memory *memory,
		     const struct ipoib__hca_owner *owner, const struct ipoib_port_attributes *port)
{
	*hca = (struct ipoib__hca){
		.memory = memory,
		.owner = *owner,
		.port = *port,
		.next_qpn = IPOIB__HCA_QPN_FIRST,
		.next_key = 1,
	};
	hca->port.size = sizeof(hca->port);
	ipoib__list_init(&hca->queue_pairs);
	ipoib__list_init(&hca->regions);
	ipoib__list_init(&hca->ahs);
	ipoib__hca_rc_init(hca);
}

void ipoib__hca_fini(struct ipoib__hca *hca)
{
	ipoib__assert(ipoib__list_empty(&hca->queue_pairs));
	ipoib__assert(ipoib__list_empty(&hca->ahs));
	ipoib__assert(ipoib__list_empty(&hca->regions));
	ipoib__table_fini(&hca->rcs);
	hca->port.state = IPOIB_PORT_DOWN;
}

/* ---- the port ---- */

void ipoib__hca_set_port(struct ipoib__hca *hca, const struct ipoib_port_attributes *port)
{
	struct ipoib_port_attributes next = *port;

	next.size = sizeof(next);
	if (memcmp(&next, &hca->port, sizeof(next)) == 0)
		return;
	hca->port = next;
	hca->port_changed = true;
	ipoib__hca_ud_follow_pkeys(hca);
	if (next.state != IPOIB_PORT_ACTIVE) {
		hca->mad_count = 0;
		ipoib__hca_rc_fail_all(hca);
	}
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

void ipoib__hca_resume(struct ipoib__hca *hca)
{
	struct ipoib__list *link, *following;

	if (!mads_go(hca))
		return;
	ipoib__list_for_each_safe (link, following, &hca->queue_pairs)
		ipoib__hca_ud_send(ipoib__container_of(link, struct ipoib__hca_ud, link));
	ipoib__hca_rc_resume(hca);
}

/* ---- registered memory ---- */

int ipoib__hca_memory_register(struct ipoib__hca *hca, void *address, size_t length,
			       struct ipoib_memory_region *region)
{
	struct ipoib__hca_region *own;

	if (address == NULL || length == 0)
		return -EINVAL;
	own = ipoib__memory_get(hca->memory, sizeof(*own));
	if (own == NULL)
		return -ENOMEM;
	own->region = (struct ipoib_memory_region){
		.address = address,
		.length = length,
		.key = hca->next_key++,
		.handle = own,
	};
	ipoib__list_init(&own->link);
	ipoib__list_push_back(&hca->regions, &own->link);
	*region = own->region;
	return 0;
}

int ipoib__hca_memory_get(struct ipoib__hca *hca, size_t length, struct ipoib_memory_region *region)
{
	void *address;
	int status;

	if (length == 0)
		return -EINVAL;
	address = ipoib__memory_get(hca->memory, length);
	if (address == NULL)
		return -ENOMEM;
	status = ipoib__hca_memory_register(hca, address, length, region);
	if (status < 0) {
		ipoib__memory_put(hca->memory, address, length);
		return status;
	}
	((struct ipoib__hca_region *)region->handle)->ours = true;
	return 0;
}

void ipoib__hca_memory_put(struct ipoib__hca *hca, const struct ipoib_memory_region *region)
{
	struct ipoib__hca_region *own = region->handle;

	ipoib__assert(own->region.address == region->address);
	ipoib__list_remove(&own->link);
	if (own->ours)
		ipoib__memory_put(hca->memory, own->region.address, own->region.length);
	ipoib__memory_put(hca->memory, own, sizeof(*own));
}

bool ipoib__hca_memory_covers(const struct ipoib__hca *hca, uint64_t key, const void *address,
			      size_t length)
{
	for (struct ipoib__list *link = hca->regions.next; link != &hca->regions;
	     link = link->next) {
		const struct ipoib_memory_region *region =
			&ipoib__container_of(link, struct ipoib__hca_region, link)->region;
		uintptr_t start = (uintptr_t)region->address;
		uintptr_t at = (uintptr_t)address;

		if (region->key == key)
			return at >= start && at - start <= region->length &&
			       length <= region->length - (at - start);
	}
	return false;
}

/* ---- address handles ---- */

int ipoib__hca_ah_create(struct ipoib__hca *hca, const struct ipoib_ah_attributes *attributes,
			 struct ipoib__hca_ah **ah)
{
	struct ipoib__hca_ah *own;

	/* A group's packets carry a GRH always: without it nobody knows the group. */
	if (attributes->dlid == 0 || attributes->dlid == IPOIB__LID_PERMISSIVE ||
	    attributes->sl > 15 || attributes->flow_label > 0xfffff ||
	    (ipoib__lid_is_multicast(attributes->dlid) && !attributes->global))
		return -EINVAL;
	own = ipoib__memory_get(hca->memory, sizeof(*own));
	if (own == NULL)
		return -ENOMEM;
	own->attributes = *attributes;
	ipoib__list_init(&own->link);
	ipoib__list_push_back(&hca->ahs, &own->link);
	*ah = own;
	return 0;
}

void ipoib__hca_ah_destroy(struct ipoib__hca_ah *ah, struct ipoib__hca *hca)
{
	ipoib__assert(ah->uses == 0);
	ipoib__list_remove(&ah->link);
	ipoib__memory_put(hca->memory, ah, sizeof(*ah));
}
