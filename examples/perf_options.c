/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "perf_options.h"

#include <string.h>

#include <ipoib/interface.h>

#include "report.h"

/* perftest's defaults, but for the batch: bursts are what this library is made for. */
#define COUNT_USUAL 1000
#define WINDOW_USUAL 128
#define BATCH_USUAL 16
/* Of ping-pong, where it is the time that matters. */
#define LATENCY_SIZE_USUAL 64

static const char usage[] =
	"Usage: ipoib-perf ATTACHMENT --address A.B.C.D/L [-m ud|rc] [-e] [--window N]\n"
	"                  [--keep]                                         (server)\n"
	"       ipoib-perf ATTACHMENT --address A.B.C.D/L [-m ud|rc] [-e] [--window N]\n"
	"                  [--latency] [-s BYTES[,BYTES...] | -a] [-n COUNT | -D SECONDS]\n"
	"                  [-b] [--batch N] [--json] SERVER                 (client)\n"
	"Throughput and latency between two IPoIB interfaces, with perftest's habits.\n"
	"\n"
	"ATTACHMENT:\n"
	"  --fabric PATH     the socket of an ipoib-fabric, and\n"
	"  --port PORT       our port of it, such as host2/1; or\n"
	"  --device PORT     our port of an adapter, such as rxe0/1\n"
	"\n"
	"  --address A/L     our address and the prefix of its subnet, such as 10.10.1.2/24\n"
	"  -m, --mode MODE   ud (datagrams) or rc (reliable connections); as the server's\n"
	"  -e, --event       sleep until something comes; both sides poll without it\n"
	"  --poll            do not sleep while packets are measured (the default)\n"
	"  --window N        packets under way at most (128)\n"
	"  --keep            serve one client after the other, until a signal comes\n"
	"  --latency         ping-pong: half of each round trip; else throughput\n"
	"  -s BYTES,...      octets of data in each packet, beside 28 of headers\n"
	"                    (what the MTU allows; 64 with --latency)\n"
	"  -a, --all         powers of two from 32, and what the MTU allows\n"
	"  -n COUNT          packets of each size (1000)\n"
	"  -D SECONDS        or so long\n"
	"  -b                both sides send\n"
	"  --batch N         packets handed over at a time (16)\n"
	"  --json            an object, instead of a table\n"
	"  -h, --help        this text\n"
	"  -V, --version     the version\n"
	"\n"
	"Exit status: 0 everything was measured, 1 not, 2 the command line makes no sense.\n";

enum {
	OPTION_ADDRESS = 1,
	OPTION_MODE,
	OPTION_EVENT,
	OPTION_POLL,
	OPTION_WINDOW,
	OPTION_KEEP,
	OPTION_LATENCY,
	OPTION_SIZES,
	OPTION_ALL,
	OPTION_COUNT,
	OPTION_DURATION,
	OPTION_BOTH,
	OPTION_BATCH,
	OPTION_JSON,
};

static const struct option_row rows[] = {
	ATTACHMENT_ROWS,
	{ OPTION_ADDRESS, "address", 0, true },
	{ OPTION_MODE, "mode", 'm', true },
	{ OPTION_EVENT, "event", 'e', false },
	{ OPTION_POLL, "poll", 0, false },
	{ OPTION_WINDOW, "window", 0, true },
	{ OPTION_KEEP, "keep", 0, false },
	{ OPTION_LATENCY, "latency", 0, false },
	{ OPTION_SIZES, "size", 's', true },
	{ OPTION_ALL, "all", 'a', false },
	{ OPTION_COUNT, "iters", 'n', true },
	{ OPTION_DURATION, "duration", 'D', true },
	{ OPTION_BOTH, "bidirectional", 'b', false },
	{ OPTION_BATCH, "batch", 0, true },
	{ OPTION_JSON, "json", 0, false },
	OPTION_ROWS_COMMON,
	{ 0, NULL, 0, false },
};

/* ---- one option ---- */

static bool take_server(struct perf_options *chosen, const char *text)
{
	if (chosen->server.family != 0) {
		report("two servers; \"%s\" is one too many", text);
		return false;
	}
	if (ipoib_ip_parse(&chosen->server, text) != 0 || chosen->server.family != IPOIB_IPV4) {
		report("server \"%s\" is not an IPv4 address such as 10.10.1.1", text);
		return false;
	}
	return true;
}

static bool take_mode(struct perf_options *chosen, const char *text)
{
	if (strcmp(text, "ud") == 0)
		chosen->terms.mode = IPOIB_MODE_DATAGRAM;
	else if (strcmp(text, "rc") == 0)
		chosen->terms.mode = IPOIB_MODE_CONNECTED;
	else {
		report("-m: \"%s\" is not a mode: ud or rc", text);
		return false;
	}
	return true;
}

static bool take_size(struct perf_options *chosen, const char *text)
{
	uint64_t size;

	if (chosen->size_count == PERF_SIZES_MOST) {
		report("-s: more than %d sizes", PERF_SIZES_MOST);
		return false;
	}
	if (!read_number("-s", text, PERF_HEADER, PERF_SIZE_MOST, &size))
		return false;
	chosen->sizes[chosen->size_count++] = (uint32_t)size;
	return true;
}

static bool take_sizes(struct perf_options *chosen, const char *text)
{
	char size[24];

	for (;;) {
		size_t length = strcspn(text, ",");

		if (length >= sizeof(size)) {
			report("-s: \"%s\" is not a list of numbers such as 64,2048", text);
			return false;
		}
		memcpy(size, text, length);
		size[length] = '\0';
		if (!take_size(chosen, size))
			return false;
		if (text[length] == '\0')
			return true;
		text += length + 1;
	}
}

static bool take_number(const char *what, const char *text, uint32_t most, uint32_t *out)
{
	uint64_t number;

	if (!read_number(what, text, 1, most, &number))
		return false;
	*out = (uint32_t)number;
	return true;
}

/* What only the client needs: the server hears it from there. */
static bool take_of_client(struct perf_options *chosen, int id, const char *value)
{
	struct perf_terms *terms = &chosen->terms;

	chosen->of_client = true;
	switch (id) {
	case OPTION_LATENCY:
		terms->latency = true;
		return true;
	case OPTION_SIZES:
		return take_sizes(chosen, value);
	case OPTION_ALL:
		chosen->all = true;
		return true;
	case OPTION_COUNT:
		return read_number("-n", value, 1, INT64_MAX, &terms->count);
	case OPTION_DURATION:
		return read_seconds("-D", value, 0.001, PERF_SECONDS_MOST, &terms->duration_ns);
	case OPTION_BOTH:
		terms->both = true;
		return true;
	case OPTION_BATCH:
		return take_number("--batch", value, PERF_BATCH_MOST, &terms->batch);
	default:
		chosen->json = true;
		return true;
	}
}

static bool take_option(void *options, int id, const char *value)
{
	struct perf_options *chosen = options;

	if (attachment_take(&chosen->attachment, id, value))
		return true;
	switch (id) {
	case OPTION_ADDRESS:
		return read_address("--address", value, &chosen->address);
	case OPTION_MODE:
		return take_mode(chosen, value);
	case OPTION_EVENT:
	case OPTION_POLL:
		chosen->terms.event = id == OPTION_EVENT;
		return true;
	case OPTION_WINDOW:
		return take_number("--window", value, PERF_WINDOW_MOST, &chosen->terms.window);
	case OPTION_KEEP:
		chosen->keep = true;
		return true;
	case OPTIONS_OPERAND:
		return take_server(chosen, value);
	default:
		return take_of_client(chosen, id, value);
	}
}

/* ---- all of them together ---- */

static bool on_link(const struct perf_options *chosen)
{
	unsigned whole = chosen->address.prefix_length / 8;
	unsigned bits = chosen->address.prefix_length % 8;
	const uint8_t *own = chosen->address.ip.raw;
	const uint8_t *server = chosen->server.raw;

	return memcmp(own, server, whole) == 0 &&
	       (bits == 0 || (own[whole] ^ server[whole]) >> (8 - bits) == 0);
}

static bool is_client_complete(const struct perf_options *chosen)
{
	char text[IPOIB_IP_TEXT];

	ipoib_ip_format(&chosen->server, text);
	if (chosen->keep)
		report("--keep is for a server, and a server takes no address of another");
	else if (ipoib_ip_equal(&chosen->server, &chosen->address.ip))
		report("server %s is our own address (--address)", text);
	else if (!on_link(chosen))
		report("server %s is not on the link of our address, and there is no router", text);
	else if (chosen->all && chosen->size_count > 0)
		report("-s and -a both say which sizes: give one of them");
	else if (chosen->terms.count > 0 && chosen->terms.duration_ns > 0)
		report("-n and -D both say when to stop: give one of them");
	else if (chosen->terms.latency && chosen->terms.both)
		report("--latency is one packet at a time; there is no -b of it");
	else
		return true;
	return false;
}

static bool is_complete(const struct perf_options *chosen)
{
	if (!attachment_is_complete(&chosen->attachment))
		return false;
	if (chosen->address.prefix_length == 0)
		report("--address is missing, such as --address 10.10.1.2/24");
	else if (chosen->server.family != 0)
		return is_client_complete(chosen);
	else if (chosen->of_client)
		report("no server's address: what is measured is told by the client, and a server "
		       "takes none of --latency, -s, -a, -n, -D, -b, --batch and --json");
	else
		return true;
	return false;
}

/* A burst is at most half of a window (perf_session.h). */
static void settle(struct perf_terms *terms)
{
	uint32_t most = terms->window > 1 ? terms->window / 2 : 1;

	if (terms->batch == 0)
		terms->batch = terms->latency ? 1 : BATCH_USUAL;
	if (terms->batch > most)
		terms->batch = most;
	if (terms->count == 0 && terms->duration_ns == 0)
		terms->count = COUNT_USUAL;
}

bool perf_options_read(struct perf_options *chosen, int argc, char **argv, int *status)
{
	*chosen = (struct perf_options){ .terms = { .window = WINDOW_USUAL } };
	if (!options_read(rows, usage, argc, argv, take_option, chosen, status))
		return false;
	if (!is_complete(chosen)) {
		*status = options_hint();
		return false;
	}
	settle(&chosen->terms);
	return true;
}

bool perf_options_fit(struct perf_options *chosen, uint32_t mtu)
{
	uint32_t most = mtu - PERF_IP_HEADERS;

	for (size_t i = 0; i < chosen->size_count; i++)
		if (chosen->sizes[i] > most) {
			report("-s %u makes packets of %u octets, and the MTU is %u: -s %u is the "
			       "most%s",
			       (unsigned)chosen->sizes[i],
			       (unsigned)chosen->sizes[i] + PERF_IP_HEADERS, (unsigned)mtu,
			       (unsigned)most,
			       chosen->terms.mode == IPOIB_MODE_DATAGRAM ? " (with -m rc it may be "
									   "more)" :
									   "");
			return false;
		}
	if (chosen->size_count > 0)
		return true;
	for (uint32_t size = PERF_SIZE_FIRST; chosen->all && size < most; size *= 2)
		chosen->sizes[chosen->size_count++] = size;
	if (chosen->terms.latency && !chosen->all && LATENCY_SIZE_USUAL < most)
		most = LATENCY_SIZE_USUAL;
	chosen->sizes[chosen->size_count++] = most;
	return true;
}
