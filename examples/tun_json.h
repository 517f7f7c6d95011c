/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The documents of the control socket. Each is an array; the page ipoib-ctl(1) lists their members.
 * A time that has no value is null.
 */
#ifndef EXAMPLES_TUN_JSON_H
#define EXAMPLES_TUN_JSON_H

#include <stddef.h>

#include <jansson.h>

struct tun_port;

/* Returns the answer to a request, or NULL when there is no such request (or no memory). */
json_t *tun_json_answer(const char *request, struct tun_port *ports, size_t count);

#endif
