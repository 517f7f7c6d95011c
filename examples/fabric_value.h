/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The values of commands to a fabric. Each returns whether the text is one; nothing is printed, as
 * the text may be a client's.
 */
#ifndef EXAMPLES_FABRIC_VALUE_H
#define EXAMPLES_FABRIC_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include <ipoib/types.h>

/* Decimal, or hexadecimal after 0x. */
bool fabric_value_number(const char *text, uint64_t most, uint64_t *out);
/* Parts per million: "50000", or "5%" with up to four decimals. */
bool fabric_value_parts(const char *text, uint64_t *out);
/* A P_Key: 16 bits, and not 0x8000, which is a membership in nothing. */
bool fabric_value_pkey(const char *text, uint16_t *out);
/* Connection messages by their names, "req,rep", as bits; and the name of one, or NULL. */
bool fabric_value_cm_kinds(const char *text, uint32_t *out);
const char *fabric_value_cm_name(unsigned bit);
/* The name of a port, as host1/1. */
bool fabric_value_port(const char *text);
/* As IPv6 addresses are written. */
bool fabric_value_gid(const char *text, struct ipoib_gid *out);

#endif
