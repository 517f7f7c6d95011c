/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Requests for connections that say that they are from a port, and come from another. */
#include <string.h>

#include "interface/bench.h"
#include "interface/origin.h"
#include "interface/suites.h"
#include "support/support.h"
#include "wire/cm.h"
#include "wire/ipoib_cm.h"

#define PEER 2
#define PEER_IP "10.0.0.2"
#define PEER_QPN 0x102
#define STRANGER 9
#define LARGE 3000
#define TAKES 65524 /* the peer's Receive-MTU */

enum {
	UNKNOWN = IPOIB__ORIGIN_UNKNOWN,
	CONFIRMED = IPOIB__ORIGIN_CONFIRMED,
	CONTRADICTED = IPOIB__ORIGIN_CONTRADICTED,
};

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

/* ---- the judgement ---- */

/* GIDs by their last octet; 0 is none. The request names the GID 2. */
static const struct {
	const char *what;
	uint8_t came_gid;
	uint16_t came_lid, named_lid, record_lid;
	uint8_t lmc;
	bool local;
	int right;
} cases[] = {
	{ "nothing is known", 0, 0, 2, 2, 0, true, UNKNOWN },
	{ "no record", 0, 2, 2, 0, 0, true, UNKNOWN },
	{ "the record's LID", 0, 2, 2, 2, 0, true, CONFIRMED },
	{ "the record's LID, and no other is named", 0, 2, 0, 2, 0, true, CONFIRMED },
	{ "another LID than the record's", 0, 9, 9, 2, 0, true, CONTRADICTED },
	{ "two LIDs in one request", 0, 9, 2, 0, 0, true, CONTRADICTED },
	{ "two LIDs, and the record is of the named one", 0, 9, 2, 2, 0, true, CONTRADICTED },
	{ "the headers' GID is another", 9, 2, 2, 2, 0, true, CONTRADICTED },
	{ "the same, and nothing else is known", 9, 0, 0, 0, 0, false, CONTRADICTED },
	{ "the headers' GID is the named one", 2, 2, 2, 2, 0, true, CONFIRMED },
	{ "the same, with another LID than the record's", 2, 9, 9, 2, 0, true, CONTRADICTED },
	{ "another LID of the same port", 0, 7, 6, 4, 2, true, CONFIRMED },
	{ "a LID of the port behind", 0, 8, 8, 4, 2, true, CONTRADICTED },
	{ "through a router, by its LID", 0, 9, 2, 9, 0, false, UNKNOWN },
	{ "a port without LIDs", 2, 0, 0, 0, 0, true, UNKNOWN },
};

static struct ipoib_gid gid(uint8_t last)
{
	struct ipoib_gid out = { { 0 } };

	if (last != 0)
		out = (struct ipoib_gid){ { 0xfe, 0x80, [15] = last } };
	return out;
}

START_TEST(an_origin_is_judged_by_what_is_known)
{
	const struct ipoib__origin_facts facts = {
		.named_gid = gid(2),
		.named_lid = cases[_i].named_lid,
		.came_gid = gid(cases[_i].came_gid),
		.came_lid = cases[_i].came_lid,
		.record_lid = cases[_i].record_lid,
		.lmc = cases[_i].lmc,
		.local = cases[_i].local,
	};

	ck_assert_msg((int)ipoib__origin_judge(&facts) == cases[_i].right, "%s", cases[_i].what);
}
END_TEST

/* ---- the interface ---- */

static uint64_t service(enum ipoib__service_form form)
{
	return ipoib__service_id(form, fake_ud(fake)->attributes.qpn);
}

static void up(void)
{
	struct ipoib_interface_config config = bench_connected();

	bench_up(&config);
	bench.flags = IPOIB_LINK_ADDRESS_RC;
}

/* Resolved, so that its path is known, and dialled by the second packet. */
static void send_two(void)
{
	for (uint32_t i = 0; i < 2; i++) {
		ck_assert_int_eq(rail_send(rail, PEER_IP, 100, i), 0);
		bench_run(100 * MILLISECOND);
	}
}

/* Dialled, and silent: the hold time is not over when a test goes on. */
static void resolve_and_fail(void)
{
	send_two();
	fake_rc_refuse(fake, fake_rc_last(fake), IPOIB__CM_REASON_NO_RESOURCES);
	bench_settle();
	ck_assert_ptr_null(fake_rc_last(fake));
}

static void ask_from(uint16_t lid, uint64_t service_id)
{
	fake->request_lid = lid;
	fake_rc_ask(fake, service_id, PEER, TAKES);
	bench_settle();
}

START_TEST(a_request_from_another_port_is_refused_counted_and_told)
{
	static const enum ipoib__service_form forms[] = { IPOIB__SERVICE_LINUX,
							  IPOIB__SERVICE_RFC };
	struct ipoib_link_address named;
	const struct ipoib_event *event;

	up();
	resolve_and_fail();
	rail->event_count = 0;
	for (size_t i = 0; i < 3; i++) /* the third within a second: told once, counted each time */
		ask_from(STRANGER, service(forms[_i]));
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(fake->requests[i].state, FAKE_REQUEST_REFUSED);
		ck_assert_uint_eq(fake->requests[i].reason, IPOIB__CM_REASON_CONSUMER);
	}
	ck_assert_uint_eq(rail_statistics(rail).connections_refused, 3);
	ck_assert_uint_eq(rail_statistics(rail).connections_foreign, 3);
	ck_assert_uint_eq(rail_statistics(rail).connections_taken, 0);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_CONNECTION_FOREIGN), 1);
	event = &rail->events[0];
	while (event->type != IPOIB_EVENT_CONNECTION_FOREIGN)
		event++;
	named = ipoib_link_address_make(0, PEER_QPN, &(struct ipoib_gid){ { 0 } });
	ck_assert_uint_eq(event->lid, STRANGER);
	ck_assert_uint_eq(event->count, 1);
	ck_assert_uint_eq(ipoib_link_address_qpn(&event->link_address),
			  ipoib_link_address_qpn(&named));
	bench_run(SECOND);
	ask_from(STRANGER, service(forms[_i]));
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_CONNECTION_FOREIGN), 2);
	bench_close();
}
END_TEST

/* The record may be what is wrong: it is asked for again, and not with each request. */
START_TEST(a_request_from_another_port_has_the_path_asked_for_again)
{
	uint64_t queries;

	up();
	resolve_and_fail();
	bench_run(2 * SECOND);
	queries = rail_statistics(rail).path_queries;
	for (int i = 0; i < 5; i++)
		ask_from(STRANGER, service(IPOIB__SERVICE_LINUX));
	ck_assert_uint_eq(rail_statistics(rail).path_queries, queries + 1);
	bench_close();
}
END_TEST

START_TEST(a_peer_whose_port_is_confirmed_is_sent_to_by_its_own_connection)
{
	up();
	resolve_and_fail();
	ask_from(PEER, service(IPOIB__SERVICE_RFC));
	ck_assert_int_eq(fake->requests[0].state, FAKE_REQUEST_TAKEN);
	fake_rc_up(fake, fake_rc_last(fake), PEER_QPN, TAKES);
	bench_settle();
	ck_assert_int_eq(rail_send(rail, PEER_IP, LARGE, 1), 0);
	bench_settle();
	ck_assert_uint_eq(fake->rc_sent_count, 1);
	ck_assert_uint_eq(rail_statistics(rail).connections_asked, 1);
	bench_close();
}
END_TEST

/* Without a record, or where the transport does not see where a request came from. */
START_TEST(a_peer_whose_port_is_not_confirmed_is_received_from_only)
{
	bool resolved = _i;
	struct fake_rc *taken;

	up();
	if (resolved)
		resolve_and_fail();
	fake->request_hidden = resolved;
	ask_from(PEER, service(IPOIB__SERVICE_RFC));
	taken = fake_rc_last(fake);
	ck_assert_ptr_nonnull(taken);
	fake_rc_up(fake, taken, 0, 0);
	bench_run(2 * SECOND);
	send_two();
	ck_assert_uint_eq(fake->rc_sent_count, 0);
	ck_assert_ptr_ne(fake_rc_last(fake), taken); /* we have dialled it ourselves */
	ck_assert(taken->alive);
	fake_rc_up(fake, fake_rc_last(fake), PEER_QPN, TAKES);
	bench_settle();
	ck_assert_int_eq(rail_send(rail, PEER_IP, LARGE, 1), 0);
	bench_settle();
	ck_assert_uint_eq(fake->rc_sent_count, 1);
	ck_assert_uint_ne(fake->rc_sent[0].connection, taken->attributes.connection);
	bench_close();
}
END_TEST

/* RFC 4755 section 3.3 makes ours give way, but to the peer's own request alone. */
START_TEST(a_request_that_crosses_ours_from_another_port_does_not_end_it)
{
	const struct ipoib_interface_config config = bench_connected();
	struct fake_rc *ours;

	bench_open();
	bench.flags = IPOIB_LINK_ADDRESS_RC;
	fake->next_qpn = 0x40; /* the smaller link address: ours gives way */
	rail_open(rail, fake, &config);
	rail_bind(rail, "10.0.0.1");
	bench_settle();
	send_two();
	ours = fake_rc_last(fake);
	ck_assert_ptr_nonnull(ours);
	ask_from(STRANGER, service(IPOIB__SERVICE_RFC));
	ck_assert(ours->alive);
	ck_assert_int_eq(fake->requests[0].state, FAKE_REQUEST_REFUSED);
	fake->request_hidden = true;
	ask_from(PEER, service(IPOIB__SERVICE_RFC));
	ck_assert(ours->alive);
	fake_rc_up(fake, ours, PEER_QPN, TAKES);
	bench_settle();
	ck_assert_int_eq(rail_send(rail, PEER_IP, LARGE, 1), 0);
	bench_settle();
	ck_assert_uint_eq(fake->rc_sent_count, 1);
	ck_assert_uint_eq(fake->rc_sent[0].connection, ours->attributes.connection);
	bench_close();
}
END_TEST

Suite *suite_origin(void)
{
	Suite *suite = suite_create("origin");
	TCase *tcase = tcase_create("origin");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, an_origin_is_judged_by_what_is_known, 0,
			    sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(tcase, a_request_from_another_port_is_refused_counted_and_told, 0, 2);
	tcase_add_test(tcase, a_request_from_another_port_has_the_path_asked_for_again);
	tcase_add_test(tcase, a_peer_whose_port_is_confirmed_is_sent_to_by_its_own_connection);
	tcase_add_loop_test(tcase, a_peer_whose_port_is_not_confirmed_is_received_from_only, 0, 2);
	tcase_add_test(tcase, a_request_that_crosses_ours_from_another_port_does_not_end_it);
	suite_add_tcase(suite, tcase);
	return suite;
}
