/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What belongs to no interface: the neighbour tables, and what could not be read. */
#include "audit/rules.h"

/* An InfiniBand subnet has 49151 unicast LIDs: more neighbours need no room. */
#define NEIGHBOURS_MAX 65536u
/* Room for the neighbours there are, and for as many again that nobody thought of. */
#define HEADROOM 4
/* The kernel's own default; no remedy goes below it. */
#define THRESHOLD_DEFAULT 1024u

static void mend_thresholds(struct ipoib__audit_case *c, const char *family, uint64_t wanted)
{
	uint64_t threshold = THRESHOLD_DEFAULT;

	while (threshold < wanted && threshold <= INT32_MAX / 2)
		threshold *= 2;
	ipoib__audit_mend(c->list, "net/%s/neigh/default/gc_thresh1 = %u", family,
			  (unsigned)(threshold / 4));
	ipoib__audit_mend(c->list, "net/%s/neigh/default/gc_thresh2 = %u", family,
			  (unsigned)(threshold / 2));
	ipoib__audit_mend(c->list, "net/%s/neigh/default/gc_thresh3 = %u", family,
			  (unsigned)threshold);
}

static bool was_counted(const struct ipoib__audit_host *host, size_t index)
{
	const struct ipoib__audit_subnet *subnet = &host->subnets[index];

	for (size_t i = 0; i < index; i++)
		if (host->subnets[i].network == subnet->network &&
		    host->subnets[i].mask == subnet->mask)
			return true;
	return false;
}

/* How many hosts the subnets of IPoIB interfaces have room for. */
static uint64_t room_of_subnets(const struct ipoib__audit_host *host)
{
	uint64_t room = 0;

	for (size_t i = 0; i < host->n_subnets && room < NEIGHBOURS_MAX; i++)
		if (ipoib__audit_serves(&host->interfaces[host->subnets[i].interface]) &&
		    !was_counted(host, i))
			room += (uint64_t)~host->subnets[i].mask + 1;
	return room < NEIGHBOURS_MAX ? room : NEIGHBOURS_MAX;
}

static void judge_room(struct ipoib__audit_case *c)
{
	struct ipoib__audit_number limit = c->host->ipv4.thresholds[2];
	uint64_t room = room_of_subnets(c->host);

	if (!limit.known || room <= limit.value)
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_NOTE, "gc-thresh", IPOIB__AUDIT_HOST_SUBJECT,
		"gc_thresh3 allows %u IPv4 neighbours, for all interfaces and network "
		"namespaces of the kernel together, and the subnets of the IPoIB interfaces "
		"have room for %u%s: beyond it new neighbours are refused (\"neighbor table "
		"overflow!\")",
		(unsigned)limit.value, (unsigned)room, room == NEIGHBOURS_MAX ? " and more" : "");
	mend_thresholds(c, "ipv4", room);
}

static void judge_filling(struct ipoib__audit_case *c, const struct ipoib__audit_table *table,
			  const char *family)
{
	struct ipoib__audit_number limit = table->thresholds[2];
	uint64_t wanted = (uint64_t)table->entries.value * HEADROOM;

	if (!limit.known || !table->entries.known || table->entries.value <= limit.value / 2)
		return;

	bool has_overflown = table->overflows.known && table->overflows.value > 0;

	ipoib__audit_found(
		c->list, has_overflown ? IPOIB_AUDIT_ERROR : IPOIB_AUDIT_WARNING, "gc-thresh-full",
		IPOIB__AUDIT_HOST_SUBJECT,
		"the kernel's %s neighbour table, one for all network namespaces, has %u "
		"entries of the %u that gc_thresh3 allows and has refused %u: live "
		"neighbours are thrown out and looked for again",
		family, (unsigned)table->entries.value, (unsigned)limit.value,
		has_overflown ? (unsigned)table->overflows.value : 0u);
	mend_thresholds(c, family, wanted);
}

void ipoib__audit_judge_tables(struct ipoib__audit_case *c)
{
	if (c->host->n_interfaces == 0)
		return;
	judge_room(c);
	judge_filling(c, &c->host->ipv4, "ipv4");
	judge_filling(c, &c->host->ipv6, "ipv6");
}

/* ---- what could not be read ---- */

/* Opens the finding with the first name, and adds the others to it. */
static void unreadable(struct ipoib__audit_case *c, bool *is_open, const char *subject,
		       const char *name)
{
	if (!*is_open) {
		ipoib__audit_found(c->list, IPOIB_AUDIT_NOTE, "unreadable", subject,
				   "what hangs on them was not judged, because these could not be "
				   "read: %s",
				   name);
		ipoib__audit_mend(c->list, "# run ipoib-audit as root, where /sys and /proc are "
					   "the host's own");
		*is_open = true;
		return;
	}
	ipoib__audit_say(c->list, ", %s", name);
}

static void judge_interface(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	const char *name = interface->name;
	bool is_open = false;
	size_t count;

	if (!interface->mtu.known)
		unreadable(c, &is_open, name, "mtu");
	if (!interface->pkey.known)
		unreadable(c, &is_open, name, "pkey");
	if (!interface->has_address)
		unreadable(c, &is_open, name, "address");
	if (interface->mode == IPOIB__AUDIT_MODE_UNKNOWN)
		unreadable(c, &is_open, name,
			   interface->has_attributes
				   ? "mode"
				   : "mode (of children made by \"ip link add\" netlink tells "
				     "it, and not sysfs)");
	if (interface->port.known && !ipoib__audit_pkeys(c->host, interface, &count))
		unreadable(c, &is_open, name, "the port's P_Key table");
	for (unsigned i = 0; i < IPOIB__AUDIT_SYSCTLS; i++)
		if (!ipoib__audit_effective(c->host, interface, i).known)
			unreadable(c, &is_open, name, ipoib__audit_sysctl_name(i));
	if (interface->mode == IPOIB__AUDIT_MODE_UNKNOWN && !interface->has_attributes &&
	    !c->host->is_running)
		ipoib__audit_mend(c->list, "# or copy the output of \"ip -d link show\" there, as "
					   "the file ip-link beside sys and proc");
}

void ipoib__audit_judge_reading(struct ipoib__audit_case *c)
{
	const struct ipoib__audit_host *host = c->host;
	bool is_open = false;

	for (size_t i = 0; i < host->n_interfaces; i++)
		judge_interface(c, &host->interfaces[i]);
	if (host->n_interfaces > 0 && !host->has_routes)
		unreadable(c, &is_open, IPOIB__AUDIT_HOST_SUBJECT, "/proc/net/route");
	if (host->n_interfaces > 0 && !host->ipv4.thresholds[2].known)
		unreadable(c, &is_open, IPOIB__AUDIT_HOST_SUBJECT,
			   "net/ipv4/neigh/default/gc_thresh3 (the kernel shows it outside of "
			   "containers only)");
	if (host->has_too_many) {
		ipoib__audit_found(c->list, IPOIB_AUDIT_WARNING, "too-many-interfaces",
				   IPOIB__AUDIT_HOST_SUBJECT,
				   "there are more than %d IPoIB interfaces, and only the first of "
				   "them, in the order of their names, were examined",
				   IPOIB__AUDIT_INTERFACES_MAX);
		ipoib__audit_mend(c->list, "# delete child interfaces that nobody uses: "
					   "ip link delete INTERFACE");
	}
	if (host->odd_names > 0) {
		ipoib__audit_found(c->list, IPOIB_AUDIT_NOTE, "odd-name", IPOIB__AUDIT_HOST_SUBJECT,
				   "%u network interfaces were left out, because their names hold "
				   "characters that mean something to a shell",
				   (unsigned)host->odd_names);
		ipoib__audit_mend(c->list,
				  "# give them plain names: ip link set INTERFACE name NAME");
	}
}
