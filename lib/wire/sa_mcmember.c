/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/sa_mcmember.h"

#include <errno.h>

#include "base/bytes.h"

/* The words 9 to 12, which hold fields of a few bits. */
static void read_packed(struct ipoib__reader *r, struct ipoib__sa_mcmember *member)
{
	uint32_t word = ipoib__read_u32(r);
	member->mlid = (uint16_t)ipoib__bits_get(word, 16, 16);
	member->mtu_selector = (uint8_t)ipoib__bits_get(word, 14, 2);
	member->mtu = (uint8_t)ipoib__bits_get(word, 8, 6);
	member->traffic_class = (uint8_t)ipoib__bits_get(word, 0, 8);
	word = ipoib__read_u32(r);
	member->pkey = (uint16_t)ipoib__bits_get(word, 16, 16);
	member->rate_selector = (uint8_t)ipoib__bits_get(word, 14, 2);
	member->rate = (uint8_t)ipoib__bits_get(word, 8, 6);
	member->life_selector = (uint8_t)ipoib__bits_get(word, 6, 2);
	member->life = (uint8_t)ipoib__bits_get(word, 0, 6);
	word = ipoib__read_u32(r);
	member->sl = (uint8_t)ipoib__bits_get(word, 28, 4);
	member->flow_label = ipoib__bits_get(word, 8, 20);
	member->hop_limit = (uint8_t)ipoib__bits_get(word, 0, 8);
	word = ipoib__read_u32(r);
	member->scope = (uint8_t)ipoib__bits_get(word, 28, 4);
	member->join_state = (uint8_t)ipoib__bits_get(word, 24, 4);
	member->proxy_join = ipoib__bits_get(word, 23, 1) != 0;
}

/*
 *  0                   1                   2                   3     word
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |                         MGID (16 octets)                      |   0
 * +---------------------------------------------------------------+
 * |                       port GID (16 octets)                    |   4
 * +---------------------------------------------------------------+
 * |                             Q_Key                             |   8
 * +-------------------------------+---+-----------+---------------+
 * |             MLID              |sel|    MTU    | traffic class |   9
 * +-------------------------------+---+-----------+---+-----------+
 * |             P_Key             |sel|   rate    |sel| life time |  10
 * +-------+-----------------------+---+-----------+---+-----------+
 * |  SL   |              flow label               |   hop limit   |  11
 * +-------+-------+-+-----------------------------+---------------+
 * | scope | join  |P|                  reserved                   |  12  P: proxy join
 * +-------+-------+-+---------------------------------------------+
 */
int ipoib__sa_mcmember_decode(struct ipoib__sa_mcmember *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;
	struct ipoib__sa_mcmember member;

	ipoib__reader_init(&r, bytes, length);
	ipoib__read_bytes(&r, member.mgid.raw, sizeof(member.mgid.raw));
	ipoib__read_bytes(&r, member.port_gid.raw, sizeof(member.port_gid.raw));
	member.qkey = ipoib__read_u32(&r);
	read_packed(&r, &member);
	if (r.failed)
		return -EINVAL;
	*out = member;
	return IPOIB__SA_MCMEMBER_LENGTH;
}

static void write_packed(struct ipoib__writer *w, const struct ipoib__sa_mcmember *member)
{
	ipoib__write_u32(w, ipoib__bits_put(member->mlid, 16, 16) |
				    ipoib__bits_put(member->mtu_selector, 14, 2) |
				    ipoib__bits_put(member->mtu, 8, 6) |
				    ipoib__bits_put(member->traffic_class, 0, 8));
	ipoib__write_u32(w, ipoib__bits_put(member->pkey, 16, 16) |
				    ipoib__bits_put(member->rate_selector, 14, 2) |
				    ipoib__bits_put(member->rate, 8, 6) |
				    ipoib__bits_put(member->life_selector, 6, 2) |
				    ipoib__bits_put(member->life, 0, 6));
	ipoib__write_u32(w, ipoib__bits_put(member->sl, 28, 4) |
				    ipoib__bits_put(member->flow_label, 8, 20) |
				    ipoib__bits_put(member->hop_limit, 0, 8));
	ipoib__write_u32(w, ipoib__bits_put(member->scope, 28, 4) |
				    ipoib__bits_put(member->join_state, 24, 4) |
				    ipoib__bits_put(member->proxy_join, 23, 1));
}

int ipoib__sa_mcmember_encode(void *bytes, size_t room, const struct ipoib__sa_mcmember *member)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_bytes(&w, member->mgid.raw, sizeof(member->mgid.raw));
	ipoib__write_bytes(&w, member->port_gid.raw, sizeof(member->port_gid.raw));
	ipoib__write_u32(&w, member->qkey);
	write_packed(&w, member);
	return ipoib__write_result(&w);
}
