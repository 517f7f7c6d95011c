/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What goes wrong with the frames of whom; fabric_switch.c and fabric_sa.c act by it. */
#include <errno.h>
#include <string.h>

#include "base/sized.h"
#include "mock/fabric.h"

/* Faults are given in parts of this. */
#define PARTS UINT32_C(1000000)
/* The smallest version of the faults. */
#define FAULTS_FIRST offsetof(struct ipoib_fabric_faults, delay_ns)
/* Whose faults are not a port's. */
#define SM_NAME "sm"

static struct ipoib_fabric_faults *faults_of(struct ipoib_fabric *fabric, const char *name)
{
	struct ipoib__fabric_port *port;

	if (strcmp(name, SM_NAME) == 0)
		return &fabric->faults;
	port = ipoib__fabric_port_by_name(fabric, name);
	return port == NULL ? NULL : &port->faults;
}

static bool are_valid(const struct ipoib_fabric_faults *faults)
{
	return faults->loss_ppm <= PARTS && faults->duplicate_ppm <= PARTS &&
	       faults->reorder_ppm <= PARTS && faults->reserved == 0;
}

int ipoib_fabric_set_faults(struct ipoib_fabric *fabric, const char *name,
			    const struct ipoib_fabric_faults *given)
{
	struct ipoib_fabric_faults faults = { .size = sizeof(faults) };
	struct ipoib_fabric_faults *of_one;
	int status = ipoib__sized_in(&faults, sizeof(faults), FAULTS_FIRST, given, given->size);

	if (status < 0)
		return status;
	if (!are_valid(&faults))
		return -EINVAL;
	/* There is no SA here that could fail. */
	if (fabric->sma != NULL &&
	    (faults.sa_silent || faults.sa_busy || faults.sa_delay_ns > 0))
		return -ENOTSUP;
	if (name != NULL) {
		of_one = faults_of(fabric, name);
		if (of_one == NULL)
			return -ENOENT;
		*of_one = faults;
		return 0;
	}
	fabric->faults = faults;
	for (uint32_t i = 0; i < fabric->port_count; i++)
		fabric->ports[i].faults = faults;
	return 0;
}

int ipoib_fabric_get_faults(struct ipoib_fabric *fabric, const char *name,
			    struct ipoib_fabric_faults *out)
{
	const struct ipoib_fabric_faults *faults = faults_of(fabric, name);

	if (faults == NULL)
		return -ENOENT;
	return ipoib__sized_out(out, out->size, FAULTS_FIRST, faults, sizeof(*faults));
}
