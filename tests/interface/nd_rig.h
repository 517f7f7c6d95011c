/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Neighbour discovery over the fake transport: peers are fe80::n, and say what the test wants. */
#ifndef IPOIB_TESTS_INTERFACE_ND_RIG_H
#define IPOIB_TESTS_INTERFACE_ND_RIG_H

#include "interface/bench.h"
#include "wire/nd.h"

#define ND_OURS "fe80::1"
/* IPoIB header and the longest message. */
#define ND_ROOM (4 + IPOIB__ND_LENGTH_MAX)

/* A bench whose first rail has ND_OURS alone. */
void nd_up(const struct ipoib_interface_config *config);
/* The link address of a peer. */
struct ipoib_link_address nd_link(uint16_t peer);
/* A solicitation of ND_OURS by fe80::n, or an advertisement of fe80::n to ND_OURS. */
struct ipoib__nd nd_solicitation(uint16_t peer);
struct ipoib__nd nd_advertisement(uint16_t peer, uint8_t flags);
/* Behind an IPoIB header, as it stands on the wire; returns its octets. */
size_t nd_octets(uint8_t to[ND_ROOM], const struct ipoib__nd *nd);
/* The rail hears it from the queue pair and LID of a peer. */
void nd_hear(const struct ipoib__nd *nd, uint16_t peer);
void nd_hear_octets(const uint8_t *octets, size_t length, uint16_t peer);
/* How many of a type were sent, and the last of them. */
size_t nd_sent(uint8_t type, struct ipoib__nd *last, const struct fake_sent **sent);
/* A packet from ND_OURS to fe80::n; returns its status. */
int nd_send(uint16_t peer, size_t length);
int nd_send_to(const struct ipoib_ip *to, size_t length);
struct ipoib_ip nd_ip(uint16_t peer);
/* The state of fe80::n, 0 when there is none. */
uint32_t nd_state(uint16_t peer);

#endif
