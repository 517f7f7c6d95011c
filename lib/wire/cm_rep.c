/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/cm_rep.h"

#include <errno.h>

#include "base/bytes.h"

/*
 *  0                   1                   2                   3     word
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |                     local communication ID                    |   0
 * +---------------------------------------------------------------+
 * |                    remote communication ID                    |   1
 * +---------------------------------------------------------------+
 * |                          local Q_Key                          |   2
 * +-----------------------------------------------+---------------+
 * |                   local QPN                   |   reserved    |   3
 * +-----------------------------------------------+---------------+
 * |                   local EECN                  |   reserved    |   4
 * +-----------------------------------------------+---------------+
 * |                 starting PSN                  |   reserved    |   5
 * +---------------+---------------+---------+---+-+-----+-+-------+
 * |  resp. res.   |  init. depth  |ack delay| A |F| RNR |S|  res  |   6  A: failover accepted
 * +---------------+---------------+---------+---+-+-----+-+-------+      F: flow control, S: SRQ
 * |                    local CA GUID (64 bits)                    |   7
 * +---------------------------------------------------------------+
 * |                 private data (196 octets)                     |   9
 * +---------------------------------------------------------------+
 */
int ipoib__cm_rep_decode(struct ipoib__cm_rep *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;
	struct ipoib__cm_rep rep;

	ipoib__reader_init(&r, bytes, length);
	rep.local_id = ipoib__read_u32(&r);
	rep.remote_id = ipoib__read_u32(&r);
	rep.local_qkey = ipoib__read_u32(&r);
	rep.local_qpn = ipoib__read_u24(&r);
	ipoib__read_skip(&r, 1);
	rep.local_eecn = ipoib__read_u24(&r);
	ipoib__read_skip(&r, 1);
	rep.starting_psn = ipoib__read_u24(&r);
	ipoib__read_skip(&r, 1);
	rep.responder_resources = ipoib__read_u8(&r);
	rep.initiator_depth = ipoib__read_u8(&r);
	uint8_t octet = ipoib__read_u8(&r);
	rep.target_ack_delay = (uint8_t)ipoib__bits_get(octet, 3, 5);
	rep.failover = (uint8_t)ipoib__bits_get(octet, 1, 2);
	rep.flow_control = ipoib__bits_get(octet, 0, 1) != 0;
	octet = ipoib__read_u8(&r);
	rep.rnr_retry = (uint8_t)ipoib__bits_get(octet, 5, 3);
	rep.srq = ipoib__bits_get(octet, 4, 1) != 0;
	rep.local_ca_guid = ipoib__read_u64(&r);
	ipoib__read_bytes(&r, rep.private_data, sizeof(rep.private_data));
	if (r.failed)
		return -EINVAL;
	*out = rep;
	return IPOIB__CM_MESSAGE_LENGTH;
}

int ipoib__cm_rep_encode(void *bytes, size_t room, const struct ipoib__cm_rep *rep)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u32(&w, rep->local_id);
	ipoib__write_u32(&w, rep->remote_id);
	ipoib__write_u32(&w, rep->local_qkey);
	ipoib__write_u24(&w, rep->local_qpn);
	ipoib__write_zero(&w, 1);
	ipoib__write_u24(&w, rep->local_eecn);
	ipoib__write_zero(&w, 1);
	ipoib__write_u24(&w, rep->starting_psn);
	ipoib__write_zero(&w, 1);
	ipoib__write_u8(&w, rep->responder_resources);
	ipoib__write_u8(&w, rep->initiator_depth);
	ipoib__write_u8(&w, (uint8_t)(ipoib__bits_put(rep->target_ack_delay, 3, 5) |
				      ipoib__bits_put(rep->failover, 1, 2) |
				      ipoib__bits_put(rep->flow_control, 0, 1)));
	ipoib__write_u8(&w, (uint8_t)(ipoib__bits_put(rep->rnr_retry, 5, 3) |
				      ipoib__bits_put(rep->srq, 4, 1)));
	ipoib__write_u64(&w, rep->local_ca_guid);
	ipoib__write_bytes(&w, rep->private_data, sizeof(rep->private_data));
	return ipoib__write_result(&w);
}
