/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_specification.h"

#include <stdio.h>
#include <string.h>

#include "attachment.h"
#include "report.h"
#include "tun_options.h"

/* One --interface with all its addresses is far below this. */
#define SPECIFICATION_MOST 1536
/* What the library takes; each has a buffer of 64 KiB. */
#define CONNECTED_DEPTH_MOST 16384
/* Shorter ones would let a neighbour flap as fast as it likes; longer ones are "pin". */
#define FLUX_HOLD_LEAST 0.1
#define FLUX_HOLD_MOST 86400.
/* What the library takes. */
#define CONNECTIONS_MOST 16384
#define TIMEOUT_MOST 31
#define RETRIES_MOST 7
#define NEIGHBOURS_MOST (1U << 24)
#define QUEUE_MOST (1U << 20)
#define QUEUE_AGE_LEAST 0.001
#define QUEUE_AGE_MOST 60.

static bool take_address(struct tun_interface_options *interface, const char *what,
			 const char *text)
{
	struct subnet_address *address = &interface->addresses[interface->address_count];

	if (interface->address_count == TUN_ADDRESSES_MAX) {
		report("%s: more than %d addresses", what, TUN_ADDRESSES_MAX);
		return false;
	}
	if (!(strchr(text, ':') ? read_address_ipv6(what, text, address) :
				  read_address(what, text, address)))
		return false;
	interface->address_count++;
	return true;
}

static bool take_pkey(struct tun_interface_options *interface, const char *what, const char *text)
{
	uint64_t pkey;

	if (!read_number(what, text, 0, 0xffff, &pkey))
		return false;
	if ((pkey & 0x8000) == 0 || (pkey & 0x7fff) == 0) {
		report("%s: P_Key %s is not a full member's; IPoIB needs one from 0x8001 to 0xffff",
		       what, text);
		return false;
	}
	interface->pkey = (uint16_t)pkey;
	return true;
}

static bool take_name(struct tun_interface_options *interface, const char *what, const char *text,
		      const char *example)
{
	size_t length = strlen(text);

	if (interface->port[0] != '\0') {
		report("%s: two ports, %s and %s; an interface has one, port= of a fabric or "
		       "device= of an adapter",
		       what, interface->port, text);
		return false;
	}
	if (length == 0 || length >= sizeof(interface->port)) {
		report("%s: \"%s\" is not the name of a port, such as %s", what, text, example);
		return false;
	}
	memcpy(interface->port, text, length + 1);
	return true;
}

static bool take_port(struct tun_interface_options *interface, const char *what, const char *text)
{
	return take_name(interface, what, text, "host1/1");
}

static bool take_device(struct tun_interface_options *interface, const char *what, const char *text)
{
	interface->is_device = true;
	return attachment_has_devices(what) && take_name(interface, what, text, "rxe0/1");
}

static bool take_mode(struct tun_interface_options *interface, const char *what, const char *text)
{
	return read_mode(what, text, &interface->mode);
}

static bool take_mtu(struct tun_interface_options *interface, const char *what, const char *text)
{
	uint64_t mtu;

	if (!read_number(what, text, IPOIB_MTU_MIN, IPOIB_MTU_CONNECTED, &mtu))
		return false;
	interface->mtu = (uint32_t)mtu;
	return true;
}

static bool take_flux_hold(struct tun_interface_options *interface, const char *what,
			   const char *text)
{
	uint64_t ns;

	if (!read_seconds(what, text, FLUX_HOLD_LEAST, FLUX_HOLD_MOST, &ns))
		return false;
	interface->flux_hold_ms = (uint32_t)(ns / 1000000);
	return true;
}

static bool take_queue_age(struct tun_interface_options *interface, const char *what,
			   const char *text)
{
	uint64_t ns;

	if (!read_seconds(what, text, QUEUE_AGE_LEAST, QUEUE_AGE_MOST, &ns))
		return false;
	interface->queue_age_ms = (uint32_t)(ns / 1000000);
	return true;
}

/* The values that a keyword has; a table of them ends with a row without a text. */
struct choice {
	const char *text;
	uint8_t value;
};

static const struct choice arp_ignore_choices[] = {
	{ "0", IPOIB_ARP_IGNORE_NONE },   { "1", IPOIB_ARP_IGNORE_INTERFACE },
	{ "2", IPOIB_ARP_IGNORE_SUBNET }, { "3", IPOIB_ARP_IGNORE_HOST },
	{ "8", IPOIB_ARP_IGNORE_ALL },    { NULL, 0 },
};

static const struct choice arp_announce_choices[] = {
	{ "0", IPOIB_ARP_ANNOUNCE_ANY },
	{ "1", IPOIB_ARP_ANNOUNCE_SUBNET },
	{ "2", IPOIB_ARP_ANNOUNCE_BEST },
	{ NULL, 0 },
};

static const struct choice flux_choices[] = {
	{ "confirm", IPOIB_FLUX_CONFIRM }, { "accept", IPOIB_FLUX_ACCEPT },
	{ "pin", IPOIB_FLUX_PIN },         { "hold", IPOIB_FLUX_HOLD },
	{ NULL, 0 },
};

static const struct choice acd_choices[] = {
	{ "fast", IPOIB_ACD_FAST },
	{ "rfc", IPOIB_ACD_RFC },
	{ "off", IPOIB_ACD_OFF },
	{ NULL, 0 },
};

static const struct choice defend_choices[] = {
	{ "always", IPOIB_DEFEND_ALWAYS },
	{ "once", IPOIB_DEFEND_ONCE },
	{ "never", IPOIB_DEFEND_NEVER },
	{ NULL, 0 },
};

/*
 * A keyword has a function that takes its value; or choices (uint8_t), or a greatest number
 * (uint32_t, 1 at least), and where its value goes.
 */
static const struct keyword {
	const char *name;
	bool (*take)(struct tun_interface_options *interface, const char *what, const char *text);
	const struct choice *choices;
	uint32_t most;
	size_t offset;
} keywords[] = {
#define AT(member) offsetof(struct tun_interface_options, member)
	{ "port", take_port, NULL, 0, 0 },
	{ "device", take_device, NULL, 0, 0 },
	{ "address", take_address, NULL, 0, 0 },
	{ "pkey", take_pkey, NULL, 0, 0 },
	{ "mode", take_mode, NULL, 0, 0 },
	{ "mtu", take_mtu, NULL, 0, 0 },
	{ "connected_depth", NULL, NULL, CONNECTED_DEPTH_MOST, AT(connected_depth) },
	{ "connections_max", NULL, NULL, CONNECTIONS_MOST, AT(connections_max) },
	{ "connection_timeout", NULL, NULL, TIMEOUT_MOST, AT(connection_timeout) },
	{ "connection_retries", NULL, NULL, RETRIES_MOST, AT(connection_retries) },
	{ "queue_packets", NULL, NULL, QUEUE_MOST, AT(queue_packets) },
	{ "queue_packets_total", NULL, NULL, QUEUE_MOST, AT(queue_packets_total) },
	{ "queue_age", take_queue_age, NULL, 0, 0 },
	{ "gc_thresh1", NULL, NULL, NEIGHBOURS_MOST, AT(gc_thresh1) },
	{ "gc_thresh2", NULL, NULL, NEIGHBOURS_MOST, AT(gc_thresh2) },
	{ "gc_thresh3", NULL, NULL, NEIGHBOURS_MOST, AT(gc_thresh3) },
	{ "arp_ignore", NULL, arp_ignore_choices, 0, AT(arp_ignore) },
	{ "arp_announce", NULL, arp_announce_choices, 0, AT(arp_announce) },
	{ "flux", NULL, flux_choices, 0, AT(flux) },
	{ "flux_hold", take_flux_hold, NULL, 0, 0 },
	{ "acd", NULL, acd_choices, 0, AT(acd) },
	{ "defend", NULL, defend_choices, 0, AT(defend) },
#undef AT
};

static const char keyword_names[] =
	"port=, device=, address=, pkey=, mode=, mtu=, connected_depth=, connections_max=, "
	"connection_timeout=, connection_retries=, queue_packets=, queue_packets_total=, "
	"queue_age=, gc_thresh1=, gc_thresh2=, gc_thresh3=, "
	"arp_ignore=, arp_announce=, flux=, flux_hold=, acd= or defend=";

static bool take_choice(struct tun_interface_options *interface, const char *what,
			const struct keyword *keyword, const char *text)
{
	char right[80] = "";
	size_t used = 0;

	for (const struct choice *choice = keyword->choices; choice->text; choice++) {
		if (strcmp(choice->text, text) == 0) {
			((uint8_t *)interface)[keyword->offset] = choice->value;
			return true;
		}

		const char *between = used == 0 ? "" : choice[1].text ? ", " : " or ";

		used += (size_t)snprintf(right + used, sizeof(right) - used, "%s%s", between,
					 choice->text);
	}
	report("%s: %s=%s is none: it is %s", what, keyword->name, text, right);
	return false;
}

static bool take_number(struct tun_interface_options *interface, const char *what,
			const struct keyword *keyword, const char *text)
{
	uint64_t number;
	uint32_t value;

	if (!read_number(what, text, 1, keyword->most, &number))
		return false;
	value = (uint32_t)number;
	memcpy((uint8_t *)interface + keyword->offset, &value, sizeof(value));
	return true;
}

static bool take_part(struct tun_interface_options *interface, const char *what, const char *part)
{
	const char *equals = strchr(part, '=');
	size_t length = equals ? (size_t)(equals - part) : 0;

	for (size_t i = 0; equals && i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		const struct keyword *keyword = &keywords[i];

		if (strlen(keyword->name) != length || memcmp(part, keyword->name, length) != 0)
			continue;
		if (keyword->take)
			return keyword->take(interface, what, equals + 1);
		if (keyword->choices)
			return take_choice(interface, what, keyword, equals + 1);
		return take_number(interface, what, keyword, equals + 1);
	}
	report("%s: \"%s\" is not %s", what, part, keyword_names);
	return false;
}

/* The library's proportions where they are not given: <ipoib/interface.h>. */
static bool thresholds_fit(const struct tun_interface_options *interface, const char *what)
{
	uint32_t third = interface->gc_thresh3;
	uint32_t first = interface->gc_thresh1 ? interface->gc_thresh1 : third / 8;
	uint32_t second = interface->gc_thresh2 ? interface->gc_thresh2 : third / 2;

	if (first <= second && second <= third)
		return true;
	report("%s: gc_thresh1 %u, gc_thresh2 %u and gc_thresh3 %u must not fall", what,
	       (unsigned)first, (unsigned)second, (unsigned)third);
	return false;
}

/* What an interface must have, once all its parts are read. */
static bool is_complete(const struct tun_interface_options *interface, const char *what)
{
	if (interface->port[0] == '\0')
		report("%s: port= is missing, such as port=host1/1, or device=rxe0/1 of an adapter",
		       what);
	else if (interface->address_count == 0)
		report("%s: address= is missing, such as address=10.10.1.1/24", what);
	else
		return thresholds_fit(interface, what);
	return false;
}

bool tun_specification_read(struct tun_interface_options *interface, const char *text)
{
	static const struct ipoib_interface_config usual = IPOIB_INTERFACE_CONFIG_INIT;
	char copy[SPECIFICATION_MOST];
	char what[sizeof("--interface ") + TUN_NAME_ROOM];
	size_t length = strlen(text);

	if (length >= sizeof(copy)) {
		report("--interface: longer than %zu octets", sizeof(copy) - 1);
		return false;
	}
	memcpy(copy, text, length + 1);
	/* Seconds of silence before an address may be used are too many for an appliance. */
	*interface = (struct tun_interface_options){
		.pkey = usual.pkey, .connected_depth = usual.connected_depth,
		.arp_ignore = usual.arp_ignore,
		.arp_announce = usual.arp_announce, .flux = usual.flux,
		.flux_hold_ms = usual.flux_hold_ms, .acd = IPOIB_ACD_FAST, .defend = usual.defend,
		.connections_max = usual.connections_max, .gc_thresh3 = usual.neighbours_max,
		.queue_packets = usual.queue_packets,
		.queue_packets_total = usual.queue_packets_total,
		.queue_age_ms = usual.queue_age_ms,
	};

	char *rest = strchr(copy, ',');

	if (rest)
		*rest++ = '\0';
	if (!tun_device_name_ok(copy)) {
		report("--interface: \"%s\" is not the name of a device: 1 to %d characters "
		       "without '/', ':', '%%' and blanks",
		       copy, TUN_NAME_ROOM - 1);
		return false;
	}
	memcpy(interface->name, copy, strlen(copy) + 1);
	snprintf(what, sizeof(what), "--interface %s", interface->name);
	while (rest) {
		char *part = rest;

		rest = strchr(part, ',');
		if (rest)
			*rest++ = '\0';
		if (!take_part(interface, what, part))
			return false;
	}
	return is_complete(interface, what);
}
