/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The way of an SMP through a switch (IBA 14.2.2). A directed route of H hops names a port for each
 * of them, from place 1 on; the hop pointer P says how many are behind. On its way out each node
 * writes down by which port it came, and on its way back it leaves by these.
 *
 *	      manager   P = 1    switch    P = 2    adapter     H = 2
 *	        [1]----------->  [7]  [4] ------------> [1]
 *	      initial path: _ 1 4            return path: _ 7 1
 *	        [1]<-----------  [7]  [4] <------------ [1]     D
 *	               P = 1               P = 2
 *
 * Routes that have an end routed by LID are not for a subnet of one switch, and go nowhere.
 */
#include "mock/frame.h"
#include "mock/sma.h"

static bool is_port(const struct ipoib__sma_switch *sw, uint8_t port)
{
	return port >= 1 && port <= sw->port_count;
}

static enum ipoib__sma_way out_by(const struct ipoib__sma_switch *sw, uint8_t port, uint8_t *out)
{
	*out = port;
	return is_port(sw, port) ? IPOIB__SMA_OUT : IPOIB__SMA_BAD;
}

static enum ipoib__sma_way step_out(const struct ipoib__sma_switch *sw, struct ipoib__smp *smp,
				    uint8_t from, uint8_t *out)
{
	if (from == 0 || smp->hop_pointer == 0 || smp->hop_pointer > smp->hop_count)
		return IPOIB__SMA_BAD;
	smp->return_path[smp->hop_pointer] = from;
	if (smp->hop_pointer < smp->hop_count) {
		smp->hop_pointer++;
		return out_by(sw, smp->initial_path[smp->hop_pointer], out);
	}
	return smp->dest_lid == IPOIB__SMP_LID_PERMISSIVE ? IPOIB__SMA_AGENT : IPOIB__SMA_LOST;
}

/* At pointer 1 the way ends at the switch itself, where no manager is. */
static enum ipoib__sma_way step_back(const struct ipoib__sma_switch *sw, struct ipoib__smp *smp,
				     uint8_t from, uint8_t *out)
{
	if (smp->hop_pointer == 0 || smp->hop_pointer > smp->hop_count)
		return IPOIB__SMA_BAD;
	if (from == 0)
		return out_by(sw, smp->return_path[smp->hop_pointer], out);
	if (smp->hop_pointer == 1)
		return IPOIB__SMA_LOST;
	smp->hop_pointer--;
	return out_by(sw, smp->return_path[smp->hop_pointer], out);
}

static enum ipoib__sma_way step_by_lid(const struct ipoib__sma_switch *sw, uint8_t from,
				       uint16_t dlid, uint8_t *out)
{
	if (from != 0 && dlid != 0 && dlid == sw->address.lid)
		return IPOIB__SMA_AGENT;
	*out = ipoib__sma_route(sw, dlid);
	return is_port(sw, *out) ? IPOIB__SMA_OUT : IPOIB__SMA_LOST;
}

enum ipoib__sma_way ipoib__sma_step(const struct ipoib__sma_switch *sw, struct ipoib__smp *smp,
				    uint8_t from, uint16_t dlid, uint8_t *out)
{
	if (smp->mad.management_class == IPOIB__MAD_CLASS_SUBNET_LID)
		return step_by_lid(sw, from, dlid, out);
	if (smp->hop_count >= IPOIB__SMP_PATH_LENGTH)
		return IPOIB__SMA_BAD;
	if (smp->mad.status & IPOIB__SMP_RETURNS)
		return step_back(sw, smp, from, out);
	return step_out(sw, smp, from, out);
}

bool ipoib__sma_arrives(const struct ipoib__sma_port *port, struct ipoib__smp *smp, uint16_t dlid)
{
	if (smp->mad.management_class == IPOIB__MAD_CLASS_SUBNET_LID)
		return dlid != 0 && dlid == port->address.lid;
	if ((smp->mad.status & IPOIB__SMP_RETURNS) || smp->hop_pointer == 0 ||
	    smp->hop_pointer != smp->hop_count || smp->hop_count >= IPOIB__SMP_PATH_LENGTH ||
	    smp->dest_lid != IPOIB__SMP_LID_PERMISSIVE)
		return false;
	smp->return_path[smp->hop_pointer] = 1;
	return true;
}

/* ---- where a frame goes ---- */

uint8_t ipoib__sma_route(const struct ipoib__sma_switch *sw, uint16_t lid)
{
	if (lid == 0 || lid >= IPOIB__SMA_LINEAR || lid > sw->linear_top)
		return IPOIB__SMA_NO_PORT;
	return sw->linear[lid];
}

bool ipoib__sma_in_group(const struct ipoib__sma_switch *sw, uint16_t mlid, uint32_t port)
{
	if (mlid < IPOIB__LID_MULTICAST || mlid - IPOIB__LID_MULTICAST >= IPOIB__SMA_MULTICAST ||
	    port > sw->port_count)
		return false;
	return sw->multicast[mlid - IPOIB__LID_MULTICAST][port / 16] >> port % 16 & 1;
}

size_t ipoib__sma_groups(const struct ipoib__sma_switch *sw)
{
	size_t count = 0;

	for (unsigned row = 0; row < IPOIB__SMA_MULTICAST; row++) {
		uint16_t any = 0;

		for (unsigned i = 0; i < IPOIB__SMA_POSITIONS; i++)
			any |= sw->multicast[row][i];
		count += any != 0;
	}
	return count;
}
