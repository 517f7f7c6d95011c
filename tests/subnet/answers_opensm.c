/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The real SA, inside ib-fabric: answers_opensm QUESTIONS. */
#include <string.h>
#include <time.h>

#include "subnet/answers.h"
#include "subnet/host.h"
#include "verbs/umad_channel.h"

/* It answers within a millisecond when it does; a busy machine may take longer. */
#define PATIENCE SECOND

static struct ipoib__memory memory;
static struct ipoib__umad_channel channel;
static struct ipoib__umad_port port;

static size_t ask(const uint8_t mad[IPOIB__MAD_LENGTH], uint8_t answer[IPOIB__MAD_LENGTH])
{
	const struct timespec pause = { .tv_nsec = 100000 };
	struct ipoib__umad_arrival arrival;
	uint64_t end = host_now() + PATIENCE;

	require_equal(ipoib__umad_channel_send(&channel, &port, mad, 1000), 0);
	while (ipoib__umad_channel_receive(&channel, &arrival) == 0) {
		if (host_now() >= end)
			return 0;
		(void)nanosleep(&pause, NULL);
	}
	require(!arrival.unanswered && arrival.length <= IPOIB__MAD_LENGTH);
	memcpy(answer, arrival.mad, arrival.length);
	return arrival.length;
}

/* Which LIDs the hosts have, host1 itself tells. */
static void find_hosts(struct answerer *answerer)
{
	struct ipoib_path_record path;
	struct host host;

	host_open(&host, NULL);
	port = *ipoib__umad_port(host.umad);
	for (unsigned i = 0; i < ANSWERS_HOSTS; i++) {
		answerer->gid[i] = host_gid(i + 1);
		require_equal(host_path(&host, &answerer->gid[i], 0xffff, &path), 0);
		answerer->lid[i] = path.dlid;
	}
	host_close(&host);
}

int main(int argc, char **argv)
{
	struct answerer answerer = { .ask = ask };
	int status;

	if (argc != 2)
		return 2;
	find_hosts(&answerer);
	ipoib__memory_init(&memory, NULL, NULL, NULL);
	require_equal(ipoib__umad_channel_open(&channel, &memory, HOST_DEVICE, 1), 0);
	status = answers_run(&answerer, argv[1]);
	ipoib__umad_channel_close(&channel);
	return status;
}
