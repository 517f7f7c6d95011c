/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/pkey.h"

#define PARTITION   0x7fff
#define FULL_MEMBER 0x8000

bool ipoib__verbs_pkey_find(const struct ipoib_port_attributes *port, uint16_t pkey,
			    uint16_t *index)
{
	bool found = false;

	if ((pkey & PARTITION) == 0)
		return false;
	for (uint32_t i = 0; i < port->pkey_count && i < IPOIB_PKEYS_MAX; i++) {
		if (((port->pkeys[i] ^ pkey) & PARTITION) != 0)
			continue;
		if (!found || (port->pkeys[i] & FULL_MEMBER))
			*index = (uint16_t)i;
		if (port->pkeys[i] & FULL_MEMBER)
			return true;
		found = true;
	}
	return found;
}
