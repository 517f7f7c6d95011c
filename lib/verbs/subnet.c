/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Paths and groups on InfiniBand: the subnet administrator is asked, by management datagrams of our
 * own where we may send them (umad.h), else by librdmacm (route.c), which knows no joins but those
 * of the kernel's own interfaces.
 *
 * The SA knows one membership for a whole port. So beside our own join the kernel is asked to count
 * us as well, where it has an IPoIB interface in the partition (hold.c): its interface does not
 * take us out when it leaves, and we do not take it out.
 */
#include "verbs/subnet.h"

#include <errno.h>
#include <poll.h>

#include "verbs/hold.h"
#include "verbs/pkey.h"
#include "verbs/route.h"
#include "verbs/umad.h"
#include "verbs/verbs.h"

/* The partition in which every SA can be asked. */
#define PKEY_DEFAULT 0xffff

int ipoib__verbs_subnet_open(struct ipoib__verbs *verbs)
{
	const struct ipoib__umad_config config = {
		.memory = &verbs->memory,
		.random = &verbs->random,
		.device = ibv_get_device_name(verbs->device->device),
		.port = verbs->number,
	};
	int status = -EACCES;

	if (!(verbs->config.flags & IPOIB_VERBS_NO_UMAD))
		status = ipoib__umad_open(&verbs->umad, &config);
	if (status == 0 || status == -ENOMEM)
		return status;
	/* It is for root on most systems, and not everything is lost without it. */
	verbs->umad = NULL;
	ipoib__verbs_log(verbs, IPOIB_LOG_WARNING,
			 "the subnet administrator cannot be asked directly: paths come from "
			 "librdmacm, groups are joined only where the kernel has an IPoIB "
			 "interface with an address in the partition, their MTU is taken for 2048 "
			 "at most");
	return 0;
}

int ipoib__verbs_subnet_watch(struct ipoib__verbs *verbs)
{
	if (verbs->umad == NULL)
		return 0;
	return ipoib_transport_watch(verbs->transport, ipoib__umad_fd(verbs->umad), POLLIN);
}

void ipoib__verbs_subnet_close(struct ipoib__verbs *verbs)
{
	ipoib__verbs_holds_free(verbs);
	if (verbs->umad != NULL && verbs->transport != NULL)
		ipoib_transport_unwatch(verbs->transport, ipoib__umad_fd(verbs->umad));
	ipoib__umad_close(verbs->umad);
	verbs->umad = NULL;
}

void ipoib__verbs_subnet_process(struct ipoib__verbs *verbs, uint64_t now)
{
	if (verbs->umad == NULL)
		return;
	ipoib__umad_process(verbs->umad, now);
	if (ipoib__umad_is_broken(verbs->umad))
		ipoib_transport_unwatch(verbs->transport, ipoib__umad_fd(verbs->umad));
}

uint64_t ipoib__verbs_subnet_deadline(const struct ipoib__verbs *verbs)
{
	return verbs->umad == NULL ? IPOIB_NEVER : ipoib__umad_deadline(verbs->umad);
}

bool ipoib__verbs_subnet_next_event(struct ipoib__verbs *verbs,
				    struct ipoib_transport_event *event)
{
	if (verbs->umad == NULL || !ipoib__umad_next_event(verbs->umad, event))
		return false;
	if (event->type == IPOIB_TRANSPORT_JOIN && event->status == 0)
		ipoib__verbs_hold(verbs, &event->multicast);
	return true;
}

void ipoib__verbs_subnet_port(struct ipoib__verbs *verbs)
{
	struct ipoib__umad_port port;

	if (verbs->umad == NULL)
		return;
	port = *ipoib__umad_port(verbs->umad);
	port.gid = verbs->port.gid;
	port.lid = verbs->port.lid;
	port.sm_lid = verbs->port.sm_lid;
	port.sm_sl = verbs->port.sm_sl;
	port.global = verbs->port.grh_required != 0;
	(void)ipoib__verbs_pkey_find(&verbs->port, PKEY_DEFAULT, &port.pkey_index);
	ipoib__umad_set_port(verbs->umad, &port);
}

int ipoib__verbs_subnet_path(struct ipoib__verbs *verbs, uint64_t id,
			     const struct ipoib_gid *dgid, uint16_t pkey)
{
	if (verbs->umad == NULL)
		return ipoib__verbs_route(verbs, id, dgid, pkey);
	ipoib__verbs_wake(verbs); /* asking only records */
	return ipoib__umad_path(verbs->umad, id, dgid, pkey);
}

int ipoib__verbs_subnet_join(struct ipoib__verbs *verbs, uint64_t id,
			     const struct ipoib_multicast_record *wanted)
{
	if (verbs->umad == NULL)
		return ipoib__verbs_hold_join(verbs, id, wanted);
	ipoib__verbs_wake(verbs);
	return ipoib__umad_join(verbs->umad, id, wanted);
}

void ipoib__verbs_subnet_leave(struct ipoib__verbs *verbs,
			       const struct ipoib_multicast_record *group)
{
	ipoib__verbs_hold_leave(verbs, &group->mgid);
	if (verbs->umad == NULL)
		return;
	ipoib__verbs_wake(verbs);
	ipoib__umad_leave(verbs->umad, group);
}

void ipoib__verbs_subnet_cancel(struct ipoib__verbs *verbs, uint64_t id)
{
	if (verbs->umad != NULL)
		ipoib__umad_cancel(verbs->umad, id);
}
