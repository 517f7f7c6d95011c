/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * IGMP (RFC 1112 appendix I, 2236, 3376) and MLD (RFC 2710, 3810): the messages by which a stack
 * says what it listens to. Those of IPv6 are those of IPv4 with longer addresses, almost.
 *
 * A packet is read twice: once to know that all of it is well formed and how much it says, and
 * once to say it.
 */
#include <ipoib/membership.h>

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/sized.h"
#include "wire/ip.h"
#include "wire/ip6.h"

#define IP_PROTOCOL_IGMP 2
/* What hosts send MLD with, and who reads it must check (RFC 3810 section 5.2). */
#define MLD_HOP_LIMIT 1
/* Auxiliary data of a record is counted in units of so many octets. */
#define AUXILIARY_UNIT 4
/* IPv6 groups of this scope and below do not leave the node (RFC 4291 section 2.7). */
#define SCOPE_INTERFACE_LOCAL 1

IPOIB__FIRST_VERSION(MEMBERSHIP_FIRST, struct ipoib_membership, reserved, 32);

enum {
	IGMP_REPORT_V1 = 0x12,
	IGMP_REPORT_V2 = 0x16,
	IGMP_LEAVE = 0x17,
	IGMP_REPORT_V3 = 0x22,
	MLD_REPORT_V1 = 131,
	MLD_DONE = 132,
	MLD_REPORT_V2 = 143,
};

/* Types of records, the same in RFC 3376 section 4.2.12 and RFC 3810 section 5.2.12. */
enum {
	IS_INCLUDE = 1,
	IS_EXCLUDE = 2,
	TO_INCLUDE = 3,
	TO_EXCLUDE = 4,
	ALLOW_NEW_SOURCES = 5,
};

/* A message found in a packet, its checksum right. */
struct report {
	enum ipoib_family family;
	size_t address_length;
	const uint8_t *bytes;
	size_t length;
};

/* Where the changes go; with no room they are counted only. */
struct changes {
	uint8_t *at;
	size_t stride, room, count;
};

/* Groups that nobody joins: all nodes, and what stays inside a node (RFC 3810 section 6). */
static bool is_told(const struct ipoib_ip *group)
{
	static const uint8_t all_systems[4] = { 224, 0, 0, 1 };

	if (group->family == IPOIB_IPV4)
		return memcmp(group->raw, all_systems, sizeof(all_systems)) != 0;
	return memcmp(group->raw, ipoib__ipv6_all_nodes, sizeof(group->raw)) != 0 &&
	       (group->raw[1] & 0x0f) > SCOPE_INTERFACE_LOCAL;
}

static void tell(struct changes *changes, const struct ipoib_ip *group, bool join)
{
	struct ipoib_membership change = {
		.size = sizeof(change),
		.group = *group,
		.join = join,
	};

	if (!is_told(group))
		return;
	if (changes->count < changes->room) {
		/* All of them are as large as the first is said to be, which was checked. */
		memcpy(changes->at, &changes->stride, sizeof(changes->stride));
		(void)ipoib__sized_out(changes->at, changes->stride, MEMBERSHIP_FIRST, &change,
				       sizeof(change));
		changes->at += changes->stride;
	}
	changes->count++;
}

/* Fails the reader for what is no group. */
static struct ipoib_ip read_group(struct ipoib__reader *r, const struct report *report)
{
	struct ipoib_ip group = { .family = (uint8_t)report->family };

	ipoib__read_bytes(r, group.raw, report->address_length);
	if (!ipoib__ip_is_multicast(&group))
		r->failed = true;
	return group;
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-------------------------------+
 * |     type      |       0       |           checksum            |
 * +---------------+---------------+-------------------------------+
 * |      maximum delay 0          |               0               |  MLD only
 * +-------------------------------+-------------------------------+
 * |                       group (4 or 16)                         |
 * +---------------------------------------------------------------+
 */
static int read_one_group(const struct report *report, struct changes *changes, bool join)
{
	struct ipoib__reader r;

	ipoib__reader_init(&r, report->bytes, report->length);
	ipoib__read_skip(&r, report->family == IPOIB_IPV4 ? 4 : 8);
	struct ipoib_ip group = read_group(&r, report);
	if (r.failed)
		return -EINVAL;
	tell(changes, &group, join);
	return 0;
}

/*
 * To exclude some sources is to listen to all others; to include none is to listen to nobody. Of
 * blocked sources there may be others left, and unknown records are ignored (RFC 3376 section
 * 4.2.12): the group stays as it is.
 */
static void decide(struct changes *changes, uint8_t type, bool has_sources,
		   const struct ipoib_ip *group)
{
	switch (type) {
	case IS_INCLUDE:
	case TO_INCLUDE:
		tell(changes, group, has_sources);
		break;
	case IS_EXCLUDE:
	case TO_EXCLUDE:
		tell(changes, group, true);
		break;
	case ALLOW_NEW_SOURCES:
		if (has_sources)
			tell(changes, group, true);
		break;
	default:
		break;
	}
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-------------------------------+
 * |     type      |       0       |           checksum            |
 * +---------------+---------------+-------------------------------+
 * |               0               |           records             |
 * +===============+===============+===============================+
 * |  record type  |auxiliary words|           sources             |
 * +---------------+---------------+-------------------------------+
 * |                       group (4 or 16)                         |
 * +---------------------------------------------------------------+
 * |        sources (4 or 16 each), auxiliary data (4 each)        |
 * +===============================================================+
 */
static int read_records(const struct report *report, struct changes *changes)
{
	struct ipoib__reader r;

	ipoib__reader_init(&r, report->bytes, report->length);
	ipoib__read_skip(&r, 6);
	unsigned records = ipoib__read_u16(&r);
	for (unsigned i = 0; i < records && !r.failed; i++) {
		uint8_t type = ipoib__read_u8(&r);
		size_t auxiliary = ipoib__read_u8(&r);
		size_t sources = ipoib__read_u16(&r);
		struct ipoib_ip group = read_group(&r, report);
		ipoib__read_skip(&r,
				 sources * report->address_length + auxiliary * AUXILIARY_UNIT);
		if (!r.failed)
			decide(changes, type, sources != 0, &group);
	}
	return r.failed ? -EINVAL : 0;
}

static int read_igmp(const struct report *report, struct changes *changes)
{
	switch (report->bytes[0]) {
	case IGMP_REPORT_V1:
	case IGMP_REPORT_V2:
		return read_one_group(report, changes, true);
	case IGMP_LEAVE:
		return read_one_group(report, changes, false);
	case IGMP_REPORT_V3:
		return read_records(report, changes);
	default:
		return -EPROTO;
	}
}

static int read_mld(const struct report *report, struct changes *changes)
{
	switch (report->bytes[0]) {
	case MLD_REPORT_V1:
		return read_one_group(report, changes, true);
	case MLD_DONE:
		return read_one_group(report, changes, false);
	case MLD_REPORT_V2:
		return read_records(report, changes);
	default:
		return -EPROTO;
	}
}

static int read_report(const struct report *report, struct changes *changes)
{
	return report->family == IPOIB_IPV4 ? read_igmp(report, changes) :
					      read_mld(report, changes);
}

static bool is_igmp_report(uint8_t type)
{
	return type == IGMP_REPORT_V1 || type == IGMP_REPORT_V2 || type == IGMP_LEAVE ||
	       type == IGMP_REPORT_V3;
}

static bool is_mld_report(uint8_t type)
{
	return type == MLD_REPORT_V1 || type == MLD_DONE || type == MLD_REPORT_V2;
}

static int find_igmp(struct report *out, const uint8_t *packet, size_t length)
{
	struct ipoib__ipv4 ip;

	int header = ipoib__ipv4_decode(&ip, packet, length);
	if (header < 0)
		return header;
	if (ip.protocol != IP_PROTOCOL_IGMP || ip.more_fragments || ip.fragment_offset != 0)
		return -EPROTO;
	out->family = IPOIB_IPV4;
	out->address_length = 4;
	out->bytes = packet + header;
	out->length = ip.total_length - (size_t)header;
	if (out->length == 0 || !is_igmp_report(out->bytes[0]))
		return -EPROTO;
	return ipoib__ip_checksum(out->bytes, out->length) == 0 ? 0 : -EBADMSG;
}

/* Whoever has no address yet reports from :: (RFC 3810 section 5.2.13). */
static bool is_mld_source(const uint8_t source[16])
{
	return ipoib__ipv6_is_link_local(source) || ipoib__ipv6_is_unspecified(source);
}

static int find_mld(struct report *out, const uint8_t *packet, size_t length)
{
	struct ipoib__ipv6 ip;
	struct ipoib__ipv6_upper upper;

	int header = ipoib__ipv6_decode(&ip, packet, length);
	if (header < 0)
		return header;
	if (ipoib__ipv6_upper(&upper, &ip, packet) < 0 ||
	    upper.protocol != IPOIB__IP_PROTOCOL_ICMPV6 || upper.fragment || upper.length == 0 ||
	    !is_mld_report(upper.bytes[0]))
		return -EPROTO;
	if (ip.hop_limit != MLD_HOP_LIMIT || !is_mld_source(ip.source))
		return -EINVAL;
	out->family = IPOIB_IPV6;
	out->address_length = 16;
	out->bytes = upper.bytes;
	out->length = upper.length;
	return ipoib__ipv6_checksum(&ip, upper.protocol, upper.bytes, upper.length) == 0 ?
		       0 : -EBADMSG;
}

int ipoib_membership_decode(struct ipoib_membership *out, size_t room, const void *packet,
			    size_t length)
{
	struct changes counted = { 0 };
	struct report report;

	if (room != 0 && (out == NULL || out->size < MEMBERSHIP_FIRST))
		return -EINVAL;
	if (packet == NULL || length == 0)
		return -EINVAL;
	bool version_4 = ipoib__ip_version(packet, length) == 4;
	int error = version_4 ? find_igmp(&report, packet, length) :
				find_mld(&report, packet, length);
	if (error < 0)
		return error;
	error = read_report(&report, &counted);
	if (error < 0)
		return error;
	if (room != 0) {
		struct changes told = { (uint8_t *)out, out->size, room, 0 };
		(void)read_report(&report, &told);
	}
	return (int)counted.count;
}
