/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a program attaches to: a port of a simulated fabric, or one of an adapter of this host. */
#ifndef EXAMPLES_ATTACHMENT_H
#define EXAMPLES_ATTACHMENT_H

#include <stdbool.h>

struct ipoib_context;
struct ipoib_transport;

struct attachment {
	const char *fabric; /* --fabric: the socket of an ipoib-fabric; an adapter has none */
	const char *port;   /* --port: a port of it, such as host1/1 */
	const char *device; /* --device: a port of an adapter, such as rxe0/1 */
};

/* Its options, for the table of a program; their ids are far from the program's own. */
enum {
	OPTION_FABRIC = 900,
	OPTION_PORT,
	OPTION_DEVICE,
};
#define ATTACHMENT_ROWS                                                                            \
	{ OPTION_FABRIC, "fabric", 0, true }, { OPTION_PORT, "port", 0, true },                    \
	{                                                                                          \
		OPTION_DEVICE, "device", 0, true                                                   \
	}

/* Whether it was one of them. */
bool attachment_take(struct attachment *attachment, int id, const char *value);

/* Whether it says one port of one kind; false after a message. */
bool attachment_is_complete(const struct attachment *attachment);

/* Whether this program was built with adapters; false after a message that begins with `what`. */
bool attachment_has_devices(const char *what);

/* The name of the port, for messages. */
const char *attachment_name(const struct attachment *attachment);

/* Returns 0, or a negative errno after a message. */
int attachment_open(struct ipoib_transport **out, struct ipoib_context *context,
		    const struct attachment *attachment);

#endif
