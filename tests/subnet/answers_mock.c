/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The SA of lib/mock, in this process: answers_mock QUESTIONS. */
#include <string.h>

#include <ipoib/mock.h>

#include "mock/fabric.h"
#include "mock/port.h"
#include "subnet/answers.h"
#include "subnet/require.h"

static struct ipoib_fabric *fabric;
static struct ipoib__port *ports[ANSWERS_HOSTS];
static uint8_t reply[IPOIB__MAD_LENGTH];
static size_t reply_length;

/* Before the SA client of the port takes it. */
static bool take_mad(void *self, const struct ipoib__frame *frame, const void *mad)
{
	(void)self;
	require(frame->length <= sizeof(reply));
	memcpy(reply, mad, frame->length);
	reply_length = frame->length;
	return true;
}

static uint64_t no_time(void *user)
{
	(void)user;
	return 0;
}

static size_t ask(const uint8_t mad[IPOIB__MAD_LENGTH], uint8_t answer[IPOIB__MAD_LENGTH])
{
	reply_length = 0;
	ipoib__hca_send_mad(&ports[0]->hca, mad);
	/* There and back. */
	for (unsigned i = 0; i < 4; i++) {
		require_equal(ipoib_fabric_dispatch(fabric), 0);
		ipoib__port_ops.process(ports[0], 0);
	}
	memcpy(answer, reply, reply_length);
	return reply_length;
}

int main(int argc, char **argv)
{
	static const uint16_t pkeys[] = { 0xffff, 0x8001 };
	struct ipoib_fabric_config config = IPOIB_FABRIC_CONFIG_INIT;
	struct answerer answerer = { .ask = ask };
	int status;

	if (argc != 2)
		return 2;
	config.hosts = ANSWERS_HOSTS;
	config.clock = no_time;
	require_equal(ipoib_fabric_new(&fabric, &config), 0);
	require_equal(ipoib_fabric_set_pkeys(fabric, NULL, pkeys, 2), 0);
	for (unsigned i = 0; i < ANSWERS_HOSTS; i++) {
		const char name[] = { 'h', 'o', 's', 't', (char)('1' + i), '/', '1', '\0' };

		require_equal(ipoib__port_open(&ports[i], fabric, name), 0);
		answerer.gid[i] = ports[i]->hca.port.gid;
		answerer.lid[i] = ports[i]->hca.port.lid;
	}
	ports[0]->hca.owner.mad = take_mad;
	status = answers_run(&answerer, argv[1]);
	for (unsigned i = 0; i < ANSWERS_HOSTS; i++)
		ipoib__port_ops.destroy(ports[i]);
	ipoib_fabric_close(fabric);
	return status;
}
