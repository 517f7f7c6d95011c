/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/frame.h"

#include "base/bytes.h"

#define FLOW_LABEL UINT32_C(0xfffff)
#define HIGH_OCTET UINT32_C(0xff000000)

/* The 24-bit numbers stand in four octets, of which the first is zero. */
static uint32_t read_24_of_32(struct ipoib__reader *reader, bool *wrong)
{
	uint32_t value = ipoib__read_u32(reader);

	*wrong = *wrong || (value & HIGH_OCTET) != 0;
	return value;
}

int ipoib__frame_decode(struct ipoib__frame *out, const void *bytes, size_t length)
{
	struct ipoib__frame frame;
	struct ipoib__reader reader;
	bool wrong = false;

	ipoib__reader_init(&reader, bytes, length);
	uint32_t magic = ipoib__read_u32(&reader);
	uint8_t version = ipoib__read_u8(&reader);
	frame.operation = ipoib__read_u8(&reader);
	frame.flags = ipoib__read_u8(&reader);
	frame.syndrome = ipoib__read_u8(&reader);
	frame.slid = ipoib__read_u16(&reader);
	frame.dlid = ipoib__read_u16(&reader);
	frame.sqpn = read_24_of_32(&reader, &wrong);
	frame.dqpn = read_24_of_32(&reader, &wrong);
	frame.qkey = ipoib__read_u32(&reader);
	frame.psn = read_24_of_32(&reader, &wrong);
	frame.pkey = ipoib__read_u16(&reader);
	frame.sl = ipoib__read_u8(&reader);
	frame.rnr_timer = ipoib__read_u8(&reader);
	frame.length = ipoib__read_u32(&reader);
	frame.immediate = ipoib__read_u32(&reader);
	frame.flow_label = ipoib__read_u32(&reader) & FLOW_LABEL;
	frame.traffic_class = ipoib__read_u8(&reader);
	frame.hop_limit = ipoib__read_u8(&reader);
	ipoib__read_skip(&reader, 2);
	ipoib__read_bytes(&reader, frame.sgid.raw, sizeof(frame.sgid.raw));
	ipoib__read_bytes(&reader, frame.dgid.raw, sizeof(frame.dgid.raw));
	if (reader.failed || wrong || frame.sl > 15)
		return -EINVAL;
	if (magic != IPOIB__FRAME_MAGIC || version != IPOIB__FRAME_VERSION ||
	    frame.operation < IPOIB__FRAME_UD || frame.operation > IPOIB__FRAME_NAK)
		return -EPROTO;
	*out = frame;
	return IPOIB__FRAME_HEADER;
}

int ipoib__frame_encode(void *bytes, size_t room, const struct ipoib__frame *frame)
{
	struct ipoib__writer writer;

	ipoib__assert(((frame->sqpn | frame->dqpn | frame->psn) & HIGH_OCTET) == 0);
	ipoib__assert(frame->flow_label <= FLOW_LABEL && frame->sl <= 15);

	ipoib__writer_init(&writer, bytes, room);
	ipoib__write_u32(&writer, IPOIB__FRAME_MAGIC);
	ipoib__write_u8(&writer, IPOIB__FRAME_VERSION);
	ipoib__write_u8(&writer, frame->operation);
	ipoib__write_u8(&writer, frame->flags);
	ipoib__write_u8(&writer, frame->syndrome);
	ipoib__write_u16(&writer, frame->slid);
	ipoib__write_u16(&writer, frame->dlid);
	ipoib__write_u32(&writer, frame->sqpn);
	ipoib__write_u32(&writer, frame->dqpn);
	ipoib__write_u32(&writer, frame->qkey);
	ipoib__write_u32(&writer, frame->psn);
	ipoib__write_u16(&writer, frame->pkey);
	ipoib__write_u8(&writer, frame->sl);
	ipoib__write_u8(&writer, frame->rnr_timer);
	ipoib__write_u32(&writer, frame->length);
	ipoib__write_u32(&writer, frame->immediate);
	ipoib__write_u32(&writer, frame->flow_label);
	ipoib__write_u8(&writer, frame->traffic_class);
	ipoib__write_u8(&writer, frame->hop_limit);
	ipoib__write_zero(&writer, 2);
	ipoib__write_bytes(&writer, frame->sgid.raw, sizeof(frame->sgid.raw));
	ipoib__write_bytes(&writer, frame->dgid.raw, sizeof(frame->dgid.raw));
	return ipoib__write_result(&writer);
}

bool ipoib__lid_is_multicast(uint16_t lid)
{
	return lid >= IPOIB__LID_MULTICAST && lid != IPOIB__LID_PERMISSIVE;
}
