/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What connections are asked for with: private data on RoCE, paths on InfiniBand. */
#include <arpa/inet.h>
#include <string.h>

#include "support/support.h"
#include "verbs/rc_by_gid.h"
#include "verbs/rc_private.h"
#include "verbs/suites.h"
#include "wire/sa.h"
#include "wire/sa_path.h"

#define SERVICE UINT64_C(0x1000000000abcdef)

START_TEST(a_request_carries_the_whole_service_id)
{
	uint8_t octets[IPOIB__RC_REQ_ROOM], data[IPOIB__RC_REQ_USER];
	uint64_t service_id;

	memset(data, 0x5a, sizeof(data));
	for (size_t length = 0; length <= sizeof(data); length++) {
		ck_assert_uint_eq(ipoib__rc_request_encode(octets, SERVICE, data, length),
				  IPOIB__RC_REQ_HEADER + length);
		ck_assert(ipoib__rc_request_decode(octets, IPOIB__RC_REQ_HEADER + length,
						   &service_id));
		ck_assert_uint_eq(service_id, SERVICE);
		if (length > 0)
			ck_assert_mem_eq(octets + IPOIB__RC_REQ_HEADER, data, length);
	}
	/* And librdmacm's header in front of it. */
	ck_assert_uint_eq(IPOIB__RC_REQ_HEADER + sizeof(data) + 36, 92);
}
END_TEST

START_TEST(a_request_that_is_cut_off_has_none)
{
	uint8_t octets[IPOIB__RC_REQ_ROOM];
	uint64_t service_id;

	ipoib__rc_request_encode(octets, SERVICE, NULL, 0);
	for (size_t length = 0; length < IPOIB__RC_REQ_HEADER; length++)
		ck_assert(!ipoib__rc_request_decode(octets, length, &service_id));
	ck_assert(!ipoib__rc_request_decode(NULL, 0, &service_id));
}
END_TEST

START_TEST(a_refusal_carries_its_reason)
{
	uint8_t octets[IPOIB__RC_REJ_ROOM], data[IPOIB__RC_REJ_ROOM + 100];
	uint16_t reason;

	memset(data, 0x77, sizeof(data));
	for (size_t length = 0; length <= sizeof(data); length++) {
		size_t written = ipoib__rc_refusal_encode(octets, 0x1234, data, length);

		ck_assert_uint_le(written, sizeof(octets));
		ck_assert(ipoib__rc_refusal_decode(octets, written, &reason));
		ck_assert_uint_eq(reason, 0x1234);
		if (length <= IPOIB__RC_REJ_ROOM - IPOIB__RC_REJ_HEADER)
			ck_assert_uint_eq(written, IPOIB__RC_REJ_HEADER + length);
	}
}
END_TEST

/* The other end's kernel refuses too, with private data of zeros. */
START_TEST(a_refusal_without_the_mark_is_not_ours)
{
	uint8_t octets[IPOIB__RC_REJ_ROOM] = { 0 };
	uint16_t reason;

	ck_assert(!ipoib__rc_refusal_decode(octets, sizeof(octets), &reason));
	ipoib__rc_refusal_encode(octets, 8, NULL, 0);
	for (size_t length = 0; length < IPOIB__RC_REJ_HEADER; length++)
		ck_assert(!ipoib__rc_refusal_decode(octets, length, &reason));
	ck_assert(!ipoib__rc_refusal_decode(NULL, 0, &reason));
	octets[0] ^= 1;
	ck_assert(!ipoib__rc_refusal_decode(octets, IPOIB__RC_REJ_HEADER, &reason));
}
END_TEST

START_TEST(a_port_is_neither_privileged_nor_given_out_by_the_kernel)
{
	for (uint64_t qpn = 0; qpn <= 0xffffff; qpn++) {
		uint16_t port = ipoib__rc_port(SERVICE >> 24 << 24 | qpn);

		if (port < 1024 || port > 32767)
			ck_abort_msg("port %u", port);
	}
	/* The prefixes of both kinds of service IDs lead to one port: that of the queue pair. */
	ck_assert_uint_eq(ipoib__rc_port(UINT64_C(0x1000000000000123)),
			  ipoib__rc_port(UINT64_C(0x0100000000000123)));
	ck_assert_uint_eq(ipoib__rc_port(0x123), 1024 + 0x123);
}
END_TEST

START_TEST(an_address_by_gid_has_the_service_id_to_its_last_bit)
{
	static const uint8_t wire[8] = { 0x10, 0, 0, 0, 0, 0xab, 0xcd, 0xef };
	const struct ipoib_gid gid = { .raw = { 0xfe, 0x80, [15] = 7 } };
	struct sockaddr_ib address = ipoib__rc_by_gid(&gid, 0x8001, SERVICE);

	ck_assert_uint_eq(address.sib_family, AF_IB);
	ck_assert_uint_eq(ntohs(address.sib_pkey), 0x8001);
	ck_assert_mem_eq(&address.sib_addr, gid.raw, sizeof(gid.raw));
	ck_assert_mem_eq(&address.sib_sid, wire, sizeof(wire));
	ck_assert_uint_eq(address.sib_sid_mask, UINT64_MAX);
	ck_assert_uint_eq(ipoib__rc_by_gid(&gid, 0x8001, 0).sib_sid_mask, 0);
}
END_TEST

START_TEST(a_path_is_given_as_the_sa_gave_it)
{
	struct ipoib_port_attributes port = { .lid = 0x22, .gid = { .raw = { 0xfe, [15] = 2 } } };
	struct ipoib_path_record path = {
		.dgid = { .raw = { 0xfe, 0x80, [15] = 9 } },
		.sgid = { .raw = { 0xfe, [15] = 1 } },
		.dlid = 0x1234,
		.slid = 0x21,
		.pkey = 0x8005,
		.sl = 3,
		.rate = 7,
		.hop_limit = 64,
		.traffic_class = 0x20,
		.packet_life = 18,
		.flow_label = 0xabcde,
		.mtu = 2048,
	};
	struct ibv_path_data data = ipoib__rc_path_data(&path, &port, SERVICE);
	struct ipoib__sa_path record;

	ck_assert_uint_eq(data.flags, 0x2b); /* what Linux compares with */
	ck_assert_int_gt(ipoib__sa_path_decode(&record, &data.path, sizeof(data.path)), 0);
	ck_assert_uint_eq(record.service_id, SERVICE);
	ck_assert_mem_eq(&record.dgid, &path.dgid, sizeof(path.dgid));
	ck_assert_mem_eq(&record.sgid, &port.gid, sizeof(port.gid));
	ck_assert_uint_eq(record.dlid, 0x1234);
	ck_assert_uint_eq(record.slid, 0x22);
	ck_assert_uint_eq(record.pkey, 0x8005);
	ck_assert_uint_eq(record.sl, 3);
	ck_assert_uint_eq(record.mtu, 4);
	ck_assert_uint_eq(record.rate, 7);
	ck_assert_uint_eq(record.life, 18);
	ck_assert_uint_eq(record.hop_limit, 64);
	ck_assert_uint_eq(record.traffic_class, 0x20);
	ck_assert_uint_eq(record.flow_label, 0xabcde);
	ck_assert(record.reversible);
	/* The members that librdmacm has for the same. */
	ck_assert_uint_eq(ntohs(data.path.dlid), 0x1234);
	ck_assert_uint_eq(ntohs(data.path.qosclass_sl), 3);
	ck_assert_uint_eq(data.path.reversible_numpath, 0x81);
	ck_assert_uint_eq(data.path.mtu, 0x80 | 4);
}
END_TEST

Suite *suite_rc_private(void)
{
	Suite *suite = suite_create("rc_private");
	TCase *tcase = tcase_create("rc_private");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_request_carries_the_whole_service_id);
	tcase_add_test(tcase, a_request_that_is_cut_off_has_none);
	tcase_add_test(tcase, a_refusal_carries_its_reason);
	tcase_add_test(tcase, a_refusal_without_the_mark_is_not_ours);
	tcase_add_test(tcase, a_port_is_neither_privileged_nor_given_out_by_the_kernel);
	tcase_add_test(tcase, an_address_by_gid_has_the_service_id_to_its_last_bit);
	tcase_add_test(tcase, a_path_is_given_as_the_sa_gave_it);
	suite_add_tcase(suite, tcase);
	return suite;
}
