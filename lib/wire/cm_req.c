/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/cm_req.h"

#include <errno.h>

#include "base/bytes.h"

/*
 *  0                   1                   2                   3     word
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------------------------------+-------------------------------+
 * |           local LID           |          remote LID           |   0
 * +-------------------------------+-------------------------------+
 * |                      local GID (16 octets)                    |   1
 * +---------------------------------------------------------------+
 * |                     remote GID (16 octets)                    |   5
 * +---------------------------------------+-----------+-----------+
 * |              flow label               | reserved  |   rate    |   9
 * +---------------+---------------+-------+-+-----+---+-----+-----+
 * | traffic class |   hop limit   |  SL   |S| res | ack t/o | res |  10  S: subnet local
 * +---------------+---------------+-------+-+-----+---------+-----+
 */
static void read_path(struct ipoib__reader *r, struct ipoib__cm_path *path)
{
	path->local_lid = ipoib__read_u16(r);
	path->remote_lid = ipoib__read_u16(r);
	ipoib__read_bytes(r, path->local_gid.raw, sizeof(path->local_gid.raw));
	ipoib__read_bytes(r, path->remote_gid.raw, sizeof(path->remote_gid.raw));
	uint32_t word = ipoib__read_u32(r);
	path->flow_label = ipoib__bits_get(word, 12, 20);
	path->rate = (uint8_t)ipoib__bits_get(word, 0, 6);
	word = ipoib__read_u32(r);
	path->traffic_class = (uint8_t)ipoib__bits_get(word, 24, 8);
	path->hop_limit = (uint8_t)ipoib__bits_get(word, 16, 8);
	path->sl = (uint8_t)ipoib__bits_get(word, 12, 4);
	path->subnet_local = ipoib__bits_get(word, 11, 1) != 0;
	path->ack_timeout = (uint8_t)ipoib__bits_get(word, 3, 5);
}

static void write_path(struct ipoib__writer *w, const struct ipoib__cm_path *path)
{
	ipoib__write_u16(w, path->local_lid);
	ipoib__write_u16(w, path->remote_lid);
	ipoib__write_bytes(w, path->local_gid.raw, sizeof(path->local_gid.raw));
	ipoib__write_bytes(w, path->remote_gid.raw, sizeof(path->remote_gid.raw));
	ipoib__write_u32(w, ipoib__bits_put(path->flow_label, 12, 20) |
				    ipoib__bits_put(path->rate, 0, 6));
	ipoib__write_u32(w, ipoib__bits_put(path->traffic_class, 24, 8) |
				    ipoib__bits_put(path->hop_limit, 16, 8) |
				    ipoib__bits_put(path->sl, 12, 4) |
				    ipoib__bits_put(path->subnet_local, 11, 1) |
				    ipoib__bits_put(path->ack_timeout, 3, 5));
}

/* The words 8 to 12, which hold fields of a few bits. */
static void read_packed(struct ipoib__reader *r, struct ipoib__cm_req *req)
{
	req->local_qpn = ipoib__read_u24(r);
	req->responder_resources = ipoib__read_u8(r);
	req->local_eecn = ipoib__read_u24(r);
	req->initiator_depth = ipoib__read_u8(r);
	req->remote_eecn = ipoib__read_u24(r);
	uint8_t octet = ipoib__read_u8(r);
	req->remote_response_timeout = (uint8_t)ipoib__bits_get(octet, 3, 5);
	req->transport_type = (uint8_t)ipoib__bits_get(octet, 1, 2);
	req->flow_control = ipoib__bits_get(octet, 0, 1) != 0;
	req->starting_psn = ipoib__read_u24(r);
	octet = ipoib__read_u8(r);
	req->local_response_timeout = (uint8_t)ipoib__bits_get(octet, 3, 5);
	req->retry_count = (uint8_t)ipoib__bits_get(octet, 0, 3);
	req->pkey = ipoib__read_u16(r);
	octet = ipoib__read_u8(r);
	req->path_mtu = (uint8_t)ipoib__bits_get(octet, 4, 4);
	req->rdc_exists = ipoib__bits_get(octet, 3, 1) != 0;
	req->rnr_retry = (uint8_t)ipoib__bits_get(octet, 0, 3);
	octet = ipoib__read_u8(r);
	req->max_cm_retries = (uint8_t)ipoib__bits_get(octet, 4, 4);
	req->srq = ipoib__bits_get(octet, 3, 1) != 0;
	req->extended_transport = (uint8_t)ipoib__bits_get(octet, 0, 3);
}

/*
 *  0                   1                   2                   3     word
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |                     local communication ID                    |   0
 * +---------------------------------------------------------------+
 * |                           reserved                            |   1
 * +---------------------------------------------------------------+
 * |                      service ID (64 bits)                     |   2
 * +---------------------------------------------------------------+
 * |                    local CA GUID (64 bits)                    |   4
 * +---------------------------------------------------------------+
 * |                           reserved                            |   6
 * +---------------------------------------------------------------+
 * |                          local Q_Key                          |   7
 * +-----------------------------------------------+---------------+
 * |                   local QPN                   |  resp. res.   |   8
 * +-----------------------------------------------+---------------+
 * |                   local EECN                  |  init. depth  |   9
 * +-----------------------------------------------+---------+---+-+
 * |                  remote EECN                  |resp. t/o| T |F|  10  T: transport type
 * +-----------------------------------------------+---------+---+-+      F: flow control
 * |                 starting PSN                  |resp. t/o|retry|  11  the local timeout
 * +-------------------------------+-------+-+-----+-------+-+-----+
 * |             P_Key             |  MTU  |R| RNR |retries|S| ext |  12  R: RDC exists, S: SRQ
 * +-------------------------------+-------+-+-----+-------+-+-----+
 * |                  primary path (44 octets)                     |  13
 * +---------------------------------------------------------------+
 * |                 alternate path (44 octets)                    |  24
 * +---------------------------------------------------------------+
 * |                 private data (92 octets)                      |  35
 * +---------------------------------------------------------------+
 */
int ipoib__cm_req_decode(struct ipoib__cm_req *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;
	struct ipoib__cm_req req;

	ipoib__reader_init(&r, bytes, length);
	req.local_id = ipoib__read_u32(&r);
	ipoib__read_skip(&r, 4);
	req.service_id = ipoib__read_u64(&r);
	req.local_ca_guid = ipoib__read_u64(&r);
	ipoib__read_skip(&r, 4);
	req.local_qkey = ipoib__read_u32(&r);
	read_packed(&r, &req);
	read_path(&r, &req.primary);
	read_path(&r, &req.alternate);
	ipoib__read_bytes(&r, req.private_data, sizeof(req.private_data));
	if (r.failed)
		return -EINVAL;
	*out = req;
	return IPOIB__CM_MESSAGE_LENGTH;
}

static void write_packed(struct ipoib__writer *w, const struct ipoib__cm_req *req)
{
	ipoib__write_u24(w, req->local_qpn);
	ipoib__write_u8(w, req->responder_resources);
	ipoib__write_u24(w, req->local_eecn);
	ipoib__write_u8(w, req->initiator_depth);
	ipoib__write_u24(w, req->remote_eecn);
	ipoib__write_u8(w, (uint8_t)(ipoib__bits_put(req->remote_response_timeout, 3, 5) |
				     ipoib__bits_put(req->transport_type, 1, 2) |
				     ipoib__bits_put(req->flow_control, 0, 1)));
	ipoib__write_u24(w, req->starting_psn);
	ipoib__write_u8(w, (uint8_t)(ipoib__bits_put(req->local_response_timeout, 3, 5) |
				     ipoib__bits_put(req->retry_count, 0, 3)));
	ipoib__write_u16(w, req->pkey);
	ipoib__write_u8(w, (uint8_t)(ipoib__bits_put(req->path_mtu, 4, 4) |
				     ipoib__bits_put(req->rdc_exists, 3, 1) |
				     ipoib__bits_put(req->rnr_retry, 0, 3)));
	ipoib__write_u8(w, (uint8_t)(ipoib__bits_put(req->max_cm_retries, 4, 4) |
				     ipoib__bits_put(req->srq, 3, 1) |
				     ipoib__bits_put(req->extended_transport, 0, 3)));
}

int ipoib__cm_req_encode(void *bytes, size_t room, const struct ipoib__cm_req *req)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u32(&w, req->local_id);
	ipoib__write_zero(&w, 4);
	ipoib__write_u64(&w, req->service_id);
	ipoib__write_u64(&w, req->local_ca_guid);
	ipoib__write_zero(&w, 4);
	ipoib__write_u32(&w, req->local_qkey);
	write_packed(&w, req);
	write_path(&w, &req->primary);
	write_path(&w, &req->alternate);
	ipoib__write_bytes(&w, req->private_data, sizeof(req->private_data));
	return ipoib__write_result(&w);
}
