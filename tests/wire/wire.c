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
