/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A fabric whose subnet manager is somebody else: what it does not put up with. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "mock/fabric.h"
#include "mock/fabric_external.h"
#include "mock/manager.h"
#include "mock/socket.h"
#include "mock/suites.h"

#define GET IPOIB__MAD_GET
#define FUZZ_ROUNDS 3000

static struct ipoib_fabric_statistics counters(void)
{
	return fixture_statistics(manager.fabric);
}

static void send_smp(const struct ipoib__smp *smp, uint16_t dlid)
{
	uint8_t octets[IPOIB__MAD_LENGTH];

	ck_assert_int_eq(ipoib__smp_encode(octets, sizeof(octets), smp), 256);
	manager_send(octets, 0xffff, dlid, sizeof(octets));
}

static bool silent(void)
{
	struct ipoib__smp smp;

	return !manager_hear(&smp);
}

START_TEST(ways_that_make_no_sense_lead_nowhere)
{
	static const struct {
		uint8_t pointer, count, port;
		bool returns, bad;
	} cases[] = {
		{ 0, 1, 0, false, true },    { 2, 1, 0, false, true },
		{ 64, 64, 0, false, true },  { 255, 255, 0, false, true },
		{ 1, 64, 2, false, true },   { 0, 0, 0, false, true },
		{ 1, 2, 0, false, true },    { 1, 2, 200, false, true },
		{ 1, 2, 255, false, true },  { 0, 2, 2, true, true },
		{ 3, 2, 2, true, true },     { 2, 2, 2, true, true }, /* by port 0 */
		{ 1, 1, 0, true, false },    { 1, 200, 0, true, true },
	};
	struct ipoib_fabric_statistics before = counters(), after;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ipoib__smp smp =
			manager_question(GET, IPOIB__SMP_NODE_INFO, 0, cases[i].port);

		smp.hop_pointer = cases[i].pointer;
		smp.hop_count = cases[i].count;
		smp.mad.status = cases[i].returns ? IPOIB__SMP_RETURNS : 0;
		send_smp(&smp, 0xffff);
		after = counters();
		ck_assert_msg(silent(), "case %zu is answered", i);
		ck_assert_msg(after.dropped_bad == before.dropped_bad + cases[i].bad &&
				      after.dropped_route == before.dropped_route + !cases[i].bad,
			      "case %zu is not counted as it should be", i);
		before = after;
	}
}
END_TEST

START_TEST(the_switch_asks_nobody)
{
	struct ipoib__smp smp = manager_question(GET, IPOIB__SMP_NODE_INFO, 0, MANAGER_A);
	uint8_t out = 0;

	ck_assert_int_eq(ipoib__sma_step(manager.fabric->sma, &smp, 0, 0xffff, &out),
			 IPOIB__SMA_BAD);
	ck_assert_uint_eq(smp.return_path[1], 0);
}
END_TEST

START_TEST(an_agent_takes_what_ends_at_its_port)
{
	struct ipoib__smp smp = manager_question(GET, IPOIB__SMP_NODE_INFO, 0, MANAGER_A);

	smp.hop_count = 3; /* further than an adapter can go */
	smp.initial_path[3] = 1;
	send_smp(&smp, 0xffff);
	ck_assert(silent());
	smp.hop_count = 2;
	smp.dest_lid = 5; /* an end that is routed by LID */
	send_smp(&smp, 0xffff);
	ck_assert(silent());
	smp = manager_question(GET, IPOIB__SMP_NODE_INFO, 0, 0);
	smp.dest_lid = 5;
	send_smp(&smp, 0xffff);
	ck_assert(silent());
	/* Answers and traps are for managers. */
	smp = manager_question(IPOIB__MAD_GET_RESPONSE, IPOIB__SMP_NODE_INFO, 0, MANAGER_A);
	send_smp(&smp, 0xffff);
	ck_assert(silent());
	smp = manager_question(IPOIB__SMP_TRAP, IPOIB__SMP_NOTICE, 0, 0);
	send_smp(&smp, 0xffff);
	ck_assert(silent());
}
END_TEST

START_TEST(smps_are_routed_by_lid_too)
{
	struct ipoib__smp smp = manager_question(GET, IPOIB__SMP_NODE_INFO, 0, 0);

	manager_bring_up();
	smp.mad.management_class = IPOIB__MAD_CLASS_SUBNET_LID;
	for (uint16_t lid = 0; lid < 20; lid++) {
		bool somebody = lid == MANAGER_SWITCH || lid == MANAGER_OWN ||
				lid == MANAGER_LID(MANAGER_A) || lid == MANAGER_LID(MANAGER_B);
		uint8_t octets[IPOIB__MAD_LENGTH];

		ck_assert_int_eq(ipoib__smp_encode(octets, sizeof(octets), &smp), 256);
		manager_send(octets, MANAGER_OWN, lid, sizeof(octets));
		ck_assert_msg(silent() == !somebody, "LID %u", lid);
	}
}
END_TEST

START_TEST(what_is_cut_or_no_smp_is_counted)
{
	struct ipoib__smp smp = manager_question(GET, IPOIB__SMP_NODE_INFO, 0, 0);
	uint8_t octets[IPOIB__MAD_LENGTH + 1] = { 0 };
	uint64_t before = counters().dropped_bad;

	ck_assert_int_eq(ipoib__smp_encode(octets, sizeof(octets), &smp), 256);
	for (uint32_t length = 0; length < IPOIB__MAD_LENGTH; length++)
		manager_send(octets, 0xffff, 0xffff, length);
	manager_send(octets, 0xffff, 0xffff, IPOIB__MAD_LENGTH + 1);
	octets[1] = IPOIB__MAD_CLASS_SA;
	manager_send(octets, 0xffff, 0xffff, IPOIB__MAD_LENGTH);
	ck_assert_uint_eq(counters().dropped_bad, before + IPOIB__MAD_LENGTH + 2);
	ck_assert(silent());
}
END_TEST

/* Mostly good headers, so that the noise gets to the agents. */
START_TEST(random_smps_do_no_harm)
{
	struct ipoib__random *random = support_random();

	for (unsigned i = 0; i < FUZZ_ROUNDS; i++) {
		struct ipoib__smp smp = manager_question(
			(uint8_t)ipoib__random_below(random, 9),
			(uint16_t)(0x10 + ipoib__random_below(random, 13)),
			(uint32_t)ipoib__random_u64(random) >> ipoib__random_below(random, 32),
			(uint8_t)ipoib__random_below(random, 6));

		for (size_t k = 0; k < sizeof(smp.data); k++)
			smp.data[k] = (uint8_t)ipoib__random_u64(random);
		if (ipoib__random_below(random, 4) == 0)
			smp.hop_pointer = (uint8_t)ipoib__random_u64(random);
		if (ipoib__random_below(random, 4) == 0)
			smp.hop_count = (uint8_t)ipoib__random_u64(random);
		if (ipoib__random_below(random, 8) == 0)
			smp.mad.status = (uint16_t)ipoib__random_u64(random);
		if (ipoib__random_below(random, 8) == 0)
			smp.mad.management_class = IPOIB__MAD_CLASS_SUBNET_LID;
		send_smp(&smp, (uint16_t)ipoib__random_u64(random));
		while (!silent())
			continue;
	}
}
END_TEST

/* ---- others ---- */

START_TEST(what_is_the_managers_is_not_ours_to_set)
{
	struct ipoib_gid gid = node_attributes(&manager.a).gid;
	struct ipoib_fabric_faults faults = { .size = sizeof(faults), .sa_silent = 1 };
	uint16_t pkey = 0xffff;
	struct ipoib_fabric *f = manager.fabric;

	ck_assert_int_eq(ipoib_fabric_set_lid(f, "host2/1", 5), -ENOTSUP);
	ck_assert_int_eq(ipoib_fabric_set_gid(f, "host2/1", &gid), -ENOTSUP);
	ck_assert_int_eq(ipoib_fabric_set_prefix(f, 5), -ENOTSUP);
	ck_assert_int_eq(ipoib_fabric_set_pkeys(f, "host2/1", &pkey, 1), -ENOTSUP);
	ck_assert_int_eq(ipoib_fabric_reregister(f, NULL), -ENOTSUP);
	ck_assert_int_eq(ipoib_fabric_set_faults(f, "host2/1", &faults), -ENOTSUP);
	manager_bring_up();
	faults = (struct ipoib_fabric_faults){ .size = sizeof(faults), .loss_ppm = 1000000 };
	ck_assert_int_eq(ipoib_fabric_set_faults(f, "host2/1", &faults), 0);
	ck_assert_uint_eq(manager_ask(GET, IPOIB__SMP_NODE_INFO, 0, MANAGER_A), MANAGER_SILENCE);
	ipoib_fabric_reassign_lids(f);
	ipoib_fabric_restart_sm(f);
	ipoib_fabric_move_sm(f);
	ipoib_fabric_stop_sm(f);
	ipoib_fabric_start_sm(f);
	ck_assert_uint_eq(ipoib_fabric_sm_lid(f), MANAGER_OWN);
	ck_assert_uint_eq(node_attributes(&manager.b).lid, MANAGER_LID(MANAGER_B));
	ck_assert_uint_ge(counters().dropped_fault, 1);
}
END_TEST

START_TEST(a_device_is_one_that_waits_for_a_manager)
{
	struct ipoib_port_attributes port = { .size = sizeof(port) };

	close(manager.wire);
	manager.wire = -1;
	fixture_settle(manager.fabric);
	manager.info.state = IPOIB__SMP_ACTIVE; /* it has no agent */
	ck_assert_int_eq(manager_plug("host1/1"), -EPROTO);
	manager.info.state = IPOIB__SMP_INIT;
	ck_assert_int_eq(manager_plug("host1/1"), 0);
	ck_assert_uint_eq(manager.sets, 0);
	manager.info.lid = 99;
	manager.info.state = IPOIB__SMP_ACTIVE;
	ck_assert_int_eq(ipoib_fabric_port(manager.fabric, 0, &port), 1);
	ck_assert_uint_eq(port.lid, 99);
	ck_assert_uint_eq(port.state, IPOIB_PORT_ACTIVE);
	ck_assert_int_eq(ipoib_fabric_set_link(manager.fabric, "host1/1", false), 0);
	ck_assert_uint_eq(manager.info.state, IPOIB__SMP_DOWN);
	ck_assert_uint_eq(manager.info.lid, 99);
	ck_assert_int_eq(ipoib_fabric_set_link(manager.fabric, "host1/1", true), 0);
	ck_assert_uint_eq(manager.info.state, IPOIB__SMP_INIT);
}
END_TEST

/* Under its own LID, of which the fabric hears from the device. */
START_TEST(a_device_sends_data_under_its_lid_alone)
{
	uint8_t message[IPOIB__FRAME_HEADER + 8] = { 0 };
	struct ipoib__frame frame = { .operation = IPOIB__FRAME_UD,
				      .dlid = MANAGER_LID(MANAGER_B),
				      .dqpn = manager.b.qpn,
				      .sqpn = 5,
				      .qkey = NODE_QKEY,
				      .pkey = 0xffff,
				      .length = 8 };

	manager_bring_up();
	ck_assert_int_eq(node_receive(&manager.b, 0, NODE_SLOT), 1);
	for (unsigned i = 0; i < 2; i++) {
		frame.slid = i == 0 ? 55 : MANAGER_OWN;
		ck_assert_int_eq(ipoib__frame_encode(message, sizeof(message), &frame), 80);
		ck_assert_int_eq(
			ipoib__socket_send(manager.wire, message, sizeof(message), NULL, 0), 0);
		fixture_settle(manager.fabric);
	}
	ck_assert_uint_eq(node_completion(&manager.b, IPOIB_UD_RECEIVE, 0).source_qpn, 5);
	node_no_completion(&manager.b);
}
END_TEST

START_TEST(a_fabric_without_memory_is_none)
{
	struct ipoib_fabric_config config = fixture_config();
	struct ipoib_fabric *fabric = NULL;
	int status;
	long n = 0;

	config.external_sm = 1;
	config.hosts = IPOIB__FABRIC_EXTERNAL_MAX + 1;
	ck_assert_int_eq(ipoib_fabric_new(&fabric, &config), -EINVAL);
	config.hosts--;
	do {
		support_fail_after(++n, true);
		status = ipoib_fabric_new(&fabric, &config);
		support_fail_after(0, false);
	} while (status == -ENOMEM);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(fabric->sma->port_count, IPOIB__SMA_PORTS_MAX);
	ipoib_fabric_close(fabric);
	config.external_sm = 2;
	ck_assert_int_eq(ipoib_fabric_new(&fabric, &config), -EINVAL);
}
END_TEST

Suite *suite_sma_hostile(void)
{
	Suite *suite = suite_create("sma_hostile");
	TCase *tcase = tcase_create("sma_hostile");

	tcase_add_checked_fixture(tcase, manager_setup, manager_teardown);
	tcase_add_test(tcase, ways_that_make_no_sense_lead_nowhere);
	tcase_add_test(tcase, the_switch_asks_nobody);
	tcase_add_test(tcase, an_agent_takes_what_ends_at_its_port);
	tcase_add_test(tcase, smps_are_routed_by_lid_too);
	tcase_add_test(tcase, what_is_cut_or_no_smp_is_counted);
	tcase_add_test(tcase, random_smps_do_no_harm);
	tcase_add_test(tcase, what_is_the_managers_is_not_ours_to_set);
	tcase_add_test(tcase, a_device_is_one_that_waits_for_a_manager);
	tcase_add_test(tcase, a_device_sends_data_under_its_lid_alone);
	tcase_add_test(tcase, a_fabric_without_memory_is_none);
	suite_add_tcase(suite, tcase);
	return suite;
}
