/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Values that several documents of the control socket have. */
#ifndef EXAMPLES_TUN_JSON_VALUES_H
#define EXAMPLES_TUN_JSON_VALUES_H

#include <stdint.h>

#include <ipoib/types.h>
#include <jansson.h>

/* Nanoseconds as milliseconds; IPOIB_NEVER as null. */
json_t *tun_json_ms(uint64_t ns);
/* A link address in full; zero, which is nobody's, as null. */
json_t *tun_json_lladdr(const struct ipoib_link_address *address);
/* What the library calls a value; "?" for one that it has no name for. */
json_t *tun_json_name(const char *name);

#endif
