/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "sim/witness.h"

#include <check.h>

#include "interface/interface.h"

/* What a datagram queue pair of a fabric with an MTU of 2048 takes. */
#define DATAGRAM_OCTETS 2048

static struct ipoib_transport_ops real_ops, witness_ops;
static uint64_t witnessed;

static int see_datagrams(void *self, void *ud, const struct ipoib_ud_send *sends, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_le(sends[i].length, DATAGRAM_OCTETS);
	witnessed += count;
	return real_ops.ud_post_send(self, ud, sends, count);
}

static int see_messages(void *self, void *rc, const struct ipoib_rc_send *sends, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_le(sends[i].length, IPOIB_RC_MESSAGE_MAX);
	witnessed += count;
	return real_ops.rc_post_send(self, rc, sends, count);
}

void witness_put(struct host *host)
{
	real_ops = *host->transport->ops;
	witness_ops = real_ops;
	witness_ops.ud_post_send = see_datagrams;
	witness_ops.rc_post_send = see_messages;
	host->transport->ops = &witness_ops;
}

uint64_t witness_count(void)
{
	return witnessed;
}
