/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What goes wrong with the frames of whom; fabric_switch.c and fabric_sa.c act by it. */
#include <errno.h>
#include <string.h>

#include "base/sized.h"
#include "mock/fabric_manager.h"
#include "wire/cm.h"
#include "wire/mad.h"

/* Faults are given in parts of this. */
#define PARTS UINT32_C(1000000)
/* The enumeration's are signed. */
#define CM_ALL ((uint32_t)IPOIB_FABRIC_CM_ALL)
/* The smallest version of the faults. */
IPOIB__FIRST_VERSION(FAULTS_FIRST, struct ipoib_fabric_faults, jitter_ns, 48);
/* Whose faults are not a port's. */
#define SM_NAME "sm"

/* The bit of a connection message, or 0: the frame is none. */
static uint32_t cm_kind(const struct ipoib__frame *frame, const void *payload)
{
	struct ipoib__mad mad;

	if (frame->operation != IPOIB__FRAME_UD || frame->dqpn != IPOIB__CM_QPN ||
	    ipoib__mad_decode(&mad, payload, frame->length) < 0 ||
	    mad.management_class != IPOIB__MAD_CLASS_CM || mad.attribute < IPOIB__CM_REQ ||
	    mad.attribute > IPOIB__CM_DREP)
		return 0;
	return UINT32_C(1) << (mad.attribute - IPOIB__CM_REQ);
}

bool ipoib__faults_hit_cm(const struct ipoib_fabric_faults *faults,
			  const struct ipoib__frame *frame, const void *payload)
{
	uint32_t kinds = faults->cm_kinds == 0 ? CM_ALL : faults->cm_kinds;

	/* Most frames are none and most fabrics lose none: then nothing is decoded. */
	return faults->cm_loss_ppm > 0 && (cm_kind(frame, payload) & kinds) != 0;
}

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
	       faults->reorder_ppm <= PARTS && faults->reserved == 0 &&
	       faults->cm_loss_ppm <= PARTS && (faults->cm_kinds & ~CM_ALL) == 0;
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
	if (!fabric->manager->ours &&
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
