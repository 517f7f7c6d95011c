/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The packets of ipoib-perf, between its machines and the library. */
#ifndef EXAMPLES_PERF_TRAFFIC_H
#define EXAMPLES_PERF_TRAFFIC_H

#include "perf.h"

/* Sends what the machines have to send now, as long as there is room. */
void perf_traffic_drain(struct perf *perf, uint64_t now);

/* Tells the server that nothing more comes, when the client ends before its time. */
void perf_traffic_goodbye(struct perf *perf);

/* The callbacks of the interface; user is the struct perf. */
void perf_traffic_receive(struct ipoib_interface *interface, struct ipoib_buffer *const *packets,
			  size_t count, void *user);
void perf_traffic_undelivered(struct ipoib_interface *interface, struct ipoib_buffer *packet,
			      const struct ipoib_undelivered *fate, void *user);

#endif
