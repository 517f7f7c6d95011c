/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * An attached port as a transport: the simulated adapter (hca.h), an SA client, and a link to
 * the fabric, which is a call in one process (open.c) or a socket to another (connect.c).
 *
 *	libipoib --ipoib_transport_ops--> transport.c --+--> hca.h  --output--> link
 *	                                                +--> sa.h ---> MADs ---^
 *	                                                +--> cm.h ---> MADs ---^
 *
 * All work is done in process() and at posting; asking the SA only records. ipoib__port_ops works
 * without a struct ipoib_transport around it, so that a test needs no context.
 */
#ifndef IPOIB__MOCK_PORT_H
#define IPOIB__MOCK_PORT_H

#include <ipoib/mock.h>
#include <ipoib/transport.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/random.h"
#include "cm/cm.h"
#include "mock/hca.h"
#include "sa/sa.h"

struct ipoib__port;

/* What open.c and connect.c are to transport.c. */
struct ipoib__port_link {
	/* As struct ipoib__hca_owner's. */
	int (*output)(struct ipoib__port *port, const struct ipoib__frame *frame,
		      const void *payload);
	void (*process)(struct ipoib__port *port, uint64_t now);
	uint64_t (*deadline)(const struct ipoib__port *port);
	/* Ends the link, then the port by ipoib__port_fini(), and frees what both stood in. */
	void (*destroy)(struct ipoib__port *port);
};

struct ipoib__port {
	const struct ipoib__port_link *link;
	struct ipoib_transport *transport; /* NULL until there is one */
	bool processing;
	struct ipoib__memory memory;
	struct ipoib__random random;
	struct ipoib__hca hca;
	struct ipoib__sa_client sa;
	struct ipoib__cm cm;
	struct ipoib__list requests; /* port_cm.c: for connections, not answered by the user */
	unsigned request_count;
};

/* `self` of the operations is the struct ipoib__port. */
extern const struct ipoib_transport_ops ipoib__port_ops;

/* port->memory is the caller's to set up before. -ENOMEM. */
int ipoib__port_init(struct ipoib__port *port, const struct ipoib__port_link *link,
		     const struct ipoib_port_attributes *attributes, uint64_t seed);
void ipoib__port_fini(struct ipoib__port *port);
/* Makes the transport of a port; destroys the port when that fails. */
int ipoib__port_transport(struct ipoib_transport **out, struct ipoib_context *context,
			  struct ipoib__port *port);

/* ---- the two links without a context, for the public calls and for tests ---- */

/* ipoib_mock_open(). */
int ipoib__port_open(struct ipoib__port **out, struct ipoib_fabric *fabric, const char *name);
/* ipoib_mock_connect(); the seed is mixed with the port's GUID. */
int ipoib__port_connect(struct ipoib__port **out, struct ipoib__memory memory,
			const char *socket_path, const char *name, uint64_t seed);

#endif
