/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a neighbour advertisement changes: RFC 4861 section 7.2.5 and appendix C. */
#include <errno.h>
#include <string.h>

#include "interface/nd_rig.h"
#include "interface/suites.h"
#include "support/support.h"
#include "wire/ip6.h"
#include "wire/mgid.h"

#define PEER 7
#define OTHER 50

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

/* Asked for, and not answered yet. */
static void ask_for_peer(uint8_t flux)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	const struct fake_sent *sent;
	struct ipoib__nd question;
	struct ipoib_gid mgid;

	config.flux = flux;
	nd_up(&config);
	ck_assert_int_eq(nd_send(PEER, 100), 0);
	ck_assert_uint_eq(nd_state(PEER), IPOIB_NEIGHBOUR_INCOMPLETE);
	ck_assert_uint_eq(nd_sent(IPOIB__ND_SOLICITATION, &question, &sent), 1);
	mgid = ipoib__mgid_ipv6(2, 0xffff, question.destination);
	ck_assert_int_eq(memcmp(&sent->to.dgid, &mgid, 16), 0);
	ck_assert(ipoib__ipv6_is_solicited_node(question.destination));
	ck_assert(question.has_link);
}

static void reach_peer(uint8_t flux)
{
	struct ipoib__nd nd = nd_advertisement(PEER, IPOIB__ND_SOLICITED | IPOIB__ND_OVERRIDE);

	ask_for_peer(flux);
	nd_hear(&nd, PEER);
	ck_assert_uint_eq(nd_state(PEER), IPOIB_NEIGHBOUR_REACHABLE);
}

/* Where the peer is known to be: its number, or OTHER. */
static uint16_t where(void)
{
	struct ipoib_neighbour_info n = { .size = sizeof(n) };
	struct ipoib_ip peer = nd_ip(PEER);

	ck_assert_int_eq(ipoib_neighbour_find(rail->interface, &peer, &n), 0);
	return (uint16_t)(ipoib_link_address_qpn(&n.link_address) - 0x100);
}

#define S IPOIB__ND_SOLICITED
#define O IPOIB__ND_OVERRIDE

/* RFC 4861 appendix C, rows of "NA"; from REACHABLE, where the last claim is believed. */
static const struct {
	uint8_t flags;
	uint16_t link; /* 0: no option */
	uint32_t state;
	uint16_t at;
} from_reachable[] = {
	{ 0, PEER, IPOIB_NEIGHBOUR_REACHABLE, PEER },
	{ S, PEER, IPOIB_NEIGHBOUR_REACHABLE, PEER },
	{ O, PEER, IPOIB_NEIGHBOUR_REACHABLE, PEER },
	{ S | O, PEER, IPOIB_NEIGHBOUR_REACHABLE, PEER },
	{ 0, OTHER, IPOIB_NEIGHBOUR_STALE, PEER },
	{ S, OTHER, IPOIB_NEIGHBOUR_STALE, PEER },
	{ O, OTHER, IPOIB_NEIGHBOUR_STALE, OTHER },
	/* not asked for just now: worth no more than the one above */
	{ S | O, OTHER, IPOIB_NEIGHBOUR_STALE, OTHER },
	{ 0, 0, IPOIB_NEIGHBOUR_REACHABLE, PEER },
	{ S | O, 0, IPOIB_NEIGHBOUR_REACHABLE, PEER },
};

START_TEST(an_advertisement_changes_what_its_flags_let_it)
{
	struct ipoib__nd nd = nd_advertisement(PEER, from_reachable[_i].flags);

	reach_peer(IPOIB_FLUX_ACCEPT);
	nd.has_link = from_reachable[_i].link != 0;
	nd.link = nd_link(from_reachable[_i].link);
	nd_hear(&nd, PEER);
	ck_assert_uint_eq(nd_state(PEER), from_reachable[_i].state);
	ck_assert_uint_eq(where(), from_reachable[_i].at);
	bench_close();
}
END_TEST

START_TEST(the_first_advertisement_resolves_whatever_its_flags)
{
	struct ipoib__nd nd = nd_advertisement(PEER, (uint8_t)(_i << 5));

	ask_for_peer(IPOIB_FLUX_CONFIRM);
	nd.has_link = false;
	nd_hear(&nd, PEER); /* where? */
	ck_assert_uint_eq(nd_state(PEER), IPOIB_NEIGHBOUR_INCOMPLETE);
	nd.has_link = true;
	nd_hear(&nd, PEER);
	ck_assert_uint_eq(nd_state(PEER), nd.flags & S ? IPOIB_NEIGHBOUR_REACHABLE :
							 IPOIB_NEIGHBOUR_STALE);
	bench_run(10 * MILLISECOND);
	ck_assert_uint_eq(rail_statistics(rail).sent, 1); /* what waited has gone */
	bench_close();
}
END_TEST

/* The default policy (I14): the known port is asked by unicast, and answers. */
START_TEST(a_claim_of_another_port_is_not_followed)
{
	struct ipoib__nd claim = nd_advertisement(PEER, O), answer = nd_advertisement(PEER, S | O);
	const struct fake_sent *sent;
	const struct ipoib_event *event;

	reach_peer(IPOIB_FLUX_CONFIRM);
	fake->sent_count = 0;
	claim.link = nd_link(OTHER);
	nd_hear(&claim, OTHER);
	ck_assert_uint_eq(nd_sent(IPOIB__ND_SOLICITATION, NULL, &sent), 2);
	ck_assert_uint_eq(fake->sent[0].remote_qpn, 0x100 + PEER);
	ck_assert_uint_eq(sent->remote_qpn, 0x100 + OTHER);
	answer.has_link = false; /* it may leave that out */
	nd_hear(&answer, PEER);
	ck_assert_uint_eq(where(), PEER);
	ck_assert_uint_eq(nd_state(PEER), IPOIB_NEIGHBOUR_REACHABLE);
	event = &rail->events[rail->event_count - 1];
	ck_assert_uint_eq(event->type, IPOIB_EVENT_NEIGHBOUR_FLUX);
	ck_assert_uint_eq(event->verdict, IPOIB_FLUX_REFUSED);
	ck_assert_uint_eq(event->detail, IPOIB_CLAIM_ADVERTISEMENT);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_MOVED), 0);
	bench_close();
}
END_TEST

/* The claimant's own answer need not say where it comes from either: its headers do. */
START_TEST(a_claimant_that_answers_while_the_known_port_is_silent_is_followed)
{
	struct ipoib__nd claim = nd_advertisement(PEER, O), answer = nd_advertisement(PEER, S);

	reach_peer(IPOIB_FLUX_CONFIRM);
	claim.link = nd_link(OTHER);
	nd_hear(&claim, OTHER);
	answer.has_link = false;
	nd_hear(&answer, OTHER);
	ck_assert_uint_eq(where(), PEER);
	bench_run(440 * MILLISECOND);
	ck_assert_uint_eq(where(), PEER);
	bench_run(20 * MILLISECOND);
	ck_assert_uint_eq(where(), OTHER);
	ck_assert_uint_eq(nd_state(PEER), IPOIB_NEIGHBOUR_REACHABLE);
	ck_assert_uint_eq(rail_events(rail, IPOIB_EVENT_NEIGHBOUR_MOVED), 1);
	bench_close();
}
END_TEST

START_TEST(who_does_not_answer_is_given_up)
{
	ask_for_peer(IPOIB_FLUX_CONFIRM);
	bench_run(4 * SECOND);
	ck_assert_uint_eq(nd_state(PEER), IPOIB_NEIGHBOUR_FAILED);
	ck_assert_uint_eq(nd_sent(IPOIB__ND_SOLICITATION, NULL, NULL), 3);
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_UNREACHABLE], 1);
	ck_assert_int_eq(nd_send(PEER, 100), -EHOSTUNREACH);
	bench_close();
}
END_TEST

Suite *suite_advertisement(void)
{
	Suite *suite = suite_create("advertisement");
	TCase *tcase = tcase_create("advertisement");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_loop_test(tcase, an_advertisement_changes_what_its_flags_let_it, 0,
			    sizeof(from_reachable) / sizeof(from_reachable[0]));
	tcase_add_loop_test(tcase, the_first_advertisement_resolves_whatever_its_flags, 0, 8);
	tcase_add_test(tcase, a_claim_of_another_port_is_not_followed);
	tcase_add_test(tcase,
		       a_claimant_that_answers_while_the_known_port_is_silent_is_followed);
	tcase_add_test(tcase, who_does_not_answer_is_given_up);
	suite_add_tcase(suite, tcase);
	return suite;
}
