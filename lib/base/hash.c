/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Written after "SipHash: a fast short-input PRF" (Aumasson and Bernstein, 2012), with their names.
 */
#include "base/hash.h"

#define COMPRESSION_ROUNDS 1
#define FINALIZATION_ROUNDS 3

struct sip {
	uint64_t v0, v1, v2, v3;
};

/* Written out, it is one load where octets are in this order. */
static uint64_t read_word(const uint8_t b[8])
{
	return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
	       (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
	       (uint64_t)b[7] << 56;
}

/* Fewer than eight octets. */
static uint64_t read_rest(const uint8_t *bytes, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)bytes[i] << (8 * i);
	return word;
}

static uint64_t rotate_left(uint64_t x, int bits)
{
	return (x << bits) | (x >> (64 - bits));
}

static void rounds(struct sip *s, int n)
{
	for (int i = 0; i < n; i++) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotate_left(s->v1, 13) ^ s->v0;
		s->v3 = rotate_left(s->v3, 16) ^ s->v2;
		s->v0 = rotate_left(s->v0, 32);

		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = rotate_left(s->v1, 17) ^ s->v2;
		s->v3 = rotate_left(s->v3, 21) ^ s->v0;
		s->v2 = rotate_left(s->v2, 32);
	}
}

static void compress(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	rounds(s, COMPRESSION_ROUNDS);
	s->v0 ^= word;
}

uint64_t ipoib__siphash(const uint8_t key[IPOIB__SIPHASH_KEY], const void *data, size_t length)
{
	uint64_t k0 = read_word(key), k1 = read_word(key + 8);
	struct sip s = {
		.v0 = k0 ^ 0x736f6d6570736575u, /* "somepseudorandomlygeneratedbytes" */
		.v1 = k1 ^ 0x646f72616e646f6du,
		.v2 = k0 ^ 0x6c7967656e657261u,
		.v3 = k1 ^ 0x7465646279746573u,
	};
	const uint8_t *at = data;
	size_t left = length;

	for (; left >= 8; at += 8, left -= 8)
		compress(&s, read_word(at));
	/* the last word ends with the length, so that trailing zeroes are not lost */
	compress(&s, read_rest(at, left) | (uint64_t)length << 56);

	s.v2 ^= 0xff;
	rounds(&s, FINALIZATION_ROUNDS);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/*
 * Not the octets themselves: by a factor that repeats its bits, as 0x0707...07 does, the halves of
 * a product are alike, and folded they are nearly nothing.
 */
struct ipoib__hash_key ipoib__hash_key(const uint8_t key[IPOIB__SIPHASH_KEY])
{
	return (struct ipoib__hash_key){ .k0 = ipoib__siphash(key, "0", 1),
					 .k1 = ipoib__siphash(key, "1", 1) | 1 };
}
