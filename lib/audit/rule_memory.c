/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Memory for packets of connected mode: ib_ipoib has no scatter/gather there, so that a packet of
 * 65520 octets with its headers and struct skb_shared_info is one block of 128 KiB, order 5. One of
 * 64000 fits into 64 KiB, which a kernel finds or makes in far worse straits.
 */
#include "audit/rules.h"

#define MTU_OF_64_KIB 64000
/* As many as one TCP connection has under way with a window of 4 MiB. */
#define BLOCKS_WANTED 64

void ipoib__audit_judge_memory(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	struct ipoib__audit_number blocks = c->host->blocks, min_free = c->host->min_free;

	if (!ipoib__audit_serves(interface) || !interface->mtu.known ||
	    interface->mtu.value <= MTU_OF_64_KIB || !blocks.known ||
	    blocks.value >= BLOCKS_WANTED ||
	    (!ipoib__audit_is_connected(interface) && !interface->bond.is_bond))
		return;
	ipoib__audit_found(
		c->list, IPOIB_AUDIT_NOTE, "memory-order", interface->name,
		"with an MTU of %u %s sends packets that need 128 KiB of memory in one piece "
		"(order 5), and the kernel has %u such pieces free: packets are dropped "
		"(\"page allocation failure: order:5\") while memory is short of them",
		(unsigned)interface->mtu.value, interface->name, (unsigned)blocks.value);
	ipoib__audit_mend(c->list, "ip link set %s mtu %d", interface->name, MTU_OF_64_KIB);
	if (min_free.known)
		ipoib__audit_mend(c->list,
				  "# or keep it, and have the kernel keep more memory free: a "
				  "larger vm/min_free_kbytes than %u",
				  (unsigned)min_free.value);
	else
		ipoib__audit_mend(c->list, "# or keep it, and have the kernel keep more memory "
					   "free: a larger vm/min_free_kbytes");
}
