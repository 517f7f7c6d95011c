/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Neighbour discovery at the interface: who is answered, and what changes nothing (I33, I41). */
#include <errno.h>
#include <string.h>

#include "interface/nd_rig.h"
#include "interface/suites.h"
#include "multicast/multicast.h"
#include "support/support.h"
#include "wire/ip6.h"
#include "wire/mgid.h"

#define PEER 7
/* In the octets of a message. */
#define AT_HOP_LIMIT (4 + 7)
#define AT_CODE (4 + 40 + 1)
#define AT_TARGET (4 + 40 + 8)
#define AT_OPTION (4 + 40 + 24)
#define OPTION_OCTETS 24
#define PADDING 2

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

static size_t neighbours(void)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	ck_assert_int_eq(ipoib_interface_info(rail->interface, &info), 0);
	return info.neighbours;
}

/* ---- solicitations ---- */

START_TEST(a_solicitation_is_answered_to_who_asked)
{
	struct ipoib__nd asked = nd_solicitation(PEER), answer;
	struct ipoib_interface_info info = { .size = sizeof(info) };
	const struct fake_sent *sent;

	nd_up(NULL);
	nd_hear(&asked, PEER);
	ck_assert_uint_eq(nd_sent(IPOIB__ND_ADVERTISEMENT, &answer, &sent), 1);
	ck_assert_uint_eq(sent->remote_qpn, 0x100 + PEER);
	ck_assert_uint_eq(sent->to.dlid, PEER);
	ck_assert_uint_eq(answer.flags, IPOIB__ND_SOLICITED | IPOIB__ND_OVERRIDE);
	ck_assert_int_eq(memcmp(answer.target, asked.target, 16), 0);
	ck_assert_int_eq(memcmp(answer.destination, asked.source, 16), 0);
	ck_assert_int_eq(ipoib_interface_info(rail->interface, &info), 0);
	ck_assert(ipoib_link_address_same_peer(&answer.link, &info.link_address));
	ck_assert_uint_eq(nd_state(PEER), IPOIB_NEIGHBOUR_STALE);
	ck_assert_uint_eq(rail_statistics(rail).nd_solicitations_received, 1);
	ck_assert_uint_eq(rail_statistics(rail).control_received, 1);
	bench_close();
}
END_TEST

/* RFC 4861 section 7.2.4: the prober listens to all nodes alone, and is no neighbour. */
START_TEST(who_probes_for_our_address_is_told_with_everybody)
{
	struct ipoib_gid all = ipoib__mgid_ipv6(2, 0xffff, ipoib__ipv6_all_nodes);
	struct ipoib__nd probe = nd_solicitation(PEER), answer;
	const struct fake_sent *sent;

	nd_up(NULL);
	memset(probe.source, 0, 16);
	probe.has_link = false;
	nd_hear(&probe, PEER);
	ck_assert_uint_eq(nd_sent(IPOIB__ND_ADVERTISEMENT, &answer, &sent), 1);
	ck_assert_uint_eq(answer.flags, IPOIB__ND_OVERRIDE);
	ck_assert_int_eq(memcmp(answer.destination, ipoib__ipv6_all_nodes, 16), 0);
	ck_assert_int_eq(memcmp(&sent->to.dgid, &all, 16), 0);
	ck_assert_uint_eq(sent->remote_qpn, IPOIB_QPN_MULTICAST);
	ck_assert_uint_eq(neighbours(), 0);
	bench_close();
}
END_TEST

START_TEST(who_does_not_say_where_it_is_is_answered_if_that_is_known)
{
	struct ipoib__nd asked = nd_solicitation(PEER);
	const struct fake_sent *sent;

	nd_up(NULL);
	asked.has_link = false;
	nd_hear(&asked, PEER);
	ck_assert_uint_eq(nd_sent(IPOIB__ND_ADVERTISEMENT, NULL, NULL), 0);
	ck_assert_uint_eq(neighbours(), 0);
	asked.has_link = true;
	nd_hear(&asked, PEER);
	asked.has_link = false;
	nd_hear(&asked, PEER);
	ck_assert_uint_eq(nd_sent(IPOIB__ND_ADVERTISEMENT, NULL, &sent), 2);
	ck_assert_uint_eq(sent->remote_qpn, 0x100 + PEER);
	bench_close();
}
END_TEST

START_TEST(what_is_not_ours_is_not_answered)
{
	struct ipoib__nd asked = nd_solicitation(PEER);

	nd_up(NULL);
	memcpy(asked.target, nd_ip(9).raw, 16);
	nd_hear(&asked, PEER);
	ck_assert_uint_eq(nd_sent(IPOIB__ND_ADVERTISEMENT, NULL, NULL), 0);
	ck_assert_uint_eq(neighbours(), 0);
	bench_close();
}
END_TEST

/* RFC 4391 section 9.3 pads before the link address; FreeBSD pads behind it. */
START_TEST(both_paddings_of_the_option_are_understood)
{
	struct ipoib__nd asked = nd_solicitation(PEER);
	struct ipoib_link_address link = nd_link(PEER);
	struct ipoib_neighbour_info n = { .size = sizeof(n) };
	struct ipoib_ip peer = nd_ip(PEER);
	uint8_t octets[ND_ROOM];
	size_t length;

	nd_up(NULL);
	length = nd_octets(octets, &asked);
	ck_assert_uint_eq(length, AT_OPTION + OPTION_OCTETS);
	/* Whole words move, so that the checksum stays right. */
	memmove(octets + AT_OPTION + 2, octets + AT_OPTION + 2 + PADDING, 20);
	memset(octets + AT_OPTION + 22, 0, PADDING);
	nd_hear_octets(octets, length, PEER);
	ck_assert_uint_eq(rail_statistics(rail).nd_padded_at_end, 1);
	ck_assert_uint_eq(rail_statistics(rail).nd_malformed, 0);
	ck_assert_int_eq(ipoib_neighbour_find(rail->interface, &peer, &n), 0);
	ck_assert(ipoib_link_address_same_peer(&n.link_address, &link));
	ck_assert_uint_eq(nd_sent(IPOIB__ND_ADVERTISEMENT, NULL, NULL), 1); /* padded rightly */
	nd_hear(&asked, PEER);
	ck_assert_uint_eq(rail_statistics(rail).nd_padded_at_end, 1);
	bench_close();
}
END_TEST

/* ---- what is malformed ---- */

static void nothing_has_changed(void)
{
	struct ipoib_statistics s = rail_statistics(rail);

	ck_assert_uint_eq(neighbours(), 0);
	ck_assert_uint_eq(fake->sent_count, 0);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_ADDRESS_CONFLICT), 0);
	ck_assert_uint_eq(s.received, s.control_received +
					      s.receive_dropped[IPOIB_RECEIVE_DROP_SHORT] +
					      s.receive_dropped[IPOIB_RECEIVE_DROP_MALFORMED]);
}

START_TEST(a_cut_message_changes_nothing)
{
	struct ipoib__nd nd = nd_solicitation(PEER);
	uint8_t octets[ND_ROOM];
	size_t whole;

	nd_up(NULL);
	if (_i)
		nd = nd_advertisement(PEER, IPOIB__ND_OVERRIDE);
	whole = nd_octets(octets, &nd);
	for (size_t length = 0; length < whole; length++)
		nd_hear_octets(octets, length, PEER);
	nothing_has_changed();
	bench_close();
}
END_TEST

static void hear_changed(const struct ipoib__nd *nd, size_t at, uint8_t value)
{
	uint8_t octets[ND_ROOM];
	size_t length = nd_octets(octets, nd);

	octets[at] = value;
	nd_hear_octets(octets, length, PEER);
}

/* RFC 4861 sections 7.1.1, 7.1.2. That the checksum says no as well does not matter. */
START_TEST(a_message_that_lies_is_counted_and_changes_nothing)
{
	const struct ipoib__nd nd = nd_solicitation(PEER);
	static const struct {
		size_t at;
		uint8_t value;
	} lies[] = {
		{ AT_HOP_LIMIT, 254 }, /* it came from beyond a router */
		{ AT_CODE, 1 },
		{ AT_CODE + 1, 0xa5 }, /* checksum */
		{ AT_TARGET, 0xff }, /* a group */
		{ AT_OPTION + 1, 0 },
		{ AT_OPTION + 1, 1 },
		{ AT_OPTION + 1, 2 },
		{ AT_OPTION + 1, 4 },
		{ AT_OPTION + 1, 255 },
	};

	nd_up(NULL);
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		hear_changed(&nd, lies[i].at, lies[i].value);
	nothing_has_changed();
	ck_assert_uint_eq(rail_statistics(rail).nd_malformed, sizeof(lies) / sizeof(lies[0]));
	bench_close();
}
END_TEST

START_TEST(a_group_is_nobody_s_link_address)
{
	struct ipoib__nd nd = nd_solicitation(PEER);

	nd_up(NULL);
	nd.link.raw[4] = 0xff;
	nd_hear(&nd, PEER);
	nothing_has_changed();
	bench_close();
}
END_TEST

/* Router discovery is the business of the stack above. */
START_TEST(other_messages_are_handed_up)
{
	static const uint8_t types[] = { 1, 2, 128, 129, 133, 134, 137, 143 };
	const struct ipoib__nd nd = nd_solicitation(PEER);

	nd_up(NULL);
	for (size_t i = 0; i < sizeof(types); i++)
		hear_changed(&nd, 4 + 40, types[i]);
	ck_assert_uint_eq(rail->received, sizeof(types));
	ck_assert_uint_eq(neighbours(), 0);
	bench_close();
}
END_TEST

START_TEST(what_nobody_asked_for_makes_no_neighbour)
{
	struct ipoib__nd nd;

	nd_up(NULL);
	for (unsigned flags = 0; flags < 8; flags++) {
		nd = nd_advertisement(PEER, (uint8_t)(flags << 5));
		nd_hear(&nd, PEER);
	}
	nothing_has_changed();
	ck_assert_uint_eq(rail_statistics(rail).nd_advertisements_received, 8);
	bench_close();
}
END_TEST

/* Where the last solicitation went. */
static struct ipoib_gid last_asked_by(struct ipoib__nd *nd)
{
	const struct fake_sent *sent = NULL;

	ck_assert_uint_gt(nd_sent(IPOIB__ND_SOLICITATION, nd, &sent), 0);
	return sent->to.dgid;
}

static bool is_all_nodes(const struct ipoib_gid *mgid)
{
	const struct ipoib_gid all = ipoib__mgid_ipv6(2, 0xffff, ipoib__ipv6_all_nodes);

	return memcmp(mgid, &all, sizeof(all)) == 0;
}

/* One solicited-node group for each address that is tried, each kept for a minute. */
START_TEST(a_scan_of_silent_addresses_takes_a_small_part_of_the_groups)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	struct ipoib_multicast_info info = { .size = sizeof(info) };
	struct ipoib_ip group = ip("239.2.0.1");
	struct ipoib_multicast *membership;
	struct ipoib_gid mgid;
	struct ipoib__nd nd;
	uint64_t cursor = 0;
	size_t groups = 0;

	nd_up(&config);
	for (uint16_t i = 0; i < 1000; i++) {
		ck_assert_int_eq(nd_send((uint16_t)(0x100 + i), 100), 0);
		if (i % 64 == 63)
			bench_settle();
	}
	while (ipoib_multicast_next(rail->interface, &cursor, &info) == 1)
		groups++;
	/* the broadcast group, two of our address */
	ck_assert_uint_eq(groups, 3 + IPOIB__GROUPS_SOLICITED_MAX);
	ck_assert_int_eq(ipoib_multicast_join(&membership, rail->interface, &group), 0);
	bench_run(SECOND / 2);
	fake->sent_count = 0;
	ck_assert_int_eq(nd_send(2, 100), 0);
	bench_settle();
	mgid = last_asked_by(&nd);
	ck_assert(is_all_nodes(&mgid));
	ck_assert_uint_eq(nd.destination[11], 1); /* inside it is the solicited-node address */
	ck_assert_uint_eq(nd.destination[12], 0xff);
	ck_assert_uint_eq(nd.destination[15], 2);
	ipoib_multicast_leave(membership);
	bench_close();
}
END_TEST

START_TEST(our_own_address_is_no_next_hop)
{
	nd_up(NULL);
	ck_assert_int_eq(nd_send(1, 100), -EINVAL);
	bench_run(5 * SECOND);
	ck_assert_uint_eq(nd_sent(IPOIB__ND_SOLICITATION, NULL, NULL), 0);
	bench_close();
}
END_TEST

START_TEST(a_solicited_node_group_that_the_sa_refuses_is_replaced_by_all_nodes)
{
	struct ipoib_gid mgid;
	struct ipoib__nd nd;

	nd_up(NULL);
	fake->join_status = -EACCES;
	ck_assert_int_eq(nd_send(2, 100), 0);
	bench_settle();
	ck_assert_uint_eq(nd_sent(IPOIB__ND_SOLICITATION, &nd, NULL), 0);
	bench_run(1100 * MILLISECOND);
	mgid = last_asked_by(&nd);
	ck_assert(is_all_nodes(&mgid));
	bench_close();
}
END_TEST

Suite *suite_nd(void)
{
	Suite *suite = suite_create("nd");
	TCase *tcase = tcase_create("interface nd");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_solicitation_is_answered_to_who_asked);
	tcase_add_test(tcase, who_probes_for_our_address_is_told_with_everybody);
	tcase_add_test(tcase, who_does_not_say_where_it_is_is_answered_if_that_is_known);
	tcase_add_test(tcase, what_is_not_ours_is_not_answered);
	tcase_add_test(tcase, both_paddings_of_the_option_are_understood);
	tcase_add_loop_test(tcase, a_cut_message_changes_nothing, 0, 2);
	tcase_add_test(tcase, a_message_that_lies_is_counted_and_changes_nothing);
	tcase_add_test(tcase, a_group_is_nobody_s_link_address);
	tcase_add_test(tcase, other_messages_are_handed_up);
	tcase_add_test(tcase, what_nobody_asked_for_makes_no_neighbour);
	tcase_add_test(tcase, a_scan_of_silent_addresses_takes_a_small_part_of_the_groups);
	tcase_add_test(tcase,
		       a_solicited_node_group_that_the_sa_refuses_is_replaced_by_all_nodes);
	tcase_add_test(tcase, our_own_address_is_no_next_hop);
	suite_add_tcase(suite, tcase);
	return suite;
}
