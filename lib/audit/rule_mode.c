/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which mode an interface is in, and which it could be in. */
#include <string.h>

#include "audit/rules.h"

static void judge_mixture(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	ipoib__audit_if *other = NULL;

	if (ipoib__audit_is_connected(interface) || interface->mode == IPOIB__AUDIT_MODE_UNKNOWN)
		return;
	for (size_t i = 0; i < c->host->n_interfaces && !other; i++)
		if (ipoib__audit_is_peer(interface, &c->host->interfaces[i]) &&
		    ipoib__audit_is_connected(&c->host->interfaces[i]))
			other = &c->host->interfaces[i];
	if (!other)
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_WARNING, "mode-mixed", interface->name,
		"%s is in datagram mode and %s, in the same broadcast domain, in connected "
		"mode: the one cannot take packets as long as the other sends",
		interface->name, other->name);
	if (interface->mode == IPOIB__AUDIT_MODE_NONE) {
		ipoib__audit_mend_mode(c, other, "", "datagram");
		return;
	}
	ipoib__audit_mend_mode(c, interface, "", "connected");
	if (other->mtu.known)
		ipoib__audit_mend(c->list, "ip link set %s mtu %u", interface->name,
				  (unsigned)other->mtu.value);
}

static bool is_of_driver(ipoib__audit_if *interface, const char *driver)
{
	return strncmp(interface->driver, driver, strlen(driver)) == 0;
}

/*
 * The attribute mode is the kernel's for every port, whatever its driver, if it was built with
 * connected mode (ipoib_cm_add_mode_attr()). Where its configuration cannot be read, a port that
 * has the attribute proves it; without one, only those drivers are blamed that are known for it.
 */
static bool is_kernels_fault(const struct ipoib__audit_host *host, ipoib__audit_if *interface)
{
	if (interface->mode != IPOIB__AUDIT_MODE_NONE)
		return false;
	if (host->connected_mode != IPOIB__AUDIT_OPTION_UNKNOWN)
		return host->connected_mode == IPOIB__AUDIT_OPTION_OFF;
	for (size_t i = 0; i < host->n_interfaces; i++)
		if (host->interfaces[i].has_attributes)
			return false;
	return interface->driver[0] != '\0' && !is_of_driver(interface, "mlx5") &&
	       !is_of_driver(interface, "hfi");
}

static void find_kernel(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_NOTE, "no-connected-mode", interface->name,
		"the kernel was built without CONFIG_INFINIBAND_IPOIB_CM, so that %s has "
		"datagram mode alone, whatever its adapter can do: hosts in connected mode "
		"fall back to datagrams of at most %u octets towards it, or lose what is longer",
		interface->name, (unsigned)ipoib__audit_datagram_max(c->host, interface));
}

static void find_driver(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_NOTE, "no-connected-mode", interface->name,
		"the driver of %s, %s, has datagram mode alone: hosts in connected mode "
		"fall back to datagrams of at most %u octets towards it, or lose what is "
		"longer",
		interface->name,
		interface->driver[0] != '\0' ? interface->driver : "which is not known",
		(unsigned)ipoib__audit_datagram_max(c->host, interface));
}

/* "Enhanced IPoIB" of mlx5 has the attribute, on some kernels, and takes no other word. */
static void judge_ability(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	bool is_mlx5 = is_of_driver(interface, "mlx5");
	bool is_kernel = is_kernels_fault(c->host, interface);

	if (interface->is_child || interface->bond.is_bond ||
	    (interface->mode != IPOIB__AUDIT_MODE_NONE &&
	     !(is_mlx5 && interface->mode == IPOIB__AUDIT_MODE_DATAGRAM)))
		return;
	if (is_kernel)
		find_kernel(c, interface);
	else
		find_driver(c, interface);
	ipoib__audit_mend(c->list, "# set every host that %s talks to to datagram mode, there:",
			  interface->name);
	ipoib__audit_mend(c->list, "#   echo datagram > /sys/class/net/INTERFACE/mode");
	if (is_kernel)
		ipoib__audit_mend(c->list, "# or run a kernel with CONFIG_INFINIBAND_IPOIB_CM=y");
	else if (is_mlx5)
		ipoib__audit_mend(c->list, "# with NVIDIA's own drivers only, in "
					   "/etc/modprobe.d/ib_ipoib.conf: "
					   "options ib_ipoib ipoib_enhanced=0");
}

void ipoib__audit_judge_mode(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	judge_ability(c, interface);
	if (ipoib__audit_carries(interface))
		judge_mixture(c, interface);
}
