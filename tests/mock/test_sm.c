/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a subnet manager does to ports one by one, its death, and its return. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "mock/client.h"
#include "mock/fabric.h"
#include "mock/fixture.h"
#include "mock/suites.h"

static struct ipoib_fabric *fabric;
static struct node a, b;

static void setup(void)
{
	support_setup();
	fabric = fixture_fabric(2);
	node_open(&a, fabric, "host1/1");
	node_open(&b, fabric, "host2/1");
}

static void teardown(void)
{
	node_close(&a);
	node_close(&b);
	fixture_close(fabric);
	support_teardown();
}

/* The path from a to b: its LID, or the error. */
static int ask_path(uint16_t *dlid)
{
	struct ipoib_gid gid = node_attributes(&b).gid;
	struct ipoib_transport_event event;

	ck_assert_int_eq(ops->path_query(a.port, 9, &gid, 0xffff), 0);
	fixture_settle(fabric);
	if (ops->next_event(a.port, &event) == 0)
		return -EINPROGRESS;
	ck_assert_uint_eq(event.type, IPOIB_TRANSPORT_PATH);
	if (dlid != NULL)
		*dlid = event.path.dlid;
	return event.status;
}

/* Whether a datagram to a handle arrives at b. */
static bool arrives(void *ah)
{
	struct ipoib_ud_completion done;

	ck_assert_int_eq(node_receive(&b, 0, NODE_SLOT), 1);
	ck_assert_int_eq(node_send(&a, ah, b.qpn, 0, 8), 1);
	fixture_settle(fabric);
	node_completion(&a, IPOIB_UD_SEND, 0);
	return ops->ud_poll(b.port, b.ud, &done, 1) == 1;
}

START_TEST(one_port_moves_and_nobody_else_is_told)
{
	void *old = node_ah(&a, &b, false), *new;
	uint16_t lid = node_attributes(&b).lid, found;

	ck_assert(arrives(old));
	ck_assert_int_eq(ipoib_fabric_set_lid(fabric, "host2/1", 0), 0);
	ck_assert_uint_ne(node_attributes(&b).lid, lid);
	ck_assert_uint_eq(node_events(&b, IPOIB_TRANSPORT_PORT), 1);
	ck_assert_uint_eq(node_events(&a, IPOIB_TRANSPORT_PORT), 0);
	ck_assert(!arrives(old));
	ck_assert_uint_eq(fixture_statistics(fabric).dropped_route, 1);
	ck_assert_int_eq(ask_path(&found), 0);
	ck_assert_uint_eq(found, node_attributes(&b).lid);
	new = node_ah(&a, &b, true);
	ck_assert(arrives(new));
	ops->ah_destroy(a.port, old);
	ops->ah_destroy(a.port, new);
}
END_TEST

START_TEST(a_lid_is_one_ports_only)
{
	uint16_t own = node_attributes(&a).lid;

	ck_assert_int_eq(ipoib_fabric_set_lid(fabric, "host3/1", 5000), -ENOENT);
	ck_assert_int_eq(ipoib_fabric_set_lid(fabric, "host1/1", 0xbffe), -EINVAL);
	ck_assert_int_eq(ipoib_fabric_set_lid(fabric, "host1/1", 0xffff), -EINVAL);
	ck_assert_int_eq(ipoib_fabric_set_lid(fabric, "host2/1", own), -EBUSY);
	ck_assert_int_eq(ipoib_fabric_set_lid(fabric, "host1/1", own), 0);
	ck_assert_uint_eq(node_events(&a, IPOIB_TRANSPORT_PORT), 0);
	ck_assert_int_eq(ipoib_fabric_set_lid(fabric, "host1/1", 0xbffd), 0);
	ck_assert_int_eq(ipoib_fabric_set_lid(fabric, "host2/1", 0), 0); /* the first to be free */
	ck_assert_uint_ne(node_attributes(&b).lid, 0xbffd);
	/* A place that no process has taken makes room. */
	ck_assert_int_eq(ipoib_fabric_set_lid(fabric, "host2/1", 3), 0);
	ck_assert_uint_ne(fabric->ports[2].lid, 3);
	ck_assert_int_eq(ipoib_fabric_set_lid(fabric, "process1", 3), -EBUSY);
	ck_assert_int_eq(ipoib_fabric_set_lid(fabric, "host2/1", own), 0); /* nobody's now */
	ck_assert_uint_eq(node_attributes(&b).lid, own);
}
END_TEST

START_TEST(every_port_moves_whatever_was_moved_before)
{
	struct ipoib__random *random = support_random();

	for (unsigned round = 0; round < 50; round++) {
		uint16_t lids[2] = { node_attributes(&a).lid, node_attributes(&b).lid };
		uint16_t wanted = (uint16_t)ipoib__random_below(random, 200);

		(void)ipoib_fabric_set_lid(fabric, round % 2 ? "host1/1" : "host2/1", wanted);
		lids[0] = node_attributes(&a).lid;
		lids[1] = node_attributes(&b).lid;
		ck_assert_uint_ne(lids[0], lids[1]);
		ipoib_fabric_reassign_lids(fabric);
		ck_assert_uint_ne(node_attributes(&a).lid, lids[0]);
		ck_assert_uint_ne(node_attributes(&b).lid, lids[1]);
		ck_assert_uint_ne(node_attributes(&a).lid, node_attributes(&b).lid);
		(void)node_events(&a, 0);
		ck_assert_int_eq(ask_path(NULL), 0);
	}
}
END_TEST

START_TEST(a_gid_moves_and_the_old_one_is_nobodys)
{
	struct ipoib_gid gid = node_attributes(&b).gid, taken = node_attributes(&a).gid;
	struct ipoib_transport_event event;
	void *ah = node_ah(&a, &b, true);

	ck_assert_int_eq(ipoib_fabric_set_gid(fabric, "host9/1", &gid), -ENOENT);
	taken.raw[0] = 0xfd; /* a GUID is one port's under any prefix */
	ck_assert_int_eq(ipoib_fabric_set_gid(fabric, "host2/1", &taken), -EBUSY);
	memset(taken.raw + 8, 0, 8);
	ck_assert_int_eq(ipoib_fabric_set_gid(fabric, "host2/1", &taken), -EINVAL);
	taken = gid;
	taken.raw[0] = 0xff;
	ck_assert_int_eq(ipoib_fabric_set_gid(fabric, "host2/1", &taken), -EINVAL);
	ck_assert_uint_eq(node_events(&b, IPOIB_TRANSPORT_PORT), 0);

	taken = gid;
	gid.raw[8] = 0x10;
	ck_assert_int_eq(ipoib_fabric_set_gid(fabric, "host2/1", &gid), 0);
	ck_assert_uint_eq(node_event(&b).type, IPOIB_TRANSPORT_PORT);
	ck_assert_mem_eq(node_attributes(&b).gid.raw, gid.raw, sizeof(gid));
	ck_assert_int_eq(ask_path(NULL), 0);
	ck_assert_int_eq(ops->path_query(a.port, 3, &taken, 0xffff), 0);
	fixture_settle(fabric);
	ck_assert_int_eq(ops->next_event(a.port, &event), 1);
	ck_assert_int_eq(event.status, -ENOENT);
	ops->ah_destroy(a.port, ah);
	/* It may still send: the switch knows its new GID. */
	ah = node_ah(&b, &a, true);
	ck_assert_int_eq(node_send(&b, ah, a.qpn, 0, 8), 1);
	node_completion(&b, IPOIB_UD_SEND, 0);
	ck_assert_uint_eq(fixture_statistics(fabric).dropped_bad, 0);
	ops->ah_destroy(b.port, ah);
}
END_TEST

START_TEST(another_subnet_prefix_is_every_ports)
{
	static const uint8_t prefix[8] = { 0xfe, 0xc0, 0, 0, 0, 0, 0x12, 0x34 };

	ck_assert_int_eq(ipoib_fabric_set_prefix(fabric, UINT64_C(0xff12000000000000)), -EINVAL);
	ck_assert_int_eq(ipoib_fabric_set_prefix(fabric, UINT64_C(0xfec0000000001234)), 0);
	ck_assert_mem_eq(node_attributes(&a).gid.raw, prefix, 8);
	ck_assert_mem_eq(node_attributes(&b).gid.raw, prefix, 8);
	ck_assert_uint_eq(node_events(&a, IPOIB_TRANSPORT_PORT), 1);
	ck_assert_int_eq(ask_path(NULL), 0);
}
END_TEST

START_TEST(ports_are_asked_to_register_one_or_all)
{
	ck_assert_int_eq(ipoib_fabric_reregister(fabric, "host3/1"), -ENOENT);
	ck_assert_int_eq(ipoib_fabric_reregister(fabric, "host1/1"), 0);
	ck_assert_uint_eq(node_event(&a).type, IPOIB_TRANSPORT_REREGISTER);
	ck_assert_uint_eq(node_events(&b, IPOIB_TRANSPORT_REREGISTER), 0);
	ck_assert_int_eq(ipoib_fabric_reregister(fabric, NULL), 0);
	ck_assert_uint_eq(node_events(&a, IPOIB_TRANSPORT_REREGISTER), 1);
	ck_assert_uint_eq(node_events(&b, IPOIB_TRANSPORT_REREGISTER), 1);
}
END_TEST

START_TEST(a_dead_manager_is_silent_until_it_returns)
{
	struct ipoib_multicast_record group;
	uint16_t sm_lid = ipoib_fabric_sm_lid(fabric);
	uint64_t mads;
	void *ah = node_ah(&a, &b, false);

	node_join_broadcast(&a, fabric, &group);
	mads = fixture_statistics(fabric).mads;
	ipoib_fabric_stop_sm(fabric);
	ck_assert_uint_eq(ipoib_fabric_sm_lid(fabric), 0);
	ck_assert_int_eq(ask_path(NULL), -EINPROGRESS);
	ck_assert(arrives(ah)); /* packets pass without a manager */
	ck_assert_uint_eq(fixture_statistics(fabric).mads, mads);
	ops->cancel(a.port, 9);
	ck_assert_uint_eq(ipoib__fabric_group_state(fabric->groups.slots[0], 0), 1);
	ipoib_fabric_start_sm(fabric);
	ck_assert_uint_eq(ipoib_fabric_sm_lid(fabric), sm_lid);
	ck_assert_uint_eq(ipoib__fabric_group_state(fabric->groups.slots[0], 0), 0);
	ck_assert_uint_eq(node_event(&a).type, IPOIB_TRANSPORT_REREGISTER);
	ck_assert_int_eq(ask_path(NULL), 0);
	ipoib_fabric_start_sm(fabric); /* it runs: nothing happens */
	ck_assert_uint_eq(node_events(&a, IPOIB_TRANSPORT_REREGISTER), 0);
	ops->ah_destroy(a.port, ah);
}
END_TEST

START_TEST(a_takeover_after_a_death_moves_everything)
{
	struct ipoib_multicast_record group;
	struct ipoib_port_attributes before = node_attributes(&a), after;

	node_join_broadcast(&a, fabric, &group);
	ipoib_fabric_stop_sm(fabric);
	ipoib_fabric_move_sm(fabric);
	after = node_attributes(&a);
	ck_assert_uint_ne(after.lid, before.lid);
	ck_assert_uint_ne(after.sm_lid, before.sm_lid);
	ck_assert_uint_eq(after.sm_lid, ipoib_fabric_sm_lid(fabric));
	ck_assert_uint_eq(node_event(&a).type, IPOIB_TRANSPORT_PORT);
	ck_assert_uint_eq(node_event(&a).type, IPOIB_TRANSPORT_REREGISTER);
	ck_assert_uint_eq(ipoib__fabric_group_state(fabric->groups.slots[0], 0), 0);
	ck_assert_int_eq(ask_path(NULL), 0);
	node_join_broadcast(&a, fabric, &group);
}
END_TEST

START_TEST(ports_can_be_listed)
{
	struct ipoib_port_attributes port = { .size = sizeof(port) };
	uint32_t index = 0, attached = 0;
	int status;

	ck_assert_int_eq(ipoib_fabric_set_link(fabric, "host2/1", false), 0);
	while ((status = ipoib_fabric_port(fabric, index, &port)) >= 0) {
		attached += (uint32_t)status;
		if (index == 1) {
			ck_assert_str_eq(port.name, "host2/1");
			ck_assert_uint_eq(port.state, IPOIB_PORT_DOWN);
		}
		index++;
	}
	ck_assert_int_eq(status, -ENOENT);
	ck_assert_uint_eq(index, 2 + IPOIB__FABRIC_ANONYMOUS_MAX);
	ck_assert_uint_eq(attached, 2);
	ck_assert_uint_eq(fixture_statistics(fabric).groups, 1);
}
END_TEST

START_TEST(a_place_without_a_name_is_for_processes_only)
{
	struct ipoib__port *port;

	ck_assert_int_eq(ipoib__port_open(&port, fabric, "process1"), -ENOENT);
	ck_assert_int_eq(ipoib_fabric_set_link(fabric, "process1", false), 0);
	ck_assert_int_eq(ipoib_fabric_set_link(fabric, "process65", false), -ENOENT);
}
END_TEST

START_TEST(a_process_is_told_of_its_new_lid_gid_and_pkeys)
{
	static const uint16_t pkeys[] = { 0x8001, 0x7fff, 0 };
	struct ipoib__attach answer;
	struct ipoib_gid gid = { .raw = { 0xfe, 0xc0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 } };
	int fd = client_attach("host1", &answer);

	ck_assert_int_eq(ipoib_fabric_set_lid(client_fabric, "host1/1", 777), 0);
	ck_assert_uint_eq(client_hear(fd, IPOIB__ATTACH_SIZE).lid, 777);
	ck_assert_int_eq(ipoib_fabric_set_gid(client_fabric, "host1/1", &gid), 0);
	answer = client_hear(fd, IPOIB__ATTACH_SIZE);
	ck_assert_mem_eq(answer.prefix, gid.raw, 8);
	ck_assert_mem_eq(answer.guid, gid.raw + 8, 8);
	ck_assert_int_eq(ipoib_fabric_set_pkeys(client_fabric, "host1/1", pkeys, 3), 0);
	answer = client_hear(fd, IPOIB__ATTACH_SIZE);
	ck_assert_uint_eq(answer.pkey_count, 3);
	ck_assert_mem_eq(answer.pkeys, pkeys, sizeof(pkeys));
	ck_assert_uint_eq(answer.pkeys[3], 0);
	ck_assert_uint_eq(answer.events, 0);
	ck_assert_int_eq(ipoib_fabric_reregister(client_fabric, NULL), 0);
	ck_assert_uint_eq(client_hear(fd, IPOIB__ATTACH_SIZE).events, IPOIB__ATTACH_REREGISTER);
	close(fd);
}
END_TEST

Suite *suite_sm(void)
{
	Suite *suite = suite_create("sm");
	TCase *tcase = tcase_create("sm");
	TCase *told = tcase_create("sm and a process");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, one_port_moves_and_nobody_else_is_told);
	tcase_add_test(tcase, a_lid_is_one_ports_only);
	tcase_add_test(tcase, every_port_moves_whatever_was_moved_before);
	tcase_add_test(tcase, a_gid_moves_and_the_old_one_is_nobodys);
	tcase_add_test(tcase, another_subnet_prefix_is_every_ports);
	tcase_add_test(tcase, ports_are_asked_to_register_one_or_all);
	tcase_add_test(tcase, a_dead_manager_is_silent_until_it_returns);
	tcase_add_test(tcase, a_takeover_after_a_death_moves_everything);
	tcase_add_test(tcase, ports_can_be_listed);
	tcase_add_test(tcase, a_place_without_a_name_is_for_processes_only);
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(told, client_setup, client_teardown);
	tcase_add_test(told, a_process_is_told_of_its_new_lid_gid_and_pkeys);
	suite_add_tcase(suite, told);
	return suite;
}
