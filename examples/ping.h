/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a running ipoib-ping consists of. */
#ifndef EXAMPLES_PING_H
#define EXAMPLES_PING_H

#include <stdbool.h>
#include <stdint.h>

#include <ipoib/ipoib.h>

#include "ping_options.h"
#include "ping_packet.h"
#include "ping_reassembly.h"
#include "ping_record.h"
#include "poll_loop.h"

struct ipoib_transport;

struct ping {
	struct ping_options options;
	struct ping_record *record;
	struct poll_loop loop;
	struct ipoib_context *context;
	struct ipoib_transport *transport;
	struct ipoib_interface *interface;
	struct ipoib_binding *binding;
	uint16_t identifier;
	uint16_t answers; /* sent so far; the identification of the next one */
	uint32_t learnt_mtu; /* of the destination; 0 unknown */
	bool up;
	bool was_up;
	bool partition_told;
	uint64_t begun_ns;
	bool patience_lost;
	uint64_t next_ns; /* when the next request is due */
	uint64_t last_ns; /* when the last one was sent */
	struct ping_reassembly reassembly;
	uint8_t packet[PING_PACKET_MOST]; /* where what is sent is written */
};

static inline uint64_t ping_now(const struct ping *ping)
{
	return ipoib_context_now(ping->context);
}

static inline const char *ping_port(const struct ping *ping)
{
	return attachment_name(&ping->options.attachment);
}

#endif
