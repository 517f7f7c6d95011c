/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Small things of IPv4 that more than one program needs. */
#ifndef EXAMPLES_IP_CHECKSUM_H
#define EXAMPLES_IP_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Octets of an IPv4 header without options, and of an ICMP header. */
#define IP_HEADER 20
#define ICMP_HEADER 8
#define IP_PROTOCOL_ICMP 1

/* Integers in network order. */
void ip_put16(uint8_t *at, uint16_t value);
uint16_t ip_get16(const uint8_t *at);

/* RFC 1071. Over octets that hold a correct checksum it is 0. */
uint16_t ip_checksum(const uint8_t *octets, size_t length);

#endif
