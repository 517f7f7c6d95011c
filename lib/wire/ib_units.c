/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/ib_units.h"

#include <stdbool.h>
#include <stddef.h>

#include <ipoib/types.h>

#define MTU_CODE_MIN 1 /* 256 octets */
#define MTU_CODE_MAX 5 /* 4096 octets */
#define MTU_CODE_OPA 7 /* 10240 octets: opa_port_info.h of Linux */

/* 4.096 us, the unit of packet life times. */
#define LIFE_UNIT_NS 4096
/* 2^12 ns * 2^51 is the last that fits 64 bits. */
#define LIFE_CODE_MAX 51

/* In the order of the codes, which is that of their invention and not of speed. */
static const uint32_t rates[] = {
	[2] = 2500,    [3] = 10000,   [4] = 30000,   [5] = 5000,   [6] = 20000,	  [7] = 40000,
	[8] = 60000,   [9] = 80000,   [10] = 120000, [11] = 14000, [12] = 56000,  [13] = 112000,
	[14] = 168000, [15] = 25000,  [16] = 100000, [17] = 200000, [18] = 300000, [19] = 28000,
	[20] = 50000,  [21] = 400000, [22] = 600000, [23] = 800000,
};

#define RATE_CODES (sizeof(rates) / sizeof(rates[0]))

unsigned ipoib__mtu_to_octets(uint8_t code)
{
	return code >= MTU_CODE_MIN && code <= MTU_CODE_MAX ? 128u << code : 0;
}

unsigned ipoib__mtu_of_record(uint8_t code)
{
	bool is_of_opa = code > MTU_CODE_MAX && code <= MTU_CODE_OPA;

	return ipoib__mtu_to_octets(is_of_opa ? MTU_CODE_MAX : code);
}

uint8_t ipoib__mtu_from_octets(unsigned octets)
{
	for (uint8_t code = MTU_CODE_MIN; code <= MTU_CODE_MAX; code++) {
		if (ipoib__mtu_to_octets(code) == octets)
			return code;
	}
	return 0;
}

uint32_t ipoib__rate_to_mbps(uint8_t code)
{
	return code < RATE_CODES ? rates[code] : 0;
}

uint8_t ipoib__rate_from_mbps(uint32_t mbps)
{
	for (size_t code = 0; mbps != 0 && code < RATE_CODES; code++) {
		if (rates[code] == mbps)
			return (uint8_t)code;
	}
	return 0;
}

uint64_t ipoib__life_to_ns(uint8_t code)
{
	return code <= LIFE_CODE_MAX ? (uint64_t)LIFE_UNIT_NS << code : IPOIB_NEVER;
}
