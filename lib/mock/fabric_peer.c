/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Lanes of frames that wait for room, written in their order; and what is read. */
#include "mock/fabric_peer.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "base/assert.h"

/* A frame that the socket had no room for. */
struct waiting {
	struct ipoib__list link;
	struct ipoib__parcel *parcel;
};

/* ---- coming and going ---- */

int ipoib__fabric_peer_new(struct ipoib_fabric *fabric, int fd, const struct ipoib__peer_ops *ops,
			   struct ipoib__peer **out)
{
	struct ipoib__peer *peer = ipoib__memory_get(&fabric->memory, sizeof(*peer));
	int status;

	if (peer == NULL)
		return -ENOMEM;
	status = ipoib__poller_watch(&fabric->poller, fd, POLLIN);
	if (status < 0) {
		ipoib__memory_put(&fabric->memory, peer, sizeof(*peer));
		return status;
	}
	peer->ops = ops;
	peer->fd = fd;
	peer->opened = ipoib__fabric_now(fabric);
	for (unsigned lane = 0; lane < IPOIB__LANES; lane++)
		ipoib__list_init(&peer->backlog[lane]);
	ipoib__list_init(&peer->flush);
	ipoib__list_init(&peer->link);
	ipoib__list_push_back(&fabric->peers, &peer->link);
	*out = peer;
	return 0;
}

static void waiting_end(struct ipoib_fabric *fabric, struct ipoib__peer *peer,
			enum ipoib__lane lane, struct waiting *waiting)
{
	if (lane == IPOIB__LANE_UNICAST)
		peer->backlog_octets -= waiting->parcel->size;
	peer->backlog_count[lane]--;
	fabric->backlog_frames--;
	ipoib__list_remove(&waiting->link);
	ipoib__parcel_unref(&fabric->memory, waiting->parcel);
	ipoib__memory_put(&fabric->memory, waiting, sizeof(*waiting));
}

static struct waiting *waiting_first(const struct ipoib__peer *peer, enum ipoib__lane lane)
{
	struct ipoib__list *link = ipoib__list_first(&peer->backlog[lane]);

	return link == NULL ? NULL : ipoib__container_of(link, struct waiting, link);
}

static void lane_end(struct ipoib_fabric *fabric, struct ipoib__peer *peer, enum ipoib__lane lane)
{
	struct waiting *waiting;

	while ((waiting = waiting_first(peer, lane)) != NULL) {
		fabric->statistics.dropped_link++;
		waiting_end(fabric, peer, lane, waiting);
	}
}

void ipoib__fabric_peer_close(struct ipoib_fabric *fabric, struct ipoib__peer *peer)
{
	for (unsigned lane = 0; lane < IPOIB__LANES; lane++)
		lane_end(fabric, peer, (enum ipoib__lane)lane);
	ipoib__list_remove(&peer->flush);
	if (peer->attached)
		ipoib__fabric_port_detach(fabric, &fabric->ports[peer->index]);
	if (peer->ops->end != NULL)
		peer->ops->end(fabric, peer);
	(void)ipoib__poller_unwatch(&fabric->poller, peer->fd);
	close(peer->fd);
	ipoib__list_remove(&peer->link);
	ipoib__memory_put(&fabric->memory, peer, sizeof(*peer));
}

/* ---- writing ---- */

static int write_frame(struct ipoib_fabric *fabric, const struct ipoib__peer *peer,
		       const struct ipoib__frame *frame, const void *payload)
{
	uint8_t header[IPOIB__FRAME_HEADER];
	int length = ipoib__frame_encode(header, sizeof(header), frame);

	ipoib__assert(length == IPOIB__FRAME_HEADER);
	return peer->ops->write(fabric, peer, header, payload, frame->length);
}

static int write_info(struct ipoib_fabric *fabric, struct ipoib__peer *peer)
{
	int status = peer->ops->tell(fabric, peer);

	if (status == 0) {
		peer->info_due = false;
		peer->events = 0;
	}
	return status;
}

/*
 * A process that has ended takes nothing any more; what it sent before, as the ends of its
 * connections, is read still, and that there is no more of it is what closes it.
 */
static void write_failed(struct ipoib__peer *peer)
{
	peer->info_due = false;
	peer->broken = peer->device != NULL;
}

/* Counts what became of a frame that was to be written. false: it waits still. */
static bool written(struct ipoib_fabric *fabric, struct ipoib__peer *peer, int status)
{
	if (status == -EAGAIN)
		return false;
	if (status == 0) {
		fabric->statistics.delivered++;
	} else if (status == -EMSGSIZE) { /* it will never be taken */
		fabric->statistics.dropped_full++;
	} else {
		fabric->statistics.dropped_link++;
		write_failed(peer);
	}
	return true;
}

static bool has_backlog(const struct ipoib__peer *peer)
{
	for (unsigned lane = 0; lane < IPOIB__LANES; lane++)
		if (peer->backlog_count[lane] > 0)
			return true;
	return false;
}

/* POLLOUT is always ready on a socket with room: it is watched for only while something waits. */
static void watch(struct ipoib_fabric *fabric, struct ipoib__peer *peer)
{
	bool wanted = peer->info_due || has_backlog(peer);
	short events = wanted ? POLLIN | POLLOUT : POLLIN;

	if (wanted == peer->waiting)
		return;
	if (ipoib__poller_watch(&fabric->poller, peer->fd, events) == 0)
		peer->waiting = wanted;
	else
		peer->broken = true;
}

/* Writes so many frames of a lane at most. */
static void write_lane(struct ipoib_fabric *fabric, struct ipoib__peer *peer,
		       enum ipoib__lane lane, unsigned most)
{
	struct waiting *waiting;

	while (!peer->broken && most-- > 0 && (waiting = waiting_first(peer, lane)) != NULL) {
		const struct ipoib__parcel *parcel = waiting->parcel;

		if (!written(fabric, peer,
			     write_frame(fabric, peer, &parcel->frame, parcel->payload)))
			return;
		waiting_end(fabric, peer, lane, waiting);
	}
}

/*
 * A socket is writable while a good part of it is free, and takes more than that. What has been
 * written to it is no lane's any more: multicasts leave the rest to the others.
 */
static bool has_room_for_casts(const struct ipoib__peer *peer)
{
	struct pollfd room = { .fd = peer->fd, .events = POLLOUT };

	if (peer->backlog_count[IPOIB__LANE_CAST] == 0)
		return false;
	return peer->device != NULL || (poll(&room, 1, 0) == 1 && (room.revents & POLLOUT));
}

static bool is_info_next(const struct ipoib__peer *peer)
{
	return !peer->broken && peer->info_due &&
	       peer->backlog_count[IPOIB__LANE_MANAGEMENT] == 0 &&
	       peer->backlog_count[IPOIB__LANE_UNICAST] == 0;
}

void ipoib__fabric_peer_write(struct ipoib_fabric *fabric, struct ipoib__peer *peer)
{
	write_lane(fabric, peer, IPOIB__LANE_MANAGEMENT, IPOIB__FABRIC_BACKLOG_MANAGEMENT);
	if (has_room_for_casts(peer))
		write_lane(fabric, peer, IPOIB__LANE_CAST, IPOIB__FABRIC_CASTS_TURN);
	write_lane(fabric, peer, IPOIB__LANE_UNICAST, UINT_MAX);
	if (is_info_next(peer)) {
		int status = write_info(fabric, peer);

		if (status < 0 && status != -EAGAIN)
			write_failed(peer);
	}
	watch(fabric, peer);
}

static enum ipoib__lane lane_of(const struct ipoib__frame *frame)
{
	if (ipoib__lid_is_multicast(frame->dlid))
		return IPOIB__LANE_CAST;
	if (frame->operation == IPOIB__FRAME_UD && frame->dqpn <= IPOIB__QPN_SERVICES)
		return IPOIB__LANE_MANAGEMENT;
	return IPOIB__LANE_UNICAST;
}

static bool lane_has_room(const struct ipoib__peer *peer, enum ipoib__lane lane, size_t octets)
{
	switch (lane) {
	case IPOIB__LANE_MANAGEMENT:
		return peer->backlog_count[lane] < IPOIB__FABRIC_BACKLOG_MANAGEMENT;
	case IPOIB__LANE_CAST:
		return peer->backlog_count[lane] < IPOIB__FABRIC_BACKLOG_CASTS;
	default:
		return peer->backlog_octets + octets <= IPOIB__FABRIC_BACKLOG;
	}
}

/* Takes a reference of its own. false: no memory. */
static bool lane_put(struct ipoib_fabric *fabric, struct ipoib__peer *peer, enum ipoib__lane lane,
		     struct ipoib__parcel *parcel)
{
	struct waiting *waiting = ipoib__memory_get(&fabric->memory, sizeof(*waiting));

	if (waiting == NULL)
		return false;
	waiting->parcel = parcel;
	parcel->references++;
	ipoib__list_init(&waiting->link);
	ipoib__list_push_back(&peer->backlog[lane], &waiting->link);
	if (lane == IPOIB__LANE_UNICAST)
		peer->backlog_octets += parcel->size;
	peer->backlog_count[lane]++;
	fabric->backlog_frames++;
	return true;
}

static void wait_for_room(struct ipoib_fabric *fabric, struct ipoib__peer *peer,
			  enum ipoib__lane lane, const struct ipoib__frame *frame,
			  const void *payload)
{
	struct ipoib__parcel *parcel = NULL;

	if (lane_has_room(peer, lane, frame->length))
		parcel = ipoib__parcel_new(&fabric->memory, frame, payload);
	if (parcel == NULL || !lane_put(fabric, peer, lane, parcel))
		fabric->statistics.dropped_full++;
	ipoib__parcel_unref(&fabric->memory, parcel);
	watch(fabric, peer);
}

/* Whether nothing that waits goes before a frame of this lane. */
static bool is_in_turn(const struct ipoib__peer *peer, enum ipoib__lane lane)
{
	return !peer->info_due && peer->backlog_count[IPOIB__LANE_MANAGEMENT] == 0 &&
	       (lane == IPOIB__LANE_MANAGEMENT || peer->backlog_count[IPOIB__LANE_UNICAST] == 0);
}

void ipoib__fabric_peer_tell(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
			     uint32_t events)
{
	port->peer->events |= events;
	port->peer->info_due = true;
	ipoib__fabric_peer_write(fabric, port->peer);
}

void ipoib__fabric_peer_unicast(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
				const struct ipoib__frame *frame, const void *payload, uint64_t now)
{
	struct ipoib__peer *peer = port->peer;
	enum ipoib__lane lane = lane_of(frame);

	(void)now;
	if (peer->broken)
		fabric->statistics.dropped_link++;
	else if (!is_in_turn(peer, lane) ||
		 !written(fabric, peer, write_frame(fabric, peer, frame, payload)))
		wait_for_room(fabric, peer, lane, frame, payload);
}

void ipoib__fabric_peer_multicast(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
				  struct ipoib__parcel *parcel, uint64_t now)
{
	struct ipoib__peer *peer = port->peer;

	(void)now;
	if (peer->broken) {
		fabric->statistics.dropped_link++;
		return;
	}
	if (!lane_has_room(peer, IPOIB__LANE_CAST, parcel->size) ||
	    !lane_put(fabric, peer, IPOIB__LANE_CAST, parcel)) {
		fabric->statistics.dropped_multicast++;
		return;
	}
	if (!ipoib__list_is_linked(&peer->flush))
		ipoib__list_push_back(&fabric->flush, &peer->flush);
}

void ipoib__fabric_peers_flush(struct ipoib_fabric *fabric)
{
	struct ipoib__list *link;

	while ((link = ipoib__list_pop_front(&fabric->flush)) != NULL)
		ipoib__fabric_peer_write(fabric,
					 ipoib__container_of(link, struct ipoib__peer, flush));
}

/* ---- reading ---- */

static void take_frame(struct ipoib_fabric *fabric, struct ipoib__peer *peer, const uint8_t *bytes,
		       size_t length)
{
	struct ipoib__frame frame;
	int header = ipoib__frame_decode(&frame, bytes, length);

	if (header < 0 || frame.length != length - (size_t)header)
		ipoib__fabric_bad(fabric);
	/* A process does not manage subnets: its agent is the fabric's. */
	else if (ipoib__fabric_agent_takes(fabric, &fabric->ports[peer->index], &frame))
		ipoib__fabric_bad(fabric);
	else
		ipoib__fabric_input(fabric, peer->index, &frame, bytes + header);
}

void ipoib__fabric_peer_read(struct ipoib_fabric *fabric, struct ipoib__peer *peer, unsigned reads)
{
	for (unsigned i = 0; i < reads && !peer->broken; i++) {
		int length = peer->ops->read(fabric, peer);

		if (length == -EAGAIN)
			return;
		if (length < 0)
			peer->broken = true;
		else if (!peer->attached)
			peer->ops->greet(fabric, peer, fabric->buffer, (size_t)length);
		else if (length == 0) /* longer than any frame */
			ipoib__fabric_bad(fabric);
		else
			take_frame(fabric, peer, fabric->buffer, (size_t)length);
	}
}
