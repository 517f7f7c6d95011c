/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The counters of an interface as a JSON object; tun_json.h has the other documents. */
#ifndef EXAMPLES_TUN_JSON_STATS_H
#define EXAMPLES_TUN_JSON_STATS_H

#include <jansson.h>

struct tun_port;

void tun_json_add_statistics(json_t *array, const struct tun_port *port);

#endif
