/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mtu/mtu.h"

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

uint32_t ipoib__mtu_of_peer(const struct ipoib__mtu_path *path)
{
	switch (path->link) {
	case IPOIB__MTU_CONNECTED:
		return smaller(path->connection, path->interface);
	case IPOIB__MTU_CONNECTING:
	case IPOIB__MTU_WANTED:
		return path->interface;
	default:
		return smaller(path->datagram, path->interface);
	}
}

static struct ipoib__mtu_verdict verdict(enum ipoib__mtu_way way, uint32_t mtu)
{
	return (struct ipoib__mtu_verdict){ .way = way, .mtu = mtu };
}

/* It fits nowhere that is open to it. */
static struct ipoib__mtu_verdict cut_or_refuse(const struct ipoib__mtu_path *path, uint32_t mtu,
					       bool fragile)
{
	return verdict(path->may_fragment && !fragile ? IPOIB__MTU_FRAGMENT : IPOIB__MTU_TOO_BIG,
		       mtu);
}

struct ipoib__mtu_verdict ipoib__mtu_decide(const struct ipoib__mtu_path *path, size_t length,
					    bool fragile)
{
	uint32_t mtu = ipoib__mtu_of_peer(path);
	uint32_t datagram = smaller(path->datagram, path->interface);

	if (length > mtu)
		return cut_or_refuse(path, mtu, fragile);
	if (path->link == IPOIB__MTU_CONNECTED)
		return verdict(IPOIB__MTU_CONNECTION, mtu);
	if (length <= datagram)
		return verdict(IPOIB__MTU_DATAGRAM, datagram);
	return verdict(IPOIB__MTU_WAIT, mtu);
}
