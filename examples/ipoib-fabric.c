/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ipoib-fabric: a simulated InfiniBand subnet, to which the ports of other programs attach.
 *
 * Everything it does is the library's (ipoib/mock.h); this file is the command line, a loop around
 * poll(2), and a last line with the counters.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <ipoib/ipoib.h>
#include <ipoib/mock.h>

#include "options.h"
#include "pcap_file.h"
#include "poll_loop.h"
#include "report.h"

const char program_name[] = "ipoib-fabric";

static const char usage[] =
	"Usage: ipoib-fabric --socket PATH [--hosts N] [--ports N] [--mtu 2048|4096] [--seed N]\n"
	"                    [--pcap FILE]\n"
	"A simulated InfiniBand subnet: one switch, its ports, and the subnet administrator.\n"
	"\n"
	"  --socket PATH     the local socket at which ports attach\n"
	"  --hosts N         hosts, 1 to 1024 (2)\n"
	"  --ports N         ports of each host, 1 to 8 (1); they are named host1/1, host1/2, ...\n"
	"  --mtu 2048|4096   octets of an InfiniBand payload (2048)\n"
	"  --seed N          what everything random comes from (1)\n"
	"  --pcap FILE       records every frame, for Wireshark\n"
	"  -h, --help        this text\n"
	"  -V, --version     the version\n"
	"\n"
	"It prints \"ready\" on a line when ports may attach, and ends on SIGINT or SIGTERM.\n";

enum { OPTION_SOCKET = 1, OPTION_HOSTS, OPTION_PORTS, OPTION_MTU, OPTION_SEED, OPTION_PCAP };

static const struct option_row rows[] = {
	{ OPTION_SOCKET, "socket", 0, true },
	{ OPTION_HOSTS, "hosts", 0, true },
	{ OPTION_PORTS, "ports", 0, true },
	{ OPTION_MTU, "mtu", 0, true },
	{ OPTION_SEED, "seed", 0, true },
	{ OPTION_PCAP, "pcap", 0, true },
	OPTION_ROWS_COMMON,
	{ 0, NULL, 0, false },
};

struct fabric_options {
	const char *socket;
	const char *pcap;
	uint64_t hosts;
	uint64_t ports;
	uint64_t mtu;
	uint64_t seed;
};

static bool read_mtu(const char *text, uint64_t *out)
{
	if (!read_number("--mtu", text, 0, UINT32_MAX, out))
		return false;
	if (*out == 2048 || *out == 4096)
		return true;
	report("--mtu %s: the payload of an InfiniBand packet is 2048 or 4096 octets here", text);
	return false;
}

static bool take_option(struct fabric_options *chosen, int id, const char *value)
{
	switch (id) {
	case OPTION_SOCKET:
		chosen->socket = value;
		return true;
	case OPTION_HOSTS:
		return read_number("--hosts", value, 1, 1024, &chosen->hosts);
	case OPTION_PORTS:
		return read_number("--ports", value, 1, 8, &chosen->ports);
	case OPTION_MTU:
		return read_mtu(value, &chosen->mtu);
	case OPTION_SEED:
		return read_number("--seed", value, 0, UINT64_MAX, &chosen->seed);
	case OPTION_PCAP:
		chosen->pcap = value;
		return true;
	default:
		report("\"%s\" is not an option; there are no other arguments", value);
		return false;
	}
}

/* Returns true, or false with the exit status. */
static bool read_options(struct fabric_options *chosen, int argc, char **argv, int *status)
{
	struct options options;
	int id;

	*chosen = (struct fabric_options){ .hosts = 2, .ports = 1, .mtu = 2048, .seed = 1 };
	options_begin(&options, rows, usage, argc, argv);
	while ((id = options_next(&options)) != OPTIONS_END) {
		if (id == OPTIONS_EXIT) {
			*status = options.status;
			return false;
		}
		if (!take_option(chosen, id, options.value)) {
			*status = options_hint();
			return false;
		}
	}
	if (chosen->socket == NULL || chosen->socket[0] == '\0') {
		report("--socket PATH is missing: where shall ports attach?");
		*status = options_hint();
		return false;
	}
	return true;
}

static int make_fabric(struct ipoib_fabric **out, const struct fabric_options *chosen)
{
	struct ipoib_fabric_config config = IPOIB_FABRIC_CONFIG_INIT;

	config.hosts = (uint32_t)chosen->hosts;
	config.ports = (uint32_t)chosen->ports;
	config.mtu = (uint32_t)chosen->mtu;
	config.seed = chosen->seed;
	config.log = report_log;
	config.log_level = IPOIB_LOG_WARNING;

	int error = ipoib_fabric_new(out, &config);

	if (error)
		report("a fabric of %" PRIu64 " hosts could not be made: %s", chosen->hosts,
		       error_text(error));
	return error;
}

static int listen_at(struct ipoib_fabric *fabric, const char *path)
{
	int error = ipoib_fabric_listen(fabric, path);

	if (error == -EADDRINUSE)
		report("--socket %s: somebody listens there already; choose another name", path);
	else if (error == -ENAMETOOLONG)
		report("--socket %s: the name is too long for a socket; choose a shorter one",
		       path);
	else if (error)
		report("--socket %s: %s", path, error_text(error));
	return error;
}

static int fabric_pollfds(const void *object, struct pollfd *fds, size_t count)
{
	return ipoib_fabric_pollfds(object, fds, count);
}

static int run(struct ipoib_fabric *fabric, struct poll_loop *loop)
{
	while (!poll_loop_stopped(loop)) {
		int error = poll_loop_wait(loop, fabric_pollfds, fabric,
					   ipoib_fabric_deadline(fabric),
					   ipoib_clock_monotonic(NULL));

		if (error) {
			report("cannot wait for frames: %s", error_text(error));
			return error;
		}
		ipoib_fabric_dispatch(fabric);
	}
	return 0;
}

static void report_counters(const struct ipoib_fabric *fabric)
{
	struct ipoib_fabric_statistics s = { .size = sizeof(s) };

	ipoib_fabric_statistics(fabric, &s);
	report("%" PRIu64 " frames, %" PRIu64 " copies = %" PRIu64 " delivered + %" PRIu64
	       " in flight + dropped (%" PRIu64 " fault, %" PRIu64 " link, %" PRIu64
	       " route, %" PRIu64 " full, %" PRIu64 " bad); %" PRIu64 " MADs",
	       s.frames, s.copies, s.delivered, s.in_flight, s.dropped_fault, s.dropped_link,
	       s.dropped_route, s.dropped_full, s.dropped_bad, s.mads);
}

static int serve(struct ipoib_fabric *fabric, struct poll_loop *loop,
		 const struct fabric_options *chosen)
{
	struct pcap_file pcap = PCAP_FILE_NONE;
	int error = listen_at(fabric, chosen->socket);

	if (error)
		return error;
	/* Only now: a fabric that may not listen must not empty the capture of one that does. */
	error = pcap_file_open(&pcap, chosen->pcap);
	if (!error) {
		ipoib_fabric_capture(fabric, pcap.capture);
		announce_ready();
		error = run(fabric, loop);
		report_counters(fabric);
	}
	ipoib_fabric_capture(fabric, NULL);
	pcap_file_close(&pcap);
	return error;
}

int main(int argc, char **argv)
{
	struct fabric_options chosen;
	struct ipoib_fabric *fabric = NULL;
	struct poll_loop loop;
	int status;

	if (!read_options(&chosen, argc, argv, &status))
		return status;

	int error = poll_loop_open(&loop);

	if (error)
		report("cannot catch signals: %s", error_text(error));
	if (!error)
		error = make_fabric(&fabric, &chosen);
	if (!error)
		error = serve(fabric, &loop, &chosen);
	ipoib_fabric_close(fabric);
	poll_loop_close(&loop);
	return error ? EXIT_FAILURE : EXIT_SUCCESS;
}
