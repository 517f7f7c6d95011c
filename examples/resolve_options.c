/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "resolve_options.h"

#include <string.h>

#include "report.h"

static const char usage[] =
	"Usage: ipoib-resolve ATTACHMENT --address A/L [--mode datagram|connected] [-j]\n"
	"                     [--monitor] [-W SECONDS] NEIGHBOUR...\n"
	"Link addresses, paths and MTUs of neighbours: no packet is sent to them.\n"
	"\n"
	"ATTACHMENT:\n"
	"  --fabric PATH     the socket of an ipoib-fabric, and\n"
	"  --port PORT       our port of it, such as host2/1; or\n"
	"  --device PORT     our port of an adapter, such as rxe0/1\n"
	"\n"
	"  --address A/L     our address and the prefix of its subnet, such as 10.10.1.2/24\n"
	"                    or fd00::2/64\n"
	"  --mode MODE       datagram, or connected: with the MTU of a connection to those\n"
	"                    who take them (datagram)\n"
	"  --monitor         go on, and print what changes, until Ctrl-C\n"
	"  -W SECONDS        how long to wait for all of them (10)\n"
	"  -j, --json        as JSON; with --monitor an object a line\n"
	"  -h, --help        this text\n"
	"  -V, --version     the version\n"
	"\n"
	"Exit status: 0 all were resolved, 1 not all, 2 another error.\n";

enum {
	OPTION_ADDRESS = 1,
	OPTION_MODE,
	OPTION_MONITOR,
	OPTION_WAIT,
	OPTION_JSON,
};

static const struct option_row rows[] = {
	ATTACHMENT_ROWS,
	{ OPTION_ADDRESS, "address", 0, true },
	{ OPTION_MODE, "mode", 0, true },
	{ OPTION_MONITOR, "monitor", 0, false },
	{ OPTION_WAIT, NULL, 'W', true },
	{ OPTION_JSON, "json", 'j', false },
	OPTION_ROWS_COMMON,
	{ 0, NULL, 0, false },
};

static bool take_target(struct resolve_options *chosen, const char *text)
{
	if (chosen->count == RESOLVE_MOST) {
		report("more than %d neighbours; \"%s\" is one too many", RESOLVE_MOST, text);
		return false;
	}
	if (ipoib_ip_parse(&chosen->targets[chosen->count], text) != 0) {
		report("neighbour \"%s\" is not an address such as 10.10.1.1 or fd00::1", text);
		return false;
	}
	chosen->count++;
	return true;
}

static bool take_address(struct resolve_options *chosen, const char *text)
{
	if (strchr(text, ':') != NULL)
		return read_address_ipv6("--address", text, &chosen->address);
	return read_address("--address", text, &chosen->address);
}

static bool take_option(void *options, int id, const char *value)
{
	struct resolve_options *chosen = options;

	if (attachment_take(&chosen->attachment, id, value))
		return true;
	switch (id) {
	case OPTION_ADDRESS:
		return take_address(chosen, value);
	case OPTION_MODE:
		return read_mode("--mode", value, &chosen->mode);
	case OPTION_MONITOR:
		chosen->monitor = true;
		return true;
	case OPTION_WAIT:
		return read_seconds("-W", value, 0.001, 3600, &chosen->wait_ns);
	case OPTION_JSON:
		chosen->json = true;
		return true;
	default:
		return take_target(chosen, value);
	}
}

static bool is_complete(const struct resolve_options *chosen)
{
	char text[IPOIB_IP_TEXT];

	if (!attachment_is_complete(&chosen->attachment))
		return false;
	if (chosen->address.prefix_length == 0) {
		report("--address is missing, such as --address 10.10.1.2/24");
		return false;
	}
	if (chosen->count == 0) {
		report("no neighbour, such as 10.10.1.1");
		return false;
	}
	for (size_t i = 0; i < chosen->count; i++) {
		if (chosen->targets[i].family == chosen->address.ip.family)
			continue;
		report("neighbour %s is of another IP version than --address",
		       ipoib_ip_format(&chosen->targets[i], text));
		return false;
	}
	return true;
}

bool resolve_options_read(struct resolve_options *chosen, int argc, char **argv, int *status)
{
	*chosen = (struct resolve_options){ .wait_ns = UINT64_C(10000000000) };
	if (!options_read(rows, usage, argc, argv, take_option, chosen, status))
		return false;
	if (is_complete(chosen))
		return true;
	*status = options_hint();
	return false;
}
