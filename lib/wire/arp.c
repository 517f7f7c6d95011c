/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/arp.h"

#include <errno.h>

#include "base/bytes.h"
#include "wire/encap.h"

#define IPV4_LENGTH 4

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------------------------------+-------------------------------+
 * |     hardware type = 32        |    protocol type = 0x0800     |
 * +---------------+---------------+-------------------------------+
 * | hw length 20  | pr. length 4  |           operation           |
 * +---------------+---------------+-------------------------------+
 * |              sender link address (20 octets)                  |
 * +---------------------------------------------------------------+
 * |                      sender IP address                        |
 * +---------------------------------------------------------------+
 * |              target link address (20 octets)                  |
 * +---------------------------------------------------------------+
 * |                      target IP address                        |
 * +---------------------------------------------------------------+
 */
int ipoib__arp_decode(struct ipoib__arp *out, const void *bytes, size_t length)
{
	struct ipoib__reader r;
	struct ipoib__arp arp;

	ipoib__reader_init(&r, bytes, length);
	uint16_t hardware = ipoib__read_u16(&r);
	uint16_t protocol = ipoib__read_u16(&r);
	uint8_t hardware_length = ipoib__read_u8(&r);
	uint8_t protocol_length = ipoib__read_u8(&r);
	arp.operation = ipoib__read_u16(&r);
	if (r.failed)
		return -EINVAL;
	if (hardware != IPOIB__ARP_HARDWARE || protocol != IPOIB__TYPE_IPV4)
		return -EPROTO;
	if (hardware_length != IPOIB_LINK_ADDRESS_LENGTH || protocol_length != IPV4_LENGTH)
		return -EINVAL;
	ipoib__read_bytes(&r, arp.sender_link.raw, sizeof(arp.sender_link.raw));
	ipoib__read_bytes(&r, arp.sender_ip, sizeof(arp.sender_ip));
	ipoib__read_bytes(&r, arp.target_link.raw, sizeof(arp.target_link.raw));
	ipoib__read_bytes(&r, arp.target_ip, sizeof(arp.target_ip));
	if (r.failed)
		return -EINVAL;
	if (arp.operation != IPOIB__ARP_REQUEST && arp.operation != IPOIB__ARP_REPLY)
		return -EOPNOTSUPP;
	*out = arp;
	return IPOIB__ARP_LENGTH;
}

int ipoib__arp_encode(void *bytes, size_t room, const struct ipoib__arp *arp)
{
	struct ipoib__writer w;

	ipoib__writer_init(&w, bytes, room);
	ipoib__write_u16(&w, IPOIB__ARP_HARDWARE);
	ipoib__write_u16(&w, IPOIB__TYPE_IPV4);
	ipoib__write_u8(&w, IPOIB_LINK_ADDRESS_LENGTH);
	ipoib__write_u8(&w, IPV4_LENGTH);
	ipoib__write_u16(&w, arp->operation);
	ipoib__write_bytes(&w, arp->sender_link.raw, sizeof(arp->sender_link.raw));
	ipoib__write_bytes(&w, arp->sender_ip, sizeof(arp->sender_ip));
	ipoib__write_bytes(&w, arp->target_link.raw, sizeof(arp->target_link.raw));
	ipoib__write_bytes(&w, arp->target_ip, sizeof(arp->target_ip));
	return ipoib__write_result(&w);
}
