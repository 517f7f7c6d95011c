/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "ping_options.h"

#include <string.h>

#include "report.h"

static const char usage[] =
	"Usage: ipoib-ping ATTACHMENT --address A.B.C.D/L [--mode datagram|connected]\n"
	"                  [-b] [-c COUNT] [-i SECONDS] [-M do|want|dont] [-s BYTES]\n"
	"                  [-W SECONDS] DESTINATION\n"
	"       ipoib-ping ATTACHMENT --address A.B.C.D/L [--mode datagram|connected]\n"
	"                  --listen\n"
	"ping through libipoib alone: no TUN device, no root.\n"
	"\n"
	"ATTACHMENT:\n"
	"  --fabric PATH     the socket of an ipoib-fabric, and\n"
	"  --port PORT       our port of it, such as host2/1; or\n"
	"  --device PORT     our port of an adapter, such as rxe0/1\n"
	"\n"
	"  --address A/L     our address and the prefix of its subnet, such as 10.10.1.2/24\n"
	"  --mode MODE       datagram, or connected: by reliable connections to those\n"
	"                    who take them (datagram)\n"
	"  --listen          only answer what others ask; prints \"ready\" when it can\n"
	"  -b                the destination may be the broadcast address\n"
	"  -c COUNT          stop after so many requests (until Ctrl-C)\n"
	"  -i SECONDS        between two requests (1)\n"
	"  -M do|want|dont   whether requests must not be cut (do), may be once the MTU\n"
	"                    is learnt (want), or may always be (dont)\n"
	"  -s BYTES          octets of data in a request (56)\n"
	"  -W SECONDS        how long to wait when nobody has answered (10)\n"
	"  -h, --help        this text\n"
	"  -V, --version     the version\n"
	"\n"
	"Exit status: 0 there was an answer, 1 there was none, 2 another error.\n";

enum {
	OPTION_ADDRESS = 1,
	OPTION_MODE,
	OPTION_LISTEN,
	OPTION_BROADCAST,
	OPTION_COUNT,
	OPTION_INTERVAL,
	OPTION_DISCOVERY,
	OPTION_SIZE,
	OPTION_LINGER,
};

static const struct option_row rows[] = {
	ATTACHMENT_ROWS,
	{ OPTION_ADDRESS, "address", 0, true },
	{ OPTION_MODE, "mode", 0, true },
	{ OPTION_LISTEN, "listen", 0, false },
	{ OPTION_BROADCAST, NULL, 'b', false },
	{ OPTION_COUNT, NULL, 'c', true },
	{ OPTION_INTERVAL, NULL, 'i', true },
	{ OPTION_DISCOVERY, NULL, 'M', true },
	{ OPTION_SIZE, NULL, 's', true },
	{ OPTION_LINGER, NULL, 'W', true },
	OPTION_ROWS_COMMON,
	{ 0, NULL, 0, false },
};

static bool take_destination(struct ping_options *chosen, const char *text)
{
	if (chosen->destination.family != 0) {
		report("two destinations; \"%s\" is one too many", text);
		return false;
	}
	if (ipoib_ip_parse(&chosen->destination, text) != 0 ||
	    chosen->destination.family != IPOIB_IPV4) {
		report("destination \"%s\" is not an IPv4 address such as 10.10.1.1", text);
		return false;
	}
	return true;
}

static bool take_discovery(struct ping_options *chosen, const char *text)
{
	static const char *const names[] = {
		[PING_DISCOVERY_DO] = "do",
		[PING_DISCOVERY_WANT] = "want",
		[PING_DISCOVERY_DONT] = "dont",
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], text) == 0) {
			chosen->discovery = (enum ping_discovery)i;
			return true;
		}
	report("-M: \"%s\" is not do, want or dont", text);
	return false;
}

static bool take_option(void *options, int id, const char *value)
{
	struct ping_options *chosen = options;

	if (attachment_take(&chosen->attachment, id, value))
		return true;
	switch (id) {
	case OPTION_ADDRESS:
		return read_address("--address", value, &chosen->address);
	case OPTION_MODE:
		return read_mode("--mode", value, &chosen->mode);
	case OPTION_LISTEN:
		chosen->listen = true;
		return true;
	case OPTION_BROADCAST:
		chosen->broadcast = true;
		return true;
	case OPTION_COUNT:
		return read_number("-c", value, 1, INT64_MAX, &chosen->count);
	case OPTION_INTERVAL:
		return read_seconds("-i", value, 0.001, 3600, &chosen->interval_ns);
	case OPTION_DISCOVERY:
		return take_discovery(chosen, value);
	case OPTION_SIZE:
		return read_number("-s", value, 0, PING_SIZE_MOST, &chosen->size);
	case OPTION_LINGER:
		return read_seconds("-W", value, 0.001, 3600, &chosen->linger_ns);
	default:
		return take_destination(chosen, value);
	}
}

static uint32_t number_of(const struct ipoib_ip *ip)
{
	return (uint32_t)ip->raw[0] << 24 | (uint32_t)ip->raw[1] << 16 |
	       (uint32_t)ip->raw[2] << 8 | ip->raw[3];
}

/* The mask of the bits behind the prefix. */
static uint32_t host_mask(unsigned prefix_length)
{
	return prefix_length < 32 ? UINT32_MAX >> prefix_length : 0;
}

/* A multicast group, or the broadcast address of our subnet; a /31 and a /32 have none. */
static bool is_group(const struct subnet_address *own, const struct ipoib_ip *destination)
{
	uint32_t mask = host_mask(own->prefix_length);

	if (destination->raw[0] >> 4 == 14)
		return true;
	return own->prefix_length < 31 && number_of(destination) == (number_of(&own->ip) | mask);
}

/* There is no router behind this program: a destination is a neighbour, or a group on the link. */
static bool destination_is_fit(const struct ping_options *chosen)
{
	char text[IPOIB_IP_TEXT];
	char own[IPOIB_IP_TEXT];
	unsigned length = chosen->address.prefix_length;
	uint32_t destination = number_of(&chosen->destination);
	uint32_t difference = destination ^ number_of(&chosen->address.ip);
	bool multicast = chosen->destination.raw[0] >> 4 == 14;

	ipoib_ip_format(&chosen->destination, text);
	ipoib_ip_format(&chosen->address.ip, own);
	if (difference == 0)
		report("destination %s is our own address (--address)", text);
	else if (!multicast && (difference & ~host_mask(length)) != 0)
		report("destination %s is not on the link of %s/%u, and there is no router", text,
		       own, length);
	else if (length < 31 && (destination & host_mask(length)) == 0 && !multicast)
		report("destination %s is the address of the subnet %s/%u; it must be a host", text,
		       own, length);
	else if (chosen->to_group && !multicast && !chosen->broadcast)
		report("destination %s is the broadcast address of %s/%u; add -b if it is meant",
		       text, own, length);
	else
		return true;
	return false;
}

static bool is_complete(const struct ping_options *chosen)
{
	if (!attachment_is_complete(&chosen->attachment))
		return false;
	if (chosen->address.prefix_length == 0)
		report("--address is missing, such as --address 10.10.1.2/24");
	else if (chosen->listen && chosen->destination.family != 0)
		report("--listen only answers; it takes no destination");
	else if (!chosen->listen && chosen->destination.family == 0)
		report("no destination, and no --listen");
	else
		return chosen->listen || destination_is_fit(chosen);
	return false;
}

bool ping_options_read(struct ping_options *chosen, int argc, char **argv, int *status)
{
	*chosen = (struct ping_options){ .interval_ns = 1000000000, .size = 56,
					 .linger_ns = 10000000000 };
	if (!options_read(rows, usage, argc, argv, take_option, chosen, status))
		return false;
	chosen->to_group = is_group(&chosen->address, &chosen->destination);
	if (is_complete(chosen))
		return true;
	*status = options_hint();
	return false;
}
