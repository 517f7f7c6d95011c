/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/sa_path.h"

#include <errno.h>

#include "base/bytes.h"

/* The words 10 to 14, which hold fields of a few bits. */
static void read_packed(struct ipoib__reader *r, struct ipoib__sa_path *path)
{
	path->dlid = ipoib__read_u16(r);
	path->slid = ipoib__read_u16(r);
	uint32_t word = ipoib__read_u32(r);
	path->raw_traffic = ipoib__bits_get(word, 31, 1) != 0;
	path->flow_label = ipoib__bits_get(word, 8, 20);
	path->hop_limit = (uint8_t)ipoib__bits_get(word, 0, 8);
	word = ipoib__read_u32(r);
	path->traffic_class = (uint8_t)ipoib__bits_get(word, 24, 8);
	path->reversible = ipoib__bits_get(word, 23, 1) != 0;
	path->numb_path = (uint8_t)ipoib__bits_get(word, 16, 7);
	path->pkey = (uint16_t)ipoib__bits_get(word, 0, 16);
	word = ipoib__read_u32(r);
	path->qos_class = (uint16_t)ipoib__bits_get(word, 20, 12);
	path->sl = (uint8_t)ipoib__bits_get(word, 16, 4);
	path->mtu_selector = (uint8_t)ipoib__bits_get(word, 14, 2);
	path->mtu = (uint8_t)ipoib__bits_get(word, 8, 6);
	path->rate_selector = (uint8_t)ipoib__bits_get(word, 6, 2);
	path->rate = (uint8_t)ipoib__bits_get(word, 0, 6);
	word = ipoib__read_u32(r);
	path->life_selector = (uint8_t)ipoib__bits_get(word, 30, 2);
	path->life = (uint8_t)ipoib__bits_get(word, 24, 6);
	path->preference = (uint8_t)ipoib__bits_get(word, 16, 8);
}

/*
 *  0                   1                   2                   3     word
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |                      service ID (64 bits)                     |   0
 * +---------------------------------------------------------------+
 * |                         DGID (16 octets)                      |   2
 * +---------------------------------------------------------------+
 * |                         SGID (16 octets)                      |   6
 * +-------------------------------+-------------------------------+
 * |             DLID              |             SLID              |  10
 * +-+-----+-----------------------+---------------+---------------+
 * |W| res |              flow label               |   hop limit   |  11  W: raw traffic
 * +-+-----+-------+-+-------------+---------------+---------------+
 * | traffic class |R|  numb path  |             P_Key             |  12  R: reversible
 * +---------------+-+-----+-------+---+-----------+---+-----------+
 * |       QoS class       |  SL   |sel|    MTU    |sel|   rate    |  13
 * +---+-----------+-------+-------+---+-----------+---+-----------+
 * |sel| life time |  preference   |           reserved            |  14
 * +---+-----------+---------------+-------------------------------+
 * |                           reserved                            |  15
 * +---------------------------------------------------------------+
 */
int ipoib__sa_path_decode(struct ipoib__sa_path *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;
	struct ipoib__sa_path path;

	ipoib__reader_init(&r, bytes, length);
	path.service_id = ipoib__read_u64(&r);
	ipoib__read_bytes(&r, path.dgid.raw, sizeof(path.dgid.raw));
	ipoib__read_bytes(&r, path.sgid.raw, sizeof(path.sgid.raw));
	read_packed(&r, &path);
	ipoib__read_skip(&r, 4);
	if (r.failed)
		return -EINVAL;
	*out = path;
	return IPOIB__SA_PATH_LENGTH;
}

static void write_packed(struct ipoib__writer *w, const struct ipoib__sa_path *path)
{
	ipoib__write_u16(w, path->dlid);
	ipoib__write_u16(w, path->slid);
	ipoib__write_u32(w, ipoib__bits_put(path->raw_traffic, 31, 1) |
				    ipoib__bits_put(path->flow_label, 8, 20) |
				    ipoib__bits_put(path->hop_limit, 0, 8));
	ipoib__write_u32(w, ipoib__bits_put(path->traffic_class, 24, 8) |
				    ipoib__bits_put(path->reversible, 23, 1) |
				    ipoib__bits_put(path->numb_path, 16, 7) |
				    ipoib__bits_put(path->pkey, 0, 16));
	ipoib__write_u32(w, ipoib__bits_put(path->qos_class, 20, 12) |
				    ipoib__bits_put(path->sl, 16, 4) |
				    ipoib__bits_put(path->mtu_selector, 14, 2) |
				    ipoib__bits_put(path->mtu, 8, 6) |
				    ipoib__bits_put(path->rate_selector, 6, 2) |
				    ipoib__bits_put(path->rate, 0, 6));
	ipoib__write_u32(w, ipoib__bits_put(path->life_selector, 30, 2) |
				    ipoib__bits_put(path->life, 24, 6) |
				    ipoib__bits_put(path->preference, 16, 8));
}

int ipoib__sa_path_encode(void *bytes, size_t room, const struct ipoib__sa_path *path)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u64(&w, path->service_id);
	ipoib__write_bytes(&w, path->dgid.raw, sizeof(path->dgid.raw));
	ipoib__write_bytes(&w, path->sgid.raw, sizeof(path->sgid.raw));
	write_packed(&w, path);
	ipoib__write_zero(&w, 4);
	return ipoib__write_result(&w);
}
