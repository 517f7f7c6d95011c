/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A link as netlink tells it, and what of it is taken. Numbers and layouts: linux/netlink.h,
 * linux/rtnetlink.h, linux/if_link.h.
 */
#include "audit/link_info.h"

#include <errno.h>
#include <string.h>

#define HEADER_LENGTH 16 /* struct nlmsghdr */
#define INFO_LENGTH 16	 /* struct ifinfomsg */
#define TYPE_AT 4	 /* nlmsg_type */
#define INDEX_AT 20	 /* ifi_index */
#define MESSAGE_ERROR 2	 /* NLMSG_ERROR */
#define MESSAGE_LINK 16	 /* RTM_NEWLINK */

#define ATTRIBUTE_HEADER 4
#define ATTRIBUTE_TYPE 0x3fffu /* NLA_TYPE_MASK */

/* IFLA_..., of them IFLA_LINKINFO's IFLA_INFO_..., of its data IFLA_IPOIB_... */
enum { LINK_NAME = 3, LINK_INFO = 18, LINK_NETNSID = 37 };
enum { INFO_KIND = 1, INFO_DATA = 2 };
enum { IPOIB_PKEY = 1, IPOIB_MODE = 2, IPOIB_UMCAST = 3 };

/* A run of attributes, each a length with its header, a type, and octets up to a multiple of 4. */
struct attributes {
	const uint8_t *at;
	size_t length;
};

static uint16_t u16_at(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint32_t u32_at(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* Cuts off the first one; false at the end, and where the rest holds none. */
static bool next_attribute(struct attributes *run, uint16_t *type, struct attributes *value)
{
	size_t length = run->length < ATTRIBUTE_HEADER ? 0 : u16_at(run->at);

	if (length < ATTRIBUTE_HEADER || length > run->length)
		return false;
	*type = (uint16_t)(u16_at(run->at + 2) & ATTRIBUTE_TYPE);
	value->at = run->at + ATTRIBUTE_HEADER;
	value->length = length - ATTRIBUTE_HEADER;

	size_t whole = (length + 3) & ~(size_t)3;

	whole = whole < run->length ? whole : run->length;
	run->at += whole;
	run->length -= whole;
	return true;
}

static struct ipoib__audit_number number_of(const struct attributes *value)
{
	if (value->length != sizeof(uint16_t))
		return (struct ipoib__audit_number){ .known = false };
	return (struct ipoib__audit_number){ u16_at(value->at), true };
}

static void decode_ipoib(struct ipoib__audit_link_info *out, struct attributes run)
{
	struct attributes value;
	struct ipoib__audit_number mode;
	uint16_t type;

	while (next_attribute(&run, &type, &value))
		switch (type) {
		case IPOIB_PKEY:
			out->pkey = number_of(&value);
			break;
		case IPOIB_MODE:
			mode = number_of(&value);
			if (mode.known && mode.value <= 1)
				out->mode = mode.value == 1 ? IPOIB__AUDIT_MODE_CONNECTED
							    : IPOIB__AUDIT_MODE_DATAGRAM;
			break;
		case IPOIB_UMCAST:
			out->umcast = number_of(&value);
			break;
		}
}

static bool is_text(const struct attributes *value, const char *text)
{
	size_t length = strlen(text);

	return value->length >= length && memcmp(value->at, text, length) == 0 &&
	       (value->length == length || value->at[length] == '\0');
}

/* The kind stands before its data: data of another kind have other types. */
static void decode_info(struct ipoib__audit_link_info *out, struct attributes run)
{
	struct attributes value;
	bool is_ipoib = false;
	uint16_t type;

	while (next_attribute(&run, &type, &value))
		if (type == INFO_KIND)
			is_ipoib = is_text(&value, "ipoib");
		else if (type == INFO_DATA && is_ipoib)
			decode_ipoib(out, value);
}

static void decode_name(struct ipoib__audit_link_info *out, const struct attributes *value)
{
	const void *end = memchr(value->at, '\0', value->length);

	if (end && value->length <= sizeof(out->name))
		memcpy(out->name, value->at, (size_t)((const uint8_t *)end - value->at) + 1);
}

static void decode_link(struct ipoib__audit_link_info *out, struct attributes run)
{
	struct attributes value;
	uint16_t type;

	while (next_attribute(&run, &type, &value))
		if (type == LINK_NAME)
			decode_name(out, &value);
		else if (type == LINK_NETNSID)
			out->has_foreign_link = true;
		else if (type == LINK_INFO)
			decode_info(out, value);
}

static int error_of(const uint8_t *message, size_t length)
{
	int32_t error = length < HEADER_LENGTH + sizeof(error)
				? 0
				: (int32_t)u32_at(message + HEADER_LENGTH);

	return error < 0 && error > -4096 ? error : -EBADMSG;
}

int ipoib__audit_link_decode(struct ipoib__audit_link_info *out, const uint8_t *message,
			     size_t length)
{
	*out = (struct ipoib__audit_link_info){ .mode = IPOIB__AUDIT_MODE_UNKNOWN };
	if (length < HEADER_LENGTH)
		return -EBADMSG;

	size_t told = u32_at(message);
	uint16_t type = u16_at(message + TYPE_AT);

	if (told < HEADER_LENGTH || told > length)
		return -EBADMSG;
	if (type == MESSAGE_ERROR)
		return error_of(message, told);
	if (type != MESSAGE_LINK || told < HEADER_LENGTH + INFO_LENGTH)
		return -EBADMSG;
	out->index = (struct ipoib__audit_number){ u32_at(message + INDEX_AT), true };
	decode_link(out, (struct attributes){ message + HEADER_LENGTH + INFO_LENGTH,
					      told - HEADER_LENGTH - INFO_LENGTH });
	return 0;
}

/* sysfs may show another network namespace than the one that netlink speaks of: name and index. */
void ipoib__audit_take_link_info(struct ipoib__audit_interface *interface,
				 const struct ipoib__audit_link_info *info)
{
	if (interface->has_attributes || strcmp(interface->name, info->name) != 0 ||
	    !info->index.known ||
	    (interface->index.known && interface->index.value != info->index.value))
		return;
	interface->has_foreign_link = info->has_foreign_link;
	if (info->mode != IPOIB__AUDIT_MODE_UNKNOWN)
		interface->mode = info->mode;
	if (info->pkey.known && info->pkey.value <= UINT16_MAX && !interface->has_own_pkey) {
		interface->pkey = info->pkey;
		interface->has_own_pkey = true;
	}
	if (!interface->umcast.known)
		interface->umcast = info->umcast;
}
