/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the tests of wire codecs share. Every message that a decoder sees is copied to a block of
 * exactly its length on the heap first, so that the address sanitizer and valgrind see an octet
 * read too far.
 */
#ifndef IPOIB_TESTS_WIRE_H
#define IPOIB_TESTS_WIRE_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"

/*
 * As ck_assert_msg(), but silent while it holds: Check sends a message for each of its assertions,
 * which is too slow for loops of tens of thousands of rounds.
 */
#define wire_check(condition, ...)                                                                 \
	do {                                                                                       \
		if (!(condition))                                                                  \
			ck_abort_msg(__VA_ARGS__);                                                 \
	} while (0)

/* Octets from hexadecimal text, in which spaces are allowed; returns how many. */
size_t wire_hex(uint8_t *out, size_t room, const char *text);

/* A copy of length octets that must be given back with wire_put(); NULL for none. */
uint8_t *wire_copy(const void *bytes, size_t length);
void wire_put(uint8_t *copy, size_t length);

void wire_random_fill(struct ipoib__random *random, void *bytes, size_t length);

/* Decodes a copy of exactly length octets. */
typedef int wire_decoder(void *out, const void *bytes, size_t length);
int wire_decode_exact(wire_decoder *decode, void *out, const void *bytes, size_t length);

/* A decoder given random octets of random lengths below limit, many times. */
void wire_decode_garbage(wire_decoder *decode, void *out, struct ipoib__random *random,
			 size_t limit);

/* Fails the test, showing the difference, unless the octets are those of the text. */
void wire_assert_hex(const uint8_t *bytes, size_t length, const char *text);

/*
 * Makes an IPv6 packet of length octets right again: its payload length, and the checksum of the
 * ICMPv6 message that begins at octet at of it. Written from RFC 8200 section 8.1, and not with
 * what is tested.
 */
void wire_close_icmpv6(uint8_t *packet, size_t length, size_t at);

/* Octets of the neighbour solicitation below, and where its ICMPv6 message and option begin. */
#define WIRE_ND_LENGTH 88
#define WIRE_ND_MESSAGE 40
#define WIRE_ND_OPTION 64
/* A solicitation that tshark has read; */
void wire_nd_solicitation(uint8_t packet[WIRE_ND_LENGTH]);
/* the same made a solicited advertisement, */
void wire_nd_advertisement(uint8_t packet[WIRE_ND_LENGTH]);
/* and made that of DAD, which has no option: WIRE_ND_OPTION octets are the packet. */
void wire_nd_dad(uint8_t packet[WIRE_ND_LENGTH]);

Suite *suite_bytes(void);
Suite *suite_types(void);
Suite *suite_codecs(void);
Suite *suite_grh(void);
Suite *suite_mgid(void);
Suite *suite_arp(void);
Suite *suite_ip(void);
Suite *suite_icmp(void);
Suite *suite_icmp_error(void);
Suite *suite_icmpv6(void);
Suite *suite_ip6(void);
Suite *suite_membership(void);
Suite *suite_nd(void);
Suite *suite_nd_refused(void);
Suite *suite_sa(void);
Suite *suite_smp(void);
Suite *suite_cm(void);
Suite *suite_ib_units(void);
Suite *suite_ib_packet(void);

#endif
