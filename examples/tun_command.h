/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Requests of the control socket that change something:
 *
 *      neigh add IP LLADDR dev NAME      neigh del IP dev NAME      neigh flush [all] dev NAME
 *      neigh probe IP dev NAME
 */
#ifndef EXAMPLES_TUN_COMMAND_H
#define EXAMPLES_TUN_COMMAND_H

#include <stddef.h>

#include <jansson.h>

struct tun_port;

/* Returns an empty array when it is done, {"error": "..."} if not, NULL for another request. */
json_t *tun_command_answer(const char *request, struct tun_port *ports, size_t count);

#endif
