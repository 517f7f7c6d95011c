/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/fabric_queue.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"

/* Flights of the first allocation: one burst. */
#define ROOM_FIRST 64

/* ---- parcels ---- */

struct ipoib__parcel *ipoib__parcel_new(struct ipoib__memory *memory,
					const struct ipoib__frame *frame, const void *payload)
{
	size_t size = sizeof(struct ipoib__parcel) + frame->length;
	struct ipoib__parcel *parcel = ipoib__memory_get(memory, size);

	if (parcel == NULL)
		return NULL;
	parcel->references = 1;
	parcel->size = size;
	parcel->frame = *frame;
	if (frame->length > 0)
		memcpy(parcel->payload, payload, frame->length);
	return parcel;
}

void ipoib__parcel_unref(struct ipoib__memory *memory, struct ipoib__parcel *parcel)
{
	if (parcel != NULL && --parcel->references == 0)
		ipoib__memory_put(memory, parcel, parcel->size);
}

/* ---- the heap ---- */

void ipoib__fabric_queue_init(struct ipoib__fabric_queue *queue, struct ipoib__memory *memory)
{
	*queue = (struct ipoib__fabric_queue){ .memory = memory };
}

void ipoib__fabric_queue_fini(struct ipoib__fabric_queue *queue)
{
	for (size_t i = 0; i < queue->count; i++)
		ipoib__parcel_unref(queue->memory, queue->flights[i].parcel);
	ipoib__memory_put(queue->memory, queue->flights, queue->room * sizeof(*queue->flights));
	ipoib__fabric_queue_init(queue, queue->memory);
}

static bool before(const struct ipoib__flight *a, const struct ipoib__flight *b)
{
	if (a->time != b->time)
		return a->time < b->time;
	return a->sequence < b->sequence;
}

static int grow(struct ipoib__fabric_queue *queue)
{
	size_t room = queue->room == 0 ? ROOM_FIRST : queue->room * 2;
	struct ipoib__flight *flights =
		ipoib__memory_get_array(queue->memory, room, sizeof(*flights));

	if (flights == NULL)
		return -ENOMEM;
	if (queue->count > 0)
		memcpy(flights, queue->flights, queue->count * sizeof(*flights));
	ipoib__memory_put(queue->memory, queue->flights, queue->room * sizeof(*flights));
	queue->flights = flights;
	queue->room = room;
	return 0;
}

static void sift_up(struct ipoib__flight *flights, size_t at)
{
	struct ipoib__flight moving = flights[at];

	while (at > 0 && before(&moving, &flights[(at - 1) / 2])) {
		flights[at] = flights[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	flights[at] = moving;
}

static void sift_down(struct ipoib__flight *flights, size_t count)
{
	struct ipoib__flight moving = flights[0];
	size_t at = 0;

	for (size_t child = 1; child < count; child = 2 * at + 1) {
		if (child + 1 < count && before(&flights[child + 1], &flights[child]))
			child++;
		if (!before(&flights[child], &moving))
			break;
		flights[at] = flights[child];
		at = child;
	}
	flights[at] = moving;
}

/* Each copy counts in full: what they share is an economy, not a licence. */
static uint64_t weight(const struct ipoib__parcel *parcel)
{
	return parcel->size + sizeof(struct ipoib__flight);
}

int ipoib__fabric_queue_add(struct ipoib__fabric_queue *queue, uint64_t time, uint32_t port,
			    struct ipoib__parcel *parcel)
{
	if (queue->octets + weight(parcel) > IPOIB__FABRIC_QUEUE_OCTETS)
		return -ENOSPC;
	if (queue->count == queue->room && grow(queue) < 0)
		return -ENOMEM;
	queue->flights[queue->count] = (struct ipoib__flight){
		.time = time,
		.sequence = queue->next_sequence++,
		.port = port,
		.parcel = parcel,
	};
	parcel->references++;
	queue->octets += weight(parcel);
	sift_up(queue->flights, queue->count++);
	return 0;
}

bool ipoib__fabric_queue_take(struct ipoib__fabric_queue *queue, uint64_t now,
			      struct ipoib__flight *flight)
{
	if (queue->count == 0 || queue->flights[0].time > now)
		return false;
	*flight = queue->flights[0];
	queue->octets -= weight(flight->parcel);
	queue->flights[0] = queue->flights[--queue->count];
	if (queue->count > 0)
		sift_down(queue->flights, queue->count);
	return true;
}

uint64_t ipoib__fabric_queue_deadline(const struct ipoib__fabric_queue *queue)
{
	return queue->count == 0 ? IPOIB_NEVER : queue->flights[0].time;
}
