/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * First contact (neighbour.h point 10): which of two ports that answer for an address is the right
 * one. What tells, the best first:
 *
 *  1. A port's own word: it has announced or probed the address within the last minute, or asked
 *     from it for an address of the same subnet, where a host's routing table, and not chance,
 *     chooses the port.
 *  2. A packet that has the address as its source, by datagram or by connection: the same.
 *  3. One of the two serves a neighbour of another rail of ours already, or one of another subnet:
 *     then it is there by right, and here because its host answers for all that it has.
 *
 * A liar can say all of that. It gains nothing: at first contact an address belongs to whoever
 * answers first.
 */
#ifndef IPOIB__INTERFACE_FIRST_H
#define IPOIB__INTERFACE_FIRST_H

#include <stdint.h>

#include <ipoib/types.h>

/* Words that are kept of addresses without a neighbour; the oldest goes first. */
#define IPOIB__WORDS_MAX 64
/* So long a word counts: the port may have left since, and another one may have the address. */
#define IPOIB__WORD_NS UINT64_C(60000000000)
/* Neighbours of one port that are looked at, to see what it serves; a gateway has thousands. */
#define IPOIB__FIRST_LOOK 16

/* A port has said, unasked, that an address is its own. */
struct ipoib__word {
	struct ipoib_ip ip; /* family 0: there is none */
	struct ipoib_link_address by;
	uint64_t at;
	uint8_t claim; /* enum ipoib_claim: the packet that said so */
};

struct ipoib__words {
	struct ipoib__word ring[IPOIB__WORDS_MAX];
	uint32_t next;
};

#endif
