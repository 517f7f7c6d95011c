/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Connected mode, one side of it: what the interface does when peers agree, refuse, fall silent. */
#include <errno.h>
#include <string.h>

#include "interface/connected_rig.h"
#include "interface/suites.h"
#include "support/support.h"
#include "wire/cm.h"
#include "wire/encap.h"
#include "wire/ipoib_cm.h"

#define DATAGRAM_MTU 2044

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static uint64_t service(enum ipoib__service_form form)
{
	return ipoib__service_id(form, fake_ud(fake)->attributes.qpn);
}

/* A packet that must go, and by which way it went. */
static bool goes_by_connection(size_t length)
{
	size_t before = fake->rc_sent_count, before_all = (size_t)rail_statistics(rail).sent;

	ck_assert_int_eq(rail_send(rail, PEER_IP, length, 1), 0);
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).sent, before_all + 1);
	return fake->rc_sent_count == before + 1;
}

START_TEST(a_peer_that_announces_rc_is_dialled_by_linux_service_id)
{
	struct ipoib__cm_private ours;
	struct fake_rc *rc;

	connected_up(NULL);
	ck_assert_uint_eq(rail_mtu(rail), IPOIB_MTU_CONNECTED);
	ck_assert_uint_eq(fake_ud(fake)->listen_count, 2);
	rc = connected_dial();
	ck_assert_uint_eq(rail_statistics(rail).sent, 2); /* as datagrams, meanwhile */
	ck_assert_uint_eq(rc->attributes.service_id,
			  ipoib__service_id(IPOIB__SERVICE_LINUX, PEER_QPN));
	ck_assert_int_ge(ipoib__cm_private_decode(&ours, rc->attributes.private_data,
						  rc->attributes.private_length),
			 0);
	ck_assert_uint_eq(ours.qpn, fake_ud(fake)->attributes.qpn);
	ck_assert_uint_eq(ours.receive_mtu, IPOIB_RC_MESSAGE_MAX);
	fake_rc_up(fake, rc, PEER_QPN, TAKES);
	bench_settle();
	ck_assert(goes_by_connection(SMALL));
	ck_assert(goes_by_connection(65520));
	bench_close();
}
END_TEST

/* It is dialled, and nobody is told that it could dial us. */
START_TEST(a_port_that_takes_no_connections_makes_them)
{
	struct ipoib_interface_config config = bench_connected();
	struct ipoib_interface_info info = { .size = sizeof(info) };

	bench_open();
	fake->takes_none = true;
	rail_open(rail, fake, &config);
	rail_bind(rail, "10.0.0.1");
	bench_settle();
	bench.flags = IPOIB_LINK_ADDRESS_RC;
	ck_assert_int_eq(ipoib_interface_info(rail->interface, &info), 0);
	ck_assert_uint_eq(ipoib_link_address_flags(&info.link_address), 0);
	ck_assert_uint_eq(rail_mtu(rail), IPOIB_MTU_CONNECTED);
	connected_connect();
	ck_assert(goes_by_connection(LARGE));
	bench_close();
}
END_TEST

START_TEST(a_peer_that_does_not_announce_rc_is_not_dialled)
{
	uint32_t mtu = 0;
	struct ipoib_ip to = ip(PEER_IP);

	connected_up(NULL);
	bench.flags = 0;
	ck_assert(!goes_by_connection(SMALL));
	bench_run(SECOND);
	ck_assert_ptr_null(fake_rc_last(fake));
	ck_assert_int_eq(rail_send_via(rail, &to, LARGE, 0, &mtu), -EMSGSIZE);
	ck_assert_uint_eq(mtu, DATAGRAM_MTU);
	bench_close();
}
END_TEST

START_TEST(a_peer_that_does_not_know_the_service_id_is_dialled_by_the_rfcs)
{
	struct fake_rc *rc, *second;

	connected_up(NULL);
	rc = connected_dial();
	fake_rc_refuse(fake, rc, IPOIB__CM_REASON_SERVICE_ID);
	bench_settle();
	ck_assert(!rc->alive);
	second = fake_rc_last(fake);
	ck_assert_ptr_nonnull(second);
	ck_assert_uint_eq(second->attributes.service_id,
			  ipoib__service_id(IPOIB__SERVICE_RFC, PEER_QPN));
	fake_rc_up(fake, second, PEER_QPN, TAKES);
	bench_settle();
	ck_assert(goes_by_connection(LARGE));
	bench_close();
}
END_TEST

/* The panic of old: 4188 octets must never take a queue pair of 2044. */
START_TEST(a_large_packet_waits_for_the_verdict_and_is_answered_with_it)
{
	struct ipoib_ip to = ip(PEER_IP);
	struct fake_rc *rc;
	uint32_t mtu = 0;

	connected_up(NULL);
	rc = connected_dial();
	ck_assert_int_eq(rail_send(rail, PEER_IP, 4188, 1), 0);
	bench_run(SECOND);
	ck_assert_uint_eq(rail_statistics(rail).queued, 1);
	ck_assert(!goes_by_connection(SMALL)); /* it holds up nobody */
	fake_rc_refuse(fake, rc, 0);
	bench_settle();
	ck_assert_uint_eq(rail_statistics(rail).queued, 0);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_TOO_BIG], 1);
	ck_assert_int_eq(rail_send_via(rail, &to, LARGE, 0, &mtu), -EMSGSIZE);
	ck_assert_uint_eq(mtu, DATAGRAM_MTU);
	ck_assert(!goes_by_connection(SMALL));
	ck_assert_ptr_null(fake_rc_last(fake)); /* held */
	bench_run(2 * SECOND);
	ck_assert(!goes_by_connection(SMALL));
	ck_assert_ptr_nonnull(fake_rc_last(fake));
	bench_close();
}
END_TEST

START_TEST(nothing_longer_than_the_peer_announced_is_posted)
{
	struct ipoib_ip to = ip(PEER_IP);
	uint32_t mtu = 0;

	connected_up(NULL);
	fake_rc_up(fake, connected_dial(), PEER_QPN, 9004);
	bench_settle();
	ck_assert(goes_by_connection(9000));
	ck_assert_int_eq(rail_send_via(rail, &to, 9001, 0, &mtu), -EMSGSIZE);
	ck_assert_uint_eq(mtu, 9000);
	bench_close();
}
END_TEST

START_TEST(an_answer_that_makes_no_sense_is_a_failure)
{
	static const struct {
		uint32_t qpn, receive_mtu;
	} answers[] = { { PEER_QPN, 0 },
			{ PEER_QPN, 4 },
			{ PEER_QPN, UINT32_C(0x80000001) },
			{ PEER_QPN, UINT32_MAX },
			{ PEER_QPN + 1, TAKES } };

	connected_up(NULL);
	fake_rc_up(fake, connected_dial(), answers[_i].qpn, answers[_i].receive_mtu);
	bench_settle();
	ck_assert_ptr_null(fake_rc_last(fake));
	ck_assert(!goes_by_connection(SMALL));
	ck_assert_uint_eq(rail_statistics(rail).connections_failed, 1);
	bench_close();
}
END_TEST

START_TEST(a_request_that_makes_no_sense_is_refused)
{
	static const uint32_t absurd[] = { 0, 1, 4, UINT32_C(0x80000001), UINT32_MAX };
	static const uint8_t octets[7] = { 0 };
	size_t asked = 0;

	connected_up(NULL);
	for (size_t length = 0; length <= sizeof(octets); length++, asked++)
		fake_rc_request(fake, service(IPOIB__SERVICE_LINUX), PEER, octets, length);
	for (size_t i = 0; i < sizeof(absurd) / sizeof(absurd[0]); i++, asked++)
		fake_rc_ask(fake, service(IPOIB__SERVICE_RFC), PEER, absurd[i]);
	bench_settle();
	for (size_t i = 0; i < asked; i++) {
		ck_assert_int_eq(fake->requests[i].state, FAKE_REQUEST_REFUSED);
		ck_assert_uint_eq(fake->requests[i].reason, IPOIB__CM_REASON_CONSUMER);
	}
	ck_assert_ptr_null(fake_rc_last(fake));
	ck_assert_uint_eq(rail_statistics(rail).connections_refused, asked);
	bench_close();
}
END_TEST

START_TEST(a_peer_of_linux_kind_is_heard_on_its_own_connection)
{
	uint8_t octets[IPOIB__ENCAP_LENGTH + LARGE] = { 8, 0 };
	struct fake_rc *made, *taken;

	connected_up(NULL);
	made = connected_connect();
	fake_rc_ask(fake, service(IPOIB__SERVICE_LINUX), PEER, TAKES);
	bench_settle();
	taken = fake_rc_last(fake);
	ck_assert(taken != made && taken->request == 1 && made->alive);
	fake_rc_up(fake, taken, 0, 0);
	bench_settle();
	ip_octets(octets + IPOIB__ENCAP_LENGTH, PEER_IP, "10.0.0.1", LARGE, 7);
	ck_assert(fake_rc_deliver(fake, taken, octets, sizeof(octets), 0));
	bench_settle();
	ck_assert_uint_eq(rail->received, 1);
	ck_assert_uint_eq(rail->last_length, LARGE);
	ck_assert_uint_eq(rail_statistics(rail).received_connected, 1);
	ck_assert(goes_by_connection(LARGE));
	ck_assert_uint_eq(fake->rc_sent[fake->rc_sent_count - 1].connection,
			  made->attributes.connection);
	bench_close();
}
END_TEST

/* RFC 4755 section 3.3: the smaller link address gives way, and its number is the queue pair's. */
START_TEST(of_two_requests_that_cross_one_stays)
{
	const struct ipoib_interface_config config = bench_connected();
	bool ours_gives_way = _i;
	struct fake_rc *rc;

	bench_open();
	bench.flags = IPOIB_LINK_ADDRESS_RC;
	fake->next_qpn = ours_gives_way ? 0x40 : 0x400;
	rail_open(rail, fake, &config);
	rail_bind(rail, "10.0.0.1");
	bench_settle();
	rc = connected_dial();
	fake_rc_ask(fake, service(IPOIB__SERVICE_RFC), PEER, TAKES);
	bench_settle();
	ck_assert_uint_eq(fake->rcs_alive, 1);
	ck_assert(rc->alive != ours_gives_way);
	ck_assert_int_eq(fake->requests[0].state,
			 ours_gives_way ? FAKE_REQUEST_TAKEN : FAKE_REQUEST_REFUSED);
	if (!ours_gives_way)
		ck_assert_uint_eq(fake->requests[0].reason, IPOIB__CM_REASON_CONSUMER);
	fake_rc_up(fake, fake_rc_last(fake), PEER_QPN, TAKES);
	bench_settle();
	ck_assert(goes_by_connection(LARGE));
	bench_close();
}
END_TEST

START_TEST(what_was_under_way_on_a_connection_that_ends_is_answered)
{
	int status = _i ? -EIO : -ECONNRESET;
	struct fake_rc *rc;

	connected_up(NULL);
	rc = connected_connect();
	fake->completing = false;
	for (uint32_t i = 0; i < 12; i++) /* eight are posted, the others wait */
		ck_assert_int_eq(rail_send(rail, PEER_IP, LARGE, i), 0);
	bench_settle();
	ck_assert_uint_eq(rc->send_count, 8);
	fake_rc_down(fake, rc, status);
	bench_settle();
	fake->completing = true;
	ck_assert(!rc->alive);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_TRANSPORT], 8);
	ck_assert_ptr_nonnull(fake_rc_last(fake)); /* the others go by the next */
	fake_rc_up(fake, fake_rc_last(fake), PEER_QPN, TAKES);
	bench_settle();
	ck_assert_uint_eq(fake->rc_sent_count, 4);
	ck_assert_uint_eq(rail_statistics(rail).queued, 0);
	bench_close();
}
END_TEST

Suite *suite_connected(void)
{
	Suite *suite = suite_create("connected");
	TCase *tcase = tcase_create("connected");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 120); /* for valgrind */
	tcase_add_test(tcase, a_peer_that_announces_rc_is_dialled_by_linux_service_id);
	tcase_add_test(tcase, a_port_that_takes_no_connections_makes_them);
	tcase_add_test(tcase, a_peer_that_does_not_announce_rc_is_not_dialled);
	tcase_add_test(tcase, a_peer_that_does_not_know_the_service_id_is_dialled_by_the_rfcs);
	tcase_add_test(tcase, a_large_packet_waits_for_the_verdict_and_is_answered_with_it);
	tcase_add_test(tcase, nothing_longer_than_the_peer_announced_is_posted);
	tcase_add_loop_test(tcase, an_answer_that_makes_no_sense_is_a_failure, 0, 5);
	tcase_add_test(tcase, a_request_that_makes_no_sense_is_refused);
	tcase_add_test(tcase, a_peer_of_linux_kind_is_heard_on_its_own_connection);
	tcase_add_loop_test(tcase, of_two_requests_that_cross_one_stays, 0, 2);
	tcase_add_loop_test(tcase, what_was_under_way_on_a_connection_that_ends_is_answered, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
