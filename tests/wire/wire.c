/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/wire.h"

#include <string.h>

#include "support/support.h"

#define GARBAGE_ROUNDS 5000

static int digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *found = c != '\0' ? strchr(digits, c) : NULL;

	return found != NULL ? (int)(found - digits) : -1;
}

size_t wire_hex(uint8_t *out, size_t room, const char *text)
{
	size_t length = 0;

	while (*text != '\0') {
		if (*text == ' ') {
			text++;
			continue;
		}
		int high = digit(text[0]), low = digit(text[1]);
		ck_assert_msg(high >= 0 && low >= 0, "not hexadecimal: %s", text);
		ck_assert_uint_lt(length, room);
		out[length++] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	return length;
}

uint8_t *wire_copy(const void *bytes, size_t length)
{
	if (length == 0)
		return NULL;
	uint8_t *copy = ipoib__memory_get(support_memory(), length);
	wire_check(copy != NULL, "no memory");
	memcpy(copy, bytes, length);
	return copy;
}

void wire_put(uint8_t *copy, size_t length)
{
	ipoib__memory_put(support_memory(), copy, length);
}

void wire_random_fill(struct ipoib__random *random, void *bytes, size_t length)
{
	uint8_t *p = bytes;

	for (size_t i = 0; i < length; i += sizeof(uint64_t)) {
		uint64_t octets = ipoib__random_u64(random);
		memcpy(p + i, &octets, length - i < sizeof(octets) ? length - i : sizeof(octets));
	}
}

int wire_decode_exact(wire_decoder *decode, void *out, const void *bytes, size_t length)
{
	uint8_t *copy = wire_copy(bytes, length);
	int result = decode(out, copy, length);

	wire_put(copy, length);
	return result;
}

void wire_decode_garbage(wire_decoder *decode, void *out, struct ipoib__random *random,
			 size_t limit)
{
	uint8_t bytes[512];

	ck_assert_uint_le(limit, sizeof(bytes));
	for (int i = 0; i < GARBAGE_ROUNDS; i++) {
		size_t length = (size_t)ipoib__random_below(random, limit);
		wire_random_fill(random, bytes, length);
		int consumed = wire_decode_exact(decode, out, bytes, length);
		wire_check(consumed <= (int)length, "%d of %zu octets consumed", consumed, length);
	}
}

void wire_close_icmpv6(uint8_t *packet, size_t length, size_t at)
{
	uint32_t sum = 58 + (uint32_t)(length - at);

	wire_check(at + 4 <= length && length >= 44, "no message in %zu octets", length);
	packet[4] = (uint8_t)((length - 40) >> 8);
	packet[5] = (uint8_t)((length - 40) & 0xff);
	packet[at + 2] = packet[at + 3] = 0;
	for (size_t i = 8; i < 40; i++)
		sum += i % 2 == 0 ? (uint32_t)packet[i] << 8 : packet[i];
	for (size_t i = at; i < length; i++)
		sum += (i - at) % 2 == 0 ? (uint32_t)packet[i] << 8 : packet[i];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	packet[at + 2] = (uint8_t)(~sum >> 8 & 0xff);
	packet[at + 3] = (uint8_t)(~sum & 0xff);
}

void wire_assert_hex(const uint8_t *bytes, size_t length, const char *text)
{
	uint8_t expected[1024];
	size_t expected_length = wire_hex(expected, sizeof(expected), text);

	ck_assert_uint_eq(length, expected_length);
	for (size_t i = 0; i < length; i++) {
		ck_assert_msg(bytes[i] == expected[i], "octet %zu is %02x and not %02x", i,
			      bytes[i], expected[i]);
	}
}

/* Who has fe80::f652:1403:12:ab02? asks ...ab01; the checksum is known to tshark. */
static const char solicitation[] = "6000000000303aff"
				   "fe80000000000000f65214030012ab01"
				   "ff0200000000000000000001ff12ab02"
				   "8700346f00000000"
				   "fe80000000000000f65214030012ab02"
				   "01030000"
				   "80000048fe80000000000000f45214030012ab01";

void wire_nd_solicitation(uint8_t packet[WIRE_ND_LENGTH])
{
	(void)wire_hex(packet, WIRE_ND_LENGTH, solicitation);
}

void wire_nd_advertisement(uint8_t packet[WIRE_ND_LENGTH])
{
	wire_nd_solicitation(packet);
	packet[WIRE_ND_MESSAGE] = 136;
	packet[WIRE_ND_MESSAGE + 4] = 0x60; /* solicited, override */
	packet[WIRE_ND_OPTION] = 2;
	memcpy(packet + 24, packet + 8, 16);
	packet[39] = 0x03;
	wire_close_icmpv6(packet, WIRE_ND_LENGTH, WIRE_ND_MESSAGE);
}

void wire_nd_dad(uint8_t packet[WIRE_ND_LENGTH])
{
	wire_nd_solicitation(packet);
	memset(packet + 8, 0, 16);
	wire_close_icmpv6(packet, WIRE_ND_OPTION, WIRE_ND_MESSAGE);
}
