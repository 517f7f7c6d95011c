/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * MADs of the SA's class through libibumad, on queue pair 1 of a port. It keeps no time and repeats
 * nothing. Its buffer comes from the owner's allocator; what libibumad needs for itself while it
 * reads the system's files, libibumad allocates and frees.
 */
#ifndef IPOIB__VERBS_UMAD_CHANNEL_H
#define IPOIB__VERBS_UMAD_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "verbs/umad.h"
#include "wire/mad.h"

struct ipoib__umad_channel {
	struct ipoib__memory *memory;
	int fd;
	int agent;
	void *buffer; /* libibumad's header and one MAD */
	size_t buffer_size;
};

/* One MAD from the channel; it stays in the channel's buffer until the next call. */
struct ipoib__umad_arrival {
	const uint8_t *mad;
	size_t length;
	uint16_t lid;	 /* where it came from */
	bool unanswered; /* it is one that was sent, come back */
};

/* Errors as ipoib__umad_open()'s. */
int ipoib__umad_channel_open(struct ipoib__umad_channel *channel, struct ipoib__memory *memory,
			     const char *device, unsigned port);
void ipoib__umad_channel_close(struct ipoib__umad_channel *channel);
int ipoib__umad_channel_port(struct ipoib__umad_port *out, const char *device, unsigned port);

/* Sends to the SM; an answer is handed on within this time, and no later. */
int ipoib__umad_channel_send(struct ipoib__umad_channel *channel,
			     const struct ipoib__umad_port *port,
			     const uint8_t mad[IPOIB__MAD_LENGTH], unsigned milliseconds);
/* 1; 0 when there is none; a negative errno when there never will be. Does not wait. */
int ipoib__umad_channel_receive(struct ipoib__umad_channel *channel,
				struct ipoib__umad_arrival *arrival);

#endif
