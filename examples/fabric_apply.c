/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "fabric_apply.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "report.h"

/* Does a command to one port. Returns 0 or a negative errno. */
typedef int apply_one(struct ipoib_fabric *fabric, const char *port,
		      const struct fabric_command *command);

/* ---- frames ---- */

static void change_faults(struct ipoib_fabric_faults *faults, const struct fabric_command *command)
{
	switch (command->verb) {
	case FABRIC_LOSS:
		faults->loss_ppm = (uint32_t)command->number;
		break;
	case FABRIC_DUPLICATE:
		faults->duplicate_ppm = (uint32_t)command->number;
		break;
	case FABRIC_REORDER:
		faults->reorder_ppm = (uint32_t)command->number;
		faults->reorder_ns = command->time_ns;
		break;
	case FABRIC_DELAY:
		faults->delay_ns = command->time_ns;
		faults->jitter_ns = command->jitter_ns;
		break;
	case FABRIC_CM_LOSS:
		faults->cm_loss_ppm = (uint32_t)command->number;
		faults->cm_kinds = command->cm_kinds;
		break;
	default: /* FABRIC_SA */
		faults->sa_silent = command->action == FABRIC_SA_SILENT;
		faults->sa_busy = command->action == FABRIC_SA_BUSY;
		faults->sa_delay_ns = command->time_ns; /* 0 unless it is slow */
	}
}

/* One fault changes, the others stay. */
static int apply_faults(struct ipoib_fabric *fabric, const char *port,
			const struct fabric_command *command)
{
	struct ipoib_fabric_faults faults = { .size = sizeof(faults) };
	int error = ipoib_fabric_get_faults(fabric, port, &faults);

	if (error)
		return error;
	change_faults(&faults, command);
	return ipoib_fabric_set_faults(fabric, port, &faults);
}

/* ---- ports ---- */

static int apply_link(struct ipoib_fabric *fabric, const char *port,
		      const struct fabric_command *command)
{
	return ipoib_fabric_set_link(fabric, port, command->up);
}

static int find_port(const struct ipoib_fabric *fabric, const char *name,
		     struct ipoib_port_attributes *attributes)
{
	for (uint32_t i = 0; ipoib_fabric_port(fabric, i, attributes) >= 0; i++)
		if (strcmp(attributes->name, name) == 0)
			return 0;
	return -ENOENT;
}

/* A table that ends before the index grows, with empty entries between. */
static int apply_pkey(struct ipoib_fabric *fabric, const char *port,
		      const struct fabric_command *command)
{
	struct ipoib_port_attributes attributes = { .size = sizeof(attributes) };
	int error = find_port(fabric, port, &attributes);

	if (error)
		return error;
	attributes.pkeys[command->number] = command->pkeys[0];
	if (attributes.pkey_count <= command->number)
		attributes.pkey_count = (uint32_t)command->number + 1;
	return ipoib_fabric_set_pkeys(fabric, port, attributes.pkeys, attributes.pkey_count);
}

static int apply_prefix(struct ipoib_fabric *fabric, const struct fabric_command *command)
{
	struct ipoib_port_attributes attributes = { .size = sizeof(attributes) };
	uint64_t prefix = 0;
	int error;

	if (strcmp(command->port, FABRIC_ALL) == 0) {
		for (unsigned i = 0; i < 8; i++)
			prefix = prefix << 8 | command->gid.raw[i];
		return ipoib_fabric_set_prefix(fabric, prefix);
	}
	error = find_port(fabric, command->port, &attributes);
	if (error)
		return error;
	memcpy(attributes.gid.raw, command->gid.raw, 8);
	return ipoib_fabric_set_gid(fabric, command->port, &attributes.gid);
}

/* To the port that is named, or to each that there is; with frames, the manager's too. */
static int to_ports(struct ipoib_fabric *fabric, const struct fabric_command *command,
		    apply_one *apply)
{
	struct ipoib_port_attributes attributes = { .size = sizeof(attributes) };
	int error = 0;

	if (strcmp(command->port, FABRIC_ALL) != 0)
		return apply(fabric, command->port, command);
	for (uint32_t i = 0; !error && ipoib_fabric_port(fabric, i, &attributes) >= 0; i++)
		error = apply(fabric, attributes.name, command);
	if (!error && apply == apply_faults && command->verb != FABRIC_SA)
		error = apply(fabric, FABRIC_MANAGER, command);
	return error;
}

/* ---- the subnet manager ---- */

static int apply_manager(struct ipoib_fabric *fabric, const struct fabric_command *command)
{
	switch (command->action) {
	case FABRIC_SM_RESTART:
		ipoib_fabric_restart_sm(fabric);
		break;
	case FABRIC_SM_MOVE:
		ipoib_fabric_move_sm(fabric);
		break;
	case FABRIC_SM_STOP:
		ipoib_fabric_stop_sm(fabric);
		break;
	default: /* FABRIC_SM_START */
		ipoib_fabric_start_sm(fabric);
	}
	return 0;
}

static const char *one_or_all(const struct fabric_command *command)
{
	return strcmp(command->port, FABRIC_ALL) == 0 ? NULL : command->port;
}

static int apply(struct ipoib_fabric *fabric, const struct fabric_command *command)
{
	switch (command->verb) {
	case FABRIC_LINK:
		return to_ports(fabric, command, apply_link);
	case FABRIC_LIDS:
		ipoib_fabric_reassign_lids(fabric);
		return 0;
	case FABRIC_LID:
		return ipoib_fabric_set_lid(fabric, command->port, (uint16_t)command->number);
	case FABRIC_SM:
		return apply_manager(fabric, command);
	case FABRIC_REREGISTER:
		return ipoib_fabric_reregister(fabric, one_or_all(command));
	case FABRIC_PKEY_SET:
		return to_ports(fabric, command, apply_pkey);
	case FABRIC_PKEY_TABLE:
		return ipoib_fabric_set_pkeys(fabric, one_or_all(command), command->pkeys,
					      command->pkey_count);
	case FABRIC_GID:
		return ipoib_fabric_set_gid(fabric, command->port, &command->gid);
	case FABRIC_PREFIX:
		return apply_prefix(fabric, command);
	default: /* frames, and the SA that answers every port */
		return to_ports(fabric, command, apply_faults);
	}
}

/* ---- what somebody else decides ---- */

bool fabric_apply_external(const struct fabric_command *command, char error[FABRIC_ERROR_ROOM])
{
	switch (command->verb) {
	case FABRIC_LIDS:
	case FABRIC_LID:
	case FABRIC_SM:
	case FABRIC_REREGISTER:
	case FABRIC_PKEY_SET:
	case FABRIC_PKEY_TABLE:
	case FABRIC_GID:
	case FABRIC_PREFIX:
	case FABRIC_SA:
		snprintf(error, FABRIC_ERROR_ROOM,
			 "this fabric was started with --external-sm: LIDs, prefixes, P_Keys and "
			 "the subnet administrator are the affair of the subnet manager that runs "
			 "behind one of its ports");
		return false;
	default:
		return true;
	}
}

/* ---- errors ---- */

static void explain_missing(struct ipoib_fabric *fabric, const struct fabric_command *command,
			    char error[FABRIC_ERROR_ROOM])
{
	struct ipoib_port_attributes attributes = { .size = sizeof(attributes) };
	char last[sizeof(attributes.name)] = "";

	for (uint32_t i = 0; ipoib_fabric_port(fabric, i, &attributes) >= 0; i++)
		if (strncmp(attributes.name, "host", 4) == 0)
			memcpy(last, attributes.name, sizeof(last));
	snprintf(error, FABRIC_ERROR_ROOM,
		 "there is no port %s; they are host1/1 to %s, and process1, process2, ... for "
		 "processes without the name of a port",
		 command->port, last);
}

/* What each error of the library means for these commands. */
static void explain(struct ipoib_fabric *fabric, const struct fabric_command *command, int status,
		    char error[FABRIC_ERROR_ROOM])
{
	if (status == -ENOENT)
		explain_missing(fabric, command, error);
	else if (status == -EBUSY && command->verb == FABRIC_LID)
		snprintf(error, FABRIC_ERROR_ROOM,
			 "LID %u is another port's; \"status\" shows which are taken, and without "
			 "a LID a free one is chosen",
			 (unsigned)command->number);
	else if (status == -EBUSY)
		snprintf(error, FABRIC_ERROR_ROOM,
			 "the GUID, which is the second half of the GID, is another port's");
	else if (status == -EROFS)
		snprintf(error, FABRIC_ERROR_ROOM,
			 "the GUID and the P_Keys of a kernel port are its device's and cannot be "
			 "changed here; parameters of the kernel's module set them");
	else if (status == -EINVAL)
		snprintf(error, FABRIC_ERROR_ROOM,
			 "a port's GID has a GUID, and a prefix other than ff00::/8, which is that "
			 "of multicast groups");
	else
		snprintf(error, FABRIC_ERROR_ROOM, "%s", error_text(status));
}

bool fabric_apply(struct ipoib_fabric *fabric, const struct fabric_command *command,
		  char error[FABRIC_ERROR_ROOM])
{
	struct fabric_command each = *command;
	int status;

	if (command->verb == FABRIC_SA)
		snprintf(each.port, sizeof(each.port), FABRIC_ALL);
	status = apply(fabric, &each);
	if (status)
		explain(fabric, &each, status, error);
	return status == 0;
}
