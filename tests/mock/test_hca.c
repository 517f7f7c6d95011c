/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The strictness of the simulated adapter, rule by rule. */
#include <errno.h>
#include <string.h>

#include "mock/fixture.h"
#include "mock/suites.h"

static struct ipoib_fabric *fabric;
static struct node a, b;
static void *ah;

static void setup(void)
{
	support_setup();
	fabric = fixture_fabric(2);
	node_open(&a, fabric, "host1/1");
	node_open(&b, fabric, "host2/1");
	ah = node_ah(&a, &b, false);
}

static void teardown(void)
{
	ops->ah_destroy(a.port, ah);
	node_close(&a);
	node_close(&b);
	fixture_close(fabric);
	support_teardown();
}

/* Sends from a to b and lets it arrive; the send itself must succeed. */
static void send_one(uint32_t qpn, uint32_t length)
{
	ck_assert_int_eq(node_send(&a, ah, qpn, 0, length), 1);
	fixture_settle(fabric);
	ck_assert_uint_eq(node_completion(&a, IPOIB_UD_SEND, 0).cookie, 0);
}

START_TEST(a_datagram_arrives_with_its_source)
{
	struct ipoib_ud_completion done;

	memcpy(node_send_slot(&a, 0), "hello", 5);
	ck_assert_int_eq(node_receive(&b, 0, NODE_SLOT), 1);
	send_one(b.qpn, 5);
	done = node_completion(&b, IPOIB_UD_RECEIVE, 0);
	ck_assert_uint_eq(done.cookie, 100);
	ck_assert_uint_eq(done.length, 45);
	ck_assert_uint_eq(done.source_qpn, a.qpn);
	ck_assert_uint_eq(done.source_lid, node_attributes(&a).lid);
	ck_assert_uint_eq(done.sl, 3);
	ck_assert_uint_eq(done.has_grh, 0);
	ck_assert_mem_eq(node_receive_slot(&b, 0) + 40, "hello", 5);
	for (unsigned i = 0; i < 40; i++)
		ck_assert_uint_eq(node_receive_slot(&b, 0)[i], IPOIB__HCA_POISON);
}
END_TEST

START_TEST(a_grh_stands_in_front_where_the_sender_gave_one)
{
	void *global = node_ah(&a, &b, true);
	struct ipoib_port_attributes from = node_attributes(&a), to = node_attributes(&b);
	const uint8_t *grh = node_receive_slot(&b, 0);

	ck_assert_int_eq(node_receive(&b, 0, NODE_SLOT), 1);
	ck_assert_int_eq(node_send(&a, global, b.qpn, 0, 100), 1);
	fixture_settle(fabric);
	node_completion(&a, IPOIB_UD_SEND, 0);
	ck_assert_uint_eq(node_completion(&b, IPOIB_UD_RECEIVE, 0).has_grh, 1);
	ck_assert_uint_eq(grh[0] >> 4, 6);
	ck_assert_uint_eq(grh[6], 0x1b);
	ck_assert_mem_eq(grh + 8, from.gid.raw, 16);
	ck_assert_mem_eq(grh + 24, to.gid.raw, 16);
	ops->ah_destroy(a.port, global);
}
END_TEST

START_TEST(a_send_longer_than_the_mtu_fails_and_stops_the_queue_until_it_is_polled)
{
	struct ipoib_ud_send sends[3];

	for (unsigned i = 0; i < 3; i++)
		sends[i] = node_send_request(&a, ah, b.qpn, i, i == 1 ? 2049 : 2048);
	ck_assert_int_eq(node_receive(&b, 0, NODE_SLOT), 1);
	ck_assert_int_eq(ops->ud_post_send(a.port, a.ud, sends, 3), 3);
	fixture_settle(fabric);
	ck_assert_uint_eq(node_completion(&a, IPOIB_UD_SEND, 0).cookie, 0);
	ck_assert_uint_eq(node_completion(&b, IPOIB_UD_RECEIVE, 0).length, 2088);
	/* One more into the stopped queue: flushed, but mending does not wait for it. */
	ck_assert_int_eq(node_send(&a, ah, b.qpn, 3, 10), 1);
	ck_assert_uint_eq(node_completion(&a, IPOIB_UD_SEND, -EMSGSIZE).cookie, 1);
	ck_assert_uint_eq(node_completion(&a, IPOIB_UD_SEND, -ECANCELED).cookie, 2);
	ck_assert_int_eq(node_receive(&b, 0, NODE_SLOT), 1);
	ck_assert_int_eq(node_send(&a, ah, b.qpn, 4, 10), 1);
	ck_assert_uint_eq(node_completion(&a, IPOIB_UD_SEND, -ECANCELED).cookie, 3);
	ck_assert_uint_eq(node_completion(&a, IPOIB_UD_SEND, 0).cookie, 4);
	fixture_settle(fabric);
	node_completion(&b, IPOIB_UD_RECEIVE, 0);
}
END_TEST

START_TEST(receiving_goes_on_while_the_send_queue_is_stopped)
{
	void *back = node_ah(&b, &a, false);

	ck_assert_int_eq(node_receive(&a, 0, NODE_SLOT), 1);
	ck_assert_int_eq(node_send(&a, ah, b.qpn, 0, 2049), 1);
	ck_assert_int_eq(node_send(&b, back, a.qpn, 0, 8), 1);
	fixture_settle(fabric);
	node_completion(&a, IPOIB_UD_SEND, -EMSGSIZE);
	node_completion(&a, IPOIB_UD_RECEIVE, 0);
	node_completion(&b, IPOIB_UD_SEND, 0);
	ops->ah_destroy(b.port, back);
}
END_TEST

START_TEST(a_wrong_q_key_vanishes)
{
	struct ipoib_ud_send send = node_send_request(&a, ah, b.qpn, 0, 8);

	send.remote_qkey = NODE_QKEY + 1;
	ck_assert_int_eq(node_receive(&b, 0, NODE_SLOT), 1);
	ck_assert_int_eq(ops->ud_post_send(a.port, a.ud, &send, 1), 1);
	fixture_settle(fabric);
	node_completion(&a, IPOIB_UD_SEND, 0);
	node_no_completion(&b);
	ck_assert_uint_eq(b.port->hca.counters.dropped_qkey, 1);
}
END_TEST

START_TEST(a_controlled_q_key_is_replaced_by_the_senders_own)
{
	struct ipoib_ud_send send = node_send_request(&a, ah, b.qpn, 0, 8);

	send.remote_qkey = UINT32_C(0x80000000) | 5;
	ck_assert_int_eq(node_receive(&b, 0, NODE_SLOT), 1);
	ck_assert_int_eq(ops->ud_post_send(a.port, a.ud, &send, 1), 1);
	fixture_settle(fabric);
	node_completion(&a, IPOIB_UD_SEND, 0);
	node_completion(&b, IPOIB_UD_RECEIVE, 0);
}
END_TEST

START_TEST(a_wrong_p_key_vanishes)
{
	struct ipoib_port_attributes port = a.port->hca.port;

	ck_assert_int_eq(node_receive(&b, 0, NODE_SLOT), 1);
	port.pkeys[0] = 0x8001;
	ipoib__hca_set_port(&a.port->hca, &port);
	send_one(b.qpn, 8);
	node_no_completion(&b);
	ck_assert_uint_eq(b.port->hca.counters.dropped_pkey, 1);
	ck_assert_uint_eq(node_events(&a, IPOIB_TRANSPORT_PORT), 1);
}
END_TEST

START_TEST(two_limited_members_do_not_hear_each_other)
{
	struct ipoib_port_attributes of_a = a.port->hca.port, of_b = b.port->hca.port;

	ck_assert_int_eq(node_receive(&b, 0, NODE_SLOT), 1);
	of_a.pkeys[0] = of_b.pkeys[0] = 0x7fff;
	ipoib__hca_set_port(&b.port->hca, &of_b);
	send_one(b.qpn, 8); /* full to limited */
	node_completion(&b, IPOIB_UD_RECEIVE, 0);
	ck_assert_int_eq(node_receive(&b, 0, NODE_SLOT), 1);
	ipoib__hca_set_port(&a.port->hca, &of_a);
	send_one(b.qpn, 8); /* limited to limited */
	node_no_completion(&b);
	ck_assert_uint_eq(b.port->hca.counters.dropped_pkey, 1);
	of_b.pkeys[0] = 0xffff;
	ipoib__hca_set_port(&b.port->hca, &of_b);
	send_one(b.qpn, 8); /* limited to full */
	node_completion(&b, IPOIB_UD_RECEIVE, 0);
}
END_TEST

START_TEST(a_burst_arrives_in_the_order_of_posting)
{
	struct ipoib_ud_send sends[NODE_DEPTH];

	for (unsigned i = 0; i < NODE_DEPTH; i++) {
		ck_assert_int_eq(node_receive(&b, i, NODE_SLOT), 1);
		sends[i] = node_send_request(&a, ah, b.qpn, i, i + 1);
	}
	ck_assert_int_eq(ops->ud_post_send(a.port, a.ud, sends, NODE_DEPTH), NODE_DEPTH);
	fixture_settle(fabric);
	for (unsigned i = 0; i < NODE_DEPTH; i++) {
		ck_assert_uint_eq(node_completion(&a, IPOIB_UD_SEND, 0).cookie, i);
		ck_assert_uint_eq(node_completion(&b, IPOIB_UD_RECEIVE, 0).length, 41 + i);
	}
}
END_TEST

START_TEST(an_unknown_queue_pair_and_a_missing_receive_vanish)
{
	send_one(b.qpn, 8);
	ck_assert_uint_eq(b.port->hca.counters.dropped_starved, 1);
	send_one(b.qpn + 1, 8);
	ck_assert_uint_eq(b.port->hca.counters.dropped_qpn, 1);
	node_no_completion(&b);
}
END_TEST

START_TEST(a_receive_that_is_too_small_stops_the_queue_pair_until_it_is_polled)
{
	ck_assert_int_eq(node_receive(&b, 0, 40 + 7), 1);
	ck_assert_int_eq(node_receive(&b, 1, NODE_SLOT), 1);
	ck_assert_int_eq(node_send(&a, ah, b.qpn, 0, 8), 1);
	ck_assert_int_eq(node_send(&a, ah, b.qpn, 1, 8), 1);
	fixture_settle(fabric);
	ck_assert_uint_eq(b.port->hca.counters.dropped_state, 1);
	ck_assert_uint_eq(node_completion(&b, IPOIB_UD_RECEIVE, -EMSGSIZE).cookie, 100);
	/* Who posts for every completion comes to the end of it. */
	ck_assert_int_eq(node_receive(&b, 2, NODE_SLOT), 1);
	ck_assert_uint_eq(node_completion(&b, IPOIB_UD_RECEIVE, -ECANCELED).cookie, 101);
	ck_assert_int_eq(node_receive(&b, 3, NODE_SLOT), 1);
	ck_assert_uint_eq(node_completion(&b, IPOIB_UD_RECEIVE, -ECANCELED).cookie, 102);
	node_completion(&a, IPOIB_UD_SEND, 0);
	node_completion(&a, IPOIB_UD_SEND, 0);
	send_one(b.qpn, 8);
	ck_assert_uint_eq(node_completion(&b, IPOIB_UD_RECEIVE, 0).cookie, 103);
}
END_TEST

START_TEST(a_wrong_memory_key_or_address_is_a_protection_error)
{
	struct ipoib_ud_send send = node_send_request(&a, ah, b.qpn, 0, 8);
	struct ipoib_ud_receive receive = {
		.address = node_receive_slot(&b, NODE_DEPTH - 1),
		.length = NODE_SLOT + 1, /* one octet beyond the region */
		.key = b.region.key,
	};

	send.key++;
	ck_assert_int_eq(ops->ud_post_send(a.port, a.ud, &send, 1), 1);
	node_completion(&a, IPOIB_UD_SEND, -EIO);
	send.key--;
	send.address = (const uint8_t *)a.region.address - 1;
	ck_assert_int_eq(ops->ud_post_send(a.port, a.ud, &send, 1), 1);
	node_completion(&a, IPOIB_UD_SEND, -EIO);
	ck_assert_int_eq(ops->ud_post_receive(b.port, b.ud, &receive, 1), 1);
	send_one(b.qpn, 8);
	node_completion(&b, IPOIB_UD_RECEIVE, -EIO);
}
END_TEST

START_TEST(a_queue_takes_no_more_than_its_depth_until_completions_are_taken)
{
	struct ipoib_ud_send sends[NODE_DEPTH + 1];
	struct ipoib_ud_completion done[NODE_DEPTH];

	for (unsigned i = 0; i <= NODE_DEPTH; i++)
		sends[i] = node_send_request(&a, ah, b.qpn, i % NODE_DEPTH, 8);
	ck_assert_int_eq(ops->ud_post_send(a.port, a.ud, sends, NODE_DEPTH + 1), NODE_DEPTH);
	ck_assert_int_eq(ops->ud_post_send(a.port, a.ud, sends, 1), 0);
	ck_assert_int_eq(ops->ud_poll(a.port, a.ud, done, NODE_DEPTH), NODE_DEPTH);
	for (unsigned i = 0; i < NODE_DEPTH; i++) {
		ck_assert_uint_eq(done[i].cookie, i);
		ck_assert_int_eq(node_receive(&b, i, NODE_SLOT), 1);
	}
	ck_assert_int_eq(node_receive(&b, 0, NODE_SLOT), 0);
	ck_assert_int_eq(ops->ud_post_send(a.port, a.ud, sends, 1), 1);
	node_completion(&a, IPOIB_UD_SEND, 0);
}
END_TEST

START_TEST(arming_tells_what_is_there_already)
{
	ck_assert_int_eq(ops->ud_arm(a.port, a.ud), 0);
	ck_assert_int_eq(node_send(&a, ah, b.qpn, 0, 8), 1);
	ck_assert_int_eq(ops->ud_arm(a.port, a.ud), 1);
	node_completion(&a, IPOIB_UD_SEND, 0);
}
END_TEST

START_TEST(a_port_that_is_down_neither_sends_nor_receives)
{
	ck_assert_int_eq(node_receive(&b, 0, NODE_SLOT), 1);
	ck_assert_int_eq(ipoib_fabric_set_link(fabric, "host1/1", false), 0);
	ck_assert_uint_eq(node_attributes(&a).state, IPOIB_PORT_DOWN);
	ck_assert_uint_eq(node_event(&a).type, IPOIB_TRANSPORT_PORT);
	ck_assert_int_eq(node_send(&a, ah, b.qpn, 0, 8), 1);
	node_completion(&a, IPOIB_UD_SEND, -EIO);
	ck_assert_int_eq(ipoib_fabric_set_link(fabric, "host1/1", true), 0);
	ck_assert_uint_eq(node_event(&a).type, IPOIB_TRANSPORT_PORT);
	ck_assert_uint_eq(node_event(&a).type, IPOIB_TRANSPORT_REREGISTER);
	send_one(b.qpn, 8);
	node_completion(&b, IPOIB_UD_RECEIVE, 0);
}
END_TEST

START_TEST(a_port_hears_what_it_sends_to_itself)
{
	void *self = node_ah(&a, &a, false);

	ck_assert_int_eq(node_receive(&a, 0, NODE_SLOT), 1);
	ck_assert_int_eq(node_send(&a, self, a.qpn, 0, 8), 1);
	node_completion(&a, IPOIB_UD_SEND, 0);
	ck_assert_uint_eq(node_completion(&a, IPOIB_UD_RECEIVE, 0).source_qpn, a.qpn);
	ck_assert_uint_eq(fixture_statistics(fabric).frames, 0);
	/* Its own receive too small: the send is over before that stops the queue pair. */
	ck_assert_int_eq(node_receive(&a, 0, 41), 1);
	ck_assert_int_eq(node_send(&a, self, a.qpn, 0, 8), 1);
	node_completion(&a, IPOIB_UD_SEND, 0);
	node_completion(&a, IPOIB_UD_RECEIVE, -EMSGSIZE);
	ops->ah_destroy(a.port, self);
}
END_TEST

Suite *suite_hca(void)
{
	Suite *suite = suite_create("hca");
	TCase *tcase = tcase_create("hca");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_datagram_arrives_with_its_source);
	tcase_add_test(tcase, a_grh_stands_in_front_where_the_sender_gave_one);
	tcase_add_test(tcase,
		       a_send_longer_than_the_mtu_fails_and_stops_the_queue_until_it_is_polled);
	tcase_add_test(tcase, receiving_goes_on_while_the_send_queue_is_stopped);
	tcase_add_test(tcase, a_wrong_q_key_vanishes);
	tcase_add_test(tcase, a_controlled_q_key_is_replaced_by_the_senders_own);
	tcase_add_test(tcase, a_wrong_p_key_vanishes);
	tcase_add_test(tcase, two_limited_members_do_not_hear_each_other);
	tcase_add_test(tcase, a_burst_arrives_in_the_order_of_posting);
	tcase_add_test(tcase, an_unknown_queue_pair_and_a_missing_receive_vanish);
	tcase_add_test(tcase, a_receive_that_is_too_small_stops_the_queue_pair_until_it_is_polled);
	tcase_add_test(tcase, a_wrong_memory_key_or_address_is_a_protection_error);
	tcase_add_test(tcase, a_queue_takes_no_more_than_its_depth_until_completions_are_taken);
	tcase_add_test(tcase, arming_tells_what_is_there_already);
	tcase_add_test(tcase, a_port_that_is_down_neither_sends_nor_receives);
	tcase_add_test(tcase, a_port_hears_what_it_sends_to_itself);
	suite_add_tcase(suite, tcase);
	return suite;
}
