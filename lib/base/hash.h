/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * SipHash-1-3, 64 bits. The keys of our tables come from hostile peers (GIDs, IP addresses): with a
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

#endif
