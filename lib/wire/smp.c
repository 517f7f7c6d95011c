/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/smp.h"

#include <errno.h>

#include "base/bytes.h"

/* Between the LIDs and the data. */
#define RESERVED 28

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |  MAD header (24 octets); its class specific part is the hop   |   0
 * |  pointer and the hop count, status has the bit D: it returns  |
 * +---------------------------------------------------------------+
 * |                        M_Key (64 bits)                        |  24
 * +-------------------------------+-------------------------------+
 * |          source LID           |        destination LID        |  32
 * +-------------------------------+-------------------------------+
 * |                     reserved (28 octets)                      |  36
 * +---------------------------------------------------------------+
 * |                       data (64 octets)                        |  64
 * +---------------------------------------------------------------+
 * |                   initial path (64 octets)                    | 128
 * +---------------------------------------------------------------+
 * |                    return path (64 octets)                    | 192
 * +---------------------------------------------------------------+
 */
int ipoib__smp_decode(struct ipoib__smp *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;
	struct ipoib__smp smp;
	int header = ipoib__mad_decode(&smp.mad, bytes, length);

	if (length < IPOIB__MAD_LENGTH)
		return -EINVAL;
	if (header < 0)
		return header;
	if ((smp.mad.management_class != IPOIB__MAD_CLASS_SUBNET_LID &&
	     smp.mad.management_class != IPOIB__MAD_CLASS_SUBNET_DIRECTED) ||
	    smp.mad.class_version != IPOIB__SMP_CLASS_VERSION)
		return -EPROTO;
	smp.hop_pointer = (uint8_t)(smp.mad.class_specific >> 8);
	smp.hop_count = (uint8_t)(smp.mad.class_specific & 0xff);
	smp.mad.class_specific = 0;
	ipoib__reader_init(&r, bytes, length);
	ipoib__read_skip(&r, IPOIB__MAD_HEADER_LENGTH);
	smp.m_key = ipoib__read_u64(&r);
	smp.source_lid = ipoib__read_u16(&r);
	smp.dest_lid = ipoib__read_u16(&r);
	ipoib__read_skip(&r, RESERVED);
	ipoib__read_bytes(&r, smp.data, sizeof(smp.data));
	ipoib__read_bytes(&r, smp.initial_path, sizeof(smp.initial_path));
	ipoib__read_bytes(&r, smp.return_path, sizeof(smp.return_path));
	ipoib__assert(!r.failed);
	*out = smp;
	return IPOIB__MAD_LENGTH;
}

int ipoib__smp_encode(void *bytes, size_t room, const struct ipoib__smp *smp)
{
	struct ipoib__mad mad = smp->mad;
	struct ipoib__writer w;
	int header;

	ipoib__assert(mad.class_specific == 0);
	mad.class_version = IPOIB__SMP_CLASS_VERSION;
	mad.class_specific = (uint16_t)(smp->hop_pointer << 8 | smp->hop_count);
	if (room < IPOIB__MAD_LENGTH)
		return -ENOBUFS;
	header = ipoib__mad_encode(bytes, room, &mad);
	ipoib__assert(header == IPOIB__MAD_HEADER_LENGTH);
	ipoib__writer_init(&w, (uint8_t *)bytes + header, room - (size_t)header);
	ipoib__write_u64(&w, smp->m_key);
	ipoib__write_u16(&w, smp->source_lid);
	ipoib__write_u16(&w, smp->dest_lid);
	ipoib__write_zero(&w, RESERVED);
	ipoib__write_bytes(&w, smp->data, sizeof(smp->data));
	ipoib__write_bytes(&w, smp->initial_path, sizeof(smp->initial_path));
	ipoib__write_bytes(&w, smp->return_path, sizeof(smp->return_path));
	ipoib__assert(!w.failed);
	return IPOIB__MAD_LENGTH;
}

/* A block of a table is its words, one behind the other. */
int ipoib__smp_words_decode(struct ipoib__smp_words *out, const void *bytes, size_t length)
{
	struct ipoib__smp_words words;
	struct ipoib__reader r;

	ipoib__reader_init(&r, bytes, length);
	for (unsigned i = 0; i < IPOIB__SMP_BLOCK_WORDS; i++)
		words.word[i] = ipoib__read_u16(&r);
	if (r.failed)
		return -EINVAL;
	*out = words;
	return IPOIB__SMP_DATA_LENGTH;
}

int ipoib__smp_words_encode(void *bytes, size_t room, const struct ipoib__smp_words *words)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	for (unsigned i = 0; i < IPOIB__SMP_BLOCK_WORDS; i++)
		ipoib__write_u16(&w, words->word[i]);
	return ipoib__write_result(&w);
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-------------+-----------------------------------------------+
 * |G|    type     |                 producer type                 |   0  G: generic
 * +-+-------------+---------------+-------------------------------+
 * |          trap number          |          issuer LID           |   4
 * +-+-----------------------------+-------------------------------+
 * |T|            count            |      details (54 octets)      |   8  T: toggle
 * +-+-----------------------------+-------------------------------+
 */
int ipoib__smp_notice_decode(struct ipoib__smp_notice *out, const void *bytes, size_t length)
{
	struct ipoib__smp_notice notice;
	struct ipoib__reader r;

	ipoib__reader_init(&r, bytes, length);
	uint8_t octet = ipoib__read_u8(&r);
	notice.generic = octet >> 7;
	notice.type = octet & 0x7f;
	notice.producer = ipoib__read_u24(&r);
	notice.number = ipoib__read_u16(&r);
	notice.issuer_lid = ipoib__read_u16(&r);
	uint16_t word = ipoib__read_u16(&r);
	notice.toggle = (uint8_t)(word >> 15);
	notice.count = word & 0x7fff;
	ipoib__read_bytes(&r, notice.details, sizeof(notice.details));
	if (r.failed)
		return -EINVAL;
	*out = notice;
	return IPOIB__SMP_DATA_LENGTH;
}

int ipoib__smp_notice_encode(void *bytes, size_t room, const struct ipoib__smp_notice *notice)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u8(&w, (uint8_t)(ipoib__bits_put(notice->generic, 7, 1) |
				      ipoib__bits_put(notice->type, 0, 7)));
	ipoib__write_u24(&w, notice->producer);
	ipoib__write_u16(&w, notice->number);
	ipoib__write_u16(&w, notice->issuer_lid);
	ipoib__write_u16(&w, (uint16_t)(ipoib__bits_put(notice->toggle, 15, 1) |
					ipoib__bits_put(notice->count, 0, 15)));
	ipoib__write_bytes(&w, notice->details, sizeof(notice->details));
	return ipoib__write_result(&w);
}
