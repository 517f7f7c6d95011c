/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A port with the types of queue pairs that it has: the one file that knows all of them. */
#include "mock/hca.h"

#include "base/assert.h"
#include "mock/hca_rc.h"

static const struct ipoib__hca_qp_type qp_types[IPOIB__HCA_QP_TYPES] = {
	[IPOIB__HCA_QP_UD] = {
		.has = ipoib__hca_ud_has,
		.receive = ipoib__hca_ud_receive,
		.port_changed = ipoib__hca_ud_port_changed,
		.resume = ipoib__hca_ud_resume,
	},
	[IPOIB__HCA_QP_RC] = {
		.has = ipoib__hca_rc_has,
		.receive = ipoib__hca_rc_receive,
		.port_changed = ipoib__hca_rc_port_changed,
		.resume = ipoib__hca_rc_resume,
	},
};

void ipoib__hca_init(struct ipoib__hca *hca, struct ipoib__memory *memory,
		     const struct ipoib__hca_owner *owner, const struct ipoib_port_attributes *port)
{
	*hca = (struct ipoib__hca){
		.memory = memory,
		.owner = *owner,
		.types = qp_types,
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
