/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * InfiniBand writes MTUs, rates and times as small numbers. Here is what they mean.
 */
#ifndef IPOIB__WIRE_IB_UNITS_H
#define IPOIB__WIRE_IB_UNITS_H

#include <stdint.h>

/* Octets of payload in one InfiniBand packet: 256 to 4096; 0 for a code that means nothing. */
unsigned ipoib__mtu_to_octets(uint8_t code);
/*
 * The same of a path or a group that a subnet manager tells of: Omni-Path's codes 6 and 7, of 8192
 * and 10240 octets, are more than a port here has, which uses its 4096 of them.
 */
unsigned ipoib__mtu_of_record(uint8_t code);
/* The code of exactly this many octets; 0 when there is none. */
uint8_t ipoib__mtu_from_octets(unsigned octets);

/*
 * Megabits a second as the rate is named (code 12 is "56 Gb/s": 56000, though its lanes carry
 * slightly more); 0 for a code that means nothing. And the code of exactly that many, 0 when
 * there is none.
 */
uint32_t ipoib__rate_to_mbps(uint8_t code);
uint8_t ipoib__rate_from_mbps(uint32_t mbps);

/* 4.096 us * 2^code in nanoseconds; IPOIB_NEVER where 64 bits do not hold it. */
uint64_t ipoib__life_to_ns(uint8_t code);

#endif
