/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The subnet manager: links, LIDs, GIDs, and what happens when it dies and when another one takes
 * over. It tells every port what the port is; no port hears of another's LID or GID.
 */
#include <errno.h>
#include <string.h>

#include "mock/attach.h"
#include "mock/fabric_manager.h"
#include "wire/mgid.h"

/* Octets of a subnet prefix, and of a GUID, in a GID. */
#define HALF 8

int ipoib_fabric_set_link(struct ipoib_fabric *fabric, const char *name, bool up)
{
	struct ipoib__fabric_port *port = ipoib__fabric_port_by_name(fabric, name);

	if (port == NULL)
		return -ENOENT;
	if (port->up == up)
		return 0;
	port->up = up;
	ipoib__log_write(&fabric->log, IPOIB_LOG_INFO, "%s: link %s", name, up ? "up" : "down");
	fabric->manager->link(fabric, port);
	/* To the SM a port that comes up is new, and new ports are asked to register. */
	ipoib__fabric_port_tell(fabric, port,
				up && fabric->manager->ours ? IPOIB__ATTACH_REREGISTER : 0);
	return 0;
}

void ipoib__fabric_tell_all(struct ipoib_fabric *fabric, uint32_t events)
{
	for (uint32_t i = 0; i < fabric->port_count; i++)
		ipoib__fabric_port_tell(fabric, &fabric->ports[i], events);
}

int ipoib_fabric_reregister(struct ipoib_fabric *fabric, const char *name)
{
	struct ipoib__fabric_port *port;

	if (!fabric->manager->ours)
		return -ENOTSUP;
	if (name == NULL) {
		ipoib__fabric_tell_all(fabric, IPOIB__ATTACH_REREGISTER);
		return 0;
	}
	port = ipoib__fabric_port_by_name(fabric, name);
	if (port == NULL)
		return -ENOENT;
	ipoib__fabric_port_tell(fabric, port, IPOIB__ATTACH_REREGISTER);
	return 0;
}

/* ---- LIDs ---- */

/* Whether every port would get another LID than it has. */
static bool moves_all(const struct ipoib_fabric *fabric, uint32_t first)
{
	for (uint32_t i = 0; i < fabric->port_count; i++)
		if (fabric->ports[i].lid == first + i)
			return false;
	return true;
}

/*
 * The ports' LIDs move as a block to where no port was before, and back. Ports outside the block
 * may be in the way of that; each of them bars one beginning, and there are far more.
 */
static void assign_lids(struct ipoib_fabric *fabric)
{
	uint32_t last = IPOIB__FABRIC_LID_LAST - fabric->port_count + 1;
	uint32_t first = IPOIB__FABRIC_LID_FIRST;

	if (fabric->lid_first == first)
		first += fabric->port_count;
	while (!moves_all(fabric, first))
		first = first < last ? first + 1 : IPOIB__FABRIC_LID_FIRST;
	fabric->lid_first = (uint16_t)first;
	for (uint32_t i = 0; i < fabric->port_count; i++)
		fabric->ports[i].lid = (uint16_t)(first + i);
	fabric->lids_moved = false;
	ipoib__log_write(&fabric->log, IPOIB_LOG_INFO, "LIDs assigned anew, from %u",
			 (unsigned)first);
}

void ipoib_fabric_reassign_lids(struct ipoib_fabric *fabric)
{
	if (!fabric->manager->ours)
		return;
	assign_lids(fabric);
	ipoib__fabric_tell_all(fabric, 0);
}

static struct ipoib__fabric_port *holder_of(struct ipoib_fabric *fabric, uint16_t lid)
{
	for (uint32_t i = 0; i < fabric->port_count; i++)
		if (fabric->ports[i].lid == lid)
			return &fabric->ports[i];
	return NULL;
}

/* A place for a process without a port's name is nobody while there is no process. */
static bool is_somebody(const struct ipoib_fabric *fabric, const struct ipoib__fabric_port *port)
{
	return ipoib__fabric_port_index(fabric, port) < fabric->named ||
	       ipoib__fabric_port_attached(port);
}

/* Downwards from the last one found, so that none is used again soon. */
static uint16_t free_lid(struct ipoib_fabric *fabric)
{
	uint16_t lid;

	do {
		lid = fabric->lid_next;
		fabric->lid_next = lid > IPOIB__FABRIC_LID_FIRST ? (uint16_t)(lid - 1)
								 : IPOIB__FABRIC_LID_LAST;
	} while (holder_of(fabric, lid) != NULL);
	return lid;
}

int ipoib_fabric_set_lid(struct ipoib_fabric *fabric, const char *name, uint16_t lid)
{
	struct ipoib__fabric_port *port = ipoib__fabric_port_by_name(fabric, name);
	struct ipoib__fabric_port *holder;

	if (port == NULL)
		return -ENOENT;
	if (!fabric->manager->ours)
		return -ENOTSUP;
	if (lid > IPOIB__FABRIC_LID_LAST)
		return -EINVAL;
	if (lid == port->lid)
		return 0;
	if (lid == 0)
		lid = free_lid(fabric);
	holder = holder_of(fabric, lid);
	if (holder != NULL && is_somebody(fabric, holder))
		return -EBUSY;
	port->lid = lid;
	if (holder != NULL)
		holder->lid = free_lid(fabric);
	fabric->lids_moved = true;
	ipoib__log_write(&fabric->log, IPOIB_LOG_INFO, "%s: LID %u", name, (unsigned)lid);
	ipoib__fabric_port_tell(fabric, port, 0);
	return 0;
}

/* ---- GIDs ---- */

bool ipoib__fabric_guid_taken(const struct ipoib_fabric *fabric,
			      const struct ipoib__fabric_port *by_other, const uint8_t *guid)
{
	for (uint32_t i = 0; i < fabric->port_count; i++) {
		const struct ipoib__fabric_port *port = &fabric->ports[i];

		if (port != by_other && is_somebody(fabric, port) &&
		    memcmp(port->gid.raw + HALF, guid, HALF) == 0)
			return true;
	}
	return false;
}

int ipoib_fabric_set_gid(struct ipoib_fabric *fabric, const char *name, const struct ipoib_gid *gid)
{
	static const uint8_t no_guid[HALF];
	struct ipoib__fabric_port *port = ipoib__fabric_port_by_name(fabric, name);

	if (port == NULL)
		return -ENOENT;
	if (!fabric->manager->ours)
		return -ENOTSUP;
	if (ipoib__mgid_is_multicast(gid) || memcmp(gid->raw + HALF, no_guid, HALF) == 0)
		return -EINVAL;
	if (ipoib__fabric_port_is_device(port) &&
	    memcmp(port->gid.raw + HALF, gid->raw + HALF, HALF) != 0)
		return -EROFS;
	if (ipoib__fabric_guid_taken(fabric, port, gid->raw + HALF))
		return -EBUSY;
	port->gid = *gid;
	fabric->gids_moved = true;
	ipoib__log_write(&fabric->log, IPOIB_LOG_INFO, "%s: another GID", name);
	ipoib__fabric_port_tell(fabric, port, 0);
	return 0;
}

int ipoib_fabric_set_prefix(struct ipoib_fabric *fabric, uint64_t prefix)
{
	if (!fabric->manager->ours)
		return -ENOTSUP;
	if (prefix >> 56 == 0xff)
		return -EINVAL;
	for (uint32_t i = 0; i < fabric->port_count; i++)
		for (unsigned octet = 0; octet < HALF; octet++)
			fabric->ports[i].gid.raw[octet] = (uint8_t)(prefix >> (56 - 8 * octet));
	ipoib__log_write(&fabric->log, IPOIB_LOG_INFO, "another subnet prefix");
	ipoib__fabric_tell_all(fabric, 0);
	return 0;
}

/* ---- death and take-over ---- */

/* One that has just begun knows no group and no member. */
static void begin_sm(struct ipoib_fabric *fabric)
{
	fabric->sm_dead = false;
	ipoib__fabric_groups_clear(&fabric->groups);
	ipoib__log_write(&fabric->log, IPOIB_LOG_INFO, "a new subnet manager, LID %u",
			 (unsigned)fabric->sm_lid);
	ipoib__fabric_tell_all(fabric, IPOIB__ATTACH_REREGISTER);
}

static void take_over(struct ipoib_fabric *fabric)
{
	fabric->sm_lid = fabric->sm_lid == IPOIB__FABRIC_SM_LID_A ? IPOIB__FABRIC_SM_LID_B
								  : IPOIB__FABRIC_SM_LID_A;
	begin_sm(fabric);
}

void ipoib_fabric_restart_sm(struct ipoib_fabric *fabric)
{
	if (fabric->manager->ours)
		take_over(fabric);
}

void ipoib_fabric_move_sm(struct ipoib_fabric *fabric)
{
	if (!fabric->manager->ours)
		return;
	assign_lids(fabric);
	take_over(fabric);
}

void ipoib_fabric_stop_sm(struct ipoib_fabric *fabric)
{
	if (!fabric->manager->ours)
		return;
	fabric->sm_dead = true;
	ipoib__log_write(&fabric->log, IPOIB_LOG_INFO, "the subnet manager has died");
}

void ipoib_fabric_start_sm(struct ipoib_fabric *fabric)
{
	if (fabric->sm_dead)
		begin_sm(fabric);
}

uint16_t ipoib_fabric_sm_lid(const struct ipoib_fabric *fabric)
{
	return fabric->manager->sm_lid(fabric);
}
