/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Frames on their way, in the order of their arrival: a heap ordered by (time, sequence), so that
 * equal times keep the order of sending and a run repeats. The copies of a multicast frame share
 * one parcel. What is on its way is bounded by its octets.
 */
#ifndef IPOIB__MOCK_FABRIC_QUEUE_H
#define IPOIB__MOCK_FABRIC_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "mock/frame.h"

/* Octets on their way in one fabric: a second of 500 Mbit/s, or every port's burst. */
#define IPOIB__FABRIC_QUEUE_OCTETS (UINT64_C(64) << 20)

/* A frame with its payload, shared by those who still have to deliver it. */
struct ipoib__parcel {
	unsigned references;
	size_t size; /* of this allocation */
	struct ipoib__frame frame;
	uint8_t payload[];
};

struct ipoib__flight {
	uint64_t time;
	uint64_t sequence;
	uint32_t port; /* where to */
	struct ipoib__parcel *parcel;
};

struct ipoib__fabric_queue {
	struct ipoib__memory *memory;
	struct ipoib__flight *flights; /* the heap: the first is the next */
	size_t count, room;
	uint64_t octets;
	uint64_t next_sequence;
};

/* One reference, the caller's; NULL when there is no memory. */
struct ipoib__parcel *ipoib__parcel_new(struct ipoib__memory *memory,
					const struct ipoib__frame *frame, const void *payload);
/* Gives a reference back. NULL is accepted. */
void ipoib__parcel_unref(struct ipoib__memory *memory, struct ipoib__parcel *parcel);

void ipoib__fabric_queue_init(struct ipoib__fabric_queue *queue, struct ipoib__memory *memory);
void ipoib__fabric_queue_fini(struct ipoib__fabric_queue *queue);
/* Takes a reference of its own. -ENOSPC: too many octets are on their way. -ENOMEM. */
int ipoib__fabric_queue_add(struct ipoib__fabric_queue *queue, uint64_t time, uint32_t port,
			    struct ipoib__parcel *parcel);
/* Takes the next flight that has arrived by now, its reference included. */
bool ipoib__fabric_queue_take(struct ipoib__fabric_queue *queue, uint64_t now,
			      struct ipoib__flight *flight);
/* When the next one arrives; IPOIB_NEVER. */
uint64_t ipoib__fabric_queue_deadline(const struct ipoib__fabric_queue *queue);

#endif
