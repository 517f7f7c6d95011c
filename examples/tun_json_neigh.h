/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The neighbours of an interface, and the history of those that were said to be elsewhere. */
#ifndef EXAMPLES_TUN_JSON_NEIGH_H
#define EXAMPLES_TUN_JSON_NEIGH_H

#include <jansson.h>

struct tun_port;

void tun_json_add_neighbours(json_t *array, const struct tun_port *port);
void tun_json_add_flux(json_t *array, const struct tun_port *port);

#endif
