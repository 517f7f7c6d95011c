/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The packets of ipoib-ping: its requests, their answers, and answers to the requests of others. */
#ifndef EXAMPLES_PING_TRAFFIC_H
#define EXAMPLES_PING_TRAFFIC_H

#include "ping.h"

/* Sends the next request, or tries to, and sets when the one after it is due. */
void ping_traffic_request(struct ping *ping, uint64_t now);

/* The callbacks of the interface; user is the struct ping. */
void ping_traffic_receive(struct ipoib_interface *interface, struct ipoib_buffer *const *packets,
			  size_t count, void *user);
void ping_traffic_undelivered(struct ipoib_interface *interface, struct ipoib_buffer *packet,
			      const struct ipoib_undelivered *fate, void *user);
void ping_traffic_event(struct ipoib_interface *interface, const struct ipoib_event *event,
			void *user);

#endif
