/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Packets that wait: for a neighbour, a path, a group, or room in the send queue. Every queue
 * has a bound (the oldest packet gives way), all queues together have one, and every packet has
 * an age (I9, I10). As all wait equally long at most, one list in the order of arrival and one
 * timer serve every queue.
 */
#include "interface/interface.h"

/*
 * Our own packets have a room of their own: ARP must get out when the caller's packets that wait
 * for its answer fill theirs, and a flood of requests must not take the caller's.
 */
#define CONTROL_MAX 256
#define MS UINT64_C(1000000)

void ipoib__queue_init(struct ipoib__queue *queue)
{
	ipoib__list_init(&queue->packets);
	queue->count = 0;
}

bool ipoib__queue_room_control(const struct ipoib_interface *interface)
{
	return interface->waiting_control < CONTROL_MAX;
}

/* Answers leave a part of it to our own questions: whoever floods us must not make us mute. */
bool ipoib__queue_room_answer(const struct ipoib_interface *interface)
{
	return interface->waiting_control < CONTROL_MAX - CONTROL_MAX / 4;
}

static uint32_t *counter_of(struct ipoib_interface *interface, const struct ipoib_buffer *buffer)
{
	return buffer->control ? &interface->waiting_control : &interface->waiting_count;
}

/* Whether a packet may be put there; pushing out the queue's own oldest makes room as well. */
bool ipoib__queue_room(const struct ipoib_interface *interface, const struct ipoib__queue *queue)
{
	return interface->waiting_count < interface->config.queue_packets_total ||
	       (queue && queue->count > 0);
}

struct ipoib_buffer *ipoib__queue_first(const struct ipoib__queue *queue)
{
	struct ipoib__list *first = ipoib__list_first(&queue->packets);

	return first ? ipoib__container_of(first, struct ipoib_buffer, link) : NULL;
}

/* Takes a waiting packet out of its queue. */
void ipoib__queue_out(struct ipoib_interface *interface, struct ipoib_buffer *buffer)
{
	uint32_t *counter = counter_of(interface, buffer);

	ipoib__assert(buffer->queue && buffer->queue->count > 0 && *counter > 0);
	ipoib__list_remove(&buffer->link);
	ipoib__list_remove(&buffer->age);
	buffer->queue->count--;
	buffer->queue = NULL;
	(*counter)--;
}

static void drop(struct ipoib_interface *interface, struct ipoib_buffer *buffer,
		 enum ipoib_send_drop reason)
{
	ipoib__queue_out(interface, buffer);
	ipoib__answer_dropped(interface, buffer, reason);
}

static void arm(struct ipoib_interface *interface)
{
	struct ipoib__list *oldest = ipoib__list_first(&interface->waiting);
	uint64_t deadline = IPOIB_NEVER;

	if (oldest)
		deadline = ipoib__container_of(oldest, struct ipoib_buffer, age)->deadline;
	ipoib__wheel_arm(&interface->context->wheel, &interface->age_timer, deadline);
}

/* Needs ipoib__queue_room(), or ipoib__queue_room_control() for our own. */
void ipoib__queue_put(struct ipoib_interface *interface, struct ipoib__queue *queue,
		      struct ipoib_buffer *buffer, uint64_t now)
{
	bool full = queue->count >= interface->config.queue_packets ||
		    (!buffer->control &&
		     interface->waiting_count >= interface->config.queue_packets_total);

	ipoib__assert(!buffer->queue);
	ipoib__assert(buffer->control ? ipoib__queue_room_control(interface) :
					ipoib__queue_room(interface, queue));
	if (full)
		drop(interface, ipoib__queue_first(queue), IPOIB_SEND_DROP_QUEUE_FULL);
	ipoib__queue_force(interface, queue, buffer, now);
}

/* Without a bound: for what takes the place of a packet that waited, fragments of it. */
void ipoib__queue_force(struct ipoib_interface *interface, struct ipoib__queue *queue,
			struct ipoib_buffer *buffer, uint64_t now)
{
	buffer->queue = queue;
	buffer->deadline = now + interface->config.queue_age_ms * MS;
	ipoib__list_push_back(&queue->packets, &buffer->link);
	ipoib__list_push_back(&interface->waiting, &buffer->age);
	queue->count++;
	(*counter_of(interface, buffer))++;
	if (!ipoib__timer_armed(&interface->age_timer))
		arm(interface);
}

/* From one queue to the end of another, keeping its age; the bound held when it began to wait. */
void ipoib__queue_move(struct ipoib__queue *to, struct ipoib_buffer *buffer)
{
	ipoib__list_remove(&buffer->link);
	buffer->queue->count--;
	buffer->queue = to;
	ipoib__list_push_back(&to->packets, &buffer->link);
	to->count++;
}

void ipoib__queue_drop(struct ipoib_interface *interface, struct ipoib__queue *queue,
		       enum ipoib_send_drop reason)
{
	struct ipoib_buffer *buffer;

	while ((buffer = ipoib__queue_first(queue)) != NULL)
		drop(interface, buffer, reason);
}

void ipoib__waiting_drop_all(struct ipoib_interface *interface, enum ipoib_send_drop reason)
{
	struct ipoib__list *oldest;

	while ((oldest = ipoib__list_first(&interface->waiting)) != NULL)
		drop(interface, ipoib__container_of(oldest, struct ipoib_buffer, age), reason);
	arm(interface);
}

void ipoib__waiting_expire(struct ipoib__timer *timer, uint64_t now)
{
	struct ipoib_interface *interface =
		ipoib__container_of(timer, struct ipoib_interface, age_timer);
	struct ipoib__list *oldest;

	while ((oldest = ipoib__list_first(&interface->waiting)) != NULL) {
		struct ipoib_buffer *buffer = ipoib__container_of(oldest, struct ipoib_buffer, age);

		if (buffer->deadline > now)
			break;
		drop(interface, buffer, IPOIB_SEND_DROP_QUEUE_AGE);
	}
	arm(interface);
}
