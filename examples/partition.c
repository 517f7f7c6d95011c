/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "partition.h"

#include <inttypes.h>
#include <stdio.h>

/* The port's GUID is the lower half of its GID, in network order. */
static uint64_t guid_of(const struct ipoib_gid *gid)
{
	uint64_t guid = 0;

	for (size_t i = 8; i < sizeof(gid->raw); i++)
		guid = guid << 8 | gid->raw[i];
	return guid;
}

static struct ipoib_interface_info info_of(const struct ipoib_interface *interface)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	ipoib_interface_info(interface, &info);
	return info;
}

bool partition_is_limited(const struct ipoib_interface *interface)
{
	return info_of(interface).membership == IPOIB_PKEY_MEMBERSHIP_LIMITED;
}

const char *partition_text(const struct ipoib_interface *interface, char text[PARTITION_TEXT])
{
	struct ipoib_interface_info info = info_of(interface);

	snprintf(text, PARTITION_TEXT,
		 "port %s is a limited member of partition 0x%04x: it reaches full members only, "
		 "and never another limited one; where it should, make one of the two a full "
		 "member, this one by \"0x%016" PRIx64 "=full\" in OpenSM's partitions.conf",
		 info.port, (unsigned)info.pkey, guid_of(&info.gid));
	return text;
}
