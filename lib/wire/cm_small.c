/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/cm_small.h"

#include <errno.h>

#include "base/bytes.h"

/*
 * All of them begin with the two communication IDs, words 0 and 1, and end with private data.
 */

/*
 *  0                   1                   2                   3     word
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---+-----------+---------+-----+-------------------------------+
 * | M | reserved  |svc. t/o | res |  private data (222 octets)    |   2  M: message answered
 * +---+-----------+---------+-----+-------------------------------+
 */
int ipoib__cm_mra_decode(struct ipoib__cm_mra *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;
	struct ipoib__cm_mra mra;

	ipoib__reader_init(&r, bytes, length);
	mra.local_id = ipoib__read_u32(&r);
	mra.remote_id = ipoib__read_u32(&r);
	mra.answers = (uint8_t)ipoib__bits_get(ipoib__read_u8(&r), 6, 2);
	mra.service_timeout = (uint8_t)ipoib__bits_get(ipoib__read_u8(&r), 3, 5);
	ipoib__read_bytes(&r, mra.private_data, sizeof(mra.private_data));
	if (r.failed)
		return -EINVAL;
	*out = mra;
	return IPOIB__CM_MESSAGE_LENGTH;
}

int ipoib__cm_mra_encode(void *bytes, size_t room, const struct ipoib__cm_mra *mra)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u32(&w, mra->local_id);
	ipoib__write_u32(&w, mra->remote_id);
	ipoib__write_u8(&w, (uint8_t)ipoib__bits_put(mra->answers, 6, 2));
	ipoib__write_u8(&w, (uint8_t)ipoib__bits_put(mra->service_timeout, 3, 5));
	ipoib__write_bytes(&w, mra->private_data, sizeof(mra->private_data));
	return ipoib__write_result(&w);
}

/*
 *  0                   1                   2                   3     word
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---+-----------+-------------+-+-------------------------------+
 * | M | reserved  | info length |r|            reason             |   2  M: message rejected
 * +---+-----------+-------------+-+-------------------------------+
 * |             additional information (72 octets)                |   3
 * +---------------------------------------------------------------+
 * |                 private data (148 octets)                     |  21
 * +---------------------------------------------------------------+
 */
int ipoib__cm_rej_decode(struct ipoib__cm_rej *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;
	struct ipoib__cm_rej rej;

	ipoib__reader_init(&r, bytes, length);
	rej.local_id = ipoib__read_u32(&r);
	rej.remote_id = ipoib__read_u32(&r);
	rej.answers = (uint8_t)ipoib__bits_get(ipoib__read_u8(&r), 6, 2);
	rej.info_length = (uint8_t)ipoib__bits_get(ipoib__read_u8(&r), 1, 7);
	rej.reason = ipoib__read_u16(&r);
	ipoib__read_bytes(&r, rej.info, sizeof(rej.info));
	ipoib__read_bytes(&r, rej.private_data, sizeof(rej.private_data));
	if (r.failed)
		return -EINVAL;
	*out = rej;
	return IPOIB__CM_MESSAGE_LENGTH;
}

int ipoib__cm_rej_encode(void *bytes, size_t room, const struct ipoib__cm_rej *rej)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u32(&w, rej->local_id);
	ipoib__write_u32(&w, rej->remote_id);
	ipoib__write_u8(&w, (uint8_t)ipoib__bits_put(rej->answers, 6, 2));
	ipoib__write_u8(&w, (uint8_t)ipoib__bits_put(rej->info_length, 1, 7));
	ipoib__write_u16(&w, rej->reason);
	ipoib__write_bytes(&w, rej->info, sizeof(rej->info));
	ipoib__write_bytes(&w, rej->private_data, sizeof(rej->private_data));
	return ipoib__write_result(&w);
}

/* Private data (224 octets) from word 2 on. */
int ipoib__cm_rtu_decode(struct ipoib__cm_rtu *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;
	struct ipoib__cm_rtu rtu;

	ipoib__reader_init(&r, bytes, length);
	rtu.local_id = ipoib__read_u32(&r);
	rtu.remote_id = ipoib__read_u32(&r);
	ipoib__read_bytes(&r, rtu.private_data, sizeof(rtu.private_data));
	if (r.failed)
		return -EINVAL;
	*out = rtu;
	return IPOIB__CM_MESSAGE_LENGTH;
}

int ipoib__cm_rtu_encode(void *bytes, size_t room, const struct ipoib__cm_rtu *rtu)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u32(&w, rtu->local_id);
	ipoib__write_u32(&w, rtu->remote_id);
	ipoib__write_bytes(&w, rtu->private_data, sizeof(rtu->private_data));
	return ipoib__write_result(&w);
}

/*
 *  0                   1                   2                   3     word
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-----------------------------------------------+---------------+
 * |               remote QPN (or EECN)            |   reserved    |   2
 * +-----------------------------------------------+---------------+
 * |                 private data (220 octets)                     |   3
 * +---------------------------------------------------------------+
 */
int ipoib__cm_dreq_decode(struct ipoib__cm_dreq *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;
	struct ipoib__cm_dreq dreq;

	ipoib__reader_init(&r, bytes, length);
	dreq.local_id = ipoib__read_u32(&r);
	dreq.remote_id = ipoib__read_u32(&r);
	dreq.remote_qpn = ipoib__read_u24(&r);
	ipoib__read_skip(&r, 1);
	ipoib__read_bytes(&r, dreq.private_data, sizeof(dreq.private_data));
	if (r.failed)
		return -EINVAL;
	*out = dreq;
	return IPOIB__CM_MESSAGE_LENGTH;
}

int ipoib__cm_dreq_encode(void *bytes, size_t room, const struct ipoib__cm_dreq *dreq)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u32(&w, dreq->local_id);
	ipoib__write_u32(&w, dreq->remote_id);
	ipoib__write_u24(&w, dreq->remote_qpn);
	ipoib__write_zero(&w, 1);
	ipoib__write_bytes(&w, dreq->private_data, sizeof(dreq->private_data));
	return ipoib__write_result(&w);
}

/* Private data (224 octets) from word 2 on. */
int ipoib__cm_drep_decode(struct ipoib__cm_drep *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;
	struct ipoib__cm_drep drep;

	ipoib__reader_init(&r, bytes, length);
	drep.local_id = ipoib__read_u32(&r);
	drep.remote_id = ipoib__read_u32(&r);
	ipoib__read_bytes(&r, drep.private_data, sizeof(drep.private_data));
	if (r.failed)
		return -EINVAL;
	*out = drep;
	return IPOIB__CM_MESSAGE_LENGTH;
}

int ipoib__cm_drep_encode(void *bytes, size_t room, const struct ipoib__cm_drep *drep)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u32(&w, drep->local_id);
	ipoib__write_u32(&w, drep->remote_id);
	ipoib__write_bytes(&w, drep->private_data, sizeof(drep->private_data));
	return ipoib__write_result(&w);
}
