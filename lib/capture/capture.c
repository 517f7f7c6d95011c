/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A capture: each packet is checked, put together as it stood on the wire, and handed to the
 * caller's write in one piece, so that a file which ends early ends between two records.
 */
#include <ipoib/capture.h>

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/sized.h"
#include "capture/erf.h"
#include "wire/ib_packet.h"

/* What fits the fields of the wire; more is not a packet. */
#define SL_MAX 0xf
#define FLOW_LABEL_MAX 0xfffffu
#define QPN_MAX 0xffffffu
/* A PSN counts modulo 2^24, an MSN too: who numbers packets may hand in a running number. */
#define PSN_MASK 0xffffffu
/* The least MTU that InfiniBand knows. */
#define MTU_MIN 256

/* Up to the last member of the first version: it is never moved, only followed. */
IPOIB__FIRST_VERSION(CONFIG_FIRST, struct ipoib_capture_config, allocator_user, 56);
IPOIB__FIRST_VERSION(PACKET_FIRST, struct ipoib_capture_packet, length, 88);

struct ipoib_capture {
	struct ipoib_capture_config config;
	struct ipoib__memory memory;
	uint64_t recorded;
	uint64_t failed;
	int status; /* of the first write that failed, and of every call since; else 0 */
	uint8_t record[IPOIB__ERF_RECORD_HEADER_LENGTH + IPOIB__IB_PACKET_MAX];
};

static int write_octets(struct ipoib_capture *capture, size_t length)
{
	int status = capture->config.write(capture->record, length, capture->config.user);

	/* A hook that answers like write(2) would be believed for ever otherwise. */
	capture->status = status > 0 ? -EIO : status;
	return capture->status;
}

static int write_file_header(struct ipoib_capture *capture)
{
	int length = ipoib__erf_file_header(capture->record, sizeof(capture->record),
					    IPOIB__IB_PACKET_MAX);

	ipoib__assert(length == IPOIB__ERF_FILE_HEADER_LENGTH);
	return write_octets(capture, (size_t)length);
}

int ipoib_capture_new(struct ipoib_capture **out, const struct ipoib_capture_config *config)
{
	struct ipoib_capture_config checked = { 0 };
	struct ipoib__memory memory;

	if (!out || !config)
		return -EINVAL;
	int error = ipoib__sized_in(&checked, sizeof(checked), CONFIG_FIRST, config,
				    config->size);

	if (error)
		return error;
	if (!checked.write || !checked.allocate != !checked.release)
		return -EINVAL;
	ipoib__memory_init(&memory, checked.allocate, checked.release, checked.allocator_user);

	struct ipoib_capture *capture = ipoib__memory_get(&memory, sizeof(*capture));

	if (!capture)
		return -ENOMEM;
	capture->config = checked;
	capture->memory = memory;
	error = write_file_header(capture);
	if (error) {
		ipoib_capture_close(capture);
		return error;
	}
	*out = capture;
	return 0;
}

void ipoib_capture_close(struct ipoib_capture *capture)
{
	if (!capture)
		return;
	/* A copy: the allocator must not stand in what it takes back. */
	struct ipoib__memory memory = capture->memory;

	ipoib__memory_put(&memory, capture, sizeof(*capture));
}

uint64_t ipoib_capture_count(const struct ipoib_capture *capture, uint64_t *failed)
{
	if (failed)
		*failed = capture->failed;
	return capture->recorded;
}

static int check_packet(const struct ipoib_capture_packet *packet)
{
	if (packet->kind > IPOIB_CAPTURE_RC_ACKNOWLEDGE)
		return -EINVAL;
	if (packet->kind == IPOIB_CAPTURE_RC_SEND) {
		if (packet->mtu < MTU_MIN || packet->mtu > IPOIB__IB_PAYLOAD_MAX)
			return -EINVAL;
		if (packet->length > IPOIB_CAPTURE_MESSAGE_MAX)
			return -EMSGSIZE;
	} else if (packet->length > IPOIB__IB_PAYLOAD_MAX) {
		return -EMSGSIZE;
	}
	if (packet->length > 0 && !packet->payload)
		return -EINVAL;
	if (packet->reserved[0] != 0 || packet->reserved[1] != 0 || packet->reserved2[0] != 0 ||
	    packet->reserved2[1] != 0 || packet->reserved2[2] != 0)
		return -EINVAL;
	if (packet->sl > SL_MAX || packet->source_qpn > QPN_MAX || packet->dest_qpn > QPN_MAX)
		return -EINVAL;
	if (packet->has_grh && packet->flow_label > FLOW_LABEL_MAX)
		return -EINVAL;
	return 0;
}

static void describe_packet(struct ipoib__ib_packet *out, const struct ipoib_capture_packet *in)
{
	memset(out, 0, sizeof(*out));
	out->slid = in->slid;
	out->dlid = in->dlid;
	out->sl = in->sl;
	out->has_grh = in->has_grh != 0;
	if (out->has_grh) {
		out->grh.traffic_class = in->traffic_class;
		out->grh.flow_label = in->flow_label;
		out->grh.hop_limit = in->hop_limit;
		out->grh.source = in->sgid;
		out->grh.destination = in->dgid;
	}
	out->opcode = in->kind == IPOIB_CAPTURE_UD ? IPOIB__IB_UD_SEND_ONLY
						   : IPOIB__IB_RC_ACKNOWLEDGE;
	out->pkey = in->pkey;
	out->dqpn = in->dest_qpn;
	out->psn = in->psn & PSN_MASK;
	out->qkey = in->qkey;
	out->sqpn = in->source_qpn;
	out->payload = in->payload;
	out->length = in->length;
	out->syndrome = in->syndrome;
	out->msn = in->msn & PSN_MASK;
}

/* Puts the record together; the octets of it. */
static size_t build_record(struct ipoib_capture *capture, const struct ipoib__erf_time *time,
			   const struct ipoib__ib_packet *wire)
{
	int length = ipoib__ib_packet_encode(capture->record + IPOIB__ERF_RECORD_HEADER_LENGTH,
					     IPOIB__IB_PACKET_MAX, wire);

	ipoib__assert(length > 0 && length <= IPOIB__IB_PACKET_MAX);

	int header = ipoib__erf_record_header(capture->record, IPOIB__ERF_RECORD_HEADER_LENGTH,
					      time, (size_t)length);

	ipoib__assert(header == IPOIB__ERF_RECORD_HEADER_LENGTH);
	return (size_t)(header + length);
}

static int record_one(struct ipoib_capture *capture, const struct ipoib__erf_time *time,
		      const struct ipoib__ib_packet *wire)
{
	int error = write_octets(capture, build_record(capture, time, wire));

	if (!error)
		capture->recorded++;
	return error;
}

static uint8_t opcode_of(bool first, bool last)
{
	if (first)
		return last ? IPOIB__IB_RC_SEND_ONLY : IPOIB__IB_RC_SEND_FIRST;
	return last ? IPOIB__IB_RC_SEND_LAST : IPOIB__IB_RC_SEND_MIDDLE;
}

/* Cuts a message as an adapter does: the last packet asks for the acknowledgement. */
static int record_message(struct ipoib_capture *capture, const struct ipoib__erf_time *time,
			  struct ipoib__ib_packet *wire, size_t mtu)
{
	const uint8_t *octets = wire->payload;
	size_t left = wire->length;
	bool first = true;
	int error;

	do {
		wire->length = left < mtu ? left : mtu;
		left -= wire->length;
		wire->acknowledge = left == 0;
		wire->opcode = opcode_of(first, left == 0);
		wire->payload = octets;
		error = record_one(capture, time, wire);
		wire->psn = (wire->psn + 1) & PSN_MASK;
		if (left > 0)
			octets += wire->length;
		first = false;
	} while (!error && left > 0);
	return error;
}

static int record_packet(struct ipoib_capture *capture, uint64_t now,
			 const struct ipoib_capture_packet *given)
{
	struct ipoib_capture_packet packet = { 0 };
	struct ipoib__ib_packet wire;
	struct ipoib__erf_time time;

	if (capture->status)
		return capture->status;
	if (!given)
		return -EINVAL;
	int error = ipoib__sized_in(&packet, sizeof(packet), PACKET_FIRST, given, given->size);

	if (!error)
		error = check_packet(&packet);
	if (!error && ipoib__erf_time(&time, now, capture->config.epoch_offset_ns))
		error = -EINVAL;
	if (error)
		return error;
	describe_packet(&wire, &packet);
	if (packet.kind == IPOIB_CAPTURE_RC_SEND)
		return record_message(capture, &time, &wire, packet.mtu);
	return record_one(capture, &time, &wire);
}

int ipoib_capture_packet(struct ipoib_capture *capture, uint64_t now,
			 const struct ipoib_capture_packet *packet)
{
	int error = record_packet(capture, now, packet);

	if (error)
		capture->failed++;
	return error;
}
