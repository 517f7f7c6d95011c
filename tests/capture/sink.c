/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "capture/sink.h"

#include <string.h>

#include "support/support.h"

struct sink sink;

static int sink_write(const void *octets, size_t length, void *user)
{
	struct sink *to = user;

	if (++to->calls == to->fail_at)
		return to->status;
	ck_assert_uint_le(length, sizeof(to->octets) - to->length);
	memcpy(to->octets + to->length, octets, length);
	to->length += length;
	return 0;
}

struct ipoib_capture_config sink_config(void)
{
	struct ipoib_capture_config config = {
		.size = sizeof(config),
		.write = sink_write,
		.user = &sink,
		.allocate = support_allocate,
		.release = support_release,
	};

	return config;
}

static const uint8_t payload[] = { 0x08, 0x00, 0x00, 0x00, 0x45 };

struct ipoib_capture_packet golden_packet(void)
{
	struct ipoib_capture_packet packet = {
		.size = sizeof(packet),
		.slid = 4,
		.dlid = 7,
		.pkey = 0xffff,
		.sl = 3,
		.source_qpn = 0x49,
		.dest_qpn = 0x48,
		.qkey = 0x0b1b,
		.psn = 0x123456,
		.payload = payload,
		.length = sizeof(payload),
	};

	return packet;
}

/* Its CRCs were computed by another program. */
const uint8_t golden_record[GOLDEN_LENGTH] = {
	0x00, 0x00, 0x00, 0x01, 0x1d, 0xcd, 0x65, 0x00, 0x00, 0x00, 0x00, 0x3a,
	0x00, 0x00, 0x00, 0x3a, 0x00, 0x00, 0x00, 0x80, 0x01, 0x00, 0x00, 0x00,
	0x15, 0x04, 0x00, 0x3a, 0x00, 0x00, 0x00, 0x2a, 0x00, 0x32, 0x00, 0x07,
	0x00, 0x0a, 0x00, 0x04, 0x64, 0x30, 0xff, 0xff, 0x00, 0x00, 0x00, 0x48,
	0x00, 0x12, 0x34, 0x56, 0x00, 0x00, 0x0b, 0x1b, 0x00, 0x00, 0x00, 0x49,
	0x08, 0x00, 0x00, 0x00, 0x45, 0x00, 0x00, 0x00, 0x43, 0x8d, 0x1f, 0x49,
	0x3a, 0xff,
};

void sink_setup(void)
{
	support_setup();
	memset(&sink, 0, sizeof(sink));
}

void check_counts(const struct ipoib_capture *capture, uint64_t recorded, uint64_t failed)
{
	uint64_t counted;

	ck_assert_uint_eq(ipoib_capture_count(capture, &counted), recorded);
	ck_assert_uint_eq(counted, failed);
}
