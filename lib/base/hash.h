/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Keyed hashes, 64 bits.
 *
 * SipHash-1-3. The keys of our tables come from hostile peers (GIDs, IP addresses): with a
 * hash that a peer can compute, it fills one chain of the table and every probe becomes a walk.
 * SipHash with a key that is secret per context takes that away; 1-3 is the variant meant for hash
 * tables.
 */
#ifndef IPOIB__BASE_HASH_H
#define IPOIB__BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define IPOIB__SIPHASH_KEY 16 /* octets of a key */

uint64_t ipoib__siphash(const uint8_t key[IPOIB__SIPHASH_KEY], const void *data, size_t length);

/*
 * Where each packet needs one, SipHash is a quarter of all that a send costs. This one is two
 * multiplications:
 *
 *	p = (low + k0) * (high + k1)            128 bits
 *	q = ((p >> 64 ^ p) + k1) * 2^64 / phi   128 bits; its halves, XORed, are the hash
 *
 * p is NH (Black, Halevi, Krawczyk, Krovetz and Rogaway, UMAC, 1999): two inputs that are chosen
 * without knowledge of the key agree in it under at most one key in 2^63. No theorem covers the
 * folding; tests/base/test_fast_hash.c holds it against sets that an attacker would choose. The key
 * must stay secret, and so must the hash: unlike SipHash, it does not hide the key from whatever
 * sees its values.
 */
struct ipoib__hash_key {
	uint64_t k0, k1; /* k1 is odd: no bit of an IPv4 address is lost, whose upper half is 0 */
};

struct ipoib__hash_key ipoib__hash_key(const uint8_t key[IPOIB__SIPHASH_KEY]);

/* The halves of the product, XORed. */
static inline uint64_t ipoib__multiply_fold(uint64_t x, uint64_t y)
{
#ifdef __SIZEOF_INT128__
	__extension__ typedef unsigned __int128 wide;
	wide product = (wide)x * y;

	return (uint64_t)(product >> 64) ^ (uint64_t)product;
#else
	uint64_t ll = (x & UINT32_MAX) * (y & UINT32_MAX), lh = (x & UINT32_MAX) * (y >> 32);
	uint64_t hl = (x >> 32) * (y & UINT32_MAX), hh = (x >> 32) * (y >> 32);
	uint64_t middle = (ll >> 32) + (lh & UINT32_MAX) + (hl & UINT32_MAX);

	return (hh + (lh >> 32) + (hl >> 32) + (middle >> 32)) ^
	       (middle << 32 | (ll & UINT32_MAX));
#endif
}

static inline uint64_t ipoib__fast_hash(const struct ipoib__hash_key *key, uint64_t low,
					uint64_t high)
{
	uint64_t p = ipoib__multiply_fold(low + key->k0, high + key->k1);

	return ipoib__multiply_fold(p + key->k1, UINT64_C(0x9e3779b97f4a7c15));
}

#endif
