/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Reliable connections of a port: the communication manager (lib/cm) and the queue pairs
 * (hca_rc.h) are introduced to each other here, and to the user.
 *
 *	made:   rc_connect -> REQ ... REP -> queue pair ready, RTU -> RC_UP
 *	taken:  REQ -> RC_REQUEST ... rc_accept -> queue pair may receive, REP ... RTU, or the
 *	        first message -> RC_UP: it may send, too
 *
 * What the manager has to tell is done when the user takes his events, which he does after each
 * process(): until then the manager keeps it. A request that the user was told of waits here.
 */
#ifndef IPOIB__MOCK_PORT_CM_H
#define IPOIB__MOCK_PORT_CM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/transport.h>

#include "mock/hca_rc.h"
#include "mock/port.h"

/* -ENOMEM. */
int ipoib__port_cm_init(struct ipoib__port *port);
void ipoib__port_cm_fini(struct ipoib__port *port);
/* A MAD of the manager's class. */
void ipoib__port_cm_mad(struct ipoib__port *port, const struct ipoib__frame *frame,
			const void *mad);
/* Takes the next event of a connection. */
bool ipoib__port_cm_next_event(struct ipoib__port *port, struct ipoib_transport_event *event);
/* A UD queue pair ends: it takes no connections any more. */
void ipoib__port_cm_forget(struct ipoib__port *port, struct ipoib__hca_ud *ud);

/* The contracts of the next are those of struct ipoib_transport_ops. */
int ipoib__port_rc_listen(struct ipoib__port *port, struct ipoib__hca_ud *ud, uint64_t service_id);
int ipoib__port_rc_connect(struct ipoib__port *port, struct ipoib__hca_ud *ud,
			   const struct ipoib_rc_attributes *attributes, void **rc);
int ipoib__port_rc_accept(struct ipoib__port *port, struct ipoib__hca_ud *ud, uint64_t request,
			  const struct ipoib_rc_attributes *attributes, void **rc);
void ipoib__port_rc_reject(struct ipoib__port *port, uint64_t request, uint16_t reason,
			   const void *private_data, size_t private_length);
void ipoib__port_rc_destroy(struct ipoib__port *port, struct ipoib__hca_rc *rc);

#endif
