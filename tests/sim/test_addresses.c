/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Addresses between hosts: two that want the same one, one that loses it, one that takes it
 * over. RFC 5227, with its own times and with the fast ones.
 */
#include <errno.h>
#include <string.h>

#include "sim/machines.h"
#include "sim/suites.h"
#include "sim/world.h"
#include "support/support.h"

#define THE_ADDRESS "10.0.0.77"
/* Probes, silence and the random waits before them are over: RFC 5227 section 1.1. */
#define PROBED (8 * SECOND)
#define LOSSES 16

static struct world_options options_of(uint8_t acd, uint8_t defend)
{
	struct world_options options = { .delay_ns = 5000, .probed = true };

	options.config = (struct ipoib_interface_config)IPOIB_INTERFACE_CONFIG_INIT;
	options.config.acd = acd;
	options.config.defend = defend;
	return options;
}

static void begin(struct world *world, size_t hosts)
{
	static const struct world_options none = { .delay_ns = 5000 };

	world_make_fabric(world, hosts, &none);
	world->count = hosts;
}

static struct host *boot(struct world *world, unsigned number, const struct world_options *options,
			 const char *address)
{
	struct host *host = &world->hosts[number];

	host->world = world;
	ck_assert_int_eq(host_open_at(host, options, machine_port(number, 0), address), 0);
	return host;
}

static struct ipoib_binding_info info_of(const struct host *host)
{
	struct ipoib_binding_info info = { .size = sizeof(info) };

	ck_assert_int_eq(ipoib_binding_info(host->binding, &info), 0);
	return info;
}

static bool is_ready(const struct host *host)
{
	return info_of(host).state == IPOIB_BINDING_READY;
}

static struct ipoib_link_address link_of(const struct host *host)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	ck_assert_int_eq(ipoib_interface_info(host->interface, &info), 0);
	return info.link_address;
}

static bool is_disputed_by(const struct host *host, const struct ipoib_link_address *by)
{
	struct ipoib_binding_info info = info_of(host);

	return ipoib_link_address_same_peer(&info.conflicting, by);
}

/* ---- probing ---- */

START_TEST(an_address_is_in_use_after_its_probes_and_not_before)
{
	struct world_options options = options_of((uint8_t)_i, IPOIB_DEFEND_ALWAYS);
	uint64_t divisor = _i == IPOIB_ACD_FAST ? 10 : 1, up;
	struct world world;
	struct host *a;

	begin(&world, 1);
	a = boot(&world, 0, &options, THE_ADDRESS);
	world_up(&world);
	up = support_now;
	while (!is_ready(a))
		ck_assert(world_step(&world, up + 10 * SECOND));
	/* Three probes 1 to 2 s apart, and 2 s of silence, after up to 1 s. */
	ck_assert_uint_ge(support_now - up, 4 * SECOND / divisor);
	ck_assert_uint_le(support_now - up, 7 * SECOND / divisor);
	ck_assert_uint_eq(host_statistics(a).address_probes_sent, 3);
	ck_assert_uint_eq(host_events(a, IPOIB_EVENT_ADDRESS_READY), 1);
	world_run(&world, 10 * SECOND);
	ck_assert_uint_eq(host_statistics(a).announcements_sent, 2);
	world_end(&world);
}
END_TEST

START_TEST(of_two_that_boot_together_one_has_the_address)
{
	struct world_options options = options_of((uint8_t)_i, IPOIB_DEFEND_ALWAYS);
	struct host *a, *b;
	struct world world;

	begin(&world, 2);
	a = boot(&world, 0, &options, THE_ADDRESS);
	b = boot(&world, 1, &options, THE_ADDRESS);
	for (unsigned i = 0; i < 120; i++) {
		world_run(&world, SECOND);
		ck_assert(!is_ready(a) || !is_ready(b));
	}
	ck_assert(is_ready(a) != is_ready(b));
	if (is_ready(b)) {
		struct host *winner = b;

		b = a;
		a = winner;
	}
	ck_assert_uint_eq(info_of(b).state, IPOIB_BINDING_CONFLICT);
	ck_assert_uint_ge(host_events(b, IPOIB_EVENT_ADDRESS_CONFLICT), 1);
	ck_assert_uint_eq(host_events(b, IPOIB_EVENT_ADDRESS_READY), 0);
	ck_assert_uint_eq(info_of(a).defences, 0); /* a probe uses nothing */
	world_end(&world);
}
END_TEST

START_TEST(who_comes_later_does_not_get_it_before_the_other_leaves)
{
	struct world_options options = options_of((uint8_t)_i, IPOIB_DEFEND_ALWAYS);
	struct ipoib_link_address had;
	struct host *a, *b;
	struct world world;

	begin(&world, 2);
	a = boot(&world, 0, &options, THE_ADDRESS);
	world_run(&world, PROBED);
	ck_assert(is_ready(a));
	had = link_of(a);
	b = boot(&world, 1, &options, THE_ADDRESS);
	world_run(&world, 60 * SECOND);
	ck_assert(is_ready(a));
	ck_assert_uint_eq(info_of(b).state, IPOIB_BINDING_CONFLICT);
	ck_assert_uint_ge(info_of(b).conflicts, 3); /* it tries again */
	ck_assert(is_disputed_by(b, &had));
	ck_assert_uint_gt(info_of(b).retry_ns, 0);
	host_close(a);
	world_run(&world, 10 * SECOND + PROBED);
	ck_assert(is_ready(b));
	world_end(&world);
}
END_TEST

/* Who has an address and does not know of the other, learns it when one of them speaks. */
START_TEST(with_losses_nobody_is_left_in_the_dark)
{
	struct world_options options = options_of(IPOIB_ACD_FAST, IPOIB_DEFEND_ALWAYS);
	struct ipoib__random *random = support_random();
	struct host *hosts[2];
	struct world world;

	story_seed(random, _i);
	begin(&world, 2);
	lose_frames(&world, random, 300000);
	for (unsigned i = 0; i < 2; i++)
		hosts[i] = boot(&world, i, &options, THE_ADDRESS);
	world_run(&world, 60 * SECOND);
	lose_no_frames(&world);
	world_run(&world, 90 * SECOND);
	ck_assert(is_ready(hosts[0]) || is_ready(hosts[1]));
	for (unsigned i = 0; i < 2; i++)
		ipoib_binding_announce(hosts[i]->binding);
	world_run(&world, SECOND);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_uint_ge(info_of(hosts[i]).conflicts,
				  is_ready(hosts[0]) && is_ready(hosts[1]));
	world_end(&world);
}
END_TEST

/* ---- defending ---- */

/* A host that does not ask before it uses an address, and does not let go of it. */
static struct host *intrude(struct world *world)
{
	struct world_options options = options_of(IPOIB_ACD_OFF, IPOIB_DEFEND_ALWAYS);

	options.config.announcements = 1;
	return boot(world, 1, &options, THE_ADDRESS);
}

START_TEST(an_address_is_defended_as_is_said)
{
	struct world_options options = options_of(IPOIB_ACD_FAST, (uint8_t)_i);
	struct ipoib_link_address intruder;
	struct world world;
	struct host *a, *b;

	begin(&world, 2);
	a = boot(&world, 0, &options, THE_ADDRESS);
	world_run(&world, PROBED);
	b = intrude(&world);
	world_run(&world, SECOND);
	intruder = link_of(b);
	for (unsigned i = 0; i < 20; i++) { /* it goes on and on */
		ipoib_binding_announce(b->binding);
		world_run(&world, SECOND / 4);
	}
	ck_assert_uint_ge(info_of(a).conflicts, 1);
	ck_assert(is_disputed_by(a, &intruder));
	ck_assert_uint_ge(host_events(a, IPOIB_EVENT_ADDRESS_CONFLICT), 1);
	ck_assert_uint_le(host_events(a, IPOIB_EVENT_ADDRESS_CONFLICT), 8); /* once a second */
	ck_assert_int_eq(is_ready(a), _i == IPOIB_DEFEND_ALWAYS);
	/* Once in ten seconds, however often it is disputed. */
	ck_assert_uint_eq(info_of(a).defences, _i == IPOIB_DEFEND_NEVER ? 0 : 1);
	world_run(&world, 6 * SECOND);
	ipoib_binding_announce(b->binding);
	world_run(&world, SECOND);
	ck_assert_uint_le(info_of(a).defences, 2);
	ck_assert_int_eq(is_ready(a), _i == IPOIB_DEFEND_ALWAYS);
	world_end(&world);
}
END_TEST

/* ---- taking over ---- */

static uint64_t until_received(struct world *world, struct host *from, struct host *to,
			       const struct ipoib_ip *address)
{
	uint64_t start = support_now, before = to->received;

	while (to->received == before) {
		host_send(from, address, 500);
		world_run(world, 10 * MILLISECOND);
		ck_assert_uint_lt(support_now - start, 30 * SECOND);
	}
	return support_now - start;
}

/* A service address goes to another host: who announces it, is asked for, within the probes. */
START_TEST(an_address_that_was_taken_over_is_found_at_its_new_host)
{
	struct world_options fast = options_of(IPOIB_ACD_FAST, IPOIB_DEFEND_ALWAYS);
	struct world_options client = fast;
	struct host *a, *b, *c;
	struct ipoib_ip service = ip_of("10.0.0.100");
	struct world world;
	uint64_t pause;

	client.config.flux = (uint8_t)_i;
	begin(&world, 3);
	a = boot(&world, 0, &fast, "10.0.0.1");
	b = boot(&world, 1, &fast, "10.0.0.2");
	c = boot(&world, 2, &client, "10.0.0.3");
	ck_assert_int_eq(ipoib_binding_open(&a->second, a->interface, &service, 24), 0);
	world_run(&world, 15 * SECOND);
	until_received(&world, c, a, &service);
	world_run(&world, 12 * SECOND); /* a hold-down time, if there is one */
	ipoib_binding_close(a->second);
	a->second = NULL;
	ck_assert_int_eq(ipoib_binding_open(&b->second, b->interface, &service, 24), 0);
	world_run(&world, SECOND); /* probed, and announced */
	ipoib_binding_announce(b->second);
	pause = until_received(&world, c, b, &service);
	ck_assert_uint_le(pause, _i == IPOIB_FLUX_CONFIRM ? 3 * SECOND + 100 * MILLISECOND :
							    10 * MILLISECOND);
	ck_assert_uint_eq(host_events(c, IPOIB_EVENT_NEIGHBOUR_MOVED), 1);
	world_end(&world);
}
END_TEST

START_TEST(a_link_that_flaps_costs_no_address)
{
	struct world_options options = options_of(IPOIB_ACD_RFC, IPOIB_DEFEND_ALWAYS);
	struct ipoib_statistics before, after;
	struct world world;
	struct host *a;

	begin(&world, 2);
	a = boot(&world, 0, &options, THE_ADDRESS);
	world_run(&world, 20 * SECOND);
	for (unsigned i = 0; i < 5; i++) {
		before = host_statistics(a);
		machine_link(&world, 0, 0, false);
		world_run(&world, SECOND);
		ck_assert(is_ready(a));
		machine_link(&world, 0, 0, true);
		world_run(&world, 10 * SECOND);
		ck_assert(is_ready(a));
		after = host_statistics(a);
		ck_assert_uint_eq(after.address_probes_sent, before.address_probes_sent);
		ck_assert_uint_eq(after.announcements_sent, before.announcements_sent + 2);
	}
	world_end(&world);
}
END_TEST

Suite *suite_addresses(void)
{
	Suite *suite = suite_create("addresses");
	TCase *tcase = tcase_create("addresses");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, an_address_is_in_use_after_its_probes_and_not_before, 0, 2);
	tcase_add_loop_test(tcase, of_two_that_boot_together_one_has_the_address, 0, 2);
	tcase_add_loop_test(tcase, who_comes_later_does_not_get_it_before_the_other_leaves, 0, 2);
	tcase_add_loop_test(tcase, with_losses_nobody_is_left_in_the_dark, 0, LOSSES);
	tcase_add_loop_test(tcase, an_address_is_defended_as_is_said, 0, 3);
	tcase_add_loop_test(tcase, an_address_that_was_taken_over_is_found_at_its_new_host, 0, 2);
	tcase_add_test(tcase, a_link_that_flaps_costs_no_address);
	suite_add_tcase(suite, tcase);
	return suite;
}
