/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_blocked.h"

static size_t place_of(const struct tun_blocked *blocked, const struct ipoib_ip *hop)
{
	size_t i = 0;

	while (i < blocked->count && !ipoib_ip_equal(&blocked->hops[i], hop))
		i++;
	return i;
}

bool tun_blocked_has(const struct tun_blocked *blocked, const struct ipoib_ip *hop)
{
	return place_of(blocked, hop) < blocked->count;
}

void tun_blocked_add(struct tun_blocked *blocked, const struct ipoib_ip *hop)
{
	if (tun_blocked_has(blocked, hop))
		return;
	if (blocked->count < TUN_BLOCKED_MAX) {
		blocked->hops[blocked->count++] = *hop;
		return;
	}
	blocked->hops[blocked->next] = *hop;
	blocked->next = (blocked->next + 1) % TUN_BLOCKED_MAX;
}

void tun_blocked_room(struct tun_blocked *blocked, const struct ipoib_ip *hop)
{
	size_t place = place_of(blocked, hop);

	if (hop->family == 0)
		blocked->count = 0;
	else if (place < blocked->count)
		blocked->hops[place] = blocked->hops[--blocked->count];
}
