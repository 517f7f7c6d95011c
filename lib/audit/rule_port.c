/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What ports say they are: GUIDs that are missing or doubled, subnets with a common prefix. */
#include <inttypes.h>
#include <string.h>

#include "audit/rules.h"

/* Prefixes of subnets: the default (IBA 4.1.1), and those of site-local GIDs. */
#define PREFIX_DEFAULT 0xfe80000000000000u
#define PREFIX_SITE_LOCAL 0xfec0000000000000u

/* Children have the GUID of their port, a bond that of its active one. */
static bool is_port(ipoib__audit_if *interface)
{
	return !interface->is_child && !interface->bond.is_bond && interface->has_address;
}

static void judge_zero(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	if (!is_port(interface) || ipoib__audit_guid(interface) != 0)
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_ERROR, "guid-zero", interface->name,
		"%s has the GUID 0, as a virtual function has that was given none: no subnet "
		"manager configures its port, and no peer can tell it from others of the kind",
		interface->name);
	ipoib__audit_mend(c->list, "# on the host that has the physical function, with the number "
				   "N of this virtual function and a GUID that no other port has:");
	ipoib__audit_mend(c->list, "#   ip link set PARENT vf N node_guid GUID");
	ipoib__audit_mend(c->list, "#   ip link set PARENT vf N port_guid GUID");
	ipoib__audit_mend(c->list, "# then unbind the virtual function from its driver and bind it "
				   "again");
}

/* Told of the later one; interfaces of one port rightly have one GUID. */
static void judge_twin(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	if (!is_port(interface) || ipoib__audit_guid(interface) == 0)
		return;
	for (ipoib__audit_if *other = c->host->interfaces; other < interface; other++) {
		if (!is_port(other) || ipoib__audit_on_one_port(other, interface) ||
		    ipoib__audit_guid(other) != ipoib__audit_guid(interface))
			continue;
		ipoib__audit_found(
			c->list, IPOIB_AUDIT_ERROR, "guid-duplicate", interface->name,
			"%s and %s, on two ports, tell the same GUID 0x%016" PRIx64 ": the subnet "
			"manager and every peer take them for one port, and send to either what "
			"is for the other",
			other->name, interface->name, ipoib__audit_guid(interface));
		ipoib__audit_mend(c->list, "# give one of the ports a GUID of its own: a virtual "
					   "function by \"ip link set PARENT vf N port_guid GUID\" "
					   "on its host,");
		ipoib__audit_mend(c->list, "# an adapter with the GUID that is printed on it, by "
					   "mstflint -d DEVICE sg (its firmware may be a copy of "
					   "another's)");
		return;
	}
}

/* Both active, each told another LID of the subnet manager: not ports of one subnet. */
static void judge_prefix(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	if (!is_port(interface) || !interface->admin_up)
		return;
	for (ipoib__audit_if *other = c->host->interfaces; other < interface; other++) {
		uint64_t prefix = ipoib__audit_prefix(interface);

		if (!is_port(other) || !other->admin_up || ipoib__audit_prefix(other) != prefix ||
		    !ipoib__audit_are_apart(other, interface))
			continue;
		ipoib__audit_found(
			c->list, IPOIB_AUDIT_WARNING, "prefix-shared", interface->name,
			"%s and %s are ports of two InfiniBand subnets (their subnet managers "
			"have LIDs %u and %u) with one subnet prefix, 0x%016" PRIx64
			"%s: programs that go by GIDs take the two for one, and look for ports of "
			"the one on the other",
			other->name, interface->name, (unsigned)other->sm_lid.value,
			(unsigned)interface->sm_lid.value, prefix,
			prefix == PREFIX_DEFAULT ? " (the default)" : "");
		ipoib__audit_mend(c->list,
				  "# where the subnet manager of %s runs, in opensm.conf, then "
				  "all ports of that subnet are to be brought up again:",
				  interface->name);
		ipoib__audit_mend(c->list, "#   subnet_prefix 0x%016" PRIx64,
				  (uint64_t)(PREFIX_SITE_LOCAL + interface->sm_lid.value));
		return;
	}
}

void ipoib__audit_judge_port(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	judge_zero(c, interface);
	judge_twin(c, interface);
	judge_prefix(c, interface);
}
