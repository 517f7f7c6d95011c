/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The subnet manager: links, LIDs, and what happens when another one takes over. */
#include <errno.h>

#include "mock/attach.h"
#include "mock/fabric.h"

int ipoib_fabric_set_link(struct ipoib_fabric *fabric, const char *name, bool up)
{
	struct ipoib__fabric_port *port = ipoib__fabric_port_by_name(fabric, name);

	if (port == NULL)
		return -ENOENT;
	if (port->up == up)
		return 0;
	port->up = up;
	if (!up)
		ipoib__fabric_groups_forget(&fabric->groups,
					    ipoib__fabric_port_index(fabric, port));
	ipoib__log_write(&fabric->log, IPOIB_LOG_INFO, "%s: link %s", name, up ? "up" : "down");
	/* To the SM a port that comes up is new, and new ports are asked to register. */
	ipoib__fabric_port_tell(fabric, port, up ? IPOIB__ATTACH_REREGISTER : 0);
	return 0;
}

static void tell_all(struct ipoib_fabric *fabric, uint32_t events)
{
	for (uint32_t i = 0; i < fabric->port_count; i++)
		ipoib__fabric_port_tell(fabric, &fabric->ports[i], events);
}

/* The ports' LIDs move as a block to where no port was before, and back. */
void ipoib_fabric_reassign_lids(struct ipoib_fabric *fabric)
{
	bool moved = fabric->lid_first != IPOIB__FABRIC_LID_FIRST;

	fabric->lid_first = IPOIB__FABRIC_LID_FIRST;
	if (!moved)
		fabric->lid_first = (uint16_t)(fabric->lid_first + fabric->port_count);
	for (uint32_t i = 0; i < fabric->port_count; i++)
		fabric->ports[i].lid = (uint16_t)(fabric->lid_first + i);
	ipoib__log_write(&fabric->log, IPOIB_LOG_INFO, "LIDs assigned anew, from %u",
			 (unsigned)fabric->lid_first);
	tell_all(fabric, 0);
}

void ipoib_fabric_restart_sm(struct ipoib_fabric *fabric)
{
	fabric->sm_lid = fabric->sm_lid == IPOIB__FABRIC_SM_LID_A ? IPOIB__FABRIC_SM_LID_B
								  : IPOIB__FABRIC_SM_LID_A;
	ipoib__fabric_groups_clear(&fabric->groups);
	ipoib__log_write(&fabric->log, IPOIB_LOG_INFO, "a new subnet manager, LID %u",
			 (unsigned)fabric->sm_lid);
	tell_all(fabric, IPOIB__ATTACH_REREGISTER);
}
