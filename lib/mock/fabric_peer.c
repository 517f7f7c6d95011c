/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/assert.h"
#include "mock/attach.h"
#include "mock/device.h"
#include "mock/fabric_external.h"
#include "mock/socket.h"

/* A frame that the socket had no room for. */
struct waiting {
	struct ipoib__list link;
	struct ipoib__parcel *parcel;
};

/* ---- coming and going ---- */

int ipoib__fabric_peer_new(struct ipoib_fabric *fabric, int fd, struct ipoib__peer **out)
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
	peer->fd = fd;
	peer->opened = ipoib__fabric_now(fabric);
	ipoib__list_init(&peer->backlog);
	ipoib__list_init(&peer->link);
	ipoib__list_push_back(&fabric->peers, &peer->link);
	*out = peer;
	return 0;
}

static void waiting_end(struct ipoib_fabric *fabric, struct ipoib__peer *peer,
			struct waiting *waiting)
{
	peer->backlog_octets -= waiting->parcel->size;
	fabric->backlog_frames--;
	ipoib__list_remove(&waiting->link);
	ipoib__parcel_unref(&fabric->memory, waiting->parcel);
	ipoib__memory_put(&fabric->memory, waiting, sizeof(*waiting));
}

static struct waiting *waiting_first(struct ipoib__peer *peer)
{
	struct ipoib__list *link = ipoib__list_first(&peer->backlog);

	return link == NULL ? NULL : ipoib__container_of(link, struct waiting, link);
}

void ipoib__fabric_peer_close(struct ipoib_fabric *fabric, struct ipoib__peer *peer)
{
	struct waiting *waiting;

	while ((waiting = waiting_first(peer)) != NULL) {
		fabric->statistics.dropped_link++;
		waiting_end(fabric, peer, waiting);
	}
	if (peer->attached)
		ipoib__fabric_port_detach(fabric, &fabric->ports[peer->index]);
	if (peer->device != NULL)
		ipoib__fabric_device_end(fabric, peer);
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
	if (peer->device != NULL)
		return ipoib__fabric_device_write(fabric, peer, header, payload, frame->length);
	return ipoib__socket_send(peer->fd, header, sizeof(header), payload, frame->length);
}

static int send_info(struct ipoib_fabric *fabric, const struct ipoib__peer *peer)
{
	uint8_t message[IPOIB__ATTACH_SIZE];
	struct ipoib__attach attach;
	int length;

	ipoib__fabric_attach_info(fabric, peer, &attach);
	length = ipoib__attach_encode(message, sizeof(message), &attach);
	ipoib__assert(length > 0);
	return ipoib__socket_send(peer->fd, message, (size_t)length, NULL, 0);
}

static int write_info(struct ipoib_fabric *fabric, struct ipoib__peer *peer)
{
	int status = peer->device != NULL ? ipoib__fabric_device_tell(fabric, peer)
					  : send_info(fabric, peer);

	if (status == 0) {
		peer->info_due = false;
		peer->events = 0;
	}
	return status;
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
		peer->broken = true;
	}
	return true;
}

/* POLLOUT is always ready on a socket with room: it is watched for only while something waits. */
static void watch(struct ipoib_fabric *fabric, struct ipoib__peer *peer)
{
	bool wanted = peer->info_due || !ipoib__list_empty(&peer->backlog);
	short events = wanted ? POLLIN | POLLOUT : POLLIN;

	if (wanted == peer->waiting)
		return;
	if (ipoib__poller_watch(&fabric->poller, peer->fd, events) == 0)
		peer->waiting = wanted;
	else
		peer->broken = true;
}

void ipoib__fabric_peer_write(struct ipoib_fabric *fabric, struct ipoib__peer *peer)
{
	struct waiting *waiting;

	while (!peer->broken && (waiting = waiting_first(peer)) != NULL) {
		const struct ipoib__parcel *parcel = waiting->parcel;

		if (!written(fabric, peer,
			     write_frame(fabric, peer, &parcel->frame, parcel->payload)))
			break;
		waiting_end(fabric, peer, waiting);
	}
	if (!peer->broken && peer->info_due && ipoib__list_empty(&peer->backlog)) {
		int status = write_info(fabric, peer);

		peer->broken = status < 0 && status != -EAGAIN;
	}
	watch(fabric, peer);
}

static void wait_for_room(struct ipoib_fabric *fabric, struct ipoib__peer *peer,
			  const struct ipoib__frame *frame, const void *payload)
{
	struct ipoib__parcel *parcel = NULL;
	struct waiting *waiting = NULL;

	if (peer->backlog_octets + frame->length <= IPOIB__FABRIC_BACKLOG)
		parcel = ipoib__parcel_new(&fabric->memory, frame, payload);
	if (parcel != NULL)
		waiting = ipoib__memory_get(&fabric->memory, sizeof(*waiting));
	if (waiting == NULL) {
		ipoib__parcel_unref(&fabric->memory, parcel);
		fabric->statistics.dropped_full++;
		return;
	}
	waiting->parcel = parcel;
	ipoib__list_init(&waiting->link);
	ipoib__list_push_back(&peer->backlog, &waiting->link);
	peer->backlog_octets += parcel->size;
	fabric->backlog_frames++;
	watch(fabric, peer);
}

void ipoib__fabric_peer_send(struct ipoib_fabric *fabric, struct ipoib__peer *peer,
			     const struct ipoib__frame *frame, const void *payload)
{
	bool in_turn = ipoib__list_empty(&peer->backlog) && !peer->info_due;

	if (peer->broken)
		fabric->statistics.dropped_link++;
	else if (!in_turn || !written(fabric, peer, write_frame(fabric, peer, frame, payload)))
		wait_for_room(fabric, peer, frame, payload);
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
	else if (ipoib__fabric_external_takes(fabric, &fabric->ports[peer->index], &frame))
		ipoib__fabric_bad(fabric);
	else
		ipoib__fabric_input(fabric, peer->index, &frame, bytes + header);
}

static int receive(struct ipoib_fabric *fabric, const struct ipoib__peer *peer)
{
	if (peer->device != NULL)
		return ipoib__fabric_device_read(fabric, peer);
	return ipoib__socket_receive(peer->fd, fabric->buffer, IPOIB__FRAME_MAX);
}

void ipoib__fabric_peer_read(struct ipoib_fabric *fabric, struct ipoib__peer *peer)
{
	for (unsigned i = 0; i < IPOIB__FABRIC_READS && !peer->broken; i++) {
		int length = receive(fabric, peer);

		if (length == -EAGAIN)
			return;
		if (length < 0)
			peer->broken = true;
		else if (!peer->attached)
			ipoib__fabric_attach(fabric, peer, fabric->buffer, (size_t)length);
		else if (length == 0) /* longer than any frame */
			ipoib__fabric_bad(fabric);
		else
			take_frame(fabric, peer, fabric->buffer, (size_t)length);
	}
}
