/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The two CRCs at the end of an InfiniBand packet. They differ in their polynomial only: bits
 * reflected, seed all ones, sent complemented.
 *
 * Eight octets are taken at once, each half of one through a table of its own, so that the steps do
 * not wait for each other: some ten times the speed of one table, and both CRCs' tables are 2 KB.
 */
#ifndef IPOIB__WIRE_CRC_H
#define IPOIB__WIRE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* after[n][x]: the remainder of the half octet x when n halves, all zero, have followed it. */
struct ipoib__crc {
	uint32_t after[16][16];
};

/* Invariant: CRC-32 of IEEE 802.3, 0x04c11db7. */
extern const struct ipoib__crc ipoib__crc_invariant;
/* Variant: CRC-16, 0x100b. */
extern const struct ipoib__crc ipoib__crc_variant;

/* The remainder after more octets. */
uint32_t ipoib__crc_update(const struct ipoib__crc *crc, uint32_t remainder, const void *bytes,
			   size_t length);

#endif
