/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ipoib-fabric: a simulated InfiniBand subnet, to which the ports of other programs attach.
 *
 * Everything it does is the library's (ipoib/mock.h); this file is the command line, a loop around
 * poll(2), and a last line with the counters. fabric_control.h is how it is told to misbehave.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <ipoib/ipoib.h>
#include <ipoib/mock.h>

#include "fabric_control.h"
#include "fabric_kernel.h"
#include "options.h"
#include "pcap_file.h"
#include "poll_loop.h"
#include "report.h"

const char program_name[] = "ipoib-fabric";

static const char usage[] =
	"Usage: ipoib-fabric --socket PATH [--hosts N] [--ports N] [--mtu 2048|4096] [--seed N]\n"
	"                    [--pkeys P_KEY,...] [--pcap FILE]\n"
	"                    [--kernel-port DEVICE[=PORT]]... [--external-sm]\n"
	"A simulated InfiniBand subnet: one switch, its ports, and the subnet administrator.\n"
	"\n"
	"  --socket PATH     the local socket at which ports attach; at PATH.control it takes the\n"
	"                    commands of \"ipoib-ctl fabric\"\n"
	"  --hosts N         hosts, 1 to 1024 (2)\n"
	"  --ports N         ports of each host, 1 to 8 (1); they are named host1/1, host1/2, ...\n"
	"  --mtu 2048|4096   octets of an InfiniBand payload (2048)\n"
	"  --seed N          what everything random comes from (1)\n"
	"  --pkeys P_KEY,... the P_Key table of every port, at most 15 (0xffff)\n"
	"  --pcap FILE       records every frame, for Wireshark\n"
	"  --kernel-port DEVICE[=PORT]\n"
	"                    attaches a port of the kernel's, such as /dev/vhca0: the next free\n"
	"                    port, or this one; may be given up to 64 times\n"
	"  --external-sm     no subnet manager: one runs behind a port, such as OpenSM on a\n"
	"                    kernel port, and gives LIDs, P_Keys and routes\n"
	"  -h, --help        this text\n"
	"  -V, --version     the version\n"
	"\n"
	"It prints \"ready\" on a line when ports may attach, and ends on SIGINT or SIGTERM.\n";

enum { OPTION_SOCKET = 1, OPTION_HOSTS, OPTION_PORTS, OPTION_MTU, OPTION_SEED, OPTION_PKEYS,
       OPTION_PCAP, OPTION_KERNEL_PORT, OPTION_EXTERNAL_SM };

static const struct option_row rows[] = {
	{ OPTION_SOCKET, "socket", 0, true },
	{ OPTION_HOSTS, "hosts", 0, true },
	{ OPTION_PORTS, "ports", 0, true },
	{ OPTION_MTU, "mtu", 0, true },
	{ OPTION_SEED, "seed", 0, true },
	{ OPTION_PKEYS, "pkeys", 0, true },
	{ OPTION_PCAP, "pcap", 0, true },
	{ OPTION_KERNEL_PORT, "kernel-port", 0, true },
	{ OPTION_EXTERNAL_SM, "external-sm", 0, false },
	OPTION_ROWS_COMMON,
	{ 0, NULL, 0, false },
};

/* What ipoib/mock.h allows then. */
#define EXTERNAL_PORTS_MAX 190

struct fabric_options {
	const char *socket;
	const char *pcap;
	uint64_t hosts;
	uint64_t ports;
	uint64_t mtu;
	uint64_t seed;
	uint16_t pkeys[IPOIB_FABRIC_PKEYS_MAX];
	size_t pkey_count;
	bool pkeys_given;
	struct kernel_ports kernel_ports;
	bool external_sm;
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

static bool read_pkeys(struct fabric_options *chosen, const char *text)
{
	char error[FABRIC_ERROR_ROOM];

	chosen->pkeys_given = true;
	if (fabric_pkeys_read(chosen->pkeys, &chosen->pkey_count, text, error))
		return true;
	report("--pkeys %s: %s", text, error);
	return false;
}

static bool take_option(void *options, int id, const char *value)
{
	struct fabric_options *chosen = options;

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
	case OPTION_PKEYS:
		return read_pkeys(chosen, value);
	case OPTION_PCAP:
		chosen->pcap = value;
		return true;
	case OPTION_KERNEL_PORT:
		return kernel_ports_add(&chosen->kernel_ports, value);
	case OPTION_EXTERNAL_SM:
		chosen->external_sm = true;
		return true;
	default:
		report("\"%s\" is not an option; there are no other arguments", value);
		return false;
	}
}

/* What the options are together. */
static bool fit_together(const struct fabric_options *chosen)
{
	if (chosen->socket == NULL || chosen->socket[0] == '\0') {
		report("--socket PATH is missing: where shall ports attach?");
		return false;
	}
	if (!chosen->external_sm)
		return true;
	if (chosen->pkeys_given) {
		report("--pkeys: with --external-sm the subnet manager gives P_Keys; OpenSM reads "
		       "them from its partitions.conf");
		return false;
	}
	if (chosen->hosts * chosen->ports > EXTERNAL_PORTS_MAX) {
		report("--external-sm: one switch has no room for more than %d ports with names",
		       EXTERNAL_PORTS_MAX);
		return false;
	}
	return true;
}

/* Returns true, or false with the exit status. */
static bool read_options(struct fabric_options *chosen, int argc, char **argv, int *status)
{
	*chosen = (struct fabric_options){
		.hosts = 2, .ports = 1, .mtu = 2048, .seed = 1, .pkeys = { 0xffff }, .pkey_count = 1
	};
	if (!options_read(rows, usage, argc, argv, take_option, chosen, status))
		return false;
	if (!fit_together(chosen)) {
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
	config.external_sm = chosen->external_sm;

	int error = ipoib_fabric_new(out, &config);

	if (!error && !chosen->external_sm)
		error = ipoib_fabric_set_pkeys(*out, NULL, chosen->pkeys, chosen->pkey_count);
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

/* The control socket's entries come first, then the fabric's, as far as there is room. */
static int all_pollfds(const void *object, struct pollfd *fds, size_t count)
{
	const struct fabric_control *control = object;
	size_t room = count < FABRIC_CONTROL_POLLFDS ? 0 : count - FABRIC_CONTROL_POLLFDS;
	int others = ipoib_fabric_pollfds(control->fabric, fds + (count - room), room);

	if (count >= FABRIC_CONTROL_POLLFDS)
		fabric_control_pollfds(control, fds);
	return others < 0 ? others : others + FABRIC_CONTROL_POLLFDS;
}

static int run(struct ipoib_fabric *fabric, struct fabric_control *control, struct poll_loop *loop)
{
	while (!poll_loop_stopped(loop)) {
		uint64_t deadline = fabric_control_deadline(control);

		if (ipoib_fabric_deadline(fabric) < deadline)
			deadline = ipoib_fabric_deadline(fabric);

		int error = poll_loop_wait(loop, all_pollfds, control, deadline,
					   ipoib_clock_monotonic(NULL));

		if (error) {
			report("cannot wait for frames: %s", error_text(error));
			return error;
		}
		/* Entry 0 is the loop's own. */
		fabric_control_dispatch(control, loop->fds + 1, ipoib_clock_monotonic(NULL));
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
	       " route, %" PRIu64 " full, %" PRIu64 " bad, %" PRIu64 " multicast, %" PRIu64
	       " late); %" PRIu64 " MADs",
	       s.frames, s.copies, s.delivered, s.in_flight, s.dropped_fault, s.dropped_link,
	       s.dropped_route, s.dropped_full, s.dropped_bad, s.dropped_multicast, s.dropped_late,
	       s.mads);
}

static int serve(struct ipoib_fabric *fabric, struct poll_loop *loop,
		 const struct fabric_options *chosen)
{
	struct pcap_file pcap = PCAP_FILE_NONE;
	struct fabric_control control;
	int error = listen_at(fabric, chosen->socket);

	if (error)
		return error;
	error = fabric_control_open(&control, fabric, chosen->socket);
	control.external_sm = chosen->external_sm;
	/* Only now: a fabric that may not listen must not empty the capture of one that does. */
	if (!error)
		error = pcap_file_open(&pcap, chosen->pcap);
	if (!error) {
		ipoib_fabric_capture(fabric, pcap.capture);
		error = kernel_ports_attach(&chosen->kernel_ports, fabric);
	}
	if (!error) {
		announce_ready();
		error = run(fabric, &control, loop);
		report_counters(fabric);
	}
	ipoib_fabric_capture(fabric, NULL);
	pcap_file_close(&pcap);
	fabric_control_close(&control);
	return error;
}

int main(int argc, char **argv)
{
	struct fabric_options chosen;
	struct ipoib_fabric *fabric = NULL;
	struct poll_loop loop;
	int status;

	report_begin();
	signal(SIGHUP, SIG_IGN); /* hosts depend on it: the end of a terminal is not its own */
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
