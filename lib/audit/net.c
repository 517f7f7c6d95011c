/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Tables of /proc/net. Addresses stand in none of them together with their interface; the routes
 * that they make to their links do, in the main table, and that is enough to know the subnets.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit/host.h"

/* Of /proc/net/route: Iface Destination Gateway Flags RefCnt Use Metric Mask ... */
enum { ROUTE_NAME, ROUTE_NETWORK, ROUTE_GATEWAY, ROUTE_FLAGS, ROUTE_METRIC = 6, ROUTE_MASK = 7 };
#define ROUTE_FIELDS 8
#define ROUTE_UP 0x1u
#define MULTICAST_NETWORK 0xe0000000u
#define MULTICAST_MASK 0xf0000000u

/* Of /proc/net/stat/arp_cache, from 0, in hexadecimal: entries of the table, and its overflows. */
#define STAT_ENTRIES 0
#define STAT_OVERFLOWS 12
#define STAT_FIELDS 13

struct routes {
	struct ipoib__audit_host *host;
	uint32_t line;
};

/* Cuts a line at its white space; how many fields there are, at most room. */
static size_t split(char *line, char **fields, size_t room)
{
	size_t count = 0;

	for (line += strspn(line, " \t"); *line != '\0' && count < room;
	     line += strspn(line, " \t")) {
		fields[count++] = line;
		line += strcspn(line, " \t");
		if (*line != '\0')
			*line++ = '\0';
	}
	return count;
}

static int hexadecimal(uint32_t *out, const char *digits)
{
	char text[sizeof("0x") + 8];
	int length = snprintf(text, sizeof(text), "0x%s", digits);

	if (length < 0 || (size_t)length >= sizeof(text))
		return -EILSEQ;
	return ipoib__audit_number(out, text);
}

/* An address is printed as the number that its octets make in the memory of this machine. */
static int address(uint32_t *out, const char *digits)
{
	uint32_t number;
	uint8_t octets[4];

	if (hexadecimal(&number, digits))
		return -EILSEQ;
	memcpy(octets, &number, sizeof(octets));
	*out = (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 |
	       octets[3];
	return 0;
}

static int add_subnet(struct ipoib__audit_host *host, const struct ipoib__audit_subnet *subnet)
{
	if (host->n_subnets == IPOIB__AUDIT_SUBNETS_MAX)
		return -EFBIG;
	if (!host->subnets) {
		host->room_subnets = IPOIB__AUDIT_SUBNETS_MAX;
		host->subnets = ipoib__memory_get_array(host->memory, host->room_subnets,
							sizeof(*host->subnets));
		if (!host->subnets)
			return -ENOMEM;
	}
	host->subnets[host->n_subnets++] = *subnet;
	return 0;
}

static int take_route(const char *text, void *user)
{
	struct routes *routes = user;
	struct ipoib__audit_host *host = routes->host;
	struct ipoib__audit_subnet subnet = { .order = routes->line++ };
	char line[512], *fields[ROUTE_FIELDS];
	uint32_t gateway, flags;

	if (strlen(text) >= sizeof(line))
		return 0;
	memcpy(line, text, strlen(text) + 1);
	if (split(line, fields, ROUTE_FIELDS) < ROUTE_FIELDS)
		return 0;

	struct ipoib__audit_interface *interface = ipoib__audit_host_find(host, fields[ROUTE_NAME]);

	if (!interface || address(&subnet.network, fields[ROUTE_NETWORK]) ||
	    address(&gateway, fields[ROUTE_GATEWAY]) || address(&subnet.mask, fields[ROUTE_MASK]) ||
	    hexadecimal(&flags, fields[ROUTE_FLAGS]) ||
	    ipoib__audit_number(&subnet.metric, fields[ROUTE_METRIC]))
		return 0;
	if (!(flags & ROUTE_UP) || gateway != 0)
		return 0;
	if (subnet.network == MULTICAST_NETWORK && subnet.mask == MULTICAST_MASK) {
		interface->has_multicast_route = true;
		return 0;
	}
	/* Routes to one host and to everywhere are no subnets. */
	if (subnet.mask == 0 || subnet.mask == UINT32_MAX)
		return 0;
	subnet.interface = (uint32_t)(interface - host->interfaces);
	return add_subnet(host, &subnet);
}

static bool stands_before(const struct ipoib__audit_subnet *a, const struct ipoib__audit_subnet *b)
{
	if (a->interface != b->interface)
		return a->interface < b->interface;
	return a->order < b->order;
}

/* By interface. There are few, and those of one interface mostly stand together already. */
static void sort(struct ipoib__audit_subnet *subnets, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct ipoib__audit_subnet subnet = subnets[i];
		size_t at = i;

		for (; at > 0 && stands_before(&subnet, &subnets[at - 1]); at--)
			subnets[at] = subnets[at - 1];
		subnets[at] = subnet;
	}
}

static void hand_out(struct ipoib__audit_host *host)
{
	sort(host->subnets, host->n_subnets);
	for (size_t i = 0; i < host->n_subnets; i++) {
		struct ipoib__audit_interface *interface =
			&host->interfaces[host->subnets[i].interface];

		if (interface->n_subnets++ == 0)
			interface->first_subnet = (uint32_t)i;
	}
}

int ipoib__audit_read_routes(struct ipoib__audit_host *host)
{
	struct routes routes = { .host = host };
	int error = ipoib__audit_tree_lines(&host->tree, "proc/net/route", take_route, &routes);

	if (error == -ENOMEM)
		return error;
	host->has_routes = error == 0;
	hand_out(host);
	return 0;
}

/* The first line behind the names: the columns that are wanted are the same in all. */
static int take_statistics(const char *text, void *user)
{
	struct ipoib__audit_table *table = user;
	char line[512], *fields[STAT_FIELDS];

	if (strlen(text) >= sizeof(line))
		return 0;
	memcpy(line, text, strlen(text) + 1);

	size_t count = split(line, fields, STAT_FIELDS);
	uint32_t entries, overflows;

	if (count <= STAT_ENTRIES || hexadecimal(&entries, fields[STAT_ENTRIES]))
		return 0;
	table->entries = (struct ipoib__audit_number){ entries, true };
	if (count <= STAT_OVERFLOWS || hexadecimal(&overflows, fields[STAT_OVERFLOWS]))
		return 0;
	/* Overflows are counted by each processor. */
	table->overflows.known = true;
	if (overflows > UINT32_MAX - table->overflows.value)
		table->overflows.value = UINT32_MAX;
	else
		table->overflows.value += overflows;
	return 0;
}

static void read_table(const struct ipoib__audit_host *host, struct ipoib__audit_table *table,
		       const char *family, const char *statistics)
{
	for (unsigned i = 0; i < 3; i++)
		table->thresholds[i].known =
			ipoib__audit_tree_number(&host->tree, &table->thresholds[i].value,
						 "proc/sys/net/%s/neigh/default/gc_thresh%u",
						 family, i + 1) == 0;
	(void)ipoib__audit_tree_lines(&host->tree, statistics, take_statistics, table);
}

void ipoib__audit_read_tables(struct ipoib__audit_host *host)
{
	read_table(host, &host->ipv4, "ipv4", "proc/net/stat/arp_cache");
	read_table(host, &host->ipv6, "ipv6", "proc/net/stat/ndisc_cache");
}
