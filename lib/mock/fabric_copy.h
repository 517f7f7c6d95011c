/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* How a frame is copied to where it goes: for those that decide where. */
#ifndef IPOIB__MOCK_FABRIC_COPY_H
#define IPOIB__MOCK_FABRIC_COPY_H

#include "mock/fabric.h"

/* A frame on its way through the switch, and the parcel of it once a copy has to wait. */
struct ipoib__passage {
	const struct ipoib__frame *frame;
	const void *payload;
	const struct ipoib_fabric_faults *faults; /* the sender's */
	uint64_t now;
	struct ipoib__parcel *parcel;
};

/* To a port, or to what the fabric itself does (IPOIB__FABRIC_SM); the sender's faults happen. */
void ipoib__fabric_copy(struct ipoib_fabric *fabric, struct ipoib__passage *passage, uint32_t to);
/* To nobody. counter: one of the fabric's statistics that says why. */
void ipoib__fabric_no_copy(struct ipoib_fabric *fabric, uint64_t *counter);

#endif
