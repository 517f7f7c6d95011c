/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * IPv6 between hosts: duplicate address detection, link-local traffic in both modes, and the
 * groups of the addresses as the subnet administrator sees them.
 */
#include <errno.h>
#include <string.h>

#include "mock/fabric.h"
#include "sim/machines.h"
#include "sim/suites.h"
#include "sim/world.h"
#include "support/support.h"
#include "wire/icmpv6.h"
#include "wire/ip6.h"
#include "wire/mgid.h"

static struct world_options options_of(uint8_t mode)
{
	struct world_options options = { .delay_ns = 5000, .probed = true };

	options.config = (struct ipoib_interface_config)IPOIB_INTERFACE_CONFIG_INIT;
	options.config.mode = mode;
	options.config.icmp_errors = 1;
	return options;
}

static struct host *boot(struct world *world, unsigned number, const struct world_options *options,
			 const char *address)
{
	struct host *host = &world->hosts[number];

	host->world = world;
	ck_assert_int_eq(host_open_at(host, options, machine_port(number, 0), address), 0);
	return host;
}

static void begin(struct world *world, const struct world_options *options)
{
	world_make_fabric(world, 2, options);
	world->count = 2;
}

static uint32_t state_of(const struct host *host)
{
	struct ipoib_binding_info info = { .size = sizeof(info) };

	ck_assert_int_eq(ipoib_binding_info(host->binding, &info), 0);
	return info.state;
}

static void ping_pong(struct world *world, struct host *a, struct host *b, size_t length)
{
	uint64_t at_a = a->received, at_b = b->received;

	ck_assert_int_eq(host_send(a, &b->address, length), 0);
	ck_assert_int_eq(host_send(b, &a->address, length), 0);
	world_run(world, SECOND);
	ck_assert_uint_eq(a->received, at_a + 1);
	ck_assert_uint_eq(b->received, at_b + 1);
}

START_TEST(link_local_addresses_are_probed_and_then_carry_packets)
{
	struct world_options options = options_of(IPOIB_MODE_DATAGRAM);
	struct ipoib_statistics s;
	struct world world;
	struct host *a, *b;

	begin(&world, &options);
	a = boot(&world, 0, &options, "fe80::1");
	b = boot(&world, 1, &options, "fe80::2");
	world_up(&world);
	ck_assert_uint_ne(state_of(a), IPOIB_BINDING_READY);
	world_run(&world, 3 * SECOND);
	ck_assert_uint_eq(state_of(a), IPOIB_BINDING_READY);
	ck_assert_uint_eq(host_events(a, IPOIB_EVENT_ADDRESS_READY), 1);
	ck_assert_int_eq(host_send(a, &b->address, 1000), 0);
	world_run(&world, SECOND);
	ck_assert_uint_eq(b->received, 1);
	ck_assert_uint_eq(host_neighbour(a, &b->address), IPOIB_NEIGHBOUR_REACHABLE);
	ck_assert_uint_eq(host_neighbour(b, &a->address), IPOIB_NEIGHBOUR_STALE);
	ping_pong(&world, a, b, 2044);
	s = host_statistics(a);
	ck_assert_uint_eq(s.address_probes_sent, 1);
	ck_assert_uint_eq(s.arp_requests_sent, 0);
	ck_assert_uint_ge(s.nd_solicitations_sent, 1);
	ck_assert_uint_ge(s.nd_advertisements_received, 1);
	ck_assert_uint_eq(s.nd_malformed, 0);
	ck_assert_uint_eq(s.nd_padded_at_end, 0);
	world_end(&world);
}
END_TEST

/* RFC 4861 section 7.3: confirmed by unicast while it is used, as ARP is. */
START_TEST(a_neighbour_is_confirmed_while_it_is_used)
{
	struct world_options options = options_of(IPOIB_MODE_DATAGRAM);
	struct ipoib_statistics s;
	struct world world;
	struct host *a, *b;

	begin(&world, &options);
	a = boot(&world, 0, &options, "fe80::1");
	b = boot(&world, 1, &options, "fe80::2");
	world_run(&world, 5 * SECOND);
	for (unsigned i = 0; i < 300; i++) {
		ck_assert_int_eq(host_send(a, &b->address, 500), 0);
		world_run(&world, SECOND);
	}
	ck_assert_uint_eq(b->received, 300);
	s = host_statistics(a);
	/* DAD; then every 20 to 50 s one question and one answer. */
	ck_assert_uint_ge(s.nd_solicitations_sent, 2 + 300 / 51);
	ck_assert_uint_le(s.nd_solicitations_sent, 2 + 300 / 19);
	world_end(&world);
}
END_TEST

START_TEST(a_duplicate_is_detected_and_gets_no_address)
{
	struct world_options options = options_of(IPOIB_MODE_DATAGRAM);
	struct world world;
	struct host *a, *b;

	begin(&world, &options);
	a = boot(&world, 0, &options, "fe80::1");
	if (_i == 0) /* one after the other; else together */
		world_run(&world, 5 * SECOND);
	b = boot(&world, 1, &options, "fe80::1");
	for (unsigned i = 0; i < 60; i++) {
		world_run(&world, SECOND);
		ck_assert(state_of(a) != IPOIB_BINDING_READY || state_of(b) != IPOIB_BINDING_READY);
	}
	if (_i == 0)
		ck_assert_uint_eq(state_of(a), IPOIB_BINDING_READY);
	else
		ck_assert(state_of(a) == IPOIB_BINDING_READY || state_of(b) == IPOIB_BINDING_READY);
	ck_assert_uint_ge(host_events(a, IPOIB_EVENT_ADDRESS_CONFLICT) +
				  host_events(b, IPOIB_EVENT_ADDRESS_CONFLICT), 1);
	world_end(&world);
}
END_TEST

/* ---- groups ---- */

static bool is_member(struct world *world, unsigned port, const uint8_t group[16])
{
	struct ipoib_gid mgid = ipoib__mgid_ipv6(2, 0xffff, group);
	const struct ipoib__fabric_group *found =
		ipoib__fabric_group_by_mgid(&world->fabric->groups, &mgid);

	return found && ipoib__fabric_group_state(found, port) != 0;
}

static bool is_solicited_member(struct world *world, unsigned port, const struct ipoib_ip *address)
{
	uint8_t group[16];

	ipoib__ipv6_solicited_node(group, address->raw);
	return is_member(world, port, group);
}

START_TEST(the_groups_of_an_address_come_and_go_with_it)
{
	struct world_options options = options_of(IPOIB_MODE_DATAGRAM);
	struct ipoib_ip second = ip_of("2001:db8::77:1234");
	struct ipoib_ip same_group = ip_of("2001:db8:1::77:1234");
	struct ipoib_binding *third;
	struct world world;
	struct host *a;

	begin(&world, &options);
	a = boot(&world, 0, &options, "fe80::1");
	world_run(&world, 3 * SECOND);
	ck_assert(is_solicited_member(&world, 0, &a->address));
	ck_assert(is_member(&world, 0, ipoib__ipv6_all_nodes));
	ck_assert(!is_solicited_member(&world, 0, &second));
	ck_assert_int_eq(ipoib_binding_open(&a->second, a->interface, &second, 64), 0);
	ck_assert_int_eq(ipoib_binding_open(&third, a->interface, &same_group, 64), 0);
	world_run(&world, 3 * SECOND);
	ck_assert(is_solicited_member(&world, 0, &second));
	ipoib_binding_close(third); /* the other one needs the group still */
	world_run(&world, SECOND);
	ck_assert(is_solicited_member(&world, 0, &second));
	ipoib_binding_close(a->second);
	a->second = NULL;
	world_run(&world, SECOND);
	ck_assert(!is_solicited_member(&world, 0, &second));
	ck_assert(is_member(&world, 0, ipoib__ipv6_all_nodes));
	ipoib_binding_close(a->binding);
	a->binding = NULL;
	world_run(&world, SECOND);
	ck_assert(!is_member(&world, 0, ipoib__ipv6_all_nodes));
	world_end(&world);
}
END_TEST

/* A new subnet manager knows no groups: then they are joined again, and answered in. */
START_TEST(the_groups_return_after_a_new_subnet_manager)
{
	struct world_options options = options_of(IPOIB_MODE_DATAGRAM);
	struct world world;
	struct host *a, *b;

	begin(&world, &options);
	a = boot(&world, 0, &options, "fe80::1");
	b = boot(&world, 1, &options, "fe80::2");
	world_run(&world, 5 * SECOND);
	ipoib_fabric_restart_sm(world.fabric);
	world_run(&world, SECOND);
	ck_assert(is_solicited_member(&world, 0, &a->address));
	ck_assert(is_solicited_member(&world, 1, &b->address));
	ping_pong(&world, a, b, 500);
	ck_assert_uint_eq(state_of(a), IPOIB_BINDING_READY);
	ck_assert_uint_eq(host_statistics(a).address_probes_sent, 1);
	world_end(&world);
}
END_TEST

/* ---- sizes ---- */

START_TEST(connected_mode_carries_long_packets)
{
	struct world_options options = options_of(IPOIB_MODE_CONNECTED);
	struct world world;
	struct host *a, *b;

	begin(&world, &options);
	a = boot(&world, 0, &options, "fe80::1");
	b = boot(&world, 1, &options, "fe80::2");
	world_run(&world, 5 * SECOND);
	ping_pong(&world, a, b, 4188);
	ping_pong(&world, a, b, IPOIB_MTU_CONNECTED);
	ck_assert_uint_ge(host_statistics(a).sent_connected, 1);
	world_end(&world);
}
END_TEST

/* RFC 4443 section 3.2: what would have fitted, told from the packet alone. */
START_TEST(what_is_too_big_is_answered_as_a_stack_understands_it)
{
	struct world_options options = options_of(IPOIB_MODE_DATAGRAM);
	struct world world;
	struct host *a, *b;
	uint32_t mtu;

	begin(&world, &options);
	a = boot(&world, 0, &options, "fe80::1");
	b = boot(&world, 1, &options, "fe80::2");
	world_run(&world, 5 * SECOND);
	ping_pong(&world, a, b, 500);
	ck_assert_int_eq(host_send_via(a, &b->address, &b->address, 3000, &mtu), -EMSGSIZE);
	ck_assert_uint_eq(mtu, 2044);
	world_run(&world, SECOND);
	ck_assert_uint_eq(host_statistics(a).icmp_errors, 1);
	ck_assert_uint_eq(a->last[6], IPOIB__IP_PROTOCOL_ICMPV6);
	ck_assert_uint_eq(a->last[40], IPOIB__ICMPV6_PACKET_TOO_BIG);
	ck_assert_uint_eq((uint32_t)a->last[46] << 8 | a->last[47], 2044);
	ck_assert_int_eq(memcmp(a->last + 24, a->address.raw, 16), 0);
	world_end(&world);
}
END_TEST

Suite *suite_ipv6(void)
{
	Suite *suite = suite_create("ipv6");
	TCase *tcase = tcase_create("ipv6");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, link_local_addresses_are_probed_and_then_carry_packets);
	tcase_add_test(tcase, a_neighbour_is_confirmed_while_it_is_used);
	tcase_add_loop_test(tcase, a_duplicate_is_detected_and_gets_no_address, 0, 2);
	tcase_add_test(tcase, the_groups_of_an_address_come_and_go_with_it);
	tcase_add_test(tcase, the_groups_return_after_a_new_subnet_manager);
	tcase_add_test(tcase, connected_mode_carries_long_packets);
	tcase_add_test(tcase, what_is_too_big_is_answered_as_a_stack_understands_it);
	suite_add_tcase(suite, tcase);
	return suite;
}
