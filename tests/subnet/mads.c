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
#include <string.h>

#include "subnet/host.h"

/* As long as a thousand questions may take on an emulated machine. */
#define CROWD_PATIENCE (30 * SECOND)

static struct host host;

static int usage(void)
{
	fprintf(stderr, "usage: mads [--global] [--modules FOLDER] DEVICE path DGID PKEY |\n"
			"       crowd COUNT DGID PKEY | join MGID PKEY | leave MGID PKEY\n");
	return 2;
}

/* ---- questions ---- */

static void path(const struct ipoib_gid *dgid, uint16_t pkey)
{
	struct ipoib_path_record found;
	int status = host_path(&host, dgid, pkey, &found);

	printf("%d path dlid %u mtu %u pkey 0x%04x\n", status, found.dlid, found.mtu, found.pkey);
}

/* All at once: as many as the client has room for. */
static void crowd(unsigned count, const struct ipoib_gid *dgid, uint16_t pkey)
{
	unsigned asked = 0, answered = 0, good = 0;
	struct ipoib_transport_event event;
	uint64_t end = host_now() + CROWD_PATIENCE;

	while (answered < count) {
		require(host_now() < end);
		while (asked < count && ipoib__umad_path(host.umad, asked, dgid, pkey) == 0)
			asked++;
		host_step(&host);
		while (ipoib__umad_next_event(host.umad, &event)) {
			answered++;
			good += event.status == 0;
		}
	}
	printf("%d crowd %u of %u, at most %u at once\n", good == count ? 0 : -EIO, good, count,
	       host.most_in_flight);
}

static struct ipoib_multicast_record group(const struct ipoib_gid *mgid, uint16_t pkey)
{
	struct ipoib_multicast_record group = host_group(0);

	group.mgid = *mgid;
	group.pkey = pkey;
	return group;
}

static void join(const struct ipoib_gid *mgid, uint16_t pkey)
{
	struct ipoib_multicast_record wanted = group(mgid, pkey), joined;
	int status = host_join(&host, &wanted, &joined);

	printf("%d join mlid 0x%04x qkey 0x%08x mtu %u\n", status, joined.mlid, joined.qkey,
	       joined.mtu);
}

static void leave(const struct ipoib_gid *mgid, uint16_t pkey)
{
	struct ipoib_multicast_record wanted = group(mgid, pkey);
	bool answered = host_leave(&host, &wanted);
	bool kept = ipoib__umad_counters(host.umad).kept > 0;

	printf("0 leave %s\n", kept     ? "was not sent" :
			       answered ? "was answered" :
					  "was not answered");
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

static void print_counters(uint64_t begun)
{
	struct ipoib__umad_counters counters = ipoib__umad_counters(host.umad);
	uint64_t took = host_now() - begun;

	printf("milliseconds %" PRIu64 "\nsent %" PRIu64 "\nresent %" PRIu64 "\ntimeouts %" PRIu64
	       "\nstray %" PRIu64 "\nunanswered %" PRIu64 "\nforeign %" PRIu64 "\nunsent %" PRIu64
	       "\nkept %" PRIu64 "\n",
	       took / MS, counters.sa.sent, counters.sa.resent, counters.sa.timeouts,
	       counters.sa.stray, counters.unanswered, counters.foreign, counters.unsent,
	       counters.kept);
}

int main(int argc, char **argv)
{
	const char *modules = NULL;
	bool global = false, understood;

	for (argc--, argv++; argc > 0 && strncmp(argv[0], "--", 2) == 0; argc--, argv++) {
		if (strcmp(argv[0], "--global") == 0) {
			global = true;
		} else if (strcmp(argv[0], "--modules") == 0 && argc > 1) {
			modules = argv[1];
			argc--, argv++;
		} else {
			return usage();
		}
	}
	if (argc < 2)
		return usage();
	host_open_device(&host, argv[0], modules);
	struct ipoib__umad_port port = *ipoib__umad_port(host.umad);
	port.global = global;
	ipoib__umad_set_port(host.umad, &port);
	uint64_t begun = host_now();
	understood = ask(argc - 1, argv + 1);
	if (understood)
		print_counters(begun);
	host_close(&host);
	return understood ? 0 : usage();
}
