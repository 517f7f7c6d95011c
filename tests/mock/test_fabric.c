/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The switch and the subnet manager: routes, groups, LIDs, take-over, ends. */
#include <errno.h>
#include <string.h>

#include <ipoib/capture.h>

#include "mock/fabric.h"
#include "mock/fixture.h"
#include "mock/suites.h"

START_TEST(a_fabric_out_of_range_is_refused)
{
	struct ipoib_fabric *fabric;
	struct ipoib_fabric_config good = fixture_config(), config;

#define REFUSED(member, value)                                                                     \
	do {                                                                                       \
		config = good;                                                                     \
		config.member = (value);                                                           \
		ck_assert_int_eq(ipoib_fabric_new(&fabric, &config), -EINVAL);                     \
	} while (0)
	REFUSED(hosts, 0);
	REFUSED(hosts, 1025);
	REFUSED(ports, 0);
	REFUSED(ports, 9);
	REFUSED(mtu, 1500);
	REFUSED(mtu, 1024);
	REFUSED(clock, NULL);
	REFUSED(release, NULL);
	REFUSED(reserved, 1);
	REFUSED(size, 4);
#undef REFUSED
	ipoib_fabric_close(NULL);
}
END_TEST

START_TEST(each_allocation_of_a_new_fabric_may_fail)
{
	struct ipoib_fabric_config config = fixture_config();
	struct ipoib_fabric *fabric = NULL;
	long n = 0;
	int status;

	do {
		n++;
		support_fail_after(n, n % 2 == 0);
		status = ipoib_fabric_new(&fabric, &config);
		support_fail_after(0, false);
	} while (status == -ENOMEM);
	ck_assert_int_eq(status, 0);
	ck_assert_int_gt(n, 3);
	ipoib_fabric_close(fabric);
}
END_TEST

START_TEST(ports_have_names_and_are_attached_once)
{
	struct ipoib_fabric *fabric = fixture_fabric(2);
	struct ipoib_port_attributes first, second;
	struct ipoib__port *port;
	struct node a, b;

	node_open(&a, fabric, "host1/1");
	node_open(&b, fabric, "host2/1");
	ck_assert_int_eq(ipoib__port_open(&port, fabric, "host1/1"), -EBUSY);
	ck_assert_int_eq(ipoib__port_open(&port, fabric, "host3/1"), -ENOENT);
	ck_assert_int_eq(ipoib__port_open(&port, fabric, "process1"), -ENOENT);
	first = node_attributes(&a);
	second = node_attributes(&b);
	ck_assert_str_eq(first.name, "host1/1");
	ck_assert_uint_eq(first.mtu, 2048);
	ck_assert_uint_eq(first.pkey_count, 1);
	ck_assert_uint_eq(first.pkeys[0], 0xffff);
	ck_assert_uint_ne(first.lid, second.lid);
	ck_assert_mem_ne(&first.gid, &second.gid, 16);
	ck_assert_uint_eq(fixture_statistics(fabric).ports_attached, 2);
	node_close(&a);
	ck_assert_uint_eq(fixture_statistics(fabric).ports_attached, 1);
	node_open(&a, fabric, "host1/1");
	node_close(&a);
	node_close(&b);
	fixture_close(fabric);
}
END_TEST

START_TEST(nothing_arrives_before_the_fabric_is_dispatched)
{
	struct ipoib_fabric *fabric = fixture_fabric(2);
	struct node a, b;
	void *ah;

	node_open(&a, fabric, "host1/1");
	node_open(&b, fabric, "host2/1");
	ah = node_ah(&a, &b, false);
	ck_assert_uint_eq(ipoib_fabric_deadline(fabric), IPOIB_NEVER);
	ck_assert_int_eq(node_receive(&b, 0, NODE_SLOT), 1);
	ck_assert_int_eq(node_send(&a, ah, b.qpn, 0, 8), 1);
	node_no_completion(&b);
	ck_assert_uint_eq(ipoib_fabric_deadline(fabric), support_now);
	ck_assert_uint_eq(fixture_statistics(fabric).in_flight, 1);
	ipoib_fabric_dispatch(fabric);
	node_completion(&b, IPOIB_UD_RECEIVE, 0);
	ck_assert_uint_eq(fixture_statistics(fabric).delivered, 1);
	node_completion(&a, IPOIB_UD_SEND, 0);
	ops->ah_destroy(a.port, ah);
	node_close(&a);
	node_close(&b);
	fixture_close(fabric);
}
END_TEST

START_TEST(a_multicast_reaches_every_member_and_the_sender_by_its_own_loopback)
{
	struct ipoib_fabric *fabric = fixture_fabric(4);
	struct ipoib_multicast_record group;
	struct node n[4];
	void *ah;

	for (unsigned i = 0; i < 4; i++) {
		char name[] = "host1/1";

		name[4] = (char)('1' + i);
		node_open(&n[i], fabric, name);
		ck_assert_int_eq(node_receive(&n[i], 0, NODE_SLOT), 1);
	}
	for (unsigned i = 0; i < 3; i++)
		node_join_broadcast(&n[i], fabric, &group);
	struct ipoib_fabric_statistics before = fixture_statistics(fabric);
	ah = node_ah_group(&n[0], &group);
	ck_assert_int_eq(node_send(&n[0], ah, IPOIB_QPN_MULTICAST, 0, 8), 1);
	fixture_settle(fabric);
	node_completion(&n[0], IPOIB_UD_SEND, 0);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(node_completion(&n[i], IPOIB_UD_RECEIVE, 0).has_grh, 1);
	node_no_completion(&n[3]);
	ck_assert_uint_eq(fixture_statistics(fabric).copies - before.copies, 2);
	ck_assert_uint_eq(fixture_statistics(fabric).frames - before.frames, 1);
	/* A member of the group whose queue pair is not attached hears nothing. */
	ops->ud_detach(n[1].port, n[1].ud, &group.mgid, group.mlid);
	ck_assert_int_eq(node_receive(&n[1], 0, NODE_SLOT), 1);
	ck_assert_int_eq(node_send(&n[0], ah, IPOIB_QPN_MULTICAST, 0, 8), 1);
	fixture_settle(fabric);
	node_no_completion(&n[1]);
	/* Who never joined has no route to the group. */
	void *stranger = node_ah_group(&n[3], &group);
	before = fixture_statistics(fabric);
	ck_assert_int_eq(node_send(&n[3], stranger, IPOIB_QPN_MULTICAST, 0, 8), 1);
	fixture_settle(fabric);
	ck_assert_uint_eq(fixture_statistics(fabric).dropped_route - before.dropped_route, 1);
	node_completion(&n[0], IPOIB_UD_SEND, 0);
	node_completion(&n[3], IPOIB_UD_SEND, 0);
	ops->ah_destroy(n[0].port, ah);
	ops->ah_destroy(n[3].port, stranger);
	for (unsigned i = 0; i < 4; i++)
		node_close(&n[i]);
	fixture_close(fabric);
}
END_TEST

START_TEST(lids_move_and_old_ones_lead_nowhere)
{
	struct ipoib_fabric *fabric = fixture_fabric(2);
	struct node a, b;
	uint16_t lid;
	void *ah;

	node_open(&a, fabric, "host1/1");
	node_open(&b, fabric, "host2/1");
	ah = node_ah(&a, &b, false);
	lid = node_attributes(&a).lid;
	ipoib_fabric_reassign_lids(fabric);
	ck_assert_uint_ne(node_attributes(&a).lid, lid);
	ck_assert_uint_eq(node_event(&a).type, IPOIB_TRANSPORT_PORT);
	ck_assert_uint_eq(node_events(&a, IPOIB_TRANSPORT_REREGISTER), 0);
	ck_assert_int_eq(node_send(&a, ah, b.qpn, 0, 8), 1);
	fixture_settle(fabric);
	node_completion(&a, IPOIB_UD_SEND, 0);
	ck_assert_uint_eq(fixture_statistics(fabric).dropped_route, 1);
	ipoib_fabric_reassign_lids(fabric);
	ck_assert_uint_eq(node_attributes(&a).lid, lid);
	ops->ah_destroy(a.port, ah);
	node_close(&a);
	node_close(&b);
	fixture_close(fabric);
}
END_TEST

START_TEST(a_new_subnet_manager_forgets_members_and_asks_for_them)
{
	struct ipoib_fabric *fabric = fixture_fabric(2);
	struct ipoib_multicast_record group, own;
	struct node a;
	uint16_t sm_lid;

	node_open(&a, fabric, "host1/1");
	node_join_broadcast(&a, fabric, &group);
	own = group;
	own.mgid.raw[15] = 0x16;
	own.create = 1;
	own.join_state = IPOIB_JOIN_FULL_MEMBER;
	ck_assert_int_eq(node_join(&a, fabric, &own, &own), 0);
	sm_lid = node_attributes(&a).sm_lid;
	ipoib_fabric_restart_sm(fabric);
	ck_assert_uint_ne(node_attributes(&a).sm_lid, sm_lid);
	ck_assert_uint_eq(node_event(&a).type, IPOIB_TRANSPORT_PORT);
	ck_assert_uint_eq(node_event(&a).type, IPOIB_TRANSPORT_REREGISTER);
	own.create = 0;
	ck_assert_int_eq(node_join(&a, fabric, &own, NULL), -ENOENT);
	node_join_broadcast(&a, fabric, &group); /* that one stays */
	node_close(&a);
	fixture_close(fabric);
}
END_TEST

START_TEST(a_transport_outlives_its_fabric_with_a_dead_link)
{
	struct ipoib_fabric *fabric = fixture_fabric(2);
	struct ipoib_transport_event event;
	struct node a, b;
	void *ah;

	node_open(&a, fabric, "host1/1");
	node_open(&b, fabric, "host2/1");
	ah = node_ah(&a, &b, false);
	ck_assert_int_eq(node_send(&a, ah, b.qpn, 0, 8), 1); /* on its way for ever */
	ipoib_fabric_close(fabric);
	node_completion(&a, IPOIB_UD_SEND, 0);
	ck_assert_uint_eq(node_attributes(&a).state, IPOIB_PORT_DOWN);
	ck_assert_uint_eq(node_event(&a).type, IPOIB_TRANSPORT_PORT);
	ck_assert_int_eq(node_send(&a, ah, b.qpn, 0, 8), 1);
	node_completion(&a, IPOIB_UD_SEND, -EIO);
	struct ipoib_gid gid = node_attributes(&b).gid;
	ck_assert_int_eq(ops->path_query(a.port, 5, &gid, 0xffff), 0);
	for (unsigned i = 0; i <= IPOIB__SA_SENDS; i++) {
		ops->process(a.port, support_now);
		support_advance(IPOIB__SA_PATH_LIMIT);
	}
	ck_assert_int_eq(ops->next_event(a.port, &event), 1);
	ck_assert_int_eq(event.status, -ETIMEDOUT);
	ops->ah_destroy(a.port, ah);
	node_close(&a);
	node_close(&b);
}
END_TEST

static int capture_write(const void *octets, size_t length, void *user)
{
	(void)octets;
	*(size_t *)user += length;
	return 0;
}

START_TEST(every_frame_that_enters_is_captured)
{
	struct ipoib_fabric *fabric = fixture_fabric(2);
	struct ipoib_multicast_record group;
	struct ipoib_capture *capture;
	struct node a;
	size_t octets = 0;
	struct ipoib_capture_config config = {
		.size = sizeof(config),
		.write = capture_write,
		.user = &octets,
		.allocate = support_allocate,
		.release = support_release,
	};

	ck_assert_int_eq(ipoib_capture_new(&capture, &config), 0);
	ipoib_fabric_capture(fabric, capture);
	node_open(&a, fabric, "host1/1");
	node_join_broadcast(&a, fabric, &group);
	ck_assert_uint_eq(ipoib_capture_count(capture, NULL), 2); /* Set and its answer */
	ck_assert_uint_eq(fixture_statistics(fabric).frames, 2);
	ck_assert_uint_gt(octets, 512);
	ipoib_fabric_capture(fabric, NULL);
	node_close(&a);
	fixture_close(fabric);
	ipoib_capture_close(capture);
}
END_TEST

START_TEST(a_thousand_hosts_find_their_paths)
{
	struct ipoib_fabric_config config = fixture_config();
	struct ipoib_port_attributes last;
	struct ipoib_fabric *fabric;
	struct node a, b;

	config.hosts = 1024;
	config.ports = 8;
	config.mtu = 4096;
	fabric = fixture_fabric_of(&config);
	node_open(&a, fabric, "host1/1");
	node_open(&b, fabric, "host1024/8");
	for (unsigned i = 0; i < 2; i++) {
		last = node_attributes(&b);
		ck_assert_int_eq(ops->path_query(a.port, 1, &last.gid, 0xffff), 0);
		fixture_settle(fabric);
		(void)node_events(&b, 0);
		struct ipoib_transport_event event = node_event(&a);
		if (i == 1) /* the LIDs have moved */
			event = node_event(&a);
		ck_assert_int_eq(event.status, 0);
		ck_assert_uint_eq(event.path.dlid, last.lid);
		ck_assert_uint_eq(event.path.mtu, 4096);
		ipoib_fabric_reassign_lids(fabric);
	}
	node_close(&a);
	node_close(&b);
	fixture_close(fabric);
}
END_TEST

Suite *suite_fabric(void)
{
	Suite *suite = suite_create("fabric");
	TCase *tcase = tcase_create("fabric");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_fabric_out_of_range_is_refused);
	tcase_add_test(tcase, each_allocation_of_a_new_fabric_may_fail);
	tcase_add_test(tcase, ports_have_names_and_are_attached_once);
	tcase_add_test(tcase, nothing_arrives_before_the_fabric_is_dispatched);
	tcase_add_test(tcase, a_multicast_reaches_every_member_and_the_sender_by_its_own_loopback);
	tcase_add_test(tcase, lids_move_and_old_ones_lead_nowhere);
	tcase_add_test(tcase, a_new_subnet_manager_forgets_members_and_asks_for_them);
	tcase_add_test(tcase, a_transport_outlives_its_fabric_with_a_dead_link);
	tcase_add_test(tcase, every_frame_that_enters_is_captured);
	tcase_add_test(tcase, a_thousand_hosts_find_their_paths);
	suite_add_tcase(suite, tcase);
	return suite;
}
