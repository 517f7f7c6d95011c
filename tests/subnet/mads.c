/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The SA client on a port whose management datagrams are the kernel's (ib_umad), one question at a
 * time: mads [--global] [--modules FOLDER] DEVICE QUESTION ARGUMENT...
 *
 *	path DGID PKEY	    crowd COUNT DGID PKEY
 *	join MGID PKEY      leave MGID PKEY
 *
 * Prints "STATUS what was answered" and the counters; FOLDER stands for /sys/module.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/random.h"
#include "subnet/require.h"
#include "verbs/umad.h"

#define MS     UINT64_C(1000000)
#define SECOND (1000 * MS)
/* Longer than a question can take. */
#define PATIENCE (IPOIB__SA_JOIN_LIMIT + SECOND)

static struct ipoib__memory memory;
static struct ipoib__random generator;
static struct ipoib__umad *umad;
static unsigned most_in_flight;
static uint64_t begun;

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

static int usage(void)
{
	fprintf(stderr, "usage: mads [--global] [--modules FOLDER] DEVICE path DGID PKEY |\n"
			"       crowd COUNT DGID PKEY | join MGID PKEY | leave MGID PKEY\n");
	return 2;
}

/* ---- a turn ---- */

/* The kernel's descriptor can be watched; nothing is looked at before it is readable or due. */
static void step(void)
{
	struct pollfd fd = { .fd = ipoib__umad_fd(umad), .events = POLLIN };
	uint64_t deadline = ipoib__umad_deadline(umad), time = now();
	int timeout = deadline > time ? (int)((deadline - time) / MS) + 1 : 0;

	if (deadline == IPOIB_NEVER || timeout > 1000)
		timeout = 1000;
	require(poll(&fd, 1, timeout) >= 0);
	ipoib__umad_process(umad, now());
	require(!ipoib__umad_is_broken(umad));
	if (ipoib__umad_in_flight(umad) > most_in_flight)
		most_in_flight = ipoib__umad_in_flight(umad);
}

static struct ipoib_transport_event await(void)
{
	struct ipoib_transport_event event;
	uint64_t end = now() + PATIENCE;

	while (!ipoib__umad_next_event(umad, &event)) {
		require(now() < end);
		step();
	}
	return event;
}

/* ---- questions ---- */

static void path(const struct ipoib_gid *dgid, uint16_t pkey)
{
	require_equal(ipoib__umad_path(umad, 1, dgid, pkey), 0);
	struct ipoib_transport_event event = await();
	require_equal(event.type, IPOIB_TRANSPORT_PATH);
	printf("%d path dlid %u mtu %u pkey 0x%04x\n", event.status, event.path.dlid,
	       event.path.mtu, event.path.pkey);
}

/* All at once: as many as the client has room for. */
static void crowd(unsigned count, const struct ipoib_gid *dgid, uint16_t pkey)
{
	unsigned asked = 0, answered = 0, good = 0;
	struct ipoib_transport_event event;
	uint64_t end = now() + 10 * PATIENCE;

	while (answered < count) {
		require(now() < end);
		while (asked < count && ipoib__umad_path(umad, asked, dgid, pkey) == 0)
			asked++;
		step();
		while (ipoib__umad_next_event(umad, &event)) {
			answered++;
			good += event.status == 0;
		}
	}
	printf("%d crowd %u of %u, at most %u at once\n", good == count ? 0 : -EIO, good, count,
	       most_in_flight);
}

static struct ipoib_multicast_record group(const struct ipoib_gid *mgid, uint16_t pkey)
{
	return (struct ipoib_multicast_record){
		.mgid = *mgid,
		.pkey = pkey,
		.join_state = IPOIB_JOIN_FULL_MEMBER,
		.qkey = 0x0b1b,
		.mtu = 2048,
		.rate = 3,
		.create = 1,
	};
}

static void join(const struct ipoib_gid *mgid, uint16_t pkey)
{
	struct ipoib_multicast_record wanted = group(mgid, pkey);

	require_equal(ipoib__umad_join(umad, 1, &wanted), 0);
	struct ipoib_transport_event event = await();
	require_equal(event.type, IPOIB_TRANSPORT_JOIN);
	printf("%d join mlid 0x%04x qkey 0x%08x mtu %u\n", event.status, event.multicast.mlid,
	       event.multicast.qkey, event.multicast.mtu);
}

static void leave(const struct ipoib_gid *mgid, uint16_t pkey)
{
	struct ipoib_multicast_record wanted = group(mgid, pkey);
	struct ipoib__umad_counters counters;
	uint64_t end = now() + PATIENCE;

	ipoib__umad_leave(umad, &wanted);
	do {
		require(now() < end);
		step();
		counters = ipoib__umad_counters(umad);
	} while (counters.sa.answered == 0 && counters.sa.timeouts == 0 && counters.kept == 0);
	printf("0 leave %s\n", counters.kept > 0       ? "was not sent" :
			       counters.sa.timeouts > 0 ? "was not answered" :
							  "was answered");
}

/* false: the words are not understood. */
static bool ask(int count, char **words)
{
	const char *what = words[0];
	struct ipoib_gid gid;
	unsigned number = 0;

	if (count == 4 && strcmp(what, "crowd") == 0) {
		number = (unsigned)strtoul(words[1], NULL, 0);
		words++;
		count--;
	}
	if (count != 3 || inet_pton(AF_INET6, words[1], gid.raw) != 1)
		return false;
	uint16_t pkey = (uint16_t)strtoul(words[2], NULL, 0);
	begun = now();
	if (number > 0)
		crowd(number, &gid, pkey);
	else if (strcmp(what, "path") == 0)
		path(&gid, pkey);
	else if (strcmp(what, "join") == 0)
		join(&gid, pkey);
	else if (strcmp(what, "leave") == 0)
		leave(&gid, pkey);
	else
		return false;
	return true;
}

static void print_counters(void)
{
	struct ipoib__umad_counters counters = ipoib__umad_counters(umad);

	printf("milliseconds %" PRIu64 "\nsent %" PRIu64 "\nresent %" PRIu64 "\ntimeouts %" PRIu64
	       "\nstray %" PRIu64 "\nunanswered %" PRIu64 "\nforeign %" PRIu64 "\nunsent %" PRIu64
	       "\nkept %" PRIu64 "\n",
	       (now() - begun) / MS, counters.sa.sent, counters.sa.resent, counters.sa.timeouts,
	       counters.sa.stray, counters.unanswered, counters.foreign, counters.unsent,
	       counters.kept);
}

int main(int argc, char **argv)
{
	struct ipoib__umad_config config = { .memory = &memory, .random = &generator, .port = 1 };
	bool global = false, understood;

	for (argc--, argv++; argc > 0 && strncmp(argv[0], "--", 2) == 0; argc--, argv++) {
		if (strcmp(argv[0], "--global") == 0) {
			global = true;
		} else if (strcmp(argv[0], "--modules") == 0 && argc > 1) {
			config.modules = argv[1];
			argc--, argv++;
		} else {
			return usage();
		}
	}
	if (argc < 2)
		return usage();
	config.device = argv[0];
	ipoib__memory_init(&memory, NULL, NULL, NULL);
	ipoib__random_seed(&generator, now());
	require_equal(ipoib__umad_open(&umad, &config), 0);
	struct ipoib__umad_port port = *ipoib__umad_port(umad);
	port.global = global;
	ipoib__umad_set_port(umad, &port);
	understood = ask(argc - 1, argv + 1);
	if (understood)
		print_counters();
	ipoib__umad_close(umad);
	require_equal((long long)memory.in_use, 0);
	return understood ? 0 : usage();
}
