/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The frame and the attach message: layout, truncation, nonsense. */
#include <errno.h>
#include <string.h>

#include <ipoib/transport.h>

#include "mock/attach.h"
#include "mock/frame.h"
#include "mock/suites.h"
#include "support/support.h"

static struct ipoib__frame sample(void)
{
	return (struct ipoib__frame){
		.operation = IPOIB__FRAME_UD,
		.flags = IPOIB__FRAME_GRH,
		.syndrome = 0x11,
		.slid = 0x0102,
		.dlid = 0xc001,
		.sqpn = 0x030405,
		.dqpn = 0xffffff,
		.qkey = 0x0b1b,
		.psn = 0x060708,
		.pkey = 0xffff,
		.sl = 9,
		.rnr_timer = 0x12,
		.length = 5,
		.immediate = 0x0a0b0c0d,
		.flow_label = 0xedcba,
		.traffic_class = 0x21,
		.hop_limit = 0x22,
		.sgid = { { 0xfe, 0x80, [15] = 1 } },
		.dgid = { { 0xff, 0x12, [15] = 2 } },
	};
}

START_TEST(a_frame_stands_where_the_kernel_module_has_it)
{
	static const uint8_t head[48] = {
		0x56, 0x48, 0x43, 0x41, 1,    1,    1,	  0x11, 0x01, 0x02, 0xc0, 0x01,
		0,    3,    4,	  5,	0,    0xff, 0xff, 0xff, 0,    0,    0x0b, 0x1b,
		0,    6,    7,	  8,	0xff, 0xff, 9,	  0x12, 0,    0,    0,	  5,
		0x0a, 0x0b, 0x0c, 0x0d, 0,    0x0e, 0xdc, 0xba, 0x21, 0x22, 0,	  0,
	};
	struct ipoib__frame frame = sample(), again;
	uint8_t bytes[IPOIB__FRAME_HEADER];

	ck_assert_int_eq(ipoib__frame_encode(bytes, sizeof(bytes), &frame), 80);
	ck_assert_mem_eq(bytes, head, sizeof(head));
	ck_assert_mem_eq(bytes + 48, frame.sgid.raw, 16);
	ck_assert_mem_eq(bytes + 64, frame.dgid.raw, 16);
	ck_assert_int_eq(ipoib__frame_decode(&again, bytes, sizeof(bytes)), 80);
	ck_assert_uint_eq(again.sqpn, frame.sqpn);
	ck_assert_uint_eq(again.flow_label, frame.flow_label);
	ck_assert_uint_eq(again.immediate, frame.immediate);
	ck_assert_uint_eq(again.length, 5);
	ck_assert_mem_eq(&again.dgid, &frame.dgid, 16);
	ck_assert_int_eq(ipoib__frame_encode(bytes, 79, &frame), -ENOBUFS);
}
END_TEST

START_TEST(a_frame_that_is_none_is_refused)
{
	struct ipoib__frame frame = sample(), out;
	uint8_t bytes[IPOIB__FRAME_HEADER];
	static const struct {
		size_t at;
		uint8_t value;
		int error;
	} wrong[] = {
		{ 0, 0, -EPROTO },  { 4, 2, -EPROTO },	{ 5, 0, -EPROTO },  { 5, 5, -EPROTO },
		{ 12, 1, -EINVAL }, { 16, 1, -EINVAL }, { 24, 1, -EINVAL }, { 30, 16, -EINVAL },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ck_assert_int_eq(ipoib__frame_encode(bytes, sizeof(bytes), &frame), 80);
		bytes[wrong[i].at] = wrong[i].value;
		ck_assert_int_eq(ipoib__frame_decode(&out, bytes, sizeof(bytes)), wrong[i].error);
	}
	for (size_t length = 0; length < sizeof(bytes); length++)
		ck_assert_int_eq(ipoib__frame_decode(&out, bytes, length), -EINVAL);
}
END_TEST

START_TEST(an_attach_message_goes_round_in_both_forms)
{
	static const uint32_t sizes[] = { 76, 100, 144, 200 };
	struct ipoib__attach attach = {
		.lid = 7,
		.sm_lid = 8,
		.sm_sl = 1,
		.state = 4,
		.mtu = 4,
		.guid = { 1 },
		.prefix = { 0xfe, 0x80 },
		.device = "host1",
		.port = 2,
		.pkey_count = 1,
		.pkeys = { 0xffff },
		.status = -EBUSY,
		.reason = "because",
		.events = 1,
	};
	struct ipoib__attach out;
	uint8_t bytes[256] = { 0 };

	for (size_t i = 0; i < 4; i++) {
		int written;

		attach.size = sizes[i];
		written = ipoib__attach_encode(bytes, sizeof(bytes), &attach);
		ck_assert_int_eq(written, sizes[i] < 144 ? (int)sizes[i] : 144);
		ck_assert_int_eq(ipoib__attach_decode(&out, bytes, (size_t)written), written);
		ck_assert_str_eq(out.device, "host1");
		ck_assert_uint_eq(out.port, 2);
		ck_assert_uint_eq(out.pkeys[0], 0xffff);
		ck_assert_int_eq(out.status, sizes[i] < 100 ? 0 : -EBUSY);
		ck_assert_uint_eq(out.events, sizes[i] < 144 ? 0 : 1);
		ck_assert_int_eq(ipoib__attach_encode(bytes, (size_t)written - 1, &attach),
				 -ENOBUFS);
	}
}
END_TEST

START_TEST(an_attach_message_of_another_length_is_refused)
{
	struct ipoib__attach attach = { .size = 144, .mtu = 4 }, out;
	uint8_t bytes[200] = { 0 };
	uint32_t longer = sizeof(bytes);

	ck_assert_int_eq(ipoib__attach_encode(bytes, sizeof(bytes), &attach), 144);
	for (size_t length = 0; length <= sizeof(bytes); length++)
		if (length != 144)
			ck_assert_int_eq(ipoib__attach_decode(&out, bytes, length), -EINVAL);
	memcpy(bytes, &longer, sizeof(longer)); /* from a newer side */
	ck_assert_int_eq(ipoib__attach_decode(&out, bytes, sizeof(bytes)), 200);
	bytes[45] = 16;
	ck_assert_int_eq(ipoib__attach_decode(&out, bytes, sizeof(bytes)), -EINVAL);
	ck_assert(!ipoib__attach_is_attach(bytes, 3));
	ck_assert(ipoib__attach_is_attach(bytes, 4));
}
END_TEST

START_TEST(attributes_that_no_port_has_are_refused)
{
	static const uint16_t no_lid[] = { 0, 0xc000, 0xffff };
	struct ipoib_port_attributes port;
	struct ipoib__attach attach = { .size = 144, .mtu = 4, .lid = 1, .state = 4 };

	memset(&port, 0, sizeof(port));
	ck_assert_int_eq(ipoib__attach_attributes(&port, &attach), 0);
	ck_assert_uint_eq(port.mtu, 2048);
	ck_assert_uint_eq(port.state, IPOIB_PORT_ACTIVE);
	attach.mtu = 6;
	ck_assert_int_eq(ipoib__attach_attributes(&port, &attach), -EPROTO);
	attach.mtu = 4;
	for (size_t i = 0; i < 3; i++) {
		attach.lid = no_lid[i];
		ck_assert_int_eq(ipoib__attach_attributes(&port, &attach), -EPROTO);
	}
}
END_TEST

START_TEST(random_octets_harm_no_decoder)
{
	struct ipoib__random *random = support_random();
	struct ipoib__attach attach;
	struct ipoib__frame frame;
	uint8_t bytes[160];

	for (unsigned round = 0; round < 20000; round++) {
		size_t length = (size_t)ipoib__random_below(random, sizeof(bytes));
		uint32_t size = (uint32_t)length;

		for (size_t i = 0; i < length; i++)
			bytes[i] = (uint8_t)ipoib__random_u64(random);
		(void)ipoib__frame_decode(&frame, bytes, length);
		if (length >= 4)
			memcpy(bytes, &size, sizeof(size));
		if (ipoib__attach_decode(&attach, bytes, length) > 0)
			ck_assert_uint_le(attach.pkey_count, IPOIB__ATTACH_PKEYS);
	}
}
END_TEST

Suite *suite_frame(void)
{
	Suite *suite = suite_create("frame");
	TCase *tcase = tcase_create("frame");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_frame_stands_where_the_kernel_module_has_it);
	tcase_add_test(tcase, a_frame_that_is_none_is_refused);
	tcase_add_test(tcase, an_attach_message_goes_round_in_both_forms);
	tcase_add_test(tcase, an_attach_message_of_another_length_is_refused);
	tcase_add_test(tcase, attributes_that_no_port_has_are_refused);
	tcase_add_test(tcase, random_octets_harm_no_decoder);
	suite_add_tcase(suite, tcase);
	return suite;
}
