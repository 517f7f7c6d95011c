/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/mad.h"

#include <errno.h>

#include "base/bytes.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+---------------+---------------+
 * |base version 1 |     class     | class version |    method     |   0
 * +---------------+---------------+---------------+---------------+
 * |            status             |        class specific         |   4
 * +-------------------------------+-------------------------------+
 * |                        transaction (64 bits)                  |   8
 * +-------------------------------+-------------------------------+
 * |           attribute           |           reserved            |  16
 * +-------------------------------+-------------------------------+
 * |                           modifier                            |  20
 * +---------------------------------------------------------------+
 */
int ipoib__mad_decode(struct ipoib__mad *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;
	struct ipoib__mad mad;

	ipoib__reader_init(&r, bytes, length);
	uint8_t base_version = ipoib__read_u8(&r);
	mad.management_class = ipoib__read_u8(&r);
	mad.class_version = ipoib__read_u8(&r);
	mad.method = ipoib__read_u8(&r);
	mad.status = ipoib__read_u16(&r);
	mad.class_specific = ipoib__read_u16(&r);
	mad.transaction = ipoib__read_u64(&r);
	mad.attribute = ipoib__read_u16(&r);
	ipoib__read_skip(&r, 2);
	mad.modifier = ipoib__read_u32(&r);
	if (r.failed)
		return -EINVAL;
	if (base_version != IPOIB__MAD_BASE_VERSION)
		return -EPROTO;
	*out = mad;
	return IPOIB__MAD_HEADER_LENGTH;
}

int ipoib__mad_encode(void *bytes, size_t room, const struct ipoib__mad *mad)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u8(&w, IPOIB__MAD_BASE_VERSION);
	ipoib__write_u8(&w, mad->management_class);
	ipoib__write_u8(&w, mad->class_version);
	ipoib__write_u8(&w, mad->method);
	ipoib__write_u16(&w, mad->status);
	ipoib__write_u16(&w, mad->class_specific);
	ipoib__write_u64(&w, mad->transaction);
	ipoib__write_u16(&w, mad->attribute);
	ipoib__write_zero(&w, 2);
	ipoib__write_u32(&w, mad->modifier);
	return ipoib__write_result(&w);
}
