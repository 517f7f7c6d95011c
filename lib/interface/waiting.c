/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Packets that wait: for a neighbour, a path, a group, or room in the send queue or on a
 * connection. Every queue has a bound, all queues together have one, and every packet has an age
 * (I9, I10). As all wait equally long at most, one list in the order of arrival and one timer serve
 * every queue.
 *
 * A full queue refuses: no packet that was accepted gives way to a later one of the caller. A send
 * that was answered -EAGAIN for want of room in a queue leaves a note there; when half of the queue
 * is free (or, where all queues together were full, a quarter of that room) the queue is put on the
 * list of those whose room is told at the end of the turn (I24).
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
	ipoib__list_init(&queue->refused);
	queue->count = 0;
	queue->control = 0;
}

bool ipoib__queue_room_control(const struct ipoib_interface *interface)
{
	return interface->waiting_control < CONTROL_MAX;
}

/*
 * Answers leave a part of it, and of the last buffers, to our own questions: whoever floods us must
 * not make us mute.
 */
bool ipoib__queue_room_answer(const struct ipoib_interface *interface)
{
	const struct ipoib__pool *pool = &interface->transport->pool;

	return interface->waiting_control < CONTROL_MAX - CONTROL_MAX / 4 &&
	       (pool->total - pool->out > IPOIB__RESERVE_CONTROL / 4 ||
		ipoib__pool_left(&interface->share) > 0);
}

static uint32_t *counter_of(struct ipoib_interface *interface, const struct ipoib_buffer *buffer)
{
	return buffer->control ? &interface->waiting_control : &interface->waiting_count;
}

/* Packets of the caller: our own have room of their own. */
static uint32_t callers_in(const struct ipoib__queue *queue)
{
	return queue->count - queue->control;
}

/*
 * Whether a packet of the caller may be put there; NULL: into a queue that has none yet. A queue
 * that is alone may take all the room that there is for all. Where there are several, one grows
 * only while it is shorter than what is left: so the long ones leave room to the others, and as
 * packets go the shares become equal, without a packet that gives way.
 */
bool ipoib__queue_room(const struct ipoib_interface *interface, const struct ipoib__queue *queue)
{
	uint32_t total = interface->config.queue_packets_total;
	uint32_t all = interface->waiting_count, ours = queue ? callers_in(queue) : 0;

	return all < total && ours < interface->config.queue_packets &&
	       (ours == all || ours < total - all);
}

/* Notes that a send was refused for want of that room. The queue is a peer's. */
void ipoib__queue_refuse(struct ipoib_interface *interface, struct ipoib__queue *queue)
{
	if (ipoib__list_is_linked(&queue->refused))
		return;
	if (callers_in(queue) < interface->config.queue_packets)
		ipoib__list_push_back(&interface->crowded, &queue->refused);
	else
		ipoib__list_push_back(&interface->refused, &queue->refused);
}

/* The way that a send found full is open again, or another one is: told, if one was refused. */
void ipoib__queue_tell_room(struct ipoib_interface *interface, struct ipoib__queue *queue)
{
	if (!ipoib__list_is_linked(&queue->refused))
		return;
	ipoib__list_remove(&queue->refused);
	ipoib__list_push_back(&interface->rooms, &queue->refused);
	interface->context->again = true;
}

/* The queue ends: a send that it refused is told of room in general. */
void ipoib__queue_forget(struct ipoib_interface *interface, struct ipoib__queue *queue)
{
	if (!ipoib__list_is_linked(&queue->refused))
		return;
	ipoib__list_remove(&queue->refused);
	interface->want_room = true;
	interface->context->again = true;
}

static void note_room(struct ipoib_interface *interface, struct ipoib__queue *queue)
{
	uint32_t total = interface->config.queue_packets_total;

	if (callers_in(queue) <= interface->config.queue_packets / 2)
		ipoib__queue_tell_room(interface, queue);
	if (ipoib__list_empty(&interface->crowded) ||
	    interface->waiting_count > total - total / 4)
		return;
	ipoib__list_splice(&interface->rooms, &interface->crowded);
	interface->context->again = true;
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
	struct ipoib__queue *queue = buffer->queue;

	ipoib__assert(queue && queue->count > 0 && *counter > 0);
	ipoib__list_remove(&buffer->link);
	ipoib__list_remove(&buffer->age);
	queue->count--;
	queue->control -= buffer->control;
	buffer->queue = NULL;
	(*counter)--;
	note_room(interface, queue);
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

/* The newest question and answer are worth more than the oldest. */
static void drop_oldest_control(struct ipoib_interface *interface, struct ipoib__queue *queue)
{
	struct ipoib__list *at = ipoib__list_first(&queue->packets);

	while (!ipoib__container_of(at, struct ipoib_buffer, link)->control)
		at = at->next;
	drop(interface, ipoib__container_of(at, struct ipoib_buffer, link),
	     IPOIB_SEND_DROP_QUEUE_FULL);
}

/* Needs ipoib__queue_room(), or ipoib__queue_room_control() for our own. */
void ipoib__queue_put(struct ipoib_interface *interface, struct ipoib__queue *queue,
		      struct ipoib_buffer *buffer, uint64_t now)
{
	ipoib__assert(!buffer->queue);
	ipoib__assert(buffer->control ? ipoib__queue_room_control(interface) :
					ipoib__queue_room(interface, queue));
	if (buffer->control && queue->control >= interface->config.queue_packets)
		drop_oldest_control(interface, queue);
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
	queue->control += buffer->control;
	(*counter_of(interface, buffer))++;
	if (!ipoib__timer_armed(&interface->age_timer))
		arm(interface);
}

/* From one queue to the end of another, keeping its age; the bound held when it began to wait. */
void ipoib__queue_move(struct ipoib_interface *interface, struct ipoib__queue *to,
		       struct ipoib_buffer *buffer)
{
	struct ipoib__queue *from = buffer->queue;

	ipoib__list_remove(&buffer->link);
	from->count--;
	from->control -= buffer->control;
	buffer->queue = to;
	ipoib__list_push_back(&to->packets, &buffer->link);
	to->count++;
	to->control += buffer->control;
	note_room(interface, from);
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
