/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The control socket of an ipoib-tun, from the side that asks. */
#ifndef EXAMPLES_CTL_CONNECT_H
#define EXAMPLES_CTL_CONNECT_H

#include <jansson.h>

/* What control.h takes (CONTROL_REQUEST_ROOM), with room for the line's end. */
#define CTL_REQUEST_ROOM 255

/* Connects and asks. Returns the socket, or a negative errno after a message. */
int ctl_connect(const char *control, const char *request);
/* The same, and the whole answer: the document, or NULL after a message. */
json_t *ctl_ask(const char *control, const char *request);

#endif
