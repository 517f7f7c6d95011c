/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/sa.h"

#include <errno.h>

#include "base/bytes.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |                   MAD header (24 octets)                      |   0
 * +---------------+---------------+---------+-----+---------------+
 * |    version    |     type      |resp.time|flags|    status     |  24  RMPP
 * +---------------+---------------+---------+-----+---------------+
 * |                           segment                             |  28
 * +---------------------------------------------------------------+
 * |                           length                              |  32
 * +---------------------------------------------------------------+
 * |                       SM_Key (64 bits)                        |  36  SA
 * +-------------------------------+-------------------------------+
 * |       attribute offset        |           reserved            |  44
 * +-------------------------------+-------------------------------+
 * |                   component mask (64 bits)                    |  48
 * +---------------------------------------------------------------+
 * |                attribute data (200 octets)                    |  56
 * +---------------------------------------------------------------+
 */
int ipoib__sa_decode(struct ipoib__sa *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;
	struct ipoib__sa sa;
	int consumed = ipoib__mad_decode(&sa.mad, bytes, length);

	if (consumed < 0)
		return consumed;
	ipoib__reader_init(&r, bytes, length);
	ipoib__read_skip(&r, (size_t)consumed);
	sa.rmpp.version = ipoib__read_u8(&r);
	sa.rmpp.type = ipoib__read_u8(&r);
	uint8_t time_and_flags = ipoib__read_u8(&r);
	sa.rmpp.response_time = (uint8_t)ipoib__bits_get(time_and_flags, 3, 5);
	sa.rmpp.flags = (uint8_t)ipoib__bits_get(time_and_flags, 0, 3);
	sa.rmpp.status = ipoib__read_u8(&r);
	sa.rmpp.segment = ipoib__read_u32(&r);
	sa.rmpp.length = ipoib__read_u32(&r);
	sa.sm_key = ipoib__read_u64(&r);
	sa.attribute_offset = ipoib__read_u16(&r);
	ipoib__read_skip(&r, 2);
	sa.component_mask = ipoib__read_u64(&r);
	if (r.failed)
		return -EINVAL;
	if (sa.mad.management_class != IPOIB__MAD_CLASS_SA ||
	    sa.mad.class_version != IPOIB__SA_CLASS_VERSION)
		return -EPROTO;
	*out = sa;
	return IPOIB__SA_HEADER_LENGTH;
}

static void write_rmpp(struct ipoib__writer *w, const struct ipoib__rmpp *rmpp)
{
	ipoib__write_u8(w, rmpp->version);
	ipoib__write_u8(w, rmpp->type);
	ipoib__write_u8(w, (uint8_t)(ipoib__bits_put(rmpp->response_time, 3, 5) |
				     ipoib__bits_put(rmpp->flags, 0, 3)));
	ipoib__write_u8(w, rmpp->status);
	ipoib__write_u32(w, rmpp->segment);
	ipoib__write_u32(w, rmpp->length);
}

int ipoib__sa_encode(void *bytes, size_t room, const struct ipoib__sa *sa, const void *data,
		     size_t data_length)
{
	struct ipoib__writer w;
	struct ipoib__mad mad = sa->mad;

	ipoib__assert(data_length <= IPOIB__SA_DATA_LENGTH);
	mad.management_class = IPOIB__MAD_CLASS_SA;
	mad.class_version = IPOIB__SA_CLASS_VERSION;
	int header = ipoib__mad_encode(bytes, room, &mad);
	if (header < 0)
		return header;
	ipoib__writer_init(&w, bytes, room);
	(void)ipoib__write_take(&w, (size_t)header);
	write_rmpp(&w, &sa->rmpp);
	ipoib__write_u64(&w, sa->sm_key);
	ipoib__write_u16(&w, sa->attribute_offset);
	ipoib__write_zero(&w, 2);
	ipoib__write_u64(&w, sa->component_mask);
	ipoib__write_bytes(&w, data, data_length);
	ipoib__write_zero(&w, IPOIB__SA_DATA_LENGTH - data_length);
	return ipoib__write_result(&w);
}
