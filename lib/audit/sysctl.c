/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "audit/host.h"

static const char *const names[IPOIB__AUDIT_SYSCTLS] = {
	[IPOIB__AUDIT_ARP_IGNORE] = "arp_ignore",
	[IPOIB__AUDIT_ARP_ANNOUNCE] = "arp_announce",
	[IPOIB__AUDIT_ARP_FILTER] = "arp_filter",
	[IPOIB__AUDIT_ARP_NOTIFY] = "arp_notify",
	[IPOIB__AUDIT_ARP_ACCEPT] = "arp_accept",
	[IPOIB__AUDIT_RP_FILTER] = "rp_filter",
	[IPOIB__AUDIT_DROP_GRATUITOUS] = "drop_gratuitous_arp",
};

const char *ipoib__audit_sysctl_name(enum ipoib__audit_sysctl sysctl)
{
	return names[sysctl];
}

void ipoib__audit_read_sysctls(const struct ipoib__audit_tree *tree, const char *name,
			       struct ipoib__audit_number out[IPOIB__AUDIT_SYSCTLS])
{
	for (unsigned i = 0; i < IPOIB__AUDIT_SYSCTLS; i++)
		out[i].known = ipoib__audit_tree_number(tree, &out[i].value,
							"proc/sys/net/ipv4/conf/%s/%s", name,
							names[i]) == 0;
}

struct ipoib__audit_number ipoib__audit_effective(const struct ipoib__audit_host *host,
						  const struct ipoib__audit_interface *interface,
						  enum ipoib__audit_sysctl sysctl)
{
	struct ipoib__audit_number own = interface->sysctl[sysctl], all = host->all[sysctl];

	if (!own.known || !all.known)
		return (struct ipoib__audit_number){ .known = false };
	return own.value > all.value ? own : all;
}
