/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* RTM_NEWLINK messages, octet by octet. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "audit/link_info.h"
#include "audit/suites.h"
#include "support/support.h"

struct message {
	uint8_t octets[512];
	size_t length;
};

static void put_u16(struct message *message, uint16_t value)
{
	memcpy(message->octets + message->length, &value, sizeof(value));
	message->length += sizeof(value);
}

static void put_u32(struct message *message, uint32_t value)
{
	memcpy(message->octets + message->length, &value, sizeof(value));
	message->length += sizeof(value);
}

static void put_attribute(struct message *message, uint16_t type, const void *value, size_t length)
{
	put_u16(message, (uint16_t)(length + 4));
	put_u16(message, type);
	memcpy(message->octets + message->length, value, length);
	message->length += (length + 3) & ~(size_t)3;
}

static void put_number(struct message *message, uint16_t type, uint16_t value)
{
	put_attribute(message, type, &value, sizeof(value));
}

static void set_length(struct message *message)
{
	uint32_t length = (uint32_t)message->length;

	memcpy(message->octets, &length, sizeof(length));
}

/* nlmsghdr and ifinfomsg of the interface 7. */
static struct message begin(uint16_t type)
{
	struct message message = { .length = 0 };

	put_u32(&message, 0);
	put_u16(&message, type);
	put_u16(&message, 0);
	put_u32(&message, 0);
	put_u32(&message, 4711);
	put_u16(&message, 0);
	put_u16(&message, 32);
	put_u32(&message, 7);
	put_u32(&message, 0x1043);
	put_u32(&message, 0);
	return message;
}

/* ib0.8002@ib0, connected, as Linux 6.1 sends it; NETNS is IFLA_LINK_NETNSID. */
static struct message of_child(const char *kind, uint16_t mode, bool has_netns)
{
	struct message message = begin(16), data = { .length = 0 }, info = { .length = 0 };
	const uint32_t link = 4, netns = 0;

	put_attribute(&message, 3, "ib0.8002", sizeof("ib0.8002"));
	put_attribute(&message, 5, &link, sizeof(link));
	if (has_netns)
		put_attribute(&message, 37, &netns, sizeof(netns));
	put_number(&data, 1, 0x8002);
	put_number(&data, 2, mode);
	put_number(&data, 3, 0);
	put_attribute(&info, 1, kind, strlen(kind) + 1);
	put_attribute(&info, 2, data.octets, data.length);
	/* NLA_F_NESTED in the type, as newer kernels set it */
	put_attribute(&message, 0x8000 | 18, info.octets, info.length);
	set_length(&message);
	return message;
}

static int decode(struct ipoib__audit_link_info *info, const struct message *message)
{
	/* a copy of its very length, so that a sanitizer sees what is read behind it */
	uint8_t *octets = ipoib__memory_get(support_memory(), message->length);

	if (message->length > 0)
		memcpy(octets, message->octets, message->length);
	int error = ipoib__audit_link_decode(info, octets, message->length);

	ipoib__memory_put(support_memory(), octets, message->length);
	return error;
}

START_TEST(mode_pkey_and_umcast_are_decoded)
{
	struct ipoib__audit_link_info info;
	struct message message = of_child("ipoib", 1, false);

	ck_assert_int_eq(decode(&info, &message), 0);
	ck_assert(info.index.known && info.index.value == 7);
	ck_assert_str_eq(info.name, "ib0.8002");
	ck_assert_int_eq(info.mode, IPOIB__AUDIT_MODE_CONNECTED);
	ck_assert(info.pkey.known && info.pkey.value == 0x8002);
	ck_assert(info.umcast.known && info.umcast.value == 0);
	ck_assert(!info.has_foreign_link);
	message = of_child("ipoib", 0, true);
	ck_assert_int_eq(decode(&info, &message), 0);
	ck_assert_int_eq(info.mode, IPOIB__AUDIT_MODE_DATAGRAM);
	ck_assert(info.has_foreign_link);
	message = of_child("ipoib", 2, false);
	ck_assert_int_eq(decode(&info, &message), 0);
	ck_assert_int_eq(info.mode, IPOIB__AUDIT_MODE_UNKNOWN);
}
END_TEST

START_TEST(data_of_another_kind_are_not_ipoibs)
{
	struct ipoib__audit_link_info info;
	struct message message = of_child("vlan", 1, false);

	ck_assert_int_eq(decode(&info, &message), 0);
	ck_assert_int_eq(info.mode, IPOIB__AUDIT_MODE_UNKNOWN);
	ck_assert(!info.pkey.known);
}
END_TEST

START_TEST(error_messages_tell_their_errno)
{
	struct ipoib__audit_link_info info;
	struct message message = { .length = 0 };

	put_u32(&message, 20);
	put_u16(&message, 2);
	put_u16(&message, 0);
	put_u32(&message, 0);
	put_u32(&message, 0);
	put_u32(&message, (uint32_t)-ENODEV);
	ck_assert_int_eq(decode(&info, &message), -ENODEV);
	message.length = 16;
	set_length(&message);
	ck_assert_int_eq(decode(&info, &message), -EBADMSG);
}
END_TEST

START_TEST(what_is_no_link_is_refused)
{
	struct ipoib__audit_link_info info;
	struct message message = of_child("ipoib", 1, false);
	size_t whole = message.length;

	for (message.length = 0; message.length < whole; message.length++)
		ck_assert_int_eq(decode(&info, &message), -EBADMSG);
	message = begin(17);
	set_length(&message);
	ck_assert_int_eq(decode(&info, &message), -EBADMSG);
	message = begin(16);
	message.length -= 4;
	set_length(&message);
	ck_assert_int_eq(decode(&info, &message), -EBADMSG);
}
END_TEST

/* Whatever lengths within say: nothing is read beyond the message, and names end. */
START_TEST(any_octets_do_no_harm)
{
	struct ipoib__random *random = support_random();

	for (unsigned round = 0; round < 20000; round++) {
		struct message message = of_child("ipoib", 1, true);
		struct ipoib__audit_link_info info;

		for (unsigned n = 0; n < 3; n++) {
			uint64_t value = ipoib__random_u64(random);

			message.octets[value % message.length] = (uint8_t)(value >> 32);
		}
		message.length -= ipoib__random_u64(random) % 8;
		(void)decode(&info, &message);
		ck_assert_uint_lt(strnlen(info.name, sizeof(info.name)), sizeof(info.name));
	}
}
END_TEST

START_TEST(attributes_cut_at_every_length_do_no_harm)
{
	struct message whole = of_child("ipoib", 1, true);
	struct ipoib__audit_link_info info;

	for (size_t length = 32; length <= whole.length; length++) {
		struct message message = whole;

		message.length = length;
		set_length(&message);
		ck_assert_int_eq(decode(&info, &message), 0);
		ck_assert(length == whole.length || !info.umcast.known);
	}
}
END_TEST

#ifdef __linux__
/* The loopback is the first interface of every network namespace, and no IPoIB. */
START_TEST(the_kernel_answers_a_question_for_one_interface)
{
	struct ipoib__audit_link_info info;
	int fd = ipoib__audit_link_open();

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ipoib__audit_link_ask(fd, 1, &info), 0);
	ck_assert_str_eq(info.name, "lo");
	ck_assert_uint_eq(info.index.value, 1);
	ck_assert_int_eq(info.mode, IPOIB__AUDIT_MODE_UNKNOWN);
	ck_assert_int_eq(ipoib__audit_link_ask(fd, 0x7ffffffe, &info), -ENODEV);
	ck_assert_int_eq(ipoib__audit_link_ask(fd, 1, &info), 0);
	close(fd);
}
END_TEST
#endif

Suite *suite_link_info(void)
{
	Suite *suite = suite_create("link_info");
	TCase *tcase = tcase_create("link_info");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, mode_pkey_and_umcast_are_decoded);
	tcase_add_test(tcase, data_of_another_kind_are_not_ipoibs);
	tcase_add_test(tcase, error_messages_tell_their_errno);
	tcase_add_test(tcase, what_is_no_link_is_refused);
	tcase_add_test(tcase, any_octets_do_no_harm);
	tcase_add_test(tcase, attributes_cut_at_every_length_do_no_harm);
#ifdef __linux__
	tcase_add_test(tcase, the_kernel_answers_a_question_for_one_interface);
#endif
	suite_add_tcase(suite, tcase);
	return suite;
}
