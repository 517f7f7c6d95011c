/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/gid.h"

#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "wire/grh.h"
#include "wire/ip.h"

/* Where the IPv4 header stands in the room for the GRH, and how it begins without options. */
#define IPV4_AT	     20
#define IPV4_LENGTH  20
#define IPV4_VERSION 0x45
#define IPV6_VERSION 6

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool ipoib__verbs_gid_is_ipv4(const struct ipoib_gid *gid)
{
	return memcmp(gid->raw, mapped, sizeof(mapped)) == 0;
}

bool ipoib__verbs_gid_is_link_local(const struct ipoib_gid *gid)
{
	return gid->raw[0] == 0xfe && (gid->raw[1] & 0xc0) == 0x80;
}

static bool is_multicast(const struct ipoib_gid *gid)
{
	return gid->raw[0] == 0xff;
}

/* How well a GID names a port whose user has chosen none: 0 not at all. */
static int rank(const struct ipoib__verbs_gids *gids, const struct ipoib__verbs_gid *gid)
{
	if (!gids->ethernet)
		return gid->index == 0;
	if (!gid->routable)
		return 0;
	if (ipoib__verbs_gid_is_ipv4(&gid->gid))
		return 1;
	return ipoib__verbs_gid_is_link_local(&gid->gid) ? 3 : 2;
}

bool ipoib__verbs_gids_name(struct ipoib__verbs_gids *gids, int32_t index)
{
	int best = 0;

	gids->named = -1;
	for (uint32_t i = 0; i < gids->count; i++) {
		const struct ipoib__verbs_gid *gid = &gids->gid[i];
		int of_this = index < 0 ? rank(gids, gid) : gid->index == (uint32_t)index;

		if (of_this > best) {
			gids->named = (int32_t)i;
			best = of_this;
		}
	}
	return gids->named >= 0;
}

const struct ipoib__verbs_gid *ipoib__verbs_gids_named(const struct ipoib__verbs_gids *gids)
{
	return gids->named < 0 ? NULL : &gids->gid[gids->named];
}

/* How well a GID serves as a source: 0 not at all. */
static int fitness(const struct ipoib__verbs_gids *gids, const struct ipoib__verbs_gid *gid,
		   const struct ipoib_gid *to)
{
	const struct ipoib__verbs_gid *named = ipoib__verbs_gids_named(gids);
	bool near = is_multicast(to) || ipoib__verbs_gid_is_link_local(to);

	if (ipoib__verbs_gid_is_ipv4(&gid->gid) != ipoib__verbs_gid_is_ipv4(to))
		return 0;
	if (gid == named)
		return 4;
	/* Of the same network device: another one may reach another host at this address. */
	if (!gid->routable || gid->ifindex != named->ifindex)
		return 0;
	return ipoib__verbs_gid_is_link_local(&gid->gid) == near ? 2 : 1;
}

const struct ipoib__verbs_gid *ipoib__verbs_gids_source(const struct ipoib__verbs_gids *gids,
							const struct ipoib_gid *destination)
{
	const struct ipoib__verbs_gid *source = NULL;
	int best = 0;

	if (gids->named < 0 || !gids->ethernet)
		return ipoib__verbs_gids_named(gids);
	for (uint32_t i = 0; i < gids->count; i++) {
		int of_this = fitness(gids, &gids->gid[i], destination);

		if (of_this > best) {
			source = &gids->gid[i];
			best = of_this;
		}
	}
	return source;
}

bool ipoib__verbs_gids_equal(const struct ipoib__verbs_gids *a, const struct ipoib__verbs_gids *b)
{
	if (a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (a->gid[i].index != b->gid[i].index ||
		    a->gid[i].ifindex != b->gid[i].ifindex ||
		    memcmp(&a->gid[i].gid, &b->gid[i].gid, sizeof(a->gid[i].gid)) != 0)
			return false;
	return true;
}

bool ipoib__verbs_gids_has(const struct ipoib__verbs_gids *gids, const uint8_t *octets)
{
	for (uint32_t i = 0; i < gids->count; i++)
		if (memcmp(gids->gid[i].gid.raw, octets, sizeof(gids->gid[i].gid.raw)) == 0)
			return true;
	return false;
}

static struct ipoib_gid map(const uint8_t address[4])
{
	struct ipoib_gid gid;

	memcpy(gid.raw, mapped, sizeof(mapped));
	memcpy(gid.raw + sizeof(mapped), address, 4);
	return gid;
}

/* A header whose checksum is right sums up to this (RFC 1071). */
static bool checksum_holds(const uint8_t *header)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < IPV4_LENGTH; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/*
 * The first octets are anything where the network is IPv4: they may look like a GRH by chance, a
 * right checksum does not come by chance. So the kernel tells the two apart, too.
 */
static bool is_ipv4(const uint8_t room[40])
{
	return room[IPV4_AT] == IPV4_VERSION && checksum_holds(room + IPV4_AT);
}

bool ipoib__verbs_grh_mend(uint8_t room[40])
{
	const uint8_t *ip = room + IPV4_AT;
	struct ipoib__grh grh;

	if (!is_ipv4(room))
		return room[0] >> 4 == IPV6_VERSION;
	grh = (struct ipoib__grh){
		.traffic_class = ip[1],
		.payload_length = (uint16_t)((ip[2] << 8 | ip[3]) - IPV4_LENGTH),
		.next_header = ip[9],
		.hop_limit = ip[8],
		.source = map(ip + 12),
		.destination = map(ip + 16),
	};
	ipoib__assert(ipoib__grh_encode(room, IPOIB__GRH_LENGTH, &grh) == IPOIB__GRH_LENGTH);
	return true;
}
