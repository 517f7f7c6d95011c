/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* From what the control plane knows of a neighbour to its adjacency: a pure function. */
#ifndef IPOIB__INTERFACE_DERIVE_H
#define IPOIB__INTERFACE_DERIVE_H

#include "interface/interface.h"

struct ipoib__facts {
	const struct ipoib__neighbour *neighbour; /* its state and link address */
	void *handle;   /* of its path; NULL: there is none */
	uint16_t limit; /* octets of an IP packet in a datagram, by its path */
	bool connects;  /* it has a connection, or may get one */
};

void ipoib__derive(struct ipoib__adjacency *adjacency, const struct ipoib__facts *facts);

#endif
