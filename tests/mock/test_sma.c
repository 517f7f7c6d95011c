/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A fabric whose subnet manager is somebody else: what it makes of the fabric. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "mock/fabric.h"
#include "mock/fabric_external.h"
#include "mock/manager.h"
#include "mock/suites.h"

#define GET IPOIB__MAD_GET
#define SET IPOIB__MAD_SET

static struct ipoib_fabric_statistics counters(void)
{
	return fixture_statistics(manager.fabric);
}

/* From a to b; whether it has arrived. */
static bool arrives(void)
{
	struct ipoib_ud_completion completion;
	void *ah = node_ah(&manager.a, &manager.b, false);
	int count;

	ck_assert_int_eq(node_receive(&manager.b, 0, NODE_SLOT), 1);
	ck_assert_int_eq(node_send(&manager.a, ah, manager.b.qpn, 0, 100), 1);
	fixture_settle(manager.fabric);
	ck_assert_int_eq(ops->ud_poll(manager.a.port, manager.a.ud, &completion, 1), 1);
	count = ops->ud_poll(manager.b.port, manager.b.ud, &completion, 1);
	ops->ah_destroy(manager.a.port, ah);
	return count == 1;
}

/* ---- what it finds ---- */

START_TEST(the_manager_finds_the_switch_and_what_is_behind_its_ports)
{
	struct ipoib_gid gid = node_attributes(&manager.a).gid;
	struct ipoib__smp_node_info info;

	ck_assert_uint_eq(manager_ask(GET, IPOIB__SMP_NODE_INFO, 0, 0), 0);
	ck_assert_int_eq(ipoib__smp_node_info_decode(&info, manager.data, 64), 40);
	ck_assert_uint_eq(info.type, IPOIB__SMP_NODE_SWITCH);
	ck_assert_uint_eq(info.port_count, 4 + IPOIB__FABRIC_ANONYMOUS_MAX);
	ck_assert_uint_eq(info.port, MANAGER_AT);
	ck_assert_uint_eq(manager.answer.return_path[1], MANAGER_AT);
	ck_assert_uint_eq(manager_ask(GET, IPOIB__SMP_NODE_INFO, 0, MANAGER_A), 0);
	ck_assert_int_eq(ipoib__smp_node_info_decode(&info, manager.data, 64), 40);
	ck_assert_uint_eq(info.type, IPOIB__SMP_NODE_CHANNEL_ADAPTER);
	ck_assert_uint_eq(info.port_count, 1);
	ck_assert_uint_eq(info.pkey_room, IPOIB_FABRIC_PKEYS_MAX);
	ck_assert_mem_eq(info.port_guid, gid.raw + 8, 8);
	ck_assert_uint_eq(manager_ask(GET, IPOIB__SMP_NODE_DESCRIPTION, 0, MANAGER_B), 0);
	ck_assert_str_eq((const char *)manager.data, "host3/1");
	ck_assert_uint_eq(manager_ask(GET, IPOIB__SMP_GUID_INFO, 0, MANAGER_A), 0);
	ck_assert_mem_eq(manager.data, gid.raw + 8, 8);
	ck_assert_uint_eq(manager_port_info(MANAGER_A, 0).state, IPOIB__SMP_INIT);
	ck_assert_uint_eq(manager_port_info(MANAGER_NOBODY, 0).state, IPOIB__SMP_DOWN);
	ck_assert_uint_eq(manager_port_info(0, MANAGER_A).state, IPOIB__SMP_INIT);
	ck_assert_uint_eq(manager_ask(GET, IPOIB__SMP_NODE_INFO, 0, MANAGER_NOBODY),
			  MANAGER_SILENCE);
	ck_assert_uint_ge(counters().dropped_link, 1);
}
END_TEST

START_TEST(a_port_is_up_when_the_manager_has_made_it_so)
{
	struct ipoib_port_attributes port = node_attributes(&manager.a);

	ck_assert_uint_eq(port.lid, 0);
	ck_assert_uint_eq(port.state, IPOIB_PORT_DOWN);
	manager_bring_up();
	port = node_attributes(&manager.a);
	ck_assert_uint_eq(port.lid, MANAGER_LID(MANAGER_A));
	ck_assert_uint_eq(port.sm_lid, MANAGER_OWN);
	ck_assert_uint_eq(port.sm_sl, 3);
	ck_assert_uint_eq(port.state, IPOIB_PORT_ACTIVE);
	ck_assert_uint_ge(node_events(&manager.a, IPOIB_TRANSPORT_PORT), 1);
	ck_assert_uint_eq(ipoib_fabric_sm_lid(manager.fabric), MANAGER_OWN);
	ck_assert(arrives());
}
END_TEST

START_TEST(links_go_up_in_order_only)
{
	ck_assert_uint_eq(manager_set_state(MANAGER_A, 0, IPOIB__SMP_ACTIVE), 0x1c);
	ck_assert_uint_eq(manager_set_state(MANAGER_A, 0, IPOIB__SMP_ARMED), 0);
	ck_assert_uint_eq(manager_set_state(MANAGER_A, 0, IPOIB__SMP_INIT), 0x1c);
	ck_assert_uint_eq(manager_set_state(MANAGER_A, 0, IPOIB__SMP_ACTIVE), 0);
	ck_assert_uint_eq(manager_set_state(MANAGER_A, 0, IPOIB__SMP_ARMED), 0x1c);
	ck_assert_uint_eq(manager_set_state(MANAGER_NOBODY, 0, IPOIB__SMP_ARMED), 0x1c);
	ck_assert_uint_eq(manager_set_state(MANAGER_NOBODY, 0, IPOIB__SMP_DOWN), 0x1c);
}
END_TEST

/* ---- where data go ---- */

START_TEST(what_is_not_routed_does_not_arrive)
{
	uint64_t before;

	manager_bring_up();
	before = counters().dropped_route;
	manager_route(MANAGER_LID(MANAGER_B), IPOIB__SMA_NO_PORT);
	ck_assert(!arrives());
	manager_route(MANAGER_LID(MANAGER_B), 0); /* the switch itself takes no data */
	ck_assert(!arrives());
	manager_route(MANAGER_LID(MANAGER_B), 200);
	ck_assert(!arrives());
	ck_assert_uint_eq(counters().dropped_route, before + 3);
	manager_route(MANAGER_LID(MANAGER_B), MANAGER_NOBODY);
	ck_assert(!arrives());
	ck_assert_uint_ge(counters().dropped_link, 1);
	manager_route(MANAGER_LID(MANAGER_B), MANAGER_B);
	manager.fabric->sma->linear_top = MANAGER_LID(MANAGER_B) - 1;
	ck_assert_uint_eq(ipoib__sma_route(manager.fabric->sma, MANAGER_LID(MANAGER_B)),
			  IPOIB__SMA_NO_PORT);
}
END_TEST

START_TEST(a_link_that_is_not_active_carries_no_data)
{
	manager_bring_up();
	ipoib_fabric_set_link(manager.fabric, "host3/1", false);
	ck_assert(!arrives());
	ipoib_fabric_set_link(manager.fabric, "host3/1", true);
	fixture_settle(manager.fabric);
	ck_assert_uint_eq(node_attributes(&manager.b).state, IPOIB_PORT_DOWN);
	ck_assert_uint_eq(node_attributes(&manager.b).lid, MANAGER_LID(MANAGER_B));
	ck_assert_uint_eq(manager_set_state(1, MANAGER_B, IPOIB__SMP_ARMED), 0);
	ck_assert_uint_eq(manager_set_state(1, MANAGER_B, IPOIB__SMP_ACTIVE), 0);
	ck_assert(!arrives()); /* the switch's end is not */
	ck_assert_uint_eq(manager_set_state(MANAGER_B, 0, IPOIB__SMP_ARMED), 0);
	ck_assert_uint_eq(manager_set_state(MANAGER_B, 0, IPOIB__SMP_ACTIVE), 0);
	ck_assert(arrives());
	/* One that is armed becomes active by what comes in. */
	manager.fabric->sma->links[MANAGER_A].state = IPOIB__SMP_ARMED;
	ck_assert(arrives());
	ck_assert_uint_eq(manager.fabric->sma->links[MANAGER_A].state, IPOIB__SMP_ACTIVE);
	manager.fabric->sma->links[MANAGER_A].state = IPOIB__SMP_INIT;
	ck_assert(!arrives());
}
END_TEST

START_TEST(a_group_is_the_row_that_the_manager_has_written)
{
	struct ipoib_multicast_record group = record_broadcast();
	struct ipoib_ud_completion completion;
	uint64_t copies;
	void *ah;

	manager_bring_up();
	group.mlid = 0xc021; /* in the second block */
	ah = node_ah_group(&manager.a, &group);
	ck_assert_int_eq(ops->ud_attach(manager.b.port, manager.b.ud, &group.mgid, group.mlid), 0);
	ck_assert_int_eq(node_receive(&manager.b, 0, NODE_SLOT), 1);
	ck_assert_int_eq(node_send(&manager.a, ah, 0xffffff, 0, 100), 1);
	fixture_settle(manager.fabric);
	node_completion(&manager.a, IPOIB_UD_SEND, 0);
	node_no_completion(&manager.b);
	ck_assert_uint_eq(counters().dropped_route, 1);
	ck_assert_uint_eq(counters().groups, 0);
	manager_group(group.mlid, 1u << MANAGER_A | 1u << MANAGER_B);
	ck_assert_uint_eq(counters().groups, 1);
	copies = counters().copies;
	ck_assert_int_eq(node_send(&manager.a, ah, 0xffffff, 0, 100), 1);
	fixture_settle(manager.fabric);
	ck_assert_uint_eq(counters().copies, copies + 1); /* none comes back */
	node_completion(&manager.a, IPOIB_UD_SEND, 0);
	ck_assert_int_eq(ops->ud_poll(manager.b.port, manager.b.ud, &completion, 1), 1);
	ck_assert_int_eq(ops->ud_poll(manager.a.port, manager.a.ud, &completion, 1), 0);
	ops->ah_destroy(manager.a.port, ah);
}
END_TEST

START_TEST(the_tables_hold_what_is_written_and_end_where_they_say)
{
	memset(manager.data, MANAGER_A, 64);
	ck_assert_uint_eq(manager_ask(SET, IPOIB__SMP_LINEAR_TABLE, 767, 0), 0);
	memset(manager.data, 0, 64);
	ck_assert_uint_eq(manager_ask(GET, IPOIB__SMP_LINEAR_TABLE, 767, 0), 0);
	ck_assert_uint_eq(manager.data[63], MANAGER_A);
	ck_assert_uint_eq(manager_ask(SET, IPOIB__SMP_LINEAR_TABLE, 768, 0), 0x1c);
	ck_assert_uint_eq(manager_ask(SET, IPOIB__SMP_LINEAR_TABLE, 0xffff, 0), 0x1c);
	memset(manager.data, 0xff, 64);
	ck_assert_uint_eq(manager_ask(SET, IPOIB__SMP_MULTICAST_TABLE, 0xf000001f, 0), 0);
	ck_assert(ipoib__sma_groups(manager.fabric->sma) == 32);
	ck_assert(!ipoib__sma_in_group(manager.fabric->sma, 0xc3ff, 255));
	ck_assert_uint_eq(manager_ask(SET, IPOIB__SMP_MULTICAST_TABLE, 32, 0), 0x1c);
	ck_assert_uint_eq(manager_ask(SET, IPOIB__SMP_MULTICAST_TABLE, 0xffffffff, 0), 0x1c);
	ck_assert_uint_eq(manager_ask(SET, IPOIB__SMP_PKEY_TABLE, 1, MANAGER_A), 0x1c);
	ck_assert_uint_eq(manager_ask(SET, IPOIB__SMP_PKEY_TABLE, UINT32_C(200) << 16, 0), 0x1c);
	ck_assert_uint_eq(manager_ask(GET, IPOIB__SMP_PKEY_TABLE, UINT32_C(2) << 16, 0), 0);
	ck_assert_uint_eq(manager_ask(GET, IPOIB__SMP_GUID_INFO, 1, MANAGER_A), 0x1c);
	ck_assert_uint_eq(manager_ask(GET, IPOIB__SMP_PORT_INFO, 200, 0), 0x1c);
	ck_assert_uint_eq(manager_ask(GET, IPOIB__SMP_PORT_INFO, 2, MANAGER_A), 0x1c);
	ck_assert_uint_eq(manager_ask(GET, IPOIB__SMP_SWITCH_INFO, 0, MANAGER_A), 0x0c);
	ck_assert_uint_eq(manager_ask(SET, IPOIB__SMP_NODE_INFO, 0, 0), 0x0c);
	ck_assert_uint_eq(manager_ask(0x77, IPOIB__SMP_NODE_INFO, 0, 0), 0x08);
	ck_assert_uint_eq(manager_ask(GET, IPOIB__SMP_SL_TO_VL, 0, MANAGER_A), 0);
	ck_assert_uint_eq(manager_ask(GET, IPOIB__SMP_VL_ARBITRATION, 0, 0), 0);
}
END_TEST

/* ---- what it sets ---- */

START_TEST(what_makes_no_sense_is_refused_and_changes_nothing)
{
	struct ipoib__smp_port_info good, bad;

	manager_bring_up();
	good = manager_port_info(0, MANAGER_A);
	good.state = good.physical_state = 0;
	for (unsigned i = 0; i < 8; i++) {
		bad = good;
		bad.reregister = 1;
		bad.lid = i == 0 ? 0 : i == 1 ? 0xc000 : 77;
		bad.sm_lid = i == 2 ? 0 : i == 3 ? 0xffff : 78;
		bad.lmc = i == 4;
		bad.mtu = i == 5 ? 5 : 3;
		bad.physical_state = i == 6 ? 3 : 0;
		bad.prefix[0] = i == 7 ? 0xff : 0xfe;
		ck_assert_uint_eq(manager_set_port_info(0, MANAGER_A, &bad), 0x1c);
		ck_assert_uint_eq(node_attributes(&manager.a).lid, MANAGER_LID(MANAGER_A));
		ck_assert_uint_eq(node_attributes(&manager.a).mtu, 2048);
	}
	ck_assert_uint_eq(node_events(&manager.a, IPOIB_TRANSPORT_REREGISTER), 0);
}
END_TEST

START_TEST(what_the_manager_sets_reaches_the_program)
{
	struct ipoib__smp_port_info info;
	struct ipoib__smp_words words = { .word = { 0xffff, 0, 0x8001 } };
	struct ipoib_port_attributes port;

	manager_bring_up();
	info = manager_port_info(0, MANAGER_A);
	info.state = info.physical_state = 0;
	info.lid = 77;
	info.mtu = 3;
	info.prefix[1] = 0xc0;
	info.reregister = 1;
	ck_assert_uint_eq(manager_set_port_info(0, MANAGER_A, &info), 0);
	ck_assert_uint_eq(manager_port_info(0, MANAGER_A).reregister, 0);
	for (unsigned i = 20; i < 32; i++)
		words.word[i] = 0x8002; /* beyond the table */
	ck_assert_int_eq(ipoib__smp_words_encode(manager.data, 64, &words), 64);
	ck_assert_uint_eq(manager_ask(SET, IPOIB__SMP_PKEY_TABLE, 0, MANAGER_A), 0);
	ck_assert_int_eq(ipoib__smp_words_decode(&words, manager.data, 64), 64);
	ck_assert_uint_eq(words.word[2], 0x8001);
	ck_assert_uint_eq(words.word[20], 0);
	port = node_attributes(&manager.a);
	ck_assert_uint_eq(port.lid, 77);
	ck_assert_uint_eq(port.mtu, 1024);
	ck_assert_uint_eq(port.gid.raw[1], 0xc0);
	ck_assert_uint_eq(port.pkey_count, 3);
	ck_assert_uint_eq(port.pkeys[2], 0x8001);
	ck_assert_uint_eq(node_events(&manager.a, IPOIB_TRANSPORT_REREGISTER), 1);
}
END_TEST

START_TEST(a_link_that_shall_train_again_does_so_at_both_ends)
{
	struct ipoib__smp_port_info info;

	manager_bring_up();
	info = manager_port_info(MANAGER_A, 0);
	info.mtu = 1;
	info.state = IPOIB__SMP_DOWN;
	info.physical_state = 0;
	ck_assert_uint_eq(manager_set_port_info(MANAGER_A, 0, &info), 0);
	ck_assert_uint_eq(manager_port_info(MANAGER_A, 0).mtu, 4);
	fixture_settle(manager.fabric);
	ck_assert_uint_eq(manager_port_info(MANAGER_A, 0).state, IPOIB__SMP_INIT);
	ck_assert_uint_eq(manager_port_info(0, MANAGER_A).state, IPOIB__SMP_INIT);
	ck_assert_uint_eq(node_attributes(&manager.a).state, IPOIB_PORT_DOWN);
	ck_assert_uint_eq(manager_set_state(1, MANAGER_B, IPOIB__SMP_DOWN), 0);
	ck_assert_uint_eq(manager_port_info(MANAGER_B, 0).state, IPOIB__SMP_INIT);
	ck_assert_uint_eq(manager_set_state(MANAGER_AT, 0, IPOIB__SMP_DOWN), 0);
	ck_assert_uint_eq(manager.info.state, IPOIB__SMP_INIT);
	ck_assert_uint_eq(manager.sets, 2);
}
END_TEST

/* ---- what the switch says by itself ---- */

/* Only traps are there. */
static unsigned traps(struct ipoib__smp *last)
{
	struct ipoib__smp_notice notice;
	unsigned count = 0;

	while (manager_hear(last)) {
		ck_assert_uint_eq(last->mad.method, IPOIB__SMP_TRAP);
		ck_assert_int_eq(ipoib__smp_notice_decode(&notice, last->data, 64), 64);
		ck_assert_uint_eq(notice.number, 128);
		ck_assert_uint_eq(notice.issuer_lid, MANAGER_SWITCH);
		ck_assert_uint_eq(notice.details[1], MANAGER_SWITCH);
		count++;
	}
	return count;
}

START_TEST(a_link_that_changes_is_told_until_the_manager_has_heard)
{
	struct ipoib__smp trap;
	uint8_t octets[IPOIB__MAD_LENGTH];

	manager_bring_up();
	ck_assert_uint_eq(traps(&trap), 0);
	ck_assert_int_eq(ipoib_fabric_set_link(manager.fabric, "host3/1", false), 0);
	fixture_settle(manager.fabric);
	ck_assert_uint_eq(traps(&trap), 1);
	fixture_advance(manager.fabric, 3 * IPOIB__FABRIC_TRAP_NS);
	ck_assert_uint_eq(traps(&trap), 3);
	trap.mad.method = IPOIB__SMP_TRAP_REPRESS;
	trap.mad.transaction++;
	ck_assert_int_eq(ipoib__smp_encode(octets, sizeof(octets), &trap), 256);
	manager_send(octets, MANAGER_OWN, MANAGER_SWITCH, sizeof(octets));
	fixture_advance(manager.fabric, IPOIB__FABRIC_TRAP_NS);
	ck_assert_uint_eq(traps(&trap), 1); /* it was another one */
	trap.mad.method = IPOIB__SMP_TRAP_REPRESS;
	ck_assert_int_eq(ipoib__smp_encode(octets, sizeof(octets), &trap), 256);
	manager_send(octets, MANAGER_OWN, MANAGER_SWITCH, sizeof(octets));
	fixture_advance(manager.fabric, 5 * IPOIB__FABRIC_TRAP_NS);
	ck_assert_uint_eq(traps(&trap), 0);
	ck_assert(manager.fabric->sma->changed);
	ck_assert_uint_eq(ipoib_fabric_deadline(manager.fabric), IPOIB_NEVER);
}
END_TEST

START_TEST(a_change_that_the_manager_has_seen_is_not_told_again)
{
	struct ipoib__smp trap;

	manager_bring_up();
	ck_assert_int_eq(ipoib_fabric_set_link(manager.fabric, "host3/1", false), 0);
	ck_assert(manager.fabric->sma->changed);
	ck_assert_int_eq(ipoib_fabric_set_link(manager.fabric, "host3/1", true), 0);
	manager_bring_up(); /* it reads that a link has changed, and clears it */
	ck_assert(!manager.fabric->sma->changed);
	(void)traps(&trap);
	fixture_advance(manager.fabric, 3 * IPOIB__FABRIC_TRAP_NS);
	ck_assert_uint_eq(traps(&trap), 0);
}
END_TEST

Suite *suite_sma(void)
{
	Suite *suite = suite_create("sma");
	TCase *tcase = tcase_create("sma");

	tcase_add_checked_fixture(tcase, manager_setup, manager_teardown);
	tcase_add_test(tcase, the_manager_finds_the_switch_and_what_is_behind_its_ports);
	tcase_add_test(tcase, a_port_is_up_when_the_manager_has_made_it_so);
	tcase_add_test(tcase, links_go_up_in_order_only);
	tcase_add_test(tcase, what_is_not_routed_does_not_arrive);
	tcase_add_test(tcase, a_link_that_is_not_active_carries_no_data);
	tcase_add_test(tcase, a_group_is_the_row_that_the_manager_has_written);
	tcase_add_test(tcase, the_tables_hold_what_is_written_and_end_where_they_say);
	tcase_add_test(tcase, what_makes_no_sense_is_refused_and_changes_nothing);
	tcase_add_test(tcase, what_the_manager_sets_reaches_the_program);
	tcase_add_test(tcase, a_link_that_shall_train_again_does_so_at_both_ends);
	tcase_add_test(tcase, a_link_that_changes_is_told_until_the_manager_has_heard);
	tcase_add_test(tcase, a_change_that_the_manager_has_seen_is_not_told_again);
	suite_add_tcase(suite, tcase);
	return suite;
}
