/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <ipoib/types.h>

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "wire/ip.h"
#include "wire/ip6.h"

/* Where the parts of a link address stand: flags (1 octet), queue pair number (3), GID (16). */
#define LINK_QPN_AT 1
#define LINK_GID_AT 4

_Static_assert(IPOIB_IP_TEXT >= INET6_ADDRSTRLEN, "any address must fit");
_Static_assert(IPOIB_LINK_ADDRESS_TEXT == 3 * IPOIB_LINK_ADDRESS_LENGTH,
	       "two digits an octet, and a colon or the terminating zero");

struct ipoib_ip ipoib_ip_from_ipv4(const uint8_t octets[4])
{
	struct ipoib_ip ip = { .family = IPOIB_IPV4 };

	memcpy(ip.raw, octets, 4);
	return ip;
}

struct ipoib_ip ipoib_ip_from_ipv6(const uint8_t octets[16])
{
	struct ipoib_ip ip = { .family = IPOIB_IPV6 };

	memcpy(ip.raw, octets, 16);
	return ip;
}

int ipoib_ip_parse(struct ipoib_ip *out, const char *text)
{
	struct ipoib_ip ip = { .family = IPOIB_IPV4 };

	if (text == NULL)
		return -EINVAL;
	if (inet_pton(AF_INET, text, ip.raw) != 1) {
		ip.family = IPOIB_IPV6;
		if (inet_pton(AF_INET6, text, ip.raw) != 1)
			return -EINVAL;
	}
	*out = ip;
	return 0;
}

const char *ipoib_ip_format(const struct ipoib_ip *ip, char text[IPOIB_IP_TEXT])
{
	const char *written = text;

	if (ip->family == IPOIB_IPV4)
		written = inet_ntop(AF_INET, ip->raw, text, IPOIB_IP_TEXT);
	else if (ip->family == IPOIB_IPV6)
		written = inet_ntop(AF_INET6, ip->raw, text, IPOIB_IP_TEXT);
	else
		memcpy(text, "none", sizeof("none"));
	ipoib__assert(written != NULL);
	return text;
}

int ipoib_ip_link_local(struct ipoib_ip *out, const struct ipoib_gid *gid)
{
	static const uint8_t no_guid[8];
	const uint8_t *guid = gid->raw + 8;
	struct ipoib_ip ip = { .family = IPOIB_IPV6 };

	if (ipoib__ipv6_is_multicast(gid->raw) || memcmp(guid, no_guid, sizeof(no_guid)) == 0)
		return -EINVAL;
	ipoib__ipv6_link_local(ip.raw, guid, IPOIB__IDENTIFIER_AUTO);
	*out = ip;
	return 0;
}

bool ipoib_ip_equal(const struct ipoib_ip *a, const struct ipoib_ip *b)
{
	return ipoib__ip_same(a, b);
}

const char *ipoib_gid_format(const struct ipoib_gid *gid, char text[IPOIB_IP_TEXT])
{
	const char *written = inet_ntop(AF_INET6, gid->raw, text, IPOIB_IP_TEXT);

	ipoib__assert(written != NULL);
	return text;
}

struct ipoib_link_address ipoib_link_address_make(uint8_t flags, uint32_t qpn,
						  const struct ipoib_gid *gid)
{
	struct ipoib_link_address address;

	address.raw[0] = flags;
	address.raw[LINK_QPN_AT] = (uint8_t)(qpn >> 16 & 0xff);
	address.raw[LINK_QPN_AT + 1] = (uint8_t)(qpn >> 8 & 0xff);
	address.raw[LINK_QPN_AT + 2] = (uint8_t)(qpn & 0xff);
	memcpy(address.raw + LINK_GID_AT, gid->raw, sizeof(gid->raw));
	return address;
}

uint32_t ipoib_link_address_qpn(const struct ipoib_link_address *address)
{
	const uint8_t *qpn = address->raw + LINK_QPN_AT;

	return (uint32_t)qpn[0] << 16 | (uint32_t)qpn[1] << 8 | qpn[2];
}

uint8_t ipoib_link_address_flags(const struct ipoib_link_address *address)
{
	return address->raw[0];
}

struct ipoib_gid ipoib_link_address_gid(const struct ipoib_link_address *address)
{
	struct ipoib_gid gid;

	memcpy(gid.raw, address->raw + LINK_GID_AT, sizeof(gid.raw));
	return gid;
}

bool ipoib_link_address_same_peer(const struct ipoib_link_address *a,
				  const struct ipoib_link_address *b)
{
	return memcmp(a->raw + LINK_QPN_AT, b->raw + LINK_QPN_AT,
		      IPOIB_LINK_ADDRESS_LENGTH - LINK_QPN_AT) == 0;
}

const char *ipoib_link_address_format(const struct ipoib_link_address *address,
				      char text[IPOIB_LINK_ADDRESS_TEXT])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < IPOIB_LINK_ADDRESS_LENGTH; i++) {
		text[3 * i] = digits[address->raw[i] >> 4];
		text[3 * i + 1] = digits[address->raw[i] & 0x0f];
		text[3 * i + 2] = i + 1 < IPOIB_LINK_ADDRESS_LENGTH ? ':' : '\0';
	}
	return text;
}

/* -1 when it is none; isxdigit() would ask the locale. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int ipoib_link_address_parse(struct ipoib_link_address *out, const char *text)
{
	struct ipoib_link_address address;

	if (text == NULL)
		return -EINVAL;
	for (size_t i = 0; i < IPOIB_LINK_ADDRESS_LENGTH; i++) {
		/* Short-circuit: nothing behind a terminating zero is looked at. */
		int high = hex_digit(text[0]);
		int low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0 || text[2] != (i + 1 < IPOIB_LINK_ADDRESS_LENGTH ? ':' : '\0'))
			return -EINVAL;
		address.raw[i] = (uint8_t)(high << 4 | low);
		text += 3;
	}
	*out = address;
	return 0;
}
