/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/encap.h"

#include <errno.h>
#include <stdbool.h>

#include "base/bytes.h"

static bool is_known(uint16_t type)
{
	return type == IPOIB__TYPE_IPV4 || type == IPOIB__TYPE_ARP || type == IPOIB__TYPE_RARP ||
	       type == IPOIB__TYPE_IPV6;
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------------------------------+-------------------------------+
 * |             type              |           reserved            |
 * +-------------------------------+-------------------------------+
 */
int ipoib__encap_decode(struct ipoib__encap *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;

	ipoib__reader_init(&r, bytes, length);
	uint16_t type = ipoib__read_u16(&r);
	ipoib__read_skip(&r, 2);
	if (r.failed)
		return -EINVAL;
	if (!is_known(type))
		return -EPROTO;
	out->type = type;
	return IPOIB__ENCAP_LENGTH;
}

int ipoib__encap_encode(void *bytes, size_t room, const struct ipoib__encap *encap)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u16(&w, encap->type);
	ipoib__write_zero(&w, 2);
	return ipoib__write_result(&w);
}
