/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* P_Key tables: what the SA, the groups and the ports make of them. */
#include <errno.h>

#include "mock/asker.h"
#include "mock/fabric.h"
#include "mock/suites.h"
#include "wire/mgid.h"
#include "wire/sa_mcmember.h"
#include "wire/sa_path.h"

#define PATH_MASK UINT64_C(0x340c)
#define JOIN_MASK UINT64_C(0x10083)

static void table(const char *port, uint16_t first, uint16_t second)
{
	const uint16_t pkeys[] = { first, second };

	ck_assert_int_eq(ipoib_fabric_set_pkeys(asker_fabric, port, pkeys, second == 0 ? 1 : 2), 0);
	fixture_settle(asker_fabric);
}

static uint16_t ask_path(uint16_t pkey)
{
	struct ipoib__sa_path path = {
		.dgid = node_attributes(&asker_b).gid,
		.sgid = node_attributes(&asker_a).gid,
		.numb_path = 1,
		.pkey = pkey,
	};
	uint8_t data[IPOIB__SA_PATH_LENGTH];

	ck_assert_int_gt(ipoib__sa_path_encode(data, sizeof(data), &path), 0);
	return asker_ask(IPOIB__MAD_GET, IPOIB__SA_PATH_RECORD, PATH_MASK, data, sizeof(data));
}

static uint16_t ask_group(uint8_t method, uint16_t pkey)
{
	struct ipoib__sa_mcmember member = {
		.mgid = ipoib__mgid_broadcast(2, pkey),
		.port_gid = node_attributes(&asker_a).gid,
		.pkey = pkey,
		.join_state = 1,
	};
	uint8_t data[IPOIB__SA_MCMEMBER_LENGTH];

	ck_assert_int_gt(ipoib__sa_mcmember_encode(data, sizeof(data), &member), 0);
	return asker_ask(method, IPOIB__SA_MCMEMBER_RECORD, JOIN_MASK, data, sizeof(data));
}

static uint64_t groups(void)
{
	return fixture_statistics(asker_fabric).groups;
}

START_TEST(paths_need_a_partition_of_both_and_a_full_member)
{
	table("host1/1", 0xffff, 0x8001);
	ck_assert_uint_eq(ask_path(0x8001), 0x0300); /* b has it not */
	table("host2/1", 0xffff, 0x0001);
	ck_assert_uint_eq(ask_path(0x8001), 0);
	table("host1/1", 0xffff, 0x0001); /* two limited members */
	ck_assert_uint_eq(ask_path(0x8001), 0x0300);
	ck_assert_uint_eq(ask_path(0x0001), 0x0300);
	ck_assert_uint_eq(ask_path(0xffff), 0);
	/* A port may be both: its full membership counts. */
	table("host1/1", 0x0001, 0x8001);
	ck_assert_uint_eq(ask_path(0x0001), 0);
}
END_TEST

START_TEST(each_partition_of_a_table_has_a_broadcast_group)
{
	ck_assert_uint_eq(ask_group(IPOIB__MAD_SET, 0x8001), 0x0600); /* there is none */
	table("host2/1", 0xffff, 0x8001);
	ck_assert_uint_eq(groups(), 2);
	ck_assert_uint_eq(ask_group(IPOIB__MAD_SET, 0x8001), 0x0200); /* and a is not in it */
	table(NULL, 0xffff, 0x0001);
	ck_assert_uint_eq(groups(), 2); /* membership aside it is the same */
	ck_assert_uint_eq(ask_group(IPOIB__MAD_SET, 0x8001), 0);
	ipoib_fabric_restart_sm(asker_fabric);
	ck_assert_uint_eq(groups(), 2);
	ck_assert_uint_eq(ask_group(IPOIB__MAD_SET, 0x8001), 0);
	/* Without a table that has the partition it goes with its last member. */
	table(NULL, 0xffff, 0);
	ck_assert_uint_eq(groups(), 2);
	ck_assert_uint_eq(ask_group(IPOIB__MAD_DELETE, 0x8001), 0);
	ck_assert_uint_eq(groups(), 1);
	/* That of the default partition stays, whatever the tables say. */
	table(NULL, 0x8002, 0);
	ck_assert_uint_eq(groups(), 2);
	table(NULL, 0xffff, 0);
	ck_assert_uint_eq(groups(), 1);
}
END_TEST

START_TEST(a_broadcast_group_of_a_ports_making_becomes_the_managers)
{
	struct ipoib_multicast_record wanted = record_broadcast(), got;

	asker_a.port->hca.owner.mad = asker_b.port->hca.owner.mad; /* answers are the client's */
	wanted.mgid = ipoib__mgid_broadcast(2, 0x8001);
	wanted.qkey = 0x1234; /* and its P_Key is that of another partition */
	wanted.mtu = 2048;
	wanted.rate = 3;
	wanted.create = 1;
	ck_assert_int_eq(node_join(&asker_a, asker_fabric, &wanted, &got), 0);
	table(NULL, 0xffff, 0x8001);
	(void)node_events(&asker_a, 0);
	ck_assert_uint_eq(groups(), 2);
	wanted.create = 0;
	wanted.pkey = 0x8001;
	wanted.qkey = NODE_QKEY;
	ck_assert_int_eq(node_join(&asker_a, asker_fabric, &wanted, &wanted), 0);
	ck_assert_uint_eq(wanted.mlid, got.mlid);
	ck_assert_uint_eq(wanted.qkey, NODE_QKEY);
}
END_TEST

START_TEST(a_table_out_of_range_changes_nothing)
{
	uint16_t pkeys[IPOIB_FABRIC_PKEYS_MAX + 1];
	long n = 0;
	int status;

	for (unsigned i = 0; i < sizeof(pkeys) / sizeof(pkeys[0]); i++)
		pkeys[i] = (uint16_t)(0x8100 + i);
	ck_assert_int_eq(ipoib_fabric_set_pkeys(asker_fabric, "host1/1", pkeys, 16), -EINVAL);
	ck_assert_int_eq(ipoib_fabric_set_pkeys(asker_fabric, "host1/2", pkeys, 15), -ENOENT);
	do {
		support_fail_after(++n, false);
		status = ipoib_fabric_set_pkeys(asker_fabric, "host1/1", pkeys, 15);
		support_fail_after(0, false);
		if (status == -ENOMEM) {
			ck_assert_uint_eq(groups(), 1);
			ck_assert_uint_eq(node_attributes(&asker_a).pkeys[0], 0xffff);
		}
	} while (status == -ENOMEM);
	ck_assert_int_eq(status, 0);
	ck_assert_int_gt(n, 15);
	ck_assert_uint_eq(groups(), 16);
	ck_assert_uint_eq(node_attributes(&asker_a).pkey_count, 15);
}
END_TEST

START_TEST(more_partitions_than_multicast_lids_are_refused)
{
	struct ipoib_fabric_config config = fixture_config();
	struct ipoib_fabric *large;
	struct ipoib_port_attributes port = { .size = sizeof(port) };
	uint32_t index = 0;
	int status = 0;

	config.hosts = 100;
	ck_assert_int_eq(ipoib_fabric_new(&large, &config), 0);
	for (uint16_t pkey = 0x8001; status == 0; index++) {
		uint16_t pkeys[IPOIB_FABRIC_PKEYS_MAX];

		for (unsigned i = 0; i < IPOIB_FABRIC_PKEYS_MAX; i++)
			pkeys[i] = pkey++;
		ck_assert_int_eq(ipoib_fabric_port(large, index, &port), 0);
		status = ipoib_fabric_set_pkeys(large, port.name, pkeys, IPOIB_FABRIC_PKEYS_MAX);
	}
	ck_assert_int_eq(status, -ENOMEM);
	ck_assert_uint_eq(fixture_statistics(large).groups,
			  1 + (index - 1) * IPOIB_FABRIC_PKEYS_MAX);
	ck_assert_int_eq(ipoib_fabric_set_pkeys(large, NULL, NULL, 0), 0);
	ck_assert_uint_eq(fixture_statistics(large).groups, 1);
	ipoib_fabric_close(large);
}
END_TEST

/* A datagram from a to b, with what the P_Keys of their queue pairs are now. */
static uint64_t refused_by_b(void)
{
	uint64_t before = asker_b.port->hca.counters.dropped_pkey;
	void *ah = node_ah(&asker_a, &asker_b, false);

	ck_assert_int_eq(node_send(&asker_a, ah, asker_b.qpn, 0, 8), 1);
	node_completion(&asker_a, IPOIB_UD_SEND, 0);
	fixture_settle(asker_fabric);
	ops->ah_destroy(asker_a.port, ah);
	return asker_b.port->hca.counters.dropped_pkey - before;
}

START_TEST(a_port_drops_what_its_table_does_not_have)
{
	ck_assert_int_eq(node_receive(&asker_b, 0, NODE_SLOT), 1);
	ck_assert_uint_eq(refused_by_b(), 0);
	node_completion(&asker_b, IPOIB_UD_RECEIVE, 0);
	table("host2/1", 0x8001, 0);
	ck_assert_uint_eq(node_event(&asker_b).type, IPOIB_TRANSPORT_PORT);
	ck_assert_uint_eq(refused_by_b(), 1);
	table("host2/1", 0x7fff, 0); /* limited hears full */
	ck_assert_int_eq(node_receive(&asker_b, 0, NODE_SLOT), 1);
	ck_assert_uint_eq(refused_by_b(), 0);
	node_completion(&asker_b, IPOIB_UD_RECEIVE, 0);
	table("host1/1", 0x7fff, 0); /* and limited does not hear limited */
	ck_assert_uint_eq(refused_by_b(), 1);
	ck_assert_int_eq(ipoib_fabric_set_pkeys(asker_fabric, "host2/1", NULL, 0), 0);
	ck_assert_uint_eq(refused_by_b(), 1);
}
END_TEST

START_TEST(a_queue_pair_follows_its_pkey_through_the_table)
{
	ck_assert_int_eq(node_receive(&asker_b, 0, NODE_SLOT), 1);
	table("host1/1", 0x8001, 0xffff);
	table("host2/1", 0x8002, 0xffff);
	/* both are in the partition that they were made for */
	ck_assert_uint_eq(refused_by_b(), 0);
	node_completion(&asker_b, IPOIB_UD_RECEIVE, 0);
	table("host1/1", 0x8002, 0); /* it has gone, and nothing else takes its place */
	ck_assert_uint_eq(refused_by_b(), 1);
	table("host1/1", 0x8002, 0xffff);
	ck_assert_int_eq(node_receive(&asker_b, 0, NODE_SLOT), 1);
	ck_assert_uint_eq(refused_by_b(), 0);
	node_completion(&asker_b, IPOIB_UD_RECEIVE, 0);
}
END_TEST

/* As a driver chooses the entry: that of the full member reaches every member. */
START_TEST(a_port_that_is_both_sends_as_a_full_member)
{
	ck_assert_int_eq(node_receive(&asker_b, 0, NODE_SLOT), 1);
	table("host2/1", 0x7fff, 0);
	table("host1/1", 0x7fff, 0xffff);
	ck_assert_uint_eq(refused_by_b(), 0);
	node_completion(&asker_b, IPOIB_UD_RECEIVE, 0);
	table("host1/1", 0x7fff, 0);
	ck_assert_uint_eq(refused_by_b(), 1);
	table("host1/1", 0xffff, 0x7fff);
	ck_assert_int_eq(node_receive(&asker_b, 0, NODE_SLOT), 1);
	ck_assert_uint_eq(refused_by_b(), 0);
	node_completion(&asker_b, IPOIB_UD_RECEIVE, 0);
}
END_TEST

START_TEST(the_sa_is_reached_from_any_partition_but_not_from_none)
{
	struct ipoib_ud_attributes attributes = { .pkey = 0x8001, .send_depth = 1,
						  .receive_depth = 1 };
	void *ud;

	ck_assert_int_eq(ops->ud_create(asker_a.port, &attributes, &ud), -ENOENT);
	table(NULL, 0, 0x0001); /* an empty entry first, and a limited member */
	ck_assert_uint_eq(ask_group(IPOIB__MAD_SET, 0x8001), 0);
	ck_assert_int_eq(ops->ud_create(asker_a.port, &attributes, &ud), 0);
	ops->ud_destroy(asker_a.port, ud);
	ck_assert_int_eq(ipoib_fabric_set_pkeys(asker_fabric, NULL, NULL, 0), 0);
	ck_assert_uint_eq(ask_path(0x8001), ASKER_SILENCE);
	table(NULL, 0xffff, 0);
	ck_assert_uint_eq(ask_path(0xffff), 0);
}
END_TEST

Suite *suite_partition(void)
{
	Suite *suite = suite_create("partition");
	TCase *tcase = tcase_create("partition");

	tcase_add_checked_fixture(tcase, asker_setup, asker_teardown);
	tcase_add_test(tcase, paths_need_a_partition_of_both_and_a_full_member);
	tcase_add_test(tcase, each_partition_of_a_table_has_a_broadcast_group);
	tcase_add_test(tcase, a_broadcast_group_of_a_ports_making_becomes_the_managers);
	tcase_add_test(tcase, a_table_out_of_range_changes_nothing);
	tcase_add_test(tcase, more_partitions_than_multicast_lids_are_refused);
	tcase_add_test(tcase, a_port_drops_what_its_table_does_not_have);
	tcase_add_test(tcase, a_queue_pair_follows_its_pkey_through_the_table);
	tcase_add_test(tcase, a_port_that_is_both_sends_as_a_full_member);
	tcase_add_test(tcase, the_sa_is_reached_from_any_partition_but_not_from_none);
	suite_add_tcase(suite, tcase);
	return suite;
}
