/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A UD queue pair in good times and when it has stopped, on an adapter that is this test. */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "verbs/adapter.h"
#include "verbs/suites.h"

#define DEPTH 64

static struct ipoib__verbs verbs;
static struct ipoib__verbs_ud *ud;
static uint8_t memory[4096];
static struct ipoib__verbs_ah ah;

static int create(uint32_t depth, uint16_t pkey)
{
	struct ipoib_ud_attributes attributes = {
		.pkey = pkey,
		.send_depth = depth,
		.receive_depth = depth,
	};
	int status = ipoib__verbs_ud_create(&verbs, &attributes, &ud);

	if (status == 0)
		ck_assert_uint_eq(attributes.qpn, 0x48);
	return status;
}

static void set_up(void)
{
	support_setup();
	adapter_open(&verbs);
	ck_assert_int_eq(create(DEPTH, 0x8001), 0);
}

static void tear_down(void)
{
	if (ud != NULL)
		ipoib__verbs_ud_destroy(ud);
	ud = NULL;
	adapter_close(&verbs);
	support_teardown();
}

static int send_some(uint64_t first, unsigned count, uint32_t length)
{
	struct ipoib_ud_send sends[2 * DEPTH];

	for (unsigned i = 0; i < count; i++)
		sends[i] = (struct ipoib_ud_send){
			.cookie = first + i,
			.address = memory,
			.length = length,
			.ah = &ah,
		};
	return ipoib__verbs_ud_post_send(ud, sends, count);
}

static int receive_some(uint64_t first, unsigned count)
{
	struct ipoib_ud_receive receives[2 * DEPTH];

	for (unsigned i = 0; i < count; i++)
		receives[i] = (struct ipoib_ud_receive){
			.cookie = first + i,
			.address = memory,
			.length = sizeof(memory),
		};
	return ipoib__verbs_ud_post_receive(ud, receives, count);
}

/* The next completions are these, in this order. */
static void completes(uint8_t opcode, uint64_t first, unsigned count, int status)
{
	struct ipoib_ud_completion done;

	for (unsigned i = 0; i < count; i++) {
		ck_assert_int_eq(ipoib__verbs_ud_poll(ud, &done, 1), 1);
		ck_assert_uint_eq(done.opcode, opcode);
		ck_assert_uint_eq(done.cookie, first + i);
		ck_assert_int_eq(done.status, status);
	}
}

static void completes_nothing(void)
{
	struct ipoib_ud_completion done;

	ck_assert_int_eq(ipoib__verbs_ud_poll(ud, &done, 1), 0);
}

START_TEST(a_queue_pair_is_ready_with_the_place_of_its_pkey)
{
	ck_assert_int_eq(adapter.state, IBV_QPS_RTS);
	ck_assert_uint_eq(adapter.pkey_index, 1);
	ck_assert_int_eq(ipoib__verbs_ud_set_qkey(ud, 0x0b1b), 0);
	ck_assert_uint_eq(adapter.qkey, 0x0b1b);
}
END_TEST

START_TEST(what_a_queue_pair_cannot_be_is_refused)
{
	ipoib__verbs_ud_destroy(ud);
	ud = NULL;
	ck_assert_int_eq(create(DEPTH, 0x8002), -ENOENT);
	ck_assert_int_eq(create(0, 0x8001), -EINVAL);
	ck_assert_int_eq(create(4097, 0x8001), -EINVAL);
	verbs.gone = true;
	ck_assert_int_eq(create(DEPTH, 0x8001), -ENODEV);
	verbs.gone = false;
	adapter.refuse_create = EINVAL; /* inline data: then without */
	ck_assert_int_eq(create(DEPTH, 0x8001), 0);
	ck_assert_uint_eq(ud->inline_max, 0);
}
END_TEST

START_TEST(a_queue_pair_without_memory_leaves_nothing)
{
	int status = -ENOMEM;

	ipoib__verbs_ud_destroy(ud);
	ud = NULL;
	for (long n = 1; status == -ENOMEM; n++) {
		support_fail_after(n, false);
		status = create(DEPTH, 0x8001);
		support_fail_after(0, false);
		ck_assert_int_eq(adapter.qp_alive, status == 0);
	}
	ck_assert_int_eq(status, 0);
	ipoib__verbs_ud_destroy(ud);
	ud = NULL;
	adapter.refuse_modify = EIO;
	ck_assert_int_eq(create(DEPTH, 0x8001), -EIO);
}
END_TEST

START_TEST(a_burst_is_one_list_with_its_last_request_signalled)
{
	ck_assert_int_eq(send_some(0, 40, 64), 40);
	ck_assert_uint_eq(adapter.rings, 1);
	ck_assert_uint_eq(adapter.send_count, 40);
	ck_assert(adapter.sends[39].signalled);
	ck_assert(!adapter.sends[38].signalled);
	ck_assert(adapter.sends[0].inlined);
	ck_assert_int_eq(send_some(40, 60, IPOIB__VERBS_INLINE + 1), DEPTH - 40);
	ck_assert(!adapter.sends[40].inlined);
	ck_assert_int_eq(send_some(0, 1, 64), 0);
	adapter_sent(DEPTH, IBV_WC_SUCCESS);
	completes(IPOIB_UD_SEND, 0, DEPTH, 0);
	completes_nothing();
}
END_TEST

START_TEST(what_is_too_long_comes_back_in_its_turn_and_stops_nothing)
{
	ck_assert_int_eq(send_some(1, 2, 2048), 2);
	ck_assert_int_eq(send_some(3, 1, 2049), 1);
	ck_assert_int_eq(send_some(4, 1, 2048), 1);
	ck_assert_uint_eq(adapter.send_count, 3);
	completes_nothing();
	adapter_sent(3, IBV_WC_SUCCESS);
	completes(IPOIB_UD_SEND, 1, 2, 0);
	completes(IPOIB_UD_SEND, 3, 1, -EMSGSIZE);
	completes(IPOIB_UD_SEND, 4, 1, 0);
	ck_assert_int_eq(send_some(5, 1, 2049), 1);
	ck_assert_int_eq(ipoib__verbs_ud_arm(ud), 1); /* nobody would wake us for it */
	completes(IPOIB_UD_SEND, 5, 1, -EMSGSIZE);
	verbs.port.state = IPOIB_PORT_DOWN;
	ck_assert_int_eq(send_some(6, 1, 64), 1);
	completes(IPOIB_UD_SEND, 6, 1, -EIO);
}
END_TEST

START_TEST(a_stopped_send_queue_is_mended_when_it_is_flushed)
{
	ck_assert_int_eq(receive_some(100, 4), 4);
	ck_assert_int_eq(send_some(0, 10, 64), 10);
	adapter_sent(5, IBV_WC_LOC_PROT_ERR);
	adapter_stops(IBV_QPS_SQE);
	completes(IPOIB_UD_SEND, 0, 4, 0);
	completes(IPOIB_UD_SEND, 4, 1, -EIO);
	ck_assert_int_eq(ud->state, IPOIB__VERBS_SEND_ERROR);
	ck_assert_int_eq(send_some(10, 2, 64), 2); /* while it is stopped */
	ck_assert_uint_eq(adapter.rings, 1);
	completes(IPOIB_UD_SEND, 5, 5, -ECANCELED);
	completes(IPOIB_UD_SEND, 10, 2, -ECANCELED);
	completes_nothing();
	ck_assert_int_eq(adapter.state, IBV_QPS_RTS);
	ck_assert_uint_eq(adapter.receive_count, 4);
	ck_assert_int_eq(send_some(20, 1, 64), 1);
	adapter_sent(1, IBV_WC_SUCCESS);
	completes(IPOIB_UD_SEND, 20, 1, 0);
}
END_TEST

START_TEST(a_stopped_queue_pair_is_made_anew_with_the_receives_that_it_was_given)
{
	ck_assert_int_eq(ipoib__verbs_ud_set_qkey(ud, 0x0b1b), 0);
	ck_assert_int_eq(receive_some(100, 8), 8);
	ck_assert_int_eq(send_some(0, 3, 64), 3);
	adapter_received(IBV_WC_LOC_LEN_ERR, 0);
	adapter_stops(IBV_QPS_ERR);
	completes(IPOIB_UD_RECEIVE, 100, 1, -EMSGSIZE);
	ck_assert_int_eq(ud->state, IPOIB__VERBS_ERROR);
	/* Its user posts one for each that comes back: none of them delays the mending. */
	for (unsigned i = 0; i < 8; i++)
		ck_assert_int_eq(receive_some(200 + i, 1), 1);
	completes(IPOIB_UD_SEND, 0, 3, -ECANCELED);
	completes(IPOIB_UD_RECEIVE, 101, 7, -ECANCELED);
	completes_nothing();
	ck_assert_int_eq(adapter.state, IBV_QPS_RTS);
	ck_assert_uint_eq(adapter.qkey, 0x0b1b);
	ck_assert_uint_eq(adapter.receive_count, 8);
	adapter_received(IBV_WC_SUCCESS, 100);
	adapter_received(IBV_WC_SUCCESS, 100);
	completes(IPOIB_UD_RECEIVE, 200, 2, 0);
}
END_TEST

START_TEST(a_pkey_that_moves_is_followed)
{
	ck_assert_int_eq(receive_some(100, 2), 2);
	ck_assert_int_eq(send_some(0, 1, 64), 1);
	verbs.port.pkeys[0] = 0x8001;
	verbs.port.pkeys[1] = 0x8002;
	ipoib__verbs_ud_follow_pkey(ud);
	ck_assert_int_eq(adapter.state, IBV_QPS_ERR); /* at once: the place is another's now */
	completes(IPOIB_UD_SEND, 0, 1, -ECANCELED);
	completes(IPOIB_UD_RECEIVE, 100, 2, -ECANCELED);
	completes_nothing();
	ck_assert_int_eq(adapter.state, IBV_QPS_RTS);
	ck_assert_uint_eq(adapter.pkey_index, 0);
	ipoib__verbs_ud_follow_pkey(ud);
	ck_assert_int_eq(adapter.state, IBV_QPS_RTS);
}
END_TEST

START_TEST(a_pkey_that_is_gone_stops_the_queue_pair_until_it_returns)
{
	verbs.port.pkey_count = 1;
	ipoib__verbs_ud_follow_pkey(ud);
	completes_nothing();
	ck_assert_int_eq(adapter.state, IBV_QPS_ERR);
	ck_assert_int_eq(receive_some(100, 2), 2);
	ck_assert_int_eq(send_some(0, 1, 64), 1);
	completes(IPOIB_UD_SEND, 0, 1, -ECANCELED);
	completes_nothing();
	verbs.port.pkey_count = 2;
	ipoib__verbs_ud_follow_pkey(ud);
	ck_assert_int_eq(adapter.state, IBV_QPS_RTS);
	ck_assert_uint_eq(adapter.pkey_index, 1);
	ck_assert_uint_eq(adapter.receive_count, 2);
}
END_TEST

/* What it took of the list may lack the one that speaks for it: the queue is then flushed. */
START_TEST(a_list_that_is_refused_in_the_middle_strands_nothing)
{
	adapter.refuse_send_at = 4;
	ck_assert_int_eq(send_some(0, 8, 64), 3);
	ck_assert_int_eq(adapter.state, IBV_QPS_ERR);
	completes(IPOIB_UD_SEND, 0, 3, -ECANCELED);
	completes_nothing();
	ck_assert_int_eq(adapter.state, IBV_QPS_RTS);
	adapter.refuse_send_at = 1;
	ck_assert_int_eq(send_some(0, 1, 64), -ENOMEM);
	completes_nothing();
	ck_assert_int_eq(send_some(9, 1, 64), 1);
	adapter_sent(1, IBV_WC_SUCCESS);
	completes(IPOIB_UD_SEND, 9, 1, 0);
}
END_TEST

START_TEST(a_queue_pair_that_cannot_be_mended_gives_everything_back)
{
	ck_assert_int_eq(send_some(0, 2, 64), 2);
	adapter_sent(1, IBV_WC_LOC_PROT_ERR);
	adapter_stops(IBV_QPS_SQE);
	adapter.refuse_modify = EIO;
	completes(IPOIB_UD_SEND, 0, 1, -EIO);
	completes(IPOIB_UD_SEND, 1, 1, -ECANCELED);
	completes_nothing();
	ck_assert_int_eq(ud->state, IPOIB__VERBS_DEAD);
	ck_assert_int_eq(send_some(2, 1, 64), 1);
	completes(IPOIB_UD_SEND, 2, 1, -ECANCELED);
	ck_assert_int_eq(receive_some(100, 1), 1);
	completes_nothing();
}
END_TEST

START_TEST(arming_finds_what_came_before_it)
{
	ck_assert_int_eq(ipoib__verbs_ud_arm(ud), 0);
	ck_assert(adapter.armed);
	ck_assert_int_eq(receive_some(100, 2), 2);
	adapter_received(IBV_WC_SUCCESS, 60);
	ck_assert(adapter.fired);
	ipoib__verbs_cq_channel_process(&verbs.channel);
	completes(IPOIB_UD_RECEIVE, 100, 1, 0);
	adapter_received(IBV_WC_SUCCESS, 61); /* not armed: this does not fire */
	ck_assert(!adapter.fired);
	ck_assert_int_eq(ipoib__verbs_ud_arm(ud), 1);
	ck_assert_int_eq(ipoib__verbs_ud_arm(ud), 1);
	completes(IPOIB_UD_RECEIVE, 101, 1, 0);
	ck_assert_int_eq(ipoib__verbs_ud_arm(ud), 0);
	ipoib__verbs_ud_destroy(ud);
	ud = NULL;
	ck_assert_uint_eq(adapter.acknowledged, 1);
}
END_TEST

START_TEST(a_receive_tells_where_it_came_from)
{
	struct ipoib_ud_completion done;

	ck_assert_int_eq(receive_some(100, 2), 2);
	adapter_received(IBV_WC_SUCCESS, 140);
	ck_assert_int_eq(ipoib__verbs_ud_poll(ud, &done, 1), 1);
	ck_assert_uint_eq(done.length, 140);
	ck_assert_uint_eq(done.source_qpn, 7);
	ck_assert_uint_eq(done.source_lid, 9);
	ck_assert_uint_eq(done.sl, 3);
	ck_assert_uint_eq(done.has_grh, 0);
	adapter_received(IBV_WC_SUCCESS, 39); /* less than the room for a GRH */
	completes(IPOIB_UD_RECEIVE, 101, 1, -EIO);
}
END_TEST

START_TEST(a_completion_of_nothing_is_ignored)
{
	struct ibv_wc *stray = &adapter.done[adapter.done_count];

	stray[0] = (struct ibv_wc){ .wr_id = 77 << 8 | IPOIB__VERBS_UD_SEND };
	stray[1] = (struct ibv_wc){ .wr_id = 77 << 8 | IPOIB__VERBS_UD_RECEIVE };
	adapter.done_count += 2;
	completes_nothing();
}
END_TEST

START_TEST(groups_are_attached_once_and_end_with_the_queue_pair)
{
	struct ipoib_gid mgid = { { 0xff, 0x12, 0x40, 0x1b } }, port = { { 0xfe, 0x80 } };

	ck_assert_int_eq(ipoib__verbs_ud_attach(ud, &port, 0xc000), -EINVAL);
	ck_assert_int_eq(ipoib__verbs_ud_attach(ud, &mgid, 0xbfff), -EINVAL);
	ck_assert_int_eq(ipoib__verbs_ud_attach(ud, &mgid, 0xc000), 0);
	ck_assert_int_eq(ipoib__verbs_ud_attach(ud, &mgid, 0xc000), 0);
	ck_assert_int_eq(ipoib__verbs_ud_attach(ud, &mgid, 0xc001), 0);
	ck_assert_uint_eq(adapter.attached, 2);
	ipoib__verbs_ud_detach(ud, &mgid, 0xc000);
	ipoib__verbs_ud_detach(ud, &mgid, 0xc000);
	ck_assert_uint_eq(adapter.attached, 1);
}
END_TEST

START_TEST(room_for_completions_grows_to_what_the_adapter_has)
{
	ck_assert_int_eq(ipoib__verbs_cq_reserve(&ud->cq, 100), 0);
	ck_assert_int_ge(adapter.cq.cqe, 2 * DEPTH + 100);
	ck_assert_int_eq(ipoib__verbs_cq_reserve(&ud->cq, 8192), -ENOMEM);
	ck_assert_int_eq(ipoib__verbs_cq_reserve(&ud->cq, UINT32_MAX), -ENOMEM);
	ck_assert_int_eq(ipoib__verbs_cq_reserve(&ud->cq, 8192 - 2 * DEPTH - 100), 0);
	ipoib__verbs_cq_release(&ud->cq, 8192 - 2 * DEPTH);
	ck_assert_int_eq(ipoib__verbs_cq_reserve(&ud->cq, 1), 0);
}
END_TEST

Suite *suite_ud(void)
{
	Suite *suite = suite_create("ud");
	TCase *tcase = tcase_create("ud");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_queue_pair_is_ready_with_the_place_of_its_pkey);
	tcase_add_test(tcase, what_a_queue_pair_cannot_be_is_refused);
	tcase_add_test(tcase, a_queue_pair_without_memory_leaves_nothing);
	tcase_add_test(tcase, a_burst_is_one_list_with_its_last_request_signalled);
	tcase_add_test(tcase, what_is_too_long_comes_back_in_its_turn_and_stops_nothing);
	tcase_add_test(tcase, a_stopped_send_queue_is_mended_when_it_is_flushed);
	tcase_add_test(tcase,
		       a_stopped_queue_pair_is_made_anew_with_the_receives_that_it_was_given);
	tcase_add_test(tcase, a_pkey_that_moves_is_followed);
	tcase_add_test(tcase, a_pkey_that_is_gone_stops_the_queue_pair_until_it_returns);
	tcase_add_test(tcase, a_list_that_is_refused_in_the_middle_strands_nothing);
	tcase_add_test(tcase, a_queue_pair_that_cannot_be_mended_gives_everything_back);
	tcase_add_test(tcase, arming_finds_what_came_before_it);
	tcase_add_test(tcase, a_receive_tells_where_it_came_from);
	tcase_add_test(tcase, a_completion_of_nothing_is_ignored);
	tcase_add_test(tcase, groups_are_attached_once_and_end_with_the_queue_pair);
	tcase_add_test(tcase, room_for_completions_grows_to_what_the_adapter_has);
	suite_add_tcase(suite, tcase);
	return suite;
}
