/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "capture/erf.h"

#include <errno.h>

#include "base/assert.h"
#include "base/bytes.h"

#define NANOSECONDS UINT64_C(1000000000)

/* pcap with nanoseconds; microseconds would move each packet by up to one. */
#define PCAP_MAGIC 0xa1b23c4d
#define PCAP_VERSION_MAJOR 2
#define PCAP_VERSION_MINOR 4
#define PCAP_LINK_TYPE_ERF 197

#define ERF_HEADER_LENGTH 16
#define ERF_TYPE_INFINIBAND 21
/* Records differ in length, as they do where packets do. */
#define ERF_FLAG_VARYING 0x04

int ipoib__erf_time(struct ipoib__erf_time *out, uint64_t now, int64_t epoch_offset_ns)
{
	/* In two's complement; 0 - x, because -INT64_MIN does not exist. */
	uint64_t offset = (uint64_t)epoch_offset_ns;
	uint64_t time = now + offset;

	if (epoch_offset_ns < 0 ? now < 0 - offset : time < now)
		return -ERANGE;
	if (time / NANOSECONDS > UINT32_MAX)
		return -ERANGE;
	out->seconds = (uint32_t)(time / NANOSECONDS);
	out->nanoseconds = (uint32_t)(time % NANOSECONDS);
	return 0;
}

/*
 *   0                   1                   2                   3
 *  +---------------------------------------------------------------+
 *  | magic number                                                  |
 *  +-------------------------------+-------------------------------+
 *  | major version                 | minor version                 |
 *  +-------------------------------+-------------------------------+
 *  | time zone: 0                                                  |
 *  +---------------------------------------------------------------+
 *  | accuracy of the times: 0                                      |
 *  +---------------------------------------------------------------+
 *  | longest record, ERF header included                           |
 *  +---------------------------------------------------------------+
 *  | link type: ERF                                                |
 *  +---------------------------------------------------------------+
 */
int ipoib__erf_file_header(void *bytes, size_t room, uint32_t snap_length)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u32(&w, PCAP_MAGIC);
	ipoib__write_u16(&w, PCAP_VERSION_MAJOR);
	ipoib__write_u16(&w, PCAP_VERSION_MINOR);
	ipoib__write_u32(&w, 0);
	ipoib__write_u32(&w, 0);
	ipoib__write_u32(&w, ERF_HEADER_LENGTH + snap_length);
	ipoib__write_u32(&w, PCAP_LINK_TYPE_ERF);
	return ipoib__write_result(&w);
}

/*
 * The nanoseconds as a binary fraction of 32 bits. To the nearest, so that the reader's way back
 * ends at the same nanosecond and both times of a record are one.
 */
static uint32_t binary_fraction(uint32_t nanoseconds)
{
	return (uint32_t)((((uint64_t)nanoseconds << 32) + NANOSECONDS / 2) / NANOSECONDS);
}

static void write_little_endian(struct ipoib__writer *w, uint32_t value)
{
	for (unsigned shift = 0; shift < 32; shift += 8)
		ipoib__write_u8(w, (uint8_t)(value >> shift & 0xff));
}

/*
 *   0                   1                   2                   3
 *  +---------------------------------------------------------------+
 *  | seconds since 1970                                            |  pcap
 *  +---------------------------------------------------------------+
 *  | nanoseconds                                                   |
 *  +---------------------------------------------------------------+
 *  | octets that follow in the file                                |
 *  +---------------------------------------------------------------+
 *  | octets that there were                                        |
 *  +---------------------------------------------------------------+
 *  | fraction of a second, little-endian                           |  ERF
 *  +---------------------------------------------------------------+
 *  | seconds since 1970, little-endian                             |
 *  +---------------+---------------+-------------------------------+
 *  | type: 21      | flags         | record length, header included|
 *  +---------------+---------------+-------------------------------+
 *  | lost before this one: 0       | wire length                   |
 *  +-------------------------------+-------------------------------+
 */
int ipoib__erf_record_header(void *bytes, size_t room, const struct ipoib__erf_time *time,
			     size_t length)
{
	struct ipoib__writer w;

	ipoib__assert(length <= UINT16_MAX - ERF_HEADER_LENGTH);
	ipoib__assert(time->nanoseconds < NANOSECONDS);
	uint16_t record_length = (uint16_t)(ERF_HEADER_LENGTH + length);

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u32(&w, time->seconds);
	ipoib__write_u32(&w, time->nanoseconds);
	ipoib__write_u32(&w, record_length);
	ipoib__write_u32(&w, record_length);
	write_little_endian(&w, binary_fraction(time->nanoseconds));
	write_little_endian(&w, time->seconds);
	ipoib__write_u8(&w, ERF_TYPE_INFINIBAND);
	ipoib__write_u8(&w, ERF_FLAG_VARYING);
	ipoib__write_u16(&w, record_length);
	ipoib__write_u16(&w, 0);
	ipoib__write_u16(&w, (uint16_t)length);
	return ipoib__write_result(&w);
}
