/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which port has sent a packet: by its GRH, by its LID, and what becomes of data from another. */
#include <errno.h>
#include <string.h>

#include "interface/bench.h"
#include "interface/interface.h"
#include "interface/suites.h"
#include "support/support.h"

#define PEER 2
#define PEER_IP "10.0.0.2"
#define OTHER 9 /* the other port of that host; 10.0.0.9 is its address on another rail */
#define OTHER_IP "10.0.0.9"
#define SECOND_PORT 11
#define QPN(n) (0x100u + (n))

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

enum {
	UNKNOWN = IPOIB__NEIGHBOUR_ORIGIN_UNKNOWN,
	ITSELF = IPOIB__NEIGHBOUR_ORIGIN_ITSELF,
	ANOTHER = IPOIB__NEIGHBOUR_ORIGIN_OTHER,
};

static struct ipoib_link_address link_of(uint16_t port, uint32_t qpn)
{
	struct ipoib_gid gid = fake_gid(port);

	return ipoib_link_address_make(0, qpn, &gid);
}

static void resolve(const char *text)
{
	ck_assert_int_eq(rail_send(rail, text, 100, 1), 0);
	bench_run(2 * SECOND);
	ck_assert_uint_eq(rail_neighbour(rail, text), IPOIB_NEIGHBOUR_REACHABLE);
}

/* ---- the judgement ---- */

/* The link address is the peer's. grh: its port; 0: none. A record is there if so said. */
static const struct {
	const char *what;
	uint16_t grh, lid;
	uint32_t qpn;
	uint8_t lmc;
	bool record;
	int right;
} cases[] = {
	{ "nothing is known", 0, 2, QPN(2), 0, false, UNKNOWN },
	{ "the record's LID", 0, 2, QPN(2), 0, true, ITSELF },
	{ "the record's LID, another queue pair", 0, 2, 0x777, 0, true, UNKNOWN },
	{ "another LID", 0, 9, QPN(2), 0, true, ANOTHER },
	{ "another LID of the same port", 0, 3, QPN(2), 1, true, ITSELF },
	{ "a LID of the port behind", 0, 4, QPN(2), 1, true, ANOTHER },
	{ "its GID, and no record", 2, 2, QPN(2), 0, false, ITSELF },
	{ "its GID, and no LIDs", 2, 0, QPN(2), 0, false, ITSELF },
	{ "its GID, another queue pair", 2, 2, 0x777, 0, true, UNKNOWN },
	{ "its GID by another port's LID", 2, 9, QPN(2), 0, true, ANOTHER },
	{ "another GID", 9, 2, QPN(2), 0, true, ANOTHER },
};

START_TEST(a_sender_is_judged_by_gid_lid_and_queue_pair)
{
	struct ipoib_link_address peer = link_of(PEER, QPN(PEER));
	struct ipoib_buffer packet = { .source_lid = cases[_i].lid, .source_qpn = cases[_i].qpn };

	bench_up(NULL);
	if (cases[_i].record)
		resolve(PEER_IP);
	rail->interface->port.lmc = cases[_i].lmc;
	if (cases[_i].grh != 0)
		packet.source = link_of(cases[_i].grh, cases[_i].qpn);
	ck_assert_msg((int)ipoib__sender_of(rail->interface, &peer, &packet) == cases[_i].right,
		      "%s", cases[_i].what);
	bench_close();
}
END_TEST

/* The same GUID behind another prefix is another GID: whoever forges one has a GUID to choose. */
START_TEST(a_sender_is_judged_by_its_whole_gid)
{
	struct ipoib_link_address peer = link_of(PEER, QPN(PEER));
	struct ipoib_buffer packet = { .source = peer, .source_qpn = QPN(PEER) };

	bench_up(NULL);
	ck_assert_int_eq((int)ipoib__sender_of(rail->interface, &peer, &packet), ITSELF);
	packet.source.raw[5] = 0x81;
	ck_assert_int_eq((int)ipoib__sender_of(rail->interface, &peer, &packet), ANOTHER);
	bench_close();
}
END_TEST

/* ---- data ---- */

static void up(uint8_t flux)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.flux = flux;
	bench_up(&config);
	resolve(PEER_IP);
	rail->event_count = 0;
}

/* A packet of the peer's address. */
static void hear_from(const struct fake_arrival *from)
{
	uint8_t octets[4 + 100] = { 8, 0 };

	ip_octets(octets + 4, PEER_IP, "10.0.0.1", 100, 0);
	ck_assert(fake_deliver(fake, fake_ud(fake), from, octets, sizeof(octets)));
	bench_run(10 * MILLISECOND);
}

static void hear_by_lid(uint16_t port, uint32_t qpn)
{
	hear_from(&(struct fake_arrival){ .source_qpn = qpn, .source_lid = port });
}

static struct ipoib_neighbour_info peer_info(void)
{
	struct ipoib_neighbour_info info = { .size = sizeof(info) };
	struct ipoib_ip peer = ip(PEER_IP);

	ck_assert_int_eq(ipoib_neighbour_find(rail->interface, &peer, &info), 0);
	return info;
}

static const struct ipoib_event *flux_event(void)
{
	for (size_t i = 0; i < rail->event_count; i++)
		if (rail->events[i].type == IPOIB_EVENT_NEIGHBOUR_FLUX)
			return &rail->events[i];
	ck_abort_msg("no flux was told");
	return NULL;
}

static void check_told(uint16_t port, uint32_t qpn)
{
	struct ipoib_link_address known = link_of(PEER, QPN(PEER)), from = link_of(port, qpn);
	const struct ipoib_event *event = flux_event();

	ck_assert_uint_eq(event->detail, IPOIB_CLAIM_DATA);
	ck_assert_uint_eq(event->verdict, IPOIB_FLUX_REFUSED);
	ck_assert_uint_eq(event->lid, port);
	ck_assert_mem_eq(&event->old_link_address, &known, sizeof(known));
	ck_assert_mem_eq(&event->link_address, &from, sizeof(from));
}

/* Nothing moves under any policy, and nobody is asked but the SA, once. */
START_TEST(data_from_another_port_is_flux_that_moves_nothing)
{
	struct ipoib_statistics before, after;
	struct ipoib_neighbour_info info;
	bool same_qpn = _i % 2;
	uint32_t qpn = same_qpn ? QPN(PEER) : QPN(OTHER);

	up((uint8_t)(_i / 2));
	resolve(OTHER_IP);
	before = rail_statistics(rail);
	for (int i = 0; i < 100; i++)
		hear_by_lid(OTHER, qpn);
	after = rail_statistics(rail);
	ck_assert_uint_le(after.path_queries - before.path_queries, 1);
	ck_assert_uint_eq(after.arp_requests_sent, before.arp_requests_sent);
	ck_assert_uint_eq(after.flux_claims, 1);
	ck_assert_uint_eq(after.flux_refused, 0);
	ck_assert_uint_eq(after.paths_stale, 0);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_PATH_STALE), 0);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_FLUX), 1);
	check_told(OTHER, qpn);
	info = peer_info();
	ck_assert_uint_eq(info.moves, 0);
	ck_assert_uint_eq(info.flux, 1);
	ck_assert_uint_eq(info.dlid, PEER);
	bench_close();
}
END_TEST

/* For ten minutes: a query for the record's own age is another one. */
START_TEST(data_from_another_port_is_told_once_a_second_and_asked_about_once)
{
	struct ipoib_flux_record record = { .size = sizeof(record) };
	struct ipoib_ip peer = ip(PEER_IP);
	struct ipoib_statistics before;
	uint64_t cursor = 0;

	up(IPOIB_FLUX_CONFIRM);
	before = rail_statistics(rail);
	for (int i = 0; i < 3000; i++) {
		hear_by_lid(OTHER, QPN(PEER));
		hear_by_lid(SECOND_PORT, QPN(PEER));
	}
	ck_assert_uint_eq(rail_statistics(rail).path_queries, before.path_queries + 2);
	ck_assert_uint_ge(rail_statistics(rail).flux_claims, 50);
	ck_assert_uint_le(rail_statistics(rail).flux_claims, 61);
	ck_assert_uint_le(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_FLUX), 61);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_PATH_STALE), 0);
	ck_assert_int_eq(ipoib_neighbour_flux_next(rail->interface, &peer, &cursor, &record), 1);
	ck_assert_uint_eq(record.claim, IPOIB_CLAIM_DATA);
	ck_assert_str_eq(ipoib_claim_name(record.claim), "data");
	bench_close();
}
END_TEST

/* A LID of which no path tells the GID. */
START_TEST(a_port_that_is_known_by_its_lid_alone_is_told_by_that)
{
	static const struct ipoib_gid none;
	const struct ipoib_event *event;
	struct ipoib_gid told;

	up(IPOIB_FLUX_CONFIRM);
	for (int i = 0; i < 10; i++)
		hear_by_lid(OTHER, QPN(OTHER));
	event = flux_event();
	told = ipoib_link_address_gid(&event->link_address);
	ck_assert_mem_eq(&told, &none, sizeof(none));
	ck_assert_uint_eq(ipoib_link_address_qpn(&event->link_address), QPN(OTHER));
	ck_assert_uint_eq(event->lid, OTHER);
	bench_close();
}
END_TEST

/* A GRH is the sender's own word, and the SA need not be asked. */
START_TEST(data_with_a_header_of_another_port_is_told_without_a_question)
{
	const struct fake_arrival from = { .source_qpn = QPN(OTHER), .source_lid = OTHER,
					   .has_grh = true, .source = fake_gid(OTHER),
					   .destination = fake->port.gid };
	uint64_t queries;

	up(IPOIB_FLUX_CONFIRM);
	queries = rail_statistics(rail).path_queries;
	hear_from(&from);
	ck_assert_uint_eq(rail_statistics(rail).path_queries, queries);
	check_told(OTHER, QPN(OTHER));
	bench_close();
}
END_TEST

/* Of several GIDs with one LID it is the one with that queue pair. */
START_TEST(of_the_gids_of_a_lid_the_one_with_the_queue_pair_is_told)
{
	up(IPOIB_FLUX_CONFIRM);
	fake->path_lid = OTHER;
	resolve("10.0.0.30");
	resolve("10.0.0.31");
	resolve("10.0.0.32");
	fake->path_lid = 0;
	for (int i = 0; i < 10; i++)
		hear_by_lid(OTHER, QPN(31));
	ck_assert_uint_eq(ipoib_link_address_gid(&flux_event()->link_address).raw[15], 31);
	bench_close();
}
END_TEST

START_TEST(the_lids_of_one_port_are_no_flux)
{
	uint64_t queries;

	up(IPOIB_FLUX_CONFIRM);
	rail->interface->port.lmc = 1;
	queries = rail_statistics(rail).path_queries;
	for (uint16_t i = 0; i < 100; i++)
		hear_by_lid((uint16_t)(PEER + i % 2), QPN(PEER));
	ck_assert_uint_eq(rail_statistics(rail).path_queries, queries);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_FLUX), 0);
	bench_close();
}
END_TEST

/* The subnet manager has really moved it: the SA says so, and it is no flux. */
START_TEST(a_lid_that_the_sa_confirms_is_a_port_that_was_moved)
{
	const struct ipoib_event *event = &rail->events[0];

	up(IPOIB_FLUX_CONFIRM);
	fake->path_lid = 77;
	for (int i = 0; i < 100; i++)
		hear_by_lid(77, QPN(PEER));
	ck_assert_uint_eq(peer_info().dlid, 77);
	ck_assert_uint_eq(rail_statistics(rail).paths_stale, 1);
	ck_assert_uint_eq(rail->event_count, 1);
	ck_assert_uint_eq(event->type, IPOIB_EVENT_PATH_STALE);
	ck_assert_uint_eq(event->lid, 77);
	bench_close();
}
END_TEST

/* What the SA denied once is asked for again when its record is renewed for another reason. */
START_TEST(a_new_record_ends_what_the_sa_has_denied)
{
	uint64_t queries;

	up(IPOIB_FLUX_CONFIRM);
	for (int i = 0; i < 100; i++)
		hear_by_lid(77, QPN(PEER));
	fake->path_lid = 77;
	queries = rail_statistics(rail).path_queries;
	hear_by_lid(77, QPN(PEER));
	ck_assert_uint_eq(rail_statistics(rail).path_queries, queries);
	fake->path_lid = 0;
	fake_simple_event(fake, IPOIB_TRANSPORT_REREGISTER);
	resolve(PEER_IP);
	fake->path_lid = 77;
	bench_run(2 * SECOND);
	hear_by_lid(77, QPN(PEER));
	ck_assert_uint_eq(peer_info().dlid, 77);
	bench_close();
}
END_TEST

/* It was heard before its address was known, and again after that. */
START_TEST(a_sender_is_judged_anew_when_its_address_is_known_elsewhere)
{
	bench_up(NULL);
	hear_by_lid(OTHER, QPN(OTHER));
	resolve(PEER_IP);
	rail->event_count = 0;
	hear_by_lid(OTHER, QPN(OTHER));
	hear_by_lid(OTHER, QPN(OTHER));
	ck_assert_uint_eq(flux_event()->lid, OTHER);
	bench_close();
}
END_TEST

/* An adapter that tells neither LID nor GID: no flux, and no proof that there is a path. */
START_TEST(a_sender_of_which_nothing_is_known_proves_nothing)
{
	uint64_t queries;

	up(IPOIB_FLUX_CONFIRM);
	fake->path_status = -ENOENT;
	fake_simple_event(fake, IPOIB_TRANSPORT_REREGISTER);
	for (int i = 0; i < 100; i++) {
		rail_send(rail, PEER_IP, 100, 1);
		bench_run(SECOND);
	}
	queries = rail_statistics(rail).path_queries;
	for (int i = 0; i < 20; i++) {
		hear_by_lid(0, QPN(PEER));
		rail_send(rail, PEER_IP, 100, 1);
		bench_run(SECOND);
	}
	ck_assert_uint_lt(rail_statistics(rail).path_queries - queries, 5); /* 20 with proof */
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_FLUX), 0);
	bench_close();
}
END_TEST

START_TEST(a_host_that_sends_from_two_addresses_is_judged_by_each)
{
	uint8_t octets[4 + 100] = { 8, 0 };

	up(IPOIB_FLUX_CONFIRM);
	resolve(OTHER_IP);
	ip_octets(octets + 4, OTHER_IP, "10.0.0.1", 100, 0);
	for (int i = 0; i < 20; i++) {
		ck_assert(rail_hear_octets(rail, OTHER, octets, sizeof(octets)));
		hear_by_lid(OTHER, QPN(OTHER));
	}
	check_told(OTHER, QPN(OTHER));
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_FLUX), 1);
	bench_close();
}
END_TEST

Suite *suite_sender(void)
{
	Suite *suite = suite_create("sender");
	TCase *tcase = tcase_create("sender");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_sender_is_judged_by_gid_lid_and_queue_pair, 0,
			    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tcase, a_sender_is_judged_by_its_whole_gid);
	tcase_add_loop_test(tcase, data_from_another_port_is_flux_that_moves_nothing, 0, 8);
	tcase_add_test(tcase, data_from_another_port_is_told_once_a_second_and_asked_about_once);
	tcase_add_test(tcase, a_port_that_is_known_by_its_lid_alone_is_told_by_that);
	tcase_add_test(tcase, data_with_a_header_of_another_port_is_told_without_a_question);
	tcase_add_test(tcase, of_the_gids_of_a_lid_the_one_with_the_queue_pair_is_told);
	tcase_add_test(tcase, the_lids_of_one_port_are_no_flux);
	tcase_add_test(tcase, a_lid_that_the_sa_confirms_is_a_port_that_was_moved);
	tcase_add_test(tcase, a_new_record_ends_what_the_sa_has_denied);
	tcase_add_test(tcase, a_sender_is_judged_anew_when_its_address_is_known_elsewhere);
	tcase_add_test(tcase, a_sender_of_which_nothing_is_known_proves_nothing);
	tcase_add_test(tcase, a_host_that_sends_from_two_addresses_is_judged_by_each);
	suite_add_tcase(suite, tcase);
	return suite;
}
