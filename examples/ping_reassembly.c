/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "ping_reassembly.h"

#include <string.h>

#include "ip_checksum.h"

/* RFC 791 section 3.2 recommends 15 seconds. */
#define PATIENCE_NS UINT64_C(15000000000)

#define AT_ADDRESSES 12 /* of an IPv4 header: source and destination */

static size_t units_of(size_t octets)
{
	return (octets + 7) / 8;
}

/* The packet that this fragment belongs to: one that is begun, a free one, or the oldest. */
static struct ping_parts *find_parts(struct ping_reassembly *reassembly, const uint8_t *addresses,
				     const struct ping_fragment *fragment, uint64_t now)
{
	struct ping_parts *chosen = &reassembly->parts[0];

	for (size_t i = 0; i < PING_PARTS_MOST; i++) {
		struct ping_parts *parts = &reassembly->parts[i];

		if (parts->used && now - parts->since_ns > PATIENCE_NS)
			parts->used = false;
		if (parts->used && memcmp(parts->addresses, addresses, 8) == 0 &&
		    parts->identification == fragment->identification)
			return parts;
		if (chosen->used && (!parts->used || parts->since_ns < chosen->since_ns))
			chosen = parts;
	}
	chosen->used = true;
	memcpy(chosen->addresses, addresses, 8);
	chosen->identification = fragment->identification;
	chosen->since_ns = now;
	chosen->length = 0;
	chosen->unit_count = 0;
	memset(chosen->units, 0, sizeof(chosen->units));
	return chosen;
}

/* Whether a fragment can be a part of any packet, and of this one. */
static bool is_fit(const struct ping_parts *parts, const struct ping_fragment *fragment)
{
	size_t end = fragment->offset + fragment->length;

	if (fragment->length == 0 || end > PING_PACKET_MOST - IP_HEADER)
		return false;
	if (fragment->more)
		return fragment->length % 8 == 0 && (parts->length == 0 || end < parts->length);
	if (parts->length != 0)
		return end == parts->length;
	for (size_t unit = units_of(end); unit < PING_UNITS_MOST; unit++)
		if (parts->units[unit])
			return false; /* something behind the end is there already */
	return true;
}

/* How many of the fragment's units are there already. */
static size_t count_there(const struct ping_parts *parts, const struct ping_fragment *fragment)
{
	size_t first = fragment->offset / 8;
	size_t count = 0;

	for (size_t i = 0; i < units_of(fragment->length); i++)
		count += parts->units[first + i];
	return count;
}

static void add(struct ping_parts *parts, const uint8_t *packet,
		const struct ping_fragment *fragment)
{
	size_t count = units_of(fragment->length);

	if (fragment->offset == 0)
		memcpy(parts->packet, packet, IP_HEADER);
	memcpy(parts->packet + IP_HEADER + fragment->offset, packet + fragment->header,
	       fragment->length);
	memset(parts->units + fragment->offset / 8, true, count);
	parts->unit_count += count;
	if (!fragment->more)
		parts->length = fragment->offset + fragment->length;
}

/* A fragment that is there already is no harm; false: it contradicts what is there. */
static bool take_fragment(struct ping_parts *parts, const uint8_t *packet,
			  const struct ping_fragment *fragment)
{
	if (!is_fit(parts, fragment))
		return false;

	size_t there = count_there(parts, fragment);

	if (there == 0)
		add(parts, packet, fragment);
	return there == 0 || there == units_of(fragment->length);
}

const uint8_t *ping_reassembly_take(struct ping_reassembly *reassembly, const uint8_t *packet,
				    size_t *length, uint64_t now)
{
	struct ping_fragment fragment;

	if (!ping_fragment_parse(packet, *length, &fragment))
		return NULL;
	if (fragment.offset == 0 && !fragment.more)
		return packet;

	struct ping_parts *parts = find_parts(reassembly, packet + AT_ADDRESSES, &fragment, now);

	if (!take_fragment(parts, packet, &fragment)) {
		parts->used = false;
		return NULL;
	}
	if (parts->length == 0 || parts->unit_count < units_of(parts->length))
		return NULL;
	parts->used = false;
	*length = IP_HEADER + parts->length;
	ping_fragment_write(parts->packet, &(struct ping_fragment){ .length = parts->length });
	return parts->packet;
}
