/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Who is answered and who asks, level by level: tables of what Linux does (net/ipv4/arp.c and
 * devinet.c, net/ipv6/ndisc.c), and of what we do otherwise.
 *
 *	here            PROBING: 10.0.0.9/24   CONFLICT: 10.0.0.8/24   WAITING: 10.0.0.7/8
 *	                10.7.0.1/24 host   10.0.0.1/24   10.0.0.2/24   10.1.0.1/16   10.0.5.1/32
 *	                2001:db8::1/64   fe80::1/64
 *	others[0]       nothing
 *	others[1]       2001:db8:2::1/64   PROBING: 10.2.0.9/24
 *	                10.8.0.1/24 host   169.254.2.1/16 link   10.2.0.1/24   fe80::2/64
 *	others[2]       10.0.0.3/24 (in the subnet of another rail)
 */
#include "binding/binding.h"

#include <stdio.h>
#include <string.h>

#include <ipoib/interface.h>

#include "binding/suites.h"
#include "support/support.h"

#define OTHERS 3
#define MADE 24

static struct ipoib__bindings here, sets[OTHERS];
static const struct ipoib__bindings *const others[OTHERS] = { &sets[0], &sets[1], &sets[2] };
static struct ipoib__binding made[MADE];
static unsigned made_count;

/* "" is no address: family 0. */
static struct ipoib_ip ip(const char *text)
{
	struct ipoib_ip out = { .family = 0 };

	ck_assert_msg(!text[0] || ipoib_ip_parse(&out, text) == 0, "%s is no address", text);
	return out;
}

static struct ipoib__binding *bind_to(struct ipoib__bindings *set, const char *text,
				      uint8_t prefix_length, uint8_t scope, uint8_t state)
{
	struct ipoib__binding *binding = &made[made_count++];

	ck_assert_uint_le(made_count, MADE);
	binding->address = ip(text);
	binding->prefix_length = prefix_length;
	binding->scope = scope;
	ck_assert_int_eq(ipoib__bindings_add(set, binding), 0);
	binding->probe.state = state;
	return binding;
}

static void setup(void)
{
	const uint8_t ready = IPOIB_BINDING_READY;

	support_setup();
	made_count = 0;
	ipoib__bindings_init(&here);
	for (unsigned i = 0; i < OTHERS; i++)
		ipoib__bindings_init(&sets[i]);
	bind_to(&here, "10.0.0.9", 24, IPOIB_SCOPE_GLOBAL, IPOIB_BINDING_PROBING);
	bind_to(&here, "10.0.0.8", 24, IPOIB_SCOPE_GLOBAL, IPOIB_BINDING_CONFLICT);
	bind_to(&here, "10.0.0.7", 8, IPOIB_SCOPE_GLOBAL, IPOIB_BINDING_WAITING);
	bind_to(&here, "10.7.0.1", 24, IPOIB_SCOPE_HOST, ready);
	bind_to(&here, "10.0.0.1", 24, IPOIB_SCOPE_GLOBAL, ready);
	bind_to(&here, "10.0.0.2", 24, IPOIB_SCOPE_GLOBAL, ready);
	bind_to(&here, "10.1.0.1", 16, IPOIB_SCOPE_GLOBAL, ready);
	bind_to(&here, "10.0.5.1", 32, IPOIB_SCOPE_GLOBAL, ready);
	bind_to(&here, "2001:db8::1", 64, IPOIB_SCOPE_GLOBAL, ready);
	bind_to(&here, "fe80::1", 64, IPOIB_SCOPE_LINK, ready);
	bind_to(&sets[1], "2001:db8:2::1", 64, IPOIB_SCOPE_GLOBAL, ready);
	bind_to(&sets[1], "10.2.0.9", 24, IPOIB_SCOPE_GLOBAL, IPOIB_BINDING_PROBING);
	bind_to(&sets[1], "10.8.0.1", 24, IPOIB_SCOPE_HOST, ready);
	bind_to(&sets[1], "169.254.2.1", 16, IPOIB_SCOPE_LINK, ready);
	bind_to(&sets[1], "10.2.0.1", 24, IPOIB_SCOPE_GLOBAL, ready);
	bind_to(&sets[1], "fe80::2", 64, IPOIB_SCOPE_LINK, ready);
	bind_to(&sets[2], "10.0.0.3", 24, IPOIB_SCOPE_GLOBAL, ready);
}

static const struct answer_row {
	const char *target, *sender;
	const char *levels; /* the levels that answer, of 0, 1, 2, 3, 4 (which is none), 8, 9 */
	const char *why;
} answer_rows[] = {
	{ "10.0.0.1", "10.0.0.77", "012349", "ours, asked by a neighbour of its subnet" },
	{ "10.0.0.2", "10.0.0.77", "012349", "inet_confirm_addr: a second address of it" },
	{ "10.0.0.1", "10.1.0.77", "01349", "inet_ifa_match: no subnet has both" },
	{ "10.0.0.1", "192.168.0.1", "01349", "inet_ifa_match: a stranger" },
	{ "10.1.255.1", "10.1.0.77", "", "of our subnet, but not ours" },
	{ "10.1.0.1", "10.1.255.77", "012349", "a /16" },
	{ "10.0.5.1", "10.0.5.2", "01349", "a /32 is a subnet of one" },
	{ "10.0.0.1", "", "012349", "arp_process: a probe; dst 0 is any in inet_confirm_addr" },
	{ "10.0.0.1", "10.0.0.1", "", "ip_route_input: somebody announces it, a martian" },
	{ "10.0.5.1", "10.0.5.1", "", "the same" },
	{ "10.0.0.1", "10.0.0.2", "", "ip_route_input: a martian, from one of ours" },
	{ "10.0.0.1", "10.0.0.3", "012349", "our other rail; to the kernel it is a martian, too" },
	{ "10.0.0.1", "10.0.0.9", "012349", "who has what we only probe for" },
	{ "10.7.0.1", "10.7.0.77", "01249", "RT_SCOPE_LINK: of host scope" },
	{ "10.2.0.1", "10.2.0.77", "0349", "of another rail, by its subnet: ARP flux" },
	{ "10.2.0.1", "10.0.0.77", "0349", "of another rail, by ours" },
	{ "10.2.0.1", "", "0349", "a probe heard on the wrong rail" },
	{ "10.0.0.3", "10.0.0.77", "0349", "of another rail in the same subnet" },
	{ "10.8.0.1", "10.8.0.77", "049", "of another rail, of host scope" },
	{ "169.254.2.1", "169.254.0.1", "0349", "of another rail, RT_SCOPE_LINK is within" },
	{ "10.0.0.9", "10.0.0.77", "", "PROBING: not ours yet" },
	{ "10.0.0.8", "10.0.0.77", "", "CONFLICT: not ours any more" },
	{ "10.0.0.7", "10.0.0.77", "", "WAITING: the link was never up" },
	{ "10.0.0.9", "", "", "PROBING: two who probe do not answer one another" },
	{ "10.2.0.9", "10.2.0.77", "", "PROBING on another rail" },
	{ "10.0.0.255", "10.0.0.77", "", "a broadcast is nobody's" },
	{ "10.9.9.9", "10.0.0.77", "", "nobody's" },
	{ "", "10.0.0.77", "", "no address" },
	{ "2001:db8::1", "2001:db8::77", "012349", "IPv6 of this interface" },
	{ "2001:db8::1", "fe80::77", "012349", "asked from a link-local address, as many do" },
	{ "2001:db8::1", "", "012349", "asked by duplicate address detection" },
	{ "fe80::1", "fe80::77", "012349", "link-local" },
	{ "fe80::1", "fe80::1", "", "somebody else uses it" },
	{ "fe80::2", "fe80::77", "", "RFC 4861 7.2.3: another link's link-local address" },
	{ "2001:db8:2::1", "2001:db8:2::77", "", "RFC 4861 7.2.3: of another interface" },
	{ "::ffff:10.0.0.1", "10.0.0.77", "", "octets of ours in another version" },
};

START_TEST(who_is_answered_depends_on_level_target_and_sender)
{
	static const uint8_t levels[] = { 0, 1, 2, 3, 4, 8, 9 };
	const struct ipoib__binding *binding;

	for (size_t i = 0; i < sizeof(answer_rows) / sizeof(answer_rows[0]); i++) {
		const struct answer_row *row = &answer_rows[i];
		struct ipoib_ip target = ip(row->target), sender = ip(row->sender);

		for (size_t n = 0; n < sizeof(levels); n++) {
			bool answered = strchr(row->levels, '0' + levels[n]) != NULL;

			binding = ipoib__policy_answer(levels[n], &here, others, OTHERS, &target,
						       &sender);
			ck_assert_msg((binding != NULL) == answered, "%s by %s at %u: %s",
				      row->target, row->sender, levels[n], row->why);
			ck_assert(!binding || ipoib_ip_equal(&binding->address, &target));
		}
	}
}
END_TEST

START_TEST(a_context_of_one_interface_has_no_others)
{
	struct ipoib_ip target = ip("10.2.0.1"), ours = ip("10.0.0.1"), none = ip("");

	for (unsigned level = 0; level < 10; level++) {
		ck_assert_ptr_null(ipoib__policy_answer((uint8_t)level, &here, NULL, 0, &target,
							&none));
		ck_assert((ipoib__policy_answer((uint8_t)level, &here, NULL, 0, &ours, &none) !=
			   NULL) == (level != 8));
		ck_assert_ptr_null(ipoib__policy_source((uint8_t)level, &sets[0], NULL, 0, &target,
							&none));
	}
}
END_TEST

/* What stands for "no source: nobody is asked". */
#define NONE ""

static const struct source_row {
	const char *target, *hint;
	const char *sources[3]; /* at levels 0, 1, 2 */
	const char *why;
} source_rows[] = {
	{ "10.0.0.77", "", { "10.0.0.1", "10.0.0.1", "10.0.0.1" },
	  "arp_solicit without a packet: inet_select_addr, the first of the subnet" },
	{ "10.1.3.77", "", { "10.1.0.1", "10.1.0.1", "10.1.0.1" }, "of a later subnet" },
	{ "10.0.5.77", "", { "10.0.0.1", "10.0.0.1", "10.0.0.1" },
	  "inet_select_addr: of no subnet, the first that is no host's" },
	{ "8.8.8.8", "", { "10.0.0.1", "10.0.0.1", "10.0.0.1" }, "the same" },
	{ "10.7.0.77", "", { "10.0.0.1", "10.0.0.1", "10.0.0.1" },
	  "inet_select_addr with RT_SCOPE_LINK: host scope does not ask" },
	{ "10.0.0.77", "10.0.0.2", { "10.0.0.2", "10.0.0.2", "10.0.0.1" },
	  "the packet's source, where it is in the target's subnet" },
	{ "10.0.0.77", "10.1.0.1", { "10.1.0.1", "10.0.0.1", "10.0.0.1" },
	  "inet_addr_onlink: ours, but of another subnet" },
	{ "10.0.0.77", "10.2.0.1", { "10.2.0.1", "10.0.0.1", "10.0.0.1" },
	  "another rail's source goes out here at level 0 alone: ARP flux" },
	{ "10.0.0.77", "10.0.0.3", { "10.0.0.3", "10.0.0.3", "10.0.0.1" },
	  "RTN_LOCAL of another rail, and onlink: level 1 lets it pass" },
	{ "10.0.0.77", "10.8.0.1", { "10.8.0.1", "10.0.0.1", "10.0.0.1" },
	  "RTN_LOCAL asks for no scope" },
	{ "10.0.0.77", "10.0.0.99", { "10.0.0.1", "10.0.0.1", "10.0.0.1" },
	  "forwarded: not RTN_LOCAL" },
	{ "10.0.0.77", "10.0.0.9", { "10.0.0.1", "10.0.0.1", "10.0.0.1" }, "PROBING" },
	{ "10.0.0.77", "10.0.0.8", { "10.0.0.1", "10.0.0.1", "10.0.0.1" }, "CONFLICT" },
	{ "10.0.0.77", "10.0.0.7", { "10.0.0.1", "10.0.0.1", "10.0.0.1" }, "WAITING" },
	{ "10.2.0.77", "10.2.0.1", { "10.2.0.1", "10.0.0.1", "10.0.0.1" },
	  "inet_addr_onlink: a subnet of another rail is none of this one" },
	{ "10.0.0.77", "2001:db8::1", { "10.0.0.1", "10.0.0.1", "10.0.0.1" }, "another version" },

	{ "2001:db8::77", "", { "2001:db8::1", "2001:db8::1", "2001:db8::1" }, "its subnet" },
	{ "2001:db8:9::77", "", { "2001:db8::1", "2001:db8::1", "2001:db8::1" }, "none's" },
	{ "fe80::77", "", { "fe80::1", "fe80::1", "fe80::1" }, "link-local asks link-local" },
	{ "fe80:1::77", "", { "fe80::1", "fe80::1", "fe80::1" }, "of fe80::/10, not fe80::/64" },
	{ "febf::77", "", { "fe80::1", "fe80::1", "fe80::1" }, "the end of fe80::/10" },
	{ "fec0::77", "", { "2001:db8::1", "2001:db8::1", "2001:db8::1" }, "and beyond it" },
	{ "2001:db8::77", "fe80::1", { "fe80::1", "2001:db8::1", "2001:db8::1" },
	  "RFC 4861 7.2.2: the packet's source, assigned to this interface" },
	{ "2001:db8:2::77", "2001:db8:2::1", { "2001:db8::1", "2001:db8::1", "2001:db8::1" },
	  "RFC 4861 7.2.2: assigned to another one" },
	{ "fe80::77", "fe80::2", { "fe80::1", "fe80::1", "fe80::1" }, "another link's" },
	{ "", "", { NONE, NONE, NONE }, "no target" },
};

static void check_source(const struct ipoib__bindings *set, const struct source_row *row)
{
	struct ipoib_ip target = ip(row->target), hint = ip(row->hint);
	char text[IPOIB_IP_TEXT];

	for (uint8_t level = 0; level < 3; level++) {
		const struct ipoib__binding *source = ipoib__policy_source(
			level, set, others, OTHERS, &target, &hint);
		const char *found = source ? ipoib_ip_format(&source->address, text) : NONE;

		ck_assert_msg(strcmp(found, row->sources[level]) == 0,
			      "%s, hint %s, at %u: %s and not %s: %s", row->target, row->hint,
			      level, found, row->sources[level], row->why);
	}
}

START_TEST(who_asks_depends_on_level_target_and_packet)
{
	for (size_t i = 0; i < sizeof(source_rows) / sizeof(source_rows[0]); i++)
		check_source(&here, &source_rows[i]);
}
END_TEST

/* An interface without a usable address. */
START_TEST(only_level_0_borrows_a_source_of_another_rail)
{
	static const struct source_row rows[] = {
		{ "10.9.0.77", "", { "10.2.0.1", NONE, NONE },
		  "inet_select_addr's end: not host's, not link's; Linux does so at all levels" },
		{ "10.9.0.77", "10.0.0.3", { "10.0.0.3", NONE, NONE }, "the packet's source" },
		{ "2001:db8::77", "", { NONE, NONE, NONE }, "RFC 4861 7.2.2" },
		{ "fe80::77", "fe80::2", { NONE, NONE, NONE }, "RFC 4861 7.2.2" },
	};
	struct ipoib__bindings empty;

	ipoib__bindings_init(&empty);
	bind_to(&empty, "10.9.0.1", 24, IPOIB_SCOPE_GLOBAL, IPOIB_BINDING_PROBING);
	bind_to(&empty, "10.9.0.2", 24, IPOIB_SCOPE_HOST, IPOIB_BINDING_READY);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_source(&empty, &rows[i]);
}
END_TEST

START_TEST(the_best_source_is_the_first_of_the_longest_known_fit)
{
	static const struct source_row row = {
		"8.8.8.8", "", { "10.4.0.1", "10.4.0.1", "10.4.0.1" }, "a prefix of 0 is a subnet"
	};
	static const struct source_row local = {
		"fe80::77", "", { "fe80::4", "fe80::4", "fe80::4" }, "a /128, before ::/0"
	};

	bind_to(&here, "10.4.0.1", 0, IPOIB_SCOPE_GLOBAL, IPOIB_BINDING_READY);
	check_source(&here, &row);
	ipoib__bindings_init(&here);
	bind_to(&here, "2001:db8:4::1", 0, IPOIB_SCOPE_GLOBAL, IPOIB_BINDING_READY);
	bind_to(&here, "fe80::4", 128, IPOIB_SCOPE_LINK, IPOIB_BINDING_READY);
	check_source(&here, &local);
}
END_TEST

Suite *suite_policy(void)
{
	Suite *suite = suite_create("policy");
	TCase *tcase = tcase_create("policy");

	tcase_add_checked_fixture(tcase, setup, support_teardown);
	tcase_add_test(tcase, who_is_answered_depends_on_level_target_and_sender);
	tcase_add_test(tcase, a_context_of_one_interface_has_no_others);
	tcase_add_test(tcase, who_asks_depends_on_level_target_and_packet);
	tcase_add_test(tcase, only_level_0_borrows_a_source_of_another_rail);
	tcase_add_test(tcase, the_best_source_is_the_first_of_the_longest_known_fit);
	suite_add_tcase(suite, tcase);
	return suite;
}
