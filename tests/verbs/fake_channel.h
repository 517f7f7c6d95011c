/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The channel of umad.c, in the hands of the test. */
#ifndef IPOIB_TESTS_VERBS_FAKE_CHANNEL_H
#define IPOIB_TESTS_VERBS_FAKE_CHANNEL_H

#include "verbs/umad_channel.h"

#define FAKE_FD	     77
#define FAKE_SENT    256
#define FAKE_ARRIVES 512

struct fake_channel {
	int port_status, open_status, send_status; /* what the calls return */
	bool open;
	bool device_gone; /* reading fails from now on */
	unsigned sent;
	uint8_t mads[FAKE_SENT][IPOIB__MAD_LENGTH]; /* that were sent */
	unsigned milliseconds[FAKE_SENT];
	uint16_t lids[FAKE_SENT]; /* where to */
	unsigned arrive, arrived;
	struct ipoib__umad_arrival arrivals[FAKE_ARRIVES];
};

extern struct fake_channel fake_channel;

void fake_channel_reset(void);
/* The n-th MAD that was sent is answered with a status and no record, from this LID. */
void fake_channel_answer(unsigned n, uint16_t status, uint16_t lid);
/* It comes back: nobody has answered it. */
void fake_channel_return(unsigned n);

#endif
