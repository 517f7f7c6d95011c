/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/ipoib_cm.h"

#include <errno.h>

#include "base/assert.h"
#include "base/bytes.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-------------------------------+
 * |  0x10 or 0x01 |    type 0     |            reserved           |   0
 * +---------------+---------------+-------------------------------+
 * |   reserved    |                    QPN                        |   4
 * +---------------+-----------------------------------------------+
 */
#define LINUX_ID  UINT64_C(0x1000000000000000)
#define RFC_ID	  UINT64_C(0x0100000000000000)
#define QPN_LIMIT 0xffffffu

uint64_t ipoib__service_id(enum ipoib__service_form form, uint32_t qpn)
{
	ipoib__assert(qpn <= QPN_LIMIT);
	ipoib__assert(form == IPOIB__SERVICE_LINUX || form == IPOIB__SERVICE_RFC);
	return (form == IPOIB__SERVICE_LINUX ? LINUX_ID : RFC_ID) | qpn;
}

enum ipoib__service_form ipoib__service_id_parse(uint64_t service_id, uint32_t *qpn)
{
	enum ipoib__service_form form = IPOIB__SERVICE_NONE;

	if ((service_id & ~(uint64_t)QPN_LIMIT) == LINUX_ID)
		form = IPOIB__SERVICE_LINUX;
	else if ((service_id & ~(uint64_t)QPN_LIMIT) == RFC_ID)
		form = IPOIB__SERVICE_RFC;
	if (form != IPOIB__SERVICE_NONE)
		*qpn = (uint32_t)service_id & QPN_LIMIT;
	return form;
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+-----------------------------------------------+
 * |   reserved    |                    UD QPN                     |   0
 * +---------------+-----------------------------------------------+
 * |                         receive MTU                           |   4
 * +---------------------------------------------------------------+
 */
int ipoib__cm_private_decode(struct ipoib__cm_private *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;
	struct ipoib__cm_private private_data;

	ipoib__reader_init(&r, bytes, length);
	ipoib__read_skip(&r, 1);
	private_data.qpn = ipoib__read_u24(&r);
	private_data.receive_mtu = ipoib__read_u32(&r);
	if (r.failed)
		return -EINVAL;
	*out = private_data;
	return IPOIB__CM_PRIVATE_LENGTH;
}

int ipoib__cm_private_encode(void *bytes, size_t room, const struct ipoib__cm_private *in)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_zero(&w, 1);
	ipoib__write_u24(&w, in->qpn);
	ipoib__write_u32(&w, in->receive_mtu);
	return ipoib__write_result(&w);
}
