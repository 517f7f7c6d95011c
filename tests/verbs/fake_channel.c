/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/fake_channel.h"

#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "wire/sa.h"

/* Of a MAD that comes back. */
#define RETURNED_LENGTH 24

struct fake_channel fake_channel;
static uint8_t answers[FAKE_ARRIVES][IPOIB__MAD_LENGTH];

void fake_channel_reset(void)
{
	memset(&fake_channel, 0, sizeof(fake_channel));
}

/* ---- what umad.c calls ---- */

int ipoib__umad_channel_open(struct ipoib__umad_channel *channel, struct ipoib__memory *memory,
			     const char *device, unsigned port)
{
	ck_assert_str_eq(device, "fake0");
	ck_assert_uint_eq(port, 1);
	if (fake_channel.open_status < 0)
		return fake_channel.open_status;
	*channel = (struct ipoib__umad_channel){ .memory = memory, .fd = FAKE_FD };
	fake_channel.open = true;
	return 0;
}

void ipoib__umad_channel_close(struct ipoib__umad_channel *channel)
{
	ck_assert_int_eq(channel->fd, FAKE_FD);
	ck_assert(fake_channel.open);
	fake_channel.open = false;
}

int ipoib__umad_channel_port(struct ipoib__umad_port *out, const char *device, unsigned port)
{
	(void)device, (void)port;
	if (fake_channel.port_status < 0)
		return fake_channel.port_status;
	*out = (struct ipoib__umad_port){ .gid = { { 0xfe, 0x80, [15] = 1 } },
					  .lid = 3,
					  .sm_lid = 1 };
	return 0;
}

int ipoib__umad_channel_send(struct ipoib__umad_channel *channel,
			     const struct ipoib__umad_port *port,
			     const uint8_t mad[IPOIB__MAD_LENGTH], unsigned milliseconds)
{
	ck_assert_int_eq(channel->fd, FAKE_FD);
	if (fake_channel.send_status < 0)
		return fake_channel.send_status;
	ck_assert_uint_lt(fake_channel.sent, FAKE_SENT);
	memcpy(fake_channel.mads[fake_channel.sent], mad, IPOIB__MAD_LENGTH);
	fake_channel.milliseconds[fake_channel.sent] = milliseconds;
	fake_channel.lids[fake_channel.sent++] = port->sm_lid;
	return 0;
}

int ipoib__umad_channel_receive(struct ipoib__umad_channel *channel,
				struct ipoib__umad_arrival *arrival)
{
	ck_assert_int_eq(channel->fd, FAKE_FD);
	if (fake_channel.device_gone)
		return -EIO;
	if (fake_channel.arrived == fake_channel.arrive)
		return 0;
	*arrival = fake_channel.arrivals[fake_channel.arrived++];
	return 1;
}

/* ---- what the test does ---- */

static uint8_t *next_arrival(unsigned n)
{
	ck_assert_uint_lt(fake_channel.arrive, FAKE_ARRIVES);
	ck_assert_uint_lt(n, fake_channel.sent);
	return answers[fake_channel.arrive];
}

void fake_channel_answer(unsigned n, uint16_t status, uint16_t lid)
{
	uint8_t *answer = next_arrival(n);
	struct ipoib__sa sa;

	ck_assert_int_gt(ipoib__sa_decode(&sa, fake_channel.mads[n], IPOIB__MAD_LENGTH), 0);
	sa.mad.method = sa.mad.method == IPOIB__MAD_DELETE ? IPOIB__MAD_DELETE_RESPONSE
							   : IPOIB__MAD_GET_RESPONSE;
	sa.mad.status = status;
	ck_assert_int_gt(ipoib__sa_encode(answer, IPOIB__MAD_LENGTH, &sa, NULL, 0), 0);
	fake_channel.arrivals[fake_channel.arrive++] = (struct ipoib__umad_arrival){
		.mad = answer,
		.length = IPOIB__MAD_LENGTH,
		.lid = lid,
	};
}

void fake_channel_return(unsigned n)
{
	uint8_t *mad = next_arrival(n);

	memcpy(mad, fake_channel.mads[n], RETURNED_LENGTH);
	fake_channel.arrivals[fake_channel.arrive++] = (struct ipoib__umad_arrival){
		.mad = mad,
		.length = RETURNED_LENGTH,
		.unanswered = true,
	};
}
