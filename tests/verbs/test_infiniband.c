/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Paths and groups as the kernel gives them on InfiniBand: its connection manager is the test. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "verbs/adapter.h"
#include "verbs/fake_cm.h"
#include "verbs/hold.h"
#include "verbs/question.h"
#include "verbs/route.h"
#include "verbs/suites.h"
#include "verbs/transport.h"

static struct ipoib__verbs verbs;

static const struct ipoib_gid peer = { .raw = { 0xfe, 0x80, [15] = 0x22 } };
static const struct ipoib_multicast_record wanted = {
	.mgid = { .raw = { 0xff, 0x12, 0x40, 0x1b, 0x80, 0x01, [15] = 0x05 } },
	.pkey = 0x8001,
	.join_state = 1,
};

static void setup(void)
{
	support_setup();
	adapter_open(&verbs);
	verbs.port.gid = (struct ipoib_gid){ .raw = { 0xfe, 0x80, [15] = 0x11 } };
	fake_cm_open(&verbs);
}

static void teardown(void)
{
	ipoib__verbs_holds_free(&verbs);
	ipoib__verbs_questions_end(&verbs);
	ipoib__verbs_cm_close(&verbs);
	ck_assert_uint_eq(fake_cm.alive, 0);
	adapter_close(&verbs);
	support_teardown();
}

/* The oldest answer; its question is at an end. */
static struct ipoib_transport_event answer(void)
{
	struct ipoib_transport_event event;

	ck_assert(ipoib__verbs_next_answer(&verbs, &event));
	return event;
}

static bool is_answered(void)
{
	return !ipoib__list_empty(&verbs.answered);
}

/* ---- paths ---- */

static void ask(uint64_t id)
{
	ck_assert_int_eq(ipoib__verbs_route(&verbs, id, &peer, 0x8001), 0);
}

START_TEST(a_path_is_asked_for_by_gid_and_partition)
{
	struct ibv_sa_path_rec path = {
		.dlid = htons(7), .slid = htons(5), .pkey = htons(0x8001), .sl = 3, .rate = 7,
		.hop_limit = 64, .traffic_class = 9, .packet_life_time = 18,
		.flow_label = htonl(0x12345), .mtu = 5,
	};
	struct ipoib_transport_event event;

	ask(42);
	ck_assert_int_eq(fake_cm.from.sib_family, AF_IB);
	ck_assert_mem_eq(&fake_cm.from.sib_addr, verbs.port.gid.raw, 16);
	ck_assert_mem_eq(&fake_cm.to.sib_addr, peer.raw, 16);
	ck_assert_uint_eq(ntohs(fake_cm.to.sib_pkey), 0x8001);
	fake_cm_event(RDMA_CM_EVENT_ADDR_RESOLVED, 0, NULL);
	ck_assert_uint_eq(fake_cm.routes, 1);
	ck_assert(!is_answered());
	memcpy(path.dgid.raw, peer.raw, 16);
	memcpy(path.sgid.raw, verbs.port.gid.raw, 16);
	fake_cm.last->route.path_rec = &path;
	fake_cm.last->route.num_paths = 1;
	fake_cm_event(RDMA_CM_EVENT_ROUTE_RESOLVED, 0, NULL);
	event = answer();
	ck_assert_uint_eq(event.type, IPOIB_TRANSPORT_PATH);
	ck_assert_uint_eq(event.id, 42);
	ck_assert_int_eq(event.status, 0);
	ck_assert_uint_eq(event.path.dlid, 7);
	ck_assert_uint_eq(event.path.slid, 5);
	ck_assert_uint_eq(event.path.pkey, 0x8001);
	ck_assert_uint_eq(event.path.sl, 3);
	ck_assert_uint_eq(event.path.rate, 7);
	ck_assert_uint_eq(event.path.hop_limit, 64);
	ck_assert_uint_eq(event.path.traffic_class, 9);
	ck_assert_uint_eq(event.path.packet_life, 18);
	ck_assert_uint_eq(event.path.flow_label, 0x12345);
	ck_assert_uint_eq(event.path.mtu, 4096);
	ck_assert_mem_eq(event.path.dgid.raw, peer.raw, 16);
	ck_assert_mem_eq(event.path.sgid.raw, verbs.port.gid.raw, 16);
	ck_assert_uint_eq(fake_cm.alive, 0);
}
END_TEST

START_TEST(a_path_that_is_not_of_our_port_is_none)
{
	ask(1);
	fake_cm.last->port_num = 2;
	fake_cm_event(RDMA_CM_EVENT_ADDR_RESOLVED, 0, NULL);
	ck_assert_int_eq(answer().status, -ENOENT);
	ck_assert_uint_eq(fake_cm.routes, 0);
}
END_TEST

START_TEST(a_route_without_a_path_is_none)
{
	ask(1);
	fake_cm_event(RDMA_CM_EVENT_ADDR_RESOLVED, 0, NULL);
	fake_cm_event(RDMA_CM_EVENT_ROUTE_RESOLVED, 0, NULL);
	ck_assert_int_eq(answer().status, -ENOENT);
}
END_TEST

START_TEST(what_keeps_the_kernel_from_answering_is_told_apart)
{
	static const struct {
		enum rdma_cm_event_type type;
		int status, told;
	} cases[] = {
		{ RDMA_CM_EVENT_ADDR_ERROR, -ETIMEDOUT, -ETIMEDOUT },
		{ RDMA_CM_EVENT_ADDR_ERROR, -EHOSTUNREACH, -ETIMEDOUT },
		{ RDMA_CM_EVENT_ADDR_ERROR, -ENODEV, -ENOENT },
		{ RDMA_CM_EVENT_ROUTE_ERROR, -ETIMEDOUT, -ETIMEDOUT },
		{ RDMA_CM_EVENT_ROUTE_ERROR, -EBUSY, -EBUSY },
		{ RDMA_CM_EVENT_ROUTE_ERROR, -EINVAL, -ENOENT },
		{ RDMA_CM_EVENT_ROUTE_ERROR, 0, -ENOENT },
		{ RDMA_CM_EVENT_DEVICE_REMOVAL, 0, -ENOENT },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask(i);
		fake_cm_event(cases[i].type, cases[i].status, NULL);
		ck_assert_int_eq(answer().status, cases[i].told);
	}
}
END_TEST

START_TEST(a_question_that_cannot_be_asked_is_answered_all_the_same)
{
	fake_cm.refuse_create = EMFILE;
	ask(1);
	ck_assert_int_eq(answer().status, -ENOENT);
	fake_cm.refuse_resolve = EADDRNOTAVAIL;
	ask(2);
	ck_assert_int_eq(answer().status, -ENOENT);
	ask(3);
	fake_cm.refuse_resolve = EINVAL;
	fake_cm_event(RDMA_CM_EVENT_ADDR_RESOLVED, 0, NULL);
	ck_assert_int_eq(answer().status, -ENOENT);
	verbs.gone = true;
	ask(4);
	ck_assert_int_eq(answer().status, -ENOENT);
}
END_TEST

START_TEST(questions_are_bounded_and_need_memory)
{
	support_fail_after(1, false);
	ck_assert_int_eq(ipoib__verbs_route(&verbs, 0, &peer, 0x8001), -ENOMEM);
	support_fail_after(0, false);
	for (unsigned i = 0; i < IPOIB__VERBS_QUESTIONS_MAX; i++)
		ask(i);
	ck_assert_int_eq(ipoib__verbs_route(&verbs, 0, &peer, 0x8001), -EAGAIN);
	ck_assert_uint_eq(fake_cm.alive, IPOIB__VERBS_QUESTIONS_MAX);
}
END_TEST

/* ---- groups ---- */

static void host_with_ipoib(void)
{
	fake_cm_host(NULL, 0, 0);            /* an interface without an address */
	fake_cm_host("127.0.0.1", 0, 0);     /* no RDMA */
	fake_cm_host("10.0.0.1", 1, 0xffff); /* the kernel's, in another partition */
	fake_cm_host("10.1.0.1", 1, 0x0001); /* a limited member of ours */
}

START_TEST(the_kernel_joins_by_its_interface_in_the_same_partition)
{
	const struct rdma_ud_param ud = {
		.qkey = 0x0b1b,
		.ah_attr = { .dlid = 0xc003, .sl = 2, .static_rate = 6,
			     .grh = { .flow_label = 5, .traffic_class = 6, .hop_limit = 7 } },
	};
	struct ipoib_transport_event event;

	host_with_ipoib();
	ck_assert_int_eq(ipoib__verbs_hold_join(&verbs, 9, &wanted), 0);
	ck_assert_uint_eq(fake_cm.joins, 1);
	ck_assert_uint_eq(fake_cm.alive, 1);
	ck_assert_int_eq(fake_cm.to.sib_family, AF_IB);
	ck_assert_mem_eq(&fake_cm.to.sib_addr, wanted.mgid.raw, 16);
	ck_assert_uint_eq(ntohs(fake_cm.last->route.addr.addr.ibaddr.pkey), 0x0001);
	ck_assert(!is_answered());
	fake_cm_event(RDMA_CM_EVENT_MULTICAST_JOIN, 0, &ud);
	event = answer();
	ck_assert_uint_eq(event.type, IPOIB_TRANSPORT_JOIN);
	ck_assert_uint_eq(event.id, 9);
	ck_assert_int_eq(event.status, 0);
	ck_assert_mem_eq(event.multicast.mgid.raw, wanted.mgid.raw, 16);
	ck_assert_uint_eq(event.multicast.pkey, 0x8001);
	ck_assert_uint_eq(event.multicast.qkey, 0x0b1b);
	ck_assert_uint_eq(event.multicast.mlid, 0xc003);
	ck_assert_uint_eq(event.multicast.sl, 2);
	ck_assert_uint_eq(event.multicast.rate, 6);
	ck_assert_uint_eq(event.multicast.flow_label, 5);
	ck_assert_uint_eq(event.multicast.traffic_class, 6);
	ck_assert_uint_eq(event.multicast.hop_limit, 7);
	ck_assert_uint_eq(event.multicast.mtu, 2048);
	/* The membership lasts as long as the id. */
	ck_assert_uint_eq(fake_cm.alive, 1);
	ipoib__verbs_hold_leave(&verbs, &wanted.mgid);
	ck_assert_uint_eq(fake_cm.alive, 0);
}
END_TEST

START_TEST(no_interface_of_the_kernel_in_the_partition_is_no_membership)
{
	fake_cm_host("10.0.0.1", 1, 0xffff);
	fake_cm_host("10.1.0.1", 2, 0x8001); /* the other port */
	fake_cm_host("10.2.0.1", 1, 0x8001);
	fake_cm.addresses[2].elsewhere = true;
	ck_assert_int_eq(ipoib__verbs_hold_join(&verbs, 9, &wanted), 0);
	ck_assert_int_eq(answer().status, -EACCES);
	ck_assert_uint_eq(fake_cm.joins, 0);
	ck_assert_uint_eq(fake_cm.alive, 0);
}
END_TEST

START_TEST(a_join_that_fails_is_told_and_leaves_nothing)
{
	static const int statuses[][2] = {
		{ -ETIMEDOUT, -ETIMEDOUT }, { -EINVAL, -ENOENT }, { 0, -ENOENT }
	};

	host_with_ipoib();
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		ck_assert_int_eq(ipoib__verbs_hold_join(&verbs, i, &wanted), 0);
		fake_cm_event(RDMA_CM_EVENT_MULTICAST_ERROR, statuses[i][0], NULL);
		ck_assert_int_eq(answer().status, statuses[i][1]);
		ck_assert_uint_eq(fake_cm.alive, 0);
	}
	fake_cm.refuse_join = EPERM;
	ck_assert_int_eq(ipoib__verbs_hold_join(&verbs, 9, &wanted), 0);
	ck_assert_int_eq(answer().status, -EACCES);
	for (long n = 1; n <= 2; n++) {
		support_fail_after(n, false);
		int status = ipoib__verbs_hold_join(&verbs, 9, &wanted);

		support_fail_after(0, false);
		ck_assert(status == -ENOMEM || answer().status == -ENOENT);
	}
	verbs.gone = true;
	ck_assert_int_eq(ipoib__verbs_hold_join(&verbs, 9, &wanted), 0);
	ck_assert_int_eq(answer().status, -ENOENT);
}
END_TEST

START_TEST(a_membership_that_the_kernel_loses_can_be_joined_again)
{
	const struct rdma_ud_param ud = { .qkey = 1, .ah_attr = { .dlid = 0xc000 } };

	host_with_ipoib();
	ck_assert_int_eq(ipoib__verbs_hold_join(&verbs, 1, &wanted), 0);
	fake_cm_event(RDMA_CM_EVENT_MULTICAST_JOIN, 0, &ud);
	ck_assert_int_eq(answer().status, 0);
	fake_cm_event(RDMA_CM_EVENT_MULTICAST_ERROR, -ENETRESET, NULL);
	ck_assert(!is_answered());
	ck_assert_uint_eq(fake_cm.alive, 0);
	/* Who joins anew, though the kernel has lost nothing, wants a new record. */
	for (uint64_t id = 2; id < 4; id++) {
		ck_assert_int_eq(ipoib__verbs_hold_join(&verbs, id, &wanted), 0);
		fake_cm_event(RDMA_CM_EVENT_MULTICAST_JOIN, 0, &ud);
		ck_assert_uint_eq(answer().id, id);
	}
	ck_assert_uint_eq(fake_cm.alive, 1);
}
END_TEST

START_TEST(a_question_that_was_taken_back_is_not_answered)
{
	const struct rdma_ud_param ud = { .qkey = 1, .ah_attr = { .dlid = 0xc000 } };

	host_with_ipoib();
	ck_assert_int_eq(ipoib__verbs_hold_join(&verbs, 1, &wanted), 0);
	ipoib__verbs_ops.cancel(&verbs, 1);
	fake_cm_event(RDMA_CM_EVENT_MULTICAST_JOIN, 0, &ud);
	ck_assert(!is_answered());
	ipoib__verbs_hold_leave(&verbs, &wanted.mgid);
	ck_assert_uint_eq(fake_cm.alive, 0);
	ask(2);
	fake_cm_event(RDMA_CM_EVENT_ADDR_ERROR, -ETIMEDOUT, NULL);
	ck_assert(is_answered());
	ipoib__verbs_ops.cancel(&verbs, 2); /* its answer was not taken yet */
	ck_assert(!is_answered());
	ck_assert_uint_eq(verbs.questions, 0);
}
END_TEST

/* Beside a join of our own that the SA has answered. */
START_TEST(the_kernel_counts_us_once_for_each_group)
{
	struct ipoib_multicast_record other = wanted;

	ipoib__verbs_hold(&verbs, &wanted); /* it has no interface: nobody who would leave */
	ck_assert_uint_eq(fake_cm.alive, 0);
	host_with_ipoib();
	ipoib__verbs_hold(&verbs, &wanted);
	ipoib__verbs_hold(&verbs, &wanted);
	ck_assert_uint_eq(fake_cm.alive, 1);
	other.mgid.raw[15]++;
	ipoib__verbs_hold(&verbs, &other);
	ck_assert_uint_eq(fake_cm.alive, 2);
	ck_assert(!is_answered());
	ipoib__verbs_hold_leave(&verbs, &other.mgid);
	ipoib__verbs_hold_leave(&verbs, &other.mgid);
	ck_assert_uint_eq(fake_cm.alive, 1);
}
END_TEST

Suite *suite_infiniband(void)
{
	Suite *suite = suite_create("infiniband");
	TCase *tcase = tcase_create("infiniband");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_path_is_asked_for_by_gid_and_partition);
	tcase_add_test(tcase, a_path_that_is_not_of_our_port_is_none);
	tcase_add_test(tcase, a_route_without_a_path_is_none);
	tcase_add_test(tcase, what_keeps_the_kernel_from_answering_is_told_apart);
	tcase_add_test(tcase, a_question_that_cannot_be_asked_is_answered_all_the_same);
	tcase_add_test(tcase, questions_are_bounded_and_need_memory);
	tcase_add_test(tcase, the_kernel_joins_by_its_interface_in_the_same_partition);
	tcase_add_test(tcase, no_interface_of_the_kernel_in_the_partition_is_no_membership);
	tcase_add_test(tcase, a_join_that_fails_is_told_and_leaves_nothing);
	tcase_add_test(tcase, a_membership_that_the_kernel_loses_can_be_joined_again);
	tcase_add_test(tcase, a_question_that_was_taken_back_is_not_answered);
	tcase_add_test(tcase, the_kernel_counts_us_once_for_each_group);
	suite_add_tcase(suite, tcase);
	return suite;
}
