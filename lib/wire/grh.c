/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/grh.h"

#include <errno.h>

#include "base/bytes.h"
#include "wire/mgid.h"

/* The version of the header that GRH and IPv6 share. */
#define GRH_VERSION 6

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------+---------------+---------------------------------------+
 * | ver 6 | traffic class |              flow label               |
 * +-------+---------------+-------+---------------+---------------+
 * |        payload length         |  next header  |   hop limit   |
 * +-------------------------------+---------------+---------------+
 * |                       source GID (16 octets)                  |
 * +---------------------------------------------------------------+
 * |                    destination GID (16 octets)                |
 * +---------------------------------------------------------------+
 */
int ipoib__grh_decode(struct ipoib__grh *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;
	struct ipoib__grh grh;

	ipoib__reader_init(&r, bytes, length);
	uint32_t first = ipoib__read_u32(&r);
	grh.traffic_class = (uint8_t)ipoib__bits_get(first, 20, 8);
	grh.flow_label = ipoib__bits_get(first, 0, 20);
	grh.payload_length = ipoib__read_u16(&r);
	grh.next_header = ipoib__read_u8(&r);
	grh.hop_limit = ipoib__read_u8(&r);
	ipoib__read_bytes(&r, grh.source.raw, sizeof(grh.source.raw));
	ipoib__read_bytes(&r, grh.destination.raw, sizeof(grh.destination.raw));
	if (r.failed)
		return -EINVAL;
	if (ipoib__bits_get(first, 28, 4) != GRH_VERSION)
		return -EPROTO;
	*out = grh;
	return IPOIB__GRH_LENGTH;
}

int ipoib__grh_encode(void *bytes, size_t room, const struct ipoib__grh *grh)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u32(&w, ipoib__bits_put(GRH_VERSION, 28, 4) |
				     ipoib__bits_put(grh->traffic_class, 20, 8) |
				     ipoib__bits_put(grh->flow_label, 0, 20));
	ipoib__write_u16(&w, grh->payload_length);
	ipoib__write_u8(&w, grh->next_header);
	ipoib__write_u8(&w, grh->hop_limit);
	ipoib__write_bytes(&w, grh->source.raw, sizeof(grh->source.raw));
	ipoib__write_bytes(&w, grh->destination.raw, sizeof(grh->destination.raw));
	return ipoib__write_result(&w);
}

enum ipoib__cast ipoib__grh_cast(const struct ipoib__grh *grh)
{
	if (!ipoib__mgid_is_multicast(&grh->destination))
		return IPOIB__CAST_UNICAST;
	if (ipoib__mgid_is_broadcast(&grh->destination))
		return IPOIB__CAST_BROADCAST;
	return IPOIB__CAST_MULTICAST;
}
