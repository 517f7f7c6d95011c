/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The file format of a capture: pcap with nanoseconds, and in it ERF records of type 21, which
 * are complete InfiniBand packets. It is the one way to hand such a packet to tshark: the link
 * type made for InfiniBand (247) is not read by it.
 *
 *	file	= file header, record, record, ...
 *	record	= pcap header (16), ERF header (16), LRH to VCRC
 *
 * All numbers are written big-endian (a reader of pcap finds out by the magic number), so a
 * capture has the same octets on every machine; the time stamp of ERF alone is little-endian.
 */
#ifndef IPOIB__CAPTURE_ERF_H
#define IPOIB__CAPTURE_ERF_H

#include <stddef.h>
#include <stdint.h>

#define IPOIB__ERF_FILE_HEADER_LENGTH 24
/* pcap's header of a record and ERF's. */
#define IPOIB__ERF_RECORD_HEADER_LENGTH 32

/* An instant. A pcap header has no more than 32 bits for the seconds. */
struct ipoib__erf_time {
	uint32_t seconds; /* since 1970 */
	uint32_t nanoseconds;
};

/*
 * A clock's time with its distance from 1970. 0, or -ERANGE before 1970 and after what 32 bits
 * of seconds hold (2106).
 */
int ipoib__erf_time(struct ipoib__erf_time *out, uint64_t now, int64_t epoch_offset_ns);

/* snap_length: no packet is longer, LRH to VCRC. Returns the octets written or -ENOBUFS. */
int ipoib__erf_file_header(void *bytes, size_t room, uint32_t snap_length);

/*
 * Both headers of a record; length octets of packet follow, few enough for ERF's 16 bits.
 * Returns the octets written or -ENOBUFS.
 */
int ipoib__erf_record_header(void *bytes, size_t room, const struct ipoib__erf_time *time,
			     size_t length);

#endif
